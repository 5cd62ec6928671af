/* counter.c - see counter.h */

#include "counter.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aside.h"
#include "jail/jail.h"
#include "sl/log.h"

#define NICE		5	/* mail comes first */

/* ---- the process ---- */

struct counting {
	struct sl_ipc		*ipc;
	const char		*directory;
	const struct sl_report_ask *ask;
	struct sl_slice		*names;		/* sorted; of tenants that count, unless all do */
	size_t			 len;
	struct sl_report_counts	 counts;
};

static int
by_name(const void *a, const void *b)
{
	const struct sl_slice *x = a, *y = b;
	size_t len = SL_MIN(x->len, y->len);
	int order = len == 0 ? 0 : memcmp(x->ptr, y->ptr, len);

	return order != 0 ? order : x->len < y->len ? -1 : x->len > y->len;
}

static int
on_sum(void *ctx, const struct sl_traffic_sum *sum)
{
	struct counting *c = ctx;

	if (c->ask->all || (c->len > 0 && bsearch(&sum->tenant, c->names, c->len, sizeof(*c->names), by_name) != NULL))
		sl_report_counts_add(&c->counts, sum, c->ask->by_tenant);
	return 0;
}

static void
read_names(struct counting *c)
{
	struct sl_unpack in = { .rest = c->ask->tenants };
	size_t size = 0;

	c->len = 0;
	while (in.rest.len > 0) {
		if (c->len == size) {
			size = size * 2 + 64;
			c->names = sl_xrealloc(c->names, size * sizeof(*c->names));
		}
		c->names[c->len++] = sl_unpack_bytes(&in);
	}
	if (c->len > 0)
		qsort(c->names, c->len, sizeof(*c->names), by_name);
}

static int
count(struct counting *c)
{
	struct sl_traffic_options options = { .directory = c->directory, .read_only = true };
	char from[SL_REPORT_DAY_BYTES + 1] = "", to[SL_REPORT_DAY_BYTES + 1] = "";
	struct sl_traffic *traffic;
	int r = sl_traffic_open(&options, &traffic);

	memcpy(from, c->ask->from_day.ptr, SL_REPORT_DAY_BYTES);
	memcpy(to, c->ask->to_day.ptr, SL_REPORT_DAY_BYTES);
	if (r == 0)	/* one tenant's rows are found without reading the others' */
		r = sl_traffic_sums(traffic, from, to, !c->ask->all && c->len == 1 ? c->names[0] : sl_slice("", 0), on_sum, c);
	if (r != 0)
		sl_log(SL_LOG_ERROR, "traffic: %s", sl_traffic_error(traffic));
	sl_traffic_close(&traffic);
	return r;
}

static void
on_question(void *ctx, struct sl_ipc_message *message)
{
	struct counting *c = ctx;
	struct sl_report_ask ask;
	struct sl_buf answer;

	if (sl_report_unpack_ask(message->payload, &ask) != 0)
		_exit(1);
	c->ask = &ask;
	sl_report_counts_init(&c->counts);
	read_names(c);
	c->counts.number = ask.number;
	c->counts.result = count(c);
	sl_buf_init(&answer, SL_IPC_PAYLOAD_MAX);
	sl_report_pack_counts(&c->counts, &answer);
	if (answer.overflow || sl_ipc_send(c->ipc, SL_IPC_CONSOLE_REPLY, sl_buf_slice(&answer), NULL, 0) != 0)
		_exit(1);
	sl_buf_fini(&answer);
	sl_report_counts_fini(&c->counts);
}

struct place_of_files {
	const char	*directory;
	struct stat	 st;		/* of it: whose the files are */
	bool		 jailed;
	int		 close_fd;
};

static bool
prepare(void *ctx)
{
	const struct place_of_files *p = ctx;
	const struct sl_jail_user owner = { geteuid() == 0 && p->st.st_uid != 0, p->st.st_uid, p->st.st_gid };

	if (p->close_fd >= 0)
		close(p->close_fd);
	return !p->jailed || sl_jail_enter_with(SL_JAIL_COMPILER, &owner, p->directory) == 0;
}

static void
work(int fd, void *ctx)
{
	struct counting c = { .directory = ctx };

	(void)setpriority(PRIO_PROCESS, 0, NICE);
	c.ipc = sl_ipc_new(fd, SL_IPC_BIT(CONSOLE_REQUEST));
	while (sl_ipc_wait(c.ipc, -1, on_question, &c) == SL_DONE)
		continue;
}

