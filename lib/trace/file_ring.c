/*
 * file_ring.c - the oldest part of a trace goes, a keyframe takes its place.
 *
 * A new file is made beside the trace: its header, the blocks that tables are
 * made of, the keyframe (FORMAT_BEGIN), and everything from where the keyframe
 * says that reading goes on.  Then it is given the trace's name.  So at any
 * moment the name leads to a trace that is whole; who reads the old one reads
 * it to its end and finds the new one then (reader_ring.c).
 *
 * Between two rounds only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/file_impl.h"

#define COPY	((size_t)1 << 18)	/* bytes at a time */

/* The header again, of a file that begins with a keyframe. */
static int
ring_header(struct trace_file *f, int old)
{
	struct format_header h;
	unsigned char *all;
	ssize_t n;

	if (pread(old, &h, sizeof h, 0) != (ssize_t)sizeof h ||
	    (all = malloc(h.header_size)) == NULL)
		return -1;
	n = pread(old, all, h.header_size, 0);
	h.features |= FORMAT_FEATURE_BEGIN;
	h.cuts++;
	h.crc = 0;
	memcpy(all, &h, sizeof h);
	h.crc = format_crc(0, all, h.header_size);
	memcpy(all, &h, sizeof h);
	if (n == (ssize_t)h.header_size)
		n = file_append(f, all, h.header_size) == 0 ? n : -1;
	free(all);
	return n == (ssize_t)h.header_size ? 0 : -1;
}

/* A block of the old file, whole; noted for the index. */
static int
ring_block(struct trace_file *f, int old, uint64_t pos,
    const struct format_block *b)
{
	size_t size = sizeof *b + b->stored;
	unsigned char *all = malloc(size);
	int ret = -1;

	if (all == NULL)
		return -1;
	if (pread(old, all, size, (off_t)pos) == (ssize_t)size)
		ret = file_append(f, all, size);
	free(all);
	f->block.type = b->type;
	if (ret == 0)
		file_index_note(f, f->size - size, 0);
	return ret;
}

/* What tables need of [from, to), or all of that; but no index: it is stale. */
static int
ring_blocks(struct trace_file *f, int old, uint64_t from, uint64_t to,
    bool all)
{
	struct format_block b;

	for (uint64_t pos = from; pos < to; pos += sizeof b + b.stored) {
		if (pread(old, &b, sizeof b, (off_t)pos) !=
		    (ssize_t)sizeof b ||
		    memcmp(b.magic, FORMAT_BLOCK_MAGIC, sizeof b.magic) != 0) {
			errno = EIO;
			return -1;
		}
		if (b.type == FORMAT_INDEX || b.type == FORMAT_KEYFRAME ||
		    (!all && b.type != FORMAT_NODES && b.type != FORMAT_META &&
		    b.type != FORMAT_PROCS))
			continue;
		if (ring_block(f, old, pos, &b) != 0)
			return -1;
	}
	return 0;
}

static uint64_t
ring_first_block(int old)
{
	struct format_header h;

	return pread(old, &h, sizeof h, 0) == (ssize_t)sizeof h ?
	    h.header_size : 0;
}

static int
ring_fill(struct trace_file *f, int old, uint64_t end,
    const unsigned char *key, size_t size)
{
	struct format_keyframe head;

	memcpy(&head, key, sizeof head);
	if (head.pos > end) {
		errno = EINVAL;
		return -1;
	}
	if (ring_header(f, old) != 0 ||
	    ring_blocks(f, old, ring_first_block(old), head.pos, false) != 0 ||
	    file_put_keyframe(f, key, size, FORMAT_BEGIN) != 0)
		return -1;
	return ring_blocks(f, old, head.pos, end, true);
}

/* As the file whose place it takes: owner as we are, and mode. */
static int
ring_create(int old, const char *path, char *name, size_t size)
{
	struct stat st;
	int fd;

	if (fstat(old, &st) != 0)
		return -1;
	if ((size_t)snprintf(name, size, "%s.%ld", path, (long)getpid()) >=
	    size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd >= 0 && (fchmod(fd, st.st_mode & 0777) != 0 ||
	    flock(fd, LOCK_EX | LOCK_NB) != 0)) {
		/* Not every file system can; then readers do not wait. */
	}
	return fd;
}

/* Is the trace still what its name leads to?  Nobody else's file is replaced. */
static bool
ring_is_at(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 &&
	    S_ISREG(b.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The new file is begun as if it were the trace; on failure all is as before. */
static int
ring_swap(struct trace_file *f, int fd, const char *name, const char *path,
    const void *key, size_t size)
{
	struct file_index index = f->index;
	uint64_t old_size = f->size;
	int old = f->fd, error;

	f->index = (struct file_index){ .n = 0 };
	f->fd = fd;
	f->size = 0;
	if (ring_fill(f, old, old_size, key, size) == 0 &&
	    rename(name, path) == 0 && dup3(fd, old, O_CLOEXEC) == old) {
		bytes_free(&index.entries);
		f->full = false;
		f->fd = old;
		close(fd);
		return 0;
	}
	error = errno;
	bytes_free(&f->index.entries);
	f->index = index;
	f->fd = old;
	f->size = old_size;
	close(fd);
	unlink(name);
	errno = error;
	return -1;
}

int
trace_file_cut(struct trace_file *f, const char *path, const void *key,
    size_t size)
{
	char name[PATH_MAX];
	uint64_t blocks = f->blocks_in_round;
	int fd, ret;

	if (size < sizeof(struct format_keyframe) ||
	    !ring_is_at(f->fd, path)) {
		errno = EINVAL;
		return -1;
	}
	fd = ring_create(f->fd, path, name, sizeof name);
	if (fd < 0)
		return -1;
	ret = ring_swap(f, fd, name, path, key, size);
	f->blocks_in_round = blocks;
	return ret;
}
