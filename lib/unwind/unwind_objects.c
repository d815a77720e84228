/*
 * unwind_objects.c - loaded objects: found, told of, and found gone.
 *
 * glibc 2.35 finds the object of an address without a lock, _dl_find_object.
 * Before that, only the objects that dl_iterate_phdr named at unwind_init are
 * known; frames of later ones end a stack with the mark.
 *
 * ld.so's counters (unwind_ldso.c) move after an object was unmapped and before another can take
 * its place (ld.so's lock is held meanwhile).  Objects of the start stay; all
 * others' rows die with any unload, for a plugin that was built anew and
 * loaded to the same place can have the same link_map, path and bounds.  An
 * object is told as gone when its place is empty or its build-id, path or
 * link_map differ, or when it has no build-id that could tell.
 *
 * A slot is a word, start | state.  FREE -> BUSY (claimed by the thread that
 * fills it and tells of it) -> LIVE -> GONE -> BUSY ...  A thread that meets
 * an object which another one is telling of goes on without waiting.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

#include <elf.h>
#include <link.h>
#include <string.h>

#include "base/bits.h"
#include "base/os.h"

enum object_state { OBJECT_BUSY = 1, OBJECT_LIVE, OBJECT_GONE };
#define STATE(word)	((enum object_state)((word) & 7))
#define START(word)	((word) & ~(uintptr_t)7)

#if defined(DLFO_STRUCT_HAS_EH_DBASE)
extern int _dl_find_object(void *, struct dl_find_object *)
    __attribute__((weak));
#define HAVE_FIND_OBJECT	1
#endif

/* The part of struct unwind_scratch that is this file's. */
struct object_work {
	struct object_news news;
#ifdef HAVE_FIND_OBJECT
	struct dl_find_object found;
#endif
};
_Static_assert(sizeof(struct object_work) <=
    sizeof(((struct unwind_scratch *)0)->object), "scratch");

static struct object_work *
object_work(struct unwind_scratch *s)
{
	return (struct object_work *)s->object;
}

static uint64_t
path_hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325ull;	/* FNV-1a */

	while (*s != '\0')
		h = (h ^ (unsigned char)*s++) * 0x100000001b3ull;
	return h;
}

/* --- build-ids -------------------------------------------------------- */

static const unsigned char *
note_build_id(const unsigned char *p, const unsigned char *end, size_t align,
    size_t *size)
{
	const ElfW(Nhdr) *n;
	size_t name;
	size_t desc;

	while ((size_t)(end - p) >= sizeof *n) {
		n = (const ElfW(Nhdr) *)p;
		p += sizeof *n;
		name = bits_align_up(n->n_namesz, align);
		desc = bits_align_up(n->n_descsz, align);
		if (name > (size_t)(end - p) || desc > (size_t)(end - p) - name)
			break;
		if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == 4 &&
		    memcmp(p, "GNU", 4) == 0) {
			*size = n->n_descsz;
			return p + name;
		}
		p += name + desc;
	}
	return NULL;
}

static const unsigned char *
find_build_id(const struct object_news *news, size_t *size)
{
	const unsigned char *found = NULL;
	const ElfW(Phdr) *ph;
	uintptr_t at;
	size_t i;

	for (i = 0; i < news->nphdr && found == NULL; i++) {
		ph = (const ElfW(Phdr) *)news->phdr + i;
		at = news->bias + ph->p_vaddr;
		if (ph->p_type != PT_NOTE || at < news->start ||
		    at > news->end || ph->p_memsz > news->end - at)
			continue;
		found = note_build_id((const unsigned char *)at,
		    (const unsigned char *)at + ph->p_memsz,
		    ph->p_align == 8 ? 8 : 4, size);
	}
	return found;
}

/* The program headers of an object whose first page is its ELF header. */
static void
news_phdrs(struct object_news *news)
{
	const ElfW(Ehdr) *e = (const ElfW(Ehdr) *)news->start;
	size_t most = (size_t)(news->end - news->start);

	if (most < sizeof *e || memcmp(e->e_ident, ELFMAG, SELFMAG) != 0 ||
	    e->e_phentsize != sizeof(ElfW(Phdr)) ||
	    e->e_phoff > OS_PAGE_MIN ||
	    e->e_phnum > (OS_PAGE_MIN - e->e_phoff) / sizeof(ElfW(Phdr)))
		return;
	news->phdr = (const void *)(news->start + e->e_phoff);
	news->nphdr = e->e_phnum;
}

/* --- the table -------------------------------------------------------- */

