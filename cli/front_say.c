/*
 * front_say.c - messages: "==PID== text" on the stderr we were started with.
 *
 * Lines go out whole, with write(2): a stderr that is closed, full or made
 * non-blocking by the program costs a message, never the run.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/name.h"

#define PATIENCE_MS	1000	/* for a reader that is slow */

void
front_write(struct front *f, const char *text, size_t n)
{
	struct pollfd p = { f->log_fd, POLLOUT, 0 };
	ssize_t done;

	while (n > 0 && f->log_fd >= 0) {
		done = write(f->log_fd, text, n);
		if (done < 0 && errno == EAGAIN &&
		    poll(&p, 1, PATIENCE_MS) > 0)
			continue;
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		text += done;
		n -= (size_t)done;
	}
}

void
front_say(struct front *f, const char *fmt, ...)
{
	char text[2048], line[2048 + 32];
	const char *p = text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	do {
		len = snprintf(line, sizeof(line), "==%d== %s%.*s\n",
		    (int)f->say_pid, p == text ? "" : "  ",
		    (int)strcspn(p, "\n"), p);
		front_write(f, line, (size_t)len);
		p += strcspn(p, "\n");
	} while (*p++ && *p);
}

void
front_plug_descriptors(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", O_RDWR | O_CLOEXEC);
}

int
front_open_log(struct front *f)
{
	struct name_facts facts = { f->say_pid, f->options.argc ?
	    f->options.argv[0] : "poolwatch", time(NULL) };
	struct name_file file;
	enum name_result r;

	r = name_open(&file, f->options.log_file, &facts, true);
	if (r != NAME_OK) {
		front_say(f, "the log file: %s", file.why);
		return -1;
	}
	f->log_fd = file.fd;
	return 0;
}
