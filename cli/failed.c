/*
 * failed.c - what the outside does when a check of our own fails.
 *
 * It is our mistake: say which, on stderr, and stop with a core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

void
check_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "poolwatch: a check of its own failed: %s (%s:%d)\n",
	    what, file, line);
	abort();
}
