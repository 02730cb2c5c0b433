/*
 * The timeline of a thread: scheduler segments and the calls that explain them,
 * kept until nothing told later is likely to change them, then cut into pieces.
 */
#include "analysis/model_parts.h"

#include <string.h>

#define NESTED_MOST 16 /* calls inside each other: handlers, late words */
#define KEEP_ALL    (1u << 20)	 /* items, over all threads */
#define IDLE_NS	    100000000ull /* blocked for good */

static struct segment *segment_at(const struct m_thread *t, uint32_t i)
{
	return queue_at(&t->segments, i, sizeof(struct segment));
}

static struct cover *cover_at(const struct m_thread *t, uint32_t i)
{
	return queue_at(&t->covers, i, sizeof(struct cover));
}

static bool is_open(const struct cover *c)
{
	return c->end == NEVER || c->guessed;
}

static uint32_t keep_most(const struct model *m)
{
	uint32_t share = KEEP_ALL / (m->threads->len + 1);

	return CLAMP(share, SETTLE_AT, KEEP_MOST);
}

static const enum state blocked_as[] = {
	[RAW_ON] = STATE_RUNNING,	   [RAW_BLOCKED] = STATE_OTHER,
	[RAW_PREEMPTED] = STATE_PREEMPTED, [RAW_WOKEN] = STATE_WOKEN,
	[RAW_UNKNOWN] = STATE_RUNNING,
};

static enum state state_of(enum raw raw, const struct cover *cover)
{
	/* It may have had the lock for long. */
	if (cover && cover->guessed && raw == RAW_ON)
		return STATE_RUNNING;
	if (!cover)
		return blocked_as[raw];
	if (raw == RAW_BLOCKED || raw == RAW_UNKNOWN)
		return cover->state;
	if (raw == RAW_ON && cover->state == STATE_LOCK)
		return STATE_SPINNING;
	return blocked_as[raw];
}

static bool is_same(const struct piece *a, const struct piece *b)
{
	return a->state == b->state && a->call == b->call && a->cpu == b->cpu;
}

/* What the path has not seen of the first n it learns as sums. */
static void pieces_drop(struct model *m, struct m_thread *t, uint32_t n)
{
	uint64_t done = path_done(m->path);

	for (uint32_t i = 0; i < n; i++) {
		const struct piece *p = queue_at(&t->pieces, i, sizeof(*p));
		const struct piece *next =
			queue_at(&t->pieces, i + 1, sizeof(*p));

		if (next->begin > done)
			t->forgotten_ns[p->state] +=
				next->begin - MAX(p->begin, done);
	}
	queue_drop(&t->pieces, n);
}

/* The path still needs those since its last round. */
static void pieces_forget(struct model *m, struct m_thread *t)
{
	struct queue *q = &t->pieces;
	uint32_t most = keep_most(m);
	const struct piece *p;

	if (q->n <= most)
		return;
	p = queue_at(q, q->n / 4, sizeof(*p));
	if (p->begin < path_done(m->path) || q->n > 16 * most)
		pieces_drop(m, t, q->n / 4);
}

static void piece_add(struct model *m, struct m_thread *t, uint64_t begin,
		      uint64_t end, const struct segment *segment,
		      const struct cover *cover)
{
	enum raw raw = segment ? (enum raw)segment->raw : RAW_UNKNOWN;
	struct piece piece = {
		.begin = begin,
		.lock = -1,
		.site = -1,
		.cpu = -1,
		.state = (uint8_t)state_of(raw, cover),
		.in = STATE_N,
	};
	struct queue *pieces = &t->pieces;

	if (raw == RAW_ON)
		piece.cpu = segment->cpu;
	if (cover) {
		piece.lock = cover->lock;
		piece.site = cover->site;
		piece.call = cover->call;
		piece.in = cover->state;
		piece.op = cover->op;
		piece.fd_kind = cover->fd_kind;
	}
	piece_count(m, t, &piece, end, raw == RAW_WOKEN ? segment->waker : 0,
		    cover);
	if (pieces->n &&
	    is_same(queue_at(pieces, pieces->n - 1, sizeof(piece)), &piece))
		return;
	*(struct piece *)queue_push(pieces, sizeof(piece)) = piece;
	if (t->told)
		tape_piece(m->tape, t->index, begin, piece.state);
	pieces_forget(m, t);
}

/* The calls that a point in time is inside of, the innermost on top. */
struct nest {
	const struct cover *cover[NESTED_MOST];
	unsigned int n;
};

static void nest_push(struct nest *nest, const struct cover *cover)
{
	if (nest->n == NESTED_MOST) {
		for (unsigned int i = 1; i < NESTED_MOST; i++)
			nest->cover[i - 1] = nest->cover[i];
		nest->n--;
	}
	nest->cover[nest->n++] = cover;
}

static const struct cover *nest_top(struct nest *nest, uint64_t at)
{
	while (nest->n && nest->cover[nest->n - 1]->end <= at)
		nest->n--;
	return nest->n ? nest->cover[nest->n - 1] : NULL;
}

