/* settings_table.c - every setting, once: see settings_table.h */

#include "settings_table.h"

#include "classify/correspondents.h"

#define KIB	1024u
#define MIB	(1024u * 1024u)
#define SEC	1000u
#define MIN	(60u * SEC)
#define HOUR	(60u * MIN)
#define DAY	(24u * HOUR)

#define NEVER	2	/* a probability above 1 */

static const struct setting_word modes[] = {
	{ "filter", SL_MODE_FILTER }, { "monitor", SL_MODE_MONITOR },
	{ "pass-through", SL_MODE_PASS_THROUGH }, { NULL, 0 },
};
static const struct setting_word hop_tls[] = {
	{ "off", SL_HOP_TLS_OFF }, { "opportunistic", SL_HOP_TLS_OPPORTUNISTIC },
	{ "require", SL_HOP_TLS_REQUIRE }, { "verify", SL_HOP_TLS_VERIFY }, { NULL, 0 },
};
static const struct setting_word listener_tls[] = {
	{ "starttls", SL_LISTENER_STARTTLS }, { "implicit", SL_LISTENER_TLS_IMPLICIT },
	{ "off", SL_LISTENER_TLS_OFF }, { NULL, 0 },
};
static const struct setting_word line_endings[] = {
	{ "refuse", false }, { "normalise", true }, { NULL, 0 },
};
static const struct setting_word fail_modes[] = {
	{ "defer", SL_FAIL_DEFER }, { "pass", SL_FAIL_PASS }, { NULL, 0 },
};
static const struct setting_word yes_no[] = { { "yes", true }, { "no", false }, { NULL, 0 } };
static const struct setting_word dmarc_modes[] = {
	{ "enforce", SL_DMARC_ENFORCE }, { "record", SL_DMARC_RECORD }, { "off", SL_DMARC_OFF },
	{ NULL, 0 },
};
static const struct setting_word bad_author[] = {
	{ "refuse", SL_BAD_AUTHOR_REFUSE }, { "tag", SL_BAD_AUTHOR_TAG },
	{ "off", SL_BAD_AUTHOR_OFF }, { NULL, 0 },
};
static const struct setting_word spf_modes[] = {
	{ "evidence", SL_SPF_EVIDENCE }, { "refuse", SL_SPF_REFUSE }, { NULL, 0 },
};
static const struct setting_word list_of[] = {
	{ "address", SL_DNS_LIST_ADDRESS }, { "domain", SL_DNS_LIST_DOMAIN },
	{ "link-domain", SL_DNS_LIST_LINK_DOMAIN }, { "link-address", SL_DNS_LIST_LINK_ADDRESS }, { NULL, 0 },
};
static const struct setting_word categories[] = {
	{ "spam", SL_SPAM }, { "phish", SL_PHISH }, { "malware", SL_MALWARE },
	{ "bulk", SL_BULK }, { "malformed", SL_MALFORMED }, { NULL, 0 },
};
static const struct setting_word automatic[] = { { "auto", 0 }, { NULL, 0 } };
static const struct setting_word none[] = { { "0", 0 }, { NULL, 0 } };
static const struct setting_word no_limit[] = { { "0", 0 }, { NULL, 0 } };
static const struct setting_word never[] = { { "never", NEVER }, { NULL, 0 } };

#define AT(type, member)	offsetof(struct type, member), sizeof(((struct type *)0)->member)
#define TOP(member)		AT(sl_settings, member)
#define LISTENER(member)	AT(sl_listener, member)
#define ENGINE(member)		AT(sl_engine_settings, member)
#define ATTACHMENTS(member)	AT(sl_attachment_settings, member)
#define MEMORY(member)		AT(sl_memory_settings, member)
#define CONTACTS(member)	AT(sl_contact_settings, member)
#define QUARANTINE(member)	AT(sl_quarantine_settings, member)
#define CONSOLE(member)		AT(sl_console_settings, member)
#define DNS(member)		AT(sl_dns_settings, member)
/* An engine outside: what all have in common. */
#define ENGINE_ROWS(scope, name, port, fails, most, done, hint)						\
	{ scope, "socket", SETTING_SOCKET, ENGINE(at), NULL, 0, 0, NULL, 0,				\
	  name "'s Unix socket; this or `address`." },							\
	{ scope, "address", SETTING_CONNECT_TO, ENGINE(at), NULL, port, 0, NULL, 0,			\
	  name "'s HOST:PORT; this or `socket`." },							\
	{ scope, "deadline", SETTING_DURATION, ENGINE(deadline_ms), "5s", 10, 20 * SEC, NULL, 0,	\
	  "How long its answer is awaited after the final dot; not more than `timers.judge`." },	\
	{ scope, "max_size", SETTING_SIZE, ENGINE(max_bytes), most, 1 * KIB, 4096ull * MIB, NULL, 0,	\
	  "Larger messages are not " done "." hint },							\
	{ scope, "on_failure", SETTING_WORD, ENGINE(fail), fails, 0, 0, fail_modes, 0,			\
	  "What happens to mail that " name " should have " done " and did not: `defer` answers 451, "	\
	  "`pass` judges without it." },								\
	{ scope, "breaker_failures", SETTING_COUNT, ENGINE(breaker_failures), "3", 1, 1000, NULL, 0,	\
	  "After so many failures in a row " name " is left alone ..." },				\
	{ scope, "breaker_time", SETTING_DURATION, ENGINE(breaker_ms), "30s", 10, 1 * HOUR, NULL, 0,	\
	  "... for this long, and `on_failure` applies at once." }
#define TIMER(key, member, preset, min, max, sentence) \
	{ SCOPE_TIMERS, key, SETTING_DURATION, AT(sl_timers, member), preset, min, max, NULL, 0, \
	    sentence }
#define LIMIT(key, type, member, preset, min, max, sentence) \
	{ SCOPE_LIMITS, key, type, AT(sl_limits, member), preset, min, max, NULL, 0, sentence }
