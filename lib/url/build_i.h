/* build_i.h - inside lib/url: a URL in the making (URL standard, 4.4) */
#ifndef SL_URL_BUILD_I_H
#define SL_URL_BUILD_I_H

#include "url/url.h"

/* Which bytes are percent-encoded where (URL standard, 1.3); controls and all above ASCII are
 * everywhere. */
enum encode_set {
	ENCODE_CONTROLS = 0,	/* nothing else */
	ENCODE_FRAGMENT = 1,
	ENCODE_QUERY = 2,
	ENCODE_SPECIAL_QUERY = 4,
	ENCODE_PATH = 8,
	ENCODE_USERINFO = 16,
};
#define ENCODE_ALL	(ENCODE_FRAGMENT | ENCODE_QUERY | ENCODE_SPECIAL_QUERY | ENCODE_PATH | ENCODE_USERINFO)

/* A URL in the making. `in` is what is left of the input, without query and fragment. */
struct build {
	struct sl_url		*url;
	const struct sl_url	*base;
	struct sl_slice		 in, query, fragment;
	bool			 has_query, has_fragment;
	bool			 is_file;
	size_t			 limit;		/* of href, for what is now written */
	bool			 full;		/* a limit was met: nothing goes in any more */
};

static inline bool
is_alpha(unsigned char c)
{
	c = sl_ascii_lower(c);
	return c >= 'a' && c <= 'z';
}

static inline bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* Writing (url_put.c). All or nothing of `len` bytes: no "%XX" is torn. */
void	url_put(struct build *b, const void *bytes, size_t len);
void	url_put_slice(struct build *b, struct sl_slice s);
void	url_put_encoded(struct build *b, struct sl_slice s, enum encode_set set);

/* A slash, or of a special URL a backslash, which is told. */
bool	url_is_slash(const struct build *b, unsigned char c);
bool	url_starts_with_slash(const struct build *b, size_t at);
/* Length of the front of b->in up to a slash. */
size_t	url_until_slash(const struct build *b);

/* "C:" or "C|" at the front, and then nothing, or what ends a segment. */
bool	url_starts_with_drive(const struct build *b);
bool	url_is_drive_path(struct sl_slice path);	/* "/C:" */
/* Take off the last segment (URL standard, 4.4, "shorten"). */
void	url_path_shorten(struct build *b);
/* b->in is the path from its first segment on. */
void	url_put_path(struct build *b);
/* Behind an authority: the path begins with a slash, said or not. */
void	url_put_path_start(struct build *b);
void	url_put_opaque_path(struct build *b);	/* URL standard, 4.4, "opaque path state" */
/* Without a host, a path of "//" would be read as one: "/." goes between (URL standard, 4.5). */
void	url_guard_path(struct sl_url *url);

/* Authorities (url_authority.c). No authority, or an empty host behind "//". */
void	url_set_no_host(struct build *b, bool empty);
void	url_copy_authority(struct build *b);	/* the base's */
int	url_put_host(struct build *b, struct sl_slice in);
int	url_put_authority(struct build *b);		/* behind "//": authority, then path */
/* Skip all slashes behind a special scheme, then the authority. */
int	url_put_special_authority(struct build *b);
/* The port of a special scheme, or -1. */
int	url_default_port(const struct sl_url *url);

#endif
