/*
 * vault.h - the quarantine's stores: add, list, open, mark, delete, expire
 *
 * What lies where (formats in header_i.h, keys.c and seal/):
 *	headers	one file of slots of 4 KiB. A message has one, at a random place; to who lacks the keys it is random bytes.
 *	bodies	one file of blocks of 4 KiB. A body is a few runs of them, named nowhere but in its header's slot, and of
 *		few lengths (seal/body.h).
 *	keys	a key for each tenant and day of expiry, under the master key; tenants' pairs, wrapped.
 *
 * Which keys open what. A header slot is under its day's key, and inside it the record is sealed to the tenant. So:
 *  - the vault knows of each message the tenant, the time it came, the day it goes, its size and where its body lies;
 *  - what is in the record, and the key of the body with it, needs the tenant's secret key *and* the day's key. The tenant's key is the
 *    service's, or under a passphrase: then the vault cannot open anything until sl_vault_unlock;
 *  - when a day's key is destroyed (overwritten, synced; before anything else) no key that is left opens anything of that day.
 *
 * What is promised. After a commit's `done` with 0 the message is on both disks and will be found, whatever happens to the process
 * or the machine. Before that it may be there after a crash, whole, or not at all. A delete or an expiry that returned 0 stays so.
 * Nothing is ever shown that does not authenticate from end to end.
 *
 * Order of writing: the day's key, the body, each synced; then the header slot. Commits wait for sl_vault_flush, and all that wait share
 * one sync of each file. A slot is never overwritten by its successor (slots_i.h), so a torn write loses only what was not promised.
 * As headers alone say what is taken, a body without a header is free room: there are no orphans.
 *
 * Placement. A slot is any of the free ones, each as likely; when the file grows, old messages move into the new part by lot, so
 * that a place says nothing of the time. That both stores together do not tell which body belongs to which header is tested
 * (linkage_test.c).
 *
 * Errors: SL_ERR_NO_SPACE and SL_ERR_QUOTA are answered with 452, any other with 451. After a sync that failed the vault
 * takes nothing more (SL_ERR_SYSTEM) until it is opened anew, which finds out what is there.
 *
 * Memory: about 200 bytes a message, nothing on disk but the files. Opening reads all header slots (4 KiB each).
 * Limits: one process, one thread; calls block for the disk. Who sees the disks again and again sees which slot and which blocks changed
 * together, and can link those. Overwriting is as good as the medium: a file system that copies on write, or a worn flash cell, may keep
 * an old key entry, which opens with the vault's head as long as there is a vault.
 */
#ifndef SL_VAULT_VAULT_H
#define SL_VAULT_VAULT_H

#include "seal/record.h"
#include "vault/disk.h"

#define SL_VAULT_ID_BYTES	16u
#define SL_VAULT_MASTER_BYTES	32u
#define SL_VAULT_DAY_US		INT64_C(86400000000)

struct sl_vault;

struct sl_vault_settings {
	uint32_t	slots_step;		/* headers' file grows by so many, 0: 1,024 */
	uint32_t	blocks_step;		/* that of bodies by so many 4 KiB, 0: 1,024 */
	uint64_t	reserve_bytes;		/* to be left free on the disk of bodies, and of headers */
	uint64_t	body_max_bytes;		/* of a sealed body, 0: 256 MiB */
	bool		in_order;		/* TESTS ONLY: slots one after the other, which links them to bodies */
};

enum sl_vault_state {
	SL_VAULT_HELD,
	SL_VAULT_RELEASING,	/* the courier has it; its answer is not known yet */
	SL_VAULT_RELEASED,
	SL_VAULT_PARTLY,	/* held, but some recipients have it, or will have */
	SL_VAULT_STATE_COUNT,
};

/* Open, or make when the files are empty. `disk` is kept. Returns 0; SL_ERR_LOCKED: another master key; SL_ERR_VERSION;
 * SL_ERR_DAMAGED: the head is gone, and there are messages; or an error of the disk. On a disk that can only be read, reading works. */
