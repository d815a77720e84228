/*
 * child.c - may the program that is about to be executed be given our words?
 *
 * A static program or one of another class would print a complaint of ld.so's,
 * or not notice us; a set-ID one must not see us.  So we look first, at what
 * the kernel will look at: the program itself (child_elf.c), or the interpreter
 * behind #!, to the end.
 *
 * All of this may run in a vfork's child: it writes to its own stack only,
 * makes raw calls and gives its descriptor back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/child.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/os.h"
#include "preload/environ.h"
#include "preload/preload_impl.h"

/* Not below malloc: a stack of exec's own caller will do. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstack-usage="
#endif

#define CHILD_SCRIPTS	4	/* interpreters of interpreters: the kernel's */
#define CHILD_LINE	256	/* bytes of a #! line: the kernel's */
#define CHILD_DIR_MAX	4096

static char child_session_path[SESSION_PATH_MAX];

void
child_set_session(const char *path)
{
	size_t n = strnlen(path, sizeof(child_session_path) - 1);

	memcpy(child_session_path, path, n);
	child_session_path[n] = '\0';
}

const char *
child_session(void)
{
	return child_session_path;
}

/*
 * In another root folder ld.so would complain that there is no such file.  Where
 * the module is a list, we are the last of it.
 */
static bool
child_finds_us(void)
{
	const char *colon = strrchr(process.session->module, ':');
	const char *path = colon != NULL ? colon + 1 : process.session->module;

	return os_syscall(SYS_faccessat, AT_FDCWD, (long)path, R_OK, 0, 0,
	    0) == 0;
}

bool
child_wanted(void)
{
	return process.session != NULL && process.follow &&
	    !__atomic_load_n(&process.session->closed, __ATOMIC_RELAXED);
}

bool
child_followed(void)
{
	return child_wanted() && child_finds_us();
}

/* Would the kernel set AT_SECURE for it? */
static bool
child_is_secure(int fd)
{
	struct stat st;

	if (os_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) != 0)
		return false;
	if ((st.st_mode & S_ISUID) && st.st_uid != getuid())
		return true;
	if ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) &&
	    st.st_gid != getgid())
		return true;
	return getuid() != 0 && os_syscall(SYS_fgetxattr, fd,
	    (long)"security.capability", 0, 0, 0, 0) > 0;
}

/* The interpreter's name out of a #! line, in place; NULL: none. */
static char *
child_interpreter(char *line)
{
	char *name = line + 2 + strspn(line + 2, " \t");

	name[strcspn(name, " \t\n")] = '\0';
	return *name != '\0' ? name : NULL;
}

enum child_kind { CHILD_NO, CHILD_YES, CHILD_SCRIPT };

/* line, of CHILD_LINE bytes, holds the #! line of a script. */
static enum child_kind
child_look(int fd, char *line)
{
	long n = os_syscall(SYS_pread64, fd, (long)line, CHILD_LINE - 1, 0,
	    0, 0);

	if (n < 0)
		return CHILD_YES;
	line[n] = '\0';
	if (n >= SELFMAG && memcmp(line, ELFMAG, SELFMAG) == 0)
		return !child_is_secure(fd) && child_elf_takes(fd) ?
		    CHILD_YES : CHILD_NO;
	/* Neither: a shell will run it, if anybody. */
	return line[0] == '#' && line[1] == '!' ? CHILD_SCRIPT : CHILD_YES;
}

static int
child_open(int dirfd, const char *path, int flags)
{
	if (path[0] == '\0' && (flags & AT_EMPTY_PATH))
		return (int)os_syscall(SYS_fcntl, dirfd, F_DUPFD_CLOEXEC, 0,
		    0, 0, 0);
	return (int)os_syscall(SYS_openat, dirfd, (long)path,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0, 0, 0);
}

bool
child_takes(int dirfd, const char *path, int flags)
{
	enum child_kind kind = CHILD_SCRIPT;
	char line[CHILD_LINE];
	int fd;

	for (int i = 0; i < CHILD_SCRIPTS && kind == CHILD_SCRIPT; i++) {
		fd = child_open(dirfd, path, flags);
		if (fd < 0)
			return true;
		kind = child_look(fd, line);
		os_close(fd);
		if (kind != CHILD_SCRIPT)
			break;
		path = child_interpreter(line);
		if (path == NULL)
			return true;
		dirfd = AT_FDCWD;
		flags = 0;
	}
	return kind != CHILD_NO;
}

bool
child_executable(int dirfd, const char *path, int flags)
{
	struct stat st;

	if (path[0] == '\0' && (flags & AT_EMPTY_PATH))
		return true;
	return os_syscall(SYS_faccessat, dirfd, (long)path, X_OK, 0, 0, 0) == 0
	    && os_syscall(SYS_newfstatat, dirfd, (long)path, (long)&st, 0,
	    0, 0) == 0 && S_ISREG(st.st_mode);
}

const char *
child_search(const char *file, char *buf, size_t size)
{
	const char *path = environ_find(environ, "PATH");
	size_t name = strlen(file) + 1;
	size_t n;

	if (strchr(file, '/') != NULL)
		return file;
	if (path == NULL)
		path = "/bin:/usr/bin";
	for (;; path += n + 1) {
		n = strcspn(path, ":");
		if (n + 1 + name <= size) {
			memcpy(buf, path, n);
			buf[n] = '/';
			/* An empty element is the working directory. */
			memcpy(buf + n + (n > 0), file, name);
			if (child_executable(AT_FDCWD, buf, 0))
				return buf;
		}
		if (path[n] == '\0')
			return NULL;
	}
}
