/* quarantine_release.c - sluicectl quarantine release and report; see quarantine_i.h */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "control.h"
#include "ipc/correction.h"
#include "quarantine_i.h"
#include "seal/record.h"

#define ANSWER_MS	15000
#define ITEMS_MAX	(64u << 10)
#define IDS_MAX		(64u << 20)

/* ---- what is learnt ---- */

static struct sl_slice
domain_of(struct sl_slice mailbox)
{
	const unsigned char *at = mailbox.len > 0 ? memrchr(mailbox.ptr, '@', mailbox.len) : NULL;
	struct sl_slice domain = at == NULL ? sl_slice(NULL, 0) : sl_slice_from(mailbox, (size_t)(at + 1 - mailbox.ptr));
	size_t n = 0;

	while (n < domain.len && domain.ptr[n] > 0x20 && domain.ptr[n] != '>')	/* of "Name <a@b>" */
		n++;
	return sl_slice(domain.ptr, SL_MIN(n, (size_t)SL_CORRECTION_TEXT_MAX));
}

static void
on_corrected(void *ctx, struct sl_ipc_message *message)
{
	struct sl_corrected corrected;
	bool *done = ctx;

	if (message->payload.len < sizeof(uint32_t) ||
	    sl_corrected_unpack(sl_slice_from(message->payload, sizeof(uint32_t)), &corrected) != 0)
		return;
	*done = corrected.done;
	if (!corrected.done)
		fprintf(stderr, "sluicectl quarantine: not learnt: " SL_SLICE_FMT "\n", SL_SLICE_ARG(corrected.why));
}

/* Tell the edges what one message was. */
static bool
tell_of(struct ask *ask, struct sl_ipc *control, struct sl_slice id, enum sl_correction_verdict verdict)
{
	struct sl_correction c = { .verdict = verdict, .tenant = ask->tenant,
		.reporter = sl_slice(ask->by.ptr, SL_MIN(ask->by.len, (size_t)SL_CORRECTION_TEXT_MAX)) };
	struct sl_buf message, items, payload;
	bool done = false;
	int r;

	sl_buf_init(&message, SL_CORRECTION_MESSAGE_MAX);
	sl_buf_init(&items, ITEMS_MAX);
	sl_buf_init(&payload, SL_CORRECTION_MAX);
	r = quarantine_fetch(ask, id, &message, &items);
	if (r == SL_DONE) {
		c.client = quarantine_item(sl_buf_slice(&items), SL_SEAL_CLIENT);
		c.helo = quarantine_item(sl_buf_slice(&items), SL_SEAL_HELO);
		c.envelope = domain_of(quarantine_item(sl_buf_slice(&items), SL_SEAL_SENDER));
		c.author = domain_of(quarantine_item(sl_buf_slice(&items), SL_SEAL_FROM));
		c.message = sl_buf_slice(&message);
		sl_pack_u32(&payload, 0);
		sl_correction_pack(&c, &payload);
		r = sl_ipc_send(control, SL_IPC_CORRECT, sl_buf_slice(&payload), NULL, 0);
		if (r == 0)
			r = sl_ipc_wait(control, ANSWER_MS, on_corrected, &done);
	}
	if (r < 0)
		fprintf(stderr, "sluicectl quarantine: not learnt: %s\n", sl_strerror(r));
	sl_buf_fini(&payload);
	sl_buf_fini(&items);
	sl_buf_fini(&message);
	return done;
}

static size_t
tell_of_all(struct ask *ask, struct sl_slice ids, enum sl_correction_verdict verdict)
{
	struct sl_ipc *control = control_connect(ask->control, SL_IPC_BIT(CORRECTED));
	size_t n = 0;

	for (size_t at = 0; at < ids.len && control != NULL; at += SL_KEPT_ID_BYTES)
		n += tell_of(ask, control, sl_slice(ids.ptr + at, SL_KEPT_ID_BYTES), verdict);
	sl_ipc_free(&control);
	return n;
}

int
quarantine_report(struct ask *ask, char **ids)
{
	struct sl_buf all;
	size_t told = 0, asked = 0;
	int status;

	if (ask->verdict < 0) {
		fputs("sluicectl quarantine: say what they were: --wanted, --unwanted, --phish or --malware\n", stderr);
		return EXIT_USAGE;
	}
	sl_buf_init(&all, IDS_MAX);
	status = quarantine_ids(ask, ids, &all);
	if (status == EXIT_OK) {
		asked = all.len / SL_KEPT_ID_BYTES;
		told = tell_of_all(ask, sl_buf_slice(&all), (enum sl_correction_verdict)ask->verdict);
		printf(ask->json ? "{\"told\": %zu, \"asked\": %zu}\n" : "told of %zu of %zu\n", told, asked);
		status = told == asked ? EXIT_OK : EXIT_PROBLEM;
	}
	sl_buf_fini(&all);
	return status;
}