#define TENANT(member)		AT(sl_tenant, member)
#define AUTHENTICATION(member)	AT(sl_authentication_settings, member)
#define SENDERS(member)		AT(sl_authentication_policy, member)
#define DNS_LIST(member)	AT(sl_dns_list, member)
/* The three maps share one array. */
#define SAYS(name)		SL_SAYS_##name * sizeof(char *), sizeof(char *)
#define CATEGORY(action)	offsetof(struct sl_policy_category, at) + \
	(action) * sizeof(double), sizeof(double)

const struct setting settings_table[] = {
	/* what it is, where it lies, default, least, most, words, map, what for */
	{ SCOPE_TOP, "listen", SETTING_LISTENERS, TOP(listeners), NULL, 1, 64, NULL, SCOPE_LISTEN,
	  "Where senders connect: addresses, or maps with `address` and more." },
	{ SCOPE_TOP, "hostname", SETTING_HOSTNAME, TOP(hostname), "auto", 0, 0, NULL, 0,
	  "The name in the greeting and in `Received:` lines; `auto` is this machine's name." },
	{ SCOPE_TOP, "workers", SETTING_COUNT, TOP(workers), "auto", 1, 256, automatic, 0,
	  "Number of edge processes; `auto` is one for each processor." },
	{ SCOPE_TOP, "user", SETTING_NAME, TOP(user), "\"\"", 0, 32, NULL, 0,
	  "The user that edges become when started by root; empty: `_sluice`, `sluice` or `nobody`, "
	  "the first that exists." },
	{ SCOPE_TOP, "control", SETTING_CONTROL, TOP(control_path), "auto", 0, 0, NULL, 0,
	  "The Unix socket that sluicectl talks to; `auto` is /run/sluice/control for root, else "
	  "$XDG_RUNTIME_DIR/sluice/control; empty: none." },
	{ SCOPE_TOP, "record", SETTING_PATH, TOP(record_path), "\"-\"", 0, 0, NULL, 0,
	  "The file that gets one JSON line for each transaction; `-` is standard output, empty is "
	  "none." },
	{ SCOPE_TOP, "model", SETTING_MODEL, TOP(model_path), "\"\"", 0, 0, NULL, 0,
	  "The models and what they weigh, as `sluicectl train` writes them; `default` is what comes with Sluice, empty "
	  "is none." },
	{ SCOPE_TOP, "own", SETTING_CA, TOP(own_path), "\"\"", 0, 0, NULL, 0,
	  "What each tenant has learned of its own mail, written by `sluicectl learn --own`; empty is none." },
	{ SCOPE_TOP, "rules", SETTING_RULES, TOP(rules_path), "\"\"", 0, 0, NULL, 0,
	  "The snapshot of rules that `sluicectl rules compile` made; `default` is the one that comes with Sluice, "
	  "empty is none." },
	{ SCOPE_TOP, "rules_key", SETTING_RULES_KEY, TOP(rules_key), "\"\"", 0, 0, NULL, 0,
	  "The public key that `rules` must be signed by, or the file that `sluicectl rules key` wrote it to; empty: "
	  "unsigned ones are taken." },
	{ SCOPE_TOP, "tls", SETTING_MAP, 0, 0, NULL, 0, 0, NULL, SCOPE_TLS,
	  "Certificates." },
	{ SCOPE_TOP, "clamd", SETTING_ENGINE, TOP(engines[SL_ENGINE_CLAMD]), NULL, 0, 0, NULL, SCOPE_CLAMD,
	  "The virus scanner; without this map there is none." },
	{ SCOPE_TOP, "rspamd", SETTING_ENGINE, TOP(engines[SL_ENGINE_RSPAMD]), NULL, 0, 0, NULL, SCOPE_RSPAMD,
	  "An rspamd to ask beside our own classifiers; without this map there is none." },
	{ SCOPE_TOP, "spamd", SETTING_ENGINE, TOP(engines[SL_ENGINE_SPAMD]), NULL, 0, 0, NULL, SCOPE_SPAMD,
	  "SpamAssassin's daemon, likewise." },
	{ SCOPE_TOP, "icap", SETTING_ENGINE, TOP(engines[SL_ENGINE_ICAP]), NULL, 0, 0, NULL, SCOPE_ICAP,
	  "An ICAP server (RFC 3507) that looks for malware; without this map there is none." },
	{ SCOPE_TOP, "attachments", SETTING_MAP, TOP(attachments), NULL, 0, 0, NULL, SCOPE_ATTACHMENTS,
	  "Files that are taken apart." },
	{ SCOPE_TOP, "reputation", SETTING_MAP, TOP(reputation), NULL, 0, 0, NULL, SCOPE_REPUTATION,
	  "What addresses, networks and domains have sent before." },
	{ SCOPE_TOP, "campaigns", SETTING_MAP, TOP(campaigns), NULL, 0, 0, NULL, SCOPE_CAMPAIGNS,
	  "Texts that have come before, and their near-copies." },
	{ SCOPE_TOP, "correspondents", SETTING_MAP, TOP(correspondents), NULL, 0, 0, NULL, SCOPE_CORRESPONDENTS,
	  "Who has written to each tenant before, so that a first contact is told from an old acquaintance." },
	{ SCOPE_TOP, "quarantine", SETTING_MAP, TOP(quarantine), NULL, 0, 0, NULL, SCOPE_QUARANTINE,
	  "Where messages are kept that a policy wants kept." },
	{ SCOPE_TOP, "console", SETTING_MAP, TOP(console), NULL, 0, 0, NULL, SCOPE_CONSOLE,
	  "Where tenants are kept that `sluicectl tenant` adds." },
	{ SCOPE_TOP, "dns", SETTING_MAP, TOP(dns), NULL, 0, 0, NULL, SCOPE_DNS,
	  "Who is asked about senders' domains." },
	{ SCOPE_TOP, "authentication", SETTING_MAP, TOP(authentication), NULL, 0, 0, NULL,
	  SCOPE_AUTHENTICATION, "How senders are authenticated: SPF, DKIM, DMARC, ARC, reverse DNS. What "
	  "is made of it is each tenant's." },
	{ SCOPE_TOP, "dns_lists", SETTING_DNS_LISTS, TOP(dns_lists), "[]", 0, 64, NULL, SCOPE_DNS_LIST,
	  "DNS lists of addresses and of domains (RFC 5782), as evidence." },
	{ SCOPE_TOP, "timers", SETTING_MAP, TOP(timers), NULL, 0, 0, NULL, SCOPE_TIMERS,
	  "How long to wait for whom." },
	{ SCOPE_TOP, "limits", SETTING_MAP, TOP(limits), NULL, 0, 0, NULL, SCOPE_LIMITS,
	  "How much of everything." },
	{ SCOPE_TOP, "defaults", SETTING_DEFAULTS, 0, 0, NULL, 0, 0, NULL, SCOPE_TENANT,
	  "Settings of all tenants that do not say otherwise: all of a tenant's but `domains`, "
	  "`next_hops` and `name`." },
	{ SCOPE_TOP, "tenants", SETTING_TENANTS, TOP(tenants), "[]", 0, 1000000, NULL, SCOPE_TENANT,
	  "Whose mail is taken, and where it goes; may be empty where `console` has them." },

	{ SCOPE_LISTEN, "address", SETTING_LISTEN_AT, LISTENER(at), NULL, 0, 0, NULL, 0,
	  "IP:PORT, as in 0.0.0.0:25 or [::]:25." },
	{ SCOPE_LISTEN, "tls", SETTING_WORD, LISTENER(tls), "starttls", 0, 0, listener_tls, 0,
	  "`starttls` offers it if there is a certificate; `implicit` begins with it; `off` does "
	  "not offer it." },
	{ SCOPE_LISTEN, "proxy_from", SETTING_NETWORKS, LISTENER(proxy_from), "[]", 0, 1000, NULL, 0,
	  "Networks of load balancers that speak the PROXY protocol; from others it is an error." },

	{ SCOPE_TLS, "certificate", SETTING_CERTIFICATE, TOP(tls_certificate_pem), "\"\"", 0, 0, NULL,
	  0, "A PEM file: our certificate, then those that lead to its root." },
	{ SCOPE_TLS, "key", SETTING_KEY, TOP(tls_key_pem), "\"\"", 0, 0, NULL, 0,
	  "A PEM file: the certificate's private key, without a passphrase." },
	{ SCOPE_TLS, "ca", SETTING_CA, TOP(tls_ca_path), "/etc/ssl/certs/ca-certificates.crt", 0, 0,
	  NULL, 0, "A PEM file: whom to believe where `next_hop_tls` is `verify`." },

	ENGINE_ROWS(SCOPE_CLAMD, "clamd", 3310, "defer", "25MiB", "scanned", " Keep it at or below clamd's "
	    "StreamMaxLength."),
	ENGINE_ROWS(SCOPE_RSPAMD, "rspamd", 11333, "pass", "2MiB", "judged", ""),
	ENGINE_ROWS(SCOPE_SPAMD, "spamd", 783, "pass", "512KiB", "judged", ""),
	{ SCOPE_ICAP, "service", SETTING_NAME, ENGINE(service), "avscan", 0, 100, NULL, 0,
	  "The service's name in icap://HOST:PORT/SERVICE, as in `avscan` or `squidclamav`." },
	ENGINE_ROWS(SCOPE_ICAP, "icap", 1344, "defer", "25MiB", "scanned", ""),

	{ SCOPE_ATTACHMENTS, "look_into", SETTING_WORD, ATTACHMENTS(look), "yes", 0, 0, yes_no, 0,
	  "Whether a process without network and files looks into archives, documents, shortcuts and "
	  "images (QR codes); `no`: names and types are still looked at." },
	{ SCOPE_ATTACHMENTS, "deadline", SETTING_DURATION, ATTACHMENTS(deadline_ms), "5s", 10, 20 * SEC,
	  NULL, 0, "How long one file may take; not more than `timers.judge`." },
	{ SCOPE_ATTACHMENTS, "max_size", SETTING_SIZE, ATTACHMENTS(max_bytes), "16MiB", 1 * KIB, 32 * MIB,
	  NULL, 0, "Larger files are not taken apart, which is evidence of its own. They lie in memory "
	  "until their turn comes, 128 MiB in a worker at most." },
	{ SCOPE_ATTACHMENTS, "on_failure", SETTING_WORD, ATTACHMENTS(fail), "pass", 0, 0, fail_modes, 0,
	  "What happens to mail with a file that nobody could look into in time: `pass` judges "
	  "without it, `defer` answers 451." },
	{ SCOPE_REPUTATION, "memory", SETTING_SIZE, MEMORY(bytes), "16MiB", 64 * KIB, 4096ull * MIB, none, 0,
	  "Shared by all workers; 16 MiB hold 262,144 senders. A new size begins with nothing; 0: no "
	  "reputation." },
	{ SCOPE_REPUTATION, "half_life", SETTING_DURATION, MEMORY(half_life_ms), "7d", 1 * HOUR, 30 * DAY, NULL, 0,
	  "After this time what was counted counts half." },
	{ SCOPE_CAMPAIGNS, "memory", SETTING_SIZE, MEMORY(bytes), "16MiB", 64 * KIB, 4096ull * MIB, none, 0,
	  "Shared by all workers; 16 MiB hold 43,690 texts, of which hashes are kept and nothing else. A new "
	  "size begins with nothing; 0: texts are not remembered." },
	{ SCOPE_CAMPAIGNS, "half_life", SETTING_DURATION, MEMORY(half_life_ms), "7d", 1 * HOUR, 30 * DAY, NULL, 0,
	  "After this time what was counted counts half." },
	{ SCOPE_CORRESPONDENTS, "memory", SETTING_SIZE, CONTACTS(bytes), "8MiB", 64 * KIB, 4096ull * MIB, none, 0,
	  "Shared by all workers; 8 MiB hold 500,000 addresses, of which hashes are kept and nothing else. A new size begins "
	  "with nothing; 0: correspondents are not remembered." },
	{ SCOPE_CORRESPONDENTS, "quiet_days", SETTING_COUNT, CONTACTS(quiet_days), "10", 0, SL_CORRESPONDENTS_QUIET_MAX,
	  NULL, 0, "On so many days must mail to a tenant have been learned of before a first contact is evidence: with "
	  "nothing remembered everybody is a stranger." },
	{ SCOPE_QUARANTINE, "directory", SETTING_PATH, QUARANTINE(directory), "\"\"", 0, 0, NULL, 0,
	  "The vault's directory, made if it is not there: `headers`, `bodies` and `keys` in it may be disks of their "
	  "own; empty: nothing is ever kept." },
	{ SCOPE_QUARANTINE, "master_key", SETTING_PATH, QUARANTINE(master_key), "\"\"", 0, 0, NULL, 0,
	  "The file of the key that all others are under, 32 bytes, made at the first start; better not on the vault's "
	  "disks; empty: `master.key` in `directory`." },
	{ SCOPE_QUARANTINE, "user", SETTING_NAME, QUARANTINE(user), "\"\"", 0, 32, NULL, 0,
	  "The user that the vault becomes when started by root; empty: that of edges. One of its own is better." },
	{ SCOPE_QUARANTINE, "keep", SETTING_DURATION, QUARANTINE(keep_ms), "7d", 1 * DAY, 365ull * DAY, NULL, 0,
	  "How long a message is kept, to the end of that day (UTC); then its keys are destroyed." },
	{ SCOPE_QUARANTINE, "messages", SETTING_COUNT, QUARANTINE(messages), "100000", 1, 100000000, none, 0,
	  "Messages kept of one tenant; more are answered 452; 0: no limit." },
	{ SCOPE_QUARANTINE, "size", SETTING_SIZE, QUARANTINE(bytes), "2GiB", 1 * MIB, (uint64_t)1 << 50, none, 0,
	  "Bytes kept of one tenant, likewise; 0: no limit." },
	{ SCOPE_QUARANTINE, "deadline", SETTING_DURATION, QUARANTINE(deadline_ms), "20s", 10, 60 * SEC, NULL, 0,
	  "How long the vault's word that it has a message on disk is awaited; then 451." },

	{ SCOPE_CONSOLE, "directory", SETTING_PATH, CONSOLE(directory), "\"\"", 0, 0, NULL, 0,
	  "The directory of the settings database, made if it is not there; empty: there is no console, and tenants are "
	  "those of this file, without lists and reports by mail." },
	{ SCOPE_CONSOLE, "socket", SETTING_PATH, CONSOLE(socket), "/run/sluice/console", 0, 0, NULL, 0,
	  "The Unix socket by which `sluicectl` asks; every user of this machine may, and does what his roles let him." },
	{ SCOPE_CONSOLE, "user", SETTING_NAME, CONSOLE(user), "\"\"", 0, 32, NULL, 0,
	  "The user that the console becomes when started by root; empty: that of edges. One of its own is better." },
	{ SCOPE_CONSOLE, "records", SETTING_PATH, CONSOLE(records), "/var/lib/sluice/traffic", 0, 0, NULL, 0,
	  "Where `sluicectl traffic record` keeps records, a file for each day: `sluicectl policy simulate` replays them there, and "
	  "`sluicectl trace` looks into them, in a process that becomes the directory's owner and may read nothing else, and tells all but "
	  "operators of their own mail alone; reports by mail have their figures of traffic from there. Made, for root, if it is not there; "
	  "empty: operators alone can simulate and trace, with files they read themselves, and reports have no such figures." },
	{ SCOPE_CONSOLE, "two_persons", SETTING_WORD, CONSOLE(two_persons), "no", 0, 0, yes_no, 0,
	  "What cannot be undone, or hands over everything, waits until a second person with the right to do it has approved it "
	  "(`sluicectl approvals`); then it takes two people who each have an account. Not for an installation with one administrator: "
	  "he could do none of it. It is set here, where root alone writes, so that no role of the console can switch it off." },

	{ SCOPE_DNS, "servers", SETTING_SERVERS, DNS(servers), "auto", 0, SL_DNS_SERVERS_MAX, NULL, 0,
	  "Resolvers that look names up for us, best first; without a port 53. `auto` are those of "
	  "/etc/resolv.conf. One on this machine is best: its answers cannot be forged on the way." },
	{ SCOPE_DNS, "timeout", SETTING_DURATION, DNS(timeout_ms), "1500ms", 10, 10 * SEC, NULL, 0,
	  "When the next server is tried; who answers late is still heard." },
	{ SCOPE_DNS, "deadline", SETTING_DURATION, DNS(deadline_ms), "6s", 10, 10 * SEC, NULL, 0,
	  "When a question is given up, over all tries." },
	{ SCOPE_DNS, "cache", SETTING_SIZE, DNS(cache_bytes), "16MiB", 64 * KIB, 1024 * MIB, none, 0,
	  "What a worker remembers of answers, as long as they say and for a day at most; 0: "
	  "nothing." },
	{ SCOPE_DNS, "lookups", SETTING_COUNT, DNS(lookups), "500", 1, 10000, NULL, 0,
	  "Questions that a worker may have under way at once; more are given up at once." },

	{ SCOPE_AUTHENTICATION, "id", SETTING_HOSTNAME, AUTHENTICATION(id), "auto", 0, 0, NULL, 0,
	  "The name in our `Authentication-Results:`; `auto` is `hostname`. Fields that come with a "
	  "message and bear it are removed. All servers of a domain may share one." },
	{ SCOPE_AUTHENTICATION, "deadline", SETTING_DURATION, AUTHENTICATION(deadline_ms), "5s", 10,
	  20 * SEC, NULL, 0, "How long DNS answers are awaited after the final dot, all together; what is "
	  "missing then is `temperror`. Not more than `timers.judge`." },
	{ SCOPE_AUTHENTICATION, "exempt", SETTING_NETWORKS, AUTHENTICATION(exempt),
	  "[127.0.0.0/8, \"::1\"]", 0, 1000, NULL, 0,
	  "Senders that are not authenticated, nor sought in lists: own relays, this machine." },

	{ SCOPE_DNS_LIST, "zone", SETTING_ZONE, DNS_LIST(zone), NULL, 0, 0, NULL, 0,
	  "Where it is asked, as in zen.spamhaus.org. Most lists want to be asked through a resolver of "
	  "your own." },
	{ SCOPE_DNS_LIST, "of", SETTING_WORD, DNS_LIST(of), "address", 0, 0, list_of, 0,
	  "What it lists: `address` of senders; `domain`: those of MAIL FROM, EHLO and From; `link-domain`: what "
	  "links lead to, cut to the registrable domain (SURBL, URIBL, Spamhaus DBL); `link-address`: addresses that "
	  "stand in place of a link's host. A zone that lists both stands here twice." },
	{ SCOPE_DNS_LIST, "category", SETTING_WORD, DNS_LIST(category), "spam", 0, 0, categories, 0,
	  "What being listed speaks for." },
	{ SCOPE_DNS_LIST, "weight", SETTING_WEIGHT, DNS_LIST(weight), "2.5", 0, 0, NULL, 0,
	  "Log-odds that being listed adds; below 0 for lists of good senders." },
	{ SCOPE_DNS_LIST, "answers", SETTING_ANSWERS, DNS_LIST(answers), "{}", 0, 64, NULL, 0,
	  "Weights of single answers, as in {127.0.0.2: 3, 127.0.0.10: 0.5}; the others have `weight`." },
	{ SCOPE_DNS_LIST, "bits", SETTING_WORD, DNS_LIST(bits), "no", 0, 0, yes_no, 0,
	  "Whether answers are sums of bits, as those of SURBL and URIBL: then {127.0.0.8: 3} is the weight of "
	  "every answer that holds 8." },
	{ SCOPE_DNS_LIST, "test", SETTING_NAME, DNS_LIST(test), "auto", 0, 100, NULL, 0,
	  "What the list must have, as it is put before `zone`; `auto` is 2.0.0.127, or the domain test "
	  "(RFC 5782, 5), and then 127.0.0.1 or invalid must not be listed; `none`: no test." },

	TIMER("greeting_delay", greeting_delay_ms, "0", 0, 30 * SEC,
	  "Before our greeting; who talks earlier is refused. 0: none."),
	TIMER("command", command_ms, "5m", 10, 1 * HOUR, "A sender between commands."),
	TIMER("data", data_ms, "3m", 10, 1 * HOUR, "A sender inside a message."),
	TIMER("stress_command", stress_command_ms, "30s", 10, 1 * HOUR,
	  "`command`, when sessions are nearly used up."),
	TIMER("stress_data", stress_data_ms, "15s", 10, 1 * HOUR,
	  "`data`, when sessions are nearly used up."),
	TIMER("connect", connect_ms, "10s", 10, 60 * SEC,
	  "One next hop: connection, TLS, greeting and EHLO."),
	TIMER("chain", chain_ms, "30s", 10, 60 * SEC,
	  "All of that, MAIL and the first RCPT, over all next hops."),
	TIMER("hop_reply", hop_reply_ms, "5m", 10, 1 * HOUR,
	  "A next hop's reply to MAIL, RCPT, DATA and RSET."),
	TIMER("hop_data", hop_data_ms, "3m", 10, 1 * HOUR, "A next hop that takes no data."),
	TIMER("hop_final", hop_final_ms, "10m", 10, 1 * HOUR,
	  "A next hop's reply to the final dot. Shorter than its own work means duplicates."),
	TIMER("judge", judge_ms, "20s", 10, 20 * SEC,
	  "Our own work after the final dot; then 451."),
	TIMER("hop_idle", hop_idle_ms, "30s", 0, 1 * HOUR,
	  "A connection to a next hop that is kept for the next message; 0: none is kept."),
	TIMER("hop_down", hop_down_ms, "10s", 0, 1 * HOUR,
	  "How long a next hop that failed is tried last."),
	TIMER("stop", stop_ms, "30s", 0, 1 * HOUR, "Sessions may finish when Sluice is stopped."),

	LIMIT("sessions", SETTING_COUNT, sessions, "10000", 1, 1000000, "Sessions of one worker."),
	LIMIT("sessions_per_source", SETTING_COUNT, sessions_per_source, "200", 1, 1000000,
	  "Sessions of one worker from one address; this machine is exempt."),
	LIMIT("recipients", SETTING_COUNT, recipients, "100", 100, 100000,
	  "Recipients of one transaction (RFC 5321, 4.5.3.1.8: at least 100); more are answered 452."),
	LIMIT("errors", SETTING_COUNT, errors, "20", 1, 10000,
	  "Errors of a session before it is ended with 421."),
	LIMIT("messages_per_session", SETTING_COUNT, messages_per_session, "1000", 1, 1000000,
	  "Messages of a session before it is ended with 421."),
	LIMIT("header", SETTING_SIZE, header_bytes, "256KiB", 16 * KIB, 16 * MIB,
	  "A message's header section."),
	LIMIT("received_hops", SETTING_COUNT, received_hops, "100", 10, 1000,
	  "`Received:` lines of a message; more are a loop."),
	LIMIT("line", SETTING_SIZE, line_bytes, "1MiB", 1000, 16 * MIB,
	  "A line of a message; up to this they pass unchanged."),
	LIMIT("hop_connections", SETTING_COUNT, hop_connections, "1000", 1, 100000,
	  "Connections of one worker to one next hop; when all are in use, senders are answered 451."),
	LIMIT("hop_messages", SETTING_COUNT, hop_messages, "100", 1, 1000000,
	  "Messages over one connection to a next hop. Exim is given 10 at most: it queues what comes "
	  "after them."),
	LIMIT("data_rate", SETTING_RATE, data_rate_bytes_per_min, "1KiB/min", 0, 1024 * MIB,
	  "The slowest a sender may be inside a message; 0: no limit."),
	LIMIT("early_records", SETTING_COUNT, early_records, "1200", 0, 1000000,
	  "Records of one worker, a minute, of what ended before there was a message: sessions, senders and recipients that were "
	  "refused. One address has a tenth of it; more are counted. 0: none."),

	{ SCOPE_TENANT, "domains", SETTING_DOMAINS, TENANT(domains), NULL, 1, 100000, NULL, 0,
	  "Recipients' domains; `*.example.com` is every domain below example.com. Umlauts and other "
	  "scripts may be written as they are." },
	{ SCOPE_TENANT, "next_hops", SETTING_NEXT_HOPS, TENANT(next_hops), NULL, 1, 16, NULL, 0,
	  "The mail servers behind Sluice, HOST:PORT, best first; without a port 25." },
	{ SCOPE_TENANT, "name", SETTING_NAME, TENANT(name), "\"\"", 0, 100, NULL, 0,
	  "What records call the tenant; empty: its first domain." },
	{ SCOPE_TENANT, "mode", SETTING_WORD, TENANT(mode), "filter", 0, 0, modes, 0,
	  "`filter` judges and acts, `monitor` judges and changes nothing, `pass-through` only "
	  "passes on." },
	{ SCOPE_TENANT, "next_hop_tls", SETTING_WORD, TENANT(next_hop_tls), "opportunistic", 0, 0,
	  hop_tls, 0, "TLS towards the next hops: `opportunistic` if offered, `require` always, "
	  "`verify` with a certificate that bears its name." },
	{ SCOPE_TENANT, "line_endings", SETTING_WORD, TENANT(normalise), "refuse", 0, 0,
	  line_endings, 0, "Messages with a bare CR or LF: `refuse` them, or `normalise` every such "
	  "line end of the whole message." },
	{ SCOPE_TENANT, "window", SETTING_SIZE, TENANT(window_bytes), "256KiB", 16 * KIB, 8 * MIB,
	  NULL, 0, "Messages up to this size are judged whole before the next hop sees a byte." },
	{ SCOPE_TENANT, "message_size", SETTING_SIZE, TENANT(message_max_bytes), "50MiB", 64 * KIB,
	  (uint64_t)1 << 40, no_limit, 0, "Larger messages are refused; 0: no limit." },
	{ SCOPE_TENANT, "policy", SETTING_MAP, TENANT(policy), NULL, 0, 0, NULL, SCOPE_POLICY,
	  "What is done from which probability on." },
	{ SCOPE_TENANT, "authentication", SETTING_MAP, TENANT(authentication), NULL, 0, 0, NULL,
	  SCOPE_AUTHENTICATION_POLICY, "What is done with mail whose sender is not who it claims." },
	{ SCOPE_TENANT, "people", SETTING_PEOPLE, TENANT(people), "{}", 0, 1000, NULL, 0,
	  "People whose names are protected, as in {Ann Doe: [ann@home.example]}: who calls himself so and writes neither from "
	  "the tenant's domains nor from these addresses (or domains, and what is below them) imitates them." },
	{ SCOPE_TENANT, "subject_tag", SETTING_TEXT, TENANT(subject_tag), "\"\"", 0, 40, NULL, 0,
	  "Put before the subject of tagged messages, as in `[SPAM]`; empty: the subject stays." },
	{ SCOPE_TENANT, "copy_to", SETTING_TEXT, TENANT(copy_to), "\"\"", 0, 320, NULL, 0,
	  "The address that gets a copy where an action says `copy`, as in `audit@example.com`. The next hop is given it in the same "
	  "transaction: nothing is stored for it." },
	{ SCOPE_TENANT, "refusal_text", SETTING_TEXT, TENANT(refusal_text), "\"\"", 0, 200, NULL, 0,
	  "Shown to refused senders after the reason: an address of a web page or a telephone "
	  "number." },
	{ SCOPE_TENANT, "quarantine", SETTING_MAP, TENANT(says), NULL, 0, 0, NULL, SCOPE_TENANT_QUARANTINE,
	  "What users see of what is kept for them, and may do with it. `quarantine: {users_see: [spam, bulk]}` is all that lists by mail "
	  "take." },
	{ SCOPE_TENANT, "digest", SETTING_MAP, TENANT(says), NULL, 0, 0, NULL, SCOPE_TENANT_DIGEST,
	  "When users are told, by mail, of what was kept for them." },
	{ SCOPE_TENANT, "reports", SETTING_MAP, TENANT(says), NULL, 0, 0, NULL, SCOPE_TENANT_REPORTS,
	  "Reports by mail." },

	{ SCOPE_POLICY, "spam", SETTING_CATEGORY, SL_SPAM * sizeof(struct sl_policy_category), 0,
	  "{tag: 0.8, refuse: 0.995}", 0, 0, NULL, SCOPE_CATEGORY, "Unwanted bulk, or fraud in general." },
	{ SCOPE_POLICY, "phish", SETTING_CATEGORY, SL_PHISH * sizeof(struct sl_policy_category), 0,
	  "{tag: 0.8, refuse: 0.995}", 0, 0, NULL, SCOPE_CATEGORY,
	  "Attempts to steal credentials or money." },
	{ SCOPE_POLICY, "malware", SETTING_CATEGORY, SL_MALWARE * sizeof(struct sl_policy_category), 0,
	  "{refuse: 0.5}", 0, 0, NULL, SCOPE_CATEGORY, "Viruses, worms and droppers." },
	{ SCOPE_POLICY, "bulk", SETTING_CATEGORY, SL_BULK * sizeof(struct sl_policy_category), 0,
	  "never", 0, 0, NULL, SCOPE_CATEGORY, "Sent to many alike: newsletters and notices, which some "
	  "want." },
	{ SCOPE_POLICY, "malformed", SETTING_CATEGORY, SL_MALFORMED * sizeof(struct sl_policy_category), 0,
	  "never", 0, 0, NULL, SCOPE_CATEGORY, "Broken so that programs read it differently." },

	{ SCOPE_CATEGORY, "tag", SETTING_PROBABILITY, CATEGORY(SL_ACTION_TAG), "never", 0, 0, never, 0,
	  "Deliver with a header that says so, and `subject_tag`." },
	{ SCOPE_CATEGORY, "copy", SETTING_PROBABILITY, CATEGORY(SL_ACTION_COPY), "never", 0, 0, never, 0,
	  "Give a copy to `copy_to`, whatever else is done but `defer`." },
	{ SCOPE_CATEGORY, "quarantine", SETTING_PROBABILITY, CATEGORY(SL_ACTION_QUARANTINE), "never", 0, 0, never, 0,
	  "Keep it in the vault; the sender hears 250 when it is on disk there. Needs `quarantine.directory`." },
	{ SCOPE_CATEGORY, "defer", SETTING_PROBABILITY, CATEGORY(SL_ACTION_DEFER), "never", 0, 0, never,
	  0, "Answer 451: the sender tries again later." },
	{ SCOPE_CATEGORY, "refuse", SETTING_PROBABILITY, CATEGORY(SL_ACTION_REFUSE), "never", 0, 0,
	  never, 0, "Answer 550: the sender is told at once." },

	{ SCOPE_AUTHENTICATION_POLICY, "dmarc", SETTING_WORD, SENDERS(dmarc), "enforce", 0, 0,
	  dmarc_modes, 0, "What the author's domain asks for (RFC 9989): `enforce` refuses on `reject` and "
	  "tags on `quarantine`, `record` takes it as evidence, `off` does not ask." },
	{ SCOPE_AUTHENTICATION_POLICY, "bad_author", SETTING_WORD, SENDERS(bad_author), "refuse", 0, 0,
	  bad_author, 0, "Messages without From, with several, or with one that mail programs read in "
	  "different ways: `refuse`, `tag`, or `off`." },
	{ SCOPE_AUTHENTICATION_POLICY, "spf_fail", SETTING_WORD, SENDERS(spf_fail), "evidence", 0, 0,
	  spf_modes, 0, "An SPF `fail` of MAIL FROM: `evidence`, or `refuse` unless DMARC passes. Mail that "
	  "is forwarded fails SPF as a rule." },
	{ SCOPE_AUTHENTICATION_POLICY, "trusted_sealers", SETTING_DOMAINS, SENDERS(trusted_sealers), "[]",
	  0, 1000, NULL, 0, "Domains (d=) of forwarders and lists whose valid ARC seal, as the last one, "
	  "overrides DMARC and `spf_fail`." },
	{ SCOPE_AUTHENTICATION_POLICY, "require_pass", SETTING_DOMAINS, SENDERS(require_pass), "[]", 0,
	  10000, NULL, 0, "Author domains that must be proven by DKIM or SPF whatever they publish: mail "
	  "from them is refused otherwise, and deferred while DNS cannot tell. `*.example.com` is every "
	  "domain below." },

#define SAYS_ROW(scope, key, name, sentence) { scope, key, SETTING_POLICY, SAYS(name), NULL, 0, 0, NULL, 0, sentence }
	SAYS_ROW(SCOPE_TENANT_QUARANTINE, "users_see", USERS_SEE, "What is in their lists, by why it was kept; administrators see all."),
	SAYS_ROW(SCOPE_TENANT_QUARANTINE, "users_release", USERS_RELEASE, "What of it they may release by answering."),
	SAYS_ROW(SCOPE_TENANT_QUARANTINE, "users_allow", USERS_ALLOW, "Whether they may let a sender's mail pass from then on."),
	SAYS_ROW(SCOPE_TENANT_DIGEST, "days", DIGEST_DAYS, "On which days; without anything new there is no mail."),
	SAYS_ROW(SCOPE_TENANT_DIGEST, "hours", DIGEST_HOURS, "At which hours of these days."),
	SAYS_ROW(SCOPE_TENANT_DIGEST, "time_zone", DIGEST_ZONE, "Whose hours, as in `Europe/Berlin`."),
	SAYS_ROW(SCOPE_TENANT_DIGEST, "language", DIGEST_LANGUAGE, "As in `en`, `de` or `fr`; English where there is none."),
	SAYS_ROW(SCOPE_TENANT_DIGEST, "address", DIGEST_ADDRESS, "One mailbox that gets the lists of all; empty: each user his own."),
	SAYS_ROW(SCOPE_TENANT_DIGEST, "brand", DIGEST_BRAND, "The last line: who runs this, a telephone number; empty: the tenant's name."),
	SAYS_ROW(SCOPE_TENANT_REPORTS, "days", REPORT_DAYS, "On which days: `[mon]` is weekly, none is never."),
	SAYS_ROW(SCOPE_TENANT_REPORTS, "hour", REPORT_HOUR, "At which hour of these days, by `digest.time_zone`."),
	SAYS_ROW(SCOPE_TENANT_REPORTS, "addresses", REPORT_ADDRESSES, "Who gets them: mailboxes of the tenant's own domains."),
	SAYS_ROW(SCOPE_TENANT_REPORTS, "kinds", REPORT_KINDS, "What is in them."),
};
const size_t settings_table_len = SL_COUNT(settings_table);

