#include "analysis/groups.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/arena.h"

/* Members of one group, while it is made. */
struct members {
	const struct lock **locks;
	size_t n;
};

/* The distribution that stands `offset` bytes into a member. */
static const struct dist *dist_at(const struct members *m, size_t i,
				  size_t offset)
{
	return (const void *)((const char *)m->locks[i] + offset);
}

/* "cache.shard[3].lock" -> "cache.shard[*].lock"; the file is kept. */
static char *group_label(const char *label)
{
	GString *text = g_string_new(NULL);

	for (const char *c = label; *c; c++) {
		g_string_append_c(text, *c);
		if (*c != '[' || !g_ascii_isdigit(c[1]))
			continue;
		g_string_append_c(text, '*');
		while (g_ascii_isdigit(c[1]))
			c++;
	}
	return g_string_free(text, FALSE);
}

static int by_low(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;

	return (*x > *y) - (*x < *y);
}

struct bin {
	uint64_t low, count;
};

/* The bins of all members, each time once, in order. */
static GArray *merged_bins(const struct members *m, size_t offset)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct bin));
	GArray *merged = g_array_new(FALSE, FALSE, sizeof(struct bin));
	struct bin *last = NULL;

	for (size_t i = 0; i < m->n; i++) {
		const struct dist *dist = dist_at(m, i, offset);

		for (uint32_t j = 0; j < dist->n_bins; j++) {
			struct bin bin = { dist->bin_low_ns[j],
					   dist->bin_count[j] };

			g_array_append_val(all, bin);
		}
	}
	g_array_sort(all, by_low);
	for (guint i = 0; i < all->len; i++) {
		struct bin bin = g_array_index(all, struct bin, i);

		if (last && last->low == bin.low) {
			last->count += bin.count;
			continue;
		}
		g_array_append_val(merged, bin);
		last = &g_array_index(merged, struct bin, merged->len - 1);
	}
	g_array_free(all, TRUE);
	return merged;
}

static void sum_bins(struct arena *arena, struct dist *sum,
		     const struct members *m, size_t offset)
{
	GArray *bins = merged_bins(m, offset);

	sum->n_bins = bins->len;
	sum->bin_low_ns = arena_array(arena, bins->len, sizeof(uint64_t));
	sum->bin_count = arena_array(arena, bins->len, sizeof(uint64_t));
	for (guint i = 0; i < bins->len; i++) {
		struct bin bin = g_array_index(bins, struct bin, i);

		sum->bin_low_ns[i] = bin.low;
		sum->bin_count[i] = bin.count;
	}
	g_array_free(bins, TRUE);
}

static uint64_t percentile(const struct dist *dist, double share)
{
	uint64_t total = 0, seen = 0;
	double wanted;

	for (uint32_t i = 0; i < dist->n_bins; i++)
		total += dist->bin_count[i];
	wanted = share * (double)total;
	for (uint32_t i = 0; i < dist->n_bins; i++) {
		seen += dist->bin_count[i];
		if ((double)seen >= wanted)
			return MIN(dist->bin_low_ns[i], dist->max);
	}
	return dist->max;
}

/* Sums the distribution that stands `offset` bytes into each lock. */
static void sum_field(struct arena *arena, struct lock *group,
		      const struct members *m, size_t offset)
{
	struct dist *sum = (void *)((char *)group + offset);

	*sum = (struct dist){ 0 };
	for (size_t i = 0; i < m->n; i++) {
		const struct dist *dist = dist_at(m, i, offset);

		sum->count += dist->count;
		sum->total += dist->total;
		sum->max = MAX(sum->max, dist->max);
	}
	sum->mean = sum->count ? sum->total / sum->count : 0;
	sum_bins(arena, sum, m, offset);
	sum->p50 = percentile(sum, 0.5);
	sum->p90 = percentile(sum, 0.9);
	sum->p99 = percentile(sum, 0.99);
}

