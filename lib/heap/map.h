/*
 * map.h - 64-bit keys to small numbers, by open addressing.
 *
 * For what only grows: sites, threads, findings.  A value is never ~0u, which
 * stands for "not there".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_HEAP_MAP_H
#define PW_HEAP_MAP_H

#include <stddef.h>
#include <stdint.h>

#define MAP_NONE	(~0u)

struct map_slot {
	uint64_t key;
	uint32_t value;
};

/* Zeroed memory is an empty map. */
struct map {
	struct map_slot *slots;
	size_t size;		/* a power of two, or 0 */
	size_t used;
};

uint32_t map_get(const struct map *, uint64_t key);
/* key is not there yet.  0, or -1 without memory. */
int	map_add(struct map *, uint64_t key, uint32_t value);
void	map_free(struct map *);

#endif
