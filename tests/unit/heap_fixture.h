/*
 * heap_fixture.h - heap files for mmalloc's tests, and processes to use them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_TESTS_HEAP_FIXTURE_H
#define PW_TESTS_HEAP_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/mmalloc.h"
#include "base/check.h"

#define HEAP_ASSERTED	99	/* how a process ends whose fault is ours */

void
check_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	_exit(HEAP_ASSERTED);
}

/* An empty file of no name. */
static inline int
heap_file(void)
{
	char path[] = "/tmp/pw-heap-XXXXXX";
	int fd = mkstemp(path);

	if (fd >= 0)
		unlink(path);
	assert_true(fd >= 0);
	return fd;
}

static inline size_t
heap_size(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (size_t)st.st_size;
}

/* An attached heap in a new file. */
static inline void *
heap_new(int *fd)
{
	void *md;

	*fd = heap_file();
	md = mmalloc_attach(*fd, NULL);
	assert_non_null(md);
	return md;
}

static inline void
heap_end(void *md, int fd)
{
	assert_null(mmalloc_detach(md));
	close(fd);
}

/* A file with a detached heap: one block, under key 0, that says "kept". */
static inline int
heap_kept(void)
{
	int fd;
	void *md = heap_new(&fd);
	char *p = mmalloc(md, 100);

	strcpy(p, "kept");
	mmalloc_setkey(md, 0, p);
	assert_null(mmalloc_detach(md));
	return fd;
}

static inline void
heap_poke(int fd, size_t off, const void *bytes, size_t size)
{
	assert_int_equal(pwrite(fd, bytes, size, (off_t)off), size);
}

/* mmalloc_attach says no, for this reason, and leaves every byte alone. */
static inline void
heap_refused(int fd, int error)
{
	size_t size = heap_size(fd);
	char *before = malloc(size + 1), *after = malloc(size + 1);

	assert_int_equal(pread(fd, before, size, 0), size);
	errno = 0;
	assert_null(mmalloc_attach(fd, NULL));
	assert_int_equal(errno, error);
	assert_int_equal(heap_size(fd), size);
	assert_int_equal(pread(fd, after, size, 0), size);
	assert_memory_equal(before, after, size);
	free(before);
	free(after);
}

/* What fn returns in a child; minus the signal that ended it. */
static inline int
in_child(int (*fn)(void *), void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 2);
		_exit(fn(arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static inline bool
is_mapped(const void *at)
{
	unsigned char vec;
	uintptr_t page = (uintptr_t)at & ~(uintptr_t)(getpagesize() - 1);

	return mincore((void *)page, 1, &vec) == 0;
}

#endif
