/* Runs a workload over a growing number of threads; fits the curve. */
#include <math.h>
#include <string.h>

#include "workloads/lesson.h"
#include "workloads/lesson_parts.h"

/* 1, 2, 3, 4, then doubled; up to `most`, which is always among them. */
static size_t choose_points(unsigned most, struct lesson_point *points)
{
	size_t n = 0;

	for (unsigned at = 1; at < most && n + 1 < LESSON_POINTS;
	     at = at < 4 && most <= 16 ? at + 1 : 2 * at)
		points[n++].n = at;
	points[n++].n = most;
	return n;
}

static void keep_point(struct sample *into, GHashTable *measures,
		       const char *key, unsigned round)
{
	const struct sample *sample = g_hash_table_lookup(measures, key);

	if (sample && sample->values[0] > 0)
		sample_add(into, round,
			   !strcmp(key, "seconds") ? 1 / sample->values[0]
						   : sample->values[0]);
}

static int run_point(struct lesson_result *result, struct lesson_point *point,
		     struct err *err)
{
	const struct lesson_sweep *sweep = &result->lesson->sweep;
	char *args = g_strdup_printf("%s --threads %u", sweep->args, point->n);
	struct lesson_variant variant = { .name = "sweep", .args = args };
	struct lesson_outcome outcome;
	int status;

	lesson_outcome_init(&outcome, &variant);
	status = lesson_run_variant(result, &outcome, err);
	keep_point(&point->quiet, outcome.quiet, sweep->key,
		   (unsigned)point->throughput.n);
	keep_point(&point->throughput, outcome.measures, sweep->key,
		   (unsigned)point->throughput.n);
	lesson_outcome_clear(&outcome);
	g_free(args);
	return status;
}

void lesson_sweep_fit(struct lesson_result *result)
{
	struct lesson_curve *curve = &result->curve;
	double n[LESSON_POINTS], x[LESSON_POINTS];
	size_t points = 0; /* for Amdahl's law: it knows nothing of CPUs */

	curve->best = 0;
	for (size_t i = 0; i < curve->points; i++) {
		n[i] = curve->point[i].n;
		x[i] = sample_median(&curve->point[i].throughput);
		if (x[i] > x[curve->best])
			curve->best = i;
		if (x[i] <= 0)
			return;
		if (result->lesson->sweep.waits ||
		    curve->point[i].n <= MAX(result->cpus, 2))
			points = i + 1;
	}
	if (curve->points == 0)
		return;
	curve->knee = scaling_knee(x, curve->points, 0.9);
	curve->amdahl_most = curve->point[points - 1].n;
	curve->has_amdahl = !scaling_fit_amdahl(n, x, points, &curve->amdahl);
	curve->has_usl = !scaling_fit_usl(n, x, curve->points, &curve->usl);
}

struct unit { /* that throughput is drawn in */
	double size;
	const char *words;
};

/* One in which the best is a number that can be read. */
static struct unit unit_of(const struct lesson_curve *curve)
{
	static const struct unit units[] = { { 1e9, "billion " },
					     { 1e6, "million " },
					     { 1e3, "thousand " } };
	double best = sample_median(&curve->point[curve->best].throughput);

	for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
		if (best >= units[i].size)
			return units[i];
	return (struct unit){ 1, "" };
}

/* The table that `holdup plot --sweep` draws (see plots/sweep.h). */
static void write_points(const struct lesson_result *result, struct unit unit,
			 FILE *out)
{
	const struct lesson_curve *curve = &result->curve;

	fprintf(out, "# title: %s: %s over threads\n", result->lesson->id,
		result->lesson->sweep.unit);
	fprintf(out,
		"# subtitle: %u CPU%s; median and interval of %u run%s; "
		"90 %% of the best at %u thread%s\n",
		result->cpus, result->cpus == 1 ? "" : "s", result->runs,
		result->runs == 1 ? "" : "s", curve->point[curve->knee].n,
		curve->point[curve->knee].n == 1 ? "" : "s");
	fprintf(out, "# source: holdup lesson %s, scale %g\n",
		result->lesson->id, result->scale);
	fprintf(out, "# x: threads\n# y: %s%s\n# log: x\n", unit.words,
		result->lesson->sweep.unit);
	fputs("series\tx\ty\tlow\thigh\tkind\n", out);
	for (size_t i = 0; i < curve->points; i++) {
		const struct lesson_point *at = &curve->point[i];
		double y = sample_median(&at->throughput), low, high;

		sample_interval(&at->throughput, &low, &high);
		fprintf(out, "measured\t%u\t%.9g\t%.9g\t%.9g\tpoints\n", at->n,
			y / unit.size, low / unit.size, high / unit.size);
	}
}

static void write_laws(const struct lesson_curve *curve, struct unit unit,
		       FILE *out)
{
	double most = curve->point[curve->points - 1].n;

	for (int i = 0; i <= 64; i++) {
		double n = pow(most, i / 64.0);
		double amdahl =
			scaling_amdahl_at(&curve->amdahl, n) / unit.size;
		double usl = scaling_usl_at(&curve->usl, n) / unit.size;

		if (curve->has_amdahl && n <= curve->amdahl_most)
			fprintf(out,
				"Amdahl, serial share %.3f\t%.9g\t%.9g\t%.9g\t"
				"%.9g\tlaw\n",
				curve->amdahl.serial, n, amdahl, amdahl,
				amdahl);
		if (curve->has_usl)
			fprintf(out,
				"USL, contention %.3f, coherency %.2g\t%.9g\t"
				"%.9g\t%.9g\t%.9g\tlaw\n",
				curve->usl.contention, curve->usl.coherency, n,
				usl, usl, usl);
	}
}

void lesson_sweep_draw(struct lesson_result *result,
		       const struct lesson_options *options)
{
	char *dir = g_strdup_printf("%s/%s", options->out, result->lesson->id);
	char *table = g_strdup_printf("%s/curve.tsv", dir);
	char *picture = g_strdup_printf("%s/sweep.png", dir);
	const char *const args[] = {
		"plot", "--sweep", table, "-o", dir, NULL
	};
	FILE *out = result->curve.points ? fopen(table, "we") : NULL;

	if (out) {
		struct unit unit = unit_of(&result->curve);

		write_points(result, unit, out);
		write_laws(&result->curve, unit, out);
		fclose(out);
		lesson_holdup(args);
	}
	if (g_file_test(picture, G_FILE_TEST_EXISTS))
		result->sweep_plot = g_strdup(picture);
	g_free(picture);
	g_free(table);
	g_free(dir);
}

int lesson_sweep_round(struct lesson_result *result,
		       const struct lesson_options *options, struct err *err)
{
	const struct lesson_sweep *sweep = &result->lesson->sweep;
	struct lesson_curve *curve = &result->curve;
	unsigned most = sweep->most ? sweep->most : 2 * result->cpus;

	if (!sweep->args)
		return 0;
	if (curve->points == 0)
		curve->points = choose_points(MAX(most, 4), curve->point);
	for (size_t i = 0; i < curve->points; i++) {
		struct lesson_point *point = &curve->point[i];
		char *what = g_strdup_printf("%u threads, run %zu", point->n,
					     point->throughput.n + 1);

		if (options->progress)
			options->progress(result->lesson->id, what);
		g_free(what);
		if (run_point(result, point, err))
			return -1;
	}
	return 0;
}
