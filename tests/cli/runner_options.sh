#!/bin/sh
# runner_options.sh - POOLWATCH_OPTIONS is read as a shell would, and the command
# line wins.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch
cd "$tmp" || exit 1

# with OPTIONS ARG...: a run under POOLWATCH_OPTIONS.
with() {
	POOLWATCH_OPTIONS=$1
	export POOLWATCH_OPTIONS
	shift
	run poolwatch "$@"
	unset POOLWATCH_OPTIONS
}

with '--output=a.pwt -q' true
check "one option" test -f a.pwt
with '	--output="two words.pwt"
   -q  ' true
check "double quotes, tabs, newlines" test -f 'two words.pwt'
with "-o 'it\"s.pwt' -q" true
check "single quotes" test -f 'it"s.pwt'
with '-o back\ slash.pwt' true
check "backslash" test -f 'back slash.pwt'
with '-o "q\"uo\te\\d.pwt"' true
check "backslash in quotes" test -f 'q"uo\te\d.pwt'
with '-o mi"xe"'"'d p'"'arts.pwt' true
check "parts of a word" test -f 'mixed parts.pwt'
with '' true
status 0 'nothing in it'

# The command line comes last.
with '-o env.pwt' -o line.pwt true
check "the environment won" test ! -e env.pwt
check "the command line lost" test -f line.pwt
with '-m profile' -o none true
has err 'mode profile'
with '-m profile' -m check -o none true
has err 'mode check'

# Faults: one line, 125, nothing is run.
for bad in '--no-such' '-o' 'stray' '"open' "'open" 'end\' \
	'--error-exitcode=300' '--mode=fast' '--frames=none' '--depth=0' \
	'--follow=perhaps' '--flags=+fast' '--max-size=big' '--only=' \
	'--sample=0' '--xml=yes' '--tool=massif'; do
	rm -f ran
	with "$bad" -o none sh -c 'touch ran'
	status 125 "$bad"
	check "$bad: more than a line" test "$(wc -l <err)" = 1
	check "$bad: it was run" test ! -e ran
done
with '"open' true
has err 'POOLWATCH_OPTIONS: a quote is not closed'

# memcheck's words: mapped, or answered.
run poolwatch -o none --tool=memcheck --num-callers=3 --trace-children=no \
	--leak-check=yes --track-origins=yes true
status 0
has err 'uninitialised values are not followed here'

# Options end at the first other word, and at --.
run poolwatch -o none echo -q --help
has out '^-q --help$'
run poolwatch -o none -- echo -e --version
has out '^--version$'

# Abbreviations, when they are clear.
run poolwatch --outp=none --quie true
status 0
run poolwatch --le=no true
status 125
has err 'could mean more than one'
finish
