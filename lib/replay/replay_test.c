/* replay_test.c - records replayed: nothing is told where nothing changed, and what is told is what happens */

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "policy/groups.h"
#include "policy/seen.h"
#include "policy/text/policy_text.h"
#include "replay/lists.h"
#include "replay/replay.h"
#include "replay/run.h"

static const unsigned char salt[SL_SNAPSHOT_SALT_BYTES] = "0123456789abcde";

struct fixture {
	struct sl_arena			arena;
	struct sl_policy_presets	presets;
};

static int
setup(void **state)
{
	struct fixture *f = sl_xzalloc(sizeof(*f));

	sl_arena_init(&f->arena, (size_t)64 << 20);
	sl_policy_presets_read(&f->arena, &f->presets);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	sl_arena_fini(&f->arena);
	sl_free(f);
	return 0;
}

static struct sl_policy
policy_of(struct fixture *f, const char *text)
{
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));
	struct sl_policy_layer layer;
	struct sl_policy_source source = { SL_BY_TENANT, &layer };
	struct sl_policy policy;
	struct sl_buf wrong;

	sl_buf_init(&wrong, 65536);
	if (sl_policy_layer_read("p", sl_slice_str(text), SL_BY_TENANT, &f->arena, &layer, &wrong) != 0)
		fail_msg("%s", sl_buf_cstr(&wrong));
	sl_policy_resolve(&f->presets, &source, 1, e);
	policy = e->policy;
	sl_buf_fini(&wrong);
	sl_free(e);
	return policy;
}

/* ---- a provider of one tenant: one.example with a user, and lists */

struct entry {
	enum sl_policy_by	 by;		/* USER: of ann@one.example */
	const char		*text;
	unsigned		 flags;
	int64_t			 expires_s;
};

static void
add_entries(struct sl_snapshot_writer *w, const struct entry *entries, size_t len)
{
	for (size_t i = 0; i < len && entries[i].text != NULL; i++) {
		struct sl_list_entry entry = { .flags = entries[i].flags, .expires_s = entries[i].expires_s };

		assert_null(sl_list_key_read(sl_slice_str(entries[i].text), &entry.key));
		assert_int_equal(sl_snapshot_writer_entry(w, entries[i].by, entries[i].by == SL_BY_OPERATOR ? 0 : 1,
		    sl_slice_str(entries[i].by == SL_BY_USER ? "ann@one.example" : ""), &entry), 0);
	}
}

static struct sl_snapshot *
compile(const struct sl_policy *policy, const struct entry *entries, size_t len)
{
	static const struct sl_snapshot_tenant tenant = { .id = 1, .name = { (const unsigned char *)"one", 3 } };
	struct sl_snapshot_tenant one = tenant;
	struct sl_snapshot_counts counts;
	struct sl_snapshot *snapshot;
	int fd = memfd_create("snapshot", MFD_CLOEXEC);
	struct sl_snapshot_writer *w = sl_snapshot_writer_new(fd, "/tmp", salt, sl_slice_str("v1"));
	struct sl_buf wrong;

	sl_buf_init(&wrong, 65536);
	assert_int_equal(sl_snapshot_writer_policy(w, policy, &one.policy), 0);
	assert_int_equal(sl_snapshot_writer_tenant(w, &one), 0);
	assert_int_equal(sl_snapshot_writer_domain(w, 1, sl_slice_str("one.example"), sl_slice("", 0), SL_SNAPSHOT_INHERIT), 0);
	assert_int_equal(sl_snapshot_writer_user(w, 1, sl_slice_str("ann@one.example"), 0, SL_SNAPSHOT_INHERIT), 0);
	add_entries(w, entries, len);
	if (sl_snapshot_writer_finish(w, &counts, &wrong) != 0)
		fail_msg("%s", sl_buf_cstr(&wrong));
	sl_snapshot_writer_free(&w);
	assert_int_equal(sl_snapshot_open(fd, &snapshot), 0);
	close(fd);
	sl_buf_fini(&wrong);
	return snapshot;
}

/* ---- one message */

struct message {
	const char	*from, *sender, *client;
	double		 spam;
	bool		 proven;	/* by DMARC; else it fails with p=reject if `rejects` */
	bool		 rejects;
	const char	*file;		/* a name; NULL: none */
	struct { const char *name; unsigned hits; } group;
	const char	*rule;		/* that fitted */
	const char	*malware;
	bool		 no_facts;
	bool		 stranger;	/* to a tenant that is none of ours, instead of the user */
};

static const struct sl_slice to_ann = { (const unsigned char *)"Ann@one.example", 15 };
static const struct sl_slice to_nobody = { (const unsigned char *)"x@nobody.example", 16 };

struct recorded {
	struct sl_record	 record;
	struct sl_record_class	 class;
	struct sl_record_group	 group;
	struct sl_slice		 rule;
	struct sl_files_seen	 seen;
};

