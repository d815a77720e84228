/*
 * args_impl.h - shared by the files of the option table only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_CLI_ARGS_IMPL_H
#define PW_CLI_ARGS_IMPL_H

#include "cli/args.h"

void	args_print_help(const struct args_program *);
void	args_print_version(const struct args_program *);
void	args_print_options(const struct args_program *);

static inline bool
args_value_is_optional(const struct args_option *o)
{
	return o->value && o->value[0] == '[';
}

#endif
