/*
 * key.c - keys as numbers and by name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "viewer/key.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "viewer/grid.h"

#define KEYS_AS_ROW(name, text)	{ text, PW_KEY_##name },
static const struct {
	const char *name;
	int key;
} names[] = {
	{ "Tab", PW_KEY_TAB }, { "Enter", PW_KEY_ENTER },
	{ "Esc", PW_KEY_ESC }, { "Space", ' ' },
	KEYS(KEYS_AS_ROW)
};
#undef KEYS_AS_ROW

int
key_parse(const char *name, int n)
{
	uint32_t ch;
	size_t i;

	for (i = 0; i < PW_ARRAY_LEN(names); i++)
		if ((size_t)n == strlen(names[i].name) &&
		    memcmp(names[i].name, name, (size_t)n) == 0)
			return names[i].key;
	if (n == 3 && name[0] == 'C' && name[1] == '-' && name[2] >= 'a' &&
	    name[2] <= 'z')
		return name[2] - 'a' + 1;
	if (n > 0 && grid_decode(name, &ch) == n && ch > ' ' && ch != 0xfffd)
		return (int)ch;
	return 0;
}
