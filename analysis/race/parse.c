#include "analysis/race/parse.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "analysis/race/parse_state.h"

#define WARNING "WARNING: ThreadSanitizer: "
#define ERROR	"ERROR: ThreadSanitizer: "

static const struct {
	const char *words;
	enum race_kind kind;
} titles[] = {
	{ "data race", RACE_DATA },
	{ "heap-use-after-free", RACE_USE_AFTER_FREE },
	{ "race on external object", RACE_DATA },
	{ "lock-order-inversion", RACE_ORDER },
	{ "thread leak", RACE_THREAD_LEAK },
	{ "destroy of a locked mutex", RACE_LOCKED_DESTROY },
	{ "use of an invalid mutex", RACE_DESTROYED_MUTEX },
	{ "use of a destroyed mutex", RACE_DESTROYED_MUTEX },
	{ "unlock of an unlocked mutex", RACE_UNLOCK },
	{ "double lock of a mutex", RACE_DOUBLE_LOCK },
	{ "read lock of a write locked mutex", RACE_READ_LOCK },
	{ "read unlock of a write locked mutex", RACE_READ_LOCK },
	{ "signal-unsafe call", RACE_SIGNAL_UNSAFE },
	{ "signal handler spoils errno", RACE_SIGNAL_ERRNO },
	{ "SEGV", RACE_CRASH },
	{ "BUS", RACE_CRASH },
	{ "FPE", RACE_CRASH },
	{ "ILL", RACE_CRASH },
	{ "ABRT", RACE_CRASH },
	{ "stack-overflow", RACE_CRASH },
};

static const char *after(const char *line, const char *prefix)
{
	return g_str_has_prefix(line, prefix) ? line + strlen(prefix) : NULL;
}

/* A copy of the text up to one of `ends`. */
static const char *word(struct parser *p, const char *text, const char *ends)
{
	char *copy = g_strndup(text, strcspn(text, ends));
	const char *kept = race_pool_text(p->pool, g_strstrip(copy));

	g_free(copy);
	return kept;
}

static uint64_t address_in(const char *text)
{
	const char *at = strstr(text, "0x");

	return at ? g_ascii_strtoull(at, NULL, 16) : 0;
}

/* "main thread", "thread T3 (mutexes ..", "goroutine 7 ..". */
static const char *thread_in(struct parser *p, const char *text)
{
	const char *id = strstr(text, "thread T");

	if (id)
		return word(p, id + strlen("thread "), " (:,.'");
	return strstr(text, "main thread") ? "main thread" : "";
}

static void flush_stack(struct parser *p)
{
	struct race_stack stack = { .n = p->frames->len };
	struct race_frame *frames;

	if (!stack.n || !p->is_open)
		goto out;
	frames = race_pool_copy(p->pool, p->frames->data,
				stack.n * sizeof(struct race_frame));
	for (guint i = 0; i < stack.n; i++)
		if (!*frames[i].path && p->names && p->names->frame)
			p->names->frame(p->names->data, &frames[i], p->pool);
	stack.frames = frames;
	stack.own = frame_own(frames, stack.n);
	if (p->section == SECTION_ACCESS && p->accesses->len)
		g_array_index(p->accesses, struct access, p->accesses->len - 1)
			.access.stack = stack;
	else if (p->section == SECTION_ALLOCATED)
		p->report.allocated = stack;
	else if (p->section == SECTION_MUTEX && p->mutexes->len)
		g_array_index(p->mutexes, struct mutex, p->mutexes->len - 1)
			.created = stack;
	else if (p->section == SECTION_THREAD && p->threads->len)
		g_array_index(p->threads, struct race_thread,
			      p->threads->len - 1)
			.created = stack;
out:
	g_array_set_size(p->frames, 0);
	p->section = SECTION_IGNORED;
}

static void add_access(struct parser *p, const char *operation,
		       const char *thread)
{
	struct access added = { .access = { .operation = operation,
					    .thread = thread },
				.mutexes = "" };

	g_array_append_val(p->accesses, added);
	p->section = SECTION_ACCESS;
}

/* A leak has no access: the place that made the thread stands for it. */
static void leak_to_access(struct parser *p)
{
	const struct race_thread *leaked;

	if (p->report.kind != RACE_THREAD_LEAK || p->accesses->len ||
	    !p->threads->len)
		return;
	leaked = &g_array_index(p->threads, struct race_thread, 0);
	add_access(p, "create", leaked->id);
	g_array_index(p->accesses, struct access, 0).access.stack =
		leaked->created;
}

static bool has_a_place(const struct parser *p)
{
	for (guint i = 0; i < p->accesses->len; i++)
		if (g_array_index(p->accesses, struct access, i).access.stack.n)
			return true;
	return false;
}

/* A kind that is new to us was taken for one with a bare stack. */
static void drop_empty_call(struct parser *p)
{
	const struct access *a;

	if (p->accesses->len < 2)
		return;
	a = &g_array_index(p->accesses, struct access, 0);
	if (!a->access.stack.n && !strcmp(a->access.operation, "call"))
		g_array_remove_index(p->accesses, 0);
}

