/* correct_test.c - what people say of messages is remembered, and nobody is believed more than he may be */

#include "check.h"

#include "classify/panel.h"
#include "correct.h"
#include "edge_test_i.h"
#include "memory_i.h"

#define NOBODY	SL_SLICE_LIT("")
#define TEXT	"From: a@b.example\r\nSubject: offer\r\n\r\nthe committee has looked at every proposal that came in before the " \
	"end of last month and would like to thank all\r\nthose who took part for the time and the care that went into them; a " \
	"list of what was chosen follows below, together with names\r\n"

static struct rig rig;

static void
fail_at(const char *what, const char *file, int line)
{
	print_error("%s:%d: not met: %s\n", file, line, what);
	_fail(file, line);
}

static int
set_up(void **state)
{
	rig_fail = fail_at;
	rig_open(&rig, &(struct rig_options){ .memory = true, .top = "authentication: {exempt: [198.51.100.0/24]}\n" });
	return 0;
}

static int
tear_down(void **state)
{
	rig_close(&rig);
	return 0;
}

static int64_t
now_s(void)
{
	return rig.edge->clock->wall_us(rig.edge->clock->ctx) / 1000000;
}

static struct sl_corrected
say(enum sl_correction_verdict verdict, struct sl_slice reporter, const char *client, struct sl_slice message)
{
	const struct sl_correction correction = { .verdict = verdict, .tenant = SL_SLICE_LIT("example.com"),
		.reporter = reporter, .client = sl_slice_str(client), .helo = SL_SLICE_LIT("MAIL.sender.example"),
		.envelope = SL_SLICE_LIT("Bounce.Sender.example"), .author = SL_SLICE_LIT("forged.example"),
		.proven = { SL_SLICE_LIT("sender.example"), SL_SLICE_LIT("mail.sender.example") }, .proven_len = 2,
		.message = message };
	struct sl_corrected out;

	correct(rig.edge, &correction, &out);
	return out;
}

static struct sl_reputation_view
address_of(unsigned char last)
{
	const unsigned char octets[] = { 192, 0, 2, last };
	struct sl_reputation_view view = { 0 };
	struct sl_client_address address;
	struct origin origin;

	sl_client_address_set(&address, octets, false);
	memory_origin(rig.edge->snapshot->memory, &address, &origin);
	(void)sl_reputation_look(&rig.edge->snapshot->memory->senders, origin.address, now_s(), &view);
	return view;
}

static struct sl_reputation_view
domain_of(enum sl_reputation_kind kind, const char *name)
{
	const struct sl_reputation *table = &rig.edge->snapshot->memory->senders;
	struct sl_reputation_view view = { 0 };

	(void)sl_reputation_look(table, sl_reputation_key(table, kind, sl_slice_str(name)), now_s(), &view);
	return view;
}

static void
a_correction_reaches_all_that_is_known_of_the_sender(void **state)
{
	struct sl_corrected r = say(SL_CORRECTION_UNWANTED, SL_SLICE_LIT("ann"), "192.0.2.7", NOBODY);

	assert_true(r.done && r.enough == 0 && r.text == SL_CORRECTED_NO_TEXT);
	/* address, network, helo, author within the network, envelope (proven), one signer: with a list of suffixes
	 * sender.example and mail.sender.example are one organisation */
	assert_in_range(r.senders, 6, 7);
	assert_true(address_of(7).unwanted == CORRECTION_WEIGHT && address_of(8).unwanted == 0);
	assert_true(domain_of(SL_REPUTATION_SIGNER, "sender.example").unwanted == CORRECTION_WEIGHT);
	assert_true(domain_of(SL_REPUTATION_ENVELOPE, "sender.example").unwanted == CORRECTION_WEIGHT ||
	    domain_of(SL_REPUTATION_ENVELOPE, "bounce.sender.example").unwanted == 0);
	assert_true(domain_of(SL_REPUTATION_AUTHOR, "forged.example").unwanted == 0);	/* nobody's name is spoiled by forging it */
	assert_int_equal(rig.stats.corrections, 1);
	r = say(SL_CORRECTION_MALWARE, SL_SLICE_LIT("bob"), "192.0.2.7", NOBODY);
	assert_true(address_of(7).malware == CORRECTION_WEIGHT && address_of(7).unwanted == 2 * CORRECTION_WEIGHT);
	r = say(SL_CORRECTION_WANTED, SL_SLICE_LIT("bob"), "2001:db8::1", NOBODY);
	assert_true(r.done && r.senders >= 6);
}

