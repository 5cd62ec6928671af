/* memory.c - see memory.h */

#include "memory_i.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "classify/behaviour.h"
#include "classify/campaign.h"
#include "classify/correspondents.h"
#include "classify/reputation.h"
#include "ipc/memory.h"
#include "mime/mailbox.h"
#include "session.h"
#include "splits.h"

#define SIGNERS_MAX	6	/* proven domains that are looked at */
#define TEACHES_BELOW	0.8	/* probability of spam, phish and malware: what would not be tagged by default */
#define MINUTE_MS	60000.0
#define REFUSED_SHARE	0.25	/* refused recipients, in messages, that a sender is allowed */

/* What one message asks, in its arena. */
struct memory_message {
	const struct memory		*memory;
	struct sl_arena			*arena;
	unsigned			 authors;	/* From fields */
	struct sl_author		 author;
	struct sl_slice			 address;	/* of From, if there is one mailbox that can be read */
	bool				 has_text;
	struct sl_fingerprint_result	 text;
	struct origin			 origin;
	/* keys; 0: none. Domains that are proven come first: the others' keys are within their network. */
	uint64_t			 helo, envelope, domain, signers[SIGNERS_MAX];
	struct sl_slice			 helo_name, envelope_name, domain_name, signer_names[SIGNERS_MAX];
	unsigned			 signers_len;
};

/* ---- the mapped memory ---- */

/* Its head, if it says what can be: another edge may have been taken over. */
static bool
head_is_good(const struct sl_memory_head *head, uint64_t len)
{
	return head->magic == SL_MEMORY_MAGIC && head->senders_bytes % 64 == 0 && head->texts_bytes % 64 == 0 &&
	    head->contacts_bytes % 64 == 0 && head->contacts_bytes <= len &&
	    head->senders_bytes <= len && head->texts_bytes <= len &&
	    SL_MEMORY_HEAD_BYTES + head->senders_bytes + head->texts_bytes + head->contacts_bytes == len &&
	    (head->contacts_bytes == 0 || head->contacts_bytes >= SL_CORRESPONDENTS_MIN_BYTES) &&
	    (head->senders_bytes == 0 || head->senders_bytes >= SL_REPUTATION_MIN_BYTES) &&
	    (head->texts_bytes == 0 || head->texts_bytes >= SL_CAMPAIGN_MIN_BYTES);
}

static void
use(struct memory *m, const struct sl_memory_head *head, const struct sl_settings *settings)
{
	unsigned char *at = (unsigned char *)m->map + SL_MEMORY_HEAD_BYTES;
	struct sl_reputation_settings senders = { .half_life_min = settings->reputation.half_life_ms / MINUTE_MS };
	struct sl_campaign_settings texts = { .half_life_min = settings->campaigns.half_life_ms / MINUTE_MS };
	struct sl_correspondents_settings contacts = { .quiet_days = settings->correspondents.quiet_days };

	memcpy(contacts.key, head->contacts_key, sizeof(contacts.key));
	memcpy(senders.key, head->senders_key, sizeof(senders.key));
	memcpy(texts.key, head->texts_key, sizeof(texts.key));
	m->has_senders = head->senders_bytes > 0 && settings->reputation.bytes > 0;
	m->has_texts = head->texts_bytes > 0 && settings->campaigns.bytes > 0;
	if (m->has_senders)
		sl_reputation_init(&m->senders, at, head->senders_bytes, &senders);
	if (m->has_texts)
		sl_campaigns_init(&m->texts, at + head->senders_bytes, head->texts_bytes, &texts);
	m->has_contacts = head->contacts_bytes > 0 && settings->correspondents.bytes > 0;
	if (m->has_contacts)
		sl_correspondents_init(&m->contacts, at + head->senders_bytes + head->texts_bytes, head->contacts_bytes,
		    &contacts);
	sl_fingerprint_key_init(&m->print_key, head->print_key);
}

