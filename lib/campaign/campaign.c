/* campaign.c - see campaign/campaign.h */

#include "campaign/campaign.h"

#include "campaign/campaign_i.h"
#include "reputation/reputation.h"

#define MAGIC		0x5dca3b19u
#define IMAGINED	2.0	/* messages, before any is judged */
#define GREW_FROM	8
#define TURNED_AT	1.5	/* log-odds */
#define BURST_MESSAGES	16	/* of late ... */
#define BURST_NETWORKS	8	/* ... from so many networks, and a fourth as many as messages */
#define BURST_ENOUGH	40	/* networks are many, however many messages there are */
#define BURST_AGE_S	172800	/* what has come for longer is no news */

/* ---- life ---- */

void
sl_campaigns_init(struct sl_campaigns *campaigns, void *memory, size_t len,
    const struct sl_campaign_settings *settings)
{
	SL_ASSERT(len >= SL_CAMPAIGN_MIN_BYTES && (uintptr_t)memory % 64 == 0 && settings->half_life_min > 0);
	*campaigns = (struct sl_campaigns){ .magic = MAGIC, .index = memory, .settings = *settings };
	campaigns->sets = SL_MIN(len / 2 / PLACE_BYTES, (size_t)UINT32_MAX);
	campaigns->entries = (struct campaign_entry *)((char *)memory + campaigns->sets * PLACE_BYTES);
	campaigns->len = SL_MIN((len - campaigns->sets * PLACE_BYTES) / sizeof(struct campaign_entry),
	    (size_t)UINT32_MAX - 1);
}

/* ---- what is said of a campaign ---- */

/* Log-odds of what was seen against what was wanted, beyond those of what is imagined. */
static double
odds(double seen, double wanted, double share)
{
	double l = log((seen + IMAGINED * share) / (wanted + IMAGINED * (1 - share))) - log(share / (1 - share));

	return fmin(fmax(l, SL_REPUTATION_LOW), SL_REPUTATION_HIGH);
}

static double
distinct(sl_cell *sketch, uint64_t tag)
{
	return sl_sketch_count((unsigned)__builtin_popcountll(sl_sketch_get(sketch, tag)), SL_SKETCH_BITS);
}

static void
conclude(struct campaign_entry *e, uint64_t tag, int64_t now_s, struct sl_campaign_view *v)
{
	double who_unwanted = distinct(&e->who_unwanted, tag), who_wanted = distinct(&e->who_wanted, tag);
	double unwanted = fmin(v->unwanted, SL_CAMPAIGN_JUDGED) +
	    fmin(v->corrected_unwanted, fmax(who_unwanted, 1) * SL_REPUTATION_EACH);
	double wanted = fmin(v->wanted, SL_CAMPAIGN_JUDGED) +
	    fmin(v->corrected_wanted, fmax(who_wanted, 1) * SL_REPUTATION_EACH);
	double bad = v->unwanted + v->corrected_unwanted, part = bad > 0 ? unwanted / bad : 0;

	v->reporters = fmax(who_unwanted, who_wanted);
	v->log_odds = odds(unwanted, wanted, 0.5);
	v->phish_log_odds = odds(v->phish * part, wanted, 0.1);
	v->malware_log_odds = odds(v->malware * part, wanted, 0.01);
	v->is_burst = v->recent >= BURST_MESSAGES && v->recent_networks >= BURST_NETWORKS &&
	    v->recent_networks >= fmin(v->recent / 4, BURST_ENOUGH) && now_s - v->first_s < BURST_AGE_S;
}

static void
view(const struct sl_campaigns *campaigns, struct campaign_entry *e, uint64_t tag, int64_t now_s,
    struct sl_campaign_view *v)
{
	double half = campaigns->settings.half_life_min;
	int64_t now_min = SL_MAX(now_s, 0) / 60, first, last;

	v->id = tag;
	v->messages = sl_cell_get(&e->messages, tag, now_min, half);
	v->unwanted = sl_cell_get(&e->unwanted, tag, now_min, half);
	v->wanted = sl_cell_get(&e->wanted, tag, now_min, half);
	v->phish = sl_cell_get(&e->phish, tag, now_min, half);
	v->malware = sl_cell_get(&e->malware, tag, now_min, half);
	v->corrected_unwanted = sl_cell_get(&e->corrected_unwanted, tag, now_min, half);
	v->corrected_wanted = sl_cell_get(&e->corrected_wanted, tag, now_min, half);
	v->recent = sl_cell_get(&e->recent, tag, now_min, SL_CAMPAIGN_RECENT_MIN);
	v->networks = distinct(&e->networks, tag);
	v->recent_networks = fmin(distinct(&e->recent_networks, tag), v->recent);
	sl_seen_get(atomic_load_explicit(&e->seen, memory_order_relaxed), tag, now_min, &first, &last);
	v->first_s = first * 60;
	v->last_s = last * 60;
	conclude(e, tag, now_s, v);
}

bool
sl_campaign_look(const struct sl_campaigns *campaigns, const struct sl_fingerprint_result *text, int64_t now_s,
    struct sl_campaign_view *out)
{
	struct campaign_entry *e;
	struct print print;
	uint64_t tag;

	SL_CHECK(campaigns, MAGIC);
	memset(out, 0, sizeof(*out));
	if (text->shingles < SL_CAMPAIGN_SHINGLES_MIN)
		return false;
	print_make(campaigns, text, &print);
	e = campaign_find(campaigns, &print, &tag, &out->similarity);
	if (e == NULL)
		return false;
	view(campaigns, e, tag, now_s, out);
	return true;
}

