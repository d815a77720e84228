/*
 * writer_impl.h - what writer.c and writer_meta.c share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_WRITER_IMPL_H
#define PW_TRACE_WRITER_IMPL_H

#include "base/compiler.h"
#include "trace/coding.h"
#include "trace/writer.h"

/*
 * Get a chunk with a record's room and raise *time to what the record may
 * carry.  false: the record is dropped (and counted, unless recording ended).
 */
bool	writer_turn(struct writer *, uint64_t *time);

/* Where the next record goes, with room for max bytes behind it, or NULL. */
static PW_ALWAYS_INLINE unsigned char *
writer_begin(struct writer *w, uint64_t *time, uint32_t max)
{
	if (PW_UNLIKELY(w->chunk == NULL ||
	    w->fill + max > SESSION_CHUNK_DATA)) {
		if (!writer_turn(w, time))
			return NULL;
	} else if (PW_UNLIKELY(*time < w->time)) {
		*time = w->time;
	}
	return w->chunk->data + w->fill;
}

static PW_ALWAYS_INLINE unsigned char *
writer_put_time(struct writer *w, unsigned char *p, uint64_t time)
{
	uint64_t delta = time - w->time;

	w->time = time;
	return varint_put(p, delta);
}

static PW_ALWAYS_INLINE void
writer_publish(struct writer *w, const unsigned char *end)
{
	w->fill = (uint32_t)(end - w->chunk->data);
	__atomic_store_n(&w->chunk->filled, w->fill, __ATOMIC_RELEASE);
}

#endif
