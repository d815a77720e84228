/*
 * mmalloc_inspect.h - look at a heap file from outside, damaged or not.
 *
 * The file is mapped read-only wherever the kernel likes; its base need not be
 * free.  Every byte is hostile: whatever it holds, reads stay in the mapping
 * and all loops end.  Addresses handed out are those of the program that
 * uses the heap: base + offset in the file.
 *
 * A file that a writer is attached to, or died with, is looked at as it is: the
 * chain of blocks is whole at any moment, but with a live writer a block may
 * change while it is read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_MMALLOC_INSPECT_H
#define PW_ALLOC_MMALLOC_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc/mmalloc_layout.h"

struct mmalloc_view {
	const uint8_t *map;
	size_t size;		/* of the mapping: what was in the file */
	struct mmalloc_header header;	/* a copy, judged */
	size_t top;		/* end of the heap, at most size */
	bool open;		/* a writer is, or died while, attached */
	const char *why;	/* what is wrong with the header, or NULL */
};

struct mmalloc_block {
	uint64_t addr;		/* of the data */
	uint64_t off;		/* of the header, in the file */
	size_t size;		/* bytes asked for; of other kinds: room */
	size_t block_size;	/* with header and slack */
	enum pool_block_kind kind;
};

struct mmalloc_fault {
	uint64_t off;		/* where, in the file */
	size_t size;		/* bytes passed over because of it; 0: none */
	const char *what;
	uint64_t block;		/* data of the block whose bounds were
				 * overstepped; 0: of none that is known */
	uint8_t is;		/* the byte at off; with block alone */
	uint8_t should;
};

/*
 * Map the file and judge its header.  0; or an errno, with view->why:
 * EILSEQ not a heap, ENOTSUP version, byte order or pointer size, EUCLEAN its
 * address cannot be believed, or what a system call said.  A file that
 * mmalloc_attach refuses but whose address is known is looked at as far as it
 * goes: 0, and why says what is wrong.  fd stays the caller's and may be
 * closed.  mmalloc_inspect_close is due after 0 only.
 */
int	mmalloc_inspect_open(struct mmalloc_view *, int fd);
void	mmalloc_inspect_close(struct mmalloc_view *);

/*
 * Every block in order of addresses to block, every fault to fault, either of
 * which may be NULL.  Behind a damaged header the walk goes on with the next
 * eight bytes that make a sound one, from which an unbroken chain leads on.
 * Returns the number of faults.
 */
typedef void	mmalloc_block_fn(void *arg, const struct mmalloc_block *);
typedef void	mmalloc_fault_fn(void *arg, const struct mmalloc_fault *);
size_t	mmalloc_inspect_walk(const struct mmalloc_view *, mmalloc_block_fn *,
	    mmalloc_fault_fn *, void *arg);

#endif
