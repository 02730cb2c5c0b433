#include "tracing/recorder/throttle.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One group: its cpu.stat, and what stood there at the begin. */
struct group {
	char *path;
	uint64_t times, ns;
};

struct throttle {
	GArray *groups;
};

static const char *const roots[] = {
	"/sys/fs/cgroup",
	"/sys/fs/cgroup/unified",
	"/sys/fs/cgroup/cpu",
	"/sys/fs/cgroup/cpu,cpuacct",
};

static uint64_t number_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* False: there is no such group, or it has no quotas. */
static bool read_group(const char *path, uint64_t *times, uint64_t *ns)
{
	char *text = NULL;
	bool good = g_file_get_contents(path, &text, NULL, NULL) &&
		    strstr(text, "nr_throttled ");

	if (good) {
		*times = number_of(text, "nr_throttled ");
		*ns = number_of(text, "throttled_usec ") * 1000 +
		      number_of(text, "throttled_time ");
	}
	g_free(text);
	return good;
}

static void add_group(struct throttle *throttle, const char *root,
		      const char *name)
{
	struct group group = {
		.path = g_build_filename(root, name, "cpu.stat", NULL),
	};

	if (read_group(group.path, &group.times, &group.ns))
		g_array_append_val(throttle->groups, group);
	else
		g_free(group.path);
}

/* The group called `name` and all above it, wherever they are mounted. */
static void add_groups(struct throttle *throttle, const char *name)
{
	char *path = g_strdup(name);

	for (;;) {
		char *last = strrchr(path, '/');

		for (size_t i = 0; i < G_N_ELEMENTS(roots); i++)
			add_group(throttle, roots[i], path);
		if (!last || !*path)
			break;
		*last = '\0';
	}
	g_free(path);
}

/* "0::/name", or of the older kind "4:cpu,cpuacct:/name" */
static const char *name_in(const char *line)
{
	const char *controllers = strchr(line, ':');
	const char *name = controllers ? strchr(controllers + 1, ':') : NULL;

	if (!name ||
	    !(name == controllers + 1 || !strncmp(controllers + 1, "cpu:", 4) ||
	      !strncmp(controllers + 1, "cpu,", 4)))
		return NULL;
	return strcmp(name + 1, "/") ? name + 1 : "";
}

struct throttle *throttle_begin(pid_t pid)
{
	struct throttle *throttle = g_new0(struct throttle, 1);
	char *path = g_strdup_printf("/proc/%d/cgroup", (int)pid);
	char *text = NULL;

	throttle->groups = g_array_new(FALSE, TRUE, sizeof(struct group));
	if (g_file_get_contents(path, &text, NULL, NULL)) {
		char **lines = g_strsplit(text, "\n", -1);

		for (char **line = lines; *line; line++)
			if (name_in(*line))
				add_groups(throttle, name_in(*line));
		g_strfreev(lines);
	}
	g_free(text);
	g_free(path);
	return throttle;
}

void throttle_note(const struct throttle *throttle, struct logbook *logbook)
{
	uint64_t most = 0, most_ns = 0;

	for (guint i = 0; i < throttle->groups->len; i++) {
		const struct group *group =
			&g_array_index(throttle->groups, struct group, i);
		uint64_t times, ns;

		if (!read_group(group->path, &times, &ns) ||
		    times - group->times <= most)
			continue;
		most = times - group->times;
		most_ns = ns - group->ns;
	}
	if (most)
		logbook_note(logbook,
			     "the CPU quota of a control group held the "
			     "program back %llu times, for %.3f s over all "
			     "CPUs: its threads wait for a CPU then, preempted "
			     "or woken",
			     (unsigned long long)most, (double)most_ns / 1e9);
}

void throttle_free(struct throttle *throttle)
{
	if (!throttle)
		return;
	for (guint i = 0; i < throttle->groups->len; i++)
		g_free(g_array_index(throttle->groups, struct group, i).path);
	g_array_free(throttle->groups, TRUE);
	g_free(throttle);
}
