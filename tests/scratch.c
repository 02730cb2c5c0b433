#include "tests/scratch.h"

#include <ftw.h>
#include <glib.h>
#include <stdio.h>

struct scratch {
	char *dir;
	GStringChunk *paths;
};

int scratch_setup(void **state)
{
	struct scratch *scratch = g_new0(struct scratch, 1);

	scratch->dir = g_dir_make_tmp("holdup-test-XXXXXX", NULL);
	scratch->paths = g_string_chunk_new(256);
	*state = scratch;
	return scratch->dir ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

int scratch_teardown(void **state)
{
	struct scratch *scratch = *state;

	(void)nftw(scratch->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	g_string_chunk_free(scratch->paths);
	g_free(scratch->dir);
	g_free(scratch);
	return 0;
}

const char *scratch_path(void *state, const char *name)
{
	struct scratch *scratch = state;
	g_autofree char *path = g_build_filename(scratch->dir, name, NULL);

	return g_string_chunk_insert(scratch->paths, path);
}
