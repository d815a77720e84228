/*
 * object.h - an object file of a recorded program, found again on disk.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_SYMBOL_OBJECT_H
#define PW_SYMBOL_OBJECT_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbol/arena.h"
#include "symbol/symbol.h"

struct lines;
struct symtab;

/* Where files are looked for; the same for all objects. */
struct object_places {
	Dwfl_Callbacks callbacks;
	char *debuginfo_path;	/* for libdwfl */
	char *debug_dir;	/* absolute */
	char *sysroot;		/* "" is / */
};

struct object {
	struct object *next;	/* of one hash */
	uint64_t hash;
	const char *path;
	const char *build_id;	/* hex, NULL: it had none */
	const unsigned char *id;
	size_t id_size;
	/* After object_open. */
	bool opened;
	Dwfl *dwfl;
	struct lines *lines;	/* NULL: no DWARF */
	struct symtab *symtab;	/* NULL: not the recorded file */
};

/* 0, or -1 without memory.  options may be NULL. */
int	object_places_set(struct object_places *, const struct symbol_options *);
void	object_places_release(struct object_places *);

/* path and build-id are copied into the arena; NULL without memory. */
struct object *object_create(struct arena *, const struct symbol_module *,
	    uint64_t hash);
/* Find and index the files, at the first call.  The arena outlives it. */
void	object_open(struct object *, const struct object_places *,
	    struct arena *);
void	object_close(struct object *);

#endif
