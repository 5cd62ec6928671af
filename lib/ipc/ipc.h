/*
 * ipc.h - typed, length-framed messages between Sluice's processes, with descriptors
 *
 * Over a Unix stream socketpair. One message: 32-bit type, 32-bit length, 32-bit count of
 * descriptors, then the payload (native byte order: one machine, one program). A short, long
 * or unexpected message is the end of the peer, not of the receiver: every type has a largest
 * payload and a largest count of descriptors (doc/ipc.md), and a receiver names the types its
 * peer may send.
 *
 * Memory: one message, grown as its bytes arrive and given back after it; a peer that announces
 * 64 MiB and sends nothing costs nothing. What is posted (sl_ipc_post), at most SL_IPC_POST_MAX and one message. Limits: byte
 * order and sizes are the machine's own, so a channel never leaves it.
 */
#ifndef SL_IPC_H
#define SL_IPC_H

#include "sl/buf.h"

#define SL_IPC_PAYLOAD_MAX	(64u << 20)	/* a settings snapshot of 35,000 tenants fits */
#define SL_IPC_FDS_MAX		64

/* Every message, once: who sends it, and what it carries. doc/ipc.md lists the payloads. */
#define SL_IPC_MESSAGES(X)							\
	X(SETTINGS)		/* parent > edge: u32 SL_IPC_HAS_*, ticket key, packed settings; fds in that order */ \
	X(LISTENERS)		/* parent > edge: nothing; fds: listening sockets, in settings' order */ \
	X(READY)		/* edge > parent: nothing; settings and listeners are in use */	\
	X(STOP)			/* parent > edge: nothing; finish sessions, then exit */		\
	X(CHECKED)		/* checker > parent: packed settings; fd: what tenants know, if there is that */ \
	X(CHECK_FAILED)		/* checker > parent: the errors, text */			\
	X(STATUS_REQUEST)	/* sluicectl > parent */					\
	X(STATUS)		/* parent > sluicectl: JSON */					\
	X(HELPER)		/* parent > edge: u32 its number; fd: a channel to a helper, instead of the one before (maker > console: to the reader of records) */ \
	X(HELPER_FAILED)	/* edge > parent: u32 number; the helper is of no use, send another */ \
	X(INSPECT)		/* asker > helper: a job (deep/deep.h); fd: sealed memory with the bytes */ \
	X(INSPECT_RESULT)	/* helper > asker: entries, findings, links */			\
	X(INSPECT_DONE)		/* helper > asker: what was used; the job is over */ \
	X(CORRECT)		/* sluicectl > parent > edge: u32 ticket (0 from sluicectl), a correction (ipc/correction.h) */ \
	X(CORRECTED)		/* edge > parent > sluicectl: u32 ticket, what came of it */ \
	X(CONSOLE_REQUEST)	/* sluicectl > console: JSON, a verb and its arguments (console > its reader: report/counts.h; fd: a channel for the answer) */ \
	X(CONSOLE_REPLY)	/* console > sluicectl, reader > console: JSON, the answer; fds: snapshots, of policy.simulate */ \
	X(SNAPSHOT)		/* console > parent > edge: u32 number; fds: one snapshot, and one over it if there is (snapshot/snapshot.h) */ \
	X(SNAPSHOT_IN_USE)	/* edge > parent: u32 number, u32 result */ \
	X(VAULT_SETTINGS)	/* parent > vault: where, how long, how much, whose (kept/kept.h) */ \
	X(VAULT_CLIENT)		/* parent > vault: u32 who; fd: a channel to him */ \
	X(VAULT)		/* parent > edge, sluicectl: nothing; fd: a channel to the vault, instead of the one before */ \
	X(VAULT_REQUEST)	/* sluicectl > parent: nothing; VAULT follows */ \
	X(KEY)			/* edge > vault: a tenant's name */ \
	X(KEY_IS)		/* vault > edge: the name, its public key (empty: it has none) */ \
	X(SPOOL)		/* vault > edge: nothing; fd: an unnamed file */ \
	X(KEEP)			/* edge > vault: a sealed record; fd: the sealed body */ \
	X(KEPT)			/* vault > edge: u64 number, u32 result, id */ \
	X(KEPT_LIST)		/* sluicectl > vault: a query; KEPT_ENTRY for each, then KEPT_END */ \
	X(KEPT_ENTRY)		/* vault > sluicectl */ \
	X(KEPT_OPEN)		/* sluicectl > vault: tenant, id; KEPT_ENTRY, KEPT_BYTES, then KEPT_END */ \
	X(KEPT_BYTES)		/* vault > sluicectl: the message's next bytes */ \
	X(KEPT_DELETE)		/* sluicectl > vault: tenant, ids; then KEPT_END */ \
	X(KEPT_END)		/* vault, courier > sluicectl: i32 result, u64 count, text */ \
	X(KEPT_RELEASE)		/* sluicectl, console > vault: tenant, ids; KEPT for each, then KEPT_END */ \
	X(COURIER_CLIENT)	/* parent > courier: u32 who; fd: a channel to him (kept/courier.h) */ \
	X(COURIER)		/* parent > sluicectl, console: nothing; fd: a channel to the courier */ \
	X(COURIER_REQUEST)	/* sluicectl, console > parent: nothing; COURIER follows */ \
	X(COURIER_STATE)	/* courier > parent: what is in its queue */ \
	X(SUBMIT)		/* vault, console > courier: mail to be sent; fd: its bytes, if they are not the vault's */ \
	X(SUBMITTED)		/* courier > vault, console: the token, u32 result */ \
	X(SETTLED)		/* courier > vault, console: the token, what became of it */ \
	X(SETTLED_SEEN)		/* vault, console > courier: the token; it need not be told again */ \
	X(FETCH)		/* courier > vault: u64 number, room, tenant, id: the bytes of a message that is released */ \
	X(FETCHED)		/* vault > courier: u64 number, result, the next bytes */ \
	X(QUEUE_ASK)		/* sluicectl, console > courier: list, show, hurry, cancel; QUEUE_ENTRY for each, then KEPT_END */ \
	X(QUEUE_ENTRY)		/* courier > sluicectl, console */ \
	X(COMMAND)		/* edge > parent > console: u32 the edge (the parent says it), mail to an action address (digest/wire.h); to its reader: what is reported */ \
	X(COMMANDED)		/* console > parent > edge: u32 the edge, what to answer */ \
	X(CONSOLE_SETTINGS)	/* parent > console: where, and what edges can do (ipc/console.h) */ \
	X(CONSOLE_STATUS)	/* console > parent: what the newest snapshot holds (ipc/console.h) */ \
	X(USERS_SEEN)		/* edge > parent > console: addresses that next hops accept mail for, each with its length */ \
	X(COMPILE)		/* console > its compiler: a job; fds: a channel for the answer, next hops' addresses (its reader: a question; snapshots) */ \
	X(COMPILED)		/* compiler > console: what came of it; fd: the snapshot */ \
	X(RESOLVE)		/* console > its resolver: a host name */ \
	X(RESOLVED)		/* resolver > console: the name, 16 bytes of its address, or none */ \
	X(TENANT_KEY)		/* sluicectl, console > vault: show, put, unlock, lock ... a tenant's pair (kept/kept.h) */ \
	X(TENANT_KEY_IS)	/* vault > who asked: u32 result, what can be known of it */ \
	X(LENT)			/* courier > parent, and to the next courier: a connection in its last step (courier/last.h); fd: it, or none: forget it */

