/* digests_test.c - keys that rotate, whose an address is, what was served, deeds that are done once */

#include "store/digests.h"

#include "store/audit.h"
#include "store/deeds.h"
#include "store/layers.h"
#include "store_test_i.h"

static struct sl_node
make_tenant(struct fixture *f, const char *domain, const char *alias, const char *user)
{
	struct sl_new_user new = { .address = S(user) };
	struct sl_node tenant, main_domain, other;

	OK(f, sl_store_tenant_add(f->store, &anna, SL_NODE_OPERATOR, S(domain), &tenant));
	OK(f, sl_store_domain_add(f->store, &anna, tenant, S(domain), (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &main_domain));
	OK(f, sl_store_domain_add(f->store, &anna, tenant, S(alias), main_domain, &other));
	OK(f, sl_store_users_add(f->store, &anna, tenant, SL_USER_EXPLICIT, &new, 1, NULL));
	return tenant;
}

static void
keys_rotate_and_no_two_have_one_number(void **state)
{
	struct sl_store_digest_key keys[SL_STORE_DIGEST_KEYS];
	unsigned char secret[SL_STORE_DIGEST_SECRET];
	struct fixture f;
	size_t len;

	fixture_init(&f);
	OK(&f, sl_store_digest_keys(f.store, keys, &len));
	assert_int_equal(len, 0);
	for (unsigned i = 0; i < 600; i++) {
		memset(secret, (int)(i & 0xff), sizeof(secret));
		OK(&f, sl_store_digest_key_add(f.store, secret, 1000));		/* all in one second */
		OK(&f, sl_store_digest_keys(f.store, keys, &len));
		assert_int_equal(len, SL_MIN(i + 1, SL_STORE_DIGEST_KEYS));
		assert_memory_equal(keys[0].secret, secret, sizeof(secret));
		for (size_t a = 0; a < len; a++)
			for (size_t b = a + 1; b < len; b++)
				assert_int_not_equal(keys[a].number, keys[b].number);
	}
	fixture_fini(&f);
}

static const struct {
	const char	*name, *address, *text;
	bool		 user;
	int		 result;
} mailboxes[] = {
	{ "a user", "anna@one.example", "anna@one.example", true, 0 },
	{ "in another case", "Anna@ONE.example", "anna@one.example", true, 0 },
	{ "at an alias", "ANNA@alias.example", "anna@one.example", true, 0 },
	{ "in quotes that are not needed", "\"anna\"@one.example", "anna@one.example", true, 0 },
	{ "nobody that is listed", "carl@alias.example", "carl@one.example", false, 0 },
	{ "at a domain below", "Eve@Sales.West.one.example", "eve@sales.west.one.example", false, 0 },
	{ "at one that is as if below", "eve@none.example", "", false, SL_ERR_NOT_FOUND },
	{ "of nobody here", "anna@else.example", "", false, SL_ERR_NOT_FOUND },
	{ "no address", "anna", "", false, SL_ERR_SYNTAX },
};

static int
count_name(void *ctx, struct sl_slice name)
{
	struct sl_buf *out = ctx;

	sl_buf_addf(out, SL_SLICE_FMT " ", SL_SLICE_ARG(name));
	return 0;
}

static void
an_address_is_its_mailboxs(void **state)
{
	struct sl_store_mailbox mailbox;
	struct sl_node tenant, star;
	struct sl_buf names;
	struct fixture f;

	fixture_init(&f);
	tenant = make_tenant(&f, "one.example", "alias.example", "anna@one.example");
	OK(&f, sl_store_domain_add(f.store, &anna, tenant, S("*.one.example"), (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &star));
	for (size_t i = 0; i < SL_COUNT(mailboxes); i++) {
		int r = sl_store_mailbox(f.store, S(mailboxes[i].address), &mailbox);

		if (r != mailboxes[i].result || strcmp(mailbox.text, mailboxes[i].text) != 0)
			fail_msg("%s: %d, %s", mailboxes[i].name, r, mailbox.text);
		if (r != 0)
			continue;
		assert_int_equal(mailbox.tenant, tenant.id);
		assert_int_equal(mailbox.node.level, mailboxes[i].user ? SL_LEVEL_USER : SL_LEVEL_DOMAIN);
	}
	sl_buf_init(&names, 1000);
	OK(&f, sl_store_mailbox(f.store, S("anna@alias.example"), &mailbox));
	OK(&f, sl_store_domain_names(f.store, mailbox.domain, count_name, &names));
	assert_string_equal(sl_buf_cstr(&names), "one.example alias.example ");
	sl_buf_fini(&names);
	fixture_fini(&f);
}

static void
what_was_served_is_known(void **state)
{
	struct fixture f;
	struct sl_node tenant;
	int64_t at;

	fixture_init(&f);
	tenant = make_tenant(&f, "one.example", "alias.example", "anna@one.example");
	assert_int_equal(sl_store_digest_run(f.store, tenant.id, &at), SL_ERR_NOT_FOUND);
	OK(&f, sl_store_digest_served(f.store, tenant.id, S("anna@one.example"), &at));
	assert_int_equal(at, 0);
	for (int64_t s = 100; s < 300; s += 100) {
		OK(&f, sl_store_digest_run_set(f.store, tenant.id, s));
		OK(&f, sl_store_digest_serve(f.store, tenant.id, S("anna@one.example"), s + 1));
		OK(&f, sl_store_digest_run(f.store, tenant.id, &at));
		assert_int_equal(at, s);
		OK(&f, sl_store_digest_served(f.store, tenant.id, S("anna@one.example"), &at));
		assert_int_equal(at, s + 1);
	}
	OK(&f, sl_store_digest_run_set(f.store, tenant.id + 1, 1));		/* one that is gone: nothing is noted */
	OK(&f, sl_store_remove(f.store, &anna, tenant));
	assert_int_equal(sl_store_digest_run(f.store, tenant.id, &at), SL_ERR_NOT_FOUND);
	fixture_fini(&f);
}

struct seen {
	size_t		len;
	unsigned	outcome;
	char		author[40], mailbox[40];
	enum sl_deed_state state;
};

static int
on_deed(void *ctx, const struct sl_deed *deed)
{
	struct seen *seen = ctx;

	seen->len++;
	seen->outcome = deed->outcome;
	seen->state = deed->state;
	snprintf(seen->author, sizeof(seen->author), SL_SLICE_FMT, SL_SLICE_ARG(deed->author));
	snprintf(seen->mailbox, sizeof(seen->mailbox), SL_SLICE_FMT, SL_SLICE_ARG(deed->mailbox));
	return 0;
}

static int
count_entry(void *ctx, const struct sl_audit_entry *entry)
{
	*(size_t *)ctx += sl_slice_eq(entry->account, S("anna@one.example")) && sl_slice_eq(entry->verb, S("quarantine.release"));
	return 0;
}

static void
a_deed_is_done_once_and_forgotten_when_its_day_is_over(void **state)
{
	struct sl_deed deed = { .id = { 1 }, .message = { 2 }, .verb = 3, .day = 100, .mailbox = S("anna@one.example"),
		.author = S("b@x.example"), .subject = S("\xff no text"), .said = S("250 ok"), .outcome = 2 };
	struct fixture f;
	struct seen seen = { 0 };
	size_t count, entries = 0;
	bool first;

	fixture_init(&f);
	deed.tenant = make_tenant(&f, "one.example", "alias.example", "anna@one.example").id;
	for (int i = 0; i < 3; i++) {
		OK(&f, sl_store_deed_add(f.store, &deed, &first));
		assert_int_equal(first, i == 0);
		sl_store_close(&f.store);
		fixture_open(&f);
	}
	OK(&f, sl_store_deeds(f.store, on_deed, &seen));
	assert_int_equal(seen.len, 1);
	assert_int_equal(seen.state, SL_DEED_OPEN);
	OK(&f, sl_store_deeds_purge(f.store, 101, &count));
	assert_int_equal(count, 0);			/* what is open stays */
	OK(&f, sl_store_deed_end(f.store, &deed, S("quarantine.release"), S("{}"), S("asked for by mail")));
	OK(&f, sl_store_deed_end(f.store, &deed, S("quarantine.release"), S("{}"), S("asked for by mail")));
	OK(&f, sl_store_audit_walk(f.store, deed.tenant, 1, count_entry, &entries));
	assert_int_equal(entries, 1);			/* it ends once */
	seen.len = 0;
	OK(&f, sl_store_deeds_of(f.store, deed.tenant, deed.message, S("anna@one.example"), on_deed, &seen));
	assert_int_equal(seen.len, 1);
	assert_int_equal(seen.state, SL_DEED_ENDED);
	assert_string_equal(seen.author, "b@x.example");
	assert_int_equal(seen.outcome, 2);
	OK(&f, sl_store_deeds_of(f.store, deed.tenant, deed.message, S("bert@one.example"), on_deed, &seen));
	assert_int_equal(seen.len, 1);
	OK(&f, sl_store_deed_answered(f.store, deed.id));
	OK(&f, sl_store_deeds_purge(f.store, 100, &count));
	assert_int_equal(count, 0);
	OK(&f, sl_store_deed_add(f.store, &deed, &first));
	assert_false(first);
	OK(&f, sl_store_deeds_purge(f.store, 101, &count));
	assert_int_equal(count, 1);
	deed.tenant++;					/* a tenant that is gone */
	OK(&f, sl_store_deed_add(f.store, &deed, &first));
	assert_false(first);
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_rotate_and_no_two_have_one_number),
		cmocka_unit_test(an_address_is_its_mailboxs),
		cmocka_unit_test(what_was_served_is_known),
		cmocka_unit_test(a_deed_is_done_once_and_forgotten_when_its_day_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
