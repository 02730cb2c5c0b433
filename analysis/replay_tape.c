#include "analysis/replay_tape.h"

struct tape *tape_new(uint64_t most)
{
	struct tape *tape;

	if (!most)
		return NULL;
	tape = g_new0(struct tape, 1);
	tape->pieces = g_array_new(FALSE, FALSE, sizeof(struct tape_piece));
	tape->holds = g_array_new(FALSE, FALSE, sizeof(struct tape_hold));
	tape->hops = g_array_new(FALSE, FALSE, sizeof(struct hop));
	tape->calls = g_array_new(FALSE, FALSE, sizeof(struct tape_call));
	tape->idles = g_array_new(FALSE, FALSE, sizeof(struct tape_idle));
	tape->most = most;
	return tape;
}

void tape_free(struct tape *tape)
{
	if (!tape)
		return;
	g_array_free(tape->pieces, TRUE);
	g_array_free(tape->holds, TRUE);
	g_array_free(tape->hops, TRUE);
	g_array_free(tape->calls, TRUE);
	g_array_free(tape->idles, TRUE);
	g_free(tape);
}

static bool has_room(struct tape *tape, size_t bytes)
{
	if (!tape || tape->full)
		return false;
	tape->bytes += bytes;
	tape->full = tape->bytes > tape->most;
	return !tape->full;
}

void tape_piece(struct tape *tape, int32_t thread, uint64_t begin,
		uint8_t state)
{
	struct tape_piece piece = { begin, thread, state };

	if (has_room(tape, sizeof(piece)))
		g_array_append_val(tape->pieces, piece);
}

void tape_hold(struct tape *tape, const struct tape_hold *hold)
{
	if (has_room(tape, sizeof(*hold)))
		g_array_append_val(tape->holds, *hold);
}

void tape_hop(struct tape *tape, const struct hop *hop)
{
	/* The locks are played, not told; whether I/O was answered is unsure.
	 */
	if (hop->lock < 0 && !hop->io && has_room(tape, sizeof(*hop)))
		g_array_append_val(tape->hops, *hop);
}

void tape_call(struct tape *tape, const struct tape_call *call)
{
	if (has_room(tape, sizeof(*call)))
		g_array_append_val(tape->calls, *call);
}

void tape_idle(struct tape *tape, const struct tape_idle *idle)
{
	if (has_room(tape, sizeof(*idle)))
		g_array_append_val(tape->idles, *idle);
}

void tape_complete(struct tape *tape, uint64_t ns)
{
	if (tape && !tape->full)
		tape->complete = ns;
}
