/* keep.c - see keep.h: one message, from the window to the vault */

#include "keep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "keep_i.h"
#include "mime/fields.h"
#include "session.h"
#include "splits.h"

#define HEAD_MAX	(64u << 10)	/* of the header that is looked at for the record */
#define FIELD_MAX	2000u		/* of a field that is put into it */
#define REASONS_MAX	6
#define STEP_BYTES	(1u << 20)	/* of a captured message that are sealed in a turn */

void
keeping_init(struct keeping *k, struct keeper *keeper, struct session *session)
{
	*k = (struct keeping){ .session = session, .keeper = keeper, .capture_fd = -1, .body_fd = -1 };
	sl_timer_init(&k->deadline, keeper_loop(keeper), keeping_on_deadline, k);
	sl_timer_init(&k->step, keeper_loop(keeper), keeping_on_step, k);
}

void
keeping_begin(struct keeping *k, bool may_keep)
{
	SL_ASSERT(k->state == KEEPING_OFF);
	k->state = KEEPING_READY;
	if (may_keep)
		k->key = keeper_key(k->keeper, sl_slice_str(k->session->tx->tenant->name));
}

/* ---- where bytes go ---- */

static int
write_all(int fd, uint64_t at, struct sl_slice bytes)
{
	while (bytes.len > 0) {
		ssize_t n = pwrite(fd, bytes.ptr, bytes.len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return errno == ENOSPC || errno == EDQUOT ? SL_ERR_NO_SPACE : SL_ERR_SYSTEM;
		bytes = sl_slice_from(bytes, (size_t)n);
		at += (uint64_t)n;
	}
	return 0;
}

/* Are the files that it has borrowed still its own? */
static bool
is_ours(const struct keeping *k)
{
	return k->channel == keeper_channel(k->keeper);
}

static int
to_capture_file(void *ctx, struct sl_slice bytes)
{
	struct keeping *k = ctx;
	int r = is_ours(k) ? write_all(k->capture_fd, k->capture_bytes, bytes) : SL_ERR_CLOSED;

	k->capture_bytes += bytes.len;
	return r;
}

static int
to_body(void *ctx, struct sl_slice bytes)
{
	struct keeping *k = ctx;
	int r = k->body_in_memory || is_ours(k) ? write_all(k->body_fd, k->body_bytes, bytes) : SL_ERR_CLOSED;

	k->body_bytes += bytes.len;
	return r;
}

static int
to_sealer(void *ctx, struct sl_slice bytes)
{
	struct keeping *k = ctx;

	crypto_generichash_blake2b_update(k->digest, bytes.ptr, bytes.len);
	return sl_seal_body_feed(k->sealer, bytes);
}

/* Keep the header, as far as it is looked at. */
static void
catch_head(struct keeping *k, const unsigned char *data, size_t len)
{
	static const unsigned char wanted[] = "\r\n\r\n";
	size_t n = 0;

	while (n < len && k->head_match < 4) {
		k->head_match = data[n] == wanted[k->head_match] ? k->head_match + 1 : data[n] == '\r' ? 1 : 0;
		n++;
	}
	if (n > 0)
		sl_buf_add(&k->head, data, SL_MIN(n, HEAD_MAX - k->head.len));
}

static void
on_decoded(void *ctx, const unsigned char *data, size_t len)
{
	struct keeping *k = ctx;
	struct sl_slice bytes = sl_slice(data, len);

	catch_head(k, data, len);
	if (k->failed == 0)
		k->failed = k->capture != NULL ? sl_seal_capture_feed(k->capture, bytes) : to_sealer(k, bytes);
}

static void
decode(struct keeping *k, const struct sl_chain *chain)
{
	const struct sl_piece *position = NULL;
	struct sl_slice bytes;
	size_t used;

	while (k->failed == 0 && sl_chain_next(chain, &position, &bytes))
		if (sl_smtp_data_feed(&k->decoder, bytes.ptr, bytes.len, &used) < 0)
			k->failed = SL_ERR_SYNTAX;	/* cannot be: it was written by us */
}

static void
decode_begin(struct keeping *k)
{
	sl_buf_init(&k->head, HEAD_MAX);
	k->head_match = 2;	/* the text begins at the start of a line */
	sl_smtp_data_init(&k->decoder, false, SIZE_MAX / 2, on_decoded, k);
}

/* ---- a message that flows ---- */

static void
capture_begin(struct keeping *k, int fd)
{
	k->state = KEEPING_CAPTURE;
	k->channel = keeper_channel(k->keeper);
	k->capture_fd = fd;
	k->failed = fd < 0 ? SL_ERR_FULL : 0;
	k->capture = sl_seal_capture_new(to_capture_file, k);
	decode_begin(k);
}

void
keeping_feed(struct keeping *k, const struct sl_chain *chain)
{
	if (k->state == KEEPING_READY)
		capture_begin(k, keeper_borrow(k->keeper));
	if (k->state != KEEPING_CAPTURE)
		return;
	decode(k, chain);
}

bool
keeping_hold(struct keeping *k)
{
	int fd = k->state == KEEPING_READY && keeper_may_hold(k->keeper) ? keeper_borrow(k->keeper) : -1;

	if (fd < 0)
		return false;
	capture_begin(k, fd);
	return true;
}

void
keeping_hold_failed(struct keeping *k)
{
	keeper_hold_later(k->keeper);
}

int
keeping_failure(const struct keeping *k)
{
	return k->failed;
}

/* The rest of it, once. */
static void
capture_end(struct keeping *k, const struct sl_chain *held, const struct sl_chain *more)
{
	if (k->whole)
		return;
	decode(k, held);
	decode(k, more);
	if (k->failed == 0)
		k->failed = sl_seal_capture_finish(k->capture);
	k->whole = k->failed == 0;
}

static int
read_capture(struct keeping *k, uint64_t end)
{
	unsigned char piece[16384];
	int r = 0;

	while (r == 0 && k->capture_read < end) {
		size_t most = (size_t)SL_MIN((uint64_t)sizeof(piece), end - k->capture_read);
		ssize_t n = pread(k->capture_fd, piece, most, (off_t)k->capture_read);

		if (n < 0 && errno == EINTR)
			continue;
		r = n <= 0 ? SL_ERR_SYSTEM : sl_seal_capture_read(k->capture, sl_slice(piece, (size_t)n));
		k->capture_read += n > 0 ? (uint64_t)n : 0;
	}
	return r;
}

static void
to_wire(void *ctx, const unsigned char *data, size_t len)
{
	struct keeping *k = ctx;

	sl_chain_add_copy(k->wire, k->wire_pool, data, len);
}

static int
stuff_to_wire(void *ctx, struct sl_slice bytes)
{
	struct keeping *k = ctx;

	sl_smtp_stuff_feed(&k->stuff, bytes.ptr, bytes.len, to_wire, k);
	return 0;
}

int
keeping_wire_begin(struct keeping *k, const struct sl_chain *held, const struct sl_chain *more)
{
	SL_ASSERT(k->capture != NULL);
	capture_end(k, held, more);
	if (!k->whole)
		return k->failed;
	sl_seal_capture_rewind(k->capture, stuff_to_wire, k);
	k->capture_read = 0;
	k->stuff = (struct sl_smtp_stuff){ 0 };
	return 0;
}

int
keeping_wire_read(struct keeping *k, struct sl_chunk_pool *pool, struct sl_chain *chain)
{
	int r;

	k->wire_pool = pool;
	k->wire = chain;
	r = read_capture(k, SL_MIN(k->capture_read + SL_SEAL_CAPTURE_BLOCK, k->capture_bytes));
	if (r != 0 || k->capture_read < k->capture_bytes)
		return r != 0 ? r : SL_MORE;
	r = sl_seal_capture_end(k->capture);
	if (r != 0)
		return r;
	sl_smtp_stuff_finish(&k->stuff, to_wire, k);
	return SL_DONE;
}

/* ---- the record ---- */

static void
item(struct keeping *k, enum sl_seal_item_type type, struct sl_slice value)
{
	if (sl_seal_record_add(k->record, type, sl_slice(value.ptr, SL_MIN(value.len, (size_t)FIELD_MAX))) != 0)
		k->failed = SL_ERR_FULL;
}

/* A field's value in one line. */
static void
item_unfolded(struct keeping *k, enum sl_seal_item_type type, struct sl_slice value)
{
	unsigned char line[FIELD_MAX];
	size_t len = 0;

	value = sl_slice_trim(value);
	for (size_t i = 0; i < value.len && len < sizeof(line); i++)
		if (value.ptr[i] != '\r' && value.ptr[i] != '\n')
			line[len++] = value.ptr[i];
	item(k, type, sl_slice(line, len));
}

struct fields_seen {
	struct keeping	*keeping;
	unsigned	 seen;		/* bit of each row below: the first one counts */
};

static void
on_field(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	static const struct {
		const char		*name;
		enum sl_seal_item_type	 type;
	} rows[] = {
		{ "From", SL_SEAL_FROM }, { "To", SL_SEAL_TO }, { "Subject", SL_SEAL_SUBJECT },
		{ "Date", SL_SEAL_DATE }, { "Message-ID", SL_SEAL_MESSAGE_ID },
	};
	struct fields_seen *fields = ctx;

	for (unsigned i = 0; i < SL_COUNT(rows); i++)
		if (sl_slice_ieq(name, sl_slice_str(rows[i].name)) && (fields->seen & 1u << i) == 0) {
			fields->seen |= 1u << i;
			item_unfolded(fields->keeping, rows[i].type, value);
		}
}

static void
add_fields(struct keeping *k)
{
	static const struct sl_fields_sink sink = { .field = on_field };
	struct fields_seen seen = { .keeping = k };
	struct sl_fields *fields = sl_fields_new(FIELD_MAX * 2, &sink, &seen);

	sl_fields_feed(fields, k->head.data, k->head.len);
	sl_fields_finish(fields);
	sl_fields_free(&fields);
}

/* What spoke for the verdict, the strongest first. */
static void
add_reasons(struct keeping *k, const struct sl_verdict *verdict, enum sl_category category)
{
	double below = 1e300;

	for (int n = 0; n < REASONS_MAX; n++) {
		const struct sl_evidence *best = NULL;

		for (size_t i = 0; i < verdict->evidence_len; i++) {
			const struct sl_evidence *e = &verdict->evidence[i];

			if (e->log_odds[category] > 0 && e->log_odds[category] < below &&
			    (best == NULL || e->log_odds[category] > best->log_odds[category]))
				best = e;
		}
		if (best == NULL)
			return;
		below = best->log_odds[category];
		item(k, SL_SEAL_REASON, sl_slice_str(best->sentence));
	}
}

/* Whose ruling has it kept: of several, the first. */
static const struct class *
kept_class(const struct transaction *tx)
{
	for (size_t i = 0; i < tx->classes.len; i++)
		if (tx->classes.items[i]->recipients > 0 && tx->classes.items[i]->fate == FATE_KEEP)
			return tx->classes.items[i];
	return tx->leading;
}

static void
add_ruling(struct keeping *k)
{
	const struct transaction *tx = k->session->tx;
	const struct class *class = kept_class(tx);
	const struct sl_ruling *ruling = &class->decision.ruling;
	char text[120];

	item(k, SL_SEAL_VERDICT, sl_slice_str(ruling->word));
	if (ruling->reason != NULL) {
		item(k, SL_SEAL_REASON, sl_slice_str(ruling->reason));
		item(k, SL_SEAL_POLICY, sl_slice_str(ruling->word));
		return;
	}
	item(k, SL_SEAL_CATEGORY, sl_slice_str(sl_category_word(ruling->category)));
	snprintf(text, sizeof(text), "%.6f", tx->judge.verdict->probability[ruling->category]);
	item(k, SL_SEAL_PROBABILITY, sl_slice_str(text));
	snprintf(text, sizeof(text), "%s is %s from %g on%s", sl_category_word(ruling->category),
	    ruling->action == SL_ACTION_REFUSE ? "refused" : "kept",
	    class->policy->values.category[ruling->category].at[ruling->action],
	    ruling->action == SL_ACTION_REFUSE ? ", and others were to have it" : "");
	item(k, SL_SEAL_POLICY, sl_slice_str(text));
	add_reasons(k, tx->judge.verdict, ruling->category);
}

static void
add_envelope(struct keeping *k)
{
	const struct session *s = k->session;
	const struct transaction *tx = s->tx;

	item(k, SL_SEAL_SENDER, tx->mail.from.mailbox);
	item(k, SL_SEAL_TRACE, sl_slice_str(tx->id));
	item(k, SL_SEAL_CLIENT, sl_slice_str(s->client_text));
	item(k, SL_SEAL_HELO, sl_slice_str(s->helo));
	if (tx->mail.smtputf8)		/* a release has to say so again */
		item(k, SL_SEAL_OPTIONS, SL_SLICE_LIT("SMTPUTF8"));
}

/* Last, as they may be many: what else is known of the message is to be found without reading it to its end. */
static void
add_recipients(struct keeping *k)
{
	for (const struct recipient *r = k->session->tx->recipients; r != NULL; r = r->next)
		if (r->class->fate == FATE_KEEP)
			item(k, SL_SEAL_RECIPIENT, r->mailbox);
}

/* ---- known again ---- */

static struct splits *
splits_of(const struct keeping *k)
{
	return k->session->tx->snapshot->splits;
}

static void
digest_text(struct keeping *k, struct sl_slice text)
{
	crypto_generichash_blake2b_update(k->digest, text.ptr, text.len);
	crypto_generichash_blake2b_update(k->digest, (const unsigned char *)"", 1);
}

/* All bytes of the message are in the digest: what is beside them. */
static void
token_make(struct keeping *k)
{
	const struct transaction *tx = k->session->tx;
	unsigned char out[crypto_generichash_blake2b_BYTES];

	digest_text(k, sl_slice_str(tx->tenant->name));
	digest_text(k, tx->mail.from.mailbox);
	for (const struct recipient *r = tx->recipients; r != NULL; r = r->next)
		if (r->class->fate == FATE_KEEP)
			digest_text(k, r->mailbox);
	crypto_generichash_blake2b_final(k->digest, out, sizeof(out));
	memcpy(&k->token, out, sizeof(k->token));
	k->token += k->token == 0;
}

void
keeping_settle(const struct keeping *k, bool comes_again)
{
	if (k->token == 0)
		return;
	if (!comes_again || k->is_refused)
		splits_forget_told(splits_of(k), k->token);
	else if (k->is_told)
		splits_note_told(splits_of(k), k->token, session_now_s(k->session), true);
}

/* ---- keeping it ---- */

/* The end, good or bad; the session is told at the loop's next turn, as it may be calling. */
static void
over(struct keeping *k, int result)
{
	k->failed = result;
	k->state = KEEPING_OVER;
	keeper_remove(k->keeper, k);
	sl_timer_clear(&k->deadline);
	sl_timer_soon(&k->step);
}

/* All bytes of the message have been given to the sealer: what is to be found with it follows, and the end. */
static void
seal_end(struct keeping *k)
{
	struct sl_slice rest;

	k->keep_days = kept_class(k->session->tx)->policy->values.quarantine.days;
	add_envelope(k);
	add_ruling(k);
	add_fields(k);
	add_recipients(k);
	token_make(k);
	rest = sl_buf_slice(&k->record->rest);
	if (k->failed == 0 && rest.len > 0)
		k->failed = sl_seal_body_feed(k->sealer, rest);
	if (k->failed == 0)
		k->failed = sl_seal_body_finish(k->sealer, &k->body);
	if (k->failed != 0) {
		over(k, k->failed);
		return;
	}
	k->state = KEEPING_KEY;
	keeper_add(k->keeper, k);
	keeping_on_key(k);
}

void
keeping_on_key(struct keeping *k)
{
	const struct session *s = k->session;
	const struct sl_clock *clock = s->edge->clock;
	unsigned char sealed[SL_SEAL_RECORD_BYTES];
	const unsigned char *public;
	int64_t since_s;
	struct sl_slice tenant = sl_slice_str(s->tx->tenant->name);
	int r = keeper_key_is(k->key, &public);

	if (r == SL_MORE)
		return;
	if (r == SL_DONE)
		r = sl_seal_record_seal(k->record, &k->body, clock->wall_us(clock->ctx), public, tenant, sealed);
	if (r == 0 && !k->body_in_memory && !is_ours(k))
		r = SL_ERR_CLOSED;
	if (r == 0) {
		since_s = splits_told(splits_of(k), k->token, session_now_s(s));
		splits_note_told(splits_of(k), k->token, session_now_s(s), false);
		r = keeper_send(k->keeper, k, clock->wall_us(clock->ctx), since_s * 1000000, sl_slice(sealed, sizeof(sealed)));
	}
	if (r < 0)
		over(k, r);
	else if (r == SL_DONE) {
		k->state = KEEPING_SENT;
		k->is_told = true;
	}
}

static bool
seal_begin(struct keeping *k, uint64_t bytes)
{
	k->record = sl_xzalloc(sizeof(*k->record));
	sl_seal_record_init(k->record);
	k->body_in_memory = bytes <= KEEP_MEMORY_MAX;
	k->body_fd = k->body_in_memory ? keeper_memory() : keeper_borrow(k->keeper);
	if (k->body_fd < 0) {
		k->failed = SL_ERR_FULL;
		return false;
	}
	sl_seal_body_begin(k->sealer, to_body, k);
	k->digest = aligned_alloc(64, sizeof(*k->digest));
	SL_ASSERT(k->digest != NULL);
	crypto_generichash_blake2b_init(k->digest, k->session->tx->snapshot->token_key, SNAPSHOT_TOKEN_KEY_BYTES,
	    crypto_generichash_blake2b_BYTES);
	return true;
}

static void
keep_window(struct keeping *k, const struct sl_chain *held, const struct sl_chain *more)
{
	decode_begin(k);
	k->sealer = keeper_sealer(k->keeper);
	if (seal_begin(k, held->len + more->len)) {
		decode(k, held);
		decode(k, more);
	}
	if (k->failed == 0)
		seal_end(k);
	else
		over(k, k->failed);
	k->sealer = NULL;		/* it is the next one's */
}

static void
keep_captured(struct keeping *k, const struct sl_chain *held, const struct sl_chain *more)
{
	capture_end(k, held, more);
	k->state = KEEPING_SEAL;
	k->sealer = sl_seal_body_new();
	if (k->failed == 0 && seal_begin(k, k->capture_bytes)) {
		sl_seal_capture_rewind(k->capture, to_sealer, k);
		sl_timer_soon(&k->step);
	} else {
		over(k, k->failed);
	}
}

void
keeping_finish(struct keeping *k, const struct sl_chain *held, const struct sl_chain *more)
{
	sl_timer_set(&k->deadline, session_settings(k->session)->quarantine.deadline_ms);
	if (k->state == KEEPING_CAPTURE)
		keep_captured(k, held, more);
	else if (k->state == KEEPING_READY)
		keep_window(k, held, more);
	else
		over(k, SL_ERR_UNSUPPORTED);
}

/* The next piece of what was captured. */
static void
seal_step(struct keeping *k)
{
	if (k->failed == 0)
		k->failed = read_capture(k, SL_MIN(k->capture_read + STEP_BYTES, k->capture_bytes));
	if (k->failed != 0) {
		over(k, k->failed);
	} else if (k->capture_read < k->capture_bytes) {
		sl_timer_soon(&k->step);
	} else {
		k->failed = sl_seal_capture_end(k->capture);
		if (k->failed == 0)
			seal_end(k);
		else
			over(k, k->failed);
	}
}

void
keeping_on_step(void *ctx)
{
	struct keeping *k = ctx;

	if (k->state == KEEPING_SEAL)
		seal_step(k);
	else if (k->state == KEEPING_OVER)
		session_on_kept(k->session, k->failed);
}

void
keeping_on_answer(struct keeping *k, int result)
{
	k->is_refused = k->is_told && result != 0 && result != SL_ERR_CLOSED;	/* its channel may have broken */
	over(k, result);
}

void
keeping_on_deadline(void *ctx)
{
	over(ctx, SL_ERR_TIMEOUT);
}

bool
keeping_is_sent(const struct keeping *k)
{
	return k->state == KEEPING_SENT || (k->state == KEEPING_OVER && k->failed == 0);
}

void
keeping_abort(struct keeping *k)
{
	if (k->state == KEEPING_KEY || k->state == KEEPING_SENT)
		keeper_remove(k->keeper, k);
	sl_timer_clear(&k->deadline);
	sl_timer_clear(&k->step);
	sl_seal_capture_free(&k->capture);
	keeper_give_back(k->keeper, k->channel, &k->capture_fd);
	if (k->body_in_memory && k->body_fd >= 0)
		close(k->body_fd);
	else
		keeper_give_back(k->keeper, k->channel, &k->body_fd);
	k->body_fd = -1;
	if (k->sealer != NULL)
		sl_seal_body_free(&k->sealer);
	if (k->record != NULL) {
		sl_seal_record_fini(k->record);
		sl_free(k->record);
		k->record = NULL;
	}
	free(k->digest);
	k->digest = NULL;
	k->token = 0;
	k->is_told = k->is_refused = false;
	explicit_bzero(&k->body, sizeof(k->body));
	sl_buf_fini(&k->head);
	k->state = KEEPING_OFF;
}