static void
record_of(const struct message *m, struct recorded *out)
{
	struct sl_record *r = &out->record;
	struct sl_identity *id = &r->facts.identity;
	const char *at = m->from != NULL ? strchr(m->from, '@') : NULL;

	memset(out, 0, sizeof(*out));
	r->verdict.evidence_len = 1;
	r->verdict.evidence[0] = (struct sl_evidence){ .name = "", .sentence = "", .log_odds = { 1 } };
	r->verdict.probability[SL_SPAM] = m->spam;
	r->client = sl_slice_str(m->client != NULL ? m->client : "192.0.2.1");
	r->sender = sl_slice_str(m->sender != NULL ? m->sender : "");
	r->recipients = m->stranger ? &to_nobody : &to_ann;
	r->recipients_len = 1;
	r->classes = &out->class;
	r->classes_len = 1;
	r->has_facts = !m->no_facts;
	r->facts.from = sl_slice_str(m->from != NULL ? m->from : "");
	r->facts.malware = m->malware;
	id->known = true;
	id->author = m->from != NULL ? SL_AUTHOR_ONE : SL_AUTHOR_ABSENT;
	id->author_domain = sl_slice_str(at != NULL ? at + 1 : "");
	id->dmarc = m->proven ? SL_DMARC_PASS : SL_DMARC_FAIL;
	id->disposition = m->rejects ? SL_DMARC_POLICY_REJECT : SL_DMARC_POLICY_NONE;
	out->class = (struct sl_record_class){ .tenant = "", .outcome = "", .word = "clean", .by = SL_BY_POLICY,
		.allowed_by = SL_PRECEDENCE_COUNT };
	sl_files_seen_init(&out->seen);
	if (m->file != NULL)
		sl_files_seen_add(&out->seen, &(struct sl_file){ .name = sl_slice_str(m->file) });
	r->facts.files = out->seen.files;
	r->facts.files_len = out->seen.len;
	if (m->group.name != NULL) {
		out->group = (struct sl_record_group){ sl_slice_str(m->group.name), m->group.hits };
		out->class.groups = &out->group;
		out->class.groups_len = 1;
	}
	if (m->rule != NULL) {
		out->rule = sl_slice_str(m->rule);
		out->class.rules = &out->rule;
		out->class.rules_len = 1;
	}
}

/* ---- rows: a policy, another, a message, what is told */

#define GROUP(at_least, words)	"content: {groups: [{name: secret, words: [" words "], at_least: " at_least ", action: quarantine}]}"
#define RULE(mask, action)	"attachments: {rules: [{name: r, names: [\"" mask "\"], action: " action "}], programs: deliver}"
#define D	SL_LIST_DENY
#define A	SL_LIST_ALLOW

static const struct row {
	const char	*name, *now, *then;
	struct entry	 entries_now[2], entries_then[2];
	struct message	 message;
	const char	*told;		/* "deliver > tag, differs", ... */
	const char	*why;		/* begins so, of `then` */
} rows[] = {
	{ "nothing is changed", "", "", { { 0 } }, { { 0 } }, { .from = "a@x.example", .spam = 0.5, .proven = true },
	  "deliver > deliver", "nothing speaks against it" },
	{ "a threshold", "spam: {tag: 0.8}", "spam: {refuse: 0.8}", { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .spam = 0.85, .proven = true }, "tag > refuse, differs, drifted", "spam: 0.85 reaches refuse at 0.8" },
	{ "a threshold that is not reached", "spam: {tag: 0.8}", "spam: {refuse: 0.9}", { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .spam = 0.5, .proven = true }, "deliver > deliver", "nothing" },
	{ "monitoring", "spam: {refuse: 0.8}", "spam: {refuse: 0.8}\nmode: monitor", { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .spam = 0.85, .proven = true }, "refuse > deliver, differs, drifted", "spam" },
	{ "somebody else's", "", "spam: {refuse: 0.01}", { { 0 } }, { { 0 } }, { .from = "a@x.example", .stranger = true }, "", NULL },

	{ "DMARC's rejection is obeyed no more", "", "authentication: {dmarc: record}", { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .spam = 0.1, .rejects = true }, "refuse > deliver, differs, drifted", "nothing" },
	{ "a partner is asked for proof", "", "authentication: {partners: [{domain: x.example, authentication: yes}]}", { { 0 } },
	  { { 0 } }, { .from = "a@x.example", .spam = 0.1 }, "deliver > refuse, differs", "unauthenticated: Mail from x.example" },
	{ "no author is fine", "", "authentication: {bad_author: tag}", { { 0 } }, { { 0 } }, { .spam = 0.1 },
	  "refuse > tag, differs, drifted", "forged: The message has no author" },

	{ "a sender is denied", "", "", { { 0 } }, { { SL_BY_TENANT, "x.example", D, 0 } },
	  { .from = "a@x.example", .spam = 0.1, .proven = true }, "deliver > refuse, differs", "tenant's deny list: x.example" },
	{ "by his envelope", "", "lists: {denied: quarantine}", { { 0 } }, { { SL_BY_USER, "b@y.example", D, 0 } },
	  { .from = "a@x.example", .sender = "b@y.example" }, "deliver > quarantine, differs", "user's deny list: b@y.example" },
	{ "by his network", "", "", { { SL_BY_OPERATOR, "192.0.2.0/24", D, 0 } }, { { 0 } },
	  { .from = "a@x.example", .client = "192.0.2.77" }, "refuse > deliver, differs, drifted", "nothing" },
	{ "a sender is allowed", "spam: {refuse: 0.8}", "spam: {refuse: 0.8}", { { 0 } }, { { SL_BY_TENANT, "a@x.example", A, 0 } },
	  { .from = "a@x.example", .spam = 0.9, .proven = true }, "refuse > deliver, differs, drifted", "tenant's allow list" },
	{ "not without proof", "spam: {refuse: 0.8}", "spam: {refuse: 0.8}", { { 0 } }, { { SL_BY_TENANT, "a@x.example", A, 0 } },
	  { .from = "a@x.example", .spam = 0.9 }, "refuse > refuse, drifted", "spam: 0.9 reaches refuse at 0.8; tenant's allow list" },
	{ "an entry that had expired", "", "", { { 0 } }, { { SL_BY_TENANT, "x.example", D, 999 } },
	  { .from = "a@x.example", .proven = true }, "deliver > deliver", "nothing" },
	{ "one that had not", "", "", { { 0 } }, { { SL_BY_TENANT, "x.example", D, 1001 } },
	  { .from = "a@x.example", .proven = true }, "deliver > refuse, differs", "tenant's deny" },

	{ "known malware goes by the strongest", "malware: {refuse: 0.5}", "malware: {quarantine: 0.1, refuse: 0.5}", { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .proven = true, .malware = "Eicar" }, "refuse > refuse, drifted", "known malware: Eicar" },

	{ "programs are refused", "attachments: {programs: deliver}", "attachments: {programs: refuse}", { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .proven = true, .file = "Invoice of Ann.exe" }, "deliver > refuse, differs",
	  "attachment: The recipient does not take such files: '*.exe' (a program)" },
	{ "a rule about an extension", "", RULE("*.pdf", "tag"), { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .proven = true, .file = "a.pdf" }, "deliver > tag, differs", "attachment" },
	{ "one about names is not known", "", RULE("invoice*", "tag"), { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .proven = true, .file = "a.pdf" }, "deliver > deliver, doubt NAMES", "nothing" },
	{ "nor matters without files", "", RULE("invoice*", "tag"), { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .proven = true }, "deliver > deliver", "nothing" },
	{ "nor where it asks for less", "spam: {refuse: 0.8}", "spam: {refuse: 0.8}\n" RULE("invoice*", "tag"), { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .proven = true, .file = "a.pdf", .spam = 0.9 }, "refuse > refuse, drifted", "spam" },
	{ "one that was there is known", RULE("invoice*", "tag"), RULE("invoice*", "refuse"), { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .proven = true, .file = "a.pdf", .rule = "r" }, "tag > refuse, differs, drifted", "attachment" },
	{ "also that it did not fit", RULE("invoice*", "tag"), RULE("invoice*", "refuse"), { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .proven = true, .file = "a.pdf" }, "deliver > deliver", "nothing" },

	{ "hits that are enough now", GROUP("3", "a, b, c"), GROUP("2", "a, b, c"), { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .proven = true, .group = { "secret", 2 } }, "deliver > quarantine, differs",
	  "content: It contains what the recipient does not take (secret)" },
	{ "other words are not known", GROUP("1", "a, b"), GROUP("1", "a, c"), { { 0 } }, { { 0 } },
	  { .from = "a@x.example", .proven = true, .group = { "secret", 2 } }, "quarantine > deliver, differs, drifted, doubt WORDS",
	  "nothing" },

	{ "without facts thresholds are known", "spam: {tag: 0.8}", "spam: {refuse: 0.8}", { { 0 } }, { { 0 } },
	  { .from = "", .spam = 0.85, .no_facts = true }, "tag > refuse, differs, drifted", "spam" },
	{ "without facts others are not", "", "authentication: {bad_author: tag}", { { 0 } }, { { 0 } },
	  { .from = "", .spam = 0.1, .no_facts = true }, "deliver > deliver, doubt FACTS", "nothing" },

	{ "the shield", "", "recipients: {shield: known}", { { 0 } }, { { 0 } }, { .from = "a@x.example", .proven = true },
	  "deliver > deliver", "nothing" },
};

