/*
 * unwind_bench.c - a capture of the call stack with its id, ours and libunwind's.
 *
 * Both walk the same real stacks in one run, alternating, and the least time
 * of many batches counts, so that other load on the machine falls out.  Ours is
 * what an allocation pays: the incremental walk and the interning of its
 * frames.  libunwind's unw_backtrace fills an array.
 *
 *	still	from one place again and again
 *	moving	one to five innermost frames differ from the capture before, as
 *		in real programs; the calls themselves are timed alone and taken
 *		off
 *	deep	a recursion to 10,000 frames that captures at each level, going
 *		in and coming back: through one function, through the four of
 *		the chain in turn, and in no order
 *
 * The functions of the chain differ in frame size and registers; each depth is
 * measured from a call through all of them.
 *
 *	unwind_bench [-t]	-t: fields for a program, "name frames ours theirs"
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <alloca.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/compiler.h"
#include "trace/session.h"
#include "trace/stacks.h"
#include "unwind/unwind.h"

#define NOINLINE	__attribute__((noinline))
#define KEEP(x)		__asm__ volatile("" : "+r"(x) : : "memory")
#define MAX		288		/* as the module has it with --depth=256 */
#define BATCH		2000
#define BATCHES		40
#define DEEP		10000
#define NODES		(1u << 20)

typedef void		capture(void);

static struct unwind_thread thread;
static struct unwind_memo memo;
static struct stacks_memo ids;
static struct stacks *stacks;
static int (*oracle)(void **, int);
static size_t frames;		/* of the last capture of ours */
static int frames_theirs;
static bool terse;

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* A table of stacks as the runner makes it, in memory of our own. */
static struct stacks *
make_stacks(void)
{
	size_t procs = (sizeof(struct session_header) + 4095) & ~4095ul;
	size_t size = procs + NODES * sizeof(struct session_node);
	struct session_header *h = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (h == MAP_FAILED)
		return NULL;
	h->procs_off = h->nodes_off = procs;
	h->chunks_off = h->file_size = size;
	h->nodes_claimed = 1;
	h->nodes_ready = NODES;
	return stacks_create(h);
}

static NOINLINE void
capture_none(void)
{
	__asm__ volatile("" : : : "memory");
}

/* As the module does it (finding.c); UNWIND_CALLER needs the frame pointer. */
__attribute__((optimize("no-omit-frame-pointer"))) static NOINLINE void
capture_ours(void)
{
	static uintptr_t ips[MAX];
	struct unwind_start start = UNWIND_CALLER();
	size_t same, n = unwind_capture_again(&thread, &memo, &start, ips, MAX,
	    &same);
	uint32_t id = stacks_intern_on(stacks, &ids, same, ips, n);

	if (id != 0) {
		unwind_keep(&memo);
		frames = same + n;
		return;
	}
	n = unwind_capture(&thread, &start, ips, MAX);
	frames = n;
	stacks_intern(stacks, &ids, ips, n);
}

static NOINLINE void
capture_theirs(void)
{
	static void *ips[MAX];

	frames_theirs = oracle(ips, MAX);
}

static NOINLINE void
still(capture *take, unsigned i)
{
	(void)i;
	take();
	__asm__ volatile("" : : : "memory");
}

/* A leaf below one to five frames; which, depends on i. */
static NOINLINE void
moving(capture *take, unsigned i)
{
	char pad[40];

	__asm__ volatile("" : : "r"(pad) : "memory");
	if (i % 5 == 0)
		take();
	else if (i & 32)
		moving(take, i - 1);
	else
		moving(take, i - 1 + 0 * (unsigned)pad[0]);
	__asm__ volatile("" : : "r"(pad) : "memory");
}

static NOINLINE double
batch(void (*how)(capture *, unsigned), capture *take)
{
	double begin = now_ns();
	unsigned i;

	for (i = 0; i < BATCH; i++)
		how(take, i);
	return (now_ns() - begin) / BATCH;
}

static void
report(const char *name, double ours, double theirs)
{
	if (terse)
		printf("%s %zu %.1f %.1f\n", name, frames, ours, theirs);
	else
		printf("%-6s %3zu frames %7.1f ns; unw_backtrace %3d frames "
		    "%7.1f ns; ratio %.2f\n", name, frames, ours,
		    frames_theirs, theirs, theirs / ours);
}

