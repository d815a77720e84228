/*
 * stream.h - a recorded stream of requests (record tells the format).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_TESTS_BENCH_STREAM_H
#define PW_TESTS_BENCH_STREAM_H

#include <stddef.h>
#include <stdint.h>

enum request_kind { REQUEST_ALLOC, REQUEST_RESIZE, REQUEST_FREE };

struct request {
	uint32_t kind : 2;
	uint32_t align : 6;	/* 0, or the base-2 logarithm */
	uint32_t slot;
	uint64_t size;
};

struct stream {
	char name[32];
	size_t nslots;
	size_t n;
	struct request *request;	/* pages of its own, not of a heap */
};

/* 0, or -1 with a message on stderr; the stream stays until the exit. */
int	stream_read(struct stream *, const char *path);

/* Leave only the blocks that never are larger than max. */
void	stream_cut(struct stream *, uint64_t max);

/* Pages from the system, zeroed; exits when there are none. */
void	*stream_pages(size_t size);

#endif
