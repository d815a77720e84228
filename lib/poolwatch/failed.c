/*
 * failed.c - what libpoolwatch does when a check of its own fails.
 *
 * The allocators are the product's here, and no front reads along: one line
 * on descriptor 2, and abort.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/os.h"
#include "base/say.h"

void
check_failed(const char *what, const char *file, int line)
{
	char text[256];
	size_t n;

	n = say_format(text, sizeof(text), "libpoolwatch: a check of its own "
	    "failed: %s (%s:%d)\n", what, file, line);
	if (n >= sizeof(text)) {
		n = sizeof(text) - 1;
		text[n - 1] = '\n';
	}
	os_write_all(2, text, n);
	abort();
}
