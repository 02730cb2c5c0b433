#include "analysis/symbols_data.h"

#include <dwarf.h>
#include <string.h>

/* Members deeper than this are not named: also stops circular types. */
#define DEPTH_MAX 16

/* Types that are locks themselves: what is inside them interests nobody. */
static const char *const lock_types[] = {
	"pthread_mutex_t",
	"pthread_rwlock_t",
	"pthread_spinlock_t",
	"pthread_cond_t",
	"pthread_barrier_t",
	"pthread_once_t",
	"sem_t",
	"mtx_t",
	"cnd_t",
	"once_flag",
	"mutex",
	"recursive_mutex",
	"timed_mutex",
	"recursive_timed_mutex",
	"shared_mutex",
	"shared_timed_mutex",
	"condition_variable",
	"condition_variable_any",
};

static bool is_lock_type(Dwarf_Die *type)
{
	const char *name = dwarf_diename(type);

	for (size_t i = 0; name && i < G_N_ELEMENTS(lock_types); i++)
		if (!strcmp(name, lock_types[i]))
			return true;
	return false;
}

static bool follow(Dwarf_Die *die, unsigned attribute, Dwarf_Die *to)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, attribute, &attr) &&
	       dwarf_formref_die(&attr, to);
}

static bool is_alias(Dwarf_Die *type)
{
	switch (dwarf_tag(type)) {
	case DW_TAG_typedef:
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_atomic_type:
		return true;
	default:
		return false;
	}
}

/* As data_type(), but stops at a typedef that names a lock. */
static bool named_type(Dwarf_Die *die, Dwarf_Die *type)
{
	if (!follow(die, DW_AT_type, type))
		return false;
	while (is_alias(type) && !is_lock_type(type)) {
		Dwarf_Die next;

		if (!follow(type, DW_AT_type, &next))
			return false;
		*type = next;
	}
	return true;
}

/* The type of a die without typedefs and qualifiers; false if it has none. */
static bool data_type(Dwarf_Die *die, Dwarf_Die *type)
{
	if (!follow(die, DW_AT_type, type))
		return false;
	while (is_alias(type)) {
		Dwarf_Die next;

		if (!follow(type, DW_AT_type, &next))
			return false;
		*type = next;
	}
	return true;
}

static bool number(Dwarf_Die *die, unsigned attribute, Dwarf_Word *value)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, attribute, &attr) &&
	       !dwarf_formudata(&attr, value);
}

static bool static_address(Dwarf_Die *die, Dwarf_Addr *address)
{
	Dwarf_Attribute attr;
	Dwarf_Op *ops;
	size_t n = 0;

	if (!dwarf_attr(die, DW_AT_location, &attr) ||
	    dwarf_getlocation(&attr, &ops, &n) || n != 1)
		return false;
	if (ops[0].atom == DW_OP_addr) {
		*address = ops[0].number;
		return true;
	}
	if (ops[0].atom == DW_OP_addrx) {
		Dwarf_Attribute at;

		return !dwarf_getlocation_attr(&attr, &ops[0], &at) &&
		       !dwarf_formaddr(&at, address);
	}
	return false;
}

static void index_variable(GArray *index, Dwarf_Die *die)
{
	struct data_entry entry = { .die = dwarf_dieoffset(die), .bytes = 1 };
	Dwarf_Die type;
	Dwarf_Word bytes;

	if (!static_address(die, &entry.address))
		return;
	if (data_type(die, &type) && !dwarf_aggregate_size(&type, &bytes) &&
	    bytes > 0)
		entry.bytes = bytes;
	g_array_append_val(index, entry);
}

/* Static variables stand in files, namespaces and (blocks of) functions. */
static void index_children(GArray *index, Dwarf_Die *parent, int depth)
{
	Dwarf_Die die;

	if (depth > DEPTH_MAX || dwarf_child(parent, &die))
		return;
	do {
		switch (dwarf_tag(&die)) {
		case DW_TAG_variable:
			index_variable(index, &die);
			break;
		case DW_TAG_namespace:
		case DW_TAG_module:
		case DW_TAG_subprogram:
		case DW_TAG_lexical_block:
			index_children(index, &die, depth + 1);
			break;
		default:
			break;
		}
	} while (!dwarf_siblingof(&die, &die));
}

