/* access.c - see access.h */

#include "access/access.h"

#define PROVIDER	(SL_OP | SL_PA)
#define CUSTOMER	(SL_TA | SL_QM | SL_US)

static const struct sl_verb_row verbs[] = {
#define VERB_ROW(name, word, levels, roles, scope, kind) [SL_VERB_##name] = { word, levels, roles, scope, kind },
	SL_VERBS(VERB_ROW)
#undef VERB_ROW
};

static const struct role {
	const char	*word;
	unsigned	 at;		/* levels */
	unsigned	 by;		/* roles */
	unsigned	 first_by;
} roles[] = {
#define ROLE_ROW(name, word, at, by, first_by) [SL_ROLE_##name] = { word, at, by, first_by },
	SL_ROLES(ROLE_ROW)
#undef ROLE_ROW
};

static const char *const levels[] = {
#define LEVEL_ROW(name, word) [SL_LEVEL_##name] = word,
	SL_LEVELS(LEVEL_ROW)
#undef LEVEL_ROW
};

/* ---- words ---- */

const struct sl_verb_row *
sl_verb_row(enum sl_verb verb)
{
	SL_ASSERT(verb < SL_VERB_COUNT);
	return &verbs[verb];
}

bool
sl_verb_find(struct sl_slice word, enum sl_verb *verb_out)
{
	for (int i = 0; i < SL_VERB_COUNT; i++) {
		if (sl_slice_eq(word, sl_slice_str(verbs[i].word))) {
			*verb_out = (enum sl_verb)i;
			return true;
		}
	}
	return false;
}

const char *
sl_level_word(enum sl_level level)
{
	SL_ASSERT(level < SL_LEVELS_COUNT);
	return levels[level];
}

bool
sl_level_find(struct sl_slice word, enum sl_level *level_out)
{
	for (int i = 0; i < SL_LEVELS_COUNT; i++) {
		if (sl_slice_eq(word, sl_slice_str(levels[i]))) {
			*level_out = (enum sl_level)i;
			return true;
		}
	}
	return false;
}

const char *
sl_role_word(enum sl_role role)
{
	SL_ASSERT(role < SL_ROLE_COUNT);
	return roles[role].word;
}

bool
sl_role_find(struct sl_slice word, enum sl_role *role_out)
{
	for (int i = 0; i < SL_ROLE_COUNT; i++) {
		if (sl_slice_eq(word, sl_slice_str(roles[i].word))) {
			*role_out = (enum sl_role)i;
			return true;
		}
	}
	return false;
}

unsigned
sl_role_levels(enum sl_role role)
{
	SL_ASSERT(role < SL_ROLE_COUNT);
	return roles[role].at;
}

const char *
sl_grant_text(enum sl_grant_answer answer)
{
	static const char *const texts[] = {
#define TEXT_ROW(name, text) [SL_GRANT_##name] = text,
		SL_GRANT_ANSWERS(TEXT_ROW)
#undef TEXT_ROW
	};

	SL_ASSERT(answer < SL_COUNT(texts));
	return texts[answer];
}

/* ---- scope ---- */

bool
sl_access_covers(const struct sl_access_path *node, const struct sl_access_path *target)
{
	SL_ASSERT(node->level < SL_LEVELS_COUNT && target->level < SL_LEVELS_COUNT);
	if (node->level == SL_LEVEL_OPERATOR)
		return true;
	/* An id of 0 is nobody's: a node that does without a partner is not below "no partner". */
	return target->level >= node->level && node->id[node->level] != 0 &&
	    target->id[node->level] == node->id[node->level];
}

static bool
in_scope(enum sl_scope scope, const struct sl_access_path *node, const struct sl_access_path *target)
{
	return sl_access_covers(node, target) ||
	    (scope == SL_SCOPE_LINE && sl_access_covers(target, node));
}

static bool
has(unsigned set, unsigned element)
{
	return (set & 1u << element) != 0;
}

