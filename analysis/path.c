#include "analysis/path.h"

#include <string.h>

#include "analysis/model_parts.h"
#include "analysis/path_sum.h"

#define NODES_MOST (1u << 18) /* beyond it old nodes are summed up early */
#define GIVE_MOST  1024	      /* nodes that one wait gives to its lock */

struct node { /* of a chain: what happened before is its parent's */
	struct node *parent;
	struct path_sum *sum; /* instead of the next three */
	uint64_t begin, end;
	int32_t thread, lock;
	uint32_t refs;
	uint32_t round; /* when it was last summed up to */
	uint64_t clean; /* since when all of the chain has a lock */
	uint8_t state;
};

struct tip { /* of a thread's chain */
	struct node *node;
	uint64_t until;	     /* the chain is complete up to here */
	uint64_t lock_until; /* its time goes to `lock` up to here */
	uint64_t waited;     /* begin of the wait of its last hop */
	int32_t lock, from;
};

struct path {
	GArray *hops;
	GArray *tips;	    /* by thread */
	struct node *spare; /* nodes to be used again, by parent */
	GPtrArray *copied;  /* scratch of give() */
	uint32_t n_nodes, round;
	uint64_t last; /* until of the round before */
	uint64_t late;
};

struct path *path_new(void)
{
	struct path *path = g_new0(struct path, 1);

	path->hops = g_array_new(FALSE, TRUE, sizeof(struct hop));
	path->tips = g_array_new(FALSE, TRUE, sizeof(struct tip));
	path->copied = g_ptr_array_new();
	return path;
}

static void unref(struct path *path, struct node *node)
{
	while (node && --node->refs == 0) {
		struct node *parent = node->parent;

		path_sum_free(node->sum);
		node->parent = path->spare;
		path->spare = node;
		path->n_nodes--;
		node = parent;
	}
}

void path_free(struct path *path)
{
	if (!path)
		return;
	for (guint i = 0; i < path->tips->len; i++)
		unref(path, g_array_index(path->tips, struct tip, i).node);
	while (path->spare) {
		struct node *node = path->spare;

		path->spare = node->parent;
		g_free(node);
	}
	g_ptr_array_free(path->copied, TRUE);
	g_array_free(path->hops, TRUE);
	g_array_free(path->tips, TRUE);
	g_free(path);
}

void path_hop(struct path *path, const struct hop *hop)
{
	g_array_append_val(path->hops, *hop);
}

uint32_t path_pending(const struct path *path)
{
	return path->hops->len;
}

uint64_t path_done(const struct path *path)
{
	return path->last;
}

uint64_t path_half(const struct path *path)
{
	guint n = path->hops->len;

	return n ? g_array_index(path->hops, struct hop, n / 2).ns : 0;
}

static struct tip *tip_of(struct path *path, int32_t thread)
{
	if ((guint)thread >= path->tips->len)
		g_array_set_size(path->tips, (guint)thread + 1);
	return &g_array_index(path->tips, struct tip, thread);
}

static void set_clean(struct node *node)
{
	const struct node *parent = node->parent;

	node->clean = NEVER;
	if (node->sum || node->lock < 0)
		return;
	node->clean = node->begin;
	if (parent && parent->end == node->begin && parent->clean != NEVER)
		node->clean = parent->clean;
}

/* A node after `parent`, whose reference it takes over; it has none itself. */
static struct node *node_new(struct path *path, struct node *parent,
			     uint64_t begin, uint64_t end, int32_t thread,
			     uint8_t state, int32_t lock)
{
	struct node *node = path->spare;

	if (node)
		path->spare = node->parent;
	else
		node = g_new(struct node, 1);
	*node = (struct node){ 0 };
	node->parent = parent;
	node->begin = begin;
	node->end = end;
	node->thread = thread;
	node->state = state;
	node->lock = lock;
	set_clean(node);
	path->n_nodes++;
	return node;
}

static struct node *ref(struct node *node)
{
	if (node)
		node->refs++;
	return node;
}

/* The part of `node` in [begin, end), after `parent`. */
static struct node *node_part(struct path *path, const struct node *node,
			      struct node *parent, uint64_t begin, uint64_t end)
{
	struct node *part = node_new(path, parent, begin, end, node->thread,
				     node->state, node->lock);

	if (node->sum)
		part->sum = path_sum_part(node->sum, end - begin,
					  node->end - node->begin);
	set_clean(part);
	return part;
}

