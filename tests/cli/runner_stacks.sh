#!/bin/sh
# runner_stacks.sh - a stack table of --stacks bytes that gets full: the program
# does not notice, every event is there, and new stacks keep 8 frames and a word
# that says so; with the runner and without.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq
cd "$tmp" || exit 1

cat >paths.c <<'END'
#include <stdio.h>
#include <stdlib.h>
/*
 * A block stays for each way that 14 calls from two places each can go, 16,384
 * in all, of one byte; the last way's is of 7.
 */
static int __attribute__((noinline, noclone))
turn(int left, unsigned way, unsigned long *sum)
{
	volatile char *p;
	int n;

	if (left == 0) {
		p = malloc(way == 0x3fff ? 7 : 1);
		*p = 1;
		*sum += way;
		return 1;
	}
	if (way >> (left - 1) & 1) {
		n = turn(left - 1, way, sum);
		__asm__ volatile("nop");
	} else
		n = turn(left - 1, way, sum);
	return n + 1;
}

int
main(void)
{
	unsigned long sum = 0;

	for (unsigned way = 0; way < 1u << 14; way++)
		turn(14, way, &sum);
	printf("%lu\n", sum);
	return 5;
}
END
$CC -O1 -g -fno-builtin -fno-optimize-sibling-calls -o paths paths.c || exit 1
./paths >bare
full='outer frames left out: the stack table was full'

# judge WHAT TRACE FULL: all blocks; are stacks cut, and how?
judge() {
	run poolleak --format=json --top=20000 -o t.json "$2"
	status 0 "$1: poolleak"
	# Once over many megabytes: blocks, cut stacks, and the last of all.
	jq -c --arg full "$full" '([.leaks[].blocks] | add),
	    ([.leaks[] | select(.stack[-1].mark == $full)] | length),
	    (.leaks[] | select(.bytes == .blocks + 6) | .stack |
	    [length, .[0].function, .[-1].mark == $full])' t.json >said
	[ "$(sed -n 1p said)" -ge 16384 ] ||
		fail "$1: $(sed -n 1p said) blocks"
	run poolleak --check "$2"
	status 0 "$1: --check"
	cut=$(sed -n 2p said)
	sed -n '3,$p' said >last
	if [ "$3" = full ]; then
		[ "$cut" -gt 0 ] || fail "$1: no stack is cut"
		[ "$(cat last)" = '[9,"turn",true]' ] ||
			fail "$1: the last stack is $(cat last)"
	else
		[ "$cut" = 0 ] || fail "$1: $cut stacks are cut"
		[ "$(jq '.[0] > 15' last)" = true ] ||
			fail "$1: the last stack is $(cat last)"
	fi
}

for size in 64K 64M; do
	for mode in check profile; do
		run poolwatch -q -m $mode --leak-check=no --stacks=$size \
			--force -o t.pwt ./paths
		status 5 "$mode $size"
		same "$mode $size: the output" bare out
		judge "$mode $size" t.pwt "$([ $size = 64K ] && echo full)"
	done
done

LD_PRELOAD=$(echo "$top_builddir"/.libs/libpoolwatch-preload.so) \
    POOLWATCH_OPTIONS='-o hand.pwt --force --max-size=1G --stacks=64K' \
    ./paths >out 2>err
rc=$?
status 5 'by hand'
same 'by hand: the output' bare out
judge 'by hand' hand.pwt full

for size in 0 1 63K 65M x; do
	run poolwatch --stacks=$size true
	status 125 "--stacks=$size"
	has err 'no size from 64K to 64M'
done
finish
