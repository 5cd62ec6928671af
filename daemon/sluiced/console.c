/*
 * console.c - the console: started, watched, replaced; what it compiled is handed to edges; see parent.h
 *
 * It runs where the settings name a directory for it. The parent reads nothing of what it hands on: it keeps the newest
 * descriptors, gives them numbers of its own that go on counting when the console is replaced, and gives them to every edge,
 * also to one that is started later. Edges keep what they have when the console is gone.
 */

#include "parent.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sl/log.h"

static bool
is_wanted(const struct sl_settings *settings)
{
	return *settings->console.directory != '\0';
}

static void
send_place(struct parent *parent)
{
	const struct sl_settings *s = parent->settings;
	char *path = realpath(parent->settings_path, NULL);
	const struct sl_console_told told = { sl_slice_str(s->console.directory), sl_slice_str(s->console.socket),
		*s->quarantine.directory != '\0', sl_slice_str(s->hostname), sl_slice_str(s->console.records), s->console.two_persons,
		sl_slice_str(path != NULL ? path : parent->settings_path) };
	struct sl_buf payload;

	sl_buf_init(&payload, 16u << 10);
	sl_console_told_pack(&told, &payload);
	if (sl_ipc_send(parent->console.child.ipc, SL_IPC_CONSOLE_SETTINGS, sl_buf_slice(&payload), NULL, 0) != 0)
		sl_log(SL_LOG_WARNING, "the console does not take its settings");
	sl_buf_fini(&payload);
	free(path);
}

/* Its tenants are of the console's too. It has no listeners, and so no certificate and no key. */
static void
send_settings(struct parent *parent)
{
	struct sl_settings told = *parent->settings;
	char none[] = "";
	struct sl_buf payload, packed;

	told.tls_certificate_pem = told.tls_key_pem = none;
	sl_buf_init(&packed, SL_IPC_PAYLOAD_MAX);
	sl_buf_init(&payload, SL_IPC_PAYLOAD_MAX);
	sl_settings_pack(&told, &packed);
	sl_pack_u32(&payload, 0);
	sl_pack_bytes(&payload, sl_slice(NULL, 0));
	sl_pack_bytes(&payload, sl_buf_slice(&packed));
	if (payload.overflow || packed.overflow ||
	    sl_ipc_send(parent->console.child.ipc, SL_IPC_SETTINGS, sl_buf_slice(&payload), NULL, 0) != 0)
		sl_log(SL_LOG_WARNING, "the console does not take the tenants of the settings");
	sl_buf_fini(&payload);
	sl_buf_fini(&packed);
}

/* One that is not ready yet hears of the tenants when it is. */
static void
tell(struct parent *parent)
{
	send_place(parent);
	if (parent->console.child.ready)
		send_settings(parent);
}

/* ---- what it compiled ---- */

/* Send the newest to somebody; false: he does not take it, or there is none. */
static bool
send_snapshot(const struct console_process *c, struct sl_ipc *ipc)
{
	struct sl_buf payload;
	bool sent;

	if (ipc == NULL || c->number == 0)
		return false;
	sl_buf_init(&payload, sizeof(uint32_t));
	sl_pack_u32(&payload, c->number);
	sent = sl_ipc_send(ipc, SL_IPC_SNAPSHOT, sl_buf_slice(&payload), c->fds, c->fds_len) == 0;
	sl_buf_fini(&payload);
	return sent;
}

void
console_to_edge(struct edge_process *edge)
{
	struct console_process *c = &edge->parent->console;

	edge->snapshot = 0;
	if (c->number != 0 && edge->ipc != NULL && !send_snapshot(c, edge->ipc))
		sl_log(SL_LOG_WARNING, "edge %u does not take the console's snapshot", edge->slot);
}

bool
console_to(struct parent *parent, struct sl_ipc *ipc)
{
	return send_snapshot(&parent->console, ipc);
}

void
console_in_use(struct edge_process *edge, struct sl_slice payload)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t number = sl_unpack_u32(&in), result = sl_unpack_u32(&in);

	if (!in.failed && result == 0 && number <= edge->parent->console.number)
		edge->snapshot = number;
}

