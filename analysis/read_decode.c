#include "analysis/read_decode.h"

#include <glib.h>
#include <string.h>

#include "analysis/read_bind.h"

struct stream {
	const bt_stream *key;
	const bt_trace *trace; /* to tell traces apart; may be gone */
	struct read_stream stats;
	struct read_number pid, tid; /* in the common context */
	struct read_number ip;	     /* caller of a tracepoint, there too */
	struct read_number cpu;	     /* in the packet context */
	struct read_time time;
	int32_t current_tid; /* who runs on the CPU of this stream */
	/* Latest time, the one before it, and the first event told with it. */
	uint64_t last_ns, before_ns;
	size_t last_index;
	struct read_bindings bindings;
};

struct read_decoder {
	char *dir;
	struct read_clock *clock;
	GPtrArray *streams;
	struct stream *last; /* the one decoded last */
	uint64_t told_ns;    /* no event will come before it */
	uint64_t unknown, late;
};

static enum event_source find_source(const bt_trace *trace)
{
	const bt_value *domain =
		bt_trace_borrow_environment_entry_value_by_name_const(trace,
								      "domain");
	const char *text = domain && bt_value_is_string(domain)
				   ? bt_value_string_get(domain)
				   : "";

	return !strcmp(text, "kernel")	? SOURCE_SCHED
	       : !strcmp(text, "board") ? SOURCE_BOARD
					: SOURCE_UST;
}

static char *stream_name(const struct read_decoder *decoder,
			 const bt_stream *stream)
{
	const char *name = bt_stream_get_name(stream);
	size_t n = strlen(decoder->dir);

	if (!name)
		return g_strdup_printf(
			"stream %llu",
			(unsigned long long)bt_stream_get_id(stream));
	if (!strncmp(name, decoder->dir, n) && name[n] == '/')
		name += n + 1;
	return g_strdup(name);
}

/* The scheduler tells its own numbers: those of a container mean another. */
static void find_thread(struct stream *stream, const bt_field_class *context)
{
	if (stream->stats.source == SOURCE_SCHED) {
		stream->tid = read_number_find(context, "tid", NULL);
		return;
	}
	stream->pid = read_number_find(context, "vpid", "pid");
	stream->tid = read_number_find(context, "vtid", "tid");
}

static struct stream *stream_new(struct read_decoder *decoder,
				 const bt_stream *key)
{
	struct stream *stream = g_new0(struct stream, 1);
	const bt_stream_class *class = bt_stream_borrow_class_const(key);
	const bt_field_class *context =
		bt_stream_class_borrow_event_common_context_field_class_const(
			class);

	stream->key = key;
	stream->trace = bt_stream_borrow_trace_const(key);
	read_bindings_init(&stream->bindings);
	stream->stats.cpu = -1;
	stream->current_tid = -1;
	stream->stats.name = stream_name(decoder, key);
	stream->stats.source = find_source(bt_stream_borrow_trace_const(key));
	stream->time = read_time_of(decoder->clock, class);
	find_thread(stream, context);
	stream->ip = read_number_find(context, "ip", NULL);
	stream->stats.threadless =
		stream->stats.source == SOURCE_UST && !stream->tid.found;
	if (bt_stream_class_supports_packets(class))
		stream->cpu = read_number_find(
			bt_stream_class_borrow_packet_context_field_class_const(
				class),
			"cpu_id", NULL);
	g_ptr_array_add(decoder->streams, stream);
	return stream;
}

static void stream_free(void *data)
{
	struct stream *stream = data;

	read_bindings_clear(&stream->bindings);
	g_free(stream->stats.name);
	g_free(stream);
}

static struct stream *find_stream(struct read_decoder *decoder,
				  const bt_stream *key)
{
	if (decoder->last && decoder->last->key == key)
		return decoder->last;
	for (guint i = 0; i < decoder->streams->len; i++) {
		decoder->last = g_ptr_array_index(decoder->streams, i);
		if (decoder->last->key == key)
			return decoder->last;
	}
	decoder->last = stream_new(decoder, key);
	return decoder->last;
}

/* The latest time was wrong: what was told with it moves before it. */
static void take_back(struct read_decoder *decoder, struct stream *stream,
		      struct read_batch *batch)
{
	decoder->late++;
	for (size_t i = stream->last_index; i < batch->n; i++)
		if (batch->events[i].ts_ns > stream->before_ns)
			batch->events[i].ts_ns = stream->before_ns;
	stream->last_ns = stream->before_ns;
}

/*
 * Times of a stream never run backwards. Of two times that do, the odd one out
 * gives way: the earlier told one if the later one fits in before it, else the
 * later one. `index` is that of the event in the batch, or of the next one.
 */
