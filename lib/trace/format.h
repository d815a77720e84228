/*
 * format.h - the records of a trace, once; pooltrace(5) is made from here.
 *
 * Both sides of the wall include this file and nothing else of each other.
 * A record in a chunk is a tag byte and its fields in the order of its row.
 * How each field is coded is told in coding.h, the blocks of the file around
 * the chunks in format_file.h, and both in pooltrace(5).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_FORMAT_H
#define PW_TRACE_FORMAT_H

#include <stdint.h>

#include "trace/format_calls.h"

#define TRACE_VERSION	3

/*
 * name, tag, fields, what it says
 *
 * A realloc that may move is FREE (with TRACE_BY_REALLOC) before the call and
 * ALLOC (with TRACE_BY_REALLOC) after it, or CANCEL when it failed; one that
 * certainly stays is RESIZE.
 *
 * MAP and UNMAP follow the same order: UNMAP stands before the call and, if
 * that fails, once more behind it with the error, which takes it back.  mremap
 * is UNMAP of the old range and MAP of the new one; its MAP has no flags when
 * the mapping keeps those it had.  An UNMAP by shmdt has length 0: all that
 * shmat mapped there.
 *
 * After SAMPLE the events of blocks are those of a sample: a block of size
 * bytes is in it with the probability 1 - exp(-size / interval), one of no
 * bytes as one of one byte.  A realloc draws for the whole of the new size: FREE
 * is there when the old block was in the sample, ALLOC when the new one is,
 * both with TRACE_BY_REALLOC.  FREE is followed by ALLOC, CANCEL or UNSAMPLED.
 */
#define TRACE_RECORDS(_)						      \
	_(ALLOC,   1, (time, call, addr, size, align, stack),		      \
	    "a block was given")					      \
	_(FREE,    2, (time, call, addr, stack),			      \
	    "a block was taken back")					      \
	_(RESIZE,  3, (time, call, addr, size, stack),			      \
	    "a block changed its size in place")			      \
	_(CANCEL,  4, (time, addr),					      \
	    "the realloc announced by FREE failed: the block lives on")	      \
	_(PROCESS, 5, (time, pid, ppid, parent, judged, exe, argv),	      \
	    "a process image began")					      \
	_(THREAD,  6, (time, tid, name),				      \
	    "a thread's first record")					      \
	_(MODULE,  7, (time, start, end, bias, build_id, path),		      \
	    "an object was found loaded")				      \
	_(UNLOAD,  8, (time, start),					      \
	    "the object that began at start is gone")			      \
	_(EXIT,    9, (time, how, status),				      \
	    "a process image ended, as far as it could tell")		      \
	_(ERROR,  10, (time, error),					      \
	    "a finding")			      \
	_(HEAP,   11, (time, footprint, free, largest, overhead),	      \
	    "the allocator's own figures, bytes")			      \
	_(LOST,   12, (time, events),					      \
	    "events of this process were dropped before here")		      \
	_(NOTE,   13, (time, note),					      \
	    "a word for the user (an allocator above malloc, ...)")	      \
	_(MARK,   14, (time, name),					      \
	    "the user's name for this moment")				      \
	_(PAUSE,  15, (time, paused),					      \
	    "from here on allocations are not recorded, or are again")	      \
	_(MAP,    16, (time, mapper, addr, length, access, flags, failed,     \
	    stack), "the program mapped memory itself, or failed to")	      \
	_(UNMAP,  17, (time, mapper, addr, length, failed, stack),	      \
	    "it gives mapped memory back; failed: it could not after all")    \
	_(SAMPLE,  18, (time, interval),				      \
	    "the blocks of this process are a sample")			      \
	_(UNSAMPLED, 19, (time, addr),					      \
	    "the realloc announced by FREE gave a block not in the sample")	      \
	_(SHED,   20, (time, pid, ppid, exe),				      \
	    "a process goes on as a program that cannot be recorded")	      \
	_(UNUSED, 23, (time, stack, bytes),				      \
	    "bytes that blocks of this stack had and nobody ever wrote")	      \
	_(PAIRS,  22, (time, addr, stack, mapper, pairs, bytes, temporary),   \
	    "blocks of this call were given and taken, and left out")

