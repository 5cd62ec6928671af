/*
 * kept.h - what edges, the vault and sluicectl say to each other about messages that are kept
 *
 * Payloads of the VAULT_*, KEY*, KEEP* and KEPT* messages of ipc/ipc.h, packed and read. All that is read is
 * checked: SL_ERR_SYNTAX is the end of the peer that said it.
 *
 * Pure; memory: that of the payload. What is read points into it.
 */
#ifndef SL_KEPT_H
#define SL_KEPT_H

#include "ipc/ipc.h"

#define SL_KEPT_ID_BYTES	16u
#define SL_KEPT_KEY_BYTES	32u
#define SL_KEPT_TENANT_MAX	128u
#define SL_KEPT_DAYS_MAX	3660u	/* a message is kept */

#define SL_KEPT_TEXT_MAX	512u	/* of who asks, and why */

/* Who a VAULT_CLIENT is. */
enum { SL_KEPT_EDGE, SL_KEPT_CONTROL, SL_KEPT_COURIER };

/* VAULT_SETTINGS: what the vault is told of the settings. It is not told of anybody's next hops or certificates. */
struct sl_kept_settings {
	struct sl_slice	directory, master_key;
	struct sl_slice	mark;			/* a file outside of it that says that it exists; empty: none */
	uint64_t	keep_ms;
	uint64_t	messages, bytes;	/* of a tenant; 0: no limit */
	struct sl_slice	tenants;		/* packed names: sl_kept_tenant_next */
};
void		sl_kept_pack_settings(const struct sl_kept_settings *settings, struct sl_buf *out);
SL_MUST_USE int	sl_kept_unpack_settings(struct sl_slice payload, struct sl_kept_settings *out);
void		sl_kept_tenant_add(struct sl_buf *tenants, struct sl_slice name);
bool		sl_kept_tenant_next(struct sl_slice *tenants, struct sl_slice *name_out);

/* KEY and KEY_IS. `key` is empty where a tenant has none. */
struct sl_kept_key {
	struct sl_slice	tenant, key;
};
void		sl_kept_pack_key(const struct sl_kept_key *key, struct sl_buf *out);
SL_MUST_USE int	sl_kept_unpack_key(struct sl_slice payload, struct sl_kept_key *out);

/* KEEP: the descriptor that comes with it holds `body_bytes` of sealed body from its beginning on. */
struct sl_kept_keep {
	uint64_t	number;		/* KEPT has it again */
	struct sl_slice	tenant;
	int64_t		received_us;
	uint64_t	body_bytes;
	uint32_t	keep_days;	/* at most SL_KEPT_DAYS_MAX; 0: as long as the settings say */
	uint64_t	token;		/* the same whenever it comes, and secret; 0: none */
	int64_t		since_us;	/* it may have been kept, then or later, and its sender has not heard so: then it is not kept again, and
					 * KEPT names it; 0: it is new */
	struct sl_slice	record;		/* sealed */
};
void		sl_kept_pack_keep(const struct sl_kept_keep *keep, struct sl_buf *out);
SL_MUST_USE int	sl_kept_unpack_keep(struct sl_slice payload, struct sl_kept_keep *out);

/* KEPT: result 0 and the id: it is on both disks, synced. In answer to KEPT_RELEASE, of each id in its order (`number`): 0, it is on
 * its way; SL_DONE, it has been released before; SL_ERR_TIMEOUT, it is marked, and will be on its way when there is a
 * courier. */
struct sl_kept_done {
	uint64_t	number;
	int		result;		/* 0 or an SL_ERR_* */
	unsigned char	id[SL_KEPT_ID_BYTES];
};
void		sl_kept_pack_done(const struct sl_kept_done *done, struct sl_buf *out);
SL_MUST_USE int	sl_kept_unpack_done(struct sl_slice payload, struct sl_kept_done *out);

/* KEPT_LIST: newest first, behind `after` (an id; empty: from the newest). */
struct sl_kept_query {
	struct sl_slice	tenant, after;
	int64_t		from_us, to_us;		/* 0: no bound */
	uint32_t	limit;
	struct sl_slice	recipient, sender;	/* empty: any; ASCII case ignored */
	struct sl_slice	category;		/* empty: any */
	uint32_t	state;			/* as the vault has it, + 1; 0: any */
	struct sl_slice	id;			/* this one alone, whatever else is asked for; empty: any */
	/* With `id`: also what its record has no room for, recipients above all. The entry is then said several times, alike but for further
	 * recipients. Takes as long as reading the message. */
	bool		everybody;
};
void		sl_kept_pack_query(const struct sl_kept_query *query, struct sl_buf *out);
SL_MUST_USE int	sl_kept_unpack_query(struct sl_slice payload, struct sl_kept_query *out);

