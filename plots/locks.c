/* Each lock over time: who held it, and how many waited for it. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "plots/kinds.h"
#include "plots/layout.h"

enum {
	LEFT = 220,
	ROWS = 8,
	BODY_PX = 500,	 /* of all rows, where they are few */
	OWNERS = 7,	 /* owners with a colour of their own */
	SHARE_STEPS = 8, /* heights of the owner's strip */
	RIGHT = 210,
};

struct picture {
	struct table *table;
	const struct report *report;
	struct layout_window window;
	size_t n_chosen;
	size_t *chosen;
	size_t n_owners;
	size_t owners[OWNERS]; /* threads, by colour */
};

static int find_thread(const struct report *report, uint64_t tid)
{
	for (size_t i = 0; i < report->n_threads; i++)
		if ((uint64_t)report->threads[i].tid == tid)
			return (int)i;
	return -1;
}

/* Gives colours to the threads that own most bins. */
static void choose_owners(struct picture *p)
{
	const struct report *r = p->report;
	uint64_t *bins = g_new0(uint64_t, r->n_threads + 1);

	for (size_t i = 0; i < p->n_chosen; i++) {
		const struct series *s = &r->locks[p->chosen[i]].owner;
		uint64_t last = 0;
		int thread = -1;

		for (uint32_t bin = 0; bin < s->n; bin++) {
			if (s->values[bin] && s->values[bin] != last) {
				last = s->values[bin];
				thread = find_thread(r, last);
			}
			if (s->values[bin] && thread >= 0)
				bins[thread]++;
		}
	}
	p->n_owners = layout_choose(bins, r->n_threads, OWNERS, p->owners);
	g_free(bins);
}

/* Its colour: 0 .. OWNERS - 1, or -1 for all the others. */
static int slot_of(const struct picture *p, uint64_t tid)
{
	for (size_t i = 0; i < p->n_owners; i++)
		if ((uint64_t)p->report->threads[p->owners[i]].tid == tid)
			return (int)i;
	return -1;
}

/* A stretch of time, its main owner and for how long it was held. */
struct cell {
	uint64_t owner, held_ns;
	int share; /* of it, in SHARE_STEPS */
};

/* Who owned most of the bins of `s` from `bin` on. */
static uint64_t main_owner(const struct series *s, uint64_t bin, uint64_t n)
{
	uint64_t best = 0, most = 0;

	for (uint64_t i = bin; i < bin + n && i < s->n; i++) {
		uint64_t same = 0;

		for (uint64_t j = bin; j < bin + n && j < s->n; j++)
			same += s->values[j] == s->values[i];
		if (s->values[i] && same > most) {
			most = same;
			best = s->values[i];
		}
	}
	return best;
}

/*
 * Owners and holds on one grid: that of the series with the wider bins, since
 * widths are powers of two.
 */
static struct cell cell_at(const struct lock *l, uint64_t width_ns, uint64_t i)
{
	const struct series *q = &l->queue, *o = &l->owner;
	uint64_t per_q = width_ns / q->width_ns, per_o = width_ns / o->width_ns;
	uint64_t begin_ns = q->begin_ns + i * width_ns;
	struct cell cell = { 0, 0, 0 };

	/* Each begins with what it is about, a hold or a wait. */
	if (begin_ns >= o->begin_ns)
		cell.owner = main_owner(
			o, (begin_ns - o->begin_ns) / o->width_ns, per_o);
	else if (begin_ns + width_ns > o->begin_ns)
		cell.owner = main_owner(o, 0,
					(begin_ns + width_ns - o->begin_ns) /
						o->width_ns);
	for (uint64_t j = i * per_q; j < (i + 1) * per_q && j < q->n; j++)
		cell.held_ns += q->values[j * q->rows + 1];
	cell.share = CLAMP((int)ceil((double)cell.held_ns / (double)width_ns *
				     SHARE_STEPS),
			   0, SHARE_STEPS);
	return cell;
}

static void write_strip(struct picture *p, size_t row, uint64_t begin_ns,
			uint64_t end_ns, const struct cell *cell)
{
	if (!cell->held_ns)
		return;
	table_u64(p->table, row);
	table_u64(p->table, begin_ns);
	table_u64(p->table, MIN(end_ns, p->window.end_ns));
	table_u64(p->table, cell->owner);
	table_i64(p->table, slot_of(p, cell->owner));
	table_real(p->table, (double)cell->share / SHARE_STEPS);
	table_u64(p->table, cell->held_ns);
}

/* Strips of one lock; neighbours of the same look become one. */
static void write_owners(struct picture *p, size_t row, const struct lock *l)
{
	uint64_t width = MAX(l->queue.width_ns, l->owner.width_ns);
	uint64_t begin = l->queue.begin_ns, from = 0, n;
	struct cell run;

	if (!l->queue.n || !l->owner.n)
		return;
	n = (l->queue.n * l->queue.width_ns + width - 1) / width;
	run = cell_at(l, width, 0);
	for (uint64_t i = 1; i <= n; i++) {
		struct cell cell = { 0, 0, -1 };

		if (i < n)
			cell = cell_at(l, width, i);
		if (cell.owner == run.owner && cell.share == run.share) {
			run.held_ns += cell.held_ns;
			continue;
		}
		write_strip(p, row, begin + from * width, begin + i * width,
			    &run);
		run = cell;
		from = i;
	}
}

/* Waiters in each bin: the mean, as waiters x time over the time. */
static double depth_of(const struct series *s, uint32_t bin)
{
	return (double)s->values[(size_t)bin * s->rows] / (double)s->width_ns;
}

