/*
 * t_unwind_objects.c - objects come and go; their rows go with them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unwind/oracle.h"
#include "trace/session.h"
#include "unwind/unwind_impl.h"

#define NOINLINE	__attribute__((noinline))
#define KEEP(x)		__asm__ volatile("" : "+r"(x) : : "memory")
#define PLUGINS		"tests/unwind/.libs/"
#define TOLD_MAX	256

typedef int (*plugin_fn)(int (*)(void));

static struct unwind_thread thread;

/* What the walker told. */
struct told {
	struct unwind_object object;
	char path[256];
	unsigned char build_id[32];
	int gone;
};

static struct told told[TOLD_MAX];
static unsigned ntold;
static unsigned ngone;

static void
on_seen(const struct unwind_object *o, void *arg)
{
	struct told *t = &told[ntold++ % TOLD_MAX];

	(void)arg;
	t->object = *o;
	snprintf(t->path, sizeof t->path, "%s", o->path);
	memcpy(t->build_id, o->build_id, o->build_id_size);
	t->gone = 0;
}

static void
on_gone(uintptr_t start, void *arg)
{
	unsigned i;

	(void)arg;
	ngone++;
	for (i = 0; i < ntold && i < TOLD_MAX; i++)
		if (told[i].object.start == start)
			told[i].gone = 1;
}

static struct told *
told_of(const void *address)
{
	uintptr_t addr = (uintptr_t)address;
	unsigned i;

	for (i = 0; i < ntold && i < TOLD_MAX; i++)
		if (!told[i].gone && addr >= told[i].object.start &&
		    addr < told[i].object.end)
			return &told[i];
	return NULL;
}

static NOINLINE int
leaf(void)
{
	int n = oracle_check(&thread);

	KEEP(n);
	return n;
}

static int
check_phdr(struct dl_phdr_info *info, size_t size, void *arg)
{
	unsigned *n = arg;
	unsigned i;

	(void)size;
	for (i = 0; i < ntold; i++)
		if (told[i].object.bias == info->dlpi_addr &&
		    strcmp(told[i].path, info->dlpi_name) == 0)
			return (*n)++, 0;
	print_message("not told: %s\n", info->dlpi_name);
	return 1;
}

static void
objects_of_the_start_are_told_with_build_id(void **state)
{
	unsigned n = 0;

	(void)state;
	assert_int_equal(dl_iterate_phdr(check_phdr, &n), 0);
	assert_true(n >= 4);
	assert_int_equal(n, ntold);
	assert_non_null(told_of((void *)qsort));
	assert_int_equal(told_of((void *)qsort)->object.build_id_size, 20);
	assert_non_null(told_of((void *)leaf));
	assert_string_equal(told_of((void *)leaf)->path, "");
}

struct counts {
	uint64_t adds;
	uint64_t subs;
};

static int
take_counts(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	*(struct counts *)arg = (struct counts){ info->dlpi_adds,
	    info->dlpi_subs };
	return 1;
}

/* A fresh search, for the walker's own words are hidden. */
static struct unwind_process probe;

static void
the_words_behind_the_counters_of_ld_so_are_found(void **state)
{
	struct counts c;
	void *lib;
	int i;

	(void)state;
	probe.page = 4096;
	assert_int_equal(rows_init(&probe), 0);
	assert_int_equal(objects_init(&probe), 0);
	assert_true(probe.words.known);
	assert_true(probe.words.stride != 0);
	for (i = 0; i < 3; i++) {
		lib = dlopen(PLUGINS "plugin_a.so", RTLD_NOW);
		assert_non_null(lib);
		dl_iterate_phdr(take_counts, &c);
		assert_true(*probe.words.adds == c.adds);
		assert_true(*probe.words.adds - *probe.words.nloaded == c.subs);
		dlclose(lib);
		dl_iterate_phdr(take_counts, &c);
		assert_true(*probe.words.adds - *probe.words.nloaded == c.subs);
	}
}

static int
call_plugin(const char *path, uintptr_t *where)
{
	void *lib = dlopen(path, RTLD_NOW);
	plugin_fn fn;
	int n;

	assert_non_null(lib);
	*(void **)&fn = dlsym(lib, "plugin_call");
	*where = (uintptr_t)fn;
	n = fn(leaf);
	assert_non_null(told_of((void *)fn));
	assert_non_null(strstr(told_of((void *)fn)->path, "plugin"));
	dlclose(lib);
	return n;
}

static void
copy_file(const char *from, const char *to)
{
	char command[600];

	unlink(to);
	snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
	assert_int_equal(system(command), 0);
}