/* Appends [begin, end) to a thread's own chain. */
static void append(struct path *path, struct tip *tip, uint64_t begin,
		   uint64_t end, int32_t thread, uint8_t state)
{
	int32_t lock = begin < tip->lock_until ? tip->lock : -1;
	struct node *last = tip->node;

	if (begin < tip->lock_until && tip->lock_until < end) {
		append(path, tip, begin, tip->lock_until, thread, state);
		begin = tip->lock_until;
		lock = -1;
		last = tip->node;
	}
	if (last && last->refs == 1 && !last->sum && last->end == begin &&
	    last->thread == thread && last->state == state &&
	    last->lock == lock) {
		last->end = end;
		return;
	}
	/* The tip's reference moves to the new node's parent pointer. */
	tip->node = ref(node_new(path, last, begin, end, thread, state, lock));
}

static const struct piece *piece_at(const struct m_thread *t, uint32_t i)
{
	return queue_at(&t->pieces, i, sizeof(struct piece));
}

/* Time whose pieces were forgotten before it came: in the states' shares. */
static void append_forgotten(struct path *path, struct tip *tip,
			     const struct m_thread *t, uint64_t begin,
			     uint64_t end)
{
	uint64_t all = 0, sum = 0, at = begin;

	for (int s = 0; s < STATE_N; s++)
		all += t->forgotten_ns[s];
	for (int s = 0; s < STATE_N && sum < all; s++) {
		uint64_t to;

		sum += t->forgotten_ns[s];
		to = sum == all
			     ? end
			     : begin + (uint64_t)((double)(end - begin) *
						  ((double)sum / (double)all));
		to = MIN(to, end);
		if (to > at)
			append(path, tip, at, to, t->index, (uint8_t)s);
		at = MAX(at, to);
	}
	if (at < end)
		append(path, tip, at, end, t->index, STATE_OTHER);
}

/* Appends the thread's own time up to `until`. */
static void accrue(struct model *m, struct m_thread *t, uint64_t until)
{
	struct tip *tip = tip_of(m->path, t->index);
	uint64_t at = MAX(MAX(tip->until, t->begin), m->from);

	until = MIN(MIN(until, t->settled), m->to);
	if (until <= at || !t->pieces.n)
		return;
	if (piece_at(t, 0)->begin > at) {
		uint64_t end = MIN(piece_at(t, 0)->begin, until);

		append_forgotten(m->path, tip, t, at, end);
		if (end == piece_at(t, 0)->begin)
			memset(t->forgotten_ns, 0, sizeof(t->forgotten_ns));
		at = end;
	}
	for (uint32_t i = piece_find(t, at); i < t->pieces.n && at < until;
	     i++) {
		uint64_t end = i + 1 < t->pieces.n ? piece_at(t, i + 1)->begin
						   : t->settled;

		end = MIN(end, until);
		if (end <= at)
			continue;
		append(m->path, tip, at, end, t->index, piece_at(t, i)->state);
		at = end;
	}
	tip->until = at;
}

/* The chain up to `ns`, with a reference. */
static struct node *chain_at(struct path *path, struct node *node, uint64_t ns)
{
	while (node && node->begin >= ns)
		node = node->parent;
	if (!node || node->end <= ns)
		return ref(node);
	return ref(node_part(path, node, ref(node->parent), node->begin, ns));
}

/*
 * The chain with all of its time since `begin` given to `lock` that no other
 * lock has. Takes over the reference to `node`, returns one. Of a chain that
 * changed hands very often during one wait only the newest part is given: else
 * a thread that starves would cost the square of the hops that it looks on at.
 */
static struct node *give(struct path *path, struct node *node, uint64_t begin,
			 int32_t lock)
{
	GPtrArray *copied = path->copied;
	struct node *at = node, *base;

	while (at && at->end > begin && at->clean > begin &&
	       copied->len < GIVE_MOST) {
		g_ptr_array_add(copied, at);
		at = at->parent;
	}
	base = ref(at);
	for (guint i = copied->len; i; i--) {
		const struct node *from = copied->pdata[i - 1];
		uint64_t start = from->begin;

		if (from->begin < begin && from->lock < 0 && !from->sum) {
			base = ref(node_part(path, from, base, from->begin,
					     begin));
			start = begin;
		}
		base = ref(node_part(path, from, base, start, from->end));
		if (base->lock < 0 && !base->sum) {
			base->lock = lock;
			set_clean(base);
		}
	}
	g_ptr_array_set_size(copied, 0);
	unref(path, node);
	return base;
}

