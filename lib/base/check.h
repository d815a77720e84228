/*
 * check.h - assertions about ourselves.
 *
 * PW_ASSERT stands in every build and is for cheap truths; PW_DASSERT is for
 * O(n) checks and stands in --enable-debug builds only.  A failed assertion is
 * our mistake, never the caller's.  check_failed is supplied by each side:
 * the outside prints and aborts; the inside stops recording and lets the
 * watched program go on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_BASE_CHECK_H
#define PW_BASE_CHECK_H

#include "base/compiler.h"

void	check_failed(const char *what, const char *file, int line);

#define PW_ASSERT(e) \
	(PW_LIKELY(e) ? (void)0 : check_failed(#e, __FILE__, __LINE__))

#ifdef PW_DEBUG
#define PW_DASSERT(e)	PW_ASSERT(e)
#else
#define PW_DASSERT(e)	((void)sizeof(!(e)))
#endif

#endif