static int dearer_site(const void *a, const void *b)
{
	const struct lock_site *x = a;
	const struct lock_site *y = b;

	if (x->wait_ns != y->wait_ns)
		return x->wait_ns < y->wait_ns ? 1 : -1;
	if (x->hold_ns != y->hold_ns)
		return x->hold_ns < y->hold_ns ? 1 : -1;
	return (x->site > y->site) - (x->site < y->site);
}

/* Processes have sites of their own: what reads the same is one row. */
static void sum_site(const struct report *report, struct lock *group,
		     GHashTable *rows, const struct lock_site *from)
{
	GQuark text = g_quark_from_string(report->sites[from->site].text);
	gpointer key = GUINT_TO_POINTER(text);
	struct lock_site *row = g_hash_table_lookup(rows, key);

	if (!row) {
		row = &group->sites[group->n_sites++];
		*row = *from;
		g_hash_table_insert(rows, key, row);
		return;
	}
	row->acquisitions += from->acquisitions;
	row->contended += from->contended;
	row->wait_ns += from->wait_ns;
	row->hold_ns += from->hold_ns;
}

static void sum_sites(struct report *report, struct lock *group,
		      const struct members *m)
{
	GHashTable *rows = g_hash_table_new(NULL, NULL);
	size_t total = 0;

	for (size_t i = 0; i < m->n; i++)
		total += m->locks[i]->n_sites;
	group->sites = arena_array(report->arena, total, sizeof(*group->sites));
	group->n_sites = 0;
	for (size_t i = 0; i < m->n; i++)
		for (size_t j = 0; j < m->locks[i]->n_sites; j++)
			sum_site(report, group, rows, &m->locks[i]->sites[j]);
	g_hash_table_destroy(rows);
	if (group->n_sites)
		qsort(group->sites, group->n_sites, sizeof(*group->sites),
		      dearer_site);
}

static bool same_blame(const struct blame *a, const struct blame *b)
{
	return a->waiter == b->waiter && a->owner == b->owner &&
	       a->waiter_site == b->waiter_site &&
	       a->owner_site == b->owner_site;
}

static guint blame_hash(const void *key)
{
	const struct blame *b = key;

	return (guint)b->waiter * 31u + (guint)b->owner * 1009u +
	       (guint)b->waiter_site * 65537u + (guint)b->owner_site;
}

static gboolean blame_equal(const void *a, const void *b)
{
	return same_blame(a, b);
}

static int dearer_blame(const void *a, const void *b)
{
	const struct blame *x = a;
	const struct blame *y = b;

	if (x->wait_ns != y->wait_ns)
		return x->wait_ns < y->wait_ns ? 1 : -1;
	return (int)blame_hash(x) - (int)blame_hash(y);
}

static void sum_blame(struct arena *arena, struct lock *group,
		      const struct members *m)
{
	GHashTable *rows = g_hash_table_new(blame_hash, blame_equal);
	size_t total = 0;

	for (size_t i = 0; i < m->n; i++)
		total += m->locks[i]->n_blame;
	group->blame = arena_array(arena, total, sizeof(*group->blame));
	group->n_blame = 0;
	for (size_t i = 0; i < m->n; i++)
		for (size_t j = 0; j < m->locks[i]->n_blame; j++) {
			const struct blame *from = &m->locks[i]->blame[j];
			struct blame *row = g_hash_table_lookup(rows, from);

			if (row) {
				row->wait_ns += from->wait_ns;
				row->count += from->count;
				continue;
			}
			row = &group->blame[group->n_blame++];
			*row = *from;
			g_hash_table_insert(rows, row, row);
		}
	g_hash_table_destroy(rows);
	if (group->n_blame)
		qsort(group->blame, group->n_blame, sizeof(*group->blame),
		      dearer_blame);
}

static bool same_place(const struct held_wait *a, const struct held_wait *b)
{
	return a->state == b->state && a->op == b->op &&
	       a->fd_kind == b->fd_kind && a->lock == b->lock &&
	       a->site == b->site;
}

