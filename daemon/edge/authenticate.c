/* authenticate.c - see authenticate.h */

#include "authenticate.h"

#include <netinet/in.h>

#include "classify/auth.h"
#include "lists.h"
#include "session.h"

static void	on_answer(void *ctx);
static void	on_deadline(void *ctx);

void
authentication_init(struct authentication *a, struct session *session)
{
	*a = (struct authentication){ .session = session };
	sl_headers_init(&a->headers, SL_HEADERS_BYTES_MAX, SL_HEADERS_FIELDS_MAX);
	sl_timer_init(&a->timer, session->edge->loop, on_deadline, a);
}

/* ---- who connected, who says to send: from MAIL on ---- */

static bool
client_address(const struct sockaddr_storage *from, struct sl_client_address *out)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;

	if (from->ss_family == AF_INET)
		sl_client_address_set(out, (const unsigned char *)&v4->sin_addr, false);
	else if (from->ss_family == AF_INET6)
		sl_client_address_set(out, (const unsigned char *)&v6->sin6_addr, true);
	else
		return false;
	return true;
}

static void
inquire(struct authentication *a, enum authentication_inquiry which, const struct sl_dns_client *client,
    void *evaluator)
{
	inquiry_init(&a->inquiries[which], client, evaluator, a->session->edge->resolver, on_answer, a);
	inquiry_ask(&a->inquiries[which]);
}

static struct sl_spf *
spf_new(const struct authentication *a, struct sl_slice sender)
{
	const struct session *s = a->session;
	const struct sl_clock *clock = s->edge->clock;
	struct sl_spf_input input = {
		.is_ipv6 = a->client.is_ipv6,
		.helo = sl_slice_str(s->helo),
		.sender = sender,
		.receiver = sl_slice_str(session_settings(s)->hostname),
		.now_s = clock->wall_us(clock->ctx) / 1000000,
	};

	memcpy(input.address, a->client.octets, sizeof(input.address));
	return sl_spf_new(&input);
}

static void
lists_begin(struct authentication *a)
{
	const struct session *s = a->session;
	const struct sl_settings *settings = session_settings(s);
	const struct lists *lists = s->tx->snapshot->lists;

	if (lists == NULL)
		return;
	a->lists = sl_dnslist_new(settings->dns_lists, settings->dns_lists_len);
	for (size_t i = 0; i < settings->dns_lists_len; i++)
		if (!lists_usable(lists, i))
			sl_dnslist_skip(a->lists, i);
	sl_dnslist_add_address(a->lists, &a->client, s->client_text);
	sl_dnslist_add_domain(a->lists, sl_slice_str(s->helo));
	sl_dnslist_add_domain(a->lists, s->tx->mail.from.domain);
	inquire(a, INQUIRY_LISTS, &sl_dnslist_dns, a->lists);
}

void
authentication_begin(struct authentication *a)
{
	const struct session *s = a->session;
	const struct sl_settings *settings = session_settings(s);

	if (!s->tx->snapshot->authenticates || !client_address(&s->client, &a->client) ||
	    sl_network_has(settings->authentication.exempt, settings->authentication.exempt_len,
	    (const struct sockaddr *)&s->client))
		return;
	a->on = true;
	a->iprev = sl_iprev_new(&a->client);
	inquire(a, INQUIRY_IPREV, &sl_iprev_dns, a->iprev);
	a->helo = sl_helo_new(sl_slice_str(s->helo), &a->client, sl_slice_str(settings->hostname));
	inquire(a, INQUIRY_HELO, &sl_helo_dns, a->helo);
	a->spf_helo = spf_new(a, sl_slice(NULL, 0));
	inquire(a, INQUIRY_SPF_HELO, &sl_spf_dns, a->spf_helo);
	if (s->tx->mail.from.mailbox.len > 0) {
		a->spf = spf_new(a, s->tx->mail.from.mailbox);
		inquire(a, INQUIRY_SPF, &sl_spf_dns, a->spf);
	}
	lists_begin(a);
}

/* Does any of the policies want to know what the author's domain says of such mail? */
static bool
dmarc_wanted(const struct transaction *tx)
{
	for (size_t i = 0; i < tx->classes.len; i++)
		if (tx->classes.items[i]->policy->values.authentication.dmarc != SL_DMARC_USE_OFF)
			return true;
	return false;
}

/* ---- the message ---- */

