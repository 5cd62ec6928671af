/*
 * verbs.h - the permission table; see access.h, which includes it
 *
 * One row a verb: its word, the levels of the nodes it is done to (of what is added: where it is added), the roles
 * that have it, how far they reach, and what it touches. SL_VERB_CONTENT includes subject lines: a list of
 * quarantined mail is content, a count of it is not.
 */
#ifndef SL_ACCESS_VERBS_H
#define SL_ACCESS_VERBS_H

#define SL_TREE	(SL_O | SL_P | SL_T | SL_D | SL_G | SL_U)
#define SL_BELOW (SL_T | SL_D | SL_G | SL_U)	/* a tenant and what is in it */
#define SL_RUN	(SL_OP | SL_PA | SL_TA)		/* administrators */
#define SL_W	SL_VERB_CHANGES
#define SL_MAIL	(SL_VERB_STORE | SL_VERB_CONTENT)

#define SL_VERBS(X)										\
	/* name			word			done to		roles			scope		kind */ \
	X(SETTINGS_SHOW,	"settings.show",	SL_O,		SL_OP,			SL_SCOPE_DOWN,	0) \
	X(SETTINGS_SET,		"settings.set",		SL_O,		SL_OP,			SL_SCOPE_DOWN,	SL_W) \
	X(STATUS_SHOW,		"status.show",		SL_O,		SL_OP | SL_RR,		SL_SCOPE_DOWN,	0) \
	X(BACKUP_CREATE,	"backup.create",	SL_O,		SL_OP,			SL_SCOPE_DOWN,	SL_W | SL_VERB_KEYS) \
	X(MASTER_ROTATE,	"master.rotate",	SL_O,		SL_OP,			SL_SCOPE_DOWN,	SL_W | SL_VERB_KEYS) \
	\
	X(PARTNER_LIST,		"partner.list",		SL_O,		SL_OP,			SL_SCOPE_DOWN,	0) \
	X(PARTNER_ADD,		"partner.add",		SL_O,		SL_OP,			SL_SCOPE_DOWN,	SL_W) \
	X(PARTNER_SHOW,		"partner.show",		SL_P,		SL_OP | SL_PA,		SL_SCOPE_DOWN,	0) \
	X(PARTNER_REMOVE,	"partner.remove",	SL_P,		SL_OP,			SL_SCOPE_DOWN,	SL_W) \
	\
	X(TENANT_LIST,		"tenant.list",		SL_O | SL_P,	SL_OP | SL_PA,		SL_SCOPE_DOWN,	0) \
	X(TENANT_ADD,		"tenant.add",		SL_O | SL_P,	SL_OP | SL_PA,		SL_SCOPE_DOWN,	SL_W) \
	X(TENANT_IMPORT,	"tenant.import",	SL_O | SL_P,	SL_OP | SL_PA,		SL_SCOPE_DOWN,	SL_W) \
	X(TENANT_SHOW,		"tenant.show",		SL_T,		SL_RUN,			SL_SCOPE_DOWN,	0) \
	X(TENANT_SET,		"tenant.set",		SL_T,		SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(TENANT_EXPORT,	"tenant.export",	SL_T,		SL_RUN,			SL_SCOPE_DOWN,	0) \
	X(TENANT_REMOVE,	"tenant.remove",	SL_T,		SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(ROUTE_SHOW,		"route.show",		SL_T,		SL_RUN,			SL_SCOPE_DOWN,	0) \
	X(ROUTE_SET,		"route.set",		SL_T,		SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	\
	X(DOMAIN_LIST,		"domain.list",		SL_T,		SL_RUN,			SL_SCOPE_DOWN,	0) \
	X(DOMAIN_ADD,		"domain.add",		SL_T,		SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(DOMAIN_REMOVE,	"domain.remove",	SL_D,		SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(GROUP_LIST,		"group.list",		SL_T | SL_D,	SL_RUN,			SL_SCOPE_DOWN,	0) \
	X(GROUP_ADD,		"group.add",		SL_D,		SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(GROUP_REMOVE,		"group.remove",		SL_G,		SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(USER_LIST,		"user.list",		SL_T | SL_D | SL_G, SL_RUN | SL_QM,	SL_SCOPE_DOWN,	0) \
	X(USER_ADD,		"user.add",		SL_D | SL_G,	SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(USER_IMPORT,		"user.import",		SL_T | SL_D,	SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(USER_SHOW,		"user.show",		SL_U,		SL_RUN | SL_QM | SL_US,	SL_SCOPE_DOWN,	0) \
	X(USER_SET,		"user.set",		SL_U,		SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(USER_REMOVE,		"user.remove",		SL_U,		SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	\
	X(POLICY_SHOW,		"policy.show",		SL_TREE,	SL_RUN | SL_QM | SL_US,	SL_SCOPE_LINE,	0) \
	X(POLICY_HISTORY,	"policy.history",	SL_TREE,	SL_RUN,			SL_SCOPE_DOWN,	0) \
	X(POLICY_SET,		"policy.set",		SL_TREE,	SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(POLICY_TAKE_BACK,	"policy.take-back",	SL_TREE,	SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(POLICY_COPY,		"policy.copy",		SL_BELOW,	SL_TA,			SL_SCOPE_DOWN,	SL_W | SL_VERB_CONTENT) \
	/* told of one's own mail alone (daemon/console/replay_run.h) */ \
	X(POLICY_SIMULATE,	"policy.simulate",	SL_TREE,	SL_RUN,			SL_SCOPE_DOWN,	0) \
	/* whole snapshots, for who reads records himself: all tenants' names and policies */ \
	X(POLICY_PICTURES,	"policy.pictures",	SL_O,		SL_OP,			SL_SCOPE_DOWN,	0) \
	X(TEMPLATE_SHOW,	"template.show",	SL_O | SL_P,	SL_RUN,			SL_SCOPE_LINE,	0) \
	X(TEMPLATE_SET,		"template.set",		SL_O | SL_P,	SL_OP | SL_PA,		SL_SCOPE_DOWN,	SL_W) \
	X(LIST_SHOW,		"list.show",		SL_TREE,	SL_RUN | SL_QM | SL_US,	SL_SCOPE_DOWN,	0) \
	X(LIST_ADD,		"list.add",		SL_TREE,	SL_RUN | SL_QM | SL_US,	SL_SCOPE_DOWN,	SL_W) \
	X(LIST_REMOVE,		"list.remove",		SL_TREE,	SL_RUN | SL_QM | SL_US,	SL_SCOPE_DOWN,	SL_W) \
	\
	X(GRANT_SHOW,		"grant.show",		SL_TREE,	SL_RUN,			SL_SCOPE_DOWN,	0) \
	X(GRANT_ADD,		"grant.add",		SL_TREE,	SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(GRANT_REMOVE,		"grant.remove",		SL_TREE,	SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	\
	X(KEY_SHOW,		"key.show",		SL_T,		SL_RUN | SL_QM,		SL_SCOPE_DOWN,	0) \
	X(KEY_CREATE,		"key.create",		SL_T,		SL_TA,			SL_SCOPE_DOWN,	SL_W | SL_VERB_KEYS) \
	X(KEY_TAKE,		"key.take",		SL_T,		SL_TA,			SL_SCOPE_DOWN,	SL_W | SL_VERB_KEYS) \
	X(KEY_UNLOCK,		"key.unlock",		SL_T,		SL_TA,			SL_SCOPE_DOWN,	SL_W | SL_VERB_KEYS) \
	\
	X(QUARANTINE_COUNT,	"quarantine.count",	SL_TREE,	SL_RUN | SL_QM | SL_RR,	SL_SCOPE_DOWN,	0) \
	X(QUARANTINE_LIST,	"quarantine.list",	SL_BELOW,	SL_QM | SL_US,		SL_SCOPE_DOWN,	SL_MAIL) \
	X(QUARANTINE_OPEN,	"quarantine.open",	SL_BELOW,	SL_QM | SL_US,		SL_SCOPE_DOWN,	SL_W | SL_MAIL) \
	X(QUARANTINE_RELEASE,	"quarantine.release",	SL_BELOW,	SL_QM | SL_US,		SL_SCOPE_DOWN,	SL_W | SL_VERB_STORE) \
	X(QUARANTINE_DELETE,	"quarantine.delete",	SL_BELOW,	SL_QM | SL_US,		SL_SCOPE_DOWN,	SL_W | SL_VERB_STORE) \
	X(QUARANTINE_REPORT,	"quarantine.report",	SL_BELOW,	SL_QM | SL_US,		SL_SCOPE_DOWN,	SL_W | SL_VERB_STORE) \
	X(DIGEST_SEND,		"digest.send",		SL_BELOW,	SL_TA | SL_QM,		SL_SCOPE_DOWN,	SL_W) \
	X(DIGEST_PREVIEW,	"digest.preview",	SL_U,		SL_QM | SL_US,		SL_SCOPE_DOWN,	SL_MAIL) \
	X(DIGEST_SCHEDULE,	"digest.schedule",	SL_T,		SL_RUN | SL_QM,		SL_SCOPE_DOWN,	0) \
	\
	X(REPORT_TRAFFIC,	"report.traffic",	SL_TREE,	SL_RUN | SL_QM | SL_RR,	SL_SCOPE_DOWN,	0) \
	X(REPORT_RELEASES,	"report.releases",	SL_BELOW,	SL_TA | SL_QM | SL_RR | SL_US, SL_SCOPE_DOWN,	0) \
	/* numbers, and at a tenant or below releases, and users by name, too for who has report.releases */ \
	X(REPORT_SHOW,		"report.show",		SL_TREE,	SL_RUN | SL_QM | SL_RR | SL_US, SL_SCOPE_DOWN,	0) \
	/* only to those whom the policy names */ \
	X(REPORT_SEND,		"report.send",		SL_TREE,	SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(REPORT_SCHEDULE,	"report.schedule",	SL_TREE,	SL_RUN | SL_QM | SL_RR | SL_US, SL_SCOPE_DOWN,	0) \
	/* of recipients at that node alone (lib/traffic/narrow.h): envelopes and what decided, nothing of a message */ \
	X(TRACE_SEARCH,		"trace.search",		SL_TREE,	SL_RUN | SL_QM | SL_US,	SL_SCOPE_DOWN,	0) \
	X(AUDIT_SHOW,		"audit.show",		SL_O | SL_P | SL_T, SL_RUN | SL_RR,	SL_SCOPE_DOWN,	0) \
	X(AUDIT_VERIFY,		"audit.verify",		SL_O | SL_P | SL_T, SL_RUN | SL_RR,	SL_SCOPE_DOWN,	0) \
	/* whoever may do what waits decides on it; a list has one's own */ \
	X(APPROVAL_LIST,	"approval.list",	SL_TREE,	SL_RUN,			SL_SCOPE_LINE,	0) \
	X(APPROVAL_APPROVE,	"approval.approve",	SL_TREE,	SL_RUN,			SL_SCOPE_DOWN,	SL_W) \
	X(APPROVAL_REFUSE,	"approval.refuse",	SL_TREE,	SL_RUN,			SL_SCOPE_DOWN,	SL_W)

/*
 * Where an installation wants two persons (console.two_persons), these wait for a second one who may do the same:
 *	ALWAYS; OFF: when a tenant is turned off; UNLOCK: when locks of the operator's, which bind everybody, could be taken back;
 *	ROLE: when a role is given whose holders have one of these verbs, as else one person would make the second.
 */
#define SL_TWO_PERSONS(X)									\
	X(BACKUP_CREATE,	ALWAYS)		/* everything, handed out */		\
	X(MASTER_ROTATE,	ALWAYS)							\
	X(KEY_CREATE,		ALWAYS)		/* what was kept opens by it, or no more */	\
	X(KEY_TAKE,		ALWAYS)							\
	X(PARTNER_REMOVE,	ALWAYS)							\
	X(TENANT_REMOVE,	ALWAYS)		/* with what is kept for it */		\
	X(TENANT_SET,		OFF)							\
	X(POLICY_SET,		UNLOCK)							\
	X(POLICY_TAKE_BACK,	UNLOCK)							\
	X(TEMPLATE_SET,		UNLOCK)							\
	X(GRANT_ADD,		ROLE)

#endif
