/* numbers_test.c - published test numbers are found however they are written, and near misses are not */

#include "cuts.h"
#include "policy/numbers.h"

/* What issuers and payment services publish for tests. */
static const char *const cards[] = {
	"4111111111111111", "4242424242424242", "4012888888881881", "4222222222222", "4000056655665556",
	"4917610000000000003", "378282246310005", "371449635398431", "378734493671000", "5555555555554444",
	"5105105105105100", "5200828282828210", "2223003122003222", "6011111111111117", "6011000990139424",
	"6011981111111113", "30569309025904", "38520000023237", "36227206271667", "3056930009020004", "3530111333300000",
	"3566002020360505", "6200000000000005", "6205500000000000004", "6759649826438453", "6304000000000000",
	"6799990100000000019", "5019717010103742", "2200770212727079", "6771798021000008", "501800000009",
};

/* The registry's examples. */
static const char *const ibans[] = {
	"AD1200012030200359100100", "AE070331234567890123456", "AL47212110090000000235698741", "AT611904300234573201",
	"BE68539007547034", "BG80BNBG96611020345678", "BR9700360305000010009795493P1", "CH9300762011623852957",
	"CY17002001280000001200527600", "CZ6508000000192000145399", "DE89370400440532013000", "DK5000400440116243",
	"EE382200221020145685", "ES9121000418450200051332", "FI2112345600000785", "FR1420041010050500013M02606",
	"GB29NWBK60161331926819", "GR1601101250000000012300695", "HU42117730161111101800000000", "IE29AIBK93115212345678",
	"IL620108000000099999999", "IS140159260076545510730339", "IT60X0542811101000000123456", "LT121000011101001000",
	"LU280019400644750000", "LV80BANK0000435195001", "MT84MALT011000012345MTLCAST001S", "NL91ABNA0417164300",
	"NO9386011117947", "PL61109010140000071219812874", "PT50000201231234567890154", "RO49AAAA1B31007593840000",
	"SA0380000000608010167519", "SE4550000000058398257466", "SI56263300012039086", "SK3112000000198742637541",
	"TR330006100519786457841326", "UA213223130000026007233566001", "VG96VPVG0000012345678901", "XK051212012345678906",
	"MU17BOMM0101101030300200000MUR", "LC55HEMM000100010012001200023015",
};

static void
published_numbers_are_right(void **state)
{
	char changed[64];

	for (size_t i = 0; i < SL_COUNT(cards); i++) {
		struct sl_slice card = sl_slice_str(cards[i]);

		if (!sl_number_is_card(card))
			fail_msg("%s", cards[i]);
		for (size_t at = 0; at < card.len; at++) {	/* Luhn finds every digit that is wrong */
			strcpy(changed, cards[i]);
			changed[at] = (char)('0' + (changed[at] - '0' + 1) % 10);
			assert_false(sl_number_is_card(sl_slice_str(changed)));
		}
	}
	for (size_t i = 0; i < SL_COUNT(ibans); i++) {
		struct sl_slice iban = sl_slice_str(ibans[i]);

		if (!sl_number_is_iban(iban))
			fail_msg("%s", ibans[i]);
		for (size_t at = 4; at + 1 < iban.len; at++) {	/* and 97 every two digits that changed places */
			if (ibans[i][at] > '9' || ibans[i][at + 1] > '9')
				continue;
			strcpy(changed, ibans[i]);
			changed[at] = ibans[i][at + 1];
			changed[at + 1] = ibans[i][at];
			assert_int_equal(sl_number_is_iban(sl_slice_str(changed)), changed[at] == ibans[i][at]);
		}
	}
}

static void
add_number(void *ctx, enum sl_content_number kind, struct sl_slice number)
{
	sl_buf_addf(ctx, "%s " SL_SLICE_FMT "\n", kind == SL_NUMBER_IBAN ? "iban" : "card", SL_SLICE_ARG(number));
}

static void
find(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct sl_numbers n;
	struct sl_slice piece;

	sl_numbers_init(&n, *(uint32_t *)ctx, add_number, result);
	while (cuts_next(cuts, &piece))
		sl_numbers_feed(&n, piece);
	sl_numbers_end(&n);
}

#define VISA	"card 4111111111111111\n"
#define AMEX	"card 378282246310005\n"
#define DE	"iban DE89370400440532013000\n"

