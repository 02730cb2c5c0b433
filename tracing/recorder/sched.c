#include "tracing/recorder/sched.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/utsname.h>

#include "tracing/recorder/clock.h"
#include "tracing/recorder/ctf.h"
#include "tracing/recorder/rings.h"
#include "tracing/recorder/tree.h"

/* What a CPU does, for the sums of what it does beside the program. */
struct cpu_now {
	int32_t tid; /* -1: not known until the next switch */
	bool is_ours;
	uint64_t since_ns;
	uint64_t idle_ns, foreign_ns;
	uint32_t told; /* ends of its idleness, by the tracepoint */
	int64_t left;  /* how the last one left it: its prev_state */
};

/* A CPU that told so many ends of its idleness tells them all. */
#define TOLD_ENOUGH 64

struct sched {
	enum sched_source source;
	struct rings *rings;
	struct tree *tree;
	struct ctf_trace *trace;
	struct ctf_stream **streams; /* by CPU; NULL where it is absent */
	uint32_t *waiting; /* by CPU: our threads that wait for their turn */
	struct cpu_now *cpus;
	uint64_t until_ns; /* all before this has been read */
	pid_t root;
	bool has_lost; /* since the tree was last looked through */
	bool ever_lost;
	bool is_mute;	    /* the tracepoint left a switch out */
	uint64_t processes; /* of the tree, that still run */
	struct err why;
};

enum { ID_SWITCH, ID_WAKING, ID_WAKEUP_NEW, ID_FORK, ID_EXEC, ID_EXIT };

#define COMM(name) "\t\ttext _" name "[16];\n"
#define TASK	   COMM("comm") "\t\ti32 _tid;\n\t\ti32 _prio;\n"
#define EVENT(name, id, fields)                                               \
	"event {\n\tname = \"" name "\";\n\tid = " id ";\n\tstream_id = 0;\n" \
	"\tfields := struct {\n" fields "\t};\n};\n"

static const char events[] = EVENT(
	"sched_switch", "0",
	COMM("prev_comm") "\t\ti32 _prev_tid;\n\t\ti32 _prev_prio;\n"
			  "\t\ti64 _prev_state;\n" COMM(
				  "next_comm") "\t\ti32 _next_tid;\n"
					       "\t\ti32 _next_prio;\n")
	EVENT("sched_waking", "1", TASK "\t\ti32 _target_cpu;\n") EVENT(
		"sched_wakeup_new", "2", TASK "\t\ti32 _target_cpu;\n")
		EVENT("sched_process_fork", "3",
		      COMM("parent_comm") "\t\ti32 _parent_tid;\n"
					  "\t\ti32 _parent_pid;\n" COMM(
						  "child_comm") "\t\ti32 _child_tid;\n"
								"\t\ti32 _child_pid;\n")
			EVENT("sched_process_exec", "4",
			      "\t\tstring _filename;\n"
			      "\t\ti32 _tid;\n"
			      "\t\ti32 _old_tid;\n")
				EVENT("sched_process_exit", "5", TASK);

static const char *const source_names[] = {
	[SCHED_NONE] = "none",
	[SCHED_TASK] = "task",
	[SCHED_SYSTEM] = "system",
};

struct sched *sched_new(const char *tracefs)
{
	struct sched *sched = g_new0(struct sched, 1);

	sched->rings = rings_open_system(tracefs, &sched->why);
	if (sched->rings)
		sched->source = SCHED_SYSTEM;
	return sched;
}

static char *env_text(enum sched_source source)
{
	struct utsname name;

	uname(&name);
	return g_strdup_printf("\thostname = \"%s\";\n\tdomain = \"kernel\";\n"
			       "\tsysname = \"Linux\";\n"
			       "\tkernel_release = \"%s\";\n"
			       "\tkernel_version = \"%s\";\n"
			       "\ttracer_name = \"lttng-modules\";\n"
			       "\ttracer_major = 2;\n\ttracer_minor = 13;\n"
			       "\ttracer_patchlevel = 9;\n"
			       "\ttrace_buffering_scheme = \"global\";\n"
			       "\tholdup_source = \"perf_event\";\n"
			       "\tholdup_scheduler = \"%s\";\n",
			       name.nodename, name.release, name.version,
			       source_names[source]);
}