struct memory *
memory_open(int fd, const struct sl_settings *settings)
{
	struct sl_memory_head head;
	struct memory *m;
	struct stat st;
	void *map = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && st.st_size >= SL_MEMORY_HEAD_BYTES)
		map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		sl_log(SL_LOG_ERROR, "the memory of senders, texts and correspondents cannot be mapped: mail is judged without it");
		return NULL;
	}
	memcpy(&head, map, sizeof(head));	/* once: what is checked is what is used */
	if (!head_is_good(&head, (uint64_t)st.st_size)) {
		sl_log(SL_LOG_ERROR, "the memory of senders, texts and correspondents is damaged: mail is judged without it");
		munmap(map, (size_t)st.st_size);
		return NULL;
	}
	m = sl_xzalloc(sizeof(*m));
	m->map = map;
	m->len = (size_t)st.st_size;
	use(m, &head, settings);
	return m;
}

void
memory_free(struct memory **memory)
{
	if (*memory == NULL)
		return;
	munmap((*memory)->map, (*memory)->len);
	sl_free(*memory);
	*memory = NULL;
}

void *
memory_splits(const struct memory *memory)
{
	_Static_assert(SPLITS_BYTES == SL_MEMORY_SPLITS_BYTES, "the room that is made is the room that is used");
	return memory == NULL ? NULL : (unsigned char *)memory->map + SL_MEMORY_SPLITS_AT;
}

const struct sl_fingerprint_key *
memory_print_key(const struct memory *memory)
{
	return memory != NULL && memory->has_texts ? &memory->print_key : NULL;
}

/* ---- who it is ---- */

static int64_t
now_s(const struct edge *edge)
{
	return edge->clock->wall_us(edge->clock->ctx) / 1000000;
}

static bool
octets_of(const struct sockaddr_storage *from, struct sl_client_address *out)
{
	if (from->ss_family == AF_INET)
		sl_client_address_set(out, (const unsigned char *)&((const struct sockaddr_in *)from)->sin_addr, false);
	else if (from->ss_family == AF_INET6)
		sl_client_address_set(out, (const unsigned char *)&((const struct sockaddr_in6 *)from)->sin6_addr, true);
	else
		return false;
	return true;
}

/* An IPv6 host has a /64 to itself: within it, addresses cost nothing. */
void
memory_origin(const struct memory *m, const struct sl_client_address *client, struct origin *o)
{
	size_t host = client->is_ipv6 ? 8 : 4, network = client->is_ipv6 ? 6 : 3;
	unsigned char masked[16] = { 0 };
	char text[INET6_ADDRSTRLEN] = "";

	o->known = true;
	o->address = sl_reputation_key(&m->senders, SL_REPUTATION_ADDRESS, sl_slice(client->octets, host));
	o->network = sl_reputation_key(&m->senders, SL_REPUTATION_NETWORK, sl_slice(client->octets, network));
	o->manners = sl_reputation_key(&m->senders, SL_REPUTATION_MANNERS, sl_slice(client->octets, host));
	memcpy(masked, client->octets, network);
	(void)inet_ntop(client->is_ipv6 ? AF_INET6 : AF_INET, masked, text, sizeof(text));
	snprintf(o->network_text, sizeof(o->network_text), "%s/%u", text, client->is_ipv6 ? 48 : 24);
}

static void
origin_of(const struct memory *m, const struct session *s, const struct sl_settings *settings, struct origin *o)
{
	struct sl_client_address client;

	*o = (struct origin){ .known = false };
	if (m->has_senders && octets_of(&s->client, &client) && !sl_network_has(settings->authentication.exempt,
	    settings->authentication.exempt_len, (const struct sockaddr *)&s->client))
		memory_origin(m, &client, o);
}

struct sl_slice
memory_organisation(const struct edge *edge, const char *domain)
{
	struct sl_slice s = sl_slice_str(domain);

	return edge->suffix != NULL && s.len > 0 ? sl_suffix_organisation(edge->suffix, s) : s;
}

/* A copy in lower case, in the arena; empty when that is full. */
struct sl_slice
memory_lower(struct sl_arena *arena, struct sl_slice s)
{
	char *copy = s.len > 0 && s.len <= SL_DNS_NAME_MAX ? sl_arena_alloc(arena, s.len + 1) : NULL;

	if (copy == NULL)
		return sl_slice(NULL, 0);
	for (size_t i = 0; i < s.len; i++)
		copy[i] = (char)sl_ascii_lower(s.ptr[i]);
	return sl_slice(copy, s.len);
}

