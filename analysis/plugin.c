/*
 * Babeltrace plugin `holdup`: sink.holdup.report, which prints the report of
 * whatever a graph brings it.
 *
 *	babeltrace2 --plugin-path DIR TRACE --component sink.holdup.report
 *
 * Parameters: format (text, json or html), output (a file), trace (the
 * directory of the recording, whose holdup.json is read; it is found by the
 * name of a stream where it is not given).
 */
#include <babeltrace2/babeltrace.h>
#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "analysis/load.h"
#include "analysis/read_decode.h"
#include "analysis/read_table.h"
#include "analysis/read_wrapper.h"
#include "analysis/render.h"
#include "tracing/base/output.h"

#define BATCH_EVENTS 256
#define LEVELS_MAX   8 /* between a recording and a stream of it */

struct sink {
	bt_message_iterator *iterator;
	char *format, *output, *trace;
	struct manifest manifest;
	struct load_options options;
	struct load *load; /* NULL before the first message, and at the end */
	struct read_clock clock;
	struct read_decoder *decoder;
	struct read_wrapper *wrapper;
	struct read_batch *batch;
	struct read_stats stats;
};

static void fail(bt_self_component_sink *self, const char *text)
{
	(void)bt_current_thread_error_append_cause_from_component(
		bt_self_component_sink_as_self_component(self), __FILE__,
		__LINE__, "%s", text);
}

static char *parameter(const bt_value *params, const char *name)
{
	const bt_value *value =
		bt_value_map_borrow_entry_value_const(params, name);

	return value && bt_value_is_string(value)
		       ? g_strdup(bt_value_string_get(value))
		       : NULL;
}

static bool is_format(const char *format)
{
	return !format || !strcmp(format, "text") || !strcmp(format, "json") ||
	       !strcmp(format, "html");
}

static void sink_free(struct sink *sink)
{
	bt_message_iterator_put_ref(sink->iterator);
	load_free(sink->load);
	read_wrapper_free(sink->wrapper);
	read_decoder_free(sink->decoder);
	manifest_clear(&sink->manifest);
	read_stats_clear(&sink->stats);
	g_free(sink->batch);
	g_free(sink->format);
	g_free(sink->output);
	g_free(sink->trace);
	g_free(sink);
}

/* The directory above the stream of a message that has a manifest, or NULL. */
static char *find_recording(const bt_message *message)
{
	const char *name =
		bt_message_get_type(message) == BT_MESSAGE_TYPE_STREAM_BEGINNING
			? bt_stream_get_name(
				  bt_message_stream_beginning_borrow_stream_const(
					  message))
			: NULL;
	g_autofree char *path = g_strdup(name ? name : "");

	for (int i = 0; i < LEVELS_MAX && strlen(path) > 1; i++) {
		char *above = g_path_get_dirname(path);
		g_autofree char *manifest =
			g_build_filename(above, SCHEMA_MANIFEST, NULL);

		g_free(path);
		path = above;
		if (g_file_test(manifest, G_FILE_TEST_EXISTS))
			return g_steal_pointer(&path);
	}
	return NULL;
}

static void begin(struct sink *sink, const bt_message *first)
{
	if (!sink->trace)
		sink->trace = find_recording(first);
	if (!sink->trace)
		sink->trace = g_strdup("babeltrace2");
	(void)manifest_read(sink->trace, &sink->manifest, NULL);
	sink->load = load_begin(&sink->manifest, &sink->options);
	sink->decoder = read_decoder_new(sink->trace, &sink->clock);
	sink->batch = read_batch_make(g_malloc(read_batch_bytes(BATCH_EVENTS)),
				      BATCH_EVENTS);
}

static void hand_over(struct sink *sink, const struct event *event)
{
	if (event->type != EVENT_DISCARDED)
		sink->stats.events++;
	sink->stats.end_ns = event->ts_ns;
	if ((int)event->type <= EVENT_NTYPES) {
		load_event(sink->load, event);
		return;
	}
	if (!sink->wrapper)
		sink->wrapper = read_wrapper_new(load_event, sink->load);
	read_wrapper_event(sink->wrapper, event);
}

static void flush(struct sink *sink)
{
	for (size_t i = 0; i < sink->batch->n; i++)
		hand_over(sink, &sink->batch->events[i]);
	read_batch_reset(sink->batch);
	read_decoder_settle_all(sink->decoder);
}

