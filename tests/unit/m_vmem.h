/*
 * m_vmem.h - what the two halves of the model test of vmem share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_UNIT_M_VMEM_H
#define PW_UNIT_M_VMEM_H

#include "alloc/vmem_impl.h"

#define Q	16u		/* bytes of a quantum */
#define UNITS	512u		/* quanta of the range of one thread */
#define CHUNK	64u		/* those of a span */
#define NLIVE	128u

struct live {
	vmem_t *arena;
	vmem_addr_t at;		/* in quanta */
	size_t n;		/* 0: nothing */
	bool plain;		/* of vmem_alloc */
};

struct request {
	size_t n;
	size_t align;
	size_t phase;
	size_t nocross;		/* 0: none */
	size_t min;
	size_t max;
	int flags;
};

struct model {
	uint64_t x;		/* random */
	vmem_t *vm;
	struct live live[NLIVE];
	unsigned char span[UNITS];	/* 0: none yet */
	unsigned char taken[UNITS];
	int nspans;
};

extern uint64_t model_seed;

#define EXPECT(e)	((e) ? (void)0 : model_failed(#e, __FILE__, __LINE__))

void	model_failed(const char *what, const char *file, int line);
void	model_expect_sound(vmem_t *);
size_t	model_next(struct model *, size_t below);
void	model_draw(struct model *, struct request *);
bool	model_is_plain(const struct request *);
/* Nobody can be given this: EINVAL. */
bool	model_is_wrong(const struct request *);
/* vmem_alloc, or vmem_xalloc, of model->vm. */
int	model_ask(struct model *, const struct request *, vmem_addr_t *,
	    bool plain);
/* m_vmem_threads.c */
void	model_run_threads(int nthreads, size_t nops, size_t quanta);

#endif
