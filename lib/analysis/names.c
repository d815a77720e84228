/*
 * names.c - see names.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "analysis/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "trace/session.h"

#define NAMES_DEPTH_MAX	4096	/* frames shown of one stack */
#define NAMES_BELOW_MAIN	5	/* frames of libc that call it */
#define OWN_MODULE	"libpoolwatch-preload.so"

struct names {
	struct trace_reader *reader;
	struct symbolizer *symbolizer;
	bool to_main;
	char **marks;		/* texts of marks with a number in them */
	size_t nmarks;
};

struct names *
names_create(struct trace_reader *reader, struct symbolizer *symbolizer)
{
	struct names *n = calloc(1, sizeof *n);

	if (n == NULL)
		return NULL;
	n->reader = reader;
	n->symbolizer = symbolizer;
	return n;
}

void
names_destroy(struct names *n)
{
	if (n == NULL)
		return;
	for (size_t i = 0; i < n->nmarks; i++)
		free(n->marks[i]);
	free(n->marks);
	free(n);
}

void
names_free(struct names_stack *s)
{
	free(s->frames);
	*s = (struct names_stack){ .n = 0 };
}

/* One text per count; there are as many as there are odd depths. */
static const char *
names_left_out(struct names *n, uint64_t count)
{
	char text[64];
	char **more;

	snprintf(text, sizeof text, "%llu frames left out",
	    (unsigned long long)count);
	for (size_t i = 0; i < n->nmarks; i++)
		if (strcmp(n->marks[i], text) == 0)
			return n->marks[i];
	more = reallocarray(n->marks, n->nmarks + 1, sizeof *more);
	if (more == NULL)
		return "frames left out";
	n->marks = more;
	more[n->nmarks] = strdup(text);
	return more[n->nmarks] ? more[n->nmarks++] : "frames left out";
}

static const char *
names_mark(struct names *n, uint64_t ip)
{
	switch (ip >> 48 & 0x7fff) {
	case SESSION_MARK_CUT:
		return names_left_out(n, ip & 0xffffffffffffull);
	case SESSION_MARK_FULL:
		return "outer frames left out: the stack table was full";
	case SESSION_MARK_END:
		return "the stack can't be followed further";
	default:
		return "mark of an unknown kind";
	}
}

/*
 * A writer that is asked for so many frames keeps up to 31 more, and counts
 * those it leaves out by 32, for then a recursion makes few nodes.  Here the
 * rest is left out: the entries [from, to) of a stack, which stand for count
 * frames.
 */
struct names_cut {
	size_t from;
	size_t to;
	uint64_t count;
};

#define OUTERMOST	32u	/* kept below a mark */

static struct names_cut
names_cut(struct names *n, uint32_t stack)
{
	size_t depth = trace_info(n->reader)->depth, all = 0;
	uint64_t ip, frames = 0;
	uint32_t parent = 0;

	for (; stack != 0 && all < NAMES_DEPTH_MAX; stack = parent, all++) {
		ip = trace_node(n->reader, stack, &parent);
		if (ip == 0 || parent >= stack)
			break;
		frames += ip >> 48 == (SESSION_NODE_MARK >> 48 |
		    SESSION_MARK_CUT) ? ip & 0xffffffffffffull : 1;
	}
	if (depth <= OUTERMOST || all <= depth + 1)
		return (struct names_cut){ 0, 0, 0 };
	return (struct names_cut){ depth - OUTERMOST, all - OUTERMOST,
	    frames - depth };
}

/*
 * The object at ip.  A constructor may allocate before its object was noticed,
 * and a child of fork has what its parent had.
 */
