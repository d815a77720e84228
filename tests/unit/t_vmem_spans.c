/*
 * t_vmem_spans.c - tests of vmem: import, limit, reclaim, release.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vmem_fixture.h"

/* A source that writes down what it is asked. */
struct source {
	vmem_t *from;		/* what is imported */
	vmem_t *asks;		/* who does */
	int error;		/* the answer, unless 0 */
	size_t size;		/* the last import */
	int flags;
	vmem_addr_t at;
	unsigned imports;
	vmem_addr_t released_at;
	size_t released_size;
	unsigned releases;
};

static int
import(void *arg, vmem_size_t size, int flags, vmem_addr_t *addrp)
{
	struct source *s = arg;
	int error = s->error;

	s->imports++;
	s->size = size;
	s->flags = flags;
	/* Without the lock: this answers. */
	if (s->asks != NULL)
		(void)total(s->asks);
	if (error == 0)
		error = vmem_alloc(s->from, size, BEST, addrp);
	if (error == 0)
		s->at = *addrp;
	return error;
}

static void
release(void *arg, vmem_addr_t at, vmem_size_t size)
{
	struct source *s = arg;

	s->releases++;
	s->released_at = at;
	s->released_size = size;
	if (s->asks != NULL)
		(void)total(s->asks);
	vmem_free(s->from, at, size);
}

/* An empty arena that imports from *s. */
static vmem_t *
importing(void **state, struct source *s, vmem_release_fn *fn, size_t quantum)
{
	vmem_t *vm = arena(state, 0, 0);

	memset(s, 0, sizeof(*s));
	s->from = arena(state, 0x100000, 256 * Q);
	s->asks = vm;
	assert_int_equal(vmem_set_import(vm, import, fn, s, quantum), 0);
	return vm;
}

static void
finish(vmem_t *vm, struct source *s)
{
	s->asks = NULL;
	vmem_destroy(vm);
	done(s->from);
}

static void
V50_an_empty_arena_imports_what_it_needs_rounded(void **state)
{
	struct source s;
	vmem_t *vm = importing(state, &s, release, 8 * Q);
	vmem_addr_t a = take(vm, 9 * Q, BEST);

	assert_int_equal(s.imports, 1);
	assert_int_equal(s.size, 16 * Q);
	assert_int_equal(s.flags, BEST);
	assert_int_equal(total(vm), 16 * Q);
	assert_true(a >= s.at && a <= s.at + 7 * Q);
	take(vm, 7 * Q, BEST);
	assert_int_equal(s.imports, 1);
	vmem_complain(vm, hear);
	finish(vm, &s);
}

static void
V51_an_aligned_request_imports_enough(void **state)
{
	struct source s;
	vmem_t *vm = importing(state, &s, release, 8 * Q);
	vmem_addr_t a;

	take(s.from, 3 * Q, BEST);
	assert_int_equal(vmem_xalloc(vm, Q, 16 * Q, Q, 0, 0, TOP, BEST, &a),
	    0);
	assert_int_equal(s.size, 40 * Q);
	assert_int_equal(a % (16 * Q), Q);
	vmem_xfree(vm, a, Q);
	assert_int_equal(s.releases, 1);
	vmem_free(s.from, 0x100000, 3 * Q);
	finish(vm, &s);
}

static void
V52_an_imported_span_is_released_whole(void **state)
{
	struct source s;
	vmem_t *vm = importing(state, &s, release, 8 * Q);
	vmem_addr_t a = take(vm, Q, FIRST), b = take(vm, 2 * Q, FIRST);

	vmem_free(vm, a, Q);
	settle(vm);
	assert_int_equal(s.releases, 0);
	vmem_free(vm, b, 2 * Q);
	settle(vm);
	assert_int_equal(s.releases, 1);
	assert_int_equal(s.released_at, s.at);
	assert_int_equal(s.released_size, 8 * Q);
	assert_int_equal(total(vm), 0);
	assert_int_equal(take(vm, Q, FIRST) & (Q - 1), 0);
	assert_int_equal(s.imports, 2);
	vmem_complain(vm, hear);
	finish(vm, &s);
}

static void
V53_without_releasefn_it_is_kept(void **state)
{
	struct source s;
	vmem_t *vm = importing(state, &s, NULL, 8 * Q);
	vmem_addr_t a = take(vm, Q, FIRST);

	vmem_free(vm, a, Q);
	settle(vm);
	assert_int_equal(vmem_size(vm, VMEM_FREE), 8 * Q);
	take(vm, 8 * Q, FIRST);
	assert_int_equal(s.imports, 1);
	vmem_complain(vm, hear);
	vmem_destroy(vm);
	vmem_free(s.from, s.at, s.size);
	done(s.from);
}

static void
V54_an_import_that_fails_is_ENOMEM(void **state)
{
	static const int errors[] = { EIO, -1, EINVAL, ENOMEM, 12345 };
	struct source s;
	vmem_t *vm = importing(state, &s, release, 0);
	vmem_addr_t a = 77;

	for (int i = 0; i < 5; i++) {
		s.error = errors[i];
		assert_int_equal(vmem_alloc(vm, Q, FIRST, &a), ENOMEM);
	}
	assert_int_equal(a, 77);
	assert_int_equal(s.imports, 5);
	finish(vm, &s);
}

