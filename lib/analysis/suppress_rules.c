/*
 * suppress_rules.c - where the rules of all files are kept; see suppress.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/suppress_impl.h"

#define FILE_MAX	(16u << 20)	/* bytes; no such file is longer */

struct suppressions {
	struct suppress_rule *rules;
	size_t n, size;
	char **files;		/* names of what was read */
	size_t nfiles;
};

struct suppressions *
suppress_create(void)
{
	return calloc(1, sizeof(struct suppressions));
}

void
suppress_rule_free(struct suppress_rule *r)
{
	for (size_t i = 0; i < r->nframes; i++)
		free(r->frames[i].glob);
	free(r->frames);
	free(r->name);
	free(r->call);
	free(r->anywhere);
}

void
suppress_destroy(struct suppressions *all)
{
	if (all == NULL)
		return;
	for (size_t i = 0; i < all->n; i++)
		suppress_rule_free(&all->rules[i]);
	free(all->rules);
	for (size_t i = 0; i < all->nfiles; i++)
		free(all->files[i]);
	free(all->files);
	free(all);
}

size_t
suppress_count(const struct suppressions *all)
{
	return all ? all->n : 0;
}

const struct suppress_rule *
suppress_rule(const struct suppressions *all, size_t index)
{
	return &all->rules[index];
}

int
suppress_add(struct suppressions *all, const struct suppress_rule *r)
{
	if (all->n == all->size) {
		size_t size = all->size ? 2 * all->size : 16;
		void *more = reallocarray(all->rules, size,
		    sizeof *all->rules);

		if (more == NULL)
			return -1;
		all->rules = more;
		all->size = size;
	}
	all->rules[all->n++] = *r;
	return 0;
}

const char *
suppress_add_file(struct suppressions *all, const char *name)
{
	char **more = reallocarray(all->files, all->nfiles + 1, sizeof *more);

	if (more == NULL)
		return NULL;
	all->files = more;
	more[all->nfiles] = strdup(name);
	return more[all->nfiles] ? more[all->nfiles++] : NULL;
}

/* All of the file, in memory; NULL with errno. */
static char *
read_all(FILE *f, size_t *n)
{
	char *text = NULL, *more;
	size_t size = 0;

	for (*n = 0; *n == size; *n += fread(text + *n, 1, size - *n, f)) {
		size = size ? 2 * size : 1u << 14;
		errno = EFBIG;
		more = size > FILE_MAX ? NULL : realloc(text, size);
		if (more == NULL) {
			free(text);
			return NULL;
		}
		text = more;
	}
	if (!ferror(f))
		return text;
	free(text);
	return NULL;
}

int
suppress_read(struct suppressions *all, const char *path, char *why,
    size_t size)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t n = 0;
	int result;

	if (f != NULL)
		text = read_all(f, &n);
	if (text == NULL)
		snprintf(why, size, "%s: %s", path, strerror(errno));
	if (f != NULL)
		fclose(f);
	if (text == NULL)
		return -1;
	result = suppress_parse(all, path, text, n, why, size);
	free(text);
	return result;
}
