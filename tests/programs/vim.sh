# vim.sh - a file edited without a screen: substitute, sort, global, write.
#
# SPDX-License-Identifier: GPL-2.0-or-later
need vim

prepare() {
	seq 1 10000 | awk '{ print $1 * 7919 % 6007, "line of text", $1 }' \
		>"$in/text"
}

work() {
	cp "$in/text" text
	"$@" vim -Nu NONE -i NONE -n -es \
	    -c '%s/line of \(text\)/\1 line/g' -c 'sort n' \
	    -c 'g/7 text/normal Ax' -c 'g/^[0-9]*5 /m0' -c 'undo' -c 'redo' \
	    -c 'w' -c '1,3p' -c 'q' text
	wc text
}

produce() {
	echo text
}
