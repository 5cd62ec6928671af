/* doc.c - the reference of all settings of a policy, written from the table: see policy_text.h */

#include "text_i.h"
#include "policy/decide.h"

static void
add_words(const struct sl_policy_word *words, struct sl_buf *out)
{
	for (const struct sl_policy_word *w = words; w->word != NULL; w++)
		sl_buf_addf(out, "%s%s", w == words ? "" : ", ", w->word);
}

static void
add_row(const struct sl_policy_setting *row, struct sl_buf *out)
{
	static const char *const narrow[] = {
		[SL_NARROW_NOT] = "", [SL_NARROW_LESS] = " Those below may only say less.",
		[SL_NARROW_SUBSET] = " Those below may only take from it.",
		[SL_NARROW_STRICTER] = " Those below may only be stricter.",
	};

	sl_buf_addf(out, "| `%s` | ", row->path);
	says_describe(row, out);
	for (int level = 0; level < SL_LEVEL_COUNT; level++)
		if (sl_policy_setting_is_of_level(row))
			sl_buf_addf(out, " | `%s`", row->preset[level]);
	if (!sl_policy_setting_is_of_level(row))
		sl_buf_addf(out, " | `%s` | \" | \"", row->preset[0]);
	sl_buf_addf(out, " | %s | %s%s |\n", sl_policy_by_word(row->nearest), row->sentence, narrow[row->narrow]);
}

static void
add_table(struct sl_buf *out)
{
	struct sl_slice scope = sl_slice("?", 1);

	for (size_t i = 0; i < sl_policy_settings_len; i++) {
		const struct sl_policy_setting *row = &sl_policy_settings[i];
		const char *dot = strchr(row->path, '.');
		struct sl_slice own = sl_slice(row->path, dot == NULL ? 0 : (size_t)(dot - row->path));

		if (!sl_slice_eq(own, scope)) {
			if (own.len > 0)
				sl_buf_addf(out, "\n### `" SL_SLICE_FMT "`\n", SL_SLICE_ARG(own));
			sl_buf_add_str(out, "\n| setting | value | perimeter | standard | maximum | nearest | |\n"
			    "|---|---|---|---|---|---|---|\n");
		}
		scope = own;
		add_row(row, out);
	}
}

static void
add_simulation(struct sl_buf *out)
{
	sl_buf_add_str(out,
	    "\n## Trying a change on the mail of the last days\n\n"
	    "```\n"
	    "sluicectl policy simulate tenant:example.com spam='{tag: 0.7, quarantine: 0.9}' --days 3\n"
	    "```\n\n"
	    "lists each recipient of a recorded message who would have fared differently, with the reason, and sums from action\n"
	    "to action; nothing is changed. Who administers the node can: the console replays\n"
	    "its day files (`console.records`) and tells him of his own mail alone. As a\n"
	    "table, `--json` or `--csv`. Records hold no content, but what rulings follow\n"
	    "from, so all of the precedence is gone through again: thresholds, levels, modes, lists with their networks and\n"
	    "authentication, demands of the sender's identity, attachment rules, how many hits a content group needs.\n\n"
	    "- What holds now is worked out too, and compared with what was recorded: where settings or lists have changed\n"
	    "  since, that is counted, and the list is about now.\n"
	    "- `--allow ENTRY`, `--deny ENTRY` and `--unlist ENTRY` try entries of the node's own list, alone or beside settings.\n"
	    "- Who was refused at RCPT, by the shield, a list (host or envelope), or for the size that the sender had said, is asked\n"
	    "  about again. Where he would be refused no more it says `judged`: the message never came, so nobody knows as what. What\n"
	    "  a next hop refused stays so.\n"
	    "- What is larger than `message.size` would allow is refused. What was refused for its size while it came, as its sender\n"
	    "  had not said it, is not asked about again: how large it would have been is not known.\n"
	    "- Mail that was not judged has no ruling to compare: in pass-through mode, or after a failure.\n"
	    "- What is not recorded is said, message by message, where it could have made a difference: attachment rules\n"
	    "  with masks other than `*` and `*.ext` that are new, words and patterns that nobody has looked for yet, more than\n"
	    "  32 different files. `--doubted` lists these too.\n"
	    "- Recipients of one message are decided on together where it has one answer: who should be refused alone has it\n"
	    "  kept, if all policies concerned keep messages. What was put off is left out: it came again, and is recorded again.\n"
	    "- Whether a next hop would have taken it is not told.\n");
}

