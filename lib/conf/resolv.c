/* resolv.c - the servers of a resolv.conf(5): see conf_i.h */

#include "conf_i.h"

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of a line; empty: there is none. */
static struct sl_slice
next_word(struct sl_slice *line)
{
	size_t start = 0, end;

	while (start < line->len && is_blank(line->ptr[start]))
		start++;
	end = start;
	while (end < line->len && !is_blank(line->ptr[end]))
		end++;
	*line = sl_slice_from(*line, start);
	return sl_slice(line->ptr, end - start);
}

static void
add_server(struct sl_slice address, struct sl_arena *arena, struct sl_dns_settings *dns)
{
	struct sl_endpoint *server = &dns->servers[dns->servers_len];
	unsigned char bracketed[64];

	if (address.len == 0 || address.len > sizeof(bracketed) - 2)
		return;
	*server = (struct sl_endpoint){ 0 };
	if (memchr(address.ptr, ':', address.len) != NULL) {	/* IPv6: as settings write it */
		bracketed[0] = '[';
		memcpy(bracketed + 1, address.ptr, address.len);
		bracketed[address.len + 1] = ']';
		address = sl_slice(bracketed, address.len + 2);
	}
	if (value_endpoint(address, VALUE_CONNECT, 53, arena, server) == NULL &&
	    server->address_len > 0)
		dns->servers_len++;
}

void
resolv_conf_servers(struct sl_slice text, struct sl_arena *arena, struct sl_dns_settings *dns_out)
{
	dns_out->servers = conf_alloc(arena, SL_DNS_SERVERS_MAX, sizeof(*dns_out->servers));
	dns_out->servers_len = 0;
	while (text.len > 0 && dns_out->servers_len < SL_DNS_SERVERS_MAX) {
		const unsigned char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
		struct sl_slice line = sl_slice(text.ptr, len), word = next_word(&line);

		if (sl_slice_eq(word, SL_SLICE_LIT("nameserver"))) {
			line = sl_slice_from(line, word.len);
			add_server(next_word(&line), arena, dns_out);
		}
		text = sl_slice_from(text, SL_MIN(len + 1, text.len));
	}
	if (dns_out->servers_len == 0)
		add_server(SL_SLICE_LIT("127.0.0.1"), arena, dns_out);
}
