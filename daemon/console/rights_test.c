/* rights_test.c - what a policy lets readers do, and what an entry of the vault is to them */

#include "rights.h"

#include "check.h"
#include "seal/record.h"
#include "vault/vault.h"

#define S(text)		sl_slice_str(text)
#define BIT(name)	SL_DIGEST_VERB_BIT(name)

static const struct {
	const char	*name, *from, *display, *address;
} authors[] = {
	{ "name and address", "Anna B. <anna@one.example>", "Anna B.", "anna@one.example" },
	{ "in quotes", "\"B, Anna\" <anna@one.example>", "B, Anna", "anna@one.example" },
	{ "an address alone", "anna@one.example", "", "anna@one.example" },
	{ "in brackets alone", " <anna@one.example> ", "", "anna@one.example" },
	{ "a name that has brackets", "<boss@big.example> <m@x.example>", "<boss@big.example>", "m@x.example" },
	{ "a bracket that is not closed", "Anna <anna@one.example", "Anna <anna@one.example", "" },
	{ "nothing", "", "", "" },
	{ "a name alone", "Anna at home", "Anna at home", "" },
};

static void
authors_are_told_from_their_names(void **state)
{
	for (size_t i = 0; i < SL_COUNT(authors); i++) {
		struct sl_slice name, address;

		author_split(S(authors[i].from), &name, &address);
		if (!sl_slice_eq(name, S(authors[i].display)) || !sl_slice_eq(address, S(authors[i].address)))
			fail_msg("%s: '%.*s' '%.*s'", authors[i].name, SL_SLICE_ARG(name), SL_SLICE_ARG(address));
	}
}

static const struct {
	const char	*name;
	uint32_t	 see, release;
	bool		 allow, deny;
	enum sl_cause	 cause;
	bool		 is_his, is_user;
	unsigned	 verbs;
} rows[] = {
	{ "nobody sees anything", 0, 0, false, false, SL_CAUSE_SPAM, true, true, 0 },
	{ "what he may not see he may not release", SL_CAUSE_BIT(SPAM), SL_CAUSE_BIT(MALWARE), true, true, SL_CAUSE_MALWARE, true, true, 0 },
	{ "seen, not released", SL_CAUSE_BIT(SPAM), 0, false, false, SL_CAUSE_SPAM, true, true, BIT(DELETE) | BIT(REPORT) },
	{ "all of it", SL_CAUSE_BIT(SPAM), SL_CAUSE_BIT(SPAM), true, true, SL_CAUSE_SPAM, true, true,
	    BIT(DELETE) | BIT(REPORT) | BIT(RELEASE) | BIT(ALLOW) | BIT(DENY) },
	{ "who is in no list of users has none of his own", SL_CAUSE_BIT(SPAM), SL_CAUSE_BIT(SPAM), true, true, SL_CAUSE_SPAM, true, false,
	    BIT(DELETE) | BIT(REPORT) | BIT(RELEASE) },
	{ "lists that may only deny", SL_CAUSE_BIT(SPAM), 0, false, true, SL_CAUSE_SPAM, true, true, BIT(DELETE) | BIT(REPORT) | BIT(DENY) },
	{ "who reads for a group sees all, and has no list of theirs", 0, SL_CAUSE_BIT(SPAM), true, true, SL_CAUSE_MALWARE, false, true,
	    BIT(DELETE) | BIT(REPORT) },
};

static void
verbs_follow_from_the_policy(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct rights rights = { .see = rows[i].see, .release = rows[i].release, .allow = rows[i].allow, .deny = rows[i].deny };
		unsigned verbs = rights_verbs(&rights, rows[i].cause, rows[i].is_his, rows[i].is_user);

		if (verbs != rows[i].verbs)
			fail_msg("%s: %#x", rows[i].name, verbs);
	}
}

static const struct {
	const char		*verdict, *category;
	enum sl_cause		 cause;
	enum sl_digest_group	 group;
} causes[] = {
	{ "spam", "spam", SL_CAUSE_SPAM, SL_DIGEST_GROUP_SPAM },
	{ "malware", "malware", SL_CAUSE_MALWARE, SL_DIGEST_GROUP_MALWARE },
	{ "attachment", NULL, SL_CAUSE_ATTACHMENT, SL_DIGEST_GROUP_ATTACHMENT },
	{ "denied", NULL, SL_CAUSE_SPAM, SL_DIGEST_GROUP_DENIED },
	{ "forged", NULL, SL_CAUSE_AUTHENTICATION, SL_DIGEST_GROUP_AUTHENTICATION },
};

static void
causes_are_those_of_the_ruling(void **state)
{
	static const unsigned char id[SL_KEPT_ID_BYTES];

	for (size_t i = 0; i < SL_COUNT(causes); i++) {
		struct sl_kept_entry entry = { .id = sl_slice(id, sizeof(id)), .state = SL_VAULT_PARTLY, .opens = true };
		struct sl_slice rest, recipient;
		struct kept_mail mail;
		struct sl_buf items;

		sl_buf_init(&items, 4096);
		sl_kept_item_add(&items, SL_SEAL_SENDER, S("bounce@x.example"));
		sl_kept_item_add(&items, SL_SEAL_RECIPIENT, S("anna@one.example"));
		sl_kept_item_add(&items, SL_SEAL_VERDICT, S(causes[i].verdict));
		if (causes[i].category != NULL)
			sl_kept_item_add(&items, SL_SEAL_CATEGORY, S(causes[i].category));
		sl_kept_item_add(&items, SL_SEAL_PROBABILITY, S("0.9"));
		sl_kept_item_add(&items, SL_SEAL_RECIPIENT, S("bert@one.example"));
		entry.items = sl_buf_slice(&items);
		assert_true(kept_mail_read(&entry, &mail));
		assert_int_equal(mail.cause, causes[i].cause);
		assert_int_equal(mail.group, causes[i].group);
		assert_true(mail.is_held);
		assert_true(mail.probability > 0.89 && mail.probability < 0.91);
		assert_true(sl_slice_eq(mail.address, S("bounce@x.example")));	/* there is no From */
		rest = mail.items;
		assert_true(kept_mail_recipient(&rest, &recipient) && kept_mail_recipient(&rest, &recipient));
		assert_true(sl_slice_eq(recipient, S("bert@one.example")));
		assert_false(kept_mail_recipient(&rest, &recipient));
		entry.state = SL_VAULT_RELEASED;
		assert_true(kept_mail_read(&entry, &mail));
		assert_false(mail.is_held);
		sl_buf_fini(&items);
	}
}

static void
zones_are_read_and_nothing_else(void **state)
{
	static struct zones zones;

	assert_null(zones_get(&zones, "UTC"));
	assert_null(zones_get(&zones, "../../etc/passwd"));
	assert_null(zones_get(&zones, "/etc/passwd"));
	assert_int_equal(zones.len, 0);
	if (zones_get(&zones, "Europe/Berlin") != NULL)
		assert_ptr_equal(zones_get(&zones, "Europe/Berlin"), zones.items[0].zone);
	assert_int_equal(zones.len, 1);
	zones_fini(&zones);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authors_are_told_from_their_names),
		cmocka_unit_test(verbs_follow_from_the_policy),
		cmocka_unit_test(causes_are_those_of_the_ruling),
		cmocka_unit_test(zones_are_read_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
