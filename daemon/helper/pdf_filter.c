/* pdf_filter.c - stream filters of PDF (ISO 32000-1, 7.4) with a limit on what comes out: see pdf.h */

#include "pdf.h"

#include <stdlib.h>
#include <zlib.h>

unsigned
pdf_filter(const char *name)
{
	static const struct {
		const char	*name;
		unsigned	 filter;
	} rows[] = {
		{ "FlateDecode", PDF_FILTER_FLATE }, { "Fl", PDF_FILTER_FLATE },
		{ "ASCIIHexDecode", PDF_FILTER_HEX }, { "AHx", PDF_FILTER_HEX },
		{ "ASCII85Decode", PDF_FILTER_85 }, { "A85", PDF_FILTER_85 },
		{ "DCTDecode", PDF_FILTER_IMAGE }, { "DCT", PDF_FILTER_IMAGE },
		{ "JPXDecode", PDF_FILTER_IMAGE }, { "CCITTFaxDecode", PDF_FILTER_IMAGE },
		{ "JBIG2Decode", PDF_FILTER_IMAGE }, { "CCF", PDF_FILTER_IMAGE },
		{ "LZWDecode", PDF_FILTER_UNKNOWN }, { "LZW", PDF_FILTER_UNKNOWN },
		{ "RunLengthDecode", PDF_FILTER_UNKNOWN }, { "RL", PDF_FILTER_UNKNOWN },
		{ "Crypt", PDF_FILTER_UNKNOWN },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (strcmp(name, rows[i].name) == 0)
			return rows[i].filter;
	return PDF_FILTER_NONE;
}

/* Grows by half; all of it is spent from the budget. */
struct output {
	struct inspection	*in;
	unsigned char		*data;
	size_t			 len;
	size_t			 size;
};

static bool
room(struct output *o)
{
	size_t size = SL_MAX(o->size + o->size / 2, (size_t)16384);
	unsigned char *more;

	if (o->len < o->size)
		return true;
	if (o->size >= PDF_STREAM_MAX) {
		found(o->in, SL_DEEP_BUDGET, "a stream larger than %u MiB", PDF_STREAM_MAX >> 20);
		return false;
	}
	if (!inspection_spend(o->in, size - o->size))
		return false;
	more = realloc(o->data, size);
	if (more == NULL) {
		found(o->in, SL_DEEP_MEMORY, "%zu bytes", size);
		return false;
	}
	o->data = more;
	o->size = size;
	return true;
}

static bool
flate(struct sl_slice in, struct output *o)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)in.ptr,
		.avail_in = (unsigned)SL_MIN(in.len, (size_t)UINT32_MAX) };
	int r = Z_OK;

	if (inflateInit(&z) != Z_OK)
		return false;
	while (r == Z_OK && room(o)) {
		z.next_out = o->data + o->len;
		z.avail_out = (unsigned)(o->size - o->len);
		r = inflate(&z, Z_NO_FLUSH);
		o->len = o->size - z.avail_out;
	}
	(void)inflateEnd(&z);
	return r == Z_STREAM_END;
}

static int
digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
hex(struct sl_slice in, struct output *o)
{
	int high = -1;

	for (size_t i = 0; i < in.len && in.ptr[i] != '>'; i++) {
		int d = digit(in.ptr[i]);

		if (d < 0)
			continue;
		if (high < 0) {
			high = d;
			continue;
		}
		if (!room(o))
			return false;
		o->data[o->len++] = (unsigned char)(high << 4 | d);
		high = -1;
	}
	return true;
}

/* Five digits of base 85 are four bytes; z is four zeros; a short group at the end. */
static bool
base85(struct sl_slice in, struct output *o)
{
	uint32_t v = 0;
	unsigned n = 0, fill;

	for (size_t i = 0; i < in.len && in.ptr[i] != '~'; i++) {
		unsigned char c = in.ptr[i];

		if (c == 'z' && n == 0) {
			n = 5;
			v = 0;
		} else if (c >= '!' && c <= 'u') {
			v = v * 85 + (c - '!');
			n++;
		}
		if (n < 5)
			continue;
		for (int shift = 24; shift >= 0; shift -= 8) {
			if (!room(o))
				return false;
			o->data[o->len++] = (unsigned char)(v >> shift);
		}
		n = 0;
		v = 0;
	}
	if (n < 2)
		return true;
	for (fill = n; fill < 5; fill++)
		v = v * 85 + 84;
	for (unsigned k = 0; k + 1 < n; k++) {
		if (!room(o))
			return false;
		o->data[o->len++] = (unsigned char)(v >> (24 - 8 * k));
	}
	return true;
}

bool
pdf_unpack(struct inspection *in, const unsigned *filters, size_t filters_len, struct sl_slice raw,
    struct sl_slice *out, unsigned char **memory_out)
{
	bool good = true;

	*out = raw;
	*memory_out = NULL;
	for (size_t i = 0; i < filters_len && good; i++) {
		struct output o = { .in = in };

		if (filters[i] == PDF_FILTER_IMAGE || filters[i] == PDF_FILTER_UNKNOWN) {
			if (filters[i] == PDF_FILTER_UNKNOWN)
				*out = sl_slice(NULL, 0);
			return filters[i] == PDF_FILTER_IMAGE;
		}
		good = filters[i] == PDF_FILTER_FLATE ? flate(*out, &o)
		    : filters[i] == PDF_FILTER_HEX ? hex(*out, &o) : base85(*out, &o);
		free(*memory_out);
		*memory_out = o.data;
		*out = sl_slice(o.data, o.len);
	}
	return good;
}
