/* auth_common.c - see auth_i.h */

#include "auth_i.h"

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

struct sl_zone *
auth_read_zone(const char *path)
{
	struct sl_zone *zone = NULL;
	struct sl_buf json;
	char *error = NULL;

	if (auth_read_file(path, &json)) {
		zone = sl_zone_parse(sl_buf_slice(&json), &error);
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

void
auth_json_member(struct sl_buf *out, const char *name, const char *value)
{
	if (out->len > 0 && out->data[out->len - 1] != '{')
		sl_buf_add_byte(out, ',');
	sl_buf_add_json(out, sl_slice_str(name));
	sl_buf_add_byte(out, ':');
	sl_buf_add_json(out, sl_slice_str(value));
}
