#!/bin/sh
# runner_tell.sh - --tell steers a recording that runs: mark, flush, pause,
# resume, stop, by any process of the tree, the front or the recorder.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq
cd "$tmp" || exit 1

cat >steps.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/*
 * Does what each line of its input says, then prints the line:
 *	a SIZE		allocate a block into the next place
 *	f I		free that of place I
 *	r I SIZE	realloc it
 *	c		allocate and free the same address again and again
 */
static void *place[100];
int main(void)
{
	char line[80];
	int n = 0, i, size;

	free(malloc(1));
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "a %d", &size) == 1)
			place[n++] = malloc((size_t)size);
		else if (sscanf(line, "f %d", &i) == 1)
			free(place[i]);
		else if (sscanf(line, "r %d %d", &i, &size) == 2)
			place[i] = realloc(place[i], (size_t)size);
		else if (*line == 'c')
			for (i = 0; i < 100; i++)
				free(malloc(5555));
		printf("%s", line);
		fflush(stdout);
	}
	return 7;
}
END
$CC -O1 -fno-builtin -o steps steps.c || exit 1

# begin OPTION...: $front, $program, $recorder; lines go to descriptor 3.
begin() {
	rm -f go said
	mkfifo go
	"$poolwatch" -v --force -o t.pwt "$@" ./steps <go >said 2>told &
	front=$!
	exec 3>go
	wait_for ready
	program=$(sed -n 's/^==\([0-9]*\)==.*/\1/p' told | head -n 1)
	recorder=$(sed -n 's/.* recorder \([0-9]*\).*/\1/p' told | head -n 1)
}

wait_for() {
	for i in $(seq 100); do
		grep -q "^$1\$" said && return
		sleep 0.05
	done
	fail "no line '$1'"
}

lines=0
# do_it LINE: the program has done it.
do_it() {
	lines=$((lines + 1))
	echo "$1 #$lines" >&3
	wait_for "$1 #$lines"
}

end() {
	exec 3>&-
	rc=0
	wait $front || rc=$?
	[ $rc = 7 ] || fail "$1: status $rc"
}

tell() {
	run poolwatch --tell="$1"
	status 0 "--tell=$1"
	check "--tell=$1 speaks" test ! -s err
}

# report STATUS WORDS: the trace, as t.json and as dump.
report() {
	"$poolleak" --dump t.pwt >dump 2>/dev/null
	run poolleak --format=json -o t.json t.pwt
	status "$1" "the report ($2)"
	live_in_figures=0
}

# live SIZE N: at the end N blocks of SIZE are live.
live() {
	check "of $1 bytes not $2 blocks are live" awk -v size="$1" -v n="$2" '
	function value(name,	i) {
		for (i = 4; i <= NF; i++)
			if (index($i, name "=") == 1)
				return substr($i, length(name) + 2)
	}
	$3 == "ALLOC" || $3 == "RESIZE" { sizes[value("addr")] = value("size") }
	$3 == "FREE" { delete sizes[value("addr")] }
	END {
		for (a in sizes)
			found += sizes[a] == size
		exit found != n
	}' dump
	live_in_figures=$((live_in_figures + $1 * $2))
}

for mode in check profile; do
	begin -m $mode
	do_it 'a 1001'			# 0: before, never freed
	do_it 'a 1002'			# 1: before, freed while paused
	do_it 'a 1003'			# 2: before, resized while paused
	tell "$program:mark=two words"
	run poolwatch "--tell=$program:resume"
	status 125 'resume of what is not paused'
	has err 'it is not paused'
	tell "$front:pause"
	run poolwatch "--tell=$program:pause"
	status 125 'a second pause'
	has err 'it is paused already'
	do_it 'f 1'
	do_it 'r 2 200003'
	do_it 'a 1004'			# 3: while paused, never freed
	do_it 'a 1005'			# 4: while paused, freed after
	do_it 'c'			# addresses used again, unseen
	tell "$recorder:resume"
	do_it 'f 4'
	do_it 'c'
	do_it 'a 1006'			# 5: after, never freed
	tell "$program:mark=end"
	end "$mode"
	report 0 "$mode"
	live 1001 1
	live 1002 0
	live 1003 0
	live 200003 1
	live 1004 0
	live 1005 0
	live 1006 1
	# The model of the heap says the same: stdio's buffers are all the rest.
	check "$mode: the figures" jq -e ".summary.live.bytes - $live_in_figures
	    | . >= 0 and . < 10000" t.json
	check "$mode: errors" jq -e '.errors == []' t.json
	check "$mode: the 100 of the pause" jq -e '[.sites[] |
	    select(.bytes_allocated == 555500) | .allocations] == [100]' t.json
	check "$mode: marks" jq -e '[.marks[].name] == ["two words", "end"] and
	    .marks[0].time < .marks[1].time and .source.pauses == 1' t.json
	[ $mode = profile ] && expect='not-judged' || expect='clean'
	check "$mode: verdict" jq -e ".verdict == \"$expect\"" t.json
	run poolleak t.pwt
	has out 'mark at [0-9.]+ s  two words'
	has out 'Paused 1 time, for [0-9.]+ s'
	has dump 'MARK text="two words"'
	has dump 'PAUSE paused=1'
	run poolleak --check t.pwt
	status 0 "$mode: --check"
done

# A finding of check mode is told while paused, with all stacks.
begin
tell "$program:pause"
do_it 'a 77'
do_it 'f 0'
do_it 'f 0'
end 'a finding'
has told 'ERROR 1  double-free of a block of 77 bytes'
has told 'allocated by malloc\(77\)'

# From the beginning.
begin --start=paused
do_it 'a 1001'
tell "$program:resume"
do_it 'a 1002'
end 'started paused'
report 0 'started paused'
live 1001 0
live 1002 1
run poolwatch --start=paused --error-exitcode=9 -o u.pwt ./steps
status 125 'paused all the time'
has err 'not judged; no allocation was seen: recording was paused'

# flush: a reader finds it all though nothing ends.
begin
do_it 'a 1001'
tell "$program:flush"
"$poolleak" --dump t.pwt >dump 2>/dev/null
has dump 'ALLOC.* size=1001 '
end 'flushed'

# stop: the program goes on, the trace says why it ends.
begin
do_it 'a 1001'
tell "$program:stop"
do_it 'a 1002'
run poolwatch "--tell=$program:flush"
status 125 'after the end'
end 'stopped'
has told '--tell stopped the recording'
has told 'verdict: not judged; --tell stopped the recording'
report 4 'stopped'
live 1001 1
live 1002 0
check 'JSON says who stopped it' jq -e '.source.missing |
    map(test("the user asked for it")) | any' t.json

# Whom the session file is closed to.
if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --clear-groups "$poolwatch" \
    --version >version 2>&1; then
	begin
	run setpriv --reuid=65534 --clear-groups "$poolwatch" \
	    --tell="$program:stop"
	status 125 'another user'
	has err "is of no recording that runs, or of somebody else's"
	end 'another user'
	report 0 'another user'
fi

# Nobody, nothing, and words that are none.
run poolwatch --tell=$$:flush
status 125 'a process that is not recorded'
has err "process $$ is of no recording"
for bad in flush 1 1:x :flush x:flush 1:mark 1:flush=x 0:flush; do
	run poolwatch --tell="$bad"
	status 125 "--tell=$bad"
	has err 'is not PID:WORD|is none of flush'
done
run poolwatch --tell=1:check
status 125 'check'
has err "of no recording"
run poolwatch --tell=$$:flush true
status 125 'with a program'
finish
