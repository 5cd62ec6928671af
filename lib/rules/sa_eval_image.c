/* sa_eval_image.c - eval functions about images, see sa_eval.h: how many, how large */

#include "rules/sa_eval_i.h"

enum kind { GIF, PNG, JPEG, ALL, KINDS };

struct images {
	double	count[KINDS];
	double	area[KINDS];
};

static uint32_t
big16(struct sl_slice s, size_t i)
{
	return i + 1 < s.len ? (uint32_t)(s.ptr[i] << 8 | s.ptr[i + 1]) : 0;
}

static uint32_t
big32(struct sl_slice s, size_t i)
{
	return big16(s, i) << 16 | big16(s, i + 2);
}

static double
gif_area(struct sl_slice s)
{
	if (s.len < 10 || (!sa_starts(s, SL_SLICE_LIT("GIF87a")) && !sa_starts(s, SL_SLICE_LIT("GIF89a"))))
		return 0;
	return (double)(s.ptr[6] | s.ptr[7] << 8) * (double)(s.ptr[8] | s.ptr[9] << 8);
}

/* The header's chunk is the first; what is not is stepped over by its head only. */
static double
png_area(struct sl_slice s)
{
	if (!sa_starts(s, SL_SLICE_LIT("\x89PNG\r\n\x1a\n")))
		return 0;
	for (size_t i = 8; i + 8 <= s.len; i += 8) {
		struct sl_slice type = sa_sub(s, i + 4, i + 8);

		if (sl_slice_eq(type, SL_SLICE_LIT("IEND")))
			break;
		if (sl_slice_eq(type, SL_SLICE_LIT("IHDR")) && big32(s, i) == 13)
			return (double)big32(s, i + 8) * (double)big32(s, i + 12);
	}
	return 0;
}

static double
jpeg_area(struct sl_slice s)
{
	if (!sa_starts(s, SL_SLICE_LIT("\xff\xd8")))
		return 0;
	for (size_t i = 2; i + 4 <= s.len && s.ptr[i] == 0xff;) {
		unsigned char mark = s.ptr[i + 1];
		uint32_t len = big16(s, i + 2);

		if (mark == 0xda || mark == 0xd9 || len < 2)
			break;
		if (mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc)
			return (double)big16(s, i + 5) * (double)big16(s, i + 7);
		i += 2 + (size_t)len;
	}
	return 0;
}

static enum kind
kind_of(struct sl_slice type)
{
	if (sl_slice_eq(type, SL_SLICE_LIT("image/gif")))
		return GIF;
	if (sl_slice_eq(type, SL_SLICE_LIT("image/png")))
		return PNG;
	if (sl_slice_eq(type, SL_SLICE_LIT("image/jpeg")) || sl_slice_eq(type, SL_SLICE_LIT("image/jpg")))
		return JPEG;
	return KINDS;
}

static const struct images *
images(struct sl_sa_view *view)
{
	struct images *im = view->eval[SA_KEPT_IMAGES];

	if (im != NULL)
		return im;
	im = sa_alloc(view, sizeof(*im));
	view->eval[SA_KEPT_IMAGES] = im;
	for (size_t i = 0; i < view->parts_len; i++) {
		struct sa_node *node = view->parts[i];
		enum kind kind = kind_of(node->type);
		const struct sa_field *f = sa_field_last(node, SL_SLICE_LIT("content-transfer-encoding"));
		struct sl_slice data;
		double area;

		if (kind == KINDS || node->has_children || f == NULL || !sl_slice_ieq(f->value, SL_SLICE_LIT("base64")))
			continue;
		data = sa_decode_part(view, node);
		area = kind == GIF ? gif_area(data) : kind == PNG ? png_area(data) : jpeg_area(data);
		im->area[kind] += area;
		im->area[ALL] += area;
		im->count[kind]++;
		im->count[ALL]++;
	}
	return im;
}

static enum kind
kind_argument(const char *name)
{
	static const char *const names[] = { "gif", "png", "jpeg", "all" };

	for (int i = 0; i < KINDS; i++) {
		if (strcmp(names[i], name) == 0)
			return (enum kind)i;
	}
	return KINDS;
}

static bool
in_range(double value, const char *const *arguments, size_t arguments_len)
{
	return value >= sa_argument_number(arguments, arguments_len, 1) && (arguments_len < 3 ||
	    value <= sa_argument_number(arguments, arguments_len, 2));
}

SA_EVAL(image_count)
{
	enum kind kind = kind_argument(sa_argument(arguments, arguments_len, 0));

	return kind != KINDS && in_range(images(view)->count[kind], arguments, arguments_len);
}

SA_EVAL(pixel_coverage)
{
	enum kind kind = kind_argument(sa_argument(arguments, arguments_len, 0));

	return kind != KINDS && in_range(images(view)->area[kind], arguments, arguments_len);
}

SA_EVAL(image_to_text_ratio)
{
	enum kind kind = kind_argument(sa_argument(arguments, arguments_len, 0));
	double text = 0, share;

	if (kind == KINDS || !(images(view)->area[kind] > 0))
		return false;
	sa_body(view);
	for (size_t i = 0; i < view->body.len; i++)
		text += (double)view->body.at[i].len;
	share = text / images(view)->area[kind];
	return text > 0 && share >= sa_argument_number(arguments, arguments_len, 1) &&
	    share < sa_argument_number(arguments, arguments_len, 2);
}
