# by_hand.sh - the module preloaded without the runner; after common.sh.
#
#	hand '--mode=check' COMMAND...	$tmp/out, $tmp/err, $rc; in $tmp/hand
#	the_trace			the only *.pwt there, in $trace
#	figures FILE			allocations, frees, reallocations, bytes
#
# SPDX-License-Identifier: GPL-2.0-or-later
module=$top_builddir/.libs/libpoolwatch-preload.so

# hand OPTIONS COMMAND...: in an empty folder that is the working directory.
hand() {
	hand_options=$1
	shift
	rm -rf "$tmp/hand"
	mkdir "$tmp/hand"
	hand_in "$hand_options" "$@"
}

# The same, in the folder as the last one left it.
hand_in() {
	hand_options=$1
	shift
	rc=0
	(cd "$tmp/hand" && LD_PRELOAD=$module POOLWATCH_OPTIONS=$hand_options \
	    exec "$@") >"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?
}

the_trace() {
	trace=
	for found in "$tmp"/hand/*.pwt; do
		[ -z "$trace" ] || fail "another trace: $found"
		[ -e "$found" ] && trace=$found
	done
	[ -n "$trace" ] || fail "no trace in $(ls "$tmp/hand")"
}

# No line but those of the report's figures, that two runs share.
figures() {
	"$poolleak" --report=summary "$1" 2>"$tmp/said" |
		grep -E '^  (allocations|frees|reallocations|allocated|not freed)'
}

# Complete, sound, and poolleak says so by its status.
whole() {
	"$poolleak" --check "$1" >"$tmp/verdict" 2>&1 ||
		fail "$1: $(cat "$tmp/verdict")"
	has "$tmp/verdict" 'sound, complete'
}
