/* The table of sections, and what they all use. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/arena.h"
#include "analysis/measure.h"
#include "analysis/render_sections.h"
#include "analysis/select.h"
#include "analysis/units.h"

static const struct section {
	const char *name;
	void (*write)(struct page *page);
} sections[] = {
	{ "summary", section_summary },
	{ "findings", section_findings },
	{ "unfinished", section_unfinished },
	{ "locks", section_locks },
	{ "waits", section_waits },
	{ "threads", section_threads },
	{ "phases", section_phases },
	{ "sites", section_sites },
	{ "blame", section_blame },
	{ "holds", section_holds },
	{ "utilization", section_utilization },
	{ "io", section_io },
	{ "path", section_path },
	{ "order", section_order },
	{ "whatif", section_whatif },
	{ "overhead", section_overhead },
	{ "losses", section_losses },
};

const char *const render_sort_names[SORT_N] = {
	[SORT_COST] = "cost",		[SORT_WAIT] = "wait",
	[SORT_HOLD] = "hold",		[SORT_ACQUISITIONS] = "acquisitions",
	[SORT_CONTENDED] = "contended", [SORT_MAX] = "max",
	[SORT_NAME] = "name",
};

const char *render_sections(void)
{
	static char names[256];

	if (*names)
		return names;
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
		if (i)
			g_strlcat(names, ", ", sizeof(names));
		g_strlcat(names, sections[i].name, sizeof(names));
	}
	return names;
}

static const struct section *find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
		if (!strcmp(sections[i].name, name))
			return &sections[i];
	return NULL;
}

int render_check(const struct render_options *options, struct err *err)
{
	char **names =
		options->only ? g_strsplit(options->only, ",", -1) : NULL;
	int ret = 0;

	for (char **name = names; name && *name && !ret; name++)
		if (!find(*name))
			ret = err_set(err, "no section '%s'; there are %s",
				      *name, render_sections());
	g_strfreev(names);
	return ret;
}

static struct doc *make(const struct report *report,
			const struct render_options *options)
{
	struct page page = { .report = report,
			     .options = options,
			     .doc = doc_new() };
	char **names =
		options->only ? g_strsplit(options->only, ",", -1) : NULL;

	if (!names)
		for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
			sections[i].write(&page);
	for (char **name = names; name && *name; name++) {
		const struct section *section = find(*name);

		if (section)
			section->write(&page);
	}
	g_strfreev(names);
	return page.doc;
}

void render_text(const struct report *report,
		 const struct render_options *options, FILE *out)
{
	struct doc *doc = make(report, options);

	doc_write_text(doc, options->width ? options->width : 80, out);
	doc_free(doc);
}

void render_html(const struct report *report,
		 const struct render_options *options, FILE *out)
{
	struct doc *doc = make(report, options);

	doc_write_html(doc, out);
	doc_free(doc);
}

size_t page_rows(const struct page *page, size_t n, size_t usual)
{
	return MIN(n, page->options->top ? page->options->top : usual);
}

static bool page_shows_lock(const struct page *page, const struct lock *lock)
{
	return select_lock(lock, page->options->lock);
}

bool page_shows_thread(const struct page *page, const struct thread *thread)
{
	return select_thread(thread, page->options->thread);
}

const char *page_site(const struct page *page, int site)
{
	return site < 0 ? "?" : page->report->sites[site].text;
}

/* Threads often share a name: the id tells them apart. */
const char *page_thread(const struct page *page, int thread)
{
	const struct thread *at =
		&page->report->threads[thread < 0 ? 0 : thread];

	return thread < 0 ? "?"
			  : arena_printf(page->report->arena, "%s/%" PRId32,
					 at->name, at->tid);
}

const char *page_lock(const struct page *page, int lock)
{
	return lock < 0 ? "?" : page->report->locks[lock].label;
}

const char *page_lock_short(const struct page *page, int lock)
{
	const char *label = page_lock(page, lock);
	const char *place = strstr(label, " (");

	/* "mutex in append (orders.c:77)" is all place */
	if (!place || memchr(label, ' ', (size_t)(place - label)))
		return label;
	return arena_printf(page->report->arena, "%.*s", (int)(place - label),
			    label);
}

static uint64_t sort_key(const struct lock *lock, enum render_sort sort)
{
	switch (sort) {
	case SORT_WAIT:
		return lock->wait.total;
	case SORT_HOLD:
		return lock->hold.total;
	case SORT_ACQUISITIONS:
		return lock->acquisitions + lock->waits;
	case SORT_CONTENDED:
		return lock->contended;
	case SORT_MAX:
		return lock->wait.max;
	default:
		return 0;
	}
}

static int by_sort(const void *a, const void *b, void *data)
{
	const struct lock *x = *(const struct lock *const *)a;
	const struct lock *y = *(const struct lock *const *)b;
	enum render_sort sort = *(const enum render_sort *)data;
	uint64_t x_key = sort_key(x, sort), y_key = sort_key(y, sort);
	int order = sort == SORT_NAME ? strcmp(x->label, y->label) : 0;

	if (x_key != y_key)
		return x_key < y_key ? 1 : -1;
	return order ? order : (x > y) - (x < y);
}

const struct lock **page_locks(const struct page *page, bool held, size_t *n)
{
	const struct report *report = page->report;
	const struct lock **rows =
		g_new(const struct lock *, report->n_groups + 1);
	enum render_sort sort = page->options->sort;

	*n = 0;
	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *lock = &report->groups[i];

		if (measure_is_held(lock) == held &&
		    page_shows_lock(page, lock))
			rows[(*n)++] = lock;
	}
	if (sort != SORT_COST)
		g_qsort_with_data(rows, (gint)*n, sizeof(*rows), by_sort,
				  &sort);
	return rows;
}
