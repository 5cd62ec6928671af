/* campaign_i.h - inside of campaigns: campaign.c counts, place.c finds and makes places */
#ifndef SL_CAMPAIGN_CAMPAIGN_I_H
#define SL_CAMPAIGN_CAMPAIGN_I_H

#include "campaign/campaign.h"
#include "reputation/cell.h"

#define PLACES		8	/* of a set of the index */
#define PLACE_BYTES	(PLACES * sizeof(uint64_t))
#define BANDS		16
#define BAND_VALUES	(SL_MINHASH / BANDS)
#define WORDS		(SL_MINHASH / 8)

/* What is kept of a fingerprint: a byte of each value of the minhash. */
struct print {
	uint64_t	bytes[WORDS], simhash;
	uint64_t	tag;
	uint64_t	bands[BANDS];
};

struct campaign_entry {
	sl_cell	tag;		/* hash of the words that follow, never 0; 0: empty, or being changed */
	sl_cell	bytes[WORDS], simhash;
	sl_cell	messages, unwanted, wanted, phish, malware, corrected_unwanted, corrected_wanted;
	sl_cell	recent;
	sl_cell	networks, recent_networks, who_unwanted, who_wanted;	/* sketches */
	sl_cell	seen;
	sl_cell	unused[1];
};
_Static_assert(sizeof(struct campaign_entry) == 192, "an entry is three lines of the cache");

/* place.c */
void	print_make(const struct sl_campaigns *campaigns, const struct sl_fingerprint_result *text,
	    struct print *out);
/* The nearest campaign and its tag, or NULL. */
struct campaign_entry	*campaign_find(const struct sl_campaigns *campaigns, const struct print *print,
			    uint64_t *tag_out, double *similarity_out);
/* A new one, in place of the least known. */
struct campaign_entry	*campaign_begin(const struct sl_campaigns *campaigns, const struct print *print, int64_t now_min);

#endif
