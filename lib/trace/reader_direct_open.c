/*
 * reader_direct_open.c - a direct session's head, and whether it is alive.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/reader_direct.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/ticks.h"

static int
direct_fail(struct trace_status *st, enum trace_result result,
    const char *what)
{
	st->result = result;
	st->error = 0;
	st->offset = 0;
	snprintf(st->what, sizeof st->what, "%s", what);
	return -1;
}

bool
direct_layout_ok(const struct session_header *h, uint64_t size)
{
	return h->header_size == sizeof *h && h->file_size <= size &&
	    h->procs_off >= sizeof *h && h->procs_off <= h->nodes_off &&
	    h->nodes_off <= h->chunks_off && h->chunks_off <= h->file_size &&
	    h->tick_shift < 64;
}

static int
direct_judge(const struct session_header *h, uint64_t size,
    struct trace_status *st)
{
	if (h->version > SESSION_VERSION)
		return direct_fail(st, TRACE_VERSION_NEWER,
		    "written by a newer poolwatch");
	if (h->version < 2 || !(h->flags & SESSION_DIRECT))
		return direct_fail(st, TRACE_NOT_A_TRACE,
		    "this is the session file of a run, not its trace");
	if (!direct_layout_ok(h, size))
		return direct_fail(st, TRACE_DAMAGED,
		    "the header is damaged");
	return 1;
}

static void
direct_begin(struct trace_reader *r, const struct session_header *h)
{
	r->head.unix_ns = h->unix_ns;
	r->head.mode = h->mode;
	r->info.mode = h->mode;
	r->info.depth = h->depth;
	r->info.mappings = h->flags & SESSION_MAPPINGS;
	r->info.unix_ns = h->unix_ns;
	r->info.root_pid = h->root_pid;
	r->direct->hole = 1;
}

int
reader_direct_open(struct trace_reader *r, struct trace_status *st)
{
	struct session_header *h;
	struct stat file;
	char magic[8];

	if (reader_pread(r->fd, magic, sizeof magic, 0) != 1 ||
	    memcmp(magic, SESSION_MAGIC, sizeof magic) != 0)
		return 0;
	h = aligned_alloc(64, sizeof *h);
	r->direct = calloc(1, sizeof *r->direct);
	if (h == NULL || r->direct == NULL || fstat(r->fd, &file) != 0) {
		free(h);
		return direct_fail(st, TRACE_NO_MEMORY, "out of memory");
	}
	r->direct->head = h;
	if (reader_pread(r->fd, h, sizeof *h, 0) != 1)
		return direct_fail(st, TRACE_TRUNCATED,
		    "the file ends inside of its header");
	if (direct_judge(h, (uint64_t)file.st_size, st) < 0)
		return -1;
	direct_begin(r, h);
	return 1;
}

void
reader_direct_free(struct trace_reader *r)
{
	if (r->direct == NULL)
		return;
	free(r->direct->head);
	free(r->direct->least);
	free(r->direct->open);
	free(r->direct);
}

/* The processes may only be seen by their numbers, as on overlayfs. */
static bool
direct_proc_lives(struct trace_reader *r)
{
	const struct session_header *h = r->direct->head;
	uint32_t n = h->procs_claimed < session_procs_max(h) ?
	    h->procs_claimed : session_procs_max(h);
	struct session_proc p;

	for (uint32_t i = 0; i < n; i++)
		if (reader_pread(r->fd, &p, sizeof p, h->procs_off +
		    (uint64_t)i * sizeof p) == 1 &&
		    p.state == SESSION_PROC_HELLO && p.pid != 0 &&
		    (kill((pid_t)p.pid, 0) == 0 || errno == EPERM))
			return true;
	return false;
}

bool
direct_is_of_today(const struct session_header *h)
{
	char boot[SESSION_BOOT_SIZE] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, boot, sizeof boot - 1);

	if (fd >= 0)
		close(fd);
	return n >= 36 && strncmp(boot, h->boot, 36) == 0;
}

bool
direct_is_written(struct trace_reader *r)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (!direct_is_of_today(r->direct->head))
		return false;
	if (fcntl(r->fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK)
		return true;
	return !(r->direct->head->flags & SESSION_LOCKED) &&
	    direct_proc_lives(r);
}

uint64_t
direct_now(const struct session_header *h)
{
	struct ticks t = { .clock = h->clock, .shift = h->tick_shift };
	uint64_t now = ticks_now(&t);

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return now > h->tick_origin ? now - h->tick_origin : 0;
}
