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

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED /* gcc says so */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED /* clang */
#endif
#endif

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

/* Takes out what was handed over before, and what is beyond the limit. */
static int follow_plan(const struct read_plan *plan, uint64_t before,
		       struct read_batch *batch, int more)
{
	if (plan->limit && before + batch->n >= plan->limit) {
		batch->n = (size_t)(plan->limit - before);
		more = 0;
	}
	if (plan->skip > before)
		batch->next = MIN(batch->n, (size_t)(plan->skip - before));
	if (batch->next == batch->n)
		read_batch_reset(batch);
	return more;
}

/* Reads on in one lane. */
static void advance(struct reading *reading, size_t i)
{
	const struct lane *lane =
		&g_array_index(reading->lanes, struct lane, i);
	struct read_lane *to = &reading->queue->lanes[i];
	struct read_batch *batch = read_queue_take(reading->queue);
	const struct read_plan *plan =
		i < reading->queue->n_plan ? &reading->queue->plan[i] : NULL;
	uint64_t before = to->put;
	int more = 0;

	reading->queue->busy_lane = i;
	reading->queue->busy =
		to->stats.name ? to->stats.name : lane->trace_name;
	if (!plan || !plan->hopeless)
		more = read_graph_advance(lane->graph, lane->of_graph, batch,
					  plan && plan->careful);
	if (more < 0) {
		g_autofree char *note = read_decoder_damaged(
			read_graph_decoder(lane->graph, lane->of_graph),
			lane->trace_name);

		read_queue_note(reading->queue, note);
	}
	pass_stats(reading, lane, to);
	to->put += batch->n;
	if (plan)
		more = follow_plan(plan, before, batch, more);
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

/* Not under sanitizers: they want memory, and to be heard. */
static void confine_more(void)
{
#ifndef SANITIZED
	struct rlimit memory = { MEMORY_MAX, MEMORY_MAX };
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	setrlimit(RLIMIT_DATA, &memory);
	dup2(nowhere, STDERR_FILENO);
#endif
}

/*
 * Damage may make Babeltrace abort, with words of its own, or allocate without
 * end; neither is to be seen or felt outside.
 */
static void confine(void)
{
	static const int deaths[] = { SIGSEGV, SIGBUS,	SIGFPE, SIGILL,
				      SIGABRT, SIGTRAP, SIGTERM };
	struct rlimit none = { 0, 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
	/* Whatever the caller does on these is not for the child. */
	for (size_t i = 0; i < G_N_ELEMENTS(deaths); i++)
		(void)signal(deaths[i], SIG_DFL);
	confine_more();
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
