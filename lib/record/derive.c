/* derive.c - verdict and ruling from a record; see record.h */

#include "record/record.h"

#include <math.h>

void
sl_record_sum(struct sl_verdict *verdict)
{
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		double sum = verdict->prior[c];

		for (size_t i = 0; i < verdict->evidence_len; i++)	/* in the order that sl_combine has */
			sum += verdict->evidence[i].log_odds[c];
		verdict->logit[c] = sum;
		verdict->probability[c] = 1 / (1 + exp(-sum));
	}
}

/* The lists answer as they did: what they were asked does not matter any more. */
void
sl_record_rule(const struct sl_record *record, const struct sl_record_class *class, struct sl_ruling *ruling)
{
	static const struct sl_list_found allows = { .allow_client = { .flags = SL_LIST_ALLOW, .kind = SL_LIST_DOMAIN } };
	static const struct sl_list_found denies = { .deny = { .flags = SL_LIST_DENY, .kind = SL_LIST_DOMAIN },
		.deny_where = "" };
	bool allowed = class->allowed_by < SL_PRECEDENCE_COUNT;
	enum sl_policy_by list = sl_precedence_list(allowed ? class->allowed_by : class->by);
	struct sl_policy policy = { .mode = class->mode };
	struct sl_decide known = { .policy = &policy, .verdict = &record->verdict, .engine_failed = record->engine_failed,
		.known_malware = record->facts.malware, .demands = class->demands, .demands_len = class->demands_len };
	struct sl_decision decision;

	if (class->by == SL_BY_KNOWN_MALWARE && known.known_malware == NULL)
		known.known_malware = "";
	memcpy(policy.category, class->policy, sizeof(policy.category));
	policy.lists.denied = class->action;	/* if a list denied it */
	policy.lists.overrides = class->excused;
	policy.lists.users = SL_USER_LISTS_BOTH;
	if (list != SL_BY_COUNT)
		known.lists[list] = allowed ? &allows : &denies;
	sl_decide(&known, &decision);
	*ruling = decision.ruling;
}
