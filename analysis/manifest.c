#include "analysis/manifest.h"

#include <glib.h>
#include <jansson.h>
#include <string.h>

#include "analysis/arena.h"

enum value_type { VALUE_TEXT, VALUE_U32, VALUE_I32, VALUE_U64 };

struct value {
	const char *path; /* keys with dots between them */
	enum value_type type;
	size_t offset;
};

/* clang-format off */
#define VALUE(path, type, member) { path, VALUE_##type, offsetof(struct manifest, member) }
static const struct value values[] = {
	VALUE("holdup", TEXT, holdup),
	VALUE("executable", TEXT, executable),
	VALUE("host", TEXT, host),
	VALUE("kernel", TEXT, kernel),
	VALUE("cpus", U32, cpus),
	VALUE("start_time", TEXT, start_time),
	VALUE("start_ns", U64, start_ns),
	VALUE("end_ns", U64, end_ns),
	VALUE("detail", TEXT, detail),
	VALUE("budget", U32, budget),
	VALUE("buffer_bytes", U64, buffer_bytes),
	VALUE("buffer_needed_bytes", U64, buffer_needed),
	VALUE("pid", I32, pid),
	VALUE("ended", TEXT, ended),
	VALUE("exit_status", I32, exit_status),
	VALUE("signal", I32, signal),
	VALUE("not_entered", TEXT, not_entered),
	VALUE("outlived", U64, outlived),
	VALUE("times.wall_ns", U64, wall_ns),
	VALUE("times.user_ns", U64, user_ns),
	VALUE("times.system_ns", U64, system_ns),
	VALUE("scheduler.source", TEXT, scheduler_source),
	VALUE("scheduler.why", TEXT, scheduler_why),
	VALUE("scheduler.events", U64, scheduler_events),
	VALUE("scheduler.lost", U64, scheduler_lost),
	VALUE("ust.discarded", U64, ust_discarded),
	VALUE("calibration.event_ns", U64, event_ns),
	VALUE("calibration.pair_ns", U64, pair_ns),
};

#define RUN(path, member) { path, VALUE_U64, offsetof(struct manifest_run, member) }
static const struct value run_values[] = {
	RUN("wall_ns", wall_ns),
	RUN("user_ns", user_ns),
	RUN("system_ns", system_ns),
	RUN("voluntary_switches", voluntary_switches),
	RUN("involuntary_switches", involuntary_switches),
};
/* clang-format on */

static const json_t *at_path(const json_t *json, const char *path)
{
	g_auto(GStrv) keys = g_strsplit(path, ".", -1);

	for (size_t i = 0; json && keys[i]; i++)
		json = json_object_get(json, keys[i]);
	return json;
}

/* A value of another type than expected is as good as none. */
static void set_value(const struct value *value, const json_t *json, void *to)
{
	char *at = (char *)to + value->offset;
	json_int_t number;
	const char *text;

	json = at_path(json, value->path);
	if (value->type == VALUE_TEXT) {
		text = json_string_value(json);
		if (text)
			memcpy(at, &text, sizeof(text));
		return;
	}
	if (!json_is_number(json))
		return;
	number = json_is_integer(json) ? json_integer_value(json)
				       : (json_int_t)json_real_value(json);
	if (number < 0 && value->type != VALUE_I32)
		return;
	memcpy(at, &number, value->type == VALUE_U64 ? 8 : 4);
}

static const char **texts(const json_t *array, size_t *n)
{
	size_t size = json_array_size(array);
	const char **all = g_new0(const char *, size + 1);

	*n = 0;
	for (size_t i = 0; i < size; i++) {
		all[*n] = json_string_value(json_array_get(array, i));
		*n += all[*n] != NULL;
	}
	return all;
}

static void read_baseline(struct manifest *manifest, const json_t *json)
{
	const json_t *runs = at_path(json, "baseline.runs");

	manifest->n_baseline = json_array_size(runs);
	manifest->baseline = g_new0(struct manifest_run, manifest->n_baseline);
	for (size_t i = 0; i < manifest->n_baseline; i++)
		for (size_t k = 0; k < G_N_ELEMENTS(run_values); k++)
			set_value(&run_values[k], json_array_get(runs, i),
				  &manifest->baseline[i]);
}

static void read_json(struct manifest *manifest, const json_t *json)
{
	for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
		set_value(&values[i], json, manifest);
	manifest->argv =
		texts(json_object_get(json, "command"), &manifest->argc);
	manifest->notes =
		texts(json_object_get(json, "notes"), &manifest->n_notes);
	read_baseline(manifest, json);
}

static void set_defaults(struct manifest *manifest)
{
	memset(manifest, 0, sizeof(*manifest));
	for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
		if (values[i].type == VALUE_TEXT)
			*(const char **)(void *)((char *)manifest +
						 values[i].offset) = "";
	manifest->exit_status = -1;
	manifest->signal = -1;
}

int manifest_read(const char *dir, struct manifest *manifest, struct err *err)
{
	g_autofree char *path = g_build_filename(dir, SCHEMA_MANIFEST, NULL);
	json_error_t error;
	json_t *json;

	set_defaults(manifest);
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		read_json(manifest, NULL);
		return 0;
	}
	json = json_load_file(path, 0, &error);
	if (json && !json_is_object(json)) {
		json_decref(json);
		json = NULL;
		g_strlcpy(error.text, "not an object", sizeof(error.text));
	}
	manifest->json = json;
	manifest->found = json != NULL;
	read_json(manifest, json);
	if (!json)
		return err_set(err, "%s: line %d: %s", SCHEMA_MANIFEST,
			       error.line, error.text);
	return 0;
}

