/* early_test.c - what ended before there was a message: each kind leaves one record, found by the id that was told, and they are bounded */

#include "check.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "edge_provider_i.h"
#include "flood.h"
#include "record.h"

#define LINES_MAX	((size_t)4 << 20)

/* Who is known, and what anna and bert say of senders. */
static const struct provider acme = { .policy = "recipients: {shield: known}\nlists: {users: both}\nmessage: {size: 10MiB}\n",
	.users = { { "anna@acme.test", NULL }, { "bert@acme.test", NULL } },
	.entries = { { "bert@acme.test", "client.example", SL_LIST_DENY }, { NULL, "denied@client.example", SL_LIST_DENY } } };

static int lines_fd;

static void
open_recording(void)
{
	open_rig(&acme);
	lines_fd = memfd_create("records", MFD_CLOEXEC);
	record_writer_reopen(rig.edge->records, dup(lines_fd));
}

static void
close_recording(void)
{
	close_rig();
	close(lines_fd);
}

/* All lines so far, as a JSON array. */
static json_t *
lines(void)
{
	char *text = sl_xzalloc(LINES_MAX + 1), *line, *rest = text;
	json_t *all = json_array();
	json_error_t why;

	rig_settle(&rig);
	assert_true(pread(lines_fd, text, LINES_MAX, 0) >= 0);
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		json_t *one = json_loads(line, JSON_REJECT_DUPLICATES, &why);

		if (one == NULL)
			fail_msg("%s: %s", why.text, line);
		json_array_append_new(all, one);
	}
	sl_free(text);
	return all;
}

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* ---- dialogues ---- */

/* Steps: ">" the sender's line; "h" the next hop greets; "H" it answers; "x" the sender is gone; "t" a minute and more goes by, "m" a moment. */
#define STEPS_MAX	16

