/*
 * f_reader.c - the trace reader under random bytes.
 *
 * LLVMFuzzerTestOneInput serves libFuzzer and AFL++ (compile with
 * -fsanitize=fuzzer -DFUZZ_NO_MAIN).  The first byte of an input chooses what
 * the others are, so that checksums do not keep a fuzzer at the door:
 *
 *	0	a whole trace file
 *	1	the records of a chunk, in a sound file
 *	2	the body of a block of nodes, in a sound file
 *	3	the body of a block of slices, in a sound file
 *	4	the body of a closing block, in a sound file
 *	5	a keyframe where reading begins, in a sound file
 *	6	the body of a block of slices in columns, in a sound file
 *
 * Events are applied to a heap, and whole files are read from their last
 * keyframe too.
 *
 * Without a fuzzer: with files as arguments they are run one by one; without,
 * inputs made from a recording and bent at random are, for about a second
 * (FUZZ_SECONDS and SEED in the environment change that).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "heap/heap.h"
#include "tests/unit/trace_fixture.h"
#include "trace/columns.h"
#include "trace/format_file.h"
#include "trace/keyframe.h"
#include "trace/text.h"

#define INPUT_MAX	(1u << 16)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
fuzz_write(int fd, const void *data, size_t size)
{
	if (write(fd, data, size) != (ssize_t)size)
		abort();
}

static void
fuzz_header(int fd)
{
	struct format_header h = {
		.order = FORMAT_ORDER, .version = TRACE_VERSION,
		.header_size = sizeof h, .ticks_per_second = 1,
	};

	memcpy(h.magic, FORMAT_FILE_MAGIC, sizeof h.magic);
	h.crc = format_crc(0, &h, sizeof h);
	fuzz_write(fd, &h, sizeof h);
}

static void
fuzz_block(int fd, uint32_t type, uint32_t flags, const void *body,
    size_t size)
{
	static char stored[2 * INPUT_MAX];
	struct format_block b = {
		.type = type, .flags = flags, .raw = (uint32_t)size,
		.round = 1, .scan = 1000, .parts = 1,
	};

	b.stored = (uint32_t)ZSTD_compress(stored, sizeof stored, body, size,
	    1);
	memcpy(b.magic, FORMAT_BLOCK_MAGIC, sizeof b.magic);
	b.crc = format_crc(0, &b, offsetof(struct format_block, crc));
	fuzz_write(fd, &b, sizeof b);
	fuzz_write(fd, stored, b.stored);
}

static void
fuzz_records(int fd, const uint8_t *data, size_t size)
{
	static char body[sizeof(struct format_slice) + SESSION_CHUNK_DATA];
	struct format_slice s = { .seq = 1, .base = 7, .tid = 1 };

	s.size = (uint32_t)(size < SESSION_CHUNK_DATA ?
	    size : SESSION_CHUNK_DATA);
	memcpy(body, &s, sizeof s);
	memcpy(body + sizeof s, data, s.size);
	fuzz_block(fd, FORMAT_META, 0, body, sizeof s + s.size);
}

/* All that the tools would ask of it. */
static uint64_t
fuzz_consume(const char *path, unsigned flags, bool seek)
{
	static char line[TRACE_TEXT_MAX];
	struct trace_status st;
	struct trace_reader *r = trace_open(path, flags, &st);
	struct trace_event ev;
	uint64_t ips[4], n = 0;
	struct heap *h;

	if (r == NULL)
		return 0;
	h = heap_create(r);
	if (seek)
		trace_seek(r, ~0ull);
	for (; trace_next(r, &ev, &st) > 0; n++) {
		heap_apply(h, &ev);
		trace_text(r, &ev, line, sizeof line);
		trace_stack(r, ev.stack, ips, 4);
		trace_module_find(r, ev.proc, ev.addr, ev.time);
	}
	heap_destroy(h);
	trace_skip_rest(r, &st);
	trace_duration(r);
	trace_info(r);
	for (unsigned i = 0; i < trace_nprocesses(r); i++)
		trace_process(r, i);
	trace_close(r);
	return n;
}

