/* queue.c - see queue.h: entries, and where they are on their way */

#include "courier/queue_i.h"

static const char *const purposes[] = { "", "release", "digest", "answer", "notice", "report", "release" };
static const char *const states[] = { "waiting", "trying", "final", "uncertain", "delivered", "failed", "cancelled" };

const char *
sl_queue_purpose_word(enum sl_queue_purpose purpose)
{
	SL_ASSERT((size_t)purpose < SL_COUNT(purposes));
	return purposes[purpose];
}

const char *
sl_queue_state_word(enum sl_queue_state state)
{
	SL_ASSERT((size_t)state < SL_COUNT(states));
	return states[state];
}

/* ---- adding ---- */

static int
id_of_token(struct sl_queue *queue, struct sl_slice token, int64_t *id_out)
{
	sqlite3_stmt *statement = queue_statement(queue, QUEUE_TOKEN);
	int r;

	queue_bind_blob(statement, 1, token);
	r = queue_step(queue, statement);
	if (r == SL_DONE)
		*id_out = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return r;
}

/* Counted once, and kept up to date until something is rolled back. */
static int
stored_bytes(struct sl_queue *queue, uint64_t *bytes_out)
{
	sqlite3_stmt *statement = queue_statement(queue, QUEUE_BYTES);
	int r = queue->stored_known ? 0 : queue_step(queue, statement);

	if (r == SL_DONE) {
		queue->stored = (uint64_t)sqlite3_column_int64(statement, 0);
		queue->stored_known = true;
	}
	sqlite3_reset(statement);
	*bytes_out = queue->stored;
	return r < 0 ? r : 0;
}

static int
insert_entry(struct sl_queue *queue, const struct sl_queue_new *new, int64_t *id_out)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_ADD);
	int r;

	queue_bind_blob(s, 1, new->token);
	sqlite3_bind_int64(s, 2, new->purpose);
	queue_bind_slice(s, 3, new->tenant);
	queue_bind_slice(s, 4, new->sender);
	queue_bind_slice(s, 5, new->route);
	queue_bind_slice(s, 6, new->message_id);
	if (new->ref != NULL)
		queue_bind_blob(s, 7, sl_slice(new->ref, SL_QUEUE_REF_BYTES));
	sqlite3_bind_int64(s, 8, new->ref != NULL ? 0 : (int64_t)new->bytes.len);
	sqlite3_bind_int64(s, 9, new->now_us);
	sqlite3_bind_int64(s, 10, SL_MAX(new->now_us, new->first_us));
	sqlite3_bind_int64(s, 11, SL_MAX(new->now_us, new->first_us) + SL_QUEUE_GIVE_UP_US);
	r = queue_run(queue, s);
	*id_out = sqlite3_last_insert_rowid(queue->db);
	return r;
}

static int
insert_parts(struct sl_queue *queue, const struct sl_queue_new *new, int64_t id)
{
	sqlite3_stmt *s;
	int r = 0;

	for (size_t i = 0; i < new->recipients_len && r == 0; i++) {
		s = queue_statement(queue, QUEUE_ADD_RCPT);
		sqlite3_bind_int64(s, 1, id);
		sqlite3_bind_int64(s, 2, (int64_t)i);
		queue_bind_slice(s, 3, new->recipients[i]);
		r = queue_run(queue, s);
	}
	if (r != 0 || new->ref != NULL)
		return r;
	s = queue_statement(queue, QUEUE_ADD_BODY);
	sqlite3_bind_int64(s, 1, id);
	queue_bind_blob(s, 2, new->bytes);
	return queue_run(queue, s);
}

static int
add(struct sl_queue *queue, const struct sl_queue_new *new, int64_t *id_out, bool *added_out)
{
	uint64_t stored = 0;
	int r = id_of_token(queue, new->token, id_out);

	if (r != SL_MORE)
		return r < 0 ? r : 0;
	if (new->ref == NULL && (r = stored_bytes(queue, &stored)) != 0)
		return r;
	if (new->ref == NULL && stored + new->bytes.len > queue->bytes_max)
		return queue_wrong(queue, SL_ERR_FULL, "the queue holds as many bytes as it may");
	r = insert_entry(queue, new, id_out);
	if (r == 0)
		r = insert_parts(queue, new, *id_out);
	if (r == 0 && new->ref == NULL)
		queue->stored += new->bytes.len;
	*added_out = r == 0;
	return r;
}

