/*
 * args.h - one table of options per program: parsing, help, completion.
 *
 * A program lists its options once, as an X-macro:
 *
 *	#define WATCH_OPTIONS(_)					\
 *		_(OUTPUT, "output", 'o', "FILE", NOW, "Recording",	\
 *		    "trace file")					\
 *		_(SAMPLE, "sample", 0, "BYTES", LATER, "Recording",	\
 *		    "record a sample")
 *	enum { WATCH_OPTIONS(ARGS_AS_ENUM) };		OPT_OUTPUT, ...
 *	static const struct args_option options[] = {
 *		WATCH_OPTIONS(ARGS_AS_ROW)
 *	};
 *
 * From it come getopt_long's table (abbreviations included), --help,
 * --version and the hidden --dump-options, which tests/house/check-man holds
 * against the manual and from which the shell completion is made.  An option
 * that is promised and not built is a row with the state LATER: it is
 * refused with "not yet", never ignored.
 *
 * Nothing is printed here but what --help and its kin ask for: the text of a
 * refusal is left in struct args for the program to print in its own form.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_CLI_ARGS_H
#define PW_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum args_state {
	ARGS_NOW,
	ARGS_LATER,	/* promised: refused with "not yet" */
	ARGS_HIDDEN,	/* works, but --help does not list it */
};

struct args_option {
	int id;
	const char *name;	/* long name, without dashes */
	char letter;		/* short name, 0: none */
	/*
	 * How --help calls the argument.  NULL: takes none; "[X]": optional,
	 * with = only; "a|b|c": these words, for the completion (nothing
	 * checks them here; see args_choice).
	 */
	const char *value;
	enum args_state state;
	const char *group;	/* heading in --help; rows of one stand together */
	const char *help;	/* one or more sentences, wrapped by --help */
};

#define ARGS_AS_ENUM(id, name, letter, value, state, group, help)	\
	OPT_##id,
#define ARGS_AS_ROW(id, name, letter, value, state, group, help)	\
	{ OPT_##id, name, letter, value, ARGS_##state, group, help },

struct args_program {
	const char *name;
	const char *usage;	/* after "Usage: ", lines separated by \n */
	const char *about;	/* one paragraph */
	const char *footer;	/* after the options; NULL: none */
	const struct args_option *options;
	size_t noptions;
	bool stop_at_word;	/* the first other word ends the options */
};

enum args_result {
	ARGS_OPTION,		/* ->option and ->value are filled */
	ARGS_END,		/* ->argc words are left in ->argv */
	ARGS_DONE,		/* --help or the like was printed: exit 0 */
	ARGS_BAD,		/* ->message says why: exit with the usage status */
};

struct args {
	const struct args_program *program;
	const struct args_option *option;
	const char *value;	/* NULL when the option takes or got none */
	char message[320];	/* one line, no newline; control bytes escaped */
	int argc;		/* what is left, after ARGS_END */
	char **argv;
	bool dashes;		/* the options were ended by "--" */
	int full_argc;
	void *priv;
};

/*
 * Begin; argv[0] is skipped.  argv is permuted unless stop_at_word.  One
 * parse at a time in a process (getopt's own state).  args_end frees.
 */
void	args_begin(struct args *, const struct args_program *, int argc,
	    char **argv);
enum args_result args_next(struct args *);
void	args_end(struct args *);

/* Refuse the option just returned; fills ->message.  Returns ARGS_BAD. */
enum args_result args_refuse(struct args *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Values.  0, or -1 when text is no such thing (nothing is stored).
 * args_size takes 4096, 64K, 64KiB, 10M, 1G, 2T (powers of 1024).
 * args_choice gives the index of text in words ("a|b|c"); a word may be
 * abbreviated when that is unambiguous.
 */
int	args_number(const char *text, uint64_t min, uint64_t max,
	    uint64_t *number);
int	args_size(const char *text, uint64_t *size);
int	args_choice(const char *text, const char *words, unsigned *index);
int	args_yes_no(const char *text, bool *yes);

#endif
