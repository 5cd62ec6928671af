/*
 * settings.h - everything an administrator can set, checked and with defaults filled in
 *
 * Read from YAML by settings_read (in the unprivileged checker), packed into bytes, handed
 * to the edges and unpacked there. An immutable snapshot, counted: sessions hold the one
 * they began with. doc/settings.md is the reference and is generated from the same table
 * (lib/conf/settings_table.h) that reads them.
 */
#ifndef SL_SETTINGS_H
#define SL_SETTINGS_H

#include "classify/engine.h"
#include "classify/dnslist.h"
#include "classify/people.h"
#include "policy/policy.h"
#include "sl/arena.h"
#include "sl/buf.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum sl_fail_mode { SL_FAIL_DEFER, SL_FAIL_PASS };

enum sl_hop_tls {
	SL_HOP_TLS_OFF,
	SL_HOP_TLS_OPPORTUNISTIC,	/* if offered, certificate not checked; failure falls back to 4yz */
	SL_HOP_TLS_REQUIRE,		/* certificate not checked */
	SL_HOP_TLS_VERIFY,		/* certificate must match the name */
};

enum sl_listener_tls { SL_LISTENER_STARTTLS, SL_LISTENER_TLS_IMPLICIT, SL_LISTENER_TLS_OFF };

struct sl_endpoint {		/* an address to connect to or to listen on */
	char			*text;		/* as written, for messages */
	char			*host;		/* without port and brackets */
	struct sockaddr_storage	 address;	/* port set; AF_UNIX for an absolute path */
	socklen_t		 address_len;
};

struct sl_network {		/* 192.0.2.0/24 */
	unsigned char	address[16];	/* IPv4 as ::ffff:a.b.c.d */
	unsigned	bits;		/* 0 ... 128 */
};

struct sl_listener {
	struct sl_endpoint	 at;
	enum sl_listener_tls	 tls;
	struct sl_network	*proxy_from;	/* balancers that speak PROXY; others are plain clients */
	size_t			 proxy_from_len;
};

/* What is done by what the sender's domain says of itself: SPF, DKIM, DMARC (RFC 7208, 6376, 9989). */
enum sl_dmarc_mode {
	SL_DMARC_ENFORCE,	/* reject refuses, quarantine tags */
	SL_DMARC_RECORD,	/* evidence and record only */
	SL_DMARC_OFF,		/* not looked up */
};
enum sl_bad_author { SL_BAD_AUTHOR_REFUSE, SL_BAD_AUTHOR_TAG, SL_BAD_AUTHOR_OFF };
enum sl_spf_mode { SL_SPF_EVIDENCE, SL_SPF_REFUSE };

struct sl_authentication_policy {
	enum sl_dmarc_mode	  dmarc;
	enum sl_bad_author	  bad_author;	/* no From, several, or one that cannot be read */
	enum sl_spf_mode	  spf_fail;	/* a hard fail that no DMARC pass makes up for */
	char			**trusted_sealers;	/* whose ARC seal overrides DMARC and SPF */
	size_t			  trusted_sealers_len;
	char			**require_pass;	/* author domains whose mail is refused without a pass */
	size_t			  require_pass_len;
};

/* What of a tenant's section is not for edges: the console makes it a part of the tenant's policy. By the path that it has there. */
#define SL_TENANT_SAYS(X)							\
	X(USERS_SEE, "quarantine.users_see")					\
	X(USERS_RELEASE, "quarantine.users_release")				\
	X(USERS_ALLOW, "quarantine.users_allow")				\
	X(DIGEST_DAYS, "digest.days")						\
	X(DIGEST_HOURS, "digest.hours")						\
	X(DIGEST_ZONE, "digest.time_zone")					\
	X(DIGEST_LANGUAGE, "digest.language")					\
	X(DIGEST_ADDRESS, "digest.address")					\
	X(DIGEST_BRAND, "digest.brand")						\
	X(REPORT_DAYS, "reports.days")						\
	X(REPORT_HOUR, "reports.hour")						\
	X(REPORT_ADDRESSES, "reports.addresses")				\
	X(REPORT_KINDS, "reports.kinds")

