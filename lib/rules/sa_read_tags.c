/* sa_read_tags.c - tags in patterns of replace_rules, as the ReplaceTags plugin expands them
 *
 * Each pass takes the first <pre X>, <post X> and <inter X> out, cuts the pattern at what looks like
 * a tag, puts those texts before, behind and between the tags, and replaces each tag that has a text;
 * again, while a text had tags in it. */

#include "sa_read_i.h"

#define PASSES_MAX	6
#define PIECES_MAX	4096

struct tags {
	struct sl_sa_reader	*reader;
	const char		*start, *end;
	size_t			 start_len, end_len;
	struct sl_slice		*pieces;	/* of PIECES_MAX */
	size_t			 len;
	bool			 again;
};

static const char *
pair_get(const struct sl_sa_reader *reader, const char *kind, struct sl_slice name)
{
	for (size_t i = reader->pairs_len; i > 0; i--) {
		const struct sa_pair *pair = &reader->pairs[i - 1];

		if (strcmp(pair->kind, kind) == 0 && sl_slice_eq(sl_slice_str(pair->name), name))
			return pair->text[0] == '\0' || strcmp(pair->text, "0") == 0 ? NULL : pair->text;
	}
	return NULL;
}

static size_t
find(struct sl_slice s, size_t from, const char *what, size_t what_len)
{
	const unsigned char *p = from > s.len ? NULL
	    : memmem(s.ptr + from, s.len - from, what, what_len);

	return p == NULL ? SIZE_MAX : (size_t)(p - s.ptr);
}

/* A tag from `from` on: start, at least one byte, end. The bytes between are [*at + start_len, *stop - end_len). */
static bool
tag_find(const struct tags *t, struct sl_slice s, size_t from, size_t *at, size_t *stop)
{
	size_t end;

	*at = find(s, from, t->start, t->start_len);
	if (*at == SIZE_MAX)
		return false;
	end = find(s, *at + t->start_len + 1, t->end, t->end_len);
	if (end == SIZE_MAX)
		return false;
	*stop = end + t->end_len;
	return true;
}

static struct sl_slice
joined(struct sl_sa_reader *reader, struct sl_slice a, struct sl_slice b, struct sl_slice c)
{
	char *text;

	if (a.len + b.len + c.len > SL_SA_PATTERN_MAX)
		return a;
	text = sl_arena_alloc(&reader->arena, a.len + b.len + c.len + 1);
	SL_ASSERT(text != NULL);
	if (a.len > 0)
		memcpy(text, a.ptr, a.len);
	if (b.len > 0)
		memcpy(text + a.len, b.ptr, b.len);
	if (c.len > 0)
		memcpy(text + a.len + b.len, c.ptr, c.len);
	return sl_slice(text, a.len + b.len + c.len);
}

/* Take the first "<KIND NAME>" out; gives what NAME stands for, or NULL. */
static const char *
modifier_take(struct tags *t, struct sl_slice *perl, const char *kind)
{
	char head[64];
	size_t head_len = 0, at, name, end;
	const char *text;

	if (t->start_len + strlen(kind) + 2 > sizeof(head))
		return NULL;
	memcpy(head, t->start, t->start_len);
	head_len = t->start_len;
	memcpy(head + head_len, kind, strlen(kind));
	head_len += strlen(kind);
	head[head_len++] = ' ';
	at = find(*perl, 0, head, head_len);
	if (at == SIZE_MAX)
		return NULL;
	name = at + head_len;
	end = find(*perl, name + 1, t->end, t->end_len);
	if (end == SIZE_MAX)
		return NULL;
	text = pair_get(t->reader, kind, sl_slice(perl->ptr + name, end - name));
	*perl = joined(t->reader, sl_slice(perl->ptr, at), sl_slice_from(*perl, end + t->end_len),
	    sl_slice(NULL, 0));
	return text;
}

