/*
 * skip.h - programs that are not judged unless they are PROGRAM itself.
 *
 * Shells and coreutils: they lead to the program, and keep what they free.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_SKIP_H
#define PW_TRACE_SKIP_H

/* Names, each ended by NUL, then NUL: as in struct session_header. */
#define SKIP_BY_DEFAULT							       \
	"sh\0bash\0dash\0zsh\0ksh\0ksh93\0mksh\0fish\0tcsh\0csh\0busybox\0" \
	"env\0cat\0cp\0mv\0rm\0ln\0ls\0dir\0vdir\0mkdir\0rmdir\0mktemp\0touch\0" \
	"chmod\0chown\0chgrp\0chroot\0install\0mkfifo\0mknod\0dd\0df\0du\0sync\0" \
	"truncate\0shred\0stat\0head\0tail\0tac\0tee\0tr\0wc\0sort\0uniq\0comm\0" \
	"cut\0paste\0join\0fmt\0fold\0nl\0od\0pr\0ptx\0split\0csplit\0shuf\0" \
	"expand\0unexpand\0tsort\0cksum\0sum\0md5sum\0sha1sum\0sha224sum\0" \
	"sha256sum\0sha384sum\0sha512sum\0b2sum\0base32\0base64\0basenc\0" \
	"basename\0dirname\0readlink\0realpath\0pathchk\0pwd\0echo\0printf\0" \
	"true\0false\0test\0[\0expr\0factor\0seq\0numfmt\0yes\0sleep\0timeout\0" \
	"date\0id\0whoami\0who\0users\0groups\0logname\0hostid\0hostname\0uname\0" \
	"uptime\0arch\0nproc\0nice\0nohup\0stdbuf\0stty\0tty\0printenv\0link\0" \
	"unlink\0runcon\0chcon\0pinky\0"

#endif
