/* `holdup race`: ThreadSanitizer in many runs, and the verdict on a fix. */
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
#include "analysis/race/settings.h"
#include "analysis/race/stats.h"
#include "analysis/race/verdict.h"
#include "tracing/base/exits.h"
#include "tracing/base/output.h"

#define DEFAULT_RUNS  50  /* of one program */
#define DEFAULT_LIMIT 400 /* of each of two, before giving up */
#define CHUNK	      10  /* runs between two looks at the evidence */
#define SECOND_RUNS   3	  /* slow, and they tell much the same */
#define SECOND_TIME   4	  /* times the limit of a run */

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
	FILE *out = output_open(s->output, err);
	int failed;

	if (!out)
		return -1;
	failed = s->format->render(r, out);
	if (output_close(out, s->output, err))
		return -1;
	return failed ? err_set(err, "cannot write '%s'",
				s->output ? s->output : "standard output")
		      : 0;
}

/* The plain build: as told, or for a workload of ours its neighbour. */
static char **plain_command(const struct settings *s, struct err *err)
{
	char **argv, **parts;

	if (s->plain)
		return split("--plain", s->plain, err);
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
	struct settings s;
	int status;

	settings_parse(&s, argc, argv);
	status = s.before ? race_two(&s, &s.err) : race_one(&s, &s.err);
	if (status >= 0)
		return status;
	fprintf(stderr, "holdup: %s\n", s.err.text);
	return EXIT_CANNOT;
}