static uint64_t in_order(struct read_decoder *decoder, struct stream *stream,
			 uint64_t ns, struct read_batch *batch, size_t index)
{
	if (ns > READ_NS_MAX || ns < stream->before_ns) {
		decoder->late++;
		return stream->last_ns;
	}
	if (ns < stream->last_ns)
		take_back(decoder, stream, batch);
	else
		stream->before_ns = stream->last_ns;
	stream->last_ns = ns;
	stream->last_index = index;
	return ns;
}

/* Who the event is about, where its payload does not say. */
static void add_context(struct stream *stream, const bt_event *bt,
			struct event *event)
{
	const bt_field *context =
		stream->pid.found || stream->tid.found
			? bt_event_borrow_common_context_field_const(bt)
			: NULL;

	event->cpu = stream->stats.cpu;
	if (stream->stats.source == SOURCE_SCHED)
		event->tid = stream->current_tid;
	if (context && stream->pid.found)
		event->pid = read_number_get(context, stream->pid);
	if (context && stream->tid.found)
		event->tid = read_number_get(context, stream->tid);
}

static uint64_t event_ns(const struct stream *stream, const bt_message *message)
{
	return read_time_ns(
		&stream->time,
		bt_message_event_borrow_default_clock_snapshot_const(message));
}

static void decode_event(struct read_decoder *decoder,
			 const bt_message *message, struct read_batch *batch)
{
	const bt_event *bt = bt_message_event_borrow_event_const(message);
	struct stream *stream =
		find_stream(decoder, bt_event_borrow_stream_const(bt));
	const struct read_binding *binding = read_binding_find(
		&stream->bindings, bt_event_borrow_class_const(bt));
	const struct read_kind *kind = read_binding_kind(binding);
	struct event *event;

	stream->stats.events++;
	if (!kind || kind->type == EVENT_NONE || !stream->time.known) {
		decoder->unknown += !kind || !stream->time.known;
		if (stream->time.known)
			in_order(decoder, stream, event_ns(stream, message),
				 batch, batch->n);
		return;
	}
	event = read_batch_add(batch);
	event->type = (enum event_type)kind->type;
	event->ts_ns = in_order(decoder, stream, event_ns(stream, message),
				batch, batch->n - 1);
	add_context(stream, bt, event);
	read_binding_store(binding, bt_event_borrow_payload_field_const(bt),
			   event, batch);
	if (!read_kind_allows(kind, event)) {
		batch->n--;
		decoder->unknown++;
		return;
	}
	if ((int)event->type >= READ_MUTEX_REQUEST && stream->ip.found)
		event->u.lock.site = read_number_u64(
			bt_event_borrow_common_context_field_const(bt),
			stream->ip);
	if (event->type == EVENT_SWITCH)
		stream->current_tid = event->u.sched.next_tid;
}

static void decode_discarded(struct read_decoder *decoder,
			     const bt_message *message,
			     struct read_batch *batch)
{
	const bt_stream *key =
		bt_message_discarded_events_borrow_stream_const(message);
	struct stream *stream = find_stream(decoder, key);
	struct event *event = read_batch_add(batch);
	uint64_t begin_ns = stream->last_ns, end_ns = begin_ns, count = 0;

	(void)bt_message_discarded_events_get_count(message, &count);
	if (bt_stream_class_discarded_events_have_default_clock_snapshots(
		    bt_stream_borrow_class_const(key))) {
		begin_ns = read_time_ns(
			&stream->time,
			bt_message_discarded_events_borrow_beginning_default_clock_snapshot_const(
				message));
		end_ns = read_time_ns(
			&stream->time,
			bt_message_discarded_events_borrow_end_default_clock_snapshot_const(
				message));
	}
	stream->stats.discarded += count;
	stream->stats.gaps++;
	event->type = EVENT_DISCARDED;
	event->cpu = stream->stats.cpu;
	event->ts_ns = in_order(decoder, stream, begin_ns, batch, batch->n - 1);
	event->u.discarded.begin_ns = begin_ns;
	event->u.discarded.end_ns = end_ns;
	event->u.discarded.count = count;
	event->u.discarded.source = (uint8_t)stream->stats.source;
}

/* Whole packets that are missing: how many events they held, nobody knows. */
static void decode_lost_packets(struct read_decoder *decoder,
				const bt_message *message,
				struct read_batch *batch)
{
	struct stream *stream = find_stream(
		decoder,
		bt_message_discarded_packets_borrow_stream_const(message));
	struct event *event = read_batch_add(batch);

	stream->stats.gaps++;
	event->type = EVENT_DISCARDED;
	event->cpu = stream->stats.cpu;
	event->ts_ns = stream->last_ns;
	event->u.discarded.begin_ns = stream->last_ns;
	event->u.discarded.end_ns = stream->last_ns;
	event->u.discarded.source = (uint8_t)stream->stats.source;
}

