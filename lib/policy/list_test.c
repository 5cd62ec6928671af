/* list_test.c - entries of lists and what they match */

#include "policy/list_test_i.h"

static const struct { const char *text, *printed; } entries[] = {
	{ "a@example.com", "a@example.com" }, { " A.B@Example.COM ", "a.b@example.com" },
	{ "x@B\xc3\xbc""cher.example", "x@xn--bcher-kva.example" },
	{ "example.com", "example.com" }, { "@example.com", "example.com" }, { "Example.com.", "example.com" },
	{ "*.example.com", "*.example.com" },
	{ "192.0.2.0/24", "192.0.2.0/24" }, { "192.0.2.1", "192.0.2.1" }, { "192.0.2.1/32", "192.0.2.1" },
	{ "0.0.0.0/0", "0.0.0.0/0" }, { "2001:DB8::/32", "2001:db8::/32" }, { "::1", "::1" }, { "::/0", "::/0" },
	{ "*.a.b.c.d.e.f.g.h.i.jj", "*.a.b.c.d.e.f.g.h.i.jj" },
};

static void
entries_have_one_key(void **state)
{
	struct sl_buf out;

	sl_buf_init(&out, 4096);
	for (size_t i = 0; i < SL_COUNT(entries); i++) {
		struct sl_list_key key, again;
		const char *wrong = sl_list_key_read(sl_slice_str(entries[i].text), &key);

		if (wrong != NULL)
			fail_msg("%s: %s", entries[i].text, wrong);
		sl_buf_reset(&out);
		sl_list_key_print(&key, &out);
		assert_string_equal(sl_buf_cstr(&out), entries[i].printed);
		assert_null(sl_list_key_read(sl_buf_slice(&out), &again));
		assert_memory_equal(&key, &again, sizeof(key));
	}
	sl_buf_fini(&out);
}

static const struct { const char *text, *wrong; } refused[] = {
	{ "", "write an address, a domain or a network" }, { "  ", "write an address, a domain or a network" },
	{ "a b@example.com", "write an address without blanks" }, { "a@@example.com", "write an address without blanks" },
	{ "a@", "write a domain that exists" }, { "a@b..c", "write a domain that exists" },
	{ "*", "write an address, a domain or a network, as in" }, { "*.", "write an address, a domain or" },
	{ "a.*.example.com", "write an address, a domain or" }, { "1.2.3", "write an address, a domain or" },
	{ "*.a.b.c.d.e.f.g.h.i.j.kk", "write at most ten labels" },
	{ "192.0.2.1/24", "set the bits behind the prefix to zero" }, { "192.0.2.0/33", "write the length of the prefix" },
	{ "192.0.2.0/", "write the length of the prefix" }, { "300.0.2.0/24", "write a network as in" },
	{ "2001:db8::1/64", "set the bits behind" },
};

static void
what_is_no_entry_is_refused(void **state)
{
	struct sl_list_key key;

	for (size_t i = 0; i < SL_COUNT(refused); i++) {
		const char *wrong = sl_list_key_read(sl_slice_str(refused[i].text), &key);

		if (wrong == NULL || strncmp(wrong, refused[i].wrong, strlen(refused[i].wrong)) != 0)
			fail_msg("'%s': %s", refused[i].text, wrong == NULL ? "taken" : wrong);
	}
}

#define D	SL_LIST_DENY
#define A	SL_LIST_ALLOW

