/* helper_fuzz.c - anything at all, by its type, as a helper is given it: see helper_fuzz_i.h
 *
 * Archives, pictures, documents within them, and the way from one to the other. */

#include "helper_fuzz_i.h"

#include <locale.h>

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

static void
whole(struct inspection *in, struct sl_slice bytes)
{
	inspection_run(in, bytes, SL_SLICE_LIT("name.gz"));
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return helper_fuzz(data, len, whole);
}