static const struct {
	const char	*name, *steps[STEPS_MAX];
	const char	*heard;		/* among what the sender heard */
	const char	*outcome, *ended, *why;		/* why: of the line, or of the first that was not accepted */
	const char	*rcpt, *tenant;	/* of him */
	int		 refused, tried;
} dialogues[] = {
	{ "nobody of that name", { ">MAIL FROM:<a@x.example>", ">RCPT TO:<who@acme.test>", ">QUIT" }, "550 5.1.1", "rcpt-refused", "quit",
	  "shield", "who@acme.test", "acme", 1, 1 },
	{ "nobody's domain", { ">MAIL FROM:<a@x.example>", ">RCPT TO:<who@elsewhere.test>", ">QUIT" }, "550 5.7.1 Relaying denied",
	  "rcpt-refused", "quit", "nobodys", "who@elsewhere.test", "", 1, 1 },
	{ "denied by a user", { ">MAIL FROM:<a@client.example>", ">RCPT TO:<bert@acme.test>", ">RSET" }, "550 5.7.1", "rcpt-refused", "reset",
	  "list user", "bert@acme.test", "acme", 1, 1 },
	{ "denied by the tenant", { ">MAIL FROM:<denied@client.example>", ">RCPT TO:<anna@acme.test>", "x" }, "550 5.7.1", "rcpt-refused",
	  "lost", "list tenant", "anna@acme.test", "acme", 1, 1 },
	{ "the next hop says no", { ">MAIL FROM:<a@x.example>", ">RCPT TO:<anna@acme.test>", "h", "H250 ok", "H550 5.1.1 <anna> has left", ">QUIT" },
	  "550 5.1.1 <anna> has left", "rcpt-refused", "quit", "next-hop", "anna@acme.test", "acme", 1, 1 },
	{ "the next hop puts off", { ">MAIL FROM:<a@x.example>", ">RCPT TO:<anna@acme.test>", "h", "H250 ok", "H452 4.2.2 full", ">QUIT" },
	  "452 4.2.2", "rcpt-deferred", "quit", "next-hop", "anna@acme.test", "acme", 1, 1 },
	{ "the next hop does not take the sender", { ">MAIL FROM:<a@x.example>", ">RCPT TO:<anna@acme.test>", "h", "H553 5.1.8 no such domain", ">QUIT" },
	  "553 5.1.8", "rcpt-refused", "quit", "next-hop", "anna@acme.test", "acme", 1, 1 },
	{ "the next hop cannot carry it", { ">MAIL FROM:<a@x.example> SMTPUTF8", ">RCPT TO:<anna@acme.test>", "h", "m", ">QUIT" }, "553 5.6.7",
	  "rcpt-refused", "quit", "cannot-carry", "anna@acme.test", "acme", 1, 1 },
	{ "no next hop in time", { ">MAIL FROM:<a@x.example>", ">RCPT TO:<anna@acme.test>", "t", ">QUIT" }, "451 4.4.1",
	  "rcpt-deferred", "quit", "unreachable", "anna@acme.test", "acme", 1, 1 },
	{ "gone while the next hop is asked", { ">MAIL FROM:<a@x.example>", ">RCPT TO:<anna@acme.test>", "h", "x" }, "250", "abandoned", "lost",
	  "unanswered", "anna@acme.test", "acme", 1, 1 },
	{ "nobody that can be read", { ">MAIL FROM:<a@x.example>", ">RCPT TO:<a b@acme.test>", ">QUIT" }, "501 5.1.3", "rcpt-refused", "quit",
	  "syntax", "", "", 1, 1 },
	{ "a parameter", { ">MAIL FROM:<a@x.example>", ">RCPT TO:<anna@acme.test> X=Y", ">QUIT" }, "555 5.5.4", "rcpt-refused", "quit",
	  "parameter", "anna@acme.test", "acme", 1, 1 },
	{ "larger than he takes", { ">MAIL FROM:<a@x.example> SIZE=20000000", ">RCPT TO:<anna@acme.test>", ">QUIT" }, "552 5.3.4", "rcpt-refused",
	  "quit", "size", "anna@acme.test", "acme", 1, 1 },
	{ "an address that needs SMTPUTF8", { ">MAIL FROM:<a@x.example>", ">RCPT TO:<j\xc3\xbcrgen@acme.test>", ">QUIT" }, "553 5.6.7", "rcpt-refused",
	  "quit", "smtputf8", "j\xc3\xbcrgen@acme.test", "acme", 1, 1 },
	{ "nobody was named", { ">MAIL FROM:<a@x.example>", ">EHLO again.example" }, "250", "abandoned", "hello", "", NULL, NULL, 0, 0 },
	{ "silent after MAIL", { ">MAIL FROM:<a@x.example>", "t", "t", "t", "t", "t" }, "421 4.4.2", "abandoned", "timeout", "", NULL, NULL, 0, 0 },
	{ "accepted, and then left", { ">MAIL FROM:<a@x.example>", ">RCPT TO:<anna@acme.test>", "h", "H250 ok", "H250 ok", ">RCPT TO:<who@acme.test>",
	  ">QUIT" }, "550 5.1.1", "aborted", "quit", "shield", "who@acme.test", "", 1, 2 },
	{ "a sender that cannot be read", { ">MAIL FROM:<a b>" }, "501 5.1.7", "mail-refused", "", "syntax", NULL, NULL, 0, 0 },
	{ "a message too large for anybody", { ">MAIL FROM:<a@x.example> SIZE=99999999999" }, "552 5.3.4", "mail-refused", "", "size", NULL, NULL, 0, 0 },
	{ "what is not offered", { ">MAIL FROM:<a@x.example> BODY=BINARYMIME" }, "555 5.6.1", "mail-refused", "", "parameter", NULL, NULL, 0, 0 },
};

static void
play(struct rig_end *sender, const char *const *steps)
{
	struct rig_end *at_hop = NULL;
	char line[512];

	for (size_t i = 0; i < STEPS_MAX && steps[i] != NULL; i++) {
		snprintf(line, sizeof(line), "%s\r\n", steps[i] + 1);
		if (steps[i][0] == '>')
			end_tx(sender, line);
		else if (steps[i][0] == 'h')
			at_hop = hop_greet(&rig, 0, "PIPELINING");
		else if (steps[i][0] == 'H')
			end_tx(at_hop, line);
		else if (steps[i][0] == 'x')
			end_read(sender), end_close(sender);
		else
			rig_pass(&rig, steps[i][0] == 't' ? 65000 : 2 * SL_TIMER_GRAIN_MS);
		rig_settle(&rig);
	}
	if (sender->fd >= 0)
		end_read(sender);
}

/* What the sender was told to ask by: "[0123456789ABC]" at the end of a line. */
static void
id_in(const char *heard, char id[EDGE_ID_LEN + 1])
{
	const char *at = strchr(heard, '[');

	assert_non_null(at);
	assert_int_equal(at[EDGE_ID_LEN + 1], ']');
	snprintf(id, EDGE_ID_LEN + 1, "%s", at + 1);
}

