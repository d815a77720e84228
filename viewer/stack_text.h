/*
 * stack_text.h - call stacks as lines of text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_VIEWER_STACK_TEXT_H
#define PW_VIEWER_STACK_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include "analysis/names.h"
#include "viewer/model.h"

/* One frame in one line, its place last: "#0  main  a.c:12". */
void	stack_text_frame(const struct names_frame *, size_t index, char *buf,
	    size_t size);
/* All frames, a line each. */
void	stack_text_print(FILE *, struct model *, uint32_t proc,
	    uint32_t stack, uint64_t time);

#endif
