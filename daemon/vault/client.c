/* client.c - who speaks to the vault: edges that add; see process.h */

#include "process.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sl/log.h"

#define PIECE_BYTES	65536
#define STALL_MS	600000u	/* of one that takes nothing: then it is let go */

static void	on_channel(void *ctx, unsigned events);

/* ---- what is said ---- */

/* Nobody waits for one that reads slowly: what is said to him goes out when he takes it. Who is not told something is told nothing more, and let
 * go: he would wait for it for good. Edges and the courier come again. */
void
client_say(struct client *client, enum sl_ipc_type type, struct sl_slice payload, const int *fd)
{
	if (client->failed != 0)
		return;
	if (sl_ipc_post(client->ipc, type, payload, fd, fd != NULL ? 1 : 0) != 0) {
		client->failed = SL_ERR_CLOSED;
		sl_watch_again(&client->watch, SL_READ);	/* it ends from there: somebody may be looking at it here */
	} else if (sl_ipc_pending(client->ipc) > 0) {
		sl_watch_want(&client->watch, SL_READ | SL_WRITE);
		if (!sl_timer_is_set(&client->stall))
			sl_timer_set(&client->stall, STALL_MS);
	}
}

/* He takes something. */
static void
client_flush(struct client *client)
{
	int r = sl_ipc_flush(client->ipc);

	if (r < 0) {
		client->failed = SL_ERR_CLOSED;
	} else if (r == SL_MORE) {
		sl_timer_set(&client->stall, STALL_MS);
	} else {
		sl_timer_clear(&client->stall);
		sl_watch_want(&client->watch, SL_READ);
		if (client->reader != NULL)
			sl_timer_soon(&client->timer);	/* control_step waits for that */
	}
}

static void
on_stall(void *ctx)
{
	struct client *client = ctx;

	sl_log(SL_LOG_WARNING, "somebody does not take what the vault says, and is let go");
	client->failed = SL_ERR_TIMEOUT;
	client_end(client);
}

/* ---- files that are lent ---- */

static void
spool_lend(struct client *client, int fd)
{
	client_say(client, SL_IPC_SPOOL, sl_slice(NULL, 0), &fd);
}

static void
spools_lend(struct client *client)
{
	struct process *p = client->process;

	while (client->spools_len < SPOOLS_EACH && p->spools_len > 0) {
		int fd = p->spools[--p->spools_len];

		client->spools[client->spools_len++] = fd;
		spool_lend(client, fd);
	}
}

static void
spools_take_back(struct client *client)
{
	struct process *p = client->process;

	for (unsigned i = 0; i < client->spools_len; i++) {
		/* Of one that did not end in good order somebody may be writing still. */
		if (client->failed == 0 && ftruncate(client->spools[i], 0) == 0)
			p->spools[p->spools_len++] = client->spools[i];
		else
			close(client->spools[i]);
	}
	client->spools_len = 0;
}

/* If what came is a file of ours it is emptied and lent again. */
static void
spool_again(struct client *client, int fd)
{
	struct stat came, ours;

	if (fstat(fd, &came) != 0)
		return;
	for (unsigned i = 0; i < client->spools_len; i++)
		if (fstat(client->spools[i], &ours) == 0 && ours.st_dev == came.st_dev && ours.st_ino == came.st_ino) {
			if (ftruncate(client->spools[i], 0) == 0)
				spool_lend(client, client->spools[i]);
			return;
		}
}

/* ---- clients ---- */

