# libtest.sh - what the shell tests share; source it first.
#
#	. "$top_srcdir/tests/libtest.sh"
#	need sqlite3 jq
#	run poolwatch -o "$tmp/t.pwt" sqlite3 :memory: 'select 1'
#	same "its output" "$tmp/bare.out" "$tmp/out"
#	finish
#
# A test answers 0, 1, or 77 with the reason as its last line.  fail notes a
# failure and goes on, so that one run tells everything; finish ends the test
# with what was noted.  $tmp is an empty folder of this test's own, removed at
# the end (kept when KEEP is set); it stands on the disk of the build tree.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -u
LC_ALL=C.UTF-8; export LC_ALL
unset LD_PRELOAD POOLWATCH_OPTIONS NO_COLOR XDG_RUNTIME_DIR 2>/dev/null

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=$(pwd)}"
: "${CC:=cc}" "${CXX:=c++}"
poolwatch=$top_builddir/poolwatch
poolleak=$top_builddir/poolleak
poolview=$top_builddir/poolview
failures=0

mkdir -p "$top_builddir/tests/tmp"
tmp=$(mktemp -d "$top_builddir/tests/tmp/$(basename "$0").XXXXXX") || exit 99

clean_up() {
	if [ -n "${KEEP:-}" ]; then
		echo "kept: $tmp"
	else
		chmod -R u+rwX "$tmp" 2>/dev/null
		rm -rf "$tmp"
	fi
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# Note a failure; the test goes on.
fail() {
	failures=$((failures + 1))
	echo "FAILED: $*"
}

# Note a failure unless the command after the words succeeds.
check() {
	check_words=$1
	shift
	"$@" || fail "$check_words"
}

# The test can't be made here: say why, once.
skip() {
	echo "skipped: $*"
	exit 77
}

# Programs the test can't do without; a path or a name.
need() {
	for needed; do
		command -v "$needed" >/dev/null 2>&1 ||
			skip "$needed is not installed"
	done
}

# The three programs, by name; a missing one is a failure, not a skip.
need_ours() {
	for needed; do
		[ -x "$top_builddir/$needed" ] ||
			{ echo "FAILED: $needed is not built"; exit 1; }
	done
}

# Two files must be equal.
same() {
	cmp -s "$2" "$3" && return
	fail "$1 differs"
	diff -a "$2" "$3" | head -n 20
}

# A file must, or must not, hold a line matching the pattern (grep -E).
has() {
	grep -aEq -e "$2" "$1" && return
	fail "no line like '$2' in $(basename "$1"):"
	head -n 40 "$1"
}

hasnt() {
	grep -aEq -e "$2" "$1" || return 0
	fail "a line like '$2' in $(basename "$1"):"
	grep -aEn -e "$2" "$1" | head -n 5
}

# Our own message lines taken away: what the program itself wrote.
less_ours() {
	grep -av '^==[0-9][0-9]*==' "$1" || :
}

# run COMMAND...: $tmp/out, $tmp/err and $rc; $poolwatch etc. by their names.
run() {
	rc=0
	case $1 in
	poolwatch|poolleak|poolview)
		run_what=$top_builddir/$1; shift
		"$run_what" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?;;
	*)	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?;;
	esac
}

# The status of the last run must be N.
status() {
	[ "$rc" = "$1" ] && return
	fail "status $rc, not $1${2:+: $2}"
	tail -n 10 "$tmp/err"
}

finish() {
	[ "$failures" = 0 ] && exit 0
	echo "$failures failed"
	exit 1
}