static void
object_tell(struct unwind_process *p, size_t i, const char *path)
{
	struct object *o = &p->objects->object[i];
	struct unwind_object told = {
		.start = START(p->objects->word[i]),
		.end = o->end,
		.bias = o->bias,
		.path = path,
		.build_id = o->build_id,
		.build_id_size = o->build_id_size,
	};

	if (p->seen != NULL)
		p->seen(&told, p->arg);
}

static PW_NOINLINE void
object_fill(struct unwind_process *p, size_t i, const struct object_news *news)
{
	struct object *o = &p->objects->object[i];
	const unsigned char *id;
	size_t size = 0;

	o->end = news->end;
	o->bias = news->bias;
	o->map = news->map;
	o->hdr = news->hdr;
	o->frames = news->hdr == NULL ? frames_find(news) : NULL;
	o->path_hash = path_hash(news->path);
	o->initial = news->initial;
	id = find_build_id(news, &size);
	o->build_id_size = (uint32_t)(size < sizeof o->build_id ? size :
	    sizeof o->build_id);
	if (id != NULL)
		bytes_copy(o->build_id, id, o->build_id_size);
	object_tell(p, i, news->path);
	__atomic_store_n(&p->objects->word[i], news->start | OBJECT_LIVE,
	    __ATOMIC_RELEASE);
}

static void
object_retire(struct unwind_process *p, size_t i, uintptr_t word)
{
	if (__atomic_compare_exchange_n(&p->objects->word[i], &word,
	    START(word) | OBJECT_GONE, false, __ATOMIC_ACQ_REL,
	    __ATOMIC_RELAXED) && p->gone != NULL)
		p->gone(START(word), p->arg);
}

/*
 * The slot of the object at start, or OBJECTS_MAX.  *word is what was seen
 * there; *unused the first slot without any.
 */
static size_t
object_search(const struct unwind_process *p, uintptr_t start,
    uintptr_t *word, size_t *unused)
{
	size_t i;

	*unused = OBJECTS_MAX;
	for (i = 0; i < OBJECTS_MAX; i++) {
		*word = __atomic_load_n(&p->objects->word[i],
		    __ATOMIC_ACQUIRE);
		if (START(*word) == start && *word != 0)
			return i;
		if (*word == 0) {
			*unused = i;
			break;
		}
	}
	return OBJECTS_MAX;
}

