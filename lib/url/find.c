/* find.c - see url/find.h */

#include "url/find.h"
#include "find_i.h"

#define FINDER_MAGIC	0x5d11f1dau

#define WINDOW		40960	/* twice what may be needed around a trigger, nearly */
#define JOIN_MAX	SL_LINK_WORD_MAX	/* bytes, beyond the first line, of a link that is joined */
#define AHEAD		(SL_LINK_WORD_MAX + JOIN_MAX)	/* what may be looked at behind a trigger */

/* Bytes that are looked at together. */
typedef unsigned char block __attribute__((vector_size(16)));

const char *
sl_link_flag_text(enum sl_link_flag flag)
{
	switch (flag) {
#define FLAG_CASE(name, bit, text)	\
	case name:			\
		return text;
	SL_LINK_FLAGS(FLAG_CASE)
	}
	SL_UNREACHABLE("no such flag");
}

static void
finder_init(struct sl_link_finder *f, const struct sl_suffix *suffix, sl_link_sink *sink, void *ctx,
    unsigned char *own)
{
	/* What stands behind is written before it is read. */
	memset(f, 0, offsetof(struct sl_link_finder, tlds));
	f->but_host[0] = f->last_host[0] = '\0';
	f->magic = FINDER_MAGIC;
	f->suffix = suffix;
	f->sink = sink;
	f->ctx = ctx;
	f->window = f->own = own;
}

static struct sl_link_finder *
finder_new(const struct sl_suffix *suffix, sl_link_sink *sink, void *ctx, unsigned char *own)
{
	struct sl_link_finder *f = sl_xmalloc(sizeof(*f));

	finder_init(f, suffix, sink, ctx, own);
	memset(f->tlds, 0, sizeof(f->tlds));
	return f;
}

struct sl_link_finder *
sl_link_finder_new(const struct sl_suffix *suffix, sl_link_sink *sink, void *ctx)
{
	return finder_new(suffix, sink, ctx, sl_xmalloc(WINDOW));
}

void
sl_link_finder_reset(struct sl_link_finder *f, void *ctx)
{
	SL_CHECK(f, FINDER_MAGIC);
	finder_init(f, f->suffix, f->sink, ctx, f->own);
}

void
sl_link_finder_free(struct sl_link_finder **finder)
{
	if (*finder != NULL)
		sl_free((*finder)->own);
	SL_OBJ_FREE(finder, FINDER_MAGIC);
}

void
sl_link_finder_del_space(struct sl_link_finder *f)
{
	SL_CHECK(f, FINDER_MAGIC);
	f->del_space = true;
}

/* Is it worth looking at the word around the trigger at `t`? Most full stops end a sentence, and most
 * brackets hold words. */
static bool
is_promising(const struct sl_link_finder *f, size_t t)
{
	unsigned char before = t > 0 ? f->window[t - 1] : ' ';
	unsigned char behind = t + 1 < f->len ? f->window[t + 1] : ' ';
	const char *means;

	switch (f->window[t]) {
	case '.':
		return (is_alnum(before) || before >= 0x80 || before == ']' || before == ')' || before == '}') &&
		    (is_alnum(behind) || behind >= 0x80);
	case ':':
		return behind == '/' || behind == '\\';
	case '[':
	case '(':
	case '{':
		return link_defanged(sl_slice(f->window + t, SL_MIN(f->len - t, (size_t)8)), &means) > 0;
	default:
		return false;
	}
}

static block
load(const unsigned char *p)
{
	block b;

	memcpy(&b, p, sizeof(b));
	return b;
}

/* Of the 16 bytes at `t`, which have a neighbour on each side, the first that may be promising, or
 * 16. It is the same as is_promising but for some that are not. */
