/*
 * os.h - the operating system, for both sides of the wall.
 *
 * Every call is a raw system call: no errno is touched, nothing is a
 * cancellation point, nothing goes through a symbol the watched program could
 * have replaced.  Results are the kernel's: values from -4095 to -1 are
 * negated errno codes.  All functions may be called from a signal handler.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_BASE_OS_H
#define PW_BASE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The smallest page Linux has; layouts on disk and in shared memory use it. */
#define OS_PAGE_MIN	4096u

/* Six arguments, the kernel's result. */
long	os_syscall(long nr, long a, long b, long c, long d, long e, long f);

/* Page size in bytes of this machine, from the auxiliary vector. */
size_t	os_page_size(void);

/*
 * Anonymous private memory, zeroed, readable and writable.  size is rounded
 * up to pages.  NULL when there is none; the caller owns it until os_unmap.
 */
void	*os_map(size_t size);

/* The same, inaccessible: addresses only, no memory is counted. */
void	*os_reserve(size_t size);

/* Map [off, off + size) of a file, shared, readable and writable.  NULL on failure. */
void	*os_map_file(int fd, size_t size, off_t off);

/* mmap(2) with an address: the address it gave, or a negated errno. */
long	os_map_at(void *addr, size_t size, int prot, int flags, int fd,
	    off_t off);

/* 0, or a negated errno.  [addr, addr + size) is page aligned. */
int	os_unmap(void *addr, size_t size);
int	os_protect(void *addr, size_t size, int prot);
int	os_advise(void *addr, size_t size, int advice);

pid_t	os_getpid(void);
pid_t	os_gettid(void);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t os_monotonic_ns(void);

/*
 * Wait while *word == value, at most timeout_ns (0: for ever).  Shared
 * between processes.  Returns 0, -EAGAIN, -ETIMEDOUT or -EINTR.
 */
int	os_futex_wait(const uint32_t *word, uint32_t value, uint64_t timeout_ns);
int	os_futex_wake(const uint32_t *word, int count);

/* File calls; the descriptor is the caller's to close, at once. */
int	os_open(const char *path, int flags, mode_t mode);
ssize_t	os_read(int fd, void *buf, size_t size);
int	os_close(int fd);

/* fallocate(2) of [off, off + size), over EINTR; ftruncate(2). */
int	os_allocate(int fd, off_t off, off_t size);
int	os_truncate(int fd, off_t size);

/* At an offset, as pread(2) and pwrite(2). */
ssize_t	os_read_at(int fd, void *buf, size_t size, off_t off);
ssize_t	os_write_at(int fd, const void *buf, size_t size, off_t off);

/* Write all of it, over short writes and EINTR.  0 or a negated errno. */
int	os_write_all(int fd, const void *buf, size_t size);

#endif
