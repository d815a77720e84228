/*
 * explain_impl.h - how answers are made; shared by the files of explain.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_REPORT_EXPLAIN_IMPL_H
#define PW_REPORT_EXPLAIN_IMPL_H

#include "base/compiler.h"
#include "report/explain.h"

#define EXPLAIN_MEMBER	4096u	/* a member so far into a struct, at most */

/* How sure an answer is. */
enum explain_weight {
	WEIGHT_FILL = 100, WEIGHT_IN_BLOCK = 95, WEIGHT_CODE = 94,
	WEIGHT_FILL_MEMBER = 90, WEIGHT_NEAR = 85, WEIGHT_MAPPING = 80,
	WEIGHT_MARK = 75, WEIGHT_TURNED = 72, WEIGHT_NULL = 70,
	WEIGHT_TEXT = 60, WEIGHT_HALF = 58, WEIGHT_FILL_ALONE = 55,
	WEIGHT_STACK = 50, WEIGHT_NUMBER = 40, WEIGHT_ROUND = 35,
	WEIGHT_SHORT_TEXT = 30, WEIGHT_DOUBLE = 20,
};

/* One more answer; what is too much goes where nobody looks. */
struct explain_answer *explain_add(struct explain *, int weight,
	    const char *what, const char *fmt, ...) PW_PRINTF(4, 5);

/* explain_looks.c: what is mapped there; what it is by itself. */
void	explain_ask_processes(struct explain *);
void	explain_ask_looks(struct explain *);

#endif