struct heard {
	char		 told[128], why[SL_DECISION_WHY_MAX + 1];
	size_t		 times;
	enum sl_action	 action;
	unsigned	 doubts;
};

static void
hear(void *ctx, const struct sl_replay_told *told)
{
	static const char *const doubts[] = {
#define NAME(name, text) #name,
		SL_REPLAY_DOUBTS(NAME)
#undef NAME
	};
	struct heard *h = ctx;
	int n = snprintf(h->told, sizeof(h->told), "%s > %s%s%s", sl_replay_action_word(told->now),
	    sl_replay_action_word(told->then), told->differs ? ", differs" : "", told->drifted ? ", drifted" : "");

	for (int i = 0; i < SL_REPLAY_DOUBT_COUNT; i++)
		if ((told->doubts >> i & 1) != 0)
			n += snprintf(h->told + n, sizeof(h->told) - (size_t)n, ", doubt %s", doubts[i]);
	snprintf(h->why, sizeof(h->why), "%s", told->then->decision.why);
	h->action = told->then->action;
	h->doubts = told->doubts;
	h->times++;
}

static void
hear_first(void *ctx, const struct sl_replay_told *told)
{
	if (((struct heard *)ctx)->times == 0)
		hear(ctx, told);
}

static void
what_differs_is_told(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct sl_policy now = policy_of(f, row->now), then = policy_of(f, row->then);
		struct sl_snapshot *current = compile(&now, row->entries_now, 2), *changed = compile(&then, row->entries_then, 2);
		struct sl_replay *replay = sl_replay_new(current, changed);
		struct recorded *recorded = sl_xzalloc(sizeof(*recorded));
		struct heard heard = { .told = "" };

		record_of(&row->message, recorded);
		assert_int_equal(sl_replay_record(replay, &recorded->record, 1000, hear, &heard), row->message.stranger);
		if (strcmp(heard.told, row->told) != 0 || (row->why != NULL && strncmp(heard.why, row->why, strlen(row->why)) != 0))
			fail_msg("%s: %s: %s", row->name, heard.told, heard.why);
		sl_replay_free(&replay);
		sl_snapshot_close(&current);
		sl_snapshot_close(&changed);
		sl_free(recorded);
	}
}

