/*
 * top.h - sites in an order, and which of them to show.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ANALYSIS_TOP_H
#define PW_ANALYSIS_TOP_H

#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"

/* word of --by, member of struct heap_site */
#define TOP_KEYS(_)							\
	_(LIVE,		"live",		live_bytes)			\
	_(BLOCKS,	"blocks",	live_blocks)			\
	_(BYTES,	"bytes",	bytes_allocated)		\
	_(ALLOCATIONS,	"allocations",	allocations)			\
	_(PEAK,		"peak",		peak_bytes)			\
	_(TEMPORARY,	"temporary",	temporary)			\
	_(UNUSED,	"unused",	never_written)

#define TOP_AS_ENUM(name, word, member)	TOP_BY_##name,
enum top_key { TOP_KEYS(TOP_AS_ENUM) TOP_NKEYS };
#undef TOP_AS_ENUM

/* "live|blocks|...", as args_choice wants it. */
extern const char *const top_words;

uint64_t top_value(const struct heap_site *, enum top_key);

/*
 * Indexes of all sites, the greatest first; equal ones by first appearance.
 * The caller frees the array.  NULL without memory or without sites.
 */
size_t	*top_sites(const struct heap *, enum top_key, size_t *n);

#endif
