/* clients.c - who speaks to the courier: the vault, submitters, readers of the queue; see process.h */

#include "process.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sl/log.h"

#define STALL_MS	600000u	/* of who takes nothing of what he is told */
#define MAIL_MAX	(16u << 20)	/* bytes of what is submitted with its bytes */

static void	on_channel(void *ctx, unsigned events);

/* ---- what is said ---- */

/* Nobody waits for one that reads slowly: it goes out as he takes it. Who is not told something is told nothing more, and let go. */
void
client_say(struct client *client, enum sl_ipc_type type, const struct sl_buf *payload)
{
	if (client->failed != 0)
		return;
	if (sl_ipc_post(client->ipc, type, sl_buf_slice(payload), NULL, 0) != 0) {
		client->failed = SL_ERR_CLOSED;
		sl_watch_again(&client->watch, SL_READ);	/* it ends from there: somebody may be looking at it here */
	} else if (sl_ipc_pending(client->ipc) > 0) {
		sl_watch_want(&client->watch, SL_READ | SL_WRITE);
		if (!sl_timer_is_set(&client->stall))
			sl_timer_set(&client->stall, STALL_MS);
	}
}

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
	}
}

static void
on_stall(void *ctx)
{
	sl_log(SL_LOG_WARNING, "somebody does not take what the courier says, and is let go");
	client_end(ctx);
}

/* ---- life ---- */

void
client_new(struct process *p, uint32_t who, int fd)
{
	static const uint64_t may[] = {
		[SL_COURIER_VAULT] = SL_IPC_BIT(SUBMIT) | SL_IPC_BIT(SETTLED_SEEN) | SL_IPC_BIT(FETCHED),
		[SL_COURIER_CONTROL] = SL_IPC_BIT(QUEUE_ASK),
		[SL_COURIER_SUBMITTER] = SL_IPC_BIT(SUBMIT) | SL_IPC_BIT(SETTLED_SEEN) | SL_IPC_BIT(QUEUE_ASK),
	};
	struct client **one = who == SL_COURIER_VAULT ? &p->vault : &p->submitter;

	if (who != SL_COURIER_CONTROL && *one != NULL)
		client_end(*one);	/* the one before */
	for (size_t i = 0; i < CLIENTS_MAX && who < SL_COUNT(may); i++) {
		struct client *client = &p->clients[i];

		if (client->ipc != NULL)
			continue;
		*client = (struct client){ .process = p, .who = who };
		client->ipc = sl_ipc_new(fd, may[who]);
		sl_timer_init(&client->stall, p->loop, on_stall, client);
		sl_watch_init(&client->watch, p->loop, fd, on_channel, client);
		sl_watch_want(&client->watch, SL_READ);
		if (who != SL_COURIER_CONTROL) {
			*one = client;
			clients_settle(p);
		}
		sl_timer_set(&p->due, 0);
		return;
	}
	sl_log(SL_LOG_ERROR, "too many want to speak to the courier");
	close(fd);
}

void
client_end(struct client *client)
{
	struct process *p = client->process;

	if (client->ipc == NULL)
		return;
	sl_timer_clear(&client->stall);
	sl_watch_fini(&client->watch);
	sl_ipc_free(&client->ipc);
	if (p->vault == client) {
		p->vault = NULL;
		attempts_vault_gone(p);
		sl_timer_set(&p->vault_again, 1000);	/* if it died, its successor comes by itself */
	}
	if (p->submitter == client)
		p->submitter = NULL;
}

void
clients_forget(struct process *p)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		client_end(&p->clients[i]);
}

/* ---- what is finished ---- */

static bool
is_told(const struct told *told, int64_t id)
{
	for (size_t i = 0; i < told->len; i++)
		if (told->ids[i] == id)
			return true;
	return false;
}