static void
on_snapshot(struct console_process *c, struct sl_ipc_message *message)
{
	struct parent *parent = c->child.parent;

	if (message->fds_len < 1 || message->fds_len > SL_COUNT(c->fds))
		return;
	for (size_t i = 0; i < c->fds_len; i++)
		close(c->fds[i]);
	c->fds_len = message->fds_len;
	for (size_t i = 0; i < c->fds_len; i++) {
		c->fds[i] = message->fds[i];
		message->fds[i] = -1;
	}
	c->number = c->number == UINT32_MAX ? 1 : c->number + 1;
	c->since_us = sl_loop_now_us(parent->loop);
	for (unsigned i = 0; i < parent->edges_len; i++)
		console_to_edge(&parent->edges[i]);
	courier_use_snapshot(parent, c->number, c->fds, c->fds_len);
}

/* ---- mail to action addresses: between edges and the console ---- */

/* The edge's number is put in, so that none can answer another's mail. */
void
console_command(struct edge_process *edge, struct sl_slice payload)
{
	struct console_process *c = &edge->parent->console;
	struct sl_buf told;

	if (payload.len < sizeof(uint32_t) || c->child.ipc == NULL)
		return;		/* it is not answered, and so deferred */
	sl_buf_init(&told, payload.len);
	sl_pack_u32(&told, edge->slot);
	sl_buf_add_slice(&told, sl_slice_from(payload, sizeof(uint32_t)));
	if (sl_ipc_send(c->child.ipc, SL_IPC_COMMAND, sl_buf_slice(&told), NULL, 0) != 0)
		sl_log(SL_LOG_WARNING, "the console does not hear of mail to an action address");
	sl_buf_fini(&told);
}

static void
on_commanded(struct console_process *c, struct sl_slice payload)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t slot = sl_unpack_u32(&in);

	if (in.failed || slot >= c->child.parent->edges_len || c->child.parent->edges[slot].ipc == NULL)
		return;
	if (sl_ipc_send(c->child.parent->edges[slot].ipc, SL_IPC_COMMANDED, payload, NULL, 0) != 0)
		sl_log(SL_LOG_WARNING, "edge %u does not hear the console's answer", slot);
}

/* ---- what its users report: to an edge, as from the control socket ---- */

bool
console_corrected(struct parent *parent, uint32_t ticket, struct sl_slice payload)
{
	struct console_process *c = &parent->console;

	if (ticket == 0 || c->ticket != ticket)
		return false;
	c->ticket = 0;
	if (c->child.ipc != NULL && sl_ipc_send(c->child.ipc, SL_IPC_CORRECTED, payload, NULL, 0) != 0)
		sl_log(SL_LOG_WARNING, "the console does not hear what came of a correction");
	return true;
}

/* ---- its ways to the vault and to the courier, when it asks for them ---- */

static void
join(struct console_process *c, enum sl_ipc_type type, int fd)
{
	/* Without one it hears that there is none now. */
	if (sl_ipc_send(c->child.ipc, type, sl_slice(NULL, 0), &fd, fd >= 0 ? 1 : 0) != 0)
		sl_log(SL_LOG_WARNING, "the console does not take a channel");
	if (fd >= 0)
		close(fd);
}

/* ---- the process ---- */

static void
is_ready(struct parent *parent)
{
	sl_log(SL_LOG_NOTICE, "the console answers at %s", parent->settings->console.socket);
	send_settings(parent);
}

static void
hear(struct parent *parent, struct sl_ipc_message *message)
{
	struct console_process *c = &parent->console;
	struct sl_console_status status;

	if (message->type == SL_IPC_SNAPSHOT)
		on_snapshot(c, message);
	else if (message->type == SL_IPC_COMMANDED)
		on_commanded(c, message->payload);
	else if (message->type == SL_IPC_VAULT_REQUEST)
		join(c, SL_IPC_VAULT, vault_connect_control(parent));
	else if (message->type == SL_IPC_COURIER_REQUEST)
		join(c, SL_IPC_COURIER, courier_connect(parent, SL_COURIER_SUBMITTER));
	else if (message->type == SL_IPC_CORRECT)
		c->ticket = control_correct(parent, message->payload);	/* none: it hears nothing, and goes on */
	else if (sl_console_status_unpack(message->payload, &status) == 0)
		c->status = status;
}

