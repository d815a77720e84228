/*
 * reader_proc.c - the process images of a trace.
 *
 * What is known of one comes from three sides, the better one counts: what
 * the front saw of PROGRAM's end, what the image said itself (PROCESS and
 * EXIT records), and what its slot says (PROCS blocks).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/reader_impl.h"

#include <stdlib.h>
#include <string.h>

#include "trace/writer.h"

static int
procs_grow(struct trace_reader *r, uint32_t n)
{
	uint32_t room = r->procs_room ? r->procs_room : 16;
	struct proc **procs = r->procs;

	while (room < n)
		room *= 2;
	if (room != r->procs_room)
		procs = realloc(procs, room * sizeof *procs);
	if (procs == NULL) {
		r->no_memory = true;
		return -1;
	}
	r->procs = procs;
	r->procs_room = room;
	for (; r->nprocs < n; r->nprocs++) {
		struct proc *p = calloc(1, sizeof *p);

		if (p == NULL) {
			r->no_memory = true;
			return -1;
		}
		p->pub.index = r->nprocs;
		p->pub.parent = ~0u;
		p->pub.exe = "";
		p->pub.judged = true;
		p->pub.argv = calloc(1, sizeof *p->pub.argv);
		p->pub.start = ~0ull;
		procs[r->nprocs] = p;
		if (p->pub.argv == NULL) {
			r->no_memory = true;
			r->nprocs++;
			return -1;
		}
	}
	return 0;
}

/* NULL: no such slot can be (or no memory). */
struct proc *
reader_proc(struct trace_reader *r, uint32_t slot)
{
	if (slot >= SESSION_PROCS_MAX ||
	    (slot >= r->nprocs && procs_grow(r, slot + 1) != 0))
		return NULL;
	return r->procs[slot];
}

static void
proc_set_ended(struct proc *p, unsigned ended, int status, uint64_t end)
{
	p->pub.ended = ended;
	p->pub.status = status;
	p->pub.end = end;
	p->ended = ended != TRACE_RUNNING;
}

/* What a slot says gives way to what the process itself said. */
void
reader_proc_state(struct trace_reader *r, const struct format_proc *in)
{
	struct proc *p;

	if (in->state == SESSION_PROC_NONE ||
	    (p = reader_proc(r, in->slot)) == NULL)
		return;
	p->pub.lost = in->lost;
	if (in->start < p->pub.start)
		p->pub.start = in->start;
	if (!p->told) {
		p->pub.pid = in->pid;
		p->pub.ppid = in->ppid;
		p->pub.parent = in->parent < in->slot ? in->parent : ~0u;
		p->pub.judged = in->judged != 0;
	}
	if (p->ended && p->pub.ended != TRACE_GONE)
		return;
	if (in->state == SESSION_PROC_EXITED)
		proc_set_ended(p, TRACE_EXITED, in->status, in->end);
	else if (in->state == SESSION_PROC_EXECED)
		proc_set_ended(p, TRACE_EXECED, 0, in->end);
	else if (in->state == SESSION_PROC_GONE && p->crash_signal != 0)
		proc_set_ended(p, TRACE_KILLED, (int)p->crash_signal, in->end);
	else if (in->state == SESSION_PROC_GONE)
		proc_set_ended(p, TRACE_GONE, 0, in->end);
}

/* PROGRAM's own end is exact: the front waited for it.  Its last image. */
static void
procs_root(struct trace_reader *r)
{
	struct proc *p = NULL;
	int status = r->info.root_status;

	if (!r->info.root_done)
		return;
	for (uint32_t i = 0; i < r->nprocs; i++)
		if (r->procs[i]->pub.pid == r->info.root_pid &&
		    r->procs[i]->pub.ended != TRACE_EXECED)
			p = r->procs[i];
	if (p == NULL)
		return;
	if ((status & 0x7f) != 0)
		proc_set_ended(p, TRACE_KILLED, status & 0x7f, p->pub.end);
	else
		proc_set_ended(p, TRACE_EXITED, status >> 8 & 0xff, p->pub.end);
}

