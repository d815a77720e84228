#!/bin/sh
# runner_signals.sh - what is sent to poolwatch reaches the program, once.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch
cd "$tmp" || exit 1

cat >listen.c <<'END'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* Names every signal it gets; TERM or 5 seconds end it. */
int main(void)
{
	siginfo_t info;
	sigset_t all;
	int sig;

	free(malloc(1));
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	alarm(5);
	printf("listening\n");
	fflush(stdout);
	do {
		sig = sigwaitinfo(&all, &info);
		if (sig == SIGRTMIN + 3)
			printf("RT3 value %d\n", info.si_value.sival_int);
		else
			printf("%d\n", sig);
		fflush(stdout);
	} while (sig != SIGTERM && sig != SIGALRM);
	return 0;
}
END
$CC -o listen listen.c || exit 1

listen() {
	"$@" ./listen >out 2>err &
	front=$!
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		grep -q listening out 2>/dev/null && break
		sleep 0.1
	done
}

listen "$poolwatch" -o none
for signal in HUP INT QUIT USR1 USR2 WINCH; do
	kill -$signal $front
	sleep 0.1
done
kill -TERM $front
wait $front
check "its status" test $? = 0
printf '%s\n' listening 1 2 3 10 12 28 15 >want
same 'the signals passed on' want out

# A real-time signal keeps its value.
if command -v python3 >/dev/null; then
	listen "$poolwatch" -o none
	python3 - $front <<'END'
import ctypes, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.sigqueue(int(sys.argv[1]), signal.SIGRTMIN + 3, ctypes.c_void_p(42))
END
	# Pending together, TERM would be taken first: its number is lower.
	for try in $(seq 100); do
		grep -q RT3 out && break
		sleep 0.05
	done
	kill -TERM $front
	wait $front
	has out '^RT3 value 42$'
fi

# A program that signals its own group gets one, not two.
run setsid -w "$poolwatch" -o none sh -c \
	'trap "echo got" USR1; kill -USR1 0; sleep 0.3; exit 0'
status 0
check "it came more than once" test "$(grep -c got out)" = 1

# An alarm that was running before exec is the program's.
cat >alarmed.c <<'END'
#include <unistd.h>
int main(int argc, char **argv)
{
	(void)argc;
	alarm(1);
	return execvp(argv[1], argv + 1);
}
END
$CC -o alarmed alarmed.c || exit 1
run ./alarmed "$poolwatch" -o none sleep 4
status 142 'an alarm set before'

# As the first process of a container it passes signals on and reaps.
if unshare --pid --fork --mount-proc true 2>/dev/null; then
	cat >orphans.sh <<'END'
(sleep 0.2 &)
(sleep 0.2 &)
sleep 0.6
ps -eo stat= | grep -c '^Z'
exit 3
END
	run unshare --pid --fork --mount-proc "$poolwatch" -o none \
		sh ./orphans.sh
	status 3 'as PID 1'
	has out '^0$'
	unshare --pid --fork --mount-proc "$poolwatch" -o none \
		sh -c 'trap "echo told; exit 8" TERM; echo listening
		for i in 1 2 3 4 5 6 7 8 9; do sleep 0.2; done' >out 2>err &
	outer=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		grep -q listening out && break
		sleep 0.1
	done
	kill -TERM "$(ps -o pid= --ppid $outer | tr -d ' ')"
	wait $outer
	check "PID 1 did not end as its program" test $? = 8
	has out '^told$'
	run unshare --pid --fork --mount-proc "$poolwatch" -o 'x.%p.pwt' true
	run unshare --pid --fork --mount-proc "$poolwatch" -o 'x.%p.pwt' true
	check "the second container has its own trace" \
		test "$(ls x.*.pwt* | wc -l)" = 2
else
	echo "no pid namespaces here: not tried as PID 1"
fi
finish
