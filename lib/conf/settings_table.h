/*
 * settings_table.h - every setting, once
 *
 * A row says where a setting is written, what it may be, what it is without being set, and in one
 * sentence what for. The reader, the packer, the reference (doc/settings.md, sluice.yaml(5)) and
 * the example are loops over these rows: a new setting is a new row and a field in settings.h.
 */
#ifndef SL_SETTINGS_TABLE_H
#define SL_SETTINGS_TABLE_H

#include "conf/settings.h"
#include "policy/setting.h"

enum setting_scope {		/* a map of the file; rows of one scope stand together */
	SCOPE_TOP,
	SCOPE_LISTEN,		/* an entry of listen */
	SCOPE_TLS,
	SCOPE_CLAMD,
	SCOPE_RSPAMD,
	SCOPE_SPAMD,
	SCOPE_ICAP,
	SCOPE_ATTACHMENTS,
	SCOPE_REPUTATION,
	SCOPE_CAMPAIGNS,
	SCOPE_CORRESPONDENTS,
	SCOPE_QUARANTINE,
	SCOPE_CONSOLE,
	SCOPE_DNS,
	SCOPE_AUTHENTICATION,
	SCOPE_DNS_LIST,		/* an entry of dns_lists */
	SCOPE_TIMERS,
	SCOPE_LIMITS,
	SCOPE_TENANT,		/* an entry of tenants; defaults is one too */
	SCOPE_POLICY,
	SCOPE_CATEGORY,
	SCOPE_AUTHENTICATION_POLICY,
	SCOPE_TENANT_QUARANTINE,	/* these three are named as in a policy of the console's */
	SCOPE_TENANT_DIGEST,
	SCOPE_TENANT_REPORTS,
	SCOPE_COUNT,
};

enum setting_type {
	/* numbers: `min` ... `max`, or one of `words`; stored in `width` bytes */
	SETTING_COUNT,
	SETTING_DURATION,	/* in milliseconds */
	SETTING_SIZE,		/* in bytes */
	SETTING_RATE,		/* bytes per minute */
	SETTING_WORD,		/* one of `words` only */
	SETTING_PROBABILITY,	/* double; `never` is above 1 */
	SETTING_WEIGHT,		/* double: log-odds, -10 to 10 */
	/* text: char *, never NULL */
	SETTING_TEXT,		/* printable ASCII, at most `max` bytes */
	SETTING_NAME,		/* printable UTF-8, at most `max` bytes */
	SETTING_HOSTNAME,
	SETTING_ZONE,		/* a domain */
	SETTING_PATH,		/* made absolute; "" and "-" stay */
	SETTING_CONTROL,	/* a path, or auto */
	SETTING_MODEL,		/* a path, or default */
	SETTING_RULES,		/* a path, or default */
	SETTING_RULES_KEY,	/* a path, or hexadecimal digits, which are kept */
	SETTING_CA,		/* a path of a file that exists */
	SETTING_CERTIFICATE,	/* a path; what is kept is the content */
	SETTING_KEY,
	SETTING_POLICY,		/* a setting of a policy by the same path (setting.h), as YAML; "" where it is not said */
	/* structures */
	SETTING_LISTEN_AT,	/* struct sl_endpoint: IP:PORT */
	SETTING_CONNECT_TO,	/* struct sl_endpoint: HOST:PORT */
	SETTING_SOCKET,		/* struct sl_endpoint, shared with the row after it: a path */
	SETTING_NETWORKS,	/* list; pointer and count of the struct */
	SETTING_DOMAINS,
	SETTING_ANSWERS,	/* map: an address of 127.0.0.0/8 to a weight */
	SETTING_PEOPLE,		/* map: a name to a list of addresses and domains */
	SETTING_NEXT_HOPS,
	SETTING_SERVERS,	/* list of struct sl_endpoint: IP or IP:PORT; or auto, which is none */
	SETTING_LISTENERS,
	SETTING_DNS_LISTS,
	SETTING_TENANTS,
	SETTING_MAP,		/* the rows of scope `map`; what is not given is inherited */
	SETTING_CATEGORY,	/* the same; what is not given is never done */
	SETTING_ENGINE,		/* the same, and being there switches it on */
	SETTING_DEFAULTS,	/* a tenant's settings for all tenants */
	SETTING_TYPE_COUNT,
};

#define SETTING_WEIGHT_MAX	10	/* log-odds, either way */
#define SETTING_PERSON_MAX	100	/* bytes of a name of `people` */
#define SETTING_POLICY_MAX	16384	/* bytes of what a policy's setting is given */
#define SETTING_ADDRESSES_MAX	32	/* of a person */
#define SETTING_ZONE_MAX	180	/* of a DNS list: a reversed IPv6 address fits in front */

struct setting_word {
	const char	*word;
	uint64_t	 value;
};

struct setting {
	enum setting_scope	 scope;
	const char		*key;
	enum setting_type	 type;
	size_t			 offset;	/* in the scope's struct */
	size_t			 width;		/* of a number */
	const char		*preset;	/* the default, as it would be written; NULL: must be set,
						 * or there is none (structures) */
	uint64_t		 min, max;
	const struct setting_word *words;	/* ends with NULL */
	enum setting_scope	 map;
	const char		*sentence;
};

extern const struct setting settings_table[];
extern const size_t settings_table_len;

struct setting_scope_info {
	const char	*path;		/* "timers", "tenants[]" */
	const char	*sentence;
};
extern const struct setting_scope_info setting_scopes[SCOPE_COUNT];

const struct setting *setting_find(enum setting_scope scope, struct sl_slice key);	/* or NULL */
/* The policy's row that a row of type SETTING_POLICY is of. */
const struct sl_policy_setting *setting_policy(const struct setting *row);
/* May it stand in `defaults`? A tenant's own domains, next hops and name may not. */
bool		setting_has_default(const struct setting *row);
/* The number of a row, whatever its width. */
uint64_t	setting_number(const struct setting *row, const void *at);
void		setting_set_number(const struct setting *row, void *at, uint64_t number);
/* Is it in range, or the value of one of the row's words? */
bool		setting_number_ok(const struct setting *row, uint64_t number);
/* Changes whenever a row is added, removed or means something else: the pack's version. */
uint32_t	settings_table_version(void);

#endif
