/*
 * keep.h - quarantine: what a policy wants kept is sealed here and handed to the vault
 *
 * An edge has one channel to the vault, given by the parent. A message that the policy keeps is sealed to its
 * tenant's key under a key of its own, which this process forgets: it cannot read what it wrote. The sealed
 * bytes go to the vault as a descriptor; 250 is said when the vault says that they are on disk.
 *
 * A message that fits in the hold window is sealed when the verdict is there. One that outgrows it, of a tenant
 * whose policy may keep messages, is captured as it flows: encrypted under a key that lives only here, in an unnamed
 * file that the vault has lent (of the message the rest is still to come, and what has flowed cannot be had
 * again). When it is kept, it is read back and sealed, a piece each turn; when not, the file is emptied. Where recipients
 * may fare differently the next hop is given nothing before the verdict (withhold.h): then it is read back for it, too.
 *
 * Fails with an SL_ERR_* and nothing kept: no vault, no key, no file to lend, its disk full, its silence. The
 * sender still owns the message then. After a silence the vault may have it all the same, as when this process dies meanwhile, and it comes again.
 * So that it is not kept twice, each has a token, a keyed hash of its bytes and of whom it is from and for, which tells the vault nothing else. When
 * the vault was told of one is noted for all edges (splits.h) until the sender has heard 250; one that is noted is sent with that time, and the vault
 * looks whether it has it. The key is as old as the parent: after that has been started anew a message that comes again is kept again.
 *
 * Memory: 0.6 MiB for an edge that has kept something; of a message that is captured 33 KiB, while it is sealed
 * 0.6 MiB more; its sealed bytes, up to KEEP_MEMORY_MAX in memory, more in a second unnamed file.
 */
#ifndef EDGE_KEEP_H
#define EDGE_KEEP_H

#include <sodium/crypto_generichash_blake2b.h>

#include "io/loop.h"
#include "kept/kept.h"
#include "seal/capture.h"
#include "seal/record.h"
#include "sl/chunk.h"
#include "smtp/data.h"

#define KEEP_MEMORY_MAX	(1u << 20)
#define KEEP_SPOOLS	8u		/* unnamed files that an edge is lent */

struct keeper;
struct keeper_key;
struct session;

struct keeper	*keeper_new(struct sl_loop *loop);
void		 keeper_free(struct keeper **keeper);	/* no message of it is being kept */
/* A channel to the vault (taken), instead of the one before. What it was told and has not answered fails. */
void		 keeper_use_vault(struct keeper *keeper, int fd);
/* Called when the channel has broken, and again every few seconds until there is one: ask for another. */
void		 keeper_on_lost(struct keeper *keeper, void (*fn)(void *ctx), void *ctx);

enum keeping_state {
	KEEPING_OFF,		/* no policy keeps this message */
	KEEPING_READY,		/* it is whole in the window yet */
	KEEPING_CAPTURE,	/* what flows is captured */
	KEEPING_SEAL,		/* it is to be kept: what was captured is being sealed */
	KEEPING_KEY,		/* sealed but for the record: the tenant's key is awaited */
	KEEPING_SENT,		/* the vault has been told */
	KEEPING_OVER,
};

struct keeping {
	enum keeping_state	 state;
	struct session		*session;
	struct keeper		*keeper;
	struct keeping		*next;		/* of the keeper's, in KEY and SENT */
	struct keeper_key	*key;
	uint64_t		 number;
	int			 failed;	/* of capturing: 0 or an SL_ERR_* */
	uint64_t		 channel;	/* over which files were borrowed: keeper_channel */
	struct sl_timer		 deadline, step;
	struct sl_smtp_data	 decoder;	/* the window's wire form becomes the message again */
	struct sl_buf		 head;		/* its header's beginning, for the record */
	unsigned		 head_match;	/* how much of its empty line has been seen */
	struct sl_seal_capture	*capture;
	int			 capture_fd;
	uint64_t		 capture_bytes;	/* of the file that have been written ... */
	uint64_t		 capture_read;	/* ... and read back */
	crypto_generichash_blake2b_state *digest;	/* of what is sealed; NULL: nothing is */
	uint64_t	 token;			/* made of it; 0: not yet */
	bool		 is_told;		/* the vault has been told ... */
	bool		 is_refused;		/* ... and has said no */
	bool			 whole;		/* all of the message has been captured */
	struct sl_smtp_stuff	 stuff;		/* what is read back for the next hop, in wire form */
	struct sl_chunk_pool	*wire_pool;	/* during keeping_wire_read */
	struct sl_chain		*wire;
	struct sl_seal_body	*sealer;	/* the keeper's, or one of its own */
	struct sl_seal_body_info body;
	struct sl_seal_record	*record;	/* NULL: not begun */
	int			 body_fd;
	bool			 body_in_memory;
	uint64_t		 body_bytes;
	uint32_t		 keep_days;	/* as the policy has it; 0: as the settings */
	unsigned char		 id[SL_KEPT_ID_BYTES];	/* once it is kept */
};

void	keeping_init(struct keeping *k, struct keeper *keeper, struct session *session);
/* The message begins, and may have to be captured. If a policy `may_keep` it the tenant's key is asked for. */
void	keeping_begin(struct keeping *k, bool may_keep);
/* These bytes leave the window, before they are handed on. */
void	keeping_feed(struct keeping *k, const struct sl_chain *chain);
/* The message outgrows the window, and is to stay here all the same until its verdict is there: what is fed from now on is
 * captured, kept or not. False: there is no file for it, or capturing has failed within the last minute (a disk is full:
 * clean mail is to go on); nothing has changed then. */
bool	keeping_hold(struct keeping *k);
/* A message that was held is not to be had any more: hold none for a minute. */
void	keeping_hold_failed(struct keeping *k);
/* 0, or why a captured message is not to be had: SL_ERR_*. */
int	keeping_failure(const struct keeping *k);
/* A message that was held is to go to the next hop; `held` and `more` are what is still in the window. After keeping_finish
 * too, once that has ended. Returns 0 or keeping_failure. */
SL_MUST_USE int	keeping_wire_begin(struct keeping *k, const struct sl_chain *held, const struct sl_chain *more);
/* The next of its bytes as they go over the wire, up to 64 KiB, behind what is in `chain`. SL_MORE, SL_DONE (the final dot is among
 * them), SL_ERR_DAMAGED, SL_ERR_SYSTEM. */
SL_MUST_USE int	keeping_wire_read(struct keeping *k, struct sl_chunk_pool *pool, struct sl_chain *chain);
/* Keep it: `held` and then `more` are what is still in the window, to the final dot. session_on_kept follows, never from
 * inside the call. */
void	keeping_finish(struct keeping *k, const struct sl_chain *held, const struct sl_chain *more);
/* The vault may have it already. */
bool	keeping_is_sent(const struct keeping *k);
/* What the sender has been told is final, or he comes again with it: then, if the vault may have it, that is noted. */
void	keeping_settle(const struct keeping *k, bool comes_again);
/* Forget it; no call follows. Fine at any time after init. */
void	keeping_abort(struct keeping *k);

#endif
