/*
 * queue.h - the courier's queue: mail that we are responsible for (releases, digests, answers, notices), until it is settled
 *
 * One SQLite file, one process, one thread; no SQL leaves this directory. What a call has returned 0 for is on the
 * disk, and stays through a crash of the process or the machine. Several calls can be made one with sl_queue_begin.
 *
 * An entry is made once for a token, whoever asks how often; what asks again is told so. Its bytes are in the vault,
 * or kept here until the entry is finished. The courier then goes, for each attempt:
 *
 *	sl_queue_due > sl_queue_claim > connect, MAIL, RCPT, DATA, bytes > sl_queue_final > the final dot > sl_queue_answer
 *
 * Exactly once, as far as SMTP goes. Before the final dot has left, the next hop cannot have taken the message: a crash, or a lost
 * connection, makes the entry wait and try again, and nothing arrives twice. After sl_queue_final, until the answer is recorded,
 * nobody on this side knows. RFC 1047 says what follows: a lost reply must not lose the message. So the rule is:
 *  - such an entry becomes `uncertain`, which its record keeps for ever and reports show;
 *  - it is sent again, to the recipients in doubt only, not before SL_QUEUE_UNCERTAIN_US, with the same bytes and so the same Message-ID, by
 *    which next hops and mailboxes that look for duplicates know it.
 * Doubt begins with one write to this disk just before the dot, and ends with one just after the reply: nothing else stands between.
 * A crash of the process in between is no doubt where the connection outlives it: its successor reads the reply (last.h).
 * A recipient that was answered for is never tried again.
 *
 * Retries: after 1, 2, 4 ... minutes up to 4 hours, a little apart for each entry; given up after 5 days, for
 * recipients that are still open. No mail is bounced: who it is from may be forged. Instead a finished entry waits until its owner has
 * settled it (marked the message in the vault, told the tenant): sl_queue_finished and sl_queue_settle, which takes the notice to be
 * sent in the same transaction. So a notice is neither lost nor sent twice.
 *
 * Errors: SL_ERR_FULL (disk, or `bytes_max`), SL_ERR_NOT_FOUND, SL_ERR_BUSY (another process has it, or the entry is not in the state
 * for this), SL_ERR_VERSION, SL_ERR_SYNTAX, SL_ERR_SYSTEM (anything else; sl_queue_error has the words).
 *
 * Memory: SQLite's cache (2 MiB), and an entry with its recipients. Limits: SL_QUEUE_RECIPIENTS_MAX.
 */
#ifndef SL_COURIER_QUEUE_H
#define SL_COURIER_QUEUE_H

#include "sl/buf.h"

#define SL_QUEUE_TOKEN_MAX	64u
#define SL_QUEUE_REF_BYTES	16u
#define SL_QUEUE_RECIPIENTS_MAX	1000u
#define SL_QUEUE_TEXT_MAX	2048u			/* bytes of a mailbox, a route, ... */
#define SL_QUEUE_REPLY_MAX	512u			/* bytes kept of a reply */
#define SL_QUEUE_RETRY_US	INT64_C(60000000)	/* first wait; doubled each time ... */
#define SL_QUEUE_RETRY_MAX_US	INT64_C(14400000000)	/* ... up to this */
#define SL_QUEUE_UNCERTAIN_US	INT64_C(900000000)
#define SL_QUEUE_GIVE_UP_US	INT64_C(432000000000)	/* 5 days */

struct sl_queue;

/* An attempt whose connection has outlived who made it: its reply is still to be had (last.h). */
struct sl_queue_lent {
	int64_t		id;
	unsigned	attempt;	/* sl_queue_entry.attempts */
};

struct sl_queue_options {
	const char	*path;
	const char	*vfs;		/* SQLite's, for tests; NULL */
	uint64_t	 bytes_max;	/* of stored mail, 0: 1 GiB */
	const struct sl_queue_lent *lent;	/* borrowed for the call */
	size_t		 lent_len;
};

/* Numbers are the file's: only added to. */
enum sl_queue_purpose {
	SL_QUEUE_RELEASE = 1,
	SL_QUEUE_DIGEST = 2,
	SL_QUEUE_ANSWER = 3,
	SL_QUEUE_NOTICE = 4,
	SL_QUEUE_REPORT = 5,
	SL_QUEUE_RELEASE_PART = 6,	/* a release for one mailbox of several: its owner is who answers him, not the vault */
};
const char	*sl_queue_purpose_word(enum sl_queue_purpose purpose);

enum sl_queue_state {
	SL_QUEUE_WAITING = 0,
	SL_QUEUE_TRYING = 1,	/* claimed; the dot has not left */
	SL_QUEUE_FINAL = 2,	/* the dot may have left, the reply is awaited */
	SL_QUEUE_UNCERTAIN = 3,	/* it may have been taken; waits to be sent again */
	SL_QUEUE_DELIVERED = 4,	/* finished: all recipients were taken */
	SL_QUEUE_FAILED = 5,	/* finished: some were not */
	SL_QUEUE_CANCELLED = 6,	/* finished: taken back */
};
const char	*sl_queue_state_word(enum sl_queue_state state);

