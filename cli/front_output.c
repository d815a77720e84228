/*
 * front_output.c - the trace file, with its fallbacks.
 *
 * A name the user gave is opened or the run is refused.  The default name
 * falls back to $TMPDIR, to /tmp, and to none.  "none" is a file without a
 * name, so that the findings and the report can still be made from it; where
 * there is no room even for that, the program runs unrecorded and the verdict
 * says so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/name.h"

#define DEFAULT_NAME	"%e.%p.pwt"	/* a pattern of name.h */

static void
take_file(struct front *f, const struct name_file *file)
{
	f->trace_fd = file->fd;
	strcpy(f->trace, file->path);
	strcpy(f->trace_name, file->name);
	strcpy(f->trace_open, file->path);
	if (file->moved)
		front_say(f, "that name was taken; the trace is %s",
		    refuse_name(file->name));
}

static int
open_nameless(struct front *f, const char *folder)
{
	f->trace_fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (f->trace_fd < 0)
		return -1;
	f->trace[0] = '\0';
	snprintf(f->trace_open, sizeof(f->trace_open), "/proc/self/fd/%d",
	    f->trace_fd);
	return 0;
}

static int
open_none(struct front *f)
{
	const char *tmp = getenv("TMPDIR");

	if ((tmp && *tmp && !open_nameless(f, tmp)) ||
	    !open_nameless(f, "/tmp") || !open_nameless(f, "/dev/shm"))
		return 0;
	front_say(f, "no folder takes even a nameless file: %s",
	    strerror(errno));
	return -1;
}

static int
open_given(struct front *f, const struct name_facts *facts)
{
	struct name_file file;

	switch (name_open(&file, f->options.output, facts, f->options.force)) {
	case NAME_OK:
		take_file(f, &file);
		return 0;
	case NAME_EXISTS:
		front_say(f, "%s (--force replaces it; a name "
		    "with %%p takes a free one)", file.why);
		return -1;
	default:
		front_say(f, "the trace can't be written: %s", file.why);
		return -1;
	}
}

static int
open_default(struct front *f, const struct name_facts *facts)
{
	const char *tmp = getenv("TMPDIR");
	const char *folders[] = { "", tmp && *tmp ? tmp : NULL, "/tmp" };
	char pattern[PATH_MAX];
	struct name_file file;
	size_t i;

	for (i = 0; i < 3; i++) {
		/* A % in TMPDIR would be read as a letter. */
		if (!folders[i] || strchr(folders[i], '%'))
			continue;
		snprintf(pattern, sizeof(pattern), "%s%s%s",
		    folders[i], i ? "/" : "", DEFAULT_NAME);
		if (name_open(&file, pattern, facts, false) == NAME_OK) {
			if (i)
				front_say(f, "the trace goes to %s",
				    refuse_name(file.path));
			take_file(f, &file);
			return 0;
		}
		front_say(f, "the trace can't be written there: %s", file.why);
	}
	front_say(f, "no trace is kept");
	return open_none(f);
}

int
front_open_trace(struct front *f)
{
	struct name_facts facts = { f->say_pid, f->options.argv[0],
	    time(NULL) };

	if (!f->options.output)
		return open_default(f, &facts);
	if (!strcmp(f->options.output, "none"))
		return open_none(f);
	return open_given(f, &facts);
}
