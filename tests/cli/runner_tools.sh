#!/bin/sh
# runner_tools.sh - what else looks at programs works under us: debuggers, cores,
# /proc; nobody is traced and no core but the program's is left.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch
cd "$tmp" || exit 1
mkdir bare watched

cat >crash.c <<'END'
#include <stdlib.h>
int main(void)
{
	char *volatile p = malloc(5);

	free(p);
	*(volatile int *)(long)(p == NULL) = 1;
	return 0;
}
END
$CC -g -w -fno-builtin -o crash crash.c || exit 1

# ptrace is free for whoever needs it.
run poolwatch -q -o none grep TracerPid /proc/self/status
has out '^TracerPid:	0$'
if command -v gdb >/dev/null; then
	run gdb -nx -batch -ex run ./crash
	if grep -q 'received signal SIGSEGV' out; then
		for mode in check profile; do
			run poolwatch -q -m $mode -o none \
				gdb -nx -batch -ex run ./crash
			has out 'received signal SIGSEGV'
		done
	else
		echo "gdb can't run a program here"
	fi
fi

# One core, and it is the program's: the front dies with its own limit at 0.
dump() {	# FOLDER WORDS...
	(cd "$1" && shift && ulimit -S -c unlimited && "$@" >out 2>&1) 2>/dev/null
}
case $(cat /proc/sys/kernel/core_pattern) in
*/*|'|'*)	echo "cores are not left in the folder here: not tried";;
*)	dump bare ../crash
	dump watched "$poolwatch" -o none ../crash
	check "a core where there is none bare" \
		test "$(ls bare | wc -l)" = "$(ls watched | wc -l)"
	for core in watched/core*; do
		[ -e "$core" ] || continue
		LC_ALL=C grep -aq '../crash' "$core" ||
			fail "$core is not the program's"
		LC_ALL=C grep -aq 'poolwatch-rec\|--error-exitcode' "$core" &&
			fail "$core is of a process of ours"
	done;;
esac
check 'the status of a crash' sh -c '"$0" -q -o none ./crash 2>/dev/null
	test $? = 139' "$poolwatch"
finish