static size_t
block_promising(const unsigned char *t)
{
	block c = load(t), before, behind, lower, any;
	uint64_t halves[2];

	any = (block)((c == '.') | (c == ':') | ((c | 0x20) == '{') | (c == '('));
	memcpy(halves, &any, sizeof(halves));
	if ((halves[0] | halves[1]) == 0)
		return sizeof(block);
	before = load(t - 1);
	behind = load(t + 1);
	lower = behind | 0x20;
	any = (block)(c == '.') & (block)((before >= '0') | (before == ')')) & (block)(behind >= '0');
	any |= (block)(c == ':') & (block)((behind == '/') | (behind == '\\'));
	any |= (block)(((c | 0x20) == '{') | (c == '(')) & (block)((lower == '.') | (lower == 'd') |
	    (lower == 'a') | (lower == ':') | (lower == '/') | (lower == ('@' | 0x20)));
	memcpy(halves, &any, sizeof(halves));
	if ((halves[0] | halves[1]) == 0)
		return sizeof(block);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (size_t)__builtin_ctzll(halves[0] != 0 ? halves[0] : halves[1]) / 8 + (halves[0] != 0 ? 0 : 8);
#else
	return (size_t)__builtin_clzll(halves[0] != 0 ? halves[0] : halves[1]) / 8 + (halves[0] != 0 ? 0 : 8);
#endif
}

/* The next byte in [f->at, limit) around which there may be a link, or limit. */
static size_t
trigger_next(const struct sl_link_finder *f, size_t limit)
{
	size_t t = f->at;

	while (t < limit) {
		if (t > 0 && t + sizeof(block) < f->len) {
			size_t n = block_promising(f->window + t);

			t += n;
			if (n == sizeof(block))
				continue;
		}
		if (t < limit && is_promising(f, t))
			return t;
		t++;
	}
	return limit;
}

static bool
has_defanged(const struct sl_link_finder *f, const struct word *word)
{
	const char *means;

	for (size_t i = word->start; i < word->end; i++)
		if ((link_class[f->window[i]] & TEXT_BRACKET) != 0 &&
		    link_defanged(sl_slice(f->window + i, word->end - i), &means) > 0)
			return true;
	return false;
}

/* Put window[from..to) behind what f->work->clean holds, put together again. False: it is full. */
static bool
clean_add(struct sl_link_finder *f, struct word *word, size_t from, size_t to)
{
	while (from < to) {
		char self[2] = { (char)f->window[from], 0 };
		const char *means = self;
		size_t n = link_defanged(sl_slice(f->window + from, to - from), &means), len;

		len = n == 0 ? 1 : strlen(means);
		if (word->len + len > sizeof(f->work->clean))
			return false;
		for (size_t i = 0; i < len; i++) {
			f->work->clean[word->len] = (unsigned char)means[i];
			f->work->map[word->len++] = (uint16_t)(from - word->start);
		}
		from += n == 0 ? 1 : n;
	}
	return true;
}

static void
clean_begin(struct sl_link_finder *f, struct word *word)
{
	word->classes |= TEXT_COLON;	/* there may be */
	word->text = f->work->clean;
	word->map = f->work->map;
	word->len = 0;
}

/* Where the line behind a line break at `at` goes on, or `at` if there is no line break. */
static size_t
skip_break(const struct sl_link_finder *f, size_t at)
{
	if (at < f->len && f->window[at] == '\r')
		at++;
	return at < f->len && f->window[at] == '\n' ? at + 1 : at;
}

/* Where a run ends that begins at `at`, of at most `max` bytes; what is in it joins *classes_io. */
static size_t
word_end(const struct sl_link_finder *f, size_t at, size_t max, unsigned *classes_io)
{
	size_t end = at, stop = at + SL_MIN(max, f->len - at);
	unsigned classes = *classes_io, class;

	for (; end < stop && ((class = link_class[f->window[end]]) & TEXT_DELIMITER) == 0; end++)
		classes |= class;
	*classes_io = classes;
	return end;
}

/* Does it begin as what may be broken over lines between < and >? */
static bool
begins_link(struct sl_slice s)
{
	static const char *const begins[] = { "http", "hxxp", "ftp:", "www.", "mailto:", "url:" };

	for (size_t i = 0; i < SL_COUNT(begins); i++)
		if (sl_slice_istarts(s, sl_slice_str(begins[i])))
			return true;
	return false;
}

