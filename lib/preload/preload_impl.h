/*
 * preload_impl.h - what the files of this folder share.
 *
 * A process of a watched tree lives through the states of enum life.  Until
 * our relocations are done (an IFUNC resolver of another object may call malloc
 * then) nothing but pc-relative data of our own may be touched: no GOT, no
 * TLS, no libc call, so everything here is hidden.
 *
 *	NONE		the arena of bootstrap.c serves
 *	STARTING	the same, for whoever calls while start.c works
 *	RECORDING	the chosen backend serves, events are written
 *	INERT		no recording here: the next allocator serves
 *
 * There is no way back, but for a fork's child that is not to be followed:
 * it stays with its backend and clears process.writing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_IMPL_H
#define PW_PRELOAD_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "preload/backend.h"
#include "preload/sampled.h"
#include "trace/session.h"
#include "trace/stacks.h"

#pragma GCC visibility push(hidden)

enum life {
	LIFE_NONE,
	LIFE_STARTING,
	LIFE_RECORDING,
	LIFE_SAMPLING,		/* some blocks only: body_sample.c */
	LIFE_INERT,
};

static inline bool
life_records(enum life life)
{
	return life == LIFE_RECORDING || life == LIFE_SAMPLING;
}

/* start.c */
extern enum life start_life;

/* True once our relocations are done: libc may be called. */
bool	start_relocated(void);

/* Start if that can be done now; what start_life is then. */
enum life start_try(void);

/* While STARTING: is the calling thread the one that starts? */
bool	start_is_mine(void);

/* The word in *process.word; a fork's child finds it wiped. */
enum process_word {
	PROCESS_WIPED,		/* a fork that nobody has told us of */
	PROCESS_SAME,		/* nothing has happened */
	PROCESS_CHILD,		/* memory is in order, no slot claimed yet */
};

struct process {
	/* constant after start */
	struct session_header *session;	/* NULL: none */
	const struct backend *backend;
	struct stacks *stacks;
	uint32_t *word;		/* alone in its MADV_WIPEONFORK page */
	uint32_t depth;		/* places for a stack: --depth, a mark, and
				 * what is left out by steps (unwind.h) */
	bool free_stacks;	/* stacks are taken at frees too */
	bool sites;		/* some are to be guarded: sites.h ... */
	bool turns;		/* ... or the backend wants to know who calls */
	bool follow;		/* children that exec are recorded */
	int before;		/* words of LD_PRELOAD in front of ours */
	char *args;		/* argv, mapped; NULL: not read */
	size_t nargs;		/* bytes */
	uint64_t sample;	/* LIFE_SAMPLING: interval in bytes */
	struct sampled *sampled;	/* and what the sample holds */

	/* changes at fork */
	bool writing;		/* events are written */
	bool judged;
	uint32_t slot;
	uint32_t pid;
	uint64_t peak;		/* greatest footprint that was told */
	uint64_t heap_due;	/* ticks: figures are asked for after that */
	char exe[SESSION_PATH_MAX];
};

/* process.c */
extern struct process process;

struct thread;

/* Map the word; 0 or -1. */
int	process_init(void);

/* Claim a slot, start t's writers, tell PROCESS and THREAD.  false: all slots are taken. */
bool	process_hello(struct thread *, uint32_t parent, bool judged);

/* A slot for a process that is not judged, so that the tree is known. */
void	process_skipped(void);

/* *process.word is not PROCESS_SAME: we are the child of a fork. */
void	process_changed(struct thread *);

/* The handlers of pthread_atfork. */
void	process_fork_prepare(void);
void	process_fork_parent(void);
void	process_fork_child(void);

/* True in a child that shares our memory (vfork): hands off. */
bool	process_borrowed(void);

/* EXIT and HEAP records, good-bye; the process may go on nevertheless. */
void	process_end(unsigned how, int status);

/* Process pid goes on as a program that cannot take us; before process_end. */
void	process_shed(uint32_t pid, const char *exe);
/* An exec announced by process_end(WRITER_EXEC) failed. */
void	process_goes_on(void);

/* HEAP, if the footprint has a new peak. */
void	process_heap(struct thread *);

/* body_sample.c: false: no memory. */
bool	sample_start(const struct session_header *);

/* Is a block of so many bytes one of the sample? */
bool	sample_hits(struct thread *, size_t size);

/* glob.c: * ? [] against the whole of text. */
bool	glob_match(const char *glob, const char *text);

#pragma GCC visibility pop

#endif
