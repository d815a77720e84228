/*
 * reader_table.c - what records refer to: stack nodes, processes, modules.
 *
 * Modules of a process stand by start; reach[i] is the greatest end of the
 * modules up to i, so a search for an address goes left from the last module
 * that starts at or before it only while one can still hold it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/reader_impl.h"

#include <stdlib.h>
#include <string.h>

#include "trace/writer.h"

#define ARENA_PART	65536u

void *
reader_take(struct trace_reader *r, size_t size)
{
	struct arena_part *part = r->arena;
	size_t room = size > ARENA_PART ? size : ARENA_PART;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (part == NULL || part->room - part->used < size) {
		if (size > room)
			room = size;
		if (r->arena_size + room > READER_ARENA_MAX ||
		    (part = malloc(sizeof *part + room)) == NULL) {
			r->no_memory = true;
			return NULL;
		}
		r->arena_size += room;
		part->next = r->arena;
		part->room = room;
		part->used = 0;
		r->arena = part;
	}
	p = part->data + part->used;
	part->used += size;
	return p;
}

char *
reader_string(struct trace_reader *r, const void *s, size_t size)
{
	char *p = reader_take(r, size + 1);

	if (p == NULL)
		return NULL;
	memcpy(p, s, size);
	p[size] = '\0';
	return p;
}

static int
nodes_grow(struct trace_reader *r, uint32_t n)
{
	uint32_t room = r->nnodes ? r->nnodes : 4096;
	uint64_t *ips;
	uint32_t *parents;

	while (room < n)
		room *= 2;
	ips = realloc(r->ips, room * sizeof *ips);
	if (ips != NULL)
		r->ips = ips;
	parents = realloc(r->parents, room * sizeof *parents);
	if (parents != NULL)
		r->parents = parents;
	if (ips == NULL || parents == NULL) {
		r->no_memory = true;
		return -1;
	}
	memset(ips + r->nnodes, 0, (room - r->nnodes) * sizeof *ips);
	memset(parents + r->nnodes, 0, (room - r->nnodes) * sizeof *parents);
	r->nnodes = room;
	return 0;
}

/* -1: it can't be (or there is no memory). */
int
reader_node(struct trace_reader *r, uint32_t id, uint32_t parent, uint64_t ip)
{
	if (id == 0 || id >= SESSION_NODES_MAX || parent >= id || ip == 0)
		return -1;
	if (id >= r->nnodes && nodes_grow(r, id + 1) != 0)
		return -1;
	if (r->ips[id] != 0)
		return 0;
	r->ips[id] = ip;
	r->parents[id] = parent;
	r->counts.nodes++;
	return 0;
}

int
reader_nodes(struct trace_reader *r, const unsigned char *p,
    const unsigned char *end)
{
	uint64_t id, n, up, d, ip = 0;

	while (p < end) {
		if ((p = varint_get(p, end, &id)) == NULL ||
		    (p = varint_get(p, end, &n)) == NULL ||
		    id >= SESSION_NODES_MAX || n > SESSION_NODES_MAX)
			return -1;
		for (; n > 0; n--, id++) {
			if ((p = varint_get(p, end, &up)) == NULL ||
			    (p = varint_get(p, end, &d)) == NULL || up > id)
				return -1;
			ip += (uint64_t)zigzag_back(d);
			if (reader_node(r, (uint32_t)id, (uint32_t)(id - up),
			    ip) != 0)
				return -1;
		}
	}
	return 0;
}

uint64_t
trace_node(const struct trace_reader *r, uint32_t stack, uint32_t *parent)
{
	if (stack >= r->nnodes || r->ips[stack] == 0)
		return 0;
	*parent = r->parents[stack];
	return r->ips[stack];
}

size_t
trace_stack(const struct trace_reader *r, uint32_t stack, uint64_t *ips,
    size_t max)
{
	size_t n = 0;
	uint64_t ip;

	while ((ip = trace_node(r, stack, &stack)) != 0) {
		if (n < max)
			ips[n] = ip;
		n++;
	}
	return n;
}

static int
procs_grow(struct trace_reader *r, uint32_t n)
{
	struct proc **procs = realloc(r->procs, n * sizeof *procs);

	if (procs == NULL) {
		r->no_memory = true;
		return -1;
	}
	r->procs = procs;
	for (; r->nprocs < n; r->nprocs++) {
		struct proc *p = calloc(1, sizeof *p);

		if (p == NULL) {
			r->no_memory = true;
			return -1;
		}
		p->pub.index = r->nprocs;
		p->pub.parent = ~0u;
		p->pub.exe = "";
		p->pub.judged = true;
		p->pub.argv = calloc(1, sizeof *p->pub.argv);
		p->pub.start = ~0ull;
		procs[r->nprocs] = p;
		if (p->pub.argv == NULL) {
			r->no_memory = true;
			r->nprocs++;
			return -1;
		}
	}
	return 0;
}

