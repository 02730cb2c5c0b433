#include "analysis/order.h"

#include <string.h>

#include "analysis/model_fill.h"

#define EDGES_MOST  65536  /* more are left out and counted */
#define LENGTH_MOST 6	   /* of a cycle */
#define STEPS_MOST  200000 /* of the search for cycles */
#define ROWS_MOST   256

struct o_edge {
	int32_t first, second; /* locks */
	int32_t first_site, second_site, thread;
	uint8_t first_mode, second_mode;
	bool tries; /* taken by a try: waits for nobody */
	bool told;  /* by lock_order, with all that was held */
	uint8_t n_held;
	int32_t held[HELD_MAX]; /* other locks, held around it */
	int32_t next;		/* with the same first lock, -1 */
};

struct order {
	GArray *edges;
	struct map edge_of;  /* locks, thread and modes -> index */
	struct map first_of; /* lock -> its first edge */
	uint64_t left_out;
};

struct order *order_new(void)
{
	struct order *o = g_new0(struct order, 1);

	o->edges = g_array_new(FALSE, TRUE, sizeof(struct o_edge));
	return o;
}

void order_free(struct order *o)
{
	if (!o)
		return;
	g_array_free(o->edges, TRUE);
	map_clear(&o->edge_of);
	map_clear(&o->first_of);
	g_free(o);
}

static struct o_edge *edge_at(const struct order *o, int32_t i)
{
	return &g_array_index(o->edges, struct o_edge, i);
}

/* What was held each time: gates are what is left. */
static void held_keep(struct o_edge *edge, const struct o_edge *again)
{
	uint8_t kept = 0;

	for (uint8_t i = 0; i < edge->n_held; i++)
		for (uint8_t j = 0; j < again->n_held; j++)
			if (edge->held[i] == again->held[j]) {
				edge->held[kept++] = edge->held[i];
				break;
			}
	edge->n_held = kept;
}

static void edge_add(struct model *m, const struct o_edge *new)
{
	struct order *o = m->order;
	uint64_t a =
		(uint64_t)(uint32_t) new->first << 32 | (uint32_t) new->second;
	uint64_t b = (uint64_t)(uint32_t) new->thread << 8 |
		     (uint64_t)(new->first_mode << 2 | new->second_mode << 1 |
				new->tries);
	uint32_t *place, *first;
	struct o_edge edge = *new;

	if (new->first == new->second)
		return;
	if (o->edges->len >= EDGES_MOST) {
		o->left_out++;
		return;
	}
	place = map_at(&o->edge_of, a, b);
	if (*place != MAP_NONE) {
		struct o_edge *old = edge_at(o, (int32_t)*place);

		held_keep(old, new);
		if (new->told && !old->told) {
			old->first_site = new->first_site;
			old->told = true;
		}
		return;
	}
	*place = o->edges->len;
	first = map_at(&o->first_of, (uint32_t) new->first, 0);
	edge.next = *first == MAP_NONE ? -1 : (int32_t)*first;
	*first = o->edges->len;
	g_array_append_val(o->edges, edge);
}

/* A lock of which only the address is told; its kind will be, later. */
static int32_t lock_known(struct model *m, int32_t pid, uint64_t address)
{
	uint32_t place = map_get(&m->lock_of, address, (uint32_t)pid);

	if (place != MAP_NONE)
		return (int32_t)place;
	return model_lock(m, pid, address, LOCK_MUTEX, 0)->index;
}

void order_event(struct model *m, const struct event *e)
{
	const struct m_thread *t = model_thread(m, e);
	struct o_edge edge = {
		.first = model_lock(m, e->pid, e->u.order.first,
				    e->u.order.first_kind, 0)
				 ->index,
		.second = model_lock(m, e->pid, e->u.order.second,
				     e->u.order.second_kind, 0)
				  ->index,
		.first_site = model_site(m, e->pid, e->u.order.first_site),
		.second_site = model_site(m, e->pid, e->u.order.second_site),
		.thread = t->index,
		.first_mode = e->u.order.first_mode == LOCK_READ,
		.second_mode = e->u.order.second_mode == LOCK_READ,
		.tries = (e->u.order.flags & LOCK_TRY) != 0,
		.told = true,
	};

	for (unsigned int i = 0; i < MIN(e->u.order.n_held, HELD_MAX); i++) {
		int32_t held = lock_known(m, e->pid, e->u.order.held[i]);

		if (held >= 0 && held != edge.first && held != edge.second)
			edge.held[edge.n_held++] = held;
	}
	edge_add(m, &edge);
}

