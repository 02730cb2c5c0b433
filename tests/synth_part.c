#include "tests/synth_part.h"

#include <babeltrace2/babeltrace.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read_table.h"
#include "tests/synth_class.h"

#define PACKET_EVENTS 64

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
		synth_need(!bt_field_array_dynamic_set_length(field, n),
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
		synth_need(!bt_field_string_set_value(field, at ? at : ""),
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

	synth_need(message != NULL, "make a message");
	memcpy(&item, &message, sizeof(item)); /* const away */
	g_queue_push_tail(&part->messages, item);
}

static struct stream *open_stream(struct part *part, int32_t cpu)
{
	struct stream *stream;

	if (cpu < 0)
		cpu = 0;
	synth_need(cpu < CPUS_MAX, "have that many CPUs");
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
		if (f->name && !synth_is_repeated(kind->fields, f))
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
	synth_need(message != NULL, "make an event");
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
	synth_make_trace(data, component);
	synth_need(!bt_self_component_source_add_output_port(self, "out", NULL,
							     NULL),
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

	synth_need(
		!bt_component_class_source_set_initialize_method(class,
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

	synth_need(
		!bt_plugin_find("ctf", BT_TRUE, BT_TRUE, BT_TRUE, BT_TRUE,
				BT_FALSE, &plugin) &&
			!bt_value_map_insert_string_entry(params, "path",
							  path) &&
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
	synth_need(
		!bt_graph_connect_ports(
			graph,
			bt_component_source_borrow_output_port_by_index_const(
				from, 0),
			bt_component_sink_borrow_input_port_by_index_const(to,
									   0),
			NULL) &&
			!bt_graph_run(graph),
		"write a trace");
	bt_graph_put_ref(graph);
	g_free(part);
}