/* One that says the same a thousand times, about a sender whose mail forty others want. */
static void
nobody_is_believed_more_than_six_messages(void **state)
{
	struct sl_corrected last = { 0 };
	double before;

	for (int i = 0; i < 40; i++) {
		char name[20];

		snprintf(name, sizeof(name), "reader %d", i);
		assert_true(say(SL_CORRECTION_WANTED, sl_slice_str(name), "192.0.2.7", NOBODY).done);
	}
	before = address_of(7).log_odds;
	assert_true(before < -2);
	for (int i = 0; i < 1000; i++)
		last = say(SL_CORRECTION_PHISH, SL_SLICE_LIT("mallory"), "192.0.2.7", NOBODY);
	assert_true(last.done && last.senders == 0 && last.enough >= 6);
	assert_true(address_of(7).unwanted <= SL_REPUTATION_EACH && address_of(7).log_odds < -1);
	assert_true(address_of(7).phish_log_odds < 0);
	for (int i = 0; i < 1000; i++)		/* of a sender that nobody knows: less than the default policy tags at */
		last = say(SL_CORRECTION_UNWANTED, SL_SLICE_LIT("mallory"), "192.0.2.200", NOBODY);
	assert_true(address_of(200).log_odds > 1 && address_of(200).log_odds < 1.4);
	/* and nothing is left of it after a while, but that he may say it again */
	rig_pass(&rig, UINT64_C(35) * 86400 * 1000);
	rig_pass(&rig, UINT64_C(35) * 86400 * 1000);
	assert_true(address_of(200).log_odds < 0.1);
	assert_true(say(SL_CORRECTION_UNWANTED, SL_SLICE_LIT("mallory"), "192.0.2.200", NOBODY).senders > 0);
}

static void
several_that_agree_are_believed(void **state)
{
	for (int i = 0; i < 8; i++) {
		char name[20];

		snprintf(name, sizeof(name), "reader %d", i);
		for (int k = 0; k < 2; k++)
			say(SL_CORRECTION_UNWANTED, sl_slice_str(name), "192.0.2.7", NOBODY);
	}
	/* from one source (the key's own address does not count as one), 8 reporters of 6 messages each */
	assert_true(address_of(7).log_odds > 2);
}

static void
a_text_is_remembered_by_what_is_said_of_it(void **state)
{
	const struct memory *m = rig.edge->snapshot->memory;
	struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = rig.edge->suffix,
		.fingerprint = memory_print_key(m), .only_text_prints = true };
	struct sl_verdict *verdict = sl_xzalloc(sizeof(*verdict));
	struct sl_fingerprint_result text;
	struct sl_campaign_view view;
	struct sl_panel *panel;
	struct sl_arena arena;

	sl_arena_init(&arena, 65536);
	panel = sl_panel_new(&settings, &arena);
	sl_panel_feed(panel, SL_SLICE_LIT(TEXT));
	sl_panel_finish(panel, verdict);
	assert_true(sl_panel_fingerprint(panel, &text));
	sl_panel_free(&panel);
	sl_free(verdict);
	sl_arena_fini(&arena);
	assert_false(sl_campaign_look(&m->texts, &text, now_s(), &view));
	assert_int_equal(say(SL_CORRECTION_UNWANTED, SL_SLICE_LIT("ann"), "", SL_SLICE_LIT(TEXT)).text, SL_CORRECTED_NEW_TEXT);
	assert_true(sl_campaign_look(&m->texts, &text, now_s(), &view) && view.corrected_unwanted == 1);
	assert_true(view.log_odds > 0 && view.log_odds < 1);
	assert_int_equal(say(SL_CORRECTION_PHISH, SL_SLICE_LIT("bob"), "", SL_SLICE_LIT(TEXT)).text, SL_CORRECTED_KNOWN_TEXT);
	for (int i = 0; i < 100; i++)
		say(SL_CORRECTION_UNWANTED, SL_SLICE_LIT("mallory"), "", SL_SLICE_LIT(TEXT));
	assert_int_equal(say(SL_CORRECTION_UNWANTED, SL_SLICE_LIT("mallory"), "", SL_SLICE_LIT(TEXT)).text, SL_CORRECTED_ENOUGH);
	assert_true(sl_campaign_look(&m->texts, &text, now_s(), &view));
	assert_true(view.corrected_unwanted <= 2 + SL_REPUTATION_EACH);
	/* greetings alone are no text, and a cut message, or none at all, is fine */
	assert_int_equal(say(SL_CORRECTION_UNWANTED, SL_SLICE_LIT("ann"), "", SL_SLICE_LIT("Subject: x\r\n\r\nhello\r\n")).text,
	    SL_CORRECTED_NO_TEXT);
	assert_int_equal(say(SL_CORRECTION_UNWANTED, SL_SLICE_LIT("ann"), "", SL_SLICE_LIT("Sub")).text, SL_CORRECTED_NO_TEXT);
}

