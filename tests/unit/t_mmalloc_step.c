/*
 * t_mmalloc_step.c - a heap file is sound after every single store.
 *
 * A child writes a heap, one instruction at a time.  Whenever the file is not
 * what it was an instruction ago, a copy of it is what a kill at that moment
 * would have left: it must attach, be sound and hold every block (heap_writer).
 *
 * OPS=n in the environment sets how many calls, SEED=n which.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/mmalloc.h"
#include "base/check.h"
#include "tests/unit/heap_writer.h"

#define ROOM	((size_t)8 << 20)	/* files do not grow larger */

void
check_failed(const char *what, const char *file, int line)
{
	print_error("%s:%d: %s\n", file, line, what);
	abort();
}

struct stepper {
	int fd;			/* the child's file */
	const char *now;	/* its bytes */
	int copy;		/* what the verifier attaches */
	char *before;
	size_t size;
	struct writer_journal *j;
	unsigned long nsteps;
	unsigned long nstates;	/* files that were judged */
};

static uint64_t
number(const char *name, uint64_t standard)
{
	const char *s = getenv(name);

	return s != NULL ? strtoull(s, NULL, 0) : standard;
}

static int
temp_file(void)
{
	char path[] = "/dev/shm/pw-step-XXXXXX";
	int fd = mkstemp(path);

	if (fd >= 0)
		unlink(path);
	else
		fd = fileno(tmpfile());
	return fd;
}

/* What a child does; n is how much of it. */
typedef void	child_fn(void *md, struct writer_journal *, uint64_t n);

static void
write_at_random(void *md, struct writer_journal *j, uint64_t n)
{
	while (j->nops < n)
		writer_op(md, j);
}

/*
 * A header of a rest in what was guard: from 16 and from 32 bytes before the
 * end of a block on, with something behind it and with nothing.
 */
static void
shrink_by_little(void *md, struct writer_journal *j, uint64_t n)
{
	for (size_t size = 64; j->nops < n; size++) {
		writer_set(md, j, 0, size);
		writer_set(md, j, 1, 56 + size % 3 * 16);
		writer_set(md, j, 2, 40);
		if (size % 2)
			writer_set(md, j, 1, 0);
		writer_set(md, j, 0, size - 11);
		writer_set(md, j, 0, size - 40);
		for (unsigned i = 0; i < 3; i++)
			if (j->rec[i].state != WRITER_NONE)
				writer_set(md, j, i, 0);
	}
}

static void
child_main(int fd, struct writer_journal *j, child_fn *fn, uint64_t n)
{
	void *md;

	if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
		_exit(77);
	raise(SIGSTOP);
	md = mmalloc_attach(fd, NULL);
	fn(md, j, n);
	_exit(mmalloc_detach(md) != NULL);
}

static bool
has_changed(struct stepper *s)
{
	struct stat st;
	size_t size;

	assert_int_equal(fstat(s->fd, &st), 0);
	size = (size_t)st.st_size;
	if (size == 0 || (size == s->size &&
	    memcmp(s->now, s->before, size) == 0))
		return false;
	assert_true(size <= ROOM);
	memcpy(s->before, s->now, size);
	s->size = size;
	return true;
}

static void
judge(struct stepper *s)
{
	const char *wrong;

	assert_int_equal(pwrite(s->copy, s->before, s->size, 0), s->size);
	assert_int_equal(ftruncate(s->copy, (off_t)s->size), 0);
	wrong = writer_verify(s->copy, s->j, 1);
	s->nstates++;
	if (wrong == NULL)
		return;
	print_error("call %lu, state %lu: %s\n", (unsigned long)s->j->nops,
	    s->nstates, wrong);
	fail();
}

static void
step_all(struct stepper *s, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		s->nsteps++;
		if (has_changed(s))
			judge(s);
		if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP)
			fail_msg("signal %d", WSTOPSIG(status));
		ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
run(child_fn *fn, uint64_t seed, uint64_t nops, size_t large)
{
	struct stepper s = { .fd = temp_file(), .copy = temp_file() };
	pid_t pid;

	s.now = mmap(NULL, ROOM, PROT_READ, MAP_SHARED, s.fd, 0);
	s.before = malloc(ROOM);
	s.j = mmap(NULL, sizeof(*s.j), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	writer_start(s.j, seed, 0, large);
	pid = fork();
	if (pid == 0)
		child_main(s.fd, s.j, fn, nops);
	step_all(&s, pid);
	print_message("seed %lu: %lu calls, %lu instructions, %lu states of "
	    "the file\n", (unsigned long)seed, (unsigned long)s.j->nops,
	    s.nsteps, s.nstates);
	assert_true(s.nstates > nops);
	munmap((void *)s.now, ROOM);
	munmap(s.j, sizeof(*s.j));
	free(s.before);
	close(s.fd);
	close(s.copy);
}

static void
every_store_leaves_a_heap_that_recovers(void **state)
{
	(void)state;
	run(write_at_random, number("SEED", 1), number("OPS", 60), 3000);
}

static void
every_store_while_the_file_grows_and_shrinks(void **state)
{
	(void)state;
	run(write_at_random, number("SEED", 2), number("OPS", 60) / 2, 700000);
}

static void
every_store_while_a_block_shrinks_by_little(void **state)
{
	(void)state;
	run(shrink_by_little, 1, 140, 100);
}

/* The judge can say no. */
static void
a_header_that_is_half_written_is_not_taken(void **state)
{
	static struct writer_journal j;
	int fd = temp_file();
	char *md = mmalloc_attach(fd, NULL), *word, byte;

	(void)state;
	writer_start(&j, 3, 0, 300);
	while (j.nops < 50)
		writer_op(md, &j);
	word = j.rec[0].addr;
	for (unsigned i = 0; i < WRITER_NRECS; i++)
		if (j.rec[i].state == WRITER_STABLE)
			word = j.rec[i].addr;
	assert_null(mmalloc_detach(md));
	assert_null(writer_verify(fd, &j, 1));
	assert_int_equal(pread(fd, &byte, 1, word - md - 4), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, word - md - 4), 1);
	assert_non_null(writer_verify(fd, &j, 1));
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_that_is_half_written_is_not_taken),
		cmocka_unit_test(every_store_leaves_a_heap_that_recovers),
		cmocka_unit_test(every_store_while_a_block_shrinks_by_little),
		cmocka_unit_test(every_store_while_the_file_grows_and_shrinks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
