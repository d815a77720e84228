/*
 * counter.c - an independent count of a program's allocations.
 *
 * Preloaded in front of the module, it sees every call the program and its
 * libraries make, counts it and passes it on to the next in line.  It shares
 * no line with poolwatch, so that equal figures mean something.
 *
 * The figures stand in a shared file (COUNTER_FILE, made by the test: zeros,
 * as many rows as its size holds), so that they outlive any way of ending.
 * A row is 16 words of 64 bits; a process takes one at its first call, a
 * child after fork and a program after exec take their own:
 *
 *	0 pid  1 allocations  2 frees  3 reallocations  4 live bytes
 *	5 live blocks  6 bytes allocated  7 frees of inherited blocks
 *	8 to 15 the program's name
 *
 * Row 0 holds in word 0 how many rows were taken.  What counts is said in
 * poolleak(1): successful calls that gave a block; calls that took one;
 * realloc of a block is neither.  A call inside another (libstdc++'s operator
 * new calls malloc) is part of that.  Sizes are kept in a table of our own:
 * 64 shards, open addresses, a lock each, memory from mmap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NSHARDS		64u
#define WORDS		16u
#define INTERPOSED	__attribute__((visibility("default")))
#define MAP(size, flags, fd) ((void *)syscall(SYS_mmap, NULL, size,	      \
	PROT_READ | PROT_WRITE, flags, fd, 0))	/* mapcounter.c sees mmap */

enum { PID, ALLOCATIONS, FREES, REALLOCATIONS, LIVE_BYTES, LIVE_BLOCKS,
	BYTES_ALLOCATED, INHERITED, NAME };

/* The whole allocator in line behind us; names as ld.so knows them. */
#define NEXT(_)								      \
	_(malloc, void *, (size_t))					      \
	_(calloc, void *, (size_t, size_t))				      \
	_(realloc, void *, (void *, size_t))				      \
	_(reallocarray, void *, (void *, size_t, size_t))		      \
	_(memalign, void *, (size_t, size_t))				      \
	_(posix_memalign, int, (void **, size_t, size_t))		      \
	_(aligned_alloc, void *, (size_t, size_t))			      \
	_(valloc, void *, (size_t))					      \
	_(pvalloc, void *, (size_t))					      \
	_(free, void, (void *))

#define AS_POINTER(name, ret, args)	static ret (*next_##name) args;
NEXT(AS_POINTER)

struct entry {
	uintptr_t addr;		/* 0: empty */
	size_t size;
	uint64_t epoch;		/* of the process that allocated it */
};

static struct shard {
	atomic_flag lock;
	struct entry *entries;
	size_t cap;		/* a power of two */
	size_t used;
} shards[NSHARDS];

static _Atomic uint64_t spare[WORDS];	/* when there is no file or row */
static _Atomic uint64_t *file, *row = spare;
static size_t nrows;
static atomic_uint *alive;	/* 0 in a child that has not noticed yet */
static uint64_t epoch = 1;
static atomic_int state;	/* 0 not begun, 1 beginning, 2 ready */
static __thread int depth __attribute__((tls_model("initial-exec")));

static void
take_row(void)
{
	char name[8 * (WORDS - NAME)] = "";
	uint64_t n;
	int fd;

	if (!file || (n = ++file[0]) >= nrows) {
		row = spare;
		return;
	}
	row = file + n * WORDS;
	row[PID] = (uint64_t)getpid();
	fd = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (read(fd, name, 16) < 0)
			name[0] = 0;
		close(fd);
	}
	for (size_t i = 0; i < WORDS - NAME; i++)
		memcpy((void *)&row[NAME + i], name + 8 * i, 8);
}

/* From /proc, since environ may not stand yet at the first call. */
static void
map_file(void)
{
	static char env[65536];
	int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
	ssize_t n = 0, got;
	struct stat st;

	while (fd >= 0 && n < (ssize_t)sizeof env - 1 &&
	    (got = read(fd, env + n, sizeof env - 1 - (size_t)n)) > 0)
		n += got;
	close(fd);
	for (char *p = env; p < env + n; p += strlen(p) + 1) {
		if (strncmp(p, "COUNTER_FILE=", 13))
			continue;
		fd = open(p + 13, O_RDWR | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st))
			return;
		file = MAP((size_t)st.st_size, MAP_SHARED, fd);
		close(fd);
		if (file == MAP_FAILED)
			file = NULL;
		nrows = (size_t)st.st_size / (WORDS * 8);
		return;
	}
}

#define LOOK_UP(name, ret, args)					      \
	next_##name = (ret (*) args)dlsym(RTLD_NEXT, #name);

