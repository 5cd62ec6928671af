/* keeper.c - see keeper.h */

#include "keeper.h"

#include <stdio.h>
#include <unistd.h>

#include "kept/kept.h"
#include "sl/log.h"
#include "sl/utf8.h"
#include "store/audit.h"

#define ANSWERS		(SL_IPC_BIT(KEPT_ENTRY) | SL_IPC_BIT(KEPT_BYTES) | SL_IPC_BIT(KEPT_END) | SL_IPC_BIT(KEPT))
#define PAYLOAD_MAX	((size_t)128 << 10)
#define AHEAD_BYTES	((size_t)256 << 10)	/* for a client that reads slowly */
#define READ_MESSAGES	64		/* of one turn */
#define IDS_ENTERED	1000	/* of one entry of the trail; more are a number */

/* Whose a message is has to be asked first: what is under way for somebody who has a part of a tenant. */
struct keeper_part {
	struct reach	 reach;
	struct reached	 reached;	/* of the message that was looked at last */
	bool		 doing;		/* else: looking */
	bool		 due;		/* an answer is over: part_step, behind its handler */
	int		 ended;		/* with this */
	struct sl_buf	 tenant, ids, note;
	size_t		 at;		/* of the ids, in bytes */
	struct sl_slice	 mailboxes;	/* that are still to be released to, of `reached` */
	int		 result;	/* of this message */
	uint64_t	 count;
	bool		 refused;	/* some were not his to delete */
};

