#!/bin/sh
# poolleak_report.sh - statuses, selection and formats of a real report.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need jq python3
need_ours poolleak poolwatch
cd "$tmp" || exit 1
valid=$top_srcdir/tests/report-valid

cat >buggy.c <<'C'
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

void *kept[3];

__attribute__((noinline)) static void
keep(void)
{
	for (int i = 0; i < 3; i++)
		kept[i] = malloc(100);
}

__attribute__((noinline)) static char *
copy(const char *s)
{
	char *p = malloc(strlen(s));

	return strcpy(p, s);
}

int
main(int argc, char **argv)
{
	char *p;

	if (argc > 1)
		return malloc(1) == NULL;
	p = copy("abcdefghij");
	keep();
	free(p);
	free(p);
	if (fork() == 0) {
		free(realloc(malloc(10), 5000));
		_exit(3);
	}
	wait(NULL);
	execl(argv[0], argv[0], "again", (char *)NULL);
	return 1;
}
C
$CC -O0 -g -fdebug-prefix-map="$PWD=." -fno-builtin -w -o buggy buggy.c ||
	exit 1
run poolwatch -q -o t.pwt ./buggy
[ -s t.pwt ] || { echo "FAILED: no trace"; cat "$tmp/err"; exit 1; }

# Text: facts of both findings, worst last, verdict, next.
run poolleak t.pwt
status 0
has "$tmp/out" '^ERROR [12]  heap-overrun, 1 byte written past a block of 10 '
has "$tmp/out" '^ERROR [12]  double-free of a block of 10 bytes'
has "$tmp/out" 'NUL of the string "abcdefghij": 10 characters need 11'
has "$tmp/out" '#0  copy +.*buggy\.c:18$'
has "$tmp/out" '^NOT FREED [0-9]+  300 bytes in 3 blocks'
has "$tmp/out" '^verdict: 2 errors, .* allocations in 3 processes$'
has "$tmp/out" '^next: poolview t\.pwt$'
hasnt "$tmp/out" 'LEAK'
check "lines of at most 80 columns" [ -z "$(grep -v '^verdict' "$tmp/out" |
	grep -E '^.{81,}')" ]

# JSON: as promised, and equal to what the program does.
run poolleak --format=json t.pwt
status 0
cp "$tmp/out" t.json
check "the JSON report is valid" python3 "$valid" t.json
is() {
	check "$1 is $2, not $(jq -c "$1" t.json)" \
		[ "$(jq -c "$1" t.json)" = "$2" ]
}
is .verdict '"findings"'
is '[.errors[].kind]|sort' '["double-free","heap-overrun"]'
is .summary.errors 2
is '[.leaks[]|select(.stack[0].function=="keep")|.bytes,.blocks]' '[300,3]'
is '.source.complete' true
is '[.processes[]|.recorded]' '[true,true,true]'
is '[.processes[].pid]|unique|length' 2
is '[.processes[]|select(.exit.code==3)]|length' 1
is '.summary|.live.blocks==.leaked.unjudged.blocks' true
is '([.sites[].allocations]|add)==.summary.allocations' true
is '([.sites[].live_bytes]|add)==.summary.live.bytes' true
is '([.leaks[].bytes]|add)==.summary.live.bytes' true

# The child alone: one malloc, one realloc, one free.
child=$(jq '.processes[]|select(.exit.code==3)|.pid' t.json)
run poolleak --format=json --process="$child" t.pwt
cp "$tmp/out" t.json
check "the child's report is valid" python3 "$valid" t.json
is '.summary|[.allocations,.frees,.reallocations,.bytes_allocated]' \
	'[1,1,1,5000]'
is '.errors|length' 0
is '.processes|length' 1

run poolleak --process=4194303 t.pwt
has "$tmp/out" '^verdict: not judged; the trace has no such process'

# Selection, order, length.
run poolleak --format=json --filter='^keep$' t.pwt
cp "$tmp/out" t.json
is '[.sites[].stack[0].function]' '["keep"]'
is '.errors' '[]'
run poolleak --report=sites --top=1 --by=allocations t.pwt
check "one site" [ "$(grep -c '^SITE' "$tmp/out")" = 1 ]
run poolleak --report=frag t.pwt
has "$tmp/out" "poolwatch's own pool"
has "$tmp/out" '^ +footprint +[0-9,]+'
run poolleak --frames=1 --report=errors t.pwt
hasnt "$tmp/out" '#1 '

