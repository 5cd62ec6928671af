/*
 * main.c - the courier: sends what Sluice itself is responsible for; see process.h
 *
 * usage: sluice-courier DESCRIPTOR USER (by the parent)
 *
 * The first settings say where its queue is (`courier` in the vault's directory). The queue is opened, then the jail closes: it may
 * connect, and open no file. SQLite needs none: its log is open and stays so (one process, locking_mode EXCLUSIVE), what is
 * temporary is in memory. That the log cannot be removed at the end is fine; it is empty, and used again.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jail/jail.h"
#include "process.h"
#include "sl/log.h"

#define PURGE_MS	(60u * 60 * 1000)
#define VAULT_AGAIN_MS	1000u
#define STATE_MS	1000u	/* the parent hears no oftener ... */
#define STOP_US		8000000u	/* the parent waits 10 s */
#define STOP_LOOK_MS	20u
#define STATE_SHARE	50u	/* ... and counting takes no more than this part of the time */

int64_t
now_us(const struct process *p)
{
	const struct sl_clock *clock = sl_loop_clock(p->loop);

	return clock->wall_us(clock->ctx);
}

void
queue_broken(struct process *p, const char *what)
{
	sl_log(SL_LOG_FATAL, "%s: %s", what, sl_queue_error(p->queue));
	p->failed = true;
	sl_loop_stop(p->loop);
}

/* ---- what the parent hears ---- */

static void
on_state(void *ctx)
{
	struct process *p = ctx;
	uint64_t before = sl_loop_now_us(p->loop), cost;
	struct sl_queue_stats stats;
	struct sl_courier_state state;
	struct sl_buf payload;

	p->changed = false;
	if (sl_queue_stats(p->queue, &stats) != 0)
		return;
	cost = sl_loop_now_us(p->loop) - before;
	p->state_next_us = before + SL_MAX((uint64_t)STATE_MS * 1000, cost * STATE_SHARE);
	state = (struct sl_courier_state){ .waiting = stats.waiting, .trying = stats.trying, .uncertain = stats.uncertain,
		.unsettled = stats.unsettled, .finished = stats.finished, .bytes = stats.bytes,
		.oldest_us = stats.oldest_us == INT64_MAX ? 0 : stats.oldest_us, .delivered = p->delivered,
		.failed = p->failures, .lost = p->lost, .hops_down = p->down_len };
	sl_buf_init(&payload, 128);
	sl_courier_pack_state(&state, &payload);
	if (sl_ipc_send(p->parent, SL_IPC_COURIER_STATE, sl_buf_slice(&payload), NULL, 0) != 0)
		sl_log(SL_LOG_DEBUG, "the parent does not hear what is queued");
	sl_buf_fini(&payload);
}

void
state_changed(struct process *p)
{
	uint64_t now = sl_loop_now_us(p->loop);

	if (p->changed)
		return;
	p->changed = true;
	sl_timer_set(&p->state, now >= p->state_next_us ? 0 : (p->state_next_us - now) / 1000);
}

static void
on_vault_again(void *ctx)
{
	struct process *p = ctx;

	if (p->vault == NULL && sl_ipc_send(p->parent, SL_IPC_VAULT_REQUEST, sl_slice(NULL, 0), NULL, 0) != 0)
		sl_log(SL_LOG_DEBUG, "the parent does not hear that the vault is gone");
	if (p->vault == NULL)
		sl_timer_set(&p->vault_again, 5 * VAULT_AGAIN_MS);
}

static void
on_purge(void *ctx)
{
	struct process *p = ctx;
	uint64_t count = 0;

	if (sl_queue_purge(p->queue, now_us(p) - KEEP_DAYS * DAY_US, now_us(p), &count) != 0)
		queue_broken(p, "old entries stay");
	sl_timer_set(&p->purge, PURGE_MS);
}

/* ---- the beginning ---- */

static bool
make_directory(const char *path)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	sl_log(SL_LOG_FATAL, "cannot make %s: %s", path, strerror(errno));
	return false;
}

static bool
open_queue(struct process *p)
{
	const char *vault = p->settings->quarantine.directory;
	char *directory = sl_xasprintf("%s/courier", vault), *path = sl_xasprintf("%s/queue.db", directory);
	struct sl_queue_lent lent[SL_COURIER_LENT_MAX];
	struct sl_queue_options options = { .path = path, .lent = lent, .lent_len = adopt_list(p, lent) };
	bool good = make_directory(vault) && make_directory(directory);

	if (good && sl_queue_open(&options, now_us(p), &p->queue) != 0) {
		sl_log(SL_LOG_FATAL, "cannot open the queue %s: %s", path, sl_queue_error(p->queue));
		good = false;
	}
	sl_free(path);
	sl_free(directory);
	return good;
}

