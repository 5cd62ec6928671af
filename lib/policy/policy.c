/* policy.c - see policy.h */

#include "policy/policy.h"

static const char *const action_words[] = {
#define SL_ACTION_WORD(name, word) word,
	SL_ACTIONS(SL_ACTION_WORD)
#undef SL_ACTION_WORD
};

const char *
sl_action_word(enum sl_action action)
{
	SL_ASSERT(action < SL_ACTION_COUNT);
	return action_words[action];
}

bool
sl_action_find(struct sl_slice word, enum sl_action *action_out)
{
	for (int a = 0; a < SL_ACTION_COUNT; a++) {
		if (sl_slice_eq(word, sl_slice_str(action_words[a]))) {
			*action_out = (enum sl_action)a;
			return true;
		}
	}
	return false;
}

static const struct {
	const char		*word;
	enum sl_category	 category;
} causes[] = {
#define SL_CAUSE_ROW(name, word, category) { word, category },
	SL_CAUSES(SL_CAUSE_ROW)
#undef SL_CAUSE_ROW
};

const char *
sl_cause_word(enum sl_cause cause)
{
	SL_ASSERT(cause < SL_CAUSE_COUNT);
	return causes[cause].word;
}

bool
sl_cause_find(struct sl_slice word, enum sl_cause *cause_out)
{
	for (int i = 0; i < SL_CAUSE_COUNT; i++) {
		if (sl_slice_eq(word, sl_slice_str(causes[i].word))) {
			*cause_out = (enum sl_cause)i;
			return true;
		}
	}
	return false;
}

enum sl_category
sl_cause_category(enum sl_cause cause)
{
	SL_ASSERT(cause < SL_CAUSE_COUNT);
	return causes[cause].category;
}

enum sl_cause
sl_cause_of(enum sl_category category)
{
	for (int i = 0; i < SL_CAUSE_COUNT; i++)
		if (causes[i].category == category)
			return (enum sl_cause)i;
	SL_UNREACHABLE("a category that is no cause");
}

/* Words that are no cause's are those of who sent it. */
enum sl_cause
sl_cause_of_ruling(const struct sl_ruling *ruling)
{
	enum sl_cause cause = SL_CAUSE_AUTHENTICATION;

	if (ruling->reason == NULL)
		return sl_cause_of(ruling->category);
	if (!sl_cause_find(sl_slice_str(ruling->word), &cause) && strcmp(ruling->word, "denied") == 0)
		return SL_CAUSE_SPAM;
	return cause;
}

void
sl_policy_category_clear(struct sl_policy_category *category)
{
	for (int a = 0; a < SL_ACTION_COUNT; a++)
		category->at[a] = a == SL_ACTION_DELIVER ? 0 : SL_THRESHOLD_NEVER;
}

/* The strongest that applies; a copy is no answer to the sender. */
static enum sl_action
action_for(const struct sl_policy_category *policy, double probability)
{
	enum sl_action action = SL_ACTION_DELIVER;

	for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++)
		if (a != SL_ACTION_COPY && probability >= policy->at[a])
			action = (enum sl_action)a;
	return action;
}

bool
sl_rule_judged(const struct sl_verdict *verdict, enum sl_category category)
{
	for (size_t i = 0; i < verdict->evidence_len; i++)
		if (verdict->evidence[i].state == SL_EVIDENCE_PRESENT && !verdict->evidence[i].shadow &&
		    (verdict->evidence[i].log_odds[category] > 0 ||
		    verdict->evidence[i].log_odds[category] < 0))
			return true;
	return false;
}

void
sl_rule(const struct sl_policy_category policy[SL_CATEGORY_COUNT], const struct sl_verdict *verdict,
    bool engine_failed, struct sl_ruling *ruling)
{
	*ruling = (struct sl_ruling){ .word = "unjudged" };
	if (verdict == NULL)
		return;
	for (int i = 0; i < SL_CAUSE_COUNT; i++) {	/* the gravest last: at the same action it gives the reason */
		enum sl_category c = causes[i].category;
		enum sl_action action;

		if (c == SL_CATEGORY_COUNT || !sl_rule_judged(verdict, c))
			continue;
		action = action_for(&policy[c], verdict->probability[c]);
		if (verdict->probability[c] >= policy[c].at[SL_ACTION_COPY])
			ruling->copy = true;
		if (ruling->action == SL_ACTION_DELIVER)
			ruling->word = "clean";
		if (action == SL_ACTION_DELIVER || action < ruling->action)
			continue;
		ruling->action = action;
		ruling->category = c;
		ruling->word = sl_category_word(c);
	}
	if (engine_failed && ruling->action < SL_ACTION_DEFER) {
		ruling->action = SL_ACTION_DEFER;
		ruling->category = SL_MALWARE;
		ruling->engine_failed = true;
		ruling->word = "unchecked";
	}
}

bool
sl_rule_demand(struct sl_ruling *ruling, const struct sl_demand *demand)
{
	if (demand->action == SL_ACTION_COPY) {
		ruling->copy = true;
		return false;
	}
	/* The first that says so gives the reason; but of a refusal a sender learns more here than from
	 * being called spam. */
	if (demand->action < ruling->action || (demand->action == ruling->action &&
	    (demand->action != SL_ACTION_REFUSE || ruling->reason != NULL || ruling->category == SL_MALWARE)))
		return false;
	ruling->action = demand->action;
	ruling->engine_failed = false;
	ruling->word = demand->word;
	ruling->enhanced = demand->enhanced;
	ruling->reason = demand->reason;
	return true;
}