/* Cut at "<...>" without another < or > in it; empty pieces at the end are dropped. */
static bool
cut(struct tags *t, struct sl_slice perl)
{
	size_t done = 0, at = 0;

	t->len = 0;
	while (at < perl.len) {
		size_t i = at + 1;

		if (perl.ptr[at] == '<') {
			while (i < perl.len && perl.ptr[i] != '<' && perl.ptr[i] != '>')
				i++;
			if (i < perl.len && perl.ptr[i] == '>' && i > at + 1) {
				if (t->len + 3 > PIECES_MAX)
					return false;
				t->pieces[t->len++] = sl_slice(perl.ptr + done, at - done);
				t->pieces[t->len++] = sl_slice(perl.ptr + at, i + 1 - at);
				done = at = i + 1;
				continue;
			}
		}
		at = i;
	}
	t->pieces[t->len++] = sl_slice_from(perl, done);
	while (t->len > 0 && t->pieces[t->len - 1].len == 0)
		t->len--;
	return true;
}

/* `text` before the first tag of a piece, or behind each. */
static void
surround(struct tags *t, struct sl_slice *piece, const char *text, bool behind)
{
	size_t from = 0, at, stop;

	while (piece->len <= SL_SA_PATTERN_MAX && tag_find(t, *piece, from, &at, &stop)) {
		size_t place = behind ? stop : at;

		*piece = joined(t->reader, sl_slice(piece->ptr, place), sl_slice_str(text),
		    sl_slice_from(*piece, place));
		if (!behind)
			return;
		from = stop + strlen(text);
	}
}

static bool
has_tag_within(const char *text)
{
	const char *at = strchr(text, '<');

	for (; at != NULL; at = strchr(at + 1, '<')) {
		const char *end = strchr(at + 1, '>');

		if (end != NULL && end > at + 1)
			return true;
	}
	return false;
}

/* Replace the piece's first tag, wherever it stands in the piece. */
static void
replace(struct tags *t, struct sl_slice *piece)
{
	size_t at, stop, from = 0;
	struct sl_slice tag;
	const char *text;

	if (!tag_find(t, *piece, 0, &at, &stop))
		return;
	tag = sl_slice(piece->ptr + at, stop - at);
	text = pair_get(t->reader, "tag", sl_slice(tag.ptr + t->start_len, tag.len - t->start_len - t->end_len));
	if (text == NULL)
		return;
	while (piece->len <= SL_SA_PATTERN_MAX &&
	    (at = find(*piece, from, (const char *)tag.ptr, tag.len)) != SIZE_MAX) {
		*piece = joined(t->reader, sl_slice(piece->ptr, at), sl_slice_str(text),
		    sl_slice_from(*piece, at + tag.len));
		from = at + strlen(text);
	}
	t->again |= has_tag_within(text);
}

static bool
pass(struct tags *t, struct sl_slice *perl)
{
	const char *pre = modifier_take(t, perl, "pre");
	const char *post = modifier_take(t, perl, "post");
	const char *inter = modifier_take(t, perl, "inter");
	struct sl_buf all;

	t->again = false;
	if (!cut(t, *perl))
		return false;
	sl_buf_init(&all, SL_SA_PATTERN_MAX);
	for (size_t i = 0; i < t->len; i++) {
		struct sl_slice *piece = &t->pieces[i];

		if (pre != NULL)
			surround(t, piece, pre, false);
		if (post != NULL)
			surround(t, piece, post, true);
		if (inter != NULL && piece->len == 0)
			*piece = sl_slice_str(inter);
		replace(t, piece);
		sl_buf_add_slice(&all, *piece);
	}
	*perl = sl_slice(sa_strndup(t->reader, all.data, all.len), all.len);
	t->again &= !all.overflow;
	if (all.overflow)
		*perl = sl_slice(NULL, 0);
	sl_buf_fini(&all);
	return perl->ptr != NULL;
}

const char *
sa_tags_expand(struct sl_sa_reader *reader, const char *perl)
{
	struct tags t = { .reader = reader, .start = reader->tag_start, .end = reader->tag_end,
	    .start_len = strlen(reader->tag_start), .end_len = strlen(reader->tag_end) };
	struct sl_slice s = sl_slice_str(perl);
	bool ok = true;

	t.pieces = sl_xzalloc(PIECES_MAX * sizeof(t.pieces[0]));
	for (int i = 0; i < PASSES_MAX; i++) {
		ok = pass(&t, &s);
		if (!ok || !t.again)
			break;
	}
	sl_free(t.pieces);
	return ok ? sa_strndup(reader, s.ptr, s.len) : NULL;
}
