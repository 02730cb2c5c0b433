/* `holdup race`: ThreadSanitizer in many runs, and the verdict on a fix. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/commands.h"
#include "analysis/load.h"
#include "analysis/race/campaign.h"
#include "analysis/race/link.h"
#include "analysis/race/render.h"
#include "analysis/race/second.h"
#include "analysis/race/stats.h"
#include "analysis/race/verdict.h"
#include "tracing/base/exits.h"
#include "tracing/base/opts.h"

#define DEFAULT_RUNS  50  /* of one program */
#define DEFAULT_LIMIT 400 /* of each of two, before giving up */
#define CHUNK	      10  /* runs between two looks at the evidence */
#define MOST_HANGS    5
#define SECOND_RUNS   3 /* slow, and they tell much the same */
#define SECOND_TIME   4 /* times the limit of a run */
#define TIME_LIMIT_NS 30000000000ULL

struct format {
	const char *name;
	int (*render)(const struct race_result *result, FILE *out);
};

static const struct format formats[] = {
	{ "text", render_race_text },
	{ "json", render_race_json },
	{ "sarif", render_race_sarif },
};

struct settings {
	struct campaign_options campaign;
	uint64_t runs; /* 0: the default */
	double confidence;
	const char *before, *output, *second, *plain, *trace;
	const struct format *format;
	char **argv;
	struct err err;
};

enum key {
	KEY_RUNS = 'n',
	KEY_OUTPUT = 'o',
	KEY_JOBS = 'j',
	KEY_BEFORE = 256,
	KEY_CONFIDENCE,
	KEY_TIME_LIMIT,
	KEY_SEED,
	KEY_FORMAT,
	KEY_SUPPRESSIONS,
	KEY_LOGS,
	KEY_SECOND,
	KEY_PLAIN,
	KEY_TRACE,
};

static const struct argp_option options[] = {
	{ "runs", KEY_RUNS, "N", 0,
	  "runs of CMD (default 50); with --before the most of each (400)", 0 },
	{ "before", KEY_BEFORE, "CMD", 0,
	  "the program before the fix, as one argument: judge the fix", 0 },
	{ "confidence", KEY_CONFIDENCE, "P", 0,
	  "of the verdict, 0.5 to 0.9999 (default 0.99)", 0 },
	{ "time-limit", KEY_TIME_LIMIT, "T", 0,
	  "of one run, beyond which it hangs (default 30s)", 0 },
	{ "seed", KEY_SEED, "S", 0,
	  "of the first run (default 1), counted up from there", 0 },
	{ "jobs", KEY_JOBS, "N", 0, "runs at a time (default: one a CPU)", 0 },
	{ "format", KEY_FORMAT, "NAME", 0, "text, json or sarif", 0 },
	{ "output", KEY_OUTPUT, "FILE", 0, "write there", 0 },
	{ "suppressions", KEY_SUPPRESSIONS, "FILE", 0,
	  "of ThreadSanitizer; what they take is counted", 0 },
	{ "logs", KEY_LOGS, "DIR", 0,
	  "keep what ThreadSanitizer wrote, a folder a run", 0 },
	{ "trace", KEY_TRACE, "DIR", 0,
	  "a recording of the program, to tell which lock is missing (default "
	  "holdup.trace, if it is one)",
	  0 },
	{ "second", KEY_SECOND, "TOOL", 0,
	  "ask helgrind or drd to agree, on the plain build", 0 },
	{ "plain", KEY_PLAIN, "CMD", 0,
	  "the plain build of CMD, as one argument, for --second", 0 },
	{ 0 },
};

static int parse_count(const char *text, uint64_t *out, struct err *err)
{
	if (opts_u64(text, out, err))
		return -1;
	if (!*out || *out > 1000000)
		return err_set(err, "'%s' is not between 1 and 1000000", text);
	return 0;
}

