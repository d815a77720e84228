/*
 * exec.c - exec and spawn: a child that can take us is given our words.
 *
 * The environment that is passed on is built on the stack, because a vfork's
 * child runs in its parent's memory and may change nothing there; one that is
 * too large for that is mapped.  An exec that works can't tell us, so the end
 * of this image is told before it, and taken back when it fails.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/exec.h"

#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/os.h"
#include "preload/child.h"
#include "preload/environ.h"
#include "preload/preload_impl.h"
#include "preload/real.h"
#include "trace/writer.h"

#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstack-usage="
#endif

#define EXEC_ON_STACK	(32u << 10)
#define EXEC_PATH_MAX	4096u
#define EXEC_NAME_MAX	512u

/* What env becomes, in whatever memory the caller of the macro has. */
struct exec_env {
	char *const *env;	/* to pass on */
	void *mapped;		/* NULL: on the stack */
	bool ours;		/* the new image will find us */
	size_t count;
	size_t size;
};

static size_t
exec_env_bytes(const struct exec_env *e)
{
	return e->count * sizeof(char *) + e->size;
}

static void
exec_env_measure(struct exec_env *e, char *const *env)
{
	e->env = env;
	e->mapped = NULL;
	environ_measure(env, process.session->module, child_session(),
	    &e->count, &e->size);
	if (exec_env_bytes(e) > EXEC_ON_STACK)
		e->mapped = os_map(exec_env_bytes(e));
}

/* memory NULL: there is none; the child goes without us. */
static void
exec_env_fill(struct exec_env *e, void *memory)
{
	char **array = memory;

	if (memory == NULL)
		return;
	environ_build(e->env, process.session->module, process.before,
	    child_session(), array, (char *)(array + e->count));
	e->env = array;
	e->ours = true;
	__atomic_add_fetch(&process.session->execs_begun, 1,
	    __ATOMIC_RELAXED);
}

/* It did not come to that. */
static void
exec_env_spoiled(struct exec_env *e)
{
	if (e->ours)
		__atomic_add_fetch(&process.session->execs_ended, 1,
		    __ATOMIC_RELAXED);
}

static void
exec_env_drop(struct exec_env *e)
{
	if (e->mapped != NULL)
		os_unmap(e->mapped, exec_env_bytes(e));
}

/* alloca must happen in the frame that passes the environment on. */
#define EXEC_ENV(e, takes, was) do {					\
	(e) = (struct exec_env){ .env = (was) };			\
	if (child_followed() && (takes)) {				\
		exec_env_measure(&(e), was);			\
		exec_env_fill(&(e), (e).mapped != NULL ? (e).mapped :\
		    exec_env_bytes(&(e)) > EXEC_ON_STACK ? NULL :	\
		    alloca(exec_env_bytes(&(e))));			\
	}								\
} while (0)

static void
exec_need(void)
{
	if (real.execve == NULL)
		real_init();
}

/* likely: the kernel will not refuse.  Who leaves us behind is told. */
static void
exec_announce(const struct exec_env *e, bool likely, const char *path)
{
	if (!likely)
		return;
	if (!e->ours && child_wanted())
		process_shed((uint32_t)os_getpid(), path);
	process_end(WRITER_EXEC, 0);
}

static int
exec_spawned(struct exec_env *e, int error, pid_t pid, const char *path)
{
	if (error != 0)
		exec_env_spoiled(e);
	else if (!e->ours && child_wanted() && path != NULL)
		process_shed((uint32_t)pid, path);
	exec_env_drop(e);
	return error;
}

/* What a descriptor leads to. */
static const char *
exec_fd_path(int fd, char *buf, size_t size)
{
	char link[32];
	char *p = link + sizeof(link);
	long n;

	*--p = '\0';
	for (n = fd < 0 ? 0 : fd; n > 9; n /= 10)
		*--p = (char)('0' + n % 10);
	*--p = (char)('0' + n);
	p -= sizeof("/proc/self/fd/") - 1;
	memcpy(p, "/proc/self/fd/", sizeof("/proc/self/fd/") - 1);
	n = os_syscall(SYS_readlink, (long)p, (long)buf, (long)size - 1, 0, 0,
	    0);
	buf[n < 0 ? 0 : n] = '\0';
	return buf;
}

static int
exec_failed(struct exec_env *e, int result)
{
	int saved = errno;

	process_goes_on();
	exec_env_spoiled(e);
	exec_env_drop(e);
	errno = saved;
	return result;
}

PW_EXPORT int
execve(const char *path, char *const argv[], char *const envp[])
{
	struct exec_env e;

	exec_need();
	EXEC_ENV(e, child_takes(AT_FDCWD, path, 0), envp);
	exec_announce(&e, child_executable(AT_FDCWD, path, 0), path);
	return exec_failed(&e, real.execve(path, argv, e.env));
}