/* Claim slot i, which held word, for start; false: another thread did. */
static bool
object_claim(struct unwind_process *p, size_t i, uintptr_t word,
    uintptr_t start)
{
	return i < OBJECTS_MAX && __atomic_compare_exchange_n(
	    &p->objects->word[i], &word, start | OBJECT_BUSY, false,
	    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Nothing tells the two apart. */
static bool
object_matches(const struct object *o, struct object_news *news)
{
	const unsigned char *id;
	size_t size = 0;

	if (news->end != o->end || news->map != o->map ||
	    news->hdr != o->hdr || path_hash(news->path) != o->path_hash)
		return false;
	if (o->initial)
		return true;
	news_phdrs(news);
	id = find_build_id(news, &size);
	return id != NULL && size == o->build_id_size &&
	    bytes_equal(id, o->build_id, size);
}

PW_NOINLINE bool
objects_meet(struct unwind_process *p, struct object_news *news)
{
	struct object *o;
	uintptr_t word;
	size_t unused;
	size_t i;

again:
	i = object_search(p, news->start, &word, &unused);
	o = i < OBJECTS_MAX ? &p->objects->object[i] : NULL;
	if (o != NULL && STATE(word) == OBJECT_BUSY)
		return false;
	if (o != NULL && STATE(word) == OBJECT_LIVE) {
		if (o->map == news->map && o->end == news->end &&
		    (p->words.known || object_matches(o, news)))
			return o->initial;
		/* Replaced, and the counters did not tell. */
		rows_drop(p, ROWS_OF_GUESTS);
		object_retire(p, i, word);
		goto again;
	}
	if (news->phdr == NULL)
		news_phdrs(news);
	if (o == NULL) {
		i = unused;
		word = 0;
		if (i == OBJECTS_MAX)
			return false;	/* too many to be told of */
	}
	if (!object_claim(p, i, word, news->start))
		goto again;
	object_fill(p, i, news);
	return news->initial;
}

#ifdef HAVE_FIND_OBJECT
static void
news_from_ldso(struct object_news *news, const struct dl_find_object *f)
{
	const struct link_map *map = f->dlfo_link_map;

	*news = (struct object_news){
		.start = (uintptr_t)f->dlfo_map_start,
		.end = (uintptr_t)f->dlfo_map_end,
		.bias = map->l_addr,
		.map = map,
		.hdr = f->dlfo_eh_frame,
		.path = map->l_name,
	};
}
#endif

static bool
objects_find_initial(const struct unwind_process *p, uintptr_t pc,
    struct object_view *v)
{
	const struct objects *all = p->objects;
	size_t i;

	for (i = 0; i < OBJECTS_MAX && all->word[i] != 0; i++)
		if (pc >= START(all->word[i]) && pc < all->object[i].end) {
			*v = (struct object_view){ START(all->word[i]),
			    all->object[i].end, all->object[i].hdr,
			    all->object[i].frames, true };
			return true;
		}
	return false;
}

#ifdef HAVE_FIND_OBJECT
static const unsigned char *
objects_frames(const struct unwind_process *p, uintptr_t start)
{
	uintptr_t word;
	size_t unused, i = object_search(p, start, &word, &unused);

	return i < OBJECTS_MAX && STATE(word) == OBJECT_LIVE ?
	    p->objects->object[i].frames : NULL;
}
#endif

bool
objects_find(struct unwind_process *p, struct unwind_scratch *s, uintptr_t pc,
    struct object_view *v)
{
#ifdef HAVE_FIND_OBJECT
	struct object_work *work = object_work(s);

	if (_dl_find_object != NULL) {
		if (_dl_find_object((void *)pc, &work->found) != 0)
			return false;
		news_from_ldso(&work->news, &work->found);
		v->stays = objects_meet(p, &work->news);
		v->start = work->news.start;
		v->end = work->news.end;
		v->hdr = work->news.hdr;
		v->frames = v->hdr == NULL ? objects_frames(p, v->start) : NULL;
		return true;
	}
#endif
	(void)s;
	return objects_find_initial(p, pc, v);
}

/* --- changes ---------------------------------------------------------- */

/* Is what ld.so has at the object's place the object we know? */
static bool
object_is_same(const struct object *o, uintptr_t start,
    struct object_work *work)
{
#ifdef HAVE_FIND_OBJECT
	if (_dl_find_object != NULL) {
		if (_dl_find_object((void *)start, &work->found) != 0)
			return false;
		news_from_ldso(&work->news, &work->found);
		return work->news.start == start &&
		    object_matches(o, &work->news);
	}
#endif
	(void)o;
	(void)start;
	(void)work;
	return true;
}

/* After an unload: tell what went.  true: an object of the start did. */
static bool
objects_review(struct unwind_process *p, struct object_work *work)
{
	bool initial = false;
	struct object *o;
	uintptr_t word;
	size_t i;

	for (i = 0; i < OBJECTS_MAX; i++) {
		word = __atomic_load_n(&p->objects->word[i], __ATOMIC_ACQUIRE);
		if (word == 0)
			break;
		o = &p->objects->object[i];
		if (STATE(word) != OBJECT_LIVE ||
		    object_is_same(o, START(word), work))
			continue;
		initial |= o->initial != 0;
		object_retire(p, i, word);
	}
	return initial;
}

/*
 * Several threads may come here at once; each does all the work before it
 * stores what it saw, so nobody walks with the new stamp and old rows.
 */
void
objects_refresh(struct unwind_process *p, struct unwind_scratch *s,
    uint64_t stamp)
{
	uint64_t subs = ldso_subs(p);

	if (subs != __atomic_load_n(&p->subs, __ATOMIC_RELAXED))
		rows_drop(p, objects_review(p, object_work(s)) ? ROWS_ALL :
		    ROWS_OF_GUESTS);
	else
		rows_drop(p, ROWS_NEGATIVE);
	__atomic_store_n(&p->subs, subs, __ATOMIC_RELAXED);
	__atomic_store_n(&p->stamp, stamp, __ATOMIC_RELEASE);
}

bool
objects_ask_ldso(uintptr_t start, struct object_news *news)
{
#ifdef HAVE_FIND_OBJECT
	struct dl_find_object f;

	if (_dl_find_object != NULL) {
		if (_dl_find_object((void *)start, &f) != 0)
			return false;
		news_from_ldso(news, &f);
		return true;
	}
#endif
	(void)start;
	return news->start < news->end;
}

int
objects_init(struct unwind_process *p)
{
	p->objects = os_map(sizeof *p->objects);
	return p->objects == NULL ? -1 : ldso_init(p);
}