#define TRACE_AS_ENUM(name, tag, fields, what)	TRACE_##name = tag,
enum trace_kind {
	TRACE_RECORDS(TRACE_AS_ENUM) TRACE_KINDS,
	/* No records, but what a reader says: it begins in the middle; a
	 * keyframe can be made now (keyframe.h). */
	TRACE_KEYFRAME = 64, TRACE_KEY_DUE,
};
#undef TRACE_AS_ENUM

/*
 * The interposed calls.  Their class (what a matching free is) and the name
 * a report prints.
 */
enum trace_class { TRACE_C, TRACE_NEW, TRACE_NEW_ARRAY };

#define TRACE_CALLS(_)							      \
	_(MALLOC,		C,	   "malloc")			      \
	_(CALLOC,		C,	   "calloc")			      \
	_(REALLOC,		C,	   "realloc")			      \
	_(REALLOCARRAY,		C,	   "reallocarray")		      \
	_(MEMALIGN,		C,	   "memalign")			      \
	_(POSIX_MEMALIGN,	C,	   "posix_memalign")		      \
	_(ALIGNED_ALLOC,	C,	   "aligned_alloc")		      \
	_(VALLOC,		C,	   "valloc")			      \
	_(PVALLOC,		C,	   "pvalloc")			      \
	_(NEW,			NEW,	   "operator new")		      \
	_(NEW_ARRAY,		NEW_ARRAY, "operator new[]")		      \
	_(NEW_ALIGNED,		NEW,	   "operator new(align)")	      \
	_(NEW_ARRAY_ALIGNED,	NEW_ARRAY, "operator new[](align)")	      \
	_(FREE_CALL,		C,	   "free")			      \
	_(CFREE,		C,	   "cfree")			      \
	_(FREE_SIZED,		C,	   "free_sized")		      \
	_(FREE_ALIGNED_SIZED,	C,	   "free_aligned_sized")	      \
	_(DELETE,		NEW,	   "operator delete")		      \
	_(DELETE_ARRAY,		NEW_ARRAY, "operator delete[]")		      \
	_(MMAP,			C,	   "mmap")			      \
	_(MUNMAP,		C,	   "munmap")			      \
	_(MREMAP,		C,	   "mremap")			      \
	_(BRK,			C,	   "brk")			      \
	_(SBRK,			C,	   "sbrk")			      \
	_(SHMAT,		C,	   "shmat")			      \
	_(SHMDT,		C,	   "shmdt")

#define TRACE_CALL_AS_ENUM(name, class, text)	TRACE_CALL_##name,
enum trace_call { TRACE_CALLS(TRACE_CALL_AS_ENUM) TRACE_NCALLS };
#undef TRACE_CALL_AS_ENUM

/* Flag beside the call: this FREE or ALLOC is half of a realloc. */
#define TRACE_BY_REALLOC	0x20u

#define TRACE_ERROR_KINDS(_)						      \
	_(DOUBLE_FREE,		"double-free")				      \
	_(INVALID_FREE,		"invalid-free")				      \
	_(MISMATCHED_FREE,	"mismatched-free")			      \
	_(HEAP_OVERRUN,		"heap-overrun")				      \
	_(HEAP_UNDERRUN,	"heap-underrun")			      \
	_(USE_AFTER_FREE,	"use-after-free")			      \
	_(CORRUPT_HEAP,		"corrupt-heap")				      \
	_(BAD_SIZE,		"bad-size")				      \
	_(CRASH,		"crash")

#define TRACE_ERROR_AS_ENUM(name, text)		TRACE_ERROR_##name,
enum trace_error_kind { TRACE_ERROR_KINDS(TRACE_ERROR_AS_ENUM) TRACE_NERRORS };
#undef TRACE_ERROR_AS_ENUM

