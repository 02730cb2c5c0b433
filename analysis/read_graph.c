#include "analysis/read_graph.h"

#include <glib.h>
#include <stdbool.h>

struct lane {
	bt_message_iterator *iterator;
	struct read_decoder *decoder;
	bt_message_array_const messages; /* taken, not decoded yet */
	uint64_t n, next;
	uint64_t until_ns;
	bool broken; /* what comes after `messages` cannot be read */
};

struct read_graph {
	bt_graph *graph;
	const bt_plugin *plugin;
	bt_self_component_sink *sink;
	GPtrArray *lanes;

	/* What the sink is asked to do, and how it went. */
	struct lane *wanted;
	struct read_batch *batch;
	bool careful;
	int result;
};

/* Babeltrace's chain of causes as one line: the deepest says what is wrong. */
static int take_error(struct err *err)
{
	const bt_error *error = bt_current_thread_take_error();
	const char *text = "unknown error";

	if (!error)
		return err_set(err, "%s", text);
	if (bt_error_get_cause_count(error))
		text = bt_error_cause_get_message(
			bt_error_borrow_cause_by_index(error, 0));
	err_set(err, "%s", text);
	if (err)
		g_strdelimit(err->text, "\n\r\t", ' ');
	bt_error_release(error);
	return -1;
}

/* Whether Babeltrace told of an error, which it does not like to be asked. */
static bool had_error(void)
{
	const bt_error *error = bt_current_thread_take_error();

	if (error)
		bt_error_release(error);
	return error != NULL;
}

