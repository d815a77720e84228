/*
 * refuse_privilege.c - would the kernel start it with a clean environment?
 *
 * It does (AT_SECURE) when the program's effective ids will differ from the
 * real ones, or when the file gives capabilities that the real user has not.
 * Then ld.so drops LD_PRELOAD, and nothing of ours would run.  Bits that the
 * kernel ignores (mounted nosuid, no_new_privs, root's own) do not count.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/refuse.h"

#include <endian.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/poolwatch.h"

/* struct vfs_cap_data: a magic word, then permitted and inheritable pairs. */
#define CAP_WORDS	5

static bool
gives_capabilities(int fd)
{
	uint32_t data[CAP_WORDS + 1];	/* revision 3 adds a root id */
	ssize_t n = fgetxattr(fd, "security.capability", data, sizeof(data));

	if (n < 12)
		return false;
	if (le32toh(data[0]) & 1)	/* effective */
		return true;
	return data[1] || (n >= 20 && data[3]);
}

static bool
bits_count(int fd)
{
	struct statvfs vfs;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return false;
	return fstatvfs(fd, &vfs) < 0 || !(vfs.f_flag & ST_NOSUID);
}

int
refuse_privilege(int fd, const char *path, struct refuse_verdict *v)
{
	uid_t euid = geteuid();
	gid_t egid = getegid();
	const char *what = NULL;
	bool count = bits_count(fd);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return 0;
	if (count && st.st_mode & S_ISUID)
		euid = st.st_uid;
	if (count && (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		egid = st.st_gid;
	if (euid != getuid())
		what = "set-user-ID";
	else if (egid != getgid())
		what = "set-group-ID";
	else if (count && getuid() != 0 && gives_capabilities(fd))
		what = "given file capabilities";
	if (!what)
		return 0;
	return refuse_say(v, WATCH_FAILED, euid != getuid() ?
	    "run poolwatch as the user it becomes, or watch a copy without "
	    "the bit" : "watch a copy without the privilege",
	    "%s is %s: the kernel starts it with a cleaned environment, so it "
	    "can't be watched", refuse_name(path), what);
}
