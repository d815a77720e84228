/*
 * t_suppress.c - rules that silence: read from both syntaxes, held against
 * stacks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/suppress.h"
#include "base/compiler.h"
#include "trace/reader.h"

static struct suppressions *rules;
static char why[200];

static int
set_up(void **state)
{
	(void)state;
	rules = suppress_create();
	return rules == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	suppress_destroy(rules);
	return 0;
}

static int
read_text(const char *text)
{
	return suppress_parse(rules, "f.supp", text, strlen(text), why,
	    sizeof why);
}

static void
read_well(const char *text)
{
	why[0] = '\0';
	if (read_text(text) != 0)
		fail_msg("%s", why);
}

static void
assert_fault(const char *text, const char *want)
{
	assert_int_equal(read_text(text), -1);
	assert_string_equal(why, want);
}

/* conn_drop (inlined: buf_release) <- server_reap <- main */
static const struct names_frame frames[] = {
	{ { .function = "buf_release", .symbol = "buf_release",
	    .file = "src/buf.c", .line = 58, .module = "/srv/bin/server",
	    .inlined = true }, NULL },
	{ { .function = "Conn::drop(int)", .symbol = "_ZN4Conn4dropEi",
	    .file = "src/conn.cc", .line = 118, .module = "/srv/bin/server" },
	    NULL },
	{ { .module = "/usr/lib/libplug.so.1" }, NULL },
	{ { .function = "main", .symbol = "main",
	    .module = "/srv/bin/server" }, NULL },
};
static const struct names_stack stack = {
	(struct names_frame *)frames, PW_ARRAY_LEN(frames) };

static size_t
match_kind(uint32_t kind, uint32_t call)
{
	struct suppress_case c = { kind, SUPPRESS_UNJUDGED, call };

	return suppress_match(rules, &c, &stack);
}

static bool
matches(const char *lines)
{
	char text[400];

	tear_down(NULL);
	set_up(NULL);
	snprintf(text, sizeof text, "{\nx\nMemcheck:Free\n%s}\n", lines);
	read_well(text);
	return match_kind(TRACE_ERROR_DOUBLE_FREE, TRACE_CALL_DELETE) == 0;
}

static void
frames_match_from_the_innermost_on(void **state)
{
	(void)state;
	assert_true(matches("fun:buf_release\n"));
	assert_true(matches("fun:buf_release\nfun:_ZN4Conn*\n"));
	assert_true(matches("fun:buf_release\nfun:Conn::drop(int)\n"));
	assert_false(matches("fun:main\n"));
	assert_false(matches("fun:buf_release\nfun:main\n"));
	assert_false(matches("fun:buf\n"));
	assert_true(matches("fun:buf_release\nfun:*\nfun:*\nfun:main\n"));
	assert_false(matches("fun:buf_release\nfun:*\nfun:*\nfun:main\n"
	    "fun:more\n"));
}

static void
dots_stand_for_any_number_of_frames(void **state)
{
	(void)state;
	assert_true(matches("...\nfun:main\n"));
	assert_true(matches("...\nfun:buf_release\n"));
	assert_true(matches("fun:buf_release\n...\nobj:*libplug*\n...\n"
	    "fun:main\n...\n"));
	assert_true(matches("...\n"));
	assert_true(matches("...\n...\nfun:main\n...\n"));
	assert_false(matches("...\nfun:other\n"));
	assert_false(matches("...\nfun:main\nfun:buf_release\n"));
}

static void
the_frame_of_the_call_may_be_there(void **state)
{
	(void)state;
	assert_true(matches("fun:_ZdlPv\nfun:buf_release\n"));
	assert_true(matches("fun:_Zdl*\nfun:buf_release\n"));
	assert_true(matches("fun:operator delete(void*)\nfun:buf_release\n"));
	assert_true(matches("fun:operator delete\nfun:buf_release\n"));
	assert_false(matches("fun:free\nfun:buf_release\n"));
}

static void
inlined_frames_may_be_missing(void **state)
{
	(void)state;
	assert_true(matches("fun:_ZN4Conn4dropEi\n"));
	assert_true(matches("fun:_ZdlPv\nfun:_ZN4Conn4dropEi\n"));
	assert_false(matches("obj:*libplug*\n"));
}

static void
places_and_objects_match_too(void **state)
{
	(void)state;
	assert_true(matches("src:buf.c:58\n"));
	assert_true(matches("src:src/buf.c:58\n"));
	assert_true(matches("src:buf.c\n"));
	assert_false(matches("src:buf.c:59\n"));
	assert_true(matches("fun:*\nfun:*\nobj:/usr/lib/libplug.so.?\n"));
	assert_false(matches("fun:*\nfun:*\nobj:libplug.so.1\n"));
}

