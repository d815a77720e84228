/*
 * leaky.c - three planted mistakes: what poolwatch shows a newcomer.
 *
 *	cc -O1 -g -o leaky leaky.c && poolwatch ./leaky
 *
 * A table of guests is filled.  One name is copied without room for its NUL
 * (an overrun of one byte), one party is thanked twice (a double free), and
 * the letters that were written are thrown away by losing them (blocks never
 * freed).  tests/samples/local.mk runs it and looks for all three by
 * function, file and line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __clang__
#define KEEP	__attribute__((noinline))
#else
#define KEEP	__attribute__((noinline, noclone))
#endif

struct party {
	char *host;
	int guests;
};

KEEP static char *
name_copy(const char *name)
{
	char *copy = malloc(strlen(name));	/* no room for the NUL */

	if (copy)
		strcpy(copy, name);
	return copy;
}

KEEP static struct party *
party_new(const char *host)
{
	struct party *p = malloc(sizeof *p + 24);

	if (p) {
		p->host = name_copy(host);
		p->guests = 0;
	}
	return p;
}

KEEP static void
party_thank(struct party *p)
{
	free(p);
}

KEEP static size_t
letter_write(int number)
{
	char *letter = malloc(1000);

	if (!letter)
		return 0;
	return (size_t)snprintf(letter, 1000, "Dear guest %d,", number);
}						/* the letter is lost here */

int
main(void)
{
	struct party *p = party_new("george-vii");
	size_t written = 0;

	if (!p)
		return 1;
	for (int i = 0; i < 10; i++)
		written += letter_write(i);
	free(p->host);				/* meets the overrun */
	party_thank(p);
	party_thank(p);				/* and once more */
	printf("10 letters, %zu characters\n", written);
	return 0;
}
