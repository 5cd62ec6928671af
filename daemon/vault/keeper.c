/* keeper.c - see keeper.h */

#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "sl/log.h"

#define COPY_BYTES		65536u
#define DAYS_MAX		400u	/* what an edge may ask to be kept for */
#define CONTROL_STALL_MS	5000	/* control that does not read its answers is let go */

/* A deposit that waits for the sync. */
struct waiting {
	struct keeper	*keeper;
	uint64_t	 peer_serial;
	uint64_t	 number;
};

void
keeper_init(struct keeper *keeper, struct sl_vault *vault, int parent_fd, const struct sl_clock *clock)
{
	*keeper = (struct keeper){ .vault = vault, .clock = clock };
	keeper->parent = sl_ipc_new(parent_fd, 1u << SL_IPC_VAULT_PEER | 1u << SL_IPC_STOP);
}

static void
peer_free(struct peer **peer)
{
	sl_ipc_free(&(*peer)->ipc);
	sl_free(*peer);
	*peer = NULL;
}

void
keeper_fini(struct keeper *keeper)
{
	(void)sl_vault_flush(keeper->vault);	/* ends what waits; each `done` finds its peer, or does not */
	while (keeper->peers_len > 0)
		peer_free(&keeper->peers[--keeper->peers_len]);
	sl_ipc_free(&keeper->parent);
}

/* --- deposits --- */

/* What became of a deposit. Whoever does not read is gone, and says nothing to its sender: who still has the message. */
static void
kept_send(struct peer *peer, uint64_t number, int result, const unsigned char *id)
{
	struct sl_vault_kept kept = { .number = number, .result = result };
	struct sl_buf payload;

	if (id != NULL)
		memcpy(kept.id, id, sizeof(kept.id));
	sl_buf_init(&payload, 64);
	sl_vault_pack_kept(&kept, &payload);
	if (!peer->gone && sl_ipc_send(peer->ipc, SL_IPC_VAULT_KEPT, sl_buf_slice(&payload), NULL, 0) != 0)
		peer->gone = true;
	sl_buf_fini(&payload);
}

static void
on_done(void *ctx, int result, const unsigned char id[SL_VAULT_ID_BYTES])
{
	struct waiting *w = ctx;

	for (size_t i = 0; i < w->keeper->peers_len; i++)
		if (w->keeper->peers[i]->serial == w->peer_serial)
			kept_send(w->keeper->peers[i], w->number, result, result == 0 ? id : NULL);
	sl_free(w);
}

/* Take the sealed bytes from `fd`, which somebody else may hold as well: what is read is what is kept, and only the tenant can tell
 * whether it is whole. A pipe or a socket, which could make us wait, has no length. */
static int
body_copy(struct sl_vault_append *append, int fd, off_t len)
{
	unsigned char *buffer = sl_xmalloc(COPY_BYTES);
	off_t at = 0;
	int r = 0;

	while (at < len && r == 0) {
		ssize_t n = pread(fd, buffer, (size_t)SL_MIN((off_t)COPY_BYTES, len - at), at);

		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? SL_ERR_SYSTEM : n == 0 ? SL_ERR_TRUNCATED : sl_vault_append_feed(append, sl_slice(buffer, (size_t)n));
		at += n > 0 ? n : 0;
	}
	sl_free(buffer);
	return r;
}

static int
deposit_take(struct peer *peer, const struct sl_vault_deposit *d, int fd)
{
	off_t len = lseek(fd, 0, SEEK_END);
	struct sl_vault_append *append;
	struct waiting *w;
	int r;

	if (len <= 0)
		return SL_ERR_SYNTAX;
	if (d->expiry_day > peer->keeper->day + DAYS_MAX)
		return SL_ERR_REFUSED;
	r = sl_vault_append_new(peer->keeper->vault, d->tenant, (uint64_t)len, &append);
	if (r != 0)
		return r;
	r = body_copy(append, fd, len);
	if (r != 0) {
		sl_vault_append_free(&append);
		return r;
	}
	w = sl_xzalloc(sizeof(*w));
	*w = (struct waiting){ peer->keeper, peer->serial, d->number };
	r = sl_vault_append_commit(&append, d->record.ptr, d->received_us, d->expiry_day, on_done, w);
	if (r != 0)
		sl_free(w);
	return r;
}

static void
on_deposit(struct peer *peer, struct sl_ipc_message *message)
{
	struct sl_vault_deposit d;
	int r;

	if (message->fds_len != 1 || sl_vault_unpack_deposit(message->payload, &d) != 0) {
		peer->gone = true;
		return;
	}
	r = deposit_take(peer, &d, message->fds[0]);
	if (r != 0)
		kept_send(peer, d.number, r, NULL);
}

