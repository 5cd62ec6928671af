/*
 * main.c - the edge as a process: settings and sockets come from the parent, then the jail closes
 */

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge_main.h"

#include "actions.h"
#include "correct.h"
#include "deep.h"
#include "discovered.h"
#include "edge.h"
#include "io/tls.h"
#include "jail/jail.h"
#include "keep.h"
#include "record.h"

#define HEAP_KEPT_BYTES	(2 << 20)	/* free, at the heap's end */
#define HEAP_STEP_BYTES	(256 << 10)

#define PARENT_MAY_SEND	(SL_IPC_BIT(SETTINGS) | SL_IPC_BIT(LISTENERS) | SL_IPC_BIT(STOP) | \
	SL_IPC_BIT(HELPER) | SL_IPC_BIT(CORRECT) | SL_IPC_BIT(VAULT) | SL_IPC_BIT(SNAPSHOT) | SL_IPC_BIT(COMMANDED))

struct told;

struct process {
	unsigned	 slot;
	struct sl_loop	*loop;
	struct sl_ipc	*parent;
	struct sl_watch	 watch;
	struct edge	*edge;
	struct told	*told;		/* corrections that are under way */
	uint32_t	 helper;	/* number of the one we were given last */
	bool		 jailed;
	bool		 refused;	/* the last settings: the listeners that follow belong to them */
	bool		 failed;
};

/* Our slot of the counters that all edges share with the parent. */
static struct sl_stats *
map_stats(int fd, unsigned slot)
{
	struct stat st;
	struct sl_stats *all = MAP_FAILED;

	if (fstat(fd, &st) == 0 && (size_t)st.st_size >= (slot + 1) * sizeof(*all))
		all = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	SL_ASSERT(all != MAP_FAILED);
	return &all[slot];
}

/* Take the descriptor at `i` out of the message; -1 if the flag says there is none. */
static int
take_fd(struct sl_ipc_message *message, size_t *i, bool there)
{
	int fd = -1;

	if (there && *i < message->fds_len) {
		fd = message->fds[*i];
		message->fds[(*i)++] = -1;
	}
	return fd;
}

static void
enter_jail(struct process *p)
{
	struct sl_jail_user user;
	const char *name = p->edge->snapshot->settings->user;

	if (p->jailed)
		return;
	if (sl_jail_user_find(name, &user) != 0 || sl_jail_enter(SL_JAIL_EDGE, &user) != 0) {
		sl_log(SL_LOG_FATAL, "cannot give up privileges (user '%s')", name);
		p->failed = true;
	}
	p->jailed = true;
}

/* A parent that is gone is noticed by its channel. */
static void
on_helper_failed(void *ctx)
{
	struct process *p = ctx;
	struct sl_buf payload;

	sl_buf_init(&payload, sizeof(p->helper));
	sl_pack_u32(&payload, p->helper);
	if (sl_ipc_send(p->parent, SL_IPC_HELPER_FAILED, sl_buf_slice(&payload), NULL, 0) != 0)
		sl_log(SL_LOG_WARNING, "the parent does not hear that our helper failed");
	sl_buf_fini(&payload);
}

/* Mail to an action address. Which edge it is of the parent knows. */
static bool
on_action(void *ctx, struct sl_slice request)
{
	struct process *p = ctx;
	struct sl_buf payload;
	bool told;

	sl_buf_init(&payload, SL_DIGEST_WIRE_MAX + 4);
	sl_pack_u32(&payload, 0);
	sl_buf_add_slice(&payload, request);
	told = !payload.overflow && sl_ipc_send(p->parent, SL_IPC_COMMAND, sl_buf_slice(&payload), NULL, 0) == 0;
	sl_buf_fini(&payload);
	return told;
}

static void
on_commanded(struct process *p, struct sl_slice payload)
{
	if (p->edge != NULL && payload.len > 4)
		actions_answered(p->edge, sl_slice_from(payload, 4));
}

static void
on_discovered(void *ctx, struct sl_slice payload)
{
	struct process *p = ctx;

	if (sl_ipc_send(p->parent, SL_IPC_USERS_SEEN, payload, NULL, 0) != 0)
		sl_log(SL_LOG_WARNING, "the parent does not hear of users");
}

static void
on_vault_lost(void *ctx)
{
	struct process *p = ctx;

	if (sl_ipc_send(p->parent, SL_IPC_VAULT_REQUEST, sl_slice(NULL, 0), NULL, 0) != 0)
		sl_log(SL_LOG_WARNING, "the parent does not hear that our way to the vault is gone");
}

