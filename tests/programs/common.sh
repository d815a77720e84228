# common.sh - what the programs, and the runs that count, have in common.
#
# Sourced by run and by ../bench/run after libtest.sh.
#
# SPDX-License-Identifier: GPL-2.0-or-later

# What would make two runs of the same program differ by themselves.
export HOME=$tmp PYTHONHASHSEED=0 PERL_HASH_SEED=0 PYTHONDONTWRITEBYTECODE=1
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org
export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'

# The Debian one, whatever else the user's PATH holds.
PATH=/usr/bin:/bin:$PATH

counter=$top_builddir/tests/programs/.libs/counter.so
mapcounter=$top_builddir/tests/programs/.libs/mapcounter.so
module=$(echo "$top_builddir"/.libs/libpoolwatch-preload.so)

# counted WORDS...: the work once more, the counters in front of the module.
counted() {
	[ -e "$counter" ] && [ -e "$mapcounter" ] ||
		{ fail "$counter or $mapcounter is not built"; return; }
	truncate -s 512K "$tmp/counts" "$tmp/mapcounts"
	COUNTER_FILE=$tmp/counts MAPCOUNTER_FILE=$tmp/mapcounts \
	    POOLWATCH_MODULE=$counter:$mapcounter:$module once counted "$@"
}

# The counter's rows as lines of numbers: pid allocations frees ...
counter_rows() {
	od -An -v -t u8 -w128 "$tmp/counts" | awk 'NR > 1 && $1 {
	    print $1, $2, $3, $4, $5, $6, $7, $8 }'
}

# The sums of the report and of the counter, one line each way, must agree.
count_compare() {
	counter_rows | awk '{ a += $2; f += $3; r += $4; l += $5; b += $6 }
	    END { printf "%d allocations, %d frees, %d reallocations, %d bytes in %d blocks live\n", a, f, r, l, b }' \
		>"$tmp/counter.sum"
	jq -r '.summary | "\(.allocations) allocations, \(.frees) frees, \(.reallocations) reallocations, \(.live.bytes) bytes in \(.live.blocks) blocks live"' \
		"$tmp/report.json" >"$tmp/report.sum"
	echo "counter: $(cat "$tmp/counter.sum") in $(counter_rows | wc -l) processes"
	[ "$(counter_rows | wc -l)" -gt 0 ] || fail "the counter saw nothing"
	same "counts (counter <, report >)" "$tmp/counter.sum" "$tmp/report.sum"
}

# The same for what was mapped.
count_compare_maps() {
	od -An -v -t u8 -w64 "$tmp/mapcounts" | awk 'NR > 1 && $1 {
	    m += $2; u += $3; r += $4; b += $5; l += $6 }
	    END { printf "%d maps, %d unmaps, %d remaps, %d bytes mapped, %d live\n", m, u, r, b, l }' \
		>"$tmp/counter.sum"
	jq -r '.summary.mappings | "\(.maps) maps, \(.unmaps) unmaps, \(.remaps) remaps, \(.bytes_mapped) bytes mapped, \(.bytes) live"' \
		"$tmp/report.json" >"$tmp/report.sum"
	echo "counter: $(cat "$tmp/counter.sum")"
	same "mappings (counter <, report >)" "$tmp/counter.sum" "$tmp/report.sum"
}
