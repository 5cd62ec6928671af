/*
 * answer.h - an SMTP answer on its way to the sender: code, enhanced status, text
 *
 * Fixed size, so that it can be kept over the end of the message it refuses.
 */
#ifndef EDGE_ANSWER_H
#define EDGE_ANSWER_H

#include "sl/base.h"

struct answer {
	int	code;			/* 0: none */
	char	enhanced[12];		/* "4.4.1"; "": none */
	char	text[512];		/* lines parted by '\n' */
	bool	from_hop;		/* the next hop's own words (masked) */
	bool	uncertain;		/* after the final dot: what became of the message is not known */
};

void	answer_set(struct answer *answer, int code, const char *enhanced, const char *format, ...)
	    SL_PRINTF(4, 5);
void	answer_vset(struct answer *answer, int code, const char *enhanced, const char *format, va_list ap) SL_PRINTF(4, 0);

static inline bool
answer_is_positive(const struct answer *answer)
{
	return answer->code >= 200 && answer->code < 300;
}

#endif
