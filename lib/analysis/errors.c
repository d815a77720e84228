/*
 * errors.c - see errors.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "analysis/errors.h"

#include <string.h>

#include "base/compiler.h"

static const struct errors_operator {
	const char *prefix;
	uint32_t call;
} operators[] = {
	{ "_Znw", TRACE_CALL_NEW },
	{ "_Zna", TRACE_CALL_NEW_ARRAY },
	{ "_Zdl", TRACE_CALL_DELETE },
	{ "_Zda", TRACE_CALL_DELETE_ARRAY },
};

/* call, or the operator in whose name it was made. */
static uint32_t
errors_call(uint32_t call, const char *caller)
{
	if (caller == NULL)
		return call;
	for (size_t i = 0; i < PW_ARRAY_LEN(operators); i++)
		if (strncmp(caller, operators[i].prefix, 4) == 0)
			return operators[i].call;
	return call;
}

struct errors_verdict
errors_judge(struct names *n, const struct heap_error *e)
{
	const struct trace_error *te = &e->error;
	uint64_t born = te->alloc_time ? te->alloc_time : e->time;
	const char *by_alloc = names_caller(n, e->proc, te->alloc_stack, born);
	const char *by_free;
	struct errors_verdict v = { true, errors_call(te->allocated_by,
	    by_alloc), te->freed_by };

	if (te->kind != TRACE_ERROR_MISMATCHED_FREE)
		return v;
	v.freed_by = te->call;
	/* Of one class, and yet refused: the size or alignment was wrong. */
	if (trace_call_class(te->allocated_by) == trace_call_class(te->call))
		return v;
	by_free = names_caller(n, e->proc, te->stack, e->time);
	v.freed_by = errors_call(te->call, by_free);
	v.stands = by_alloc != NULL && by_free != NULL &&
	    trace_call_class(v.allocated_by) != trace_call_class(v.freed_by);
	return v;
}
