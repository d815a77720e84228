/*
 * byhand_options.c - POOLWATCH_OPTIONS, read inside.
 *
 * The same words as the runner's (cli/poolwatch.h), abbreviations included, in
 * one table: a row has a function where the option means something here, and
 * none where it steers the runner or the report.  What is wrong or useless is
 * told once and skipped: nobody is there who could be refused.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/byhand.h"

#include <string.h>

#include "base/words.h"
#include "trace/skip.h"

/* NULL, or what is wrong with the value. */
typedef const char *byhand_set(struct byhand *, const char *value);

struct byhand_option {
	const char *name;
	char letter;
	bool value;
	byhand_set *set;	/* NULL: has no effect here */
};

static const char *
set_text(char *to, const char *value)
{
	size_t n = strlen(value);

	if (n == 0)
		return "the name is empty";
	memcpy(to, value, n + 1);
	return NULL;
}

static const char *
set_output(struct byhand *b, const char *value)
{
	return set_text(b->output, value);
}

static const char *
set_log_file(struct byhand *b, const char *value)
{
	return set_text(b->log_file, value);
}

static const char *
set_force(struct byhand *b, const char *value PW_UNUSED)
{
	b->force = true;
	return NULL;
}

static const char *
set_mode(struct byhand *b, const char *value)
{
	size_t n = strlen(value);

	if (n > 0 && strncmp("guard", value, n) == 0)
		b->mode = SESSION_GUARD;
	else if (n > 0 && strncmp("profile", value, n) == 0)
		b->mode = SESSION_PROFILE;
	else if (n > 0 && strncmp("check", value, n) == 0)
		b->mode = SESSION_CHECK;
	else
		return "no such mode: check, profile, guard";
	return NULL;
}

static const char *
set_flags(struct byhand *b, const char *value)
{
	static const struct { const char *name; uint32_t flag; } known[] = {
		{ "antagonism", SESSION_FILL },
		{ "noreuse", SESSION_NOREUSE },
		{ "tolerance", SESSION_TOLERANCE },
	};
	uint32_t flags = b->flags;
	size_t n, i;
	bool off;

	for (; *value != '\0'; value += n + (value[n] == ',')) {
		off = *value == '-';
		value += *value == '-' || *value == '+';
		n = strcspn(value, ",");
		for (i = 0; i < PW_ARRAY_LEN(known); i++)
			if (strlen(known[i].name) == n &&
			    strncmp(known[i].name, value, n) == 0)
				break;
		if (i == PW_ARRAY_LEN(known))
			return "there is no such flag, or not yet";
		flags = off ? flags & ~known[i].flag : flags | known[i].flag;
	}
	b->flags = flags;
	b->flags_given = true;
	return NULL;
}

/* The digits at *text; false: none, or too many. */
static bool
take_number(const char **text, uint64_t *number)
{
	const char *p = *text;

	for (*number = 0; *p >= '0' && *p <= '9'; p++) {
		if (*number > (UINT64_MAX - 9) / 10)
			return false;
		*number = *number * 10 + (uint64_t)(*p - '0');
	}
	if (p == *text)
		return false;
	*text = p;
	return true;
}

static bool
take_size(const char *text, uint64_t *size)
{
	static const char units[] = "KkMmGgTt";
	const char *unit;
	unsigned shift = 0;

	if (!take_number(&text, size))
		return false;
	if (*text != '\0' && (unit = strchr(units, *text)) != NULL) {
		shift = 10 * ((unsigned)(unit - units) / 2 + 1);
		text += strcmp(text + 1, "iB") == 0 ? 3 : 1;
	}
	if (*text != '\0' || *size > UINT64_MAX >> shift)
		return false;
	*size <<= shift;
	return true;
}

static const char *
set_max_size(struct byhand *b, const char *value)
{
	uint64_t size;

	if (!take_size(value, &size) || size == 0)
		return "that is no size (64M, 2G)";
	b->max_size = size;
	return NULL;
}

