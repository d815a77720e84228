/*
 * symtab.c - the symbols of an object, found by an address inside.
 *
 * libdwfl looks through all symbols at each question; a large program has
 * hundreds of thousands, so they are sorted once.  A symbol without a size
 * (hand-written assembly) reaches to the next symbol.  Of several names of
 * one address the one a programmer would write wins: not local, with fewer
 * leading underscores, not weak, shorter.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "symbol/symtab.h"

#include <stdlib.h>
#include <string.h>

#include "symbol/spans.h"

struct symtab {
	Dwfl_Module *mod;
	struct spans spans;
};

static uint32_t
symbol_rank(const char *name, const GElf_Sym *sym)
{
	uint32_t bind = GELF_ST_BIND(sym->st_info);
	size_t underscores = strspn(name, "_"), n = strlen(name);

	if (strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0)
		underscores = 0;
	if (underscores > 15)
		underscores = 15;
	if (n > 0xffff)
		n = 0xffff;
	return (uint32_t)(bind != STB_LOCAL) << 31 |
	    (uint32_t)(sym->st_size != 0) << 30 |
	    (uint32_t)(15 - underscores) << 24 |
	    (uint32_t)(bind == STB_GLOBAL) << 20 | (uint32_t)(0xffff - n);
}

static bool
symbol_is_code(const GElf_Sym *sym, GElf_Word section)
{
	unsigned type = GELF_ST_TYPE(sym->st_info);

	if (section == SHN_UNDEF || section == SHN_ABS)
		return false;
	return type == STT_FUNC || type == STT_GNU_IFUNC ||
	    (type == STT_NOTYPE && sym->st_size == 0);
}

static int
symtab_add(struct symtab *t, int i)
{
	GElf_Sym sym;
	GElf_Addr addr;
	GElf_Word section;
	const char *name;
	struct span span;

	name = dwfl_module_getsym_info(t->mod, i, &sym, &addr, &section, NULL,
	    NULL);
	if (name == NULL || name[0] == '\0' || !symbol_is_code(&sym, section))
		return 0;
	span.low = addr;
	span.high = addr + sym.st_size;
	if (sym.st_size == 0)
		span.high = UINT64_MAX;	/* symtab_bound knows better */
	span.rank = symbol_rank(name, &sym);
	span.index = (uint32_t)i;
	return spans_add(&t->spans, span);
}

/* Symbols without a size end where the next one begins. */
static void
symtab_bound(struct spans *s)
{
	uint64_t next = 0;
	size_t i;

	for (i = s->n; i-- > 0;) {
		if (i + 1 < s->n && s->at[i + 1].low != s->at[i].low)
			next = s->at[i + 1].low;
		if (s->at[i].high == UINT64_MAX)
			s->at[i].high = next;
	}
}

struct symtab *
symtab_create(Dwfl_Module *mod)
{
	struct symtab *t = calloc(1, sizeof(*t));
	int i, n;

	if (t == NULL)
		return NULL;
	t->mod = mod;
	n = dwfl_module_getsymtab(mod);
	for (i = 0; i < n; i++)
		if (symtab_add(t, i) != 0)
			break;
	spans_sort(&t->spans);
	symtab_bound(&t->spans);
	return t;
}

void
symtab_destroy(struct symtab *t)
{
	if (t == NULL)
		return;
	spans_release(&t->spans);
	free(t);
}

const char *
symtab_find(const struct symtab *t, uint64_t addr)
{
	const struct span *s = spans_find(&t->spans, addr);
	GElf_Sym sym;
	GElf_Addr value;

	if (s == NULL)
		return NULL;
	return dwfl_module_getsym_info(t->mod, (int)s->index, &sym, &value,
	    NULL, NULL, NULL);
}