/* A link between < and > that is broken over lines (RFC 3986, appendix C): all its lines up to
 * the ">", white space at their beginnings left out. Returns where it ends, or 0: it is none. */
static size_t
angle_join(struct sl_link_finder *f, struct word *word)
{
	size_t at = word->end, stop = SL_MIN(f->len, word->end + JOIN_MAX);

	clean_begin(f, word);
	if (!clean_add(f, word, word->start, word->end))
		return 0;
	for (;;) {
		size_t line = skip_break(f, at), end;

		if (line == at)
			return 0;
		while (line < stop && (f->window[line] == ' ' || f->window[line] == '\t'))
			line++;
		end = word_end(f, line, stop - line, &word->classes);
		if (end == line || end >= stop || !clean_add(f, word, line, end))
			return 0;
		if (f->window[end] == '>')
			return end;
		at = end;
	}
}

/* Lines that end in a space go on in the next one, behind its quote marks and the space that
 * stuffs it (RFC 3676, 4). Returns the end of the word. */
static size_t
flowed_join(struct sl_link_finder *f, struct word *word)
{
	size_t at = word->end, stop = SL_MIN(f->len, word->end + JOIN_MAX);

	clean_begin(f, word);
	if (!clean_add(f, word, word->start, word->end))
		return at;
	while (at < stop && f->window[at] == ' ') {
		size_t line = skip_break(f, at + 1), end;

		if (line == at + 1)
			break;
		while (line < stop && f->window[line] == '>')
			line++;
		if (line < stop && f->window[line] == ' ')
			line++;
		end = word_end(f, line, stop - line, &word->classes);
		if (end == line || !clean_add(f, word, line, end))
			break;
		at = end;
	}
	return at;
}

/* The word as it stands, or without its disguise. */
static void
word_plain(struct sl_link_finder *f, struct word *word)
{
	word->text = f->window + word->start;
	word->len = word->end - word->start;
	word->map = NULL;
	if ((word->classes & TEXT_BRACKET) != 0 && has_defanged(f, word)) {
		clean_begin(f, word);
		clean_add(f, word, word->start, word->end);	/* no longer than it was */
	}
}

/* What programs see that do not join: each line by itself, but for links to the same host. */
static void
lines_apart(struct sl_link_finder *f, size_t start, size_t end)
{
	memcpy(f->but_host, f->last_host, sizeof(f->but_host));
	for (size_t at = start; at < end && !f->stopped;) {
		struct word word = { .start = at };

		word.end = word_end(f, at, SL_MIN(SL_LINK_WORD_MAX, end - at), &word.classes);
		word_plain(f, &word);
		link_word(f, &word);
		at = word.end;
		while (at < end && is_delimiter(f->window[at]))
			at++;
	}
	f->but_host[0] = '\0';
}

/* Is it a name of plain ASCII by itself, punctuation behind it aside, under no top-level domain that
 * there is? Most words with a full stop inside are. */
static bool
is_no_domain(struct sl_link_finder *f, const struct word *word)
{
	const unsigned char *text = f->window + word->start;
	size_t len = word->end - word->start, dot = 0;

	while (len > 0 && (link_class[text[len - 1]] & TEXT_ALNUM) == 0 &&
	    strchr(".,:;!?'*)-_", text[len - 1]) != NULL)
		len--;
	for (size_t i = 0; i < len; i++) {
		if ((link_class[text[i]] & TEXT_HOST) == 0)
			return false;
		if (text[i] == '.')
			dot = i + 1;
	}
	return dot > 0 && !link_tld_is_real(f, sl_slice(text + dot, len - dot));
}

static bool
at_line_break(const struct sl_link_finder *f, size_t at)
{
	return skip_break(f, at) > at;
}

