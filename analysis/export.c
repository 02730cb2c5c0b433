#include "analysis/export.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

static const char *frame_name(const struct site *site)
{
	return *site->function ? site->function : site->text;
}

/* Separators of the format have no place in a name. */
static void put_frame(const char *name, FILE *out)
{
	for (const char *c = name; *c; c++)
		putc(*c == ';' || *c == '\n' ? ',' : *c, out);
}

int export_folded(const struct report *report, FILE *out, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *lock = &report->groups[i];

		for (size_t j = 0; j < lock->n_sites; j++) {
			const struct lock_site *site = &lock->sites[j];

			if (!site->wait_ns)
				continue;
			for (int k = site->n_stack - 1; k > 0; k--) {
				put_frame(
					frame_name(
						&report->sites[site->stack[k]]),
					out);
				putc(';', out);
			}
			put_frame(frame_name(&report->sites[site->site]), out);
			putc(';', out);
			put_frame(lock->label, out);
			fprintf(out, " %" PRIu64 "\n", site->wait_ns);
		}
	}
	return 0;
}

/* A text as RFC 4180 wants it. */
static void put_quoted(const char *text, FILE *out)
{
	putc('"', out);
	for (const char *c = text; *c; c++) {
		if (*c == '"')
			putc('"', out);
		putc(*c, out);
	}
	putc('"', out);
}

int export_csv(const struct report *report, FILE *out, struct err *err)
{
	(void)err;
	fputs("id,pid,kind,label,acquisitions,contended,waits,signals,posts,"
	      "wait_ns,wait_mean_ns,wait_p50_ns,wait_p90_ns,wait_p99_ns,"
	      "wait_max_ns,hold_ns,hold_mean_ns,hold_p50_ns,hold_p90_ns,"
	      "hold_p99_ns,hold_max_ns,held_ns,handoff_ns,queue_max,"
	      "queue_mean,path_ns,bound,sampled\n",
	      out);
	for (size_t i = 0; i < report->n_locks; i++) {
		const struct lock *lock = &report->locks[i];
		const uint64_t numbers[] = {
			lock->acquisitions, lock->contended, lock->waits,
			lock->signals,	    lock->posts,     lock->wait.total,
			lock->wait.mean,    lock->wait.p50,  lock->wait.p90,
			lock->wait.p99,	    lock->wait.max,  lock->hold.total,
			lock->hold.mean,    lock->hold.p50,  lock->hold.p90,
			lock->hold.p99,	    lock->hold.max,  lock->held_ns,
			lock->handoff_ns,   lock->queue_max,
		};

		fprintf(out, "%s,%" PRId32 ",%s,", lock->id, lock->pid,
			lock_kind_names[lock->kind]);
		put_quoted(lock->label, out);
		for (size_t j = 0; j < G_N_ELEMENTS(numbers); j++)
			fprintf(out, ",%" PRIu64, numbers[j]);
		fprintf(out, ",%.3f,%" PRIu64 ",%d,%d\n", lock->queue_mean,
			lock->path_ns, lock->bound, lock->sampled);
	}
	return 0;
}