void
client_new(struct process *p, uint32_t who, int fd)
{
	static const uint64_t edge = SL_IPC_BIT(KEY) | SL_IPC_BIT(KEEP);
	static const uint64_t control = SL_IPC_BIT(KEPT_LIST) | SL_IPC_BIT(KEPT_OPEN) | SL_IPC_BIT(KEPT_DELETE) |
	    SL_IPC_BIT(KEPT_RELEASE) | SL_IPC_BIT(TENANT_KEY);
	static const uint64_t courier = SL_IPC_BIT(SUBMITTED) | SL_IPC_BIT(SETTLED) | SL_IPC_BIT(FETCH);

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &p->clients[i];

		if (client->ipc != NULL)
			continue;
		*client = (struct client){ .process = p, .who = who };
		client->ipc = sl_ipc_new(fd, who == SL_KEPT_EDGE ? edge : who == SL_KEPT_COURIER ? courier : control);
		sl_watch_init(&client->watch, p->loop, fd, on_channel, client);
		sl_watch_want(&client->watch, SL_READ);
		sl_timer_init(&client->timer, p->loop, control_step, client);
		sl_timer_init(&client->stall, p->loop, on_stall, client);
		if (who == SL_KEPT_EDGE)
			spools_lend(client);
		else if (who == SL_KEPT_COURIER)
			release_courier(p, client);
		return;
	}
	sl_log(SL_LOG_ERROR, "too many want to speak to the vault");
	close(fd);
}

void
client_end(struct client *client)
{
	if (client->ipc == NULL)
		return;
	for (struct pending *pending = client->process->pending; pending != NULL; pending = pending->next)
		if (pending->client == client)
			pending->client = NULL;
	release_forget(client);
	sl_timer_clear(&client->timer);
	sl_timer_clear(&client->stall);
	sl_vault_reader_free(&client->reader);
	spools_take_back(client);
	sl_watch_fini(&client->watch);
	sl_ipc_free(&client->ipc);
}

void
clients_forget(struct process *p)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		client_end(&p->clients[i]);
}

/* ---- what edges ask ---- */

void
say_kept(struct client *client, uint64_t number, int result, const unsigned char *id)
{
	struct sl_kept_done done = { .number = number, .result = result };
	struct sl_buf payload;

	if (id != NULL)
		memcpy(done.id, id, sizeof(done.id));
	sl_buf_init(&payload, 64);
	sl_kept_pack_done(&done, &payload);
	client_say(client, SL_IPC_KEPT, sl_buf_slice(&payload), NULL);
	sl_buf_fini(&payload);
}

/* It is on both disks, or it is not. */
static void
on_committed(void *ctx, int result, const unsigned char id[SL_VAULT_ID_BYTES])
{
	struct pending *pending = ctx, **at = &pending->process->pending;

	if (pending->client != NULL)
		say_kept(pending->client, pending->number, result, id);
	while (*at != pending)
		at = &(*at)->next;
	*at = pending->next;
	sl_free(pending);
}