static int by_address(const void *a, const void *b)
{
	const struct data_entry *x = a;
	const struct data_entry *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (x->die > y->die) - (x->die < y->die);
}

GArray *data_index(Dwarf *dwarf)
{
	GArray *index = g_array_new(FALSE, FALSE, sizeof(struct data_entry));
	Dwarf_Off at = 0, next;
	size_t header;

	while (!dwarf_nextcu(dwarf, at, &next, &header, NULL, NULL, NULL)) {
		Dwarf_Die unit;

		if (dwarf_offdie(dwarf, at + header, &unit))
			index_children(index, &unit, 0);
		at = next;
	}
	if (index->len)
		qsort(index->data, index->len, sizeof(struct data_entry),
		      by_address);
	return index;
}

const struct data_entry *data_find(const GArray *index, Dwarf_Addr address)
{
	const struct data_entry *entries = (const void *)index->data;
	size_t low = 0, high = index->len;

	while (low < high) { /* the first one behind the address */
		size_t middle = low + (high - low) / 2;

		if (entries[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low ||
	    address - entries[low - 1].address >= entries[low - 1].bytes)
		return NULL;
	return &entries[low - 1];
}

/* The number of items of one dimension; 0 if it is not known. */
static Dwarf_Word dimension(Dwarf_Die *range)
{
	Dwarf_Word value;

	if (number(range, DW_AT_count, &value))
		return value;
	return number(range, DW_AT_upper_bound, &value) ? value + 1 : 0;
}

/* Appends the indices of the item at `*offset`; leaves the offset in it. */
static bool array_path(Dwarf_Die *array, Dwarf_Die *item, Dwarf_Word *offset,
		       GString *path)
{
	Dwarf_Word items[DEPTH_MAX], bytes, index;
	Dwarf_Die range;
	int n = 0;

	if (!named_type(array, item) || dwarf_aggregate_size(item, &bytes) ||
	    !bytes || dwarf_child(array, &range))
		return false;
	do {
		if (dwarf_tag(&range) == DW_TAG_subrange_type && n < DEPTH_MAX)
			items[n++] = dimension(&range);
	} while (!dwarf_siblingof(&range, &range));
	index = *offset / bytes;
	*offset %= bytes;
	for (int i = 0; i < n; i++) {
		Dwarf_Word below = 1;

		for (int j = i + 1; j < n; j++)
			below *= items[j] ? items[j] : 1;
		g_string_append_printf(path, "[%llu]",
				       (unsigned long long)(index / below));
		index %= below;
	}
	return n > 0;
}

/* The member (or base class) of an aggregate that contains the offset. */
static bool member_at(Dwarf_Die *aggregate, Dwarf_Word offset,
		      Dwarf_Die *member, Dwarf_Word *start)
{
	Dwarf_Die die;

	if (dwarf_child(aggregate, &die))
		return false;
	do {
		Dwarf_Word at = 0, bytes;
		Dwarf_Die type;
		int tag = dwarf_tag(&die);

		if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
			continue;
		if (dwarf_hasattr(&die, DW_AT_external) ||
		    !data_type(&die, &type) ||
		    dwarf_aggregate_size(&type, &bytes))
			continue;
		if (!number(&die, DW_AT_data_member_location, &at) &&
		    dwarf_hasattr(&die, DW_AT_data_member_location))
			continue;
		if (offset < at || offset - at >= bytes)
			continue;
		*member = die;
		*start = at;
		return true;
	} while (!dwarf_siblingof(&die, &die));
	return false;
}

void data_member_path(Dwarf_Die *variable, Dwarf_Word offset, GString *path)
{
	Dwarf_Die type, next;

	if (!named_type(variable, &type))
		return;
	for (int depth = 0; depth < DEPTH_MAX && !is_lock_type(&type);
	     depth++) {
		Dwarf_Word start;
		const char *name;

		if (dwarf_tag(&type) == DW_TAG_array_type) {
			if (!array_path(&type, &next, &offset, path))
				return;
			type = next;
			continue;
		}
		if (!member_at(&type, offset, &next, &start))
			return;
		name = dwarf_diename(&next);
		/* The array inside std::array has a name of no use. */
		if (name && dwarf_tag(&next) == DW_TAG_member &&
		    strcmp(name, "_M_elems") != 0)
			g_string_append_printf(path, ".%s", name);
		offset -= start;
		if (!named_type(&next, &type))
			return;
	}
}
