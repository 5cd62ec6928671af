/*
 * courier.h - what the vault, the courier, and those who give it mail say to each other
 *
 * Payloads of SUBMIT, SUBMITTED, SETTLED, SETTLED_SEEN, FETCH, FETCHED, QUEUE_ASK, QUEUE_ENTRY, COURIER_STATE and LENT of ipc/ipc.h,
 * packed and read. The order of things:
 *
 *	SUBMIT > on the courier's disk > SUBMITTED > attempts ... > final > SETTLED > noted by who submitted > SETTLED_SEEN
 *
 * SUBMIT may be said again at any time (its token says that it is the same), SETTLED is said again until SETTLED_SEEN was
 * heard: so whoever dies in between, nothing is lost and nothing done twice. A release is submitted by the vault, without
 * bytes: the courier fetches them for each attempt (FETCH, FETCHED), as many as it says it has room for. Other mail comes as a
 * descriptor of `bytes` bytes.
 *
 * All that is read is checked: SL_ERR_SYNTAX is the end of the peer that said it. Pure; what is read points into the payload.
 */
#ifndef SL_KEPT_COURIER_H
#define SL_KEPT_COURIER_H

#include "kept/kept.h"

/* Who a COURIER_CLIENT is. */
enum { SL_COURIER_VAULT, SL_COURIER_CONTROL, SL_COURIER_SUBMITTER };

#define SL_COURIER_TOKEN_MAX	64u
#define SL_COURIER_TEXT_MAX	2048u
#define SL_COURIER_RECIPIENTS_MAX 1000u

/* A list of texts, one behind the other (sl_pack_bytes). */
void		sl_courier_text_add(struct sl_buf *list, struct sl_slice text);
bool		sl_courier_text_next(struct sl_slice *list, struct sl_slice *text_out);

/* Why a message had been kept, and where it came from: of releases, for reports and for the trace in front of it. */
struct sl_courier_release {
	struct sl_slice	by, note;	/* who asked, and what for */
	struct sl_slice	category, verdict, policy, reason, probability;
	struct sl_slice	client, helo, trace;
	int64_t		received_us;
};

/* SUBMIT. */
enum { SL_COURIER_8BIT = 1, SL_COURIER_SMTPUTF8 = 2 };
struct sl_courier_mail {
	struct sl_slice	token;		/* 1 to SL_COURIER_TOKEN_MAX bytes */
	uint32_t	purpose;	/* enum sl_queue_purpose */
	uint32_t	flags;
	struct sl_slice	tenant, sender, message_id;
	struct sl_slice	recipients;	/* 1 to SL_COURIER_RECIPIENTS_MAX of sl_courier_text_add */
	struct sl_slice	ref;		/* SL_KEPT_ID_BYTES: the vault's; empty: the bytes are in the descriptor */
	uint64_t	bytes;
	int64_t		first_us;	/* not before; 0: now */
	struct sl_courier_release release;	/* with `ref` only */
};
void		sl_courier_pack_mail(const struct sl_courier_mail *mail, struct sl_buf *out);
SL_MUST_USE int	sl_courier_unpack_mail(struct sl_slice payload, struct sl_courier_mail *out);

/* SUBMITTED: 0, it is on the disk; or an SL_ERR_*. And SETTLED_SEEN, `result` 0. */
struct sl_courier_token {
	struct sl_slice	token;
	int		result;
	bool		known;		/* it had been submitted before */
};
void		sl_courier_pack_token(const struct sl_courier_token *token, struct sl_buf *out);
SL_MUST_USE int	sl_courier_unpack_token(struct sl_slice payload, struct sl_courier_token *out);

/* SETTLED. */
struct sl_courier_settled {
	struct sl_slice	token, tenant, ref;
	uint32_t	purpose;
	uint32_t	state;		/* enum sl_queue_state: delivered, failed, cancelled */
	uint32_t	code;		/* the next hop's last reply; 0: none */
	uint32_t	uncertain;	/* how often a reply was lost */
	struct sl_slice	reply;
};
void		sl_courier_pack_settled(const struct sl_courier_settled *settled, struct sl_buf *out);
SL_MUST_USE int	sl_courier_unpack_settled(struct sl_slice payload, struct sl_courier_settled *out);