static int open_trace(struct sched *sched, const char *path, uint64_t offset_ns,
		      struct err *err)
{
	char *env = env_text(sched->source);
	const struct ctf_shape shape = {
		.env = env,
		.events = events,
		.has_cpu = true,
	};
	uint64_t now = clock_ns();

	sched->trace = ctf_new(path, &shape, offset_ns, err);
	g_free(env);
	if (!sched->trace)
		return -1;
	sched->streams = g_new0(struct ctf_stream *, rings_cpus(sched->rings));
	sched->waiting = g_new0(uint32_t, rings_cpus(sched->rings));
	sched->cpus = g_new0(struct cpu_now, rings_cpus(sched->rings));
	for (uint32_t cpu = 0; cpu < rings_cpus(sched->rings); cpu++) {
		char name[32];

		sched->cpus[cpu] =
			(struct cpu_now){ .tid = -1, .since_ns = now };
		if (!rings_has(sched->rings, cpu))
			continue;
		g_snprintf(name, sizeof(name), "sched_%u", cpu);
		sched->streams[cpu] =
			ctf_stream_new(sched->trace, name, cpu, now, err);
		if (!sched->streams[cpu])
			return err_prefix(err, "'%s'", path);
	}
	return 0;
}

int sched_follow(struct sched *sched, pid_t root, const char *path,
		 uint64_t epoch_offset_ns, struct err *err)
{
	if (!sched->rings) {
		struct err second = { "" };

		sched->rings = rings_open_task(root, &second);
		if (!sched->rings) {
			sched->why = second;
			return 0;
		}
		sched->source = SCHED_TASK;
	}
	sched->root = root;
	sched->processes = 1;
	sched->tree = tree_new();
	tree_add(sched->tree, root, root, "holdup");
	return open_trace(sched, path, epoch_offset_ns, err);
}

void sched_set_offset(struct sched *sched, uint64_t epoch_offset_ns)
{
	if (sched->trace)
		ctf_set_offset(sched->trace, epoch_offset_ns);
}

enum sched_source sched_source(const struct sched *sched)
{
	return sched->source;
}

const char *sched_source_name(enum sched_source source)
{
	return source_names[source];
}

const char *sched_why(const struct sched *sched)
{
	return sched->why.text;
}

int sched_fd(const struct sched *sched)
{
	return sched->rings ? rings_fd(sched->rings) : -1;
}

/* All that stands in a fixed field of 16 bytes. */
static void put_comm(struct ctf_stream *stream, const char *comm)
{
	char field[16] = "";

	g_strlcpy(field, comm, sizeof(field));
	ctf_put(stream, field, sizeof(field));
}

static const struct tree_task *known(struct sched *sched, int32_t tid)
{
	static const struct tree_task nobody = { .comm = "?" };
	const struct tree_task *task = tree_task(sched->tree, tid);

	return task && task->is_ours ? task : &nobody;
}

/* Notes that a thread of ours waits for its turn on a CPU, or no longer. */
static void wait_on(struct sched *sched, int32_t tid, uint16_t cpu_plus_1)
{
	struct tree_task *task = tree_task(sched->tree, tid);

	if (!task || !task->is_ours)
		return;
	if (task->waits_on)
		sched->waiting[task->waits_on - 1]--;
	if (cpu_plus_1 > rings_cpus(sched->rings))
		cpu_plus_1 = 0;
	task->waits_on = cpu_plus_1;
	if (cpu_plus_1)
		sched->waiting[cpu_plus_1 - 1]++;
}

static bool is_ours(struct sched *sched, int32_t tid)
{
	const struct tree_task *task = tree_task(sched->tree, tid);

	return task && task->is_ours;
}

static void spend(struct cpu_now *cpu, int32_t tid, bool is_ours, uint64_t ns)
{
	uint64_t spent = ns > cpu->since_ns ? ns - cpu->since_ns : 0;

	if (tid == 0)
		cpu->idle_ns += spent;
	else if (!is_ours)
		cpu->foreign_ns += spent;
	cpu->since_ns = MAX(ns, cpu->since_ns);
}

