#!/bin/sh
# poolleak_names.sh - names out of a program or a trace reach the terminal with
# their control bytes escaped, whoever prints them; lines keep to 80 columns
# with a pid of seven digits.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak poolview
need jq
cd "$tmp" || exit 1
folder=$(printf 'fo\033[7mld\ter\a')
mkdir "$folder"
program=$folder/$(printf 'pro\033]0;x\agram')
$CC -g -O1 -w -fno-builtin -o plain "$top_srcdir/tests/cli/hostile.c" || exit 1
LC_ALL=C sed "$(printf 's/redE_31mE_0_titleB/red\033[31m\033]0;title\a/g
	s/wideCC2JRRRtfel/wide\302\2332J\342\200\256tfel/g')" plain >"$program"
chmod +x "$program"

# tame FILE: nothing in it that a terminal would obey: C0 but newline, DEL, C1
# as UTF-8, marks that turn the direction of writing.
tame() {
	LC_ALL=C grep -anE "$(printf '[\001-\011\013-\037\177]|\302[\200-\237]|\342\200[\252-\256]|\342\201[\246-\251]')" \
		"$1" >bad && { fail "$2 passes control bytes on"; od -c bad | head; }
}

# The measure can tell.
printf 'a\033b\n' >probe
if ! (tame probe probe >/dev/null; [ "$failures" != 0 ]); then
	fail 'the measure sees no escape'
fi

trace=$(printf 't\033[31m.pwt')
run poolwatch --leak-check=full -v -o "$trace" "$program" \
	"$(printf 'arg\033[2J')"
status 0
cp "$tmp/err" run.err
tame run.err 'poolwatch'
has run.err 'double-free'
has run.err 'red\\x1b\[31m\\x1b\]0;title\\a'

run poolleak --frames=all --report=summary,errors,leaks,sites,frag "$trace"
status 0
tame "$tmp/out" 'the report'
tame "$tmp/err" 'poolleak'
has "$tmp/out" '#0  +hidden '
run poolleak --dump "$trace"
tame "$tmp/out" 'the dump'
run poolleak --check "$trace"
tame "$tmp/out" 'the check'
run poolleak --format=json "$trace"
cp "$tmp/out" t.json
check 'JSON: the name itself' jq -e '[.leaks[].stack[0].symbol] |
	any(. == "__GI_hidden")' t.json >/dev/null
check 'JSON: the bytes of a name' jq -e '[.errors[0].alloc_stack[0].function] ==
	["red\u001b[31m\u001b]0;title\u0007"]' t.json >/dev/null
LC_ALL=C grep -aq "$(printf '\033')" t.json && fail 'JSON has raw escapes'
printf ':save-screen screen\n' >script
run poolview --script=script --size=80x24 "$trace"
[ ! -e screen ] || tame screen 'poolview'

# Missing things are told the same way.
run poolwatch "$(printf 'no\033[31mne')"
status 127
tame "$tmp/err" 'a missing program'
run poolwatch --log-file="$(printf 'no/such\033[31m/x')" true
tame "$tmp/err" 'a missing folder'
run poolwatch "--$(printf 'no\033[31mne')" true
status 125
tame "$tmp/err" 'a wrong option'
run poolleak "--$(printf 'no\033[31mne')"
status 2
tame "$tmp/err" 'a wrong option of poolleak'
run poolleak "$(printf 'no\033[31mne')"
status 3
tame "$tmp/err" 'a missing trace'
POOLWATCH_OPTIONS=$(printf 'no\033[31mne') "$poolwatch" true 2>"$tmp/err"
tame "$tmp/err" 'POOLWATCH_OPTIONS'
POOLWATCH_OPTIONS=$(printf -- '--mode=\033[31mne') "$poolwatch" true 2>"$tmp/err"
tame "$tmp/err" 'a value in POOLWATCH_OPTIONS'

# As wide as with a pid of seven digits: each digit that this one lacks.
digits=$(sed -n 's/^==\([0-9]*\)==.*/\1/p' run.err | head -n 1 | wc -c)
awk -v most=$((80 - (8 - digits))) '/ (verdict|next): / || /poolwatch.*trace/ ||
    /^==[0-9]+==   (library|session)/ { next }
    length > most { print length ": " $0; bad = 1 } END { exit bad }' run.err ||
	fail 'lines of more than 80 columns with a pid of seven digits'
finish
