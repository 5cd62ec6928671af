/* edge.c - see edge.h */

#include "edge.h"

#include <errno.h>
#include <sodium/crypto_generichash_blake2b.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain/idna.h"
#include "deep.h"
#include "directory.h"
#include "discovered.h"
#include "hop.h"
#include "keep.h"
#include "io/tls.h"
#include "listener.h"
#include "drift.h"
#include "lists.h"
#include "memory.h"
#include "mime/charset.h"
#include "record.h"
#include "session.h"
#include "splits.h"

#define KEYS_KEPT	200	/* of signers: 1 MiB or so */
#define CHUNKS_KEPT	128	/* free ones, for the next messages: 2 MiB */

void
edge_make_id(char out[EDGE_ID_LEN + 1])
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	static unsigned char pool[512];		/* one system call serves many ids */
	static size_t left;
	uint64_t bits;

	if (left < sizeof(bits)) {
		sl_random(pool, sizeof(pool));
		left = sizeof(pool);
	}
	left -= sizeof(bits);
	memcpy(&bits, pool + left, sizeof(bits));
	for (size_t i = 0; i < EDGE_ID_LEN; i++, bits >>= 5)
		out[i] = letters[bits & 31];
	out[EDGE_ID_LEN] = '\0';
}

/* ---- snapshots ---- */

struct snapshot *
snapshot_ref(struct snapshot *snapshot)
{
	snapshot->refs++;
	return snapshot;
}

void
snapshot_unref(struct snapshot **snapshot)
{
	struct snapshot *s = *snapshot;

	*snapshot = NULL;
	if (s == NULL || --s->refs > 0)
		return;
	lists_free(&s->lists);
	splits_free(&s->splits);
	memory_free(&s->memory);
	sl_stack_close(&s->stack);
	if (s->model_bytes != NULL)
		munmap(s->model_bytes, s->model_len);
	sl_own_close(&s->own);
	if (s->own_bytes != NULL)
		munmap(s->own_bytes, s->own_len);
	sl_rules_close(&s->rules);
	if (s->rules_bytes != NULL)
		munmap(s->rules_bytes, s->rules_len);
	SSL_CTX_free(s->server_tls);
	SSL_CTX_free(s->client_tls);
	for (size_t i = 0; s->people != NULL && i < s->settings->tenants_len; i++)
		sl_people_free(&s->people[i]);
	sl_free(s->people);
	sl_settings_unref(&s->settings);
	sl_free(s);
}

const struct sl_people *
snapshot_people(const struct snapshot *snapshot, const struct sl_tenant *tenant)
{
	const struct sl_settings *s = snapshot->settings;

	if (snapshot->people == NULL || tenant < s->tenants || tenant >= s->tenants + s->tenants_len)
		return NULL;
	return snapshot->people[tenant - s->tenants];
}

static void
load_people(const struct edge *edge, struct snapshot *s)
{
	for (size_t i = 0; i < s->settings->tenants_len; i++) {
		const struct sl_tenant *tenant = &s->settings->tenants[i];

		if (tenant->people_len > 0 && s->people == NULL)
			s->people = sl_xzalloc(s->settings->tenants_len * sizeof(struct sl_people *));
		if (tenant->people_len > 0)
			s->people[i] = sl_people_new(tenant->people, tenant->people_len, edge->fold);
	}
}

