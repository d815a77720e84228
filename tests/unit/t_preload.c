/*
 * t_preload.c - the parts of the preload module that stand alone.
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

#include "base/compiler.h"
#include "preload/bootstrap.h"
#include "preload/environ.h"
#include "preload/preload_impl.h"

#define MODULE	"/usr/lib/x/module.so"
#define SESSION	"/dev/shm/session"

static void
a_glob_matches_the_whole_of_a_name(void **state)
{
	static const struct {
		const char *glob, *text;
		bool match;
	} rows[] = {
		{ "sh", "sh", true }, { "sh", "bash", false },
		{ "*sh", "bash", true }, { "s*", "bash", false },
		{ "*", "", true }, { "", "", true }, { "", "x", false },
		{ "a?c", "abc", true }, { "a?c", "ac", false },
		{ "*.s*o", "lib.so.so", true }, { "*a*b*c", "xaybzc", true },
		{ "*a*b*c", "xaybz", false }, { "[a-c]x", "bx", true },
		{ "[!a-c]x", "bx", false }, { "[]]", "]", true },
		{ "[", "[", true }, { "[ab", "[ab", true },
		{ "[a-]", "-", true }, { "**b", "aab", true },
		{ "/bin/*", "/bin/sh", true }, { "a", "", false },
	};

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(rows); i++)
		if (glob_match(rows[i].glob, rows[i].text) != rows[i].match)
			fail_msg("%s against %s", rows[i].glob, rows[i].text);
}

static void
a_long_glob_does_not_run_away(void **state)
{
	char text[4096];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

/* env of writable strings, as a process has it. */
static char **
env_of(const char *const *strings)
{
	static char *env[16];
	int n = 0;

	for (; strings[n] != NULL; n++)
		env[n] = strdup(strings[n]);
	env[n] = NULL;
	return env;
}

static void
expect_env(char *const *env, const char *const *strings)
{
	for (; *strings != NULL; env++, strings++) {
		assert_non_null(*env);
		assert_string_equal(*env, *strings);
	}
	assert_null(*env);
}

#define STRINGS(...)	((const char *const []){ __VA_ARGS__, NULL })

static void
our_words_disappear_and_the_users_stay(void **state)
{
	char **env;

	(void)state;
	env = env_of(STRINGS("A=1", "LD_PRELOAD=" MODULE, "B=2",
	    "POOLWATCH_SESSION=" SESSION, "C=3"));
	environ_hide(env, MODULE);
	expect_env(env, STRINGS("A=1", "B=2", "C=3"));

	env = env_of(STRINGS("LD_PRELOAD=" MODULE ":a.so " MODULE " b.so"));
	environ_hide(env, MODULE);
	expect_env(env, STRINGS("LD_PRELOAD=a.so b.so"));

	env = env_of(STRINGS("LD_PRELOAD=" MODULE "2", "LD_PRELOADX=1"));
	environ_hide(env, MODULE);
	expect_env(env, STRINGS("LD_PRELOAD=" MODULE "2", "LD_PRELOADX=1"));
	environ_hide(NULL, MODULE);
}

static void
what_was_hidden_is_wiped_where_it_lay(void **state)
{
	char **env = env_of(STRINGS("LD_PRELOAD=" MODULE ":u.so", "A=1"));
	char *was = env[0];
	size_t size = sizeof("LD_PRELOAD=" MODULE ":u.so");

	(void)state;
	environ_hide(env, MODULE);
	assert_string_equal(was, "LD_PRELOAD=u.so");
	for (size_t i = strlen(was); i < size; i++)
		assert_int_equal(was[i], 0);
}

static void
a_childs_environment_has_our_words_in_front(void **state)
{
	char **env = env_of(STRINGS("A=1", "LD_PRELOAD=u.so:v.so",
	    "POOLWATCH_SESSION=old", "B=2"));
	size_t count, size;
	char **array, *text;

	(void)state;
	environ_measure(env, MODULE, SESSION, &count, &size);
	/* Just as much as was asked for: a byte more is valgrind's to tell. */
	array = malloc(count * sizeof(*array));
	text = malloc(size);
	environ_build(env, MODULE, 0, SESSION, array, text);
	expect_env(array, STRINGS("LD_PRELOAD=" MODULE ":u.so:v.so",
	    "POOLWATCH_SESSION=" SESSION, "A=1", "B=2"));
	environ_hide(array, MODULE);
	expect_env(array, STRINGS("LD_PRELOAD=u.so:v.so", "A=1", "B=2"));
	environ_build(env, MODULE, 1, SESSION, array, text);
	assert_string_equal(array[0], "LD_PRELOAD=u.so:" MODULE ":v.so");
	assert_int_equal(environ_place(array[0] + 11, MODULE), 1);
	environ_build(env, MODULE, 7, SESSION, array, text);
	assert_string_equal(array[0], "LD_PRELOAD=u.so:v.so:" MODULE);
	free(text);
	free(array);
	environ_measure(NULL, MODULE, SESSION, &count, &size);
	assert_int_equal(count, 3);
}

static int told;
static int told_freed;

static void
tell(void *ptr, size_t size, unsigned call, bool freed, void *arg)
{
	(void)ptr;
	(void)size;
	(void)call;
	(void)arg;
	told++;
	told_freed += freed;
}

static void
early_blocks_are_told_once(void **state)
{
	void *a = bootstrap_take(10, 0, TRACE_CALL_MALLOC, false);
	void *b = bootstrap_take(20, 0, TRACE_CALL_MALLOC, false);
	void *c = bootstrap_take(30, 0, TRACE_CALL_MALLOC, true);

	(void)state;
	assert_false(bootstrap_give(a));
	bootstrap_tell(tell, NULL);
	assert_int_equal(told, 2);
	assert_int_equal(told_freed, 1);
	bootstrap_tell(tell, NULL);
	assert_int_equal(told, 2);
	assert_false(bootstrap_give(a));
	assert_true(bootstrap_give(b));
	assert_false(bootstrap_give(b));
	assert_false(bootstrap_give(c));
}

static void
early_blocks_are_aligned_zeroed_and_known(void **state)
{
	size_t size = 1;
	char *p, *last = NULL;

	(void)state;
	for (size_t align = 1; align <= 65536; align *= 2, size = size * 3) {
		p = bootstrap_take(size % 300000, align, TRACE_CALL_CALLOC,
		    false);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % (align < 16 ? 16 : align), 0);
		assert_true(bootstrap_owns(p));
		assert_int_equal(bootstrap_size(p), size % 300000);
		for (size_t i = 0; i < size % 300000; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size % 300000);
		assert_ptr_not_equal(p, last);
		last = p;
	}
	assert_false(bootstrap_owns(&size));
	assert_false(bootstrap_owns(NULL));
	assert_null(bootstrap_take(SIZE_MAX - 8, 0, TRACE_CALL_MALLOC, false));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_glob_matches_the_whole_of_a_name),
		cmocka_unit_test(a_long_glob_does_not_run_away),
		cmocka_unit_test(our_words_disappear_and_the_users_stay),
		cmocka_unit_test(what_was_hidden_is_wiped_where_it_lay),
		cmocka_unit_test(a_childs_environment_has_our_words_in_front),
		cmocka_unit_test(early_blocks_are_told_once),
		cmocka_unit_test(early_blocks_are_aligned_zeroed_and_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
