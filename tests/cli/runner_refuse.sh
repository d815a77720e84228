#!/bin/sh
# runner_refuse.sh - what can't be watched is refused before it is started.
#
# Every refused program would write a file; none may.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch
cd "$tmp" || exit 1

cat >mark.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
	free(malloc(1));
	return fclose(fopen("started", "w"));
}
END
$CC -o dynamic mark.c || exit 1

# refused WORDS COMMAND...: status 125, the words, and it never ran.
refused() {
	words=$1
	shift
	rm -f started t.pwt
	run poolwatch -o t.pwt "$@"
	status 125 "$words"
	has err "$words"
	check "$1 was started" test ! -e started
	check "$1 left a trace" test ! -e t.pwt
}

# byte FILE OFFSET OCTAL: change one byte.
byte() {
	printf "\\$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# The harness can fail: a program like the others is not refused.
run poolwatch -o t.pwt ./dynamic
status 0
check "the plain program did not run" test -e started
rm -f t.pwt started

if $CC -static -o static mark.c 2>/dev/null; then
	refused 'statically linked' ./static
else
	echo "no static libc here"
fi
if $CC -static-pie -o static-pie mark.c 2>/dev/null; then
	refused 'statically linked' ./static-pie
fi

cp dynamic foreign
byte foreign 18 363		# e_machine: RISC-V
refused 'another machine' ./foreign
cp dynamic narrow
byte narrow 4 1			# ELFCLASS32
refused '32-bit|whole ELF|another machine' ./narrow
head -c 40 dynamic >stump
chmod +x stump
refused 'no whole ELF file' ./stump
printf '\001\002\000garbage' >noise
chmod +x noise
refused 'neither an ELF program nor a script' ./noise

# Sanitizers, found by needed library or by symbol.
if $CC -fsanitize=address -o asan mark.c 2>/dev/null; then
	refused 'AddressSanitizer' ./asan
fi
if $CC -fsanitize=address -static-libasan -o asan-inside mark.c \
	2>/dev/null; then
	refused 'sanitizer inside' ./asan-inside
fi
if $CC -fsanitize=thread -o tsan mark.c 2>/dev/null; then
	refused 'ThreadSanitizer' ./tsan
fi

# Scripts: by their interpreter, to the end.
if [ -x static ]; then
	printf '#!%s/static\n' "$tmp" >script
	printf '#! %s/script with words\n' "$tmp" >outer
	chmod +x script outer
	refused 'statically linked' ./script
	refused 'statically linked' ./outer
fi
printf '#!/bin/sh\necho "by $1"; exit 5\n' >good
printf 'echo "by $1"; exit 6\n' >bare
chmod +x good bare
run poolwatch -q -o none ./good me
status 5
has out '^by me$'
run poolwatch -q -o none ./bare me
status 6 'a script without #!'
has out '^by me$'
printf '#!%s/loop\n' "$tmp" >loop
chmod +x loop
run poolwatch -o none ./loop
status 126 'a script that is its own interpreter'

# An allocator of its own: not refused, but told, before and after.
cat >own.c <<'END'
#include <stddef.h>
static char heap[65536];
static size_t used;
void *malloc(size_t n) { used += 64; return heap + used + 0 * n; }
void free(void *p) { (void)p; }
void *calloc(size_t n, size_t m) { return malloc(n * m); }
void *realloc(void *p, size_t n) { (void)p; return malloc(n); }
int main(void) { return malloc(10) == NULL; }
END
$CC -rdynamic -fno-builtin -o own own.c || exit 1
run poolwatch -o none ./own
status 0
has err 'allocator of its own inside'
has err 'verdict: not judged; .*allocator'

# set-user-ID and its kin, where the kernel would honour them.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	cp dynamic suid
	cp dynamic sgid
	chmod 4755 suid
	chmod 2755 sgid
	# root gains nothing by root's own program: the kernel leaves it alone.
	rm -f started
	run poolwatch -o none ./suid
	status 0 'root runs what is set-user-ID root'
	check "it did not run" test -e started
	rm -f started
	chown -R 65534:65534 "$tmp"
	chown 0:0 suid sgid
	chmod 4755 suid
	chmod 2755 sgid
	other='setpriv --reuid 65534 --regid 65534 --clear-groups'
	for bits in suid sgid; do
		run $other "$poolwatch" -o none "./$bits"
		if grep -q 'setpriv:' err; then
			break
		elif grep -q 'not found\|Permission' err; then
			echo "the build tree is closed to others: not tried"
			break
		fi
		status 125 "$bits"
		has err 'is set-(user|group)-ID'
		check "$bits was started" test ! -e started
	done
	run $other setpriv --no-new-privs "$poolwatch" -o none ./suid
	hasnt err 'is set-user-ID'
	chown -R 0:0 "$tmp"
else
	echo "not root: set-user-ID was not tried"
fi

# --doctor says the same and runs nothing.
rm -f started
run poolwatch --doctor ./dynamic
status 0
has err 'can be watched'
run poolwatch --doctor ./noise
status 125
has err 'neither an ELF'
check "--doctor started it" test ! -e started
finish
