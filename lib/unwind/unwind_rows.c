/*
 * unwind_rows.c - the cache of rows: from (pc, exact) to one step.
 *
 * One hash table per process, filled as frames are met, never locked.  It
 * starts at 8 KiB, for most processes of a build or a shell end soon, and is
 * replaced by one eight times as large when half full.  A table that was
 * replaced stays mapped, for others may be reading it, but gives its memory
 * back: zeroed entries are empty ones.  Rows are not carried over; making one
 * anew costs less than a microsecond.
 *
 * Places of a key: the four entries of the cache line its hash points into,
 * that one first.
 *
 * Invariants:
 *	R1  an entry whose check does not fit its row is empty;
 *	R2  a row inserted by a walk that began before an unload was noticed is
 *	    gone when the walk's insert returns, or is dropped by the thread
 *	    that noticed: the inserter stores, then reads ld.so's counters; ld.so
 *	    counts, then the noticing thread drops.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

#include <sys/mman.h>

#include "base/os.h"

#define LINE	4u		/* entries of a 64-byte cache line */

static const uint8_t level_bits[ROW_LEVELS] = { 9, 12, 15, 18, 20 };

static size_t
level_size(unsigned level)
{
	return sizeof(struct row_entry) << level_bits[level];
}

/* Make the table of a level the current one; several may try at once. */
static int
rows_level(struct unwind_process *p, unsigned level)
{
	struct row_table *t = &p->tables[level];
	struct row_entry *mine = os_map(level_size(level));
	struct row_entry *none = NULL;

	if (mine == NULL)
		return -1;
	t->mask = (1u << level_bits[level]) - 1;
	if (!__atomic_compare_exchange_n(&t->entry, &none, mine, false,
	    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		os_unmap(mine, level_size(level));
	__atomic_store_n(&p->table, t, __ATOMIC_RELEASE);
	return 0;
}

int
rows_init(struct unwind_process *p)
{
	return rows_level(p, 0);
}

uint64_t
row_find_rest(const struct row_entry *entry, uint64_t mask, uint64_t key)
{
	const struct row_entry *e;
	uint64_t row;
	size_t k;

	for (k = 1; k < LINE; k++) {
		e = &entry[(key & mask) ^ k];
		row = __atomic_load_n(&e->row, __ATOMIC_RELAXED);
		if ((__atomic_load_n(&e->check, __ATOMIC_RELAXED) ^
		    row * ROW_MIX) == key)
			return row;
	}
	return ROW_NONE;
}

static void
entry_store(struct row_entry *e, uint64_t check, uint64_t row)
{
	__atomic_store_n(&e->check, check, __ATOMIC_RELAXED);
	__atomic_store_n(&e->row, row, __ATOMIC_RELAXED);
}

static uint64_t
entry_key(const struct row_entry *e)
{
	uint64_t row = __atomic_load_n(&e->row, __ATOMIC_RELAXED);

	return __atomic_load_n(&e->check, __ATOMIC_RELAXED) ^ row * ROW_MIX;
}

/* The first free place of a key, or the one to give up. */
static struct row_entry *
entry_place(struct row_table *t, uint64_t key)
{
	size_t i = (size_t)(key & t->mask);
	size_t k;

	for (k = 0; k < LINE; k++)
		if (__atomic_load_n(&t->entry[i ^ k].row, __ATOMIC_RELAXED)
		    == ROW_NONE)
			return &t->entry[i ^ k];
	return &t->entry[i ^ (key >> 12 & (LINE - 1))];
}

static struct row_table *
rows_roomy(struct unwind_process *p)
{
	struct row_table *t = __atomic_load_n(&p->table, __ATOMIC_ACQUIRE);
	unsigned level = (unsigned)(t - p->tables);

	if (__atomic_load_n(&t->used, __ATOMIC_RELAXED) <
	    1u << (level_bits[level] - 1) || level + 1 == ROW_LEVELS)
		return t;
	if (p->tables[level + 1].entry != NULL ||
	    rows_level(p, level + 1) != 0)
		return __atomic_load_n(&p->table, __ATOMIC_ACQUIRE);
	os_advise(t->entry, level_size(level), MADV_DONTNEED);
	return &p->tables[level + 1];
}

void
rows_insert(struct unwind_process *p, uint64_t stamp, uint64_t key,
    uint64_t row)
{
	struct row_table *t = rows_roomy(p);
	struct row_entry *e = entry_place(t, key);

	entry_store(e, key ^ row * ROW_MIX, row);
	__atomic_fetch_add(&t->used, 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (ldso_stamp(p) != stamp && entry_key(e) == key)
		entry_store(e, 0, ROW_NONE);
}

static bool
row_goes(uint64_t row, enum rows_dropped which)
{
	switch (which) {
	case ROWS_NEGATIVE:
		return ROW_KIND(row) == ROW_UNKNOWN;
	case ROWS_OF_GUESTS:
		return (row & ROW_STAYS) == 0;
	case ROWS_ALL:
		break;
	}
	return true;
}

void
rows_drop(struct unwind_process *p, enum rows_dropped which)
{
	struct row_table *t = __atomic_load_n(&p->table, __ATOMIC_ACQUIRE);
	size_t n = (size_t)1 << level_bits[t - p->tables];
	uint64_t row;
	size_t i;

	for (i = 0; i < n; i++) {
		row = __atomic_load_n(&t->entry[i].row, __ATOMIC_RELAXED);
		if (row != ROW_NONE && row_goes(row, which))
			entry_store(&t->entry[i], 0, ROW_NONE);
	}
}
