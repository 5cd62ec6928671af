/* idna.c - see domain/idna.h */

#include "domain/idna.h"
#include "domain/punycode.h"
#include "label_i.h"
#include "sl/utf8.h"

#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#define IGNORED		0
#define SHARP_S_CAPITAL	0x1e9e
#define REPLACEMENT	0xfffd	/* what the mapping makes of a character that is not allowed */
#define ACE_MAX		(SL_IDNA_LABEL_MAX * 5 + 2)

#define FATAL_MASK	(0 SL_IDNA_PROBLEMS(FATAL_BIT))
#define FATAL_BIT(name, bit, fatal, text)	| ((fatal) ? name : 0)

/* What Unicode 15.1 and 16 map to something better than older tables, which refuse these, or make
 * "ss" of the capital sharp s: from, to, the first one's image (the others follow it). */
static const struct {
	uint32_t	from, to, image;
} newer_mappings[] = {
	{ 0x4c0, 0x4c0, 0x4cf },
	{ 0x10a0, 0x10c5, 0x2d00 },
	{ 0x10c7, 0x10c7, 0x2d27 },
	{ 0x10cd, 0x10cd, 0x2d2d },
	{ 0x115f, 0x1160, IGNORED },
	{ 0x17b4, 0x17b5, IGNORED },
	{ 0x180e, 0x180e, IGNORED },
	{ SHARP_S_CAPITAL, SHARP_S_CAPITAL, 0xdf },
	{ 0x2061, 0x2063, IGNORED },
	{ 0x2132, 0x2132, 0x214e },
	{ 0x2183, 0x2183, 0x2184 },
	{ 0x3164, 0x3164, IGNORED },
	{ 0xffa0, 0xffa0, IGNORED },
	{ 0x2f868, 0x2f868, 0x36fc },
	{ 0x2f874, 0x2f874, 0x5f53 },
	{ 0x2f91f, 0x2f91f, 0x243ab },
	{ 0x2f95f, 0x2f95f, 0x7aee },
	{ 0x2f9bf, 0x2f9bf, 0x45d7 },
};

/* A domain on its way: mapped, as UTF-16, and where it goes. */
struct work {
	const UNormalizer2 *table;	/* of the mapping */
	UChar	 text[SL_IDNA_DOMAIN_MAX];
	size_t	 len;
	bool	 to_unicode;
	unsigned problems;
	char	*out;
	size_t	 out_size, out_len;
	bool	 full;
};

const char *
sl_idna_problem_text(enum sl_idna_problem problem)
{
	switch (problem) {
#define PROBLEM_CASE(name, bit, fatal, text)	\
	case name:				\
		return text;
	SL_IDNA_PROBLEMS(PROBLEM_CASE)
	}
	SL_UNREACHABLE("no such problem");
}

/* ICU's own table of UTS #46; the object is ICU's, for ever. */
static const UNormalizer2 *
mapping(void)
{
	UErrorCode error = U_ZERO_ERROR;
	const UNormalizer2 *table = unorm2_getInstance(NULL, "uts46", UNORM2_COMPOSE, &error);

	return U_SUCCESS(error) ? table : NULL;
}

bool
sl_idna_preload(void)
{
	return mapping() != NULL;
}

static void
put(struct work *w, const void *bytes, size_t len)
{
	if (w->full || len >= w->out_size - w->out_len) {
		w->full = true;
		return;
	}
	memcpy(w->out + w->out_len, bytes, len);
	w->out_len += len;
}

static void
put_char(struct work *w, uint32_t c)
{
	unsigned char utf8[4];

	put(w, utf8, sl_utf8_encode(c, utf8));
}

static bool
is_ascii(const struct label *label)
{
	for (size_t i = 0; i < label->len; i++)
		if (label->cp[i] >= 0x80)
			return false;
	return true;
}

/* Does it begin as an A-label? Then it cannot be what one decodes to (UTS #46, 4.1, 4). */
static bool
is_ace(const struct label *label)
{
	return label->len >= 4 && label->cp[0] == 'x' && label->cp[1] == 'n' && label->cp[2] == '-' && label->cp[3] == '-';
}

static bool
has_replacement(const struct label *label)
{
	for (size_t i = 0; i < label->len; i++)
		if (label->cp[i] == REPLACEMENT)
			return true;
	return false;
}