static void
same(const char *name, const char *what, const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s is \"%s\" and not \"%s\"", name, what, got, want);
}

static void
same_refused(size_t row, const json_t *line)
{
	const json_t *list = json_object_get(line, "refused"), *first = json_array_get(list, 0);
	char why[64];

	snprintf(why, sizeof(why), "%s%s%s", text_of(first != NULL ? first : line, "why"), *text_of(first, "list") != '\0' ? " " : "",
	    text_of(first, "list"));
	same(dialogues[row].name, "why", why, dialogues[row].why);
	assert_int_equal(json_array_size(list), dialogues[row].refused);
	if (dialogues[row].rcpt == NULL)
		return;
	same(dialogues[row].name, "rcpt", text_of(first, "rcpt"), dialogues[row].rcpt);
	if (dialogues[row].rcpt[0] != '\0' && strcmp(dialogues[row].outcome, "aborted") != 0)
		same(dialogues[row].name, "tenant", text_of(line, "tenant"), dialogues[row].tenant);
	assert_int_equal(json_integer_value(json_object_get(line, "rcpt_tried")), dialogues[row].tried);
	if (dialogues[row].heard[0] != '2')
		assert_true(strtol(dialogues[row].heard, NULL, 10) == json_integer_value(json_object_get(first, "code")));
}

static void
each_kind_leaves_one_record(void **state)
{
	for (size_t i = 0; i < SL_COUNT(dialogues); i++) {
		struct rig_end *sender;
		char id[EDGE_ID_LEN + 1];
		json_t *all, *line;

		open_recording();
		rig.edge->snapshot->size_limit = 50000000;
		sender = sender_hello(&rig);
		play(sender, dialogues[i].steps);
		if (strstr(sl_buf_cstr(&sender->got), dialogues[i].heard) == NULL)
			fail_msg("%s: heard %s", dialogues[i].name, sl_buf_cstr(&sender->got));
		id_in(sl_buf_cstr(&sender->got), id);
		all = lines();
		if (json_array_size(all) != 1)
			fail_msg("%s: %zu lines", dialogues[i].name, json_array_size(all));
		line = json_array_get(all, 0);
		same(dialogues[i].name, "id", text_of(line, "id"), id);
		same(dialogues[i].name, "outcome", text_of(line, "outcome"), dialogues[i].outcome);
		same(dialogues[i].name, "ended", text_of(line, "ended"), dialogues[i].ended);
		same(dialogues[i].name, "client", text_of(line, "client"), "192.0.2.7");
		same_refused(i, line);
		json_decref(all);
		close_recording();
	}
}

/* A message for one, whom others were named beside: they are in its record, and there is no other. */
static void
who_was_refused_is_in_the_messages_record(void **state)
{
	static const char *const steps[STEPS_MAX] = { ">MAIL FROM:<a@client.example>", ">RCPT TO:<who@acme.test>", ">RCPT TO:<anna@acme.test>", "h",
		"H250 ok", "H250 ok", ">RCPT TO:<bert@acme.test>", ">RCPT TO:<u@example.com>", ">RCPT TO:<x@elsewhere.test>" };
	static const char *const want[] = { "shield who@acme.test ", "list bert@acme.test ", "separate u@example.com example.com",
		"nobodys x@elsewhere.test " };
	struct rig_end *sender;
	json_t *all, *line, *one;
	char got[256];
	size_t i;

	open_recording();
	sender = sender_hello(&rig);
	play(sender, steps);
	hop = rig.ends[rig.ends_len - 1];
	sl_buf_reset(&sender->got);
	message(sender, "Subject: x\r\n\r\nhello", false);
	end_read(hop);
	end_tx(hop, "354 go\r\n");
	rig_settle(&rig);
	end_read(hop);
	end_tx(hop, "250 taken\r\n");
	expect_reply(sender, "250 taken");
	all = lines();
	assert_int_equal(json_array_size(all), 1);
	line = json_array_get(all, 0);
	same("line", "outcome", text_of(line, "outcome"), "delivered");
	same("line", "tenant", text_of(line, "tenant"), "acme");
	assert_int_equal(json_array_size(json_object_get(line, "rcpt_to")), 1);
	assert_int_equal(json_integer_value(json_object_get(line, "rcpt_tried")), 5);
	assert_int_equal(json_array_size(json_object_get(line, "refused")), SL_COUNT(want));
	json_array_foreach(json_object_get(line, "refused"), i, one) {
		snprintf(got, sizeof(got), "%s %s %s", text_of(one, "why"), text_of(one, "rcpt"), text_of(one, "tenant"));
		same("line", "refused", got, want[i]);
		/* Who names no tenant is of the line's; nobody's say so. */
		assert_int_equal(json_object_get(one, "tenant") != NULL, i >= 2);
	}
	assert_null(json_object_get(line, "ended"));
	json_decref(all);
	close_recording();
}

