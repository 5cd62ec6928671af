/* narrow_test.c - a line as each may see it: nobody else's recipients, verdicts, policies, nor how many there were */

#include "traffic/narrow.h"

#include <jansson.h>
#include <stdio.h>

#include "check.h"
#include "record/record.h"

#define S(text)	sl_slice_str(text)

/* Who sees: tenants, each between spaces; of them, if `only` is not NULL, the mailboxes there. */
struct who {
	const char	*tenants, *only;
	bool		 whole, routes;
};

static bool
is_in(const char *list, struct sl_slice word)
{
	char *spaced = sl_xasprintf(" " SL_SLICE_FMT " ", SL_SLICE_ARG(word));
	bool found = strstr(list, spaced) != NULL;

	sl_free(spaced);
	return found;
}

static bool
sees(void *ctx, struct sl_slice tenant, struct sl_slice mailbox)
{
	const struct who *who = ctx;

	assert_true(tenant.len > 0);
	return is_in(who->tenants, tenant) && (who->only == NULL || is_in(who->only, mailbox));
}

static bool
narrow(const char *line, const struct who *who, struct sl_buf *out)
{
	const struct sl_traffic_view view = { sees, (void *)(uintptr_t)who, who->whole, who->routes };

	return sl_traffic_narrow(S(line), &view, out);
}

#define ONE	{ " one.example ", NULL, true, true }
#define TWO	{ " two.example ", NULL, true, true }
#define BOTH	{ " one.example two.example ", NULL, true, true }
#define ANNA	{ " one.example ", " anna@one.example ", false, false }
#define BERT	{ " one.example ", " bert@one.example ", false, false }
#define CARL	{ " one.example ", " carl@one.example ", false, false }

#define HEAD	"{\"time\":\"2026-11-26T10:00:00.000Z\",\"id\":\"T1\",\"session\":\"S1\","
#define FROM	"\"client\":\"192.0.2.1\",\"helo\":\"mx\",\"tls\":\"TLSv1.3\",\"mail_from\":\"x@y.example\","

/* A message for two of one tenant who fared differently; a third of it was refused, one of another tenant put off, and one is nobody's. */
#define CLASS_A	"\"policy\":{\"spam\":{\"tag\":0.9}},\"verdict\":\"clean\",\"action\":\"deliver\""
#define CLASS_B	"\"policy\":{\"spam\":{\"quarantine\":0.5}},\"verdict\":\"spam\",\"action\":\"quarantine\",\"copy\":true,\"outcome\":\"quarantined\""
#define REFUSED_C	"{\"why\":\"shield\",\"rcpt\":\"carl@one.example\",\"code\":550,\"status\":\"5.1.1\",\"text\":\"There is no such recipient here\"}"
#define REFUSED_Z	"{\"why\":\"separate\",\"rcpt\":\"zoe@two.example\",\"tenant\":\"two.example\",\"code\":451,\"status\":\"4.5.3\",\"text\":\"Send this recipient in a separate transaction\"}"
#define REFUSED_N	"{\"why\":\"nobodys\",\"rcpt\":\"n@else.example\",\"code\":550,\"text\":\"Relaying denied\"}"
#define JUDGED	"\"bytes\":100,\"message_id\":\"0123456789abcdef\","
#define EVIDENCE	"\"enforced\":true,\"record\":2,\"probability\":{\"spam\":0.7},\"evidence\":[{\"name\":\"token\"}],"
#define SHARED	HEAD "\"outcome\":\"delivered\"," FROM "\"rcpt_to\":[\"anna@one.example\",\"bert@one.example\"],\"rcpt_tried\":5,\"refused\":["	\
	REFUSED_C "," REFUSED_Z "," REFUSED_N "],\"refused_more\":3,\"tenant\":\"one.example\"," JUDGED "\"verdict\":\"clean\",\"action\":\"deliver\","	\
	EVIDENCE "\"classes\":[{\"rcpt\":[0]," CLASS_A "},{\"rcpt\":[1]," CLASS_B "}],"							\
	"\"reply\":{\"code\":250,\"status\":\"2.0.0\",\"text\":\"queued as Q7\",\"from\":\"next_hop\"},\"kept\":\"K1\",\"copies\":{\"asked\":1,\"refused\":0},"	\
	"\"next_hop\":{\"address\":\"10.0.0.1:25\",\"reused\":true,\"tls\":false,\"queue_id\":\"Q7\"},"						\
	"\"ms\":{\"mail\":0,\"rcpt\":1,\"dot\":2,\"verdict\":3,\"hop_data\":4,\"hop_dot\":5,\"reply\":6},\"new_member\":\"bert@one.example\"}"

