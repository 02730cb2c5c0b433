/*
 * libFuzzer target: any bytes as a stream of events that Babeltrace has
 * refused: what is made of it must be whole packets.
 */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/read_repair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *dir, *path, *metadata;

static void clean(void)
{
	(void)remove(path);
	(void)remove(metadata);
	(void)remove(dir);
	g_free(path);
	g_free(metadata);
	g_free(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GPtrArray *notes = g_ptr_array_new_with_free_func(g_free);
	struct read_repair *repair;

	if (!dir) {
		dir = g_dir_make_tmp("holdup-fuzz-XXXXXX", NULL);
		path = g_build_filename(dir, "stream", NULL);
		metadata = g_build_filename(dir, "metadata", NULL);
		if (!g_file_set_contents(metadata, "", 0, NULL))
			abort();
		(void)atexit(clean);
	}
	if (!g_file_set_contents(path, (const char *)data, (gssize)size, NULL))
		abort();
	repair = read_repair_new(dir, "part", notes);
	read_repair_free(repair);
	g_ptr_array_free(notes, TRUE);
	return 0;
}
