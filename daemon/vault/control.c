/* control.c - readers: list, open, delete; see process.h */

#include "process.h"

#include <inttypes.h>

#include "sl/log.h"

#define ITEMS_MAX	(48u << 10)
#define STEPS		16	/* of 64 KiB that are shown in a turn */
#define AHEAD_BYTES	(256u << 10)	/* of a message, for one that reads it slowly */
#define LIST_MAX	1000u

void
say_end(struct client *client, int result, uint64_t count, struct sl_slice last)
{
	struct sl_kept_end end = { result, count, last };
	struct sl_buf payload;

	sl_buf_init(&payload, 1024);
	sl_kept_pack_end(&end, &payload);
	client_say(client, SL_IPC_KEPT_END, sl_buf_slice(&payload), NULL);
	sl_buf_fini(&payload);
}

static void
add_items(struct sl_buf *items, const struct sl_seal_view *view)
{
	struct sl_slice rest = view->items;
	struct sl_seal_item item;

	while (sl_seal_item_next(&rest, &item) == SL_DONE)
		if (items->len + item.value.len + 16 < ITEMS_MAX)
			sl_kept_item_add(items, item.type, item.value);
}

#define OTHER_MAX	2048u	/* bytes of an item that is no recipient, in an entry that is said several times */

/* Of what stands behind the message: all that is no recipient. */
static void
add_others(struct sl_buf *items, struct sl_slice rest)
{
	struct sl_seal_item item;

	while (sl_seal_item_next(&rest, &item) == SL_DONE)
		if (item.type != SL_SEAL_RECIPIENT && item.type != SL_SEAL_RECORD && items->len < ITEMS_MAX / 2)
			sl_kept_item_add(items, item.type, sl_slice(item.value.ptr, SL_MIN(item.value.len, (size_t)OTHER_MAX)));
}

/* And recipients of *rest, as many as there is room for. */
static void
add_recipients(struct sl_buf *items, struct sl_slice *rest)
{
	struct sl_slice before = *rest;
	struct sl_seal_item item;

	while (sl_seal_item_next(rest, &item) == SL_DONE) {
		if (item.type == SL_SEAL_RECIPIENT && item.value.len <= SL_KEPT_TEXT_MAX) {
			if (items->len + item.value.len + 16 >= ITEMS_MAX) {
				*rest = before;
				return;
			}
			sl_kept_item_add(items, item.type, item.value);
		}
		before = *rest;
	}
	*rest = sl_slice(NULL, 0);
}

/* `rest`, if not NULL: behind the record's items the others of `others` and some recipients of *rest, which is then what is left. */
static void
say_entry_with(struct client *client, struct sl_kept_entry *entry, const struct sl_seal_view *view, const struct sl_slice *others,
    struct sl_slice *rest)
{
	struct sl_buf payload, items;

	sl_buf_init(&items, ITEMS_MAX);
	sl_buf_init(&payload, 64u << 10);
	entry->opens = view != NULL;
	if (view != NULL) {
		entry->more = view->rest_bytes > 0;
		entry->message_bytes = view->message_bytes;
		add_items(&items, view);
		if (rest != NULL) {
			add_others(&items, *others);
			add_recipients(&items, rest);
		}
	}
	entry->items = sl_buf_slice(&items);
	sl_kept_pack_entry(entry, &payload);
	client_say(client, SL_IPC_KEPT_ENTRY, sl_buf_slice(&payload), NULL);
	sl_buf_fini(&payload);
	sl_buf_fini(&items);
}

static void
say_entry(struct client *client, struct sl_kept_entry *entry, const struct sl_seal_view *view)
{
	say_entry_with(client, entry, view, NULL, NULL);
}

/* ---- list ---- */

struct listing {
	struct client	*client;
	uint64_t	 count;
};

static void
on_listed(void *ctx, const struct sl_vault_entry *found)
{
	struct listing *listing = ctx;
	struct sl_kept_entry entry = { .id = sl_slice(found->id, sizeof(found->id)), .received_us = found->received_us,
		.expiry_day = found->expiry_day, .state = (uint32_t)found->state, .message_bytes = found->sealed_bytes };

	listing->count++;
	say_entry(listing->client, &entry, found->view);
}

