/*
 * stream.c - reading a recorded stream of requests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "tests/bench/alloc/stream.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *
stream_pages(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

static int
parse(const struct stream *s, struct request *q, const char *line)
{
	unsigned long long size = 0, align = 0;
	unsigned slot;
	char kind;
	int n;

	n = sscanf(line, "%c %u %llu %llu", &kind, &slot, &size, &align);
	if (n < 2 || slot >= s->nslots)
		return -1;
	q->kind = kind == 'a' ? REQUEST_ALLOC : kind == 'r' ? REQUEST_RESIZE :
	    REQUEST_FREE;
	q->slot = slot;
	q->size = size;
	q->align = align > 1 ? 63 - __builtin_clzll(align) : 0;
	return n == 2 && kind != 'f' ? -1 : 0;
}

/* The file's name without ".stream". */
static void
take_name(struct stream *s, const char *path)
{
	const char *base = strrchr(path, '/');
	char *end;

	snprintf(s->name, sizeof(s->name), "%s", base ? base + 1 : path);
	end = strstr(s->name, ".stream");
	if (end != NULL)
		*end = '\0';
}

int
stream_read(struct stream *s, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[128];
	size_t i = 0;

	if (f == NULL || fgets(line, sizeof(line), f) == NULL ||
	    sscanf(line, "s %zu %zu", &s->nslots, &s->n) != 2 || s->n == 0) {
		fprintf(stderr, "%s: no stream\n", path);
		return -1;
	}
	s->request = stream_pages(s->n * sizeof(*s->request));
	while (i < s->n && fgets(line, sizeof(line), f) != NULL)
		if (parse(s, &s->request[i++], line) < 0)
			i = s->n + 1;
	fclose(f);
	if (i != s->n)
		fprintf(stderr, "%s: damaged\n", path);
	take_name(s, path);
	return i == s->n ? 0 : -1;
}

/*
 * From the last request to the first, so that what becomes of a block is known
 * where it begins.  kept: is a block small that has a request behind this one?
 */
void
stream_cut(struct stream *s, uint64_t max)
{
	bool *kept = stream_pages(s->nslots * sizeof(*kept));
	struct request *q, *to;

	memset(kept, true, s->nslots * sizeof(*kept));
	for (q = s->request + s->n; q-- != s->request;) {
		if (q->kind != REQUEST_FREE && q->size > max)
			kept[q->slot] = false;
		if (q->kind != REQUEST_ALLOC)
			continue;
		q->size = kept[q->slot] ? q->size : UINT64_MAX;
		kept[q->slot] = true;
	}
	memset(kept, true, s->nslots * sizeof(*kept));
	for (q = to = s->request; q < s->request + s->n; q++) {
		if (q->kind == REQUEST_ALLOC)
			kept[q->slot] = q->size != UINT64_MAX;
		if (kept[q->slot])
			*to++ = *q;
	}
	s->n = (size_t)(to - s->request);
}
