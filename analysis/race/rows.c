#include "analysis/race/rows.h"

#include <string.h>

struct race_rows *rows_new(void)
{
	struct race_rows *rows = g_new0(struct race_rows, 1);

	rows->rows = g_array_new(FALSE, TRUE, sizeof(struct race_row));
	return rows;
}

void rows_free(struct race_rows *rows)
{
	if (!rows)
		return;
	g_array_free(rows->rows, TRUE);
	g_free(rows);
}

static void add_frame(GString *key, const struct race_frame *frame)
{
	if (*frame->function || *frame->file)
		g_string_append_printf(key, "%s@%s:%d<", frame->function,
				       frame->file, frame->line);
	else
		g_string_append_printf(key, "%s+%llx<", frame->module,
				       (unsigned long long)frame->offset);
}

/*
 * Where the program's own code makes the access, by itself or by calling a
 * library; "" unknown. What the library does on the way is left out: one walk
 * through a tree that is not ready is one race, not one for each member of its
 * nodes.
 */
static char *place_key(const struct race_stack *stack)
{
	GString *key = g_string_new(NULL);

	if (stack->own)
		add_frame(key, stack->own);
	return g_string_free(key, FALSE);
}

/* Does a library make an access for the program? */
static bool is_by_library(const struct race_report *report)
{
	for (guint i = 0; i < report->n_accesses; i++) {
		const struct race_stack *stack = &report->accesses[i].stack;

		if (stack->own && stack->own != stack->frames)
			return true;
	}
	return false;
}

static char *loose_place_key(const struct race_stack *stack)
{
	if (!stack->own)
		return g_strdup("");
	return g_strdup_printf("%s@%s<", stack->own->function,
			       stack->own->file);
}

static gint compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *report_key(const struct race_report *report,
			      char *(*place)(const struct race_stack *stack),
			      struct race_pool *pool)
{
	GPtrArray *places = g_ptr_array_new_with_free_func(g_free);
	GString *key = g_string_new(race_kind_ids[report->kind]);
	const char *kept;

	if (race_is_sign(report->kind) || report->kind == RACE_DEADLOCK ||
	    !report->n_accesses)
		g_ptr_array_add(places, g_strdup(report->variable));
	for (guint i = 0; i < report->n_accesses; i++)
		if (report->accesses[i].stack.n)
			g_ptr_array_add(places,
					place(&report->accesses[i].stack));
	/* One line may hand several blocks to a library. */
	if (report->allocated.n && is_by_library(report))
		g_ptr_array_add(places, place(&report->allocated));
	g_ptr_array_sort(places, compare_texts);
	for (guint i = 0; i < places->len; i++)
		g_string_append_printf(key, "|%s", (char *)places->pdata[i]);
	kept = race_pool_text(pool, key->str);
	g_string_free(key, TRUE);
	g_ptr_array_free(places, TRUE);
	return kept;
}

static bool has_all_stacks(const struct race_report *report)
{
	for (guint i = 0; i < report->n_accesses; i++)
		if (!report->accesses[i].stack.n)
			return false;
	return true;
}

/* Does a place of `one` occur in `other`? For reports that lack the second. */
static bool shares_a_place(const struct race_report *one, const char *other_key)
{
	bool shares = false;

	for (guint i = 0; i < one->n_accesses && !shares; i++) {
		char *place = place_key(&one->accesses[i].stack);

		shares = *place && strstr(other_key, place);
		g_free(place);
	}
	return shares;
}

static struct race_row *find(const struct race_rows *rows, const char *key,
			     const struct race_report *report)
{
	for (guint i = 0; i < rows->rows->len; i++)
		if (!strcmp(rows_get(rows, i)->key, key))
			return rows_get(rows, i);
	if (has_all_stacks(report))
		return NULL;
	for (guint i = 0; i < rows->rows->len; i++) {
		struct race_row *row = rows_get(rows, i);

		if (row->report->kind == report->kind &&
		    !strcmp(row->report->variable, report->variable) &&
		    shares_a_place(report, row->key))
			return row;
	}
	return NULL;
}

void rows_add_report(struct race_rows *rows, const struct race_report *report,
		     uint64_t run, uint64_t seed, struct race_pool *pool)
{
	const char *key = report_key(report, place_key, pool);
	struct race_row *row = find(rows, key, report);

	if (!row) {
		struct race_row added = {
			.report = report,
			.key = key,
			.loose_key = report_key(report, loose_place_key, pool),
			.first_seed = seed,
			.hint = "",
		};

		g_array_append_val(rows->rows, added);
		row = rows_get(rows, rows->rows->len - 1);
	}
	rows->reports++;
	row->reports++;
	row->seen_in += row->last_run != run + 1;
	row->last_run = run + 1;
	if (seed < row->first_seed)
		row->first_seed = seed;
}

void rows_add(struct race_rows *rows, const struct race_parsed *parsed,
	      uint64_t run, uint64_t seed, struct race_pool *pool)
{
	for (guint i = 0; parsed->reports && i < parsed->reports->len; i++)
		rows_add_report(rows, parsed->reports->pdata[i], run, seed,
				pool);
	rows->cut += parsed->cut;
	rows->broken += parsed->broken;
	rows->suppressed += parsed->suppressed;
}

static gint compare_rows(gconstpointer a, gconstpointer b)
{
	const struct race_row *one = a, *other = b;

	if (one->seen_in != other->seen_in)
		return one->seen_in > other->seen_in ? -1 : 1;
	if (one->first_seed != other->first_seed)
		return one->first_seed < other->first_seed ? -1 : 1;
	return strcmp(one->key, other->key);
}

void rows_sort(struct race_rows *rows)
{
	g_array_sort(rows->rows, compare_rows);
}

const struct race_row *rows_match(const struct race_rows *rows,
				  const struct race_row *row)
{
	for (guint i = 0; i < rows->rows->len; i++) {
		const struct race_row *other = rows_get(rows, i);

		if (!strcmp(other->loose_key, row->loose_key) ||
		    (*row->report->variable &&
		     other->report->kind == row->report->kind &&
		     !strcmp(other->report->variable, row->report->variable)))
			return other;
	}
	return NULL;
}
