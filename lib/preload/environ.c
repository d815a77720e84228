/*
 * environ.c - our words in the environment: found, hidden, put back.
 *
 * The program sees what it would see without us; its children that can take
 * us get LD_PRELOAD=MODULE[:what it had] and POOLWATCH_SESSION=FILE.  Nothing
 * here goes through setenv, which allocates and may be the program's own.  The
 * bytes are wiped where they lay: /proc/PID/environ shows empty strings there,
 * for the kernel's idea of where the block ends is not ours to change.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/environ.h"

#include <string.h>

#include "trace/session.h"

/* The value if entry is NAME=value, else NULL. */
static char *
environ_value(char *entry, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(entry, name, n) != 0 || entry[n] != '=')
		return NULL;
	return entry + n + 1;
}

const char *
environ_find(char *const *env, const char *name)
{
	const char *value;

	for (; env != NULL && *env != NULL; env++) {
		value = environ_value(*env, name);
		if (value != NULL)
			return value;
	}
	return NULL;
}

/* ld.so takes blanks and colons between the words. */
static size_t
environ_word(const char *list)
{
	return strcspn(list, ": ");
}

/* Move rest down to list; nothing remains behind it (/proc/PID/environ). */
static void
environ_close(char *list, char *rest)
{
	size_t n = strlen(rest);

	memmove(list, rest, n);
	memset(list + n, 0, (size_t)(rest - list));
}

static const char *
environ_base(const char *path, size_t n)
{
	const char *p = path + n;

	while (p > path && p[-1] != '/')
		p--;
	return p;
}

/* Are the n bytes of word the file that module is? */
static bool
environ_is(const char *word, size_t n, const char *module)
{
	const char *base = environ_base(word, n);
	const char *own = environ_base(module, strlen(module));
	size_t left = (size_t)(word + n - base);

	return left > 0 && strlen(own) == left && memcmp(base, own, left) == 0;
}

int
environ_place(const char *list, const char *module)
{
	size_t n;
	int words = 0;

	for (; *list != '\0'; list += n + (list[n] != '\0')) {
		n = environ_word(list);
		if (environ_is(list, n, module))
			return words;
		words += n > 0;
	}
	return -1;
}

/* Cut the words that are module out of list, in place. */
static void
environ_cut(char *list, const char *module)
{
	size_t n;
	char *rest;

	while (*list != '\0') {
		n = environ_word(list);
		rest = list + n + (list[n] != '\0');
		if (environ_is(list, n, module))
			environ_close(list, rest);
		else
			list = rest;
	}
}

void
environ_hide(char **env, const char *module)
{
	char **to = env;
	char *value;

	for (; env != NULL && *env != NULL; env++) {
		if (environ_value(*env, SESSION_ENV) != NULL ||
		    environ_value(*env, ENVIRON_OPTIONS) != NULL) {
			memset(*env, 0, strlen(*env));
			continue;
		}
		value = environ_value(*env, ENVIRON_PRELOAD);
		if (value != NULL && environ_place(value, module) >= 0) {
			environ_cut(value, module);
			if (*value == '\0') {
				memset(*env, 0, strlen(*env));
				continue;
			}
		}
		*to++ = *env;
	}
	if (to != NULL)
		*to = NULL;
}

void
environ_measure(char *const *env, const char *module, const char *session,
    size_t *count, size_t *size)
{
	const char *had = environ_find(env, ENVIRON_PRELOAD);
	size_t n = 0;

	while (env != NULL && env[n] != NULL)
		n++;
	*count = n + 3;		/* ours and the NULL */
	*size = sizeof(ENVIRON_PRELOAD "=") + strlen(module) +
	    sizeof(SESSION_ENV "=") + strlen(session) +
	    (had != NULL ? 1 + strlen(had) : 0);
}

static char *
environ_add(char *to, const char *text)
{
	size_t n = strlen(text);

	memcpy(to, text, n + 1);
	return to + n;
}

/* LD_PRELOAD's value: module with `before` words of had in front of it. */
static char *
environ_list(char *to, const char *had, const char *module, int before)
{
	size_t n;

	for (; before > 0 && *had != '\0'; had += n + (had[n] != '\0')) {
		n = environ_word(had);
		if (n == 0)
			continue;
		memcpy(to, had, n);
		to[n] = ':';
		to += n + 1;
		before--;
	}
	to = environ_add(to, module);
	if (*had == '\0')
		return to;
	*to++ = ':';
	return environ_add(to, had);
}

void
environ_build(char *const *env, const char *module, int before,
    const char *session, char **array, char *text)
{
	const char *had = environ_find(env, ENVIRON_PRELOAD);

	*array++ = text;
	text = environ_add(text, ENVIRON_PRELOAD "=");
	text = environ_list(text, had != NULL ? had : "", module, before);
	*array++ = ++text;
	text = environ_add(text, SESSION_ENV "=");
	environ_add(text, session);
	for (; env != NULL && *env != NULL; env++)
		if (environ_value(*env, ENVIRON_PRELOAD) == NULL &&
		    environ_value(*env, SESSION_ENV) == NULL)
			*array++ = *env;
	*array = NULL;
}
