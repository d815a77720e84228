/*
 * t_trace_man.c - pooltrace(5) says what the tables of the code say.
 *
 * The tables of the page are made from the X-macros that writer and reader
 * are made from.  With the word print as argument they are printed as the
 * page must hold them; the test looks for every line of them in the page.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "trace/coding.h"
#include "trace/format_file.h"
#include "trace/session.h"

#define PAGE	"/man/pooltrace.5"

static char tables[65536];
static size_t tables_size;

static void __attribute__((format(printf, 1, 2)))
put(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(tables + tables_size, sizeof tables - tables_size, fmt,
	    ap);
	va_end(ap);
	if (n > 0)
		tables_size += (size_t)n;
}

static void
put_row(const char *head, const char *text)
{
	put(".TP\n.B %s\n%s.\n", head, text);
}

static void
put_record(const char *name, int tag, const char *fields, const char *what)
{
	char head[64], text[512];

	snprintf(head, sizeof head, "%d %s", tag, name);
	/* Without the parentheses of the macro's argument. */
	snprintf(text, sizeof text, "%.*s:\n%s", (int)strlen(fields) - 2,
	    fields + 1, what);
	put_row(head, text);
}

static void
put_struct_field(const char *name, size_t offset, size_t size)
{
	put("%-18s %3zu  %zu\n", name, offset, size);
}

#define FIELD(s, name) \
	put_struct_field(#name, offsetof(struct s, name), \
	    sizeof(((struct s *)0)->name));

static void
put_structs(void)
{
	put(".nf\n");
	FIELD(format_header, magic) FIELD(format_header, order)
	FIELD(format_header, version) FIELD(format_header, header_size)
	FIELD(format_header, path_size) FIELD(format_header, features)
	FIELD(format_header, mode) FIELD(format_header, clock)
	FIELD(format_header, tick_shift) FIELD(format_header, depth)
	FIELD(format_header, flags) FIELD(format_header, front_pid)
	FIELD(format_header, ticks_per_second) FIELD(format_header, unix_ns)
	FIELD(format_header, crc)
	put(".fi\n.nf\n");
	FIELD(format_block, magic) FIELD(format_block, type)
	FIELD(format_block, flags) FIELD(format_block, stored)
	FIELD(format_block, raw) FIELD(format_block, round)
	FIELD(format_block, scan) FIELD(format_block, first)
	FIELD(format_block, count) FIELD(format_block, crc)
	put(".fi\n.nf\n");
	FIELD(format_slice, seq) FIELD(format_slice, base)
	FIELD(format_slice, proc) FIELD(format_slice, tid)
	FIELD(format_slice, lane) FIELD(format_slice, flags)
	FIELD(format_slice, offset) FIELD(format_slice, size)
	put(".fi\n.nf\n");
	FIELD(format_totals, lost) FIELD(format_totals, stacks_full)
	FIELD(format_totals, root_pid) FIELD(format_totals, root_done)
	FIELD(format_totals, root_status)
	put(".fi\n.nf\n");
	FIELD(format_proc, slot) FIELD(format_proc, state)
	FIELD(format_proc, pid) FIELD(format_proc, ppid)
	FIELD(format_proc, parent) FIELD(format_proc, status)
	FIELD(format_proc, judged) FIELD(format_proc, start)
	FIELD(format_proc, end) FIELD(format_proc, lost)
	put(".fi\n");
}

/* Four to a line. */
static void
put_checked(void)
{
#define ROW(name) \
	put("%d %s%s", TRACE_CHECKED_##name, #name, \
	    TRACE_CHECKED_##name % 4 == 3 || \
	    TRACE_CHECKED_##name == TRACE_CHECKED_END - 1 ? "\n" : ", ");
	TRACE_CHECKED(ROW)
#undef ROW
}

static void
put_calls(void)
{
	put(".nf\n");
#define ROW(name, class, text) \
	put("%2d  %-10s %s\n", TRACE_CALL_##name, #class, text);
	TRACE_CALLS(ROW)
#undef ROW
	put(".fi\n.nf\n");
#define ROW(code, name, by) \
	put("%2d  %s%s\n", code, #name, (by) ? ", by realloc" : "");
	CODING_SHORT_CALLS(ROW)
#undef ROW
	put(".fi\n.nf\n");
	put_checked();
	put(".fi\n");
}

static void
put_findings(void)
{
	put(".nf\n");
#define ROW(name, type, ctype)	put("%-14s %s\n", #name, #type);
	TRACE_ERROR_FIELDS(ROW)
#undef ROW
	put(".fi\n.nf\n");
#define ROW(name, text)	put("%2d  %s\n", TRACE_ERROR_##name, text);
	TRACE_ERROR_KINDS(ROW)
#undef ROW
	put(".fi\n");
}

/* In the order of the page. */
static void
put_tables(void)
{
	put_structs();
#define ROW(name, tag, fields, what)	put_record(#name, tag, #fields, what);
	TRACE_RECORDS(ROW)
#undef ROW
#define ROW(name, type, what)	put_row(#name ", " #type, what);
	CODING_FIELDS(ROW)
#undef ROW
	put_calls();
	put_findings();
}

static char *
load_page(void)
{
	const char *top = getenv("top_srcdir");
	char path[4096];
	char *page;
	FILE *in;

	snprintf(path, sizeof path, "%s" PAGE, top ? top : TOP_SRCDIR);
	in = fopen(path, "r");
	if (in == NULL)
		fail_msg("%s can't be read", path);
	page = calloc(1, 1 << 17);
	assert_true(fread(page, 1, (1 << 17) - 1, in) > 0);
	fclose(in);
	return page;
}

/* The first line of the tables that the page does not hold, in order. */
static const char *
first_missing(const char *page)
{
	static char line[512];
	const char *at = page;
	char *p = tables;

	while (*p != '\0') {
		size_t n = strcspn(p, "\n") + 1;

		snprintf(line, sizeof line, "\n%.*s", (int)n, p);
		at = strstr(at, line);
		if (at == NULL)
			return line + 1;
		at += strlen(line) - 1;
		p += n;
	}
	return NULL;
}

static void
every_row_of_the_code_stands_in_the_page_in_its_order(void **state)
{
	char *page = load_page();
	const char *missing = first_missing(page);

	(void)state;
	if (missing != NULL)
		fail_msg("pooltrace(5) lacks the line: %s", missing);
	free(page);
}

static void
a_page_with_one_number_changed_is_found_out(void **state)
{
	char *page = load_page();
	char *at = strstr(page, ".B 12 LOST");

	(void)state;
	assert_non_null(at);
	at[4] = '4';
	assert_non_null(first_missing(page));
	free(page);
}

static void
the_page_names_the_version_and_the_marks(void **state)
{
	char *page = load_page();
	char text[64];

	(void)state;
	snprintf(text, sizeof text, "version %d", TRACE_VERSION);
	assert_non_null(strstr(page, text));
	snprintf(text, sizeof text, "%u (order)", FORMAT_ORDER);
	assert_non_null(strstr(page, text));
	free(page);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_row_of_the_code_stands_in_the_page_in_its_order),
		cmocka_unit_test(a_page_with_one_number_changed_is_found_out),
		cmocka_unit_test(the_page_names_the_version_and_the_marks),
	};

	put_tables();
	if (argc > 1 && strcmp(argv[1], "print") == 0) {
		fputs(tables, stdout);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
