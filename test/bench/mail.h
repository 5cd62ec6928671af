/*
 * mail.h - the messages that smtp-load sends, made ready for the wire once
 */
#ifndef SLUICE_BENCH_MAIL_H
#define SLUICE_BENCH_MAIL_H

#include "sl/base.h"

struct mail {		/* CRLF line ends, dots doubled, final dot included */
	unsigned char	*wire;
	size_t		 len;
};

struct mailbag {
	struct mail	*mails;
	size_t		 len;
	uint64_t	 bytes;		/* of all of them */
	size_t		 left_out;	/* files that are not legal on the wire: NUL, line over 998 */
};

/* Add a message of about size_bytes: a header and lines of base64-like text, the same each time. */
void			mailbag_add_synthetic(struct mailbag *bag, size_t size_bytes);
/* Add every regular file under a directory, in order of names, at most `max` of them (0: all). An
 * mbox `From ` line in front is dropped, LF becomes CRLF, a CR that ends no line is dropped.
 * Returns 0 or SL_ERR_SYSTEM. */
SL_MUST_USE int		mailbag_add_directory(struct mailbag *bag, const char *path, size_t max);
void			mailbag_fini(struct mailbag *bag);

#endif
