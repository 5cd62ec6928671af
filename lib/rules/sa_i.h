/* sa_i.h - shared inside the reading of a message as SpamAssassin does it: sa_*.c */

#ifndef SL_RULES_SA_I_H
#define SL_RULES_SA_I_H

#include "rules/sa_view.h"
#include "sl/arena.h"
#include "sl/buf.h"

#define SA_LINE_MAX	((size_t)2048)		/* a line of text or of a body */
#define SA_NAME_MAX	((size_t)256)		/* a field's name */
#define SA_VALUE_MAX	((size_t)8192)		/* a field's value */
#define SA_HEADER_MAX	((size_t)65536)		/* all fields together, in "ALL" */
#define SA_URI_MAX	((size_t)8192)
#define SA_PARTS_MAX	1000
#define SA_DEPTH_MAX	20
#define SA_FIELDS_MAX	4096			/* of one part; SpamAssassin has no limit */
#define SA_URIS_MAX	20000			/* of one message; likewise */
#define SA_GROUPS_MAX	16

/* ---- small tools, sa_tool.c ---- */

struct sa_list {
	struct sl_slice	*at;
	size_t		 len, size;
};
void	sa_list_add(struct sa_list *list, struct sl_slice s);
void	sa_list_fini(struct sa_list *list);

/* A set of slices, or a map to a number; the slices are borrowed. */
struct sa_set {
	struct sa_set_row {
		struct sl_slice	key;
		size_t		value;
	} *rows;
	size_t	len, size;
};
/* False: it was there already. */
bool	sa_set_add(struct sa_set *set, struct sl_slice key, size_t value);
bool	sa_set_has(const struct sa_set *set, struct sl_slice key, size_t *value_out);
void	sa_set_fini(struct sa_set *set);

