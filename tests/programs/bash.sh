# bash.sh - a pipeline with subshells, a loop and a status of its own.
#
# SPDX-License-Identifier: GPL-2.0-or-later
need bash

prepare() {
	cat >"$in/work" <<-'SH'
	set -o pipefail
	seq 1 1500 | while read -r n; do echo "$((n * 7919 % 1009)) line"; done |
		sort -n | uniq -c | awk '{ s += $1 * $2 } END { print s, NR }'
	for i in 1 2 3 4 5 6 7 8; do
		(x=$(echo "$i"); a[$x]=$x; echo "${a[@]}")
	done
	echo "to stderr" >&2
	exit 7
	SH
}

work() {
	"$@" bash "$in/work"
}
