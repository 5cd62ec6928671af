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
 *	"refused":[{"rcpt":MAILBOX,"tenant":NAME,"code":NUMBER,"status":TEXT,"text":TEXT,"why":WORD,"list":WORD}]	before
 *		these members, and also where nothing was judged: recipients that were not accepted, those first named;
 *		`rcpt` left out: not understood, `tenant`: the line's, or "": nobody's, though the line is somebody's,
 *		`code`: there was no answer; `why` of SL_RECORD_WHYS; `list`: whose denies
 *	"refused_more":NUMBER			recipients beyond these
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
#define SL_RECORD_REFUSED_MAX	16
#define SL_RECORD_REFUSED_TEXT_MAX 1024	/* of a mailbox, or an answer */

/* What became of it before there was a message: such a line is none of a message's. */
#define SL_RECORD_EARLY(X)							\
	X(SESSION_REFUSED, "session-refused")					\
	X(MAIL_REFUSED, "mail-refused")						\
	X(RCPT_REFUSED, "rcpt-refused")		/* no recipient was accepted, one of them for good ... */	\
	X(RCPT_DEFERRED, "rcpt-deferred")	/* ... or all for now */	\
	X(ABANDONED, "abandoned")		/* MAIL, and no recipient was named */	\
	X(LEFT_OUT, "left-out")			/* many of these, which have no line of their own */

enum sl_record_early {
#define SL_RECORD_EARLY_ENUM(name, word) SL_RECORD_##name,
	SL_RECORD_EARLY(SL_RECORD_EARLY_ENUM)
#undef SL_RECORD_EARLY_ENUM
	SL_RECORD_EARLY_COUNT,
};
const char	*sl_record_early_word(enum sl_record_early early);
bool		 sl_record_is_early(struct sl_slice outcome);

/* Why a recipient was not accepted, or MAIL, or a session: as records have it, and for people. */
#define SL_RECORD_WHYS(X)							\
	X(SYNTAX, "syntax", "the command is none that is understood")		\
	X(PARAMETER, "parameter", "it asks for what is not offered here")	\
	X(SIZE, "size", "the message is larger than is taken here")		\
	X(TOO_MANY, "too-many", "too many recipients in one transaction (limits.recipients)")	\
	X(NOBODYS, "nobodys", "the domain is nobody's here")			\
	X(NOT_YET, "not-yet", "the console had not said yet whose domains there are")	\
	X(SMTPUTF8, "smtputf8", "the address needs SMTPUTF8, which the sender did not ask for")	\
	X(SEPARATE, "separate", "it is to come in a transaction of its own")	\
	X(POLICY, "policy", "the recipient's policy could not be had")		\
	X(SHIELD, "shield", "nobody of that name is known here (recipients.shield)")	\
	X(LIST, "list", "a list denies the sender")				\
	X(ACTION, "action", "it is none of our action addresses")		\
	X(MANY_REPORTS, "many-reports", "as many reports as are read at once were under way")	\
	X(MEMORY, "memory", "no memory was left for the transaction")		\
	X(NEXT_HOP, "next-hop", "the next hop said so")				\
	X(UNREACHABLE, "unreachable", "no next hop took it in time")		\
	X(CANNOT_CARRY, "cannot-carry", "the next hop cannot carry such mail")	\
	X(UNANSWERED, "unanswered", "the next hop had not answered yet")	\
	/* MAIL */								\
	X(NO_HELLO, "no-hello", "the sender had not said who he is")		\
	X(MESSAGES, "messages", "too many messages in one session (limits.messages_per_session)")	\
	/* sessions */								\
	X(BUSY, "busy", "too many sessions (limits.sessions)")			\
	X(STOPPING, "stopping", "the service was being stopped")		\
	X(SOURCE, "source", "too many sessions from one address (limits.sessions_per_source)")	\
	X(EARLY_TALKER, "early-talker", "it spoke before it was greeted")	\
	X(SENT_AHEAD, "sent-ahead", "it sent commands ahead of TLS, or ahead of our replies without end")	\
	X(TLS_FAILED, "tls-failed", "TLS did not come about")			\
	X(ERRORS, "errors", "too many errors (limits.errors)")

enum sl_record_why {
#define SL_RECORD_WHY_ENUM(name, word, text) SL_RECORD_WHY_##name,
	SL_RECORD_WHYS(SL_RECORD_WHY_ENUM)
#undef SL_RECORD_WHY_ENUM
	SL_RECORD_WHY_COUNT,		/* read: another one */
};
const char	*sl_record_why_word(enum sl_record_why why);
const char	*sl_record_why_text(enum sl_record_why why);	/* static */
enum sl_record_why sl_record_why_find(struct sl_slice word);

/* A recipient that was not accepted; all borrowed. */
struct sl_record_refused {
	struct sl_slice		mailbox;	/* "": what was named is none */
	const char		*tenant;	/* "": the line's, or nobody's */
	enum sl_record_why	why;
	enum sl_policy_by	list;		/* of LIST: whose; else SL_BY_COUNT */
	int			code;		/* 0: there was no answer */
	const char		*enhanced;	/* "": none */
	struct sl_slice		text;
	bool			nobodys;	/* `tenant` is "", and not since it is the line's, which is somebody's */
};

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
	uint64_t		 bytes;		/* of the message on the wire, as far as it was read */
	uint64_t		 size_said;	/* by its sender, before it came; 0: he did not */
	struct sl_slice		 client, sender;	/* envelope's */
	const struct sl_slice	*recipients;
	size_t			 recipients_len;
	const struct sl_record_refused *refused;
	size_t			 refused_len;
	uint64_t		 refused_more;
};

/* Add the members, each with a comma in front, but for `verdict` and `action`, which are the caller's. */
void		sl_record_write(const struct sl_record_source *source, struct sl_buf *out);
/* Add the members about recipients that were not accepted: at most SL_RECORD_REFUSED_MAX, and how many more there were. Nothing if there are none. */
void		sl_record_write_refused(const struct sl_record_refused *refused, size_t len, uint64_t more, struct sl_buf *out);
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
 * record, of mail that was not judged, of which the line's own are read; SL_ERR_VERSION; SL_ERR_SYNTAX, SL_ERR_TOO_LONG; SL_ERR_FULL (the arena). */
SL_MUST_USE int	sl_record_read(struct sl_slice line, enum sl_record_detail detail, struct sl_arena *arena,
		    struct sl_record *record_out);

/* Derive the verdict's logits and probabilities again from its prior and what the evidence added. */
void		sl_record_sum(struct sl_verdict *verdict);
/* Derive the ruling on a class from what the record holds. Of the class's own ruling only what lists said is looked at. */
void		sl_record_rule(const struct sl_record *record, const struct sl_record_class *class,
		    struct sl_ruling *ruling_out);

#endif
