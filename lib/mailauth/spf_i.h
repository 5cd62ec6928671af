/* spf_i.h - inside SPF: the terms of a record, and macros */
#ifndef SL_MAILAUTH_SPF_I_H
#define SL_MAILAUTH_SPF_I_H

#include "mailauth/spf.h"
#include "sl/buf.h"

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT,
	SPF_EXP,
	SPF_OTHER,		/* a modifier that nobody knows: ignored */
};

struct spf_term {
	enum spf_kind		 kind;
	enum sl_spf_result	 result;	/* of a match: its qualifier */
	struct sl_slice		 text;		/* all of it, for the log */
	struct sl_slice		 spec;		/* domain-spec, unexpanded; empty: the current domain */
	unsigned char		 address[16];	/* ip4, ip6 */
	unsigned		 prefix4;	/* bits: 0 to 32 */
	unsigned		 prefix6;	/* bits: 0 to 128 */
};

/* Is this TXT record one of SPF version 1 (RFC 7208, 4.5)? Sets the terms behind the version. */
bool	spf_record_is(struct sl_slice txt, struct sl_slice *terms_out);
/* Take the next term off `terms`. SL_MORE: there is one; SL_DONE: no more; SL_ERR_SYNTAX. */
int	spf_term_next(struct sl_slice *terms, struct spf_term *term_out);

/* What macros stand for (RFC 7208, 7.2). */
struct spf_macros {
	struct sl_slice		 local;
	struct sl_slice		 sender_domain;
	struct sl_slice		 domain;	/* current */
	struct sl_slice		 helo;
	struct sl_slice		 validated;	/* %{p}; empty: "unknown" */
	struct sl_slice		 receiver;
	const unsigned char	*address;
	bool			 is_ipv6;
	int64_t			 now_s;
};

/* Is `spec` a domain-spec (RFC 7208, 7.1)? */
bool	spf_domain_spec_ok(struct sl_slice spec);
/* Is it a macro-string? */
bool	spf_macro_string_ok(struct sl_slice spec);
/* Does it hold %{p}, whose value costs look-ups? */
bool	spf_macro_wants_p(struct sl_slice spec);
/* Expand a checked domain-spec to the name to ask for, the left side cut to 253 octets
 * (RFC 7208, 7.3). False if what came out is no name. */
bool	spf_expand_name(const struct spf_macros *macros, struct sl_slice spec,
	    char name_out[SL_DNS_NAME_MAX + 1]);
/* Expand an explanation, with the macros that only it may use. False if it is not well-formed. */
bool	spf_expand_text(const struct spf_macros *macros, struct sl_slice text, struct sl_buf *out);

#endif
