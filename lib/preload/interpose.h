/*
 * interpose.h - the entries that libc's own headers do not declare alike on
 * every system, declared here so that definitions are held against something.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_INTERPOSE_H
#define PW_PRELOAD_INTERPOSE_H

#include <malloc.h>
#include <stdlib.h>

#include "base/os.h"

void	cfree(void *);
void	free_sized(void *, size_t size);
void	free_aligned_sized(void *, size_t align, size_t size);

#endif
