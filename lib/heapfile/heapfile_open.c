/*
 * heapfile_open.c - the header of a heap file, and its mapping.
 *
 * The header is read before anything is mapped, and believed only as far as
 * its sum goes.  The mapping never replaces one that is there already.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "heapfile/heapfile_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc/mmalloc_layout.h"
#include "base/os.h"

bool
heapfile_is(const void *head, size_t size)
{
	return size >= sizeof(MMALLOC_MAGIC) &&
	    memcmp(head, MMALLOC_MAGIC, sizeof(MMALLOC_MAGIC)) == 0;
}

static bool
header_other(const struct mmalloc_header *h, char *why, size_t size)
{
	if (h->order != MMALLOC_ORDER)
		snprintf(why, size, "a heap of another byte order");
	else if (h->pointer_size != sizeof(void *))
		snprintf(why, size, "a heap of %u-bit programs",
		    h->pointer_size * 8u);
	else if (h->version != MMALLOC_VERSION || h->layout != MMALLOC_LAYOUT)
		snprintf(why, size, "a heap of version %u; this is for %u",
		    h->version, MMALLOC_VERSION);
	else
		return false;
	return true;
}

static bool
header_sane(const struct mmalloc_header *h, uint64_t file_size, char *why,
    size_t size)
{
	if (header_other(h, why, size))
		return false;
	if (h->header_size != sizeof(*h) || h->sum != mmalloc_sum_constant(h))
		snprintf(why, size, "a heap whose header is damaged");
	else if (h->base == 0 || h->base % MMALLOC_UNIT != 0 ||
	    h->base > UINT64_MAX - h->window)
		snprintf(why, size, "a heap with an impossible address");
	else if (file_size <= MMALLOC_ARENA)
		snprintf(why, size, "a heap that was cut off at its header");
	else
		return true;
	return false;
}

/* At the address the header names; what is there already stays. */
static bool
map_at_home(struct heapfile *hf, int fd)
{
	void *at = (void *)(uintptr_t)hf->base;
	void *got = mmap(at, hf->mapped, PROT_READ, MAP_PRIVATE |
	    MAP_FIXED_NOREPLACE, fd, 0);

	if (got == MAP_FAILED)
		return false;
	if (got != at) {
		munmap(got, hf->mapped);
		errno = EEXIST;
		return false;
	}
	hf->map = got;
	return true;
}

static void
take_header(struct heapfile *hf, const struct mmalloc_header *h,
    uint64_t file_size)
{
	hf->base = h->base;
	hf->top = h->top;
	hf->detached = h->state != MMALLOC_OPEN;
	memcpy(hf->key, h->key, sizeof(hf->key));
	hf->mapped = file_size < h->top ? file_size : h->top;
	if (hf->mapped < MMALLOC_ARENA)
		hf->mapped = MMALLOC_ARENA;
	hf->mapped &= ~(size_t)7;
}

static bool
open_fd(struct heapfile *hf, int fd, char *why, size_t size)
{
	struct mmalloc_header h;
	struct stat st;

	if (fstat(fd, &st) < 0) {
		snprintf(why, size, "%s", strerror(errno));
		return false;
	}
	if (pread(fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h) ||
	    !heapfile_is(&h, sizeof(h))) {
		snprintf(why, size, "no heap of mmalloc");
		return false;
	}
	if (!header_sane(&h, (uint64_t)st.st_size, why, size))
		return false;
	take_header(hf, &h, (uint64_t)st.st_size);
	hf->busy = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	if (map_at_home(hf, fd))
		return true;
	snprintf(why, size, "its addresses, from %#llx, cannot be had: %s",
	    (unsigned long long)hf->base, strerror(errno));
	return false;
}

struct heapfile *
heapfile_open(const char *path, char *why, size_t size)
{
	struct heapfile *hf = calloc(1, sizeof(*hf));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (hf == NULL || fd < 0) {
		snprintf(why, size, "%s", strerror(fd < 0 ? errno : ENOMEM));
		goto fail;
	}
	if (!open_fd(hf, fd, why, size))
		goto fail;
	close(fd);
	return hf;
fail:
	if (fd >= 0)
		close(fd);
	free(hf);
	return NULL;
}

void
heapfile_close(struct heapfile *hf)
{
	if (hf == NULL)
		return;
	if (hf->map != NULL)
		munmap((void *)(uintptr_t)hf->map, hf->mapped);
	free(hf->blocks);
	free(hf->faults);
	free(hf);
}

uint64_t
heapfile_word(const struct heapfile *hf, uint64_t address)
{
	uint64_t word;

	memcpy(&word, hf->map + (address - hf->base), sizeof(word));
	return word;
}
