/*
 * lines.c - what the DWARF of an object says of an address.
 *
 * Two indexes stand between an address and its function: the units of the
 * object by their ranges, made at the start (not every compiler writes
 * .debug_aranges), and the functions of a unit, made when the unit is met.
 * Inside a function only the blocks that hold the address are entered, down
 * to the innermost inlined call.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "symbol/lines.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/arena.h"
#include "symbol/scope.h"
#include "symbol/spans.h"

#define LINES_NEST	64	/* namespaces, types and blocks in each other */

struct unit {
	Dwarf_Die die;		/* has the line table */
	Dwarf_Die tree;		/* has the functions: die, or its split half */
	bool indexed;
	struct spans spans;	/* of functions */
	Dwarf_Die *functions;
	size_t nfunctions;
	size_t room;
};

struct lines {
	Dwarf *dwarf;
	uint64_t bias;
	struct scope_names names;
	struct spans spans;	/* of units */
	struct unit *units;
	size_t nunits;
	size_t room;
};

/* The functions on the way to an address, outermost first. */
struct path {
	Dwarf_Die at[LINES_DEPTH];
	size_t n;
};

/* Make room for one more element of size bytes in *array. */
static int
grow(void *array, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 16;
	void *p;

	if (n < *room)
		return 0;
	p = reallocarray(*(void **)array, more, size);
	if (p == NULL)
		return -1;
	*(void **)array = p;
	*room = more;
	return 0;
}

/*
 * Add the ranges of die.  A range that begins at 0 is of a function that the
 * linker threw away.
 */
static int
add_ranges(struct spans *spans, Dwarf_Die *die, size_t index)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t off = 0;

	while ((off = dwarf_ranges(die, off, &base, &low, &high)) > 0) {
		struct span span = { low, high, 0, (uint32_t)index };

		if (low != 0 && spans_add(spans, span) != 0)
			return -1;
	}
	return 0;
}

static int
add_unit(struct lines *l, Dwarf_Die *die, Dwarf_Die *sub, uint8_t type)
{
	struct unit *u;

	if (type != DW_UT_compile && type != DW_UT_skeleton)
		return 0;
	if (grow(&l->units, l->nunits, &l->room, sizeof(*u)) != 0)
		return -1;
	u = &l->units[l->nunits];
	*u = (struct unit){ .die = *die, .tree = *die };
	if (type == DW_UT_skeleton && dwarf_tag(sub) == DW_TAG_compile_unit)
		u->tree = *sub;
	return add_ranges(&l->spans, die, l->nunits++);
}

struct lines *
lines_create(Dwarf *dwarf, uint64_t bias, struct arena *arena)
{
	struct lines *l = calloc(1, sizeof(*l));
	Dwarf_CU *cu = NULL, *next;
	Dwarf_Die die, sub;
	uint8_t type;

	if (l == NULL)
		return NULL;
	l->dwarf = dwarf;
	l->bias = bias;
	l->names.arena = arena;
	while (dwarf_get_units(dwarf, cu, &next, NULL, &type, &die, &sub) == 0) {
		if (add_unit(l, &die, &sub, type) != 0)
			break;
		cu = next;
	}
	spans_sort(&l->spans);
	return l;
}

void
lines_destroy(struct lines *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->nunits; i++) {
		spans_release(&l->units[i].spans);
		free(l->units[i].functions);
	}
	spans_release(&l->spans);
	free(l->units);
	free(l);
}

static int
add_function(struct unit *u, Dwarf_Die *die)
{
	size_t before = u->spans.n;

	if (grow(&u->functions, u->nfunctions, &u->room, sizeof(*die)) != 0 ||
	    add_ranges(&u->spans, die, u->nfunctions) != 0)
		return -1;
	if (u->spans.n != before)
		u->functions[u->nfunctions++] = *die;
	return 0;
}

static bool
may_hold_functions(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module ||
	    tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
	    tag == DW_TAG_union_type;
}

static void
index_children(struct unit *u, Dwarf_Die *parent, unsigned nest)
{
	Dwarf_Die die;
	int tag;

	if (nest == LINES_NEST || dwarf_child(parent, &die) != 0)
		return;
	do {
		tag = dwarf_tag(&die);
		if (tag == DW_TAG_subprogram) {
			if (add_function(u, &die) != 0)
				return;
		} else if (may_hold_functions(tag))
			index_children(u, &die, nest + 1);
	} while (dwarf_siblingof(&die, &die) == 0);
}

