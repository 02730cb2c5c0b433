#include "plots/sweep.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "plots/layout.h"
#include "tracing/base/exits.h"

enum { SERIES = 16, ROWS = 100000, TICKS_MOST = 16 };

enum column { SERIES_NAME, X, Y, LOW, HIGH, KIND, LABEL, N_COLUMNS };

static const char *const column_names[N_COLUMNS] = { "series", "x",    "y",
						     "low",    "high", "kind",
						     "label" };

enum kind { POINTS, LAW };

struct row {
	size_t series;
	double x, y, low, high;
	enum kind kind;
	const char *label;
};

struct sweep {
	GHashTable *said; /* "# key: value" */
	GPtrArray *names; /* of the series */
	GArray *rows;
	int place[N_COLUMNS]; /* of each column in the file, -1: not there */
	bool has_header;
	char **lines;
	GPtrArray *kept; /* words that rows point into */
};

static void read_comment(struct sweep *s, char *line)
{
	char *colon = strchr(line, ':');

	if (!colon)
		return;
	*colon = '\0';
	g_hash_table_replace(s->said, g_strdup(g_strstrip(line + 1)),
			     g_strdup(g_strstrip(colon + 1)));
}

static int read_header(struct sweep *s, char **words, struct err *err)
{
	for (int i = 0; i < N_COLUMNS; i++) {
		s->place[i] = -1;
		for (int j = 0; words[j]; j++)
			if (!strcmp(g_strstrip(words[j]), column_names[i]))
				s->place[i] = j;
	}
	s->has_header = true;
	if (s->place[X] < 0 || s->place[Y] < 0)
		return err_set(err, "the header has no columns 'x' and 'y'");
	return 0;
}

static const char *word_of(const struct sweep *s, char **words,
			   enum column column)
{
	int place = s->place[column];

	return place >= 0 && (size_t)place < g_strv_length(words)
		       ? g_strstrip(words[place])
		       : "";
}

/* The number in a column; what is empty is `other`. */
static int number(const struct sweep *s, char **words, enum column column,
		  double other, double *out, struct err *err)
{
	const char *word = word_of(s, words, column);
	char *end;

	*out = other;
	if (!word[0] && !isnan(other))
		return 0;
	*out = g_ascii_strtod(word, &end);
	if (!word[0] || *end || !isfinite(*out))
		return err_set(err, "'%s' is not a number", word);
	return 0;
}

static int find_series(struct sweep *s, const char *name, size_t *out,
		       struct err *err)
{
	for (guint i = 0; i < s->names->len; i++)
		if (!strcmp(g_ptr_array_index(s->names, i), name)) {
			*out = i;
			return 0;
		}
	if (s->names->len == SERIES)
		return err_set(err, "more than %d series", SERIES);
	*out = s->names->len;
	g_ptr_array_add(s->names, g_strdup(name));
	return 0;
}

static int read_row(struct sweep *s, char **words, struct err *err)
{
	struct row row = { .label = word_of(s, words, LABEL) };
	const char *kind = word_of(s, words, KIND);

	if (number(s, words, X, (double)NAN, &row.x, err) ||
	    number(s, words, Y, (double)NAN, &row.y, err) ||
	    number(s, words, LOW, row.y, &row.low, err) ||
	    number(s, words, HIGH, row.y, &row.high, err) ||
	    find_series(s, word_of(s, words, SERIES_NAME), &row.series, err))
		return -1;
	if (!strcmp(kind, "law"))
		row.kind = LAW;
	else if (kind[0] && strcmp(kind, "points") != 0)
		return err_set(err, "kind '%s' is neither points nor law",
			       kind);
	if (s->rows->len == ROWS)
		return err_set(err, "more than %d rows", ROWS);
	g_array_append_val(s->rows, row);
	return 0;
}

static int read_line(struct sweep *s, char *line, struct err *err)
{
	char **words;

	if (line[0] == '#') {
		read_comment(s, line);
		return 0;
	}
	if (!line[0])
		return 0;
	words = g_strsplit(line, "\t", -1);
	g_ptr_array_add(s->kept, words);
	return s->has_header ? read_row(s, words, err)
			     : read_header(s, words, err);
}

