/*
 * file_thin.h - leave out pairs that no leak or error report needs.
 *
 * For the recorder's files only; the theory is in file_thin.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_FILE_THIN_H
#define PW_TRACE_FILE_THIN_H

#include "trace/file_impl.h"
#include "trace/reader_impl.h"

#define THIN_RECORDS	(SESSION_CHUNK_DATA / 3)	/* of 3 bytes or more */
#define THIN_PLACES	(2 * THIN_RECORDS)
#define THIN_SITES	64u		/* of one slice */
#define THIN_NAMES_FIRST (1u << 14)	/* addresses named in a round */
#define THIN_NAMES_LAST	(1u << 21)	/* x 16 bytes: 32 MiB */
#define THIN_SHARED	(~0u)		/* named by several writers */

struct thin_record {
	const unsigned char *p;
	const unsigned char *end;
	struct coding_state before;
	uint64_t time;
	uint64_t addr;
	uint64_t size;
	uint64_t align;
	uint32_t stack;
	uint8_t kind;
	uint8_t call;
	bool by_realloc;
	bool dropped;
};

/* What this slice has shown of an address. */
struct thin_place {
	uint64_t addr;
	uint32_t born;		/* its ALLOC, when LIVE or DEAD */
	uint32_t died;		/* its FREE, when DEAD */
	enum { THIN_NEW, THIN_UNKNOWN, THIN_LIVE, THIN_DEAD } state;
	bool temporary;
};

struct thin_site {
	uint32_t stack;
	uint32_t call;
	uint64_t pairs;
	uint64_t bytes;
	uint64_t temporary;
};

struct thin_name {
	uint64_t addr;
	uint32_t proc;
	uint32_t writer;	/* 0: the place is free */
};

struct file_thin {
	/* Of the round. */
	uint64_t since;		/* ticks: pairs begin after it ... */
	uint64_t until;		/* ... and end before it */
	struct thin_name *names;
	uint32_t mask;
	uint32_t nnames;
	bool usable;

	/* Of the slice. */
	bool keep_last;
	uint32_t nrecords;
	uint32_t nsites;
	uint32_t newest;	/* its newest ALLOC */
	struct coding_state start;
	struct coding_state last;
	struct record record;
	struct thin_record records[THIN_RECORDS + 1];
	struct thin_place places[THIN_PLACES];
	struct thin_site sites[THIN_SITES];
	unsigned char in[SESSION_CHUNK_DATA];
	unsigned char out[SESSION_CHUNK_DATA];
};

/* NULL without memory. */
struct file_thin *file_thin_create(void);
void	file_thin_destroy(struct file_thin *);

/* Before slices of a round are thinned: since and until are set. */
void	file_thin_round(struct file_thin *, struct session_header *,
	    const struct file_note *notes, uint32_t n);

/*
 * The slice with less in it, in ->out: its size in bytes, or 0 where nothing is
 * won.  keep_last: see file_thin.c.
 */
size_t	file_thin_slice(struct file_thin *, const struct session_chunk *,
	    const struct file_note *, bool keep_last);

#endif
