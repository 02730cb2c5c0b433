/*
 * The tasks, marks and switches that a recording tells, in their order. They
 * are read from babeltrace2's text, since no report carries single events.
 */
#include <stdlib.h>
#include <string.h>

#include "workloads/lesson.h"
#include "workloads/lesson_parts.h"
#include "workloads/spawn.h"

#define LIMIT_S 120

struct told {
	GString *started, *finished; /* numbers of tasks, blanks between */
	GString *marks;		     /* "A reads 0, B reads 0 ..." */
	unsigned now, most;	     /* tasks in flight */
	unsigned begun;
	unsigned switches;
	GArray *turns;	/* of the outcome */
	double begin_s; /* of the turn that is on, 0: none */
	unsigned reads; /* marks `read` before the first mark `write` */
	bool written;
	GHashTable *letters; /* thread id -> letter, in order of appearance */
};

/* The number after "NAME = "; 0 if there is none. */
static guint64 field(const char *line, const char *name)
{
	char *key = g_strdup_printf(" %s = ", name);
	const char *at = strstr(line, key);
	guint64 value = at ? g_ascii_strtoull(at + strlen(key), NULL, 10) : 0;

	g_free(key);
	return value;
}

static void add_number(GString *list, guint64 number)
{
	g_string_append_printf(list, "%s%" G_GUINT64_FORMAT,
			       list->len ? " " : "", number);
}

static int letter_of(struct told *told, guint64 tid)
{
	gpointer key = GUINT_TO_POINTER((guint)tid);
	guint letter =
		GPOINTER_TO_UINT(g_hash_table_lookup(told->letters, key));

	if (letter == 0) {
		letter = 'A' + g_hash_table_size(told->letters) % 26;
		g_hash_table_insert(told->letters, key,
				    GUINT_TO_POINTER(letter));
	}
	return (int)letter;
}

static void on_begin(struct told *told, const char *line)
{
	add_number(told->started, field(line, "task") - 1);
	told->begun++;
	told->now++;
	told->most = MAX(told->most, told->now);
}

static void on_end(struct told *told, const char *line)
{
	add_number(told->finished, field(line, "task") - 1);
	told->now--;
}

/* "[hh:mm:ss.nnnnnnnnn] ..." */
static double time_of(const char *line)
{
	double time_s = 0;
	char *end;

	if (line[0] != '[')
		return 0;
	for (int part = 0; part < 3; part++, line = end) {
		time_s = 60 * time_s + g_ascii_strtod(line + 1, &end);
		if (*end != ':')
			break;
	}
	return time_s;
}

static void on_switch(struct told *told, const char *line)
{
	double now_s = time_of(line), took_s = now_s - told->begin_s;

	if (field(line, "to") != 0) {
		told->switches++;
		told->begin_s = now_s;
	} else if (told->begin_s > 0 && took_s > 0) {
		g_array_append_val(told->turns, took_s);
		told->begin_s = 0;
	}
}

static void on_mark(struct told *told, const char *line)
{
	bool reads = strstr(line, "\"read\"") != NULL;

	told->written |= !reads;
	told->reads += reads && !told->written;
	g_string_append_printf(told->marks, "%s%c %s %" G_GUINT64_FORMAT,
			       told->marks->len ? ", " : "",
			       letter_of(told, field(line, "vtid")),
			       reads ? "reads" : "writes",
			       field(line, "value"));
}

static void read_lines(struct told *told, const char *text)
{
	static const struct {
		const char *name;
		void (*on)(struct told *told, const char *line);
	} kinds[] = {
		{ " holdup:task_begin: ", on_begin },
		{ " holdup:task_end: ", on_end },
		{ " holdup:task_switch: ", on_switch },
		{ " holdup:mark: ", on_mark },
	};
	char **lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++)
		for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
			if (strstr(*line, kinds[i].name))
				kinds[i].on(told, *line);
	g_strfreev(lines);
}

static bool keep(struct lesson_outcome *outcome, const struct told *told)
{
	if (told->begun > 0) {
		lesson_keep_line(outcome, "traced.started", told->started->str);
		lesson_keep_line(outcome, "traced.finished",
				 told->finished->str);
		lesson_measure_add(outcome, "traced.at_once", told->most);
	}
	if (told->switches > 0)
		lesson_measure_add(outcome, "traced.switches", told->switches);
	if (told->marks->len > 0) {
		lesson_keep_line(outcome, "traced.marks", told->marks->str);
		lesson_measure_add(outcome, "traced.reads_first", told->reads);
	}
	return told->begun > 0 || told->switches > 0 || told->marks->len > 0;
}

bool lesson_read_events(struct lesson_outcome *outcome)
{
	char *argv[] = { (char[]){ "babeltrace2" }, outcome->trace, NULL };
	struct told told = { .started = g_string_new(NULL),
			     .finished = g_string_new(NULL),
			     .marks = g_string_new(NULL),
			     .turns = outcome->turns,
			     .letters = g_hash_table_new(NULL, NULL) };
	struct spawned spawned = { 0 };
	struct err err = { "" };
	bool any = false;

	g_array_set_size(outcome->turns, 0);
	if (!spawn_run(argv, LIMIT_S, &spawned, &err)) {
		read_lines(&told, spawned.out);
		any = keep(outcome, &told);
	}
	spawned_clear(&spawned);
	g_hash_table_destroy(told.letters);
	g_string_free(told.started, TRUE);
	g_string_free(told.finished, TRUE);
	g_string_free(told.marks, TRUE);
	return any;
}
