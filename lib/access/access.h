/*
 * access.h - who may do what to which part of the tree: one table, and one question to it
 *
 * The tree is operator > partner > tenant > domain > group > user. An account holds grants, each a role at a
 * node. A verb is allowed when a grant's role has it in the table, the verb can be done to a node of the target's
 * level, and the target lies in the grant's scope: at the node or below it; a few verbs that only show what is
 * inherited may look up along the line too. What no row allows is refused.
 *
 * Three kinds of verbs are marked, and two sentences hold over the table (the test proves them):
 *  - KEYS gives custody of a key, STORE touches what the vault keeps, CONTENT gives something of a message;
 *    no role has both KEYS and STORE, so that nobody opens mail alone;
 *  - operators and partner administrators have no verb of CONTENT, nor of STORE.
 * Granting has rules of its own, lest these two be got round by granting to oneself.
 *
 * Pure: no files, no memory of its own. Linear in the number of grants.
 *
 * Limits: a target's category (an infected message is not for its addressee) is for the policy to say; so is
 * whether users may look into their quarantine at all. Whoever sets a route decides where clean mail goes: that
 * is no verb of content, but the tenant finds it in its audit trail.
 */
#ifndef SL_ACCESS_H
#define SL_ACCESS_H

#include "sl/base.h"

/* Top first: a level's number is the depth of its nodes. */
#define SL_LEVELS(X)								\
	X(OPERATOR, "operator")							\
	X(PARTNER, "partner")							\
	X(TENANT, "tenant")							\
	X(DOMAIN, "domain")							\
	X(GROUP, "group")							\
	X(USER, "user")

enum sl_level {
#define SL_LEVEL_ENUM(name, word) SL_LEVEL_##name,
	SL_LEVELS(SL_LEVEL_ENUM)
#undef SL_LEVEL_ENUM
	SL_LEVELS_COUNT,
};

/* name, word, the levels at which it is granted, who grants it, who grants it to the first one there only */
#define SL_ROLES(X)								\
	X(OPERATOR, "operator", SL_O, SL_OP, 0)					\
	X(PARTNER_ADMINISTRATOR, "partner-administrator", SL_P, SL_OP | SL_PA, 0)	\
	X(TENANT_ADMINISTRATOR, "tenant-administrator", SL_T, SL_TA, SL_OP | SL_PA)	\
	X(QUARANTINE_MANAGER, "quarantine-manager", SL_T | SL_D | SL_G, SL_TA, 0)	\
	X(REPORT_READER, "report-reader", SL_O | SL_P | SL_T | SL_D | SL_G, SL_OP | SL_PA | SL_TA, 0)	\
	X(USER, "user", SL_U, SL_TA, 0)

enum sl_role {
#define SL_ROLE_ENUM(name, word, at, by, first_by) SL_ROLE_##name,
	SL_ROLES(SL_ROLE_ENUM)
#undef SL_ROLE_ENUM
	SL_ROLE_COUNT,
};

enum {				/* sets of levels */
	SL_O = 1 << SL_LEVEL_OPERATOR,
	SL_P = 1 << SL_LEVEL_PARTNER,
	SL_T = 1 << SL_LEVEL_TENANT,
	SL_D = 1 << SL_LEVEL_DOMAIN,
	SL_G = 1 << SL_LEVEL_GROUP,
	SL_U = 1 << SL_LEVEL_USER,
};

enum {				/* sets of roles */
	SL_OP = 1 << SL_ROLE_OPERATOR,
	SL_PA = 1 << SL_ROLE_PARTNER_ADMINISTRATOR,
	SL_TA = 1 << SL_ROLE_TENANT_ADMINISTRATOR,
	SL_QM = 1 << SL_ROLE_QUARANTINE_MANAGER,
	SL_RR = 1 << SL_ROLE_REPORT_READER,
	SL_US = 1 << SL_ROLE_USER,
};

enum {				/* what a verb touches */
	SL_VERB_KEYS	= 1 << 0,
	SL_VERB_STORE	= 1 << 1,
	SL_VERB_CONTENT	= 1 << 2,
	SL_VERB_CHANGES	= 1 << 3,	/* leaves an audit entry; the others only show */
};

enum sl_scope {
	SL_SCOPE_DOWN,		/* the grant's node and all below it */
	SL_SCOPE_LINE,		/* these, and what lies above it: what is inherited from there */
};

#include "access/verbs.h"