const struct setting_scope_info setting_scopes[SCOPE_COUNT] = {
	[SCOPE_TOP] = { "", "At the top of the file." },
	[SCOPE_LISTEN] = { "listen[]", "An entry of `listen` that is a map. A string is its "
	    "`address`." },
	[SCOPE_TLS] = { "tls", "Without a certificate STARTTLS is not offered to senders." },
	[SCOPE_CLAMD] = { "clamd", "The virus scanner, spoken to while the message arrives." },
	[SCOPE_RSPAMD] = { "rspamd", "Asked over HTTP while the message arrives (its normal worker's port, or the "
	    "controller's). Its score is evidence like any other." },
	[SCOPE_SPAMD] = { "spamd", "Asked by SPAMC/1.5 while the message arrives. Its score is evidence like any "
	    "other." },
	[SCOPE_ICAP] = { "icap", "Asked by RESPMOD while the message arrives." },
	[SCOPE_ATTACHMENTS] = { "attachments", "Archives are also listed as they pass, whatever is said here." },
	[SCOPE_REPUTATION] = { "reputation", "Learned from verdicts that are sure without it. Kept in memory "
	    "only: a restart of Sluice begins with nothing, that of a worker does not. `authentication.exempt` "
	    "senders have none." },
	[SCOPE_CAMPAIGNS] = { "campaigns", "Kept in memory only, like `reputation`." },
	[SCOPE_CORRESPONDENTS] = { "correspondents", "Learned from mail that was delivered untagged and whose author is proven "
	    "by DMARC, DKIM or SPF; on 3 different days, until an address is known. Kept in memory only, like `reputation`." },
	[SCOPE_QUARANTINE] = { "quarantine", "Sealed to a key of each tenant, headers and bodies apart (doc/vault.md). "
	    "`sluicectl quarantine` lists, shows, releases and deletes." },
	[SCOPE_CONSOLE] = { "console", "A process of its own has the database of partners, tenants, users, lists and policies "
	    "(doc/policy.md), and compiles what edges need of it. Who first starts it, and root, are its operators." },
	[SCOPE_DNS] = { "dns", "A question without an answer in time is no reason to refuse mail: it "
	    "is one thing less that is known." },
	[SCOPE_AUTHENTICATION] = { "authentication", "Needs `dns`. Not done in `pass-through`." },
	[SCOPE_DNS_LIST] = { "dns_lists[]", "An entry of `dns_lists`. A list that does not list its test "
	    "entry, or lists everything, is left alone until it does its work again." },
	[SCOPE_TIMERS] = { "timers", "Defaults are those of RFC 5321, 4.5.3.2." },
	[SCOPE_LIMITS] = { "limits", "What one sender, one message and one worker may use." },
	[SCOPE_TENANT] = { "tenants[]", "One customer, and likewise `defaults` for all of them." },
	[SCOPE_POLICY] = { "tenants[].policy", "One map for each category. A category that is given "
	    "replaces the inherited one whole." },
	[SCOPE_CATEGORY] = { "tenants[].policy.CATEGORY", "From which probability on, 0.01 to 1 or "
	    "`never`. The strongest action that applies is done: `refuse`, then `defer`, then "
	    "`quarantine`, then `tag`." },
	[SCOPE_AUTHENTICATION_POLICY] = { "tenants[].authentication", "Besides the policy by probability: "
	    "the graver of both is done." },
	[SCOPE_TENANT_QUARANTINE] = { "tenants[].quarantine", "As in policies (doc/policy.md), and so in the next two. Needs `console` and "
	    "the vault (`quarantine` at the top). What is not said here can be set by `sluicectl policy`; what is said here is changed "
	    "here (doc/console.md)." },
	[SCOPE_TENANT_DIGEST] = { "tenants[].digest", "Answers come back to the `hostname` of the top of the file: its MX, or address, has to "
	    "be Sluice." },
	[SCOPE_TENANT_REPORTS] = { "tenants[].reports", "Figures of traffic need `console.records`." },
};