SL_MUST_USE int	sl_vault_open(const struct sl_disk *disk, const unsigned char master[SL_VAULT_MASTER_BYTES],
    const struct sl_vault_settings *settings, struct sl_vault **vault_out);
/* Commits that wait are dropped, appends must have ended. Keys are wiped. */
void		sl_vault_close(struct sl_vault **vault);
/* Put everything under another master key. After 0 the old one opens nothing. */
SL_MUST_USE int	sl_vault_rotate(struct sl_vault *vault, const unsigned char master[SL_VAULT_MASTER_BYTES]);

/* Is it this one? */
bool		sl_vault_master_is(const struct sl_vault *vault, const unsigned char master[SL_VAULT_MASTER_BYTES]);

/* --- tenants ---------------------------------------------------------------------------------------------------- */

/* A pair that the service holds; its public key is for the edges. An earlier pair stays for what is sealed to it. */
SL_MUST_USE int	sl_vault_tenant_new(struct sl_vault *vault, struct sl_slice tenant,
    unsigned char public_out[SL_SEAL_KEY_BYTES]);
/* A pair that the tenant holds (wrapped by a passphrase), or such a pair under another passphrase. SL_ERR_SYNTAX: not wrapped so. */
SL_MUST_USE int	sl_vault_tenant_put(struct sl_vault *vault, struct sl_slice tenant,
    const unsigned char wrapped[SL_SEAL_WRAPPED_BYTES]);
/* The pair in use; of a service-held one the secret is not in it (zeros). SL_ERR_NOT_FOUND. */
SL_MUST_USE int	sl_vault_tenant_get(struct sl_vault *vault, struct sl_slice tenant, struct sl_seal_wrapped *wrapped_out);
/* The n-th pair (0: the one in use, then the ones before), and whether it opens now. SL_ERR_NOT_FOUND: there is none. */
SL_MUST_USE int	sl_vault_tenant_pair(const struct sl_vault *vault, struct sl_slice tenant, size_t n,
    struct sl_seal_wrapped *wrapped_out, bool *open_out, size_t *count_out);
/* Unlock all pairs that `key` (sl_seal_passphrase_key) opens. SL_ERR_LOCKED: it opens none; SL_ERR_NOT_FOUND. */
SL_MUST_USE int	sl_vault_unlock(struct sl_vault *vault, struct sl_slice tenant, const unsigned char key[SL_SEAL_KEY_BYTES]);
void		sl_vault_lock(struct sl_vault *vault, struct sl_slice tenant);	/* wipes what was unlocked */
/* Limits for what is added from now on; 0: none. */
SL_MUST_USE int	sl_vault_tenant_limits(struct sl_vault *vault, struct sl_slice tenant, uint64_t messages, uint64_t bytes);
/* All tenants that have a pair, in no order. The call may set limits. */
void		sl_vault_tenants_each(struct sl_vault *vault, void (*visitor)(void *ctx, struct sl_slice tenant), void *ctx);
struct sl_vault_usage {
	uint64_t	messages, bytes;
};
SL_MUST_USE int	sl_vault_tenant_usage(struct sl_vault *vault, struct sl_slice tenant, struct sl_vault_usage *usage_out);

/* --- adding ------------------------------------------------------------------------------------------------------ */

struct sl_vault_append;
/* Begin. `hint_bytes`: what is known of the sealed body's size, 0: nothing. Returns 0; SL_ERR_NOT_FOUND: no such tenant;
 * SL_ERR_QUOTA. */
SL_MUST_USE int	sl_vault_append_new(struct sl_vault *vault, struct sl_slice tenant, uint64_t hint_bytes,
    struct sl_vault_append **append_out);
void		sl_vault_append_free(struct sl_vault_append **append);	/* not committed: nothing was there */
/* The next bytes of the sealed body. After an error only _free may be called. */
SL_MUST_USE int	sl_vault_append_feed(struct sl_vault_append *append, struct sl_slice bytes);
/* A number by which the message is known when its sender comes again with it, as he did not hear that it is kept: sl_vault_again. Before the
 * commit. What it is made of is the caller's secret; here it says nothing. */
