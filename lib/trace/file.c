/*
 * file.c - rounds: what programs published, into blocks of the trace.
 *
 * A round first takes its stamp, then notes how far each chunk is filled,
 * and only then looks at the stack nodes: so every node that a noted record
 * names is filled and goes into the file before the record.  The bytes
 * themselves are copied last, straight from the chunks: what is published
 * does not change.
 *
 * A node that was claimed but not filled when a round came by is a hole; it
 * is looked at again each round (a process that died leaves it for ever).
 *
 * drained advances when the block that holds the slice is in the file.  When
 * a write fails, the file is cut back to its last whole block and the round
 * stays open: the next one has the same number, and slices that were stored
 * are not stored again.
 *
 * Programs could overwrite the session file, it is mapped writable in them:
 * nothing in it is used as an index or a length without a check.
 *
 *	F1	the file always ends in a whole block (or a torn one that the
 *		next call cuts off);
 *	F2	drained <= filled <= SESSION_CHUNK_DATA;
 *	F3	a chunk becomes FREE only when all of it is in the file, and
 *		then at once: a round over 64 MiB of chunks lasts longer than a
 *		program waits.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "trace/file_impl.h"
#include "trace/file_thin.h"

/* What the inside's clock says; the outside has no use for the rest of it. */
uint64_t
file_now(const struct session_header *h)
{
	uint64_t raw;

#if defined(__x86_64__)
	if (h->clock == SESSION_TSC) {
		/* Loads of chunks must not happen before the stamp. */
		raw = __builtin_ia32_rdtsc();
		__builtin_ia32_lfence();
	} else
#endif
		raw = os_monotonic_ns();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	raw >>= h->tick_shift;
	return raw > h->tick_origin ? raw - h->tick_origin : 0;
}

static bool
file_proc_dead(struct session_header *h, uint32_t slot)
{
	struct session_proc *p;

	if (slot >= session_procs_max(h))
		return true;
	p = session_procs(h) + slot;
	return __atomic_load_n(&p->dead, __ATOMIC_ACQUIRE) != 0 ||
	    __atomic_load_n(&p->state, __ATOMIC_ACQUIRE) == SESSION_PROC_GONE;
}

/* Note what there is to take of chunk i. */
static void
file_note(struct trace_file *f, struct session_header *h, uint32_t i)
{
	struct session_chunk *c = session_chunk(h, i);
	uint32_t state = __atomic_load_n(&c->state, __ATOMIC_ACQUIRE);
	struct file_note *n = &f->notes[f->nnotes];
	uint32_t filled;

	if (state == SESSION_FREE)
		return;
	filled = __atomic_load_n(&c->filled, __ATOMIC_ACQUIRE);
	if (filled == 0 && state == SESSION_OWNED)
		return;		/* perhaps not labelled yet */
	if (filled > SESSION_CHUNK_DATA)
		filled = SESSION_CHUNK_DATA;
	n->chunk = i;
	n->stored = false;
	n->from = c->drained <= filled ? c->drained : filled;
	n->to = filled;
	n->last = state == SESSION_FULL || file_proc_dead(h, c->proc);
	n->meta = __atomic_load_n(&c->meta, __ATOMIC_RELAXED) != 0;
	if (n->meta && f->meta_seq[i] != c->seq)
		n->from = 0;
	if (n->from < n->to || n->last)
		f->nnotes++;
}

static int
file_put_slice(struct trace_file *f, struct session_header *h,
    const struct file_note *n)
{
	struct session_chunk *c = session_chunk(h, n->chunk);
	struct format_slice s = {
		.seq = c->seq,
		.base = c->base,
		.proc = c->proc,
		.tid = c->tid,
		.lane = c->lane,
		.flags = n->last ? FORMAT_SLICE_LAST : 0,
		.offset = n->from,
		.size = n->to - n->from,
	};
	const unsigned char *bytes = c->data + n->from;
	size_t less = f->thinning ? file_thin_slice(f->thin, c, n,
	    h->mode == SESSION_PROFILE) : 0;

	if (less != 0) {
		bytes = f->thin->out;
		s.flags |= (s.size - (uint32_t)less) << 8;
		s.size = (uint32_t)less;
	}
	if (file_room(f, sizeof s + s.size) != 0)
		return -1;
	if (f->block.count == 0 || s.base < f->block.first)
		f->block.first = s.base;
	file_put(f, &s, sizeof s);
	file_put(f, bytes, s.size);
	f->block.count++;
	return 0;
}

static void
file_free_chunk(struct session_chunk *c)
{
	__atomic_store_n(&c->filled, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&c->drained, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&c->state, SESSION_FREE, __ATOMIC_RELEASE);
}

