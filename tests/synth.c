#include "tests/synth.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>

#include "analysis/read_table.h"
#include "tests/synth_part.h"

struct synth {
	char *dir, *manifest;
	GArray *events; /* of struct event */
	GStringChunk *texts;
	GPtrArray *arrays;
	guint next;
	unsigned int packet_events;
};

struct synth *synth_new(const char *dir)
{
	struct synth *synth = g_new0(struct synth, 1);

	synth->dir = g_strdup(dir);
	synth->events = g_array_new(FALSE, TRUE, sizeof(struct event));
	synth->texts = g_string_chunk_new(4096);
	synth->arrays = g_ptr_array_new_with_free_func(g_free);
	return synth;
}

static void *keep(struct synth *synth, const void *data, size_t bytes)
{
	g_ptr_array_add(synth->arrays, g_memdup2(data, bytes));
	return g_ptr_array_index(synth->arrays, synth->arrays->len - 1);
}

/* Makes a pointer in the event one to a copy of our own. */
static void keep_field(struct synth *synth, struct event *event,
		       const struct read_field *field)
{
	char *at = (char *)event + field->offset;
	const char *more = (const char *)event + field->more;
	void **pointer = (void **)(void *)at;
	uint32_t n;

	if (field->type == READ_TEXT && *pointer)
		*pointer = g_string_chunk_insert(synth->texts, *pointer);
	else if (field->type == READ_U64S && *(const uint8_t *)more)
		*pointer = keep(synth, *pointer,
				*(const uint8_t *)more * sizeof(uint64_t));
	else if (field->type == READ_BYTES) {
		memcpy(&n, more, sizeof(n));
		if (n)
			*pointer = keep(synth, *pointer, n);
	}
}

void synth_event(struct synth *synth, const struct event *event)
{
	const struct read_kind *kind = read_kind_of_event(event);
	struct event copy = *event;

	for (const struct read_field *f = kind ? kind->fields : NULL;
	     f && f->type != READ_END; f++)
		keep_field(synth, &copy, f);
	g_array_append_val(synth->events, copy);
}

void synth_discarded(struct synth *synth, enum event_source source, int32_t cpu,
		     uint64_t begin_ns, uint64_t end_ns, uint64_t count)
{
	struct event event = { .ts_ns = begin_ns,
			       .type = EVENT_DISCARDED,
			       .cpu = cpu };

	event.u.discarded.begin_ns = begin_ns;
	event.u.discarded.end_ns = end_ns;
	event.u.discarded.count = count;
	event.u.discarded.source = (uint8_t)source;
	synth_event(synth, &event);
}

void synth_manifest(struct synth *synth, const char *json)
{
	g_free(synth->manifest);
	synth->manifest = g_strdup(json);
}

void synth_packet_events(struct synth *synth, unsigned int n)
{
	synth->packet_events = n;
}

/* g_array_sort() is stable: events of the same time keep their order. */
static gint by_time(gconstpointer a, gconstpointer b)
{
	uint64_t of_a = ((const struct event *)a)->ts_ns;
	uint64_t of_b = ((const struct event *)b)->ts_ns;

	return of_a < of_b ? -1 : of_a > of_b;
}

static void rewind_events(void *data)
{
	((struct synth *)data)->next = 0;
}

static int next_event(void *data, struct event *event)
{
	struct synth *synth = data;

	if (synth->next == synth->events->len)
		return 0;
	*event = g_array_index(synth->events, struct event, synth->next++);
	return 1;
}

void synth_write_flow(const char *dir, const struct synth_flow *flow)
{
	static const char *const parts[SOURCE_NSOURCES] = {
		[SOURCE_UST] = SCHEMA_UST_DIR,
		[SOURCE_SCHED] = SCHEMA_SCHED_DIR,
		[SOURCE_BOARD] = SCHEMA_BOARD_DIR,
	};
	bool has[SOURCE_NSOURCES] = { false };
	struct event event = { 0 };

	if (g_mkdir(dir, 0755))
		g_error("synth: cannot make '%s'", dir);
	flow->rewind(flow->data);
	while (flow->next(flow->data, &event)) {
		has[synth_source(&event)] = true;
		memset(&event, 0, sizeof(event));
	}
	for (int i = 0; i < SOURCE_NSOURCES; i++) {
		g_autofree char *path = g_build_filename(dir, parts[i], NULL);

		if (has[i])
			synth_part_write(path, (enum event_source)i, flow);
	}
}

