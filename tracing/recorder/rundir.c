#include "tracing/recorder/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define PREFIX	      "holdup-"
#define TRACEFS	      "/sys/kernel/tracing"
#define ROOM_BYTES    (16u << 20)
#define SHM_BYTES     (32u << 10)
#define STALE_SECONDS 5 /* younger ones may not have their lock yet */

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)at;
	/* Failing is fine: it may be gone, or hold a mount of ours. */
	if (type == FTW_DP || type == FTW_D || type == FTW_DNR)
		rmdir(path);
	else
		unlink(path);
	return 0;
}

void rundir_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Removes `path` if it is ours, old enough, and no recording holds its lock. */
static void sweep_one(const char *path)
{
	int fd = open(path, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_uid == geteuid() &&
	    time(NULL) - st.st_mtime >= STALE_SECONDS &&
	    !flock(fd, LOCK_EX | LOCK_NB))
		rundir_remove(path);
	close(fd);
}

static void sweep(const char *parent)
{
	DIR *dir = opendir(parent);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		char *path;

		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		path = g_build_filename(parent, entry->d_name, NULL);
		sweep_one(path);
		g_free(path);
	}
	closedir(dir);
}

/* Programs that give up root must still reach the sockets and their board. */
static int fill(struct rundir *run, struct err *err)
{
	static const struct {
		const char *name;
		mode_t root, user;
	} parts[] = {
		{ ".", 0711, 0700 },	   { "boards", 01733, 0700 },
		{ "run", 0755, 0700 },	   { "run/lttng", 0755, 0700 },
		{ "tracing", 0700, 0700 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		mode_t mode = geteuid() ? parts[i].user : parts[i].root;

		if ((i > 0 && mkdirat(run->fd, parts[i].name, mode)) ||
		    fchmodat(run->fd, parts[i].name, mode, 0))
			return err_errno(err, errno, "cannot create '%s/%s'",
					 run->path, parts[i].name);
	}
	if (symlinkat("run/lttng", run->fd, ".lttng"))
		return err_errno(err, errno, "cannot create '%s/.lttng'",
				 run->path);
	return 0;
}

static int make_in(struct rundir *run, const char *parent, struct err *err)
{
	char *path = g_build_filename(parent, PREFIX "XXXXXX", NULL);

	if (!mkdtemp(path)) {
		err_errno(err, errno, "cannot create a directory in '%s'",
			  parent);
		g_free(path);
		return -1;
	}
	run->path = path;
	run->boards = g_build_filename(path, "boards", NULL);
	run->fd = open(path, O_DIRECTORY | O_CLOEXEC);
	if (run->fd < 0 || flock(run->fd, LOCK_EX | LOCK_NB)) {
		err_errno(err, errno, "cannot lock '%s'", path);
	} else if (!fill(run, err)) {
		sweep(parent);
		return 0;
	}
	rundir_clear(run);
	return -1;
}

/* Containers often have a /dev/shm of 64 MB, or of next to nothing. */
static bool has_room(const char *parent, uint64_t bytes)
{
	struct statvfs fs;

	return statvfs(parent, &fs) || !fs.f_blocks ||
	       fs.f_bavail * fs.f_frsize >= bytes;
}

int rundir_make(struct rundir *run, struct err *err)
{
	const char *const parents[] = { "/dev/shm", getenv("TMPDIR"), "/tmp" };
	const size_t n = G_N_ELEMENTS(parents);

	*run = (struct rundir){ .fd = -1 };
	/* LTTng in the program has a page there, come what may. */
	if (!has_room("/dev/shm", SHM_BYTES))
		return err_set(err, "'/dev/shm' is full: no program can be "
				    "recorded without room there");
	/* Where there is little room only in the second round. */
	for (size_t i = 0; i < 2 * n; i++) {
		const char *parent = parents[i % n];

		/* A socket's path has room for 107 characters. */
		if (!parent || parent[0] != '/' || strlen(parent) > 60 ||
		    has_room(parent, ROOM_BYTES) != (i < n) ||
		    make_in(run, parent, err))
			continue;
		if (!access(TRACEFS "/events/sched/sched_switch/id", R_OK))
			run->tracefs = g_strdup(TRACEFS);
		return 0;
	}
	return err_prefix(err, "no place for sockets and boards");
}

static bool is_below(const char *path, const char *parent)
{
	size_t n = strlen(parent);

	return !strncmp(path, parent, n) && (path[n] == '/' || !path[n]);
}

/* Mounts tracefs where the machine has not. */
static void mount_tracefs(struct rundir *run)
{
	if (run->tracefs)
		return;
	run->tracefs = g_build_filename(run->path, "tracing", NULL);
	if (!mount("tracefs", run->tracefs, "tracefs",
		   MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return;
	g_free(run->tracefs);
	run->tracefs = NULL;
}

/*
 * RUN/run/lttng becomes /run/lttng. All of /run is hidden, since /run/lttng
 * need not exist and a daemon of the machine that ends may remove it, and with
 * it our mount on it; unless the output or the run directory lies in there.
 */
static int bind_lttng(struct rundir *run, const char *out, struct err *err)
{
	bool narrow = is_below(out, "/run") || is_below(run->path, "/run");
	const char *to = narrow ? "/run/lttng" : "/run";
	char *from = g_build_filename(run->path, "run", narrow ? "lttng" : NULL,
				      NULL);
	int rc = 0;

	if (narrow && mkdir(to, 0755) && errno != EEXIST)
		rc = err_errno(err, errno, "cannot create '%s'", to);
	else if (mount(from, to, NULL, MS_BIND, NULL))
		rc = err_errno(err, errno, "cannot bind '%s'", from);
	g_free(from);
	return rc;
}

/* Whether what is mounted here would be seen elsewhere, too; also if unsure. */
static bool is_shared(void)
{
	char *mounts = NULL;
	bool shared = !g_file_get_contents("/proc/self/mountinfo", &mounts,
					   NULL, NULL) ||
		      strstr(mounts, " shared:");

	g_free(mounts);
	return shared;
}

int rundir_hide(struct rundir *run, const char *out, struct err *err)
{
	if (unshare(CLONE_NEWNS))
		return err_errno(err, errno, "no mount namespace of our own");
	run->is_hidden = true;
	/* The root of a chroot is no mount: then they must be private before.
	 */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	    (errno != EINVAL || is_shared()))
		return err_errno(err, errno, "cannot make mounts private");
	mount_tracefs(run);
	return bind_lttng(run, out, err);
}

void rundir_clear(struct rundir *run)
{
	/* A directory that is a mount point of ours could not be removed. */
	if (run->is_hidden && run->tracefs)
		umount2(run->tracefs, MNT_DETACH);
	if (run->path)
		rundir_remove(run->path);
	if (run->fd >= 0)
		close(run->fd);
	g_clear_pointer(&run->path, g_free);
	g_clear_pointer(&run->boards, g_free);
	g_clear_pointer(&run->tracefs, g_free);
	run->fd = -1;
}