static void
begin(void)
{
	int expected = 0;

	if (!atomic_compare_exchange_strong(&state, &expected, 1))
		return;
	depth++;
	NEXT(LOOK_UP)
	alive = MAP(4096, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	madvise(alive, 4096, MADV_WIPEONFORK);
	*alive = 1;
	map_file();
	take_row();
	depth--;
	state = 2;
}

static void
notice_fork(void)
{
	if (*alive)
		return;
	*alive = 1;
	epoch++;
	for (size_t i = 0; i < NSHARDS; i++)
		atomic_flag_clear(&shards[i].lock);
	take_row();
}

/* True: this call is to be counted; leave must follow. */
static bool
enter(void)
{
	if (state == 0)
		begin();
	while (state == 1 && depth == 0)
		usleep(10);
	if (depth++ > 0)
		return false;
	notice_fork();
	return true;
}

static void
leave(void)
{
	depth--;
}

static uint64_t
hash(uintptr_t addr)
{
	return (addr >> 4) * 0x9e3779b97f4a7c15u;
}

static struct shard *
shard_lock(uintptr_t addr)
{
	struct shard *s = &shards[hash(addr) >> 58];

	while (atomic_flag_test_and_set_explicit(&s->lock,
	    memory_order_acquire))
		;
	return s;
}

static void
shard_unlock(struct shard *s)
{
	atomic_flag_clear_explicit(&s->lock, memory_order_release);
}

/* The entry of addr, or the empty one where it would stand. */
static struct entry *
shard_find(struct shard *s, uintptr_t addr)
{
	size_t i = hash(addr) >> 20 & (s->cap - 1);

	while (s->entries[i].addr && s->entries[i].addr != addr)
		i = (i + 1) & (s->cap - 1);
	return &s->entries[i];
}

static void
shard_grow(struct shard *s)
{
	struct entry *old = s->entries;
	size_t cap = s->cap;

	s->cap = cap ? cap * 2 : 512;
	s->entries = MAP(s->cap * sizeof *old, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (s->entries == MAP_FAILED)
		abort();
	for (size_t i = 0; i < cap; i++)
		if (old[i].addr)
			*shard_find(s, old[i].addr) = old[i];
	if (cap)
		syscall(SYS_munmap, old, cap * sizeof *old);
}

static void
add(void *p, size_t size, uint64_t e)
{
	struct shard *s = shard_lock((uintptr_t)p);
	struct entry *at;

	if (s->used * 2 >= s->cap)
		shard_grow(s);
	at = shard_find(s, (uintptr_t)p);
	s->used += at->addr == 0;
	*at = (struct entry){ (uintptr_t)p, size, e };
	shard_unlock(s);
}

/* Close the gap at i: move up each entry that a search would now miss. */
static void
shard_close(struct shard *s, size_t i)
{
	size_t mask = s->cap - 1, home;

	for (size_t j = (i + 1) & mask; s->entries[j].addr; j = (j + 1) & mask) {
		home = hash(s->entries[j].addr) >> 20 & mask;
		if (((j - home) & mask) < ((j - i) & mask))
			continue;
		s->entries[i] = s->entries[j];
		i = j;
	}
	s->entries[i].addr = 0;
}

/* False: not a block we know. */
static bool
take(void *p, struct entry *e)
{
	struct shard *s = shard_lock((uintptr_t)p);
	struct entry *at = s->cap ? shard_find(s, (uintptr_t)p) : NULL;
	bool known = at && at->addr;

	if (known) {
		*e = *at;
		shard_close(s, (size_t)(at - s->entries));
		s->used--;
	}
	shard_unlock(s);
	return known;
}

static void
gave(void *p, size_t size)
{
	if (!p)
		return;
	add(p, size, epoch);
	row[ALLOCATIONS]++;
	row[BYTES_ALLOCATED] += size;
	row[LIVE_BYTES] += size;
	row[LIVE_BLOCKS]++;
}

static void
took(const struct entry *e)
{
	row[FREES]++;
	if (e->epoch != epoch) {
		row[INHERITED]++;
		return;
	}
	row[LIVE_BYTES] -= e->size;
	row[LIVE_BLOCKS]--;
}

/* p was resized; its own epoch stays, since it is not a new block. */
static void
resized(const struct entry *e, void *p, size_t size)
{
	add(p, size, e->epoch);
	row[REALLOCATIONS]++;
	if (e->epoch != epoch)
		return;
	row[LIVE_BYTES] += size - e->size;
	if (size > e->size)
		row[BYTES_ALLOCATED] += size - e->size;
}

/* What a call does when it is not counted or when it is. */
#define GIVES(expression, size) do {					      \
	bool counted = enter();						      \
	void *p = (expression);						      \
	if (counted)							      \
		gave(p, (size));					      \
	leave();							      \
	return p;							      \
} while (0)

#define TAKES(p, call) do {						      \
	struct entry e;							      \
	int kept = errno;						      \
	if (enter() && (p) && take((p), &e))				      \
		took(&e);						      \
	errno = kept;							      \
	call;								      \
	leave();							      \
} while (0)

