/* unpack_fuzz.c - packed settings: what can be unpacked, packs to the same bytes
 *
 * The head (form and table version) is put in front, so that every input gets past it. */

#include "conf/settings.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

/* The eight bytes that every pack of this program begins with. */
static struct sl_slice
head(void)
{
	static const char text[] = "listen: [\"127.0.0.1:25\"]\n"
	    "tenants: [{domains: [a.example], next_hops: [192.0.2.1]}]\n";
	static unsigned char bytes[8];
	struct sl_settings *settings;
	struct sl_buf buf;

	if (bytes[0] == 0) {
		sl_buf_init(&buf, 1 << 20);
		SL_ASSERT(sl_settings_read("head", SL_SLICE_LIT(text), &settings, &buf) == 0);
		sl_settings_pack(settings, &buf);
		memcpy(bytes, buf.data, sizeof(bytes));
		sl_settings_unref(&settings);
		sl_buf_fini(&buf);
	}
	return sl_slice(bytes, sizeof(bytes));
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct sl_settings *settings = NULL;
	struct sl_buf packed, again;
	int r;

	sl_buf_init(&packed, SL_SETTINGS_PACKED_MAX);
	sl_buf_init(&again, SL_SETTINGS_PACKED_MAX);
	sl_buf_add_slice(&packed, head());
	sl_buf_add(&packed, data, len);
	r = sl_settings_unpack(sl_buf_slice(&packed), &settings);
	SL_ASSERT((r == 0) == (settings != NULL) && r != SL_ERR_VERSION);
	if (r == 0) {
		const struct sl_tenant *first = &settings->tenants[0];
		const char *domain = first->domains[0];

		sl_settings_pack(settings, &again);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&packed), sl_buf_slice(&again)));
		if (domain[0] != '*')
			SL_ASSERT(sl_settings_tenant(settings, sl_slice_str(domain)) == first);
	}
	sl_settings_unref(&settings);
	sl_buf_fini(&packed);
	sl_buf_fini(&again);
	return 0;
}