static int
nowhere(void *ctx, struct sl_slice bytes)
{
	return 0;
}

/* Its body has been read, behind which the rest stands. */
static void
list_everybody(struct client *client)
{
	const struct sl_slice others = sl_vault_reader_rest(client->reader);
	struct sl_slice rest = others;

	while (rest.len > 0 && client->failed == 0)
		say_entry_with(client, &client->everybody, sl_vault_reader_view(client->reader), &others, &rest);
}

/* What is known of one, without its body, but for who it is for if that is asked. */
static void
list_one(struct client *client, const struct sl_kept_query *asked)
{
	struct sl_kept_entry entry = { .id = asked->id };
	struct sl_vault_reader *reader = NULL;
	enum sl_vault_state state = SL_VAULT_HELD;
	int r = sl_vault_state(client->process->vault, asked->tenant, asked->id.ptr, &state);

	if (r == 0)
		r = sl_vault_reader_new(client->process->vault, asked->tenant, asked->id.ptr, nowhere, NULL, &reader);
	if (r == 0) {
		const struct sl_seal_view *view = sl_vault_reader_view(reader);

		entry.received_us = view->received_us;
		entry.state = (uint32_t)state;
		if (asked->everybody && view->rest_bytes > 0) {
			memcpy(client->everybody_id, asked->id.ptr, sizeof(client->everybody_id));
			client->everybody = entry;
			client->everybody.id = sl_slice(client->everybody_id, sizeof(client->everybody_id));
			client->reader = reader;
			sl_timer_soon(&client->timer);
			return;
		}
		say_entry(client, &entry, view);
	}
	say_end(client, r == 0 ? SL_DONE : r, r == 0, sl_slice(NULL, 0));
	sl_vault_reader_free(&reader);
}

static bool
list(struct client *client, struct sl_slice payload)
{
	struct sl_kept_query asked;
	struct sl_seal_item match[3];
	struct sl_vault_query query = { .match = match };
	struct listing listing = { .client = client };
	unsigned char last[SL_VAULT_ID_BYTES] = { 0 };
	int r;

	if (sl_kept_unpack_query(payload, &asked) != 0)
		return false;
	if (asked.id.len > 0) {
		if (client->reader != NULL)
			return false;		/* one after the other */
		list_one(client, &asked);
		return true;
	}
	query.from_us = asked.from_us;
	query.to_us = asked.to_us;
	query.after = asked.after.len > 0 ? asked.after.ptr : NULL;
	query.limit = SL_MIN(asked.limit, LIST_MAX);
	if (asked.recipient.len > 0)
		match[query.match_len++] = (struct sl_seal_item){ SL_SEAL_RECIPIENT, asked.recipient };
	if (asked.sender.len > 0)
		match[query.match_len++] = (struct sl_seal_item){ SL_SEAL_SENDER, asked.sender };
	if (asked.category.len > 0)
		match[query.match_len++] = (struct sl_seal_item){ SL_SEAL_CATEGORY, asked.category };
	query.state = asked.state == 0 ? -1 : (int)asked.state - 1;
	r = sl_vault_list(client->process->vault, asked.tenant, &query, on_listed, &listing, last);
	if (r == SL_ERR_NOT_FOUND && query.after == NULL)	/* it has no key: nothing of it was ever kept */
		r = SL_DONE;
	say_end(client, r, listing.count, r == SL_MORE ? sl_slice(last, sizeof(last)) : sl_slice(NULL, 0));
	return true;
}

/* Who asks, by the name he gives. */
static struct sl_slice
who(const struct sl_kept_choice *choice)
{
	return choice->by.len > 0 ? choice->by : SL_SLICE_LIT("somebody at the control socket");
}

/* ---- open ---- */

static int
to_reader(void *ctx, struct sl_slice bytes)
{
	struct client *client = ctx;

	while (bytes.len > 0) {
		size_t n = SL_MIN(bytes.len, (size_t)65536);

		client_say(client, SL_IPC_KEPT_BYTES, sl_slice(bytes.ptr, n), NULL);
		bytes = sl_slice_from(bytes, n);
	}
	return client->failed != 0 ? SL_ERR_CLOSED : 0;
}

