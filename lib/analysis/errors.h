/*
 * errors.h - which findings stand.
 *
 * A library with its own operator new, static or bound to itself, calls malloc
 * on its behalf: the inside sees malloc, and delete looks mismatched.  Who
 * called is the judge: an allocating or freeing call made by a function named
 * _Znw*, _Zna*, _Zdl* or _Zda* has that function's class.  When the caller
 * has no name (its object has no symbols) nobody can know, and a finding of
 * a mismatch is dropped.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ANALYSIS_ERRORS_H
#define PW_ANALYSIS_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/names.h"
#include "heap/heap.h"

struct errors_verdict {
	bool stands;
	uint32_t allocated_by;	/* enum trace_call; TRACE_NCALLS: unknown */
	uint32_t freed_by;
};

struct errors_verdict errors_judge(struct names *, const struct heap_error *);

#endif
