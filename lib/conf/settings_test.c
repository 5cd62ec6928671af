/* settings_test.c - files become snapshots, or every reason why not */

#include "check.h"
#include "conf_i.h"
#include "settings_doc.h"
#include "settings_table.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SMALLEST								\
	"listen: [\"127.0.0.1:2525\"]\n"					\
	"tenants:\n"								\
	"  - domains: [example.com]\n"						\
	"    next_hops: [\"127.0.0.1:2526\"]\n"

static char directory[] = "/tmp/sluice-settings-XXXXXX";

/* Read a text that must be right. */
static struct sl_settings *
read_ok(const char *text)
{
	struct sl_settings *settings;
	struct sl_buf errors;

	sl_buf_init(&errors, 1 << 20);
	if (sl_settings_read("t.yaml", sl_slice_str(text), &settings, &errors) != 0)
		fail_msg("%s", sl_buf_cstr(&errors));
	assert_int_equal(errors.len, 0);
	sl_buf_fini(&errors);
	return settings;
}

static size_t read_otherwise;	/* rows of a test that gave other errors */

/* Read a text that must be wrong, in just this way. */
static void
read_wrong(const char *name, struct sl_slice text, const char *expected)
{
	struct sl_settings *settings = NULL;
	struct sl_buf errors;
	int r;

	sl_buf_init(&errors, 1 << 20);
	r = sl_settings_read("t.yaml", text, &settings, &errors);
	if (r != SL_ERR_SYNTAX)
		fail_msg("%s: taken", name);
	assert_null(settings);
	if (strcmp(sl_buf_cstr(&errors), expected) != 0) {
		print_error("%s: expected\n%sgot\n%s", name, expected, sl_buf_cstr(&errors));
		read_otherwise++;
	}
	sl_buf_fini(&errors);
}

static void
the_smallest_file_works_and_has_the_documented_defaults(void **state)
{
	struct sl_settings *s = read_ok(SMALLEST);
	const struct sl_tenant *t = &s->tenants[0];
	const struct sl_policy_category *p = t->policy;

	assert_int_equal(s->listeners_len, 1);
	assert_string_equal(s->listeners[0].at.text, "127.0.0.1:2525");
	assert_int_equal(s->listeners[0].tls, SL_LISTENER_STARTTLS);
	assert_int_equal(s->listeners[0].proxy_from_len, 0);
	assert_in_range(s->workers, 1, 256);
	assert_true(strlen(s->hostname) > 0);
	assert_string_equal(s->user, "");
	assert_string_equal(s->record_path, "-");
	assert_string_equal(s->model_path, "");
	assert_string_equal(s->own_path, "");
	assert_string_equal(s->rules_path, "");
	assert_string_equal(s->rules_key, "");
	assert_string_equal(s->tls_certificate_pem, "");
	assert_string_equal(s->tls_key_pem, "");
	assert_string_equal(s->tls_ca_path, "/etc/ssl/certs/ca-certificates.crt");
	assert_false(s->engines[SL_ENGINE_CLAMD].on);
	assert_int_equal(s->dns.servers_len, 0);	/* auto */
	assert_int_equal(s->dns.timeout_ms, 1500);
	assert_int_equal(s->dns.deadline_ms, 6000);
	assert_int_equal(s->dns.cache_bytes, 16 << 20);
	assert_int_equal(s->dns.lookups, 500);

	assert_int_equal(s->timers.greeting_delay_ms, 0);
	assert_int_equal(s->timers.command_ms, 300000);
	assert_int_equal(s->timers.data_ms, 180000);
	assert_int_equal(s->timers.stress_command_ms, 30000);
	assert_int_equal(s->timers.stress_data_ms, 15000);
	assert_int_equal(s->timers.connect_ms, 10000);
	assert_int_equal(s->timers.chain_ms, 30000);
	assert_int_equal(s->timers.hop_reply_ms, 300000);
	assert_int_equal(s->timers.hop_data_ms, 180000);
	assert_int_equal(s->timers.hop_final_ms, 600000);
	assert_int_equal(s->timers.judge_ms, 20000);
	assert_int_equal(s->timers.hop_idle_ms, 30000);
	assert_int_equal(s->timers.hop_down_ms, 10000);
	assert_int_equal(s->timers.stop_ms, 30000);

	assert_int_equal(s->limits.sessions, 10000);
	assert_int_equal(s->limits.sessions_per_source, 200);
	assert_int_equal(s->limits.recipients, 100);
	assert_int_equal(s->limits.errors, 20);
	assert_int_equal(s->limits.messages_per_session, 1000);
	assert_int_equal(s->limits.header_bytes, 262144);
	assert_int_equal(s->limits.received_hops, 100);
	assert_int_equal(s->limits.line_bytes, 1048576);
	assert_int_equal(s->limits.hop_connections, 1000);
	assert_int_equal(s->limits.hop_messages, 100);
	assert_int_equal(s->limits.data_rate_bytes_per_min, 1024);

	assert_int_equal(s->tenants_len, 1);
	assert_string_equal(t->name, "example.com");
	assert_int_equal(t->next_hops_len, 1);
	assert_string_equal(t->next_hops[0].host, "127.0.0.1");
	assert_int_equal(t->mode, SL_MODE_FILTER);
	assert_int_equal(t->next_hop_tls, SL_HOP_TLS_OPPORTUNISTIC);
	assert_false(t->normalise);
	assert_int_equal(t->window_bytes, 262144);
	assert_int_equal(t->message_max_bytes, 50 << 20);
	assert_string_equal(t->subject_tag, "");
	assert_string_equal(t->refusal_text, "");
	assert_true(p[SL_SPAM].at[SL_ACTION_TAG] == 0.8 && p[SL_SPAM].at[SL_ACTION_REFUSE] == 0.995);
	assert_true(p[SL_PHISH].at[SL_ACTION_TAG] == 0.8 && p[SL_PHISH].at[SL_ACTION_REFUSE] == 0.995);
	assert_true(p[SL_MALWARE].at[SL_ACTION_TAG] > 1 && p[SL_MALWARE].at[SL_ACTION_REFUSE] == 0.5);
	for (size_t i = 0; i < SL_CATEGORY_COUNT; i++) {
		assert_true(p[i].at[SL_ACTION_DELIVER] == 0);
		assert_true(p[i].at[SL_ACTION_DEFER] > 1);
	}
	sl_settings_unref(&s);
	assert_null(s);
}

static void
authentication_and_lists_are_read_and_packed(void **state)
{
	struct sl_settings *s = read_ok(
	    "listen: [\"127.0.0.1:2525\"]\n"
	    "hostname: mx.example.net\n"
	    "authentication: {id: Auth.example, deadline: 2s, exempt: [192.0.2.0/24]}\n"
	    "dns_lists:\n"
	    "  - {zone: ZEN.Example., answers: {127.0.0.2: 3, 127.0.0.10: -0.5}}\n"
	    "  - {zone: dbl.example, of: domain, category: phish, weight: -1.25}\n"
	    "defaults: {authentication: {dmarc: record, trusted_sealers: [lists.example]}}\n"
	    "tenants:\n"
	    "  - domains: [one.example]\n"
	    "    next_hops: [\"127.0.0.1:2526\"]\n"
	    "    authentication: {bad_author: tag, spf_fail: refuse, require_pass: [bank.example, "
	    "\"*.bank.example\"]}\n"
	    "    people: {Ann Doe: [Ann@B\xc3\xbc" "cher.example, club.example], J\xc3\xb6rg: , Bob Roe: x@y.example}\n"
	    "  - domains: [two.example]\n"
	    "    next_hops: [\"127.0.0.1:2526\"]\n"), *plain = read_ok(SMALLEST), *again;
	struct sl_buf packed;

	sl_buf_init(&packed, SL_SETTINGS_PACKED_MAX);
	sl_settings_pack(s, &packed);
	assert_int_equal(sl_settings_unpack(sl_buf_slice(&packed), &again), 0);
	for (int i = 0; i < 2; i++) {
		const struct sl_settings *t = i == 0 ? s : again;
		const struct sl_authentication_policy *one = &t->tenants[0].authentication;
		const struct sl_authentication_policy *two = &t->tenants[1].authentication;

		assert_string_equal(t->authentication.id, "auth.example");
		assert_int_equal(t->authentication.deadline_ms, 2000);
		assert_int_equal(t->authentication.exempt_len, 1);
		assert_int_equal(t->dns_lists_len, 2);
		assert_string_equal(t->dns_lists[0].zone, "zen.example");
		assert_int_equal(t->dns_lists[0].of, SL_DNS_LIST_ADDRESS);
		assert_int_equal(t->dns_lists[0].category, SL_SPAM);
		assert_true(t->dns_lists[0].weight == 2.5);
		assert_int_equal(t->dns_lists[0].answers_len, 2);
		assert_memory_equal(t->dns_lists[0].answers[1].address, "\x7f\0\0\x0a", 4);
		assert_true(t->dns_lists[0].answers[1].weight == -0.5);
		assert_int_equal(t->dns_lists[1].of, SL_DNS_LIST_DOMAIN);
		assert_int_equal(t->dns_lists[1].category, SL_PHISH);
		assert_true(t->dns_lists[1].weight == -1.25);
		assert_int_equal(one->dmarc, SL_DMARC_RECORD);
		assert_int_equal(one->bad_author, SL_BAD_AUTHOR_TAG);
		assert_int_equal(one->spf_fail, SL_SPF_REFUSE);
		assert_int_equal(one->require_pass_len, 2);
		assert_string_equal(one->trusted_sealers[0], "lists.example");
		assert_int_equal(t->tenants[0].people_len, 3);
		assert_string_equal(t->tenants[0].people[0].name, "Ann Doe");
		assert_int_equal(t->tenants[0].people[0].addresses_len, 2);
		assert_string_equal(t->tenants[0].people[0].addresses[0], "Ann@xn--bcher-kva.example");
		assert_string_equal(t->tenants[0].people[0].addresses[1], "club.example");
		assert_int_equal(t->tenants[0].people[1].addresses_len, 0);
		assert_string_equal(t->tenants[0].people[2].addresses[0], "x@y.example");
		assert_int_equal(t->tenants[1].people_len, 0);
		assert_int_equal(t->correspondents.bytes, 8 << 20);
		assert_int_equal(two->bad_author, SL_BAD_AUTHOR_REFUSE);
		assert_int_equal(two->spf_fail, SL_SPF_EVIDENCE);
		assert_int_equal(two->require_pass_len, 0);
		assert_true(sl_settings_has_domain(one->require_pass, 2, SL_SLICE_LIT("bank.example")));
		assert_true(sl_settings_has_domain(one->require_pass, 2, SL_SLICE_LIT("a.b.bank.example")));
		assert_false(sl_settings_has_domain(one->require_pass, 2, SL_SLICE_LIT("xbank.example")));
		assert_false(sl_settings_has_domain(one->require_pass, 2, SL_SLICE_LIT("example")));
	}
	assert_string_equal(plain->authentication.id, plain->hostname);
	assert_int_equal(plain->authentication.deadline_ms, 5000);
	assert_int_equal(plain->authentication.exempt_len, 2);
	assert_int_equal(plain->dns_lists_len, 0);
	assert_int_equal(plain->tenants[0].authentication.dmarc, SL_DMARC_ENFORCE);
	sl_settings_unref(&s);
	sl_settings_unref(&again);
	sl_settings_unref(&plain);
	sl_buf_fini(&packed);
}

