/*
 * verdict.c - what is done with a message once it is judged, and what the sender is told; see session.h
 *
 * The point of responsibility: the sender is told 250 only by session_on_delivered with the next
 * hop's own 250 to the final dot. In every state before that a crash leaves the sender with the
 * message. The final dot goes to the next hop only from transfer_deliver, after the verdict. The other 250 is that of
 * session_on_kept: the vault has the message on disk. Where recipients fare differently (classes.h) the vault comes first.
 */

#include "session.h"

#include "classify/reputation.h"
#include "discovered.h"
#include "memory.h"
#include "splits.h"
#include "withhold.h"

/* ---- answers ---- */

/* A reply for each recipient, in the order in which they were named, and one for all (PRDR). */
static void
reply_to_each(struct session *s, const struct answer *whole)
{
	struct transaction *tx = s->tx;
	const struct recipient **order = sl_arena_alloc(&tx->arena, tx->recipients_len * sizeof(struct recipient *));
	struct answer all = *whole;
	size_t at = tx->recipients_len;

	if (order == NULL) {	/* nothing was promised yet, and nothing is lost: what was delivered comes twice */
		answer_set(&all, 451, "4.3.1", "No memory left for this transaction");
		session_reply_answer(s, &all);
		return;
	}
	for (const struct recipient *r = tx->recipients; r != NULL; r = r->next)
		order[--at] = r;
	session_reply(s, 353, NULL, "A reply for each recipient follows");
	answer_set(&all, 451, "4.7.1", "No recipient can be served now");
	for (size_t i = 0; i < tx->recipients_len; i++) {
		struct answer answer = order[i]->class->fate == FATE_DELIVER ? *whole : tx->fates[order[i]->class->fate];

		session_reply_answer(s, &answer);
		if (answer_is_positive(&answer))
			answer_set(&all, 250, "2.0.0", "Message accepted for some recipients");
		else if (!answer_is_positive(&all) && answer.code >= 500 && all.code < 500)
			all = answer;
	}
	session_reply_answer(s, &all);
}

/* The final reply of a transaction. */
static void
finish(struct session *s, const char *outcome)
{
	struct answer answer = s->tx->answer;

	s->messages++;
	keeping_settle(&s->tx->keeping, s->state == SESSION_GONE || !answer_is_positive(&s->tx->answer));
	if (s->state == SESSION_GONE) {
		s->tx->outcome = outcome;
		session_end(s);
		return;
	}
	if (s->tx->plan == PLAN_PARTS && s->tx->prdr && classes_fates(&s->tx->classes) > 1)
		reply_to_each(s, &answer);
	else
		session_reply_answer(s, &answer);
	transaction_end(s, outcome);
	session_enter(s, SESSION_READY);
}

/* What a person reads in the refusal: the reason, and where to turn. */
static void
refusal_answer(struct session *s, const struct class *class, struct answer *answer)
{
	const struct transaction *tx = s->tx;
	const struct sl_ruling *ruling = &class->decision.ruling;
	bool refuses = class->fate == FATE_REFUSE;
	const struct sl_evidence *named = NULL;
	const char *contact = sl_arena_printf(&s->tx->arena, SL_SLICE_FMT, SL_SLICE_ARG(class->policy->values.refusal_text));

	if (contact == NULL)
		contact = "";
	if (ruling->engine_failed) {
		answer_set(answer, 451, "4.7.1", "The message cannot be checked now, try again later");
		return;
	}
	if (ruling->reason != NULL) {
		answer_set(answer, refuses ? 550 : 451, ruling->enhanced, "%s%s%s",
		    ruling->reason, *contact != '\0' ? ". " : "", contact);
		return;
	}
	/* A virus has a name the sender can look up; how spam is recognised is nobody's business. */
	for (size_t i = 0; i < tx->judge.verdict->evidence_len; i++) {
		const struct sl_evidence *e = &tx->judge.verdict->evidence[i];

		if (ruling->category == SL_MALWARE && !sl_evidence_is_memory(e->name) && e->log_odds[SL_MALWARE] >
		    (named != NULL ? named->log_odds[SL_MALWARE] : 0))
			named = e;
	}
	answer_set(answer, refuses ? 550 : 451, refuses ? "5.7.1" : "4.7.1", "Message %s as %s%s%s%s%s",
	    refuses ? "refused" : "deferred", ruling->word,
	    named != NULL ? ": " : "", named != NULL ? named->sentence : "",
	    *contact != '\0' ? ". " : "", contact);
}

