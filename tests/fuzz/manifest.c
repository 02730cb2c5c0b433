/* libFuzzer target: any text as holdup.json. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *dir, *path;

static void clean(void)
{
	(void)remove(path);
	(void)remove(dir);
	g_free(path);
	g_free(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct read_stats stats = { 0 };
	struct report *report = report_new();
	struct manifest manifest;

	if (!dir) {
		dir = g_dir_make_tmp("holdup-fuzz-XXXXXX", NULL);
		path = g_build_filename(dir, SCHEMA_MANIFEST, NULL);
		(void)atexit(clean);
	}
	if (!g_file_set_contents(path, (const char *)data, (gssize)size, NULL))
		abort();
	(void)manifest_read(dir, &manifest, NULL);
	manifest_fill_run(&manifest, dir, &stats, report);
	manifest_clear(&manifest);
	report_free(report);
	return 0;
}
