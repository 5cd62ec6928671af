/*
 * release.c - messages that are asked back: marked, offered to the courier, read by it, settled; see process.h
 *
 * The mark comes first and is synced: from then on neither a deletion nor an expiry takes the message. Then the courier is
 * told (SUBMIT) until it says that it has it on its disk; only then who asked hears so. Whenever a courier comes, it is told of all that
 * are marked: what it has already it knows by the token. It says what became of each (SETTLED) until it hears that the mark says so.
 */

#include "process.h"

#include "courier/queue.h"
#include "sl/log.h"

#define KEEP_DAYS	7u	/* from the asking on: longer than the courier tries */
#define ASK_MS		20000u	/* for the courier to have what was asked for */
#define OFFERS_OUT	16u	/* that the courier has not answered: they fit into the socket */
#define STEPS		16u
#define AGAIN_MS	10u	/* when its socket is full */

_Static_assert(KEEP_DAYS * (uint64_t)SL_VAULT_DAY_US > SL_QUEUE_GIVE_UP_US + SL_VAULT_DAY_US, "a promise outlives the attempts");

/* ---- offers ---- */

static struct offer *
offer_new(struct sl_slice tenant, const unsigned char *id, const struct sl_kept_choice *choice)
{
	static const struct sl_kept_choice nobody;
	const struct sl_kept_choice *c = choice == NULL ? &nobody : choice;
	struct offer *offer = sl_xzalloc(sizeof(*offer) + tenant.len + c->by.len + c->note.len + c->recipients.len + 1);
	unsigned char *text = (unsigned char *)(offer + 1);
	const struct { struct sl_slice from, *to; } parts[] = {
		{ tenant, &offer->tenant }, { c->by, &offer->by }, { c->note, &offer->note }, { c->recipients, &offer->recipients } };

	memcpy(offer->id, id, sizeof(offer->id));
	for (size_t i = 0; i < SL_COUNT(parts); i++) {
		if (parts[i].from.len > 0)
			memcpy(text, parts[i].from.ptr, parts[i].from.len);
		*parts[i].to = sl_slice(text, parts[i].from.len);
		text += parts[i].from.len;
	}
	return offer;
}

static void
look_end(struct process *p)
{
	sl_vault_reader_free(&p->look);
	p->looking = NULL;
}

/* What who asked hears of one; when it was the last, the end. */
static void
tell(struct client *client, uint64_t number, int result, const unsigned char *id)
{
	say_kept(client, number, result, id);
	client->queued += result == 0;
	SL_ASSERT(client->asked > 0);
	if (--client->asked > 0)
		return;
	sl_timer_clear(&client->deadline);
	say_end(client, SL_DONE, client->queued, sl_slice(NULL, 0));
}

/* It comes to nothing now: as it was before. Nobody asks for it any more? Then the promise stands, and it is offered again later. */
static void
put_back(struct process *p, const struct offer *offer)
{
	size_t count;

	if (offer->recipients.len > 0)
		return;			/* it has been held for the others all the time */
	if (offer->asker != NULL && sl_vault_mark(p->vault, offer->tenant, &offer->id, 1, SL_VAULT_HELD, &count) != 0)
		sl_log(SL_LOG_ERROR, "a message stays marked as being released");
}

static void
offer_over(struct process *p, struct offer *offer, int result)
{
	char id[SL_KEPT_ID_DIGITS + 1];

	if (p->looking == offer)
		look_end(p);
	for (struct offer **at = &p->offers; *at != NULL; at = &(*at)->next)
		if (*at == offer) {
			*at = offer->next;
			break;
		}
	p->offers_end = &p->offers;
	while (*p->offers_end != NULL)
		p->offers_end = &(*p->offers_end)->next;
	p->offers_sent -= offer->sent;
	if (result != 0) {
		sl_kept_id_write(offer->id, id);
		sl_log(SL_LOG_ERROR, "message %s of " SL_SLICE_FMT " is not released: %s", id, SL_SLICE_ARG(offer->tenant),
		    sl_strerror(result));
		put_back(p, offer);
	}
	if (offer->asker != NULL)
		tell(offer->asker, offer->number, result == 0 ? 0 : result, offer->id);
	sl_free(offer);
}

