/* holdup diff: two recordings, or two sets of them, side by side. */
#include <argp.h>
#include <glib.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/commands.h"
#include "analysis/diff.h"
#include "analysis/doc.h"
#include "analysis/load.h"
#include "analysis/units.h"
#include "tracing/base/exits.h"
#include "tracing/base/opts.h"

enum option_key {
	OPTION_BEFORE = 256,
	OPTION_AFTER,
	OPTION_FORMAT,
	OPTION_FAIL_IF,
	OPTION_TOP,
};

static const struct argp_option options[] = {
	{ "before", OPTION_BEFORE, "DIR...", 0,
	  "recordings of the program before the change, up to the next option",
	  0 },
	{ "after", OPTION_AFTER, "DIR...", 0,
	  "recordings of the program after it", 0 },
	{ "format", OPTION_FORMAT, "text|json", 0, "text is the default", 0 },
	{ "fail-if", OPTION_FAIL_IF, "EXPR", 0,
	  "exit with 1 if EXPR holds, as in 'lock.wait_ns +10%'; may be "
	  "repeated",
	  0 },
	{ "top", OPTION_TOP, "N", 0, "N locks", 0 },
	{ 0 },
};

struct arguments {
	GPtrArray *dirs[DIFF_SIDES];
	GPtrArray *plain; /* without --before and --after */
	GArray *conditions;
	GPtrArray *texts; /* of the conditions */
	GPtrArray *into;  /* where the next directory goes */
	bool json;
	uint64_t top;
};

static void add_condition(struct argp_state *state, struct arguments *to,
			  char *text)
{
	struct diff_condition condition;
	struct err err = { "" };

	if (diff_parse(text, &condition, &err))
		argp_error(state, "%s", err.text);
	g_array_append_val(to->conditions, condition);
	g_ptr_array_add(to->texts, text);
}

