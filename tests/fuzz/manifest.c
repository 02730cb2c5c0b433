/*
 * libFuzzer target: any text as holdup.json of a short recording, through to
 * the report that is made with it.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/load.h"
#include "tests/fuzz/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *dir, *path;

static void clean(void)
{
	(void)remove(path);
	(void)remove(dir);
	g_free(path);
	g_free(dir);
}

static void write_manifest(const uint8_t *data, size_t size)
{
	if (!dir) {
		dir = g_dir_make_tmp("holdup-fuzz-XXXXXX", NULL);
		path = g_build_filename(dir, SCHEMA_MANIFEST, NULL);
		(void)atexit(clean);
	}
	if (!g_file_set_contents(path, (const char *)data, (gssize)size, NULL))
		abort();
}

/* Two threads and a wait between them, and nothing of the manifest's. */
static void feed(struct load *load)
{
	struct event e = { .ts_ns = 1000, .pid = 7, .cpu = 0 };

	for (e.tid = 7; e.tid < 9; e.tid++) {
		e.type = EVENT_THREAD_START;
		load_event(load, &e);
	}
	e.type = EVENT_LOCK_HELD;
	e.u.lock.address = 0x1000;
	e.u.lock.weight = 1;
	for (e.tid = 7; e.tid < 9; e.tid++) {
		e.ts_ns += 1000;
		e.u.lock.wait_begin_ns = e.tid == 8 ? 1500 : 0;
		e.u.lock.begin_ns = e.ts_ns - 900;
		e.u.lock.end_ns = e.ts_ns - 100;
		load_event(load, &e);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct load_options options = { .bins = 16, .waits = 4 };
	struct read_stats stats = { .discarded = { 3, 2, 1 } };
	struct manifest manifest;
	struct report *report;
	struct load *load;

	write_manifest(data, size);
	(void)manifest_read(dir, &manifest, NULL);
	load = load_begin(&manifest, &options);
	feed(load);
	manifest_check(&manifest, dir, &stats);
	report = load_finish(load, dir, &stats);
	fuzz_render(report);
	report_free(report);
	manifest_clear(&manifest);
	read_stats_clear(&stats);
	return 0;
}
