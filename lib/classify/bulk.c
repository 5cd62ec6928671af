/* bulk.c - see classify/bulk.h */

#include "classify/bulk.h"

#include "classify/say.h"

#define BULK_MAGIC	0x5db01cadu
#define TAIL		1024	/* bytes of text in which one takes leave */
#define HEADS		512	/* of chains of words, by their first three bytes */

#define BULK_ROWS(X)									\
	X(LIST, "bulk_list", 2.5, "it came over a mailing list: %1")			\
	X(UNSUBSCRIBE, "bulk_unsubscribe", 2.5, "one can leave the list it was sent to: %1")	\
	X(ONE_CLICK, "bulk_one_click", 0.5, "one can leave the list with one click")	\
	X(PRECEDENCE, "bulk_precedence", 1.5, "it says of itself that it was sent to many: %1")	\
	X(FEEDBACK, "bulk_feedback_id", 1.5, "it names a campaign: %1")			\
	X(CAMPAIGN, "bulk_campaign", 1.5, "a program for sending to many wrote it: %1")	\
	X(AUTO, "bulk_auto", 1.0, "a program wrote it: %1")				\
	X(BOUNCE, "bulk_bounce", -1.0, "it tells of mail that was not delivered")	\
	X(LEAVE_WORD, "bulk_leave_word", 1.2, "it says how not to get such mail: \"%1\"")	\
	X(LEAVE_LINK, "bulk_leave_link", 1.2, "a link is there to leave a list: %1")	\
	X(BROWSER_LINK, "bulk_browser_link", 0.8, "it offers to be read in a browser: \"%1\"")	\
	X(NO_REPLY, "bulk_no_reply", 0.8, "nobody reads answers to it: %1")		\
	X(ANSWER, "bulk_answer", -1.0, "it answers a message, and came over no list")

enum bulk_row {
#define BULK_ENUM(id, name, bulk, sentence) ROW_##id,
	BULK_ROWS(BULK_ENUM)
#undef BULK_ENUM
	ROW_COUNT,
};

static const struct say_row rows[ROW_COUNT] = {
#define BULK_SAY(id, name, bulk, sentence) { name, 0, 0, bulk, sentence },
	BULK_ROWS(BULK_SAY)
#undef BULK_SAY
};

/* Fields by name, whatever they say; programs that send to many leave them. */
static const struct {
	struct sl_slice	name;
	enum bulk_row	row;
} fields[] = {
	{ SL_SLICE_LIT("List-Id"), ROW_LIST },
	{ SL_SLICE_LIT("List-Post"), ROW_LIST },
	{ SL_SLICE_LIT("Mailing-List"), ROW_LIST },
	{ SL_SLICE_LIT("X-Mailing-List"), ROW_LIST },
	{ SL_SLICE_LIT("X-Mailman-Version"), ROW_LIST },
	{ SL_SLICE_LIT("List-Unsubscribe"), ROW_UNSUBSCRIBE },
	{ SL_SLICE_LIT("List-Unsubscribe-Post"), ROW_ONE_CLICK },
	{ SL_SLICE_LIT("Feedback-ID"), ROW_FEEDBACK },
	{ SL_SLICE_LIT("X-CSA-Complaints"), ROW_FEEDBACK },
	{ SL_SLICE_LIT("X-Campaign"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-CampaignID"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-Campaign-Id"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-MC-User"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-Mandrill-User"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-Mailgun-Sid"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-SG-EID"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-SES-Outgoing"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-PM-Message-Id"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-Roving-ID"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-HS-Cid"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-SFMC-Stack"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-MessageGears"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-Mailer-RecptId"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-Job"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-rpcampaign"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-Msg-Ref"), ROW_CAMPAIGN },
	{ SL_SLICE_LIT("X-Auto-Response-Suppress"), ROW_AUTO },
	{ SL_SLICE_LIT("X-Autoreply"), ROW_AUTO },
	{ SL_SLICE_LIT("X-Failed-Recipients"), ROW_BOUNCE },
	{ SL_SLICE_LIT("References"), ROW_ANSWER },
	{ SL_SLICE_LIT("In-Reply-To"), ROW_ANSWER },
};

