#!/bin/sh
# runner_kills.sh - kill -9 to the program, the recorder, the front, all three;
# a full disk: each time the rest goes on and the trace says what it lacks.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
cd "$tmp" || exit 1
XDG_RUNTIME_DIR=$tmp/run; export XDG_RUNTIME_DIR
mkdir run

cat >steady.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
/* Allocates for as long as told (ms), then says how often and exits with 6. */
int main(int argc, char **argv)
{
	struct timespec nap = { 0, 2000000 }, now, begin;
	long ms = argc > 1 ? atol(argv[1]) : 500, n = 0;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	printf("steady\n");
	fflush(stdout);
	do {
		for (int i = 0; i < 100; i++, n++)
			if (i % 10)
				free(malloc(100));
			else if (!malloc(10))
				return 1;
		nanosleep(&nap, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - begin.tv_sec) * 1000 +
	    (now.tv_nsec - begin.tv_nsec) / 1000000 < ms);
	printf("%ld\n", n);
	return 6;
}
END
$CC -O1 -fno-builtin -o steady steady.c || exit 1

# begin MS: steady under poolwatch in the background; $front, $program,
# $recorder.
begin() {
	rm -f t.pwt out err
	"$poolwatch" -v -o t.pwt ./steady "$1" >out 2>err &
	front=$!
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		grep -q steady out 2>/dev/null && break
		sleep 0.1
	done
	program=$(sed -n 's/^==\([0-9]*\)==.*/\1/p' err | head -n 1)
	recorder=$(sed -n 's/.* recorder \([0-9]*\).*/\1/p' err | head -n 1)
	sleep 0.2
}

gone() {
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		kill -0 "$1" 2>/dev/null || return 0
		case $(cat "/proc/$1/stat" 2>/dev/null) in
		*') Z '*) return 0;;
		esac
		sleep 0.1
	done
	return 1
}

# The program.
begin 20000
check "others can read the session file" test "$(stat -c %a run/*)" = 600
kill -9 "$program"
wait $front
check "the status of a killed program" test $? = 137
check "the recorder did not end" gone "$recorder"
check "the session file is left" test -z "$(ls run)"
run poolleak --check t.pwt
status 0 'the trace of a killed program'

# The recorder.
begin 1000
kill -9 "$recorder"
wait $front
check "the program's status without its recorder" test $? = 6
has out '^[0-9]+$'
has err 'the recorder was lost \(signal 9\)'
has err 'verdict: not judged; the recorder was lost'
run poolleak t.pwt
status 4 'a trace whose recorder was killed'
rm -f run/*

# The front: the others go on, and the trace is closed by the recorder.
begin 1000
kill -9 $front
wait $front 2>/dev/null
check "the program did not end" gone "$program"
check "the recorder did not end after its front" gone "$recorder"
has out '^[0-9]+$'
check "the session file is left without a front" test -z "$(ls run)"
run poolleak --check t.pwt
status 0 'a trace without a front'

# All three: what nobody drained is read from the session file.
begin 20000
kill -9 $front "$recorder" "$program"
wait $front 2>/dev/null
check "no session file is left to read" test -n "$(ls run)"
run poolleak t.pwt
status 4 'all three killed'
has out 'allocations +[0-9]'
rm -f run/*

# Nowhere to write.
run poolwatch -o /dev/full ./steady 300
status 6 'a full device'
has err 'No space left on device'
has err 'verdict: not judged; '
check "the session file is left by a full device" test -z "$(ls run)"
run poolwatch --max-size=10K --force -o t.pwt ./steady 600
status 6 '--max-size'
has err 'has reached --max-size'
has err 'verdict: not judged; '
run poolleak t.pwt
status 4 'a trace that was stopped'
if mkdir small && mount -t tmpfs -o size=256k none small 2>/dev/null; then
	dd if=/dev/zero of=small/fill bs=1k count=235 2>/dev/null
	run poolwatch -o small/t.pwt ./steady 600
	status 6 'a file system that fills'
	has err 'disk is nearly full|No space left|--max-size'
	umount small
else
	echo "no small file system to fill here"
fi
finish
