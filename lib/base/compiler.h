/*
 * compiler.h - what C11 with GNU extensions does not spell by itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_BASE_COMPILER_H
#define PW_BASE_COMPILER_H

#include <stddef.h>

#define PW_ARRAY_LEN(a)		(sizeof(a) / sizeof((a)[0]))
#define PW_CONTAINER_OF(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))

#define PW_LIKELY(e)		__builtin_expect(!!(e), 1)
#define PW_UNLIKELY(e)		__builtin_expect(!!(e), 0)

#define PW_EXPORT		__attribute__((visibility("default")))
#define PW_HIDDEN		__attribute__((visibility("hidden")))
#define PW_NOINLINE		__attribute__((noinline))
#define PW_ALWAYS_INLINE	inline __attribute__((always_inline))
#define PW_NORETURN		__attribute__((noreturn))
#define PW_UNUSED		__attribute__((unused))
#define PW_PRINTF(fmt, first)	__attribute__((format(printf, fmt, first)))

/* The preload module may own 64 bytes of static TLS, all of this model. */
#define PW_TLS			__thread __attribute__((tls_model("initial-exec")))

#endif
