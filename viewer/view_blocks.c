/*
 * view_blocks.c - the live blocks of a site, and one of them.
 *
 * The heap is walked once per load and the blocks are copied: they may be
 * gone at the next event.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "viewer/app.h"
#include "viewer/stack_text.h"
#include "viewer/text.h"

enum { ADDRESS, SIZE, AGE, TIME, THREAD, PID };

static const struct view_column columns[] = {
	[ADDRESS] = { "address", "ADDRESS", 18, false, false, 0, STYLE_NORMAL },
	[SIZE] = { "size", "SIZE", 13, true, true, 0, STYLE_NORMAL },
	[AGE] = { "age", "AGE", 12, true, true, 0, STYLE_NORMAL },
	[TIME] = { "time", "ALLOCATED AT", 12, true, false, 0, STYLE_NORMAL },
	[THREAD] = { "thread", "THREAD", 8, true, false, 0, STYLE_NORMAL },
	[PID] = { "pid", "PID", 8, true, false, 0, STYLE_NORMAL },
};

struct blocks {
	struct heap_block *at;
	size_t n;
	size_t room;
	uint32_t site;
};

static int
take_block(const struct heap_block *b, void *arg)
{
	struct blocks *all = arg;
	size_t room = all->room ? all->room * 2 : 64;
	struct heap_block *more;

	if (b->site != all->site)
		return 0;
	if (all->n == all->room) {
		more = reallocarray(all->at, room, sizeof(*more));
		if (more == NULL)
			return 1;
		all->at = more;
		all->room = room;
	}
	all->at[all->n++] = *b;
	return 0;
}

static void
blocks_load(struct view *v)
{
	struct blocks *all = v->data;
	size_t i;

	if (all == NULL) {
		v->data = all = calloc(1, sizeof(*all));
		if (all == NULL)
			return;
	}
	all->n = 0;
	all->site = (uint32_t)v->of;
	heap_walk(v->app->model.heap, take_block, all);
	for (i = 0; i < all->n; i++)
		view_add(v, i);
}

static void
blocks_close(struct view *v)
{
	struct blocks *all = v->data;

	if (all != NULL)
		free(all->at);
	free(all);
}

static const struct heap_block *
block_of(struct view *v, uint64_t row)
{
	return &((struct blocks *)v->data)->at[row];
}

static uint64_t
blocks_identity(struct view *v, uint64_t row)
{
	const struct heap_block *b = block_of(v, row);

	return bits_mix64(b->addr) ^ b->proc;
}

static uint64_t
block_age(struct view *v, const struct heap_block *b)
{
	return heap_totals(v->app->model.heap)->last_time - b->time;
}

static uint32_t
block_pid(struct view *v, const struct heap_block *b)
{
	const struct trace_process *p = trace_process(v->app->model.reader,
	    b->proc);

	return p ? p->pid : 0;
}

static bool
blocks_value(struct view *v, uint64_t row, size_t column, uint64_t *value)
{
	const struct heap_block *b = block_of(v, row);

	switch (column) {
	case ADDRESS:
		*value = b->addr;
		break;
	case SIZE:
		*value = b->size;
		break;
	case AGE:
		*value = block_age(v, b);
		break;
	case TIME:
		*value = b->time;
		break;
	case THREAD:
		*value = b->tid;
		break;
	default:
		*value = block_pid(v, b);
	}
	return true;
}

static void
blocks_cell(struct view *v, uint64_t row, size_t column, char *buf, size_t size)
{
	struct model *m = &v->app->model;
	uint64_t value;

	blocks_value(v, row, column, &value);
	switch (column) {
	case ADDRESS:
		snprintf(buf, size, "0x%" PRIx64, value);
		break;
	case SIZE:
		text_number(buf, size, value);
		break;
	case AGE:
	case TIME:
		text_time(buf, size, model_seconds(m, value));
		break;
	default:
		snprintf(buf, size, "%" PRIu64, value);
	}
}

static void
blocks_title(struct view *v, char *buf, size_t size)
{
	struct model *m = &v->app->model;
	const struct heap_site *s = heap_site(m->heap, (size_t)v->of);
	char bytes[16], n[32];

	text_size(bytes, sizeof(bytes), s->live_bytes);
	text_number(n, sizeof(n), s->live_blocks);
	snprintf(buf, size, "%s in %s block%s of %s", bytes, n,
	    s->live_blocks == 1 ? "" : "s",
	    model_site_label(m, (size_t)v->of));
}

static void
print_block(FILE *f, struct view *v, const struct heap_block *b)
{
	struct model *m = &v->app->model;
	const struct heap_site *s = heap_site(m->heap, b->site);
	const char *thread = heap_thread_name(m->heap, b->proc, b->tid);
	char size[32], at[32], age[32], name[128];

	text_number(size, sizeof(size), b->size);
	text_time(at, sizeof(at), model_seconds(m, b->time));
	text_time(age, sizeof(age), model_seconds(m, block_age(v, b)));
	text_safe(name, sizeof(name), thread ? thread : "");
	fprintf(f, "address    0x%" PRIx64 "\n", b->addr);
	fprintf(f, "size       %s bytes\n", size);
	fprintf(f, "process    %" PRIu32 "\n", block_pid(v, b));
	fprintf(f, "thread     %" PRIu32 " %s\n", b->tid, name);
	fprintf(f, "allocated  at %s, %s ago\n", at, age);
	fprintf(f, "\nallocated by %s\n", trace_call_name(s->call));
	stack_text_print(f, m, b->proc, s->stack, b->time);
}

static struct view *
blocks_open(struct view *v, uint64_t row)
{
	const struct heap_block *b = block_of(v, row);
	struct view *shown = view_create(v->app, &view_block, b->addr);
	char *text = NULL;
	size_t size;
	FILE *f;

	if (shown == NULL)
		return NULL;
	f = open_memstream(&text, &size);
	if (f != NULL) {
		print_block(f, v, b);
		if (fclose(f) == 0)
			view_lines_set(shown, text);
	}
	return shown;
}

const struct view_ops view_blocks = {
	.name = "blocks",
	.columns = columns,
	.ncolumns = PW_ARRAY_LEN(columns),
	.sorted_by = SIZE,
	.load = blocks_load,
	.close = blocks_close,
	.title = blocks_title,
	.cell = blocks_cell,
	.value = blocks_value,
	.identity = blocks_identity,
	.open = blocks_open,
};

static void
block_title(struct view *v, char *buf, size_t size)
{
	snprintf(buf, size, "Block 0x%" PRIx64, v->of);
}

const struct view_ops view_block = {
	.name = "block",
	.load = view_lines_load,
	.close = view_lines_close,
	.title = block_title,
	.cell = view_lines_cell,
};
