/*
 * explain.c - see explain.h.
 *
 * A value may be many things at once, so each way of looking at it makes an
 * answer with a weight of its own: that the trace confirms it counts more than
 * how it looks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "report/explain_impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/value.h"
#include "base/compiler.h"
#include "report/words.h"

#define NEAR		64u	/* bytes in front of a block, and behind */

int
explain_parse(const char *word, uint64_t *value)
{
	bool minus = *word == '-';
	const char *p = word + minus;
	char *end;

	/* No blanks, no second sign. */
	if (*p < '0' || *p > '9')
		return -1;
	errno = 0;
	*value = strtoull(p, &end, p[0] == '0' && (p[1] | 32) == 'x' ? 16 :
	    10);
	if (*end != '\0' || errno != 0)
		return -1;
	if (minus)
		*value = -*value;
	return 0;
}

struct explain_answer *
explain_add(struct explain *x, int weight, const char *what, const char *fmt, ...)
{
	static struct explain_answer spill;
	struct explain_answer *a = x->n < EXPLAIN_ANSWERS ?
	    &x->answers[x->n++] : &spill;
	va_list ap;

	*a = (struct explain_answer){ .weight = weight, .what = what };
	va_start(ap, fmt);
	vsnprintf(a->text, sizeof a->text, fmt, ap);
	va_end(ap);
	return a;
}

static bool
is_freed(const struct explain *x, const struct history_block *b)
{
	return b->free_time != 0 && b->free_time <= x->at;
}

static bool
holds(const struct history_block *b, uint64_t address)
{
	return address >= b->addr && (address - b->addr < b->size ||
	    address == b->addr);
}

/* How well b answers what is at address (0: any): more is better. */
static unsigned
fitness(const struct explain *x, const struct history_block *b,
    uint64_t address, int freed)
{
	unsigned fits = 0;

	if (address != 0 && holds(b, address))
		fits += 4;
	if (freed >= 0 && is_freed(x, b) == (freed != 0))
		fits += 2;
	return fits;
}

/*
 * The block of a place at that moment; the last of equals, but of several that
 * begin in front of an address the nearest.  NULL: none.
 */
static const struct history_block *
best(const struct explain *x, const struct history *h, uint64_t address,
    int freed)
{
	const struct history_block *found = NULL;

	for (unsigned i = 0; i < h->n; i++) {
		const struct history_block *b = &h->blocks[i];

		if (b->alloc_time > x->at)
			continue;
		if (found == NULL || (h->before != 0 && h->starts &&
		    b->addr != found->addr ? b->addr > found->addr :
		    fitness(x, b, address, freed) >=
		    fitness(x, found, address, freed)))
			found = b;
	}
	return found;
}

static void
set_block(struct explain *x, struct explain_answer *a,
    const struct history *h, const struct history_block *b)
{
	a->has_block = true;
	a->block = *b;
	a->freed = is_freed(x, b);
	a->offset = (int64_t)(x->value - b->addr);
	a->history = h;
	for (size_t i = 0; i < x->report->nerrors && a->error == 0; i++) {
		const struct heap_error *e = x->report->errors[i].found;

		if (e->error.block == b->addr && e->proc == b->proc &&
		    e->time >= b->alloc_time && (e->error.alloc_stack == 0 ||
		    e->error.alloc_stack == b->alloc_stack))
			a->error = i + 1;
	}
}

static char *
name_block(const struct explain *x, const struct history_block *b, char *buf,
    size_t size)
{
	char bytes[WORDS_MAX];

	snprintf(buf, size, "%s of %s", is_freed(x, b) ? "a freed block" :
	    "a block", words_count(bytes, sizeof bytes, b->size, "byte",
	    "bytes"));
	return buf;
}

/* The value as the address of something in the heap. */
static void
ask_block(struct explain *x, const struct history *h)
{
	const struct history_block *b = best(x, h, x->value, 0);
	char block[WORDS_MAX + 32];

	if (b == NULL)
		return;
	name_block(x, b, block, sizeof block);
	if (x->value == b->addr)
		set_block(x, explain_add(x, WEIGHT_IN_BLOCK, "block",
		    "It is the address of %s.", block), h, b);
	else if (holds(b, x->value))
		set_block(x, explain_add(x, WEIGHT_IN_BLOCK, "block",
		    "It is an address in %s, at offset %llu.", block,
		    (unsigned long long)(x->value - b->addr)), h, b);
	else if (x->value < b->addr)
		set_block(x, explain_add(x, WEIGHT_NEAR, "near-block", "It is an "
		    "address %llu bytes before %s: a guard, or what the "
		    "allocator keeps there.", (unsigned long long)(b->addr -
		    x->value), block), h, b);
	else if (x->value == b->addr + b->size)
		set_block(x, explain_add(x, WEIGHT_NEAR, "near-block", "It is "
		    "the address right behind %s, of its guard.", block), h, b);
	else
		set_block(x, explain_add(x, WEIGHT_NEAR, "near-block", "It is "
		    "an address behind %s, %llu bytes past its end: its guard, "
		    "or what the allocator keeps there.", block,
		    (unsigned long long)(x->value - b->addr - b->size)), h, b);
}