static void
file_tell_freed(struct session_header *h, uint32_t lowest)
{
	if (lowest == ~0u)
		return;
	__atomic_store_n(&h->free_hint, lowest, __ATOMIC_RELAXED);
	__atomic_add_fetch(&h->freed, 1, __ATOMIC_RELEASE);
	os_futex_wake(&h->freed, INT32_MAX);
}

/* The block that held these notes of this kind is in the file. */
static void
file_commit(struct trace_file *f, struct session_header *h, bool meta)
{
	uint32_t lowest = ~0u;

	for (uint32_t i = f->committed; i < f->put; i++) {
		struct file_note *n = &f->notes[i];
		struct session_chunk *c = session_chunk(h, n->chunk);

		if (n->meta != meta || n->stored)
			continue;
		n->stored = true;
		if (n->meta)
			f->meta_seq[n->chunk] = c->seq;
		f->taken += n->to - n->from;
		if (!n->last) {
			__atomic_store_n(&c->drained, n->to, __ATOMIC_RELAXED);
			continue;
		}
		if (n->chunk < lowest)
			lowest = n->chunk;
		file_free_chunk(c);
	}
	file_tell_freed(h, lowest);
}

static int
file_flush_slices(struct trace_file *f, struct session_header *h, bool meta)
{
	if (file_end_block(f) != 0)
		return -1;
	file_commit(f, h, meta);
	f->committed = f->put;
	return 0;
}

/* Near the limit blocks are small, so that what is left is used. */
static uint64_t
file_block_max(const struct trace_file *f)
{
	uint64_t left = f->limit > f->size ? f->limit - f->size : 0;

	return left < FORMAT_RAW_MAX ? left : FORMAT_RAW_MAX;
}

static int
file_put_slices(struct trace_file *f, struct session_header *h, bool meta)
{
	f->committed = 0;
	file_begin_block(f, meta ? FORMAT_META : FORMAT_EVENTS);
	for (f->put = 0; f->put < f->nnotes; f->put++) {
		struct file_note *n = &f->notes[f->put];

		if (n->meta != meta)
			continue;
		if (f->block.count != 0 && f->raw_size + n->to - n->from +
		    sizeof(struct format_slice) > file_block_max(f)) {
			if (file_flush_slices(f, h, meta) != 0)
				return -1;
			file_begin_block(f, f->block.type);
		}
		if (file_put_slice(f, h, n) != 0)
			return -1;
	}
	return f->block.count ? file_flush_slices(f, h, meta) : 0;
}

static void
file_thin_begin(struct trace_file *f, struct session_header *h)
{
	uint64_t before = f->noted;

	f->noted = file_now(h);
	if (!f->thinning)
		return;
	f->thin->since = before;
	f->thin->until = f->scan;
	file_thin_round(f->thin, h, f->notes, f->nnotes);
}

static int
file_drain(struct trace_file *f, struct session_header *h, bool closing)
{
	uint32_t ready = __atomic_load_n(&h->chunks_ready, __ATOMIC_ACQUIRE);
	uint32_t max = session_chunks_max(h);

	f->scan = file_now(h);
	f->nnotes = 0;
	f->taken = 0;
	for (uint32_t i = 0; i < ready && i < max; i++)
		file_note(f, h, i);
	file_thin_begin(f, h);
	if (file_put_nodes(f, h) != 0 || file_put_slices(f, h, true) != 0 ||
	    file_put_slices(f, h, false) != 0 ||
	    (closing && file_put_unused(f, h) != 0) ||
	    file_put_procs(f, h, closing) != 0)
		return -1;
	return 0;
}

int64_t
trace_file_round(struct trace_file *f, struct session_header *h)
{
	if (file_drain(f, h, false) != 0)
		return -1;
	if (f->blocks_in_round != 0 || f->active) {
		file_begin_block(f, FORMAT_MARK);
		if (file_end_block(f) != 0)
			return -1;
		/* One more mark after the last activity moves readers on. */
		f->active = f->blocks_in_round > 1;
		f->round++;
		f->blocks_in_round = 0;
	}
	if (file_index_round(f) != 0)
		return -1;
	f->blocks_in_round = 0;		/* an INDEX is in none */
	return f->taken;
}

/* Close and free; ret, or -1 with errno. */
static int
file_end(struct trace_file *f, int ret)
{
	int saved = errno;

	if (close(f->fd) != 0 && ret == 0) {
		saved = errno;
		ret = -1;
	}
	file_free(f);
	errno = saved;
	return ret;
}

int
trace_file_close(struct trace_file *f, struct session_header *h)
{
	return file_end(f, file_drain(f, h, true));
}

/* What the broken round has not stored stays out: it is not whole. */
int
trace_file_stop(struct trace_file *f, struct session_header *h, uint32_t why)
{
	f->limit = ~0ull;
	f->stopped = why;
	return file_end(f, file_put_procs(f, h, true));
}