static void end_of_arguments(struct argp_state *state, struct arguments *to)
{
	bool sets = to->dirs[DIFF_BEFORE]->len || to->dirs[DIFF_AFTER]->len;

	if (!sets && to->plain->len == 2) {
		for (int i = 0; i < DIFF_SIDES; i++)
			g_ptr_array_add(to->dirs[i],
					g_ptr_array_index(to->plain, i));
		return;
	}
	if (!to->dirs[DIFF_BEFORE]->len || !to->dirs[DIFF_AFTER]->len ||
	    to->plain->len)
		argp_error(state, "two recordings, or --before DIR... --after "
				  "DIR..., are needed");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *to = state->input;
	struct err err = { "" };

	switch (key) {
	case OPTION_BEFORE:
		to->into = to->dirs[DIFF_BEFORE];
		g_ptr_array_add(to->into, arg);
		break;
	case OPTION_AFTER:
		to->into = to->dirs[DIFF_AFTER];
		g_ptr_array_add(to->into, arg);
		break;
	case OPTION_FORMAT:
		if (strcmp(arg, "json") != 0 && strcmp(arg, "text") != 0)
			argp_error(state, "'%s' is not text or json", arg);
		to->json = !strcmp(arg, "json");
		break;
	case OPTION_FAIL_IF:
		add_condition(state, to, arg);
		break;
	case OPTION_TOP:
		if (opts_u64(arg, &to->top, &err))
			argp_error(state, "%s", err.text);
		break;
	case ARGP_KEY_ARG:
		g_ptr_array_add(to->into, arg);
		break;
	case ARGP_KEY_END:
		end_of_arguments(state, to);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const char doc[] =
	"Compares two recordings, or two sets of repeated ones: the run and "
	"each lock, matched by name, with 95 % intervals where a side has two "
	"or more.\v"
	"EXPR is SCOPE.MEASURE followed by +N% or -N%. SCOPE is run, locks (all "
	"together), lock (any that has 1 % of the whole) or lock[TEXT] (those "
	"whose name contains TEXT). MEASURE of a run: duration_ns, running_ns, "
	"lock_wait_ns, io_ns, switches; of locks: acquisitions, contended, "
	"wait_ns, wait_mean_ns, wait_p99_ns, wait_max_ns, hold_ns, "
	"hold_mean_ns, handoff_ns, path_ns. Where there are intervals, only a "
	"significant change counts. A TEXT that no lock's name contains is "
	"refused.\n\n"
	"Exit status: 0 done, 1 EXPR holds, 2 usage, 3 not a trace.\n\n"
	"examples:\n"
	"  holdup diff before.trace after.trace\n"
	"  holdup diff --before a1 a2 a3 --after b1 b2 b3 "
	"--fail-if 'lock.wait_ns +10%'";

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "BEFORE AFTER\n--before DIR... --after DIR...",
	.doc = doc,
};

static int load_side(struct diff *diff, enum diff_side side,
		     const GPtrArray *dirs, struct err *err)
{
	for (guint i = 0; i < dirs->len; i++) {
		const struct load_options load = { 0 };
		struct report *report =
			load_report(g_ptr_array_index(dirs, i), &load, err);

		if (!report)
			return -1;
		diff_add(diff, side, report);
		report_free(report);
	}
	return 0;
}

static const struct doc_column columns[] = {
	{ "", DOC_LEFT, 0, DOC_CUT },
	{ "before", DOC_RIGHT, DOC_ALWAYS, DOC_FIXED },
	{ "after", DOC_RIGHT, DOC_ALWAYS, DOC_FIXED },
	{ "change", DOC_RIGHT, 0, DOC_FIXED },
	{ "95 % interval", DOC_RIGHT, 0, DOC_FIXED },
	{ "", DOC_LEFT, 0, DOC_FIXED },
};

static bool is_time(const struct diff_row *row)
{
	return g_str_has_suffix(row->metric, "_ns");
}

static void value_cell(struct doc *page, const struct diff_row *row,
		       double value)
{
	uint64_t whole = (uint64_t)llround(value);

	if (is_time(row))
		doc_cell_ns(page, whole);
	else
		doc_cell_count(page, whole);
}

static const char *verdict(const struct diff_row *row)
{
	if (!row->has_interval)
		return "";
	if (!row->significant)
		return "no clear change";
	return row->change < 0 ? "less" : "more";
}

static void cells(struct doc *page, const struct diff_row *row)
{
	static const struct {
		const char *metric, *words;
	} words[] = {
		{ "duration_ns", "time" },
		{ "running_ns", "CPU time" },
		{ "lock_wait_ns", "waiting for locks" },
		{ "io_ns", "in I/O" },
		{ "switches", "context switches" },
		{ "wait_ns", "wait" },
		{ "wait_mean_ns", "wait mean" },
		{ "wait_p99_ns", "wait p99" },
		{ "wait_max_ns", "wait max" },
		{ "hold_ns", "hold" },
		{ "hold_mean_ns", "hold mean" },
		{ "handoff_ns", "handoff" },
		{ "path_ns", "critical path" },
	};
	const char *name = row->metric;

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (!strcmp(words[i].metric, name))
			name = words[i].words;
	doc_cell(page, name);
	value_cell(page, row, row->mean[DIFF_BEFORE]);
	value_cell(page, row, row->mean[DIFF_AFTER]);
	if (isinf(row->change))
		doc_cell(page, "new");
	else
		doc_cellf(page, "%+.0f %%", row->change * 100);
	if (row->has_interval)
		doc_cellf(page, "%+.0f..%+.0f %%", row->low * 100,
			  row->high * 100);
	else
		doc_cell(page, "");
	doc_cell(page, verdict(row));
}

static bool is_worth_a_row(const struct diff_row *row)
{
	return row->mean[DIFF_BEFORE] > 0 || row->mean[DIFF_AFTER] > 0;
}

static void write_text(struct diff *diff, const struct arguments *arguments)
{
	struct doc *page = doc_new();
	size_t n, n_notes, locks = 0;
	const char *const *notes = diff_notes(diff, &n_notes);
	uint64_t most = arguments->top ? arguments->top : 5;
	const struct diff_row *rows = diff_rows(diff, &n);
	const char *label = NULL;

	doc_text(page, "Before: %zu recording%s (%s); after: %zu (%s).",
		 diff_runs(diff, DIFF_BEFORE),
		 diff_runs(diff, DIFF_BEFORE) == 1 ? "" : "s",
		 (char *)g_ptr_array_index(arguments->dirs[DIFF_BEFORE], 0),
		 diff_runs(diff, DIFF_AFTER),
		 (char *)g_ptr_array_index(arguments->dirs[DIFF_AFTER], 0));
	if (diff_runs(diff, DIFF_BEFORE) < 2 || diff_runs(diff, DIFF_AFTER) < 2)
		doc_note(page, "One recording a side shows no scatter: what is "
			       "chance cannot be told. Repeat with --before "
			       "and --after.");
	for (size_t i = 0; i < n_notes; i++)
		doc_note(page, "%s", notes[i]);
	for (size_t i = 0; i < n; i++) {
		const char *title = rows[i].scope == DIFF_RUN ? "The run"
				    : rows[i].scope == DIFF_LOCKS
					    ? "All locks"
					    : rows[i].label;

		if (!label || strcmp(label, title) != 0) {
			locks += rows[i].scope == DIFF_LOCK;
			if (locks > most)
				break;
			doc_heading(page, title);
			doc_table(page, columns, G_N_ELEMENTS(columns));
			label = title;
		}
		if (is_worth_a_row(&rows[i]))
			cells(page, &rows[i]);
	}
	doc_write_text(page, 80, stdout);
	doc_free(page);
}

static json_t *row_json(const struct diff_row *row)
{
	json_t *o = json_pack(
		"{s:s, s:s, s:s, s:f, s:f, s:o, s:o, s:b}", "scope",
		diff_scope_names[row->scope], "lock", row->label, "measure",
		row->metric, "before", row->mean[DIFF_BEFORE], "after",
		row->mean[DIFF_AFTER], "change",
		isinf(row->change) ? json_null() : json_real(row->change),
		"interval",
		row->has_interval ? json_pack("[f, f]", row->low, row->high)
				  : json_null(),
		"significant", row->significant);

	return o ? o : json_null();
}

static void write_json(struct diff *diff, const char *met)
{
	json_t *root = json_object(), *array = json_array();
	json_t *caveats = json_array();
	size_t n, n_notes;
	const struct diff_row *rows = diff_rows(diff, &n);
	const char *const *notes = diff_notes(diff, &n_notes);

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(array, row_json(&rows[i]));
	for (size_t i = 0; i < n_notes; i++)
		(void)json_array_append_new(caveats, json_string(notes[i]));
	(void)json_object_set_new(root, "schema", json_string("holdup-diff/1"));
	(void)json_object_set_new(
		root, "before",
		json_integer((json_int_t)diff_runs(diff, DIFF_BEFORE)));
	(void)json_object_set_new(
		root, "after",
		json_integer((json_int_t)diff_runs(diff, DIFF_AFTER)));
	(void)json_object_set_new(root, "notes", caveats);
	(void)json_object_set_new(root, "rows", array);
	(void)json_object_set_new(root, "failed",
				  met ? json_string(met) : json_null());
	(void)json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

/* The first condition that holds, or NULL; tells so on standard error. */
static const char *first_met(struct diff *diff,
			     const struct arguments *arguments)
{
	for (guint i = 0; i < arguments->conditions->len; i++) {
		const char *text = g_ptr_array_index(arguments->texts, i);
		const struct diff_row *row = diff_meets(
			diff, &g_array_index(arguments->conditions,
					     struct diff_condition, i));

		if (!row)
			continue;
		fprintf(stderr, "holdup diff: '%s' holds: %s%s%s ", text,
			row->label, *row->label ? " " : "", row->metric);
		if (isinf(row->change))
			fputs("is new\n", stderr);
		else
			fprintf(stderr, "%+.0f %%\n", row->change * 100);
		return text;
	}
	return NULL;
}

/* A condition that nothing can meet would let every change pass. */
static int check_conditions(struct diff *diff,
			    const struct arguments *arguments)
{
	for (guint i = 0; i < arguments->conditions->len; i++) {
		const struct diff_condition *condition = &g_array_index(
			arguments->conditions, struct diff_condition, i);

		if (diff_knows(diff, condition))
			continue;
		fprintf(stderr,
			"holdup diff: '%s': no lock's name contains '%s'\n",
			(const char *)g_ptr_array_index(arguments->texts, i),
			condition->lock);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

static int compare(const struct arguments *arguments)
{
	struct diff *diff = diff_new();
	struct err err = { "" };
	const char *met;
	int ret = EXIT_DONE;

	for (int i = 0; i < DIFF_SIDES && !ret; i++)
		if (load_side(diff, (enum diff_side)i, arguments->dirs[i],
			      &err)) {
			fprintf(stderr, "holdup diff: %s\n", err.text);
			ret = EXIT_CANNOT;
		}
	if (!ret)
		ret = check_conditions(diff, arguments);
	if (!ret) {
		met = first_met(diff, arguments);
		if (arguments->json)
			write_json(diff, met);
		else
			write_text(diff, arguments);
		ret = met ? EXIT_NO : EXIT_DONE;
		if (fflush(stdout)) {
			fputs("holdup diff: cannot write standard output\n",
			      stderr);
			ret = EXIT_CANNOT;
		}
	}
	diff_free(diff);
	return ret;
}

int diff_main(int argc, char **argv)
{
	struct arguments arguments = {
		.dirs = { g_ptr_array_new(), g_ptr_array_new() },
		.plain = g_ptr_array_new(),
		.texts = g_ptr_array_new(),
		.conditions = g_array_new(FALSE, FALSE,
					  sizeof(struct diff_condition)),
	};
	char name[] = "holdup diff";
	int ret;

	arguments.into = arguments.plain;
	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	/* In order: a directory belongs to the option before it. */
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &arguments);
	ret = compare(&arguments);
	for (int i = 0; i < DIFF_SIDES; i++)
		g_ptr_array_free(arguments.dirs[i], TRUE);
	g_ptr_array_free(arguments.plain, TRUE);
	g_ptr_array_free(arguments.texts, TRUE);
	g_array_free(arguments.conditions, TRUE);
	return ret;
}
