/*
 * scope.c - functions without a readable linker's name, qualified.
 *
 * A function of an unnamed namespace and the call operator of a lambda get no
 * linker's name from gcc; `operator()` alone tells nobody anything.  Names of
 * Rust (_R...) are not known to the demangler, but their scopes are told as
 * well.  To find the parents of an entry libdw walks its unit from the start,
 * so each answer is kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "symbol/scope.h"

#include <dwarf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "symbol/arena.h"

#define SCOPE_STEPS	4	/* from a body to its declaration */
#define SCOPE_LEVELS	8	/* functions inside each other */

struct scope_name {
	struct scope_name *next;
	const void *die;	/* address of its bytes */
	const char *name;
};

static const char *scope_name_at(struct scope_names *, Dwarf_Die *die,
    unsigned level);

static bool
has_scopes(Dwarf_Die *die)
{
	Dwarf_Die unit;
	int lang;

	if (dwarf_diecu(die, &unit, NULL, NULL) == NULL)
		return false;
	lang = dwarf_srclang(&unit);
	return lang == DW_LANG_C_plus_plus || lang == DW_LANG_C_plus_plus_03 ||
	    lang == DW_LANG_C_plus_plus_11 || lang == DW_LANG_C_plus_plus_14 ||
	    lang == DW_LANG_Rust;
}

/* From an inlined copy or a body to the entry that stands in its class. */
static Dwarf_Die
declaration(Dwarf_Die die)
{
	Dwarf_Attribute attr;
	Dwarf_Die next;
	int i;

	for (i = 0; i < SCOPE_STEPS; i++) {
		if (dwarf_attr(&die, DW_AT_abstract_origin, &attr) == NULL &&
		    dwarf_attr(&die, DW_AT_specification, &attr) == NULL)
			break;
		if (dwarf_formref_die(&attr, &next) == NULL)
			break;
		die = next;
	}
	return die;
}

/* The word for one scope, or NULL: it is none to write. */
static const char *
scope_word(Dwarf_Die *die, const char *below)
{
	const char *name = dwarf_diename(die);

	switch (dwarf_tag(die)) {
	case DW_TAG_namespace:
		return name ? name : "(anonymous namespace)";
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		if (name == NULL && below && strcmp(below, "operator()") == 0)
			return "{lambda}";
		return name ? name : "(anonymous class)";
	case DW_TAG_subprogram:
		return name;
	default:
		return NULL;
	}
}

/* "above::below" in the arena, or what there is of it. */
static const char *
prefix(struct arena *arena, const char *above, const char *below)
{
	size_t n = strlen(above);
	char *name;

	if (below == NULL)
		return above;
	name = arena_take(arena, n + strlen(below) + 3);
	if (name == NULL)
		return below;
	memcpy(name, above, n);
	memcpy(name + n, "::", 2);
	strcpy(name + n + 2, below);
	return name;
}

/*
 * scopes run from the function out.  At a function around it the way goes on
 * from that function's own declaration: its body may stand outside its class.
 */
static const char *
join(struct scope_names *s, Dwarf_Die *scopes, int n, unsigned level)
{
	const char *name = NULL, *word;
	int i;

	for (i = 0; i < n; i++) {
		if (i > 0 && dwarf_tag(&scopes[i]) == DW_TAG_subprogram) {
			word = scope_name_at(s, &scopes[i], level + 1);
			return word ? prefix(s->arena, word, name) : name;
		}
		word = scope_word(&scopes[i], name);
		if (word != NULL)
			name = prefix(s->arena, word, name);
	}
	return name;
}

static const char *
scope_name_at(struct scope_names *s, Dwarf_Die *die, unsigned level)
{
	Dwarf_Die decl, *scopes = NULL;
	struct scope_name **head, *n;
	int count;

	if (level == SCOPE_LEVELS)
		return NULL;
	decl = declaration(*die);
	head = &s->names[bits_mix64((uintptr_t)decl.addr) % SCOPE_BUCKETS];
	for (n = *head; n != NULL; n = n->next)
		if (n->die == decl.addr)
			return n->name;
	n = arena_take(s->arena, sizeof(*n));
	if (n == NULL)
		return NULL;
	count = dwarf_getscopes_die(&decl, &scopes);
	if (count > 0)
		n->name = join(s, scopes, count, level);
	free(scopes);
	n->die = decl.addr;
	n->next = *head;
	*head = n;
	return n->name;
}

const char *
scope_name(struct scope_names *s, Dwarf_Die *die)
{
	return has_scopes(die) ? scope_name_at(s, die, 0) : NULL;
}