static void
add_signer(struct memory_message *mm, struct sl_slice name)
{
	if (name.len == 0 || mm->signers_len == SIGNERS_MAX)
		return;
	for (unsigned i = 0; i < mm->signers_len; i++)
		if (sl_slice_eq(mm->signer_names[i], name))
			return;
	mm->signer_names[mm->signers_len] = name;
	mm->signers[mm->signers_len++] = sl_reputation_key(&mm->memory->senders, SL_REPUTATION_SIGNER, name);
}

static void
add_signers(struct judge *judge, struct memory_message *mm)
{
	const struct authentication *a = &judge->session->tx->authentication;
	const struct sl_spf *spf;

	if (!a->settled)
		return;
	for (size_t i = 0; i < sl_dkim_count(a->dkim); i++)
		if (sl_dkim_get(a->dkim, i)->result == SL_DKIM_PASS)
			add_signer(mm, memory_organisation(judge->edge, sl_dkim_get(a->dkim, i)->domain));
	spf = authentication_spf(a);
	if (sl_spf_result(spf) == SL_SPF_PASS)
		add_signer(mm, memory_organisation(judge->edge, sl_spf_domain(spf)));
}

/* A domain that is proven is known by itself; any other, as it is used from this network. */
static uint64_t
domain_key(const struct memory_message *mm, enum sl_reputation_kind kind, struct sl_slice name)
{
	if (name.len == 0)
		return 0;
	for (unsigned i = 0; i < mm->signers_len; i++)
		if (sl_slice_eq(mm->signer_names[i], name))
			return sl_reputation_key(&mm->memory->senders, kind, name);
	return sl_reputation_key_within(&mm->memory->senders, kind, name, mm->origin.network);
}

static void
find_domains(struct judge *judge, struct memory_message *mm)
{
	const struct session *s = judge->session;
	struct sl_slice helo = sl_slice_str(s->helo), envelope = memory_lower(judge->arena, s->tx->mail.from.domain);

	add_signers(judge, mm);
	if (helo.len > 0 && helo.ptr[0] != '[' && memchr(helo.ptr, '.', helo.len) != NULL) {
		helo = memory_lower(judge->arena, helo);
		mm->helo_name = memory_organisation(judge->edge, helo.len > 0 ? (const char *)helo.ptr : "");
		if (mm->helo_name.len > 0)
			mm->helo = sl_reputation_key_within(&mm->memory->senders, SL_REPUTATION_HELO, mm->helo_name,
			    mm->origin.network);
	}
	mm->envelope_name = memory_organisation(judge->edge, envelope.len > 0 ? (const char *)envelope.ptr : "");
	mm->envelope = domain_key(mm, SL_REPUTATION_ENVELOPE, mm->envelope_name);
	if (mm->authors == 1 && mm->author.status == SL_AUTHOR_ONE)
		mm->domain_name = memory_organisation(judge->edge, mm->author.domain);
	mm->domain = domain_key(mm, SL_REPUTATION_AUTHOR, mm->domain_name);
}

uint64_t
memory_who(const struct memory *m, const struct sl_settings *settings, struct sl_slice tenant, struct sl_slice recipient)
{
	const unsigned char *key = m->has_senders ? m->senders.settings.key : m->texts.settings.key;

	if (settings->tenants_len != 1 || recipient.len == 0)
		return sl_siphash(key, tenant.ptr, tenant.len);
	return sl_siphash(key, recipient.ptr, recipient.len);
}

static uint64_t
who(const struct judge *judge, const struct memory_message *mm)
{
	const struct transaction *tx = judge->session->tx;

	return memory_who(mm->memory, judge->snapshot->settings, sl_slice_str(tx->tenant->name),
	    tx->recipients == NULL ? sl_slice(NULL, 0) : tx->recipients->mailbox);
}

/* ---- the message ---- */

static void *
begin_message(const void *model, struct sl_arena *arena)
{
	return (void *)(uintptr_t)model;
}

