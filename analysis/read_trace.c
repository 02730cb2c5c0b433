#include "analysis/read.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <glib.h>
#include <string.h>
#include <sys/wait.h>

#include "analysis/read_child.h"
#include "analysis/read_find.h"
#include "analysis/read_merge.h"
#include "analysis/read_table.h"
#include "analysis/read_wrapper.h"

#define EVENTS_A_WORD 65536 /* between calls of progress() */
#define CHILDREN_MAX  16    /* that die before we give up */

struct reading {
	const char *dir; /* absolute */
	const struct read_options *options;
	read_callback on_event;
	void *data;
	struct read_stats *stats;
	struct read_wrapper *wrapper; /* NULL: nothing to do for it */
	GPtrArray *paths, *notes;
	uint64_t handed;
	GArray *plan; /* of struct read_plan: what is done, of each lane */
	unsigned int children;
};

static void tell_progress(const struct reading *reading)
{
	const struct read_options *options = reading->options;
	double all;

	if (!options || !options->progress ||
	    options->end_ns <= options->begin_ns ||
	    reading->stats->end_ns < options->begin_ns)
		return;
	all = (double)(options->end_ns - options->begin_ns);
	options->progress(
		options->progress_data,
		MIN(1, (double)(reading->stats->end_ns - options->begin_ns) /
			       all));
}

static void pass_wrapper(struct reading *reading, const struct event *event)
{
	if (!reading->wrapper)
		reading->wrapper =
			read_wrapper_new(reading->on_event, reading->data);
	read_wrapper_event(reading->wrapper, event);
}

/* A caveat: it says nothing of damage. */
static void end_wrapper(struct reading *reading)
{
	if (!reading->wrapper)
		return;
	read_wrapper_end(reading->wrapper, reading->stats->end_ns);
	read_wrapper_free(reading->wrapper);
	g_ptr_array_add(
		reading->notes,
		g_strdup("recorded with LTTng's pthread wrapper: mutexes only, "
			 "and a condition wait looks like a hold until another "
			 "thread takes the mutex"));
}

static void count_lane(struct reading *reading, size_t lane, size_t n)
{
	if (lane >= reading->plan->len)
		g_array_set_size(reading->plan, (guint)lane + 1);
	g_array_index(reading->plan, struct read_plan, lane).skip += n;
}

static void hand_over(struct reading *reading, struct read_merge *merge)
{
	struct read_stats *stats = reading->stats;
	uint64_t word = 0;
	const struct event *events;
	size_t n;

	while ((events = read_merge_next(merge, &n))) {
		if (!reading->handed)
			stats->begin_ns = events[0].ts_ns;
		stats->end_ns = events[n - 1].ts_ns;
		reading->handed += n;
		count_lane(reading, read_merge_lane(merge), n);
		for (size_t i = 0; i < n; i++) {
			stats->events += events[i].type != EVENT_DISCARDED;
			if ((int)events[i].type > EVENT_NTYPES)
				pass_wrapper(reading, &events[i]);
			else
				reading->on_event(reading->data, &events[i]);
		}
		if (reading->handed >= word) {
			tell_progress(reading);
			word = reading->handed + EVENTS_A_WORD;
		}
	}
}

static void add_streams(struct read_stats *stats,
			const struct read_queue *queue)
{
	size_t trace = SIZE_MAX;

	stats->streams = g_renew(struct read_stream, stats->streams,
				 stats->n_streams + queue->n_lanes);
	for (size_t i = 0; i < queue->n_lanes; i++) {
		const struct read_lane *lane = &queue->lanes[i];

		stats->unknown += lane->unknown;
		stats->late += lane->late;
		if (!lane->stats.name)
			continue;
		stats->streams[stats->n_streams] = lane->stats;
		stats->streams[stats->n_streams++].name =
			g_strdup(lane->stats.name);
		stats->discarded[lane->stats.source] += lane->stats.discarded;
		if (lane->trace != trace)
			stats->traces[lane->stats.source]++;
		trace = lane->trace;
	}
}

static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	(void)remove(path);
	return 0;
}

