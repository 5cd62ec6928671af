/* console.c - see ipc/console.h */

#include "ipc/console.h"

void
sl_console_told_pack(const struct sl_console_told *told, struct sl_buf *out)
{
	sl_pack_bytes(out, told->directory);
	sl_pack_bytes(out, told->socket);
	sl_pack_u32(out, told->keeps);
	sl_pack_bytes(out, told->hostname);
	sl_pack_bytes(out, told->records);
	sl_pack_u32(out, told->two_persons);
	sl_pack_bytes(out, told->file);
}

int
sl_console_told_unpack(struct sl_slice payload, struct sl_console_told *told)
{
	struct sl_unpack in = { .rest = payload };

	told->directory = sl_unpack_bytes(&in);
	told->socket = sl_unpack_bytes(&in);
	told->keeps = sl_unpack_u32(&in) != 0;
	told->hostname = sl_unpack_bytes(&in);
	told->records = sl_unpack_bytes(&in);
	told->two_persons = sl_unpack_u32(&in) != 0;
	told->file = sl_unpack_bytes(&in);
	return in.failed || in.rest.len > 0 || told->directory.len == 0 || told->socket.len == 0 ? SL_ERR_SYNTAX : 0;
}

#define NUMBERS(X) X(tenants) X(domains) X(users) X(entries) X(policies) X(changed) X(change) X(names_unknown) X(names_failing)

void
sl_console_status_pack(const struct sl_console_status *status, struct sl_buf *out)
{
	sl_pack_bytes(out, sl_slice_str(status->id));
#define PACK(name) sl_pack_u64(out, status->name);
	NUMBERS(PACK)
#undef PACK
}

int
sl_console_status_unpack(struct sl_slice payload, struct sl_console_status *status)
{
	struct sl_unpack in = { .rest = payload };
	struct sl_slice id = sl_unpack_bytes(&in);

	*status = (struct sl_console_status){ 0 };
	if (id.len >= sizeof(status->id))
		return SL_ERR_SYNTAX;
	for (size_t i = 0; i < id.len; i++) {		/* it is printed in JSON and elsewhere */
		if (strchr("0123456789abcdef", id.ptr[i]) == NULL || id.ptr[i] == '\0')
			return SL_ERR_SYNTAX;
		status->id[i] = (char)id.ptr[i];
	}
#define UNPACK(name) status->name = sl_unpack_u64(&in);
	NUMBERS(UNPACK)
#undef UNPACK
	return in.failed || in.rest.len > 0 ? SL_ERR_SYNTAX : 0;
}
