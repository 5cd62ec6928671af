/* keeper.c - see keeper.h */

#include "keeper.h"

#include <stdio.h>
#include <unistd.h>

#include "kept/kept.h"
#include "sl/log.h"
#include "sl/utf8.h"
#include "store/audit.h"
#include "store/grants.h"

#define ANSWERS		(SL_IPC_BIT(KEPT_ENTRY) | SL_IPC_BIT(KEPT_BYTES) | SL_IPC_BIT(KEPT_END) | SL_IPC_BIT(KEPT))
#define PAYLOAD_MAX	((size_t)128 << 10)
#define IDS_ENTERED	1000	/* of one entry of the trail; more are a number */

void
keeper_init(struct keeper *k, struct console *console, struct sl_loop *loop, struct sl_ipc *client, struct sl_slice account,
    void (*ask)(void *ctx), void *ctx)
{
	*k = (struct keeper){ .console = console, .loop = loop, .client = client, .account = account, .ask = ask, .ctx = ctx };
	sl_buf_init(&k->payload, PAYLOAD_MAX);
}

static void
way_end(struct keeper *k)
{
	if (k->vault == NULL)
		return;
	sl_watch_fini(&k->watch);
	sl_ipc_free(&k->vault);
}

void
keeper_fini(struct keeper *k)
{
	if (k->console == NULL)
		return;
	way_end(k);
	sl_buf_fini(&k->payload);
	k->console = NULL;
}

static void
say_end(struct keeper *k, int result)
{
	const struct sl_kept_end end = { .result = result };
	struct sl_buf out;

	k->busy = false;
	sl_buf_init(&out, 1024);
	sl_kept_pack_end(&end, &out);
	if (sl_ipc_send(k->client, SL_IPC_KEPT_END, sl_buf_slice(&out), NULL, 0) != 0)
		k->broken = true;
	sl_buf_fini(&out);
}

/* ---- may he, and what is entered ---- */

static bool
is_allowed(const struct keeper *k, struct sl_node tenant, enum sl_verb verb)
{
	struct sl_access_grant grants[SL_GRANTS_MAX];
	struct sl_access_path path;
	size_t len;

	return sl_store_path(k->console->store, tenant, &path) == 0 &&
	    sl_store_grants_of(k->console->store, k->account, grants, &len) == 0 &&
	    sl_access_allowed(grants, len, verb, &path);
}

/* Find the tenant, ask lib/access, write the entry; only then 0. */
static int
enter(struct keeper *k, struct sl_slice name, enum sl_verb verb, struct sl_slice note, struct sl_slice detail)
{
	const struct sl_actor actor = { k->account, note };
	struct sl_node tenant;
	int r = sl_store_find(k->console->store, SL_LEVEL_TENANT, name, &tenant);

	if (r == 0 && !is_allowed(k, tenant, verb)) {
		sl_log(SL_LOG_NOTICE, SL_SLICE_FMT " may not %s at " SL_SLICE_FMT, SL_SLICE_ARG(k->account), sl_verb_row(verb)->word,
		    SL_SLICE_ARG(name));
		return SL_ERR_REFUSED;
	}
	/* Who may not see a tenant does not learn whether it is there. */
	if (r == SL_ERR_NOT_FOUND || r == SL_ERR_SYNTAX)
		return SL_ERR_REFUSED;
	if (r == 0)
		r = sl_store_audit(k->console->store, &actor, tenant, sl_slice_str(sl_verb_row(verb)->word), detail);
	if (r != 0)
		sl_log(SL_LOG_ERROR, "%s is not done, as it cannot be entered: %s", sl_verb_row(verb)->word,
		    sl_store_error(k->console->store));
	return r;
}

static void
add_filter(struct sl_buf *out, const char *name, struct sl_slice value)
{
	if (value.len == 0 || !sl_utf8_valid(value))
		return;
	sl_buf_addf(out, "%s\"%s\":", out->len > 1 ? "," : "", name);
	sl_buf_add_json(out, value);
}