static const struct { const char *name; const char *line; struct who who; const char *seen; } rows[] = {
	{ "a tenant sees all of his own, and nothing of others", SHARED, ONE,
	    HEAD "\"outcome\":\"delivered\"," FROM "\"rcpt_to\":[\"anna@one.example\",\"bert@one.example\"],\"rcpt_tried\":3,\"refused\":["
	    REFUSED_C "],\"tenant\":\"one.example\"," JUDGED "\"verdict\":\"clean\",\"action\":\"deliver\","
	    EVIDENCE "\"classes\":[{\"rcpt\":[0]," CLASS_A "},{\"rcpt\":[1]," CLASS_B "}],"
	    "\"reply\":{\"code\":250,\"status\":\"2.0.0\",\"text\":\"queued as Q7\",\"from\":\"next_hop\"},\"kept\":\"K1\",\"copies\":{\"asked\":1,\"refused\":0},"
	    "\"next_hop\":{\"address\":\"10.0.0.1:25\",\"reused\":true,\"tls\":false,\"queue_id\":\"Q7\"},"
	    "\"ms\":{\"mail\":0,\"rcpt\":1,\"dot\":2,\"verdict\":3,\"hop_data\":4,\"hop_dot\":5,\"reply\":6}}" },
	{ "whose recipient was put off sees the envelope", SHARED, TWO,
	    HEAD "\"outcome\":\"rcpt-deferred\"," FROM "\"rcpt_to\":[],\"rcpt_tried\":1,\"refused\":[" REFUSED_Z "]}" },
	{ "who has both sees both", SHARED, BOTH,
	    HEAD "\"outcome\":\"delivered\"," FROM "\"rcpt_to\":[\"anna@one.example\",\"bert@one.example\"],\"rcpt_tried\":4,\"refused\":["
	    REFUSED_C "," REFUSED_Z "],\"tenant\":\"one.example\"," JUDGED "\"verdict\":\"clean\",\"action\":\"deliver\","
	    EVIDENCE "\"classes\":[{\"rcpt\":[0]," CLASS_A "},{\"rcpt\":[1]," CLASS_B "}],"
	    "\"reply\":{\"code\":250,\"status\":\"2.0.0\",\"text\":\"queued as Q7\",\"from\":\"next_hop\"},\"kept\":\"K1\",\"copies\":{\"asked\":1,\"refused\":0},"
	    "\"next_hop\":{\"address\":\"10.0.0.1:25\",\"reused\":true,\"tls\":false,\"queue_id\":\"Q7\"},"
	    "\"ms\":{\"mail\":0,\"rcpt\":1,\"dot\":2,\"verdict\":3,\"hop_data\":4,\"hop_dot\":5,\"reply\":6}}" },
	{ "who fared as the whole sees that, and not what was kept for another", SHARED, ANNA,
	    HEAD "\"outcome\":\"delivered\"," FROM "\"rcpt_to\":[\"anna@one.example\"],\"rcpt_tried\":1,\"tenant\":\"one.example\","
	    JUDGED "\"verdict\":\"clean\",\"action\":\"deliver\"," EVIDENCE "\"classes\":[{\"rcpt\":[0]," CLASS_A "}],"
	    "\"reply\":{\"code\":250,\"status\":\"2.0.0\",\"text\":\"queued as Q7\",\"from\":\"next_hop\"},"
	    "\"next_hop\":{\"reused\":true,\"tls\":false,\"queue_id\":\"Q7\"},"
	    "\"ms\":{\"mail\":0,\"rcpt\":1,\"dot\":2,\"verdict\":3,\"hop_data\":4,\"hop_dot\":5,\"reply\":6}}" },
	{ "who fared otherwise sees how, in the first place of his list", SHARED, BERT,
	    HEAD "\"outcome\":\"quarantined\"," FROM "\"rcpt_to\":[\"bert@one.example\"],\"rcpt_tried\":1,\"tenant\":\"one.example\","
	    JUDGED "\"verdict\":\"spam\",\"action\":\"quarantine\"," EVIDENCE "\"classes\":[{\"rcpt\":[0],\"policy\":{\"spam\":{\"quarantine\":0.5}},"
	    "\"verdict\":\"spam\",\"action\":\"quarantine\",\"outcome\":\"quarantined\"}],"
	    "\"reply\":{\"code\":250,\"status\":\"2.0.0\",\"from\":\"next_hop\"},\"kept\":\"K1\","
	    "\"ms\":{\"mail\":0,\"rcpt\":1,\"dot\":2,\"verdict\":3,\"reply\":6}}" },
	{ "who was refused sees that alone", SHARED, CARL,
	    HEAD "\"outcome\":\"rcpt-refused\"," FROM "\"rcpt_to\":[],\"rcpt_tried\":1,\"refused\":[" REFUSED_C "],\"tenant\":\"one.example\"}" },
	{ "who is not in it sees nothing", SHARED, { " three.example ", NULL, true, true }, NULL },
	{ "nobody's are nobody's, whatever a tenant is called", SHARED, { " else.example ", NULL, true, true }, NULL },

	/* before there was a message */
#define EARLY(refused, more)	HEAD "\"outcome\":\"rcpt-refused\"," FROM "\"rcpt_to\":[],\"rcpt_tried\":9,\"refused\":[" refused "]" more	\
	",\"tenant\":\"one.example\",\"reply\":{\"code\":550,\"text\":\"n@else.example\",\"from\":\"sluice\"},\"ended\":\"quit\",\"ms\":{\"mail\":0,\"reply\":9}}"
	{ "alone in it: all of it", EARLY(REFUSED_C, ""), ONE,
	    HEAD "\"outcome\":\"rcpt-refused\"," FROM "\"rcpt_to\":[],\"rcpt_tried\":1,\"refused\":[" REFUSED_C "],\"tenant\":\"one.example\","
	    "\"reply\":{\"code\":550,\"text\":\"n@else.example\",\"from\":\"sluice\"},\"ended\":\"quit\",\"ms\":{\"mail\":0,\"reply\":9}}" },
	{ "alone among those that are named: what was last is nobody's to see", EARLY(REFUSED_C, ",\"refused_more\":8"), ONE,
	    HEAD "\"outcome\":\"rcpt-refused\"," FROM "\"rcpt_to\":[],\"rcpt_tried\":1,\"refused\":[" REFUSED_C
	    "],\"refused_unnamed\":true,\"tenant\":\"one.example\"}" },
	{ "another was refused, he was put off", EARLY(REFUSED_C "," REFUSED_Z, ""), TWO,
	    HEAD "\"outcome\":\"rcpt-deferred\"," FROM "\"rcpt_to\":[],\"rcpt_tried\":1,\"refused\":[" REFUSED_Z "]}" },
	{ "nobody's alone", EARLY(REFUSED_N, ""), ONE, NULL },
	{ "a session", HEAD "\"outcome\":\"session-refused\",\"client\":\"192.0.2.1\",\"why\":\"source\",\"reply\":{\"code\":421}}", ONE, NULL },
	{ "what was left out", HEAD "\"outcome\":\"left-out\",\"left_out\":12}", ONE, NULL },

	/* whose he is who was refused */
#define ODD(why, more)	HEAD "\"rcpt_to\":[\"anna@one.example\"],\"refused\":[{\"why\":\"" why "\",\"rcpt\":\"q@x.example\",\"code\":452" more	\
	"}],\"tenant\":\"one.example\"}"
#define ANNA_AND(more)	HEAD "\"rcpt_to\":[\"anna@one.example\"]" more ",\"tenant\":\"one.example\"}"
	{ "who names no tenant is of the line's", ODD("too-many", ""), ONE,
	    ANNA_AND(",\"refused\":[{\"why\":\"too-many\",\"rcpt\":\"q@x.example\",\"code\":452}]") },
	{ "who names none is of none", ODD("too-many", ",\"tenant\":\"\""), ONE, ANNA_AND("") },
	{ "a domain that is nobody's", ODD("nobodys", ""), ONE, ANNA_AND("") },
	{ "no address", ODD("syntax", ""), ONE, ANNA_AND("") },
	{ "why is not known", ODD("whim", ""), ONE, ANNA_AND("") },
	{ "who names another twice", ODD("size", ",\"tenant\":\"one.example\",\"tenant\":\"two.example\""), ONE, NULL },

	/* classes of another tenant, who share the line */
	{ "a class of another tenant", HEAD "\"rcpt_to\":[\"a@one.example\",\"z@two.example\",\"b@one.example\"],\"tenant\":\"one.example\",\"verdict\":\"spam\","
	    "\"action\":\"refuse\",\"classes\":[{\"rcpt\":[1],\"tenant\":\"two.example\",\"verdict\":\"spam\",\"action\":\"refuse\"},"
	    "{\"rcpt\":[0,2],\"verdict\":\"clean\",\"action\":\"tag\"}]}", ONE,
	    HEAD "\"rcpt_to\":[\"a@one.example\",\"b@one.example\"],\"tenant\":\"one.example\",\"verdict\":\"clean\",\"action\":\"tag\","
	    "\"classes\":[{\"rcpt\":[0,1],\"verdict\":\"clean\",\"action\":\"tag\"}]}" },
	{ "and that other", HEAD "\"rcpt_to\":[\"a@one.example\",\"z@two.example\"],\"tenant\":\"one.example\",\"verdict\":\"spam\","
	    "\"action\":\"refuse\",\"classes\":[{\"rcpt\":[1],\"tenant\":\"two.example\",\"verdict\":\"spam\",\"action\":\"refuse\"},{\"rcpt\":[0]}]}", TWO,
	    HEAD "\"rcpt_to\":[\"z@two.example\"],\"verdict\":\"spam\",\"action\":\"refuse\","
	    "\"classes\":[{\"rcpt\":[0],\"tenant\":\"two.example\",\"verdict\":\"spam\",\"action\":\"refuse\"}]}" },
	{ "one class of all", HEAD "\"rcpt_to\":[\"a@one.example\"],\"tenant\":\"one.example\",\"classes\":[{\"verdict\":\"clean\"}]}", ONE,
	    HEAD "\"rcpt_to\":[\"a@one.example\"],\"tenant\":\"one.example\",\"classes\":[{\"verdict\":\"clean\"}]}" },
	{ "a reply that names another", HEAD "\"rcpt_to\":[\"anna@one.example\",\"bert@one.example\"],\"tenant\":\"one.example\","
	    "\"reply\":{\"code\":550,\"text\":\"<bert@one.example> is away\",\"from\":\"next_hop\"}}", ANNA,
	    HEAD "\"rcpt_to\":[\"anna@one.example\"],\"tenant\":\"one.example\",\"reply\":{\"code\":550,\"from\":\"next_hop\"}}" },
	{ "addresses are looked at as they mean", HEAD "\"rcpt_to\":[\"\\u0061nna@one.example\"],\"tenant\":\"one.example\"}", ANNA,
	    HEAD "\"rcpt_to\":[\"\\u0061nna@one.example\"],\"tenant\":\"one.example\"}" },

	/* lines that are none of ours */
	{ "said twice", HEAD "\"rcpt_to\":[\"a@one.example\"],\"tenant\":\"one.example\",\"rcpt_to\":[]}", ONE, NULL },
	{ "a recipient in two classes", HEAD "\"rcpt_to\":[\"a@one.example\"],\"tenant\":\"one.example\",\"classes\":[{\"rcpt\":[0]},{\"rcpt\":[0]}]}", ONE, NULL },
	{ "a place that is nobody's", HEAD "\"rcpt_to\":[\"a@one.example\"],\"tenant\":\"one.example\",\"classes\":[{\"rcpt\":[1]}]}", ONE, NULL },
	{ "a class that says its tenant twice", HEAD "\"rcpt_to\":[\"a@one.example\"],\"tenant\":\"one.example\",\"classes\":[{\"tenant\":\"one.example\","
	    "\"tenant\":\"two.example\"}]}", ONE, NULL },
	{ "no line", "[]", ONE, NULL },
	{ "nothing", "", ONE, NULL },
};

