/*
 * text_stack.c - a stack in lines of 80 columns.
 *
 *	#0  conn_close               src/conn.c:131
 *
 * What is too long for one line gets two, the place on the second.  A name
 * too long for its own line loses its middle, a place its first folders: the
 * ends tell most.  JSON has all of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "report/escape.h"
#include "report/text_impl.h"

#define FRAME_INDENT	8	/* "    #0  " and "    #10 " */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Step over a whole character when cutting from the front. */
static char *
next_character(char *p)
{
	p++;
	while ((*p & 0xc0) == 0x80)
		p++;
	return p;
}

static void
cut_middle(char *text, size_t max)
{
	size_t len = strlen(text);
	size_t head = max / 2 - 2;
	char *tail;

	if (len <= max)
		return;
	while (head > 0 && (text[head] & 0xc0) == 0x80)
		head--;
	tail = text + len - (max - head - 3);
	while ((*tail & 0xc0) == 0x80)
		tail++;
	memmove(text + head + 3, tail, strlen(tail) + 1);
	memcpy(text + head, "...", 3);
}

void
text_cut_folders(char *place, size_t max)
{
	size_t len = strlen(place);
	char *p, *slash;

	if (len <= max)
		return;
	p = place + (len - max) + 3;
	slash = strchr(p, '/');
	if (slash == NULL)
		slash = (*p & 0xc0) == 0x80 ? next_character(p) : p;
	memmove(place + 3, slash, strlen(slash) + 1);
	memcpy(place, "...", 3);
}

static void
frame_name(const struct symbol_frame *f, char *buf, size_t size)
{
	char offset[40], id[24] = "";
	const char *object = f->module ? base_name(f->module) : NULL;

	if (f->function != NULL) {
		escape_text(buf, size, f->function, strlen(f->function));
		return;
	}
	if (object == NULL) {
		snprintf(buf, size, "0x%llx", (unsigned long long)f->ip);
		return;
	}
	if (f->build_id != NULL)
		snprintf(id, sizeof id, " (build-id %.8s)", f->build_id);
	snprintf(offset, sizeof offset, "+0x%llx",
	    (unsigned long long)f->module_offset);
	escape_text(buf, size - 80, object, strlen(object));
	strcat(buf, offset);
	strcat(buf, id);
}

static void
frame_place(const struct symbol_frame *f, char *buf, size_t size)
{
	const char *where = f->file ? f->file : f->module;

	buf[0] = '\0';
	if (where == NULL || (f->function == NULL && f->file == NULL))
		return;
	if (f->file == NULL)
		where = base_name(where);
	escape_text(buf, size - 16, where, strlen(where));
	if (f->file != NULL && f->line != 0)
		snprintf(buf + strlen(buf), 16, ":%u", f->line);
}

static void
text_frame(const struct text *t, size_t index, const struct symbol_frame *f)
{
	static const char inlined[] = " (inlined)";
	char name[512], place[512], left[600];
	size_t room = (size_t)t->columns - FRAME_INDENT;
	size_t name_room = f->inlined ? room - sizeof inlined + 1 : room;

	frame_name(f, name, sizeof name);
	frame_place(f, place, sizeof place);
	cut_middle(name, name_room);
	snprintf(left, sizeof left, "    #%-2zu %s%s", index, name,
	    f->inlined ? inlined : "");
	if (strlen(left) + 1 + strlen(place) <= (size_t)t->columns) {
		text_columns(t, left, place);
		return;
	}
	text_line(t, "%s", left);
	text_cut_folders(place, room - 2);
	text_line(t, "%*s%s", FRAME_INDENT + 2, "", place);
}

/* What called main is the same in every program: libc's start. */
static size_t
frames_to_main(const struct names_stack *s)
{
	for (size_t i = s->n; i > 0 && s->n - i < 6; i--) {
		const char *symbol = s->frames[i - 1].frame.symbol;

		if (symbol != NULL && strcmp(symbol, "main") == 0)
			return i;
	}
	return s->n;
}

void
text_stack(const struct text *t, const struct names_stack *s)
{
	unsigned limit = t->report->options.frames;
	size_t n = limit == 0 ? s->n : frames_to_main(s);

	if (s->n == 0)
		text_line(t, "    (no stack was recorded)");
	for (size_t i = 0; i < n; i++) {
		if (limit != 0 && i >= limit) {
			text_line(t, "    ... %zu more (--frames=all)",
			    n - i);
			return;
		}
		if (s->frames[i].mark != NULL)
			text_line(t, "    ... %s", s->frames[i].mark);
		else
			text_frame(t, i, &s->frames[i].frame);
	}
}

void
text_site_line(const struct text *t, const char *what, uint32_t proc,
    uint32_t stack, uint64_t time)
{
	char name[512] = "", place[512] = "", left[600];
	struct names_stack s;

	names_resolve(t->report->names, proc, stack, time, &s);
	if (s.n > 0 && s.frames[0].mark == NULL) {
		frame_name(&s.frames[0].frame, name, sizeof name);
		frame_place(&s.frames[0].frame, place, sizeof place);
	}
	names_free(&s);
	cut_middle(name, (size_t)t->columns - 30);
	snprintf(left, sizeof left, "    %s%s%s", what, name[0] ? " in " : "",
	    name);
	if (strlen(left) + 1 + strlen(place) > (size_t)t->columns)
		text_cut_folders(place, (size_t)t->columns - 8);
	if (strlen(left) + 1 + strlen(place) <= (size_t)t->columns) {
		text_columns(t, left, place);
		return;
	}
	text_line(t, "%s", left);
	text_line(t, "        %s", place);
}
