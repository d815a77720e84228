/*
 * calls_chk.h - entries of libc that its headers do not declare, or only where
 * a program is compiled with _FORTIFY_SOURCE.
 *
 * The forms with _chk take beside their arguments what the compiler knew of the
 * size of the object, in bytes or (wide) in characters, and flag.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_CALLS_CHK_H
#define PW_PRELOAD_CALLS_CHK_H

#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <wchar.h>

void	*__memcpy_chk(void *, const void *, size_t, size_t);
void	*__memmove_chk(void *, const void *, size_t, size_t);
void	*__mempcpy_chk(void *, const void *, size_t, size_t);
void	*__memset_chk(void *, int, size_t, size_t);
void	__explicit_bzero_chk(void *, size_t, size_t);

char	*__strcpy_chk(char *, const char *, size_t);
char	*__strncpy_chk(char *, const char *, size_t, size_t);
char	*__stpcpy_chk(char *, const char *, size_t);
char	*__stpncpy_chk(char *, const char *, size_t, size_t);
char	*__strcat_chk(char *, const char *, size_t);
char	*__strncat_chk(char *, const char *, size_t, size_t);
char	*__strdup(const char *);
char	*__strndup(const char *, size_t);

int	__vsnprintf(char *, size_t, const char *, va_list);
int	__snprintf(char *, size_t, const char *, ...);
int	__sprintf_chk(char *, int flag, size_t, const char *, ...);
int	__snprintf_chk(char *, size_t, int flag, size_t, const char *, ...);
int	__swprintf_chk(wchar_t *, size_t, int flag, size_t, const wchar_t *,
	    ...);
int	__vsprintf_chk(char *, int flag, size_t, const char *, va_list);
int	__vsnprintf_chk(char *, size_t, int flag, size_t, const char *,
	    va_list);
int	__vswprintf_chk(wchar_t *, size_t, int flag, size_t, const wchar_t *,
	    va_list);

ssize_t	__read(int, void *, size_t);
ssize_t	__write(int, const void *, size_t);
ssize_t	__read_chk(int, void *, size_t, size_t);
ssize_t	__pread_chk(int, void *, size_t, off_t, size_t);
ssize_t	__pread64_chk(int, void *, size_t, off64_t, size_t);
ssize_t	__recv_chk(int, void *, size_t, size_t, int);
ssize_t	__recvfrom_chk(int, void *, size_t, size_t, int, struct sockaddr *,
	    socklen_t *);

size_t	__fread_chk(void *, size_t, size_t, size_t, FILE *);
size_t	__fread_unlocked_chk(void *, size_t, size_t, size_t, FILE *);
char	*__fgets_chk(char *, size_t, int, FILE *);
char	*__fgets_unlocked_chk(char *, size_t, int, FILE *);
wchar_t	*__fgetws_chk(wchar_t *, size_t, int, FILE *);

wchar_t	*__wmemcpy_chk(wchar_t *, const wchar_t *, size_t, size_t);
wchar_t	*__wmemmove_chk(wchar_t *, const wchar_t *, size_t, size_t);
wchar_t	*__wmempcpy_chk(wchar_t *, const wchar_t *, size_t, size_t);
wchar_t	*__wmemset_chk(wchar_t *, wchar_t, size_t, size_t);
wchar_t	*__wcscpy_chk(wchar_t *, const wchar_t *, size_t);
wchar_t	*__wcsncpy_chk(wchar_t *, const wchar_t *, size_t, size_t);
wchar_t	*__wcpcpy_chk(wchar_t *, const wchar_t *, size_t);
wchar_t	*__wcpncpy_chk(wchar_t *, const wchar_t *, size_t, size_t);
wchar_t	*__wcscat_chk(wchar_t *, const wchar_t *, size_t);
wchar_t	*__wcsncat_chk(wchar_t *, const wchar_t *, size_t, size_t);

#endif
