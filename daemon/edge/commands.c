/* commands.c - the sender's commands, in the order of a transaction; see session.h */

#include "record.h"
#include "session.h"
#include "splits.h"

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
	session_ends(s, "hello");
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
	session_reply(s, 250, NULL, "%s\nPIPELINING\nSIZE %llu\n8BITMIME\nSMTPUTF8\nPRDR\n%s%s",
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
	session_ends(s, "starttls");
	session_abort(s, "aborted");
	return SESSION_TLS;
}

/* ---- MAIL ---- */

/* Not with this MAIL: no transaction begins, but it has an id, and a record that is found by it. The last thing that a check does. */
static void SL_PRINTF(6, 7)
mail_refuse(struct session *s, struct sl_slice sender, enum sl_record_why why, int code, const char *enhanced, const char *format, ...)
{
	char id[EDGE_ID_LEN + 1];
	struct answer answer;
	va_list ap;

	va_start(ap, format);
	answer_vset(&answer, code, enhanced, format, ap);
	va_end(ap);
	edge_make_id(id);
	record_mail_refused(s, id, sender, why, &answer);
	session_reply(s, code, enhanced, "%s [%s]", answer.text, id);
}

static bool
param_is_known(struct sl_slice name)
{
	static const char *const known[] = { "SIZE", "BODY", "SMTPUTF8", "AUTH", "PRDR" };

	for (size_t i = 0; i < SL_COUNT(known); i++)
		if (sl_slice_ieq(name, sl_slice_str(known[i])))
			return true;
	return false;
}