int
counter_start(const char *directory, bool jailed, int close_fd)
{
	struct place_of_files place = { .directory = directory, .jailed = jailed, .close_fd = close_fd };
	const struct aside aside = { "sluice-count", prepare, &place, work, (void *)(uintptr_t)directory };

	if (mkdir(directory, 0700) != 0 && errno != EEXIST && errno != ENOENT && errno != EACCES && errno != EROFS)
		return SL_ERR_SYSTEM;
	if (stat(directory, &place.st) != 0)
		return errno == ENOENT || errno == EACCES ? SL_ERR_NOT_FOUND : SL_ERR_SYSTEM;
	return aside_start(&aside);
}

/* ---- the console's side ---- */

struct job {
	struct job		*next;
	struct sl_buf		 payload;
	struct sl_report_counts	 counts;
	counter_done		*done;
	void			*ctx;		/* NULL: nobody listens any more */
};

struct counter {
	struct sl_loop	*loop;
	struct sl_ipc	*ipc;		/* NULL: there is none */
	struct sl_watch	 watch;
	struct sl_timer	 timer;		/* the next is said, or what cannot be asked is answered */
	struct job	*jobs, **end;
	uint64_t	 number;
	bool		 asking, wrong;
};

static void
job_over(struct counter *counter)
{
	struct job *job = counter->jobs;

	counter->jobs = job->next;
	if (counter->jobs == NULL)
		counter->end = &counter->jobs;
	counter->asking = false;
	if (job->ctx != NULL)
		job->done(job->ctx, &job->counts);
	sl_report_counts_fini(&job->counts);
	sl_buf_fini(&job->payload);
	sl_free(job);
	sl_timer_soon(&counter->timer);
}

static void
counter_lost(struct counter *counter)
{
	if (counter->ipc == NULL)
		return;
	sl_log(SL_LOG_ERROR, "the counter of traffic is gone: reports have no figures of it until the console is started anew");
	sl_watch_fini(&counter->watch);
	sl_ipc_free(&counter->ipc);
	sl_timer_soon(&counter->timer);
	counter->asking = false;
}

static void
on_timer(void *ctx)
{
	struct counter *counter = ctx;

	if (counter->jobs == NULL || counter->asking)
		return;
	if (counter->ipc == NULL) {
		counter->jobs->counts.result = SL_ERR_NOT_FOUND;
		job_over(counter);
		return;
	}
	counter->asking = true;
	if (sl_ipc_send(counter->ipc, SL_IPC_CONSOLE_REQUEST, sl_buf_slice(&counter->jobs->payload), NULL, 0) != 0)
		counter_lost(counter);
}

static void
on_answer(void *ctx, struct sl_ipc_message *message)
{
	struct counter *counter = ctx;
	uint64_t number = counter->number;

	if (counter->asking && !counter->wrong && sl_report_unpack_counts(message->payload, &counter->jobs->counts) == 0 &&
	    counter->jobs->counts.number <= number)
		job_over(counter);
	else
		counter->wrong = true;
}

static void
on_channel(void *ctx, unsigned events)
{
	struct counter *counter = ctx;

	if (sl_ipc_read(counter->ipc, on_answer, counter) < 0 || counter->wrong)
		counter_lost(counter);
}

struct counter *
counter_new(struct sl_loop *loop, int fd)
{
	struct counter *counter = sl_xzalloc(sizeof(*counter));

	counter->loop = loop;
	counter->end = &counter->jobs;
	sl_timer_init(&counter->timer, loop, on_timer, counter);
	if (fd >= 0) {
		counter->ipc = sl_ipc_new(fd, SL_IPC_BIT(CONSOLE_REPLY));
		sl_watch_init(&counter->watch, loop, fd, on_channel, counter);
		sl_watch_want(&counter->watch, SL_READ);
	}
	return counter;
}

void
counter_free(struct counter **at)
{
	struct counter *counter = *at;

	*at = NULL;
	if (counter == NULL)
		return;
	while (counter->jobs != NULL) {
		counter->jobs->ctx = NULL;
		job_over(counter);
	}
	sl_timer_clear(&counter->timer);
	if (counter->ipc != NULL) {
		sl_watch_fini(&counter->watch);
		sl_ipc_free(&counter->ipc);
	}
	sl_free(counter);
}

void
counter_ask(struct counter *counter, const struct sl_report_ask *ask, struct sl_report_counts *counts, counter_done *done, void *ctx)
{
	struct sl_report_ask numbered = *ask;
	struct job *job = sl_xzalloc(sizeof(*job));

	numbered.number = ++counter->number;
	*job = (struct job){ .counts = *counts, .done = done, .ctx = ctx };
	sl_buf_init(&job->payload, SL_IPC_PAYLOAD_MAX);
	sl_report_pack_ask(&numbered, &job->payload);
	*counter->end = job;
	counter->end = &job->next;
	sl_timer_soon(&counter->timer);
}

void
counter_forget(struct counter *counter, const void *ctx)
{
	for (struct job *job = counter->jobs; job != NULL; job = job->next)
		if (job->ctx == ctx)
			job->ctx = NULL;
}