static void
every_kind_of_setting_is_read(void **state)
{
	struct sl_settings *s = read_ok(
	    "hostname: MX.Example.net.\n"
	    "workers: 3\n"
	    "user: mail\n"
	    "control: \"\"\n"
	    "record: /var/log/sluice.json\n"
	    "listen:\n"
	    "  - 0.0.0.0:25\n"
	    "  - {address: \"[::]:26\", tls: off, proxy_from: [192.0.2.0/24, \"2001:db8::1\"]}\n"
	    "clamd: {address: scanner.example, deadline: 2s, max_size: 1GiB, on_failure: pass,\n"
	    "        breaker_failures: 9, breaker_time: 1m}\n"
	    "dns: {servers: [127.0.0.1, \"192.0.2.53:5353\", \"[2001:db8::53]\"], timeout: 500ms,\n"
	    "      deadline: 2s, cache: 0, lookups: 9}\n"
	    "timers: {command: 1m, hop_idle: 0}\n"
	    "limits: {sessions: 5, header: 64KiB, data_rate: 0}\n"
	    "tenants:\n"
	    "  - name: \"M\xc3\xbcller\"\n"
	    "    domains: [one.example, \"*.one.example\"]\n"
	    "    next_hops: [mx1.one.example, \"mx2.one.example:2525\", \"[2001:db8::9]:25\"]\n"
	    "    mode: pass-through\n"
	    "    next_hop_tls: verify\n"
	    "    line_endings: refuse\n"
	    "    message_size: 0\n"
	    "    window: 1MiB\n"
	    "    policy: {spam: {defer: 0.7}, malware: never}\n"
	    "    subject_tag: \"[SPAM]\"\n"
	    "  - domains: [two.example]\n"
	    "    next_hops: [192.0.2.2]\n"
	    "defaults:\n"		/* where it stands does not matter */
	    "  mode: monitor\n"
	    "  line_endings: normalise\n"
	    "  refusal_text: \"https://two.example/help\"\n"
	    "  policy: {spam: {tag: 0.5, refuse: 0.99}, phish: {refuse: 1}}\n");
	const struct sl_tenant *one = &s->tenants[0], *two = &s->tenants[1];

	assert_string_equal(s->hostname, "mx.example.net");
	assert_int_equal(s->workers, 3);
	assert_string_equal(s->user, "mail");
	assert_string_equal(s->control_path, "");
	assert_string_equal(s->record_path, "/var/log/sluice.json");
	assert_int_equal(s->listeners_len, 2);
	assert_int_equal(s->listeners[1].tls, SL_LISTENER_TLS_OFF);
	assert_int_equal(s->listeners[1].at.address.ss_family, AF_INET6);
	assert_int_equal(s->listeners[1].proxy_from_len, 2);
	assert_int_equal(s->listeners[1].proxy_from[0].bits, 120);
	assert_true(s->engines[SL_ENGINE_CLAMD].on);
	assert_string_equal(s->engines[SL_ENGINE_CLAMD].at.host, "scanner.example");
	assert_int_equal(endpoint_port(&s->engines[SL_ENGINE_CLAMD].at), 3310);
	assert_int_equal(s->engines[SL_ENGINE_CLAMD].deadline_ms, 2000);
	assert_true(s->engines[SL_ENGINE_CLAMD].max_bytes == 1u << 30);
	assert_int_equal(s->engines[SL_ENGINE_CLAMD].fail, SL_FAIL_PASS);
	assert_int_equal(s->engines[SL_ENGINE_CLAMD].breaker_failures, 9);
	assert_int_equal(s->engines[SL_ENGINE_CLAMD].breaker_ms, 60000);
	assert_int_equal(s->dns.servers_len, 3);
	assert_int_equal(s->dns.servers[0].address.ss_family, AF_INET);
	assert_int_equal(endpoint_port(&s->dns.servers[0]), 53);
	assert_int_equal(endpoint_port(&s->dns.servers[1]), 5353);
	assert_int_equal(s->dns.servers[2].address.ss_family, AF_INET6);
	assert_int_equal(endpoint_port(&s->dns.servers[2]), 53);
	assert_int_equal(s->dns.timeout_ms, 500);
	assert_int_equal(s->dns.deadline_ms, 2000);
	assert_int_equal(s->dns.cache_bytes, 0);
	assert_int_equal(s->dns.lookups, 9);
	assert_int_equal(s->timers.command_ms, 60000);
	assert_int_equal(s->timers.data_ms, 180000);
	assert_int_equal(s->timers.hop_idle_ms, 0);
	assert_int_equal(s->limits.sessions, 5);
	assert_int_equal(s->limits.header_bytes, 65536);
	assert_int_equal(s->limits.data_rate_bytes_per_min, 0);

	assert_string_equal(one->name, "M\xc3\xbcller");
	assert_int_equal(one->domains_len, 2);
	assert_int_equal(one->next_hops_len, 3);
	assert_int_equal(one->next_hops[0].address_len, 0);
	assert_int_equal(endpoint_port(&one->next_hops[0]), 25);
	assert_int_equal(endpoint_port(&one->next_hops[1]), 2525);
	assert_int_equal(one->mode, SL_MODE_PASS_THROUGH);
	assert_int_equal(one->next_hop_tls, SL_HOP_TLS_VERIFY);
	assert_false(one->normalise);
	assert_true(one->message_max_bytes == 0);
	assert_int_equal(one->window_bytes, 1 << 20);
	/* A category that is given replaces the inherited one whole; the others are inherited. */
	assert_true(one->policy[SL_SPAM].at[SL_ACTION_TAG] > 1);
	assert_true(one->policy[SL_SPAM].at[SL_ACTION_DEFER] == 0.7);
	assert_true(one->policy[SL_SPAM].at[SL_ACTION_REFUSE] > 1);
	assert_true(one->policy[SL_PHISH].at[SL_ACTION_REFUSE] == 1);
	assert_true(one->policy[SL_MALWARE].at[SL_ACTION_REFUSE] > 1);
	assert_string_equal(one->subject_tag, "[SPAM]");
	assert_string_equal(one->refusal_text, "https://two.example/help");

	assert_string_equal(two->name, "two.example");
	assert_int_equal(two->mode, SL_MODE_MONITOR);
	assert_true(two->normalise);
	assert_true(two->policy[SL_SPAM].at[SL_ACTION_TAG] == 0.5);
	assert_true(two->policy[SL_MALWARE].at[SL_ACTION_REFUSE] == 0.5);
	assert_string_equal(two->subject_tag, "");
	sl_settings_unref(&s);
}

#define TENANT_TAIL "tenants: [{domains: [a.example], next_hops: [192.0.2.1]}]\n"
#define LISTEN_HEAD "listen: [\"127.0.0.1:25\"]\n"