static int parse_format(struct settings *s, const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
		if (!strcmp(name, formats[i].name)) {
			s->format = &formats[i];
			return 0;
		}
	return err_set(&s->err, "no format '%s'; there are text, json, sarif",
		       name);
}

static int parse_confidence(struct settings *s, const char *text)
{
	if (opts_factor(text, &s->confidence, &s->err))
		return -1;
	if (s->confidence < 0.5 || s->confidence > 0.9999)
		return err_set(&s->err, "'%s' is not between 0.5 and 0.9999",
			       text);
	return 0;
}

static int parse_second(struct settings *s, const char *name)
{
	s->second = name;
	if (strcmp(name, "helgrind") != 0 && strcmp(name, "drd") != 0)
		return err_set(&s->err,
			       "no detector '%s'; there are helgrind, drd",
			       name);
	return 0;
}

static int parse_jobs(struct settings *s, const char *text)
{
	uint64_t jobs;

	if (parse_count(text, &jobs, &s->err))
		return -1;
	s->campaign.jobs = (int)jobs;
	return 0;
}

static int parse_value(struct settings *s, int key, char *arg)
{
	switch (key) {
	case KEY_RUNS:
		return parse_count(arg, &s->runs, &s->err);
	case KEY_CONFIDENCE:
		return parse_confidence(s, arg);
	case KEY_TIME_LIMIT:
		return opts_ns(arg, &s->campaign.time_limit_ns, &s->err);
	case KEY_SEED:
		return opts_u64(arg, &s->campaign.first_seed, &s->err);
	case KEY_JOBS:
		return parse_jobs(s, arg);
	case KEY_SECOND:
		return parse_second(s, arg);
	default:
		return parse_format(s, arg);
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;

	switch (key) {
	case KEY_BEFORE:
		s->before = arg;
		return 0;
	case KEY_OUTPUT:
		s->output = arg;
		return 0;
	case KEY_SUPPRESSIONS:
		s->campaign.suppressions = arg;
		return 0;
	case KEY_LOGS:
		s->campaign.logs = arg;
		return 0;
	case KEY_TRACE:
		s->trace = arg;
		return 0;
	case KEY_PLAIN:
		s->plain = arg;
		return 0;
	case ARGP_KEY_ARG:
		/* The program and all that follows is its own. */
		s->argv = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which program?");
		return 0;
	case KEY_RUNS:
	case KEY_CONFIDENCE:
	case KEY_TIME_LIMIT:
	case KEY_SEED:
	case KEY_JOBS:
	case KEY_FORMAT:
	case KEY_SECOND:
		if (parse_value(s, key, arg))
			argp_error(state, "%s", s->err.text);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options,
	parse,
	"[--] CMD [ARG...]",
	"Runs a program that was built with ThreadSanitizer many times under "
	"varied schedules and says which races it found, or with --before "
	"whether a fix holds.\v"
	"{seed} in CMD and its arguments stands for the seed of the run. "
	"TSAN_OPTIONS are respected but for log_path.\n"
	"\nexit status: 0 clean or confirmed, 1 races, not fixed or a new "
	"race, 2 usage, 3 could not, 4 inconclusive\n"
	"\nexamples:\n"
	"  holdup race --runs 100 ./app-tsan\n"
	"  holdup race --before './app-old 8' --confidence 0.999 -- ./app-new 8\n"
	"  holdup race --format sarif -o races.sarif ./app-tsan --seed {seed}",
	NULL,
	NULL,
	NULL,
};

/* What to say on a terminal while it works. */
struct progress {
	const char *side;
	uint64_t of;
};

static void show_progress(void *data, uint64_t runs, guint races)
{
	const struct progress *p = data;

	fprintf(stderr, "\r\033[K%s: run %llu of %llu, %u kind%s of report",
		p->side, (unsigned long long)runs, (unsigned long long)p->of,
		races, races == 1 ? "" : "s");
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static int run_some(struct campaign *c, const char *side, uint64_t runs,
		    struct err *err)
{
	struct progress progress = { .side = side, .of = c->runs + runs };
	int result;

	if (isatty(STDERR_FILENO)) {
		c->options.progress = show_progress;
		c->options.data = &progress;
	}
	result = campaign_run(c, runs, err);
	end_progress();
	c->options.progress = NULL;
	if (result)
		return -1;
	if (c->build == PROGRAM_SCRIPT && !c->has_runtime && !c->interrupted)
		return err_set(err,
			       "'%s' runs nothing that is built with "
			       "ThreadSanitizer: compile and link the program "
			       "with -fsanitize=thread -g -O1",
			       c->argv[0]);
	return 0;
}

/*
 * The program before the fix, until its races were seen so often that the
 * clean runs that it then takes are within the limit.
 */
static int run_before(struct campaign *c, const struct settings *s,
		      uint64_t limit, struct err *err)
{
	do {
		if (run_some(c, "before", MIN(CHUNK, limit - c->runs), err))
			return -1;
	} while (c->runs < limit && !campaign_is_over(c) &&
		 verdict_needed(c, s->confidence) > limit);
	return 0;
}

/* The fixed one, until enough clean runs were made or a race was seen. */
static int run_after(struct campaign *c, const struct settings *s,
		     const struct campaign *before, uint64_t limit,
		     struct err *err)
{
	uint64_t needed = verdict_needed(before, s->confidence);
	uint64_t target = MIN(limit, MAX(needed, CHUNK));

	if (needed == UINT64_MAX)
		target = MIN(limit, CHUNK); /* nothing to compare with */
	while (c->runs < target && !campaign_is_over(c)) {
		if (run_some(c, "after", MIN(CHUNK, target - c->runs), err))
			return -1;
		if (c->rows->rows->len)
			break;
	}
	return 0;
}

/* The logs of the two programs do not mix. */
static char *side_logs(const struct settings *s, const char *side)
{
	return s->campaign.logs ? g_build_filename(s->campaign.logs, side, NULL)
				: NULL;
}

/* "CMD ARG 'ARG ARG'" as an argument vector; NULL with a message. */
static char **split(const char *option, const char *command, struct err *err)
{
	GError *error = NULL;
	char **argv = NULL;

	if (g_shell_parse_argv(command, NULL, &argv, &error))
		return argv;
	err_set(err, "%s: %s", option, error->message);
	g_error_free(error);
	return NULL;
}

static struct campaign *new_before(const struct settings *s, const char *logs,
				   struct err *err)
{
	struct campaign_options campaign_options = s->campaign;
	struct campaign *made;
	char **argv = split("--before", s->before, err);

	if (!argv)
		return NULL;
	campaign_options.logs = logs;
	campaign_options.hangs = 0;
	made = campaign_new(argv, &campaign_options, err);
	g_strfreev(argv);
	return made;
}

static int write_result(const struct settings *s, const struct race_result *r,
			struct err *err)
{
	FILE *out = s->output ? fopen(s->output, "w") : stdout;
	int failed;

	if (!out)
		return err_errno(err, errno, "cannot write '%s'", s->output);
	failed = s->format->render(r, out);
	if (fflush(out) || (s->output && fclose(out)) || failed)
		return err_errno(err, errno, "cannot write '%s'",
				 s->output ? s->output : "standard output");
	return 0;
}

/* The plain build: as told, or for a workload of ours its neighbour. */
static char **plain_command(const struct settings *s, struct err *err)
{
	char **argv, **parts;

	if (s->plain)
		return split("--plain", s->plain, err);
	if (!strstr(s->argv[0], "/workloads-tsan/")) {
		err_set(err, "--second needs --plain CMD: valgrind cannot run "
			     "a program built with ThreadSanitizer");
		return NULL;
	}
	argv = g_strdupv(s->argv);
	parts = g_strsplit(argv[0], "/workloads-tsan/", -1);
	g_free(argv[0]);
	argv[0] = g_strjoinv("/workloads/", parts);
	g_strfreev(parts);
	return argv;
}

static int ask_second(const struct settings *s, struct second *second,
		      struct err *err)
{
	char **argv;
	int result;

	if (!s->second)
		return 0;
	argv = plain_command(s, err);
	if (!argv)
		return -1;
	result = second_run(second, s->second, argv, SECOND_RUNS,
			    SECOND_TIME * s->campaign.time_limit_ns, err);
	g_strfreev(argv);
	return result;
}

static bool has_data_race(const struct campaign *c)
{
	for (guint i = 0; c && i < c->rows->rows->len; i++)
		if (rows_get(c->rows, i)->report->kind == RACE_DATA)
			return true;
	return false;
}

/*
 * Hints from a recording. One that was asked for has to be readable; the
 * default one is used if it is there and of this program.
 */
static int link_trace(const struct settings *s, struct campaign *before,
		      struct campaign *after, struct err *err)
{
	const char *dir = s->trace ? s->trace : LINK_DEFAULT;
	struct load_options none = { 0 };
	struct report *report;

	if (!has_data_race(before) && !has_data_race(after))
		return 0;
	if (!s->trace && access(dir, R_OK))
		return 0;
	report = load_report(dir, &none, err);
	if (!report)
		return s->trace ? -1 : 0;
	if (s->trace || link_is_same(after, report)) {
		link_report(after, report, dir);
		if (before)
			link_report(before, report, dir);
	}
	report_free(report);
	return 0;
}

static int judge(const struct settings *s, struct campaign *before,
		 struct campaign *after, struct err *err)
{
	struct race_result result = { .confidence = s->confidence,
				      .before = before,
				      .after = after };
	struct second second = { .tool = NULL };
	int status = -1;

	if (ask_second(s, &second, err) || link_trace(s, before, after, err)) {
		second_clear(&second);
		return -1;
	}
	result.second = &second;
	if (before)
		rows_sort(before->rows);
	rows_sort(after->rows);
	verdict_judge(&result);
	if (!write_result(s, &result, err))
		status = verdict_exits[result.verdict];
	verdict_clear(&result);
	second_clear(&second);
	return status;
}

static int race_one(const struct settings *s, struct err *err)
{
	struct campaign *c = campaign_new(s->argv, &s->campaign, err);
	int status = -1;

	if (c && !run_some(c, "race", s->runs ? s->runs : DEFAULT_RUNS, err))
		status = judge(s, NULL, c, err);
	campaign_free(c);
	return status;
}

static int race_two(const struct settings *s, struct err *err)
{
	uint64_t limit = s->runs ? s->runs : DEFAULT_LIMIT;
	char *logs[] = { side_logs(s, "before"), side_logs(s, "after") };
	struct campaign_options after_options = s->campaign;
	struct campaign *before, *after = NULL;
	int status = -1;

	after_options.logs = logs[1];
	before = new_before(s, logs[0], err);
	if (before)
		after = campaign_new(s->argv, &after_options, err);
	if (after && !run_before(before, s, limit, err) &&
	    !run_after(after, s, before, limit, err))
		status = judge(s, before, after, err);
	campaign_free(after);
	campaign_free(before);
	g_free(logs[0]);
	g_free(logs[1]);
	return status;
}

int race_main(int argc, char **argv)
{
	struct settings s = {
		.campaign = { .first_seed = 1,
			      .time_limit_ns = TIME_LIMIT_NS,
			      .hangs = MOST_HANGS },
		.confidence = 0.99,
		.format = &formats[0],
	};
	char name[] = "holdup race";
	int status;

	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &s))
		return EXIT_USAGE;
	status = s.before ? race_two(&s, &s.err) : race_one(&s, &s.err);
	if (status >= 0)
		return status;
	fprintf(stderr, "holdup: %s\n", s.err.text);
	return EXIT_CANNOT;
}
