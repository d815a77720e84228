/*
 * reader.c - the sources of a trace, merged by time.
 *
 * A round is read whole; then every event older than its beginning can be
 * delivered, for nothing that comes later can precede it (session.h).  The
 * sources that hold a decoded record stand in a binary heap: by time, frees
 * first, then by the chunk's number (a thread's later chunk has a higher
 * one).  A record that is older than one delivered already, which clocks that
 * disagree or damage can cause, is delivered with that one's time.
 *
 * At the end of the file there are three cases.  With a closing record all is
 * there.  Without, and the recorder's lock on the file held, more will come.
 * Otherwise the recorder is dead: what nobody drained is taken from the
 * session file if there is one, as a last round.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/reader_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static PW_ALWAYS_INLINE bool
kind_gives(unsigned kind)
{
	return kind == TRACE_FREE || kind == TRACE_UNMAP;
}

static PW_ALWAYS_INLINE bool
heap_before(const struct source *a, const struct source *b)
{
	if (a->record.time != b->record.time)
		return a->record.time < b->record.time;
	if (kind_gives(a->record.kind) != kind_gives(b->record.kind))
		return kind_gives(a->record.kind);
	return a->seq < b->seq;
}

static void
heap_down(struct trace_reader *r, uint32_t i)
{
	struct source **h = r->heap;
	struct source *s = h[i];

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= r->nheap)
			break;
		if (child + 1 < r->nheap && heap_before(h[child + 1], h[child]))
			child++;
		if (!heap_before(h[child], s))
			break;
		h[i] = h[child];
		i = child;
	}
	h[i] = s;
}

static void
heap_up(struct trace_reader *r, uint32_t i)
{
	struct source **h = r->heap;
	struct source *s = h[i];

	while (i > 0 && heap_before(s, h[(i - 1) / 2])) {
		h[i] = h[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h[i] = s;
}

/* Decode the source's next record and put it into the heap. */
int
reader_queue(struct trace_reader *r, struct source *s)
{
	if (!reader_source_next(r, s))
		return 0;
	if (r->nheap == r->heap_room) {
		uint32_t room = r->heap_room ? 2 * r->heap_room : 64;
		struct source **h = realloc(r->heap, room * sizeof *h);

		if (h == NULL) {
			r->no_memory = true;
			return -1;
		}
		r->heap = h;
		r->heap_room = room;
	}
	s->waiting = true;
	r->heap[r->nheap++] = s;
	heap_up(r, r->nheap - 1);
	return 0;
}

/* The first source's record was delivered: decode its next. */
static PW_ALWAYS_INLINE void
heap_advance(struct trace_reader *r)
{
	struct source *s = r->heap[0];

	if (PW_LIKELY(reader_source_next(r, s))) {
		heap_down(r, 0);
		return;
	}
	r->heap[0] = r->heap[--r->nheap];
	if (r->nheap > 0)
		heap_down(r, 0);
	s->waiting = false;
	reader_source_settle(r, s);
}

static PW_ALWAYS_INLINE bool
kind_is_event(unsigned kind)
{
	return kind <= TRACE_CANCEL;
}

/* false: the record is not for the caller. */
static PW_ALWAYS_INLINE bool
reader_fill(struct trace_reader *r, struct trace_event *ev)
{
	const struct source *s = r->heap[0];
	const struct record *rec = &s->record;
	struct proc *p = r->procs[s->proc];

	if (PW_UNLIKELY(rec->time < r->time))
		r->counts.late++;
	else
		r->time = rec->time;
	*ev = (struct trace_event){
		.kind = rec->kind,
		.time = r->time,
		.proc = s->proc,
		.tid = s->tid,
	};
	p->last = r->time;
	if (PW_UNLIKELY(!kind_is_event(rec->kind)))
		return reader_fill_other(r, ev, rec, p);
	if (r->flags & TRACE_META_ONLY)
		return false;
	p->pub.recorded = true;
	ev->addr = rec->addr;
	if (rec->kind != TRACE_CANCEL) {
		ev->call = rec->call;
		ev->by_realloc = rec->by_realloc;
		ev->size = rec->size;
		ev->align = rec->align;
		ev->stack = rec->stack;
	}
	r->counts.events++;
	return true;
}

/*
 * Of a record that the heap's state has seen, or that is read for the tables
 * alone, only the tables are told.
 */
static bool
reader_fill_tables(struct trace_reader *r, struct trace_event *ev)
{
	switch (r->heap[0]->record.kind) {
	case TRACE_PROCESS:
	case TRACE_MODULE:
	case TRACE_UNLOAD:
	case TRACE_EXIT:
	case TRACE_SHED:
	case TRACE_ERROR:
		reader_fill(r, ev);
	}
	return false;
}

static PW_ALWAYS_INLINE bool
reader_deliver(struct trace_reader *r, struct trace_event *ev)
{
	const struct source *s = r->heap[0];

	if (PW_UNLIKELY(r->plan != NULL ||
	    (s->record.time < r->skip && s->first->seen)))
		return reader_fill_tables(r, ev);
	r->counts.records++;
	return reader_fill(r, ev);
}

static int
reader_fail(struct trace_reader *r, struct trace_status *st, int error)
{
	st->result = error == ENOMEM ? TRACE_NO_MEMORY : TRACE_SYSTEM;
	st->error = error;
	st->offset = r->pos;
	snprintf(st->what, sizeof st->what, "at offset %llu: %s",
	    (unsigned long long)r->pos, strerror(error));
	return -1;
}

/* The recorder holds an exclusive lock for as long as it lives. */
static bool
reader_is_recorded(const struct trace_reader *r)
{
	if (flock(r->fd, LOCK_SH | LOCK_NB) != 0)
		return errno == EWOULDBLOCK;
	flock(r->fd, LOCK_UN);
	return false;
}

