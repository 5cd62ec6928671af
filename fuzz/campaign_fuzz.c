/*
 * campaign_fuzz.c - shared memory that holds anything: numbers in range, nothing is found that was not put there,
 * and what is put there is found
 *
 * The input is the memory's content, over and over. The places of the index point everywhere.
 */

#include "campaign/campaign.h"
#include "reputation/reputation.h"

#include <stdalign.h>

#define NOW	INT64_C(1700000000)

static alignas(64) unsigned char memory[SL_CAMPAIGN_MIN_BYTES];

static void
on_event(void *ctx, const struct sl_campaign_event *event)
{
	SL_ASSERT(sl_campaign_change_name(event->change) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct sl_campaign_settings settings = { .key = "0123456789abcdef", .half_life_min = 10080 };
	struct sl_campaigns campaigns;
	struct sl_campaign_view v;

	if (len == 0)
		return 0;
	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = data[i % len];
	sl_campaigns_init(&campaigns, memory, sizeof(memory), &settings);
	for (unsigned n = 0; n < 8; n++) {
		struct sl_campaign_sighting sighting = { n, n, (enum sl_campaign_verdict)(n % 5), n % 3 == 0 };
		struct sl_fingerprint_result text = { .simhash = n, .shingles = 100 };

		/* values whose low halves the input chooses, so that places with its bytes are met */
		for (unsigned i = 0; i < SL_MINHASH; i++)
			text.minhash[i] = (n << 16 | data[i % len]) * 2654435761u;
		if (sl_campaign_look(&campaigns, &text, NOW, &v))
			SL_ASSERT(n > 0);	/* only one of those before */
		sl_campaign_note(&campaigns, &text, &sighting, NOW, on_event, NULL);
		SL_ASSERT(sl_campaign_look(&campaigns, &text, NOW, &v) && v.id != 0);
		SL_ASSERT(v.similarity >= SL_CAMPAIGN_NEAR && v.similarity <= 1);
		SL_ASSERT(v.log_odds >= SL_REPUTATION_LOW && v.log_odds <= SL_REPUTATION_HIGH);
		SL_ASSERT(v.messages >= 0 && v.networks >= 0 && v.networks < 250 && v.recent_networks <= v.recent);
		SL_ASSERT(v.first_s <= v.last_s && sl_campaigns_used(&campaigns) <= campaigns.len + 64);
	}
	return 0;
}
