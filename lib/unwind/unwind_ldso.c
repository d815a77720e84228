/*
 * unwind_ldso.c - the counters of ld.so, and the objects of the start.
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
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

#include <dlfcn.h>
#include <link.h>

#include "base/bits.h"

uint64_t
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
		ph = &info->dlpi_phdr[i];
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
	if (!objects_ask_ldso(news.start, &news))
		return 0;
	news.initial = true;
	news.phdr = info->dlpi_phdr;
	news.nphdr = info->dlpi_phnum;
	objects_meet(facts->process, &news);
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
ldso_init(struct unwind_process *p)
{
	struct init_facts facts = { .process = p };

	dl_iterate_phdr(init_object, &facts);
	find_words(p, &facts);
	p->subs = ldso_subs(p);
	p->stamp = ldso_stamp(p);
	return facts.nobjects > 0 ? 0 : -1;
}