static void
what_calls_main_is_not_waited_for(void **state)
{
	(void)state;
	assert_true(matches("...\nfun:main\nfun:(below main)\n"));
	assert_true(matches("...\nfun:main\nfun:__libc_start_call_main\n"
	    "fun:__libc_start_main@@GLIBC_2.34\nfun:_start\n"));
}

/* The kinds, as a mask, that a block of this kind is for. */
static uint32_t
kinds_of(const char *kind)
{
	char text[200];

	tear_down(NULL);
	set_up(NULL);
	snprintf(text, sizeof text, "{\nx\n%s\n...\n}\n", kind);
	read_well(text);
	return suppress_count(rules) ? suppress_rule(rules, 0)->kinds : 0;
}

static void
kinds_of_memcheck_stand_for_ours(void **state)
{
	uint32_t access = 1u << TRACE_ERROR_HEAP_OVERRUN |
	    1u << TRACE_ERROR_HEAP_UNDERRUN | 1u << TRACE_ERROR_USE_AFTER_FREE;

	(void)state;
	assert_int_equal(kinds_of("Memcheck:Free"),
	    1u << TRACE_ERROR_DOUBLE_FREE | 1u << TRACE_ERROR_INVALID_FREE |
	    1u << TRACE_ERROR_MISMATCHED_FREE);
	assert_int_equal(kinds_of("Memcheck:Addr8"), access);
	assert_int_equal(kinds_of("Memcheck:Value16"), access);
	assert_int_equal(kinds_of("Memcheck:Param\nwrite(buf)"), access);
	assert_int_equal(kinds_of("Memcheck:Leak"), 1u << SUPPRESS_LEAK);
	assert_int_equal(kinds_of("Memcheck,Helgrind:Leak"),
	    1u << SUPPRESS_LEAK);
	assert_int_equal(kinds_of("poolwatch:crash"), 1u << TRACE_ERROR_CRASH);
	assert_int_equal(kinds_of("poolwatch:leak"), 1u << SUPPRESS_LEAK);
	assert_int_equal(kinds_of("Memcheck:Cond"), 0);
	assert_int_equal(kinds_of("Helgrind:Race"), 0);
}

static void
a_rule_is_for_its_kind_alone(void **state)
{
	(void)state;
	read_well("{\nx\npoolwatch:double-free\n...\n}\n");
	assert_int_equal(match_kind(TRACE_ERROR_DOUBLE_FREE, TRACE_NCALLS), 0);
	assert_true(match_kind(TRACE_ERROR_INVALID_FREE, TRACE_NCALLS) ==
	    SUPPRESS_NONE);
	assert_true(match_kind(SUPPRESS_LEAK, TRACE_CALL_MALLOC) ==
	    SUPPRESS_NONE);
}

static void
kinds_of_leaks_are_told_apart(void **state)
{
	struct suppress_case c = { SUPPRESS_LEAK, SUPPRESS_REACHABLE,
		TRACE_CALL_MALLOC };

	(void)state;
	read_well("{\nx\nMemcheck:Leak\nmatch-leak-kinds: definite,possible\n"
	    "fun:malloc\n...\n}\n");
	assert_true(suppress_match(rules, &c, &stack) == SUPPRESS_NONE);
	c.leak_kind = SUPPRESS_POSSIBLE;
	assert_int_equal(suppress_match(rules, &c, &stack), 0);
	c.leak_kind = SUPPRESS_UNJUDGED;
	assert_int_equal(suppress_match(rules, &c, &stack), 0);
}

static bool
line_matches(const char *line)
{
	tear_down(NULL);
	set_up(NULL);
	read_well(line);
	return match_kind(SUPPRESS_LEAK, TRACE_CALL_MALLOC) == 0;
}

static void
a_line_matches_any_frame(void **state)
{
	(void)state;
	assert_true(line_matches("leak:main"));
	assert_true(line_matches("leak:Conn::"));
	assert_true(line_matches("leak:libplug.so"));
	assert_true(line_matches("leak:src/buf.c"));
	assert_true(line_matches("leak:^buf_release$"));
	assert_false(line_matches("leak:^release"));
	assert_false(line_matches("leak:^buf$"));
	assert_true(line_matches("leak:C*drop"));
	assert_false(line_matches("leak:nothing"));
	assert_false(line_matches("double-free:main"));
}