static void
on_field(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	struct authentication *a = ctx;

	if (name.len > 0)	/* name and value lie in one run: the field as sent */
		sl_headers_add(&a->headers, sl_slice(name.ptr, (size_t)(value.ptr + value.len - name.ptr)));
	if (cut)
		a->headers.overflow = true;
}

static void
on_header_end(void *ctx, bool proper)
{
	struct authentication *a = ctx;
	const struct session *s = a->session;
	const struct sl_clock *clock = s->edge->clock;
	struct sl_keys *keys = s->edge->keys;

	a->header_done = true;
	sl_author_find(&a->headers, &a->author);
	/* A line that is no field ends the header for us. A mail program that reads on may find another
	 * From there; no honest message has such a line. */
	if (!proper && !a->finishing)
		a->author = (struct sl_author){ .status = SL_AUTHOR_UNREADABLE };
	a->dkim = sl_dkim_new(&a->headers, keys, clock->wall_us(clock->ctx) / 1000000);
	inquire(a, INQUIRY_DKIM, &sl_dkim_dns, a->dkim);
	a->arc = sl_arc_new(&a->headers, keys, false);
	inquire(a, INQUIRY_ARC, &sl_arc_dns, a->arc);
	if (dmarc_wanted(s->tx)) {
		a->dmarc = sl_dmarc_new(&a->author, NULL);
		inquire(a, INQUIRY_DMARC, &sl_dmarc_dns, a->dmarc);
	}
	if (a->lists != NULL && a->author.status == SL_AUTHOR_ONE) {
		sl_dnslist_add_domain(a->lists, sl_slice_str(a->author.domain));
		inquiry_ask(&a->inquiries[INQUIRY_LISTS]);
	}
}

static void
on_body(void *ctx, struct sl_slice bytes)
{
	struct authentication *a = ctx;

	sl_dkim_body(a->dkim, bytes.ptr, bytes.len);
	sl_arc_body(a->arc, bytes.ptr, bytes.len);
}

static const struct sl_fields_sink fields_sink = { on_field, on_header_end, on_body };

void
authentication_message(struct authentication *a)
{
	if (a->on)
		a->fields = sl_fields_new(SL_HEADERS_BYTES_MAX, &fields_sink, a);
}

void
authentication_feed(struct authentication *a, const unsigned char *data, size_t len)
{
	if (a->fields != NULL)
		sl_fields_feed(a->fields, data, len);
}

/* ---- the end ---- */

const struct sl_spf *
authentication_spf(const struct authentication *a)
{
	return a->spf != NULL ? a->spf : a->spf_helo;
}

bool
authentication_knows_spf(const struct authentication *a)
{
	return a->on && sl_spf_done(authentication_spf(a));
}

/* Tell DMARC what SPF and DKIM have proven. */
static void
tell_dmarc(struct authentication *a)
{
	const struct sl_spf *spf = authentication_spf(a);
	struct sl_slice spf_domain = sl_slice_str(sl_spf_domain(spf));

	a->dmarc_ended = true;
	if (sl_spf_result(spf) == SL_SPF_PASS)
		sl_dmarc_add_spf(a->dmarc, spf_domain);
	else if (sl_spf_result(spf) == SL_SPF_TEMPERROR)
		sl_dmarc_add_unsure(a->dmarc, spf_domain, true);
	for (size_t i = 0; i < sl_dkim_count(a->dkim); i++) {
		const struct sl_dkim_signature *signature = sl_dkim_get(a->dkim, i);

		if (signature->result == SL_DKIM_PASS)
			sl_dmarc_add_dkim(a->dmarc, sl_slice_str(signature->domain));
		else if (signature->result == SL_DKIM_TEMPERROR)
			sl_dmarc_add_unsure(a->dmarc, sl_slice_str(signature->domain), false);
	}
	sl_dmarc_end(a->dmarc);
}

static bool
all_done(const struct authentication *a)
{
	return sl_iprev_done(a->iprev) && sl_helo_done(a->helo) && sl_spf_done(a->spf_helo) &&
	    (a->spf == NULL || sl_spf_done(a->spf)) && (a->lists == NULL || sl_dnslist_done(a->lists)) &&
	    sl_dkim_done(a->dkim) && sl_arc_done(a->arc) &&
	    (a->dmarc == NULL || (a->dmarc_ended && sl_dmarc_done(a->dmarc)));
}

