/* What the report says about locks: figures, places, blame, holds. */
#include <string.h>

#include "analysis/measure.h"
#include "analysis/render_sections.h"
#include "analysis/units.h"

/* A label for a row, with what marks its figures. */
static void label_cell(struct page *page, const struct lock *lock,
		       const char *label)
{
	struct units_text count;

	if (lock->instances > 1)
		doc_cellf(page->doc, "%s x%s", label,
			  units_short(&count, lock->instances));
	else
		doc_cell(page->doc, label);
}

/* "condition in wake" where the next column says that it is a condition. */
static const char *label_beside_kind(const struct lock *lock)
{
	const char *kind = lock_kind_names[lock->kind];
	size_t n = strlen(kind);

	return strncmp(lock->label, kind, n) == 0 && lock->label[n] == ' '
		       ? lock->label + n + 1
		       : lock->label;
}

static void marked_ns(struct page *page, const struct lock *lock, uint64_t ns)
{
	struct units_text text;

	doc_cellf(page->doc, "%s%s", lock->bound && ns ? "~" : "",
		  units_ns(&text, ns));
}

/* Rows worth a reader's time: contended ones first, then a few busy ones. */
static size_t rows_of_interest(const struct page *page,
			       const struct lock **locks, size_t n)
{
	size_t contended = 0;

	while (contended < n && locks[contended]->wait.total)
		contended++;
	if (page->options->sort != SORT_COST || page->options->lock)
		contended = n;
	return page_rows(page, n, CLAMP(contended, 5, 12));
}

static void more_note(struct page *page, const struct lock **locks,
		      size_t shown, size_t n)
{
	uint64_t acquisitions = 0, wait = 0;
	struct units_text count, time, more;

	if (shown == n)
		return;
	for (size_t i = shown; i < n; i++) {
		acquisitions += locks[i]->acquisitions;
		wait += locks[i]->wait.total;
	}
	doc_note(page->doc,
		 "... and %s more with %s acquisitions, %s of waiting (--top "
		 "%zu shows all)",
		 units_count(&more, n - shown),
		 units_count(&count, acquisitions), units_ns(&time, wait), n);
}

static const struct doc_column lock_columns[] = {
	{ "Lock", DOC_LEFT, 0, DOC_NAME },
	{ "acq", DOC_RIGHT, 0, DOC_FIXED },
	{ "contended", DOC_RIGHT, 0, DOC_FIXED },
	{ "wait", DOC_RIGHT, 0, DOC_FIXED },
	{ "mean", DOC_RIGHT, 3, DOC_FIXED },
	{ "p99", DOC_RIGHT, 4, DOC_FIXED },
	{ "max", DOC_RIGHT, 2, DOC_FIXED },
	{ "hold mean", DOC_RIGHT, 0, DOC_FIXED },
	{ "p99", DOC_RIGHT, 5, DOC_FIXED },
	{ "held", DOC_RIGHT, 1, DOC_FIXED },
	{ "queue", DOC_RIGHT, 0, DOC_FIXED },
	{ "path", DOC_RIGHT, 0, DOC_FIXED },
	{ "kind", DOC_LEFT, 6, DOC_FIXED },
	{ "hold max", DOC_RIGHT, 7, DOC_FIXED },
};

void section_locks(struct page *page)
{
	const struct report *report = page->report;
	size_t n, shown;
	const struct lock **locks = page_locks(page, true, &n);
	bool sampled = false, tiny = false, bound = false;

	shown = rows_of_interest(page, locks, n);
	if (n) {
		doc_heading(page->doc, "Locks");
		doc_table(page->doc, lock_columns, G_N_ELEMENTS(lock_columns));
	}
	for (size_t i = 0; i < shown; i++) {
		const struct lock *lock = locks[i];

		label_cell(page, lock, lock->label);
		doc_cell_count(page->doc, lock->acquisitions);
		doc_cell_count(page->doc, lock->contended);
		marked_ns(page, lock, lock->wait.total);
		doc_cell_ns(page->doc, lock->wait.mean);
		doc_cell_ns(page->doc, lock->wait.p99);
		doc_cell_ns(page->doc, lock->wait.max);
		doc_cell_ns(page->doc, lock->hold.mean);
		doc_cell_ns(page->doc, lock->hold.p99);
		doc_cell_share(page->doc, measure_held_share(report, lock));
		if (lock->queue_mean > 0)
			doc_cellf(page->doc, "%.1f", lock->queue_mean);
		else
			doc_cell(page->doc, "");
		doc_cell_share(page->doc,
			       measure_path_share(report, lock->path_ns));
		doc_cell(page->doc, lock_kind_names[lock->kind]);
		doc_cell_ns(page->doc, lock->hold.max);
		sampled |= lock->sampled;
		tiny |= measure_is_disturbed(lock);
		bound |= lock->bound && lock->wait.total;
	}
	more_note(page, locks, shown, n);
	if (sampled)
		doc_note(page->doc,
			 "Totals are exact; percentiles and blame of the "
			 "busiest locks are scaled from a sample (--budget).");
	if (bound)
		doc_note(page->doc, "~: a bound, since some of what happened "
				    "was not told (see Losses).");
	if (tiny)
		doc_note(page->doc,
			 "Sections this short can be contended more or less "
			 "because they are recorded: compare run times, as "
			 "'holdup record --baseline 5' does.");
	g_free(locks);
}

