/* setting.c - every setting of a policy, once: see setting.h */

#include "policy/setting.h"

static const struct sl_policy_word levels[] = {
	{ "perimeter", SL_LEVEL_PERIMETER }, { "standard", SL_LEVEL_STANDARD },
	{ "maximum", SL_LEVEL_MAXIMUM }, { NULL, 0 },
};
static const struct sl_policy_word modes[] = {
	{ "filter", SL_MODE_FILTER }, { "monitor", SL_MODE_MONITOR },
	{ "pass-through", SL_MODE_PASS_THROUGH }, { NULL, 0 },
};
static const struct sl_policy_word actions[] = {
	{ "deliver", SL_ACTION_DELIVER }, { "tag", SL_ACTION_TAG }, { "quarantine", SL_ACTION_QUARANTINE },
	{ "defer", SL_ACTION_DEFER }, { "refuse", SL_ACTION_REFUSE }, { NULL, 0 },
};
static const struct sl_policy_word no_yes[] = { { "no", false }, { "yes", true }, { NULL, 0 } };
static const struct sl_policy_word user_lists[] = {
	{ "none", SL_USER_LISTS_NONE }, { "deny", SL_USER_LISTS_DENY }, { "both", SL_USER_LISTS_BOTH }, { NULL, 0 },
};
static const struct sl_policy_word dmarc[] = {
	{ "enforce", SL_DMARC_USE_ENFORCE }, { "record", SL_DMARC_USE_RECORD }, { "off", SL_DMARC_USE_OFF },
	{ NULL, 0 },
};
static const struct sl_policy_word shield[] = {
	{ "off", SL_SHIELD_OFF }, { "known", SL_SHIELD_KNOWN }, { NULL, 0 },
};
static const struct sl_policy_word causes[] = {
#define SL_CAUSE_ROW(name, word, category) { word, SL_CAUSE_##name },
	SL_CAUSES(SL_CAUSE_ROW)
#undef SL_CAUSE_ROW
	{ NULL, 0 },
};
static const struct sl_policy_word weekdays[] = {
	{ "mon", 0 }, { "tue", 1 }, { "wed", 2 }, { "thu", 3 }, { "fri", 4 }, { "sat", 5 }, { "sun", 6 }, { NULL, 0 },
};
static const struct sl_policy_word kinds[] = {
	{ "traffic", SL_REPORT_TRAFFIC }, { "quarantine", SL_REPORT_QUARANTINE }, { "releases", SL_REPORT_RELEASES }, { NULL, 0 },
};
static const struct sl_policy_word hours[] = {
	{ "0", 0 }, { "1", 1 }, { "2", 2 }, { "3", 3 }, { "4", 4 }, { "5", 5 }, { "6", 6 }, { "7", 7 }, { "8", 8 },
	{ "9", 9 }, { "10", 10 }, { "11", 11 }, { "12", 12 }, { "13", 13 }, { "14", 14 }, { "15", 15 },
	{ "16", 16 }, { "17", 17 }, { "18", 18 }, { "19", 19 }, { "20", 20 }, { "21", 21 }, { "22", 22 },
	{ "23", 23 }, { NULL, 0 },
};

#define AT(member)	offsetof(struct sl_policy, member), sizeof(((struct sl_policy *)0)->member)
#define SAME(preset)	{ preset, preset, preset }
#define CATEGORY(key, name, nearest, narrow, perimeter, standard, maximum, sentence) \
	{ key, SL_POLICY_THRESHOLDS, AT(category[name]), { perimeter, standard, maximum }, 0, 0, NULL, nearest, \
	    narrow, sentence }
#define ACTION(key, member, nearest, perimeter, standard, maximum, sentence) \
	{ key, SL_POLICY_WORD, AT(member), { perimeter, standard, maximum }, 0, 0, actions, nearest, \
	    SL_NARROW_NOT, sentence }

