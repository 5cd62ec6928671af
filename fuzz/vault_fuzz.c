/*
 * vault_fuzz.c - a vault on disks that were changed by whoever has them
 *
 * A vault with five messages is made once. The input is changes to its files (which, where, what; also cut short, and runs moved
 * to another place), or a whole file of headers. The vault opens or does not; whatever is listed as opening, and whatever opens,
 * is one of the five, with its own bytes. Then it has to take another message and give it back.
 */

#include "../lib/vault/disk_memory_i.h"
#include "vault/vault.h"

#include <stdio.h>
#include <stdlib.h>

#define MESSAGES	5u
#define DAY		20007u

static const struct sl_slice tenant = { (const unsigned char *)"example.com", 11 };
static const unsigned char master[SL_VAULT_MASTER_BYTES] = { 1 };
static const struct sl_vault_settings settings = { .slots_step = 8, .blocks_step = 8 };

static struct disk_memory original;
static struct sl_buf bodies[MESSAGES + 1], texts[MESSAGES + 1];
static unsigned char records[MESSAGES + 1][SL_SEAL_RECORD_BYTES];

static int
collect(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
	return 0;
}

/* The fourth has a body of several blocks. */
static void
text_make(unsigned n)
{
	sl_buf_init(&texts[n], 1 << 20);
	for (unsigned i = 0; i <= (n == 3 ? 2000 : n * 20); i++)
		sl_buf_addf(&texts[n], "%u of %u\r\n", i * 2654435761u, n);
}

static void
seal(unsigned n, const unsigned char *public)
{
	struct sl_seal_body *body = sl_seal_body_new();
	struct sl_seal_body_info info;
	struct sl_seal_record record;

	sl_buf_init(&bodies[n], 1 << 20);
	text_make(n);
	sl_seal_body_begin(body, collect, &bodies[n]);
	SL_ASSERT(sl_seal_body_feed(body, sl_buf_slice(&texts[n])) == 0 && sl_seal_body_finish(body, &info) == 0);
	sl_seal_record_init(&record);
	SL_ASSERT(sl_seal_record_add(&record, SL_SEAL_SUBJECT, sl_slice(&n, sizeof(n))) == 0);
	SL_ASSERT(sl_seal_record_seal(&record, &info, n, public, tenant, records[n]) == 0);
	sl_seal_record_fini(&record);
	sl_seal_body_free(&body);
}

static void
on_done(void *ctx, int result, const unsigned char id[SL_VAULT_ID_BYTES])
{
	*(int *)ctx = result;
}

static int
add(struct sl_vault *vault, unsigned n)
{
	struct sl_vault_append *append;
	int result = -1, r = sl_vault_append_new(vault, tenant, 0, &append);

	if (r == 0)
		r = sl_vault_append_feed(append, sl_buf_slice(&bodies[n]));
	if (r == 0)
		r = sl_vault_append_commit(&append, records[n], n, DAY, on_done, &result);
	sl_vault_append_free(&append);
	if (r == 0)
		r = sl_vault_flush(vault);
	return r != 0 ? r : result;
}

static void
make(void)
{
	unsigned char public[SL_SEAL_KEY_BYTES];
	struct sl_vault *vault;

	disk_memory_init(&original);
	SL_ASSERT(sl_vault_open(&original.disk, master, &settings, &vault) == 0);
	SL_ASSERT(sl_vault_tenant_new(vault, tenant, public) == 0);
	for (unsigned n = 0; n <= MESSAGES; n++)
		seal(n, public);
	for (unsigned n = 0; n < MESSAGES; n++)
		SL_ASSERT(add(vault, n) == 0);
	sl_vault_close(&vault);
}