INTERPOSED void *
malloc(size_t size)
{
	GIVES(next_malloc(size), size);
}

INTERPOSED void *
calloc(size_t n, size_t size)
{
	GIVES(next_calloc(n, size), n * size);
}

INTERPOSED void *
memalign(size_t align, size_t size)
{
	GIVES(next_memalign(align, size), size);
}

INTERPOSED void *
aligned_alloc(size_t align, size_t size)
{
	GIVES(next_aligned_alloc(align, size), size);
}

INTERPOSED void *
valloc(size_t size)
{
	GIVES(next_valloc(size), size);
}

INTERPOSED void *
pvalloc(size_t size)
{
	GIVES(next_pvalloc(size), size);
}

INTERPOSED int
posix_memalign(void **p, size_t align, size_t size)
{
	bool counted = enter();
	int rc = next_posix_memalign(p, align, size);

	if (counted && rc == 0)
		gave(*p, size);
	leave();
	return rc;
}

static void *
resize(void *p, size_t size)
{
	bool counted = enter(), known;
	struct entry e;
	void *q;

	known = counted && p && take(p, &e);
	q = next_realloc(p, size);
	if (counted && !p)
		gave(q, size);
	else if (known && q)
		resized(&e, q, size);
	else if (known && size == 0)
		took(&e);
	else if (known)
		add(p, e.size, e.epoch);
	leave();
	return q;
}

INTERPOSED void *
realloc(void *p, size_t size)
{
	return resize(p, size);
}

INTERPOSED void *
reallocarray(void *p, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return resize(p, all);
}

INTERPOSED void
free(void *p)
{
	TAKES(p, next_free(p));
}

/*
 * C++, by the names of the ABI.  Looked up when first called: a C program
 * has none.  A throwing new unwinds through us, so depth is mended by cleanup.
 */
static void
leave_scope(bool *counted)
{
	(void)counted;
	leave();
}

#define NEW(symbol, args, pass, size)					      \
void	*symbol args;							      \
INTERPOSED void *							      \
symbol args								      \
{									      \
	static void *(*next) args;					      \
	bool counted __attribute__((cleanup(leave_scope))) = enter();	      \
	void *p;							      \
	if (!next)							      \
		next = (void *(*) args)dlsym(RTLD_NEXT, #symbol);	      \
	p = next pass;							      \
	if (counted)							      \
		gave(p, size);						      \
	return p;							      \
}

#define DELETE(symbol, args, pass)					      \
void	symbol args;							      \
INTERPOSED void								      \
symbol args								      \
{									      \
	static void (*next) args;					      \
	if (!next)							      \
		next = (void (*) args)dlsym(RTLD_NEXT, #symbol);	      \
	TAKES(p, next pass);						      \
}

typedef const void *nothrow;
NEW(_Znwm, (size_t n), (n), n)
NEW(_Znam, (size_t n), (n), n)
NEW(_ZnwmRKSt9nothrow_t, (size_t n, nothrow t), (n, t), n)
NEW(_ZnamRKSt9nothrow_t, (size_t n, nothrow t), (n, t), n)
NEW(_ZnwmSt11align_val_t, (size_t n, size_t a), (n, a), n)
NEW(_ZnamSt11align_val_t, (size_t n, size_t a), (n, a), n)
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t n, size_t a, nothrow t),
    (n, a, t), n)
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t n, size_t a, nothrow t),
    (n, a, t), n)
DELETE(_ZdlPv, (void *p), (p))
DELETE(_ZdaPv, (void *p), (p))
DELETE(_ZdlPvm, (void *p, size_t n), (p, n))
DELETE(_ZdaPvm, (void *p, size_t n), (p, n))
DELETE(_ZdlPvRKSt9nothrow_t, (void *p, nothrow t), (p, t))
DELETE(_ZdaPvRKSt9nothrow_t, (void *p, nothrow t), (p, t))
DELETE(_ZdlPvSt11align_val_t, (void *p, size_t a), (p, a))
DELETE(_ZdaPvSt11align_val_t, (void *p, size_t a), (p, a))
DELETE(_ZdlPvmSt11align_val_t, (void *p, size_t n, size_t a), (p, n, a))
DELETE(_ZdaPvmSt11align_val_t, (void *p, size_t n, size_t a), (p, n, a))
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void *p, size_t a, nothrow t),
    (p, a, t))
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void *p, size_t a, nothrow t),
    (p, a, t))