/* No turn reads more than a step of the text, and what is given up half way is not said. */
static void
a_long_text_is_read_in_steps(void **state)
{
	struct sl_correction correction = { .verdict = SL_CORRECTION_UNWANTED, .tenant = SL_SLICE_LIT("example.com"),
		.client = SL_SLICE_LIT("192.0.2.7") };
	struct correcting *correcting;
	struct sl_corrected r;
	struct sl_buf message;

	sl_buf_init(&message, 4 * CORRECT_STEP_BYTES);
	sl_buf_add_str(&message, TEXT);
	while (message.len < 3 * CORRECT_STEP_BYTES)
		sl_buf_add_byte(&message, '\n');
	correction.message = sl_buf_slice(&message);
	correcting = correcting_new(rig.edge, &correction);
	assert_true(correcting_step(correcting) && correcting_step(correcting));
	correcting_end(&correcting, &r);
	assert_true(!r.done && rig.stats.corrections == 0 && address_of(7).unwanted == 0);
	correcting = correcting_new(rig.edge, &correction);
	for (int i = 0; i < 3; i++)
		assert_true(correcting_step(correcting));
	assert_false(correcting_step(correcting));
	assert_false(correcting_step(correcting));
	correcting_end(&correcting, &r);
	assert_true(r.done && r.text == SL_CORRECTED_NEW_TEXT && rig.stats.corrections == 1);
	assert_true(address_of(7).unwanted == CORRECTION_WEIGHT);
	sl_buf_fini(&message);
}

static void
who_cannot_be_told_is_not(void **state)
{
	const struct sl_correction stranger = { .tenant = SL_SLICE_LIT("other.example") };
	struct sl_corrected r;

	correct(rig.edge, &stranger, &r);
	assert_true(!r.done && sl_slice_eq(r.why, SL_SLICE_LIT("there is no such tenant")));
	assert_int_equal(say(SL_CORRECTION_UNWANTED, SL_SLICE_LIT("ann"), "198.51.100.3", NOBODY).senders, 0);	/* exempt */
	assert_int_equal(say(SL_CORRECTION_UNWANTED, SL_SLICE_LIT("ann"), "not an address", NOBODY).senders, 0);
	assert_int_equal(say(SL_CORRECTION_UNWANTED, SL_SLICE_LIT("ann"), "", NOBODY).senders, 0);
	tear_down(state);
	rig_open(&rig, NULL);
	r = say(SL_CORRECTION_UNWANTED, SL_SLICE_LIT("ann"), "192.0.2.7", NOBODY);
	assert_true(!r.done && r.why.len > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_correction_reaches_all_that_is_known_of_the_sender, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_is_believed_more_than_six_messages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(several_that_agree_are_believed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_text_is_remembered_by_what_is_said_of_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_long_text_is_read_in_steps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_cannot_be_told_is_not, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
