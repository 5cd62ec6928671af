/* digests_mail.c - see digests.h: a digest as mail, and those that somebody asks for */

#include "digests_i.h"

#include <sodium.h>
#include <stdio.h>

#include "courier/queue.h"
#include "sl/log.h"

#define REQUEST_DAYS	30u		/* the address for a new list is good */

void
digests_from(const struct digests *d, struct sl_buf *out)
{
	sl_buf_addf(out, "quarantine@%s", d->hostname);
}

void
digest_unique(int64_t tenant, const char *mailbox, int64_t due_s, unsigned char out[16])
{
	char *text = sl_xasprintf("%lld %lld %s", (long long)tenant, (long long)due_s, mailbox);

	crypto_generichash(out, 16, (const unsigned char *)text, strlen(text), NULL, 0);
	sl_free(text);
}

/* `keys`: NULL for a preview, whose addresses are signed by a key that nobody has. */
static int
compose(struct digests *d, int64_t tenant, struct sl_slice name, const struct reader *reader, const unsigned char unique[16],
    const struct sl_digest_keys *keys, struct sl_buf *out, struct sl_buf *message_id)
{
	struct sl_digest_keys nobodys = { .len = 1 };
	struct sl_digest digest = { .keys = keys, .tenant = (uint32_t)tenant, .customer = name, .brand = sl_slice_str(reader->rights->brand), .domain = digests_hostname(d),
		.to = sl_slice_str(reader->mailbox), .language = sl_slice_str(reader->rights->language),
		.zone = zones_get(&d->zones, reader->rights->zone), .zone_name = sl_slice_str(reader->rights->zone),
		.since_s = reader->since_s, .until_s = reader->due_s, .now_s = digests_now_s(d), .request_days = REQUEST_DAYS,
		.rows = reader->rows, .rows_len = reader->rows_len, .unlisted = reader->unlisted };
	struct sl_buf from;
	int r;

	if (keys == NULL) {
		sl_random(nobodys.keys[0].secret, sizeof(nobodys.keys[0].secret));
		digest.keys = &nobodys;
	}
	if (digest.until_s == 0) {	/* asked for: of all that is held */
		digest.until_s = digest.since_s = digest.now_s;
		for (size_t i = 0; i < reader->rows_len; i++)
			digest.since_s = SL_MIN(digest.since_s, reader->rows[i].received_us / 1000000);
	}
	memcpy(digest.unique, unique, sizeof(digest.unique));
	sl_buf_init(&from, 1024);
	digests_from(d, &from);
	digest.from = sl_buf_slice(&from);
	r = sl_digest_compose(&digest, out, message_id);
	sl_buf_fini(&from);
	explicit_bzero(&nobodys, sizeof(nobodys));
	return r;
}

int
digest_submit(struct digests *d, int64_t tenant, struct sl_slice name, const struct reader *reader, const unsigned char unique[16],
    ways_submitted *done, void *ctx)
{
	struct sl_digest_keys keys;
	struct sl_courier_mail mail = { .purpose = SL_QUEUE_DIGEST, .tenant = name };
	struct sl_buf bytes, message_id, recipients;
	char token[64];
	int n = snprintf(token, sizeof(token), "digest:"), r = digests_keys(d, &keys);

	for (size_t i = 0; i < 16; i++)
		n += snprintf(token + n, sizeof(token) - (size_t)n, "%02x", unique[i]);
	sl_buf_init(&bytes, SL_DIGEST_BYTES_MAX);
	sl_buf_init(&message_id, 1024);
	sl_buf_init(&recipients, 1024);
	if (r == 0)
		r = compose(d, tenant, name, reader, unique, &keys, &bytes, &message_id);
	explicit_bzero(&keys, sizeof(keys));
	sl_courier_text_add(&recipients, sl_slice_str(reader->mailbox));
	mail.token = sl_slice_str(token);
	mail.recipients = sl_buf_slice(&recipients);
	mail.message_id = sl_buf_slice(&message_id);
	if (r == 0 && !ways_submit(d->options.ways, &mail, sl_buf_slice(&bytes), done, ctx))
		r = SL_ERR_CLOSED;
	sl_buf_fini(&bytes);
	sl_buf_fini(&message_id);
	sl_buf_fini(&recipients);
	return r;
}

/* ---- one that is asked for ---- */

void
single_free(struct digests *d, struct single *single)
{
	struct single **at = &d->single;

	while (*at != NULL && *at != single)
		at = &(*at)->next;
	if (*at != NULL)
		*at = single->next;
	ways_forget(d->options.ways, single);
	gather_free(&single->gather);
	sl_free(single);
}

static void
single_over(struct single *single, int result, struct sl_slice mail)
{
	struct digests *d = single->digests;
	digests_done *done = single->done;
	void *ctx = single->ctx;
	size_t rows = single->rows;

	single_free(d, single);
	if (ctx != NULL)
		done(ctx, result, rows, mail);
}

static void
on_submitted(void *ctx, int result)
{
	single_over(ctx, result, sl_slice("", 0));
}

static void
show(struct single *single, struct reader *reader)
{
	struct digests *d = single->digests;
	struct sl_buf bytes, message_id;
	int r;

	sl_buf_init(&bytes, SL_DIGEST_BYTES_MAX);
	sl_buf_init(&message_id, 1024);
	r = compose(d, single->tenant, gather_tenant(single->gather), reader, single->unique, NULL, &bytes, &message_id);
	single_over(single, r, sl_buf_slice(&bytes));
	sl_buf_fini(&bytes);
	sl_buf_fini(&message_id);
}

static void
on_gathered(void *ctx, int result)
{
	struct single *single = ctx;
	struct digests *d = single->digests;
	struct reader *reader = result == 0 ? gather_readers(single->gather) : NULL;

	while (reader != NULL && reader->rows_len == 0)
		reader = reader->next;
	single->rows = reader != NULL ? reader->rows_len : 0;
	if (reader == NULL) {
		single_over(single, result, sl_slice("", 0));
	} else if (single->preview) {
		show(single, reader);
	} else {
		result = digest_submit(d, single->tenant, gather_tenant(single->gather), reader, single->unique, on_submitted, single);
		if (result != 0)
			single_over(single, result, sl_slice("", 0));
	}
}

void
digests_send(struct digests *d, int64_t tenant, const char *mailbox, const unsigned char unique[16], bool preview, digests_done *done,
    void *ctx)
{
	struct single *single = sl_xzalloc(sizeof(*single));
	struct sl_buf name;

	single->digests = d;
	single->tenant = tenant;
	single->preview = preview;
	single->done = done;
	single->ctx = ctx;
	memcpy(single->unique, unique, sizeof(single->unique));
	single->next = d->single;
	d->single = single;
	sl_buf_init(&name, 1024);
	if (sl_store_name(d->options.console->store, (struct sl_node){ SL_LEVEL_TENANT, tenant }, &name) == 0)
		sl_buf_consume(&name, strlen("tenant:"));
	else
		sl_buf_add_str(&name, "-");	/* gone: the vault knows none of that name */
	single->gather = gather_new(&(struct gather_options){ .loop = d->options.loop, .console = d->options.console,
		.ways = d->options.ways, .agenda = d->options.agenda, .zones = &d->zones, .tenant = tenant, .name = sl_buf_slice(&name), .only = mailbox,
		.done = on_gathered, .ctx = single });
	sl_buf_fini(&name);
}

void
digests_forget(struct digests *d, const void *ctx)
{
	for (struct single *single = d->single; single != NULL; single = single->next)
		if (single->ctx == ctx)
			single->ctx = NULL;
}