static const struct { const char *text, *found; } texts[] = {
	{ "", "" }, { "4111111111111111", VISA }, { "pay with 4111111111111111.", VISA },
	{ "4111 1111 1111 1111", VISA }, { "4111-1111-1111-1111,", VISA }, { "4111.1111.1111.1111", VISA },
	{ "3782 822463 10005", AMEX }, { "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", VISA },
	{ "4111\xc2\xa0""1111\xe2\x80\xaf""1111\xe3\x80\x80""1111", VISA },		/* spaces of other widths */
	{ "4111\xe2\x80\x93""1111-1111\xe2\x88\x92""1111", VISA },			/* and hyphens */
	{ "4111\xe2\x80\x8b""1111\xc2\xad""11111111", VISA },				/* invisible ones */
	{ "\xef\xbc\x94\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91 1111 1111 1111", VISA },	/* full width */
	{ "\xd9\xa4\xd9\xa1\xd9\xa1\xd9\xa1 1111 1111 1111", VISA },			/* Arabic digits */
	{ "Visa 4111 1111 1111 1111 exp 12/29", VISA }, { "no. 17 4111 1111 1111 1111 88", VISA },
	{ "4111111111111111 378282246310005", VISA AMEX }, { "4111111111111111\n378282246310005", VISA AMEX },
	{ "x4111111111111111", "" }, { "4111111111111111x", "" }, { "94111111111111111", "" },	/* inside something longer */
	{ "4111111111111112", "" }, { "4111 1111 1111 1112", "" },			/* a wrong digit */
	{ "4111  1111 1111 1111", "" }, { "4111 1111-1111 1111", "" }, { "4111 1111\n1111 1111", "" },
	{ "4111/1111/1111/1111", "" }, { "411111111111111", "" }, { "41111111111111", "" },
	{ "1234567812345670", "" }, { "0000 0000 0000 0000", "" }, { "9999999999999995", "" },	/* nobody's range */
	{ "4111-1111-1111-1111-1111", VISA }, { "+49 30 1234567", "" }, { "2026-11-26 15:00:00.000", "" },

	{ "DE89370400440532013000", DE }, { "IBAN DE89 3704 0044 0532 0130 00, BIC COBADEFF", DE },
	{ "iban: de89 3704 0044 0532 0130 00", DE }, { "DE89-3704-0044-0532-0130-00", DE },
	{ "IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX", DE }, { "(DE89370400440532013000)", DE },
	{ "DE88 3704 0044 0532 0130 00", "" }, { "DE89 3704 0044 0532 0130 0", "" }, { "DE89 3704 0044 0532 0130 000", "" },
	{ "XDE89370400440532013000", "" }, { "DD89370400440532013000", "" }, { "DE893704004405320130001", "" },
	{ "GB29 NWBK 6016 1331 9268 19", "iban GB29NWBK60161331926819\n" },
	{ "FR14 2004 1010 0505 0001 3M02 606", "iban FR1420041010050500013M02606\n" },
	{ "MT84 MALT 0110 0001 2345 MTLC AST0 01S", "iban MT84MALT011000012345MTLCAST001S\n" },
	{ "\xc3" "4111111111111111", VISA }, { "\xe2\x80" "4111111111111111\xff", VISA }, { "4111111111111111\xe2\x80", VISA },
};

static void
numbers_are_found_in_text_however_it_is_cut(void **state)
{
	uint32_t both = 3;

	for (size_t i = 0; i < SL_COUNT(texts); i++)
		cuts_check(sl_slice_str(texts[i].text), find, &both, texts[i].found, strlen(texts[i].found));
}

static void
what_is_not_looked_for_is_not_told(void **state)
{
	static const char text[] = "4111111111111111 DE89370400440532013000";
	uint32_t cards_only = 1u << SL_NUMBER_PAYMENT_CARD, ibans_only = 1u << SL_NUMBER_IBAN, none = 0;

	cuts_check(sl_slice_str(text), find, &cards_only, VISA, strlen(VISA));
	cuts_check(sl_slice_str(text), find, &ibans_only, DE, strlen(DE));
	cuts_check(sl_slice_str(text), find, &none, "", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_numbers_are_right),
		cmocka_unit_test(numbers_are_found_in_text_however_it_is_cut),
		cmocka_unit_test(what_is_not_looked_for_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
