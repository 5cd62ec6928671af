/* commands.c - the sender's commands, in the order of a transaction; see session.h */

#include "session.h"

struct command {
	const char		*name;
	enum sl_smtp_verb	 verb;
	unsigned		 states;	/* may come in */
	/* Replies and returns false if it is refused; changes nothing. */
	bool			(*check)(struct session *s, struct sl_slice argument);
	/* Does it; returns the state to enter. */
	enum session_state	(*proceed)(struct session *s, struct sl_slice argument);
};

/* ---- EHLO, HELO ---- */

static bool
helo_check(struct session *s, struct sl_slice argument)
{
	if (sl_smtp_helo_ok(argument))
		return true;
	session_reply(s, 501, "5.5.4", "A host name or address literal is expected");
	return false;
}

static void
greet_by_name(struct session *s, struct sl_slice argument, bool esmtp)
{
	session_abort(s, "aborted");
	/* After STARTTLS the name is given again. */
	if (s->helo == NULL ? s->manners.helo_names == 0 : !sl_slice_ieq(sl_slice_str(s->helo), argument))
		s->manners.helo_names++;
	s->manners.must_wait = true;
	sl_free(s->helo);
	s->helo = sl_xmemdup(argument.ptr, argument.len);
	s->esmtp = esmtp;
}

static enum session_state
helo_proceed(struct session *s, struct sl_slice argument)
{
	greet_by_name(s, argument, false);
	session_reply(s, 250, NULL, "%s", session_settings(s)->hostname);
	return SESSION_READY;
}

static bool
offers_starttls(const struct session *s)
{
	return s->conn.ssl == NULL && s->listener->tls == SL_LISTENER_STARTTLS &&
	    s->listener_snapshot->server_tls != NULL;
}

/* Only what can be kept end to end whoever the tenant is (E4). */
static enum session_state
ehlo_proceed(struct session *s, struct sl_slice argument)
{
	const struct sl_settings *settings;

	greet_by_name(s, argument, true);
	settings = session_settings(s);
	/* SIZE is the largest of all tenants': which one it will be is not known yet. */
	session_reply(s, 250, NULL, "%s\nPIPELINING\nSIZE %llu\n8BITMIME\nSMTPUTF8\n%s%s",
	    settings->hostname, (unsigned long long)s->edge->snapshot->size_limit,
	    offers_starttls(s) ? "STARTTLS\n" : "", "ENHANCEDSTATUSCODES");
	return SESSION_READY;
}

/* ---- STARTTLS ---- */

static bool
no_argument(struct session *s, struct sl_slice argument)
{
	if (argument.len == 0)
		return true;
	session_reply(s, 501, "5.5.4", "No parameters are allowed here");
	return false;
}

static bool
starttls_check(struct session *s, struct sl_slice argument)
{
	if (!no_argument(s, argument))
		return false;
	if (offers_starttls(s))
		return true;
	if (s->conn.ssl != NULL)
		session_reply(s, 503, "5.5.1", "TLS is active already");
	else
		session_reply(s, 502, "5.5.1", "STARTTLS is not offered here");
	return false;
}

/* session.c answers 220 and begins TLS once it knows that nothing was sent ahead. */
static enum session_state
starttls_proceed(struct session *s, struct sl_slice argument)
{
	session_abort(s, "aborted");
	return SESSION_TLS;
}

/* ---- MAIL ---- */

static bool
mail_parse(struct session *s, struct sl_slice argument, struct sl_smtp_mail *mail)
{
	struct sl_smtp_status why;

	if (sl_smtp_mail_parse(argument, mail, &why) == 0)
		return true;
	session_reply(s, why.code, why.enhanced, "%s", why.text);
	return false;
}

static bool
param_is_known(struct sl_slice name)
{
	static const char *const known[] = { "SIZE", "BODY", "SMTPUTF8", "AUTH" };

	for (size_t i = 0; i < SL_COUNT(known); i++)
		if (sl_slice_ieq(name, sl_slice_str(known[i])))
			return true;
	return false;
}

static bool
mail_check(struct session *s, struct sl_slice argument)
{
	struct sl_smtp_mail mail;
	uint64_t limit = s->edge->snapshot->size_limit;

	if (s->helo == NULL) {
		session_reply(s, 503, "5.5.1", "Send EHLO or HELO first");
		return false;
	}
	if (s->messages >= session_settings(s)->limits.messages_per_session) {
		session_reply(s, 421, "4.7.0", "Too many messages in this session");
		return false;
	}
	if (!mail_parse(s, argument, &mail))
		return false;
	for (size_t i = 0; i < mail.params_len; i++) {
		if (!param_is_known(mail.params[i].name)) {
			session_reply(s, 555, "5.5.4", "Parameter " SL_SLICE_FMT " is not supported",
			    SL_SLICE_ARG(mail.params[i].name));
			return false;
		}
	}
	if (mail.has_body && mail.body == SL_SMTP_BODY_BINARYMIME) {
		session_reply(s, 555, "5.6.1", "BODY=BINARYMIME is not offered");
		return false;
	}
	if (mail.has_size && limit > 0 && mail.size_bytes > limit) {
		session_reply(s, 552, "5.3.4", "The message is larger than the limit of %llu bytes",
		    (unsigned long long)limit);
		return false;
	}
	return true;
}

