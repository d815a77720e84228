/*
 * t_mmalloc_damage.c - heap files with wrong bytes in them: no answer is a crash.
 *
 * A process of its own attaches each file and uses what it finds.  It may be
 * refused, it may be told of damage; it must not die of it, and it must end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "tests/unit/heap_fixture.h"

#include <signal.h>

#include "alloc/mmalloc_inspect.h"

#define NBLOCKS	40

struct sample {
	char *bytes;
	size_t size;
	char *base;
	void *block[NBLOCKS];	/* allocated ones, and freed ones */
};

static uint64_t rng;

static uint64_t
random_next(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static struct sample
sample_make(bool open)
{
	struct sample s = { 0 };
	int fd;

	s.base = heap_new(&fd);
	for (int i = 0; i < NBLOCKS; i++)
		s.block[i] = i % 5 == 0 ?
		    mmemalign(s.base, 256, 100 + (size_t)i * 50) :
		    mmalloc(s.base, 10 + (size_t)i * 60);
	mmalloc_setkey(s.base, 0, s.block[0]);
	for (int i = 1; i < NBLOCKS; i += 3)
		mfree(s.base, s.block[i]);
	assert_null(mmalloc_detach(s.base));
	if (open)
		heap_poke(fd, offsetof(struct mmalloc_header, state),
		    "open\0\0\0", 8);
	s.size = heap_size(fd);
	s.bytes = malloc(s.size);
	assert_int_equal(pread(fd, s.bytes, s.size, 0), s.size);
	close(fd);
	return s;
}

static void
ignore(void)
{
}

struct attempt {
	int fd;
	const struct sample *s;
};

/* Everything but a signal is right. */
static int
use_it(void *arg)
{
	struct attempt *a = arg;
	struct mmalloc_view v;
	void *md;

	alarm(20);
	for (int sig = 1; sig < 32; sig++)	/* cmocka's handlers */
		signal(sig, SIG_DFL);
	if (mmalloc_inspect_open(&v, a->fd) == 0) {
		mmalloc_inspect_walk(&v, NULL, NULL, NULL);
		mmalloc_inspect_close(&v);
	}
	md = mmalloc_attach_readonly(a->fd);
	mmstats(md);
	mmalloc_detach(md);
	md = mmalloc_attach(a->fd, NULL);
	if (md == NULL)
		return 1;
	mmcheck(md, ignore);
	for (int i = 0; i < NBLOCKS; i++) {
		mfree(md, mrealloc(md, a->s->block[i], 500));
		mmalloc(md, 10 + (size_t)i * 30);
	}
	mmalloc_detach(md);
	return 0;
}

/* The same, without looking at all of it first. */
static int
use_it_blindly(void *arg)
{
	struct attempt *a = arg;
	void *md;

	alarm(20);
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	md = mmalloc_attach(a->fd, NULL);
	if (md == NULL)
		return 1;
	for (int i = 0; i < 1000; i++) {
		void *p = mmalloc(md, 10 + (size_t)i * 30 % 3000);

		if (i % 2)
			mfree(md, p);
	}
	mmalloc_detach(md);
	return 0;
}

static void
try_bytes(const struct sample *s, char *bytes, const char *what)
{
	struct attempt a = { heap_file(), s };

	for (int blind = 0; blind < 2; blind++) {
		int status;

		heap_poke(a.fd, 0, bytes, s->size);
		assert_int_equal(ftruncate(a.fd, (off_t)s->size), 0);
		status = in_child(blind ? use_it_blindly : use_it, &a);
		if (blind && status == -SIGABRT)
			continue;	/* the damage was told */
		if (status < 0 || status == HEAP_ASSERTED)
			fail_msg("%s: status %d, blind %d", what, status,
			    blind);
	}
	close(a.fd);
}

static void
flip(const struct sample *s, size_t from, size_t to, unsigned n,
    const char *where)
{
	char *bytes = malloc(s->size), what[80];

	for (unsigned i = 0; i < n; i++) {
		uint64_t seed = rng;
		unsigned nbytes = 1 + random_next() % 3;

		memcpy(bytes, s->bytes, s->size);
		while (nbytes-- > 0)
			bytes[from + random_next() % (to - from)] ^=
			    1 << random_next() % 8;
		snprintf(what, sizeof(what), "%s, seed %#lx", where,
		    (unsigned long)seed);
		try_bytes(s, bytes, what);
	}
	free(bytes);
}

static unsigned
rounds(void)
{
	const char *n = getenv("ROUNDS"), *seed = getenv("SEED");

	rng = seed != NULL ? strtoull(seed, NULL, 0) : 0x1234567;
	print_message("seed %#lx\n", (unsigned long)rng);
	return n != NULL ? (unsigned)atoi(n) : 60;
}

static void
bits_of_the_header(void **state)
{
	unsigned n = rounds();

	(void)state;
	for (int open = 0; open < 2; open++) {
		struct sample s = sample_make(open);

		flip(&s, 0, sizeof(struct mmalloc_header), n, "header");
		free(s.bytes);
	}
}

static void
bits_of_the_blocks(void **state)
{
	unsigned n = rounds();

	(void)state;
	for (int open = 0; open < 2; open++) {
		struct sample s = sample_make(open);

		flip(&s, MMALLOC_ARENA, s.size, n, "blocks");
		flip(&s, MMALLOC_ARENA, MMALLOC_ARENA + 100, n / 2, "arena");
		free(s.bytes);
	}
}

/* One bit of each header, so that none escapes. */
static void
bits_of_every_block_header(void **state)
{
	(void)state;
	rounds();
	for (int open = 0; open < 2; open++) {
		struct sample s = sample_make(open);

		for (int i = 0; i < NBLOCKS; i++) {
			size_t at = (size_t)((char *)s.block[i] - s.base) - 8;

			flip(&s, at, at + 8, 2, "block header");
		}
		free(s.bytes);
	}
}

static void
random_bytes_from_some_place_on(void **state)
{
	unsigned n = rounds();

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		struct sample s = sample_make(i & 1);
		size_t from = random_next() % s.size;

		for (size_t b = from; b < s.size; b++)
			s.bytes[b] = (char)random_next();
		try_bytes(&s, s.bytes, "random bytes");
		free(s.bytes);
	}
}

