/*
 * idna.h - domain names in letters of the world, and as DNS has them (UTS #46, RFC 5891)
 *
 * The processing of UTS #46, non-transitional, as browsers do it: full width letters, capitals,
 * ideographic full stops and invisible characters are mapped first, so that all ways to write one
 * domain, and its U-labels and A-labels, come out equal. What a browser would not look up is
 * refused; what it would but DNS or a registry would not hold is a problem that is told.
 *
 * Memory: about 50 KiB of stack. Time: linear in the domain; a label is looked at up to
 * SL_IDNA_LABEL_MAX code points. No files: ICU's tables are in its library. The first call has
 * ICU set them up: call sl_idna_preload before files and system calls are given up.
 *
 * Limits: the characters of the Unicode version of the ICU it is built with; later ones are refused.
 * CONTEXTO (RFC 5892) is not looked at, as in browsers.
 */
#ifndef SL_DOMAIN_IDNA_H
#define SL_DOMAIN_IDNA_H

#include "dns/dns.h"

#define SL_IDNA_DOMAIN_MAX	8192	/* bytes before, UTF-16 units after mapping, if not plain ASCII */
#define SL_IDNA_LABEL_MAX	256	/* code points of a label that is not ASCII: DNS takes 59 */

/* What is wrong, as bits: name, bit, does it keep a browser from looking the domain up? */
#define SL_IDNA_PROBLEMS(X)							\
	X(SL_IDNA_CODING, 0, true, "not UTF-8, or an A-label that is not well-formed")	\
	X(SL_IDNA_DISALLOWED, 1, true, "a character that no domain may have")	\
	X(SL_IDNA_MARK, 2, true, "a label that begins with a combining mark")	\
	X(SL_IDNA_JOINER, 3, true, "an invisible joiner out of place")		\
	X(SL_IDNA_BIDI, 4, true, "a mixture of writing directions")		\
	X(SL_IDNA_LABEL_LONG, 5, true, "a label far beyond what DNS can hold")	\
	X(SL_IDNA_HYPHENS, 6, false, "a hyphen at an end, or two in place 3 and 4")	\
	X(SL_IDNA_ASCII, 7, false, "an ASCII character but letters, digits, hyphen")	\
	X(SL_IDNA_EMPTY, 8, false, "an empty label")				\
	X(SL_IDNA_LENGTH, 9, false, "a label over 63 or a domain over 253 octets")	\
	X(SL_IDNA_ROOT, 10, false, "a final dot")

enum sl_idna_problem {
#define SL_IDNA_PROBLEM_ENUM(name, bit, fatal, text) name = 1 << bit,
	SL_IDNA_PROBLEMS(SL_IDNA_PROBLEM_ENUM)
#undef SL_IDNA_PROBLEM_ENUM
};

/* The sentence for one bit; never NULL, static. */
const char	*sl_idna_problem_text(enum sl_idna_problem problem);

/* Have ICU ready. False: its tables cannot be had, and only ASCII will be understood. */
bool	sl_idna_preload(void);

/* `domain` (UTF-8) in ASCII, lower case, NUL behind it; a final dot stays. Returns 0,
 * SL_ERR_SYNTAX for what no browser would look up, SL_ERR_TOO_LONG if it passes a limit or `out`.
 * *problems_out, if not NULL, says all that is wrong, also when 0 is returned. */
SL_MUST_USE int	sl_idna_to_ascii(struct sl_slice domain, char *out, size_t out_size, size_t *len_out,
		    unsigned *problems_out);
/* The same in U-labels, UTF-8. A label that is refused stays as it came (mapped), so that there is
 * something to show: `out` is set whenever SL_ERR_TOO_LONG is not returned. */
SL_MUST_USE int	sl_idna_to_unicode(struct sl_slice domain, char *out, size_t out_size, size_t *len_out,
		    unsigned *problems_out);

/* A domain as DNS has it: lower case, U-labels made A-labels, no final dot; of ASCII only the
 * lengths are checked. False: it is none. */
bool	sl_domain_ascii(struct sl_slice domain, char out[SL_DNS_NAME_MAX + 1]);

#endif
