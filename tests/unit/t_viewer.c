/*
 * t_viewer.c - figures, names and characters as the viewer writes them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "viewer/grid.h"
#include "viewer/key.h"
#include "viewer/text.h"

static void
check_size(uint64_t bytes, const char *text)
{
	char buf[32];

	text_size(buf, sizeof(buf), bytes);
	assert_string_equal(buf, text);
	assert_true(strlen(buf) <= 8);
}

static void
sizes_take_eight_columns_whatever_they_are(void **state)
{
	(void)state;
	check_size(0, "0 B");
	check_size(1023, "1023 B");
	check_size(1024, "1.0 KiB");
	check_size(102348, "99.9 KiB");
	check_size(102400, "100 KiB");
	check_size(1024 * 1024 - 1, "1024 KiB");
	check_size(1024 * 1024, "1.0 MiB");
	check_size(UINT64_C(5) << 40, "5.0 TiB");
	check_size(UINT64_MAX, "16.0 EiB");
}

static void
check_count(uint64_t n, const char *text)
{
	char buf[32];

	text_count(buf, sizeof(buf), n);
	assert_string_equal(buf, text);
	assert_true(strlen(buf) <= 7);
}

static void
counts_take_seven_columns(void **state)
{
	(void)state;
	check_count(0, "0");
	check_count(999, "999");
	check_count(1000, "1,000");
	check_count(999999, "999,999");
	check_count(1000000, "1.0 M");
	check_count(99949999, "99.9 M");
	check_count(123456789, "123 M");
	check_count(UINT64_C(12345678901), "12.3 G");
}

static void
check_function(const char *name, const char *text)
{
	char buf[200];

	text_function(buf, sizeof(buf), name);
	assert_string_equal(buf, text);
}

static void
long_function_names_lose_what_is_in_their_brackets(void **state)
{
	(void)state;
	check_function("f(int)", "f(int)");
	check_function("std::vector<int, std::allocator<int> >::"
	    "_M_realloc_insert<int const&>(int const&)",
	    "std::vector<>::_M_realloc_insert<>()");
	check_function("(anonymous namespace)::Parser<char, 12>::"
	    "operator()(std::string const&) const",
	    "(anonymous namespace)::Parser<>::operator()() const");
	check_function("bool std::operator<=> <char, std::char_traits<char> >"
	    "(std::string const&)", "bool std::operator<=> <>()");
	check_function("Unclosed<std::pair<int, std::map<std::string, int>",
	    "Unclosed<>");
}

static void
long_function_names_fit_their_buffer(void **state)
{
	char name[1000], buf[60];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	text_function(buf, sizeof(buf), name);
	assert_true(strlen(buf) < sizeof(buf));
}

static void
bytes_that_are_not_utf8_are_one_replacement_each(void **state)
{
	static const char *const bad[] = { "\xff", "\xc0\x80", "\xed\xa0\x80",
		"\xe2\x82", "\xf8\x88\x80\x80\x80", "\x80" };
	char text[5];
	uint32_t ch;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(grid_decode(bad[i], &ch), 1);
		assert_int_equal(ch, 0xfffd);
	}
	assert_int_equal(grid_decode("\xe2\x82\xac!", &ch), 3);
	assert_int_equal(ch, 0x20ac);
	assert_int_equal(grid_encode(ch, text), 3);
	assert_string_equal(text, "\xe2\x82\xac");
}

static void
what_lies_outside_the_grid_is_dropped(void **state)
{
	struct grid g = { 0 };

	(void)state;
	assert_int_equal(grid_resize(&g, 4, 2), 0);
	assert_int_equal(grid_put(&g, 1, 2, 10, STYLE_NORMAL, "abcdef"), 2);
	assert_int_equal(grid_put(&g, 2, 0, 10, STYLE_NORMAL, "abc"), 0);
	assert_int_equal(grid_put(&g, -1, 0, 10, STYLE_NORMAL, "abc"), 0);
	grid_put_right(&g, 0, 0, 4, STYLE_NORMAL, "yz");
	grid_paint(&g, 0, -2, 100, STYLE_BAD);
	assert_int_equal(g.cells[7].ch, 'b');
	assert_int_equal(g.cells[3].ch, 'z');
	assert_int_equal(g.cells[0].style, STYLE_BAD);
	assert_int_equal(g.cells[4].style, STYLE_NORMAL);
	assert_int_equal(grid_resize(&g, 0, 5), -1);
	grid_release(&g);
}

static void
keys_have_names(void **state)
{
	(void)state;
	assert_int_equal(key_parse("j", 1), 'j');
	assert_int_equal(key_parse("C-d", 3), 4);
	assert_int_equal(key_parse("Enter", 5), PW_KEY_ENTER);
	assert_int_equal(key_parse("F10", 3), PW_KEY_F10);
	assert_int_equal(key_parse("F1 h", 2), PW_KEY_F1);
	assert_int_equal(key_parse("\xc3\xbc", 2), 0xfc);
	assert_int_equal(key_parse("Entre", 5), 0);
	assert_int_equal(key_parse("", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_take_eight_columns_whatever_they_are),
		cmocka_unit_test(counts_take_seven_columns),
		cmocka_unit_test(
		    long_function_names_lose_what_is_in_their_brackets),
		cmocka_unit_test(long_function_names_fit_their_buffer),
		cmocka_unit_test(
		    bytes_that_are_not_utf8_are_one_replacement_each),
		cmocka_unit_test(what_lies_outside_the_grid_is_dropped),
		cmocka_unit_test(keys_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
