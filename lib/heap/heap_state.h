/*
 * heap_state.h - one number or string of a heap's state, written or read.
 *
 * Each function goes both ways; see heap_state.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_HEAP_HEAP_STATE_H
#define PW_HEAP_HEAP_STATE_H

#include "heap/heap_impl.h"
#include "trace/bytes.h"

struct state {
	struct heap *heap;
	struct bytes *out;	/* NULL: it is read */
	struct bytes_in in;
	uint64_t before;	/* what an address or a time counts from */
};

void	state_u(struct state *, uint64_t *);
void	state_u32(struct state *, uint32_t *);
bool	state_bool(struct state *, bool);
/* size bytes of numbers, or of a struct of such. */
void	state_words(struct state *, void *, size_t size);
/* As the difference to the one before. */
void	state_near(struct state *, uint64_t *);
/* What is read is below limit, or all is bad. */
uint32_t state_index(struct state *, uint32_t, uint64_t limit);
/* NULL for none; what is read is the caller's. */
char	*state_text(struct state *, char *);
/* How many there are, or will be. */
size_t	state_count(struct state *, size_t);
/* Room for an element that is read; false: all is bad. */
bool	state_room(struct state *, void **array, size_t n, size_t *size,
	    size_t each);

/* heap_state_blocks.c: processes first, sites name them, blocks name sites. */
void	state_procs(struct state *);
void	state_sites(struct state *, struct heap_sites *);
void	state_holdings(struct state *);
void	state_range(struct state *, struct range *);

#endif
