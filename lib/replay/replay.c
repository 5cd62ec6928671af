/* replay.c - see replay.h */

#include "replay/lists.h"
#include "replay_i.h"

#include <stdio.h>

#define REPLAY_MAGIC	0x4e91a70bu
#define ARENA_BYTES	((size_t)64 << 10)	/* sentences of one message's demands */

struct sl_replay {
	unsigned	 magic;
	struct picture	 current, changed;
	const struct sl_replay_lists *lists;	/* of what is tried; NULL: none */
	struct sl_arena	 arena;
	struct {		/* the last two that were compared */
		const struct kept	*a, *b;
		bool			 alike;
	}		 pair;
};

static const char *const doubts[] = {
#define DOUBT_TEXT(name, text) text,
	SL_REPLAY_DOUBTS(DOUBT_TEXT)
#undef DOUBT_TEXT
};

const char *
sl_replay_doubt_text(enum sl_replay_doubt doubt)
{
	SL_ASSERT(doubt < SL_REPLAY_DOUBT_COUNT);
	return doubts[doubt];
}

struct sl_replay *
sl_replay_new(const struct sl_snapshot *current, const struct sl_snapshot *changed)
{
	struct sl_replay *replay = sl_xzalloc(sizeof(*replay));

	replay->magic = REPLAY_MAGIC;
	picture_init(&replay->current, current);
	picture_init(&replay->changed, changed);
	sl_arena_init(&replay->arena, ARENA_BYTES);
	return replay;
}

void
sl_replay_free(struct sl_replay **replay)
{
	if (*replay == NULL)
		return;
	SL_CHECK(*replay, REPLAY_MAGIC);
	picture_fini(&(*replay)->current);
	picture_fini(&(*replay)->changed);
	sl_arena_fini(&(*replay)->arena);
	sl_free(*replay);
	*replay = NULL;
}

void
sl_replay_try_lists(struct sl_replay *replay, const struct sl_replay_lists *lists)
{
	SL_CHECK(replay, REPLAY_MAGIC);
	replay->lists = lists->len > 0 ? lists : NULL;
}

/* ---- what is the same for all recipients of a message ---- */

struct message {
	const struct sl_record	*record;
	struct sl_list_sender	 from, envelope;
	struct sl_list_question	 question;
	unsigned char		 client[16];
	struct sl_slice		 envelope_domain;
	int64_t			 at_s;
};

static void
message_init(struct message *m, const struct sl_record *record, int64_t at_s)
{
	const unsigned char *at = record->sender.len > 0 ? memrchr(record->sender.ptr, '@', record->sender.len) : NULL;

	m->record = record;
	m->at_s = at_s;
	sl_list_sender_read(record->facts.from, &m->from);
	sl_list_sender_read(record->sender, &m->envelope);
	m->question = (struct sl_list_question){ &m->from, &m->envelope, record->sender.len == 0,
		sl_list_client_read(record->client, m->client) ? m->client : NULL };
	m->envelope_domain = at != NULL ? sl_slice_from(record->sender, (size_t)(at - record->sender.ptr) + 1) : sl_slice("", 0);
}

/* ---- one recipient by one picture ---- */

struct side {
	struct picture			*picture;
	struct sl_slice			 recipient;
	struct sl_snapshot_recipient	 at;
	const struct sl_replay_lists	*lists;		/* that are tried on him; NULL: none */
	const struct kept		*policy;
	struct sl_list_found		 found[SL_BY_COUNT];
	struct asked			 asked;
	struct sl_replay_fare		 fare;
};

static bool
side_find(struct side *side, struct picture *picture, struct sl_slice recipient)
{
	side->picture = picture;
	side->recipient = recipient;
	side->lists = NULL;
	side->policy = NULL;
	memset(&side->fare, 0, sizeof(side->fare));
	side->fare.decision.ruling.word = "";
	side->fare.there = sl_snapshot_recipient(picture->snapshot, recipient, &side->at);
	side->fare.tenant = side->fare.there ? side->at.tenant : 0;
	if (side->fare.there)
		side->policy = picture_policy(picture, side->at.policy);
	return side->fare.there;
}

