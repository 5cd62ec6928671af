/* publisher.c - see publisher.h */

#include "publisher.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "changed.h"
#include "sl/log.h"
#include "store/walk.h"

#define SOON_MS		10	/* changes of one turn are one */
#define RETRY_MS	2000	/* after a failure */
#define HOSTS_MS	300	/* a new next hop's address is awaited so long */
#define PART_TENANTS	400	/* and partners: the upper snapshot has grown: everything is made anew */
#define PART_CPU_US	400000	/* or: it took so long, however busy the machine is */
#define PARTS_GROWN	20000	/* or: so many users, and what else, changed; more than JOB_PARTS_MAX are all of their tenants */
#define WHOLE_CPU_US	2000000	/* or: parts have cost as much as everything does, and this */
#define TRIES_MAX	4
#define FOLD_MS		600000	/* so long after the last change everything is made anew: its counts are true then ... */
#define FOLD_SMALL_MS	2000	/* ... and where that is quick, at once */
#define SMALL_ROWS	20000	/* users and list entries */
#define PROBLEMS_SAID	10

struct task {			/* a job that runs */
	struct publisher *publisher;
	struct sl_ipc	*ipc;		/* NULL: none */
	struct sl_watch	 watch;
	void		(*done)(struct task *task, const struct job_done *done, int fd);	/* fd taken; `done` NULL: it died */
	bool		 answered;
	uint64_t	 started_us;
	bool		 for_next;	/* a part, over the next whole one */
	bool		 superseded;	/* a part, over a whole one that is no more */
	int64_t		 seen;		/* of a part: all changes up to this one are in it; some later ones may be */
	/* of a try */
	uint64_t	 number;
	publisher_done	*tell;
	void		*tell_ctx;
	bool		 is_over;
};

struct picture {
	int		 fd;		/* -1: none */
	int64_t		 change;
	struct sl_snapshot_counts counts;
	char		 id[17];
};

struct publisher {
	struct publisher_options options;
	struct sl_ipc	*compiler;
	struct picture	 whole, over;	/* what is handed out */
	struct picture	 next;		/* everything anew, of which what came since is being compiled */
	/* What changed since `next`, if there is one, or `whole`: tenants; those of which only parts did, which, and whom they
	 * lost; whose lists; whose policies and templates (0: the operator's). */
	struct set	 tenants, partly, partners, speakers;
	struct parts	 parts;
	struct gone	 gone;
	struct set	 touched;	/* tenants whose next hops' addresses changed since a whole job began */
	bool		 dirty;		/* they have changed since a part was begun */
	bool		 need_whole;
	int64_t		 seen;		/* the last change that was looked at */
	uint64_t	 part_cpu_us;	/* that the last part took, of CPU */
	uint64_t	 parts_cpu_us;	/* that all took since everything was made */
	uint64_t	 whole_cpu_us;	/* that everything took last; 0: not yet */
	uint64_t	 wait_until_us;	/* for addresses */
	struct task	 whole_task, part_task, tries[TRIES_MAX];
	uint64_t	 numbers;
	uint64_t	 retry_us;	/* nothing is begun before, after a failure */
	struct sl_timer	 soon, fold;
};

/* ---- pictures ---- */

static void
picture_drop(struct picture *picture)
{
	if (picture->fd >= 0)
		close(picture->fd);
	*picture = (struct picture){ .fd = -1 };
}

static void
picture_set(struct picture *picture, const struct job_done *done, int fd)
{
	picture_drop(picture);
	*picture = (struct picture){ .fd = fd, .change = done->change, .counts = done->counts };
	memcpy(picture->id, done->id, sizeof(picture->id));
}

/* Tell of what is handed out; `whole` -1: the descriptors are known already. */
static void
tell(struct publisher *p, int whole, int over)
{
	const struct picture *upper = p->over.fd >= 0 ? &p->over : &p->whole;
	struct sl_console_status status = { .tenants = p->whole.counts.tenants, .domains = p->whole.counts.domains,
		.users = p->whole.counts.users, .entries = p->whole.counts.entries, .policies = p->whole.counts.policies,
		.changed = p->over.fd >= 0 ? p->over.counts.tenants : 0, .change = (uint64_t)upper->change };

	snprintf(status.id, sizeof(status.id), "%s", upper->id);
	if (p->options.hosts != NULL)
		hosts_count(p->options.hosts, &status.names_unknown, &status.names_failing);
	p->options.publish(p->options.ctx, whole, over, &status);
}