static bool
texts_fit(const struct sl_queue_new *new)
{
	for (size_t i = 0; i < new->recipients_len; i++)
		if (new->recipients[i].len == 0 || new->recipients[i].len > SL_QUEUE_TEXT_MAX)
			return false;
	return new->tenant.len <= SL_QUEUE_TEXT_MAX && new->sender.len <= SL_QUEUE_TEXT_MAX &&
	    new->route.len <= SL_QUEUE_TEXT_MAX && new->message_id.len <= SL_QUEUE_TEXT_MAX;
}

int
sl_queue_add(struct sl_queue *queue, const struct sl_queue_new *new, int64_t *id_out, bool *added_out)
{
	int r;

	SL_CHECK(queue, QUEUE_MAGIC);
	SL_ASSERT(new->purpose >= SL_QUEUE_RELEASE && new->purpose <= SL_QUEUE_RELEASE_PART);
	*added_out = false;
	if (new->token.len == 0 || new->token.len > SL_QUEUE_TOKEN_MAX || new->recipients_len == 0 ||
	    new->recipients_len > SL_QUEUE_RECIPIENTS_MAX)
		return queue_wrong(queue, SL_ERR_SYNTAX, "an entry needs a token and recipients");
	if (!texts_fit(new))
		return queue_wrong(queue, SL_ERR_SYNTAX, "a text of the entry is too long");
	r = queue_enter(queue);
	if (r == 0)
		r = queue_leave(queue, add(queue, new, id_out, added_out));
	*added_out &= r == 0;
	return r;
}

/* ---- giving entries ---- */

/* Slices point into queue->text, which is not moved any more once all is in it: offsets first. */
static size_t
keep(struct sl_queue *queue, struct sl_slice text)
{
	size_t at = queue->text.len;

	sl_buf_add_slice(&queue->text, text);
	return at;
}

static void
settle_slice(const struct sl_queue *queue, struct sl_slice *slice, size_t at, size_t len)
{
	*slice = sl_slice(queue->text.data + at, len);
}

/* Where the texts of a recipient are in queue->text. */
struct rcpt_at {
	size_t	mailbox, mailbox_len, reply, reply_len;
};

