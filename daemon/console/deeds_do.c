/* deeds_do.c - see deeds.h: what the vault knows of the message, what the policy says, and the deed itself */

#include "deeds_i.h"

#include <stdio.h>

#include "console.h"
#include "sl/log.h"
#include "store/lists.h"

#define TRIES_MAX	30u		/* of what fails with an error that may pass: some 20 minutes */
#define LOST_MS		(300u * 1000)	/* the vault is asked again about a release of which nothing was heard */

/* ---- who asks ---- */

void
deed_reader(struct deed *deed)
{
	const struct sl_compile_options options = { .store = deed->deeds->options.console->store };
	struct sl_policy_effective *effective;
	struct sl_store_mailbox mailbox;
	struct sl_compile *compile;
	struct sl_node node = { SL_LEVEL_TENANT, deed->tenant };
	struct rights rights;

	if (deed->language[0] != '\0')
		return;
	if (sl_store_mailbox(deed->deeds->options.console->store, sl_slice_str(deed->mailbox), &mailbox) == 0 &&
	    mailbox.tenant == deed->tenant)
		node = mailbox.node;
	compile = sl_compile_new(&options);
	effective = sl_xzalloc(sizeof(*effective));
	if (rights_at(compile, node, effective, &rights) == 0) {
		snprintf(deed->language, sizeof(deed->language), "%s", rights.language);
		snprintf(deed->zone, sizeof(deed->zone), "%s", rights.zone);
		snprintf(deed->brand, sizeof(deed->brand), "%s", rights.brand);
	}
	sl_free(effective);
	sl_compile_free(&compile);
}

/* ---- the message ---- */

struct looking {
	struct deed			*deed;
	struct sl_compile		*compile;
	struct sl_policy_effective	*effective;
	const struct kept_mail		*mail;
	bool				 others;
};

/* One recipient: is he who asks, or one whose digests he gets? */
static void
look_at(struct looking *l, struct sl_slice recipient)
{
	struct deed *deed = l->deed;
	struct sl_store_mailbox mailbox;
	char bound[SL_DIGEST_MAILBOX_MAX + 1];
	struct rights rights;
	bool is_his;

	if (sl_store_mailbox(deed->deeds->options.console->store, recipient, &mailbox) != 0 || mailbox.tenant != deed->tenant ||
	    !sl_digest_mailbox(sl_slice_str(mailbox.text), bound) || rights_at(l->compile, mailbox.node, l->effective, &rights) != 0) {
		l->others = true;
		return;
	}
	is_his = strcmp(bound, deed->mailbox) == 0;
	if (!is_his && !rights_reads_all(&rights, deed->mailbox)) {
		l->others = true;
		return;
	}
	deed->may |= rights_verbs(&rights, l->mail->cause, is_his && !rights_reads_all(&rights, deed->mailbox),
	    mailbox.node.level == SL_LEVEL_USER);
	if (deed->recipients.len == 0)
		sl_courier_text_add(&deed->recipients, sl_slice_str(deed->mailbox));	/* the release's name */
	sl_courier_text_add(&deed->recipients, recipient);
}

static char *
text_of(struct sl_slice text)
{
	return sl_xmemdup(text.len > 0 ? text.ptr : (const unsigned char *)"", SL_MIN(text.len, (size_t)SL_DEED_TEXT_MAX));
}

/* Of a message for many it comes several times, with others of them. */
static void
on_entry(void *ctx, const struct sl_kept_entry *entry)
{
	struct deed *deed = ctx;
	const struct sl_compile_options options = { .store = deed->deeds->options.console->store };
	struct sl_slice items, recipient;
	struct kept_mail mail;
	struct looking l = { .deed = deed, .mail = &mail };

	deed->found = true;
	deed->opens = kept_mail_read(entry, &mail);
	if (!deed->opens)
		return;
	deed->held = mail.is_held;
	sl_free(deed->author);
	sl_free(deed->subject);
	sl_free(deed->sender);
	deed->author = text_of(mail.address);
	deed->subject = text_of(mail.subject);
	deed->sender = text_of(mail.sender);
	l.compile = sl_compile_new(&options);
	l.effective = sl_xzalloc(sizeof(*l.effective));
	items = mail.items;
	while (kept_mail_recipient(&items, &recipient))
		look_at(&l, recipient);
	deed->others |= l.others;
	sl_free(l.effective);
	sl_compile_free(&l.compile);
}

/* ---- doing it ---- */

void
deed_token(const struct deed *deed, char out[SL_COURIER_PART_TOKEN + 1])
{
	sl_courier_part_token(deed->message, sl_slice_str(deed->mailbox), out);
}

static void
fails(struct deed *deed, int result)
{
	if (deed->tries < TRIES_MAX || result == SL_ERR_CLOSED || result == SL_ERR_TIMEOUT) {
		deed_again(deed);
		return;
	}
	sl_log(SL_LOG_ERROR, "what was asked for by mail cannot be done: %s", sl_strerror(result));
	deed_end(deed, SL_DIGEST_OUTCOME_FAULT, sl_slice("", 0));
}

