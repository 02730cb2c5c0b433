#include "tracing/base/output.h"

#include <errno.h>

FILE *output_open(const char *path, struct err *err)
{
	FILE *out = path ? fopen(path, "we") : stdout;

	if (!out)
		err_errno(err, errno, "cannot write '%s'", path);
	return out;
}

int output_close(FILE *out, const char *path, struct err *err)
{
	int failed = fflush(out) || ferror(out);

	if (path && fclose(out))
		failed = 1;
	if (!failed)
		return 0;
	return err_errno(err, errno, "cannot write '%s'",
			 path ? path : "standard output");
}
