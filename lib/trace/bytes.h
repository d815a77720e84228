/*
 * bytes.h - numbers and strings into a buffer that grows, and out of one.
 *
 * For states that are kept in a trace.  Writing never fails at once: without
 * memory failed is set, and what follows is left out.  Reading never passes the
 * end: past it everything is 0 and bad is set.  Outside only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_BYTES_H
#define PW_TRACE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed memory is an empty one. */
struct bytes {
	unsigned char *data;
	size_t size;
	size_t room;
	bool failed;
};

struct bytes_in {
	const unsigned char *p;
	const unsigned char *end;
	bool bad;
};

void	bytes_put(struct bytes *, const void *, size_t size);
/* A varint. */
void	bytes_put_u(struct bytes *, uint64_t);
void	bytes_free(struct bytes *);

uint64_t bytes_get_u(struct bytes_in *);
/* size bytes where they lie, or NULL. */
const unsigned char *bytes_get(struct bytes_in *, size_t size);

#endif
