#include "analysis/load.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/findings.h"
#include "analysis/groups.h"
#include "analysis/measure.h"
#include "analysis/model.h"
#include "analysis/names.h"
#include "analysis/overhead.h"
#include "analysis/replay.h"
#include "analysis/symbols.h"

#define TAPE_BYTES (16u << 20) /* of the run, kept to play it again */

struct load {
	const struct manifest *manifest;
	const struct load_options *options;
	struct model *model;
	struct symbols *symbols;
};

static enum sched_source scheduler(const struct manifest *manifest)
{
	if (!strcmp(manifest->scheduler_source, "system"))
		return SCHED_SYSTEM;
	if (!strcmp(manifest->scheduler_source, "task"))
		return SCHED_TASK;
	return SCHED_NONE;
}

static struct model *model_of(const struct manifest *manifest,
			      const struct load_options *options)
{
	const char *not_entered = manifest->not_entered;
	const struct model_options model = {
		.cpus = manifest->cpus,
		.begin_ns = manifest->start_ns,
		.end_ns = manifest->end_ns,
		.from_ns = options->from_ns,
		.to_ns = options->to_ns,
		.bins = options->bins,
		.waits = options->waits,
		.tape_bytes = MAX(options->tape_bytes, TAPE_BYTES),
		.scheduler = scheduler(manifest),
		.outside_pid = not_entered && *not_entered ? manifest->pid : 0,
	};

	return model_new(&model);
}

/* Words for what is not a directory at all; the rest the reader knows. */
static int check(const char *dir, struct err *err)
{
	struct stat status;

	if (stat(dir, &status))
		return err_errno(err, errno, "cannot open '%s'", dir);
	if (!S_ISDIR(status.st_mode))
		return err_set(err, "'%s' is not a trace: not a directory",
			       dir);
	return 0;
}

struct load *load_begin(const struct manifest *manifest,
			const struct load_options *options)
{
	struct load *load = g_new0(struct load, 1);

	load->manifest = manifest;
	load->options = options;
	load->model = model_of(manifest, options);
	load->symbols = symbols_new();
	return load;
}

void load_event(void *data, const struct event *event)
{
	const struct load *load = data;

	model_event(load->model, event);
	symbols_event(load->symbols, event);
}

void load_free(struct load *load)
{
	if (!load)
		return;
	model_free(load->model);
	symbols_free(load->symbols);
	g_free(load);
}

struct report *load_finish(struct load *load, const char *dir,
			   const struct read_stats *stats)
{
	struct report *report = report_new();

	model_finish(load->model, report);
	load->model = NULL;
	manifest_fill_run(load->manifest, dir, stats, report);
	overhead_fill(load->manifest, report);
	symbols_started_as(load->symbols, load->manifest->executable);
	names_resolve(report, load->symbols);
	groups_make(report, load->options->each);
	replay_suggest(report);
	findings_make(report);
	load_free(load);
	return report;
}

/* A damaged manifest is a note among those of the reader. */
static void add_note(struct read_stats *stats, const char *text)
{
	stats->notes = g_renew(char *, stats->notes, stats->n_notes + 2);
	stats->notes[stats->n_notes++] = g_strdup(text);
	stats->notes[stats->n_notes] = NULL;
	stats->truncated = true;
}

struct report *load_report(const char *dir, const struct load_options *options,
			   struct err *err)
{
	struct read_options reading = {
		.progress = options->progress,
		.progress_data = options->data,
	};
	struct err damage = { "" };
	struct manifest manifest;
	struct read_stats stats;
	struct load *load;
	struct report *report = NULL;

	if (check(dir, err))
		return NULL;
	(void)manifest_read(dir, &manifest, &damage);
	reading.begin_ns = manifest.start_ns;
	reading.end_ns = manifest.end_ns;
	load = load_begin(&manifest, options);
	if (read_trace(dir, &reading, load_event, load, &stats, err)) {
		load_free(load);
	} else {
		if (damage.text[0])
			add_note(&stats, damage.text);
		manifest_check(&manifest, dir, &stats);
		report = load_finish(load, dir, &stats);
	}
	read_stats_clear(&stats);
	manifest_clear(&manifest);
	return report;
}
