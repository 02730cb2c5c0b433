/* holdup whatif: how long a recorded run would take with something changed. */
#include <argp.h>
#include <glib.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/arena.h"
#include "analysis/commands.h"
#include "analysis/load.h"
#include "analysis/replay.h"
#include "analysis/units.h"
#include "tracing/base/exits.h"
#include "tracing/base/opts.h"

#define CHANGES_MOST 32

enum option_key {
	OPTION_NO_CONTENTION = 256,
	OPTION_HOLD,
	OPTION_SHARDS,
	OPTION_OUTSIDE,
	OPTION_READERS,
	OPTION_CPUS,
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
	  "LOCK is a rwlock, and nine of ten sections only read", 0 },
	{ "cpus", OPTION_CPUS, "N", 0, "run on N CPUs", 0 },
	{ "io", OPTION_IO, "0.5x", 0, "all I/O takes half the time", 0 },
	{ "format", OPTION_FORMAT, "text|json", 0, "text is the default", 0 },
	{ 0 },
};

struct wish {
	enum replay_kind kind;
	char *lock; /* as given, or NULL */
	double factor;
	uint32_t n;
};

struct arguments {
	const char *dir;
	struct wish wishes[CHANGES_MOST];
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

static struct wish *wish_add(struct argp_state *state, enum replay_kind kind)
{
	struct arguments *to = state->input;

