/*
 * stacks.c - call stacks to ids, inside, without locks.
 *
 * A table maps (parent, ip) to a node id: open addressing over 32-bit ids, 0
 * free; what an id stands for is read from the node itself.  It starts small
 * (a process that only exits pays a page or two) and is replaced by one four
 * times as large when three quarters full.  The old ones stay mapped and are
 * looked at where the new one misses; what is found there is entered anew.  To
 * forget them would cost more than an entry: outer frames are found in memos,
 * not in the table, and a second node for one of them gives second nodes to
 * all that is called from there.
 *
 * All words of a table change once, from 0 to an id, by compare-and-swap.  An
 * id is entered after its node was filled, with release; so whoever reads the
 * id can read the node.
 *
 * The node table is bounded.  When ids run short we make more of them ready, or
 * where the kernel can't do that the recorder is called and waited for a little
 * (once, until it gives some); when they have run out, a
 * capture keeps its innermost STACKS_FULL_FRAMES frames under a node that says
 * so, for which the last part of the ids is set aside; and at the very end it
 * becomes stack 0.
 *
 *	S1	a node's parent has a smaller id and is filled before it;
 *	S2	memo->id[i] is the node of frames ip[0] to ip[i].
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/stacks.h"

#include <stdbool.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/os.h"
#include "trace/direct.h"
#include "trace/writer.h"

#define STACKS_FIRST		2048u		/* slots: 8 KiB */
#define STACKS_LAST		(8u << 20)	/* slots: two for each node */
#define STACKS_GROWTH		4u
#define STACKS_PROBES		64u
#define STACKS_FULL_FRAMES	8u
#define STACKS_SET_ASIDE	16u		/* one id in so many */
#define STACKS_WAIT_NS		2000000u	/* in all */
#define STACKS_NAP_NS		500000u
#define STACKS_CALL_EVERY	4096u		/* ids, when few are ready */

struct stacks_table {
	uint32_t mask;		/* slots - 1 */
	uint32_t used;
	size_t size;		/* bytes mapped */
	struct stacks_table *older;
	uint32_t slot[];
};

struct stacks {
	struct session_header *session;
	struct session_node *nodes;
	struct stacks_table *table;
	uint32_t max;		/* ids there can be */
	uint32_t in_vain;	/* nodes_ready when a wait for more failed */
};

static struct stacks_table *
table_create(uint32_t slots)
{
	size_t size = bits_align_up(sizeof(struct stacks_table) +
	    slots * sizeof(uint32_t), os_page_size());
	struct stacks_table *t = os_map(size);

	if (t == NULL)
		return NULL;
	t->mask = slots - 1;
	t->size = size;
	return t;
}

struct stacks *
stacks_create(struct session_header *h)
{
	struct stacks *s = os_map(os_page_size());

	if (s == NULL)
		return NULL;
	s->session = h;
	s->nodes = session_nodes(h);
	s->max = session_nodes_max(h);
	s->table = table_create(STACKS_FIRST);
	if (s->table != NULL)
		return s;
	os_unmap(s, os_page_size());
	return NULL;
}

static PW_ALWAYS_INLINE uint32_t
stacks_hash(uint32_t parent, uint64_t ip)
{
	uint64_t h = (ip ^ (uint64_t)parent << 32) * 0x9e3779b97f4a7c15ull;

	h ^= parent * 0xff51afd7ed558ccdull;
	return (uint32_t)(h >> 32 ^ h >> 15);
}

static PW_ALWAYS_INLINE uint32_t
table_find(const struct stacks *s, const struct stacks_table *t,
    uint32_t hash, uint32_t parent, uint64_t ip)
{
	for (uint32_t i = 0; i < STACKS_PROBES; i++) {
		const uint32_t *slot = &t->slot[(hash + i) & t->mask];
		uint32_t id = __atomic_load_n(slot, __ATOMIC_ACQUIRE);

		if (id == 0)
			return 0;
		if (s->nodes[id].ip == ip && s->nodes[id].parent == parent)
			return id;
	}
	return 0;
}

