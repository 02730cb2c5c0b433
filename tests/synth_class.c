#include "tests/synth_class.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read_table.h"

#define CLOCK_OFFSET_S 1700000000

static const struct {
	const char *domain, *tracer;
} domains[] = {
	[SOURCE_UST] = { "ust", "lttng-ust" },
	[SOURCE_SCHED] = { "kernel", "lttng-modules" },
	[SOURCE_BOARD] = { "board", "holdup" },
};

void synth_need(bool ok, const char *what)
{
	const bt_error *error;

	if (ok)
		return;
	fprintf(stderr, "synth: cannot %s\n", what);
	error = bt_current_thread_take_error();
	for (uint64_t i = 0; error && i < bt_error_get_cause_count(error); i++)
		fprintf(stderr, "  %s\n",
			bt_error_cause_get_message(
				bt_error_borrow_cause_by_index(error, i)));
	abort();
}

static bt_field_class *integer_class(bt_trace_class *trace, bool is_signed,
				     uint64_t bits)
{
	bt_field_class *class =
		is_signed ? bt_field_class_integer_signed_create(trace)
			  : bt_field_class_integer_unsigned_create(trace);

	bt_field_class_integer_set_field_value_range(class, bits);
	return class;
}

static bt_field_class *field_class(bt_trace_class *trace,
				   const struct read_field *field)
{
	bt_field_class *element, *class;

	switch (field->type) {
	case READ_U8:
		return integer_class(trace, false, 8);
	case READ_U32:
		return integer_class(trace, false, 32);
	case READ_U64:
	case READ_NS:
		return integer_class(trace, false, 64);
	case READ_I32:
		return integer_class(trace, true, 32);
	case READ_I64:
		return integer_class(trace, true, 64);
	case READ_TEXT:
		return bt_field_class_string_create(trace);
	default:
		break;
	}
	element = integer_class(trace, false,
				field->type == READ_BYTES  ? 8
				: field->type == READ_U32S ? 32
							   : 64);
	class = field->type == READ_U32S
			? bt_field_class_array_static_create(trace, element,
							     field->more)
			: bt_field_class_array_dynamic_create(trace, element,
							      NULL);
	bt_field_class_put_ref(element);
	return class;
}

static void append(bt_field_class *structure, const char *name,
		   bt_field_class *take_class)
{
	synth_need(!bt_field_class_structure_append_member(structure, name,
							   take_class),
		   "make a structure");
	bt_field_class_put_ref(take_class);
}

/* A fact that goes to two places in struct event is told once. */
bool synth_is_repeated(const struct read_field *fields,
		       const struct read_field *field)
{
	for (; fields < field; fields++)
		if (fields->name && !strcmp(fields->name, field->name))
			return true;
	return false;
}

static void make_event_class(struct part *part, bt_trace_class *trace,
			     const struct read_kind *kind)
{
	bt_event_class *class = bt_event_class_create(part->stream_class);
	bt_field_class *payload = bt_field_class_structure_create(trace);

	for (const struct read_field *f = kind->fields; f->type != READ_END;
	     f++)
		if (f->name && !synth_is_repeated(kind->fields, f))
			append(payload, f->name, field_class(trace, f));
	synth_need(
		!bt_event_class_set_name(class, kind->name) &&
			!bt_event_class_set_payload_field_class(class, payload),
		"make an event class");
	bt_field_class_put_ref(payload);
	part->classes[kind - read_kinds] = class;
}

static void make_clock(struct part *part, bt_self_component *self)
{
	static const uint8_t uuid[16] = "holdup's clock.";
	bt_clock_class *clock = bt_clock_class_create(self);

	bt_clock_class_set_frequency(clock, 1000000000);
	bt_clock_class_set_offset(clock, CLOCK_OFFSET_S, 0);
	bt_clock_class_set_origin_is_unix_epoch(clock, BT_TRUE);
	bt_clock_class_set_uuid(clock, uuid);
	synth_need(!bt_clock_class_set_name(clock, "monotonic") &&
			   !bt_stream_class_set_default_clock_class(
				   part->stream_class, clock),
		   "make a clock");
	bt_clock_class_put_ref(clock);
}

static void make_contexts(struct part *part, bt_trace_class *trace)
{
	bt_field_class *packet = bt_field_class_structure_create(trace);
	bt_field_class *event;

	append(packet, "cpu_id", integer_class(trace, false, 32));
	synth_need(!bt_stream_class_set_packet_context_field_class(
			   part->stream_class, packet),
		   "make the packet context");
	bt_field_class_put_ref(packet);
	if (part->source == SOURCE_SCHED)
		return;
	event = bt_field_class_structure_create(trace);
	append(event, "vpid", integer_class(trace, true, 32));
	append(event, "vtid", integer_class(trace, true, 32));
	synth_need(!bt_stream_class_set_event_common_context_field_class(
			   part->stream_class, event),
		   "make the event context");
	bt_field_class_put_ref(event);
}

void synth_make_trace(struct part *part, bt_self_component *self)
{
	bt_trace_class *trace = bt_trace_class_create(self);

	part->stream_class = bt_stream_class_create(trace);
	make_clock(part, self);
	bt_stream_class_set_supports_packets(part->stream_class, BT_TRUE,
					     BT_TRUE, BT_TRUE);
	bt_stream_class_set_supports_discarded_events(part->stream_class,
						      BT_TRUE, BT_TRUE);
	bt_stream_class_set_assigns_automatic_stream_id(part->stream_class,
							BT_FALSE);
	make_contexts(part, trace);
	for (const struct read_kind *kind = read_kinds; kind->name; kind++)
		if (kind->source == part->source)
			make_event_class(part, trace, kind);
	part->trace = bt_trace_create(trace);
	synth_need(
		!bt_trace_set_environment_entry_string(
			part->trace, "domain", domains[part->source].domain) &&
			!bt_trace_set_environment_entry_string(
				part->trace, "tracer_name",
				domains[part->source].tracer) &&
			!bt_trace_set_environment_entry_integer(
				part->trace, "tracer_major", 2) &&
			!bt_trace_set_environment_entry_integer(
				part->trace, "tracer_minor", 13),
		"make a trace");
	bt_trace_class_put_ref(trace);
}
