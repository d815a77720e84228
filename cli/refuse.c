/*
 * refuse.c - find a program as execvp does and judge it.
 *
 * The order is the kernel's: is it there, is it a file we may execute, what
 * does its beginning say.  At most SCRIPTS_MAX interpreters are followed, as
 * the kernel does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/refuse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/poolwatch.h"
#include "report/escape.h"

#define SCRIPTS_MAX	5	/* the kernel's bound, then ELOOP */
#define HEAD_SIZE	256	/* the kernel's BINPRM_BUF_SIZE */

const char *
refuse_name(const char *text)
{
	static char names[8][1024];
	static unsigned next;
	char *name = names[next++ % 8];

	escape_text(name, sizeof(names[0]), text, strlen(text));
	return name;
}

int
refuse_say(struct refuse_verdict *v, int status, const char *hint,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->why, sizeof(v->why), fmt, ap);
	va_end(ap);
	snprintf(v->hint, sizeof(v->hint), "%s", hint);
	v->status = status;
	return status;
}

static bool
is_runnable_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* The search of execvp: PATH, an empty part is the current folder. */
static int
search_path(const char *name, char path[PATH_MAX], bool *forbidden)
{
	const char *p = getenv("PATH");
	size_t n;

	if (!p)
		p = "/bin:/usr/bin";
	for (;; p += n + 1) {
		n = strcspn(p, ":");
		if (snprintf(path, PATH_MAX, "%.*s%s%s", (int)n, p,
		    n ? "/" : "./", name) < PATH_MAX) {
			if (is_runnable_file(path))
				return 0;
			if (!access(path, F_OK))
				*forbidden = true;
		}
		if (!p[n])
			return -1;
	}
}

static int
check_file(const char *path, struct refuse_verdict *v)
{
	const char *name = refuse_name(path);
	struct stat st;

	if (stat(path, &st) < 0) {
		int e = errno;

		return refuse_say(v, e == ENOENT || e == ENOTDIR ?
		    WATCH_NOT_FOUND : WATCH_CANNOT_RUN, "", "%s: %s", name,
		    e == ENOENT ? "not found" : strerror(e));
	}
	if (S_ISDIR(st.st_mode))
		return refuse_say(v, WATCH_CANNOT_RUN, "", "%s is a folder",
		    name);
	if (!S_ISREG(st.st_mode))
		return refuse_say(v, WATCH_CANNOT_RUN, "",
		    "%s is not a file that can be executed", name);
	if (access(path, X_OK) < 0)
		return refuse_say(v, WATCH_CANNOT_RUN, "",
		    "%s can't be executed: %s", name, strerror(errno));
	return 0;
}

int
refuse_find(const char *name, char path[PATH_MAX], struct refuse_verdict *v)
{
	bool forbidden = false;

	memset(v, 0, sizeof(*v));
	if (strlen(name) >= PATH_MAX - 2)
		return refuse_say(v, WATCH_CANNOT_RUN, "",
		    "the program's name is too long");
	if (!strchr(name, '/')) {
		if (*name && !search_path(name, path, &forbidden))
			return 0;
		return refuse_say(v, forbidden ? WATCH_CANNOT_RUN :
		    WATCH_NOT_FOUND, "", forbidden ?
		    "%s: found in PATH, but it can't be executed" :
		    "%s: not found in PATH", refuse_name(name));
	}
	strcpy(path, name);
	return check_file(path, v);
}

/* The interpreter that a #! line names; false: it names none. */
static bool
interpreter_of(const char *head, size_t n, char path[PATH_MAX])
{
	const char *p = head + 2, *end = memchr(head, '\n', n);
	size_t len = 0;

	if (!end)
		end = head + n;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (p + len < end && p[len] != ' ' && p[len] != '\t' && p[len])
		len++;
	memcpy(path, p, len);
	path[len] = '\0';
	return len > 0;
}

/* As a shell tells text from anything else: no NUL in the first line. */
static bool
looks_like_text(const char *head, size_t n)
{
	const char *end = memchr(head, '\n', n);

	return !memchr(head, '\0', end ? (size_t)(end - head) : n);
}

/* env runs the program its line names: what that keeps to itself counts. */
static void
look_behind_env(const char *head, size_t n, struct refuse_verdict *v)
{
	char line[HEAD_SIZE + 1], path[PATH_MAX], *word;
	struct refuse_verdict behind;
	bool forbidden = false;
	int fd;

	memcpy(line, head, n);
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	word = strstr(line, "/env ");
	if (!word)
		return;
	word += 4;
	word += strspn(word, " \t");
	word[strcspn(word, " \t")] = '\0';
	if (!*word || strpbrk(word, "/=") || *word == '-' ||
	    search_path(word, path, &forbidden) < 0)
		return;
	memset(&behind, 0, sizeof(behind));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return;
	if (pread(fd, line, 4, 0) == 4 && !memcmp(line, "\177ELF", 4))
		refuse_elf(fd, path, &behind);
	close(fd);
	strcpy(v->above, behind.above);
}

static int
judge_fd(int fd, char path[PATH_MAX], struct refuse_verdict *v, bool *again)
{
	char head[HEAD_SIZE];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n < 0)
		return refuse_say(v, WATCH_FAILED, "", "%s can't be read: %s",
		    refuse_name(path), strerror(errno));
	if (n >= 4 && !memcmp(head, "\177ELF", 4)) {
		snprintf(v->image, sizeof(v->image), "%s", path);
		if (refuse_privilege(fd, path, v))
			return v->status;
		return refuse_elf(fd, path, v);
	}
	*again = true;
	if (n >= 2 && head[0] == '#' && head[1] == '!') {
		look_behind_env(head, (size_t)n, v);
		if (interpreter_of(head, (size_t)n, path))
			return 0;
	} else if (!looks_like_text(head, (size_t)n)) {
		return refuse_say(v, WATCH_FAILED, "", "%s is neither an ELF "
		    "program nor a script", refuse_name(path));
	}
	v->via_shell = true;
	strcpy(path, "/bin/sh");
	return 0;
}

/* A file we may execute but not read: what it is can't be told. */
static int
open_program(const char *path, struct refuse_verdict *v)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		refuse_say(v, WATCH_FAILED,
		    "it may be executed but not read; ask for read permission",
		    "%s can't be judged: %s", refuse_name(path),
		    strerror(errno));
	return fd;
}

int
refuse_judge(const char *name, struct refuse_verdict *v)
{
	char path[PATH_MAX], script[PATH_MAX];
	bool again;
	int i, fd;

	memset(v, 0, sizeof(*v));
	snprintf(path, sizeof(path), "%s", name);
	for (i = 0; i <= SCRIPTS_MAX; i++) {
		strcpy(script, path);
		if (check_file(path, v))
			return v->status;
		fd = open_program(path, v);
		if (fd < 0)
			return v->status;
		again = false;
		judge_fd(fd, path, v, &again);
		close(fd);
		if (v->status || !again)
			return v->status;
		if (access(path, F_OK) < 0)
			return refuse_say(v, WATCH_NOT_FOUND, "",
			    "%s: its interpreter %s was not found",
			    refuse_name(script), refuse_name(path));
	}
	return refuse_say(v, WATCH_CANNOT_RUN, "",
	    "%s: too many interpreters, one calling the next",
	    refuse_name(name));
}
