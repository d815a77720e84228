/*
 * sentences.c - one finding in words, the same in every format.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "report/report_impl.h"
#include "report/words.h"

static const char *const access_words[] = {
	[TRACE_ACCESS_READ] = "read", [TRACE_ACCESS_WRITE] = "write",
	[TRACE_ACCESS_FREE] = "free", [TRACE_ACCESS_REALLOC] = "realloc",
	[TRACE_ACCESS_ALLOC] = "alloc", [TRACE_ACCESS_CHECK] = "check",
};

static const char *const found_words[] = {
	[TRACE_FOUND_AT_CALL] = "at-call", [TRACE_FOUND_AT_FAULT] = "at-fault",
	[TRACE_FOUND_AT_FREE] = "at-free", [TRACE_FOUND_AT_EXIT] = "at-exit",
	[TRACE_FOUND_SWEEP] = "sweep",
};

const char *
report_access_word(uint32_t access)
{
	return access < PW_ARRAY_LEN(access_words) ? access_words[access] :
	    NULL;
}

const char *
report_found_word(uint32_t found)
{
	return found < PW_ARRAY_LEN(found_words) ? found_words[found] : NULL;
}

const char *
report_call_word(uint32_t call)
{
	return call < TRACE_NCALLS || (call > TRACE_CHECKED_BEFORE &&
	    call < TRACE_CHECKED_END) ? trace_call_name(call) : NULL;
}

void
report_bad_bytes(const struct trace_error *e, uint32_t *first, uint32_t *n)
{
	uint32_t nbytes = e->nbytes < TRACE_ERROR_BYTES ? e->nbytes :
	    TRACE_ERROR_BYTES;
	uint64_t skip = e->address - e->bytes_at;

	*first = *n = 0;
	if (nbytes == 0 || e->address < e->bytes_at || skip >= nbytes)
		return;
	*first = (uint32_t)skip;
	*n = nbytes - *first;
	if (e->length < *n)
		*n = (uint32_t)e->length;
}

static void
headline_free(const struct report_error *e, const char *block, char *buf,
    size_t size)
{
	const struct trace_error *te = &e->found->error;
	const char *alloc = report_call_word(e->allocated_by);
	const char *freed = report_call_word(e->freed_by);

	if (te->kind == TRACE_ERROR_MISMATCHED_FREE && te->offset != 0)
		snprintf(buf, size, "%s of %s, %lld bytes %s it, given to %s",
		    block, alloc ? alloc : "another kind", te->offset < 0 ?
		    -(long long)te->offset : (long long)te->offset,
		    te->offset < 0 ? "before" : "into", freed ? freed :
		    "the wrong call");
	else if (te->kind == TRACE_ERROR_MISMATCHED_FREE && te->requested != 0 &&
	    te->requested != te->size)
		snprintf(buf, size, "%s freed by %s as one of %llu", block,
		    freed ? freed : "a call",
		    (unsigned long long)te->requested);
	else if (te->kind == TRACE_ERROR_MISMATCHED_FREE)
		snprintf(buf, size, "a block of %s given to %s",
		    alloc ? alloc : "another kind", freed ? freed :
		    "the wrong call");
	else if (te->kind == TRACE_ERROR_DOUBLE_FREE)
		snprintf(buf, size, "of %s", block);
	else if (te->block != 0 && te->offset > 0)
		snprintf(buf, size, "of an address %lld bytes into %s",
		    (long long)te->offset, block);
	else
		snprintf(buf, size, "of 0x%llx, where no block begins",
		    (unsigned long long)te->address);
}

static void
headline_bytes(const struct trace_error *te, const char *block, char *buf,
    size_t size)
{
	char count[WORDS_MAX];
	const char *where = te->kind == TRACE_ERROR_HEAP_OVERRUN ? "past" :
	    te->kind == TRACE_ERROR_HEAP_UNDERRUN ? "before" :
	    "after the free of";
	const char *done = te->access == TRACE_ACCESS_READ ? "read" :
	    "written";

	if (te->length == 0)
		snprintf(buf, size, "memory %s %s %s", done, where, block);
	else
		snprintf(buf, size, "%s %s %s %s", words_count(count,
		    sizeof count, te->length, "byte", "bytes"), done, where,
		    block);
}

static void
headline_crash(const struct trace_error *te, char *buf, size_t size)
{
	const char *name = sigabbrev_np((int)te->signal);
	int n = snprintf(buf, size, "by signal %u (%s)", te->signal,
	    name ? name : "unknown");
	const char *at = te->access == TRACE_ACCESS_WRITE ? ", writing to" :
	    te->access == TRACE_ACCESS_READ ? ", reading" : " at";

	if (n > 0 && (size_t)n < size && (te->fault_address != 0 ||
	    te->access != TRACE_ACCESS_NONE))
		snprintf(buf + n, size - (size_t)n, "%s 0x%llx", at,
		    (unsigned long long)te->fault_address);
}

static void
headline_other(const struct trace_error *te, char *buf, size_t size)
{
	const char *call = report_call_word(te->call);

	if (te->kind == TRACE_ERROR_BAD_SIZE &&
	    te->access == TRACE_ACCESS_CHECK)
		snprintf(buf, size, "%s was asked for an alignment of %llu",
		    call ? call : "a call", (unsigned long long)te->requested);
	else if (te->kind == TRACE_ERROR_BAD_SIZE && te->requested > INT64_MAX)
		/* It was a negative number, most often. */
		snprintf(buf, size, "%s was asked for %llu bytes (%lld)",
		    call ? call : "a call", (unsigned long long)te->requested,
		    (long long)te->requested);
	else if (te->kind == TRACE_ERROR_BAD_SIZE)
		snprintf(buf, size, "%s was asked for %llu bytes",
		    call ? call : "a call", (unsigned long long)te->requested);
	else if (te->kind == TRACE_ERROR_CRASH)
		headline_crash(te, buf, size);
	else
		snprintf(buf, size, "what the allocator keeps at 0x%llx is "
		    "damaged", (unsigned long long)te->address);
}

void
report_headline(const struct report_error *e, char *buf, size_t size)
{
	const struct trace_error *te = &e->found->error;
	char block[WORDS_MAX + 16], bytes[WORDS_MAX], rest[200];
	const char *comma = ",";

	snprintf(block, sizeof block, "a block of %s", words_count(bytes,
	    sizeof bytes, te->size, "byte", "bytes"));
	if (te->block == 0)
		snprintf(block, sizeof block, "a block");
	switch (te->kind) {
	case TRACE_ERROR_DOUBLE_FREE:
	case TRACE_ERROR_INVALID_FREE:
		comma = "";
		headline_free(e, block, rest, sizeof rest);
		break;
	case TRACE_ERROR_MISMATCHED_FREE:
		headline_free(e, block, rest, sizeof rest);
		break;
	case TRACE_ERROR_HEAP_OVERRUN:
	case TRACE_ERROR_HEAP_UNDERRUN:
	case TRACE_ERROR_USE_AFTER_FREE:
		headline_bytes(te, block, rest, sizeof rest);
		break;
	default:
		comma = te->kind == TRACE_ERROR_CRASH ? "" : ",";
		headline_other(te, rest, sizeof rest);
	}
	snprintf(buf, size, "%s%s %s", te->kind < TRACE_NERRORS ?
	    trace_error_name(te->kind) : "finding", comma, rest);
}
