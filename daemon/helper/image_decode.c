/* image_decode.c - PNG and JPEG by their libraries, GIF by ourselves (GIF89a): see image.h */

#include "image.h"
#include "wide.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>
#include <png.h>

bool
png_grey(struct sl_slice b, struct grey *g)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	static const png_color white = { 255, 255, 255 };
	bool good;

	memset(g->pixels, 255, g->width * g->height);
	if (png_image_begin_read_from_memory(&image, b.ptr, b.len) == 0)
		return false;
	image.format = PNG_FORMAT_GRAY;
	good = image.width == g->width && image.height == g->height &&
	    png_image_finish_read(&image, &white, g->pixels, (png_int_32)g->width, NULL) != 0;
	png_image_free(&image);
	return good;
}

struct jpeg_fault {
	struct jpeg_error_mgr	manager;
	jmp_buf			back;
};

static void
on_jpeg_error(j_common_ptr info)
{
	struct jpeg_fault *fault = (struct jpeg_fault *)info->err;

	longjmp(fault->back, 1);
}

static void
on_jpeg_message(j_common_ptr info)
{
}

/* Apart, so that nothing a longjmp could spoil is in registers. */
static void
jpeg_rows(struct jpeg_decompress_struct *info, struct sl_slice b, struct grey *g)
{
	jpeg_mem_src(info, b.ptr, b.len);
	(void)jpeg_read_header(info, TRUE);
	info->out_color_space = JCS_GRAYSCALE;
	info->dct_method = JDCT_IFAST;
	if (info->image_width != g->width || info->image_height != g->height)
		return;
	(void)jpeg_start_decompress(info);
	while (info->output_scanline < info->output_height) {
		JSAMPROW row = g->pixels + (size_t)info->output_scanline * g->width;

		(void)jpeg_read_scanlines(info, &row, 1);
	}
	(void)jpeg_finish_decompress(info);
}

bool
jpeg_grey(struct sl_slice b, struct grey *g)
{
	struct jpeg_decompress_struct info = { 0 };
	struct jpeg_fault fault;
	volatile bool good = false;

	memset(g->pixels, 255, g->width * g->height);
	info.err = jpeg_std_error(&fault.manager);
	fault.manager.error_exit = on_jpeg_error;
	fault.manager.output_message = on_jpeg_message;
	if (setjmp(fault.back) == 0) {
		jpeg_create_decompress(&info);
		info.mem->max_memory_to_use = 64l << 20;
		jpeg_rows(&info, b, g);
		good = fault.manager.num_warnings == 0;
	}
	jpeg_destroy_decompress(&info);
	return good;
}

/* ---- GIF ---- */

#define CODES	4096

/* Data sub-blocks as one stream of bits. */
struct bits {
	struct sl_slice	s;
	size_t		block;	/* bytes left of the current sub-block */
	uint32_t	held;
	unsigned	count;
};

static int
next_code(struct bits *b, unsigned width)
{
	int code;

	while (b->count < width) {
		if (b->block == 0) {
			if (b->s.len == 0 || b->s.ptr[0] == 0)
				return -1;
			b->block = b->s.ptr[0];
			b->s = sl_slice_from(b->s, 1);
		}
		if (b->s.len == 0)
			return -1;
		b->held |= (uint32_t)b->s.ptr[0] << b->count;
		b->count += 8;
		b->s = sl_slice_from(b->s, 1);
		b->block--;
	}
	code = (int)(b->held & ((1u << width) - 1));
	b->held >>= width;
	b->count -= width;
	return code;
}

struct frame {
	struct grey	*g;
	unsigned char	 shades[256];
	size_t		 left, top, width, height;
	size_t		 n;		/* pixels so far */
	bool		 interlaced;
};

/* The row that the frame's n-th row of pixels is. */
static size_t
row_of(const struct frame *f, size_t n)
{
	static const size_t starts[] = { 0, 4, 2, 1 }, steps[] = { 8, 8, 4, 2 };

	if (!f->interlaced)
		return n;
	for (size_t pass = 0; pass < 4; pass++) {
		size_t rows = f->height > starts[pass] ? (f->height - starts[pass] + steps[pass] - 1) / steps[pass] : 0;

		if (n < rows)
			return starts[pass] + n * steps[pass];
		n -= rows;
	}
	return f->height;
}

