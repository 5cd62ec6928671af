/* find_run.c - see find_run.h */

#include "find_run.h"

#include "record/record.h"
#include "sl/arena.h"
#include "sl/log.h"
#include "traffic/traffic.h"

#define ARENA_MAX	(4u << 20)	/* a line's */

void
find_question_pack(const struct find_question *question, struct sl_buf *out)
{
	sl_pack_bytes(out, question->mailbox);
	sl_pack_bytes(out, question->tenant);
	sl_pack_u32(out, (uint32_t)question->len);
	for (size_t i = 0; i < question->len; i++) {
		sl_pack_u32(out, question->reported[i].message);
		sl_pack_bytes(out, question->reported[i].id);
	}
}

int
find_question_unpack(struct sl_slice payload, struct find_question *out)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t len;

	memset(out, 0, sizeof(*out));
	out->mailbox = sl_unpack_bytes(&in);
	out->tenant = sl_unpack_bytes(&in);
	len = sl_unpack_u32(&in);
	in.failed |= len > SL_DIGEST_REPORTED_MAX;
	while (!in.failed && out->len < len) {
		out->reported[out->len].message = sl_unpack_u32(&in);
		out->reported[out->len++].id = sl_unpack_bytes(&in);
	}
	return in.failed || in.rest.len > 0 ? SL_ERR_SYNTAX : 0;
}

/* ---- a record ---- */

struct finding {
	const struct find_question	*question;
	const struct sl_digest_reported	*reported;	/* that is looked for */
	struct sl_digest_response	 response;
	struct sl_arena			 arena;		/* of all texts of the response */
	bool				 recorded;	/* it has a record, whoever got it */
	bool				 found;
};

static struct sl_slice
local_of(struct sl_slice mailbox)
{
	const unsigned char *at = mailbox.len > 0 ? memrchr(mailbox.ptr, '@', mailbox.len) : NULL;

	return sl_slice(mailbox.ptr, at == NULL ? 0 : (size_t)(at - mailbox.ptr));
}

static struct sl_slice
domain_of(struct sl_slice mailbox)
{
	struct sl_slice local = local_of(mailbox);

	return mailbox.len > local.len ? sl_slice_from(mailbox, local.len + 1) : sl_slice("", 0);
}

/* His own mailbox; or the same name at another domain of his tenant: an alias, most often. */
static bool
is_his(const struct find_question *question, struct sl_slice recipient, struct sl_slice tenant)
{
	char mailbox[SL_DIGEST_MAILBOX_MAX + 1];

	if (!sl_digest_mailbox(recipient, mailbox) || !sl_slice_eq(tenant, question->tenant))
		return false;
	return sl_slice_eq(local_of(sl_slice_str(mailbox)), local_of(question->mailbox));
}

static bool
is_delivered(const char *outcome)
{
	return strcmp(outcome, "delivered") == 0;
}

/* Did he get it? Whoever fared otherwise than the message as a whole is in a class that says so. */
static bool
reached_him(const struct find_question *question, const struct sl_record *record)
{
	for (size_t c = 0; c < record->classes_len; c++) {
		const struct sl_record_class *class = &record->classes[c];
		const char *tenant = *class->tenant != '\0' ? class->tenant : record->tenant;
		size_t len = class->recipients != NULL ? class->recipients_len : record->recipients_len;

		if (!is_delivered(*class->outcome != '\0' ? class->outcome : record->outcome))
			continue;
		for (size_t i = 0; i < len; i++) {
			size_t place = class->recipients != NULL ? class->recipients[i] : i;

			if (place < record->recipients_len && is_his(question, record->recipients[place], sl_slice_str(tenant)))
				return true;
		}
	}
	for (size_t i = 0; record->classes_len == 0 && is_delivered(record->outcome) && i < record->recipients_len; i++)
		if (is_his(question, record->recipients[i], sl_slice_str(record->tenant)))
			return true;
	return false;
}

