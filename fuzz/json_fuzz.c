/*
 * json_fuzz.c - JSON from hostile bytes, beside jansson
 *
 * What jansson takes (no deeper than is looked at here) is taken too; every text in it means the same to both. What is skipped
 * with all that is in it ends where it ends when it is passed.
 */

#include <jansson.h>

#include "sl/json.h"
#include "sl/utf8.h"

static void	same(struct sl_json *json, const json_t *value);

static void
same_text(struct sl_slice raw, const char *text, size_t len)
{
	unsigned char *out = sl_xmalloc(raw.len + 1);
	size_t n;

	SL_ASSERT(sl_json_decode(raw, out, &n) == 0 && n == len && memcmp(out, text, len) == 0);
	sl_free(out);
}

/* Of names that come twice jansson keeps the last value: values are compared by those who are asked for. */
static void
same_object(struct sl_json *json, const json_t *object)
{
	struct sl_slice name;
	size_t members = 0;

	while (sl_json_member(json, &name)) {
		sl_json_skip(json);
		members++;
	}
	SL_ASSERT(members >= json_object_size(object));
}

static void
same(struct sl_json *json, const json_t *value)
{
	struct sl_slice raw;
	size_t i = 0;

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		SL_ASSERT(sl_json_object(json));
		same_object(json, value);
		break;
	case JSON_ARRAY:
		SL_ASSERT(sl_json_array(json));
		while (sl_json_element(json)) {
			SL_ASSERT(i < json_array_size(value));
			same(json, json_array_get(value, i++));	/* no deeper than SL_JSON_DEPTH_MAX */
		}
		SL_ASSERT(i == json_array_size(value));
		break;
	case JSON_STRING:
		SL_ASSERT(sl_json_string(json, &raw));
		same_text(raw, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER: case JSON_REAL:
		SL_ASSERT(sl_json_number(json, &raw) && raw.len > 0);
		break;
	case JSON_TRUE: case JSON_FALSE: case JSON_NULL:
		SL_ASSERT(strchr("tfn", sl_json_kind(json)) != NULL);
		sl_json_skip(json);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_json skipped, passed, again;
	json_error_t error;
	json_t *value = json_loadb((const char *)data, len, 0, &error);
	int r;

	sl_json_init(&skipped, sl_slice(data, len));
	sl_json_skip(&skipped);
	sl_json_init(&passed, sl_slice(data, len));
	sl_json_pass(&passed);
	SL_ASSERT(skipped.result != 0 || (passed.result == 0 && passed.at == skipped.at));
	r = sl_json_end(&skipped);
	if (value != NULL && memchr(data, 0, len) == NULL) {	/* jansson reads over a NUL behind a number */
		SL_ASSERT(r == 0 || r == SL_ERR_TOO_LONG);
		sl_json_init(&again, sl_slice(data, len));
		if (r == 0) {
			same(&again, value);
			SL_ASSERT(sl_json_end(&again) == 0);
		}
	}
	json_decref(value);
	return 0;
}
