#!/bin/sh
# runner_orphan.sh - the recorder is killed: at once, in the middle, while
# threads wait for it, and with the front.  The program, flat out in four
# threads, prints what it would have and ends as it would have; the front says
# so once; what was recorded can be read, and is said not to be all.
#
# That a recorder which is gone costs a wait only once is shown in
# tests/unit/t_writer; the longest call is printed here.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq
cd "$tmp" || exit 1
XDG_RUNTIME_DIR=$tmp/run; export XDG_RUNTIME_DIR
mkdir run

cat >flat.c <<'END'
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* flat N FILE: four threads, N blocks each, every one checked; 3. */
static long n;
static uint64_t worst[4];
static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
static void *work(void *arg)
{
	uintptr_t me = (uintptr_t)arg, sum = 0;
	unsigned char *kept[16] = { 0 };
	uint64_t began, took;

	for (long i = 0; i < n; i++) {
		unsigned char **p = &kept[i % 16];

		if (*p)
			sum += **p;
		began = now();
		free(*p);
		*p = malloc((size_t)(1 + i % 500));
		took = now() - began;
		if (took > worst[me])
			worst[me] = took;
		memset(*p, (int)(i + (long)me), (size_t)(1 + i % 500));
	}
	return (void *)sum;
}
int main(int argc, char **argv)
{
	pthread_t t[4];
	uintptr_t sum = 0;
	uint64_t most = 0;
	void *got;
	FILE *f;

	n = argc == 3 ? atol(argv[1]) : 0;
	printf("flat\n");
	fflush(stdout);
	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, work, (void *)i);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &got);
		sum = sum * 31 + (uintptr_t)got;
		if (worst[i] > most)
			most = worst[i];
	}
	printf("%lu\n", (unsigned long)sum);
	f = fopen(argv[2], "w");
	fprintf(f, "%lu ms\n", (unsigned long)(most / 1000000));
	fclose(f);
	return 3;
}
END
$CC -O1 -fno-builtin -pthread -o flat flat.c || exit 1
blocks=300000
./flat $blocks worst >bare

# begin OPTION...: $front, $recorder, as early as it is known.
begin() {
	rm -f t.pwt out err worst run/*
	: >err
	"$poolwatch" -v -o t.pwt "$@" ./flat $blocks worst >out 2>err &
	front=$!
	recorder=
	while [ -z "$recorder" ]; do
		kill -0 $front 2>/dev/null || { fail 'it did not begin'
			cat err; finish; }
		recorder=$(sed -n 's/.* recorder \([0-9][0-9]*\)$/\1/p' err)
	done
}

flat() {
	while ! grep -q flat out; do
		kill -0 $front 2>/dev/null || break
		sleep 0.01
	done
}

# was WORDS: as bare, told once, judged by nobody, readable, incomplete.
was() {
	rc=0
	wait $front || rc=$?
	check "$1: status $rc" test $rc = 3
	same "$1: the output" bare out
	check "$1: it is told once" \
	    test "$(grep -c 'the recorder was lost (signal 9)' err)" = 1
	has err 'verdict: not judged; the recorder was lost'
	readable "$1"
	echo "$1: the longest free and malloc took $(cat worst)"
}

readable() {
	rc=0
	"$poolleak" --format=json t.pwt >t.json 2>t.err || rc=$?
	check "$1: poolleak answers $rc" test $rc = 4
	has t.err 'the recording was not closed'
	check "$1: JSON" jq -e '(.source | .complete == false and
	    (has("lost_events") | not)) and .errors == []' t.json
}

for mode in check profile; do
	begin -m $mode
	kill -9 "$recorder"
	was "$mode, at once"

	begin -m $mode
	flat
	sleep 0.05
	kill -9 "$recorder"
	was "$mode, flat out"
	check "$mode: nothing was read" jq -e '.summary.allocations > 1000' \
	    t.json

	# Threads wait for chunks, or have just given up.
	begin -m $mode
	flat
	kill -STOP "$recorder"
	sleep 0.06
	kill -9 "$recorder"
	was "$mode, while threads wait"
done
begin --lossy
flat
kill -9 "$recorder"
was 'lossy'

# Nobody is left who could close the recording.
begin
program=$(sed -n 's/^==\([0-9]*\)==.*/\1/p' err | head -n 1)
flat
kill -9 $front "$recorder"
wait $front 2>/dev/null
for i in $(seq 600); do
	[ -s worst ] && ! kill -0 "$program" 2>/dev/null && break
	sleep 0.05
done
same 'without both: the output' bare out
check 'without both: no session file to read' test -n "$(ls run)"
readable 'without both'
echo "without both: the longest free and malloc took $(cat worst)"
finish
