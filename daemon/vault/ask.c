/* ask.c - the questions of control: see keeper.h and vault/wire.h */

#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sl/log.h"

#define ANSWER_BYTES	((1u << 20) - 64)

struct asking {			/* a question at work */
	struct sl_vault			*vault;
	const struct sl_vault_ask	*ask;
	struct sl_buf			 bytes;		/* of the answer */
	uint64_t			 count;
	int				 fd;		/* to go with it, or -1 */
};

static const unsigned char (*
ids_of(const struct sl_vault_ask *ask))[SL_VAULT_ID_BYTES]
{
	return (const unsigned char (*)[SL_VAULT_ID_BYTES])(const void *)ask->ids.ptr;
}

static size_t
ids_len(const struct sl_vault_ask *ask)
{
	return ask->ids.len / SL_VAULT_ID_BYTES;
}

static int
tenant_new(struct asking *a)
{
	unsigned char public[SL_SEAL_KEY_BYTES];
	int r = sl_vault_tenant_new(a->vault, a->ask->tenant, public);

	if (r == 0)
		sl_buf_add(&a->bytes, public, sizeof(public));
	return r;
}

static int
tenant_put(struct asking *a)
{
	return a->ask->bytes.len != SL_SEAL_WRAPPED_BYTES ? SL_ERR_SYNTAX :
	    sl_vault_tenant_put(a->vault, a->ask->tenant, a->ask->bytes.ptr);
}

static int
tenant_get(struct asking *a)
{
	struct sl_seal_wrapped wrapped;
	int r = sl_vault_tenant_get(a->vault, a->ask->tenant, &wrapped);

	if (r == 0) {
		sl_buf_add(&a->bytes, wrapped.public, sizeof(wrapped.public));
		sl_buf_add(&a->bytes, &wrapped.stretch, sizeof(wrapped.stretch));
		a->count = (uint64_t)wrapped.mode;
	}
	return r;
}

static int
unlock(struct asking *a)
{
	return a->ask->bytes.len != SL_SEAL_KEY_BYTES ? SL_ERR_SYNTAX :
	    sl_vault_unlock(a->vault, a->ask->tenant, a->ask->bytes.ptr);
}

static int
lock(struct asking *a)
{
	sl_vault_lock(a->vault, a->ask->tenant);
	return 0;
}

static int
limits(struct asking *a)
{
	return sl_vault_tenant_limits(a->vault, a->ask->tenant, a->ask->argument, a->ask->argument2);
}

static void
on_entry(void *ctx, const struct sl_vault_entry *entry)
{
	struct asking *a = ctx;
	struct sl_vault_listed listed = { .id = sl_slice(entry->id, sizeof(entry->id)), .received_us = entry->received_us,
		.expiry_day = entry->expiry_day, .state = (uint32_t)entry->state, .sealed_bytes = entry->sealed_bytes };

	if (entry->view != NULL) {
		listed.opens = 1;
		listed.message_bytes = entry->view->message_bytes;
		listed.items = entry->view->items;
	}
	sl_vault_pack_listed(&listed, &a->bytes);
	a->count++;
}

static int
list(struct asking *a)
{
	struct sl_seal_item match[SL_VAULT_MATCH_MAX];
	struct sl_vault_query query = { .from_us = a->ask->from_us, .to_us = a->ask->to_us, .state = a->ask->state,
		.match = match, .limit = SL_MIN(a->ask->limit == 0 ? 100u : a->ask->limit, SL_VAULT_ENTRIES_MAX),
		.after = a->ask->after.len == 0 ? NULL : a->ask->after.ptr };
	struct sl_slice items = a->ask->match;
	unsigned char last[SL_VAULT_ID_BYTES];
	int r;

	while (query.match_len < SL_COUNT(match) && (r = sl_seal_item_next(&items, &match[query.match_len])) == SL_DONE)
		query.match_len++;
	if (items.len != 0)
		return SL_ERR_SYNTAX;
	r = sl_vault_list(a->vault, a->ask->tenant, &query, on_entry, a, last);
	return r;
}

static int
on_opened(void *ctx, struct sl_slice bytes)
{
	int fd = *(int *)ctx;

	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n < 0 && errno != EINTR)
			return SL_ERR_SYSTEM;
		bytes = sl_slice_from(bytes, n < 0 ? 0 : (size_t)n);
	}
	return 0;
}

