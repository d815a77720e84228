/*
 * written.c - see written.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "report/written.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analysis/value.h"
#include "base/compiler.h"
#include "report/escape.h"
#include "report/report_impl.h"
#include "report/words.h"

#define POINTERS	2u	/* told of one finding */
#define ADDRESS_BYTES	6u	/* that may be letters; the others are 0 */
#define SMALL		0x10000	/* below: a number, not an address */

/* The bytes of a finding, and which of them are bad. */
struct bytes_of {
	struct report *report;
	const struct report_error *e;
	const struct trace_error *te;
	uint32_t first;		/* bad ones: [first, first + n) */
	uint32_t n;
	struct written *out;
};

static bool
printable(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

static struct written_item * PW_PRINTF(3, 4)
add(struct bytes_of *b, const char *what, const char *fmt, ...)
{
	static struct written_item spill;
	struct written_item *item = b->out->n < WRITTEN_MAX ?
	    &b->out->items[b->out->n++] : &spill;
	va_list ap;

	*item = (struct written_item){ .what = what };
	va_start(ap, fmt);
	vsnprintf(item->text, sizeof item->text, fmt, ap);
	va_end(ap);
	return item;
}

/* Does the damage begin with the first byte behind the block? */
static bool
at_the_end(const struct trace_error *te)
{
	return te->kind == TRACE_ERROR_HEAP_OVERRUN && te->offset >= 0 &&
	    (uint64_t)te->offset == te->size;
}

/*
 * The text that ends right before the block's end, as far as it was kept:
 * bytes [*begin, end) of those.  What stands in front of a part may be anything,
 * but if it is no text, this is a record of some kind, not a string.
 */
static bool
text_before(const struct bytes_of *b, uint32_t *begin, bool *whole)
{
	const struct trace_error *te = b->te;
	uint32_t i = b->first;

	while (i > 0 && printable(te->bytes[i - 1]) &&
	    te->bytes_at + i != te->block)
		i--;
	*begin = i;
	*whole = te->bytes_at + i == te->block;
	return b->first - i >= 2 && (*whole || i == 0);
}

static bool
is_nul_of_a_string(struct bytes_of *b)
{
	const struct trace_error *te = b->te;
	char shown[2 * TRACE_ERROR_BYTES + 1];
	unsigned long long size = te->size;
	struct written_item *item;
	uint32_t begin, n;
	bool whole;

	if (!at_the_end(te) || te->length != 1 || te->bytes[b->first] != 0 ||
	    !text_before(b, &begin, &whole))
		return false;
	n = b->first - begin;
	if (!whole || n > 20) {
		begin += n > 12 ? n - 12 : 0;
		n = b->first - begin;
		whole = false;
	}
	escape_text(shown, sizeof shown, (const char *)te->bytes + begin, n);
	item = whole ? add(b, "nul", "It is the NUL of the string \"%s\": %llu "
	    "characters need %llu.", shown, size, size + 1) :
	    add(b, "nul", "It looks like the NUL of a string that ends in "
	    "\"%s\": %llu characters need %llu.", shown, size, size + 1);
	item->needed = te->size + 1;
	return true;
}

/* How many characters the damage begins with. */
static uint32_t
characters(const struct bytes_of *b)
{
	uint32_t k = 0;

	while (k < b->n && printable(b->te->bytes[b->first + k]))
		k++;
	return k;
}

/* At least three characters, alone or with a NUL behind them. */
static bool
is_text(struct bytes_of *b)
{
	const unsigned char *p = b->te->bytes + b->first;
	unsigned long long needed = b->te->size + b->te->length;
	char shown[80];
	struct written_item *item;
	bool ends, all;
	uint32_t k = characters(b);

	if (k < 3)
		return false;
	all = b->n == b->te->length && k + 1 >= b->n;
	ends = all && k + 1 == b->n && p[k] == 0;
	escape_text(shown, sizeof shown, (const char *)p, k < 31 ? k : 31);
	item = add(b, "text", "The bytes written are text: \"%s\"%s%s", shown,
	    ends ? " and its NUL." : "", k > 31 || !(all && (ends ||
	    k == b->n)) ? " ..." : "");
	if (!at_the_end(b->te) || !(ends || k == b->te->length))
		return true;
	snprintf(item->text + strlen(item->text), 80, "%s %llu bytes would "
	    "have held it.", ends ? "" : ":", needed);
	item->needed = needed;
	return true;
}

/* One of equal elements, behind the last: a loop that went too far. */
static bool
is_element(struct bytes_of *b)
{
	const struct trace_error *te = b->te;
	uint64_t each = te->length, off = (uint64_t)te->offset;
	struct written_item *item;
	char bytes[WORDS_MAX];

	if (te->kind != TRACE_ERROR_HEAP_OVERRUN || te->offset < 0 ||
	    (each != 2 && each != 4 && each != 8 && each != 16) ||
	    off % each != 0 || te->size % each != 0 || te->size < each ||
	    off < te->size)
		return false;
	words_count(bytes, sizeof bytes, each, "byte", "bytes");
	item = add(b, "element", off == te->size ? "It looks like one element "
	    "of %s more: %llu fit, %llu need %llu bytes." :
	    "It looks like an element of %s: %llu fit, this is element "
	    "[%llu], and would need %llu bytes.", bytes,
	    (unsigned long long)(te->size / each),
	    (unsigned long long)(off / each + (off == te->size)),
	    (unsigned long long)(off + each));
	item->needed = off + each;
	return true;
}

static uint64_t
value_of(const struct bytes_of *b)
{
	uint64_t v = 0;

	memcpy(&v, b->te->bytes + b->first, b->n < 8 ? b->n : 8);
	return v;
}

static bool
is_number(struct bytes_of *b)
{
	uint64_t n = b->te->length, v = value_of(b);
	int64_t s = n == 2 ? (int16_t)v : n == 4 ? (int32_t)v : (int64_t)v;
	struct written_item *item;

	if (b->n != n || b->te->address % n != 0)
		return false;
	if (n == 1 && printable((unsigned char)v))
		item = add(b, "number", "The byte is '%c'.", (char)v);
	else if (n == 1)
		item = add(b, "number", "The byte is %llu.",
		    (unsigned long long)v);
	else if (n <= 8 && s > -SMALL && s < SMALL)
		item = add(b, "number", "The %llu bytes are the number %lld.",
		    (unsigned long long)n, (long long)s);
	else
		return false;
	item->value = v;
	item->has_value = true;
	return true;
}

/* "conn_new (src/conn.c:12)" of the innermost frame. */
static const char *
name_frame(const struct symbol_frame *f, char *buf, size_t size)
{
	char function[128] = "", file[128];
	const char *name = f->function ? f->function : f->module;

	buf[0] = '\0';
	if (name == NULL)
		return NULL;
	escape_text(function, sizeof function, name, strlen(name));
	if (f->function == NULL)
		snprintf(buf, size, "%s+0x%llx", function,
		    (unsigned long long)f->module_offset);
	else if (f->file == NULL || f->line == 0)
		snprintf(buf, size, "%s", function);
	else {
		escape_text(file, sizeof file, f->file, strlen(f->file));
		snprintf(buf, size, "%s (%s:%u)", function, file, f->line);
	}
	return buf;
}

/* "block of 64 bytes that conn_new (src/conn.c:12) allocated". */
static void
name_block(const struct bytes_of *b, const struct heap_found *to, char *buf,
    size_t size)
{
	const char *call = report_call_word(to->call);
	char bytes[WORDS_MAX], where[240];
	struct names_stack s;

	names_resolve(b->report->names, to->proc, to->stack,
	    b->e->found->time, &s);
	words_count(bytes, sizeof bytes, to->size, "byte", "bytes");
	if (s.n > 0 && s.frames[0].mark == NULL &&
	    name_frame(&s.frames[0].frame, where, sizeof where) != NULL)
		snprintf(buf, size, "%s of %s, allocated by %s in %s",
		    to->freed ? "a freed block" : "a block", bytes,
		    call ? call : "a call", where);
	else
		snprintf(buf, size, "%s of %s", to->freed ? "a freed block" :
		    "a block", bytes);
	names_free(&s);
}

static bool
tell_block(struct bytes_of *b, long long offset, uint64_t v,
    const struct heap_found *to)
{
	char block[400], into[60] = "the start of";
	struct written_item *item;

	if (to->block == b->te->block && !to->freed)
		snprintf(block, sizeof block, "the block itself");
	else
		name_block(b, to, block, sizeof block);
	if (to->offset != 0)
		snprintf(into, sizeof into, "byte %lld of",
		    (long long)to->offset);
	item = add(b, "pointer", "At offset %lld stands a pointer, 0x%llx, to "
	    "%s %s.", offset, (unsigned long long)v, into, block);
	item->block = to->block;
	item->value = v;
	item->has_value = true;
	return true;
}

static bool
tell_fill(struct bytes_of *b, long long offset, uint64_t v)
{
	struct value_fill fill;
	struct written_item *item;

	if (!value_is_fill(v, &fill))
		return false;
	item = add(b, "fill", "At offset %lld stands 0x%llx, which fills "
	    "the block at 0x%llx %s.", offset, (unsigned long long)v,
	    (unsigned long long)fill.address, value_fill_words(fill.signature));
	item->value = v;
	item->has_value = true;
	item->block = fill.address;
	return true;
}

/* An object's, or what looks like a stack. */
static bool
tell_address(struct bytes_of *b, long long offset, uint64_t v)
{
	struct symbol_frame f;
	char where[300];
	struct written_item *item;

	if (names_address(b->report->names, b->e->found->proc, v,
	    b->e->found->time, &f) &&
	    name_frame(&f, where, sizeof where) != NULL)
		item = add(b, "pointer", "At offset %lld stands 0x%llx, an "
		    "address in %s.", offset, (unsigned long long)v, where);
	else if (value_is_stack(v))
		item = add(b, "pointer", "At offset %lld stands 0x%llx, which "
		    "looks like an address in the stack of main.", offset,
		    (unsigned long long)v);
	else
		return false;
	item->value = v;
	item->has_value = true;
	return true;
}

/* Whole words among the bad bytes. */
static unsigned
pointers(struct bytes_of *b, const struct context *c)
{
	const struct trace_error *te = b->te;
	unsigned k = 0, told = 0, at = context_first_word(te);

	for (; at + 8 <= te->nbytes && k < CONTEXT_WORDS && told < POINTERS;
	    at += 8, k++) {
		uint64_t v = context_word(te, at);
		long long offset = (long long)(te->bytes_at + at - te->block);

		if (at < b->first || at + 8 > b->first + b->n ||
		    v < SMALL)
			continue;
		if (tell_fill(b, offset, v) ||
		    (c != NULL && c->leads[k] &&
		    tell_block(b, offset, v, &c->to[k])) ||
		    tell_address(b, offset, v))
			told++;
	}
	return told;
}

void
report_written(struct report *r, const struct report_error *e,
    struct written *out)
{
	struct bytes_of b = { .report = r, .e = e, .te = &e->found->error,
		.out = out };

	unsigned told;

	out->n = 0;
	report_bad_bytes(b.te, &b.first, &b.n);
	if (b.n == 0 || b.te->access == TRACE_ACCESS_READ)
		return;
	if (is_nul_of_a_string(&b) ||
	    (characters(&b) > ADDRESS_BYTES && is_text(&b)))
		return;
	told = pointers(&b, report_context(r, e));
	if (told == 0 && is_text(&b))
		return;
	if (told == 0)
		is_number(&b);
	is_element(&b);
}
