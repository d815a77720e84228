/*
 * bytes.c - see bytes.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "trace/varint.h"

static bool
bytes_room(struct bytes *b, size_t size)
{
	size_t room = b->room ? b->room : 4096;
	unsigned char *p;

	if (b->failed)
		return false;
	if (b->room - b->size >= size)
		return true;
	while (room - b->size < size)
		room *= 2;
	p = realloc(b->data, room);
	b->failed = p == NULL;
	if (p == NULL)
		return false;
	b->data = p;
	b->room = room;
	return true;
}

void
bytes_put(struct bytes *b, const void *data, size_t size)
{
	if (size == 0 || !bytes_room(b, size))
		return;
	memcpy(b->data + b->size, data, size);
	b->size += size;
}

void
bytes_put_u(struct bytes *b, uint64_t v)
{
	if (!bytes_room(b, VARINT_MAX))
		return;
	b->size = (size_t)(varint_put(b->data + b->size, v) - b->data);
}

void
bytes_free(struct bytes *b)
{
	free(b->data);
	memset(b, 0, sizeof *b);
}

uint64_t
bytes_get_u(struct bytes_in *in)
{
	uint64_t v = 0;
	const unsigned char *p = in->bad ? NULL :
	    varint_get(in->p, in->end, &v);

	in->bad = p == NULL;
	if (p != NULL)
		in->p = p;
	return p != NULL ? v : 0;
}

const unsigned char *
bytes_get(struct bytes_in *in, size_t size)
{
	const unsigned char *p = in->p;

	if (in->bad || (size_t)(in->end - p) < size) {
		in->bad = true;
		return NULL;
	}
	in->p += size;
	return p;
}
