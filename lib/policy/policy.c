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

static enum sl_action
action_for(const struct sl_policy_category *policy, double probability)
{
	enum sl_action action = SL_ACTION_DELIVER;

	for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++)
		if (probability >= policy->at[a])
			action = (enum sl_action)a;
	return action;
}

/* Has anything been said about this category? Without evidence the prior is no verdict. */
static bool
is_judged(const struct sl_verdict *verdict, int category)
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
	/* The last category is the gravest: at the same action it gives the reason. */
	static const enum sl_category order[] = { SL_BULK, SL_MALFORMED, SL_SPAM, SL_PHISH, SL_MALWARE };

	_Static_assert(SL_COUNT(order) == SL_CATEGORY_COUNT, "each category has its gravity");
	*ruling = (struct sl_ruling){ .word = "unjudged" };
	if (verdict == NULL)
		return;
	for (size_t i = 0; i < SL_COUNT(order); i++) {
		enum sl_category c = order[i];
		enum sl_action action = action_for(&policy[c], verdict->probability[c]);

		if (!is_judged(verdict, c))
			continue;
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

void
sl_rule_demand(struct sl_ruling *ruling, const struct sl_demand *demand)
{
	/* The first that says so gives the reason; but of a refusal a sender learns more here than from
	 * being called spam. */
	if (demand->action < ruling->action || (demand->action == ruling->action &&
	    (demand->action != SL_ACTION_REFUSE || ruling->reason != NULL || ruling->category == SL_MALWARE)))
		return;
	ruling->action = demand->action;
	ruling->engine_failed = false;
	ruling->word = demand->word;
	ruling->enhanced = demand->enhanced;
	ruling->reason = demand->reason;
}
