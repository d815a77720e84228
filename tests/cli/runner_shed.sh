#!/bin/sh
# runner_shed.sh - processes that go on without us are named: a static program
# started by vfork, fork, posix_spawn, system, or in place of its starter; and
# none that is recorded is.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq
cd "$tmp" || exit 1

echo 'int main(void) { return 0; }' >alone.c
$CC -static -o alone alone.c || exit 99
cat >starts.c <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;

int
main(int argc, char **argv)
{
	char *args[] = { argv[2], NULL };
	pid_t pid = 0;
	int status;

	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "fork") == 0 && (pid = fork()) == 0) {
		execv(argv[2], args);
		_exit(9);
	}
	if (strcmp(argv[1], "vfork") == 0 && (pid = vfork()) == 0) {
		execve(argv[2], args, NULL);
		_exit(9);
	}
	if (strcmp(argv[1], "descriptor") == 0 && (pid = fork()) == 0) {
		fexecve(open(argv[2], O_RDONLY), args, environ);
		_exit(9);
	}
	if (strcmp(argv[1], "spawn") == 0 && posix_spawn(&pid, argv[2], NULL,
	    NULL, args, environ) != 0)
		return 9;
	if (strcmp(argv[1], "system") == 0)
		return system(argv[2]);
	if (strcmp(argv[1], "exec") == 0)
		execvp(argv[2], args);
	if (pid <= 0 || waitpid(pid, &status, 0) != pid)
		return 8;
	printf("%d\n", (int)pid);
	return status;
}
END
$CC -o starts starts.c || exit 99

for how in fork vfork descriptor spawn system exec; do
	for mode in check profile; do
		run poolwatch -q -m $mode --force -o $how.pwt ./starts $how \
			"$tmp/alone"
		status 0 "$how"
		cp out pid
		run poolleak --format=json $how.pwt
		cp out $how.json
		check "$how, $mode: alone is there, not recorded" jq -e '
			[.processes[] | select(.recorded == false and
			(.argv[0] | endswith("/alone")) and .judged == false)] |
			length == 1' $how.json
		[ $how = exec ] || [ $how = system ] || check "$how: its pid" \
			jq -e --argjson pid "$(cat pid)" '.processes[] |
			select(.recorded == false) | .pid == $pid' $how.json
		run poolleak $how.pwt
		has out "^  Not recorded: .*/alone, process [0-9]*, at "
	done
	run poolwatch -q --force -o $how.pwt ./starts $how /bin/true
	run poolleak $how.pwt
	hasnt out 'Not recorded'
done
# What can't even be executed is nobody.
run poolwatch -q --force -o no.pwt ./starts fork "$tmp/alone.c"
run poolleak no.pwt
hasnt out 'Not recorded'
finish