/* As Perl's \s for bytes: with VT. */
static inline bool
sa_is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
sa_is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
sa_is_alpha(unsigned char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool
sa_is_word(unsigned char c)
{
	return sa_is_alpha(c) || sa_is_digit(c) || c == '_';
}

struct sl_slice	sa_trim(struct sl_slice s);		/* sa_is_space at both ends */
struct sl_slice	sa_trim_end(struct sl_slice s);
size_t	sa_find(struct sl_slice s, struct sl_slice what, size_t from);	/* SIZE_MAX: not in it */
size_t	sa_ifind(struct sl_slice s, struct sl_slice what, size_t from);
static inline size_t
sa_index(struct sl_slice s, unsigned char c, size_t from)
{
	const unsigned char *at = from < s.len ? memchr(s.ptr + from, c, s.len - from) : NULL;

	return at == NULL ? SIZE_MAX : (size_t)(at - s.ptr);
}
static inline struct sl_slice
sa_sub(struct sl_slice s, size_t from, size_t to)
{
	SL_ASSERT(from <= to && to <= s.len);
	return sl_slice(s.ptr + from, to - from);
}
bool	sa_ends(struct sl_slice s, struct sl_slice end);
bool	sa_starts(struct sl_slice s, struct sl_slice start);
/* The length of the white space at s[i] as Perl's \s sees characters; 0: it is none. */
size_t	sa_space_at(struct sl_slice s, size_t i, bool unicode);
bool	sa_is_ascii(struct sl_slice s);
bool	sa_is_utf8(struct sl_slice s);
/* Decode one character of valid UTF-8. */
uint32_t sa_char_at(struct sl_slice s, size_t i, size_t *len_out);
size_t	sa_utf8_put(uint32_t c, unsigned char out[4]);
void	sa_add_char(struct sl_buf *out, uint32_t c);
size_t	sa_count_chars(struct sl_slice s);

/* ---- regular expressions, sa_conf.c, sa_re.h ---- */

enum sa_re {
#define SA_RE_ENUM(name, flags, pattern) SA_RE_##name,
#include "rules/sa_re.h"
#undef SA_RE_ENUM
	SA_RE_COUNT,
};

struct sa_match {
	struct sl_slice	 subject;
	size_t		 groups[2 * SA_GROUPS_MAX];	/* starts and ends; SIZE_MAX: unset */
};
struct sa_regex;		/* compiled */
int	sa_regex_group(const struct sa_regex *regex, const char *name);	/* its number; 0: none */
/* A pattern that rules give as an argument, compiled beforehand; NULL: it is not. */
const struct sa_regex *sa_conf_pattern(const struct sl_sa_conf *conf, const char *pattern);
struct sa_regex *sa_regex_new(struct sl_slice pattern, uint32_t options);	/* NULL: it is wrong */
void	sa_regex_free(struct sa_regex **regex);
bool	sa_regex_match(const struct sa_regex *regex, struct sl_slice subject, size_t from,
	    struct sa_match *match);
bool	sa_match(const struct sl_sa_conf *conf, enum sa_re re, struct sl_slice subject, size_t from,
	    struct sa_match *match);
static inline bool
sa_test(const struct sl_sa_conf *conf, enum sa_re re, struct sl_slice subject)
{
	struct sa_match match;

	return sa_match(conf, re, subject, 0, &match);
}
static inline bool
sa_has_group(const struct sa_match *match, unsigned n)
{
	return match->groups[2 * n] != SIZE_MAX;
}
static inline struct sl_slice
sa_group(const struct sa_match *match, unsigned n)
{
	return sa_has_group(match, n)
	    ? sa_sub(match->subject, match->groups[2 * n], match->groups[2 * n + 1]) : sl_slice("", 0);
}

/* ---- what the .cf files say, sa_conf.c ---- */

struct sa_named_list {
	struct sl_slice	name;
	struct sa_list	exact;		/* values, in lower case where that does not matter */
	struct sa_set	set;
	struct sa_list	globs;		/* with * or ? */
};

struct sl_sa_conf {
	unsigned		 magic;
	struct sl_arena		 arena;
	struct sa_regex		*regexes[SA_RE_COUNT];
	struct sa_received	*received;
	struct sa_list		 patterns;		/* arguments of eval functions, as written */
	struct sa_regex		**pattern_regexes;
	struct sa_regex		**redirectors;
	size_t			 redirectors_len;
	struct sa_set		 tlds, tlds2, tlds3;
	struct sa_list		 originating_ip_headers;
	struct sa_set		 freemail;
	struct sa_list		 freemail_globs;
	struct sa_set		 freemail_skip;
	struct sa_named_list	*address_lists, *uri_lists;
	size_t			 address_lists_len, uri_lists_len;
};
bool	sa_glob(struct sl_slice pattern, struct sl_slice text);		/* * and ?, case as it is */

bool	sa_fqdn_valid(struct sl_slice host);		/* is_fqdn_valid(host, 1) */
bool	sa_domain_valid(const struct sl_sa_conf *conf, struct sl_slice domain);	/* ends in a known TLD */
/* trim_domain: into `out` (at least host.len bytes); returns it. */
struct sl_slice sa_trim_domain(const struct sl_sa_conf *conf, struct sl_slice host, unsigned char *out);

/* ---- the message ---- */

struct sa_field {
	struct sl_slice	 name;
	struct sl_slice	 raw;		/* as it came, with its line ends (LF) */
	struct sl_slice	 value;		/* unfolded, decoded, no line end */
	size_t		 next;		/* the next of that name; SIZE_MAX: none */
	bool		 is_first;	/* of that name */
};

struct sa_fields {
	struct sa_field	*at;
	size_t		 len, size;
};

struct sa_html;

struct sa_node {
	struct sa_node	*first, *last, *next;	/* children */
	bool		 has_children;		/* is no leaf; it may have none for all that */
	struct sa_fields fields;
	struct sl_slice	 type;			/* lower case */
	bool		 has_boundary, has_charset, has_file_name;
	struct sl_slice	 boundary, charset, file_name;
	bool		 has_raw;
	struct sl_slice	 raw;			/* encoded */
	bool		 is_decoded;
	struct sl_slice	 decoded;
	bool		 is_rendered, rendered_html;
	bool		 has_text;		/* rendered to text at all */
	bool		 wide;			/* text is characters, not bytes */
	struct sl_slice	 text;			/* UTF-8 */
	size_t		 text_source_len;	/* decoded bytes it was made of */
	struct sa_html	*html;
};

enum sa_flag {		/* oddities that eval functions ask for */
	SA_TRUNCATED_HEADER = 1,
	SA_MISSING_HEAD_BODY_SEPARATOR = 2,
	SA_MISSING_MIME_HEADERS = 4,
	SA_MISSING_MIME_HEAD_BODY_SEPARATOR = 8,
	SA_MIME_EPILOGUE = 16,
	SA_PART_LIMIT = 32,
};

struct sa_relay {
	struct sl_slice	ip, rdns, helo, by, ident, id, auth, envfrom;
	bool		has_envfrom, no_reverse_dns, rdns_not_in_headers, is_private, internal;
	struct sl_slice	as_string;
};

struct sa_relays {
	struct sa_relay	*at;
	size_t		 len, size;
};

struct sa_uri {			/* a row of get_uri_detail_list */
	struct sl_slice	 raw;
	struct sa_list	 cleaned;
	struct sa_list	 hosts, domains;	/* in pairs */
	unsigned	 types;			/* SA_URI_* */
	struct sa_list	 anchors;
};
#define SA_URI_TYPES(X)	\
	X(PARSED, "parsed") X(UNLINKED, "unlinked") X(SCHEMELESS, "schemeless") X(A, "a") X(AREA, "area") \
	X(LINK, "link") X(IMG, "img") X(FRAME, "frame") X(IFRAME, "iframe") X(EMBED, "embed") \
	X(SCRIPT, "script") X(FORM, "form") X(BASE, "base") X(BGSOUND, "bgsound") X(META, "meta") \
	X(BODY, "body") X(TABLE, "table") X(TR, "tr") X(TD, "td")
enum sa_uri_type {
#define SA_URI_TYPE_ENUM(name, word) SA_URI_##name,
	SA_URI_TYPES(SA_URI_TYPE_ENUM)
#undef SA_URI_TYPE_ENUM
	SA_URI_TYPE_COUNT,
};

struct sa_cached {		/* a looked-up header */
	struct sl_slice	 name;
	struct sa_list	 values;
	bool		 is_joined;
	struct sl_slice	 joined;
};

struct sl_sa_view {
	unsigned			 magic;
	const struct sl_sa_conf		*conf;
	struct sl_buf			 message;
	bool				 is_finished;
	struct sl_arena			 arena;
	struct sa_node			*root;
	unsigned			 flags;		/* enum sa_flag */
	bool				 crlf;
	struct sl_slice			 pristine, pristine_headers, pristine_body;
	struct sl_slice			 mbox_line;
	bool				 parts_done;
	struct sa_node			**parts;	/* depth first */
	size_t				 parts_len;
	struct sa_list			 body, raw_body, uris;
	bool				 body_done, raw_body_done, uris_done;
	bool				 body_wide;
	struct sa_html			*html;		/* of the last page */
	struct sa_cached		**cache;
	size_t				 cache_len, cache_size;
	bool				 relays_done;
	struct sa_relays		 relays[4];	/* enum sa_trust */
	struct sl_slice			 relays_text[4];
	size_t				 relays_unparseable;
	int				 last_trusted, last_internal;
	bool				 envelope_done, has_envelope;
	struct sl_slice			 envelope;
	struct sa_uri			*uri_rows;
	size_t				 uri_rows_len, uri_rows_size;
	struct sa_set			 uri_index;
	bool				 uri_truncated;
	void				*eval[4];	/* what eval functions keep, in the arena */
};
enum sa_trust { SA_TRUSTED, SA_UNTRUSTED, SA_INTERNAL, SA_EXTERNAL };

void	*sa_alloc(struct sl_sa_view *view, size_t size);
struct sl_slice sa_keep(struct sl_sa_view *view, struct sl_slice s);
struct sl_slice sa_keep_buf(struct sl_sa_view *view, struct sl_buf *buf);	/* and _fini it */
struct sl_slice sa_lower(struct sl_sa_view *view, struct sl_slice s);
struct sl_slice sa_cat(struct sl_sa_view *view, const struct sl_slice *parts, size_t len);
#define SA_CAT(view, ...)	sa_cat((view), (const struct sl_slice[]){ __VA_ARGS__ },		\
	    SL_COUNT(((const struct sl_slice[]){ __VA_ARGS__ })))

