/*
 * suppress_parse.c - files of suppressions, read; see suppress.h.
 *
 * A file is lines; blanks around them do not count, empty ones and those that
 * begin with # are skipped, in blocks too.  Blocks of other tools than memcheck
 * and ours are read and dropped: one file may serve several.  Whatever else
 * is not understood is a fault: a suppression that silently does nothing is
 * worse than none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/suppress_impl.h"
#include "base/compiler.h"
#include "trace/reader.h"

#define BIT(kind)	(1u << TRACE_ERROR_##kind)
#define ACCESS_KINDS	(BIT(HEAP_OVERRUN) | BIT(HEAP_UNDERRUN) | \
			    BIT(USE_AFTER_FREE))
#define LEAK_KIND	(1u << SUPPRESS_LEAK)

/* memcheck's kinds; digits behind a name are the size of an access. */
static const struct {
	const char *word;
	bool digits;
	bool extra;	/* a line with the call may follow */
	uint32_t kinds;	/* 0: it finds what we do not */
} memcheck_kinds[] = {
	{ "Addr", true, false, ACCESS_KINDS },
	{ "Value", true, false, ACCESS_KINDS },
	{ "Param", false, true, ACCESS_KINDS },
	{ "Free", false, false, BIT(DOUBLE_FREE) | BIT(INVALID_FREE) |
	    BIT(MISMATCHED_FREE) },
	{ "Leak", false, false, LEAK_KIND },
	{ "FishyValue", false, true, BIT(BAD_SIZE) },
	{ "BadSize", false, true, BIT(BAD_SIZE) },
	{ "BadAlign", false, true, BIT(BAD_SIZE) },
	{ "ReallocZero", false, true, 0 },
	{ "Cond", false, false, 0 },
	{ "Jump", false, false, 0 },
	{ "Overlap", false, true, 0 },
	{ "User", false, false, 0 },
};

static const struct { const char *word; unsigned kinds; } leak_words[] = {
	{ "definite", SUPPRESS_DEFINITE }, { "indirect", SUPPRESS_INDIRECT },
	{ "possible", SUPPRESS_POSSIBLE }, { "reachable", SUPPRESS_REACHABLE },
	{ "all", SUPPRESS_UNJUDGED }, { "none", 0 },
};

/* One text, line by line. */
struct lines {
	struct suppressions *all;
	const char *file;
	const char *next, *end;
	char *line;		/* without blanks around; owned */
	unsigned number;
	char *why;
	size_t why_size;
};