static uint64_t
fuzz_one(const uint8_t *data, size_t size)
{
	static const uint32_t types[] = {
		0, 0, FORMAT_NODES, FORMAT_EVENTS, FORMAT_CLOSING,
		FORMAT_KEYFRAME, FORMAT_EVENTS,
	};
	static const uint32_t flags[] = {
		0, 0, 0, 0, 0, FORMAT_BEGIN, FORMAT_COLUMNS,
	};
	char path[64];
	uint64_t n;
	int fd;

	if (size == 0 || size > INPUT_MAX || data[0] > 6)
		return 0;
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (data[0] == 0) {
		fuzz_write(fd, data + 1, size - 1);
	} else {
		fuzz_header(fd);
		if (data[0] == 1)
			fuzz_records(fd, data + 1, size - 1);
		else
			fuzz_block(fd, types[data[0]], flags[data[0]],
			    data + 1, size - 1);
	}
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	n = fuzz_consume(path, 0, false);
	fuzz_consume(path, TRACE_META_ONLY, false);
	if (data[0] == 0)
		fuzz_consume(path, 0, true);
	close(fd);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_one(data, size);
	return 0;
}

#ifndef FUZZ_NO_MAIN

#define SEEDS	7

static uint8_t input[SEEDS][INPUT_MAX];
static size_t input_size[SEEDS];
static uint64_t seed;

static uint64_t
fuzz_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void
seed_put(int i, const void *data, size_t size)
{
	if (input_size[i] == 0)
		input[i][input_size[i]++] = (uint8_t)i;
	memcpy(input[i] + input_size[i], data, size);
	input_size[i] += size;
}

static void
seed_record(struct fixture *f)
{
	struct trace_error error = { .nbytes = 5, .bytes = "hello" };
	struct writer w = { 0 };

	writer_start(&w, f->h, session_hello(f->h, 1, 0, ~0u, true), 1, 0);
	writer_process(&w, 1, 1, 0, ~0u, true, "/bin/a", "a\0b", 4);
	writer_thread(&w, 1, 2, "main");
	for (uint64_t i = 0; i < 100; i++)
		writer_alloc(&w, 9 * i, i % TRACE_NCALLS, i * 160, i, i % 3,
		    (uint32_t)i);
	writer_module(&w, 1000, 4096, 8192, 0, "id", 2, "/lib/x");
	writer_error(&w, 1001, &error);
	writer_free(&w, 1002, TRACE_CALL_DELETE, 77, 1);
	writer_unload(&w, 1003, 4096);
	writer_heap(&w, 1004, 1, 2, 3, 4);
	writer_note(&w, 1005, "note");
	writer_exit(&w, 1006, WRITER_EXIT, 1);
	writer_finish(&w);
}

/* One that the maker would make of what the fixture has recorded. */
static void
seed_keyframe(struct fixture *f, struct bytes *key)
{
	struct trace_status st;
	struct trace_reader *r = trace_open(f->trace_path, TRACE_MAKE_KEYS,
	    &st);
	struct heap *h = heap_create(r);
	struct writer w = { 0 };
	struct trace_event ev;

	writer_start(&w, f->h, 0, 1, 0);
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < 20; i++)
			writer_alloc(&w, session_now(f->h), TRACE_CALL_MALLOC,
			    i * 32, round, 0, i);
		if (trace_file_round(f->file, f->h) < 0)
			abort();
	}
	while (trace_next(r, &ev, &st) > 0)
		heap_apply(h, &ev);
	if (!trace_key_due(r) || trace_key_take(r, key) != 0 ||
	    heap_save(h, key) != 0 ||
	    trace_file_keyframe(f->file, key->data, key->size) != 0)
		abort();
	writer_finish(&w);
	heap_destroy(h);
	trace_close(r);
}

