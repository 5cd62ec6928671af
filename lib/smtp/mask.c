/* mask.c - see mask.h */

#include "smtp/mask.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* Where a name stands decides how much of what it may be. */
enum place {
	PLACE_TEXT,	/* alone */
	PLACE_LOCAL,	/* before '@' */
	PLACE_MAILBOX,	/* after '@' */
	PLACE_WEB,	/* after "://" */
};

/* Endings that public DNS never has: whoever shows one tells of the inside of a network. */
static const char *const internal_endings[] = {
	"local", "localdomain", "internal", "intranet", "lan", "corp", "home", "private",
	"home.arpa",
};

/* Second levels under which a country's registry gives names to the public. */
static const char *const common_seconds[] = {
	"ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "gv", "ltd", "me", "mil", "ne", "net",
	"nhs", "nom", "or", "org", "plc", "sch",
};

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(unsigned char c)
{
	return is_digit(c) || (sl_ascii_lower(c) >= 'a' && sl_ascii_lower(c) <= 'z');
}

static bool
is_host_byte(unsigned char c)
{
	return is_alnum(c) || c == '-' || c == '.' || c == '_' || c >= 0x80;
}

static struct sl_slice
without_last_dots(struct sl_slice s)
{
	while (s.len > 0 && s.ptr[s.len - 1] == '.')
		s.len--;
	return s;
}

/* Is `host` strictly below `parent`? */
static bool
is_below(struct sl_slice host, struct sl_slice parent)
{
	return parent.len > 0 && host.len > parent.len &&
	    host.ptr[host.len - parent.len - 1] == '.' &&
	    sl_slice_ieq(sl_slice_from(host, host.len - parent.len), parent);
}

static bool
is_or_below(struct sl_slice host, struct sl_slice parent)
{
	return sl_slice_ieq(host, parent) || is_below(host, parent);
}

/* Where the last `labels` labels begin; 0 if there are not more. */
static size_t
last_labels(struct sl_slice name, unsigned labels)
{
	size_t i = name.len;

	while (i > 0 && (name.ptr[i - 1] != '.' || --labels > 0))
		i--;
	return i;
}

/* The part of a host name that its owner registered; empty if the name is a single label. */
static struct sl_slice
organisation(struct sl_slice name)
{
	size_t two = last_labels(name, 2), one = last_labels(name, 1);
	struct sl_slice second;

	if (one == 0 || is_digit(name.ptr[name.len - 1]))	/* no domain: a label, an address */
		return sl_slice(name.ptr, 0);
	second = sl_slice(name.ptr + two, one - 1 - two);
	if (name.len - one == 2)	/* a country's */
		for (size_t i = 0; i < SL_COUNT(common_seconds); i++)
			if (sl_slice_ieq(second, sl_slice_str(common_seconds[i])))
				two = last_labels(name, 3);
	return sl_slice_from(name, two);
}

/* Could a lone label be a machine's name rather than a word? */
static bool
looks_like_machine(struct sl_slice label)
{
	bool has_letter = false, has_other = false;

	for (size_t i = 0; i < label.len; i++) {
		has_letter |= !is_digit(label.ptr[i]) && is_alnum(label.ptr[i]);
		has_other |= !is_alnum(label.ptr[i]) || is_digit(label.ptr[i]);
	}
	return label.len >= 3 && has_letter && has_other;
}

static bool
has_internal_ending(struct sl_slice host)
{
	for (size_t i = 0; i < SL_COUNT(internal_endings); i++)
		if (is_below(host, sl_slice_str(internal_endings[i])))
			return true;
	return false;
}

/* Is it the recipients' domain, or one that the caller wants kept? */
static bool
is_kept(struct sl_slice host, const struct sl_smtp_mask *mask)
{
	if (sl_slice_ieq(host, mask->keep_domain))
		return true;
	for (size_t i = 0; i < mask->keep_len; i++) {
		struct sl_slice keep = mask->keep[i];
		const unsigned char *at = keep.len == 0 ? NULL : memrchr(keep.ptr, '@', keep.len);

		if (at != NULL)
			keep = sl_slice_from(keep, (size_t)(at - keep.ptr) + 1);
		if (sl_slice_ieq(host, keep))
			return true;
	}
	return false;
}

