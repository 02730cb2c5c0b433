#include "analysis/race/settings.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/race/render.h"
#include "tracing/base/exits.h"
#include "tracing/base/opts.h"

#define MOST_HANGS    5
#define TIME_LIMIT_NS 30000000000ULL

static const struct format formats[] = {
	{ "text", render_race_text },
	{ "json", render_race_json },
	{ "sarif", render_race_sarif },
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
	{ "format", KEY_FORMAT, "text|json|sarif", 0, "text is the default",
	  0 },
	{ "output", KEY_OUTPUT, "FILE", 0, "write there", 0 },
	{ "suppressions", KEY_SUPPRESSIONS, "FILE", 0,
	  "of ThreadSanitizer; what they take is counted", 0 },
	{ "logs", KEY_LOGS, "DIR", 0,
	  "keep what ThreadSanitizer wrote, a folder a run", 0 },
	{ "trace", KEY_TRACE, "DIR", 0,
	  "a recording of the program, to tell which lock is missing (default "
	  "holdup.trace, if it is one)",
	  0 },
	{ "second", KEY_SECOND, "helgrind|drd", 0,
	  "ask it to agree, on the plain build", 0 },
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

static int parse_time_limit(struct settings *s, const char *text)
{
	if (opts_ns(text, &s->campaign.time_limit_ns, &s->err))
		return -1;
	return s->campaign.time_limit_ns
		       ? 0
		       : err_set(&s->err,
				 "a limit of no time lets nothing run");
}

static int parse_value(struct settings *s, int key, char *arg)
{
	switch (key) {
	case KEY_RUNS:
		return parse_count(arg, &s->runs, &s->err);
	case KEY_CONFIDENCE:
		return parse_confidence(s, arg);
	case KEY_TIME_LIMIT:
		return parse_time_limit(s, arg);
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

/* Of our own workloads the plain build is known. */
static void check_second(const struct settings *s)
{
	if (!s->second || s->plain || strstr(s->argv[0], "/workloads-tsan/"))
		return;
	fputs("holdup race: --second needs --plain CMD: valgrind cannot run a "
	      "program built with ThreadSanitizer\n",
	      stderr);
	exit(EXIT_USAGE);
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

void settings_parse(struct settings *s, int argc, char **argv)
{
	static char name[] = "holdup race";

	*s = (struct settings){
		.campaign = { .first_seed = 1,
			      .time_limit_ns = TIME_LIMIT_NS,
			      .hangs = MOST_HANGS },
		.confidence = 0.99,
		.format = &formats[0],
	};
	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, s))
		exit(EXIT_USAGE);
	check_second(s);
}