/* A switch of ours, or one of others while one of ours wanted this CPU. */
static void on_switch(struct sched *sched, struct ctf_stream *stream,
		      const struct ring_record *r)
{
	bool keep = is_ours(sched, r->other) || is_ours(sched, r->task) ||
		    sched->waiting[r->cpu];
	bool has_names = sched->source == SCHED_SYSTEM;
	struct cpu_now *cpu = &sched->cpus[r->cpu];

	spend(cpu, r->other, is_ours(sched, r->other), r->ts_ns);
	cpu->tid = r->task;
	cpu->is_ours = is_ours(sched, r->task);

	wait_on(sched, r->task, 0);
	if (r->prev_state == 0)
		wait_on(sched, r->other, (uint16_t)(r->cpu + 1));
	if (!keep)
		return;
	ctf_event(stream, ID_SWITCH, r->ts_ns, 64);
	put_comm(stream,
		 has_names ? r->other_comm : known(sched, r->other)->comm);
	ctf_i32(stream, r->other);
	ctf_i32(stream, r->other_prio);
	ctf_i64(stream, r->prev_state);
	put_comm(stream, has_names ? r->comm : known(sched, r->task)->comm);
	ctf_i32(stream, r->task);
	ctf_i32(stream, r->prio);
	if (known(sched, r->other)->is_exiting)
		tree_remove(sched->tree, r->other);
}

static void on_leaves(struct sched *sched, struct ctf_stream *stream,
		      const struct ring_record *r)
{
	(void)stream;
	sched->cpus[r->cpu].left = r->prev_state;
}

/* The tracepoint left a switch out, which it may do on each CPU. */
static void distrust(struct sched *sched)
{
	for (uint32_t i = 0; !sched->is_mute && i < rings_cpus(sched->rings);
	     i++)
		rings_trust(sched->rings, i, false);
	sched->is_mute = true;
}

/* The tracepoint should have told this before, see rings.c. */
static void on_runs(struct sched *sched, struct ctf_stream *stream,
		    const struct ring_record *r)
{
	struct cpu_now *cpu = &sched->cpus[r->cpu];
	struct ring_record missed = *r;

	if (r->task < 0)
		return;
	if (cpu->tid == r->task) {
		cpu->told += r->other == 0;
		if (cpu->told == TOLD_ENOUGH && !sched->is_mute)
			rings_trust(sched->rings, r->cpu, true);
		return;
	}
	if (cpu->tid >= 0)
		distrust(sched);
	missed.type = RING_SWITCH;
	missed.prio = missed.other_prio = 20;
	missed.prev_state = r->other ? cpu->left : 0;
	g_strlcpy(missed.other_comm, known(sched, r->other)->comm,
		  sizeof(missed.other_comm));
	if (r->other == 0)
		g_snprintf(missed.other_comm, sizeof(missed.other_comm),
			   "swapper/%u", r->cpu);
	g_strlcpy(missed.comm, known(sched, r->task)->comm,
		  sizeof(missed.comm));
	on_switch(sched, stream, &missed);
}

static void on_wakeup(struct sched *sched, struct ctf_stream *stream,
		      const struct ring_record *r)
{
	if (!is_ours(sched, r->task))
		return;
	wait_on(sched, r->task, (uint16_t)(r->target_cpu + 1));
	ctf_event(stream, r->type == RING_WAKING ? ID_WAKING : ID_WAKEUP_NEW,
		  r->ts_ns, 32);
	put_comm(stream, r->comm);
	ctf_i32(stream, r->task);
	ctf_i32(stream, r->prio);
	ctf_i32(stream, r->target_cpu);
}

static void on_fork(struct sched *sched, struct ctf_stream *stream,
		    const struct ring_record *r)
{
	const struct tree_task *parent = known(sched, r->other);

	if (!parent->is_ours)
		return;
	tree_add(sched->tree, r->task, r->pid, parent->comm);
	sched->processes += r->task == r->pid;
	ctf_event(stream, ID_FORK, r->ts_ns, 64);
	put_comm(stream, parent->comm);
	ctf_i32(stream, r->other);
	ctf_i32(stream, r->other_pid);
	put_comm(stream, parent->comm);
	ctf_i32(stream, r->task);
	ctf_i32(stream, r->pid);
}

static void on_exec(struct sched *sched, struct ctf_stream *stream,
		    const struct ring_record *r)
{
	if (!is_ours(sched, r->task))
		return;
	tree_add(sched->tree, r->task, r->pid, r->comm);
	ctf_event(stream, ID_EXEC, r->ts_ns, 32);
	ctf_text(stream, r->comm, sizeof(r->comm) - 1);
	ctf_i32(stream, r->task);
	ctf_i32(stream, r->task);
}

