#include "analysis/replay_script.h"

#define SAMPLES_FEW  16
#define SAMPLES_MOST 4096 /* of a lock */
#define LOOK_AHEAD   4	  /* others that may take the lock first */

struct lock_bursts { /* after its releases: uint64_t ns; NULL: none */
	GArray *woke, *alone;
	guint last; /* hold so far, + 1 */
};

struct wakes {
	GArray *next;	 /* by hold: guint, the next one of its lock, or 0 */
	GArray *woken;	 /* by hold: uint8_t */
	uint64_t *costs; /* by lock */
};

static const struct tape_hold *hold_at(const struct making *k, guint i)
{
	return &g_array_index(k->tape->holds, struct tape_hold, i);
}

static guint next_of(const struct wakes *wakes, guint hold)
{
	return g_array_index(wakes->next, guint, hold);
}

/* Whoever waited when it was released and slept was woken. */
static bool slept(const struct making *k, const struct tape_hold *waiter,
		  uint64_t released)
{
	const struct script *s = script_of(k, waiter->thread);
	const struct tape_piece *p;

	if (!s || !waiter->wait_begin || waiter->wait_begin >= released ||
	    waiter->acquired < released)
		return false;
	p = tape_piece_at(k->tape, script_piece_at(k, s, released));
	return p->state == STATE_LOCK;
}

static bool woke_one(const struct making *k, const struct wakes *wakes,
		     guint hold)
{
	uint64_t released = hold_at(k, hold)->released;
	guint i = next_of(wakes, hold);

	for (int n = 0; i && n < LOOK_AHEAD; n++, i = next_of(wakes, i))
		if (slept(k, hold_at(k, i), released))
			return true;
	return false;
}

/* Its time on a CPU from the release until it wants the next lock, or blocks.
 */
static uint64_t burst_after(const struct making *k, const struct tape_hold *h,
			    uint64_t next)
{
	const struct script *s = script_of(k, h->thread);
	uint64_t ns = 0;

	for (guint i = script_piece_at(k, s, h->released); i < s->first + s->n;
	     i++) {
		const struct tape_piece *p = tape_piece_at(k->tape, i);
		uint64_t begin = MAX(p->begin, h->released);
		uint64_t end = MIN(script_piece_end(k, s, i), next);

		if (p->begin >= next || p->state > STATE_WOKEN)
			break;
		if (p->state <= STATE_SPINNING && end > begin)
			ns += end - begin;
	}
	return ns;
}

static int by_length(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static uint64_t shortest(GArray *bursts)
{
	g_array_sort(bursts, by_length);
	return g_array_index(bursts, uint64_t, bursts->len / 10);
}

/* Half the time from waking to running, while there was a CPU for it. */
static uint64_t usual_cost(const struct making *k)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	uint64_t ns = 0;

	for (size_t t = 0; t < k->n; t++) {
		const struct script *s = &k->scripts[t];

		for (guint i = s->first;
		     i < s->first + s->n && all->len < SAMPLES_MOST; i++) {
			uint64_t begin = tape_piece_at(k->tape, i)->begin;
			uint64_t end = script_piece_end(k, s, i);
			uint64_t length = end > begin ? end - begin : 0;

			if (tape_piece_at(k->tape, i)->state == STATE_WOKEN &&
			    length && !demand_ready(k->demand, begin, end))
				g_array_append_val(all, length);
		}
	}
	if (all->len >= SAMPLES_FEW) {
		g_array_sort(all, by_length);
		ns = g_array_index(all, uint64_t, all->len / 2) / 2;
	}
	g_array_free(all, TRUE);
	return ns;
}

static void sample_add(GArray **to, uint64_t ns)
{
	if (!*to)
		*to = g_array_new(FALSE, FALSE, sizeof(ns));
	if ((*to)->len < SAMPLES_MOST)
		g_array_append_val(*to, ns);
}

static void samples_take(const struct making *k, struct wakes *wakes,
			 struct lock_bursts *locks)
{
	guint n = k->tape->holds->len;
	uint64_t *next = g_new(uint64_t, k->m->threads->len + 1);

	for (guint i = 0; i < k->m->threads->len; i++)
		next[i] = 0;
	for (guint i = n; i; i--) {
		const struct tape_hold *h = hold_at(k, i - 1);
		struct lock_bursts *lock = &locks[h->lock];
		uint64_t wants = h->wait_begin ? h->wait_begin : h->acquired;
		uint8_t woke;

		g_array_index(wakes->next, guint, i - 1) = lock->last;
		lock->last = i - 1;
		woke = woke_one(k, wakes, i - 1);
		g_array_index(wakes->woken, uint8_t, i - 1) = woke;
		if (next[h->thread] > h->released && script_of(k, h->thread))
			sample_add(woke ? &lock->woke : &lock->alone,
				   burst_after(k, h, next[h->thread]));
		next[h->thread] = wants;
	}
	g_free(next);
}

static bool has_few(const GArray *bursts)
{
	return !bursts || bursts->len < SAMPLES_FEW;
}

static uint64_t cost_of(const struct lock_bursts *lock, uint64_t usual)
{
	uint64_t woke, alone;

	/* A few alone among many are those whose waiter was on its way. */
	if (has_few(lock->woke) || has_few(lock->alone) ||
	    lock->alone->len < lock->woke->len / 16)
		return usual;
	woke = shortest(lock->woke);
	alone = shortest(lock->alone);
	return CLAMP(woke - MIN(alone, woke), usual / 2, 2 * usual);
}

struct wakes *wakes_new(const struct making *k)
{
	struct wakes *wakes = g_new0(struct wakes, 1);
	guint n_locks = k->m->locks->len, n = k->tape->holds->len;
	struct lock_bursts *locks = g_new0(struct lock_bursts, n_locks + 1);
	uint64_t usual = usual_cost(k);

	wakes->next = g_array_sized_new(FALSE, TRUE, sizeof(guint), n);
	wakes->woken = g_array_sized_new(FALSE, TRUE, 1, n);
	g_array_set_size(wakes->next, n);
	g_array_set_size(wakes->woken, n);
	wakes->costs = g_new0(uint64_t, n_locks + 1);
	samples_take(k, wakes, locks);
	for (guint i = 0; i < n_locks; i++) {
		if (lock_at(k->m, (int32_t)i)->kind != LOCK_SPIN)
			wakes->costs[i] = cost_of(&locks[i], usual);
		if (locks[i].woke)
			g_array_free(locks[i].woke, TRUE);
		if (locks[i].alone)
			g_array_free(locks[i].alone, TRUE);
	}
	g_free(locks);
	return wakes;
}

void wakes_free(struct wakes *wakes)
{
	g_array_free(wakes->next, TRUE);
	g_array_free(wakes->woken, TRUE);
	g_free(wakes->costs);
	g_free(wakes);
}

uint64_t wakes_cost(const struct wakes *wakes, int32_t lock)
{
	return wakes->costs[lock];
}

bool wakes_woke(const struct wakes *wakes, guint hold)
{
	return g_array_index(wakes->woken, uint8_t, hold);
}
