#include "analysis/read.h"

#include <string.h>

#include "analysis/read_find.h"
#include "analysis/read_graph.h"
#include "analysis/read_queue.h"

struct lane {
	struct read_graph *graph;
	size_t of_graph;
};

/* One reading; all but `queue` belongs to the decoding thread while it runs. */
struct reading {
	const char *dir;
	GPtrArray *graphs, *notes;
	GArray *lanes; /* of struct lane */
	struct read_clock clock;
	struct read_queue *queue;
	bool truncated;
};

static const char *relative(const struct reading *reading, const char *path)
{
	size_t n = strlen(reading->dir);

	return path[n] == '/' ? path + n + 1 : ".";
}

static void add_note(struct reading *reading, char *take_text)
{
	g_ptr_array_add(reading->notes, take_text);
	reading->truncated = true;
}

static void open_traces(struct reading *reading, const GPtrArray *paths)
{
	for (guint i = 0; i < paths->len; i++) {
		const char *path = g_ptr_array_index(paths, i);
		struct err err = { "" };
		struct read_graph *graph = read_graph_open(
			path, reading->dir, &reading->clock, &err);

		if (!graph) {
			add_note(reading,
				 g_strdup_printf("%s: %s",
						 relative(reading, path),
						 err.text));
			continue;
		}
		g_ptr_array_add(reading->graphs, graph);
		for (size_t k = 0; k < read_graph_lanes(graph); k++) {
			struct lane lane = { graph, k };

			g_array_append_val(reading->lanes, lane);
		}
	}
}

static void *decode(void *data)
{
	struct reading *reading = data;
	long next;

	while ((next = read_queue_next(reading->queue)) >= 0) {
		const struct lane *lane =
			&g_array_index(reading->lanes, struct lane, next);
		struct read_decoder *decoder =
			read_graph_decoder(lane->graph, lane->of_graph);
		struct read_batch *batch = read_queue_take(reading->queue);
		struct err err = { "" };
		int more = read_graph_advance(lane->graph, lane->of_graph,
					      batch, &err);

		if (more < 0) {
			read_decoder_mark_damaged(decoder);
			add_note(reading, g_strdup(err.text));
		}
		read_queue_put(reading->queue, (size_t)next, batch,
			       read_decoder_last_ns(decoder), more <= 0);
	}
	return NULL;
}

static void hand_over(struct reading *reading,
		      const struct read_options *options,
		      read_callback on_event, void *data)
{
	const struct event *events;
	size_t n;

	(void)options;
	while ((events = read_queue_merge(reading->queue, &n)))
		for (size_t i = 0; i < n; i++)
			on_event(data, &events[i]);
}

static void fill_stats(struct reading *reading, struct read_stats *stats)
{
	for (guint i = 0; i < reading->graphs->len; i++) {
		const struct read_graph *graph =
			g_ptr_array_index(reading->graphs, i);
		size_t n = stats->n_streams;

		for (size_t k = 0; k < read_graph_lanes(graph); k++)
			read_decoder_stats(read_graph_decoder(graph, k), stats);
		if (stats->n_streams > n)
			stats->traces[stats->streams[n].source]++;
	}
	stats->truncated = reading->truncated;
	stats->n_notes = reading->notes->len;
	g_ptr_array_add(reading->notes, NULL);
	stats->notes = (char **)g_ptr_array_steal(reading->notes, NULL);
}

static void graph_free(void *data)
{
	read_graph_close(data);
}

/* What leaves nothing to read is an error; else it is a note. */
static int run(struct reading *reading, const struct read_options *options,
	       read_callback on_event, void *data, struct err *err)
{
	GThread *thread;

	if (!reading->lanes->len)
		return err_set(err, "%s",
			       reading->notes->len
				       ? (const char *)g_ptr_array_index(
						 reading->notes, 0)
				       : "holds no events");
	reading->queue = read_queue_new(reading->lanes->len);
	thread = g_thread_new("holdup-read", decode, reading);
	hand_over(reading, options, on_event, data);
	g_thread_join(thread);
	return 0;
}

int read_trace(const char *dir, const struct read_options *options,
	       read_callback on_event, void *data, struct read_stats *stats,
	       struct err *err)
{
	g_autofree char *real = g_canonicalize_filename(dir, NULL);
	struct reading reading = { .dir = real };
	GPtrArray *paths;
	int result = -1;

	memset(stats, 0, sizeof(*stats));
	reading.notes = g_ptr_array_new_with_free_func(g_free);
	reading.graphs = g_ptr_array_new_with_free_func(graph_free);
	reading.lanes = g_array_new(FALSE, FALSE, sizeof(struct lane));
	paths = read_find(real, reading.notes, err);
	if (paths) {
		reading.truncated = reading.notes->len > 0;
		open_traces(&reading, paths);
		g_ptr_array_free(paths, TRUE);
		result = run(&reading, options, on_event, data, err);
	}
	fill_stats(&reading, stats);
	read_queue_free(reading.queue);
	g_array_free(reading.lanes, TRUE);
	g_ptr_array_free(reading.graphs, TRUE);
	g_ptr_array_free(reading.notes, TRUE);
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
