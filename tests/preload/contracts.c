/*
 * contracts.c - each entry does what its manual page says, errno included.
 *
 * Holds bare (which shows that the expectations are glibc's) and watched.
 * Prints the line of each expectation that does not hold; answers 1 then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed;

#define EXPECT(e) do {							\
	if (!(e)) {							\
		printf("%d: %s\n", __LINE__, #e);			\
		failed = 1;						\
	}								\
} while (0)

/* What the compiler must not reason about. */
static void *volatile p;
static void *volatile q;
static volatile size_t huge = SIZE_MAX;

#define FAILS(call, number) do {					\
	errno = 0;							\
	q = (call);							\
	EXPECT(q == NULL);						\
	EXPECT(errno == (number));					\
} while (0)

static int
aligned(const void *at, size_t align)
{
	return at != NULL && (uintptr_t)at % align == 0;
}

static void
errno_is_kept_by_what_succeeds(void)
{
	errno = 77;
	p = malloc(100);
	p = realloc(p, 100000);
	free(p);
	p = calloc(10, 10);
	free(p);
	free(NULL);
	p = memalign(64, 10);
	free(p);
	EXPECT(malloc_usable_size(NULL) == 0);
	p = malloc(3000000);
	p = realloc(p, 6000000);
	free(p);
	EXPECT(errno == 77);
}

static void
too_much_fails_with_enomem(void)
{
	FAILS(malloc(huge), ENOMEM);
	FAILS(malloc(huge / 2 + 1), ENOMEM);
	FAILS(calloc(huge, 2), ENOMEM);
	FAILS(calloc(huge / 4, 3), ENOMEM);
	FAILS(memalign(64, huge - 100), ENOMEM);
	FAILS(aligned_alloc(64, huge / 2 + 1), ENOMEM);
	FAILS(valloc(huge), ENOMEM);
	FAILS(pvalloc(huge - 5), ENOMEM);
	p = malloc(10);
	memcpy(p, "123456789", 10);
	FAILS(realloc(p, huge), ENOMEM);
	FAILS(reallocarray(p, huge / 2, 3), ENOMEM);
	EXPECT(strcmp(p, "123456789") == 0);
	free(p);
}

static void
posix_memalign_says_its_error_by_value(void)
{
	void *at = &failed;

	errno = 77;
	EXPECT(posix_memalign(&at, 3, 10) == EINVAL);
	EXPECT(posix_memalign(&at, 4, 10) == EINVAL);
	EXPECT(posix_memalign(&at, 0, 10) == EINVAL);
	EXPECT(at == &failed);
	EXPECT(posix_memalign(&at, 256, 10) == 0);
	EXPECT(aligned(at, 256));
	EXPECT(errno == 77);
	free(at);
	at = &failed;
	EXPECT(posix_memalign(&at, 64, huge / 2 + 1) == ENOMEM);
	EXPECT(at == &failed);
}

static void
alignments_are_kept(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t align = 1; align <= 1 << 20; align *= 2) {
		p = memalign(align, 33);
		EXPECT(aligned(p, align));
		memset(p, 1, 33);
		free(p);
	}
	p = memalign(48, 10);
	EXPECT(aligned(p, 64));
	free(p);
	p = aligned_alloc(128, 256);
	EXPECT(aligned(p, 128));
	p = realloc(p, 5000);
	EXPECT(aligned(p, 16));
	free(p);
	p = valloc(10);
	EXPECT(aligned(p, page));
	free(p);
	p = pvalloc(page + 1);
	EXPECT(aligned(p, page));
	memset(p, 1, 2 * page);
	free(p);
	for (size_t n = 0; n < 300; n++) {
		p = malloc(n);
		EXPECT(aligned(p, 16));
		free(p);
	}
	FAILS(memalign(huge, 10), EINVAL);
}

static void
realloc_keeps_what_was_there(void)
{
	unsigned char *at = NULL;
	size_t had = 0;

	for (size_t n = 1; n < 3000000; n = n * 5 / 3 + 1) {
		at = realloc(at, n);
		for (size_t i = 0; i < had; i++)
			EXPECT(at[i] == (unsigned char)(i * 7));
		for (size_t i = had; i < n; i++)
			at[i] = (unsigned char)(i * 7);
		had = n;
	}
	for (size_t n = had; n > 0; n = n / 2) {
		at = realloc(at, n);
		for (size_t i = 0; i < n; i++)
			EXPECT(at[i] == (unsigned char)(i * 7));
	}
	EXPECT(realloc(at, 0) == NULL);
}

static void
calloc_is_zero_where_memory_was_used(void)
{
	static const size_t sizes[] = { 1, 24, 400, 5000, 70000, 3000000 };
	unsigned char *at;
	size_t sum;

	for (int i = 0; i < 6; i++) {
		at = malloc(sizes[i]);
		memset(at, 0xaa, sizes[i]);
		p = at;
		free(p);
		at = calloc(1, sizes[i]);
		sum = 0;
		for (size_t j = 0; j < sizes[i]; j++)
			sum += at[j];
		EXPECT(sum == 0);
		free(at);
	}
}

static void
usable_is_at_least_what_was_asked(void)
{
	for (size_t n = 0; n < 5000; n += 7) {
		p = malloc(n);
		EXPECT(malloc_usable_size(p) >= n);
		memset(p, 0x55, malloc_usable_size(p));
		free(p);
	}
}

static void
zero_bytes_are_a_block_of_their_own(void)
{
	p = malloc(0);
	q = malloc(0);
	EXPECT(p != NULL && q != NULL && p != q);
	free(p);
	free(q);
	p = calloc(0, 10);
	EXPECT(p != NULL);
	free(p);
	p = realloc(NULL, 0);
	EXPECT(p != NULL);
	free(p);
}

static void
questions_are_answered(void)
{
	struct mallinfo2 m;
	char text[4096] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	p = malloc(100000);
	m = mallinfo2();
	EXPECT(m.arena + m.hblkhd >= 100000);
	EXPECT(m.uordblks >= 100000);
	EXPECT(mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1);
	EXPECT(malloc_info(0, f) == 0);
	fclose(f);
	EXPECT(strncmp(text, "<malloc version=", 16) == 0);
	EXPECT(strstr(text, "</malloc>") != NULL);
	EXPECT(malloc_info(1, stdout) == EINVAL);
	free(p);
	malloc_trim(0);
}

int
main(void)
{
	errno_is_kept_by_what_succeeds();
	too_much_fails_with_enomem();
	posix_memalign_says_its_error_by_value();
	alignments_are_kept();
	realloc_keeps_what_was_there();
	calloc_is_zero_where_memory_was_used();
	usable_is_at_least_what_was_asked();
	zero_bytes_are_a_block_of_their_own();
	questions_are_answered();
	return failed;
}
