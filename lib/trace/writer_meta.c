/*
 * writer_meta.c - the rare records: processes, modules, findings, words.
 *
 * Each marks its chunk, so that the recorder stores it where a follower who
 * cares for nothing else finds it; those a user waits for also call the
 * recorder.  Strings are cut to what CODING_*_MAX and an empty chunk allow,
 * and copied by a loop of our own: libc's memcpy may be the watched
 * program's, or ours.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/writer_impl.h"

/* A number's worst case, and a tag with its time. */
#define NUM	VARINT_MAX
#define HEAD	(1u + NUM)

_Static_assert(HEAD + 8 * NUM + CODING_PATH_MAX + CODING_ARGV_MAX <
    SESSION_CHUNK_DATA, "the longest record fits an empty chunk");

static size_t
meta_length(const char *s, size_t max)
{
	size_t n = 0;

	while (s != NULL && n < max && s[n] != '\0')
		n++;
	return n;
}

static unsigned char *
meta_put_bytes(unsigned char *p, const void *from, size_t n)
{
	const unsigned char *s = from;

	for (size_t i = 0; i < n; i++) {
		*p++ = s[i];
		/* No loop idiom: the compiler would call memcpy. */
		__asm__ volatile("" : "+r"(p));
	}
	return p;
}

static unsigned char *
meta_put_str(unsigned char *p, const void *s, size_t n)
{
	return meta_put_bytes(varint_put(p, n), s, n);
}

/* Tag and time of a record of at most max bytes, or NULL. */
static unsigned char *
plain_begin(struct writer *w, unsigned kind, uint64_t time, size_t max)
{
	unsigned char *p = writer_begin(w, &time, (uint32_t)max);

	if (p == NULL)
		return NULL;
	*p++ = CODING_TAG(kind);
	return writer_put_time(w, p, time);
}

/* The same of a record that followers wait for (TRACE_META_ONLY). */
static unsigned char *
meta_begin(struct writer *w, unsigned kind, uint64_t time, size_t max)
{
	unsigned char *p = plain_begin(w, kind, time, max);

	if (p != NULL)
		__atomic_store_n(&w->chunk->meta, 1, __ATOMIC_RELAXED);
	return p;
}

void
writer_process(struct writer *w, uint64_t time, uint32_t pid, uint32_t ppid,
    uint32_t parent, bool judged, const char *exe, const char *args,
    size_t args_size)
{
	size_t nexe = meta_length(exe, CODING_PATH_MAX);
	size_t nargs = args_size < CODING_ARGV_MAX ?
	    args_size : CODING_ARGV_MAX;
	unsigned char *p = meta_begin(w, TRACE_PROCESS, time,
	    HEAD + 6 * NUM + nexe + nargs);

	if (p == NULL)
		return;
	p = varint_put(p, pid);
	p = varint_put(p, ppid);
	p = varint_put(p, (uint32_t)(parent + 1));
	p = varint_put(p, judged);
	p = meta_put_str(p, exe, nexe);
	p = meta_put_str(p, args, nargs);
	writer_publish(w, p);
}

void
writer_thread(struct writer *w, uint64_t time, uint32_t tid, const char *name)
{
	size_t n = meta_length(name, CODING_NAME_MAX);
	unsigned char *p = meta_begin(w, TRACE_THREAD, time,
	    HEAD + 2 * NUM + n);

	if (p == NULL)
		return;
	p = varint_put(p, tid);
	p = meta_put_str(p, name, n);
	writer_publish(w, p);
}

void
writer_module(struct writer *w, uint64_t time, uint64_t start, uint64_t end,
    uint64_t bias, const void *build_id, size_t build_id_size,
    const char *path)
{
	size_t nid = build_id_size < CODING_BUILD_ID_MAX ?
	    build_id_size : CODING_BUILD_ID_MAX;
	size_t npath = meta_length(path, CODING_PATH_MAX);
	unsigned char *p = meta_begin(w, TRACE_MODULE, time,
	    HEAD + 5 * NUM + nid + npath);

	if (p == NULL)
		return;
	p = varint_put(p, start);
	p = varint_put(p, end - start);
	p = varint_put(p, zigzag((int64_t)bias));
	p = meta_put_str(p, build_id, nid);
	p = meta_put_str(p, path, npath);
	writer_publish(w, p);
}