/* ---- who was refused at RCPT */

#define SHIELD	"recipients: {shield: known}"

static const struct {
	const char	*name, *now, *then;
	struct entry	 entries_now[2], entries_then[2];
	const char	*rcpt;
	enum sl_record_why why;
	enum sl_policy_by list;
	const char	*told, *answer;
} refusals[] = {
	{ "the shield stays", SHIELD, SHIELD, { { 0 } }, { { 0 } }, "bob@one.example", SL_RECORD_WHY_SHIELD, SL_BY_COUNT, "refuse > refuse",
	  "recipients.shield" },
	{ "the shield goes", SHIELD, "", { { 0 } }, { { 0 } }, "bob@one.example", SL_RECORD_WHY_SHIELD, SL_BY_COUNT, "refuse > judged, differs",
	  "refused before its data; would now be judged" },
	{ "he is denied instead", SHIELD, "", { { 0 } }, { { SL_BY_TENANT, "s@x.example", D, 0 } }, "bob@one.example", SL_RECORD_WHY_SHIELD,
	  SL_BY_COUNT, "refuse > refuse", "tenant's deny list" },
	{ "a list no more", "", "", { { SL_BY_TENANT, "x.example", D, 0 } }, { { 0 } }, "ann@one.example", SL_RECORD_WHY_LIST, SL_BY_TENANT,
	  "refuse > judged, differs", "refused before its data" },
	{ "another one still", "", "", { { SL_BY_TENANT, "x.example", D, 0 }, { SL_BY_USER, "s@x.example", D, 0 } },
	  { { SL_BY_USER, "s@x.example", D, 0 } }, "ann@one.example", SL_RECORD_WHY_LIST, SL_BY_TENANT, "refuse > refuse", "user's deny list" },
	{ "what is denied is kept", "", "lists: {denied: quarantine}", { { SL_BY_TENANT, "192.0.2.0/24", D, 0 } },
	  { { SL_BY_TENANT, "192.0.2.0/24", D, 0 } }, "ann@one.example", SL_RECORD_WHY_LIST, SL_BY_TENANT, "refuse > judged, differs", "refused before" },
	{ "the settings have changed since", "", SHIELD, { { 0 } }, { { 0 } }, "bob@one.example", SL_RECORD_WHY_LIST, SL_BY_TENANT,
	  "judged > refuse, differs, drifted", "recipients.shield" },
	{ "for another reason now", SHIELD, "", { { 0 } }, { { 0 } }, "bob@one.example", SL_RECORD_WHY_LIST, SL_BY_TENANT,
	  "refuse > judged, differs, drifted", "refused before" },
	{ "nobody's domain", "", "", { { 0 } }, { { 0 } }, "x@nobody.example", SL_RECORD_WHY_NOBODYS, SL_BY_COUNT, "", NULL },
	{ "that is somebody's now", "", SHIELD, { { 0 } }, { { 0 } }, "ann@one.example", SL_RECORD_WHY_NOBODYS, SL_BY_COUNT, "judged > judged, drifted",
	  "refused before" },
	{ "the next hop said so", "", SHIELD, { { 0 } }, { { 0 } }, "bob@one.example", SL_RECORD_WHY_NEXT_HOP, SL_BY_COUNT, "", NULL },
	{ "he could not be read", "", SHIELD, { { 0 } }, { { 0 } }, "", SL_RECORD_WHY_SYNTAX, SL_BY_COUNT, "", NULL },
};

static void
who_was_refused_is_asked_about_again(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < SL_COUNT(refusals); i++) {
		struct sl_policy now = policy_of(f, refusals[i].now), then = policy_of(f, refusals[i].then);
		struct sl_snapshot *current = compile(&now, refusals[i].entries_now, 2), *changed = compile(&then, refusals[i].entries_then, 2);
		struct sl_replay *replay = sl_replay_new(current, changed);
		struct sl_record_refused refused = { .mailbox = sl_slice_str(refusals[i].rcpt), .tenant = "", .why = refusals[i].why,
			.list = refusals[i].list, .enhanced = "", .text = sl_slice("", 0) };
		struct recorded *recorded = sl_xzalloc(sizeof(*recorded));
		struct heard heard = { .told = "" };

		record_of(&(struct message){ .sender = "s@x.example", .client = "192.0.2.1" }, recorded);
		recorded->record.classes_len = 0;	/* there was no message */
		recorded->record.refused = &refused;
		recorded->record.refused_len = 1;
		assert_int_equal(sl_replay_record(replay, &recorded->record, 1000, hear, &heard), 0);
		if (strcmp(heard.told, refusals[i].told) != 0 || (refusals[i].answer != NULL &&
		    strncmp(heard.why, refusals[i].answer, strlen(refusals[i].answer)) != 0))
			fail_msg("%s: %s: %s", refusals[i].name, heard.told, heard.why);
		sl_replay_free(&replay);
		sl_snapshot_close(&current);
		sl_snapshot_close(&changed);
		sl_free(recorded);
	}
}

