/*
 * object.c - an object file of a recorded program, found again on disk.
 *
 * Each object is the only module of a Dwfl of its own, reported at bias 0, so
 * that its addresses are those in the file and processes that had it at
 * different places share it.  A file with another build-id than the recorded
 * one is another program: it is not used.  When the file is gone or another,
 * the debug file that has the recorded build-id serves in its place.
 *
 * debuginfod is libdwfl's last resort and only with DEBUGINFOD_URLS; a server
 * that does not answer costs DEBUGINFOD_SECONDS once, then it is not asked
 * any more.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "symbol/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "symbol/lines.h"
#include "symbol/symtab.h"

#define DEBUGINFOD_SECONDS	"3"	/* without a byte from the server */
#define DEBUGINFOD_MAXIMUM	"60"	/* for one file */
#define SLOW_ANSWER		1.0	/* seconds; and nothing found */

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool
debuginfod_is_set(void)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	return urls != NULL && urls[0] != '\0';
}

static int
find_debuginfo(Dwfl_Module *mod, void **data, const char *name, Dwarf_Addr base,
    const char *file, const char *link, GElf_Word crc, char **found)
{
	double start = seconds();
	int fd = dwfl_standard_find_debuginfo(mod, data, name, base, file, link,
	    crc, found);

	if (fd < 0 && debuginfod_is_set() && seconds() - start > SLOW_ANSWER)
		unsetenv("DEBUGINFOD_URLS");
	return fd;
}

/* dir as an absolute path (of places' own), or "" without memory. */
static char *
absolute(const char *dir)
{
	char *real = realpath(dir, NULL);

	return real ? real : strdup(dir);
}

static char *
default_debug_dir(const char *sysroot)
{
	char *dir;

	return asprintf(&dir, "%s/usr/lib/debug", sysroot) < 0 ? NULL : dir;
}

int
object_places_set(struct object_places *p, const struct symbol_options *o)
{
	const char *root = o && o->sysroot ? o->sysroot : "";
	const char *debug = o ? o->debug_dir : NULL;

	memset(p, 0, sizeof(*p));
	p->sysroot = strdup(strcmp(root, "/") == 0 ? "" : root);
	if (p->sysroot == NULL)
		return -1;
	p->debug_dir = debug ? absolute(debug) : default_debug_dir(p->sysroot);
	/* Beside the file, in .debug below it, then in the debug folder. */
	if (p->debug_dir == NULL || asprintf(&p->debuginfo_path, ":.debug:%s",
	    p->debug_dir) < 0) {
		p->debuginfo_path = NULL;
		return -1;
	}
	p->callbacks.find_elf = dwfl_build_id_find_elf;
	p->callbacks.find_debuginfo = find_debuginfo;
	p->callbacks.section_address = dwfl_offline_section_address;
	p->callbacks.debuginfo_path = &p->debuginfo_path;
	if (debuginfod_is_set()) {
		setenv("DEBUGINFOD_TIMEOUT", DEBUGINFOD_SECONDS, 0);
		setenv("DEBUGINFOD_MAXTIME", DEBUGINFOD_MAXIMUM, 0);
		setenv("DEBUGINFOD_RETRY_LIMIT", "0", 0);
	}
	return 0;
}

void
object_places_release(struct object_places *p)
{
	free(p->debuginfo_path);
	free(p->debug_dir);
	free(p->sysroot);
}

static char *
hex(struct arena *a, const unsigned char *bytes, size_t n)
{
	char *s = arena_take(a, n * 2 + 1);
	size_t i;

	for (i = 0; s != NULL && i < n; i++)
		snprintf(s + i * 2, 3, "%02x", bytes[i]);
	return s;
}

struct object *
object_create(struct arena *a, const struct symbol_module *m, uint64_t hash)
{
	struct object *o = arena_take(a, sizeof(*o));
	size_t n = m->build_id ? m->build_id_size : 0;

	if (o == NULL)
		return NULL;
	o->hash = hash;
	o->path = arena_string(a, m->path ? m->path : "",
	    m->path ? strlen(m->path) : 0);
	if (o->path == NULL)
		return NULL;
	if (n == 0)
		return o;
	o->id = (unsigned char *)arena_string(a, (const char *)m->build_id, n);
	o->id_size = n;
	o->build_id = hex(a, m->build_id, n);
	return o->id && o->build_id ? o : NULL;
}

/* A plain file only: a trace may name a pipe or a device. */
static int
open_plain(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -1;
}

static bool
is_recorded(const struct object *o, Dwfl_Module *mod)
{
	const unsigned char *id;
	GElf_Addr addr;
	int n = dwfl_module_build_id(mod, &id, &addr);

	if (n <= 0)
		return o->id_size == 0;
	return (size_t)n == o->id_size && memcmp(id, o->id, o->id_size) == 0;
}

/* The module for the file at path, if it is the recorded one. */
static Dwfl_Module *
report(struct object *o, const struct object_places *p, const char *path)
{
	int fd = open_plain(path);
	Dwfl_Module *mod;

	if (fd < 0)
		return NULL;
	o->dwfl = dwfl_begin(&p->callbacks);
	if (o->dwfl == NULL) {
		close(fd);
		return NULL;
	}
	mod = dwfl_report_elf(o->dwfl, "object", path, fd, 0, true);
	if (mod == NULL)
		close(fd);
	dwfl_report_end(o->dwfl, NULL, NULL);
	if (mod != NULL && is_recorded(o, mod))
		return mod;
	dwfl_end(o->dwfl);
	o->dwfl = NULL;
	return NULL;
}

static Dwfl_Module *
report_program(struct object *o, const struct object_places *p)
{
	Dwfl_Module *mod;
	char *path;

	/* The vdso, memory made at run time: no file.  A relative name is
	 * only as good as its build-id. */
	if (strchr(o->path, '/') == NULL ||
	    (o->path[0] != '/' && o->id_size == 0))
		return NULL;
	if (asprintf(&path, "%s%s", o->path[0] == '/' ? p->sysroot : "",
	    o->path) < 0)
		return NULL;
	mod = report(o, p, path);
	free(path);
	return mod;
}

static Dwfl_Module *
report_debug_file(struct object *o, const struct object_places *p)
{
	Dwfl_Module *mod;
	char *path;

	if (o->id_size < 2 || asprintf(&path, "%s/.build-id/%.2s/%s.debug",
	    p->debug_dir, o->build_id, o->build_id + 2) < 0)
		return NULL;
	mod = report(o, p, path);
	free(path);
	return mod;
}

void
object_open(struct object *o, const struct object_places *p, struct arena *a)
{
	Dwfl_Module *mod;
	Dwarf_Addr bias;
	Dwarf *dwarf;

	if (o->opened)
		return;
	o->opened = true;
	mod = report_program(o, p);
	if (mod == NULL)
		mod = report_debug_file(o, p);
	if (mod == NULL)
		return;
	dwarf = dwfl_module_getdwarf(mod, &bias);
	if (dwarf != NULL)
		o->lines = lines_create(dwarf, bias, a);
	o->symtab = symtab_create(mod);
}

void
object_close(struct object *o)
{
	lines_destroy(o->lines);
	symtab_destroy(o->symtab);
	if (o->dwfl != NULL)
		dwfl_end(o->dwfl);
}
