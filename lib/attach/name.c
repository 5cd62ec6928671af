/* name.c - see attach/name.h */

#include "attach/name.h"
#include "sl/utf8.h"

#define RUNS	SL_FLAG_RUNS
#define MACROS	SL_FLAG_MACROS
#define HOLDS	SL_FLAG_HOLDS
#define ACTIVE	SL_FLAG_ACTIVE

#define GAP_BLANKS	8	/* in a row: a gap */
#define GAP_BEFORE_DOT	3	/* right before the extension */
#define REPLACEMENT	0xfffdu
#define BAD		0x110000u	/* stands for a byte that is not UTF-8 */
#define MARK		12	/* bytes kept before the end of a display name that is cut */

struct extension {
	const char	*name;
	enum sl_type	 type;
	int		 family;	/* of R rows; -1: the type's, flags too */
	unsigned	 flags;
};

#define T(name, type)			{ name, SL_TYPE_##type, -1, 0 }
#define R(name, type, family, flags)	{ name, SL_TYPE_##type, (int)SL_FAMILY_##family, flags }
#include "attach/name_table.h"
#undef T
#undef R

/* Letters that look like those of extensions. */
static const struct {
	uint32_t	c;
	unsigned char	like;
} alikes[] = {
	{ 0x251, 'a' }, { 0x261, 'g' }, { 0x131, 'i' }, { 0x3b1, 'a' }, { 0x3bf, 'o' }, { 0x3c1, 'p' },
	{ 0x3c7, 'x' }, { 0x3f2, 'c' }, { 0x3f3, 'j' }, { 0x430, 'a' }, { 0x435, 'e' }, { 0x43a, 'k' },
	{ 0x43c, 'm' }, { 0x43e, 'o' }, { 0x440, 'p' }, { 0x441, 'c' }, { 0x442, 't' }, { 0x443, 'y' },
	{ 0x445, 'x' }, { 0x455, 's' }, { 0x456, 'i' }, { 0x458, 'j' }, { 0x475, 'v' }, { 0x4bb, 'h' },
	{ 0x4cf, 'l' }, { 0x501, 'd' }, { 0x51b, 'q' }, { 0x51d, 'w' }, { 0x570, 'h' }, { 0x578, 'n' },
	{ 0x57d, 'u' }, { 0x585, 'o' },
};

static const struct {
	const char	*name, *text;
} finding_rows[SL_NAME_FINDING_COUNT] = {
#define FINDING_ROW(id, name, text) { name, text },
	SL_NAME_FINDINGS(FINDING_ROW)
#undef FINDING_ROW
};

struct chars {			/* a stretch of the decoded name */
	const uint32_t	*c;
	size_t		 len;
};

/* An extension as one reading of the name has it. */
struct reading {
	char		 text[SL_NAME_EXTENSION + 1];
	size_t		 at;		/* of its dot in the stretch; the stretch's length: no extension */
	enum sl_type	 type;
	enum sl_family	 family;
	unsigned	 flags;
	bool		 known;
	bool		 clsid, folded;	/* full-width letters, or others that look alike, were read as plain */
};

const char *
sl_name_finding_name(enum sl_name_finding finding)
{
	SL_ASSERT(finding < SL_NAME_FINDING_COUNT);
	return finding_rows[finding].name;
}

const char *
sl_name_finding_text(enum sl_name_finding finding)
{
	SL_ASSERT(finding < SL_NAME_FINDING_COUNT);
	return finding_rows[finding].text;
}

