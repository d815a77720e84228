/*
 * calls_text.h - strings of char and of wchar_t, held against blocks.
 *
 * The macros make the entries of both kinds (calls_string.c, calls_wide.c).
 * Lengths count characters; wide says of which size.
 *
 * A string that is read to its end is in order if there is a NUL in what is
 * left of its block.  Most often the block's last byte is one, and nothing need
 * be read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_CALLS_TEXT_H
#define PW_PRELOAD_CALLS_TEXT_H

#include "preload/calls.h"

#pragma GCC visibility push(hidden)

static PW_ALWAYS_INLINE size_t
text_size(bool wide)
{
	return wide ? sizeof(wchar_t) : 1;
}

/* Is one of the n characters at s the last of a string? */
static PW_ALWAYS_INLINE bool
text_ends(const void *s, size_t n, bool wide)
{
	if (n == 0)
		return false;
	if (wide)
		return calls_real.wcsnlen(s, n) < n;
	return ((const char *)s)[n - 1] == '\0' ||
	    calls_real.strnlen(s, n) < n;
}

/*
 * Does reading s up to its NUL, but no more than max characters, go beyond its
 * block?  *room: what is left of it.
 */
static PW_ALWAYS_INLINE bool
text_passes(const void *s, size_t max, bool wide, size_t *room)
{
	if (max == 0 || !calls_near(s))
		return false;
	*room = backend_room(s);
	if (*room == SIZE_MAX)
		return false;
	*room /= text_size(wide);
	return max > *room && !text_ends(s, *room, wide);
}

/* true: it was held and there was more to read than there is. */
static PW_ALWAYS_INLINE bool
text_hold(const void *s, size_t max, bool wide, unsigned call,
    const void *frame)
{
	size_t room;

	if (PW_LIKELY(!text_passes(s, max, wide, &room)))
		return false;
	calls_tell(&(struct backend_held_range){ s, (room + 1) *
	    text_size(wide), NULL, BACKEND_HELD_READ }, call, frame);
	return true;
}

/* One side of a comparison, which may end where the strings differ. */
static PW_ALWAYS_INLINE void
text_hold_side(const void *s, const void *other, size_t max, bool wide,
    int (*differ)(const void *, const void *, size_t), unsigned call,
    const void *frame)
{
	size_t room;

	if (PW_LIKELY(!text_passes(s, max, wide, &room)) ||
	    (room != 0 && differ(s, other, room) != 0))
		return;
	calls_tell(&(struct backend_held_range){ s, (room + 1) *
	    text_size(wide), NULL, BACKEND_HELD_READ }, call, frame);
}

#define TEXT_CALL(name)	TRACE_CHECKED_##name, CALLS_FRAME
#define TEXT_NEAR(a, b)	(calls_near(a) | calls_near(b))
#define TEXT_READ(s, n, wide, call)					\
	CALLS_READ(s, calls_mul(n, text_size(wide)), call)
#define TEXT_WRITE(s, n, from, wide, call)				\
	CALLS_WRITE(s, calls_mul(n, text_size(wide)), from, call)

/* The length: what has been read is known then. */
#define TEXT_LENGTH(type, name, wide, early)				\
CALLS_ENTRY(size_t, name, (const type *s), (s), calls_near(s), early)	\
{									\
	size_t n = calls_real.name(s);					\
									\
	TEXT_READ(s, n + 1, wide, name);				\
	return n;							\
}

#define TEXT_LENGTH_MAX(type, name, wide, early)			\
CALLS_ENTRY(size_t, name, (const type *s, size_t max), (s, max),	\
    calls_near(s), early)						\
{									\
	size_t n = calls_real.name(s, max);				\
									\
	TEXT_READ(s, n < max ? n + 1 : n, wide, name);		\
	return n;							\
}

/* len is the real strlen: what it says serves both sides. */
#define TEXT_COPY(type, name, call, wide, len, more, args, early)	\
CALLS_ENTRY(type *, name, (type *to, const type *from more), args,	\
    TEXT_NEAR(to, from), early)						\
{									\
	size_t n = calls_real.len(from) + 1;				\
									\
	TEXT_READ(from, n, wide, call);				\
	TEXT_WRITE(to, n, from, wide, call);				\
	return calls_real.name args;					\
}

