/*
 * subjects.h - the allocators that replay_bench compares, behind one table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_TESTS_BENCH_SUBJECTS_H
#define PW_TESTS_BENCH_SUBJECTS_H

#include <stddef.h>

struct subject {
	const char *name;
	double time_bar;	/* times glibc's; 0: none */
	double overhead_bar;	/* bytes a block; 0: none */
	double peak_bar;	/* times glibc's; 0: none */
	void	(*open)(void);
	void	*(*alloc)(size_t size, size_t align);
	void	*(*resize)(void *, size_t size);
	void	(*free)(void *);
	/* All of the block in bytes, when v is the newest one. */
	size_t	(*block_size)(void *v);
	/* Bytes taken from the system now; 0 when it does not say. */
	size_t	(*obtained)(void);
	/* After alloc, and before free: large blocks told apart.  May be NULL. */
	void	(*note)(void *v, int sign);
};

/* The first one is the measure, glibc. */
extern const struct subject subjects[];
extern const size_t nsubjects;

#endif