/* What is larger than is taken is refused whatever else is asked for, and who was refused for that is asked about again. */
static void
sizes_are_told(void **state)
{
#define SIZE(text)	"message: {size: " text "}"
	static const struct {
		const char	*now, *then;
		uint64_t	 bytes, said;
		bool		 refused;	/* at RCPT, for its size */
		const char	*told;		/* "": nothing */
	} sizes[] = {
		{ SIZE("1MiB"), SIZE("100KiB"), 102400, 0, false, "deliver > deliver" },
		{ SIZE("1MiB"), SIZE("100KiB"), 102401, 0, false, "deliver > refuse, differs" },
		{ SIZE("1MiB"), SIZE("100KiB"), 90000, 102401, false, "deliver > refuse, differs" },
		{ SIZE("1MiB"), SIZE("10MiB"), 102401, 0, false, "deliver > deliver" },
		{ SIZE("100KiB"), SIZE("100KiB"), 200000, 0, false, "refuse > refuse, drifted" },
		{ SIZE("100KiB"), SIZE("1MiB"), 200000, 0, false, "refuse > deliver, differs, drifted" },
		{ SIZE("100KiB"), SIZE("1MiB"), 0, 200000, true, "refuse > judged, differs" },
		{ SIZE("100KiB"), SIZE("150KiB"), 0, 200000, true, "refuse > refuse" },
		{ SIZE("1MiB"), SIZE("2MiB"), 0, 200000, true, "judged > judged, drifted" },
		{ SIZE("100KiB"), SIZE("1MiB"), 0, 0, true, "" },
	};
	struct fixture *f = *state;
	struct recorded *recorded = sl_xzalloc(sizeof(*recorded));

	for (size_t i = 0; i < SL_COUNT(sizes); i++) {
		struct sl_policy now = policy_of(f, sizes[i].now), then = policy_of(f, sizes[i].then);
		struct sl_snapshot *current = compile(&now, NULL, 0), *changed = compile(&then, NULL, 0);
		struct sl_replay *replay = sl_replay_new(current, changed);
		struct sl_record_refused refused = { .mailbox = to_ann, .tenant = "", .why = SL_RECORD_WHY_SIZE, .list = SL_BY_COUNT,
			.enhanced = "", .text = sl_slice("", 0) };
		struct heard heard = { .told = "" };

		record_of(&(struct message){ .from = "a@x.example", .sender = "a@x.example", .proven = true }, recorded);
		recorded->record.bytes = sizes[i].bytes;
		recorded->record.size_said = sizes[i].said;
		if (sizes[i].refused) {
			recorded->record.classes_len = 0;
			recorded->record.refused = &refused;
			recorded->record.refused_len = 1;
		}
		assert_int_equal(sl_replay_record(replay, &recorded->record, 1000, hear, &heard), 0);
		if (strcmp(heard.told, sizes[i].told) != 0 || (strstr(heard.told, "> refuse") != NULL && strstr(heard.why, "message.size") == NULL))
			fail_msg("row %zu: %s: %s", i, heard.told, heard.why);
		sl_replay_free(&replay);
		sl_snapshot_close(&current);
		sl_snapshot_close(&changed);
	}
	sl_free(recorded);
}

/* ---- lines, and whose they are */

static void
count_told(void *ctx, const struct sl_replay_told *told)
{
	(*(size_t *)ctx)++;
}

static bool
sees_name(void *ctx, const char *tenant)
{
	return strcmp(tenant, "one") == 0;
}

static bool
sees(void *ctx, uint32_t tenant)
{
	return tenant == 1;
}

#define LINE(tenant, refused)	"{\"time\":\"2026-11-26T15:16:49.426Z\",\"id\":\"A\",\"outcome\":\"rcpt-refused\",\"client\":\"192.0.2.1\","	\
	"\"mail_from\":\"s@x.example\",\"rcpt_to\":[],\"refused\":[" refused "]," tenant "\"ended\":\"quit\"}"
#define BOB	"{\"why\":\"shield\",\"rcpt\":\"bob@one.example\",\"code\":550}"

static void
lines_of_refusals_are_told_to_those_whose_they_are(void **state)
{
	static const struct { const char *line; bool limited; size_t told, records, judged, unjudged; } lines[] = {
		{ LINE("\"tenant\":\"one\",", BOB), false, 1, 1, 1, 0 },
		{ LINE("\"tenant\":\"one\",", BOB), true, 1, 1, 1, 0 },
		{ LINE("\"tenant\":\"two\",", BOB), false, 1, 1, 1, 0 },
		{ LINE("\"tenant\":\"two\",", BOB), true, 0, 0, 0, 0 },
		{ LINE("\"tenant\":\"two\",", "{\"tenant\":\"one\"," "\"why\":\"shield\",\"rcpt\":\"bob@one.example\"}," BOB), true, 1, 1, 1, 0 },
		{ LINE("", "{\"why\":\"nobodys\",\"rcpt\":\"x@nobody.example\"}"), false, 0, 0, 0, 1 },
		{ LINE("", "{\"why\":\"nobodys\",\"rcpt\":\"x@nobody.example\"}"), true, 0, 0, 0, 0 },
		{ "{\"time\":\"2026-11-26T15:16:49.426Z\",\"id\":\"A\",\"outcome\":\"session-refused\"}", false, 0, 0, 0, 1 },
	};
	struct fixture *f = *state;
	struct sl_policy now = policy_of(f, SHIELD), then = policy_of(f, "");
	struct sl_snapshot *current = compile(&now, NULL, 0), *changed = compile(&then, NULL, 0);
	struct sl_replay_run *run = sl_xzalloc(sizeof(*run));

	for (size_t i = 0; i < SL_COUNT(lines); i++) {
		size_t told = 0;

		sl_replay_run_init(run);
		run->replay = sl_replay_new(current, changed);
		run->each = count_told;
		run->ctx = &told;
		if (lines[i].limited)
			run->scope = (struct sl_replay_scope){ sees_name, sees, NULL };
		sl_replay_run_line(run, sl_slice_str(lines[i].line));
		if (told != lines[i].told || run->tally.records != lines[i].records || run->tally.judged != lines[i].judged ||
		    run->tally.unjudged != lines[i].unjudged || run->tally.unreadable > 0)
			fail_msg("%zu: %zu told, %d records, %d judged, %d not", i, told, (int)run->tally.records, (int)run->tally.judged,
			    (int)run->tally.unjudged);
		sl_replay_free(&run->replay);
		sl_replay_run_fini(run);
	}
	sl_free(run);
	sl_snapshot_close(&current);
	sl_snapshot_close(&changed);
}

