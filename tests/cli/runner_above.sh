#!/bin/sh
# runner_above.sh - what would make figures wrong without being an error: known
# allocators above malloc are told of and made to use it; what a child inherits
# is its parent's.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq bash
cd "$tmp" || exit 1
python=/usr/bin/python3

allocations() {
	"$poolleak" --format=json --report=summary "$1" | jq .summary.allocations
}

if [ -x $python ]; then
	unset PYTHONMALLOC
	run poolwatch -o above.pwt $python -c 'x = [str(i) for i in range(20000)]'
	status 0
	has err 'PYTHONMALLOC=malloc'
	run poolwatch --pass-through=no -o below.pwt \
		$python -c 'x = [str(i) for i in range(20000)]'
	status 0
	hasnt err 'PYTHONMALLOC=malloc'
	above=$(allocations above.pwt)
	below=$(allocations below.pwt)
	echo "python: $above allocations, $below with PYTHONMALLOC=malloc"
	check 'passing through shows no more' \
		test "$below" -gt $((above + 20000))
	PYTHONMALLOC=malloc "$poolwatch" -o none $python -c pass 2>err
	hasnt err 'PYTHONMALLOC=malloc'
	"$poolwatch" --pass-through=no -o none $python -c \
		'import os; print(os.environ.get("PYTHONMALLOC"))' 2>err >out
	has out '^malloc$'
else
	echo "no $python"
fi

# Fifty subshells of a shell with thousands of blocks.
cat >subshells <<'END'
for i in $(seq 1 3000); do x[$i]="value $i"; done
for i in $(seq 1 50); do ( y=$i ); done
END
run poolwatch -o subshells.pwt bash ./subshells
status 0
run poolleak --format=json -o t.json subshells.pwt
is() {
	jq -e "$2" t.json >/dev/null || fail "$1: $(jq -c "$2" t.json)"
}
is 'fewer than 51 processes' '[.processes[] | select(.judged)] | length >= 51'
is 'the shell itself has few blocks' '(.processes[0].pid) as $p |
	[.leaks[] | select(.pid == $p) | .blocks] | add > 3000'
is 'subshells count what they inherited' '(.processes[0].pid) as $p |
	[.leaks[] | select(.pid != $p) | .blocks] | add // 0 | . < 2000'
is 'a sum that is none' '([.leaks[].blocks] | add) == .summary.live.blocks'
is 'no error by freeing them' '.errors == []'
finish
