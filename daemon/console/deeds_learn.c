/* deeds_learn.c - see deeds.h: what is reported as spam is learned from, one message after the other */

#include "deeds_i.h"

#include <stdio.h>

#include "console.h"
#include "ipc/correction.h"
#include "seal/record.h"
#include "sl/log.h"
#include "store/audit.h"

#define BUSY_MS		200u	/* another is being learned from */
#define LATE_MS		15000u	/* an edge has not answered */

static void	on_late(void *ctx);

void
lesson_init(struct deeds *deeds)
{
	sl_timer_init(&deeds->lesson_late, deeds->options.loop, on_late, deeds);
	sl_buf_init(&deeds->lesson.message, SL_CORRECTION_MESSAGE_MAX);
	sl_buf_init(&deeds->lesson.correction, SL_CORRECTION_MAX);
}

void
lesson_fini(struct deeds *deeds)
{
	sl_timer_clear(&deeds->lesson_late);
	sl_buf_fini(&deeds->lesson.message);
	sl_buf_fini(&deeds->lesson.correction);
}

static void
lesson_clear(struct deeds *deeds)
{
	sl_timer_clear(&deeds->lesson_late);
	lesson_fini(deeds);		/* which wipes */
	lesson_init(deeds);
	deeds->lesson.deed = NULL;
	deeds->lesson.told = false;
}

void
lesson_forget(const struct deed *deed)
{
	if (deed->deeds->lesson.deed == deed)
		lesson_clear(deed->deeds);
}

static void
lesson_over(struct deeds *deeds, bool learned)
{
	struct deed *deed = deeds->lesson.deed;

	lesson_clear(deeds);
	deed->busy = false;
	deed_end(deed, SL_DIGEST_OUTCOME_DONE, learned ? SL_SLICE_LIT("learned") : sl_slice("", 0));
}

/* ---- what is told ---- */

static void
keep(struct sl_slice text, char *out, size_t size)
{
	if (out[0] == '\0' && text.len < size)
		snprintf(out, size, SL_SLICE_FMT, SL_SLICE_ARG(text));
}

static struct sl_slice
domain_of(struct sl_slice mailbox)
{
	const unsigned char *at = mailbox.len > 0 ? memrchr(mailbox.ptr, '@', mailbox.len) : NULL;

	return at == NULL ? sl_slice("", 0) : sl_slice_from(mailbox, (size_t)(at + 1 - mailbox.ptr));
}

static void
on_entry(void *ctx, const struct sl_kept_entry *entry)
{
	struct deed *deed = ctx;
	struct lesson *lesson = &deed->deeds->lesson;
	struct sl_slice items = entry->items, value;
	struct kept_mail mail;
	unsigned type;

	if (!kept_mail_read(entry, &mail))
		return;
	while (sl_kept_item_next(&items, &type, &value)) {
		if (type == SL_SEAL_CLIENT)
			keep(value, lesson->client, sizeof(lesson->client));
		else if (type == SL_SEAL_HELO)
			keep(value, lesson->helo, sizeof(lesson->helo));
	}
	keep(domain_of(mail.sender), lesson->envelope, sizeof(lesson->envelope));
	keep(domain_of(mail.address), lesson->author, sizeof(lesson->author));
}

static void
on_bytes(void *ctx, struct sl_slice bytes)
{
	struct deed *deed = ctx;
	struct sl_buf *message = &deed->deeds->lesson.message;

	sl_buf_add(message, bytes.ptr, SL_MIN(bytes.len, (size_t)SL_CORRECTION_MESSAGE_MAX - message->len));
}