static void write_queue(struct picture *p, size_t row, const struct lock *l,
			double *deepest)
{
	const struct series *s = &l->queue;

	for (uint32_t bin = 0; bin < s->n; bin++) {
		if (!s->values[(size_t)bin * s->rows])
			continue;
		table_u64(p->table, row);
		table_i64(p->table, layout_wait_state(l));
		table_u64(p->table, s->begin_ns + bin * s->width_ns);
		table_u64(p->table, MIN(s->begin_ns + (bin + 1) * s->width_ns,
					p->window.end_ns));
		table_u64(p->table, s->values[(size_t)bin * s->rows]);
		table_real(p->table, depth_of(s, bin));
		*deepest = MAX(*deepest, depth_of(s, bin));
	}
}

/* Conditions and the like are never held. */
static char *held_text(const struct lock *l, uint64_t length_ns)
{
	double percent = 100.0 * (double)l->held_ns / (double)length_ns;

	if (!layout_is_lock(l))
		return g_strdup("");
	return g_strdup_printf("held %.*f %% of the time", percent < 10,
			       percent);
}

/* What threads still wait for at the end; NULL: nobody does. */
static char *open_text(const struct report *report, size_t lock)
{
	size_t n = 0;

	for (size_t i = 0; i < report->n_unfinished; i++)
		n += report->unfinished[i].lock == (int)lock;
	if (!n)
		return NULL;
	return g_strdup_printf("%zu still wait%s at the end", n,
			       n == 1 ? "s" : "");
}

static void write_names(struct picture *p)
{
	uint64_t length = p->window.end_ns - p->window.begin_ns;

	table_block(p->table, "locks", "row id label place held queue waits");
	for (size_t i = 0; i < p->n_chosen; i++) {
		const struct lock *l = &p->report->locks[p->chosen[i]];
		char *name = layout_lock_name(p->report, p->chosen[i],
					      layout_chars(LEFT - 36, 15));
		char *place =
			layout_place(l->label, layout_chars(LEFT - 36, 13));
		char *wait = layout_time(l->wait.total);
		char *count = layout_count(l->wait.count);
		char *held = held_text(l, length);
		char *queue =
			g_strdup_printf("queue %.1f mean, %" PRIu32 " at most",
					l->queue_mean, l->queue_max);
		char *waits = open_text(p->report, p->chosen[i]);

		if (!waits)
			waits = g_strdup_printf("%s in %s wait%s", wait, count,
						l->wait.count == 1 ? "" : "s");
		table_u64(p->table, i);
		table_text(p->table, l->id);
		table_text(p->table, name);
		table_text(p->table, place);
		table_text(p->table, held);
		table_text(p->table, queue);
		table_text(p->table, waits);
		g_free(name);
		g_free(place);
		g_free(wait);
		g_free(count);
		g_free(held);
		g_free(queue);
		g_free(waits);
	}
}

static void write_legend(struct picture *p)
{
	unsigned px = LEFT;

	table_block(p->table, "owners_legend", "slot px name");
	for (size_t i = 0; i <= p->n_owners && px < LAYOUT_WIDTH - 120; i++) {
		char *name = i < p->n_owners
				     ? layout_thread(p->report,
						     (int)p->owners[i], 15)
				     : g_strdup("other owners");

		table_i64(p->table, i < p->n_owners ? (int64_t)i : -1);
		table_u64(p->table, px);
		table_text(p->table, name);
		px += 40 + (unsigned)g_utf8_strlen(name, -1) * 9;
		g_free(name);
	}
}

static void write_all(struct picture *p, size_t n_all)
{
	double deepest = 0;
	char *hint;

	layout_head(p->table, p->report, "Locks over time",
		    LAYOUT_TOP + 78 +
			    (unsigned)p->n_chosen *
				    CLAMP(BODY_PX / (unsigned)p->n_chosen, 92,
					  220));
	table_set(p->table, "left", "%d", LEFT);
	table_set(p->table, "top", "%d", LAYOUT_TOP);
	table_set(p->table, "n_rows", "%zu", p->n_chosen);
	layout_axis(p->table, p->window);
	table_set(p->table, "margin", "%d", RIGHT);
	write_names(p);
	write_legend(p);
	table_block(p->table, "strips",
		    "row begin_ns end_ns owner slot share held_ns");
	for (size_t i = 0; i < p->n_chosen; i++)
		write_owners(p, i, &p->report->locks[p->chosen[i]]);
	table_block(p->table, "queue",
		    "row state begin_ns end_ns waiters_ns depth");
	for (size_t i = 0; i < p->n_chosen; i++)
		write_queue(p, i, &p->report->locks[p->chosen[i]], &deepest);
	deepest = ceil(MAX(deepest, 1));
	table_set(p->table, "deepest", "%.6f", deepest);
	hint = g_strdup_printf("Strip: who held the lock (its height: for how "
			       "much of the time). Below: how many threads "
			       "waited (full height: %.0f).",
			       deepest);
	layout_set_chosen(p->table, p->n_chosen, n_all, hint);
	g_free(hint);
}

void locks_write(struct table *table, const struct report *report,
		 const struct plot_options *options)
{
	struct picture p = { .table = table,
			     .report = report,
			     .window = layout_window(report, options) };
	size_t n_all;

	p.chosen = g_new(size_t, report->n_locks + 1);
	p.n_chosen =
		layout_choose_locks(report, options, ROWS, p.chosen, &n_all);
	if (p.n_chosen && p.window.end_ns > p.window.begin_ns) {
		choose_owners(&p);
		write_all(&p, n_all);
	} else {
		layout_head(table, report, "Locks over time", 480);
		layout_set_no_contention(table, report, options);
	}
	g_free(p.chosen);
}