/* "What fills the block at A"; the trace knows the block. */
static void
tell_fill(struct explain *x, const struct history *h, int weight,
    unsigned signature, const char *how)
{
	const struct history_block *b = best(x, h, 0,
	    signature == VALUE_FREED ? 1 : signature == VALUE_NEW ? 0 : -1);
	uint64_t past = x->value - value_fill_word(signature, b->addr);
	char block[WORDS_MAX + 32], member[120] = "";
	struct explain_answer *a;

	if (h->before != 0 && past != 0)
		snprintf(member, sizeof member, ", plus %llu: a member that far "
		    "into what a pointer from there led to",
		    (unsigned long long)past);
	a = explain_add(x, weight, "fill", "It is %s that fills %s %s%s.", how,
	    name_block(x, b, block, sizeof block), value_fill_words(signature),
	    member);
	set_block(x, a, h, b);
	a->offset = member[0] ? (int64_t)past : 0;
}

/* A place where such blocks begin, asked of the trace later. */
static void
want(struct explain *x, uint64_t address, uint64_t mask, uint64_t before)
{
	if (x->nplaces < EXPLAIN_PLACES)
		x->places[x->nplaces++] = (struct history){
			.address = address, .mask = mask, .starts = true,
			.before = before };
}

/*
 * Ways in which a value can be fill.  Each that its form allows wants a place
 * first; when the trace was read, the same ways are gone once more, with the
 * places in the same order.
 */
struct ways {
	struct explain *x;
	bool asking;		/* the places are filled */
	size_t next;		/* of the places */
	bool known;		/* a block confirmed one */
};

static void
try_fill(struct ways *w, int weight, const struct value_fill *f,
    uint64_t mask, uint64_t before, const char *how)
{
	const struct history *h;

	if (!w->asking) {
		want(w->x, f->address, mask & ~f->unknown, before);
		return;
	}
	if (w->next >= w->x->nplaces)
		return;
	h = &w->x->places[w->next++];
	/* An exact word is not a member's address too. */
	if (best(w->x, h, 0, -1) == NULL || (before != 0 && w->known))
		return;
	tell_fill(w->x, h, weight, f->signature, how);
	w->known = true;
}

#define ADDRESS_BITS	0xffffffffffffull

static void
go_ways(struct ways *w)
{
	uint64_t v = w->x->value;
	struct value_fill f;
	unsigned sig;
	uint32_t bits;

	if (value_is_fill(v, &f))
		try_fill(w, WEIGHT_FILL, &f, ADDRESS_BITS, 0, "the word");
	if (value_is_fill(v & ~15ull, &f) && f.signature != VALUE_GUARD)
		try_fill(w, WEIGHT_FILL_MEMBER, &f, ADDRESS_BITS, EXPLAIN_MEMBER - 1,
		    "the word");
	for (unsigned k = 1; k < 8; k++)
		if (value_is_turned_fill(v, k, &f))
			try_fill(w, WEIGHT_TURNED, &f, ADDRESS_BITS, 0, "the "
			    "word, read from no multiple of 8,");
	if (value_is_swapped_fill(v, &f))
		try_fill(w, WEIGHT_TURNED, &f, ADDRESS_BITS, 0,
		    "the word, its bytes swapped,");
	if (value_is_half_fill(v, &sig, &bits)) {
		f = (struct value_fill){ sig, bits, 0 };
		try_fill(w, WEIGHT_HALF, &f, 0xffffff, 0, "half the word");
	}
}

/* By its form alone, when no block confirms it. */
static void
ask_fill_alone(struct explain *x)
{
	struct value_fill f;
	unsigned sig;
	uint32_t bits;

	if (value_is_fill(x->value, &f))
		explain_add(x, WEIGHT_FILL_ALONE, "fill", "By its form it fills the "
		    "block at 0x%llx %s, but the trace has no such block.",
		    (unsigned long long)f.address,
		    value_fill_words(f.signature));
	else if (value_is_half_fill(x->value, &sig, &bits))
		explain_add(x, WEIGHT_FILL_ALONE, "fill", "By its form it is half a "
		    "word of what fills a block %s: bits 0 to 23 of its "
		    "address, or bits 24 to 47, are 0x%x.",
		    value_fill_words(sig), bits);
}

/* The same block as an earlier answer, which is the better one. */
static bool
is_told(const struct explain *x, size_t n)
{
	const struct explain_answer *a = &x->answers[n];

	for (size_t i = 0; i < n && a->has_block; i++)
		if (x->answers[i].has_block &&
		    strcmp(x->answers[i].what, a->what) == 0 &&
		    x->answers[i].block.addr == a->block.addr &&
		    x->answers[i].block.alloc_time == a->block.alloc_time)
			return true;
	return false;
}

static int
by_weight(const void *a, const void *b)
{
	const struct explain_answer *x = a, *y = b;

	return y->weight - x->weight;
}

static void
sort_answers(struct explain *x)
{
	size_t kept = 0;

	qsort(x->answers, x->n, sizeof x->answers[0], by_weight);
	for (size_t i = 0; i < x->n; i++) {
		x->answers[kept] = x->answers[i];
		if (!is_told(x, kept))
			kept++;
	}
	x->n = kept;
}

struct explain *
explain_create(struct report *r, uint64_t value)
{
	struct explain *x = calloc(1, sizeof *x);
	struct ways first = { .x = x }, second = { .x = x, .asking = true,
		.next = 1 };

	if (x == NULL)
		return NULL;
	x->report = r;
	x->value = value;
	x->at = r->options.at ? r->options.at - 1 : ~0ull;
	x->places[x->nplaces++] = (struct history){ .address = value,
		.mask = ~0ull, .before = NEAR, .behind = NEAR };
	go_ways(&first);
	if (r->options.path != NULL)
		history_gather(r->options.path, r->options.process, x->places,
		    x->nplaces);
	ask_block(x, &x->places[0]);
	go_ways(&second);
	if (!second.known)
		ask_fill_alone(x);
	explain_ask_processes(x);
	explain_ask_looks(x);
	sort_answers(x);
	return x;
}