enum sl_queue_rcpt_state {
	SL_QUEUE_RCPT_OPEN = 0,
	SL_QUEUE_RCPT_IN_FLIGHT = 1,	/* part of the transaction whose dot may have left */
	SL_QUEUE_RCPT_IN_DOUBT = 2,	/* its reply was lost */
	SL_QUEUE_RCPT_TAKEN = 3,
	SL_QUEUE_RCPT_REFUSED = 4,	/* 5yz, or given up */
};

/* All borrowed. */
struct sl_queue_new {
	struct sl_slice		 token;		/* 1 to SL_QUEUE_TOKEN_MAX bytes */
	enum sl_queue_purpose	 purpose;
	struct sl_slice		 tenant;
	struct sl_slice		 sender;	/* "": the null sender */
	const struct sl_slice	*recipients;	/* 1 to SL_QUEUE_RECIPIENTS_MAX mailboxes */
	size_t			 recipients_len;
	struct sl_slice		 route;		/* for the courier to read */
	struct sl_slice		 message_id;
	const unsigned char	*ref;		/* SL_QUEUE_REF_BYTES: the bytes are the vault's; NULL: they are ... */
	struct sl_slice		 bytes;		/* ... these */
	int64_t			 now_us;
	int64_t			 first_us;	/* not before; 0: now */
};

struct sl_queue_rcpt {
	struct sl_slice			mailbox;
	enum sl_queue_rcpt_state	state;
	int				code;		/* of the next hop's last reply; 0: none */
	struct sl_slice			reply;
};

struct sl_queue_entry {
	int64_t			 id;
	struct sl_slice		 token, tenant, sender, route, message_id;
	enum sl_queue_purpose	 purpose;
	bool			 has_ref;
	unsigned char		 ref[SL_QUEUE_REF_BYTES];
	uint64_t		 bytes;		/* stored */
	enum sl_queue_state	 state;
	unsigned		 attempts;
	unsigned		 uncertain;	/* how often a reply was lost: so often it may have arrived besides */
	int64_t			 created_us, next_us, give_up_us, finished_us;
	bool			 settled;
	struct sl_queue_rcpt	*rcpts;
	size_t			 rcpts_len;
};

/* Open, or make. What a crash left is put right: claimed entries wait again, those in FINAL are uncertain, but for attempts that are
 * `lent`: they stay in FINAL, and who opened it ends them with sl_queue_answer. *queue_out is set also on
 * failure: then only sl_queue_error and _close may be called. */
SL_MUST_USE int	sl_queue_open(const struct sl_queue_options *options, int64_t now_us, struct sl_queue **queue_out);
void		sl_queue_close(struct sl_queue **queue);
const char	*sl_queue_error(const struct sl_queue *queue);

SL_MUST_USE int	sl_queue_begin(struct sl_queue *queue);
SL_MUST_USE int	sl_queue_commit(struct sl_queue *queue);	/* also after a failure nothing is open */
void		sl_queue_rollback(struct sl_queue *queue);

/* Take on an entry. *added_out: false if its token is known (then *id_out is that entry's, whatever else is in `new`). */
SL_MUST_USE int	sl_queue_add(struct sl_queue *queue, const struct sl_queue_new *new, int64_t *id_out, bool *added_out);

/* Entries are borrowed until the next call that gives one. */
SL_MUST_USE int	sl_queue_get(struct sl_queue *queue, int64_t id, const struct sl_queue_entry **entry_out);
SL_MUST_USE int	sl_queue_find(struct sl_queue *queue, struct sl_slice token, const struct sl_queue_entry **entry_out);
/* The entry that has been due longest. SL_DONE, or SL_MORE: none is due. */
SL_MUST_USE int	sl_queue_due(struct sl_queue *queue, int64_t now_us, const struct sl_queue_entry **entry_out);
int64_t		sl_queue_wake_us(struct sl_queue *queue);	/* when the next is due; INT64_MAX: none waits */
/* Stored bytes of an entry, in pieces. */
typedef int	sl_queue_sink(void *ctx, struct sl_slice bytes);
SL_MUST_USE int	sl_queue_read(struct sl_queue *queue, int64_t id, sl_queue_sink *sink, void *ctx);

/* An attempt begins. SL_ERR_BUSY: it is not waiting. */
SL_MUST_USE int	sl_queue_claim(struct sl_queue *queue, int64_t id, int64_t now_us);

/* What the next hop said of a recipient, by its place in entry->rcpts. */
struct sl_queue_said {
	size_t		rcpt;
	int		code;		/* 250 ...; 0: nothing, the connection failed */
	struct sl_slice	reply;		/* the reply, or in words what failed */
};
/* The dot is about to leave: `said` to RCPT. Recipients answered with 2yz are in flight, with 5yz refused for good. */
SL_MUST_USE int	sl_queue_final(struct sl_queue *queue, int64_t id, const struct sl_queue_said *said, size_t len);
/* The attempt ended. Without sl_queue_final before it: `said` is what refused or failed, of recipients or (the same for all) of the
 * message. After it: the reply to the dot, the same for all in flight or, as LMTP does, one each; code 0: it was lost, they are in doubt. Those
 * open afterwards are tried again, or given up. */
