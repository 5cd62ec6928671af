/*
 * own.h - what each tenant has learned of its own mail, in one file of fixed size for all of them
 *
 * A tenant corrects Sluice: this is ham, this is spam. What it teaches counts for it at once and for nobody
 * else. The features are those of the token model; a tenant has a weight for each that it has learned. What is
 * known globally is mixed with what it knows itself:
 *
 *	mixed log-odds = global + reach * (sqrt(proven) * own - proven * global)
 *
 * `proven` follows from which of the two did better on the tenant's corrections, each judged before it is learned
 * from: while there are few, both count. `reach` is 1; while all corrections were of one kind, it is so only for
 * messages that it knows the words of. The two are mixed and not chained: the own part is learned as if there were
 * no global one, since unlearning what is wrong takes longer than learning what is right.
 *
 * Evidence "own" is the difference, mixed - global, so that it adds up with the other evidence exactly.
 *
 * Isolation: a tenant's knowledge is a section of its own. What others learn never changes a judgement, whatever
 * they learn. When the file is full, the largest sections give up their weakest weights first, and one that is
 * not larger than its fair share of the file gives nothing.
 *
 * Unlearning: each correction's step is kept (the last SL_OWN_LOG of a tenant; fewer when the file is
 * full), and taken back exactly: weights, mixing and counts are whole numbers, and are what they would be had the
 * step not been taken. It holds unless a weight reached its limit or was given up in between.
 * What was learned later was learned in the light of it, and stays.
 *
 * Memory: the file is mapped read-only; for each message of a tenant that has learned, about 10 KiB of the arena
 * (a broken message up to three times as much). Other tenants' messages cost nothing.
 * A learner holds, unpacked, what it has touched.
 */
#ifndef SL_OWN_H
#define SL_OWN_H

#include "classify/classify.h"
#include "sl/buf.h"

#define SL_OWN_SIZE_DEFAULT	((size_t)32 << 20)
#define SL_OWN_SIZE_MIN		((size_t)64 << 10)
#define SL_OWN_SIZE_MAX		((size_t)1 << 30)
#define SL_OWN_LOG		4096	/* corrections of a tenant that can be unlearned */
#define SL_OWN_ALL_FIELDS	1u	/* flag: header fields are all read, not chosen ones only */

struct sl_own;

/* Check a file's bytes (kept: must outlive the object). Returns 0, or SL_ERR_TRUNCATED, SL_ERR_SYNTAX (no such
 * file, or damaged), SL_ERR_VERSION. */
SL_MUST_USE int	sl_own_open(struct sl_slice bytes, struct sl_own **own_out);
/* The same of bytes that sl_own_open has taken before: what they say is their hash is believed, which saves
 * reading them all. */
SL_MUST_USE int	sl_own_open_again(struct sl_slice bytes, struct sl_own **own_out);
void		sl_own_close(struct sl_own **own);		/* NULL is fine */
const char	*sl_own_id(const struct sl_own *own);		/* short hash, for the record */
size_t		sl_own_size_bytes(const struct sl_own *own);
unsigned	sl_own_flags(const struct sl_own *own);

/* What is known of a tenant's corrections. */
struct sl_own_stats {
	uint32_t	ham, unwanted;	/* corrections learned and not unlearned */
	double		share;		/* of the own part, for a message like those learned */
	/* Mean loss, in nats, of either part on each correction before it was learned. */
	double		global_loss, own_loss;
	uint32_t	weights;	/* that are kept */
};
/* False: the tenant has learned nothing. */
bool	sl_own_stats(const struct sl_own *own, struct sl_slice tenant, struct sl_own_stats *out);
size_t	sl_own_tenants(const struct sl_own *own);

/* The classifier; its `model` is a struct sl_own. It reads, and leaves its evidence to sl_own_evidence. */
extern const struct sl_classifier sl_own_classifier;

/* All other evidence is combined: `global_log_odds` are those of SL_SPAM, prior and all. Add the tenant's
 * evidence, after the classifier's finish. `state` is that of sl_own_classifier; NULL, and tenants that have learned
 * nothing, add nothing. */
void	sl_own_evidence(void *state, double global_log_odds, struct sl_arena *arena,
	    struct sl_verdict *verdict);

/* ---- learning */

enum sl_own_label { SL_OWN_HAM, SL_OWN_UNWANTED };

struct sl_own_learner;

/* Begin with what `own` (kept until _free) holds; NULL: with nothing, for a file of `size_bytes` and `flags`. NULL is
 * returned when the size is out of range. */
struct sl_own_learner	*sl_own_learner_new(const struct sl_own *own, size_t size_bytes, unsigned flags);
void			 sl_own_learner_free(struct sl_own_learner **learner);	/* NULL is fine */
/* Learn a whole message, line ends CRLF. `global_log_odds` are what Sluice judged without the tenant's knowledge.
 * Returns 0, or SL_ERR_FULL: there is no room for another tenant. */
SL_MUST_USE int		 sl_own_learn(struct sl_own_learner *learner, struct sl_slice tenant,
			    struct sl_slice message, enum sl_own_label label, double global_log_odds);
/* Take back what was learned of a message, the last time if several. Returns 0, or SL_ERR_NOT_FOUND: it was not learned
 * with this label, or too long ago. */
SL_MUST_USE int		 sl_own_unlearn(struct sl_own_learner *learner, struct sl_slice tenant,
			    struct sl_slice message, enum sl_own_label label);
/* Append the new file. Returns 0, or SL_ERR_FULL: it does not fit `out`. The learner may go on. */
SL_MUST_USE int		 sl_own_learner_write(struct sl_own_learner *learner, struct sl_buf *out);

#endif
