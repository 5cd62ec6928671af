/* decide.c - see decide.h */

#include "policy/decide.h"

#include <arpa/inet.h>
#include <stdio.h>

struct decider {
	const struct sl_decide	*known;
	struct sl_decision	*out;
	bool			 allowed;	/* by the first allow list that applied: `by` and `why` are its */
};

/* Returns true when nothing below is asked any more. */
typedef bool decide_row(struct decider *d, enum sl_precedence row, enum sl_policy_by list);

static decide_row by_malware, by_deny, by_allow, by_policy;

static const struct {
	decide_row		*decide;
	enum sl_policy_by	 list;
	const char		*name, *text;
} rows[SL_PRECEDENCE_COUNT] = {
#define SL_PRECEDENCE_TEXT(id, title, what) [SL_BY_##id].name = title, [SL_BY_##id].text = what,
	[SL_BY_KNOWN_MALWARE] = { .decide = by_malware },
	[SL_BY_OPERATOR_DENY] = { .decide = by_deny, .list = SL_BY_OPERATOR },
	[SL_BY_PARTNER_DENY] = { .decide = by_deny, .list = SL_BY_PARTNER },
	[SL_BY_TENANT_DENY] = { .decide = by_deny, .list = SL_BY_TENANT },
	[SL_BY_USER_DENY] = { .decide = by_deny, .list = SL_BY_USER },
	[SL_BY_OPERATOR_ALLOW] = { .decide = by_allow, .list = SL_BY_OPERATOR },
	[SL_BY_PARTNER_ALLOW] = { .decide = by_allow, .list = SL_BY_PARTNER },
	[SL_BY_TENANT_ALLOW] = { .decide = by_allow, .list = SL_BY_TENANT },
	[SL_BY_USER_ALLOW] = { .decide = by_allow, .list = SL_BY_USER },
	[SL_BY_POLICY] = { .decide = by_policy },
	SL_PRECEDENCES(SL_PRECEDENCE_TEXT)
#undef SL_PRECEDENCE_TEXT
};

const char *
sl_precedence_name(enum sl_precedence precedence)
{
	SL_ASSERT(precedence < SL_PRECEDENCE_COUNT);
	return rows[precedence].name;
}

bool
sl_precedence_find(struct sl_slice name, enum sl_precedence *precedence_out)
{
	for (int i = 0; i < SL_PRECEDENCE_COUNT; i++)
		if (sl_slice_eq(name, sl_slice_str(rows[i].name))) {
			*precedence_out = (enum sl_precedence)i;
			return true;
		}
	return false;
}

enum sl_policy_by
sl_precedence_list(enum sl_precedence precedence)
{
	SL_ASSERT(precedence < SL_PRECEDENCE_COUNT);
	return rows[precedence].decide == by_deny || rows[precedence].decide == by_allow ? rows[precedence].list : SL_BY_COUNT;
}

void
sl_precedence_print(struct sl_buf *out)
{
	for (int i = 0; i < SL_PRECEDENCE_COUNT; i++)
		sl_buf_addf(out, "%d. %s: %s\n", i + 1, rows[i].name, rows[i].text);
}

static void
why(struct sl_decision *out, const char *format, ...) SL_PRINTF(2, 3);
static void
why(struct sl_decision *out, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(out->why, sizeof(out->why), format, ap);
	va_end(ap);
}

/* ---- known malware */

static bool
by_malware(struct decider *d, enum sl_precedence row, enum sl_policy_by list)
{
	const struct sl_policy_category *category = &d->known->policy->category[SL_MALWARE];
	struct sl_ruling *ruling = &d->out->ruling;

	if (d->known->known_malware == NULL)
		return false;
	for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++)
		if (a != SL_ACTION_COPY && category->at[a] <= 1)
			ruling->action = (enum sl_action)a;
	ruling->copy = category->at[SL_ACTION_COPY] <= 1;
	if (ruling->action == SL_ACTION_DELIVER)
		return false;	/* the policy does not mind, so whoever comes next decides */
	ruling->category = SL_MALWARE;
	ruling->word = sl_cause_word(SL_CAUSE_MALWARE);
	d->out->cause = SL_CAUSE_MALWARE;
	d->out->by = row;
	why(d->out, "%s: %.200s", rows[row].name, d->known->known_malware);
	return true;
}

/* ---- lists */