void manifest_clear(struct manifest *manifest)
{
	g_free(manifest->argv);
	g_free(manifest->notes);
	g_free(manifest->baseline);
	json_decref(manifest->json);
	memset(manifest, 0, sizeof(*manifest));
}

/* The command as one would type it. */
static char *join_command(const struct manifest *manifest)
{
	GString *line = g_string_new(NULL);

	for (size_t i = 0; i < manifest->argc; i++) {
		const char *word = manifest->argv[i];
		bool plain = *word && strspn(word, "abcdefghijklmnopqrstuvwxyz"
						   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						   "0123456789_-./=:,+@%") ==
					      strlen(word);
		g_autofree char *quoted =
			plain ? g_strdup(word) : g_shell_quote(word);

		g_string_append_printf(line, "%s%s", i ? " " : "", quoted);
	}
	return g_string_free(line, FALSE);
}

static enum sched_source scheduler(const struct manifest *manifest,
				   const struct read_stats *stats)
{
	if (!strcmp(manifest->scheduler_source, "system"))
		return SCHED_SYSTEM;
	if (!strcmp(manifest->scheduler_source, "task"))
		return SCHED_TASK;
	if (manifest->found)
		return SCHED_NONE;
	/* Somebody's own session: a kernel trace is there, or is not. */
	return stats->traces[SOURCE_SCHED] ? SCHED_SYSTEM : SCHED_NONE;
}

static const char threadless_note[] =
	"The session recorded no thread ids: threads are taken for one, and "
	"who waits for whom cannot be told (lttng add-context -u -t vpid -t "
	"vtid).";

/* Of a session of somebody's own: what it would take to say more. */
static const char *missing_note(const struct manifest *manifest,
				const struct read_stats *stats)
{
	if (manifest->found || stats->traces[SOURCE_BOARD])
		return NULL;
	if (!stats->events && stats->unknown)
		return "None of its events tells of locks or of the scheduler: "
		       "record with 'holdup record', or enable "
		       "lttng_ust_pthread:* (and LTTng's pthread wrapper) and "
		       "the kernel's sched_* events in the session.";
	if (stats->events && !stats->traces[SOURCE_UST])
		return "Only the scheduler was recorded, and no program: "
		       "record with 'holdup record', or enable "
		       "lttng_ust_pthread:* in the session and run the program "
		       "with LTTng's pthread wrapper.";
	return NULL;
}

static bool is_threadless(const struct read_stats *stats)
{
	for (size_t i = 0; i < stats->n_streams; i++)
		if (stats->streams[i].threadless && stats->streams[i].events)
			return true;
	return false;
}

static void add_notes(const struct manifest *manifest,
		      const struct read_stats *stats, struct report *report)
{
	size_t old = report->run.n_notes, n = old;
	const char **notes = arena_array(
		report->arena, old + manifest->n_notes + stats->n_notes + 3,
		sizeof(*notes));

	if (missing_note(manifest, stats))
		notes[n++] = missing_note(manifest, stats);
	else if (report->run.threadless)
		notes[n++] = threadless_note;

	for (size_t i = 0; i < old; i++)
		notes[i] = report->run.notes[i];
	for (size_t i = 0; i < manifest->n_notes; i++)
		notes[n++] = arena_string(report->arena, manifest->notes[i]);
	for (size_t i = 0; i < stats->n_notes; i++)
		notes[n++] = arena_string(report->arena, stats->notes[i]);
	report->run.notes = notes;
	report->run.n_notes = n;
}

/* Also those that nobody here has a use for: what a reader would print. */
static uint64_t all_events(const struct read_stats *stats)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < stats->n_streams; i++)
		sum += stats->streams[i].events;
	return MAX(sum, stats->events + stats->unknown);
}

void manifest_fill_run(const struct manifest *manifest, const char *dir,
		       const struct read_stats *stats, struct report *report)
{
	g_autofree char *command = join_command(manifest);
	const char **argv =
		arena_array(report->arena, manifest->argc + 1, sizeof(*argv));

	for (size_t i = 0; i < manifest->argc; i++)
		argv[i] = arena_string(report->arena, manifest->argv[i]);
	report->run.argv = argv;
	report->run.argc = manifest->argc;
	report->run.trace = arena_string(report->arena, dir);
	report->run.command = arena_string(report->arena, command);
	report->run.host = arena_string(report->arena, manifest->host);
	report->run.start = arena_string(report->arena, manifest->start_time);
	report->run.detail = arena_string(report->arena, manifest->detail);
	report->run.ended = arena_string(
		report->arena,
		strcmp(manifest->ended, "exit") != 0 ? manifest->ended : "");
	report->run.not_entered =
		arena_string(report->arena, manifest->not_entered);
	if (manifest->cpus)
		report->run.cpus = manifest->cpus;
	report->run.boards =
		manifest->found || stats->traces[SOURCE_BOARD] != 0;
	report->run.budget = manifest->budget;
	report->run.buffer_bytes = manifest->buffer_bytes;
	report->run.buffer_needed = manifest->buffer_needed;
	report->run.scheduler_why =
		arena_string(report->arena, manifest->scheduler_why);
	report->run.exit_status = manifest->exit_status;
	report->run.scheduler = scheduler(manifest, stats);
	report->run.events = all_events(stats);
	report->run.events_lost =
		MAX(stats->discarded[SOURCE_UST], manifest->ust_discarded) +
		stats->discarded[SOURCE_BOARD];
	report->run.sched_lost =
		MAX(stats->discarded[SOURCE_SCHED], manifest->scheduler_lost);
	report->run.truncated = report->run.truncated || stats->truncated;
	report->run.threadless = is_threadless(stats);
	add_notes(manifest, stats, report);
}
