/*
 * decide.h - everything that is known of a message and a recipient becomes one ruling, by a fixed precedence
 *
 * The precedence is a table (sl_precedence_rows): the function goes down it, and what is printed for people is the
 * same rows. Known malware and deny lists end it. An allow list excuses the message from the causes that the
 * policy's `lists.overrides` names, and the rows below decide on what is left: of what the policy demands and what
 * classifiers say, the graver.
 *
 * Memory: none. Pure.
 */
#ifndef SL_POLICY_DECIDE_H
#define SL_POLICY_DECIDE_H

#include "policy/list.h"
#include "policy/setting.h"

/* X(id, name, what happens) in order of precedence. */
#define SL_PRECEDENCES(X)									\
	X(KNOWN_MALWARE, "known malware", "what an engine knows by name, the `malware` action of certainty")	\
	X(OPERATOR_DENY, "operator's deny list", "`lists.denied`")				\
	X(PARTNER_DENY, "partner's deny list", "`lists.denied`")				\
	X(TENANT_DENY, "tenant's deny list", "`lists.denied`")					\
	X(USER_DENY, "user's deny list", "`lists.denied`, if `lists.users` lets it")		\
	X(OPERATOR_ALLOW, "operator's allow list", "excused from `lists.overrides`")		\
	X(PARTNER_ALLOW, "partner's allow list", "excused from `lists.overrides`")		\
	X(TENANT_ALLOW, "tenant's allow list", "excused from `lists.overrides`")		\
	X(USER_ALLOW, "user's allow list", "excused from `lists.overrides`, if `lists.users` lets it")	\
	X(POLICY, "policy and classifiers", "the gravest of sender's identity, attachments, content, and what "	\
	    "classifiers find probable")

enum sl_precedence {
#define SL_PRECEDENCE_ENUM(id, name, text) SL_BY_##id,
	SL_PRECEDENCES(SL_PRECEDENCE_ENUM)
#undef SL_PRECEDENCE_ENUM
	SL_PRECEDENCE_COUNT,
};
const char	*sl_precedence_name(enum sl_precedence precedence);	/* "tenant's deny list"; static */
bool		 sl_precedence_find(struct sl_slice name, enum sl_precedence *precedence_out);
/* Of a deny or allow list: whose it is; else SL_BY_COUNT. */
enum sl_policy_by sl_precedence_list(enum sl_precedence precedence);
/* The table, a line each: "1. known malware: ...". */
void		 sl_precedence_print(struct sl_buf *out);

/* What is known. All borrowed. */
struct sl_decide {
	const struct sl_policy		*policy;
	const struct sl_verdict		*verdict;	/* NULL: it was not judged */
	bool				 engine_failed;	/* one whose failing defers */
	const char			*known_malware;	/* its name, as an engine gave it; NULL: none is known */
	/* By OPERATOR, PARTNER, TENANT and USER; NULL: no list, or nothing in it. */
	const struct sl_list_found	*lists[SL_BY_COUNT];
	bool				 envelope_empty;
	bool				 from_authenticated;	/* DMARC passes, or aligned DKIM or SPF does */
	bool				 envelope_authenticated;	/* SPF passes, or DKIM of its domain */
	/* Of the sender's identity, attachments (word "attachment"), content groups ("content"). */
	const struct sl_demand		*demands;
	size_t				 demands_len;
};

#define SL_DECISION_WHY_MAX	480

struct sl_decision {
	struct sl_ruling	 ruling;	/* `enforced` is set by the policy's mode */
	enum sl_precedence	 by;
	enum sl_cause		 cause;		/* if the action is not DELIVER: what for */
	enum sl_precedence	 allowed_by;	/* the allow list that counted; SL_PRECEDENCE_COUNT: none */
	unsigned		 excused;	/* SL_CAUSE_BIT()s that it took away */
	char			 why[SL_DECISION_WHY_MAX + 1];	/* a sentence's worth, for people and records */
};
/* May anything in the policy ask for a message to be kept? */
bool	sl_policy_keeps(const struct sl_policy *policy);
/* May anything in it ask for a copy, and is there an address for it? */
bool	sl_policy_copies(const struct sl_policy *policy);
void	sl_decide(const struct sl_decide *known, struct sl_decision *decision_out);

#endif
