/*
 * beside_own.c - functions of the program's own that bear the seeds' names.
 *
 * OWN_NAMES(_) is made by check-beside: every function that the installed
 * headers declare.  None of them may be called by the library, and none of
 * them may stand in the linker's way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "own_names.h"

extern int own_calls;
int own_calls;
void	own_try(void);

#define OWN_FUNCTION(name)	void name(void); void name(void) { own_calls++; }
OWN_NAMES(OWN_FUNCTION)

#define OWN_CALL(name)		name();
void
own_try(void)
{
	OWN_NAMES(OWN_CALL)
}
