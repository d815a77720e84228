/*
 * calls_io.c - read, write and their kin.
 *
 * What write is asked for it reads; what read was given room for it need not
 * write, so that is held when it is known how much came.  The call may have
 * slept meanwhile: a block that was freed since is nothing that read did.
 *
 * Before libc can be called there is no errno either; nobody reads then.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/calls.h"

/* n bytes came, or an error; a datagram may have been longer than the room. */
static PW_ALWAYS_INLINE void
io_came(const void *to, ssize_t n, size_t room, unsigned before,
    unsigned call, const void *frame)
{
	if (n > 0)
		calls_hold(to, (size_t)n < room ? (size_t)n : room, to,
		    before, call, frame);
}

#define IO_IN(name, call, params, args)					\
CALLS_ENTRY(ssize_t, name, params, args, calls_near(to), -1)		\
{									\
	unsigned before = calls_before(to);				\
	ssize_t n = calls_real.name args;				\
									\
	io_came(to, n, size, before, TRACE_CHECKED_##call, CALLS_FRAME); \
	return n;							\
}

#define IO_OUT(name, call, params, args)				\
CALLS_ENTRY(ssize_t, name, params, args, calls_near(from), -1)		\
{									\
	CALLS_READ(from, size, call);				\
	return calls_real.name args;					\
}

IO_IN(read, read, (int fd, void *to, size_t size), (fd, to, size))
IO_IN(__read, read, (int fd, void *to, size_t size), (fd, to, size))
IO_IN(__read_chk, read, (int fd, void *to, size_t size, size_t room),
    (fd, to, size, room))
IO_IN(pread, pread, (int fd, void *to, size_t size, off_t off),
    (fd, to, size, off))
IO_IN(pread64, pread64, (int fd, void *to, size_t size, off64_t off),
    (fd, to, size, off))
IO_IN(__pread_chk, pread, (int fd, void *to, size_t size, off_t off,
    size_t room), (fd, to, size, off, room))
IO_IN(__pread64_chk, pread64, (int fd, void *to, size_t size, off64_t off,
    size_t room), (fd, to, size, off, room))
IO_IN(recv, recv, (int fd, void *to, size_t size, int flags),
    (fd, to, size, flags))
IO_IN(__recv_chk, recv, (int fd, void *to, size_t size, size_t room,
    int flags), (fd, to, size, room, flags))
IO_IN(recvfrom, recvfrom, (int fd, void *to, size_t size, int flags,
    struct sockaddr *addr, socklen_t *len), (fd, to, size, flags, addr, len))
IO_IN(__recvfrom_chk, recvfrom, (int fd, void *to, size_t size, size_t room,
    int flags, struct sockaddr *addr, socklen_t *len),
    (fd, to, size, room, flags, addr, len))

IO_OUT(write, write, (int fd, const void *from, size_t size),
    (fd, from, size))
IO_OUT(__write, write, (int fd, const void *from, size_t size),
    (fd, from, size))
IO_OUT(pwrite, pwrite, (int fd, const void *from, size_t size, off_t off),
    (fd, from, size, off))
IO_OUT(pwrite64, pwrite64, (int fd, const void *from, size_t size,
    off64_t off), (fd, from, size, off))
IO_OUT(send, send, (int fd, const void *from, size_t size, int flags),
    (fd, from, size, flags))
IO_OUT(sendto, sendto, (int fd, const void *from, size_t size, int flags,
    const struct sockaddr *addr, socklen_t len),
    (fd, from, size, flags, addr, len))

/*
 * The table of ranges may lie anywhere, and so may they: there is no first
 * half.  It is read when the kernel has read it, for it may be no table.
 */
static PW_ALWAYS_INLINE void
io_parts(const struct iovec *v, int n, ssize_t all, unsigned held,
    unsigned call, const void *frame)
{
	size_t left = all > 0 ? (size_t)all : 0;

	for (int i = 0; i < n && left != 0; i++) {
		size_t part = v[i].iov_len < left ? v[i].iov_len : left;

		calls_hold(v[i].iov_base, part, held == BACKEND_HELD_DONE ?
		    v[i].iov_base : NULL, held, call, frame);
		left -= part;
	}
}

#define IO_PARTS(name, held)						\
PW_EXPORT ssize_t							\
name(int fd, const struct iovec *v, int n)				\
{									\
	ssize_t all;							\
									\
	if (PW_UNLIKELY(calls_real.name == NULL) && !calls_find())	\
		return -1;						\
	all = calls_real.name(fd, v, n);				\
	if (calls_range.size != 0)					\
		io_parts(v, n, all, BACKEND_HELD_##held,		\
		    TRACE_CHECKED_##name, CALLS_FRAME);			\
	return all;							\
}

IO_PARTS(readv, DONE)
IO_PARTS(writev, SENT)
