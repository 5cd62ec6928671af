/* commandwire_fuzz.c - what an edge and the console say of mail to an action address: what is taken comes back as it was */

#include <stdlib.h>

#include "digest/wire.h"
#include "ipc/ipc.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

static void
same(const struct sl_buf *a, struct sl_slice b)
{
	if (!sl_slice_eq(sl_buf_slice(a), b))
		abort();
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct sl_digest_request request;
	struct sl_digest_response response;
	struct sl_buf again;

	sl_buf_init(&again, 1u << 20);
	if (sl_digest_request_unpack(sl_slice(data, len), &request) == 0) {
		sl_digest_request_pack(&request, &again);
		same(&again, sl_slice(data, len));
	}
	sl_buf_reset(&again);
	if (sl_digest_response_unpack(sl_slice(data, len), &response) == 0) {
		sl_digest_response_pack(&response, &again);
		same(&again, sl_slice(data, len));
	}
	sl_buf_fini(&again);
	return 0;
}
