/*
 * Chrome's trace events: a slice for each wait, hold, call and sleep that was
 * told, and for each turn of a thread on a CPU. Times are us since the begin.
 */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "analysis/export.h"
#include "analysis/read.h"

/* CPUs are shown as threads of a process of their own. */
#define CPU_PID	 0
#define CPUS_MAX 4096

struct turn {
	int32_t tid;
	uint64_t since_ns;
	char *comm;
};

struct writer {
	const struct report *report;
	FILE *out;
	bool any;
	GHashTable *labels; /* "PID ADDRESS" -> label */
	struct turn turns[CPUS_MAX];
};

static void put_text(const char *text, FILE *out)
{
	char *valid = g_utf8_make_valid(text ? text : "", -1);

	putc('"', out);
	for (const char *c = valid; *c; c++)
		if ((unsigned char)*c < ' ')
			fprintf(out, "\\u%04x", (unsigned)*c);
		else
			fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c",
				*c);
	putc('"', out);
	g_free(valid);
}

static double since_begin_us(const struct writer *writer, uint64_t ns)
{
	uint64_t begin = writer->report->run.begin_clock_ns;

	return ns > begin ? (double)(ns - begin) / 1000 : 0;
}

static void begin_item(struct writer *writer)
{
	fputs(writer->any ? ",\n" : "\n", writer->out);
	writer->any = true;
}

static void put_slice(struct writer *writer, int32_t pid, int32_t tid,
		      const char *what, const char *name, uint64_t begin_ns,
		      uint64_t end_ns)
{
	if (!begin_ns || end_ns < begin_ns)
		return;
	begin_item(writer);
	fprintf(writer->out,
		"{\"ph\":\"X\",\"pid\":%" PRId32 ",\"tid\":%" PRId32
		",\"ts\":%.3f,\"dur\":%.3f,\"cat\":\"%s\",\"name\":",
		pid, tid, since_begin_us(writer, begin_ns),
		(double)(end_ns - begin_ns) / 1000, what);
	put_text(name, writer->out);
	putc('}', writer->out);
}

static void put_name(struct writer *writer, const char *kind, int32_t pid,
		     int32_t tid, const char *name)
{
	begin_item(writer);
	fprintf(writer->out,
		"{\"ph\":\"M\",\"pid\":%" PRId32 ",\"tid\":%" PRId32
		",\"name\":\"%s\",\"args\":{\"name\":",
		pid, tid, kind);
	put_text(name, writer->out);
	fputs("}}", writer->out);
}

static const char *label_of(const struct writer *writer, int32_t pid,
			    uint64_t address)
{
	char key[48];
	const char *label;

	snprintf(key, sizeof(key), "%" PRId32 " %" PRIx64, pid, address);
	label = g_hash_table_lookup(writer->labels, key);
	return label ? label : "lock";
}

static void put_prefixed(struct writer *writer, const struct event *event,
			 const char *what, const char *word, const char *name,
			 uint64_t begin_ns, uint64_t end_ns)
{
	char *text = g_strdup_printf("%s %s", word, name);

	put_slice(writer, event->pid, event->tid, what, text, begin_ns, end_ns);
	g_free(text);
}

static void lock_slices(struct writer *writer, const struct event *event)
{
	const char *label = label_of(writer, event->pid, event->u.lock.address);
	bool held = event->type == EVENT_LOCK_HELD;

	put_prefixed(writer, event, "wait", "wait", label,
		     event->u.lock.wait_begin_ns,
		     held ? event->u.lock.begin_ns : event->u.lock.end_ns);
	if (held)
		put_prefixed(writer, event, "hold", "hold", label,
			     event->u.lock.begin_ns, event->u.lock.end_ns);
}

static void switch_slice(struct writer *writer, const struct event *event)
{
	struct turn *turn;

	if (event->cpu < 0 || event->cpu >= CPUS_MAX)
		return;
	turn = &writer->turns[event->cpu];
	if (turn->tid > 0)
		put_slice(writer, CPU_PID, event->cpu, "cpu",
			  turn->comm ? turn->comm : "?", turn->since_ns,
			  event->ts_ns);
	turn->tid = event->u.sched.next_tid;
	turn->since_ns = event->ts_ns;
	g_free(turn->comm);
	turn->comm = g_strdup_printf(
		"%s/%" PRId32,
		event->u.sched.next_comm ? event->u.sched.next_comm : "?",
		turn->tid);
}

static void on_event(void *data, const struct event *event)
{
	struct writer *writer = data;
	const char *op;

	switch (event->type) {
	case EVENT_LOCK_HELD:
	case EVENT_LOCK_FAILED:
		lock_slices(writer, event);
		break;
	case EVENT_WAIT_END:
		put_prefixed(writer, event, "wait", "wait",
			     label_of(writer, event->pid, event->u.wait.object),
			     event->u.wait.begin_ns, event->u.wait.end_ns);
		break;
	case EVENT_IO_END:
		op = event->u.io.op < IO_NOPS ? io_op_names[event->u.io.op]
					      : NULL;
		put_slice(writer, event->pid, event->tid, "io", op ? op : "i/o",
			  event->u.io.begin_ns, event->u.io.end_ns);
		break;
	case EVENT_SLEEP_END:
		put_slice(writer, event->pid, event->tid, "sleep", "sleep",
			  event->u.io.begin_ns, event->u.io.end_ns);
		break;
	case EVENT_JOIN_END:
		put_slice(writer, event->pid, event->tid, "join", "join",
			  event->u.thread.begin_ns, event->u.thread.end_ns);
		break;
	case EVENT_SWITCH:
		switch_slice(writer, event);
		break;
	default:
		break;
	}
}

static void put_names(struct writer *writer)
{
	const struct report *report = writer->report;
	char cpu[16];

	put_name(writer, "process_name", CPU_PID, 0, "CPUs");
	for (int i = 0; i < (int)report->run.cpus; i++) {
		snprintf(cpu, sizeof(cpu), "CPU %d", i);
		put_name(writer, "thread_name", CPU_PID, i, cpu);
	}
	for (size_t i = 0; i < report->n_processes; i++)
		put_name(writer, "process_name", report->processes[i].pid,
			 report->processes[i].pid,
			 report->processes[i].executable);
	for (size_t i = 0; i < report->n_threads; i++)
		if (report->threads[i].recorded)
			put_name(writer, "thread_name", report->threads[i].pid,
				 report->threads[i].tid,
				 report->threads[i].name);
}

int export_perfetto(const struct report *report, FILE *out, struct err *err)
{
	struct writer *writer = g_new0(struct writer, 1);
	struct read_stats stats = { 0 };
	int ret;

	writer->report = report;
	writer->out = out;
	writer->labels =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (size_t i = 0; i < report->n_locks; i++)
		g_hash_table_insert(
			writer->labels,
			g_strdup_printf("%" PRId32 " %" PRIx64,
					report->locks[i].pid,
					report->locks[i].address),
			(gpointer)(uintptr_t)report->locks[i].label);
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", out);
	put_names(writer);
	ret = read_trace(report->run.trace, NULL, on_event, writer, &stats,
			 err);
	fputs("\n]}\n", out);
	for (size_t i = 0; i < CPUS_MAX; i++)
		g_free(writer->turns[i].comm);
	read_stats_clear(&stats);
	g_hash_table_destroy(writer->labels);
	g_free(writer);
	return ret;
}
