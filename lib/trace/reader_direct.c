/*
 * reader_direct.c - a session that is its own trace (direct.h).
 *
 * Nothing is in order here but the numbers of the chunks, and those only by
 * when they were taken.  A look notes how many there are and what time the
 * records of each begin at; then the chunks are read from the first to the
 * last, some at a time, and what is older than every chunk still to be read can
 * be delivered (session.h has the argument for rounds, a look is one).  So
 * memory is bounded by the chunks that are open at one time.
 *
 * While the lock of some process is on the file (direct.c) more will come, and
 * looks repeat: chunks that were not full are read on, from where the source
 * has got to.  When nobody has it any more the last look has seen everything,
 * and it matters not how the processes ended: what they published is in the
 * file.  Only if the machine itself went down may some of it be missing, which
 * boot_id tells.
 *
 * The file is as hostile as any trace.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/reader_direct.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/os.h"

#define AT_ONCE		64u		/* chunks read between deliveries */
#define NODES_AT_ONCE	256u
#define LOOK_NS		50000000u	/* between two looks */
#define HEAD_SIZE	offsetof(struct session_chunk, data)

static uint64_t
direct_chunk_at(const struct session_header *h, uint32_t i)
{
	return h->chunks_off + (uint64_t)i * SESSION_CHUNK_SIZE;
}

/* Note that chunk i is to be looked at again. */
static int
direct_keep_open(struct trace_reader *r, uint32_t i)
{
	struct reader_direct *d = r->direct;
	uint32_t room = d->open_room ? 2 * d->open_room : 64;
	uint32_t *open;

	if (d->nopen == d->open_room) {
		open = realloc(d->open, room * sizeof *open);
		if (open == NULL) {
			r->no_memory = true;
			return -1;
		}
		d->open = open;
		d->open_room = room;
	}
	d->open[d->nopen++] = i;
	return 0;
}

/* The bytes from `from` on of a chunk whose head is c. */
static void
direct_take(struct trace_reader *r, const struct session_chunk *c,
    uint32_t from, uint64_t at)
{
	struct format_slice slice = {
		.seq = c->seq,
		.base = c->base,
		.proc = c->proc,
		.tid = c->tid,
		.lane = c->lane,
		.flags = c->state == SESSION_FULL || r->direct->over ?
		    FORMAT_SLICE_LAST : 0,
		.offset = from,
		.size = c->filled - from,
	};
	struct buffer *b = reader_buffer_take(r, slice.size);

	if (b == NULL)
		return;
	r->counts.slices++;
	r->counts.slice_bytes += slice.size;
	r->counts.event_bytes += slice.size;
	if (slice.size == 0 || reader_pread(r->fd, b->data, slice.size,
	    at + HEAD_SIZE + from) == 1)
		reader_source_add(r, &slice, b, b->data, at);
	else
		reader_missing(r, at, "the file ends inside of a chunk");
	reader_buffer_give(r, b);
}

/*
 * Chunk i, from where its source has got to.  true: more of it may come.  The
 * state is read before the bytes are counted: a full one is full.
 */
static bool
direct_chunk(struct trace_reader *r, uint32_t i)
{
	uint64_t at = direct_chunk_at(r->direct->head, i);
	struct session_chunk c;
	struct source *s;
	uint32_t state, from;

	if (reader_pread(r->fd, &c, HEAD_SIZE, at) != 1)
		return !r->direct->over;
	state = c.state;
	if (reader_pread(r->fd, &c, HEAD_SIZE, at) != 1 || c.filled == 0 ||
	    c.seq == 0)
		return !r->direct->over;
	c.state = state;
	if (c.filled > SESSION_CHUNK_DATA || reader_proc(r, c.proc) == NULL) {
		reader_missing(r, at, "a chunk is damaged");
		return false;
	}
	if ((r->flags & TRACE_META_ONLY) && c.meta == 0)
		return state != SESSION_FULL && !r->direct->over;
	s = reader_source_find(r, c.seq);
	from = s != NULL ? s->received : 0;
	r->pos = at;
	if (c.filled > from || (s != NULL && (state == SESSION_FULL ||
	    r->direct->over)))
		direct_take(r, &c, from < c.filled ? from : c.filled, at);
	return state != SESSION_FULL && !r->direct->over;
}

/* The chunks that were read and not full. */
static void
direct_read_on(struct trace_reader *r)
{
	struct reader_direct *d = r->direct;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < d->nopen; i++)
		if (direct_chunk(r, d->open[i]))
			d->open[kept++] = d->open[i];
	d->nopen = kept;
}

/* Nodes that were published since; one that is not filled stays a hole. */
static void
direct_nodes(struct trace_reader *r)
{
	struct session_node nodes[NODES_AT_ONCE];
	const struct session_header *h = r->direct->head;
	uint32_t max = session_nodes_max(h), id = r->direct->hole, n, claimed;
	bool hole = false;

	if (reader_pread(r->fd, &claimed, sizeof claimed,
	    offsetof(struct session_header, nodes_claimed)) != 1)
		return;
	for (; id < claimed && id < max; id += n) {
		n = (claimed < max ? claimed : max) - id;
		if (n > NODES_AT_ONCE)
			n = NODES_AT_ONCE;
		if (reader_pread(r->fd, nodes, n * sizeof *nodes,
		    h->nodes_off + (uint64_t)id * sizeof *nodes) != 1)
			return;
		for (uint32_t i = 0; i < n; i++) {
			reader_node(r, id + i, nodes[i].parent, nodes[i].ip);
			hole |= nodes[i].ip == 0;
			if (!hole)
				r->direct->hole = id + i + 1;
		}
	}
}