/* A grant at a level where its role is not given counts for nothing, however it came to be. */
static bool
grant_is_good(const struct sl_access_grant *grant)
{
	SL_ASSERT(grant->role < SL_ROLE_COUNT && grant->at.level < SL_LEVELS_COUNT);
	return has(roles[grant->role].at, grant->at.level);
}

bool
sl_access_allowed(const struct sl_access_grant *grants, size_t len, enum sl_verb verb,
    const struct sl_access_path *target)
{
	const struct sl_verb_row *row = sl_verb_row(verb);

	if (!has(row->levels, target->level))
		return false;
	for (size_t i = 0; i < len; i++)
		if (has(row->roles, grants[i].role) && grant_is_good(&grants[i]) &&
		    in_scope(row->scope, &grants[i].at, target))
			return true;
	return false;
}

/* ---- granting ---- */

/* The roles with which these grants reach that node. */
static unsigned
roles_over(const struct sl_access_grant *grants, size_t len, const struct sl_access_path *at)
{
	unsigned set = 0;

	for (size_t i = 0; i < len; i++)
		if (grant_is_good(&grants[i]) && sl_access_covers(&grants[i].at, at))
			set |= 1u << grants[i].role;
	return set;
}

enum sl_grant_answer
sl_access_may_grant(const struct sl_access_grant *grants, size_t len, const struct sl_access_request *request)
{
	const struct role *role = &roles[request->role];
	unsigned mine = roles_over(grants, len, request->at);
	unsigned after = request->holds | 1u << request->role;

	if (!has(role->at, request->at->level))
		return SL_GRANT_LEVEL;
	if ((mine & (role->by | role->first_by)) == 0)
		return SL_GRANT_NOT_YOURS;
	if ((mine & role->by) == 0 && !request->is_first)
		return SL_GRANT_NOT_FIRST;
	if (request->to_oneself)
		return SL_GRANT_SELF;
	return (after & PROVIDER) != 0 && (after & CUSTOMER) != 0 ? SL_GRANT_MIXED : SL_GRANT_OK;
}

enum sl_grant_answer
sl_access_may_revoke(const struct sl_access_grant *grants, size_t len, const struct sl_access_request *request)
{
	if (request->to_oneself)
		return SL_GRANT_OK;
	return (roles_over(grants, len, request->at) & roles[request->role].by) != 0 ? SL_GRANT_OK
	    : SL_GRANT_NOT_YOURS;
}

/* ---- two persons ---- */

enum sl_two
sl_access_two(enum sl_verb verb)
{
	static const enum sl_two twos[SL_VERB_COUNT] = {
#define TWO_ROW(name, when) [SL_VERB_##name] = SL_TWO_##when,
		SL_TWO_PERSONS(TWO_ROW)
#undef TWO_ROW
	};

	SL_ASSERT(verb < SL_VERB_COUNT);
	return twos[verb];
}

bool
sl_access_role_takes_two(enum sl_role role)
{
	for (int i = 0; i < SL_VERB_COUNT; i++)
		if (sl_access_two((enum sl_verb)i) != SL_TWO_NEVER && has(verbs[i].roles, role))
			return true;
	return false;
}

const char *
sl_two_text(enum sl_two_answer answer)
{
	static const char *const texts[] = {
#define TEXT_ROW(name, text) [SL_TWO_ANSWER_##name] = text,
		SL_TWO_ANSWERS(TEXT_ROW)
#undef TEXT_ROW
	};

	SL_ASSERT(answer < SL_COUNT(texts));
	return texts[answer];
}

enum sl_two_answer
sl_access_may_approve(const struct sl_access_grant *grants, size_t len, enum sl_verb verb, const struct sl_access_path *target,
    bool is_asker)
{
	if (!sl_access_allowed(grants, len, verb, target))
		return SL_TWO_ANSWER_NOT_YOURS;
	return is_asker ? SL_TWO_ANSWER_SELF : SL_TWO_ANSWER_OK;
}