/* What is done, whatever was decided. */
static enum sl_action
action_of(const struct sl_ruling *ruling)
{
	return ruling->enforced ? ruling->action : SL_ACTION_DELIVER;
}

static void
decide(const struct message *m, const struct side *side, const struct sl_demand *demands, size_t len,
    struct sl_decision *out)
{
	const struct sl_record *record = m->record;
	struct sl_decide known = { .policy = &side->policy->policy, .verdict = &record->verdict,
		.engine_failed = record->engine_failed, .known_malware = record->facts.malware,
		.envelope_empty = m->question.envelope_empty, .demands = demands, .demands_len = len,
		.from_authenticated = sl_identity_from_proven(&record->facts.identity, &side->policy->policy),
		.envelope_authenticated = sl_identity_envelope_proven(&record->facts.identity, m->envelope_domain) };

	for (int by = 0; by < SL_BY_COUNT; by++)
		known.lists[by] = &side->found[by];
	sl_decide(&known, out);
}

static void
side_ask_lists(const struct message *m, const struct side *side, const struct sl_list_question *question, struct sl_list_found *found)
{
	struct sl_snapshot_tried tried = { .flags = sl_replay_lists_flags, .ctx = (void *)(uintptr_t)side->lists };

	if (side->lists != NULL) {
		tried.by = side->lists->by;
		tried.filter = side->lists->filter;
	}
	sl_snapshot_find_tried(side->picture->snapshot, &side->at, question, m->at_s, side->lists != NULL ? &tried : NULL, found);
}

/* ---- at RCPT, before anything else is known (daemon/edge/commands.c) ---- */

static bool
is_postmaster(struct sl_slice recipient)
{
	static const char name[] = "postmaster@";

	return recipient.len > strlen(name) && sl_slice_ieq(sl_slice(recipient.ptr, strlen(name)), sl_slice_str(name));
}

/* What is refused before, or once its data is there, whatever else is asked for: to all of his tenant alike. */
static bool
too_large(const struct message *m, struct side *side)
{
	uint64_t bytes = SL_MAX(m->record->bytes, m->record->size_said), most = side->policy->policy.message.size;
	struct sl_decision *d = &side->fare.decision;

	if (most == 0 || bytes <= most)
		return false;
	memset(d, 0, sizeof(*d));
	d->ruling = (struct sl_ruling){ .action = SL_ACTION_REFUSE, .enforced = true, .word = "too-large" };
	d->by = SL_BY_POLICY;
	d->allowed_by = SL_PRECEDENCE_COUNT;
	snprintf(d->why, sizeof(d->why), "message.size: %llu bytes are more than %llu", (unsigned long long)bytes, (unsigned long long)most);
	return true;
}

/* The domain knows its users. */
static bool
shielded(struct side *side)
{
	struct sl_decision *d = &side->fare.decision;

	if (side->at.is_user || side->policy->policy.recipients.shield != SL_SHIELD_KNOWN || is_postmaster(side->recipient))
		return false;
	memset(d, 0, sizeof(*d));
	d->ruling = (struct sl_ruling){ .action = SL_ACTION_REFUSE, .enforced = true, .word = "unknown" };
	d->by = SL_BY_POLICY;
	d->allowed_by = SL_PRECEDENCE_COUNT;
	snprintf(d->why, sizeof(d->why), "recipients.shield: there is no such user");
	return true;
}

static bool
is_denial(const struct sl_decision *d)
{
	return d->ruling.enforced && d->ruling.action == SL_ACTION_REFUSE && d->by >= SL_BY_OPERATOR_DENY && d->by <= SL_BY_USER_DENY;
}

/* A list denies the host or the envelope's sender, and what it denies is refused. */
static bool
denied_by_envelope(const struct message *m, const struct side *side, struct sl_decision *decision)
{
	static const struct sl_list_sender nobody = { .there = false };
	const struct sl_list_question question = { &nobody, &m->envelope, m->question.envelope_empty, m->question.client };
	struct sl_decide known = { .policy = &side->policy->policy, .envelope_empty = m->question.envelope_empty };
	struct sl_list_found found[SL_BY_COUNT];

	side_ask_lists(m, side, &question, found);
	for (int by = 0; by < SL_BY_COUNT; by++)
		known.lists[by] = &found[by];
	sl_decide(&known, decision);
	return is_denial(decision);
}