static const struct doc_column wait_columns[] = {
	{ "Waited on", DOC_LEFT, 0, DOC_NAME },
	{ "kind", DOC_LEFT, 1, DOC_FIXED },
	{ "waits", DOC_RIGHT, 0, DOC_FIXED },
	{ "signals", DOC_RIGHT, 0, DOC_FIXED },
	{ "posts", DOC_RIGHT, 0, DOC_FIXED },
	{ "wait", DOC_RIGHT, 0, DOC_FIXED },
	{ "mean", DOC_RIGHT, 0, DOC_FIXED },
	{ "p99", DOC_RIGHT, 2, DOC_FIXED },
	{ "max", DOC_RIGHT, 0, DOC_FIXED },
	{ "path", DOC_RIGHT, 0, DOC_FIXED },
};

void section_waits(struct page *page)
{
	size_t n, shown;
	const struct lock **locks = page_locks(page, false, &n);

	shown = page_rows(page, n, 8);
	if (n) {
		doc_heading(page->doc,
			    "Conditions, semaphores, barriers, futexes");
		doc_table(page->doc, wait_columns, G_N_ELEMENTS(wait_columns));
	}
	for (size_t i = 0; i < shown; i++) {
		const struct lock *lock = locks[i];

		label_cell(page, lock, label_beside_kind(lock));
		doc_cell(page->doc, lock_kind_names[lock->kind]);
		doc_cell_count(page->doc, lock->waits);
		doc_cell_count(page->doc, lock->signals);
		doc_cell_count(page->doc, lock->posts);
		marked_ns(page, lock, lock->wait.total);
		doc_cell_ns(page->doc, lock->wait.mean);
		doc_cell_ns(page->doc, lock->wait.p99);
		doc_cell_ns(page->doc, lock->wait.max);
		doc_cell_share(page->doc,
			       measure_path_share(page->report, lock->path_ns));
	}
	more_note(page, locks, shown, n);
	g_free(locks);
}

static const struct doc_column site_columns[] = {
	{ "Taken at", DOC_LEFT, 0, DOC_CUT },
	{ "acq", DOC_RIGHT, 0, DOC_FIXED },
	{ "contended", DOC_RIGHT, 0, DOC_FIXED },
	{ "wait", DOC_RIGHT, 0, DOC_FIXED },
	{ "share", DOC_RIGHT, 1, DOC_FIXED },
	{ "hold", DOC_RIGHT, 0, DOC_FIXED },
	{ "share", DOC_RIGHT, 1, DOC_FIXED },
};

