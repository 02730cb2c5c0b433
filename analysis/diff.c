#include "analysis/diff.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/measure.h"

/* A lock matters that has this share of what all locks have together. */
#define MATTERS 0.01

const char *const diff_scope_names[DIFF_NSCOPES] = {
	[DIFF_RUN] = "run",
	[DIFF_LOCKS] = "locks",
	[DIFF_LOCK] = "lock",
};

struct samples {
	enum diff_scope scope;
	char *label;
	const char *metric;
	GArray *values[DIFF_SIDES]; /* double */
};

struct diff {
	size_t runs[DIFF_SIDES];
	GHashTable *samples; /* "scope metric label" -> struct samples */
	GArray *rows;	     /* struct diff_row */
	GPtrArray *notes;    /* of what is compared */
	char *program;	     /* of the first recording; NULL: none yet */
};

static double run_duration(const struct report *report)
{
	return (double)report->run.duration_ns;
}

static double run_running(const struct report *report)
{
	return (double)measure_state(report, STATE_RUNNING) +
	       (double)measure_state(report, STATE_SPINNING);
}

static double run_lock_wait(const struct report *report)
{
	return (double)measure_state(report, STATE_LOCK);
}

static double run_io_wait(const struct report *report)
{
	return (double)measure_state(report, STATE_IO);
}

static double run_switches(const struct report *report)
{
	double sum = 0;

	for (size_t i = 0; i < report->n_threads; i++)
		sum += (double)report->threads[i].voluntary +
		       (double)report->threads[i].involuntary;
	return sum;
}

static const struct run_metric {
	const char *name;
	double (*value)(const struct report *report);
} run_metrics[] = {
	{ "duration_ns", run_duration },   { "running_ns", run_running },
	{ "lock_wait_ns", run_lock_wait }, { "io_ns", run_io_wait },
	{ "switches", run_switches },
};

static const struct lock_metric {
	const char *name;
	size_t offset; /* of a uint64_t in struct lock */
	bool sums;     /* over locks */
} lock_metrics[] = {
	{ "acquisitions", offsetof(struct lock, acquisitions), true },
	{ "contended", offsetof(struct lock, contended), true },
	{ "wait_ns", offsetof(struct lock, wait.total), true },
	{ "wait_mean_ns", offsetof(struct lock, wait.mean), false },
	{ "wait_p99_ns", offsetof(struct lock, wait.p99), false },
	{ "wait_max_ns", offsetof(struct lock, wait.max), false },
	{ "hold_ns", offsetof(struct lock, hold.total), true },
	{ "hold_mean_ns", offsetof(struct lock, hold.mean), false },
	{ "handoff_ns", offsetof(struct lock, handoff_ns), true },
	{ "path_ns", offsetof(struct lock, path_ns), true },
};

static void samples_free(void *data)
{
	struct samples *samples = data;

	for (int i = 0; i < DIFF_SIDES; i++)
		g_array_free(samples->values[i], TRUE);
	g_free(samples->label);
	g_free(samples);
}

struct diff *diff_new(void)
{
	struct diff *diff = g_new0(struct diff, 1);

	diff->samples = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					      samples_free);
	diff->rows = g_array_new(FALSE, FALSE, sizeof(struct diff_row));
	diff->notes = g_ptr_array_new_with_free_func(g_free);
	return diff;
}

void diff_free(struct diff *diff)
{
	if (!diff)
		return;
	g_hash_table_destroy(diff->samples);
	g_array_free(diff->rows, TRUE);
	g_ptr_array_free(diff->notes, TRUE);
	g_free(diff->program);
	g_free(diff);
}

size_t diff_runs(const struct diff *diff, enum diff_side side)
{
	return diff->runs[side];
}

static struct samples *samples_get(struct diff *diff, enum diff_scope scope,
				   const char *metric, const char *label)
{
	char *key = g_strdup_printf("%d %s %s", scope, metric, label);
	struct samples *samples = g_hash_table_lookup(diff->samples, key);

	if (samples) {
		g_free(key);
		return samples;
	}
	samples = g_new0(struct samples, 1);
	samples->scope = scope;
	samples->label = g_strdup(label);
	samples->metric = metric;
	for (int i = 0; i < DIFF_SIDES; i++)
		samples->values[i] = g_array_new(FALSE, FALSE, sizeof(double));
	g_hash_table_insert(diff->samples, key, samples);
	return samples;
}

static void put(struct diff *diff, enum diff_side side, enum diff_scope scope,
		const char *metric, const char *label, double value)
{
	struct samples *samples = samples_get(diff, scope, metric, label);
	GArray *values = samples->values[side];
	const double none = 0;

	/* A lock that the recordings before this one do not have. */
	while (values->len < diff->runs[side])
		g_array_append_val(values, none);
	if (values->len == diff->runs[side])
		g_array_append_val(values, value);
	else /* two rows of one label and of different kinds */
		g_array_index(values, double, diff->runs[side]) += value;
}

