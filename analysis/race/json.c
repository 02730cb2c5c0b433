#include "analysis/race/render.h"

#include <jansson.h>
#include <string.h>

#include "analysis/race/frame.h"

/* Reports hold what programs say: bytes that are no UTF-8 are replaced. */
static json_t *text(const char *string)
{
	char *valid = g_utf8_make_valid(string, -1);
	json_t *made = json_string(valid);

	g_free(valid);
	return made;
}

static json_t *number(uint64_t n)
{
	return json_integer(n > G_MAXINT64 ? -1 : (json_int_t)n);
}

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *frame_json(const struct race_frame *f)
{
	json_t *o = json_object();

	set(o, "function", text(f->function));
	set(o, "file", text(f->path));
	set(o, "line", json_integer(f->line));
	set(o, "module", text(f->module));
	set(o, "offset", number(f->offset));
	return o;
}

static json_t *stack_json(const struct race_stack *stack)
{
	json_t *array = json_array();

	for (guint i = 0; i < stack->n; i++)
		json_array_append_new(array, frame_json(&stack->frames[i]));
	return array;
}

static json_t *access_json(const struct race_access *a)
{
	const struct race_frame *own = a->stack.own;
	json_t *o = json_object(), *locks = json_array();

	set(o, "operation", text(a->operation));
	set(o, "tid", text(a->thread));
	set(o, "bytes", json_integer(a->bytes));
	set(o, "function", text(own ? own->function : ""));
	set(o, "file", text(own ? own->path : ""));
	set(o, "line", json_integer(own ? own->line : 0));
	set(o, "stack", stack_json(&a->stack));
	for (guint i = 0; i < a->n_locks; i++)
		json_array_append_new(locks, text(a->locks[i]));
	set(o, "locks", locks);
	return o;
}

static json_t *row_json(const struct race_row *row)
{
	const struct race_report *r = row->report;
	json_t *o = json_object(), *accesses = json_array();

	set(o, "kind", text(race_kind_ids[r->kind]));
	set(o, "title", text(r->title));
	set(o, "variable", text(r->variable));
	if (r->said)
		set(o, "said", text(r->said));
	set(o, "seen_in", number(row->seen_in));
	set(o, "reports", number(row->reports));
	set(o, "first_seed", number(row->first_seed));
	set(o, "cut", json_boolean(r->is_cut));
	for (guint i = 0; i < r->n_accesses; i++)
		json_array_append_new(accesses, access_json(&r->accesses[i]));
	set(o, "accesses", accesses);
	set(o, "allocated", stack_json(&r->allocated));
	if (*row->hint)
		set(o, "hint", text(row->hint));
	return o;
}

static void set_side(json_t *o, const struct campaign *c)
{
	json_t *races = json_array(), *command = json_array();

	for (char **arg = c->argv; *arg; arg++)
		json_array_append_new(command, text(*arg));
	set(o, "command", command);
	set(o, "runs", number(c->runs));
	set(o, "hung", number(c->hung));
	set(o, "killed", number(c->killed));
	set(o, "failed", number(c->failed));
	set(o, "suppressed", number(c->rows->suppressed));
	set(o, "cut", number(c->rows->cut));
	set(o, "unreadable", number(c->rows->broken));
	for (guint i = 0; i < c->rows->rows->len; i++)
		json_array_append_new(races, row_json(rows_get(c->rows, i)));
	set(o, "races", races);
}

static json_t *evidence_json(const struct race_result *r)
{
	json_t *array = json_array();

	for (guint i = 0; i < r->evidence->len; i++) {
		const struct evidence *e =
			&g_array_index(r->evidence, struct evidence, i);
		json_t *o = json_object();

		set(o, "kind", text(race_kind_ids[e->before->report->kind]));
		set(o, "variable", text(e->before->report->variable));
		set(o, "counts", json_boolean(e->counts));
		set(o, "seen_before", number(e->before->seen_in));
		set(o, "seen_after", number(e->after ? e->after->seen_in : 0));
		set(o, "chance_low", json_real(e->low));
		set(o, "chance_high", json_real(e->high));
		set(o, "clean_runs_needed", number(e->needed));
		set(o, "miss", json_real(e->miss));
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *second_json(const struct second *s)
{
	json_t *o, *errors;

	if (!s || !s->tool)
		return json_null();
	o = json_object();
	errors = json_array();
	set(o, "tool", text(s->tool));
	set(o, "runs", number(s->runs));
	set(o, "hung", number(s->hung));
	for (guint i = 0; s->texts && i < s->texts->len; i++)
		json_array_append_new(errors, text(s->texts->pdata[i]));
	set(o, "errors", errors);
	return o;
}

int render_race_json(const struct race_result *r, FILE *out)
{
	json_t *o = json_object(), *before = json_null();
	int result;

	set(o, "schema", json_string("holdup-race/1"));
	set(o, "verdict", json_string(verdict_ids[r->verdict]));
	set(o, "reason", text(r->reason->str));
	set(o, "confidence", json_real(r->confidence));
	set(o, "bound", json_real(r->bound));
	set_side(o, r->after);
	if (r->before) {
		before = json_object();
		set_side(before, r->before);
		set(o, "evidence", evidence_json(r));
		set(o, "miss", json_real(r->miss));
	}
	set(o, "before", before);
	set(o, "second", second_json(r->second));
	result = json_dumpf(o, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(o);
	return result || ferror(out) ? -1 : 0;
}
