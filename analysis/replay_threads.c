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

/* The script with its long bursts in pieces: steps of its own. */
static GArray *in_pieces(const struct replay_script *script, bool cut)
{
	GArray *steps = g_array_new(FALSE, FALSE, sizeof(struct replay_step));

	for (size_t i = 0; i < script->n; i++) {
		struct replay_step step = script->steps[i];

		while (cut && step.does == REPLAY_CPU && step.ns > PIECE_NS) {
			struct replay_step piece = step;

			piece.ns = PIECE_NS;
			step.ns -= PIECE_NS;
			g_array_append_val(steps, piece);
		}
		g_array_append_val(steps, step);
	}
	return steps;
}

static int depth_by(const struct replay_step *step)
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

/* Does it wait for others after its beginning? */
static bool has_waits(const struct replay_script *script)
{
	for (size_t i = 1; i < script->n; i++)
		if (script->steps[i].does == REPLAY_PEND)
			return true;
	return false;
}

static void part_add(struct cutting *c, const struct replay_step *steps,
		     size_t n, uint64_t at)
{
	struct replay_part part = { steps, n, at, false };

	if (n)
		g_array_append_val(c->list, part);
}

static void cut_script(struct cutting *c, const struct replay_script *script)
{
	bool waits = has_waits(script);
	GArray *copy = in_pieces(script, !waits);
	const struct replay_step *steps =
		(const struct replay_step *)(const void *)copy->data;
	size_t first = script->n && steps[0].does == REPLAY_PEND, from = first;
	struct replay_script opening = { steps, first, script->thread,
					 script->begin_ns };
	guint before = c->list->len;
	uint64_t at = script->begin_ns, began = at;
	int depth = 0;

	g_ptr_array_add(c->owned, copy);
	g_array_append_val(c->openings, opening);
	for (size_t i = first; i < copy->len; i++) {
		bool pends = steps[i].does == REPLAY_PEND;

		if (!depth && i > from &&
		    (waits ? pends
			   : depth_by(&steps[i - 1]) < 0 ||
				     takes_time(&steps[i - 1]))) {
			part_add(c, steps + from, i - from, began);
			from = i;
			began = at;
		}
		depth = MAX(depth + depth_by(&steps[i]), 0);
		at += takes_time(&steps[i]) ? steps[i].ns : 0;
	}
	part_add(c, steps + from, copy->len - from, began);
	if (c->list->len > before)
		g_array_index(c->list, struct replay_part, c->list->len - 1)
			.last = true;
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
			cut_script(&c, &replay->scripts[i]);
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