static int dearer_held_wait(const void *a, const void *b)
{
	const struct held_wait *x = a;
	const struct held_wait *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return (x->site > y->site) - (x->site < y->site);
}

static void sum_held_waits(struct arena *arena, struct lock *group,
			   const struct members *m)
{
	size_t total = 0, n = 0;
	struct held_wait *rows;

	for (size_t i = 0; i < m->n; i++)
		total += m->locks[i]->n_held_waits;
	rows = arena_array(arena, total, sizeof(*rows));
	for (size_t i = 0; i < m->n; i++)
		for (size_t j = 0; j < m->locks[i]->n_held_waits; j++) {
			const struct held_wait *from =
				&m->locks[i]->held_waits[j];
			size_t k = 0;

			while (k < n && !same_place(&rows[k], from))
				k++;
			if (k == n) {
				rows[n++] = *from;
				continue;
			}
			rows[k].ns += from->ns;
			rows[k].count += from->count;
		}
	if (n)
		qsort(rows, n, sizeof(*rows), dearer_held_wait);
	group->held_waits = rows;
	group->n_held_waits = n;
}

static void sum_threads(struct report *report, struct lock *group,
			const struct members *m)
{
	uint64_t *counts = g_new0(uint64_t, report->n_threads + 1);
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		for (size_t j = 0; j < m->locks[i]->n_by_thread; j++)
			counts[m->locks[i]->by_thread[j].thread] +=
				m->locks[i]->by_thread[j].acquisitions;
	for (size_t i = 0; i < report->n_threads; i++)
		n += counts[i] > 0;
	group->by_thread =
		arena_array(report->arena, n, sizeof(*group->by_thread));
	group->n_by_thread = 0;
	for (size_t i = 0; i < report->n_threads; i++) {
		if (!counts[i])
			continue;
		group->by_thread[group->n_by_thread].thread = (int)i;
		group->by_thread[group->n_by_thread++].acquisitions = counts[i];
	}
	g_free(counts);
}

/* The group says of the first such lock who did it. */
static void sum_destroyed(struct lock *group, const struct lock *lock)
{
	uint64_t count = group->destroyed_held.count;

	if (!count)
		group->destroyed_held = lock->destroyed_held;
	else
		group->destroyed_held.count =
			count + lock->destroyed_held.count;
}

static void sum_counts(struct lock *group, const struct lock *lock)
{
	group->acquisitions += lock->acquisitions;
	group->contended += lock->contended;
	group->read_acquisitions += lock->read_acquisitions;
	group->write_acquisitions += lock->write_acquisitions;
	group->relocks += lock->relocks;
	group->cond_relocks += lock->cond_relocks;
	group->waits += lock->waits;
	group->signals += lock->signals;
	group->posts += lock->posts;
	group->spurious += lock->spurious;
	group->stolen += lock->stolen;
	group->timed += lock->timed;
	group->unheard += lock->unheard;
	group->rewaits += lock->rewaits;
	group->rewait_ns += lock->rewait_ns;
	if (lock->last_signal_ns > group->last_signal_ns) {
		group->last_signal_ns = lock->last_signal_ns;
		group->last_signal_thread = lock->last_signal_thread;
		group->last_signal_site = lock->last_signal_site;
		group->last_unheard = lock->last_unheard;
	}
	group->gave_up += lock->gave_up;
	sum_destroyed(group, lock);
	group->held_ns += lock->held_ns;
	group->handoff_ns += lock->handoff_ns;
	group->spin_ns += lock->spin_ns;
	group->path_ns += lock->path_ns;
	group->bound |= lock->bound;
	group->sampled |= lock->sampled;
	for (int i = 0; i < LOCK_NERRORS; i++)
		group->failed[i] += lock->failed[i];
	for (int i = 0; i < HOLD_NPARTS; i++)
		group->hold_parts_ns[i] += lock->hold_parts_ns[i];
	group->queue_max = MAX(group->queue_max, lock->queue_max);
	group->queue_mean = MAX(group->queue_mean, lock->queue_mean);
}

