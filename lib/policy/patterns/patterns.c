/* patterns.c - see patterns.h */

#include "policy/patterns/patterns.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGEST_BYTES	16
#define NAME_HEAD	"__content_"
#define NAME_LEN	(sizeof(NAME_HEAD) - 1 + 2 * DIGEST_BYTES + 2)

enum place { IN_TEXT, IN_SUBJECT, PLACES };
static const char place_letters[PLACES] = { 't', 's' };

struct known {
	char		name[NAME_LEN + 1];
	size_t		rule;
};

struct sl_patterns {
	unsigned	 magic;
	struct known	*known;		/* by name */
	size_t		 len;
};
#define PATTERNS_MAGIC	0x9a77e245u

static void
name_of(struct sl_slice pattern, enum place place, char name[NAME_LEN + 1])
{
	unsigned char digest[DIGEST_BYTES];
	size_t at = sizeof(NAME_HEAD) - 1;

	SL_ASSERT(crypto_generichash(digest, sizeof(digest), pattern.ptr, pattern.len, NULL, 0) == 0);
	memcpy(name, NAME_HEAD, at);
	for (size_t i = 0; i < sizeof(digest); i++)
		at += (size_t)snprintf(name + at, 3, "%02x", digest[i]);
	name[at++] = '_';
	name[at++] = place_letters[place];
	name[at] = '\0';
}

void
sl_patterns_add(const struct sl_content_groups *groups, struct sl_ruleset *set)
{
	char name[NAME_LEN + 1];

	for (size_t i = 0; i < groups->len; i++)
		for (size_t j = 0; j < groups->items[i].patterns.len; j++) {
			struct sl_slice pattern = groups->items[i].patterns.items[j];
			char *text = sl_xmemdup(pattern.ptr, pattern.len);

			for (int place = 0; place < PLACES; place++) {
				struct sl_rule rule = { .name = name, .pattern = text, .category = SL_SPAM,
					.where = place == IN_TEXT ? SL_RULE_TEXT : SL_RULE_HEADER,
					.field = place == IN_TEXT ? NULL : "Subject",
					.flags = SL_RULE_CASELESS | SL_RULE_UTF | SL_RULE_INTERNAL };

				name_of(pattern, (enum place)place, name);
				if (sl_ruleset_find(set, name) == SIZE_MAX)
					sl_ruleset_put(set, &rule);
			}
			sl_free(text);
		}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->name, ((const struct known *)b)->name);
}

struct sl_patterns *
sl_patterns_new(const struct sl_rules *rules)
{
	struct sl_patterns *p = sl_xzalloc(sizeof(*p));

	p->magic = PATTERNS_MAGIC;
	p->known = sl_xzalloc((sl_rules_count(rules) + 1) * sizeof(*p->known));
	for (size_t i = 0; i < sl_rules_count(rules); i++) {
		struct sl_rules_info info;

		sl_rules_info(rules, i, &info);
		if (strlen(info.name) != NAME_LEN || strncmp(info.name, NAME_HEAD, sizeof(NAME_HEAD) - 1) != 0)
			continue;
		strcpy(p->known[p->len].name, info.name);
		p->known[p->len++].rule = i;
	}
	qsort(p->known, p->len, sizeof(*p->known), by_name);
	return p;
}

void
sl_patterns_free(struct sl_patterns **patterns)
{
	if (*patterns != NULL)
		sl_free((*patterns)->known);
	SL_OBJ_FREE(patterns, PATTERNS_MAGIC);
}

static const struct known *
find(const struct sl_patterns *p, struct sl_slice pattern, enum place place)
{
	struct known key;

	name_of(pattern, place, key.name);
	return p->len == 0 ? NULL : bsearch(&key, p->known, p->len, sizeof(key), by_name);
}

size_t
sl_patterns_known(const struct sl_patterns *p, const struct sl_content_groups *groups)
{
	size_t n = 0;

	SL_CHECK(p, PATTERNS_MAGIC);
	for (size_t i = 0; i < groups->len; i++)
		for (size_t j = 0; j < groups->items[i].patterns.len; j++)
			n += find(p, groups->items[i].patterns.items[j], IN_TEXT) != NULL;
	return n;
}

void
sl_patterns_tell(const struct sl_patterns *p, const struct sl_rules_run *rules_run, const struct sl_content_groups *groups,
    struct sl_groups_run *run)
{
	SL_CHECK(p, PATTERNS_MAGIC);
	for (size_t i = 0; i < groups->len; i++)
		for (size_t j = 0; j < groups->items[i].patterns.len; j++)
			for (int place = 0; place < PLACES; place++) {
				const struct known *known = find(p, groups->items[i].patterns.items[j], (enum place)place);

				if (known != NULL && sl_rules_hit(rules_run, known->rule))
					sl_groups_pattern(run, i, j);
			}
}
