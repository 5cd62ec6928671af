/*
 * kept_fuzz.c - whatever a peer of the vault or the courier says is refused, or packed again as it was
 *
 * The first byte chooses which payload it is. What would go into SMTP commands holds no line end.
 */

#include "kept/courier.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
no_line_ends(struct sl_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		SL_ASSERT(text.ptr[i] != '\r' && text.ptr[i] != '\n' && text.ptr[i] != '\0');
}

static void
mail_is_good(const struct sl_courier_mail *mail)
{
	struct sl_slice rest = mail->recipients, one;
	size_t n = 0;

	no_line_ends(mail->sender);
	while (sl_courier_text_next(&rest, &one)) {
		no_line_ends(one);
		n++;
	}
	SL_ASSERT(rest.len == 0 && n > 0 && n <= SL_COURIER_RECIPIENTS_MAX);
}

#define PAYLOADS(X)									\
	X(0, sl_courier_mail, sl_courier_unpack_mail, sl_courier_pack_mail)		\
	X(1, sl_courier_token, sl_courier_unpack_token, sl_courier_pack_token)		\
	X(2, sl_courier_settled, sl_courier_unpack_settled, sl_courier_pack_settled)	\
	X(3, sl_courier_fetch, sl_courier_unpack_fetch, sl_courier_pack_fetch)		\
	X(4, sl_courier_fetched, sl_courier_unpack_fetched, sl_courier_pack_fetched)	\
	X(5, sl_courier_ask, sl_courier_unpack_ask, sl_courier_pack_ask)		\
	X(6, sl_courier_entry, sl_courier_unpack_entry, sl_courier_pack_entry)		\
	X(7, sl_courier_state, sl_courier_unpack_state, sl_courier_pack_state)		\
	X(8, sl_kept_keep, sl_kept_unpack_keep, sl_kept_pack_keep)			\
	X(9, sl_kept_query, sl_kept_unpack_query, sl_kept_pack_query)			\
	X(10, sl_kept_choice, sl_kept_unpack_choice, sl_kept_pack_choice)		\
	X(11, sl_kept_end, sl_kept_unpack_end, sl_kept_pack_end)			\
	X(12, sl_kept_settings, sl_kept_unpack_settings, sl_kept_pack_settings)		\
	X(13, sl_kept_done, sl_kept_unpack_done, sl_kept_pack_done)			\
	X(14, sl_kept_key, sl_kept_unpack_key, sl_kept_pack_key)			\
	X(15, sl_kept_tenant_key, sl_kept_unpack_tenant_key, sl_kept_pack_tenant_key)	\
	X(16, sl_kept_tenant_key_is, sl_kept_unpack_tenant_key_is, sl_kept_pack_tenant_key_is)	\
	X(17, sl_courier_lent, sl_courier_unpack_lent, sl_courier_pack_lent)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_slice bytes;
	struct sl_buf out;

	if (size == 0)
		return 0;
	bytes = sl_slice(data + 1, size - 1);
	sl_buf_init(&out, 1u << 20);
	switch (data[0] % 18) {
#define TRY(number, type, unpack, pack)							\
	case number: {									\
		struct type read;							\
											\
		if (unpack(bytes, &read) == 0) {					\
			pack(&read, &out);						\
			SL_ASSERT(sl_slice_eq(sl_buf_slice(&out), bytes));		\
		}									\
		break;									\
	}
	PAYLOADS(TRY)
#undef TRY
	}
	if (data[0] % 18 == 0) {
		struct sl_courier_mail mail;

		if (sl_courier_unpack_mail(bytes, &mail) == 0)
			mail_is_good(&mail);
	}
	sl_buf_fini(&out);
	return 0;
}
