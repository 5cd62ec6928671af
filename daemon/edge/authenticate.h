/*
 * authenticate.h - who really sent it: the evaluators of one transaction, over DNS
 *
 * From MAIL on: SPF of MAIL FROM and HELO, reverse DNS, the HELO name, DNS lists. When the header is
 * complete: DKIM, ARC and DMARC; the body is hashed as it streams. All of it runs beside the
 * session and holds up nothing until the final dot; then what is missing is awaited, at most
 * authentication.deadline in all, and is `temperror` after that.
 *
 * Nothing of it is done without DNS servers, in pass-through, or for exempt senders.
 *
 * authenticate.c drives the evaluators; authpolicy.c says what is done with what they found;
 * authreport.c writes it: our header line, the record.
 *
 * Memory: two SPF evaluators (at most 56 KiB each), the header (at most 256 KiB, then no signature
 * is believed), 4 KiB a signature, 32 KiB for DMARC, the questions under way. Not in the arena.
 */
#ifndef EDGE_AUTHENTICATE_H
#define EDGE_AUTHENTICATE_H

#include "classify/dnslist.h"
#include "edge.h"
#include "inquiry.h"
#include "mailauth/arc.h"
#include "mailauth/author.h"
#include "mailauth/client.h"
#include "mailauth/dkim.h"
#include "mailauth/dmarc.h"
#include "mailauth/spf.h"
#include "mime/fields.h"
#include "policy/identity.h"

enum authentication_inquiry {		/* one for each evaluator */
	INQUIRY_IPREV,
	INQUIRY_HELO,
	INQUIRY_SPF,
	INQUIRY_SPF_HELO,
	INQUIRY_LISTS,
	INQUIRY_DKIM,
	INQUIRY_ARC,
	INQUIRY_DMARC,
	INQUIRY_COUNT,
};

struct authentication {
	struct session		*session;
	bool			 on;
	bool			 header_done;
	bool			 finishing;	/* the message's last bytes have been given */
	bool			 ended;		/* the message is complete */
	bool			 settled;	/* all that will be known is known */
	bool			 late;		/* the deadline has passed */
	struct sl_client_address client;
	struct sl_fields	*fields;
	struct sl_headers	 headers;
	struct sl_author	 author;
	/* NULL: not asked */
	struct sl_iprev		*iprev;
	struct sl_helo		*helo;
	struct sl_spf		*spf;		/* of MAIL FROM; NULL if that is empty */
	struct sl_spf		*spf_helo;
	struct sl_dnslist_check	*lists;
	struct sl_dkim		*dkim;
	struct sl_arc		*arc;
	struct sl_dmarc		*dmarc;
	bool			 dmarc_ended;	/* it has been told what the others have proven */
	struct inquiry		 inquiries[INQUIRY_COUNT];
	struct sl_timer		 timer;		/* the deadline */
};

void	authentication_init(struct authentication *a, struct session *session);
/* MAIL was accepted: ask what can be asked. */
void	authentication_begin(struct authentication *a);
/* DATA: bytes follow. */
void	authentication_message(struct authentication *a);
/* Decoded message bytes. */
void	authentication_feed(struct authentication *a, const unsigned char *data, size_t len);
/* The message is complete. True: all is known; false: judge_on_authentication follows. */
SL_MUST_USE bool authentication_end(struct authentication *a);
/* Time is up: what is not known is temperror. After the end; judge_on_authentication does not follow. */
void	authentication_expire(struct authentication *a);
void	authentication_abort(struct authentication *a);		/* fine at any time */

/* What is known already? Evaluators that are not done must not be read. */
bool	authentication_knows_spf(const struct authentication *a);
/* The SPF that speaks for the sender: of MAIL FROM, or of HELO where that is empty. */
const struct sl_spf *authentication_spf(const struct authentication *a);

/* When settled: add to the verdict's evidence. */
void	authentication_evidence(struct authentication *a, struct sl_arena *arena, struct sl_verdict *verdict);
/* What is known of who sent it, for policies (policy/identity.h); nothing before it is settled. Borrows from this. */
void	authentication_identity(const struct authentication *a, struct sl_identity *identity_out);
/* authreport.c: our Authentication-Results, with its CRLF, as far as is known and no further; the
 * record's member "auth". Nothing if nothing was asked. */
void	authentication_header(const struct authentication *a, struct sl_buf *out);
void	authentication_record(const struct authentication *a, struct sl_buf *out);

#endif
