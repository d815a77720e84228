/*
 * refuse_elf.c - what an ELF program's headers say about watching it.
 *
 * Everything is read with libelf from a descriptor, never mapped, so that a
 * file that shrinks or lies costs an error and not a SIGBUS.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/refuse.h"

#include <errno.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/poolwatch.h"

#if defined(__x86_64__)
#define NATIVE_MACHINE	EM_X86_64
#define NATIVE_NAME	"x86-64"
#elif defined(__aarch64__)
#define NATIVE_MACHINE	EM_AARCH64
#define NATIVE_NAME	"aarch64"
#endif

/* What the dynamic section told. */
struct elf_facts {
	char interp[PATH_MAX];
	bool has_interp;
	bool dynamic;
	const char *sanitizer;	/* "AddressSanitizer", ...; NULL none */
	bool own_malloc;
	const char *above;	/* allocator above malloc; NULL none */
};

static const struct { const char *lib, *symbol, *name; } sanitizers[] = {
	{ "libasan.so", "__asan_init", "AddressSanitizer" },
	{ "libhwasan.so", "__hwasan_init", "HWAddressSanitizer" },
	{ "libtsan.so", "__tsan_init", "ThreadSanitizer" },
	{ "libmsan.so", "__msan_init", "MemorySanitizer" },
	{ "liblsan.so", "__lsan_init", "LeakSanitizer" },
	{ "libclang_rt.asan", "__asan_init", "AddressSanitizer" },
	/* Linked into the program; weak in all that replace malloc. */
	{ "libclang_rt.", "__sanitizer_malloc_hook", "a sanitizer" },
};

/* variable: set by a user who knows the cure already. */
static const struct {
	const char *lib, *variable, *text;
} allocators[] = {
	{ "libpython", "PYTHONMALLOC",
	    "python keeps small blocks to itself;\nset "
	    "PYTHONMALLOC=malloc (or --pass-through=no) to see them all" },
	{ "libglib-2.0", "G_SLICE",
	    "GLib's slices may keep blocks to themselves;\nset "
	    "G_SLICE=always-malloc (or --pass-through=no) to see them all" },
	{ "libapr-1", NULL, "apr hands out pools;\n"
	    "its blocks are seen as the pools they are cut from" },
	{ "libjemalloc", NULL, "it brings jemalloc, whose place we take;\n"
	    "its own calls (mallocx, ...) are not seen" },
	{ "libtcmalloc", NULL, "it brings tcmalloc, whose place we take;\n"
	    "its own calls (tc_malloc, ...) are not seen" },
	{ "libmimalloc", NULL, "it brings mimalloc, whose place we take;\n"
	    "its own calls (mi_malloc, ...) are not seen" },
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static void
note_allocator(struct elf_facts *f, size_t i)
{
	const char *variable = allocators[i].variable;

	if (!variable || !getenv(variable))
		f->above = allocators[i].text;
}

static void
note_needed(struct elf_facts *f, const char *lib)
{
	size_t i;

	for (i = 0; i < COUNT(sanitizers) && !f->sanitizer; i++)
		if (!strncmp(lib, sanitizers[i].lib, strlen(sanitizers[i].lib)))
			f->sanitizer = sanitizers[i].name;
	for (i = 0; i < COUNT(allocators) && !f->above; i++)
		if (!strncmp(lib, allocators[i].lib,
		    strlen(allocators[i].lib)))
			note_allocator(f, i);
}

static void
note_symbol(struct elf_facts *f, const char *name, const GElf_Sym *sym)
{
	size_t i;

	if (!strcmp(name, "malloc") && sym->st_shndx != SHN_UNDEF)
		f->own_malloc = true;
	if (strncmp(name, "__", 2))
		return;
	for (i = 0; i < COUNT(sanitizers) && !f->sanitizer; i++)
		if (!strcmp(name, sanitizers[i].symbol))
			f->sanitizer = sanitizers[i].name;
}

static void
read_interp(int fd, const GElf_Phdr *ph, struct elf_facts *f)
{
	size_t n = ph->p_filesz < PATH_MAX ? ph->p_filesz : PATH_MAX - 1;
	ssize_t got = pread(fd, f->interp, n, (off_t)ph->p_offset);

	f->interp[got > 0 ? got : 0] = '\0';
	f->has_interp = true;
}

static void
read_segments(int fd, Elf *elf, struct elf_facts *f)
{
	size_t n = 0, i;
	GElf_Phdr ph;

	elf_getphdrnum(elf, &n);
	for (i = 0; i < n; i++) {
		if (!gelf_getphdr(elf, (int)i, &ph))
			break;
		if (ph.p_type == PT_INTERP)
			read_interp(fd, &ph, f);
		if (ph.p_type == PT_DYNAMIC)
			f->dynamic = true;
	}
}

static void
read_dynamic(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh, struct elf_facts *f)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	const char *name;
	GElf_Dyn dyn;
	int i;

	for (i = 0; data && gelf_getdyn(data, i, &dyn); i++) {
		if (dyn.d_tag == DT_NULL)
			break;
		if (dyn.d_tag != DT_NEEDED)
			continue;
		name = elf_strptr(elf, sh->sh_link, dyn.d_un.d_val);
		if (name)
			note_needed(f, name);
	}
}