/* Does the mapping leave it as it is? So must an A-label decode (UTS #46, 4.1, 1 and 7). */
static bool
is_mapped(const struct work *w, const struct label *label)
{
	UChar text[2 * SL_IDNA_LABEL_MAX];
	UErrorCode error = U_ZERO_ERROR;
	int32_t len = 0;

	for (size_t i = 0; i < label->len; i++) {
		if (label->cp[i] == SHARP_S_CAPITAL)
			return false;
		U16_APPEND_UNSAFE(text, len, label->cp[i]);
	}
	return unorm2_isNormalized(w->table, text, len, &error) && U_SUCCESS(error);
}

/* Take the label at text[from..to); an A-label is decoded. Returns its problems. */
static unsigned
label_read(const struct work *w, size_t from, size_t to, struct label *label, bool *is_ace_out)
{
	char ace[ACE_MAX];
	size_t at = from;

	*is_ace_out = to - from >= 4 && w->text[from] == 'x' && w->text[from + 1] == 'n' &&
	    w->text[from + 2] == '-' && w->text[from + 3] == '-';
	label->len = 0;
	if (*is_ace_out) {
		if (to - from - 4 > sizeof(ace))
			return SL_IDNA_LABEL_LONG;
		for (at += 4; at < to; at++) {
			if (w->text[at] >= 0x80)
				return SL_IDNA_CODING;
			ace[at - from - 4] = (char)w->text[at];
		}
		switch (sl_punycode_decode(sl_slice(ace, to - from - 4), label->cp, SL_IDNA_LABEL_MAX,
		    &label->len)) {
		case 0:
			return label->len == 0 || is_ascii(label) || is_ace(label) ? SL_IDNA_CODING :
			    !is_mapped(w, label) ? SL_IDNA_DISALLOWED : 0;
		case SL_ERR_FULL:
			return SL_IDNA_LABEL_LONG;
		default:
			return SL_IDNA_CODING;
		}
	}
	while (at < to) {
		UChar32 c;

		if (label->len == SL_IDNA_LABEL_MAX)
			return SL_IDNA_LABEL_LONG;
		U16_NEXT(w->text, at, to, c);
		label->cp[label->len++] = (uint32_t)c;
	}
	return has_replacement(label) ? SL_IDNA_DISALLOWED : 0;
}

/* As it is in the text: for A-labels that stay, ASCII, and what is refused. */
static void
put_text(struct work *w, size_t from, size_t to)
{
	UChar32 c;

	while (from < to) {
		U16_NEXT(w->text, from, to, c);
		put_char(w, U_IS_SURROGATE(c) ? REPLACEMENT : (uint32_t)c);
	}
}

static void
put_ace(struct work *w, const struct label *label)
{
	char ace[ACE_MAX];
	size_t len;

	if (sl_punycode_encode(label->cp, label->len, ace, sizeof(ace), &len) < 0) {
		w->problems |= SL_IDNA_LABEL_LONG;
		return;
	}
	put(w, "xn--", 4);
	put(w, ace, len);
}

static bool
text_is_ascii(const struct work *w, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (w->text[i] >= 0x80)
			return false;
	return true;
}

static void
label_process(struct work *w, size_t from, size_t to, bool bidi)
{
	struct label label;
	size_t start = w->out_len;
	bool is_ace, whole;
	unsigned problems = label_read(w, from, to, &label, &is_ace);

	/* Of ASCII any length passes a browser. */
	if (problems == SL_IDNA_LABEL_LONG && text_is_ascii(w, from, to) && !is_ace)
		problems = SL_IDNA_LENGTH;
	whole = (problems & (SL_IDNA_CODING | SL_IDNA_LABEL_LONG | SL_IDNA_LENGTH)) == 0;
	if (whole)
		problems |= idna_label_problems(&label, bidi);
	w->problems |= problems;
	if ((problems & FATAL_MASK) != 0 || !whole)
		put_text(w, from, to);
	else if (w->to_unicode)
		for (size_t i = 0; i < label.len; i++)
			put_char(w, label.cp[i]);
	else if (is_ascii(&label))
		put_text(w, from, to);
	else
		put_ace(w, &label);
	if (w->out_len - start > SL_DNS_LABEL_MAX && !w->to_unicode)
		w->problems |= SL_IDNA_LENGTH;
}