/* The recipient whose reply says most: one that was not taken, else the first. */
static const struct sl_queue_rcpt *
telling_rcpt(const struct sl_queue_entry *e)
{
	for (size_t i = 0; i < e->rcpts_len; i++)
		if (e->rcpts[i].state != SL_QUEUE_RCPT_TAKEN)
			return &e->rcpts[i];
	return &e->rcpts[0];
}

static void
tell_settled(struct client *client, const struct sl_queue_entry *e)
{
	const struct sl_queue_rcpt *rcpt = telling_rcpt(e);
	struct sl_courier_settled settled = { .token = e->token, .tenant = e->tenant, .purpose = (uint32_t)e->purpose,
		.state = (uint32_t)e->state, .code = (uint32_t)rcpt->code, .uncertain = e->uncertain, .reply = rcpt->reply };
	struct sl_buf payload;

	if (e->has_ref)
		settled.ref = sl_slice(e->ref, sizeof(e->ref));
	sl_buf_init(&payload, 4096);
	sl_courier_pack_settled(&settled, &payload);
	client_say(client, SL_IPC_SETTLED, &payload);
	sl_buf_fini(&payload);
}

static void
settle_with(struct process *p, struct client *client, bool releases)
{
	const struct sl_queue_entry *e;
	int64_t after = 0;
	int r = SL_DONE;

	while (client->failed == 0 && client->told.len < TOLD_MAX &&
	    (r = sl_queue_finished_after(p->queue, releases, after, &e)) == SL_DONE) {
		after = e->id;
		if (is_told(&client->told, e->id))
			continue;
		client->told.ids[client->told.len++] = e->id;
		tell_settled(client, e);
	}
	if (r < 0)
		queue_broken(p, "cannot see what is finished");
}

void
clients_settle(struct process *p)
{
	if (p->vault != NULL)
		settle_with(p, p->vault, true);
	if (p->submitter != NULL)
		settle_with(p, p->submitter, false);
}

/* ---- SUBMIT ---- */

static int
read_bytes(int fd, uint64_t len, struct sl_buf *out)
{
	unsigned char piece[65536];
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || len > MAIL_MAX)
		return SL_ERR_SYNTAX;	/* what could make us wait */
	while (out->len < len) {
		ssize_t n = pread(fd, piece, (size_t)SL_MIN((uint64_t)sizeof(piece), len - out->len), (off_t)out->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? SL_ERR_TRUNCATED : SL_ERR_SYSTEM;
		sl_buf_add(out, piece, (size_t)n);
	}
	return out->overflow ? SL_ERR_FULL : 0;
}

static struct sl_queue_release
release_of(const struct process *p, const struct sl_courier_mail *mail)
{
	const struct sl_courier_release *r = &mail->release;

	return (struct sl_queue_release){ .asked_us = now_us(p), .received_us = r->received_us, .bytes = mail->bytes,
		.flags = mail->flags, .by = r->by, .note = r->note, .category = r->category, .verdict = r->verdict,
		.policy = r->policy, .reason = r->reason, .probability = r->probability, .client = r->client, .helo = r->helo,
		.trace = r->trace };
}

/* Into the queue, with what is known of it, as one. */
static int
add(struct process *p, const struct sl_courier_mail *mail, const struct sl_queue_new *new, bool *added_out)
{
	struct sl_queue_release release = release_of(p, mail);
	int64_t id;
	int r = sl_queue_begin(p->queue);

	if (r != 0)
		return r;
	r = sl_queue_add(p->queue, new, &id, added_out);
	if (r == 0 && *added_out && mail->ref.len > 0)
		r = sl_queue_release_add(p->queue, id, mail->tenant, &release);
	if (r == 0)
		return sl_queue_commit(p->queue);
	sl_queue_rollback(p->queue);
	return r;
}

