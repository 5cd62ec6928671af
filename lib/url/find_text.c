/* find_text.c - the characters of links in text: see find_i.h */

#include "find_i.h"
#include "domain/idna.h"
#include "sl/utf8.h"

/* Between any two brackets, and what each stands for. */
static const struct {
	const char	*text, *means;
} defangs[] = {
	{ ".", "." }, { "dot", "." }, { ":", ":" }, { "://", "://" }, { "//", "//" }, { "/", "/" },
	{ "at", "@" }, { "@", "@" }, { ":/", ":/" },
};

/* Characters beyond ASCII that end a link: spaces, quotes, brackets and punctuation of the scripts
 * in which text stands without spaces. */
static const struct {
	uint32_t	from, to;
} enders[] = {
	{ 0x80, 0xa0 }, { 0xa1, 0xa1 }, { 0xab, 0xab }, { 0xbb, 0xbb }, { 0xbf, 0xbf },
	{ 0x2000, 0x200a }, { 0x2010, 0x205e }, { 0x205f, 0x205f }, { 0x2190, 0x21ff },
	{ 0x2329, 0x232a }, { 0x2768, 0x2775 }, { 0x27e6, 0x27ef }, { 0x3000, 0x3003 },
	{ 0x3008, 0x3011 }, { 0x3014, 0x301f }, { 0x30fb, 0x30fb }, { 0xfe10, 0xfe1f },
	{ 0xfe30, 0xfe6f }, { 0xff01, 0xff0c }, { 0xff0e, 0xff0f }, { 0xff1a, 0xff20 },
	{ 0xff3b, 0xff3d }, { 0xff5b, 0xff65 }, { 0xfffc, 0xfffd },
};

bool
is_delimiter(unsigned char c)
{
	return c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"';
}

bool
ends_link(uint32_t c)
{
	size_t i = 0;

	while (i < SL_COUNT(enders) && c > enders[i].to)
		i++;
	return i < SL_COUNT(enders) && c >= enders[i].from;
}

static bool
is_far_dot(uint32_t c)
{
	return c == 0x3002 || c == 0xff0e || c == 0xff61;
}

size_t
host_char(struct sl_slice in, bool dots)
{
	uint32_t c;
	size_t n;

	if (in.len == 0)
		return 0;
	if (in.ptr[0] < 0x80)
		return is_alnum(in.ptr[0]) || in.ptr[0] == '.' || in.ptr[0] == '-' || in.ptr[0] == '_';
	n = sl_utf8_decode(in, &c);
	if (n == 0 || (ends_link(c) && !(dots && is_far_dot(c))))
		return 0;
	return n;
}

size_t
defanged(struct sl_slice in, const char **means_out)
{
	if (in.len < 2 || (in.ptr[0] != '[' && in.ptr[0] != '(' && in.ptr[0] != '{'))
		return 0;
	for (size_t i = 0; i < SL_COUNT(defangs); i++) {
		size_t n = strlen(defangs[i].text);
		unsigned char close;

		if (in.len < n + 2 || !sl_slice_ieq(sl_slice(in.ptr + 1, n), sl_slice_str(defangs[i].text)))
			continue;
		close = in.ptr[n + 1];
		if (close != ']' && close != ')' && close != '}')
			continue;
		*means_out = defangs[i].means;
		return n + 2;
	}
	/* "example[.com" */
	if (in.len > 2 && in.ptr[0] == '[' && in.ptr[1] == '.' && is_alnum(in.ptr[2])) {
		*means_out = ".";
		return 2;
	}
	return 0;
}

/* `tld` in lower case A-labels. */
static bool
tld_look_up(struct sl_link_finder *f, struct sl_slice tld)
{
	for (size_t i = 0; i < tld.len; i++)
		if (!is_alnum(tld.ptr[i]) && tld.ptr[i] != '-')
			return false;
	return tld.len >= 2 && !(tld.ptr[0] >= '0' && tld.ptr[0] <= '9') &&
	    sl_suffix_has_tld(f->suffix, tld);
}

/* The last label of a name, as it was written. */
static bool
tld_is_real(struct sl_link_finder *f, struct sl_slice tld)
{
	struct tld *row;
	char name[TLD_MAX + 1] = "", ascii[SL_DNS_NAME_MAX + 1];

	if (tld.len == 0)
		return false;
	if (tld.len > TLD_MAX)
		return sl_domain_ascii(tld, ascii) && tld_look_up(f, sl_slice_str(ascii));
	for (size_t i = 0; i < tld.len; i++)
		name[i] = (char)sl_ascii_lower(tld.ptr[i]);
	row = &f->tlds[sl_hash(name, tld.len) % TLDS];
	if (strcmp(row->name, name) != 0) {
		memcpy(row->name, name, sizeof(name));
		row->is_real = sl_domain_ascii(tld, ascii) && tld_look_up(f, sl_slice_str(ascii));
	}
	return row->is_real;
}

static bool
is_label(struct sl_slice s, bool may_have_underscore)
{
	if (s.len == 0 || s.len > SL_DNS_LABEL_MAX || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.ptr[i]) && s.ptr[i] != '-' && !(s.ptr[i] == '_' && may_have_underscore))
			return false;
	return true;
}

bool
is_domain(struct sl_link_finder *f, struct sl_slice s)
{
	const unsigned char *dot;
	unsigned labels;

	/* Far more than a domain has, mapped or not: not worth the mapping. */
	if (s.len < 4 || s.len > 4 * SL_DNS_NAME_MAX)
		return false;
	dot = memrchr(s.ptr, '.', s.len);
	if (dot == NULL)
		return false;
	if (!tld_is_real(f, sl_slice_from(s, (size_t)(dot - s.ptr) + 1)) || !sl_domain_ascii(s, f->host))
		return false;
	s = sl_slice_str(f->host);
	for (labels = sl_dns_name_labels(s); labels > 0; labels--) {
		size_t n = 0;

		while (n < s.len && s.ptr[n] != '.')
			n++;
		if (!is_label(sl_slice(s.ptr, n), labels > 2))
			return false;
		s = sl_slice_from(s, n < s.len ? n + 1 : n);
	}
	return true;
}