static int
read_rcpts(struct sl_queue *queue, int64_t id, struct rcpt_at **at)
{
	struct sl_queue_entry *e = &queue->entry;
	sqlite3_stmt *s = queue_statement(queue, QUEUE_RCPTS);
	int r;

	sqlite3_bind_int64(s, 1, id);
	e->rcpts_len = 0;
	while ((r = queue_step(queue, s)) == SL_DONE && e->rcpts_len < SL_QUEUE_RECIPIENTS_MAX) {
		size_t n = e->rcpts_len++;

		if ((n & (n - 1)) == 0) {	/* 0, or a power of two: room for as many again */
			e->rcpts = sl_xrealloc(e->rcpts, SL_MAX(2 * n, (size_t)1) * sizeof(*e->rcpts));
			*at = sl_xrealloc(*at, SL_MAX(2 * n, (size_t)1) * sizeof(**at));
		}
		(*at)[n].mailbox = keep(queue, queue_column(s, 0));
		(*at)[n].mailbox_len = (size_t)sqlite3_column_bytes(s, 0);
		e->rcpts[n].state = (enum sl_queue_rcpt_state)sqlite3_column_int(s, 1);
		e->rcpts[n].code = sqlite3_column_int(s, 2);
		(*at)[n].reply = keep(queue, queue_column(s, 3));
		(*at)[n].reply_len = (size_t)sqlite3_column_bytes(s, 3);
	}
	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

static int
read_entry(struct sl_queue *queue, int64_t id, size_t at[5][2])
{
	struct sl_queue_entry *e = &queue->entry;
	sqlite3_stmt *s = queue_statement(queue, QUEUE_GET);
	static const int columns[5] = { 1, 3, 4, 5, 6 };
	int r;

	sqlite3_bind_int64(s, 1, id);
	r = queue_step(queue, s);
	if (r != SL_DONE)
		return r < 0 ? r : queue_wrong(queue, SL_ERR_NOT_FOUND, "there is no such entry");
	for (size_t i = 0; i < 5; i++) {
		at[i][0] = keep(queue, queue_column(s, columns[i]));
		at[i][1] = (size_t)sqlite3_column_bytes(s, columns[i]);
	}
	e->id = id;
	e->purpose = (enum sl_queue_purpose)sqlite3_column_int(s, 2);
	e->has_ref = sqlite3_column_bytes(s, 7) == SL_QUEUE_REF_BYTES;
	if (e->has_ref)
		memcpy(e->ref, sqlite3_column_blob(s, 7), SL_QUEUE_REF_BYTES);
	e->bytes = (uint64_t)sqlite3_column_int64(s, 8);
	e->state = (enum sl_queue_state)sqlite3_column_int(s, 9);
	e->attempts = (unsigned)sqlite3_column_int64(s, 10);
	e->uncertain = (unsigned)sqlite3_column_int64(s, 11);
	e->created_us = sqlite3_column_int64(s, 12);
	e->next_us = sqlite3_column_int64(s, 13);
	e->give_up_us = sqlite3_column_int64(s, 14);
	e->finished_us = sqlite3_column_int64(s, 15);
	e->settled = sqlite3_column_int(s, 16) != 0;
	sqlite3_reset(s);
	return 0;
}

int
sl_queue_get(struct sl_queue *queue, int64_t id, const struct sl_queue_entry **entry_out)
{
	struct sl_queue_entry *e = &queue->entry;
	struct sl_slice *const slices[5] = { &e->token, &e->tenant, &e->sender, &e->route, &e->message_id };
	struct rcpt_at *rcpts = NULL;
	size_t at[5][2];
	int r;

	SL_CHECK(queue, QUEUE_MAGIC);
	sl_buf_reset(&queue->text);
	r = read_entry(queue, id, at);
	if (r == 0)
		r = read_rcpts(queue, id, &rcpts);
	sl_buf_add_byte(&queue->text, 0);	/* so that it has memory */
	if (r == 0) {
		for (size_t i = 0; i < 5; i++)
			settle_slice(queue, slices[i], at[i][0], at[i][1]);
		for (size_t i = 0; i < e->rcpts_len; i++) {
			settle_slice(queue, &e->rcpts[i].mailbox, rcpts[i].mailbox, rcpts[i].mailbox_len);
			settle_slice(queue, &e->rcpts[i].reply, rcpts[i].reply, rcpts[i].reply_len);
		}
		*entry_out = e;
	}
	sl_free(rcpts);
	return r;
}

int
queue_get_named(struct sl_queue *queue, sqlite3_stmt *statement, const struct sl_queue_entry **entry_out)
{
	int r = queue_step(queue, statement);
	int64_t id;

	if (r != SL_DONE)
		return r;
	id = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	r = sl_queue_get(queue, id, entry_out);
	return r == 0 ? SL_DONE : r;
}

int
sl_queue_find(struct sl_queue *queue, struct sl_slice token, const struct sl_queue_entry **entry_out)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_TOKEN);
	int r;

	queue_bind_blob(s, 1, token);
	r = queue_get_named(queue, s, entry_out);
	return r == SL_DONE ? 0 : r == SL_MORE ? queue_wrong(queue, SL_ERR_NOT_FOUND, "there is no such entry") : r;
}

int
sl_queue_due(struct sl_queue *queue, int64_t now_us, const struct sl_queue_entry **entry_out)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_DUE);

	sqlite3_bind_int64(s, 1, now_us);
	return queue_get_named(queue, s, entry_out);
}