/* -1, and why. */
static int PW_PRINTF(2, 3)
lines_fault(struct lines *l, const char *fmt, ...)
{
	int n = snprintf(l->why, l->why_size, "%s:%u: ", l->file, l->number);
	va_list ap;

	if (n < 0 || (size_t)n >= l->why_size)
		return -1;
	va_start(ap, fmt);
	vsnprintf(l->why + n, l->why_size - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

static int
lines_no_memory(struct lines *l)
{
	return lines_fault(l, "out of memory");
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next line that says something in l->line: 1, 0 at the end, or -1. */
static int
lines_next(struct lines *l)
{
	while (l->next < l->end) {
		const char *p = l->next;
		const char *end = memchr(p, '\n', (size_t)(l->end - p));

		if (end == NULL)
			end = l->end;
		l->next = end + (end < l->end);
		l->number++;
		if (memchr(p, '\0', (size_t)(end - p)) != NULL)
			return lines_fault(l, "a NUL: is this text?");
		while (p < end && is_blank(*p))
			p++;
		while (end > p && is_blank(end[-1]))
			end--;
		if (p == end || *p == '#')
			continue;
		free(l->line);
		l->line = strndup(p, (size_t)(end - p));
		return l->line ? 1 : lines_no_memory(l);
	}
	return 0;
}

/* The same where the block is not at its end. */
static int
lines_more(struct lines *l)
{
	int got = lines_next(l);

	return got ? got : lines_fault(l, "the block has no } at its end");
}

/* The same words as reports: leak, double-free, ...; 0: no such kind. */
static uint32_t
own_kind(const char *word, size_t n)
{
	if (n == 4 && strncmp(word, "leak", n) == 0)
		return LEAK_KIND;
	for (unsigned k = 0; k < TRACE_NERRORS; k++)
		if (strlen(trace_error_name(k)) == n &&
		    strncmp(word, trace_error_name(k), n) == 0)
			return 1u << k;
	return 0;
}

static int
memcheck_kind(struct lines *l, const char *word, struct suppress_rule *r,
    bool *extra)
{
	for (size_t i = 0; i < PW_ARRAY_LEN(memcheck_kinds); i++) {
		size_t n = strlen(memcheck_kinds[i].word), digits = 0;

		if (strncmp(word, memcheck_kinds[i].word, n) != 0)
			continue;
		digits = strspn(word + n, "0123456789");
		if (word[n + digits] != '\0' ||
		    (digits > 0) != memcheck_kinds[i].digits)
			continue;
		r->kinds = memcheck_kinds[i].kinds;
		*extra = memcheck_kinds[i].extra;
		return 1;
	}
	return lines_fault(l, "memcheck has no kind '%.60s'", word);
}

/* Is tool among the words before the colon, which commas part? */
static bool
has_tool(const char *tools, size_t n, const char *tool)
{
	size_t len;

	for (const char *p = tools; p < tools + n; p += len + 1) {
		len = strcspn(p, ",:");
		if (len == strlen(tool) && strncmp(p, tool, len) == 0)
			return true;
	}
	return false;
}

/* "Memcheck:Free".  1; 0: for another tool; -1. */
static int
parse_kind(struct lines *l, struct suppress_rule *r, bool *extra)
{
	const char *colon = strchr(l->line, ':');
	size_t n = colon ? (size_t)(colon - l->line) : 0;

	*extra = false;
	if (n == 0)
		return lines_fault(l, "'%.60s' is not TOOL:KIND", l->line);
	if (has_tool(l->line, n, "Memcheck"))
		return memcheck_kind(l, colon + 1, r, extra);
	if (!has_tool(l->line, n, "poolwatch"))
		return 0;
	r->kinds = own_kind(colon + 1, strlen(colon + 1));
	if (r->kinds == 0)
		return lines_fault(l, "there is no kind '%.60s'", colon + 1);
	return 1;
}

static int
parse_leak_kinds(struct lines *l, const char *words, struct suppress_rule *r)
{
	const char *p = words + strspn(words, " \t");
	size_t n, i;

	r->leak_kinds = 0;
	for (; *p != '\0'; p += n + (p[n] == ',')) {
		n = strcspn(p, ",");
		for (i = 0; i < PW_ARRAY_LEN(leak_words); i++)
			if (strlen(leak_words[i].word) == n &&
			    strncmp(leak_words[i].word, p, n) == 0)
				break;
		if (i == PW_ARRAY_LEN(leak_words))
			return lines_fault(l, "there is no kind of leak "
			    "'%.*s'", (int)(n < 60 ? n : 60), p);
		r->leak_kinds |= leak_words[i].kinds;
	}
	return 1;
}

/* PLACE or PLACE:LINE. */
static void
split_line(struct suppress_frame *f)
{
	char *colon = strrchr(f->glob, ':');

	if (colon == NULL || colon[1] == '\0' ||
	    colon[1 + strspn(colon + 1, "0123456789")] != '\0')
		return;
	f->line = (unsigned)strtoul(colon + 1, NULL, 10);
	*colon = '\0';
}

static int
add_frame(struct lines *l, struct suppress_rule *r,
    enum suppress_frame_kind kind, const char *glob)
{
	struct suppress_frame *more = reallocarray(r->frames, r->nframes + 1,
	    sizeof *more);

	if (more == NULL)
		return lines_no_memory(l);
	r->frames = more;
	more[r->nframes] = (struct suppress_frame){ .kind = kind };
	if (glob != NULL &&
	    (more[r->nframes].glob = strdup(glob)) == NULL)
		return lines_no_memory(l);
	if (kind == SUPPRESS_SRC)
		split_line(&more[r->nframes]);
	r->nframes++;
	return 1;
}

/* 1: it was a frame; 0: it is none; -1. */
static int
parse_frame(struct lines *l, struct suppress_rule *r)
{
	static const struct {
		const char *word;
		enum suppress_frame_kind kind;
	} words[] = {
		{ "fun:", SUPPRESS_FUN }, { "obj:", SUPPRESS_OBJ },
		{ "src:", SUPPRESS_SRC },
	};

	if (strcmp(l->line, "...") == 0)
		return add_frame(l, r, SUPPRESS_ANY, NULL);
	for (size_t i = 0; i < PW_ARRAY_LEN(words); i++) {
		if (strncmp(l->line, words[i].word, 4) != 0)
			continue;
		if (l->line[4] == '\0')
			return lines_fault(l, "%s names nothing", l->line);
		return add_frame(l, r, words[i].kind, l->line + 4);
	}
	return 0;
}

/* memcheck shows what calls main as one frame, or it is not shown. */
static void
drop_below_main(struct suppress_rule *r)
{
	static const char *const below[] = { "(below main)", "_start",
	    "__libc_start_main", "__libc_start_main@*",
	    "__libc_start_call_main", "(below_main)" };
	size_t i;

	while (r->nframes > 1) {
		struct suppress_frame *f = &r->frames[r->nframes - 1];

		for (i = 0; i < PW_ARRAY_LEN(below); i++)
			if (f->kind == SUPPRESS_FUN &&
			    suppress_glob(below[i], f->glob))
				break;
		if (i == PW_ARRAY_LEN(below))
			return;
		free(f->glob);
		r->nframes--;
	}
}

/* "write(buf)", "malloc(size)": the call is what counts. */
static int
parse_extra(struct lines *l, struct suppress_rule *r)
{
	r->call = strndup(l->line, strcspn(l->line, "("));
	return r->call ? 1 : lines_no_memory(l);
}

static int
parse_frames(struct lines *l, struct suppress_rule *r, bool extra)
{
	static const char leaks[] = "match-leak-kinds:";
	int got;

	for (bool first = true;; first = false) {
		if (lines_more(l) < 0)
			return -1;
		if (strcmp(l->line, "}") == 0)
			break;
		got = parse_frame(l, r);
		if (got == 0 && first && (r->kinds & LEAK_KIND) &&
		    strncmp(l->line, leaks, sizeof leaks - 1) == 0)
			got = parse_leak_kinds(l, l->line + sizeof leaks - 1,
			    r);
		else if (got == 0 && first && extra)
			got = parse_extra(l, r);
		if (got == 0)
			return lines_fault(l, "'%.60s' is none of fun:, obj:, "
			    "src:, ... and }", l->line);
		if (got < 0)
			return -1;
	}
	if (r->nframes == 0)
		return lines_fault(l, "the block has no frame");
	drop_below_main(r);
	return 1;
}

static int
skip_block(struct lines *l)
{
	do
		if (lines_more(l) < 0)
			return -1;
	while (strcmp(l->line, "}") != 0);
	return 0;
}

/* After the "{".  1: *r is a rule; 0: one for others; -1. */
static int
parse_block(struct lines *l, struct suppress_rule *r)
{
	bool extra;
	int got;

	if (lines_more(l) < 0)
		return -1;
	r->name = strdup(l->line);
	if (r->name == NULL)
		return lines_no_memory(l);
	if (lines_more(l) < 0)
		return -1;
	got = parse_kind(l, r, &extra);
	if (got <= 0)
		return got < 0 ? -1 : skip_block(l);
	return parse_frames(l, r, extra);
}

/* "leak:PATTERN": anywhere, unless ^ or $ hold an end of it. */
static int
parse_line(struct lines *l, struct suppress_rule *r)
{
	const char *colon = strchr(l->line, ':'), *p;
	size_t n;

	if (colon != NULL)
		r->kinds = own_kind(l->line, (size_t)(colon - l->line));
	if (r->kinds == 0)
		return lines_fault(l, "'%.60s' is neither { nor KIND:PATTERN",
		    l->line);
	p = colon + 1;
	if (*p == '\0')
		return lines_fault(l, "%s names nothing", l->line);
	n = strlen(p);
	r->name = strdup(l->line);
	r->anywhere = malloc(n + 3);
	if (r->name == NULL || r->anywhere == NULL)
		return lines_no_memory(l);
	sprintf(r->anywhere, "%s%s", *p == '^' ? "" : "*", p + (*p == '^'));
	n = strlen(r->anywhere);
	if (n > 0 && r->anywhere[n - 1] == '$')
		r->anywhere[n - 1] = '\0';
	else
		strcat(r->anywhere, "*");
	return 1;
}

/* From l->line on.  As parse_block. */
static int
parse_rule(struct lines *l)
{
	struct suppress_rule r = { .file = l->file, .line = l->number,
		.leak_kinds = SUPPRESS_UNJUDGED };
	int got = strcmp(l->line, "{") == 0 ? parse_block(l, &r) :
	    parse_line(l, &r);

	if (got > 0)
		got = suppress_add(l->all, &r) == 0 ? 1 : lines_no_memory(l);
	if (got <= 0)
		suppress_rule_free(&r);
	return got;
}

int
suppress_parse(struct suppressions *all, const char *name, const char *text,
    size_t n, char *why, size_t size)
{
	struct lines l = { .all = all, .file = suppress_add_file(all, name),
		.next = text, .end = text + n, .why = why, .why_size = size };
	int got;

	if (l.file == NULL) {
		snprintf(why, size, "%s: out of memory", name);
		return -1;
	}
	while ((got = lines_next(&l)) > 0)
		if (parse_rule(&l) < 0) {
			got = -1;
			break;
		}
	free(l.line);
	return got;
}
