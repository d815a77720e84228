/*
 * fake_trace.c - see fake_trace.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "fake_trace.h"

#include <assert.h>
#include <string.h>

#include "trace/session.h"

#define MAX	64

struct trace_info fake_info;

static struct trace_process procs[MAX];
static unsigned nprocs;
static struct { uint64_t ip; uint32_t parent; } nodes[MAX];
static uint32_t nnodes;
static struct { uint64_t ip; struct symbol_frame frames[2]; size_t n; }
    functions[MAX];
static size_t nfunctions;
static const struct trace_module module = { .start = 0x1000, .end = 0x100000,
	.bias = 0x1000, .path = "/opt/lib/libfoo.so.1" };

void
fake_reset(void)
{
	memset(&fake_info, 0, sizeof fake_info);
	fake_info.mode = SESSION_CHECK;
	fake_info.ticks_per_second = 1000;
	fake_info.complete = fake_info.closed = fake_info.lost_known = true;
	fake_info.root_pid = 4711;
	memset(procs, 0, sizeof procs);
	nprocs = 0;
	nnodes = 1;
	nfunctions = 0;
}

uint32_t
fake_process(uint32_t pid, uint32_t parent, const char *exe)
{
	assert(nprocs < MAX);
	procs[nprocs] = (struct trace_process){ .index = nprocs, .pid = pid,
		.ppid = 1, .parent = parent, .judged = true, .recorded = true,
		.exe = exe, .end = ~0ull, .ended = TRACE_RUNNING };
	return nprocs++;
}

struct trace_process *
fake_process_at(uint32_t index)
{
	return &procs[index];
}

static struct symbol_frame *
fake_frame(uint64_t ip, size_t at)
{
	for (size_t i = 0; i < nfunctions; i++)
		if (functions[i].ip == ip - 1)
			return &functions[i].frames[at];
	assert(nfunctions < MAX);
	memset(&functions[nfunctions], 0, sizeof functions[0]);
	functions[nfunctions].ip = ip - 1;
	functions[nfunctions].n = 1;
	return &functions[nfunctions++].frames[at];
}

void
fake_function(uint64_t ip, const char *symbol, const char *function,
    const char *file, unsigned line)
{
	*fake_frame(ip, 0) = (struct symbol_frame){ .ip = ip - 1,
		.function = function, .symbol = symbol, .file = file,
		.line = line, .module = module.path,
		.module_offset = ip - 1 - module.bias };
}

void
fake_inlined(uint64_t ip, const char *function, const char *file,
    unsigned line)
{
	struct symbol_frame *inner = fake_frame(ip, 0);
	struct symbol_frame *outer = fake_frame(ip, 1);

	*outer = *inner;
	inner->function = inner->symbol = function;
	inner->file = file;
	inner->line = line;
	inner->inlined = true;
	functions[nfunctions - 1].n = 2;
}

uint32_t
fake_stack(const uint64_t *ips)
{
	uint32_t parent = 0;
	size_t n = 0;

	while (ips[n] != 0)
		n++;
	while (n-- > 0) {
		assert(nnodes < MAX);
		nodes[nnodes].ip = ips[n];
		nodes[nnodes].parent = parent;
		parent = nnodes++;
	}
	return parent;
}

const struct trace_info *
trace_info(struct trace_reader *r)
{
	(void)r;
	return &fake_info;
}

unsigned
trace_nprocesses(const struct trace_reader *r)
{
	(void)r;
	return nprocs;
}

const struct trace_process *
trace_process(const struct trace_reader *r, unsigned index)
{
	(void)r;
	return index < nprocs ? &procs[index] : NULL;
}

const struct trace_module *
trace_module_find(const struct trace_reader *r, unsigned proc, uint64_t addr,
    uint64_t time)
{
	(void)r;
	(void)proc;
	(void)time;
	return addr >= module.start && addr < module.end ? &module : NULL;
}

uint64_t
trace_node(const struct trace_reader *r, uint32_t stack, uint32_t *parent)
{
	(void)r;
	if (stack == 0 || stack >= nnodes)
		return 0;
	*parent = nodes[stack].parent;
	return nodes[stack].ip;
}

size_t
symbolizer_frames(struct symbolizer *s, const struct symbol_module *m,
    uint64_t ip, const struct symbol_frame **frames)
{
	static struct symbol_frame unknown;

	(void)s;
	for (size_t i = 0; i < nfunctions; i++) {
		if (functions[i].ip != ip)
			continue;
		*frames = functions[i].frames;
		return functions[i].n;
	}
	unknown = (struct symbol_frame){ .ip = ip };
	if (m != NULL) {
		unknown.module = m->path;
		unknown.module_offset = ip - m->bias;
		unknown.build_id = "3f9c1e02aabbccdd";
	}
	*frames = &unknown;
	return 1;
}

unsigned
trace_nsheds(const struct trace_reader *r)
{
	(void)r;
	return 0;
}

const struct trace_shed *
trace_shed(const struct trace_reader *r, unsigned i)
{
	(void)r;
	(void)i;
	return NULL;
}

/* A table can't be read a second time. */
struct trace_reader *
trace_open(const char *path, unsigned flags, struct trace_status *status)
{
	(void)path;
	(void)flags;
	(void)status;
	return NULL;
}

void
trace_close(struct trace_reader *r)
{
	(void)r;
}

bool
trace_seek(struct trace_reader *r, uint64_t time)
{
	(void)r;
	(void)time;
	return false;
}

int
trace_next(struct trace_reader *r, struct trace_event *event,
    struct trace_status *status)
{
	(void)r;
	(void)event;
	(void)status;
	return 0;
}