int
sl_queue_finished(struct sl_queue *queue, const struct sl_queue_entry **entry_out)
{
	return queue_get_named(queue, queue_statement(queue, QUEUE_FINISHED), entry_out);
}

int64_t
sl_queue_wake_us(struct sl_queue *queue)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_WAKE);
	int64_t wake_us = INT64_MAX;

	if (queue_step(queue, s) == SL_DONE && sqlite3_column_type(s, 0) != SQLITE_NULL)
		wake_us = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return wake_us;
}

int
sl_queue_read(struct sl_queue *queue, int64_t id, sl_queue_sink *sink, void *ctx)
{
	unsigned char piece[16384];
	sqlite3_blob *blob;
	int code = sqlite3_blob_open(queue->db, "main", "body", "bytes", id, 0, &blob), size, r = 0;

	if (code != SQLITE_OK)
		return code == SQLITE_ERROR ? queue_wrong(queue, SL_ERR_NOT_FOUND, "there are no such bytes") :
		    queue_fail(queue, code);
	size = sqlite3_blob_bytes(blob);
	for (int at = 0; at < size && r == 0;) {
		int n = SL_MIN(size - at, (int)sizeof(piece));

		code = sqlite3_blob_read(blob, piece, n, at);
		r = code == SQLITE_OK ? sink(ctx, sl_slice(piece, (size_t)n)) : queue_fail(queue, code);
		at += n;
	}
	sqlite3_blob_close(blob);
	return r;
}

/* ---- an attempt ---- */

/* The wait after the n-th attempt: doubled, and up to an eighth more, so that what failed together does not come together. */
static int64_t
backoff_us(int64_t id, unsigned attempts)
{
	int64_t wait = SL_QUEUE_RETRY_US << SL_MIN(attempts > 0 ? attempts - 1 : 0, 10u);
	uint64_t key[2] = { (uint64_t)id, attempts };

	wait = SL_MIN(wait, SL_QUEUE_RETRY_MAX_US);
	return wait + (int64_t)(sl_hash(key, sizeof(key)) % (uint64_t)(wait / 8));
}

static int
state_of(struct sl_queue *queue, int64_t id, enum sl_queue_state *state_out)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_STATE);
	int r;

	sqlite3_bind_int64(s, 1, id);
	r = queue_step(queue, s);
	if (r == SL_DONE)
		*state_out = (enum sl_queue_state)sqlite3_column_int(s, 0);
	sqlite3_reset(s);
	return r == SL_DONE ? 0 : r == SL_MORE ? queue_wrong(queue, SL_ERR_NOT_FOUND, "there is no such entry") : r;
}

/* Run a change of one entry that has to be in a state for it. */
static int
change(struct sl_queue *queue, sqlite3_stmt *statement)
{
	int r = queue_run(queue, statement);

	return r != 0 || sqlite3_changes(queue->db) == 1 ? r :
	    queue_wrong(queue, SL_ERR_BUSY, "the entry is not in the state for this");
}

int
sl_queue_claim(struct sl_queue *queue, int64_t id, int64_t now_us)
{
	const struct sl_queue_entry *e;
	sqlite3_stmt *s;
	int r = sl_queue_get(queue, id, &e);

	if (r != 0)
		return r;
	s = queue_statement(queue, QUEUE_CLAIM);
	sqlite3_bind_int64(s, 1, id);
	/* What ends this process each time it tries must not be tried at once each time. */
	sqlite3_bind_int64(s, 2, now_us + backoff_us(id, e->attempts + 1));
	if ((r = queue_enter(queue)) != 0)
		return r;
	return queue_leave(queue, change(queue, s));
}

static int
set_rcpt(struct sl_queue *queue, int64_t id, size_t n, enum sl_queue_rcpt_state state, int code, struct sl_slice reply)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_SET_RCPT);

	reply.len = SL_MIN(reply.len, (size_t)SL_QUEUE_REPLY_MAX);
	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int64(s, 2, (int64_t)n);
	sqlite3_bind_int64(s, 3, state);
	sqlite3_bind_int64(s, 4, code);
	queue_bind_slice(s, 5, reply);
	return queue_run(queue, s);
}