static void
each_mistake_has_its_place_and_says_what_to_write(void **state)
{
	static const struct { const char *name, *text, *errors; } rows[] = {
		{ "an empty file", "",
		  "t.yaml:1:1: add 'listen', as in listen: [\"0.0.0.0:25\"]\n"
		  "t.yaml:1:1: add 'tenants', as in tenants: [{domains: [example.com], next_hops: "
		  "[\"192.0.2.1:25\"]}], or 'console', as in console: {directory: /var/lib/sluice/console}\n" },
		{ "a list at the top", "- a\n",
		  "t.yaml:1:1: write a map (name: value) here, not a list\n" },
		{ "one word at the top", "hello\n",
		  "t.yaml:1:1: write a map (name: value) here, not a single value\n" },
		{ "an unknown key near a known one", SMALLEST "worker: 2\n",
		  "t.yaml:5:1: unknown setting 'worker': did you mean 'workers'?\n" },
		{ "two letters swapped", SMALLEST "timers: {comamnd: 5m}\n",
		  "t.yaml:5:10: unknown setting 'comamnd': did you mean 'command'?\n" },
		{ "hyphen and capitals", "listen: [\"127.0.0.1:25\"]\n"
		  "tenants: [{domains: [a.example], Next-Hops: [192.0.2.1]}]\n",
		  "t.yaml:2:11: add 'next_hops', as in next_hops: [\"192.0.2.1:25\"]\n"
		  "t.yaml:2:34: unknown setting 'Next-Hops': did you mean 'next_hops'?\n" },
		{ "an unknown key near nothing", SMALLEST "tls: {zzzzzzzzzzz: 2}\n",
		  "t.yaml:5:7: unknown setting 'zzzzzzzzzzz': known here are certificate, key, ca\n" },
		{ "a key of another place", SMALLEST "window: 1MiB\n",
		  "t.yaml:5:1: move 'window' to tenants[]: it means nothing here\n" },
		{ "a top key in a tenant", LISTEN_HEAD
		  "tenants: [{domains: [a.example], next_hops: [192.0.2.1], workers: 1}]\n",
		  "t.yaml:2:58: move 'workers' to the top of the file: it means nothing here\n" },
		{ "a merge key", SMALLEST "<<: {a: b}\n",
		  "t.yaml:5:1: unknown setting '<<': known here are listen, hostname, workers, user, "
		  "control, record, model, own, rules, rules_key, tls, clamd, rspamd, spamd, icap, attachments, reputation, campaigns, correspondents, quarantine, console, dns, authentication, dns_lists, timers, limits, "
		  "defaults, tenants\n" },
		{ "a mode of DMARC nobody knows", SMALLEST "defaults: {authentication: {dmarc: reject}}\n",
		  "t.yaml:5:36: dmarc: write enforce, record or off instead of 'reject'\n" },
		{ "authentication in the wrong place", SMALLEST "authentication: {dmarc: off}\n",
		  "t.yaml:5:18: move 'dmarc' to tenants[].authentication: it means nothing here\n" },
		{ "a deadline longer than the judge's", SMALLEST
		  "authentication: {deadline: 6s}\ntimers: {judge: 5s}\n",
		  "t.yaml:5:28: deadline: write at most what timers.judge is (5000 ms)\n" },
		{ "a sealer that is no domain", SMALLEST
		  "defaults: {authentication: {trusted_sealers: [\"a b\"]}}\n",
		  "t.yaml:5:47: trusted_sealers: write a domain name, as in example.com (not 'a b')\n" },
		{ "people by one word", SMALLEST "defaults: {people: {Ann: [a@b.example], Bob Roe: [b@, c.example, 3@4@5], "
		  "Cy Poe: {a: b}}}\n",
		  "t.yaml:5:21: people: write first and last name, at most 100 bytes, in place of 'Ann'\n"
		  "t.yaml:5:51: people: write an address or a domain, as in ann@home.example or home.example (not 'b@')\n"
		  "t.yaml:5:66: people: write an address or a domain, as in ann@home.example or home.example (not '3@4@5')\n"
		  "t.yaml:5:82: people: write a list of at most 32 addresses, as in [ann@home.example]\n" },
		{ "people in a list", SMALLEST "defaults: {people: [Ann Doe]}\n",
		  "t.yaml:5:20: people: write a map of at most 1000 people, as in {Ann Doe: [ann@home.example]}\n" },
		{ "a DNS list without a zone", SMALLEST "dns_lists: [{of: domain}]\n",
		  "t.yaml:5:13: add 'zone', as in zone: zen.spamhaus.org\n" },
		{ "a DNS list that is a name", SMALLEST "dns_lists: [zen.spamhaus.org]\n",
		  "t.yaml:5:13: write a map (name: value) here, not a single value\n" },
		{ "a DNS list twice", SMALLEST "dns_lists: [{zone: a.example}, {zone: A.example.}, "
		  "{zone: a.example, of: domain}, {zone: a.example, of: link-domain}, "
		  "{zone: a.example, of: link-domain, category: malware, bits: yes}]\n",
		  "t.yaml:5:32: dns_lists: remove this entry: 'a.example' is there already\n" },
		{ "weights that are none", SMALLEST "dns_lists: [{zone: a.example, weight: heavy, "
		  "answers: {127.0.0.2: 11, 192.0.2.1: 1, 127.0.0.0/8: 1}}]\n",
		  "t.yaml:5:39: weight: write log-odds from -10 to 10, as in 2.5 (not 'heavy')\n"
		  "t.yaml:5:67: answers: write log-odds from -10 to 10, as in 2.5 (not '11')\n"
		  "t.yaml:5:71: answers: write an address of 127.0.0.0/8 in place of '192.0.2.1'\n"
		  "t.yaml:5:85: answers: write an address of 127.0.0.0/8 in place of '127.0.0.0/8'\n" },
		{ "a key twice", SMALLEST "workers: 1\nworkers: 2\n",
		  "t.yaml:6:1: remove this 'workers': it is already set on line 5\n" },
		{ "an anchor and an alias", SMALLEST "hostname: &h mx.example\nuser: *h\n",
		  "t.yaml:5:14: remove the anchor (&name): write the value out where it is needed\n"
		  "t.yaml:6:7: write the value out: aliases (*name) are not followed\n" },
		{ "a tag", SMALLEST "workers: !!int 2\n",
		  "t.yaml:5:16: remove the tag (!name): settings know their types\n" },
		{ "a list as key", "? [a]\n: b\n",
		  "t.yaml:1:3: write a word as key: lists and maps cannot be keys\n" },
		{ "two documents", SMALLEST "---\na: b\n",
		  "t.yaml:5:1: remove this second document (---): settings are one\n" },
		{ "a tab", "listen:\n\t- a\n", "t.yaml:2:1: indent with spaces, not with a tab\n" },
		{ "not UTF-8", "hostname: caf\xe9\n" SMALLEST,
		  "t.yaml:1:14: save the file as UTF-8: this byte is not\n" },
		{ "a control character", "user: a\x01\n" SMALLEST,
		  "t.yaml:1:8: remove this control character\n" },
		{ "an open list", "listen: [\"127.0.0.1:25\"\n",
		  "t.yaml:2:1: close this list with ] (flow sequence without a closing bracket)\n" },
		{ "open quotes", "user: \"abc\n",
		  "t.yaml:1:7: close the quotation mark that opens here (double-quoted scalar without "
		  "closing quote)\n" },
		{ "a colon in a value", "user: a: b\n",
		  "t.yaml:1:8: quote the value: it contains ': ' (invalid nested block mapping on the "
		  "same line)\n" },
		{ "a number too small", SMALLEST "workers: 0\n",
		  "t.yaml:5:10: workers: write a number from 1 to 256 or auto instead of '0'\n" },
		{ "a number that is none", SMALLEST "workers: many\n",
		  "t.yaml:5:10: workers: write a number from 1 to 256 or auto instead of 'many'\n" },
		{ "a duration without unit", SMALLEST "timers: {command: 300}\n",
		  "t.yaml:5:19: command: write a duration from 10ms to 1h, such as 5m, instead of "
		  "'300'\n" },
		{ "a duration too long", SMALLEST "timers: {chain: 61s}\n",
		  "t.yaml:5:17: chain: write a duration from 10ms to 1m, such as 30s, instead of "
		  "'61s'\n" },
		{ "a size in the wrong unit", SMALLEST "limits: {header: 256KB}\n",
		  "t.yaml:5:18: header: write a size from 16KiB to 16MiB, such as 256KiB, instead of "
		  "'256KB'\n" },
		{ "a rate without its time", SMALLEST "limits: {data_rate: 1KiB}\n",
		  "t.yaml:5:21: data_rate: write a rate from 0 to 1GiB, such as 1KiB/min, instead of "
		  "'1KiB'\n" },
		{ "a word that is none", SMALLEST "defaults: {mode: filtered}\n",
		  "t.yaml:5:18: mode: write filter, monitor or pass-through instead of 'filtered'\n" },
		{ "a window below its range", SMALLEST "defaults: {window: 16383}\n",
		  "t.yaml:5:20: window: write a size from 16KiB to 8MiB, such as 256KiB, instead of "
		  "'16383'\n" },
		{ "a list for a value", SMALLEST "workers: [1]\n",
		  "t.yaml:5:10: workers: write a single value instead of a list\n" },
		{ "a map for a value", SMALLEST "workers: {a: 1}\n",
		  "t.yaml:5:10: workers: write a single value instead of a map\n" },
		{ "nothing for a value", SMALLEST "workers:\nuser: ~\n",
		  "t.yaml:5:1: workers: write a value, or leave the setting out\n"
		  "t.yaml:6:7: user: write a value, or leave the setting out\n" },
		{ "a value for a map", SMALLEST "timers: 5m\n",
		  "t.yaml:5:9: write a map (name: value) here, not a single value\n" },
		{ "a value for a list", "listen: \"127.0.0.1:25\"\n" TENANT_TAIL,
		  "t.yaml:1:9: listen: write a list, as in [a, b], instead of a single value\n" },
		{ "empty lists", "listen: []\ntenants: [{domains: [], next_hops: []}]\n",
		  "t.yaml:1:9: listen: write at least one entry\n"
		  "t.yaml:2:21: domains: write at least one entry\n"
		  "t.yaml:2:36: next_hops: write at least one entry\n" },
		{ "no tenants", LISTEN_HEAD "tenants: []\n",
		  "t.yaml:2:10: tenants: write at least one entry, or add 'console', as in console: {directory: "
		  "/var/lib/sluice/console}\n" },
		{ "a console's socket without a place", LISTEN_HEAD "console: {directory: /x, socket: \"\"}\n",
		  "t.yaml:2:34: socket: write a path: a Unix socket's has 1 to 107 bytes\n" },
		{ "a listener by name", "listen: [\"localhost:25\"]\n" TENANT_TAIL,
		  "t.yaml:1:10: listen: write an IP address of this machine and a port, as in "
		  "0.0.0.0:25 or [::]:25 (not 'localhost:25')\n" },
		{ "a listener without port", "listen: [\"0.0.0.0\"]\n" TENANT_TAIL,
		  "t.yaml:1:10: listen: write the port too, as in 192.0.2.1:25 (not '0.0.0.0')\n" },
		{ "a listener twice", "listen: [\"127.0.0.1:25\", \"127.0.0.1:25\"]\n" TENANT_TAIL,
		  "t.yaml:1:26: listen: remove this entry: '127.0.0.1:25' is there already\n" },
		{ "a listener map without address", "listen: [{tls: off}]\n" TENANT_TAIL,
		  "t.yaml:1:10: add 'address', as in address: \"0.0.0.0:25\"\n" },
		{ "TLS without certificate", "listen: [{address: \"0.0.0.0:465\", tls: implicit}]\n"
		  TENANT_TAIL,
		  "t.yaml:1:40: tls: add a certificate (tls: {certificate: FILE, key: FILE}), or write "
		  "off\n" },
		{ "a bad network", "listen: [{address: \"0.0.0.0:25\", proxy_from: [192.0.2.1/24]}]\n"
		  TENANT_TAIL,
		  "t.yaml:1:47: proxy_from: set the bits behind the prefix to zero, or write a longer "
		  "prefix (not '192.0.2.1/24')\n" },
		{ "a bad domain", LISTEN_HEAD "tenants: [{domains: [a_b], next_hops: [192.0.2.1]}]\n",
		  "t.yaml:2:22: domains: write a domain name, as in example.com (not 'a_b')\n" },
		{ "an address as domain", LISTEN_HEAD
		  "tenants: [{domains: [user@a.example], next_hops: [192.0.2.1]}]\n",
		  "t.yaml:2:22: domains: write a domain name, as in example.com (not "
		  "'user@a.example')\n" },
		{ "a next hop twice", LISTEN_HEAD
		  "tenants: [{domains: [a.example], next_hops: [mx.example, \"MX.example:25\"]}]\n",
		  "t.yaml:2:58: next_hops: remove the entry that stands here twice (not "
		  "'MX.example:25')\n" },
		{ "a domain of two tenants", LISTEN_HEAD "tenants:\n"
		  "  - {domains: [a.example, b.example], next_hops: [192.0.2.1]}\n"
		  "  - {domains: [c.example, A.Example.], next_hops: [192.0.2.1]}\n"
		  "  - {domains: [\"*.d.example\", \"*.D.example\", a.example], next_hops: [192.0.2.1]}\n",
		  "t.yaml:4:27: domains: remove 'A.Example.': it is already on line 3\n"
		  "t.yaml:5:31: domains: remove '*.D.example': it is already on line 5\n"
		  "t.yaml:5:46: domains: remove 'a.example': it is already on line 3\n" },
		{ "shared what cannot be", SMALLEST "defaults: {domains: [x.example]}\n",
		  "t.yaml:5:12: defaults: move 'domains' to each tenant: it cannot be shared\n" },
		{ "a probability above 1", SMALLEST "defaults: {policy: {spam: {refuse: 1.5}}}\n",
		  "t.yaml:5:36: refuse: write a probability from 0.01 to 1, or never (not '1.5')\n" },
		{ "a probability of 0", SMALLEST "defaults: {policy: {spam: {refuse: 0}}}\n",
		  "t.yaml:5:36: refuse: write a probability from 0.01 to 1, or never (not '0')\n" },
		{ "actions the wrong way round", SMALLEST
		  "defaults: {policy: {spam: {tag: 0.9, refuse: 0.5}}}\n",
		  "t.yaml:5:27: tag: set it below refuse, or it never happens\n" },
		{ "a copy for nobody", SMALLEST "defaults: {policy: {spam: {copy: 0.5, refuse: 0.4}}}\n",
		  "t.yaml:5:12: add `copy_to: audit@example.com` beside this policy: it asks for a copy, and nobody is named who gets it\n" },
		{ "a copy for no address", SMALLEST "defaults: {copy_to: audit, policy: {spam: {copy: 0.5}}}\n",
		  "t.yaml:5:21: copy_to: write the address of a mailbox, as in postmaster@example.com, its domain in small letters (not 'audit')\n" },
		{ "lists without a console", SMALLEST "    quarantine: {users_see: [spam]}\n",
		  "t.yaml:5:5: add `console: {directory: /var/lib/sluice/console}` at the top of the file: what is told by mail is made and "
		  "sent from there\n" },
		{ "reports without a vault", SMALLEST "console: {directory: /c}\ndefaults: {reports: {addresses: [a@example.com]}}\n",
		  "t.yaml:6:12: add `quarantine: {directory: /var/lib/sluice/vault}` at the top of the file: what is told by mail is made and "
		  "sent from there\n" },
		{ "what nobody can see", SMALLEST "    quarantine: {users_see: [spam, eggs]}\n",
		  "t.yaml:5:36: quarantine.users_see: write a list of words known here (list of bulk, malformed, spam, content, "
		  "authentication, attachment, phish, malware)\n" },
		{ "one word in the place of a list", SMALLEST "    digest: {days: mon}\n",
		  "t.yaml:5:20: digest.days: write a list, as in [a, b] (list of mon, tue, wed, thu, fri, sat, sun)\n" },
		{ "an hour that no clock shows", SMALLEST "    digest: {hours: [24]}\n",
		  "t.yaml:5:22: digest.hours: write a list of words known here (list of hours, 0 to 23)\n" },
		{ "a report at such an hour", SMALLEST "    reports: {hour: 24}\n",
		  "t.yaml:5:21: reports.hour: write a number within its range (number, 0 to 23)\n" },
		{ "a list in the place of a word", SMALLEST "    quarantine: {users_allow: [yes]}\n",
		  "t.yaml:5:31: quarantine.users_allow: write a single value (no, yes)\n" },
		{ "a setting of policies that a section has not", SMALLEST "    quarantine: {days: 3}\n",
		  "t.yaml:5:18: move 'days' to tenants[].digest: it means nothing here\n" },
		{ "a second line in a reply", SMALLEST "defaults: {refusal_text: \"a\\r\\n250 ok\"}\n",
		  "t.yaml:5:26: refusal_text: write one line of printable ASCII\n" },
		{ "umlauts in a header", SMALLEST "defaults: {subject_tag: \"\xc3\xbc\"}\n",
		  "t.yaml:5:25: subject_tag: write one line of printable ASCII\n" },
		{ "a tag too long", SMALLEST "defaults: {subject_tag: "
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\n",
		  "t.yaml:5:25: subject_tag: write at most 40 bytes (this is 41)\n" },
		{ "clamd nowhere", SMALLEST "clamd: {deadline: 1s}\n",
		  "t.yaml:5:8: clamd: add 'socket: /run/clamav/clamd.ctl', or 'address: HOST:PORT'\n" },
		{ "clamd in two places", SMALLEST "clamd: {socket: /c, address: \"h.example:1\"}\n",
		  "t.yaml:5:21: clamd: remove 'address' or 'socket': there is one clamd\n" },
		{ "clamd's path relative", SMALLEST "clamd: {socket: clamd.ctl}\n",
		  "t.yaml:5:17: socket: write the absolute path of a Unix socket (not 'clamd.ctl')\n" },
		{ "clamd slower than the judge", SMALLEST
		  "timers: {judge: 1s}\nclamd: {socket: /c, deadline: 2s}\n",
		  "t.yaml:6:31: deadline: write at most what timers.judge is (1000 ms)\n" },
		{ "a resolver by name", SMALLEST "dns: {servers: [127.0.0.1, \"ns.example:53\"]}\n",
		  "t.yaml:5:28: servers: write an IP address, as in 192.0.2.53 or [2001:db8::53]:53 (not "
		  "'ns.example:53')\n" },
		{ "no resolver", SMALLEST "dns: {servers: []}\n",
		  "t.yaml:5:16: servers: write auto, or a list as in [127.0.0.1]\n" },
		{ "a resolver that is no list", SMALLEST "dns: {servers: 127.0.0.1}\n",
		  "t.yaml:5:16: servers: write auto, or a list as in [127.0.0.1]\n" },
		{ "a resolver twice", SMALLEST "dns: {servers: [127.0.0.1, \"127.0.0.1:53\"]}\n",
		  "t.yaml:5:28: servers: remove the entry that stands here twice (not '127.0.0.1:53')\n" },
		{ "nine resolvers", SMALLEST
		  "dns: {servers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4, 1.1.1.5, 1.1.1.6, 1.1.1.7, 1.1.1.8, 1.1.1.9]}\n",
		  "t.yaml:5:16: servers: write at most 8 entries (these are 9)\n" },
		{ "a try longer than the whole", SMALLEST "dns: {timeout: 3s, deadline: 2s}\n",
		  "t.yaml:5:16: timeout: write at most what dns.deadline is (2000 ms)\n" },
		{ "a cache too small", SMALLEST "dns: {cache: 1KiB}\n",
		  "t.yaml:5:14: cache: write a size from 64KiB to 1GiB, such as 16MiB, or 0 instead of '1KiB'\n" },
		{ "a host name that is none", SMALLEST "hostname: \"a b\"\n",
		  "t.yaml:5:11: hostname: write a host name, as in mx.example.com, or auto (not 'a b')\n" },
		{ "a model that is not there", SMALLEST "model: /nonexistent/m\n",
		  "t.yaml:5:8: model: there is no file '/nonexistent/m'\n" },
		{ "a model that is a directory", SMALLEST "model: /\n",
		  "t.yaml:5:8: model: '/' is not a file\n" },
		{ "tenants' knowledge that is not there", SMALLEST "own: /nonexistent/o\n",
		  "t.yaml:5:6: own: there is no file '/nonexistent/o'\n" },
		{ "rules that are not there", SMALLEST "rules: /nonexistent/r\n",
		  "t.yaml:5:8: rules: there is no file '/nonexistent/r'\n" },
		{ "a key of rules that is not there", SMALLEST "rules_key: /nonexistent/k\n",
		  "t.yaml:5:12: rules_key: '/nonexistent/k' cannot be read: No such file or directory\n" },
		{ "a key of rules that is none", SMALLEST "rules_key: /etc/passwd\n",
		  "t.yaml:5:12: rules_key: '/etc/passwd' is no public key of 64 hexadecimal digits, as `sluicectl rules "
		  "key` writes it\n" },
		{ "a certificate that is not there", SMALLEST
		  "tls: {certificate: /nonexistent/c, key: /nonexistent/k}\n",
		  "t.yaml:5:20: certificate: '/nonexistent/c' cannot be read: No such file or "
		  "directory\n"
		  "t.yaml:5:41: key: '/nonexistent/k' cannot be read: No such file or directory\n" },
		{ "a certificate that never ends", SMALLEST "tls: {certificate: /dev/zero, key: /dev/zero}\n",
		  "t.yaml:5:20: certificate: '/dev/zero' cannot be read: it is not a file of at most 1 "
		  "MiB\n"
		  "t.yaml:5:36: key: '/dev/zero' cannot be read: it is not a file of at most 1 MiB\n" },
		{ "control bytes in a message", SMALLEST "workers: \"a\\eb\\nc\"\n",
		  "t.yaml:5:10: workers: write a number from 1 to 256 or auto instead of 'a?b?c'\n" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		read_wrong(rows[i].name, sl_slice_str(rows[i].text), rows[i].errors);
	read_wrong("a NUL byte", SL_SLICE_LIT("user: a\0b\n"),
	    "t.yaml:1:8: remove this control character\n");
	assert_int_equal(read_otherwise, 0);
}

static void
all_problems_are_reported_in_order_up_to_a_hundred(void **state)
{
	struct sl_buf text, errors;
	struct sl_settings *settings;
	const char *end;

	read_wrong("several", SL_SLICE_LIT(
	    "workers: 0\n"
	    "tenants:\n"
	    "  - domains: [a_b]\n"
	    "    next_hops: [\"192.0.2.1:0\"]\n"
	    "    mod: filter\n"
	    "listen: 5\n"),
	    "t.yaml:1:10: workers: write a number from 1 to 256 or auto instead of '0'\n"
	    "t.yaml:3:15: domains: write a domain name, as in example.com (not 'a_b')\n"
	    "t.yaml:4:17: next_hops: write a port from 1 to 65535 behind the last colon (not "
	    "'192.0.2.1:0')\n"
	    "t.yaml:5:5: unknown setting 'mod': did you mean 'mode'?\n"
	    "t.yaml:6:9: listen: write a list, as in [a, b], instead of a single value\n");

	assert_int_equal(read_otherwise, 0);
	sl_buf_init(&text, 1 << 20);
	sl_buf_init(&errors, 1 << 20);
	sl_buf_add_str(&text, LISTEN_HEAD "tenants:\n");
	for (int i = 0; i < 130; i++)
		sl_buf_addf(&text, "  - {domains: [d%d.example], next_hops: [bad_name]}\n", i);
	assert_int_equal(sl_settings_read("t.yaml", sl_buf_slice(&text), &settings, &errors),
	    SL_ERR_SYNTAX);
	end = "t.yaml:102:42: and 30 more problems\n";
	assert_true(errors.len > strlen(end));
	assert_string_equal(sl_buf_cstr(&errors) + errors.len - strlen(end), end);
	sl_buf_fini(&text);
	sl_buf_fini(&errors);
}

static void
a_file_is_bounded(void **state)
{
	struct sl_buf text;

	sl_buf_init(&text, (size_t)64 << 20);
	for (int i = 0; i < 100000; i++)
		sl_buf_add_byte(&text, '[');
	read_wrong("deep", sl_buf_slice(&text),
	    "t.yaml:1:17: nest less deeply: no setting lies that deep\n");
	sl_buf_reset(&text);
	for (int i = 0; i < 65; i++)
		sl_buf_addf(&text, "k%d: 1\n", i);
	read_wrong("wide", sl_buf_slice(&text),
	    "t.yaml:65:1: remove some of these: no map has that many settings\n");
	sl_buf_reset(&text);
	while (text.len <= CONF_YAML_BYTES_MAX)
		sl_buf_add_str(&text, "# comment\n");
	read_wrong("long", sl_buf_slice(&text), "t.yaml:1:1: split this file: it is longer than 32 MiB\n");
	sl_buf_reset(&text);
	sl_buf_add_str(&text, "listen: [");
	for (size_t i = 0; i <= CONF_YAML_NODES_MAX; i++)
		sl_buf_add_str(&text, "a,");
	read_wrong("many", sl_buf_slice(&text), "t.yaml:1:8000006: split this file: it has too many "
	    "entries\n");
	assert_int_equal(read_otherwise, 0);
	sl_buf_fini(&text);
}

static const char *
tenant_name(const struct sl_settings *s, const char *domain)
{
	const struct sl_tenant *t = sl_settings_tenant(s, sl_slice_str(domain));

	return t == NULL ? "none" : t->name;
}

static void
a_console_may_have_all_tenants(void **state)
{
	static const char *const texts[] = { LISTEN_HEAD "console: {directory: /var/lib/console}\n",
		LISTEN_HEAD "console: {directory: /var/lib/console, socket: /run/c, user: sluice-console}\ntenants: []\n" };

	for (size_t i = 0; i < SL_COUNT(texts); i++) {
		struct sl_settings *s = read_ok(texts[i]), *again;
		struct sl_buf packed;

		assert_int_equal(s->tenants_len, 0);
		assert_null(sl_settings_tenant(s, sl_slice_str("a.example")));
		assert_string_equal(s->console.directory, "/var/lib/console");
		assert_string_equal(s->console.socket, i == 0 ? "/run/sluice/console" : "/run/c");
		assert_string_equal(s->console.user, i == 0 ? "" : "sluice-console");
		sl_buf_init(&packed, 1 << 20);
		sl_settings_pack(s, &packed);
		assert_int_equal(sl_settings_unpack(sl_buf_slice(&packed), &again), 0);
		assert_string_equal(again->console.directory, "/var/lib/console");
		assert_int_equal(again->tenants_len, 0);
		sl_buf_fini(&packed);
		sl_settings_unref(&again);
		sl_settings_unref(&s);
	}
}

static void
tenants_are_found_by_exact_name_then_by_the_longest_wildcard(void **state)
{
	static const struct { const char *domain, *tenant; } rows[] = {
		{ "example.com", "exact" }, { "EXAMPLE.com", "exact" }, { "example.com.", "exact" },
		{ "example.com..", "none" }, { "mail.example.com", "below" },
		{ "a.b.c.example.com", "below" }, { "A.example.com.", "below" },
		{ "special.example.com", "special" }, { "x.special.example.com", "below" },
		{ "x.deep.example.com", "deep" }, { "deep.example.com", "below" },
		{ "xexample.com", "none" }, { "com", "none" }, { "", "none" }, { ".", "none" },
		{ ".example.com", "none" }, { "*.example.com", "none" },
		{ "b\xc3\xbc" "cher.example", "books" }, { "xn--bcher-kva.example", "books" },
		{ "B\xc3\x9c" "CHER.Example.", "books" }, { "XN--BCHER-KVA.EXAMPLE", "books" },
		{ "bucher.example", "none" }, { "\xff\xfe.example", "none" }, { "[192.0.2.1]", "none" },
		{ "example.com\n", "none" },
	};
	struct sl_settings *s = read_ok(LISTEN_HEAD "tenants:\n"
	    "  - {name: exact, domains: [Example.COM], next_hops: [192.0.2.1]}\n"
	    "  - {name: below, domains: [\"*.example.com\"], next_hops: [192.0.2.1]}\n"
	    "  - {name: special, domains: [special.example.com], next_hops: [192.0.2.1]}\n"
	    "  - {name: deep, domains: [\"*.deep.example.com\"], next_hops: [192.0.2.1]}\n"
	    "  - {name: books, domains: [\"b\xc3\xbc" "cher.example\"], next_hops: [192.0.2.1]}\n");
	char longest[300];

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (strcmp(tenant_name(s, rows[i].domain), rows[i].tenant) != 0)
			fail_msg("%s is %s", rows[i].domain, tenant_name(s, rows[i].domain));
	assert_null(sl_settings_tenant(s, sl_slice("example.com\0", 12)));
	memset(longest, 'a', sizeof(longest));
	for (size_t i = 1; i < sizeof(longest); i += 2)
		longest[i] = '.';
	memcpy(longest + 241, ".example.com", 12);
	assert_string_equal(sl_settings_tenant(s, sl_slice(longest, 253))->name, "below");
	assert_null(sl_settings_tenant(s, sl_slice(longest, 300)));
	sl_settings_unref(&s);
}

/* A big company's file: 35,000 tenants, two domains each. */
static void
many_tenants(struct sl_buf *text)
{
	sl_buf_init(text, (size_t)64 << 20);
	sl_buf_add_str(text, LISTEN_HEAD "tenants:\n");
	for (int i = 0; i < 35000; i++)
		sl_buf_addf(text, "  - domains: [company%d.example, \"*.company%d.example\"]\n"
		    "    next_hops: [\"192.0.2.%d:25\"]\n", i, i, i % 255);
}

static double
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);	/* not disturbed by neighbours */
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void
thirty_five_thousand_tenants_cost_a_microsecond(void **state)
{
	struct sl_settings *s, *again;
	struct sl_buf text, packed;
	double start = now_us(), read_us, pack_us, find_us, miss_us;
	const int n = 100000;
	char domain[64];

	many_tenants(&text);
	start = now_us();
	s = read_ok(sl_buf_cstr(&text));
	read_us = now_us() - start;
	sl_buf_init(&packed, SL_SETTINGS_PACKED_MAX);
	start = now_us();
	sl_settings_pack(s, &packed);
	assert_false(packed.overflow);
	assert_int_equal(sl_settings_unpack(sl_buf_slice(&packed), &again), 0);
	pack_us = now_us() - start;
	assert_int_equal(again->tenants_len, 35000);
	start = now_us();
	for (int i = 0; i < n; i++) {
		int len = snprintf(domain, sizeof(domain), "%sCompany%d.example",
		    i % 2 == 0 ? "" : "mail.", i * 7919 % 35000);
		const struct sl_tenant *t = sl_settings_tenant(again, sl_slice(domain, (size_t)len));

		assert_ptr_equal(t, &again->tenants[i * 7919 % 35000]);
	}
	find_us = (now_us() - start) / n;
	start = now_us();
	for (int i = 0; i < n; i++)
		assert_null(sl_settings_tenant(again, SL_SLICE_LIT("not.our.company7.example.net")));
	miss_us = (now_us() - start) / n;
	print_message("35,000 tenants: read %.0f ms, pack and unpack %.0f ms (%zu bytes), found in "
	    "%.2f us, not found in %.2f us\n", read_us / 1e3, pack_us / 1e3, packed.len, find_us,
	    miss_us);
	assert_true(find_us < 20 && miss_us < 20);	/* under sanitizers, on a busy machine */
	sl_settings_unref(&s);
	sl_settings_unref(&again);
	sl_buf_fini(&packed);
	sl_buf_fini(&text);
}

#define FULL									\
	"hostname: mx.example.net\n"						\
	"listen: [{address: \"0.0.0.0:25\", proxy_from: [192.0.2.0/24]}, \"[::]:25\"]\n" \
	"clamd: {socket: /run/clamav/clamd.ctl}\n"				\
	"dns: {servers: [127.0.0.1, \"[::1]:5353\"], cache: 0}\n"			\
	"tenants:\n"								\
	"  - domains: [one.example, \"*.one.example\"]\n"			\
	"    next_hops: [mx1.one.example, \"192.0.2.1:2525\", \"[2001:db8::9]:25\"]\n" \
	"    line_endings: normalise\n"						\
	"    policy: {spam: {defer: 0.7}, malware: never}\n"			\
	"  - {domains: [two.example], next_hops: [192.0.2.2], message_size: 0}\n"

static const char *
says(const struct sl_settings *s, size_t tenant, enum sl_tenant_says what)
{
	const char *text = s->tenants[tenant].says[what];

	return text == NULL ? "" : text;
}

static const char told_by_mail[] = "listen: [\"127.0.0.1:25\"]\nconsole: {directory: /c}\nquarantine: {directory: /v}\n"
    "defaults:\n  digest: {days: [mon, thu], language: de, brand: 'He said \"call 1\\2\"'}\n"
    "tenants:\n  - domains: [one.example]\n    next_hops: [\"192.0.2.1\"]\n"
    "    quarantine: {users_see: [spam, bulk], users_allow: yes}\n    digest: {hours: [7, 13], language: fr}\n"
    "    reports: {hour: 5, addresses: [it@one.example, boss@one.example], kinds: []}\n"
    "  - domains: [two.example]\n    next_hops: [\"192.0.2.1\"]\n";

static void
what_is_told_by_mail_is_kept_as_policies_write_it(void **state)
{
	static const struct { size_t tenant; enum sl_tenant_says what; const char *text; } rows[] = {
		{ 0, SL_SAYS_USERS_SEE, "[spam, bulk]" }, { 0, SL_SAYS_USERS_RELEASE, "" }, { 0, SL_SAYS_USERS_ALLOW, "yes" },
		{ 0, SL_SAYS_DIGEST_DAYS, "[mon, thu]" }, { 0, SL_SAYS_DIGEST_HOURS, "[7, 13]" },
		{ 0, SL_SAYS_DIGEST_LANGUAGE, "\"fr\"" }, { 1, SL_SAYS_DIGEST_LANGUAGE, "\"de\"" },
		{ 1, SL_SAYS_DIGEST_BRAND, "\"He said \\U00000022call 1\\U0000005c2\\U00000022\"" }, { 1, SL_SAYS_DIGEST_HOURS, "" },
		{ 0, SL_SAYS_REPORT_HOUR, "5" }, { 0, SL_SAYS_REPORT_ADDRESSES, "[\"it@one.example\", \"boss@one.example\"]" },
		{ 0, SL_SAYS_REPORT_KINDS, "[]" }, { 1, SL_SAYS_REPORT_ADDRESSES, "" },
	};
	struct sl_settings *s = read_ok(told_by_mail), *again;
	struct sl_buf packed;

	sl_buf_init(&packed, SL_SETTINGS_PACKED_MAX);
	sl_settings_pack(s, &packed);
	assert_int_equal(sl_settings_unpack(sl_buf_slice(&packed), &again), 0);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		assert_string_equal(says(s, rows[i].tenant, rows[i].what), rows[i].text);
		assert_string_equal(says(again, rows[i].tenant, rows[i].what), rows[i].text);
	}
	assert_int_equal(again->tenants[0].line, 7);
	assert_int_equal(again->tenants[1].line, 12);
	sl_buf_fini(&packed);
	sl_settings_unref(&s);
	sl_settings_unref(&again);
}

