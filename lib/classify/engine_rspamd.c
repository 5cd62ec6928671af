/* engine_rspamd.c - rspamd: POST /checkv2 in chunks, JSON comes back */

#include <math.h>
#include <stdio.h>

#include "classify/engine_i.h"

#define REPLY_MAX	(256u << 10)	/* many symbols with their options */
#define DEPTH_MAX	64

static void
rspamd_begin(const struct sl_engine_facts *facts, struct sl_buf *out)
{
	sl_buf_add_str(out, "POST /checkv2 HTTP/1.1\r\n");
	engine_add_field(out, "Host", facts->host);
	engine_add_field(out, "IP", facts->client_address);
	engine_add_field(out, "Helo", facts->helo);
	engine_add_field(out, "From", facts->mail_from);
	sl_buf_add_str(out, "User-Agent: sluice\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
}

/* ---- JSON, as much as is needed: the members of the outermost object, strings skipped as such */

struct scan {
	struct sl_slice	text;
	size_t		at;
};

static void
skip_blanks(struct scan *s)
{
	while (s->at < s->text.len && memchr(" \t\r\n", s->text.ptr[s->at], 4) != NULL)
		s->at++;
}

/* At a quote: the string between, escapes left in. False: it does not end. */
static bool
take_string(struct scan *s, struct sl_slice *out)
{
	size_t begin = ++s->at;

	for (; s->at < s->text.len; s->at++) {
		if (s->text.ptr[s->at] == '\\') {
			s->at++;
		} else if (s->text.ptr[s->at] == '"') {
			*out = sl_slice(s->text.ptr + begin, s->at - begin);
			s->at++;
			return true;
		}
	}
	return false;
}

/* At a value: pass over it, whatever it is. *out is its text; of a string without quotes. */
static bool
take_value(struct scan *s, struct sl_slice *out)
{
	size_t depth = 0, begin = s->at;
	struct sl_slice inner;

	if (s->at < s->text.len && s->text.ptr[s->at] == '"')
		return take_string(s, out);
	while (s->at < s->text.len) {
		unsigned char c = s->text.ptr[s->at];

		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			break;
		if (c == '"') {
			if (!take_string(s, &inner))
				return false;
			continue;
		}
		if (c == '{' || c == '[') {
			if (++depth > DEPTH_MAX)
				return false;
		} else if (c == '}' || c == ']') {
			depth--;
		}
		s->at++;
	}
	*out = sl_slice_trim(sl_slice(s->text.ptr + begin, s->at - begin));
	return s->at < s->text.len && out->len > 0;
}

struct answer {
	bool		has_score, has_required, whole;
	double		score, required;
	struct sl_slice	action;
};

static bool
read_member(struct scan *s, struct answer *answer)
{
	struct sl_slice name, value;

	skip_blanks(s);
	if (s->at >= s->text.len || s->text.ptr[s->at] != '"' || !take_string(s, &name))
		return false;
	skip_blanks(s);
	if (s->at >= s->text.len || s->text.ptr[s->at++] != ':')
		return false;
	skip_blanks(s);
	if (!take_value(s, &value))
		return false;
	if (sl_slice_eq(name, SL_SLICE_LIT("score")))
		answer->has_score = engine_number(value, &answer->score);
	else if (sl_slice_eq(name, SL_SLICE_LIT("required_score")))
		answer->has_required = engine_number(value, &answer->required);
	else if (sl_slice_eq(name, SL_SLICE_LIT("action")))
		answer->action = value;
	return true;
}

static void
read_answer(struct sl_slice json, struct answer *answer)
{
	struct scan s = { sl_slice_trim(json), 1 };

	*answer = (struct answer){ .score = 0 };
	if (s.text.len == 0 || s.text.ptr[0] != '{')
		return;
	while (read_member(&s, answer)) {
		skip_blanks(&s);
		if (s.at >= s.text.len)
			return;
		if (s.text.ptr[s.at] == '}') {
			answer->whole = s.at + 1 == s.text.len;
			return;
		}
		if (s.text.ptr[s.at++] != ',')
			return;
	}
}

/* ---- the reply */

/* Is the body complete? Its length is given, or it ends with the connection. */
static bool
body_complete(const struct engine_reply *reply, bool closed, struct sl_slice *body)
{
	struct sl_slice length = engine_reply_field(reply, SL_SLICE_LIT("Content-Length"));
	double bytes;

	*body = reply->body;
	if (length.len == 0)
		return closed;
	if (!engine_number(length, &bytes) || bytes < 0 || bytes > (double)reply->body.len)
		return false;
	body->len = (size_t)bytes;
	return true;
}

static enum sl_engine_result
rspamd_reply(struct sl_slice in, bool closed, struct sl_engine_said *said)
{
	struct engine_reply reply;
	struct answer answer;
	struct sl_slice body;

	*said = (struct sl_engine_said){ .value = 0 };
	if (!engine_reply_split(in, &reply))
		return closed || in.len > ENGINE_HEAD_MAX ? SL_ENGINE_FAILED : SL_ENGINE_MORE;
	if (!sl_slice_istarts(reply.status_line, SL_SLICE_LIT("HTTP/1.1 200 ")) &&
	    !sl_slice_istarts(reply.status_line, SL_SLICE_LIT("HTTP/1.0 200 ")))
		return SL_ENGINE_FAILED;
	if (!body_complete(&reply, closed, &body))
		return closed ? SL_ENGINE_FAILED : SL_ENGINE_MORE;
	read_answer(body, &answer);
	if (!answer.whole || !answer.has_score)
		return SL_ENGINE_FAILED;
	/* "soft reject" and its like: it does not know yet (greylisting, a rate), and that is no verdict. */
	if (sl_slice_eq(answer.action, SL_SLICE_LIT("soft reject")))
		return SL_ENGINE_FAILED;
	said->value = fmax(-10, fmin(10, answer.score / 3));
	said->log_odds[SL_SPAM] = fmax(-2.5, fmin(6, 0.5 * (answer.score - 4)));
	snprintf(said->text, sizeof(said->text), "rspamd gives it %.1f points of %.1f", answer.score,
	    answer.has_required ? answer.required : 15.0);
	return SL_ENGINE_SAID;
}

const struct sl_engine_codec engine_rspamd = {
	.name = "rspamd",
	.noun = "rspamd",
	.end = { (const unsigned char *)"0\r\n\r\n", 5 },
	.behind = { (const unsigned char *)"\r\n", 2 },
	.reply_max = REPLY_MAX,
	.begin = rspamd_begin,
	.before = engine_chunk,
	.reply = rspamd_reply,
};
