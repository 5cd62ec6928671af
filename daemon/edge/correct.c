/* correct.c - see correct.h */

#include "correct.h"

#include <arpa/inet.h>

#include "classify/panel.h"
#include "directory.h"
#include "memory_i.h"

#define ARENA_MAX_BYTES	(512u << 10)

struct correcting {
	struct edge			*edge;
	struct snapshot			*snapshot;	/* as it was at the beginning: it owns the memory */
	const struct memory		*memory;
	const struct sl_correction	*correction;
	struct sl_arena			 arena;
	struct sl_panel			*panel;		/* reads the text; NULL: that is not to be read */
	size_t				 at;
	struct origin			 origin;
	uint64_t			 who;
	int64_t				 now_s;
	bool				 over;
	struct sl_corrected		 out;
};

/* ---- bounds ---- */

/* Has this reporter said less than `most` times of this key what he says now? Then he has said it once more. The
 * table counts that itself: what it forgets may be said again. */
static bool
may_say(const struct correcting *c, uint64_t key, double most)
{
	const struct sl_reputation *table = &c->memory->senders;
	uint64_t said = sl_reputation_key_within(table, SL_REPUTATION_CORRECTION, sl_slice(&key, sizeof(key)), c->who);
	bool wanted = c->correction->verdict == SL_CORRECTION_WANTED;
	const struct sl_reputation_report report = { .weight = 1,
		.what = wanted ? SL_REPUTATION_WANTED : SL_REPUTATION_UNWANTED };
	struct sl_reputation_view view;

	if (sl_reputation_look(table, said, c->now_s, &view) && (wanted ? view.wanted : view.unwanted) > most - 0.5)
		return false;
	sl_reputation_add(table, said, &report, c->now_s);
	return true;
}

/* ---- senders ---- */

static void
tell(struct correcting *c, uint64_t key, uint64_t source)
{
	static const enum sl_reputation_what whats[SL_CORRECTION_VERDICTS] = {
		[SL_CORRECTION_WANTED] = SL_REPUTATION_WANTED, [SL_CORRECTION_UNWANTED] = SL_REPUTATION_UNWANTED,
		[SL_CORRECTION_PHISH] = SL_REPUTATION_PHISH, [SL_CORRECTION_MALWARE] = SL_REPUTATION_MALWARE,
	};
	const struct sl_reputation_report report = { .what = whats[c->correction->verdict], .weight = CORRECTION_WEIGHT,
		.who = c->who, .source = source };

	if (key == 0)
		return;
	if (!may_say(c, key, SL_REPUTATION_EACH / CORRECTION_WEIGHT)) {
		c->out.enough++;
		return;
	}
	sl_reputation_add(&c->memory->senders, key, &report, c->now_s);
	c->out.senders++;
}

static struct sl_slice
organisation(struct correcting *c, struct sl_slice domain)
{
	domain = memory_lower(&c->arena, domain);
	return memory_organisation(c->edge, domain.len > 0 ? (const char *)domain.ptr : "");
}

/* A domain that is proven is known by itself; any other, as it is used from this network. */
static uint64_t
domain_key(struct correcting *c, enum sl_reputation_kind kind, struct sl_slice domain)
{
	struct sl_slice name = organisation(c, domain);

	if (name.len == 0)
		return 0;
	for (size_t i = 0; i < c->correction->proven_len; i++)
		if (sl_slice_eq(organisation(c, c->correction->proven[i]), name))
			return sl_reputation_key(&c->memory->senders, kind, name);
	return sl_reputation_key_within(&c->memory->senders, kind, name, c->origin.network);
}

static void
tell_of_signers(struct correcting *c)
{
	struct sl_slice told[SL_CORRECTION_PROVEN_MAX];
	size_t len = 0;

	for (size_t i = 0; i < c->correction->proven_len; i++) {
		struct sl_slice name = organisation(c, c->correction->proven[i]);
		bool again = name.len == 0;

		for (size_t k = 0; k < len; k++)
			again |= sl_slice_eq(told[k], name);
		if (again)
			continue;
		told[len++] = name;
		tell(c, sl_reputation_key(&c->memory->senders, SL_REPUTATION_SIGNER, name), c->origin.network);
	}
}

/* The address, if it has a past (memory.h). */
static bool
find_origin(struct correcting *c)
{
	const struct sl_authentication_settings *authentication = &c->snapshot->settings->authentication;
	struct sl_slice client = c->correction->client;
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sl_client_address address;
	char text[INET6_ADDRSTRLEN];
	bool is_ipv4;

	if (!c->memory->has_senders || client.len == 0 || client.len >= sizeof(text))
		return false;
	memcpy(text, client.ptr, client.len);
	text[client.len] = '\0';
	is_ipv4 = inet_pton(AF_INET, text, &v4.sin_addr) == 1;
	if ((!is_ipv4 && inet_pton(AF_INET6, text, &v6.sin6_addr) != 1) || sl_network_has(authentication->exempt,
	    authentication->exempt_len, is_ipv4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6))
		return false;
	sl_client_address_set(&address, is_ipv4 ? (const unsigned char *)&v4.sin_addr
	    : (const unsigned char *)&v6.sin6_addr, !is_ipv4);
	memory_origin(c->memory, &address, &c->origin);
	return true;
}

