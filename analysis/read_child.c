#include "analysis/read_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "analysis/read_open.h"

/* More memory than any whole trace takes; damaged ones ask for more. */
#define MEMORY_MAX ((rlim_t)1 << 30)

struct lane {
	struct read_graph *graph;
	size_t of_graph, trace;
	const char *trace_name;
};

struct reading {
	struct read_queue *queue;
	const char *dir;
	GArray *lanes; /* of struct lane */
	struct read_clock clock;
};

static const char *relative(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	return path[n] == '/' ? path + n + 1 : ".";
}

static void pass_notes(struct reading *reading, GPtrArray *notes)
{
	for (guint i = 0; i < notes->len; i++)
		read_queue_note(reading->queue, g_ptr_array_index(notes, i));
	g_ptr_array_set_size(notes, 0);
}

static void open_trace(struct reading *reading, const char *path, size_t trace,
		       GPtrArray *notes)
{
	const char *name =
		read_queue_string(reading->queue, relative(reading->dir, path));
	struct read_opened opened;
	int result;

	reading->queue->busy = name;
	result = read_open(path, reading->dir, name, &reading->clock, notes,
			   &opened);
	if (opened.repair)
		read_queue_temporary(reading->queue,
				     read_repair_top(opened.repair));
	pass_notes(reading, notes);
	for (size_t k = 0; !result && k < read_graph_lanes(opened.graph); k++) {
		struct lane lane = { opened.graph, k, trace, name };

		g_array_append_val(reading->lanes, lane);
	}
}

static void pass_stats(struct reading *reading, const struct lane *lane,
		       struct read_lane *to)
{
	const struct read_decoder *decoder =
		read_graph_decoder(lane->graph, lane->of_graph);
	const struct read_stream *stream =
		read_decoder_stream(decoder, &to->unknown, &to->late);
	char *name = to->stats.name;

	to->trace = lane->trace;
	if (!stream)
		return;
	if (!name)
		name = read_queue_string(reading->queue, stream->name);
	to->stats = *stream;
	to->stats.name = name;
}

/* Reads on in one lane. */
static void advance(struct reading *reading, size_t i)
{
	const struct lane *lane =
		&g_array_index(reading->lanes, struct lane, i);
	struct read_lane *to = &reading->queue->lanes[i];
	struct read_batch *batch = read_queue_take(reading->queue);
	int more;

	reading->queue->busy =
		to->stats.name ? to->stats.name : lane->trace_name;
	more = read_graph_advance(lane->graph, lane->of_graph, batch);
	if (more < 0) {
		g_autofree char *note = read_decoder_damaged(
			read_graph_decoder(lane->graph, lane->of_graph),
			lane->trace_name);

		read_queue_note(reading->queue, note);
	}
	pass_stats(reading, lane, to);
	read_queue_put(reading->queue, i, batch,
		       read_graph_until_ns(lane->graph, lane->of_graph),
		       more <= 0);
}

static void read_all(struct read_queue *queue, const char *dir,
		     const GPtrArray *paths)
{
	struct reading reading = { .queue = queue, .dir = dir };
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	long next;

	reading.lanes = g_array_new(FALSE, FALSE, sizeof(struct lane));
	for (guint i = 0; i < paths->len; i++)
		open_trace(&reading, g_ptr_array_index(paths, i), i, notes);
	read_queue_open(queue, reading.lanes->len);
	while ((next = read_queue_next(queue)) >= 0)
		advance(&reading, (size_t)next);
}

/*
 * Damage may make Babeltrace abort, with words of its own, or allocate without
 * end; neither is to be seen or felt outside. Sanitizers want both.
 */
static void confine(void)
{
	struct rlimit none = { 0, 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	{
		struct rlimit memory = { MEMORY_MAX, MEMORY_MAX };
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

		setrlimit(RLIMIT_DATA, &memory);
		dup2(nowhere, STDERR_FILENO);
	}
#endif
}

int read_child_start(struct read_queue *queue, const char *dir,
		     const GPtrArray *paths, struct err *err)
{
	queue->child = fork();
	if (queue->child < 0)
		return err_errno(err, errno, "cannot start a process");
	if (queue->child)
		return 0;
	confine();
	read_all(queue, dir, paths);
	_exit(0);
}
