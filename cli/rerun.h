/*
 * rerun.h - what a report may tell the user to type next.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_CLI_RERUN_H
#define PW_CLI_RERUN_H

#include <stdbool.h>

/* Is --guard-from of poolwatch built? */
bool	rerun_has_guards(void);

#endif