static const struct trace_module *
names_module(struct names *n, uint32_t proc, uint64_t ip, uint64_t time)
{
	for (unsigned depth = 0; depth < 64; depth++) {
		const struct trace_process *p;
		const struct trace_module *m;

		m = trace_module_find(n->reader, proc, ip, time);
		p = trace_process(n->reader, proc);
		if (m == NULL && p != NULL)
			m = trace_module_find(n->reader, proc, ip, p->end);
		if (m != NULL || p == NULL || p->parent >= proc)
			return m;
		proc = p->parent;
		time = p->start;
	}
	return NULL;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool
is_own(const struct trace_module *m)
{
	return m != NULL && m->path != NULL &&
	    strncmp(base_name(m->path), OWN_MODULE, strlen(OWN_MODULE)) == 0;
}

static const char *
names_path(struct names *n, uint32_t proc, const struct trace_module *m)
{
	const struct trace_process *p = trace_process(n->reader, proc);

	if (m->path != NULL && *m->path != '\0')
		return m->path;
	return p && p->exe && *p->exe ? p->exe : NULL;
}

/* Without a symbolizer: the object and where in it. */
static size_t
names_bare(const struct trace_module *m, const char *path, uint64_t ip,
    struct symbol_frame *bare)
{
	*bare = (struct symbol_frame){ .ip = ip };
	if (m != NULL) {
		bare->module = path;
		bare->module_offset = ip - m->bias;
	}
	return 1;
}

static size_t
names_frames(struct names *n, uint32_t proc, const struct trace_module *m,
    uint64_t ip, struct symbol_frame *bare, const struct symbol_frame **frames)
{
	const char *path = m ? names_path(n, proc, m) : NULL;
	struct symbol_module sm;

	*frames = bare;
	if (n->symbolizer == NULL)
		return names_bare(m, path, ip, bare);
	if (m == NULL || path == NULL)
		return symbolizer_frames(n->symbolizer, NULL, ip, frames);
	sm = (struct symbol_module){ path, m->start, m->end, m->bias,
		m->build_id, m->build_id_size };
	return symbolizer_frames(n->symbolizer, &sm, ip, frames);
}

static int
stack_add(struct names_stack *s, size_t *size, const struct symbol_frame *f,
    const char *mark)
{
	if (s->n == *size) {
		size_t want = *size ? 2 * *size : 16;
		void *more = reallocarray(s->frames, want, sizeof *s->frames);

		if (more == NULL)
			return -1;
		s->frames = more;
		*size = want;
	}
	s->frames[s->n].mark = mark;
	s->frames[s->n].frame = f ? *f : (struct symbol_frame){ .ip = 0 };
	s->n++;
	return 0;
}

/* operator new, new[], delete and delete[] in all their forms. */
static bool
is_operator(const char *symbol)
{
	return symbol != NULL && (strncmp(symbol, "_Znw", 4) == 0 ||
	    strncmp(symbol, "_Zna", 4) == 0 ||
	    strncmp(symbol, "_Zdl", 4) == 0 ||
	    strncmp(symbol, "_Zda", 4) == 0);
}

/* Innermost frames only: there they are the call, elsewhere they matter. */
static void
stack_hide_operators(struct names_stack *s)
{
	size_t k = 0;

	while (k < s->n && s->frames[k].mark == NULL &&
	    is_operator(s->frames[k].frame.symbol))
		k++;
	if (k == s->n)
		return;		/* hide nothing rather than everything */
	memmove(s->frames, s->frames + k, (s->n - k) * sizeof *s->frames);
	s->n -= k;
}

void
names_stop_at_main(struct names *n)
{
	n->to_main = true;
}

/* main, called by no more than what libc starts a program with? */
static bool
is_main(struct names *n, const struct symbol_frame *f, uint32_t parent)
{
	if (f->symbol == NULL || strcmp(f->symbol, "main") != 0)
		return false;
	for (unsigned i = 0; parent != 0; i++)
		if (i == NAMES_BELOW_MAIN ||
		    trace_node(n->reader, parent, &parent) == 0)
			return false;
	return true;
}

static void
names_resolve_raw(struct names *n, uint32_t proc, uint32_t stack,
    uint64_t time, size_t limit, struct names_stack *out)
{
	struct names_cut cut = names_cut(n, stack);
	size_t size = 0;
	bool inner = true;

	*out = (struct names_stack){ .n = 0 };
	for (size_t depth = 0; stack != 0 && depth < NAMES_DEPTH_MAX &&
	    out->n < limit; depth++) {
		uint32_t parent = 0;
		uint64_t ip = trace_node(n->reader, stack, &parent);
		const struct trace_module *m;
		const struct symbol_frame *frames;
		struct symbol_frame bare;
		size_t nframes;

		if (ip == 0 || parent >= stack)
			break;
		stack = parent;
		if (depth == cut.from && cut.count != 0)
			ip = SESSION_MARK(SESSION_MARK_CUT, cut.count);
		else if (depth > cut.from && depth < cut.to)
			continue;
		if (ip & SESSION_NODE_MARK) {
			if (stack_add(out, &size, NULL, names_mark(n, ip)) != 0)
				return;
			continue;
		}
		m = names_module(n, proc, ip - 1, time);
		if (inner && is_own(m))
			continue;
		inner = false;
		nframes = names_frames(n, proc, m, ip - 1, &bare, &frames);
		for (size_t i = 0; i < nframes; i++)
			if (stack_add(out, &size, &frames[i], NULL) != 0)
				return;
		if (n->to_main && is_main(n, &frames[nframes - 1], stack))
			return;
	}
}

void
names_resolve(struct names *n, uint32_t proc, uint32_t stack, uint64_t time,
    struct names_stack *out)
{
	names_resolve_raw(n, proc, stack, time, NAMES_DEPTH_MAX, out);
	stack_hide_operators(out);
}

const char *
names_caller(struct names *n, uint32_t proc, uint32_t stack, uint64_t time)
{
	struct names_stack s;
	const char *symbol;

	names_resolve_raw(n, proc, stack, time, 1, &s);
	symbol = s.n > 0 ? s.frames[0].frame.symbol : NULL;
	names_free(&s);
	return symbol;
}

bool
names_address(struct names *n, uint32_t proc, uint64_t address, uint64_t time,
    struct symbol_frame *out)
{
	const struct trace_module *m = names_module(n, proc, address, time);
	const struct symbol_frame *frames;
	struct symbol_frame bare;

	if (m == NULL || is_own(m) ||
	    names_frames(n, proc, m, address, &bare, &frames) == 0)
		return false;
	*out = frames[0];
	return true;
}

bool
names_match(const struct names_stack *s, const regex_t *re)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct symbol_frame *f = &s->frames[i].frame;
		const char *in[] = { f->function, f->symbol, f->file,
			f->module };

		for (size_t k = 0; k < PW_ARRAY_LEN(in); k++)
			if (in[k] && regexec(re, in[k], 0, NULL, 0) == 0)
				return true;
	}
	return false;
}