static enum session_state
mail_proceed(struct session *s, struct sl_slice argument)
{
	struct sl_slice kept;
	struct sl_smtp_status why;

	transaction_new(s);
	kept = sl_arena_copy(&s->tx->arena, argument);
	SL_ASSERT(kept.ptr != NULL && sl_smtp_mail_parse(kept, &s->tx->mail, &why) == 0);
	authentication_begin(&s->tx->authentication);
	s->manners.mails++;
	session_reply(s, 250, "2.1.0", "Sender accepted");
	return SESSION_MAIL;
}

/* ---- RCPT ---- */

/* The tenant of a recipient; <postmaster> is whoever the transaction is for (RFC 5321, 4.5.1). */
static const struct sl_tenant *
recipient_tenant(const struct session *s, const struct sl_smtp_address *to)
{
	const struct sl_settings *settings = session_settings(s);

	if (to->domain.len > 0)
		return sl_settings_tenant(settings, to->domain);
	return s->tx->tenant != NULL ? s->tx->tenant : &settings->tenants[0];
}

static bool
rcpt_check(struct session *s, struct sl_slice argument)
{
	struct transaction *tx = s->tx;
	struct sl_smtp_rcpt rcpt;
	struct sl_smtp_status why;
	const struct sl_tenant *tenant;

	if (sl_smtp_rcpt_parse(argument, &rcpt, &why) != 0) {
		session_reply(s, why.code, why.enhanced, "%s", why.text);
		return false;
	}
	if (rcpt.params_len > 0) {
		session_reply(s, 555, "5.5.4", "Parameter " SL_SLICE_FMT " is not supported",
		    SL_SLICE_ARG(rcpt.params[0].name));
		return false;
	}
	if (tx->recipients_len >= session_settings(s)->limits.recipients) {
		session_reply(s, 452, "4.5.3", "Too many recipients, send the others separately");
		return false;
	}
	tenant = recipient_tenant(s, &rcpt.to);
	if (tenant == NULL) {
		s->edge->stats->recipients_refused++;
		session_reply(s, 550, "5.7.1", "Relaying denied: no mail for this domain here");
		return false;
	}
	if (rcpt.to.is_utf8 && !tx->mail.smtputf8) {
		session_reply(s, 553, "5.6.7", "This address needs SMTPUTF8");
		return false;
	}
	if (tx->mail.has_size && tenant->message_max_bytes > 0 &&
	    tx->mail.size_bytes > tenant->message_max_bytes) {
		session_reply(s, 552, "5.3.4", "The message is larger than the limit of %llu bytes",
		    (unsigned long long)tenant->message_max_bytes);
		return false;
	}
	if (tx->tenant != NULL && tenant != tx->tenant) {
		session_reply(s, 451, "4.5.3", "Send this recipient in a separate transaction");
		return false;
	}
	return true;
}

/* The connection to the next hop is opened now, and its answer is the answer. */
static enum session_state
rcpt_proceed(struct session *s, struct sl_slice argument)
{
	struct transaction *tx = s->tx;
	struct recipient *asking = sl_arena_alloc(&tx->arena, sizeof(*asking));
	struct sl_slice kept = sl_arena_copy(&tx->arena, argument);
	struct sl_smtp_rcpt rcpt;
	struct sl_smtp_status why;

	if (asking == NULL || kept.ptr == NULL ||
	    sl_smtp_rcpt_parse(kept, &rcpt, &why) != 0) {
		session_reply(s, 452, "4.3.1", "No memory left for this transaction");
		return s->state;
	}
	asking->mailbox = rcpt.to.mailbox;
	if (tx->tenant == NULL)
		tx->tenant = recipient_tenant(s, &rcpt.to);
	if (tx->recipients_tried++ == 0) {
		s->edge->stats->transactions++;
		authentication_tenant(&tx->authentication, tx->tenant);
	}
	tx->asking = asking;
	if (delivery_rcpt(&tx->delivery, tx->tenant, &tx->mail, asking->mailbox) != 0) {
		session_reply(s, 452, "4.3.1", "No memory left for this transaction");
		return s->state;
	}
	return SESSION_AWAIT_RCPT;
}

void
session_on_rcpt(struct session *s, const struct answer *answer)
{
	struct transaction *tx = s->tx;

	SL_ASSERT(s->state == SESSION_AWAIT_RCPT);
	if (answer_is_positive(answer)) {
		tx->asking->next = tx->recipients;
		tx->recipients = tx->asking;
		tx->recipients_len++;
		if (tx->rcpt_us == 0)
			tx->rcpt_us = sl_loop_now_us(s->edge->loop);
	} else {
		s->edge->stats->recipients_refused++;
		tx->answer = *answer;		/* for the record, if it comes to nothing */
	}
	tx->asking = NULL;
	if (answer->code >= 500 && answer->from_hop)
		memory_refused_recipient(s);
	session_enter(s, tx->recipients_len > 0 ? SESSION_RCPT : SESSION_MAIL);
	session_reply_answer(s, answer);
	if (answer->code >= 500)
		session_fault(s);
	session_resume(s);
}