static void decode_packet(struct read_decoder *decoder,
			  const bt_message *message, struct read_batch *batch)
{
	const bt_packet *packet =
		bt_message_packet_beginning_borrow_packet_const(message);
	struct stream *stream =
		find_stream(decoder, bt_packet_borrow_stream_const(packet));
	const bt_field *context = bt_packet_borrow_context_field_const(packet);
	uint64_t ns;

	if (context && stream->cpu.found)
		stream->stats.cpu = read_number_get(context, stream->cpu);
	if (read_time_of_message(&stream->time,
				 bt_stream_borrow_class_const(stream->key),
				 message, &ns))
		in_order(decoder, stream, ns, batch, batch->n);
}

static void decode_packet_end(struct read_decoder *decoder,
			      const bt_message *message,
			      struct read_batch *batch)
{
	struct stream *stream = find_stream(
		decoder,
		bt_packet_borrow_stream_const(
			bt_message_packet_end_borrow_packet_const(message)));
	uint64_t ns;

	if (read_time_of_message(&stream->time,
				 bt_stream_borrow_class_const(stream->key),
				 message, &ns))
		in_order(decoder, stream, ns, batch, batch->n);
}

void read_decode(struct read_decoder *decoder, const bt_message *message,
		 struct read_batch *batch)
{
	switch (bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_EVENT:
		decode_event(decoder, message, batch);
		break;
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
		decode_discarded(decoder, message, batch);
		break;
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		decode_lost_packets(decoder, message, batch);
		break;
	case BT_MESSAGE_TYPE_PACKET_BEGINNING:
		decode_packet(decoder, message, batch);
		break;
	case BT_MESSAGE_TYPE_PACKET_END:
		decode_packet_end(decoder, message, batch);
		break;
	case BT_MESSAGE_TYPE_STREAM_BEGINNING:
		find_stream(decoder,
			    bt_message_stream_beginning_borrow_stream_const(
				    message));
		break;
	default:
		break;
	}
}

struct read_decoder *read_decoder_new(const char *dir, struct read_clock *clock)
{
	struct read_decoder *decoder = g_new0(struct read_decoder, 1);

	decoder->dir = g_strdup(dir);
	decoder->clock = clock;
	decoder->streams = g_ptr_array_new_with_free_func(stream_free);
	return decoder;
}

void read_decoder_free(struct read_decoder *decoder)
{
	if (!decoder)
		return;
	g_ptr_array_free(decoder->streams, TRUE);
	g_free(decoder->dir);
	g_free(decoder);
}

uint64_t read_decoder_settle(struct read_decoder *decoder,
			     const bt_message *next, struct read_batch *batch)
{
	struct stream *stream = decoder->last;
	uint64_t ns;

	if (!stream)
		return 0;
	if (next &&
	    read_time_of_message(&stream->time,
				 bt_stream_borrow_class_const(stream->key),
				 next, &ns) &&
	    ns < stream->last_ns && ns >= stream->before_ns)
		take_back(decoder, stream, batch);
	stream->before_ns = stream->last_ns;
	return stream->last_ns;
}

void read_decoder_settle_all(struct read_decoder *decoder)
{
	for (guint i = 0; i < decoder->streams->len; i++) {
		struct stream *stream = g_ptr_array_index(decoder->streams, i);

		stream->before_ns = stream->last_ns;
	}
}

char *read_decoder_damaged(struct read_decoder *decoder, const char *trace)
{
	struct read_stream *stats;

	if (!decoder->last)
		return g_strdup_printf("%s: has a stream that cannot be read",
				       trace);
	stats = &decoder->last->stats;
	stats->damaged = true;
	return g_strdup_printf(
		"%s: is damaged after its event %" G_GUINT64_FORMAT
		", the rest cannot be read",
		stats->name, stats->events);
}

static bool is_first_of_trace(const struct read_decoder *decoder, guint i)
{
	const struct stream *stream = g_ptr_array_index(decoder->streams, i);

	while (i-- > 0)
		if (((struct stream *)g_ptr_array_index(decoder->streams, i))
			    ->trace == stream->trace)
			return false;
	return true;
}

void read_decoder_stats(const struct read_decoder *decoder,
			struct read_stats *stats)
{
	size_t n = stats->n_streams;

	stats->unknown += decoder->unknown;
	stats->late += decoder->late;
	stats->streams = g_renew(struct read_stream, stats->streams,
				 n + decoder->streams->len);
	for (guint i = 0; i < decoder->streams->len; i++) {
		const struct stream *stream =
			g_ptr_array_index(decoder->streams, i);

		stats->traces[stream->stats.source] +=
			is_first_of_trace(decoder, i);
		stats->streams[n] = stream->stats;
		stats->streams[n++].name = g_strdup(stream->stats.name);
		stats->discarded[stream->stats.source] +=
			stream->stats.discarded;
	}
	stats->n_streams = n;
}

const struct read_stream *
read_decoder_stream(const struct read_decoder *decoder, uint64_t *unknown,
		    uint64_t *late)
{
	*unknown = decoder->unknown;
	*late = decoder->late;
	return decoder->last ? &decoder->last->stats : NULL;
}
