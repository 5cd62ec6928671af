/*
 * wire.h - what is said to the vault's process, and by it: payloads of the VAULT_* messages (doc/ipc.md)
 *
 * An edge deposits: one small message with the sealed record, and a descriptor that the sealed body lies behind, in memory or an unnamed file.
 * So no bytes wait in a socket while the vault syncs, and a deposit is whole or is not. The vault answers with what became of it.
 * Control asks, and is answered one by one, in order. Numbers are those of the machine, as in all of lib/ipc.
 */
#ifndef SL_VAULT_WIRE_H
#define SL_VAULT_WIRE_H

#include "ipc/ipc.h"
#include "seal/record.h"
#include "vault/vault.h"

enum sl_vault_peer { SL_VAULT_PEER_EDGE, SL_VAULT_PEER_CONTROL, SL_VAULT_PEER_COUNT };	/* of VAULT_PEER */

#define SL_VAULT_IDS_MAX	1024u	/* in one question */
#define SL_VAULT_MATCH_MAX	8u
#define SL_VAULT_ENTRIES_MAX	200u	/* in one answer */

struct sl_vault_deposit {
	uint64_t		number;		/* the edge's own, comes back */
	struct sl_slice		tenant;
	int64_t			received_us;
	uint32_t		expiry_day;
	struct sl_slice		record;		/* SL_SEAL_RECORD_BYTES */
};
struct sl_vault_kept {
	uint64_t		number;
	int			result;		/* 0: it is on the disk, 250 may be said */
	unsigned char		id[SL_VAULT_ID_BYTES];
};

/* Questions: what they need beside the tenant, and what `bytes` and `count` of the answer are. */
#define SL_VAULT_VERBS(X)										\
	X(TENANT_NEW, "tenant-new")	/* ; bytes: the public key */					\
	X(TENANT_PUT, "tenant-put")	/* bytes: the wrapped pair */					\
	X(TENANT_GET, "tenant-get")	/* ; bytes: the public key; count: enum sl_seal_mode */		\
	X(UNLOCK, "unlock")		/* bytes: the key */						\
	X(LOCK, "lock")											\
	X(LIMITS, "limits")		/* number: messages, number2: bytes */				\
	X(LIST, "list")			/* query; bytes: entries; count: how many; result SL_MORE: there are more */ \
	X(OPEN, "open")			/* one id; bytes: the record's items; count: length of the message; */ \
					/* descriptor: the message, and behind it the rest's items */	\
	X(MARK, "mark")			/* ids, number: enum sl_vault_state; count: how many */		\
	X(KEEP, "keep")			/* ids, number: day of expiry; count */				\
	X(DELETE, "delete")		/* ids; count */						\
	X(STATS, "stats")		/* no tenant; bytes: struct sl_vault_stats */			\
	X(ROTATE, "rotate")		/* no tenant; bytes: the new master key */

enum sl_vault_verb {
#define SL_VAULT_VERB_ENUM(id, name) SL_VAULT_VERB_##id,
	SL_VAULT_VERBS(SL_VAULT_VERB_ENUM)
#undef SL_VAULT_VERB_ENUM
	SL_VAULT_VERB_COUNT,
};
const char	*sl_vault_verb_name(enum sl_vault_verb verb);	/* static */

struct sl_vault_ask {
	uint64_t		number;		/* comes back */
	enum sl_vault_verb	verb;
	struct sl_slice		tenant, bytes;
	uint64_t		argument, argument2;
	struct sl_slice		ids;		/* SL_VAULT_ID_BYTES each */
	int64_t			from_us, to_us;
	int			state;
	uint32_t		limit;
	struct sl_slice		after;		/* an id, or "" */
	struct sl_slice		match;		/* items, as in a record */
};
struct sl_vault_answer {
	uint64_t		number;
	int			result;
	uint64_t		count;
	struct sl_slice		bytes;
};
/* One of a list. */
struct sl_vault_listed {
	struct sl_slice		id;
	int64_t			received_us;
	uint32_t		expiry_day;
	uint32_t		state;
	uint64_t		sealed_bytes, message_bytes;
	uint32_t		opens;		/* 0: its items cannot be read */
	struct sl_slice		items;
};

void	sl_vault_pack_deposit(const struct sl_vault_deposit *deposit, struct sl_buf *out);
void	sl_vault_pack_kept(const struct sl_vault_kept *kept, struct sl_buf *out);
void	sl_vault_pack_ask(const struct sl_vault_ask *ask, struct sl_buf *out);
void	sl_vault_pack_answer(const struct sl_vault_answer *answer, struct sl_buf *out);
void	sl_vault_pack_listed(const struct sl_vault_listed *listed, struct sl_buf *out);
void	sl_vault_pack_item(const struct sl_seal_item *item, struct sl_buf *out);	/* for `match` */
/* Each gives 0 or SL_ERR_SYNTAX; slices point into the payload. */
SL_MUST_USE int	sl_vault_unpack_deposit(struct sl_slice payload, struct sl_vault_deposit *out);
SL_MUST_USE int	sl_vault_unpack_kept(struct sl_slice payload, struct sl_vault_kept *out);
SL_MUST_USE int	sl_vault_unpack_ask(struct sl_slice payload, struct sl_vault_ask *out);
SL_MUST_USE int	sl_vault_unpack_answer(struct sl_slice payload, struct sl_vault_answer *out);
/* The next entry of a list's answer, which moves on: SL_DONE, SL_MORE at the end, SL_ERR_SYNTAX. */
SL_MUST_USE int	sl_vault_unpack_listed(struct sl_slice *bytes, struct sl_vault_listed *out);

/* Start a vault's process: `program` DESCRIPTOR and these. Returns our end of its channel, which takes VAULT_PEER, or SL_ERR_SYSTEM. */
struct sl_vault_process {
	const char	*program, *user, *headers_dir, *bodies_dir, *keys_dir, *master_file;
};
SL_MUST_USE int	sl_vault_spawn(const struct sl_vault_process *process, pid_t *pid_out);

#endif