static void
V55_spans_that_were_added_are_never_released(void **state)
{
	struct source s;
	vmem_t *vm = importing(state, &s, release, 4 * Q);
	vmem_addr_t a, b;

	assert_int_equal(vmem_add(vm, 0x1000000, 4 * Q, VMEM_NOWAIT), 0);
	a = take(vm, 4 * Q, FIRST);
	b = take(vm, 4 * Q, FIRST);
	assert_int_equal(a, 0x1000000);
	vmem_free(vm, b, 4 * Q);
	vmem_free(vm, a, 4 * Q);
	settle(vm);
	assert_int_equal(s.releases, 1);
	assert_int_equal(total(vm), 4 * Q);
	finish(vm, &s);
	assert_int_equal(s.releases, 1);
}

static void
V56_set_import_on_an_arena_with_spans_is_EBUSY(void **state)
{
	vmem_t *vm = arena(state, Q, 4 * Q);
	struct source s = { .from = vm };

	assert_int_equal(vmem_set_import(vm, import, release, &s, 0), EBUSY);
	take(vm, 4 * Q, FIRST);
	assert_int_equal(vmem_alloc(vm, Q, FIRST, NULL), ENOMEM);
	assert_int_equal(s.imports, 0);
	vmem_free(vm, Q, 4 * Q);
	done(vm);
}

static void
V57_import_quantum_0_is_the_quantum(void **state)
{
	struct source s;
	vmem_t *vm = importing(state, &s, release, 0);
	vmem_addr_t a = take(vm, 1, FIRST);

	assert_int_equal(s.size, Q);
	vmem_free(vm, a, 1);
	settle(vm);
	assert_int_equal(vmem_set_import(vm, import, release, &s, 3 * Q),
	    EINVAL);
	assert_int_equal(vmem_set_import(vm, import, release, &s, Q / 2),
	    EINVAL);
	finish(vm, &s);
}

static void
V58_importfn_runs_unlocked(void **state)
{
	struct source s;
	vmem_t *vm = importing(state, &s, release, 0);
	vmem_addr_t a;

	/* import and release ask this arena and change another. */
	alarm(10);
	a = take(vm, 2 * Q, FIRST);
	vmem_free(vm, a, 2 * Q);
	settle(vm);
	alarm(0);
	assert_int_equal(s.imports + s.releases, 2);
	finish(vm, &s);
}

static void
V59_the_limit_is_exact_and_0_means_none(void **state)
{
	struct source s;
	vmem_t *vm = importing(state, &s, release, 4 * Q);

	vmem_set_limit(vm, 8 * Q - 1);
	take(vm, 4 * Q, FIRST);
	assert_int_equal(vmem_alloc(vm, 4 * Q, FIRST, NULL), ENOMEM);
	assert_int_equal(s.imports, 1);
	vmem_set_limit(vm, 8 * Q);
	take(vm, 4 * Q, FIRST);
	assert_int_equal(vmem_alloc(vm, Q, FIRST, NULL), ENOMEM);
	vmem_set_limit(vm, 0);
	take(vm, 100 * Q, FIRST);
	assert_int_equal(total(vm), 108 * Q);
	vmem_complain(vm, hear);
	finish(vm, &s);
}

static void
V60_vmem_add_is_not_bound_by_the_limit(void **state)
{
	struct source s;
	vmem_t *vm = importing(state, &s, release, 0);

	vmem_set_limit(vm, Q);
	assert_int_equal(vmem_add(vm, 0x1000000, 4 * Q, VMEM_NOWAIT), 0);
	assert_int_equal(take(vm, 4 * Q, FIRST), 0x1000000);
	assert_int_equal(vmem_alloc(vm, Q, FIRST, NULL), ENOMEM);
	vmem_free(vm, 0x1000000, 4 * Q);
	finish(vm, &s);
}

/* What reclaim did, and what it is to free: the one at, unless 0. */
static unsigned reclaims;
static int reclaim_flags;
static vmem_addr_t reclaim_at;
static struct source *reclaim_source;
static unsigned reclaim_after;		/* imports when it was called */

static void
reclaim(vmem_t *vm, int flags)
{
	reclaims++;
	reclaim_flags = flags;
	if (reclaim_source != NULL)
		reclaim_after = reclaim_source->imports;
	(void)total(vm);
	if (reclaim_at != 0)
		vmem_xfree(vm, reclaim_at, 2 * Q);
	reclaim_at = 0;
}

static void
reclaim_starts(vmem_t *vm, vmem_addr_t at, struct source *s)
{
	reclaims = reclaim_after = 0;
	reclaim_at = at;
	reclaim_source = s;
	vmem_set_reclaim(vm, reclaim);
}