enum sl_tenant_says {		/* bits in the console's database: only added to */
#define SL_TENANT_SAYS_ENUM(name, path) SL_SAYS_##name,
	SL_TENANT_SAYS(SL_TENANT_SAYS_ENUM)
#undef SL_TENANT_SAYS_ENUM
	SL_SAYS_COUNT,
};
const char	*sl_tenant_says_path(enum sl_tenant_says what);	/* static */

struct sl_tenant {
	char			 *name;		/* first domain unless set */
	char			**domains;	/* lower case, A-labels; "*" in front matches sub-domains */
	size_t			  domains_len;
	struct sl_endpoint	 *next_hops;	/* in order of preference */
	size_t			  next_hops_len;
	enum sl_mode		  mode;
	enum sl_hop_tls		  next_hop_tls;
	bool			  normalise;	/* line_endings: normalise */
	size_t			  window_bytes;
	uint64_t		  message_max_bytes;	/* 0: no limit */
	struct sl_policy_category policy[SL_CATEGORY_COUNT];
	struct sl_authentication_policy authentication;
	struct sl_person	 *people;	/* whose names are protected */
	size_t			  people_len;
	char			 *subject_tag;	/* "" : leave the subject alone */
	char			 *copy_to;	/* an address that is given what `copy` asks for; "": nobody */
	char			 *refusal_text;	/* shown after the reason: a URL or telephone number; "" */
	char			 *says[SL_SAYS_COUNT];	/* each as YAML on one line; NULL or "": nothing */
	unsigned		  line;		/* of the file, where it begins */
};

/* May its policy ask for that action? */
bool	sl_tenant_may(const struct sl_tenant *tenant, enum sl_action action);
/* What it says of what is done with mail, as a policy of the console's kind has it: the rows of sl_tenant_policy_rows, bits of
 * setting.h's table; the others of `out` are 0. Lists lie in `arena`, texts in the tenant. */
struct sl_policy;
void	 sl_tenant_policy(const struct sl_tenant *tenant, struct sl_arena *arena, struct sl_policy *out);
uint64_t sl_tenant_policy_rows(void);

struct sl_timers {		/* milliseconds; RFC 5321, 4.5.3.2 and E3 */
	unsigned	greeting_delay_ms;	/* before our 220; 0: none */
	unsigned	command_ms;		/* sender idle between commands */
	unsigned	data_ms;		/* sender idle inside DATA */
	unsigned	stress_command_ms;	/* the same when sessions are nearly used up */
	unsigned	stress_data_ms;
	unsigned	connect_ms;		/* one next hop: TCP, TLS, greeting, EHLO */
	unsigned	chain_ms;		/* all of that, MAIL and first RCPT, over all next hops */
	unsigned	hop_reply_ms;		/* next hop: MAIL, RCPT, DATA, RSET */
	unsigned	hop_data_ms;		/* next hop takes a block of data */
	unsigned	hop_final_ms;		/* next hop's answer to the final dot */
	unsigned	judge_ms;		/* our own thinking after the final dot */
	unsigned	hop_idle_ms;		/* a kept connection to a next hop */
	unsigned	hop_down_ms;		/* how long a failed next hop is tried last */
	unsigned	stop_ms;		/* sessions may finish after SIGTERM */
};

struct sl_limits {
	unsigned	sessions;		/* per edge */
	unsigned	sessions_per_source;	/* per edge; loopback is exempt */
	unsigned	recipients;		/* of a transaction */
	unsigned	errors;			/* of a session, then 421 */
	unsigned	messages_per_session;
	unsigned	header_bytes;
	unsigned	received_hops;
	unsigned	line_bytes;
	unsigned	hop_connections;	/* per edge and next hop */
	unsigned	hop_messages;		/* over one kept connection */
	unsigned	data_rate_bytes_per_min;	/* slowest sender in DATA */
	unsigned	early_records;		/* a minute and edge (edge/flood.h); 0: none */
};

