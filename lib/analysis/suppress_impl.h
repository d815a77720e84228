/*
 * suppress_impl.h - the rules, as the files that read and match them share
 * them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ANALYSIS_SUPPRESS_IMPL_H
#define PW_ANALYSIS_SUPPRESS_IMPL_H

#include "analysis/suppress.h"

void	suppress_rule_free(struct suppress_rule *);
/* Take the rule; 0, or -1 without memory: it is still the caller's. */
int	suppress_add(struct suppressions *, const struct suppress_rule *);
/* A copy of the name of a file, for its rules.  NULL without memory. */
const char *suppress_add_file(struct suppressions *, const char *name);

#endif
