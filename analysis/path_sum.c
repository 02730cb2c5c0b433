#include "analysis/path_sum.h"

#include <glib.h>
#include <string.h>

struct path_sum *path_sum_new(void)
{
	return g_new0(struct path_sum, 1);
}

void path_sum_free(struct path_sum *sum)
{
	if (!sum)
		return;
	g_free(sum->locks.entries);
	g_free(sum->threads.entries);
	g_free(sum);
}

static void entries_add(struct path_entries *e, int32_t index, uint64_t ns)
{
	uint32_t low = 0, high = e->n;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (e->entries[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < e->n && e->entries[low].index == index) {
		e->entries[low].ns += ns;
		return;
	}
	if (e->n == e->capacity) {
		e->capacity = e->capacity ? e->capacity * 2 : 4;
		e->entries =
			g_renew(struct path_entry, e->entries, e->capacity);
	}
	memmove(e->entries + low + 1, e->entries + low,
		(e->n - low) * sizeof(*e->entries));
	e->entries[low] = (struct path_entry){ index, ns };
	e->n++;
}

void path_sum_add(struct path_sum *sum, uint8_t state, int32_t lock,
		  int32_t thread, uint64_t ns)
{
	if (!ns)
		return;
	sum->by_state[state] += ns;
	entries_add(&sum->locks, lock, ns);
	entries_add(&sum->threads, thread, ns);
}

void path_sum_merge(struct path_sum *to, const struct path_sum *from)
{
	for (int s = 0; s < STATE_N; s++)
		to->by_state[s] += from->by_state[s];
	for (uint32_t i = 0; i < from->locks.n; i++)
		entries_add(&to->locks, from->locks.entries[i].index,
			    from->locks.entries[i].ns);
	for (uint32_t i = 0; i < from->threads.n; i++)
		entries_add(&to->threads, from->threads.entries[i].index,
			    from->threads.entries[i].ns);
}

static uint64_t scaled(uint64_t ns, uint64_t part, uint64_t whole)
{
	__extension__ typedef unsigned __int128 wide;

	return (uint64_t)((wide)ns * part / whole);
}

/* The rest of the rounding goes to the first one. */
static void entries_part(struct path_entries *to,
			 const struct path_entries *from, uint64_t part,
			 uint64_t whole)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < from->n; i++) {
		uint64_t ns = scaled(from->entries[i].ns, part, whole);

		entries_add(to, from->entries[i].index, ns);
		sum += ns;
	}
	if (to->n)
		to->entries[0].ns += part - sum;
}

struct path_sum *path_sum_part(const struct path_sum *sum, uint64_t part,
			       uint64_t whole)
{
	struct path_sum *out = path_sum_new();
	uint64_t total = 0;

	if (!whole)
		return out;
	for (int s = 0; s < STATE_N; s++) {
		out->by_state[s] = scaled(sum->by_state[s], part, whole);
		total += out->by_state[s];
	}
	for (int s = 0; s < STATE_N; s++)
		if (sum->by_state[s]) {
			out->by_state[s] += part - total;
			break;
		}
	entries_part(&out->locks, &sum->locks, part, whole);
	entries_part(&out->threads, &sum->threads, part, whole);
	return out;
}
