/* edge_provider_i.c - see edge_provider_i.h */

#include "check.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "edge_provider_i.h"
#include "policy/text/policy_text.h"

#define TENANT		7u
#define OURS		8u	/* example.com, of the settings */
#define PIECE_BYTES	16384	/* of a large message that are sent at once */

struct rig rig;
struct rig_end *clamd;
static struct sl_arena arena;
static struct sl_policy_presets presets;

static void
fail_at(const char *what, const char *file, int line)
{
	print_error("%s:%d: not met: %s\n", file, line, what);
	_fail(file, line);
}

/* ---- a provider ---- */

static uint32_t
add_policy(struct sl_snapshot_writer *writer, const char *text)
{
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));
	struct sl_policy_layer layer;
	const struct sl_policy_source source = { SL_BY_TENANT, &layer };
	struct sl_buf wrong;
	uint32_t id;

	sl_buf_init(&wrong, 4096);
	if (sl_policy_layer_read("p", sl_slice_str(text), SL_BY_TENANT, &arena, &layer, &wrong) != 0)
		fail_msg("%s", sl_buf_cstr(&wrong));
	sl_policy_resolve(&presets, &source, 1, e);
	assert_int_equal(sl_snapshot_writer_policy(writer, &e->policy, &id), 0);
	sl_buf_fini(&wrong);
	sl_free(e);
	return id;
}

static void
add_ours(struct sl_snapshot_writer *writer, uint32_t policy, enum ours ours)
{
	struct sl_snapshot_tenant tenant = { .id = OURS, .name = SL_SLICE_LIT("example.com"), .policy = policy,
		.file_mark = sl_settings_tenant_mark(rig.edge->snapshot->settings, rig_tenant(&rig)) + (ours == OURS_AS_IT_WAS) };

	assert_int_equal(sl_snapshot_writer_tenant(writer, &tenant), 0);
	assert_int_equal(sl_snapshot_writer_domain(writer, OURS, SL_SLICE_LIT("example.com"), sl_slice("", 0),
	    SL_SNAPSHOT_INHERIT), 0);
}

static uint32_t
tenant_of(const char *address)
{
	return address != NULL && strstr(address, "@example.com") != NULL ? OURS : TENANT;
}

static void
add_tenant(struct sl_snapshot_writer *writer, uint32_t policy)
{
	struct sl_snapshot_tenant tenant = { .id = TENANT, .name = SL_SLICE_LIT("acme"), .hops_len = 1, .policy = policy,
		.hop_tls = SL_HOP_TLS_OFF };

	tenant.hops[0] = (struct sl_snapshot_hop){ .text = SL_SLICE_LIT("mx.acme.test"), .host = SL_SLICE_LIT("mx.acme.test"),
		.port = 25 };
	assert_int_equal(sl_snapshot_writer_tenant(writer, &tenant), 0);
	assert_int_equal(sl_snapshot_writer_domain(writer, TENANT, SL_SLICE_LIT("acme.test"), sl_slice("", 0),
	    SL_SNAPSHOT_INHERIT), 0);
}

static void
add_entry(struct sl_snapshot_writer *writer, const struct entry *entry)
{
	struct sl_list_entry e = { .flags = entry->flags };
	bool of_user = entry->owner != NULL;

	assert_null(sl_list_key_read(sl_slice_str(entry->value), &e.key));
	assert_int_equal(sl_snapshot_writer_entry(writer, of_user ? SL_BY_USER : SL_BY_TENANT, tenant_of(entry->owner),
	    sl_slice_str(of_user ? entry->owner : ""), &e), 0);
}

static int
compile(const struct provider *p)
{
	static const unsigned char salt[SL_SNAPSHOT_SALT_BYTES] = "0123456789abcde";
	int fd = memfd_create("snapshot", MFD_CLOEXEC);
	struct sl_snapshot_writer *writer = sl_snapshot_writer_new(fd, "/tmp", salt, sl_slice("", 0));
	struct sl_snapshot_counts counts;
	struct sl_buf wrong;

	add_tenant(writer, add_policy(writer, p->policy));
	if (p->ours != OURS_IS_NOT_THERE)
		add_ours(writer, add_policy(writer, p->policy), p->ours);
	for (size_t i = 0; i < SL_COUNT(p->users) && p->users[i].address != NULL; i++)
		assert_int_equal(sl_snapshot_writer_user(writer, tenant_of(p->users[i].address), sl_slice_str(p->users[i].address), 0,
		    p->users[i].policy == NULL ? SL_SNAPSHOT_INHERIT : add_policy(writer, p->users[i].policy)), 0);
	for (size_t i = 0; i < SL_COUNT(p->entries) && p->entries[i].value != NULL; i++)
		add_entry(writer, &p->entries[i]);
	sl_buf_init(&wrong, 4096);
	if (sl_snapshot_writer_finish(writer, &counts, &wrong) != 0)
		fail_msg("%s", sl_buf_cstr(&wrong));
	sl_buf_fini(&wrong);
	sl_snapshot_writer_free(&writer);
	return fd;
}

