/*
 * record.h - what a verdict and a ruling came from, as members of a JSON object, and back
 *
 * An edge writes them into its line for a transaction; a reader derives the verdict and the ruling from the
 * line again, bit for bit, or what they would have been with other thresholds or another combiner.
 * Content-free: evidence goes by its names, which name no part of a message; sentences are not kept.
 *
 * Format, version 1 (a reader refuses others). Numbers are decimal, as many digits as it takes to read
 * the same bits again; those that are none are the strings "nan", "inf", "-inf".
 *	"record":1
 *	"probability":{CATEGORY:NUMBER, all}	"prior":{CATEGORY:NUMBER, all}
 *	"evidence":[{"name":"[A-Za-z0-9_]{1,63}","state":"present|absent|failed","shadow":true,"value":NUMBER,
 *		"log_odds":{CATEGORY:NUMBER},"said":{CATEGORY:NUMBER},"found":TEXT}]
 *		log_odds is what it added; said, where that is another, what the classifier said before
 *		the combiner weighed it; `shadow` only when true, numbers only when not 0, `found` is not read
 *	"policy":{CATEGORY:{ACTION:NUMBER}}	thresholds; what is missing is never done
 *	"demands":[{"action":ACTION,"word":WORD}]	what the sender's identity asked for; left out when none
 *	"engine_failed":true			one whose failing defers; left out when false
 *	"versions":{"models":ID,"combiner":ID,...}	of what was learned and written; left out when empty
 *	"verdict":WORD, "action":ACTION		the ruling
 *
 * `enforced` is not among it: whether a tag could still be put follows from how far the message had streamed.
 *
 * Memory: of the reader, that of the line and what jansson makes of it (about ten times its size); lines are at most
 * SL_RECORD_LINE_MAX bytes, nested at most SL_RECORD_DEPTH_MAX deep.
 */
#ifndef SL_RECORD_H
#define SL_RECORD_H

#include "policy/policy.h"
#include "sl/buf.h"

#define SL_RECORD_FORMAT	1
#define SL_RECORD_LINE_MAX	((size_t)1 << 20)
#define SL_RECORD_DEPTH_MAX	16
#define SL_RECORD_VERSIONS_MAX	8

struct sl_record_version {
	const char	*name;		/* "models", "combiner", "rules", "own"; [a-z_]{1,31} */
	const char	*id;		/* printable ASCII, at most 64 */
};

struct sl_record {
	struct sl_verdict	 verdict;	/* without sentences ("") where it was read */
	struct sl_policy_category policy[SL_CATEGORY_COUNT];
	struct sl_demand	 demands[SL_DEMANDS_MAX];	/* action and word alone are kept */
	size_t			 demands_len;
	bool			 engine_failed;
	struct sl_record_version versions[SL_RECORD_VERSIONS_MAX];
	size_t			 versions_len;
	const char		*word;		/* the ruling */
	enum sl_action		 action;
	/* Of the line, when it was read; "" where it has none. */
	const char		*id, *tenant, *time;
};

/* What is written of a transaction; borrowed. */
struct sl_record_source {
	const struct sl_verdict		*verdict;
	const struct sl_policy_category	*policy;	/* SL_CATEGORY_COUNT */
	const struct sl_demand		*demands;
	size_t				 demands_len;
	bool				 engine_failed;
	const struct sl_record_version	*versions;
	size_t				 versions_len;
};

/* Add the members, each with a comma in front, but for `verdict` and `action`, which are the caller's. */
void		sl_record_write(const struct sl_record_source *source, struct sl_buf *out);
/* A number as above. */
void		sl_record_number(double value, struct sl_buf *out);

/* Read a line (without its end). Texts lie in the arena. Returns 0; SL_ERR_NOT_FOUND: a line without a
 * record, of mail that was not judged; SL_ERR_VERSION; SL_ERR_SYNTAX, SL_ERR_TOO_LONG; SL_ERR_FULL (the arena). */
SL_MUST_USE int	sl_record_read(struct sl_slice line, struct sl_arena *arena, struct sl_record *record_out);

/* Derive the verdict's logits and probabilities again from its prior and what the evidence added. */
void		sl_record_sum(struct sl_verdict *verdict);
/* Derive the ruling from what the record holds. `word` and `action` of the record are not looked at. */
void		sl_record_rule(const struct sl_record *record, struct sl_ruling *ruling_out);

#endif
