#!/bin/sh
# poolleak_old.sh - traces of version 1 read as the poolleak of their time did: a
# tree of processes with findings, the same with a damaged block, and cut short.
#
# What poolwatch 0.1.0 said of them stands beside them; they stay readable.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolleak
need jq
data=$top_srcdir/tests/data/v1

# said NAME STATUS: the facts of the report, as they were said then.
said() {
	run poolleak --format=json "$data/$1.pwt"
	status "$2" "$1.pwt"
	jq -S '{errors: [.errors[].kind], exits: [.processes[].exit],
	    complete: .source.complete, missing: .source.missing,
	    allocations: .summary.allocations, frees: .summary.frees,
	    bytes_allocated: .summary.bytes_allocated, live: .summary.live,
	    peak: .summary.peak.bytes}' "$tmp/out" >"$tmp/$1.json"
	same "$1.pwt" "$data/$1.json" "$tmp/$1.json"
}
said tree 0
said damaged 4
said cut 4

run poolleak --check "$data/tree.pwt"
status 0 'tree.pwt is sound'
run poolleak --check "$data/damaged.pwt"
has "$tmp/out" 'damaged'
run poolleak "$data/tree.pwt"
has "$tmp/out" 'ERROR 2  double-free'

# A trace of a later version is refused by that name.
cp "$data/tree.pwt" "$tmp/later.pwt"
printf '\377' | dd of="$tmp/later.pwt" bs=1 seek=12 conv=notrunc 2>"$tmp/dd"
run poolleak "$tmp/later.pwt"
status 3 'a later version'
has "$tmp/err" 'newer poolwatch'
finish
