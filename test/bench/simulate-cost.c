/*
 * simulate-cost.c - what replaying recorded mail under another policy costs
 *
 * usage: simulate-cost DIRECTORY [RECORDS [EVIDENCE]]	default 100,000 records of 40 pieces of evidence each
 *
 * Writes into DIRECTORY (which should be empty) what `sluicectl policy simulate` reads, and leaves it there: lines as edges
 * write them, the same as day files, and two snapshots of 1,000 tenants, of which the second has another threshold for spam.
 * Then it replays both in this process. Times are of one core.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "policy/text/policy_text.h"
#include "replay/replay.h"
#include "traffic/traffic.h"

#define TENANTS		1000
#define RECORDS		100000
#define EVIDENCE	40
#define LINE_MAX_BYTES	((size_t)1 << 20)

static const char *directory;
static uint64_t random_state = 11;

static double
random_of(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (double)(random_state >> 11) / 9007199254740992.0;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "simulate-cost: %s\n", what);
		exit(1);
	}
}

static const char *
path_of(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

/* ---- snapshots ---- */

static struct sl_snapshot *
compile(const char *name, const struct sl_policy *policy)
{
	static const unsigned char salt[SL_SNAPSHOT_SALT_BYTES] = "simulate-cost 1";
	int fd = open(path_of(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct sl_snapshot_writer *w = sl_snapshot_writer_new(fd, directory, salt, SL_SLICE_LIT("bench"));
	struct sl_snapshot_counts counts;
	struct sl_snapshot *snapshot = NULL;
	struct sl_buf wrong;
	uint32_t id;

	sl_buf_init(&wrong, 4096);
	must(sl_snapshot_writer_policy(w, policy, &id) == 0, "the policy");
	for (uint32_t i = 1; i <= TENANTS; i++) {
		struct sl_snapshot_tenant tenant = { .id = i, .policy = id };
		struct sl_list_entry entry = { .flags = i % 2 ? SL_LIST_DENY : SL_LIST_ALLOW };
		char text[64];

		snprintf(text, sizeof(text), "tenant%u.example", i);
		tenant.name = sl_slice_str(text);
		must(sl_snapshot_writer_tenant(w, &tenant) == 0 && sl_snapshot_writer_domain(w, i, tenant.name,
		    sl_slice("", 0), SL_SNAPSHOT_INHERIT) == 0, "a tenant");
		for (int k = 0; k < 10; k++) {
			snprintf(text, sizeof(text), "domain%u.example", i * 31 + (unsigned)k * 997);
			must(sl_list_key_read(sl_slice_str(text), &entry.key) == NULL &&
			    sl_snapshot_writer_entry(w, SL_BY_TENANT, i, sl_slice("", 0), &entry) == 0, "an entry");
		}
	}
	must(sl_snapshot_writer_finish(w, &counts, &wrong) == 0, "the snapshot");
	sl_snapshot_writer_free(&w);
	must(sl_snapshot_open(fd, &snapshot) == 0, "the snapshot does not open");
	close(fd);
	sl_buf_fini(&wrong);
	return snapshot;
}

/* ---- lines ---- */

static void
make_verdict(struct sl_verdict *v, int evidence)
{
	static char names[SL_EVIDENCE_MAX][32];

	memset(v, 0, sizeof(*v));
	for (int i = 0; i < evidence; i++) {
		struct sl_evidence *e = &v->evidence[i];

		snprintf(names[i], sizeof(names[i]), i % 3 ? "RULE_OF_NUMBER_%d" : "html_links_%d", i);
		*e = (struct sl_evidence){ .name = names[i], .sentence = "", .value = i % 2 ? 1 : 4 * random_of() };
		for (int c = 0; c < 1 + i % 3; c++) {
			e->said[c] = 2 * random_of() - 1;
			e->log_odds[c] = e->said[c] * 0.73;
		}
	}
	v->evidence_len = (size_t)evidence;
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		v->prior[c] = -1.5 - c;
		v->probability[c] = c == SL_SPAM ? random_of() : random_of() * 0.01;
	}
}

static void
make_line(int i, int records, const struct sl_policy *policy, int evidence, struct sl_buf *out)
{
	static struct sl_verdict verdict;
	char from[128], domain[64], when[40];
	struct sl_record_class class = { .tenant = "", .outcome = "", .word = "clean", .by = SL_BY_POLICY,
		.allowed_by = SL_PRECEDENCE_COUNT };
	struct sl_record_facts facts = { .identity = { .known = true, .dmarc = SL_DMARC_PASS, .spf = SL_SPF_PASS } };
	struct sl_file file = { .name = SL_SLICE_LIT("*.pdf"), .type = SL_TYPE_PDF, .type_is_sure = true, .bytes = 20000 };
	const struct sl_record_version versions[] = { { "models", "0123456789abcdef" }, { "combiner", "0123456789abcdef" },
		{ "rules", "0123456789abcdef" }, { "snapshot", "0123456789abcdef" } };
	struct sl_record_source source = { .verdict = &verdict, .versions = versions, .versions_len = 4, .facts = &facts,
		.classes = &class, .classes_len = 1 };
	time_t s = (time_t)(sl_clock_system.wall_us(NULL) / 1000000) - 86400 + (time_t)((int64_t)i * 86400 / records);
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
	make_verdict(&verdict, evidence);
	snprintf(domain, sizeof(domain), "domain%d.example", i * 31 % 20011);
	snprintf(from, sizeof(from), "sender%d@%s", i * 7919 % 90001, domain);
	facts.from = sl_slice_str(from);
	facts.identity.author_domain = facts.identity.spf_domain = sl_slice_str(domain);
	facts.identity.signers[0] = (struct sl_identity_signer){ facts.identity.author_domain, true };
	facts.identity.signers_len = 1;
	facts.files = &file;
	facts.files_len = i % 4 == 0;
	memcpy(class.policy, policy->category, sizeof(class.policy));
	sl_buf_reset(out);
	sl_buf_addf(out, "{\"time\":\"%s\",\"id\":\"%014dTX\",\"session\":\"%015dS\",\"outcome\":\"delivered\",\"client\":\"192.0.%d.%d\","
	    "\"helo\":\"mx%d.example.net\",\"tls\":\"TLSv1.3\",\"mail_from\":\"%s\",\"rcpt_to\":[\"user%d@tenant%d.example\"],"
	    "\"rcpt_tried\":1,\"tenant\":\"tenant%d.example\",\"bytes\":4451,\"verdict\":\"clean\",\"action\":\"deliver\",\"enforced\":true",
	    when, i, i, i / 256 % 256, i % 256, i % 5000, from, i % 100, 1 + i % TENANTS, 1 + i % TENANTS);
	sl_record_write(&source, out);
	sl_buf_addf(out, ",\"reply\":{\"code\":250,\"status\":\"2.0.0\",\"text\":\"ok\",\"from\":\"next_hop\"},\"ms\":{\"mail\":0,"
	    "\"rcpt\":0.3,\"data\":0.9,\"dot\":2.1,\"verdict\":9.3,\"hop_data\":9.4,\"hop_dot\":9.9,\"reply\":12.1}}");
}

static void
make_lines(int records, int evidence, const struct sl_policy *policy)
{
	FILE *file = fopen(path_of("records.json"), "w");
	struct sl_traffic_options options = { .directory = sl_xstrdup(path_of("traffic")) };
	struct sl_traffic *traffic;
	struct sl_buf line;

	sl_buf_init(&line, LINE_MAX_BYTES);
	must(file != NULL && sl_traffic_open(&options, &traffic) == 0, "files cannot be made");
	for (int i = 0; i < records; i++) {
		make_line(i, records, policy, evidence, &line);
		fprintf(file, "%s\n", sl_buf_cstr(&line));
		must(sl_traffic_add(traffic, sl_buf_slice(&line)) == 0, "day files");
		if (sl_traffic_queued(traffic) > (8u << 20))
			must(sl_traffic_flush(traffic) == 0, "day files");
	}
	must(sl_traffic_flush(traffic) == 0 && fclose(file) == 0, "files cannot be written");
	printf("%d records, %zu bytes each\n", records, line.len + 1);
	sl_traffic_close(&traffic);
	sl_buf_fini(&line);
}

/* ---- replaying ---- */

struct replayed {
	struct sl_replay	*replay;
	struct sl_arena		 arena;
	struct sl_record	 record;
	uint64_t		 records, differ;
};

static void
on_told(void *ctx, const struct sl_replay_told *told)
{
	struct replayed *r = ctx;

	r->differ += told->differs;
}

static int
on_line(void *ctx, struct sl_slice line)
{
	struct replayed *r = ctx;

	sl_arena_reset(&r->arena);
	must(sl_record_read(line, SL_RECORD_RULINGS, &r->arena, &r->record) == 0, "a record cannot be read");
	sl_replay_record(r->replay, &r->record, 0, on_told, r);
	r->records++;
	return 0;
}

static void
say(const char *what, const struct replayed *r, double seconds)
{
	printf("%-12s %8.2f s, %6.1f us a record, %llu differ\n", what, seconds, seconds * 1e6 / (double)r->records,
	    (unsigned long long)r->differ);
}

static void
replay_lines(struct replayed *r)
{
	FILE *file = fopen(path_of("records.json"), "r");
	double begin = now();
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	r->records = r->differ = 0;
	while (file != NULL && (len = getline(&line, &size, file)) > 0)
		on_line(r, sl_slice(line, (size_t)len - 1));
	say("JSON lines", r, now() - begin);
	free(line);
	fclose(file);
}

static void
replay_traffic(struct replayed *r)
{
	struct sl_traffic_options options = { .directory = path_of("traffic"), .read_only = true };
	struct sl_traffic_query query = { .since_us = 1, .limit = SIZE_MAX };
	struct sl_traffic_found found;
	struct sl_traffic *traffic;
	double begin = now();

	r->records = r->differ = 0;
	must(sl_traffic_open(&options, &traffic) == 0 && sl_traffic_search(traffic, &query, on_line, r, &found) == 0, "day files");
	say("day files", r, now() - begin);
	sl_traffic_close(&traffic);
}

int
main(int argc, char **argv)
{
	int records = argc > 2 ? atoi(argv[2]) : RECORDS, evidence = argc > 3 ? atoi(argv[3]) : EVIDENCE;
	struct sl_policy_presets *presets = sl_xzalloc(sizeof(*presets));
	struct replayed *r = sl_xzalloc(sizeof(*r));
	struct sl_snapshot *current, *changed;
	struct sl_policy policy;
	struct sl_arena arena;

	if (argc < 2 || records < 1 || evidence < 0 || evidence > SL_EVIDENCE_MAX) {
		fprintf(stderr, "usage: simulate-cost DIRECTORY [RECORDS [EVIDENCE]]\n");
		return 2;
	}
	directory = argv[1];
	sl_arena_init(&arena, (size_t)1 << 24);
	sl_arena_init(&r->arena, (size_t)1 << 22);
	sl_policy_presets_read(&arena, presets);
	policy = presets->level[SL_LEVEL_STANDARD];
	current = compile("current", &policy);
	make_lines(records, evidence, &policy);
	policy.category[SL_SPAM].at[SL_ACTION_QUARANTINE] = 0.9;
	changed = compile("changed", &policy);
	r->replay = sl_replay_new(current, changed);
	replay_lines(r);
	replay_traffic(r);
	sl_replay_free(&r->replay);
	sl_snapshot_close(&current);
	sl_snapshot_close(&changed);
	sl_arena_fini(&r->arena);
	sl_arena_fini(&arena);
	sl_free(r);
	sl_free(presets);
	return 0;
}
