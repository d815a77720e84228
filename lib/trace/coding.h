/*
 * coding.h - how the fields of a record become bytes.
 *
 * A record is a tag byte and its fields.  The low four bits of the tag are
 * the kind (format.h).  For kinds with a call the high four are a short code
 * of CODING_SHORT_CALLS, or 0: then a call byte follows the tag, made of the
 * call, TRACE_BY_REALLOC and CODING_ALIGNED.  The field align is there only
 * under CODING_ALIGNED.  For other kinds the high bits are 0.  Where the low
 * bits are 0 the kind is 16 and what the high four say.
 *
 * Deltas start anew in each chunk from (base, address 0, stack 0):
 *	time	ticks since the record before; never negative (a stamp older
 *		than the one before it is raised to it, and the first stamp
 *		of a writer's next chunk is later than the last of this one,
 *		so that chunks of one thread never tie)
 *	addr	d = difference to the previous address.  d a multiple of 16:
 *		zigzag(d / 16) << 1; else zigzag(d) << 1 | 1; where that does
 *		not fit 64 bits: the varint 1, then 8 bytes, lowest first
 *	stack	0: none (and the previous id stays); else
 *		zigzag(difference to the previous id) + 1
 *
 * Both sides use this file, so that what is written is what is read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_CODING_H
#define PW_TRACE_CODING_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/format.h"
#include "trace/varint.h"

#define CODING_KINDS		32u	/* that a tag can tell */
#define CODING_KIND(tag) \
	(((tag) & 15u) != 0 ? (tag) & 15u : 16u + ((tag) >> 4))
#define CODING_SHORT(tag)	(((tag) & 15u) != 0 ? (tag) >> 4 : 0)
/* A kind's tag without a short code. */
#define CODING_TAG(kind) \
	((unsigned char)((kind) < 16 ? (kind) : ((kind) - 16) << 4))
#define CODING_CALL_MASK	0x1fu
#define CODING_ALIGNED		0x40u
#define CODING_NO_CALL	0x1fu	/* in findings, for TRACE_NCALLS */

_Static_assert(TRACE_NCALLS <= CODING_NO_CALL &&
    TRACE_CHECKED_BEFORE == CODING_NO_CALL, "the numbers of calls");

/* Can a finding have been met by it? */
static inline bool
coding_call_is_checked(uint64_t call)
{
	return call > TRACE_CHECKED_BEFORE && call < TRACE_CHECKED_END;
}

#define CODING_FAR		1u	/* an address of 8 bytes follows */

/* code, call, flag.  Codes 1 to 15; the commonest calls of real programs. */
#define CODING_SHORT_CALLS(_)						      \
	_(1,  MALLOC,	    0)						      \
	_(2,  FREE_CALL,    0)						      \
	_(3,  CALLOC,	    0)						      \
	_(4,  REALLOC,	    0)						      \
	_(5,  REALLOC,	    TRACE_BY_REALLOC)				      \
	_(6,  NEW,	    0)						      \
	_(7,  DELETE,	    0)						      \
	_(8,  NEW_ARRAY,    0)						      \
	_(9,  DELETE_ARRAY, 0)						      \
	_(10, REALLOCARRAY, TRACE_BY_REALLOC)

/*
 * What type a field of TRACE_RECORDS has.  u: varint.  pair: a varint, an
 * address and another that counts from it.  Types time, addr, stack, call are
 * told above; str is a varint and so many bytes; error is TRACE_ERROR_FIELDS.
 */
