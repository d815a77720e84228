/*
 * t_cli.c - tests of what the programs share: words, options, names, escapes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/args.h"
#include "cli/name.h"
#include "cli/words.h"
#include "report/escape.h"

/* The words of text, joined by |; the fault in braces. */
static const char *
split(const char *text)
{
	static char out[256];
	const char *why = "?";
	int n = -1;
	char **words = words_split(text, NULL, &n, &why);

	out[0] = '\0';
	if (!words)
		snprintf(out, sizeof out, "{%s}", why);
	for (int i = 0; words && i < n; i++) {
		strcat(out, i ? "|" : "");
		strcat(out, words[i]);
	}
	if (words)
		assert_null(words[n]);
	free(words);
	return out;
}

static void
words_are_parted_and_quoted_as_in_a_shell(void **state)
{
	(void)state;
	assert_string_equal(split(""), "");
	assert_string_equal(split(" \t\n"), "");
	assert_string_equal(split(" a  bc\td\n"), "a|bc|d");
	assert_string_equal(split("'a b' \"c d\""), "a b|c d");
	assert_string_equal(split("a'b c'\"d e\"f"), "ab cd ef");
	assert_string_equal(split("'\\n' \"\\n\" \\n"), "\\n|\\n|n");
	assert_string_equal(split("\"\\\"\\\\\\$\\`\""), "\"\\$`");
	assert_string_equal(split("a\\ b a\\\nb"), "a b|ab");
	assert_string_equal(split("'' \"\""), "|");
	assert_string_equal(split("$HOME *"), "$HOME|*");
}

static void
open_quotes_and_a_last_backslash_are_faults(void **state)
{
	(void)state;
	assert_string_equal(split("'a"), "{a quote is not closed}");
	assert_string_equal(split("a \"b"), "{a quote is not closed}");
	assert_string_equal(split("a\\"), "{it ends in a backslash}");
}

static void
no_text_overruns_the_one_piece_of_memory(void **state)
{
	char text[64];
	unsigned seed = 12345;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t n = seed % sizeof text;

		for (size_t i = 0; i < n; i++) {
			seed = seed * 1103515245 + 12345;
			text[i] = " a'\"\\\nb$"[seed >> 16 & 7];
		}
		text[n ? n - 1 : 0] = '\0';
		split(text);
	}
}

#define ROWS(_)								\
	_(OUTPUT, "output", 'o', "FILE", NOW, "One", "a file")		\
	_(OUTDOOR, "outdoor", 0, NULL, NOW, "One", "air")		\
	_(SAMPLE, "sample", 0, "BYTES", LATER, "Two", "some")		\
	_(COLOUR, "colour", 0, "[WHEN]", NOW, "Two", "or not")		\
	_(WORD, "word", 0, "N", HIDDEN, "Two", "of old")
enum { ROWS(ARGS_AS_ENUM) };
static const struct args_option rows[] = { ROWS(ARGS_AS_ROW) };
static const struct args_program program = {
	"t", "t", "a test", NULL, rows, sizeof rows / sizeof rows[0], false,
};

/* What a command line gives: "name=value;" each, then the rest. */
static const char *
parse(const struct args_program *p, int argc, ...)
{
	static char out[512];
	static char words[8][64];
	char *argv[9] = { (char *)"t" };
	enum args_result r;
	struct args a;
	va_list ap;

	va_start(ap, argc);
	for (int i = 1; i <= argc; i++)
		argv[i] = strcpy(words[i - 1], va_arg(ap, const char *));
	va_end(ap);
	out[0] = '\0';
	args_begin(&a, p, argc + 1, argv);
	while ((r = args_next(&a)) == ARGS_OPTION) {
		strcat(strcat(out, a.option->name), "=");
		strcat(strcat(out, a.value ? a.value : "-"), ";");
	}
	if (r == ARGS_BAD)
		strcat(strcat(out, "!"), a.message);
	for (int i = 0; r == ARGS_END && i < a.argc; i++)
		strcat(strcat(out, a.argv[i]), ",");
	args_end(&a);
	return out;
}