/* The vault has passed it to the courier, or says why not. */
static void
on_released(void *ctx, const struct ways_end *end)
{
	struct deed *deed = ctx;

	deed->busy = false;
	if (deed->step != STEP_LOOK)
		return;			/* the courier was faster */
	if (end->result != SL_DONE)
		fails(deed, end->result);
	else if (end->kept == SL_DONE)
		deed_end(deed, SL_DIGEST_OUTCOME_DONE, sl_slice("", 0));	/* by somebody else, for all of them */
	else if (end->kept == SL_ERR_NOT_FOUND)
		deed_end(deed, SL_DIGEST_OUTCOME_FORBIDDEN, sl_slice("", 0));
	else if (end->kept == SL_ERR_LOCKED)
		deed_end(deed, SL_DIGEST_OUTCOME_LOCKED, sl_slice("", 0));
	else if (end->kept != 0)
		fails(deed, end->kept);
	else {
		deed->step = STEP_WAIT;
		deed->tries = 0;
		sl_timer_set(&deed->timer, LOST_MS);
	}
}

static void
on_deleted(void *ctx, const struct ways_end *end)
{
	struct deed *deed = ctx;

	deed->busy = false;
	if (end->result != SL_DONE)
		fails(deed, end->result);
	else
		deed_end(deed, end->count > 0 ? SL_DIGEST_OUTCOME_DONE : SL_DIGEST_OUTCOME_GONE, sl_slice("", 0));
}

static void
ask(struct deed *deed, enum sl_ipc_type type, ways_over *over)
{
	struct sl_kept_choice choice = { .tenant = sl_slice_str(deed->name), .ids = sl_slice(deed->message, sizeof(deed->message)),
		.by = sl_slice_str(deed->mailbox), .note = SL_SLICE_LIT("asked for by mail") };
	struct sl_buf payload;

	if (type == SL_IPC_KEPT_RELEASE)
		choice.recipients = sl_buf_slice(&deed->recipients);
	sl_buf_init(&payload, 60u << 10);
	sl_kept_pack_choice(&choice, &payload);
	deed->busy = !payload.overflow && ways_ask(deed->deeds->options.ways, type, sl_buf_slice(&payload), NULL, over, deed);
	sl_buf_fini(&payload);
	if (!deed->busy)
		fails(deed, SL_ERR_FULL);
}

/* An entry in the list of who asks. */
static void
say_sender(struct deed *deed, enum sl_entry_kind kind)
{
	const struct sl_actor actor = { sl_slice_str(deed->mailbox), SL_SLICE_LIT("asked for by mail") };
	struct console *console = deed->deeds->options.console;
	struct sl_store_entry entry = { .kind = kind, .value = sl_slice_str(deed->author), .note = SL_SLICE_LIT("by mail") };
	struct sl_store_mailbox mailbox;
	int r = sl_store_mailbox(console->store, sl_slice_str(deed->mailbox), &mailbox);

	if (r == 0 && mailbox.node.level != SL_LEVEL_USER)
		r = SL_ERR_NOT_FOUND;
	if (r == 0)
		r = sl_store_list_add(console->store, &actor, mailbox.node, &entry, 1, NULL);
	if (r == SL_ERR_NOT_FOUND)
		deed_end(deed, SL_DIGEST_OUTCOME_FORBIDDEN, sl_slice("", 0));
	else if (r == SL_ERR_SYNTAX || r == SL_ERR_TOO_LONG)
		deed_end(deed, SL_DIGEST_OUTCOME_FAULT, sl_slice("", 0));	/* its author is no address */
	else if (r != 0)
		fails(deed, r);
	else
		deed_end(deed, SL_DIGEST_OUTCOME_DONE, sl_slice("", 0));
	if (r == 0)
		console_changed(console);
}

static void
act(struct deed *deed)
{
	switch (deed->verb) {
	case SL_DIGEST_RELEASE:
		ask(deed, SL_IPC_KEPT_RELEASE, on_released);
		return;
	case SL_DIGEST_DELETE:
		if (!deed->held)
			deed_end(deed, SL_DIGEST_OUTCOME_GONE, sl_slice("", 0));
		else if (!deed->others && deed->recipients.len > 0)
			ask(deed, SL_IPC_KEPT_DELETE, on_deleted);
		else		/* the others keep it: it is on none of his lists any more */
			deed_end(deed, SL_DIGEST_OUTCOME_DONE, sl_slice("", 0));
		return;
	case SL_DIGEST_ALLOW:
		say_sender(deed, SL_ENTRY_ALLOW);
		return;
	case SL_DIGEST_DENY:
		say_sender(deed, SL_ENTRY_DENY);
		return;
	case SL_DIGEST_REPORT:
		lesson_begin(deed);
		return;
	case SL_DIGEST_REQUEST:
	case SL_DIGEST_VERB_COUNT:
		break;
	}
	SL_UNREACHABLE("not about a message");
}

