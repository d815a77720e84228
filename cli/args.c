/*
 * args.c - a table of options, parsed with getopt_long.
 *
 * getopt_long's own array is made from the rows at args_begin: row i has the
 * value ROW_BASE + i, so that what getopt returns leads back to the row
 * whether it was met by its letter, its name or an abbreviation of it.  Its
 * messages are switched off: they go to stderr in a form of their own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/args_impl.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"

enum { ROW_HELP = 0x1000, ROW_VERSION, ROW_DUMP, ROW_BASE };

struct args_getopt {
	char *letters;
	struct option *longs;
};

static void
add_letters(char **p, const struct args_option *o)
{
	if (!o->letter)
		return;
	*(*p)++ = o->letter;
	if (o->value)
		*(*p)++ = ':';
	if (args_value_is_optional(o))
		*(*p)++ = ':';
}

static int
has_argument(const struct args_option *o)
{
	if (!o->value)
		return no_argument;
	return args_value_is_optional(o) ? optional_argument :
	    required_argument;
}

void
args_begin(struct args *a, const struct args_program *program, int argc,
    char **argv)
{
	struct args_getopt *g = calloc(1, sizeof(*g));
	size_t n = program->noptions, i;
	char *p;

	memset(a, 0, sizeof(*a));
	a->program = program;
	a->full_argc = argc;
	a->argv = argv;
	a->priv = g;
	if (!g || !(p = g->letters = calloc(3, n + 2)) ||
	    !(g->longs = calloc(n + 4, sizeof(*g->longs))))
		abort();
	*p++ = program->stop_at_word ? '+' : ':';
	if (program->stop_at_word)
		*p++ = ':';
	for (i = 0; i < n; i++) {
		const struct args_option *o = &program->options[i];

		add_letters(&p, o);
		g->longs[i] = (struct option){ o->name, has_argument(o), NULL,
		    ROW_BASE + (int)i };
	}
	g->longs[i++] = (struct option){ "help", 0, NULL, ROW_HELP };
	g->longs[i++] = (struct option){ "version", 0, NULL, ROW_VERSION };
	g->longs[i++] = (struct option){ "dump-options", 0, NULL, ROW_DUMP };
	optind = 0;	/* a fresh start, also for a second parse */
	opterr = 0;
}

void
args_end(struct args *a)
{
	struct args_getopt *g = a->priv;

	if (!g)
		return;
	free(g->letters);
	free(g->longs);
	free(g);
	a->priv = NULL;
}

static enum args_result
bad(struct args *a, const char *fmt, ...)
{
	char text[sizeof(a->message)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	escape_text(a->message, sizeof(a->message), text, strlen(text));
	return ARGS_BAD;
}

enum args_result
args_refuse(struct args *a, const char *fmt, ...)
{
	char text[sizeof(a->message)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return bad(a, "--%s: %s", a->option->name, text);
}

/* How many rows begin with the n bytes at name. */
static unsigned
count_matches(const struct args_program *p, const char *name, size_t n)
{
	unsigned count = 0;
	size_t i;

	for (i = 0; i < p->noptions; i++)
		count += !strncmp(p->options[i].name, name, n);
	return count;
}

static enum args_result
unknown(struct args *a)
{
	const char *word = a->argv[optind - 1];
	size_t n;

	if (optopt && optopt < ROW_HELP)
		return bad(a, "there is no option -%c (see --help)", optopt);
	if (optopt)
		return bad(a, "%s takes no argument", word);
	n = strcspn(word, "=");
	if (n > 2 && count_matches(a->program, word + 2, n - 2) > 1)
		return bad(a, "%s could mean more than one option "
		    "(see --help)", word);
	return bad(a, "there is no option %s (see --help)", word);
}

static enum args_result
missing_argument(struct args *a)
{
	size_t i = optopt - ROW_BASE;

	if (optopt < ROW_BASE)
		return bad(a, "-%c needs an argument", optopt);
	return bad(a, "--%s needs an argument: --%s=%s",
	    a->program->options[i].name, a->program->options[i].name,
	    a->program->options[i].value);
}

static enum args_result
end(struct args *a)
{
	a->dashes = optind > 1 && !strcmp(a->argv[optind - 1], "--");
	a->argc = a->full_argc - optind;
	a->argv += optind;
	return ARGS_END;
}

static const struct args_option *
find_row(const struct args_program *p, int c)
{
	size_t i;

	if (c >= ROW_BASE)
		return &p->options[c - ROW_BASE];
	for (i = 0; i < p->noptions; i++)
		if (p->options[i].letter == c)
			return &p->options[i];
	abort();	/* getopt returned a letter that is not in the table */
}

enum args_result
args_next(struct args *a)
{
	struct args_getopt *g = a->priv;
	int c = getopt_long(a->full_argc, a->argv, g->letters, g->longs, NULL);

	switch (c) {
	case -1:
		return end(a);
	case '?':
		return unknown(a);
	case ':':
		return missing_argument(a);
	case ROW_HELP:
		args_print_help(a->program);
		return ARGS_DONE;
	case ROW_VERSION:
		args_print_version(a->program);
		return ARGS_DONE;
	case ROW_DUMP:
		args_print_options(a->program);
		return ARGS_DONE;
	}
	a->option = find_row(a->program, c);
	a->value = optarg;
	if (a->option->state == ARGS_LATER)
		return bad(a, "--%s is not yet built into this version",
		    a->option->name);
	return ARGS_OPTION;
}

int
args_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	unsigned long long value;
	char *rest;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	value = strtoull(text, &rest, 10);
	if (errno || *rest || value < min || value > max)
		return -1;
	*number = value;
	return 0;
}

int
args_size(const char *text, uint64_t *size)
{
	static const char units[] = "KMGT";
	unsigned long long value;
	unsigned shift = 0;
	const char *unit;
	char *rest;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	value = strtoull(text, &rest, 10);
	if (errno)
		return -1;
	if (*rest && (unit = strchr(units, toupper((unsigned char)*rest)))) {
		shift = 10 * (unsigned)(unit - units + 1);
		rest++;
		if (!strcmp(rest, "iB"))
			rest += 2;
	}
	if (*rest || value > UINT64_MAX >> shift)
		return -1;
	*size = (uint64_t)value << shift;
	return 0;
}

int
args_choice(const char *text, const char *words, unsigned *index)
{
	size_t n = strlen(text), len;
	unsigned i, found = 0, count = 0;

	for (i = 0; n; i++, words += len + 1) {
		len = strcspn(words, "|");
		if (len >= n && !strncmp(words, text, n)) {
			found = i;
			count++;
			if (len == n) {
				count = 1;
				break;
			}
		}
		if (!words[len])
			break;
	}
	if (count != 1)
		return -1;
	*index = found;
	return 0;
}

int
args_yes_no(const char *text, bool *yes)
{
	unsigned i;

	if (args_choice(text, "no|yes", &i) < 0)
		return -1;
	*yes = i;
	return 0;
}
