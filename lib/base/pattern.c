/*
 * pattern.c - the name of an output file, from a pattern, without memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "base/pattern.h"

#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "base/compiler.h"
#include "base/os.h"
#include "base/say.h"

struct text {
	char *buf;
	size_t size;
	size_t n;
};

/* -1: no room. */
static int
put(struct text *t, const char *s, size_t n)
{
	if (t->n + n >= t->size)
		return -1;
	memcpy(t->buf + t->n, s, n);
	t->n += n;
	t->buf[t->n] = '\0';
	return 0;
}

static int
put_word(struct text *t, const char *s)
{
	return put(t, s, strlen(s));
}

static int
put_number(struct text *t, int64_t number)
{
	char digits[24];

	say_format(digits, sizeof(digits), "%llu",
	    (unsigned long long)(number > 0 ? number : 0));
	return put_word(t, digits);
}

static const char *
base_name(const char *path)
{
	const char *p = strrchr(path, '/');

	return p != NULL && p[1] != '\0' ? p + 1 : path;
}

/* Not below malloc, but for a process that starts: 400 bytes. */
static PW_NOINLINE int
put_host(struct text *t)
{
	struct utsname u;

	if (os_syscall(SYS_uname, (long)&u, 0, 0, 0, 0, 0) != 0)
		return put_word(t, "localhost");
	return put_word(t, u.nodename);
}

static const char *
variable(char *const *env, const char *name, size_t n)
{
	for (; env != NULL && *env != NULL; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

/* %q{VAR} at p ("{VAR}..."); the bytes used, or -1. */
static int
put_variable(struct text *t, const char *p, char *const *env, char *why,
    size_t why_size)
{
	const char *end = strchr(p, '}'), *value;

	if (*p != '{' || end == NULL || end - p > 256) {
		say_format(why, why_size, "%%q needs a variable: %%q{VAR}");
		return -1;
	}
	value = variable(env, p + 1, (size_t)(end - p - 1));
	if (value == NULL) {
		say_format(why, why_size,
		    "the variable of %%q{...} is not set");
		return -1;
	}
	return put_word(t, value) < 0 ? -1 : (int)(end - p) + 1;
}

/* The letter at p; bytes used, or -1. */
static int
put_letter(struct text *t, const char *p, const struct pattern_facts *facts,
    unsigned n, char *why, size_t why_size)
{
	int used;

	switch (*p) {
	case 'p':
		return put_number(t, facts->pid) < 0 ? -1 : 1;
	case 'e':
		return put_word(t, base_name(facts->program)) < 0 ? -1 : 1;
	case 'h':
		return put_host(t) < 0 ? -1 : 1;
	case 't':
		return put_number(t, facts->now) < 0 ? -1 : 1;
	case 'n':
		return put_number(t, n) < 0 ? -1 : 1;
	case '%':
		return put_word(t, "%") < 0 ? -1 : 1;
	case 'q':
		used = put_variable(t, p + 1, facts->env, why, why_size);
		return used < 0 ? -1 : used + 1;
	}
	say_format(why, why_size, "%%%c is no letter that a name may have",
	    *p > ' ' && *p < 127 ? *p : '?');
	return -1;
}

int
pattern_expand(char *buf, size_t size, const char *pattern,
    const struct pattern_facts *facts, unsigned n, char *why, size_t why_size)
{
	struct text t = { buf, size, 0 };
	int used;

	say_format(why, why_size, "the name is too long");
	*buf = '\0';
	while (*pattern != '\0') {
		if (*pattern != '%') {
			if (put(&t, pattern++, 1) < 0)
				return -1;
			continue;
		}
		used = put_letter(&t, pattern + 1, facts, n, why, why_size);
		if (used < 0)
			return -1;
		pattern += used + 1;
	}
	if (t.n == 0)
		say_format(why, why_size, "the name is empty");
	return t.n != 0 ? 0 : -1;
}

bool
pattern_counts(const char *p)
{
	for (; *p != '\0'; p++)
		if (*p == '%' && *++p == 'n')
			return true;
		else if (*p == '\0')
			break;
	return false;
}
