/*
 * front_session.c - create the shared file of a recording.
 *
 * In $XDG_RUNTIME_DIR or /dev/shm, where pages are never written back to a
 * disk; else $TMPDIR or /tmp.  Sparse at its greatest size; what programs may
 * touch before the recorder's first round is allocated here.  The name holds
 * random bits: nobody can wait for it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define FIRST_CHUNKS	32u
#define FIRST_NODES	4096u	/* SESSION_STACKS_LEAST */
#define FIRST_PROCS	128u
#define PAGE		4096u

/* The offsets of the parts; each begins a page. */
struct layout {
	uint64_t procs;
	uint64_t nodes;
	uint64_t chunks;
	uint64_t size;
};

static uint64_t
page_up(uint64_t n)
{
	return (n + PAGE - 1) / PAGE * PAGE;
}

static struct layout
lay_out(uint64_t stacks)
{
	struct layout l;

	l.procs = page_up(sizeof(struct session_header));
	l.nodes = page_up(l.procs + (uint64_t)SESSION_PROCS_MAX *
	    sizeof(struct session_proc));
	l.chunks = page_up(l.nodes + stacks);
	l.size = l.chunks + (uint64_t)SESSION_CHUNKS_MAX * SESSION_CHUNK_SIZE;
	return l;
}

/* Room for the header, the first process slots, nodes and chunks. */
static int
allocate_first(int fd, const struct layout *l)
{
	if (ftruncate(fd, (off_t)l->size) < 0)
		return -1;
	if (fallocate(fd, 0, 0, (off_t)(l->procs + FIRST_PROCS *
	    sizeof(struct session_proc))) < 0)
		return -1;
	if (fallocate(fd, 0, (off_t)l->nodes, (off_t)(FIRST_NODES *
	    sizeof(struct session_node))) < 0)
		return -1;
	return fallocate(fd, 0, (off_t)l->chunks,
	    (off_t)FIRST_CHUNKS * SESSION_CHUNK_SIZE);
}

static int
create_in(struct front *f, const char *folder, const struct layout *l)
{
	uint64_t bits;
	int error;

	if (!folder || *folder != '/')
		return -1;
	if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
		bits = f->ticks.raw;
	if (snprintf(f->session_path, sizeof(f->session_path),
	    "%s/poolwatch-%d-%016llx", folder, (int)f->root,
	    (unsigned long long)bits) >= (int)sizeof(f->session_path))
		return -1;
	f->session_fd = open(f->session_path, O_RDWR | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (f->session_fd < 0)
		return -1;
	if (!allocate_first(f->session_fd, l))
		return 0;
	error = errno;
	close(f->session_fd);
	unlink(f->session_path);
	f->session_fd = -1;
	errno = error;
	return -1;
}

static void
fill(struct front *f, struct session_header *h, const struct layout *l)
{
	const struct watch_options *o = &f->options;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	h->version = SESSION_VERSION;
	h->header_size = sizeof(*h);
	h->mode = o->mode;
	h->clock = f->ticks.clock;
	h->tick_shift = f->ticks.shift;
	h->depth = o->depth;
	h->flags = o->flags;
	h->sample = o->sample;
	h->quarantine = o->quarantine;
	h->check_every = o->check_every;
	h->guard_memory = o->guard_memory;
	h->guard_rate = o->guard_rate;
	h->guard_side = o->guard_side;
	h->guards = f->guards;
	h->front_pid = (uint32_t)getpid();
	h->ticks_per_second = ticks_rate(&f->ticks);
	h->unix_ns = (uint64_t)now.tv_sec * 1000000000u +
	    (uint64_t)now.tv_nsec;
	h->tick_origin = ticks_now(&f->ticks);
	h->procs_off = l->procs;
	h->nodes_off = l->nodes;
	h->chunks_off = l->chunks;
	h->file_size = l->size;
	strcpy(h->module, f->module);
	strcpy(h->trace, f->trace);
	memcpy(h->only, o->only, sizeof(h->only));
	memcpy(h->skip, o->skip, sizeof(h->skip));
	h->nodes_claimed = 1;	/* 0 is the root: no stack */
	h->chunks_ready = FIRST_CHUNKS;
	h->execs_begun = 1;	/* PROGRAM's */
	h->nodes_ready = FIRST_NODES;
	h->procs_ready = FIRST_PROCS;
	/* A ring's rounds are to be small: there the recorder alone decides. */
	h->chunks_bound = o->ring ? 0 : SESSION_CHUNKS_MAX;
	h->root_pid = (uint32_t)f->root;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(h->magic, SESSION_MAGIC, sizeof(h->magic));
}

int
front_create_session(struct front *f)
{
	struct layout l = lay_out(f->options.stacks);
	struct session_header *h;

	if (create_in(f, getenv("XDG_RUNTIME_DIR"), &l) < 0 &&
	    create_in(f, "/dev/shm", &l) < 0 &&
	    create_in(f, getenv("TMPDIR"), &l) < 0 &&
	    create_in(f, "/tmp", &l) < 0) {
		front_say(f, "no folder takes the session file (tried "
		    "$XDG_RUNTIME_DIR, /dev/shm, $TMPDIR, /tmp): %s",
		    strerror(errno));
		return -1;
	}
	h = mmap(NULL, l.size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    f->session_fd, 0);
	if (h == MAP_FAILED) {
		front_say(f, "the session file can't be mapped: %s",
		    strerror(errno));
		unlink(f->session_path);
		return -1;
	}
	fill(f, h, &l);
	f->session = h;
	return 0;
}