static const char *
hit_text(const struct sl_list_hit *hit, char text[SL_LIST_KEY_MAX + 8])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char address[INET6_ADDRSTRLEN] = "";
	bool v4;

	if (hit->kind != SL_LIST_NETWORK) {
		snprintf(text, SL_LIST_KEY_MAX + 8, "%s" SL_SLICE_FMT, hit->kind == SL_LIST_BELOW ? "*." : "",
		    SL_SLICE_ARG(hit->text));
		return text;
	}
	v4 = memcmp(hit->text.ptr, mapped, sizeof(mapped)) == 0;
	inet_ntop(v4 ? AF_INET : AF_INET6, hit->text.ptr + (v4 ? 12 : 0), address, sizeof(address));
	snprintf(text, SL_LIST_KEY_MAX + 8, "%s in /%u", address, hit->bits - (v4 ? 96 : 0));
	return text;
}

/* The list that counts here; NULL: none, or it may not. */
static const struct sl_list_found *
list_of(const struct decider *d, enum sl_policy_by list, enum sl_user_lists least)
{
	if (list == SL_BY_USER && d->known->policy->lists.users < least)
		return NULL;
	return d->known->lists[list];
}

static bool
by_deny(struct decider *d, enum sl_precedence row, enum sl_policy_by list)
{
	const struct sl_list_found *found = list_of(d, list, SL_USER_LISTS_DENY);
	struct sl_ruling *ruling = &d->out->ruling;
	char text[SL_LIST_KEY_MAX + 8];

	if (found == NULL || (found->deny.flags & SL_LIST_DENY) == 0)
		return false;
	ruling->action = (enum sl_action)d->known->policy->lists.denied;
	ruling->word = "denied";
	ruling->enhanced = ruling->action == SL_ACTION_DEFER ? "4.7.1" : "5.7.1";
	ruling->reason = "The recipient does not take mail from this sender";
	d->out->cause = SL_CAUSE_SPAM;
	d->out->by = row;
	why(d->out, "%s: %s (%s)", rows[row].name, hit_text(&found->deny, text), found->deny_where);
	return true;
}

/* May an entry do without authentication? */
static bool
waived(const struct decider *d, const struct sl_list_hit *hit)
{
	return (hit->flags & SL_LIST_UNAUTHENTICATED) != 0 && d->known->policy->lists.unauthenticated;
}

/* Does the list allow it? Sets what it is by, and `*missing_out` if but for authentication it would. */
static bool
allows(const struct decider *d, const struct sl_list_found *found, const struct sl_list_hit **hit_out, bool *missing_out)
{
	const struct sl_list_hit *from = &found->allow_from, *envelope = &found->allow_envelope;
	bool both = from->flags != 0 && (envelope->flags != 0 || d->known->envelope_empty);

	*missing_out = false;
	if (found->allow_client.flags != 0) {	/* a TCP connection is proof of its address */
		*hit_out = &found->allow_client;
		return true;
	}
	if (both || (from->flags & SL_LIST_EITHER) != 0) {
		*hit_out = from;
		if (d->known->from_authenticated || waived(d, from))
			return true;
		*missing_out = true;
	}
	if ((envelope->flags & SL_LIST_EITHER) != 0) {
		*hit_out = envelope;
		if (d->known->envelope_authenticated || waived(d, envelope))
			return true;
		*missing_out = true;
	}
	return false;
}

static bool
by_allow(struct decider *d, enum sl_precedence row, enum sl_policy_by list)
{
	const struct sl_list_found *found = list_of(d, list, SL_USER_LISTS_BOTH);
	const struct sl_list_hit *hit = NULL;
	char text[SL_LIST_KEY_MAX + 8];
	bool missing;

	if (found == NULL || d->allowed)
		return false;
	if (!allows(d, found, &hit, &missing)) {
		if (missing)
			why(d->out, "%s: %s, but the sender is not authenticated", rows[row].name, hit_text(hit, text));
		return false;
	}
	d->allowed = true;
	d->out->allowed_by = row;
	d->out->excused = d->known->policy->lists.overrides;
	d->out->by = row;
	why(d->out, "%s: %s", rows[row].name, hit_text(hit, text));
	return false;	/* what it does not excuse from still counts */
}

/* ---- the policy, and classifiers */

static enum sl_cause
demand_cause(const struct sl_demand *demand)
{
	for (int i = 0; i < SL_CAUSE_COUNT; i++)
		if (strcmp(demand->word, sl_cause_word((enum sl_cause)i)) == 0)
			return (enum sl_cause)i;
	return SL_CAUSE_AUTHENTICATION;		/* "forged", "unauthenticated" */
}

