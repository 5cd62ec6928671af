/*
 * keys.c - tenants' pairs, and the master key: shown, put, unlocked, locked, exchanged; see process.h
 *
 * No passphrase comes here: who asks has made a key of it. What edges seal to changes with the pair in use: they are told.
 */

#include "process.h"

#include "sl/log.h"

static void
say(struct client *client, const struct sl_kept_tenant_key_is *is)
{
	struct sl_buf payload;

	sl_buf_init(&payload, 512);
	sl_kept_pack_tenant_key_is(is, &payload);
	client_say(client, SL_IPC_TENANT_KEY_IS, sl_buf_slice(&payload), NULL);
	sl_buf_fini(&payload);
}

/* Edges remember public keys. One that cannot be told asks again when it has a new channel. */
static void
tell_edges(struct process *p, struct sl_slice tenant)
{
	struct sl_seal_wrapped wrapped;
	struct sl_buf payload;

	if (sl_vault_tenant_get(p->vault, tenant, &wrapped) != 0)
		return;
	sl_buf_init(&payload, 2048);
	sl_kept_pack_key(&(struct sl_kept_key){ tenant, sl_slice(wrapped.public, sizeof(wrapped.public)) }, &payload);
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &p->clients[i];

		if (client->ipc != NULL && client->who == SL_KEPT_EDGE)
			client_say(client, SL_IPC_KEY_IS, sl_buf_slice(&payload), NULL);
	}
	sl_buf_fini(&payload);
}

static int
show(struct client *client, const struct sl_kept_tenant_key *asked)
{
	struct sl_kept_tenant_key_is is = { 0 };
	struct sl_seal_wrapped wrapped;
	size_t count;
	bool open;

	is.result = sl_vault_tenant_pair(client->process->vault, asked->tenant, asked->nth, &wrapped, &open, &count);
	if (is.result == 0) {
		is.count = (uint32_t)count;
		is.held = wrapped.mode == SL_SEAL_PASSPHRASE;
		is.open = open;
		is.passes = wrapped.stretch.passes;
		is.memory_kib = wrapped.stretch.memory_kib;
		is.salt = sl_slice(wrapped.stretch.salt, sizeof(wrapped.stretch.salt));
		is.public = sl_slice(wrapped.public, sizeof(wrapped.public));
	}
	say(client, &is);
	return is.result;
}

static int
put(struct process *p, const struct sl_kept_tenant_key *asked)
{
	int r = asked->secret.len != SL_SEAL_WRAPPED_BYTES ? SL_ERR_SYNTAX :
	    sl_vault_tenant_put(p->vault, asked->tenant, asked->secret.ptr);

	if (r == 0)
		r = sl_vault_tenant_limits(p->vault, asked->tenant, p->messages, p->bytes);
	if (r == 0)
		tell_edges(p, asked->tenant);
	return r;
}

static int
serve(struct process *p, const struct sl_kept_tenant_key *asked)
{
	unsigned char public[SL_SEAL_KEY_BYTES];
	struct sl_seal_wrapped wrapped;
	int r = sl_vault_tenant_get(p->vault, asked->tenant, &wrapped);

	if (r == 0 && wrapped.mode == SL_SEAL_SERVICE)
		return 0;		/* it is so already */
	if (r == 0)
		r = sl_vault_tenant_new(p->vault, asked->tenant, public);
	if (r == 0)
		tell_edges(p, asked->tenant);
	return r;
}

static int
unlock(struct process *p, const struct sl_kept_tenant_key *asked)
{
	int r = asked->secret.len != SL_SEAL_KEY_BYTES ? SL_ERR_SYNTAX : sl_vault_unlock(p->vault, asked->tenant, asked->secret.ptr);

	if (r == 0)
		release_again(p);
	return r;
}

static int
lock(struct process *p, const struct sl_kept_tenant_key *asked)
{
	struct sl_seal_wrapped wrapped;
	int r = sl_vault_tenant_get(p->vault, asked->tenant, &wrapped);

	if (r == 0)
		sl_vault_lock(p->vault, asked->tenant);
	return r;
}

/* Who asks shows that he has the one that is in use. */
static int
rotate(struct process *p, const struct sl_kept_tenant_key *asked)
{
	if (asked->secret.len != 2 * SL_VAULT_MASTER_BYTES)
		return SL_ERR_SYNTAX;
	if (!sl_vault_master_is(p->vault, asked->secret.ptr))
		return SL_ERR_LOCKED;
	return sl_vault_rotate(p->vault, asked->secret.ptr + SL_VAULT_MASTER_BYTES);
}

static struct sl_slice
who(const struct sl_kept_tenant_key *asked)
{
	return asked->by.len > 0 ? asked->by : SL_SLICE_LIT("somebody at the control socket");
}

bool
keys_message(struct client *client, struct sl_slice payload)
{
	static int (*const verbs[SL_KEPT_KEY_VERBS])(struct process *, const struct sl_kept_tenant_key *) = {
		[SL_KEPT_KEY_PUT] = put, [SL_KEPT_KEY_UNLOCK] = unlock, [SL_KEPT_KEY_LOCK] = lock, [SL_KEPT_KEY_SERVE] = serve,
		[SL_KEPT_KEY_ROTATE] = rotate,
	};
	static const char *const words[SL_KEPT_KEY_VERBS] = { "shown", "put", "unlocked", "locked", "given to the service",
		"exchanged" };
	struct sl_kept_tenant_key_is is = { 0 };
	struct sl_kept_tenant_key asked;

	if (sl_kept_unpack_tenant_key(payload, &asked) != 0)
		return false;
	if (asked.verb == SL_KEPT_KEY_NEW_VAULT) {
		is.result = place_give_up(client->process, asked.tenant);
		sl_log(SL_LOG_NOTICE, "vault " SL_SLICE_FMT " is %sgiven up by " SL_SLICE_FMT, SL_SLICE_ARG(asked.tenant),
		    is.result == 0 ? "" : "not ", SL_SLICE_ARG(who(&asked)));
		say(client, &is);
		return true;
	}
	if (client->process->vault == NULL) {
		is.result = SL_ERR_NOT_OPEN;
		say(client, &is);
		return true;
	}
	if (asked.verb == SL_KEPT_KEY_SHOW) {
		(void)show(client, &asked);
		return true;
	}
	is.result = verbs[asked.verb](client->process, &asked);
	sl_log(is.result == 0 ? SL_LOG_NOTICE : SL_LOG_WARNING, "the key of " SL_SLICE_FMT " is %s%s by " SL_SLICE_FMT "%s%s",
	    SL_SLICE_ARG(asked.verb == SL_KEPT_KEY_ROTATE ? SL_SLICE_LIT("all (the master key)") : asked.tenant),
	    is.result == 0 ? "" : "not ", words[asked.verb],
	    SL_SLICE_ARG(who(&asked)),
	    is.result == 0 ? "" : ": ", is.result == 0 ? "" : sl_strerror(is.result));
	say(client, &is);
	return true;
}
