/*
 * t_keyframe_damage.c - a damaged block costs itself, and keyframes nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "keyframe_fixture.h"

static uint64_t
events_of(bool seek, bool *complete)
{
	struct trace_reader *r = fixture_read(&fix, 0);
	struct heap *h = heap_create(r);
	struct trace_status st;
	struct trace_event ev;
	uint64_t n;

	if (seek)
		trace_seek(r, ~0ull);
	while (trace_next(r, &ev, &st) > 0)
		assert_int_equal(heap_apply(h, &ev), 0);
	*complete = trace_info(r)->complete;
	n = trace_counts(r)->events;
	heap_destroy(h);
	trace_close(r);
	return n;
}

/* What a flipped byte in this block may cost: returns what it did cost. */
static uint64_t
damage(int fd, uint64_t at, const struct format_block *b, uint64_t all)
{
	uint64_t n, sought;
	bool complete, whole;
	unsigned char c;

	assert_int_equal(pread(fd, &c, 1, (off_t)at), 1);
	c ^= 0x55;
	assert_int_equal(pwrite(fd, &c, 1, (off_t)at), 1);
	n = events_of(false, &complete);
	sought = events_of(true, &whole);
	c ^= 0x55;
	assert_int_equal(pwrite(fd, &c, 1, (off_t)at), 1);
	assert_true(n <= all && sought <= all);
	if (b->type == FORMAT_EVENTS || b->type == FORMAT_META)
		assert_false(complete);	/* META may repeat what was lost */
	else if (b->type != FORMAT_CLOSING)
		assert_int_equal(n, all);
	/* From a keyframe behind the damage nothing is missed. */
	assert_true(sought >= n || b->type == FORMAT_META);
	return all - n;
}

/* Bodies; and headers, behind which the next block is found. */
static void
a_block_that_is_damaged_costs_itself(void **state)
{
	struct format_block b;
	uint64_t pos, all;
	unsigned kinds[16] = { 0 };
	bool complete;
	int fd;

	(void)state;
	seed = 99;
	begin(SESSION_CHECK);
	record();
	unlink(fix.session_path);
	all = events_of(false, &complete);
	assert_true(complete);
	fd = open(fix.trace_path, O_RDWR | O_CLOEXEC);
	pos = sizeof(struct format_header) + strlen(fix.session_path);
	for (; pread(fd, &b, sizeof b, (off_t)pos) == (ssize_t)sizeof b;
	    pos += sizeof b + b.stored) {
		/* Of each kind the first few, then some. */
		if (kinds[b.type & 15]++ > 8 && random_of(20) != 0)
			continue;
		damage(fd, pos + random_of(64), &b, all);
		if (b.stored > 0)
			damage(fd, pos + 64 + b.stored / 2, &b, all);
	}
	close(fd);
	assert_true(kinds[FORMAT_KEYFRAME] > 8 && kinds[FORMAT_INDEX] > 8 &&
	    kinds[FORMAT_META] > 2 && kinds[FORMAT_CLOSING] == 1);
	fixture_close(&fix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_that_is_damaged_costs_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
