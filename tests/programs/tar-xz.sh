# tar-xz.sh - tar piped to xz with two threads.
#
# SPDX-License-Identifier: GPL-2.0-or-later
need tar xz

prepare() {
	mkdir "$in/tree"
	for n in 1 2 3 4 5 6 7 8; do
		seq $n $((100000 + n)) | awk '{ print $1, $1 * 7919 % 10007 }' \
			>"$in/tree/file$n"
	done
	echo 'tar -c --mtime=@0 --owner=0 --group=0 --sort=name -C "$1" tree |
	    xz -0 -T2 >tree.tar.xz; cksum <tree.tar.xz' >"$in/work"
}

work() {
	"$@" bash "$in/work" "$in"
}

produce() {
	echo tree.tar.xz
}
