/*
 * url.h - URLs, as a browser reads them (the WHATWG's URL standard)
 *
 * What a browser would open is what has to be looked up, so the parser follows the standard to the
 * letter: tabs and line ends inside vanish, backslashes are slashes, hosts are percent-decoded,
 * mapped (domain/idna.h) and, when they end in a number, read as IPv4 in any base. What was odd
 * on the way, and honest links seldom are, is told in flags.
 *
 * Memory: struct sl_url, about 8 KiB; a copy of the input while it is parsed if there are tabs or
 * line ends in it; 80 KiB of stack. Time: linear in the input, which may have any length: only
 * what is kept is bounded. An href that passes its limit is cut in the path or behind it, a user
 * or password by itself, so that the host is never out of sight; SL_URL_CUT says so.
 *
 * Limits: bytes that are not UTF-8 are read as U+FFFD. Queries are UTF-8 whatever the document's
 * charset. Schemes have no meaning beyond the standard's special ones; a "blob:" has no origin.
 */
#ifndef SL_URL_URL_H
#define SL_URL_URL_H

#include "domain/suffix.h"

#define SL_URL_HREF_MAX		8192	/* bytes of the whole URL, written out */
#define SL_URL_HOST_MAX		2048	/* a longer host is SL_ERR_TOO_LONG: DNS takes 253 */
#define SL_URL_SCHEME_MAX	64	/* a longer scheme likewise */
#define SL_URL_USER_MAX		512	/* of user and password, each */

/* What was odd: name, bit, the sentence. */
#define SL_URL_FLAGS(X)									\
	X(SL_URL_CUT, 0, "longer than the limit, and cut")				\
	X(SL_URL_CONTROLS, 1, "tabs or line ends inside")				\
	X(SL_URL_BACKSLASH, 2, "a backslash in place of a slash")			\
	X(SL_URL_SLASHES, 3, "not two slashes behind the scheme")			\
	X(SL_URL_USERINFO, 4, "a user name or password")				\
	X(SL_URL_AT_TWICE, 5, "more than one @ before the host")			\
	X(SL_URL_PORT, 6, "a port that is not the scheme's own")			\
	X(SL_URL_HOST_ESCAPED, 7, "percent-encoding in the host")			\
	X(SL_URL_HOST_MAPPED, 8, "characters in the host that stand for others, or for nothing") \
	X(SL_URL_HOST_CASE, 9, "upper case in the host")				\
	X(SL_URL_HOST_ODD, 10, "a host that no registry would take")			\
	X(SL_URL_IDN, 11, "a host with labels that are not ASCII")			\
	X(SL_URL_IPV4_ODD, 12, "an IPv4 address in another notation than four numbers")	\
	X(SL_URL_DOTS, 13, "a path with .. in it")					\
	X(SL_URL_NOT_UTF8, 14, "bytes that are not UTF-8")				\
	X(SL_URL_RELATIVE, 15, "relative to another URL")

enum sl_url_flag {
#define SL_URL_FLAG_ENUM(name, bit, text) name = 1 << bit,
	SL_URL_FLAGS(SL_URL_FLAG_ENUM)
#undef SL_URL_FLAG_ENUM
};

enum sl_url_host_kind {
	SL_URL_HOST_NONE,	/* "mailto:a@b": there is no place for one */
	SL_URL_HOST_EMPTY,	/* "file:///x" */
	SL_URL_HOST_DOMAIN,	/* lower case A-labels */
	SL_URL_HOST_IPV4,	/* "192.0.2.1" */
	SL_URL_HOST_IPV6,	/* "[2001:db8::1]" */
	SL_URL_HOST_OPAQUE,	/* of a scheme that is not special: anything */
};

/* Read it through the functions below. It may be copied. */
struct sl_url {
	enum sl_url_host_kind	host_kind;
	unsigned		flags;		/* of sl_url_flag */
	int			port;		/* -1: none, or the scheme's own */
	bool			special;	/* http, https, ws, wss, ftp, file */
	bool			opaque_path;	/* "mailto:a@b": the path is not of segments */
	bool			has_query, has_fragment;
	/* Where in href: [start, end). */
	uint16_t		scheme_end, user_start, user_end, password_start, password_end;
	uint16_t		host_start, host_end, path_start, path_end, query_end, len;
	char			href[SL_URL_HREF_MAX + 1];	/* NUL behind it */
};

/* Parse `input` (UTF-8), relative to `base` if that is not NULL. Returns 0; SL_ERR_SYNTAX for what
 * a browser would not open; SL_ERR_TOO_LONG. *out must not be *base. */
SL_MUST_USE int	sl_url_parse(struct sl_slice input, const struct sl_url *base, struct sl_url *out);

/* All slices are of url->href. */
struct sl_slice	sl_url_href(const struct sl_url *url);
struct sl_slice	sl_url_scheme(const struct sl_url *url);	/* lower case, without ":" */
struct sl_slice	sl_url_user(const struct sl_url *url);
struct sl_slice	sl_url_password(const struct sl_url *url);
struct sl_slice	sl_url_host(const struct sl_url *url);		/* IPv6 with its brackets */
struct sl_slice	sl_url_path(const struct sl_url *url);
struct sl_slice	sl_url_query(const struct sl_url *url);		/* without "?" */
struct sl_slice	sl_url_fragment(const struct sl_url *url);	/* without "#" */
/* The port in use: its own or the scheme's; -1 if neither is known. */
int		sl_url_port(const struct sl_url *url);
/* The registrable domain, a tail of the host; empty for addresses and for suffixes themselves. */
struct sl_slice	sl_url_registrable(const struct sl_url *url, const struct sl_suffix *suffix);

/* The sentence for one bit; never NULL, static. */
const char	*sl_url_flag_text(enum sl_url_flag flag);

#endif
