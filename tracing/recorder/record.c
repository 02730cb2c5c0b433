/* holdup record: options of the command, and what can be said before it. */
#include <argp.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracing/base/exits.h"
#include "tracing/base/opts.h"
#include "tracing/commands.h"
#include "tracing/recorder/buffers.h"
#include "tracing/recorder/calibrate.h"
#include "tracing/recorder/front.h"
#include "tracing/recorder/target.h"

#define DEFAULT_OUT    "holdup.trace"
#define DEFAULT_BUDGET 20000
#define BUFFER_MIN     (64u << 10)
#define BASELINE_MAX   1000

enum {
	KEY_DETAIL = 256,
	KEY_BUDGET,
	KEY_BASELINE,
	KEY_NO_SCHED,
	KEY_BUFFER,
	KEY_LOOP
};

struct asked {
	struct front_options front;
	char **command;
	bool detail_all;
	uint64_t budget, buffer_bytes;
};

static const struct argp_option options[] = {
	{ "output", 'o', "DIR", 0, "where the recording goes [" DEFAULT_OUT "]",
	  0 },
	{ "detail", KEY_DETAIL, "contended|all", 0,
	  "'contended': events for acquisitions that wait, exact counts for "
	  "all [default]; 'all': an event for every critical section",
	  0 },
	{ "budget", KEY_BUDGET, "N", 0,
	  "events about contention for each thread and second; beyond it a "
	  "sample is told [20000; 0: no limit]",
	  0 },
	{ "baseline", KEY_BASELINE, "N", 0,
	  "also run the program N times bare, to measure what recording costs",
	  0 },
	{ "no-sched", KEY_NO_SCHED, NULL, 0, "leave the scheduler out", 0 },
	{ "buffer", KEY_BUFFER, "SIZE", 0,
	  "event buffer for each CPU, such as 64M [from memory, CPUs and "
	  "detail, and what the recording before in DIR lost]",
	  0 },
	{ "calibration-loop", KEY_LOOP, NULL, OPTION_HIDDEN, NULL, 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void usage_fail(struct argp_state *state, const char *text)
{
	argp_failure(state, EXIT_RECORD, 0, "%s", text);
}

static void number(struct argp_state *state, const char *name, const char *text,
		   uint64_t low, uint64_t high, uint64_t *out)
{
	struct err err = { "" };
	int rc = !strcmp(name, "buffer") ? opts_bytes(text, out, &err)
					 : opts_u64(text, out, &err);

	if (!rc && (*out < low || *out > high))
		rc = err_set(&err, "'%s' is not from %llu to %llu", text,
			     (unsigned long long)low, (unsigned long long)high);
	if (!rc)
		return;
	err_prefix(&err, "--%s", name);
	usage_fail(state, err.text);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct asked *asked = state->input;

	switch (key) {
	case 'o':
		asked->front.out = arg;
		break;
	case KEY_DETAIL:
		if (strcmp(arg, "all") != 0 && strcmp(arg, "contended") != 0)
			usage_fail(state, "--detail: 'contended' or 'all'");
		asked->detail_all = !strcmp(arg, "all");
		break;
	case KEY_BUDGET:
		number(state, "budget", arg, 0, UINT32_MAX, &asked->budget);
		break;
	case KEY_BASELINE:
		number(state, "baseline", arg, 0, BASELINE_MAX,
		       &asked->front.baseline);
		break;
	case KEY_NO_SCHED:
		asked->front.has_sched = false;
		break;
	case KEY_BUFFER:
		number(state, "buffer", arg, BUFFER_MIN, BUFFERS_ONE_MAX,
		       &asked->buffer_bytes);
		break;
	case KEY_LOOP:
		exit(calibrate_loop());
	case ARGP_KEY_ARG:
		asked->command = &state->argv[state->next - 1];
		state->next = state->argc;
		break;
	case ARGP_KEY_NO_ARGS:
		usage_fail(state, "which program? try 'holdup record --help'");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[--] COMMAND [ARG...]",
	.doc = "Run COMMAND and record what its threads wait for.\v"
	       "The program's output, signals and exit status pass through; "
	       "failures of the recorder itself exit 125, a program that cannot "
	       "be started 126, one that is not found 127.\n\n"
	       "example: holdup record -o slow.trace -- ./server --threads 8\n"
	       "         holdup report slow.trace",
};

static void warn_barrier(const struct logbook *m)
{
	if (m->not_entered)
		fprintf(stderr,
			"holdup: '%s' cannot be entered: %s; only its use of "
			"the CPUs is recorded\n",
			m->executable, m->not_entered);
}

int record_main(int argc, char **argv)
{
	static char name[] = "holdup record";
	struct asked asked = {
		.front = { .out = DEFAULT_OUT, .has_sched = true },
		.budget = DEFAULT_BUDGET,
	};
	struct logbook manifest;
	struct err err = { "" };
	int status = EXIT_RECORD;
	char *found;

	argv[0] = name;
	argp_err_exit_status = EXIT_RECORD;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &asked);
	found = target_find(asked.command[0], &status, &err);
	if (!found) {
		fprintf(stderr, "holdup: %s\n", err.text);
		return status;
	}
	logbook_init(&manifest);
	manifest.command = asked.command;
	manifest.executable = found;
	manifest.detail_all = asked.detail_all;
	manifest.budget = asked.detail_all ? 0 : asked.budget;
	manifest.buffer_bytes = asked.buffer_bytes;
	if (!asked.buffer_bytes) {
		manifest.buffer_bytes = buffers_for_machine(asked.detail_all);
		asked.front.may_learn = true;
	}
	manifest.not_entered = target_barrier(found);
	warn_barrier(&manifest);
	status = front_run(&manifest, &asked.front);
	logbook_clear(&manifest);
	g_free(found);
	return status;
}
