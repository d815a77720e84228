/*
 * check.c - read a whole trace and look up all that its records name.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "trace/session.h"

static void PW_PRINTF(2, 3)
check_problem(struct trace_check_result *c, const char *fmt, ...)
{
	va_list ap;

	if (c->nproblems == PW_ARRAY_LEN(c->problems))
		return;
	va_start(ap, fmt);
	vsnprintf(c->problems[c->nproblems++], sizeof c->problems[0], fmt, ap);
	va_end(ap);
}

static bool
check_mark_known(uint64_t ip)
{
	unsigned kind = ip >> 48 & 0x7fff;

	return !(ip & SESSION_NODE_MARK) ||
	    (kind >= SESSION_MARK_CUT && kind <= SESSION_MARK_END);
}

/* Only the leaf: a parent is verified when its node is read. */
static void
check_stack(const struct trace_reader *r, struct trace_check_result *c,
    const struct trace_event *ev, uint32_t stack)
{
	uint32_t parent;
	uint64_t ip;

	if (stack == 0)
		return;
	ip = trace_node(r, stack, &parent);
	if (ip == 0) {
		if (c->bad_stacks++ == 0)
			check_problem(c, "stack %u of a record of thread %u "
			    "is not there", stack, ev->tid);
	} else if (parent != 0 && trace_node(r, parent, &parent) == 0) {
		if (c->bad_stacks++ == 0)
			check_problem(c, "the caller of stack %u is not "
			    "there", stack);
	} else if (!check_mark_known(ip)) {
		c->bad_marks++;
	}
}

static void
check_event(const struct trace_reader *r, struct trace_check_result *c,
    const struct trace_event *ev)
{
	const struct trace_process *p = trace_process(r, ev->proc);

	if (p == NULL || p->pid == 0)
		c->nameless++;
	check_stack(r, c, ev, ev->stack);
	if (ev->kind == TRACE_ERROR) {
		check_stack(r, c, ev, ev->error->alloc_stack);
		check_stack(r, c, ev, ev->error->free_stack);
	}
}

static void
check_processes(const struct trace_reader *r, struct trace_check_result *c)
{
	for (unsigned i = 0; i < trace_nprocesses(r); i++) {
		const struct trace_process *p = trace_process(r, i);

		if (p->pid == 0)
			continue;
		c->processes++;
		if (p->parent != ~0u && trace_process(r, p->parent)->pid == 0)
			c->bad_parents++;
	}
}

static void
check_sum_up(struct trace_reader *r, struct trace_check_result *c)
{
	const struct trace_info *info = trace_info(r);

	for (unsigned i = 0; i < info->nmissing; i++)
		check_problem(c, "%s", info->missing[i]);
	if (c->nameless != 0)
		check_problem(c, "%llu records are of processes unknown",
		    (unsigned long long)c->nameless);
	c->counts = *trace_counts(r);
	c->file_size = info->file_size;
	c->lost_known = info->lost_known;
	c->lost = info->lost;
	c->sound = c->counts.damaged == 0 && c->bad_stacks == 0 &&
	    c->bad_marks == 0 && c->bad_parents == 0 && c->nameless == 0;
	c->complete = info->complete;
	if (c->counts.records != 0) {
		c->bytes_per_event = (double)c->counts.slice_bytes /
		    (double)c->counts.records;
		c->stored_per_event = (double)c->counts.event_bytes /
		    (double)c->counts.records;
		c->stacks_per_event = (double)c->counts.node_bytes /
		    (double)c->counts.records;
	}
}

int
trace_check(const char *path, struct trace_check_result *c)
{
	struct trace_reader *r;
	struct trace_event ev;
	int n;

	memset(c, 0, sizeof *c);
	r = trace_open(path, TRACE_EVERY_BLOCK, &c->status);
	if (r == NULL)
		return -1;
	while ((n = trace_next(r, &ev, &c->status)) > 0)
		check_event(r, c, &ev);
	check_processes(r, c);
	check_sum_up(r, c);
	trace_close(r);
	if (n < 0)
		return -1;
	return c->sound && c->complete ? 0 : 1;
}