/*
 * Nobody writes it any more and nobody closed it.  A torn block at the end is
 * no damage if the session file is there: its slices are still in that.
 */
static void
reader_give_up(struct trace_reader *r)
{
	bool found = reader_leftovers(r);
	struct stat st;

	if (r->lost_way)
		reader_missing(r, r->pos, "the rest of the file is damaged");
	else if (!found && fstat(r->fd, &st) == 0 &&
	    (uint64_t)st.st_size > r->pos)
		reader_missing(r, r->pos, "the file ends inside of a block");
	reader_missing(r, r->pos, found ?
	    "the recording was not closed; the last events are from its "
	    "session file" : "the recording was not closed");
	r->counts.damaged--;	/* that one is no damage */
}

static void
reader_finish(struct trace_reader *r)
{
	if (!r->closed)
		reader_give_up(r);
	r->finished = true;
	r->horizon = ~0ull;
}

/* Read until something can be delivered.  0: nothing will be, for now. */
static int
reader_more(struct trace_reader *r)
{
	bool sure = false;
	int n;

	if (r->direct != NULL)
		return reader_direct_more(r);
	while (!r->closed) {
		n = reader_block(r);
		if (n < 0)
			return -1;
		if (n > 0) {
			sure = false;
			if (r->held > READER_HELD_MAX)
				r->horizon = ~0ull;
		} else if (reader_follow_cut(r)) {
			continue;
		} else if (sure) {
			break;
		} else if (reader_is_recorded(r)) {
			return 0;
		} else {
			/* It may have been closed since we looked. */
			sure = true;
		}
		if (r->nheap > 0 && r->heap[0]->record.time < r->horizon)
			return 1;
	}
	reader_finish(r);
	return r->nheap > 0;
}

int
trace_next(struct trace_reader *r, struct trace_event *ev,
    struct trace_status *st)
{
	for (;;) {
		if (PW_LIKELY(r->nheap > 0 &&
		    (r->heap[0]->record.time < r->horizon || r->finished))) {
			bool wanted = reader_deliver(r, ev);

			heap_advance(r);
			if (PW_LIKELY(wanted))
				return 1;
			continue;
		}
		if (PW_UNLIKELY(r->state != NULL)) {
			reader_keyframe_event(r, ev);
			return 1;
		}
		if (PW_UNLIKELY(r->key != NULL) && reader_key_event(r, ev))
			return 1;
		if (r->no_memory)
			return reader_fail(r, st, ENOMEM);
		if (r->finished) {
			reader_tell_lost(r);
			return 0;
		}
		switch (reader_more(r)) {
		case -1:
			return reader_fail(r, st, errno);
		case 0:
			if (!r->finished)
				return 0;
		}
	}
}

static int
reader_begin(struct trace_reader *r, struct trace_status *st)
{
	int direct = reader_direct_open(r, st);

	if (r->flags & TRACE_MAKE_KEYS)
		r->key = calloc(1, sizeof *r->key);
	return direct == 0 ? reader_header(r, st) : direct < 0 ? -1 : 0;
}

struct trace_reader *
trace_open(const char *path, unsigned flags, struct trace_status *st)
{
	struct trace_reader *r = calloc(1, sizeof *r);

	*st = (struct trace_status){ .result = TRACE_NO_MEMORY };
	snprintf(st->what, sizeof st->what, "out of memory");
	if (r == NULL)
		return NULL;
	r->flags = flags;
	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	r->path = strdup(path);
	r->zstd = ZSTD_createDCtx();
	if (r->fd < 0) {
		st->result = TRACE_SYSTEM;
		st->error = errno;
		snprintf(st->what, sizeof st->what, "%s", strerror(errno));
	} else if (r->path != NULL && r->zstd != NULL &&
	    reader_begin(r, st) == 0) {
		st->result = TRACE_OK;
		st->what[0] = '\0';
		return r;
	}
	trace_close(r);
	return NULL;
}

void
trace_close(struct trace_reader *r)
{
	if (r == NULL)
		return;
	reader_direct_free(r);
	reader_plan_free(r);
	reader_key_free(r);
	reader_sources_free(r);
	reader_tables_free(r);
	for (unsigned i = 0; i < r->info.nmissing; i++)
		free((void *)r->missing[i]);
	ZSTD_freeDCtx(r->zstd);
	if (r->fd >= 0)
		close(r->fd);
	free(r->stored);
	free(r->state_bytes);
	free(r->heap);
	free(r->session_path);
	free(r->path);
	free(r);
}

const struct trace_info *
trace_info(struct trace_reader *r)
{
	struct stat st;

	r->info.closed = r->closed;
	r->info.complete = r->closed && r->info.nmissing == 0;
	r->info.lost_known = r->closed && r->info.stopped == 0;
	r->info.missing = r->missing;
	if (fstat(r->fd, &st) == 0)
		r->info.file_size = r->direct == NULL ?
		    (uint64_t)st.st_size : (uint64_t)st.st_blocks * 512;
	return &r->info;
}

const struct trace_counts *
trace_counts(const struct trace_reader *r)
{
	return &r->counts;
}

unsigned
trace_nprocesses(const struct trace_reader *r)
{
	return r->nprocs;
}

const struct trace_process *
trace_process(const struct trace_reader *r, unsigned index)
{
	struct proc *p;

	if (index >= r->nprocs)
		return NULL;
	p = r->procs[index];
	if (!p->ended || p->pub.ended == TRACE_GONE)
		p->pub.end = p->pub.end > p->last ? p->pub.end : p->last;
	if (p->pub.pid == 0)
		p->pub.start = p->last;	/* nothing is known of it */
	return &p->pub;
}