void		sl_vault_append_token(struct sl_vault_append *append, uint64_t token);
/* What came of a commit: `result` 0 and the message's id, or an error. */
typedef void	sl_vault_done(void *ctx, int result, const unsigned char id[SL_VAULT_ID_BYTES]);
/* The body is whole: keep it with its record until the end of `expiry_day` (days since 1970). Takes the append, also on failure.
 * Returns 0: `done` will be called by the next flush; or SL_ERR_SYNTAX: sizes that no sealed message has, SL_ERR_REFUSED: a day that
 * is over. */
SL_MUST_USE int	sl_vault_append_commit(struct sl_vault_append **append, const unsigned char record[SL_SEAL_RECORD_BYTES],
    int64_t received_us, uint32_t expiry_day, sl_vault_done *done, void *ctx);
/* Write and sync all that waits, then tell. Returns the result of the syncs: `done` has been called either way. */
int		sl_vault_flush(struct sl_vault *vault);
bool		sl_vault_waits(const struct sl_vault *vault);	/* there is something to flush */
bool		sl_vault_has_failed(const struct sl_vault *vault);	/* it takes nothing more: its disk failed */

/* --- reading ------------------------------------------------------------------------------------------------------ */

struct sl_vault_entry {
	unsigned char		id[SL_VAULT_ID_BYTES];
	int64_t			received_us;
	uint32_t		expiry_day;
	enum sl_vault_state	state;
	uint64_t		sealed_bytes;
	const struct sl_seal_view *view;	/* NULL: it does not open (damaged, or sealed to another key) */
};
struct sl_vault_query {
	int64_t			 from_us, to_us;	/* received in [from, to); 0: no bound */
	int			 state;			/* an enum sl_vault_state (HELD: PARTLY too), or -1: any */
	const struct sl_seal_item *match;		/* each must be among the record's items, ASCII case ignored; */
	size_t			 match_len;		/* also among those that lie behind the body */
	const unsigned char	*after;			/* go on behind this message; NULL: from the newest */
	uint32_t		 limit;			/* entries, 0: 100 */
};
#define SL_VAULT_LIST_SCAN	1000u			/* records opened in one call */
/* Borrowed for the call. */
typedef void	sl_vault_lister(void *ctx, const struct sl_vault_entry *entry);
/* List, newest first. Returns SL_DONE: that was all; SL_MORE: go on behind `last_out`; SL_ERR_NOT_FOUND: no such tenant (or no such
 * message `after`); SL_ERR_LOCKED. */
SL_MUST_USE int	sl_vault_list(struct sl_vault *vault, struct sl_slice tenant, const struct sl_vault_query *query,
    sl_vault_lister *lister, void *ctx, unsigned char last_out[SL_VAULT_ID_BYTES]);

/* What the vault itself knows of one. SL_ERR_NOT_FOUND. */
SL_MUST_USE int	sl_vault_state(const struct sl_vault *vault, struct sl_slice tenant, const unsigned char id[SL_VAULT_ID_BYTES],
    enum sl_vault_state *state_out);
/* The newest message of the tenant's that has this number, and was received at `since_us` or later. Looks at all that came since. What waits for
 * the flush is not found. 0 or SL_ERR_NOT_FOUND. */
SL_MUST_USE int	sl_vault_again(const struct sl_vault *vault, struct sl_slice tenant, uint64_t token, int64_t since_us,
    unsigned char id_out[SL_VAULT_ID_BYTES]);
/* All tenants' messages in this state, in no order. `tenant` and `id` are borrowed for the call, which must not change the vault. */
typedef void	sl_vault_visitor(void *ctx, struct sl_slice tenant, const unsigned char id[SL_VAULT_ID_BYTES]);
void		sl_vault_each(const struct sl_vault *vault, enum sl_vault_state state, sl_vault_visitor *visitor, void *ctx);

