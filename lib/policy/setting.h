/*
 * setting.h - what a tenant's policy says, and the table of every setting in it
 *
 * A row of the table says how a setting is written, what it may be, what it is at each level of defence
 * (`perimeter`, `standard`, `maximum`), who may say it, whether those below may widen it, and in one
 * sentence what for. Readers, printers, packers, the resolver (layer.h) and the reference (doc/policy.md) are
 * loops over the rows: a new setting is a row and a field here.
 *
 * Memory: a policy is plain data; what it points at is its owner's. Bounds are the MAX below.
 */
#ifndef SL_POLICY_SETTING_H
#define SL_POLICY_SETTING_H

#include "policy/policy.h"

/* Who says something, the most distant first. */
#define SL_POLICY_BYS(X)	\
	X(OPERATOR, "operator")	\
	X(PARTNER, "partner")	\
	X(TENANT, "tenant")	\
	X(DOMAIN, "domain")	\
	X(GROUP, "group")	\
	X(USER, "user")

enum sl_policy_by {
#define SL_POLICY_BY_ENUM(name, word) SL_BY_##name,
	SL_POLICY_BYS(SL_POLICY_BY_ENUM)
#undef SL_POLICY_BY_ENUM
	SL_BY_COUNT,
};
const char	*sl_policy_by_word(enum sl_policy_by by);		/* "tenant"; static */
bool		 sl_policy_by_find(struct sl_slice word, enum sl_policy_by *by_out);

/* Levels of defence: presets of all settings. */
enum sl_policy_level { SL_LEVEL_PERIMETER, SL_LEVEL_STANDARD, SL_LEVEL_MAXIMUM, SL_LEVEL_COUNT };
#define SL_LEVEL_DEFAULT	SL_LEVEL_STANDARD

enum sl_dmarc_use { SL_DMARC_USE_ENFORCE, SL_DMARC_USE_RECORD, SL_DMARC_USE_OFF };
enum sl_shield { SL_SHIELD_OFF, SL_SHIELD_KNOWN };
enum sl_user_lists { SL_USER_LISTS_NONE, SL_USER_LISTS_DENY, SL_USER_LISTS_BOTH };

struct sl_policy_list {			/* of texts, sorted, none twice */
	const struct sl_slice	*items;
	size_t			 len;
};
#define SL_POLICY_LIST_MAX	10000
#define SL_POLICY_TEXT_MAX	1024	/* bytes of one text, at most, whatever the row says */

/* Where a file must lie for a rule to look at it. */
enum sl_attachment_inside { SL_INSIDE_ANYWHERE, SL_INSIDE_ONLY, SL_INSIDE_NEVER };

/* A file is meant by a rule if all that the rule says is true of it; what it does not say does not matter. */
struct sl_attachment_rule {
	struct sl_slice		 name;		/* [A-Za-z0-9_-], for reasons and records */
	enum sl_action		 action;
	uint32_t		 families;	/* bit 1 << enum sl_family of what it is or is called; 0: any */
	struct sl_policy_list	 types;		/* MIME types, or "image/" with a star; none: any */
	struct sl_policy_list	 names;		/* masks with * and ?, case ignored; none: any */
	uint64_t		 larger_bytes;	/* decoded; 0: any */
	bool			 encrypted;	/* must be under a password */
	bool			 macros;	/* must have macros */
	enum sl_attachment_inside inside;	/* of archives and documents */
};
#define SL_ATTACHMENT_RULES_MAX	100
#define SL_ATTACHMENT_MASKS_MAX	1000

/* What a content group looks for; any of it counts as a hit. */
enum sl_content_number { SL_NUMBER_PAYMENT_CARD, SL_NUMBER_IBAN, SL_NUMBER_COUNT };
const char	*sl_content_number_word(enum sl_content_number number);	/* "payment-card"; static */

