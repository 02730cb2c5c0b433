#include "analysis/units.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct scale {
	double size;
	const char *suffix;
};

/* Three significant digits; "3.20" loses its zero. */
static const char *scaled(struct units_text *text, double value,
			  const char *blank, const struct scale *scales,
			  size_t n)
{
	size_t i = 0;
	int decimals;
	double shown;

	/* 999.6 of a unit would be printed as 1000: that is the next one. */
	while (i + 1 < n && value >= scales[i + 1].size * 0.9995)
		i++;
	shown = value / scales[i].size;
	decimals = i == 0 || shown >= 99.95 ? 0 : shown >= 9.995 ? 1 : 2;
	if (i == 0 || decimals == 0)
		snprintf(text->s, sizeof(text->s), "%.0f%s%s", shown, blank,
			 scales[i].suffix);
	else
		snprintf(text->s, sizeof(text->s), "%.*f%s%s", decimals, shown,
			 blank, scales[i].suffix);
	return text->s;
}

static const struct scale times[] = {
	{ 1, "ns" },
	{ 1e3, "us" },
	{ 1e6, "ms" },
	{ 1e9, "s" },
};

const char *units_ns(struct units_text *text, uint64_t ns)
{
	if (!ns)
		return strcpy(text->s, "0");
	return scaled(text, (double)ns, "", times, 4);
}

const char *units_ns_prose(struct units_text *text, uint64_t ns)
{
	return scaled(text, (double)ns, " ", times, 4);
}

const char *units_count(struct units_text *text, uint64_t count)
{
	char digits[24], grouped[sizeof(text->s)] = "";
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, count), used = 0;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			grouped[used++] = ',';
		grouped[used++] = digits[i];
	}
	grouped[used] = '\0';
	memcpy(text->s, grouped, sizeof(grouped));
	return text->s;
}

const char *units_short(struct units_text *text, uint64_t count)
{
	static const struct scale counts[] = {
		{ 1, "" },
		{ 1e3, "k" },
		{ 1e6, "M" },
		{ 1e9, "G" },
	};

	if (count < 100000)
		return units_count(text, count);
	return scaled(text, (double)count, "", counts, 4);
}

const char *units_bytes(struct units_text *text, uint64_t bytes)
{
	static const struct scale sizes[] = {
		{ 1, "B" },
		{ 1e3, "KB" },
		{ 1e6, "MB" },
		{ 1e9, "GB" },
	};

	return scaled(text, (double)bytes, " ", sizes, 4);
}

const char *units_share(struct units_text *text, double ratio)
{
	double percent = ratio * 100;

	if (percent > 0 && percent < 0.05)
		return strcpy(text->s, "<0.1 %");
	snprintf(text->s, sizeof(text->s), "%.*f %%",
		 percent > 0 && percent < 9.95 ? 1 : 0, percent);
	return text->s;
}