static void sum_members(struct report *report, struct lock *group,
			const struct members *m)
{
	for (size_t i = 1; i < m->n; i++)
		sum_counts(group, m->locks[i]);
	sum_field(report->arena, group, m, offsetof(struct lock, wait));
	sum_field(report->arena, group, m, offsetof(struct lock, hold));
	for (size_t i = 0; i < LOCK_NMODES; i++)
		sum_field(report->arena, group, m,
			  offsetof(struct lock, wait_by_mode) +
				  i * sizeof(struct dist));
	sum_sites(report, group, m);
	sum_blame(report->arena, group, m);
	sum_held_waits(report->arena, group, m);
	sum_threads(report, group, m);
}

static int dearer_lock(const void *a, const void *b)
{
	const struct lock *x = a;
	const struct lock *y = b;

	if (x->path_ns != y->path_ns)
		return x->path_ns < y->path_ns ? 1 : -1;
	if (x->wait.total != y->wait.total)
		return x->wait.total < y->wait.total ? 1 : -1;
	if (x->hold.total != y->hold.total)
		return x->hold.total < y->hold.total ? 1 : -1;
	if (x->acquisitions != y->acquisitions)
		return x->acquisitions < y->acquisitions ? 1 : -1;
	return x->group - y->group;
}

/* Gives every lock the number of its group; returns how many there are. */
static int assign(struct report *report, bool each)
{
	GHashTable *known =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	int n = 0;

	for (size_t i = 0; i < report->n_locks; i++) {
		struct lock *lock = &report->locks[i];
		char *label = group_label(lock->label);
		char *key = each ? g_strdup_printf("%zu", i)
				 : g_strdup_printf("%d %s", lock->kind, label);
		gpointer number = g_hash_table_lookup(known, key);

		lock->group = number ? GPOINTER_TO_INT(number) - 1 : n++;
		g_hash_table_insert(known, key,
				    GINT_TO_POINTER(lock->group + 1));
		g_free(label);
	}
	g_hash_table_destroy(known);
	return n;
}

static void make(struct report *report, struct lock *group,
		 const struct members *m, bool each)
{
	*group = *m->locks[0];
	group->instances = (uint32_t)m->n;
	if (m->n < 2 || each)
		return;
	g_autofree char *label = group_label(group->label);

	group->label = arena_string(report->arena, label);
	sum_members(report, group, m);
}

void groups_make(struct report *report, bool each)
{
	int n = assign(report, each);
	struct members *members = g_new0(struct members, (size_t)n + 1);
	int *place = g_new0(int, (size_t)n + 1);

	for (size_t i = 0; i < report->n_locks; i++)
		members[report->locks[i].group].n++;
	for (int i = 0; i < n; i++) {
		members[i].locks = g_new(const struct lock *, members[i].n + 1);
		members[i].n = 0;
	}
	for (size_t i = 0; i < report->n_locks; i++) {
		struct members *m = &members[report->locks[i].group];

		report->locks[i].instances = 1;
		m->locks[m->n++] = &report->locks[i];
	}
	report->n_groups = (size_t)n;
	report->groups =
		arena_array(report->arena, (size_t)n, sizeof(struct lock));
	for (int i = 0; i < n; i++) {
		make(report, &report->groups[i], &members[i], each);
		g_free(members[i].locks);
	}
	if (n)
		qsort(report->groups, (size_t)n, sizeof(struct lock),
		      dearer_lock);
	for (int i = 0; i < n; i++) {
		place[report->groups[i].group] = i;
		report->groups[i].group = i;
	}
	for (size_t i = 0; i < report->n_locks; i++)
		report->locks[i].group = place[report->locks[i].group];
	g_free(members);
	g_free(place);
}