/* The word around the trigger at `t`. */
static void
word_at(struct sl_link_finder *f, size_t t)
{
	size_t lowest = SL_MAX(f->floor, t > SL_LINK_WORD_MAX ? t - SL_LINK_WORD_MAX : 0), joined;
	struct word word = { .start = t };

	while (word.start > lowest && !is_delimiter(f->window[word.start - 1]))
		word.start--;
	word.end = word_end(f, word.start, SL_LINK_WORD_MAX, &word.classes);
	word.more = word.end < f->len && !is_delimiter(f->window[word.end]);
	word.angle = word.start > 0 && f->window[word.start - 1] == '<';
	if (!word.angle && !word.more && !f->del_space && is_no_domain(f, &word)) {
		f->at = f->floor = word.end;
		return;
	}
	f->last_host[0] = '\0';
	if (word.angle && at_line_break(f, word.end) &&
	    begins_link(sl_slice(f->window + word.start, word.end - word.start)) &&
	    (joined = angle_join(f, &word)) > 0) {
		word.end = joined;
		word.joined = true;
		link_word(f, &word);
		lines_apart(f, word.start, joined);
		f->at = f->floor = joined;
		return;
	}
	word.angle = word.angle && word.end < f->len && f->window[word.end] == '>';
	if (f->del_space && word.end + 1 < f->len && f->window[word.end] == ' ' &&
	    at_line_break(f, word.end + 1)) {
		size_t end = flowed_join(f, &word);

		word.joined = end > word.end;
		word.end = end;
	} else {
		word_plain(f, &word);
	}
	link_word(f, &word);
	SL_ASSERT(word.resume > word.start);
	f->at = f->floor = word.resume;
}

/* Look at all triggers before `limit`; behind it stands what may be needed for them. */
static void
scan(struct sl_link_finder *f, size_t limit)
{
	struct link_work work;		/* written before it is read */

	f->work = &work;
	while (f->at < limit && !f->stopped) {
		size_t t = trigger_next(f, limit);

		if (t >= limit) {
			f->at = limit;
			break;
		}
		word_at(f, t);
	}
	f->work = NULL;
}

/* The window is full: look at what can be decided, keep what a word may still reach back to. */
static void
window_move(struct sl_link_finder *f)
{
	size_t limit = f->len - AHEAD, keep = limit - SL_LINK_WORD_MAX - 1;

	scan(f, limit);
	memmove(f->own, f->own + keep, f->len - keep);
	f->len -= keep;
	f->at -= keep;
	f->floor -= SL_MIN(f->floor, keep);
	f->offset += keep;
}

void
sl_link_finder_feed(struct sl_link_finder *f, const unsigned char *data, size_t len)
{
	SL_CHECK(f, FINDER_MAGIC);
	while (len > 0) {
		size_t n = SL_MIN(len, WINDOW - f->len);

		memcpy(f->own + f->len, data, n);
		f->len += n;
		data += n;
		len -= n;
		if (f->len == WINDOW)
			window_move(f);
	}
}

void
sl_link_finder_finish(struct sl_link_finder *f)
{
	SL_CHECK(f, FINDER_MAGIC);
	scan(f, f->len);
}

struct names {
	struct sl_link_finder	*f;
	char			*host_out;
	bool			 found;
};

static void
on_name(void *ctx, const struct sl_found_link *link)
{
	struct names *names = ctx;

	if (names->found || (link->flags & SL_LINK_MAIL) != 0 || link->host.len == 0 ||
	    link->host.len > SL_DNS_NAME_MAX)
		return;
	memcpy(names->host_out, link->host.ptr, link->host.len);
	names->host_out[link->host.len] = '\0';
	names->found = true;
	names->f->stopped = true;
}

bool
sl_link_names_host(struct sl_slice text, const struct sl_suffix *suffix, char host_out[SL_DNS_NAME_MAX + 1])
{
	struct names names = { .host_out = host_out };
	bool promising = false;

	for (size_t i = 0; i < text.len && !promising; i++)
		promising = text.ptr[i] == '.' || text.ptr[i] == ':' || text.ptr[i] == '[' ||
		    text.ptr[i] == '(' || text.ptr[i] == '{';
	if (!promising)
		return false;
	names.f = finder_new(suffix, on_name, &names, NULL);
	names.f->window = text.ptr;
	names.f->len = text.len;
	scan(names.f, text.len);
	sl_link_finder_free(&names.f);
	return names.found;
}
