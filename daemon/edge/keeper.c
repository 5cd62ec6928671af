/* keeper.c - an edge's channel to the vault: keys, files that are lent, what waits; see keep.h */

#include <sys/mman.h>
#include <unistd.h>

#include "ipc/ipc.h"
#include "keep_i.h"
#include "sl/log.h"

#define KEEPER_MAGIC	0x5d0ee9e0u
#define BUCKETS		256
#define LOST_MS		1500	/* a vault that died comes back by itself before that */
#define HOLD_LATER_US	60000000u
#define TOLD_MAX	16	/* messages the vault may have without an answer: they fit into the socket, always */

struct keeper_key {
	struct keeper_key	*next;		/* in the bucket */
	const struct keeper	*keeper;
	bool			 asked;		/* of the present vault */
	bool			 known;
	unsigned char		 public[SL_KEPT_KEY_BYTES];
	size_t			 len;
	char			 name[];
};

struct keeper {
	unsigned		 magic;
	struct sl_loop		*loop;
	struct sl_ipc		*ipc;		/* NULL: there is no vault now */
	struct sl_watch		 watch;
	struct sl_timer		 lost;
	void			(*on_lost)(void *ctx);	/* or NULL */
	void			*on_lost_ctx;
	struct sl_seal_body	*sealer;	/* NULL: nothing was kept yet */
	struct keeper_key	*keys[BUCKETS];
	struct keeping		*waiting;
	unsigned		 told;		/* of them: that the vault has been told of */
	uint64_t		 channel;	/* counts up with each that is closed */
	uint64_t		 number;	/* of the last one that was sent */
	uint64_t		 hold_from_us;	/* of the loop's clock; 0: at once */
	int			 spools[KEEP_SPOOLS];
	unsigned		 spools_len;
};

/* Perhaps the vault lives, and only our way to it is gone. */
static void
on_lost(void *ctx)
{
	struct keeper *keeper = ctx;

	if (keeper->ipc != NULL || keeper->on_lost == NULL)
		return;
	keeper->on_lost(keeper->on_lost_ctx);
	sl_timer_set(&keeper->lost, LOST_MS);
}

struct keeper *
keeper_new(struct sl_loop *loop)
{
	struct keeper *keeper = sl_xzalloc(sizeof(*keeper));

	keeper->magic = KEEPER_MAGIC;
	keeper->loop = loop;
	sl_timer_init(&keeper->lost, loop, on_lost, keeper);
	return keeper;
}

void
keeper_on_lost(struct keeper *keeper, void (*fn)(void *ctx), void *ctx)
{
	SL_CHECK(keeper, KEEPER_MAGIC);
	keeper->on_lost = fn;
	keeper->on_lost_ctx = ctx;
}

/* Whoever waits hears that nobody answers; the list is empty then. */
static void
fail_waiting(struct keeper *keeper)
{
	while (keeper->waiting != NULL)
		keeping_on_answer(keeper->waiting, SL_ERR_CLOSED);
}

static void
channel_close(struct keeper *keeper)
{
	if (keeper->ipc == NULL)
		return;
	keeper->channel++;		/* before the vault can see that it is closed */
	keeper->told = 0;
	sl_watch_fini(&keeper->watch);
	sl_ipc_free(&keeper->ipc);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct keeper_key *key = keeper->keys[i]; key != NULL; key = key->next)
			key->asked = false;	/* the next vault is asked again: it may have other keys */
	for (unsigned i = 0; i < keeper->spools_len; i++)
		close(keeper->spools[i]);
	keeper->spools_len = 0;
	fail_waiting(keeper);
}

void
keeper_free(struct keeper **keeper)
{
	if (*keeper == NULL)
		return;
	SL_CHECK(*keeper, KEEPER_MAGIC);
	SL_ASSERT((*keeper)->waiting == NULL);
	sl_timer_clear(&(*keeper)->lost);
	channel_close(*keeper);
	if ((*keeper)->sealer != NULL)
		sl_seal_body_free(&(*keeper)->sealer);
	for (size_t i = 0; i < BUCKETS; i++)
		while ((*keeper)->keys[i] != NULL) {
			struct keeper_key *key = (*keeper)->keys[i];

			(*keeper)->keys[i] = key->next;
			sl_free(key);
		}
	SL_OBJ_FREE(keeper, KEEPER_MAGIC);
}