static bool
is_open(enum sl_queue_rcpt_state state)
{
	return state == SL_QUEUE_RCPT_OPEN || state == SL_QUEUE_RCPT_IN_DOUBT;
}

static int
final_record(struct sl_queue *queue, const struct sl_queue_entry *e, const struct sl_queue_said *said, size_t len)
{
	sqlite3_stmt *s;
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i++) {
		enum sl_queue_rcpt_state now, state;

		SL_ASSERT(said[i].rcpt < e->rcpts_len);
		now = e->rcpts[said[i].rcpt].state;
		SL_ASSERT(is_open(now));	/* one that was answered for must not have been named again */
		state = said[i].code / 100 == 2 ? SL_QUEUE_RCPT_IN_FLIGHT : said[i].code / 100 == 5 ? SL_QUEUE_RCPT_REFUSED : now;
		r = set_rcpt(queue, e->id, said[i].rcpt, state, said[i].code, said[i].reply);
	}
	if (r != 0)
		return r;
	s = queue_statement(queue, QUEUE_SET_STATE);
	sqlite3_bind_int64(s, 1, e->id);
	sqlite3_bind_int64(s, 2, SL_QUEUE_FINAL);
	return queue_run(queue, s);
}

int
sl_queue_final(struct sl_queue *queue, int64_t id, const struct sl_queue_said *said, size_t len)
{
	const struct sl_queue_entry *e;
	int r = sl_queue_get(queue, id, &e);

	if (r != 0)
		return r;
	if (e->state != SL_QUEUE_TRYING)
		return queue_wrong(queue, SL_ERR_BUSY, "the entry is not being tried");
	if ((r = queue_enter(queue)) != 0)
		return r;
	return queue_leave(queue, final_record(queue, e, said, len));
}

/* What a recipient is after the attempt. */
static enum sl_queue_rcpt_state
rcpt_after(const struct sl_queue_rcpt *rcpt, bool dot_left, int code)
{
	switch (code / 100) {
	case 2:
		return rcpt->state == SL_QUEUE_RCPT_IN_FLIGHT ? SL_QUEUE_RCPT_TAKEN : rcpt->state;
	case 5:
		return SL_QUEUE_RCPT_REFUSED;
	case 4:		/* of this try no doubt is left; that of an earlier one stays */
		return rcpt->state == SL_QUEUE_RCPT_IN_FLIGHT ? SL_QUEUE_RCPT_OPEN : rcpt->state;
	default:
		return dot_left && rcpt->state == SL_QUEUE_RCPT_IN_FLIGHT ? SL_QUEUE_RCPT_IN_DOUBT : rcpt->state;
	}
}

struct tally {
	bool	open, refused, doubt, lost;
};

static int
answer_rcpts(struct sl_queue *queue, struct sl_queue_entry *e, const struct sl_queue_said *said, size_t len,
    bool give_up, struct tally *tally)
{
	bool dot_left = e->state == SL_QUEUE_FINAL;
	int r = 0;

	for (size_t i = 0; i < len; i++) {
		struct sl_queue_rcpt *rcpt;

		SL_ASSERT(said[i].rcpt < e->rcpts_len);
		rcpt = &e->rcpts[said[i].rcpt];
		if (rcpt->state == SL_QUEUE_RCPT_TAKEN || rcpt->state == SL_QUEUE_RCPT_REFUSED)
			continue;
		if (dot_left && rcpt->state != SL_QUEUE_RCPT_IN_FLIGHT)
			continue;	/* after the dot only those in flight are spoken of */
		tally->lost |= dot_left && said[i].code / 100 != 2 && said[i].code / 100 != 4 && said[i].code / 100 != 5;
		rcpt->state = rcpt_after(rcpt, dot_left, said[i].code);
		rcpt->code = said[i].code;
		rcpt->reply = said[i].reply;
	}
	for (size_t i = 0; i < e->rcpts_len && r == 0; i++) {
		struct sl_queue_rcpt *rcpt = &e->rcpts[i];

		if (rcpt->state == SL_QUEUE_RCPT_IN_FLIGHT) {	/* nothing was said of it */
			rcpt->state = SL_QUEUE_RCPT_IN_DOUBT;
			tally->lost = true;
		}
		if (give_up && rcpt->state == SL_QUEUE_RCPT_OPEN)
			rcpt->state = SL_QUEUE_RCPT_REFUSED;
		tally->open |= is_open(rcpt->state);
		tally->doubt |= rcpt->state == SL_QUEUE_RCPT_IN_DOUBT;
		tally->refused |= rcpt->state == SL_QUEUE_RCPT_REFUSED;
		r = set_rcpt(queue, e->id, i, rcpt->state, rcpt->code, rcpt->reply);
	}
	return r;
}