/* Put in front what an allow list that did not count would have said. */
static void
why_policy(struct sl_decision *out, const char *format, ...) SL_PRINTF(2, 3);
static void
why_policy(struct sl_decision *out, const char *format, ...)
{
	char before[SL_DECISION_WHY_MAX + 1];
	size_t len;
	va_list ap;

	memcpy(before, out->why, sizeof(before));
	va_start(ap, format);
	vsnprintf(out->why, sizeof(out->why), format, ap);
	va_end(ap);
	len = strlen(out->why);
	if (before[0] != '\0')
		snprintf(out->why + len, sizeof(out->why) - len, "; %s", before);
}

static void
explain(struct decider *d, const struct sl_demand *demand)
{
	const struct sl_ruling *ruling = &d->out->ruling;

	if (ruling->action == SL_ACTION_DELIVER) {
		if (!d->allowed)
			why_policy(d->out, "nothing speaks against it");
		return;
	}
	d->out->by = SL_BY_POLICY;
	if (demand != NULL) {
		d->out->cause = demand_cause(demand);
		why_policy(d->out, "%s: %.200s", demand->word, demand->reason != NULL ? demand->reason : "");
	} else if (ruling->engine_failed) {
		d->out->cause = SL_CAUSE_MALWARE;
		why_policy(d->out, "unchecked: an engine that has to look at it did not answer");
	} else {
		d->out->cause = sl_cause_of(ruling->category);
		why_policy(d->out, "%s: %.4g reaches %s at %.4g", ruling->word,
		    d->known->verdict->probability[ruling->category], sl_action_word(ruling->action),
		    d->known->policy->category[ruling->category].at[ruling->action]);
	}
}

static bool
by_policy(struct decider *d, enum sl_precedence row, enum sl_policy_by list)
{
	struct sl_policy_category category[SL_CATEGORY_COUNT];
	const struct sl_demand *reason = NULL;
	struct sl_ruling *ruling = &d->out->ruling;

	memcpy(category, d->known->policy->category, sizeof(category));
	for (int i = 0; i < SL_CAUSE_COUNT; i++)
		if ((d->out->excused >> i & 1) != 0 && sl_cause_category((enum sl_cause)i) != SL_CATEGORY_COUNT)
			sl_policy_category_clear(&category[sl_cause_category((enum sl_cause)i)]);
	sl_rule(category, d->known->verdict, d->known->engine_failed, ruling);
	for (size_t i = 0; i < d->known->demands_len; i++) {
		const struct sl_demand *demand = &d->known->demands[i];

		if ((d->out->excused >> demand_cause(demand) & 1) == 0 && sl_rule_demand(ruling, demand))
			reason = demand;
	}
	if (d->allowed && ruling->action == SL_ACTION_DELIVER)
		ruling->word = "allowed";
	explain(d, reason);
	return true;
}

/* Does a threshold, an attachment rule or a content group ask for this? */
static bool
may_ask_for(const struct sl_policy *p, enum sl_action action)
{
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		if (p->category[c].at[action] <= 1)
			return true;
	for (size_t i = 0; i < p->attachments.rules.len; i++)
		if (p->attachments.rules.items[i].action == action)
			return true;
	for (size_t i = 0; i < p->content.groups.len; i++)
		if (p->content.groups.items[i].action == action)
			return true;
	return false;
}

/* Everything that is an action is looked at. */
bool
sl_policy_keeps(const struct sl_policy *p)
{
	const uint32_t actions[] = { p->lists.denied, p->authentication.dmarc_reject, p->authentication.dmarc_quarantine,
		p->authentication.bad_author, p->authentication.spf_fail, p->authentication.partner,
		p->attachments.programs, p->attachments.macros, p->attachments.encrypted, p->attachments.deceptive,
		p->attachments.unreadable };

	if (p->mode != SL_MODE_FILTER)
		return false;
	for (size_t i = 0; i < SL_COUNT(actions); i++)
		if (actions[i] == SL_ACTION_QUARANTINE)
			return true;
	return may_ask_for(p, SL_ACTION_QUARANTINE);
}

bool
sl_policy_copies(const struct sl_policy *p)
{
	return p->mode == SL_MODE_FILTER && p->copy_to.len > 0 && may_ask_for(p, SL_ACTION_COPY);
}

void
sl_decide(const struct sl_decide *known, struct sl_decision *out)
{
	struct decider d = { .known = known, .out = out };

	memset(out, 0, sizeof(*out));
	out->by = SL_BY_POLICY;
	out->allowed_by = SL_PRECEDENCE_COUNT;
	out->ruling.word = "unjudged";
	for (int row = 0; row < SL_PRECEDENCE_COUNT; row++)
		if (rows[row].decide(&d, (enum sl_precedence)row, rows[row].list))
			break;
	out->ruling.enforced = known->policy->mode == SL_MODE_FILTER;
}