/* ---- DATA ---- */

static bool
data_check(struct session *s, struct sl_slice argument)
{
	return no_argument(s, argument);
}

static enum session_state
data_proceed(struct session *s, struct sl_slice argument)
{
	s->manners.must_wait = true;
	return transfer_begin(s);
}

/* ---- the others ---- */

static enum session_state
rset_proceed(struct session *s, struct sl_slice argument)
{
	session_abort(s, "aborted");
	session_reply(s, 250, "2.0.0", "Ok");
	return SESSION_READY;
}

static bool
anything(struct session *s, struct sl_slice argument)
{
	return true;
}

static enum session_state
noop_proceed(struct session *s, struct sl_slice argument)
{
	session_reply(s, 250, "2.0.0", "Ok");
	return s->state;
}

static enum session_state
vrfy_proceed(struct session *s, struct sl_slice argument)
{
	session_reply(s, 252, "2.5.0", "Cannot verify, but will try to deliver");
	return s->state;
}

static enum session_state
help_proceed(struct session *s, struct sl_slice argument)
{
	session_reply(s, 214, "2.0.0", "See RFC 5321");
	return s->state;
}

/* Known, and not done here. */
static enum session_state
unavailable_proceed(struct session *s, struct sl_slice argument)
{
	session_reply(s, 502, "5.5.1", "Command not implemented");
	return s->state;
}

/* Closing at once is safe: a sender that has quit sends nothing more that a reset could answer. */
static enum session_state
quit_proceed(struct session *s, struct sl_slice argument)
{
	session_abort(s, "aborted");
	s->manners.quit = true;
	session_reply(s, 221, "2.0.0", "%s closing", session_settings(s)->hostname);
	sl_conn_flush(&s->conn);
	if (sl_conn_pending(&s->conn) == 0)
		session_end(s);
	else
		session_close(s);
	return s->state;
}

static const struct command commands[] = {	/* in the order of a transaction */
	/* name		verb		    may come in		refuses it	does it */
	{ "EHLO",	SL_SMTP_EHLO,	    IN_COMMANDS,	helo_check,	ehlo_proceed },
	{ "HELO",	SL_SMTP_HELO,	    IN_COMMANDS,	helo_check,	helo_proceed },
	{ "STARTTLS",	SL_SMTP_STARTTLS,   IN_COMMANDS,	starttls_check,	starttls_proceed },
	{ "MAIL",	SL_SMTP_MAIL,	    IN(READY),		mail_check,	mail_proceed },
	{ "RCPT",	SL_SMTP_RCPT,	    IN(MAIL) | IN(RCPT), rcpt_check,	rcpt_proceed },
	{ "DATA",	SL_SMTP_DATA,	    IN(RCPT),		data_check,	data_proceed },
	{ "RSET",	SL_SMTP_RSET,	    IN_COMMANDS,	no_argument,	rset_proceed },
	{ "NOOP",	SL_SMTP_NOOP,	    IN_COMMANDS,	anything,	noop_proceed },
	{ "VRFY",	SL_SMTP_VRFY,	    IN_COMMANDS,	anything,	vrfy_proceed },
	{ "HELP",	SL_SMTP_HELP,	    IN_COMMANDS,	anything,	help_proceed },
	{ "EXPN",	SL_SMTP_EXPN,	    IN_COMMANDS,	anything,	unavailable_proceed },
	{ "AUTH",	SL_SMTP_AUTH,	    IN_COMMANDS,	anything,	unavailable_proceed },
	{ "ETRN",	SL_SMTP_ETRN,	    IN_COMMANDS,	anything,	unavailable_proceed },
	{ "BDAT",	SL_SMTP_BDAT,	    IN_COMMANDS,	anything,	unavailable_proceed },
	{ "QUIT",	SL_SMTP_QUIT,	    IN_COMMANDS,	no_argument,	quit_proceed },
};

static const struct command *
command_find(enum sl_smtp_verb verb)
{
	for (size_t i = 0; i < SL_COUNT(commands); i++)
		if (commands[i].verb == verb)
			return &commands[i];
	return NULL;
}

void
session_command(struct session *s, struct sl_slice line)
{
	struct sl_smtp_command cmd;
	const struct command *row;
	enum session_state next;

	sl_smtp_command_parse(line, &cmd);
	row = command_find(cmd.verb);
	if (row == NULL) {
		session_reply(s, 500, "5.5.2", "Command not recognized");
	} else if ((row->states & 1u << s->state) == 0) {
		session_reply(s, 503, "5.5.1", "%s is out of sequence", row->name);
	} else if (row->check(s, cmd.argument)) {
		next = row->proceed(s, cmd.argument);
		/* A reply may have closed the session meanwhile; then there is nothing to enter. */
		if (s->state != SESSION_CLOSING && s->state != SESSION_DEAD)
			session_enter(s, next);
	}
}