static void
options_are_met_by_letter_name_and_abbreviation(void **state)
{
	(void)state;
	assert_string_equal(parse(&program, 2, "-o", "x"), "output=x;");
	assert_string_equal(parse(&program, 1, "-ox"), "output=x;");
	assert_string_equal(parse(&program, 1, "--output=x"), "output=x;");
	assert_string_equal(parse(&program, 2, "--outp", "x"), "output=x;");
	assert_string_equal(parse(&program, 1, "--colour"), "colour=-;");
	assert_string_equal(parse(&program, 1, "--colour=no"), "colour=no;");
	assert_string_equal(parse(&program, 1, "--word=3"), "word=3;");
	assert_string_equal(parse(&program, 3, "a", "--outd", "b"),
	    "outdoor=-;a,b,");
	assert_string_equal(parse(&program, 2, "--", "-o"), "-o,");
}

static void
the_first_other_word_may_end_the_options(void **state)
{
	struct args_program p = program;

	(void)state;
	p.stop_at_word = true;
	assert_string_equal(parse(&p, 3, "--outdoor", "a", "--outdoor"),
	    "outdoor=-;a,--outdoor,");
	assert_string_equal(parse(&p, 1, "-o"), "!-o needs an argument");
}

static void
every_refusal_says_why(void **state)
{
	(void)state;
	assert_string_equal(parse(&program, 1, "--sample=1"),
	    "!--sample is not yet built into this version");
	assert_string_equal(parse(&program, 1, "--out=1"),
	    "!--out=1 could mean more than one option (see --help)");
	assert_string_equal(parse(&program, 1, "--no"),
	    "!there is no option --no (see --help)");
	assert_string_equal(parse(&program, 1, "-x"),
	    "!there is no option -x (see --help)");
	assert_string_equal(parse(&program, 1, "--outdoor=1"),
	    "!--outdoor=1 takes no argument");
	assert_string_equal(parse(&program, 1, "--output"),
	    "!--output needs an argument: --output=FILE");
	assert_string_equal(parse(&program, 1, "--\033[31m"),
	    "!there is no option --\\x1b[31m (see --help)");
}

static void
numbers_sizes_and_choices_are_exact(void **state)
{
	uint64_t n = 99;
	unsigned i = 99;
	bool yes;

	(void)state;
	assert_int_equal(args_number("12", 1, 12, &n), 0);
	assert_int_equal(n, 12);
	assert_int_equal(args_number("13", 1, 12, &n), -1);
	assert_int_equal(args_number("0", 1, 12, &n), -1);
	assert_int_equal(args_number("-1", 0, UINT64_MAX, &n), -1);
	assert_int_equal(args_number("1x", 0, 9, &n), -1);
	assert_int_equal(args_number("", 0, 9, &n), -1);
	assert_int_equal(args_number("18446744073709551616", 0, UINT64_MAX,
	    &n), -1);
	assert_int_equal(n, 12);
	assert_int_equal(args_size("64K", &n), 0);
	assert_int_equal(n, 65536);
	assert_int_equal(args_size("2GiB", &n), 0);
	assert_int_equal(n, 2147483648);
	assert_int_equal(args_size("64KB", &n), -1);
	assert_int_equal(args_size("99999999999T", &n), -1);
	assert_int_equal(args_choice("pro", "check|profile|guard", &i), 0);
	assert_int_equal(i, 1);
	assert_int_equal(args_choice("", "check|profile", &i), -1);
	assert_int_equal(args_choice("a", "ab|ac", &i), -1);
	assert_int_equal(args_choice("a", "ab|a|ac", &i), 0);
	assert_int_equal(i, 1);
	assert_int_equal(args_yes_no("yes", &yes), 0);
	assert_true(yes);
	assert_int_equal(args_yes_no("maybe", &yes), -1);
}

static const char *
expand(const char *pattern, unsigned n)
{
	static const struct name_facts facts = { 4711, "/usr/bin/server", 99 };
	static char path[PATH_MAX];
	char why[512];

	return name_expand(path, pattern, &facts, n, why) ? "!" : path;
}