void
writer_unload(struct writer *w, uint64_t time, uint64_t start)
{
	unsigned char *p = meta_begin(w, TRACE_UNLOAD, time, HEAD + NUM);

	if (p == NULL)
		return;
	writer_publish(w, varint_put(p, start));
}

void
writer_exit(struct writer *w, uint64_t time, unsigned how, int status)
{
	unsigned char *p = meta_begin(w, TRACE_EXIT, time, HEAD + 2 * NUM);

	if (p == NULL)
		return;
	p = varint_put(p, how);
	p = varint_put(p, zigzag(status));
	writer_publish(w, p);
}

void
writer_shed(struct writer *w, uint64_t time, uint32_t pid, uint32_t ppid,
    const char *exe)
{
	size_t n = meta_length(exe, CODING_PATH_MAX);
	unsigned char *p = meta_begin(w, TRACE_SHED, time,
	    HEAD + 3 * NUM + n);

	if (p == NULL)
		return;
	p = varint_put(p, pid);
	p = varint_put(p, ppid);
	writer_publish(w, meta_put_str(p, exe, n));
}

static unsigned char *
meta_put_error(unsigned char *p, const struct trace_error *e)
{
	uint32_t n = e->nbytes < TRACE_ERROR_BYTES ?
	    e->nbytes : TRACE_ERROR_BYTES;

#define PUT_u(name)	p = varint_put(p, e->name);
#define PUT_i(name)	p = varint_put(p, zigzag(e->name));
#define PUT_call(name) \
	p = varint_put(p, e->name < TRACE_NCALLS ? e->name : CODING_NO_CALL);
#define PUT_checked(name) \
	p = varint_put(p, e->name < TRACE_NCALLS || \
	    coding_call_is_checked(e->name) ? e->name : CODING_NO_CALL);
#define PUT_count(name)	p = varint_put(p, n);
#define PUT_bytes(name)	p = meta_put_bytes(p, e->name, n);
#define PUT(name, type, ctype)	PUT_##type(name)
	TRACE_ERROR_FIELDS(PUT)
#undef PUT
#undef PUT_bytes
#undef PUT_count
#undef PUT_checked
#undef PUT_call
#undef PUT_i
#undef PUT_u
	return p;
}

void
writer_error(struct writer *w, uint64_t time, const struct trace_error *e)
{
	unsigned char *p = meta_begin(w, TRACE_ERROR, time,
	    HEAD + CODING_ERROR_MAX);

	if (p == NULL)
		return;
	writer_publish(w, meta_put_error(p, e));
	session_wake(w->session);
}

void
writer_heap(struct writer *w, uint64_t time, uint64_t footprint,
    uint64_t free_bytes, uint64_t largest, uint64_t overhead)
{
	/* Often told, and no follower's affair: its chunk stays plain. */
	unsigned char *p = plain_begin(w, TRACE_HEAP, time, HEAD + 4 * NUM);

	if (p == NULL)
		return;
	p = varint_put(p, footprint);
	p = varint_put(p, free_bytes);
	p = varint_put(p, largest);
	p = varint_put(p, overhead);
	writer_publish(w, p);
}

void
writer_sample(struct writer *w, uint64_t time, uint64_t interval)
{
	unsigned char *p = meta_begin(w, TRACE_SAMPLE, time, HEAD + NUM);

	if (p != NULL)
		writer_publish(w, varint_put(p, interval));
}

void
writer_note(struct writer *w, uint64_t time, const char *note)
{
	size_t n = meta_length(note, CODING_PATH_MAX);
	unsigned char *p = meta_begin(w, TRACE_NOTE, time, HEAD + NUM + n);

	if (p == NULL)
		return;
	writer_publish(w, meta_put_str(p, note, n));
	session_wake(w->session);
}
