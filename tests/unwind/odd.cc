/*
 * odd.cc - control flow that real programs have little of, with allocations.
 *
 * Exceptions through frames whose destructors allocate, caught, thrown again
 * and nested; jumps out of a recursion; coroutines that take turns, on stacks
 * that are used again; handlers on a stack of their own; threads; recursion
 * beyond what is kept.  check-everywhere runs it as one more program.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <atomic>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <ucontext.h>
#include <vector>

#define NOINLINE	__attribute__((noinline, noclone))
#define OPAQUE()	__asm__ volatile("" : : : "memory")

static std::atomic<unsigned long> sum;

/* --- exceptions --------------------------------------------------------- */

struct allocates {
	int n;
	explicit allocates(int i) : n(i) { }
	NOINLINE ~allocates() { sum += std::string(40 + n, 'x').size(); }
};

static NOINLINE int
thrower(int n)
{
	allocates a(n);

	if (n == 0)
		throw std::runtime_error(std::string(50, 'y'));
	int r = thrower(n - 1) + 1;
	OPAQUE();
	return r;
}

static NOINLINE int
catcher(int n, int again)
{
	allocates a(n);

	try {
		return thrower(n) + again;
	} catch (const std::runtime_error &e) {
		std::vector<int> v(100 + n);
		sum += v.size() + std::string(e.what()).size();
		if (again == 0)
			throw;
		try {
			return catcher(n / 2, again - 1);
		} catch (...) {
			return (int)std::string(60, 'z').size();
		}
	}
}

static void
exceptions()
{
	for (int i = 0; i < 100; i++)
		sum += (unsigned long)catcher(i % 30, 1 + i % 3);
}

/* --- jumps ---------------------------------------------------------------- */

static jmp_buf out;

static NOINLINE void
jumper(int n)
{
	free(malloc(100 + (size_t)n));
	if (n == 0 && sum != 0)
		longjmp(out, 1);
	if (n != 0)
		jumper(n - 1);
	OPAQUE();
}

static void
jumps()
{
	for (volatile int i = 0; i < 100; i = i + 1)
		if (setjmp(out) == 0)
			jumper(i % 40);
		else
			free(malloc(30));
}

/* --- coroutines ----------------------------------------------------------- */

#define COROUTINES	4

static ucontext_t scheduler, coroutine[COROUTINES];
static char stacks[COROUTINES][65536] __attribute__((aligned(16)));

static NOINLINE void
yields(int self, int n)
{
	free(malloc(10 + (size_t)n));
	if (n > 0)
		yields(self, n - 1);
	else
		swapcontext(&coroutine[self], &scheduler);
	free(malloc(20 + (size_t)n));
	OPAQUE();
}

static void
coroutine_main(int self)
{
	for (int i = 0; i < 10; i++)
		yields(self, 3 * self + i);
}

static void
coroutines()
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < COROUTINES; i++) {
			getcontext(&coroutine[i]);
			coroutine[i].uc_stack.ss_sp = stacks[(i + round) % 4];
			coroutine[i].uc_stack.ss_size = sizeof stacks[0];
			coroutine[i].uc_link = &scheduler;
			makecontext(&coroutine[i],
			    (void (*)())coroutine_main, 1, i);
		}
		for (int turn = 0; turn < 11 * COROUTINES; turn++)
			swapcontext(&scheduler, &coroutine[turn % COROUTINES]);
	}
}

/* --- handlers --------------------------------------------------------------- */

static NOINLINE void
handled(int n)
{
	free(malloc(50));
	if (n > 0)
		handled(n - 1);
	OPAQUE();
}

static void
handler(int sig)
{
	handled(sig == SIGUSR1 ? 5 : 2);
	if (sig == SIGUSR1)
		raise(SIGUSR2);
}

static void
handlers()
{
	static char room[65536];
	stack_t alt = { };
	struct sigaction sa = { };

	alt.ss_sp = room;
	alt.ss_size = sizeof room;
	sigaltstack(&alt, NULL);
	sa.sa_handler = handler;
	sigaction(SIGUSR1, &sa, NULL);
	sa.sa_flags = SA_ONSTACK;
	sigaction(SIGUSR2, &sa, NULL);
	for (int i = 0; i < 50; i++)
		raise(i % 3 ? SIGUSR1 : SIGUSR2);
}

/* --- deep ------------------------------------------------------------------- */

static NOINLINE void
deep(int n, bool each)
{
	if (each || n == 0)
		free(malloc(10));
	if (n > 0)
		deep(n - 1, each);
	if (each)
		free(malloc(10));
	OPAQUE();
}

static void
recursions(int n)
{
	deep(n, true);
	for (int i = 0; i < 30; i++)
		deep(n + i * 7 % n, false);
	deep(n / 2, true);
}

int
main()
{
	std::vector<std::thread> threads;

	exceptions();
	jumps();
	coroutines();
	handlers();
	recursions(700);
	for (int i = 0; i < 4; i++)
		threads.emplace_back([] {
			thread_local std::string s(100, 't');
			for (int k = 0; k < 20; k++)
				catcher(k, 2);
			recursions(300);
		});
	for (auto &t : threads)
		t.join();
	std::printf("%lu\n", sum.load());
	return 0;
}