enum sl_verb {
#define SL_VERB_ENUM(name, word, levels, roles, scope, kind) SL_VERB_##name,
	SL_VERBS(SL_VERB_ENUM)
#undef SL_VERB_ENUM
	SL_VERB_COUNT,
};

/* When a verb takes two persons: see verbs.h. */
enum sl_two { SL_TWO_NEVER, SL_TWO_ALWAYS, SL_TWO_OFF, SL_TWO_UNLOCK, SL_TWO_ROLE };

struct sl_verb_row {
	const char	*word;		/* "tenant.add" */
	unsigned	 levels;	/* of the nodes it is done to */
	unsigned	 roles;
	enum sl_scope	 scope;
	unsigned	 kind;		/* SL_VERB_KEYS ... */
};
const struct sl_verb_row *sl_verb_row(enum sl_verb verb);
bool		 sl_verb_find(struct sl_slice word, enum sl_verb *verb_out);

const char	*sl_level_word(enum sl_level level);
bool		 sl_level_find(struct sl_slice word, enum sl_level *level_out);
const char	*sl_role_word(enum sl_role role);
bool		 sl_role_find(struct sl_slice word, enum sl_role *role_out);
unsigned	 sl_role_levels(enum sl_role role);	/* where it is granted */

/* A node, by the ids of the nodes on its way: id[SL_LEVEL_TENANT] is that of its tenant. Those of the levels
 * below its own are 0; so is that of a partner or a group it does without. */
struct sl_access_path {
	enum sl_level	level;
	int64_t		id[SL_LEVELS_COUNT];	/* [SL_LEVEL_OPERATOR] is 0: there is one */
};

struct sl_access_grant {
	enum sl_role		role;
	struct sl_access_path	at;
};

bool	sl_access_allowed(const struct sl_access_grant *grants, size_t len, enum sl_verb verb,
	    const struct sl_access_path *target);
/* Is `target` at `node` or below it? */
bool	sl_access_covers(const struct sl_access_path *node, const struct sl_access_path *target);

/* A role that is to be given to an account, or taken from it. */
struct sl_access_request {
	enum sl_role			 role;
	const struct sl_access_path	*at;
	bool		 to_oneself;	/* the account is the asker's own */
	bool		 is_first;	/* nobody holds this role there yet */
	unsigned	 holds;		/* roles that the account has already, anywhere */
};

#define SL_GRANT_ANSWERS(X)							\
	X(OK, "allowed")							\
	X(LEVEL, "this role is not given at such a place")			\
	X(NOT_YOURS, "whoever asks may not give or take this role there")	\
	X(NOT_FIRST, "there is an administrator already: only one of them gives this role")	\
	X(SELF, "nobody gives a role to himself")				\
	X(MIXED, "roles of a provider and roles of a customer are not held by one account")

enum sl_grant_answer {
#define SL_GRANT_ENUM(name, text) SL_GRANT_##name,
	SL_GRANT_ANSWERS(SL_GRANT_ENUM)
#undef SL_GRANT_ENUM
};
const char	*sl_grant_text(enum sl_grant_answer answer);

/* May it be given? Provider's roles are operator and partner administrator; all others but that of the report
 * reader are a customer's. */
enum sl_grant_answer sl_access_may_grant(const struct sl_access_grant *grants, size_t len,
    const struct sl_access_request *request);
/* May it be taken? Of oneself, always. */
enum sl_grant_answer sl_access_may_revoke(const struct sl_access_grant *grants, size_t len,
    const struct sl_access_request *request);

/* ---- two persons */

enum sl_two	sl_access_two(enum sl_verb verb);
/* Is there a verb of this role that takes two? Then giving it does, too. */
bool		sl_access_role_takes_two(enum sl_role role);

#define SL_TWO_ANSWERS(X)							\
	X(OK, "allowed")							\
	X(SELF, "it takes a second person: nobody approves what he asked for himself")	\
	X(NOT_YOURS, "whoever may not do it does not decide on it")

enum sl_two_answer {
#define SL_TWO_ENUM(name, text) SL_TWO_ANSWER_##name,
	SL_TWO_ANSWERS(SL_TWO_ENUM)
#undef SL_TWO_ENUM
};
const char	*sl_two_text(enum sl_two_answer answer);
/* May the holder of these grants approve what somebody (he himself: `is_asker`) asked for? */
enum sl_two_answer sl_access_may_approve(const struct sl_access_grant *grants, size_t len, enum sl_verb verb,
    const struct sl_access_path *target, bool is_asker);

#endif