/* Where a section stands, and what others say, is nothing to it. */
static void
a_sections_mark_differs_when_what_it_says_does(void **state)
{
	static const struct { const char *from, *to; bool differs; } changes[] = {
		{ "two.example", "three.example", false }, { "hours: [7, 13]", "hours: [7]", true }, { "mon, thu", "mon", true },
		{ "192.0.2.1", "192.0.2.2", true }, { "/v}", "/v, keep: 8d}", true }, { "/c}", "/d}", false },
		{ "defaults:", "\ndefaults:", false }, { "language: de", "language: en", false },
	};
	struct sl_settings *s = read_ok(told_by_mail), *other;
	uint64_t mark = sl_settings_tenant_mark(s, &s->tenants[0]);

	assert_int_not_equal(mark, 0);
	for (size_t i = 0; i < SL_COUNT(changes); i++) {
		const char *at = strstr(told_by_mail, changes[i].from);
		char *text = sl_xasprintf("%.*s%s%s", (int)(at - told_by_mail), told_by_mail, changes[i].to, at + strlen(changes[i].from));

		other = read_ok(text);
		if ((sl_settings_tenant_mark(other, &other->tenants[0]) != mark) != changes[i].differs)
			fail_msg("%s -> %s", changes[i].from, changes[i].to);
		sl_settings_unref(&other);
		sl_free(text);
	}
	sl_settings_unref(&s);
}

