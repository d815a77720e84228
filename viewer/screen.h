/*
 * screen.h - the terminal: the grid goes out, keys come in.
 *
 * However poolview ends, the terminal is given back as it was: at the end, at
 * a signal, and when poolview itself crashes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_VIEWER_SCREEN_H
#define PW_VIEWER_SCREEN_H

#include <stdbool.h>

#include "viewer/grid.h"

/* 0, or -1: this terminal can't be used. */
int	screen_open(void);
void	screen_close(void);

void	screen_size(int *cols, int *rows);
/* all: not only what changed since the last time. */
void	screen_push(const struct grid *, bool all);
/* The next key, or 0 after ms milliseconds without one. */
int	screen_key(int ms);

/* The signal that asked us to end, or 0. */
int	screen_signal(void);

#endif
