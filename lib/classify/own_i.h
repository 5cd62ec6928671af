/*
 * own_i.h - private to tenants' own knowledge: the file, and a tenant's section of it
 *
 * Numbers are little-endian.
 *	 0  8  "SLOWNKN" 0x1a
 *	 8  4  version
 *	12  4  flags
 *	16  8  sl_hash of everything from 24 on
 *	24  4  tenants
 *	28  4  0
 *	32  .  directory, OWN_ENTRY bytes a tenant, by rising key (sl_hash of its name):
 *		 0  8  key
 *		 8  4  where its section starts, in bytes from the file's begin
 *		12  4  slots
 *		16  4  corrections in the log
 *		20  4  ham learned
 *		24  4  unwanted learned
 *		28  4  weights kept
 *		32  4  trust: log-odds that the own part is the better one, in OWN_UNITs
 *		36  4  0
 *		40  8  sum of the global part's losses
 *		48  8  sum of the own part's losses
 *		56  4  scale of the weights, in OWN_UNITs
 *		60  4  0
 *	 .  .  sections: slots, four bytes each, then corrections, OWN_STEP bytes each, oldest first
 *	 .  .  zeros, up to the file's size
 *
 * A slot is 0 (free), or the upper 22 bits of a feature and a signed weight of 10 bits that is not 0. It stands where
 * own_slot_start() says or, where that is taken, in the next free one, round the end, at most OWN_PROBES on.
 */
#ifndef SL_OWN_I_H
#define SL_OWN_I_H

#include <math.h>

#include "classify/own.h"
#include "classify/token_format_i.h"
#include "classify/token_list_i.h"

#define OWN_MAGIC	"SLOWNKN\x1a"
#define OWN_VERSION	1
#define OWN_HEAD	32
#define OWN_ENTRY	64
#define OWN_STEP	24
#define OWN_ROW_BITS	22
#define OWN_WEIGHT_BITS	(32 - OWN_ROW_BITS)
#define OWN_WEIGHT_MAX	((1 << (OWN_WEIGHT_BITS - 1)) - 1)
#define OWN_SLOTS_MAX	((uint32_t)1 << 24)
#define OWN_PROBES	64

#define OWN_UNIT	65536.0		/* fixed point numbers of the directory */
#define OWN_STEP_WEIGHT	0.01		/* what 1 in a slot weighs, before scale */
#define OWN_SURE	8.0		/* a loss counts the log-odds up to here */
/* What was learned from few messages ranks better than its log-odds are sure: they count this often, and at first,
 * until some OWN_FEW messages were learned, up to OWN_GAIN_FEW more. */
#define OWN_GAIN	2.0
#define OWN_GAIN_FEW	4.0
#define OWN_FEW		20.0
#define OWN_TRUST_MAX	6.0
#define OWN_LOSS_MAX	((int64_t)1 << 60)
#define OWN_EACH	2		/* corrections of each kind, from which on the own part counts for all mail */
#define OWN_SCALE_MAX	64

/* A tenant's entry of the directory. */
struct own_tenant {
	uint64_t	key;
	uint32_t	start, slots, log_len, learned[2], weights;
	int32_t		trust;
	int64_t		global_loss, own_loss;
	uint32_t	scale;
};

/* One correction, as it was learned: what to take back. */
struct own_step {
	uint64_t	id;		/* hash of the message's features */
	int32_t		trust;		/* what was added to it */
	uint16_t	global_loss, own_loss;	/* in 1/1024 nats */
	int16_t		weight;		/* added to each feature's slot, of the header's twice */
	unsigned char	label;
	unsigned char	block;		/* that was learned */
};

static inline uint32_t
own_slot_start(uint32_t row, uint32_t slots)
{
	return (uint32_t)((uint64_t)row * slots >> OWN_ROW_BITS);
}

static inline int
own_slot_weight(uint32_t slot)
{
	return (int32_t)(slot << OWN_ROW_BITS) >> OWN_ROW_BITS;
}

static inline uint32_t
own_slot(uint32_t row, int weight)
{
	return row << OWN_WEIGHT_BITS | ((uint32_t)weight & ((1u << OWN_WEIGHT_BITS) - 1));
}

static inline double
own_clip(double log_odds)
{
	return log_odds > OWN_SURE ? OWN_SURE : log_odds < -OWN_SURE ? -OWN_SURE : log_odds;
}

/* How far the own part counts for a message, 0 ... 1. Corrections of one kind only say little about other mail: until
 * there are some of both it counts as far as it `knows` the message (the known share of its vector). */
static inline double
own_reach(const struct own_tenant *tenant, double knows)
{
	double kinds = SL_MIN(tenant->learned[0], tenant->learned[1]) / (double)OWN_EACH;
	double like = 2 * knows * (tenant->scale / OWN_UNIT);

	return fmin(1, fmax(kinds, like * like));
}

/* As far as the own part has proven the better one on the tenant's corrections: 0 ... 1. */
static inline double
own_proven(const struct own_tenant *tenant)
{
	return 1 / (1 + exp(-tenant->trust / OWN_UNIT));
}

static inline double
own_gain(const struct own_tenant *tenant)
{
	return OWN_GAIN + OWN_GAIN_FEW * OWN_FEW / (OWN_FEW + tenant->learned[0] + tenant->learned[1]);
}

static inline double
own_loss(double log_odds, bool unwanted)
{
	double z = unwanted ? -log_odds : log_odds;

	return fmax(z, 0) + log1p(exp(-fabs(z)));
}

/* Where a row stands, or else the free slot where it would; false: neither is near enough. `slots` are as in
 * the file, little-endian. */
bool	own_slot_find(const unsigned char *slots, uint32_t len, uint32_t row, uint32_t *at_out);
uint64_t own_key(struct sl_slice tenant);
/* The entry of a key; false: there is none. */
bool	own_find(const struct sl_own *own, uint64_t key, struct own_tenant *out);
size_t	own_len(const struct sl_own *own);
void	own_entry(const struct sl_own *own, size_t i, struct own_tenant *out);
struct sl_slice own_section(const struct sl_own *own, const struct own_tenant *tenant);
size_t	own_section_bytes(const struct own_tenant *tenant);

#endif
