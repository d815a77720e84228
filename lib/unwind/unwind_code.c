/*
 * unwind_code.c - what the code itself says where .eh_frame says nothing.
 *
 * Two kinds of code are known by their bytes.  A signal handler returns to
 *
 *	mov $SYS_rt_sigreturn, %rax; syscall
 *
 * which programs may bring themselves.  And the compiler's own start files have
 * no unwind information: when an object is closed, its __do_global_dtors_aux
 * runs what the object has registered to be called then.  From a return address
 * on such a function goes straight to its end,
 *
 *	call ...; movb $1, ...(%rip); pop %rbp; ret	or ... add $8, %rsp; ret
 *
 * and that tells where its caller's words are.  Nothing is guessed: other
 * code has no row.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

#if defined(__x86_64__)

#define CODE_MAX	32u	/* bytes looked at */
#define CALL_SIZE	5u
#define MOVB_SIZE	7u

static bool
begins(const unsigned char *p, const char *code, size_t size)
{
	return bytes_equal(p, (const unsigned char *)code, size);
}

/* The row of a function that goes on at p; the longest end has 5 bytes. */
static uint64_t
straight_row(const unsigned char *p)
{
	const unsigned char *end = p + CODE_MAX;

	while (end - p >= (ptrdiff_t)(MOVB_SIZE + 5)) {
		if (begins(p, "\xe8", 1))
			p += CALL_SIZE;
		else if (begins(p, "\xc6\x05", 2))
			p += MOVB_SIZE;
		else
			break;
	}
	if (begins(p, "\x5d\xc3", 2))
		return ROW_MAKE(ROW_FRAME, 0, ROW_BP_AT_CFA, -2, 16);
	if (begins(p, "\x48\x83\xc4\x08\xc3", 5))
		return ROW_MAKE(ROW_FRAME, 0, ROW_BP_SAME, 0, 16);
	return ROW_MAKE(ROW_UNKNOWN, 0, 0, 0, 0);
}

PW_NOINLINE uint64_t
code_row(const struct walk *w)
{
	static const char signal[] = "\x48\xc7\xc0\x0f\0\0\0\x0f\x05";
	const unsigned char *p = (const unsigned char *)w->pc;
	uintptr_t word;

	/* Of code at the very end of an object nothing is said. */
	if (!stack_read(w->process, w->thread, w->pc, &word) ||
	    !stack_read(w->process, w->thread, w->pc + CODE_MAX - sizeof word,
	    &word))
		return ROW_MAKE(ROW_UNKNOWN, 0, 0, 0, 0);
	if (begins(p, signal, sizeof signal - 1))
		return ROW_MAKE(ROW_SIGNAL, 0, 0, 0, 0);
	return w->exact ? ROW_MAKE(ROW_UNKNOWN, 0, 0, 0, 0) : straight_row(p);
}

#endif
