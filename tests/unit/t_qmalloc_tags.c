/*
 * t_qmalloc_tags.c - quickfit built with QMALLOC_TAGS: tags are kept.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "quick_child.h"

static const size_t sizes[] = { 0, 1, 24, 100, 1000, 4071, 4072, 4073, 100000 };

static void
tags_are_kept_beside_all_contents(void **state)
{
	char *p[PW_ARRAY_LEN(sizes)];

	(void)state;
	if (!child_begin(0, 0))
		return;
	for (unsigned i = 0; i < PW_ARRAY_LEN(sizes); i++) {
		p[i] = qmalloc(sizes[i]);
		CHECK(p[i] != NULL && (uintptr_t)p[i] % 16 == 0);
		CHECK(is_zero(p[i], sizes[i]));
		qsetmalloctag(p[i], i * 0x100000001u);
		qsetrealloctag(p[i], ~(uintptr_t)i);
		memset(p[i], 0xa5, qmsize(p[i]));
	}
	for (unsigned i = 0; i < PW_ARRAY_LEN(sizes); i++) {
		CHECK(qgetmalloctag(p[i]) == i * 0x100000001u);
		CHECK(qgetrealloctag(p[i]) == ~(uintptr_t)i);
		qfree(p[i]);
	}
	qsetmalloctag(NULL, 1);
	CHECK(qgetmalloctag(NULL) == UINTPTR_MAX);
	child_end();
}

static void
the_malloc_tag_is_the_caller_and_is_kept(void **state)
{
	uintptr_t here, tag;
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(10);
here:
	here = (uintptr_t)&&here;
	tag = qgetmalloctag(p);
	CHECK(tag > here - 4096 && tag < here + 4096);
	CHECK(qgetrealloctag(p) == 0);
	memset(p, 0xa5, 10);
	for (size_t size = 11; size < 200000; size = size * 3 / 2) {
		p = qrealloc(p, size);
		CHECK(qgetmalloctag(p) == tag && p[9] == (char)0xa5);
		CHECK(qgetrealloctag(p) != 0);
		CHECK(is_zero(p + 10, size - 10));
	}
	p = qrealloc(NULL, 10);
	CHECK(qgetmalloctag(p) == qgetrealloctag(p));
	p = qmallocalign(10, 0, 0, 0);
	tag = qgetmalloctag(p);
	CHECK(tag > here - 4096 && tag < here + 8192);
	child_end();
}

static void
the_users_pointer_is_aligned_not_the_block(void **state)
{
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	for (size_t align = 1; align < 10000; align = align * 2 + 1) {
		p = qmallocalign(100, align, 3, 0);
		CHECK(p != NULL && (uintptr_t)p % align == 3 % align);
		CHECK(is_zero(p, 100));
		qsetmalloctag(p, 1);
		qsetrealloctag(p, 2);
		CHECK(qgetmalloctag(p) == 1 && qgetrealloctag(p) == 2);
		qfree(p);
	}
	child_end();
}

static void
a_double_free_is_seen(void **state)
{
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(10);
	qfree(p);
	qfree(p);
	child_end_after_panic("double free");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_kept_beside_all_contents),
		cmocka_unit_test(the_malloc_tag_is_the_caller_and_is_kept),
		cmocka_unit_test(the_users_pointer_is_aligned_not_the_block),
		cmocka_unit_test(a_double_free_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
