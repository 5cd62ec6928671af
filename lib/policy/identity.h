/*
 * identity.h - what a policy asks for because of who sent a message, or did not
 *
 * Facts in, demands out: facts are filled in from evaluators that are done (an edge) or from a record (replaying), and
 * the same facts and policy make the same demands. Also whether the sender is proven, which allow lists want
 * to know (decide.h).
 *
 * Memory: the struct; sentences lie in the caller's arena. Pure. Linear in signatures and the policy's lists.
 */
#ifndef SL_POLICY_IDENTITY_H
#define SL_POLICY_IDENTITY_H

#include "mailauth/author.h"
#include "mailauth/dkim.h"
#include "mailauth/dmarc.h"
#include "mailauth/spf.h"
#include "policy/setting.h"
#include "sl/arena.h"

#define SL_IDENTITY_SIGNERS_MAX	SL_DKIM_SIGNATURES_MAX
#define SL_IDENTITY_DEMANDS_MAX	4

/* A domain with a signature that passes; or that might, had DNS answered. */
struct sl_identity_signer {
	struct sl_slice	domain;
	bool		passes;		/* false: unsure */
};

/* All borrowed. Domains are lower case A-labels. */
struct sl_identity {
	bool			 known;		/* false: nobody was asked, and nothing is demanded */
	enum sl_author_status	 author;
	struct sl_slice		 author_domain;	/* of ONE */
	enum sl_dmarc_result	 dmarc;		/* NONE also where it was not asked */
	enum sl_dmarc_policy	 disposition;	/* what the author's domain wants done with this message */
	enum sl_spf_result	 spf;		/* of MAIL FROM, or of HELO where that is empty */
	bool			 spf_is_helo;
	struct sl_slice		 spf_domain, spf_explanation;
	struct sl_identity_signer signers[SL_IDENTITY_SIGNERS_MAX];
	size_t			 signers_len;
	bool			 arc_passes;
	struct sl_slice		 arc_sealer;	/* d= of the last seal */
	bool			 tls;		/* the sender's session is under TLS */
	struct sl_slice		 client;	/* its address, as text */
};

/* Demands, in order; returns how many. Words: "forged", "unauthenticated". DELIVER as an action demands nothing. A
 * partner whose proof DNS did not tell is deferred at most. */
size_t	sl_identity_demands(const struct sl_identity *identity, const struct sl_policy *policy,
	    struct sl_arena *arena, struct sl_demand demands_out[SL_IDENTITY_DEMANDS_MAX]);

/* Is the last ARC seal valid, and of a domain that the policy trusts? It overrides DMARC and SPF. */
bool	sl_identity_is_trusted(const struct sl_identity *identity, const struct sl_policy *policy);
/* Is From's domain proven: by DMARC where it has a result, else by DKIM or SPF of it, or of a domain above or below? */
bool	sl_identity_from_proven(const struct sl_identity *identity, const struct sl_policy *policy);
/* Is the envelope's sender: by SPF of MAIL FROM, or DKIM of its domain, or one above or below? Empty: no. */
bool	sl_identity_envelope_proven(const struct sl_identity *identity, struct sl_slice envelope_domain);

#endif
