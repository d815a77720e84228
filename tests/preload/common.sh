# common.sh - what the tests of the preload module share; libtest.sh first.
#
#	build early				$tmp/early from early.c
#	watch check "$tmp/early"		$tmp/out, $rc, $tmp/dump
#	events 'ALLOC' 'size=6001' 1		so many lines have both
#
# SPDX-License-Identifier: GPL-2.0-or-later
need_ours poolwatch poolleak
here=$top_srcdir/tests/preload

# build NAME [FLAG...]: from NAME.c or NAME.cc, as a user builds: no builtins.
build() {
	build_name=$1
	shift
	if [ -e "$here/$build_name.cc" ]; then
		# clang asks for both by name.
		$CXX -std=c++17 -fsized-deallocation \
		    -g -O1 -fno-builtin -o "$tmp/$build_name" \
			"$here/$build_name.cc" "$@" || exit 1
	else
		$CC -std=gnu11 -g -O1 -fno-builtin -Wall -Wextra \
			-o "$tmp/$build_name" "$here/$build_name.c" \
			-pthread "$@" || exit 1
	fi
}

# watch MODE COMMAND...: its output and status, and its events as text.
watch() {
	watch_mode=$1
	shift
	rm -f "$tmp/t.pwt"
	run poolwatch -m "$watch_mode" -o "$tmp/t.pwt" $watch_options "$@"
	cp "$tmp/out" "$tmp/own"
	"$poolleak" --check "$tmp/t.pwt" >"$tmp/verdict" 2>&1 ||
		fail "$watch_mode: $(cat "$tmp/verdict")"
	"$poolleak" --dump "$tmp/t.pwt" >"$tmp/dump" ||
		fail "$watch_mode: the trace can't be dumped"
}
watch_options=

# count PATTERN [PATTERN]: lines of the dump that match both.
count() {
	grep -aE -e "$1" "$tmp/dump" | grep -acE -e "${2:-.}"
}

# events PATTERN PATTERN N
events() {
	events_n=$(count "$1" "$2")
	[ "$events_n" = "$3" ] ||
		fail "$watch_mode: $events_n events like $1 $2, not $3"
}