static void
publish(struct publisher *p)
{
	tell(p, p->whole.fd, p->over.fd);
}

/* ---- jobs ---- */

static void
task_end(struct task *task)
{
	if (task->ipc == NULL)
		return;
	sl_watch_fini(&task->watch);
	sl_ipc_free(&task->ipc);
}

void
publisher_poke(struct publisher *p)
{
	if (!sl_timer_is_set(&p->soon))
		sl_timer_set(&p->soon, SOON_MS);
}

static void
on_done(void *ctx, struct sl_ipc_message *message)
{
	struct task *task = ctx;
	struct job_done done;
	int fd = -1;

	if (task->answered || job_done_unpack(message->payload, &done) != 0)
		return;
	task->answered = true;
	if (message->fds_len == 1 && done.result == 0) {
		fd = message->fds[0];
		message->fds[0] = -1;
	}
	if (done.result == 0 && fd < 0)
		return;
	task->done(task, &done, fd);
}

static void
on_task(void *ctx, unsigned events)
{
	struct task *task = ctx;
	struct publisher *p = task->publisher;

	if (sl_ipc_read(task->ipc, on_done, task) >= 0 && !task->answered)
		return;
	if (!task->answered)
		task->done(task, NULL, -1);
	task_end(task);
	publisher_poke(p);		/* unless it has to be tried again later */
}

static bool
task_start(struct publisher *p, struct task *task, const struct job *job,
    void (*done)(struct task *task, const struct job_done *done, int fd))
{
	int fds[2], sent[2], r = SL_ERR_SYSTEM;
	struct sl_buf payload;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return false;
	sl_buf_init(&payload, 4u << 20);
	job_pack(job, &payload);
	sent[0] = fds[1];
	sent[1] = hosts_memory(p->options.hosts);
	if (sent[1] >= 0 && !payload.overflow)
		r = sl_ipc_send(p->compiler, SL_IPC_COMPILE, sl_buf_slice(&payload), sent, 2);
	if (sent[1] >= 0)
		close(sent[1]);
	close(fds[1]);
	sl_buf_fini(&payload);
	if (r != 0) {
		sl_log(SL_LOG_ERROR, "the compiler does not take a job: %s", sl_strerror(r));
		close(fds[0]);
		return false;
	}
	task->publisher = p;
	task->done = done;
	task->answered = false;
	task->started_us = sl_loop_now_us(p->options.loop);
	task->ipc = sl_ipc_new(fds[0], SL_IPC_BIT(COMPILED));
	sl_watch_init(&task->watch, p->options.loop, fds[0], on_task, task);
	sl_watch_want(&task->watch, SL_READ);
	return true;
}

static void
say_problems(struct sl_slice lines)
{
	for (int said = 0; lines.len > 0 && said < PROBLEMS_SAID; said++) {
		const unsigned char *lf = memchr(lines.ptr, '\n', lines.len);
		size_t len = lf == NULL ? lines.len : (size_t)(lf - lines.ptr);

		sl_log(SL_LOG_WARNING, "left out: " SL_SLICE_FMT, SL_SLICE_ARG(sl_slice(lines.ptr, len)));
		lines = sl_slice_from(lines, SL_MIN(len + 1, lines.len));
	}
}

static bool
went_well(const char *what, const struct job_done *done)
{
	if (done == NULL)
		sl_log(SL_LOG_ERROR, "%s: the compiler died", what);
	else if (done->result != 0)
		sl_log(SL_LOG_ERROR, "%s: " SL_SLICE_FMT, what, SL_SLICE_ARG(done->error));
	else
		say_problems(done->problems);
	return done != NULL && done->result == 0;
}

static void
later(struct publisher *p)
{
	p->retry_us = sl_loop_now_us(p->options.loop) + RETRY_MS * 1000u;
	sl_timer_set(&p->soon, RETRY_MS + SOON_MS);
}

/* ---- what has changed ---- */

