#!/bin/sh
# runner_ring.sh - a ring stays in its bound, never stops, and keeps figures,
# live blocks and findings exact.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq
cd "$tmp" || exit 1

cat >busy.c <<'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/*
 * Two threads take and give at random; what each has at its end stays.  A block
 * too many is given at the beginning and at the end.
 */
#define N 3000
static unsigned long taken[2], given[2], bytes[2], left[2];

static void
wrong(void)
{
	char *volatile p = malloc(100);

	free(p);
	free(p);
}

static void *
work(void *arg)
{
	long me = (long)arg, n = 600000;
	unsigned x = 77 + (unsigned)me;
	void *p[N] = { 0 };
	size_t size[N] = { 0 };

	for (long i = 0; i < n; i++) {
		unsigned k = (x = x * 1664525u + 1013904223u) / 7 % N;

		if (p[k] != NULL)
			given[me]++;
		free(p[k]);
		size[k] = x >> 22;
		p[k] = malloc(size[k]);
		taken[me]++;
		bytes[me] += size[k];
	}
	for (int k = 0; k < N; k++)
		left[me] += size[k];
	return NULL;
}

int
main(int argc, char **argv)
{
	pthread_t t[2];

	(void)argv;
	if (argc > 1)
		wrong();
	for (long i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, work, (void *)i);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	if (argc > 1)
		wrong();
	printf("%lu %lu %lu\n", taken[0] + taken[1], left[0] + left[1],
	    bytes[0] + bytes[1]);
	return 5;
}
END
$CC -O1 -fno-builtin -pthread -o busy busy.c || exit 1
./busy >bare

for mode in check profile; do
	rc=0
	wrong=
	[ $mode = profile ] || wrong=wrong
	"$poolwatch" -m $mode --max-size=2M,ring -o $mode.pwt ./busy $wrong \
		>out 2>err || rc=$?
	status 5 "$mode"
	same "$mode: the output" bare out
	hasnt err 'recording ends'
	hasnt err 'did not answer'
	[ $mode = profile ] || has err 'ERROR 2  double-free'
	size=$(stat -c %s $mode.pwt)
	check "$mode: $size bytes" [ "$size" -le 2097152 ]
	check "$mode: nothing else is left" [ "$(ls | grep -c "^$mode")" = 1 ]
	run poolleak --check $mode.pwt
	status 0 "$mode: --check"
	run poolleak --format=json --top=0 $mode.pwt
	status 0 "$mode: poolleak"
	cp out report.json
	jq -r '[.sites[] | select(any(.stack[]; .function == "work"))] |
		"\(map(.allocations) | add) \(map(.live_bytes) | add) \(
		map(.bytes_allocated) | add)"' report.json >sums
	same "$mode: what work() took and left" bare sums
	check "$mode: it was cut" jq -e '.source.begins > 0.001 and
		.source.complete and .source.lost_events == 0' report.json
	check "$mode: findings" jq -e --arg m $mode '(.errors | length) ==
		(if $m == "check" then 2 else 0 end)' report.json
	run poolleak --at=0s $mode.pwt
	status 3 "$mode: a moment that is gone"
	has err 'what was then is gone'
	run poolleak --dump $mode.pwt
	check "$mode: the dump begins with names and a keyframe" \
		grep -q '^[0-9]* 0/0 KEYFRAME ' out
done
"$poolwatch" --max-size=1K,ring true 2>err
rc=$?
status 125 'a ring that is too small'
has err 'a ring takes 2M at least'
finish