/* sa_message.c: the tree of parts */
void	sa_message_parse(struct sl_sa_view *view);
struct sl_slice sa_decode_part(struct sl_sa_view *view, struct sa_node *node);
bool	sa_is_text_html(const struct sa_node *node);	/* effective_type: its name ends in .html */
struct sl_slice sa_effective_type(const struct sa_node *node);
struct sa_content_type {
	struct sl_slice	type, boundary, charset, name;
	bool		has_boundary, has_charset, has_name, is_missing;
};
void	sa_content_type(struct sl_sa_view *view, struct sl_slice value, struct sa_content_type *out);
/* The last field of that name; false: there is none. */
const struct sa_field *sa_field_last(const struct sa_node *node, struct sl_slice name);
const struct sa_field *sa_field_first(const struct sa_node *node, struct sl_slice name);

/* sa_decode.c: transfer encodings and charsets */
struct sl_slice sa_base64(struct sl_sa_view *view, struct sl_slice in);
struct sl_slice sa_quoted_printable(struct sl_sa_view *view, struct sl_slice in);
/* As UTF-8. *wide_out: it was decoded at all. `insist`: what is wrong in the declared charset is replaced. */
struct sl_slice sa_normalize(struct sl_sa_view *view, struct sl_slice in, struct sl_slice charset,
	    bool insist, bool *wide_out);
