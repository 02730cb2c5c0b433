#include "tracing/recorder/board_trace.h"

#include <glib.h>
#include <sys/utsname.h>

#include "tracing/recorder/clock.h"
#include "tracing/recorder/ctf.h"

struct board_trace {
	struct ctf_trace *ctf;
	struct ctf_stream *stream;
};

enum {
	ID_PROCESS,
	ID_THREAD,
	ID_STATS,
	ID_IO,
	ID_OPEN,
	ID_HELD,
	ID_LOST,
	ID_CPU
};

/* clang-format off */
#define EVENT(name, id, fields) \
	"event {\n\tname = \"" name "\";\n\tid = " id ";\n\tstream_id = 0;\n" \
	"\tfields := struct { " fields " };\n};\n"

static const char events[] =
	EVENT("board_process", "0",
	      "i32 _ppid; u64 _begin_ns; u64 _end_ns; u8 _how; "
	      "string _executable;")
	EVENT("board_thread", "1",
	      "u64 _begin_ns; u64 _end_ns; u8 _how; x64 _start_routine; "
	      "string _name;")
	EVENT("lock_stats", "2",
	      "x64 _address; x64 _site; u8 _kind; u8 _mode; "
	      "u64 _acquisitions; u64 _contended; u64 _relocks; "
	      "u64 _hold_ns; u64 _hold_max_ns; u64 _wait_ns; u64 _wait_max_ns; "
	      "u64 _waits; u64 _signals; u64 _gave_up; u64 _waits_told; "
	      "u64 _holds_told; u32 _failed[6];")
	EVENT("io_stats", "3",
	      "u8 _op; u8 _fd_kind; u64 _calls; u64 _told; u64 _bytes; "
	      "u64 _wait_ns;")
	EVENT("thread_open", "4",
	      "u8 _in; u8 _kind; u8 _mode; i32 _fd; i32 _owner; x64 _object; "
	      "x64 _object2; x64 _site; u64 _since_ns;")
	EVENT("lock_open", "5",
	      "x64 _address; x64 _site; u8 _kind; u8 _mode; u64 _begin_ns;")
	EVENT("board_lost", "6",
	      "u64 _slots; u64 _untabled; u64 _pending; u64 _held; "
	      "u64 _unheard;")
	EVENT("cpu_stats", "7",
	      "u32 _cpu; u64 _idle_ns; u64 _foreign_ns;");
/* clang-format on */

_Static_assert(LOCK_NERRORS == 6, "lock_stats tells all errors");

struct board_trace *board_trace_new(const char *path, uint64_t epoch_offset_ns,
				    struct err *err)
{
	struct board_trace *trace = g_new0(struct board_trace, 1);
	struct utsname name;
	char *env;
	struct ctf_shape shape = {
		.context = "i32 _vpid; i32 _vtid;",
		.events = events,
	};

	uname(&name);
	env = g_strdup_printf("\thostname = \"%s\";\n\tdomain = \"board\";\n"
			      "\ttracer_name = \"holdup\";\n",
			      name.nodename);
	shape.env = env;
	trace->ctf = ctf_new(path, &shape, epoch_offset_ns, err);
	g_free(env);
	if (trace->ctf)
		trace->stream =
			ctf_stream_new(trace->ctf, "board", 0, clock_ns(), err);
	if (trace->stream)
		return trace;
	board_trace_free(trace);
	return NULL;
}

void board_trace_set_offset(struct board_trace *trace, uint64_t epoch_offset_ns)
{
	ctf_set_offset(trace->ctf, epoch_offset_ns);
}

static struct ctf_stream *begin(struct board_trace *trace, uint16_t id,
				struct board_who who)
{
	ctf_event(trace->stream, id, clock_ns(), 512);
	ctf_i32(trace->stream, who.pid);
	ctf_i32(trace->stream, who.tid);
	return trace->stream;
}

void board_trace_process(struct board_trace *trace, struct board_who who,
			 const struct board_header *header, uint64_t end_ns,
			 enum end_how how)
{
	struct ctf_stream *out = begin(trace, ID_PROCESS, who);

	ctf_i32(out, header->ppid);
	ctf_u64(out, header->begin_ns);
	ctf_u64(out, end_ns);
	ctf_u8(out, (uint8_t)how);
	ctf_text(out, header->executable, sizeof(header->executable) - 1);
}

