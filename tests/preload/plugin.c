/*
 * plugin.c - allocates 2001 bytes when it is loaded, 2002 when it is called.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

void	plugin_work(void);
static void *volatile opened;

__attribute__((constructor)) static void
plugin_open(void)
{
	opened = malloc(2001);
}

__attribute__((destructor)) static void
plugin_close(void)
{
	free(opened);
}

void
plugin_work(void)
{
	void *volatile p = malloc(2002);

	free(p);
}