static bool was_in_io(const struct m_thread *t, uint64_t ns)
{
	uint32_t i = t->pieces.n ? piece_find(t, ns) : 0;

	/* At the instant where a piece ends, it is that one that counts. */
	if (i && piece_at(t, i)->begin == ns)
		i--;
	return t->pieces.n && piece_at(t, i)->in == STATE_IO;
}

static void take(struct model *m, const struct hop *hop)
{
	struct m_thread *from = thread_at(m, hop->from);
	struct path *path = m->path;
	struct node *chain;
	struct tip *tip;

	if (hop->io && !was_in_io(from, hop->ns))
		return;
	tip = tip_of(path, hop->to);
	if (hop->by_waking && tip->waited == hop->begin && tip->waited &&
	    tip->from != hop->from)
		return; /* the object knows better */
	accrue(m, from, hop->ns);
	chain = chain_at(path, tip_of(path, hop->from)->node, hop->ns);
	if (!chain)
		return;
	/* One that ended before the wait was not waited for; what it leaves to
	 * the wait's end is the waiter's own. */
	if (chain->end < hop->begin && hop->begin < hop->end) {
		unref(path, chain);
		return;
	}
	if (hop->lock >= 0)
		chain = give(path, chain, hop->begin, hop->lock);
	tip = tip_of(path, hop->to);
	unref(path, tip->node);
	*tip = (struct tip){
		.node = chain,
		.until = chain->end,
		.lock = hop->lock,
		.lock_until = hop->lock >= 0 ? hop->end : 0,
		.waited = hop->begin,
		.from = hop->from,
	};
}

static void node_sum_up(struct node *node)
{
	if (node->sum)
		return;
	node->sum = path_sum_new();
	path_sum_add(node->sum, node->state, node->lock, node->thread,
		     node->end - node->begin);
	node->clean = NEVER;
}

/* Sums up what is older than `until` and belongs to one chain alone. */
static void chain_sum_up(struct path *path, struct node *node, uint64_t until)
{
	while (node && node->end > until) {
		if (node->round == path->round)
			return;
		node->round = path->round;
		node = node->parent;
	}
	while (node && node->round != path->round) {
		struct node *parent = node->parent;

		node->round = path->round;
		while (parent && parent->refs == 1) {
			node_sum_up(node);
			node_sum_up(parent);
			path_sum_merge(node->sum, parent->sum);
			node->begin = parent->begin;
			node->parent = ref(parent->parent);
			unref(path, parent);
			parent = node->parent;
		}
		node = parent;
	}
}

static void sum_up(struct path *path, uint64_t until)
{
	path->round++;
	for (guint i = 0; i < path->tips->len; i++)
		chain_sum_up(path,
			     g_array_index(path->tips, struct tip, i).node,
			     until);
}

/* Since when a wait for a lock may still hop through time that is past. */
static uint64_t oldest_wait(const struct model *m, uint64_t now)
{
	for (guint i = 0; i < m->threads->len; i++) {
		const struct m_thread *t = thread_at(m, (int32_t)i);

		if (t->told && timeline_end(m, t) == NEVER)
			now = MIN(now, timeline_lock_wait(t));
	}
	return now;
}

static int by_ns(const void *a, const void *b)
{
	const struct hop *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->by_waking - y->by_waking;
}

void path_round(struct model *m, uint64_t until)
{
	struct path *path = m->path;
	guint n = 0;

	g_array_sort(path->hops, by_ns);
	for (; n < path->hops->len; n++) {
		const struct hop *hop =
			&g_array_index(path->hops, struct hop, n);

		if (hop->ns > until)
			break;
		path->late += hop->end < path->last;
		take(m, hop);
	}
	if (n)
		g_array_remove_range(path->hops, 0, n);
	for (guint i = 0; i < m->threads->len; i++)
		if (thread_at(m, (int32_t)i)->told)
			accrue(m, thread_at(m, (int32_t)i), until);
	sum_up(path, path->n_nodes > NODES_MOST
			     ? path->last
			     : MIN(path->last, oldest_wait(m, until)));
	path->last = until;
	tape_complete(m->tape, until);
}

void path_sum_up(const struct model *m, int32_t thread, struct path_sum *sum)
{
	const struct node *node = tip_of(m->path, thread)->node;

	for (; node; node = node->parent) {
		if (node->sum)
			path_sum_merge(sum, node->sum);
		else
			path_sum_add(sum, node->state, node->lock, node->thread,
				     node->end - node->begin);
	}
}
