#!/bin/sh
# suppressions.sh - findings are left out by files of memcheck's and LSan's
# syntax, counted, and told with -v; what --gen-suppressions prints silences
# what it was made of.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq
cd "$tmp" || exit 1

cat >bad.cc <<'END'
#include <cstdlib>
#include <cstring>
#define HERE __attribute__((noinline)) static
HERE void twice(int) { void *volatile p = malloc(40); free(p); free(p); }
HERE void over() { char *volatile p = (char *)malloc(10); p[10] = 0; free(p); }
HERE void stays() { char *volatile p = (char *)malloc(10); p[10] = 0; }
HERE void wrong() { int *volatile p = new int[9]; delete p; }
HERE void after() { char *volatile p = (char *)malloc(30); free(p); p[3] = 1; }
static inline __attribute__((always_inline)) void inner()
{ void *volatile p = malloc(70); free((char *)p + 8); free(p); }
HERE void outer() { inner(); }
HERE void kept() { char *volatile p = (char *)malloc(100); *p = 1; p = 0; }
HERE void kept_new() { int *volatile p = new int[50]; *p = 1; p = 0; }
int main()
{
	twice(1); over(); stays(); wrong(); after(); outer();
	kept(); kept_new();
	return 3;
}
END
$CXX -g -O0 -w -fno-builtin -o bad bad.cc || exit 1

run poolwatch -o all.pwt ./bad
status 3
has err 'verdict: 6 errors, '
cp err all.err

# (libstdc++ may keep a block of its own.)
# The round trip: what is made of findings silences each of them, and no other.
run poolleak --gen-suppressions all.pwt
status 0 '--gen-suppressions'
cp out all.supp
check "a block for each finding" [ "$(grep -c '^{$' all.supp)" = "$(($(
	grep -c ERROR all.err) + $(grep -c 'NOT FREED' all.err)))" ]
run poolleak --suppressions=all.supp all.pwt
has out '^suppressed: 6 errors, [34] blocks of [0-9,]+ bytes not freed$'
has out '^verdict: clean; 0 errors, 0 leaks; '
hasnt out 'ERROR|NOT FREED|nothing by'
run poolleak --suppressions=all.supp --gen-suppressions all.pwt
check "nothing is left to suppress" [ ! -s out ]
run poolwatch -v -o again.pwt --error-exitcode=9 --suppressions=all.supp ./bad
status 3 "suppressed errors do not count"
has err 'suppressed: 6 errors, [34] blocks'
has err 'verdict: clean; 0 errors, 0 leaks; '
hasnt err 'ERROR|nothing by'
# One block after the other, alone.
n=0
awk '/^\{$/ { n++ } { print >("one." n) }' all.supp
for one in one.*; do
	run poolleak --suppressions=$one --format=json all.pwt
	jq -e '.summary.suppressed_errors + .summary.leaked.suppressed.blocks
	    == 1 and (.suppressions | length == 1)' out >/dev/null ||
		fail "$one suppresses not just what it was made of"
	n=$((n + 1))
done
check "$n blocks" [ $n -ge 9 ]

# JSON: what is left out is nowhere but in the counts.
run poolleak --suppressions=all.supp --format=json all.pwt
cp out j.json
check "the JSON is valid" python3 "$top_srcdir/tests/report-valid" j.json
check "JSON counts" jq -e '.errors == [] and .leaks == [] and
    .verdict == "clean" and .summary.errors == 0 and
    .summary.suppressed_errors == 6 and
    .summary.leaked.suppressed == .summary.live and
    .summary.leaked.unjudged.blocks == 0 and .summary.live.blocks >= 3 and
    ([.suppressions[].errors] | add) == 6' j.json

# As people write them for memcheck.  The allocating function may be named, a
# fault that is met at free or exit is known by who allocated.
cat >memcheck.supp <<'END'
# a comment
{
   frees
   Memcheck:Free
   fun:free
   fun:_Z*twice*
   ...
}
{
   writes
   Memcheck:Addr1
   ...
   fun:main
   fun:(below main)
}
{
   new
   Memcheck:Leak
   match-leak-kinds: definite
   fun:_Znam
   fun:kept_new()
   src:bad.cc:17
}
{
   never
   Memcheck:Cond
   obj:*
}
{
   of another tool
   Helgrind:Race
   fun:anything
}
END
run poolwatch -v -o none --suppressions=memcheck.supp ./bad
status 3
has err 'suppressed: 4 errors, 1 block of 200 bytes not freed'
has err '  1 error by frees'
has err '  3 errors by writes'
has err '  1 block of 200 bytes not freed by new'
has err '  nothing by never'
has err 'memcheck\.supp:24\)'
has err 'verdict: 2 errors, '
has err 'mismatched-free'
has err 'invalid-free'
run poolwatch -o none --suppressions=memcheck.supp ./bad
has err 'suppressed: 4 errors, 1 block of 200 bytes not freed'
hasnt err 'by never|by frees'
run poolwatch -q -o none --error-exitcode=9 --suppressions=memcheck.supp ./bad
status 9 "what is left counts"

# As LSan has them, and ours of all kinds; several files.
printf 'leak:kept\nleak:over\n' >lsan.supp
printf 'double-free:^twice(int)$\nuse-after-free:after\n' >own.supp
run poolleak --suppressions=lsan.supp --suppressions=own.supp all.pwt
has out 'suppressed: 2 errors, 2 blocks of 300 bytes not freed'
# Inlined functions are frames, and need not be.
printf '{\na\nMemcheck:Free\nfun:free\nfun:inner*\nfun:_ZL5outerv\n}\n' >in.supp
run poolleak --suppressions=in.supp all.pwt
has out 'suppressed: 1 error$'
printf '{\na\nMemcheck:Free\nfun:free\nfun:_ZL5outerv\n}\n' >in.supp
run poolleak --suppressions=in.supp all.pwt
has out 'suppressed: 1 error$'

# A file with a bad line is refused before the program starts.
printf '{\n  a\n  Memcheck:Free\n  function:x\n}\n' >broken.supp
run poolwatch -o none --suppressions=broken.supp sh -c 'echo ran'
status 125 "a bad file"
has err 'broken\.supp:4: .function:x. is none of '
hasnt out ran
run poolwatch -o none --suppressions=missing.supp sh -c 'echo ran'
status 125 "a missing file"
has err 'missing\.supp: No such file'
hasnt out ran
POOLWATCH_OPTIONS=--suppressions=broken.supp run poolwatch -o none true
status 125 "a bad file named by the environment"
has err 'POOLWATCH_OPTIONS: .*broken\.supp:4: '
run poolleak --suppressions=broken.supp all.pwt
status 2 "a bad file"
has err 'broken\.supp:4: .function:x. is none of '
check "nothing on stdout" [ ! -s out ]
POOLWATCH_OPTIONS="--suppressions=own.supp" run poolwatch -o none \
	--suppressions=lsan.supp ./bad
has err 'suppressed: 2 errors, 2 blocks of 300 bytes not freed'
finish