static void
each_sees_what_is_his(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_buf out;
		bool some;

		sl_buf_init(&out, 65536);
		sl_buf_add_str(&out, "before");
		some = narrow(rows[i].line, &rows[i].who, &out);
		if (some != (rows[i].seen != NULL) || strcmp(sl_buf_cstr(&out) + strlen("before"), some ? rows[i].seen : "") != 0)
			fail_msg("%s: is seen as\n%s\ninstead of\n%s", rows[i].name, sl_buf_cstr(&out) + strlen("before"), rows[i].seen);
		sl_buf_fini(&out);
	}
}

/* What is seen is seen again as it is, and can be read as a record. */
static void
what_is_seen_is_a_record_and_seen_again(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_buf again;
		json_t *root;

		if (rows[i].seen == NULL)
			continue;
		root = json_loads(rows[i].seen, JSON_REJECT_DUPLICATES, NULL);
		if (root == NULL)
			fail_msg("%s: what is seen is no JSON", rows[i].name);
		json_decref(root);
		sl_buf_init(&again, 65536);
		assert_true(narrow(rows[i].seen, &rows[i].who, &again));
		if (strcmp(sl_buf_cstr(&again), rows[i].seen) != 0)
			fail_msg("%s: is seen again as\n%s", rows[i].name, sl_buf_cstr(&again));
		sl_buf_fini(&again);
	}
}

static void
what_is_too_long_is_not_seen_in_part(void **state)
{
	static const struct who one = ONE;
	struct sl_buf out;

	sl_buf_init(&out, 100);
	assert_false(narrow(SHARED, &one, &out));
	assert_int_equal(out.len, 0);
	sl_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sees_what_is_his),
		cmocka_unit_test(what_is_seen_is_a_record_and_seen_again),
		cmocka_unit_test(what_is_too_long_is_not_seen_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