static const char *
set_depth(struct byhand *b, const char *value)
{
	uint64_t n;

	if (!take_number(&value, &n) || *value != '\0' || n < 1 || n > 256)
		return "that is no number from 1 to 256";
	b->depth = (uint32_t)n;
	return NULL;
}

static const char *
set_stacks(struct byhand *b, const char *value)
{
	uint64_t size;

	if (!take_size(value, &size) || size < SESSION_STACKS_LEAST ||
	    size > SESSION_STACKS_MAX)
		return "that is no size from 64K to 64M";
	b->stacks = size;
	return NULL;
}

static const char *
set_quarantine(struct byhand *b, const char *value)
{
	if (!take_size(value, &b->quarantine) ||
	    b->quarantine > SESSION_QUARANTINE_MAX)
		return "that is no size up to 1G";
	return NULL;
}

static const char *
set_check_every(struct byhand *b, const char *value)
{
	if (!take_number(&value, &b->check_every) || *value != '\0' ||
	    b->check_every == 0 || b->check_every > UINT32_MAX)
		return "that is no number from 1 on";
	return NULL;
}

static const char *
set_guard_rate(struct byhand *b, const char *value)
{
	uint64_t n;

	if (!take_number(&value, &n) || *value != '\0' || n - 1 >= 1000000000u)
		return "that is no number from 1 to 1000000000";
	b->guard_rate = (uint32_t)n;
	return NULL;
}

static const char *
set_guard_side(struct byhand *b, const char *value)
{
	static const char *const sides[] = { "back", "front", "alternate" };
	size_t n = strlen(value);

	for (uint32_t i = 0; n > 0 && i < PW_ARRAY_LEN(sides); i++)
		if (strncmp(sides[i], value, n) == 0) {
			b->guard_side = i;
			return NULL;
		}
	return "that is none of back, front, alternate";
}

static const char *
set_guard_memory(struct byhand *b, const char *value)
{
	if (!take_size(value, &b->guard_memory) ||
	    b->guard_memory < SESSION_GUARD_LEAST) {
		b->guard_memory = SESSION_GUARD_MEMORY;
		return "that is no size of at least 1M";
	}
	return NULL;
}

static const char *
set_sample(struct byhand *b, const char *value)
{
	uint64_t size;

	if (!take_size(value, &size) || size == 0 || size > 1u << 30)
		return "that is no size from 1 to 1G (512K)";
	b->sample = size;
	return NULL;
}

static const char *
set_flag(struct byhand *b, const char *value, uint32_t flag)
{
	size_t n = strlen(value);

	if (n > 0 && strncmp("yes", value, n) == 0)
		b->flags |= flag;
	else if (n > 0 && strncmp("no", value, n) == 0)
		b->flags &= ~flag;
	else
		return "that is neither yes nor no";
	return NULL;
}

#define YES_OR_NO(name, flag)						\
static const char *							\
name(struct byhand *b, const char *value)				\
{									\
	return set_flag(b, value, flag);				\
}
YES_OR_NO(set_follow, SESSION_FOLLOW)
YES_OR_NO(set_mappings, SESSION_MAPPINGS)
YES_OR_NO(set_check_calls, SESSION_CALLS)

static const char *
set_abort(struct byhand *b, const char *value PW_UNUSED)
{
	b->flags |= SESSION_ABORT;
	return NULL;
}

/* Append to a list of words, each ended by NUL. */
static const char *
list_add(char list[SESSION_LIST_MAX], const char *word)
{
	size_t at = 0, n = strlen(word);

	while (list[at] != '\0')
		at += strlen(list + at) + 1;
	if (n == 0 || at + n + 2 > SESSION_LIST_MAX)
		return "the list is too long, or the word is empty";
	memcpy(list + at, word, n + 1);
	list[at + n + 1] = '\0';
	return NULL;
}

