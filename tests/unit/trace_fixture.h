/*
 * trace_fixture.h - a session file and a trace to test with.
 *
 * What the front does in earnest, in a few lines: create the session file,
 * make all of it ready, attach, and open a trace beside it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_TESTS_TRACE_FIXTURE_H
#define PW_TESTS_TRACE_FIXTURE_H

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "trace/file.h"
#include "trace/reader.h"
#include "trace/session.h"
#include "trace/stacks.h"
#include "trace/writer.h"

#define FIXTURE_TICK_SHIFT	4u

struct fixture {
	char dir[64];
	char session_path[96];
	char trace_path[96];
	struct session_header *h;
	struct trace_file *file;
};

/* No test looks at seconds, so the rate need not be true. */
#if defined(__x86_64__)
#define FIXTURE_CLOCK	SESSION_TSC
#define FIXTURE_RAW	__builtin_ia32_rdtsc()
#else
#define FIXTURE_CLOCK	SESSION_MONOTONIC
#define FIXTURE_RAW	os_monotonic_ns()
#endif

static inline void
fixture_session(struct fixture *f, uint32_t chunks, uint32_t nodes)
{
	static struct session_header h;
	int fd = open(f->session_path, O_RDWR | O_CREAT | O_EXCL, 0600);

	h = (struct session_header){
		.version = SESSION_VERSION,
		.header_size = sizeof h,
		.mode = SESSION_CHECK,
		.clock = FIXTURE_CLOCK,
		.tick_shift = FIXTURE_TICK_SHIFT,
		.depth = 256,
		.front_pid = (uint32_t)getpid(),
		.tick_origin = FIXTURE_RAW >> FIXTURE_TICK_SHIFT,
		.ticks_per_second = 1000000000u >> FIXTURE_TICK_SHIFT,
		.unix_ns = os_monotonic_ns(),
		.nodes_claimed = 1,
		.chunks_ready = chunks,
		.procs_ready = 16,
		.nodes_ready = nodes,
	};
	memcpy(h.magic, SESSION_MAGIC, sizeof h.magic);
	h.procs_off = (sizeof h + 4095) & ~4095ull;
	h.nodes_off = h.procs_off + 256 * sizeof(struct session_proc);
	h.chunks_off = h.nodes_off + nodes * sizeof(struct session_node);
	h.file_size = h.chunks_off + (uint64_t)chunks * SESSION_CHUNK_SIZE;
	if (fd < 0 || ftruncate(fd, (off_t)h.file_size) != 0 ||
	    write(fd, &h, sizeof h) != (ssize_t)sizeof h)
		abort();
	close(fd);
}

/* nodes: a multiple of 4. */
static inline void
fixture_open(struct fixture *f, uint32_t chunks, uint32_t nodes)
{
	strcpy(f->dir, "/dev/shm/t_trace.XXXXXX");
	if (mkdtemp(f->dir) == NULL) {
		strcpy(f->dir, "/tmp/t_trace.XXXXXX");
		if (mkdtemp(f->dir) == NULL)
			abort();
	}
	snprintf(f->session_path, sizeof f->session_path, "%s/session", f->dir);
	snprintf(f->trace_path, sizeof f->trace_path, "%s/trace.pwt", f->dir);
	fixture_session(f, chunks, nodes);
	f->h = session_attach(f->session_path);
	f->file = trace_file_create(open(f->trace_path,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), f->h,
	    f->session_path);
	if (f->h == NULL || f->file == NULL)
		abort();
}

static inline void
fixture_close(struct fixture *f)
{
	if (f->file != NULL)
		trace_file_close(f->file, f->h);
	munmap(f->h, f->h->file_size);
	unlink(f->session_path);
	unlink(f->trace_path);
	rmdir(f->dir);
}

static inline void
fixture_finish(struct fixture *f)
{
	if (trace_file_close(f->file, f->h) != 0)
		abort();
	f->file = NULL;
}

static inline struct trace_reader *
fixture_read(struct fixture *f, unsigned flags)
{
	struct trace_status st;
	struct trace_reader *r = trace_open(f->trace_path, flags, &st);

	if (r == NULL)
		fprintf(stderr, "trace_open: %s\n", st.what);
	return r;
}

#endif