struct sl_engine_settings {	/* of clamd, rspamd, spamd, icap: see classify/engine.h */
	bool			on;
	struct sl_endpoint	at;
	unsigned		deadline_ms;	/* after the final dot */
	uint64_t		max_bytes;	/* of a message; more is not scanned: absent evidence */
	char			*service;	/* ICAP: the service's name; NULL: none */
	enum sl_fail_mode	fail;
	unsigned		breaker_failures;	/* in a row open the breaker ... */
	unsigned		breaker_ms;	/* ... for this long */
};

struct sl_attachment_settings {
	bool			look;		/* have a helper look into archives, documents, images */
	unsigned		deadline_ms;	/* of one file */
	uint64_t		max_bytes;	/* of a file, decoded; of a larger one only the list is read */
	enum sl_fail_mode	fail;
};

/* A table of what has been before, shared by all edges. */
struct sl_memory_settings {
	uint64_t		bytes;		/* 0: none */
	unsigned		half_life_ms;	/* of its counts */
};

/* Who has written to whom, shared by all edges. */
struct sl_contact_settings {
	uint64_t		bytes;		/* 0: none */
	unsigned		quiet_days;	/* days of a tenant's mail before strangers are spoken of */
};

/* Where messages are kept that a policy wants kept: the vault's. */
struct sl_quarantine_settings {
	char			*directory;	/* "": nothing is kept */
	char			*master_key;	/* a path; "": `master.key` in the directory */
	char			*user;		/* whom the vault becomes; "": whom edges become */
	uint64_t		 keep_ms;
	uint64_t		 messages;	/* of a tenant; 0: no limit */
	uint64_t		 bytes;
	unsigned		 deadline_ms;	/* for the vault's word that it has a message */
};

struct sl_console_settings {
	char			*directory;	/* "": there is none */
	char			*socket;
	char			*user;		/* whom it becomes; "": whom edges become */
	char			*records;	/* day files of traffic, for reports and `policy simulate`; "": there are none */
	bool			 two_persons;	/* some verbs wait for a second one */
};

struct sl_authentication_settings {
	char			*id;		/* authserv-id of our Authentication-Results */
	unsigned		 deadline_ms;	/* for all DNS answers, after the final dot */
	struct sl_network	*exempt;	/* senders that nobody's DNS is asked about */
	size_t			 exempt_len;
};

#define SL_DNS_SERVERS_MAX	8

struct sl_dns_settings {
	struct sl_endpoint	*servers;	/* IP addresses with ports; none: auto, not resolved yet */
	size_t			 servers_len;
	unsigned		 timeout_ms;	/* of one try */
	unsigned		 deadline_ms;	/* of a question */
	uint64_t		 cache_bytes;	/* per edge; 0: no cache */
	unsigned		 lookups;	/* under way at once, per edge */
};

struct sl_settings {
	struct sl_arena		 arena;		/* holds all of the below */
	unsigned		 refs;
	struct sl_listener	*listeners;
	size_t			 listeners_len;
	struct sl_tenant	*tenants;
	size_t			 tenants_len;
	unsigned		 workers;
	char			*hostname;
	char			*user;		/* edges run as; "" when not root */
	char			*control_path;	/* Unix socket of sluicectl; "": none */
	char			*record_path;	/* JSON lines; "-": standard output; "": none */
	char			*tls_certificate_pem;	/* the texts, not the paths: edges read no files */
	char			*tls_key_pem;
	char			*tls_ca_path;	/* for next_hop_tls: verify */
	char			*model_path;	/* "": none */
	char			*own_path;	/* what tenants know of their own mail; "": none */
	char			*rules_path;	/* "": none */
	char			*rules_key;	/* SL_RULES_KEY_DIGITS hexadecimal digits, or "" */
	struct sl_engine_settings engines[SL_ENGINE_COUNT];
	struct sl_attachment_settings attachments;
	struct sl_memory_settings reputation;	/* of senders */
	struct sl_memory_settings campaigns;	/* of texts */
	struct sl_contact_settings correspondents;
	struct sl_quarantine_settings quarantine;
	struct sl_console_settings console;
	struct sl_dns_settings	 dns;
	struct sl_authentication_settings authentication;
	struct sl_dns_list	*dns_lists;
	size_t			 dns_lists_len;
	struct sl_timers	 timers;
	struct sl_limits	 limits;
	/* domain -> tenant, built by read and unpack */
	uint32_t		*domain_table;
	size_t			 domain_table_len;
};

