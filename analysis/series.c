#include "analysis/series.h"

#include <glib.h>
#include <string.h>

#define FIRST_SHIFT 10 /* bins are 1 us wide at first */

static uint32_t power_of_two(uint32_t n)
{
	uint32_t power = n ? 1 : 0;

	while (power < n && power < 1u << 30)
		power *= 2;
	return power;
}

void tally_init(struct tally *tally, uint64_t begin_ns, uint32_t bins,
		uint32_t n_rows)
{
	*tally = (struct tally){
		.begin_ns = begin_ns,
		.shift = FIRST_SHIFT,
		.bins = power_of_two(bins),
		.n_rows = n_rows,
	};
}

static void widen(struct tally *tally)
{
	size_t half = tally->bins / 2;

	tally->shift++;
	for (uint32_t r = 0; tally->rows && r < tally->n_rows; r++) {
		uint64_t *row = tally->rows[r];

		if (!row)
			continue;
		if (tally->bins == 1)
			continue;
		for (size_t i = 0; i < half; i++)
			row[i] = row[2 * i] + row[2 * i + 1];
		memset(row + half, 0, half * sizeof(*row));
	}
}

/* Makes room for the offset `last`. */
static void reach(struct tally *tally, uint64_t last)
{
	while (tally->shift < 63 && last >> tally->shift >= tally->bins)
		widen(tally);
}

static uint64_t *row_of(struct tally *tally, uint32_t row)
{
	if (!tally->rows)
		tally->rows = g_new0(uint64_t *, tally->n_rows);
	if (!tally->rows[row])
		tally->rows[row] = g_new0(uint64_t, tally->bins);
	return tally->rows[row];
}

void tally_add(struct tally *tally, uint32_t row, uint64_t from_ns,
	       uint64_t to_ns, uint64_t scale)
{
	uint64_t from, to;
	uint64_t *values;

	if (!tally->bins || row >= tally->n_rows)
		return;
	if (from_ns < tally->begin_ns)
		from_ns = tally->begin_ns;
	if (to_ns <= from_ns)
		return;
	from = from_ns - tally->begin_ns;
	to = to_ns - tally->begin_ns;
	reach(tally, to - 1);
	values = row_of(tally, row);
	while (from < to) {
		uint64_t bin = from >> tally->shift;
		uint64_t next = (bin + 1) << tally->shift;

		if (next > to || next <= from)
			next = to;
		values[bin] += (next - from) * scale;
		from = next;
	}
}

void tally_merge(struct tally *to, const struct tally *from)
{
	if (!to->bins || !from->rows)
		return;
	/* Both ends of the time that `from` covers must fit in. */
	while (to->shift < 63 && (to->shift < from->shift ||
				  (((uint64_t)from->bins << from->shift) - 1) >>
					  to->shift >= to->bins))
		widen(to);
	for (uint32_t r = 0; r < from->n_rows && r < to->n_rows; r++) {
		const uint64_t *row = from->rows[r];
		uint64_t *values;

		if (!row)
			continue;
		values = row_of(to, r);
		for (uint64_t i = 0; i < from->bins; i++)
			values[i << from->shift >> to->shift] += row[i];
	}
}

void tally_series(const struct tally *tally, uint64_t origin_ns,
		  uint64_t end_ns, struct series *series, struct arena *arena)
{
	uint64_t length =
		end_ns > tally->begin_ns ? end_ns - tally->begin_ns : 0;
	uint64_t n = length ? ((length - 1) >> tally->shift) + 1 : 0;
	uint64_t first = UINT64_MAX;

	*series = (struct series){ .rows = tally->n_rows };
	if (!tally->rows || !tally->bins)
		return;
	/* Nothing counted is left out, even beyond the end. */
	for (uint32_t r = 0; r < tally->n_rows; r++)
		for (uint64_t i = 0; tally->rows[r] && i < tally->bins; i++) {
			if (!tally->rows[r][i])
				continue;
			first = MIN(first, i);
			n = MAX(n, i + 1);
		}
	n = MIN(n, tally->bins);
	first = MIN(first, n);
	series->begin_ns =
		tally->begin_ns - origin_ns + (first << tally->shift);
	series->width_ns = 1ull << tally->shift;
	series->n = (uint32_t)(n - first);
	series->values = arena_array(arena, (n - first) * tally->n_rows, 8);
	for (uint32_t r = 0; r < tally->n_rows; r++)
		for (uint64_t i = first; tally->rows[r] && i < n; i++)
			series->values[(i - first) * tally->n_rows + r] =
				tally->rows[r][i];
}

