/* authpolicy.c - what a policy asks for with mail whose sender is not who it claims; see authenticate.h */

#include "authenticate.h"

#include "session.h"

struct asking {
	const struct authentication	*a;
	const struct sl_policy		*policy;
	struct sl_arena			*arena;
	struct sl_demand		*demands;
	size_t				*len;
};

/* Ask for something. `reason` is a sentence for the sender. */
static void
demand(const struct asking *asking, uint32_t action, const char *word, const char *enhanced, const char *reason)
{
	if (action == SL_ACTION_DELIVER || *asking->len == SL_DEMANDS_MAX)
		return;
	asking->demands[(*asking->len)++] = (struct sl_demand){ (enum sl_action)action, word, enhanced,
		reason != NULL ? reason : "The sender is not who it claims to be" };
}

/* Is a domain (lower case A-labels) among these ("*." in front: below it)? */
static bool
has_domain(const struct sl_policy_list *list, struct sl_slice domain)
{
	for (size_t i = 0; i < list->len; i++) {
		struct sl_slice item = list->items[i];

		if (sl_slice_eq(item, domain))
			return true;
		if (sl_slice_istarts(item, SL_SLICE_LIT("*.")) && domain.len > item.len - 1 &&
		    sl_slice_eq(sl_slice_from(item, 1), sl_slice_from(domain, domain.len - (item.len - 1))))
			return true;
	}
	return false;
}

bool
authentication_is_trusted(const struct authentication *a, const struct sl_policy *policy)
{
	return a->settled && sl_arc_result(a->arc) == SL_ARC_PASS &&
	    has_domain(&policy->authentication.trusted_sealers, sl_slice_str(sl_arc_sealer(a->arc)));
}

/* ---- the author ---- */

