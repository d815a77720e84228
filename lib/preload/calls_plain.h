/*
 * calls_plain.h - the plainest form of what must work before libc does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_CALLS_PLAIN_H
#define PW_PRELOAD_CALLS_PLAIN_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

/* As the functions of libc of these names. */
void	*plain_memcpy(void *, const void *, size_t);	/* may overlap */
void	*plain_memset(void *, int, size_t);
int	plain_memcmp(const void *, const void *, size_t);
void	*plain_memchr(const void *, int, size_t);
size_t	plain_strlen(const char *);
size_t	plain_strnlen(const char *, size_t);
char	*plain_strcpy(char *, const char *);
int	plain_strcmp(const char *, const char *);
int	plain_strncmp(const char *, const char *, size_t);
char	*plain_strchr(const char *, int);
char	*plain_strrchr(const char *, int);
char	*plain_strstr(const char *, const char *);
size_t	plain_strspn(const char *, const char *);
size_t	plain_strcspn(const char *, const char *);

#pragma GCC visibility pop

#endif
