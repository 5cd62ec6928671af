/*
 * record.h - what verdicts and rulings came from, as members of a JSON object, and back
 *
 * An edge writes them into its line for a transaction; a reader derives the verdict and the rulings from the
 * line again, bit for bit, or what they would have been with other thresholds, another combiner (sl_record_rule), or
 * another policy altogether (replay/replay.h). Content-free: evidence goes by its names, which name no part of a message,
 * sentences are not kept, nor subject, body or names of files. What is kept of persons is what an envelope has, and the
 * mailbox of From: allow and deny lists are asked about it.
 *
 * Format, version 2 (a reader knows 1 too, and refuses others). Numbers are decimal, as many digits as it takes to read
 * the same bits again; those that are none are the strings "nan", "inf", "-inf".
 *	"record":2
 *	"probability":{CATEGORY:NUMBER, all}	"prior":{CATEGORY:NUMBER, all}
 *	"judged":[CATEGORY]			what something was said of
 *	"engine_failed":true			one whose failing defers; left out when false
 *	"versions":{"models":ID,"combiner":ID,...}	of what was learned and written, and of the snapshot
 *	"facts":{...}				what policies look at beside the verdict; each left out when there is none:
 *		"from":MAILBOX			of From, if there is one
 *		"identity":{"author":WORD,"domain":DOMAIN,"dmarc":WORD,"disposition":WORD,"spf":WORD,
 *			"spf_domain":DOMAIN,"spf_helo":true,"signers":[DOMAIN, "?" DOMAIN: unsure],"sealer":DOMAIN}
 *			`author` left out: one; `domain`: as it ends `from`; others: none; without it nobody was asked
 *		"malware":NAME			that an engine knows
 *		"files":[{"name":SKELETON,"type":MIME,"sure":true,"declared":MIME,"bytes":NUMBER,"promise":
 *			{"type":MIME,"family":WORD,"runs":true},
 *			"inside":true,"encrypted":true,"macros":true,"program":true,"deceptive":true,
 *			"unreadable":true}]	of a name only what policy/seen.h leaves
 *		"more_files":true		than these
 *	"classes":[{...}]			recipients that fare alike:
 *		"rcpt":[NUMBER]			places in the line's "rcpt_to"; left out: all
 *		"tenant":NAME			where it is not the line's
 *		"mode":"monitor"		left out: filter
 *		"policy":{CATEGORY:{ACTION:NUMBER}}	thresholds; what is missing is never done
 *		"lists":[{"by":"tenant","says":"allow|deny"}]	that counted
 *		"excused":[CAUSE]		by an allow list
 *		"demands":[{"action":ACTION,"word":WORD}]	of identity, attachments, content
 *		"rules":[NAME]			attachment rules that fitted a file
 *		"groups":[{"name":NAME,"hits":NUMBER}]	content groups with any
 *		"verdict":WORD,"action":ACTION,"by":TEXT,"cause":CAUSE,"copy":true	the ruling; `by`: what decided, in
 *			the precedence's words; left out: policy and classifiers
 *		"outcome":WORD			what became of it, as in the line
 *	"evidence":[{"name":"[A-Za-z0-9_]{1,63}","state":"present|absent|failed","shadow":true,"value":NUMBER,
 *		"log_odds":{CATEGORY:NUMBER},"said":{CATEGORY:NUMBER},"found":TEXT}]
 *		log_odds is what it added; said, where that is another, what the classifier said before
 *		the combiner weighed it; `shadow` only when true, numbers only when not 0, `found` is not read
 *	"verdict":WORD, "action":ACTION		the ruling on the transaction as a whole; before these members
 * In this order: whoever wants rulings alone need not read the evidence, which is most of it, nor what is behind it.
 * Version 1 has no facts, and "policy", "demands" of its one class among these members.
 *
 * `enforced` is not among it: whether a tag could still be put follows from how far the message had streamed.
 *
 * Memory: of the reader, the struct and what it keeps in the arena: less than twice the line. Lines are at most
 * SL_RECORD_LINE_MAX bytes, nested at most SL_JSON_DEPTH_MAX deep. Time: linear.
 */
#ifndef SL_RECORD_H
#define SL_RECORD_H

#include "policy/decide.h"
#include "policy/files.h"
#include "policy/identity.h"
#include "sl/buf.h"

#define SL_RECORD_FORMAT	2
#define SL_RECORD_LINE_MAX	((size_t)1 << 20)
#define SL_RECORD_VERSIONS_MAX	8
#define SL_RECORD_CLASSES_MAX	64
#define SL_RECORD_RECIPIENTS_MAX 1000
#define SL_RECORD_FILES_MAX	32

struct sl_record_version {
	const char	*name;		/* "models", "combiner", "rules", "own", "snapshot"; [a-z_]{1,31} */
	const char	*id;		/* printable ASCII, at most 64 */
};