/* FETCH: begin, or room for more (`ref` is empty then). `room` 0: no more is wanted. */
struct sl_courier_fetch {
	uint64_t	number;		/* FETCHED has it again */
	uint32_t	room;		/* bytes, added to what there was */
	struct sl_slice	tenant, ref;
};
void		sl_courier_pack_fetch(const struct sl_courier_fetch *fetch, struct sl_buf *out);
SL_MUST_USE int	sl_courier_unpack_fetch(struct sl_slice payload, struct sl_courier_fetch *out);
/* FETCHED: SL_MORE and the next bytes; or the end: SL_DONE, they were all, or an SL_ERR_*. */
struct sl_courier_fetched {
	uint64_t	number;
	int		result;
	struct sl_slice	bytes;
};
void		sl_courier_pack_fetched(const struct sl_courier_fetched *fetched, struct sl_buf *out);
SL_MUST_USE int	sl_courier_unpack_fetched(struct sl_slice payload, struct sl_courier_fetched *out);

/* QUEUE_ASK; QUEUE_ENTRY for each that is listed, then KEPT_END. */
enum { SL_COURIER_LIST, SL_COURIER_SHOW, SL_COURIER_HURRY, SL_COURIER_CANCEL, SL_COURIER_RELEASES, SL_COURIER_VERBS };
struct sl_courier_ask {
	uint32_t	verb;
	int64_t		id;		/* of SHOW, HURRY (0: all), CANCEL; of lists: behind this one */
	struct sl_slice	tenant;		/* of lists: empty: all */
	int64_t		from_us;	/* of RELEASES: asked for since */
	uint32_t	limit;
	struct sl_slice	by;
};
void		sl_courier_pack_ask(const struct sl_courier_ask *ask, struct sl_buf *out);
SL_MUST_USE int	sl_courier_unpack_ask(struct sl_slice payload, struct sl_courier_ask *out);

struct sl_courier_rcpt {
	struct sl_slice	mailbox;
	uint32_t	state;		/* enum sl_queue_rcpt_state */
	uint32_t	code;
	struct sl_slice	reply;
};
struct sl_courier_entry {
	int64_t		id;
	uint32_t	purpose, state, attempts, uncertain;
	uint64_t	bytes;
	int64_t		created_us, next_us, finished_us;
	bool		settled;
	struct sl_slice	tenant, sender, message_id, ref;
	struct sl_slice	rcpts;		/* sl_courier_rcpt_next */
	struct sl_slice	hop;		/* why it waits, if its next hops cannot be reached */
	struct sl_courier_release release;
};
void		sl_courier_pack_entry(const struct sl_courier_entry *entry, struct sl_buf *out);
SL_MUST_USE int	sl_courier_unpack_entry(struct sl_slice payload, struct sl_courier_entry *out);
void		sl_courier_rcpt_add(struct sl_buf *rcpts, const struct sl_courier_rcpt *rcpt);
bool		sl_courier_rcpt_next(struct sl_slice *rcpts, struct sl_courier_rcpt *out);

/* COURIER_STATE. */
struct sl_courier_state {
	uint64_t	waiting, trying, uncertain, unsettled, finished, bytes;
	int64_t		oldest_us;	/* of those not finished; 0: none */
	uint64_t	delivered, failed, lost;	/* since it was started; replies that were lost */
	uint64_t	hops_down;	/* next hops that are left alone, as they could not be reached */
};
void		sl_courier_pack_state(const struct sl_courier_state *state, struct sl_buf *out);
SL_MUST_USE int	sl_courier_unpack_state(struct sl_slice payload, struct sl_courier_state *out);

/* LENT: an attempt's connection, kept for the next courier; `state` is that of courier/last.h, a secret under TLS. Without a descriptor: it is
 * over, and `state` empty. */
#define SL_COURIER_LENT_MAX	64u	/* at once */
#define SL_COURIER_STATE_MAX	1024u
struct sl_courier_lent {
	int64_t		id;
	uint32_t	attempt;
	struct sl_slice	state;
};
void		sl_courier_pack_lent(const struct sl_courier_lent *lent, struct sl_buf *out);
SL_MUST_USE int	sl_courier_unpack_lent(struct sl_slice payload, struct sl_courier_lent *out);

/* The token of a release: one for each message that is kept. */
#define SL_COURIER_RELEASE_TOKEN (8 + SL_KEPT_ID_DIGITS)
void		sl_courier_release_token(const unsigned char id[SL_KEPT_ID_BYTES], char out[SL_COURIER_RELEASE_TOKEN + 1]);
/* And of a release for one mailbox of several: one for each message and mailbox (ASCII case does not matter). */
#define SL_COURIER_PART_TOKEN (4 + SL_KEPT_ID_DIGITS + 1 + 16)
void		sl_courier_part_token(const unsigned char id[SL_KEPT_ID_BYTES], struct sl_slice mailbox, char out[SL_COURIER_PART_TOKEN + 1]);

#endif
