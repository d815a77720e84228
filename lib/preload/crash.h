/*
 * crash.h - the signals of a crash: told before the program dies of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_CRASH_H
#define PW_PRELOAD_CRASH_H

#include <signal.h>
#include <stdbool.h>

#include "preload/thread.h"

#pragma GCC visibility push(hidden)

/* Once, when recording has begun: handlers where none are. */
void	crash_init(void);

/* A new thread; it gets an alternate stack if it has none. */
void	crash_thread(struct thread *);

/* Is sig one of them, and are they ours to watch? */
bool	crash_watches(int sig);

/*
 * sigaction(2) of such a signal, as if we had no handler of our own; 0 or -1
 * with errno.
 */
int	crash_sigaction(int sig, const struct sigaction *, struct sigaction *);

/* Is that alternate stack one of ours? */
bool	crash_owns(const stack_t *);

/* A finding is about to raise SIGABRT; it has told all there is. */
void	crash_expected(void);

#pragma GCC visibility pop

#endif
