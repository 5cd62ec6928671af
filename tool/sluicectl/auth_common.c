/* auth_common.c - see auth_i.h */

#include "auth_i.h"
#include "mime/fields.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

bool
auth_read_file(const char *path, struct sl_buf *out)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	unsigned char block[16384];
	size_t n;
	bool ok;

	sl_buf_init(out, AUTH_FILE_MAX);
	if (file == NULL) {
		fprintf(stderr, "sluicectl: %s: %s\n", path, strerror(errno));
		return false;
	}
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		sl_buf_add(out, block, n);
	ok = !ferror(file) && !out->overflow;
	if (!ok)
		fprintf(stderr, "sluicectl: %s: %s\n", path,
		    out->overflow ? "larger than 64 MiB" : strerror(errno));
	if (file != stdin)
		fclose(file);
	return ok;
}

struct sl_dnszone *
auth_read_zone(const char *path)
{
	struct sl_dnszone *zone = NULL;
	struct sl_buf json;
	char *error = NULL;

	if (auth_read_file(path, &json)) {
		zone = sl_dnszone_parse(sl_buf_slice(&json), &error);
		if (zone == NULL)
			fprintf(stderr, "sluicectl: %s: %s\n", path, error);
		sl_free(error);
	}
	sl_buf_fini(&json);
	return zone;
}

bool
auth_parse_ip(const char *text, unsigned char address_out[16], bool *is_ipv6_out)
{
	memset(address_out, 0, 16);
	*is_ipv6_out = strchr(text, ':') != NULL;
	return inet_pton(*is_ipv6_out ? AF_INET6 : AF_INET, text, address_out) == 1;
}

static bool
is_host_name(struct sl_slice name, unsigned labels_min)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = sl_ascii_lower(name.ptr[i]);
		bool edge = i == 0 || name.ptr[i - 1] == '.' || i + 1 == name.len || name.ptr[i + 1] == '.';

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '_' &&
		    (c != '-' || edge))
			return false;
	}
	return sl_dns_name_ok(name) && sl_dns_name_labels(name) >= labels_min;
}

bool
auth_key_place_ok(const char *domain, const char *selector)
{
	if (!is_host_name(sl_slice_str(domain), 2)) {
		fprintf(stderr, "sluicectl: '%s' is no domain (one in UTF-8: its A-labels, xn--...)\n", domain);
		return false;
	}
	if (!is_host_name(sl_slice_str(selector), 1)) {
		fprintf(stderr, "sluicectl: '%s' is no selector\n", selector);
		return false;
	}
	return true;
}

bool
auth_parse_time(const char *text, int64_t *now_s_out)
{
	uint64_t now_s;

	if (sl_slice_to_u64(sl_slice_str(text), INT64_MAX, &now_s) != 0)
		return false;
	*now_s_out = (int64_t)now_s;
	return true;
}

struct split {
	struct sl_headers	*headers;
	struct sl_buf		*body;
};

static void
take_field(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	struct split *split = ctx;

	if (name.len > 0)	/* name and value lie in one run: the field as sent */
		sl_headers_add(split->headers, sl_slice(name.ptr, (size_t)(value.ptr + value.len - name.ptr)));
	if (cut)
		split->headers->overflow = true;
}

static void
take_body(void *ctx, struct sl_slice bytes)
{
	struct split *split = ctx;

	sl_buf_add_slice(split->body, bytes);
}

void
auth_split(struct sl_buf *message, struct sl_headers *headers, struct sl_buf *body)
{
	static const struct sl_fields_sink sink = { .field = take_field, .body = take_body };
	struct split split = { headers, body };
	struct sl_fields *fields = sl_fields_new(SL_HEADERS_BYTES_MAX, &sink, &split);
	size_t from = 0;

	sl_headers_init(headers, SL_HEADERS_BYTES_MAX, SL_HEADERS_FIELDS_MAX);
	sl_buf_init(body, 2 * AUTH_FILE_MAX);
	for (size_t i = 0; i < message->len; i++) {
		if (message->data[i] != '\n' || (i > 0 && message->data[i - 1] == '\r'))
			continue;
		sl_fields_feed(fields, message->data + from, i - from);
		sl_fields_feed(fields, (const unsigned char *)"\r", 1);
		from = i;
	}
	sl_fields_feed(fields, message->data + from, message->len - from);
	sl_fields_finish(fields);
	sl_fields_free(&fields);
	sl_buf_fini(message);
}

void
auth_json_member(struct sl_buf *out, const char *name, const char *value)
{
	if (out->len > 0 && out->data[out->len - 1] != '{')
		sl_buf_add_byte(out, ',');
	sl_buf_add_json(out, sl_slice_str(name));
	sl_buf_add_byte(out, ':');
	sl_buf_add_json(out, sl_slice_str(value));
}

void
auth_add_dmarc(struct sl_buf *out, const struct sl_dmarc_verdict *v, bool json)
{
	if (!json) {
		sl_buf_addf(out, "dmarc: %s", sl_dmarc_result_name(v->result));
		if (v->policy != SL_DMARC_POLICY_UNSET)
			sl_buf_addf(out, ", policy %s of %s", sl_dmarc_policy_name(v->policy), v->domain);
		sl_buf_addf(out, ", disposition %s", sl_dmarc_policy_name(v->disposition));
		if (v->reason[0] != '\0')
			sl_buf_addf(out, ": %s", v->reason);
		return;
	}
	sl_buf_add_byte(out, '{');
	auth_json_member(out, "result", sl_dmarc_result_name(v->result));
	auth_json_member(out, "policy", sl_dmarc_policy_name(v->policy));
	auth_json_member(out, "disposition", sl_dmarc_policy_name(v->disposition));
	auth_json_member(out, "domain", v->domain);
	auth_json_member(out, "from", v->from);
	auth_json_member(out, "reason", v->reason);
	auth_json_member(out, "aligned_dkim", v->aligned_dkim);
	sl_buf_addf(out, ",\"aligned_spf\":%s", v->aligned_spf ? "true" : "false");
	auth_json_member(out, "p", sl_dmarc_policy_name(v->record.p));
	auth_json_member(out, "sp", sl_dmarc_policy_name(v->record.sp));
	auth_json_member(out, "np", sl_dmarc_policy_name(v->record.np));
	sl_buf_add_byte(out, '}');
}