static void
on_settings(struct process *p, struct sl_ipc_message *message)
{
	struct sl_unpack in = { .rest = message->payload };
	uint32_t flags = sl_unpack_u32(&in);
	struct sl_slice ticket_key = sl_unpack_bytes(&in), packed = sl_unpack_bytes(&in);
	struct edge_files files = { .ticket_key = ticket_key.ptr };
	struct sl_settings *settings = NULL;
	struct sl_buf why;
	size_t i = 0;
	int record_fd = take_fd(message, &i, flags & SL_IPC_HAS_RECORD);
	int stats_fd = take_fd(message, &i, flags & SL_IPC_HAS_STATS);

	files.model_fd = take_fd(message, &i, flags & SL_IPC_HAS_MODEL);
	files.ca_fd = take_fd(message, &i, flags & SL_IPC_HAS_CA);
	files.memory_fd = take_fd(message, &i, flags & SL_IPC_HAS_MEMORY);
	files.own_fd = take_fd(message, &i, flags & SL_IPC_HAS_OWN);
	files.rules_fd = take_fd(message, &i, flags & SL_IPC_HAS_RULES);
	SL_ASSERT(!in.failed && ticket_key.len == SL_TLS_TICKET_KEY_BYTES);
	SL_ASSERT(sl_settings_unpack(packed, &settings) == 0);
	if (p->edge == NULL)
		p->edge = edge_new(p->loop, map_stats(stats_fd, p->slot), record_fd);
	else
		record_writer_reopen(p->edge->records, record_fd);
	p->edge->on_helper_failed = on_helper_failed;
	p->edge->on_helper_failed_ctx = p;
	p->edge->on_action = on_action;
	p->edge->on_action_ctx = p;
	if (p->edge->discovered == NULL)
		p->edge->discovered = discovered_new(p->loop, on_discovered, p);
	keeper_on_lost(p->edge->keeper, on_vault_lost, p);
	if (stats_fd >= 0)
		close(stats_fd);
	sl_buf_init(&why, 1000);
	p->refused = edge_use_settings(p->edge, settings, &files, &why) != 0;
	if (p->refused) {
		sl_log(SL_LOG_ERROR, "%s", sl_buf_cstr(&why));
		p->failed = p->edge->snapshot == NULL;	/* else the old ones stay */
	}
	sl_buf_fini(&why);
	if (!p->failed)
		enter_jail(p);
}

static void
on_helper(struct process *p, struct sl_ipc_message *message)
{
	struct sl_unpack in = { .rest = message->payload };

	p->helper = sl_unpack_u32(&in);
	if (message->fds_len != 1 || p->edge == NULL)
		return;
	deep_use_helper(p->edge->deep, message->fds[0]);
	message->fds[0] = -1;
}

/* ---- what people say of messages: a step a turn ---- */

struct told {
	struct told		*next;		/* of those that are under way */
	struct process		*process;
	uint32_t		 ticket;
	struct sl_buf		 payload;	/* has the texts of */
	struct sl_correction	 correction;
	struct correcting	*correcting;
	struct sl_timer		 timer;
};

/* The ticket goes back with what came of it. */
static void
answer_correction(struct process *p, uint32_t ticket, const struct sl_corrected *corrected)
{
	struct sl_buf answer;

	sl_buf_init(&answer, 4096);
	sl_pack_u32(&answer, ticket);
	sl_corrected_pack(corrected, &answer);
	if (sl_ipc_send(p->parent, SL_IPC_CORRECTED, sl_buf_slice(&answer), NULL, 0) != 0)
		sl_log(SL_LOG_WARNING, "the parent does not hear what came of a correction");
	sl_buf_fini(&answer);
}

static void
told_free(struct told *t, struct sl_corrected *out)
{
	struct told **at = &t->process->told;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	sl_timer_clear(&t->timer);
	correcting_end(&t->correcting, out);
	sl_buf_fini(&t->payload);
	sl_free(t);
}

static void
on_told_timer(void *ctx)
{
	struct told *t = ctx;
	struct process *p = t->process;
	uint32_t ticket = t->ticket;
	struct sl_corrected corrected;

	if (correcting_step(t->correcting)) {
		sl_timer_soon(&t->timer);
		return;
	}
	told_free(t, &corrected);
	answer_correction(p, ticket, &corrected);
}

static void
on_correction(struct process *p, struct sl_slice payload)
{
	struct sl_corrected no = { .why = SL_SLICE_LIT("the correction is not understood") };
	struct sl_unpack in = { .rest = payload };
	uint32_t ticket = sl_unpack_u32(&in);
	struct told *t = sl_xzalloc(sizeof(*t));

	*t = (struct told){ .next = p->told, .process = p, .ticket = ticket };
	p->told = t;
	sl_timer_init(&t->timer, p->loop, on_told_timer, t);
	sl_buf_init(&t->payload, SL_CORRECTION_MAX);
	sl_buf_add_slice(&t->payload, in.rest);
	if (in.failed || p->edge == NULL || sl_correction_unpack(sl_buf_slice(&t->payload), &t->correction) != 0) {
		told_free(t, NULL);
		answer_correction(p, ticket, &no);
		return;
	}
	t->correcting = correcting_new(p->edge, &t->correction);
	sl_timer_soon(&t->timer);
}