static const char *
set_only(struct byhand *b, const char *value)
{
	b->only_given = true;
	return list_add(b->only, value);
}

/* What is given takes the place of the default. */
static const char *
set_skip(struct byhand *b, const char *value)
{
	if (!b->skip_given)
		b->skip[0] = '\0';
	b->skip_given = true;
	return list_add(b->skip, value);
}

/* In the order of the runner's; tests/preload/check-byhand-options compares. */
static const struct byhand_option options[] = {
	{ "output", 'o', true, set_output },
	{ "force", 0, false, set_force },
	{ "mode", 'm', true, set_mode },
	{ "flags", 0, true, set_flags },
	{ "max-size", 0, true, set_max_size },
	{ "depth", 0, true, set_depth },
	{ "stacks", 0, true, set_stacks },
	{ "mappings", 0, true, set_mappings },
	{ "abort-on-error", 0, false, set_abort },
	{ "pass-through", 0, true, NULL },
	{ "quarantine", 0, true, set_quarantine },
	{ "sample", 0, true, set_sample },
	{ "lossy", 0, false, NULL },
	{ "check-every", 0, true, set_check_every },
	{ "check-calls", 0, true, set_check_calls },
	{ "guard-rate", 0, true, set_guard_rate },
	{ "guard-site", 0, true, NULL },
	{ "guard-side", 0, true, set_guard_side },
	{ "guard-memory", 0, true, set_guard_memory },
	{ "guard-from", 0, true, NULL },
	{ "mark-every", 0, true, NULL },
	{ "roots", 0, true, NULL },
	{ "leak-check-timeout", 0, true, NULL },
	{ "leak-check", 0, true, NULL },
	{ "show-leak-kinds", 0, true, NULL },
	{ "error-exitcode", 0, true, NULL },
	{ "errors-for-leak-kinds", 0, true, NULL },
	{ "suppressions", 0, true, NULL },
	{ "frames", 0, true, NULL },
	{ "log-file", 0, true, set_log_file },
	{ "log-style", 0, true, NULL },
	{ "quiet", 'q', false, NULL },
	{ "verbose", 'v', false, NULL },
	{ "inherited", 0, true, NULL },
	{ "follow", 0, true, set_follow },
	{ "only", 0, true, set_only },
	{ "skip", 0, true, set_skip },
	{ "wait", 0, true, NULL },
	{ "doctor", 0, false, NULL },
	{ "pid", 'p', true, NULL },
	{ "tell", 0, true, NULL },
	{ "start", 0, true, NULL },
	{ "tool", 0, true, NULL },
	{ "num-callers", 0, true, NULL },
	{ "trace-children", 0, true, set_follow },
	{ "show-reachable", 0, true, NULL },
	{ "leak-resolution", 0, true, NULL },
	{ "xml", 0, true, NULL },
	{ "xml-file", 0, true, NULL },
	{ "gen-suppressions", 0, true, NULL },
	{ "track-origins", 0, true, NULL },
	{ "undef-value-errors", 0, true, NULL },
	{ "track-fds", 0, true, NULL },
	{ "read-var-info", 0, true, NULL },
	{ "vgdb", 0, true, NULL },
	{ "help", 0, false, NULL },
	{ "version", 0, false, NULL },
};

/* The option of n bytes of a long name, or of an abbreviation that is one. */
static const struct byhand_option *
find_long(const char *name, size_t n)
{
	const struct byhand_option *found = NULL;
	unsigned count = 0;

	for (size_t i = 0; i < PW_ARRAY_LEN(options); i++) {
		if (n == 0 || strncmp(options[i].name, name, n) != 0)
			continue;
		found = &options[i];
		if (found->name[n] == '\0')
			return found;
		count++;
	}
	return count == 1 ? found : NULL;
}

