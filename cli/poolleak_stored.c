/*
 * poolleak_stored.c - a heap that mmalloc stored in a file, as the source.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/poolleak.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "heapfile/heapfile.h"
#include "report/escape.h"
#include "report/stored.h"
#include "report/words.h"

bool
leak_is_stored(const char *path)
{
	char head[8];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	if (fd >= 0)
		close(fd);
	return n > 0 && heapfile_is(head, (size_t)n);
}

/* What a heap without events cannot answer.  NULL: it can. */
static const char *
refused(const struct leak_options *o)
{
	if (o->dump)
		return "a heap file holds no events; -a lists its blocks";
	if (o->report.process != 0 || o->has_filter)
		return "a heap file knows no processes and no call paths";
	if (o->explain)
		return "a heap file does not say what was where: --explain "
		    "asks a trace";
	if (o->suppressions != NULL || o->gen_suppressions)
		return "a heap file has no call paths that could be "
		    "suppressed";
	return NULL;
}

static int
check_only(const struct heapfile *hf, const char *path, FILE *f)
{
	char safe[512], count[WORDS_MAX];

	for (size_t i = 0; i < hf->nfaults; i++)
		leak_say("%#llx: %s", (unsigned long long)
		    hf->faults[i].address, hf->faults[i].text);
	escape_text(safe, sizeof(safe), path, strlen(path));
	fprintf(f, "%s: %s, %s\n", safe, hf->nfaults == 0 ? "sound" :
	    "damaged", hf->view.open ? "left without detaching" :
	    "detached in order");
	fprintf(f, "  %s\n", words_count(count, sizeof(count), hf->nblocks,
	    "block", "blocks"));
	return LEAK_OK;
}

static int
print_report(struct heapfile *hf, const struct leak_options *o,
    const char *path, FILE *f)
{
	struct stored_options so = {
		.source = path,
		.top = o->report.top,
		.errors = o->report.parts & REPORT_ERRORS,
		.leaks = o->report.parts & REPORT_LEAKS,
		.summary = o->report.parts & REPORT_SUMMARY,
	};

	if (o->all || o->free)
		return stored_lines(f, hf, o->all, o->free);
	if (o->format == report_format_find("json"))
		return stored_json(f, hf, &so);
	return stored_text(f, hf, &so);
}

static int
stored_status(const struct heapfile *hf, const struct leak_options *o)
{
	if (o->error_exitcode != 0 && !o->check && (hf->nfaults > 0 ||
	    hf->sum[HEAPFILE_DEFINITE].blocks > 0))
		return (int)o->error_exitcode;
	return hf->nfaults > 0 ? LEAK_INCOMPLETE : LEAK_OK;
}

int
leak_stored(const char *path, const struct leak_options *o, FILE *f)
{
	char why[160];
	struct heapfile *hf;
	const char *cannot = refused(o);
	int status = LEAK_UNREADABLE;

	if (cannot != NULL) {
		leak_say_about(path, cannot);
		return LEAK_USAGE;
	}
	hf = heapfile_open(path, why, sizeof(why));
	if (hf == NULL) {
		leak_say_about(path, why);
		return LEAK_UNREADABLE;
	}
	if (heapfile_walk(hf) != 0 || heapfile_mark(hf) != 0) {
		leak_say("out of memory");
		goto out;
	}
	if (o->check)
		check_only(hf, path, f);
	else if (print_report(hf, o, path, f) != 0 && !ferror(f)) {
		leak_say("out of memory");
		goto out;
	}
	status = stored_status(hf, o);
out:
	heapfile_close(hf);
	return status;
}
