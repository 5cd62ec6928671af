/* lookalike.c - see lookalike/lookalike.h: the list is read, and its index is made */

#include "lookalike/lookalike_i.h"

#define LOOKALIKE_MAGIC	0x5d100ca1u

/* Words that forgers put beside a name. */
static const char *const lures[] = {
	"account", "accounts", "action", "alert", "alerts", "app", "auth", "authenticate", "bank", "banking",
	"billing", "bonus", "business", "buy", "card", "care", "cards", "center", "centre", "claim", "client",
	"cloud", "com", "confirm", "confirmation", "connect", "contact", "customer", "customerservice", "customers",
	"data", "delivery", "department", "desk", "device", "docs", "document", "documents", "download",
	"drive", "email", "express", "file", "files", "free", "fraud", "gift", "giftcard", "group", "help", "helpdesk",
	"helpline", "home", "id", "info", "information", "int", "invoice", "login", "logins", "logon", "mail",
	"mailbox", "manage", "member", "members", "message", "messages", "mobile", "my", "net", "notice", "notification", "notifications",
	"notify", "office", "official", "online", "order", "orders", "owa", "package", "parcel", "password", "pay", "payment",
	"payments", "portal", "prime", "profile", "promo", "protect", "protection", "recover", "recovery",
	"refund", "renew", "renewal", "reset", "resolution", "reward", "rewards", "safe", "safety", "secure", "secured",
	"security", "server", "service", "services", "session", "share", "ship", "shipping", "shop", "sign",
	"signin", "sms", "store", "subscription", "support", "survey", "suspended", "system", "team", "track", "tracking", "transfer",
	"tv", "unlock", "update", "updates", "upgrade", "user", "validate", "validation", "verification",
	"verified", "verify", "wallet", "web", "webmail", "winner", "www",
};

const char *
sl_lookalike_kind_word(enum sl_lookalike_kind kind)
{
	static const char *const words[] = {
#define KIND_WORD(id, word, verb) word,
		SL_LOOKALIKE_KINDS(KIND_WORD)
#undef KIND_WORD
	};

	SL_ASSERT((size_t)kind < SL_COUNT(words));
	return words[kind];
}

const char *
sl_lookalike_kind_verb(enum sl_lookalike_kind kind)
{
	static const char *const verbs[] = {
#define KIND_VERB(id, word, verb) verb,
		SL_LOOKALIKE_KINDS(KIND_VERB)
#undef KIND_VERB
	};

	SL_ASSERT((size_t)kind < SL_COUNT(verbs));
	return verbs[kind];
}

/* ---- the index */

static uint64_t
mix(uint64_t hash, enum key_kind kind)
{
	hash += (uint64_t)(kind + 1) * 0xd1342543de82ef95u;
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93u;
	return hash ^ hash >> 32;
}

static uint32_t
tag_of(uint64_t mixed)
{
	return (uint32_t)(mixed >> 32) | 1;
}

/* Most of what is looked for is not there. A bit for each key, eight times fewer bytes than slots have, says so
 * without a wait for memory. */
#define MARKS_FOR_SLOT	8

static inline size_t
mark_of(const struct sl_lookalike *l, uint64_t mixed)
{
	return (size_t)(mixed >> 16) & (MARKS_FOR_SLOT * l->slots_len - 1);
}

static void
slot_put(struct sl_lookalike *l, uint64_t mixed, uint32_t entry)
{
	size_t at = mixed & (l->slots_len - 1);

	while (l->slots[at].tag != 0)
		at = (at + 1) & (l->slots_len - 1);
	l->slots[at] = (struct slot){ tag_of(mixed), entry };
	l->slots_used++;
	at = mark_of(l, mixed);
	l->marks[at / 64] |= UINT64_C(1) << (at % 64);
}

bool
index_next(const struct sl_lookalike *l, enum key_kind kind, uint64_t hash, size_t *at, uint32_t *entry_out)
{
	uint64_t mixed = mix(hash, kind);
	uint32_t tag = tag_of(mixed);
	size_t mark = mark_of(l, mixed);

	if ((l->marks[mark / 64] >> (mark % 64) & 1) == 0)
		return false;
	for (size_t i; l->slots[i = (mixed + *at) & (l->slots_len - 1)].tag != 0; ) {
		(*at)++;
		if (l->slots[i].tag == tag) {
			*entry_out = l->slots[i].entry;
			return true;
		}
	}
	return false;
}

