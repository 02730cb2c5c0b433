#include "tracing/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return -1;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -1;
}

static void append(struct err *err, const char *tail)
{
	size_t used = strlen(err->text);

	snprintf(err->text + used, sizeof(err->text) - used, ": %s", tail);
}

int err_errno(struct err *err, int number, const char *format, ...)
{
	char words[128];
	va_list args;

	if (!err)
		return -1;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	append(err, strerror_r(number, words, sizeof(words)));
	return -1;
}

int err_prefix(struct err *err, const char *format, ...)
{
	char kept[sizeof(err->text)];
	va_list args;

	if (!err)
		return -1;
	memcpy(kept, err->text, sizeof(kept));
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	append(err, kept);
	return -1;
}