void order_wait(struct model *m, const struct m_thread *t,
		const struct m_lock *lock, const struct event *e)
{
	uint8_t n = MIN(e->u.lock.n_held, HELD_MAX);
	int32_t held[HELD_MAX];

	for (uint8_t i = 0; i < n; i++)
		held[i] = lock_known(m, e->pid, e->u.lock.held[i]);
	for (uint8_t i = 0; i < n; i++) {
		struct o_edge edge = {
			.first = held[i],
			.second = lock->index,
			.first_site = -1,
			.second_site = model_site(m, e->pid, e->u.lock.site),
			.thread = t->index,
			.second_mode = e->u.lock.mode == LOCK_READ,
			.tries = (e->u.lock.flags & LOCK_TRY) != 0,
		};

		if (held[i] < 0 || held[i] == lock->index)
			continue;
		/* Whether it only reads a rwlock that it holds nobody says. */
		if (lock_at(m, held[i])->kind == LOCK_RWLOCK)
			continue;
		for (uint8_t j = 0; j < n; j++)
			if (j != i && held[j] >= 0 && held[j] != lock->index)
				edge.held[edge.n_held++] = held[j];
		edge_add(m, &edge);
	}
}

struct search { /* for cycles through the lock that they begin with */
	struct model *m;
	struct fill *fill;
	int32_t start;
	int32_t path[LENGTH_MOST]; /* edges */
	unsigned int length;
	uint64_t steps;
	GHashTable *seen; /* sets of locks, as text */
	GArray *rows;
};

struct verdict {
	int32_t guard;
	bool one_thread, possible;
};

static bool holds(const struct o_edge *edge, int32_t lock)
{
	for (uint8_t i = 0; i < edge->n_held; i++)
		if (edge->held[i] == lock)
			return true;
	return false;
}

/* A lock held around all edges that is not one of the cycle. */
static int32_t guard_of(const struct order *o, const int32_t *path,
			unsigned int n)
{
	const struct o_edge *first = edge_at(o, path[0]);

	for (uint8_t h = 0; h < first->n_held; h++) {
		bool guards = true;

		for (unsigned int i = 0; i < n && guards; i++)
			guards = edge_at(o, path[i])->first != first->held[h] &&
				 holds(edge_at(o, path[i]), first->held[h]);
		if (guards)
			return first->held[h];
	}
	return -1;
}

/*
 * Threads that take turns count as different ones: that the first had ended
 * before the other began may have been luck.
 */
static bool is_one_thread(const struct order *o, const int32_t *path,
			  unsigned int n)
{
	for (unsigned int i = 1; i < n; i++)
		if (edge_at(o, path[i])->thread != edge_at(o, path[0])->thread)
			return false;
	return true;
}

static struct verdict judge(const struct order *o, const int32_t *path,
			    unsigned int n)
{
	struct verdict v = { .guard = guard_of(o, path, n), .possible = true };

	v.one_thread = is_one_thread(o, path, n);
	for (unsigned int i = 0; i < n; i++) {
		const struct o_edge *edge = edge_at(o, path[i]);
		const struct o_edge *next = edge_at(o, path[(i + 1) % n]);

		if (edge->tries || (edge->second_mode && next->first_mode))
			v.possible = false;
	}
	return v;
}

static void row_edges(const struct search *s, struct order_row *row,
		      const int32_t *path, unsigned int n)
{
	struct order_edge *edges =
		arena_array(s->fill->arena, n, sizeof(*edges));
	int *locks = arena_array(s->fill->arena, n + 1, sizeof(*locks));

	for (unsigned int i = 0; i < n; i++) {
		const struct o_edge *e = edge_at(s->m->order, path[i]);

		edges[i] = (struct order_edge){
			.first = s->fill->lock[e->first],
			.second = s->fill->lock[e->second],
			.first_site = e->first_site,
			.second_site = e->second_site,
			.thread = s->fill->thread[e->thread],
			.reads = e->first_mode && e->second_mode,
		};
		locks[i] = edges[i].first;
	}
	if (n == 1)
		locks[1] = edges[0].second;
	row->n_locks = n == 1 ? 2 : n;
	row->locks = locks;
	row->n_edges = n;
	row->edges = edges;
}