static void
names_are_made_from_letters(void **state)
{
	(void)state;
	setenv("T_CLI", "v/w", 1);
	assert_string_equal(expand("%e.%p.pwt", 1), "server.4711.pwt");
	assert_string_equal(expand("a%%b%n%t", 7), "a%b799");
	assert_string_equal(expand("%q{T_CLI}/x", 1), "v/w/x");
	assert_string_equal(expand("", 1), "!");
	assert_string_equal(expand("%", 1), "!");
	assert_string_equal(expand("%z", 1), "!");
	assert_string_equal(expand("%q", 1), "!");
	assert_string_equal(expand("%q{T_CLI", 1), "!");
	assert_string_equal(expand("%q{T_CLI_NOT}", 1), "!");
}

static void
a_name_never_outgrows_its_room(void **state)
{
	static char pattern[PATH_MAX + 8];

	(void)state;
	memset(pattern, 'x', PATH_MAX - 1);
	assert_int_equal(strlen(expand(pattern, 1)), PATH_MAX - 1);
	pattern[PATH_MAX - 1] = 'x';
	assert_string_equal(expand(pattern, 1), "!");
	strcpy(pattern + PATH_MAX - 3, "%p");
	assert_string_equal(expand(pattern, 1), "!");
}

static const char *
escaped(const char *text)
{
	static char out[256];

	escape_text(out, sizeof out, text, strlen(text));
	return out;
}

static void
what_could_drive_a_terminal_is_escaped(void **state)
{
	(void)state;
	assert_string_equal(escaped("plain text"), "plain text");
	assert_string_equal(escaped("\033[2J\r\n\t"), "\\x1b[2J\\r\\n\\t");
	assert_string_equal(escaped("a\\b"), "a\\\\b");
	assert_string_equal(escaped("\177\001"), "\\x7f\\x01");
	/* C1's CSI, a mark that turns the direction, a line separator. */
	assert_string_equal(escaped("\302\233"), "\\u009b");
	assert_string_equal(escaped("\342\200\256"), "\\u202e");
	assert_string_equal(escaped("\342\200\250"), "\\u2028");
	/* Letters of other scripts stay. */
	assert_string_equal(escaped("\303\274\346\274\242\360\237\220\247"),
	    "\303\274\346\274\242\360\237\220\247");
}

static void
bytes_that_are_not_utf8_are_escaped_one_by_one(void **state)
{
	(void)state;
	assert_string_equal(escaped("\377"), "\\xff");
	assert_string_equal(escaped("\300\257"), "\\xc0\\xaf");
	assert_string_equal(escaped("\355\240\200"), "\\xed\\xa0\\x80");
	assert_string_equal(escaped("\364\220\200\200"),
	    "\\xf4\\x90\\x80\\x80");
	assert_string_equal(escaped("\303"), "\\xc3");
	assert_string_equal(escaped("\342\202x"), "\\xe2\\x82x");
}

static void
what_does_not_fit_is_left_out_whole(void **state)
{
	char out[6];

	(void)state;
	assert_int_equal(escape_text(out, sizeof out, "ab\033c", 4), 7);
	assert_string_equal(out, "ab");
	assert_int_equal(escape_text(out, sizeof out, "abcd\303\274", 6), 6);
	assert_string_equal(out, "abcd");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_parted_and_quoted_as_in_a_shell),
		cmocka_unit_test(open_quotes_and_a_last_backslash_are_faults),
		cmocka_unit_test(no_text_overruns_the_one_piece_of_memory),
		cmocka_unit_test(
		    options_are_met_by_letter_name_and_abbreviation),
		cmocka_unit_test(the_first_other_word_may_end_the_options),
		cmocka_unit_test(every_refusal_says_why),
		cmocka_unit_test(numbers_sizes_and_choices_are_exact),
		cmocka_unit_test(names_are_made_from_letters),
		cmocka_unit_test(a_name_never_outgrows_its_room),
		cmocka_unit_test(what_could_drive_a_terminal_is_escaped),
		cmocka_unit_test(
		    bytes_that_are_not_utf8_are_escaped_one_by_one),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
