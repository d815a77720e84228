/*
 * poolwatch_options.c - POOLWATCH_OPTIONS and the command line.
 *
 * Both go through the same table and the same handler; the command line comes
 * second and so wins.  Lists (--only, --skip) of the command line replace
 * those of the environment.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/poolwatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/refuse.h"
#include "cli/words.h"
#include "trace/skip.h"

static const struct args_option rows[] = { WATCH_OPTIONS(ARGS_AS_ROW) };

const struct args_program watch_program = {
	.name = "poolwatch",
	.usage = "poolwatch [OPTION]... [--] PROGRAM [ARG]...",
	.about = "Run PROGRAM, record what it does with its heap, and tell its "
	    "errors as they happen.",
	.footer = "POOLWATCH_OPTIONS holds options too; the command line wins. "
	    "The exit status is PROGRAM's; 125: poolwatch failed or PROGRAM "
	    "can't be watched, 126: it can't be executed, 127: not found.",
	.options = rows,
	.noptions = sizeof(rows) / sizeof(rows[0]),
	.stop_at_word = true,
};

static const char default_skip[] = SKIP_BY_DEFAULT;

/* Append word to a list of NUL-ended words; -1: no room. */
static int
list_add(char list[SESSION_LIST_MAX], const char *word)
{
	size_t at = 0, n = strlen(word);

	while (list[at])
		at += strlen(list + at) + 1;
	if (!n || at + n + 2 > SESSION_LIST_MAX)
		return -1;
	memcpy(list + at, word, n + 1);
	list[at + n + 1] = '\0';
	return 0;
}