static const struct byhand_option *
find_letter(char letter)
{
	for (size_t i = 0; i < PW_ARRAY_LEN(options); i++)
		if (letter != '\0' && options[i].letter == letter)
			return &options[i];
	return NULL;
}

/* Which option word is; *value its value if that is in the same word. */
static const struct byhand_option *
find_option(char *word, char **value)
{
	const struct byhand_option *o;
	size_t n;

	*value = NULL;
	if (word[0] != '-' || word[1] == '\0')
		return NULL;
	if (word[1] != '-') {
		o = find_letter(word[1]);
		if (o != NULL && word[2] != '\0')
			*value = word + 2;
		return o;
	}
	n = strcspn(word + 2, "=");
	if (word[2 + n] == '=')
		*value = word + 2 + n + 1;
	return find_long(word + 2, n);
}

static void
apply(struct byhand *b, const struct byhand_option *o, const char *value)
{
	const char *wrong;

	if (o->set == NULL) {
		byhand_say(b, ENVIRON_OPTIONS ": --%s has no effect by hand",
		    o->name);
		return;
	}
	wrong = o->set(b, value);
	if (wrong != NULL)
		byhand_say(b, ENVIRON_OPTIONS ": --%s: '%s': %s", o->name,
		    value, wrong);
}

/* -1: the text ends, or can't be read on. */
static int
take_option(struct byhand *b, const char **text, const char **why)
{
	const struct byhand_option *o;
	char *value;

	if (words_next(text, b->word, sizeof(b->word), why) <= 0)
		return -1;
	o = find_option(b->word, &value);
	if (o == NULL || (!o->value && value != NULL)) {
		byhand_say(b, ENVIRON_OPTIONS ": '%s' is no option", b->word);
		return 0;
	}
	if (o->value && value == NULL) {
		value = b->buf;
		if (words_next(text, value, sizeof(b->buf), why) <= 0) {
			byhand_say(b, ENVIRON_OPTIONS ": --%s needs a value",
			    o->name);
			return -1;
		}
	}
	apply(b, o, value);
	return 0;
}

static void
settle(struct byhand *b)
{
	/* The default list is not meant for the first program itself. */
	if (!b->only_given && !b->skip_given)
		b->flags |= SESSION_JUDGE_PROGRAM;
	/* Who says what is wanted gets it, shells too. */
	if (b->only_given && !b->skip_given)
		b->skip[0] = '\0';
	if (b->sample > 1 && b->mode != SESSION_PROFILE) {
		byhand_say(b, ENVIRON_OPTIONS ": --sample is not yet built "
		    "into check mode; all blocks are recorded");
		b->sample = 0;
	}
	if (b->mode == SESSION_GUARD && b->guard_rate == 0)
		b->guard_rate = 1;
	if (b->flags_given && b->mode == SESSION_PROFILE)
		byhand_say(b, ENVIRON_OPTIONS ": --flags are our heap's; in "
		    "profile mode the program's own allocator serves");
}

void
byhand_options(struct byhand *b)
{
	static const char skip[] = SKIP_BY_DEFAULT;
	const char *text = environ_find(b->env, ENVIRON_OPTIONS);
	const char *why = NULL;

	memcpy(b->output, BYHAND_OUTPUT, sizeof(BYHAND_OUTPUT));
	memcpy(b->skip, skip, sizeof(skip));
	b->mode = SESSION_CHECK;
	b->flags = SESSION_FILL | SESSION_FOLLOW | SESSION_MAPPINGS |
	    SESSION_CALLS;
	b->depth = 256;
	b->stacks = SESSION_STACKS_MAX;
	b->quarantine = SESSION_QUARANTINE;
	b->guard_memory = SESSION_GUARD_MEMORY;
	if (text != NULL)
		while (take_option(b, &text, &why) == 0)
			;
	if (why != NULL)
		byhand_say(b, ENVIRON_OPTIONS ": %s; what is behind it is not "
		    "read", why);
	settle(b);
}