/* A release that came to nothing, and is asked for again: a new entry, for those who have not got it. */
static int
add_again(struct process *p, const struct sl_courier_mail *mail, struct sl_queue_new *new, const struct sl_queue_entry *e)
{
	struct sl_slice *left = sl_xmalloc(new->recipients_len * sizeof(*left));
	size_t len = 0;
	bool added;
	int r;

	for (size_t i = 0; i < new->recipients_len; i++) {
		bool taken = false;

		for (size_t n = 0; n < e->rcpts_len && !taken; n++)
			taken = e->rcpts[n].state == SL_QUEUE_RCPT_TAKEN && sl_slice_eq(e->rcpts[n].mailbox, new->recipients[i]);
		if (!taken)
			left[len++] = new->recipients[i];
	}
	new->recipients = left;
	new->recipients_len = len;
	r = len == 0 ? SL_ERR_SYNTAX : sl_queue_retoken(p->queue, e->id);
	if (r == 0)
		r = add(p, mail, new, &added);
	sl_free(left);
	return r;
}

/* Its token is known. */
static int
take_known(struct process *p, struct client *client, const struct sl_courier_mail *mail, struct sl_queue_new *new)
{
	const struct sl_queue_entry *e;
	int r = sl_queue_find(p->queue, mail->token, &e);

	if (r != 0 || mail->ref.len == 0)
		return r;
	if (e->state < SL_QUEUE_DELIVERED)
		return mail->release.by.len == 0 ? 0 : sl_queue_release_asker(p->queue, e->id, mail->release.by, mail->release.note);
	if (e->state == SL_QUEUE_DELIVERED) {
		if (e->purpose == SL_QUEUE_RELEASE)
			tell_settled(client, e);	/* it has been delivered: whoever marks such things does not know that */
		else if (p->submitter != NULL)
			tell_settled(p->submitter, e);
		return 0;
	}
	/* Not before the vault has said that it knows: then it cannot take that for the end of this. */
	return e->settled ? add_again(p, mail, new, e) : SL_ERR_BUSY;
}

static bool
is_release(uint32_t purpose)
{
	return purpose == SL_QUEUE_RELEASE || purpose == SL_QUEUE_RELEASE_PART;
}

/* Of a release: without those that have it, or will have, by another one of the same message. */
static int
leave_out(struct process *p, struct sl_queue_new *new, struct sl_slice *recipients)
{
	size_t len = 0;

	for (size_t i = 0; i < new->recipients_len; i++) {
		int r = sl_queue_release_has(p->queue, new->ref, new->token, recipients[i]);

		if (r < 0)
			return r;
		if (r == SL_MORE)
			recipients[len++] = recipients[i];
	}
	new->recipients_len = len;
	return 0;
}

/* Nobody is left: it is done, as whoever waits for the end of it hears at once. */
static void
tell_done_before(struct process *p, struct client *client, const struct sl_courier_mail *mail)
{
	const struct sl_courier_settled settled = { .token = mail->token, .tenant = mail->tenant, .ref = mail->ref,
		.purpose = mail->purpose, .state = SL_QUEUE_DELIVERED, .reply = SL_SLICE_LIT("it had been released before") };
	struct client *owner = mail->purpose == SL_QUEUE_RELEASE ? client : p->submitter;
	struct sl_buf payload;

	if (owner == NULL)
		return;		/* he asks again when he comes */
	sl_buf_init(&payload, 4096);
	sl_courier_pack_settled(&settled, &payload);
	client_say(owner, SL_IPC_SETTLED, &payload);
	sl_buf_fini(&payload);
}

