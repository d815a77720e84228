/*
 * screen.c - the terminal: the grid goes out, keys come in.
 *
 * The only file that includes curses.  Colours are the eight that every
 * terminal has, on its own background; NO_COLOR leaves bold and reverse.
 *
 * A crash can't call endwin (it allocates), so the bytes that give the
 * terminal back are made at the start and written by the handler.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define NCURSES_WIDECHAR 1
#include "config.h"

#include "viewer/screen.h"

#include <curses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "base/compiler.h"
#include "viewer/key.h"

#define ESC_DELAY	25	/* ms until Esc is a key of its own */

#define STYLE_AS_ROW(name, colour, attr)	\
	[STYLE_##name] = { COLOR_##colour, attr },
#define BOLD	A_BOLD
#define REVERSE	A_REVERSE
static const struct {
	short colour;
	attr_t attr;
} styles[] = { STYLES(STYLE_AS_ROW) };
#undef BOLD
#undef REVERSE
#undef STYLE_AS_ROW

static const struct {
	int curses;
	int key;
} keys[] = {
	{ KEY_UP, PW_KEY_UP }, { KEY_DOWN, PW_KEY_DOWN },
	{ KEY_LEFT, PW_KEY_LEFT }, { KEY_RIGHT, PW_KEY_RIGHT },
	{ KEY_PPAGE, PW_KEY_PAGE_UP }, { KEY_NPAGE, PW_KEY_PAGE_DOWN },
	{ KEY_HOME, PW_KEY_HOME }, { KEY_END, PW_KEY_END },
	{ KEY_BACKSPACE, PW_KEY_BACKSPACE }, { KEY_DC, PW_KEY_DELETE },
	{ KEY_BTAB, PW_KEY_BACKTAB }, { KEY_ENTER, PW_KEY_ENTER },
	{ KEY_RESIZE, PW_KEY_RESIZE },
};

static const int ending[] = { SIGTERM, SIGHUP, SIGINT };
static const int crashing[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

static SCREEN *screen;
static bool coloured;
static volatile sig_atomic_t asked;
static struct termios before;
static bool have_before;
static char leave[256];		/* what gives the terminal back */
static size_t leave_size;

static int
leave_putc(int c)
{
	if (leave_size < sizeof(leave))
		leave[leave_size++] = (char)c;
	return c;
}

static void
leave_add(const char *name)
{
	const char *text = tigetstr(name);

	if (text != NULL && text != (char *)-1)
		tputs(text, 1, leave_putc);
}

static void
on_ending(int sig)
{
	asked = sig;
}

static void
on_crash(int sig)
{
	ssize_t n = write(STDOUT_FILENO, leave, leave_size);

	(void)n;
	if (have_before)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_ending };
	struct sigaction crash = { .sa_handler = on_crash,
		.sa_flags = SA_ONSTACK | SA_NODEFER };
	static char stack[16384];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	size_t i;

	sigaltstack(&alternate, NULL);
	for (i = 0; i < PW_ARRAY_LEN(ending); i++)
		sigaction(ending[i], &sa, NULL);
	for (i = 0; i < PW_ARRAY_LEN(crashing); i++)
		sigaction(crashing[i], &crash, NULL);
}

static void
start_colours(void)
{
	const char *no = getenv("NO_COLOR");
	size_t i;

	coloured = !(no != NULL && no[0] != '\0') && has_colors() &&
	    start_color() == OK && COLORS >= 8;
	if (!coloured)
		return;
	use_default_colors();
	for (i = 0; i < PW_ARRAY_LEN(styles); i++)
		init_pair((short)(i + 1), styles[i].colour == COLOR_WHITE ?
		    -1 : styles[i].colour, -1);
}

int
screen_open(void)
{
	have_before = tcgetattr(STDIN_FILENO, &before) == 0;
	screen = newterm(NULL, stdout, stdin);
	if (screen == NULL)
		return -1;
	set_term(screen);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	set_escdelay(ESC_DELAY);
	curs_set(0);
	start_colours();
	leave_add("rmkx");
	leave_add("sgr0");
	leave_add("cnorm");
	leave_add("rmcup");
	catch_signals();
	return 0;
}

void
screen_close(void)
{
	if (screen == NULL)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

/* While we were stopped nobody told us of a new size, so ask. */
void
screen_size(int *cols, int *rows)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 &&
	    w.ws_row > 0 && (w.ws_col != COLS || w.ws_row != LINES))
		resizeterm(w.ws_row, w.ws_col);
	*cols = COLS;
	*rows = LINES;
}

static void
push_cell(const struct cell *c, int *style)
{
	wchar_t text[2] = { (wchar_t)c->ch, L'\0' };

	if (c->style != *style) {
		*style = c->style;
		attr_set(styles[*style].attr, coloured ?
		    (short)(*style + 1) : 0, NULL);
	}
	addnwstr(text, 1);
}

void
screen_push(const struct grid *g, bool all)
{
	int row, col, style = -1;
	const struct cell *c;

	if (all)
		clearok(stdscr, TRUE);
	erase();
	for (row = 0; row < g->rows && row < LINES; row++) {
		move(row, 0);
		for (col = 0; col < g->cols && col < COLS; col++) {
			c = &g->cells[row * g->cols + col];
			if (c->ch != 0)
				push_cell(c, &style);
		}
	}
	refresh();
}

int
screen_key(int ms)
{
	wint_t c;
	size_t i;
	int kind;

	timeout(ms);
	kind = get_wch(&c);
	if (kind == ERR)
		return 0;
	if (kind != KEY_CODE_YES)
		return c == '\n' ? PW_KEY_ENTER : (int)c;
	if (c >= KEY_F(1) && c <= KEY_F(10))
		return PW_KEY_F1 + (int)(c - KEY_F(1));
	for (i = 0; i < PW_ARRAY_LEN(keys); i++)
		if ((int)c == keys[i].curses)
			return keys[i].key;
	return 0;
}

int
screen_signal(void)
{
	return asked;
}