/* FNV-1a over text; a NUL parts one piece from the next. */
static uint64_t
hash_byte(uint64_t h, unsigned char c)
{
	return (h ^ c) * 0x100000001b3ull;
}

/* The name without what changes from build to build. */
static uint64_t
hash_function(uint64_t h, const char *name)
{
	unsigned angle = 0;

	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '<' && p != name && p[-1] != 'r')
			angle++;	/* not operator< */
		else if (*p == '>' && angle > 0)
			angle--;
		else if (angle == 0 && (strncmp(p, ".part.", 6) == 0 ||
		    strncmp(p, ".constprop.", 11) == 0 ||
		    strncmp(p, ".isra.", 6) == 0 ||
		    strncmp(p, ".cold", 5) == 0 ||
		    strncmp(p, " [clone", 7) == 0))
			break;
		else if (angle == 0 && *p != ' ')
			h = hash_byte(h, (unsigned char)*p);
	}
	return hash_byte(h, 0);
}

void
names_id(const char *kind, const struct names_stack *s, char id[17])
{
	uint64_t h = hash_function(0xcbf29ce484222325ull, kind);

	for (size_t i = 0; i < s->n; i++) {
		const struct symbol_frame *f = &s->frames[i].frame;

		if (s->frames[i].mark != NULL)
			continue;
		if (f->function != NULL)
			h = hash_function(h, f->function);
		else if (f->module != NULL)
			h = hash_function(h, base_name(f->module));
	}
	snprintf(id, 17, "%016llx", (unsigned long long)bits_mix64(h));
}
