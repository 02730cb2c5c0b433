#include "analysis/read_find.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 12 /* a trace lies no deeper; links may run in circles */
#define CTF_MAGIC 0xc1fc1fc1u

struct search {
	const char *top;
	GPtrArray *found, *notes;
};

static const char *relative(const struct search *search, const char *path)
{
	size_t n = strlen(search->top);

	return path[n] == '/' ? path + n + 1 : ".";
}

/* Streams of events begin with CTF's magic number, in either byte order. */
static bool is_stream(const char *path)
{
	FILE *file = fopen(path, "rbe");
	uint32_t magic = 0;
	bool is =
		file && fread(&magic, sizeof(magic), 1, file) == 1 &&
		(magic == CTF_MAGIC || GUINT32_SWAP_LE_BE(magic) == CTF_MAGIC);

	if (file)
		(void)fclose(file);
	return is;
}

static void look(const struct search *search, const char *path, int depth)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) dir = g_dir_open(path, 0, &error);
	bool has_metadata = false, has_streams = false;
	const char *name;

	if (!dir) {
		g_ptr_array_add(search->notes,
				g_strdup_printf("%s: cannot be looked into: %s",
						relative(search, path),
						error->message));
		return;
	}
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *entry = g_build_filename(path, name, NULL);
		struct stat status;

		if (stat(entry, &status))
			continue;
		if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX &&
		    strcmp(name, "index") != 0)
			look(search, entry, depth + 1);
		else if (S_ISREG(status.st_mode) && !strcmp(name, "metadata"))
			has_metadata = true;
		else if (S_ISREG(status.st_mode) && !has_streams)
			has_streams = is_stream(entry);
	}
	if (has_metadata)
		g_ptr_array_add(search->found, g_strdup(path));
	else if (has_streams)
		g_ptr_array_add(
			search->notes,
			g_strdup_printf("%s: its metadata is missing, so that "
					"its events cannot be read",
					relative(search, path)));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *read_find(const char *dir, GPtrArray *notes, struct err *err)
{
	struct search search = { .top = dir, .notes = notes };
	struct stat status;

	if (stat(dir, &status)) {
		err_errno(err, errno, "cannot be read");
		return NULL;
	}
	if (!S_ISDIR(status.st_mode)) {
		err_set(err, "is not a trace directory");
		return NULL;
	}
	search.found = g_ptr_array_new_with_free_func(g_free);
	look(&search, dir, 0);
	if (!search.found->len) {
		if (notes->len)
			err_set(err, "%s",
				(const char *)g_ptr_array_index(notes, 0));
		else
			err_set(err, "is not a trace: there is no CTF metadata "
				     "in it");
		g_ptr_array_free(search.found, TRUE);
		return NULL;
	}
	g_ptr_array_sort(search.found, by_name);
	return search.found;
}
