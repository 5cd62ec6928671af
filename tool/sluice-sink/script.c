/* script.c - see script.h */

#include "script.h"

#define DELAY_MAX_MS		3600000u
#define SLOW_MAX_BYTES_PER_S	1000000000u
#define COUNT_MAX		1000000000u

static const char *const point_words[] = {
#define POINT_WORD(name, word) word,
	SINK_POINTS(POINT_WORD)
#undef POINT_WORD
};

static const char *const action_words[] = {
#define ACTION_WORD(name, word) word,
	SINK_ACTIONS(ACTION_WORD)
#undef ACTION_WORD
};

static const char *const scope_words[] = { ",first=", ",every=", ",match=" };

static bool
number(struct sl_slice text, unsigned max, unsigned *out)
{
	uint64_t value = 0;

	if (text.len == 0 || sl_slice_to_u64(text, max, &value) != 0)
		return false;
	*out = (unsigned)value;
	return true;
}

/* The position of `word` in `words`, or `len`. */
static size_t
find_word(const char *const *words, size_t len, struct sl_slice word)
{
	size_t i = 0;

	while (i < len && !sl_slice_eq(sl_slice_str(words[i]), word))
		i++;
	return i;
}

/* Cut `in` at the first `c`: the part before it; *rest_out behind it (ptr NULL: there is none). */
static struct sl_slice
cut(struct sl_slice in, char c, struct sl_slice *rest_out)
{
	const unsigned char *at = in.len == 0 ? NULL : memchr(in.ptr, c, in.len);

	*rest_out = sl_slice(NULL, 0);
	if (at == NULL)
		return in;
	*rest_out = sl_slice_from(in, (size_t)(at - in.ptr) + 1);
	return sl_slice(in.ptr, (size_t)(at - in.ptr));
}

static const char *
parse_point(struct sink_rule *rule, struct sl_slice text)
{
	struct sl_slice bytes;
	struct sl_slice word = cut(text, ':', &bytes);

	rule->point = (enum sink_point)find_word(point_words, POINT_COUNT, word);
	if (rule->point == POINT_COUNT)
		return "no such point (connect, banner, ehlo, starttls, mail, rcpt, data, body:N, dot, "
		       "rset, quit)";
	if ((rule->point == POINT_BODY) != (bytes.ptr != NULL))
		return "body, and body alone, is followed by a colon and a count of bytes";
	if (bytes.ptr != NULL && sl_slice_to_u64(bytes, UINT64_MAX - 1, &rule->body_bytes) != 0)
		return "the count of bytes is no number";
	return NULL;
}

/* "550 5.1.1 text"; the two characters \n part its lines. */
static const char *
parse_reply(struct sink_rule *rule, struct sl_slice text)
{
	struct sl_slice rest;
	char *to;

	if (!number(cut(text, ' ', &rest), 599, &rule->number) || rule->number < 200)
		return "a reply begins with a code from 200 to 599";
	rule->text = sl_xmemdup(rest.ptr, rest.len);
	to = rule->text;
	for (const char *from = rule->text; *from != '\0'; from++) {
		if (from[0] == '\\' && from[1] == 'n')
			*to++ = *++from == 'n' ? '\n' : '\0';
		else
			*to++ = *from;
	}
	*to = '\0';
	return NULL;
}

static const char *
parse_action(struct sink_rule *rule, struct sl_slice text)
{
	struct sl_slice argument;
	struct sl_slice word = cut(text, ':', &argument);

	rule->action = (enum sink_action)find_word(action_words, ACTION_COUNT, word);
	switch (rule->action) {
	case ACTION_DELAY:
		return number(argument, DELAY_MAX_MS, &rule->number) ? NULL
		    : "delay is followed by :MILLISECONDS";
	case ACTION_SLOW:
		return number(argument, SLOW_MAX_BYTES_PER_S, &rule->number) && rule->number > 0
		    ? NULL : "slow is followed by :BYTES_PER_SECOND";
	case ACTION_REPLY:
		return parse_reply(rule, argument);
	case ACTION_DROP: case ACTION_DROP_AFTER: case ACTION_RESET: case ACTION_HANG:
		return argument.ptr == NULL ? NULL : "this action takes no argument";
	case ACTION_COUNT:
		break;
	}
	return "no such action (delay:MS, slow:BYTES_PER_S, reply:CODE TEXT, drop, drop-after, reset, hang)";
}

