/* holdup export: a recording in the forms of other tools. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/commands.h"
#include "analysis/export.h"
#include "analysis/load.h"
#include "tracing/base/exits.h"
#include "tracing/base/output.h"

enum option_key {
	OPTION_FORMAT = 256,
};

static const struct argp_option options[] = {
	{ "format", OPTION_FORMAT, "perfetto|folded|pprof|csv", 0,
	  "the form; needed", 0 },
	{ "output", 'o', "FILE", 0,
	  "write to FILE; standard output is the default", 0 },
	{ 0 },
};

static const struct format {
	const char *name;
	int (*write)(const struct report *report, FILE *out, struct err *err);
} formats[] = {
	{ "perfetto", export_perfetto },
	{ "folded", export_folded },
	{ "pprof", export_pprof },
	{ "csv", export_csv },
};

struct arguments {
	const char *dir, *output;
	const struct format *format;
};

static const struct format *find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *to = state->input;

	switch (key) {
	case OPTION_FORMAT:
		to->format = find(arg);
		if (!to->format)
			argp_error(state,
				   "'%s' is not perfetto, folded, pprof or csv",
				   arg);
		break;
	case 'o':
		to->output = arg;
		break;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "one recording at a time, not '%s'",
				   arg);
		to->dir = arg;
		break;
	case ARGP_KEY_END:
		if (!to->format)
			argp_error(state, "--format is needed");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const char doc[] =
	"Writes a recording in the form of another tool: perfetto (JSON of "
	"trace events, for ui.perfetto.dev and chrome://tracing), folded (wait "
	"time by call stack, for flame graphs), pprof (a contention profile), "
	"csv (a row a lock).\v"
	"DIR is holdup.trace unless given. Exit status: 0 done, 2 usage, 3 not "
	"a trace, or cannot be written.\n\n"
	"examples:\n"
	"  holdup export --format perfetto -o app.json\n"
	"  holdup export --format folded | flamegraph.pl > waits.svg\n"
	"  holdup export --format pprof -o app.pb && pprof -top app.pb";

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[DIR]",
	.doc = doc,
};

static int write_out(const struct report *report,
		     const struct arguments *arguments, struct err *err)
{
	FILE *out = output_open(arguments->output, err);
	int failed;

	if (!out)
		return -1;
	failed = arguments->format->write(report, out, err);
	return output_close(out, arguments->output, failed ? NULL : err) ||
			       failed
		       ? -1
		       : 0;
}

int export_main(int argc, char **argv)
{
	struct arguments arguments = { .dir = "holdup.trace" };
	const struct load_options load = { 0 };
	struct err err = { "" };
	struct report *report;
	char name[] = "holdup export";
	int ret = EXIT_DONE;

	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (!arguments.output && arguments.format->write == export_pprof &&
	    isatty(STDOUT_FILENO)) {
		fputs("holdup export: a profile is not for a terminal: use -o "
		      "FILE\n",
		      stderr);
		return EXIT_USAGE;
	}
	report = load_report(arguments.dir, &load, &err);
	if (!report || write_out(report, &arguments, &err)) {
		fprintf(stderr, "holdup export: %s\n", err.text);
		ret = EXIT_CANNOT;
	}
	report_free(report);
	return ret;
}
