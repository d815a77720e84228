/*
 * oracle.h - compare a capture with libunwind's opinion.
 *
 * libunwind is opened with RTLD_LOCAL, so that nothing of it takes part in the
 * test itself.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_TESTS_UNWIND_ORACLE_H
#define PW_TESTS_UNWIND_ORACLE_H

#include <stddef.h>
#include <stdint.h>

#include "unwind/unwind.h"

#define ORACLE_MAX	512

/* Open libunwind; 0 or -1. */
int	oracle_init(void);

/*
 * Capture from the caller on and compare with libunwind, frame by frame to the
 * end.  Returns the number of frames, or -1 when they differ; then both are
 * printed.  Frames that only libunwind has behind ours are a difference.
 */
int	oracle_check(struct unwind_thread *);

/* The same from a signal handler that may have interrupted anything. */
int	oracle_check_quietly(struct unwind_thread *, uintptr_t *ours,
	    uintptr_t *theirs, size_t *nours, size_t *ntheirs);

/*
 * libunwind's opinion of the caller's own caller and what is outwards of it, at
 * most max frames.  It makes system calls at each step; after oracle_cached it
 * remembers what it found in .eh_frame, until oracle_forget, which the caller
 * owes when an object came or went.
 */
size_t	oracle_backtrace(uintptr_t *ips, size_t max);
void	oracle_cached(void);
void	oracle_forget(void);

/* How many checks were made and how many frames compared. */
extern unsigned oracle_checks;
extern unsigned long oracle_frames;

#endif
