/*
 * vmem_cache_impl.h - what vmem_cache.c and vmem_state.c share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_VMEM_CACHE_IMPL_H
#define PW_ALLOC_VMEM_CACHE_IMPL_H

#include "alloc/vmem_impl.h"

#define MAG_CLASSES	16u	/* sizes of 1 to 16 quanta */
#define MAG_SLOTS_LOG2	4u
#define MAG_SLOTS	(1u << MAG_SLOTS_LOG2)
#define MAG_ROUNDS	30u	/* a magazine has 256 bytes */

#define STATE_KEPT	0x80u	/* a byte of state: quanta, and this */
#define STATE_LEAF	16u	/* log2 of the bytes in a leaf */
#define STATE_NODE	16u	/* log2 of the pointers in a node */

struct magazine {
	struct magazine *next;
	size_t n;
	uintptr_t addr[MAG_ROUNDS];
};

struct mag_pair {
	struct magazine *loaded;
	struct magazine *before;
};

struct mag_slot {
	uint8_t busy;
	struct mag_pair pair[MAG_CLASSES];
} __attribute__((aligned(64)));

struct mag_depot {
	struct magazine *full;
	unsigned nfull;
};

struct vmem_cache {
	/* Constant. */
	unsigned nclasses;
	unsigned shift;

	void **root;		/* of the bytes of state; atomic */

	/* Under lock. */
	struct lock lock;
	struct magazine *empty;
	struct mag_depot depot[MAG_CLASSES];
	void *pages;		/* of magazines; each starts with the next */

	struct mag_slot slot[MAG_SLOTS];
};

/* The byte of the quantum that holds addr; find: NULL where none was made. */
uint8_t	*vmem_state_find(struct vmem_cache *, uintptr_t addr);
uint8_t	*vmem_state_make(struct vmem_cache *, uintptr_t addr);
void	vmem_state_free(struct vmem_cache *);

static inline void
vmem_state_set(uint8_t *state, uint8_t value)
{
	__atomic_store_n(state, value, __ATOMIC_RELEASE);
}

#endif
