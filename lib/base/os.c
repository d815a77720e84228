/*
 * os.c - raw system calls; the only caller of mmap in the house.
 *
 * The x86-64 and aarch64 calls are spelled in assembly because malloc may be
 * called before our own relocations are done, when even syscall(2) of libc
 * cannot be reached.  Elsewhere syscall(2) serves.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/compiler.h"

long
os_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret)
	    : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
	    : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0" : "+r"(x0)
	    : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
	    : "memory");
	return x0;
#else
	int saved = errno;
	long ret = syscall(nr, a, b, c, d, e, f);

	if (ret == -1) {
		ret = -errno;
		errno = saved;
	}
	return ret;
#endif
}

static bool
os_failed(long ret)
{
	return (unsigned long)ret > -4096ul;
}

size_t
os_page_size(void)
{
	static size_t page;

	/* Racing first calls store the same value. */
	if (page == 0)
		page = getauxval(AT_PAGESZ);
	return page;
}

static void *
os_mmap(size_t size, int prot, int flags, int fd, off_t off)
{
	long ret = os_syscall(SYS_mmap, 0, (long)size, prot, flags, fd, off);

	return os_failed(ret) ? NULL : (void *)ret;
}

void *
os_map(size_t size)
{
	return os_mmap(size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void *
os_reserve(size_t size)
{
	return os_mmap(size, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

void *
os_map_file(int fd, size_t size, off_t off)
{
	return os_mmap(size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, off);
}

long
os_map_at(void *addr, size_t size, int prot, int flags, int fd, off_t off)
{
	return os_syscall(SYS_mmap, (long)addr, (long)size, prot, flags, fd,
	    off);
}

int
os_unmap(void *addr, size_t size)
{
	return (int)os_syscall(SYS_munmap, (long)addr, (long)size, 0, 0, 0, 0);
}

int
os_protect(void *addr, size_t size, int prot)
{
	return (int)os_syscall(SYS_mprotect, (long)addr, (long)size, prot,
	    0, 0, 0);
}

int
os_advise(void *addr, size_t size, int advice)
{
	return (int)os_syscall(SYS_madvise, (long)addr, (long)size, advice,
	    0, 0, 0);
}

pid_t
os_getpid(void)
{
	return (pid_t)os_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

pid_t
os_gettid(void)
{
	return (pid_t)os_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

uint64_t
os_monotonic_ns(void)
{
	struct timespec ts;

	/* libc's answers from the vdso, without a system call. */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int
os_futex_wait(const uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(timeout_ns / 1000000000u),
		.tv_nsec = (long)(timeout_ns % 1000000000u),
	};

	return (int)os_syscall(SYS_futex, (long)word, FUTEX_WAIT, (long)value,
	    timeout_ns ? (long)&ts : 0, 0, 0);
}

int
os_futex_wake(const uint32_t *word, int count)
{
	return (int)os_syscall(SYS_futex, (long)word, FUTEX_WAKE, count,
	    0, 0, 0);
}

int
os_open(const char *path, int flags, mode_t mode)
{
	return (int)os_syscall(SYS_openat, AT_FDCWD, (long)path,
	    flags | O_CLOEXEC, (long)mode, 0, 0);
}

ssize_t
os_read(int fd, void *buf, size_t size)
{
	return os_syscall(SYS_read, fd, (long)buf, (long)size, 0, 0, 0);
}

int
os_close(int fd)
{
	return (int)os_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

int
os_allocate(int fd, off_t off, off_t size)
{
	long ret;

	do
		ret = os_syscall(SYS_fallocate, fd, 0, off, size, 0, 0);
	while (ret == -EINTR);
	return (int)ret;
}

int
os_truncate(int fd, off_t size)
{
	return (int)os_syscall(SYS_ftruncate, fd, size, 0, 0, 0, 0);
}

ssize_t
os_read_at(int fd, void *buf, size_t size, off_t off)
{
	return os_syscall(SYS_pread64, fd, (long)buf, (long)size, off, 0, 0);
}

ssize_t
os_write_at(int fd, const void *buf, size_t size, off_t off)
{
	return os_syscall(SYS_pwrite64, fd, (long)buf, (long)size, off, 0, 0);
}

int
os_write_all(int fd, const void *buf, size_t size)
{
	const char *p = buf;

	while (size > 0) {
		long n = os_syscall(SYS_write, fd, (long)p, (long)size, 0, 0, 0);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}
