/*
 * names.c - the words for calls and findings, from the tables of format.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/coding.h"
#include "trace/reader.h"

#define CALL_NAME(name, class, text)	text,
static const char *const call_names[] = { TRACE_CALLS(CALL_NAME) };

#define CHECKED_NAME(name)		#name,
static const char *const checked_names[] = { TRACE_CHECKED(CHECKED_NAME) };

#define CALL_CLASS(name, class, text)	TRACE_##class,
static const uint8_t call_classes[] = { TRACE_CALLS(CALL_CLASS) };

#define ERROR_NAME(name, text)		text,
static const char *const error_names[] = { TRACE_ERROR_KINDS(ERROR_NAME) };

const char *
trace_call_name(unsigned call)
{
	if (coding_call_is_checked(call))
		return checked_names[call - TRACE_CHECKED_BEFORE - 1];
	return call < TRACE_NCALLS ? call_names[call] : "unknown";
}

enum trace_class
trace_call_class(unsigned call)
{
	return call < TRACE_NCALLS ? call_classes[call] : TRACE_C;
}

const char *
trace_error_name(unsigned kind)
{
	return kind < TRACE_NERRORS ? error_names[kind] : "unknown";
}