/* The next hop of the settings' tenant stands where that of the console's would be. */
void
use(const struct provider *p)
{
	struct addressee who;
	struct sl_endpoint *next;
	int fd = compile(p);

	assert_int_equal(edge_use_pictures(rig.edge, fd, -1), 0);
	close(fd);
	assert_true(directory_find(rig.edge->directory, SL_SLICE_LIT("anna@acme.test"), &who));
	next = &who.tenant->next_hops[0];
	next->address = rig_tenant(&rig)->next_hops[0].address;
	next->address_len = rig_tenant(&rig)->next_hops[0].address_len;
}

void
open_rig(const struct provider *p)
{
	rig_fail = fail_at;
	rig_open(&rig, &(struct rig_options){ .top = "clamd: {address: \"127.0.0.1:3310\"}\nquarantine: {directory: /nowhere}\n" });
	rig.edge->snapshot->settings->quarantine.deadline_ms = 20000;
	sl_seal_pair_new(&fake.pair);
	fake_open(&rig);
	sl_arena_init(&arena, (size_t)64 << 20);
	sl_policy_presets_read(&arena, &presets);
	use(p);
}

void
close_rig(void)
{
	fake_close();
	rig_settle(&rig);
	rig_close(&rig);
	sl_arena_fini(&arena);
}

/* ---- a message ---- */

struct rig_end *hop;

struct rig_end *
envelope(const char *mail, const struct rcpt *rcpts)
{
	struct rig_end *sender = sender_hello(&rig);
	char line[200];

	hop = NULL;
	snprintf(line, sizeof(line), "MAIL FROM:%s\r\n", mail);
	end_tx(sender, line);
	expect_reply(sender, "250 2.1.0");
	for (; rcpts->address != NULL; rcpts++) {
		snprintf(line, sizeof(line), "RCPT TO:<%s>\r\n", rcpts->address);
		end_tx(sender, line);
		if (rcpts->told != NULL) {
			expect_reply(sender, rcpts->told);
			continue;
		}
		if (hop == NULL) {
			hop = hop_greet(&rig, 0, "PIPELINING SIZE");
			(void)end_read(hop);
			snprintf(line, sizeof(line), "RCPT TO:<%s>", rcpts->address);
			expect_line(hop, strstr(mail, "SIZE") != NULL ? "MAIL FROM:<a@client.example> SIZE=302048" : "MAIL FROM:<a@client.example>");
			expect_line(hop, line);
			end_tx(hop, "250 ok\r\n250 ok\r\n");
		} else {
			snprintf(line, sizeof(line), "RCPT TO:<%s>", rcpts->address);
			expect_line(hop, line);
			end_tx(hop, "250 ok\r\n");
		}
		expect_reply(sender, "250 ");
	}
	return sender;
}

void
message(struct rig_end *sender, const char *text, bool infected)
{
	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
	clamd = rig_clamd(&rig);
	assert_non_null(clamd);
	for (size_t at = 0, len = strlen(text); at < len; at += PIECE_BYTES) {
		end_tx_bytes(sender, text + at, SL_MIN((size_t)PIECE_BYTES, len - at));
		if (len > PIECE_BYTES)
			fake_settle();
		(void)end_read(clamd);
	}
	end_tx(sender, "\r\n.\r\n");
	for (int i = 0; i < 4; i++) {
		rig_settle(&rig);
		(void)end_read(clamd);
	}
	end_tx(clamd, infected ? "stream: Eicar FOUND" : "stream: OK");
	end_tx_bytes(clamd, "", 1);
	fake_settle();
}

/* The next hop is given the message on the connection that it has, or a new one, for these alone. */
void
taken_by(const char *reply, const char *const *recipients, bool narrowed)
{
	char line[200];

	if (narrowed) {
		expect_line(hop, "RSET");
		end_tx(hop, "250 ok\r\n");
		rig_settle(&rig);
		if (!end_read(hop) || hop->got.len == 0) {
			struct rig_end *second = hop_greet(&rig, 0, "PIPELINING SIZE");

			if (second != NULL)
				hop = second;
		}
		expect_line(hop, "MAIL FROM:<a@client.example>");
		for (size_t i = 0; recipients[i] != NULL; i++) {
			snprintf(line, sizeof(line), "RCPT TO:<%s>", recipients[i]);
			expect_line(hop, line);
			end_tx(hop, i == 0 ? "250 ok\r\n250 ok\r\n" : "250 ok\r\n");
		}
	}
	expect_line(hop, "DATA");
	end_tx(hop, "354 go on\r\n");
	expect_message(hop);
	end_tx(hop, reply);
	rig_settle(&rig);
}

bool
kept_for(const char *address)
{
	unsigned char plain[SL_SEAL_RECORD_PLAIN];
	struct sl_seal_view view;
	struct sl_seal_item item;
	struct sl_slice items;
	struct sl_buf text;
	bool found = false;

	sl_buf_init(&text, SIZE_MAX / 2);
	fake_opens(&view, plain, &text);
	for (items = view.items; sl_seal_item_next(&items, &item) == SL_DONE;)
		found |= item.type == SL_SEAL_RECIPIENT && sl_slice_eq(item.value, sl_slice_str(address));
	sl_buf_fini(&text);
	return found;
}
