/*
 * byhand_say.c - messages by hand: to a file beside the trace.
 *
 * Never to a descriptor of the program.  While a process starts, lines are
 * gathered until the file's name is known; then it is opened, appended to and
 * closed.  What can't be written is nobody's.
 *
 * A finding is a record of the trace; besides, it is a line in that file, so
 * that who looks after a daemon need not read traces to know.  It is left out
 * where a filter of system calls is in force: to open a file might end the
 * program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/byhand.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/os.h"
#include "base/say.h"

#define FINDINGS_MAX	100u	/* lines of one process and its forks */
#define LINE_SIZE	320u	/* on the stack of whoever called free */
#define BYHAND_KIND(name, text)	text,

const char *
byhand_error(int error)
{
	static const struct { int error; const char *text; } known[] = {
		{ EACCES, "permission denied" },
		{ EDQUOT, "the quota is used up" },
		{ EEXIST, "it exists" },
		{ ENAMETOOLONG, "the name is too long" },
		{ ENODEV, "that file system maps no files" },
		{ ENOENT, "no such folder" },
		{ ENOMEM, "out of memory" },
		{ ENOSPC, "the disk is full" },
		{ ENOTDIR, "a part of the name is no folder" },
		{ EPERM, "not permitted" },
		{ EROFS, "the file system is read-only" },
	};

	for (size_t i = 0; i < PW_ARRAY_LEN(known); i++)
		if (known[i].error == error)
			return known[i].text;
	return "it can't be made";
}

/* Control bytes of a name or a word must not reach a terminal. */
static void
byhand_tame(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = '?';
}

void
byhand_say(struct byhand *b, const char *fmt, ...)
{
	char *line = b->told + b->ntold;
	size_t room = sizeof(b->told) - b->ntold, n;
	va_list ap;

	if (room < 128)
		return;		/* enough is enough */
	n = say_format(line, room, "==%d== ", (int)os_getpid());
	va_start(ap, fmt);
	n += say_vformat(line + n, room - n, fmt, ap);
	va_end(ap);
	if (n > room - 2)
		n = room - 2;
	line[n] = '\0';
	byhand_tame(line);
	line[n] = '\n';
	b->ntold += n + 1;
}

static bool
byhand_append(const char *log, const char *text, size_t n)
{
	int fd = log[0] == '\0' ? -1 : os_open(log, O_WRONLY | O_APPEND |
	    O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);

	if (fd < 0)
		return false;
	os_write_all(fd, text, n);
	os_close(fd);
	return true;
}

bool
byhand_tell(struct byhand *b)
{
	if (b->ntold != 0 && !byhand_append(b->log, b->told, b->ntold))
		return false;
	b->ntold = 0;
	return true;
}

/* What it is of: a block, an address, a size. */
static size_t
byhand_about(char *to, size_t size, const struct trace_error *e)
{
	if (e->kind == TRACE_ERROR_BAD_SIZE)
		return say_format(to, size, ": %llu bytes were asked for",
		    (unsigned long long)e->requested);
	if (e->block == 0)
		return say_format(to, size, " at 0x%llx",
		    (unsigned long long)e->address);
	return say_format(to, size, " of a block of %llu bytes at 0x%llx",
	    (unsigned long long)e->size, (unsigned long long)e->block);
}

void
byhand_finding(const struct session_header *s, const struct trace_error *e)
{
	static const char *const kinds[] = {
		TRACE_ERROR_KINDS(BYHAND_KIND)
	};
	static uint32_t told;
	const char *trace = strrchr(s->trace, '/');
	char line[LINE_SIZE];
	size_t n;

	if (e->kind >= PW_ARRAY_LEN(kinds) ||
	    __atomic_fetch_add(&told, 1, __ATOMIC_RELAXED) >= FINDINGS_MAX ||
	    os_syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0, 0) !=
	    SECCOMP_MODE_DISABLED)
		return;
	n = say_format(line, sizeof(line), "==%d== %s", (int)os_getpid(),
	    kinds[e->kind]);
	n += byhand_about(line + n, sizeof(line) - n, e);
	n += say_format(line + n, sizeof(line) - n, "; see poolleak %s",
	    trace != NULL ? trace + 1 : s->trace);
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n] = '\0';
	byhand_tame(line);
	line[n] = '\n';
	byhand_append(s->log, line, n + 1);
}