static void
offer_add(struct process *p, struct offer *offer)
{
	*p->offers_end = offer;
	p->offers_end = &offer->next;
}

/* ---- what the courier is told ---- */

struct gathered {
	struct sl_courier_mail	mail;
	struct sl_slice		only;	/* these recipients; empty: all */
	struct sl_buf		recipients;
	size_t			len;
};

/* Is it for him? ASCII case is ignored, as those who deliver ignore it. */
static bool
is_for(struct sl_slice only, struct sl_slice recipient)
{
	struct sl_slice one;

	if (only.len == 0)
		return true;
	while (sl_courier_text_next(&only, &one))
		if (sl_slice_ieq(one, recipient))
			return true;
	return false;
}

/* Its token: a release's is the message's, that for some recipients theirs. */
static struct sl_slice
token_of(const struct offer *offer, char out[SL_COURIER_TOKEN_MAX + 1])
{
	struct sl_slice list = offer->recipients, first;

	if (sl_courier_text_next(&list, &first))
		sl_courier_part_token(offer->id, first, out);
	else
		sl_courier_release_token(offer->id, out);
	return sl_slice_str(out);
}

static void
gather(struct gathered *g, struct sl_slice items)
{
	struct sl_courier_release *r = &g->mail.release;
	const struct { unsigned type; struct sl_slice *to; } rows[] = {
		{ SL_SEAL_SENDER, &g->mail.sender }, { SL_SEAL_MESSAGE_ID, &g->mail.message_id },
		{ SL_SEAL_CATEGORY, &r->category }, { SL_SEAL_VERDICT, &r->verdict }, { SL_SEAL_POLICY, &r->policy },
		{ SL_SEAL_REASON, &r->reason }, { SL_SEAL_PROBABILITY, &r->probability }, { SL_SEAL_CLIENT, &r->client },
		{ SL_SEAL_HELO, &r->helo }, { SL_SEAL_TRACE, &r->trace },
	};
	struct sl_seal_item item;

	while (sl_seal_item_next(&items, &item) == SL_DONE) {
		if (item.type == SL_SEAL_RECIPIENT) {
			if (!is_for(g->only, item.value))
				continue;
			sl_courier_text_add(&g->recipients, item.value);
			g->len++;
		} else if (item.type == SL_SEAL_OPTIONS && item.value.len > 0 &&
		    memmem(item.value.ptr, item.value.len, "SMTPUTF8", 8) != NULL) {
			g->mail.flags |= SL_COURIER_SMTPUTF8;
		}
		for (size_t i = 0; i < SL_COUNT(rows); i++)
			if (rows[i].type == item.type && rows[i].to->len == 0)
				*rows[i].to = item.value;
	}
}

static bool
is_ascii(struct sl_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] >= 0x80)
			return false;
	return true;
}

