/*
 * suppress.c - a finding held against the rules; see suppress.h.
 *
 * A block is a pattern over frames.  All positions in it that the frames so far
 * may have led to are kept in one array, which each frame moves on: the work
 * is frames times positions, whatever the file says.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "analysis/suppress.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

#define CALL_NAMES	4

/* What memcheck calls the frame of a call, where that is not its own name. */
static const struct {
	uint32_t call;
	const char *names[CALL_NAMES];
} call_names[] = {
	{ TRACE_CALL_NEW, { "_Znwm", "operator new(unsigned long)",
	    "_ZnwmRKSt9nothrow_t",
	    "operator new(unsigned long, std::nothrow_t const&)" } },
	{ TRACE_CALL_NEW_ARRAY, { "_Znam", "operator new[](unsigned long)",
	    "_ZnamRKSt9nothrow_t",
	    "operator new[](unsigned long, std::nothrow_t const&)" } },
	{ TRACE_CALL_NEW_ALIGNED, { "_ZnwmSt11align_val_t",
	    "operator new(unsigned long, std::align_val_t)",
	    "_ZnwmSt11align_val_tRKSt9nothrow_t" } },
	{ TRACE_CALL_NEW_ARRAY_ALIGNED, { "_ZnamSt11align_val_t",
	    "operator new[](unsigned long, std::align_val_t)",
	    "_ZnamSt11align_val_tRKSt9nothrow_t" } },
	{ TRACE_CALL_DELETE, { "_ZdlPv", "operator delete(void*)", "_ZdlPvm",
	    "operator delete(void*, unsigned long)" } },
	{ TRACE_CALL_DELETE_ARRAY, { "_ZdaPv", "operator delete[](void*)",
	    "_ZdaPvm", "operator delete[](void*, unsigned long)" } },
};

bool
suppress_glob(const char *glob, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text != '\0') {
		if (*glob == '*') {
			star = glob++;
			resume = text;
		} else if (*glob == '?' || *glob == *text) {
			glob++;
			text++;
		} else if (star != NULL) {
			glob = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}

/* What is not known is an empty word, which "*" matches. */
static bool
matches(const char *glob, const char *text)
{
	return suppress_glob(glob, text ? text : "");
}

static const char *
base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static bool
frame_matches(const struct suppress_frame *p, const struct symbol_frame *f)
{
	switch (p->kind) {
	case SUPPRESS_FUN:
		return matches(p->glob, f->symbol) ||
		    matches(p->glob, f->function);
	case SUPPRESS_OBJ:
		return matches(p->glob, f->module);
	case SUPPRESS_SRC:
		return (p->line == 0 || p->line == f->line) &&
		    (matches(p->glob, f->file) ||
		    matches(p->glob, base_name(f->file)));
	default:
		return true;
	}
}

/* NULL: nobody called anything. */
static const char *
call_name(uint32_t call)
{
	return call < TRACE_NCALLS || (call > TRACE_CHECKED_BEFORE &&
	    call < TRACE_CHECKED_END) ? trace_call_name(call) : NULL;
}

static bool
call_matches(const struct suppress_frame *p, uint32_t call)
{
	if (p->kind != SUPPRESS_FUN)
		return p->kind == SUPPRESS_OBJ && strcmp(p->glob, "*") == 0;
	if (matches(p->glob, call_name(call)))
		return true;
	for (size_t i = 0; i < PW_ARRAY_LEN(call_names); i++)
		for (size_t k = 0; call_names[i].call == call &&
		    k < CALL_NAMES && call_names[i].names[k]; k++)
			if (matches(p->glob, call_names[i].names[k]))
				return true;
	return false;
}

/* Positions in a pattern: at[i] says that the frames before i are matched. */
struct places {
	const struct suppress_rule *rule;
	bool *at;
};

/* "..." may stand for no frame.  true: the whole pattern is matched. */
static bool
places_settle(struct places *p)
{
	for (size_t i = 0; i < p->rule->nframes; i++)
		if (p->at[i] && p->rule->frames[i].kind == SUPPRESS_ANY)
			p->at[i + 1] = true;
	return p->at[p->rule->nframes];
}

/*
 * One frame further; f NULL: the frame of the call.  Backwards, so that a
 * position that is set was not set by this frame.
 */
static bool
places_step(struct places *p, const struct names_frame *f, uint32_t call)
{
	bool optional = f == NULL || f->frame.inlined;

	for (size_t i = p->rule->nframes; i-- > 0;) {
		const struct suppress_frame *want = &p->rule->frames[i];

		if (!p->at[i] || want->kind == SUPPRESS_ANY)
			continue;
		if (f == NULL ? call_matches(want, call) :
		    f->mark == NULL && frame_matches(want, &f->frame))
			p->at[i + 1] = true;
		p->at[i] = optional;
	}
	return places_settle(p);
}

static bool
block_matches(const struct suppress_rule *r, uint32_t call,
    const struct names_stack *s)
{
	struct places p = { r, calloc(r->nframes + 1, sizeof *p.at) };
	bool matched;

	if (p.at == NULL)
		return false;
	p.at[0] = true;
	matched = places_settle(&p);
	if (!matched && call_name(call) != NULL)
		matched = places_step(&p, NULL, call);
	for (size_t i = 0; i < s->n && !matched; i++)
		matched = places_step(&p, &s->frames[i], call);
	free(p.at);
	return matched;
}

static bool
line_matches(const struct suppress_rule *r, const struct names_stack *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct symbol_frame *f = &s->frames[i].frame;
		const char *in[] = { f->function, f->symbol, f->file,
			f->module };

		for (size_t k = 0; k < PW_ARRAY_LEN(in); k++)
			if (in[k] && suppress_glob(r->anywhere, in[k]))
				return true;
	}
	return false;
}

static bool
rule_matches(const struct suppress_rule *r, const struct suppress_case *c,
    const struct names_stack *s)
{
	if ((r->kinds >> c->kind & 1) == 0)
		return false;
	if (c->kind == SUPPRESS_LEAK && (r->leak_kinds & c->leak_kind) == 0)
		return false;
	if (r->call != NULL && !matches(r->call, call_name(c->call)))
		return false;
	return r->anywhere ? line_matches(r, s) : block_matches(r, c->call, s);
}

size_t
suppress_match(const struct suppressions *all, const struct suppress_case *c,
    const struct names_stack *s)
{
	size_t n = suppress_count(all);

	for (size_t i = 0; i < n; i++)
		if (rule_matches(suppress_rule(all, i), c, s))
			return i;
	return SUPPRESS_NONE;
}
