/*
 * installed.c - a program of thirty lines that uses all of the allocators.
 *
 * It is C and C++ alike.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <poolwatch/mmalloc.h>
#include <poolwatch/pool.h>
#include <poolwatch/qmalloc.h>
#include <poolwatch/vmem.h>
#include <stdio.h>
#include <string.h>

int
main(void)
{
	vmem_t *ids = vmem_create("ids", 1, 100, 1, 0,
	    VMEM_NOWAIT | VMEM_FIRSTFIT);
	Pool *pool = poolcreate("installed", NULL, POOL_PARANOIA);
	void *heap = mmalloc_attach(-1, NULL);
	vmem_addr_t id = 0;

	qmallocinit();
	vmem_alloc(ids, 1, VMEM_NOWAIT | VMEM_BESTFIT, &id);
	char *a = (char *)poolalloc(pool, 10);
	char *b = (char *)qmalloc(10);
	char *c = (char *)mmalloc(heap, 10);

	strcpy(a, "pool");
	strcpy(b, "qmalloc");
	strcpy(c, "mmalloc");
	printf("%lu %s %s %s\n", (unsigned long)id, a, b, c);

	mfree(heap, c);
	qfree(b);
	poolfree(pool, a);
	vmem_free(ids, id, 1);
	pooldestroy(pool);
	vmem_destroy(ids);
	return mmalloc_detach(heap) != NULL;
}
