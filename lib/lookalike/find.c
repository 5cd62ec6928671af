/* find.c - see lookalike/lookalike.h: looking up hosts and texts */

#include "lookalike/lookalike_i.h"

#include "domain/punycode.h"
#include "sl/utf8.h"

#define LABELS_MAX	12	/* in front of the registrable domain that are looked at */
#define TOKENS_MAX	8	/* of a label, between hyphens */
#define WORDS_MAX	64	/* of a text */
#define WORDS_JOINED	4
#define SURE_MIN	5	/* letters of a name that needs no luring word beside it */
#define FIRST_MAX	11	/* up to so many letters a slip is not in the first one */
#define PART_MIN	8	/* letters of a part of a label in which slips are looked for */

struct finder {
	const struct sl_lookalike	*l;
	struct sl_lookalike_match	 best;
};

static void
offer(struct finder *f, const struct name *name, enum sl_lookalike_kind kind)
{
	const struct brand *brand = &f->l->brands[name->brand];

	if (kind <= f->best.kind)
		return;
	f->best = (struct sl_lookalike_match){ .kind = kind, .brand = name->brand, .name = brand->name,
		.domain = brand->domain, .word = name->word };
}

/* The name with this fold, or NULL. One that is no ordinary word is preferred. */
static const struct name *
name_get(const struct sl_lookalike *l, const struct spelling *s, size_t from, size_t to, const char *fold)
{
	const struct name *found = NULL;
	size_t at = 0;
	uint32_t entry;

	while ((found == NULL || found->word) && index_next(l, KEY_NAME, spelling_part(s, from, to), &at, &entry)) {
		const struct name *name = &l->names[entry];

		if (name->len == to - from && memcmp(name->fold, fold + from, name->len) == 0)
			found = found == NULL || !name->word ? name : found;
	}
	return found;
}

static bool
lure_is(const struct sl_lookalike *l, const struct spelling *s, size_t from, size_t to)
{
	size_t at = 0;
	uint32_t entry;

	return from < to && index_next(l, KEY_LURE, spelling_part(s, from, to), &at, &entry);
}

/* One luring word, or two. */
static bool
lures_are(const struct sl_lookalike *l, const struct spelling *s, size_t from, size_t to)
{
	if (lure_is(l, s, from, to))
		return true;
	for (size_t i = from + 2; i + 1 < to; i++)
		if (lure_is(l, s, from, i) && lure_is(l, s, i, to))
			return true;
	return false;
}

/* ---- how a text is written */

/* Is `raw` the name, but for case, hyphens, spaces, dots and apostrophes? */
static bool
is_spelled(struct sl_slice raw, struct sl_slice name)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < raw.len && strchr("-. _'", raw.ptr[i]) != NULL)
			i++;
		while (j < name.len && strchr("-. _'", name.ptr[j]) != NULL)
			j++;
		if (i == raw.len || j == name.len)
			return i == raw.len && j == name.len;
		if (sl_ascii_lower(raw.ptr[i++]) != sl_ascii_lower(name.ptr[j++]))
			return false;
	}
}

/* ---- labels */

/* A label, as a reader sees it. */
struct label {
	struct sl_slice	raw;
	char		utf8[4 * 64];
	char		fold[SL_FOLD_MAX + 1];
	struct spelling	s;
	bool		is_idn;
};

static struct sl_slice
label_decoded(struct label *label, struct sl_slice raw)
{
	uint32_t points[63];
	size_t count, len = 0;

	if (!sl_slice_istarts(raw, SL_SLICE_LIT("xn--")) ||
	    sl_punycode_decode(sl_slice_from(raw, 4), points, SL_COUNT(points), &count) != 0)
		return raw;
	for (size_t i = 0; i < count; i++)
		len += sl_utf8_encode(points[i], (unsigned char *)label->utf8 + len);
	label->is_idn = true;
	return sl_slice(label->utf8, len);
}

static void
label_set(struct label *label, const struct sl_fold *fold, struct sl_slice raw)
{
	label->is_idn = false;
	label->raw = label_decoded(label, raw);
	spelling_of(&label->s, label->fold, sl_fold(fold, label->raw, label->fold));
}

