/*
 * vault.c - the vault: started, told what it is to do, watched, replaced, and joined to edges; see parent.h
 *
 * It runs where the settings name a directory for it. Mail flows without it; what a policy wants kept is deferred
 * then.
 */

#include "parent.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/spawn.h"
#include "kept/kept.h"
#include "sl/log.h"

#define RESTART_MS	1000	/* its disks may be the reason: not at once ... */
#define RESTART_AT_ONCE_US 1000000u	/* ... unless it had lived so long, and was killed */
#define STALL_MS	5000	/* it may be waiting for a disk */

static bool
is_wanted(const struct sl_settings *settings)
{
	return *settings->quarantine.directory != '\0';
}

static void
send_settings(struct vault_process *v)
{
	const struct sl_settings *s = v->parent->settings;
	struct sl_kept_settings told = {
		.directory = sl_slice_str(s->quarantine.directory), .master_key = sl_slice_str(s->quarantine.master_key),
		.keep_ms = s->quarantine.keep_ms, .messages = s->quarantine.messages, .bytes = s->quarantine.bytes,
	};
	struct sl_buf payload, tenants;

	sl_buf_init(&payload, SL_IPC_PAYLOAD_MAX);
	sl_buf_init(&tenants, SL_IPC_PAYLOAD_MAX);
	for (size_t i = 0; i < s->tenants_len; i++)
		if (sl_tenant_keeps(&s->tenants[i]))
			sl_kept_tenant_add(&tenants, sl_slice_str(s->tenants[i].name));
	told.tenants = sl_buf_slice(&tenants);
	sl_kept_pack_settings(&told, &payload);
	if (sl_ipc_send(v->ipc, SL_IPC_VAULT_SETTINGS, sl_buf_slice(&payload), NULL, 0) != 0)
		sl_log(SL_LOG_WARNING, "the vault does not take its settings");
	sl_buf_fini(&tenants);
	sl_buf_fini(&payload);
}

