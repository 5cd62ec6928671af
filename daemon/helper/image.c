/*
 * image.c - QR codes in pictures
 *
 * Dimensions are read and bounded before anything is decoded; what is decoded is grey, and halved
 * until it is small enough for the scanner. Only QR codes are looked for.
 *
 * Memory: PIXELS_MAX bytes and what the decoder takes for a row (libjpeg: progressive ones whole).
 * Limits: GIF's first picture only; BMP, TIFF and WebP are not decoded.
 */

#include "image.h"
#include "pdf.h"
#include "wide.h"

#include <stdlib.h>

#define SIDE_MIN	21		/* the smallest QR code has 21 modules */
#define PIXELS_MAX	(24u << 20)	/* decoded */
#define SCAN_PIXELS	(2u << 20)	/* scanned: codes that people scan are large in their picture */

#ifdef HELPER_QR

#include <zbar.h>

static void
on_code(struct inspection *in, struct sl_slice text)
{
	struct sl_slice url;
	size_t at = 0;

	found(in, SL_DEEP_QR_CODE, SL_SLICE_FMT, SL_SLICE_ARG(text));
	if (next_url(text, &at, &url) || sl_slice_istarts(text, SL_SLICE_LIT("www.")) ||
	    sl_slice_istarts(text, SL_SLICE_LIT("mailto:")))
		found_link(in, SL_DEEP_FROM_QR, text);
}

static void
scan(struct inspection *in, const struct grey *g)
{
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_t *image = zbar_image_create();

	SL_ASSERT(scanner != NULL && image != NULL);
	zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_TEST_INVERTED, 1);
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, (unsigned)g->width, (unsigned)g->height);
	zbar_image_set_data(image, g->pixels, g->width * g->height, NULL);
	if (zbar_scan_image(scanner, image) > 0)
		for (const zbar_symbol_t *s = zbar_image_first_symbol(image); s != NULL; s = zbar_symbol_next(s))
			if (zbar_symbol_get_type(s) == ZBAR_QRCODE)
				on_code(in, sl_slice(zbar_symbol_get_data(s), zbar_symbol_get_data_length(s)));
	zbar_image_destroy(image);
	zbar_image_scanner_destroy(scanner);
}

/* Each pixel the mean of four. */
static void
halve(struct grey *g)
{
	size_t w = g->width / 2, h = g->height / 2;

	for (size_t y = 0; y < h; y++)
		for (size_t x = 0; x < w; x++) {
			const unsigned char *p = g->pixels + 2 * y * g->width + 2 * x;

			g->pixels[y * w + x] = (unsigned char)((p[0] + p[1] + p[g->width] + p[g->width + 1] + 2) / 4);
		}
	g->width = w;
	g->height = h;
}

/* The code's quiet zone may be cut off at the picture's edge: give it one. */
static bool
add_margin(struct inspection *in, struct grey *g)
{
	size_t margin = 16, w = g->width + 2 * margin, h = g->height + 2 * margin;
	unsigned char *wider = inspect_alloc(in, w * h);

	if (wider == NULL)
		return false;
	memset(wider, 255, w * h);
	for (size_t y = 0; y < g->height; y++)
		memcpy(wider + (y + margin) * w + margin, g->pixels + y * g->width, g->width);
	free(g->pixels);
	*g = (struct grey){ wider, w, h };
	return true;
}

static void
look(struct inspection *in, struct grey *g)
{
	while (g->width * g->height > SCAN_PIXELS)
		halve(g);
	if (g->width >= SIDE_MIN && g->height >= SIDE_MIN && !inspection_over(in) && add_margin(in, g))
		scan(in, g);
	free(g->pixels);
}

#else

static void
look(struct inspection *in, struct grey *g)
{
	free(g->pixels);
}

#endif

/* May a picture of this size be decoded? Says so if not. */
static bool
size_is_fine(struct inspection *in, size_t width, size_t height)
{
	if (width < SIDE_MIN || height < SIDE_MIN)
		return false;
	if (width > PIXELS_MAX / height) {
		found(in, SL_DEEP_IMAGE_SIZE, "%zu x %zu", width, height);
		return false;
	}
	return inspection_spend(in, width * height);
}

static size_t
be16(const unsigned char *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static size_t
be32(const unsigned char *p)
{
	return be16(p) << 16 | be16(p + 2);
}

static bool
jpeg_size(struct sl_slice b, size_t *width, size_t *height)
{
	size_t at = 2;

	while (at + 9 < b.len) {
		unsigned char marker;

		if (b.ptr[at] != 0xff) {
			at++;
			continue;
		}
		marker = b.ptr[at + 1];
		if (marker == 0xff || marker == 0 || marker == 1 || (marker >= 0xd0 && marker <= 0xd9)) {
			at += marker == 0xff ? 1 : 2;
			continue;
		}
		if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
			*height = be16(b.ptr + at + 5);
			*width = be16(b.ptr + at + 7);
			return true;
		}
		at += 2 + be16(b.ptr + at + 2);
	}
	return false;
}

void
image_inspect(struct inspection *in, struct sl_slice b, enum sniffed type)
{
	struct grey g = { 0 };
	bool good = false;

	if (type == SNIFFED_PNG && b.len >= 24) {
		g.width = be32(b.ptr + 16);
		g.height = be32(b.ptr + 20);
		good = true;
	} else if (type == SNIFFED_JPEG) {
		good = jpeg_size(b, &g.width, &g.height);
	} else if (type == SNIFFED_GIF && b.len >= 13) {
		g.width = le16(b.ptr + 6);
		g.height = le16(b.ptr + 8);
		good = true;
	}
	if (!good || !size_is_fine(in, g.width, g.height))
		return;
#ifdef HELPER_QR
	g.pixels = inspect_alloc(in, g.width * g.height);
	if (g.pixels == NULL)
		return;
	good = type == SNIFFED_PNG ? png_grey(b, &g) : type == SNIFFED_JPEG ? jpeg_grey(b, &g) : gif_grey(b, &g);
	if (!good)
		found(in, SL_DEEP_IMAGE_DAMAGED, "%s", sniffed_name(type));
	look(in, &g);		/* also what there is of a damaged one: viewers show it */
#endif
}

void
image_raw(struct inspection *in, struct sl_slice s, size_t width, size_t height, size_t bits, size_t colors)
{
	struct grey g = { NULL, width, height };
	size_t row;

	if (bits != 8 && bits != 1)
		return;
	if (width > PIXELS_MAX || height > PIXELS_MAX || !size_is_fine(in, width, height))
		return;
	if (colors == 0)
		colors = s.len >= width * height * 3 && bits == 8 ? 3 : 1;
	row = (width * bits * colors + 7) / 8;
	if (s.len / row < height || (bits == 1 && colors != 1))
		return;
	g.pixels = inspect_alloc(in, width * height);
	if (g.pixels == NULL)
		return;
	for (size_t y = 0; y < height; y++)
		for (size_t x = 0; x < width; x++) {
			const unsigned char *p = s.ptr + y * row + x * bits * colors / 8;

			g.pixels[y * width + x] = bits == 1 ? ((*p >> (7 - x % 8) & 1) != 0 ? 255 : 0)
			    : colors == 3 ? (unsigned char)((p[0] * 2 + p[1] * 5 + p[2]) / 8) : *p;
		}
	look(in, &g);
}
