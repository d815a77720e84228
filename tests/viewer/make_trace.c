/*
 * make_trace.c - a small trace that is the same every time.
 *
 *	make_trace FILE		a recording that has ended
 *	make_trace FILE wait	half of it; the rest after a line on stdin
 *
 * A server of one process and two threads that was never on this machine: its
 * frames have no names, so screens do not depend on compilers.  One tick is a
 * microsecond.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "trace/file.h"
#include "trace/session.h"
#include "trace/stacks.h"
#include "trace/writer.h"

#define PID		4711
#define WORKER		4712
#define CHUNKS		16u
#define NODES		4096u
#define SERVER		0x555555554000ull	/* where objects lie */
#define LIBBUF		0x7f1000000000ull
#define EVIL		0x7f2000000000ull
#define HEAP		0x7f3a1c000000ull	/* first block */

enum { CONNECTION, BUFFER, TABLE, SCRATCH, STRANGE, NSITES };

struct maker {
	struct session_header *h;
	struct trace_file *file;
	struct stacks *stacks;
	struct writer main;
	struct writer worker;
	uint32_t site[NSITES];
	uint32_t close_stack;
	uint64_t now;
};

void
check_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

static void
make_session(const char *path)
{
	static struct session_header h;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

	h = (struct session_header){
		.version = SESSION_VERSION,
		.header_size = sizeof(h),
		.mode = SESSION_CHECK,
		.clock = SESSION_MONOTONIC,
		.depth = 256,
		.ticks_per_second = 1000000,
		.unix_ns = 1700000000000000000ull,
		.nodes_claimed = 1,
		.chunks_ready = CHUNKS,
		.nodes_ready = NODES,
		.root_pid = 5000000,	/* above all pids: not alive */
	};
	memcpy(h.magic, SESSION_MAGIC, sizeof(h.magic));
	h.procs_off = (sizeof(h) + 4095) & ~4095ull;
	h.nodes_off = h.procs_off + 64 * sizeof(struct session_proc);
	h.chunks_off = h.nodes_off + NODES * sizeof(struct session_node);
	h.file_size = h.chunks_off + CHUNKS * SESSION_CHUNK_SIZE;
	if (fd < 0 || ftruncate(fd, (off_t)h.file_size) != 0 ||
	    write(fd, &h, sizeof(h)) != (ssize_t)sizeof(h)) {
		perror(path);
		exit(1);
	}
	close(fd);
}

static uint32_t
stack(struct maker *m, uintptr_t inner, uintptr_t outer)
{
	/* Return addresses: one behind the call. */
	uintptr_t ips[] = { inner + 1, outer + 1, SERVER + 0x1081 };

	return stacks_intern(m->stacks, NULL, ips, 3);
}

static void
begin(struct maker *m)
{
	static const unsigned char id[] = { 0x3f, 0x9c, 0x1e, 0x02, 0xaa };

	m->now = 1000;
	writer_process(&m->main, m->now, PID, 1, ~0u, true,
	    "/nonexistent/bin/server", "server\0--port\080\0", 17);
	writer_thread(&m->main, m->now, PID, "server");
	writer_thread(&m->worker, m->now, WORKER, "work\033[7mer");
	writer_module(&m->main, m->now, SERVER, SERVER + 0x10000, SERVER, id,
	    sizeof(id), "/nonexistent/bin/server");
	writer_module(&m->main, m->now, LIBBUF, LIBBUF + 0x10000, LIBBUF, id,
	    sizeof(id), "/nonexistent/lib/libbuf.so.2");
	writer_module(&m->main, m->now, EVIL, EVIL + 0x10000, EVIL, id,
	    sizeof(id), "/nonexistent/lib/\033[31mevil\nname.so");
	m->site[CONNECTION] = stack(m, SERVER + 0x1a2b, SERVER + 0x1900);
	m->site[BUFFER] = stack(m, LIBBUF + 0x2a0, SERVER + 0x1500);
	m->site[TABLE] = stack(m, SERVER + 0x1234, SERVER + 0x1200);
	m->site[SCRATCH] = stack(m, LIBBUF + 0x333, SERVER + 0x1a2b);
	m->site[STRANGE] = stack(m, EVIL + 0x66, SERVER + 0x1abc);
	m->close_stack = stack(m, SERVER + 0x2222, SERVER + 0x2000);
}

static uint64_t
block(unsigned site, unsigned i)
{
	return HEAP + ((uint64_t)site << 24) + i * 2048ull;
}

static void
take(struct maker *m, struct writer *w, unsigned call, unsigned site,
    unsigned i, size_t size)
{
	writer_alloc(w, m->now += 997, call, block(site, i), size, 0,
	    m->site[site]);
}