/* ---- whom the tenant wants to hear ---- */

static bool
allow_one(const struct ask *ask, struct sl_slice sender)
{
	char *tenant = sl_xasprintf("tenant:" SL_SLICE_FMT, SL_SLICE_ARG(ask->tenant));
	char *address = sl_xasprintf(SL_SLICE_FMT, SL_SLICE_ARG(sender));
	char *arguments[] = { (char *)"list", (char *)"add", tenant, (char *)"allow", address, (char *)"--note",
		(char *)"released from quarantine", NULL };
	bool good = console_main((int)SL_COUNT(arguments) - 1, arguments) == EXIT_OK;

	sl_free(address);
	sl_free(tenant);
	return good;
}

static size_t
allow_all(struct ask *ask, struct sl_slice ids)
{
	size_t n = 0;

	for (size_t at = 0; at < ids.len; at += SL_KEPT_ID_BYTES) {
		struct sl_buf message, items;
		struct sl_slice sender;

		sl_buf_init(&message, SL_CORRECTION_MESSAGE_MAX);
		sl_buf_init(&items, ITEMS_MAX);
		if (quarantine_fetch(ask, sl_slice(ids.ptr + at, SL_KEPT_ID_BYTES), &message, &items) == SL_DONE) {
			sender = quarantine_item(sl_buf_slice(&items), SL_SEAL_SENDER);
			n += sender.len > 0 && allow_one(ask, sender);
		}
		sl_buf_fini(&items);
		sl_buf_fini(&message);
	}
	return n;
}

/* ---- release ---- */

static const char *
result_word(int result)
{
	switch (result) {
	case 0:
		return "queued";
	case SL_DONE:
		return "released before";
	case SL_ERR_TIMEOUT:
		return "marked; it is sent when the courier is there";
	case SL_ERR_NOT_FOUND:
		return "no such message";
	case SL_ERR_BUSY:
		return "it has just come to nothing: ask again";
	default:
		return sl_strerror(result);
	}
}

void
quarantine_on_released(struct ask *ask, const struct sl_kept_done *done)
{
	bool good = done->result == 0 || done->result == SL_DONE || done->result == SL_ERR_TIMEOUT;
	char id[SL_KEPT_ID_DIGITS + 1];

	sl_kept_id_write(done->id, id);
	ask->refused += !good;
	if (ask->ids != NULL && good)
		sl_buf_add(ask->ids, done->id, sizeof(done->id));
	if (ask->json)
		printf("{\"id\": \"%s\", \"queued\": %s, \"result\": \"%s\"}\n", id, good ? "true" : "false", result_word(done->result));
	else
		printf("%s  %s\n", id, result_word(done->result));
}

static int
release_chunks(struct ask *ask, struct sl_slice all, struct sl_buf *released)
{
	int r = SL_DONE;

	ask->ids = released;
	for (size_t at = 0; at < all.len && r == SL_DONE; at += QUARANTINE_CHUNK * SL_KEPT_ID_BYTES) {
		struct sl_slice rest = sl_slice_from(all, at);

		rest.len = SL_MIN(rest.len, (size_t)QUARANTINE_CHUNK * SL_KEPT_ID_BYTES);
		r = quarantine_choose(ask, SL_IPC_KEPT_RELEASE, rest);
	}
	ask->ids = NULL;
	return r;
}

static int
release_all(struct ask *ask, struct sl_slice all)
{
	struct sl_buf released;
	struct sl_slice ids;
	int r, status;

	sl_buf_init(&released, IDS_MAX);
	r = release_chunks(ask, all, &released);
	ids = sl_buf_slice(&released);
	status = r != SL_DONE || ask->refused > 0 ? EXIT_PROBLEM : EXIT_OK;
	if (r == SL_ERR_CLOSED)
		fputs("sluicectl quarantine: the courier is not there: nothing was released; try again in a while\n", stderr);
	else if (r != SL_DONE)
		(void)quarantine_failed(ask, r);
	if (ask->learn && tell_of_all(ask, ids, SL_CORRECTION_WANTED) < ids.len / SL_KEPT_ID_BYTES)
		status = EXIT_PROBLEM;
	if (ask->allow && allow_all(ask, ids) < ids.len / SL_KEPT_ID_BYTES)
		status = EXIT_PROBLEM;
	if (ask->wait_s > 0 && ids.len > 0 && quarantine_wait(ask, ids) != EXIT_OK)
		status = EXIT_PROBLEM;
	sl_buf_fini(&released);
	return status;
}

int
quarantine_release(struct ask *ask, char **ids)
{
	struct sl_buf all;
	int status;

	sl_buf_init(&all, IDS_MAX);
	status = quarantine_ids(ask, ids, &all);
	if (status == EXIT_OK && all.len == 0)
		puts("nothing is held");
	else if (status == EXIT_OK)
		status = release_all(ask, sl_buf_slice(&all));
	sl_buf_fini(&all);
	return status;
}
