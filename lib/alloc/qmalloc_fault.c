/*
 * qmalloc_fault.c - is this a block, and is it whole?
 *
 * A pointer that comes back is judged by the header before it, which is read
 * only if the pointer lies in the region.  The fence is the header's first
 * byte, so a block that was written beyond its end has destroyed the fence of
 * the next one: that one's qfree tells it, or, with QMALLOC_GUARD, the qfree of
 * the culprit, whose guards are looked at then.
 *
 * A fault closes all ways in before it is told, for the panic hook may return
 * or jump; what other threads have in hand they finish.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/qmalloc_impl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "base/say.h"

static const uint8_t guard_bytes[4] = POOL_GUARD_BYTES;

static void
fault_tell(const char *text)
{
	quick_close();
	if (quick.panic != NULL) {
		quick.panic(text);
		return;
	}
	os_write_all(2, text, strlen(text));
	abort();
}

void
quick_fault(const char *call, void *data, const char *what)
{
	char text[160];

	say_format(text, sizeof(text),
	    "%s: corrupt allocation arena: %p: %s\n", call,
	    (void *)((char *)data + QUICK_PAD), what);
	fault_tell(text);
}

/* The pool has found something; its lock is held. */
void
quick_pool_panic(Pool *p, const char *fmt, ...)
{
	char text[320];
	size_t n;
	va_list args;

	(void)p;
	n = say_format(text, sizeof(text),
	    "qmalloc: corrupt allocation arena: ");
	va_start(args, fmt);
	n += say_vformat(text + n, sizeof(text) - n, fmt, args);
	va_end(args);
	if (n < sizeof(text) - 1 && text[n - 1] != '\n')
		memcpy(text + n, "\n", 2);
	fault_tell(text);
}

/* A quick block gets its user: slack 0, with QMALLOC_GUARD slack and guards. */
void
quick_present(void *data, size_t size, size_t grains)
{
	uint8_t *from, *end = (uint8_t *)data + quick_room(grains);

	if (!quick.guard) {
		quick_set_own(data, QUICK_LIVE);
		return;
	}
	from = (uint8_t *)data + QUICK_PAD + size;
	if (end - from >= POOL_SLACK_TRAILER)	/* a block of more grains */
		from = end - POOL_SLACK_TRAILER + 1;
	quick_set_own(data, QUICK_OWN(POOL_KIND_ALLOC, end - from));
	for (; from < end; from++)
		*from = guard_bytes[(uintptr_t)from & 3];
}

static const char *
find_guard_fault(uint8_t *data, size_t grains, unsigned slack)
{
	uint8_t *end = data + quick_room(grains), *g = end - slack;

	for (; g < end; g++)
		if (*g != guard_bytes[(uintptr_t)g & 3])
			return "user overflow: written beyond the end";
	if (__atomic_load_n(end, __ATOMIC_RELAXED) != POOL_FENCE)
		return "user overflow: the next header is overwritten";
	return NULL;
}

static const char *
find_strange(const struct pool_header *h, uint64_t word)
{
	if (!pool_word_is_sound(h, word))
		return "not a block, or its header is overwritten";
	switch (pool_word_kind(word)) {
	case POOL_KIND_NONE:
	case POOL_KIND_FREE:
	case POOL_KIND_QUICK:
	case POOL_KIND_DEAD:
		return "double free";
	default:
		return "not a block";
	}
}

size_t
quick_find(const char *call, void *data)
{
	struct pool_header *h = pool_block(data);
	const char *wrong = NULL;
	uint64_t word;
	size_t size;

	if ((uintptr_t)h - quick.base >=
	    __atomic_load_n(&quick.committed, __ATOMIC_RELAXED)) {
		quick_fault(call, data, "not a block of ours");
		return SIZE_MAX;
	}
	if ((uintptr_t)data % POOL_GRAIN != 0)
		return 0;	/* if it is one, the pool has placed it */
	word = pool_word(h);
	size = pool_word_size(word);
	if (!pool_word_is_sound(h, word) ||
	    pool_word_kind(word) != POOL_KIND_ALLOC)
		wrong = find_strange(h, word);
	else if (quick.direct || size > QUICK_MAX ||
	    pool_word_slack(word) == POOL_SLACK_TRAILER)
		return 0;
	else if (quick.guard)
		wrong = find_guard_fault(data, size / POOL_GRAIN,
		    pool_word_slack(word));
	if (wrong == NULL)
		return size / POOL_GRAIN;
	quick_fault(call, data, wrong);
	return SIZE_MAX;
}