enum sl_ipc_type {
#define SL_IPC_ENUM(name) SL_IPC_##name,
	SL_IPC_MESSAGES(SL_IPC_ENUM)
#undef SL_IPC_ENUM
	SL_IPC_TYPE_COUNT,
};
_Static_assert(SL_IPC_TYPE_COUNT <= 64, "a bit for each in what a peer may send");
/* In what a peer may send: SL_IPC_BIT(STOP). */
#define SL_IPC_BIT(name)	(UINT64_C(1) << SL_IPC_##name)

/* Which descriptors come with SETTINGS, in this order. */
enum {
	SL_IPC_HAS_RECORD	= 1 << 0,	/* where the record lines go */
	SL_IPC_HAS_STATS	= 1 << 1,	/* the shared counters: struct sl_stats per edge */
	SL_IPC_HAS_MODEL	= 1 << 2,	/* the models' file */
	SL_IPC_HAS_CA		= 1 << 3,	/* certificates to verify next hops by, PEM */
	SL_IPC_HAS_MEMORY	= 1 << 4,	/* what has been before (ipc/memory.h) */
	SL_IPC_HAS_OWN		= 1 << 5,	/* what tenants know of their own mail */
	SL_IPC_HAS_RULES	= 1 << 6,	/* a snapshot of rules */
};