/* KEPT_ENTRY. Items as seal/record.h has them (SL_SEAL_ITEMS); sl_kept_item_next. */
struct sl_kept_entry {
	struct sl_slice	id;
	int64_t		received_us;
	uint32_t	expiry_day;
	uint32_t	state;
	uint64_t	message_bytes;
	bool		opens;			/* false: `items` is empty, its key is not here */
	bool		more;			/* there are items behind the body, perhaps recipients */
	struct sl_slice	items;
};
void		sl_kept_pack_entry(const struct sl_kept_entry *entry, struct sl_buf *out);
SL_MUST_USE int	sl_kept_unpack_entry(struct sl_slice payload, struct sl_kept_entry *out);
void		sl_kept_item_add(struct sl_buf *items, unsigned type, struct sl_slice value);
bool		sl_kept_item_next(struct sl_slice *items, unsigned *type_out, struct sl_slice *value_out);

/* KEPT_OPEN, KEPT_DELETE and KEPT_RELEASE: ids stand one behind the other. */
struct sl_kept_choice {
	struct sl_slice	tenant, ids;
	struct sl_slice	by, note;	/* who asks, for the log and for reports; and why, of a release. At most SL_KEPT_TEXT_MAX bytes */
	struct sl_slice	recipients;	/* of a release of one message: of its recipients only these, which are spellings of one mailbox
					 * (sl_courier_text_add), the first of them its name; empty: all. It stays held for the others. */
};
void		sl_kept_pack_choice(const struct sl_kept_choice *choice, struct sl_buf *out);
SL_MUST_USE int	sl_kept_unpack_choice(struct sl_slice payload, struct sl_kept_choice *out);

/* KEPT_END. */
struct sl_kept_end {
	int		result;		/* SL_DONE: all; SL_MORE: a list goes on; or an SL_ERR_* */
	uint64_t	count;
	struct sl_slice	last;		/* of a list that goes on: behind this id; else empty */
};
void		sl_kept_pack_end(const struct sl_kept_end *end, struct sl_buf *out);
SL_MUST_USE int	sl_kept_unpack_end(struct sl_slice payload, struct sl_kept_end *out);

/* TENANT_KEY: a tenant's pairs. Passphrases stay with who asks: `secret` is a pair that is wrapped already (PUT), the key that a
 * passphrase gave (UNLOCK), or the master keys before and after (ROTATE, 32 bytes each). NEW_VAULT: the vault that is missed, and is named
 * in the place of a tenant, is given up. */
enum { SL_KEPT_KEY_SHOW, SL_KEPT_KEY_PUT, SL_KEPT_KEY_UNLOCK, SL_KEPT_KEY_LOCK, SL_KEPT_KEY_SERVE, SL_KEPT_KEY_ROTATE,
	SL_KEPT_KEY_NEW_VAULT, SL_KEPT_KEY_VERBS };
struct sl_kept_tenant_key {
	uint32_t	verb;
	struct sl_slice	tenant;		/* empty with ROTATE */
	uint32_t	nth;		/* of SHOW: which pair, 0: the one in use */
	struct sl_slice	secret;
	struct sl_slice	by;
};
void		sl_kept_pack_tenant_key(const struct sl_kept_tenant_key *key, struct sl_buf *out);
SL_MUST_USE int	sl_kept_unpack_tenant_key(struct sl_slice payload, struct sl_kept_tenant_key *out);
/* TENANT_KEY_IS: the result; after SHOW what can be known of that pair without a key. */
struct sl_kept_tenant_key_is {
	int		result;
	uint32_t	count;		/* pairs that there are */
	uint32_t	held;		/* 1: by the tenant */
	uint32_t	open;		/* 1: it opens now */
	uint32_t	passes, memory_kib;	/* how a passphrase becomes a key */
	struct sl_slice	salt, public;
};
void		sl_kept_pack_tenant_key_is(const struct sl_kept_tenant_key_is *is, struct sl_buf *out);
SL_MUST_USE int	sl_kept_unpack_tenant_key_is(struct sl_slice payload, struct sl_kept_tenant_key_is *out);

/* An id as 32 hexadecimal digits, and back (false: it is none). */
#define SL_KEPT_ID_DIGITS	(2 * SL_KEPT_ID_BYTES)
void		sl_kept_id_write(const unsigned char id[SL_KEPT_ID_BYTES], char out[SL_KEPT_ID_DIGITS + 1]);
bool		sl_kept_id_read(struct sl_slice text, unsigned char id_out[SL_KEPT_ID_BYTES]);

#endif
