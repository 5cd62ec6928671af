/* patterns.c - see patterns.h */

#include "policy/patterns/patterns.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define STEPS		200000u		/* of a match: some 10 ms at worst */
#define DEPTH		1000u
#define HEAP_KIB	1024u

struct pattern {
	pcre2_code	*code;		/* NULL: it does not compile */
	size_t		 group, number;
};

struct sl_patterns {
	pcre2_match_context	*limits;
	pcre2_match_data	*match;		/* one thread: one is enough */
	size_t			 len;
	struct pattern		 patterns[];
};

static size_t
count(const struct sl_content_groups *groups)
{
	size_t n = 0;

	for (size_t i = 0; i < groups->len; i++)
		n += groups->items[i].patterns.len;
	return n;
}

static pcre2_code *
compile(struct sl_slice text)
{
	PCRE2_SIZE at;
	int why;

	return pcre2_compile(text.ptr, text.len, PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF |
	    PCRE2_NEVER_BACKSLASH_C, &why, &at, NULL);
}

struct sl_patterns *
sl_patterns_new(const struct sl_content_groups *groups)
{
	size_t len = count(groups);
	struct sl_patterns *p;

	if (len == 0)
		return NULL;
	p = sl_xzalloc(sizeof(*p) + len * sizeof(p->patterns[0]));
	for (size_t i = 0; i < groups->len; i++)
		for (size_t j = 0; j < groups->items[i].patterns.len; j++)
			p->patterns[p->len++] = (struct pattern){ compile(groups->items[i].patterns.items[j]), i, j };
	p->limits = pcre2_match_context_create(NULL);
	p->match = pcre2_match_data_create(1, NULL);
	SL_ASSERT(p->limits != NULL && p->match != NULL);
	pcre2_set_match_limit(p->limits, STEPS);
	pcre2_set_depth_limit(p->limits, DEPTH);
	pcre2_set_heap_limit(p->limits, HEAP_KIB);
	return p;
}

void
sl_patterns_free(struct sl_patterns **patterns)
{
	struct sl_patterns *p = *patterns;

	if (p == NULL)
		return;
	for (size_t i = 0; i < p->len; i++)
		pcre2_code_free(p->patterns[i].code);
	pcre2_match_context_free(p->limits);
	pcre2_match_data_free(p->match);
	sl_free(p);
	*patterns = NULL;
}

void
sl_patterns_look(const struct sl_patterns *p, struct sl_patterns_run *state, struct sl_slice text, struct sl_groups_run *run)
{
	if (text.len > SL_PATTERNS_TEXT) {
		text.len = SL_PATTERNS_TEXT;
		state->cut = true;
	}
	for (size_t i = 0; i < p->len && text.len > 0; i++) {
		const struct pattern *pattern = &p->patterns[i];

		if (state->work + text.len > SL_PATTERNS_WORK) {
			state->cut = true;
			return;
		}
		state->work += text.len;
		if (pattern->code != NULL &&
		    pcre2_match(pattern->code, text.ptr, text.len, 0, 0, p->match, p->limits) >= 0)
			sl_groups_pattern(run, pattern->group, pattern->number);
	}
}