static int read_all(struct sweep *s, const char *path, struct err *err)
{
	GError *error = NULL;
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, &error)) {
		err_set(err, "%s", error->message);
		g_clear_error(&error);
		return -1;
	}
	s->lines = g_strsplit(text, "\n", -1);
	g_free(text);
	for (size_t i = 0; s->lines[i]; i++) {
		g_strchomp(s->lines[i]);
		if (read_line(s, s->lines[i], err))
			return err_prefix(err, "'%s', line %zu", path, i + 1);
	}
	if (!s->has_header)
		return err_set(err, "'%s' has no header line", path);
	return 0;
}

static const char *said(const struct sweep *s, const char *key,
			const char *other)
{
	const char *value = g_hash_table_lookup(s->said, key);

	return value ? value : other;
}

struct range {
	double low, high;
};

/* What all rows span; a log axis stays above zero. */
static struct range span_of(const struct sweep *s, bool is_x, bool is_log)
{
	struct range range = { (double)INFINITY, -(double)INFINITY };

	for (guint i = 0; i < s->rows->len; i++) {
		const struct row *r = &g_array_index(s->rows, struct row, i);
		double from = is_x ? r->x : MIN(r->y, r->low);
		double to = is_x ? r->x : MAX(r->y, r->high);

		if (!is_log || from > 0)
			range.low = MIN(range.low, from);
		if (!is_log || to > 0)
			range.high = MAX(range.high, to);
	}
	if (range.low > range.high)
		return (struct range){ 1, 2 };
	return range;
}

/* The ends of an axis, with air around; heights begin at zero. */
static struct range with_air(struct range range, bool is_x, bool is_log)
{
	double air;

	if (is_log) {
		air = pow(range.high / range.low, 0.06) * 1.02;
		return (struct range){ range.low / air, range.high * air };
	}
	if (!is_x && range.low > 0)
		range.low = 0;
	air = (range.high - range.low) * 0.06;
	if (range.high <= range.low)
		air = 0.5;
	return (struct range){ !is_x && range.low >= 0 ? 0 : range.low - air,
			       range.high + air };
}

static void write_range(struct table *table, const struct sweep *s, bool is_x,
			bool is_log)
{
	struct range range = with_air(span_of(s, is_x, is_log), is_x, is_log);

	table_set(table, is_x ? "x_low" : "y_low", "%.12f", range.low);
	table_set(table, is_x ? "x_high" : "y_high", "%.12f", range.high);
}

static void write_rows(struct table *table, const struct sweep *s,
		       enum kind kind)
{
	table_block(table, kind == LAW ? "law" : "points",
		    "slot x y low high label");
	for (guint slot = 0; slot < s->names->len; slot++) {
		if (kind == LAW)
			table_gap(table);
		for (guint i = 0; i < s->rows->len; i++) {
			const struct row *r =
				&g_array_index(s->rows, struct row, i);

			if (r->series != slot || r->kind != kind)
				continue;
			table_u64(table, slot);
			table_real(table, r->x);
			table_real(table, r->y);
			table_real(table, r->low);
			table_real(table, r->high);
			table_text(table, r->label);
		}
	}
}

/* The row that is the first at its place on the x axis, laws left out. */
static bool is_first(const struct sweep *s, guint i)
{
	const struct row *r = &g_array_index(s->rows, struct row, i);
	guint j = 0;

	if (r->kind == LAW)
		return false;
	while (g_array_index(s->rows, struct row, j).x != r->x ||
	       g_array_index(s->rows, struct row, j).kind == LAW)
		j++;
	return j == i;
}

/*
 * The places on the x axis, each once. sweep.gp marks them if they are few; of
 * many it cannot even read the list.
 */