static void
give(struct maker *m, struct writer *w, unsigned call, unsigned site,
    unsigned i)
{
	writer_free(w, m->now += 211, call, block(site, i), m->close_stack);
}

static void
first_half(struct maker *m)
{
	unsigned i;

	take(m, &m->main, TRACE_CALL_CALLOC, TABLE, 0, 1u << 20);
	for (i = 0; i < 40; i++)
		take(m, &m->main, TRACE_CALL_MALLOC, CONNECTION, i,
		    1600 + i % 7 * 8);
	for (i = 0; i < 10; i++)
		give(m, &m->main, TRACE_CALL_FREE_CALL, CONNECTION, i * 2);
	for (i = 0; i < 1000; i++) {
		take(m, &m->worker, TRACE_CALL_MALLOC, SCRATCH, i, 24);
		give(m, &m->worker, TRACE_CALL_FREE_CALL, SCRATCH, i);
	}
}

static struct trace_error
an_error(struct maker *m, unsigned kind, unsigned site, unsigned i)
{
	return (struct trace_error){
		.kind = kind,
		.access = TRACE_ACCESS_FREE,
		.found = TRACE_FOUND_AT_FREE,
		.call = TRACE_CALL_FREE_CALL,
		.address = block(site, i),
		.block = block(site, i),
		.size = 40,
		.allocated_by = TRACE_CALL_MALLOC,
		.freed_by = TRACE_CALL_FREE_CALL,
		.stack = m->close_stack,
		.alloc_stack = m->site[site],
		.free_stack = m->close_stack,
		.alloc_tid = PID,
		.free_tid = WORKER,
		.alloc_time = 5000,
		.free_time = 90000,
	};
}

static void
second_half(struct maker *m)
{
	struct trace_error e;
	unsigned i;

	for (i = 0; i < 300; i++)
		take(m, &m->worker, TRACE_CALL_NEW_ARRAY, BUFFER, i, 80);
	for (i = 0; i < 297; i++)
		give(m, &m->worker, TRACE_CALL_DELETE_ARRAY, BUFFER, i);
	take(m, &m->main, TRACE_CALL_NEW, STRANGE, 0, 512);
	e = an_error(m, TRACE_ERROR_DOUBLE_FREE, CONNECTION, 0);
	for (i = 0; i < 3; i++)
		writer_error(&m->main, m->now += 1000, &e);
	e = an_error(m, TRACE_ERROR_HEAP_OVERRUN, BUFFER, 1);
	e.address = e.block + 40;
	e.offset = 40;
	e.length = 1;
	e.bytes_at = e.address;
	e.nbytes = 4;
	memcpy(e.bytes, "x\xf9\xc0\x13", 4);
	memcpy(e.should, "\x04\xf9\xc0\x13", 4);
	e.free_stack = e.free_tid = 0;
	e.freed_by = TRACE_NCALLS;
	e.free_time = 0;
	e.window_from = 5000;
	writer_error(&m->worker, m->now += 1000, &e);
}

static void
end(struct maker *m, uint32_t slot)
{
	writer_exit(&m->main, m->now += 1000, WRITER_EXIT, 0);
	writer_finish(&m->main);
	writer_finish(&m->worker);
	session_goodbye(m->h, slot, SESSION_PROC_EXITED, 0, m->now);
	m->h->root_done = 1;
	if (trace_file_close(m->file, m->h) != 0) {
		perror("trace_file_close");
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	static struct maker m;
	char session[4096];
	uint32_t slot;

	if (argc < 2)
		return 2;
	snprintf(session, sizeof(session), "%s.session", argv[1]);
	make_session(session);
	m.h = session_attach(session);
	m.file = trace_file_create(open(argv[1], O_RDWR | O_CREAT | O_TRUNC,
	    0600), m.h, session);
	m.stacks = stacks_create(m.h);
	if (m.h == NULL || m.file == NULL || m.stacks == NULL)
		return 1;
	slot = session_hello(m.h, PID, 1, ~0u, true);
	writer_start(&m.main, m.h, slot, PID, 0);
	writer_start(&m.worker, m.h, slot, WORKER, 0);
	begin(&m);
	first_half(&m);
	if (argc > 2) {
		/* Two rounds: a reader holds back what one alone has. */
		trace_file_round(m.file, m.h);
		trace_file_round(m.file, m.h);
		if (getchar() == EOF)
			_exit(1);
	}
	second_half(&m);
	end(&m, slot);
	unlink(session);
	return 0;
}