void board_trace_thread(struct board_trace *trace, struct board_who who,
			const struct board_slot *slot, uint64_t end_ns,
			enum end_how how)
{
	struct ctf_stream *out = begin(trace, ID_THREAD, who);

	ctf_u64(out, slot->begin_ns);
	ctf_u64(out, end_ns);
	ctf_u8(out, (uint8_t)how);
	ctf_u64(out, slot->start_routine);
	ctf_text(out, slot->name, sizeof(slot->name));
}

void board_trace_stats(struct board_trace *trace, struct board_who who,
		       const struct board_entry *entry,
		       const struct board_counts *counts)
{
	struct ctf_stream *out = begin(trace, ID_STATS, who);

	ctf_u64(out, entry->lock);
	ctf_u64(out, entry->site);
	ctf_u8(out, entry->kind);
	ctf_u8(out, entry->mode);
	ctf_u64(out, counts->acquisitions);
	ctf_u64(out, counts->contended);
	ctf_u64(out, counts->relocks);
	ctf_u64(out, counts->hold_ns);
	ctf_u64(out, counts->hold_max_ns);
	ctf_u64(out, counts->wait_ns);
	ctf_u64(out, counts->wait_max_ns);
	ctf_u64(out, counts->waits);
	ctf_u64(out, counts->signals);
	ctf_u64(out, counts->gave_up);
	ctf_u64(out, counts->waits_told);
	ctf_u64(out, counts->holds_told);
	for (int i = 0; i < LOCK_NERRORS; i++)
		ctf_u32(out, counts->failed[i]);
}

void board_trace_io(struct board_trace *trace, struct board_who who,
		    const struct board_io *io)
{
	struct ctf_stream *out = begin(trace, ID_IO, who);

	ctf_u8(out, io->op);
	ctf_u8(out, io->fd_kind);
	ctf_u64(out, io->calls);
	ctf_u64(out, io->told);
	ctf_u64(out, io->bytes);
	ctf_u64(out, io->ns);
}

void board_trace_open(struct board_trace *trace, struct board_who who,
		      const struct board_slot *slot)
{
	struct ctf_stream *out = begin(trace, ID_OPEN, who);

	ctf_u8(out, (uint8_t)slot->in);
	ctf_u8(out, slot->in_kind);
	ctf_u8(out, slot->in_mode);
	ctf_i32(out, slot->fd);
	ctf_i32(out, slot->owner_tid);
	ctf_u64(out, slot->object);
	ctf_u64(out, slot->object2);
	ctf_u64(out, slot->in_site);
	ctf_u64(out, slot->since_ns);
}

void board_trace_held(struct board_trace *trace, struct board_who who,
		      const struct board_held *held, uint64_t begin_ns)
{
	struct ctf_stream *out = begin(trace, ID_HELD, who);

	ctf_u64(out, held->lock);
	ctf_u64(out, held->site);
	ctf_u8(out, held->kind);
	ctf_u8(out, held->mode);
	ctf_u64(out, begin_ns);
}

void board_trace_lost(struct board_trace *trace, struct board_who who,
		      const uint64_t lost[BOARD_LOSSES])
{
	struct ctf_stream *out = begin(trace, ID_LOST, who);

	for (int i = 0; i < BOARD_LOSSES; i++)
		ctf_u64(out, lost[i]);
}

void board_trace_cpu(struct board_trace *trace, uint32_t cpu, uint64_t idle_ns,
		     uint64_t foreign_ns)
{
	struct ctf_stream *out =
		begin(trace, ID_CPU, (struct board_who){ 0, 0 });

	ctf_u32(out, cpu);
	ctf_u64(out, idle_ns);
	ctf_u64(out, foreign_ns);
}

void board_trace_flush(struct board_trace *trace)
{
	ctf_flush(trace->ctf);
}

uint64_t board_trace_events(const struct board_trace *trace)
{
	return ctf_stream_events(trace->stream);
}

int board_trace_trouble(const struct board_trace *trace)
{
	return ctf_trouble(trace->ctf);
}

void board_trace_free(struct board_trace *trace)
{
	if (!trace)
		return;
	ctf_free(trace->ctf);
	g_free(trace);
}