static void
slip_try(struct finder *f, const struct label *label, enum key_kind kind, uint64_t hash, unsigned *left)
{
	size_t at = 0;
	uint32_t entry;

	while (*left > 0 && index_next(f->l, kind, hash, &at, &entry)) {
		const struct name *name = &f->l->names[entry];
		unsigned allowed = slips_allowed(name->len), changes;

		(*left)--;
		if (name->word || (name->len <= FIRST_MAX && name->fold[0] != label->fold[0]))
			continue;
		changes = distance(label->fold, label->s.len, name->fold, name->len, allowed);
		if (changes > 0 && changes <= allowed)
			offer(f, name, SL_LOOKALIKE_SLIP);
	}
}

/* By the names with letters left out: whatever is one or two changes away shares such a spelling. */
static void
find_slips(struct finder *f, const struct label *label)
{
	const struct spelling *s = &label->s;
	unsigned left = CANDIDATES_MAX;

	if (s->len + 1 < SLIP_MIN || f->best.kind >= SL_LOOKALIKE_SLIP)
		return;
	slip_try(f, label, KEY_LESS, s->prefix[s->len], &left);
	for (size_t i = 0; i < s->len && left > 0; i++) {
		uint64_t hash = spelling_without(s, i);

		slip_try(f, label, KEY_NAME, hash, &left);
		slip_try(f, label, KEY_LESS, hash, &left);
	}
	if (s->len + 2 < SLIP2_MIN || s->len > SLIP2_MAX + 2)
		return;
	for (size_t i = 0; i < s->len && left > 0; i++)
		for (size_t j = i + 1; j < s->len && left > 0; j++) {
			uint64_t hash = spelling_without_two(s, i, j);

			slip_try(f, label, KEY_NAME, hash, &left);
			slip_try(f, label, KEY_LESS, hash, &left);
		}
}

/* The whole label. `below`: it is not what was registered. */
static void
find_whole(struct finder *f, const struct label *label, bool below)
{
	const struct name *name = name_get(f->l, &label->s, 0, label->s.len, label->fold);

	if (name == NULL) {
		if (!below)
			find_slips(f, label);
	} else if (!is_spelled(label->raw, name->text)) {
		if (name->len >= SURE_MIN || (label->is_idn && name->len > NAME_MIN))
			offer(f, name, SL_LOOKALIKE_CONFUSABLE);
	} else if (!name->word && name->len > NAME_MIN) {
		if (below)
			offer(f, name, SL_LOOKALIKE_BELOW);
		else
			offer(f, name, memchr(label->raw.ptr, '-', label->raw.len) != NULL &&
			    memchr(name->text.ptr, '-', name->text.len) == NULL &&
			    memchr(name->text.ptr, ' ', name->text.len) == NULL ?
			    SL_LOOKALIKE_SPLIT : SL_LOOKALIKE_SUFFIX);
	}
}

/* Without digits at the end. */
static struct sl_slice
without_number(struct sl_slice s)
{
	while (s.len > 0 && s.ptr[s.len - 1] >= '0' && s.ptr[s.len - 1] <= '9')
		s.len--;
	return s;
}

static bool
is_number(struct sl_slice s)
{
	return without_number(s).len == 0;
}

/* A name among the parts between hyphens, and words beside it. */
static void
find_parts(struct finder *f, const struct label *label, bool below)
{
	const struct name *found = NULL;
	struct sl_slice rest = label->raw;
	bool lures = false, confusable = false, numbered = false;
	unsigned parts = 0;

	for (; rest.len > 0 && parts < TOKENS_MAX; parts++) {
		const unsigned char *hyphen = memchr(rest.ptr, '-', rest.len);
		struct sl_slice part = sl_slice(rest.ptr, hyphen != NULL ? (size_t)(hyphen - rest.ptr) : rest.len);
		struct sl_slice bare = is_number(part) ? part : without_number(part);
		const struct name *name;
		struct label one;

		rest = sl_slice_from(rest, SL_MIN(part.len + 1, rest.len));
		label_set(&one, f->l->fold, bare);
		name = one.s.len < NAME_MIN ? NULL : name_get(f->l, &one.s, 0, one.s.len, one.fold);
		if (name != NULL && (found == NULL || (found->word && !name->word))) {
			found = name;
			confusable = name->len >= SURE_MIN && !is_spelled(bare, name->text);
			numbered = bare.len < part.len;
		} else if (lure_is(f->l, &one.s, 0, one.s.len)) {
			lures = true;
		} else if (name == NULL && one.s.len >= PART_MIN && !below && bare.len < label->raw.len) {
			find_slips(f, &one);
		}
	}
	if (found == NULL || (parts == 1 && !numbered))
		return;
	if (confusable)
		offer(f, found, SL_LOOKALIKE_CONFUSABLE);
	else if (lures || (!found->word && found->len >= SURE_MIN && !below))
		offer(f, found, below ? SL_LOOKALIKE_BELOW : SL_LOOKALIKE_ADDED);
}