/* Open one: its header at once, its body step by step. */
struct sl_vault_reader;
/* `sink` gets the message as it was received. Returns 0, SL_ERR_NOT_FOUND, SL_ERR_LOCKED, SL_ERR_DAMAGED. */
SL_MUST_USE int	sl_vault_reader_new(struct sl_vault *vault, struct sl_slice tenant, const unsigned char id[SL_VAULT_ID_BYTES],
    sl_seal_sink *sink, void *ctx, struct sl_vault_reader **reader_out);
void		sl_vault_reader_free(struct sl_vault_reader **reader);
const struct sl_seal_view *sl_vault_reader_view(const struct sl_vault_reader *reader);
/* Up to 64 KiB further. SL_MORE; SL_DONE: it was all, and whole; or an error, and what was given is not to be used: SL_ERR_DAMAGED (also when the
 * message was deleted meanwhile), or the sink's. */
SL_MUST_USE int	sl_vault_reader_step(struct sl_vault_reader *reader);
/* Back-pressure: before the first step. From then on a step gives the sink at most SL_SEAL_PIECE bytes. */
void		sl_vault_reader_stepwise(struct sl_vault_reader *reader);
/* The items behind the body; whole after SL_DONE. */
struct sl_slice	sl_vault_reader_rest(const struct sl_vault_reader *reader);

/* --- changing: each takes many at once, and is on the disk when it returns 0 ---------------------------------------- */

/* Those that are not there (or another tenant's) are passed over; *count_out is how many were. */
SL_MUST_USE int	sl_vault_mark(struct sl_vault *vault, struct sl_slice tenant, const unsigned char (*ids)[SL_VAULT_ID_BYTES],
    size_t len, enum sl_vault_state state, size_t *count_out);
/* Mark as RELEASING, and see to it that they stay until the end of `until_day` at least: longer than the courier tries. So no expiry takes
 * a message that somebody has been promised, and none stays for ever because the courier does not come back. */
SL_MUST_USE int	sl_vault_release(struct sl_vault *vault, struct sl_slice tenant, const unsigned char (*ids)[SL_VAULT_ID_BYTES],
    size_t len, uint32_t until_day, size_t *count_out);
/* The same for some of its recipients: they become PARTLY. Those that are RELEASING or RELEASED stay that. */
SL_MUST_USE int	sl_vault_release_part(struct sl_vault *vault, struct sl_slice tenant, const unsigned char id[SL_VAULT_ID_BYTES],
    uint32_t until_day, size_t *count_out);
/* Keep until the end of another day. */
SL_MUST_USE int	sl_vault_keep(struct sl_vault *vault, struct sl_slice tenant, const unsigned char (*ids)[SL_VAULT_ID_BYTES],
    size_t len, uint32_t expiry_day, size_t *count_out);
SL_MUST_USE int	sl_vault_delete(struct sl_vault *vault, struct sl_slice tenant, const unsigned char (*ids)[SL_VAULT_ID_BYTES],
    size_t len, size_t *count_out);
/* Destroy the keys of all days before `today`, then what they opened. */
SL_MUST_USE int	sl_vault_expire(struct sl_vault *vault, uint32_t today, size_t *count_out);

struct sl_vault_stats {
	uint64_t	messages, bytes;
	uint64_t	tenants, day_keys;
	uint64_t	slots, slots_free;		/* of headers */
	uint64_t	blocks, blocks_free;		/* of bodies, 4 KiB */
	uint64_t	added, deleted, expired;	/* since it was opened */
	uint64_t	flushes, moved;
	/* Found when it was opened: */
	uint64_t	torn;		/* slots that do not open: what a crash left */
	uint64_t	doubled;	/* older copies of what had been changed */
	uint64_t	expired_late;	/* of days whose key was gone already */
	uint64_t	damaged;	/* headers whose body lies where it cannot */
};
void		sl_vault_stats(const struct sl_vault *vault, struct sl_vault_stats *stats_out);

#endif
