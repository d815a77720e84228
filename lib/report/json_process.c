/*
 * json_process.c - a process as JSON, recorded or not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "base/compiler.h"
#include "report/json_impl.h"
#include "trace/session.h"

static void
json_exit(struct json_object *o, const struct trace_process *p)
{
	struct json_object *e;

	if (p->ended != TRACE_EXITED && p->ended != TRACE_KILLED)
		return;
	e = json_object_new_object();
	json_count(e, p->ended == TRACE_EXITED ? "code" : "signal",
	    (uint64_t)p->status);
	json_object_object_add(o, "exit", e);
}

struct json_object *
json_process(struct report *r, const struct trace_process *p)
{
	static const char *const modes[] = { [SESSION_CHECK] = "check",
		[SESSION_PROFILE] = "profile", [SESSION_GUARD] = "guard" };
	struct json_object *o = json_object_new_object(), *argv;
	uint32_t mode = trace_info(r->reader)->mode;

	json_count(o, "pid", p->pid);
	json_count(o, "parent", p->ppid);
	if (p->argv != NULL && p->argv[0] != NULL) {
		argv = json_object_new_array();
		for (const char *const *a = p->argv; *a != NULL; a++)
			json_object_array_add(argv, json_text(*a));
		json_object_object_add(o, "argv", argv);
	}
	if (mode < PW_ARRAY_LEN(modes))
		json_word(o, "mode", modes[mode]);
	json_object_object_add(o, "recorded",
	    json_object_new_boolean(p->recorded));
	json_object_object_add(o, "judged",
	    json_object_new_boolean(p->judged));
	json_exit(o, p);
	json_seconds(o, "start", report_seconds(r, p->start));
	if (p->ended != TRACE_RUNNING)
		json_seconds(o, "end", report_seconds(r, p->end));
	return o;
}

struct json_object *
json_shed(struct report *r, const struct trace_shed *p)
{
	struct json_object *o = json_object_new_object();
	struct json_object *argv = json_object_new_array();

	if (p->pid != 0)
		json_count(o, "pid", p->pid);
	json_count(o, "parent", p->ppid);
	json_object_array_add(argv, json_text(p->exe));
	json_object_object_add(o, "argv", argv);
	json_object_object_add(o, "recorded", json_object_new_boolean(0));
	json_object_object_add(o, "judged", json_object_new_boolean(0));
	json_seconds(o, "start", report_seconds(r, p->time));
	return o;
}
