/*
 * backend_pool_pages_start.c - the range of guarded blocks; words on it.
 *
 * A core file is not to hold gigabytes of nothing: the range is left out of it
 * but for live blocks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_pages.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/bits.h"
#include "base/os.h"
#include "base/say.h"

#define RANGE_MAX	((size_t)64 << 30)
#define RANGE_MIN	((size_t)1 << 20)
#define SLOTS_MAX	(4u << 20)
#define MAPS_DEFAULT	65530u

struct bp_guards bp_guards;

/* Addresses under RLIMIT_AS are the program's first of all. */
static size_t
range_wanted(void)
{
	struct rlimit as;

	if (os_syscall(SYS_prlimit64, 0, RLIMIT_AS, 0, (long)&as, 0, 0) != 0 ||
	    as.rlim_cur == RLIM_INFINITY || as.rlim_cur / 8 > RANGE_MAX)
		return RANGE_MAX;
	return (size_t)1 << bits_log2_floor(as.rlim_cur / 8 | 1);
}

static bool
range_reserve(size_t size)
{
	size_t page = bp_heap.page, npages = size / page;
	size_t nslots = npages / 2 < SLOTS_MAX ? npages / 2 : SLOTS_MAX;
	size_t owners = bits_align_up(npages * sizeof(uint32_t), page);
	size_t slots = bits_align_up(nslots * sizeof(struct bp_guarded), page);
	char *at = os_reserve(size), *tables;

	if (at == NULL)
		return false;
	tables = os_reserve(owners + slots);
	if (tables == NULL) {
		os_unmap(at, size);
		return false;
	}
	bp_guards.base = bp_guards.limit = (uintptr_t)at;
	bp_guards.size = size;
	bp_guards.owner = (uint32_t *)tables;
	bp_guards.slot = (struct bp_guarded *)(tables + owners);
	bp_guards.nslots = (uint32_t)nslots;
	return true;
}

/* One origin for all mappings that will ever be cut out of it. */
static bool
range_give_origin(void)
{
	char *base = (char *)bp_guards.base;
	bool done;

	os_advise(base, bp_guards.size, MADV_DONTDUMP);
	if (os_protect(base, bp_guards.size, PROT_READ | PROT_WRITE) != 0)
		return false;
	*(volatile char *)base = 1;
	done = os_advise(base, bp_heap.page, MADV_DONTNEED) == 0;
	return os_protect(base, bp_guards.size, PROT_NONE) == 0 && done;
}

static uint32_t
max_maps(void)
{
	char text[16];
	int fd = os_open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC, 0);
	ssize_t n = fd < 0 ? -1 : os_read(fd, text, sizeof(text));
	uint64_t maps = 0;

	if (fd >= 0)
		os_close(fd);
	for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
		maps = maps * 10 + (uint64_t)(text[i] - '0');
	return n <= 0 ? MAPS_DEFAULT : maps > UINT32_MAX ? UINT32_MAX :
	    (uint32_t)maps;
}

/* 0, or -1: there are no addresses for guards. */
int
bp_guards_start(const struct session_header *session)
{
	size_t size = range_wanted();

	while (size >= RANGE_MIN && !range_reserve(size))
		size /= 2;
	if (size < RANGE_MIN)
		return -1;
	bp_guards.max_maps = max_maps();
	bp_guards.max_live = bp_guards.max_maps / 4 * 3 / 2;
	/* Then freed blocks stay mappings; SLOTS_MAX are more than enough. */
	if (!range_give_origin())
		bp_guards.stuck = UINT32_MAX;
	bp_guards.max = session->guard_memory;
	bp_guards.side = session->guard_side;
	bp_guards.chosen = session->guards.nsites != 0;
	bp_guards.used = 1;
	/* Its first page is the guard in front of the first span. */
	if (vmem_start(&bp_guards.vmem, "guards", bp_guards.base +
	    bp_heap.page, size - bp_heap.page, bp_heap.page) != 0) {
		bp_guards.size = 0;
		return -1;
	}
	bp_guards.rate = session->guard_rate;
	return 0;
}

static size_t
word_full(char *text, size_t size)
{
	if (bp_guards.full == BP_GUARDS_MAPPINGS)
		return say_format(text, size, "%u blocks are guarded at once, "
		    "as many as\nvm.max_map_count (%u) allows; until some "
		    "are freed new ones are not", bp_guards.nlive,
		    bp_guards.max_maps);
	return say_format(text, size, "--guard-memory (%zu KiB) is used up "
	    "by %u guarded blocks;\nuntil some are freed new ones are not",
	    bp_guards.max >> 10, bp_guards.nlive);
}

bool
bp_guards_word(char *text, size_t size, bool end)
{
	if (bp_guards.size == 0)
		return false;
	if (end)
		return say_format(text, size, "guarded: %llu blocks, %u at "
		    "once;\nnot for want of room: %llu, freed and forgotten: "
		    "%llu", (unsigned long long)bp_guards.taken,
		    bp_guards.most, (unsigned long long)bp_guards.refused,
		    (unsigned long long)bp_guards.forgotten) != 0;
	if (bp_guards.full == BP_GUARDS_ROOM ||
	    __atomic_exchange_n(&bp_guards.told, 1, __ATOMIC_RELAXED) != 0)
		return false;
	bp_late_word(false);
	return word_full(text, size) != 0;
}
