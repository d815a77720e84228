/*
 * unwind_frames.c - .eh_frame of objects that do not say where it is.
 *
 * An object linked without --eh-frame-hdr has no program header that leads to
 * its unwind information, and section headers are not loaded.  The bytes are
 * there nevertheless: in a segment that is not written, as a chain of entries,
 * each with its length in front, of which the first is a CIE, each FDE counts
 * back to a CIE of the chain, and a length of 0 ends it.  Nothing else looks
 * like that from its beginning to its end, so it is searched, once, when the
 * object is met.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

#include <link.h>

#include "base/bits.h"

#define ENTRY_LEAST	12u	/* bytes of a CIE: length, id, version, ... */

static uint32_t
word_of(uintptr_t at)
{
	return *(const uint32_t *)at;
}

/* The chain that begins with a CIE at start goes on to its end before hi. */
static bool
chain_is_sound(uintptr_t start, uintptr_t hi)
{
	uintptr_t at = start;
	uint32_t size, id;
	bool any = false;

	for (; hi - at >= sizeof size; at += sizeof size + size) {
		size = word_of(at);
		if (size == 0)
			return any;
		if (size % 4 != 0 || size < 4 || size > hi - at - sizeof size)
			return false;
		id = word_of(at + 4);
		if (id == 0)
			continue;
		if (id % 4 != 0 || id > at + 4 - start ||
		    word_of(at + 4 - id + 4) != 0)
			return false;
		any = true;
	}
	return any;
}

/* Length, id 0, version 1 or 3, and "z..." or nothing for augmentation. */
static bool
looks_like_cie(uintptr_t at)
{
	const unsigned char *p = (const unsigned char *)at;
	uint32_t size = word_of(at);

	return size >= ENTRY_LEAST - 4 && size < 4096 && word_of(at + 4) == 0 &&
	    (p[8] == 1 || p[8] == 3) && (p[9] == 'z' || p[9] == 0);
}

static uintptr_t
segment_search(uintptr_t lo, uintptr_t hi)
{
	uintptr_t at;

	for (at = bits_align_up(lo, 4); at < hi && hi - at >= ENTRY_LEAST;
	    at += 4)
		if (looks_like_cie(at) && chain_is_sound(at, hi))
			return at;
	return 0;
}

const unsigned char *
frames_find(const struct object_news *news)
{
	const ElfW(Phdr) *ph = news->phdr;
	uintptr_t lo, found = 0;
	size_t i;

	for (i = 0; i < news->nphdr && found == 0; i++) {
		lo = news->bias + ph[i].p_vaddr;
		if (ph[i].p_type != PT_LOAD || !(ph[i].p_flags & PF_R) ||
		    (ph[i].p_flags & PF_W) || lo < news->start ||
		    lo > news->end || ph[i].p_filesz > news->end - lo)
			continue;
		found = segment_search(lo, lo + ph[i].p_filesz);
	}
	return (const unsigned char *)found;
}
