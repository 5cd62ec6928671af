/* ovba_fuzz.c - compressed macro text: what was packed comes back, anything else stays bounded */

#include "ovba.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

#define CHUNK	4096

/* Pack as literals only; chunks that would grow are stored. */
static void
pack(struct sl_slice in, struct sl_buf *out)
{
	sl_buf_add_byte(out, 1);
	while (in.len > 0) {
		size_t n = SL_MIN(in.len, (size_t)3600), packed = n + (n + 7) / 8;
		unsigned head = 0xb000u | (unsigned)(packed - 1);

		if (in.len >= CHUNK) {		/* all but the last are of 4096 bytes */
			n = CHUNK;
			head = 0x3fff;
		} else {
			n = SL_MIN(n, in.len);
		}
		sl_buf_add_byte(out, (unsigned char)head);
		sl_buf_add_byte(out, (unsigned char)(head >> 8));
		for (size_t i = 0; i < n; i++) {
			if ((head & 0x8000) != 0 && i % 8 == 0)
				sl_buf_add_byte(out, 0);
			sl_buf_add_byte(out, in.ptr[i]);
		}
		in = sl_slice_from(in, n);
	}
}

static void
on_module(void *ctx, struct sl_slice name, uint32_t offset)
{
	SL_ASSERT(name.ptr != NULL);
	(*(unsigned *)ctx)++;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct sl_slice in = sl_slice(data, len);
	struct sl_buf packed, plain;
	unsigned modules = 0;
	size_t at;

	sl_buf_init(&packed, SIZE_MAX / 2);
	sl_buf_init(&plain, 1 << 20);
	(void)ovba_unpack(in, &plain);
	SL_ASSERT(plain.len <= SL_MIN((size_t)1 << 20, CHUNK * (len / 3 + 1)));
	SL_ASSERT(ovba_directory(sl_buf_slice(&plain), on_module, &modules) == modules);
	at = ovba_find(in);
	SL_ASSERT(at == SIZE_MAX || (at < len && data[at] == 1));
	sl_buf_reset(&plain);
	pack(in, &packed);
	SL_ASSERT(ovba_unpack(sl_buf_slice(&packed), &plain) == (len > 0));
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&plain), sl_slice(data, SL_MIN(len, (size_t)1 << 20))));
	sl_buf_fini(&packed);
	sl_buf_fini(&plain);
	return 0;
}