/* A name at the front or at the end, and nothing but luring words besides. */
static void
find_run(struct finder *f, const struct label *label)
{
	const struct spelling *s = &label->s;

	if (f->best.kind >= SL_LOOKALIKE_ADDED)
		return;
	for (size_t i = SURE_MIN; i + 1 < s->len; i++) {
		const struct name *name = name_get(f->l, s, 0, i, label->fold);

		if (name != NULL && lures_are(f->l, s, i, s->len))
			offer(f, name, SL_LOOKALIKE_ADDED);
		name = name_get(f->l, s, s->len - i, s->len, label->fold);
		if (name != NULL && lures_are(f->l, s, 0, s->len - i))
			offer(f, name, SL_LOOKALIKE_ADDED);
	}
}

/* ---- hosts */

static const struct own *
own_get(const struct sl_lookalike *l, struct sl_slice domain)
{
	size_t at = 0;
	uint32_t entry;

	while (index_next(l, KEY_DOMAIN, sl_hash_lower(domain), &at, &entry))
		if (sl_slice_ieq(l->own[entry].domain, domain))
			return &l->own[entry];
	return NULL;
}

int
sl_lookalike_owner(const struct sl_lookalike *l, struct sl_slice host)
{
	for (unsigned labels = 0; host.len > 0 && labels < LABELS_MAX; labels++) {
		const unsigned char *dot = memchr(host.ptr, '.', host.len);
		const struct own *own = own_get(l, host);

		if (own != NULL)
			return (int)own->brand;
		if (dot == NULL)
			break;
		host = sl_slice_from(host, (size_t)(dot - host.ptr) + 1);
	}
	return -1;
}

/* Some of `labels` as they stand are an own domain? */
static void
find_embedded(struct finder *f, const struct sl_slice *labels, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++)
		for (size_t n = 2; n <= 3 && i + n <= count; n++) {
			const struct sl_slice *last = &labels[i + n - 1];
			const struct own *own = own_get(f->l, sl_slice(labels[i].ptr,
			    (size_t)(last->ptr + last->len - labels[i].ptr)));
			struct name name = { .brand = own != NULL ? own->brand : 0 };

			if (own != NULL)
				offer(f, &name, SL_LOOKALIKE_EMBEDDED);
		}
}

static void
find_below(struct finder *f, struct sl_slice front)
{
	struct sl_slice labels[LABELS_MAX];
	size_t count = 0;
	struct label label;

	while (front.len > 0 && count < LABELS_MAX) {
		const unsigned char *dot = memchr(front.ptr, '.', front.len);

		labels[count] = sl_slice(front.ptr, dot != NULL ? (size_t)(dot - front.ptr) : front.len);
		front = sl_slice_from(front, SL_MIN(labels[count].len + 1, front.len));
		count++;
	}
	find_embedded(f, labels, count);
	for (size_t i = 0; i < count; i++) {
		if (labels[i].len < NAME_MIN || labels[i].len > 63)
			continue;
		label_set(&label, f->l->fold, labels[i]);
		find_whole(f, &label, true);
		if (memchr(labels[i].ptr, '-', labels[i].len) != NULL)
			find_parts(f, &label, true);
	}
}

bool
sl_lookalike_host(const struct sl_lookalike *l, struct sl_slice host, struct sl_slice domain,
    struct sl_lookalike_match *match_out)
{
	struct finder f = { .l = l };
	const unsigned char *dot;
	struct label label;

