#!/bin/sh
# runner_stalled.sh - a recorder that does not answer holds no malloc up for
# long: events are dropped, counted and told, and the run is not called clean.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq
cd "$tmp" || exit 1

cat >busy.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}
/* Waits for a line, then allocates; prints the longest pair in ms. */
int main(void)
{
	double worst = 0, began, took;

	free(malloc(1));
	printf("ready\n");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 2000000; i++) {
		began = now();
		free(malloc((size_t)i % 700));
		took = now() - began;
		if (took > worst)
			worst = took;
	}
	printf("%.0f\n", worst);
	return 5;
}
END
$CC -O1 -fno-builtin -o busy busy.c || exit 1
mkfifo go
"$poolwatch" -v --error-exitcode=9 -o t.pwt ./busy <go >out 2>err &
front=$!
exec 3>go
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	grep -q ready out && break
	sleep 0.1
done
recorder=$(sed -n 's/.* recorder \([0-9]*\).*/\1/p' err | head -n 1)
kill -STOP "$recorder" || fail 'no recorder to stop'
echo >&3
for i in $(seq 200); do
	[ "$(wc -l <out)" = 2 ] && break
	sleep 0.1
done
kill -CONT "$recorder"
wait $front
check 'the status fails closed' test $? = 125
worst=$(tail -n 1 out)
echo "the longest malloc and free took $worst ms"
# Twice 100 ms, and what a busy machine adds.
check "a malloc waited $worst ms" test "${worst:-9999}" -le 1000
has err 'verdict: not judged; [0-9,]+ events were lost'
has err 'events lost +[0-9,]+  figures are too low'
run poolleak --check t.pwt
status 4 'a trace that lost events'
has err 'events were lost'
run poolleak --format=json -o t.json t.pwt
check 'JSON does not count them' \
	jq -e '.source | .lost_events > 1000000 and .complete == false and
	    (.missing[-1] | test("events were lost"))' t.json
check 'JSON does not call it judged' jq -e '.verdict == "not-judged"' t.json
finish
