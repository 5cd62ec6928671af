/* proxy_fuzz.c - a PROXY header is complete with its last byte and not before, wherever it was cut,
 * and within its limit (proxy.h) */

#include "smtp/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_smtp_proxy proxy, again;
	size_t used = 0, seen = 0, cut;
	int r = sl_smtp_proxy_parse(sl_slice(data, size), &proxy, &used), early = SL_MORE;

	for (cut = 0; cut < size && early == SL_MORE; cut++)
		early = sl_smtp_proxy_parse(sl_slice(data, cut), &again, &seen);
	SL_ASSERT(early == SL_MORE || early == r);
	if (r == SL_MORE)
		SL_ASSERT(size < SL_SMTP_PROXY_MAX);
	if (r != SL_DONE)
		return 0;
	SL_ASSERT(used <= size && used <= SL_SMTP_PROXY_MAX);
	SL_ASSERT(early == SL_MORE ? used == size : seen == used && cut - 1 == used);
	if (proxy.local)
		return 0;
	SL_ASSERT(proxy.source.ss_family == AF_INET || proxy.source.ss_family == AF_INET6);
	SL_ASSERT(proxy.destination.ss_family == proxy.source.ss_family);
	return 0;
}