static void take(struct sink *sink, const bt_message *message)
{
	if (!sink->load)
		begin(sink, message);
	if (!read_batch_has_room(sink->batch))
		flush(sink);
	read_decode(sink->decoder, message, sink->batch);
}

static int print(const struct sink *sink, const struct report *report)
{
	struct render_options options = { .width = 80 };
	FILE *out = output_open(sink->output, NULL);

	if (!out)
		return -1;
	if (sink->format && !strcmp(sink->format, "json"))
		render_json(report, out);
	else if (sink->format && !strcmp(sink->format, "html"))
		render_html(report, &options, out);
	else
		render_text(report, &options, out);
	return output_close(out, sink->output, NULL);
}

static int end(struct sink *sink, bool whole)
{
	struct report *report;
	int result;

	if (!sink->load)
		return 0;
	flush(sink);
	if (sink->wrapper)
		read_wrapper_end(sink->wrapper, sink->stats.end_ns);
	read_decoder_stats(sink->decoder, &sink->stats);
	sink->stats.truncated = !whole;
	manifest_check(&sink->manifest, sink->trace, &sink->stats);
	report = load_finish(sink->load, sink->trace, &sink->stats);
	sink->load = NULL;
	result = print(sink, report);
	report_free(report);
	return result;
}

static bt_component_class_sink_consume_method_status
report_consume(bt_self_component_sink *self)
{
	struct sink *sink = bt_self_component_get_data(
		bt_self_component_sink_as_self_component(self));
	bt_message_array_const messages;
	bt_message_iterator_next_status status;
	uint64_t n = 0;

	status = bt_message_iterator_next(sink->iterator, &messages, &n);
	switch (status) {
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_OK:
		for (uint64_t i = 0; i < n; i++) {
			take(sink, messages[i]);
			bt_message_put_ref(messages[i]);
		}
		flush(sink);
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_END:
		if (!end(sink, true))
			return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END;
		fail(self, "cannot write the report");
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_ERROR;
	default: /* the values are the same */
		return (bt_component_class_sink_consume_method_status)status;
	}
}

static bt_component_class_initialize_method_status
report_initialize(bt_self_component_sink *self,
		  bt_self_component_sink_configuration *configuration,
		  const bt_value *params, void *data)
{
	struct sink *sink = g_new0(struct sink, 1);

	(void)configuration;
	(void)data;
	sink->format = parameter(params, "format");
	sink->output = parameter(params, "output");
	sink->trace = parameter(params, "trace");
	if (!is_format(sink->format) ||
	    bt_self_component_sink_add_input_port(self, "in", NULL, NULL)) {
		if (!is_format(sink->format))
			fail(self, "parameter `format` is not text, json or "
				   "html");
		sink_free(sink);
		return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
	}
	bt_self_component_set_data(
		bt_self_component_sink_as_self_component(self), sink);
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static bt_component_class_sink_graph_is_configured_method_status
report_configured(bt_self_component_sink *self)
{
	struct sink *sink = bt_self_component_get_data(
		bt_self_component_sink_as_self_component(self));

	return (bt_component_class_sink_graph_is_configured_method_status)
		bt_message_iterator_create_from_sink_component(
			self,
			bt_self_component_sink_borrow_input_port_by_index(self,
									  0),
			&sink->iterator);
}

/* A graph that broke off leaves a report of what it had brought by then. */
static void report_finalize(bt_self_component_sink *self)
{
	struct sink *sink = bt_self_component_get_data(
		bt_self_component_sink_as_self_component(self));

	(void)end(sink, false);
	sink_free(sink);
}

/* Babeltrace finds the plugin by the functions of this macro. */
/* clang-format off */
#pragma GCC visibility push(default)
BT_PLUGIN_MODULE()
#pragma GCC visibility pop
BT_PLUGIN(holdup);
BT_PLUGIN_DESCRIPTION("What holds up a multi-threaded program");
BT_PLUGIN_LICENSE("MIT");
BT_PLUGIN_SINK_COMPONENT_CLASS(report, report_consume);
BT_PLUGIN_SINK_COMPONENT_CLASS_DESCRIPTION(report, "Print the report of a recording of holdup, or of LTTng's pthread wrapper.");
BT_PLUGIN_SINK_COMPONENT_CLASS_INITIALIZE_METHOD(report, report_initialize);
BT_PLUGIN_SINK_COMPONENT_CLASS_GRAPH_IS_CONFIGURED_METHOD(report, report_configured);
BT_PLUGIN_SINK_COMPONENT_CLASS_FINALIZE_METHOD(report, report_finalize);