static void
packing_and_unpacking_changes_nothing(void **state)
{
	static const char *const texts[] = { SMALLEST, FULL };

	for (size_t i = 0; i < SL_COUNT(texts); i++) {
		struct sl_settings *s = read_ok(texts[i]), *again;
		struct sl_buf first, second;

		sl_buf_init(&first, SL_SETTINGS_PACKED_MAX);
		sl_buf_init(&second, SL_SETTINGS_PACKED_MAX);
		sl_settings_pack(s, &first);
		assert_int_equal(sl_settings_unpack(sl_buf_slice(&first), &again), 0);
		sl_settings_pack(again, &second);
		assert_true(sl_slice_eq(sl_buf_slice(&first), sl_buf_slice(&second)));
		assert_string_equal(again->hostname, s->hostname);
		assert_int_equal(again->engines[SL_ENGINE_CLAMD].on, s->engines[SL_ENGINE_CLAMD].on);
		assert_int_equal(again->dns.servers_len, s->dns.servers_len);
		for (size_t k = 0; k < s->dns.servers_len; k++)
			assert_memory_equal(&again->dns.servers[k].address, &s->dns.servers[k].address,
			    sizeof(s->dns.servers[k].address));
		assert_int_equal(again->dns.cache_bytes, s->dns.cache_bytes);
		assert_memory_equal(&again->timers, &s->timers, sizeof(s->timers));
		assert_memory_equal(&again->limits, &s->limits, sizeof(s->limits));
		assert_int_equal(again->tenants_len, s->tenants_len);
		assert_memory_equal(again->tenants[0].policy, s->tenants[0].policy,
		    sizeof(s->tenants[0].policy));
		assert_int_equal(endpoint_port(&again->tenants[0].next_hops[0]),
		    endpoint_port(&s->tenants[0].next_hops[0]));
		assert_string_equal(tenant_name(again, s->tenants[0].domains[0]), s->tenants[0].name);
		sl_settings_unref(&s);
		sl_settings_unref(&again);
		sl_buf_fini(&first);
		sl_buf_fini(&second);
	}
}

