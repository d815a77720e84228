#!/bin/sh
# runner_stalled.sh - a recorder that does not answer holds no malloc up for
# long: the program goes on into the 64 MiB that it may fill; beyond them events
# are dropped, counted and told, and the run is not called clean.
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
/* Waits for a line, then allocates so often; prints the longest pair in ms. */
int main(int argc, char **argv)
{
	double worst = 0, began, took;

	if (argc < 2)
		return 2;
	free(malloc(1));
	printf("ready\n");
	fflush(stdout);
	getchar();
	for (int i = 0; i < atoi(argv[1]); i++) {
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

# stalled PAIRS STATUS: while the recorder sleeps.
stalled() {
	rm -f t.pwt out err
	: >out
	"$poolwatch" -v --error-exitcode=9 -o t.pwt ./busy "$1" <go >out 2>err &
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
	rc=0
	wait $front || rc=$?
	status "$2" "$1 pairs"
	worst=$(tail -n 1 out)
	echo "$1 pairs: the longest malloc and free took $worst ms"
	# Twice 100 ms, and what a busy machine adds.
	check "a malloc waited $worst ms" test "${worst:-9999}" -le 1000
}

# Some 30 MiB.
stalled 1000000 5
run poolleak --format=json -o t.json t.pwt
status 0 'a trace that has them all'
check 'all are there' jq -e '.source.lost_events == 0 and .summary.frees >=
    1000000' t.json

stalled 12000000 125
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
