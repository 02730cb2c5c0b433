#include "tracing/recorder/rings_decode.h"

#include <glib.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <string.h>

static void copy_comm(char out[16], const uint8_t *raw, struct field field)
{
	size_t n = field.bytes < 15 ? field.bytes : 15;

	memcpy(out, raw + field.at, n);
	out[n] = '\0';
}

static int32_t raw_i32(const uint8_t *raw, struct field field)
{
	int32_t value;

	memcpy(&value, raw + field.at, sizeof(value));
	return value;
}

static int64_t raw_i64(const uint8_t *raw, struct field field)
{
	int64_t value;

	memcpy(&value, raw + field.at, sizeof(value));
	return value;
}

/* sched:* counts priorities from 0, LTTng from where real-time ones end. */
static int32_t lttng_prio(int32_t prio)
{
	return prio - 100;
}

static void decode_switch(const struct point_layout *p, const uint8_t *raw,
			  struct ring_record *out)
{
	out->type = RING_SWITCH;
	out->other = raw_i32(raw, p->prev_pid);
	out->other_prio = lttng_prio(raw_i32(raw, p->prev_prio));
	out->prev_state = raw_i64(raw, p->prev_state) & 0xff; /* 0: preempted */
	out->task = raw_i32(raw, p->next_pid);
	out->prio = lttng_prio(raw_i32(raw, p->next_prio));
	copy_comm(out->other_comm, raw, p->prev_comm);
	copy_comm(out->comm, raw, p->next_comm);
}

static void decode_wakeup(const struct point_layout *p, const uint8_t *raw,
			  enum ring_type type, struct ring_record *out)
{
	out->type = type;
	out->task = raw_i32(raw, p->pid);
	out->prio = lttng_prio(raw_i32(raw, p->prio));
	out->target_cpu = raw_i32(raw, p->cpu);
	copy_comm(out->comm, raw, p->comm);
}

/* header, pid, tid, time, bytes of raw data, raw data */
static void decode_sample(const struct point_layout *points, const uint8_t *at,
			  struct ring_record *out)
{
	const uint8_t *raw = at + 8 + 8 + 8 + 4;
	uint16_t id;

	memcpy(&out->other_pid, at + 8, 4);
	memcpy(&out->other, at + 12, 4);
	memcpy(&out->ts_ns, at + 16, 8);
	memcpy(&id, raw, sizeof(id));
	if (id == points[POINT_SWITCH].id)
		decode_switch(&points[POINT_SWITCH], raw, out);
	else if (id == points[POINT_WAKING].id)
		decode_wakeup(&points[POINT_WAKING], raw, RING_WAKING, out);
	else if (id == points[POINT_NEW].id)
		decode_wakeup(&points[POINT_NEW], raw, RING_WAKEUP_NEW, out);
}

/* pid, parent's pid, tid, parent's tid, time */
static void decode_task(const uint8_t *at, enum ring_type type,
			struct ring_record *out)
{
	out->type = type;
	memcpy(&out->pid, at + 8, 4);
	memcpy(&out->other_pid, at + 12, 4);
	memcpy(&out->task, at + 16, 4);
	memcpy(&out->other, at + 20, 4);
	memcpy(&out->ts_ns, at + 24, 8);
}

/* At the end of each record that is no sample stand pid, tid, time. */
static void decode_tail(const uint8_t *at, uint16_t bytes,
			struct ring_record *out)
{
	memcpy(&out->pid, at + bytes - 16, 4);
	memcpy(&out->task, at + bytes - 12, 4);
	memcpy(&out->ts_ns, at + bytes - 8, 8);
}

static int64_t decode_state(uint16_t misc)
{
	return misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT ? 0 : 1;
}

static void decode_own_switch(uint16_t misc, struct ring_record *out)
{
	bool is_out = misc & PERF_RECORD_MISC_SWITCH_OUT;

	out->type = RING_SWITCH;
	out->prev_state = decode_state(misc);
	out->other = is_out ? out->task : -1;
	out->other_pid = is_out ? out->pid : -1;
	if (is_out)
		out->task = -1;
}

/* header, pid and tid of the other one: who ran before, or runs next */
static void decode_runs(const uint8_t *at,
			const struct perf_event_header *header,
			struct ring_record *out)
{
	bool is_out = header->misc & PERF_RECORD_MISC_SWITCH_OUT;

	decode_tail(at, header->size, out);
	out->type = is_out ? RING_LEAVES : RING_RUNS;
	memcpy(&out->other_pid, at + 8, 4);
	memcpy(&out->other, at + 12, 4);
	if (is_out)
		out->prev_state = decode_state(header->misc);
}

void rings_decode(const struct point_layout *points, const uint8_t *at,
		  struct ring_record *out)
{
	struct perf_event_header header;

	memcpy(&header, at, sizeof(header));
	switch (header.type) {
	case PERF_RECORD_SAMPLE:
		decode_sample(points, at, out);
		break;
	case PERF_RECORD_FORK:
		decode_task(at, RING_FORK, out);
		break;
	case PERF_RECORD_EXIT:
		decode_task(at, RING_EXIT, out);
		break;
	case PERF_RECORD_COMM:
		decode_tail(at, header.size, out);
		out->type = header.misc & PERF_RECORD_MISC_COMM_EXEC
				    ? RING_EXEC
				    : RING_COMM;
		memcpy(&out->pid, at + 8, 4);
		memcpy(&out->task, at + 12, 4);
		g_strlcpy(out->comm, (const char *)at + 16, sizeof(out->comm));
		break;
	case PERF_RECORD_SWITCH:
		decode_tail(at, header.size, out);
		decode_own_switch(header.misc, out);
		break;
	case PERF_RECORD_SWITCH_CPU_WIDE:
		decode_runs(at, &header, out);
		break;
	case PERF_RECORD_LOST:
		decode_tail(at, header.size, out);
		out->type = RING_LOST;
		memcpy(&out->count, at + 16, 8);
		break;
	default:
		break;
	}
}