/* NULL: no such slot can be (or no memory). */
struct proc *
reader_proc(struct trace_reader *r, uint32_t slot)
{
	if (slot >= SESSION_PROCS_MAX ||
	    (slot >= r->nprocs && procs_grow(r, slot + 1) != 0))
		return NULL;
	return r->procs[slot];
}

static void
proc_set_ended(struct proc *p, unsigned ended, int status, uint64_t end)
{
	p->pub.ended = ended;
	p->pub.status = status;
	p->pub.end = end;
	p->ended = ended != TRACE_RUNNING;
}

/* What a slot says gives way to what the process itself said. */
void
reader_proc_state(struct trace_reader *r, const struct format_proc *in)
{
	struct proc *p;

	if (in->state == SESSION_PROC_NONE ||
	    (p = reader_proc(r, in->slot)) == NULL)
		return;
	p->pub.lost = in->lost;
	if (in->start < p->pub.start)
		p->pub.start = in->start;
	if (!p->told) {
		p->pub.pid = in->pid;
		p->pub.ppid = in->ppid;
		p->pub.parent = in->parent < in->slot ? in->parent : ~0u;
		p->pub.judged = in->judged != 0;
	}
	if (p->ended && p->pub.ended != TRACE_GONE)
		return;
	if (in->state == SESSION_PROC_EXITED)
		proc_set_ended(p, TRACE_EXITED, in->status, in->end);
	else if (in->state == SESSION_PROC_EXECED)
		proc_set_ended(p, TRACE_EXECED, 0, in->end);
	else if (in->state == SESSION_PROC_GONE && p->crash_signal != 0)
		proc_set_ended(p, TRACE_KILLED, (int)p->crash_signal, in->end);
	else if (in->state == SESSION_PROC_GONE)
		proc_set_ended(p, TRACE_GONE, 0, in->end);
}

/* PROGRAM's own end is exact: the front waited for it.  Its last image. */
static void
procs_root(struct trace_reader *r)
{
	struct proc *p = NULL;
	int status = r->info.root_status;

	for (uint32_t i = 0; i < r->nprocs; i++)
		if (r->procs[i]->pub.pid == r->info.root_pid &&
		    r->procs[i]->pub.ended != TRACE_EXECED)
			p = r->procs[i];
	if (p == NULL || !r->info.root_done)
		return;
	if ((status & 0x7f) != 0)
		proc_set_ended(p, TRACE_KILLED, status & 0x7f, p->pub.end);
	else
		proc_set_ended(p, TRACE_EXITED, status >> 8 & 0xff, p->pub.end);
}

int
reader_procs(struct trace_reader *r, const unsigned char *p,
    const unsigned char *end)
{
	struct format_totals totals;
	struct format_proc one;

	if ((size_t)(end - p) < sizeof totals)
		return -1;
	memcpy(&totals, p, sizeof totals);
	r->info.lost = totals.lost;
	r->info.root_pid = totals.root_pid;
	r->info.root_done = totals.root_done != 0;
	r->info.root_status = totals.root_status;
	for (p += sizeof totals; (size_t)(end - p) >= sizeof one;
	    p += sizeof one) {
		memcpy(&one, p, sizeof one);
		reader_proc_state(r, &one);
	}
	procs_root(r);
	return p == end ? 0 : -1;
}

/* NUL-separated words to a vector that ends in NULL. */
static const char *const *
proc_argv(struct trace_reader *r, const struct reader_string *s)
{
	char *args = reader_string(r, s->p, s->size);
	const char **argv;
	size_t n = 0;

	for (size_t i = 0; i < s->size; i++)
		n += s->p[i] == '\0';
	argv = reader_take(r, (n + 2) * sizeof *argv);
	if (args == NULL || argv == NULL)
		return NULL;
	n = 0;
	for (char *p = args; p < args + s->size; p += strlen(p) + 1)
		argv[n++] = p;
	argv[n] = NULL;
	return argv;
}

void
reader_proc_told(struct trace_reader *r, struct proc *p,
    const struct record *rec)
{
	const char *const *argv = proc_argv(r, &rec->str[1]);
	const char *exe = reader_string(r, rec->str[0].p, rec->str[0].size);

	p->pub.pid = (uint32_t)rec->num[0];
	p->pub.ppid = (uint32_t)rec->num[1];
	p->pub.parent = rec->num[2] != 0 && rec->num[2] - 1 < p->pub.index ?
	    (uint32_t)(rec->num[2] - 1) : ~0u;
	p->pub.judged = rec->num[3] != 0;
	if (exe != NULL)
		p->pub.exe = exe;
	if (argv != NULL) {
		if (!p->told)
			free((void *)p->pub.argv);
		p->pub.argv = argv;
		p->told = true;
	}
	if (rec->time < p->pub.start)
		p->pub.start = rec->time;
}