static void
read_symbols(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh, struct elf_facts *f)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	const char *name;
	GElf_Sym sym;
	int i;

	for (i = 0; data && gelf_getsym(data, i, &sym); i++) {
		name = elf_strptr(elf, sh->sh_link, sym.st_name);
		if (name)
			note_symbol(f, name, &sym);
	}
}

static void
read_sections(Elf *elf, struct elf_facts *f)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh))
			continue;
		if (sh.sh_type == SHT_DYNAMIC)
			read_dynamic(elf, scn, &sh, f);
		if (sh.sh_type == SHT_DYNSYM)
			read_symbols(elf, scn, &sh, f);
	}
}

static int
judge_interp(const char *path, const struct elf_facts *f,
    struct refuse_verdict *v)
{
	const char *base = strrchr(f->interp, '/');

	base = base ? base + 1 : f->interp;
	if (access(f->interp, F_OK) < 0)
		return refuse_say(v, WATCH_NOT_FOUND, "",
		    "%s: its loader %s was not found", refuse_name(path),
		    refuse_name(f->interp));
	if (strncmp(base, "ld-linux", 8) && strncmp(base, "ld.so", 5))
		return refuse_say(v, WATCH_FAILED,
		    "build it for glibc", "%s is loaded by %s, not by glibc's "
		    "ld.so: it can't be watched", refuse_name(path),
		    refuse_name(f->interp));
	return 0;
}

static int
judge_facts(const char *path, struct elf_facts *f,
    struct refuse_verdict *v)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	if (!f->has_interp)
		return refuse_say(v, WATCH_FAILED,
		    "link it without -static (and without -static-pie)",
		    "%s is statically linked: nothing can be loaded before it, "
		    "so it can't be watched", refuse_name(path));
	if (judge_interp(path, f, v))
		return v->status;
	if (f->sanitizer)
		return refuse_say(v, WATCH_FAILED,
		    "build it without -fsanitize for poolwatch, or run it as "
		    "it is", "%s has %s inside, which keeps malloc for itself: "
		    "it can't be watched", refuse_name(path), f->sanitizer);
	v->own_malloc = f->own_malloc;
	if (!strncmp(base, "python", 6))
		note_allocator(f, 0);	/* linked without its library */
	if (f->above)	/* else what was seen behind env stays */
		snprintf(v->above, sizeof(v->above), "%s", f->above);
	return 0;
}

static int
judge_header(Elf *elf, const char *path, struct refuse_verdict *v)
{
	const char *name = refuse_name(path);
	GElf_Ehdr eh;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh))
		return refuse_say(v, WATCH_FAILED, "",
		    "%s is no whole ELF file", name);
	if (eh.e_machine != NATIVE_MACHINE)
		return refuse_say(v, WATCH_FAILED,
		    "run poolwatch on its own machine", "%s is a program for "
		    "another machine (ELF machine %u; this is " NATIVE_NAME ")",
		    name, eh.e_machine);
	if (eh.e_ident[EI_CLASS] != ELFCLASS64)
		return refuse_say(v, WATCH_FAILED, "build it as 64-bit",
		    "%s is a 32-bit program; this poolwatch watches 64-bit "
		    "ones", name);
	if (eh.e_ident[EI_DATA] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ?
	    ELFDATA2LSB : ELFDATA2MSB))
		return refuse_say(v, WATCH_FAILED, "",
		    "%s has the other byte order", name);
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
		return refuse_say(v, WATCH_FAILED, "",
		    "%s is an ELF file, but no program", name);
	return 0;
}

int
refuse_elf(int fd, const char *path, struct refuse_verdict *v)
{
	struct elf_facts facts;
	Elf *elf;

	memset(&facts, 0, sizeof(facts));
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf)
		return refuse_say(v, WATCH_FAILED, "", "%s: %s",
		    refuse_name(path), elf_errmsg(-1));
	if (!judge_header(elf, path, v)) {
		read_segments(fd, elf, &facts);
		read_sections(elf, &facts);
		judge_facts(path, &facts, v);
	}
	elf_end(elf);
	return v->status;
}