	if (domain.len == 0 || domain.len > host.len || sl_lookalike_owner(l, host) >= 0)
		return false;
	dot = memchr(domain.ptr, '.', domain.len);
	label_set(&label, l->fold, sl_slice(domain.ptr, dot != NULL ? (size_t)(dot - domain.ptr) : domain.len));
	if (label.s.len >= NAME_MIN) {
		find_whole(&f, &label, false);
		find_parts(&f, &label, false);
		find_run(&f, &label);
	}
	if (host.len > domain.len)
		find_below(&f, sl_slice(host.ptr, host.len - domain.len - 1));
	*match_out = f.best;
	return f.best.kind != SL_LOOKALIKE_NONE;
}

enum sl_lookalike_kind
sl_lookalike_pair(const struct sl_fold *fold, struct sl_slice label_or_domain, struct sl_slice name)
{
	const unsigned char *dot = memchr(label_or_domain.ptr, '.', label_or_domain.len);
	char name_fold[SL_FOLD_MAX + 1];
	size_t name_len = sl_fold(fold, name, name_fold), slips = slips_allowed(name_len);
	struct label label;

	label_set(&label, fold, dot == NULL ? label_or_domain :
	    sl_slice(label_or_domain.ptr, (size_t)(dot - label_or_domain.ptr)));
	if (name_len < NAME_MIN)
		return SL_LOOKALIKE_NONE;
	if (label.s.len == name_len && memcmp(label.fold, name_fold, name_len) == 0) {
		if (is_spelled(label.raw, name))
			return sl_slice_ieq(label.raw, name) ? SL_LOOKALIKE_SUFFIX : SL_LOOKALIKE_SPLIT;
		return name_len >= SURE_MIN || label.is_idn ? SL_LOOKALIKE_CONFUSABLE : SL_LOOKALIKE_NONE;
	}
	if (slips == 0 || (name_len <= FIRST_MAX && name_fold[0] != label.fold[0]) ||
	    distance(label.fold, label.s.len, name_fold, name_len, (unsigned)slips) > slips)
		return SL_LOOKALIKE_NONE;
	return SL_LOOKALIKE_SLIP;
}

/* ---- texts */

static bool
in_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (sl_ascii_lower(c) >= 'a' && sl_ascii_lower(c) <= 'z') || c >= 0x80 ||
	    c == '&' || c == '$';
}

bool
word_next(struct sl_slice *rest, struct sl_slice *word_out, bool *joined_out)
{
	size_t from = 0, to;

	while (from < rest->len && !in_word(rest->ptr[from]))
		from++;
	*joined_out = from <= 1 && (from == 0 || strchr(" -._", rest->ptr[0]) != NULL);
	for (to = from; to < rest->len && in_word(rest->ptr[to]); )
		to++;
	*word_out = sl_slice(rest->ptr + from, to - from);
	*rest = sl_slice_from(*rest, to);
	return word_out->len > 0;
}

size_t
fold_words(const struct sl_fold *fold, struct sl_slice text, char out[SL_FOLD_MAX + 1])
{
	char one[SL_FOLD_MAX + 1];
	struct sl_slice word;
	size_t len = 0;
	bool joined;

	while (text.len > 0 && word_next(&text, &word, &joined)) {
		size_t n = SL_MIN(sl_fold(fold, word, one), SL_FOLD_MAX - len);

		memcpy(out + len, one, n);
		len += n;
	}
	out[len] = '\0';
	return len;
}

/* Marked letters of western languages, and full width ones, are written in honesty; is it they that differ? */
static bool
is_honest(struct sl_slice raw)
{
	bool any = false;

	for (size_t i = 0; i < raw.len; i++) {
		unsigned char c = raw.ptr[i];

		if ((c >= '0' && c <= '9') || c == '$' || c == '|')
			return false;
		if (c < 0x80)
			continue;
		any = true;
		if (c == 0xef && i + 2 < raw.len)
			i += 2;
		else if (c >= 0xc3 && c <= 0xc5)
			i++;
		else
			return false;
	}
	return any;
}

