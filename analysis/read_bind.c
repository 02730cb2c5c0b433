#include "analysis/read_bind.h"

#include <string.h>

#define CLASSES_MAX 4096 /* event classes found by their id alone */

struct place { /* a field, found once per class */
	enum read_type type;
	bool is_signed;
	uint16_t offset, more;
	uint64_t index; /* in its structure */
};

struct read_binding {		      /* an event class, resolved */
	const struct read_kind *kind; /* NULL: not known */
	size_t n_places;
	struct place *places;
};

static bool number_type(const bt_field_class *class, bool *is_signed)
{
	bt_field_class_type type = bt_field_class_get_type(class);

	*is_signed = bt_field_class_type_is(type,
					    BT_FIELD_CLASS_TYPE_SIGNED_INTEGER);
	return *is_signed ||
	       bt_field_class_type_is(type,
				      BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER);
}

static const bt_field_class *member(const bt_field_class *structure,
				    const char *name, uint64_t *index)
{
	uint64_t n =
		structure ? bt_field_class_structure_get_member_count(structure)
			  : 0;

	for (uint64_t i = 0; i < n; i++) {
		const bt_field_class_structure_member *m =
			bt_field_class_structure_borrow_member_by_index_const(
				structure, i);

		if (strcmp(bt_field_class_structure_member_get_name(m), name) !=
		    0)
			continue;
		*index = i;
		return bt_field_class_structure_member_borrow_field_class_const(
			m);
	}
	return NULL;
}

struct read_number read_number_find(const bt_field_class *structure,
				    const char *name, const char *other)
{
	struct read_number number = { .found = false };
	const bt_field_class *class = member(structure, name, &number.index);

	if (!class && other)
		class = member(structure, other, &number.index);
	number.found = class && number_type(class, &number.is_signed);
	return number;
}

static uint64_t get_integer(const bt_field *field, bool is_signed)
{
	return is_signed ? (uint64_t)bt_field_integer_signed_get_value(field)
			 : bt_field_integer_unsigned_get_value(field);
}

uint64_t read_number_u64(const bt_field *structure, struct read_number number)
{
	return get_integer(
		bt_field_structure_borrow_member_field_by_index_const(
			structure, number.index),
		number.is_signed);
}

int32_t read_number_get(const bt_field *structure, struct read_number number)
{
	return (int32_t)read_number_u64(structure, number);
}

/* Whether a field of this class can be stored as `type`; of arrays the
 * elements. */
static bool place_fits(const bt_field_class *class, enum read_type type,
		       bool *is_signed)
{
	bt_field_class_type is = bt_field_class_get_type(class);

	switch (type) {
	case READ_TEXT:
		return is == BT_FIELD_CLASS_TYPE_STRING;
	case READ_U64S:
	case READ_BYTES:
	case READ_U32S:
		return bt_field_class_type_is(is, BT_FIELD_CLASS_TYPE_ARRAY) &&
		       number_type(
			       bt_field_class_array_borrow_element_field_class_const(
				       class),
			       is_signed);
	default:
		return number_type(class, is_signed);
	}
}

static struct read_binding *bind_class(const bt_event_class *class)
{
	struct read_binding *binding = g_new0(struct read_binding, 1);
	const bt_field_class *payload =
		bt_event_class_borrow_payload_field_class_const(class);
	const char *name = bt_event_class_get_name(class);
	size_t n = 0;

	binding->kind = name ? read_kind_find(name) : NULL;
	if (!binding->kind)
		return binding;
	while (binding->kind->fields[n].type != READ_END)
		n++;
	binding->places = g_new0(struct place, n);
	for (size_t i = 0; i < n; i++) {
		const struct read_field *field = &binding->kind->fields[i];
		struct place place = { .type = (enum read_type)field->type,
				       .offset = field->offset,
				       .more = field->more };
		const bt_field_class *of =
			field->name ? member(payload, field->name, &place.index)
				    : NULL;

		if (field->name &&
		    !(of && place_fits(of, place.type, &place.is_signed)))
			continue;
		binding->places[binding->n_places++] = place;
	}
	return binding;
}

static void binding_free(void *data)
{
	struct read_binding *binding = data;

	if (binding)
		g_free(binding->places);
	g_free(binding);
}

void read_bindings_init(struct read_bindings *bindings)
{
	bindings->by_id = g_ptr_array_new_with_free_func(binding_free);
	bindings->others =
		g_hash_table_new_full(NULL, NULL, NULL, binding_free);
}