/* ---- what happens to it ---- */

static uint64_t
bit(uint64_t of)
{
	return of == 0 ? 0 : UINT64_C(1) << sl_cell_mix(of, 1) % SL_SKETCH_BITS;
}

static void
note_message(const struct sl_campaigns *campaigns, struct campaign_entry *e, uint64_t tag,
    const struct sl_campaign_sighting *sighting, int64_t now_min)
{
	double half = campaigns->settings.half_life_min;
	int64_t faded = sl_cell_add(&e->messages, tag, 1, now_min, half);

	sl_sketch_add(&e->networks, tag, bit(sighting->network), UINT64_MAX, sl_cell_left(faded, half));
	faded = sl_cell_add(&e->recent, tag, 1, now_min, SL_CAMPAIGN_RECENT_MIN);
	sl_sketch_add(&e->recent_networks, tag, bit(sighting->network), UINT64_MAX,
	    sl_cell_left(faded, SL_CAMPAIGN_RECENT_MIN));
	sl_seen_note(&e->seen, tag, now_min);
}

static void
note_verdict(const struct sl_campaigns *campaigns, struct campaign_entry *e, uint64_t tag,
    const struct sl_campaign_sighting *sighting, int64_t now_min)
{
	double half = campaigns->settings.half_life_min;
	bool wanted = sighting->verdict == SL_CAMPAIGN_WANTED;
	sl_cell *judged = wanted ? &e->wanted : &e->unwanted;
	sl_cell *corrected = wanted ? &e->corrected_wanted : &e->corrected_unwanted;
	int64_t faded;

	if (sighting->verdict == SL_CAMPAIGN_UNSURE)
		return;
	if (sighting->verdict == SL_CAMPAIGN_PHISH)
		sl_cell_add(&e->phish, tag, 1, now_min, half);
	if (sighting->verdict == SL_CAMPAIGN_MALWARE)
		sl_cell_add(&e->malware, tag, 1, now_min, half);
	faded = sl_cell_add(sighting->is_correction ? corrected : judged, tag, 1, now_min, half);
	sl_sketch_add(wanted ? &e->who_wanted : &e->who_unwanted, tag, bit(sighting->who), UINT64_MAX,
	    sl_cell_left(faded, half));
}

static void
tell(sl_campaign_listener *on_event, void *ctx, enum sl_campaign_change change,
    const struct sl_fingerprint_result *text, const struct sl_campaign_view *now)
{
	const struct sl_campaign_event event = { change, text, *now };

	on_event(ctx, &event);
}

static int
side(double log_odds)
{
	return log_odds >= TURNED_AT ? 1 : log_odds <= -TURNED_AT ? -1 : 0;
}

static void
tell_changes(sl_campaign_listener *on_event, void *ctx, const struct sl_fingerprint_result *text,
    const struct sl_campaign_view *before, const struct sl_campaign_view *now)
{
	if (now->messages >= GREW_FROM &&
	    (before->messages < GREW_FROM || ilogb(before->messages) < ilogb(now->messages)))
		tell(on_event, ctx, SL_CAMPAIGN_GREW, text, now);
	if (now->is_burst && !before->is_burst)
		tell(on_event, ctx, SL_CAMPAIGN_BURST, text, now);
	if (side(now->log_odds) != side(before->log_odds) && side(now->log_odds) != 0)
		tell(on_event, ctx, SL_CAMPAIGN_TURNED, text, now);
}

void
sl_campaign_note(const struct sl_campaigns *campaigns, const struct sl_fingerprint_result *text,
    const struct sl_campaign_sighting *sighting, int64_t now_s, sl_campaign_listener *on_event, void *ctx)
{
	struct sl_campaign_view before = { 0 }, now = { 0 };
	int64_t now_min = SL_MAX(now_s, 0) / 60;
	struct campaign_entry *e;
	struct print print;
	uint64_t tag;

	SL_CHECK(campaigns, MAGIC);
	if (text->shingles < SL_CAMPAIGN_SHINGLES_MIN)
		return;
	print_make(campaigns, text, &print);
	e = campaign_find(campaigns, &print, &tag, &now.similarity);
	if (e == NULL) {
		e = campaign_begin(campaigns, &print, now_min);
		tag = print.tag;
		now.similarity = 1;
	}
	if (on_event != NULL)
		view(campaigns, e, tag, now_s, &before);
	if (!sighting->is_correction)
		note_message(campaigns, e, tag, sighting, now_min);
	note_verdict(campaigns, e, tag, sighting, now_min);
	if (on_event == NULL)
		return;
	view(campaigns, e, tag, now_s, &now);
	tell_changes(on_event, ctx, text, &before, &now);
}

const char *
sl_campaign_change_name(enum sl_campaign_change change)
{
	switch (change) {
	case SL_CAMPAIGN_GREW:
		return "grew";
	case SL_CAMPAIGN_BURST:
		return "burst";
	case SL_CAMPAIGN_TURNED:
		return "turned";
	}
	SL_UNREACHABLE("no such change");
}

uint64_t
sl_campaigns_used(const struct sl_campaigns *campaigns)
{
	uint64_t looked = SL_MAX(campaigns->len / 64, (uint64_t)64), used = 0;

	looked = SL_MIN(looked, campaigns->len);
	for (uint64_t i = 0; i < looked; i++)
		used += atomic_load_explicit(&campaigns->entries[i].tag, memory_order_relaxed) != 0;
	return used * campaigns->len / looked;
}
