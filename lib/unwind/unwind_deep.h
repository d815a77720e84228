/*
 * unwind_deep.h - what unwind_again.c remembers of stacks of thousands of
 * frames.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_UNWIND_DEEP_H
#define PW_UNWIND_DEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/unwind.h"

#define DEEP_WORDS	16u	/* of 8 frames */

/* A word of the stack, and what it should be. */
struct deep_word {
	uintptr_t addr;
	uintptr_t value;
};

/*
 * In place of the memo's own frames.  run says of a frame which of those
 * outwards of it are as predicted (unwind_deep.c).
 */
struct unwind_deep {
	struct deep_word word[DEEP_WORDS];
	struct unwind_frame frame[UNWIND_DEEP_MAX + 1];
	struct unwind_frame fresh[UNWIND_DEEP_MAX];
	uint32_t run[UNWIND_DEEP_MAX + 1];
};

/* Have m->deep; false: no memory. */
bool	deep_create(struct unwind_memo *m);
/* frame[from..n] are new. */
void	deep_note(struct unwind_deep *, size_t from, size_t n);
/* What steps_hold of unwind_again.c does, of deep's frames. */
const struct unwind_frame *deep_hold(struct unwind_deep *,
	    const struct unwind_frame *f);

#endif