/* Unpack; if that works, the bytes must come back. */
static int
unpack_checked(struct sl_slice bytes)
{
	struct sl_settings *s = NULL;
	struct sl_buf again;
	int r = sl_settings_unpack(bytes, &s);

	assert_true((r == 0) == (s != NULL));
	if (r != 0)
		return r;
	sl_buf_init(&again, SL_SETTINGS_PACKED_MAX);
	sl_settings_pack(s, &again);
	assert_true(sl_slice_eq(sl_buf_slice(&again), bytes));
	sl_buf_fini(&again);
	sl_settings_unref(&s);
	return 0;
}

static void
a_damaged_pack_is_refused_or_means_what_it_says(void **state)
{
	struct sl_settings *s = read_ok(FULL);
	struct sl_buf packed;
	size_t refused = 0;

	sl_buf_init(&packed, SL_SETTINGS_PACKED_MAX);
	sl_settings_pack(s, &packed);
	for (size_t len = 0; len < packed.len; len++) {
		int r = unpack_checked(sl_slice(packed.data, len));

		assert_true(r == SL_ERR_TRUNCATED || r == SL_ERR_SYNTAX);
	}
	for (size_t i = 0; i < packed.len; i++) {
		static const unsigned char flips[] = { 0x01, 0x80, 0xff };

		for (size_t k = 0; k < SL_COUNT(flips); k++) {
			int r;

			packed.data[i] ^= flips[k];
			r = unpack_checked(sl_buf_slice(&packed));
			refused += r != 0;
			assert_true(i >= 8 || r == SL_ERR_VERSION);
			packed.data[i] ^= flips[k];
		}
	}
	assert_true(refused > packed.len);
	sl_buf_add_byte(&packed, 0);
	assert_int_equal(unpack_checked(sl_buf_slice(&packed)), SL_ERR_SYNTAX);
	sl_buf_fini(&packed);
	sl_settings_unref(&s);
}

