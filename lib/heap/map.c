/*
 * map.c - see map.h.  At most half full, so a probe is short.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "heap/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

static struct map_slot *
map_slot(const struct map *m, uint64_t key)
{
	size_t mask = m->size - 1;
	size_t i = bits_mix64(key) & mask;

	while (m->slots[i].value != MAP_NONE && m->slots[i].key != key)
		i = (i + 1) & mask;
	return &m->slots[i];
}

uint32_t
map_get(const struct map *m, uint64_t key)
{
	return m->size == 0 ? MAP_NONE : map_slot(m, key)->value;
}

static int
map_grow(struct map *m)
{
	struct map bigger = { .size = m->size ? 2 * m->size : 64 };

	bigger.slots = malloc(bigger.size * sizeof *bigger.slots);
	if (bigger.slots == NULL)
		return -1;
	for (size_t i = 0; i < bigger.size; i++)
		bigger.slots[i].value = MAP_NONE;
	for (size_t i = 0; i < m->size; i++)
		if (m->slots[i].value != MAP_NONE)
			*map_slot(&bigger, m->slots[i].key) = m->slots[i];
	bigger.used = m->used;
	free(m->slots);
	*m = bigger;
	return 0;
}

int
map_add(struct map *m, uint64_t key, uint32_t value)
{
	struct map_slot *slot;

	if (2 * (m->used + 1) > m->size && map_grow(m) != 0)
		return -1;
	slot = map_slot(m, key);
	slot->key = key;
	slot->value = value;
	m->used++;
	return 0;
}

void
map_free(struct map *m)
{
	free(m->slots);
	memset(m, 0, sizeof *m);
}
