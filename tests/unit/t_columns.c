/*
 * t_columns.c - bodies of blocks into columns and back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "trace/columns.h"
#include "trace/format_file.h"
#include "trace_fixture.h"

#define BODY	200000u

static uint32_t seed = 11;

static uint32_t
draw(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* One record of any kind that a program writes, at random. */
static void
put_record(struct writer *w, uint64_t time)
{
	uintptr_t addr = (uintptr_t)draw() << draw() % 40;

	switch (draw() % 16) {
	case 0:
		writer_heap(w, time, draw(), draw(), draw(), draw());
		break;
	case 1:
		writer_note(w, time, "a word for the user");
		break;
	case 2:
		writer_cancel(w, time, addr);
		break;
	case 3:
		writer_alloc(w, time, TRACE_CALL_MEMALIGN, addr, draw(),
		    1u << draw() % 20, draw() % 5);
		break;
	case 4:
		writer_resize(w, time, TRACE_CALL_REALLOC, addr, draw(), 1);
		break;
	case 5:
		writer_alloc(w, time, TRACE_CALL_MALLOC, ~(uintptr_t)draw(), 1, 0, 1);
		break;
	case 6:
		writer_unsampled(w, time, addr);
		break;
	case 7:
		writer_unmap(w, time, TRACE_CALL_MUNMAP, addr, 4096, 0, 3);
		break;
	default:
		if (draw() % 2)
			writer_alloc(w, time, TRACE_CALL_MALLOC, addr,
			    draw() % 300, 0, draw() % 1000);
		else
			writer_free(w, time, TRACE_CALL_FREE_CALL, addr, 0);
	}
}

/* A body as the recorder makes it, of several chunks; returns its size. */
static size_t
make_body(unsigned char *body)
{
	struct writer w = { 0 };
	struct fixture f;
	size_t size = 0;
	uint32_t from = 0;

	fixture_open(&f, 8, 4096);
	writer_start(&w, f.h, 0, 1, 0);
	for (int i = 0; i < 4000; i++) {
		struct session_chunk *last = w.chunk;

		put_record(&w, (uint64_t)i * 3);
		if (w.chunk != last)
			from = 0;
		if (draw() % 100 == 0 && w.fill > from) {
			struct format_slice s = { .seq = w.chunk->seq,
			    .offset = from, .size = w.fill - from };

			memcpy(body + size, &s, sizeof s);
			size += sizeof s;
			memcpy(body + size, w.chunk->data + from, s.size);
			size += s.size;
			from = w.fill;
		}
		assert_true(size < BODY - 20000);
	}
	fixture_close(&f);
	return size;
}

/* Head and columns in one piece, as a reader has them. */
static size_t
lay_out(const struct columns *c, unsigned char *to)
{
	size_t size = sizeof c->head;

	memcpy(to, &c->head, size);
	for (unsigned i = 0; i < NCOLUMNS; i++) {
		memcpy(to + size, c->column[i], c->head.size[i]);
		size += c->head.size[i];
	}
	return size;
}

static void
what_is_split_is_joined_to_the_same_bytes(void **state)
{
	unsigned char *body = malloc(BODY), *laid = malloc(3 * BODY),
	    *again = malloc(BODY);
	struct columns c = { 0 };
	size_t size, n;

	(void)state;
	for (int round = 0; round < 20; round++) {
		size = make_body(body);
		assert_true(size > 10000);
		assert_true(columns_split(&c, body, size));
		n = lay_out(&c, laid);
		assert_int_equal(columns_joined(laid, n), size);
		memset(again, 0xa5, BODY);
		assert_true(columns_join(laid, n, again));
		assert_memory_equal(again, body, size);
	}
	columns_free(&c);
	free(body);
	free(laid);
	free(again);
}

/* Any byte of them changed: refused, or other bytes; never beyond the body. */
static void
damaged_columns_do_no_harm(void **state)
{
	unsigned char *body = malloc(BODY), *laid = malloc(3 * BODY);
	struct columns c = { 0 };
	size_t size, n, joined, refused = 0;
	unsigned char *again, was;

	(void)state;
	size = make_body(body);
	assert_true(columns_split(&c, body, size));
	n = lay_out(&c, laid);
	for (int i = 0; i < 4000; i++) {
		size_t at = draw() % (i % 4 ? (uint32_t)n : 200);

		was = laid[at];
		laid[at] ^= (unsigned char)(1u << draw() % 8);
		joined = columns_joined(laid, n);
		again = joined ? malloc(joined) : NULL;
		if (again == NULL || !columns_join(laid, n, again))
			refused++;
		free(again);
		laid[at] = was;
	}
	assert_true(refused > 100);
	for (size_t cut = 0; cut < n; cut += 1 + n / 300)
		assert_int_equal(columns_joined(laid, cut), 0);
	columns_free(&c);
	free(body);
	free(laid);
}

static void
a_body_that_is_no_slices_is_not_split(void **state)
{
	struct format_slice s = { .size = 10 };
	unsigned char body[sizeof s + 10];
	struct columns c = { 0 };

	(void)state;
	memcpy(body, &s, sizeof s);
	memset(body + sizeof s, 0xff, 10);
	assert_false(columns_split(&c, body, sizeof body));
	assert_false(columns_split(&c, body, sizeof s - 1));
	assert_false(columns_split(&c, body, sizeof s + 9));
	columns_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_split_is_joined_to_the_same_bytes),
		cmocka_unit_test(damaged_columns_do_no_harm),
		cmocka_unit_test(a_body_that_is_no_slices_is_not_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
