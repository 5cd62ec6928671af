/*
 * command.h - the sender's commands and their parameters (RFC 5321, 4.1)
 *
 * A line becomes a verb and an argument; MAIL, RCPT, EHLO and BDAT arguments become
 * structures. Nothing here knows a session's state or a policy: what is well-formed is
 * described, what is not comes back with the reply that says so.
 */
#ifndef SL_SMTP_COMMAND_H
#define SL_SMTP_COMMAND_H

#include "smtp/address.h"
#include "smtp/reply.h"

#define SL_SMTP_VERBS(X)							\
	X(EHLO) X(HELO) X(MAIL) X(RCPT) X(DATA) X(BDAT) X(RSET) X(NOOP) X(QUIT)	\
	X(STARTTLS) X(AUTH) X(VRFY) X(EXPN) X(HELP) X(ETRN) X(XCLIENT) X(XFORWARD)

enum sl_smtp_verb {
#define SL_SMTP_VERB_ENUM(name) SL_SMTP_##name,
	SL_SMTP_VERBS(SL_SMTP_VERB_ENUM)
#undef SL_SMTP_VERB_ENUM
	SL_SMTP_UNKNOWN,
};

struct sl_smtp_command {
	enum sl_smtp_verb	verb;
	struct sl_slice		word;		/* the verb as written */
	struct sl_slice		argument;	/* what follows it, white space trimmed at both ends */
};

/* Every line is a command, if only an unknown one. Slices point into `line`. */
void	sl_smtp_command_parse(struct sl_slice line, struct sl_smtp_command *command_out);
const char *sl_smtp_verb_name(enum sl_smtp_verb verb);	/* "MAIL"; "?" for SL_SMTP_UNKNOWN */

#define SL_SMTP_PARAMS_MAX	16

struct sl_smtp_param {
	struct sl_slice	name;		/* esmtp-keyword as written */
	struct sl_slice	value;		/* empty, ptr NULL: there was no '=' */
};

enum sl_smtp_body { SL_SMTP_BODY_7BIT, SL_SMTP_BODY_8BITMIME, SL_SMTP_BODY_BINARYMIME };

/* MAIL FROM:<path> [parameters]. Unknown parameters stay in `params` for the caller to refuse
 * (555); the known ones are checked here and also described by the fields. */
struct sl_smtp_mail {
	struct sl_smtp_address	from;
	bool			has_size;	/* RFC 1870 */
	uint64_t		size_bytes;
	bool			has_body;	/* RFC 6152 */
	enum sl_smtp_body	body;
	bool			smtputf8;	/* RFC 6531 */
	struct sl_smtp_param	params[SL_SMTP_PARAMS_MAX];
	size_t			params_len;
};

/* RCPT TO:<path> [parameters]. */
struct sl_smtp_rcpt {
	struct sl_smtp_address	to;
	struct sl_smtp_param	params[SL_SMTP_PARAMS_MAX];
	size_t			params_len;
};

/* Parse a command's argument. Return 0, or SL_ERR_SYNTAX with *reply_out the honest answer
 * (501 5.1.7, 501 5.1.3, 501 5.5.4, 500 5.5.2 ...; its text is static). Whether the path's
 * domain exists or is ours is not asked here. Slices point into `argument`. Tolerated: white
 * space after the colon (RFC 5321, 4.1.1: not allowed, often sent). A parameter given twice is
 * 501 5.5.4. A SIZE of up to 20 digits that no uint64_t holds is 552 5.3.4. A sender's address
 * that needs SMTPUTF8 without that parameter is 553 5.6.7 (RFC 6531, 3.5); of a recipient's the
 * caller has to ask the same, as it depends on MAIL. AUTH= (RFC 4954) is checked for syntax and,
 * like RET, ENVID, NOTIFY, ORCPT (RFC 3461), left in `params`. <postmaster> is a recipient only,
 * <> a sender only. */
SL_MUST_USE int	sl_smtp_mail_parse(struct sl_slice argument, struct sl_smtp_mail *mail_out,
		    struct sl_smtp_status *reply_out);
SL_MUST_USE int	sl_smtp_rcpt_parse(struct sl_slice argument, struct sl_smtp_rcpt *rcpt_out,
		    struct sl_smtp_status *reply_out);
/* EHLO's and HELO's argument: a domain or an address literal, as lenient as real senders need
 * (underscores, a single label); refused are an empty one, white space or control bytes in it,
 * and more than 255 octets. */
bool	sl_smtp_helo_ok(struct sl_slice argument);
/* BDAT chunk-size [LAST] (RFC 3030). Returns 0 or SL_ERR_SYNTAX. */
SL_MUST_USE int	sl_smtp_bdat_parse(struct sl_slice argument, uint64_t *size_bytes_out,
		    bool *last_out);

#endif
