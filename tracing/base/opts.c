#include "tracing/base/opts.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *suffix;
	double factor;
};

static const struct unit times[] = {
	{ "", 1e9 },   { "s", 1e9 },	{ "ms", 1e6 }, { "us", 1e3 },
	{ "ns", 1.0 }, { "min", 60e9 }, { NULL, 0 },
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "K", 1024 },
	{ "M", 1024.0 * 1024 },
	{ "G", 1024.0 * 1024 * 1024 },
	{ NULL, 0 },
};

/* Reads a number that starts with a digit; returns where it ends, or NULL. */
static const char *number(const char *text, double *out)
{
	char *end;

	if (!isdigit((unsigned char)text[0]) || strpbrk(text, "xXpP"))
		return NULL;
	errno = 0;
	*out = strtod(text, &end);
	return errno || !isfinite(*out) ? NULL : end;
}

static int scaled(const char *text, const struct unit *units, const char *what,
		  uint64_t *out, struct err *err)
{
	double value = 0;
	const char *end = number(text, &value);

	for (const struct unit *u = units; end && u->suffix; u++) {
		if (strcmp(end, u->suffix) != 0)
			continue;
		if (value * u->factor >= 0x1p63)
			return err_set(err, "'%s' is too large", text);
		*out = (uint64_t)llround(value * u->factor);
		return 0;
	}
	return err_set(err, "'%s' is not %s", text, what);
}

int opts_u64(const char *text, uint64_t *out, struct err *err)
{
	char *end;

	errno = 0;
	if (!isdigit((unsigned char)text[0]))
		return err_set(err, "'%s' is not a whole number", text);
	*out = strtoull(text, &end, 10);
	if (*end)
		return err_set(err, "'%s' is not a whole number", text);
	return errno ? err_set(err, "'%s' is too large", text) : 0;
}

int opts_ns(const char *text, uint64_t *out, struct err *err)
{
	return scaled(text, times, "a time, such as 1.5s or 20ms", out, err);
}

int opts_bytes(const char *text, uint64_t *out, struct err *err)
{
	return scaled(text, sizes, "a size, such as 64K or 8M", out, err);
}

int opts_factor(const char *text, double *out, struct err *err)
{
	const char *end = number(text, out);

	if (!end || *end)
		return err_set(err, "'%s' is not a number", text);
	return 0;
}