static void
a_plugin_loaded_where_another_was_has_rows_of_its_own(void **state)
{
	char path[64];
	uintptr_t first;
	uintptr_t second;
	unsigned same = 0;
	unsigned gone = ngone;
	int i;

	(void)state;
	snprintf(path, sizeof path, "./plugin-%d.so", (int)getpid());
	for (i = 0; i < 4; i++) {
		copy_file(PLUGINS "plugin_a.so", path);
		assert_true(call_plugin(path, &first) > 3);
		copy_file(PLUGINS "plugin_b.so", path);
		assert_true(call_plugin(path, &second) > 3);
		same += first == second;
	}
	unlink(path);
	leaf();
	assert_true(same > 0);	/* or nothing was tested */
	assert_int_equal(ngone - gone, 8);
}

static uintptr_t alone[64];

__attribute__((noinline)) static int
capture_alone(void)
{
	struct unwind_start start = UNWIND_CALLER();

	return (int)unwind_capture(&thread, &start, alone, 64);
}

/* libunwind can't be asked: it sees the objects of its own namespace only. */
static void
a_plugin_in_a_namespace_of_its_own_is_walked(void **state)
{
	uintptr_t direct[64];
	void *lib;
	plugin_fn fn;
	unsigned gone = ngone;
	int here = capture_alone();
	int i;

	(void)state;
	memcpy(direct, alone, sizeof direct);
	for (i = 0; i < 6; i++) {
		lib = dlmopen(LM_ID_NEWLM, i % 2 == 0 ? PLUGINS "plugin_a.so" :
		    PLUGINS "plugin_b.so", RTLD_NOW);
		assert_non_null(lib);
		*(void **)&fn = dlsym(lib, "plugin_call");
		/* plugin_call, this at another line, the same callers. */
		assert_int_equal(fn(capture_alone), here + 1);
		assert_true(alone[0] - (uintptr_t)fn < 64);
		assert_memory_equal(alone + 2, direct + 1,
		    (size_t)(here - 1) * sizeof direct[0]);
		dlclose(lib);
		assert_true(leaf() > 2);
	}
	assert_true(ngone >= gone + 6);
}

static int unloaded;

static int
leaf_of_unload(void)
{
	unloaded = leaf();
	return unloaded;
}

/* By the compiler's start files, which have no unwind information. */
static void
what_is_called_when_a_plugin_is_closed_is_walked(void **state)
{
	void *lib = dlopen(PLUGINS "plugin_a.so", RTLD_NOW);
	void (*at_unload)(int (*)(void));

	(void)state;
	assert_non_null(lib);
	*(void **)&at_unload = dlsym(lib, "plugin_at_unload");
	at_unload(leaf_of_unload);
	dlclose(lib);
	assert_true(unloaded > 10);
}

static void
a_plugin_that_does_not_say_where_its_frames_are_is_walked(void **state)
{
	uintptr_t where;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(call_plugin(PLUGINS "plugin_bare.so", &where) > 3);
}

static void
frames_of_late_binding_are_walked_over_rbx(void **state)
{
	void *lib = dlopen(PLUGINS "plugin_lazy.so", RTLD_LAZY);
	plugin_fn outer;
	int *resolved;

	(void)state;
	assert_non_null(lib);
	*(void **)&outer = dlsym(lib, "plugin_outer");
	resolved = dlsym(lib, "plugin_resolved");
	assert_int_equal(outer(leaf), 2);
	/* leaf, resolver, 2 of ld.so, trampoline, outer, this, ... */
	assert_true(*resolved > 8);
	dlclose(lib);
}

static volatile int stop;

static void *
load_and_unload(void *arg)
{
	void *lib;

	(void)arg;
	while (!stop) {
		lib = dlopen(PLUGINS "plugin_a.so", RTLD_NOW);
		if (lib != NULL)
			dlclose(lib);
	}
	return NULL;
}

static void
captures_go_on_while_another_thread_loads_and_unloads(void **state)
{
	pthread_t t;
	int i;

	(void)state;
	stop = 0;
	assert_int_equal(pthread_create(&t, NULL, load_and_unload, NULL), 0);
	for (i = 0; i < 2000; i++)
		assert_true(leaf() > 2);
	stop = 1;
	pthread_join(t, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_of_the_start_are_told_with_build_id),
		cmocka_unit_test(
		    the_words_behind_the_counters_of_ld_so_are_found),
		cmocka_unit_test(
		    a_plugin_loaded_where_another_was_has_rows_of_its_own),
		cmocka_unit_test(a_plugin_in_a_namespace_of_its_own_is_walked),
		cmocka_unit_test(
		    what_is_called_when_a_plugin_is_closed_is_walked),
		cmocka_unit_test(
		    a_plugin_that_does_not_say_where_its_frames_are_is_walked),
		cmocka_unit_test(frames_of_late_binding_are_walked_over_rbx),
		cmocka_unit_test(
		    captures_go_on_while_another_thread_loads_and_unloads),
	};

	if (oracle_init() != 0)
		return 99;
	unwind_on_object(on_seen, on_gone, NULL);
	if (unwind_init() != 0)
		return 99;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
