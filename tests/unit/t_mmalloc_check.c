/*
 * t_mmalloc_check.c - tests of mmcheck, mmstats and what damage does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "tests/unit/heap_fixture.h"

#include <signal.h>

#include "alloc/mmalloc_layout.h"

static int ndamaged;

static void
on_damage(void)
{
	ndamaged++;
}

/* What is written to descriptor 2 while fn runs. */
static char *
said(void (*fn)(void *), void *arg)
{
	static char text[1000];
	int log = heap_file(), old = dup(2);
	ssize_t n;

	dup2(log, 2);
	fn(arg);
	dup2(old, 2);
	close(old);
	n = pread(log, text, sizeof(text) - 1, 0);
	text[n < 0 ? 0 : n] = 0;
	close(log);
	return text;
}

struct block {
	void *md;
	char *p;
};

static void
free_block(void *arg)
{
	struct block *b = arg;

	mfree(b->md, b->p);
}

static void
damage_is_told(size_t size, long at, const char *words)
{
	int fd;
	struct block b = { .md = heap_new(&fd) };
	char *after;

	ndamaged = 0;
	assert_int_equal(mmcheck(b.md, on_damage), 1);
	b.p = mmalloc(b.md, size);
	after = mmalloc(b.md, 100);
	assert_non_null(after);
	b.p[at] ^= 0x55;
	assert_non_null(strstr(said(free_block, &b), words));
	assert_int_equal(ndamaged, 1);
	errno = 0;
	assert_null(mmalloc(b.md, 10));
	assert_int_equal(errno, EUCLEAN);
	mfree(b.md, after);
	assert_int_equal(ndamaged, 1);
	heap_end(b.md, fd);
}

static int
overrun(void *arg)
{
	int fd = *(int *)arg;
	void *md = fd < 0 ? heap_new(&fd) : mmalloc_attach(fd, NULL);
	char *p = mmalloc(md, 20);

	if (*(int *)arg < 0)
		mmcheck(md, NULL);
	signal(SIGABRT, SIG_DFL);
	p[20] = 1;
	mfree(md, p);
	return 0;
}

static void
M43_one_byte_too_many_calls_the_function(void **state)
{
	int none = -1;

	(void)state;
	damage_is_told(20, 20, "byte 20 of it");	/* guard */
	damage_is_told(24, 24, "overflow");		/* the next header */
	damage_is_told(1000, 1000, "overflow");
	damage_is_told(100, -8, "no");			/* its own header */
	damage_is_told(100, -3, "no");
	assert_int_equal(in_child(overrun, &none), -SIGABRT);
}

static void
M44_checking_survives_attaching_again(void **state)
{
	int fd;
	void *md = heap_new(&fd);
	char *p, byte = 0;

	(void)state;
	assert_int_equal(mmcheck(md, on_damage), 1);
	p = mmalloc(md, 20);
	assert_null(mmalloc_detach(md));
	assert_int_equal(in_child(overrun, &fd), -SIGABRT);
	md = mmalloc_attach(fd, NULL);
	assert_null(md);	/* the heap is looked at: the child's overrun */
	assert_int_equal(errno, EUCLEAN);
	close(fd);

	/* A heap that nobody asked to be checked is attached all the same. */
	md = heap_new(&fd);
	p = mmalloc(md, 20);
	assert_null(mmalloc_detach(md));
	heap_poke(fd, (size_t)(p + 20 - (char *)md), &byte, 1);
	assert_ptr_equal(mmalloc_attach(fd, NULL), md);
	heap_end(md, fd);
}

static void
M45_mmstats_counts_blocks(void **state)
{
	int fd;
	void *md = heap_new(&fd), *p, *q;
	struct mstats s = mmstats(md);

	(void)state;
	assert_int_equal(s.bytes_total, heap_size(fd));
	assert_int_equal(s.chunks_used, 0);
	assert_int_equal(s.chunks_free, 1);
	p = mmalloc(md, 1000);
	q = mmalloc(md, 2000);
	s = mmstats(md);
	assert_int_equal(s.chunks_used, 2);
	assert_int_equal(s.bytes_used, 1008 + 2016);
	mfree(md, p);
	s = mmstats(md);
	assert_int_equal(s.chunks_used, 1);
	assert_int_equal(s.chunks_free, 2);
	assert_int_equal(s.bytes_used + s.bytes_free +
	    MMALLOC_ARENA + POOL_ARENA_OVERHEAD, s.bytes_total);
	mfree(md, q);
	assert_int_equal(mmstats(md).bytes_used, 0);
	heap_end(md, fd);
}

static void
M47_double_and_foreign_frees_are_told(void **state)
{
	static char mine[100];
	int fd;
	struct block b = { .md = heap_new(&fd) };

	(void)state;
	ndamaged = 0;
	mmcheck(b.md, on_damage);
	b.p = mmalloc(b.md, 100);
	mfree(b.md, b.p);
	assert_non_null(strstr(said(free_block, &b), "double-free"));
	assert_int_equal(ndamaged, 1);
	heap_end(b.md, fd);
	for (int i = 0; i < 3; i++) {
		b.md = heap_new(&fd);
		mmcheck(b.md, on_damage);
		b.p = i == 0 ? mine + 32 : (char *)mmalloc(b.md, 100) + 16 * i;
		assert_non_null(strstr(said(free_block, &b), "non-block"));
		assert_int_equal(ndamaged, i + 2);
		heap_end(b.md, fd);
	}
}

static jmp_buf out;

static void
jump_out(void)
{
	longjmp(out, 1);
}

static void
the_function_may_jump_away(void **state)
{
	int fd;
	void *md = heap_new(&fd);
	char *p = mmalloc(md, 20);

	(void)state;
	mmcheck(md, jump_out);
	p[20] = 1;
	if (setjmp(out) == 0) {
		mfree(md, p);
		fail();
	}
	assert_null(mmalloc(md, 10));
	md = md;
	if (setjmp(out) == 0)
		assert_null(mmalloc_detach(md));
	close(fd);
}

static void
mmcheck_looks_at_all_of_the_heap(void **state)
{
	int fd;
	void *md = heap_new(&fd);
	char *p = mmalloc(md, 20);

	(void)state;
	ndamaged = 0;
	p[20] = 1;
	assert_int_equal(mmcheck(md, on_damage), 1);
	assert_int_equal(ndamaged, 1);
	heap_end(md, fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(M43_one_byte_too_many_calls_the_function),
		cmocka_unit_test(M44_checking_survives_attaching_again),
		cmocka_unit_test(M45_mmstats_counts_blocks),
		cmocka_unit_test(M47_double_and_foreign_frees_are_told),
		cmocka_unit_test(the_function_may_jump_away),
		cmocka_unit_test(mmcheck_looks_at_all_of_the_heap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
