/*
 * text_error.c - one finding for people.
 *
 * Kind and sentence; what is known of the block; its bytes; then the stacks,
 * the latest first.  Every stack says what happened there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "report/escape.h"
#include "report/text_impl.h"
#include "report/words.h"
#include "trace/session.h"

static bool
ours(const struct text *t)
{
	return trace_info(t->report->reader)->mode != SESSION_PROFILE;
}

/* "thread 4711 server     at 2.3141 s"; 0: not known. */
void
text_who(const struct text *t, uint32_t proc, uint32_t tid, uint64_t time,
    char *buf, size_t size)
{
	const char *name = tid ? heap_thread_name(t->report->heap, proc, tid) :
	    NULL;
	char who[80] = "", safe[40] = "";

	if (name != NULL)
		escape_text(safe, 17, name, strlen(name));
	if (tid != 0)
		snprintf(who, sizeof who, "thread %u %s", tid, safe);
	if (time == 0)
		snprintf(buf, size, "%s", who);
	else if (who[0] == '\0')
		snprintf(buf, size, "at %.4f s",
		    report_seconds(t->report, time));
	else
		snprintf(buf, size, "%-20s at %.4f s", who,
		    report_seconds(t->report, time));
}

static void
section(const struct text *t, const struct heap_error *e, const char *what,
    uint32_t stack, uint32_t tid, uint64_t time)
{
	struct names_stack s;
	char right[160];

	text_who(t, e->proc, tid, time, right, sizeof right);
	text_line(t, "%s", "");
	text_columns(t, what, right);
	report_error_stack(t->report, e, stack, time, &s);
	text_stack(t, &s);
	names_free(&s);
}

static void
section_alloc(const struct text *t, const struct report_error *e)
{
	const struct trace_error *te = &e->found->error;
	const char *call = report_call_word(e->allocated_by);
	char what[80];

	if (te->alloc_stack == 0 && te->alloc_time == 0)
		return;
	snprintf(what, sizeof what, "  allocated by %s(%llu)",
	    call ? call : "a call", (unsigned long long)te->size);
	section(t, e->found, what, te->alloc_stack, te->alloc_tid,
	    te->alloc_time);
}

static void
section_free(const struct text *t, const struct report_error *e)
{
	const struct trace_error *te = &e->found->error;
	const char *call = report_call_word(te->freed_by);
	char what[80];

	if (te->free_time == 0 && te->free_stack == 0)
		return;
	snprintf(what, sizeof what, "  first freed by %s()",
	    call ? call : "a call");
	if (call == NULL)
		strcpy(what, "  first freed");
	if (te->kind == TRACE_ERROR_USE_AFTER_FREE)
		memmove(what + 2, what + 8, strlen(what + 8) + 1);
	/* Profile mode takes no stacks at frees. */
	if (te->free_stack == 0 && !ours(t)) {
		char right[160];

		text_who(t, e->found->proc, te->free_tid, te->free_time,
		    right, sizeof right);
		text_line(t, "%s", "");
		text_columns(t, what, right);
		text_line(t, "    (-m check records the stacks of frees)");
		return;
	}
	section(t, e->found, what, te->free_stack, te->free_tid,
	    te->free_time);
}

/* Nobody called anything. */
static const char *
happened(const struct trace_error *te)
{
	if (te->kind == TRACE_ERROR_CRASH)
		return "crashed here";
	if (te->found == TRACE_FOUND_AT_EXIT)
		return "found at exit";
	if (te->found != TRACE_FOUND_AT_FAULT)
		return "found here";
	return te->access == TRACE_ACCESS_WRITE ? "written here" : "read here";
}

static void
section_call(const struct text *t, const struct report_error *e)
{
	const struct trace_error *te = &e->found->error;
	const char *call = report_call_word(te->kind ==
	    TRACE_ERROR_MISMATCHED_FREE ? e->freed_by : te->call);
	const char *verb = "met by";
	char what[80];

	if ((te->found == TRACE_FOUND_AT_EXIT ||
	    te->found == TRACE_FOUND_SWEEP) && te->stack == 0)
		return;
	if (te->kind == TRACE_ERROR_USE_AFTER_FREE &&
	    te->found == TRACE_FOUND_SWEEP)
		verb = "seen by";
	else if (te->call > TRACE_CHECKED_BEFORE)
		verb = te->access == TRACE_ACCESS_READ ? "read by" :
		    "written by";
	else if (te->kind == TRACE_ERROR_DOUBLE_FREE)
		verb = "freed again by";
	else if (te->kind == TRACE_ERROR_INVALID_FREE ||
	    te->kind == TRACE_ERROR_MISMATCHED_FREE ||
	    te->found == TRACE_FOUND_AT_FREE)
		verb = "freed by";
	else if (te->kind == TRACE_ERROR_BAD_SIZE)
		verb = "asked by";
	if (call == NULL)
		snprintf(what, sizeof what, "  %s", happened(te));
	else
		snprintf(what, sizeof what, "  %s %s()", verb, call);
	section(t, e->found, what, te->stack, e->found->tid, e->found->time);
}