/* The slices of input 3 in columns. */
static void
seed_columns(void)
{
	struct columns c = { .head = { .size = { 0 } } };

	if (!columns_split(&c, input[3] + 1, input_size[3] - 1))
		abort();
	seed_put(6, &c.head, sizeof c.head);
	for (unsigned i = 0; i < NCOLUMNS; i++)
		seed_put(6, c.column[i], c.head.size[i]);
	columns_free(&c);
}

static void
seed_make(void)
{
	static const uint8_t nodes[] = { 1, 3, 1, 20, 1, 2, 2, 9, 9, 1, 9, 4 };
	struct format_totals totals = { .root_pid = 1, .root_done = 1 };
	struct format_proc proc = { .state = SESSION_PROC_EXITED, .pid = 1 };
	struct format_slice slice = { .seq = 2, .tid = 3 };
	struct session_chunk *c;
	struct bytes key = { .size = 0 };
	struct fixture f;
	static char file[INPUT_MAX - 1];
	FILE *in;

	fixture_open(&f, 4, 64);
	seed_record(&f);
	c = session_chunk(f.h, 0);
	slice.size = c->filled;
	seed_put(1, c->data, c->filled);
	seed_put(2, nodes, sizeof nodes);
	seed_put(3, &slice, sizeof slice);
	seed_put(3, c->data, c->filled);
	seed_put(4, &totals, sizeof totals);
	seed_put(4, &proc, sizeof proc);
	seed_columns();
	seed_keyframe(&f, &key);
	seed_put(5, key.data, key.size);
	bytes_free(&key);
	fixture_finish(&f);
	in = fopen(f.trace_path, "r");
	seed_put(0, file, fread(file, 1, sizeof file, in));
	fclose(in);
	fixture_close(&f);
}

/* A few bytes of a copy are set, moved or cut. */
static uint64_t
fuzz_bent(int i)
{
	static uint8_t bent[INPUT_MAX];
	size_t size = input_size[i];

	memcpy(bent, input[i], size);
	for (uint64_t n = fuzz_random() % 6; n > 0; n--) {
		size_t at = 1 + fuzz_random() % (size - 1);

		switch (fuzz_random() % 4) {
		case 0:
			bent[at] = (uint8_t)fuzz_random();
			break;
		case 1:
			bent[at] = (fuzz_random() & 1) ? 0xff : 0;
			break;
		case 2:
			bent[at] ^= (uint8_t)(1u << fuzz_random() % 8);
			break;
		default:
			if (fuzz_random() % 8 == 0 && at > 1)
				size = at;
		}
	}
	return fuzz_one(bent, size);
}

static int
fuzz_files(char **names)
{
	static uint8_t data[INPUT_MAX];

	for (; *names != NULL; names++) {
		FILE *in = fopen(*names, "r");

		if (in == NULL) {
			perror(*names);
			return 1;
		}
		LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof data, in));
		fclose(in);
	}
	return 0;
}

static uint64_t
environment(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
	uint64_t end = os_monotonic_ns() +
	    environment("FUZZ_SECONDS", 1) * 1000000000u;
	uint64_t runs = 0, events = 0;

	if (argc > 1)
		return fuzz_files(argv + 1);
	seed = environment("SEED", (uint64_t)time(NULL)) | 1;
	printf("SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	seed_make();
	for (int i = 0; i < SEEDS; i++)
		if (i != 2 && i != 4 && fuzz_one(input[i], input_size[i]) <
		    (i == 5 ? 1 : 100)) {
			printf("input %d is not even read unbent\n", i);
			return 1;
		}
	for (; os_monotonic_ns() < end; runs++)
		events += fuzz_bent((int)(runs % SEEDS));
	printf("%llu inputs, %llu events\n", (unsigned long long)runs,
	    (unsigned long long)events);
	return runs == 0 || events == 0;
}

#endif
