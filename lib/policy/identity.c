/* identity.c - see identity.h */

#include "policy/identity.h"

struct demander {
	const struct sl_identity	*id;
	const struct sl_policy		*policy;
	struct sl_arena			*arena;
	struct sl_demand		*demands;
	size_t				 len;
};

/* `reason` is a sentence for the sender; NULL: there was no memory for it. */
static void
demand(struct demander *d, enum sl_action action, const char *word, const char *enhanced, const char *reason)
{
	SL_ASSERT(d->len < SL_IDENTITY_DEMANDS_MAX);
	if (action == SL_ACTION_DEFER)
		enhanced = "4.7.1";
	d->demands[d->len++] = (struct sl_demand){ action, word, enhanced,
		reason != NULL ? reason : "The sender is not who it claims to be" };
}

/* Is a domain one that is written so: itself, or by "*." one below? */
static bool
domain_is(struct sl_slice domain, struct sl_slice written)
{
	if (!sl_slice_istarts(written, SL_SLICE_LIT("*.")))
		return sl_slice_ieq(written, domain);
	return domain.len >= written.len &&
	    sl_slice_ieq(sl_slice_from(domain, domain.len - (written.len - 1)), sl_slice_from(written, 1));
}

/* Is one of two domains the other's, or above it? A single label is above everything and nobody's. */
static bool
akin(struct sl_slice a, struct sl_slice b)
{
	return sl_dns_name_labels(a) > 1 && sl_dns_name_labels(b) > 1 &&
	    (sl_dns_name_within(a, b) || sl_dns_name_within(b, a));
}

static enum sl_dmarc_result
dmarc_of(const struct sl_identity *id, const struct sl_policy *policy)
{
	return policy->authentication.dmarc == SL_DMARC_USE_OFF ? SL_DMARC_NONE : id->dmarc;
}

/* ---- what is proven ---- */

enum proof {
	PROOF_NONE,
	PROOF_UNSURE,	/* DNS did not say */
	PROOF_PASS,
};

/* Is the author's domain proven, whatever it publishes? */
static enum proof
proof(const struct sl_identity *id, const struct sl_policy *policy)
{
	enum sl_dmarc_result dmarc = dmarc_of(id, policy);
	enum proof best = PROOF_NONE;

	if (dmarc == SL_DMARC_PASS || dmarc == SL_DMARC_FAIL)	/* by the domain's own rules */
		return dmarc == SL_DMARC_PASS ? PROOF_PASS : PROOF_NONE;
	if (akin(id->spf_domain, id->author_domain)) {
		if (id->spf == SL_SPF_PASS)
			return PROOF_PASS;
		if (id->spf == SL_SPF_TEMPERROR)
			best = PROOF_UNSURE;
	}
	for (size_t i = 0; i < id->signers_len; i++) {
		if (!akin(id->signers[i].domain, id->author_domain))
			continue;
		if (id->signers[i].passes)
			return PROOF_PASS;
		best = PROOF_UNSURE;
	}
	return best;
}

bool
sl_identity_is_trusted(const struct sl_identity *id, const struct sl_policy *policy)
{
	const struct sl_policy_list *sealers = &policy->authentication.trusted_sealers;

	for (size_t i = 0; id->known && id->arc_passes && i < sealers->len; i++)
		if (domain_is(id->arc_sealer, sealers->items[i]))
			return true;
	return false;
}

bool
sl_identity_from_proven(const struct sl_identity *id, const struct sl_policy *policy)
{
	return id->known && id->author == SL_AUTHOR_ONE && proof(id, policy) == PROOF_PASS;
}

bool
sl_identity_envelope_proven(const struct sl_identity *id, struct sl_slice domain)
{
	if (!id->known || domain.len == 0)
		return false;
	if (id->spf == SL_SPF_PASS && !id->spf_is_helo)
		return true;
	for (size_t i = 0; i < id->signers_len; i++)
		if (id->signers[i].passes && akin(domain, id->signers[i].domain))
			return true;
	return false;
}

/* ---- what is demanded ---- */

static void
ask_author(struct demander *d)
{
	enum sl_action action = (enum sl_action)d->policy->authentication.bad_author;

	if (d->id->author == SL_AUTHOR_ONE || action == SL_ACTION_DELIVER)
		return;
	demand(d, action, "forged", "5.7.1", sl_arena_printf(d->arena,
	    "The message has no author: %s (RFC 5322, 3.6.2)", sl_author_status_text(d->id->author)));
}

