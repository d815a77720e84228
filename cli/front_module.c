/*
 * front_module.c - the preload library that belongs to this poolwatch.
 *
 * POOLWATCH_MODULE names one outright (tests do), behind what else is to be
 * preloaded in front of it, if anything: FIRST:MODULE.  Else it is looked for
 * relative to our own executable, so that an installation can be moved: in
 * the build tree under .libs, installed where pkglibdir lies from bindir;
 * last at the place configure was told.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULE_NAME	"libpoolwatch-preload.so"

#ifndef PW_BINDIR
#error "PW_BINDIR and PW_PKGLIBDIR come from cli/local.mk"
#endif

/* Where pkglibdir lies, seen from bindir: "../lib/poolwatch". */
static void
from_bindir(char *out, size_t size)
{
	const char *bin = PW_BINDIR, *lib = PW_PKGLIBDIR;
	size_t same = 0, i;

	for (i = 0; bin[i] && bin[i] == lib[i]; i++)
		if (bin[i] == '/')
			same = i + 1;
	*out = '\0';
	for (i = same; bin[i - 1] && bin[i]; i++)
		if (i == same || bin[i] == '/')
			strncat(out, "../", size - strlen(out) - 1);
	strncat(out, lib + same, size - strlen(out) - 1);
}

/* ld.so takes blanks and colons in LD_PRELOAD for the end of a name. */
static bool
try_module(char module[PATH_MAX], const char *folder, const char *sub)
{
	return snprintf(module, PATH_MAX, "%s/%s/" MODULE_NAME, folder, sub) <
	    PATH_MAX && !strpbrk(module, ": \t") && !access(module, R_OK);
}

int
front_find_module(char module[PATH_MAX])
{
	const char *given = getenv("POOLWATCH_MODULE");
	char folder[PATH_MAX], installed[PATH_MAX];
	ssize_t n;
	char *p;

	if (given) {
		snprintf(module, PATH_MAX, "%s", given);
		p = strrchr(module, ':');
		return access(p ? p + 1 : module, R_OK);
	}
	n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	if (n > 0) {
		folder[n] = '\0';
		if ((p = strrchr(folder, '/')))
			*p = '\0';
		from_bindir(installed, sizeof(installed));
		if (try_module(module, folder, ".libs") ||
		    try_module(module, folder, ".") ||
		    try_module(module, folder, installed))
			return 0;
	}
	return try_module(module, PW_PKGLIBDIR, ".") ? 0 : -1;
}
