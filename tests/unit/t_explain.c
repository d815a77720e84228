/*
 * t_explain.c - values known by their form, and the answers that need no trace.
 *
 * What a trace says of blocks is tests/cli/poolleak_explain.sh's.
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

#include "analysis/value.h"
#include "base/compiler.h"
#include "fake_trace.h"
#include "report/explain.h"

#define BLOCK	0x7f3a1c0412a0ull

static void
fill_words_name_their_block(void **state)
{
	static const unsigned all[] = { VALUE_NEW, VALUE_FREED, VALUE_UNUSED };
	struct value_fill f;

	(void)state;
	assert_true(value_fill_word(VALUE_FREED, BLOCK) ==
	    0xf77f3a1cf70412a0ull);
	for (size_t i = 0; i < PW_ARRAY_LEN(all); i++) {
		assert_true(value_is_fill(value_fill_word(all[i], BLOCK), &f));
		assert_int_equal(f.signature, all[i]);
		assert_true(f.address == BLOCK && f.unknown == 0);
	}
	assert_true(value_is_fill(value_fill_word(VALUE_GUARD, BLOCK), &f));
	assert_int_equal(f.signature, VALUE_GUARD);
	assert_true(f.address == (BLOCK & ~f.unknown));
}

static void
what_is_no_fill_is_not_taken_for_it(void **state)
{
	static const uint64_t others[] = { 0, ~0ull, BLOCK,
		0xf77f3a1cf90412a0ull, 0xf77f3a1cf70412a8ull,
		0xfd7f3a1cfd0412a0ull, 0x00000000f70412a0ull };
	struct value_fill f;

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(others); i++)
		assert_false(value_is_fill(others[i], &f));
}

static void
fill_is_known_turned_and_swapped_and_halved(void **state)
{
	uint64_t word = value_fill_word(VALUE_FREED, BLOCK);
	struct value_fill f;
	uint32_t bits;
	unsigned sig;

	(void)state;
	for (unsigned k = 0; k < 8; k++) {
		uint64_t read = k ? word >> 8 * k | word << (64 - 8 * k) : word;

		assert_true(value_is_turned_fill(read, k, &f));
		assert_true(f.address == BLOCK);
	}
	assert_true(value_is_swapped_fill(__builtin_bswap64(word), &f));
	assert_true(f.address == BLOCK);
	assert_true(value_is_half_fill(word & 0xffffffff, &sig, &bits));
	assert_true(sig == VALUE_FREED && bits == (BLOCK & 0xffffff));
	assert_true(value_is_half_fill(word >> 32, &sig, &bits));
	assert_true(bits == BLOCK >> 24);
	assert_false(value_is_half_fill(word, &sig, &bits));
	assert_false(value_is_half_fill(0x41414141, &sig, &bits));
}

static void
values_are_read_as_people_write_them(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(explain_parse("0x7f3a1c0412a0", &v), 0);
	assert_true(v == BLOCK);
	assert_int_equal(explain_parse("0XFF", &v), 0);
	assert_true(v == 255);
	assert_int_equal(explain_parse("4711", &v), 0);
	assert_true(v == 4711);
	assert_int_equal(explain_parse("-2", &v), 0);
	assert_true(v == ~0ull - 1);
	assert_int_equal(explain_parse("18446744073709551615", &v), 0);
	assert_true(v == ~0ull);
	assert_int_equal(explain_parse("", &v), -1);
	assert_int_equal(explain_parse("0x", &v), -1);
	assert_int_equal(explain_parse("12 ", &v), -1);
	assert_int_equal(explain_parse(" 12", &v), -1);
	assert_int_equal(explain_parse("--1", &v), -1);
	assert_int_equal(explain_parse("abc", &v), -1);
	assert_int_equal(explain_parse("18446744073709551616", &v), -1);
}

/* The first answer without a trace to read. */
static void
assert_is(uint64_t value, const char *what, const char *text)
{
	struct report_options o = { .parts = REPORT_ERRORS };
	struct heap *heap;
	struct report *r;
	struct explain *x;

	fake_reset();
	fake_process(4711, ~0u, "/srv/server");
	fake_function(0x20051, "callback", "callback", "src/cb.c", 3);
	heap = heap_create(FAKE_READER);
	r = report_create(FAKE_READER, heap, FAKE_SYMBOLS, &o);
	assert_int_equal(report_gather(r), 0);
	x = explain_create(r, value);
	assert_non_null(x);
	assert_true(x->n > 0);
	assert_string_equal(x->answers[0].what, what);
	if (strstr(x->answers[0].text, text) == NULL)
		fail_msg("0x%llx: %s", (unsigned long long)value,
		    x->answers[0].text);
	free(x);
	report_destroy(r);
	heap_destroy(heap);
}

static void
values_tell_by_themselves(void **state)
{
	(void)state;
	assert_is(0, "null", "It is NULL.");
	assert_is(24, "null", "NULL, and 24: a member");
	assert_is(~0ull, "number", "It is the number -1.");
	assert_is(0xffffffd6, "number", "As an int it is -42.");
	assert_is(0xdeadbeef, "mark", "must not be used");
	assert_is(0xdeadbeefdeadbeef, "mark", "must not be used");
	assert_is(0xa5a5a5a5a5a5a5a5, "mark", "jemalloc");
	assert_is(0xbebebebebebebebe, "mark", "AddressSanitizer");
	assert_is(0xffffffffcdcdcdcd, "mark", "not written");
	assert_is(0x6f742d6567726f65, "text", "\"eorge-to\"");
	assert_is(0x3ff8000000000000, "double", "1.5.");
	assert_is(0x40490fdb, "float", "3.14159");
	assert_is(0x7ffd12345678, "stack", "stack of main");
	assert_is(0x20050, "code", "callback (src/cb.c:3), /opt/lib/libfoo");
	assert_is(value_fill_word(VALUE_FREED, BLOCK), "fill",
	    "no such block");
	assert_is(0xf70412a0, "fill", "half a word");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fill_words_name_their_block),
		cmocka_unit_test(what_is_no_fill_is_not_taken_for_it),
		cmocka_unit_test(fill_is_known_turned_and_swapped_and_halved),
		cmocka_unit_test(values_are_read_as_people_write_them),
		cmocka_unit_test(values_tell_by_themselves),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