static void close_report(struct parser *p, bool is_cut)
{
	GArray *plain;

	flush_stack(p);
	if (!p->is_open)
		return;
	p->is_open = false;
	drop_empty_call(p);
	leak_to_access(p);
	p->out->cut += is_cut;
	if (!has_a_place(p)) {
		p->out->broken++;
		return;
	}
	parse_name_variable(p);
	plain = g_array_new(FALSE, FALSE, sizeof(struct race_access));
	for (guint i = 0; i < p->accesses->len; i++) {
		struct access *a =
			&g_array_index(p->accesses, struct access, i);

		parse_name_access(p, a);
		g_array_append_val(plain, a->access);
	}
	p->report.is_cut = is_cut;
	p->report.n_accesses = plain->len;
	p->report.accesses = parse_copy_array(p, plain);
	p->report.n_threads = p->threads->len;
	p->report.threads = parse_copy_array(p, p->threads);
	g_array_free(plain, TRUE);
	g_ptr_array_add(p->out->reports,
			race_pool_copy(p->pool, &p->report, sizeof(p->report)));
}

static void open_report(struct parser *p, const char *title)
{
	const char *pid = strstr(title, "(pid=");

	close_report(p, true);
	p->is_open = true;
	p->reports++;
	g_array_set_size(p->accesses, 0);
	g_array_set_size(p->mutexes, 0);
	g_array_set_size(p->threads, 0);
	p->report = (struct race_report){ .kind = RACE_OTHER, .variable = "" };
	p->block = 0;
	p->report.title = word(p, title, "(");
	p->report.pid = pid ? (int)g_ascii_strtoll(pid + 5, NULL, 10) : 0;
	for (size_t i = 0; i < G_N_ELEMENTS(titles); i++)
		if (g_str_has_prefix(title, titles[i].words)) {
			p->report.kind = titles[i].kind;
			break;
		}
	/* A stack that follows at once is that of the only access. */
	if (p->report.kind >= RACE_DESTROYED_MUTEX)
		add_access(p, "call", "");
}

/* "Previous atomic write of size 4 at 0x7b by thread T1 (mutexes: ..):" */
static bool read_access(struct parser *p, const char *line)
{
	const char *size = strstr(line, " of size ");
	const char *by = strstr(line, " by ");
	const char *mutexes = strstr(line, "(mutexes: ");
	const char *previous = after(line, "Previous ");
	char *operation;
	struct access *added;

	line = previous ? previous : line;
	if (!size || !by || size < line ||
	    (g_ascii_strncasecmp(line, "read", 4) &&
	     g_ascii_strncasecmp(line, "write", 5) &&
	     g_ascii_strncasecmp(line, "atomic ", 7)))
		return false;
	operation = g_ascii_strdown(line, size - line);
	add_access(p, race_pool_text(p->pool, operation), thread_in(p, by));
	g_free(operation);
	added = &g_array_index(p->accesses, struct access,
			       p->accesses->len - 1);
	added->access.bytes = (uint32_t)g_ascii_strtoull(size + 9, NULL, 10);
	added->access.address = address_in(size);
	if (mutexes)
		added->mutexes = word(p, mutexes + strlen("(mutexes: "), ")");
	return true;
}

static bool read_inversion(struct parser *p, const char *line)
{
	char taken[32], held[32], text[96];

	if (sscanf(line, "Mutex %31s acquired here while holding mutex %31s",
		   taken, held) != 2)
		return false;
	snprintf(text, sizeof(text), "%s %s", taken, held);
	add_access(p, race_pool_text(p->pool, text), thread_in(p, line));
	return true;
}

static void add_mutex(struct parser *p, const char *id, uint64_t address)
{
	struct mutex added = { .id = id, .address = address };

	if (!parse_find_mutex(p, id))
		g_array_append_val(p->mutexes, added);
}

/* "Cycle in lock order graph: M0 (0x1) => M1 (0x2) => M0" */
static bool read_cycle(struct parser *p, const char *line)
{
	const char *at = after(line, "Cycle in lock order graph: ");

	for (; at && *at == 'M';
	     at = strstr(at, "=> ") ? strstr(at, "=> ") + 3 : NULL)
		if (strchr(at, '('))
			add_mutex(p, word(p, at, " ("),
				  address_in(strchr(at, '(')));
	return after(line, "Cycle in lock order graph: ");
}

static bool read_mutex(struct parser *p, const char *line)
{
	const char *id = after(line, "Mutex M");

	if (!id || !strstr(line, " created at"))
		return false;
	add_mutex(p, word(p, id - 1, " ("), address_in(line));
	p->section = SECTION_MUTEX;
	return true;
}