#define CODING_FIELDS(_)						      \
	_(time,	     time,  "ticks since the record before")		      \
	_(call,	     call,  "the interposed call, see CALLS")		      \
	_(addr,	     addr,  "start of the block")			      \
	_(size,	     u,	    "bytes asked for")				      \
	_(align,     align, "alignment asked for, when not the default")      \
	_(stack,     stack, "id of the stack node of the caller")	      \
	_(pid,	     u,	    "process id")				      \
	_(ppid,	     u,	    "its parent's")				      \
	_(parent,    u,	    "slot it was forked from, plus 1; 0 none")	      \
	_(judged,    u,	    "1, or 0 for a process that is only followed")    \
	_(exe,	     str,   "path of the executable")			      \
	_(argv,	     str,   "the arguments, NUL-separated")		      \
	_(tid,	     u,	    "thread id")				      \
	_(name,	     str,   "the thread's name")			      \
	_(start,     u,	    "first address of the object")		      \
	_(end,	     u,	    "bytes from start to the first address after it") \
	_(bias,	     i,	    "address minus address in the file")	      \
	_(build_id,  str,   "bytes of the GNU build-id")		      \
	_(path,	     str,   "as the program had it; empty: its executable")   \
	_(how,	     u,	    "0 exit, 1 quick_exit, 2 _exit, 3 exec, 4 signal")\
	_(status,    i,	    "exit status or signal number")		      \
	_(error,     error, "see FINDINGS")				      \
	_(footprint, u,	    "bytes obtained from the system")		      \
	_(free,	     u,	    "bytes free in the footprint")		      \
	_(largest,   u,	    "bytes of the largest free run")		      \
	_(overhead,  u,	    "bytes of headers, guards and slack")	      \
	_(events,    u,	    "number of events dropped")			      \
	_(note,	     str,   "text")					      \
	_(paused,    u,	    "1, or 0 where recording resumes")		      \
	_(mapper,    u,	    "the call, by its number in CALLS")		      \
	_(pairs,     u,	    "how many blocks; 0 brings the deltas in order")  \
	_(bytes,     u,	    "asked for, of all of them")		      \
	_(temporary, u,	    "how many were freed before the next allocation") \
	_(length,    u,	    "bytes, whole pages")			      \
	_(access,    u,	    "mmap's prot")				      \
	_(flags,     u,	    "mmap's flags")				      \
	_(failed,    u,	    "0, or the errno with which the call failed")     \
	_(interval,  u,	    "bytes between two drawn ones, in the mean")

/* Bytes an event can have at most: tag, call, 4 numbers, a far address. */
#define CODING_EVENT_MAX	64u
/* Bytes of a finding: tag, time, 30 numbers, two byte strings. */
#define CODING_ERROR_MAX	(2u + 31u * VARINT_MAX + 2u * TRACE_ERROR_BYTES)
/* Strings are cut to these. */
#define CODING_PATH_MAX		4096u
#define CODING_ARGV_MAX		8192u
#define CODING_NAME_MAX		256u
#define CODING_BUILD_ID_MAX	64u

/* What a chunk's next record counts from. */
struct coding_state {
	uint64_t time;
	uint64_t addr;
	uint32_t stack;
};

static PW_ALWAYS_INLINE unsigned char *
coding_put_addr(unsigned char *p, uint64_t *prev, uint64_t addr)
{
	int64_t d = (int64_t)(addr - *prev);

	*prev = addr;
	if (PW_LIKELY((d & 15) == 0))
		return varint_put(p, zigzag(d >> 4) << 1);
	if (PW_LIKELY(d >> 62 == d >> 63))
		return varint_put(p, zigzag(d) << 1 | 1);
	*p++ = CODING_FAR;
	for (int i = 0; i < 8; i++)
		*p++ = (unsigned char)(addr >> 8 * i);
	return p;
}

static PW_ALWAYS_INLINE const unsigned char *
coding_get_addr(const unsigned char *p, const unsigned char *end,
    uint64_t *prev)
{
	uint64_t v;

	p = varint_get(p, end, &v);
	if (p == NULL)
		return NULL;
	if (PW_LIKELY((v & 1) == 0)) {
		*prev += (uint64_t)zigzag_back(v >> 1) << 4;
	} else if (v != CODING_FAR) {
		*prev += (uint64_t)zigzag_back(v >> 1);
	} else {
		if (end - p < 8)
			return NULL;
		*prev = 0;
		for (int i = 0; i < 8; i++)
			*prev |= (uint64_t)*p++ << 8 * i;
	}
	return p;
}

static PW_ALWAYS_INLINE unsigned char *
coding_put_stack(unsigned char *p, uint32_t *prev, uint32_t stack)
{
	int64_t d = (int64_t)stack - *prev;

	if (stack == 0) {
		*p++ = 0;
		return p;
	}
	*prev = stack;
	return varint_put(p, zigzag(d) + 1);
}

static PW_ALWAYS_INLINE const unsigned char *
coding_get_stack(const unsigned char *p, const unsigned char *end,
    uint32_t *prev, uint32_t *stack)
{
	uint64_t v;

	*stack = 0;
	p = varint_get(p, end, &v);
	if (p != NULL && v != 0)
		*stack = *prev = (uint32_t)(*prev + zigzag_back(v - 1));
	return p;
}

#endif