static bool
give_up_files(const struct process *p)
{
	struct rlimit limit;
	struct sl_jail_user user;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = SL_MIN(limit.rlim_max, (rlim_t)4096);
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (sl_jail_user_find(p->user, &user) == 0)
		return sl_jail_enter(SL_JAIL_COURIER, &user) == 0;
	sl_log(SL_LOG_FATAL, "cannot find the user to become ('%s')", p->user);
	return false;
}

static void
on_settings(struct process *p, struct sl_ipc_message *message)
{
	if (routes_settings(p, message) != 0) {
		p->failed = p->queue == NULL;		/* else the old ones stay */
	} else if (p->queue == NULL) {
		p->failed = !open_queue(p) || !give_up_files(p);
		if (!p->failed) {
			on_purge(p);
			adopt_begin(p);
		}
	}
	if (p->failed || sl_ipc_send(p->parent, SL_IPC_READY, sl_slice(NULL, 0), NULL, 0) != 0) {
		sl_loop_stop(p->loop);
		return;
	}
	hops_forget(p);
	sl_timer_set(&p->due, 0);
}

static void
on_stop_timer(void *ctx)
{
	struct process *p = ctx;

	if (p->failed || !attempts_any(p) || sl_loop_now_us(p->loop) >= p->stop_us)
		sl_loop_stop(p->loop);
	else
		sl_timer_set(&p->stop, STOP_LOOK_MS);
}

/* Replies to dots that have left are worth some time: without them those deliveries are in doubt. */
static void
on_stop(struct process *p)
{
	if (p->stopping)
		return;
	p->stopping = true;
	p->stop_us = sl_loop_now_us(p->loop) + STOP_US;
	if (p->queue != NULL)
		attempts_stop(p);
	on_stop_timer(p);
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct process *p = ctx;
	struct sl_unpack in = { .rest = message->payload };

	if (p->failed)
		return;
	if (message->type == SL_IPC_SETTINGS) {
		on_settings(p, message);
	} else if (message->type == SL_IPC_SNAPSHOT) {
		routes_snapshot(p, message);
	} else if (message->type == SL_IPC_COURIER_CLIENT && message->fds_len == 1 && p->queue != NULL) {
		client_new(p, sl_unpack_u32(&in), message->fds[0]);
		message->fds[0] = -1;
	} else if (message->type == SL_IPC_LENT) {
		adopt_message(p, message);
	} else if (message->type == SL_IPC_STOP) {
		on_stop(p);
	}
}

static void
on_parent(void *ctx, unsigned events)
{
	struct process *p = ctx;

	if (sl_ipc_read(p->parent, on_message, p) < 0) {	/* killed: then nobody holds what was lent, but we */
		sl_watch_want(&p->watch, 0);
		on_stop(p);
	}
}

/* ---- life ---- */

static void
end(struct process *p)
{
	if (!p->failed && p->queue != NULL)
		attempts_end(p);
	adopt_end(p);
	clients_forget(p);
	sl_timer_clear(&p->stop);
	sl_timer_clear(&p->due);
	sl_timer_clear(&p->purge);
	sl_timer_clear(&p->state);
	sl_timer_clear(&p->vault_again);
	sl_queue_close(&p->queue);
	SSL_CTX_free(p->tls);
	sl_snapshot_close(&p->snapshot);
	sl_snapshot_close(&p->snapshot_under);
	if (p->settings != NULL)
		sl_settings_unref(&p->settings);
	sl_watch_fini(&p->watch);
	sl_ipc_free(&p->parent);
}

int
main(int argc, char **argv)
{
	static struct process p;

	sl_log_init("courier", SL_LOG_NOTICE);
	if (argc != 3 || strtol(argv[1], NULL, 10) < 3) {
		fputs("usage: sluice-courier DESCRIPTOR USER\nStarted by sluiced.\n", stderr);
		return 2;
	}
	(void)prctl(PR_SET_NAME, "sluice-courier");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);	/* it ends when its parent says so */
	umask(077);
	p.user = argv[2];
	p.loop = sl_loop_new(&sl_clock_system);
	p.pool = sl_chunk_pool_new(64);
	p.parent = sl_ipc_new((int)strtol(argv[1], NULL, 10),
	    SL_IPC_BIT(SETTINGS) | SL_IPC_BIT(SNAPSHOT) | SL_IPC_BIT(COURIER_CLIENT) | SL_IPC_BIT(LENT) | SL_IPC_BIT(STOP));
	sl_timer_init(&p.due, p.loop, attempts_due, &p);
	sl_timer_init(&p.purge, p.loop, on_purge, &p);
	sl_timer_init(&p.state, p.loop, on_state, &p);
	sl_timer_init(&p.stop, p.loop, on_stop_timer, &p);
	sl_timer_init(&p.vault_again, p.loop, on_vault_again, &p);
	sl_watch_init(&p.watch, p.loop, sl_ipc_fd(p.parent), on_parent, &p);
	sl_watch_want(&p.watch, SL_READ);
	sl_loop_run(p.loop);
	end(&p);
	sl_chunk_pool_free(&p.pool);
	sl_loop_free(&p.loop);
	return p.failed ? 1 : 0;
}