/* Where every thread begins: below it is nothing that a reader wrote. */
static bool is_start(const char *function)
{
	static const char *const names[] = { "start_thread",
					     "clone",
					     "__clone",
					     "__clone3",
					     "__libc_start_call_main",
					     "__libc_start_main_impl" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (!strcmp(function, names[i]))
			return true;
	return false;
}

/* "a < b < c": who called, for the longest wait that was told. */
static void stack_note(struct page *page, const struct lock *lock,
		       const struct lock_site *site)
{
	int shown = measure_user_site(page->report, lock, site->site);
	GString *text = g_string_new(NULL);

	for (int i = 1; i < site->n_stack && text->len < 160; i++) {
		const struct site *at = &page->report->sites[site->stack[i]];

		if (is_start(at->function))
			break;
		if (at->wrapper || site->stack[i] == shown)
			continue;
		g_string_append_printf(text, "%s %s", text->len ? " <" : "",
				       at->text);
	}
	if (text->len)
		doc_note(page->doc, "its longest wait was called from%s",
			 text->str);
	g_string_free(text, TRUE);
}

static void one_lock_sites(struct page *page, const struct lock *lock)
{
	size_t n = page_rows(page, lock->n_sites, 5);
	char *title = g_strdup_printf("Where it is taken: %s", lock->label);

	doc_heading(page->doc, title);
	g_free(title);
	doc_table(page->doc, site_columns, G_N_ELEMENTS(site_columns));
	for (size_t i = 0; i < n; i++) {
		const struct lock_site *site = &lock->sites[i];

		doc_cell(page->doc,
			 page_site(page, measure_user_site(page->report, lock,
							   site->site)));
		doc_cell_count(page->doc, site->acquisitions);
		doc_cell_count(page->doc, site->contended);
		doc_cell_ns(page->doc, site->wait_ns);
		doc_cell_share(page->doc,
			       measure_ratio(site->wait_ns, lock->wait.total));
		doc_cell_ns(page->doc, site->hold_ns);
		doc_cell_share(page->doc,
			       measure_ratio(site->hold_ns, lock->hold.total));
	}
	if (lock->n_sites)
		stack_note(page, lock, &lock->sites[0]);
	if (n < lock->n_sites)
		doc_note(page->doc, "... and %zu more places",
			 lock->n_sites - n);
}

void section_sites(struct page *page)
{
	size_t n, shown = 0;
	const struct lock **locks = page_locks(page, true, &n);
	size_t most = page_rows(page, n, 4);

	for (size_t i = 0; i < n && shown < most; i++) {
		if (!locks[i]->wait.total && !page->options->lock)
			continue;
		one_lock_sites(page, locks[i]);
		shown++;
	}
	g_free(locks);
}

static const struct doc_column blame_columns[] = {
	{ "Waiting thread", DOC_LEFT, 0, DOC_CUT },
	{ "at", DOC_LEFT, 0, DOC_CUT },
	{ "owner", DOC_LEFT, 0, DOC_CUT },
	{ "took it at", DOC_LEFT, 0, DOC_CUT },
	{ "wait", DOC_RIGHT, 0, DOC_FIXED },
	{ "share", DOC_RIGHT, 0, DOC_FIXED },
};

/* Behind the last "::" of a name's own, not of its template arguments. */
static const char *without_scope(const char *name, size_t *length)
{
	size_t own = strcspn(name, "<(");

	for (size_t i = MIN(own, *length); i > 2; i--)
		if (name[i - 1] == ':' && name[i - 2] == ':') {
			*length -= i;
			return name + i;
		}
	return name;
}

/* "append:77", where there is little room. */
static void site_cell(struct page *page, int i)
{
	const struct site *site = &page->report->sites[i < 0 ? 0 : i];
	const char *place = i < 0 ? NULL : strstr(site->text, " (");
	const char *name = site->text;
	size_t length;

	if (!place || site->line <= 0) {
		doc_cell(page->doc, page_site(page, i));
		return;
	}
	length = (size_t)(place - name);
	name = without_scope(name, &length);
	doc_cellf(page->doc, "%.*s:%d", (int)length, name, site->line);
}

static bool shows_blame(const struct page *page, const struct blame *blame)
{
	const struct thread *threads = page->report->threads;

	return !page->options->thread ||
	       page_shows_thread(page, &threads[blame->waiter]) ||
	       (blame->owner >= 0 &&
		page_shows_thread(page, &threads[blame->owner]));
}

static void one_lock_pairs(struct page *page, const struct lock *lock)
{
	size_t most = page_rows(page, lock->n_blame, 6), shown = 0;

	doc_table(page->doc, blame_columns, G_N_ELEMENTS(blame_columns));
	for (size_t i = 0; i < lock->n_blame && shown < most; i++) {
		const struct blame *blame = &lock->blame[i];

		if (!shows_blame(page, blame))
			continue;
		doc_cell(page->doc, page_thread(page, blame->waiter));
		site_cell(page, measure_user_site(page->report, lock,
						  blame->waiter_site));
		doc_cell(page->doc, blame->owner < 0
					    ? "(handoff)"
					    : page_thread(page, blame->owner));
		site_cell(page, blame->owner < 0
					? -1
					: measure_user_site(page->report, lock,
							    blame->owner_site));
		doc_cell_ns(page->doc, blame->wait_ns);
		doc_cell_share(page->doc,
			       measure_ratio(blame->wait_ns, lock->wait.total));
		shown++;
	}
}

static const struct doc_column view_columns[] = {
	{ "Whom the wait is owed to", DOC_LEFT, 0, DOC_CUT },
	{ "wait", DOC_RIGHT, 0, DOC_FIXED },
	{ "share", DOC_RIGHT, 0, DOC_FIXED },
};

/* What no owner covers, so that the shares add up to the whole. */
static void view_row(struct page *page, const struct lock *lock,
		     const char *text, uint64_t ns)
{
	doc_cell(page->doc, text);
	doc_cell_ns(page->doc, ns);
	doc_cell_share(page->doc, measure_ratio(ns, lock->wait.total));
}

static void one_lock_owners(struct page *page, const struct lock *lock)
{
	size_t n;
	struct blame_sum *rows =
		measure_blame(page->report, lock, BLAME_OWNER_SITE, &n);
	size_t shown = page_rows(page, n, 5);

	doc_table(page->doc, view_columns, G_N_ELEMENTS(view_columns));
	for (size_t i = 0; i < shown; i++)
		if (rows[i].index >= 0)
			view_row(page, lock,
				 page_site(page,
					   measure_user_site(page->report, lock,
							     rows[i].index)),
				 rows[i].wait_ns);
	if (lock->handoff_ns)
		view_row(page, lock, "(handoff: released, not yet taken)",
			 lock->handoff_ns);
	g_free(rows);
}

void section_blame(struct page *page)
{
	size_t n, shown = 0;
	const struct lock **locks = page_locks(page, true, &n);
	size_t most = page_rows(page, n, 3);

	for (size_t i = 0; i < n && shown < most; i++) {
		char *title;

		if (!locks[i]->n_blame)
			continue;
		title = g_strdup_printf("Who waits for whom: %s",
					locks[i]->label);
		doc_heading(page->doc, title);
		g_free(title);
		one_lock_owners(page, locks[i]);
		one_lock_pairs(page, locks[i]);
		shown++;
	}
	g_free(locks);
}

static const struct doc_column hold_columns[] = {
	{ "What owners did", DOC_LEFT, 0, DOC_NAME },
	{ "hold", DOC_RIGHT, 0, DOC_FIXED },
	{ "running", DOC_RIGHT, 0, DOC_FIXED },
	{ "preempt", DOC_RIGHT, 0, DOC_FIXED },
	{ "woken", DOC_RIGHT, 0, DOC_FIXED },
	{ "i/o", DOC_RIGHT, 0, DOC_FIXED },
	{ "lock", DOC_RIGHT, 0, DOC_FIXED },
	{ "sleep", DOC_RIGHT, 0, DOC_FIXED },
	{ "other", DOC_RIGHT, 0, DOC_FIXED },
	{ "unrec.", DOC_RIGHT, 0, DOC_FIXED },
};

static const struct doc_column held_wait_columns[] = {
	{ "Blocked while holding", DOC_LEFT, 0, DOC_NAME },
	{ "in", DOC_LEFT, 0, DOC_CUT },
	{ "at", DOC_LEFT, 0, DOC_CUT },
	{ "times", DOC_RIGHT, 0, DOC_FIXED },
	{ "time", DOC_RIGHT, 0, DOC_FIXED },
	{ "of hold", DOC_RIGHT, 1, DOC_FIXED },
};

static void held_waits(struct page *page, const struct lock *lock, size_t most)
{
	for (size_t i = 0; i < lock->n_held_waits && i < most; i++) {
		const struct held_wait *at = &lock->held_waits[i];
		const char *what = state_names[at->state];

		if (at->state == STATE_IO && at->op < IO_NOPS &&
		    io_op_names[at->op])
			what = io_op_names[at->op];
		if (at->state == STATE_PREEMPTED)
			what = io_op_names[IO_YIELD];
		doc_cell(page->doc, lock->label);
		doc_cellf(page->doc, "%s%s%s", what, at->lock >= 0 ? " " : "",
			  at->lock >= 0 ? page_lock(page, at->lock) : "");
		doc_cell(page->doc, page_site(page, at->site));
		doc_cell_count(page->doc, at->count);
		doc_cell_ns(page->doc, at->ns);
		doc_cell_share(page->doc,
			       measure_ratio(at->ns, lock->hold.total));
	}
}

void section_holds(struct page *page)
{
	size_t n, waits = 0, rows = 0;
	const struct lock **locks = page_locks(page, true, &n);
	size_t shown = rows_of_interest(page, locks, n);

	for (size_t i = 0; i < shown; i++) {
		const struct lock *lock = locks[i];

		if (!lock->hold.total)
			continue;
		if (!rows++) {
			doc_heading(page->doc,
				    "What owners did while they held it");
			doc_table(page->doc, hold_columns,
				  G_N_ELEMENTS(hold_columns));
		}
		label_cell(page, lock, lock->label);
		doc_cell_ns(page->doc, lock->hold.total);
		for (int part = 0; part < HOLD_NPARTS; part++)
			doc_cell_share(page->doc,
				       measure_ratio(lock->hold_parts_ns[part],
						     lock->hold.total));
		waits += lock->n_held_waits;
	}
	if (waits) {
		doc_table(page->doc, held_wait_columns,
			  G_N_ELEMENTS(held_wait_columns));
		for (size_t i = 0; i < shown; i++)
			held_waits(page, locks[i], page_rows(page, 1000, 3));
	}
	g_free(locks);
}