/* Where the first ",first=", ",every=" or ",match=" of `text` stands; its length if none does. */
static size_t
scope_start(const char *text)
{
	size_t best = strlen(text);

	for (size_t i = 0; i < SL_COUNT(scope_words); i++) {
		const char *at = strstr(text, scope_words[i]);

		if (at != NULL)
			best = SL_MIN(best, (size_t)(at - text));
	}
	return best;
}

static const char *
parse_scope(struct sink_rule *rule, const char *text)
{
	while (*text != '\0') {
		size_t word_len = strlen(",first=");
		size_t len = scope_start(text + word_len);
		struct sl_slice value = sl_slice(text + word_len, len);
		size_t word = find_word(scope_words, SL_COUNT(scope_words),
		    sl_slice(text, word_len));

		if (value.len == 0)
			return "first=, every= and match= need a value";
		if (word == 2) {
			sl_free(rule->match);
			rule->match = sl_xmemdup(value.ptr, value.len);
		} else if (!number(value, COUNT_MAX, word == 0 ? &rule->first : &rule->every)) {
			return "first= and every= are followed by a number";
		}
		text += word_len + len;
	}
	return NULL;
}

int
script_add(struct sink_script *script, const char *text, const char **why_out)
{
	struct sink_rule rule = { .point = POINT_COUNT };
	struct sl_slice point, rest;

	point = cut(sl_slice_str(text), '=', &rest);
	if (rest.ptr == NULL) {
		*why_out = "a rule is written POINT=ACTION";
		return SL_ERR_SYNTAX;
	}
	*why_out = parse_point(&rule, point);
	if (*why_out == NULL)
		*why_out = parse_action(&rule,
		    sl_slice(rest.ptr, scope_start((const char *)rest.ptr)));
	if (*why_out == NULL)
		*why_out = parse_scope(&rule,
		    (const char *)rest.ptr + scope_start((const char *)rest.ptr));
	if (*why_out != NULL) {
		sl_free(rule.text);
		sl_free(rule.match);
		return SL_ERR_SYNTAX;
	}
	script->rules = sl_xrealloc(script->rules,
	    (script->rules_len + 1) * sizeof(script->rules[0]));
	script->rules[script->rules_len++] = rule;
	return 0;
}

void
script_fini(struct sink_script *script)
{
	for (size_t i = 0; i < script->rules_len; i++) {
		sl_free(script->rules[i].text);
		sl_free(script->rules[i].match);
	}
	sl_free(script->rules);
	*script = (struct sink_script){ 0 };
}

/* Does it apply this time? Counts the times it could. */
static bool
applies(struct sink_rule *rule, enum sink_point point, uint64_t body_bytes, struct sl_slice line)
{
	if (rule->point != point || (point == POINT_BODY && rule->body_bytes != body_bytes))
		return false;
	if (rule->match != NULL && (line.len == 0 ||
	    memmem(line.ptr, line.len, rule->match, strlen(rule->match)) == NULL))
		return false;
	rule->reached++;
	return (rule->first == 0 || rule->reached <= rule->first) &&
	    (rule->every == 0 || rule->reached % rule->every == 0);
}

struct sink_outcome
script_at(struct sink_script *script, enum sink_point point, uint64_t body_bytes,
    struct sl_slice line)
{
	struct sink_outcome outcome = { 0 };

	for (size_t i = 0; i < script->rules_len; i++) {
		struct sink_rule *rule = &script->rules[i];

		if (!applies(rule, point, body_bytes, line))
			continue;
		if (rule->action == ACTION_DELAY)
			outcome.delay_ms += rule->number;
		else if (rule->action == ACTION_SLOW)
			outcome.slow_bytes_per_s = rule->number;
		else if (outcome.decided == NULL)
			outcome.decided = rule;
	}
	return outcome;
}

uint64_t
script_next_body(const struct sink_script *script, uint64_t after)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < script->rules_len; i++) {
		const struct sink_rule *rule = &script->rules[i];

		if (rule->point == POINT_BODY && rule->body_bytes > after)
			next = SL_MIN(next, rule->body_bytes);
	}
	return next;
}