/* Are there signs that no word has by itself: digits, letters beyond ASCII, a capital I within? Two letters that
 * look like one are in many a person's name. */
static bool
is_trick(struct sl_slice raw)
{
	for (size_t i = 0; i < raw.len; i++) {
		unsigned char c = raw.ptr[i];

		if (c >= 0x80 || (c >= '0' && c <= '9') || c == '$' || c == '|')
			return true;
		if (c == 'I' && i > 0 && raw.ptr[i - 1] >= 'a' && raw.ptr[i - 1] <= 'z')
			return true;
	}
	return false;
}

struct text_word {
	struct sl_slice	raw;
	bool		joined;		/* to the one before */
	uint8_t		len;
	char		fold[SL_FOLD_MAX + 1];
};

static size_t
text_words(const struct sl_lookalike *l, struct sl_slice text, struct text_word *words)
{
	size_t count = 0;

	while (count < WORDS_MAX && text.len > 0 &&
	    word_next(&text, &words[count].raw, &words[count].joined)) {
		words[count].len = (uint8_t)sl_fold(l->fold, words[count].raw, words[count].fold);
		count++;
	}
	return count;
}

/* The longest name that begins at words[0]; *used_out: how many words it has. */
static const struct name *
name_at(const struct sl_lookalike *l, const struct text_word *words, size_t count, size_t *used_out)
{
	char fold[SL_FOLD_MAX + 1];
	const struct name *found = NULL;
	struct spelling s;
	size_t len = 0;

	for (size_t i = 0; i < SL_MIN(count, (size_t)WORDS_JOINED) && (i == 0 || words[i].joined) &&
	    len + words[i].len <= SL_FOLD_MAX; i++) {
		const struct name *name;

		memcpy(fold + len, words[i].fold, words[i].len);
		len += words[i].len;
		spelling_of(&s, fold, len);
		name = name_get(l, &s, 0, len, fold);
		if (name != NULL) {
			found = name;
			*used_out = i + 1;
		}
	}
	return found;
}

static bool
match_is_new(const struct sl_lookalike_match *matches, size_t count, const struct sl_lookalike_match *match)
{
	for (size_t i = 0; i < count; i++)
		if (matches[i].brand == match->brand && matches[i].exact == match->exact)
			return false;
	return true;
}

size_t
sl_lookalike_text(const struct sl_lookalike *l, struct sl_slice text, struct sl_lookalike_match *matches,
    size_t max)
{
	struct text_word words[WORDS_MAX];
	size_t count = text_words(l, text, words), found = 0;

	for (size_t i = 0, used = 1; i < count && found < max; i += used) {
		const struct name *name = name_at(l, words + i, count - i, &used);
		struct sl_lookalike_match *match = &matches[found];
		struct sl_slice raw;

		if (name == NULL) {
			used = 1;
			continue;
		}
		raw = sl_slice(words[i].raw.ptr, (size_t)(words[i + used - 1].raw.ptr +
		    words[i + used - 1].raw.len - words[i].raw.ptr));
		*match = (struct sl_lookalike_match){ .brand = name->brand, .name = l->brands[name->brand].name,
			.domain = l->brands[name->brand].domain, .word = name->word,
			.exact = is_spelled(raw, name->text) };
		if (!match->exact && is_honest(raw))
			match->exact = true;	/* "Nestl\xc3\xa9" */
		if (!match->exact && (name->len < SURE_MIN || !is_trick(raw)))
			continue;
		match->kind = match->exact ? SL_LOOKALIKE_SUFFIX : SL_LOOKALIKE_CONFUSABLE;
		found += match_is_new(matches, found, match);
	}
	return found;
}

bool
sl_lookalike_lures(const struct sl_lookalike *l, struct sl_slice text)
{
	struct sl_slice word;
	bool joined;

	for (unsigned i = 0; i < WORDS_MAX && text.len > 0 && word_next(&text, &word, &joined); i++) {
		char fold[SL_FOLD_MAX + 1];
		struct spelling s;

		spelling_of(&s, fold, sl_fold(l->fold, word, fold));
		if (lure_is(l, &s, 0, s.len))
			return true;
	}
	return false;
}
