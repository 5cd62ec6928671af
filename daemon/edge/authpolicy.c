/* authpolicy.c - what is done with mail whose sender is not who it claims; see authenticate.h */

#include "authenticate.h"

#include "session.h"

/* Ask for something. `reason` is a sentence for the sender. */
static void
demand(struct authentication *a, enum sl_action action, const char *word, const char *enhanced, const char *reason)
{
	SL_ASSERT(a->demands_len < SL_DEMANDS_MAX);
	a->demands[a->demands_len++] = (struct sl_demand){ action, word, enhanced,
		reason != NULL ? reason : "The sender is not who it claims to be" };
}

bool
authentication_is_trusted(const struct authentication *a, const struct sl_tenant *tenant)
{
	const struct sl_authentication_policy *policy = &tenant->authentication;

	return a->settled && sl_arc_result(a->arc) == SL_ARC_PASS &&
	    sl_settings_has_domain(policy->trusted_sealers, policy->trusted_sealers_len,
	    sl_slice_str(sl_arc_sealer(a->arc)));
}

/* ---- the author ---- */

static void
rule_author(struct authentication *a, const struct sl_authentication_policy *policy, struct sl_arena *arena)
{
	if (a->author.status == SL_AUTHOR_ONE || policy->bad_author == SL_BAD_AUTHOR_OFF)
		return;
	demand(a, policy->bad_author == SL_BAD_AUTHOR_REFUSE ? SL_ACTION_REFUSE : SL_ACTION_TAG, "forged",
	    "5.7.1", sl_arena_printf(arena, "The message has no author: %s (RFC 5322, 3.6.2)",
	    sl_author_status_text(a->author.status)));
}

/* Is one of two domains the other's, or above it? A single label is above everything and nobody's. */
static bool
akin(struct sl_slice a, struct sl_slice b)
{
	return sl_dns_name_labels(a) > 1 && sl_dns_name_labels(b) > 1 &&
	    (sl_dns_name_within(a, b) || sl_dns_name_within(b, a));
}

enum proof {
	PROOF_NONE,
	PROOF_UNSURE,	/* DNS did not say */
	PROOF_PASS,
};

/* Is the author's domain proven, whatever it publishes? */
static enum proof
proof(const struct authentication *a)
{
	const struct sl_spf *spf = authentication_spf(a);
	struct sl_slice author = sl_slice_str(a->author.domain);
	enum proof best = PROOF_NONE;

	if (a->dmarc != NULL) {
		enum sl_dmarc_result result = sl_dmarc_verdict(a->dmarc)->result;

		if (result == SL_DMARC_PASS || result == SL_DMARC_FAIL)	/* by the domain's own rules */
			return result == SL_DMARC_PASS ? PROOF_PASS : PROOF_NONE;
	}
	if (akin(sl_slice_str(sl_spf_domain(spf)), author)) {
		if (sl_spf_result(spf) == SL_SPF_PASS)
			return PROOF_PASS;
		if (sl_spf_result(spf) == SL_SPF_TEMPERROR)
			best = PROOF_UNSURE;
	}
	for (size_t i = 0; i < sl_dkim_count(a->dkim); i++) {
		const struct sl_dkim_signature *s = sl_dkim_get(a->dkim, i);

		if (!akin(sl_slice_str(s->domain), author))
			continue;
		if (s->result == SL_DKIM_PASS)
			return PROOF_PASS;
		if (s->result == SL_DKIM_TEMPERROR)
			best = PROOF_UNSURE;
	}
	return best;
}

static void
rule_required(struct authentication *a, const struct sl_authentication_policy *policy, struct sl_arena *arena)
{
	if (a->author.status != SL_AUTHOR_ONE || !sl_settings_has_domain(policy->require_pass,
	    policy->require_pass_len, sl_slice_str(a->author.domain)))
		return;
	switch (proof(a)) {
	case PROOF_PASS:
		break;
	case PROOF_UNSURE:
		demand(a, SL_ACTION_DEFER, "unauthenticated", "4.7.1", sl_arena_printf(arena,
		    "Whether %s sent the message cannot be told now, try again later", a->author.domain));
		break;
	case PROOF_NONE:
		demand(a, SL_ACTION_REFUSE, "unauthenticated", "5.7.26", sl_arena_printf(arena,
		    "Mail from %s must be proven by DKIM or SPF of that domain, and is not",
		    a->author.domain));
		break;
	}
}

/* ---- DMARC ---- */

static void
rule_dmarc(struct authentication *a, const struct sl_tenant *tenant, struct sl_arena *arena)
{
	const struct sl_dmarc_verdict *v;

	if (a->dmarc == NULL)
		return;
	v = sl_dmarc_verdict(a->dmarc);
	if (v->result != SL_DMARC_FAIL || v->disposition <= SL_DMARC_POLICY_NONE)
		return;
	if (tenant->authentication.dmarc != SL_DMARC_ENFORCE || authentication_is_trusted(a, tenant))
		return;
	if (v->disposition == SL_DMARC_POLICY_REJECT)
		demand(a, SL_ACTION_REFUSE, "forged", "5.7.26", sl_arena_printf(arena,
		    "The message does not come from %s, which wants such mail refused (DMARC)", v->from));
	else
		demand(a, SL_ACTION_TAG, "forged", "5.7.26", "DMARC");
}

/* ---- SPF ---- */

static void
rule_spf(struct authentication *a, const struct sl_tenant *tenant, struct sl_arena *arena)
{
	const struct sl_spf *spf = authentication_spf(a);
	const char *why = sl_spf_explanation(spf);

	if (tenant->authentication.spf_fail != SL_SPF_REFUSE || sl_spf_result(spf) != SL_SPF_FAIL ||
	    authentication_is_trusted(a, tenant))
		return;
	if (a->dmarc != NULL && sl_dmarc_verdict(a->dmarc)->result == SL_DMARC_PASS)
		return;
	demand(a, SL_ACTION_REFUSE, "unauthenticated", "5.7.23", sl_arena_printf(arena,
	    "%s says that %s may not send for it (SPF)%s%.200s", sl_spf_domain(spf),
	    a->session->client_text, why[0] != '\0' ? ". It explains: " : "", why));
}

void
authentication_rule(struct authentication *a, const struct sl_tenant *tenant, struct sl_arena *arena,
    struct sl_ruling *ruling)
{
	const struct sl_authentication_policy *policy = &tenant->authentication;

	if (!a->settled)
		return;
	rule_author(a, policy, arena);
	rule_dmarc(a, tenant, arena);
	rule_required(a, policy, arena);
	rule_spf(a, tenant, arena);
	for (size_t i = 0; i < a->demands_len; i++)
		sl_rule_demand(ruling, &a->demands[i]);
}