SL_MUST_USE int	sl_queue_answer(struct sl_queue *queue, int64_t id, const struct sl_queue_said *said, size_t len, int64_t now_us);

/* The first finished entry that is not settled. SL_DONE or SL_MORE. */
SL_MUST_USE int	sl_queue_finished(struct sl_queue *queue, const struct sl_queue_entry **entry_out);
/* It is settled; `follow`, if not NULL, is added in the same transaction (a token that is known is fine). */
SL_MUST_USE int	sl_queue_settle(struct sl_queue *queue, int64_t id, const struct sl_queue_new *follow);

/* The same of releases or of all else, behind an id (0: the first). */
SL_MUST_USE int	sl_queue_finished_after(struct sl_queue *queue, bool releases, int64_t after, const struct sl_queue_entry **entry_out);

/* Of a release: who asked, why it had been kept, where it came from; kept as long as its entry. Added in the transaction that adds the
 * entry; texts of at most SL_QUEUE_TEXT_MAX bytes. */
struct sl_queue_release {
	int64_t		asked_us, received_us;
	uint64_t	bytes;		/* of the message */
	uint32_t	flags;		/* the courier's */
	struct sl_slice	by, note, category, verdict, policy, reason, probability, client, helo, trace;
};
SL_MUST_USE int	sl_queue_release_add(struct sl_queue *queue, int64_t id, struct sl_slice tenant, const struct sl_queue_release *release);
/* Borrowed until the next call of this. SL_ERR_NOT_FOUND. */
SL_MUST_USE int	sl_queue_release_get(struct sl_queue *queue, int64_t id, const struct sl_queue_release **release_out);
/* Who asked, where that was not known. */
SL_MUST_USE int	sl_queue_release_asker(struct sl_queue *queue, int64_t id, struct sl_slice by, struct sl_slice note);
/* Has this recipient of a message (`ref`) had it, or will he, by another entry than that of `token`? SL_DONE: yes; SL_MORE: no. */
SL_MUST_USE int	sl_queue_release_has(struct sl_queue *queue, const unsigned char ref[SL_QUEUE_REF_BYTES], struct sl_slice token,
    struct sl_slice mailbox);
/* A finished and settled entry gives up its token: what it was for may be asked for again. SL_ERR_BUSY. */
SL_MUST_USE int	sl_queue_retoken(struct sl_queue *queue, int64_t id);

/* Walks, by id, behind `after` (0: from the first); tenant "": all. SL_DONE or SL_MORE. */
SL_MUST_USE int	sl_queue_list(struct sl_queue *queue, struct sl_slice tenant, int64_t after, const struct sl_queue_entry **entry_out);
SL_MUST_USE int	sl_queue_releases(struct sl_queue *queue, struct sl_slice tenant, int64_t from_us, int64_t after,
    const struct sl_queue_entry **entry_out);

/* Those that are due, one after the other, without their texts. Zero-fill to begin; SL_DONE or SL_MORE. */
struct sl_queue_walk {
	int64_t	next_us, id;	/* of the one given last */
	char	tenant[136];
};
SL_MUST_USE int	sl_queue_due_next(struct sl_queue *queue, int64_t now_us, struct sl_queue_walk *walk);
/* Nothing of this tenant is tried before: its next hop cannot be reached. */
SL_MUST_USE int	sl_queue_postpone(struct sl_queue *queue, struct sl_slice tenant, int64_t until_us);
/* It can: what waits until just then is due now. Not what is in doubt: that has a time of its own. */
SL_MUST_USE int	sl_queue_resume(struct sl_queue *queue, int64_t until_us, int64_t now_us);

/* Deeds that are done once (digest/command.h): is this the first time that `id` is asked for? Remembered until `until_us` has passed and
 * sl_queue_purge is called. With what is added in the same transaction (sl_queue_begin), both are done or neither. */
SL_MUST_USE int	sl_queue_once(struct sl_queue *queue, struct sl_slice id, int64_t until_us, bool *first_out);

/* An administrator's: try now; take back (SL_ERR_BUSY: it is being tried, or finished). */
SL_MUST_USE int	sl_queue_hurry(struct sl_queue *queue, int64_t id, int64_t now_us);
SL_MUST_USE int	sl_queue_cancel(struct sl_queue *queue, int64_t id, int64_t now_us);
/* Forget what is settled and was finished before: until then its token is known. And deeds whose time was over by `now_us`. */
SL_MUST_USE int	sl_queue_purge(struct sl_queue *queue, int64_t before_us, int64_t now_us, uint64_t *count_out);

struct sl_queue_stats {
	uint64_t	waiting, trying, uncertain, unsettled, finished;
	uint64_t	bytes;
	int64_t		oldest_us;	/* created, of those not finished; INT64_MAX: none */
};
SL_MUST_USE int	sl_queue_stats(struct sl_queue *queue, struct sl_queue_stats *stats_out);

#endif
