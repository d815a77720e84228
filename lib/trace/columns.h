/*
 * columns.h - the records of a block, one column a kind of field.
 *
 * Times among times and addresses among addresses compress into two thirds of
 * what records do as they come, and faster.  Nothing is decoded: the bytes of
 * each field are moved, so that joining gives back the same bytes.  The bytes
 * of the body are slices (format_file.h); a body that does not read as such is
 * not split.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_COLUMNS_H
#define PW_TRACE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * name, what it holds.  The order is that of the file: columns that are small
 * as a rule stand together.
 */
#define COLUMNS(_)							      \
	_(HEADS,  "the slices' headers")				      \
	_(OTHERS, "records other than events, behind their tags: a varint "   \
	    "and so many bytes")					      \
	_(TAGS,	  "tags, each with its call byte if it has one")	      \
	_(STACKS, "stacks")						      \
	_(SIZES,  "sizes, each with its alignment if it has one")	      \
	_(TIMES,  "times")						      \
	_(ADDRS,  "addresses")

#define COLUMNS_AS_ENUM(name, what)	COLUMN_##name,
enum { COLUMNS(COLUMNS_AS_ENUM) NCOLUMNS };
#undef COLUMNS_AS_ENUM

/* What stands in front of the columns. */
struct columns_head {
	uint32_t joined;		/* bytes of the body they are made of */
	uint32_t size[NCOLUMNS];	/* bytes of each */
};

/* Zeroed memory is an empty one. */
struct columns {
	unsigned char *column[NCOLUMNS];
	size_t room;			/* of each */
	struct columns_head head;
};

void	columns_free(struct columns *);

/* Split a body.  false: it can't be, or there is no memory. */
bool	columns_split(struct columns *, const unsigned char *body, size_t size);

/*
 * Bytes of the body that a head and its columns, size bytes in all, make; 0:
 * they are damaged.  Alignment is no matter.
 */
size_t	columns_joined(const unsigned char *, size_t size);
/* Make it; to has that many bytes.  false: damaged, and to is nothing. */
bool	columns_join(const unsigned char *, size_t size, unsigned char *to);

#endif