/* Read YAML. `file` names it in messages; `text` is its content. Never touches the network:
 * host names of next hops are left for the caller (address_len 0). Files that settings name
 * (certificate, key) are read. Returns 0 and a snapshot with one reference, or SL_ERR_SYNTAX
 * with every problem found added to `errors`, a line each: "file:line:column: what to do". */
SL_MUST_USE int	sl_settings_read(const char *file, struct sl_slice text,
		    struct sl_settings **settings_out, struct sl_buf *errors);
/* Fill in the addresses of endpoints given by name (getaddrinfo, blocking), and the DNS servers of
 * /etc/resolv.conf where they are `auto`. Problems are added to `errors`; SL_ERR_NOT_FOUND if any. */
SL_MUST_USE int	sl_settings_resolve(struct sl_settings *settings, struct sl_buf *errors);

/* Where `control: auto` is for who runs this: /run/sluice/control for root, else under
 * $XDG_RUNTIME_DIR; "" without one. */
#define SL_CONTROL_PATH_MAX	107	/* of a Unix socket's path */
void	sl_control_default(char out[SL_CONTROL_PATH_MAX + 1]);

/* Do the files that edges will be given hold what they should (the model, what tenants know, the rules)? Problems are
 * added to `errors`, a line each; then an SL_ERR_*. (files/settings_files.c, a library of its own.)
 * *own_fd_out (may be NULL) is what tenants know, open for reading, as it was checked; -1: there is none. */
SL_MUST_USE int	sl_settings_check_files(const struct sl_settings *settings, struct sl_buf *errors, int *own_fd_out);

struct sl_settings *sl_settings_ref(struct sl_settings *settings);
void	sl_settings_unref(struct sl_settings **settings);

#define SL_SETTINGS_PACKED_MAX	(64u << 20)	/* bytes; what a message between processes carries */
/* The snapshot as bytes and back; pack(unpack(x)) = x. Unpack checks every length and number.
 * Returns 0, SL_ERR_SYNTAX, SL_ERR_TRUNCATED or SL_ERR_VERSION. */
void		sl_settings_pack(const struct sl_settings *settings, struct sl_buf *out);
SL_MUST_USE int	sl_settings_unpack(struct sl_slice bytes, struct sl_settings **settings_out);

/* The tenant of a recipient's domain (any case, U- or A-labels, one final dot ignored); NULL: not
 * ours. O(1). */
const struct sl_tenant *sl_settings_tenant(const struct sl_settings *settings,
			    struct sl_slice domain);
/* Differs whenever what this tenant's section says does, as far as it reaches edges and the console; never 0. Not by where its next
 * hops' names lead. */
uint64_t sl_settings_tenant_mark(const struct sl_settings *settings, const struct sl_tenant *tenant);
/* Is `domain` (lower case A-labels) one of these, as settings keep them ("*." in front: below it)? */
bool	sl_settings_has_domain(char *const *domains, size_t len, struct sl_slice domain);
bool	sl_network_has(const struct sl_network *networks, size_t len, const struct sockaddr *address);

#define SL_RULES_KEY_DIGITS	64
/* The key as bytes. False: there is none. */
bool	sl_settings_rules_key(const struct sl_settings *settings, unsigned char out[SL_RULES_KEY_DIGITS / 2]);

/* The path of a file that comes with Sluice ("brands.txt"); the caller frees it (sl_free). It need not exist. */
char		*sl_settings_data_file(const char *name);

#endif