/* Writes all of n. */
#define TEXT_COPY_MAX(type, name, call, wide, more, args, early)	\
CALLS_ENTRY(type *, name, (type *to, const type *from, size_t n more),	\
    args, TEXT_NEAR(to, from), early)					\
{									\
	text_hold(from, n, wide, TEXT_CALL(call));			\
	TEXT_WRITE(to, n, NULL, wide, call);				\
	return calls_real.name args;					\
}

#define TEXT_APPEND(type, name, call, wide, len, more, args, early)	\
CALLS_ENTRY(type *, name, (type *to, const type *from more), args,	\
    TEXT_NEAR(to, from), early)						\
{									\
	size_t n = calls_real.len(from) + 1;				\
									\
	TEXT_READ(from, n, wide, call);				\
	if (!text_hold(to, SIZE_MAX, wide, TEXT_CALL(call)))		\
		TEXT_WRITE(to + calls_real.len(to), n, from, wide, call); \
	return calls_real.name args;					\
}

#define TEXT_APPEND_MAX(type, name, call, wide, len, nlen, more, args, early) \
CALLS_ENTRY(type *, name, (type *to, const type *from, size_t n more),	\
    args, TEXT_NEAR(to, from), early)					\
{									\
	text_hold(from, n, wide, TEXT_CALL(call));			\
	if (!text_hold(to, SIZE_MAX, wide, TEXT_CALL(call)))		\
		TEXT_WRITE(to + calls_real.len(to),			\
		    calls_real.nlen(from, n) + 1, NULL, wide, call);	\
	return calls_real.name args;					\
}

typedef int text_differ(const void *, const void *, size_t);

#define TEXT_COMPARE(type, name, wide, differ, early)			\
CALLS_ENTRY(int, name, (const type *a, const type *b), (a, b),		\
    TEXT_NEAR(a, b), early)						\
{									\
	text_differ *d = (text_differ *)calls_real.differ;		\
									\
	text_hold_side(a, b, SIZE_MAX, wide, d, TEXT_CALL(name));	\
	text_hold_side(b, a, SIZE_MAX, wide, d, TEXT_CALL(name));	\
	return calls_real.name(a, b);					\
}

#define TEXT_COMPARE_MAX(type, name, wide, early)			\
CALLS_ENTRY(int, name, (const type *a, const type *b, size_t n),	\
    (a, b, n), TEXT_NEAR(a, b), early)					\
{									\
	text_differ *d = (text_differ *)calls_real.name;		\
									\
	text_hold_side(a, b, n, wide, d, TEXT_CALL(name));		\
	text_hold_side(b, a, n, wide, d, TEXT_CALL(name));		\
	return calls_real.name(a, b, n);				\
}

/* A search for a character; read: how far it went, when found is its result. */
#define TEXT_FIND(type, name, wide, ctype, read, early)			\
CALLS_ENTRY(type *, name, (const type *s, ctype c), (s, c),		\
    calls_near(s), early)						\
{									\
	type *found = calls_real.name(s, c);				\
									\
	text_hold(s, read, wide, TEXT_CALL(name));			\
	return found;							\
}

/* A search for another string, or for one of its characters. */
#define TEXT_FIND_TEXT(result, type, name, wide, read, early)		\
CALLS_ENTRY(result, name, (const type *s, const type *what), (s, what),	\
    TEXT_NEAR(s, what), early)						\
{									\
	result found = calls_real.name(s, what);			\
									\
	text_hold(what, SIZE_MAX, wide, TEXT_CALL(name));		\
	text_hold(s, read, wide, TEXT_CALL(name));			\
	return found;							\
}

#define TEXT_TO(found)	((found) == NULL ? SIZE_MAX : (size_t)((found) - s) + 1)

#define TEXT_COPY_NEW(type, name, call, wide)				\
CALLS_ENTRY(type *, name, (const type *s), (s), calls_near(s), NULL)	\
{									\
	text_hold(s, SIZE_MAX, wide, TEXT_CALL(call));			\
	return calls_real.name(s);					\
}

/* An argument more, in the middle of a list. */
#define TEXT_AND	, size_t room

#pragma GCC visibility pop

#endif
