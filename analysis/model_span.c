/*
 * The longest waits of each thread, and who ended them: who woke the thread,
 * where the scheduler tells, else whose release, signal, post or end it was.
 */
#include "analysis/model_parts.h"

#include <string.h>

#define ENDERS 64 /* a power of two */

/* A ring of hops whose waits may not have been settled yet. */
struct enders {
	struct hop hops[ENDERS];
	uint32_t n; /* ever */
};

static uint64_t length_of(const struct m_span *s)
{
	return s->end - s->begin;
}

/* Blocks lie within the wait that they are part of, and waits apart. */
static void end_by(const struct model *m, struct m_span *s,
		   const struct hop *hop)
{
	if (s->waker || s->state == STATE_IO || s->state == STATE_SLEEP ||
	    hop->begin >= s->end || hop->end <= s->begin || hop->ns > s->end)
		return;
	s->waker = thread_at(m, hop->from)->tid;
	s->waker_ns = MAX(hop->ns, s->begin);
}

static void find_ender(const struct model *m, const struct m_thread *t,
		       struct m_span *s)
{
	uint32_t n = t->enders ? MIN(t->enders->n, ENDERS) : 0;

	for (uint32_t i = 0; i < n; i++)
		end_by(m, s, &t->enders->hops[i]);
}

/* Keeps the longest ones: spans[0] is the shortest of those kept. */
static void span_keep(struct model *m, struct m_thread *t)
{
	uint32_t most = m->options.waits;
	struct m_span *heap;
	uint32_t i = 0;

	if (!most || t->span.end <= m->from || t->span.begin >= m->to)
		return;
	if (!t->spans)
		t->spans = g_new0(struct m_span, most);
	find_ender(m, t, &t->span);
	heap = t->spans;
	if (t->n_spans < most) {
		i = t->n_spans++;
		while (i &&
		       length_of(&heap[(i - 1) / 2]) > length_of(&t->span)) {
			heap[i] = heap[(i - 1) / 2];
			i = (i - 1) / 2;
		}
		heap[i] = t->span;
		return;
	}
	if (length_of(&heap[0]) >= length_of(&t->span))
		return;
	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= most)
			break;
		if (child + 1 < most &&
		    length_of(&heap[child + 1]) < length_of(&heap[child]))
			child++;
		if (length_of(&heap[child]) >= length_of(&t->span))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = t->span;
}

void span_finish(struct model *m, struct m_thread *t)
{
	if (t->span.end > t->span.begin)
		span_keep(m, t);
	memset(&t->span, 0, sizeof(t->span));
	t->span_call = 0;
}

static bool is_blocked(uint8_t state)
{
	return state >= STATE_LOCK;
}

void span_count(struct model *m, struct m_thread *t, const struct piece *p,
		uint64_t end, int32_t waker)
{
	struct m_span *s = &t->span;

	if (p->state == STATE_WOKEN && s->end == p->begin && !s->waker) {
		s->waker = waker;
		s->waker_ns = waker ? p->begin : 0;
	}
	if (p->call != t->span_call || (!p->call && s->end < p->begin))
		span_finish(m, t);
	if (!is_blocked(p->state) && p->state != STATE_SPINNING) {
		if (p->call && s->end)
			s->end = end;
		return;
	}
	if (!s->end) {
		s->begin = p->begin;
		s->state = p->state;
		s->lock = p->state == STATE_IO ? -1 : p->lock;
		t->span_call = p->call;
	}
	if (is_blocked(p->state)) {
		s->state = p->state;
		s->waker = 0;
	}
	s->end = end;
}

void span_hop(struct model *m, const struct hop *hop)
{
	struct m_thread *t = thread_at(m, hop->to);

	if (!m->options.waits || hop->by_waking || hop->begin >= hop->end)
		return;
	if (t->n_spans == m->options.waits &&
	    hop->end - hop->begin < length_of(&t->spans[0]))
		return; /* of none that is kept */
	for (uint32_t i = 0; i < t->n_spans; i++)
		end_by(m, &t->spans[i], hop);
	if (!t->enders)
		t->enders = g_new0(struct enders, 1);
	t->enders->hops[t->enders->n++ % ENDERS] = *hop;
}
