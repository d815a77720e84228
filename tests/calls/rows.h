/*
 * rows.h - the rows of calls.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ROWS_H
#define ROWS_H

#define ROWS(_)                                                         \
	_(memcpy, memcpy, w, 1, "pbfl", memcpy(p, other, n))            \
	_(memcpy_from, memcpy, r, 1, "pbfl", memcpy(spare, p, n))       \
	_(memmove, memmove, w, 1, "pbfl", memmove(p, other, n))         \
	_(memmove_from, memmove, r, 1, "pbfl", memmove(spare, p, n))    \
	_(mempcpy, mempcpy, w, 1, "pbfl", mempcpy(p, other, n))         \
	_(mempcpy_from, mempcpy, r, 1, "pbfl", mempcpy(spare, p, n))    \
	_(__mempcpy, mempcpy, w, 1, "pbfl", __mempcpy(p, other, n))     \
	_(__mempcpy_from, mempcpy, r, 1, "pbfl", __mempcpy(spare, p, n)) \
	_(__memcpy_chk, memcpy, w, 1, "pbfl",                           \
	    __memcpy_chk(p, other, n, ALL))                             \
	_(__memcpy_chk_from, memcpy, r, 1, "pbfl",                      \
	    __memcpy_chk(spare, p, n, ALL))                             \
	_(__memmove_chk, memmove, w, 1, "pbfl",                         \
	    __memmove_chk(p, other, n, ALL))                            \
	_(__memmove_chk_from, memmove, r, 1, "pbfl",                    \
	    __memmove_chk(spare, p, n, ALL))                            \
	_(__mempcpy_chk, mempcpy, w, 1, "pbfl",                         \
	    __mempcpy_chk(p, other, n, ALL))                            \
	_(__mempcpy_chk_from, mempcpy, r, 1, "pbfl",                    \
	    __mempcpy_chk(spare, p, n, ALL))                            \
	_(wmemcpy, wmemcpy, w, 4, "pbfl", wmemcpy(W, wide_other, n))    \
	_(wmemcpy_from, wmemcpy, r, 4, "pbfl",                          \
	    wmemcpy(wide_spare, W, n))                                  \
	_(__wmemcpy_chk, wmemcpy, w, 4, "pbfl",                         \
	    __wmemcpy_chk(W, wide_other, n, ALL))                       \
	_(__wmemcpy_chk_from, wmemcpy, r, 4, "pbfl",                    \
	    __wmemcpy_chk(wide_spare, W, n, ALL))                       \
	_(wmemmove, wmemmove, w, 4, "pbfl", wmemmove(W, wide_other, n)) \
	_(wmemmove_from, wmemmove, r, 4, "pbfl",                        \
	    wmemmove(wide_spare, W, n))                                 \
	_(__wmemmove_chk, wmemmove, w, 4, "pbfl",                       \
	    __wmemmove_chk(W, wide_other, n, ALL))                      \
	_(__wmemmove_chk_from, wmemmove, r, 4, "pbfl",                  \
	    __wmemmove_chk(wide_spare, W, n, ALL))                      \
	_(wmempcpy, wmempcpy, w, 4, "pbfl", wmempcpy(W, wide_other, n)) \
	_(wmempcpy_from, wmempcpy, r, 4, "pbfl",                        \
	    wmempcpy(wide_spare, W, n))                                 \
	_(__wmempcpy_chk, wmempcpy, w, 4, "pbfl",                       \
	    __wmempcpy_chk(W, wide_other, n, ALL))                      \
	_(__wmempcpy_chk_from, wmempcpy, r, 4, "pbfl",                  \
	    __wmempcpy_chk(wide_spare, W, n, ALL))                      \
	_(bcopy, bcopy, w, 1, "pbfl", bcopy(other, p, n))               \
	_(bcopy_from, bcopy, r, 1, "pbfl", bcopy(p, spare, n))          \
	_(memccpy, memccpy, w, 1, "pbfl", memccpy(p, other, 'q', n))    \
	_(memccpy_from, memccpy, r, 1, "pbfl",                          \
	    memccpy(spare, p, 'q', n))                                  \
	_(memset, memset, w, 1, "pbfl", memset(p, 'x', n))              \
	_(__memset_chk, memset, w, 1, "pbfl",                           \
	    __memset_chk(p, 'x', n, ALL))                               \
	_(bzero, bzero, w, 1, "pbfl", bzero(p, n))                      \
	_(explicit_bzero, explicit_bzero, w, 1, "pbfl",                 \
	    explicit_bzero(p, n))                                       \
	_(__explicit_bzero_chk, explicit_bzero, w, 1, "pbfl",           \
	    __explicit_bzero_chk(p, n, ALL))                            \
	_(wmemset, wmemset, w, 4, "pbfl", wmemset(W, L'x', n))          \
	_(__wmemset_chk, wmemset, w, 4, "pbfl",                         \
	    __wmemset_chk(W, L'x', n, ALL))                             \
	_(memcmp, memcmp, r, 1, "pbfl", USE(memcmp(p, other, n)))       \
	_(memcmp_2, memcmp, r, 1, "pbfl", USE(memcmp(other, p, n)))     \
	_(bcmp, bcmp, r, 1, "pbfl", USE(bcmp(p, other, n)))             \
	_(bcmp_2, bcmp, r, 1, "pbfl", USE(bcmp(other, p, n)))           \
	_(wmemcmp, wmemcmp, r, 4, "pbfl",                               \
	    USE(wmemcmp(W, wide_other, n)))                             \
	_(wmemcmp_2, wmemcmp, r, 4, "pbfl",                             \
	    USE(wmemcmp(wide_other, W, n)))                             \
	_(memchr, memchr, r, 1, "pbfl", USE(memchr(p, 'q', n)))         \
	_(memrchr, memrchr, r, 1, "pbfl", USE(memrchr(p, 'q', n)))      \
	_(rawmemchr, rawmemchr, r, 1, "pbfl", USE(rawmemchr(p, mark)))  \
	_(wmemchr, wmemchr, r, 4, "pbfl", USE(wmemchr(W, L'q', n)))     \
	_(memmem, memmem, r, 1, "pbfl", USE(memmem(p, n, "q", 1)))      \
	_(memmem_2, memmem, r, 1, "pbfl",                               \
	    USE(memmem(other, ROOM, p, n)))                             \
	_(strlen, strlen, r, 1, "pbfl", USE(strlen(P)))                 \
	_(strnlen, strnlen, r, 1, "pbfl", USE(strnlen(P, n)))           \
	_(strcpy, strcpy, w, 1, "pbfl", strcpy(P, other))               \
	_(strcpy_from, strcpy, r, 1, "pbfl", strcpy(spare, P))          \
	_(stpcpy, stpcpy, w, 1, "pbfl", stpcpy(P, other))               \
	_(stpcpy_from, stpcpy, r, 1, "pbfl", stpcpy(spare, P))          \
	_(__strcpy_chk, strcpy, w, 1, "pbfl",                           \
	    __strcpy_chk(P, other, ALL))                                \
	_(__strcpy_chk_from, strcpy, r, 1, "pbfl",                      \
	    __strcpy_chk(spare, P, ALL))                                \
	_(__stpcpy_chk, stpcpy, w, 1, "pbfl",                           \
	    __stpcpy_chk(P, other, ALL))                                \
	_(__stpcpy_chk_from, stpcpy, r, 1, "pbfl",                      \
	    __stpcpy_chk(spare, P, ALL))                                \
	_(__stpcpy, stpcpy, w, 1, "pbfl", __stpcpy(P, other))           \
	_(__stpcpy_from, stpcpy, r, 1, "pbfl", __stpcpy(spare, P))      \
	_(strncpy, strncpy, w, 1, "pbfl", strncpy(P, other, n))         \
	_(strncpy_from, strncpy, r, 1, "pbfl", strncpy(spare, P, n))    \
	_(stpncpy, stpncpy, w, 1, "pbfl", stpncpy(P, other, n))         \
	_(stpncpy_from, stpncpy, r, 1, "pbfl", stpncpy(spare, P, n))    \
	_(__strncpy_chk, strncpy, w, 1, "pbfl",                         \
	    __strncpy_chk(P, other, n, ALL))                            \
	_(__strncpy_chk_from, strncpy, r, 1, "pbfl",                    \
	    __strncpy_chk(spare, P, n, ALL))                            \
	_(__stpncpy_chk, stpncpy, w, 1, "pbfl",                         \
	    __stpncpy_chk(P, other, n, ALL))                            \
	_(__stpncpy_chk_from, stpncpy, r, 1, "pbfl",                    \
	    __stpncpy_chk(spare, P, n, ALL))                            \
	_(__stpncpy, stpncpy, w, 1, "pbfl", __stpncpy(P, other, n))     \
	_(__stpncpy_from, stpncpy, r, 1, "pbfl", __stpncpy(spare, P, n)) \
	_(strcat, strcat, a, 1, "pl", strcat(P, other))                 \
	_(strcat_to, strcat, r, 1, "bf", strcat(P, ""))                 \
	_(strcat_from, strcat, r, 1, "pbfl",                            \
	    *spare = 0; strcat(spare, P))                               \
	_(strncat, strncat, a, 1, "pl", strncat(P, other, n))           \
	_(strncat_to, strncat, r, 1, "bf", strncat(P, "", n))           \
	_(strncat_from, strncat, r, 1, "pbfl",                          \
	    *spare = 0; strncat(spare, P, n))                           \
	_(__strcat_chk, strcat, a, 1, "pl", __strcat_chk(P, other, ALL)) \
	_(__strcat_chk_to, strcat, r, 1, "bf",                          \
	    __strcat_chk(P, "", ALL))                                   \
	_(__strcat_chk_from, strcat, r, 1, "pbfl",                      \
	    *spare = 0; __strcat_chk(spare, P, ALL))                    \
	_(__strncat_chk, strncat, a, 1, "pl",                           \
	    __strncat_chk(P, other, n, ALL))                            \
	_(__strncat_chk_to, strncat, r, 1, "bf",                        \
	    __strncat_chk(P, "", n, ALL))                               \
	_(__strncat_chk_from, strncat, r, 1, "pbfl",                    \
	    *spare = 0; __strncat_chk(spare, P, n, ALL))                \
	_(strcmp, strcmp, r, 1, "pbfl", USE(strcmp(P, same(p))))        \
	_(strcmp_2, strcmp, r, 1, "pbfl", USE(strcmp(same(p), P)))      \
	_(strcasecmp, strcasecmp, r, 1, "pbfl",                         \
	    USE(strcasecmp(P, same(p))))                                \
	_(strcasecmp_2, strcasecmp, r, 1, "pbfl",                       \
	    USE(strcasecmp(same(p), P)))                                \
	_(strncmp, strncmp, r, 1, "pbfl", USE(strncmp(P, same(p), n)))  \
	_(strncmp_2, strncmp, r, 1, "pbfl", USE(strncmp(same(p), P, n))) \
	_(strncasecmp, strncasecmp, r, 1, "pbfl",                       \
	    USE(strncasecmp(P, same(p), n)))                            \
	_(strncasecmp_2, strncasecmp, r, 1, "pbfl",                     \
	    USE(strncasecmp(same(p), P, n)))                            \
	_(strchr, strchr, r, 1, "pbfl", USE(strchr(P, 'q')))            \
	_(strchrnul, strchrnul, r, 1, "pbfl", USE(strchrnul(P, 'q')))   \
	_(strrchr, strrchr, r, 1, "pbfl", USE(strrchr(P, 'q')))         \
	_(strstr, strstr, r, 1, "pbfl", USE(strstr(P, "q")))            \
	_(strstr_2, strstr, r, 1, "pbfl", USE(strstr(other, P)))        \
	_(strcasestr, strcasestr, r, 1, "pbfl", USE(strcasestr(P, "q"))) \
	_(strcasestr_2, strcasestr, r, 1, "pbfl",                       \
	    USE(strcasestr(other, P)))                                  \
	_(strpbrk, strpbrk, r, 1, "pbfl", USE(strpbrk(P, "q")))         \
	_(strpbrk_2, strpbrk, r, 1, "pbfl", USE(strpbrk(other, P)))     \
	_(strcspn, strcspn, r, 1, "pbfl", USE(strcspn(P, "q")))         \
	_(strcspn_2, strcspn, r, 1, "pbfl", USE(strcspn(other, P)))     \
	_(strspn, strspn, r, 1, "pl", USE(strspn(P, other)))            \
	_(strspn_2, strspn, r, 1, "pbfl", USE(strspn(other, P)))        \
	_(strspn_1, strspn, r, 1, "bf", USE(strspn(P, "q")))            \
	_(strdup, strdup, r, 1, "pbfl", free(strdup(P)))                \
	_(wcslen, wcslen, r, 4, "pbfl", USE(wcslen(W)))                 \
	_(wcsnlen, wcsnlen, r, 4, "pbfl", USE(wcsnlen(W, n)))           \
	_(wcscpy, wcscpy, w, 4, "pbfl", wcscpy(W, wide_other))          \
	_(wcscpy_from, wcscpy, r, 4, "pbfl", wcscpy(wide_spare, W))     \
	_(wcpcpy, wcpcpy, w, 4, "pbfl", wcpcpy(W, wide_other))          \
	_(wcpcpy_from, wcpcpy, r, 4, "pbfl", wcpcpy(wide_spare, W))     \
	_(__wcscpy_chk, wcscpy, w, 4, "pbfl",                           \
	    __wcscpy_chk(W, wide_other, ALL))                           \
	_(__wcscpy_chk_from, wcscpy, r, 4, "pbfl",                      \
	    __wcscpy_chk(wide_spare, W, ALL))                           \
	_(__wcpcpy_chk, wcpcpy, w, 4, "pbfl",                           \
	    __wcpcpy_chk(W, wide_other, ALL))                           \
	_(__wcpcpy_chk_from, wcpcpy, r, 4, "pbfl",                      \
	    __wcpcpy_chk(wide_spare, W, ALL))                           \
	_(wcsncpy, wcsncpy, w, 4, "pbfl", wcsncpy(W, wide_other, n))    \
	_(wcsncpy_from, wcsncpy, r, 4, "pbfl",                          \
	    wcsncpy(wide_spare, W, n))                                  \
	_(wcpncpy, wcpncpy, w, 4, "pbfl", wcpncpy(W, wide_other, n))    \
	_(wcpncpy_from, wcpncpy, r, 4, "pbfl",                          \
	    wcpncpy(wide_spare, W, n))                                  \
	_(__wcsncpy_chk, wcsncpy, w, 4, "pbfl",                         \
	    __wcsncpy_chk(W, wide_other, n, ALL))                       \
	_(__wcsncpy_chk_from, wcsncpy, r, 4, "pbfl",                    \
	    __wcsncpy_chk(wide_spare, W, n, ALL))                       \
	_(__wcpncpy_chk, wcpncpy, w, 4, "pbfl",                         \
	    __wcpncpy_chk(W, wide_other, n, ALL))                       \
	_(__wcpncpy_chk_from, wcpncpy, r, 4, "pbfl",                    \
	    __wcpncpy_chk(wide_spare, W, n, ALL))                       \
	_(wcscat, wcscat, a, 4, "pl", wcscat(W, wide_other))            \
	_(wcscat_to, wcscat, r, 4, "bf", wcscat(W, L""))                \
	_(wcscat_from, wcscat, r, 4, "pbfl",                            \
	    *wide_spare = 0; wcscat(wide_spare, W))                     \
	_(wcsncat, wcsncat, a, 4, "pl", wcsncat(W, wide_other, n))      \
	_(wcsncat_to, wcsncat, r, 4, "bf", wcsncat(W, L"", n))          \
	_(wcsncat_from, wcsncat, r, 4, "pbfl",                          \
	    *wide_spare = 0; wcsncat(wide_spare, W, n))                 \
	_(__wcscat_chk, wcscat, a, 4, "pl",                             \
	    __wcscat_chk(W, wide_other, ALL))                           \
	_(__wcscat_chk_to, wcscat, r, 4, "bf",                          \
	    __wcscat_chk(W, L"", ALL))                                  \
	_(__wcscat_chk_from, wcscat, r, 4, "pbfl",                      \
	    *wide_spare = 0; __wcscat_chk(wide_spare, W, ALL))          \
	_(__wcsncat_chk, wcsncat, a, 4, "pl",                           \
	    __wcsncat_chk(W, wide_other, n, ALL))                       \
	_(__wcsncat_chk_to, wcsncat, r, 4, "bf",                        \
	    __wcsncat_chk(W, L"", n, ALL))                              \
	_(__wcsncat_chk_from, wcsncat, r, 4, "pbfl",                    \
	    *wide_spare = 0; __wcsncat_chk(wide_spare, W, n, ALL))      \
	_(wcscmp, wcscmp, r, 4, "pbfl", USE(wcscmp(W, same(p))))        \
	_(wcscmp_2, wcscmp, r, 4, "pbfl", USE(wcscmp(same(p), W)))      \
	_(wcscasecmp, wcscasecmp, r, 4, "pbfl",                         \
	    USE(wcscasecmp(W, same(p))))                                \
	_(wcscasecmp_2, wcscasecmp, r, 4, "pbfl",                       \
	    USE(wcscasecmp(same(p), W)))                                \
	_(wcsncmp, wcsncmp, r, 4, "pbfl", USE(wcsncmp(W, same(p), n)))  \
	_(wcsncmp_2, wcsncmp, r, 4, "pbfl", USE(wcsncmp(same(p), W, n))) \
	_(wcsncasecmp, wcsncasecmp, r, 4, "pbfl",                       \
	    USE(wcsncasecmp(W, same(p), n)))                            \
	_(wcsncasecmp_2, wcsncasecmp, r, 4, "pbfl",                     \
	    USE(wcsncasecmp(same(p), W, n)))                            \
	_(wcschr, wcschr, r, 4, "pbfl", USE(wcschr(W, L'q')))           \
	_(wcschrnul, wcschrnul, r, 4, "pbfl", USE(wcschrnul(W, L'q')))  \
	_(wcsrchr, wcsrchr, r, 4, "pbfl", USE(wcsrchr(W, L'q')))        \
	_(wcsstr, wcsstr, r, 4, "pbfl", USE(wcsstr(W, L"q")))           \
	_(wcsstr_2, wcsstr, r, 4, "pbfl", USE(wcsstr(wide_other, W)))   \
	_(wcspbrk, wcspbrk, r, 4, "pbfl", USE(wcspbrk(W, L"q")))        \
	_(wcspbrk_2, wcspbrk, r, 4, "pbfl", USE(wcspbrk(wide_other, W))) \
	_(wcscspn, wcscspn, r, 4, "pbfl", USE(wcscspn(W, L"q")))        \
	_(wcscspn_2, wcscspn, r, 4, "pbfl", USE(wcscspn(wide_other, W))) \
	_(wcsspn, wcsspn, r, 4, "pl", USE(wcsspn(W, wide_other)))       \
	_(wcsspn_2, wcsspn, r, 4, "pbfl", USE(wcsspn(wide_other, W)))   \
	_(wcsspn_1, wcsspn, r, 4, "bf", USE(wcsspn(W, L"q")))           \
	_(wcsdup, wcsdup, r, 4, "pbfl", free(wcsdup(W)))                \
	_(__strdup, strdup, r, 1, "pbfl", free(__strdup(P)))            \
	_(strndup, strndup, r, 1, "pbfl", free(strndup(P, n)))          \
	_(__strndup, strndup, r, 1, "pbfl", free(__strndup(P, n)))      \
	_(index, index, r, 1, "pbfl", USE(index(P, 'q')))               \
	_(rindex, rindex, r, 1, "pbfl", USE(rindex(P, 'q')))            \
	_(sprintf, sprintf, w, 1, "pbfl", sprintf(P, "%.*s", SHORT))    \
	_(snprintf, snprintf, w, 1, "pbfl",                             \
	    snprintf(P, ROOM, "%.*s", SHORT))                           \
	_(snprintf_cut, snprintf, w, 1, "pbfl",                         \
	    snprintf(P, n, "%.200d", 1))                                \
	_(__snprintf, snprintf, w, 1, "pbfl",                           \
	    __snprintf(P, ROOM, "%.*s", SHORT))                         \
	_(__sprintf_chk, sprintf, w, 1, "pbfl",                         \
	    __sprintf_chk(P, 0, ALL, "%.*s", SHORT))                    \
	_(__snprintf_chk, snprintf, w, 1, "pbfl",                       \
	    __snprintf_chk(P, ROOM, 0, ALL, "%.*s", SHORT))             \
	_(swprintf, swprintf, w, 4, "pbfl",                             \
	    swprintf(W, ROOM, L"%.*ls", WSHORT))                        \
	_(__swprintf_chk, swprintf, w, 4, "pbfl",                       \
	    __swprintf_chk(W, ROOM, 0, ALL, L"%.*ls", WSHORT))          \
	_(read, read, w, 1, "pbfl", USE(read(zero, p, n)))              \
	_(__read, read, w, 1, "pbfl", USE(__read(zero, p, n)))          \
	_(__read_chk, read, w, 1, "pbfl",                               \
	    USE(__read_chk(zero, p, n, ALL)))                           \
	_(pread, pread, w, 1, "pbfl", USE(pread(zero, p, n, 0)))        \
	_(__pread_chk, pread, w, 1, "pbfl",                             \
	    USE(__pread_chk(zero, p, n, 0, ALL)))                       \
	_(pread64, pread64, w, 1, "pbfl", USE(pread64(zero, p, n, 0)))  \
	_(__pread64_chk, pread64, w, 1, "pbfl",                         \
	    USE(__pread64_chk(zero, p, n, 0, ALL)))                     \
	_(readv, readv, w, 1, "pbl", USE(readv(zero, IOV)))             \
	_(write, write, r, 1, "pbfl", USE(write(null, p, n)))           \
	_(__write, write, r, 1, "pbfl", USE(__write(null, p, n)))       \
	_(pwrite, pwrite, r, 1, "pbfl", USE(pwrite(null, p, n, 0)))     \
	_(pwrite64, pwrite64, r, 1, "pbfl",                             \
	    USE(pwrite64(null, p, n, 0)))                               \
	_(writev, writev, r, 1, "pbl", USE(writev(null, IOV)))          \
	_(recv, recv, w, 1, "pbfl", recv(fill_pair(n), p, ROOM, 0))     \
	_(__recv_chk, recv, w, 1, "pbfl",                               \
	    __recv_chk(fill_pair(n), p, ROOM, ALL, 0))                  \
	_(recv_cut, recv, w, 1, "l",                                    \
	    recv(fill_pair(n + 9), p, n, MSG_TRUNC))                    \
	_(recvfrom, recvfrom, w, 1, "pbfl",                             \
	    recvfrom(fill_pair(n), p, ROOM, 0, NULL, NULL))             \
	_(__recvfrom_chk, recvfrom, w, 1, "pbfl",                       \
	    __recvfrom_chk(fill_pair(n), p, ROOM, ALL, 0, NULL, NULL))  \
	_(send, send, r, 1, "pbfl", drain_pair(send(pair[0], p, n, 0))) \
	_(sendto, sendto, r, 1, "pbfl",                                 \
	    drain_pair(sendto(pair[0], p, n, 0, NULL, 0)))              \
	_(fread, fread, w, 1, "pbfl", USE(fread(p, 1, n, in)))          \
	_(__fread_chk, fread, w, 1, "pbfl",                             \
	    USE(__fread_chk(p, ALL, 1, n, in)))                         \
	_(fread_unlocked, fread_unlocked, w, 1, "pbfl",                 \
	    USE(fread_unlocked(p, 1, n, in)))                           \
	_(__fread_unlocked_chk, fread_unlocked, w, 1, "pbfl",           \
	    USE(__fread_unlocked_chk(p, ALL, 1, n, in)))                \
	_(fwrite, fwrite, r, 1, "pbfl", USE(fwrite(p, 1, n, sink)))     \
	_(fwrite_unlocked, fwrite_unlocked, r, 1, "pbfl",               \
	    USE(fwrite_unlocked(p, 1, n, sink)))                        \
	_(fgets, fgets, w, 1, "pbfl",                                   \
	    FILE *f = line_of(n); USE(fgets(P, ROOM, f)); fclose(f))    \
	_(__fgets_chk, fgets, w, 1, "pbfl",                             \
	    FILE *f = line_of(n); USE(__fgets_chk(P, ALL, ROOM, f)); fclose(f)) \
	_(fgets_unlocked, fgets_unlocked, w, 1, "pbfl",                 \
	    FILE *f = line_of(n); USE(fgets_unlocked(P, ROOM, f)); fclose(f)) \
	_(__fgets_unlocked_chk, fgets_unlocked, w, 1, "pbfl",           \
	    FILE *f = line_of(n); USE(__fgets_unlocked_chk(P, ALL, ROOM, f)); fclose(f)) \
	_(fgetws, fgetws, w, 4, "pbfl",                                 \
	    FILE *f = line_of(n); USE(fgetws(W, ROOM, f)); fclose(f))   \
	_(__fgetws_chk, fgetws, w, 4, "pbfl",                           \
	    FILE *f = line_of(n); USE(__fgetws_chk(W, ALL, ROOM, f)); fclose(f)) \
	_(fputs, fputs, r, 1, "pbfl", fputs(P, sink))                   \
	_(fputs_unlocked, fputs_unlocked, r, 1, "pbfl",                 \
	    fputs_unlocked(P, sink))                                    \
	_(puts, puts, r, 1, "pbfl", puts(P))                            \
	_(fputws, fputws, r, 4, "pbfl", fputws(W, wide_sink))           \
	_(read_short, read, w, 1, "l", USE(read(fill_pair(n), p, 4096))) \
	_(qsort, qsort, w, 1, "pbfl", qsort(p, n, 1, by_byte))          \
	_(qsort_r, qsort_r, w, 1, "pbfl",                               \
	    qsort_r(p, n, 1, by_byte_too, NULL))                        \
	_(bsearch, bsearch, r, 1, "pbfl",                               \
	    USE(bsearch("q", p, n, 1, by_byte)))                        \
	_(vsprintf, vsprintf, w, 1, "pbfl", print(P, "%.*s", SHORT))    \
	_(__vsnprintf, vsnprintf, w, 1, "pbfl",                         \
	    print_old(P, ROOM, "%.*s", SHORT))                          \
	_(vsnprintf, vsnprintf, w, 1, "pbfl",                           \
	    print_n(P, ROOM, "%.*s", SHORT))                            \
	_(vswprintf, vswprintf, w, 4, "pbfl",                           \
	    print_wide(W, ROOM, L"%.*ls", WSHORT))                      \
	_(__vsprintf_chk, vsprintf, w, 1, "pbfl",                       \
	    print_chk(P, "%.*s", SHORT))                                \
	_(__vsnprintf_chk, vsnprintf, w, 1, "pbfl",                     \
	    print_n_chk(P, ROOM, "%.*s", SHORT))                        \
	_(__vswprintf_chk, vswprintf, w, 4, "pbfl",                     \
	    print_wide_chk(W, ROOM, L"%.*ls", WSHORT))

#endif
