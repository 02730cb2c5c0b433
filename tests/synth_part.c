#include "tests/synth_part.h"

#include <babeltrace2/babeltrace.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read_table.h"

#define KINDS_MAX      128
#define CPUS_MAX       256
#define PACKET_EVENTS  64
#define CLOCK_OFFSET_S 1700000000

struct stream {
	bt_stream *stream;
	bt_packet *packet; /* the open one, or NULL */
	unsigned int n;	   /* events in it */
	uint64_t last_ns;
	uint64_t end_ns; /* where it must end, 0: anywhere */
};

struct part {
	enum event_source source;
	const struct synth_flow *flow;
	bt_trace *trace;
	bt_stream_class *stream_class;
	bt_event_class *classes[KINDS_MAX];
	struct stream streams[CPUS_MAX];
	GQueue messages;
	bt_self_message_iterator *iterator;
	bool ended;
};

static const struct {
	const char *domain, *tracer;
} domains[] = {
	[SOURCE_UST] = { "ust", "lttng-ust" },
	[SOURCE_SCHED] = { "kernel", "lttng-modules" },
	[SOURCE_BOARD] = { "board", "holdup" },
};

static void need(bool ok, const char *what)
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

enum event_source synth_source(const struct event *event)
{
	const struct read_kind *kind;

	if (event->type == EVENT_DISCARDED)
		return (enum event_source)event->u.discarded.source;
	kind = read_kind_of_event(event);
	if (!kind) {
		fprintf(stderr, "synth: no trace has events of type %d\n",
			(int)event->type);
		abort();
	}
	return kind->source;
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
	need(!bt_field_class_structure_append_member(structure, name,
						     take_class),
	     "make a structure");
	bt_field_class_put_ref(take_class);
}

