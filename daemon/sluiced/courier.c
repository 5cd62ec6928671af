/*
 * courier.c - the courier: started, told what it is to do, watched, replaced, and joined to others; see parent.h
 *
 * It runs where the settings name a directory for the vault: its queue is in it. Mail flows without it, and what is to be
 * released waits in the vault.
 */

#include "parent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/spawn.h"
#include "sl/log.h"

#define RESTART_MS	1000
#define RESTART_AT_ONCE_US 1000000u	/* of one that had lived so long */
#define RESTART_LATE_MS	15000	/* of one that ended by itself soon: its disk is full, or its queue is damaged */
#define SOON_US		10000000u
#define STALL_MS	5000	/* it may be waiting for a disk */

static bool
is_wanted(const struct sl_settings *settings)
{
	return *settings->quarantine.directory != '\0';
}

/* As edges are told, but for what is none of its business: it has no listeners, and so no certificate and no key. */
static void
send_settings(struct courier_process *c)
{
	const struct parent *parent = c->parent;
	struct sl_settings told = *parent->settings;
	char none[] = "";
	struct sl_buf payload, packed;
	int ca = parent->files.ca;

	told.tls_certificate_pem = told.tls_key_pem = none;
	sl_buf_init(&packed, SL_IPC_PAYLOAD_MAX);
	sl_buf_init(&payload, SL_IPC_PAYLOAD_MAX);
	sl_settings_pack(&told, &packed);
	sl_pack_u32(&payload, ca >= 0 ? SL_IPC_HAS_CA : 0);
	sl_pack_bytes(&payload, sl_slice(NULL, 0));
	sl_pack_bytes(&payload, sl_buf_slice(&packed));
	if (payload.overflow || packed.overflow ||
	    sl_ipc_send(c->ipc, SL_IPC_SETTINGS, sl_buf_slice(&payload), &ca, ca >= 0 ? 1 : 0) != 0)
		sl_log(SL_LOG_WARNING, "the courier does not take its settings");
	sl_buf_fini(&payload);
	sl_buf_fini(&packed);
}

static void
send_snapshot(struct courier_process *c)
{
	struct sl_buf payload;

	if (c->ipc == NULL || c->snapshots_len == 0)
		return;
	sl_buf_init(&payload, sizeof(uint32_t));
	sl_pack_u32(&payload, c->snapshot);
	if (sl_ipc_send(c->ipc, SL_IPC_SNAPSHOT, sl_buf_slice(&payload), c->snapshots, c->snapshots_len) != 0)
		sl_log(SL_LOG_WARNING, "the courier does not take a snapshot");
	sl_buf_fini(&payload);
}

void
courier_use_snapshot(struct parent *parent, uint32_t number, const int *fds, size_t fds_len)
{
	struct courier_process *c = &parent->courier;

	for (size_t i = 0; i < c->snapshots_len; i++)
		close(c->snapshots[i]);
	c->snapshots_len = 0;
	c->snapshot = number;
	for (size_t i = 0; i < SL_MIN(fds_len, SL_COUNT(c->snapshots)); i++) {
		int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);

		if (fd < 0) {
			sl_log(SL_LOG_ERROR, "the courier's snapshot: %s", strerror(errno));
			return;
		}
		c->snapshots[c->snapshots_len++] = fd;
	}
	send_snapshot(c);
}