/* The author's address, if it is read here as DMARC reads it. */
static void
on_mailbox(void *ctx, const struct sl_mailbox *mailbox)
{
	struct memory_message *mm = ctx;
	char domain[SL_DNS_NAME_MAX + 1];

	if (mailbox->valid && sl_domain_ascii(mailbox->domain, domain) && strcmp(domain, mm->author.domain) == 0)
		mm->address = sl_arena_copy(mm->arena, mailbox->address);
}

static void
on_field(void *state, struct sl_slice name, struct sl_slice value)
{
	struct memory_message *mm = state;

	if (!sl_slice_ieq(name, SL_SLICE_LIT("from")))
		return;
	if (mm->authors++ > 0)
		return;
	sl_author_parse(value, &mm->author);
	if (mm->author.status == SL_AUTHOR_ONE && mm->author.mailboxes == 1)
		sl_mailbox_each(value, on_mailbox, mm);
}

static const struct sl_classifier listener = {
	.name = "memory",
	.new_message = begin_message,
	.field = on_field,
};

void
memory_begin(struct judge *judge)
{
	const struct memory *m = judge->snapshot->memory;
	struct memory_message *mm;

	judge->remembered = NULL;
	if (m == NULL || (!m->has_senders && !m->has_texts && !m->has_contacts))
		return;
	mm = sl_arena_alloc(judge->arena, sizeof(*mm));
	if (mm == NULL)
		return;
	mm->memory = m;
	mm->arena = judge->arena;
	judge->remembered = mm;
	sl_panel_add(judge->panel, &listener, mm);
}

void
memory_text(struct judge *judge)
{
	struct memory_message *mm = judge->remembered;

	if (mm != NULL && mm->memory->has_texts)
		mm->has_text = sl_panel_fingerprint(judge->panel, &mm->text);
}

/* ---- what it says ---- */

static void
look(const struct memory_message *mm, uint64_t key, struct sl_slice name, int64_t now, struct sl_sender_past *out)
{
	out->name = name;
	out->known = key != 0 && sl_reputation_look(&mm->memory->senders, key, now, &out->view);
}

/* Of the proven domains, the one of which most is known. */
static void
look_at_signers(const struct memory_message *mm, int64_t now, struct sl_sender_past *best)
{
	for (unsigned i = 0; i < mm->signers_len; i++) {
		struct sl_sender_past past;

		look(mm, mm->signers[i], mm->signer_names[i], now, &past);
		if (past.known && (!best->known ||
		    past.view.unwanted + past.view.wanted > best->view.unwanted + best->view.wanted))
			*best = past;
	}
}

static void
tell_behaviour(const struct judge *judge, const struct memory_message *mm, const struct sl_sender_past *address,
    int64_t now)
{
	const struct manners *manners = &judge->session->manners;
	struct sl_behaviour b = { manners->pipelined_early, manners->bad_commands, manners->unknown_recipients,
		manners->helo_names };
	struct sl_reputation_view past;

	/* Of those that are new; and large senders have a few among very many that exist. */
	if (address->known)
		b.past_unknown_recipients = SL_MAX(address->view.refused - manners->unknown_recipients -
		    (address->view.wanted + address->view.unwanted) * REFUSED_SHARE, 0.0);
	if (sl_reputation_look(&mm->memory->senders, mm->origin.manners, now, &past)) {
		b.sessions = past.wanted + past.unwanted;
		b.sessions_without_quit = past.unwanted;
		b.early_talks = past.refused;
		b.past_helo_names = past.sources;
	}
	sl_behaviour_evidence(&b, judge->arena, judge->verdict);
}

