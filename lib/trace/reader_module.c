/*
 * reader_module.c - which object held an address, and when.
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

/* A module of p, not its parents', that starts at start and is still there. */
static struct trace_module *
modules_at(const struct proc *p, uint64_t start)
{
	for (uint32_t i = modules_after(p, start);
	    i-- > 0 && p->modules[i]->start == start;)
		if (p->modules[i]->unloaded == ~0ull)
			return p->modules[i];
	return NULL;
}

/* A fork's child inherited one: from now on it is its own. */
static struct trace_module *
modules_inherit(struct trace_reader *r, struct proc *p, uint64_t start)
{
	const struct trace_module *m = trace_module_find(r, p->pub.index,
	    start, p->pub.start);
	struct trace_module *own;

	if (m == NULL || m->start != start || m->proc == p->pub.index ||
	    p->nmodules >= READER_MODULES_MAX ||
	    (own = reader_take(r, sizeof *own)) == NULL)
		return NULL;
	*own = *m;
	own->proc = p->pub.index;
	own->loaded = p->pub.start;
	own->unloaded = ~0ull;
	return modules_insert(r, p, own) == 0 ? own : NULL;
}

const struct trace_module *
reader_unload(struct trace_reader *r, struct proc *p, uint64_t start,
    uint64_t time)
{
	struct trace_module *m = modules_at(p, start);

	if (m == NULL)
		m = modules_inherit(r, p, start);
	if (m != NULL)
		m->unloaded = time;
	return m;
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

/*
 * NULL when p has none at that time.  *later: the one it has later; *known:
 * it had one there, which is gone.
 */
static const struct trace_module *
modules_find(const struct proc *p, uint64_t addr, uint64_t time,
    const struct trace_module **later, bool *known)
{
	for (uint32_t i = modules_after(p, addr);
	    i-- > 0 && p->reach[i] > addr;) {
		const struct trace_module *m = p->modules[i];

		if (addr >= m->end)
			continue;
		if (m->loaded <= time && time < m->unloaded)
			return m;
		if (m->loaded > time)
			*later = m;
		else
			*known = true;
	}
	return NULL;
}

const struct trace_module *
trace_module_find(const struct trace_reader *r, unsigned proc, uint64_t addr,
    uint64_t time)
{
	const struct trace_module *m, *later = NULL, *ignored = NULL;
	bool known = false;
	unsigned at = proc;

	/* A fork's child has what its parent had then; parent < proc (R2). */
	while (at < r->nprocs && !known) {
		const struct proc *p = r->procs[at];

		m = modules_find(p, addr, time, at == proc ? &later : &ignored,
		    &known);
		if (m != NULL)
			return m;
		if (p->pub.start < time)
			time = p->pub.start;
		at = p->pub.parent;
	}
	/* A module is noticed after its first code has run. */
	return later;
}
