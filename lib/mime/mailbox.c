/* mailbox.c - see mime/mailbox.h
 *
 * The value is cut into tokens (atoms, quoted strings, literals, specials; comments go), the tokens into
 * members at ',' and ';'. A member with '<' is a name and an address, else all of it is an address.
 */

#include "mime/mailbox.h"
#include "mime/word.h"
#include "sl/utf8.h"

#define MEMBER_TOKENS_MAX	512	/* of a longer member the rest is ignored, and it is not valid */
#define LOCAL_MAX		64	/* RFC 5321, 4.5.3.1 */
#define DOMAIN_MAX		255
#define LABEL_MAX		63

enum token_kind { TOKEN_ATOM, TOKEN_QUOTED, TOKEN_LITERAL, TOKEN_SPECIAL, TOKEN_END };

struct token {
	enum token_kind	 kind;
	struct sl_slice	 text;		/* unquoted; a literal with its brackets */
	bool		 broken;	/* quotes or brackets that do not close, bytes that may not be */
	bool		 space;		/* white space or a comment before it */
};

struct scan {
	struct sl_slice	 in;
	size_t		 at;
	unsigned char	*text;		/* where unquoted text goes */
	struct sl_slice	 comment;	/* the last one, without its parentheses */
	bool		 broken;	/* a comment that does not close, or a ')' too many */
};

struct member {
	struct token	tokens[MEMBER_TOKENS_MAX];
	size_t		count;
	struct sl_slice	raw;		/* as written */
	struct sl_slice	comment;
	bool		broken;
};

static bool
is_white(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_special(unsigned char c)
{
	return c != 0 && strchr("()<>[]:;@\\,.\"", c) != NULL;
}

static void
comment_skip(struct scan *s)
{
	size_t start = s->at + 1;
	unsigned depth = 0;

	for (; s->at < s->in.len; s->at++) {
		unsigned char c = s->in.ptr[s->at];

		if (c == '\\' && s->at + 1 < s->in.len)
			s->at++;
		else if (c == '(')
			depth += depth < SL_MAILBOX_COMMENT_DEPTH;
		else if (c == ')' && --depth == 0) {
			s->comment = sl_slice(s->in.ptr + start, s->at - start);
			s->at++;
			return;
		}
	}
	s->broken = true;
}

/* Up to the quote or bracket that closes; without the quotes, with the brackets. */
static void
enclosed_read(struct scan *s, struct token *token, unsigned char close)
{
	unsigned char *start = s->text;

	token->broken = true;
	if (close == ']')
		*s->text++ = '[';
	for (s->at++; s->at < s->in.len; s->at++) {
		unsigned char c = s->in.ptr[s->at];

		if (c == close) {
			token->broken = false;
			s->at++;
			break;
		}
		if (c == '\\' && s->at + 1 < s->in.len)
			c = s->in.ptr[++s->at];
		else if (c == '\r' || c == '\n')
			continue;
		*s->text++ = c;
	}
	if (close == ']' && !token->broken)
		*s->text++ = ']';
	token->text = sl_slice(start, (size_t)(s->text - start));
}

static void
token_next(struct scan *s, struct token *token)
{
	size_t start;
	unsigned char c;

	*token = (struct token){ .kind = TOKEN_END };
	for (; s->at < s->in.len && (is_white(s->in.ptr[s->at]) || s->in.ptr[s->at] == '('); token->space = true) {
		if (s->in.ptr[s->at] == '(')
			comment_skip(s);
		else
			s->at++;
	}
	if (s->at >= s->in.len)
		return;
	c = s->in.ptr[s->at];
	start = s->at;
	if (c == '"' || c == '[') {
		token->kind = c == '"' ? TOKEN_QUOTED : TOKEN_LITERAL;
		enclosed_read(s, token, c == '"' ? '"' : ']');
		return;
	}
	if (is_special(c)) {
		token->kind = TOKEN_SPECIAL;
		token->broken = c == ')' || c == '\\' || c == ']';
		s->at++;
	} else {
		token->kind = TOKEN_ATOM;
		for (; s->at < s->in.len && !is_special(s->in.ptr[s->at]) && !is_white(s->in.ptr[s->at]); s->at++)
			token->broken |= s->in.ptr[s->at] < ' ' || s->in.ptr[s->at] == 0x7f;
	}
	token->text = sl_slice(s->in.ptr + start, s->at - start);
}

static bool
is(const struct token *token, char special)
{
	return token->kind == TOKEN_SPECIAL && token->text.ptr[0] == (unsigned char)special;
}

/* word *("." word), appended to `out`. Returns how many tokens it takes, 0 if it is none. */
static size_t
dotted(const struct token *tokens, size_t count, bool domain, struct sl_buf *out)
{
	size_t i = 0;

	for (;; i++) {
		if (i == count || tokens[i].broken || tokens[i].text.len == 0)
			return 0;
		if (tokens[i].kind != TOKEN_ATOM && (domain || tokens[i].kind != TOKEN_QUOTED))
			return 0;
		if (i > 0 && domain && tokens[i].text.len > LABEL_MAX)
			return 0;
		sl_buf_add_slice(out, tokens[i++].text);
		if (i == count || !is(&tokens[i], '.'))
			return i;
		sl_buf_add_byte(out, '.');
	}
}

static bool
domain_ok(struct sl_slice domain)
{
	if (domain.len > DOMAIN_MAX || !sl_utf8_valid(domain))
		return false;
	for (size_t i = 0, label = 0; i <= domain.len; i++) {
		if (i < domain.len && domain.ptr[i] != '.')
			continue;
		if (i - label > LABEL_MAX || domain.ptr[label] == '-' || domain.ptr[i - 1] == '-')
			return false;
		label = i + 1;
	}
	return true;
}

/* local "@" domain: all of the tokens. Sets the mailbox's parts, which lie in `out`. */
static bool
addr_spec(const struct token *tokens, size_t count, struct sl_buf *out, struct sl_mailbox *mailbox)
{
	size_t local = dotted(tokens, count, false, out), local_len = out->len, used;

	if (local == 0 || local == count || !is(&tokens[local], '@') || local_len > LOCAL_MAX ||
	    !sl_utf8_valid(sl_buf_slice(out)))
		return false;
	sl_buf_add_byte(out, '@');
	tokens += local + 1;
	count -= local + 1;
	if (count == 1 && tokens[0].kind == TOKEN_LITERAL && !tokens[0].broken) {
		sl_buf_add_slice(out, tokens[0].text);
	} else {
		used = dotted(tokens, count, true, out);
		if (used == 0 || used != count || !domain_ok(sl_slice_from(sl_buf_slice(out), local_len + 1)))
			return false;
	}
	if (out->overflow)
		return false;
	mailbox->address = sl_buf_slice(out);
	mailbox->local = sl_slice(out->data, local_len);
	mailbox->domain = sl_slice_from(mailbox->address, local_len + 1);
	return true;
}

/* @a,@b:local@domain: past the route. */
static size_t
route_len(const struct token *tokens, size_t count)
{
	if (count == 0 || !is(&tokens[0], '@'))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (is(&tokens[i], ':'))
			return i + 1;
	return 0;
}

/* The words of a display name with single spaces where there was space; decoded. */
static void
name_decode(const struct token *tokens, size_t count, struct sl_buf *out)
{
	struct sl_buf words;

	sl_buf_init(&words, out->max_bytes);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && tokens[i].space)
			sl_buf_add_byte(&words, ' ');
		sl_buf_add_slice(&words, tokens[i].text);
	}
	sl_word_decode(sl_buf_slice(&words), out);
	sl_buf_fini(&words);
}