static void
tag_subject(struct transaction *tx)
{
	struct sl_slice tag = sl_arena_copy(&tx->arena, tx->leading->policy->values.subject_tag);

	if (tag.ptr != NULL)
		tx->subject_tagged = message_tag_subject(&tx->message, (const char *)tag.ptr);
}

/* The message may go: the rest of it, with the final dot, to the next hop. */
static void
transfer_deliver(struct session *s)
{
	struct transaction *tx = s->tx;
	struct sl_ruling *ruling = &tx->ruling;
	bool tag = ruling->enforced && ruling->action == SL_ACTION_TAG;

	bool tag_in_subject = tag && tx->leading->policy->values.subject_tag.len > 0;
	int r = tx->withheld ? withhold_end(s, tag_in_subject) : 0;

	if (r != 0) {
		verdict_lost(s, r);
		return;
	}
	if (tag && tx->prefixed)	/* its header has gone: the record must not claim a tag */
		ruling->enforced = false;
	else if (tag_in_subject)
		tag_subject(tx);
	session_enter(s, SESSION_AWAIT_DELIVERY);
	sl_conn_want_input(&s->conn, true);
	if (tx->delivery.state == DELIVERY_OPEN)
		delivery_begin(&tx->delivery);
	else if (tx->delivery.state == DELIVERY_STREAM)
		session_on_flow(s);
}

/* The policy keeps it: the next hop's transfer is dropped, and the vault has it or nobody. */
static void
transfer_keep(struct session *s)
{
	struct transaction *tx = s->tx;

	delivery_abort(&tx->delivery);
	session_enter(s, SESSION_AWAIT_VAULT);
	sl_conn_want_input(&s->conn, true);
	keeping_finish(&tx->keeping, &tx->message.head, &tx->message.body);
	message_clear(&tx->message);
}

void
verdict_lost(struct session *s, int error)
{
	struct transaction *tx = s->tx;

	sl_log(SL_LOG_ERROR, "%s: not delivered, and deferred: %s", tx->id, sl_strerror(error));
	delivery_abort(&tx->delivery);
	answer_set(&tx->answer, 451, "4.3.0", "The message cannot be delivered now, try again later");
	s->edge->stats->deferred++;
	finish(s, "deferred");
}

/* ---- recipients that fare differently */

static bool
is_delivered_to(void *ctx, struct sl_slice mailbox)
{
	const struct transaction *tx = ctx;

	for (const struct recipient *r = tx->recipients; r != NULL; r = r->next)
		if (r->class->fate == FATE_DELIVER && sl_slice_eq(r->mailbox, mailbox))
			return true;
	return false;
}

/* Is there anybody that the next hop is to give it to? */
static bool
somebody_takes(const struct transaction *tx)
{
	return classes_have(&tx->classes, FATE_DELIVER) || tx->copies.len > 0;
}

/* What is kept is on disk, or nothing was to be kept: the others are given theirs. */
static void
deliver_part(struct session *s)
{
	struct transaction *tx = s->tx;

	if (!somebody_takes(tx)) {
		finish(s, "refused");
		return;
	}
	if (copies_add(s) != 0) {
		verdict_lost(s, SL_ERR_FULL);
		return;
	}
	delivery_narrow(&tx->delivery, is_delivered_to, tx);
	transfer_deliver(s);
}

/* What those are answered whose message is neither delivered nor kept (PRDR). */
static void
answer_parts(struct session *s)
{
	struct transaction *tx = s->tx;

	for (size_t i = 0; i < tx->classes.len; i++) {
		const struct class *class = tx->classes.items[i];

		if (class->recipients > 0 && (class->fate == FATE_REFUSE || class->fate == FATE_DEFER))
			refusal_answer(s, class, &tx->fates[class->fate]);
	}
	s->edge->stats->refused += classes_have(&tx->classes, FATE_REFUSE);
	if (classes_have(&tx->classes, FATE_REFUSE) || classes_have(&tx->classes, FATE_DEFER))
		tx->answer = tx->fates[classes_have(&tx->classes, FATE_REFUSE) ? FATE_REFUSE : FATE_DEFER];
}

