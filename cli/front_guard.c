/*
 * front_guard.c - whose blocks are guarded: places for the session.
 *
 * --guard-from: every finding of an earlier trace names the stack that
 * allocated the block.  Its innermost frames, as addresses in the files of their
 * objects, go into the session; a block with the same ones is guarded.
 * --guard-site: the functions whose names match, in PROGRAM and the libraries it
 * is linked with (front_functions.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front_guard.h"

#include <string.h>

#include "trace/reader.h"

/* Index of the module in the table, or -1: it is full. */
int
guards_module(struct session_guards *g, const char *path,
    const unsigned char *build_id, size_t size)
{
	struct session_guard_module m;
	uint32_t i;

	memset(&m, 0, sizeof(m));
	m.build_id_size = size <= sizeof(m.build_id) ? (uint32_t)size : 0;
	if (m.build_id_size)
		memcpy(m.build_id, build_id, m.build_id_size);
	else
		m.path_hash = session_path_hash(path);
	for (i = 0; i < g->nmodules; i++)
		if (!memcmp(&g->module[i], &m, sizeof(m)))
			return (int)i;
	if (i == SESSION_GUARD_MODULES)
		return -1;
	g->module[g->nmodules++] = m;
	return (int)i;
}

static bool
is_known(const struct session_guards *g, const struct session_guard_site *s)
{
	uint32_t i;

	for (i = 0; i < g->nsites; i++)
		if (g->site[i].n == s->n &&
		    g->site[i].anywhere == s->anywhere &&
		    !memcmp(&g->frame[g->site[i].first], &g->frame[s->first],
		    s->n * sizeof(g->frame[0])))
			return true;
	return false;
}

int
guards_add(struct session_guards *g, const struct session_guard_frame *frames,
    unsigned n, bool anywhere)
{
	struct session_guard_site s = { g->nframes, (uint16_t)n, anywhere };

	if (g->nsites == SESSION_GUARD_SITES ||
	    g->nframes + n > SESSION_GUARD_FRAMES)
		return -1;
	memcpy(&g->frame[g->nframes], frames, n * sizeof(*frames));
	if (is_known(g, &s))
		return 0;
	g->site[g->nsites++] = s;
	g->nframes += n;
	return 0;
}

/* The accused stack, as far as its objects are known.  0, or -1: no room. */
static int
add_stack(struct session_guards *g, const struct trace_reader *r,
    const struct trace_event *event)
{
	uint64_t ips[SESSION_GUARD_DEPTH];
	struct session_guard_frame frames[SESSION_GUARD_DEPTH];
	size_t n = trace_stack(r, event->error->alloc_stack, ips,
	    SESSION_GUARD_DEPTH), i;
	const struct trace_module *m;
	const struct trace_process *p;
	int module;

	memset(frames, 0, sizeof(frames));
	for (i = 0; i < n && i < SESSION_GUARD_DEPTH; i++) {
		if (ips[i] & SESSION_NODE_MARK)
			break;
		m = trace_module_find(r, event->proc, ips[i] - 1,
		    event->error->alloc_time);
		if (!m)
			break;
		p = trace_process(r, event->proc);
		module = guards_module(g, m->path[0] || !p || !p->exe ?
		    m->path : p->exe, m->build_id, m->build_id_size);
		if (module < 0)
			return -1;
		frames[i].module = (uint32_t)module;
		frames[i].low = ips[i] - 1 - m->bias;
		frames[i].high = frames[i].low + 1;
	}
	return i == 0 ? 0 : guards_add(g, frames, (unsigned)i, false);
}

int
front_guard_from(struct front *f, const char *path)
{
	struct trace_status status;
	struct trace_event event;
	struct trace_reader *r = trace_open(path, TRACE_META_ONLY, &status);
	bool full = false;
	int got = -1;

	if (r) {
		while ((got = trace_next(r, &event, &status)) > 0)
			if (event.kind == TRACE_ERROR &&
			    event.error->alloc_stack)
				full |= add_stack(&f->guards, r, &event) < 0;
		trace_close(r);
	}
	/* What could be read of a damaged one will do. */
	if (got < 0 && f->guards.nsites == 0) {
		front_say(f, "--guard-from: %s: %s", refuse_name(path),
		    status.what);
		return -1;
	}
	if (f->guards.nsites == 0) {
		front_say(f, "--guard-from: %s accuses no allocation: it holds "
		    "no finding of a known block", refuse_name(path));
		return -1;
	}
	if (full)
		front_say(f, "--guard-from: %s accuses too many places;\n"
		    "the first %u are guarded", refuse_name(path),
		    f->guards.nsites);
	return 0;
}