const struct sl_policy_setting sl_policy_settings[] = {
	/* what it is, where it lies, at each level, least, most, words, who may say it, narrowing, what for */
	{ "level", SL_POLICY_WORD, AT(level), { "perimeter", "standard", "maximum" }, 0, 0, levels, SL_BY_GROUP,
	  SL_NARROW_NOT, "The level of defence: `perimeter` refuses what is certain and stores nothing, `standard` keeps "
	  "spam in quarantine and refuses malware, `maximum` is strict. It sets anew all settings that differ "
	  "between levels." },
	{ "mode", SL_POLICY_WORD, AT(mode), SAME("filter"), 0, 0, modes, SL_BY_GROUP, SL_NARROW_NOT,
	  "`filter` judges and acts, `monitor` judges and changes nothing, `pass-through` only passes on." },

	CATEGORY("malware", SL_MALWARE, SL_BY_GROUP, SL_NARROW_STRICTER,
	    "{refuse: 0.9}", "{refuse: 0.5}", "{refuse: 0.3}", "Viruses, worms and droppers."),
	CATEGORY("phish", SL_PHISH, SL_BY_GROUP, SL_NARROW_NOT,
	    "{refuse: 0.999}", "{tag: 0.7, quarantine: 0.9, refuse: 0.999}", "{quarantine: 0.6, refuse: 0.97}",
	    "Attempts to steal credentials or money."),
	CATEGORY("spam", SL_SPAM, SL_BY_USER, SL_NARROW_NOT,
	    "{refuse: 0.999}", "{tag: 0.8, quarantine: 0.95, refuse: 0.9995}", "{quarantine: 0.8, refuse: 0.99}",
	    "Unwanted bulk, or fraud in general."),
	CATEGORY("bulk", SL_BULK, SL_BY_USER, SL_NARROW_NOT,
	    "never", "never", "{tag: 0.9}", "Sent to many alike: newsletters and notices, which some want."),
	CATEGORY("malformed", SL_MALFORMED, SL_BY_GROUP, SL_NARROW_NOT,
	    "never", "{tag: 0.9}", "{quarantine: 0.9}", "Broken so that programs read it differently."),

	{ "copy_to", SL_POLICY_ADDRESS, AT(copy_to), SAME("\"\""), 0, 320, NULL, SL_BY_GROUP, SL_NARROW_NOT,
	  "The address that gets a copy where an action says `copy`; empty: none is made." },
	{ "subject_tag", SL_POLICY_LINE, AT(subject_tag), SAME("\"\""), 0, 40, NULL, SL_BY_USER, SL_NARROW_NOT,
	  "Put before the subject of tagged messages, as in `[SPAM]`; empty: the subject stays." },
	{ "refusal_text", SL_POLICY_LINE, AT(refusal_text), SAME("\"\""), 0, 200, NULL, SL_BY_DOMAIN, SL_NARROW_NOT,
	  "Shown to refused senders after the reason: an address of a web page or a telephone number." },

	ACTION("lists.denied", lists.denied, SL_BY_GROUP, "refuse", "refuse", "refuse",
	    "What is done with mail from senders that a deny list names."),
	{ "lists.overrides", SL_POLICY_SET, AT(lists.overrides),
	  { "[bulk, malformed, spam, authentication, phish]", "[bulk, malformed, spam, authentication, phish]",
	  "[bulk, malformed, spam]" }, 0, 0, causes, SL_BY_GROUP, SL_NARROW_SUBSET,
	  "What an allowed sender is excused from. Known malware it never is; `malware` here is what is only likely." },
	{ "lists.unauthenticated", SL_POLICY_WORD, AT(lists.unauthenticated), { "yes", "yes", "no" }, 0, 0, no_yes,
	  SL_BY_TENANT, SL_NARROW_LESS,
	  "Whether an entry of an allow list may say that it needs no authentication; `no`: all need it." },
	{ "lists.users", SL_POLICY_WORD, AT(lists.users), { "both", "both", "deny" }, 0, 0, user_lists, SL_BY_GROUP,
	  SL_NARROW_LESS, "Which of users' own lists count: `none`, `deny` lists only, or `both`." },

	{ "authentication.dmarc", SL_POLICY_WORD, AT(authentication.dmarc), SAME("enforce"), 0, 0, dmarc, SL_BY_DOMAIN,
	  SL_NARROW_NOT, "What the author's domain asks for (RFC 9989): `enforce` does what the next two say, `record` "
	  "takes it as evidence, `off` does not ask." },
	ACTION("authentication.dmarc_reject", authentication.dmarc_reject, SL_BY_DOMAIN, "refuse", "refuse", "refuse",
	    "Mail that fails DMARC and whose domain publishes `p=reject`."),
	ACTION("authentication.dmarc_quarantine", authentication.dmarc_quarantine, SL_BY_DOMAIN, "tag", "quarantine",
	    "quarantine", "The same of `p=quarantine`."),
	ACTION("authentication.bad_author", authentication.bad_author, SL_BY_DOMAIN, "refuse", "refuse", "refuse",
	    "Messages without From, with several, or with one that mail programs read in different ways."),
	ACTION("authentication.spf_fail", authentication.spf_fail, SL_BY_DOMAIN, "deliver", "deliver", "tag",
	    "An SPF `fail` of MAIL FROM that no DMARC pass makes up for. Mail that is forwarded fails SPF as a rule."),
	ACTION("authentication.partner", authentication.partner, SL_BY_DOMAIN, "refuse", "refuse", "refuse",
	    "Mail from a domain of `partners` that does not come as demanded there."),
	{ "authentication.trusted_sealers", SL_POLICY_DOMAINS, AT(authentication.trusted_sealers), SAME("[]"), 0, 1000,
	  NULL, SL_BY_DOMAIN, SL_NARROW_NOT,
	  "Domains (d=) of forwarders and lists whose valid ARC seal, as the last one, overrides DMARC and SPF." },
	{ "authentication.partners", SL_POLICY_PARTNERS, AT(authentication.partners), SAME("[]"), 0,
	  SL_PARTNER_DOMAINS_MAX, NULL, SL_BY_DOMAIN, SL_NARROW_NOT,
	  "Domains whose mail must come under TLS, or with a proven author, as in `{domain: bank.example, tls: yes, "
	  "authentication: yes}`; `*.bank.example` is every domain below." },

	ACTION("attachments.programs", attachments.programs, SL_BY_GROUP, "deliver", "quarantine", "refuse",
	    "Files that run when they are opened, by their content or by their name; also inside archives."),
	ACTION("attachments.macros", attachments.macros, SL_BY_GROUP, "deliver", "deliver", "quarantine",
	    "Documents with macros."),
	ACTION("attachments.encrypted", attachments.encrypted, SL_BY_GROUP, "deliver", "deliver", "quarantine",
	    "Archives and documents under a password: nobody has looked into them."),
	ACTION("attachments.deceptive", attachments.deceptive, SL_BY_GROUP, "refuse", "refuse", "refuse",
	    "Files that run and whose name or declared type says something harmless."),
	ACTION("attachments.unreadable", attachments.unreadable, SL_BY_GROUP, "deliver", "deliver", "quarantine",
	    "Files that could not be looked into: damaged, too large, or nested too deeply."),
	{ "attachments.rules", SL_POLICY_FILES, AT(attachments.rules), SAME("[]"), 0, SL_ATTACHMENT_RULES_MAX, NULL,
	  SL_BY_GROUP, SL_NARROW_NOT,
	  "Further rules, as in `{name: no-video, families: [video], larger_than: 10MiB, action: quarantine}`; see below." },
	{ "content.groups", SL_POLICY_GROUPS, AT(content.groups), SAME("[]"), 0, SL_CONTENT_GROUPS_MAX, NULL,
	  SL_BY_GROUP, SL_NARROW_NOT,
	  "What texts are searched for, as in `{name: cards, numbers: [payment-card], action: quarantine}`; see below." },

	{ "recipients.shield", SL_POLICY_WORD, AT(recipients.shield), SAME("off"), 0, 0, shield, SL_BY_DOMAIN,
	  SL_NARROW_NOT, "`known`: recipients that are no known users of the domain are refused before the next hop is "
	  "asked; `off`: the next hop decides." },

	{ "quarantine.days", SL_POLICY_NUMBER, AT(quarantine.days), SAME("7"), 1, 365, NULL, SL_BY_DOMAIN,
	  SL_NARROW_LESS, "How many days a message is kept; then its key is removed." },
	{ "quarantine.users_see", SL_POLICY_SET, AT(quarantine.users_see), SAME("[]"), 0, 0, causes, SL_BY_GROUP,
	  SL_NARROW_SUBSET, "What users see of their own quarantine, in digests too; administrators see all of it." },
	{ "quarantine.users_release", SL_POLICY_SET, AT(quarantine.users_release), SAME("[]"), 0, 0, causes,
	  SL_BY_GROUP, SL_NARROW_SUBSET, "What users may release themselves, of what they see." },
	{ "quarantine.users_allow", SL_POLICY_WORD, AT(quarantine.users_allow), SAME("no"), 0, 0, no_yes, SL_BY_GROUP,
	  SL_NARROW_LESS, "Whether a user who releases a message may allow its sender." },

	{ "digest.days", SL_POLICY_SET, AT(digest.days), { "[]", "[mon, tue, wed, thu, fri, sat, sun]",
	  "[mon, tue, wed, thu, fri, sat, sun]" }, 0, 0, weekdays, SL_BY_USER, SL_NARROW_NOT,
	  "On which days users get a list of what was kept for them; none: no digests. Without anything new there is "
	  "none either." },
	{ "digest.hours", SL_POLICY_SET, AT(digest.hours), SAME("[7]"), 0, 0, hours, SL_BY_USER, SL_NARROW_NOT,
	  "At which hours of these days." },
	{ "digest.time_zone", SL_POLICY_ZONE, AT(digest.time_zone), SAME("UTC"), 1, 64, NULL, SL_BY_USER, SL_NARROW_NOT,
	  "Whose hours, as in `Europe/Berlin`." },
	{ "digest.language", SL_POLICY_LANGUAGE, AT(digest.language), SAME("en"), 2, 35, NULL, SL_BY_USER,
	  SL_NARROW_NOT, "The language of digests and notices, as in `en`, `de` or `pt-BR`; English where there is none." },
	{ "digest.address", SL_POLICY_ADDRESS, AT(digest.address), SAME("\"\""), 0, 320, NULL, SL_BY_GROUP,
	  SL_NARROW_NOT, "Where digests go; empty: to each user's own mailbox." },
	{ "digest.brand", SL_POLICY_TEXT, AT(digest.brand), SAME("\"\""), 0, 80, NULL, SL_BY_TENANT, SL_NARROW_NOT,
	  "The last line of digests, of answers to what they are answered with, and of reports: who runs this, a telephone number. It is no "
	  "link. Empty: the customer's name." },

	{ "reports.days", SL_POLICY_SET, AT(reports.days), SAME("[]"), 0, 0, weekdays, SL_BY_USER, SL_NARROW_NOT,
	  "On which days a report goes to `reports.addresses`: `[mon]` is weekly, none: no reports." },
	{ "reports.hour", SL_POLICY_NUMBER, AT(reports.hour), SAME("7"), 0, 23, NULL, SL_BY_USER, SL_NARROW_NOT,
	  "At which hour of these days, by `digest.time_zone`; the language is that of digests too." },
	{ "reports.addresses", SL_POLICY_ADDRESSES, AT(reports.addresses), SAME("[]"), 0, 20, NULL, SL_BY_USER,
	  SL_NARROW_NOT, "Who gets them: mailboxes of the tenant's own domains; of a partner's or the operator's report, which sums up "
	  "its tenants, mailboxes of one of these. Others get nothing. A domain, a group or a user has a report of its own where it says so "
	  "itself; what is said above is not inherited." },
	{ "reports.kinds", SL_POLICY_SET, AT(reports.kinds), SAME("[traffic, quarantine, releases]"), 0, 0, kinds, SL_BY_USER,
	  SL_NARROW_NOT, "What is in them: messages and bytes by day, what was kept and why, and who released what." },

	{ "message.size", SL_POLICY_SIZE, AT(message.size), SAME("50MiB"), 64u << 10, 1u << 30, NULL, SL_BY_TENANT, SL_NARROW_LESS,
	  "The largest message that is accepted, as it comes over the wire. Larger ones are answered 552: to RCPT, if the sender has "
	  "said the size, else at the end." },
	{ "message.window", SL_POLICY_SIZE, AT(message.window), SAME("256KiB"), 16u << 10, 8u << 20, NULL, SL_BY_OPERATOR, SL_NARROW_NOT,
	  "How much of a message waits in memory for the verdict. A larger one begins to flow to the next hop before its verdict is "
	  "there, with headers that say so, and its end waits. Each message in flight takes so much memory of an edge." },
};
const size_t sl_policy_settings_len = SL_COUNT(sl_policy_settings);
_Static_assert(SL_COUNT(sl_policy_settings) <= SL_POLICY_SETTINGS_MAX, "rows fit a mask");