/* ---- sessions ---- */

static void
session_is(const char *why, const char *heard)
{
	json_t *all = lines(), *line = json_array_get(all, 0);
	char id[EDGE_ID_LEN + 1];

	assert_int_equal(json_array_size(all), 1);
	same(why, "why", text_of(line, "why"), why);
	same(why, "outcome", text_of(line, "outcome"), "session-refused");
	same(why, "client", text_of(line, "client"), "192.0.2.7");
	same(why, "id", text_of(line, "id"), text_of(line, "session"));
	if (heard != NULL) {
		id_in(heard, id);
		same(why, "id", text_of(line, "id"), id);
		assert_int_equal(json_integer_value(json_object_get(json_object_get(line, "reply"), "code")), 421);
	}
	json_decref(all);
}

static void
refused_sessions_leave_a_record(void **state)
{
	struct rig_end *sender;

	open_recording();		/* too many of one address */
	rig.edge->snapshot->settings->limits.sessions_per_source = 1;
	rig_sender(&rig);
	sender = rig_sender(&rig);
	rig_settle(&rig);
	end_read(sender);
	assert_non_null(strstr(sl_buf_cstr(&sender->got), "Too many connections from 192.0.2.7"));
	session_is("source", sl_buf_cstr(&sender->got));
	close_recording();

	open_recording();		/* and of all */
	rig.edge->snapshot->settings->limits.sessions = 1;
	rig_sender(&rig);
	sender = rig_sender(&rig);
	rig_settle(&rig);
	end_read(sender);
	session_is("busy", sl_buf_cstr(&sender->got));
	close_recording();

	open_recording();		/* spoke first */
	rig.edge->snapshot->settings->timers.greeting_delay_ms = 5000;
	sender = rig_sender(&rig);
	end_tx(sender, "EHLO bot.example\r\n");
	end_read(sender);
	session_is("early-talker", sl_buf_cstr(&sender->got));
	close_recording();

	open_recording();		/* tried what there is not, again and again */
	rig.edge->snapshot->settings->limits.errors = 3;
	sender = sender_hello(&rig);
	end_tx(sender, "AUTH LOGIN\r\nAUTH LOGIN\r\nAUTH LOGIN\r\n");
	end_read(sender);
	session_is("errors", strstr(sl_buf_cstr(&sender->got), "421"));
	close_recording();
}

static void
sessions_that_only_look_leave_none(void **state)
{
	struct rig_end *sender;
	json_t *all;

	open_recording();
	sender = sender_hello(&rig);
	end_tx(sender, "QUIT\r\n");
	sender = rig_sender(&rig);
	end_close(sender);
	all = lines();
	assert_int_equal(json_array_size(all), 0);
	json_decref(all);
	close_recording();
}

/* ---- attacks ---- */

static void
a_dictionary_has_one_record_and_is_counted(void **state)
{
	struct rig_end *sender;
	json_t *all, *line;
	char text[128];

	open_recording();
	rig.edge->snapshot->settings->limits.errors = 10000;
	sender = sender_hello(&rig);
	end_tx(sender, "MAIL FROM:<a@x.example>\r\n");
	for (int i = 0; i < 500; i++) {
		snprintf(text, sizeof(text), "RCPT TO:<name%d@acme.test>\r\n", i);
		end_tx(sender, text);
		end_read(sender);
		sl_buf_reset(&sender->got);
	}
	end_tx(sender, "QUIT\r\n");
	all = lines();
	assert_int_equal(json_array_size(all), 1);
	line = json_array_get(all, 0);
	assert_int_equal(json_array_size(json_object_get(line, "refused")), SL_RECORD_REFUSED_MAX);
	assert_int_equal(json_integer_value(json_object_get(line, "refused_more")), 500 - SL_RECORD_REFUSED_MAX);
	assert_int_equal(json_integer_value(json_object_get(line, "rcpt_tried")), 500);
	same("line", "first", text_of(json_array_get(json_object_get(line, "refused"), 0), "rcpt"), "name0@acme.test");
	json_decref(all);
	close_recording();
}

