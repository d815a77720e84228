/*
 * sites.c - is a block allocated at a place that is to be guarded?
 *
 * The runner has put places into the session, as addresses in the files of
 * objects: functions (--guard-site), one of which is to be among the innermost
 * frames, and stacks that were accused (--guard-from), whose innermost frames
 * are to be all the same.  As objects come and go (unwind.h tells) they become
 * addresses.  A stack is judged once; when objects change, all are judged anew.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/sites.h"

#include <string.h>
#include <sys/mman.h>

#include "base/os.h"
#include "preload/finding.h"
#include "preload/preload_impl.h"
#include "preload/thread.h"

enum verdict { VERDICT_NONE, VERDICT_NO, VERDICT_YES };

/* Where an object of the session's table is now; end 0: nowhere. */
struct place {
	uintptr_t start;
	uintptr_t end;
	uintptr_t bias;
};

static struct {
	const struct session_guards *table;
	uint8_t *verdict;	/* of each stack */
	size_t size;		/* bytes of it */
	uint32_t changes;	/* of places; atomic */
	struct place place[SESSION_GUARD_MODULES];
} sites;

bool
sites_start(struct session_header *s)
{
	if (s->guards.nsites == 0)
		return false;
	sites.size = session_nodes_max(s);
	sites.verdict = os_map(sites.size);
	if (sites.verdict == NULL)
		return false;
	sites.table = &s->guards;
	return true;
}

static bool
is_module(const struct session_guard_module *m, const struct unwind_object *o)
{
	const char *path = o->path[0] != '\0' ? o->path : process.exe;

	if (m->build_id_size != 0)
		return m->build_id_size == o->build_id_size &&
		    memcmp(m->build_id, o->build_id, o->build_id_size) == 0;
	return m->path_hash == session_path_hash(path);
}

/* Whoever judges a stack meanwhile does it once more. */
static void
changed(void)
{
	__atomic_add_fetch(&sites.changes, 1, __ATOMIC_RELEASE);
	os_advise(sites.verdict, sites.size, MADV_DONTNEED);
}

void
sites_seen(const struct unwind_object *o)
{
	bool any = false;

	for (uint32_t i = 0; sites.table != NULL && i < sites.table->nmodules;
	    i++) {
		if (!is_module(&sites.table->module[i], o))
			continue;
		sites.place[i].start = o->start;
		sites.place[i].bias = o->bias;
		__atomic_store_n(&sites.place[i].end, o->end, __ATOMIC_RELEASE);
		any = true;
	}
	if (any)
		changed();
}

void
sites_gone(uintptr_t start)
{
	bool any = false;

	for (uint32_t i = 0; sites.table != NULL && i < sites.table->nmodules;
	    i++) {
		if (sites.place[i].end == 0 || sites.place[i].start != start)
			continue;
		__atomic_store_n(&sites.place[i].end, 0, __ATOMIC_RELEASE);
		any = true;
	}
	if (any)
		changed();
}

static bool
is_frame(const struct session_guard_frame *f, uint64_t ip)
{
	const struct place *p = &sites.place[f->module];

	return __atomic_load_n(&p->end, __ATOMIC_ACQUIRE) != 0 &&
	    ip - 1 - p->bias >= f->low && ip - 1 - p->bias < f->high;
}

static bool
is_site(const struct session_guard_site *s, const uint64_t *ips, unsigned n)
{
	const struct session_guard_frame *f = &sites.table->frame[s->first];
	unsigned i = 0;

	if (s->anywhere) {
		while (i < n && !is_frame(f, ips[i]))
			i++;
		return i < n;
	}
	while (i < s->n && i < n && is_frame(&f[i], ips[i]))
		i++;
	return i == s->n;
}

static bool
judge(uint32_t stack)
{
	const struct session_node *nodes = session_nodes(process.session);
	uint64_t ips[SESSION_GUARD_DEPTH];
	unsigned n = 0;

	for (; stack != 0 && n < SESSION_GUARD_DEPTH; n++) {
		ips[n] = __atomic_load_n(&nodes[stack].ip, __ATOMIC_ACQUIRE);
		if (ips[n] & SESSION_NODE_MARK)
			break;
		stack = nodes[stack].parent;
	}
	for (uint32_t i = 0; i < sites.table->nsites; i++)
		if (is_site(&sites.table->site[i], ips, n))
			return true;
	return false;
}

static bool
is_wanted(uint32_t stack)
{
	uint32_t changes;
	uint8_t v;

	if (stack == 0 || stack >= sites.size)
		return false;
	v = __atomic_load_n(&sites.verdict[stack], __ATOMIC_RELAXED);
	if (v != VERDICT_NONE)
		return v == VERDICT_YES;
	changes = __atomic_load_n(&sites.changes, __ATOMIC_ACQUIRE);
	v = judge(stack) ? VERDICT_YES : VERDICT_NO;
	__atomic_store_n(&sites.verdict[stack], v, __ATOMIC_RELAXED);
	if (__atomic_load_n(&sites.changes, __ATOMIC_ACQUIRE) != changes)
		__atomic_store_n(&sites.verdict[stack], VERDICT_NONE,
		    __ATOMIC_RELAXED);
	return v == VERDICT_YES;
}

PW_NOINLINE void
sites_choose(struct lane *lane, struct backend_request *req,
    const struct unwind_start *at)
{
	req->site = at->pc;
	req->guard = process.sites && is_wanted(finding_stack(lane, at));
}
