/*
 * dkim_sign.h - sign a message (RFC 6376, 8463) with the canonicaliser that checks signatures
 *
 * Made when the header is complete, fed the body, finished: then there is one header field to
 * put in front. All instances of a named field are signed (of more than 4, the last 4); From,
 * To, Date and Subject are named once more than they occur, so that none can be added
 * afterwards. l= is never used.
 *
 * Memory: 1 KiB and the field.
 */
#ifndef SL_MAILAUTH_DKIM_SIGN_H
#define SL_MAILAUTH_DKIM_SIGN_H

#include "mailauth/canon.h"
#include "mailauth/headers.h"
#include "mailauth/signkey.h"

struct sl_dkim_sign_settings {
	const char			*domain;	/* d= */
	const char			*selector;	/* s= */
	const struct sl_signkey		*key;
	enum sl_canon			 header_canon, body_canon;
	const char			*names;		/* "From:To:..."; NULL: SL_DKIM_SIGN_NAMES */
	int64_t				 now_s;		/* t=; 0: none */
	int64_t				 lifetime_s;	/* x= is so much later; 0: none */
};

/* RFC 6376, 5.4.1; what a message is read by, and nothing that changes on the way. */
#define SL_DKIM_SIGN_NAMES "From:Reply-To:Subject:Date:To:Cc:Resent-Date:Resent-From:Resent-To:"	\
	"Resent-Cc:Message-ID:In-Reply-To:References:MIME-Version:Content-Type:"			\
	"Content-Transfer-Encoding:Content-Disposition:List-Id:List-Unsubscribe:"			\
	"List-Unsubscribe-Post:List-Post"

struct sl_dkim_signer;

/* Everything is kept until the free. */
struct sl_dkim_signer	*sl_dkim_signer_new(const struct sl_headers *headers,
			    const struct sl_dkim_sign_settings *settings);
void	sl_dkim_signer_free(struct sl_dkim_signer **signer);
void	sl_dkim_signer_body(struct sl_dkim_signer *signer, const unsigned char *data, size_t len);
/* Add the field "DKIM-Signature: ..." with its final CRLF. Returns 0 or SL_ERR_SYSTEM. */
SL_MUST_USE int	sl_dkim_signer_finish(struct sl_dkim_signer *signer, struct sl_buf *field_out);

#endif
