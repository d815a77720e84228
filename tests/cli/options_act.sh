#!/bin/sh
# options_act.sh - each option that is taken does what its row says, and each row
# of --help is taken, or refused with "not yet".
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq
cd "$tmp" || exit 1

cat >buggy.c <<'END'
#include <stdlib.h>
#include <stdio.h>
static void *kept[40];
static void a(int i);
/* Forty sites of blocks that stay, by their stacks; then two errors. */
__attribute__((noinline)) static void b(int i)
{
	if (i > 0)
		a(i - 1);
	else
		*kept = malloc(11);
	__asm__ volatile("" ::: "memory");
}
__attribute__((noinline)) static void a(int i)
{
	b(i);
	__asm__ volatile("" ::: "memory");
}
int main(void)
{
	char *volatile p = malloc(10);

	for (int i = 0; i < 40; i++)
		a(i);
	free(p);
	free(p);
	free(p);
	printf("the end\n");
	return 6;
}
END
$CC -g -O1 -w -fno-builtin -o buggy buggy.c || exit 1

# says WORDS N PATTERN OPTION...: lines like the pattern on stderr.
says() {
	says_what=$1 says_n=$2 says_pattern=$3
	shift 3
	run poolwatch -o none "$@" ./buggy
	says_got=$(grep -cE -e "$says_pattern" err)
	[ "$says_got" = "$says_n" ] ||
		fail "$says_what: $says_got lines, not $says_n"
}
says '--leak-check=no' 0 'NOT FREED|SUMMARY' --leak-check=no
says '--leak-check=summary' 0 'NOT FREED' --leak-check=summary
says '--leak-check=summary' 1 'SUMMARY' --leak-check=summary
says 'top by default' 10 'NOT FREED'
says '--leak-check=top' 10 'NOT FREED' --leak-check=top
for all in full yes; do
	run poolwatch -o none --leak-check=$all ./buggy
	check "--leak-check=$all leaves some out" \
		test "$(grep -c 'NOT FREED' err)" -ge 40
done
says '--frames=1' 0 ' #1 ' --frames=1 --leak-check=full
says '--frames=3' 0 ' #3 ' --frames=3 --leak-check=full
says '--num-callers=3' 0 ' #3 ' --num-callers=3 --leak-check=full
run poolwatch -o none --frames=all --leak-check=full ./buggy
has err ' #40 '
has err '_start'
says '-q' 0 'SUMMARY|NOT FREED|poolwatch [0-9]' -q
says '-q' 2 'ERROR' -q
says '--quiet' 1 'verdict: 2 errors' --quiet
says '--verbose' 1 'recorder [0-9]+$' --verbose

# --abort-on-error: at the first, as abort() does.
run poolwatch -o none --abort-on-error ./buggy
status 134 '--abort-on-error'
hasnt out 'the end'
has err 'ERROR 1 '
hasnt err 'ERROR 2 '
run poolwatch -o none ./buggy
status 6 'without it'
has err 'ERROR 2 '

# Guards: the same program over the end of a block, by a read.
cat >over.c <<'END'
#include <stdlib.h>
int main(int argc, char **argv)
{
	char *volatile p = malloc(33);
	int i;

	for (i = 0; i < 1000; i++) {
		free(p);
		p = malloc(33);
	}
	return p[argc > 1 ? 48 : -1] == 1;
}
END
$CC -g -O1 -w -fno-builtin -o over over.c || exit 1
guard() {
	guard_status=$1
	shift
	run poolwatch -q -o none --leak-check=no "$@"
	status "$guard_status" "$*"
}
guard 0 ./over x
guard 139 -m guard ./over x
has err 'heap-overrun, memory read past a block of 33 bytes'
guard 0 -m guard ./over
guard 139 -m guard --guard-side=front ./over
has err 'heap-underrun, memory read before a block of 33 bytes'
guard 0 -m guard --guard-side=front ./over x
guard 139 --guard-rate=1 ./over x
guard 0 -m guard --guard-rate=100000 ./over x
run poolwatch -o none -m guard --guard-memory=1M ./over
hasnt err 'is used up'
guard 139 --guard-site='mai?' ./over x
guard 0 --guard-site=printf ./over x
run poolwatch -q -o guard.pwt ./buggy
run poolwatch -v -o none --leak-check=no --guard-from=guard.pwt ./buggy
has err 'guarded: 1 blocks'
run poolwatch -o none -m profile --guard-rate=10 ./over
status 125 'guards in profile mode'
run poolwatch -o none --guard-memory=10M ./over
status 125 'memory for guards that there are not'

# Where files of the traced program are looked for.
run poolwatch -q -o t.pwt ./buggy
run poolleak --sysroot=/nowhere-to-be-found t.pwt
has out 'buggy\+0x[0-9a-f]+ \(build-id [0-9a-f]+\)'
hasnt out 'buggy\.c'
mkdir -p root/"$tmp" debug
cp buggy root/"$tmp"/
mv buggy buggy.away
run poolleak --sysroot=root t.pwt
has out 'buggy\.c:'
if command -v objcopy >/dev/null; then
	id=$(readelf -n buggy.away | sed -n 's/.*Build ID: //p')
	mkdir -p "debug/.build-id/$(echo "$id" | cut -c1-2)"
	objcopy --only-keep-debug buggy.away \
		"debug/.build-id/$(echo "$id" | cut -c1-2)/$(echo "$id" |
		cut -c3-).debug"
	run poolleak t.pwt
	hasnt out 'buggy\.c'
	run poolleak --debug-dir=debug t.pwt
	has out 'buggy\.c:'
fi
mv buggy.away buggy
run poolleak --trace=t.pwt
status 0 '--trace'
cp t.pwt 4711
run poolleak --trace=4711
status 0 'a trace that looks like a pid'

# --check-calls: a read that nobody else would see.
cat >reads.c <<'END'
#include <stdlib.h>
#include <string.h>
int main(void)
{
	char *p = malloc(10), *q = malloc(11);

	memset(p, 'a', 10);
	memcpy(q, p, 11);
	free(p);
	free(q);
	return 0;
}
END
$CC -g -O1 -w -fno-builtin -o reads reads.c || exit 1
run poolwatch -o none ./reads
has err 'ERROR 1 .*1 byte read past a block of 10 bytes'
has err 'read by memcpy\(\)'
run poolwatch -o none --check-calls=yes ./reads
has err 'ERROR 1 '
run poolwatch -o none --check-calls=no ./reads
hasnt err 'ERROR'
run poolwatch -o none -m profile ./reads
hasnt err 'ERROR'

# Every row: with "not yet" in --dump-options it is refused, in words.
for program in poolwatch poolleak; do
	"$top_builddir/$program" --help >help
	grep -aoE '^ +(-[a-z], )?--[a-z-]+' help | grep -oE -- '--[a-z-]+' |
		sort -u >rows
	check "$program --help has $(wc -l <rows) rows" \
		test "$(wc -l <rows)" -gt 15
	for option in $(cat rows); do
		case $option in --help|--version) continue;; esac
		# An argument that none of them can like.
		run $program "$option=" ./buggy
		grep -q 'no option' err && fail "$program knows no $option"
	done
done
finish