/* A list: one entry for its first page, with what it looks for. */
static int
enter_list(struct keeper *k, struct sl_slice payload)
{
	struct sl_kept_query query;
	struct sl_buf detail;
	struct sl_node tenant;
	int r;

	if (sl_kept_unpack_query(payload, &query) != 0)
		return SL_ERR_SYNTAX;
	if (query.after.len > 0) {
		r = sl_store_find(k->console->store, SL_LEVEL_TENANT, query.tenant, &tenant);
		return r == 0 && is_allowed(k, tenant, SL_VERB_QUARANTINE_LIST) ? 0 : SL_ERR_REFUSED;
	}
	sl_buf_init(&detail, 4096);
	sl_buf_add_str(&detail, "{");
	add_filter(&detail, "recipient", query.recipient);
	add_filter(&detail, "sender", query.sender);
	add_filter(&detail, "category", query.category);
	sl_buf_add_str(&detail, "}");
	r = enter(k, query.tenant, SL_VERB_QUARANTINE_LIST, sl_slice("", 0), sl_buf_slice(&detail));
	sl_buf_fini(&detail);
	return r;
}

/* One, or several, by id; `by` becomes the account. */
static int
enter_choice(struct keeper *k, enum sl_verb verb, struct sl_slice payload)
{
	struct sl_kept_choice choice;
	char id[SL_KEPT_ID_DIGITS + 1];
	struct sl_buf detail;
	size_t len;
	int r;

	if (sl_kept_unpack_choice(payload, &choice) != 0)
		return SL_ERR_SYNTAX;
	len = choice.ids.len / SL_KEPT_ID_BYTES;
	sl_buf_init(&detail, 65536);
	sl_buf_addf(&detail, "{\"messages\":%zu,\"ids\":[", len);
	for (size_t i = 0; i < SL_MIN(len, (size_t)IDS_ENTERED); i++) {
		sl_kept_id_write(choice.ids.ptr + i * SL_KEPT_ID_BYTES, id);
		sl_buf_addf(&detail, "%s\"%s\"", i > 0 ? "," : "", id);
	}
	sl_buf_add_str(&detail, "]}");
	r = enter(k, choice.tenant, verb, choice.note, sl_buf_slice(&detail));
	sl_buf_reset(&k->payload);
	choice.by = k->account;
	sl_kept_pack_choice(&choice, &k->payload);
	sl_buf_fini(&detail);
	return r;
}

static int
check(struct keeper *k, enum sl_ipc_type type, struct sl_slice payload)
{
	sl_buf_reset(&k->payload);
	sl_buf_add_slice(&k->payload, payload);
	if (type == SL_IPC_KEPT_LIST)
		return enter_list(k, payload);
	if (type == SL_IPC_KEPT_OPEN)
		return enter_choice(k, SL_VERB_QUARANTINE_OPEN, payload);
	if (type == SL_IPC_KEPT_DELETE)
		return enter_choice(k, SL_VERB_QUARANTINE_DELETE, payload);
	return enter_choice(k, SL_VERB_QUARANTINE_RELEASE, payload);
}

/* ---- to the vault, and back ---- */

static void
on_answer(void *ctx, struct sl_ipc_message *message)
{
	struct keeper *k = ctx;

	if (k->broken || !k->busy)
		return;
	if (message->type == SL_IPC_KEPT_END)
		k->busy = false;
	if (sl_ipc_send(k->client, message->type, message->payload, NULL, 0) != 0)
		k->broken = true;
}

static void
on_vault(void *ctx, unsigned events)
{
	struct keeper *k = ctx;
	int r = sl_ipc_read(k->vault, on_answer, k);

	if (r >= 0 && !k->broken)
		return;
	way_end(k);
	if (k->busy)
		say_end(k, SL_ERR_CLOSED);
}

static void
pass_on(struct keeper *k)
{
	if (sl_ipc_send(k->vault, k->type, sl_buf_slice(&k->payload), NULL, 0) != 0) {
		way_end(k);
		say_end(k, SL_ERR_CLOSED);
	}
	sl_buf_reset(&k->payload);
}

bool
keeper_message(struct keeper *k, enum sl_ipc_type type, struct sl_slice payload)
{
	int r;

	if (k->busy)
		return false;
	k->busy = true;
	k->type = type;
	r = check(k, type, payload);
	if (r == SL_ERR_SYNTAX)
		return false;
	if (r != 0) {
		say_end(k, r);
	} else if (k->vault != NULL) {
		pass_on(k);
	} else {
		k->wanted = true;
		k->ask(k->ctx);
	}
	return !k->broken;
}

void
keeper_way(struct keeper *k, int fd)
{
	k->wanted = false;
	if (fd < 0) {
		say_end(k, SL_ERR_UNSUPPORTED);
		return;
	}
	k->vault = sl_ipc_new(fd, ANSWERS);
	sl_watch_init(&k->watch, k->loop, fd, on_vault, k);
	sl_watch_want(&k->watch, SL_READ);
	pass_on(k);
}