# Exit statuses, in their order.
run poolleak --error-exitcode=42 t.pwt
status 42
run poolleak --error-exitcode=42 --filter='^keep$' t.pwt
status 0 "no error is chosen"
size=$(wc -c <t.pwt)
head -c $((size - 40)) t.pwt >cut.pwt
run poolleak cut.pwt
status 4 "a trace cut short"
has "$tmp/err" '^poolleak: cut\.pwt: .'
has "$tmp/out" '^verdict: '
run poolleak --format=json cut.pwt
cp "$tmp/out" t.json
check "the JSON of a cut trace is valid" python3 "$valid" t.json
is '.source.complete' false
run poolleak --error-exitcode=42 --check cut.pwt
status 4
run poolleak --check t.pwt
status 0
has "$tmp/out" 'sound, complete'
run poolleak --dump t.pwt
status 0
has "$tmp/out" 'ALLOC .*size=100'
has "$tmp/out" 'ERROR .*'

# Every byte turned over, one at a time, in steps: never a crash.
step=$((size / 40 + 1))
at=0
while [ "$at" -lt "$size" ]; do
	cp t.pwt bent.pwt
	byte=$(od -An -tu1 -j "$at" -N 1 t.pwt | tr -d ' ')
	# shellcheck disable=SC2059
	printf "$(printf '\\%03o' $((byte ^ 85)))" |
		dd of=bent.pwt bs=1 seek="$at" conv=notrunc 2>/dev/null
	run poolleak bent.pwt
	case $rc in
	0|3|4)	;;
	*)	fail "status $rc with byte $at bent";;
	esac
	at=$((at + step))
done

# Where the report can't go.
run poolleak -o t.pwt t.pwt
status 1
check "the trace is as it was" [ "$(wc -c <t.pwt)" = "$size" ]
run poolleak -o out.txt t.pwt
status 0
has out.txt '^verdict: '
run poolleak -o missing/out.txt t.pwt
status 1
has "$tmp/err" 'missing/out\.txt: No such file'
rc=0; "$poolleak" t.pwt >/dev/full 2>"$tmp/err" || rc=$?
status 1 "a full disk"
has "$tmp/err" 'No space left'
rc=0; "$poolleak" t.pwt >&- 2>"$tmp/err" || rc=$?
status 1 "a closed stdout"
rc=0; "$poolleak" --format=json t.pwt 2>&- >"$tmp/out" || rc=$?
status 0 "a closed stderr"
{ "$poolleak" --frames=all t.pwt; echo "$?" >piped; } 2>"$tmp/err" | :
check "a closed pipe ends it, not $(cat piped)" \
	grep -Eqx '0|141|1' piped

# Profile mode: the same counts; its double free is seen in the events.
cat >twice.c <<'C'
#include <stdlib.h>
int
main(void)
{
	char *p = malloc(24);

	malloc(7);
	free(p);
	free(p);
	return 0;
}
C
$CC -O0 -g -w -o twice twice.c || exit 1
run poolwatch -q -m profile -o p.pwt ./twice
run poolleak --format=json p.pwt
cp "$tmp/out" t.json
check "the JSON of profile mode is valid" python3 "$valid" t.json
is '[.errors[].kind]' '["double-free"]'
is '.errors[0].alloc_stack[0].function' '"main"'
is '.processes[0].exit.signal' 6

# A run that asks for nothing at its end replays nothing, unless the program
# died or a status is to be answered; poolleak looks in any case.
cat >lives.c <<'C'
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
static void
leave(int sig)
{
	(void)sig;
	_exit(3);
}
int
main(void)
{
	char *p = malloc(24);

	signal(SIGABRT, leave);
	free(p);
	free(p);
	return 0;
}
C
$CC -O0 -g -w -o lives lives.c || exit 1
quiet="-q --leak-check=no -m profile"
run poolwatch $quiet -o q.pwt ./lives
status 3 "a quiet run in profile mode"
grep '^==' "$tmp/err" && fail "a quiet run looked"
run poolleak q.pwt
has "$tmp/out" 'double-free'
run poolwatch $quiet --error-exitcode=9 -o e.pwt ./lives
status 9 "a quiet run that is to answer"
has "$tmp/err" 'double-free of a block of 24 bytes'
run poolwatch $quiet -o d.pwt ./twice
has "$tmp/err" 'double-free of a block of 24 bytes'
has "$tmp/err" 'twice.c:5'
run poolwatch -m profile -o f.pwt ./lives
check "a finding is told once" [ "$(grep -c ERROR "$tmp/err")" = 1 ]
finish
