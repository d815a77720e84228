#!/bin/sh
# runner_lossy.sh - under --lossy a recorder that can't keep up costs events and
# nothing else: the program's output and status are its own, what is missing is
# counted, marked where it is missing, and said by every reader.
#
# That a lossy writer never waits is shown in tests/unit/t_writer.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq
cd "$tmp" || exit 1

cat >busy.c <<'END'
#include <stdio.h>
#include <stdlib.h>
/*
 * Pairs for more than 64 MiB after the first line; after the second a thousand, and 100
 * blocks that are kept.
 */
int main(void)
{
	free(malloc(1));
	printf("ready\n");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 8000000; i++)
		free(malloc((size_t)i % 700));
	printf("flat out\n");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 1000; i++)
		free(malloc(5));
	for (int i = 0; i < 100; i++)
		if (!malloc(4321))
			return 1;
	return 5;
}
END
$CC -O1 -fno-builtin -o busy busy.c || exit 1

# has_line WORD: out has it within 10 s.
has_line() {
	for i in $(seq 100); do
		grep -q "$1" out && return
		sleep 0.1
	done
	fail "no line '$1'"
}

mkfifo go
"$poolwatch" -v --lossy --error-exitcode=9 -o t.pwt ./busy <go >out 2>err &
front=$!
exec 3>go
has_line ready
recorder=$(sed -n 's/.* recorder \([0-9]*\).*/\1/p' err | head -n 1)
kill -STOP "$recorder" || fail 'no recorder to stop'
echo >&3
has_line 'flat out'
kill -CONT "$recorder"
# Once a round is over there is room again, and nothing more is lost.
for i in $(seq 100); do
	[ "$("$poolleak" --dump t.pwt 2>/dev/null | head -n 1000 | wc -l)" = \
	    1000 ] && break
	sleep 0.1
done
echo >&3
exec 3>&-
wait $front
check 'the status fails closed' test $? = 125
printf 'ready\nflat out\n' >bare
same 'its output' bare out
has err 'verdict: not judged; [0-9,]+ events were lost'
run poolleak --format=json -o t.json t.pwt
status 4 'a trace that lost events'
has err 'events were lost'
check 'JSON says what is missing' jq -e '.source | .complete == false and
    .lost_events > 100000 and (.missing[-1] | test("events were lost"))' t.json
# What came after the gap is there; and the gap stands before it.
check 'later events are there' jq -e '[.sites[] | select(.live_blocks == 100 and
    .live_bytes == 432100)] | length == 1' t.json
"$poolleak" --dump t.pwt >dump 2>err
check 'the mark stands between what it parts' awk '
    /LOST/ { lost = NR } / size=4321 / && !first { first = NR }
    END { exit !(lost > 1000 && lost < first) }' dump

# Nothing is lost where nothing holds it up.
run poolwatch --lossy -q --error-exitcode=9 -o u.pwt sh -c 'exit 6'
status 6 'a small program'
finish