/* Words of pool(2) that the watched heap does not heed. */
static bool
is_later_flag(const char *p, size_t n)
{
	static const char *const later[] = { "debugging", "logging",
	    "paranoia", "verbosity" };
	size_t i;

	for (i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (strlen(later[i]) == n && !strncmp(p, later[i], n))
			return true;
	return false;
}

static enum args_result
set_flags(struct watch_options *o, struct args *a)
{
	static const struct { const char *name; uint32_t flag; } known[] = {
		{ "antagonism", SESSION_FILL },
		{ "noreuse", SESSION_NOREUSE },
		{ "tolerance", SESSION_TOLERANCE },
	};
	enum { NKNOWN = sizeof(known) / sizeof(known[0]) };
	const char *p = a->value;
	size_t n, i;
	bool off;

	if (!*p)
		return args_refuse(a, "--flags needs at least one word");
	for (; *p; p += n + (p[n] == ',')) {
		off = *p == '-';
		p += *p == '-' || *p == '+';
		n = strcspn(p, ",");
		for (i = 0; i < NKNOWN; i++)
			if (strlen(known[i].name) == n &&
			    !strncmp(p, known[i].name, n))
				break;
		if (i == NKNOWN && is_later_flag(p, n))
			return args_refuse(a, "%.*s is not yet built into this "
			    "version", (int)n, p);
		if (i == NKNOWN)
			return args_refuse(a, "there is no flag '%.*s'",
			    (int)n, p);
		if (off)
			o->flags &= ~known[i].flag;
		else
			o->flags |= known[i].flag;
	}
	o->flags_given = true;
	return ARGS_OPTION;
}

static enum args_result
set_mode(struct watch_options *o, struct args *a)
{
	unsigned i;

	if (args_choice(a->value, "check|profile|guard", &i) < 0)
		return args_refuse(a, "'%s' is no mode: check, profile, guard",
		    a->value);
	o->mode = i;
	return ARGS_OPTION;
}

static enum args_result
set_leak_check(struct watch_options *o, struct args *a)
{
	unsigned i;

	if (args_choice(a->value, "no|summary|top|full|yes", &i) < 0)
		return args_refuse(a, "'%s' is none of no, summary, top, full",
		    a->value);
	o->leak_check = i > WATCH_LEAK_FULL ? WATCH_LEAK_FULL : i;
	return ARGS_OPTION;
}

static enum args_result
set_number(struct args *a, uint64_t min, uint64_t max, uint64_t *to)
{
	if (args_number(a->value, min, max, to) < 0)
		return args_refuse(a, "'%s' is no number from %llu to %llu",
		    a->value, (unsigned long long)min, (unsigned long long)max);
	return ARGS_OPTION;
}

static enum args_result
set_frames(struct watch_options *o, struct args *a)
{
	uint64_t n = UINT32_MAX;

	if (strcmp(a->value, "all") &&
	    set_number(a, 1, 1000000, &n) == ARGS_BAD)
		return ARGS_BAD;
	o->frames = (unsigned)n;
	return ARGS_OPTION;
}

/* SIZE, and what happens when it is reached. */
static enum args_result
set_max_size(struct watch_options *o, struct args *a)
{
	size_t n = strcspn(a->value, ",");
	const char *then = a->value[n] ? a->value + n + 1 : "stop";
	char size[32];

	o->ring = !strcmp(then, "ring");
	if (!o->ring && strcmp(then, "stop"))
		return args_refuse(a, "'%s' is neither stop nor ring", then);
	snprintf(size, sizeof(size), "%.*s", (int)(n < sizeof(size) ? n : 0),
	    a->value);
	if (args_size(size, &o->max_size) < 0 || !o->max_size)
		return args_refuse(a, "'%.*s' is no size (64M, 2G)", (int)n,
		    a->value);
	if (o->ring && o->max_size < WATCH_RING_LEAST)
		return args_refuse(a, "a ring takes 2M at least");
	return ARGS_OPTION;
}

static enum args_result
set_stacks(struct watch_options *o, struct args *a)
{
	if (args_size(a->value, &o->stacks) < 0 ||
	    o->stacks < SESSION_STACKS_LEAST || o->stacks > SESSION_STACKS_MAX)
		return args_refuse(a, "'%s' is no size from 64K to 64M",
		    a->value);
	return ARGS_OPTION;
}

static enum args_result
set_quarantine(struct watch_options *o, struct args *a)
{
	if (args_size(a->value, &o->quarantine) < 0 ||
	    o->quarantine > SESSION_QUARANTINE_MAX)
		return args_refuse(a, "'%s' is no size up to 1G", a->value);
	return ARGS_OPTION;
}

static enum args_result
set_yes_no(struct args *a, bool *to)
{
	if (args_yes_no(a->value, to) < 0)
		return args_refuse(a, "'%s' is neither yes nor no", a->value);
	return ARGS_OPTION;
}

/* yes or no in one of the session's flags. */
static enum args_result
set_flag(struct watch_options *o, struct args *a, uint32_t flag)
{
	bool yes;
	enum args_result r = set_yes_no(a, &yes);

	if (r == ARGS_OPTION)
		o->flags = yes ? o->flags | flag : o->flags & ~flag;
	return r;
}

/*
 * Processes are known by the file that runs: sh means dash where sh is a link
 * to it.
 */
static int
add_real_name(char list[SESSION_LIST_MAX], const char *name)
{
	char path[PATH_MAX], real[PATH_MAX], *base;
	struct refuse_verdict ignored;

	if (strpbrk(name, "*?[") || refuse_find(name, path, &ignored) ||
	    !realpath(path, real))
		return 0;
	base = strrchr(real, '/') + 1;
	if (strchr(name, '/'))
		return strcmp(real, name) ? list_add(list, real) : 0;
	return strcmp(base, name) ? list_add(list, base) : 0;
}

static enum args_result
set_glob(struct args *a, char list[SESSION_LIST_MAX], bool *begun)
{
	if (!*begun)
		memset(list, 0, SESSION_LIST_MAX);
	*begun = true;
	if (list_add(list, a->value) < 0 || add_real_name(list, a->value) < 0)
		return args_refuse(a, "the list is empty or too long");
	return ARGS_OPTION;
}

static const struct { const char *name; enum session_tell word; } tells[] = {
	{ "flush", SESSION_TELL_FLUSH },
	{ "pause", SESSION_TELL_PAUSE },
	{ "resume", SESSION_TELL_RESUME },
	{ "mark=", SESSION_TELL_MARK },
	{ "check", SESSION_TELL_CHECK },
	{ "stop", SESSION_TELL_STOP },
};

/* PID:WORD */
static enum args_result
set_tell(struct watch_options *o, struct args *a)
{
	const char *word = strchr(a->value, ':');
	uint64_t pid = 0;
	char number[16] = "";
	size_t i, n;

	if (word && word - a->value < (int)sizeof(number))
		memcpy(number, a->value, (size_t)(word - a->value));
	if (args_number(number, 1, INT32_MAX, &pid) < 0)
		return args_refuse(a, "'%s' is not PID:WORD", a->value);
	word++;
	for (i = 0; i < sizeof(tells) / sizeof(tells[0]); i++) {
		n = strlen(tells[i].name);
		if (strncmp(word, tells[i].name, n) ||
		    (tells[i].word == SESSION_TELL_MARK) != (word[n] != '\0'))
			continue;
		if (strlen(word + n) >= SESSION_TELL_NAME)
			return args_refuse(a, "the name is too long");
		o->tell_pid = (pid_t)pid;
		o->tell_word = tells[i].word;
		o->tell_name = word + n;
		return ARGS_OPTION;
	}
	return args_refuse(a, "'%s' is none of flush, pause, resume, "
	    "mark=NAME, check, stop", word);
}

/* What of a list was begun in this source of options. */
struct lists {
	bool only;
	bool skip;
};

static enum args_result
set_option(struct watch_options *o, struct args *a, struct lists *lists)
{
	enum args_result r = ARGS_OPTION;
	uint64_t n = 0;

	switch ((enum watch_option)a->option->id) {
	case OPT_OUTPUT:
		o->output = a->value;
		if (!*a->value)
			return args_refuse(a, "the name is empty");
		return ARGS_OPTION;
	case OPT_LOG_FILE:
		o->log_file = a->value;
		return ARGS_OPTION;
	case OPT_FORCE:
		o->force = true;
		return ARGS_OPTION;
	case OPT_MODE:
		return set_mode(o, a);
	case OPT_FLAGS:
		return set_flags(o, a);
	case OPT_MAX_SIZE:
		return set_max_size(o, a);
	case OPT_DEPTH:
		r = set_number(a, 1, 256, &n);
		o->depth = (uint32_t)n;
		return r;
	case OPT_QUARANTINE:
		return set_quarantine(o, a);
	case OPT_CHECK_EVERY:
		return set_number(a, 1, UINT32_MAX, &o->check_every);
	case OPT_GUARD_FROM:
	case OPT_GUARD_RATE:
	case OPT_GUARD_SITE:
	case OPT_GUARD_SIDE:
	case OPT_GUARD_MEMORY:
		return watch_set_guard(o, a);
	case OPT_STACKS:
		return set_stacks(o, a);
	case OPT_MAPPINGS:
		return set_flag(o, a, SESSION_MAPPINGS);
	case OPT_CHECK_CALLS:
		return set_flag(o, a, SESSION_CALLS);
	case OPT_START:
		if (strcmp(a->value, "paused"))
			return args_refuse(a, "'%s' is not paused", a->value);
		o->flags |= SESSION_PAUSED;
		return ARGS_OPTION;
	case OPT_TELL:
		return set_tell(o, a);
	case OPT_LOSSY:
		o->flags |= SESSION_LOSSY;
		return ARGS_OPTION;
	case OPT_SAMPLE:
		/* What lib/preload/sample.c can count. */
		if (args_size(a->value, &o->sample) < 0 || o->sample == 0 ||
		    o->sample > 1u << 30)
			return args_refuse(a, "'%s' is no size from 1 to 1G",
			    a->value);
		return ARGS_OPTION;
	case OPT_ABORT_ON_ERROR:
		o->flags |= SESSION_ABORT;
		return ARGS_OPTION;
	case OPT_PASS_THROUGH:
		return set_yes_no(a, &o->pass_through);
	case OPT_LEAK_CHECK:
		return set_leak_check(o, a);
	case OPT_ERROR_EXITCODE:
		r = set_number(a, 0, 255, &n);
		o->error_exitcode = (unsigned)n;
		return r;
	case OPT_FRAMES:
	case OPT_NUM_CALLERS:
		return set_frames(o, a);
	case OPT_QUIET:
		o->quiet = true;
		return ARGS_OPTION;
	case OPT_VERBOSE:
		o->verbose = true;
		return ARGS_OPTION;
	case OPT_FOLLOW:
	case OPT_TRACE_CHILDREN:
		return set_flag(o, a, SESSION_FOLLOW);
	case OPT_ONLY:
		return set_glob(a, o->only, &lists->only);
	case OPT_SKIP:
		o->skip_given = true;
		return set_glob(a, o->skip, &lists->skip);
	case OPT_DOCTOR:
		o->doctor = true;
		return ARGS_OPTION;
	case OPT_PID:
		r = set_number(a, 1, INT32_MAX, &n);
		o->pid = (pid_t)n;
		return r;
	default:
		return watch_answer_memcheck(o, a);
	}
}

static enum args_result
parse_words(struct watch_options *o, int argc, char **argv, struct args *a)
{
	struct lists lists = { false, false };
	enum args_result r;

	args_begin(a, &watch_program, argc, argv);
	while ((r = args_next(a)) == ARGS_OPTION) {
		r = set_option(o, a, &lists);
		if (r != ARGS_OPTION)
			break;
	}
	args_end(a);
	return r;
}

/*
 * The words live as long as the process: options point into them.
 */
static enum args_result
parse_environment(struct watch_options *o, char *message, size_t size)
{
	const char *text = getenv("POOLWATCH_OPTIONS"), *why;
	enum args_result r;
	struct args a;
	char **words;
	int n;

	if (!text)
		return ARGS_END;
	words = words_split(text, "poolwatch", &n, &why);
	if (!words) {
		snprintf(message, size, "POOLWATCH_OPTIONS: %s", why);
		return ARGS_BAD;
	}
	r = parse_words(o, n, words, &a);
	if (r == ARGS_END && a.argc) {
		snprintf(message, size, "POOLWATCH_OPTIONS: '%.200s' is no "
		    "option", refuse_name(a.argv[0]));
		return ARGS_BAD;
	}
	if (r == ARGS_BAD)
		snprintf(message, size, "POOLWATCH_OPTIONS: %s", a.message);
	return r;
}

enum args_result
watch_options_parse(struct watch_options *o, int argc, char **argv,
    char *message, size_t size)
{
	enum args_result r;
	struct args a;

	memset(o, 0, sizeof(*o));
	o->flags = SESSION_FILL | SESSION_FOLLOW | SESSION_MAPPINGS |
	    SESSION_CALLS;
	o->depth = 256;
	o->stacks = SESSION_STACKS_MAX;
	o->quarantine = SESSION_QUARANTINE;
	o->guard_memory = SESSION_GUARD_MEMORY;
	o->pass_through = true;
	o->leak_check = WATCH_LEAK_TOP;
	o->frames = 12;
	_Static_assert(sizeof(default_skip) <= SESSION_LIST_MAX, "skip list");
	memcpy(o->skip, default_skip, sizeof(default_skip));
	r = parse_environment(o, message, size);
	if (r != ARGS_END)
		return r;
	r = parse_words(o, argc, argv, &a);
	/* The default list is not meant for PROGRAM itself. */
	if (o->only[0] == '\0' && !o->skip_given)
		o->flags |= SESSION_JUDGE_PROGRAM;
	/* Who says what is wanted gets it, shells too. */
	if (o->only[0] != '\0' && !o->skip_given)
		memset(o->skip, 0, sizeof(o->skip));
	if (r == ARGS_BAD)
		snprintf(message, size, "%s", a.message);
	o->argc = a.argc;
	o->argv = a.argv;
	if (r == ARGS_END && o->argc && o->tell_pid) {
		snprintf(message, size, "--tell runs no program");
		return ARGS_BAD;
	}
	if (r == ARGS_END && !o->argc && !o->pid && !o->tell_pid) {
		snprintf(message, size, "no PROGRAM was named (see --help)");
		return ARGS_BAD;
	}
	if (r == ARGS_END && o->sample > 1 && o->mode != SESSION_PROFILE) {
		snprintf(message, size, "--sample is not yet built into check "
		    "mode; use it with -m profile");
		return ARGS_BAD;
	}
	if (r == ARGS_END && o->check_every && o->mode == SESSION_PROFILE) {
		snprintf(message, size, "--check-every looks at blocks of our "
		    "heap; in profile mode the program's own allocator serves");
		return ARGS_BAD;
	}
	if (r == ARGS_END && o->flags_given && o->mode == SESSION_PROFILE) {
		snprintf(message, size, "--flags are our heap's; in profile "
		    "mode the program's own allocator serves");
		return ARGS_BAD;
	}
	if (r == ARGS_END && watch_settle_guard(o, message, size) < 0)
		return ARGS_BAD;
	return r;
}