static void
table_grow(struct stacks *s, struct stacks_table *t)
{
	struct stacks_table *bigger, *seen = t;

	if (t->mask + 1 >= STACKS_LAST)
		return;
	bigger = table_create((t->mask + 1) * STACKS_GROWTH);
	if (bigger == NULL)
		return;
	bigger->older = t;
	if (!__atomic_compare_exchange_n(&s->table, &seen, bigger, false,
	    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		os_unmap(bigger, bigger->size);
}

/*
 * Enter id, unless another thread was faster with a node of the same key: two
 * that look for the same key try the same slots in the same order.  Returns
 * the id that stands.  Not entering it is harmless: the node is made again
 * when it is met again.
 */
static uint32_t
table_enter(struct stacks *s, struct stacks_table *t, uint32_t hash,
    uint32_t id)
{
	const struct session_node *node = &s->nodes[id];

	for (uint32_t i = 0; i < STACKS_PROBES; i++) {
		uint32_t there = 0;

		if (__atomic_compare_exchange_n(
		    &t->slot[(hash + i) & t->mask], &there, id, false,
		    __ATOMIC_RELEASE, __ATOMIC_ACQUIRE)) {
			if (__atomic_add_fetch(&t->used, 1, __ATOMIC_RELAXED) >
			    (t->mask + 1) / 4 * 3)
				table_grow(s, t);
			return id;
		}
		if (s->nodes[there].ip == node->ip &&
		    s->nodes[there].parent == node->parent)
			return there;
	}
	table_grow(s, t);
	return id;
}

/* The tables that were outgrown; what is found there is entered anew. */
static uint32_t
stacks_find_older(const struct stacks *s, const struct stacks_table *t,
    uint32_t hash, uint32_t parent, uint64_t ip)
{
	uint32_t id = 0;

	while (id == 0 && (t = t->older) != NULL)
		id = table_find(s, t, hash, parent, ip);
	return id;
}

/* The recorder makes it ready; false when that takes too long. */
static bool
stacks_await(struct stacks *s, uint32_t id)
{
	struct session_header *h = s->session;
	uint32_t ready = 0;

	for (unsigned t = 0; t <= STACKS_WAIT_NS; t += STACKS_NAP_NS) {
		ready = __atomic_load_n(&h->nodes_ready, __ATOMIC_ACQUIRE);
		if (id < ready)
			return true;
		if (ready == __atomic_load_n(&s->in_vain, __ATOMIC_RELAXED))
			return false;
		session_wake(h);
		if (h->flags & SESSION_LOSSY)
			return false;
		os_futex_wait(&h->nodes_ready, ready, STACKS_NAP_NS);
	}
	__atomic_store_n(&s->in_vain, ready, __ATOMIC_RELAXED);
	return false;
}

static bool
stacks_make_ready(struct stacks *s, uint32_t id)
{
	return direct_nodes(s->session, id) ||
	    (!(s->session->flags & SESSION_DIRECT) && stacks_await(s, id));
}

/* A new id below limit, with its bytes allocated; 0: none to be had. */
static uint32_t
stacks_claim(struct stacks *s, uint32_t limit)
{
	struct session_header *h = s->session;
	uint32_t ready = __atomic_load_n(&h->nodes_ready, __ATOMIC_ACQUIRE);
	uint32_t id = __atomic_load_n(&h->nodes_claimed, __ATOMIC_RELAXED);

	if (id >= limit || (id >= ready && !stacks_make_ready(s, id)))
		return 0;
	id = __atomic_fetch_add(&h->nodes_claimed, 1, __ATOMIC_RELAXED);
	if (id == 0)
		id = __atomic_fetch_add(&h->nodes_claimed, 1, __ATOMIC_RELAXED);
	if (id >= s->max || (id >= ready && !stacks_make_ready(s, id)))
		return 0;	/* others took the rest; a hole stays */
	if (id + 4 * STACKS_CALL_EVERY > ready && id % STACKS_CALL_EVERY == 0)
		session_wake(h);
	return id;
}

static PW_NOINLINE uint32_t
stacks_miss(struct stacks *s, struct stacks_table *t, uint32_t hash,
    uint32_t parent, uint64_t ip, uint32_t limit)
{
	uint32_t id = stacks_find_older(s, t, hash, parent, ip);

	if (id == 0) {
		id = stacks_claim(s, limit);
		if (id == 0)
			return 0;
		s->nodes[id].parent = parent;
		__atomic_store_n(&s->nodes[id].ip, ip, __ATOMIC_RELEASE);
	}
	return table_enter(s, t, hash, id);
}

/* The node of ip under parent; 0 when it is new and there are no ids. */
static PW_ALWAYS_INLINE uint32_t
stacks_node(struct stacks *s, uint32_t parent, uint64_t ip, uint32_t limit)
{
	struct stacks_table *t = __atomic_load_n(&s->table, __ATOMIC_ACQUIRE);
	uint32_t hash = stacks_hash(parent, ip);
	uint32_t id = table_find(s, t, hash, parent, ip);

	if (PW_LIKELY(id != 0))
		return id;
	return stacks_miss(s, t, hash, parent, ip, limit);
}

/* The same, asked of the memo first: one line of memory instead of two or more. */
static PW_ALWAYS_INLINE uint32_t
stacks_node_near(struct stacks *s, struct stacks_memo *memo, uint32_t parent,
    uint64_t ip, uint32_t limit)
{
	struct stacks_near *near = &memo->near[stacks_hash(parent, ip) %
	    STACKS_NEAR];
	uint32_t id;

	if (PW_LIKELY(near->ip == ip && near->parent == parent))
		return near->id;
	id = stacks_node(s, parent, ip, limit);
	if (id != 0)
		*near = (struct stacks_near){ ip, parent, id };
	return id;
}

/* The innermost frames under a mark, from the ids set aside. */
static PW_NOINLINE uint32_t
stacks_cut(struct stacks *s, const uintptr_t *ips, size_t n)
{
	uint32_t id = stacks_node(s, 0, SESSION_MARK(SESSION_MARK_FULL, 0),
	    s->max);

	__atomic_add_fetch(&s->session->stacks_full, 1, __ATOMIC_RELAXED);
	if (n > STACKS_FULL_FRAMES)
		n = STACKS_FULL_FRAMES;
	while (n > 0 && id != 0)
		id = stacks_node(s, id, ips[--n], s->max);
	return id;
}

/* Frames that the memo has too, the first `same` of which are known to be. */
static PW_ALWAYS_INLINE size_t
memo_common(const struct stacks_memo *memo, size_t same, const uintptr_t *ips,
    size_t n)
{
	size_t most = memo->n < same + n ? memo->n : same + n;
	size_t i = same;

	while (i < most && memo->ip[i] == ips[same + n - 1 - i])
		i++;
	return i;
}

uint32_t
stacks_intern_on(struct stacks *s, struct stacks_memo *memo, size_t same,
    const uintptr_t *ips, size_t n)
{
	uint32_t limit = s->max - s->max / STACKS_SET_ASIDE;
	size_t i, all = same + n;
	uint32_t id;

	if (PW_UNLIKELY(same > memo->n || all > STACKS_DEPTH_MAX))
		return 0;
	i = memo_common(memo, same, ips, n);
	id = i ? memo->id[i - 1] : 0;
	for (; i < all; i++) {
		memo->n = (uint32_t)i;
		memo->ip[i] = ips[all - 1 - i];
		id = stacks_node_near(s, memo, id, memo->ip[i], limit);
		if (PW_UNLIKELY(id == 0))
			return 0;
		memo->id[i] = id;
	}
	memo->n = (uint32_t)all;
	return id;
}

uint32_t
stacks_intern(struct stacks *s, struct stacks_memo *memo,
    const uintptr_t *ips, size_t n)
{
	uint32_t limit = s->max - s->max / STACKS_SET_ASIDE;
	size_t i = memo ? memo_common(memo, 0, ips, n) : 0;
	uint32_t id = i ? memo->id[i - 1] : 0;

	for (; i < n; i++) {
		uint64_t ip = ips[n - 1 - i];

		id = stacks_node(s, id, ip, limit);
		if (PW_UNLIKELY(id == 0))
			break;
		if (memo != NULL && i < STACKS_DEPTH_MAX) {
			memo->ip[i] = ip;
			memo->id[i] = id;
		}
	}
	if (memo != NULL)
		memo->n = (uint32_t)(i < STACKS_DEPTH_MAX ?
		    i : STACKS_DEPTH_MAX);
	return i < n ? stacks_cut(s, ips, n) : id;
}
