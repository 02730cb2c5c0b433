/*
 * usage: read_dump DIR   prints what the door reads from a trace, a line an
 * event: the counterpart of `babeltrace2 DIR`. With --count only the counts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/read.h"
#include "analysis/read_table.h"

static void print_field(const struct event *event,
			const struct read_field *field)
{
	const char *at = (const char *)event + field->offset;
	uint64_t u64 = 0;
	uint32_t u32 = 0;

	switch (field->type) {
	case READ_U8:
		printf(" %s=%u", field->name, *(const uint8_t *)at);
		break;
	case READ_U32:
		memcpy(&u32, at, 4);
		printf(" %s=%" PRIu32, field->name, u32);
		break;
	case READ_I32:
		memcpy(&u32, at, 4);
		printf(" %s=%" PRId32, field->name, (int32_t)u32);
		break;
	case READ_U64:
	case READ_NS:
		memcpy(&u64, at, 8);
		printf(" %s=%" PRIu64, field->name, u64);
		break;
	case READ_I64:
		memcpy(&u64, at, 8);
		printf(" %s=%" PRId64, field->name, (int64_t)u64);
		break;
	case READ_TEXT:
		printf(" %s=\"%s\"", field->name, *(const char *const *)at);
		break;
	case READ_U64S:
		u32 = *(const uint8_t *)((const char *)event + field->more);
		printf(" %s=[", field->name);
		for (uint32_t i = 0; i < u32; i++)
			printf(" %" PRIx64, (*(const uint64_t *const *)at)[i]);
		printf(" ]");
		break;
	default:
		break;
	}
}

static void print_event(void *data, const struct event *event)
{
	const struct read_kind *kind = read_kind_of_event(event);

	(void)data;
	printf("%" PRIu64 " %s pid=%d tid=%d cpu=%d", event->ts_ns,
	       kind ? kind->name : "?", event->pid, event->tid, event->cpu);
	for (const struct read_field *f = kind ? kind->fields : NULL;
	     f && f->type != READ_END; f++)
		if (f->name)
			print_field(event, f);
	printf("\n");
}

static void count_event(void *data, const struct event *event)
{
	(void)event;
	++*(uint64_t *)data;
}

int main(int argc, char **argv)
{
	struct read_stats stats;
	struct err err = { "" };
	uint64_t count = 0, all = 0;
	int only_count = argc > 2 && !strcmp(argv[1], "--count");

	if (argc < 2)
		return 2;
	if (read_trace(argv[argc - 1], NULL,
		       only_count ? count_event : print_event, &count, &stats,
		       &err)) {
		fprintf(stderr, "read_dump: %s\n", err.text);
		read_stats_clear(&stats);
		return 3;
	}
	for (size_t i = 0; i < stats.n_streams; i++)
		all += stats.streams[i].events;
	fprintf(stderr,
		"%" PRIu64 " in all, %" PRIu64 " events, %" PRIu64
		" unknown, %" PRIu64 " late, discarded %" PRIu64 " %" PRIu64
		" %" PRIu64 "%s\n",
		all, stats.events, stats.unknown, stats.late,
		stats.discarded[0], stats.discarded[1], stats.discarded[2],
		stats.truncated ? ", truncated" : "");
	for (size_t i = 0; i < stats.n_streams; i++)
		fprintf(stderr, "  %s: cpu %d, %" PRIu64 " events%s\n",
			stats.streams[i].name, stats.streams[i].cpu,
			stats.streams[i].events,
			stats.streams[i].damaged ? ", damaged" : "");
	for (size_t i = 0; i < stats.n_notes; i++)
		fprintf(stderr, "  note: %s\n", stats.notes[i]);
	read_stats_clear(&stats);
	return 0;
}
