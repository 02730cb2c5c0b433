#include "analysis/read_open.h"

#include <stdbool.h>
#include <string.h>

#include "analysis/read_metadata.h"

static struct read_graph *open_repaired(const struct read_repair *repair,
					struct read_clock *clock)
{
	return read_graph_open(read_repair_dir(repair), read_repair_top(repair),
			       clock, NULL);
}

static bool can_open(const struct read_repair *repair)
{
	struct read_clock clock = { .known = false };
	struct read_graph *graph = open_repaired(repair, &clock);

	read_graph_close(graph);
	return graph != NULL;
}

/* Leaves out each stream that Babeltrace refuses even when it is alone. */
static void hide_unreadable(struct read_repair *repair, const char *name,
			    GPtrArray *notes)
{
	size_t n = read_repair_streams(repair);
	bool *bad;

	for (size_t i = 0; i < n; i++)
		read_repair_hide(repair, i);
	if (!can_open(repair)) {
		g_ptr_array_add(notes,
				g_strdup_printf("%s/metadata: is damaged, so "
						"that none of its streams can "
						"be read",
						name));
		return;
	}
	bad = g_new0(bool, n);
	for (size_t i = 0; i < n; i++) {
		read_repair_show(repair, i);
		bad[i] = !can_open(repair);
		read_repair_hide(repair, i);
		if (bad[i])
			g_ptr_array_add(
				notes,
				g_strdup_printf("%s/%s: does not fit its "
						"metadata, and is left out",
						name,
						read_repair_stream(repair, i)));
	}
	for (size_t i = 0; i < n; i++)
		if (!bad[i])
			read_repair_show(repair, i);
	g_free(bad);
}

int read_open(const char *path, const char *dir, const char *name,
	      struct read_clock *clock, GPtrArray *notes,
	      struct read_opened *opened)
{
	guint n_notes = notes->len;

	memset(opened, 0, sizeof(*opened));
	if (!read_metadata_is_cut(path))
		opened->graph = read_graph_open(path, dir, clock, NULL);
	if (opened->graph)
		return 0;
	opened->repair = read_repair_new(path, name, notes);
	if (opened->repair)
		opened->graph = open_repaired(opened->repair, clock);
	if (opened->repair && !opened->graph) {
		hide_unreadable(opened->repair, name, notes);
		opened->graph = open_repaired(opened->repair, clock);
	}
	if (notes->len == n_notes)
		g_ptr_array_add(notes,
				g_strdup_printf("%s: cannot be read", name));
	if (opened->graph)
		return 0;
	read_opened_close(opened);
	return -1;
}

void read_opened_close(struct read_opened *opened)
{
	read_graph_close(opened->graph);
	read_repair_free(opened->repair);
	memset(opened, 0, sizeof(*opened));
}