static void
tell_sender(struct judge *judge, struct memory_message *mm)
{
	struct session *s = judge->session;
	struct sl_sender_pasts pasts = { .address.known = false };
	int64_t now = now_s(judge->edge);

	origin_of(mm->memory, s, judge->snapshot->settings, &mm->origin);
	if (!mm->origin.known)
		return;
	find_domains(judge, mm);
	look(mm, mm->origin.address, sl_slice_str(s->client_text), now, &pasts.address);
	look(mm, mm->origin.network, sl_slice_str(mm->origin.network_text), now, &pasts.network);
	look(mm, mm->helo, mm->helo_name, now, &pasts.helo);
	look(mm, mm->domain, mm->domain_name, now, &pasts.domain);
	if (!pasts.domain.known)
		look(mm, mm->envelope, mm->envelope_name, now, &pasts.domain);
	look_at_signers(mm, now, &pasts.signer);
	sl_sender_evidence(&pasts, now, judge->arena, judge->verdict);
	tell_behaviour(judge, mm, &pasts.address, now);
	judge->edge->stats->senders_known += pasts.address.known || pasts.network.known || pasts.domain.known ||
	    pasts.signer.known;
}

void
memory_evidence(struct judge *judge)
{
	struct memory_message *mm = judge->remembered;
	struct sl_campaign_view view;

	if (mm == NULL)
		return;
	if (mm->memory->has_senders)
		tell_sender(judge, mm);
	if (mm->has_text && sl_campaign_look(&mm->memory->texts, &mm->text, now_s(judge->edge), &view)) {
		judge->edge->stats->texts_known++;
		sl_campaign_evidence(&view, now_s(judge->edge), judge->arena, judge->verdict);
	}
}

/* ---- what it learns ---- */

static void
on_campaign(void *ctx, const struct sl_campaign_event *event)
{
	struct edge *edge = ctx;

	edge->stats->bursts += event->change == SL_CAMPAIGN_BURST;
	sl_log(SL_LOG_DEBUG, "campaign %016llx %s: about %.0f messages from %.0f networks, log-odds %.2f",
	    (unsigned long long)event->view.id, sl_campaign_change_name(event->change), event->view.messages,
	    event->view.networks, event->view.log_odds);
}

static void
learn_text(struct judge *judge, const struct memory_message *mm, enum sl_lesson lesson)
{
	static const enum sl_campaign_verdict verdicts[] = {
		[SL_LESSON_NONE] = SL_CAMPAIGN_UNSURE, [SL_LESSON_WANTED] = SL_CAMPAIGN_WANTED,
		[SL_LESSON_UNWANTED] = SL_CAMPAIGN_UNWANTED, [SL_LESSON_PHISH] = SL_CAMPAIGN_PHISH,
		[SL_LESSON_MALWARE] = SL_CAMPAIGN_MALWARE,
	};
	const struct sl_campaign_sighting sighting = { .network = mm->origin.network, .who = who(judge, mm),
		.verdict = verdicts[lesson] };

	sl_campaign_note(&mm->memory->texts, &mm->text, &sighting, now_s(judge->edge), on_campaign, judge->edge);
}

static void
learn_sender(const struct judge *judge, const struct memory_message *mm, enum sl_lesson lesson)
{
	static const enum sl_reputation_what whats[] = {
		[SL_LESSON_WANTED] = SL_REPUTATION_WANTED, [SL_LESSON_UNWANTED] = SL_REPUTATION_UNWANTED,
		[SL_LESSON_PHISH] = SL_REPUTATION_PHISH, [SL_LESSON_MALWARE] = SL_REPUTATION_MALWARE,
	};
	const struct { uint64_t key, source; } keys[] = {
		{ mm->origin.address, 0 },
		{ mm->origin.network, mm->origin.address },
		{ mm->helo, 0 }, { mm->domain, mm->origin.network }, { mm->envelope, mm->origin.network },
	};
	struct sl_reputation_report report = { .what = whats[lesson], .weight = 1, .who = who(judge, mm) };
	int64_t now = now_s(judge->edge);

	for (size_t i = 0; i < SL_COUNT(keys); i++) {
		report.source = keys[i].source;
		if (keys[i].key != 0)
			sl_reputation_add(&mm->memory->senders, keys[i].key, &report, now);
	}
	report.source = mm->origin.network;
	for (unsigned i = 0; i < mm->signers_len; i++)
		sl_reputation_add(&mm->memory->senders, mm->signers[i], &report, now);
}