static int
take(struct process *p, struct client *client, const struct sl_courier_mail *mail, int fd, bool *known_out)
{
	struct sl_queue_new new = { .token = mail->token, .purpose = (enum sl_queue_purpose)mail->purpose, .tenant = mail->tenant,
		.sender = mail->sender, .message_id = mail->message_id, .ref = mail->ref.len > 0 ? mail->ref.ptr : NULL,
		.now_us = now_us(p), .first_us = mail->first_us };
	struct sl_slice *recipients = sl_xmalloc(SL_COURIER_RECIPIENTS_MAX * sizeof(*recipients)), rest = mail->recipients;
	struct sl_buf bytes;
	bool added = false;
	int r = 0;

	new.recipients = recipients;
	while (new.recipients_len < SL_COURIER_RECIPIENTS_MAX && sl_courier_text_next(&rest, &recipients[new.recipients_len]))
		new.recipients_len++;
	sl_buf_init(&bytes, MAIL_MAX + 1);
	if (new.ref == NULL)
		r = fd < 0 ? SL_ERR_SYNTAX : read_bytes(fd, mail->bytes, &bytes);
	else
		r = leave_out(p, &new, recipients);
	new.bytes = sl_buf_slice(&bytes);
	*known_out = false;
	if (r == 0 && new.recipients_len == 0) {
		tell_done_before(p, client, mail);
	} else if (r == 0) {
		r = add(p, mail, &new, &added);
		*known_out = r == 0 && !added;
		if (*known_out)
			r = take_known(p, client, mail, &new);
	}
	sl_buf_fini(&bytes);
	sl_free(recipients);
	return r;
}

static void
on_submit(struct client *client, struct sl_ipc_message *message)
{
	struct process *p = client->process;
	struct sl_courier_token answer = { .result = 0 };
	bool is_vault = client->who == SL_COURIER_VAULT;
	struct sl_courier_mail mail;
	struct sl_buf payload;

	if (sl_courier_unpack_mail(message->payload, &mail) != 0 || (mail.ref.len > 0) != is_vault ||
	    is_release(mail.purpose) != is_vault || mail.purpose < SL_QUEUE_RELEASE || mail.purpose > SL_QUEUE_RELEASE_PART) {
		client->failed = SL_ERR_SYNTAX;
		return;
	}
	answer.token = mail.token;
	answer.result = take(p, client, &mail, message->fds_len > 0 ? message->fds[0] : -1, &answer.known);
	if (answer.result != 0)
		sl_log(SL_LOG_ERROR, "not taken into the queue: %s", answer.result == SL_ERR_SYSTEM ? sl_queue_error(p->queue)
		    : sl_strerror(answer.result));
	sl_buf_init(&payload, 256);
	sl_courier_pack_token(&answer, &payload);
	client_say(client, SL_IPC_SUBMITTED, &payload);
	sl_buf_fini(&payload);
	sl_timer_set(&p->due, 0);
	state_changed(p);
}

/* ---- SETTLED_SEEN ---- */

static void
on_seen(struct client *client, struct sl_slice payload)
{
	struct process *p = client->process;
	struct sl_courier_token token;
	const struct sl_queue_entry *e;
	int64_t id;

	if (sl_courier_unpack_token(payload, &token) != 0) {
		client->failed = SL_ERR_SYNTAX;
		return;
	}
	if (sl_queue_find(p->queue, token.token, &e) != 0 || e->state < SL_QUEUE_DELIVERED || e->settled)
		return;
	id = e->id;
	if (sl_queue_settle(p->queue, id, NULL) != 0) {
		queue_broken(p, "cannot settle");
		return;
	}
	for (size_t i = 0; i < client->told.len; i++)
		if (client->told.ids[i] == id)
			client->told.ids[i--] = client->told.ids[--client->told.len];
	clients_settle(p);
	state_changed(p);
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct client *client = ctx;
	bool good = true;

	if (client->process->failed)
		return;
	if (message->type == SL_IPC_SUBMIT)
		on_submit(client, message);
	else if (message->type == SL_IPC_SETTLED_SEEN)
		on_seen(client, message->payload);
	else if (message->type == SL_IPC_FETCHED)
		good = attempts_fetched(client->process, message->payload);
	else
		good = control_message(client, message->payload);
	if (!good)
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
	if (client->failed == SL_ERR_SYNTAX || r == SL_ERR_SYNTAX)
		sl_log(SL_LOG_ERROR, "somebody says to the courier what he may not");
	if (client->failed != 0 || r < 0)
		client_end(client);
}