static const struct {
	const char	*name, *entry;
	unsigned	 flags;
	const char	*from, *envelope, *client;
	const char	*deny;			/* where */
	bool		 allow_from, allow_envelope, allow_client;
} matches[] = {
	{ "an address", "a@example.com", D, "A@Example.com", "b@x.example", "192.0.2.1", "From", 0, 0, 0 },
	{ "in the envelope", "a@example.com", D, "b@x.example", "a@example.com", "192.0.2.1", "envelope", 0, 0, 0 },
	{ "another address", "a@example.com", D, "aa@example.com", "", "192.0.2.1", NULL, 0, 0, 0 },
	{ "a domain", "example.com", A, "x@example.com", "y@example.com", "192.0.2.1", NULL, 1, 1, 0 },
	{ "no sub-domain of it", "example.com", A, "x@a.example.com", "", "192.0.2.1", NULL, 0, 0, 0 },
	{ "domains below", "*.example.com", A, "x@a.b.example.com", "x@a.example.com", "192.0.2.1", NULL, 1, 1, 0 },
	{ "not itself", "*.example.com", A, "x@example.com", "", "192.0.2.1", NULL, 0, 0, 0 },
	{ "nor what ends alike", "*.example.com", A, "x@anexample.com", "", "192.0.2.1", NULL, 0, 0, 0 },
	{ "below many labels", "*.example.com", A, "x@a.b.c.d.e.f.g.h.i.j.k.l.m.n.example.com", "", "192.0.2.1", NULL, 1, 0, 0 },
	{ "in letters of the world", "xn--bcher-kva.example", D, "x@B\xc3\x9c""CHER.example", "", "192.0.2.1", "From", 0, 0, 0 },
	{ "a network", "192.0.2.0/24", D, "", "", "192.0.2.77", "client", 0, 0, 0 },
	{ "beside it", "192.0.2.0/24", D, "", "", "192.0.3.77", NULL, 0, 0, 0 },
	{ "a network of IPv6", "2001:db8::/32", A, "", "", "2001:db8:1::9", NULL, 0, 0, 1 },
	{ "all of IPv4 is not IPv6", "0.0.0.0/0", D, "", "", "2001:db8:1::9", NULL, 0, 0, 0 },
	{ "all of IPv6 is not IPv4", "::/0", D, "", "", "192.0.2.1", NULL, 0, 0, 0 },
	{ "no sender at all", "example.com", D, "", "", "192.0.2.1", NULL, 0, 0, 0 },
	{ "a sender that is none", "example.com", D, "example.com", "@@", "192.0.2.1", NULL, 0, 0, 0 },
};

static void
entries_match(void **state)
{
	for (size_t i = 0; i < SL_COUNT(matches); i++)
		for (int filtered = 0; filtered < 2; filtered++) {
			struct plain_list list = { 0 };
			struct sl_list_sender from, envelope;
			struct sl_list_found found;
			unsigned char client[16];
			struct sl_list_question question = { &from, &envelope, matches[i].envelope[0] == '\0', client };

			plain_add(&list, matches[i].entry, matches[i].flags);
			sl_list_sender_read(sl_slice_str(matches[i].from), &from);
			sl_list_sender_read(sl_slice_str(matches[i].envelope), &envelope);
			assert_true(sl_list_client_read(sl_slice_str(matches[i].client), client));
			sl_list_find(&question, filtered ? &list.filter : NULL, plain_probe, &list, &found);
			if ((found.deny_where == NULL) != (matches[i].deny == NULL) ||
			    (found.deny_where != NULL && strcmp(found.deny_where, matches[i].deny) != 0) ||
			    (found.allow_from.flags != 0) != matches[i].allow_from ||
			    (found.allow_envelope.flags != 0) != matches[i].allow_envelope ||
			    (found.allow_client.flags != 0) != matches[i].allow_client)
				fail_msg("%s", matches[i].name);
			assert_true(list.probes <= (filtered ? 24 : 24 + 129));
		}
}

static void
misses_cost_nothing(void **state)
{
	struct plain_list list = { 0 };
	struct sl_list_sender from;
	struct sl_list_found found;
	unsigned char client[16];
	struct sl_list_question question = { &from, &from, false, client };

	sl_list_sender_read(SL_SLICE_LIT("a@b.c.d.example.com"), &from);
	assert_true(sl_list_client_read(SL_SLICE_LIT("192.0.2.1"), client));
	sl_list_find(&question, &list.filter, plain_probe, &list, &found);
	assert_int_equal(list.probes, 0);
	plain_add(&list, "198.51.100.0/24", D);
	sl_list_find(&question, &list.filter, plain_probe, &list, &found);
	assert_int_equal(list.probes, 1);
	plain_add(&list, "x.example", D);
	sl_list_find(&question, &list.filter, plain_probe, &list, &found);
	assert_int_equal(list.probes, 1 + 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_have_one_key),
		cmocka_unit_test(what_is_no_entry_is_refused),
		cmocka_unit_test(entries_match),
		cmocka_unit_test(misses_cost_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
