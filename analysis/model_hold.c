/* What settled pieces mean: sums, edges, parts of holds. */
#include "analysis/model_parts.h"

#include <string.h>

static const enum hold_part part_of[STATE_N] = {
	[STATE_RUNNING] = HOLD_RUNNING,	    [STATE_SPINNING] = HOLD_RUNNING,
	[STATE_PREEMPTED] = HOLD_PREEMPTED, [STATE_WOKEN] = HOLD_WOKEN,
	[STATE_LOCK] = HOLD_LOCK,	    [STATE_COND] = HOLD_OTHER,
	[STATE_BARRIER] = HOLD_OTHER,	    [STATE_SEMAPHORE] = HOLD_OTHER,
	[STATE_JOIN] = HOLD_OTHER,	    [STATE_IO] = HOLD_IO,
	[STATE_SLEEP] = HOLD_SLEEP,	    [STATE_OTHER] = HOLD_OTHER,
};

static bool is_blocked(uint8_t state)
{
	return state >= STATE_LOCK;
}

static void edge_count(struct model *m, struct m_thread *t, uint64_t ns,
		       uint8_t state)
{
	int running = state <= STATE_SPINNING;
	int wanting = state <= STATE_WOKEN;

	if (running == t->is_running && wanting == t->is_wanting)
		return;
	model_edge(m, ns, running - t->is_running, wanting - t->is_wanting);
	t->is_running = running;
	t->is_wanting = wanting;
}

void piece_stop(struct model *m, struct m_thread *t)
{
	if (t->told)
		edge_count(m, t, CLAMP(t->settled, m->from, m->to), STATE_N);
	span_finish(m, t);
}

static void cpu_count(struct model *m, const struct piece *p, uint64_t begin,
		      uint64_t end)
{
	struct m_cpu *cpu;

	if (p->cpu < 0 || p->state > STATE_SPINNING ||
	    (guint)p->cpu >= m->cpus->len)
		return;
	cpu = &g_array_index(m->cpus, struct m_cpu, p->cpu);
	cpu->busy_ns += end - begin;
	tally_add(&m->cpu_busy, (uint32_t)p->cpu, begin, end, 1);
}

void model_hop(struct model *m, const struct hop *hop)
{
	path_hop(m->path, hop);
	tape_hop(m->tape, hop);
	span_hop(m, hop);
}

/*
 * The last thread of the child process that `from` belongs to, if it is by its
 * end that it woke its parent: whoever is left in it then, as a thread of the
 * tracer's.
 */
static const struct m_thread *ended_child(const struct model *m,
					  const struct m_thread *t,
					  const struct m_thread *from,
					  uint64_t ns)
{
	const struct m_process *p = model_process_find(m, from->pid);

	if (!p || !from->pid || from->pid == t->pid || p->ppid != t->pid ||
	    !p->end || p->end > ns || p->end_how == END_EXEC)
		return NULL;
	return model_last_thread(m, from->pid);
}

/*
 * A wait that another thread ended: not one that a clock or a device did, whose
 * interrupt only happened to find that thread on the CPU.
 */
static void hop_count(struct model *m, const struct m_thread *t,
		      const struct piece *p, int32_t waker,
		      const struct cover *cover)
{
	const struct m_thread *from = model_thread_find(m, waker);
	const struct m_thread *child =
		from ? ended_child(m, t, from, p->begin) : NULL;
	struct hop hop = { .ns = p->begin, .to = t->index, .by_waking = 1 };

	if (child)
		from = child;
	if (!from || !from->told || from == t ||
	    (!child &&
	     (!cover || cover->timed_out || cover->state == STATE_SLEEP)))
		return;
	hop.from = from->index;
	hop.lock = -1;
	hop.begin = cover ? cover->begin : p->begin;
	hop.end = !cover || cover->end == NEVER ? p->begin : cover->end;
	if (!child && cover->state == STATE_LOCK)
		hop.lock = cover->lock;
	hop.io = !child && cover->state == STATE_IO;
	model_hop(m, &hop);
}

static void phase_count(struct model *m, const struct m_thread *t,
			uint8_t state, uint64_t begin, uint64_t end)
{
	for (guint i = m->phases->len; i; i--) {
		struct m_phase *p =
			&g_array_index(m->phases, struct m_phase, i - 1);
		uint64_t from = MAX(begin, p->begin);
		uint64_t to = MIN(end, p->end);

		if (p->pid == t->pid && from < to)
			p->state_ns[state] += to - from;
		if (p->pid == t->pid && p->begin <= begin)
			return;
	}
}

