/*
 * mmalloc_trace.c - a line of text for each call on a region.
 *
 * Lines are written with the region's lock held, each by one call, so their
 * order is that of the events and a reader can replay them.  A line that cannot
 * be written is lost.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/mmalloc_impl.h"

#include "base/os.h"
#include "base/say.h"

void
region_trace_l(struct mmalloc_region *r, char what, const void *ptr,
    size_t size)
{
	char line[64];
	size_t n;

	if (PW_LIKELY(r->trace_fd < 0))
		return;
	if (what == '-' || what == '<')
		n = say_format(line, sizeof(line), "%c %lx\n", what,
		    (unsigned long)ptr);
	else
		n = say_format(line, sizeof(line), "%c %lx %zx\n", what,
		    (unsigned long)ptr, size);
	os_write_all(r->trace_fd, line, n);
}

int
mmtrace(void *md, int fd)
{
	struct mmalloc_region *r = region_find(md, true);

	if (r == NULL || r->foreign)
		return 0;
	region_lock(r);
	r->trace_fd = fd;
	if (fd >= 0)
		os_write_all(fd, "= Start\n", 8);
	region_unlock(r);
	return 1;
}