static void on_comm(struct sched *sched, struct ctf_stream *stream,
		    const struct ring_record *r)
{
	(void)stream;
	if (is_ours(sched, r->task))
		tree_add(sched->tree, r->task, r->pid, r->comm);
}

static void on_exit_of(struct sched *sched, struct ctf_stream *stream,
		       const struct ring_record *r)
{
	if (!is_ours(sched, r->task))
		return;
	ctf_event(stream, ID_EXIT, r->ts_ns, 32);
	put_comm(stream, known(sched, r->task)->comm);
	ctf_i32(stream, r->task);
	ctf_i32(stream, 20);
	wait_on(sched, r->task, 0);
	sched->processes -= r->task == r->pid && sched->processes;
	tree_task(sched->tree, r->task)->is_exiting = true;
}

static void on_lost(struct sched *sched, struct ctf_stream *stream,
		    const struct ring_record *r)
{
	ctf_lost(stream, r->count);
	/* Who ran meanwhile is not known. */
	sched->cpus[r->cpu].tid = -1;
	sched->cpus[r->cpu].since_ns = r->ts_ns;
	sched->has_lost = sched->ever_lost = true;
}

static void (*const handlers[])(struct sched *, struct ctf_stream *,
				const struct ring_record *) = {
	[RING_SWITCH] = on_switch,     [RING_LEAVES] = on_leaves,
	[RING_RUNS] = on_runs,	       [RING_WAKING] = on_wakeup,
	[RING_WAKEUP_NEW] = on_wakeup, [RING_FORK] = on_fork,
	[RING_EXEC] = on_exec,	       [RING_COMM] = on_comm,
	[RING_EXIT] = on_exit_of,      [RING_LOST] = on_lost,
};

void sched_read(struct sched *sched)
{
	uint64_t until = clock_ns();
	struct ring_record record;
	unsigned n = 0;

	if (!sched->trace)
		return;
	while (rings_next(sched->rings, until, &record)) {
		handlers[record.type](sched, sched->streams[record.cpu],
				      &record);
		if (++n % 4096 == 0)
			rings_release(sched->rings);
	}
	rings_release(sched->rings);
	sched->until_ns = until;
	if (sched->has_lost)
		tree_rescan(sched->tree, sched->root);
	sched->has_lost = false;
}

void sched_stop(struct sched *sched)
{
	if (sched->rings)
		rings_stop(sched->rings);
	sched_read(sched);
}

void sched_flush(struct sched *sched)
{
	if (sched->trace)
		ctf_flush(sched->trace);
}

int sched_beside(struct sched *sched, uint32_t cpu, uint64_t *idle_ns,
		 uint64_t *foreign_ns)
{
	struct cpu_now *now;

	if (sched->source != SCHED_SYSTEM || !sched->trace ||
	    cpu >= rings_cpus(sched->rings) || !sched->streams[cpu])
		return -1;
	now = &sched->cpus[cpu];
	if (now->tid >= 0)
		spend(now, now->tid, now->is_ours, sched->until_ns);
	*idle_ns = now->idle_ns;
	*foreign_ns = now->foreign_ns;
	now->idle_ns = now->foreign_ns = 0;
	return 0;
}

uint64_t sched_processes(const struct sched *sched)
{
	return sched->ever_lost ? 0 : sched->processes;
}

int sched_counts(const struct sched *sched, uint32_t cpu, uint64_t *events_out,
		 uint64_t *lost)
{
	if (!sched->trace || cpu >= rings_cpus(sched->rings) ||
	    !sched->streams[cpu])
		return -1;
	*events_out = ctf_stream_events(sched->streams[cpu]);
	*lost = ctf_stream_lost(sched->streams[cpu]);
	return 0;
}

int sched_trouble(const struct sched *sched)
{
	return sched->trace ? ctf_trouble(sched->trace) : 0;
}

void sched_free(struct sched *sched)
{
	if (!sched)
		return;
	ctf_free(sched->trace);
	rings_free(sched->rings);
	tree_free(sched->tree);
	g_free(sched->streams);
	g_free(sched->waiting);
	g_free(sched->cpus);
	g_free(sched);
}