uint64_t
keeper_channel(const struct keeper *keeper)
{
	return keeper->channel;
}

struct sl_loop *
keeper_loop(const struct keeper *keeper)
{
	return keeper->loop;
}

struct sl_seal_body *
keeper_sealer(struct keeper *keeper)
{
	if (keeper->sealer == NULL)
		keeper->sealer = sl_seal_body_new();
	return keeper->sealer;
}

/* ---- those that wait ---- */

void
keeper_add(struct keeper *keeper, struct keeping *k)
{
	k->next = keeper->waiting;
	keeper->waiting = k;
}

void
keeper_remove(struct keeper *keeper, struct keeping *k)
{
	struct keeping **at = &keeper->waiting;

	while (*at != NULL && *at != k)
		at = &(*at)->next;
	if (*at == k)
		*at = k->next;
	k->next = NULL;
}

/* ---- keys ---- */

static struct keeper_key **
bucket(struct keeper *keeper, struct sl_slice tenant)
{
	return &keeper->keys[sl_hash(tenant.ptr, tenant.len) % BUCKETS];
}

static struct keeper_key *
key_find(struct keeper *keeper, struct sl_slice tenant)
{
	struct keeper_key *key = *bucket(keeper, tenant);

	while (key != NULL && !sl_slice_eq(sl_slice(key->name, key->len), tenant))
		key = key->next;
	return key;
}

static bool
is_none(const struct keeper_key *key)
{
	static const unsigned char none[SL_KEPT_KEY_BYTES];

	return memcmp(key->public, none, sizeof(none)) == 0;
}

static void
key_ask(struct keeper *keeper, struct keeper_key *key)
{
	const struct sl_kept_key question = { .tenant = sl_slice(key->name, key->len) };
	struct sl_buf payload;

	if (key->asked || keeper->ipc == NULL)
		return;
	sl_buf_init(&payload, 1024);
	sl_kept_pack_key(&question, &payload);
	key->asked = sl_ipc_send(keeper->ipc, SL_IPC_KEY, sl_buf_slice(&payload), NULL, 0) == 0;
	key->known = false;
	sl_buf_fini(&payload);
}

struct keeper_key *
keeper_key(struct keeper *keeper, struct sl_slice tenant)
{
	struct keeper_key *key = key_find(keeper, tenant);

	if (key == NULL) {
		struct keeper_key **at = bucket(keeper, tenant);

		key = sl_xzalloc(sizeof(*key) + tenant.len + 1);
		key->keeper = keeper;
		key->len = tenant.len;
		memcpy(key->name, tenant.ptr, tenant.len);
		key->next = *at;
		*at = key;
	}
	if (key->known && is_none(key))		/* it may have been made since: settings change */
		key->asked = false;
	key_ask(keeper, key);
	return key;
}

int
keeper_key_is(const struct keeper_key *key, const unsigned char **public_out)
{
	*public_out = key->public;
	if (key->keeper->ipc == NULL)
		return SL_ERR_CLOSED;
	if (!key->known)
		return key->asked ? SL_MORE : SL_ERR_CLOSED;
	return is_none(key) ? SL_ERR_NOT_FOUND : SL_DONE;
}

static void
on_key(struct keeper *keeper, struct sl_slice payload)
{
	struct keeper_key *key;
	struct sl_kept_key answer;
	struct keeping *k, *next;

	if (sl_kept_unpack_key(payload, &answer) != 0)
		return;
	key = key_find(keeper, answer.tenant);
	if (key == NULL)
		return;
	key->known = true;
	memset(key->public, 0, sizeof(key->public));
	if (answer.key.len > 0)
		memcpy(key->public, answer.key.ptr, answer.key.len);
	for (k = keeper->waiting; k != NULL; k = next) {
		next = k->next;
		if (k->state == KEEPING_KEY && k->key == key)
			keeping_on_key(k);
	}
}

/* ---- files ---- */

int
keeper_memory(void)
{
	return memfd_create("sluice-kept", MFD_CLOEXEC);
}

bool
keeper_may_hold(const struct keeper *keeper)
{
	return sl_loop_now_us(keeper->loop) >= keeper->hold_from_us;
}

void
keeper_hold_later(struct keeper *keeper)
{
	keeper->hold_from_us = sl_loop_now_us(keeper->loop) + HOLD_LATER_US;
}

