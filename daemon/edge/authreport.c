/* authreport.c - what authentication found, written down; see authenticate.h */

#include "authenticate.h"

#include "mailauth/authres.h"
#include "session.h"

void
authentication_header(const struct authentication *a, struct sl_buf *out)
{
	const struct session *s = a->session;
	struct sl_authres_input input = {
		.id = session_settings(s)->authentication.id,
		.address = sl_slice_str(s->client_text),
	};

	if (!a->on)
		return;
	if (sl_iprev_done(a->iprev))
		input.iprev = a->iprev;
	if (a->spf != NULL && sl_spf_done(a->spf)) {
		input.spf = a->spf;
		input.mail_from = s->tx->mail.from.mailbox;
	}
	if (sl_spf_done(a->spf_helo))
		input.spf_helo = a->spf_helo;
	if (a->settled) {	/* a message that flows before its end has no result of these */
		input.dkim = a->dkim;
		input.dmarc = a->dmarc;
		input.arc = a->arc;
	}
	sl_buf_add_str(out, "Authentication-Results: ");
	sl_authres_add(out, &input);
	sl_buf_add_str(out, "\r\n");
}

/* ---- the record ---- */

/* A member with a comma before it, unless it opens an object; nothing if it says nothing. */
static void
add(struct sl_buf *out, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	if (out->data[out->len - 1] != '{')
		sl_buf_add_byte(out, ',');
	sl_buf_addf(out, "\"%s\":", name);
	sl_buf_add_json(out, sl_slice_str(value));
}

static void
add_spf(struct sl_buf *out, const char *name, const struct sl_spf *spf)
{
	sl_buf_addf(out, ",\"%s\":{", name);
	add(out, "result", sl_spf_result_name(sl_spf_result(spf)));
	add(out, "domain", sl_spf_domain(spf));
	if (sl_spf_result(spf) == SL_SPF_PERMERROR || sl_spf_result(spf) == SL_SPF_TEMPERROR)
		add(out, "reason", sl_spf_reason(spf));
	sl_buf_add_byte(out, '}');
}

static void
add_dkim(struct sl_buf *out, const struct sl_dkim *dkim)
{
	sl_buf_add_str(out, ",\"dkim\":[");
	for (size_t i = 0; i < sl_dkim_count(dkim); i++) {
		const struct sl_dkim_signature *s = sl_dkim_get(dkim, i);

		sl_buf_add_str(out, i > 0 ? ",{" : "{");
		add(out, "result", sl_dkim_result_name(s->result));
		add(out, "domain", s->domain);
		add(out, "selector", s->selector);
		add(out, "reason", s->reason);
		sl_buf_add_byte(out, '}');
	}
	sl_buf_add_byte(out, ']');
}

static void
add_arc(struct sl_buf *out, const struct sl_arc *arc)
{
	if (sl_arc_result(arc) == SL_ARC_NONE)
		return;
	sl_buf_add_str(out, ",\"arc\":{");
	add(out, "result", sl_arc_result_name(sl_arc_result(arc)));
	add(out, "sealer", sl_arc_sealer(arc));
	sl_buf_addf(out, ",\"sets\":%u", sl_arc_instance(arc));
	add(out, "reason", sl_arc_reason(arc));
	sl_buf_add_byte(out, '}');
}

/* What was done, in DMARC's words. */
static enum sl_dmarc_policy
applied(const struct sl_ruling *ruling)
{
	if (ruling->enforced && ruling->action == SL_ACTION_REFUSE)
		return SL_DMARC_POLICY_REJECT;
	return ruling->enforced && ruling->action == SL_ACTION_TAG ? SL_DMARC_POLICY_QUARANTINE
	    : SL_DMARC_POLICY_NONE;
}

/* Why that is not what the domain asked for; NULL: it is. */
static const char *
override(const struct authentication *a)
{
	const struct transaction *tx = a->session->tx;
	const struct sl_dmarc_verdict *v = sl_dmarc_verdict(a->dmarc);

	if (v->result != SL_DMARC_FAIL || applied(&tx->ruling) == v->disposition)
		return NULL;
	if (sl_identity_is_trusted(&tx->identity, &tx->leading->policy->values))
		return "trusted_forwarder";
	/* a message that flowed had lost its header when it was to be tagged */
	return tx->flowing && v->disposition == SL_DMARC_POLICY_QUARANTINE ? "other" : "local_policy";
}

/* All that an aggregate report has to say of a message (RFC 9990). */
static void
add_dmarc(struct sl_buf *out, const struct authentication *a)
{
	const struct sl_dmarc_verdict *v = sl_dmarc_verdict(a->dmarc);
	const struct sl_dmarc_record *r = &v->record;

	sl_buf_add_str(out, ",\"dmarc\":{");
	add(out, "result", sl_dmarc_result_name(v->result));
	add(out, "from", v->from);
	add(out, "domain", v->domain);
	add(out, "policy", sl_dmarc_policy_name(v->policy));
	add(out, "disposition", sl_dmarc_policy_name(v->disposition));
	add(out, "applied", sl_dmarc_policy_name(applied(&a->session->tx->ruling)));
	add(out, "override", override(a));
	add(out, "reason", v->reason);
	sl_buf_addf(out, ",\"aligned_spf\":%s", v->aligned_spf ? "true" : "false");
	add(out, "aligned_dkim", v->aligned_dkim);
	if (v->text.len > 0) {
		sl_buf_add_str(out, ",\"published\":{");
		add(out, "p", sl_dmarc_policy_name(r->p));
		add(out, "sp", sl_dmarc_policy_name(r->sp));
		add(out, "np", sl_dmarc_policy_name(r->np));
		add(out, "adkim", r->dkim_strict ? "s" : "r");
		add(out, "aspf", r->spf_strict ? "s" : "r");
		add(out, "t", r->testing ? "y" : "n");
		sl_buf_add_byte(out, '}');
	}
	sl_buf_add_byte(out, '}');
}

static void
add_lists(struct sl_buf *out, const struct authentication *a)
{
	const struct sl_settings *settings = session_settings(a->session);
	bool any = false;

	for (size_t i = 0; i < sl_dnslist_count(a->lists); i++) {
		struct sl_dnslist_finding f = sl_dnslist_get(a->lists, i);

		if (f.result != SL_DNSLIST_LISTED)
			continue;
		sl_buf_add_str(out, any ? ",{" : ",\"lists\":[{");
		add(out, "zone", settings->dns_lists[f.list].zone);
		add(out, "entry", f.subject);
		sl_buf_add_byte(out, '}');
		any = true;
	}
	if (any)
		sl_buf_add_byte(out, ']');
}

void
authentication_record(const struct authentication *a, struct sl_buf *out)
{
	if (!a->on || !a->settled)
		return;
	sl_buf_add_str(out, ",\"auth\":{");
	add(out, "iprev", sl_iprev_result_name(sl_iprev_result(a->iprev)));
	add(out, "ptr", sl_iprev_name(a->iprev));
	add(out, "helo", sl_helo_result_name(sl_helo_result(a->helo)));
	if (a->spf != NULL)
		add_spf(out, "spf", a->spf);
	add_spf(out, "spf_helo", a->spf_helo);
	add_dkim(out, a->dkim);
	add_arc(out, a->arc);
	if (a->dmarc != NULL)
		add_dmarc(out, a);
	if (a->lists != NULL)
		add_lists(out, a);
	if (a->late)
		sl_buf_add_str(out, ",\"late\":true");
	sl_buf_add_byte(out, '}');
}
