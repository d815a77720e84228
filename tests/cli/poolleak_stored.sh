#!/bin/bash
# poolleak_stored.sh - poolleak on heaps that mmalloc left in files.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need jq

heap=$tmp/heap
# make CASE: the file, and what is in it as variables of the block's name.
make_heap() {
	"$top_builddir/tests/cli/stored" "$heap" "$1" >"$tmp/names" ||
		fail "the heap of case $1 was not made"
	while read -r name address; do
		eval "at_$name=$address"
	done <"$tmp/names"
}

# leak STATUS OPTION...: poolleak on it, out and err kept.
leak() {
	want=$1
	shift
	"$poolleak" "$@" "$heap" >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ "$got" = "$want" ] || fail "poolleak $* answers $got, not $want"
}

says() {
	grep -q -- "$1" "$tmp/out" || fail "$2: no line like '$1'"
}

json() {
	got=$(jq -r "$1" "$tmp/out")
	[ "$got" = "$2" ] || fail "$1 is $got, not $2"
}

make_heap whole
leak 0
says "LEAK .*definite  block $at_top of 1,000 bytes" "a lost tree"
says "and 500 bytes in 2 blocks that only it leads to" "what is below it"
says "LEAK .*definite  block $at_a of 48 bytes" "a lost cycle"
says "LEAK .*possible  block $at_inside of 100 bytes" "an interior pointer"
says 'keys: 3 are set' "the keys"
says 'detached in order' "the state"
says '^verdict: 0 errors, 2 leaks of 1,604 bytes; 1,808 bytes in 8 blocks$' \
    "the verdict"
grep -q "$at_root\|$at_next" "$tmp/out" && fail "a reached block is called lost"
[ "$(awk '{ if (length > n) n = length } END { print n }' "$tmp/out")" -le 80 ] ||
	grep -q '^next:' "$tmp/out" || fail "a line is wider than 80"

leak 7 --error-exitcode=7
leak 0 --check
says 'sound, detached in order' "--check"
leak 2 --dump
leak 0 --format=json
json .format poolwatch-report
json .source.kind heap
json .summary.leaked.definite.blocks 2
json .summary.leaked.indirect.bytes 556
json .summary.leaked.reachable.blocks 2
json .summary.leaked.possible.bytes 100
json ".leaks[] | select(.address == \"$at_top\") | .indirect_bytes" 500
json '.leaks | length' 3
json '.errors | length' 0
"$top_srcdir/tests/report-valid" "$tmp/out" ||
	fail "the JSON is not of the form"

leak 0 -a
[ "$(wc -l <"$tmp/out")" = 8 ] || fail "-a does not list 8 blocks"
grep -qv '^block 0x[0-9a-f]\{16\} 0x[0-9a-f]\{16\} 0x[0-9a-f]\{16\} 0x[0-9a-f]\{16\} [^ ]* [^ ]*$' \
    "$tmp/out" && fail "a line of -a has not the seven fields of leak(1)"
sort -c "$tmp/out" || fail "-a is not in the order of addresses"
leak 0 -d
says '^free 0x' "-d"
leak 0 -ad
[ "$(wc -l <"$tmp/out")" -gt 8 ] || fail "-ad lists not both"

# An overrun into slack, and one into the fence of the next header.
make_heap overrun
leak 4
says "ERROR 1  heap-overrun" "an overrun of slack"
says "the byte at offset 21 is 78, not f1" "the exact byte"
says "the byte at offset 24 is 79, not be" "an overrun of no slack"
says "The block is $at_tight" "whose it was"
says '^verdict: 2 errors' "the verdict of damage"
leak 4 --check
says 'damaged' "--check of damage"

make_heap torn
leak 0
says 'left without detaching' "a heap left open"
says "LEAK .*definite  block $at_top of 1,000 bytes" "its blocks"

# A header overwritten: that block is lost, the others are not.
make_heap whole
offset=$((at_two - $(od -An -tu8 -j24 -N8 "$heap") - 8))
printf '\1\2\3\4\5\6\7\10' |
	dd of="$heap" bs=1 seek=$offset conv=notrunc status=none
leak 4
says 'the header of a block is overwritten; [0-9]* bytes are lost' "the walk"
says "block $at_a of 48 bytes" "the blocks behind"
says "block $at_top of 1,000 bytes" "the blocks before"

make_heap whole
dd if=/dev/zero of="$heap" bs=1 seek=28 count=2 conv=notrunc status=none
leak 3
grep -q 'header is damaged' "$tmp/err" || fail "a damaged header is not named"
make_heap whole
truncate -s 4600 "$heap"
leak 4
says 'shorter than its heap' "a file cut off"
printf 'mmalloc\0' >"$heap"
leak 3

# Nothing recurses: a lost list of a million.
make_heap list
soft=$(ulimit -S -s)
ulimit -S -s 256
leak 0
ulimit -S -s "$soft"
says "LEAK 1  definite  block $at_head of 16 bytes" "the head of a list"
says '15.3 MiB in 999,999 blocks' "its tail"

finish
