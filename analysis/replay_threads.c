#include "analysis/replay_threads.h"

#include <glib.h>

#define PIECE_NS 1000000u /* of a burst */

struct cutting {
	GArray *list, *openings; /* replay_part, replay_script */
	GPtrArray *owned;	 /* GArray of replay_step, one a thread */
};

static bool takes_time(const struct replay_step *step)
{
	return step->does == REPLAY_CPU || step->does == REPLAY_DELAY ||
	       step->does == REPLAY_IO;
}

int replay_depth_by(const struct replay_step *step)
{
	static const int by[] = {
		[REPLAY_ACQUIRE] = 1,	[REPLAY_ACQUIRE_READ] = 1,
		[REPLAY_RELEASE] = -1,	[REPLAY_ENTER] = 1,
		[REPLAY_LEAVE] = -1,	[REPLAY_WAIT_BEGIN] = 1,
		[REPLAY_WAIT_END] = -1, [REPLAY_HOLD_BEGIN] = 1,
		[REPLAY_HOLD_END] = -1,
	};

	return step->does < G_N_ELEMENTS(by) ? by[step->does] : 0;
}

/* A script on its way into parts. */
struct cut {
	GArray *steps;	/* of all its parts */
	GArray *begins; /* guint: where in steps each part begins */
	GArray *ats;	/* uint64_t: when it came to each, at the earliest */
	int32_t waited; /* the last point that it waited for, -1 none */
	int depth;	/* of locks and calls that it is in */
	bool done;	/* something, in this part */
	bool timed;	/* that its last step takes time */
	uint64_t at;
};

static void part_begin(struct cut *cut)
{
	guint begin = cut->steps->len;
	struct replay_step again = { .what = cut->waited, .does = REPLAY_PEND };

	g_array_append_val(cut->begins, begin);
	g_array_append_val(cut->ats, cut->at);
	/* It does not begin before what it waited for in the recording. */
	if (cut->waited >= 0)
		g_array_append_val(cut->steps, again);
	cut->done = cut->timed = false;
}

/* `last`: it says that the thread is over. */
static void cut_step(struct cut *cut, const struct replay *replay,
		     struct replay_step step, bool last)
{
	bool pends = step.does == REPLAY_PEND;
	bool begins = (replay_depth_by(&step) > 0 && cut->done) ||
		      (takes_time(&step) && cut->timed);

	if (!cut->depth && (begins || pends || last)) {
		if (pends)
			cut->waited = -1;
		part_begin(cut);
	}
	if (pends) {
		cut->waited = step.what;
		cut->at = MAX(cut->at, replay->point_ns[step.what]);
	}
	cut->depth = MAX(cut->depth + replay_depth_by(&step), 0);
	cut->at += takes_time(&step) ? step.ns : 0;
	cut->timed = takes_time(&step);
	cut->done |= cut->timed || replay_depth_by(&step) < 0;
	g_array_append_val(cut->steps, step);
}

static void cut_steps(struct cut *cut, const struct replay *replay,
		      const struct replay_script *script, size_t first)
{
	part_begin(cut);
	for (size_t i = first; i < script->n; i++) {
		struct replay_step step = script->steps[i];
		bool last = i + 1 == script->n && step.does == REPLAY_POST;

		while (!cut->depth && step.does == REPLAY_CPU &&
		       step.ns > PIECE_NS) {
			struct replay_step piece = step;

			piece.ns = PIECE_NS;
			step.ns -= PIECE_NS;
			cut_step(cut, replay, piece, false);
		}
		cut_step(cut, replay, step, last);
	}
}

static void parts_add(struct cutting *c, const struct cut *cut)
{
	const struct replay_step *steps =
		(const struct replay_step *)(const void *)cut->steps->data;

	for (guint i = 0; i < cut->begins->len; i++) {
		guint begin = g_array_index(cut->begins, guint, i);
		bool last = i + 1 == cut->begins->len;
		guint end = last ? cut->steps->len
				 : g_array_index(cut->begins, guint, i + 1);
		struct replay_part part = {
			.steps = steps + begin,
			.n = end - begin,
			.at = g_array_index(cut->ats, uint64_t, i),
			.last = last,
		};

		if (part.n)
			g_array_append_val(c->list, part);
	}
}

static void cut_script(struct cutting *c, const struct replay *replay,
		       const struct replay_script *script)
{
	size_t first = script->n && script->steps[0].does == REPLAY_PEND;
	struct replay_script opening = { script->steps, first, script->thread,
					 script->begin_ns };
	struct cut cut = {
		.steps = g_array_new(FALSE, FALSE, sizeof(struct replay_step)),
		.begins = g_array_new(FALSE, FALSE, sizeof(guint)),
		.ats = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.waited = -1,
		.at = script->begin_ns,
	};

	g_array_append_val(c->openings, opening);
	cut_steps(&cut, replay, script, first);
	parts_add(c, &cut);
	g_ptr_array_add(c->owned, cut.steps);
	g_array_free(cut.begins, TRUE);
	g_array_free(cut.ats, TRUE);
}

static int by_turn(const void *a, const void *b)
{
	const struct replay_part *x = a, *y = b;

	if (x->last != y->last)
		return x->last - y->last;
	return (x->at > y->at) - (x->at < y->at);
}

struct replay_parts *replay_parts_new(const struct replay *replay,
				      const bool *threads)
{
	struct replay_parts *parts = g_new0(struct replay_parts, 1);
	struct cutting c = {
		.list = g_array_new(FALSE, FALSE, sizeof(struct replay_part)),
		.openings =
			g_array_new(FALSE, FALSE, sizeof(struct replay_script)),
		.owned = g_ptr_array_new(),
	};

	for (size_t i = 0; i < replay->n_threads; i++)
		if (threads[replay->scripts[i].thread])
			cut_script(&c, replay, &replay->scripts[i]);
	g_array_sort(c.list, by_turn);
	parts->n = c.list->len;
	parts->list = (struct replay_part *)(void *)g_array_free(c.list, FALSE);
	parts->n_openings = c.openings->len;
	parts->openings =
		(struct replay_script *)(void *)g_array_free(c.openings, FALSE);
	parts->owned = c.owned;
	return parts;
}

void replay_parts_free(struct replay_parts *parts)
{
	GPtrArray *owned = parts ? parts->owned : NULL;

	if (!parts)
		return;
	for (guint i = 0; i < owned->len; i++)
		g_array_free(owned->pdata[i], TRUE);
	g_ptr_array_free(owned, TRUE);
	g_free(parts->list);
	g_free(parts->openings);
	g_free(parts);
}