/* Does the name (two labels or more) stand anywhere in `host`, touched by no letter or digit? */
static bool
contains_name(struct sl_slice host, struct sl_slice name)
{
	if (memchr(name.ptr, '.', name.len) == NULL)
		return false;
	for (size_t i = 0; i + name.len <= host.len; i++) {
		size_t end = i + name.len;

		if ((i == 0 || !is_alnum(host.ptr[i - 1])) &&
		    (end == host.len || !is_alnum(host.ptr[end])) &&
		    sl_slice_ieq(sl_slice(host.ptr + i, name.len), name))
			return true;
	}
	return false;
}

/* Is `host` the very name, or its first label alone? */
static bool
is_name_itself(struct sl_slice host, struct sl_slice name, enum place place)
{
	const unsigned char *dot = memchr(name.ptr, '.', name.len);
	size_t label_len = dot == NULL ? name.len : (size_t)(dot - name.ptr);
	struct sl_slice label = sl_slice(name.ptr, label_len);

	if (dot != NULL && sl_slice_ieq(host, name))
		return true;
	return sl_slice_ieq(host, label) && place != PLACE_LOCAL &&
	    (looks_like_machine(label) || (dot == NULL && place == PLACE_MAILBOX));
}

/* Is `host` of the same house as the next hop's `name`? */
static bool
is_related(struct sl_slice host, struct sl_slice name, enum place place,
    const struct sl_smtp_mask *mask)
{
	struct sl_slice house;

	if (!sl_slice_ieq(name, mask->keep_domain) && contains_name(host, name))
		return true;
	house = organisation(name);
	return is_below(host, house) && place != PLACE_LOCAL && place != PLACE_WEB &&
	    (place != PLACE_MAILBOX || !is_or_below(mask->keep_domain, house));
}

static bool
host_is_secret(struct sl_slice host, enum place place, const struct sl_smtp_mask *mask)
{
	struct sl_slice names[SL_COUNT(mask->names)];
	bool of_recipients = place == PLACE_MAILBOX && is_below(host, mask->keep_domain);
	size_t names_len = 0;

	if (is_kept(host, mask))
		return false;
	for (size_t i = 0; i < mask->names_len; i++) {
		names[names_len] = without_last_dots(mask->names[i]);
		if (names[names_len].len > 0 && is_name_itself(host, names[names_len++], place))
			return true;
	}
	if (memchr(host.ptr, '.', host.len) == NULL)
		return false;
	if (place != PLACE_LOCAL && !of_recipients && has_internal_ending(host))
		return true;
	for (size_t i = 0; i < names_len; i++)
		if (of_recipients ? is_below(names[i], mask->keep_domain) &&
		    contains_name(host, names[i]) : is_related(host, names[i], place, mask))
			return true;
	return false;
}

static bool
ipv4_is_private(const unsigned char a[4])
{
	return a[0] == 10 || a[0] == 127 || (a[0] == 172 && (a[1] & 0xf0) == 16) ||
	    (a[0] == 192 && a[1] == 168) || (a[0] == 169 && a[1] == 254) ||
	    (a[0] == 100 && (a[1] & 0xc0) == 64);
}

/* Addresses are compared as IPv6, IPv4 mapped into it. */
static struct in6_addr
map_ipv4(const unsigned char a[4])
{
	return (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff, [12] = a[0], [13] = a[1],
	    [14] = a[2], [15] = a[3] } };
}

static bool
ipv6_from_text(struct sl_slice s, struct in6_addr *out)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char ipv4[4];

	if (s.len == 0 || s.len >= sizeof(text))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	if (inet_pton(AF_INET6, text, out) == 1)
		return true;
	if (inet_pton(AF_INET, text, ipv4) != 1)
		return false;
	*out = map_ipv4(ipv4);
	return true;
}

