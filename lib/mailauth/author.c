/* author.c - see mailauth/author.h */

#include "mailauth/author.h"
#include "mailauth/cfws.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,		/* a run of bytes that mean nothing by themselves */
	TOKEN_QUOTED,
	TOKEN_SIGN,		/* one of < > @ , ; : */
	TOKEN_BAD,
};

struct reader {
	struct sl_slice		in;	/* what is left */
	enum token_kind		kind;	/* the token at the front, taken off */
	unsigned char		sign;
	struct sl_slice		text;
	bool			glued;	/* nothing stood before it: no space, no comment */
};

/* What an element of the list was found to hold. */
struct element {
	struct sl_slice	spelled;	/* domain of an address without brackets; empty: none */
	struct sl_slice	bracketed;	/* of the one in brackets */
};

static bool
is_sign(unsigned char c)
{
	return c == '<' || c == '>' || c == '@' || c == ',' || c == ';' || c == ':';
}

static bool
is_word_byte(unsigned char c)
{
	return c > ' ' && c != 0x7f && !is_sign(c) && c != '(' && c != ')' && c != '"' && c != '\\';
}

static void
token_take(struct reader *r, enum token_kind kind, size_t len)
{
	r->kind = kind;
	r->text = sl_slice(r->in.ptr, len);
	r->sign = kind == TOKEN_SIGN ? r->in.ptr[0] : 0;
	r->in = sl_slice_from(r->in, len);
}

static void
token_next(struct reader *r)
{
	size_t left = r->in.len, n = 0;

	if (!sl_cfws_skip(&r->in)) {
		r->kind = TOKEN_BAD;
		return;
	}
	r->glued = left == r->in.len;
	if (r->in.len == 0) {
		token_take(r, TOKEN_END, 0);
	} else if (is_sign(r->in.ptr[0])) {
		token_take(r, TOKEN_SIGN, 1);
	} else if (r->in.ptr[0] == '"') {
		n = sl_quoted_length(r->in);
		token_take(r, n > 0 ? TOKEN_QUOTED : TOKEN_BAD, n);
	} else {
		while (n < r->in.len && is_word_byte(r->in.ptr[n]))
			n++;
		token_take(r, n > 0 ? TOKEN_WORD : TOKEN_BAD, n);
	}
}

/* Behind "@": a domain, with no white space or comment about the "@". The token after it is read. */
static bool
domain_parse(struct reader *r, struct sl_slice *domain_out)
{
	token_next(r);
	if (r->kind != TOKEN_WORD || !r->glued || r->text.ptr[0] == '[')
		return false;
	*domain_out = r->text;
	token_next(r);
	return r->kind != TOKEN_BAD && !(r->kind == TOKEN_WORD || r->kind == TOKEN_QUOTED);
}

/* Behind "<": local@domain> and nothing else, so no route either. */
static bool
angle_parse(struct reader *r, struct element *e)
{
	token_next(r);
	if (r->kind != TOKEN_WORD && r->kind != TOKEN_QUOTED)
		return false;
	token_next(r);
	if (r->sign != '@' || !r->glued || !domain_parse(r, &e->bracketed) || r->sign != '>')
		return false;
	token_next(r);
	return r->kind == TOKEN_END || r->sign == ',' || r->sign == ';';
}

/* One element, up to the separator, which is the reader's token then. */
static bool
element_parse(struct reader *r, struct element *e)
{
	unsigned words = 0;

	*e = (struct element){ 0 };
	for (;;) {
		if (r->kind == TOKEN_BAD || r->sign == '>')
			return false;
		if (r->kind == TOKEN_END || r->sign == ',' || r->sign == ';')
			return true;
		if (r->sign == '<')
			return angle_parse(r, e);
		if (r->sign == '@') {
			if (words != 1 || !r->glued || e->spelled.len > 0 || !domain_parse(r, &e->spelled))
				return false;
			continue;
		}
		if (r->sign == ':') {	/* a group's name */
			if (words == 0 || e->spelled.len > 0)
				return false;
			words = 0;
		} else {
			words++;
		}
		token_next(r);
	}
}

/* A domain that the element claims joins the others. */
static void
author_claim(struct sl_author *author, struct sl_slice domain)
{
	char name[SL_DNS_NAME_MAX + 1];

	if (domain.ptr[domain.len - 1] == '.' || !sl_domain_ascii(domain, name))
		author->status = SL_AUTHOR_UNREADABLE;
	else if (author->domain[0] == '\0')
		memcpy(author->domain, name, sizeof(name));
	else if (strcmp(author->domain, name) != 0 && author->status == SL_AUTHOR_ONE)
		author->status = SL_AUTHOR_SEVERAL;
}

void
sl_author_parse(struct sl_slice value, struct sl_author *author_out)
{
	struct reader r = { .in = value };
	struct element e;

	*author_out = (struct sl_author){ .status = SL_AUTHOR_ONE };
	do {
		token_next(&r);
		if (!element_parse(&r, &e)) {
			author_out->status = SL_AUTHOR_UNREADABLE;
			break;
		}
		if (e.spelled.len > 0)
			author_claim(author_out, e.spelled);
		if (e.bracketed.len > 0)
			author_claim(author_out, e.bracketed);
		author_out->mailboxes += e.spelled.len > 0 || e.bracketed.len > 0;
		if (author_out->mailboxes > SL_AUTHOR_MAILBOXES_MAX)
			author_out->status = SL_AUTHOR_UNREADABLE;
	} while (r.kind != TOKEN_END && author_out->status != SL_AUTHOR_UNREADABLE);
	if (author_out->mailboxes == 0)
		author_out->status = SL_AUTHOR_UNREADABLE;
	if (author_out->status != SL_AUTHOR_ONE)
		author_out->domain[0] = '\0';
}

void
sl_author_find(const struct sl_headers *headers, struct sl_author *author_out)
{
	const struct sl_slice from = SL_SLICE_LIT("From");
	size_t at, count = sl_headers_count_of(headers, from);

	*author_out = (struct sl_author){ .status = count == 0 ? SL_AUTHOR_ABSENT : SL_AUTHOR_FIELDS };
	if (headers->overflow && count < 2) {	/* another From may be in what was left out */
		author_out->status = SL_AUTHOR_UNREADABLE;
		return;
	}
	if (count == 1 && sl_headers_find_up(headers, from, headers->count, &at))
		sl_author_parse(sl_headers_value(headers, at), author_out);
}

const char *
sl_author_status_text(enum sl_author_status status)
{
	switch (status) {
	case SL_AUTHOR_ONE:
		return "there is one author";
	case SL_AUTHOR_ABSENT:
		return "there is no From field";
	case SL_AUTHOR_FIELDS:
		return "there are several From fields";
	case SL_AUTHOR_SEVERAL:
		return "From names several domains";
	case SL_AUTHOR_UNREADABLE:
		return "From cannot be read";
	}
	SL_UNREACHABLE("no such status");
}
