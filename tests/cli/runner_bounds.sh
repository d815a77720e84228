#!/bin/sh
# runner_bounds.sh - a recording stays within --max-size and leaves the rest of
# a disk alone; where it has to stop, or the disk is full in the middle, the
# program does not notice and the trace says why it ends.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq
cd "$tmp" || exit 1

cat >busy.c <<'END'
#include <stdio.h>
#include <stdlib.h>
/*
 * Waits for a line, makes rounds of a thousand blocks of sizes that compress
 * badly, one in ten of which stays; prints a sum and exits with 6.
 */
int main(int argc, char **argv)
{
	unsigned long x = 1, sum = 0;
	int n = argc > 1 ? atoi(argv[1]) : 100;
	static void *p[1000];

	free(malloc(1));
	printf("ready\n");
	fflush(stdout);
	getchar();
	for (int round = 0; round < n; round++) {
		for (int i = 0; i < 1000; i++) {
			x = x * 6364136223846793005ul + 1442695040888963407ul;
			p[i] = malloc(x >> 53);
			sum += x >> 53;
		}
		for (int i = 0; i < 1000; i++)
			if (i % 10)
				free(p[i]);
	}
	printf("%lu\n", sum);
	return 6;
}
END
$CC -O1 -fno-builtin -o busy busy.c || exit 1
echo | ./busy >bare

# told WORDS: the run ended as it would have, and poolwatch said why.
told() {
	status 6 "$1"
	same "$1: the output" bare out
	has err "$2"
	has err 'recording ends here, the program goes on'
	has err 'verdict: not judged; '
}

# stopped TRACE WORDS: readers know where it ends, and why.
stopped() {
	run poolleak --format=json -o t.json "$1"
	status 4 'a trace that was stopped'
	has err "recording was stopped before the end: $2"
	check 'JSON says that it is not all' jq -e '.source |
	    .complete == false and (has("lost_events") | not) and
	    (.missing | map(test("stopped before the end")) | any)' t.json
	check 'what was recorded is there' jq -e '.summary.allocations > 100' \
	    t.json
	check 'what is missing makes no error' jq -e '.errors == []' t.json
	run poolleak --check "$1"
	status 4 '--check of it'
	has out 'sound, incomplete'
}

# watch OPTION...: busy, with its line.
watch() {
	rc=0
	echo | "$poolwatch" "$@" >out 2>err || rc=$?
}

for mode in check profile; do
	for size in 40K 300K; do
		watch -m $mode --max-size=$size --force -o t.pwt ./busy
		told "$mode, $size" 'the trace has reached --max-size'
		stopped t.pwt 'the trace had reached its greatest size'
		check "$mode: the trace is larger than $size" \
		    test "$(stat -c %s t.pwt)" -le $((${size%K} * 1024))
		check "$mode: not even half of $size was used" \
		    test "$(stat -c %s t.pwt)" -gt $((${size%K} * 512))
	done
done
watch --max-size=2G,stop --force -o t.pwt ./busy 3
status 6 'a bound that is far'
run poolleak --check t.pwt
status 0 'the trace of it'

# begin OPTION...: busy up to its line, which descriptor 3 will send; $front.
begin() {
	rm -f go
	mkfifo go
	"$poolwatch" -v --force "$@" <go >out 2>err &
	front=$!
	exec 3>go
	for i in $(seq 100); do
		grep -q ready out && break
		sleep 0.1
	done
}

# end: the line; $rc.
end() {
	echo >&3
	exec 3>&-
	rc=0
	wait $front || rc=$?
}

# A bound of the kernel's, met in the middle.
if command -v prlimit >/dev/null; then
	begin -o t.pwt ./busy
	prlimit --fsize=100000 --pid \
	    "$(sed -n 's/.* recorder \([0-9]*\).*/\1/p' err)"
	end
	told 'RLIMIT_FSIZE' "can't be written: File too large"
	stopped t.pwt 'the trace could not be written'
fi

for bad in 0 x 1M,x 1M,stop,stop ,stop; do
	run poolwatch --max-size=$bad true
	status 125 "--max-size=$bad"
done

mkdir small
mount -t tmpfs -o size=16m none small 2>/dev/null || {
	echo "no small file system can be mounted: its rules are not tried"
	finish
}
trap 'umount "$tmp/small"; clean_up' EXIT

# A tenth of what is free.
watch -o small/t.pwt ./busy 2000
echo | ./busy 2000 >bare
told 'the default' 'the trace has reached --max-size'
stopped small/t.pwt 'the trace had reached its greatest size'
check 'the default is more than a tenth' \
    test "$(stat -c %s small/t.pwt)" -le 1677722
rm small/t.pwt

# free_kb: what the small file system has left.
free_kb() {
	df -k --output=avail small | tail -n 1
}

# The last 5% (819 KB) are never taken.
head -c 15200000 /dev/zero >small/fill
watch --max-size=1G -o small/t.pwt ./busy 2000
told 'the rest of a disk' 'the disk is nearly full'
stopped small/t.pwt 'the disk was nearly full'
check "only $(free_kb) KB are left" test "$(free_kb)" -ge 819
rm small/t.pwt small/fill

# Full in the middle, by somebody else.
begin --max-size=1G -o small/t.pwt ./busy 2000
sleep 0.3
head -c 20000000 /dev/zero >small/fill 2>/dev/null
check 'the disk is not full' test "$(free_kb)" -eq 0
end
told 'a disk full in the middle' "disk is nearly full|No space left"
run poolleak small/t.pwt
status 4 'a trace on a full disk'
finish
