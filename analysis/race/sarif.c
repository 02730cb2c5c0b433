/*
 * SARIF 2.1.0 (OASIS standard, 27 March 2020): one result a race, its place
 * the first access, both threads as thread flows of one code flow.
 */
#include "analysis/race/render.h"

#include <jansson.h>
#include <string.h>

#include "analysis/race/frame.h"
#include "tracing/base/exits.h"

#define SCHEMA                                                                \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/" \
	"sarif-schema-2.1.0.json"

static json_t *text(const char *string)
{
	char *valid = g_utf8_make_valid(string, -1);
	json_t *made = json_string(valid);

	g_free(valid);
	return made;
}

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *message(const char *string)
{
	return json_pack("{so}", "text", text(string));
}

/* Below the working directory a path is told relative to it, as code-scanning
 * pages want it. */
static json_t *artifact(const char *path)
{
	char *here = g_get_current_dir();
	char *below = g_strconcat(here, "/", NULL);
	char *plain = g_canonicalize_filename(path, here);
	json_t *o = json_object();
	char *uri;

	if (g_str_has_prefix(plain, below)) {
		uri = g_uri_escape_string(plain + strlen(below), "/", TRUE);
		set(o, "uriBaseId", json_string("SRCROOT"));
	} else {
		uri = g_filename_to_uri(plain, NULL, NULL);
	}
	set(o, "uri", text(uri ? uri : path));
	g_free(uri);
	g_free(plain);
	g_free(below);
	g_free(here);
	return o;
}

static json_t *location(const struct race_frame *f, const char *words)
{
	json_t *o = json_object(), *physical, *region;
	char *name = frame_text(f);

	if (*f->path) {
		physical = json_object();
		set(physical, "artifactLocation", artifact(f->path));
		if (f->line) {
			region = json_pack("{si}", "startLine", f->line);
			if (f->column)
				set(region, "startColumn",
				    json_integer(f->column));
			set(physical, "region", region);
		}
		set(o, "physicalLocation", physical);
	}
	set(o, "logicalLocations",
	    json_pack("[{soss}]", "fullyQualifiedName",
		      text(*f->function ? f->function : name), "kind",
		      "function"));
	set(o, "message", message(words ? words : name));
	g_free(name);
	return o;
}

static char *access_words(const struct race_access *a)
{
	GString *s = g_string_new(a->operation);

	if (*a->thread)
		g_string_append_printf(s, " by %s", a->thread);
	/* An inversion says it itself. */
	for (guint i = 0; i < a->n_locks && a->bytes; i++)
		g_string_append_printf(s, "%s%s", i ? ", " : ", holding ",
				       a->locks[i]);
	return g_string_free(s, FALSE);
}

/* From the outermost call in to the access, as a reader steps through it. */
static json_t *thread_flow(const struct race_access *a, guint index)
{
	json_t *locations = json_array(), *flow;
	char *words = access_words(a);
	char id[16];

	for (guint i = a->stack.n; i-- > 0;) {
		const struct race_frame *f = &a->stack.frames[i];
		bool is_it = f == a->stack.own;
		json_t *step = json_object();

		if (i < (guint)(a->stack.own - a->stack.frames))
			break;
		set(step, "location", location(f, is_it ? words : NULL));
		set(step, "nestingLevel",
		    json_integer((json_int_t)(a->stack.n - 1 - i)));
		set(step, "importance",
		    json_string(is_it ? "essential" : "unimportant"));
		json_array_append_new(locations, step);
	}
	g_snprintf(id, sizeof(id), "%u", index);
	words[0] = g_ascii_toupper(words[0]);
	flow = json_pack("{sssoso}", "id", *a->thread ? a->thread : id,
			 "message", message(words), "locations", locations);
	g_free(words);
	return flow;
}

static json_t *code_flows(const struct race_report *r)
{
	json_t *flows = json_array();

	for (guint i = 0; i < r->n_accesses; i++)
		if (r->accesses[i].stack.own)
			json_array_append_new(flows,
					      thread_flow(&r->accesses[i], i));
	return json_pack("[{so}]", "threadFlows", flows);
}