static const char *const by_words[] = {
#define SL_POLICY_BY_WORD(name, word) word,
	SL_POLICY_BYS(SL_POLICY_BY_WORD)
#undef SL_POLICY_BY_WORD
};

const char *
sl_policy_by_word(enum sl_policy_by by)
{
	SL_ASSERT(by < SL_BY_COUNT);
	return by_words[by];
}

bool
sl_policy_by_find(struct sl_slice word, enum sl_policy_by *by_out)
{
	for (int i = 0; i < SL_BY_COUNT; i++)
		if (sl_slice_eq(word, sl_slice_str(by_words[i]))) {
			*by_out = (enum sl_policy_by)i;
			return true;
		}
	return false;
}

const char *
sl_content_number_word(enum sl_content_number number)
{
	static const char *const words[] = { [SL_NUMBER_PAYMENT_CARD] = "payment-card", [SL_NUMBER_IBAN] = "iban" };

	SL_ASSERT(number < SL_NUMBER_COUNT);
	return words[number];
}

const struct sl_policy_setting *
sl_policy_setting_find(struct sl_slice path)
{
	for (size_t i = 0; i < sl_policy_settings_len; i++)
		if (sl_slice_eq(path, sl_slice_str(sl_policy_settings[i].path)))
			return &sl_policy_settings[i];
	return NULL;
}

bool
sl_policy_setting_is_of_level(const struct sl_policy_setting *row)
{
	for (int i = 1; i < SL_LEVEL_COUNT; i++)
		if (strcmp(row->preset[0], row->preset[i]) != 0)
			return true;
	return false;
}