/* Two recipients, of whom one denies the sender: he has it kept where all policies keep messages, and others get it. */
static void
what_has_one_answer_is_decided_together(void **state)
{
	static const struct sl_slice both[] = { { (const unsigned char *)"ann@one.example", 15 },
		{ (const unsigned char *)"bob@one.example", 15 } };
	static const struct entry denies[2] = { { SL_BY_USER, "x.example", D, 0 } };
	static const struct { const char *policy; bool alone, prdr; enum sl_action action; } answers[] = {
		{ "", false, false, SL_ACTION_QUARANTINE }, { "", true, false, SL_ACTION_REFUSE }, { "", false, true, SL_ACTION_REFUSE },
		{ "level: perimeter\nauthentication: {dmarc_quarantine: tag}", false, false, SL_ACTION_REFUSE },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < SL_COUNT(answers); i++) {
		struct sl_policy policy = policy_of(f, answers[i].policy);
		struct sl_snapshot *snapshot = compile(&policy, denies, 2);
		struct sl_replay *replay = sl_replay_new(snapshot, snapshot);
		struct recorded *recorded = sl_xzalloc(sizeof(*recorded));
		struct sl_record_class classes[2];
		static const unsigned first = 0, second = 1;
		struct heard heard = { .told = "" };

		record_of(&(struct message){ .from = "a@x.example", .proven = true }, recorded);
		recorded->record.recipients = both;
		recorded->record.recipients_len = answers[i].alone ? 1 : 2;
		classes[0] = classes[1] = recorded->class;
		classes[0].recipients = &first;
		classes[1].recipients = &second;
		classes[0].recipients_len = 1;
		classes[1].recipients_len = 1;
		classes[0].outcome = answers[i].prdr ? "refused" : "";
		recorded->record.classes = classes;
		recorded->record.classes_len = answers[i].alone ? 1 : 2;
		sl_replay_record(replay, &recorded->record, 1000, hear_first, &heard);
		if (heard.action != answers[i].action)
			fail_msg("%zu: %s: %s", i, heard.told, heard.why);
		sl_replay_free(&replay);
		sl_snapshot_close(&snapshot);
		sl_free(recorded);
	}
}

/* ---- properties */

static uint64_t random_state = 3;

