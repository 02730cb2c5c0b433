#include "tracing/recorder/tree.h"

#include <dirent.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define TID_MAX (1 << 22) /* the kernel's own limit */

/* Indexed by thread id: sparse in memory, since ids are handed out in turn. */
struct tree {
	struct tree_task *tasks;
};

struct tree *tree_new(void)
{
	struct tree *tree = g_new0(struct tree, 1);
	void *map = mmap(NULL, sizeof(struct tree_task) * TID_MAX,
			 PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		abort();
	tree->tasks = map;
	return tree;
}

struct tree_task *tree_task(struct tree *tree, int32_t tid)
{
	return tid > 0 && tid < TID_MAX ? &tree->tasks[tid] : NULL;
}

void tree_add(struct tree *tree, int32_t tid, int32_t pid, const char *comm)
{
	struct tree_task *task = tree_task(tree, tid);

	if (!task)
		return;
	task->is_ours = true;
	task->is_exiting = false;
	task->pid = pid;
	g_strlcpy(task->comm, comm, sizeof(task->comm));
}

void tree_remove(struct tree *tree, int32_t tid)
{
	struct tree_task *task = tree_task(tree, tid);

	if (task)
		*task = (struct tree_task){ .is_ours = false };
}

/* The lines of `path`, as numbers: children or threads. */
static void add_threads(struct tree *tree, int32_t pid);

static void add_children(struct tree *tree, int32_t pid, const char *tid)
{
	char *path = g_strdup_printf("/proc/%d/task/%s/children", pid, tid);
	char *text = NULL;

	if (g_file_get_contents(path, &text, NULL, NULL))
		for (char *at = text; *at;) {
			char *end;
			long child = strtol(at, &end, 10);

			if (end == at)
				break;
			add_threads(tree, (int32_t)child);
			at = end;
		}
	g_free(text);
	g_free(path);
}

static void add_threads(struct tree *tree, int32_t pid)
{
	char *path = g_strdup_printf("/proc/%d/task", pid);
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int32_t tid = (int32_t)strtol(entry->d_name, NULL, 10);
		char *name, *comm = NULL;

		if (tid <= 0)
			continue;
		name = g_strdup_printf("%s/%d/comm", path, tid);
		if (g_file_get_contents(name, &comm, NULL, NULL))
			tree_add(tree, tid, pid, g_strchomp(comm));
		g_free(comm);
		g_free(name);
		add_children(tree, pid, entry->d_name);
	}
	if (dir)
		closedir(dir);
	g_free(path);
}

void tree_rescan(struct tree *tree, int32_t root)
{
	add_threads(tree, root);
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	munmap(tree->tasks, sizeof(struct tree_task) * TID_MAX);
	g_free(tree);
}
