/*
 * door.c - what a program can ask the module about its own recording.
 *
 * Answers 2 when there is no door (bare), 0 when what is behind it is true.
 * door skipped: this process is expected not to be recorded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "preload/door.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	int (*ask)(struct poolwatch_door *, size_t);
	struct poolwatch_door before, after;
	void *volatile p;

	(void)argv;
	*(void **)&ask = dlsym(RTLD_DEFAULT, "poolwatch_door_1");
	if (ask == NULL)
		return 2;
	if (ask(&before, sizeof(before)) != 0 || before.version != 1)
		return 3;
	for (int i = 0; i < 100; i++) {
		p = malloc(100);
		free(p);
	}
	ask(&after, sizeof(after));
	if (argc > 1)
		return after.recorded || after.events ? 4 : 0;
	if (!after.recorded || !after.judged || after.lost != 0)
		return 5;
	printf("%u %llu\n", after.mode,
	    (unsigned long long)(after.events - before.events));
	return ask(&after, 1) != 0 ? 0 : 6;
}
