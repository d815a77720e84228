/*
 * record_kin.c - processes of the tree that nothing is recorded of.
 *
 * Who executes a program in which we can't be says so (SHED).  Nobody does where
 * libc is passed by: an exec or a clone by a system call of the program's own, or
 * the children of a program that left us behind.  So now and then we look at
 * /proc: what does not have the session file mapped is not recorded.
 *
 * An image that will find us is without it for a moment, so only who is seen so
 * in two looks is told; who lives for less than that is missed.  A look is to
 * cost next to nothing: it takes some processes in turn, and of a process that
 * was found to be ours it asks only whether it is the same program still.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/record_impl.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_NS		200000000ull
#define LOOK_AT		16u	/* processes in one look */
#define LOOK_THREADS	64	/* whose children are looked for, of each */
#define KIN_MAX		4096u

enum kin_image { KIN_UNKNOWN, KIN_OURS, KIN_OTHER };

/* The session is mapped; UNKNOWN: it may not be looked at, or is a zombie. */
static enum kin_image
image_of(pid_t pid, const char *session)
{
	enum kin_image image = KIN_UNKNOWN;
	char name[40], *line = NULL;
	size_t size = 0;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	maps = fopen(name, "re");
	if (!maps)
		return KIN_UNKNOWN;
	while (image != KIN_OURS && getline(&line, &size, maps) > 0)
		image = strstr(line, session) ? KIN_OURS : KIN_OTHER;
	free(line);
	fclose(maps);
	return image;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static struct record_kin_one *
find(struct record_kin *k, pid_t pid)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (k->all[i].pid == pid)
			return &k->all[i];
	return NULL;
}

static void
add(struct record_kin *k, pid_t pid, pid_t ppid)
{
	struct record_kin_one *grown;

	if (k->n == KIN_MAX)
		return;
	if ((k->n & (k->n - 1)) == 0) {
		grown = realloc(k->all, (k->n ? k->n * 2 : 1) *
		    sizeof(*grown));
		if (!grown)
			return;
		k->all = grown;
	}
	k->all[k->n++] = (struct record_kin_one){ .pid = pid, .ppid = ppid,
	    .seen = k->look };
}

/* What it runs; empty if that can't be known. */
static void
read_program(pid_t pid, char *path, size_t size)
{
	static const char gone[] = " (deleted)";
	char name[40];
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/%d/exe", (int)pid);
	n = readlink(name, path, size - 1);
	path[n > 0 ? n : 0] = '\0';
	n -= (ssize_t)sizeof(gone) - 1;
	if (n > 0 && !strcmp(path + n, gone))
		path[n] = '\0';
}

/* Again it does not have the session: that is no moment of an exec. */
static int
tell(struct record_kin *k, struct record_kin_one *one,
    struct record_setup *s, struct trace_file *file)
{
	char path[PATH_MAX];

	if (one->told || one->seen == k->look)
		return 0;
	read_program(one->pid, path, sizeof(path));
	if (path[0] == '\0')
		return 0;
	one->told = true;
	return trace_file_shed(file, s->session, (uint32_t)one->pid,
	    (uint32_t)one->ppid, path);
}

static int
judge(struct record_kin *k, pid_t pid, pid_t ppid, struct record_setup *s,
    struct trace_file *file)
{
	struct record_kin_one *one = find(k, pid);

	if (one && one->told)
		return 0;
	if (image_of(pid, base_name(s->session_path)) != KIN_OTHER)
		return 0;
	if (one)
		return tell(k, one, s, file);
	add(k, pid, ppid);
	return 0;
}

static int
judge_children(struct record_kin *k, pid_t pid, const char *thread,
    struct record_setup *s, struct trace_file *file)
{
	char name[80];
	int child, ret = 0;
	FILE *list;

	snprintf(name, sizeof(name), "/proc/%d/task/%.20s/children", (int)pid,
	    thread);
	list = fopen(name, "re");
	if (!list)
		return 0;
	while (!ret && fscanf(list, "%d", &child) == 1)
		ret = judge(k, child, pid, s, file);
	fclose(list);
	return ret;
}

static int
judge_all_children(struct record_kin *k, pid_t pid, struct record_setup *s,
    struct trace_file *file)
{
	int left = LOOK_THREADS, ret = 0;
	struct dirent *e;
	char name[40];
	DIR *tasks;

	snprintf(name, sizeof(name), "/proc/%d/task", (int)pid);
	tasks = opendir(name);
	while (tasks && !ret && left > 0 && (e = readdir(tasks)))
		if (e->d_name[0] != '.') {
			ret = judge_children(k, pid, e->d_name, s, file);
			left--;
		}
	if (tasks)
		closedir(tasks);
	return ret;
}

/* Of a process that said hello: has it become another program unseen? */
static int
judge_watched(struct record_kin *k, struct record_watched *w,
    struct record_setup *s, struct trace_file *file)
{
	char name[40];
	struct stat st;

	snprintf(name, sizeof(name), "/proc/%d/exe", (int)w->pid);
	if (stat(name, &st) < 0)
		return 0;
	if (w->ino != st.st_ino || w->dev != st.st_dev) {
		switch (image_of(w->pid, base_name(s->session_path))) {
		case KIN_OURS:
			w->ino = st.st_ino;
			w->dev = st.st_dev;
			break;
		case KIN_OTHER:
			return judge(k, w->pid, (pid_t)session_procs(
			    s->session)[w->slot].ppid, s, file);
		default:
			break;
		}
	}
	return judge_all_children(k, w->pid, s, file);
}

static void
drop_dead(struct record_kin *k)
{
	size_t i, kept = 0;

	for (i = 0; i < k->n; i++)
		if (kill(k->all[i].pid, 0) == 0 || errno == EPERM)
			k->all[kept++] = k->all[i];
	k->n = kept;
}

int
record_kin(struct record_kin *k, struct record_watch *w,
    struct record_setup *s, struct trace_file *file, uint64_t now)
{
	size_t n, i;
	int ret = 0;

	if (now - k->looked < LOOK_NS || !(s->session->flags & SESSION_FOLLOW))
		return 0;
	k->looked = now;
	k->look++;
	drop_dead(k);
	n = w->nlive < LOOK_AT ? w->nlive : LOOK_AT;
	for (i = 0; !ret && i < n; i++)
		ret = judge_watched(k, &w->live[k->next++ % w->nlive], s, file);
	n = k->n < LOOK_AT ? k->n : LOOK_AT;
	for (i = 0; !ret && i < n; i++)
		ret = judge_all_children(k, k->all[k->next_kin++ % k->n].pid, s,
		    file);
	return ret;
}