void
keeper_init(struct keeper *k, struct console *console, struct sl_loop *loop, struct sl_ipc *client, struct sl_slice account,
    void (*ask)(void *ctx), void (*said)(void *ctx), void *ctx)
{
	*k = (struct keeper){ .console = console, .loop = loop, .client = client, .account = account, .ask = ask, .said = said,
		.ctx = ctx };
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

static void
part_end(struct keeper *k)
{
	struct keeper_part *p = k->part;

	if (p == NULL)
		return;
	k->part = NULL;
	reach_fini(&p->reach);
	reached_fini(&p->reached);
	sl_buf_fini(&p->tenant);
	sl_buf_fini(&p->ids);
	sl_buf_fini(&p->note);
	sl_free(p);
}

void
keeper_fini(struct keeper *k)
{
	if (k->console == NULL)
		return;
	way_end(k);
	part_end(k);
	sl_buf_fini(&k->payload);
	k->console = NULL;
}

static void
tell(struct keeper *k, enum sl_ipc_type type, struct sl_slice payload)
{
	if (sl_ipc_post(k->client, type, payload, NULL, 0) != 0)
		k->broken = true;
	k->said(k->ctx);
}

static void
say_end(struct keeper *k, int result, uint64_t count)
{
	const struct sl_kept_end end = { .result = result, .count = count };
	struct sl_buf out;

	k->busy = false;
	part_end(k);
	sl_buf_init(&out, 1024);
	sl_kept_pack_end(&end, &out);
	tell(k, SL_IPC_KEPT_END, sl_buf_slice(&out));
	sl_buf_fini(&out);
}

/* ---- may he, and what is entered ---- */

/* Ask lib/access. 0, and `part` is set if it is a part of the tenant alone; else SL_ERR_REFUSED. */
static int
find_reach(struct keeper *k, struct sl_slice tenant, enum sl_verb verb)
{
	struct keeper_part *p = sl_xzalloc(sizeof(*p));
	int r = reach_find(k->console->store, k->account, tenant, verb, &p->reach);

	reached_init(&p->reached);
	sl_buf_init(&p->tenant, SL_KEPT_TENANT_MAX + 1);
	sl_buf_init(&p->ids, PAYLOAD_MAX);
	sl_buf_init(&p->note, SL_KEPT_TEXT_MAX + 1);
	sl_buf_add_slice(&p->tenant, tenant);
	SL_ASSERT(k->part == NULL);
	k->part = p;
	if (r == SL_ERR_REFUSED)
		sl_log(SL_LOG_NOTICE, SL_SLICE_FMT " may not %s at " SL_SLICE_FMT, SL_SLICE_ARG(k->account), sl_verb_row(verb)->word,
		    SL_SLICE_ARG(tenant));
	return r;
}

static int
enter(struct keeper *k, struct sl_slice note, struct sl_slice detail)
{
	const struct sl_actor actor = { k->account, note };
	const struct reach *reach = &k->part->reach;
	int r = sl_store_audit(k->console->store, &actor, reach->tenant, sl_slice_str(sl_verb_row(reach->verb)->word), detail);

	if (r != 0)
		sl_log(SL_LOG_ERROR, "%s is not done, as it cannot be entered: %s", sl_verb_row(reach->verb)->word,
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
	int r;

	if (sl_kept_unpack_query(payload, &query) != 0)
		return SL_ERR_SYNTAX;
	r = find_reach(k, query.tenant, SL_VERB_QUARANTINE_LIST);
	if (r != 0 || query.after.len > 0)
		return r;
	sl_buf_init(&detail, 4096);
	sl_buf_add_str(&detail, "{");
	add_filter(&detail, "recipient", query.recipient);
	add_filter(&detail, "sender", query.sender);
	add_filter(&detail, "category", query.category);
	sl_buf_add_str(&detail, "}");
	r = enter(k, sl_slice("", 0), sl_buf_slice(&detail));
	sl_buf_fini(&detail);
	return r;
}

static int
enter_ids(struct keeper *k, struct sl_slice ids, struct sl_slice note)
{
	size_t len = ids.len / SL_KEPT_ID_BYTES;
	char id[SL_KEPT_ID_DIGITS + 1];
	struct sl_buf detail;
	int r;

	sl_buf_init(&detail, 65536);
	sl_buf_addf(&detail, "{\"messages\":%zu,\"ids\":[", len);
	for (size_t i = 0; i < SL_MIN(len, (size_t)IDS_ENTERED); i++) {
		sl_kept_id_write(ids.ptr + i * SL_KEPT_ID_BYTES, id);
		sl_buf_addf(&detail, "%s\"%s\"", i > 0 ? "," : "", id);
	}
	sl_buf_add_str(&detail, "]}");
	r = enter(k, note, sl_buf_slice(&detail));
	sl_buf_fini(&detail);
	return r;
}

/* The vault is to be asked whose the message is. */
static void
look_at(struct keeper *k)
{
	struct keeper_part *p = k->part;
	const struct sl_kept_query query = { .tenant = sl_buf_slice(&p->tenant), .id = sl_slice(p->ids.data + p->at, SL_KEPT_ID_BYTES),
		.limit = 1 };

	p->doing = false;
	p->reached.any = p->reached.all = false;
	p->result = SL_ERR_NOT_FOUND;
	sl_buf_reset(&k->payload);
	sl_kept_pack_query(&query, &k->payload);
}

/* One, or several, by id; `by` becomes the account. */
static int
enter_choice(struct keeper *k, enum sl_verb verb, struct sl_slice payload)
{
	struct sl_kept_choice choice;
	int r;

	if (sl_kept_unpack_choice(payload, &choice) != 0)
		return SL_ERR_SYNTAX;
	r = find_reach(k, choice.tenant, verb);
	if (r == 0 && !k->part->reach.whole) {
		sl_buf_add_slice(&k->part->ids, choice.ids);
		sl_buf_add_slice(&k->part->note, choice.note);
		if (choice.ids.len < SL_KEPT_ID_BYTES || choice.ids.len % SL_KEPT_ID_BYTES != 0)
			return SL_ERR_SYNTAX;
		look_at(k);
		return 0;
	}
	if (r == 0)
		r = enter_ids(k, choice.ids, choice.note);
	sl_buf_reset(&k->payload);
	choice.by = k->account;
	sl_kept_pack_choice(&choice, &k->payload);
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

/* An entry without what is not his; and what is not, is not told. */
static void
tell_part(struct keeper *k, struct sl_kept_entry *entry)
{
	struct sl_buf out;

	if (!k->part->reached.any)
		return;
	entry->items = sl_buf_slice(&k->part->reached.items);
	entry->more = false;
	sl_buf_init(&out, PAYLOAD_MAX);
	sl_kept_pack_entry(entry, &out);
	if (!out.overflow)
		tell(k, SL_IPC_KEPT_ENTRY, sl_buf_slice(&out));
	sl_buf_fini(&out);
}

static void
on_part_answer(struct keeper *k, const struct sl_ipc_message *message)
{
	struct keeper_part *p = k->part;
	struct sl_kept_entry entry;
	struct sl_kept_done done;
	struct sl_kept_end end;

	/* Not of a release: what is still to be done of it lies in what was looked at. */
	if (message->type == SL_IPC_KEPT_ENTRY && (!p->doing || k->type == SL_IPC_KEPT_OPEN) &&
	    sl_kept_unpack_entry(message->payload, &entry) == 0) {
		reach_entry(&p->reach, &entry, &p->reached);
		if (k->type == SL_IPC_KEPT_LIST || p->doing)
			tell_part(k, &entry);
	} else if (message->type == SL_IPC_KEPT_BYTES && p->doing) {
		tell(k, message->type, message->payload);
	} else if (message->type == SL_IPC_KEPT && sl_kept_unpack_done(message->payload, &done) == 0) {
		p->result = p->result < 0 && p->result != SL_ERR_TIMEOUT ? p->result : done.result;
	} else if (message->type == SL_IPC_KEPT_END) {
		p->ended = sl_kept_unpack_end(message->payload, &end) == 0 ? end.result : SL_ERR_SYNTAX;
		p->count += p->doing && k->type == SL_IPC_KEPT_DELETE && p->ended == SL_DONE ? end.count : 0;
		p->due = true;
		if (k->type == SL_IPC_KEPT_LIST)
			tell(k, message->type, message->payload);
	}
}

static void
on_answer(void *ctx, struct sl_ipc_message *message)
{
	struct keeper *k = ctx;

	if (k->broken || !k->busy)
		return;
	if (k->part != NULL) {
		on_part_answer(k, message);
		return;
	}
	if (message->type == SL_IPC_KEPT_END)
		k->busy = false;
	tell(k, message->type, message->payload);
}

static void
pass_on(struct keeper *k, enum sl_ipc_type type)
{
	if (sl_ipc_send(k->vault, type, sl_buf_slice(&k->payload), NULL, 0) != 0) {
		way_end(k);
		say_end(k, SL_ERR_CLOSED, 0);
	}
	sl_buf_reset(&k->payload);
}

/* ---- message by message ---- */

/* What he wants, of this one; to the mailboxes that are his, if others have it too. */
static void
part_do(struct keeper *k)
{
	struct keeper_part *p = k->part;
	struct sl_unpack in = { .rest = p->mailboxes };
	struct sl_kept_choice choice = { .tenant = sl_buf_slice(&p->tenant), .ids = sl_slice(p->ids.data + p->at, SL_KEPT_ID_BYTES),
		.by = k->account, .note = sl_buf_slice(&p->note) };

	if (k->type == SL_IPC_KEPT_RELEASE && !p->reached.all) {
		choice.recipients = sl_unpack_bytes(&in);
		p->mailboxes = in.rest;
	} else {
		p->mailboxes = sl_slice("", 0);
	}
	p->doing = true;
	sl_buf_reset(&k->payload);
	sl_kept_pack_choice(&choice, &k->payload);
	pass_on(k, k->type);
}

/* This one is over: say so, and go on with the next. */
static void
part_next(struct keeper *k)
{
	struct keeper_part *p = k->part;
	struct sl_kept_done done = { .number = p->at / SL_KEPT_ID_BYTES, .result = p->result };
	struct sl_buf out;

	if (k->type == SL_IPC_KEPT_RELEASE) {
		memcpy(done.id, p->ids.data + p->at, sizeof(done.id));
		sl_buf_init(&out, 256);
		sl_kept_pack_done(&done, &out);
		tell(k, SL_IPC_KEPT, sl_buf_slice(&out));
		sl_buf_fini(&out);
		p->count++;
	}
	p->at += SL_KEPT_ID_BYTES;
	if (p->at < p->ids.len && !k->broken) {
		look_at(k);
		pass_on(k, SL_IPC_KEPT_LIST);
	} else {
		say_end(k, p->refused ? SL_ERR_REFUSED : SL_DONE, p->count);
	}
}

/* The vault has said whose it is. */
static void
part_looked(struct keeper *k)
{
	struct keeper_part *p = k->part;
	struct sl_slice id = sl_slice(p->ids.data + p->at, SL_KEPT_ID_BYTES);
	int r;

	if (p->ended < 0 && p->ended != SL_ERR_NOT_FOUND) {
		say_end(k, p->ended, p->count);
	} else if (k->type == SL_IPC_KEPT_OPEN && !p->reached.any) {
		say_end(k, SL_ERR_NOT_FOUND, 0);	/* to him, it is not there */
	} else if (!p->reached.any || (k->type == SL_IPC_KEPT_DELETE && !p->reached.all)) {
		p->refused |= p->reached.any;
		part_next(k);
	} else if ((r = enter_ids(k, id, sl_buf_slice(&p->note))) != 0) {
		say_end(k, r, p->count);
	} else {
		p->result = 0;
		p->mailboxes = sl_buf_slice(&p->reached.mailboxes);
		part_do(k);
	}
}

static void
part_step(struct keeper *k)
{
	struct keeper_part *p = k->part;

	p->due = false;
	if (k->type == SL_IPC_KEPT_LIST) {
		k->busy = false;
		part_end(k);
	} else if (!p->doing) {
		part_looked(k);
	} else if (k->type == SL_IPC_KEPT_OPEN) {
		say_end(k, p->ended, 1);
	} else if (p->ended < 0) {
		say_end(k, p->ended, p->count);
	} else if (p->mailboxes.len > 0) {
		part_do(k);
	} else {
		part_next(k);
	}
}

/* ---- */

/* One after the other, as far as the client takes what is told of it. */
static void
on_vault(void *ctx, unsigned events)
{
	struct keeper *k = ctx;
	int r = SL_DONE;

	for (int i = 0; i < READ_MESSAGES && k->vault != NULL && !k->broken && r == SL_DONE; i++) {
		if (sl_ipc_pending(k->client) > AHEAD_BYTES) {
			sl_watch_want(&k->watch, 0);	/* keeper_resume */
			return;
		}
		r = sl_ipc_wait(k->vault, 0, on_answer, k);
		if (r == SL_DONE && k->busy && k->part != NULL && k->part->due)
			part_step(k);
	}
	if ((r == SL_DONE || r == SL_ERR_TIMEOUT) && !k->broken)
		return;
	way_end(k);
	if (k->busy)
		say_end(k, SL_ERR_CLOSED, 0);
}

void
keeper_resume(struct keeper *k)
{
	if (k->vault != NULL)
		sl_watch_want(&k->watch, SL_READ);
}

static void
begin(struct keeper *k)
{
	bool looks = k->part != NULL && k->type != SL_IPC_KEPT_LIST;

	pass_on(k, looks ? SL_IPC_KEPT_LIST : k->type);
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
	if (r == 0 && k->part->reach.whole)
		part_end(k);
	if (r != 0) {
		say_end(k, r, 0);
	} else if (k->vault != NULL) {
		begin(k);
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
		say_end(k, SL_ERR_UNSUPPORTED, 0);
		return;
	}
	k->vault = sl_ipc_new(fd, ANSWERS);
	sl_watch_init(&k->watch, k->loop, fd, on_vault, k);
	sl_watch_want(&k->watch, SL_READ);
	begin(k);
}
