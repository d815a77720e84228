#!/bin/sh
# poolleak_source.sh - what is no trace gets one clear line and its status.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolleak poolwatch
cd "$tmp" || exit 1

# one_line STATUS PATTERN: of the last run.
one_line() {
	status "$1" "$2"
	has "$tmp/err" "$2"
	check "one line on stderr, not $(wc -l <"$tmp/err")" \
		[ "$(grep -c '^poolleak: ' "$tmp/err")" -le "${3:-1}" ]
	check "nothing on stdout" [ ! -s "$tmp/out" ]
}

run poolleak
one_line 2 'no \*\.pwt here'
: >empty.pwt
run poolleak ./empty.pwt
one_line 3 'empty'
echo 'ref: refs/heads/main, and some more words of text' >foreign
run poolleak foreign
one_line 3 'no trace'
run poolleak "$top_builddir/poolleak"
one_line 3 'is a program; run it under poolwatch'
run poolleak .
one_line 3 'is a folder'
run poolleak /dev/null
one_line 3 'no file that holds a trace'
mkfifo pipe
run timeout 10 "$poolleak" pipe
one_line 3 'no file that holds a trace'
run poolleak missing.pwt
one_line 3 'No such file'
run poolleak nobody
one_line 3 'no such file'
run poolleak 1
one_line 3 'not yet'
touch 4711
run poolleak 4711
one_line 2 '-p 4711 or \./4711'
run poolleak a.pwt b.pwt
one_line 2 '--diff'
printf 'bad\033[31mname' >"$(printf 'x\033[2J.pwt')"
run poolleak "$(printf 'x\033[2J.pwt')"
one_line 3 'x\\x1b\[2J\.pwt'
if [ "$(id -u)" != 0 ]; then
	: >secret.pwt; chmod 0 secret.pwt
	run poolleak secret.pwt
	one_line 3 'Permission denied'
fi

# The newest trace of the folder is taken, and named.
run poolwatch -q -o first.pwt /bin/true
run poolwatch -q -o second.pwt /bin/true
touch -d '2001-01-01' first.pwt
run poolleak
status 0
has "$tmp/err" 'second\.pwt is the newest trace here'
touch -d '2001-01-01' second.pwt empty.pwt
touch -d '2002-01-01' first.pwt
rm -f ./x*.pwt
run poolleak
has "$tmp/err" 'first\.pwt is the newest trace here'

# Options that are promised and not built are refused, not ignored.
for option in --diff=x --pack --push=x -a -d -s -c -b \
	--umem --gdb --thread=1 --baseline=x -p1 --core=x; do
	run poolleak "$option" first.pwt
	one_line 2 'not yet' 2
done
for format in sarif valgrind-xml pprof sqlite html; do
	run poolleak --format=$format first.pwt
	one_line 2 'not yet' 2
done
run poolleak --format=nonsense first.pwt
one_line 2 "no format 'nonsense'" 2
run poolleak --report=growth first.pwt
one_line 2 'not yet' 2
run poolleak --report=summary,nonsense first.pwt
one_line 2 "no report 'nonsense'" 2
run poolleak --filter='(' first.pwt
one_line 2 '--filter' 2
run poolleak --error-exitcode=0 first.pwt
one_line 2 'no number from 1 to 255' 2
run poolleak --nonsense first.pwt
one_line 2 'nonsense' 2
finish