void
reader_proc_exit(struct proc *p, const struct record *rec, uint64_t time)
{
	int status = (int)zigzag_back(rec->num[1]);

	if (rec->num[0] == WRITER_SIGNAL)
		proc_set_ended(p, TRACE_KILLED, status, time);
	else if (rec->num[0] == WRITER_EXEC)
		proc_set_ended(p, TRACE_EXECED, 0, time);
	else
		proc_set_ended(p, TRACE_EXITED, status, time);
}

/* Index of the first module that starts behind addr. */
static uint32_t
modules_after(const struct proc *p, uint64_t addr)
{
	uint32_t lo = 0, hi = p->nmodules;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (p->modules[mid]->start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int
modules_insert(struct trace_reader *r, struct proc *p, struct trace_module *m)
{
	uint32_t at = modules_after(p, m->start);
	uint64_t reach = at ? p->reach[at - 1] : 0;

	if (p->nmodules % 64 == 0) {
		size_t n = p->nmodules + 64;
		void *modules = realloc(p->modules, n * sizeof *p->modules);
		void *reaches = realloc(p->reach, n * sizeof *p->reach);

		if (modules != NULL)
			p->modules = modules;
		if (reaches != NULL)
			p->reach = reaches;
		if (modules == NULL || reaches == NULL) {
			r->no_memory = true;
			return -1;
		}
	}
	memmove(p->modules + at + 1, p->modules + at,
	    (p->nmodules - at) * sizeof *p->modules);
	p->modules[at] = m;
	p->nmodules++;
	for (uint32_t i = at; i < p->nmodules; i++) {
		if (p->modules[i]->end > reach)
			reach = p->modules[i]->end;
		p->reach[i] = reach;
	}
	return 0;
}

const struct trace_module *
reader_unload(struct trace_reader *r, struct proc *p, uint64_t start,
    uint64_t time)
{
	(void)r;
	for (uint32_t i = modules_after(p, start); i-- > 0 &&
	    p->modules[i]->start == start;) {
		if (p->modules[i]->unloaded != ~0ull)
			continue;
		p->modules[i]->unloaded = time;
		return p->modules[i];
	}
	return NULL;
}

const struct trace_module *
reader_module(struct trace_reader *r, struct proc *p,
    const struct record *rec, uint64_t time)
{
	struct trace_module *m;

	if (p->nmodules >= READER_MODULES_MAX ||
	    rec->num[0] + rec->num[1] < rec->num[0] ||
	    (m = reader_take(r, sizeof *m)) == NULL)
		return NULL;
	reader_unload(r, p, rec->num[0], time);
	*m = (struct trace_module){
		.proc = p->pub.index,
		.start = rec->num[0],
		.end = rec->num[0] + rec->num[1],
		.bias = (uint64_t)zigzag_back(rec->num[2]),
		.loaded = time,
		.unloaded = ~0ull,
		.build_id = (void *)reader_string(r, rec->str[0].p,
		    rec->str[0].size),
		.build_id_size = rec->str[0].size,
		.path = reader_string(r, rec->str[1].p, rec->str[1].size),
	};
	if (m->path == NULL || m->build_id == NULL ||
	    modules_insert(r, p, m) != 0)
		return NULL;
	return m;
}

static const struct trace_module *
modules_find(const struct proc *p, uint64_t addr, uint64_t time)
{
	const struct trace_module *other = NULL;

	for (uint32_t i = modules_after(p, addr);
	    i-- > 0 && p->reach[i] > addr;) {
		const struct trace_module *m = p->modules[i];

		if (addr >= m->end)
			continue;
		if (m->loaded <= time && time < m->unloaded)
			return m;
		/* A module is noticed after its first code has run. */
		if (m->loaded > time)
			other = m;
	}
	return other;
}

const struct trace_module *
trace_module_find(const struct trace_reader *r, unsigned proc, uint64_t addr,
    uint64_t time)
{
	const struct trace_module *m;

	/* A fork's child has what its parent had then; parent < proc (R2). */
	while (proc < r->nprocs) {
		const struct proc *p = r->procs[proc];

		m = modules_find(p, addr, time);
		if (m != NULL)
			return m;
		if (p->pub.start < time)
			time = p->pub.start;
		proc = p->pub.parent;
	}
	return NULL;
}

void
reader_tables_free(struct trace_reader *r)
{
	struct arena_part *part;

	for (uint32_t i = 0; i < r->nprocs; i++) {
		struct proc *p = r->procs[i];

		if (!p->told)
			free((void *)p->pub.argv);
		free(p->modules);
		free(p->reach);
		free(p);
	}
	free(r->procs);
	while ((part = r->arena) != NULL) {
		r->arena = part->next;
		free(part);
	}
	free(r->ips);
	free(r->parents);
}
