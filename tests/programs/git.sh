# git.sh - init, add, commit, log -p, gc: many short processes in one tree.
#
# SPDX-License-Identifier: GPL-2.0-or-later
need git

prepare() {
	cat >"$in/work" <<-'SH'
	set -e
	git init -q -b main r
	cd r
	git config gc.autoDetach false
	for n in 1 2 3; do
		for f in 1 2 3 4 5 6 7 8; do
			seq $n $((n * 400 + f * 37)) >file$f
		done
		git add .
		git commit -q -m "change $n"
	done
	git log -p --stat | cksum
	git gc -q
	git fsck --no-progress
	git rev-parse HEAD
	SH
}

work() {
	"$@" bash "$in/work"
}
