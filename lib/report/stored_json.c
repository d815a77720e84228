/*
 * stored_json.c - a heap in a file, for programs: version 1 of poolleak(1)'s
 * JSON with source.kind "heap".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "report/stored.h"

#include <stdlib.h>

#include "report/json_impl.h"

static struct json_object *
json_sum(const struct heapfile_sum *s)
{
	struct json_object *o = json_object_new_object();

	json_count(o, "bytes", s->bytes);
	json_count(o, "blocks", s->blocks);
	return o;
}

static struct json_object *
json_source(const struct heapfile *hf, const char *name)
{
	struct json_object *o = json_object_new_object(), *missing;

	json_word(o, "kind", "heap");
	json_word(o, "name", name);
	json_object_object_add(o, "complete",
	    json_object_new_boolean(hf->nfaults == 0));
	json_object_object_add(o, "detached",
	    json_object_new_boolean(!hf->view.open));
	if (hf->lost == 0)
		return o;
	missing = json_object_new_array();
	json_object_array_add(missing, json_text("bytes in no block"));
	json_object_object_add(o, "missing", missing);
	return o;
}

static struct json_object *
json_summary(const struct heapfile *hf)
{
	struct json_object *o = json_object_new_object();
	struct json_object *leaked = json_object_new_object();
	struct heapfile_sum live = { 0, 0 };

	for (int c = HEAPFILE_REACHABLE; c < HEAPFILE_NCLASSES; c++) {
		live.bytes += hf->sum[c].bytes;
		live.blocks += hf->sum[c].blocks;
		json_object_object_add(leaked, heapfile_class_name(c),
		    json_sum(&hf->sum[c]));
	}
	json_object_object_add(o, "live", json_sum(&live));
	json_object_object_add(o, "free", json_sum(&hf->sum[HEAPFILE_FREE]));
	json_count(o, "errors", hf->nfaults);
	json_object_object_add(o, "leaked", leaked);
	return o;
}

static struct json_object *
json_faults(const struct heapfile *hf)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < hf->nfaults; i++) {
		const struct heapfile_fault *e = &hf->faults[i];
		struct json_object *o = json_object_new_object();

		json_word(o, "kind", e->kind);
		json_word(o, "message", e->text);
		json_count(o, "count", 1);
		json_address(o, "address", e->address);
		json_word(o, "access", "check");
		json_word(o, "found", "sweep");
		if (e->block != 0) {
			struct json_object *b = json_object_new_object();

			json_address(b, "address", e->block);
			json_object_object_add(o, "block", b);
		}
		json_object_array_add(all, o);
	}
	return all;
}

static struct json_object *
json_leak(const struct heapfile_block *b, const struct heapfile_sum *below)
{
	struct json_object *o = json_object_new_object();

	json_word(o, "kind", heapfile_class_name(b->class));
	json_count(o, "bytes", b->size);
	json_count(o, "blocks", 1);
	if (b->class == HEAPFILE_DEFINITE) {
		json_count(o, "indirect_bytes", below->bytes);
		json_count(o, "indirect_blocks", below->blocks);
	}
	json_address(o, "address", b->address);
	return o;
}

/* NULL without memory. */
static struct json_object *
json_leaks(struct heapfile *hf, size_t top)
{
	struct heapfile_sum *below = heapfile_below(hf);
	size_t n = 0, *lost = below == NULL ? NULL :
	    stored_lost(hf, below, &n);
	struct json_object *all = lost == NULL ? NULL :
	    json_object_new_array();

	for (size_t i = top != 0 && n > top ? n - top : 0; all && i < n; i++)
		json_object_array_add(all, json_leak(&hf->blocks[lost[i]],
		    &below[lost[i]]));
	free(below);
	free(lost);
	return all;
}

int
stored_json(FILE *f, struct heapfile *hf, const struct stored_options *o)
{
	struct json_object *all = json_object_new_object(), *leaks = NULL;
	bool found = hf->nfaults > 0 || hf->sum[HEAPFILE_DEFINITE].blocks > 0;

	if (o->leaks && (leaks = json_leaks(hf, o->top)) == NULL) {
		json_object_put(all);
		return -1;
	}
	json_word(all, "format", "poolwatch-report");
	json_count(all, "version", 1);
	json_word(all, "verdict", found ? "findings" : "clean");
	json_object_object_add(all, "source", json_source(hf, o->source));
	if (o->summary)
		json_object_object_add(all, "summary", json_summary(hf));
	if (o->errors)
		json_object_object_add(all, "errors", json_faults(hf));
	if (leaks != NULL)
		json_object_object_add(all, "leaks", leaks);
	fputs(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY |
	    JSON_C_TO_STRING_NOSLASHESCAPE), f);
	fputc('\n', f);
	json_object_put(all);
	return fflush(f) == 0 && !ferror(f) ? 0 : -1;
}