/* A fact that goes to two places in struct event is told once. */
static bool is_repeated(const struct read_field *fields,
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
		if (f->name && !is_repeated(kind->fields, f))
			append(payload, f->name, field_class(trace, f));
	need(!bt_event_class_set_name(class, kind->name) &&
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
	need(!bt_clock_class_set_name(clock, "monotonic") &&
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
	need(!bt_stream_class_set_packet_context_field_class(part->stream_class,
							     packet),
	     "make the packet context");
	bt_field_class_put_ref(packet);
	if (part->source == SOURCE_SCHED)
		return;
	event = bt_field_class_structure_create(trace);
	append(event, "vpid", integer_class(trace, true, 32));
	append(event, "vtid", integer_class(trace, true, 32));
	need(!bt_stream_class_set_event_common_context_field_class(
		     part->stream_class, event),
	     "make the event context");
	bt_field_class_put_ref(event);
}

static void make_trace(struct part *part, bt_self_component *self)
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
	need(!bt_trace_set_environment_entry_string(
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

static void set_array(bt_field *field, const struct read_field *from,
		      const struct event *event)
{
	const char *at = (const char *)event + from->offset;
	size_t each = from->type == READ_BYTES	? 1
		      : from->type == READ_U32S ? 4
						: 8;
	uint64_t n = from->more;

	if (from->type == READ_U64S)
		n = *(const uint8_t *)((const char *)event + from->more);
	else if (from->type == READ_BYTES)
		n = *(const uint32_t *)(const void *)((const char *)event +
						      from->more);
	if (from->type != READ_U32S) {
		at = *(const char *const *)(const void *)at;
		need(!bt_field_array_dynamic_set_length(field, n),
		     "make an array");
	}
	for (uint64_t i = 0; i < n; i++) {
		uint64_t value = 0;

		memcpy(&value, at + i * each, each);
		bt_field_integer_unsigned_set_value(
			bt_field_array_borrow_element_field_by_index(field, i),
			value);
	}
}

static void set_field(bt_field *field, const struct read_field *from,
		      const struct event *event)
{
	const char *at = (const char *)event + from->offset;
	int32_t i32;
	int64_t i64;
	uint64_t value = 0;

	switch (from->type) {
	case READ_TEXT:
		at = *(const char *const *)(const void *)at;
		need(!bt_field_string_set_value(field, at ? at : ""),
		     "set a string");
		return;
	case READ_I32:
		memcpy(&i32, at, 4);
		bt_field_integer_signed_set_value(field, i32);
		return;
	case READ_I64:
		memcpy(&i64, at, 8);
		bt_field_integer_signed_set_value(field, i64);
		return;
	case READ_U8:
		value = *(const uint8_t *)at;
		break;
	case READ_U32:
		memcpy(&value, at, 4);
		break;
	case READ_U64:
	case READ_NS:
		memcpy(&value, at, 8);
		break;
	default:
		set_array(field, from, event);
		return;
	}
	bt_field_integer_unsigned_set_value(field, value);
}

static void push(struct part *part, const bt_message *message)
{
	void *item;

	need(message != NULL, "make a message");
	memcpy(&item, &message, sizeof(item)); /* const away */
	g_queue_push_tail(&part->messages, item);
}

static struct stream *open_stream(struct part *part, int32_t cpu)
{
	struct stream *stream;

	if (cpu < 0)
		cpu = 0;
	need(cpu < CPUS_MAX, "have that many CPUs");
	stream = &part->streams[cpu];
	if (stream->stream)
		return stream;
	stream->stream = bt_stream_create_with_id(part->stream_class,
						  part->trace, (uint64_t)cpu);
	push(part, bt_message_stream_beginning_create(part->iterator,
						      stream->stream));
	return stream;
}

static void close_packet(struct part *part, struct stream *stream,
			 uint64_t end_ns)
{
	push(part, bt_message_packet_end_create_with_default_clock_snapshot(
			   part->iterator, stream->packet, end_ns));
	bt_packet_put_ref(stream->packet);
	stream->packet = NULL;
	stream->n = 0;
	stream->end_ns = 0;
	stream->last_ns = end_ns;
}

static void open_packet(struct part *part, struct stream *stream,
			uint64_t begin_ns)
{
	stream->packet = bt_packet_create(stream->stream);
	bt_field_integer_unsigned_set_value(
		bt_field_structure_borrow_member_field_by_index(
			bt_packet_borrow_context_field(stream->packet), 0),
		bt_stream_get_id(stream->stream));
	push(part,
	     bt_message_packet_beginning_create_with_default_clock_snapshot(
		     part->iterator, stream->packet, begin_ns));
	stream->last_ns = begin_ns;
}

/*
 * As CTF 1.8 has it: what was lost between the end of one packet and the end of
 * the next one.
 */
static void add_discarded(struct part *part, const struct event *event)
{
	struct stream *stream = open_stream(part, event->cpu);
	uint64_t begin_ns = event->u.discarded.begin_ns;
	bt_message *message;

	if (!stream->packet)
		open_packet(part, stream, begin_ns);
	close_packet(part, stream, begin_ns);
	message =
		bt_message_discarded_events_create_with_default_clock_snapshots(
			part->iterator, stream->stream, begin_ns,
			event->u.discarded.end_ns);
	bt_message_discarded_events_set_count(message,
					      event->u.discarded.count);
	push(part, message);
	open_packet(part, stream, begin_ns);
	stream->end_ns = event->u.discarded.end_ns;
}

static void set_event(bt_event *bt, const struct read_kind *kind,
		      const struct event *event)
{
	bt_field *context = bt_event_borrow_common_context_field(bt);
	bt_field *payload = bt_event_borrow_payload_field(bt);
	uint64_t i = 0;

	if (context) {
		bt_field_integer_signed_set_value(
			bt_field_structure_borrow_member_field_by_index(context,
									0),
			event->pid);
		bt_field_integer_signed_set_value(
			bt_field_structure_borrow_member_field_by_index(context,
									1),
			event->tid);
	}
	for (const struct read_field *f = kind->fields; f->type != READ_END;
	     f++)
		if (f->name && !is_repeated(kind->fields, f))
			set_field(
				bt_field_structure_borrow_member_field_by_index(
					payload, i++),
				f, event);
}

static void add_event(struct part *part, const struct event *event)
{
	const struct read_kind *kind = read_kind_of_event(event);
	struct stream *stream = open_stream(part, event->cpu);
	unsigned int limit = part->flow->packet_events
				     ? part->flow->packet_events
				     : PACKET_EVENTS;
	bt_message *message;

	if (stream->packet && stream->end_ns && event->ts_ns > stream->end_ns)
		close_packet(part, stream, stream->end_ns);
	else if (stream->packet && !stream->end_ns && stream->n >= limit)
		close_packet(part, stream, stream->last_ns);
	if (!stream->packet)
		open_packet(part, stream, event->ts_ns);
	message =
		bt_message_event_create_with_packet_and_default_clock_snapshot(
			part->iterator, part->classes[kind - read_kinds],
			stream->packet, event->ts_ns);
	need(message != NULL, "make an event");
	set_event(bt_message_event_borrow_event(message), kind, event);
	push(part, message);
	stream->last_ns = event->ts_ns;
	stream->n++;
}

static void add_end(struct part *part)
{
	for (size_t i = 0; i < CPUS_MAX; i++) {
		struct stream *stream = &part->streams[i];

		if (!stream->stream)
			continue;
		if (stream->packet)
			close_packet(part, stream,
				     MAX(stream->end_ns, stream->last_ns));
		push(part, bt_message_stream_end_create(part->iterator,
							stream->stream));
	}
	part->ended = true;
}

static void add_next(struct part *part)
{
	struct event event;

	do {
		memset(&event, 0, sizeof(event));
		if (!part->flow->next(part->flow->data, &event)) {
			add_end(part);
			return;
		}
	} while (synth_source(&event) != part->source);
	if (event.type == EVENT_DISCARDED)
		add_discarded(part, &event);
	else
		add_event(part, &event);
}

static bt_message_iterator_class_next_method_status
iterator_next(bt_self_message_iterator *self, bt_message_array_const messages,
	      uint64_t capacity, uint64_t *count)
{
	struct part *part = bt_self_component_get_data(
		bt_self_message_iterator_borrow_component(self));

	part->iterator = self;
	for (*count = 0; *count < capacity; ++*count) {
		while (!part->ended && g_queue_is_empty(&part->messages))
			add_next(part);
		if (g_queue_is_empty(&part->messages))
			break;
		messages[*count] = g_queue_pop_head(&part->messages);
	}
	return *count ? BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK
		      : BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_END;
}

static bt_component_class_initialize_method_status
source_init(bt_self_component_source *self,
	    bt_self_component_source_configuration *configuration,
	    const bt_value *params, void *data)
{
	bt_self_component *component =
		bt_self_component_source_as_self_component(self);

	(void)configuration;
	(void)params;
	bt_self_component_set_data(component, data);
	make_trace(data, component);
	need(!bt_self_component_source_add_output_port(self, "out", NULL, NULL),
	     "add a port");
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static void source_finalize(bt_self_component_source *self)
{
	struct part *part = bt_self_component_get_data(
		bt_self_component_source_as_self_component(self));

	for (size_t i = 0; i < CPUS_MAX; i++)
		bt_stream_put_ref(part->streams[i].stream);
	for (size_t i = 0; i < KINDS_MAX; i++)
		bt_event_class_put_ref(part->classes[i]);
	bt_trace_put_ref(part->trace);
	bt_stream_class_put_ref(part->stream_class);
}

static const bt_component_source *add_source(bt_graph *graph, struct part *part)
{
	bt_message_iterator_class *iterator =
		bt_message_iterator_class_create(iterator_next);
	bt_component_class_source *class =
		bt_component_class_source_create("synth", iterator);
	const bt_component_source *source = NULL;

	need(!bt_component_class_source_set_initialize_method(class,
							      source_init) &&
		     !bt_component_class_source_set_finalize_method(
			     class, source_finalize) &&
		     !bt_graph_add_source_component_with_initialize_method_data(
			     graph, class, "synth", NULL, part,
			     BT_LOGGING_LEVEL_NONE, &source),
	     "add the source");
	bt_component_class_source_put_ref(class);
	bt_message_iterator_class_put_ref(iterator);
	return source;
}

static const bt_component_sink *add_sink(bt_graph *graph, const char *path)
{
	const bt_component_sink *sink = NULL;
	const bt_plugin *plugin = NULL;
	bt_value *params = bt_value_map_create();

	need(!bt_plugin_find("ctf", BT_TRUE, BT_TRUE, BT_TRUE, BT_TRUE,
			     BT_FALSE, &plugin) &&
		     !bt_value_map_insert_string_entry(params, "path", path) &&
		     !bt_value_map_insert_bool_entry(
			     params, "assume-single-trace", BT_TRUE) &&
		     !bt_value_map_insert_bool_entry(params, "quiet",
						     BT_TRUE) &&
		     !bt_graph_add_sink_component(
			     graph,
			     bt_plugin_borrow_sink_component_class_by_name_const(
				     plugin, "fs"),
			     "writer", params, BT_LOGGING_LEVEL_NONE, &sink),
	     "add the writer");
	bt_value_put_ref(params);
	bt_plugin_put_ref(plugin);
	return sink;
}

void synth_part_write(const char *path, enum event_source source,
		      const struct synth_flow *flow)
{
	struct part *part = g_new0(struct part, 1);
	bt_graph *graph = bt_graph_create(0);
	const bt_component_source *from;
	const bt_component_sink *to;

	bt_logging_set_global_level(BT_LOGGING_LEVEL_NONE);
	part->source = source;
	part->flow = flow;
	g_queue_init(&part->messages);
	flow->rewind(flow->data);
	from = add_source(graph, part);
	to = add_sink(graph, path);
	need(!bt_graph_connect_ports(
		     graph,
		     bt_component_source_borrow_output_port_by_index_const(from,
									   0),
		     bt_component_sink_borrow_input_port_by_index_const(to, 0),
		     NULL) &&
		     !bt_graph_run(graph),
	     "write a trace");
	bt_graph_put_ref(graph);
	g_free(part);
}