/* Of a tenant: some parts of it, or all. */
static void
on_tenant_change(struct publisher *p, const struct sl_change *change)
{
	struct sl_compile_part parts[SL_COMPILE_CHANGE_PARTS];
	bool all;
	size_t len;

	p->dirty = true;	/* also if it is known: it is compiled again */
	all = !sl_compile_change(change, parts, &len);
	for (size_t i = 0; i < len && !all; i++)
		all = !parts_add(&p->parts, &parts[i]);
	if (change->was.len > 0 && !all)
		all = !gone_add(&p->gone, change->tenant, change->was);
	set_add(all ? &p->tenants : &p->partly, change->tenant);
}

static int
on_change(void *ctx, const struct sl_change *change)
{
	struct publisher *p = ctx;

	p->seen = change->number;
	if (change->tenant != 0) {
		on_tenant_change(p, change);
		if ((change->kinds & (SL_CHANGE_ROUTE | SL_CHANGE_TENANT)) != 0 && p->options.hosts != NULL)
			hosts_note(p->options.hosts, (struct sl_node){ SL_LEVEL_TENANT, change->tenant });
		return 0;
	}
	if (change->node.level > SL_LEVEL_PARTNER)
		return 0;
	if ((change->kinds & (SL_CHANGE_LAYER | SL_CHANGE_PARTNER)) != 0)
		set_add(&p->speakers, change->node.id);
	if ((change->kinds & (SL_CHANGE_LIST | SL_CHANGE_PARTNER)) != 0)
		set_add(&p->partners, change->node.id);
	p->dirty |= (change->kinds & (SL_CHANGE_LAYER | SL_CHANGE_LIST | SL_CHANGE_PARTNER)) != 0;
	return 0;
}

static void
look(struct publisher *p)
{
	int r = sl_store_changes(p->options.store, p->seen, on_change, p);

	if (r == SL_ERR_NOT_FOUND) {
		p->need_whole = true;
		r = sl_store_change(p->options.store, &p->seen);
	}
	if (r < 0)
		sl_log(SL_LOG_ERROR, "what has changed cannot be read: %s", sl_store_error(p->options.store));
}

/* The sets, from that change on. */
static void
look_since(struct publisher *p, int64_t change)
{
	p->tenants.len = p->partly.len = p->parts.len = p->partners.len = p->speakers.len = 0;
	gone_reset(&p->gone);
	p->dirty = p->need_whole = false;
	p->seen = change;
	look(p);
	for (size_t i = 0; i < p->touched.len; i++) {
		set_add(&p->partly, p->touched.ids[i]);
		p->dirty = true;
	}
}

/* ---- everything ---- */

static void
next_becomes_whole(struct publisher *p)
{
	picture_drop(&p->whole);
	p->whole = p->next;
	p->next.fd = -1;
	picture_drop(&p->over);
}

static void
whole_done(struct task *task, const struct job_done *done, int fd)
{
	struct publisher *p = task->publisher;

	if (!went_well("everything", done)) {
		p->need_whole = true;
		later(p);
		return;
	}
	sl_log(SL_LOG_NOTICE, "compiled: %llu tenants, %llu users, %llu list entries, %llu policies; %llu KiB in %llu ms",
	    (unsigned long long)done->counts.tenants, (unsigned long long)done->counts.users,
	    (unsigned long long)done->counts.entries, (unsigned long long)done->counts.policies,
	    (unsigned long long)done->counts.bytes / 1024,
	    (unsigned long long)(sl_loop_now_us(p->options.loop) - task->started_us) / 1000);
	picture_set(&p->next, done, fd);
	p->part_cpu_us = p->parts_cpu_us = 0;
	p->whole_cpu_us = done->cpu_us;
	look_since(p, done->change);
	if (p->dirty)
		return;			/* with what came since, then */
	/* A part that is under way is of an older database, perhaps: it must not be laid over this. */
	p->part_task.superseded = true;
	next_becomes_whole(p);
	publish(p);
}

static void
whole_start(struct publisher *p)
{
	const struct job job = { .kind = JOB_WHOLE };

	p->touched.len = 0;
	if (task_start(p, &p->whole_task, &job, whole_done))
		p->need_whole = false;
	else
		later(p);
}

/* ---- what changed since ---- */

