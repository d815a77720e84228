/*
 * reader_ring.c - a trace whose oldest part was cut off while it was read.
 *
 * The recorder gives the name to a new file (file_ring.c); we hold the old one,
 * which is whole as far as it goes.  At its end we go on in the new one, behind
 * as many blocks as we have read in the old one from the keyframe's place on.
 * Where there was another cut between the two we begin anew, at the keyframe,
 * which stands for all before it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/keyframe.h"
#include "trace/reader_impl.h"

/* The same recording's file of that name now; -1: there is none. */
static int
ring_open(const struct trace_reader *r, struct format_header *h)
{
	struct stat old, new;
	int fd;

	if (stat(r->path, &new) != 0 || fstat(r->fd, &old) != 0 ||
	    (new.st_dev == old.st_dev && new.st_ino == old.st_ino))
		return -1;
	fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -1;
	if (reader_pread(fd, h, sizeof *h, 0) > 0 &&
	    memcmp(h->magic, FORMAT_FILE_MAGIC, sizeof h->magic) == 0 &&
	    (h->features & FORMAT_FEATURE_BEGIN) != 0 &&
	    h->unix_ns == r->head.unix_ns && h->front_pid == r->head.front_pid)
		return fd;
	close(fd);
	return -1;
}

static bool
is_aside(const struct format_block *b)
{
	return b->type == FORMAT_KEYFRAME || b->type == FORMAT_INDEX;
}

static bool
ring_block(int fd, uint64_t pos, struct format_block *b)
{
	return reader_pread(fd, b, sizeof *b, pos) > 0 && reader_block_ok(b);
}

/* Blocks of rounds in [pos, end). */
static uint64_t
ring_count(int fd, uint64_t pos, uint64_t end)
{
	struct format_block b;
	uint64_t n = 0;

	for (; pos < end && ring_block(fd, pos, &b);
	    pos += sizeof b + b.stored)
		n += !is_aside(&b);
	return n;
}

/* Behind n of them. */
static uint64_t
ring_skip(int fd, uint64_t pos, uint64_t n)
{
	struct format_block b;

	for (; ring_block(fd, pos, &b) && (n > 0 || is_aside(&b));
	    pos += sizeof b + b.stored)
		n -= !is_aside(&b);
	return pos;
}

/* The keyframe that the file begins with: its place, 0: none. */
static uint64_t
ring_key(int fd, uint64_t pos)
{
	struct format_block b;

	for (; ring_block(fd, pos, &b); pos += sizeof b + b.stored)
		if (b.type == FORMAT_KEYFRAME && (b.flags & FORMAT_BEGIN))
			return pos;
	return 0;
}

/* Where to go on, in the new file. */
static uint64_t
ring_place(struct trace_reader *r, int old, uint32_t cuts)
{
	uint64_t key = ring_key(r->fd, r->head.header_size);
	struct format_keyframe head;

	if (cuts != r->head.cuts + 1 ||
	    !reader_keyframe_head(r, key, &head) || head.pos > r->pos)
		return key;
	return ring_skip(r->fd, key, ring_count(old, head.pos, r->pos));
}

bool
reader_follow_cut(struct trace_reader *r)
{
	struct format_header h;
	int fd = ring_open(r, &h), old = r->fd;

	if (fd < 0)
		return false;
	r->fd = fd;
	r->pos = ring_place(r, old, h.cuts);
	r->head.features = h.features;
	r->head.cuts = h.cuts;
	close(old);
	r->scanned = 0;
	r->lost_way = false;
	reader_key_forget(r);
	return true;
}

uint64_t
trace_file_number(const struct trace_reader *r)
{
	struct stat st;

	return fstat(r->fd, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

uint64_t
reader_begins(struct trace_reader *r)
{
	struct format_keyframe head;
	uint64_t key;

	if ((r->head.features & FORMAT_FEATURE_BEGIN) == 0)
		return 0;
	key = ring_key(r->fd, r->head.header_size);
	return key != 0 && reader_keyframe_head(r, key, &head) ? head.time : 0;
}