/* --- peers --- */

static void
on_peer_message(void *ctx, struct sl_ipc_message *message)
{
	struct peer *peer = ctx;

	if (peer->gone)
		return;
	if (message->type == SL_IPC_VAULT_KEEP)
		on_deposit(peer, message);
	else if (!ask_answer(peer, message->payload))
		peer->gone = true;
}

static void
peer_add(struct keeper *keeper, uint32_t kind, int *fd)
{
	struct peer *peer = sl_xzalloc(sizeof(*peer));

	peer->keeper = keeper;
	peer->kind = (enum sl_vault_peer)kind;
	peer->serial = ++keeper->serials;
	peer->ipc = sl_ipc_new(*fd, kind == SL_VAULT_PEER_EDGE ? 1u << SL_IPC_VAULT_KEEP : 1u << SL_IPC_VAULT_ASK);
	*fd = -1;
	/* An edge reads what it is told, or something is wrong with it: nobody waits for it. */
	sl_ipc_set_stall(peer->ipc, kind == SL_VAULT_PEER_EDGE ? 0 : CONTROL_STALL_MS);
	keeper->peers[keeper->peers_len++] = peer;
}

static void
on_parent_message(void *ctx, struct sl_ipc_message *message)
{
	struct keeper *keeper = ctx;
	struct sl_unpack in = { .rest = message->payload };
	uint32_t kind;

	if (message->type == SL_IPC_STOP) {
		keeper->stop = true;
		return;
	}
	kind = sl_unpack_u32(&in);
	if (in.failed || kind >= SL_VAULT_PEER_COUNT || message->fds_len != 1) {
		sl_log(SL_LOG_ERROR, "a peer that is none");
		keeper->stop = true;
	} else if (keeper->peers_len == PEERS_MAX) {
		sl_log(SL_LOG_ERROR, "too many peers: one is not taken");
	} else {
		peer_add(keeper, kind, &message->fds[0]);
	}
}

static void
peers_drop(struct keeper *keeper)
{
	size_t kept = 0;

	for (size_t i = 0; i < keeper->peers_len; i++) {
		if (keeper->peers[i]->gone)
			peer_free(&keeper->peers[i]);
		else
			keeper->peers[kept++] = keeper->peers[i];
	}
	keeper->peers_len = kept;
}

/* --- the round --- */

/* Days that are over, once a day and at start. */
static void
days_expire(struct keeper *keeper)
{
	uint32_t today = (uint32_t)(keeper->clock->wall_us(keeper->clock->ctx) / SL_VAULT_DAY_US);
	size_t count;

	if (today <= keeper->day)	/* a clock that was set back brings nothing back */
		return;
	if (sl_vault_expire(keeper->vault, today, &count) != 0)
		sl_log(SL_LOG_ERROR, "days that are over could not be expired");
	else if (count > 0)
		sl_log(SL_LOG_NOTICE, "%zu messages have expired", count);
	keeper->day = today;
}

static int
wait_for(struct keeper *keeper, struct pollfd *polled, int timeout_ms)
{
	polled[0] = (struct pollfd){ .fd = sl_ipc_fd(keeper->parent), .events = POLLIN };
	for (size_t i = 0; i < keeper->peers_len; i++)
		polled[1 + i] = (struct pollfd){ .fd = sl_ipc_fd(keeper->peers[i]->ipc), .events = POLLIN };
	return poll(polled, keeper->peers_len + 1, timeout_ms);
}

bool
keeper_round(struct keeper *keeper, int timeout_ms)
{
	struct pollfd polled[1 + PEERS_MAX];
	size_t peers = keeper->peers_len;
	int n;

	days_expire(keeper);
	n = wait_for(keeper, polled, timeout_ms);
	for (size_t i = 0; i < peers && n > 0; i++) {
		struct peer *peer = keeper->peers[i];

		if (polled[1 + i].revents != 0 && sl_ipc_read(peer->ipc, on_peer_message, peer) != SL_MORE)
			peer->gone = true;
	}
	/* Here the vault takes over: what has come in this round is on the disk when its edge is told. */
	(void)sl_vault_flush(keeper->vault);
	peers_drop(keeper);
	if (n > 0 && polled[0].revents != 0 && sl_ipc_read(keeper->parent, on_parent_message, keeper) != SL_MORE)
		return false;
	return !keeper->stop;
}