/* A block without ranges of its own may still hold ones that have some. */
static bool
die_may_hold(Dwarf_Die *die, Dwarf_Addr pc, int tag)
{
	if (dwarf_haspc(die, pc) > 0)
		return true;
	return tag == DW_TAG_lexical_block &&
	    !dwarf_hasattr(die, DW_AT_ranges) &&
	    !dwarf_hasattr(die, DW_AT_low_pc);
}

/* Follow pc down from parent; true: an inlined call was found. */
static bool
path_descend(struct path *path, Dwarf_Die *parent, Dwarf_Addr pc, unsigned nest)
{
	Dwarf_Die die;
	int tag;

	if (nest == LINES_NEST || dwarf_child(parent, &die) != 0)
		return false;
	do {
		tag = dwarf_tag(&die);
		if ((tag != DW_TAG_inlined_subroutine &&
		    tag != DW_TAG_lexical_block && tag != DW_TAG_try_block &&
		    tag != DW_TAG_catch_block) || !die_may_hold(&die, pc, tag))
			continue;
		if (tag != DW_TAG_inlined_subroutine) {
			if (path_descend(path, &die, pc, nest + 1))
				return true;
			continue;
		}
		if (path->n == LINES_DEPTH)
			return true;
		path->at[path->n++] = die;
		path_descend(path, &die, pc, nest + 1);
		return true;
	} while (dwarf_siblingof(&die, &die) == 0);
	return false;
}

static void
name_function(struct lines *l, Dwarf_Die *die, struct lines_frame *f)
{
	static const unsigned names[] = { DW_AT_linkage_name,
		DW_AT_MIPS_linkage_name, DW_AT_name };
	Dwarf_Attribute attr;
	size_t i;

	for (i = 0; f->symbol == NULL && i < 3; i++) {
		f->linkage = names[i] != DW_AT_name;
		f->symbol = dwarf_formstring(dwarf_attr_integrate(die,
		    names[i], &attr));
	}
	if (f->symbol != NULL &&
	    (!f->linkage || strncmp(f->symbol, "_R", 2) == 0))
		f->name = scope_name(&l->names, die);
}

static unsigned
call_number(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (dwarf_formudata(dwarf_attr(die, name, &attr), &value) != 0)
		return 0;
	return value > UINT32_MAX ? 0 : (unsigned)value;
}

/* Where the inlined function die was called from. */
static void
name_call(Dwarf_Die *die, struct lines_frame *f)
{
	Dwarf_Die unit;
	Dwarf_Files *files;
	size_t n;

	f->line = call_number(die, DW_AT_call_line);
	if (dwarf_diecu(die, &unit, NULL, NULL) == NULL ||
	    dwarf_getsrcfiles(&unit, &files, &n) != 0)
		return;
	f->file = dwarf_filesrc(files, call_number(die, DW_AT_call_file), NULL,
	    NULL);
}

static void
name_line(struct unit *u, Dwarf_Addr pc, struct lines_frame *f)
{
	Dwarf_Line *line = dwarf_getsrc_die(&u->die, pc);
	int number = 0;

	if (line == NULL)
		return;
	f->file = dwarf_linesrc(line, NULL, NULL);
	if (dwarf_lineno(line, &number) == 0 && number > 0)
		f->line = (unsigned)number;
}

static void
unit_index(struct unit *u)
{
	if (u->indexed)
		return;
	u->indexed = true;
	index_children(u, &u->tree, 0);
	spans_sort(&u->spans);
}

size_t
lines_find(struct lines *l, uint64_t addr, struct lines_frame *frames)
{
	Dwarf_Addr pc = addr - l->bias;
	const struct span *s = spans_find(&l->spans, pc);
	struct path path;
	struct unit *u;
	size_t i, n;

	if (s == NULL)
		return 0;
	u = &l->units[s->index];
	unit_index(u);
	path.n = 0;
	s = spans_find(&u->spans, pc);
	if (s != NULL) {
		path.at[path.n++] = u->functions[s->index];
		path_descend(&path, &u->functions[s->index], pc, 0);
	}
	n = path.n ? path.n : 1;
	for (i = 0; i < n; i++)
		frames[i] = (struct lines_frame){ 0 };
	name_line(u, pc, &frames[0]);
	for (i = 0; i < path.n; i++) {
		name_function(l, &path.at[path.n - 1 - i], &frames[i]);
		if (i + 1 < n)
			name_call(&path.at[path.n - 1 - i], &frames[i + 1]);
	}
	return n;
}