static void remove_temporary(const struct read_queue *queue)
{
	for (const struct read_text *dir = queue->temporary; dir;
	     dir = dir->link)
		(void)nftw(dir->text, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void note_death(struct reading *reading, const struct read_queue *queue,
		       int status)
{
	const char *busy = queue->busy ? queue->busy : ".";

	g_ptr_array_add(
		reading->notes,
		status == -1
			? g_strdup_printf("%s: is damaged: reading it comes to "
					  "no end, and was given up",
					  busy)
			: g_strdup_printf(
				  "%s: is damaged: Babeltrace dies of it "
				  "(%s %d), what comes after is not read",
				  busy, WIFSIGNALED(status) ? "signal" : "exit",
				  WIFSIGNALED(status) ? WTERMSIG(status)
						      : WEXITSTATUS(status)));
}

/* Takes the trace that the child died of while opening it off the list. */
static bool drop_trace(struct reading *reading, const struct read_queue *queue,
		       int status)
{
	for (guint i = 0; queue->busy && i < reading->paths->len; i++) {
		const char *path = g_ptr_array_index(reading->paths, i);
		size_t n = strlen(reading->dir);

		if (strcmp(path[n] == '/' ? path + n + 1 : ".", queue->busy) !=
		    0)
			continue;
		note_death(reading, queue, status);
		g_ptr_array_remove_index(reading->paths, i);
		return true;
	}
	return false;
}

/*
 * The child died of a lane: the next one is to put what it has read of it at
 * each step; and the one after that, to read no further than that. Returns
 * false if there is no hope.
 */
static bool make_plan(struct reading *reading, const struct read_queue *queue,
		      int status)
{
	size_t lane = queue->busy_lane;
	struct read_plan *plan;

	if (!queue->open)
		return drop_trace(reading, queue, status);
	if (++reading->children >= CHILDREN_MAX || lane >= queue->n_lanes)
		return false;
	g_array_set_size(reading->plan, (guint)queue->n_lanes);
	plan = &g_array_index(reading->plan, struct read_plan, lane);
	if (!plan->careful) {
		plan->careful = true;
		return true;
	}
	plan->limit = queue->lanes[lane].put;
	plan->hopeless = !plan->limit;
	note_death(reading, queue, status);
	return true;
}

static void copy_plan(const struct reading *reading, struct read_queue *queue)
{
	size_t bytes = reading->plan->len * sizeof(struct read_plan);

	queue->n_plan = reading->plan->len;
	queue->plan = read_queue_alloc(queue, bytes);
	if (bytes)
		memcpy(queue->plan, reading->plan->data, bytes);
}

static int judge(const struct reading *reading, const struct read_queue *queue,
		 struct err *err)
{
	if (queue->n_lanes)
		return 0;
	if (!reading->notes->len)
		return err_set(err, "holds no events");
	return err_set(err, "%s",
		       (const char *)g_ptr_array_index(reading->notes, 0));
}

/* Returns 1 if it is to be tried again. */
static int run(struct reading *reading, struct err *err)
{
	struct read_queue *queue = read_queue_new();
	struct read_merge *merge = NULL;
	int result = -1, status;

	if (!queue)
		return err_set(err, "no memory for reading");
	copy_plan(reading, queue);
	if (read_child_start(queue, reading->dir, reading->paths, err))
		goto out;
	merge = read_merge_new(queue);
	hand_over(reading, merge);
	status = read_merge_status(merge);
	if (status && make_plan(reading, queue, status)) {
		result = 1;
		goto out;
	}
	for (const struct read_text *note = queue->notes; note;
	     note = note->link)
		g_ptr_array_add(reading->notes, g_strdup(note->text));
	if (status)
		note_death(reading, queue, status);
	add_streams(reading->stats, queue);
	result = judge(reading, queue, err);
out:
	remove_temporary(queue);
	read_merge_free(merge);
	read_queue_free(queue);
	return result;
}

int read_trace(const char *dir, const struct read_options *options,
	       read_callback on_event, void *data, struct read_stats *stats,
	       struct err *err)
{
	g_autofree char *real = g_canonicalize_filename(dir, NULL);
	struct reading reading = { .dir = real,
				   .options = options,
				   .on_event = on_event,
				   .data = data,
				   .stats = stats };
	int result = -1;

	memset(stats, 0, sizeof(*stats));
	reading.notes = g_ptr_array_new_with_free_func(g_free);
	reading.plan = g_array_new(FALSE, TRUE, sizeof(struct read_plan));
	reading.paths = read_find(real, reading.notes, err);
	if (reading.paths) {
		do
			result = run(&reading, err);
		while (result > 0);
		g_ptr_array_free(reading.paths, TRUE);
	}
	g_array_free(reading.plan, TRUE);
	stats->truncated = reading.notes->len > 0;
	end_wrapper(&reading);
	stats->n_notes = reading.notes->len;
	g_ptr_array_add(reading.notes, NULL);
	stats->notes = (char **)g_ptr_array_free(reading.notes, FALSE);
	return result < 0 ? err_prefix(err, "trace '%s'", dir) : 0;
}

void read_stats_clear(struct read_stats *stats)
{
	for (size_t i = 0; i < stats->n_streams; i++)
		g_free(stats->streams[i].name);
	g_free(stats->streams);
	g_strfreev(stats->notes);
	memset(stats, 0, sizeof(*stats));
}