static int
drop_body(struct sl_queue *queue, int64_t id)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_DROP_BODY);

	sqlite3_bind_int64(s, 1, id);
	queue->stored_known = false;
	return queue_run(queue, s);
}

static int
end_attempt(struct sl_queue *queue, const struct sl_queue_entry *e, const struct tally *tally, bool give_up, int64_t now_us)
{
	bool finished = !tally->open || give_up;
	int64_t next = now_us + backoff_us(e->id, e->attempts);
	enum sl_queue_state state = SL_QUEUE_WAITING;
	sqlite3_stmt *s;
	int r;

	if (finished)
		state = tally->refused || tally->doubt ? SL_QUEUE_FAILED : SL_QUEUE_DELIVERED;
	else if (tally->doubt)
		state = SL_QUEUE_UNCERTAIN;
	if (tally->lost)
		next = SL_MAX(next, now_us + SL_QUEUE_UNCERTAIN_US);
	s = queue_statement(queue, QUEUE_END);
	sqlite3_bind_int64(s, 1, e->id);
	sqlite3_bind_int64(s, 2, state);
	sqlite3_bind_int64(s, 3, next);
	sqlite3_bind_int64(s, 4, tally->lost ? 1 : 0);
	sqlite3_bind_int64(s, 5, finished ? now_us : 0);
	r = queue_run(queue, s);
	if (r != 0 || !finished)
		return r;
	return drop_body(queue, e->id);
}

int
sl_queue_answer(struct sl_queue *queue, int64_t id, const struct sl_queue_said *said, size_t len, int64_t now_us)
{
	const struct sl_queue_entry *e;
	struct tally tally = { false };
	bool give_up;
	int r = sl_queue_get(queue, id, &e);

	if (r != 0)
		return r;
	if (e->state != SL_QUEUE_TRYING && e->state != SL_QUEUE_FINAL)
		return queue_wrong(queue, SL_ERR_BUSY, "the entry is not being tried");
	if ((r = queue_enter(queue)) != 0)
		return r;
	give_up = now_us >= e->give_up_us;
	r = answer_rcpts(queue, &queue->entry, said, len, give_up, &tally);
	if (r == 0)
		r = end_attempt(queue, e, &tally, give_up, now_us);
	return queue_leave(queue, r);
}

/* ---- afterwards ---- */

int
sl_queue_settle(struct sl_queue *queue, int64_t id, const struct sl_queue_new *follow)
{
	sqlite3_stmt *s;
	int64_t follow_id;
	bool added;
	int r = queue_enter(queue);

	if (r != 0)
		return r;
	s = queue_statement(queue, QUEUE_SETTLE);
	sqlite3_bind_int64(s, 1, id);
	r = change(queue, s);
	if (r == 0 && follow != NULL)
		r = add(queue, follow, &follow_id, &added);
	return queue_leave(queue, r);
}

