/*
 * poolleak_source.c - which file the words of the command line mean.
 *
 * What a source is, is found out by looking at it, not at its name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/poolleak.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/escape.h"

static bool
all_digits(const char *word)
{
	return *word != '\0' && word[strspn(word, "0123456789")] == '\0';
}

static const char *
shown(const char *word)
{
	static char buf[512];

	escape_text(buf, sizeof(buf), word, strlen(word));
	return buf;
}

static bool
ends_in_pwt(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".pwt") == 0;
}

/* The newest *.pwt of this folder into path; false: there is none. */
static bool
find_newest(char *path, size_t size)
{
	DIR *dir = opendir(".");
	struct timespec newest = { 0, 0 };
	struct dirent *d;
	bool found = false;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		struct stat st;

		if (!ends_in_pwt(d->d_name) || strlen(d->d_name) >= size ||
		    stat(d->d_name, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (found && (st.st_mtim.tv_sec < newest.tv_sec ||
		    (st.st_mtim.tv_sec == newest.tv_sec &&
		    st.st_mtim.tv_nsec <= newest.tv_nsec)))
			continue;
		newest = st.st_mtim;
		strcpy(path, d->d_name);
		found = true;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

/* Both kinds of ELF file that people try. */
static int
judge_elf(const char *path, const unsigned char head[20])
{
	unsigned type = head[EI_DATA] == ELFDATA2MSB ?
	    (unsigned)head[16] << 8 | head[17] :
	    (unsigned)head[17] << 8 | head[16];

	if (type == ET_CORE)
		leak_say("%s is a core file: not yet built into this version",
		    shown(path));
	else
		leak_say("%s is a program; run it under poolwatch",
		    shown(path));
	return LEAK_UNREADABLE;
}

static int
judge_file(const char *path)
{
	unsigned char head[20];
	struct stat st;
	ssize_t n;
	int fd;

	/* A FIFO would make us wait for ever. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		leak_say("%s: %s", shown(path), strerror(errno));
		if (fd >= 0)
			close(fd);
		return LEAK_UNREADABLE;
	}
	n = S_ISREG(st.st_mode) ? read(fd, head, sizeof(head)) : 0;
	close(fd);
	if (S_ISDIR(st.st_mode)) {
		leak_say("%s is a folder", shown(path));
		return LEAK_UNREADABLE;
	}
	if (!S_ISREG(st.st_mode)) {
		leak_say("%s is no file that holds a trace", shown(path));
		return LEAK_UNREADABLE;
	}
	if (n == sizeof(head) && memcmp(head, ELFMAG, SELFMAG) == 0)
		return judge_elf(path, head);
	return LEAK_OK;
}

static int
no_such(const char *word)
{
	if (all_digits(word))
		leak_say("%s is a PID: looking at running processes is not "
		    "yet built into this version", word);
	else if (strchr(word, '/') == NULL && !ends_in_pwt(word))
		leak_say("%s: no such file (and finding processes by name is "
		    "not yet built into this version)", shown(word));
	else
		leak_say("%s: %s", shown(word), strerror(ENOENT));
	return LEAK_UNREADABLE;
}

int
leak_source(const struct leak_options *o, int n, char **words, char *path,
    size_t size)
{
	const char *word = o->trace ? o->trace : n > 0 ? words[0] : NULL;

	if (n + (o->trace != NULL) > 1) {
		leak_say("one source at a time; to compare two traces: "
		    "--diff=OLD NEW (not yet built into this version)");
		return LEAK_USAGE;
	}
	if (word == NULL) {
		if (!find_newest(path, size)) {
			leak_say("no *.pwt here; give it a trace, or make one "
			    "with: poolwatch PROGRAM");
			return LEAK_USAGE;
		}
		leak_say("%s is the newest trace here", shown(path));
		return judge_file(path);
	}
	if (strlen(word) >= size) {
		leak_say("%s", strerror(ENAMETOOLONG));
		return LEAK_UNREADABLE;
	}
	strcpy(path, word);
	if (o->trace == NULL && all_digits(word) && access(word, F_OK) == 0) {
		leak_say("%s is a PID and a file of that name exists: say "
		    "-p %s or ./%s", word, word, word);
		return LEAK_USAGE;
	}
	if (access(word, F_OK) < 0 && errno == ENOENT)
		return no_such(word);
	return judge_file(word);
}