static void
act_in_parts(struct session *s)
{
	struct transaction *tx = s->tx;

	answer_parts(s);
	if (classes_have(&tx->classes, FATE_KEEP)) {
		/* First: if it cannot be kept, nobody has been given it. */
		session_enter(s, SESSION_AWAIT_VAULT);
		sl_conn_want_input(&s->conn, true);
		keeping_finish(&tx->keeping, &tx->message.head, &tx->message.body);
		if (!somebody_takes(tx)) {
			delivery_abort(&tx->delivery);
			message_clear(&tx->message);
		}
		return;
	}
	if (!tx->withheld)
		keeping_abort(&tx->keeping);
	deliver_part(s);
}

/* There is no one answer: the sender comes again, and then with recipients of one class at a time. */
static void
split(struct session *s)
{
	struct transaction *tx = s->tx;

	splits_note(tx->snapshot->splits, s->client_text, tx->mail.from.mailbox, session_now_s(s));
	keeping_abort(&tx->keeping);
	delivery_abort(&tx->delivery);
	answer_set(&tx->answer, 451, "4.7.1", "The recipients are to be treated differently: send again, and separately");
	s->edge->stats->deferred++;
	finish(s, "deferred");
}

/* What the sender's identity, files and words ask for, in each policy; then what each policy decides. */
static void
decide(struct session *s)
{
	struct transaction *tx = s->tx;

	authentication_identity(&tx->authentication, &tx->identity);
	for (size_t i = 0; i < tx->classes.len; i++) {
		struct class *class = tx->classes.items[i];

		class->demands_len = sl_identity_demands(&tx->identity, &class->policy->values, &tx->arena, class->demands);
	}
	if (tx->judge.on)
		demands_finish(&tx->demands);
	classes_decide(s);
	tx->plan = classes_plan(&tx->classes, tx->delivery.state == DELIVERY_OPEN && !tx->flowing, tx->prdr);
	if (tx->plan != PLAN_SPLIT)
		copies_gather(s);
	if (tx->copies.len > 0)
		tx->plan = PLAN_PARTS;		/* the copy is one of them */
	tx->leading = classes_leading(&tx->classes);
	tx->ruling = tx->leading->decision.ruling;
	tx->ruled = true;
}

void
verdict_act(struct session *s)
{
	struct transaction *tx = s->tx;

	tx->verdict_us = sl_loop_now_us(s->edge->loop);
	decide(s);
	if (tx->judge.on)
		s->edge->stats->judged++;
	if (tx->action.on) {
		session_enter(s, SESSION_AWAIT_CONSOLE);
		sl_conn_want_input(&s->conn, true);
		action_finish(&tx->action);
		return;
	}
	if (tx->plan == PLAN_SPLIT) {
		split(s);
		return;
	}
	if (tx->plan == PLAN_PARTS) {
		act_in_parts(s);
		return;
	}
	if (tx->leading->fate == FATE_KEEP) {
		transfer_keep(s);
		return;
	}
	if (!tx->withheld || tx->leading->fate != FATE_DELIVER)
		keeping_abort(&tx->keeping);
	if (tx->leading->fate != FATE_DELIVER) {
		bool refused = tx->leading->fate == FATE_REFUSE;

		delivery_abort(&tx->delivery);
		refusal_answer(s, tx->leading, &tx->answer);
		s->edge->stats->refused += refused;
		s->edge->stats->deferred += !refused;
		finish(s, refused ? "refused" : "deferred");
	} else if (tx->hop_answered) {
		finish(s, "hop-refused");
	} else {
		transfer_deliver(s);
	}
}

void
session_on_verdict(struct session *s)
{
	verdict_act(s);
	session_resume(s);
}

/* ---- the console ---- */