static bool
mail_check(struct session *s, struct sl_slice argument)
{
	uint64_t limit = s->edge->snapshot->size_limit;
	const struct sl_slice unknown = { NULL, 0 };
	struct sl_smtp_status status;
	struct sl_smtp_mail mail;
	bool parsed = sl_smtp_mail_parse(argument, &mail, &status) == 0;
	struct sl_slice from = parsed ? mail.from.mailbox : unknown;

	if (s->helo == NULL) {
		mail_refuse(s, from, SL_RECORD_WHY_NO_HELLO, 503, "5.5.1", "Send EHLO or HELO first");
		return false;
	}
	if (s->messages >= session_settings(s)->limits.messages_per_session) {
		mail_refuse(s, from, SL_RECORD_WHY_MESSAGES, 421, "4.7.0", "Too many messages in this session");
		return false;
	}
	if (!parsed) {
		mail_refuse(s, from, SL_RECORD_WHY_SYNTAX, status.code, status.enhanced, "%s", status.text);
		return false;
	}
	for (size_t i = 0; i < mail.params_len; i++) {
		if (!param_is_known(mail.params[i].name)) {
			mail_refuse(s, from, SL_RECORD_WHY_PARAMETER, 555, "5.5.4", "Parameter " SL_SLICE_FMT " is not supported",
			    SL_SLICE_ARG(mail.params[i].name));
			return false;
		}
	}
	if (mail.has_body && mail.body == SL_SMTP_BODY_BINARYMIME) {
		mail_refuse(s, from, SL_RECORD_WHY_PARAMETER, 555, "5.6.1", "BODY=BINARYMIME is not offered");
		return false;
	}
	if (mail.has_size && limit > 0 && mail.size_bytes > limit) {
		mail_refuse(s, from, SL_RECORD_WHY_SIZE, 552, "5.3.4", "The message is larger than the limit of %llu bytes",
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
	for (size_t i = 0; i < s->tx->mail.params_len; i++)
		s->tx->prdr |= sl_slice_ieq(s->tx->mail.params[i].name, SL_SLICE_LIT("PRDR"));
	authentication_begin(&s->tx->authentication);
	s->manners.mails++;
	session_reply(s, 250, "2.1.0", "Sender accepted");
	return SESSION_MAIL;
}

/* ---- RCPT ---- */

/* A recipient that is named. */
struct named {
	struct sl_smtp_rcpt	rcpt;
	struct addressee	who;	/* zeroed: not known, or nobody's */
	enum sl_policy_by	list;	/* that denies, where one does */
};

/* Of somebody who is not accepted. */
static void
note_refusal(struct session *s, const struct refusal *refusal, const struct answer *answer)
{
	struct transaction *tx = s->tx;

	refusals_add(&tx->refusals, &tx->arena, refusal, answer);
	if (tx->recipients_len == 0)
		tx->answer = *answer;		/* for the record, if it comes to nothing */
}

/* He is not accepted: noted for the record, and told. The last thing that is done: it may end the session. */
static void SL_PRINTF(6, 7)
rcpt_refuse(struct session *s, const struct named *named, enum sl_record_why why, int code, const char *enhanced, const char *format, ...)
{
	struct refusal refusal = { .why = why, .list = named->list, .mailbox = named->rcpt.to.mailbox,
		.tenant = named->who.tenant != NULL ? named->who.tenant->name : NULL };
	struct answer answer;
	va_list ap;

	va_start(ap, format);
	answer_vset(&answer, code, enhanced, format, ap);
	va_end(ap);
	note_refusal(s, &refusal, &answer);
	session_reply(s, code, enhanced, "%s", answer.text);
}

/* Who a recipient is; <postmaster> is whoever the transaction is for (RFC 5321, 4.5.1). */
static bool
find_recipient(const struct session *s, const struct sl_smtp_address *to, struct addressee *out)
{
	const struct transaction *tx = s->tx;

	if (to->domain.len > 0)
		return directory_find(tx->directory, to->mailbox, out);
	if (tx->classes.len == 0)
		return directory_first(tx->directory, out);
	*out = tx->classes.items[0]->to;
	return true;
}

/* The console has tenants of whom nothing has been heard yet, as after a start: a domain that is nobody's may be one of theirs. */
static bool
awaits_console(const struct transaction *tx)
{
	return *directory_settings(tx->directory)->settings->console.directory != '\0' && *directory_id(tx->directory) == '\0';
}

/* Is somebody else's policy among those that were accepted, and was there no one answer to this sender lately? Then this one comes
 * in a transaction of his own. */
static bool
must_come_alone(const struct session *s, const struct addressee *to)
{
	const struct transaction *tx = s->tx;
	size_t others = classes_in_use(&tx->classes);
	const struct class *class = classes_find(&tx->classes, to);

	if (others == 0 || (others == 1 && class != NULL && class->recipients > 0))
		return false;
	return splits_has(tx->snapshot->splits, s->client_text, tx->mail.from.mailbox, session_now_s(s));
}

/* ---- what a policy says of a recipient alone ---- */

/* Those that nobody knows are refused here, and their names are not tried on the next hop; but the postmaster is always there. */
static bool
is_shielded(const struct sl_policy *policy, const struct sl_smtp_address *to, const struct addressee *who)
{
	return policy->recipients.shield == SL_SHIELD_KNOWN && !who->is_user &&
	    !sl_slice_ieq(to->local, SL_SLICE_LIT("postmaster"));
}

/* Does a deny list name this host or this envelope's sender, and is what it names refused? Whose; SL_BY_COUNT: nobody's. Who is
 * denied by his From is known later; but whom a list lets through has to be heard. */
static enum sl_policy_by
denied_by(const struct session *s, const struct sl_policy *policy, const struct addressee *who)
{
	const struct transaction *tx = s->tx;
	struct sl_list_found found[SL_BY_COUNT];
	const struct sl_list_sender nobody = { .there = false };
	struct sl_list_sender envelope;
	struct sl_decide known = { .policy = policy, .envelope_empty = tx->mail.from.mailbox.len == 0 };
	struct sl_list_question question = { &nobody, &envelope, known.envelope_empty, NULL };
	struct sl_decision decision;
	unsigned char client[16];

	if (who->place != DIRECTORY_CONSOLE)
		return SL_BY_COUNT;
	if (sl_list_client_read(sl_slice_str(s->client_text), client))
		question.client = client;
	sl_list_sender_read(tx->mail.from.mailbox, &envelope);
	directory_lists(tx->directory, who, &question, session_now_s(s), found);
	for (int by = 0; by < SL_BY_COUNT; by++)
		known.lists[by] = &found[by];
	sl_decide(&known, &decision);
	if (!decision.ruling.enforced || decision.ruling.action != SL_ACTION_REFUSE || decision.by < SL_BY_OPERATOR_DENY ||
	    decision.by > SL_BY_USER_DENY)
		return SL_BY_COUNT;
	return sl_precedence_list(decision.by);
}

/* Mail to ourselves: each address comes alone, and to report mail is for those who get it here. */
static bool
action_check(struct session *s, const struct named *named)
{
	const struct sl_smtp_address *to = &named->rcpt.to;
	enum sl_forward forward;
	struct addressee who;
	bool alone = s->tx->recipients_len == 0, known = action_is_address(to->local) && (!sl_forward_find(to->local, &forward) ||
	    directory_find(s->tx->directory, s->tx->mail.from.mailbox, &who));

	if (!known) {
		s->edge->stats->recipients_refused++;
		rcpt_refuse(s, named, SL_RECORD_WHY_ACTION, 550, "5.1.1", "There is no such address");
	} else if (!alone) {
		rcpt_refuse(s, named, SL_RECORD_WHY_SEPARATE, 451, "4.5.3", "Send this recipient in a separate transaction");
	}
	return known && alone;
}

/* Replies and returns false if the policy does not want this recipient's mail, whatever it is. */
static bool
policy_check(struct session *s, struct named *named)
{
	struct policy *policy = directory_policy(s->tx->directory, &named->who);
	bool shielded;

	if (policy == NULL) {
		rcpt_refuse(s, named, SL_RECORD_WHY_POLICY, 451, "4.3.5", "This recipient's mail cannot be taken now, try again later");
		return false;
	}
	shielded = is_shielded(&policy->values, &named->rcpt.to, &named->who);
	named->list = shielded ? SL_BY_COUNT : denied_by(s, &policy->values, &named->who);
	policy_unref(&policy);
	if (!shielded && named->list == SL_BY_COUNT)
		return true;
	s->edge->stats->recipients_refused++;
	if (shielded) {
		memory_refused_recipient(s);
		rcpt_refuse(s, named, SL_RECORD_WHY_SHIELD, 550, "5.1.1", "There is no such recipient here");
	} else {
		rcpt_refuse(s, named, SL_RECORD_WHY_LIST, 550, "5.7.1", "The recipient does not take mail from this sender");
	}
	return false;
}

static bool
rcpt_check(struct session *s, struct sl_slice argument)
{
	struct transaction *tx = s->tx;
	struct named named = { .who = { .tenant = NULL } };
	const struct sl_smtp_rcpt *rcpt = &named.rcpt;
	struct sl_smtp_status status;
	const struct sl_tenant *tenant;

	if (sl_smtp_rcpt_parse(argument, &named.rcpt, &status) != 0) {
		named.rcpt.to.mailbox = sl_slice("", 0);
		rcpt_refuse(s, &named, SL_RECORD_WHY_SYNTAX, status.code, status.enhanced, "%s", status.text);
		return false;
	}
	if (!find_recipient(s, &rcpt->to, &named.who))
		named.who.tenant = NULL;
	tenant = named.who.tenant;
	if (rcpt->params_len > 0) {
		rcpt_refuse(s, &named, SL_RECORD_WHY_PARAMETER, 555, "5.5.4", "Parameter " SL_SLICE_FMT " is not supported",
		    SL_SLICE_ARG(rcpt->params[0].name));
		return false;
	}
	if (tx->recipients_len >= session_settings(s)->limits.recipients) {
		rcpt_refuse(s, &named, SL_RECORD_WHY_TOO_MANY, 452, "4.5.3", "Too many recipients, send the others separately");
		return false;
	}
	if (tenant == NULL) {
		s->edge->stats->recipients_refused++;
		if (awaits_console(tx))
			rcpt_refuse(s, &named, SL_RECORD_WHY_NOT_YET, 451, "4.3.2", "It is not known yet who gets mail here, try again in a moment");
		else
			rcpt_refuse(s, &named, SL_RECORD_WHY_NOBODYS, 550, "5.7.1", "Relaying denied: no mail for this domain here");
		return false;
	}
	if (rcpt->to.is_utf8 && !tx->mail.smtputf8) {
		rcpt_refuse(s, &named, SL_RECORD_WHY_SMTPUTF8, 553, "5.6.7", "This address needs SMTPUTF8");
		return false;
	}
	if (tx->mail.has_size && named.who.size_bytes > 0 && tx->mail.size_bytes > named.who.size_bytes) {
		rcpt_refuse(s, &named, SL_RECORD_WHY_SIZE, 552, "5.3.4", "The message is larger than the limit of %llu bytes",
		    (unsigned long long)named.who.size_bytes);
		return false;
	}
	if (tx->tenant != NULL && (tenant != tx->tenant || must_come_alone(s, &named.who))) {
		rcpt_refuse(s, &named, SL_RECORD_WHY_SEPARATE, 451, "4.5.3", "Send this recipient in a separate transaction");
		return false;
	}
	return named.who.place == DIRECTORY_ACTIONS ? action_check(s, &named) : policy_check(s, &named);
}

static void
accept_asked(struct session *s)
{
	struct transaction *tx = s->tx;

	tx->asking->next = tx->recipients;
	tx->recipients = tx->asking;
	tx->asking->class->recipients++;
	tx->asking = NULL;
	tx->answer.code = 0;		/* it has not come to nothing */
	tx->recipients_len++;
	if (tx->rcpt_us == 0)
		tx->rcpt_us = sl_loop_now_us(s->edge->loop);
}

/* The connection to the next hop is opened now, and its answer is the answer. */
static enum session_state
rcpt_proceed(struct session *s, struct sl_slice argument)
{
	struct transaction *tx = s->tx;
	struct recipient *asking = sl_arena_alloc(&tx->arena, sizeof(*asking));
	struct sl_slice kept = sl_arena_copy(&tx->arena, argument);
	struct named named = { .who = { .tenant = NULL } };
	struct addressee *who = &named.who;
	struct sl_smtp_status status;
	bool full;

	if (asking == NULL || kept.ptr == NULL || sl_smtp_rcpt_parse(kept, &named.rcpt, &status) != 0) {
		rcpt_refuse(s, &named, SL_RECORD_WHY_MEMORY, 452, "4.3.1", "No memory left for this transaction");
		return s->state;
	}
	asking->mailbox = named.rcpt.to.mailbox;
	SL_ASSERT(find_recipient(s, &named.rcpt.to, who));
	asking->class = classes_add(&tx->classes, tx->directory, who, &tx->arena, &full);
	if (asking->class == NULL) {
		if (full)
			rcpt_refuse(s, &named, SL_RECORD_WHY_MEMORY, 452, "4.5.3", "Send this recipient in a separate transaction");
		else
			rcpt_refuse(s, &named, SL_RECORD_WHY_POLICY, 451, "4.3.5", "Send this recipient in a separate transaction");
		return s->state;
	}
	asking->is_known = who->is_user || who->place != DIRECTORY_CONSOLE;
	tx->tenant = asking->class->to.tenant;
	tx->most_bytes = who->size_bytes;
	if (tx->recipients_tried++ == 0) {
		s->edge->stats->transactions++;
		if (!asking->class->policy->judges)	/* nobody wants to know who sent it */
			authentication_abort(&tx->authentication);
	}
	tx->asking = asking;
	if (who->place == DIRECTORY_ACTIONS) {	/* it is ours: nobody else has to be asked */
		if (!action_recipient(&tx->action, named.rcpt.to.local)) {
			tx->asking = NULL;
			rcpt_refuse(s, &named, SL_RECORD_WHY_MANY_REPORTS, 451, "4.3.2", "There are many reports just now, try again later");
			return s->state;
		}
		accept_asked(s);
		session_reply(s, 250, "2.1.5", "Ok");
		return SESSION_RCPT;
	}
	if (delivery_rcpt(&tx->delivery, tx->tenant, &tx->mail, asking->mailbox) != 0) {
		tx->asking = NULL;
		rcpt_refuse(s, &named, SL_RECORD_WHY_MEMORY, 452, "4.3.1", "No memory left for this transaction");
		return s->state;
	}
	return SESSION_AWAIT_RCPT;
}

/* Who said so: the next hop, or we of it. */
static enum sl_record_why
why_not(const struct answer *answer)
{
	if (answer->from_hop)
		return SL_RECORD_WHY_NEXT_HOP;
	return answer->code >= 500 ? SL_RECORD_WHY_CANNOT_CARRY : SL_RECORD_WHY_UNREACHABLE;
}

void
session_on_rcpt(struct session *s, const struct answer *answer)
{
	struct transaction *tx = s->tx;

	SL_ASSERT(s->state == SESSION_AWAIT_RCPT);
	if (answer_is_positive(answer)) {
		accept_asked(s);
	} else {
		s->edge->stats->recipients_refused++;
		note_refusal(s, &(struct refusal){ .why = why_not(answer), .mailbox = tx->asking->mailbox,
		    .tenant = tx->tenant->name }, answer);
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
	session_ends(s, "reset");
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
	session_ends(s, "quit");
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