static unsigned
random_of(unsigned n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

static const char *
one_of(const char *const *texts, size_t len)
{
	return texts[random_of((unsigned)len)];
}

static void
random_message(struct message *m)
{
	static const char *const addresses[] = { "a@x.example", "b@y.example", "c@m.x.example", NULL };
	static const char *const files[] = { "invoice.exe", "a.pdf", "b.docm", "invoice 1.zip", NULL, NULL };
	static const char *const clients[] = { "192.0.2.1", "198.51.100.9", "2001:db8::1" };

	*m = (struct message){ .from = one_of(addresses, 4), .sender = one_of(addresses, 4), .client = one_of(clients, 3),
		.spam = random_of(101) / 100.0, .proven = random_of(2), .rejects = random_of(2), .file = one_of(files, 6),
		.malware = random_of(10) == 0 ? "Eicar" : NULL };
	if (random_of(2))
		m->group.name = "secret";
	m->group.hits = random_of(5);
}

static const char *
random_policy(char *out, size_t size)
{
	static const char *const actions[] = { "deliver", "tag", "quarantine", "defer", "refuse" };
	static const char *const denied[] = { "tag", "quarantine", "refuse" };
	static const char *const masks[] = { "*.exe", "*.pdf", "invoice*" };
	static const char *const modes[] = { "filter", "filter", "filter", "monitor" };
	const char *mask = one_of(masks, 3);
	unsigned tag = 1 + random_of(90);

	snprintf(out, size, "mode: %s\nspam: {tag: %.2f, refuse: %.2f}\nlists: {denied: %s}\n"
	    "authentication: {bad_author: %s, dmarc_reject: %s, partner: %s, partners: [{domain: x.example, %s: yes}]}\n"
	    "attachments: {programs: %s, rules: [{name: %s, names: [\"%s\"], action: %s}]}\n"
	    "content: {groups: [{name: secret, words: [%s], at_least: %u, action: %s}]}\n", one_of(modes, 4),
	    tag / 100.0, (tag + 1 + random_of(9)) / 100.0, one_of(denied, 3), one_of(actions, 5), one_of(actions, 5),
	    one_of(actions, 5), random_of(2) ? "tls" : "authentication", one_of(actions, 5), mask[0] == 'i' ? "names" : "ext", mask,
	    one_of(actions + 1, 4), random_of(4) ? "a, b" : "c, d", 1 + random_of(4), one_of(actions + 1, 4));
	return out;
}

static void
random_entries(struct entry out[2])
{
	static const char *const texts[] = { "x.example", "a@x.example", "*.x.example", "192.0.2.0/24", "y.example" };
	static const unsigned flags[] = { D, A, A | SL_LIST_UNAUTHENTICATED, A | SL_LIST_EITHER };

	for (int i = 0; i < 2; i++) {
		out[i] = (struct entry){ random_of(2) ? SL_BY_TENANT : SL_BY_USER, one_of(texts, SL_COUNT(texts)),
			flags[random_of(SL_COUNT(flags))], 0 };
		if (random_of(3) == 0)
			out[i].text = NULL;
	}
}

/* What really happens: the message itself, with its files' names, by a policy and its lists. `words`: which the text has. */
static enum sl_action
send(const struct message *m, const struct recorded *about, const struct sl_policy *policy, const struct sl_snapshot *snapshot,
    struct sl_record_class *class, struct recorded *keep)
{
	struct sl_identity *id = (struct sl_identity *)&about->record.facts.identity;
	const struct sl_content_groups *groups = &policy->content.groups;
	unsigned hits[SL_CONTENT_GROUPS_MAX] = { 0 };
	char reason[SL_GROUPS_REASON_MAX];
	struct sl_list_found found[SL_BY_COUNT];
	struct sl_snapshot_recipient at;
	struct sl_list_sender from, envelope;
	struct sl_demand demands[SL_DEMANDS_MAX];
	struct sl_decision decision;
	unsigned char client[16];
	struct sl_list_question question = { &from, &envelope, m->sender == NULL, client };
	struct sl_decide known = { .policy = policy, .verdict = &about->record.verdict, .known_malware = m->malware,
		.envelope_empty = m->sender == NULL, .demands = demands };
	struct sl_files files;
	struct sl_arena arena;
	bool copy;

	sl_arena_init(&arena, 1 << 16);
	known.demands_len = sl_identity_demands(id, policy, &arena, demands);
	sl_files_init(&files, policy);
	if (m->file != NULL)
		sl_files_see(&files, &(struct sl_file){ .name = sl_slice_str(m->file) });
	known.demands_len += sl_files_demand(&files, &demands[known.demands_len]);
	/* The text has words "a", "b" as often as the message says, and none of the others. */
	if (m->group.name != NULL && sl_slice_eq(groups->items[0].words.items[0], SL_SLICE_LIT("a")))
		hits[0] = m->group.hits;
	known.demands_len += sl_groups_demand_of(groups, hits, reason, &demands[known.demands_len], &copy);
	sl_list_sender_read(sl_slice_str(m->from != NULL ? m->from : ""), &from);
	sl_list_sender_read(sl_slice_str(m->sender != NULL ? m->sender : ""), &envelope);
	assert_true(sl_list_client_read(sl_slice_str(m->client), client));
	assert_true(sl_snapshot_recipient(snapshot, to_ann, &at));
	sl_snapshot_find(snapshot, &at, &question, 1000, found);
	for (int by = 0; by < SL_BY_COUNT; by++)
		known.lists[by] = &found[by];
	known.from_authenticated = sl_identity_from_proven(id, policy);
	known.envelope_authenticated = sl_identity_envelope_proven(id,
	    sl_slice_str(m->sender != NULL ? strchr(m->sender, '@') + 1 : ""));
	sl_decide(&known, &decision);
	if (class != NULL) {
		sl_record_class_decided(class, &decision);
		class->mode = (enum sl_mode)policy->mode;
		keep->rule = policy->attachments.rules.items[0].name;
		class->rules = &keep->rule;
		class->rules_len = sl_files_hit(&files, 0);
		keep->group.name = groups->items[0].name;
		keep->group.hits = hits[0];
		class->groups = &keep->group;
		class->groups_len = hits[0] > 0;
	}
	sl_arena_fini(&arena);
	return decision.ruling.enforced ? decision.ruling.action : SL_ACTION_DELIVER;
}

/* One of two policies, then the other, of the same messages: what is told is what happens, or is doubted. And nothing is
 * told of the same policy. */
static void
what_is_told_is_what_happens(void **state)
{
	struct fixture *f = *state;
	struct recorded *recorded = sl_xzalloc(sizeof(*recorded));
	unsigned doubted = 0, differed = 0;
	char text[2][2048];

	for (int round = 0; round < 300; round++) {
		struct sl_policy now = policy_of(f, random_policy(text[0], sizeof(text[0])));
		struct sl_policy then = policy_of(f, random_policy(text[1], sizeof(text[1])));
		struct entry entries[2][2];
		struct sl_snapshot *current, *changed, *again;
		struct sl_replay *replay, *none;

		random_entries(entries[0]);
		random_entries(entries[1]);
		current = compile(&now, entries[0], 2);
		again = compile(&now, entries[0], 2);
		changed = compile(&then, entries[1], 2);
		replay = sl_replay_new(current, changed);
		none = sl_replay_new(current, again);
		for (int i = 0; i < 20; i++) {
			struct heard heard = { .told = "" };
			enum sl_action was, would;
			struct message m;

			random_message(&m);
			record_of(&m, recorded);
			was = send(&m, recorded, &now, current, &recorded->class, recorded);
			would = send(&m, recorded, &then, changed, NULL, NULL);
			assert_int_equal(sl_replay_record(replay, &recorded->record, 1000, hear, &heard), 0);
			if (heard.times != 1 || strstr(heard.told, "drifted") != NULL || (heard.doubts == 0 &&
			    (heard.action != would || (strstr(heard.told, "differs") != NULL) != (was != would))))
				fail_msg("%s\n%s%s -> %s: %s: %s", text[0], text[1], sl_action_word(was), sl_action_word(would),
				    heard.told, heard.why);
			doubted += heard.doubts != 0;
			differed += was != would;
			sl_replay_record(none, &recorded->record, 1000, hear, &heard);
			if (strchr(heard.told, ',') != NULL)
				fail_msg("%snothing was changed: %s", text[0], heard.told);
		}
		sl_replay_free(&replay);
		sl_replay_free(&none);
		sl_snapshot_close(&current);
		sl_snapshot_close(&again);
		sl_snapshot_close(&changed);
	}
	assert_true(differed > 1000 && doubted > 100 && doubted < 3000);
	sl_free(recorded);
}

/* Entries that are tried are told as if they had been compiled: of each list, with and without one that is there, and expiring. */
static void
lists_that_are_tried_are_as_if_compiled(void **state)
{
	static const struct { const char *list; enum sl_policy_by by; } lists[] = { { "list operator", SL_BY_OPERATOR },
		{ "list tenant 1", SL_BY_TENANT }, { "list user 1 ann@one.example", SL_BY_USER } };
	static const struct { const char *line, *text; unsigned flags; } tried[] = { { "deny x.example", "x.example", D },
		{ "deny a@x.example", "a@x.example", D }, { "deny *.example", "*.example", D }, { "deny 192.0.2.0/24", "192.0.2.0/24", D },
		{ "allow x.example unauthenticated", "x.example", A | SL_LIST_UNAUTHENTICATED }, { "deny y.example", "y.example", D },
		{ "remove a@x.example", "a@x.example", 0 }, { "remove other.example", "other.example", 0 } };
	static const struct message message = { .from = "a@x.example", .sender = "a@x.example", .spam = 0.95 };
	struct fixture *f = *state;
	struct sl_policy policy = policy_of(f, "level: standard");
	struct sl_replay_lists *read = sl_xzalloc(sizeof(*read));
	struct recorded *recorded = sl_xzalloc(sizeof(*recorded));
	size_t differ = 0;

	record_of(&message, recorded);
	for (size_t i = 0; i < SL_COUNT(lists) * SL_COUNT(tried) * 2; i++) {
		size_t l = i % SL_COUNT(lists), t = i / SL_COUNT(lists) % SL_COUNT(tried);
		const struct entry before[2] = { { lists[l].by, i >= SL_COUNT(lists) * SL_COUNT(tried) ? "a@x.example" : "z.example", D, 0 } };
		struct entry after[2] = { before[0], { lists[l].by, tried[t].text, tried[t].flags, 0 } };
		struct sl_snapshot *current, *changed;
		struct heard compiled = { .told = "" }, as_tried = { .told = "" };
		struct sl_replay *replay;
		char text[120];

		if (strcmp(before[0].text, tried[t].text) == 0 || tried[t].flags == 0) {	/* in the place of what is there; or off */
			after[0] = tried[t].flags != 0 ? after[1] : before[0];
			if (tried[t].flags == 0 && strcmp(before[0].text, tried[t].text) == 0)
				after[0].text = NULL;
			after[1].text = NULL;
		}
		current = compile(&policy, before, 2);
		changed = compile(&policy, after, 2);
		replay = sl_replay_new(current, changed);
		assert_int_equal(sl_replay_record(replay, &recorded->record, 1000, hear, &compiled), 0);
		sl_replay_free(&replay);
		snprintf(text, sizeof(text), "%s\n%s\n", lists[l].list, tried[t].line);
		assert_null(sl_replay_lists_read(sl_slice_str(text), read));
		replay = sl_replay_new(current, current);
		sl_replay_try_lists(replay, read);
		assert_int_equal(sl_replay_record(replay, &recorded->record, 1000, hear, &as_tried), 0);
		if (strcmp(compiled.told, as_tried.told) != 0 || strcmp(compiled.why, as_tried.why) != 0)
			fail_msg("%s over %s: compiled: %s: %s; tried: %s: %s", text, before[0].text, compiled.told, compiled.why, as_tried.told,
			    as_tried.why);
		differ += strstr(compiled.told, "differs") != NULL;
		sl_replay_free(&replay);
		sl_snapshot_close(&current);
		sl_snapshot_close(&changed);
	}
	assert_true(differ >= 12);
	sl_free(read);
	sl_free(recorded);
}

static void
what_is_no_list_is_said(void **state)
{
	static const char *const wrong[] = { "x", "list\n", "list nobody\n", "list tenant\n", "list tenant x\n", "list operator x\n", "list user 1\n",
		"list tenant 1\nallow\n", "list tenant 1\nremove x..y\n", "list tenant 4294967296\n", "list tenant 1\nperhaps x.example\n" };
	struct sl_replay_lists *lists = sl_xzalloc(sizeof(*lists));

	for (size_t i = 0; i < SL_COUNT(wrong); i++)
		if (sl_replay_lists_read(sl_slice_str(wrong[i]), lists) == NULL)
			fail_msg("%s is taken", wrong[i]);
	assert_null(sl_replay_lists_read(sl_slice("", 0), lists));
	assert_int_equal(lists->len, 0);
	sl_free(lists);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_differs_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(who_was_refused_is_asked_about_again, setup, teardown),
		cmocka_unit_test_setup_teardown(sizes_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_of_refusals_are_told_to_those_whose_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(what_has_one_answer_is_decided_together, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_told_is_what_happens, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_that_are_tried_are_as_if_compiled, setup, teardown),
		cmocka_unit_test(what_is_no_list_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
