/*
 * writer_map.c - the records of memory that the program maps itself.
 *
 * They are events, like those of blocks: many of them make no chunk one that
 * a follower of the rare records must read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/writer_impl.h"

/* A tag, seven varints of which three are 64 bits wide, a far address. */
_Static_assert(1 + 3 * VARINT_MAX + 4 * 5 + 9 <= CODING_EVENT_MAX,
    "a MAP fits where an event does");

void
writer_map(struct writer *w, uint64_t time, unsigned call, uintptr_t addr,
    size_t length, unsigned access, unsigned flags, unsigned error,
    uint32_t stack)
{
	unsigned char *p = writer_begin(w, &time, CODING_EVENT_MAX);

	if (p == NULL)
		return;
	*p++ = CODING_TAG(TRACE_MAP);
	p = writer_put_time(w, p, time);
	p = varint_put(p, call);
	p = coding_put_addr(p, &w->addr, addr);
	p = varint_put(p, length);
	p = varint_put(p, access);
	p = varint_put(p, flags);
	p = varint_put(p, error);
	p = coding_put_stack(p, &w->stack, stack);
	writer_publish(w, p);
}

void
writer_unmap(struct writer *w, uint64_t time, unsigned call, uintptr_t addr,
    size_t length, unsigned error, uint32_t stack)
{
	unsigned char *p = writer_begin(w, &time, CODING_EVENT_MAX);

	if (p == NULL)
		return;
	*p++ = CODING_TAG(TRACE_UNMAP);
	p = writer_put_time(w, p, time);
	p = varint_put(p, call);
	p = coding_put_addr(p, &w->addr, addr);
	p = varint_put(p, length);
	p = varint_put(p, error);
	p = coding_put_stack(p, &w->stack, stack);
	writer_publish(w, p);
}
