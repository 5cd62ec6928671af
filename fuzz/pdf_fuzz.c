/* pdf_fuzz.c - PDF: tokens, filters, object streams: see helper_fuzz_i.h */

#include "helper_fuzz_i.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	return helper_fuzz(data, len, pdf_inspect);
}
