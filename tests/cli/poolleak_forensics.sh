#!/bin/sh
# poolleak_forensics.sh - damage is decoded: what was written, where pointers
# among it led when it was found, and who was at work meanwhile.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch poolleak
need jq
cd "$tmp" || exit 1

cat >bad.c <<'END'
#include <stdlib.h>
#include <string.h>
#define HERE __attribute__((noinline)) static
struct conn { char name[24]; struct conn *next; };
typedef void *volatile *cells;
HERE struct conn *conn_new(void) { return malloc(sizeof(struct conn)); }
HERE void *new_of(int n) { return malloc(n); }
HERE void element(void)
{
	volatile int *t = new_of(40);
	for (int i = 0; i <= 10; i++)
		t[i] = 7 * i;
	free((void *)t);
}
HERE void pointer(void)
{
	struct conn *c = conn_new();
	cells p = new_of(33 - 1);
	p[4] = c->name + 8;
	free((void *)p);
	free(c);
}
HERE void code(void)
{
	cells p = new_of(32);
	p[4] = (void *)conn_new;
	free((void *)p);
}
HERE void text(void)
{
	char *p = new_of(8);
	strcpy(p, "Georgetown, DC");
	free(p);
}
HERE void busy(void)
{
	char *volatile p = new_of(8);
	char *volatile a = malloc(12);
	char *volatile b = calloc(1, 300);
	char *volatile c = malloc(11);
	for (int i = 0; i < 4; i++)
		((volatile char *)p)[8 + i] = (char)(i + 1);
	free(a), free(b), free(c), free(p);
}
HERE void gone(void)
{
	struct conn *volatile c = conn_new(), *volatile d = conn_new();
	free(d);
	free(c);
	c->next = d;
}
int main(void)
{
	element(), pointer(), code(), text(), busy(), gone();
	return 0;
}
END
$CC -g -O0 -w -fno-builtin -o bad bad.c || exit 1
run poolwatch -q -o t.pwt ./bad
cp err told
has told 'one element of 4 bytes more: 10 fit, 11 need 44'
has told 'The bytes written are text: "wn, DC" and its NUL\. 15 bytes'
has told 'an address in conn_new'

run poolleak t.pwt
tr -s '\n' ' ' <out | sed 's/  */ /g' >line
has line 'The 4 bytes are the number 70\. It looks like one element of 4 bytes more: 10 fit, 11 need 44 bytes\.'
has line 'At offset 32 stands a pointer, 0x[0-9a-f]+, to byte 8 of a block of 32 bytes, allocated by malloc in conn_new \('
has line 'At offset 32 stands 0x[0-9a-f]+, an address in conn_new \('
has line 'At offset 24 stands a pointer, 0x[0-9a-f]+, to the start of a freed block of 32 bytes, allocated by malloc in conn_new'
has line 'with blocks of 12 bytes or more: malloc\(12\) in busy [^ ]*bad.c:[0-9]+ calloc\(300\) in busy '
hasnt line 'malloc\(11\)'

run poolleak --format=json t.pwt
cp out j.json
check "the JSON is valid" python3 "$top_srcdir/tests/report-valid" j.json
check "JSON says it too" jq -e '[.errors[] | .written[]?.what] ==
    ["number", "element", "pointer", "element", "pointer", "element", "text",
    "element", "pointer"]
    and ([.errors[] | select(.active) | .active[] | .size][0:2] == [12, 300])
    and ([.errors[] | .written[]?.needed // empty][0] == 44)' j.json
finish