/* Messages that came before an error are told together with it. */
static int take_messages(struct lane *lane)
{
	bt_message_iterator_next_status status;

	if (lane->broken)
		return -1;
	status = bt_message_iterator_next(lane->iterator, &lane->messages,
					  &lane->n);
	lane->broken = had_error();
	lane->next = 0;
	if (status == BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
		return 1;
	lane->n = 0;
	return status == BT_MESSAGE_ITERATOR_NEXT_STATUS_END && !lane->broken
		       ? 0
		       : -1;
}

static int fill(struct lane *lane, struct read_batch *batch, bool careful)
{
	size_t patience = batch->capacity; /* messages that tell nothing */
	int result = 1;

	while (read_batch_has_room(batch) && patience--) {
		if (lane->next == lane->n) {
			if (careful && batch->n)
				break;
			result = take_messages(lane);
			if (result <= 0)
				break;
		}
		read_decode(lane->decoder, lane->messages[lane->next], batch);
		bt_message_put_ref(lane->messages[lane->next++]);
	}
	if (result > 0 && lane->next == lane->n && !careful) {
		result = take_messages(lane);
	}
	lane->until_ns = read_decoder_settle(
		lane->decoder,
		lane->next < lane->n ? lane->messages[lane->next] : NULL,
		batch);
	return result;
}

static bt_component_class_sink_consume_method_status
sink_consume(bt_self_component_sink *self)
{
	struct read_graph *graph = bt_self_component_get_data(
		bt_self_component_sink_as_self_component(self));

	graph->result = fill(graph->wanted, graph->batch, graph->careful);
	return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK;
}

static bt_component_class_initialize_method_status
sink_init(bt_self_component_sink *self,
	  bt_self_component_sink_configuration *configuration,
	  const bt_value *params, void *data)
{
	(void)configuration;
	(void)params;
	bt_self_component_set_data(
		bt_self_component_sink_as_self_component(self), data);
	((struct read_graph *)data)->sink = self;
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

/* Runs with the first bt_graph_run_once(): makes the iterators. */
static bt_component_class_sink_graph_is_configured_method_status
sink_configured(bt_self_component_sink *self)
{
	struct read_graph *graph = bt_self_component_get_data(
		bt_self_component_sink_as_self_component(self));

	for (guint i = 0; i < graph->lanes->len; i++) {
		struct lane *lane = g_ptr_array_index(graph->lanes, i);

		if (bt_message_iterator_create_from_sink_component(
			    self,
			    bt_self_component_sink_borrow_input_port_by_index(
				    self, i),
			    &lane->iterator) !=
		    BT_MESSAGE_ITERATOR_CREATE_FROM_SINK_COMPONENT_STATUS_OK)
			return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_ERROR;
	}
	return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_OK;
}

static int add_sink(struct read_graph *graph, const bt_component_sink **sink)
{
	bt_component_class_sink *class =
		bt_component_class_sink_create("events", sink_consume);
	int result = -1;

	if (class &&
	    !bt_component_class_sink_set_initialize_method(class, sink_init) &&
	    !bt_component_class_sink_set_graph_is_configured_method(
		    class, sink_configured) &&
	    !bt_graph_add_sink_component_with_initialize_method_data(
		    graph->graph, class, "events", NULL, graph,
		    BT_LOGGING_LEVEL_NONE, sink))
		result = 0;
	bt_component_class_sink_put_ref(class);
	return result;
}

static int add_source(struct read_graph *graph, const char *path,
		      const bt_component_source **source)
{
	const bt_component_class_source *class =
		bt_plugin_borrow_source_component_class_by_name_const(
			graph->plugin, "fs");
	bt_value *params = bt_value_map_create();
	bt_value *inputs = NULL;
	int result = -1;

	if (class && params &&
	    !bt_value_map_insert_empty_array_entry(params, "inputs", &inputs) &&
	    !bt_value_array_append_string_element(inputs, path) &&
	    !bt_graph_add_source_component(graph->graph, class, "trace", params,
					   BT_LOGGING_LEVEL_NONE, source))
		result = 0;
	bt_value_put_ref(params);
	return result;
}

static void lane_free(void *data)
{
	struct lane *lane = data;

	while (lane->next < lane->n)
		bt_message_put_ref(lane->messages[lane->next++]);
	bt_message_iterator_put_ref(lane->iterator);
	read_decoder_free(lane->decoder);
	g_free(lane);
}

static int connect_lanes(struct read_graph *graph, const char *dir,
			 struct read_clock *clock,
			 const bt_component_source *source,
			 const bt_component_sink *sink)
{
	uint64_t n = bt_component_source_get_output_port_count(source);

	for (uint64_t i = 0; i < n; i++) {
		g_autofree char *name =
			g_strdup_printf("in%" G_GUINT64_FORMAT, i);
		struct lane *lane;

		if (bt_self_component_sink_add_input_port(graph->sink, name,
							  NULL, NULL) ||
		    bt_graph_connect_ports(
			    graph->graph,
			    bt_component_source_borrow_output_port_by_index_const(
				    source, i),
			    bt_component_sink_borrow_input_port_by_index_const(
				    sink, i),
			    NULL))
			return -1;
		lane = g_new0(struct lane, 1);
		lane->decoder = read_decoder_new(dir, clock);
		g_ptr_array_add(graph->lanes, lane);
	}
	return 0;
}

struct read_graph *read_graph_open(const char *path, const char *dir,
				   struct read_clock *clock, struct err *err)
{
	struct read_graph *graph = g_new0(struct read_graph, 1);
	const bt_component_source *source = NULL;
	const bt_component_sink *sink = NULL;

	bt_logging_set_global_level(BT_LOGGING_LEVEL_NONE);
	graph->lanes = g_ptr_array_new_with_free_func(lane_free);
	graph->graph = bt_graph_create(0);
	if (!graph->graph ||
	    bt_plugin_find("ctf", BT_TRUE, BT_TRUE, BT_TRUE, BT_TRUE, BT_FALSE,
			   &graph->plugin) ||
	    add_sink(graph, &sink) || add_source(graph, path, &source) ||
	    connect_lanes(graph, dir, clock, source, sink)) {
		take_error(err);
		read_graph_close(graph);
		return NULL;
	}
	return graph;
}

void read_graph_close(struct read_graph *graph)
{
	if (!graph)
		return;
	/* The iterators of a sink go before it does. */
	g_ptr_array_free(graph->lanes, TRUE);
	bt_graph_put_ref(graph->graph);
	bt_plugin_put_ref(graph->plugin);
	g_free(graph);
}

size_t read_graph_lanes(const struct read_graph *graph)
{
	return graph->lanes->len;
}

int read_graph_advance(struct read_graph *graph, size_t lane,
		       struct read_batch *batch, bool careful)
{
	graph->careful = careful;
	graph->wanted = g_ptr_array_index(graph->lanes, lane);
	graph->batch = batch;
	graph->result = -1;
	if (bt_graph_run_once(graph->graph) != BT_GRAPH_RUN_ONCE_STATUS_OK)
		(void)had_error();
	return graph->result;
}

uint64_t read_graph_until_ns(const struct read_graph *graph, size_t lane)
{
	return ((struct lane *)g_ptr_array_index(graph->lanes, lane))->until_ns;
}

struct read_decoder *read_graph_decoder(const struct read_graph *graph,
					size_t lane)
{
	return ((struct lane *)g_ptr_array_index(graph->lanes, lane))->decoder;
}