static int
read_body(struct sl_vault_append *append, int fd, uint64_t bytes)
{
	unsigned char piece[PIECE_BYTES];
	uint64_t at = 0;
	struct stat st;
	int r = 0;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return SL_ERR_SYNTAX;	/* what could make us wait */
	while (r == 0 && at < bytes) {
		ssize_t n = pread(fd, piece, (size_t)SL_MIN((uint64_t)sizeof(piece), bytes - at), (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? SL_ERR_TRUNCATED : SL_ERR_SYSTEM;
		r = sl_vault_append_feed(append, sl_slice(piece, (size_t)n));
		at += (uint64_t)n;
	}
	return r;
}

static int
keep(struct client *client, const struct sl_kept_keep *keep, int fd)
{
	struct process *p = client->process;
	int64_t now = sl_clock_system.wall_us(NULL);
	uint32_t expiry_day = keep->keep_days > 0 ? store_today() + keep->keep_days :
	    (uint32_t)((now + (int64_t)p->keep_ms * 1000) / SL_VAULT_DAY_US);
	struct sl_vault_append *append = NULL;
	struct pending *pending;
	int r;

	if (keep->record.len != SL_SEAL_RECORD_BYTES)
		return SL_ERR_SYNTAX;
	r = sl_vault_append_new(p->vault, keep->tenant, keep->body_bytes, &append);
	if (r == 0)
		sl_vault_append_token(append, keep->token);
	if (r == 0)
		r = read_body(append, fd, keep->body_bytes);
	if (r != 0) {
		sl_vault_append_free(&append);
		return r;
	}
	pending = sl_xzalloc(sizeof(*pending));
	*pending = (struct pending){ p, p->pending, client, keep->number };
	p->pending = pending;
	r = sl_vault_append_commit(&append, keep->record.ptr, now, expiry_day, on_committed, pending);
	if (r != 0) {
		p->pending = pending->next;
		sl_free(pending);
	}
	return r;
}

/* Since when it may have been kept, and its sender not have heard so; 0: it is new. Its first attempt may come by a slow edge, or wait for a slow
 * disk, and so behind the next one: that does not know of it, but the next one was noted. */
static int64_t
since_when(const struct process *p, const struct sl_kept_keep *keep)
{
	if (keep->since_us != 0)
		return keep->since_us;
	for (size_t i = 0; i < AGAIN_MAX && keep->token != 0; i++)
		if (p->retried[i].token == keep->token && p->retried[i].since_us <= keep->received_us)
			return p->retried[i].since_us;
	return 0;
}

/* Its sender was told to come again, and it had been kept all the same; or it is about to be. */
static bool
is_kept_already(struct client *client, const struct sl_kept_keep *keep)
{
	struct process *p = client->process;
	unsigned char id[SL_VAULT_ID_BYTES];
	int64_t since_us = since_when(p, keep);

	if (since_us == 0)
		return false;
	if (process_flush(p) && sl_vault_again(p->vault, keep->tenant, keep->token, since_us, id) == 0) {
		say_kept(client, keep->number, 0, id);
		return true;
	}
	p->retried[p->retried_next++ % AGAIN_MAX] = (struct retried){ keep->token, since_us };
	return false;
}

static void
on_keep(struct client *client, struct sl_ipc_message *message)
{
	struct sl_kept_keep what;
	int r;

	if (message->fds_len != 1 || sl_kept_unpack_keep(message->payload, &what) != 0) {
		client->failed = SL_ERR_SYNTAX;
		return;
	}
	if (!is_kept_already(client, &what)) {
		r = keep(client, &what, message->fds[0]);
		if (r != 0)
			say_kept(client, what.number, r, NULL);
	}
	spool_again(client, message->fds[0]);
}

static void
on_key(struct client *client, struct sl_slice payload)
{
	struct sl_kept_key key;
	struct sl_seal_wrapped wrapped;
	struct sl_buf answer;

	if (sl_kept_unpack_key(payload, &key) != 0) {
		client->failed = SL_ERR_SYNTAX;
		return;
	}
	key.key = sl_slice(NULL, 0);
	if (store_tenant(client->process, key.tenant, &wrapped) == 0)
		key.key = sl_slice(wrapped.public, sizeof(wrapped.public));
	sl_buf_init(&answer, 2048);
	sl_kept_pack_key(&key, &answer);
	client_say(client, SL_IPC_KEY_IS, sl_buf_slice(&answer), NULL);
	sl_buf_fini(&answer);
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct client *client = ctx;

	if (message->type == SL_IPC_KEEP)
		on_keep(client, message);
	else if (message->type == SL_IPC_KEY)
		on_key(client, message->payload);
	else if (client->who == SL_KEPT_COURIER ? !release_message(client, message) : !control_message(client, message))
		client->failed = SL_ERR_SYNTAX;
}

static void
on_channel(void *ctx, unsigned events)
{
	struct client *client = ctx;
	int r;

	if ((events & SL_WRITE) != 0)
		client_flush(client);
	r = (events & SL_READ) != 0 ? sl_ipc_read(client->ipc, on_message, client) : SL_MORE;
	if (client->failed == 0 && r < 0 && r != SL_ERR_CLOSED)
		client->failed = r;
	if (client->failed == SL_ERR_SYNTAX)
		sl_log(SL_LOG_ERROR, "somebody says to the vault what he may not");
	if (client->failed != 0 || r < 0)
		client_end(client);
}