PW_EXPORT int
fexecve(int fd, char *const argv[], char *const envp[])
{
	char buf[EXEC_NAME_MAX];
	struct exec_env e;

	exec_need();
	EXEC_ENV(e, child_takes(fd, "", AT_EMPTY_PATH), envp);
	exec_announce(&e, fd >= 0, exec_fd_path(fd, buf, sizeof(buf)));
	return exec_failed(&e, real.fexecve(fd, argv, e.env));
}

PW_EXPORT int
execveat(int fd, const char *path, char *const argv[], char *const envp[],
    int flags)
{
	char buf[EXEC_NAME_MAX];
	struct exec_env e;

	exec_need();
	EXEC_ENV(e, child_takes(fd, path, flags), envp);
	exec_announce(&e, child_executable(fd, path, flags), path[0] != '\0' ?
	    path : exec_fd_path(fd, buf, sizeof(buf)));
	return exec_failed(&e, real.execveat(fd, path, argv, e.env, flags));
}

PW_EXPORT int
execvpe(const char *file, char *const argv[], char *const envp[])
{
	char buf[EXEC_PATH_MAX];
	const char *path = child_search(file, buf, sizeof(buf));
	struct exec_env e;

	exec_need();
	EXEC_ENV(e, path != NULL && child_takes(AT_FDCWD, path, 0), envp);
	exec_announce(&e, path != NULL && child_executable(AT_FDCWD, path, 0),
	    path);
	return exec_failed(&e, real.execvpe(file, argv, e.env));
}

PW_EXPORT int
execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

PW_EXPORT int
execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

/* How many arguments follow up to the NULL, first included. */
static size_t
exec_count(va_list args)
{
	size_t n = 1;

	while (va_arg(args, char *) != NULL)
		n++;
	return n;
}

/*
 * The list of arguments as an array in the caller's frame.  The headers say
 * that the first is never NULL; programs pass it nevertheless.
 */
#define EXEC_ARGV(argv, first, args) do {				\
	const char *volatile first_ = (first);				\
	size_t n_;							\
									\
	va_start(args, first);						\
	n_ = first_ == NULL ? 0 : exec_count(args);			\
	va_end(args);							\
	(argv) = alloca((n_ + 1) * sizeof(char *));			\
	va_start(args, first);						\
	(argv)[0] = (char *)(uintptr_t)(first);				\
	for (size_t i_ = 1; i_ <= n_; i_++)				\
		(argv)[i_] = va_arg(args, char *);			\
} while (0)

PW_EXPORT int
execl(const char *path, const char *arg, ...)
{
	va_list args;
	char **argv;

	EXEC_ARGV(argv, arg, args);
	va_end(args);
	return execve(path, argv, environ);
}

PW_EXPORT int
execlp(const char *file, const char *arg, ...)
{
	va_list args;
	char **argv;

	EXEC_ARGV(argv, arg, args);
	va_end(args);
	return execvpe(file, argv, environ);
}

PW_EXPORT int
execle(const char *path, const char *arg, ...)
{
	char *const *envp;
	va_list args;
	char **argv;

	EXEC_ARGV(argv, arg, args);
	envp = va_arg(args, char *const *);
	va_end(args);
	return execve(path, argv, envp);
}

PW_EXPORT int
posix_spawn(pid_t *pid, const char *path,
    const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
    char *const argv[], char *const envp[])
{
	struct exec_env e;
	pid_t own = 0;
	int error;

	exec_need();
	EXEC_ENV(e, child_takes(AT_FDCWD, path, 0), envp);
	pid = pid != NULL ? pid : &own;
	error = real.posix_spawn(pid, path, actions, attr, argv, e.env);
	return exec_spawned(&e, error, *pid, path);
}

PW_EXPORT int
posix_spawnp(pid_t *pid, const char *file,
    const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
    char *const argv[], char *const envp[])
{
	char buf[EXEC_PATH_MAX];
	const char *path = child_search(file, buf, sizeof(buf));
	struct exec_env e;
	pid_t own = 0;
	int error;

	exec_need();
	EXEC_ENV(e, path == NULL || child_takes(AT_FDCWD, path, 0), envp);
	pid = pid != NULL ? pid : &own;
	error = real.posix_spawnp(pid, file, actions, attr, argv, e.env);
	return exec_spawned(&e, error, *pid, path);
}

int
exec_with_environ(int (*call)(void *), void *arg, const char *path)
{
	char **was = environ;
	struct exec_env e;
	int result;

	exec_need();
	EXEC_ENV(e, child_takes(AT_FDCWD, path, 0), was);
	environ = (char **)(uintptr_t)e.env;
	result = call(arg);
	/* Somebody's setenv meanwhile made a copy: that one stays. */
	if (environ == e.env)
		environ = was;
	else if (e.env != was)
		environ_hide(environ, process.session->module);
	if (result == 0 && !e.ours && child_wanted())
		process_shed(0, path);
	exec_env_drop(&e);
	return result;
}
