/*
 * stored_text.c - a heap in a file, for people.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "report/stored.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/words.h"

#define SHOWN_BYTES	16

static void
text_fault(FILE *f, const struct heapfile *hf, size_t i)
{
	const struct heapfile_fault *e = &hf->faults[i];

	fprintf(f, "ERROR %zu  %s at %#llx\n  %s.\n", i + 1, e->kind,
	    (unsigned long long)e->address, e->text);
	if (e->block != 0)
		fprintf(f, "  The block is %#llx.\n",
		    (unsigned long long)e->block);
	fputc('\n', f);
}

/* The first bytes, as numbers and, where they are some, as letters. */
static void
text_contents(FILE *f, const struct heapfile *hf,
    const struct heapfile_block *b)
{
	const unsigned char *at = heapfile_at(hf, b->address);
	size_t n = b->size < SHOWN_BYTES ? b->size : SHOWN_BYTES;

	if (n == 0)
		return;
	fputs("  begins  ", f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%02x ", at[i]);
	fprintf(f, "%*s ", (int)(3 * (SHOWN_BYTES - n)), "");
	for (size_t i = 0; i < n; i++)
		fputc(isascii(at[i]) && isprint(at[i]) ? at[i] : '.', f);
	fputc('\n', f);
}

static void
text_lost(FILE *f, struct heapfile *hf, size_t number, size_t i,
    const struct heapfile_sum *below)
{
	const struct heapfile_block *b = &hf->blocks[i];
	char size[WORDS_MAX], more[WORDS_MAX], blocks[WORDS_MAX];

	fprintf(f, "LEAK %zu  %s  block %#llx of %s\n", number,
	    heapfile_class_name(b->class), (unsigned long long)b->address,
	    words_size(size, sizeof(size), b->size));
	if (b->class == HEAPFILE_POSSIBLE)
		fputs("  Only pointers into it lead to it, none to its "
		    "start.\n", f);
	else if (below[i].blocks > 0)
		fprintf(f, "  and %s in %s that only it leads to\n",
		    words_size(more, sizeof(more), below[i].bytes),
		    words_count(blocks, sizeof(blocks), below[i].blocks,
		    "block", "blocks"));
	text_contents(f, hf, b);
	fputc('\n', f);
}

static int
text_leaks(FILE *f, struct heapfile *hf, size_t top)
{
	struct heapfile_sum *below = heapfile_below(hf);
	size_t n = 0, skip, *lost = NULL;
	char left[WORDS_MAX];

	if (below != NULL)
		lost = stored_lost(hf, below, &n);
	skip = top != 0 && n > top ? n - top : 0;
	if (skip > 0)
		fprintf(f, "%s left out (--top=0 shows all).\n\n",
		    words_count(left, sizeof(left), skip, "smaller one is",
		    "smaller ones are"));
	for (size_t i = skip; lost != NULL && i < n; i++)
		text_lost(f, hf, i - skip + 1, lost[i], below);
	free(below);
	free(lost);
	return lost == NULL ? -1 : 0;
}

static void
row(FILE *f, const char *name, const struct heapfile_sum *s, const char *what)
{
	char bytes[WORDS_MAX], blocks[WORDS_MAX];

	fprintf(f, "  %-10s %15s bytes %11s blocks  %s\n", name,
	    words_number(bytes, sizeof(bytes), s->bytes),
	    words_number(blocks, sizeof(blocks), s->blocks), what);
}

static void
text_keys(FILE *f, const struct heapfile *hf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < MMALLOC_NKEYS; i++)
		n += hf->view.header.key[i] != 0;
	if (n == 0) {
		fputs("  No key is set: nothing can be reached.\n", f);
		return;
	}
	fputs("  keys:", f);
	for (unsigned i = 0; i < MMALLOC_NKEYS; i++)
		if (hf->view.header.key[i] != 0)
			fprintf(f, " %u", i);
	fputs(" are set\n", f);
}

static void
text_summary(FILE *f, const struct heapfile *hf)
{
	static const char *const what[HEAPFILE_NCLASSES] = {
		[HEAPFILE_FREE] = "free memory",
		[HEAPFILE_REACHABLE] = "from the keys",
		[HEAPFILE_POSSIBLE] = "by interior pointers only",
		[HEAPFILE_INDIRECT] = "below lost blocks",
		[HEAPFILE_DEFINITE] = "no pointer leads there",
	};
	char top[WORDS_MAX], lost[WORDS_MAX];

	fprintf(f, "SUMMARY  a heap of %s at %#llx, %s\n",
	    words_size(top, sizeof(top), hf->view.top),
	    (unsigned long long)hf->view.header.base, hf->busy ?
	    "attached now: figures may be torn" : !hf->view.open ?
	    "detached in order" : "left without detaching");
	for (int c = HEAPFILE_NCLASSES - 1; c >= HEAPFILE_FREE; c--)
		if (what[c] != NULL)
			row(f, heapfile_class_name(c), &hf->sum[c], what[c]);
	if (hf->lost > 0)
		fprintf(f, "  %s in no block: damage\n", words_count(lost,
		    sizeof(lost), hf->lost, "byte is", "bytes are"));
	text_keys(f, hf);
	fputc('\n', f);
}

int
stored_text(FILE *f, struct heapfile *hf, const struct stored_options *o)
{
	char line[320], name[600];
	int result = 0;

	for (size_t i = 0; o->errors && i < hf->nfaults; i++)
		text_fault(f, hf, i);
	if (o->leaks)
		result = text_leaks(f, hf, o->top);
	if (o->summary)
		text_summary(f, hf);
	stored_verdict(hf, line, sizeof(line));
	fprintf(f, "%s\nnext: poolleak -a %s\n", line, words_quoted(name,
	    sizeof(name), o->source));
	return fflush(f) == 0 && !ferror(f) ? result : -1;
}
