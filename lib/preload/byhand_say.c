/*
 * byhand_say.c - messages by hand: to a file beside the trace.
 *
 * Never to a descriptor of the program.  While a process starts, lines are
 * gathered until the file's name is known; then it is opened, appended to and
 * closed.  What can't be written is nobody's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/byhand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

#include "base/os.h"
#include "base/say.h"

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

bool
byhand_tell(struct byhand *b)
{
	int fd;

	if (b->ntold == 0)
		return true;
	fd = b->log[0] == '\0' ? -1 : os_open(b->log, O_WRONLY | O_APPEND |
	    O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
	if (fd < 0)
		return false;
	os_write_all(fd, b->told, b->ntold);
	os_close(fd);
	b->ntold = 0;
	return true;
}
