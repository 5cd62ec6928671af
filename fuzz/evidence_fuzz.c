/*
 * evidence_fuzz.c - links, structure and bulk say the same of a message however it is cut, and say it well
 *
 * Two bytes of a cut, then a message. What is said has finite log-odds, and a sentence of UTF-8
 * without control characters; bulk speaks of bulk only, the others not of it; memory is bounded.
 */

#include <math.h>

#include "classify/bulk.h"
#include "classify/links.h"
#include "classify/panel.h"
#include "classify/structure.h"
#include "sl/utf8.h"

#define ARENA_MAX_BYTES	65536

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sl_links_model model;

static struct sl_hostlist *
hosts(const char *text)
{
	size_t skipped;

	return sl_hostlist_read(sl_slice_str(text), &skipped);
}

static struct sl_people *people;
static struct sl_correspondents correspondents;

static void
model_make(void)
{
	static _Alignas(64) uint64_t memory[64];
	static char ann[] = "Ann Doe", address[] = "ann@firm.com", *addresses[] = { address };
	static const struct sl_person person = { ann, addresses, 1 };
	struct sl_lookalike *brands;
	size_t line;

	model.suffix = sl_suffix_open(NULL);
	model.fold = sl_fold_preload();
	SL_ASSERT(sl_lookalike_read(SL_SLICE_LIT("PayPal: paypal.com\nBank of America: bankofamerica.com\n~Apple: apple.com\n"),
	    model.fold, &brands, &line) == 0);
	model.brands = brands;
	people = sl_people_new(&person, 1, model.fold);
	model.listed = hosts("evil.com\na.com/b\n");
	model.shorteners = hosts("bit.ly\n");
	model.hosting = hosts("pages.dev\n");
	model.freemail = hosts("gmail.com\n");
	sl_correspondents_init(&correspondents, memory, sizeof(memory),
	    &(struct sl_correspondents_settings){ .key = "a key of 16 byte" });
}

static void
judge(struct sl_slice message, size_t first, size_t step, struct sl_arena *arena, struct sl_verdict *verdict)
{
	static const struct sl_slice own[] = { SL_SLICE_LIT("firm.com") };
	struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = model.suffix };
	struct sl_slice domains[SL_LINKS_DOMAINS_MAX];
	struct sl_panel *panel;
	void *links;

	verdict->evidence_len = 0;
	sl_arena_init(arena, ARENA_MAX_BYTES);
	panel = sl_panel_new(&settings, arena);
	links = sl_panel_add(panel, &sl_links_classifier, &model);
	sl_panel_add(panel, &sl_structure_classifier, NULL);
	sl_panel_add(panel, &sl_bulk_classifier, NULL);
	sl_panel_connection(panel, &(struct sl_connection_event){ .now_s = 1700000000 });
	sl_panel_envelope(panel, &(struct sl_envelope_event){ .tenant = own[0], .own_domains = own,
	    .own_domains_len = 1, .people = people, .correspondents = &correspondents });
	for (size_t i = 0, n; i < message.len; i += n) {
		n = SL_MIN(i == 0 ? first : step, message.len - i);
		sl_panel_feed(panel, sl_slice(message.ptr + i, n));
	}
	sl_panel_finish(panel, verdict);
	SL_ASSERT(sl_links_domains(links, domains) <= SL_LINKS_DOMAINS_MAX);
	SL_ASSERT(sl_links_addresses(links, domains) <= SL_LINKS_DOMAINS_MAX);
	sl_panel_free(&panel);
}

static void
verdict_check(const struct sl_verdict *verdict)
{
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		const struct sl_evidence *e = &verdict->evidence[i];
		bool bulk = strncmp(e->name, "bulk_", 5) == 0;

		SL_ASSERT(sl_utf8_valid(sl_slice_str(e->sentence)) && e->sentence[0] != '\0');
		for (const char *p = e->sentence; *p != '\0'; p++)
			SL_ASSERT((unsigned char)*p >= 0x20 && *p != 0x7f);
		for (int c = 0; c < SL_CATEGORY_COUNT; c++)
			SL_ASSERT(isfinite(e->log_odds[c]) && (e->log_odds[c] == 0 || (c == SL_BULK) == bulk));
		for (size_t j = 0; j < i; j++)
			SL_ASSERT(strcmp(verdict->evidence[j].name, e->name) != 0);
	}
}

static void
same_check(const struct sl_verdict *a, const struct sl_verdict *b)
{
	SL_ASSERT(a->evidence_len == b->evidence_len);
	for (size_t i = 0; i < a->evidence_len; i++)
		SL_ASSERT(strcmp(a->evidence[i].sentence, b->evidence[i].sentence) == 0 &&
		    strcmp(a->evidence[i].name, b->evidence[i].name) == 0 &&
		    a->evidence[i].value == b->evidence[i].value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sl_verdict whole, cut, bytes;
	struct sl_arena arenas[3];
	struct sl_slice message;

	if (model.suffix == NULL)
		model_make();
	if (size < 3)
		return 0;
	message = sl_slice(data + 2, size - 2);
	judge(message, message.len, 1, &arenas[0], &whole);
	judge(message, 1 + (size_t)(data[0] << 8 | data[1]) % message.len, message.len, &arenas[1], &cut);
	judge(message, 1, 1, &arenas[2], &bytes);
	verdict_check(&whole);
	same_check(&whole, &cut);
	same_check(&whole, &bytes);
	for (int i = 0; i < 3; i++)
		sl_arena_fini(&arenas[i]);
	return 0;
}
