/*
 * heapfile_impl.h - what the files of lib/heapfile share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_HEAPFILE_HEAPFILE_IMPL_H
#define PW_HEAPFILE_HEAPFILE_IMPL_H

#include "heapfile/heapfile.h"

/* The block that holds the address, by binary search; or NULL. */
struct heapfile_block *heapfile_find(const struct heapfile *,
	    uint64_t address);

#endif