struct sl_ipc_message {
	enum sl_ipc_type type;
	struct sl_slice	 payload;	/* borrowed for the call */
	int		 fds[SL_IPC_FDS_MAX];	/* owned by the receiver; set one to -1 to keep it */
	size_t		 fds_len;
};

struct sl_ipc;

/* A channel over `fd` (taken). `may_send`: bits (SL_IPC_BIT) of what the peer may send. */
struct sl_ipc	*sl_ipc_new(int fd, uint64_t may_send);
void		 sl_ipc_free(struct sl_ipc **ipc);
int		 sl_ipc_fd(const struct sl_ipc *ipc);

/* Send, blocking, all or nothing. `fds` are borrowed. Returns 0, SL_ERR_CLOSED, SL_ERR_SYSTEM, or
 * SL_ERR_TIMEOUT: the peer took nothing for the stall limit. After a failure with half a message
 * out there is no way back: further sends give SL_ERR_CLOSED, and both ends read the end of the channel. */
SL_MUST_USE int	 sl_ipc_send(struct sl_ipc *ipc, enum sl_ipc_type type, struct sl_slice payload,
		     const int *fds, size_t fds_len);

/* Send without ever waiting: what the socket does not take is kept, in order, and goes out at sl_ipc_flush; the descriptors are duplicated. For
 * who answers somebody that may read slowly, or not at all: it says how long it waits for him. A send that follows waits for what was
 * posted. Returns 0, SL_ERR_CLOSED, SL_ERR_SYSTEM, or SL_ERR_FULL: SL_IPC_POST_MAX bytes wait already (one message may always). */
#define SL_IPC_POST_MAX		(32u << 20)
SL_MUST_USE int	 sl_ipc_post(struct sl_ipc *ipc, enum sl_ipc_type type, struct sl_slice payload,
		     const int *fds, size_t fds_len);
/* The descriptor can be written: go on. SL_DONE: nothing is left; SL_MORE; or as sl_ipc_post. */
SL_MUST_USE int	 sl_ipc_flush(struct sl_ipc *ipc);
size_t		 sl_ipc_pending(const struct sl_ipc *ipc);	/* bytes that were posted and have not gone */

/* Would a message of up to 64 KiB go out now, without waiting? */
bool		 sl_ipc_has_room(const struct sl_ipc *ipc);

/* How long a send waits for a peer that takes nothing; default SL_IPC_STALL_MS, -1: for ever, 0:
 * what does not fit into the socket at once fails (for peers we do not trust to read). */
#define SL_IPC_STALL_MS		30000
void		 sl_ipc_set_stall(struct sl_ipc *ipc, int stall_ms);

/* Called with each message. May send on the channel; must not free it, nor read from it. */
typedef void sl_ipc_handler(void *ctx, struct sl_ipc_message *message);
/* Read what is there without blocking and handle every complete message (at most 64 a call: what
 * waits keeps the descriptor readable); descriptors a handler does not keep are closed after it.
 * Returns SL_MORE, SL_ERR_CLOSED (orderly, between messages), SL_ERR_SYNTAX (a message the peer
 * may not send, or cut short), SL_ERR_SYSTEM. An error stays: later calls give it again. */
SL_MUST_USE int	 sl_ipc_read(struct sl_ipc *ipc, sl_ipc_handler *handler, void *ctx);
/* Wait for one message (poll), at most timeout_ms (-1: for ever). SL_DONE after it was handled,
 * SL_ERR_TIMEOUT, or as above. */
SL_MUST_USE int	 sl_ipc_wait(struct sl_ipc *ipc, int timeout_ms, sl_ipc_handler *handler, void *ctx);

/* "SETTINGS"; static. "?" for a number that is none. */
const char	*sl_ipc_type_name(enum sl_ipc_type type);

/* Payload writer and reader: fixed-width numbers and length-prefixed text. A reader past the end
 * sets `failed` and gives zeros, so a caller checks once. */
void		sl_pack_u32(struct sl_buf *out, uint32_t v);
void		sl_pack_u64(struct sl_buf *out, uint64_t v);
void		sl_pack_f64(struct sl_buf *out, double v);
void		sl_pack_bytes(struct sl_buf *out, struct sl_slice s);
struct sl_unpack {
	struct sl_slice	rest;
	bool		failed;
};
uint32_t	sl_unpack_u32(struct sl_unpack *u);
uint64_t	sl_unpack_u64(struct sl_unpack *u);
double		sl_unpack_f64(struct sl_unpack *u);
struct sl_slice	sl_unpack_bytes(struct sl_unpack *u);	/* points into the payload */

#endif