struct sl_content_group {
	struct sl_slice		 name;		/* [A-Za-z0-9_-] */
	enum sl_action		 action;
	uint32_t		 at_least;	/* hits, each different word, pattern or number once; from 1 */
	struct sl_policy_list	 words;		/* whole words and phrases, case ignored; "*" at the end: any ending */
	struct sl_policy_list	 patterns;	/* PCRE2 */
	uint32_t		 numbers;	/* bit 1 << enum sl_content_number */
};
#define SL_CONTENT_GROUPS_MAX	100
#define SL_CONTENT_WORDS_MAX	100000
#define SL_CONTENT_PATTERNS_MAX	1000

/* What is asked of mail from a partner's domain. */
struct sl_partner_domain {
	struct sl_slice	domain;		/* lower case A-labels; "*." in front: all below */
	bool		tls;		/* the sender's session must be under TLS */
	bool		authentication;	/* the author must be proven by DKIM or SPF, aligned */
};
#define SL_PARTNER_DOMAINS_MAX	10000

struct sl_attachment_rules { const struct sl_attachment_rule *items; size_t len; };
struct sl_content_groups { const struct sl_content_group *items; size_t len; };
struct sl_partner_domains { const struct sl_partner_domain *items; size_t len; };

/* What a report has. Numbers are those of packed policies: only added to. */
enum sl_report_kind { SL_REPORT_TRAFFIC, SL_REPORT_QUARANTINE, SL_REPORT_RELEASES, SL_REPORT_KIND_COUNT };

/* All of it. Numbers are uint32_t so that the table can reach them. */
struct sl_policy {
	uint32_t	level;			/* enum sl_policy_level */
	uint32_t	mode;			/* enum sl_mode */
	struct sl_policy_category category[SL_CATEGORY_COUNT];
	struct {
		uint32_t	size;		/* bytes, at most */
		uint32_t	window;		/* bytes that wait for the verdict */
	} message;
	struct sl_slice	copy_to;		/* an address; "": no copies */
	struct sl_slice	subject_tag;
	struct sl_slice	refusal_text;
	struct {
		uint32_t	denied;		/* enum sl_action, of mail that a list denies */
		uint32_t	overrides;	/* SL_CAUSE_BIT()s that an allowed sender is excused from */
		uint32_t	unauthenticated;	/* bool: an entry may do without authentication */
		uint32_t	users;		/* enum sl_user_lists: which of users' own count */
	} lists;
	struct {
		uint32_t	dmarc;		/* enum sl_dmarc_use */
		uint32_t	dmarc_reject;	/* enum sl_action: what p=reject does ... */
		uint32_t	dmarc_quarantine;	/* ... and p=quarantine */
		uint32_t	bad_author;	/* enum sl_action */
		uint32_t	spf_fail;	/* enum sl_action */
		uint32_t	partner;	/* enum sl_action: a partner's demand is not met */
		struct sl_policy_list trusted_sealers;
		struct sl_partner_domains partners;
	} authentication;
	struct {
		uint32_t	programs, macros, encrypted, deceptive, unreadable;	/* enum sl_action */
		struct sl_attachment_rules rules;
	} attachments;
	struct {
		struct sl_content_groups groups;
	} content;
	struct {
		uint32_t	shield;		/* enum sl_shield */
	} recipients;
	struct {
		uint32_t	days;
		uint32_t	users_see;	/* SL_CAUSE_BIT()s */
		uint32_t	users_release;
		uint32_t	users_allow;	/* bool: releasing may allow the sender */
	} quarantine;
	struct {
		uint32_t	days;		/* bit 0: Monday */
		uint32_t	hours;		/* bit 0: midnight */
		struct sl_slice	time_zone;	/* "Europe/Berlin" */
		struct sl_slice	language;	/* "en" */
		struct sl_slice	address;	/* "": each user's own */
		struct sl_slice	brand;		/* the last line; "": the customer's name */
	} digest;
	struct {
		uint32_t	days;		/* bit 0: Monday */
		uint32_t	hour;
		uint32_t	kinds;		/* bit 1 << enum sl_report_kind */
		struct sl_policy_list addresses;
	} reports;
};

