/*
 * grid.c - a screen of our own: cells with a character and a style.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "viewer/grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

int
grid_resize(struct grid *g, int cols, int rows)
{
	struct cell *cells;

	if (cols < 1 || rows < 1)
		return -1;
	cells = calloc((size_t)cols * (size_t)rows, sizeof(*cells));
	if (cells == NULL)
		return -1;
	free(g->cells);
	g->cells = cells;
	g->cols = cols;
	g->rows = rows;
	grid_clear(g);
	return 0;
}

void
grid_release(struct grid *g)
{
	free(g->cells);
	g->cells = NULL;
}

void
grid_clear(struct grid *g)
{
	int i;

	for (i = 0; i < g->cols * g->rows; i++)
		g->cells[i] = (struct cell){ ' ', STYLE_NORMAL };
}

int
grid_decode(const char *s, uint32_t *ch)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *b = (const unsigned char *)s;
	int n, i;

	n = b[0] < 0x80 ? 1 : b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 :
	    b[0] < 0xf0 ? 3 : b[0] < 0xf5 ? 4 : 0;
	*ch = n <= 1 ? b[0] : b[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			n = 0;
		else
			*ch = *ch << 6 | (b[i] & 0x3f);
	}
	if (n == 0 || *ch < least[n] || (*ch >= 0xd800 && *ch < 0xe000)) {
		*ch = 0xfffd;
		return 1;
	}
	return n;
}

int
grid_encode(uint32_t ch, char text[5])
{
	int n = ch < 0x80 ? 1 : ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4, i;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (i = n - 1; i > 0; i--, ch >>= 6)
		text[i] = (char)(0x80 | (ch & 0x3f));
	text[0] = (char)(lead[n] | ch);
	text[n] = '\0';
	return n;
}

/* Columns of one character; 0: none of its own (combining, control). */
static int
char_width(uint32_t ch)
{
	int n;

	if (ch < 0x20 || ch == 0x7f)
		return 0;
	if (ch < 0x7f)
		return 1;
	n = wcwidth((wchar_t)ch);
	return n < 0 ? 1 : n;
}

int
grid_width(const char *text)
{
	uint32_t ch;
	int n = 0;

	while (*text != '\0') {
		text += grid_decode(text, &ch);
		n += char_width(ch);
	}
	return n;
}

int
grid_put(struct grid *g, int row, int col, int width, enum style style,
    const char *text)
{
	struct cell *line;
	int used = 0, n;
	uint32_t ch;

	if (row < 0 || row >= g->rows || col < 0)
		return 0;
	if (width > g->cols - col)
		width = g->cols - col;
	line = &g->cells[row * g->cols + col];
	while (*text != '\0') {
		text += grid_decode(text, &ch);
		n = char_width(ch);
		if (n == 0)
			continue;
		if (used + n > width)
			break;
		if (g->ascii && ch > 0x7e)
			ch = '?';
		line[used] = (struct cell){ ch, (uint8_t)style };
		if (n == 2)
			line[used + 1] = (struct cell){ 0, (uint8_t)style };
		used += n;
	}
	return used;
}

void
grid_put_right(struct grid *g, int row, int col, int width, enum style style,
    const char *text)
{
	int n = grid_width(text);

	if (n < width) {
		col += width - n;
		width = n;
	}
	grid_put(g, row, col, width, style, text);
}

void
grid_paint(struct grid *g, int row, int col, int width, enum style style)
{
	int i;

	if (row < 0 || row >= g->rows)
		return;
	for (i = col < 0 ? 0 : col; i < col + width && i < g->cols; i++)
		g->cells[row * g->cols + i].style = (uint8_t)style;
}

static void
save_line(FILE *f, const struct cell *line, int cols)
{
	char text[5];
	int i;

	while (cols > 0 && line[cols - 1].ch == ' ')
		cols--;
	for (i = 0; i < cols; i++)
		if (line[i].ch != 0) {
			grid_encode(line[i].ch, text);
			fputs(text, f);
		}
	putc('\n', f);
}

int
grid_save(const struct grid *g, const char *path)
{
	FILE *f = fopen(path, "w");
	int i, bad;

	if (f == NULL)
		return -1;
	for (i = 0; i < g->rows; i++)
		save_line(f, &g->cells[i * g->cols], g->cols);
	bad = ferror(f);
	return fclose(f) != 0 || bad ? -1 : 0;
}
