/* classes.c - see classes.h */

#include "classes.h"

#include "session.h"

struct class *
classes_find(const struct classes *classes, const struct addressee *to)
{
	for (size_t i = 0; i < classes->len; i++)
		if (classes->items[i]->id == to->class_id)
			return classes->items[i];
	return NULL;
}

struct class *
classes_add(struct classes *classes, struct directory *directory, const struct addressee *to, struct sl_arena *arena,
    bool *full_out)
{
	struct class *class = classes_find(classes, to);

	*full_out = false;
	if (class != NULL)
		return class;
	*full_out = classes->len == CLASSES_MAX || (class = sl_arena_alloc(arena, sizeof(*class))) == NULL;
	if (*full_out)
		return NULL;
	class->id = to->class_id;
	class->to = *to;
	class->policy = directory_policy(directory, to);
	if (class->policy == NULL)
		return NULL;
	classes->items[classes->len++] = class;
	return class;
}

void
classes_fini(struct classes *classes)
{
	for (size_t i = 0; i < classes->len; i++)
		policy_unref(&classes->items[i]->policy);
	classes->len = 0;
}

size_t
classes_in_use(const struct classes *classes)
{
	size_t n = 0;

	for (size_t i = 0; i < classes->len; i++)
		n += classes->items[i]->recipients > 0;
	return n;
}

bool
classes_judge(const struct classes *classes)
{
	for (size_t i = 0; i < classes->len; i++)
		if (classes->items[i]->policy->judges)
			return true;
	return false;
}

bool
classes_keep(const struct classes *classes)
{
	for (size_t i = 0; i < classes->len; i++)
		if (classes->items[i]->policy->keeps)
			return true;
	return false;
}

bool
classes_copy(const struct classes *classes)
{
	for (size_t i = 0; i < classes->len; i++)
		if (classes->items[i]->policy->copies)
			return true;
	return false;
}

/* ---- deciding ---- */

/* What a policy would keep, and there is no vault, is refused: nothing is stored, and the sender hears it. */
static enum fate
fate_of(const struct policy *policy, const struct sl_ruling *ruling)
{
	if (!ruling->enforced)
		return FATE_DELIVER;
	switch (ruling->action) {
	case SL_ACTION_QUARANTINE:
		return policy->keeps ? FATE_KEEP : FATE_REFUSE;
	case SL_ACTION_DEFER:
		return FATE_DEFER;
	case SL_ACTION_REFUSE:
		return FATE_REFUSE;
	case SL_ACTION_DELIVER:
	case SL_ACTION_TAG:
	case SL_ACTION_COPY:
	case SL_ACTION_COUNT:
		break;
	}
	return FATE_DELIVER;
}

void
classes_decide(struct session *s)
{
	struct transaction *tx = s->tx;
	const struct sl_clock *clock = s->edge->clock;
	struct sl_list_question question;
	struct sl_list_sender from, envelope;
	unsigned char client[16];
	struct sl_decide known = { .verdict = tx->judge.done ? tx->judge.verdict : NULL, .engine_failed = judge_failed(&tx->judge),
		.known_malware = judge_known_malware(&tx->judge), .envelope_empty = tx->mail.from.mailbox.len == 0,
		.envelope_authenticated = sl_identity_envelope_proven(&tx->identity, tx->mail.from.domain) };

	sl_list_sender_read(tx->demands.from, &from);
	sl_list_sender_read(tx->mail.from.mailbox, &envelope);
	question = (struct sl_list_question){ &from, &envelope, known.envelope_empty,
		sl_list_client_read(sl_slice_str(s->client_text), client) ? client : NULL };
	for (size_t i = 0; i < tx->classes.len; i++) {
		struct class *class = tx->classes.items[i];
		struct sl_list_found found[SL_BY_COUNT];

		directory_lists(tx->directory, &class->to, &question, clock->wall_us(clock->ctx) / 1000000, found);
		for (int by = 0; by < SL_BY_COUNT; by++)
			known.lists[by] = &found[by];
		known.policy = &class->policy->values;
		known.from_authenticated = sl_identity_from_proven(&tx->identity, known.policy);
		known.demands = class->demands;
		known.demands_len = class->demands_len;
		sl_decide(&known, &class->decision);
		class->fate = fate_of(class->policy, &class->decision.ruling);
	}
}

/* ---- together ---- */

bool
classes_have(const struct classes *classes, enum fate fate)
{
	for (size_t i = 0; i < classes->len; i++)
		if (classes->items[i]->recipients > 0 && classes->items[i]->fate == fate)
			return true;
	return false;
}

/* The subject that a class wants to see in front; "" is none. */
static struct sl_slice
tag_of(const struct class *class)
{
	const struct sl_ruling *ruling = &class->decision.ruling;

	return ruling->enforced && ruling->action == SL_ACTION_TAG ? class->policy->values.subject_tag : sl_slice("", 0);
}

static bool
is_tagged(const struct class *class)
{
	return class->decision.ruling.enforced && class->decision.ruling.action == SL_ACTION_TAG;
}

/* Can those whom it is delivered to be given the same bytes? */
static bool
deliver_alike(const struct classes *classes)
{
	const struct class *first = NULL;

	for (size_t i = 0; i < classes->len; i++) {
		const struct class *class = classes->items[i];

		if (class->recipients == 0 || class->fate != FATE_DELIVER)
			continue;
		if (first == NULL)
			first = class;
		else if (is_tagged(first) != is_tagged(class) || !sl_slice_eq(tag_of(first), tag_of(class)))
			return false;
	}
	return true;
}

unsigned
classes_fates(const struct classes *classes)
{
	unsigned n = 0;

	for (int f = 0; f < FATE_COUNT; f++)
		n += classes_have(classes, (enum fate)f);
	return n;
}

/* What is refused to some only is kept for them, where their policy keeps messages. False: somebody's does not. */
static bool
keep_refused(struct classes *classes)
{
	for (size_t i = 0; i < classes->len; i++)
		if (classes->items[i]->recipients > 0 && classes->items[i]->fate == FATE_REFUSE && !classes->items[i]->policy->keeps)
			return false;
	for (size_t i = 0; i < classes->len; i++)
		if (classes->items[i]->fate == FATE_REFUSE)
			classes->items[i]->fate = FATE_KEEP;
	return true;
}

enum plan
classes_plan(struct classes *classes, bool parts, bool prdr)
{
	if (!deliver_alike(classes))
		return PLAN_SPLIT;
	if (classes_fates(classes) <= 1)
		return PLAN_ONE;
	if (!prdr && (classes_have(classes, FATE_DEFER) || !keep_refused(classes)))
		return PLAN_SPLIT;
	if (classes_fates(classes) <= 1)
		return PLAN_ONE;
	return !parts && classes_have(classes, FATE_DELIVER) ? PLAN_SPLIT : PLAN_PARTS;
}

struct class *
classes_leading(const struct classes *classes)
{
	struct class *leading = NULL;

	for (size_t i = 0; i < classes->len; i++) {
		struct class *class = classes->items[i];

		if (class->recipients > 0 && (leading == NULL || class->fate < leading->fate ||
		    (class->fate == leading->fate && class->decision.ruling.action > leading->decision.ruling.action)))
			leading = class;
	}
	return leading;
}
