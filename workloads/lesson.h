/*
 * A lesson: a claim of the textbooks as an experiment.
 *
 * The table (lesson_table*.c) says what to run and what must come out of it;
 * lesson_run.c measures, lesson_quiet.c watches whether the CPUs were
 * there for it, lesson_trace.c records and reads the report, lesson_judge.c
 * compares, lesson_text.c and lesson_html.c tell. Times in
 * measures are seconds, memory is KiB.
 *
 * A measure is named "VARIANT.KEY". Keys: seconds, wall, cpu, voluntary,
 * involuntary, right (1 or 0); races, races_before, confirmed (1 or 0) and miss
 * (the chance of that by luck) where `holdup race` looked; any key that the
 * workload prints (of a list: KEY.rises); traced.NAME (see lesson_parts.h); and
 * trace.NAME or trace.NAME:ARGUMENT from the recording (see lesson_trace.c). Of
 * a sweep: sweep.knee and so on (lesson_measure.c). With
 * "@min" or "@max" at its end it is the one smallest or largest value.
 */
#ifndef WORKLOADS_LESSON_H
#define WORKLOADS_LESSON_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "tracing/base/err.h"
#include "workloads/sample.h"
#include "workloads/scaling.h"

#define LESSON_VARIANTS 9 /* with the end of the list, as all of these */
#define LESSON_CHECKS	12
#define LESSON_SHOWS	10
#define LESSON_POINTS	16
#define LESSON_REPORTS	16

struct lesson_variant {
	const char *name;  /* NULL ends the list */
	const char *args;  /* "WORKLOAD OPTION..."; @C: the number of CPUs */
	bool records;	   /* one more run, recorded */
	bool goes_wrong;   /* its own result is expected to be wrong */
	bool events;	   /* annotations are read from the recording */
	bool races;	   /* its TSan build runs under `holdup race` too */
	const char *fixes; /* and is judged as the repair of this variant */
};

struct lesson_check {
	const char *left; /* NULL ends the list */
	enum relation relation;
	double factor;
	const char *right; /* NULL: factor is the value itself */
	double tolerance;  /* of RELATION_ABOUT */
	unsigned cpus;	   /* that it takes to decide it; where not 0, load
			      of others can spoil it, see lesson_judge.c */
	bool coarse;	   /* but not that much: counts, orders, what blocks */
	int cpus_power;	   /* factor is times the CPUs to this power */
	bool aside;	   /* told, but not part of the verdict */
	const char *says;  /* what is asked */
};

struct lesson_show {	     /* a measure to print beside the table */
	const char *measure; /* NULL ends the list */
	const char *words;
};

struct lesson_sweep {
	const char *args; /* NULL: none; each point adds --threads N */
	const char *key;  /* throughput: larger is better; "seconds": 1 / it */
	unsigned most;	  /* 1, 2, 4 ... most; 0: 1 ... twice the CPUs */
	const char *unit; /* of the throughput, for people */
	bool waits;	  /* threads mostly wait: more of them than CPUs may
			     gain, so that Amdahl's law is fitted to all points */
};

struct lesson {
	const char *id;
	const char *claim;
	const char *text; /* figures of the texts, or NULL */
	double scale;	  /* unless --scale is given */
	struct lesson_variant variants[LESSON_VARIANTS];
	struct lesson_sweep sweep;
	struct lesson_check checks[LESSON_CHECKS];
	struct lesson_show shows[LESSON_SHOWS];
	/* Exchanging these two makes the claim false: a test of the lesson. */
	const char *swap[2];
	const char *plots;   /* kinds for `holdup plot`, of what is recorded */
	const char *look[3]; /* what to look at */
};

extern const struct lesson *const lessons[]; /* ends with NULL */

/* What came out. */

struct lesson_point {
	unsigned n;
	struct sample throughput;
	struct sample quiet; /* of the quiet runs alone */
};

struct lesson_curve {
	size_t points;
	struct lesson_point point[LESSON_POINTS];
	struct scaling_amdahl amdahl;
	struct scaling_usl usl;
	bool has_amdahl, has_usl;
	unsigned amdahl_most; /* largest n that Amdahl's law is fitted to */
	size_t knee, best;    /* indices of points */
};

struct lesson_report { /* of a recording */
	json_t *json;
	bool is_quiet;
};