/* "Thread T1 'reader' (tid=7, running) created by main thread at:" */
static bool read_thread(struct parser *p, const char *line)
{
	const char *id = after(line, "Thread T");
	const char *name = strchr(line, '\'');
	struct race_thread added = { .name = "" };

	if (!id || !strstr(line, " created "))
		return false;
	added.id = word(p, id - 1, " (");
	if (name)
		added.name = word(p, name + 1, "'");
	g_array_append_val(p->threads, added);
	p->section = SECTION_THREAD;
	return true;
}

/* "global 'balance' of size 8 at 0x55 (prog+0x14)", "heap block of ..." */
static bool read_location(struct parser *p, const char *line)
{
	const char *what = after(line, "Location is ");
	const char *name;
	char *text = NULL;

	if (!what)
		return false;
	if (after(what, "global '") && !after(what, "global '<null>'") &&
	    !after(what, "global '?\?'")) {
		name = word(p, what + strlen("global '"), "'");
		p->report.variable = name;
		p->block = address_in(what);
	} else if (after(what, "heap block of size ")) {
		text = g_strdup_printf(
			"heap block of %llu bytes",
			(unsigned long long)g_ascii_strtoull(
				what + strlen("heap block of size "), NULL,
				10));
		p->section = SECTION_ALLOCATED;
	} else if (!after(what, "global ")) {
		text = g_strndup(what, strcspn(what, ".:"));
	}
	if (text)
		p->report.variable = race_pool_text(p->pool, text);
	g_free(text);
	return true;
}

typedef bool (*reader)(struct parser *p, const char *line);

static const reader readers[] = { read_access, read_inversion, read_cycle,
				  read_mutex,  read_thread,    read_location };

static void read_frame(struct parser *p, const char *line)
{
	struct race_frame frame;

	if (!frame_read(&frame, line, p->pool))
		return;
	/* A stack that begins anew without a headline is another's. */
	if (line[1] == '0' && line[2] == ' ' && p->frames->len)
		flush_stack(p);
	g_array_append_val(p->frames, frame);
}

static void read_inside(struct parser *p, const char *line)
{
	bool is_indented = *line == ' ';

	while (*line == ' ')
		line++;
	if (*line == '#' && isdigit((unsigned char)line[1])) {
		read_frame(p, line);
		return;
	}
	/* What the program says in between is not indented: passed over. */
	if (!is_indented)
		return;
	if (p->frames->len)
		flush_stack(p);
	for (size_t i = 0; i < G_N_ELEMENTS(readers); i++)
		if (readers[i](p, line))
			return;
}

/* The number after `words`, 0 if they are not in `line`. */
static uint64_t number_after(const char *line, const char *words)
{
	const char *at = strstr(line, words);

	return at ? g_ascii_strtoull(at + strlen(words), NULL, 10) : 0;
}

/* The runtime's lines outside of reports. */
static void read_outside(struct parser *p, const char *line)
{
	uint64_t told = number_after(line, "ThreadSanitizer: reported ");
	const char *at;

	if (told > p->reports)
		p->out->broken += told - p->reports;
	p->out->suppressed += number_after(line, "ThreadSanitizer: Matched ");
	at = strstr(line, "FATAL: ThreadSanitizer: ");
	if (!at)
		at = strstr(line, "ThreadSanitizer: CHECK failed");
	if (at)
		p->out->fatal = race_pool_text(p->pool, at);
	if (strstr(line, "ThreadSanitizer"))
		p->out->has_runtime = true;
}

static void read_line(struct parser *p, const char *line)
{
	const char *title = strstr(line, WARNING);
	const char *error = strstr(line, ERROR);

	read_outside(p, line);
	if (title)
		open_report(p, title + strlen(WARNING));
	else if (error)
		open_report(p, error + strlen(ERROR));
	else if (strstr(line, "SUMMARY: ThreadSanitizer: "))
		close_report(p, false);
	else if (p->is_open)
		read_inside(p, line);
}

void race_parse(struct race_parsed *parsed, const char *text,
		const struct race_names *names, struct race_pool *pool)
{
	struct parser p = {
		.out = parsed,
		.names = names,
		.pool = pool,
		.frames = g_array_new(FALSE, FALSE, sizeof(struct race_frame)),
		.accesses = g_array_new(FALSE, FALSE, sizeof(struct access)),
		.mutexes = g_array_new(FALSE, FALSE, sizeof(struct mutex)),
		.threads =
			g_array_new(FALSE, FALSE, sizeof(struct race_thread)),
	};
	char **lines = g_strsplit(text, "\n", -1);

	if (!parsed->reports)
		parsed->reports = g_ptr_array_new();
	if (!parsed->fatal)
		parsed->fatal = "";
	for (char **line = lines; *line; line++)
		read_line(&p, g_strchomp(*line));
	close_report(&p, true);
	g_strfreev(lines);
	g_array_free(p.frames, TRUE);
	g_array_free(p.accesses, TRUE);
	g_array_free(p.mutexes, TRUE);
	g_array_free(p.threads, TRUE);
}

void race_parsed_clear(struct race_parsed *parsed)
{
	if (parsed->reports)
		g_ptr_array_free(parsed->reports, TRUE);
	*parsed = (struct race_parsed){ .reports = NULL };
}