static void
direct_procs(struct trace_reader *r)
{
	const struct session_header *h = r->direct->head;
	uint32_t n = h->procs_claimed < session_procs_max(h) ?
	    h->procs_claimed : session_procs_max(h);
	struct session_proc p;

	for (uint32_t i = 0; i < n; i++) {
		if (reader_pread(r->fd, &p, sizeof p, h->procs_off +
		    (uint64_t)i * sizeof p) != 1)
			return;
		if (r->direct->over && p.state == SESSION_PROC_HELLO)
			p.state = SESSION_PROC_GONE;
		reader_proc_state(r, &(struct format_proc){
			.slot = i,
			.state = p.state,
			.pid = p.pid,
			.ppid = p.ppid,
			.parent = p.parent,
			.status = p.status,
			.judged = p.judged,
			.start = p.start,
			.end = p.end,
			.lost = p.lost,
		});
	}
}

/* When the records of the chunks [from, known) begin, least first. */
static int
direct_note(struct trace_reader *r, uint32_t from, uint32_t known)
{
	struct reader_direct *d = r->direct;
	uint64_t *least = realloc(d->least, ((size_t)known + 1) *
	    sizeof *least);
	struct session_chunk c;

	if (least == NULL) {
		r->no_memory = true;
		errno = ENOMEM;
		return -1;
	}
	d->least = least;
	d->known = known;
	least[known] = ~0ull;
	for (uint32_t i = known; i-- > from; ) {
		least[i] = least[i + 1];
		if (reader_pread(r->fd, &c, HEAD_SIZE,
		    direct_chunk_at(d->head, i)) == 1 && c.seq != 0 &&
		    c.base < least[i])
			least[i] = c.base;
	}
	return 0;
}

/* Did all end as processes should, or is it known that nothing is missing? */
static void
direct_close(struct trace_reader *r)
{
	const struct session_header *h = r->direct->head;
	bool sure = direct_is_of_today(h) && h->flags & SESSION_LOCKED;

	for (uint32_t i = 0; i < r->nprocs && !sure; i++)
		if (r->procs[i]->pub.ended == TRACE_GONE) {
			reader_missing(r, h->procs_off, "process %u did not "
			    "say good-bye, and what the machine kept of its "
			    "last events can't be known",
			    r->procs[i]->pub.pid);
			r->counts.damaged--;
			return;
		}
	r->closed = true;
	r->info.lost = h->lost;
	if (h->stopped == SESSION_GOES_ON)
		return;
	r->info.stopped = h->stopped == SESSION_STOP_SIZE ?
	    FORMAT_STOP_SIZE : FORMAT_STOP_DISK;
	reader_tell_stopped(r);
}

/* What there is now.  -1 errno. */
static int
direct_look(struct trace_reader *r)
{
	struct reader_direct *d = r->direct;
	uint32_t from = d->known, claimed;
	struct stat st;

	d->alive = direct_is_written(r);
	d->over = !d->alive;
	d->scan = d->alive ? direct_now(d->head) : ~0ull;
	if (reader_pread(r->fd, d->head, sizeof *d->head, 0) != 1 ||
	    fstat(r->fd, &st) != 0)
		return -1;
	if (!direct_layout_ok(d->head, (uint64_t)st.st_size)) {
		reader_missing(r, 0, "the header was damaged meanwhile");
		d->over = true;
		return 0;
	}
	r->info.ticks_per_second = d->head->ticks_per_second ?
	    d->head->ticks_per_second : 1;
	claimed = d->head->chunks_claimed;
	if (claimed > session_chunks_max(d->head))
		claimed = session_chunks_max(d->head);
	direct_procs(r);
	direct_read_on(r);
	r->counts.rounds++;
	if (claimed > from && direct_note(r, from, claimed) != 0)
		return -1;
	direct_nodes(r);
	return 0;
}

/* Some chunks of the last look. */
static int
direct_read(struct trace_reader *r)
{
	struct reader_direct *d = r->direct;
	uint32_t end = d->known - d->next < AT_ONCE ?
	    d->known : d->next + AT_ONCE;

	for (; d->next < end; d->next++)
		if (direct_chunk(r, d->next) &&
		    direct_keep_open(r, d->next) != 0)
			return -1;
	if (d->alive)
		direct_nodes(r);
	r->counts.blocks++;
	return 0;
}

/* All of the last look was read. */
static void
direct_settle(struct trace_reader *r)
{
	struct reader_direct *d = r->direct;

	if (d->looked != 0)
		return;
	d->looked = os_monotonic_ns();
	if (!d->over)
		return;
	direct_close(r);
	r->finished = true;
}

static void
direct_deliver(struct trace_reader *r)
{
	struct reader_direct *d = r->direct;
	uint64_t sure = d->scan;

	if (d->next < d->known && d->least[d->next] < sure)
		sure = d->least[d->next];
	if (sure > r->horizon)
		r->horizon = sure;
	if (r->held > READER_HELD_MAX || r->finished)
		r->horizon = ~0ull;
}

int
reader_direct_more(struct trace_reader *r)
{
	struct reader_direct *d = r->direct;

	for (;;) {
		if (d->next < d->known) {
			if (direct_read(r) != 0)
				return -1;
		} else if (d->over ||
		    os_monotonic_ns() - d->looked < LOOK_NS) {
			return 0;
		} else {
			d->looked = 0;
			if (direct_look(r) != 0)
				return -1;
		}
		if (d->next == d->known)
			direct_settle(r);
		direct_deliver(r);
		if (r->nheap > 0 && r->heap[0]->record.time < r->horizon)
			return 1;
		if (r->finished)
			return 0;
	}
}
