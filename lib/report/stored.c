/*
 * stored.c - what the formats of stored.h share; the lines of leak(1).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "report/stored.h"

#include <stdlib.h>

#include "report/words.h"

struct ranked {
	size_t index;
	uint64_t bytes;		/* with what is below */
	bool definite;
};

static int
rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->definite != y->definite)
		return x->definite ? 1 : -1;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? -1 : 1;
	return x->index < y->index ? 1 : -1;
}

size_t *
stored_lost(struct heapfile *hf, const struct heapfile_sum *below, size_t *n)
{
	size_t max = hf->sum[HEAPFILE_DEFINITE].blocks +
	    hf->sum[HEAPFILE_POSSIBLE].blocks;
	struct ranked *r = malloc((max + 1) * sizeof(*r));
	size_t *out = malloc((max + 1) * sizeof(*out));

	*n = 0;
	for (size_t i = 0; r != NULL && i < hf->nblocks && *n < max; i++) {
		const struct heapfile_block *b = &hf->blocks[i];
		bool definite = b->class == HEAPFILE_DEFINITE;

		if (definite || b->class == HEAPFILE_POSSIBLE)
			r[(*n)++] = (struct ranked){ i, b->size +
			    (definite ? below[i].bytes : 0), definite };
	}
	if (r == NULL || out == NULL) {
		free(r);
		free(out);
		return NULL;
	}
	qsort(r, *n, sizeof(*r), rank);
	for (size_t i = 0; i < *n; i++)
		out[i] = r[i].index;
	free(r);
	return out;
}

static uint64_t
used_bytes(const struct heapfile *hf, uint64_t *blocks)
{
	uint64_t bytes = 0;

	*blocks = 0;
	for (int c = HEAPFILE_UNMARKED; c < HEAPFILE_NCLASSES; c++) {
		bytes += hf->sum[c].bytes;
		*blocks += hf->sum[c].blocks;
	}
	return bytes;
}

void
stored_verdict(const struct heapfile *hf, char *line, size_t size)
{
	char a[WORDS_MAX], b[WORDS_MAX], c[WORDS_MAX], d[WORDS_MAX];
	uint64_t lost = hf->sum[HEAPFILE_DEFINITE].blocks;
	uint64_t blocks, bytes = used_bytes(hf, &blocks);
	char leaks[2 * WORDS_MAX];

	if (lost == 0)
		snprintf(leaks, sizeof(leaks), "0 leaks");
	else
		snprintf(leaks, sizeof(leaks), "%s of %s", words_count(a,
		    sizeof(a), lost, "leak", "leaks"), words_count(b,
		    sizeof(b), hf->sum[HEAPFILE_DEFINITE].bytes +
		    hf->sum[HEAPFILE_INDIRECT].bytes, "byte", "bytes"));
	snprintf(line, size, "verdict: %s%s, %s; %s in %s",
	    hf->nfaults == 0 && lost == 0 ? "clean; " : "",
	    words_count(a, sizeof(a), hf->nfaults, "error", "errors"), leaks,
	    words_count(c, sizeof(c), bytes, "byte", "bytes"),
	    words_count(d, sizeof(d), blocks, "block", "blocks"));
}

/* Without names of functions both symbols are the words themselves. */
static void
line(FILE *f, const struct heapfile *hf, const struct heapfile_block *b)
{
	unsigned long long w0 = heapfile_word(hf, b->header + 8);
	unsigned long long w1 = heapfile_word(hf, b->header + 16);

	fprintf(f, "%s 0x%016llx 0x%016llx 0x%016llx 0x%016llx %#llx %#llx\n",
	    b->class == HEAPFILE_FREE ? "free" : "block",
	    (unsigned long long)b->header, (unsigned long long)b->whole,
	    w0, w1, w0, w1);
}

int
stored_lines(FILE *f, struct heapfile *hf, bool used, bool unused)
{
	for (size_t i = 0; i < hf->nblocks && !ferror(f); i++)
		if (hf->blocks[i].class == HEAPFILE_FREE ? unused : used)
			line(f, hf, &hf->blocks[i]);
	return fflush(f) == 0 && !ferror(f) ? 0 : -1;
}
