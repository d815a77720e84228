/*
 * qmalloc_tags.c - malloc and realloc tags, where they are kept.
 *
 * A build with QMALLOC_TAGS has both before the user's bytes, where pool(2)'s
 * malloc has them, so whoever reads the pool's blocks finds them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/qmalloc_impl.h"

#ifdef QMALLOC_TAGS

static void
tag_set(void *v, int which, uintptr_t tag)
{
	if (v != NULL)
		((uintptr_t *)v)[which] = tag;
}

static uintptr_t
tag_get(void *v, int which)
{
	return v != NULL ? ((uintptr_t *)v)[which] : UINTPTR_MAX;
}

#else

static void
tag_set(void *v, int which, uintptr_t tag)
{
	(void)v;
	(void)which;
	(void)tag;
}

static uintptr_t
tag_get(void *v, int which)
{
	(void)v;
	(void)which;
	return UINTPTR_MAX;
}

#endif

void
qsetmalloctag(void *v, uintptr_t tag)
{
	tag_set(v, -2, tag);
}

void
qsetrealloctag(void *v, uintptr_t tag)
{
	tag_set(v, -1, tag);
}

uintptr_t
qgetmalloctag(void *v)
{
	return tag_get(v, -2);
}

uintptr_t
qgetrealloctag(void *v)
{
	return tag_get(v, -1);
}