static void
refuse_from(const char *address, int times)
{
	struct sockaddr_in *peer = (struct sockaddr_in *)&rig.peer;

	assert_int_equal(inet_pton(AF_INET, address, &peer->sin_addr), 1);
	for (int i = 0; i < times; i++) {
		struct rig_end *sender = sender_hello(&rig);

		end_tx(sender, "MAIL FROM:<a@x.example>\r\nRCPT TO:<who@acme.test>\r\nQUIT\r\n");
		end_read(sender);
		end_close(sender);
		rig_settle(&rig);
	}
}

static size_t
count_outcome(const char *outcome, json_int_t *left_out)
{
	json_t *all = lines(), *line;
	size_t i, n = 0;

	*left_out = 0;
	json_array_foreach(all, i, line) {
		n += strcmp(text_of(line, "outcome"), outcome) == 0;
		*left_out += json_integer_value(json_object_get(line, "left_out"));
	}
	json_decref(all);
	return n;
}

/* One address has a tenth; another one still has its own. What was left out is told when it is time, and when the edge ends. */
static void
a_flood_is_bounded_and_what_is_left_out_is_told(void **state)
{
	json_int_t left_out;
	char *text = sl_xzalloc(LINES_MAX + 1);
	int fd;

	open_recording();
	rig.edge->snapshot->settings->limits.early_records = 50;
	refuse_from("192.0.2.9", 20);
	assert_int_equal(count_outcome("rcpt-refused", &left_out), 5);
	refuse_from("192.0.2.10", 3);
	assert_int_equal(count_outcome("rcpt-refused", &left_out), 8);
	assert_int_equal(left_out, 0);
	assert_int_equal(rig.stats.records_left_out, 15);
	rig_pass(&rig, 61000);
	refuse_from("192.0.2.10", 1);
	assert_int_equal(count_outcome("rcpt-refused", &left_out), 9);
	assert_int_equal(left_out, 15);
	refuse_from("192.0.2.9", 7);		/* has had a minute */
	assert_int_equal(count_outcome("rcpt-refused", &left_out), 14);
	assert_int_equal(left_out, 15);
	fd = dup(lines_fd);
	close_recording();
	assert_true(pread(fd, text, LINES_MAX, 0) > 0);
	assert_non_null(strstr(text, "\"left_out\":2}\n"));
	close(fd);
	sl_free(text);
}

static void
none_are_written_where_none_are_wanted(void **state)
{
	json_int_t left_out;

	open_recording();
	rig.edge->snapshot->settings->limits.early_records = 0;
	refuse_from("192.0.2.9", 3);
	assert_int_equal(count_outcome("rcpt-refused", &left_out), 0);
	assert_int_equal(rig.stats.records_left_out, 0);
	close_recording();
}

/* The limit itself: many addresses have no more than the whole, and get it back with time. */
static void
the_whole_is_bounded_whoever_comes(void **state)
{
	struct flood *flood = sl_xzalloc(sizeof(*flood));
	struct sockaddr_storage client;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&client;
	unsigned admitted = 0;

	memset(&client, 0, sizeof(client));
	client.ss_family = AF_INET6;
	for (uint32_t i = 0; i < 100000; i++) {
		memcpy(&v6->sin6_addr, &i, sizeof(i));
		v6->sin6_addr.s6_addr[15] = 1;
		admitted += flood_admits(flood, &client, 600, 1000000000 + i);		/* a microsecond each */
	}
	assert_in_range(admitted, 600, 601);
	admitted = 0;
	for (uint32_t i = 0; i < 100000; i++) {		/* half a minute later, one of a /64 that moves within it */
		memcpy(v6->sin6_addr.s6_addr + 8, &i, sizeof(i));
		admitted += flood_admits(flood, &client, 600, 1030000000);
	}
	assert_in_range(admitted, 59, 60);
	sl_free(flood);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_leaves_one_record),
		cmocka_unit_test(who_was_refused_is_in_the_messages_record),
		cmocka_unit_test(refused_sessions_leave_a_record),
		cmocka_unit_test(sessions_that_only_look_leave_none),
		cmocka_unit_test(a_dictionary_has_one_record_and_is_counted),
		cmocka_unit_test(a_flood_is_bounded_and_what_is_left_out_is_told),
		cmocka_unit_test(none_are_written_where_none_are_wanted),
		cmocka_unit_test(the_whole_is_bounded_whoever_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