static void
ask_author(const struct asking *asking)
{
	const struct authentication *a = asking->a;

	if (a->author.status != SL_AUTHOR_ONE)
		demand(asking, asking->policy->authentication.bad_author, "forged", "5.7.1", sl_arena_printf(asking->arena,
		    "The message has no author: %s (RFC 5322, 3.6.2)", sl_author_status_text(a->author.status)));
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

/* Is a domain proven by SPF or DKIM, aligned? */
static enum proof
proof_of(const struct authentication *a, struct sl_slice domain)
{
	const struct sl_spf *spf = authentication_spf(a);
	enum proof best = PROOF_NONE;

	if (akin(sl_slice_str(sl_spf_domain(spf)), domain)) {
		if (sl_spf_result(spf) == SL_SPF_PASS)
			return PROOF_PASS;
		if (sl_spf_result(spf) == SL_SPF_TEMPERROR)
			best = PROOF_UNSURE;
	}
	for (size_t i = 0; i < sl_dkim_count(a->dkim); i++) {
		const struct sl_dkim_signature *s = sl_dkim_get(a->dkim, i);

		if (!akin(sl_slice_str(s->domain), domain))
			continue;
		if (s->result == SL_DKIM_PASS)
			return PROOF_PASS;
		if (s->result == SL_DKIM_TEMPERROR)
			best = PROOF_UNSURE;
	}
	return best;
}

/* Is the author's domain proven, whatever it publishes? */
static enum proof
proof(const struct authentication *a)
{
	if (a->dmarc != NULL) {
		enum sl_dmarc_result result = sl_dmarc_verdict(a->dmarc)->result;

		if (result == SL_DMARC_PASS || result == SL_DMARC_FAIL)	/* by the domain's own rules */
			return result == SL_DMARC_PASS ? PROOF_PASS : PROOF_NONE;
	}
	return proof_of(a, sl_slice_str(a->author.domain));
}

bool
authentication_from_is_proven(const struct authentication *a)
{
	return a->settled && a->author.status == SL_AUTHOR_ONE && proof(a) == PROOF_PASS;
}

bool
authentication_envelope_is_proven(const struct authentication *a)
{
	struct sl_slice mailbox = a->session->tx->mail.from.mailbox;
	const unsigned char *at = mailbox.len > 0 ? memrchr(mailbox.ptr, '@', mailbox.len) : NULL;

	return a->settled && at != NULL &&
	    proof_of(a, sl_slice_from(mailbox, (size_t)(at + 1 - mailbox.ptr))) == PROOF_PASS;
}

/* ---- partners ---- */

static bool
is_partner(const struct sl_partner_domain *partner, struct sl_slice domain)
{
	return has_domain(&(struct sl_policy_list){ &partner->domain, 1 }, domain);
}

static void
ask_proof(const struct asking *asking, uint32_t action)
{
	const struct authentication *a = asking->a;

	switch (proof(a)) {
	case PROOF_PASS:
		break;
	case PROOF_UNSURE:
		demand(asking, SL_ACTION_DEFER, "unauthenticated", "4.7.1", sl_arena_printf(asking->arena,
		    "Whether %s sent the message cannot be told now, try again later", a->author.domain));
		break;
	case PROOF_NONE:
		demand(asking, action, "unauthenticated", "5.7.26", sl_arena_printf(asking->arena,
		    "Mail from %s must be proven by DKIM or SPF of that domain, and is not",
		    a->author.domain));
		break;
	}
}

static void
ask_partners(const struct asking *asking)
{
	const struct authentication *a = asking->a;
	const struct sl_partner_domains *partners = &asking->policy->authentication.partners;
	uint32_t action = asking->policy->authentication.partner;

	for (size_t i = 0; i < partners->len && a->author.status == SL_AUTHOR_ONE; i++) {
		if (!is_partner(&partners->items[i], sl_slice_str(a->author.domain)))
			continue;
		if (partners->items[i].authentication)
			ask_proof(asking, action);
		if (partners->items[i].tls && a->session->conn.ssl == NULL)
			demand(asking, action, "unauthenticated", "5.7.10", sl_arena_printf(asking->arena,
			    "Mail from %s is taken under TLS only", a->author.domain));
	}
}

/* ---- DMARC ---- */

static void
ask_dmarc(const struct asking *asking)
{
	const struct sl_dmarc_verdict *v;

	if (asking->a->dmarc == NULL)
		return;
	v = sl_dmarc_verdict(asking->a->dmarc);
	if (v->result != SL_DMARC_FAIL || v->disposition <= SL_DMARC_POLICY_NONE)
		return;
	if (asking->policy->authentication.dmarc != SL_DMARC_USE_ENFORCE || authentication_is_trusted(asking->a, asking->policy))
		return;
	if (v->disposition == SL_DMARC_POLICY_REJECT)
		demand(asking, asking->policy->authentication.dmarc_reject, "forged", "5.7.26", sl_arena_printf(asking->arena,
		    "The message does not come from %s, which wants such mail refused (DMARC)", v->from));
	else
		demand(asking, asking->policy->authentication.dmarc_quarantine, "forged", "5.7.26", "DMARC");
}

/* ---- SPF ---- */

static void
ask_spf(const struct asking *asking)
{
	const struct authentication *a = asking->a;
	const struct sl_spf *spf = authentication_spf(a);
	const char *why = sl_spf_explanation(spf);

	if (sl_spf_result(spf) != SL_SPF_FAIL || authentication_is_trusted(a, asking->policy))
		return;
	if (a->dmarc != NULL && sl_dmarc_verdict(a->dmarc)->result == SL_DMARC_PASS)
		return;
	demand(asking, asking->policy->authentication.spf_fail, "unauthenticated", "5.7.23", sl_arena_printf(asking->arena,
	    "%s says that %s may not send for it (SPF)%s%.200s", sl_spf_domain(spf),
	    a->session->client_text, why[0] != '\0' ? ". It explains: " : "", why));
}

void
authentication_demand(const struct authentication *a, const struct sl_policy *policy, struct sl_arena *arena,
    struct sl_demand demands[SL_DEMANDS_MAX], size_t *len)
{
	const struct asking asking = { a, policy, arena, demands, len };

	if (!a->settled)
		return;
	ask_author(&asking);
	ask_dmarc(&asking);
	ask_partners(&asking);
	ask_spf(&asking);
}