static void
teach(struct finding *f, const struct sl_record *record)
{
	const struct sl_identity *identity = &record->facts.identity;
	struct sl_digest_lesson *lesson = &f->response.lessons[f->response.lessons_len++];

#define KEPT(text)	sl_arena_copy(&f->arena, (text))
	*lesson = (struct sl_digest_lesson){ .message = f->reported->message, .tenant = f->question->tenant,
		.reporter = f->question->mailbox, .client = KEPT(record->client), .envelope = KEPT(domain_of(record->sender)),
		.author = KEPT(domain_of(record->facts.from)) };
	if (identity->spf == SL_SPF_PASS && identity->spf_domain.len > 0)
		lesson->proven[lesson->proven_len++] = KEPT(identity->spf_domain);
	for (size_t i = 0; i < identity->signers_len && lesson->proven_len < SL_DIGEST_PROVEN_MAX; i++)
		if (identity->signers[i].passes)
			lesson->proven[lesson->proven_len++] = KEPT(identity->signers[i].domain);
#undef KEPT
}

static int
on_line(void *ctx, struct sl_slice line)
{
	struct finding *f = ctx;
	struct sl_record *record = sl_xzalloc(sizeof(*record));
	struct sl_arena arena;
	int r;

	sl_arena_init(&arena, ARENA_MAX);
	r = sl_record_read(line, SL_RECORD_RULINGS, &arena, record);
	if ((r == 0 || r == SL_ERR_NOT_FOUND) && sl_slice_eq(f->reported->id, sl_slice_str(record->id))) {
		f->recorded = true;
		f->found = reached_him(f->question, record);
		if (f->found)
			teach(f, record);
	}
	sl_arena_fini(&arena);
	sl_free(record);
	return f->found ? SL_DONE : 0;
}

/* ---- all of them ---- */

static bool
is_taught(const struct finding *f, uint32_t message)
{
	for (size_t i = 0; i < f->response.lessons_len; i++)
		if (f->response.lessons[i].message == message)
			return true;
	return f->response.lessons_len == SL_DIGEST_LESSONS_MAX;
}

static void
find(struct finding *f, const char *directory)
{
	const struct sl_traffic_options options = { .directory = directory, .read_only = true };
	uint64_t until_us = sl_clock_system.monotonic_us(NULL) + FIND_DEADLINE_MS * UINT64_C(1000);
	struct sl_traffic_found found;
	struct sl_traffic *traffic;
	int r = sl_traffic_open(&options, &traffic);

	for (size_t i = 0; r >= 0 && i < f->question->len && sl_clock_system.monotonic_us(NULL) < until_us; i++) {
		const struct sl_traffic_query query = { .id = f->question->reported[i].id };

		f->reported = &f->question->reported[i];
		f->recorded = f->found = false;
		if (is_taught(f, f->reported->message))
			continue;
		r = sl_traffic_search(traffic, &query, on_line, f, &found);
		if (r >= 0 && !f->recorded)
			f->response.code = 451;
	}
	if (r < 0)
		sl_log(SL_LOG_ERROR, "traffic: %s", sl_traffic_error(traffic));
	sl_traffic_close(&traffic);
}

void
find_run(const char *directory, const struct find_question *question, struct sl_ipc *out)
{
	struct finding f = { .question = question, .response = { .code = 250 } };
	struct sl_buf answer;

	sl_arena_init(&f.arena, ARENA_MAX);
	find(&f, directory);
	sl_buf_init(&answer, SL_DIGEST_RESPONSE_MAX);
	sl_digest_response_pack(&f.response, &answer);
	if (answer.overflow || sl_ipc_send(out, SL_IPC_COMMANDED, sl_buf_slice(&answer), NULL, 0) != 0)
		sl_log(SL_LOG_DEBUG, "nobody waits for what records say any more");
	sl_buf_fini(&answer);
	sl_arena_fini(&f.arena);
}
