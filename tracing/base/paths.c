#include "tracing/base/paths.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *paths_self(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *kept;

	if (n < 0)
		n = 0;
	path[n] = '\0';
	kept = strdup(path);
	if (!kept)
		abort();
	return kept;
}

/* BIN/.. and what lies below it. */
static char *below_prefix(const char *folder, const char *name)
{
	char *self = paths_self();
	char *path = NULL;

	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(self, '/');

		if (slash)
			*slash = '\0';
	}
	if (asprintf(&path, "%s/%s/holdup/%s", self, folder, name) < 0)
		abort();
	free(self);
	return path;
}

char *paths_lib(const char *name)
{
	return below_prefix("lib", name);
}

char *paths_share(const char *name)
{
	return below_prefix("share", name);
}