static void
ask_dmarc(struct demander *d)
{
	bool refuse = d->id->disposition == SL_DMARC_POLICY_REJECT;
	enum sl_action action = (enum sl_action)(refuse ? d->policy->authentication.dmarc_reject :
	    d->policy->authentication.dmarc_quarantine);

	if (d->id->dmarc != SL_DMARC_FAIL || d->id->disposition <= SL_DMARC_POLICY_NONE || action == SL_ACTION_DELIVER ||
	    d->policy->authentication.dmarc != SL_DMARC_USE_ENFORCE || sl_identity_is_trusted(d->id, d->policy))
		return;
	demand(d, action, "forged", "5.7.26", sl_arena_printf(d->arena,
	    "The message does not come from " SL_SLICE_FMT ", which wants such mail %s (DMARC)",
	    SL_SLICE_ARG(d->id->author_domain), refuse ? "refused" : "put aside"));
}

static void
ask_tls(struct demander *d, enum sl_action action)
{
	demand(d, action, "unauthenticated", "5.7.10", sl_arena_printf(d->arena,
	    "Mail from " SL_SLICE_FMT " is taken under TLS only", SL_SLICE_ARG(d->id->author_domain)));
}

static void
ask_proof(struct demander *d, enum sl_action action)
{
	switch (proof(d->id, d->policy)) {
	case PROOF_PASS:
		break;
	case PROOF_UNSURE:
		demand(d, SL_MIN(action, SL_ACTION_DEFER), "unauthenticated", "5.7.26", sl_arena_printf(d->arena,
		    "Whether " SL_SLICE_FMT " sent the message cannot be told now, try again later",
		    SL_SLICE_ARG(d->id->author_domain)));
		break;
	case PROOF_NONE:
		demand(d, action, "unauthenticated", "5.7.26", sl_arena_printf(d->arena,
		    "Mail from " SL_SLICE_FMT " must be proven by DKIM or SPF of that domain, and is not",
		    SL_SLICE_ARG(d->id->author_domain)));
		break;
	}
}

/* All entries that mean the domain count together. */
static void
ask_partner(struct demander *d)
{
	const struct sl_partner_domains *partners = &d->policy->authentication.partners;
	enum sl_action action = (enum sl_action)d->policy->authentication.partner;
	bool tls = false, authentication = false;

	if (d->id->author != SL_AUTHOR_ONE || action == SL_ACTION_DELIVER)
		return;
	for (size_t i = 0; i < partners->len; i++) {
		if (!domain_is(d->id->author_domain, partners->items[i].domain))
			continue;
		tls |= partners->items[i].tls;
		authentication |= partners->items[i].authentication;
	}
	if (authentication)
		ask_proof(d, action);
	if (tls && !d->id->tls)
		ask_tls(d, action);
}

static void
ask_spf(struct demander *d)
{
	enum sl_action action = (enum sl_action)d->policy->authentication.spf_fail;
	struct sl_slice why = d->id->spf_explanation;

	if (action == SL_ACTION_DELIVER || d->id->spf != SL_SPF_FAIL || sl_identity_is_trusted(d->id, d->policy) ||
	    dmarc_of(d->id, d->policy) == SL_DMARC_PASS)
		return;
	demand(d, action, "unauthenticated", "5.7.23", sl_arena_printf(d->arena,
	    SL_SLICE_FMT " says that " SL_SLICE_FMT " may not send for it (SPF)%s%.*s", SL_SLICE_ARG(d->id->spf_domain),
	    SL_SLICE_ARG(d->id->client), why.len > 0 ? ". It explains: " : "", (int)SL_MIN(why.len, 200u),
	    why.len > 0 ? (const char *)why.ptr : ""));
}

size_t
sl_identity_demands(const struct sl_identity *identity, const struct sl_policy *policy, struct sl_arena *arena,
    struct sl_demand demands[SL_IDENTITY_DEMANDS_MAX])
{
	struct demander d = { identity, policy, arena, demands, 0 };

	if (!identity->known)
		return 0;
	ask_author(&d);
	ask_dmarc(&d);
	ask_partner(&d);
	ask_spf(&d);
	return d.len;
}
