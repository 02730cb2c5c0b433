#include "tracing/recorder/logbook.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tracing/base/exits.h"
#include "tracing/recorder/clock.h"

#define ROOM 4096 /* kept free for what the end adds */

void logbook_init(struct logbook *manifest)
{
	*manifest = (struct logbook){ .ended = LOGBOOK_UNFINISHED };
	manifest->streams =
		g_array_new(FALSE, TRUE, sizeof(struct stream_count));
	manifest->baseline = g_array_new(FALSE, TRUE, sizeof(struct run_times));
	manifest->notes = g_ptr_array_new_with_free_func(g_free);
}

void logbook_note(struct logbook *manifest, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(manifest->notes, g_strdup_vprintf(format, args));
	va_end(args);
}

int logbook_exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static uint64_t timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u;
}

static void add(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value ? value : json_null());
}

static void add_number(json_t *object, const char *key, uint64_t value)
{
	add(object, key, json_integer((json_int_t)value));
}

/* Text that is no UTF-8 is told byte by byte. */
static json_t *text(const char *bytes)
{
	char *valid;
	json_t *json;

	if (!bytes)
		return json_null();
	valid = g_utf8_make_valid(bytes, -1);
	json = json_string(valid);
	g_free(valid);
	return json;
}

static json_t *texts(char *const *list, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, text(list[i]));
	return array;
}

static json_t *iso_time(uint64_t epoch_ns)
{
	time_t seconds = (time_t)(epoch_ns / 1000000000u);
	struct tm tm;
	char words[64];

	gmtime_r(&seconds, &tm);
	strftime(words, sizeof(words), "%Y-%m-%dT%H:%M:%S", &tm);
	return json_sprintf("%s.%03uZ", words,
			    (unsigned)(epoch_ns / 1000000u % 1000u));
}

static json_t *times_json(const struct run_times *run)
{
	json_t *json = json_object();
	const struct rusage *usage = &run->usage;

	add_number(json, "wall_ns", run->end_ns - run->start_ns);
	add_number(json, "user_ns", timeval_ns(usage->ru_utime));
	add_number(json, "system_ns", timeval_ns(usage->ru_stime));
	add_number(json, "max_rss_bytes", (uint64_t)usage->ru_maxrss * 1024);
	add_number(json, "voluntary_switches", (uint64_t)usage->ru_nvcsw);
	add_number(json, "involuntary_switches", (uint64_t)usage->ru_nivcsw);
	return json;
}

static void add_end(json_t *json, const struct logbook *m)
{
	static const char *const words[] = {
		[LOGBOOK_UNFINISHED] = "not-finished",
		[LOGBOOK_PROGRAM] = "exit",
		[LOGBOOK_KILLED] = "recorder-killed",
		[LOGBOOK_DAEMON] = "exit",
	};
	bool has_status =
		m->ended == LOGBOOK_PROGRAM || m->ended == LOGBOOK_DAEMON;
	bool killed = has_status && WIFSIGNALED(m->times.status);
	int status = logbook_exit_status(m->times.status);

	add(json, "ended", text(killed ? "signal" : words[m->ended]));
	add(json, "exit_status", has_status ? json_integer(status) : NULL);
	add(json, "signal",
	    killed ? json_integer(WTERMSIG(m->times.status)) : NULL);
	add(json, "interrupted",
	    m->interrupted ? json_integer(m->interrupted) : NULL);
	add(json, "times", has_status ? times_json(&m->times) : NULL);
}

