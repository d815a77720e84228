/*
 * public.h - how the installed headers declare their functions.
 *
 * A function keeps the name of its seed in the source and has another one in
 * the object file, so a program may hold a vmem_create or an mmalloc of its
 * own, or of another library, beside ours: PW_SYMBOL(poolalloc) makes the
 * linker's name pw_poolalloc.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_PUBLIC_H
#define PW_ALLOC_PUBLIC_H

#ifdef __cplusplus
#define PW_BEGIN_DECLS	extern "C" { _Pragma("GCC visibility push(default)")
#define PW_END_DECLS	_Pragma("GCC visibility pop") }
#else
#define PW_BEGIN_DECLS	_Pragma("GCC visibility push(default)")
#define PW_END_DECLS	_Pragma("GCC visibility pop")
#endif

#define PW_SYMBOL(name)	__asm__("pw_" #name)

#endif