/* Words by which one takes leave, in lower case, and what they are. */
static const struct {
	struct sl_slice	word;
	enum bulk_row	row;
} words[] = {
	{ SL_SLICE_LIT("unsubscribe"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("opt out"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("opt-out"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("email preferences"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("manage your preferences"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("be removed from"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("remove yourself"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("no longer wish to receive"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("stop receiving"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("abbestellen"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("abmelden"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("austragen"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("d\xc3\xa9sabonner"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("desabonner"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("d\xc3\xa9sinscri"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("ne plus recevoir"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("darse de baja"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("darme de baja"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("cancelar suscripci"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("cancelar la suscripci"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("cancelar inscri"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("descadastr"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("cancelar a subscri"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("annulla l'iscrizione"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("disiscriv"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("cancellati"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("uitschrijven"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("afmelden"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("afmeld"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("avregistrera"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("avprenumerera"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("wypisa\xc4\x87"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("wypisz"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("odhl\xc3\xa1sit"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("leiratkoz"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("dezabon"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("peruuta tilaus"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("aboneli\xc4\x9fi iptal"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("\xd0\xbe\xd1\x82\xd0\xbf\xd0\xb8\xd1\x81\xd0\xb0\xd1\x82\xd1\x8c\xd1\x81\xd1\x8f"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("\xd0\xbe\xd1\x82\xd0\xba\xd0\xb0\xd0\xb7\xd0\xb0\xd1\x82\xd1\x8c\xd1\x81\xd1\x8f \xd0\xbe\xd1\x82"), ROW_LEAVE_WORD },
	{ SL_SLICE_LIT("\xe9\x80\x80\xe8\xae\xa2"), ROW_LEAVE_WORD },		/* Chinese, simplified */
	{ SL_SLICE_LIT("\xe9\x80\x80\xe8\xa8\x82"), ROW_LEAVE_WORD },		/* traditional */
	{ SL_SLICE_LIT("\xe9\x85\x8d\xe4\xbf\xa1\xe5\x81\x9c\xe6\xad\xa2"), ROW_LEAVE_WORD },	/* Japanese */
	{ SL_SLICE_LIT("\xec\x88\x98\xec\x8b\xa0\xea\xb1\xb0\xeb\xb6\x80"), ROW_LEAVE_WORD },	/* Korean */
	{ SL_SLICE_LIT("view in browser"), ROW_BROWSER_LINK },
	{ SL_SLICE_LIT("view this email in"), ROW_BROWSER_LINK },
	{ SL_SLICE_LIT("view online"), ROW_BROWSER_LINK },
	{ SL_SLICE_LIT("im browser "), ROW_BROWSER_LINK },
	{ SL_SLICE_LIT("version en ligne"), ROW_BROWSER_LINK },
	{ SL_SLICE_LIT("ver en el navegador"), ROW_BROWSER_LINK },
	{ SL_SLICE_LIT("do not reply to this"), ROW_NO_REPLY },
	{ SL_SLICE_LIT("please do not reply"), ROW_NO_REPLY },
	{ SL_SLICE_LIT("automatisch generiert"), ROW_NO_REPLY },
};
_Static_assert(SL_COUNT(words) < 256, "places in words fit a byte");

struct bulk {
	unsigned	 magic;
	struct sl_arena	*arena;
	bool		 found[ROW_COUNT];
	struct sl_slice	 facts[ROW_COUNT];
	uint8_t		 heads[HEADS], next[SL_COUNT(words) + 1];	/* 1 + place in words; 0: none */
	const struct sl_content_part *part;	/* at hand */
	unsigned char	 head[TAIL / 2], tail[TAIL];
	uint64_t	 seen;			/* bytes of the part's text */
};

static unsigned
head_of(const unsigned char *p)
{
	return (p[0] | (unsigned)p[1] << 8 | (unsigned)p[2] << 16) * 2654435761u >> 23;
}

static void
words_index(struct bulk *bulk)
{
	for (size_t i = 0; i < SL_COUNT(words); i++) {
		uint8_t *head = &bulk->heads[head_of(words[i].word.ptr)];

		bulk->next[i + 1] = *head;
		*head = (uint8_t)(i + 1);
	}
}

static void *
bulk_new_message(const void *model, struct sl_arena *arena)
{
	struct bulk *bulk = sl_arena_alloc(arena, sizeof(*bulk));

	if (bulk == NULL)
		return NULL;
	bulk->magic = BULK_MAGIC;
	bulk->arena = arena;
	words_index(bulk);
	return bulk;
}

static void
note(struct bulk *bulk, enum bulk_row row, struct sl_slice fact)
{
	if (!bulk->found[row])
		bulk->facts[row] = say_keep(bulk->arena, sl_slice_trim(fact));
	bulk->found[row] = true;
}

static bool
starts_any(struct sl_slice s, const char *const *with, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sl_slice_istarts(s, sl_slice_str(with[i])))
			return true;
	return false;
}

/* A mailbox that nobody reads, by its name. */
static bool
is_no_reply(struct sl_slice value)
{
	static const char *const forms[] = { "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply",
		"nepasrepondre", "newsletter", "mailer@", "notification", "bounce" };
	const unsigned char *angle = value.len > 0 ? memrchr(value.ptr, '<', value.len) : NULL;
	struct sl_slice address = angle == NULL ? value : sl_slice_from(value, (size_t)(angle - value.ptr) + 1);

	return starts_any(sl_slice_trim(address), forms, SL_COUNT(forms));
}

static void
bulk_field(void *state, struct sl_slice name, struct sl_slice value)
{
	static const char *const many[] = { "bulk", "list", "junk", "first-class-bulk" };
	struct bulk *bulk = state;
	struct sl_slice said = sl_slice_trim(value);

	for (size_t i = 0; i < SL_COUNT(fields); i++)
		if (name.len == fields[i].name.len && ((name.ptr[0] ^ fields[i].name.ptr[0]) & 0xdf) == 0 &&
		    sl_slice_ieq(name, fields[i].name))
			note(bulk, fields[i].row, said.len > 0 ? said : name);
	if (sl_slice_ieq(name, SL_SLICE_LIT("Precedence")) && starts_any(said, many, SL_COUNT(many)))
		note(bulk, ROW_PRECEDENCE, said);
	else if (sl_slice_ieq(name, SL_SLICE_LIT("Auto-Submitted")) && !sl_slice_istarts(said, SL_SLICE_LIT("no")))
		note(bulk, ROW_AUTO, said);
	else if (sl_slice_ieq(name, SL_SLICE_LIT("From")) && is_no_reply(said))
		note(bulk, ROW_NO_REPLY, said);
	else if (sl_slice_ieq(name, SL_SLICE_LIT("Content-Type")) &&
	    sl_slice_istarts(said, SL_SLICE_LIT("multipart/report")))
		note(bulk, ROW_BOUNCE, said);
}

/* ---- text: the first and last bytes of each part that are seen */

static void
look_for(struct bulk *bulk, struct sl_slice text)
{
	for (size_t at = 0; at + 3 <= text.len; at++)
		for (uint8_t i = bulk->heads[head_of(text.ptr + at)]; i != 0; i = bulk->next[i]) {
			struct sl_slice word = words[i - 1].word;

			if (word.len <= text.len - at && memcmp(text.ptr + at, word.ptr, word.len) == 0)
				note(bulk, words[i - 1].row, word);
		}
}

static void
part_end(struct bulk *bulk)
{
	unsigned char straight[TAIL];
	size_t len = (size_t)SL_MIN(bulk->seen, (uint64_t)TAIL), at = (size_t)(bulk->seen % TAIL);

	if (bulk->seen > TAIL)
		look_for(bulk, sl_slice(bulk->head, sizeof(bulk->head)));
	if (bulk->seen >= TAIL) {
		memcpy(straight, bulk->tail + at, TAIL - at);
		memcpy(straight + TAIL - at, bulk->tail, at);
	} else {
		memcpy(straight, bulk->tail, len);
	}
	look_for(bulk, sl_slice(straight, len));
	bulk->seen = 0;
}

static void
lower_into(unsigned char *to, struct sl_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		to[i] = sl_ascii_lower(s.ptr[i]);
}

static void
bulk_text(void *state, const struct sl_content_part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
	struct bulk *bulk = state;

	if (part->mime->reading != 0 || part->is_attached || kind != SL_VIEW_VISIBLE)
		return;
	if (part != bulk->part)
		part_end(bulk);
	bulk->part = part;
	if (bulk->seen < sizeof(bulk->head))
		lower_into(bulk->head + bulk->seen, sl_slice(utf8.ptr, SL_MIN(utf8.len,
		    sizeof(bulk->head) - (size_t)bulk->seen)));
	if (utf8.len > TAIL) {
		bulk->seen += utf8.len - TAIL;
		utf8 = sl_slice_from(utf8, utf8.len - TAIL);
	}
	while (utf8.len > 0) {
		size_t at = (size_t)(bulk->seen % TAIL), n = SL_MIN(utf8.len, TAIL - at);

		lower_into(bulk->tail + at, sl_slice(utf8.ptr, n));
		bulk->seen += n;
		utf8 = sl_slice_from(utf8, n);
	}
}

static void
bulk_end(void *state, const struct sl_content_part *part)
{
	struct bulk *bulk = state;

	if (part != bulk->part)
		return;
	part_end(bulk);
	bulk->part = NULL;
}

static void
bulk_link(void *state, const struct sl_content_link *link)
{
	static const struct sl_slice forms[] = { SL_SLICE_LIT("unsub"), SL_SLICE_LIT("optout"), SL_SLICE_LIT("opt-out"),
		SL_SLICE_LIT("opt_out"), SL_SLICE_LIT("preference"), SL_SLICE_LIT("abmeld"), SL_SLICE_LIT("desinscri"),
		SL_SLICE_LIT("desuscri"), SL_SLICE_LIT("list-manage") };
	struct bulk *bulk = state;
	unsigned char lower[512];
	size_t len = SL_MIN(link->href.len, sizeof(lower));

	if (bulk->found[ROW_LEAVE_LINK] || link->part->mime->reading != 0 || link->element != SL_VIEW_IN_A || len == 0)
		return;
	lower_into(lower, sl_slice(link->href.ptr, len));
	for (size_t i = 0; i < SL_COUNT(forms); i++)
		if (memmem(lower, len, forms[i].ptr, forms[i].len) != NULL) {
			note(bulk, ROW_LEAVE_LINK, link->host.len > 0 ? link->host : link->href);
			return;
		}
}

static void
bulk_finish(void *state, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct bulk *bulk = state;

	SL_CHECK(bulk, BULK_MAGIC);
	part_end(bulk);
	if (bulk->found[ROW_LIST] || bulk->found[ROW_UNSUBSCRIBE])
		bulk->found[ROW_ANSWER] = false;
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (bulk->found[i])
			say(arena, verdict, &rows[i], 1, bulk->facts[i], bulk->facts[i]);
}

const struct sl_classifier sl_bulk_classifier = {
	.name = "bulk",
	.new_message = bulk_new_message,
	.field = bulk_field,
	.text = bulk_text,
	.link = bulk_link,
	.end = bulk_end,
	.finish = bulk_finish,
};
