/*
 * auth.h - what authentication found, as evidence
 *
 * A pass proves who speaks, not that he means well: it weighs little, as senders of spam sign too.
 * A fail weighs as much as the domain itself makes of it. What was not published weighs next
 * to nothing: all of it together does not reach the default threshold for a tag, and neither does
 * what forwarding breaks in honest mail whose domain asks for nothing.
 * What DNS did not answer in time is failed evidence and weighs nothing: never "clean".
 *
 * The weights are priors: estimates that stand in one table (auth.c) until training replaces
 * them.
 */
#ifndef SL_CLASSIFY_AUTH_H
#define SL_CLASSIFY_AUTH_H

#include "classify/classify.h"
#include "mailauth/arc.h"
#include "mailauth/client.h"
#include "mailauth/dkim.h"
#include "mailauth/dmarc.h"
#include "mailauth/spf.h"

/* All borrowed for the call, and done. NULL: not asked, no evidence. */
struct sl_auth_findings {
	const char			*address;	/* the client's, as text */
	const struct sl_spf		*spf;		/* of MAIL FROM, or of HELO if that is empty */
	const struct sl_spf		*spf_helo;
	const struct sl_dkim		*dkim;
	const struct sl_dmarc		*dmarc;
	const struct sl_arc		*arc;
	bool				 arc_trusted;	/* its last sealer is one that settings trust */
	const struct sl_iprev		*iprev;
	const struct sl_helo		*helo;
};

/* Add evidence named spf, spf_helo, dkim, dmarc, arc, iprev and helo. Sentences are kept in arena. */
void	sl_auth_evidence(const struct sl_auth_findings *findings, struct sl_arena *arena,
	    struct sl_verdict *verdict);

#endif