/* _decode_header: line ends out, encoded words decoded. */
struct sl_slice sa_decode_words(struct sl_sa_view *view, struct sl_slice body, struct sl_slice name);

/* sa_text.c: what body and rawbody rules see */
void	sa_render(struct sl_sa_view *view, struct sa_node *node);
void	sa_body(struct sl_sa_view *view);
void	sa_raw_body(struct sl_sa_view *view);

/* sa_header.c */
const struct sa_list *sa_get(struct sl_sa_view *view, const char *name);
struct sl_slice sa_get_first(struct sl_sa_view *view, const char *name);	/* without its line end; "" */
struct sl_slice sa_get_joined(struct sl_sa_view *view, const char *name);	/* get() in scalar context; "" */
const struct sl_slice *sa_envelope_from(struct sl_sa_view *view);		/* NULL: not known */

/* sa_address.c */
struct sa_address {
	bool		has_phrase, has_address, has_comment;
	struct sl_slice	phrase, address, comment;
};
/* At most `size` of them. */
size_t	sa_addresses(struct sl_sa_view *view, struct sl_slice raw, struct sa_address *out, size_t size);
#define SA_ADDRESSES_MAX	1000

/* sa_received.c */
void	sa_relays(struct sl_sa_view *view);

/* sa_uri.c */
void	sa_uris(struct sl_sa_view *view);
/* uri_to_domain. False: it has none. host_out may be NULL. */
bool	sa_uri_domain(struct sl_sa_view *view, struct sl_slice uri, struct sl_slice *domain_out,
	    struct sl_slice *host_out);
struct sl_slice sa_url_encode(struct sl_sa_view *view, struct sl_slice url);
bool	sa_is_ip(const struct sl_sa_conf *conf, struct sl_slice s);

#endif