static void
part_lines(const struct text *t, const struct symbol_frame *a,
    const struct symbol_frame *b)
{
	char name[256];

	escape_text(name, sizeof name, a->function, strlen(a->function));
	if (strlen(name) > 30) {
		text_line(t, "  The two frees part in");
		text_line(t, "  %.*s:", t->columns - 3, name);
		text_line(t, "  line %u and line %u.", b->line, a->line);
		return;
	}
	text_line(t, "  The two frees part in %s: line %u and line %u.", name,
	    b->line, a->line);
}

/*
 * From the outermost frame inwards, the first in which two stacks differ: if
 * it is the same function on two lines, that is where their ways part.
 */
static void
frees_part(const struct text *t, const struct report_error *e)
{
	const struct trace_error *te = &e->found->error;
	struct names_stack a, b;
	const struct symbol_frame *x, *y;
	size_t i, j;

	if (te->stack == 0 || te->free_stack == 0)
		return;
	report_error_stack(t->report, e->found, te->stack, 0, &a);
	report_error_stack(t->report, e->found, te->free_stack, te->free_time,
	    &b);
	for (i = a.n, j = b.n; i > 0 && j > 0; i--, j--) {
		x = &a.frames[i - 1].frame;
		y = &b.frames[j - 1].frame;
		if (x->function == NULL || y->function == NULL ||
		    strcmp(x->function, y->function) != 0)
			break;
		if (x->line == y->line)
			continue;
		if (x->line != 0 && y->line != 0) {
			text_line(t, "%s", "");
			part_lines(t, x, y);
		}
		break;
	}
	names_free(&a);
	names_free(&b);
}

static void
say_offset(const struct text *t, const struct trace_error *te)
{
	long long off = (long long)te->offset;
	char words[80];

	if (te->offset >= 0 && (uint64_t)te->offset == te->size)
		strcpy(words, "the first byte after it");
	else if (te->offset >= 0 && (uint64_t)te->offset > te->size)
		snprintf(words, sizeof words, "%lld bytes after its end",
		    off - (long long)te->size);
	else if (off == -1)
		strcpy(words, "the byte before it");
	else if (off < 0)
		snprintf(words, sizeof words, "%lld bytes before it", -off);
	else
		strcpy(words, "inside it");
	text_line(t, "  Block 0x%llx, offset %lld (%s).",
	    (unsigned long long)te->block, off, words);
}

static void
say_found(const struct text *t, const struct trace_error *te)
{
	static const char *const when[] = {
		[TRACE_FOUND_AT_CALL] = "by the call that did it",
		[TRACE_FOUND_AT_FREE] = "when it was freed",
		[TRACE_FOUND_AT_EXIT] = "when the program ended",
		[TRACE_FOUND_SWEEP] = "by a sweep over all blocks",
	};
	bool over = te->found == TRACE_FOUND_AT_EXIT;

	if (te->kind == TRACE_ERROR_USE_AFTER_FREE &&
	    te->found == TRACE_FOUND_SWEEP)
		text_line(t, "  Found when its memory was to be used again; the "
		    "program goes on.");
	else if (te->found < PW_ARRAY_LEN(when) && when[te->found] != NULL)
		text_line(t, "  Found %s%s.", when[te->found],
		    over ? "" : "; the program goes on");
}