/* One change of 8 bytes of the input. */
static void
change(struct disk_memory *disk, const uint8_t *d)
{
	struct sl_buf *b = &disk->files[d[0] % SL_DISK_FILE_COUNT].now;
	size_t at, from;

	if (b->len == 0)
		return;
	at = (size_t)(d[1] << 16 | d[2] << 8 | d[3]) % b->len;
	from = (size_t)(d[4] << 16 | d[5] << 8 | d[6]) % b->len;
	switch (d[0] / SL_DISK_FILE_COUNT % 4) {
	case 0:
		b->data[at] ^= d[7];
		break;
	case 1:
		b->len = at;
		break;
	case 2:		/* a slot's bytes in another's place */
		at &= ~(size_t)4095;
		from &= ~(size_t)4095;
		memmove(b->data + at, b->data + from, SL_MIN((size_t)4096, b->len - SL_MAX(at, from)));
		break;
	default:
		memset(b->data + at, d[7], SL_MIN((size_t)d[6] * 16, b->len - at));
	}
}

struct listing {
	size_t		len;
	unsigned char	ids[64][SL_VAULT_ID_BYTES];
	unsigned	numbers[64];
};

static void
on_entry(void *ctx, const struct sl_vault_entry *entry)
{
	struct listing *l = ctx;
	struct sl_slice items;
	struct sl_seal_item item;

	SL_ASSERT(l->len < SL_COUNT(l->ids));
	memcpy(l->ids[l->len], entry->id, SL_VAULT_ID_BYTES);
	l->numbers[l->len] = MESSAGES + 1;
	if (entry->view != NULL) {
		items = entry->view->items;
		SL_ASSERT(sl_seal_item_next(&items, &item) == SL_DONE && item.value.len == sizeof(unsigned));
		memcpy(&l->numbers[l->len], item.value.ptr, sizeof(unsigned));
		SL_ASSERT(l->numbers[l->len] <= MESSAGES);
	}
	l->len++;
}

/* Everything that opens is what was put in. Returns whether the last message is among it. */
static bool
look(struct sl_vault *vault)
{
	static struct listing l;
	const struct sl_vault_query any = { .state = -1, .limit = 64 };
	unsigned char last[SL_VAULT_ID_BYTES];
	bool found = false;
	int r;

	l.len = 0;
	r = sl_vault_list(vault, tenant, &any, on_entry, &l, last);
	SL_ASSERT(r == SL_DONE || r == SL_ERR_NOT_FOUND || r == SL_ERR_LOCKED);
	for (size_t i = 0; i < l.len; i++) {
		struct sl_vault_reader *reader;
		struct sl_slice wanted = sl_slice(NULL, 0);
		struct sl_buf out;

		sl_buf_init(&out, 1 << 20);
		r = sl_vault_reader_new(vault, tenant, l.ids[i], collect, &out, &reader);
		SL_ASSERT((r == 0) == (l.numbers[i] <= MESSAGES));
		while (r == SL_MORE)
			r = sl_vault_reader_step(reader);
		if (l.numbers[i] <= MESSAGES)
			wanted = sl_buf_slice(&texts[l.numbers[i]]);
		SL_ASSERT(out.len <= wanted.len && (out.len == 0 || memcmp(out.data, wanted.ptr, out.len) == 0));
		SL_ASSERT(r != SL_DONE || out.len == wanted.len);
		found |= r == SL_DONE && l.numbers[i] == MESSAGES;
		sl_vault_reader_free(&reader);
		sl_buf_fini(&out);
	}
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct disk_memory disk;
	struct sl_vault *vault;

	if (original.files[0].now.len == 0)
		make();
	disk_memory_copy(&original, &disk);
	if (len > 0 && data[0] == 0xfe) {	/* a file of headers */
		sl_buf_reset(&disk.files[SL_DISK_HEADERS].now);
		sl_buf_add(&disk.files[SL_DISK_HEADERS].now, data + 1, len - 1);
	} else {
		for (size_t i = 0; i + 8 <= len && i < 256; i += 8)
			change(&disk, data + i);
	}
	if (sl_vault_open(&disk.disk, master, &settings, &vault) == 0) {
		int r;

		(void)look(vault);
		r = add(vault, MESSAGES);
		SL_ASSERT(r == 0 || r == SL_ERR_NOT_FOUND);	/* of the tenant */
		SL_ASSERT(r != 0 || look(vault));
		sl_vault_close(&vault);
	}
	disk_memory_fini(&disk);
	return 0;
}
