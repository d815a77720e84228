/*
 * demangle.c - names of the linker to names of the programmer.
 *
 * C++ names are libstdc++'s affair.  Legacy Rust names are C++ names whose
 * last component is a hash (h and 16 digits) and whose punctuation is spelt
 * `$LT$`, `$u20$`, `..`; the new ones (_R...) stay as they are, because libstdc++
 * does not know them; scope.c names their functions where there is DWARF.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "symbol/demangle.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

/* Of libstdc++, which has no C header. */
char	*__cxa_demangle(const char *mangled, char *buffer, size_t *size,
	    int *status);

/* A name longer than this is not worth the time it may take. */
#define DEMANGLE_MAX	(16u << 10)

#define RUST_HASH	16	/* hex digits of the hash */

static const char *const clones[] = {
	".cold", ".constprop", ".isra", ".part", ".lto_priv", ".llvm",
	".localalias", ".clone", ".warm", ".hot",
};

static const struct {
	const char *code;
	char is;
} rust_codes[] = {
	{ "$SP$", '@' }, { "$BP$", '*' }, { "$RF$", '&' }, { "$LT$", '<' },
	{ "$GT$", '>' }, { "$LP$", '(' }, { "$RP$", ')' }, { "$C$", ',' },
};

static bool
is_clone(const char *dot)
{
	size_t i, n;

	for (i = 0; i < PW_ARRAY_LEN(clones); i++) {
		n = strlen(clones[i]);
		if (strncmp(dot, clones[i], n) != 0)
			continue;
		if (dot[n] == '\0' || dot[n] == '@' || (dot[n] == '.' &&
		    isdigit((unsigned char)dot[n + 1])))
			return true;
	}
	return false;
}

/* Where what the compiler or linker hung on begins. */
static size_t
plain_length(const char *s)
{
	size_t n = strcspn(s, "@");
	const char *dot;

	if (n == 0)
		return strlen(s);
	for (dot = s + 1; (dot = strchr(dot, '.')) != NULL; dot++)
		if (dot < s + n && is_clone(dot))
			return (size_t)(dot - s);
	return n;
}

/* The length of name without `::h0123456789abcdef`, or 0: not Rust. */
static size_t
rust_length(const char *name)
{
	size_t n = strlen(name), i;

	if (n <= RUST_HASH + 3 ||
	    strncmp(name + n - RUST_HASH - 3, "::h", 3) != 0)
		return 0;
	for (i = n - RUST_HASH; i < n; i++)
		if (!isxdigit((unsigned char)name[i]))
			return 0;
	return n - RUST_HASH - 3;
}

/* One `$...$` at s into *c; its length, or 0: it is none. */
static size_t
rust_code(const char *s, char *c)
{
	unsigned long u;
	char *end;
	size_t i;

	for (i = 0; i < PW_ARRAY_LEN(rust_codes); i++) {
		size_t n = strlen(rust_codes[i].code);

		if (strncmp(s, rust_codes[i].code, n) == 0) {
			*c = rust_codes[i].is;
			return n;
		}
	}
	if (s[1] != 'u' || !isxdigit((unsigned char)s[2]))
		return 0;
	u = strtoul(s + 2, &end, 16);
	if (*end != '$' || u < 0x20 || u > 0x7e)
		return 0;
	*c = (char)u;
	return (size_t)(end + 1 - s);
}

/* In place: what is decoded is never longer than its code. */
static void
rust_decode(char *name)
{
	char *in = name, *out = name;
	size_t n;

	for (; *in != '\0'; in += n) {
		bool begins = in == name || in[-1] == ':';

		n = 1;
		if (begins && in[0] == '_' && in[1] == '$')
			continue;
		if (in[0] == '.' && in[1] == '.') {
			n = 2;
			*out++ = ':';
			*out++ = ':';
		} else if (in[0] == '$' && (n = rust_code(in, out)) != 0)
			out++;
		else {
			n = 1;
			*out++ = *in;
		}
	}
	*out = '\0';
}

char *
demangle(const char *symbol)
{
	size_t n = plain_length(symbol), rust;
	char *plain = strndup(symbol, n), *name;
	int status;

	if (plain == NULL || n > DEMANGLE_MAX || strncmp(plain, "_Z", 2) != 0)
		return plain;
	name = __cxa_demangle(plain, NULL, NULL, &status);
	if (name == NULL)
		return plain;
	free(plain);
	rust = rust_length(name);
	if (rust != 0) {
		name[rust] = '\0';
		rust_decode(name);
	}
	return name;
}
