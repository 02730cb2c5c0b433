/* The options that all workloads share, and the frame around a variant. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracing/base/opts.h"
#include "workloads/common.h"

static const struct argp_option options[] = {
	{ "variant", 'v', "NAME", 0, "which way to do it (see below)", 0 },
	{ "threads", 't', "N", 0, "threads, processes or tasks at once", 0 },
	{ "tasks", 'n', "N", 0, "amount of work, in pieces", 0 },
	{ "scale", 's', "FACTOR", 0, "multiply durations (default 1)", 0 },
	{ "seed", 'r', "N", 0, "seed of whatever is random", 0 },
	{ "set", 'S', "NAME=VALUE", 0, "set a parameter of this workload", 0 },
	{ 0 },
};

double knob(const struct run *run, const char *name)
{
	const struct knob *knobs = run->workload->knobs;

	for (size_t i = 0; knobs && knobs[i].name; i++)
		if (!strcmp(knobs[i].name, name))
			return run->knobs[i];
	fprintf(stderr, "no parameter '%s'\n", name);
	abort();
}

uint64_t scaled_ns(const struct run *run, uint64_t ns)
{
	double scaled = (double)ns * run->scale;

	return scaled < 1 ? 1 : (uint64_t)scaled;
}

uint64_t scaled_count(const struct run *run, uint64_t count)
{
	return scaled_ns(run, count);
}

static void set_knob(struct run *run, const char *text,
		     struct argp_state *state)
{
	const struct knob *knobs = run->workload->knobs;
	const char *equals = strchr(text, '=');
	size_t n = equals ? (size_t)(equals - text) : 0;
	struct err err = { "" };

	for (size_t i = 0; equals && knobs && knobs[i].name; i++) {
		if (strlen(knobs[i].name) != n ||
		    strncmp(knobs[i].name, text, n) != 0)
			continue;
		if (opts_factor(equals + 1, &run->knobs[i], &err))
			argp_error(state, "--set: %s", err.text);
		return;
	}
	argp_error(state, "--set: no parameter in '%s'", text);
}

static unsigned number(const char *text, struct argp_state *state)
{
	struct err err = { "" };
	uint64_t value = 0;

	if (opts_u64(text, &value, &err))
		argp_error(state, "%s", err.text);
	if (value == 0 || value > 1000000000)
		argp_error(state, "'%s' is not between 1 and 1000000000", text);
	return (unsigned)value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run *run = state->input;
	struct err err = { "" };

	switch (key) {
	case 'v':
		run->variant = arg;
		return 0;
	case 't':
		run->threads = number(arg, state);
		return 0;
	case 'n':
		run->tasks = number(arg, state);
		return 0;
	case 's':
		if (opts_factor(arg, &run->scale, &err) || run->scale <= 0)
			argp_error(state, "scale '%s' is not a number above 0",
				   arg);
		return 0;
	case 'r':
		if (opts_u64(arg, &run->seed, &err))
			argp_error(state, "%s", err.text);
		return 0;
	case 'S':
		set_knob(run, arg, state);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is not an option", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What --help adds below the options: variants, parameters, an example. */
static char *help_filter(int key, const char *text, void *input)
{
	const struct run *run = input;
	const struct workload *w = run ? run->workload : NULL;
	char *help = NULL;
	size_t size = 0;
	FILE *out;

	if (key != ARGP_KEY_HELP_POST_DOC || !w)
		return text ? strdup(text) : NULL; /* argp frees the copy */
	out = open_memstream(&help, &size);
	if (!out)
		return NULL;
	fputs("Variants (the first is the default):\n", out);
	for (const struct variant *v = w->variants; v->name; v++)
		fprintf(out, "  %-16s %s\n", v->name, v->what);
	if (w->knobs)
		fputs("Parameters:\n", out);
	for (const struct knob *k = w->knobs; k && k->name; k++)
		fprintf(out, "  %-16s %s (%g)\n", k->name, k->what, k->value);
	fprintf(out,
		"Defaults: %u threads, %u tasks.\n\n"
		"example: holdup record %s --variant %s\n",
		w->threads, w->tasks, w->name, w->variants[0].name);
	fclose(out);
	return help;
}

/* The most memory that this process has had in use so far. */
static void tell_peak(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "VmHWM:", 6))
			tell_count("peak_kib", strtoull(line + 6, NULL, 10));
	if (file)
		fclose(file);
}

static int run_variant(const struct run *run, const struct variant *variant)
{
	uint64_t begin_ns;
	bool right;

	tell_text("workload", run->workload->name);
	tell_text("variant", variant->name);
	begin_ns = clock_ns();
	right = variant->run(run);
	tell_real("seconds", (double)(clock_ns() - begin_ns) / 1e9);
	tell_peak();
	scratch_clear();
	tell_text("result", right ? "right" : "wrong");
	return fflush(stdout) ? 3 : !right;
}

int workload_main(const struct workload *workload, int argc, char **argv)
{
	const struct argp argp = { .options = options,
				   .parser = parse,
				   .doc = workload->what,
				   .help_filter = help_filter };
	struct run run = { .variant = workload->variants[0].name,
			   .threads = workload->threads,
			   .tasks = workload->tasks,
			   .scale = 1,
			   .seed = 1,
			   .workload = workload };
	size_t n = 0;
	int status;

	while (workload->knobs && workload->knobs[n].name)
		n++;
	run.knobs = must_alloc(n, sizeof(*run.knobs));
	for (size_t i = 0; i < n; i++)
		run.knobs[i] = workload->knobs[i].value;
	argp_err_exit_status = 2;
	status = argp_parse(&argp, argc, argv, 0, NULL, &run);
	if (status)
		return 2;
	for (const struct variant *v = workload->variants; v->name; v++) {
		if (strcmp(v->name, run.variant) != 0)
			continue;
		status = run_variant(&run, v);
		free(run.knobs);
		return status;
	}
	fprintf(stderr, "%s: no variant '%s'; try --help\n", workload->name,
		run.variant);
	free(run.knobs);
	return 2;
}