static void write_ticks(struct table *table, const struct sweep *s)
{
	GString *ticks = g_string_new(NULL);
	unsigned n = 0;

	table_block(table, "ticks", "x label");
	for (guint i = 0; i < s->rows->len; i++) {
		const struct row *r = &g_array_index(s->rows, struct row, i);
		char *name;

		if (!is_first(s, i))
			continue;
		name = r->label[0] ? layout_shorten(r->label, 30)
				   : g_strdup_printf("%.6g", r->x);
		table_real(table, r->x);
		table_text(table, name);
		if (n++ < TICKS_MOST)
			g_string_append_printf(ticks, "%s%.6g",
					       ticks->len ? " " : "", r->x);
		g_free(name);
	}
	table_set(table, "x_ticks", "%s", ticks->str);
	g_string_free(ticks, TRUE);
}

/* Whether a series has rows of this kind. */
static bool has_kind(const struct sweep *s, guint slot, enum kind kind)
{
	for (guint i = 0; i < s->rows->len; i++) {
		const struct row *r = &g_array_index(s->rows, struct row, i);

		if (r->series == slot && r->kind == kind)
			return true;
	}
	return false;
}

static void write_legend(struct table *table, const struct sweep *s)
{
	unsigned px = 110, line = 0;

	table_block(table, "legend", "slot px line is_points name");
	for (guint slot = 0; slot < s->names->len; slot++) {
		char *name =
			layout_shorten(g_ptr_array_index(s->names, slot), 60);
		unsigned wide = 62 + (unsigned)g_utf8_strlen(name, -1) * 9;

		if (px + wide > LAYOUT_WIDTH - 40 && px > 110) {
			px = 110;
			line++;
		}
		table_u64(table, slot);
		table_u64(table, px);
		table_u64(table, line);
		table_i64(table, has_kind(s, slot, POINTS));
		table_text(table, name[0] ? name : "measured");
		px += wide;
		g_free(name);
	}
	table_set(table, "top", "%u", 134 + line * 22);
}

static void write_table(struct table *table, const struct sweep *s)
{
	const char *log = said(s, "log", "");
	char *title = layout_shorten(said(s, "title", "Sweep"), 110);
	char *subtitle = layout_shorten(said(s, "subtitle", ""), 170);
	char *hint = layout_shorten(said(s, "hint", ""), 170);
	char *source = layout_shorten(said(s, "source", ""), 130);
	bool bars = !strcmp(said(s, "bars", "no"), "yes");

	table_set(table, "title", "%s", title);
	table_set(table, "subtitle", "%s", subtitle);
	table_set(table, "hint", "%s", hint);
	table_set(table, "source", "%s%sholdup %s", source,
		  source[0] ? "   " : "", HOLDUP_VERSION);
	table_set(table, "notes", "%s", said(s, "notes", ""));
	table_set(table, "width", "%d", LAYOUT_WIDTH);
	table_set(table, "height", "%d", 820);
	table_set(table, "x_name", "%s", said(s, "x", "x"));
	table_set(table, "y_name", "%s", said(s, "y", "y"));
	table_set(table, "x_log", "%d", !bars && strchr(log, 'x') != NULL);
	table_set(table, "y_log", "%d", !bars && strchr(log, 'y') != NULL);
	table_set(table, "bars", "%d", bars);
	table_set(table, "n_series", "%u", s->names->len);
	if (!s->rows->len)
		table_set(table, "empty", "Nothing was measured.");
	write_range(table, s, true, !bars && strchr(log, 'x') != NULL);
	write_range(table, s, false, !bars && strchr(log, 'y') != NULL);
	write_legend(table, s);
	write_ticks(table, s);
	write_rows(table, s, POINTS);
	write_rows(table, s, LAW);
	g_free(title);
	g_free(subtitle);
	g_free(hint);
	g_free(source);
}

int sweep_write(struct table *table, const char *path, struct err *err)
{
	struct sweep s = {
		.said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					      g_free),
		.names = g_ptr_array_new_with_free_func(g_free),
		.rows = g_array_new(FALSE, FALSE, sizeof(struct row)),
		.kept = g_ptr_array_new_with_free_func(
			(GDestroyNotify)g_strfreev),
	};
	int result = read_all(&s, path, err);

	if (!result)
		write_table(table, &s);
	g_hash_table_destroy(s.said);
	g_ptr_array_free(s.names, TRUE);
	g_array_free(s.rows, TRUE);
	g_strfreev(s.lines);
	g_ptr_array_free(s.kept, TRUE);
	return result;
}