static NOINLINE void
measure_as(const char *name, void (*how)(capture *, unsigned))
{
	capture *const take[3] = { capture_none, capture_ours, capture_theirs };
	double least[3] = { 1e18, 1e18, 1e18 }, t;

	for (int i = 0; i < BATCHES; i++)
		for (int k = 0; k < 3; k++) {
			t = batch(how, take[k]);
			least[k] = t < least[k] ? t : least[k];
		}
	report(name, least[1] - least[0], least[2] - least[0]);
}

static NOINLINE int
measure(void)
{
	measure_as("still", still);
	measure_as("moving", moving);
	return 0;
}

static int (*next)(unsigned depth);	/* chain or weave */

static NOINLINE int
link_small(unsigned depth)
{
	int n = next(depth);

	KEEP(n);
	return n;
}

static NOINLINE int
link_registers(unsigned depth, int a, int b, int c)
{
	int n;

	KEEP(a);
	KEEP(b);
	KEEP(c);
	n = next(depth);
	KEEP(n);
	return n + a + b + c;
}

static NOINLINE int
link_buffer(unsigned depth)
{
	char buf[200];
	int n;

	memset(buf, 1, sizeof buf);
	__asm__ volatile("" : : "r"(buf) : "memory");
	n = next(depth);
	__asm__ volatile("" : : "r"(buf) : "memory");
	return n;
}

static NOINLINE int
link_alloca(unsigned depth)
{
	char *buf = alloca(16 + depth);
	int n;

	__asm__ volatile("" : : "r"(buf) : "memory");
	n = next(depth);
	KEEP(n);
	return n;
}

static PW_ALWAYS_INLINE int
link_of(unsigned kind, unsigned depth)
{
	if (kind % 8 == 3)
		return link_alloca(depth - 1);
	if (kind % 4 == 1)
		return link_buffer(depth - 1);
	if (kind % 4 == 2)
		return link_registers(depth - 1, 1, 2, 3);
	return link_small(depth - 1);
}

static NOINLINE int
chain(unsigned depth)
{
	int n = depth == 0 ? measure() : link_of(depth, depth);

	KEEP(n);
	return n;
}

/* Twice at each level: on the way in, and on the way out. */
static NOINLINE unsigned
recurse(unsigned depth)
{
	unsigned n;

	capture_ours();
	n = depth ? recurse(depth - 1) : 0;
	capture_ours();
	KEEP(n);
	return n + 1;
}

/* The same through the links; two frames a level. */
static bool in_order;

static NOINLINE int
weave(unsigned depth)
{
	int n = 0;

	capture_ours();
	if (depth > 0)
		n = link_of(in_order ? depth : depth * 2654435761u >> 16,
		    depth);
	capture_ours();
	KEEP(n);
	return n + 1;
}

static NOINLINE void
deep_one(void)
{
	recurse(DEEP);
}

static NOINLINE void
deep_four(void)
{
	next = weave;
	in_order = true;
	weave(DEEP / 2);
}

static NOINLINE void
deep_mixed(void)
{
	next = weave;
	in_order = false;
	weave(DEEP / 2);
}

static void
measure_deep(const char *name, void (*how)(void), double captures)
{
	double best = 1e18, t;

	for (int i = 0; i < 5; i++) {
		t = now_ns();
		how();
		t = (now_ns() - t) / captures;
		best = t < best ? t : best;
	}
	if (terse)
		printf("%s %d %.1f 0\n", name, DEEP, best);
	else
		printf("%-6s %d frames %.1f ns a capture\n", name, DEEP, best);
}

int
main(int argc, char **argv)
{
	static const unsigned depth[] = { 9, 24, 64 };
	void *lib = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	unsigned i;

	terse = argc > 1 && !strcmp(argv[1], "-t");
	stacks = make_stacks();
	if (lib == NULL || stacks == NULL || unwind_init() != 0)
		return 1;
	*(void **)&oracle = dlsym(lib, "unw_backtrace");
	if (oracle == NULL)
		return 1;
	next = chain;
	for (i = 0; i < sizeof depth / sizeof depth[0]; i++)
		/* A few of ours, main and libc's; two frames a link. */
		chain((depth[i] - 7) / 2);
	measure_deep("deep", deep_one, 2.0 * DEEP);
	measure_deep("deep4", deep_four, DEEP);
	measure_deep("deepx", deep_mixed, DEEP);
	return 0;
}
