/*
 * heapfile.c - a heap file opened, its blocks and its damage as arrays.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "heapfile/heapfile_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

bool
heapfile_is(const void *head, size_t size)
{
	return size >= sizeof(MMALLOC_MAGIC) &&
	    memcmp(head, MMALLOC_MAGIC, sizeof(MMALLOC_MAGIC)) == 0;
}

struct heapfile *
heapfile_open(const char *path, char *why, size_t size)
{
	struct heapfile *hf = calloc(1, sizeof(*hf));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error = hf == NULL ? ENOMEM : fd < 0 ? errno :
	    mmalloc_inspect_open(&hf->view, fd);

	if (error == 0)
		hf->busy = flock(fd, LOCK_SH | LOCK_NB) < 0 &&
		    errno == EWOULDBLOCK;
	if (fd >= 0)
		close(fd);
	if (error == 0)
		return hf;
	snprintf(why, size, "%s", hf != NULL && hf->view.why != NULL ?
	    hf->view.why : strerror(error));
	free(hf);
	return NULL;
}

void
heapfile_close(struct heapfile *hf)
{
	if (hf == NULL)
		return;
	mmalloc_inspect_close(&hf->view);
	free(hf->blocks);
	free(hf->faults);
	free(hf);
}

const unsigned char *
heapfile_at(const struct heapfile *hf, uint64_t address)
{
	return hf->view.map + (address - hf->view.header.base);
}

uint64_t
heapfile_word(const struct heapfile *hf, uint64_t address)
{
	uint64_t word;

	memcpy(&word, heapfile_at(hf, address), sizeof(word));
	return word;
}

struct walk {
	struct heapfile *hf;
	bool no_memory;
};

/* Grown at powers of two, so an array needs no word for its room. */
static void *
more(struct walk *w, void *array, size_t n, size_t element)
{
	void *grown = array;

	if ((n & (n - 1)) == 0)
		grown = reallocarray(array, n == 0 ? 1 : 2 * n, element);
	w->no_memory |= grown == NULL;
	return grown;
}

static void
take_block(void *arg, const struct mmalloc_block *b)
{
	struct walk *w = arg;
	struct heapfile *hf = w->hf;
	struct heapfile_block *all = more(w, hf->blocks, hf->nblocks,
	    sizeof(*all));

	if (all == NULL)
		return;
	hf->blocks = all;
	all[hf->nblocks++] = (struct heapfile_block){
		.address = b->addr,
		.size = b->size,
		.header = hf->view.header.base + b->off,
		.whole = b->block_size,
		.class = b->kind == POOL_KIND_ALLOC ? HEAPFILE_UNMARKED :
		    HEAPFILE_FREE,
	};
}

static void
fault_text(const struct mmalloc_fault *from, struct heapfile_fault *f)
{
	if (from->block == 0 && from->size > 0)
		snprintf(f->text, sizeof(f->text), "%s; %llu bytes are lost",
		    from->what, (unsigned long long)from->size);
	else if (from->block == 0)
		snprintf(f->text, sizeof(f->text), "%s", from->what);
	else
		snprintf(f->text, sizeof(f->text),
		    "the byte at offset %lld is %02x, not %02x",
		    (long long)(f->address - from->block), from->is,
		    from->should);
}

static void
take_fault(void *arg, const struct mmalloc_fault *from)
{
	struct walk *w = arg;
	struct heapfile *hf = w->hf;
	struct heapfile_fault *all = more(w, hf->faults, hf->nfaults,
	    sizeof(*all)), *f;

	if (all == NULL)
		return;
	hf->faults = all;
	f = &all[hf->nfaults++];
	f->address = hf->view.header.base + from->off;
	f->block = from->block;
	f->kind = from->block == 0 ? "corrupt-heap" :
	    f->address < from->block ? "heap-underrun" : "heap-overrun";
	fault_text(from, f);
	hf->lost += from->size;
}

int
heapfile_walk(struct heapfile *hf)
{
	struct walk w = { .hf = hf };

	if (hf->view.why != NULL)
		take_fault(&w, &(struct mmalloc_fault){
		    .what = hf->view.why });
	mmalloc_inspect_walk(&hf->view, take_block, take_fault, &w);
	return w.no_memory ? -1 : 0;
}