static void
a_snapshot_lives_as_long_as_its_last_reference(void **state)
{
	struct sl_settings *a = read_ok(SMALLEST), *b = sl_settings_ref(a);

	assert_ptr_equal(a, b);
	sl_settings_unref(&a);
	assert_null(a);
	assert_string_equal(tenant_name(b, "example.com"), "example.com");
	sl_settings_unref(&b);
	sl_settings_unref(&b);
}

/* A key and a certificate for it, in two files. */
static void
make_pair(const char *certificate, const char *key, const char *passphrase)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	FILE *f;

	assert_non_null(pkey);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, pkey);
	assert_true(X509_sign(x, pkey, EVP_sha256()) > 0);
	f = fopen(certificate, "w");
	assert_true(f != NULL && PEM_write_X509(f, x) == 1 && fclose(f) == 0);
	f = fopen(key, "w");
	assert_true(f != NULL && PEM_write_PrivateKey(f, pkey,
	    passphrase == NULL ? NULL : EVP_aes_128_cbc(), (const unsigned char *)passphrase,
	    passphrase == NULL ? 0 : (int)strlen(passphrase), NULL, NULL) == 1 && fclose(f) == 0);
	X509_free(x);
	EVP_PKEY_free(pkey);
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_true(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void
certificates_are_read_and_must_fit_their_keys(void **state)
{
	static const struct { const char *certificate, *key, *errors; } rows[] = {
		{ "a.crt", "a.key", NULL },
		{ "chain.crt", "a.key", NULL },
		{ "a.crt", "b.key", "%1$s/t.yaml:5:32: key: 'b.key' is not the key of the first "
		  "certificate\n" },
		{ "a.key", "a.key", "%1$s/t.yaml:5:20: certificate: '%1$s/a.key' holds no certificate in "
		  "PEM form (-----BEGIN CERTIFICATE-----)\n" },
		{ "a.crt", "a.crt", "%1$s/t.yaml:5:32: key: '%1$s/a.crt' holds no private key in PEM form "
		  "(-----BEGIN PRIVATE KEY-----)\n" },
		{ "a.crt", "c.key", "%1$s/t.yaml:5:32: key: '%1$s/c.key' is locked with a passphrase: "
		  "write the key without one (openssl pkey)\n" },
		{ "bad.crt", "a.key", "%1$s/t.yaml:5:20: certificate: '%1$s/bad.crt' holds a certificate "
		  "that cannot be read\n" },
		{ "empty", "a.key", "%1$s/t.yaml:5:20: certificate: '%1$s/empty' holds no certificate in "
		  "PEM form (-----BEGIN CERTIFICATE-----)\n" },
		{ "a.crt", "\"\"", NULL },
	};
	char file[80], paths[8][80];
	static const char *const names[] = { "a.crt", "a.key", "b.crt", "b.key", "c.crt", "c.key",
		"bad.crt", "empty" };

	for (size_t i = 0; i < SL_COUNT(names); i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", directory, names[i]);
	make_pair(paths[0], paths[1], NULL);
	make_pair(paths[2], paths[3], NULL);
	make_pair(paths[4], paths[5], "secret");
	write_file(paths[6], "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	write_file(paths[7], "");
	snprintf(file, sizeof(file), "cd %s && cat a.crt b.crt > chain.crt", directory);
	assert_int_equal(system(file), 0);
	snprintf(file, sizeof(file), "%s/t.yaml", directory);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_buf text, errors, expected;
		struct sl_settings *s;
		int r;

		sl_buf_init(&text, 10000);
		sl_buf_init(&errors, 10000);
		sl_buf_init(&expected, 10000);
		sl_buf_addf(&text, SMALLEST "tls: {certificate: %s, key: %s}\n", rows[i].certificate,
		    rows[i].key);
		if (rows[i].errors != NULL)	/* the columns of a.crt; the table's names vary */
			for (const char *p = rows[i].errors; *p != '\0'; p++) {
				if (strncmp(p, "%1$s", 4) == 0) {
					sl_buf_add_str(&expected, directory);
					p += 3;
				} else {
					sl_buf_add_byte(&expected, (unsigned char)*p);
				}
			}
		r = sl_settings_read(file, sl_buf_slice(&text), &s, &errors);
		if (strcmp(sl_buf_cstr(&errors), sl_buf_cstr(&expected)) != 0)
			fail_msg("%s, %s: %s", rows[i].certificate, rows[i].key, sl_buf_cstr(&errors));
		assert_true((r == 0) == (rows[i].errors == NULL));
		if (r == 0)
			assert_non_null(strstr(s->tls_certificate_pem, "BEGIN CERTIFICATE"));
		sl_settings_unref(&s);
		sl_buf_fini(&text);
		sl_buf_fini(&errors);
		sl_buf_fini(&expected);
	}
}

static void
paths_start_where_the_file_lies(void **state)
{
	struct sl_settings *s;
	struct sl_buf errors;
	char file[80], expected[80];

	sl_buf_init(&errors, 10000);
	snprintf(file, sizeof(file), "%s/t.yaml", directory);
	assert_int_equal(sl_settings_read(file, sl_slice_str(SMALLEST "record: r.json\n"
	    "control: run/ctl\n"), &s, &errors), 0);
	snprintf(expected, sizeof(expected), "%s/r.json", directory);
	assert_string_equal(s->record_path, expected);
	snprintf(expected, sizeof(expected), "%s/run/ctl", directory);
	assert_string_equal(s->control_path, expected);
	sl_settings_unref(&s);
	s = read_ok(SMALLEST "record: r.json\n");
	assert_int_equal(s->record_path[0], '/');
	sl_settings_unref(&s);

	snprintf(expected, sizeof(expected), "%s/default.model", directory);
	write_file(expected, "model");
	setenv("SLUICE_DATA", directory, 1);
	s = read_ok(SMALLEST "model: default\n");
	assert_string_equal(s->model_path, expected);
	sl_settings_unref(&s);
	setenv("SLUICE_DATA", expected, 1);
	s = read_ok(SMALLEST "model: default\n");
	assert_string_equal(s->model_path, expected);
	sl_settings_unref(&s);
	snprintf(expected, sizeof(expected), "%s/default.rules", directory);
	write_file(expected, "rules");
	setenv("SLUICE_DATA", directory, 1);
	s = read_ok(SMALLEST "rules: default\n");
	assert_string_equal(s->rules_path, expected);
	sl_settings_unref(&s);
	unsetenv("SLUICE_DATA");
	sl_buf_fini(&errors);
}

static void
a_key_of_rules_is_read_from_digits_and_from_a_file(void **state)
{
	const char *digits = "00010203040506070809101112131415161718192021222324252627282930Fe";
	unsigned char key[SL_RULES_KEY_DIGITS / 2];
	char file[80], text[400];
	struct sl_settings *s, *again;
	struct sl_buf packed;

	s = read_ok(SMALLEST);
	assert_false(sl_settings_rules_key(s, key));
	sl_settings_unref(&s);
	snprintf(file, sizeof(file), "%s/rules.public", directory);
	snprintf(text, sizeof(text), "%s\n", digits);
	write_file(file, text);
	for (int from_file = 0; from_file < 2; from_file++) {
		snprintf(text, sizeof(text), SMALLEST "rules_key: \"%s\"\n", from_file ? file : digits);
		s = read_ok(text);
		assert_string_equal(s->rules_key, digits);
		sl_buf_init(&packed, SL_SETTINGS_PACKED_MAX);
		sl_settings_pack(s, &packed);
		assert_int_equal(sl_settings_unpack(sl_buf_slice(&packed), &again), 0);
		assert_true(sl_settings_rules_key(again, key));
		assert_int_equal(key[1], 1);
		assert_int_equal(key[30], 0x30);
		assert_int_equal(key[31], 0xfe);
		sl_settings_unref(&again);
		memset(memmem(packed.data, packed.len, digits, 64), 'x', 1);	/* a digit that is none */
		assert_int_equal(sl_settings_unpack(sl_buf_slice(&packed), &again), SL_ERR_SYNTAX);
		sl_buf_fini(&packed);
		sl_settings_unref(&s);
	}
}

static void
names_are_resolved_once_and_failures_are_named(void **state)
{
	struct sl_settings *s = read_ok(LISTEN_HEAD
	    "clamd: {address: localhost}\n"
	    "tenants:\n"
	    "  - {domains: [a.example], next_hops: [\"localhost:2525\", 192.0.2.1]}\n"
	    "  - {domains: [b.example], next_hops: [\"localhost:2526\"]}\n"
	    "  - {domains: [c.example], next_hops: [\"localhost:2525\", \"no-such-host.invalid:25\"]}\n");
	struct sl_buf errors;

	sl_buf_init(&errors, 10000);
	assert_int_equal(sl_settings_resolve(s, &errors), SL_ERR_NOT_FOUND);
	assert_non_null(strstr(sl_buf_cstr(&errors),
	    "c.example: the address of 'no-such-host.invalid' cannot be found: "));
	assert_true(s->engines[SL_ENGINE_CLAMD].at.address_len > 0);
	assert_int_equal(endpoint_port(&s->engines[SL_ENGINE_CLAMD].at), 3310);
	assert_true(s->tenants[0].next_hops[0].address_len > 0);
	assert_int_equal(endpoint_port(&s->tenants[0].next_hops[0]), 2525);
	assert_int_equal(endpoint_port(&s->tenants[1].next_hops[0]), 2526);
	assert_int_equal(endpoint_port(&s->tenants[2].next_hops[0]), 2525);
	assert_int_equal(s->tenants[2].next_hops[1].address_len, 0);
	s->tenants[2].next_hops_len = 1;
	sl_buf_reset(&errors);
	assert_int_equal(sl_settings_resolve(s, &errors), 0);
	assert_int_equal(errors.len, 0);
	sl_buf_fini(&errors);
	sl_settings_unref(&s);
}

static void
servers_come_from_resolv_conf(void **state)
{
	static const struct {
		const char	*text;
		const char	*servers;	/* with a space behind each */
	} rows[] = {
		{ "nameserver 192.0.2.1\nnameserver 192.0.2.2\n", "192.0.2.1 192.0.2.2 " },
		{ "# nameserver 192.0.2.1\n;nameserver 192.0.2.2\nsearch example.com\n"
		  " nameserver\t 2001:db8::1  # mine\r\noptions edns0 trust-ad", "2001:db8::1 " },
		{ "nameserver fe80::1%eth0\nnameserver ns.example\nnameserver\nnameservers 192.0.2.1\n"
		  "nameserver 127.0.0.53", "127.0.0.53 " },
		{ "", "127.0.0.1 " },
		{ "nameserver 192.0.2.999\n", "127.0.0.1 " },
		{ "nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\nnameserver 1.1.1.4\n"
		  "nameserver 1.1.1.5\nnameserver 1.1.1.6\nnameserver 1.1.1.7\nnameserver 1.1.1.8\n"
		  "nameserver 1.1.1.9\n", "1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 " },
	};
	struct sl_settings *s = read_ok(SMALLEST);
	struct sl_buf errors;

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_dns_settings dns = { 0 };
		char got[400] = "";

		resolv_conf_servers(sl_slice_str(rows[i].text), &s->arena, &dns);
		for (size_t k = 0; k < dns.servers_len; k++) {
			strcat(strcat(got, dns.servers[k].host), " ");
			assert_int_equal(endpoint_port(&dns.servers[k]), 53);
			assert_true(dns.servers[k].address_len > 0);
		}
		assert_string_equal(got, rows[i].servers);
	}
	/* And for `auto` from this machine's: there is always one. */
	sl_buf_init(&errors, 1000);
	assert_int_equal(sl_settings_resolve(s, &errors), 0);
	assert_in_range(s->dns.servers_len, 1, SL_DNS_SERVERS_MAX);
	sl_buf_fini(&errors);
	sl_settings_unref(&s);
}

static void
the_reference_is_what_the_table_says(void **state)
{
	static const struct { void (*write)(struct sl_buf *); const char *path, *command; } rows[] = {
		{ sl_settings_doc_markdown, SOURCE_ROOT "/doc/settings.md", "--markdown" },
		{ sl_settings_doc_man, SOURCE_ROOT "/doc/man/sluice.yaml.5", "--man" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_buf expected;
		char *text = sl_xzalloc(1 << 20);
		FILE *f = fopen(rows[i].path, "r");
		size_t len;

		assert_non_null(f);
		len = fread(text, 1, (1 << 20) - 1, f);
		fclose(f);
		sl_buf_init(&expected, 1 << 20);
		rows[i].write(&expected);
		if (!sl_slice_eq(sl_buf_slice(&expected), sl_slice(text, len)))
			fail_msg("%s is not up to date: sluicectl settings %s > %s", rows[i].path,
			    rows[i].command, rows[i].path);
		sl_buf_fini(&expected);
		sl_free(text);
	}
}

/* Take the `#` from settings; prose has one blank behind it. */
static void
uncomment(struct sl_slice in, struct sl_buf *out)
{
	bool start = true;

	for (size_t i = 0; i < in.len; i++) {
		bool prose = i + 2 < in.len && in.ptr[i + 1] == ' ' && in.ptr[i + 2] != ' ';

		if (!(start && in.ptr[i] == '#' && !prose))
			sl_buf_add_byte(out, in.ptr[i]);
		start = in.ptr[i] == '\n';
	}
}

static void
the_example_works_and_its_comments_are_the_defaults(void **state)
{
	struct sl_settings *plain, *spelled_out;
	struct sl_buf text, open, a, b;

	sl_buf_init(&text, 1 << 20);
	sl_buf_init(&open, 1 << 20);
	sl_buf_init(&a, 1 << 20);
	sl_buf_init(&b, 1 << 20);
	sl_settings_doc_example(&text);
	plain = read_ok(sl_buf_cstr(&text));
	uncomment(sl_buf_slice(&text), &open);
	if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) != 0) {
		char *ca = strstr(sl_buf_cstr(&open), "\n  ca:");

		assert_non_null(ca);
		ca[1] = '#';
	}
	spelled_out = read_ok(sl_buf_cstr(&open));
	for (int e = 0; e < SL_ENGINE_COUNT; e++) {
		assert_true(spelled_out->engines[e].on);
		spelled_out->engines[e].on = false;	/* the one thing that being there means */
		spelled_out->engines[e].at = plain->engines[e].at;
	}
	sl_settings_pack(plain, &a);
	sl_settings_pack(spelled_out, &b);
	assert_true(sl_slice_eq(sl_buf_slice(&a), sl_buf_slice(&b)));
	for (size_t i = 0; i < settings_table_len; i++)		/* nothing is left out */
		if (settings_table[i].scope != SCOPE_CATEGORY)
			assert_non_null(strstr(sl_buf_cstr(&text), settings_table[i].key));
	sl_settings_unref(&plain);
	sl_settings_unref(&spelled_out);
	sl_buf_fini(&text);
	sl_buf_fini(&open);
	sl_buf_fini(&a);
	sl_buf_fini(&b);
}