static void
comments_blanks_and_blocks_of_others_are_skipped(void **state)
{
	(void)state;
	read_well("# one\n\n  {  \r\n\t name of it \n# in it\n Memcheck:Leak\n"
	    "  fun:malloc\n  ...\n}\n{\n race\n Helgrind:Race\n odd line\n"
	    " fun:x\n}\nleak:abc");
	assert_int_equal(suppress_count(rules), 2);
	assert_string_equal(suppress_rule(rules, 0)->name, "name of it");
	assert_int_equal(suppress_rule(rules, 0)->line, 3);
	assert_string_equal(suppress_rule(rules, 1)->name, "leak:abc");
	assert_int_equal(suppress_rule(rules, 1)->line, 16);
	assert_string_equal(suppress_rule(rules, 1)->file, "f.supp");
}

static void
what_is_not_understood_is_a_fault_with_its_line(void **state)
{
	(void)state;
	assert_fault("{\nx\nMemcheck:Free\nfun:a\n",
	    "f.supp:4: the block has no } at its end");
	assert_fault("{\nx\nMemcheck:Nonsense\nfun:a\n}\n",
	    "f.supp:3: memcheck has no kind 'Nonsense'");
	assert_fault("{\nx\nMemcheck:Addr\nfun:a\n}\n",
	    "f.supp:3: memcheck has no kind 'Addr'");
	assert_fault("{\nx\npoolwatch:nonsense\nfun:a\n}\n",
	    "f.supp:3: there is no kind 'nonsense'");
	assert_fault("{\nx\nFree\nfun:a\n}\n",
	    "f.supp:3: 'Free' is not TOOL:KIND");
	assert_fault("{\nx\nMemcheck:Free\nfunction:a\n}\n",
	    "f.supp:4: 'function:a' is none of fun:, obj:, src:, ... and }");
	assert_fault("{\nx\nMemcheck:Free\n}\n",
	    "f.supp:4: the block has no frame");
	assert_fault("{\nx\nMemcheck:Free\nfun:\n}\n",
	    "f.supp:4: fun: names nothing");
	assert_fault("{\nx\nMemcheck:Leak\nmatch-leak-kinds: some\nfun:a\n}\n",
	    "f.supp:4: there is no kind of leak 'some'");
	assert_fault("\nleaks:a\n",
	    "f.supp:2: 'leaks:a' is neither { nor KIND:PATTERN");
	assert_fault("leak:\n", "f.supp:1: leak: names nothing");
	assert_int_equal(suppress_parse(rules, "g", "a\0b", 3, why,
	    sizeof why), -1);
	assert_string_equal(why, "g:1: a NUL: is this text?");
}

static void
a_file_that_cannot_be_read_is_named(void **state)
{
	(void)state;
	assert_int_equal(suppress_read(rules, "/nowhere/x", why, sizeof why),
	    -1);
	assert_string_equal(why, "/nowhere/x: No such file or directory");
	assert_int_equal(suppress_read(rules, "/", why, sizeof why), -1);
	assert_string_equal(why, "/: Is a directory");
}

static void
globs_are_not_those_of_the_shell(void **state)
{
	(void)state;
	assert_true(suppress_glob("operator new[](*)",
	    "operator new[](unsigned long)"));
	assert_true(suppress_glob("a*/c", "a/b/c"));
	assert_true(suppress_glob("*b*b*", "abab"));
	assert_false(suppress_glob("a?c", "ac"));
	assert_false(suppress_glob("*ab", "abc"));
	assert_true(suppress_glob("*", ""));
	assert_false(suppress_glob("?", ""));
}

#define T(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(frames_match_from_the_innermost_on),
		T(dots_stand_for_any_number_of_frames),
		T(the_frame_of_the_call_may_be_there),
		T(inlined_frames_may_be_missing),
		T(places_and_objects_match_too),
		T(what_calls_main_is_not_waited_for),
		T(kinds_of_memcheck_stand_for_ours),
		T(a_rule_is_for_its_kind_alone),
		T(kinds_of_leaks_are_told_apart),
		T(a_line_matches_any_frame),
		T(comments_blanks_and_blocks_of_others_are_skipped),
		T(what_is_not_understood_is_a_fault_with_its_line),
		T(a_file_that_cannot_be_read_is_named),
		T(globs_are_not_those_of_the_shell),
	};

	return cmocka_run_group_tests_name("suppress", tests, NULL, NULL);
}