enum trace_access {
	TRACE_ACCESS_NONE, TRACE_ACCESS_READ, TRACE_ACCESS_WRITE,
	TRACE_ACCESS_FREE, TRACE_ACCESS_REALLOC, TRACE_ACCESS_ALLOC,
	TRACE_ACCESS_CHECK,
};

enum trace_found {
	TRACE_FOUND_AT_CALL, TRACE_FOUND_AT_FAULT, TRACE_FOUND_AT_FREE,
	TRACE_FOUND_AT_EXIT, TRACE_FOUND_SWEEP,
};

#define TRACE_ERROR_BYTES	64	/* at most so many bytes are kept */

/*
 * A finding, as both sides hold it in memory.  A member that does not apply
 * is 0 (stacks: 0; call, allocated_by, freed_by: TRACE_NCALLS).
 */
struct trace_error {
	uint32_t kind;		/* enum trace_error_kind */
	uint32_t access;	/* enum trace_access */
	uint32_t found;		/* enum trace_found */
	uint32_t call;		/* that met it: enum trace_call, trace_checked */
	uint64_t address;	/* first bad byte; for frees the pointer passed */
	uint64_t block;		/* start of the block, 0: no block is known */
	uint64_t size;		/* asked for the block */
	uint64_t requested;	/* bad-size and sized frees: size passed;
				 * crash: the stack pointer */
	int64_t offset;		/* of the first bad byte from block */
	uint64_t length;	/* from the first to the last bad byte */
	uint64_t bytes_at;	/* address of bytes[0] and should[0] */
	uint32_t nbytes;	/* of both arrays */
	uint8_t bytes[TRACE_ERROR_BYTES];
	uint8_t should[TRACE_ERROR_BYTES];
	uint32_t allocated_by;	/* enum trace_call */
	uint32_t freed_by;
	uint32_t stack;		/* of the call that met it */
	uint32_t alloc_stack;
	uint32_t free_stack;
	uint32_t alloc_tid;
	uint32_t free_tid;
	uint64_t alloc_time;	/* ticks since the recording began */
	uint64_t free_time;
	uint64_t window_from;	/* last time the block was seen whole */
	uint32_t signal;
	uint64_t fault_address;	/* or the value taken for an address */
};

/*
 * The fields of a finding in the order they are written: u a varint, i a
 * zigzag varint, call a varint (CODING_NO_CALL for none), checked the same or
 * one of TRACE_CHECKED, count a varint up to
 * TRACE_ERROR_BYTES, bytes as many bytes as nbytes says.
 */
#define TRACE_ERROR_FIELDS(_)						      \
	_(kind, u, uint32_t)						      \
	_(access, u, uint32_t)						      \
	_(found, u, uint32_t)						      \
	_(call, checked, uint32_t)					      \
	_(address, u, uint64_t)						      \
	_(block, u, uint64_t)						      \
	_(size, u, uint64_t)						      \
	_(requested, u, uint64_t)					      \
	_(offset, i, int64_t)						      \
	_(length, u, uint64_t)						      \
	_(bytes_at, u, uint64_t)					      \
	_(nbytes, count, uint32_t)					      \
	_(bytes, bytes, uint8_t)					      \
	_(should, bytes, uint8_t)					      \
	_(allocated_by, call, uint32_t)					      \
	_(freed_by, call, uint32_t)					      \
	_(stack, u, uint32_t)						      \
	_(alloc_stack, u, uint32_t)					      \
	_(free_stack, u, uint32_t)					      \
	_(alloc_tid, u, uint32_t)					      \
	_(free_tid, u, uint32_t)					      \
	_(alloc_time, u, uint64_t)					      \
	_(free_time, u, uint64_t)					      \
	_(window_from, u, uint64_t)					      \
	_(signal, u, uint32_t)						      \
	_(fault_address, u, uint64_t)

#endif
