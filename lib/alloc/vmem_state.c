/*
 * vmem_state.c - a byte for each quantum of an arena with magazines.
 *
 * The number of a quantum has up to 64 bits; the low 16 choose the byte in a
 * leaf, the others the way through three levels of nodes.  Nodes and leaves are
 * made when a segment is first noted there and stay until the arena goes, so
 * readers need no lock.  They are fresh pages of the system, and of each only
 * those are there that were touched.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/vmem_cache_impl.h"

#include "base/os.h"

#define LEVELS		3
#define NODE_SIZE	(sizeof(void *) << STATE_NODE)
#define LEAF_SIZE	((size_t)1 << STATE_LEAF)

/* Where level n (0: the root) has its pointer. */
static void **
node_at(void **node, uint64_t quantum, unsigned n)
{
	unsigned down = STATE_LEAF + STATE_NODE * (LEVELS - 1 - n);

	return &node[quantum >> down & (((uint64_t)1 << STATE_NODE) - 1)];
}

uint8_t *
vmem_state_find(struct vmem_cache *c, uintptr_t addr)
{
	uint64_t quantum = (uint64_t)addr >> c->shift;
	void **node = __atomic_load_n(&c->root, __ATOMIC_ACQUIRE);

	for (unsigned n = 0; n < LEVELS && node != NULL; n++)
		node = __atomic_load_n(node_at(node, quantum, n),
		    __ATOMIC_ACQUIRE);
	return node == NULL ? NULL :
	    (uint8_t *)node + (quantum & (LEAF_SIZE - 1));
}

/* What *at leads to, made if need be; of two that make it one gives way. */
static void *
node_make(void **at, size_t size)
{
	void *node = __atomic_load_n(at, __ATOMIC_ACQUIRE), *was = NULL;

	if (node != NULL)
		return node;
	node = os_map(size);
	if (node == NULL || __atomic_compare_exchange_n(at, &was, node, false,
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return node;
	os_unmap(node, size);
	return was;
}

uint8_t *
vmem_state_make(struct vmem_cache *c, uintptr_t addr)
{
	uint64_t quantum = (uint64_t)addr >> c->shift;
	void **node = node_make((void **)&c->root, NODE_SIZE);

	for (unsigned n = 0; n < LEVELS && node != NULL; n++)
		node = node_make(node_at(node, quantum, n),
		    n + 1 < LEVELS ? NODE_SIZE : LEAF_SIZE);
	return node == NULL ? NULL :
	    (uint8_t *)node + (quantum & (LEAF_SIZE - 1));
}

static void
leaves_free(void **node)
{
	for (size_t i = 0; i < (size_t)1 << STATE_NODE; i++)
		if (node[i] != NULL)
			os_unmap(node[i], LEAF_SIZE);
	os_unmap(node, NODE_SIZE);
}

void
vmem_state_free(struct vmem_cache *c)
{
	size_t n = (size_t)1 << STATE_NODE;

	if (c->root == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		void **node = c->root[i];

		if (node == NULL)
			continue;
		for (size_t k = 0; k < n; k++)
			if (node[k] != NULL)
				leaves_free(node[k]);
		os_unmap(node, NODE_SIZE);
	}
	os_unmap(c->root, NODE_SIZE);
}
