/*
 * grid.h - a screen of our own: cells with a character and a style.
 *
 * Views draw here; screen.c carries it to the terminal, and a test saves it as
 * text.  So everything but the last step is the same without a terminal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_VIEWER_GRID_H
#define PW_VIEWER_GRID_H

#include <stdbool.h>
#include <stdint.h>

/* name, curses colour of the letters, attributes; see screen.c */
#define STYLES(_)							\
	_(NORMAL,   WHITE,  0)						\
	_(HEADER,   WHITE,  BOLD)					\
	_(GOOD,     GREEN,  BOLD)					\
	_(BAD,      RED,    BOLD)					\
	_(TITLE,    CYAN,   BOLD)					\
	_(HEADING,  WHITE,  REVERSE)					\
	_(SELECTED, WHITE,  REVERSE)					\
	_(BAR,      GREEN,  0)						\
	_(DIM,      CYAN,   0)						\
	_(MARK,     YELLOW, BOLD)					\
	_(KEY,      WHITE,  BOLD)					\
	_(KEYNAME,  WHITE,  REVERSE)

#define STYLE_AS_ENUM(name, colour, attr)	STYLE_##name,
enum style { STYLES(STYLE_AS_ENUM) STYLE_COUNT };
#undef STYLE_AS_ENUM

struct cell {
	uint32_t ch;		/* Unicode; 0: right half of a wide one */
	uint8_t style;		/* enum style */
};

struct grid {
	int cols;
	int rows;
	bool ascii;		/* no characters beyond ASCII */
	struct cell *cells;
};

/* 0, or -1 without memory (the old size stays). */
int	grid_resize(struct grid *, int cols, int rows);
void	grid_release(struct grid *);
void	grid_clear(struct grid *);

/*
 * Put text (UTF-8) into at most width columns from (row, col) on; what lies
 * outside the grid is dropped.  Returns the columns used.
 */
int	grid_put(struct grid *, int row, int col, int width, enum style,
	    const char *text);
/* The same, right-aligned in exactly width columns. */
void	grid_put_right(struct grid *, int row, int col, int width, enum style,
	    const char *text);
/* Give [col, col + width) of row a style, leaving what stands there. */
void	grid_paint(struct grid *, int row, int col, int width, enum style);

/* How many columns text takes. */
int	grid_width(const char *text);

/* One character of UTF-8 at s into *ch; its length, at least 1. */
int	grid_decode(const char *s, uint32_t *ch);
/* The bytes of ch, ended by NUL; their number. */
int	grid_encode(uint32_t ch, char text[5]);

/* The screen as text, blanks at the ends of lines dropped.  0 or -1, errno. */
int	grid_save(const struct grid *, const char *path);

#endif