/* The message in memory that nobody can change any more. It is given only when all of it is whole. */
static int
open_message(struct asking *a)
{
	struct sl_vault_reader *reader = NULL;
	struct sl_slice rest;
	int r, fd;

	if (ids_len(a->ask) != 1)
		return SL_ERR_SYNTAX;
	fd = memfd_create("sluice-message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return SL_ERR_SYSTEM;
	r = sl_vault_reader_new(a->vault, a->ask->tenant, a->ask->ids.ptr, on_opened, &fd, &reader);
	while (r == SL_MORE && reader != NULL)
		r = sl_vault_reader_step(reader);
	if (r == SL_DONE) {
		rest = sl_vault_reader_rest(reader);
		r = on_opened(&fd, rest);
	}
	if (r == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		r = SL_ERR_SYSTEM;
	if (r == 0) {
		a->count = sl_vault_reader_view(reader)->message_bytes;
		sl_buf_add_slice(&a->bytes, sl_vault_reader_view(reader)->items);
		a->fd = fd;
	} else {
		close(fd);
	}
	sl_vault_reader_free(&reader);
	return r;
}

static int
mark(struct asking *a)
{
	size_t count = 0;
	int r = a->ask->argument >= SL_VAULT_STATE_COUNT ? SL_ERR_SYNTAX : sl_vault_mark(a->vault, a->ask->tenant,
	    ids_of(a->ask), ids_len(a->ask), (enum sl_vault_state)a->ask->argument, &count);

	a->count = count;
	return r;
}

static int
keep(struct asking *a)
{
	size_t count = 0;
	int r = a->ask->argument > UINT32_MAX ? SL_ERR_SYNTAX : sl_vault_keep(a->vault, a->ask->tenant, ids_of(a->ask),
	    ids_len(a->ask), (uint32_t)a->ask->argument, &count);

	a->count = count;
	return r;
}

static int
delete(struct asking *a)
{
	size_t count = 0;
	int r = sl_vault_delete(a->vault, a->ask->tenant, ids_of(a->ask), ids_len(a->ask), &count);

	a->count = count;
	return r;
}

static int
stats(struct asking *a)
{
	struct sl_vault_stats s;

	sl_vault_stats(a->vault, &s);
	sl_buf_add(&a->bytes, &s, sizeof(s));
	return 0;
}

static int
rotate(struct asking *a)
{
	return a->ask->bytes.len != SL_VAULT_MASTER_BYTES ? SL_ERR_SYNTAX : sl_vault_rotate(a->vault, a->ask->bytes.ptr);
}

static int (*const verbs[SL_VAULT_VERB_COUNT])(struct asking *) = {
	[SL_VAULT_VERB_TENANT_NEW] = tenant_new,
	[SL_VAULT_VERB_TENANT_PUT] = tenant_put,
	[SL_VAULT_VERB_TENANT_GET] = tenant_get,
	[SL_VAULT_VERB_UNLOCK] = unlock,
	[SL_VAULT_VERB_LOCK] = lock,
	[SL_VAULT_VERB_LIMITS] = limits,
	[SL_VAULT_VERB_LIST] = list,
	[SL_VAULT_VERB_OPEN] = open_message,
	[SL_VAULT_VERB_MARK] = mark,
	[SL_VAULT_VERB_KEEP] = keep,
	[SL_VAULT_VERB_DELETE] = delete,
	[SL_VAULT_VERB_STATS] = stats,
	[SL_VAULT_VERB_ROTATE] = rotate,
};

bool
ask_answer(struct peer *peer, struct sl_slice payload)
{
	struct sl_vault_ask ask;
	struct asking a = { .vault = peer->keeper->vault, .ask = &ask, .fd = -1 };
	struct sl_vault_answer answer;
	struct sl_buf out;
	bool sent;

	if (sl_vault_unpack_ask(payload, &ask) != 0)
		return false;
	sl_buf_init(&a.bytes, ANSWER_BYTES);
	answer = (struct sl_vault_answer){ .number = ask.number, .result = verbs[ask.verb](&a) };
	answer.count = a.count;
	answer.bytes = sl_buf_slice(&a.bytes);
	sl_log(SL_LOG_DEBUG, "%s: %s", sl_vault_verb_name(ask.verb), sl_strerror(answer.result));
	sl_buf_init(&out, ANSWER_BYTES + 64);
	sl_vault_pack_answer(&answer, &out);
	SL_ASSERT(!out.overflow && !a.bytes.overflow);
	sent = sl_ipc_send(peer->ipc, SL_IPC_VAULT_ANSWER, sl_buf_slice(&out), &a.fd, a.fd >= 0 ? 1 : 0) == 0;
	if (a.fd >= 0)
		close(a.fd);
	sl_buf_fini(&a.bytes);
	sl_buf_fini(&out);
	return sent;
}
