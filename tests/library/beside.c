/*
 * beside.c - a program with names of its own that are ours as well.
 *
 * As C and as C++: it has a Pool, a vmem_t, an M_WAITOK, and in beside_own.c a
 * vmem_create, mmalloc and so on.  It calls ours through the installed headers,
 * and its own through a table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <stdio.h>

#define M_WAITOK	77
#define M_NOWAIT	78
#define M_BESTFIT	79
#define POOL_NO_TYPEDEF
#define VMEM_NO_TYPEDEF

#ifdef __cplusplus
class Pool {
public:
	int depth;
};
class vmem_t {
public:
	int mine;
};
struct vmem { int other; };
#else
typedef struct Pool { int depth; } Pool;
typedef struct vmem { int mine; } vmem_t;
#endif

#include HEADERS

#if M_WAITOK != 77 || M_NOWAIT != 78 || M_BESTFIT != 79
#error "a macro of the program's was changed"
#endif

#ifdef __cplusplus
extern "C" {
#endif
extern int own_calls;
void	own_try(void);
#ifdef __cplusplus
}
#endif

static int
try_vmem(void)
{
	struct poolwatch_vmem *v;
	vmem_addr_t a = 0;

	v = vmem_create("beside", 4096, 65536, 4096, 0,
	    VMEM_NOWAIT | VMEM_FIRSTFIT);
	if (v == NULL || vmem_alloc(v, 1, VMEM_NOWAIT | VMEM_BESTFIT, &a) != 0)
		return 0;
	vmem_free(v, a, 1);
	vmem_destroy(v);
	return 1;
}

static int
try_pool(void)
{
	struct poolwatch_pool *p;
	void *v;

	p = poolcreate("beside", NULL, POOL_PARANOIA);
	if (p == NULL)
		return 0;
	v = poolalloc(p, 100);
	poolfree(p, v);
	pooldestroy(p);
	return v != NULL;
}

int
main(void)
{
	Pool p = { 3 };
	vmem_t v = { 4 };

	own_try();
	if (!try_vmem() || !try_pool() || own_calls != OWN_FUNCTIONS)
		return 1;
	printf("%d\n", p.depth + v.mine);
	return 0;
}
