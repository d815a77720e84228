/*
 * name.c - the name of an output file, from a pattern.
 *
 * Files are made with O_EXCL, so that two runs that start together can't
 * share one, and without following a link in the last part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/pattern.h"
#include "report/escape.h"

#define TRIES_MAX	100000	/* names tried before giving up */

int
name_expand(char path[PATH_MAX], const char *pattern,
    const struct name_facts *facts, unsigned n, char why[512])
{
	const struct pattern_facts f = {
		.pid = facts->pid,
		.now = facts->now,
		.program = facts->program,
		.env = environ,
	};

	return pattern_expand(path, PATH_MAX, pattern, &f, n, why, 512);
}

/* Make the folders that path leads through. */
static void
make_parents(char *path)
{
	char *p;

	for (p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(path, 0777);	/* what is missing shows at open */
		*p = '/';
	}
}

/* Beginning with a slash, so that it holds after a chdir. */
static int
make_absolute(char path[PATH_MAX])
{
	char whole[PATH_MAX * 2];

	if (*path == '/')
		return 0;
	if (!getcwd(whole, PATH_MAX))
		return -1;
	if (strlen(whole) + strlen(path) + 2 > PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcat(strcat(whole, "/"), path);
	strcpy(path, whole);
	return 0;
}

static enum name_result
failed(struct name_file *f, int error)
{
	char name[400];

	escape_text(name, sizeof(name), f->name, strlen(f->name));
	snprintf(f->why, sizeof(f->why), "%s: %s", name, strerror(error));
	return error == EEXIST ? NAME_EXISTS : NAME_SYSTEM;
}

static int
open_new(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC |
	    O_NOCTTY, 0600);
}

static int
open_existing(const char *path, bool force)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return open_new(path);
	if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))
		return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (S_ISREG(st.st_mode) && force && unlink(path) < 0)
		return -1;
	return open_new(path);
}

/* Name number n in f->path. */
static int
number_name(struct name_file *f, const char *pattern, bool counts,
    const struct name_facts *facts, unsigned n)
{
	char tail[16];

	if (name_expand(f->path, pattern, facts, n, f->why) < 0)
		return -1;
	snprintf(tail, sizeof(tail), ".%u", n);
	if (n > 1 && !counts) {
		if (strlen(f->path) + strlen(tail) >= PATH_MAX) {
			snprintf(f->why, sizeof(f->why),
			    "the name is too long");
			return -1;
		}
		strcat(f->path, tail);
	}
	return 0;
}

enum name_result
name_open(struct name_file *f, const char *pattern,
    const struct name_facts *facts, bool force)
{
	bool counts = pattern_counts(pattern);
	bool letters = strchr(pattern, '%') != NULL;
	unsigned n;

	f->moved = false;
	for (n = 1; n <= TRIES_MAX; n++) {
		if (number_name(f, pattern, counts, facts, n) < 0)
			return NAME_BAD;
		strcpy(f->name, f->path);
		if (make_absolute(f->path) < 0)
			return failed(f, errno);
		if (n == 1)
			make_parents(f->path);
		f->fd = letters ? open_new(f->path) :
		    open_existing(f->path, force);
		if (f->fd >= 0) {
			f->moved = n > 1 && !counts;
			return NAME_OK;
		}
		if (errno != EEXIST || !letters)
			break;
	}
	return failed(f, errno);
}
