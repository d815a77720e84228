/*
 * stored.c - makes a heap file for poolleak_stored.sh, and says what is in it.
 *
 *	stored FILE CASE
 *
 * One line for each block of interest: its name and address.  Cases: whole
 * (reached, below, tree, cycle, interior), overrun, torn (ends without
 * detaching), list (a lost list of a million blocks).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc/mmalloc.h"

static void *md;

static void **
block(const char *name, size_t size)
{
	void **b = mcalloc(md, 1, size);

	if (b == NULL) {
		perror(name);
		exit(1);
	}
	if (*name != '\0')
		printf("%s %#llx\n", name, (unsigned long long)(size_t)b);
	return b;
}

/* Reached by a key, by a pointer, by an interior pointer. */
static void
make_reached(void)
{
	void **root = block("root", 64), **next = block("next", 40);
	char *inside = (char *)block("inside", 100);

	root[0] = next;
	root[1] = inside + 8;
	mmalloc_setkey(md, 3, root);
}

/* A lost tree of three, and a lost cycle of two. */
static void
make_lost(void)
{
	void **top = block("top", 1000), **one = block("one", 200);
	void **two = block("two", 300), **a = block("a", 48);
	void **b = block("b", 56);

	top[0] = one;
	top[10] = two;
	a[0] = b;
	b[1] = a;
	mfree(md, block("gone", 500));
}

static void
make_list(void)
{
	void **last = NULL;

	for (int i = 0; i < 1000000; i++) {
		void **b = block("", 16);

		b[0] = last;
		last = b;
	}
	printf("head %#llx\n", (unsigned long long)(size_t)last);
}

int
main(int argc, char **argv)
{
	int fd;

	if (argc != 3)
		return 2;
	fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
	md = mmalloc_attach(fd, NULL);
	if (md == NULL) {
		perror(argv[1]);
		return 1;
	}
	if (strcmp(argv[2], "list") == 0)
		make_list();
	else {
		make_reached();
		make_lost();
	}
	if (strcmp(argv[2], "overrun") == 0) {
		char *s = (char *)block("short", 21);

		block("fence", 24);
		s[21] = 'x';
		s = (char *)block("tight", 24);
		block("behind", 24);
		s[24] = 'y';
	}
	fflush(stdout);
	if (strcmp(argv[2], "torn") == 0)
		_exit(0);
	return mmalloc_detach(md) != NULL;
}
