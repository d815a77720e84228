/*
 * heap_writer.c - a program that writes a heap file and may die at any moment.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "tests/unit/heap_writer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/mmalloc.h"
#include "alloc/mmalloc_inspect.h"

#define FILLED	48u	/* bytes at either end that have a meaning */

uint64_t
writer_random(uint64_t *rng)
{
	*rng ^= *rng << 13;
	*rng ^= *rng >> 7;
	*rng ^= *rng << 17;
	return *rng;
}

void
writer_start(struct writer_journal *j, uint64_t seed, unsigned thread,
    size_t large)
{
	memset(j, 0, sizeof(*j));
	j->rng = (seed + thread) * 0x9e3779b97f4a7c15ull | 1;
	j->next_id = 0x1d00000000000000u + WRITER_NTHREADS + thread;
	j->large = large;
	j->key = (int)thread;
}

static char
byte_of(uint64_t id, size_t i)
{
	if (i < sizeof(id))
		return (char)(id >> 8 * i);
	return (char)(id * 31 + i * 7 + (i >> 8));
}

static void
fill_part(char *at, uint64_t id, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		at[i] = byte_of(id, i);
}

static size_t
tail_from(size_t size)
{
	return size > 2 * FILLED ? size - FILLED : FILLED;
}

static void
fill(char *at, uint64_t id, size_t size)
{
	fill_part(at, id, 0, size < FILLED ? size : FILLED);
	fill_part(at, id, tail_from(size), size);
}

static bool
part_ok(const char *at, uint64_t id, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (at[i] != byte_of(id, i))
			return false;
	return true;
}

/* The first keep bytes of what was filled as a block of size. */
static bool
fill_ok(const char *at, uint64_t id, size_t size, size_t keep)
{
	size_t head = size < FILLED ? size : FILLED;

	return part_ok(at, id, 0, head < keep ? head : keep) &&
	    part_ok(at, id, tail_from(size), size < keep ? size : keep);
}

static void
set_state(struct writer_rec *rec, int state)
{
	__atomic_store_n(&rec->state, state, __ATOMIC_SEQ_CST);
}

static size_t
random_size(struct writer_journal *j)
{
	uint64_t r = writer_random(&j->rng);

	if (r % 16 == 0)
		return 8 + (r >> 8) % j->large;
	if (r % 4 == 0)
		return 8 + (r >> 8) % 4000;
	return 8 + (r >> 8) % 200;
}

static void
op_alloc(void *md, struct writer_journal *j, struct writer_rec *rec)
{
	uint64_t r = writer_random(&j->rng);
	size_t size = random_size(j);
	char *at;

	if (r % 5 == 0)
		at = mmemalign(md, (size_t)16 << (r >> 8) % 9, size);
	else if (r % 5 == 1)
		at = mcalloc(md, 1, size);
	else
		at = mmalloc(md, size);
	if (at == NULL)
		return;
	fill(at, j->next_id, size);
	rec->addr = at;
	rec->size = size;
	rec->id = j->next_id;
	j->next_id += WRITER_NTHREADS;
	set_state(rec, WRITER_STABLE);
}

static void
op_resize(void *md, struct writer_journal *j, struct writer_rec *rec)
{
	char *at;

	rec->to = random_size(j);
	set_state(rec, WRITER_RESIZING);
	at = mrealloc(md, rec->addr, rec->to);
	if (at != NULL) {
		fill(at, rec->id, rec->to);
		rec->addr = at;
		rec->size = rec->to;
	}
	set_state(rec, WRITER_STABLE);
}

static void
op_free(void *md, struct writer_rec *rec)
{
	set_state(rec, WRITER_FREEING);
	mfree(md, rec->addr);
	set_state(rec, WRITER_NONE);
}

static void
op_key(void *md, struct writer_journal *j, void *to)
{
	j->key_new = to;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	mmalloc_setkey(md, j->key, to);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	j->key_old = to;
}

void
writer_op(void *md, struct writer_journal *j)
{
	uint64_t r = writer_random(&j->rng);
	struct writer_rec *rec = &j->rec[r % WRITER_NRECS];

	if (rec->state == WRITER_NONE)
		op_alloc(md, j, rec);
	else if ((r >> 16) % 8 == 0)
		op_key(md, j, rec->addr);
	else if ((r >> 16) % 2 == 0)
		op_resize(md, j, rec);
	else
		op_free(md, rec);
	j->nops++;
}

struct found {
	struct mmalloc_block *b;
	size_t n;
	size_t room;
	const char *fault;
};

static void
on_block(void *arg, const struct mmalloc_block *b)
{
	struct found *f = arg;

	if (b->kind != POOL_KIND_ALLOC)
		return;
	if (f->n == f->room) {
		f->room = f->room == 0 ? 64 : 2 * f->room;
		f->b = realloc(f->b, f->room * sizeof(*f->b));
	}
	f->b[f->n++] = *b;
}

static void
on_fault(void *arg, const struct mmalloc_fault *f)
{
	((struct found *)arg)->fault = f->what;
}

static bool damaged;

static void
on_damage(void)
{
	damaged = true;
}

static const char *
attach_ok(int fd)
{
	void *md = mmalloc_attach(fd, NULL);

	if (md == NULL)
		return errno == EUCLEAN ? "attach says damaged" :
		    "it does not attach";
	damaged = false;
	mmcheck(md, on_damage);
	if (damaged)
		return "mmcheck finds damage";
	return mmalloc_detach(md) == NULL && !damaged ? NULL :
	    "it does not detach";
}

