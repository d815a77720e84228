/*
 * request.h - what a key can ask for: keys, help and manual from one list.
 *
 * Each row is a function request_NAME in request.c, the keys that call it, the
 * word under its function key at the foot of the screen ("": none) and a
 * line of help.  poolview(1) lists the same; a test compares them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_VIEWER_REQUEST_H
#define PW_VIEWER_REQUEST_H

#include <stddef.h>

struct app;

#define REQUESTS(_)							\
	_(help,       "F1 h",          "Help",  "these keys")		\
	_(sites,      "F2 S",          "Sites", "the sites: call paths that allocate") \
	_(search,     "/ F3",          "Search", "search downwards (a regular expression)") \
	_(filter,     "\\ F4",         "Filter", "show only what matches; empty: all") \
	_(errors,     "F5 E",          "Errors", "what the program did wrong") \
	_(sort,       "s F6",          "Sort",  "sort by the next column")	\
	_(invert,     "I F7",          "Invert", "turn the order round")	\
	_(live,       "L F8",          "Live",  "follow the recording, or hold still") \
	_(quit_all,   "Q F10",         "Quit",  "leave poolview")		\
	_(down,       "j Down",        "",      "next line")		\
	_(up,         "k Up",          "",      "previous line")		\
	_(page_down,  "Space PgDn",    "",      "next page")		\
	_(page_up,    "b PgUp",        "",      "previous page")		\
	_(half_down,  "C-d",           "",      "half a page down")		\
	_(half_up,    "C-u",           "",      "half a page up")		\
	_(first,      "g Home",        "",      "first line")		\
	_(last,       "G End",         "",      "last line")		\
	_(open,       "Enter Right",   "",      "open the line: a site's blocks, a block, a report") \
	_(back,       "q Esc Left",    "",      "back to the view before; quit from the first") \
	_(next_view,  "Tab",           "",      "sites, errors, sites, ...")	\
	_(search_up,  "?",             "",      "search upwards")		\
	_(again,      "n",             "",      "search again")		\
	_(again_back, "N",             "",      "search again, the other way")	\
	_(sort_left,  "<",             "",      "sort by the column to the left")	\
	_(sort_right, ">",             "",      "sort by the column to the right")	\
	_(command,    ":",             "",      "type a command")		\
	_(redraw,     "C-l",           "",      "draw the screen anew")

struct request {
	const char *name;
	const char *keys;	/* separated by blanks */
	const char *label;	/* on the bar of function keys; "": not there */
	const char *help;
	void (*run)(struct app *);
};

extern const struct request requests[];
extern const size_t nrequests;

/* The request that key calls, or NULL. */
const struct request *request_find(int key);

#endif