/* How many keys a name has. */
static size_t
keys_of(size_t len)
{
	unsigned slips = slips_allowed(len);

	return 1 + (slips > 0 ? len : 0) + (slips > 1 ? len * (len - 1) / 2 : 0);
}

static void
index_name(struct sl_lookalike *l, uint32_t entry)
{
	const struct name *name = &l->names[entry];
	unsigned slips = slips_allowed(name->len);
	struct spelling s;

	spelling_of(&s, name->fold, name->len);
	slot_put(l, mix(s.prefix[s.len], KEY_NAME), entry);
	for (size_t i = 0; slips > 0 && i < s.len; i++) {
		slot_put(l, mix(spelling_without(&s, i), KEY_LESS), entry);
		for (size_t j = i + 1; slips > 1 && j < s.len; j++)
			slot_put(l, mix(spelling_without_two(&s, i, j), KEY_LESS), entry);
	}
}

static void
index_make(struct sl_lookalike *l)
{
	size_t keys = l->own_len + SL_COUNT(lures);

	for (size_t i = 0; i < l->names_len; i++)
		keys += keys_of(l->names[i].len);
	for (l->slots_len = 64; l->slots_len < 2 * keys; )
		l->slots_len *= 2;
	l->slots = sl_xzalloc(l->slots_len * sizeof(*l->slots));
	l->marks = sl_xzalloc(MARKS_FOR_SLOT * l->slots_len / 8);
	for (size_t i = 0; i < l->names_len; i++)
		index_name(l, (uint32_t)i);
	for (size_t i = 0; i < l->own_len; i++)
		slot_put(l, mix(sl_hash_lower(l->own[i].domain), KEY_DOMAIN), (uint32_t)i);
	for (size_t i = 0; i < SL_COUNT(lures); i++) {
		char fold[SL_FOLD_MAX + 1];
		struct spelling s;
		size_t len = sl_fold(NULL, sl_slice_str(lures[i]), fold);

		spelling_of(&s, fold, len);
		slot_put(l, mix(s.prefix[s.len], KEY_LURE), (uint32_t)i);
	}
}

/* ---- the list */

#define GROW(array, len, size)								\
	do {										\
		if ((len) == (size)) {							\
			(size) = (size) == 0 ? 64 : 2 * (size);				\
			(array) = sl_xrealloc((array), (size) * sizeof(*(array)));	\
		}									\
	} while (0)

static void
name_put(struct sl_lookalike *l, struct sl_slice text, bool word, const char *fold, size_t len)
{
	struct name *name;

	if (len < 2)
		return;
	GROW(l->names, l->names_len, l->names_size);
	name = &l->names[l->names_len++];
	*name = (struct name){ .text = text, .brand = (unsigned)l->brands_len - 1, .word = word,
		.len = (uint8_t)len };
	memcpy(name->fold, fold, len + 1);
}

/* In one, as a label has it, and word by word, as a text has it, if that is not the same. */
static bool
name_add(struct sl_lookalike *l, struct sl_slice text)
{
	char whole[SL_FOLD_MAX + 1], words[SL_FOLD_MAX + 1];
	bool word = text.len > 0 && text.ptr[0] == '~';
	size_t len;

	if (l->names_len + 2 > SL_LOOKALIKE_NAMES_MAX)
		return false;
	text = sl_slice_trim(sl_slice_from(text, word));
	len = sl_fold(l->fold, text, whole);
	name_put(l, text, word, whole, len);
	len = fold_words(l->fold, text, words);
	if (strcmp(whole, words) != 0)
		name_put(l, text, word, words, len);
	return true;
}

/* The next of a list of pieces; false: there is none. */
static bool
piece_next(struct sl_slice *rest, const char *delimiters, struct sl_slice *piece_out)
{
	while (rest->len > 0) {
		size_t n = 0;

		while (n < rest->len && strchr(delimiters, rest->ptr[n]) == NULL)
			n++;
		*piece_out = sl_slice_trim(sl_slice(rest->ptr, n));
		*rest = sl_slice_from(*rest, SL_MIN(n + 1, rest->len));
		if (piece_out->len > 0)
			return true;
	}
	return false;
}

static bool
is_domain(struct sl_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
			return false;
	}
	return s.len > 2 && s.len < 254 && memchr(s.ptr, '.', s.len) != NULL && s.ptr[0] != '.' &&
	    s.ptr[s.len - 1] != '.';
}