void read_bindings_clear(struct read_bindings *bindings)
{
	g_ptr_array_free(bindings->by_id, TRUE);
	g_hash_table_destroy(bindings->others);
}

const struct read_binding *read_binding_find(struct read_bindings *bindings,
					     const bt_event_class *class)
{
	uint64_t id = bt_event_class_get_id(class);
	struct read_binding *binding;
	void *key;

	if (id < bindings->by_id->len) {
		binding = g_ptr_array_index(bindings->by_id, id);
		if (binding)
			return binding;
	}
	binding = g_hash_table_lookup(bindings->others, class);
	if (binding)
		return binding;
	binding = bind_class(class);
	if (id >= CLASSES_MAX) {
		memcpy(&key, &class, sizeof(key)); /* const away */
		g_hash_table_insert(bindings->others, key, binding);
		return binding;
	}
	if (id >= bindings->by_id->len)
		g_ptr_array_set_size(bindings->by_id, (gint)id + 1);
	g_ptr_array_index(bindings->by_id, id) = binding;
	return binding;
}

const struct read_kind *read_binding_kind(const struct read_binding *binding)
{
	return binding->kind;
}

/* Copies an array into the batch, or into the event itself. */
static void store_array(const struct place *place, const bt_field *field,
			char *event, struct read_batch *batch)
{
	uint64_t n = bt_field_array_get_length(field);
	size_t each = place->type == READ_BYTES	 ? 1
		      : place->type == READ_U32S ? 4
						 : 8;
	char *to = event + place->offset;

	if (n > READ_NUMBERS_MAX)
		n = READ_NUMBERS_MAX;
	if (place->type == READ_U32S && n > place->more)
		n = place->more;
	if (place->type != READ_U32S) {
		void *room =
			n ? read_batch_alloc(batch, (size_t)n * each) : NULL;

		if (!room)
			n = 0;
		memcpy(to, &room, sizeof(room));
		to = room;
	}
	for (uint64_t i = 0; i < n; i++) {
		uint64_t value = get_integer(
			bt_field_array_borrow_element_field_by_index_const(
				field, i),
			place->is_signed);

		memcpy(to + i * each, &value, each); /* little endian */
	}
	if (place->type == READ_U64S)
		*(uint8_t *)(event + place->more) = (uint8_t)n;
	else if (place->type == READ_BYTES)
		memcpy(event + place->more, &n, 4); /* little endian */
}

static void store_text(const bt_field *field, char *to,
		       struct read_batch *batch)
{
	const char *text = bt_field_string_get_value(field);
	size_t bytes = MIN((size_t)bt_field_string_get_length(field),
			   (size_t)READ_TEXT_MAX);
	char *copy = read_batch_alloc(batch, bytes + 1);

	if (copy) {
		memcpy(copy, text, bytes);
		copy[bytes] = '\0';
	}
	memcpy(to, &copy, sizeof(copy));
}

static void store(const struct place *place, const bt_field *payload,
		  struct event *event, struct read_batch *batch)
{
	char *to = (char *)event + place->offset;
	const bt_field *field;
	uint64_t value;
	int32_t i32;

	switch (place->type) {
	case READ_NOW:
		memcpy(to, &event->ts_ns, sizeof(event->ts_ns));
		return;
	case READ_SET8:
		*(uint8_t *)to = (uint8_t)place->more;
		return;
	case READ_SET32:
		i32 = (int16_t)place->more;
		memcpy(to, &i32, sizeof(i32));
		return;
	default:
		break;
	}
	field = bt_field_structure_borrow_member_field_by_index_const(
		payload, place->index);
	switch (place->type) {
	case READ_TEXT:
		store_text(field, to, batch);
		return;
	case READ_U64S:
	case READ_BYTES:
	case READ_U32S:
		store_array(place, field, (char *)event, batch);
		return;
	default:
		break;
	}
	value = get_integer(field, place->is_signed);
	/* Nothing is told before it was, nor lasts longer than the clock. */
	if (place->type == READ_NS && value > event->ts_ns)
		value = event->ts_ns;
	if (place->type == READ_U64 || place->type == READ_NS ||
	    place->type == READ_I64)
		memcpy(to, &value, 8);
	else if (place->type == READ_U8)
		*(uint8_t *)to = (uint8_t)value;
	else
		memcpy(to, &value, 4); /* little endian */
}

void read_binding_store(const struct read_binding *binding,
			const bt_field *payload, struct event *event,
			struct read_batch *batch)
{
	for (size_t i = 0; i < binding->n_places; i++)
		store(&binding->places[i], payload, event, batch);
}
