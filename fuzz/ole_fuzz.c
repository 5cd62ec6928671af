/* ole_fuzz.c - compound files: Office documents, messages, installers: see helper_fuzz_i.h */

#include "helper_fuzz_i.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	return helper_fuzz(data, len, ole_inspect);
}
