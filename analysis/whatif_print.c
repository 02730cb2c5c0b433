/* The answer of holdup whatif, with all that it rests on. */
#include <glib.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "analysis/arena.h"
#include "analysis/units.h"
#include "analysis/whatif.h"

#define ASSUMPTIONS 10

static double speedup(const struct whatif_answer *a)
{
	return (double)a->recorded_ns / (double)MAX(a->predicted.ns, 1);
}

static const char *sharing_words(const struct replay *replay)
{
	static const char *const assumed =
		"How far calls that write to disk overlap, the recording "
		"cannot tell: this is the geometric mean of all and none.";
	static const char *const learned[REPLAY_NSHARINGS] = {
		[REPLAY_BATCHES] =
			"Calls that write to disk while one is under way share "
			"the next one's time, as they did in the recording.",
		[REPLAY_FREELY] = "Calls that write to disk overlap freely, as "
				  "they did in the recording.",
		[REPLAY_IN_TURN] = "Calls that write to disk go one at a time, "
				   "as they did in the recording.",
	};

	if (!replay->sync_calls)
		return NULL;
	return replay->learned ? learned[replay->sharing] : assumed;
}

static const char *untold_words(const struct replay *replay)
{
	if (replay->plays_untold)
		return "Acquisitions that no event told (uncontended ones) "
		       "come at random points of their threads' computing, "
		       "each as long as they were on average; of locks that "
		       "nobody waited for, they stay uncontended.";
	return replay->bounded
		       ? "Acquisitions that no event told (uncontended ones) "
			 "stay uncontended."
		       : NULL;
}

static const char *cut_words(const struct report *r)
{
	struct units_text first, all, share;
	const struct replay *replay = r->replay;

	if (!replay->cut)
		return NULL;
	return arena_printf(
		r->arena,
		"Only the first %s of %s (%s of the run) were "
		"played; the rest is taken to be like it.",
		units_ns_prose(&first, replay->recorded_ns),
		units_ns_prose(&all, replay->run_ns),
		units_share(&share, (double)replay->recorded_ns /
					    (double)MAX(replay->run_ns, 1)));
}

static void assumptions(const struct report *r, const struct whatif_answer *a,
			const char **out)
{
	const struct replay *replay = r->replay;
	size_t n = 0;

	out[n++] = "Threads do the same work in the same order.";
	out[n++] = untold_words(replay);
	out[n++] = replay->sampled
			   ? "Of some locks only a sample of the waits was "
			     "told: those change in proportion, and what "
			     "contention costs beside waiting stays."
			   : NULL;
	out[n++] = sharing_words(replay);
	out[n++] = "Other I/O and sleeps take as long as they did, however "
		   "many there are at once.";
	out[n++] = r->run.scheduler != SCHED_NONE
			   ? "Threads that are woken come as late as they did, "
			     "as far as a CPU was free for them."
			   : NULL;
	out[n++] = replay->slowdown > 1.1
			   ? "Other programs take the share of the CPUs that "
			     "they took while it was recorded."
			   : NULL;
	out[n++] = a->by_threads ? "The threads' work can be divided between "
				   "its sections, waits and every millisecond "
				   "of computing."
				 : NULL;
	out[n++] = cut_words(r);
	out[n++] = r->run.scheduler == SCHED_NONE
			   ? "Without a scheduler's trace, waiting for a CPU "
			     "counts as computing."
			   : NULL;
	g_assert(n == ASSUMPTIONS);
}

static void print_trust(const struct whatif_answer *a)
{
	struct units_text share;
	double off = a->base.error < 0 ? -a->base.error : a->base.error;

	printf("Replay of the run itself: %s off%s.\n",
	       units_share(&share, off),
	       a->base.trusted ? "" : ": NOT TO BE TRUSTED");
	if (a->base.forced + a->predicted.forced)
		printf("%" PRIu64 " waits had no end and were broken off.\n",
		       a->base.forced + a->predicted.forced);
}

void whatif_print_text(const struct report *report,
		       const struct whatif_answer *a)
{
	const char *lines[ASSUMPTIONS];
	struct units_text from, to, low, high;

	for (size_t i = 0; i < a->n; i++)
		printf("%s%s", i ? "; " : "", a->words[i]);
	printf(":\n%s -> %s (x%.2f), predicted\n",
	       units_ns_prose(&from, a->recorded_ns),
	       units_ns_prose(&to, a->predicted.ns), speedup(a));
	if (a->predicted.low_ns < a->predicted.high_ns)
		printf("between %s, if calls that write to disk overlap "
		       "freely, and %s, if not at all\n",
		       units_ns_prose(&low, a->predicted.low_ns),
		       units_ns_prose(&high, a->predicted.high_ns));
	putchar('\n');
	print_trust(a);
	assumptions(report, a, lines);
	for (size_t i = 0; i < ASSUMPTIONS; i++)
		if (lines[i])
			printf("%s\n", lines[i]);
}

static json_t *strings(const char *const *lines, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		if (lines[i])
			json_array_append_new(array, json_string(lines[i]));
	return array;
}

static void put_count(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

void whatif_print_json(const struct report *report,
		       const struct whatif_answer *a)
{
	const char *lines[ASSUMPTIONS];
	json_t *root = json_object();

	assumptions(report, a, lines);
	json_object_set_new(root, "schema", json_string("holdup-whatif/1"));
	json_object_set_new(root, "changes", strings(a->words, a->n));
	put_count(root, "recorded_ns", a->recorded_ns);
	put_count(root, "predicted_ns", a->predicted.ns);
	put_count(root, "low_ns", a->predicted.low_ns);
	put_count(root, "high_ns", a->predicted.high_ns);
	json_object_set_new(root, "speedup", json_real(speedup(a)));
	json_object_set_new(root, "replay_error", json_real(a->base.error));
	json_object_set_new(root, "trusted", json_boolean(a->base.trusted));
	put_count(root, "forced", a->base.forced + a->predicted.forced);
	json_object_set_new(root, "cut", json_boolean(report->replay->cut));
	put_count(root, "played_ns", report->replay->recorded_ns);
	json_object_set_new(root, "bounded",
			    json_boolean(report->replay->bounded));
	json_object_set_new(root, "assumptions", strings(lines, ASSUMPTIONS));
	json_dumpf(root, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(root);
}