/* Join somebody to the vault. Returns his end, or -1. */
static int
join(struct vault_process *v, uint32_t who)
{
	struct sl_buf payload;
	int fds[2];

	if (v->ipc == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return -1;
	sl_buf_init(&payload, sizeof(who));
	sl_pack_u32(&payload, who);
	if (sl_ipc_send(v->ipc, SL_IPC_VAULT_CLIENT, sl_buf_slice(&payload), &fds[1], 1) != 0) {
		close(fds[0]);
		fds[0] = -1;
	}
	close(fds[1]);
	sl_buf_fini(&payload);
	return fds[0];
}

void
vault_connect_edge(struct edge_process *edge)
{
	int fd = join(&edge->parent->vault, SL_KEPT_EDGE);

	if (fd < 0)
		return;
	if (edge->ipc == NULL || sl_ipc_send(edge->ipc, SL_IPC_VAULT, sl_slice(NULL, 0), &fd, 1) != 0)
		sl_log(SL_LOG_WARNING, "edge %u does not take its way to the vault", edge->slot);
	close(fd);
}

void
vault_connect_courier(struct parent *parent)
{
	struct courier_process *c = &parent->courier;
	struct sl_buf payload;
	int fd;

	if (c->ipc == NULL || parent->vault.ipc == NULL)
		return;
	fd = join(&parent->vault, SL_KEPT_COURIER);
	if (fd < 0)
		return;
	sl_buf_init(&payload, sizeof(uint32_t));
	sl_pack_u32(&payload, SL_COURIER_VAULT);
	if (sl_ipc_send(c->ipc, SL_IPC_COURIER_CLIENT, sl_buf_slice(&payload), &fd, 1) != 0)
		sl_log(SL_LOG_WARNING, "the courier does not take its way to the vault");
	sl_buf_fini(&payload);
	close(fd);
}

int
vault_connect_control(struct parent *parent)
{
	return join(&parent->vault, SL_KEPT_CONTROL);
}

static void
forget(struct vault_process *v)
{
	if (v->ipc == NULL)
		return;
	sl_watch_fini(&v->watch);
	sl_ipc_free(&v->ipc);
	v->ready = false;
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct vault_process *v = ctx;

	if (!v->ready)
		sl_log(SL_LOG_NOTICE, "the vault is open: %s", v->parent->settings->quarantine.directory);
	v->ready = true;
}

static void
on_channel(void *ctx, unsigned events)
{
	struct vault_process *v = ctx;

	if (sl_ipc_read(v->ipc, on_message, v) < 0)
		forget(v);		/* SIGCHLD tells the rest */
}

static void
start(struct vault_process *v)
{
	struct parent *parent = v->parent;
	const struct sl_settings *s = parent->settings;
	int fd;

	if (v->path[0] == '\0' || parent->stopping || v->pid != 0 || !is_wanted(s))
		return;
	v->started_us = sl_loop_now_us(parent->loop);
	fd = sl_program_spawn(v->path, *s->quarantine.user != '\0' ? s->quarantine.user : s->user, &v->pid);
	if (fd < 0) {
		sl_log(SL_LOG_ERROR, "cannot start the vault: %s", strerror(errno));
		v->pid = 0;
		sl_timer_set(&v->restart, RESTART_MS);
		return;
	}
	v->ipc = sl_ipc_new(fd, SL_IPC_BIT(READY));
	sl_ipc_set_stall(v->ipc, STALL_MS);
	sl_watch_init(&v->watch, parent->loop, fd, on_channel, v);
	sl_watch_want(&v->watch, SL_READ);
	send_settings(v);
	for (unsigned i = 0; i < parent->edges_len; i++)
		if (parent->edges[i].ipc != NULL)
			vault_connect_edge(&parent->edges[i]);
	vault_connect_courier(parent);
}

static void
on_restart(void *ctx)
{
	start(ctx);
}

void
vault_prepare(struct parent *parent)
{
	struct vault_process *v = &parent->vault;

	v->parent = parent;
	sl_timer_init(&v->restart, parent->loop, on_restart, v);
	if (!sl_program_find("sluice-vault", v->path, sizeof(v->path)))
		v->path[0] = '\0';
}

static bool
same_place(const struct sl_settings *a, const struct sl_settings *b)
{
	return strcmp(a->quarantine.directory, b->quarantine.directory) == 0 &&
	    strcmp(a->quarantine.master_key, b->quarantine.master_key) == 0 &&
	    strcmp(a->quarantine.user, b->quarantine.user) == 0;
}

void
vault_use_settings(struct parent *parent, const struct sl_settings *old)
{
	struct vault_process *v = &parent->vault;

	if (is_wanted(parent->settings) && v->path[0] == '\0')
		sl_log(SL_LOG_ERROR, "sluice-vault is not installed: what policies keep is deferred");
	if (v->ipc == NULL) {
		start(v);
	} else if (is_wanted(parent->settings) && old != NULL && same_place(old, parent->settings)) {
		send_settings(v);
	} else if (sl_ipc_send(v->ipc, SL_IPC_STOP, sl_slice(NULL, 0), NULL, 0) != 0) {
		kill(v->pid, SIGKILL);		/* vault_died starts the next, if there is to be one */
	}
}

bool
vault_died(struct parent *parent, pid_t pid, int status)
{
	struct vault_process *v = &parent->vault;

	if (v->pid == 0 || v->pid != pid)
		return false;
	forget(v);
	v->pid = 0;
	if (parent->stopping || !is_wanted(parent->settings))
		return true;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		parent->vault_restarts++;
		child_log("vault", status);
	}
	sl_timer_set(&v->restart, WIFSIGNALED(status) &&
	    sl_loop_now_us(parent->loop) - v->started_us > RESTART_AT_ONCE_US ? 0 : RESTART_MS);
	return true;
}

void
vault_end(struct parent *parent)
{
	struct vault_process *v = &parent->vault;

	sl_timer_clear(&v->restart);
	if (v->pid == 0)
		return;
	child_end(v->ipc, v->pid);
	forget(v);
	v->pid = 0;
}