static void
part_done(struct task *task, const struct job_done *done, int fd)
{
	struct publisher *p = task->publisher;

	if (task->superseded) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (!went_well("a change", done)) {
		p->dirty = true;
		later(p);
		return;
	}
	p->part_cpu_us = done->cpu_us;
	p->parts_cpu_us += done->cpu_us;
	sl_log(SL_LOG_DEBUG, "a change is compiled: %llu tenants, %llu users, %llu list entries, in %llu us of CPU",
	    (unsigned long long)done->counts.tenants, (unsigned long long)done->counts.users, (unsigned long long)done->counts.entries,
	    (unsigned long long)done->cpu_us);
	if (task->for_next)
		next_becomes_whole(p);
	picture_set(&p->over, done, fd);
	p->over.change = task->seen;
	publish(p);
	sl_timer_set(&p->fold, p->whole.counts.users + p->whole.counts.entries + p->over.counts.users + p->over.counts.entries <
	    SMALL_ROWS ? FOLD_SMALL_MS : FOLD_MS);
}

static void
on_fold(void *ctx)
{
	struct publisher *p = ctx;

	p->need_whole |= p->over.fd >= 0;
	publisher_poke(p);
}

/* What a part is made of. */
struct described {
	struct set	 tenants, partly, speakers;
	struct parts	 parts;
};

static void
described_fini(struct described *d)
{
	set_fini(&d->tenants);
	set_fini(&d->partly);
	set_fini(&d->speakers);
	parts_fini(&d->parts);
}

/* A tenant that is not in what a part is laid over (it is new, or was off) comes whole. */
static bool
comes_partly(int base, int64_t tenant)
{
	return tenant <= UINT32_MAX && sl_snapshot_file_has(base, (uint32_t)tenant);
}

static void
describe(struct publisher *p, struct described *d)
{
	int base = p->next.fd >= 0 ? p->next.fd : p->whole.fd;

	set_copy(&d->tenants, &p->tenants);
	for (size_t i = 0; i < p->partly.len; i++) {
		int64_t tenant = p->partly.ids[i];

		if (set_has(&p->tenants, tenant))
			continue;
		set_add(comes_partly(base, tenant) ? &d->partly : &d->tenants, tenant);
	}
	set_copy(&d->speakers, &p->speakers);
	parts_sort(&p->parts);
	parts_copy(&d->parts, &p->parts);
	gone_sort(&p->gone);
}

static void
job_of(const struct publisher *p, const struct described *d, struct job *job)
{
	job->tenants = d->tenants.ids;
	job->tenants_len = d->tenants.len;
	job->partly = d->partly.ids;
	job->partly_len = d->partly.len;
	job->parts = d->parts.items;
	job->parts_len = d->parts.len;
	job->gone = p->gone.items;
	job->gone_len = p->gone.len;
	job->partners = p->partners.ids;
	job->partners_len = p->partners.len;
	job->speakers = d->speakers.ids;
	job->speakers_len = d->speakers.len;
}

static void
part_start(struct publisher *p)
{
	struct job job = { .kind = JOB_PART };
	struct described described = { 0 };

	p->part_task.for_next = p->next.fd >= 0;
	p->part_task.superseded = false;
	p->part_task.seen = p->seen;
	describe(p, &described);
	job_of(p, &described, &job);
	if (task_start(p, &p->part_task, &job, part_done))
		p->dirty = false;
	else
		later(p);
	described_fini(&described);
}

/* New next hops have no address yet, but will soon. */
static bool
waits_for_hosts(struct publisher *p)
{
	uint64_t now = sl_loop_now_us(p->options.loop);

	if (p->options.hosts == NULL || !hosts_waiting(p->options.hosts)) {
		p->wait_until_us = 0;
		return false;
	}
	if (p->wait_until_us == 0)
		p->wait_until_us = now + HOSTS_MS * 1000u;
	if (now >= p->wait_until_us)
		return false;
	sl_timer_set(&p->soon, SOON_MS);
	return true;
}

static size_t
changed(const struct publisher *p)
{
	return p->tenants.len + p->partly.len + p->partners.len + p->speakers.len;
}

static bool
has_grown(const struct publisher *p)
{
	return changed(p) > PART_TENANTS || p->parts.len + p->gone.len > PARTS_GROWN ||
	    (p->part_cpu_us > PART_CPU_US && p->tenants.len + p->partly.len > 1) || p->parts_cpu_us > SL_MAX(p->whole_cpu_us, (uint64_t)WHOLE_CPU_US);
}

