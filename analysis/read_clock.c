#include "analysis/read_clock.h"

#include <string.h>

#include "analysis/read.h"

#define NS_PER_S 1000000000u

static uint64_t cycles_to_ns(uint64_t cycles, uint64_t hz)
{
	if (hz == NS_PER_S)
		return cycles;
	return cycles / hz * NS_PER_S + cycles % hz * NS_PER_S / hz;
}

/* Time zero of a clock in ns since the epoch. */
static int64_t clock_offset_ns(const bt_clock_class *class, uint64_t hz)
{
	int64_t seconds;
	uint64_t cycles;

	bt_clock_class_get_offset(class, &seconds, &cycles);
	return (int64_t)((uint64_t)seconds * NS_PER_S +
			 cycles_to_ns(cycles, hz));
}

/*
 * Traces of one boot share CLOCK_MONOTONIC, whatever offset each of them
 * noted; others are told on the time line of the first by their offsets.
 */
struct read_time read_time_of(struct read_clock *clock,
			      const bt_stream_class *class)
{
	const bt_clock_class *of =
		bt_stream_class_borrow_default_clock_class_const(class);
	struct read_time time = { .known = of != NULL };
	bt_uuid uuid;
	int64_t offset_ns;

	if (!of)
		return time;
	uuid = bt_clock_class_get_uuid(of);
	time.hz = bt_clock_class_get_frequency(of);
	offset_ns = clock_offset_ns(of, time.hz);
	if (!clock->known) {
		clock->known = true;
		clock->has_uuid = uuid != NULL;
		clock->offset_ns = offset_ns;
		if (uuid)
			memcpy(clock->uuid, uuid, sizeof(clock->uuid));
	}
	if (!(uuid && clock->has_uuid &&
	      !memcmp(uuid, clock->uuid, sizeof(clock->uuid))))
		time.shift_ns = (int64_t)((uint64_t)offset_ns -
					  (uint64_t)clock->offset_ns);
	return time;
}

uint64_t read_time_ns(const struct read_time *time,
		      const bt_clock_snapshot *snapshot)
{
	return cycles_to_ns(bt_clock_snapshot_get_value(snapshot), time->hz) +
	       (uint64_t)time->shift_ns;
}

bool read_time_of_message(const struct read_time *time,
			  const bt_stream_class *class,
			  const bt_message *message, uint64_t *ns)
{
	const bt_clock_snapshot *snapshot;

	if (!time->known)
		return false;
	switch (bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_EVENT:
		snapshot = bt_message_event_borrow_default_clock_snapshot_const(
			message);
		break;
	case BT_MESSAGE_TYPE_PACKET_BEGINNING:
		if (!bt_stream_class_packets_have_beginning_default_clock_snapshot(
			    class))
			return false;
		snapshot =
			bt_message_packet_beginning_borrow_default_clock_snapshot_const(
				message);
		break;
	case BT_MESSAGE_TYPE_PACKET_END:
		if (!bt_stream_class_packets_have_end_default_clock_snapshot(
			    class))
			return false;
		snapshot =
			bt_message_packet_end_borrow_default_clock_snapshot_const(
				message);
		break;
	default:
		return false;
	}
	*ns = read_time_ns(time, snapshot);
	return *ns <= READ_NS_MAX;
}
