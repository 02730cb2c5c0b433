/*
 * libFuzzer target: any flow of events through the model, the findings and the
 * renderers. They must neither crash nor hang. With FUZZ_LAWS in the
 * environment what it reports must keep its own laws too, which it cannot where
 * counts contradict events.
 *
 * The input is a list of records: a kind of event (an index into read_kinds),
 * then the values of its fields, most of them small so that events meet: few
 * threads, few locks, times near each other.
 */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/check.h"
#include "analysis/load.h"
#include "analysis/read_table.h"
#include "tests/fuzz/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
	uint64_t now_ns;
};

static uint8_t take(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

static uint64_t take_wide(struct input *in)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | take(in);
	return value;
}

/* Points in time lie a little before now, or anywhere up to it. */
static uint64_t take_ns(struct input *in, const struct event *event)
{
	uint8_t first = take(in);
	uint64_t value = first == 255	? take_wide(in)
			 : first == 254 ? 0
					: event->ts_ns - first * UINT64_C(16);

	return MIN(value, event->ts_ns);
}

static uint64_t take_u64(struct input *in)
{
	uint8_t first = take(in);

	return first == 255 ? take_wide(in) : first;
}

static void fill(struct input *in, struct event *event,
		 const struct read_field *f)
{
	static const uint64_t numbers[64] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const char *const texts[] = { "", "main", "worker", NULL };
	char *at = (char *)event + f->offset;
	const void *pointer;
	uint64_t value;
	int32_t small;

	switch (f->type) {
	case READ_U8:
		*(uint8_t *)at = take(in);
		if (f->more)
			*(uint8_t *)at %= f->more;
		break;
	case READ_U32:
	case READ_I32:
		small = take(in) - 64; /* some below 0 */
		memcpy(at, &small, sizeof(small));
		break;
	case READ_NS:
		value = take_ns(in, event);
		memcpy(at, &value, sizeof(value));
		break;
	case READ_U64:
	case READ_I64:
		value = take_u64(in);
		memcpy(at, &value, sizeof(value));
		break;
	case READ_TEXT:
		pointer = texts[take(in) % 4];
		memcpy(at, &pointer, sizeof(pointer));
		break;
	case READ_U64S:
		pointer = numbers;
		memcpy(at, &pointer, sizeof(pointer));
		((uint8_t *)event)[f->more] = take(in) % 65;
		break;
	case READ_U32S:
		for (uint32_t i = 0; i < f->more; i++)
			((uint32_t *)(void *)at)[i] = take(in);
		break;
	case READ_NOW:
		memcpy(at, &event->ts_ns, sizeof(event->ts_ns));
		break;
	case READ_SET8:
		*(uint8_t *)at = (uint8_t)f->more;
		break;
	case READ_SET32:
		small = (int16_t)f->more;
		memcpy(at, &small, sizeof(small));
		break;
	default:
		break;
	}
}

static size_t count_kinds(void)
{
	size_t n = 1;

	while (read_kinds[n].name)
		n++;
	return n;
}

static void feed(struct load *load, struct input *in)
{
	size_t n_kinds = count_kinds();

	while (in->size) {
		const struct read_kind *kind = &read_kinds[take(in) % n_kinds];
		uint8_t step = take(in), who = take(in);
		struct event event = { .type = (enum event_type)kind->type };

		if (kind->type == EVENT_NONE || kind->type >= EVENT_NTYPES)
			continue;
		in->now_ns += step == 255 ? take_wide(in) >> 28 : step;
		in->now_ns = MIN(in->now_ns, READ_NS_MAX);
		event.ts_ns = in->now_ns;
		event.pid = kind->source == SOURCE_SCHED ? 0 : 1 + (who & 1);
		event.tid = 1 + (who >> 1) % 8;
		event.cpu = (who >> 4) - 1;
		for (const struct read_field *f = kind->fields;
		     f->type != READ_END; f++)
			fill(in, &event, f);
		if (read_kind_allows(kind, &event))
			load_event(load, &event);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { .data = data, .size = size, .now_ns = 1000000 };
	struct load_options options = { .bins = take(&in) % 64,
					.waits = take(&in) % 8,
					.each = take(&in) % 2 };
	struct read_stats stats = { .truncated = true };
	struct err err = { "" };
	struct manifest manifest;
	struct report *report;
	struct load *load;

	(void)manifest_read("/nowhere", &manifest, NULL);
	manifest.cpus = 2;
	load = load_begin(&manifest, &options);
	feed(load, &in);
	report = load_finish(load, "fuzz", &stats);
	if (report_check(report, &err) && getenv("FUZZ_LAWS")) {
		fprintf(stderr, "law broken: %s\n", err.text);
		abort();
	}
	fuzz_render(report);
	report_free(report);
	manifest_clear(&manifest);
	return 0;
}
