/*
 * unwind_objects.c - loaded objects, and how we notice that they change.
 *
 * glibc 2.35 finds the object of an address without a lock, _dl_find_object.
 * Before that, only the objects that dl_iterate_phdr named at unwind_init are
 * known; frames of later ones end a stack with the mark.
 *
 * dl_iterate_phdr takes ld.so's lock and so must not be called from a
 * capture.  Loads and unloads are seen in the words behind dlpi_adds and
 * dlpi_subs instead, which lie in ld.so's _rtld_global and are searched once:
 * _dl_load_adds stands right behind two or three recursive mutexes (40 bytes,
 * kind 1 at offset 16), and each namespace begins with its first link_map and
 * the number of its objects; subs is adds less the sum of these.  The words
 * are used only if they give what dl_iterate_phdr says.
 *
 * When they are not found, a change shows only when a walk misses a row and
 * meets an unknown object, or another one where one was.  Lost is then: rows
 * of an unloaded object that are hit, not missed, because a new object has a
 * call at the very same address; such a stack may go wrong from that frame on,
 * until a miss in the new object corrects it.
 *
 * The counters move after an object was unmapped and before another can take
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

#include <dlfcn.h>
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

/* All there is to know of an object that is met. */
struct object_news {
	uintptr_t start;
	uintptr_t end;
	uintptr_t bias;
	const void *map;
	const unsigned char *hdr;
	const char *path;
	const ElfW(Phdr) *phdr;
	size_t nphdr;
	bool initial;
};

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
		ph = &news->phdr[i];
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
	news->phdr = (const ElfW(Phdr) *)(news->start + e->e_phoff);
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

/* Make sure that the object is known; true: it stays for ever. */
static PW_NOINLINE bool
object_meet(struct unwind_process *p, struct object_news *news)
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
			    all->object[i].end, all->object[i].hdr, true };
			return true;
		}
	return false;
}

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
		v->stays = object_meet(p, &work->news);
		v->start = work->news.start;
		v->end = work->news.end;
		v->hdr = work->news.hdr;
		return true;
	}
#endif
	(void)s;
	return objects_find_initial(p, pc, v);
}

/* --- changes ---------------------------------------------------------- */

static uint64_t
ldso_subs(struct unwind_process *p)
{
	uint64_t loaded = ldso_nloaded(p, 0);
	uint64_t others = 0;
	unsigned i;

	for (i = 1; p->words.stride != 0 && i < NAMESPACES_MAX; i++)
		others += ldso_nloaded(p, i);
	if (others != 0)
		p->nspaces = NAMESPACES_MAX;	/* dlmopen is in use */
	return *p->words.adds - loaded - others;
}

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

/* --- start-up --------------------------------------------------------- */

#define MUTEX_SIZE	40	/* pthread_mutex_t of x86-64 */
#define MUTEX_KIND	16	/* offset; 1 is PTHREAD_MUTEX_RECURSIVE */

struct init_facts {
	struct unwind_process *process;
	uint64_t adds;
	uint64_t subs;
	int nobjects;
};

static int
init_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct init_facts *facts = arg;
	struct object_news news = {
		.start = UINTPTR_MAX,
		.bias = info->dlpi_addr,
		.path = info->dlpi_name,
		.phdr = info->dlpi_phdr,
		.nphdr = info->dlpi_phnum,
		.initial = true,
	};
	const ElfW(Phdr) *ph;
	size_t i;

	if (size >= offsetof(struct dl_phdr_info, dlpi_subs) +
	    sizeof info->dlpi_subs) {
		facts->adds = info->dlpi_adds;
		facts->subs = info->dlpi_subs;
	}
	for (i = 0; i < news.nphdr; i++) {
		ph = &news.phdr[i];
		if (ph->p_type == PT_GNU_EH_FRAME)
			news.hdr = (const unsigned char *)news.bias +
			    ph->p_vaddr;
		if (ph->p_type != PT_LOAD)
			continue;
		if (news.bias + ph->p_vaddr < news.start)
			news.start = bits_align_down(news.bias + ph->p_vaddr,
			    facts->process->page);
		if (news.bias + ph->p_vaddr + ph->p_memsz > news.end)
			news.end = news.bias + ph->p_vaddr + ph->p_memsz;
	}