struct lesson_outcome {
	const struct lesson_variant *variant;
	GHashTable *measures; /* char * -> struct sample * */
	GHashTable *quiet;    /* the same, of the quiet runs alone */
	bool is_quiet;	      /* whether the run that is kept now was */
	GHashTable *texts;    /* char * -> char *: other output, last run */
	unsigned runs;
	char *trace;	  /* directory, or NULL */
	char *no_trace;	  /* why there is none, or NULL */
	size_t n_reports; /* the last is that of the trace */
	struct lesson_report reports[LESSON_REPORTS];
	GPtrArray *plots; /* char *: pictures */
	GArray *turns;	  /* double: seconds of turns of coroutines */
};

struct lesson_finding { /* a check, decided */
	const struct lesson_check *check;
	enum answer answer;
	double factor;	  /* with the CPUs in it */
	double low, high; /* of left / right */
	char *reason;	  /* why it is undecided, or NULL */
	bool is_doubtful; /* looks false, but on too little evidence */
	bool is_open;	  /* more runs might decide it */
};

struct lesson_result {
	const struct lesson *lesson;
	double scale;
	unsigned runs, cpus;
	double foreign; /* share of the CPUs that other programs used, 0 to 1 */
	double probe_s; /* see lesson_cpus_there() */
	double there;	/* share of the CPUs that was there just now */
	size_t n_outcomes;
	struct lesson_outcome outcomes[LESSON_VARIANTS];
	struct lesson_curve curve;
	char *sweep_plot;   /* picture, or NULL */
	char *compare_plot; /* of all recordings on one scale, or NULL */
	char *turns_plot;   /* of the turns of coroutines, or NULL */
	size_t n_findings;
	struct lesson_finding findings[LESSON_CHECKS];
	enum answer answer;
	enum answer firm;    /* of the checks alone that no load can spoil */
	enum answer swapped; /* with the two variants of `swap` exchanged */
};

struct lesson_options {
	double scale; /* 0: the lesson's own */
	unsigned runs;
	const char *out; /* directory */
	bool no_plots;
	/* Called as work goes on; may be NULL. */
	void (*progress)(const char *lesson, const char *what);
};

/* Runs, records, judges; NULL with a message if it could not be done at all. */
struct lesson_result *lesson_do(const struct lesson *lesson,
				const struct lesson_options *options,
				struct err *err);
void lesson_result_free(struct lesson_result *result);

/* Finds by id; NULL if there is none. */
const struct lesson *lesson_find(const char *id);

/* Parts of lesson_do(). */
struct lesson_outcome *
lesson_outcome_init(struct lesson_outcome *outcome,
		    const struct lesson_variant *variant);
void lesson_outcome_clear(struct lesson_outcome *outcome);
int lesson_run_variant(struct lesson_result *result,
		       struct lesson_outcome *outcome, struct err *err);
void lesson_measure_add(struct lesson_outcome *outcome, const char *key,
			double value);
void lesson_record(struct lesson_result *result, struct lesson_outcome *outcome,
		   const struct lesson_options *options);
void lesson_compare(struct lesson_result *result,
		    const struct lesson_options *options);
void lesson_race(struct lesson_result *result, struct lesson_outcome *outcome);
void lesson_sweep_draw(struct lesson_result *result,
		       const struct lesson_options *options);
void lesson_turns_draw(struct lesson_result *result,
		       const struct lesson_options *options);
/* One more round of the sweep, if there is one. */
int lesson_sweep_round(struct lesson_result *result,
		       const struct lesson_options *options, struct err *err);
void lesson_sweep_fit(struct lesson_result *result);
void lesson_judge(struct lesson_result *result);

/* Whether load of others can spoil what it says: it rests on timings. */
bool lesson_check_is_spoilable(const struct lesson_check *check);

struct lesson_measure {
	struct sample all, quiet; /* values; of the quiet runs alone */
	size_t runs, quiet_runs;  /* that they come from */
	const char *reason;	  /* why there is none, or NULL */
};

/* The value of "VARIANT.KEY"; false if it was not measured, with a reason. */
bool lesson_measure(const struct lesson_result *result, const char *name,
		    struct lesson_measure *out);

/* A figure of a report (lesson_figures.c); false if there is no such. */
bool lesson_report_figure(const json_t *report, const char *name, double *out);

/* Telling. */
void lesson_write_text(const struct lesson_result *result, FILE *out);
int lesson_write_html(struct lesson_result *const *results, size_t n,
		      const char *path, struct err *err);

#endif