static char *row_words(const struct race_row *row, const struct campaign *c)
{
	const struct race_report *r = row->report;
	GString *s = g_string_new(race_kind_words[r->kind]);

	s->str[0] = g_ascii_toupper(s->str[0]);
	if (*r->variable)
		g_string_append_printf(s, " on %s", r->variable);
	for (guint i = 0; i < r->n_accesses; i++) {
		char *access = access_words(&r->accesses[i]);
		const struct race_frame *own = r->accesses[i].stack.own;
		char *place = own ? frame_text(own) : NULL;

		g_string_append_printf(s, "%s %s%s%s", i ? ";" : ":", access,
				       place ? " in " : "", place ? place : "");
		g_free(place);
		g_free(access);
	}
	g_string_append_printf(s, ". Seen in %llu of %llu runs.",
			       (unsigned long long)row->seen_in,
			       (unsigned long long)c->runs);
	if (*row->hint)
		g_string_append_printf(s, " %s", row->hint);
	return g_string_free(s, FALSE);
}

static json_t *result_json(const struct race_row *row, const struct campaign *c)
{
	const struct race_report *r = row->report;
	json_t *o = json_object(), *places = json_array(),
	       *related = json_array();
	char *words = row_words(row, c);
	char *print = g_compute_checksum_for_string(G_CHECKSUM_SHA256,
						    row->loose_key, -1);

	set(o, "ruleId", json_string(race_kind_ids[r->kind]));
	set(o, "ruleIndex", json_integer(r->kind));
	set(o, "level", json_string("error"));
	set(o, "message", message(words));
	for (guint i = 0; i < r->n_accesses; i++) {
		const struct race_frame *own = r->accesses[i].stack.own;
		char *access = access_words(&r->accesses[i]);

		if (own)
			json_array_append_new(json_array_size(places) ? related
								      : places,
					      location(own, access));
		g_free(access);
	}
	set(o, "locations", places);
	if (json_array_size(related))
		set(o, "relatedLocations", related);
	else
		json_decref(related);
	if (json_array_size(places))
		set(o, "codeFlows", code_flows(r));
	set(o, "partialFingerprints",
	    json_pack("{ss}", "holdupRace/v1", print));
	set(o, "occurrenceCount",
	    json_integer((json_int_t)MAX(row->seen_in, 1)));
	set(o, "properties",
	    json_pack("{sIsIsI}", "seenIn", (json_int_t)row->seen_in, "runs",
		      (json_int_t)c->runs, "firstSeed",
		      (json_int_t)row->first_seed));
	g_free(print);
	g_free(words);
	return o;
}

static json_t *rules_json(void)
{
	json_t *rules = json_array();

	for (int i = 0; i < RACE_NKINDS; i++)
		json_array_append_new(
			rules,
			json_pack("{sss{ss}s{ss}}", "id", race_kind_ids[i],
				  "shortDescription", "text",
				  race_kind_words[i], "defaultConfiguration",
				  "level", "error"));
	return rules;
}

static json_t *base_json(void)
{
	char *here = g_get_current_dir();
	char *uri = g_filename_to_uri(here, NULL, NULL);
	char *with_slash = g_strconcat(uri ? uri : "file://", "/", NULL);
	json_t *o = json_pack("{s{so}}", "SRCROOT", "uri", text(with_slash));

	g_free(with_slash);
	g_free(uri);
	g_free(here);
	return o;
}

static json_t *run_json(const struct race_result *r)
{
	const struct campaign *c = r->after;
	json_t *results = json_array(), *run = json_object();
	char *command = g_strjoinv(" ", c->argv);

	for (guint i = 0; i < c->rows->rows->len; i++)
		json_array_append_new(results,
				      result_json(rows_get(c->rows, i), c));
	set(run, "tool",
	    json_pack("{s{ssssso}}", "driver", "name", "holdup race", "version",
		      HOLDUP_VERSION, "rules", rules_json()));
	set(run, "invocations",
	    json_pack("[{sosb}]", "commandLine", text(command),
		      "executionSuccessful",
		      r->verdict != VERDICT_INCONCLUSIVE));
	set(run, "originalUriBaseIds", base_json());
	set(run, "columnKind", json_string("utf16CodeUnits"));
	set(run, "results", results);
	set(run, "properties",
	    json_pack("{sssIsf}", "verdict", verdict_ids[r->verdict], "runs",
		      (json_int_t)c->runs, "confidence", r->confidence));
	g_free(command);
	return run;
}

int render_race_sarif(const struct race_result *r, FILE *out)
{
	json_t *o = json_object(), *runs = json_array();
	int result;

	set(o, "$schema", json_string(SCHEMA));
	set(o, "version", json_string("2.1.0"));
	json_array_append_new(runs, run_json(r));
	set(o, "runs", runs);
	result = json_dumpf(o, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(o);
	return result || ferror(out) ? -1 : 0;
}
