/*
 * conf_i.h - inside lib/conf: the problems found, the YAML tree, and values as written
 */
#ifndef SL_CONF_I_H
#define SL_CONF_I_H

#include "conf/settings.h"
#include "sl/arena.h"
#include "sl/buf.h"

/* Problems, gathered in any order and printed by position. At most CONF_ERRORS_MAX are kept; the
 * rest are counted. */
#define CONF_ERRORS_MAX	100

struct conf_mark {
	unsigned	line;		/* from 1 */
	unsigned	column;		/* from 1, in characters */
};

struct conf_errors {
	struct conf_error {
		struct conf_mark at;
		char		*text;
	}	list[CONF_ERRORS_MAX];
	size_t	len;
	size_t	dropped;
};

void	conf_errors_init(struct conf_errors *errors);
void	conf_errors_fini(struct conf_errors *errors);
void	conf_errors_add(struct conf_errors *errors, struct conf_mark at, const char *format, ...)
	    SL_PRINTF(3, 4);
/* A line each: "file:line:column: what". */
void	conf_errors_print(struct conf_errors *errors, const char *file, struct sl_buf *out);

/* YAML, as far as settings need it: maps with plain keys, lists and scalars. Anchors, aliases, tags,
 * further documents, doubled keys, tabs that indent and bytes that are not printable UTF-8 are
 * problems. Bounded: bytes, nesting, nodes and keys of a map. */
#define CONF_YAML_BYTES_MAX	(32u << 20)
#define CONF_YAML_DEPTH_MAX	16
#define CONF_YAML_NODES_MAX	4000000u
#define CONF_YAML_KEYS_MAX	64

struct sl_policy_setting;

enum conf_kind { CONF_SCALAR, CONF_LIST, CONF_MAP };

struct conf_node {
	enum conf_kind		 kind;
	struct conf_mark	 at;
	bool			 null;		/* nothing was written, or ~ or null */
	struct sl_slice		 text;		/* of a scalar; with a NUL behind it */
	struct sl_slice		 key;		/* of an entry of a map */
	struct conf_mark	 key_at;
	struct conf_node	*first;		/* of a list or map */
	struct conf_node	*last;
	struct conf_node	*next;		/* sibling */
	size_t			 len;		/* of a list or map */
};

/* Parse into `arena`. Returns the tree, or NULL: at least one problem was added, and nothing useful
 * could be read. (With a tree there may be problems too.) An empty text is an empty map. */
struct conf_node *conf_yaml_parse(struct sl_slice text, struct sl_arena *arena,
		    struct conf_errors *errors);

/* Values as they are written. Results 0 or SL_ERR_SYNTAX, unless said otherwise. */
SL_MUST_USE int	value_count(struct sl_slice s, uint64_t *out);
SL_MUST_USE int	value_duration(struct sl_slice s, uint64_t *ms_out);	/* 500ms 30s 5m 2h 1d, 0 */
SL_MUST_USE int	value_size(struct sl_slice s, uint64_t *bytes_out);	/* 300 16B 256KiB 25MiB 1GiB */
SL_MUST_USE int	value_rate(struct sl_slice s, uint64_t *bytes_out);	/* a size, "/min" behind it */
SL_MUST_USE int	value_fraction(struct sl_slice s, double *out);		/* 0.98, 1; not 1e-2 */
void	value_print_duration(uint64_t ms, struct sl_buf *out);
void	value_print_size(uint64_t bytes, struct sl_buf *out);

/* Where an address may come from, and so what it may be. */
enum value_address {
	VALUE_LISTEN,	/* IP:PORT */
	VALUE_CONNECT,	/* IP:PORT or NAME:PORT; without a port: `port`, if not 0 */
	VALUE_UNIX,	/* an absolute path */
};
unsigned endpoint_port(const struct sl_endpoint *endpoint);	/* 0 for a Unix socket */
void	 endpoint_set_port(struct sl_endpoint *endpoint, unsigned port);
/* Fill in *out; text is kept in `arena`. A name leaves address_len 0. Returns NULL, or what is
 * wrong as the end of a sentence; static. */
const char *value_endpoint(struct sl_slice s, enum value_address from, unsigned port,
	    struct sl_arena *arena, struct sl_endpoint *out);
/* The servers that a resolv.conf(5) names, up to SL_DNS_SERVERS_MAX; without any the one on this
 * machine, as libc has it. Addresses with a scope ("fe80::1%eth0") are left out. */
void	 resolv_conf_servers(struct sl_slice text, struct sl_arena *arena, struct sl_dns_settings *dns_out);
/* 192.0.2.0/24, 2001:db8::/32, or an address alone. NULL, or what is wrong; static. */
const char *value_network(struct sl_slice s, struct sl_network *out);

/* A domain as settings keep it: lower case, A-labels, no final dot. `wildcards`: "*." in front is
 * fine. NULL, or what is wrong; static. */
#define VALUE_DOMAIN_MAX	253
const char *value_domain(struct sl_slice s, bool wildcards, char out[VALUE_DOMAIN_MAX + 3]);
/* Is this what value_domain would give back unchanged? */
bool	value_domain_is_normal(struct sl_slice s, bool wildcards);
/* A name of `people`. */
bool	value_is_person(struct sl_slice s);
/* "Ann@HOME.example" is Ann@home.example, "Home.example" is home.example: who may write in a person's name. NULL, or
 * what to do. */
#define VALUE_CORRESPONDENT_MAX	(64 + 1 + VALUE_DOMAIN_MAX)
const char *value_correspondent(struct sl_slice s, char out[VALUE_CORRESPONDENT_MAX + 1]);
bool	value_is_correspondent(struct sl_slice s);	/* as it would give it back */
/* Hexadecimal digits, as many as a key of rules has. */
bool	value_is_rules_key(struct sl_slice text);

/* Certificates. NULL, or what is wrong, as the end of a sentence; static. */
const char *pem_certificate(struct sl_slice pem);	/* is there at least one, and do all parse? */
const char *pem_key(struct sl_slice pem);		/* is there one, without a passphrase? */
const char *pem_match(struct sl_slice certificate, struct sl_slice key);

/* Memory of a snapshot. Never NULL: what is read is bounded, and so is what it grows into. */
#define CONF_ARENA_BYTES	((size_t)4 << 30)
void	*conf_alloc(struct sl_arena *arena, size_t count, size_t size_bytes);
char	*conf_strdup(struct sl_arena *arena, struct sl_slice s);

/* The look-up of domains. Returns 0, or SL_ERR_SYNTAX when two are the same: *first_out and
 * *second_out say which, as (tenant << 32 | domain). */
SL_MUST_USE int	settings_index(struct sl_settings *settings, uint64_t *first_out,
		    uint64_t *second_out);
struct sl_settings *settings_new(void);	/* one reference, nothing in it */

/* says.c: a value of a policy's setting, added to `out` as YAML on one line. NULL, or what to write, at *at_out. */
const char *says_read(const struct sl_policy_setting *row, const struct conf_node *node, struct sl_buf *out,
	    const struct conf_node **at_out);
/* What may be written for a setting of policies: "list of mon, tue, ...". */
void	says_describe(const struct sl_policy_setting *row, struct sl_buf *out);

#endif