static void
say_free(const struct text *t, const struct report_error *e)
{
	const struct trace_error *te = &e->found->error;
	char ago[WORDS_MAX];

	if (te->kind == TRACE_ERROR_DOUBLE_FREE && te->free_time != 0 &&
	    te->free_time <= e->found->time)
		text_line(t, "  The block at 0x%llx was already freed %s "
		    "earlier.", (unsigned long long)te->block,
		    words_duration(ago, sizeof ago, report_seconds(t->report,
		    e->found->time - te->free_time)));
	else if (te->block != 0)
		text_line(t, "  The block is at 0x%llx, %llu bytes long.",
		    (unsigned long long)te->block,
		    (unsigned long long)te->size);
	if (!ours(t))
		text_line(t, "  The program's own allocator got this free.");
	else if (te->kind == TRACE_ERROR_MISMATCHED_FREE && te->offset != 0) {
		text_line(t, "  The address is %s a block of %s,",
		    te->offset < 0 ? "where delete[] looks for the count of"
		    : "that of the first element, behind the count in",
		    te->offset < 0 ? "one object" : "new[]");
		text_line(t, "  not the start of one. This free was ignored; "
		    "the program goes on.");
	} else if (te->kind == TRACE_ERROR_MISMATCHED_FREE)
		text_line(t, "  The block was freed; the program goes on.");
	else
		text_line(t, "  This free was ignored; the program goes on.");
}

static void
say_request(const struct text *t, const struct trace_error *te)
{
	if (te->access != TRACE_ACCESS_CHECK)
		text_line(t, "  The call got NULL; the program goes on.");
	else if (te->call == TRACE_CALL_POSIX_MEMALIGN)
		text_line(t, "  It must be a power of two, of 8 or more: the "
		    "call answers EINVAL.");
	else
		text_line(t, "  It must be a power of two: the next one was "
		    "taken.");
}

static void
say_corrupt(const struct text *t, const struct trace_error *te)
{
	text_line(t, "  Found when memory was taken or given back; the heap "
	    "goes on elsewhere.");
	if (te->block == 0)
		return;
	text_line(t, "  The block in front of it, %lld bytes before, may have "
	    "been overrun:", (long long)te->offset);
	text_line(t, "  0x%llx, %llu bytes long.",
	    (unsigned long long)te->block, (unsigned long long)te->size);
}

static void
say_block(const struct text *t, const struct report_error *e)
{
	const struct trace_error *te = &e->found->error;

	switch (te->kind) {
	case TRACE_ERROR_DOUBLE_FREE:
	case TRACE_ERROR_INVALID_FREE:
	case TRACE_ERROR_MISMATCHED_FREE:
		say_free(t, e);
		break;
	case TRACE_ERROR_BAD_SIZE:
		say_request(t, te);
		break;
	case TRACE_ERROR_CORRUPT_HEAP:
		say_corrupt(t, te);
		break;
	case TRACE_ERROR_CRASH:
		text_crash(t, te);
		break;
	default:
		if (te->block != 0 && (te->found != TRACE_FOUND_AT_FAULT ||
		    te->fault_address == te->address))
			say_offset(t, te);
		if (te->found == TRACE_FOUND_AT_FAULT) {
			text_fault(t, te);
			break;
		}
		say_found(t, te);
		text_bytes(t, e);
	}
}

static void
say_process(const struct text *t, const struct heap_error *e)
{
	const struct trace_process *p = trace_process(t->report->reader,
	    e->proc);
	char count[WORDS_MAX], exe[300] = "";

	if (e->count > 1)
		text_line(t, "  It came %s.", words_count(count,
		    sizeof count, e->count, "time", "times"));
	if (p == NULL || trace_nprocesses(t->report->reader) < 2)
		return;
	if (p->exe != NULL)
		escape_text(exe, sizeof exe, p->exe, strlen(p->exe));
	text_cut_folders(exe, (size_t)t->columns - 24);
	text_line(t, "  In process %u  %s", p->pid, exe);
}

void
report_text_error(FILE *f, struct report *r, size_t index)
{
	const struct report_error *e = &r->errors[index];
	char head[256], label[32];
	struct text t;

	text_begin(&t, f, r, e->found->proc);
	report_headline(e, head, sizeof head);
	snprintf(label, sizeof label, "ERROR %zu  ", index + 1);
	if (strlen(label) + strlen(head) > (size_t)t.columns &&
	    strchr(head, ',') != NULL) {
		char *comma = strchr(head, ',');

		text_line(&t, "%s%.*s", label, (int)(comma - head + 1), head);
		text_line(&t, "  %s", comma + 2);
	} else {
		text_line(&t, "%s%s", label, head);
	}
	say_block(&t, e);
	say_process(&t, e->found);
	section_call(&t, e);
	if (e->found->error.kind == TRACE_ERROR_DOUBLE_FREE ||
	    e->found->error.kind == TRACE_ERROR_USE_AFTER_FREE)
		section_free(&t, e);
	section_alloc(&t, e);
	if (e->found->error.kind == TRACE_ERROR_DOUBLE_FREE)
		frees_part(&t, e);
	text_line(&t, "%s", "");
}