void tally_clear(struct tally *tally)
{
	for (uint32_t r = 0; tally->rows && r < tally->n_rows; r++)
		g_free(tally->rows[r]);
	g_free(tally->rows);
	memset(tally, 0, sizeof(*tally));
}

void reign_init(struct reign *reign, uint64_t begin_ns, uint32_t bins)
{
	*reign = (struct reign){
		.begin_ns = begin_ns,
		.shift = FIRST_SHIFT,
		.bins = power_of_two(bins),
	};
}

static void vote(int32_t *who, uint64_t *ns, int32_t other, uint64_t other_ns)
{
	if (*who == other) {
		*ns += other_ns;
	} else if (other_ns > *ns) {
		*who = other;
		*ns = other_ns - *ns;
	} else {
		*ns -= other_ns;
	}
}

static void reign_widen(struct reign *reign)
{
	size_t half = reign->bins / 2;

	reign->shift++;
	for (size_t i = 0; i < half; i++) {
		int32_t who = reign->who[2 * i];
		uint64_t ns = reign->ns[2 * i];

		vote(&who, &ns, reign->who[2 * i + 1], reign->ns[2 * i + 1]);
		reign->who[i] = who;
		reign->ns[i] = ns;
	}
	memset(reign->who + half, 0, half * sizeof(*reign->who));
	memset(reign->ns + half, 0, half * sizeof(*reign->ns));
}

void reign_add(struct reign *reign, int32_t who, uint64_t from_ns,
	       uint64_t to_ns)
{
	uint64_t from, to;

	if (from_ns < reign->begin_ns)
		from_ns = reign->begin_ns;
	if (reign->bins < 2 || to_ns <= from_ns)
		return;
	if (!reign->who) {
		reign->who = g_new0(int32_t, reign->bins);
		reign->ns = g_new0(uint64_t, reign->bins);
	}
	from = from_ns - reign->begin_ns;
	to = to_ns - reign->begin_ns;
	while (reign->shift < 63 && (to - 1) >> reign->shift >= reign->bins)
		reign_widen(reign);
	while (from < to) {
		uint64_t bin = from >> reign->shift;
		uint64_t next = MIN((bin + 1) << reign->shift, to);

		vote(&reign->who[bin], &reign->ns[bin], who, next - from);
		from = next;
	}
}

void reign_series(const struct reign *reign, uint64_t origin_ns,
		  uint64_t end_ns, struct series *series, struct arena *arena)
{
	uint64_t length =
		end_ns > reign->begin_ns ? end_ns - reign->begin_ns : 0;
	uint64_t n = length ? ((length - 1) >> reign->shift) + 1 : 0;

	*series = (struct series){ .rows = 1 };
	if (!reign->who)
		return;
	n = MIN(n, reign->bins);
	series->begin_ns = reign->begin_ns - origin_ns;
	series->width_ns = 1ull << reign->shift;
	series->n = (uint32_t)n;
	series->values = arena_array(arena, n, sizeof(uint64_t));
	for (uint64_t i = 0; i < n; i++)
		series->values[i] = (uint64_t)(uint32_t)reign->who[i];
}

void reign_clear(struct reign *reign)
{
	g_free(reign->who);
	g_free(reign->ns);
	memset(reign, 0, sizeof(*reign));
}
