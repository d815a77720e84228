/*
 * real.h - the functions behind ours, found once at start.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_REAL_H
#define PW_PRELOAD_REAL_H

#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#pragma GCC visibility push(hidden)

/* result, name, parameters */
#define REAL_FUNCTIONS(_)						      \
	_(int, execve, (const char *, char *const *, char *const *))	      \
	_(int, execvpe, (const char *, char *const *, char *const *))	      \
	_(int, fexecve, (int, char *const *, char *const *))		      \
	_(int, execveat, (int, const char *, char *const *, char *const *,    \
	    int))							      \
	_(int, posix_spawn, (pid_t *, const char *,			      \
	    const posix_spawn_file_actions_t *, const posix_spawnattr_t *,    \
	    char *const *, char *const *))				      \
	_(int, posix_spawnp, (pid_t *, const char *,			      \
	    const posix_spawn_file_actions_t *, const posix_spawnattr_t *,    \
	    char *const *, char *const *))				      \
	_(FILE *, popen, (const char *, const char *))			      \
	_(void, quick_exit, (int))					      \
	_(int, fputs, (const char *, FILE *))				      \
	_(int, sigaction, (int, const struct sigaction *,		      \
	    struct sigaction *))					      \
	_(int, sigaltstack, (const stack_t *, stack_t *))		      \
	_(sighandler_t, signal, (int, sighandler_t))			      \
	_(sighandler_t, ssignal, (int, sighandler_t))			      \
	_(sighandler_t, sysv_signal, (int, sighandler_t))		      \
	_(sighandler_t, __sysv_signal, (int, sighandler_t))		      \
	_(sighandler_t, sigset, (int, sighandler_t))			      \
	_(void *, mmap, (void *, size_t, int, int, int, off_t))		      \
	_(int, munmap, (void *, size_t))				      \
	_(void *, mremap, (void *, size_t, size_t, int, ...))		      \
	_(int, brk, (void *))						      \
	_(void *, sbrk, (intptr_t))					      \
	_(void *, shmat, (int, const void *, int))			      \
	_(int, shmdt, (const void *))					      \
	_(int, malloc_trim, (size_t))					      \
	_(int, mallopt, (int, int))					      \
	_(struct mallinfo, mallinfo, (void))				      \
	_(struct mallinfo2, mallinfo2, (void))				      \
	_(void, malloc_stats, (void))					      \
	_(int, malloc_info, (int, FILE *))

#define REAL_MEMBER(result, name, params)	result (*name) params;
struct real {
	REAL_FUNCTIONS(REAL_MEMBER)
};
#undef REAL_MEMBER

/* Who may come before start calls real_init; a second time is harmless. */
extern struct real real;
void	real_init(void);

#pragma GCC visibility pop

#endif