static void
put(struct frame *f, unsigned char index)
{
	size_t y = f->top + row_of(f, f->n / f->width), x = f->left + f->n % f->width;

	if (x < f->g->width && y < f->g->height)
		f->g->pixels[y * f->g->width + x] = f->shades[index];
	f->n++;
}

static bool
lzw(struct frame *f, unsigned min, struct bits *b)
{
	static unsigned short prefix[CODES];
	static unsigned char suffix[CODES], stack[CODES + 1];
	unsigned clear = 1u << min, next = clear + 2, width = min + 1;
	int old = -1, code;
	unsigned char first = 0;

	while (f->n < f->width * f->height && (code = next_code(b, width)) >= 0) {
		unsigned c = (unsigned)code;
		size_t depth = 0;

		if (c == clear) {
			next = clear + 2;
			width = min + 1;
			old = -1;
			continue;
		}
		if (c == clear + 1)
			break;
		if (old < 0 ? c >= clear : c > next || (c == next && next >= CODES))
			return false;
		if (old >= 0 && c == next) {
			stack[depth++] = first;
			c = (unsigned)old;
		}
		while (c >= clear && depth < CODES) {
			stack[depth++] = suffix[c];
			c = prefix[c];
		}
		first = (unsigned char)c;
		stack[depth++] = first;
		while (depth > 0 && f->n < f->width * f->height)
			put(f, stack[--depth]);
		if (old >= 0 && next < CODES) {
			prefix[next] = (unsigned short)old;
			suffix[next++] = first;
			if (next == 1u << width && width < 12)
				width++;
		}
		old = code;
	}
	return f->n >= f->width * f->height;
}

static void
shades(struct frame *f, struct sl_slice colors)
{
	for (size_t i = 0; i < 256 && 3 * i + 2 < colors.len; i++)
		f->shades[i] = (unsigned char)((colors.ptr[3 * i] * 2 + colors.ptr[3 * i + 1] * 5 +
		    colors.ptr[3 * i + 2]) / 8);
}

/* Take a colour table after the flags at the front. */
static struct sl_slice
take_table(struct sl_slice *s, unsigned char flags)
{
	size_t len = (flags & 0x80) != 0 ? 3u << ((flags & 7) + 1) : 0;
	struct sl_slice table = sl_slice(s->ptr, SL_MIN(len, s->len));

	*s = sl_slice_from(*s, table.len);
	return table;
}

static bool
gif_frame(struct frame *f, struct sl_slice s)
{
	unsigned char flags = s.ptr[9];
	struct sl_slice table;
	struct bits bits = { 0 };
	unsigned min;

	f->left = le16(s.ptr + 1);
	f->top = le16(s.ptr + 3);
	f->width = le16(s.ptr + 5);
	f->height = le16(s.ptr + 7);
	f->interlaced = (flags & 0x40) != 0;
	s = sl_slice_from(s, 10);
	table = take_table(&s, flags);
	if (table.len > 0)
		shades(f, table);
	if (s.len < 2 || f->width == 0 || f->width > f->g->width || f->height > f->g->height)
		return false;
	min = s.ptr[0];
	if (min < 1 || min > 8)
		return false;
	bits.s = sl_slice_from(s, 1);
	return lzw(f, min, &bits);
}

bool
gif_grey(struct sl_slice b, struct grey *g)
{
	struct frame f = { .g = g };
	struct sl_slice s = sl_slice_from(b, 13);

	memset(g->pixels, 255, g->width * g->height);
	shades(&f, take_table(&s, b.ptr[10]));
	while (s.len > 10) {
		if (s.ptr[0] == ',')
			return gif_frame(&f, s);
		if (s.ptr[0] != '!')
			return false;
		s = sl_slice_from(s, 2);	/* an extension: sub-blocks */
		while (s.len > 0 && s.ptr[0] != 0)
			s = sl_slice_from(s, SL_MIN((size_t)s.ptr[0] + 1, s.len));
		s = sl_slice_from(s, SL_MIN((size_t)1, s.len));
	}
	return false;
}