/* Is there a label written from the right? */
static bool
work_is_bidi(const struct work *w)
{
	struct label label;
	size_t from = 0;
	bool is_ace, may_be = false;

	/* Where Unicode has them, without those beyond the BMP; and A-labels. */
	for (size_t i = 0; i < w->len && !may_be; i++)
		may_be = (w->text[i] >= 0x590 && w->text[i] < 0x900) || w->text[i] >= 0xd800 ||
		    (w->text[i] == 'x' && w->len - i > 3 && w->text[i + 2] == '-');
	if (!may_be)
		return false;
	for (size_t at = 0; at <= w->len; at++) {
		if (at < w->len && w->text[at] != '.')
			continue;
		if (label_read(w, from, at, &label, &is_ace) == 0 && idna_label_is_rtl(&label))
			return true;
		from = at + 1;
	}
	return false;
}

static void
work_labels(struct work *w)
{
	bool bidi = work_is_bidi(w);
	size_t from = 0;

	for (size_t at = 0; at <= w->len; at++) {
		if (at < w->len && w->text[at] != '.')
			continue;
		if (at > from || at < w->len || w->len == 0)	/* the root's label is empty */
			label_process(w, from, at, bidi);
		if (at < w->len)
			put(w, ".", 1);
		from = at + 1;
	}
}

/* IGNORED, or what `c` is for the table. */
static uint32_t
newer_mapping(uint32_t c)
{
	for (size_t i = 0; i < SL_COUNT(newer_mappings) && c >= newer_mappings[i].from; i++)
		if (c <= newer_mappings[i].to)
			return newer_mappings[i].image == IGNORED ? IGNORED :
			    newer_mappings[i].image + (c - newer_mappings[i].from);
	return c;
}

/* ASCII's case aside. */
static bool
is_same_text(const UChar *raw, size_t raw_len, const UChar *mapped, size_t mapped_len)
{
	if (raw_len != mapped_len)
		return false;
	for (size_t i = 0; i < raw_len; i++)
		if (raw[i] != mapped[i] && !(raw[i] >= 'A' && raw[i] <= 'Z' && (raw[i] | 0x20) == mapped[i]))
			return false;
	return true;
}

/* UTF-8 to mapped UTF-16 (UTS #46, 4, 1 and 2). */
static int
work_map(struct work *w, struct sl_slice domain)
{
	UChar raw[SL_IDNA_DOMAIN_MAX];
	UErrorCode error = U_ZERO_ERROR;
	int32_t len = 0;
	size_t n;
	uint32_t c;

	if (domain.len > SL_IDNA_DOMAIN_MAX)
		return SL_ERR_TOO_LONG;
	for (; domain.len > 0; domain = sl_slice_from(domain, n)) {
		n = sl_utf8_decode(domain, &c);
		if (n == 0) {
			w->problems |= SL_IDNA_CODING;
			c = REPLACEMENT;
			n = 1;
		}
		if (c == '\0') {
			raw[len++] = 0;
			continue;
		}
		if (newer_mapping(c) != c) {
			w->problems |= SL_IDNA_MAPPED;
			c = newer_mapping(c);
		}
		if (c != IGNORED)
			U16_APPEND_UNSAFE(raw, len, c);
	}
	w->table = mapping();
	if (w->table == NULL)
		return SL_ERR_UNSUPPORTED;
	w->len = (size_t)unorm2_normalize(w->table, raw, len, w->text, (int32_t)SL_COUNT(w->text), &error);
	if (U_FAILURE(error))
		return SL_ERR_TOO_LONG;
	if (!is_same_text(raw, (size_t)len, w->text, w->len))
		w->problems |= SL_IDNA_MAPPED;
	return 0;
}

/* ASCII without A-labels: lower case is all. */
static bool
is_plain(struct sl_slice domain)
{
	bool label_start = true;

	for (size_t i = 0; i < domain.len; i++) {
		unsigned char c = domain.ptr[i];

		if (c >= 0x80 || (label_start && (c == 'x' || c == 'X') && domain.len - i >= 4 &&
		    sl_slice_ieq(sl_slice(domain.ptr + i, 4), SL_SLICE_LIT("xn--"))))
			return false;
		label_start = c == '.';
	}
	return true;
}

