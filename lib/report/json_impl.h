/*
 * json_impl.h - values of the JSON report, and the object of one finding.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_REPORT_JSON_IMPL_H
#define PW_REPORT_JSON_IMPL_H

#include <json-c/json.h>

#include "report/report_impl.h"

/* A string; what is not UTF-8 in it is printed as \xNN. */
struct json_object *json_text(const char *text);

/* Members; a NULL word is left out. */
void	json_word(struct json_object *, const char *key, const char *word);
void	json_count(struct json_object *, const char *key, uint64_t n);
void	json_seconds(struct json_object *, const char *key, double seconds);
void	json_address(struct json_object *, const char *key, uint64_t addr);
/* An array, from the innermost frame; left out when the stack is empty. */
void	json_stack(struct json_object *, const char *key,
	    const struct names_stack *);

/* A process; one in which nothing could be recorded. */
struct json_object *json_process(struct report *,
	    const struct trace_process *);
struct json_object *json_shed(struct report *, const struct trace_shed *);

struct json_object *json_error(struct report *, const struct report_error *);

#endif