static void
on_looked(void *ctx, const struct ways_end *end)
{
	struct deed *deed = ctx;

	deed->busy = false;
	if (deed->step != STEP_LOOK)
		return;
	if (end->result == SL_ERR_NOT_FOUND)
		deed_end(deed, SL_DIGEST_OUTCOME_GONE, sl_slice("", 0));
	else if (end->result == SL_ERR_LOCKED || (end->result == SL_DONE && deed->found && !deed->opens))
		deed_end(deed, SL_DIGEST_OUTCOME_LOCKED, sl_slice("", 0));
	else if (end->result != SL_DONE || !deed->found)
		fails(deed, end->result != SL_DONE ? end->result : SL_ERR_SYSTEM);
	else if ((deed->may & 1u << deed->verb) == 0)
		deed_end(deed, SL_DIGEST_OUTCOME_FORBIDDEN, sl_slice("", 0));
	else
		act(deed);
}

static bool
ask_one(struct ways *ways, const char *tenant, const unsigned char *id, ways_entry *entry, ways_over *over, void *ctx)
{
	struct sl_kept_query query = { .tenant = sl_slice_str(tenant), .id = sl_slice(id, SL_KEPT_ID_BYTES), .limit = 1, .everybody = true };
	struct sl_buf payload;
	bool asked;

	sl_buf_init(&payload, 4096);
	sl_kept_pack_query(&query, &payload);
	asked = ways_ask(ways, SL_IPC_KEPT_LIST, sl_buf_slice(&payload), entry, over, ctx);
	sl_buf_fini(&payload);
	return asked;
}

void
deed_look(struct deed *deed)
{
	if (deed->busy)
		return;
	deed->found = deed->opens = deed->held = deed->others = false;
	deed->may = 0;
	sl_buf_reset(&deed->recipients);
	deed->busy = ask_one(deed->deeds->options.ways, deed->name, deed->message, on_entry, on_looked, deed);
	if (!deed->busy)
		deed_again(deed);
}

/* ---- do all have it? ---- */

static int
on_release(void *ctx, const struct sl_deed *deed)
{
	bool *has = ctx;

	*has |= deed->verb == SL_DIGEST_RELEASE && deed->state != SL_DEED_OPEN && deed->outcome == SL_DIGEST_OUTCOME_DONE;
	return 0;
}

static void
on_sweep_entry(void *ctx, const struct sl_kept_entry *entry)
{
	struct sweep *sweep = ctx;
	struct sl_store *store = sweep->deeds->options.console->store;
	struct sl_slice items, recipient;
	struct sl_store_mailbox mailbox;
	struct kept_mail mail;

	sweep->any = true;
	sweep->all &= kept_mail_read(entry, &mail) && mail.is_held;
	items = mail.items;
	while (sweep->all && kept_mail_recipient(&items, &recipient)) {
		char bound[SL_DIGEST_MAILBOX_MAX + 1];
		bool has = false;

		sweep->all = sl_store_mailbox(store, recipient, &mailbox) == 0 && sl_digest_mailbox(sl_slice_str(mailbox.text), bound) &&
		    sl_store_deeds_of(store, sweep->tenant, sweep->message, sl_slice_str(bound), on_release, &has) >= 0 && has;
	}
}

void
sweep_free(struct sweep *sweep)
{
	struct sweep **at = &sweep->deeds->sweeps;

	while (*at != sweep)
		at = &(*at)->next;
	*at = sweep->next;
	ways_forget(sweep->deeds->options.ways, sweep);
	sl_free(sweep);
}

static void
on_marked(void *ctx, const struct ways_end *end)
{
	sweep_free(ctx);
}

/* A release to all is one to nobody then: the courier leaves out who has it, and the vault marks it. */
static void
on_swept(void *ctx, const struct ways_end *end)
{
	struct sweep *sweep = ctx;
	struct sl_kept_choice choice = { .tenant = sl_slice_str(sweep->name), .ids = sl_slice(sweep->message, sizeof(sweep->message)),
		.by = SL_SLICE_LIT("console"), .note = SL_SLICE_LIT("all of its recipients have released it") };
	struct sl_buf payload;
	bool asked = false;

	sl_buf_init(&payload, 4096);
	sl_kept_pack_choice(&choice, &payload);
	if (end->result == SL_DONE && sweep->any && sweep->all)
		asked = ways_ask(sweep->deeds->options.ways, SL_IPC_KEPT_RELEASE, sl_buf_slice(&payload), NULL, on_marked, sweep);
	sl_buf_fini(&payload);
	if (!asked)
		sweep_free(sweep);
}

void
deed_delivered(const struct deed *deed)
{
	struct sweep *sweep = sl_xzalloc(sizeof(*sweep));

	sweep->deeds = deed->deeds;
	sweep->all = true;
	sweep->tenant = deed->tenant;
	memcpy(sweep->message, deed->message, sizeof(sweep->message));
	snprintf(sweep->name, sizeof(sweep->name), "%s", deed->name);
	sweep->next = deed->deeds->sweeps;
	deed->deeds->sweeps = sweep;
	if (!ask_one(deed->deeds->options.ways, sweep->name, sweep->message, on_sweep_entry, on_swept, sweep))
		sweep_free(sweep);
}