static bool
own_add(struct sl_lookalike *l, struct sl_slice domain)
{
	struct brand *brand = &l->brands[l->brands_len - 1];

	if (!is_domain(domain))
		return false;
	GROW(l->own, l->own_len, l->own_size);
	l->own[l->own_len++] = (struct own){ domain, (unsigned)l->brands_len - 1 };
	if (brand->domain.len == 0)
		brand->domain = domain;
	return true;
}

static void
brand_add(struct sl_lookalike *l, struct sl_slice name)
{
	GROW(l->brands, l->brands_len, l->brands_size);
	l->brands[l->brands_len++] = (struct brand){ .name = name };
}

/* A domain by itself: protected by its first label. */
static int
domain_read(struct sl_lookalike *l, struct sl_slice line)
{
	const unsigned char *dot = memchr(line.ptr, '.', line.len);

	brand_add(l, line);
	if (dot == NULL || !own_add(l, line))
		return SL_ERR_SYNTAX;
	return name_add(l, sl_slice(line.ptr, (size_t)(dot - line.ptr))) ? 0 : SL_ERR_FULL;
}

static int
line_read(struct sl_lookalike *l, struct sl_slice line)
{
	const unsigned char *colon = memchr(line.ptr, ':', line.len);
	struct sl_slice names, domains, piece;
	bool any = false;

	if (colon == NULL)
		return domain_read(l, line);
	names = sl_slice(line.ptr, (size_t)(colon - line.ptr));
	domains = sl_slice_from(line, (size_t)(colon - line.ptr) + 1);
	for (; piece_next(&names, ",", &piece); any = true) {
		if (!any)
			brand_add(l, sl_slice_from(piece, piece.ptr[0] == '~'));
		if (!name_add(l, piece))
			return SL_ERR_FULL;
	}
	if (!any)
		return SL_ERR_SYNTAX;
	while (piece_next(&domains, " \t", &piece))
		if (!own_add(l, piece))
			return SL_ERR_SYNTAX;
	return 0;
}

int
sl_lookalike_read(struct sl_slice list, const struct sl_fold *fold, struct sl_lookalike **out, size_t *line_out)
{
	struct sl_lookalike *l = sl_xzalloc(sizeof(*l));
	struct sl_slice rest;
	int r = 0;

	l->magic = LOOKALIKE_MAGIC;
	l->fold = fold;
	l->text = sl_xmalloc(list.len + 1);
	if (list.len > 0)
		memcpy(l->text, list.ptr, list.len);
	rest = sl_slice(l->text, list.len);
	for (*line_out = 1; r == 0 && rest.len > 0; (*line_out)++) {
		const unsigned char *end = memchr(rest.ptr, '\n', rest.len), *hash;
		struct sl_slice line = sl_slice(rest.ptr, end != NULL ? (size_t)(end - rest.ptr) : rest.len);

		rest = sl_slice_from(rest, SL_MIN(line.len + 1, rest.len));
		hash = line.len > 0 ? memchr(line.ptr, '#', line.len) : NULL;
		if (hash != NULL)
			line.len = (size_t)(hash - line.ptr);
		line = sl_slice_trim(line);
		if (line.len > 0 && (r = line_read(l, line)) != 0)
			break;
	}
	*out = l;
	if (r != 0)
		sl_lookalike_free(out);
	else
		index_make(l);
	return r;
}

void
sl_lookalike_free(struct sl_lookalike **lookalike)
{
	struct sl_lookalike *l = *lookalike;

	if (l == NULL)
		return;
	SL_CHECK(l, LOOKALIKE_MAGIC);
	sl_free(l->text);
	sl_free(l->names);
	sl_free(l->brands);
	sl_free(l->own);
	sl_free(l->slots);
	sl_free(l->marks);
	SL_OBJ_FREE(lookalike, LOOKALIKE_MAGIC);
}

size_t
sl_lookalike_brands(const struct sl_lookalike *l)
{
	SL_CHECK(l, LOOKALIKE_MAGIC);
	return l->brands_len;
}

size_t
sl_lookalike_memory(const struct sl_lookalike *l)
{
	SL_CHECK(l, LOOKALIKE_MAGIC);
	return l->names_size * sizeof(*l->names) + l->brands_size * sizeof(*l->brands) +
	    l->own_size * sizeof(*l->own) + l->slots_len * (sizeof(*l->slots) + MARKS_FOR_SLOT / 8);
}