	if (to->n == CHANGES_MOST)
		argp_error(state, "more than %d changes", CHANGES_MOST);
	to->wishes[to->n].kind = kind;
	return &to->wishes[to->n++];
}

/* "LOCK=VALUE": the value; labels may contain a '=', so the last one counts. */
static const char *value_of(struct argp_state *state, struct wish *wish,
			    const char *arg)
{
	const char *sign = strrchr(arg, '=');

	if (!sign || sign == arg)
		argp_error(state, "'%s' is not of the form LOCK=VALUE", arg);
	wish->lock = g_strndup(arg, sign ? (gsize)(sign - arg) : 0);
	return sign ? sign + 1 : arg;
}

static error_t parse_wish(int key, const char *arg, struct argp_state *state)
{
	struct wish *wish;

	switch (key) {
	case OPTION_NO_CONTENTION:
		wish = wish_add(state, REPLAY_NO_CONTENTION);
		wish->lock = g_strdup(arg);
		break;
	case OPTION_OUTSIDE:
		wish = wish_add(state, REPLAY_OUTSIDE);
		wish->lock = g_strdup(arg);
		break;
	case OPTION_HOLD:
		wish = wish_add(state, REPLAY_HOLD);
		wish->factor = factor_of(state, value_of(state, wish, arg));
		break;
	case OPTION_READERS:
		wish = wish_add(state, REPLAY_READERS);
		wish->factor = factor_of(state, value_of(state, wish, arg));
		if (wish->factor > 1)
			argp_error(state, "'%s': a share is 0 to 1", arg);
		break;
	case OPTION_SHARDS:
		wish = wish_add(state, REPLAY_SHARDS);
		wish->n = number_of(state, value_of(state, wish, arg));
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
	"DIR is holdup.trace unless given. Exit status: 0 done, 2 usage or no "
	"such lock, 3 cannot be read, or too large to be played.\n\n"
	"examples:\n"
	"  holdup whatif --no-contention ledger\n"
	"  holdup whatif app.trace --hold queue=0.5x --cpus 8\n"
	"  holdup whatif --shards cache=16 --io 0.5x --format json";

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[DIR] CHANGE...",
	.doc = doc,
};

/* The group that is called so, or the only one of which it is a part. */
static int group_of(const struct report *r, const char *name, struct err *err)
{
	int found = -1, n = 0;

	for (size_t i = 0; i < r->n_groups; i++) {
		const struct lock *l = &r->groups[i];

		if (!strcmp(l->label, name) || !strcmp(l->id, name) ||
		    (l->name && !strcmp(l->name, name)))
			return (int)i;
		if (strstr(l->label, name)) {
			found = (int)i;
			n++;
		}
	}
	if (n == 1)
		return found;
	return n ? err_set(err, "'%s' is a part of %d locks' labels", name, n)
		 : err_set(err, "no lock is called '%s'", name);
}

static const bool *locks_of(const struct report *r, int group)
{
	bool *locks = arena_array(r->arena, r->n_locks + 1, sizeof(*locks));

	for (size_t i = 0; i < r->n_locks; i++)
		locks[i] = r->locks[i].group == group;
	return locks;
}

static const char *words_of(const struct report *r, const struct wish *w,
			    const char *label)
{
	switch (w->kind) {
	case REPLAY_NO_CONTENTION:
		return arena_printf(r->arena, "no contention on %s", label);
	case REPLAY_HOLD:
		return arena_printf(r->arena, "sections of %s take %gx", label,
				    w->factor);
	case REPLAY_SHARDS:
		return arena_printf(r->arena, "%s split into %u", label, w->n);
	case REPLAY_OUTSIDE:
		return arena_printf(r->arena, "I/O and sleeps outside of %s",
				    label);
	case REPLAY_READERS:
		return arena_printf(r->arena, "%g of the sections of %s read",
				    w->factor, label);
	case REPLAY_IO_TIME:
		return arena_printf(r->arena, "I/O takes %gx", w->factor);
	case REPLAY_CPUS:
		return arena_printf(r->arena, "%u CPU%s", w->n,
				    w->n == 1 ? "" : "s");
	default:
		return "";
	}
}

struct prediction {
	const char *words[CHANGES_MOST];
	size_t n;
	uint64_t recorded_ns, predicted_ns;
	double error; /* of the unchanged replay */
	uint64_t forced;
};

/* 0, EXIT_USAGE or EXIT_CANNOT. */
static int predict(struct report *r, const struct arguments *arguments,
		   struct prediction *out, struct err *err)
{
	struct replay_change changes[CHANGES_MOST] = { 0 };
	struct replay_result base, changed;

	for (size_t i = 0; i < arguments->n; i++) {
		const struct wish *w = &arguments->wishes[i];
		const char *label = "";

		changes[i] = (struct replay_change){ NULL, w->factor, w->kind,
						     w->n };
		if (w->lock) {
			int group = group_of(r, w->lock, err);

			if (group < 0)
				return EXIT_USAGE;
			changes[i].locks = locks_of(r, group);
			label = r->groups[group].label;
		}
		out->words[out->n++] = words_of(r, w, label);
	}
	if (!r->replay || !r->replay->recorded_ns) {
		err_set(err, "'%s' has nothing that could be played again",
			arguments->dir);
		return EXIT_CANNOT;
	}
	base = replay_run(r->replay, NULL, 0);
	changed = replay_run(r->replay, changes, arguments->n);
	out->recorded_ns = r->run.duration_ns;
	out->error = (double)base.ns / (double)r->replay->recorded_ns - 1;
	out->predicted_ns =
		(uint64_t)((double)r->run.duration_ns * (double)changed.ns /
			   (double)MAX(base.ns, 1));
	out->forced = base.forced + changed.forced;
	return 0;
}

static double speedup(const struct prediction *p)
{
	return (double)p->recorded_ns / (double)MAX(p->predicted_ns, 1);
}

static const char *caveat(const struct report *r, size_t i)
{
	const char *const all[] = {
		"Threads do the same work in the same order.",
		r->replay->bounded
			? "Not all acquisitions were told: those that were not "
			  "stay uncontended."
			: NULL,
		r->replay->cut ? "Only the first part of the run was played."
			       : NULL,
		r->run.scheduler == SCHED_NONE
			? "Without a scheduler's trace, waiting for a CPU "
			  "counts as computing."
			: NULL,
	};

	return i < G_N_ELEMENTS(all) ? all[i] : NULL;
}

#define CAVEATS 4

static void print_text(const struct report *r, const struct prediction *p)
{
	struct units_text from, to, share;
	double off = p->error < 0 ? -p->error : p->error;

	for (size_t i = 0; i < p->n; i++)
		printf("%s%s", i ? "; " : "", p->words[i]);
	printf(":\n%s -> %s (x%.2f), predicted\n\n",
	       units_ns_prose(&from, p->recorded_ns),
	       units_ns_prose(&to, p->predicted_ns), speedup(p));
	printf("Replay of the run itself: %s off.\n", units_share(&share, off));
	if (p->forced)
		printf("%" PRIu64 " waits had no end in the recording and were "
		       "broken off.\n",
		       p->forced);
	for (size_t i = 0; i < CAVEATS; i++)
		if (caveat(r, i))
			printf("%s\n", caveat(r, i));
}

static void print_json(const struct report *r, const struct prediction *p)
{
	json_t *root = json_object();
	json_t *changes = json_array(), *assumptions = json_array();

	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(changes, json_string(p->words[i]));
	for (size_t i = 0; i < CAVEATS; i++)
		if (caveat(r, i))
			json_array_append_new(assumptions,
					      json_string(caveat(r, i)));
	json_object_set_new(root, "schema", json_string("holdup-whatif/1"));
	json_object_set_new(root, "changes", changes);
	json_object_set_new(root, "recorded_ns",
			    json_integer((json_int_t)p->recorded_ns));
	json_object_set_new(root, "predicted_ns",
			    json_integer((json_int_t)p->predicted_ns));
	json_object_set_new(root, "speedup", json_real(speedup(p)));
	json_object_set_new(root, "replay_error", json_real(p->error));
	json_object_set_new(root, "forced",
			    json_integer((json_int_t)p->forced));
	json_object_set_new(root, "cut", json_boolean(r->replay->cut));
	json_object_set_new(root, "bounded", json_boolean(r->replay->bounded));
	json_object_set_new(root, "assumptions", assumptions);
	json_dumpf(root, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(root);
}

int whatif_main(int argc, char **argv)
{
	struct arguments arguments = { .dir = "holdup.trace" };
	const struct load_options load = { 0 };
	struct prediction prediction = { .n = 0 };
	struct err err = { "" };
	struct report *report;
	char name[] = "holdup whatif";
	int ret = EXIT_CANNOT;

	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	report = load_report(arguments.dir, &load, &err);
	if (report)
		ret = predict(report, &arguments, &prediction, &err);
	if (ret)
		fprintf(stderr, "holdup whatif: %s\n", err.text);
	else if (arguments.json)
		print_json(report, &prediction);
	else
		print_text(report, &prediction);
	for (size_t i = 0; i < arguments.n; i++)
		g_free(arguments.wishes[i].lock);
	report_free(report);
	return ret;
}
