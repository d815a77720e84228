/*
 * stacks.c - ten allocations in ten situations, each of a size of its own.
 *
 * check-stacks asks a debugger and poolwatch for their call stacks.  Sizes are
 * 1001 to 1010; the blocks are kept.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#ifdef __clang__
#define KEEP	__attribute__((noinline))
#else
#define KEEP	__attribute__((noinline, noclone))
#endif

void *volatile kept[11];

static inline void
take(int n)
{
	kept[n] = malloc(1000 + (size_t)n);
	__asm__ volatile("" ::: "memory");
}

KEEP static void
plain(void)
{
	take(1);
}

KEEP static void
deep(int n)
{
	char room[32];

	memset(room, n, sizeof room);
	__asm__ volatile("" :: "r"(room) : "memory");
	if (n)
		deep(n - 1);
	else
		take(2);
	__asm__ volatile("" ::: "memory");
}

KEEP static void
with_alloca(int n)
{
	char *room = alloca((size_t)n);

	memset(room, 1, (size_t)n);
	__asm__ volatile("" :: "r"(room) : "memory");
	take(3);
}

KEEP static int
variadic(const char *types, ...)
{
	va_list ap;
	int sum = 0;

	va_start(ap, types);
	for (; *types; types++)
		sum += va_arg(ap, int);
	va_end(ap);
	take(4);
	return sum;
}

KEEP static void
aligned_frame(void)
{
	_Alignas(64) char room[128];

	memset(room, 2, sizeof room);
	__asm__ volatile("" :: "r"(room) : "memory");
	take(5);
}

KEEP static int
compare(const void *a, const void *b)
{
	if (!kept[6])
		take(6);
	return *(const int *)a - *(const int *)b;
}

KEEP static void
through_qsort(void)
{
	int numbers[] = { 3, 1, 2 };

	qsort(numbers, 3, sizeof *numbers, compare);
	__asm__ volatile("" :: "r"(numbers) : "memory");
}

static void (*volatile pointer)(void);

KEEP static void
pointed_at(void)
{
	take(7);
}

KEEP static void
through_pointer(void)
{
	pointer = pointed_at;
	pointer();
	__asm__ volatile("" ::: "memory");
}

KEEP static void
handler(int sig)
{
	(void)sig;
	take(8);
}

KEEP static void
through_signal(void)
{
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	__asm__ volatile("" ::: "memory");
}

KEEP static void *
in_thread(void *unused)
{
	take(9);
	return unused;
}

KEEP static void
large_frame(void)
{
	char room[20000];

	memset(room, 3, sizeof room);
	__asm__ volatile("" :: "r"(room) : "memory");
	take(10);
}

int
main(void)
{
	pthread_t t;

	plain();
	deep(12);
	with_alloca(100);
	variadic("ii", 1, 2);
	aligned_frame();
	through_qsort();
	through_pointer();
	through_signal();
	if (pthread_create(&t, NULL, in_thread, NULL) == 0)
		pthread_join(t, NULL);
	large_frame();
	return 0;
}
