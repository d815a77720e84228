#!/bin/sh
# runner_invisible.sh - the program has the environment, descriptors, signals and
# limits it has without us, and our words never get into its files.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch
cd "$tmp" || exit 1

# alike WORDS COMMAND...: the same output bare and watched.
alike() {
	alike_what=$1
	shift
	run "$@"
	mv out bare
	run poolwatch -o none "$@"
	same "$alike_what" bare out
}

alike 'the environment' env
alike 'the environment of a child' sh -c 'env; env | sort | tail -n 3'
LD_PRELOAD=libm.so.6; export LD_PRELOAD
alike 'with a preload of the user' env
unset LD_PRELOAD
alike 'the descriptors' sh -c 'cd /proc/$$/fd && echo *'
alike 'the limits' sh -c 'ulimit -a'
# The five signals of a crash (crash.c) are caught, which /proc shows: 0x4e8.
alike 'blocked, ignored and caught signals' grep '^Sig[BI]' /proc/self/status
alike 'those of a child with some ignored' \
	sh -c 'trap "" INT USR2; grep "^Sig[BI]" /proc/self/status'
alike 'the process group, seen from it' \
	sh -c 'set -- $(sed "s/.*) //" /proc/$$/stat); test $3 = "$(
	ps -o pgid= -p $PPID | tr -d " ")" && echo "ours"'
alike 'nice' nice
# Limits that are soft are the program's alone.
for limit in 'f 100' 'n 9' 't 100'; do
	run sh -c "ulimit -S -$limit; exec \"\$@\"" sh "$poolwatch" -o none \
		sh -c 'ulimit -f; ulimit -n; ulimit -t; exit 3'
	status 3 "ulimit -$limit"
	has out "^${limit#* }\$"
	hasnt err 'not judged; [^n]'
done
alike 'umask and folder' sh -c 'umask; pwd'
if command -v bash >/dev/null; then
	bash -c 'env | grep ^_=; :' >bare
	bash -c '"$0" -o none env 2>/dev/null | grep ^_=; :' "$poolwatch" >out
	sed 's,=.*/,=,' bare >bare.name
	sed 's,=.*/,=,' out >out.name
	same "the shell's word for the program" bare.name out.name
fi
alike 'its own name' sh -c 'echo "$0"; cat /proc/$$/comm; tr "\0" " " </proc/$$/cmdline'
POOLWATCH_OPTIONS='--leak-check=no'; export POOLWATCH_OPTIONS
run poolwatch -o none env
hasnt out POOLWATCH
unset POOLWATCH_OPTIONS

# SIGCHLD ignored by whoever started us: inherited as it was, and the status
# of the program still comes through.
cat >ignore.c <<'END'
#include <signal.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	(void)argc;
	signal(SIGCHLD, SIG_IGN);
	return execvp(argv[1], argv + 1);
}
END
$CC -o ignore ignore.c || exit 1
run ./ignore grep '^SigIgn' /proc/self/status
mv out bare
run ./ignore "$poolwatch" -o none grep '^SigIgn' /proc/self/status
same 'an ignored SIGCHLD' bare out
run ./ignore "$poolwatch" -o none sh -c 'exit 9'
status 9 'with SIGCHLD ignored'

# Standard descriptors that were closed stay closed, and no file of ours takes
# their place.
for closed in 0 1 2; do
	rm -f bare out
	eval "sh -c 'cd /proc/self/fd && echo * >$tmp/bare' $closed>&-"
	eval "\"\$poolwatch\" -o none sh -c \
		'cd /proc/self/fd && echo * >$tmp/out' $closed>&- 2>/dev/null"
	[ $closed = 2 ] && eval "\"\$poolwatch\" -o none sh -c \
		'cd /proc/self/fd && echo * >$tmp/out' 2>&-"
	same "with $closed closed" bare out
done

# A program that closes 2 and opens a file finds nothing of ours in it.
cat >reuse.c <<'END'
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
int main(void)
{
	char *volatile p = malloc(10);

	close(2);
	if (open("data", O_CREAT | O_WRONLY | O_TRUNC, 0644) != 2)
		return 1;
	free(p);
	free(p);
	return write(2, "mine\n", 5) != 5;
}
END
$CC -w -o reuse reuse.c || exit 1
run poolwatch -o none ./reuse
status 0
has err 'double-free'
printf 'mine\n' >mine
same 'the file that got number 2' mine data

# Our own stderr full or closed: the program does not notice.
"$poolwatch" -o none sh -c 'echo fine; exit 4' >out 2>/dev/full
check "status with a full stderr" test $? = 4
has out '^fine$'
"$poolwatch" -o none ./reuse >out 2>&-
check "status with a closed stderr" test $? = 0
{ "$poolwatch" -o none sh -c 'echo fine >&3; exit 4' 3>out 2>&1
	echo $? >rc; } | true
check "status with nobody reading stderr" test "$(cat rc)" = 4
has out '^fine$'

# Who waits for the end of a pipe is not kept waiting by the recorder of
# what lives on.
start=$(date +%s)
"$poolwatch" -o t.pwt sh -c 'sleep 20 >/dev/null 2>&1 </dev/null 3>&- & \
	echo $! >pid' 2>/dev/null | cat
check "a survivor keeps the pipe open" \
	test $(($(date +%s) - start)) -lt 10
kill "$(cat pid)"
finish
