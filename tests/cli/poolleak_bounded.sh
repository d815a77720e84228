#!/bin/sh
# poolleak_bounded.sh - merging the streams of 64 threads takes no more memory for
# sixteen times as many events: check, replay and dump alike.
#
# What a reader holds is one round, and a round is at most what the recorder
# found in 64 MiB of chunks: that much on a busy machine, far less on an idle
# one; a round is held once as stored and once unpacked.  All of the long trace
# unpacked is more than twice the bound.
#
# Threads that do nothing else lose events when the disk stops for half a second;
# the rest is as long a trace, and is read with status 4.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need python3
cd "$tmp" || exit 1
$CC -O1 -w -fno-builtin -pthread -o crowd \
	"$top_srcdir/tests/preload/crowd.c" || exit 99

cat >peak.py <<'END'
import os, subprocess, sys
# The peak of resident memory of a command, in KiB.
p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(p.pid, 0)
if os.waitstatus_to_exitcode(status) not in (0, 4):
    sys.exit('status %#x' % status)
print(usage.ru_maxrss)
END

for n in 20000 320000; do
	run poolwatch -q --leak-check=no -m profile -o $n.pwt ./crowd flood $n
	status 0 "flood $n"
	"$poolleak" --check $n.pwt >verdict || [ $? -eq 4 ] ||
		fail "$n: $(cat verdict)"
	has verdict '^[0-9]*.pwt: sound'
	echo "$n events a thread: $(stat -c %s $n.pwt) bytes"
done
[ "$(stat -c %s 320000.pwt)" -gt $((4 * $(stat -c %s 20000.pwt))) ] ||
	fail 'the long trace is not much longer'
for what in --check --report=summary --dump; do
	few=$(python3 peak.py "$poolleak" $what 20000.pwt) || fail "$what: few"
	many=$(python3 peak.py "$poolleak" $what 320000.pwt) ||
		fail "$what: many"
	echo "$what: $few KiB and $many KiB"
	[ "${many:-0}" -gt 0 ] && [ "$many" -lt $((few + 98304)) ] ||
		fail "$what: $many KiB for the long trace, $few for the short"
done
finish
