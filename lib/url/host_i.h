/* host_i.h - inside lib/url: the host of a URL (URL standard, 3.5) */
#ifndef SL_URL_HOST_I_H
#define SL_URL_HOST_I_H

#include "url/url.h"

struct host {
	char			text[SL_URL_HOST_MAX + 1];	/* written out, NUL behind it */
	size_t			len;
	enum sl_url_host_kind	kind;
};

/* `in` is not empty. *flags_io gets what was odd. Returns 0, SL_ERR_SYNTAX, SL_ERR_TOO_LONG. */
SL_MUST_USE int	host_parse(struct sl_slice in, bool special, struct host *host_out, unsigned *flags_io);

/* The value of a hex digit, or -1. */
int		hex_value(unsigned char c);

#endif