void
session_on_action(struct session *s, const struct answer *answer)
{
	s->tx->answer = *answer;
	finish(s, answer_is_positive(answer) ? "acted" : answer->code < 500 ? "deferred" : "refused");
	session_resume(s);
}

/* ---- the vault ---- */

void
session_on_kept(struct session *s, int result)
{
	struct transaction *tx = s->tx;
	bool goes_on = tx->plan == PLAN_PARTS && somebody_takes(tx) && s->state != SESSION_GONE &&
	    (result == 0 || (tx->prdr && classes_have(&tx->classes, FATE_DELIVER)));

	s->edge->stats->quarantined += result == 0;
	s->edge->stats->deferred += result != 0;
	if (result == 0)
		answer_set(&tx->answer, 250, "2.0.0", "Message accepted");
	else if (result == SL_ERR_NO_SPACE || result == SL_ERR_QUOTA)
		answer_set(&tx->answer, 452, "4.3.1", "There is no room for the message now, try again later");
	else
		answer_set(&tx->answer, 451, "4.3.0", "The message cannot be taken now, try again later");
	if (result != 0)
		sl_log(SL_LOG_ERROR, "%s: not kept, and deferred: %s", tx->id, sl_strerror(result));
	tx->fates[FATE_KEEP] = tx->answer;
	if (goes_on)
		deliver_part(s);
	else
		finish(s, result == 0 ? "quarantined" : "deferred");
	session_resume(s);
}

/* ---- the next hop ---- */

/* The next hop has taken it: whom it went to is somebody there. */
static void
discover(struct session *s)
{
	if (s->edge->discovered == NULL)
		return;
	for (const struct recipient *r = s->tx->recipients; r != NULL; r = r->next)
		if (!r->is_known && r->class->fate == FATE_DELIVER)
			discovered_add(s->edge->discovered, r->mailbox);
}

/* The next hop was given copies alone: what the sender hears is what becomes of the message. Only if it may yet take them later it comes
 * again, as a copy is a part of what the policy asks for. */
static void
on_copied(struct session *s, const struct answer *answer)
{
	struct transaction *tx = s->tx;
	bool kept = classes_have(&tx->classes, FATE_KEEP);

	s->edge->stats->uncertain += answer->uncertain;
	if (answer_is_positive(answer))
		s->edge->stats->copied++;
	if (answer_is_positive(answer) || answer->code >= 500) {
		tx->answer = tx->fates[kept ? FATE_KEEP : FATE_REFUSE];
		finish(s, kept ? "quarantined" : "refused");
	} else {
		for (int f = 0; f < FATE_COUNT; f++)
			tx->fates[f] = *answer;
		tx->answer = *answer;
		s->edge->stats->deferred++;
		finish(s, answer->uncertain ? "uncertain" : "deferred");
	}
	session_resume(s);
}

void
session_on_delivered(struct session *s, const struct answer *answer)
{
	struct transaction *tx = s->tx;
	bool delivered = answer_is_positive(answer) && s->state != SESSION_DATA &&
	    s->state != SESSION_AWAIT_VERDICT;

	if (tx->copies.len > 0 && !classes_have(&tx->classes, FATE_DELIVER)) {
		on_copied(s, answer);
		return;
	}
	tx->answer = *answer;
	tx->hop_answered = true;
	s->edge->stats->delivered += delivered;
	s->edge->stats->copied += delivered && tx->copies.len > delivery_copies_refused(&tx->delivery);
	if (delivered)
		discover(s);
	if (delivered && tx->judge.on)
		memory_delivered(&tx->judge, &tx->ruling);
	s->edge->stats->tagged += delivered && tx->ruling.enforced && tx->ruling.action == SL_ACTION_TAG;
	s->edge->stats->hop_refused += !delivered;
	s->edge->stats->uncertain += answer->uncertain;
	if (s->state == SESSION_DATA) {
		transfer_refuse(s, answer, "hop-refused");
	} else if (s->state == SESSION_AWAIT_DELIVERY || s->state == SESSION_GONE) {
		finish(s, delivered ? "delivered" : answer->uncertain ? "uncertain" : "hop-refused");
		session_resume(s);
	}
	/* In AWAIT_VERDICT the verdict comes first: a message we refuse is refused for our reason. */
}