static json_t *sched_json(const struct sched *sched)
{
	json_t *json = json_object();
	json_t *streams = json_array();
	uint64_t events = 0, lost = 0, all_events = 0, all_lost = 0;
	uint32_t cpus = (uint32_t)sysconf(_SC_NPROCESSORS_CONF);

	for (uint32_t cpu = 0; sched && cpu < cpus; cpu++) {
		json_t *stream;

		if (sched_counts(sched, cpu, &events, &lost))
			continue;
		stream = json_object();
		add_number(stream, "cpu", cpu);
		add_number(stream, "events", events);
		add_number(stream, "lost", lost);
		json_array_append_new(streams, stream);
		all_events += events;
		all_lost += lost;
	}
	add(json, "source",
	    text(sched_source_name(sched ? sched_source(sched) : SCHED_NONE)));
	add(json, "why",
	    !sched			  ? text("not asked for")
	    : sched_why(sched)[0] != '\0' ? text(sched_why(sched))
					  : NULL);
	add_number(json, "events", all_events);
	add_number(json, "lost", all_lost);
	add(json, "streams", streams);
	return json;
}

static json_t *ust_json(const GArray *counts)
{
	json_t *json = json_object();
	json_t *streams = json_array();
	struct stream_count sum = { NULL, 0, 0, 0 };

	for (guint i = 0; i < counts->len; i++) {
		const struct stream_count *count =
			&g_array_index(counts, struct stream_count, i);
		json_t *stream = json_object();

		add(stream, "name", text(count->name));
		add_number(stream, "discarded", count->discarded);
		add_number(stream, "packets", count->packets);
		add_number(stream, "bytes", count->bytes);
		json_array_append_new(streams, stream);
		sum.discarded += count->discarded;
		sum.packets += count->packets;
		sum.bytes += count->bytes;
	}
	add_number(json, "discarded", sum.discarded);
	add_number(json, "packets", sum.packets);
	add_number(json, "bytes", sum.bytes);
	add(json, "streams", streams);
	return json;
}

static json_t *board_json(const struct logbook *m)
{
	static const char *const names[] = { "slots", "untabled", "pending",
					     "held", "unheard" };
	json_t *json = json_object();
	json_t *lost = json_object();

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		add_number(lost, names[i], m->board_lost[i]);
	add_number(json, "events", m->board_events);
	add(json, "lost", lost);
	return json;
}

static json_t *baseline_json(const GArray *runs)
{
	json_t *json, *list;

	if (!runs->len)
		return json_null();
	json = json_object();
	list = json_array();
	for (guint i = 0; i < runs->len; i++) {
		const struct run_times *run =
			&g_array_index(runs, struct run_times, i);
		json_t *entry = times_json(run);

		add(entry, "exit_status",
		    json_integer(logbook_exit_status(run->status)));
		json_array_append_new(list, entry);
	}
	add(json, "runs", list);
	return json;
}

static json_t *calibration_json(const struct logbook *m)
{
	json_t *json = json_object();

	add(json, "event_ns", m->event_ns > 0 ? json_real(m->event_ns) : NULL);
	add(json, "pair_ns", m->pair_ns > 0 ? json_real(m->pair_ns) : NULL);
	add(json, "ns_per_tick",
	    m->ns_per_tick > 0 ? json_real(m->ns_per_tick) : NULL);
	return json;
}

