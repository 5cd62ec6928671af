/*
 * vault_i.h - what the files of the vault share
 */
#ifndef SL_VAULT_VAULT_I_H
#define SL_VAULT_VAULT_I_H

#include "header_i.h"
#include "slots_i.h"

/* --- a table of things with a random id of 16 bytes; they begin with the link */

struct id_link {
	struct id_link	*next;
	unsigned char	 id[16];
};
struct id_table {
	struct id_link	**buckets;
	size_t		  size, count;	/* size is a power of 2, or 0 */
};
void	*id_table_find(const struct id_table *table, const unsigned char id[16]);
void	 id_table_add(struct id_table *table, struct id_link *link);
void	 id_table_remove(struct id_table *table, struct id_link *link);
/* Walk: the thing after `last` (NULL: the first); NULL at the end. What was given last may be removed only behind the next step. */
void	*id_table_next(const struct id_table *table, const void *last);
void	 id_table_fini(struct id_table *table);		/* the things are the caller's */

/* --- what is known of each message, of its day's key, of its tenant */

struct message {
	struct id_link	 link;			/* first; the message's id */
	struct message	*older, *newer;		/* of the tenant, by time */
	struct message	*key_older, *key_newer;	/* of the day's key */
	struct tenant	*tenant;
	struct day_key	*key;
	struct extent	*extents;
	int64_t		 received_us;
	uint64_t	 token;			/* 0: none */
	uint32_t	 slot, generation, blocks;
	unsigned char	 state, extents_len;
};

struct day_key {
	struct id_link	 link;			/* first; the key's id */
	struct day_key	*next;			/* of the tenant */
	struct tenant	*tenant;
	struct message	*newest;
	uint32_t	 day, slot;
	bool		 destroyed;		/* what is left is to say so */
	unsigned char	 key[32];
};

struct pair {
	struct pair	*next;			/* the one before; the first is in use */
	uint32_t	 slot, serial, generation;
	bool		 open;			/* `keys` is set */
	unsigned char	 wrapped[SL_SEAL_WRAPPED_BYTES];
	struct sl_seal_pair keys;
};

struct tenant {
	struct id_link	 link;			/* first; a keyed hash of the name */
	struct sl_slice	 name;			/* owned; "" while only keys of it are known */
	struct pair	*pairs;
	struct day_key	*keys;
	struct message	*newest, *oldest;
	uint64_t	 messages, blocks;
	uint64_t	 adding_messages, adding_bytes;	/* appends that have not ended */
	uint64_t	 limit_messages, limit_bytes;	/* 0: none */
};

struct head {
	uint32_t	 place;			/* 0 or 1 */
	uint64_t	 generation;
	unsigned char	 slot_key[32];		/* hides which day's key a header slot is under */
	unsigned char	 entry_key[32];		/* entries of keys and tenants */
	unsigned char	 service_key[32];	/* wraps the pairs that the service holds */
	unsigned char	 name_key[32];		/* hashes tenants' names */
};

struct sl_vault {
	unsigned		 magic;
	const struct sl_disk	*disk;
	struct sl_vault_settings settings;
	unsigned char		 master[SL_VAULT_MASTER_BYTES];
	struct head		 head;
	struct slots		 headers, keys, pairs;
	struct extents		 bodies;
	struct id_table		 messages, day_keys, tenants;
	struct sl_vault_append	*waiting, **waiting_end;
	uint32_t		 today;		/* of the last expiry */
	bool			 failed;	/* nobody knows what is on the disk: write nothing */
	struct sl_vault_stats	 stats;		/* those that are counted */
};

#define VAULT_MAGIC	0x7a017000u

/* The vault writes nothing more. Returns `result`. */
int		vault_fail(struct sl_vault *vault, int result);

/* keys.c: the head, days and pairs. */
SL_MUST_USE int	head_open(struct sl_vault *vault);
SL_MUST_USE int	head_rotate(struct sl_vault *vault, const unsigned char master[SL_VAULT_MASTER_BYTES]);
SL_MUST_USE int	day_keys_load(struct sl_vault *vault);
/* Find or make; one that is made is written, and on the disk after slots_sync(&vault->keys). */
SL_MUST_USE int	day_key_get(struct sl_vault *vault, struct tenant *tenant, uint32_t day, struct day_key **key_out);
SL_MUST_USE int	day_key_destroy(struct sl_vault *vault, struct day_key *key);	/* on the disk after the same sync */
SL_MUST_USE int	day_key_forget(struct sl_vault *vault, struct day_key **key);	/* all its slots are erased and synced */

/* tenants.c */
SL_MUST_USE int	tenants_load(struct sl_vault *vault);
struct tenant	*tenant_find(const struct sl_vault *vault, struct sl_slice name);	/* that has a pair; NULL */
struct tenant	*tenant_of_id(struct sl_vault *vault, const unsigned char id[16]);	/* made if missing */
void		 tenant_free(struct tenant *tenant);
/* The open pair that a record is sealed to; NULL. */
const struct sl_seal_pair *tenant_pair(const struct tenant *tenant, const unsigned char *record);
bool		 tenant_pair_locked(const struct tenant *tenant, const unsigned char *record);	/* there is one, not open */
bool		 tenant_locked(const struct tenant *tenant);	/* no pair is open */

/* index.c */
struct message	*message_add(struct sl_vault *vault, const struct header *header, uint32_t slot, struct day_key *key);
void		 message_set_key(struct message *m, struct day_key *key);
void		 message_remove(struct sl_vault *vault, struct message **m);	/* extents and slot are the caller's */
struct message	*message_find(const struct sl_vault *vault, const struct tenant *tenant, const unsigned char id[16]);

/* append.c: the one that waits behind this. */
struct sl_vault_append *append_next(const struct sl_vault_append *append);

/* load.c: read all header slots. */
SL_MUST_USE int	headers_load(struct sl_vault *vault);

/* change.c */
/* Free slots that are not for adding: so that what is there can be marked when the disk is full. */
#define SLOTS_KEPT	2u
/* Room in the file of headers for `count` more. */
SL_MUST_USE int	headers_room(struct sl_vault *vault, size_t count);

#endif