void piece_count(struct model *m, struct m_thread *t, const struct piece *p,
		 uint64_t end, int32_t waker, const struct cover *cover)
{
	uint64_t begin = p->begin;

	if (waker > 0 && t->told)
		hop_count(m, t, p, waker, cover);

	span_count(m, t, p, end, waker);
	begin = MAX(begin, m->from);
	end = MIN(end, m->to);
	if (begin >= end)
		return;
	t->state_ns[p->state] += end - begin;
	if (p->state == STATE_SPINNING && p->lock >= 0)
		model_detail(m, lock_at(m, p->lock))->spin_ns += end - begin;
	if (!t->told)
		return;
	phase_count(m, t, p->state, begin, end);
	tally_add(&t->states, p->state, begin, end, 1);
	tally_add(&m->states, p->state, begin, end, 1);
	cpu_count(m, p, begin, end);
	edge_count(m, t, begin, p->state);
}

static struct m_held_wait *held_wait(struct model *m, int32_t lock,
				     const struct piece *p)
{
	uint64_t a = (uint64_t)(uint32_t)lock << 32 | (uint32_t)p->site;
	int32_t other = p->state == STATE_IO ? -1 : p->lock;
	uint64_t b = (uint64_t)(uint32_t)other << 32 |
		     (uint64_t)(p->state << 16 | p->op << 8 | p->fd_kind);
	uint32_t *place = map_at(&m->held_wait_of, a, b);

	if (*place == MAP_NONE) {
		struct m_held_wait w = {
			.lock = lock,
			.other = other,
			.site = p->site,
			.state = p->state,
			.op = p->op,
			.fd_kind = p->fd_kind,
		};

		*place = m->held_waits->len;
		g_array_append_val(m->held_waits, w);
	}
	return &g_array_index(m->held_waits, struct m_held_wait, *place);
}

static void under_lock_count(struct model *m, struct m_thread *t,
			     const struct piece *p, uint64_t begin,
			     uint64_t end)
{
	begin = MAX(begin, t->under_lock_until);
	if (p->state == STATE_IO && p->lock >= 0 && begin < end)
		((struct m_io *)m->io->pdata[p->lock])->under_lock_ns +=
			end - begin;
}

static struct piece *piece_at(const struct m_thread *t, uint32_t i)
{
	return queue_at(&t->pieces, i, sizeof(struct piece));
}

uint32_t piece_find(const struct m_thread *t, uint64_t ns)
{
	uint32_t low = 0, high = t->pieces.n;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (piece_at(t, middle)->begin <= ns)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* It wants a CPU, and had one that it gave away. */
static bool is_yielding(const struct piece *p)
{
	return p->state == STATE_PREEMPTED && p->op == IO_YIELD;
}

static void section_break_down(struct model *m, struct m_thread *t,
			       const struct section *s)
{
	struct m_detail *d = model_detail(m, lock_at(m, s->lock));
	uint64_t at = s->acquired;
	uint32_t last_call = 0;

	for (uint32_t i = piece_find(t, at); i < t->pieces.n; i++) {
		const struct piece *p = piece_at(t, i);
		uint64_t end = i + 1 < t->pieces.n ? p[1].begin : t->settled;
		uint64_t begin = MAX(at, p->begin);

		end = MIN(end, s->released);
		if (begin >= end)
			break;
		d->parts[HOLD_UNRECORDED] += (begin - at) * s->weight;
		d->parts[part_of[p->state]] += (end - begin) * s->weight;
		if (is_blocked(p->state) || is_yielding(p)) {
			struct m_held_wait *w = held_wait(m, s->lock, p);

			w->ns += (end - begin) * s->weight;
			if (!p->call || p->call != last_call)
				w->count += s->weight;
			last_call = p->call;
			under_lock_count(m, t, p, begin, end);
		}
		at = end;
	}
	if (at < s->released)
		d->parts[HOLD_UNRECORDED] += (s->released - at) * s->weight;
	t->under_lock_until = MAX(t->under_lock_until, s->released);
}

void sections_settle(struct model *m, struct m_thread *t)
{
	struct queue *q = &t->sections;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < q->n; i++) {
		struct section *s = queue_at(q, i, sizeof(*s));

		if (s->released <= t->settled || t->settled == t->end)
			section_break_down(m, t, s);
		else
			*(struct section *)queue_at(q, kept++, sizeof(*s)) = *s;
	}
	q->n = kept;
	if (!kept)
		q->head = 0;
}