static double lock_value(const struct lock *lock, const struct lock_metric *m)
{
	uint64_t value;

	memcpy(&value, (const char *)lock + m->offset, sizeof(value));
	return (double)value;
}

static void add_locks(struct diff *diff, enum diff_side side,
		      const struct report *report, const struct lock_metric *m)
{
	double sum = 0;

	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *lock = &report->groups[i];

		if (!measure_is_held(lock))
			continue;
		put(diff, side, DIFF_LOCK, m->name, lock->label,
		    lock_value(lock, m));
		sum += lock_value(lock, m);
	}
	if (m->sums)
		put(diff, side, DIFF_LOCKS, m->name, "", sum);
}

static void note(struct diff *diff, const struct report *report,
		 const char *words)
{
	g_ptr_array_add(diff->notes,
			g_strdup_printf("%s %s", report->run.trace, words));
}

/* What makes the figures of this one less than they seem. */
static void add_notes(struct diff *diff, const struct report *report)
{
	const char *program =
		report->run.argc ? report->run.argv[0] : report->run.command;
	g_autofree char *name = g_path_get_basename(program);

	if (report->run.truncated)
		note(diff, report, "is damaged or cut off.");
	if (measure_events_lost(report))
		note(diff, report, "lost events.");
	if (!diff->program)
		diff->program = g_strdup(name);
	else if (strcmp(diff->program, name) != 0)
		note(diff, report, "is of another program.");
}

const char *const *diff_notes(const struct diff *diff, size_t *n)
{
	*n = diff->notes->len;
	return (const char *const *)diff->notes->pdata;
}

void diff_add(struct diff *diff, enum diff_side side,
	      const struct report *report)
{
	for (size_t i = 0; i < G_N_ELEMENTS(run_metrics); i++)
		put(diff, side, DIFF_RUN, run_metrics[i].name, "",
		    run_metrics[i].value(report));
	for (size_t i = 0; i < G_N_ELEMENTS(lock_metrics); i++)
		add_locks(diff, side, report, &lock_metrics[i]);
	add_notes(diff, report);
	diff->runs[side]++;
}

struct moments {
	double mean, error2; /* squared standard error of the mean */
	size_t n;
};

static struct moments moments_of(const GArray *values, size_t runs)
{
	struct moments m = { .n = runs };
	double squares = 0;

	for (guint i = 0; i < values->len; i++)
		m.mean += g_array_index(values, double, i) / (double)runs;
	for (size_t i = 0; i < runs; i++) {
		double value =
			i < values->len ? g_array_index(values, double, i) : 0;

		squares += (value - m.mean) * (value - m.mean);
	}
	if (runs > 1)
		m.error2 = squares / (double)(runs - 1) / (double)runs;
	return m;
}

/* Student's t, 97.5 %, for `freedom` degrees: Cornish-Fisher beyond the
 * smallest, which a table has. */
static double t975(double freedom)
{
	static const double table[] = { 12.706, 4.303, 3.182, 2.776, 2.571 };
	const double z = 1.959964;
	double z3 = z * z * z, z5 = z3 * z * z;

	if (freedom < 5.5)
		return table[(int)fmax(0, fmin(4, floor(freedom + 1e-9) - 1))];
	return z + (z3 + z) / (4 * freedom) +
	       (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom);
}

/* The squared standard error of a mean, as a share of it. */
static double share2(const struct moments *m)
{
	return m->error2 / (m->mean * m->mean);
}

/* Of Welch and Satterthwaite, for a sum of squared errors of two sides. */
static double freedom(double before2, double after2, size_t n_before,
		      size_t n_after)
{
	double sum = before2 + after2;

	return sum * sum /
	       (before2 * before2 / (double)(n_before - 1) +
		after2 * after2 / (double)(n_after - 1));
}

/*
 * The interval of the ratio of the means, from that of its logarithm: times
 * scatter by factors, and nothing is below 0. Where nothing is left there is no
 * logarithm: then it is that of the difference, as a share of the mean before.
 */
static void interval(struct diff_row *row, const struct moments *before,
		     const struct moments *after)
{
	double ratio = row->change + 1, half;

	if (before->n < 2 || after->n < 2 || before->mean <= 0)
		return;
	row->has_interval = true;
	row->low = row->high = row->change;
	row->significant = row->change != 0;
	if (before->error2 + after->error2 <= 0)
		return;
	if (after->mean > 0) {
		half = t975(freedom(share2(before), share2(after), before->n,
				    after->n)) *
		       sqrt(share2(before) + share2(after));
		row->low = ratio * exp(-half) - 1;
		row->high = ratio * exp(half) - 1;
	} else {
		half = t975((double)(before->n - 1)) * sqrt(share2(before));
		row->low = -1;
		row->high = row->change + half;
	}
	row->significant = row->low > 0 || row->high < 0;
}

