#!/bin/sh
# runner_names.sh - where the trace goes, and what happens when it can't.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch
cd "$tmp" || exit 1
mkdir work
cd work || exit 1

traces() {
	ls | grep -c '\.pwt'
}

# watch OPTION...: a run of ls; its words in ../err.
watch() {
	run poolwatch "$@" ls /
}

watch
status 0
pid=$(sed -n 's/^==\([0-9]*\)==.*/\1/p' ../err | head -n 1)
check "the default name is not ls.$pid.pwt" test -f "ls.$pid.pwt"
check "others can read it" \
	test "$(stat -c %a "ls.$pid.pwt")" = 600
rm -f ./*.pwt

WHERE=here; export WHERE
watch -o '%e-%q{WHERE}-%%-%n-%h.pwt'
watch -o '%e-%q{WHERE}-%%-%n-%h.pwt'
host=$(uname -n)
check "letters (1)" test -f "ls-here-%-1-$host.pwt"
check "letters (2)" test -f "ls-here-%-2-$host.pwt"
rm -f ./*.pwt

# With letters the first free name, told; without, refused.
watch -o '%e.pwt'
watch -o '%e.pwt'
has ../err 'that name was taken; the trace is .*ls\.pwt\.2'
check "NAME.2" test -f ls.pwt.2
watch -o ls.pwt
status 125 'an existing file'
has ../err 'File exists.*--force'
echo old >ls.pwt
watch --force -o ls.pwt
status 0
hasnt ls.pwt '^old$'
rm -f ls.pwt*

# A link is not followed.
echo precious >../precious
ln -s ../precious link.pwt
watch --force -o link.pwt
has ../precious '^precious$'
rm -f link.pwt

watch -o deep/er/t.pwt
status 0
check "parents are not made" test -f deep/er/t.pwt

watch -o none
status 0
check "none left a file" test "$(traces)" = 0

for bad in '%' '%y' 'a%' '%q' '%q{' '%q{NO_SUCH_VARIABLE_HERE}' ''; do
	watch -o "$bad"
	status 125 "-o '$bad'"
done
watch -o "$(printf '%05000d' 1)"
status 125 'a name of 5,000 bytes'

# Messages go to a file when asked.
watch --log-file='log.%p' -o t.pwt
check "stderr with --log-file" test ! -s ../err
has log.* '^==[0-9]+== verdict: '
rm -f t.pwt log.*

# Names that would drive a terminal are written as asked, and told escaped.
odd=$(printf 'evil\033[31m\nname')
cp /bin/ls "$odd"
run poolwatch "./$odd" /
status 0
check "the odd name is not kept" test -n "$(ls | grep -a evil.*pwt ||
	find . -name 'evil*.pwt')"
check "an escape byte reached the terminal" \
	test "$(tr -dc '\033' <../err | wc -c)" = 0
has ../err 'evil\\x1b\[31m\\nname\.[0-9]+\.pwt'
rm -f evil*
cd ..

# A folder nobody may write: TMPDIR, /tmp, none, each told.
if [ "$(id -u)" = 0 ]; then
	if command -v setpriv >/dev/null; then
		as='setpriv --reuid 65534 --regid 65534 --clear-groups'
	else
		as=
	fi
else
	as=env
fi
mkdir closed open
chmod 755 .
chmod 777 open
chmod 555 closed
if [ -n "$as" ] && $as "$poolwatch" --version >/dev/null 2>&1 &&
	$as test -r "$top_builddir/.libs/libpoolwatch-preload.so" &&
	cd closed && $as test ! -w . && $as test -w ../open; then
	TMPDIR=$tmp/open; export TMPDIR
	run $as "$poolwatch" ls /
	status 0
	has ../err "can't be written there: .*Permission denied"
	has ../err "the trace goes to $tmp/open/ls"
	check "no trace in TMPDIR" test -n "$(ls ../open)"
	run $as "$poolwatch" -o here.pwt ls /
	status 125 'a name that was asked for'
	has ../err "can't be written: .*Permission denied"
	unset TMPDIR
	cd ..
else
	echo "no other user can run it here: a closed folder was not tried"
fi
finish
