#include "tracing/recorder/outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracing/recorder/logbook.h"
#include "tracing/recorder/rundir.h"

static bool has_file(const char *dir, const char *name)
{
	char *path = g_build_filename(dir, name, NULL);
	bool has = !access(path, F_OK);

	g_free(path);
	return has;
}

static int lock(const char *path, struct err *err)
{
	int fd = open(path, O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, errno, "cannot open '%s'", path);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	close(fd);
	return err_set(err,
		       "'%s' is being written by another recording: "
		       "choose another directory with -o",
		       path);
}

/* Only what is a recording may be renamed, and its .old be removed. */
static int make_way(struct outdir *out, struct err *err)
{
	char *old = g_strdup_printf("%s.old", out->path);
	int rc = 0;
	int fd;

	if (!has_file(out->path, SCHEMA_MANIFEST))
		rc = err_set(err,
			     "'%s' exists and is no recording: remove it "
			     "or choose another directory with -o",
			     out->path);
	else if ((fd = lock(out->path, err)) < 0)
		rc = -1;
	else {
		close(fd);
		if (has_file(old, SCHEMA_MANIFEST))
			rundir_remove(old);
		if (rename(out->path, old))
			rc = err_errno(err, errno, "cannot rename '%s'",
				       out->path);
		else
			out->old = g_steal_pointer(&old);
	}
	g_free(old);
	return rc;
}

/* Without "..", which a session's path may not hold. */
static char *absolute(const char *path)
{
	char *full = g_canonicalize_filename(path, NULL);
	char *parent = g_path_get_dirname(path);
	char *name = g_path_get_basename(path);
	char *real = realpath(parent, NULL);

	/* Behind a symbolic link ".." is not what the spelling says. */
	if (!real) {
		g_free(full);
		full = g_strdup(path); /* mkdir() says why */
	} else if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
		   !g_str_has_suffix(path, "/")) {
		g_free(full);
		full = g_build_filename(real, name, NULL);
	}
	free(real);
	g_free(name);
	g_free(parent);
	return full;
}

int outdir_make(struct outdir *out, const char *path, struct err *err)
{
	*out = (struct outdir){ .path = absolute(path), .fd = -1 };
	/* rmdir() succeeds on an empty one only. */
	if (!access(out->path, F_OK) && rmdir(out->path) && make_way(out, err))
		return -1;
	if (mkdir(out->path, 0777))
		return err_errno(err, errno, "cannot create '%s'", path);
	out->fd = lock(out->path, err);
	return out->fd < 0 ? -1 : 0;
}

void outdir_unmake(struct outdir *out)
{
	if (out->fd >= 0)
		rundir_remove(out->path);
	if (out->old && rename(out->old, out->path))
		fprintf(stderr, "holdup: the recording before is in '%s'\n",
			out->old);
}

int outdir_check(const struct outdir *out, struct err *err)
{
	struct stat made, there;

	if (fstat(out->fd, &made) || stat(out->path, &there) ||
	    made.st_ino != there.st_ino || made.st_dev != there.st_dev)
		return err_set(err, "'%s' was removed or renamed meanwhile",
			       out->path);
	return 0;
}

void outdir_clear(struct outdir *out)
{
	if (out->fd >= 0)
		close(out->fd);
	g_free(out->path);
	g_free(out->old);
	*out = (struct outdir){ .fd = -1 };
}