void
control_step(void *ctx)
{
	struct client *client = ctx;
	int r = SL_MORE;

	for (int i = 0; i < STEPS && r == SL_MORE; i++) {
		if (sl_ipc_pending(client->ipc) > AHEAD_BYTES)
			return;		/* it goes on when he has taken that */
		r = sl_vault_reader_step(client->reader);
	}
	if (r == SL_MORE) {
		sl_timer_soon(&client->timer);
		return;
	}
	if (r == SL_DONE && client->everybody.id.len > 0)
		list_everybody(client);
	client->everybody = (struct sl_kept_entry){ 0 };
	sl_vault_reader_free(&client->reader);
	say_end(client, r, r == SL_DONE, sl_slice(NULL, 0));
	if (client->failed != 0)
		client_end(client);
}

static bool
open_one(struct client *client, struct sl_slice payload)
{
	struct sl_kept_choice choice;
	struct sl_kept_entry entry = { 0 };
	char id[SL_KEPT_ID_DIGITS + 1];
	int r;

	if (sl_kept_unpack_choice(payload, &choice) != 0 || choice.ids.len != SL_KEPT_ID_BYTES || client->reader != NULL)
		return false;
	r = sl_vault_reader_new(client->process->vault, choice.tenant, choice.ids.ptr, to_reader, client, &client->reader);
	if (r != 0) {
		say_end(client, r, 0, sl_slice(NULL, 0));
		return true;
	}
	sl_vault_reader_stepwise(client->reader);
	sl_kept_id_write(choice.ids.ptr, id);
	sl_log(SL_LOG_NOTICE, "message %s of " SL_SLICE_FMT " is opened by " SL_SLICE_FMT, id, SL_SLICE_ARG(choice.tenant),
	    SL_SLICE_ARG(who(&choice)));
	entry.id = choice.ids;
	say_entry(client, &entry, sl_vault_reader_view(client->reader));
	sl_timer_soon(&client->timer);
	return true;
}

/* ---- delete ---- */

/* Those that somebody has been promised stay: their release would come to nothing. */
static size_t
without_releasing(const struct client *client, const struct sl_kept_choice *choice, unsigned char *ids_out)
{
	size_t n = 0;

	for (size_t at = 0; at < choice->ids.len; at += SL_KEPT_ID_BYTES) {
		enum sl_vault_state state;

		if (sl_vault_state(client->process->vault, choice->tenant, choice->ids.ptr + at, &state) != 0 ||
		    state == SL_VAULT_RELEASING)
			continue;
		memcpy(ids_out + n++ * SL_KEPT_ID_BYTES, choice->ids.ptr + at, SL_KEPT_ID_BYTES);
	}
	return n;
}

static bool
delete(struct client *client, struct sl_slice payload)
{
	struct sl_kept_choice choice;
	unsigned char *ids;
	size_t count = 0, len;
	int r;

	if (sl_kept_unpack_choice(payload, &choice) != 0)
		return false;
	ids = sl_xmalloc(choice.ids.len);
	len = without_releasing(client, &choice, ids);
	r = sl_vault_delete(client->process->vault, choice.tenant, (const void *)ids, len, &count);
	sl_free(ids);
	sl_log(SL_LOG_NOTICE, "%zu messages of " SL_SLICE_FMT " are deleted by " SL_SLICE_FMT, count, SL_SLICE_ARG(choice.tenant),
	    SL_SLICE_ARG(who(&choice)));
	say_end(client, r == 0 ? SL_DONE : r, count, sl_slice(NULL, 0));
	return true;
}

bool
control_message(struct client *client, const struct sl_ipc_message *message)
{
	if (message->type == SL_IPC_TENANT_KEY)
		return keys_message(client, message->payload);
	if (client->process->vault == NULL) {
		say_end(client, SL_ERR_NOT_OPEN, 0, sl_slice(NULL, 0));
		return true;
	}
	if (message->type == SL_IPC_KEPT_LIST)
		return list(client, message->payload);
	if (message->type == SL_IPC_KEPT_OPEN)
		return open_one(client, message->payload);
	if (message->type == SL_IPC_KEPT_RELEASE)
		return release_ask(client, message->payload);
	return message->type == SL_IPC_KEPT_DELETE && delete(client, message->payload);
}