static bool
tell(struct deeds *deeds)
{
	struct lesson *lesson = &deeds->lesson;
	const struct sl_correction correction = { .verdict = SL_CORRECTION_UNWANTED, .tenant = sl_slice_str(lesson->deed->name),
		.reporter = sl_slice_str(lesson->deed->mailbox), .client = sl_slice_str(lesson->client), .helo = sl_slice_str(lesson->helo),
		.envelope = sl_slice_str(lesson->envelope), .author = sl_slice_str(lesson->author),
		.message = sl_buf_slice(&lesson->message) };

	sl_pack_u32(&lesson->correction, 0);
	sl_correction_pack(&correction, &lesson->correction);
	lesson->told = !lesson->correction.overflow && deeds->options.correct(deeds->options.ctx, sl_buf_slice(&lesson->correction));
	return lesson->told;
}

static void
on_opened(void *ctx, const struct ways_end *end)
{
	struct deed *deed = ctx;
	struct deeds *deeds = deed->deeds;

	if (deeds->lesson.deed != deed)
		return;
	if (end->result == SL_ERR_CLOSED) {	/* the vault comes back */
		lesson_clear(deeds);
		deed->step = STEP_LOOK;
		deed_again(deed);
	} else if (end->result == SL_DONE && tell(deeds)) {
		sl_timer_set(&deeds->lesson_late, LATE_MS);
	} else {
		lesson_over(deeds, false);
	}
}

static void
on_late(void *ctx)
{
	struct deeds *deeds = ctx;

	sl_log(SL_LOG_WARNING, "nothing was heard of what was to be learned from a report");
	lesson_over(deeds, false);
}

void
deeds_corrected(struct deeds *deeds, struct sl_slice payload)
{
	struct sl_corrected corrected;

	if (deeds->lesson.deed == NULL || !deeds->lesson.told || payload.len < sizeof(uint32_t) ||
	    sl_corrected_unpack(sl_slice_from(payload, sizeof(uint32_t)), &corrected) != 0)
		return;
	if (!corrected.done)
		sl_log(SL_LOG_NOTICE, "a report teaches nothing: " SL_SLICE_FMT, SL_SLICE_ARG(corrected.why));
	lesson_over(deeds, corrected.done);
}

/* ---- begin ---- */

/* Opening a message leaves an entry, whoever does it and what for. */
static int
note_opening(struct deed *deed)
{
	const struct sl_actor actor = { sl_slice_str(deed->mailbox), SL_SLICE_LIT("to learn from his report by mail") };
	char id[SL_KEPT_ID_DIGITS + 1], detail[SL_KEPT_ID_DIGITS + 32];

	sl_kept_id_write(deed->message, id);
	snprintf(detail, sizeof(detail), "{\"message\":\"%s\"}", id);
	return sl_store_audit(deed->deeds->options.console->store, &actor, (struct sl_node){ SL_LEVEL_TENANT, deed->tenant },
	    SL_SLICE_LIT("quarantine.open"), sl_slice_str(detail));
}

void
lesson_begin(struct deed *deed)
{
	struct deeds *deeds = deed->deeds;
	const struct sl_kept_choice choice = { .tenant = sl_slice_str(deed->name), .ids = sl_slice(deed->message, sizeof(deed->message)),
		.by = sl_slice_str(deed->mailbox), .note = SL_SLICE_LIT("to learn from his report by mail") };
	struct sl_buf payload;

	if (deeds->options.correct == NULL) {
		deed_end(deed, SL_DIGEST_OUTCOME_DONE, sl_slice("", 0));
		return;
	}
	if (deeds->lesson.deed != NULL) {
		sl_timer_set(&deed->timer, BUSY_MS);
		return;
	}
	if (note_opening(deed) != 0) {
		deed_again(deed);
		return;
	}
	deeds->lesson = (struct lesson){ .deed = deed, .message = deeds->lesson.message, .correction = deeds->lesson.correction };
	sl_buf_init(&payload, 4096);
	sl_kept_pack_choice(&choice, &payload);
	deed->step = STEP_LEARN;
	deed->busy = ways_open(deeds->options.ways, sl_buf_slice(&payload), on_entry, on_bytes, on_opened, deed);
	sl_buf_fini(&payload);
	if (!deed->busy)
		lesson_over(deeds, false);
}