static int by_int(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

/* One row for a set of locks: the worst of its cycles. */
static char *key_of(const struct search *s)
{
	GString *key = g_string_new(NULL);
	int32_t locks[LENGTH_MOST] = { 0 };

	for (unsigned int i = 0; i < s->length; i++)
		locks[i] = edge_at(s->m->order, s->path[i])->first;
	qsort(locks, s->length, sizeof(*locks), by_int);
	for (unsigned int i = 0; i < s->length; i++)
		g_string_append_printf(key, "%d,", locks[i]);
	return g_string_free(key, FALSE);
}

static unsigned int badness(const struct order_row *row)
{
	return 1 + (row->guard < 0 ? 2u : 0) + (row->one_thread ? 0 : 2u);
}

static void found(struct search *s)
{
	struct verdict v = judge(s->m->order, s->path, s->length);
	struct order_row row = {
		.inversion = true,
		.one_thread = v.one_thread,
		.guard = v.guard >= 0 ? s->fill->lock[v.guard] : -1,
	};
	struct order_row *old;
	gpointer place;
	char *key;

	if (!v.possible)
		return;
	key = key_of(s);
	place = g_hash_table_lookup(s->seen, key);
	if (!place) {
		if (s->rows->len < ROWS_MOST) {
			row_edges(s, &row, s->path, s->length);
			g_array_append_val(s->rows, row);
			g_hash_table_insert(s->seen, key,
					    GUINT_TO_POINTER(s->rows->len));
			return;
		}
	} else {
		old = &g_array_index(s->rows, struct order_row,
				     GPOINTER_TO_UINT(place) - 1);
		if (badness(&row) > badness(old)) {
			row_edges(s, &row, s->path, s->length);
			*old = row;
		}
	}
	g_free(key);
}

static bool on_path(const struct search *s, int32_t lock)
{
	for (unsigned int i = 1; i < s->length; i++)
		if (edge_at(s->m->order, s->path[i])->first == lock)
			return true;
	return false;
}

/* Goes on from `lock`; only through locks after the start, so each once. */
static void search_from(struct search *s, int32_t lock)
{
	const struct order *o = s->m->order;
	uint32_t place = map_get(&o->first_of, (uint32_t)lock, 0);
	int32_t i = place == MAP_NONE ? -1 : (int32_t)place;

	for (; i >= 0; i = edge_at(o, i)->next) {
		const struct o_edge *e = edge_at(o, i);

		if (++s->steps > STEPS_MOST)
			return;
		if (s->fill->lock[e->first] < 0 || s->fill->lock[e->second] < 0)
			continue;
		s->path[s->length++] = i;
		if (e->second == s->start)
			found(s);
		else if (e->second > s->start && s->length < LENGTH_MOST &&
			 !on_path(s, e->second))
			search_from(s, e->second);
		s->length--;
	}
}

/* Is this pair of locks a step of a cycle that was told? */
static bool in_cycle(const struct search *s, const struct o_edge *e)
{
	for (guint i = 0; i < s->rows->len; i++) {
		const struct order_row *row =
			&g_array_index(s->rows, struct order_row, i);

		for (size_t j = 0; row->inversion && j < row->n_edges; j++)
			if (row->edges[j].first == s->fill->lock[e->first] &&
			    row->edges[j].second == s->fill->lock[e->second])
				return true;
	}
	return false;
}

/* The order as it was kept: an edge a row, each pair of locks once. */
static void plain_rows(struct search *s)
{
	const struct order *o = s->m->order;
	struct map seen = { 0 };

	for (guint i = 0; i < o->edges->len && s->rows->len < ROWS_MOST; i++) {
		const struct o_edge *e = edge_at(o, (int32_t)i);
		uint32_t *place =
			map_at(&seen, (uint32_t)e->first, (uint32_t)e->second);
		struct order_row row = { .guard = -1, .one_thread = true };
		int32_t path = (int32_t)i;

		if (*place != MAP_NONE || s->fill->lock[e->first] < 0 ||
		    s->fill->lock[e->second] < 0 ||
		    s->fill->thread[e->thread] < 0 || in_cycle(s, e)) {
			*place = 1;
			continue;
		}
		*place = 1;
		row_edges(s, &row, &path, 1);
		g_array_append_val(s->rows, row);
	}
	map_clear(&seen);
}

static int by_badness(const void *a, const void *b)
{
	const struct order_row *x = a, *y = b;
	unsigned int bad_x = x->inversion ? badness(x) : 0;
	unsigned int bad_y = y->inversion ? badness(y) : 0;

	if (bad_x != bad_y)
		return bad_x > bad_y ? -1 : 1;
	if (x->locks[0] != y->locks[0])
		return x->locks[0] < y->locks[0] ? -1 : 1;
	return (x->locks[1] > y->locks[1]) - (x->locks[1] < y->locks[1]);
}

void order_fill(struct model *m, struct fill *fill)
{
	struct report *r = fill->report;
	struct search s = {
		.m = m,
		.fill = fill,
		.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					      NULL),
		.rows = g_array_new(FALSE, TRUE, sizeof(struct order_row)),
	};

	for (guint i = 0; i < m->locks->len; i++) {
		if (map_get(&m->order->first_of, i, 0) == MAP_NONE)
			continue;
		s.start = (int32_t)i;
		search_from(&s, s.start);
	}
	plain_rows(&s);
	g_array_sort(s.rows, by_badness);
	r->n_order = s.rows->len;
	r->order = arena_array(fill->arena, s.rows->len, sizeof(*r->order));
	if (s.rows->len)
		memcpy(r->order, s.rows->data, s.rows->len * sizeof(*r->order));
	g_array_free(s.rows, TRUE);
	g_hash_table_unref(s.seen);
}
