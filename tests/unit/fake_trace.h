/*
 * fake_trace.h - a reader and a symbolizer made of tables, for tests.
 *
 * What heap, analysis and report ask of a trace is answered from here; events
 * are made by hand.  One tick is a millisecond.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_TESTS_UNIT_FAKE_TRACE_H
#define PW_TESTS_UNIT_FAKE_TRACE_H

#include "symbol/symbol.h"
#include "trace/reader.h"

#define FAKE_READER	((struct trace_reader *)1)
#define FAKE_SYMBOLS	((struct symbolizer *)1)

extern struct trace_info fake_info;

/* Forget everything; check mode, no processes. */
void	fake_reset(void);
/* The next process; parent ~0u: a new image.  Returns its index. */
uint32_t fake_process(uint32_t pid, uint32_t parent, const char *exe);
struct trace_process *fake_process_at(uint32_t index);
/* A function at return address ip: what stands at ip - 1. */
void	fake_function(uint64_t ip, const char *symbol, const char *function,
	    const char *file, unsigned line);
/* A frame inlined into the one at ip. */
void	fake_inlined(uint64_t ip, const char *function, const char *file,
	    unsigned line);
/* Innermost first, ended by 0.  Returns the stack's id. */
uint32_t fake_stack(const uint64_t *ips);

#endif