static void add_machine(json_t *json, const struct logbook *m)
{
	struct utsname name;
	char *cwd = g_get_current_dir();
	json_t *clock = json_object();
	char boot[37];

	uname(&name);
	clock_boot_id(boot);
	add(json, "cwd", text(cwd));
	add(json, "host", text(name.nodename));
	add(json, "kernel", text(name.release));
	add_number(json, "cpus", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	add(json, "start_time",
	    iso_time(m->times.start_ns + m->epoch_offset_ns));
	add_number(json, "start_ns", m->times.start_ns);
	add_number(json, "end_ns", m->times.end_ns);
	add(clock, "boot_id", text(boot));
	add_number(clock, "offset_ns", m->epoch_offset_ns);
	add(json, "clock", clock);
	g_free(cwd);
}

static json_t *versions_json(void)
{
	json_t *json = json_object();
	struct utsname name;

	uname(&name);
	add(json, "holdup", text(HOLDUP_VERSION));
	add(json, "kernel", text(name.release));
	return json;
}

static json_t *logbook_json(const struct logbook *m)
{
	json_t *json = json_object();

	add(json, "schema", text("holdup-trace/1"));
	add_number(json, "schema_version", SCHEMA_VERSION);
	add(json, "holdup", text(HOLDUP_VERSION));
	add(json, "command", texts(m->command, g_strv_length(m->command)));
	add(json, "executable", text(m->executable));
	add_machine(json, m);
	add(json, "detail", text(m->detail_all ? "all" : "contended"));
	add_number(json, "budget", m->budget);
	add_number(json, "budget_end", m->budget_end);
	add_number(json, "buffer_bytes", m->buffer_bytes);
	add(json, "buffer_learned", json_boolean(m->buffer_learned));
	add_number(json, "buffer_needed_bytes", m->buffer_needed);
	add_number(json, "pid", (uint64_t)m->pid);
	add_end(json, m);
	add(json, "entered", json_boolean(!m->not_entered));
	add(json, "not_entered", text(m->not_entered));
	add_number(json, "processes", m->processes);
	add_number(json, "outlived", m->outlived);
	add(json, "scheduler", sched_json(m->sched));
	add(json, "ust", ust_json(m->streams));
	add(json, "board", board_json(m));
	add(json, "baseline", baseline_json(m->baseline));
	add(json, "calibration", calibration_json(m));
	add(json, "notes", texts((char **)m->notes->pdata, m->notes->len));
	add(json, "versions", versions_json());
	return json;
}

/* Overwrites in place; the first time with blanks behind it. */
static int write_text(int fd, const char *json, struct err *err)
{
	size_t n = strlen(json);
	off_t had = lseek(fd, 0, SEEK_END);
	size_t wanted = had > 0 ? MAX(n + 1, (size_t)had) : n + ROOM;
	char *padded = g_malloc(wanted);
	size_t done = 0;

	memset(padded, ' ', wanted);
	memcpy(padded, json, n + 1);
	padded[n] = ' ';
	padded[wanted - 1] = '\n';
	while (done < wanted) {
		ssize_t got =
			pwrite(fd, padded + done, wanted - done, (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		done += (size_t)got;
	}
	g_free(padded);
	return done < n ? err_errno(err, errno, "cannot write '%s'",
				    SCHEMA_MANIFEST)
			: 0;
}

/* Takes `json` and closes `fd`. */
static int write_json(json_t *json, int fd, struct err *err)
{
	char *words = json_dumps(json, JSON_INDENT(1));
	int rc = write_text(fd, words, err);

	if (close(fd) && !rc)
		rc = err_errno(err, errno, "cannot write '%s'",
			       SCHEMA_MANIFEST);
	free(words);
	json_decref(json);
	return rc;
}

int logbook_write(const struct logbook *manifest, int dir, struct err *err)
{
	int fd = openat(dir, SCHEMA_MANIFEST, O_RDWR | O_CREAT | O_CLOEXEC,
			0666);

	if (fd < 0)
		return err_errno(err, errno, "cannot create '%s'",
				 SCHEMA_MANIFEST);
	return write_json(logbook_json(manifest), fd, err);
}

int logbook_add_baseline(const struct logbook *manifest, int dir,
			 struct err *err)
{
	int fd = openat(dir, SCHEMA_MANIFEST, O_RDWR | O_CLOEXEC);
	json_t *json;

	if (fd < 0)
		return err_errno(err, errno, "cannot open '%s'",
				 SCHEMA_MANIFEST);
	json = json_loadfd(fd, 0, NULL);
	if (!json) {
		close(fd);
		return err_set(err, "cannot read '%s'", SCHEMA_MANIFEST);
	}
	add(json, "baseline", baseline_json(manifest->baseline));
	return write_json(json, fd, err);
}

void logbook_clear(struct logbook *manifest)
{
	for (guint i = 0; i < manifest->streams->len; i++)
		g_free(g_array_index(manifest->streams, struct stream_count, i)
			       .name);
	g_array_free(manifest->streams, TRUE);
	g_array_free(manifest->baseline, TRUE);
	g_ptr_array_free(manifest->notes, TRUE);
}