static void covers_forget(struct m_thread *t, uint64_t until)
{
	struct queue *q = &t->covers;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < q->n; i++)
		if (cover_at(t, i)->end > until)
			*cover_at(t, kept++) = *cover_at(t, i);
	q->n = kept;
	if (!kept)
		q->head = 0;
}

uint64_t timeline_end(const struct model *m, const struct m_thread *t)
{
	/* The scheduler knows better when it is over. */
	if (t->gone || (t->ended && m->scheduler != SCHED_SYSTEM))
		return t->end;
	return NEVER;
}

void timeline_settle(struct model *m, struct m_thread *t, uint64_t until)
{
	uint64_t at = t->settled;
	uint64_t end = timeline_end(m, t);
	uint32_t s = 0, c = 0;
	struct nest nest = { .n = 0 };

	until = MIN(until, end);
	if (until <= at)
		return;
	while (at < until) {
		const struct segment *segment = NULL;
		const struct cover *cover;
		uint64_t next = until;

		while (s < t->segments.n && segment_at(t, s)->begin <= at)
			s++;
		if (s < t->segments.n && segment_at(t, s)->begin < next)
			next = segment_at(t, s)->begin;
		if (s)
			segment = segment_at(t, s - 1);
		while (c < t->covers.n && cover_at(t, c)->begin <= at)
			nest_push(&nest, cover_at(t, c++));
		if (c < t->covers.n && cover_at(t, c)->begin < next)
			next = cover_at(t, c)->begin;
		cover = nest_top(&nest, at);
		if (cover && cover->end < next)
			next = cover->end;
		piece_add(m, t, at, next, segment, cover);
		at = next;
	}
	t->settled = until;
	if (until == end)
		piece_stop(m, t);
	if (s > 1)
		queue_drop(&t->segments, s - 1);
	covers_forget(t, until);
	sections_settle(m, t);
}

uint64_t timeline_safe(const struct m_thread *t, uint64_t now)
{
	uint64_t safe = now, blocked = 0;

	/* A call that ended is told at the latest when the thread blocks. */
	if (t->raw == RAW_BLOCKED && t->segments.n)
		blocked = now - segment_at(t, t->segments.n - 1)->begin;
	for (uint32_t i = 0; i < t->covers.n; i++) {
		const struct cover *c = cover_at(t, i);

		if (!is_open(c))
			continue;
		if (c->state != STATE_LOCK && blocked > IDLE_NS)
			continue;
		if (c->begin < safe)
			safe = c->begin;
	}
	return safe;
}

uint64_t timeline_lock_wait(const struct m_thread *t)
{
	for (uint32_t i = 0; i < t->covers.n; i++)
		if (is_open(cover_at(t, i)) &&
		    cover_at(t, i)->state == STATE_LOCK)
			return cover_at(t, i)->begin;
	return NEVER;
}

static uint32_t items(const struct m_thread *t)
{
	return t->segments.n + t->covers.n + t->sections.n;
}

/* One that may be foreign only keeps its newest segments. */
static void forget_foreign(struct m_thread *t)
{
	queue_drop(&t->segments, t->segments.n / 2);
	t->begin = t->settled = segment_at(t, 0)->begin;
}

void timeline_forget(struct m_thread *t)
{
	if (!t->pieces.n)
		return;
	queue_drop(&t->pieces, t->pieces.n);
	memset(t->state_ns, 0, sizeof(t->state_ns));
	memset(t->forgotten_ns, 0, sizeof(t->forgotten_ns));
	memset(&t->span, 0, sizeof(t->span));
	t->begin = t->settled;
	t->forgot = true;
}

static void press(struct model *m, struct m_thread *t)
{
	uint32_t n = items(t);

	if (n == t->limit / 2)
		t->half_ns = m->last;
	if (n < t->limit)
		return;
	if (!t->told && !t->child) {
		forget_foreign(t);
		return;
	}
	timeline_settle(m, t, MIN(t->half_ns, timeline_safe(t, m->last)));
	if (items(t) > t->limit - t->limit / 4) {
		if (t->limit < keep_most(m)) {
			t->limit *= 2;
		} else {
			timeline_settle(m, t, t->half_ns);
			if (items(t) > t->limit - t->limit / 4)
				timeline_settle(m, t, m->last);
		}
	}
	if (items(t) >= t->limit / 2)
		t->half_ns = m->last;
}

void timeline_begin(struct model *m, struct m_thread *t, uint64_t ns)
{
	if (ns < m->begin)
		ns = m->begin;
	if (t->pieces.n || t->forgot)
		return; /* too late to change */
	t->begin = t->settled = ns;
}

void timeline_segment(struct model *m, struct m_thread *t, uint64_t ns,
		      enum raw raw, int16_t cpu, int32_t waker)
{
	struct segment *segment;

