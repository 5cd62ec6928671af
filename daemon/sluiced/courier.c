/*
 * courier.c - the courier: started, told what it is to do, watched, replaced, and joined to others; see parent.h
 *
 * It runs where the settings name a directory for the vault: its queue is in it, so it is started when the vault is open and
 * its disk is known to be there. Mail flows without it, and what is to be
 * released waits in the vault.
 */

#include "parent.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sl/log.h"

#define RESTART_LATE_MS	15000	/* of one that ended by itself soon: its disk is full, or its queue is damaged */
#define SOON_US		10000000u

static bool
is_wanted(const struct sl_settings *settings)
{
	return *settings->quarantine.directory != '\0';
}

static bool
may_start(const struct parent *parent)
{
	return parent->vault.ready;
}

/* As edges are told, but for what is none of its business: it has no listeners, and so no certificate and no key. */
static void
send_settings(struct parent *parent)
{
	struct courier_process *c = &parent->courier;
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
	    sl_ipc_send(c->child.ipc, SL_IPC_SETTINGS, sl_buf_slice(&payload), &ca, ca >= 0 ? 1 : 0) != 0)
		sl_log(SL_LOG_WARNING, "the courier does not take its settings");
	sl_buf_fini(&payload);
	sl_buf_fini(&packed);
}

static void
send_snapshot(struct courier_process *c)
{
	struct sl_buf payload;

	if (c->child.ipc == NULL || c->snapshots_len == 0)
		return;
	sl_buf_init(&payload, sizeof(uint32_t));
	sl_pack_u32(&payload, c->snapshot);
	if (sl_ipc_send(c->child.ipc, SL_IPC_SNAPSHOT, sl_buf_slice(&payload), c->snapshots, c->snapshots_len) != 0)
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

	if (c->child.ipc == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return -1;
	sl_buf_init(&payload, sizeof(who));
	sl_pack_u32(&payload, who);
	if (sl_ipc_send(c->child.ipc, SL_IPC_COURIER_CLIENT, sl_buf_slice(&payload), &fds[1], 1) != 0) {
		close(fds[0]);
		fds[0] = -1;
	}
	close(fds[1]);
	sl_buf_fini(&payload);
	return fds[0];
}

/* ---- the process ---- */

static void
is_ready(struct parent *parent)
{
	sl_log(SL_LOG_NOTICE, "the courier is ready");
}

static void
hear(struct parent *parent, struct sl_ipc_message *message)
{
	struct courier_process *c = &parent->courier;
	struct sl_courier_state state;

	if (message->type == SL_IPC_VAULT_REQUEST)
		vault_connect_courier(parent);
	else if (message->type == SL_IPC_LENT)
		lent_message(&c->lent, message);
	else if (sl_courier_unpack_state(message->payload, &state) == 0)
		c->state = state;
}

static void
begin(struct parent *parent)
{
	struct courier_process *c = &parent->courier;

	if (c->moved)
		lent_forget(&c->lent);		/* entries of another queue */
	c->moved = false;
	lent_hand_on(&c->lent, c->child.ipc);
	send_settings(parent);
	send_snapshot(c);
	vault_connect_courier(parent);
}

static bool
same_place(const struct sl_settings *a, const struct sl_settings *b)
{
	return strcmp(a->quarantine.directory, b->quarantine.directory) == 0 &&
	    strcmp(a->quarantine.user, b->quarantine.user) == 0 && strcmp(a->user, b->user) == 0;
}

static const char *
user(const struct sl_settings *s)
{
	return *s->quarantine.user != '\0' ? s->quarantine.user : s->user;
}

static unsigned
restart_ms(int status, uint64_t lived_us)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && lived_us < SOON_US)
		return RESTART_LATE_MS;
	return lived_us > CHILD_AT_ONCE_US ? 0 : CHILD_RESTART_MS;
}

const struct child_kind courier_kind = {
	.name = "courier", .program = "sluice-courier", .without = "nothing that is kept can be released",
	.says = SL_IPC_BIT(COURIER_STATE) | SL_IPC_BIT(VAULT_REQUEST) | SL_IPC_BIT(LENT),
	.is_wanted = is_wanted, .same_place = same_place, .user = user, .begin = begin, .tell = send_settings,
	.is_ready = is_ready, .hear = hear, .may_start = may_start, .restart_ms = restart_ms,
};

void
courier_prepare(struct parent *parent)
{
	child_prepare(&parent->courier.child, parent, &courier_kind);
	lent_prepare(&parent->courier.lent, parent->loop);
}

void
courier_use_settings(struct parent *parent, const struct sl_settings *old)
{
	parent->courier.moved |= old != NULL && !same_place(old, parent->settings);
	child_use_settings(&parent->courier.child, old);
}

void
courier_end(struct parent *parent)
{
	child_end(&parent->courier.child);
	lent_forget(&parent->courier.lent);
}
