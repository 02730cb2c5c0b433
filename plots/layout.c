#include "plots/layout.h"

#include <inttypes.h>
#include <string.h>

#include "analysis/select.h"
#include "tracing/base/exits.h"

const enum state layout_order[STATE_N] = {
	STATE_RUNNING, STATE_SPINNING, STATE_PREEMPTED, STATE_WOKEN,
	STATE_LOCK,    STATE_IO,       STATE_SEMAPHORE, STATE_BARRIER,
	STATE_COND,    STATE_JOIN,     STATE_SLEEP,	STATE_OTHER,
};

static const struct layout_unit units[] = {
	{ "ns", 1 },  { "µs", 1e3 },   { "ms", 1e6 },
	{ "s", 1e9 }, { "min", 60e9 }, { "h", 3600e9 },
};

/* From which length on each unit is used. */
static const double unit_from_ns[] = { 0, 1e3, 1e6, 1e9, 180e9, 7200e9 };

const struct layout_unit *layout_unit(uint64_t ns)
{
	size_t i = sizeof(units) / sizeof(units[0]) - 1;

	while (i && (double)ns < unit_from_ns[i])
		i--;
	return &units[i];
}

char *layout_time(uint64_t ns)
{
	static const struct layout_unit plain[] = {
		{ "h", 3600e9 }, { "min", 60e9 }, { "s", 1e9 },
		{ "ms", 1e6 },	 { "µs", 1e3 },	  { "ns", 1 },
	};
	size_t i = 0;
	double value;

	while (i < 5 && (double)ns < plain[i].ns)
		i++;
	value = (double)ns / plain[i].ns;
	return g_strdup_printf("%.*f %s",
			       plain[i].ns <= 1 || value >= 100 ? 0
			       : value >= 10			? 1
								: 2,
			       value, plain[i].name);
}

char *layout_count(uint64_t n)
{
	char digits[24];
	GString *out = g_string_new(NULL);
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, n);

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			g_string_append_c(out, ',');
		g_string_append_c(out, digits[i]);
	}
	return g_string_free(out, FALSE);
}

char *layout_shorten(const char *text, size_t chars)
{
	char *valid = g_utf8_make_valid(text, -1);
	size_t length = (size_t)g_utf8_strlen(valid, -1);
	size_t head, tail;
	char *first, *last, *out;

	if (length <= chars)
		return valid;
	if (chars < 3) {
		out = g_utf8_substring(valid, 0, (glong)chars);
		g_free(valid);
		return out;
	}
	head = (chars - 1) / 2;
	tail = chars - 1 - head;
	first = g_utf8_substring(valid, 0, (glong)head);
	last = g_utf8_substring(valid, (glong)(length - tail), (glong)length);
	out = g_strconcat(first, "…", last, NULL);
	g_free(first);
	g_free(last);
	g_free(valid);
	return out;
}

char *layout_shorten_label(const char *label, size_t chars)
{
	const char *place = strstr(label, " (");
	char *bare, *out;

	if (!place || place == label ||
	    (size_t)g_utf8_strlen(label, -1) <= chars)
		return layout_shorten(label, chars);
	bare = g_strndup(label, (gsize)(place - label));
	out = layout_shorten(bare, chars);
	g_free(bare);
	return out;
}

size_t layout_chars(double px, double font_px)
{
	return px <= 0 ? 0 : (size_t)(px / (font_px * 0.56));
}

struct layout_window layout_window(const struct report *report,
				   const struct plot_options *options)
{
	/* The report is of the window alone, and so is its duration. */
	return (struct layout_window){
		options->from_ns, options->from_ns + report->run.duration_ns
	};
}

/* "; 12 events lost", for what is not nothing. */
static void add_loss(GString *out, uint64_t n, const char *what)
{
	char *count;

	if (!n)
		return;
	count = layout_count(n);
	g_string_append_printf(out, "%s%s %s", out->len ? ", " : "", count,
			       what);
	g_free(count);
}

/* How it ended, where not in order. */
static void add_end(GString *out, const struct report *report)
{
	int status = report->run.exit_status;
	const char *gap = out->len ? "; " : "";

	if (!strcmp(report->run.ended, "signal") && status > 128)
		g_string_append_printf(out, "%skilled by signal %d (%s)", gap,
				       status - 128, strsignal(status - 128));
	else if (report->run.ended[0])
		g_string_append_printf(out, "%sended: %s", gap,
				       report->run.ended);
}

static void set_notes(struct table *table, const struct report *report)
{
	GString *out = g_string_new(NULL);
	bool sampled = false;

	add_loss(out, report->run.events_lost, "events lost");
	add_loss(out, report->run.sched_lost, "scheduler records lost");
	add_loss(out, report->run.untold, "events untold");
	add_loss(out, report->run.uncounted, "acquisitions uncounted");
	add_loss(out, report->run.refused, "events refused");
	for (size_t i = 0; i < report->n_locks; i++)
		sampled |= report->locks[i].sampled;
	if (out->len)
		g_string_append(out, ": figures are bounds");
	if (report->run.truncated)
		g_string_append_printf(out, "%strace cut short",
				       out->len ? "; " : "");
	add_end(out, report);
	if (sampled)
		g_string_append_printf(
			out, "%swaits and holds of hot locks are sampled",
			out->len ? "; " : "");
	if (report->run.scheduler == SCHED_NONE)
		g_string_append_printf(out, "%sno scheduler records",
				       out->len ? "; " : "");
	table_set(table, "notes", "%s", out->str);
	g_string_free(out, TRUE);
}

