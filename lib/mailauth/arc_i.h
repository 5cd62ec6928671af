/* arc_i.h - what verifying and sealing share */
#ifndef SL_MAILAUTH_ARC_I_H
#define SL_MAILAUTH_ARC_I_H

#include "mailauth/arc.h"
#include "mailauth/dkim_i.h"

#define ARC_MAGIC	0x5da2c001u
#define ARC_KEYS_MAX	(SL_ARC_SETS_MAX + 1)
#define ARC_KEY_OCTETS	300	/* of an RSA key of 2048 bits, in DER */

enum arc_kind {			/* in the order in which a seal covers them (RFC 8617, 5.1.1) */
	ARC_RESULTS,
	ARC_MESSAGE,
	ARC_SEAL,
	ARC_KINDS,
};

struct arc_set {
	size_t	place[ARC_KINDS];	/* in the header, and one: 0 is absent */
};

struct arc_key {
	char			 name[SL_DNS_NAME_MAX + 1];
	enum sl_key_type	 type;
	bool			 asked, here;
	size_t			 uses;		/* signatures to check with it */
	const char		*fault;		/* why it is of no use; NULL: it is */
	unsigned char		*data;		/* owned */
	size_t			 len;
};

struct sl_arc {
	unsigned			 magic;
	const struct sl_headers		*headers;	/* kept */
	struct sl_keys			*keys;		/* kept */
	unsigned			 count;		/* sets; set i is sets[i - 1] */
	struct arc_set			 sets[SL_ARC_SETS_MAX];
	size_t				 key_count;
	struct arc_key			*arc_keys[ARC_KEYS_MAX];
	struct signature		 message;	/* of the last message signature */
	bool				 will_seal;
	size_t				 seal_hash;	/* of the body, for a link of our own */
	struct body_hashes		 body;
	bool				 has_message;
	bool				 closed;
	bool				 chain_checked;	/* all but the body */
	bool				 failed;
	const char			*reason;
	char				 sealer[SL_DNS_NAME_MAX + 1];
};

extern const char *const arc_names[ARC_KINDS];

/* Add the fields of set i to a seal's hash; the seal itself only if whole. */
void	arc_digest_set(EVP_MD_CTX *ctx, const struct sl_headers *headers, const struct arc_set *set,
	    bool with_seal);

#endif
