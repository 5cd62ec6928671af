/*
 * audit.h - who did what, when and why, chained by hashes; see store.h
 *
 * An entry's hash is BLAKE2b-256 over the hash before it and all the entry says (lengths in front, so that nothing can
 * be read two ways). There are two chains over the same entries: one of all, and one for each tenant of those that
 * concern it, so that a tenant can check its own without seeing others'. Entries outlive what they are about.
 *
 * Verifying finds the first entry that was altered, is missing or is out of place. Whoever can write to the database can
 * also make the whole chain anew: so hand out heads (number and hash of the last entry: sl_audit_report), to tenants in
 * their reports; a chain that no longer holds such a head was rewritten or cut.
 */
#ifndef SL_STORE_AUDIT_H
#define SL_STORE_AUDIT_H

#include "store/store.h"

#define SL_AUDIT_HASH_BYTES	32

struct sl_audit_entry {
	int64_t		number;		/* in the chain of all, from 1 */
	int64_t		tenant_number;	/* in its tenant's chain, from 1; 0: it concerns none */
	int64_t		at_us;
	struct sl_slice	account;
	struct sl_slice	note;
	struct sl_slice	verb;		/* as in lib/access: "list.add" */
	int64_t		tenant;		/* its id, 0: none */
	struct sl_slice	target;		/* a node's name in text, as it was then */
	struct sl_slice	detail;		/* a JSON object, or "" */
	unsigned char	hash[SL_AUDIT_HASH_BYTES];		/* of the chain that is walked */
};

/* Write an entry of something that is no change of the store: a message opened, a report sent. */
SL_MUST_USE int	sl_store_audit(struct sl_store *store, const struct sl_actor *actor, struct sl_node node,
		    struct sl_slice verb, struct sl_slice detail);

typedef int sl_audit_each(void *ctx, const struct sl_audit_entry *entry);
/* From entry `from` on, oldest first; of one tenant (its id: it may be gone), or of all (0). */
SL_MUST_USE int	sl_store_audit_walk(struct sl_store *store, int64_t tenant, int64_t from, sl_audit_each *each, void *ctx);
/* The id of a tenant that may be gone, by the name it had last; SL_ERR_NOT_FOUND. */
SL_MUST_USE int	sl_store_audit_tenant(struct sl_store *store, struct sl_slice name, int64_t *tenant_out);

/* Tenants whose name another had before, who is gone: since when it is theirs. Of that name, or ("") all. What is known by a name from before is the other's. */
typedef int sl_audit_reused_each(void *ctx, struct sl_slice name, int64_t since_us);
SL_MUST_USE int	sl_store_audit_reused(struct sl_store *store, struct sl_slice name, sl_audit_reused_each *each, void *ctx);

/* The last entry of all: its number (0: there is none) and hash. A database that has such an entry is this one, or one
 * that began as a copy of it. */
SL_MUST_USE int	sl_store_audit_head(struct sl_store *store, int64_t *number_out, unsigned char hash_out[SL_AUDIT_HASH_BYTES]);
SL_MUST_USE int	sl_store_audit_hash(struct sl_store *store, int64_t number, unsigned char hash_out[SL_AUDIT_HASH_BYTES]);

#define SL_AUDIT_FAULTS(X)							\
	X(NONE, "every entry is as it was written")				\
	X(MISSING, "an entry is missing")					\
	X(ALTERED, "an entry was altered")					\
	X(CUT, "entries at the end are missing")

enum sl_audit_fault {
#define SL_AUDIT_FAULT_ENUM(name, text) SL_AUDIT_##name,
	SL_AUDIT_FAULTS(SL_AUDIT_FAULT_ENUM)
#undef SL_AUDIT_FAULT_ENUM
};
const char	*sl_audit_fault_text(enum sl_audit_fault fault);

struct sl_audit_report {
	enum sl_audit_fault	fault;
	int64_t			at;		/* the number of the first entry at fault, in the chain that was verified */
	int64_t			entries;	/* that are right, from the first on */
	unsigned char		head[SL_AUDIT_HASH_BYTES];	/* after these */
};
/* Verify a chain: a tenant's, or that of all (0). Returns 0 when it could be read; *report_out says what was found. */
SL_MUST_USE int	sl_store_audit_verify(struct sl_store *store, int64_t tenant, struct sl_audit_report *report_out);

#endif
