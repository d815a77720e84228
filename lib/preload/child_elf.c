/*
 * child_elf.c - does a program's ld.so take us in?
 *
 * It must be ours: of our machine and class, and glibc's; another libc's would
 * take us for a library of its own and end the program.  And a sanitizer's
 * runtime among the program's libraries ends it too when it is not the first to
 * be loaded.
 *
 * The rules of child.c hold: nothing but its own stack is written to.  The file
 * may be anything: each loop has its end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/child.h"

#include <elf.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/os.h"

/* Not below malloc: a stack of exec's own caller will do. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstack-usage="
#endif

#define CHILD_PHDRS	64
#define CHILD_DYNS	512
#define CHILD_INTERP	256
#define CHILD_LIB	24	/* bytes of a library's name that are looked at */

#if defined(__x86_64__)
#define CHILD_MACHINE	EM_X86_64
#elif defined(__aarch64__)
#define CHILD_MACHINE	EM_AARCH64
#else
#error "not yet: the ELF machine of this architecture"
#endif

struct child_elf {
	int fd;
	Elf64_Ehdr head;
};

static bool
child_read(int fd, void *to, size_t size, uint64_t off)
{
	return os_syscall(SYS_pread64, fd, (long)to, (long)size, (long)off,
	    0, 0) == (long)size;
}

static bool
child_phdr(const struct child_elf *e, unsigned i, Elf64_Phdr *p)
{
	return i < e->head.e_phnum && i < CHILD_PHDRS && child_read(e->fd, p,
	    sizeof *p, e->head.e_phoff + i * sizeof *p);
}

static bool
child_segment(const struct child_elf *e, uint32_t type, Elf64_Phdr *p)
{
	for (unsigned i = 0; child_phdr(e, i, p); i++)
		if (p->p_type == type)
			return true;
	return false;
}

/* Where in the file is what will be at addr?  0: nowhere. */
static uint64_t
child_offset(const struct child_elf *e, uint64_t addr)
{
	Elf64_Phdr p;

	for (unsigned i = 0; child_phdr(e, i, &p); i++)
		if (p.p_type == PT_LOAD && addr - p.p_vaddr < p.p_filesz)
			return p.p_offset + (addr - p.p_vaddr);
	return 0;
}

static bool
child_is_glibc(const struct child_elf *e)
{
	char path[CHILD_INTERP];
	const char *name;
	Elf64_Phdr p;

	if (!child_segment(e, PT_INTERP, &p) || p.p_filesz == 0 ||
	    p.p_filesz > sizeof(path) ||
	    !child_read(e->fd, path, p.p_filesz, p.p_offset))
		return false;
	path[p.p_filesz - 1] = '\0';
	name = strrchr(path, '/');
	name = name != NULL ? name + 1 : path;
	return strncmp(name, "ld-linux", 8) == 0 ||
	    strncmp(name, "ld.so", 5) == 0;
}

/* The i-th entry of the dynamic section at p; false: there is none. */
static bool
child_dyn(const struct child_elf *e, const Elf64_Phdr *p, unsigned i,
    Elf64_Dyn *d)
{
	return i < CHILD_DYNS && i < p->p_filesz / sizeof *d &&
	    child_read(e->fd, d, sizeof *d, p->p_offset + i * sizeof *d) &&
	    d->d_tag != DT_NULL;
}

static bool
child_is_sanitizer(const char *lib)
{
	static const char libs[][CHILD_LIB] = {
		"libasan.", "libhwasan.", "libtsan.", "libmsan.", "liblsan.",
		"libclang_rt.asan", "libclang_rt.hwasan", "libclang_rt.tsan",
		"libclang_rt.msan", "libclang_rt.lsan",
	};

	for (size_t i = 0; i < sizeof(libs) / sizeof(libs[0]); i++)
		if (strncmp(lib, libs[i], strlen(libs[i])) == 0)
			return true;
	return false;
}

static bool
child_is_sanitized(const struct child_elf *e)
{
	char lib[CHILD_LIB];
	uint64_t names = 0;
	Elf64_Phdr p;
	Elf64_Dyn d;

	if (!child_segment(e, PT_DYNAMIC, &p))
		return false;
	for (unsigned i = 0; names == 0 && child_dyn(e, &p, i, &d); i++)
		if (d.d_tag == DT_STRTAB)
			names = child_offset(e, d.d_un.d_ptr);
	for (unsigned i = 0; names != 0 && child_dyn(e, &p, i, &d); i++)
		if (d.d_tag == DT_NEEDED && child_read(e->fd, lib,
		    sizeof(lib), names + d.d_un.d_val) &&
		    child_is_sanitizer(lib))
			return true;
	return false;
}

bool
child_elf_takes(int fd)
{
	struct child_elf e = { .fd = fd };

	return child_read(fd, &e.head, sizeof(e.head), 0) &&
	    e.head.e_ident[EI_CLASS] == ELFCLASS64 &&
	    e.head.e_machine == CHILD_MACHINE &&
	    e.head.e_phentsize == sizeof(Elf64_Phdr) && child_is_glibc(&e) &&
	    !child_is_sanitized(&e);
}
