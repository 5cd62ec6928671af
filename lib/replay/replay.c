/* replay.c - see replay.h */

#include "replay_i.h"

#include <stdio.h>

#define REPLAY_MAGIC	0x4e91a70bu
#define ARENA_BYTES	((size_t)64 << 10)	/* sentences of one message's demands */

struct sl_replay {
	unsigned	 magic;
	struct picture	 current, changed;
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
	struct sl_snapshot_recipient	 at;
	const struct kept		*policy;
	struct sl_list_found		 found[SL_BY_COUNT];
	struct asked			 asked;
	struct sl_replay_fare		 fare;
};

static bool
side_find(struct side *side, struct picture *picture, struct sl_slice recipient)
{
	side->picture = picture;
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

/* Refused before anything was asked: the domain knows its users. */
static bool
shielded(struct side *side)
{
	struct sl_decision *d = &side->fare.decision;

	if (side->at.is_user || side->policy->policy.recipients.shield != SL_SHIELD_KNOWN)
		return false;
	memset(d, 0, sizeof(*d));
	d->ruling = (struct sl_ruling){ .action = SL_ACTION_REFUSE, .enforced = true, .word = "unknown" };
	d->by = SL_BY_POLICY;
	d->allowed_by = SL_PRECEDENCE_COUNT;
	snprintf(d->why, sizeof(d->why), "recipients.shield: there is no such user");
	return true;
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
	if (shielded(side))
		unsure = 0;
	side->fare.action = action_of(&d->ruling);
	return unsure;
}

static void
side_ask_lists(const struct message *m, struct side *side)
{
	if (side->fare.there)
		sl_snapshot_find(side->picture->snapshot, &side->at, &m->question, m->at_s, side->found);
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

/* Is nothing changed for him? Then he need not be decided on twice. */
static bool
sides_alike(struct sl_replay *replay, const struct side *now, const struct side *then)
{
	return now->fare.there && then->fare.there && now->at.is_user == then->at.is_user &&
	    memcmp(now->found, then->found, sizeof(now->found)) == 0 && policies_alike(replay, now->policy, then->policy);
}

static bool
does_copy(const struct sl_ruling *ruling)
{
	return ruling->copy && ruling->enforced;
}

/* Returns false when he is nobody's here. */
static bool
replay_recipient(struct sl_replay *replay, const struct message *m, const struct sl_record_class *class,
    struct sl_slice recipient, sl_replay_each *each, void *ctx)
{
	struct side now, then;
	struct sl_replay_told told = { .record = m->record, .class = class, .recipient = recipient, .now = &now.fare,
		.then = &then.fare };
	bool here = side_find(&now, &replay->current, recipient);

	if (!side_find(&then, &replay->changed, recipient) && !here)
		return false;
	if ((now.fare.there && now.policy == NULL) || (then.fare.there && then.policy == NULL)) {
		now.fare.there = then.fare.there = false;
		told.doubts = SL_REPLAY_BIT(POLICY);
		each(ctx, &told);
		return true;
	}
	side_ask_lists(m, &now);
	side_ask_lists(m, &then);
	if (now.fare.there) {
		told.doubts |= side_decide(replay, m, class, now.policy, &now);
		told.drifted = has_drifted(class, &now.fare.decision);
	}
	if (sides_alike(replay, &now, &then))
		told.then = &now.fare;
	else if (then.fare.there)
		told.doubts |= side_decide(replay, m, class, now.fare.there ? now.policy : then.policy, &then);
	told.differs = told.now->there != told.then->there || told.now->action != told.then->action ||
	    does_copy(&told.now->decision.ruling) != does_copy(&told.then->decision.ruling);
	each(ctx, &told);
	return true;
}

size_t
sl_replay_record(struct sl_replay *replay, const struct sl_record *record, int64_t at_s, sl_replay_each *each, void *ctx)
{
	struct message m;
	size_t strangers = 0;

	SL_CHECK(replay, REPLAY_MAGIC);
	message_init(&m, record, at_s);
	replay->pair.a = NULL;		/* it may have been forgotten */
	for (size_t i = 0; i < record->classes_len; i++) {
		const struct sl_record_class *class = &record->classes[i];
		size_t len = class->recipients != NULL ? class->recipients_len : record->recipients_len;

		for (size_t k = 0; k < len; k++) {
			size_t place = class->recipients != NULL ? class->recipients[k] : k;

			sl_arena_reset(&replay->arena);
			strangers += !replay_recipient(replay, &m, class, record->recipients[place], each, ctx);
		}
	}
	return strangers;
}
