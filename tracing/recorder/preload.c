#include "tracing/recorder/preload.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracing/base/paths.h"
#include "tracing/schema.h"

/* So that a program never waits for good for a daemon that does not answer. */
#define REGISTER_MS "10000"

int preload_check(struct err *err)
{
	char *library = paths_lib("libholdup.so");
	int rc = access(library, R_OK) ? err_set(err,
						 "'%s' is not there: install "
						 "holdup with 'make install'",
						 library)
				       : 0;

	free(library);
	return rc;
}

/* LD_PRELOAD separates by colons and blanks and has no way to quote them. */
static char *preloadable(const char *library, const char *run)
{
	char *link;

	if (!strpbrk(library, " :"))
		return g_strdup(library);
	link = g_build_filename(run, "libholdup.so", NULL);
	if (symlink(library, link) && access(link, F_OK))
		perror("holdup: libholdup.so");
	return link;
}

char **preload_environment(const char *run, const char *boards, bool detail_all,
			   uint64_t budget)
{
	const char *before = getenv("LD_PRELOAD");
	char *library = paths_lib("libholdup.so");
	char *preload = preloadable(library, run);
	char **env = g_new0(char *, 8);

	env[0] = g_strdup_printf("LD_PRELOAD=%s:liblttng-ust-fd.so.1%s%s",
				 preload, before && *before ? ":" : "",
				 before ? before : "");
	env[1] = g_strdup_printf("%s=%s", ENV_BOARD, boards);
	env[2] = g_strdup_printf("%s=%s", ENV_DETAIL,
				 detail_all ? "all" : "contended");
	env[3] = g_strdup_printf("%s=%llu", ENV_BUDGET,
				 (unsigned long long)budget);
	env[4] = g_strdup_printf("LTTNG_HOME=%s", run);
	env[5] = g_strdup("LTTNG_UST_REGISTER_TIMEOUT=" REGISTER_MS);
	env[6] = g_strdup("LTTNG_UST_WITHOUT_PROCNAME_STATEDUMP=1");
	free(library);
	g_free(preload);
	return env;
}