static bool
denied(const struct message *m, const struct side *side)
{
	struct sl_decision decision;

	/* What was found with From, too, tells most times that there is nothing to ask. */
	return is_denial(&side->fare.decision) && denied_by_envelope(m, side, &decision);
}

/* Somebody of whom no more is known than at RCPT. */
static void
side_ask(const struct message *m, struct side *side)
{
	struct sl_decision *d = &side->fare.decision;

	side->fare.action = SL_ACTION_REFUSE;
	side->fare.at_rcpt = too_large(m, side) || shielded(side) || denied_by_envelope(m, side, d);
	if (side->fare.at_rcpt)
		return;
	side->fare.action = SL_ACTION_DELIVER;
	side->fare.judged = true;
	memset(d, 0, sizeof(*d));
	d->ruling.word = "";
	d->by = SL_BY_POLICY;
	d->allowed_by = SL_PRECEDENCE_COUNT;
	snprintf(d->why, sizeof(d->why), "refused before its data; would now be judged");
}

/* Returns what is doubtful of it. */
static unsigned
side_decide(struct sl_replay *replay, const struct message *m, const struct sl_record_class *class, const struct kept *now,
    struct side *side)
{
	struct asked *asked = &side->asked;
	struct sl_decision *d = &side->fare.decision, worst;
	unsigned unsure;

	asked_of(m->record, class, now, side->policy, &replay->arena, asked);
	decide(m, side, asked->demands, asked->len, d);
	unsure = asked->doubts;
	if (unsure != 0 && asked->len < SL_DEMANDS_MAX) {	/* would it matter? */
		asked->demands[asked->len] = (struct sl_demand){ asked->at_worst, asked->worst_word, "5.7.1", "" };
		decide(m, side, asked->demands, asked->len + 1, &worst);
		if (worst.ruling.action == d->ruling.action && worst.ruling.copy == d->ruling.copy)
			unsure = 0;
	}
	side->fare.at_rcpt = too_large(m, side) || shielded(side) || denied(m, side);
	if (side->fare.at_rcpt)
		unsure = 0;
	side->fare.action = action_of(&d->ruling);
	return unsure;
}

/* ---- both ---- */

static bool
has_drifted(const struct sl_record_class *class, const struct sl_decision *now)
{
	return class->action != now->ruling.action || class->copy != now->ruling.copy || class->by != now->by ||
	    strcmp(class->word, now->ruling.word) != 0;
}

static bool
policies_alike(struct sl_replay *replay, const struct kept *a, const struct kept *b)
{
	if (replay->pair.a == a && replay->pair.b == b)
		return replay->pair.alike;
	replay->pair.a = a;
	replay->pair.b = b;
	replay->pair.alike = true;
	for (size_t i = 0; i < sl_policy_settings_len && replay->pair.alike; i++) {
		const struct sl_policy_setting *row = &sl_policy_settings[i];

		replay->pair.alike = sl_policy_value_eq(row, sl_policy_value(&a->policy, row), sl_policy_value(&b->policy, row));
	}
	return replay->pair.alike;
}

/* Is nothing changed for him? Then he need not be decided on twice. (Who is denied, by From or not, may now hear it at RCPT.) */
static bool
sides_alike(struct sl_replay *replay, const struct side *now, const struct side *then)
{
	bool is_denied = now->fare.decision.by >= SL_BY_OPERATOR_DENY && now->fare.decision.by <= SL_BY_USER_DENY;

	return !is_denied && now->fare.there && then->fare.there && now->at.is_user == then->at.is_user &&
	    memcmp(now->found, then->found, sizeof(now->found)) == 0 && policies_alike(replay, now->policy, then->policy);
}

static bool
does_copy(const struct sl_ruling *ruling)
{
	return ruling->copy && ruling->enforced;
}

struct both {
	struct side	now, then;
	unsigned	doubts;
	bool		unknown;	/* a policy cannot be had */
};