static void
V61_reclaim_is_asked_once_a_round_unlocked(void **state)
{
	vmem_t *vm = arena(state, 2 * Q, 2 * Q);

	reclaim_starts(vm, take(vm, 2 * Q, FIRST), NULL);
	alarm(10);
	assert_int_equal(take(vm, Q, BEST), 2 * Q);
	alarm(0);
	assert_int_equal(reclaims, 1);
	assert_int_equal(reclaim_flags, BEST);
	/* Where there is space nobody asks. */
	assert_int_equal(take(vm, Q, BEST), 3 * Q);
	assert_int_equal(reclaims, 1);
	vmem_free(vm, 2 * Q, Q);
	vmem_free(vm, 3 * Q, Q);
	done(vm);
}

static void
V62_reclaim_in_vain_is_ENOMEM(void **state)
{
	vmem_t *vm = arena(state, 2 * Q, 2 * Q);
	vmem_addr_t a = take(vm, 2 * Q, FIRST);

	reclaim_starts(vm, 0, NULL);
	assert_int_equal(vmem_alloc(vm, Q, FIRST, NULL), ENOMEM);
	assert_int_equal(reclaims, 1);
	/* It frees some, but not enough. */
	reclaim_starts(vm, a, NULL);
	assert_int_equal(vmem_alloc(vm, 3 * Q, FIRST, NULL), ENOMEM);
	assert_int_equal(reclaims, 1);
	done(vm);
}

static void
V63_import_comes_before_reclaim(void **state)
{
	struct source s;
	vmem_t *vm = importing(state, &s, release, 0);
	vmem_addr_t a = take(vm, 2 * Q, FIRST);

	reclaim_starts(vm, a, &s);
	vmem_set_limit(vm, 3 * Q);
	assert_int_equal(take(vm, Q, FIRST) & (Q - 1), 0);
	assert_int_equal(reclaims, 0);
	s.error = EIO;
	vmem_set_limit(vm, 0);
	assert_int_equal(vmem_alloc(vm, 2 * Q, FIRST, NULL), ENOMEM);
	assert_int_equal(reclaims, 1);
	assert_int_equal(reclaim_after, 3);
	vmem_complain(vm, hear);
	finish(vm, &s);
}

static void
V71_destroying_releases_imported_spans(void **state)
{
	struct source s;
	vmem_t *vm = importing(state, &s, release, 4 * Q);

	take(vm, 4 * Q, FIRST);
	take(vm, 8 * Q, FIRST);
	vmem_complain(vm, hear);
	s.asks = NULL;
	vmem_destroy(vm);
	assert_string_equal(heard, "leaked 49152 bytes");
	assert_int_equal(s.releases, 2);
	done(s.from);
}

static void
V85_a_child_arena_takes_from_its_parent_and_gives_all_back(void **state)
{
	vmem_t *top = arena(state, 0x100000, 256 * Q);
	vmem_t *parent = arena(state, 0, 0), *child = arena(state, 0, 0);
	vmem_addr_t a[8];

	assert_int_equal(vmem_set_import(parent, vmem_import_arena,
	    vmem_release_arena, top, 32 * Q), 0);
	assert_int_equal(vmem_set_import(child, vmem_import_arena,
	    vmem_release_arena, parent, 8 * Q), 0);
	for (int i = 0; i < 8; i++) {
		a[i] = take(child, 3 * Q, i % 2 ? BEST : NEXT);
		assert_true(vmem_contains(top, a[i], 3 * Q));
		assert_int_equal(vmem_size(parent, VMEM_ALLOC), total(child));
	}
	assert_int_equal(total(child), 32 * Q);
	assert_int_equal(vmem_size(top, VMEM_ALLOC), 32 * Q);
	for (int i = 0; i < 8; i++)
		vmem_free(child, a[i * 5 % 8], 3 * Q);
	assert_int_equal(allocated(child), 0);
	assert_int_equal(total(child), 0);
	assert_int_equal(allocated(parent), 0);
	assert_int_equal(allocated(top), 0);
	done(child);
	done(parent);
	done(top);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(V50_an_empty_arena_imports_what_it_needs_rounded),
		BOTH(V51_an_aligned_request_imports_enough),
		BOTH(V52_an_imported_span_is_released_whole),
		BOTH(V53_without_releasefn_it_is_kept),
		BOTH(V54_an_import_that_fails_is_ENOMEM),
		BOTH(V55_spans_that_were_added_are_never_released),
		BOTH(V56_set_import_on_an_arena_with_spans_is_EBUSY),
		BOTH(V57_import_quantum_0_is_the_quantum),
		BOTH(V58_importfn_runs_unlocked),
		BOTH(V59_the_limit_is_exact_and_0_means_none),
		BOTH(V60_vmem_add_is_not_bound_by_the_limit),
		BOTH(V61_reclaim_is_asked_once_a_round_unlocked),
		BOTH(V62_reclaim_in_vain_is_ENOMEM),
		BOTH(V63_import_comes_before_reclaim),
		BOTH(V71_destroying_releases_imported_spans),
	BOTH(V85_a_child_arena_takes_from_its_parent_and_gives_all_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
