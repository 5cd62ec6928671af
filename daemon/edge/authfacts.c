/* authfacts.c - what evaluators have found out about who sent a message, as facts for policies; see authenticate.h */

#include "authenticate.h"

#include "session.h"

static void
add_signers(const struct authentication *a, struct sl_identity *id)
{
	for (size_t i = 0; i < sl_dkim_count(a->dkim) && id->signers_len < SL_IDENTITY_SIGNERS_MAX; i++) {
		const struct sl_dkim_signature *s = sl_dkim_get(a->dkim, i);

		if (s->result == SL_DKIM_PASS || s->result == SL_DKIM_TEMPERROR)
			id->signers[id->signers_len++] = (struct sl_identity_signer){ sl_slice_str(s->domain),
				s->result == SL_DKIM_PASS };
	}
}

void
authentication_identity(const struct authentication *a, struct sl_identity *id)
{
	const struct sl_spf *spf;

	*id = (struct sl_identity){ .known = a->settled, .tls = a->session->conn.ssl != NULL,
		.client = sl_slice_str(a->session->client_text) };
	if (!a->settled)
		return;
	spf = authentication_spf(a);
	id->author = a->author.status;
	id->author_domain = sl_slice_str(a->author.domain);
	id->spf = sl_spf_result(spf);
	id->spf_is_helo = a->spf == NULL;
	id->spf_domain = sl_slice_str(sl_spf_domain(spf));
	id->spf_explanation = sl_slice_str(sl_spf_explanation(spf));
	if (a->dmarc != NULL) {
		const struct sl_dmarc_verdict *v = sl_dmarc_verdict(a->dmarc);

		id->dmarc = v->result;
		id->disposition = v->disposition;
	}
	add_signers(a, id);
	id->arc_passes = sl_arc_result(a->arc) == SL_ARC_PASS;
	if (id->arc_passes)
		id->arc_sealer = sl_slice_str(sl_arc_sealer(a->arc));
}