/* Returns 0, or why it cannot be offered. */
static int
offer_send(struct process *p, struct offer *offer, struct sl_vault_reader *reader)
{
	const struct sl_seal_view *view = sl_vault_reader_view(reader);
	char token[SL_COURIER_TOKEN_MAX + 1];
	struct gathered g = { .only = offer->recipients, .mail = { .flags = SL_COURIER_8BIT,
		.purpose = offer->recipients.len > 0 ? SL_QUEUE_RELEASE_PART : SL_QUEUE_RELEASE } };
	struct sl_buf payload;
	int r = 0;

	sl_buf_init(&g.recipients, 3u << 20);
	sl_buf_init(&payload, 4u << 20);
	gather(&g, view->items);
	gather(&g, sl_vault_reader_rest(reader));
	g.mail.token = token_of(offer, token);
	g.mail.tenant = offer->tenant;
	g.mail.recipients = sl_buf_slice(&g.recipients);
	g.mail.ref = sl_slice(offer->id, sizeof(offer->id));
	g.mail.bytes = view->message_bytes;
	g.mail.release.by = offer->by;
	g.mail.release.note = offer->note;
	g.mail.release.received_us = view->received_us;
	g.mail.message_id.len = SL_MIN(g.mail.message_id.len, (size_t)SL_COURIER_TEXT_MAX);
	if (!is_ascii(g.mail.sender) || !is_ascii(g.mail.recipients))
		g.mail.flags |= SL_COURIER_SMTPUTF8;
	if (g.len > SL_COURIER_RECIPIENTS_MAX || g.recipients.overflow)
		r = SL_ERR_TOO_LONG;
	else if (g.len == 0)
		r = g.only.len > 0 ? SL_ERR_NOT_FOUND : SL_ERR_TOO_LONG;
	if (r == 0)
		sl_courier_pack_mail(&g.mail, &payload);
	if (r == 0)
		client_say(p->courier, SL_IPC_SUBMIT, sl_buf_slice(&payload), NULL);
	offer->sent = r == 0;
	p->offers_sent += offer->sent;
	sl_buf_fini(&payload);
	sl_buf_fini(&g.recipients);
	return r;
}

static int
ignore(void *ctx, struct sl_slice bytes)
{
	return 0;
}

/* Begin to look at one. Those recipients for which the record had no room lie behind the body, which is read to its end then. */
static int
look(struct process *p, struct offer *offer)
{
	int r = sl_vault_reader_new(p->vault, offer->tenant, offer->id, ignore, NULL, &p->look);

	if (r != 0)
		return r;
	p->looking = offer;
	if (sl_vault_reader_view(p->look)->rest_bytes > 0)
		return SL_MORE;
	r = offer_send(p, offer, p->look);
	look_end(p);
	return r;
}

static int
look_on(struct process *p)
{
	int r = SL_MORE;

	for (unsigned i = 0; i < STEPS && r == SL_MORE; i++)
		r = sl_vault_reader_step(p->look);
	if (r == SL_DONE)
		r = offer_send(p, p->looking, p->look);
	else if (r == SL_MORE)
		return 0;
	look_end(p);
	return r;
}

static void
on_offering(void *ctx)
{
	struct process *p = ctx;
	struct offer *offer = p->looking;
	int r = 0;

	if (p->courier == NULL || p->courier->failed != 0)
		return;
	if (offer == NULL)
		for (offer = p->offers; offer != NULL && offer->sent;)
			offer = offer->next;
	if (offer == NULL || p->offers_sent >= OFFERS_OUT)
		return;
	if (!sl_ipc_has_room(p->courier->ipc)) {
		sl_timer_set(&p->offering, AGAIN_MS);
		return;
	}
	r = p->look != NULL ? look_on(p) : look(p, offer);
	if (r < 0)
		offer_over(p, offer, r);
	if (p->courier->failed != 0)
		client_end(p->courier);
	else
		sl_timer_soon(&p->offering);
}

static void
on_each(void *ctx, struct sl_slice tenant, const unsigned char id[SL_VAULT_ID_BYTES])
{
	struct process *p = ctx;

	offer_add(p, offer_new(tenant, id, NULL));
}

void
release_courier(struct process *p, struct client *client)
{
	struct offer **at = &p->offers;

	if (p->courier != NULL)
		client_end(p->courier);
	p->courier = client;
	while (*at != NULL) {		/* those that nobody waits for are found again */
		struct offer *offer = *at;

		if (offer->asker != NULL) {
			at = &offer->next;
			continue;
		}
		*at = offer->next;
		sl_free(offer);
	}
	p->offers_end = at;
	sl_vault_each(p->vault, SL_VAULT_RELEASING, on_each, p);
	sl_timer_soon(&p->offering);
}

