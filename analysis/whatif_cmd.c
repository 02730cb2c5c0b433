/* holdup whatif: how long a recorded run would take with something changed. */
#include <argp.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/commands.h"
#include "analysis/load.h"
#include "analysis/whatif.h"
#include "tracing/base/exits.h"
#include "tracing/base/opts.h"

#define TAPE_BYTES (32u << 20) /* twice that of a report */

enum option_key {
	OPTION_NO_CONTENTION = 256,
	OPTION_HOLD,
	OPTION_SHARDS,
	OPTION_OUTSIDE,
	OPTION_READERS,
	OPTION_CPUS,
	OPTION_THREADS,
	OPTION_IO,
	OPTION_FORMAT,
};

static const struct argp_option options[] = {
	{ "no-contention", OPTION_NO_CONTENTION, "LOCK", 0,
	  "nobody ever waits for LOCK", 0 },
	{ "hold", OPTION_HOLD, "LOCK=0.5x", 0,
	  "what is done while LOCK is held takes half the time", 0 },
	{ "shards", OPTION_SHARDS, "LOCK=4", 0,
	  "four locks instead of LOCK, each section under one of them", 0 },
	{ "outside", OPTION_OUTSIDE, "LOCK", 0,
	  "I/O and sleeps come after the release of LOCK", 0 },
	{ "readers", OPTION_READERS, "LOCK=0.9", 0,
	  "LOCK is a rwlock, and nine of ten sections only read; or, as in "
	  "LOCK=ROUTINE, those of the threads that begin in ROUTINE",
	  0 },
	{ "cpus", OPTION_CPUS, "N", 0, "run on N CPUs", 0 },
	{ "threads", OPTION_THREADS, "ROUTINE=4", 0,
	  "four threads share the work of all that begin in ROUTINE; "
	  "without \"ROUTINE=\", of the only such group",
	  0 },
	{ "io", OPTION_IO, "0.5x", 0, "all I/O takes half the time", 0 },
	{ "format", OPTION_FORMAT, "text|json", 0, "text is the default", 0 },
	{ 0 },
};

struct arguments {
	const char *dir;
	struct whatif_wish wishes[REPLAY_CHANGES_MOST];
	size_t n;
	bool json;
};

/* A factor as "0.5", "0.5x". */
static double factor_of(struct argp_state *state, const char *text)
{
	char *bare = g_strdup(text);
	size_t length = strlen(bare);
	struct err err = { "" };
	double factor = 0;

	if (length > 1 && bare[length - 1] == 'x')
		bare[length - 1] = '\0';
	if (opts_factor(bare, &factor, &err))
		argp_error(state, "%s", err.text);
	g_free(bare);
	return factor;
}

static uint32_t number_of(struct argp_state *state, const char *text)
{
	struct err err = { "" };
	uint64_t n = 0;

	if (opts_u64(text, &n, &err))
		argp_error(state, "%s", err.text);
	if (n < 1 || n > 1024)
		argp_error(state, "'%s' is not between 1 and 1024", text);
	return (uint32_t)n;
}

static struct whatif_wish *wish_add(struct argp_state *state,
				    enum replay_kind kind)
{
	struct arguments *to = state->input;

	if (to->n == REPLAY_CHANGES_MOST)
		argp_error(state, "more than %d changes", REPLAY_CHANGES_MOST);
	to->wishes[to->n].kind = kind;
	return &to->wishes[to->n++];
}

/* "LOCK=VALUE": the value; labels may contain a '=', so the last one counts. */
static const char *value_of(struct argp_state *state, struct whatif_wish *wish,
			    const char *arg)
{
	const char *sign = strrchr(arg, '=');

	if (!sign || sign == arg)
		argp_error(state, "'%s' is not of the form NAME=VALUE", arg);
	wish->name = g_strndup(arg, sign ? (gsize)(sign - arg) : 0);
	return sign ? sign + 1 : arg;
}

/* A share of the sections, or the routine of the threads that only read. */
static void parse_readers(struct argp_state *state, struct whatif_wish *wish,
			  const char *value)
{
	if (!g_ascii_isdigit(*value) && *value != '.') {
		wish->readers = g_strdup(value);
		return;
	}
	wish->factor = factor_of(state, value);
	if (wish->factor > 1)
		argp_error(state, "'%s': a share is 0 to 1", value);
}

