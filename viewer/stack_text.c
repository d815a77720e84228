/*
 * stack_text.c - call stacks as lines of text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "viewer/stack_text.h"

#include "viewer/text.h"

#define NAME_COLUMNS	36	/* up to the place; longer names push it */
#define NAME_MOST	200	/* bytes of a name that is printed */

static void
frame_place(const struct symbol_frame *f, char *buf, size_t size)
{
	if (f->file != NULL && f->line != 0)
		snprintf(buf, size, "%s:%u", text_base(f->file), f->line);
	else if (f->module != NULL && f->function != NULL)
		snprintf(buf, size, "%s", text_base(f->module));
	else if (f->module != NULL && f->build_id != NULL)
		snprintf(buf, size, "(build-id %.8s)", f->build_id);
	else
		*buf = '\0';
}

static void
frame_name(const struct symbol_frame *f, char *buf, size_t size)
{
	char name[NAME_MOST];

	if (f->function != NULL) {
		text_function(name, sizeof(name), f->function);
		snprintf(buf, size, "%s%s", name,
		    f->inlined ? " (inlined)" : "");
	} else if (f->module != NULL)
		snprintf(buf, size, "%s+0x%llx", text_base(f->module),
		    (unsigned long long)f->module_offset);
	else
		snprintf(buf, size, "0x%llx", (unsigned long long)f->ip);
}

void
stack_text_frame(const struct names_frame *f, size_t index, char *buf,
    size_t size)
{
	char name[NAME_MOST + 32], place[256], safe[1024], end[512];

	if (f->mark != NULL) {
		snprintf(buf, size, "     (%s)", f->mark);
		return;
	}
	frame_name(&f->frame, name, sizeof(name));
	frame_place(&f->frame, place, sizeof(place));
	text_safe(safe, sizeof(safe), name);
	text_safe(end, sizeof(end), place);
	snprintf(buf, size, "#%-3zu %-*s %s", index, NAME_COLUMNS, safe, end);
}

void
stack_text_print(FILE *f, struct model *m, uint32_t proc, uint32_t stack,
    uint64_t time)
{
	struct names_stack s;
	char line[1024];
	size_t i;

	names_resolve(m->report->names, proc, stack, time, &s);
	for (i = 0; i < s.n; i++) {
		stack_text_frame(&s.frames[i], i, line, sizeof(line));
		fprintf(f, "  %s\n", line);
	}
	if (s.n == 0)
		fputs("  (no stack)\n", f);
	names_free(&s);
}