void
release_again(struct process *p)
{
	if (p->courier == NULL)
		return;
	sl_vault_each(p->vault, SL_VAULT_RELEASING, on_each, p);	/* those it knows cost a question */
	sl_timer_soon(&p->offering);
}

static void
courier_forget(struct process *p)
{
	p->courier = NULL;
	p->offers_sent = 0;
	for (struct offer *offer = p->offers; offer != NULL; offer = offer->next)
		offer->sent = false;
	look_end(p);
	sl_timer_clear(&p->offering);
	for (size_t i = 0; i < FETCHES_MAX; i++) {
		sl_vault_reader_free(&p->fetches[i].reader);
		sl_timer_clear(&p->fetches[i].timer);
	}
}

void
release_forget(struct client *client)
{
	struct process *p = client->process;

	if (p->courier == client)
		courier_forget(p);
	for (struct offer *offer = p->offers; offer != NULL; offer = offer->next)
		if (offer->asker == client)
			offer->asker = NULL;
	sl_timer_clear(&client->deadline);
	client->asked = 0;
}

/* ---- who asks ---- */

/* There is no courier's word yet. The mark is on the disk, so what he is told is true. */
static void
on_deadline(void *ctx)
{
	struct client *client = ctx;

	for (struct offer *offer = client->process->offers; offer != NULL; offer = offer->next)
		if (offer->asker == client) {
			offer->asker = NULL;
			tell(client, offer->number, SL_ERR_TIMEOUT, offer->id);
		}
	if (client->failed != 0)
		client_end(client);
}

/* Those that can be released, by their places; the others are answered for. */
static size_t
sort_out(struct client *client, const struct sl_kept_choice *choice, unsigned char *ids_out, uint64_t *numbers_out)
{
	size_t n = 0;

	for (size_t i = 0; i < choice->ids.len / SL_KEPT_ID_BYTES; i++) {
		const unsigned char *id = choice->ids.ptr + i * SL_KEPT_ID_BYTES;
		enum sl_vault_state state = SL_VAULT_HELD;
		int r = sl_vault_state(client->process->vault, choice->tenant, id, &state);

		/* To some of them: it is on its way to all. */
		if (r != 0 || state == SL_VAULT_RELEASED || (choice->recipients.len > 0 && state == SL_VAULT_RELEASING)) {
			say_kept(client, i, r != 0 ? r : SL_DONE, id);
			continue;
		}
		memcpy(ids_out + n * SL_KEPT_ID_BYTES, id, SL_KEPT_ID_BYTES);
		numbers_out[n++] = i;
	}
	return n;
}

static void
release_all(struct client *client, const struct sl_kept_choice *choice, const unsigned char *ids, const uint64_t *numbers,
    size_t len)
{
	struct process *p = client->process;
	size_t count = 0;
	int r = len == 0 ? 0 : choice->recipients.len > 0 ?
	    sl_vault_release_part(p->vault, choice->tenant, ids, store_today() + KEEP_DAYS, &count) :
	    sl_vault_release(p->vault, choice->tenant, (const void *)ids, len, store_today() + KEEP_DAYS, &count);

	client->queued = 0;
	for (size_t i = 0; i < len; i++) {
		const unsigned char *id = ids + i * SL_KEPT_ID_BYTES;
		struct offer *offer;

		if (r != 0) {
			say_kept(client, numbers[i], r, id);
			continue;
		}
		offer = offer_new(choice->tenant, id, choice);
		offer->asker = client;
		offer->number = numbers[i];
		client->asked++;
		offer_add(p, offer);
	}
	if (client->asked == 0) {
		say_end(client, SL_DONE, 0, sl_slice(NULL, 0));
		return;
	}
	sl_log(SL_LOG_NOTICE, "%zu messages of " SL_SLICE_FMT " are to be released, says " SL_SLICE_FMT, client->asked,
	    SL_SLICE_ARG(choice->tenant), SL_SLICE_ARG(choice->by.len > 0 ? choice->by : SL_SLICE_LIT("somebody at the control socket")));
	sl_timer_init(&client->deadline, p->loop, on_deadline, client);
	sl_timer_set(&client->deadline, ASK_MS);
	sl_timer_soon(&p->offering);
}