int
courier_connect(struct parent *parent, uint32_t who)
{
	struct courier_process *c = &parent->courier;
	struct sl_buf payload;
	int fds[2];

	if (c->ipc == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return -1;
	sl_buf_init(&payload, sizeof(who));
	sl_pack_u32(&payload, who);
	if (sl_ipc_send(c->ipc, SL_IPC_COURIER_CLIENT, sl_buf_slice(&payload), &fds[1], 1) != 0) {
		close(fds[0]);
		fds[0] = -1;
	}
	close(fds[1]);
	sl_buf_fini(&payload);
	return fds[0];
}

static void
forget(struct courier_process *c)
{
	if (c->ipc == NULL)
		return;
	sl_watch_fini(&c->watch);
	sl_ipc_free(&c->ipc);
	c->ready = false;
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct courier_process *c = ctx;
	struct sl_courier_state state;

	if (message->type == SL_IPC_VAULT_REQUEST) {
		vault_connect_courier(c->parent);
	} else if (message->type == SL_IPC_COURIER_STATE) {
		if (sl_courier_unpack_state(message->payload, &state) == 0)
			c->state = state;
	} else if (message->type == SL_IPC_LENT) {
		lent_message(&c->lent, message);
	} else {
		if (!c->ready)
			sl_log(SL_LOG_NOTICE, "the courier is ready");
		c->ready = true;
	}
}

static void
on_channel(void *ctx, unsigned events)
{
	struct courier_process *c = ctx;

	if (sl_ipc_read(c->ipc, on_message, c) < 0)
		forget(c);		/* SIGCHLD tells the rest */
}

static void
start(struct courier_process *c)
{
	struct parent *parent = c->parent;
	const struct sl_settings *s = parent->settings;
	int fd;

	if (c->path[0] == '\0' || parent->stopping || c->pid != 0 || !is_wanted(s))
		return;
	c->started_us = sl_loop_now_us(parent->loop);
	fd = sl_program_spawn(c->path, *s->quarantine.user != '\0' ? s->quarantine.user : s->user, &c->pid);
	if (fd < 0) {
		sl_log(SL_LOG_ERROR, "cannot start the courier: %s", strerror(errno));
		c->pid = 0;
		sl_timer_set(&c->restart, RESTART_MS);
		return;
	}
	c->ipc = sl_ipc_new(fd, SL_IPC_BIT(READY) | SL_IPC_BIT(COURIER_STATE) | SL_IPC_BIT(VAULT_REQUEST) |
	    SL_IPC_BIT(LENT));
	sl_ipc_set_stall(c->ipc, STALL_MS);
	sl_watch_init(&c->watch, parent->loop, fd, on_channel, c);
	sl_watch_want(&c->watch, SL_READ);
	if (c->moved)
		lent_forget(&c->lent);		/* entries of another queue */
	c->moved = false;
	lent_hand_on(&c->lent, c->ipc);
	send_settings(c);
	send_snapshot(c);
	vault_connect_courier(parent);
}

static void
on_restart(void *ctx)
{
	start(ctx);
}

void
courier_prepare(struct parent *parent)
{
	struct courier_process *c = &parent->courier;

	c->parent = parent;
	sl_timer_init(&c->restart, parent->loop, on_restart, c);
	lent_prepare(&c->lent, parent->loop);
	if (!sl_program_find("sluice-courier", c->path, sizeof(c->path)))
		c->path[0] = '\0';
}

static bool
same_place(const struct sl_settings *a, const struct sl_settings *b)
{
	return strcmp(a->quarantine.directory, b->quarantine.directory) == 0 &&
	    strcmp(a->quarantine.user, b->quarantine.user) == 0 && strcmp(a->user, b->user) == 0;
}

void
courier_use_settings(struct parent *parent, const struct sl_settings *old)
{
	struct courier_process *c = &parent->courier;

	if (is_wanted(parent->settings) && c->path[0] == '\0')
		sl_log(SL_LOG_ERROR, "sluice-courier is not installed: nothing that is kept can be released");
	c->moved |= old != NULL && !same_place(old, parent->settings);
	if (c->ipc == NULL)
		start(c);
	else if (is_wanted(parent->settings) && old != NULL && same_place(old, parent->settings))
		send_settings(c);
	else if (sl_ipc_send(c->ipc, SL_IPC_STOP, sl_slice(NULL, 0), NULL, 0) != 0)
		kill(c->pid, SIGKILL);		/* courier_died starts the next, if there is to be one */
}

bool
courier_died(struct parent *parent, pid_t pid, int status)
{
	struct courier_process *c = &parent->courier;
	uint64_t lived_us;

	if (c->pid == 0 || c->pid != pid)
		return false;
	if (c->ipc != NULL)		/* what it lent just before */
		on_channel(c, SL_READ);
	forget(c);
	c->pid = 0;
	if (parent->stopping || !is_wanted(parent->settings))
		return true;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		parent->courier_restarts++;
		child_log("courier", status);
	}
	lived_us = sl_loop_now_us(parent->loop) - c->started_us;
	sl_timer_set(&c->restart, WIFEXITED(status) && WEXITSTATUS(status) != 0 && lived_us < SOON_US ? RESTART_LATE_MS :
	    lived_us > RESTART_AT_ONCE_US ? 0 : RESTART_MS);
	return true;
}

void
courier_end(struct parent *parent)
{
	struct courier_process *c = &parent->courier;

	sl_timer_clear(&c->restart);
	if (c->pid == 0)
		return;
	child_end(c->ipc, c->pid);
	forget(c);
	lent_forget(&c->lent);
	c->pid = 0;
}
