/*
 * formats.c - the formats of a report, one row each.
 *
 * A new format is a file with a print function and its row here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <string.h>

#include "report/report_impl.h"

#define EVERYTHING	(REPORT_SUMMARY | REPORT_ERRORS | REPORT_LEAKS | \
			    REPORT_SITES | REPORT_FRAG)

const struct report_format report_formats[] = {
	{ "text", report_text, REPORT_SUMMARY | REPORT_ERRORS | REPORT_LEAKS },
	{ "json", report_json, EVERYTHING },
	{ "valgrind-xml", NULL, 0 },
	{ "sarif", NULL, 0 },
	{ "junit", NULL, 0 },
	{ "pprof", NULL, 0 },
	{ "folded", NULL, 0 },
	{ "speedscope", NULL, 0 },
	{ "massif", NULL, 0 },
	{ "dhat", NULL, 0 },
	{ "perfetto", NULL, 0 },
	{ "heaptrack", NULL, 0 },
	{ "html", NULL, 0 },
	{ "csv", NULL, 0 },
	{ "jsonl", NULL, 0 },
	{ "sqlite", NULL, 0 },
	{ NULL, NULL, 0 },
};

const struct report_format *
report_format_find(const char *name)
{
	for (const struct report_format *f = report_formats; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}
