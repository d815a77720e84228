/*
 * f_suppress.c - files of suppressions under random bytes.
 *
 * LLVMFuzzerTestOneInput serves libFuzzer and AFL++ (compile with
 * -fsanitize=fuzzer -DFUZZ_NO_MAIN).  An input is a file; its rules are held
 * against a few stacks.  Without a fuzzer: with files as arguments they are
 * read one by one; without, a good file that is bent at random is, for about a
 * second (FUZZ_SECONDS and SEED in the environment change that).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/suppress.h"
#include "base/compiler.h"
#include "base/os.h"
#include "trace/reader.h"

#define INPUT_MAX	(1u << 16)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct names_frame frames[] = {
	{ { .function = "a(int)", .symbol = "_Z1ai", .file = "x/a.c",
	    .line = 7, .module = "/lib/liba.so", .inlined = true }, NULL },
	{ { .module = "/lib/liba.so" }, NULL },
	{ { .ip = 0 }, "12 frames left out" },
	{ { .function = "main", .symbol = "main" }, NULL },
};

/* How many rules match, or -1: the file is refused. */
static int
fuzz_one(const uint8_t *data, size_t size)
{
	struct suppressions *all = suppress_create();
	int matched = 0;
	char why[200];

	if (all == NULL)
		abort();
	if (suppress_parse(all, "input", (const char *)data, size, why,
	    sizeof why) < 0) {
		/* A fault says where. */
		if (strncmp(why, "input:", 6) != 0)
			abort();
		suppress_destroy(all);
		return -1;
	}
	for (uint32_t kind = 0; kind <= SUPPRESS_LEAK; kind++)
		for (size_t n = 0; n <= PW_ARRAY_LEN(frames); n++) {
			struct names_stack s = { frames, n };
			struct suppress_case c = { kind, SUPPRESS_UNJUDGED,
				kind * 3 };
			size_t rule = suppress_match(all, &c, &s);

			if (rule != SUPPRESS_NONE &&
			    rule >= suppress_count(all))
				abort();
			matched += rule != SUPPRESS_NONE;
		}
	suppress_destroy(all);
	return matched;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_one(data, size);
	return 0;
}

#ifndef FUZZ_NO_MAIN

static const char good[] =
    "{\n  one\n  Memcheck:Free\n  fun:free\n  fun:_Z1a*\n  ...\n  fun:main\n}\n"
    "# comment\n{\n two\n Memcheck:Leak\n match-leak-kinds: definite,all\n"
    " fun:malloc\n obj:*liba*\n src:a.c:7\n}\n{\n three\n Memcheck:Param\n"
    " write(buf)\n ...\n}\n{\n four\n poolwatch:heap-overrun\n fun:?\n}\n"
    "{\n five\n Helgrind:Race\n fun:x\n}\nleak:^a$\nleak:li*b\ncrash:main\n";

static uint64_t seed;

static uint64_t
fuzz_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A few bytes are set, lines doubled, the end cut. */
static int
fuzz_bent(void)
{
	static const char words[] = "{}\n*?.:,#^$ \0leakfunMemcheck";
	static uint8_t bent[2 * INPUT_MAX];
	size_t size = sizeof good - 1, at, n;

	memcpy(bent, good, size);
	for (uint64_t left = fuzz_random() % 8; left > 0; left--) {
		at = fuzz_random() % size;
		switch (fuzz_random() % 8) {
		case 0:
			bent[at] = (uint8_t)fuzz_random();
			break;
		case 1:
			n = fuzz_random() % (size - at);
			if (size + n > INPUT_MAX)
				break;
			memmove(bent + at + n, bent + at, size - at);
			size += n;
			break;
		case 2:
			size = at + 1;
			break;
		default:
			bent[at] = (uint8_t)words[fuzz_random() %
			    (sizeof words - 1)];
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
	uint64_t runs = 0, refused = 0, matched = 0;

	if (argc > 1)
		return fuzz_files(argv + 1);
	seed = environment("SEED", (uint64_t)time(NULL)) | 1;
	printf("SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	if (fuzz_one((const uint8_t *)good, sizeof good - 1) < 5) {
		printf("the input is not even read unbent\n");
		return 1;
	}
	for (; runs < 1000 || os_monotonic_ns() < end; runs++) {
		int got = fuzz_bent();

		refused += got < 0;
		matched += got > 0;
	}
	printf("%llu inputs, %llu refused, %llu matched\n",
	    (unsigned long long)runs, (unsigned long long)refused,
	    (unsigned long long)matched);
	return refused == 0 || matched == 0;
}

#endif