void
memory_learn(struct judge *judge)
{
	struct memory_message *mm = judge->remembered;
	enum sl_lesson lesson;

	if (mm == NULL)
		return;
	lesson = sl_lesson(judge->verdict);
	judge->edge->stats->lessons += lesson != SL_LESSON_NONE;
	if (lesson != SL_LESSON_NONE && mm->origin.known)
		learn_sender(judge, mm, lesson);
	if (mm->has_text)
		learn_text(judge, mm, lesson);
}

/* ---- correspondents ---- */

const struct sl_correspondents *
memory_correspondents(const struct session *s, const struct snapshot *snapshot)
{
	const struct sl_authentication_settings *authentication = &snapshot->settings->authentication;

	if (snapshot->memory == NULL || !snapshot->memory->has_contacts || sl_network_has(authentication->exempt,
	    authentication->exempt_len, (const struct sockaddr *)&s->client))
		return NULL;
	return &snapshot->memory->contacts;
}

/* Has somebody proven to be the author's organisation? */
static bool
is_proven(const struct judge *judge, const struct memory_message *mm)
{
	const struct authentication *a = &judge->session->tx->authentication;
	struct sl_slice author = memory_organisation(judge->edge, mm->author.domain);
	const struct sl_spf *spf;

	if (!a->settled || mm->authors != 1 || mm->address.len == 0)
		return false;
	if (a->dmarc != NULL && sl_dmarc_verdict(a->dmarc)->result != SL_DMARC_NONE)
		return sl_dmarc_verdict(a->dmarc)->result == SL_DMARC_PASS;
	for (size_t i = 0; i < sl_dkim_count(a->dkim); i++)
		if (sl_dkim_get(a->dkim, i)->result == SL_DKIM_PASS &&
		    sl_slice_ieq(memory_organisation(judge->edge, sl_dkim_get(a->dkim, i)->domain), author))
			return true;
	spf = authentication_spf(a);
	return sl_spf_result(spf) == SL_SPF_PASS && sl_slice_ieq(memory_organisation(judge->edge, sl_spf_domain(spf)), author);
}

void
memory_delivered(struct judge *judge, const struct sl_ruling *ruling)
{
	const struct memory_message *mm = judge->remembered;
	const double *p = judge->verdict == NULL ? NULL : judge->verdict->probability;

	if (mm == NULL || !mm->memory->has_contacts || !judge->done || ruling->action != SL_ACTION_DELIVER ||
	    !is_proven(judge, mm) || p[SL_SPAM] >= TEACHES_BELOW || p[SL_PHISH] >= TEACHES_BELOW ||
	    p[SL_MALWARE] >= TEACHES_BELOW)
		return;
	sl_correspondents_add(&mm->memory->contacts, sl_slice_str(judge->session->tx->tenant->name), mm->address,
	    SL_CAME_FROM, now_s(judge->edge));
	judge->edge->stats->contacts++;
}

/* ---- sessions ---- */

/* Note something under one of the keys of an address. */
static void
note(const struct session *s, bool manners, enum sl_reputation_what what, uint64_t source)
{
	const struct snapshot *snapshot = s->listener_snapshot;
	const struct sl_reputation_report report = { .what = what, .weight = 1, .source = source };
	struct origin origin;

	if (snapshot->memory == NULL)
		return;
	origin_of(snapshot->memory, s, snapshot->settings, &origin);
	if (!origin.known)
		return;
	sl_reputation_add(&snapshot->memory->senders, manners ? origin.manners : origin.address, &report,
	    now_s(s->edge));
}

void
memory_early_talker(const struct session *s)
{
	note(s, true, SL_REPUTATION_REFUSED, 0);
}

void
memory_refused_recipient(struct session *s)
{
	s->manners.unknown_recipients++;
	note(s, false, SL_REPUTATION_REFUSED, 0);
}

void
memory_session_end(const struct session *s)
{
	uint64_t name = s->helo == NULL ? 0 : sl_hash_lower(sl_slice_str(s->helo));

	if (s->manners.mails == 0 || s->manners.ended_by_us || s->edge->stopping)
		return;
	note(s, true, s->manners.quit ? SL_REPUTATION_WANTED : SL_REPUTATION_UNWANTED, name);
}
