/*
 * reader_table.c - what records refer to: stack nodes, and memory for names.
 *
 * Strings and modules live as long as the reader; they come from an arena
 * with a bound, so that a small file cannot ask for much.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/reader_impl.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_PART	65536u

void *
reader_take(struct trace_reader *r, size_t size)
{
	struct arena_part *part = r->arena;
	size_t room = size > ARENA_PART ? size : ARENA_PART;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (part == NULL || part->room - part->used < size) {
		if (size > room)
			room = size;
		if (r->arena_size + room > READER_ARENA_MAX ||
		    (part = malloc(sizeof *part + room)) == NULL) {
			r->no_memory = true;
			return NULL;
		}
		r->arena_size += room;
		part->next = r->arena;
		part->room = room;
		part->used = 0;
		r->arena = part;
	}
	p = part->data + part->used;
	part->used += size;
	return p;
}

char *
reader_string(struct trace_reader *r, const void *s, size_t size)
{
	char *p = reader_take(r, size + 1);

	if (p == NULL)
		return NULL;
	memcpy(p, s, size);
	p[size] = '\0';
	return p;
}

static int
nodes_grow(struct trace_reader *r, uint32_t n)
{
	uint32_t room = r->nnodes ? r->nnodes : 4096;
	uint64_t *ips;
	uint32_t *parents;

	while (room < n)
		room *= 2;
	ips = realloc(r->ips, room * sizeof *ips);
	if (ips != NULL)
		r->ips = ips;
	parents = realloc(r->parents, room * sizeof *parents);
	if (parents != NULL)
		r->parents = parents;
	if (ips == NULL || parents == NULL) {
		r->no_memory = true;
		return -1;
	}
	memset(ips + r->nnodes, 0, (room - r->nnodes) * sizeof *ips);
	memset(parents + r->nnodes, 0, (room - r->nnodes) * sizeof *parents);
	r->nnodes = room;
	return 0;
}

/* -1: it can't be (or there is no memory). */
int
reader_node(struct trace_reader *r, uint32_t id, uint32_t parent, uint64_t ip)
{
	if (id == 0 || id >= SESSION_NODES_MAX || parent >= id || ip == 0)
		return -1;
	if (id >= r->nnodes && nodes_grow(r, id + 1) != 0)
		return -1;
	if (r->ips[id] != 0)
		return 0;
	r->ips[id] = ip;
	r->parents[id] = parent;
	r->counts.nodes++;
	return 0;
}

int
reader_nodes(struct trace_reader *r, const unsigned char *p,
    const unsigned char *end)
{
	uint64_t id, n, up, d, ip = 0;

	while (p < end) {
		if ((p = varint_get(p, end, &id)) == NULL ||
		    (p = varint_get(p, end, &n)) == NULL ||
		    id >= SESSION_NODES_MAX || n > SESSION_NODES_MAX)
			return -1;
		for (; n > 0; n--, id++) {
			if ((p = varint_get(p, end, &up)) == NULL ||
			    (p = varint_get(p, end, &d)) == NULL || up > id)
				return -1;
			ip += (uint64_t)zigzag_back(d);
			if (reader_node(r, (uint32_t)id, (uint32_t)(id - up),
			    ip) != 0)
				return -1;
		}
	}
	return 0;
}

uint64_t
trace_node(const struct trace_reader *r, uint32_t stack, uint32_t *parent)
{
	if (stack >= r->nnodes || r->ips[stack] == 0)
		return 0;
	*parent = r->parents[stack];
	return r->ips[stack];
}

size_t
trace_stack(const struct trace_reader *r, uint32_t stack, uint64_t *ips,
    size_t max)
{
	size_t n = 0;
	uint64_t ip;

	while ((ip = trace_node(r, stack, &stack)) != 0) {
		if (n < max)
			ips[n] = ip;
		n++;
	}
	return n;
}

void
reader_tables_free(struct trace_reader *r)
{
	struct arena_part *part;

	for (uint32_t i = 0; i < r->nprocs; i++) {
		struct proc *p = r->procs[i];

		if (!p->told)
			free((void *)p->pub.argv);
		free(p->modules);
		free(p->reach);
		free(p);
	}
	free(r->procs);
	free(r->sheds);
	while ((part = r->arena) != NULL) {
		r->arena = part->next;
		free(part);
	}
	free(r->ips);
	free(r->parents);
}
