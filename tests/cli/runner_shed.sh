#!/bin/sh
# runner_shed.sh - processes that go on without us are named: a static program
# started by vfork, fork, posix_spawn, system, or in place of its starter; one of
# another libc or with a sanitizer, which run as they do alone; one that is begun
# past libc, if it lives for a moment.  None that is recorded is named.
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

# named FILE NAME N: so many processes of that name in FILE are not recorded.
named() {
	check "$1: $3 of $2" jq -e --arg name "/$2" --argjson n "$3" '
		[.processes[] | select(.recorded == false and (.argv[0] |
		endswith($name)))] | length == $n' "$1"
}

# report OPTION... COMMAND...: t.json, what the runner said, its own output.
report() {
	run poolwatch --force -o t.pwt "$@"
	cp err said
	cp out own
	status 0 "$*"
	run poolleak --format=json -o t.json t.pwt
	run poolleak --check t.pwt
	status 0 "--check after $*"
}

# The runner names them too, whatever it was asked to print.
for option in --leak-check=full --leak-check=no; do
	report $option ./starts fork "$tmp/alone"
	has said '^==[0-9]+==   Not recorded: .*/alone, process [0-9]*, at '
	named t.json alone 1
done

cat >says.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int
main(void)
{
	char line[1000];
	FILE *f = fopen("/proc/self/maps", "r");
	int us = 0;

	while (f && fgets(line, sizeof(line), f))
		us |= strstr(line, "libpoolwatch") != NULL;
	puts(us ? "it has us" : "as alone");
	return 0;
}
END
$CC -o plain says.c || exit 99

# An environment that was cleared has us in it nevertheless.
report env -i ./starts spawn "$tmp/plain"
has own '^it has us$'
named t.json plain 0

# Whose ld.so is not glibc's: a copy under another name passes for that.
loader=$(readelf -l starts | sed -n 's/.*interpreter: \(.*\)]$/\1/p')
cp "$loader" "$tmp/ld-other.so.1"
$CC -o other says.c -Wl,--dynamic-linker="$tmp/ld-other.so.1" || exit 99
report ./starts fork "$tmp/other"
has own '^as alone$'
named t.json other 1
if $CC -fsanitize=address -o sanitized says.c 2>/dev/null && ./sanitized; then
	report ./starts fork "$tmp/sanitized"
	has own '^as alone$'
	named t.json sanitized 1
else
	echo 'no AddressSanitizer to try'
fi

# Who gets another user's rights may not even see us.
cp plain setid
if chown 65534 setid 2>/dev/null && chmod 4755 setid; then
	report ./starts fork "$tmp/setid"
	named t.json setid 1
else
	echo 'nobody else to be here'
fi

# Past libc: an exec in place, a child, a child's child, from any thread.
cat >past.c <<'END'
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static char **words;
static void
become(void)
{
	char *none[] = { NULL };

	syscall(SYS_execve, words[0], words, none);
	_exit(9);
}
static void *
start(void *arg)
{
	int status;
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		become();
	waitpid(pid, &status, 0);
	return arg;
}
int
main(int argc, char **argv)
{
	pthread_t t;

	free(malloc(1));
	words = argv + 2;
	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "exec") == 0)
		become();
	if (strcmp(argv[1], "thread") != 0)
		start(NULL);
	else if (pthread_create(&t, NULL, start, NULL) == 0)
		pthread_join(t, NULL);
	return 0;
}
END
$CC -w -fno-builtin -pthread -o past past.c || exit 99
cp "$(command -v sleep)" doze
for way in exec clone thread; do
	report ./past $way "$tmp/doze" 1
	named t.json doze 1
	has said 'Not recorded: .*/doze, process '
done
report ./past clone /bin/sh -c "'$tmp/doze' 1; :"
named t.json doze 1

# Who was named by its starter is not named again.
cat >rest.c <<'END'
#include <unistd.h>
int main(void) { sleep(1); return 0; }
END
$CC -static -o rest rest.c || exit 99
report ./starts spawn "$tmp/rest"
check 'named once' jq -e '[.processes[] | select(.recorded == false)] |
	length == 1' t.json
# A child that sleeps before its first block has us.
report sh -c '(sleep 1) & sleep 1; wait'
check 'who sleeps is named' jq -e '[.processes[] | select(.recorded == false and
	.start > 0.1)] | length == 0' t.json

# Without the runner who starts it says so all the same.
LD_PRELOAD=$(echo "$top_builddir"/.libs/libpoolwatch-preload.so) \
	POOLWATCH_OPTIONS='-o hand.pwt' ./starts fork "$tmp/alone" >out ||
	fail "by hand: status $?"
run poolleak --format=json -o hand.json hand.pwt
status 0 'by hand'
named hand.json alone 1

# What can't even be executed is nobody.
run poolwatch -q --force -o no.pwt ./starts fork "$tmp/alone.c"
run poolleak no.pwt
hasnt out 'Not recorded'
finish