static const char *
bytes_of(const struct mmalloc_view *v, const struct mmalloc_block *b)
{
	return (const char *)v->map + (b->addr - v->header.base);
}

static const struct mmalloc_block *
block_at(const struct found *f, const void *addr)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->b[i].addr == (uintptr_t)addr)
			return &f->b[i];
	return NULL;
}

static bool
stable_ok(const struct mmalloc_view *v, const struct found *f,
    const struct writer_rec *rec)
{
	const struct mmalloc_block *b = block_at(f, rec->addr);

	return b != NULL && b->size == rec->size &&
	    fill_ok(bytes_of(v, b), rec->id, rec->size, rec->size);
}

/* The block is in its old place or in a new one, in its old size or more. */
static const struct mmalloc_block *
resized(const struct mmalloc_view *v, const struct found *f,
    const struct writer_rec *rec)
{
	size_t keep = rec->size < rec->to ? rec->size : rec->to;

	for (size_t i = 0; i < f->n; i++)
		if (f->b[i].size >= keep && fill_ok(bytes_of(v, &f->b[i]),
		    rec->id, rec->size, keep))
			return &f->b[i];
	return NULL;
}

static const char *
journal_ok(const struct mmalloc_view *v, const struct found *f,
    const struct writer_journal *j, size_t *known)
{
	uint64_t key = v->header.key[j->key];

	if (key != (uintptr_t)j->key_old && key != (uintptr_t)j->key_new)
		return "a key is neither old nor new";
	for (unsigned i = 0; i < WRITER_NRECS; i++) {
		const struct writer_rec *rec = &j->rec[i];

		*known += rec->state != WRITER_NONE;
		if (rec->state == WRITER_STABLE && !stable_ok(v, f, rec))
			return "a block is lost or its contents are";
		if (rec->state == WRITER_RESIZING && !resized(v, f, rec))
			return "a block is lost while it was resized";
	}
	return NULL;
}

static const char *
look(int fd, struct mmalloc_view *v, struct found *f)
{
	if (mmalloc_inspect_open(v, fd) != 0)
		return v->why;
	mmalloc_inspect_walk(v, on_block, on_fault, f);
	return f->fault;
}

static const char *
contents_ok(int fd, const struct writer_journal *j, unsigned n)
{
	struct mmalloc_view v;
	struct found f = { 0 };
	size_t known = 0;
	const char *wrong = look(fd, &v, &f);

	for (unsigned i = 0; wrong == NULL && i < n; i++)
		wrong = journal_ok(&v, &f, &j[i], &known);
	if (wrong == NULL && f.n > known + n)
		wrong = "there are blocks that nobody has";
	if (v.map != NULL)
		mmalloc_inspect_close(&v);
	free(f.b);
	return wrong;
}

const char *
writer_verify(int fd, const struct writer_journal *j, unsigned n)
{
	const char *wrong = contents_ok(fd, j, n);

	if (wrong == NULL)
		wrong = attach_ok(fd);
	return wrong == NULL ? contents_ok(fd, j, n) : wrong;
}

static void
settle_rec(struct writer_rec *rec, const struct mmalloc_view *v,
    const struct found *f)
{
	const struct mmalloc_block *b;

	if (rec->state == WRITER_FREEING)
		rec->state = WRITER_NONE;
	if (rec->state != WRITER_RESIZING)
		return;
	b = resized(v, f, rec);
	if (rec->size > rec->to)
		rec->size = rec->to;
	rec->addr = (char *)(uintptr_t)b->addr;
	rec->to = b->size;
}

static bool
has_record(const struct writer_journal *j, unsigned n, uint64_t addr)
{
	for (unsigned i = 0; i < n * WRITER_NRECS; i++) {
		const struct writer_rec *rec =
		    &j[i / WRITER_NRECS].rec[i % WRITER_NRECS];

		if (rec->state != WRITER_NONE && (uintptr_t)rec->addr == addr)
			return true;
	}
	return false;
}

static void
settle_heap(void *md, struct writer_journal *j, unsigned n,
    const struct found *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (!has_record(j, n, f->b[i].addr))
			mfree(md, (void *)(uintptr_t)f->b[i].addr);
	for (unsigned i = 0; i < n * WRITER_NRECS; i++) {
		struct writer_rec *rec =
		    &j[i / WRITER_NRECS].rec[i % WRITER_NRECS];

		if (rec->state != WRITER_RESIZING)
			continue;
		rec->size = rec->to;
		fill(rec->addr, rec->id, rec->size);
		rec->state = WRITER_STABLE;
	}
	for (unsigned i = 0; i < n; i++)
		op_key(md, &j[i], j[i].key_new);
}

void
writer_settle(int fd, struct writer_journal *j, unsigned n)
{
	struct mmalloc_view v;
	struct found f = { 0 };
	void *md;

	look(fd, &v, &f);
	for (unsigned i = 0; i < n * WRITER_NRECS; i++)
		settle_rec(&j[i / WRITER_NRECS].rec[i % WRITER_NRECS], &v, &f);
	mmalloc_inspect_close(&v);
	md = mmalloc_attach(fd, NULL);
	if (md != NULL)
		settle_heap(md, j, n, &f);
	mmalloc_detach(md);
	free(f.b);
}
