/*
 * say.h - formatting without stdio, locale or memory, for both sides.
 *
 * Directives: %s %c %d %u %x %zu %zd %zx %lu %ld %lx %llu %llx %p %%, with an
 * optional field width and 0 or - flag.  Anything else is printed as it
 * stands.  Safe in a signal handler; errno is kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_BASE_SAY_H
#define PW_BASE_SAY_H

#include <stdarg.h>
#include <stddef.h>

#include "base/compiler.h"

/*
 * As snprintf: at most size bytes with the NUL; returns the length the whole
 * text has.
 */
size_t	say_format(char *buf, size_t size, const char *fmt, ...) PW_PRINTF(3, 4);
size_t	say_vformat(char *buf, size_t size, const char *fmt, va_list);

#endif
