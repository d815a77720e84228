/*
 * byhand_file.c - the trace's file when the library was preloaded by hand.
 *
 * As the runner chooses (cli/name.c): O_EXCL and no link followed, the first
 * free of NAME, NAME.2, ... where the pattern has letters.  Where a folder does
 * not take the file the same name is tried in $TMPDIR and /tmp, for a daemon
 * can't be told to come again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/byhand.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/os.h"
#include "base/pattern.h"
#include "base/say.h"
#include "preload/environ.h"

#define NO_NAME		(-4096)	/* the pattern gives none: b->why */
#define FOLDERS		3u
#define TRIES_MAX	10000u	/* names tried before giving up */

/* Make the folders that path leads through; what is missing shows later. */
static void
make_parents(char *path)
{
	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		os_syscall(SYS_mkdirat, AT_FDCWD, (long)path, 0777, 0, 0, 0);
		*p = '/';
	}
}

/* Put folder and a slash before path; false: too long. */
static bool
put_before(char path[PATH_MAX], const char *folder)
{
	size_t n = strlen(folder), have = strlen(path);

	if (n + 1 + have >= PATH_MAX)
		return false;
	memmove(path + n + 1, path, have + 1);
	memcpy(path, folder, n);
	path[n] = '/';
	return true;
}

/* Uses b->buf. */
bool
byhand_absolute(struct byhand *b, char path[PATH_MAX])
{
	if (path[0] == '/')
		return true;
	if (os_syscall(SYS_getcwd, (long)b->buf, sizeof(b->buf), 0, 0, 0,
	    0) <= 0 || b->buf[0] != '/')
		return false;
	return put_before(path, b->buf[1] == '\0' ? "" : b->buf);
}

static bool
expand(struct byhand *b, char path[PATH_MAX], const char *pattern, unsigned n)
{
	struct pattern_facts facts = {
		.pid = os_getpid(),
		.program = b->program,
		.env = b->env,
	};
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	facts.now = now.tv_sec;
	return pattern_expand(path, PATH_MAX, pattern, &facts, n, b->why,
	    sizeof(b->why)) == 0;
}

/* Keep the last part, in another folder. */
static bool
move_to(char path[PATH_MAX], const char *folder)
{
	char *base = strrchr(path, '/');

	if (base != NULL)
		memmove(path, base + 1, strlen(base));
	return put_before(path, folder);
}

/* Name number n in b->path; folder NULL: where the pattern says. */
static bool
name_number(struct byhand *b, const char *folder, unsigned n)
{
	char tail[16];
	size_t have;

	if (!expand(b, b->path, b->output, n))
		return false;
	say_format(b->why, sizeof(b->why), "the name is too long");
	if (folder != NULL && !move_to(b->path, folder))
		return false;
	say_format(tail, sizeof(tail), ".%u", n);
	have = strlen(b->path);
	if (n > 1 && !pattern_counts(b->output)) {
		if (have + strlen(tail) >= sizeof(b->path))
			return false;
		memcpy(b->path + have, tail, strlen(tail) + 1);
	}
	return byhand_absolute(b, b->path);
}

static bool
is_regular(const char *path)
{
	struct stat st;

	return os_syscall(SYS_newfstatat, AT_FDCWD, (long)path, (long)&st,
	    AT_SYMLINK_NOFOLLOW, 0, 0) == 0 && S_ISREG(st.st_mode);
}

static int
open_new(struct byhand *b)
{
	int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY;
	int fd = os_open(b->path, flags, 0600);

	if (fd != -EEXIST || !b->force || !is_regular(b->path))
		return fd;
	os_syscall(SYS_unlinkat, AT_FDCWD, (long)b->path, 0, 0, 0, 0);
	return os_open(b->path, flags, 0600);
}

/* A descriptor, a negated errno or NO_NAME. */
static int
open_in(struct byhand *b, const char *folder)
{
	bool letters = strchr(b->output, '%') != NULL;
	int fd = -EEXIST;

	for (unsigned n = 1; n <= TRIES_MAX && fd == -EEXIST; n++) {
		if (!name_number(b, folder, n))
			return NO_NAME;
		if (n == 1)
			make_parents(b->path);
		fd = open_new(b);
		if (!letters)
			break;
	}
	return fd;
}

/*
 * The lowest numbers may be free in a program that closed them; what it opens
 * meanwhile is nobody's business but its own, so ours is at once moved up.
 */
static int
move_up(int fd)
{
	int up;

	if (fd > 2)
		return fd;
	up = (int)os_syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3, 0, 0, 0);
	os_close(fd);
	return up;
}

static struct session_header *
try_folder(struct byhand *b, const char *folder,
    struct session_header *(*make)(struct byhand *, int), bool *exists)
{
	int fd = open_in(b, folder);
	struct session_header *s;

	*exists = fd == -EEXIST;
	if (fd == NO_NAME) {
		byhand_say(b, "the trace has no name: %s", b->why);
		return NULL;
	}
	if (fd >= 0 && (fd = move_up(fd)) >= 0) {
		s = make(b, fd);
		os_close(fd);
		if (s != NULL)
			return s;
		os_syscall(SYS_unlinkat, AT_FDCWD, (long)b->path, 0, 0, 0, 0);
		byhand_say(b, "%s: %s", b->path, b->why);
		return NULL;
	}
	byhand_say(b, "%s: %s", b->path, byhand_error(-fd));
	return NULL;
}

/* Folder number i: NULL where the pattern says.  false: there is none. */
static bool
folder(struct byhand *b, unsigned i, const char **name)
{
	*name = i == 0 ? NULL : i == 1 ? environ_find(b->env, "TMPDIR") :
	    "/tmp";
	return i == 0 || (*name != NULL && (*name)[0] == '/');
}

struct session_header *
byhand_open(struct byhand *b,
    struct session_header *(*make)(struct byhand *, int))
{
	struct session_header *s = NULL;
	bool exists = false;
	const char *name;

	for (unsigned i = 0; i < FOLDERS && s == NULL; i++) {
		if (!folder(b, i, &name))
			continue;
		s = try_folder(b, name, make, &exists);
		if (exists) {
			byhand_say(b, "nothing is recorded: a name with %%p "
			    "takes a free one, --force replaces the file");
			return NULL;
		}
	}
	if (s == NULL)
		byhand_say(b, "nothing is recorded");
	return s;
}

/* NAME.pwt.log for NAME.pwt, and for NAME too: NAME.log may be the program's. */
static void
log_beside(struct byhand *b)
{
	size_t n = strlen(b->path);
	const char *tail = n > 4 && strcmp(b->path + n - 4, ".pwt") == 0 ?
	    ".log" : ".pwt.log";

	if (n + strlen(tail) >= sizeof(b->log)) {
		b->log[0] = '\0';
		return;
	}
	memcpy(b->log, b->path, n);
	memcpy(b->log + n, tail, strlen(tail) + 1);
}

void
byhand_log_name(struct byhand *b)
{
	if (b->log_file[0] == '\0') {
		log_beside(b);
	} else if (expand(b, b->log, b->log_file, 1) &&
	    byhand_absolute(b, b->log)) {
		make_parents(b->log);
	} else {
		byhand_say(b, "--log-file: %s", b->why);
		log_beside(b);
	}
}

void
byhand_tell_anywhere(struct byhand *b)
{
	const char *name;

	for (unsigned i = 0; i < FOLDERS; i++) {
		if (!folder(b, i, &name) || !name_number(b, name, 1))
			continue;
		byhand_log_name(b);
		if (byhand_tell(b))
			break;
	}
}