/* What policies look at, the same for all recipients; all borrowed. */
struct sl_record_facts {
	/* What of it is read back: all but spf_explanation; `tls` and `client` are the line's. */
	struct sl_identity	 identity;
	struct sl_slice		 from;		/* mailbox of From; empty: there is none, or several */
	const char		*malware;	/* known by this name; NULL: none */
	const struct sl_file	*files;		/* without names (policy/seen.h) */
	size_t			 files_len;	/* at most SL_RECORD_FILES_MAX are written */
	bool			 more_files;
};

struct sl_record_group {
	struct sl_slice	name;
	unsigned	hits;
};

/* Recipients that fare alike, what decided on them, and what was decided. All borrowed. */
struct sl_record_class {
	const unsigned		*recipients;	/* places in the envelope, from 0; NULL: all */
	size_t			 recipients_len;
	const char		*tenant;	/* "": the line's */
	enum sl_mode		 mode;
	struct sl_policy_category policy[SL_CATEGORY_COUNT];
	const struct sl_demand	*demands;	/* action and word alone are kept */
	size_t			 demands_len;
	const struct sl_slice	*rules;		/* names of attachment rules that fitted */
	size_t			 rules_len;
	const struct sl_record_group *groups;
	size_t			 groups_len;
	/* The ruling. */
	const char		*word;
	enum sl_action		 action;
	bool			 copy;
	enum sl_precedence	 by;
	enum sl_precedence	 allowed_by;	/* the allow list that counted; SL_PRECEDENCE_COUNT: none */
	unsigned		 excused;	/* SL_CAUSE_BIT()s, by it */
	enum sl_cause		 cause;		/* if `action` is not DELIVER, or `copy` */
	const char		*outcome;	/* "": not told */
};
/* Fill in the ruling. Texts are the decision's. */
void		sl_record_class_decided(struct sl_record_class *class, const struct sl_decision *decision);

/* What is written of a transaction; borrowed. */
struct sl_record_source {
	const struct sl_verdict		*verdict;
	bool				 engine_failed;
	const struct sl_record_version	*versions;
	size_t				 versions_len;
	const struct sl_record_facts	*facts;		/* NULL: none are known */
	const struct sl_record_class	*classes;	/* at most SL_RECORD_CLASSES_MAX */
	size_t				 classes_len;
};

struct sl_record {			/* as it was read */
	struct sl_verdict	 verdict;	/* without sentences ("") */
	bool			 engine_failed;
	struct sl_record_version versions[SL_RECORD_VERSIONS_MAX];
	size_t			 versions_len;
	bool			 has_facts;
	struct sl_record_facts	 facts;
	struct sl_record_class	*classes;	/* in the arena; the caller may change them */
	size_t			 classes_len;	/* at least 1 */
	const char		*word;		/* the ruling on the whole */
	enum sl_action		 action;
	/* Of the line; empty where it has none. */
	const char		*id, *tenant, *time, *outcome;
	struct sl_slice		 client, sender;	/* envelope's */
	const struct sl_slice	*recipients;
	size_t			 recipients_len;
};

/* Add the members, each with a comma in front, but for `verdict` and `action`, which are the caller's. */
void		sl_record_write(const struct sl_record_source *source, struct sl_buf *out);
/* What a line holds of a Message-ID, as `message_id` (not among these members): 16 hexadecimal digits of a hash, so that who
 * knows the id can ask whether it passed, and nobody else. Space and angle brackets around it do not count, case does. */
#define SL_RECORD_MESSAGE_ID_LEN	16
void		sl_record_message_id(struct sl_slice id, char out[SL_RECORD_MESSAGE_ID_LEN + 1]);
/* A number as above. */
void		sl_record_number(double value, struct sl_buf *out);

enum sl_record_detail {
	SL_RECORD_ALL,
	/* What rulings follow from: of evidence no more than what was judged, in one piece, with log-odds of 1; without prior
	 * and versions. What is not read is not checked: for lines that our own edges wrote. */
	SL_RECORD_RULINGS,
};

/* Read a line (without its end). Texts lie in the line and in the arena. Returns 0; SL_ERR_NOT_FOUND: a line without a
 * record, of mail that was not judged; SL_ERR_VERSION; SL_ERR_SYNTAX, SL_ERR_TOO_LONG; SL_ERR_FULL (the arena). */
SL_MUST_USE int	sl_record_read(struct sl_slice line, enum sl_record_detail detail, struct sl_arena *arena,
		    struct sl_record *record_out);

/* Derive the verdict's logits and probabilities again from its prior and what the evidence added. */
void		sl_record_sum(struct sl_verdict *verdict);
/* Derive the ruling on a class from what the record holds. Of the class's own ruling only what lists said is looked at. */
void		sl_record_rule(const struct sl_record *record, const struct sl_record_class *class,
		    struct sl_ruling *ruling_out);

#endif