bool
release_ask(struct client *client, struct sl_slice payload)
{
	struct sl_kept_choice choice;
	unsigned char *ids;
	uint64_t *numbers;

	if (sl_kept_unpack_choice(payload, &choice) != 0 || client->asked > 0)
		return false;
	if (client->process->courier == NULL) {
		say_end(client, SL_ERR_CLOSED, 0, sl_slice(NULL, 0));
		return true;
	}
	ids = sl_xmalloc(choice.ids.len);
	numbers = sl_xmalloc(choice.ids.len / SL_KEPT_ID_BYTES * sizeof(*numbers));
	release_all(client, &choice, ids, numbers, sort_out(client, &choice, ids, numbers));
	sl_free(numbers);
	sl_free(ids);
	return true;
}

/* ---- the courier ---- */

static bool
on_submitted(struct process *p, struct sl_slice payload)
{
	struct sl_courier_token said;
	char token[SL_COURIER_TOKEN_MAX + 1];

	if (sl_courier_unpack_token(payload, &said) != 0)
		return false;
	for (struct offer *offer = p->offers; offer != NULL; offer = offer->next) {
		if (!offer->sent || !sl_slice_eq(said.token, token_of(offer, token)))
			continue;
		offer_over(p, offer, said.result);
		sl_timer_soon(&p->offering);
		break;
	}
	return true;
}

/* What became of one. It is answered when the mark is on the disk. */
static bool
on_settled(struct process *p, struct sl_slice payload)
{
	struct sl_courier_settled settled;
	char id[SL_KEPT_ID_DIGITS + 1];
	struct sl_buf answer;
	size_t count = 0;
	int r;

	if (sl_courier_unpack_settled(payload, &settled) != 0 || settled.ref.len != SL_KEPT_ID_BYTES)
		return false;
	sl_kept_id_write(settled.ref.ptr, id);
	r = sl_vault_mark(p->vault, settled.tenant, (const void *)settled.ref.ptr, 1,
	    settled.state == SL_QUEUE_DELIVERED ? SL_VAULT_RELEASED : SL_VAULT_HELD, &count);
	if (r != 0) {
		sl_log(SL_LOG_ERROR, "message %s: it is not noted what became of its release: %s", id, sl_strerror(r));
		return true;		/* the courier says it again when it comes anew */
	}
	sl_log(settled.state == SL_QUEUE_DELIVERED ? SL_LOG_NOTICE : SL_LOG_WARNING, "message %s of " SL_SLICE_FMT ": %s%s: "
	    SL_SLICE_FMT, id, SL_SLICE_ARG(settled.tenant), settled.state == SL_QUEUE_DELIVERED ? "released" : "not released",
	    count == 0 ? " (and gone meanwhile)" : "", SL_SLICE_ARG(settled.reply));
	sl_buf_init(&answer, 256);
	sl_courier_pack_token(&(struct sl_courier_token){ .token = settled.token }, &answer);
	client_say(p->courier, SL_IPC_SETTLED_SEEN, sl_buf_slice(&answer), NULL);
	sl_buf_fini(&answer);
	return true;
}

/* ---- what it reads ---- */

static void
say_fetched(struct process *p, uint64_t number, int result, struct sl_slice bytes)
{
	struct sl_buf payload;

	sl_buf_init(&payload, SL_SEAL_PIECE + 256);
	sl_courier_pack_fetched(&(struct sl_courier_fetched){ number, result, bytes }, &payload);
	if (p->courier != NULL)
		client_say(p->courier, SL_IPC_FETCHED, sl_buf_slice(&payload), NULL);
	sl_buf_fini(&payload);
}

static int
on_piece(void *ctx, struct sl_slice bytes)
{
	struct fetch *fetch = ctx;

	say_fetched(fetch->process, fetch->number, SL_MORE, bytes);
	fetch->room -= (int64_t)bytes.len;
	return 0;
}