/* The proof that a signal is noticed. */
static int
die(void *arg)
{
	(void)arg;
	signal(SIGSEGV, SIG_DFL);
	return raise(SIGSEGV);
}

static void
a_child_that_dies_is_noticed(void **state)
{
	(void)state;
	assert_int_equal(in_child(die, NULL), -SIGSEGV);
}

/* A header overwritten: what is behind it is found all the same. */
struct seen {
	unsigned nalloc;
	unsigned nfaults;
};

static void
see_block(void *arg, const struct mmalloc_block *b)
{
	((struct seen *)arg)->nalloc += b->kind == POOL_KIND_ALLOC;
}

static void
see_fault(void *arg, const struct mmalloc_fault *f)
{
	(void)f;
	((struct seen *)arg)->nfaults++;
}

static void
the_walk_loses_no_block_but_the_damaged(void **state)
{
	int fd;
	char *md = heap_new(&fd), *p[20];
	struct seen seen = { 0, 0 };
	struct mmalloc_view v;

	(void)state;
	for (int i = 0; i < 20; i++)
		p[i] = memset(mmalloc(md, 200), i, 200);
	assert_null(mmalloc_detach(md));
	heap_poke(fd, (size_t)(p[7] - md) - 8, "overrun!", 8);
	heap_poke(fd, (size_t)(p[9] - md) - 8, "overrun!", 8);
	heap_poke(fd, (size_t)(p[15] - md) - 8, "", 1);	/* a fence */
	assert_int_equal(mmalloc_inspect_open(&v, fd), 0);
	mmalloc_inspect_walk(&v, see_block, see_fault, &seen);
	assert_int_equal(seen.nalloc, 18);
	assert_int_equal(seen.nfaults, 3);
	mmalloc_inspect_close(&v);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_that_dies_is_noticed),
		cmocka_unit_test(bits_of_the_header),
		cmocka_unit_test(bits_of_the_blocks),
		cmocka_unit_test(bits_of_every_block_header),
		cmocka_unit_test(random_bytes_from_some_place_on),
		cmocka_unit_test(the_walk_loses_no_block_but_the_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