const struct setting *
setting_find(enum setting_scope scope, struct sl_slice key)
{
	for (size_t i = 0; i < settings_table_len; i++)
		if (settings_table[i].scope == scope &&
		    sl_slice_eq(sl_slice_str(settings_table[i].key), key))
			return &settings_table[i];
	return NULL;
}

bool
setting_has_default(const struct setting *row)
{
	return row->scope == SCOPE_TENANT && row->type != SETTING_DOMAINS &&
	    row->type != SETTING_NEXT_HOPS && row->type != SETTING_NAME;
}

uint64_t
setting_number(const struct setting *row, const void *at)
{
	uint64_t wide = 0;
	uint32_t narrow = 0;
	bool flag = false;

	switch (row->width) {
	case sizeof(wide):
		memcpy(&wide, at, sizeof(wide));
		return wide;
	case sizeof(narrow):
		memcpy(&narrow, at, sizeof(narrow));
		return narrow;
	case sizeof(flag):
		memcpy(&flag, at, sizeof(flag));
		return flag;
	}
	SL_UNREACHABLE("a number of no known width");
}

void
setting_set_number(const struct setting *row, void *at, uint64_t number)
{
	uint32_t narrow = (uint32_t)number;
	bool flag = number != 0;

	switch (row->width) {
	case sizeof(number):
		memcpy(at, &number, sizeof(number));
		return;
	case sizeof(narrow):
		SL_ASSERT(number == narrow);
		memcpy(at, &narrow, sizeof(narrow));
		return;
	case sizeof(flag):
		SL_ASSERT(number <= 1);
		memcpy(at, &flag, sizeof(flag));
		return;
	}
	SL_UNREACHABLE("a number of no known width");
}

bool
setting_number_ok(const struct setting *row, uint64_t number)
{
	for (const struct setting_word *w = row->words; w != NULL && w->word != NULL; w++)
		if (w->value == number)
			return true;
	return row->type != SETTING_WORD && number >= row->min && number <= row->max;
}

uint32_t
settings_table_version(void)
{
	uint64_t h = 0;

	for (size_t i = 0; i < settings_table_len; i++) {
		const struct setting *row = &settings_table[i];

		h = h * 31 + sl_hash(row->key, strlen(row->key));
		h = h * 31 + (uint64_t)row->scope * 1000 + (uint64_t)row->type;
		h = h * 31 + row->offset * 16 + row->width;
	}
	return (uint32_t)(h ^ (h >> 32));
}
