/*
 * format_calls.h - the libc calls whose ranges are held against blocks.
 *
 * In a finding its call is one of format.h's calls or one of these.  They are
 * counted from 32: 31 says that there is none, and the calls of events have
 * five bits.  A _chk form and other names of one function are told by the name
 * that stands in the source.  New ones are put at the end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_FORMAT_CALLS_H
#define PW_TRACE_FORMAT_CALLS_H

#define TRACE_CHECKED(_)						      \
	_(memcpy) _(memmove) _(mempcpy) _(memccpy) _(memset) _(memcmp)	      \
	_(memchr) _(memrchr) _(rawmemchr) _(memmem) _(bcopy) _(bzero)	      \
	_(bcmp) _(explicit_bzero)					      \
	_(strlen) _(strnlen) _(strcpy) _(strncpy) _(stpcpy) _(stpncpy)	      \
	_(strcat) _(strncat) _(strcmp) _(strncmp) _(strcasecmp)		      \
	_(strncasecmp) _(strchr) _(strchrnul) _(strrchr) _(index) _(rindex)   \
	_(strstr) _(strcasestr) _(strspn) _(strcspn) _(strpbrk) _(strdup)     \
	_(strndup)							      \
	_(sprintf) _(vsprintf) _(snprintf) _(vsnprintf)			      \
	_(read) _(pread) _(pread64) _(write) _(pwrite) _(pwrite64) _(readv)   \
	_(writev) _(recv) _(recvfrom) _(send) _(sendto)			      \
	_(fread) _(fread_unlocked) _(fwrite) _(fwrite_unlocked) _(fgets)      \
	_(fgets_unlocked) _(fputs) _(fputs_unlocked) _(puts)		      \
	_(qsort) _(qsort_r) _(bsearch)					      \
	_(wmemcpy) _(wmemmove) _(wmempcpy) _(wmemset) _(wmemcmp) _(wmemchr)   \
	_(wcslen) _(wcsnlen) _(wcscpy) _(wcsncpy) _(wcpcpy) _(wcpncpy)	      \
	_(wcscat) _(wcsncat) _(wcscmp) _(wcsncmp) _(wcscasecmp)		      \
	_(wcsncasecmp) _(wcschr) _(wcschrnul) _(wcsrchr) _(wcsstr)	      \
	_(wcsspn) _(wcscspn) _(wcspbrk) _(wcsdup)			      \
	_(swprintf) _(vswprintf) _(fgetws) _(fputws)

#define TRACE_CHECKED_AS_ENUM(name)	TRACE_CHECKED_##name,
enum trace_checked {
	TRACE_CHECKED_BEFORE = 31,
	TRACE_CHECKED(TRACE_CHECKED_AS_ENUM)
	TRACE_CHECKED_END,
};
#undef TRACE_CHECKED_AS_ENUM

#endif
