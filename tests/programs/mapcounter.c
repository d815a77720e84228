/*
 * mapcounter.c - an independent count of what a program maps itself.
 *
 * The brother of counter.c: preloaded in front of the module, it sees every
 * mmap, munmap and mremap that the program and its libraries make, counts the
 * successful ones and passes them on.  It shares no line with poolwatch.
 *
 * A process has a row of 8 words in a shared file (MAPCOUNTER_FILE), row 0
 * holding in word 0 how many were taken:
 *
 *	0 pid  1 maps  2 unmaps  3 remaps  4 bytes mapped  5 live bytes
 *
 * Which pages live is a bitmap of all 2^36 of them, in two levels.  A child of
 * fork begins with none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORDS		8u
#define PAGE		4096u
#define LEAF_BITS	18u
#define LEAF_BYTES	((1u << LEAF_BITS) / 8)
#define INTERPOSED	__attribute__((visibility("default")))

enum { PID, MAPS, UNMAPS, REMAPS, BYTES_MAPPED, LIVE };

static void *(*next_mmap)(void *, size_t, int, int, int, off_t);
static int (*next_munmap)(void *, size_t);
static void *(*next_mremap)(void *, size_t, size_t, int, ...);

static uint64_t spare[WORDS], *file, *row = spare;
static uint8_t **leaves;
static size_t nrows;
static uint32_t *alive;		/* 0 in a child that has not noticed yet */
static atomic_flag lock = ATOMIC_FLAG_INIT;

static void *
raw_map(size_t size, int flags, int fd)
{
	return (void *)syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE,
	    flags, fd, 0);
}

static void *
raw_memory(size_t size)
{
	return raw_map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void
open_file(void)
{
	const char *name = environ ? getenv("MAPCOUNTER_FILE") : NULL;
	int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0)
		file = raw_map((size_t)st.st_size, MAP_SHARED, fd);
	close(fd);
	if (file == MAP_FAILED)
		file = NULL;
	else
		nrows = (size_t)st.st_size / (8 * WORDS);
}

/* A row, and no page; the caller has the lock. */
static void
begin(void)
{
	uint64_t n;

	if (!next_mmap) {
		*(void **)&next_mmap = dlsym(RTLD_NEXT, "mmap");
		*(void **)&next_munmap = dlsym(RTLD_NEXT, "munmap");
		*(void **)&next_mremap = dlsym(RTLD_NEXT, "mremap");
		open_file();
		alive = raw_memory(PAGE);
		madvise(alive, PAGE, MADV_WIPEONFORK);
	}
	leaves = raw_memory(sizeof *leaves << (36 - LEAF_BITS));
	n = file ? __atomic_add_fetch(&file[0], 1, __ATOMIC_RELAXED) : 0;
	row = n > 0 && n < nrows ? file + n * WORDS : spare;
	row[PID] = (uint64_t)syscall(SYS_getpid);
	*alive = 1;
}

static void
enter(void)
{
	while (atomic_flag_test_and_set(&lock))
		;
	if (!alive || !*alive)
		begin();
}

static void
leave(void)
{
	atomic_flag_clear(&lock);
}

static uint64_t
whole(size_t size)
{
	return ((uint64_t)size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static void
set_pages(const void *addr, size_t size, bool to)
{
	uint64_t at = (uintptr_t)addr / PAGE, end = at + whole(size) / PAGE;

	for (; at < end; at++) {
		uint8_t **leaf = &leaves[at >> LEAF_BITS], *byte;
		unsigned bit = 1u << (at & 7);

		if (!*leaf && !to)
			continue;
		if (!*leaf)
			*leaf = raw_memory(LEAF_BYTES);
		byte = &(*leaf)[(at & ((1u << LEAF_BITS) - 1)) / 8];
		if (!(*byte & bit) == to)
			row[LIVE] += to ? PAGE : -(uint64_t)PAGE;
		*byte = (uint8_t)(to ? *byte | bit : *byte & ~bit);
	}
}

INTERPOSED void *
mmap(void *addr, size_t size, int prot, int flags, int fd, off_t off)
{
	void *p;

	enter();
	p = next_mmap(addr, size, prot, flags, fd, off);
	if (p != MAP_FAILED) {
		row[MAPS]++;
		row[BYTES_MAPPED] += whole(size);
		set_pages(p, size, true);
	}
	leave();
	return p;
}

INTERPOSED void *
mmap64(void *addr, size_t size, int prot, int flags, int fd, off_t off)
{
	return mmap(addr, size, prot, flags, fd, off);
}

INTERPOSED int
munmap(void *addr, size_t size)
{
	int r;

	enter();
	r = next_munmap(addr, size);
	if (r == 0) {
		row[UNMAPS]++;
		set_pages(addr, size, false);
	}
	leave();
	return r;
}

INTERPOSED void *
mremap(void *old, size_t size, size_t to, int flags, ...)
{
	void *fixed, *p;
	va_list ap;

	va_start(ap, flags);
	fixed = flags & MREMAP_FIXED ? va_arg(ap, void *) : NULL;
	va_end(ap);
	enter();
	p = next_mremap(old, size, to, flags, fixed);
	if (p != MAP_FAILED) {
		row[REMAPS]++;
		if (whole(to) > whole(size))
			row[BYTES_MAPPED] += whole(to) - whole(size);
		set_pages(old, size, false);
		set_pages(p, to, true);
	}
	leave();
	return p;
}