/* Map a file read-only; the descriptor is closed. NULL on failure, with errno. */
static void *
map_file(int fd, size_t *len_out)
{
	struct stat st;
	void *p = MAP_FAILED;

	if (fstat(fd, &st) == 0 && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	*len_out = p == MAP_FAILED ? 0 : (size_t)st.st_size;
	return p == MAP_FAILED ? NULL : p;
}

static int
load_model(const struct edge *edge, struct snapshot *s, int fd, struct sl_buf *why)
{
	const struct sl_stack_around around = { .suffix = edge->suffix, .fold = edge->fold };
	int r;

	if (fd < 0)
		return 0;
	s->model_bytes = map_file(fd, &s->model_len);
	r = s->model_bytes == NULL ? SL_ERR_SYSTEM
	    : sl_stack_open(sl_slice(s->model_bytes, s->model_len), &around, &s->stack, why);
	if (r != 0)
		sl_buf_addf(why, "model %s: %s", s->settings->model_path,
		    r == SL_ERR_SYSTEM ? "cannot be read" : sl_strerror(r));
	return r;
}

static int
load_own(struct snapshot *s, int fd, struct sl_buf *why)
{
	int r;

	if (fd < 0)
		return 0;
	/* The checker has read all of it, through this descriptor: 32 MiB would hold up our sessions. */
	s->own_bytes = map_file(fd, &s->own_len);
	r = s->own_bytes == NULL ? SL_ERR_SYSTEM : sl_own_open_again(sl_slice(s->own_bytes, s->own_len), &s->own);
	if (r != 0)
		sl_buf_addf(why, "%sown %s: %s", why->len > 0 ? "; " : "", s->settings->own_path,
		    r == SL_ERR_SYSTEM ? "cannot be read" : sl_strerror(r));
	return r;
}

static int
load_rules(struct snapshot *s, int fd, struct sl_buf *why)
{
	unsigned char key[SL_RULES_PUBLIC_BYTES];
	bool is_signed = sl_settings_rules_key(s->settings, key);
	int r;

	if (fd < 0)
		return 0;
	s->rules_bytes = map_file(fd, &s->rules_len);
	r = s->rules_bytes == NULL ? SL_ERR_SYSTEM
	    : sl_rules_open_own(sl_slice(s->rules_bytes, s->rules_len), is_signed ? key : NULL, &s->rules);
	if (r != 0)
		sl_buf_addf(why, "%srules %s: %s", why->len > 0 ? "; " : "", s->settings->rules_path,
		    sl_rules_open_error(r));
	return r;
}

static int
load_tls(struct snapshot *s, struct sl_slice ca_pem, const unsigned char *ticket_key,
    struct sl_buf *why)
{
	struct sl_slice certificate = sl_slice_str(s->settings->tls_certificate_pem);
	struct sl_slice key = sl_slice_str(s->settings->tls_key_pem);

	s->client_tls = sl_tls_client_new(ca_pem, why);
	if (s->client_tls == NULL)
		return SL_ERR_TLS;
	if (certificate.len == 0)
		return 0;
	s->server_tls = sl_tls_server_new(certificate, key, ticket_key, why);
	return s->server_tls == NULL ? SL_ERR_TLS : 0;
}

/* The parent gives all edges a secret, for TLS tickets; another is made of it. */
static void
make_token_key(struct snapshot *s, const unsigned char *ticket_key)
{
	static const char what[] = "sluice token 1";

	_Static_assert(SL_TLS_TICKET_KEY_BYTES >= crypto_generichash_blake2b_KEYBYTES_MAX, "a key");
	if (ticket_key != NULL)
		crypto_generichash_blake2b(s->token_key, sizeof(s->token_key), (const unsigned char *)what, sizeof(what) - 1,
		    ticket_key, crypto_generichash_blake2b_KEYBYTES_MAX);
}

/* Whose it will be is not known when it is announced: RCPT has the tenant's own limit. */
static uint64_t
size_limit(const struct edge *edge, const struct sl_settings *settings)
{
	uint64_t most = 0;

	if (edge->pictures != NULL)
		most = sl_snapshot_largest(pictures_snapshot(edge->pictures));
	for (size_t i = 0; i < settings->tenants_len; i++) {
		if (settings->tenants[i].message_max_bytes == 0)
			return 0;
		most = SL_MAX(most, settings->tenants[i].message_max_bytes);
	}
	return most;
}

static bool
judges(const struct edge *edge, const struct sl_settings *settings)
{
	if (edge->pictures != NULL)
		return true;
	for (size_t i = 0; i < settings->tenants_len; i++)
		if (settings->tenants[i].mode != SL_MODE_PASS_THROUGH)
			return true;
	return false;
}

/* What was asked before goes on; what is remembered stays unless the servers are others. */
static void
use_resolver(struct edge *edge, const struct sl_dns_settings *dns)
{
	struct sl_resolver_settings settings = {
		.servers_len = dns->servers_len,
		.timeout_ms = dns->timeout_ms,
		.deadline_ms = dns->deadline_ms,
		.cache_bytes_max = dns->cache_bytes,
		.lookups_max = dns->lookups,
	};

	_Static_assert(SL_DNS_SERVERS_MAX <= SL_RESOLVER_SERVERS_MAX, "all servers fit");
	for (size_t i = 0; i < dns->servers_len; i++)
		settings.servers[i] = dns->servers[i].address;
	if (edge->resolver == NULL)
		edge->resolver = sl_resolver_new(edge->loop, &settings);
	else
		sl_resolver_use(edge->resolver, &settings);
}

/* Settings and the console's snapshot together say who is served, and whether anybody has to be asked who sends. */
static void
use_directory(struct edge *edge)
{
	struct snapshot *s = edge->snapshot;

	directory_unref(&edge->directory);
	edge->directory = directory_new(s, edge->pictures);
	s->authenticates = judges(edge, s->settings) && s->settings->dns.servers_len > 0;
	if (s->authenticates && s->lists == NULL)
		s->lists = lists_new(edge, s->settings);
}

int
edge_use_settings(struct edge *edge, struct sl_settings *settings, const struct edge_files *files,
    struct sl_buf *why)
{
	struct snapshot *s = sl_xzalloc(sizeof(*s));
	void *ca = NULL;
	size_t ca_len = 0;
	int r, rules, own;

	s->refs = 1;
	s->settings = settings;
	s->size_limit = size_limit(edge, settings);
	s->bare_links = (struct sl_links_model){ .suffix = edge->suffix, .fold = edge->fold };
	if (files->ca_fd >= 0)
		ca = map_file(files->ca_fd, &ca_len);
	load_people(edge, s);
	s->memory = memory_open(files->memory_fd, settings);
	r = load_model(edge, s, files->model_fd, why);
	rules = load_rules(s, files->rules_fd, why);
	if (r == 0)
		r = rules;
	own = load_own(s, files->own_fd, why);
	if (r == 0)
		r = own;
	make_token_key(s, files->ticket_key);
	if (r == 0)
		r = load_tls(s, sl_slice(ca, ca_len), files->ticket_key, why);
	if (ca != NULL)
		munmap(ca, ca_len);
	if (r != 0) {
		snapshot_unref(&s);
		return r;
	}
	use_resolver(edge, &settings->dns);
	s->splits = splits_new(memory_splits(s->memory));
	snapshot_unref(&edge->snapshot);
	edge->snapshot = s;
	use_directory(edge);
	drift_begin(edge);
	return 0;
}

int
edge_use_pictures(struct edge *edge, int whole_fd, int over_fd)
{
	struct pictures *pictures;
	int r = pictures_open(whole_fd, over_fd, edge->pictures, &pictures);

	if (r != 0)
		return r;
	pictures_unref(&edge->pictures);
	edge->pictures = pictures;
	edge->snapshot->size_limit = size_limit(edge, edge->snapshot->settings);
	use_directory(edge);
	return 0;
}

/* ---- life cycle ---- */

static void
check_stopped(struct edge *edge)
{
	if (edge->stopping && edge->sessions_len == 0 && edge->on_stopped != NULL) {
		sl_timer_clear(&edge->stop_timer);
		edge->on_stopped(edge->on_stopped_ctx);
	}
}

/* A slot's totals outlive its edge: what is new is added. */
static void
count_dns(struct edge *edge)
{
	struct sl_resolver_stats *seen = &edge->resolver_seen, now;
	struct sl_stats *stats = edge->stats;

	if (edge->resolver == NULL)
		return;
	sl_resolver_stats(edge->resolver, &now);
	stats->dns_questions += now.asked - seen->asked;
	stats->dns_remembered += now.remembered - seen->remembered;
	stats->dns_sent += now.sent_udp + now.sent_tcp - seen->sent_udp - seen->sent_tcp;
	stats->dns_failed += now.temperrors - seen->temperrors;
	stats->dns_cache_bytes = now.cache_bytes;
	*seen = now;
}

static void
after_turn(void *ctx)
{
	struct edge *edge = ctx;

	sessions_sweep(edge);
	hops_sweep(edge);
	record_flush(edge->records);
	edge->stats->chunks = sl_chunk_pool_in_use(edge->chunks);
	count_dns(edge);
	check_stopped(edge);
}

static void
helper_failed(void *ctx)
{
	struct edge *edge = ctx;

	if (edge->on_helper_failed != NULL)
		edge->on_helper_failed(edge->on_helper_failed_ctx);
}

struct edge *
edge_new(struct sl_loop *loop, struct sl_stats *stats, int record_fd)
{
	struct edge *edge = sl_xzalloc(sizeof(*edge));

	edge->loop = loop;
	edge->clock = sl_loop_clock(loop);
	edge->chunks = sl_chunk_pool_new(CHUNKS_KEPT);
	edge->stats = stats;
	edge->deep = deep_new(loop, helper_failed, edge);
	edge->records = record_writer_new(record_fd, stats);
	edge->keeper = keeper_new(loop);
	edge->keys = sl_keys_new(KEYS_KEPT);
	/* What is read from files, or set up on first use, is read and set up now: soon no file can be
	 * opened. */
	sl_charset_preload();
	sl_idna_preload();
	edge->suffix = sl_suffix_open(NULL);
	edge->fold = sl_fold_preload();
	stats->sessions_open = stats->hops_open = stats->hops_idle = stats->chunks = 0;
	stats->dns_cache_bytes = 0;
	sl_loop_after_turn(loop, after_turn, edge);
	return edge;
}

void
edge_free(struct edge **edge)
{
	struct edge *e = *edge;

	if (e == NULL)
		return;
	*edge = NULL;
	listeners_close(e);
	for (struct session *s = e->sessions; s != NULL; s = s->next)
		session_end(s);
	sessions_sweep(e);
	hops_close(e);
	deep_free(&e->deep);
	keeper_free(&e->keeper);
	sl_timer_clear(&e->stop_timer);
	record_writer_free(&e->records);
	sl_resolver_free(&e->resolver);
	discovered_free(&e->discovered);
	directory_unref(&e->directory);
	pictures_unref(&e->pictures);
	snapshot_unref(&e->snapshot);
	sl_keys_free(&e->keys);
	sl_chunk_pool_free(&e->chunks);
	sl_suffix_free(&e->suffix);
	sl_fold_free(&e->fold);
	sl_loop_after_turn(e->loop, NULL, NULL);
	sl_free(e);
}

/* Time is over: what is still under way is cut; its senders have not been told 250. */
static void
on_stop_timer(void *ctx)
{
	struct edge *edge = ctx;

	sl_log(SL_LOG_NOTICE, "%u sessions are cut at stop", edge->sessions_len);
	for (struct session *s = edge->sessions; s != NULL; s = s->next)
		session_end(s);
}

void
edge_stop(struct edge *edge, void (*on_stopped)(void *ctx), void *ctx)
{
	unsigned stop_ms = edge->snapshot != NULL ? edge->snapshot->settings->timers.stop_ms : 0;

	edge->stopping = true;
	edge->on_stopped = on_stopped;
	edge->on_stopped_ctx = ctx;
	listeners_close(edge);
	hops_close_idle(edge);
	for (struct session *s = edge->sessions; s != NULL; s = s->next)
		session_stop(s);
	sl_timer_init(&edge->stop_timer, edge->loop, on_stop_timer, edge);
	sl_timer_set(&edge->stop_timer, stop_ms);
}
