/* dns.c - see dns/dns.h */

#include "dns/dns.h"

bool
sl_dns_name_ok(struct sl_slice name)
{
	size_t label = 0;

	if (name.len == 0 || name.len > SL_DNS_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = name.ptr[i];

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (c < 0x20 || c == 0x7f || ++label > SL_DNS_LABEL_MAX) {
			return false;
		}
	}
	return label > 0;
}

bool
sl_dns_name_within(struct sl_slice name, struct sl_slice domain)
{
	if (domain.len == 0)
		return true;
	if (name.len < domain.len || !sl_slice_ieq(sl_slice_from(name, name.len - domain.len), domain))
		return false;
	return name.len == domain.len || name.ptr[name.len - domain.len - 1] == '.';
}

unsigned
sl_dns_name_labels(struct sl_slice name)
{
	unsigned n = name.len > 0;

	for (size_t i = 0; i < name.len; i++)
		n += name.ptr[i] == '.';
	return n;
}

struct sl_slice
sl_dns_name_tail(struct sl_slice name, unsigned count)
{
	size_t i = name.len;

	while (i > 0 && (name.ptr[i - 1] != '.' || --count > 0))
		i--;
	return sl_slice_from(name, i);
}

bool
sl_dns_name_copy(char out[SL_DNS_NAME_MAX + 1], struct sl_slice name)
{
	if (name.len > 0 && name.ptr[name.len - 1] == '.')
		name.len--;
	if (!sl_dns_name_ok(name))
		return false;
	for (size_t i = 0; i < name.len; i++)
		out[i] = (char)sl_ascii_lower(name.ptr[i]);
	out[name.len] = '\0';
	return true;
}

const char *
sl_dns_type_name(enum sl_dns_type type)
{
	switch (type) {
	case SL_DNS_A:
		return "A";
	case SL_DNS_CNAME:
		return "CNAME";
	case SL_DNS_PTR:
		return "PTR";
	case SL_DNS_MX:
		return "MX";
	case SL_DNS_TXT:
		return "TXT";
	case SL_DNS_AAAA:
		return "AAAA";
	}
	SL_UNREACHABLE("no such type");
}
