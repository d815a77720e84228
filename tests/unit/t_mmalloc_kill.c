/*
 * t_mmalloc_kill.c - a writer is killed at any moment; its heap is there.
 *
 * Two threads of a child write one heap file until a SIGKILL comes, some
 * microseconds to milliseconds after the child has begun.  Then the file must
 * attach, be sound and hold what the journals say (heap_writer), and the next
 * child goes on with it.
 *
 * KILLS=n in the environment sets how many, SEED=n which.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/mmalloc.h"
#include "base/check.h"
#include "tests/unit/heap_writer.h"

#define FRESH_AFTER	50u	/* kills of one file */

void
check_failed(const char *what, const char *file, int line)
{
	print_error("%s:%d: %s\n", file, line, what);
	abort();
}

static uint64_t
number(const char *name, uint64_t standard)
{
	const char *s = getenv(name);

	return s != NULL ? strtoull(s, NULL, 0) : standard;
}

static int
temp_file(void)
{
	char path[] = "/dev/shm/pw-kill-XXXXXX";
	int fd = mkstemp(path);

	if (fd >= 0)
		unlink(path);
	else
		fd = fileno(tmpfile());
	return fd;
}

static void *md;

static void *
write_for_ever(void *j)
{
	for (;;)
		writer_op(md, j);
	return NULL;
}

static void
child_main(int fd, struct writer_journal *j, int ready)
{
	pthread_t t;

	if (write(ready, "r", 1) != 1)
		_exit(1);
	md = mmalloc_attach(fd, NULL);
	if (md == NULL)
		_exit(2);
	for (unsigned i = 1; i < WRITER_NTHREADS; i++)
		pthread_create(&t, NULL, write_for_ever, &j[i]);
	write_for_ever(j);
}

/* The child lives until it has been attached for this long, or less. */
static void
kill_one(int fd, struct writer_journal *j, unsigned us)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0)
		child_main(fd, j, ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	usleep(us);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail_msg("the child ended by itself, status %x", status);
	close(ready[0]);
	close(ready[1]);
}

static int
fresh(struct writer_journal *j, uint64_t seed)
{
	int fd = temp_file();

	for (unsigned i = 0; i < WRITER_NTHREADS; i++)
		writer_start(&j[i], seed, i, 200000);
	mmalloc_detach(mmalloc_attach(fd, NULL));
	return fd;
}

static void
a_killed_writer_leaves_every_block(void **state)
{
	uint64_t nkills = number("KILLS", 300), seed = number("SEED", 1);
	uint64_t rng = seed * 0x9e3779b97f4a7c15ull | 1, nops = 0;
	struct writer_journal *j = mmap(NULL, WRITER_NTHREADS * sizeof(*j),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = -1;

	(void)state;
	for (uint64_t i = 0; i < nkills; i++) {
		const char *wrong;

		if (i % FRESH_AFTER == 0) {
			close(fd);
			nops += j[0].nops + j[1].nops;
			fd = fresh(j, seed + i);
		}
		kill_one(fd, j, (unsigned)(writer_random(&rng) % 3000));
		wrong = writer_verify(fd, j, WRITER_NTHREADS);
		if (wrong != NULL)
			fail_msg("seed %lu, kill %lu: %s", (unsigned long)seed,
			    (unsigned long)i, wrong);
		writer_settle(fd, j, WRITER_NTHREADS);
	}
	nops += j[0].nops + j[1].nops;
	print_message("seed %lu: %lu kills, %lu calls\n", (unsigned long)seed,
	    (unsigned long)nkills, (unsigned long)nops);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_writer_leaves_every_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
