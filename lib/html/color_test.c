/* color_test.c - colours as mail writes them */

#include "check.h"
#include "html/color.h"

static const struct row {
	const char	*text;
	int64_t		 rgba;	/* -1: none */
} rows[] = {
	{ "white", 0xffffffff }, { "WHITE", 0xffffffff }, { "AliceBlue", 0xf0f8ffff },
	{ "yellowgreen", 0x9acd32ff }, { "lightgoldenrodyellow", 0xfafad2ff },
	{ "lightgoldenrodyellows", -1 }, { "windowtext", 0x000000ff }, { "transparent", 0 },
	{ "currentcolor", -1 }, { "", -1 }, { "#", -1 }, { "#12", -1 }, { "#1234567", -1 },
	{ "#abc", 0xaabbccff }, { "#abcd", 0xaabbccdd }, { "#A1b2C3", 0xa1b2c3ff },
	{ "#a1b2c3d4", 0xa1b2c3d4 }, { "#ggg", -1 }, { "ffffff", -1 },
	{ "rgb(1,2,3)", 0x010203ff }, { "RGB( 1 , 2 , 3 )", 0x010203ff },
	{ "rgba(255,255,255,0)", 0xffffff00 }, { "rgb(100% 0% 50% / 50%)", 0xff008080 },
	{ "rgb(300,-5,1.5)", 0xff0002ff }, { "rgb(1,2)", -1 }, { "rgb 1,2,3", -1 }, { "rgb(a,b,c)", -1 },
	{ "rgb(", -1 }, { "rgba", -1 }, { "rgb(1,2,3", 0x010203ff },
	{ "hsl(0,100%,50%)", 0xff0000ff }, { "hsl(120deg 100% 25%)", 0x008000ff },
	{ "hsl(240,100%,100%)", 0xffffffff }, { "hsla(480,100%,50%,.5)", 0x00ff0080 },
	{ "hsl(-120,100%,50%)", 0x0000ffff }, { "hsl(0,0%,100%)", 0xffffffff },
};

/* HTML standard, 2.4.6, and what browsers give. */
static const struct row old_rows[] = {
	{ "", -1 }, { "transparent", -1 }, { " white ", 0xffffffff }, { "#fff", 0xffffffff },
	{ "ffffff", 0xffffffff }, { "fff", 0x0f0f0fff }, { "#ffffff", 0xffffffff },
	{ "#fffffff", 0xfffff0ff }, { "chucknorris", 0xc00000ff }, { "xyz", 0x000000ff },
	{ "#12345", 0x123450ff }, { "rgb(1,2,3)", 0x010203ff }, { "0", 0x000000ff },
};

static int64_t
to_number(bool parsed, struct sl_color c)
{
	return parsed ? (int64_t)c.red << 24 | c.green << 16 | c.blue << 8 | c.alpha : -1;
}

static void
styles_colours_are_read(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_color c;
		bool parsed = sl_color_parse(sl_slice_str(rows[i].text), &c);

		if (to_number(parsed, c) != rows[i].rgba)
			fail_msg("%s: %llx", rows[i].text, (unsigned long long)to_number(parsed, c));
	}
}

static void
old_attributes_are_read_as_browsers_do(void **state)
{
	for (size_t i = 0; i < SL_COUNT(old_rows); i++) {
		struct sl_color c;
		bool parsed = sl_color_parse_old(sl_slice_str(old_rows[i].text), &c);

		if (to_number(parsed, c) != old_rows[i].rgba)
			fail_msg("%s: %llx", old_rows[i].text,
			    (unsigned long long)to_number(parsed, c));
	}
}

static void
blending_and_nearness(void **state)
{
	struct sl_color c = sl_color_blend((struct sl_color){ 0, 0, 0, 0 }, SL_COLOR_WHITE);

	assert_true(sl_color_is_near(c, SL_COLOR_WHITE, 0));
	c = sl_color_blend((struct sl_color){ 0, 0, 0, 128 }, SL_COLOR_WHITE);
	assert_int_equal(c.red, 127);
	assert_true(sl_color_is_near(c, (struct sl_color){ 127, 117, 137, 255 }, 10));
	assert_false(sl_color_is_near(c, (struct sl_color){ 127, 127, 138, 255 }, 10));
	assert_false(sl_color_is_near(SL_COLOR_BLACK, SL_COLOR_WHITE, 254));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(styles_colours_are_read),
		cmocka_unit_test(old_attributes_are_read_as_browsers_do),
		cmocka_unit_test(blending_and_nearness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