/* Returns false when he is nobody's here. */
static bool
find_both(struct sl_replay *replay, struct sl_slice recipient, struct both *b)
{
	bool here = side_find(&b->now, &replay->current, recipient);

	b->doubts = 0;
	b->unknown = false;
	sl_arena_reset(&replay->arena);
	if (!side_find(&b->then, &replay->changed, recipient) && !here)
		return false;
	if ((b->now.fare.there && b->now.policy == NULL) || (b->then.fare.there && b->then.policy == NULL)) {
		b->now.fare.there = b->then.fare.there = false;
		b->unknown = true;
		return true;
	}
	if (b->then.fare.there && replay->lists != NULL && sl_replay_lists_hold(replay->lists, b->then.picture->snapshot, recipient, &b->then.at))
		b->then.lists = replay->lists;
	return true;
}

static bool
decide_both(struct sl_replay *replay, const struct message *m, const struct sl_record_class *class, struct sl_slice recipient,
    struct both *b)
{
	bool here;

	if (!find_both(replay, recipient, b))
		return false;
	here = b->now.fare.there;
	if (here)
		side_ask_lists(m, &b->now, &m->question, b->now.found);
	if (b->then.fare.there)
		side_ask_lists(m, &b->then, &m->question, b->then.found);
	if (here)
		b->doubts |= side_decide(replay, m, class, b->now.policy, &b->now);
	if (sides_alike(replay, &b->now, &b->then))
		b->then.fare = b->now.fare;
	else if (b->then.fare.there)
		b->doubts |= side_decide(replay, m, class, here ? b->now.policy : b->then.policy, &b->then);
	return true;
}

/* ---- all recipients together (daemon/edge/classes.h) ---- */

struct together {
	bool		has[SL_ACTION_COUNT];
	bool		delivers, differ;	/* some are given it; not the same bytes */
	bool		tagged;
	struct sl_slice	tag;			/* of the first */
	bool		lost;			/* somebody is to be refused whose policy keeps nothing */
};

static void
together_add(struct together *t, const struct side *side)
{
	enum sl_action action = side->fare.action;
	struct sl_slice tag = sl_slice("", 0);

	if (!side->fare.there || side->fare.at_rcpt)
		return;
	t->has[action] = true;
	t->lost |= action == SL_ACTION_REFUSE && !sl_policy_keeps(&side->policy->policy);
	if (action != SL_ACTION_DELIVER && action != SL_ACTION_TAG)
		return;
	if (action == SL_ACTION_TAG)
		tag = side->policy->policy.subject_tag;
	if (!t->delivers)
		t->tag = tag;
	else
		t->differ |= t->tagged != (action == SL_ACTION_TAG) || !sl_slice_eq(t->tag, tag);
	t->tagged = action == SL_ACTION_TAG;
	t->delivers = true;
}

/* What all together get is told to each. */
static void
together_take(const struct together *t, struct sl_replay_fare *fare)
{
	if (fare->action != SL_ACTION_REFUSE || fare->at_rcpt || t->lost || t->differ || t->has[SL_ACTION_DEFER] ||
	    !(t->delivers || t->has[SL_ACTION_QUARANTINE]))
		return;
	fare->action = SL_ACTION_QUARANTINE;
	fare->together = true;
}

/* A sender who takes an answer for each recipient (PRDR): else nobody would be refused alone. */
static bool
is_answered_each(const struct sl_record *record)
{
	for (size_t i = 0; i < record->classes_len && record->classes_len > 1; i++)
		if (strcmp(record->classes[i].outcome, "refused") == 0)
			return true;
	return false;
}

/* ---- telling ---- */

static void
tell(const struct message *m, const struct sl_record_class *class, struct sl_slice recipient, struct both *b,
    sl_replay_each *each, void *ctx)
{
	const struct sl_replay_fare *now = &b->now.fare, *then = &b->then.fare;
	struct sl_replay_told told = { .record = m->record, .class = class, .recipient = recipient, .now = now, .then = then,
		.doubts = b->doubts };

	if (b->unknown)
		told.doubts = SL_REPLAY_BIT(POLICY);
	else
		told.differs = now->there != then->there || now->action != then->action ||
		    does_copy(&now->decision.ruling) != does_copy(&then->decision.ruling);
	told.drifted = now->there && has_drifted(class, &now->decision);
	each(ctx, &told);
}

