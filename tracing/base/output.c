#include "tracing/base/output.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool is_standard(const char *path)
{
	return !path || !strcmp(path, "-");
}

FILE *output_open(const char *path, struct err *err)
{
	FILE *out = is_standard(path) ? stdout : fopen(path, "we");

	if (!out)
		err_errno(err, errno, "cannot write '%s'", path);
	return out;
}

int output_close(FILE *out, const char *path, struct err *err)
{
	int failed = fflush(out) || ferror(out);

	if (!is_standard(path) && fclose(out))
		failed = 1;
	if (!failed)
		return 0;
	return err_errno(err, errno, "cannot write '%s'",
			 is_standard(path) ? "standard output" : path);
}
