/*
 * symbol.c - addresses of a recorded program to function, file and line.
 *
 * Two hash tables.  Objects are known by path and build-id, wherever and in
 * how many processes they were mapped.  Places are known by object and offset
 * and are resolved once; a place met at another address (the same object,
 * loaded elsewhere) gets a copy of its frames with that address.
 *
 * Everything that is handed out lives in one arena or in the Dwarf of its
 * object, until symbolizer_destroy.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "symbol/symbol.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "symbol/arena.h"
#include "symbol/demangle.h"
#include "symbol/lines.h"
#include "symbol/object.h"
#include "symbol/symtab.h"

#define OBJECT_BUCKETS	256
#define PLACE_BUCKETS	1024	/* at the start; doubled when full */

/* The frames of a place as seen at one address. */
struct view {
	struct view *next;
	uint64_t ip;
	struct symbol_frame *frames;
};

struct place {
	struct place *next;
	struct object *object;	/* NULL: nothing but the address is known */
	uint64_t offset;
	size_t n;
	struct view *views;
};

struct symbolizer {
	struct arena arena;
	struct object_places where;
	struct object *objects[OBJECT_BUCKETS];
	struct place **places;
	size_t nbuckets;
	size_t nplaces;
	struct symbol_frame poor;	/* the answer when memory is out */
};

struct symbolizer *
symbolizer_create(const struct symbol_options *options)
{
	struct symbolizer *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->nbuckets = PLACE_BUCKETS;
	s->places = calloc(s->nbuckets, sizeof(*s->places));
	if (object_places_set(&s->where, options) == 0 && s->places != NULL)
		return s;
	symbolizer_destroy(s);
	return NULL;
}

void
symbolizer_destroy(struct symbolizer *s)
{
	struct object *o;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < OBJECT_BUCKETS; i++)
		for (o = s->objects[i]; o != NULL; o = o->next)
			object_close(o);
	free(s->places);
	object_places_release(&s->where);
	arena_release(&s->arena);
	free(s);
}

static uint64_t
hash_bytes(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;

	while (n-- > 0)
		h = (h ^ *b++) * 0x100000001b3ull;	/* FNV-1a */
	return h;
}

static bool
object_is(const struct object *o, const struct symbol_module *m,
    const char *path, size_t id_size)
{
	return o->id_size == id_size && strcmp(o->path, path) == 0 &&
	    (id_size == 0 || memcmp(o->id, m->build_id, id_size) == 0);
}

static struct object *
find_object(struct symbolizer *s, const struct symbol_module *m)
{
	const char *path = m->path ? m->path : "";
	size_t id_size = m->build_id ? m->build_id_size : 0;
	uint64_t hash = hash_bytes(0xcbf29ce484222325ull, path, strlen(path));
	struct object **head, *o;

	hash = bits_mix64(hash_bytes(hash, m->build_id, id_size));
	head = &s->objects[hash % OBJECT_BUCKETS];
	for (o = *head; o != NULL; o = o->next)
		if (o->hash == hash && object_is(o, m, path, id_size))
			return o;
	o = object_create(&s->arena, m, hash);
	if (o == NULL)
		return NULL;
	o->next = *head;
	*head = o;
	return o;
}

static struct place **
place_bucket(struct place **places, size_t n, const struct object *o,
    uint64_t offset)
{
	return &places[bits_mix64((uintptr_t)o ^ bits_mix64(offset)) & (n - 1)];
}

/* More buckets; without memory the chains just get longer. */
static void
places_grow(struct symbolizer *s)
{
	size_t n = s->nbuckets * 2, i;
	struct place **places = calloc(n, sizeof(*places)), **head, *p, *next;

	if (places == NULL)
		return;
	for (i = 0; i < s->nbuckets; i++)
		for (p = s->places[i]; p != NULL; p = next) {
			next = p->next;
			head = place_bucket(places, n, p->object, p->offset);
			p->next = *head;
			*head = p;
		}
	free(s->places);
	s->places = places;
	s->nbuckets = n;
}