/* Was he refused for what is different now? */
static bool
refused_has_drifted(const struct sl_record_refused *refused, const struct sl_replay_fare *now)
{
	enum sl_policy_by list = now->at_rcpt ? sl_precedence_list(now->decision.by) : SL_BY_COUNT;

	if (refused->why == SL_RECORD_WHY_NOBODYS)
		return now->there;
	if (refused->why == SL_RECORD_WHY_SIZE)
		return !now->at_rcpt;
	return !now->at_rcpt || list != (refused->why == SL_RECORD_WHY_LIST ? refused->list : SL_BY_COUNT);
}

/* Of a message that was too large it has to be known how large it is: earlier records do not say. */
static bool
is_asked_again(const struct sl_record *record, enum sl_record_why why)
{
	return why == SL_RECORD_WHY_SHIELD || why == SL_RECORD_WHY_LIST || why == SL_RECORD_WHY_NOBODYS ||
	    (why == SL_RECORD_WHY_SIZE && record->size_said > 0);
}

/* Whom policies refused at RCPT: refused again, or judged? Who was refused otherwise would be so by any policy. */
static void
tell_refused(struct sl_replay *replay, const struct message *m, const struct sl_record_refused *refused, sl_replay_each *each, void *ctx)
{
	struct both b;
	const struct sl_replay_fare *now = &b.now.fare, *then = &b.then.fare;
	struct sl_replay_told told = { .record = m->record, .recipient = refused->mailbox, .now = now, .then = then };

	if (!is_asked_again(m->record, refused->why) || refused->mailbox.len == 0 || !find_both(replay, refused->mailbox, &b))
		return;
	if (b.unknown) {
		told.doubts = SL_REPLAY_BIT(POLICY);
	} else {
		if (now->there)
			side_ask(m, &b.now);
		if (then->there)
			side_ask(m, &b.then);
		told.differs = now->there != then->there || now->at_rcpt != then->at_rcpt;
		told.drifted = refused_has_drifted(refused, now);
	}
	each(ctx, &told);
}

/* Who is in a class: the next one from *place on; false: there is none. */
static bool
next_of(const struct sl_record *record, const struct sl_record_class *class, size_t *at, struct sl_slice *recipient)
{
	size_t len = class->recipients != NULL ? class->recipients_len : record->recipients_len;

	if (*at >= len)
		return false;
	*recipient = record->recipients[class->recipients != NULL ? class->recipients[*at] : *at];
	(*at)++;
	return true;
}

size_t
sl_replay_record(struct sl_replay *replay, const struct sl_record *record, int64_t at_s, sl_replay_each *each, void *ctx)
{
	struct together now = { 0 }, then = { 0 };
	struct sl_slice recipient;
	struct message m;
	struct both b;
	size_t strangers = 0;
	bool several = record->recipients_len > 1 && !is_answered_each(record);

	SL_CHECK(replay, REPLAY_MAGIC);
	message_init(&m, record, at_s);
	replay->pair.a = NULL;		/* it may have been forgotten */
	for (size_t i = 0; i < record->classes_len && several; i++)
		for (size_t at = 0; next_of(record, &record->classes[i], &at, &recipient);)
			if (decide_both(replay, &m, &record->classes[i], recipient, &b)) {
				together_add(&now, &b.now);
				together_add(&then, &b.then);
			}
	for (size_t i = 0; i < record->classes_len; i++)
		for (size_t at = 0; next_of(record, &record->classes[i], &at, &recipient);) {
			if (!decide_both(replay, &m, &record->classes[i], recipient, &b)) {
				strangers++;
				continue;
			}
			if (several) {
				together_take(&now, &b.now.fare);
				together_take(&then, &b.then.fare);
			}
			tell(&m, &record->classes[i], recipient, &b, each, ctx);
		}
	for (size_t i = 0; i < record->refused_len; i++)
		tell_refused(replay, &m, &record->refused[i], each, ctx);
	return strangers;
}
