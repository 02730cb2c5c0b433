#include "analysis/load.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/findings.h"
#include "analysis/groups.h"
#include "analysis/manifest.h"
#include "analysis/measure.h"
#include "analysis/model.h"
#include "analysis/names.h"
#include "analysis/overhead.h"
#include "analysis/read.h"
#include "analysis/symbols.h"

struct sinks {
	struct model *model;
	struct symbols *symbols;
};

static void on_event(void *data, const struct event *event)
{
	const struct sinks *sinks = data;

	model_event(sinks->model, event);
	symbols_event(sinks->symbols, event);
}

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
	const struct model_options model = {
		.cpus = manifest->cpus,
		.begin_ns = manifest->start_ns,
		.end_ns = manifest->end_ns,
		.from_ns = options->from_ns,
		.to_ns = options->to_ns,
		.bins = options->bins,
		.waits = options->waits,
		.scheduler = scheduler(manifest),
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

static struct report *finish(struct sinks *sinks, const char *dir,
			     const struct manifest *manifest,
			     const struct read_stats *stats,
			     const struct load_options *options)
{
	struct report *report = report_new();

	model_finish(sinks->model, report);
	sinks->model = NULL;
	manifest_fill_run(manifest, dir, stats, report);
	overhead_fill(manifest, report);
	names_resolve(report, sinks->symbols);
	groups_make(report, options->each);
	findings_make(report);
	return report;
}

struct report *load_report(const char *dir, const struct load_options *options,
			   struct err *err)
{
	const struct read_options reading = {
		.progress = options->progress,
		.progress_data = options->data,
	};
	struct manifest manifest = { 0 };
	struct read_stats stats = { 0 };
	struct sinks sinks = { 0 };
	struct report *report = NULL;

	if (check(dir, err))
		return NULL;
	if (manifest_read(dir, &manifest, err))
		goto out;
	sinks.model = model_of(&manifest, options);
	sinks.symbols = symbols_new();
	if (!read_trace(dir, &reading, on_event, &sinks, &stats, err))
		report = finish(&sinks, dir, &manifest, &stats, options);
out:
	model_free(sinks.model);
	symbols_free(sinks.symbols);
	read_stats_clear(&stats);
	manifest_clear(&manifest);
	return report;
}