int
sl_queue_once(struct sl_queue *queue, struct sl_slice id, int64_t until_us, bool *first_out)
{
	sqlite3_stmt *s;
	int r;

	*first_out = false;
	if (id.len == 0 || id.len > SL_QUEUE_TOKEN_MAX)
		return queue_wrong(queue, SL_ERR_SYNTAX, "a deed needs an id");
	if ((r = queue_enter(queue)) != 0)
		return r;
	s = queue_statement(queue, QUEUE_ONCE);
	queue_bind_blob(s, 1, id);
	sqlite3_bind_int64(s, 2, until_us);
	r = queue_run(queue, s);
	*first_out = r == 0 && sqlite3_changes(queue->db) == 1;
	r = queue_leave(queue, r);
	*first_out &= r == 0;
	return r;
}

int
sl_queue_hurry(struct sl_queue *queue, int64_t id, int64_t now_us)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_HURRY);
	int r;

	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int64(s, 2, now_us);
	if ((r = queue_enter(queue)) != 0)
		return r;
	return queue_leave(queue, change(queue, s));
}

static int
cancel(struct sl_queue *queue, int64_t id, int64_t now_us)
{
	enum sl_queue_state state = SL_QUEUE_WAITING;
	sqlite3_stmt *s;
	int r = state_of(queue, id, &state);

	if (r != 0)
		return r;
	if (state != SL_QUEUE_WAITING && state != SL_QUEUE_UNCERTAIN)
		return queue_wrong(queue, SL_ERR_BUSY, "the entry is being tried, or finished");
	s = queue_statement(queue, QUEUE_END);
	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int64(s, 2, SL_QUEUE_CANCELLED);
	sqlite3_bind_int64(s, 3, now_us);
	sqlite3_bind_int64(s, 4, 0);
	sqlite3_bind_int64(s, 5, now_us);
	if ((r = queue_run(queue, s)) != 0)
		return r;
	return drop_body(queue, id);
}

int
sl_queue_cancel(struct sl_queue *queue, int64_t id, int64_t now_us)
{
	int r = queue_enter(queue);

	return r != 0 ? r : queue_leave(queue, cancel(queue, id, now_us));
}

int
sl_queue_purge(struct sl_queue *queue, int64_t before_us, int64_t now_us, uint64_t *count_out)
{
	sqlite3_stmt *s;
	int r = queue_enter(queue);

	if (r != 0)
		return r;
	s = queue_statement(queue, QUEUE_PURGE_RELEASES);
	sqlite3_bind_int64(s, 1, before_us);
	r = queue_run(queue, s);
	if (r == 0) {
		s = queue_statement(queue, QUEUE_PURGE_RCPTS);
		sqlite3_bind_int64(s, 1, before_us);
		r = queue_run(queue, s);
	}
	if (r == 0) {
		s = queue_statement(queue, QUEUE_PURGE);
		sqlite3_bind_int64(s, 1, before_us);
		r = queue_run(queue, s);
		*count_out = (uint64_t)sqlite3_changes64(queue->db);
	}
	if (r == 0) {
		s = queue_statement(queue, QUEUE_PURGE_DEEDS);
		sqlite3_bind_int64(s, 1, now_us);
		r = queue_run(queue, s);
	}
	return queue_leave(queue, r);
}

int
sl_queue_stats(struct sl_queue *queue, struct sl_queue_stats *stats)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_COUNT);
	int r;

	memset(stats, 0, sizeof(*stats));
	stats->oldest_us = INT64_MAX;
	while ((r = queue_step(queue, s)) == SL_DONE) {
		int state = sqlite3_column_int(s, 0);
		uint64_t count = (uint64_t)sqlite3_column_int64(s, 2);

		if (state == SL_QUEUE_WAITING)
			stats->waiting += count;
		else if (state == SL_QUEUE_UNCERTAIN)
			stats->uncertain += count;
		else if (state < SL_QUEUE_DELIVERED)
			stats->trying += count;
		else
			stats->finished += count;
		if (state >= SL_QUEUE_DELIVERED && sqlite3_column_int(s, 1) == 0)
			stats->unsettled += count;
		if (state < SL_QUEUE_DELIVERED)
			stats->oldest_us = SL_MIN(stats->oldest_us, sqlite3_column_int64(s, 3));
	}
	return r < 0 ? r : stored_bytes(queue, &stats->bytes);
}