static struct diff_row compare(const struct diff *diff,
			       const struct samples *samples)
{
	struct moments before = moments_of(samples->values[DIFF_BEFORE],
					   diff->runs[DIFF_BEFORE]);
	struct moments after =
		moments_of(samples->values[DIFF_AFTER], diff->runs[DIFF_AFTER]);
	struct diff_row row = {
		.scope = samples->scope,
		.label = samples->label,
		.metric = samples->metric,
		.mean = { before.mean, after.mean },
	};

	if (before.mean > 0)
		row.change = after.mean / before.mean - 1;
	else if (after.mean > 0)
		row.change = (double)INFINITY;
	interval(&row, &before, &after);
	return row;
}

static size_t metric_rank(const struct diff_row *row)
{
	if (row->scope == DIFF_RUN)
		for (size_t i = 0; i < G_N_ELEMENTS(run_metrics); i++)
			if (!strcmp(run_metrics[i].name, row->metric))
				return i;
	for (size_t i = 0; i < G_N_ELEMENTS(lock_metrics); i++)
		if (!strcmp(lock_metrics[i].name, row->metric))
			return i;
	return G_MAXSIZE;
}

static double wait_change(const struct diff *diff, const struct diff_row *row)
{
	struct moments sides[DIFF_SIDES];
	char *key = g_strdup_printf("%d wait_ns %s", row->scope, row->label);
	const struct samples *samples = g_hash_table_lookup(diff->samples, key);

	g_free(key);
	if (!samples)
		return 0;
	for (int i = 0; i < DIFF_SIDES; i++)
		sides[i] = moments_of(samples->values[i], diff->runs[i]);
	return fabs(sides[DIFF_AFTER].mean - sides[DIFF_BEFORE].mean);
}

static int by_weight(const void *a, const void *b, void *data)
{
	const struct diff_row *x = a;
	const struct diff_row *y = b;
	double x_wait, y_wait;
	int order;

	if (x->scope != y->scope)
		return (int)x->scope - (int)y->scope;
	x_wait = wait_change(data, x);
	y_wait = wait_change(data, y);
	if (x_wait != y_wait)
		return x_wait < y_wait ? 1 : -1;
	order = strcmp(x->label, y->label);
	if (order)
		return order;
	return metric_rank(x) < metric_rank(y) ? -1 : 1;
}

const struct diff_row *diff_rows(struct diff *diff, size_t *n)
{
	GHashTableIter iter;
	gpointer value;

	g_array_set_size(diff->rows, 0);
	g_hash_table_iter_init(&iter, diff->samples);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct diff_row row = compare(diff, value);

		g_array_append_val(diff->rows, row);
	}
	g_array_sort_with_data(diff->rows, by_weight, diff);
	*n = diff->rows->len;
	return (const void *)diff->rows->data;
}

bool diff_has_metric(enum diff_scope scope, const char *name)
{
	if (scope == DIFF_RUN) {
		for (size_t i = 0; i < G_N_ELEMENTS(run_metrics); i++)
			if (!strcmp(run_metrics[i].name, name))
				return true;
		return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(lock_metrics); i++)
		if (!strcmp(lock_metrics[i].name, name))
			return scope == DIFF_LOCK || lock_metrics[i].sums;
	return false;
}

/* Has it a share of what the locks have, on the side that has more? */
static bool matters(struct diff *diff, const struct diff_row *row)
{
	char *key = g_strdup_printf("%d %s ", DIFF_LOCKS, row->metric);
	const struct samples *all = g_hash_table_lookup(diff->samples, key);
	double whole = 0;

	g_free(key);
	for (int i = 0; all && i < DIFF_SIDES; i++)
		whole = fmax(whole,
			     moments_of(all->values[i], diff->runs[i]).mean);
	return !all || fmax(row->mean[DIFF_BEFORE], row->mean[DIFF_AFTER]) >
			       MATTERS * whole;
}

const struct diff_row *diff_meets(struct diff *diff,
				  const struct diff_condition *condition)
{
	size_t n;
	const struct diff_row *rows = diff_rows(diff, &n);

	for (size_t i = 0; i < n; i++) {
		const struct diff_row *row = &rows[i];
		bool met = condition->change < 0
				   ? row->change <= condition->change
				   : row->change > 0 &&
					     row->change >= condition->change;

		if (row->scope != condition->scope || !met ||
		    strcmp(row->metric, condition->metric) != 0 ||
		    (row->has_interval && !row->significant))
			continue;
		if (*condition->lock
			    ? strstr(row->label, condition->lock) != NULL
			    : row->scope != DIFF_LOCK || matters(diff, row))
			return row;
	}
	return NULL;
}

bool diff_knows(struct diff *diff, const struct diff_condition *condition)
{
	size_t n;
	const struct diff_row *rows = diff_rows(diff, &n);

	for (size_t i = 0; i < n && *condition->lock; i++)
		if (rows[i].scope == DIFF_LOCK &&
		    strstr(rows[i].label, condition->lock))
			return true;
	return !*condition->lock;
}
