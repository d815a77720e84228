/*
 * file_table.c - stack nodes and process slots into blocks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/file_impl.h"

#include <stdlib.h>
#include <string.h>

#include "trace/varint.h"

#define NODES_RUN	4096u	/* nodes between looks at the block's size */
#define HOLE_FILLED	(1u << 31)
/* Slots of a block: what a reader takes as one, 1 MiB, holds them. */
#define PROCS_PIECE	16384u

static bool
nodes_filled(struct session_header *h, uint32_t id)
{
	return __atomic_load_n(&session_nodes(h)[id].ip, __ATOMIC_ACQUIRE) != 0;
}

/* Nodes [id, end) are filled; continue the open block, or begin another. */
static int
nodes_put_run(struct trace_file *f, struct session_header *h, uint32_t id,
    uint32_t end, uint64_t *prev)
{
	const struct session_node *nodes = session_nodes(h);
	unsigned char *p;

	if (f->block.count != 0 && f->raw_size > FORMAT_RAW_MAX / 2) {
		if (file_end_block(f) != 0)
			return -1;
		file_begin_block(f, FORMAT_NODES);
		*prev = 0;
	}
	if (file_room(f, (2 + 2 * (end - id)) * VARINT_MAX) != 0)
		return -1;
	if (f->block.count == 0)
		f->block.first = id;
	f->block.count += end - id;
	p = varint_put(f->raw + f->raw_size, id);
	p = varint_put(p, end - id);
	for (; id < end; id++) {
		p = varint_put(p, id - nodes[id].parent);
		p = varint_put(p, zigzag((int64_t)(nodes[id].ip - *prev)));
		*prev = nodes[id].ip;
	}
	f->raw_size = (size_t)(p - f->raw);
	return 0;
}

/* A program that wrote over the table must not make ids that lie. */
static bool
nodes_sane(struct session_header *h, uint32_t id)
{
	return session_nodes(h)[id].parent < id;
}

static int
nodes_put_holes(struct trace_file *f, struct session_header *h,
    uint64_t *prev)
{
	for (uint32_t i = 0; i < f->nholes; i++) {
		uint32_t id = f->holes[i];

		if (!nodes_filled(h, id))
			continue;
		f->holes[i] |= HOLE_FILLED;
		if (nodes_sane(h, id) &&
		    nodes_put_run(f, h, id, id + 1, prev) != 0)
			return -1;
	}
	return 0;
}

static int
nodes_add_hole(struct trace_file *f, uint32_t id)
{
	if (f->nholes == FILE_HOLES_MAX)
		return 0;
	if (f->holes == NULL) {
		f->holes = calloc(FILE_HOLES_MAX, sizeof *f->holes);
		if (f->holes == NULL)
			return -1;
	}
	f->holes[f->nholes++] = id;
	return 0;
}

static int
nodes_put_new(struct trace_file *f, struct session_header *h, uint32_t end,
    uint64_t *prev)
{
	uint32_t from = f->next_node;

	while (from < end) {
		uint32_t id = from;

		while (id < end && id - from < NODES_RUN &&
		    nodes_filled(h, id) && nodes_sane(h, id))
			id++;
		if (id > from && nodes_put_run(f, h, from, id, prev) != 0)
			return -1;
		if (id == from && nodes_add_hole(f, id++) != 0)
			return -1;
		from = id;
	}
	return 0;
}

/* After success drop the holes that were filled, after failure keep all. */
static void
nodes_settle(struct trace_file *f, uint32_t nholes_before, bool ok)
{
	uint32_t n = 0;

	if (!ok)
		f->nholes = nholes_before;
	for (uint32_t i = 0; i < f->nholes; i++) {
		if (ok && (f->holes[i] & HOLE_FILLED))
			continue;
		f->holes[n++] = f->holes[i] & ~HOLE_FILLED;
	}
	f->nholes = n;
}

int
file_put_nodes(struct trace_file *f, struct session_header *h)
{
	uint32_t end = __atomic_load_n(&h->nodes_claimed, __ATOMIC_ACQUIRE);
	uint32_t ready = __atomic_load_n(&h->nodes_ready, __ATOMIC_ACQUIRE);
	uint32_t nholes = f->nholes;
	uint64_t prev = 0;
	bool ok;

	if (end > ready)
		end = ready;
	if (end > session_nodes_max(h))
		end = session_nodes_max(h);
	file_begin_block(f, FORMAT_NODES);
	ok = nodes_put_holes(f, h, &prev) == 0 &&
	    nodes_put_new(f, h, end, &prev) == 0 &&
	    (f->block.count == 0 || file_end_block(f) == 0);
	nodes_settle(f, nholes, ok);
	if (ok && end > f->next_node)
		f->next_node = end;
	return ok ? 0 : -1;
}

static struct format_proc
procs_read(struct session_header *h, uint32_t slot)
{
	const struct session_proc *p = session_procs(h) + slot;

	return (struct format_proc){
		.slot = slot,
		.state = __atomic_load_n(&p->state, __ATOMIC_ACQUIRE),
		.pid = p->pid,
		.ppid = p->ppid,
		.parent = p->parent,
		.status = p->status,
		.judged = p->judged,
		.start = p->start,
		.end = p->end,
		.lost = __atomic_load_n(&p->lost, __ATOMIC_RELAXED),
	};
}