static bool
member_broken(const struct member *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->tokens[i].broken)
			return true;
	return m->broken || m->count == MEMBER_TOKENS_MAX;
}

static void
member_give(const struct member *m, struct sl_slice group, sl_mailbox_sink *sink, void *ctx)
{
	struct sl_mailbox mailbox = { .group = group };
	struct sl_buf name, address;
	size_t open = 0, close, route;

	sl_buf_init(&name, 4 * m->raw.len + 64);
	sl_buf_init(&address, m->raw.len + 64);
	while (open < m->count && !is(&m->tokens[open], '<'))
		open++;
	if (open < m->count) {
		for (close = open + 1; close < m->count && !is(&m->tokens[close], '>'); close++)
			continue;
		route = route_len(m->tokens + open + 1, close - open - 1);
		mailbox.valid = addr_spec(m->tokens + open + 1 + route, close - open - 1 - route, &address, &mailbox) &&
		    close + 1 == m->count;
		name_decode(m->tokens, open, &name);
	} else {
		mailbox.valid = addr_spec(m->tokens, m->count, &address, &mailbox);
		if (m->comment.len > 0)		/* a@b (Name): RFC 5322, A.5 */
			sl_word_decode(m->comment, &name);
	}
	mailbox.valid = mailbox.valid && !member_broken(m);
	mailbox.name = sl_slice_trim(sl_buf_slice(&name));
	mailbox.name_is_address = memchr(name.len > 0 ? name.data : m->raw.ptr, '@', name.len) != NULL &&
	    !sl_slice_ieq(mailbox.name, mailbox.address);
	if (mailbox.address.ptr == NULL)
		mailbox.address = m->raw;
	sink(ctx, &mailbox);
	sl_buf_fini(&name);
	sl_buf_fini(&address);
}

/* Read one member, up to the ',' or ';' that ends it (or ':' of a group's name). Returns that, or 0 at
 * the end. */
static unsigned char
member_read(struct scan *s, struct member *m)
{
	size_t start = s->at, end;
	unsigned char stop = 0;
	bool angle = false;

	m->count = 0;
	s->comment = sl_slice(NULL, 0);
	s->broken = false;
	for (;;) {
		struct token token;

		end = s->at;
		token_next(s, &token);
		if (token.kind == TOKEN_END)
			break;
		angle = is(&token, '<') || (angle && !is(&token, '>'));
		if (is(&token, ';') || (!angle && (is(&token, ',') || is(&token, ':')))) {
			stop = token.text.ptr[0];
			break;
		}
		if (m->count < MEMBER_TOKENS_MAX)
			m->tokens[m->count++] = token;
	}
	m->broken = s->broken;
	m->comment = s->comment;
	m->raw = sl_slice_trim(sl_slice(s->in.ptr + start, (stop == 0 ? s->in.len : end) - start));
	return stop;
}

size_t
sl_mailbox_each(struct sl_slice value, sl_mailbox_sink *sink, void *ctx)
{
	unsigned char *text = sl_xmalloc(2 * value.len + 1);
	struct member *m = sl_xmalloc(sizeof(*m));
	struct scan s = { .in = value, .text = text };
	struct sl_buf group;
	size_t count = 0;
	unsigned char stop;

	sl_buf_init(&group, 4 * value.len + 64);
	do {
		stop = member_read(&s, m);
		if (stop == ':') {
			sl_buf_reset(&group);
			name_decode(m->tokens, m->count, &group);
			continue;
		}
		if (m->count > 0 || m->broken) {
			member_give(m, sl_buf_slice(&group), sink, ctx);
			count++;
		}
		if (stop == ';')
			sl_buf_reset(&group);
	} while (stop != 0);
	sl_buf_fini(&group);
	sl_free(text);
	sl_free(m);
	return count;
}
