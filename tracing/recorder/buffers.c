#include "tracing/recorder/buffers.h"

#include <glib.h>
#include <jansson.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Of all CPUs together: each process maps them, at 0.1 ms a MiB. */
#define ALL_MAX	    (512ull << 20)
#define ONE_MIN	    (64ull << 10)
#define EVENT_BYTES 64 /* of lock_held, with its head and context */

/* What the kernel would give, also from its caches of files. */
static uint64_t memory_available(void)
{
	static const char key[] = "MemAvailable:";
	char *text = NULL;
	char *at;
	uint64_t kib = 0;

	if (g_file_get_contents("/proc/meminfo", &text, NULL, NULL) &&
	    (at = strstr(text, key)))
		kib = g_ascii_strtoull(at + strlen(key), NULL, 10);
	g_free(text);
	return kib ? kib << 10
		   : (uint64_t)sysconf(_SC_AVPHYS_PAGES) *
			       (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t memory_free(void)
{
	uint64_t bytes = memory_available();
	struct statvfs shm;

	/* As root the daemon has a /dev/shm of its own, see daemon.c. */
	if (geteuid() && !statvfs("/dev/shm", &shm))
		bytes = MIN(bytes, shm.f_bavail * shm.f_frsize);
	return bytes;
}

static uint64_t n_cpus(void)
{
	return (uint64_t)sysconf(_SC_NPROCESSORS_CONF);
}

uint64_t buffers_for_machine(bool detail_all)
{
	uint64_t wanted = (detail_all ? 64ull : 8ull) << 20;
	uint64_t fair = MIN(memory_free() / 8, ALL_MAX) / n_cpus();
	uint64_t bytes = ONE_MIN;

	while (bytes * 2 <= MIN(wanted, fair))
		bytes *= 2;
	return bytes;
}

/*
 * A buffer larger by what a CPU lost altogether would have lost nothing. How
 * long the lost events were is not known, but that of the most frequent is.
 */
uint64_t buffers_needed(const struct logbook *m)
{
	uint64_t most = 0;
	uint64_t bytes = MAX(m->buffer_bytes, 1ull << 20);

	for (guint i = 0; i < m->streams->len; i++)
		most = MAX(most,
			   g_array_index(m->streams, struct stream_count, i)
				   .discarded);
	if (!most)
		return 0;
	while (bytes < m->buffer_bytes + most * EVENT_BYTES &&
	       bytes < BUFFERS_ONE_MAX)
		bytes *= 2;
	return bytes;
}

static const char *text_at(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

static uint64_t number_at(const json_t *json, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(json, key));

	return value > 0 ? (uint64_t)value : 0;
}

void buffers_learn(struct logbook *m, const char *old)
{
	char *path = g_build_filename(old, SCHEMA_MANIFEST, NULL);
	json_t *json = json_load_file(path, JSON_DISABLE_EOF_CHECK, NULL);
	uint64_t wanted = number_at(json, "buffer_needed_bytes");
	bool is_same = !strcmp(text_at(json, "executable"), m->executable) &&
		       !strcmp(text_at(json, "detail"),
			       m->detail_all ? "all" : "contended");

	/* One that was learned and was enough is learned again. */
	if (!wanted && json_is_true(json_object_get(json, "buffer_learned")))
		wanted = number_at(json, "buffer_bytes");
	if (is_same && wanted > m->buffer_bytes && wanted <= BUFFERS_ONE_MAX &&
	    wanted <= memory_free() / 4 / n_cpus()) {
		m->buffer_bytes = wanted;
		m->buffer_learned = true;
	}
	json_decref(json);
	g_free(path);
}