static void
begin(struct parent *parent)
{
	struct console_process *c = &parent->console;

	snprintf(c->socket, sizeof(c->socket), "%s", parent->settings->console.socket);
	send_place(parent);
}

static void
gone(struct parent *parent)
{
	parent->console.ticket = 0;
	(void)unlink(parent->console.socket);	/* it cannot: it has its directory alone */
}

static bool
same_place(const struct sl_settings *a, const struct sl_settings *b)
{
	return strcmp(a->console.directory, b->console.directory) == 0 && strcmp(a->console.socket, b->console.socket) == 0 &&
	    strcmp(a->console.user, b->console.user) == 0 && strcmp(a->console.records, b->console.records) == 0;
}

static const char *
user(const struct sl_settings *s)
{
	return *s->console.user != '\0' ? s->console.user : s->user;
}

static unsigned
restart_ms(int status, uint64_t lived_us)
{
	return CHILD_RESTART_MS;
}

const struct child_kind console_kind = {
	.name = "console", .program = "sluice-console", .without = "there are no tenants but those of the settings",
	.says = SL_IPC_BIT(SNAPSHOT) | SL_IPC_BIT(CONSOLE_STATUS) | SL_IPC_BIT(COMMANDED) | SL_IPC_BIT(VAULT_REQUEST) |
	    SL_IPC_BIT(COURIER_REQUEST) | SL_IPC_BIT(CORRECT),
	.is_wanted = is_wanted, .same_place = same_place, .user = user, .begin = begin, .tell = tell,
	.is_ready = is_ready, .hear = hear, .gone = gone, .restart_ms = restart_ms,
};

void
console_seen(struct parent *parent, struct sl_slice payload)
{
	struct console_process *c = &parent->console;

	if (c->child.ipc != NULL && sl_ipc_send(c->child.ipc, SL_IPC_USERS_SEEN, payload, NULL, 0) != 0)
		sl_log(SL_LOG_DEBUG, "the console does not hear of users");
}

void
console_end(struct parent *parent)
{
	struct console_process *c = &parent->console;

	child_end(&c->child);
	for (size_t i = 0; i < c->fds_len; i++)
		close(c->fds[i]);
	c->fds_len = 0;
}

void
console_status(const struct parent *parent, struct sl_buf *out)
{
	const struct console_process *c = &parent->console;
	const struct sl_console_status *s = &c->status;
	unsigned in_use = 0;

	if (parent->settings == NULL || !is_wanted(parent->settings))
		return;
	for (unsigned i = 0; i < parent->edges_len; i++)
		in_use += c->number != 0 && parent->edges[i].snapshot == c->number;
	sl_buf_addf(out, ",\"console\":{\"running\":%s,\"restarts\":%u,\"snapshot\":%u", c->child.ready ? "true" : "false",
	    c->child.restarts, c->number);
	if (c->number != 0)
		sl_buf_addf(out, ",\"id\":\"%s\",\"age_s\":%llu,\"in_use_by\":%u,\"tenants\":%llu,\"domains\":%llu,\"users\":%llu,"
		    "\"list_entries\":%llu,\"policies\":%llu,\"changed_since_whole\":%llu,\"change\":%llu", s->id,
		    (unsigned long long)(sl_loop_now_us(parent->loop) - c->since_us) / 1000000, in_use,
		    (unsigned long long)s->tenants, (unsigned long long)s->domains, (unsigned long long)s->users,
		    (unsigned long long)s->entries, (unsigned long long)s->policies, (unsigned long long)s->changed,
		    (unsigned long long)s->change);
	sl_buf_addf(out, ",\"next_hops_unknown\":%llu,\"next_hops_failing\":%llu}", (unsigned long long)s->names_unknown,
	    (unsigned long long)s->names_failing);
}
