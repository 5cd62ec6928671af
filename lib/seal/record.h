/*
 * record.h - what the vault keeps of a message beside its bytes: the header record
 *
 * A record is made in this order, as the message is:
 *	init > add items (envelope, fields, verdict, reasons; what matters most first)
 *	     > feed the message, then the record's rest, to the body's sealer; finish it
 *	     > seal the record with what the sealer said, to the tenant's key
 * All sealed records have one length, SL_SEAL_RECORD_BYTES. Items that do not fit (the 60th recipient, a transaction's
 * record of many kilobytes) go into `rest`, which is sealed behind the message in the body: so neither
 * the number of recipients nor a long subject shows in the size of anything in the header store, and nothing is cut.
 *
 * Format, version 1, little-endian; then sealed by sl_seal_box (seal/box.h), zeros behind the last item:
 *	0	4	version
 *	4	8	received, microseconds since 1970
 *	12	8	bytes of the message		20	8	bytes of the rest
 *	28	32	the body's key			60	8	bytes of the sealed body
 *	68	2	length of the items that follow
 * An item: type (1), length (2), bytes. The rest is items of the same form. Types that a reader does not know are passed over.
 *
 * Memory: SL_SEAL_RECORD_BYTES, and the rest, at most SL_SEAL_REST_MAX. The maker holds mail and a key: fini wipes.
 */
#ifndef SL_SEAL_RECORD_H
#define SL_SEAL_RECORD_H

#include "seal/body.h"
#include "sl/buf.h"

#define SL_SEAL_RECORD_PLAIN	3584u
#define SL_SEAL_RECORD_BYTES	(SL_SEAL_RECORD_PLAIN + SL_SEAL_BOX_OVERHEAD)
#define SL_SEAL_RECORD_ITEMS	70u		/* where they begin */
#define SL_SEAL_ITEM_MAX	65535u
#define SL_SEAL_REST_MAX	((size_t)4 << 20)

/* Numbers are the format's: never changed, only added to. */
#define SL_SEAL_ITEMS(X)								\
	X(SENDER, 1, "sender")		/* MAIL FROM, "" for the null sender */		\
	X(RECIPIENT, 2, "recipient")	/* RCPT TO, one item each, of this class */	\
	X(CLIENT, 3, "client")		/* address of the sending host */		\
	X(HELO, 4, "helo")								\
	X(FROM, 5, "from")		/* of the header section, decoded or as it stands */	\
	X(TO, 6, "to")									\
	X(SUBJECT, 7, "subject")							\
	X(DATE, 8, "date")								\
	X(MESSAGE_ID, 9, "message-id")							\
	X(VERDICT, 10, "verdict")	/* the ruling's word */				\
	X(CATEGORY, 11, "category")							\
	X(PROBABILITY, 12, "probability")						\
	X(REASON, 13, "reason")		/* a sentence; one item each */			\
	X(POLICY, 14, "policy")		/* the clause that had it kept */		\
	X(TRACE, 15, "trace")		/* id of the transaction */			\
	X(RECORD, 16, "record")		/* its line, JSON */				\
	X(OPTIONS, 17, "options")	/* of the envelope: BODY=, SMTPUTF8, ORCPT ... */

enum sl_seal_item_type {
#define SL_SEAL_ITEM_ENUM(name, number, text) SL_SEAL_##name = number,
	SL_SEAL_ITEMS(SL_SEAL_ITEM_ENUM)
#undef SL_SEAL_ITEM_ENUM
};
/* "subject"; NULL for a number that is none. Static. */
const char	*sl_seal_item_name(unsigned type);

/* The maker. */
struct sl_seal_record {
	unsigned char	plain[SL_SEAL_RECORD_PLAIN];
	size_t		items_len;
	struct sl_buf	rest;
};
void	sl_seal_record_init(struct sl_seal_record *record);
void	sl_seal_record_fini(struct sl_seal_record *record);
/* Add an item; of more than SL_SEAL_ITEM_MAX bytes the front. Returns 0, or SL_ERR_FULL: the rest is full. */
SL_MUST_USE int	sl_seal_record_add(struct sl_seal_record *record, enum sl_seal_item_type type, struct sl_slice value);
/* Seal. `body` is what the sealer said after it was fed the message and `rest`. Returns as sl_seal_box. */
SL_MUST_USE int	sl_seal_record_seal(struct sl_seal_record *record, const struct sl_seal_body_info *body,
    int64_t received_us, const unsigned char public[SL_SEAL_KEY_BYTES], struct sl_slice tenant,
    unsigned char out[SL_SEAL_RECORD_BYTES]);

/* The reader. */
struct sl_seal_view {
	int64_t			 received_us;
	uint64_t		 message_bytes;	/* in front in the body */
	uint64_t		 rest_bytes;	/* behind them */
	struct sl_seal_body_info body;
	struct sl_slice		 items;		/* for sl_seal_item_next */
};
/* Open a sealed record into `plain`, which the view points into; the caller wipes both. Returns as sl_seal_box_open. */
SL_MUST_USE int	sl_seal_record_open(const struct sl_seal_pair *pair, struct sl_slice tenant, struct sl_slice sealed,
    unsigned char plain[SL_SEAL_RECORD_PLAIN], struct sl_seal_view *view_out);
/* Read one that is open. Returns 0, SL_ERR_VERSION or SL_ERR_DAMAGED. */
SL_MUST_USE int	sl_seal_record_read(const unsigned char plain[SL_SEAL_RECORD_PLAIN], struct sl_seal_view *view_out);

struct sl_seal_item {
	unsigned	type;		/* an enum sl_seal_item_type, or one that is not known here */
	struct sl_slice	value;
};
/* The next item of `items` (a record's, or the rest), which moves on. SL_DONE: *item_out is set; SL_MORE: there are no
 * more; SL_ERR_DAMAGED. */
SL_MUST_USE int	sl_seal_item_next(struct sl_slice *items, struct sl_seal_item *item_out);

#endif