static int
prepare(void **state)
{
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int
clean_up(void **state)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_file_works_and_has_the_documented_defaults),
		cmocka_unit_test(every_kind_of_setting_is_read),
		cmocka_unit_test(authentication_and_lists_are_read_and_packed),
		cmocka_unit_test(each_mistake_has_its_place_and_says_what_to_write),
		cmocka_unit_test(all_problems_are_reported_in_order_up_to_a_hundred),
		cmocka_unit_test(a_file_is_bounded),
		cmocka_unit_test(a_console_may_have_all_tenants),
		cmocka_unit_test(tenants_are_found_by_exact_name_then_by_the_longest_wildcard),
		cmocka_unit_test(thirty_five_thousand_tenants_cost_a_microsecond),
		cmocka_unit_test(what_is_told_by_mail_is_kept_as_policies_write_it),
		cmocka_unit_test(a_sections_mark_differs_when_what_it_says_does),
		cmocka_unit_test(packing_and_unpacking_changes_nothing),
		cmocka_unit_test(a_damaged_pack_is_refused_or_means_what_it_says),
		cmocka_unit_test(a_snapshot_lives_as_long_as_its_last_reference),
		cmocka_unit_test(certificates_are_read_and_must_fit_their_keys),
		cmocka_unit_test(paths_start_where_the_file_lies),
		cmocka_unit_test(a_key_of_rules_is_read_from_digits_and_from_a_file),
		cmocka_unit_test(names_are_resolved_once_and_failures_are_named),
		cmocka_unit_test(servers_come_from_resolv_conf),
		cmocka_unit_test(the_reference_is_what_the_table_says),
		cmocka_unit_test(the_example_works_and_its_comments_are_the_defaults),
	};

	return cmocka_run_group_tests(tests, prepare, clean_up);
}
