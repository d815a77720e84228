/*
 * churn.c - blocks of all sizes come, grow, shrink and go; each keeps its bytes.
 *
 * churn SEED.  Every block is filled with a run of its own and held against it
 * when it is met again; calloc's are held against zero.  Prints the seed and
 * what was wrong; answers 1 then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS	4000
#define STEPS	300000

static struct block {
	unsigned char *at;
	size_t size;
	unsigned char first;
} blocks[BLOCKS];

static uint64_t state;
static unsigned wrong;

static uint64_t
draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static size_t
draw_size(void)
{
	uint64_t kind = draw() % 64;

	if (kind == 0)
		return draw() % 100000;
	return draw() % (kind < 8 ? 3000 : 200);
}

static void
complain(const char *what, size_t size, size_t at)
{
	if (wrong++ < 5)
		printf("%s: a block of %zu bytes, at %zu\n", what, size, at);
}

static void
hold(const char *what, const struct block *b, size_t size)
{
	size_t step = size > 200 ? 7 : 1;

	for (size_t i = 0; i < size; i += step)
		if (b->at[i] != (unsigned char)(b->first + i)) {
			complain(what, size, i);
			return;
		}
}

static void
hold_zero(const struct block *b)
{
	for (size_t i = 0; i < b->size; i++)
		if (b->at[i] != 0) {
			complain("calloc", b->size, i);
			return;
		}
}

static void
step(struct block *b)
{
	size_t size = draw_size() + 1;
	size_t had = b->at != NULL ? b->size : 0;

	hold("kept", b, had);
	switch (draw() % 4) {
	case 0:
		free(b->at);
		b->at = NULL;
		b->size = 0;
		return;
	case 1:
		free(b->at);
		b->at = malloc(size);
		break;
	case 2:
		free(b->at);
		b->at = calloc(1, size);
		b->size = size;
		hold_zero(b);
		break;
	default:
		b->at = realloc(b->at, size);
		hold("realloc", b, size < had ? size : had);
	}
	b->size = size;
	b->first = (unsigned char)draw();
	for (size_t i = 0; i < size; i++)
		b->at[i] = (unsigned char)(b->first + i);
}

int
main(int argc, char **argv)
{
	state = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	printf("seed %llu\n", (unsigned long long)state);
	state = state * 2654435761u + 88172645463325252ull;
	for (int i = 0; i < STEPS; i++)
		step(&blocks[draw() % BLOCKS]);
	return wrong != 0;
}