static struct format_totals
procs_totals(const struct session_header *h)
{
	return (struct format_totals){
		.lost = __atomic_load_n(&h->lost, __ATOMIC_RELAXED),
		.stacks_full = h->stacks_full,
		.root_pid = h->root_pid,
		.root_done = __atomic_load_n(&h->root_done, __ATOMIC_ACQUIRE),
		.root_status = h->root_status,
	};
}

/* Slots up to n are known, and those that are new may change. */
static int
procs_room(struct trace_file *f, uint32_t n)
{
	struct format_proc *p;
	uint32_t *open;

	if (n <= f->nprocs)
		return 0;
	p = realloc(f->procs, n * sizeof *p);
	if (p == NULL)
		return -1;
	f->procs = p;
	open = realloc(f->open, n * sizeof *open);
	if (open == NULL)
		return -1;
	f->open = open;
	memset(p + f->nprocs, 0, (n - f->nprocs) * sizeof *p);
	while (f->nprocs < n)
		f->open[f->nopen++] = f->nprocs++;
	return 0;
}

static int
procs_begin(struct trace_file *f, uint32_t type,
    const struct format_totals *totals)
{
	file_begin_block(f, type);
	if (file_room(f, sizeof *totals + PROCS_PIECE * sizeof *f->procs) != 0)
		return -1;
	file_put(f, totals, sizeof *totals);
	return 0;
}

/* The block is in the file, and so is what it says. */
static int
procs_end(struct trace_file *f)
{
	const unsigned char *p = f->raw + sizeof(struct format_totals);
	struct format_proc one;

	if (file_end_block(f) != 0)
		return -1;
	for (uint32_t i = 0; i < f->block.count; i++) {
		memcpy(&one, p + i * sizeof one, sizeof one);
		f->procs[one.slot] = one;
	}
	memcpy(&f->totals, f->raw, sizeof f->totals);
	return 0;
}

static int
procs_put(struct trace_file *f, const struct format_proc *p)
{
	struct format_totals totals;

	if (f->block.count == PROCS_PIECE) {
		memcpy(&totals, f->raw, sizeof totals);
		if (procs_end(f) != 0 ||
		    procs_begin(f, f->block.type, &totals) != 0)
			return -1;
	}
	file_put(f, p, sizeof *p);
	f->block.count++;
	return 0;
}

static bool
procs_is_new(const struct trace_file *f, const struct format_proc *p)
{
	return p->state != SESSION_PROC_NONE &&
	    memcmp(p, &f->procs[p->slot], sizeof *p) != 0;
}

/* Nobody writes for the dead: once that is stored they need no more looks. */
static void
procs_settle(struct trace_file *f, struct session_header *h)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < f->nopen; i++) {
		uint32_t slot = f->open[i];
		bool dead = __atomic_load_n(&session_procs(h)[slot].dead,
		    __ATOMIC_ACQUIRE) != 0;
		struct format_proc p = procs_read(h, slot);

		if (!dead || procs_is_new(f, &p))
			f->open[kept++] = slot;
	}
	f->nopen = kept;
}

static int
procs_put_news(struct trace_file *f, struct session_header *h,
    const struct format_totals *totals)
{
	if (procs_begin(f, FORMAT_PROCS, totals) != 0)
		return -1;
	for (uint32_t i = 0; i < f->nopen; i++) {
		struct format_proc p = procs_read(h, f->open[i]);

		if (procs_is_new(f, &p) && procs_put(f, &p) != 0)
			return -1;
	}
	if (f->block.count == 0 &&
	    memcmp(totals, &f->totals, sizeof *totals) == 0)
		return 0;
	if (procs_end(f) != 0)
		return -1;
	procs_settle(f, h);
	return 0;
}

/* All slots; the last pieces are the closing record. */
static int
procs_close(struct trace_file *f, struct session_header *h,
    const struct format_totals *totals)
{
	uint32_t n = f->nprocs, slot = 0;
	uint64_t last_index;

	while (n - slot > PROCS_PIECE) {
		if (procs_begin(f, FORMAT_PROCS, totals) != 0)
			return -1;
		for (uint32_t i = 0; i < PROCS_PIECE; i++, slot++) {
			struct format_proc p = procs_read(h, slot);

			procs_put(f, &p);
		}
		if (procs_end(f) != 0)
			return -1;
	}
	last_index = file_index_close(f);
	if (procs_begin(f, FORMAT_CLOSING, totals) != 0)
		return -1;
	f->block.first = last_index;
	f->block.flags = f->stopped;
	for (; slot < n; slot++) {
		struct format_proc p = procs_read(h, slot);

		procs_put(f, &p);
	}
	return procs_end(f);
}

int
file_put_procs(struct trace_file *f, struct session_header *h, bool closing)
{
	struct format_totals totals = procs_totals(h);
	uint32_t n = __atomic_load_n(&h->procs_claimed, __ATOMIC_ACQUIRE);

	if (n > session_procs_max(h))
		n = session_procs_max(h);
	if (procs_room(f, n) != 0)
		return -1;
	return closing ? procs_close(f, h, &totals) :
	    procs_put_news(f, h, &totals);
}

/* Slots of one run are alike: zstd makes 20 bytes or fewer of each. */
uint64_t
trace_file_closing_size(const struct session_header *h)
{
	return 512 + 20ull * __atomic_load_n(&h->procs_claimed,
	    __ATOMIC_RELAXED);
}
