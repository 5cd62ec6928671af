/* lnk_fuzz.c - Windows shortcuts: see helper_fuzz_i.h */

#include "helper_fuzz_i.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	return helper_fuzz(data, len, lnk_inspect);
}
