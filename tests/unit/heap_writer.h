/*
 * heap_writer.h - a program that writes a heap file and may die at any moment.
 *
 * Its journal is in memory that outlives it.  What the program has been given
 * and has filled is STABLE there; before it asks for a change it says which.
 * So whoever finds the file can tell what must be in it, what may be, and what
 * may not.  Each block describes itself: it begins with its id, and its bytes
 * follow from that.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_TESTS_HEAP_WRITER_H
#define PW_TESTS_HEAP_WRITER_H

#include <stddef.h>
#include <stdint.h>

#define WRITER_NRECS	48
#define WRITER_NTHREADS	2

enum writer_state { WRITER_NONE, WRITER_STABLE, WRITER_FREEING, WRITER_RESIZING };

struct writer_rec {
	char *addr;
	size_t size;
	size_t to;		/* RESIZING: the size that was asked for */
	uint64_t id;
	int state;
};

struct writer_journal {
	struct writer_rec rec[WRITER_NRECS];
	uint64_t nops;
	uint64_t next_id;	/* multiples of WRITER_NTHREADS apart */
	uint64_t rng;
	size_t large;		/* sizes are at most this */
	int key;		/* this one's key */
	void *key_old;
	void *key_new;
};

void	writer_start(struct writer_journal *, uint64_t seed, unsigned thread,
	    size_t large);
uint64_t writer_random(uint64_t *rng);

/* One random call on the region. */
void	writer_op(void *md, struct writer_journal *);

/*
 * Is the file what the journals say?  The file is looked at as it is, then
 * attached, checked and detached, then looked at again.  NULL or what is wrong.
 */
const char *writer_verify(int fd, const struct writer_journal *, unsigned n);

/* After a verify: no record is in flight, and every block has one. */
void	writer_settle(int fd, struct writer_journal *, unsigned n);

#endif