static void
step(void *ctx)
{
	struct publisher *p = ctx;
	bool has_base = p->whole.fd >= 0 || p->next.fd >= 0;

	look(p);
	if (sl_loop_now_us(p->options.loop) < p->retry_us) {
		sl_timer_set(&p->soon, RETRY_MS);
		return;
	}
	if (p->whole_task.ipc == NULL && p->next.fd < 0 && (p->need_whole || !has_base || has_grown(p)) && !waits_for_hosts(p))
		whole_start(p);
	if (!p->dirty || !has_base || p->part_task.ipc != NULL || changed(p) > JOB_TENANTS_MAX)
		return;
	if (!waits_for_hosts(p))
		part_start(p);
}

static void
on_touched(void *ctx, int64_t tenant)
{
	struct publisher *p = ctx;

	set_add(&p->touched, tenant);
	set_add(&p->partly, tenant);
	p->dirty = true;
}

void
publisher_hosts(struct publisher *p)
{
	hosts_changed(p->options.hosts, on_touched, p);
	if (p->whole.fd >= 0)
		tell(p, -1, -1);	/* how many cannot be looked up */
	publisher_poke(p);
}

/* ---- the beginning: what was kept ---- */

static bool
is_of_this_database(struct publisher *p, const struct job_note *note)
{
	unsigned char hash[SL_AUDIT_HASH_BYTES] = { 0 };
	int64_t last;

	if (sl_store_change(p->options.store, &last) != 0 || note->change > last)
		return false;
	if (note->audit != 0 && sl_store_audit_hash(p->options.store, note->audit, hash) != 0)
		return false;
	return memcmp(hash, note->hash, sizeof(note->hash)) == 0;
}

struct comparing {
	struct publisher	*publisher;
	const struct sl_snapshot *snapshot;
};

/* A next hop whose address is another now. */
static int
on_route(void *ctx, const struct sl_route_row *row)
{
	static const unsigned char none[16];
	struct comparing *c = ctx;
	const struct host *host = hosts_find(c->publisher->options.hosts, row->route.host);
	struct sl_snapshot_tenant tenant;

	if (host != NULL && sl_snapshot_tenant(c->snapshot, (uint32_t)row->tenant, &tenant) && row->place < tenant.hops_len &&
	    memcmp(tenant.hops[row->place].address, host->known ? host->address : none, 16) != 0)
		on_touched(c->publisher, row->tenant);
	return 0;
}

static void
use_kept(struct publisher *p, int fd, struct sl_snapshot *snapshot, const struct job_note *note)
{
	static const struct sl_walk walk = { .route = on_route };
	struct comparing comparing = { p, snapshot };

	p->next.fd = fd;
	p->next.change = note->change;
	sl_snapshot_counts(snapshot, &p->next.counts);
	snprintf(p->next.id, sizeof(p->next.id), "%s", sl_snapshot_id(snapshot));
	look_since(p, note->change);
	if (p->options.hosts != NULL && sl_store_walk(p->options.store, &walk, &comparing, SL_NODE_OPERATOR, NULL) != 0)
		p->need_whole = true;
	if (p->dirty)
		return;
	next_becomes_whole(p);
	publish(p);
}

static void
begin(struct publisher *p)
{
	char *path = sl_xasprintf("%s/" SNAPSHOT_FILE, p->options.directory);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct sl_snapshot *snapshot = NULL;
	struct job_note note;

	sl_free(path);
	if (fd >= 0 && sl_snapshot_open(fd, &snapshot) == 0 && job_note_read(sl_snapshot_note(snapshot), &note) &&
	    is_of_this_database(p, &note))
		use_kept(p, fd, snapshot, &note);
	else if (fd >= 0)
		close(fd);
	sl_snapshot_close(&snapshot);
	sl_timer_set(&p->soon, SOON_MS);
}

void
publisher_use_hosts(struct publisher *p, struct hosts *hosts)
{
	p->options.hosts = hosts;
	begin(p);
}

struct publisher *
publisher_new(const struct publisher_options *options)
{
	struct publisher *p = sl_xzalloc(sizeof(*p));

	p->options = *options;
	p->whole.fd = p->over.fd = p->next.fd = -1;
	p->compiler = sl_ipc_new(options->compiler_fd, 0);
	sl_timer_init(&p->soon, options->loop, step, p);
	sl_timer_init(&p->fold, options->loop, on_fold, p);
	return p;
}