static error_t parse_wish(int key, const char *arg, struct argp_state *state)
{
	struct whatif_wish *wish;

	switch (key) {
	case OPTION_NO_CONTENTION:
		wish = wish_add(state, REPLAY_NO_CONTENTION);
		wish->name = g_strdup(arg);
		break;
	case OPTION_OUTSIDE:
		wish = wish_add(state, REPLAY_OUTSIDE);
		wish->name = g_strdup(arg);
		break;
	case OPTION_HOLD:
		wish = wish_add(state, REPLAY_HOLD);
		wish->factor = factor_of(state, value_of(state, wish, arg));
		break;
	case OPTION_READERS:
		wish = wish_add(state, REPLAY_READERS);
		parse_readers(state, wish, value_of(state, wish, arg));
		break;
	case OPTION_SHARDS:
		wish = wish_add(state, REPLAY_SHARDS);
		wish->n = number_of(state, value_of(state, wish, arg));
		break;
	case OPTION_THREADS:
		wish = wish_add(state, REPLAY_THREADS);
		wish->n = number_of(state, strchr(arg, '=')
						   ? value_of(state, wish, arg)
						   : arg);
		break;
	case OPTION_CPUS:
		wish_add(state, REPLAY_CPUS)->n = number_of(state, arg);
		break;
	case OPTION_IO:
		wish_add(state, REPLAY_IO_TIME)->factor = factor_of(state, arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *to = state->input;

	switch (key) {
	case OPTION_FORMAT:
		if (strcmp(arg, "json") != 0 && strcmp(arg, "text") != 0)
			argp_error(state, "'%s' is not text or json", arg);
		to->json = !strcmp(arg, "json");
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "one recording at a time, not '%s'",
				   arg);
		to->dir = arg;
		return 0;
	case ARGP_KEY_END:
		if (!to->n)
			argp_error(state, "no change is given");
		return 0;
	default:
		return parse_wish(key, arg, state);
	}
}

static const char doc[] =
	"Predicts how long a recorded run would take with something changed. "
	"The run is played again as a simulation: first unchanged, to see how "
	"far off that is, then with all of the changes at once. LOCK is a "
	"name, label or id as in the report, or a part of it that only one "
	"has.\v"
	"DIR is holdup.trace unless given. Exit status: 0 done, 1 the replay of "
	"the run itself is more than 25 % off, so that nothing it says is to be "
	"trusted, 2 usage or no such lock or threads, 3 cannot be read or has "
	"nothing to be played.\n\n"
	"examples:\n"
	"  holdup whatif --no-contention ledger\n"
	"  holdup whatif app.trace --hold queue=0.5x --cpus 8\n"
	"  holdup whatif --threads worker=4\n"
	"  holdup whatif --readers table=lookup_main\n"
	"  holdup whatif --shards cache=16 --io 0.5x --format json";

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[DIR] CHANGE...",
	.doc = doc,
};

/* 0, EXIT_NO, EXIT_USAGE or EXIT_CANNOT; `err` is set by the last two. */
static int answer(struct report *r, const struct arguments *arguments,
		  struct whatif_answer *out, struct err *err)
{
	struct replay_change changes[REPLAY_CHANGES_MOST];

	for (size_t i = 0; i < arguments->n; i++) {
		const struct whatif_wish *w = &arguments->wishes[i];

		if (whatif_resolve(r, w, &changes[i], &out->words[i], err))
			return EXIT_USAGE;
		out->by_threads |= w->kind == REPLAY_THREADS;
		out->n++;
	}
	if (!r->replay || !r->replay->recorded_ns) {
		err_set(err, "'%s' has nothing that could be played again",
			arguments->dir);
		return EXIT_CANNOT;
	}
	out->recorded_ns = r->run.duration_ns;
	out->base = replay_base(r->replay);
	out->predicted = replay_predict(r->replay, &out->base, changes,
					arguments->n, out->recorded_ns);
	return out->base.trusted ? 0 : EXIT_NO;
}

int whatif_main(int argc, char **argv)
{
	struct arguments arguments = { .dir = "holdup.trace" };
	const struct load_options load = { .tape_bytes = TAPE_BYTES };
	struct whatif_answer found = { .n = 0 };
	struct err err = { "" };
	struct report *report;
	char name[] = "holdup whatif";
	int ret = EXIT_CANNOT;

	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	report = load_report(arguments.dir, &load, &err);
	if (report)
		ret = answer(report, &arguments, &found, &err);
	if (ret > EXIT_NO)
		fprintf(stderr, "holdup whatif: %s\n", err.text);
	else if (arguments.json)
		whatif_print_json(report, &found);
	else
		whatif_print_text(report, &found);
	for (size_t i = 0; i < arguments.n; i++) {
		g_free(arguments.wishes[i].name);
		g_free(arguments.wishes[i].readers);
	}
	report_free(report);
	return ret;
}