char *layout_command(const struct report *report, size_t chars)
{
	const char *command = report->run.command;
	const char *end = strchr(command, ' ');
	const char *slash =
		g_strrstr_len(command, end ? end - command : -1, "/");

	return layout_shorten(slash && slash[1] ? slash + 1 : command, chars);
}

void layout_frame(struct table *table, unsigned height)
{
	table_set(table, "width", "%d", LAYOUT_WIDTH);
	table_set(table, "height", "%u", height);
}

void layout_head(struct table *table, const struct report *report,
		 const char *title, unsigned height)
{
	static const char *const sources[] = {
		[SCHED_NONE] = "none",
		[SCHED_TASK] = "task switches",
		[SCHED_SYSTEM] = "system",
	};
	char *command = layout_command(report, 90);
	char *trace = layout_shorten(report->run.trace, 60);
	char *operations = layout_count(report->run.lock_operations);
	char *events = layout_count(report->run.events);
	char *lost = layout_count(report->run.events_lost + report->run.untold);
	char *length = layout_time(report->run.duration_ns);

	table_set(table, "title", "%s: %s", title,
		  command[0] ? command : "(no command)");
	table_set(table, "subtitle",
		  "%s, %" PRIu32 " CPU%s, %zu thread%s, %s lock operations, %s "
		  "events, %s lost, scheduler: %s",
		  length, report->run.cpus, report->run.cpus == 1 ? "" : "s",
		  report->n_threads, report->n_threads == 1 ? "" : "s",
		  operations, events, lost, sources[report->run.scheduler]);
	table_set(table, "source", "%s%s%s%s%s   holdup %s", trace,
		  report->run.host[0] ? ", " : "", report->run.host,
		  report->run.start[0] ? ", " : "", report->run.start,
		  HOLDUP_VERSION);
	set_notes(table, report);
	layout_frame(table, height);
	g_free(command);
	g_free(trace);
	g_free(operations);
	g_free(events);
	g_free(lost);
	g_free(length);
}

void layout_axis(struct table *table, struct layout_window window)
{
	uint64_t length = window.end_ns - window.begin_ns;
	/* Far from the begin, a short window counts from its own. */
	bool far = length < window.begin_ns / 20;
	const struct layout_unit *unit =
		layout_unit(far ? length : window.end_ns);
	char *origin = layout_time(window.begin_ns);

	table_set(table, "t_begin", "%" PRIu64, window.begin_ns);
	table_set(table, "t_end", "%" PRIu64,
		  window.begin_ns + (length ? length : 1));
	table_set(table, "t_zero", "%" PRIu64, far ? window.begin_ns : 0);
	table_set(table, "t_scale", "%.0f", unit->ns);
	table_set(table, "t_name", "time since %s (%s)",
		  far ? origin : "the recording began", unit->name);
	table_set(table, "right", "%d", LAYOUT_RIGHT);
	g_free(origin);
}

void layout_legend_add(struct layout_legend *legend, int state,
		       const char *word)
{
	const char *gap = legend->numbers ? " " : "";

	if (!legend->numbers) {
		legend->numbers = g_string_new(NULL);
		legend->words = g_string_new(NULL);
		legend->px = g_string_new(NULL);
	}
	g_string_append_printf(legend->numbers, "%s%d", gap, state);
	g_string_append_printf(legend->words, "%s%s", gap, word);
	g_string_append_printf(legend->px, "%s%u", gap, legend->next_px);
	legend->next_px += 46 + (unsigned)strlen(word) * 9;
}

void layout_legend_set(struct table *table, struct layout_legend *legend)
{
	if (!legend->numbers)
		return;
	table_set(table, "states", "%s", legend->numbers->str);
	table_set(table, "state_words", "%s", legend->words->str);
	table_set(table, "states_px", "%s", legend->px->str);
	g_string_free(legend->numbers, TRUE);
	g_string_free(legend->words, TRUE);
	g_string_free(legend->px, TRUE);
}

unsigned layout_states(struct table *table, const bool present[STATE_N],
		       unsigned left)
{
	struct layout_legend legend = { .next_px = left };

	for (int i = 0; i < STATE_N; i++)
		if (present[layout_order[i]])
			layout_legend_add(&legend, layout_order[i],
					  state_names[layout_order[i]]);
	layout_legend_set(table, &legend);
	return legend.next_px;
}

char *layout_thread(const struct report *report, int thread, size_t chars)
{
	const struct thread *t;
	char tid[24];
	char *name, *out;
	int length;

	if (thread < 0 || (size_t)thread >= report->n_threads)
		return g_strdup("unknown");
	t = &report->threads[thread];
	length = snprintf(tid, sizeof(tid), "%" PRId32, t->tid);
	if (!t->name || !t->name[0])
		return g_strdup(tid);
	name = layout_shorten(t->name, chars > (size_t)length + 4
					       ? chars - (size_t)length - 1
					       : 3);
	out = g_strdup_printf("%s %s", name, tid);
	g_free(name);
	return out;
}

bool layout_thread_wanted(const struct report *report, size_t thread,
			  const struct plot_options *options)
{
	return select_thread(&report->threads[thread], options->thread);
}
