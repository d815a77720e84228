#!/bin/sh
# poolleak_at.sh - the heap as it was: by time, by part, at its peak.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolleak poolwatch poolview
need jq
cc=${CC:-cc}
cd "$tmp" || exit 1
cat >hill.c <<'END'
#include <stdlib.h>
#include <unistd.h>
/* A hundred blocks come, then go; each leaves one behind it. */
void *volatile left;

int
main(void)
{
	void *p[100];

	for (int i = 0; i < 100; i++) {
		p[i] = malloc(1000 + (size_t)i);
		usleep(300);
	}
	for (int i = 0; i < 100; i++) {
		free(p[i]);
		left = malloc(10);
		usleep(300);
	}
	_exit(0);
}
END
cat >churn.c <<'END'
#include <stdlib.h>
#include <unistd.h>
int
main(void)
{
	static void *p[5000];
	unsigned x = 1;

	for (long i = 0; i < 4000000; i++) {
		unsigned k = (x = x * 1664525u + 1013904223u) >> 8;

		free(p[k % 5000]);
		p[k % 5000] = malloc(x >> 24);
		if (i % 100000 == 0)
			usleep(50000);	/* for who makes keyframes */
	}
	return 0;
}
END
$cc -O1 -o hill hill.c && $cc -O1 -o churn churn.c || exit 99

# live WHEN TRACE: bytes, by the report and by the events themselves.
live() {
	run poolleak --format=json --report=summary --at="$1" "$2"
	status 0 "--at=$1 of $2"
	jq .summary.live.bytes "$tmp/out"
}

run poolwatch -q --leak-check=no -o hill.pwt ./hill
status 0 hill
[ "$(live peak hill.pwt)" = 104950 ] || fail "peak: $(live peak hill.pwt)"
[ "$(live end hill.pwt)" = 1000 ] || fail "end: $(live end hill.pwt)"
[ "$(live 100% hill.pwt)" = 1000 ] || fail "100%: $(live 100% hill.pwt)"
[ "$(live 0s hill.pwt)" = 0 ] || fail "0s: $(live 0s hill.pwt)"
half=$(live 50% hill.pwt)
check "half: $half" [ "$half" -gt 1000 ]

# Against the events, added up here: what lived at some moment near the one that
# was asked for, also between a free and the malloc behind it.
run poolleak --format=json hill.pwt
end=$(jq .processes[0].end "$tmp/out")
run poolleak --dump hill.pwt
cp "$tmp/out" dump
second=$(grep ' EXIT ' dump | tail -n 1 | awk -v end="$end" '{ print $1 / end }')
near() {
	awk -v when="$1" -v second="$second" '
		BEGIN { off = 0.00005 }
		$1 / second > when + off { exit }
		{ split($5, a, "="); split($6, s, "=") }
		$1 / second >= when - off && !told++ { print live + 0 }
		$3 == "ALLOC" { size[a[2]] = s[2]; live += s[2] }
		$3 == "FREE" { live -= size[a[2]] }
		told { print live }
		END { print live }' dump
}
for part in 0.4 0.5 0.6 0.7 0.8; do
	when=$(awk "BEGIN { print $end * $part }")
	at=$(live ${when}s hill.pwt)
	[ "$at" -gt 1000 ] || fail "$when s: $at"
	near "$when" | sort -nu >values
	grep -qx "$at" values || fail "$when s: $at, events say" $(cat values)
	[ "$(wc -l <values)" -lt 6 ] || fail "$when s:" $(cat values)
done

run poolleak --at=50% hill.pwt
has "$tmp/out" '^SUMMARY .* as at 0\.0[0-9]* s, check mode'
has "$tmp/out" 'live then '
has "$tmp/out" '^LIVE 1 '
hasnt "$tmp/out" 'NOT FREED'
run poolleak --format=json --at=25ms hill.pwt
jq -e '.source | .complete and .at > 0.0249 and .at < 0.0251' "$tmp/out" \
	>true || fail "JSON does not tell the moment"

for word in 1x -1s 101% peaks '' 5%%; do
	run poolleak "--at=$word" hill.pwt
	status 2 "--at=$word"
	has "$tmp/err" 'no moment'
done
run poolleak --at=1s --dump hill.pwt
status 2 '--at with --dump'

# A long one has keyframes, and is the same with and without them.
run poolwatch -q --leak-check=no -m profile -o churn.pwt ./churn
status 0 churn
run poolleak --check churn.pwt
status 0 'churn --check'
has "$tmp/out" '^  [0-9]* keyframes*$'
[ "$(live peak churn.pwt)" = "$(run poolleak --format=json \
	--report=summary churn.pwt; jq .summary.peak.bytes "$tmp/out")" ] ||
	fail "the peak is not what was live at it"

printf ':save-screen screen\n:quit\n' >keys
run poolview --at=50% --script=keys --size=80x24 hill.pwt
status 0 'poolview --at'
has screen 'at 0\.0[0-9]* s'
has screen 'live [0-9.]* KiB in [0-9]* blocks'
finish