void
publisher_free(struct publisher **publisher)
{
	struct publisher *p = *publisher;

	*publisher = NULL;
	if (p == NULL)
		return;
	sl_timer_clear(&p->soon);
	sl_timer_clear(&p->fold);
	task_end(&p->whole_task);
	task_end(&p->part_task);
	for (size_t i = 0; i < TRIES_MAX; i++)
		task_end(&p->tries[i]);
	picture_drop(&p->whole);
	picture_drop(&p->over);
	picture_drop(&p->next);
	set_fini(&p->tenants);
	set_fini(&p->partly);
	parts_fini(&p->parts);
	gone_fini(&p->gone);
	set_fini(&p->partners);
	set_fini(&p->speakers);
	set_fini(&p->touched);
	sl_ipc_free(&p->compiler);
	sl_free(p);
}

/* ---- trying a policy out ---- */

static void
try_done(struct task *task, const struct job_done *done, int fd)
{
	struct publisher *p = task->publisher;
	struct tried tried = { p->whole.fd, p->over.fd, fd, task->is_over, NULL };
	char error[2100];

	if (task->tell == NULL) {		/* forgotten */
		if (fd >= 0)
			close(fd);
		return;
	}
	snprintf(error, sizeof(error), SL_SLICE_FMT, SL_SLICE_ARG(done == NULL ? SL_SLICE_LIT("the compiler died") : done->error));
	if (fd < 0)
		tried.error = error;
	task->tell(task->tell_ctx, &tried);
	task->tell = NULL;
	if (fd >= 0)
		close(fd);
}

/* With a policy that is tried out at a node of a tenant comes whom it concerns. False: there is no room for that. */
static bool
add_tried(struct publisher *p, struct described *d, struct sl_node node, int64_t tenant)
{
	const struct sl_change change = { .kinds = SL_CHANGE_LAYER, .node = node, .tenant = tenant };
	struct sl_compile_part parts[SL_COMPILE_CHANGE_PARTS];
	bool room = true;
	size_t len;

	SL_ASSERT(sl_compile_change(&change, parts, &len));
	for (size_t i = 0; i < len && room; i++)
		room = parts_add(&d->parts, &parts[i]);
	parts_sort(&d->parts);
	if (!set_has(&d->tenants, tenant) && !set_has(&d->partly, tenant))
		set_add(comes_partly(p->whole.fd, tenant) ? &d->partly : &d->tenants, tenant);
	return room;
}

/* Over everything, with what changed since; while everything is made anew, everything as it would be. */
static bool
try_start(struct publisher *p, struct task *task, struct job *job)
{
	struct described described = { 0 };
	struct sl_access_path path;
	bool started = true;

	if (sl_store_path(p->options.store, job->node, &path) != 0)
		return false;
	task->is_over = p->next.fd < 0;
	job->kind = task->is_over ? JOB_TRY_PART : JOB_TRY_WHOLE;
	if (task->is_over) {
		describe(p, &described);
		if (path.id[SL_LEVEL_TENANT] == 0)
			set_add(&described.speakers, job->node.id);
		else
			started = add_tried(p, &described, job->node, path.id[SL_LEVEL_TENANT]);
		job_of(p, &described, job);
	}
	started = started && task_start(p, task, job, try_done);
	described_fini(&described);
	return started;
}

uint64_t
publisher_try(struct publisher *p, struct sl_node node, struct sl_slice name, struct sl_slice text, publisher_done *done,
    void *ctx)
{
	struct job job = { .node = node, .name = name, .text = text };

	look(p);
	for (size_t i = 0; i < TRIES_MAX; i++) {
		struct task *task = &p->tries[i];

		if (task->ipc != NULL)
			continue;
		if (p->whole.fd < 0 || !try_start(p, task, &job))
			return 0;
		task->number = ++p->numbers;
		task->tell = done;
		task->tell_ctx = ctx;
		return task->number;
	}
	return 0;
}

void
publisher_forget(struct publisher *p, uint64_t number)
{
	for (size_t i = 0; i < TRIES_MAX; i++)
		if (p->tries[i].number == number)
			p->tries[i].tell = NULL;
}