static void
on_vault(struct process *p, struct sl_ipc_message *message)
{
	if (message->fds_len != 1 || p->edge == NULL)
		return;
	keeper_use_vault(p->edge->keeper, message->fds[0]);
	message->fds[0] = -1;
}

/* What the console has compiled: its number goes back with what came of it. */
static void
on_snapshot(struct process *p, struct sl_ipc_message *message)
{
	struct sl_unpack in = { .rest = message->payload };
	uint32_t number = sl_unpack_u32(&in);
	struct sl_buf answer;
	int r;

	if (p->edge == NULL || p->edge->snapshot == NULL || message->fds_len < 1)
		return;
	r = edge_use_pictures(p->edge, message->fds[0], message->fds_len > 1 ? message->fds[1] : -1);
	if (r != 0)
		sl_log(SL_LOG_ERROR, "the console's snapshot %u cannot be used, the one before stays: %s", number, sl_strerror(r));
	sl_buf_init(&answer, 8);
	sl_pack_u32(&answer, number);
	sl_pack_u32(&answer, (uint32_t)r);
	if (sl_ipc_send(p->parent, SL_IPC_SNAPSHOT_IN_USE, sl_buf_slice(&answer), NULL, 0) != 0)
		sl_log(SL_LOG_WARNING, "the parent does not hear what came of a snapshot");
	sl_buf_fini(&answer);
}

static void
on_stopped(void *ctx)
{
	struct process *p = ctx;

	sl_loop_stop(p->loop);
}

static void
stop(struct process *p)
{
	if (p->edge == NULL)
		sl_loop_stop(p->loop);
	else if (!p->edge->stopping)
		edge_stop(p->edge, on_stopped, p);
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct process *p = ctx;

	if (message->type == SL_IPC_SETTINGS) {
		on_settings(p, message);
	} else if (message->type == SL_IPC_LISTENERS && !p->refused && !p->edge->stopping) {
		edge_use_listeners(p->edge, message->fds, message->fds_len);
		for (size_t i = 0; i < message->fds_len; i++)
			message->fds[i] = -1;
		if (sl_ipc_send(p->parent, SL_IPC_READY, sl_slice(NULL, 0), NULL, 0) != 0)
			stop(p);
	} else if (message->type == SL_IPC_HELPER) {
		on_helper(p, message);
	} else if (message->type == SL_IPC_CORRECT) {
		on_correction(p, message->payload);
	} else if (message->type == SL_IPC_VAULT) {
		on_vault(p, message);
	} else if (message->type == SL_IPC_COMMANDED) {
		on_commanded(p, message->payload);
	} else if (message->type == SL_IPC_SNAPSHOT) {
		on_snapshot(p, message);
	} else if (message->type == SL_IPC_STOP) {
		stop(p);
	}
	if (p->failed)
		sl_loop_stop(p->loop);
}

static void
on_parent(void *ctx, unsigned events)
{
	struct process *p = ctx;
	int r = sl_ipc_read(p->parent, on_message, p);

	if (r < 0) {	/* the parent is gone: finish what is under way, and take nothing new */
		sl_watch_want(&p->watch, 0);
		sl_log(SL_LOG_WARNING, "the parent is gone: stopping");
		stop(p);
	}
}

int
edge_main(unsigned slot, int parent_fd)
{
	static char name[16];
	struct process p = { .slot = slot };

	snprintf(name, sizeof(name), "edge-%u", slot);
	(void)prctl(PR_SET_NAME, name);		/* in ps; else it would be called after /proc/self/exe */
	sl_log_init(name, sl_log_enabled(SL_LOG_DEBUG) ? SL_LOG_DEBUG : SL_LOG_NOTICE);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);	/* the parent's business, also from a terminal */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	/* A message takes some 100 KiB and gives them back: malloc is not to return them to the kernel
	 * each time, only to be given them again page by page. Large ones still go back at once. */
	(void)mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_BYTES);
	(void)mallopt(M_TOP_PAD, HEAP_STEP_BYTES);
	p.loop = sl_loop_new(&sl_clock_system);
	p.parent = sl_ipc_new(parent_fd, PARENT_MAY_SEND);
	sl_watch_init(&p.watch, p.loop, parent_fd, on_parent, &p);
	sl_watch_want(&p.watch, SL_READ);
	sl_loop_run(p.loop);
	while (p.told != NULL)
		told_free(p.told, NULL);
	edge_free(&p.edge);
	sl_watch_fini(&p.watch);
	sl_ipc_free(&p.parent);
	sl_loop_free(&p.loop);
	return p.failed ? 1 : 0;
}