static const struct extension *
extension_find(const char *name)
{
	size_t low = 0, high = SL_COUNT(extensions);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, extensions[middle].name);

		if (order == 0)
			return &extensions[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool
sl_name_extension(struct sl_slice extension, enum sl_type *type_out, enum sl_family *family_out,
    unsigned *flags_out)
{
	char lower[SL_NAME_EXTENSION + 1];
	const struct extension *row;

	if (extension.len > SL_NAME_EXTENSION)
		return false;
	for (size_t i = 0; i < extension.len; i++)
		lower[i] = (char)sl_ascii_lower(extension.ptr[i]);
	lower[extension.len] = '\0';
	if (memchr(lower, '\0', extension.len) != NULL || (row = extension_find(lower)) == NULL)
		return false;
	*type_out = row->type;
	*family_out = row->family < 0 ? sl_type_family(row->type) : (enum sl_family)row->family;
	*flags_out = row->family < 0 ? sl_type_flags(row->type) : row->flags;
	return true;
}

static bool
is_bidi(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

static bool
is_blank(uint32_t c)
{
	return c == ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
	    c == 0x205f || c == 0x2800 || c == 0x3000;
}

/* `before`: the character before it. Joiners have their place in Arabic, Indic scripts and emoji. */
static bool
is_invisible(uint32_t c, uint32_t before)
{
	if (c == 0x200c || c == 0x200d)
		return before < 0x600 || is_blank(before) || (before >= 0x2000 && before <= 0x206f);
	return c == 0xad || c == 0x34f || c == 0x61c || c == 0x115f || c == 0x1160 || c == 0x180e ||
	    c == 0x200b || c == 0x200e || c == 0x200f || (c >= 0x2060 && c <= 0x2064) || c == 0x3164 ||
	    c == 0xfeff || c == 0xffa0 || (c >= 0xe0000 && c <= 0xe007f);
}

/* A character that a person takes for a dot. Those of East Asian text have their use in names. */
static bool
is_dot_alike(uint32_t c)
{
	return c == 0x2024 || c == 0xfe52 || c == 0x701 || c == 0x702 || c == 0xa4f8 || c == 0xff0e ||
	    c == 0xff61 || c == 0x3002;
}

static bool
is_slash(uint32_t c)
{
	return c == '/' || c == '\\';
}

/* Decode up to SL_NAME_READ bytes into `out`. Returns how many characters. */
static size_t
decode(struct sl_slice name, uint32_t *out, unsigned *findings)
{
	size_t count = 0, half = SL_NAME_READ / 2;

	if (name.len > SL_NAME_BYTES)
		*findings |= SL_NAME_BIT(LONG);
	for (size_t i = 0, n; i < name.len; i += n) {
		if (name.len > SL_NAME_READ && i >= half && i < name.len - half) {
			i = name.len - half;
			while (i < name.len && (name.ptr[i] & 0xc0) == 0x80)
				i++;
			if (i == name.len)
				break;
		}
		n = sl_utf8_decode(sl_slice_from(name, i), &out[count]);
		if (n == 0) {
			*findings |= SL_NAME_BIT(NOT_UTF8);
			out[count] = BAD;
			n = 1;
		}
		count++;
	}
	return count;
}

/* What single characters tell. */
static unsigned
character_findings(struct chars name)
{
	unsigned findings = 0;
	uint32_t before = 0;

	for (size_t i = 0; i < name.len; i++) {
		uint32_t c = name.c[i];

		if (c == 0)
			findings |= SL_NAME_BIT(NUL);
		else if (is_control(c))
			findings |= SL_NAME_BIT(CONTROL);
		else if (is_bidi(c))
			findings |= SL_NAME_BIT(BIDI);
		else if (is_invisible(c, before))
			findings |= SL_NAME_BIT(INVISIBLE);
		else if (is_slash(c))
			findings |= SL_NAME_BIT(PATH);
		before = c;
	}
	return findings;
}

/* "../", "/", "C:" or "\\" at the start, or "/../" within. */
static bool
climbs(struct chars name)
{
	if (name.len == 0)
		return false;
	if (is_slash(name.c[0]) || (name.len > 2 && name.c[1] == ':' && is_slash(name.c[2])))
		return true;
	for (size_t i = 0; i + 2 < name.len; i++)
		if (name.c[i] == '.' && name.c[i + 1] == '.' && is_slash(name.c[i + 2]) &&
		    (i == 0 || is_slash(name.c[i - 1])))
			return true;
	return false;
}

static struct chars
last_component(struct chars name)
{
	size_t from = name.len, end = name.len;

	while (end > 0 && is_slash(name.c[end - 1]))
		end--;
	from = end;
	while (from > 0 && !is_slash(name.c[from - 1]))
		from--;
	return (struct chars){ name.c + from, end - from };
}

/* Without the dots and blanks at the end. */
static struct chars
stripped(struct chars name)
{
	while (name.len > 0 && (name.c[name.len - 1] == '.' || is_blank(name.c[name.len - 1])))
		name.len--;
	return name;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* "{9afe2a29-3bd0-4b58-a6d1-2a4d8a9f0a4b}" */
static bool
is_clsid(const char *text)
{
	static const char shape[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";

	if (strlen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i] != '\0'; i++)
		if (shape[i] == 'x' ? !is_hex(text[i]) : text[i] != shape[i])
			return false;
	return true;
}

/* What a letter of an extension is taken for; 0: itself. */
static unsigned char
taken_for(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		return sl_ascii_lower((unsigned char)(c - 0xff01 + '!'));
	if (c >= 0x410 && c <= 0x42f)		/* Cyrillic capitals */
		c += 0x20;
	for (size_t i = 0; i < SL_COUNT(alikes); i++)
		if (alikes[i].c == c)
			return alikes[i].like;
	return 0;
}

/* Read the characters from..to as an extension. */
static void
extension_read(struct chars name, size_t from, size_t to, struct reading *r)
{
	char folded[SL_NAME_EXTENSION + 1];
	size_t len = 0, folded_len = 0;
	bool alike = false, plain = false, wide = false;

	for (size_t i = from; i < to; i++) {
		uint32_t c = name.c[i];
		unsigned char like, bytes[4];
		size_t n;

		if (is_bidi(c) || is_control(c) || is_invisible(c, i > 0 ? name.c[i - 1] : 0))
			continue;
		if (c < 0x80)
			c = sl_ascii_lower((unsigned char)c);
		like = c < 0x80 ? 0 : taken_for(c);
		n = sl_utf8_encode(c == BAD ? REPLACEMENT : c, bytes);
		if (is_blank(c) || len + n > SL_NAME_EXTENSION) {
			r->text[0] = '\0';
			return;
		}
		memcpy(r->text + len, bytes, n);
		len += n;
		if (like != 0)
			folded[folded_len++] = (char)like;
		else if (folded_len + n <= SL_NAME_EXTENSION) {
			memcpy(folded + folded_len, bytes, n);
			folded_len += n;
		}
		alike |= like != 0;
		wide |= c >= 0xff01 && c <= 0xff5e;
		plain |= c >= 'a' && c <= 'z';
	}
	r->text[len] = folded[folded_len] = '\0';
	r->clsid = is_clsid(r->text);
	r->known = sl_name_extension(sl_slice(folded, folded_len), &r->type, &r->family, &r->flags);
	r->folded = alike && (r->known || plain || wide);
	if (r->folded && r->known)
		memcpy(r->text, folded, folded_len + 1);
	if (r->clsid) {
		r->family = SL_FAMILY_SHORTCUT;
		r->flags = SL_FLAG_RUNS;
		r->known = true;
	}
}

/* The extension of a file's name; `alike`: what looks like a dot is one. */
static struct reading
extension_of(struct chars name, bool alike)
{
	struct reading r = { .at = name.len };

	for (size_t i = name.len; i > 0; i--) {
		if (name.c[i - 1] != '.' && !(alike && is_dot_alike(name.c[i - 1])))
			continue;
		r.at = i - 1;
		extension_read(name, i, name.len, &r);
		break;
	}
	return r;
}

/* The reading that is worse: one that runs, else one that is known. */
static struct reading
worse(struct reading a, struct reading b)
{
	if ((b.flags & RUNS) != (a.flags & RUNS))
		return b.flags & RUNS ? b : a;
	return b.known && !a.known ? b : a;
}

/* The colon of an alternate stream: behind an extension, or before "$DATA". Else the length. */
static size_t
stream_colon(struct chars name)
{
	static const char data[] = ":$data";

	for (size_t i = 1; i < name.len; i++) {
		struct chars stem = stripped((struct chars){ name.c, i });
		size_t n = 0;

		if (name.c[i] != ':')
			continue;
		while (i + n < name.len && n < sizeof(data) - 1 && name.c[i + n] < 0x80 &&
		    sl_ascii_lower((unsigned char)name.c[i + n]) == data[n])
			n++;
		if (n == sizeof(data) - 1 || (i + 1 < name.len && name.c[i + 1] == ':') ||
		    extension_of(stem, true).known)
			return i;
		return name.len;	/* one look at one colon: others cost too much, and Windows forbids them */
	}
	return name.len;
}

static bool
is_reserved(struct chars name)
{
	static const char *const devices[] = { "con", "prn", "aux", "nul", "conin$", "conout$" };
	char stem[8] = { 0 };
	size_t len = 0;

	while (len < name.len && name.c[len] != '.' && name.c[len] != ':' && !is_blank(name.c[len])) {
		if (len == sizeof(stem) - 1 || name.c[len] >= 0x80)
			return false;
		stem[len] = (char)sl_ascii_lower((unsigned char)name.c[len]);
		len++;
	}
	for (size_t i = 0; i < SL_COUNT(devices); i++)
		if (strcmp(stem, devices[i]) == 0)
			return true;
	return len == 4 && (memcmp(stem, "com", 3) == 0 || memcmp(stem, "lpt", 3) == 0) &&
	    stem[3] >= '1' && stem[3] <= '9';
}

/* Would a person open it without a thought? */
static bool
is_harmless(const struct reading *r)
{
	return r->known && (r->flags & RUNS) == 0 && r->family != SL_FAMILY_EXECUTABLE &&
	    r->family != SL_FAMILY_SCRIPT && r->family != SL_FAMILY_DISK_IMAGE &&
	    r->family != SL_FAMILY_UNKNOWN;
}

static bool
is_dangerous(const struct reading *r)
{
	return (r->flags & RUNS) != 0 || r->family == SL_FAMILY_DISK_IMAGE;
}

/* Is there a gap in front of `dot`, or a wide one anywhere before it? */
static bool
is_padded(struct chars name, size_t dot)
{
	size_t run = 0;

	for (size_t i = 0; i < dot; i++) {
		run = is_blank(name.c[i]) ? run + 1 : 0;
		if (run >= GAP_BLANKS)
			return true;
	}
	return run >= GAP_BEFORE_DOT;
}

/* The word at the end of what stands before the extension, as in "invoice.pdf.exe", "invoice_pdf.exe". */
static struct reading
extension_before(struct chars name, size_t dot)
{
	struct reading r = { .at = dot };
	size_t end = dot, from;

	while (end > 0 && (is_blank(name.c[end - 1]) || name.c[end - 1] == '_' || name.c[end - 1] == '.' ||
	    name.c[end - 1] == '-' || is_dot_alike(name.c[end - 1])))
		end--;
	for (from = end; from > 0; from--) {
		uint32_t c = name.c[from - 1];

		if (c == '.' || c == '_' || c == '-' || is_blank(c) || is_dot_alike(c) || is_bidi(c))
			break;
	}
	if (from > 0 && from < end) {
		r.at = from - 1;
		extension_read(name, from, end, &r);
		/* "test_c.py", "the-key.pl": words, but for what people take for a document */
		if (name.c[from - 1] != '.' && !is_dot_alike(name.c[from - 1]) &&
		    r.family != SL_FAMILY_DOCUMENT && r.family != SL_FAMILY_IMAGE)
			r.known = false;
	}
	return r;
}

/* The extension that is seen where U+202E turns the rest around. */
static struct reading
extension_turned(struct chars name)
{
	struct reading r = { .at = name.len };
	uint32_t seen[SL_NAME_READ];
	size_t n = 0, end = name.len;

	for (size_t i = 0; i < name.len; i++)
		if (name.c[i] == 0x202e) {
			for (size_t k = i + 1; k < name.len; k++)
				if (name.c[k] == 0x202c) {
					end = k;
					break;
				}
			for (size_t k = end; k > i + 1; k--)
				seen[n++] = name.c[k - 1];
			for (size_t k = end + 1; k < name.len; k++)
				seen[n++] = name.c[k];
			return extension_of((struct chars){ seen, n }, true);
		}
	return r;
}

/* Does an alike dot deceive? Those of East Asian text only before an extension. */
static bool
dot_deceives(struct chars name)
{
	for (size_t i = 0; i < name.len; i++) {
		struct reading r = { 0 };
		size_t end = i + 1;

		if (!is_dot_alike(name.c[i]))
			continue;
		if (name.c[i] == 0x2024 || name.c[i] == 0xfe52)
			return true;
		while (end < name.len && end - i <= SL_NAME_EXTENSION && name.c[end] != '.' &&
		    !is_dot_alike(name.c[end]))
			end++;
		extension_read(name, i + 1, end, &r);
		if (r.known)
			return true;
	}
	return false;
}

/* Write the display name. A long one loses its middle: the end is what matters. */
static void
display(struct chars name, char *out)
{
	unsigned char text[4 * SL_NAME_READ];
	size_t len = 0, tail;
	uint32_t before = 0;

	for (size_t i = 0; i < name.len; i++) {
		uint32_t c = name.c[i];

		if (c == BAD || is_control(c) || is_bidi(c) || is_invisible(c, before))
			c = REPLACEMENT;
		else if (is_blank(c))
			c = ' ';
		before = name.c[i];
		if (c == ' ' && len > 0 && text[len - 1] == ' ')
			continue;
		len += sl_utf8_encode(c, text + len);
	}
	if (len <= SL_NAME_DISPLAY) {
		memcpy(out, text, len);
		out[len] = '\0';
		return;
	}
	tail = len - SL_NAME_DISPLAY / 2;
	while (tail < len && (text[tail] & 0xc0) == 0x80)
		tail++;
	len = len - tail;
	memmove(text + SL_NAME_DISPLAY, text + tail, len);
	tail = SL_NAME_DISPLAY / 2 - MARK;
	while (tail > 0 && (text[tail] & 0xc0) == 0x80)
		tail--;
	memcpy(out, text, tail);
	memcpy(out + tail, "\xe2\x80\xa6", 3);
	memcpy(out + tail + 3, text + SL_NAME_DISPLAY, len);
	out[tail + 3 + len] = '\0';
}

/* What a person takes the file for, where that is not what it is. */
static void
shown_find(struct chars name, const struct reading *real, struct sl_name *out)
{
	struct reading before = extension_before(name, real->at);
	struct reading turned = extension_turned(name);

	if (is_padded(name, real->at))
		out->findings |= SL_NAME_BIT(PADDED);
	if (is_dangerous(real) && is_harmless(&before))
		out->findings |= SL_NAME_BIT(DOUBLE);
	if (turned.known && strcmp(turned.text, real->text) != 0)
		before = turned;
	else if (!is_dangerous(real) || !is_harmless(&before))
		return;
	out->shown_family = before.family;
	memcpy(out->shown, before.text, sizeof(out->shown));
}

void
sl_name_read(struct sl_slice name, struct sl_name *out)
{
	uint32_t decoded[SL_NAME_READ];
	struct chars all, last, file;
	struct reading real;
	size_t colon, nul;

	memset(out, 0, sizeof(*out));
	all.c = decoded;
	all.len = decode(name, decoded, &out->findings);
	out->findings |= character_findings(all);
	if (climbs(all))
		out->findings |= SL_NAME_BIT(TRAVERSAL);
	last = last_component(all);
	display(last, out->display);

	colon = stream_colon(last);
	if (colon < last.len)
		out->findings |= SL_NAME_BIT(STREAM);
	file = stripped((struct chars){ last.c, colon });
	if (file.len < colon && file.len > 0)
		out->findings |= SL_NAME_BIT(TRAILING);
	if (is_reserved(file))
		out->findings |= SL_NAME_BIT(RESERVED);
	if (dot_deceives(file))
		out->findings |= SL_NAME_BIT(DOT_ALIKE);

	/* Programs differ about NUL, streams and dots of other scripts: the worst reading counts. */
	real = extension_of(file, false);
	if (out->findings & SL_NAME_BIT(DOT_ALIKE))
		real = worse(real, extension_of(file, true));
	if (out->findings & SL_NAME_BIT(STREAM))
		real = worse(real, extension_of(stripped(last), false));
	for (nul = 0; nul < file.len && file.c[nul] != 0;)
		nul++;
	if (nul < file.len)
		real = worse(real, extension_of(stripped((struct chars){ file.c, nul }), false));
	out->type = real.type;
	out->family = out->shown_family = real.family;
	out->flags = real.flags;
	memcpy(out->extension, real.text, sizeof(out->extension));
	if (real.clsid)
		out->findings |= SL_NAME_BIT(CLSID);
	if (real.folded)
		out->findings |= SL_NAME_BIT(MIXED);
	if (real.at < file.len)
		shown_find(file, &real, out);
}