static void
tell_of_sender(struct correcting *c)
{
	struct sl_slice helo = c->correction->helo, name;

	if (!find_origin(c))
		return;
	tell(c, c->origin.address, 0);
	tell(c, c->origin.network, c->origin.address);
	if (helo.len > 0 && helo.ptr[0] != '[' && memchr(helo.ptr, '.', helo.len) != NULL &&
	    (name = organisation(c, helo)).len > 0)
		tell(c, sl_reputation_key_within(&c->memory->senders, SL_REPUTATION_HELO, name, c->origin.network), 0);
	tell(c, domain_key(c, SL_REPUTATION_AUTHOR, c->correction->author), c->origin.network);
	tell(c, domain_key(c, SL_REPUTATION_ENVELOPE, c->correction->envelope), c->origin.network);
	tell_of_signers(c);
}

/* ---- the text ---- */

/* As a message's reader sees it (judge.c). */
static void
text_begin(struct correcting *c)
{
	struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = c->edge->suffix,
		.fingerprint = &c->memory->print_key, .only_text_prints = true };

	settings.mime.hash = false;
	c->panel = sl_panel_new(&settings, &c->arena);
}

static bool
text_finish(struct correcting *c, struct sl_fingerprint_result *out)
{
	struct sl_verdict *verdict = sl_xzalloc(sizeof(*verdict));
	bool there;

	sl_panel_finish(c->panel, verdict);
	there = sl_panel_fingerprint(c->panel, out);
	sl_free(verdict);
	return there && out->shingles >= SL_CAMPAIGN_SHINGLES_MIN;
}

static void
tell_of_text(struct correcting *c)
{
	static const enum sl_campaign_verdict verdicts[SL_CORRECTION_VERDICTS] = {
		[SL_CORRECTION_WANTED] = SL_CAMPAIGN_WANTED, [SL_CORRECTION_UNWANTED] = SL_CAMPAIGN_UNWANTED,
		[SL_CORRECTION_PHISH] = SL_CAMPAIGN_PHISH, [SL_CORRECTION_MALWARE] = SL_CAMPAIGN_MALWARE,
	};
	const struct sl_campaign_sighting sighting = { .network = c->origin.network, .who = c->who,
		.verdict = verdicts[c->correction->verdict], .is_correction = true };
	struct sl_fingerprint_result text;
	struct sl_campaign_view view;
	bool known;

	if (c->panel == NULL || !text_finish(c, &text))
		return;
	known = sl_campaign_look(&c->memory->texts, &text, c->now_s, &view);
	if (known && c->memory->has_senders && !may_say(c, view.id, SL_REPUTATION_EACH)) {
		c->out.text = SL_CORRECTED_ENOUGH;
		return;
	}
	sl_campaign_note(&c->memory->texts, &text, &sighting, c->now_s, NULL, NULL);
	c->out.text = known ? SL_CORRECTED_KNOWN_TEXT : SL_CORRECTED_NEW_TEXT;
}

/* ---- all of it ---- */

static const char *
why_not(const struct correcting *c)
{
	if (!directory_has_tenant(c->edge->directory, c->correction->tenant))
		return "there is no such tenant";
	if (c->memory == NULL || (!c->memory->has_senders && !c->memory->has_texts))
		return "neither senders nor texts are remembered (reputation, campaigns)";
	return NULL;
}

struct correcting *
correcting_new(struct edge *edge, const struct sl_correction *correction)
{
	struct correcting *c = sl_xzalloc(sizeof(*c));
	const char *why;

	c->edge = edge;
	c->snapshot = snapshot_ref(edge->snapshot);
	c->memory = c->snapshot->memory;
	c->correction = correction;
	sl_arena_init(&c->arena, ARENA_MAX_BYTES);
	why = why_not(c);
	c->over = why != NULL;
	c->out.why = sl_slice_str(why != NULL ? why : "it was given up");
	if (!c->over && c->memory->has_texts && correction->message.len > 0)
		text_begin(c);
	return c;
}

static void
tell_all(struct correcting *c)
{
	c->now_s = c->edge->clock->wall_us(c->edge->clock->ctx) / 1000000;
	c->who = memory_who(c->memory, c->snapshot->settings, c->correction->tenant, c->correction->reporter);
	c->out.why = sl_slice("", 0);
	tell_of_sender(c);
	tell_of_text(c);
	c->out.done = true;
	c->edge->stats->corrections++;
}

bool
correcting_step(struct correcting *c)
{
	struct sl_slice rest = sl_slice_from(c->correction->message, c->at);

	if (!c->over && c->panel != NULL && rest.len > 0) {
		size_t step = SL_MIN(rest.len, (size_t)CORRECT_STEP_BYTES);

		sl_panel_feed(c->panel, sl_slice(rest.ptr, step));
		c->at += step;
	} else if (!c->over) {
		tell_all(c);
		c->over = true;
	}
	return !c->over;
}

void
correcting_end(struct correcting **correcting, struct sl_corrected *out)
{
	struct correcting *c = *correcting;

	*correcting = NULL;
	if (c == NULL)
		return;
	if (out != NULL)
		*out = c->out;
	sl_panel_free(&c->panel);
	sl_arena_fini(&c->arena);
	snapshot_unref(&c->snapshot);
	sl_free(c);
}

void
correct(struct edge *edge, const struct sl_correction *correction, struct sl_corrected *out)
{
	struct correcting *c = correcting_new(edge, correction);

	while (correcting_step(c))
		;
	correcting_end(&c, out);
}