int
reader_procs(struct trace_reader *r, const unsigned char *p,
    const unsigned char *end)
{
	struct format_totals totals;
	struct format_proc one;

	if ((size_t)(end - p) < sizeof totals)
		return -1;
	memcpy(&totals, p, sizeof totals);
	r->info.lost = totals.lost;
	r->info.root_pid = totals.root_pid;
	r->info.root_done = totals.root_done != 0;
	r->info.root_status = totals.root_status;
	for (p += sizeof totals; (size_t)(end - p) >= sizeof one;
	    p += sizeof one) {
		memcpy(&one, p, sizeof one);
		reader_proc_state(r, &one);
	}
	procs_root(r);
	return p == end ? 0 : -1;
}

/* NUL-separated words to a vector that ends in NULL. */
static const char *const *
proc_argv(struct trace_reader *r, const struct reader_string *s)
{
	char *args = reader_string(r, s->p, s->size);
	const char **argv;
	size_t n = 0;

	for (size_t i = 0; i < s->size; i++)
		n += s->p[i] == '\0';
	argv = reader_take(r, (n + 2) * sizeof *argv);
	if (args == NULL || argv == NULL)
		return NULL;
	n = 0;
	for (char *p = args; p < args + s->size; p += strlen(p) + 1)
		argv[n++] = p;
	argv[n] = NULL;
	return argv;
}

void
reader_proc_told(struct trace_reader *r, struct proc *p,
    const struct record *rec)
{
	const char *const *argv = proc_argv(r, &rec->str[1]);
	const char *exe = reader_string(r, rec->str[0].p, rec->str[0].size);

	p->pub.pid = (uint32_t)rec->num[0];
	p->pub.ppid = (uint32_t)rec->num[1];
	p->pub.parent = rec->num[2] != 0 && rec->num[2] - 1 < p->pub.index ?
	    (uint32_t)(rec->num[2] - 1) : ~0u;
	p->pub.judged = rec->num[3] != 0;
	if (exe != NULL)
		p->pub.exe = exe;
	if (argv != NULL) {
		if (!p->told)
			free((void *)p->pub.argv);
		p->pub.argv = argv;
		p->told = true;
	}
	if (rec->time < p->pub.start)
		p->pub.start = rec->time;
}

void
reader_proc_exit(struct proc *p, const struct record *rec, uint64_t time)
{
	int status = (int)zigzag_back(rec->num[1]);

	if (rec->num[0] == WRITER_SIGNAL)
		proc_set_ended(p, TRACE_KILLED, status, time);
	else if (rec->num[0] == WRITER_EXEC)
		proc_set_ended(p, TRACE_EXECED, 0, time);
	else
		proc_set_ended(p, TRACE_EXITED, status, time);
}

/* A process whose end nobody saw, but it had said why it would come. */
void
reader_proc_crash(struct proc *p, uint32_t signal)
{
	p->crash_signal = signal;
	if (p->ended && p->pub.ended == TRACE_GONE)
		proc_set_ended(p, TRACE_KILLED, (int)signal, p->pub.end);
}

static bool
shed_is_known(const struct trace_reader *r, uint32_t pid)
{
	for (uint32_t i = r->nsheds; i-- > 0;)
		if (r->sheds[i].pid == pid)
			return true;
	return false;
}

static bool
shed_room(struct trace_reader *r)
{
	struct trace_shed *more;

	if ((r->nsheds & (r->nsheds - 1)) != 0)
		return true;
	more = realloc(r->sheds, (r->nsheds ? 2 * r->nsheds : 1) *
	    sizeof *more);
	if (more == NULL) {
		r->no_memory = true;
		return false;
	}
	r->sheds = more;
	return true;
}

/* What the recorder (thread 0) sees has often been told by who began it. */
bool
reader_shed(struct trace_reader *r, const struct record *rec, uint64_t time,
    uint32_t tid)
{
	char *exe;

	if (r->nsheds >= READER_SHEDS_MAX || (tid == 0 &&
	    shed_is_known(r, (uint32_t)rec->num[0])) || !shed_room(r))
		return false;
	exe = reader_string(r, rec->str[0].p, rec->str[0].size);
	if (exe == NULL)
		return false;
	r->sheds[r->nsheds++] = (struct trace_shed){
		.pid = (uint32_t)rec->num[0],
		.ppid = (uint32_t)rec->num[1],
		.time = time,
		.exe = exe,
	};
	return true;
}

unsigned
trace_nsheds(const struct trace_reader *r)
{
	return r->nsheds;
}

const struct trace_shed *
trace_shed(const struct trace_reader *r, unsigned i)
{
	return i < r->nsheds ? &r->sheds[i] : NULL;
}