	if (t->segments.n) {
		const struct segment *last = segment_at(t, t->segments.n - 1);

		if (ns < last->begin)
			ns = last->begin;
	}
	if (ns < t->settled && t->pieces.n) {
		m->late++;
		ns = t->settled;
	}
	segment = queue_push(&t->segments, sizeof(*segment));
	*segment = (struct segment){
		.begin = ns,
		.waker = waker,
		.cpu = cpu,
		.raw = (uint8_t)raw,
	};
	t->raw = (uint8_t)raw;
	press(m, t);
}

static void insert(struct model *m, struct m_thread *t,
		   const struct cover *cover)
{
	struct cover *new;
	uint32_t i = t->covers.n;

	queue_push(&t->covers, sizeof(*new));
	while (i && cover_at(t, i - 1)->begin > cover->begin) {
		*cover_at(t, i) = *cover_at(t, i - 1);
		i--;
	}
	new = cover_at(t, i);
	*new = *cover;
	new->call = ++m->calls;
	if (new->begin < t->settled && t->pieces.n)
		m->late++;
}

void timeline_alive(struct m_thread *t, uint64_t ns)
{
	for (uint32_t i = t->covers.n; i; i--) {
		struct cover *c = cover_at(t, i - 1);

		if (is_open(c) && c->begin < ns && c->end > ns) {
			c->end = ns;
			c->guessed = true;
		}
	}
}

void timeline_open(struct model *m, struct m_thread *t,
		   const struct cover *cover)
{
	uint32_t open = 0;
	struct cover *oldest = NULL;

	for (uint32_t i = 0; i < t->covers.n; i++) {
		struct cover *c = cover_at(t, i);

		if (!is_open(c))
			continue;
		open++;
		if (!oldest)
			oldest = c;
	}
	if (open >= NESTED_MOST / 2 && oldest->begin < cover->begin) {
		/* Its end was lost: the guess stands. */
		oldest->end = MIN(oldest->end, cover->begin);
		oldest->guessed = false;
		m->refused++;
	}
	timeline_alive(t, cover->begin);
	insert(m, t, cover);
	press(m, t);
}

/*
 * The open cover that a word about its end means. Its begin may be told a few
 * ns apart: the clock was read once but converted twice.
 */
static struct cover *find_open(const struct m_thread *t,
			       const struct cover *cover)
{
	for (uint32_t i = t->covers.n; i; i--) {
		struct cover *c = cover_at(t, i - 1);
		uint64_t apart = c->begin > cover->begin
					 ? c->begin - cover->begin
					 : cover->begin - c->begin;

		if (is_open(c) && c->state == cover->state &&
		    apart <= APART_MOST)
			return c;
	}
	return NULL;
}

void timeline_close(struct model *m, struct m_thread *t,
		    const struct cover *cover)
{
	struct cover *open = find_open(t, cover);

	if (open) {
		open->end = MAX(cover->end, open->begin);
		open->guessed = false;
		open->timed_out = cover->timed_out;
		if (open->end < t->settled)
			m->late++;
		return;
	}
	if (cover->end <= cover->begin)
		return;
	timeline_alive(t, cover->begin);
	insert(m, t, cover);
	press(m, t);
}

bool timeline_is_open(const struct m_thread *t, const struct cover *cover)
{
	return find_open(t, cover) != NULL;
}

uint64_t timeline_blocked_again(const struct m_thread *t, uint64_t after,
				uint64_t end)
{
	uint32_t i = t->segments.n;
	bool woken = false;

	while (i && segment_at(t, i - 1)->begin > after)
		i--;
	for (i = MAX(i, 1); i < t->segments.n; i++) {
		const struct segment *s = segment_at(t, i);

		if (s->begin >= end)
			break;
		if (woken && s->raw == RAW_BLOCKED)
			return s->begin;
		woken |= segment_at(t, i - 1)->raw == RAW_BLOCKED &&
			 s->raw != RAW_BLOCKED;
	}
	return 0;
}

uint64_t timeline_end_wait(struct m_thread *t, int32_t lock, uint64_t ns)
{
	for (uint32_t i = t->covers.n; i; i--) {
		struct cover *c = cover_at(t, i - 1);

		if (c->lock == lock && c->state == STATE_LOCK && is_open(c) &&
		    c->begin <= ns) {
			c->end = ns;
			c->guessed = false;
			return c->begin;
		}
	}
	return 0;
}

void timeline_cancel(struct m_thread *t, uint64_t begin, uint8_t state)
{
	for (uint32_t i = t->covers.n; i; i--) {
		struct cover *c = cover_at(t, i - 1);

		if (c->begin == begin && c->state == state) {
			c->end = c->begin;
			return;
		}
	}
}

void timeline_section(struct model *m, struct m_thread *t,
		      const struct section *section)
{
	timeline_alive(t, section->acquired);
	*(struct section *)queue_push(&t->sections, sizeof(*section)) =
		*section;
	press(m, t);
}
