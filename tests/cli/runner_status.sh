#!/bin/sh
# runner_status.sh - poolwatch ends as the program did, or says why it could not
# begin.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch

# Exit codes are the program's, whatever they are.
for code in 0 1 7 124 125 126 127 200 255; do
	run poolwatch -o none sh -c "exit $code"
	status $code "exit $code"
done

# Signals: the shell sees the same death.
for signal in HUP INT QUIT KILL SEGV TERM USR1 ABRT; do
	run sh -c "kill -$signal \$\$"
	bare=$rc
	run poolwatch -o none sh -c "kill -$signal \$\$"
	status "$bare" "SIG$signal"
done

# Not a shell's 128+n, but a death by signal.
run sh -c '"$0" -o none sh -c "kill -TERM \$\$" & wait $!; kill -l $?' \
	"$poolwatch"
has "$tmp/out" '^TERM$'

# It can't begin.
run poolwatch "$tmp/no-such-program"
status 127
has "$tmp/err" 'no-such-program: not found'
run poolwatch no-such-program-in-path
status 127
has "$tmp/err" 'not found in PATH'
run poolwatch "$tmp"
status 126
has "$tmp/err" 'is a folder'
echo 'echo hi' >"$tmp/plain"
run poolwatch "$tmp/plain"
status 126
has "$tmp/err" "can't be executed"
printf '#!%s/no-such-shell\n' "$tmp" >"$tmp/lost"
chmod +x "$tmp/lost"
run poolwatch "$tmp/lost"
status 127
has "$tmp/err" 'interpreter .*no-such-shell was not found'

# Our own words.
run poolwatch
status 125
run poolwatch --no-such-option true
status 125
has "$tmp/err" 'no option --no-such-option'
run poolwatch --sample=4096 true
status 125
has "$tmp/err" 'not yet'
run poolwatch -p $$
status 125
has "$tmp/err" "poolleak $$"
run poolwatch --version
status 0
has "$tmp/out" '^poolwatch [0-9]'
run poolwatch --help
status 0
check "--help writes to stderr" test ! -s "$tmp/err"
check "--help is wider than 80" \
	test "$(awk '{ if (length > m) m = length } END { print m }' \
	"$tmp/out")" -le 80

# --error-exitcode: N for findings, the program's own without, 125 in doubt.
cat >"$tmp/twice.c" <<'END'
#include <stdlib.h>
int main(int argc, char **argv)
{
	char *volatile p = malloc(10);

	(void)argv;
	free(p);
	if (argc > 1)
		free(p);
	return 3;
}
END
$CC -o "$tmp/twice" "$tmp/twice.c" -w || exit 1
run poolwatch -o none --error-exitcode=9 "$tmp/twice"
status 3 'no error'
run poolwatch -o none --error-exitcode=9 "$tmp/twice" again
status 9 'an error'
has "$tmp/err" 'ERROR 1 +double-free'
has "$tmp/err" '^==[0-9]+== verdict: 1 error'
run poolwatch -o none "$tmp/twice" again
status 3 'an error, but nobody asked'
run poolwatch -o /dev/full --error-exitcode=9 "$tmp/twice"
status 125 'nothing could be recorded'
has "$tmp/err" 'verdict: not judged; .*No space left'

# -q says nothing about a clean run, and the finding of another.
run poolwatch -q -o none "$tmp/twice"
check "-q speaks of a clean run" test ! -s "$tmp/err"
run poolwatch -q -o none "$tmp/twice" again
has "$tmp/err" 'double-free'
has "$tmp/err" 'verdict: '
finish
