/*
 * key.h - keys as numbers and by name.
 *
 * A key is a Unicode character (C-a is 1, Esc 27, Space 32) or one of the
 * names below, which lie above all characters.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_VIEWER_KEY_H
#define PW_VIEWER_KEY_H

#define KEYS(_)								\
	_(UP, "Up") _(DOWN, "Down") _(LEFT, "Left") _(RIGHT, "Right")	\
	_(PAGE_UP, "PgUp") _(PAGE_DOWN, "PgDn")				\
	_(HOME, "Home") _(END, "End") _(BACKSPACE, "Backspace")		\
	_(DELETE, "Delete") _(BACKTAB, "S-Tab")				\
	_(F1, "F1") _(F2, "F2") _(F3, "F3") _(F4, "F4") _(F5, "F5")	\
	_(F6, "F6") _(F7, "F7") _(F8, "F8") _(F9, "F9") _(F10, "F10")

#define KEYS_FIRST	0x110000	/* behind the last character */
#define KEYS_AS_ENUM(name, text)	PW_KEY_##name,
enum key {
	PW_KEY_NONE = 0,
	PW_KEY_TAB = 9,
	PW_KEY_ENTER = 13,
	PW_KEY_ESC = 27,
	PW_KEY_FIRST = KEYS_FIRST - 1,
	KEYS(KEYS_AS_ENUM)
	PW_KEY_RESIZE,
};
#undef KEYS_AS_ENUM

/* The key that the n bytes at name name ("j", "C-d", "Enter"), or 0. */
int	key_parse(const char *name, int n);

#endif
