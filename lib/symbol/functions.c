/*
 * functions.c - all functions of an object file, by name.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "symbol/functions.h"

#include <elfutils/libdwfl.h>
#include <string.h>

static void
build_id_of(struct functions_object *o, Dwfl_Module *mod)
{
	const unsigned char *id;
	GElf_Addr addr;
	int n = dwfl_module_build_id(mod, &id, &addr);

	o->build_id_size = 0;
	if (n <= 0 || (size_t)n > sizeof(o->build_id))
		return;
	memcpy(o->build_id, id, (size_t)n);
	o->build_id_size = (size_t)n;
}

static void
symbols_of(Dwfl_Module *mod, functions_fn *fn, void *arg)
{
	int i, n = dwfl_module_getsymtab(mod);
	const char *name;
	GElf_Sym sym;
	GElf_Addr addr;

	for (i = 0; i < n; i++) {
		name = dwfl_module_getsym_info(mod, i, &sym, &addr, NULL, NULL,
		    NULL);
		if (name && name[0] && sym.st_shndx != SHN_UNDEF &&
		    GELF_ST_TYPE(sym.st_info) == STT_FUNC && sym.st_size)
			fn(arg, name, addr, addr + sym.st_size);
	}
}

int
functions_each(struct functions_object *o, functions_fn *fn, void *arg)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *mod;

	if (!dwfl)
		return -1;
	/* At bias 0: its addresses are those of the file. */
	mod = dwfl_report_elf(dwfl, "object", o->path, -1, 0, true);
	dwfl_report_end(dwfl, NULL, NULL);
	if (mod) {
		build_id_of(o, mod);
		symbols_of(mod, fn, arg);
	}
	dwfl_end(dwfl);
	return mod ? 0 : -1;
}
