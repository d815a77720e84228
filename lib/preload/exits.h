/*
 * exits.h - every orderly way out of a process.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_EXITS_H
#define PW_PRELOAD_EXITS_H

/* Register with exit and quick_exit; from the constructor, not from malloc. */
void	exits_init(void) __attribute__((visibility("hidden")));

#endif
