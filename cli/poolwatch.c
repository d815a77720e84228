/*
 * poolwatch.c - run a program and watch its heap.
 *
 * Where to look: poolwatch_options.c what was asked, refuse*.c whether it can
 * be done, front*.c the process the shell sees, record*.c the one that writes
 * the trace, name.c output names, tell.c steers a recording that runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	static struct front f;	/* large, and for the whole life */
	char message[512];

	front_plug_descriptors();
	ticks_begin(&f.ticks);
	f.log_fd = STDERR_FILENO;
	f.say_pid = getpid();
	f.trace_fd = f.session_fd = f.notify_fd = -1;
	switch (watch_options_parse(&f.options, argc, argv, message,
	    sizeof(message))) {
	case ARGS_DONE:
		return fflush(stdout) ? WATCH_FAILED : 0;
	case ARGS_END:
		break;
	default:
		front_say(&f, "%s", message);
		return WATCH_FAILED;
	}
	if (f.options.pid)
		return doctor_pid(&f);
	if (f.options.tell_pid)
		return tell_run(&f);
	if (f.options.doctor)
		return doctor_program(&f);
	return front_run(&f);
}