/* Any of what was read may be no letter, digit or hyphen. */
static unsigned
plain_label(const char *label, size_t len)
{
	unsigned problems = 0;

	if (len == 0)
		return SL_IDNA_EMPTY;
	if (len > SL_DNS_LABEL_MAX)
		problems |= SL_IDNA_LENGTH;
	if (label[0] == '-' || label[len - 1] == '-' || (len >= 4 && label[2] == '-' && label[3] == '-'))
		problems |= SL_IDNA_HYPHENS;
	for (size_t i = 0; i < len; i++)
		if (!((label[i] >= 'a' && label[i] <= 'z') || (label[i] >= '0' && label[i] <= '9') ||
		    label[i] == '-'))
			problems |= SL_IDNA_ASCII;
	return problems;
}

static int
plain_process(struct sl_slice domain, bool to_unicode, char *out, size_t out_size, size_t *len_out,
    unsigned *problems_out)
{
	unsigned problems = 0;
	size_t from = 0, len = domain.len;

	*len_out = 0;
	out[0] = '\0';
	if (domain.len >= out_size) {
		if (problems_out != NULL)
			*problems_out = SL_IDNA_LENGTH;
		return SL_ERR_TOO_LONG;
	}
	for (size_t i = 0; i < domain.len; i++)
		out[i] = (char)sl_ascii_lower(domain.ptr[i]);
	out[domain.len] = '\0';
	*len_out = domain.len;
	if (problems_out == NULL)
		return 0;
	if (len > 0 && out[len - 1] == '.') {
		problems |= SL_IDNA_ROOT;
		len--;
	}
	if (len > SL_DNS_NAME_MAX && !to_unicode)
		problems |= SL_IDNA_LENGTH;
	for (size_t at = 0; at <= len; at++)
		if (at == len || out[at] == '.') {
			problems |= plain_label(out + from, at - from);
			from = at + 1;
		}
	*problems_out = problems;
	return 0;
}

static int
work_end(struct work *w, size_t *len_out, unsigned *problems_out)
{
	size_t len = w->out_len;

	if (len > 0 && !w->full && w->out[len - 1] == '.') {
		w->problems |= SL_IDNA_ROOT;
		len--;
	}
	if (len > SL_DNS_NAME_MAX && !w->to_unicode)
		w->problems |= SL_IDNA_LENGTH;
	if (problems_out != NULL)
		*problems_out = w->problems;
	w->out[w->out_len] = '\0';
	*len_out = w->out_len;
	return w->full ? SL_ERR_TOO_LONG : (w->problems & FATAL_MASK) != 0 ? SL_ERR_SYNTAX : 0;
}

/* Not inlined: the frame is large. */
__attribute__((noinline)) static int
mapped_process(struct sl_slice domain, bool to_unicode, char *out, size_t out_size, size_t *len_out,
    unsigned *problems_out)
{
	struct work w;
	int r;

	w.len = w.out_len = 0;
	w.to_unicode = to_unicode;
	w.problems = 0;
	w.out = out;
	w.out_size = out_size;
	w.full = false;
	r = work_map(&w, domain);
	if (r < 0) {
		out[0] = '\0';
		*len_out = 0;
		if (problems_out != NULL)
			*problems_out = w.problems | SL_IDNA_LABEL_LONG;
		return r;
	}
	work_labels(&w);
	return work_end(&w, len_out, problems_out);
}

static int
process(struct sl_slice domain, bool to_unicode, char *out, size_t out_size, size_t *len_out,
    unsigned *problems_out)
{
	SL_ASSERT(out_size > 0);
	return is_plain(domain) ?
	    plain_process(domain, to_unicode, out, out_size, len_out, problems_out) :
	    mapped_process(domain, to_unicode, out, out_size, len_out, problems_out);
}

int
sl_idna_to_ascii(struct sl_slice domain, char *out, size_t out_size, size_t *len_out,
    unsigned *problems_out)
{
	return process(domain, false, out, out_size, len_out, problems_out);
}

int
sl_idna_to_unicode(struct sl_slice domain, char *out, size_t out_size, size_t *len_out,
    unsigned *problems_out)
{
	return process(domain, true, out, out_size, len_out, problems_out);
}

bool
sl_domain_ascii(struct sl_slice domain, char out[SL_DNS_NAME_MAX + 1])
{
	char name[SL_DNS_NAME_MAX + 2];
	size_t len;

	for (size_t i = 0; i < domain.len; i++)
		if (domain.ptr[i] >= 0x80)
			return sl_idna_to_ascii(domain, name, sizeof(name), &len, NULL) == 0 &&
			    sl_dns_name_copy(out, sl_slice(name, len));
	return sl_dns_name_copy(out, domain);
}