/* Is `text`, an address with or without [ ] and IPv6:, this one? */
static bool
is_address(struct sl_slice text, const struct in6_addr *address)
{
	struct in6_addr other;

	if (text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		text = sl_slice(text.ptr + 1, text.len - 2);
	if (sl_slice_istarts(text, SL_SLICE_LIT("IPv6:")))
		text = sl_slice_from(text, 5);
	return ipv6_from_text(text, &other) && memcmp(&other, address, sizeof(other)) == 0;
}

static bool
address_is_secret(const struct in6_addr *a, const struct sl_smtp_mask *mask)
{
	if (IN6_IS_ADDR_V4MAPPED(a) || IN6_IS_ADDR_V4COMPAT(a)) {
		if (ipv4_is_private(a->s6_addr + 12))
			return true;
	} else if ((a->s6_addr[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(a) ||
	    IN6_IS_ADDR_LOOPBACK(a)) {
		return true;
	}
	for (size_t i = 0; i < mask->names_len; i++)
		if (is_address(mask->names[i], a))
			return true;
	return is_address(mask->address, a);
}

static bool
is_ipv6_byte(unsigned char c)
{
	return is_digit(c) || c == ':' || c == '.' || (sl_ascii_lower(c) >= 'a' &&
	    sl_ascii_lower(c) <= 'f');
}

/* The length of the IPv6 address at `i`, or 0. A word or another number may not touch it. */
static size_t
ipv6_length(struct sl_slice text, size_t i, struct in6_addr *address_out)
{
	size_t end = i;
	unsigned colons = 0;

	if (!is_ipv6_byte(text.ptr[i]) || text.ptr[i] == '.' ||
	    (i > 0 && is_host_byte(text.ptr[i - 1])))
		return 0;
	for (; end < text.len && is_ipv6_byte(text.ptr[end]); end++)
		colons += text.ptr[end] == ':';
	if (colons < 2 || (end < text.len && is_host_byte(text.ptr[end])))
		return 0;
	while (text.ptr[end - 1] == '.' ||
	    (text.ptr[end - 1] == ':' && end - i > 2 && text.ptr[end - 2] != ':'))
		end--;		/* of the sentence */
	return ipv6_from_text(sl_slice(text.ptr + i, end - i), address_out) ? end - i : 0;
}

/* With the scope id that may follow, "%eth0". */
static size_t
with_scope(struct sl_slice text, size_t end)
{
	if (end + 1 >= text.len || text.ptr[end] != '%' || !is_alnum(text.ptr[end + 1]))
		return end;
	for (end++; end < text.len && is_alnum(text.ptr[end]); end++)
		;
	return end;
}

/* Is the address secret, or the IPv4 address in its end, where that can be read there: written with
 * dots, or under NAT64's prefix (RFC 6052)? */
static bool
ipv6_is_secret(const struct in6_addr *a, bool dotted, const struct sl_smtp_mask *mask)
{
	static const unsigned char nat64[12] = { 0, 0x64, 0xff, 0x9b };
	struct in6_addr tail = map_ipv4(a->s6_addr + 12);

	return address_is_secret(a, mask) ||
	    ((dotted || memcmp(a, nat64, sizeof(nat64)) == 0) && address_is_secret(&tail, mask));
}

/* Mask or copy an IPv6 address, with its tag, at `i`. Returns its end, or i if none is there. */
static size_t
mask_ipv6(struct sl_buf *out, struct sl_slice text, size_t i, const struct sl_smtp_mask *mask)
{
	bool tagged = sl_slice_istarts(sl_slice_from(text, i), SL_SLICE_LIT("IPv6:")) &&
	    text.len > i + 5;
	size_t start = tagged ? i + 5 : i;
	struct in6_addr address;
	size_t len = ipv6_length(text, start, &address);

	if (len == 0)
		return i;
	if (!ipv6_is_secret(&address, memchr(text.ptr + start, '.', len) != NULL, mask)) {
		sl_buf_add(out, text.ptr + i, start + len - i);
		return start + len;
	}
	sl_buf_add_slice(out, mask->our_name);
	return with_scope(text, start + len);
}

/* The length of four numbers and three dots at `i`, or 0. No further number may touch them. */
static size_t
ipv4_length(struct sl_slice run, size_t i, unsigned char out[4])
{
	size_t start = i;

	if (i > 0 && (is_digit(run.ptr[i - 1]) ||
	    (i > 1 && run.ptr[i - 1] == '.' && is_digit(run.ptr[i - 2]))))
		return 0;
	for (unsigned n = 0; n < 4; n++) {
		unsigned value = 0;
		size_t digits = 0;

		for (; i < run.len && is_digit(run.ptr[i]) && digits < 4; i++, digits++)
			value = value * 10 + run.ptr[i] - '0';
		if (digits == 0 || value > 255)
			return 0;
		out[n] = (unsigned char)value;
		if (n < 3 && (i == run.len || run.ptr[i++] != '.'))
			return 0;
	}
	if (i + 1 < run.len && run.ptr[i] == '.' && is_digit(run.ptr[i + 1]))
		return 0;
	return i < run.len && is_digit(run.ptr[i]) ? 0 : i - start;
}

/* Is the address secret, or, as the DNS writes it in front of a domain, the one backwards? */
static bool
ipv4_is_secret(const unsigned char a[4], bool in_domain, const struct sl_smtp_mask *mask)
{
	const unsigned char reversed[4] = { a[3], a[2], a[1], a[0] };
	struct in6_addr address = map_ipv4(a);

	if (address_is_secret(&address, mask))
		return true;
	address = map_ipv4(reversed);
	return in_domain && address_is_secret(&address, mask);
}

/* Copy a run that is no secret name, but for the secret addresses in it. */
static void
mask_ipv4(struct sl_buf *out, struct sl_slice run, const struct sl_smtp_mask *mask)
{
	size_t copied = 0, len;
	unsigned char a[4];

	for (size_t i = 0; i < run.len; i += len) {
		len = is_digit(run.ptr[i]) ? ipv4_length(run, i, a) : 0;
		if (len == 0) {
			len = 1;
			continue;
		}
		if (!ipv4_is_secret(a, i + len + 1 < run.len && run.ptr[i + len] == '.', mask))
			continue;
		sl_buf_add(out, run.ptr + copied, i - copied);
		sl_buf_add_slice(out, mask->our_name);
		copied = i + len;
	}
	sl_buf_add(out, run.ptr + copied, run.len - copied);
}

static enum place
place_of(struct sl_slice text, size_t i, size_t end)
{
	if (end < text.len && text.ptr[end] == '@')
		return PLACE_LOCAL;
	if (i > 0 && text.ptr[i - 1] == '@')
		return PLACE_MAILBOX;
	return i >= 3 && memcmp(text.ptr + i - 3, "://", 3) == 0 ? PLACE_WEB : PLACE_TEXT;
}

/* Mask or copy the run of host name bytes at `i`. Returns its end. */
static size_t
mask_run(struct sl_buf *out, struct sl_slice text, size_t i, const struct sl_smtp_mask *mask)
{
	struct sl_slice run, host;
	size_t end;

	for (; i < text.len && text.ptr[i] == '.'; i++)		/* dots at the ends are */
		sl_buf_add_byte(out, '.');			/* the sentence's */
	for (end = i; end < text.len && is_host_byte(text.ptr[end]); end++)
		;
	run = sl_slice(text.ptr + i, end - i);
	host = without_last_dots(run);
	if (host.len > 0 && host_is_secret(host, place_of(text, i, end), mask)) {
		sl_buf_add_slice(out, mask->our_name);
		sl_buf_add_slice(out, sl_slice_from(run, host.len));
	} else {
		mask_ipv4(out, run, mask);
	}
	return end;
}

static void
mask_line(struct sl_buf *out, struct sl_slice text, const struct sl_smtp_mask *mask)
{
	size_t i = 0, end;

	while (i < text.len) {
		end = mask_ipv6(out, text, i, mask);
		if (end == i && is_host_byte(text.ptr[i]))
			end = mask_run(out, text, i, mask);
		if (end == i)
			sl_buf_add_byte(out, text.ptr[end++]);
		i = end;
	}
}

void
sl_smtp_mask_text(struct sl_buf *out, const struct sl_smtp_reply *reply,
    const struct sl_smtp_mask *mask)
{
	struct sl_slice text;
	size_t position = 0;
	bool first = true;

	SL_ASSERT(mask->our_name.len > 0 && mask->names_len <= SL_COUNT(mask->names) &&
	    mask->keep_len <= SL_COUNT(mask->keep));
	for (; sl_smtp_reply_line(reply, &position, &text); first = false) {
		if (!first)
			sl_buf_add_byte(out, '\n');
		mask_line(out, text, mask);
	}
}