enum sl_policy_type {
	SL_POLICY_NUMBER,	/* min ... max */
	SL_POLICY_SIZE,		/* bytes, likewise */
	SL_POLICY_WORD,		/* one of `words` */
	SL_POLICY_SET,		/* a list of `words`, each a bit */
	SL_POLICY_THRESHOLDS,	/* struct sl_policy_category */
	SL_POLICY_LINE,		/* printable ASCII, at most `max` bytes */
	SL_POLICY_TEXT,		/* one line of UTF-8, at most `max` bytes */
	SL_POLICY_ADDRESS,	/* of a mailbox, or "" */
	SL_POLICY_ZONE,		/* a time zone's name */
	SL_POLICY_LANGUAGE,	/* a language tag */
	SL_POLICY_DOMAINS,	/* list; "*." in front is fine */
	SL_POLICY_ADDRESSES,	/* list of mailboxes */
	SL_POLICY_FILES,	/* attachment rules */
	SL_POLICY_GROUPS,	/* content groups */
	SL_POLICY_PARTNERS,	/* partners' domains */
	SL_POLICY_TYPE_COUNT,
};

/* What those below may do to a setting that was said above. */
enum sl_policy_narrow {
	SL_NARROW_NOT,		/* anything */
	SL_NARROW_LESS,		/* a smaller number only */
	SL_NARROW_SUBSET,	/* fewer of a set only */
	SL_NARROW_STRICTER,	/* actions as strong, and as early, only; of words: those further behind */
};

struct sl_policy_word {
	const char	*word;
	uint32_t	 value;		/* of a set: the bit's number */
};

struct sl_policy_setting {
	const char		*path;		/* "digest.days": maps, dots between */
	enum sl_policy_type	 type;
	size_t			 offset, size;	/* in struct sl_policy */
	const char		*preset[SL_LEVEL_COUNT];	/* as it would be written */
	uint32_t		 min, max;
	const struct sl_policy_word *words;	/* ends with NULL */
	enum sl_policy_by	 nearest;	/* who may say it: this one and all above */
	enum sl_policy_narrow	 narrow;
	const char		*sentence;
};

#define SL_POLICY_SETTINGS_MAX	64	/* rows fit a bit mask */
extern const struct sl_policy_setting sl_policy_settings[];
extern const size_t sl_policy_settings_len;
#define SL_POLICY_SETTING_LEVEL	0	/* the row of `level` */

const struct sl_policy_setting *sl_policy_setting_find(struct sl_slice path);	/* or NULL */
/* Does it differ between levels? Then choosing a level sets it. */
bool	sl_policy_setting_is_of_level(const struct sl_policy_setting *row);
/* Are two values of a row the same? `a` and `b` are at the row's offset. */
bool	sl_policy_value_eq(const struct sl_policy_setting *row, const void *a, const void *b);
/* May somebody below who finds `before` say `after`? Always, without a narrowing rule. */
bool	sl_policy_value_narrows(const struct sl_policy_setting *row, const void *before, const void *after);
/* Is a text fit for a row of type LINE, TEXT, ADDRESS, ZONE, LANGUAGE, or (one of) DOMAINS, ADDRESSES? NULL, or what to write; static. */
const char *sl_policy_text_wrong(const struct sl_policy_setting *row, struct sl_slice text);

static inline const void *
sl_policy_value(const struct sl_policy *policy, const struct sl_policy_setting *row)
{
	return (const unsigned char *)policy + row->offset;
}

static inline void *
sl_policy_value_at(struct sl_policy *policy, const struct sl_policy_setting *row)
{
	return (unsigned char *)policy + row->offset;
}

/* A name of a rule or group: [A-Za-z0-9_-], 1 to 64. */
#define SL_POLICY_NAME_MAX	64
bool	sl_policy_name_ok(struct sl_slice name);
/* Lower case A-labels, "*." in front if allowed: as lists keep them. */
bool	sl_policy_domain_ok(struct sl_slice domain, bool wildcards);

#endif
