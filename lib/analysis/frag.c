/*
 * frag.c - see frag.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "analysis/frag.h"

#include <stdlib.h>

static double
frag_ratio(const struct frag_figures *f)
{
	return f->live ? (double)f->footprint / (double)f->live : 0;
}

static struct frag_figures
frag_from(const struct heap_figures *h)
{
	struct frag_figures f = {
		.time = h->time, .footprint = h->footprint, .live = h->live,
		.overhead = h->overhead, .free = h->free,
		.largest = h->largest,
	};

	f.ratio = frag_ratio(&f);
	return f;
}

struct frag_process *
frag_processes(struct trace_reader *reader, const struct heap *h, size_t *n)
{
	unsigned nprocs = trace_nprocesses(reader);
	struct frag_process *rows;

	*n = 0;
	for (unsigned i = 0; i < nprocs; i++)
		*n += heap_process_figures(h, i, 0)->known;
	if (*n == 0 || (rows = calloc(*n, sizeof *rows)) == NULL)
		return NULL;
	*n = 0;
	for (unsigned i = 0; i < nprocs; i++) {
		if (!heap_process_figures(h, i, 0)->known)
			continue;
		rows[*n].proc = i;
		rows[*n].now = frag_from(heap_process_figures(h, i, 0));
		rows[(*n)++].peak = frag_from(heap_process_figures(h, i, 1));
	}
	return rows;
}

struct frag_figures
frag_sum(const struct frag_process *rows, size_t n)
{
	struct frag_figures sum = { .time = 0 };

	for (size_t i = 0; i < n; i++) {
		const struct frag_figures *f = &rows[i].now;

		sum.footprint += f->footprint;
		sum.live += f->live;
		sum.overhead += f->overhead;
		sum.free += f->free;
		if (f->largest > sum.largest)
			sum.largest = f->largest;
		if (f->time > sum.time)
			sum.time = f->time;
	}
	sum.ratio = frag_ratio(&sum);
	return sum;
}
