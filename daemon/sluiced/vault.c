/*
 * vault.c - the vault: started, told what it is to do, watched, replaced, and joined to edges; see parent.h
 *
 * It runs where the settings name a directory for it. Mail flows without it; what a policy wants kept is deferred
 * then.
 */

#include "parent.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kept/kept.h"
#include "sl/log.h"

#define MARK	".vault-id"	/* beside the settings: it says that there is a vault, wherever its disks are */

static bool
is_wanted(const struct sl_settings *settings)
{
	return *settings->quarantine.directory != '\0';
}

static void
send_settings(struct parent *parent)
{
	const struct sl_settings *s = parent->settings;
	struct sl_kept_settings told = {
		.directory = sl_slice_str(s->quarantine.directory), .master_key = sl_slice_str(s->quarantine.master_key),
		.keep_ms = s->quarantine.keep_ms, .messages = s->quarantine.messages, .bytes = s->quarantine.bytes,
	};
	char *path = realpath(parent->settings_path, NULL);
	char *mark = path == NULL ? NULL : sl_xasprintf("%s" MARK, path);
	struct sl_buf payload, tenants;

	free(path);
	told.mark = sl_slice_str(mark == NULL ? "" : mark);
	sl_buf_init(&payload, SL_IPC_PAYLOAD_MAX);
	sl_buf_init(&tenants, SL_IPC_PAYLOAD_MAX);
	for (size_t i = 0; i < s->tenants_len; i++)
		if (sl_tenant_may(&s->tenants[i], SL_ACTION_QUARANTINE))
			sl_kept_tenant_add(&tenants, sl_slice_str(s->tenants[i].name));
	told.tenants = sl_buf_slice(&tenants);
	sl_kept_pack_settings(&told, &payload);
	if (sl_ipc_send(parent->vault.ipc, SL_IPC_VAULT_SETTINGS, sl_buf_slice(&payload), NULL, 0) != 0)
		sl_log(SL_LOG_WARNING, "the vault does not take its settings");
	sl_buf_fini(&tenants);
	sl_buf_fini(&payload);
	sl_free(mark);
}

/* Join somebody to the vault. Returns his end, or -1. */
static int
join(struct child *v, uint32_t who)
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
	int fd = edge->parent->vault_why != NULL ? -1 : join(&edge->parent->vault, SL_KEPT_EDGE);

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

	if (c->child.ipc == NULL || parent->vault.ipc == NULL || parent->vault_why != NULL)
		return;
	fd = join(&parent->vault, SL_KEPT_COURIER);
	if (fd < 0)
		return;
	sl_buf_init(&payload, sizeof(uint32_t));
	sl_pack_u32(&payload, SL_COURIER_VAULT);
	if (sl_ipc_send(c->child.ipc, SL_IPC_COURIER_CLIENT, sl_buf_slice(&payload), &fd, 1) != 0)
		sl_log(SL_LOG_WARNING, "the courier does not take its way to the vault");
	sl_buf_fini(&payload);
	close(fd);
}

int
vault_connect_control(struct parent *parent)
{
	return join(&parent->vault, SL_KEPT_CONTROL);
}

/* ---- the process ---- */

static void
connect_all(struct parent *parent)
{
	for (unsigned i = 0; i < parent->edges_len; i++)
		if (parent->edges[i].ipc != NULL)
			vault_connect_edge(&parent->edges[i]);
	vault_connect_courier(parent);
}

static void
why_is(struct parent *parent, struct sl_slice why)
{
	sl_free(parent->vault_why);
	parent->vault_why = why.len == 0 ? NULL : sl_xasprintf(SL_SLICE_FMT, SL_SLICE_ARG(why));
}

static void
is_ready(struct parent *parent)
{
	bool waited = parent->vault_why != NULL;

	sl_log(SL_LOG_NOTICE, "the vault is open: %s", parent->settings->quarantine.directory);
	why_is(parent, sl_slice(NULL, 0));
	if (waited)
		connect_all(parent);
	child_start(&parent->courier.child);
}

/* It is not open, and says why. */
static void
hear(struct parent *parent, struct sl_ipc_message *message)
{
	why_is(parent, message->payload);
}

static void
gone(struct parent *parent)
{
	why_is(parent, sl_slice(NULL, 0));
}

void
vault_status(const struct parent *parent, struct sl_buf *out)
{
	if (!is_wanted(parent->settings))
		return;
	sl_buf_addf(out, ",\"vault\":{\"open\":%s", parent->vault.ready ? "true" : "false");
	if (parent->vault_why != NULL) {
		sl_buf_add_str(out, ",\"why\":");
		sl_buf_add_json(out, sl_slice_str(parent->vault_why));
	}
	sl_buf_add_str(out, "}");
}

static void
begin(struct parent *parent)
{
	send_settings(parent);
	connect_all(parent);
}

static bool
same_place(const struct sl_settings *a, const struct sl_settings *b)
{
	return strcmp(a->quarantine.directory, b->quarantine.directory) == 0 &&
	    strcmp(a->quarantine.master_key, b->quarantine.master_key) == 0 &&
	    strcmp(a->quarantine.user, b->quarantine.user) == 0;
}

static const char *
user(const struct sl_settings *s)
{
	return *s->quarantine.user != '\0' ? s->quarantine.user : s->user;
}

static unsigned
restart_ms(int status, uint64_t lived_us)
{
	return WIFSIGNALED(status) && lived_us > CHILD_AT_ONCE_US ? 0 : CHILD_RESTART_MS;
}

const struct child_kind vault_kind = {
	.name = "vault", .program = "sluice-vault", .without = "what policies keep is deferred", .says = SL_IPC_BIT(CHECK_FAILED),
	.is_wanted = is_wanted, .same_place = same_place, .user = user, .begin = begin, .tell = send_settings,
	.is_ready = is_ready, .hear = hear, .gone = gone, .restart_ms = restart_ms,
};
