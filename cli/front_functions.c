/*
 * front_functions.c - the functions that --guard-site names.
 *
 * ld.so itself says what PROGRAM is linked with (LD_TRACE_LOADED_OBJECTS, as
 * ldd does it); what is loaded later is not known yet.  A name matches as it
 * is linked or as it is written, with its arguments or without.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "symbol/demangle.h"
#include "symbol/functions.h"

extern char **environ;

struct search {
	struct session_guards *guards;
	struct functions_object object;
	const char *glob;
	int module;		/* -1: not entered yet */
	bool full;
};

static bool
is_match(const char *glob, const char *symbol)
{
	char *name, *end;
	bool match = !fnmatch(glob, symbol, 0);

	if (match || strncmp(symbol, "_Z", 2))
		return match;
	name = demangle(symbol);
	if (!name)
		return false;
	match = !fnmatch(glob, name, 0);
	end = strchr(name, '(');
	if (!match && end && end > name) {
		*end = '\0';
		match = !fnmatch(glob, name, 0);
	}
	free(name);
	return match;
}

static void
look_at(void *arg, const char *symbol, uint64_t low, uint64_t high)
{
	struct search *s = arg;
	struct session_guard_frame frame = { .low = low, .high = high };

	if (!is_match(s->glob, symbol))
		return;
	s->module = guards_module(s->guards, s->object.path,
	    s->object.build_id, s->object.build_id_size);
	frame.module = (uint32_t)s->module;
	if (s->module < 0 || guards_add(s->guards, &frame, 1, true) < 0)
		s->full = true;
}

static void
search_file(struct search *s, const char *path)
{
	s->object.path = path;
	functions_each(&s->object, look_at, s);
}

/* ld.so's list of what image is linked with; a descriptor, or -1. */
static int
list_libraries(const char *image, pid_t *pid)
{
	char *argv[] = { (char *)image, NULL }, *env[] = {
	    (char *)"LD_TRACE_LOADED_OBJECTS=1", NULL, NULL };
	const char *path = getenv("LD_LIBRARY_PATH");
	posix_spawn_file_actions_t to;
	char text[PATH_MAX];
	int fds[2], error;

	if (path && snprintf(text, sizeof(text), "LD_LIBRARY_PATH=%s", path) <
	    (int)sizeof(text))
		env[1] = text;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	posix_spawn_file_actions_init(&to);
	posix_spawn_file_actions_adddup2(&to, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&to, fds[1], STDERR_FILENO);
	error = posix_spawn(pid, image, &to, NULL, argv, env);
	posix_spawn_file_actions_destroy(&to);
	close(fds[1]);
	if (!error)
		return fds[0];
	close(fds[0]);
	return -1;
}

/* The path in "\tNAME => PATH (0x...)" or "\tPATH (0x...)", or NULL. */
static char *
path_of(char *line)
{
	char *path = strchr(line, '/'), *end = path ? strrchr(path, '(') : NULL;
	char *arrow = strstr(line, "=> ");

	if (arrow)
		path = arrow + 3;
	if (!end || end == path || *path != '/')
		return NULL;
	end[-1] = '\0';
	return path;
}

static void
search_libraries(struct search *s, const char *image)
{
	char *line = NULL, *path;
	size_t size = 0;
	pid_t pid;
	int fd = list_libraries(image, &pid), status;
	FILE *list = fd < 0 ? NULL : fdopen(fd, "r");

	if (!list)
		return;
	while (getline(&line, &size, list) >= 0)
		if ((path = path_of(line)))
			search_file(s, path);
	free(line);
	fclose(list);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
}

int
front_guard_site(struct front *f, const char *glob)
{
	struct search s = { .guards = &f->guards, .glob = glob };
	uint32_t before = f->guards.nsites;

	search_file(&s, f->verdict.image);
	search_libraries(&s, f->verdict.image);
	if (s.full) {
		front_say(f, "--guard-site: more than %u functions match '%s'",
		    SESSION_GUARD_SITES, refuse_name(glob));
		return -1;
	}
	if (f->guards.nsites == before) {
		front_say(f, "--guard-site: no function of %s or its libraries "
		    "matches '%s'", refuse_name(f->verdict.image),
		    refuse_name(glob));
		return -1;
	}
	return 0;
}
