/* expect: unjudged in f, bytes 3200, blocks 32, stack f<y<x<fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <alloca.h>
#include "case.h"

/*
 * x calls f, or y that calls f, at one place, and alloca puts f's stack pointer
 * where it was the other way: then all return addresses and CFAs of the frames
 * of the capture before are as they were.  Only f's rbp is not.
 */
__attribute__((noinline)) static void *
f(size_t size)
{
	char *room = alloca(size);

	poke(room, 0, 'x');
	return hide(GET(100));
}

__attribute__((noinline)) static void *
y(size_t size)
{
	return hide(f(size));
}

__attribute__((noinline)) static void *
x(void *(*call)(size_t), size_t size)
{
	return hide(call(size));
}

void
fault(void)
{
	static void *(*const call[2])(size_t) = { f, y };
	void *p[32][2];

	for (int i = 0; i < 64; i++)
		p[i / 2][i % 2] = x(((void *(**)(size_t))hide(call))[i % 2],
		    i % 2 ? 64 : 64 + 16 * (i / 2));
	for (int i = 0; i < 32; i++) {
		PUT(p[i][0]);
		BUG(hide(p[i][1]), PUT(p[i][1]));
	}
}