static struct place *
find_place(struct symbolizer *s, struct object *o, uint64_t offset)
{
	struct place **head, *p;

	head = place_bucket(s->places, s->nbuckets, o, offset);
	for (p = *head; p != NULL; p = p->next)
		if (p->object == o && p->offset == offset)
			return p;
	p = arena_take(&s->arena, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->object = o;
	p->offset = offset;
	p->next = *head;
	*head = p;
	if (++s->nplaces > s->nbuckets)
		places_grow(s);
	return p;
}

/* libc calls itself by hidden names with this in front of the real one. */
#define HIDDEN_ALIAS	"__GI_"

static const char *
function_name(struct symbolizer *s, const char *symbol)
{
	const char *kept = symbol;
	char *name;

	if (strncmp(symbol, HIDDEN_ALIAS, sizeof(HIDDEN_ALIAS) - 1) == 0 &&
	    symbol[sizeof(HIDDEN_ALIAS) - 1] != '\0')
		return symbol + sizeof(HIDDEN_ALIAS) - 1;
	name = demangle(symbol);

	if (name != NULL && strcmp(name, symbol) != 0)
		kept = arena_string(&s->arena, name, strlen(name));
	free(name);
	return kept ? kept : symbol;
}

/* Take the last "/name" from [path, *end); false: there is none to take. */
static bool
drop_last(char *path, char **end)
{
	char *slash = *end;

	while (slash > path && *--slash != '/')
		continue;
	if (slash == *end || *slash != '/' || *end - slash == 1 ||
	    (*end - slash == 3 && memcmp(slash, "/..", 3) == 0))
		return false;
	*end = slash;
	return true;
}

/*
 * Drop "." and "name/.." from a path: compilers spell their own headers with
 * half a dozen of them.
 */
static const char *
file_name(struct symbolizer *s, const char *file)
{
	char *path, *out;
	const char *in, *end;

	if (file == NULL || strstr(file, "/.") == NULL)
		return file;
	path = arena_string(&s->arena, file, strlen(file));
	if (path == NULL)
		return file;
	out = path;
	for (in = file; *in != '\0'; in = end) {
		end = strchrnul(in + 1, '/');
		if (end - in == 2 && strncmp(in, "/.", 2) == 0)
			continue;
		if (end - in == 3 && strncmp(in, "/..", 3) == 0 &&
		    drop_last(path, &out))
			continue;
		memmove(out, in, (size_t)(end - in));
		out += end - in;
	}
	*out = '\0';
	return path;
}

/*
 * DWARF names the function, inlined ones first.  Where it has no linker's
 * name (or nothing at all) for the outermost one, the symbol table may.
 */
static size_t
lookup(struct object *o, uint64_t offset, struct lines_frame *frames)
{
	struct lines_frame *outer;
	const char *symbol;
	size_t n = 0;

	if (o->lines != NULL)
		n = lines_find(o->lines, offset, frames);
	if (n == 0) {
		frames[0] = (struct lines_frame){ 0 };
		n = 1;
	}
	outer = &frames[n - 1];
	if (o->symtab == NULL || outer->linkage)
		return n;
	symbol = symtab_find(o->symtab, offset);
	if (symbol != NULL && (outer->symbol == NULL ||
	    strncmp(symbol, "_Z", 2) == 0)) {
		outer->symbol = symbol;
		outer->name = NULL;
	}
	return n;
}

static struct symbol_frame *
place_resolve(struct symbolizer *s, struct place *p)
{
	struct lines_frame found[LINES_DEPTH] = { 0 };
	struct symbol_frame *frames, *f;
	size_t i, n = 1;

	if (p->object != NULL) {
		object_open(p->object, &s->where, &s->arena);
		n = lookup(p->object, p->offset, found);
	}
	frames = arena_take(&s->arena, n * sizeof(*frames));
	if (frames == NULL)
		return NULL;
	for (i = 0; i < n; i++) {
		f = &frames[i];
		f->symbol = found[i].symbol;
		f->function = found[i].name;
		if (f->function == NULL && f->symbol != NULL)
			f->function = function_name(s, f->symbol);
		f->file = file_name(s, found[i].file);
		f->line = f->file ? found[i].line : 0;
		f->inlined = i + 1 < n;
		if (p->object == NULL)
			continue;
		f->module = p->object->path[0] ? p->object->path : NULL;
		f->module_offset = p->offset;
		f->build_id = p->object->build_id;
	}
	p->n = n;
	return frames;
}

static struct symbol_frame *
frames_at(struct symbolizer *s, struct place *p, uint64_t ip)
{
	struct view *v = arena_take(&s->arena, sizeof(*v));
	size_t i;

	if (v == NULL)
		return NULL;
	if (p->views == NULL)
		v->frames = place_resolve(s, p);
	else {
		v->frames = arena_take(&s->arena, p->n * sizeof(*v->frames));
		if (v->frames != NULL)
			memcpy(v->frames, p->views->frames,
			    p->n * sizeof(*v->frames));
	}
	if (v->frames == NULL)
		return NULL;
	for (i = 0; i < p->n; i++)
		v->frames[i].ip = ip;
	v->ip = ip;
	v->next = p->views;
	p->views = v;
	return v->frames;
}

/* Without memory: the address alone. */
static size_t
poor_answer(struct symbolizer *s, uint64_t ip,
    const struct symbol_frame **frames)
{
	memset(&s->poor, 0, sizeof(s->poor));
	s->poor.ip = ip;
	*frames = &s->poor;
	return 1;
}

size_t
symbolizer_frames(struct symbolizer *s, const struct symbol_module *module,
    uint64_t ip, const struct symbol_frame **frames)
{
	struct object *o = NULL;
	struct place *p;
	struct view *v;

	if (module != NULL && (o = find_object(s, module)) == NULL)
		return poor_answer(s, ip, frames);
	p = find_place(s, o, module ? ip - module->bias : ip);
	if (p == NULL)
		return poor_answer(s, ip, frames);
	for (v = p->views; v != NULL; v = v->next)
		if (v->ip == ip) {
			*frames = v->frames;
			return p->n;
		}
	*frames = frames_at(s, p, ip);
	return *frames ? p->n : poor_answer(s, ip, frames);
}
