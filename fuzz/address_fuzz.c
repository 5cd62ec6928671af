/* address_fuzz.c - what is taken as a path can be written again and read the same (address.h) */

#include "smtp/address.h"
#include "sl/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_mailbox(const struct sl_smtp_address *a)
{
	struct sl_smtp_address again;
	unsigned char path[300] = "<";
	size_t used;

	SL_ASSERT(a->local.len <= 64 && a->domain.len <= 255 && a->mailbox.len <= 254);
	SL_ASSERT(sl_utf8_valid(a->mailbox));
	for (size_t i = 0; i < a->mailbox.len; i++)
		SL_ASSERT(a->mailbox.ptr[i] >= ' ' && a->mailbox.ptr[i] != 0x7f);
	SL_ASSERT(a->domain.len == 0 || sl_smtp_domain_ok(a->domain, a->is_literal));
	memcpy(path + 1, a->mailbox.ptr, a->mailbox.len);
	path[a->mailbox.len + 1] = '>';
	SL_ASSERT(sl_smtp_path_parse(sl_slice(path, a->mailbox.len + 2), &again, &used) == SL_DONE);
	SL_ASSERT(used == a->mailbox.len + 2 && again.is_utf8 == a->is_utf8);
	SL_ASSERT(sl_slice_eq(again.local, a->local) && sl_slice_eq(again.domain, a->domain));
	SL_ASSERT(again.is_literal == a->is_literal);
	if (a->domain.len > 0)
		SL_ASSERT(sl_smtp_mailbox_parse(a->mailbox, &again) == SL_DONE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_slice in = sl_slice(data, size);
	struct sl_smtp_address a, b;
	size_t used = 0, seen;

	if (sl_smtp_mailbox_parse(in, &a) == SL_DONE)
		check_mailbox(&a);
	(void)sl_smtp_domain_ok(in, true);
	if (sl_smtp_path_parse(in, &a, &used) != SL_DONE)
		return 0;
	SL_ASSERT(used >= 2 && used <= size && used <= 256 && data[used - 1] == '>');
	if (!a.is_null)
		check_mailbox(&a);
	for (size_t cut = 0; cut < used; cut++)		/* no part of a path is a path */
		SL_ASSERT(sl_smtp_path_parse(sl_slice(data, cut), &b, &seen) != SL_DONE);
	SL_ASSERT(sl_smtp_path_parse(sl_slice(data, used), &b, &seen) == SL_DONE && seen == used);
	return 0;
}
