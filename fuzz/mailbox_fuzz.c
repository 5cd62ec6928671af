/* mailbox_fuzz.c - a valid address, written out again in quotes, is read as the same address */

#include "mime/mailbox.h"
#include "sl/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct again {
	struct sl_slice	address;
	size_t		count;
};

static void
same(void *ctx, const struct sl_mailbox *m)
{
	struct again *again = ctx;

	again->count++;
	SL_ASSERT(m->valid);
	SL_ASSERT(sl_slice_eq(m->address, again->address));
}

static void
check(void *ctx, const struct sl_mailbox *m)
{
	struct again again = { .address = m->address };
	struct sl_buf text;

	SL_ASSERT(sl_utf8_valid(m->name) && sl_utf8_valid(m->group));
	if (!m->valid)
		return;
	SL_ASSERT(m->local.len + 1 + m->domain.len == m->address.len);
	sl_buf_init(&text, SIZE_MAX / 2);
	sl_buf_add_str(&text, "x <\"");
	for (size_t i = 0; i < m->local.len; i++) {
		if (m->local.ptr[i] == '"' || m->local.ptr[i] == '\\' || m->local.ptr[i] == '\r' || m->local.ptr[i] == '\n')
			sl_buf_add_byte(&text, '\\');
		sl_buf_add_byte(&text, m->local.ptr[i]);
	}
	sl_buf_add_str(&text, "\"@");
	if (m->domain.ptr[0] != '[') {		/* a literal may hold what would need escapes */
		sl_buf_add_slice(&text, m->domain);
		sl_buf_add_str(&text, ">");
		SL_ASSERT(sl_mailbox_each(sl_buf_slice(&text), same, &again) == 1 && again.count == 1);
	}
	sl_buf_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	sl_mailbox_each(sl_slice(data, len), check, NULL);
	return 0;
}