static void
inquiries_cancel(struct authentication *a)
{
	for (int i = 0; i < INQUIRY_COUNT; i++)
		inquiry_cancel(&a->inquiries[i]);
	sl_timer_clear(&a->timer);
}

/* Something was told, and the message is complete: go as far as that leads. */
static void
settle(struct authentication *a)
{
	if (a->dmarc != NULL && !a->dmarc_ended && sl_spf_done(authentication_spf(a)) &&
	    sl_dkim_done(a->dkim)) {
		tell_dmarc(a);
		inquiry_ask(&a->inquiries[INQUIRY_DMARC]);
	}
	if (!all_done(a))
		return;
	a->settled = true;
	inquiries_cancel(a);	/* of what was not needed in the end */
}

static void
on_answer(void *ctx)
{
	struct authentication *a = ctx;

	if (!a->ended || a->settled)
		return;
	settle(a);
	if (a->settled)
		judge_on_authentication(&a->session->tx->judge);
}

bool
authentication_end(struct authentication *a)
{
	if (!a->on)
		return true;
	a->finishing = true;
	sl_fields_finish(a->fields);	/* gives the end of the header too, if it was not there */
	SL_ASSERT(a->header_done);
	sl_dkim_body_end(a->dkim);
	sl_arc_body_end(a->arc);
	a->ended = true;
	settle(a);
	if (!a->settled)
		sl_timer_set(&a->timer, session_settings(a->session)->authentication.deadline_ms);
	return a->settled;
}

void
authentication_expire(struct authentication *a)
{
	if (!a->on || a->settled)
		return;
	SL_ASSERT(a->ended);
	a->late = true;
	inquiries_cancel(a);
	sl_iprev_expire(a->iprev);
	sl_helo_expire(a->helo);
	sl_spf_expire(a->spf_helo);
	if (a->spf != NULL)
		sl_spf_expire(a->spf);
	if (a->lists != NULL)
		sl_dnslist_expire(a->lists);
	sl_dkim_expire(a->dkim);
	sl_arc_expire(a->arc);
	if (a->dmarc != NULL && !a->dmarc_ended)
		tell_dmarc(a);
	if (a->dmarc != NULL)
		sl_dmarc_expire(a->dmarc);
	SL_ASSERT(all_done(a));
	a->settled = true;
}

static void
on_deadline(void *ctx)
{
	struct authentication *a = ctx;

	authentication_expire(a);
	judge_on_authentication(&a->session->tx->judge);
}

void
authentication_abort(struct authentication *a)
{
	inquiries_cancel(a);
	sl_iprev_free(&a->iprev);
	sl_helo_free(&a->helo);
	sl_spf_free(&a->spf);
	sl_spf_free(&a->spf_helo);
	sl_dnslist_free(&a->lists);
	sl_dkim_free(&a->dkim);
	sl_arc_free(&a->arc);
	sl_dmarc_free(&a->dmarc);
	sl_fields_free(&a->fields);
	sl_headers_fini(&a->headers);
	a->on = a->settled = false;
}

/* ---- evidence ---- */

/* Lists that are none any more, or not for us, are not asked again. */
static void
note_lists(const struct authentication *a)
{
	struct lists *lists = a->session->tx->snapshot->lists;

	for (size_t i = 0; i < sl_dnslist_count(a->lists); i++) {
		struct sl_dnslist_finding f = sl_dnslist_get(a->lists, i);

		lists_note(lists, f.list, f.result);
	}
}

void
authentication_evidence(struct authentication *a, struct sl_arena *arena, struct sl_verdict *verdict)
{
	const struct session *s = a->session;
	struct sl_identity identity;
	struct sl_auth_findings findings = {
		.address = s->client_text,
		.spf = authentication_spf(a),
		.spf_helo = a->spf != NULL ? a->spf_helo : NULL,
		.dkim = a->dkim,
		.dmarc = a->dmarc,
		.arc = a->arc,
		.iprev = a->iprev,
		.helo = a->helo,
	};

	if (!a->settled)
		return;
	/* One verdict for all: of several policies the first says whose seals are trusted. */
	authentication_identity(a, &identity);
	findings.arc_trusted = sl_identity_is_trusted(&identity, &s->tx->classes.items[0]->policy->values);
	sl_auth_evidence(&findings, arena, verdict);
	if (a->lists != NULL) {
		sl_dnslist_evidence(a->lists, arena, verdict);
		note_lists(a);
	}
}