void synth_write(struct synth *synth)
{
	struct synth_flow flow = { .rewind = rewind_events,
				   .next = next_event,
				   .data = synth,
				   .packet_events = synth->packet_events };
	g_autofree char *path =
		g_build_filename(synth->dir, SCHEMA_MANIFEST, NULL);

	g_array_sort(synth->events, by_time);
	synth_write_flow(synth->dir, &flow);
	if (synth->manifest &&
	    !g_file_set_contents(path, synth->manifest, -1, NULL))
		g_error("synth: cannot write '%s'", path);
	g_ptr_array_free(synth->arrays, TRUE);
	g_string_chunk_free(synth->texts);
	g_array_free(synth->events, TRUE);
	g_free(synth->manifest);
	g_free(synth->dir);
	g_free(synth);
}

#define SITE(lock) ((lock) + 0x100000)

static struct event event_at(enum event_type type, uint64_t ts_ns, int32_t pid,
			     int32_t tid)
{
	struct event event = {
		.ts_ns = ts_ns, .type = type, .pid = pid, .tid = tid, .cpu = -1
	};

	return event;
}

void synth_process_start(struct synth *synth, uint64_t ts_ns, int32_t pid,
			 const char *executable)
{
	struct event e = event_at(EVENT_PROCESS_START, ts_ns, pid, pid);

	e.u.process.begin_ns = ts_ns;
	e.u.process.executable = executable;
	synth_event(synth, &e);
}

void synth_process_end(struct synth *synth, uint64_t ts_ns, int32_t pid,
		       int32_t status)
{
	struct event e = event_at(EVENT_PROCESS_END, ts_ns, pid, pid);

	e.u.process.how = END_EXIT;
	e.u.process.status = status;
	synth_event(synth, &e);
}

void synth_thread_start(struct synth *synth, uint64_t ts_ns, int32_t pid,
			int32_t tid, int32_t creator)
{
	struct event e = event_at(EVENT_THREAD_START, ts_ns, pid, tid);

	e.u.thread.other = creator;
	e.u.thread.begin_ns = ts_ns;
	e.u.thread.name = "";
	synth_event(synth, &e);
}

void synth_thread_exit(struct synth *synth, uint64_t ts_ns, int32_t pid,
		       int32_t tid)
{
	struct event e = event_at(EVENT_THREAD_EXIT, ts_ns, pid, tid);

	e.u.thread.how = END_RETURN;
	synth_event(synth, &e);
}

void synth_lock_wait(struct synth *synth, uint64_t ts_ns, int32_t pid,
		     int32_t tid, uint64_t lock, int32_t owner)
{
	struct event e = event_at(EVENT_LOCK_WAIT, ts_ns, pid, tid);

	e.u.lock.address = lock;
	e.u.lock.site = SITE(lock);
	e.u.lock.owner = owner;
	e.u.lock.begin_ns = ts_ns;
	synth_event(synth, &e);
}

void synth_lock_held(struct synth *synth, uint64_t ts_ns, int32_t pid,
		     int32_t tid, uint64_t lock, uint64_t wait_begin_ns,
		     uint64_t acquired_ns, uint64_t released_ns)
{
	struct event e = event_at(EVENT_LOCK_HELD, ts_ns, pid, tid);

	e.u.lock.address = lock;
	e.u.lock.site = SITE(lock);
	e.u.lock.wait_begin_ns = wait_begin_ns;
	e.u.lock.begin_ns = acquired_ns;
	e.u.lock.end_ns = released_ns;
	e.u.lock.weight = 1;
	synth_event(synth, &e);
}

void synth_lock_stats(struct synth *synth, uint64_t ts_ns, int32_t pid,
		      int32_t tid, uint64_t lock, uint64_t acquisitions,
		      uint64_t contended, uint64_t hold_ns, uint64_t wait_ns)
{
	struct event e = event_at(EVENT_LOCK_STATS, ts_ns, pid, tid);

	e.u.stats.address = lock;
	e.u.stats.site = SITE(lock);
	e.u.stats.acquisitions = acquisitions;
	e.u.stats.contended = contended;
	e.u.stats.hold_ns = hold_ns;
	e.u.stats.wait_ns = wait_ns;
	synth_event(synth, &e);
}

void synth_switch(struct synth *synth, uint64_t ts_ns, int32_t cpu,
		  int32_t prev_tid, int64_t prev_state, int32_t next_tid)
{
	struct event e = event_at(EVENT_SWITCH, ts_ns, 0, prev_tid);

	e.cpu = cpu;
	e.u.sched.prev_state = prev_state;
	e.u.sched.next_tid = next_tid;
	e.u.sched.prev_comm = e.u.sched.next_comm = "thread";
	synth_event(synth, &e);
}

void synth_waking(struct synth *synth, uint64_t ts_ns, int32_t cpu, int32_t tid,
		  int32_t target_cpu)
{
	struct event e = event_at(EVENT_WAKING, ts_ns, 0, 0);

	e.cpu = cpu;
	e.u.task.tid = tid;
	e.u.task.target_cpu = target_cpu;
	e.u.task.comm = "thread";
	synth_event(synth, &e);
}