static void
on_fetching(void *ctx)
{
	struct fetch *fetch = ctx;
	struct process *p = fetch->process;
	int r = SL_MORE;

	for (unsigned i = 0; i < STEPS && fetch->room > 0 && r == SL_MORE; i++) {
		if (p->courier == NULL || !sl_ipc_has_room(p->courier->ipc)) {	/* it waits for its disk: we do not wait for it */
			sl_timer_set(&fetch->timer, AGAIN_MS);
			return;
		}
		r = sl_vault_reader_step(fetch->reader);
	}
	if (r != SL_MORE) {
		sl_vault_reader_free(&fetch->reader);
		say_fetched(p, fetch->number, r, sl_slice(NULL, 0));
	} else if (fetch->room > 0) {
		sl_timer_soon(&fetch->timer);
	}
	if (p->courier != NULL && p->courier->failed != 0)
		client_end(p->courier);
}

/* Only what is being released: the courier cannot read anything else. */
static int
fetch_begin(struct process *p, const struct sl_courier_fetch *asked)
{
	enum sl_vault_state state;

	if (sl_vault_state(p->vault, asked->tenant, asked->ref.ptr, &state) != 0 || state == SL_VAULT_HELD)
		return SL_ERR_NOT_FOUND;
	for (size_t i = 0; i < FETCHES_MAX; i++) {
		struct fetch *fetch = &p->fetches[i];
		int r;

		if (fetch->reader != NULL)
			continue;
		r = sl_vault_reader_new(p->vault, asked->tenant, asked->ref.ptr, on_piece, fetch, &fetch->reader);
		if (r != 0)
			return r;
		sl_vault_reader_stepwise(fetch->reader);
		fetch->number = asked->number;
		fetch->room = asked->room;
		sl_timer_soon(&fetch->timer);
		return 0;
	}
	return SL_ERR_BUSY;
}

static bool
on_fetch(struct process *p, struct sl_slice payload)
{
	struct sl_courier_fetch asked;
	int r;

	if (sl_courier_unpack_fetch(payload, &asked) != 0)
		return false;
	if (asked.ref.len > 0) {
		r = fetch_begin(p, &asked);
		if (r != 0)
			say_fetched(p, asked.number, r, sl_slice(NULL, 0));
		return true;
	}
	for (size_t i = 0; i < FETCHES_MAX; i++) {
		struct fetch *fetch = &p->fetches[i];

		if (fetch->reader == NULL || fetch->number != asked.number)
			continue;
		fetch->room += asked.room;
		if (asked.room == 0) {
			sl_vault_reader_free(&fetch->reader);
			sl_timer_clear(&fetch->timer);
		} else {
			sl_timer_soon(&fetch->timer);
		}
	}
	return true;
}

bool
release_message(struct client *client, const struct sl_ipc_message *message)
{
	struct process *p = client->process;

	if (p->courier != client)
		return true;		/* the one before: what it says is over */
	if (message->type == SL_IPC_SUBMITTED)
		return on_submitted(p, message->payload);
	if (message->type == SL_IPC_SETTLED)
		return on_settled(p, message->payload);
	return message->type == SL_IPC_FETCH && on_fetch(p, message->payload);
}

/* ---- life ---- */

void
release_init(struct process *p)
{
	p->offers_end = &p->offers;
	sl_timer_init(&p->offering, p->loop, on_offering, p);
	for (size_t i = 0; i < FETCHES_MAX; i++) {
		p->fetches[i].process = p;
		sl_timer_init(&p->fetches[i].timer, p->loop, on_fetching, &p->fetches[i]);
	}
}

void
release_fini(struct process *p)
{
	courier_forget(p);
	while (p->offers != NULL) {
		struct offer *next = p->offers->next;

		sl_free(p->offers);
		p->offers = next;
	}
	p->offers_end = &p->offers;
}
