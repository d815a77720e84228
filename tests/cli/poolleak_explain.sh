#!/bin/sh
# poolleak_explain.sh - --explain=VALUE finds the block, the moment and who freed
# it, from an address, from fill, and from parts of fill.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq
need python3
cd "$tmp" || exit 1

cat >told.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#define HERE __attribute__((noinline))
struct conn { char name[24]; struct conn *next; };
HERE struct conn *conn_new(void) { return malloc(sizeof(struct conn)); }
HERE void conn_drop(struct conn *c) { free(c); }
HERE void *kept_new(void) { return malloc(100); }
int main(void)
{
	struct conn *volatile c = conn_new();
	char *kept = kept_new();
	char *mapped = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
	unsigned long long freed, fresh, guard;

	memcpy(&fresh, kept + 8, 8);
	memcpy(&guard, kept + 104, 8);
	printf("conn %p\n", (void *)c);
	conn_drop(c);
	memcpy(&freed, (char *)c + 24, 8);
	printf("kept %p\nmapped %p\nfreed 0x%llx\nfresh 0x%llx\n"
	    "guard 0x%llx\ncode %p\n", kept, mapped, freed, fresh, guard,
	    (char *)conn_drop + 4);
	return 0;
}
END
$CC -g -O0 -w -fno-builtin -o told told.c || exit 1
run poolwatch -q -o t.pwt ./told
status 0
cp out values
value() {
	awk -v name="$1" '$1 == name { print $2 }' values
}
# bent WORD EXPRESSION: the value changed, v stands for it.
bent() {
	python3 -c "v = $(value "$1"); m = (1 << 64) - 1; print(hex(($2) & m))"
}
# asked VALUE PATTERN...: lines of the answer, blanks as one, in one line.
asked() {
	run poolleak --explain="$1" t.pwt
	status 0 "--explain=$1"
	tr -s ' \n' ' ' <out >line
	shift
	for pattern; do
		has line "$pattern"
	done
}

asked "$(bent conn v+16)" \
	'1\. It is an address in a freed block of 32 bytes, at offset 16\.' \
	'freed by free\(\) .* #0 conn_drop .* #1 main .* allocated by malloc\(32\) .* #0 conn_new .* #1 main'
asked "$(value kept)" '1\. It is the address of a block of 100 bytes\.' \
	'allocated by malloc\(100\) .* #0 kept_new'
hasnt line 'freed by'
asked "$(bent kept v+100)" '1\. It is the address right behind a block of 100'
asked "$(bent kept v+104)" 'behind a block of 100 bytes, 4 bytes past its end'
asked "$(bent kept v-8)" '8 bytes before a block of 100 bytes'
asked "$(bent mapped v+4096)" \
	'1\. It is an address in a mapping of 65,536 bytes .* 4096 bytes into it' \
	'mapped by mmap\(65536\) .* #0 main'
asked "$(value code)" '1\. It is an address in conn_drop \('

# Fill, whole and in parts.
asked "$(value freed)" \
	'1\. It is the word that fills a freed block of 32 bytes since it was freed' \
	'#0 conn_drop'
asked "$(bent freed v+24)" \
	'1\. It is the word that fills a freed block of 32 bytes since it was freed, plus 24: a member'
asked "$(bent freed '(v >> 24) | (v << 40)')" \
	'the word, read from no multiple of 8, that fills a freed block of 32 bytes'
asked "$(bent freed "int.from_bytes(v.to_bytes(8, 'little'), 'big')")" \
	'its bytes swapped, that fills a freed block of 32'
asked "$(bent freed 'v & 0xffffffff')" \
	'half the word that fills a freed block of 32 bytes'
asked "$(value fresh)" \
	'the word that fills a block of 100 bytes until it is written to'
asked "$(value guard)" \
	'the word that fills a block of 100 bytes beyond its ends'

# What is told of a moment.
asked 0x1234567812345678 'Nothing is known of it'
asked 24 'NULL, and 24'
run poolleak --at=0 --explain="$(value kept)" t.pwt
has out 'as at 0\.0000 s'
has out 'Nothing is known of it'
run poolleak --process=1 --explain="$(value kept)" t.pwt
has out 'Nothing is known of it'

# For programs.
run poolleak --format=json --explain="$(bent conn v+16)" t.pwt
cp out j.json
check "JSON" jq -e '.format == "poolwatch-explain" and .version == 1 and
    .answers[0].what == "block" and .answers[0].state == "freed" and
    .answers[0].offset == 16 and .answers[0].block.size == 32 and
    .answers[0].block.free_stack[0].function == "conn_drop" and
    .answers[0].block.alloc_stack[0].function == "conn_new"' j.json

for bad in zz 0x 12x ''; do
	run poolleak --explain="$bad" t.pwt
	status 2 "--explain=$bad"
	has err 'is no value'
done
run poolleak --explain=1 --check t.pwt
status 2 'two at a time'
finish