#ifdef HAVE_FIND_OBJECT
	struct dl_find_object f;

	if (_dl_find_object != NULL) {
		if (_dl_find_object((void *)news.start, &f) != 0)
			return 0;
		news_from_ldso(&news, &f);
		news.initial = true;
		news.phdr = info->dlpi_phdr;
		news.nphdr = info->dlpi_phnum;
	}
#endif
	if (news.start < news.end)
		object_meet(facts->process, &news);
	facts->nobjects++;
	return 0;
}

static int
word32(const char *at)
{
	return *(const int *)at;
}

/* _dl_load_adds in [g, g + size): behind two mutexes, of the value wanted. */
static const volatile uint64_t *
find_adds(const char *g, size_t size, uint64_t adds)
{
	size_t at;

	for (at = 2 * MUTEX_SIZE; at + sizeof adds <= size; at += 8)
		if (*(const uint64_t *)(g + at) == adds &&
		    word32(g + at - MUTEX_SIZE + MUTEX_KIND) == 1 &&
		    word32(g + at - 2 * MUTEX_SIZE + MUTEX_KIND) == 1)
			return (const volatile uint64_t *)(g + at);
	return NULL;
}

/*
 * The namespaces fill all before their count, _dl_nns, which stands before the
 * mutexes.  Those that are not in use are zero.
 */
static size_t
find_stride(const char *g, size_t adds)
{
	size_t at = adds - MUTEX_SIZE;
	size_t stride;
	uint64_t used;
	unsigned i;

	while (at >= MUTEX_SIZE && word32(g + at - MUTEX_SIZE + MUTEX_KIND) == 1)
		at -= MUTEX_SIZE;
	at -= sizeof used;
	used = *(const uint64_t *)(g + at);
	stride = at / NAMESPACES_MAX;
	if (at % (NAMESPACES_MAX * 8) != 0 || stride < 32 || used == 0 ||
	    used > NAMESPACES_MAX)
		return 0;
	for (i = (unsigned)used; i < NAMESPACES_MAX; i++)
		if (*(void *const *)(g + i * stride) != NULL ||
		    word32(g + i * stride + 8) != 0)
			return 0;
	return stride;
}

static void
find_words(struct unwind_process *p, const struct init_facts *facts)
{
	static const uint64_t zero;
	const char *g = dlsym(RTLD_DEFAULT, "_rtld_global");
	const ElfW(Sym) *sym = NULL;
	Dl_info info;

	if (g != NULL && dladdr1(g, &info, (void **)&sym, RTLD_DL_SYMENT) != 0 &&
	    sym != NULL && sym->st_size >= 1024 &&
	    *(struct link_map *const *)g == _r_debug.r_map) {
		p->words.adds = find_adds(g, sym->st_size, facts->adds);
		p->words.nloaded = (const volatile uint32_t *)(g + 8);
	}
	if (p->words.adds != NULL)
		p->words.stride = find_stride(g, (size_t)
		    ((const char *)p->words.adds - g));
	p->nspaces = 1;
	if (p->words.adds != NULL && ldso_subs(p) == facts->subs) {
		p->words.known = true;
		return;
	}
	p->words = (struct ldso_words){ .adds = &zero,
	    .nloaded = (const volatile uint32_t *)&zero };
	p->nspaces = 1;
}

int
objects_init(struct unwind_process *p)
{
	struct init_facts facts = { .process = p };

	p->objects = os_map(sizeof *p->objects);
	if (p->objects == NULL)
		return -1;
	dl_iterate_phdr(init_object, &facts);
	find_words(p, &facts);
	p->subs = ldso_subs(p);
	p->stamp = ldso_stamp(p);
	return facts.nobjects > 0 ? 0 : -1;
}
