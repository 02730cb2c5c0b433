/* The counts that a board of an ensemble would hold. */
#include "tests/ensemble_parts.h"

static struct event stats_of(const struct hall *hall, int thread, int object,
			     uint8_t mode)
{
	struct event event = { .type = EVENT_LOCK_STATS };

	event.u.stats.address = ensemble_address((enum ensemble_object)object);
	event.u.stats.site = ENSEMBLE_SITE;
	event.u.stats.kind = ensemble_kinds[object];
	event.u.stats.mode = mode;
	for (guint i = 0; i < hall->holds->len; i++) {
		const struct ensemble_hold *h =
			&g_array_index(hall->holds, struct ensemble_hold, i);
		uint64_t ns = h->released - h->acquired;

		if (h->thread != thread || (int)h->object != object ||
		    h->mode != mode)
			continue;
		event.u.stats.acquisitions++;
		event.u.stats.holds_told++;
		event.u.stats.contended += h->waited != 0;
		event.u.stats.hold_ns += ns;
		event.u.stats.hold_max_ns = MAX(event.u.stats.hold_max_ns, ns);
	}
	for (guint i = 0; i < hall->waits->len; i++) {
		const struct ensemble_wait *w =
			&g_array_index(hall->waits, struct ensemble_wait, i);
		uint64_t ns = w->end - w->begin;

		if (w->thread != thread || (int)w->object != object ||
		    w->mode != mode)
			continue;
		event.u.stats.waits += object >= ENSEMBLE_NLOCKS;
		event.u.stats.waits_told++;
		event.u.stats.gave_up += w->gave_up;
		event.u.stats.failed[LOCK_ETIMEDOUT] +=
			w->gave_up && object < ENSEMBLE_NLOCKS;
		event.u.stats.wait_ns += ns;
		event.u.stats.wait_max_ns = MAX(event.u.stats.wait_max_ns, ns);
	}
	return event;
}

/* What is counted over all threads stands with the first. */
static struct event counts_of(const struct hall *hall, int thread, int object,
			      uint8_t mode)
{
	struct event event = stats_of(hall, thread, object, mode);

	if (thread || mode != LOCK_WRITE)
		return event;
	if (object == ENSEMBLE_MUTEX)
		event.u.stats.relocks = hall->e->relocks;
	else if (object == ENSEMBLE_CONDITION)
		event.u.stats.signals = hall->e->signals;
	else if (object == ENSEMBLE_SEMAPHORE)
		event.u.stats.signals = hall->e->posts;
	return event;
}

static void tell_counts(struct hall *hall, int thread, uint8_t mode,
			uint64_t at)
{
	for (int object = 0; object < ENSEMBLE_NOBJECTS; object++) {
		struct event event = counts_of(hall, thread, object, mode);

		if (event.u.stats.acquisitions || event.u.stats.waits_told ||
		    event.u.stats.signals || event.u.stats.relocks)
			ensemble_say(hall, thread, event, at);
	}
}

void ensemble_tell_board(struct hall *hall)
{
	uint64_t end = hall->actors[0].spoke;

	for (int t = 0; t < hall->e->threads; t++) {
		tell_counts(hall, t, LOCK_WRITE, end);
		tell_counts(hall, t, LOCK_READ, end);
	}
}