void
sl_policy_doc_markdown(struct sl_buf *out)
{
	sl_buf_add_str(out,
	    "# Policies\n\n"
	    "<!-- Written from lib/policy/setting.c and lib/policy/decide.c; a test compares. -->\n\n"
	    "What is done with mail follows from the recipient's policy. Operator, partner, tenant, domain, group and\n"
	    "user each may say something, in this order; the nearest that speaks is heard. What each says is a YAML map\n"
	    "of the settings that differ:\n\n"
	    "```yaml\n"
	    "level: standard\n"
	    "spam: {tag: 0.7, quarantine: 0.9}\n"
	    "quarantine:\n"
	    "  users_see: [spam, bulk]\n"
	    "digest:\n"
	    "  time_zone: \"Europe/Berlin\"\n"
	    "locks: [malware]\n"
	    "```\n\n"
	    "- A **level** sets all settings in which levels differ, also those that somebody above has set, unless\n"
	    "  they are locked; what stands beside it in the same map is then set on top. Nobody says one: `standard`.\n"
	    "- A **lock** keeps all below from changing a setting, whether it is set beside the lock or not.\n"
	    "- The column *nearest* names who may say a setting: this one and all above.\n"
	    "- Some settings may only be **narrowed** by those below, once somebody above has said them.\n"
	    "- A **template** has a name and is said by the operator or a partner. `template: gold`, on a line of its own, builds on\n"
	    "  it: what it says comes before what stands beside that line, as if it were said there. A partner's goes before the\n"
	    "  operator's of that name. When a template changes, so does all that builds on it.\n"
	    "- What is locked, not one's own to say, or wider than allowed is left out and shown by `policy show`.\n\n"
	    "```\n"
	    "sluicectl policy show tenant:example.com            what holds there, and who says so; --own, --diff\n"
	    "sluicectl policy set tenant:example.com level=standard spam.quarantine=0.9\n"
	    "sluicectl policy set tenant:example.com --file policy.yaml\n"
	    "sluicectl policy unset tenant:example.com spam\n"
	    "sluicectl policy lock partner:acme malware\n"
	    "sluicectl policy history tenant:example.com         every change is a version: who, when, why\n"
	    "sluicectl policy diff tenant:example.com --from 3\n"
	    "sluicectl policy take-back tenant:example.com       as before the last change\n"
	    "sluicectl template set gold level=maximum           and: policy set tenant:example.com template=gold\n"
	    "```\n\n"
	    "`spam.quarantine=0.9` changes one action of a category and leaves the others as they are there. A change is live\n"
	    "within a second, and disturbs no session: transactions under way end as they began.\n\n"
	    "What a tenant is set to as a whole stands above its policies: `tenant set --state monitor` or `pass-through` is the\n"
	    "mode of all of it, `--recipients listed` the recipient shield; `--state off` refuses its mail. `copy_to` is a tenant's\n"
	    "administrators' to set and no operator's: it gives away mail.\n\n"
	    "A category has a probability for each **action** from which on it is taken: `tag` (deliver with a header\n"
	    "that says so, and `subject_tag`), `quarantine`, `defer` (451), `refuse` (550); the strongest that applies is\n"
	    "done. `copy` goes to `copy_to` beside whatever else is done but `defer`: the next hop is given it in the same\n"
	    "transaction as the message, of what is kept or refused alone; nothing is stored for it. An address that the next\n"
	    "hop refuses for good is left out, and recorded; one that it refuses for now defers the message.\n\n"
	    "A category that is given replaces the inherited one whole.\n\n"
	    "## Precedence\n\n"
	    "Fixed, whatever the policy says. Known malware and deny lists end it; allow lists leave what they do not\n"
	    "excuse from to the last row.\n\n");
	sl_precedence_print(out);
	sl_buf_add_str(out,
	    "\nA deny entry is met by the header's From, the envelope's sender or the client's network. An allow entry needs\n"
	    "From and the envelope's sender, and authentication of From by DMARC, DKIM or SPF; an entry may say\n"
	    "`unauthenticated` or `either`. A client's network needs nothing more.\n\n"
	    "## Settings\n");
	add_table(out);
	sl_buf_add_str(out,
	    "\n### `attachments.rules`\n\n"
	    "A file is meant if all is true of it that the rule says. Of the rules that mean it the strongest action is\n"
	    "done. Masks know `*` and `?`; letters' case does not matter.\n\n"
	    "| key | value | |\n|---|---|---|\n"
	    "| `name` | letters, digits, `-`, `_` | How reasons call the rule. Must be set. |\n"
	    "| `action` | deliver, tag, copy, quarantine, defer, refuse | Must be set. |\n"
	    "| `families` | list of ");
	add_words(policy_families, out);
	sl_buf_add_str(out,
	    " | What it is by its content, or would be by its name. |\n"
	    "| `types` | list of MIME types | The same, as in `application/pdf` or `image/*`. |\n"
	    "| `names` | list of masks | Its name, as in `*.exe`. |\n"
	    "| `larger_than` | size | Decoded; of an entry of an archive what it unpacks to. |\n"
	    "| `encrypted` | yes | It is under a password. |\n"
	    "| `macros` | yes | It has macros. |\n"
	    "| `inside` | anywhere, only, never | Whether entries of archives are meant. |\n\n"
	    "### `content.groups`\n\n"
	    "The subject and what a person sees of the text are searched. Each word, pattern and kind of number counts\n"
	    "once, but numbers each.\n\n"
	    "| key | value | |\n|---|---|---|\n"
	    "| `name` | letters, digits, `-`, `_` | How reasons call the group. Must be set. |\n"
	    "| `action` | deliver, tag, copy, quarantine, defer, refuse | Must be set. |\n"
	    "| `words` | list of words and phrases | Whole words, whatever the case; `*` at the end is any ending. |\n"
	    "| `patterns` | list of regular expressions | PCRE2, whatever the case, over the subject and each text of up to 64 KiB; `.` ends at a line's end. |\n"
	    "| `numbers` | list of payment-card, iban | Numbers whose check digits are right. |\n"
	    "| `at_least` | number, 1 to 1000 | How many hits it takes; 1 if not set. |\n");
	add_simulation(out);
}
