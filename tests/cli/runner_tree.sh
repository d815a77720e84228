#!/bin/sh
# runner_tree.sh - which programs of the tree are judged, and who outlives whom.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need python3
cd "$tmp" || exit 1

cat >inner.c <<'END'
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* Allocates 100 blocks, frees one twice when told to, sleeps when told to. */
int main(int argc, char **argv)
{
	char *volatile p = NULL;

	for (int i = 0; i < 100; i++)
		p = malloc(10);
	if (argc > 1 && !strcmp(argv[1], "twice")) {
		free(p);
		free(p);
	}
	if (argc > 1 && !strcmp(argv[1], "sleep")) {
		sleep(2);
		for (int i = 0; i < 11; i++)
			p = malloc(10);
	}
	return 0;
}
END
$CC -w -fno-builtin -o inner inner.c || exit 1

# judged: names of the judged processes of t.pwt, in order.
judged() {
	"$poolleak" --format=json t.pwt | python3 -c 'import json, sys
print(*[p["argv"][0] for p in json.load(sys.stdin)["processes"]
    if p["judged"]])'
}

# is WORDS WANTED OPTION...: who is judged of sh, inner and cat.
is() {
	is_what=$1
	is_want=$2
	shift 2
	run poolwatch --force -o t.pwt "$@" sh -c './inner; echo x | cat; :'
	status 0
	is_got=$(judged | tr ' ' '\n' | sort -u | tr '\n' ' ')
	check "$is_what: judged $is_got" test "$is_got" = "$is_want"
}
is 'by default' './inner sh '
has err '[0-9]+ process(es)? followed, not judged: cat'
is '--only' './inner ' --only=inner
is '--only by path' './inner ' --only='*/inner'
is '--skip in place of the default' 'cat sh ' --skip='inn*'
is '--skip of PROGRAM itself, by a link' './inner cat ' --skip=sh
is '--follow=no' 'sh ' --follow=no

# The errors of a program that is not judged trip nothing.
run poolwatch -o none --error-exitcode=9 sh -c './inner twice; :'
status 9
run poolwatch -o none --error-exitcode=9 --skip=inner sh -c './inner twice; :'
status 0

# A daemon's starter is judged by what it did.
cat >daemon.c <<'END'
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>
int main(void)
{
	void *volatile p = malloc(1);

	free(p);
	return daemon(1, 0) == 0 ? (int)sleep(12) : 1;
}
END
$CC -w -fno-builtin -o daemon daemon.c || exit 1
began=$(date +%s)
run poolwatch -o none --error-exitcode=7 ./daemon
status 0 'a daemon'
has err 'verdict: clean'
has err '1 process of the tree goes on'
check 'a daemon that sleeps keeps us' test $(($(date +%s) - began)) -lt 8

# PROGRAM becomes something that is not seen: nobody calls that clean.
cat >away.c <<'END'
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv)
{
	char *volatile p = malloc(1);

	free(p);
	if (!strcmp(argv[1], "raw"))
		syscall(SYS_execve, argv[2], argv + 2, environ);
	else if (!strcmp(argv[1], "exit"))
		syscall(SYS_exit_group, 4);
	else if (!strcmp(argv[1], "twice"))
		free(p), syscall(SYS_exit_group, 4);
	execv(argv[2], argv + 2);
	return 9;
}
END
$CC -w -fno-builtin -o away away.c || exit 1
for quiet in -q -v; do
	run poolwatch $quiet -o none --error-exitcode=7 ./away raw ./inner
	status 125 'a raw execve'
	has err 'verdict: not judged; .*went out of sight'
	run poolwatch $quiet -o none --error-exitcode=7 ./away exit
	status 125 'a raw exit_group'
	run poolwatch $quiet -o none --error-exitcode=7 ./away twice
	status 7 'an error before that'
	run poolwatch $quiet -o none --error-exitcode=7 ./away exec ./inner
	status 0 'an exec that is followed'
	run poolwatch $quiet -o none --error-exitcode=7 ./away exec ./nothing
	status 9 'an exec that fails'
	if $CC -static -w -o still inner.c 2>/dev/null; then
		run poolwatch $quiet -o none --error-exitcode=7 ./away exec ./still
		status 125 'an exec of a static program'
		has err "verdict: not judged; .*can't be watched"
	fi
done

# Who lives on keeps a recorder; its events get into the trace.
run poolwatch --force -o t.pwt sh -c './inner sleep >/dev/null 2>&1 & :'
status 0
has err '1 process of the tree goes on'
run poolleak --check t.pwt
status 4 'a trace that is still written'
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	sleep 0.3
	"$poolleak" --check t.pwt >/dev/null 2>&1 && break
done
run poolleak --check t.pwt
status 0 'when the survivor has ended'
run poolleak --format=json t.pwt
python3 - out <<'END' || fail 'the survivor'
import json, sys
s = json.load(open(sys.argv[1]))
assert s["source"]["complete"], s["source"]
assert s["summary"]["allocations"] >= 111, s["summary"]
END
finish