int
keeper_borrow(struct keeper *keeper)
{
	return keeper->spools_len == 0 ? -1 : keeper->spools[--keeper->spools_len];
}

/* What was in it goes at once. */
void
keeper_give_back(struct keeper *keeper, uint64_t channel, int *fd)
{
	if (*fd < 0)
		return;
	if (channel != keeper->channel || keeper->ipc == NULL || keeper->spools_len == KEEP_SPOOLS || ftruncate(*fd, 0) != 0)
		close(*fd);
	else
		keeper->spools[keeper->spools_len++] = *fd;
	*fd = -1;
}

static void
on_spool(struct keeper *keeper, struct sl_ipc_message *message)
{
	if (message->fds_len != 1 || keeper->spools_len == KEEP_SPOOLS)
		return;
	keeper->spools[keeper->spools_len++] = message->fds[0];
	message->fds[0] = -1;
}

/* ---- the channel ---- */

/* There is room for one more that has waited. */
static void
tell_next(struct keeper *keeper)
{
	struct keeping *next;

	for (struct keeping *k = keeper->waiting; k != NULL && keeper->told < TOLD_MAX; k = next) {
		next = k->next;
		if (k->state == KEEPING_KEY)
			keeping_on_key(k);
	}
}

static void
on_kept(struct keeper *keeper, struct sl_slice payload)
{
	struct sl_kept_done done;
	struct keeping *k = keeper->waiting;

	if (sl_kept_unpack_done(payload, &done) != 0)
		return;
	keeper->told -= keeper->told > 0;	/* also of one whose sender has been told 451 meanwhile */
	while (k != NULL && (k->state != KEEPING_SENT || k->number != done.number))
		k = k->next;
	if (k != NULL) {
		memcpy(k->id, done.id, sizeof(k->id));
		keeping_on_answer(k, done.result);
	}
	tell_next(keeper);
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct keeper *keeper = ctx;

	if (message->type == SL_IPC_KEY_IS)
		on_key(keeper, message->payload);
	else if (message->type == SL_IPC_KEPT)
		on_kept(keeper, message->payload);
	else
		on_spool(keeper, message);
}

static void
on_channel(void *ctx, unsigned events)
{
	struct keeper *keeper = ctx;

	if (sl_ipc_read(keeper->ipc, on_message, keeper) >= 0)
		return;
	sl_log(SL_LOG_ERROR, "the vault is gone: what is to be kept is deferred until it is back");
	channel_close(keeper);
	sl_timer_set(&keeper->lost, LOST_MS);
}

void
keeper_use_vault(struct keeper *keeper, int fd)
{
	channel_close(keeper);
	sl_timer_clear(&keeper->lost);
	keeper->ipc = sl_ipc_new(fd, SL_IPC_BIT(KEY_IS) | SL_IPC_BIT(KEPT) | SL_IPC_BIT(SPOOL));
	sl_ipc_set_stall(keeper->ipc, 0);	/* a vault that does not read must not hold mail up */
	sl_watch_init(&keeper->watch, keeper->loop, fd, on_channel, keeper);
	sl_watch_want(&keeper->watch, SL_READ);
}

int
keeper_send(struct keeper *keeper, struct keeping *k, int64_t received_us, int64_t since_us, struct sl_slice record)
{
	struct sl_kept_keep keep = { .number = keeper->number + 1, .tenant = sl_slice(k->key->name, k->key->len),
		.received_us = received_us, .body_bytes = k->body_bytes, .record = record,
		.keep_days = k->keep_days, .token = k->token, .since_us = since_us };
	struct sl_buf payload;
	int r;

	if (keeper->ipc == NULL)
		return SL_ERR_CLOSED;
	if (keeper->told >= TOLD_MAX)
		return SL_MORE;
	sl_buf_init(&payload, 8192);
	sl_kept_pack_keep(&keep, &payload);
	r = sl_ipc_send(keeper->ipc, SL_IPC_KEEP, sl_buf_slice(&payload), &k->body_fd, 1);
	sl_buf_fini(&payload);
	if (r != 0)
		return r;
	k->number = ++keeper->number;
	close(k->body_fd);		/* the vault's now */
	k->body_fd = -1;
	keeper->told++;
	return SL_DONE;
}
