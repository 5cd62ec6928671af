/* provider_test.c - sluicectl as a provider uses it: tenants by the console, traces and reports; arguments: the programs */

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *program, *console;
static char directory[] = "/tmp/sluicectl-provider-XXXXXX";

struct row {
	const char	*name, *script;
	int		 status;
	const char	*out;
};

/* Run a line of shell with the program as $S, the console as $C. Returns the exit status. */
static int
run(const char *script, char out[16384])
{
	char line[8192];
	FILE *f;
	int status;

	snprintf(line, sizeof(line), "exec 2>&1; S='%s'; C='%s'; cd %s; export SLUICE_CONSOLE=%s/socket; D=$(date -u +%%F); %s",
	    program, console, directory, directory, script);
	f = popen(line, "r");
	assert_non_null(f);
	out[fread(out, 1, 16383, f)] = '\0';
	status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

static void
run_rows(const struct row *rows, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char out[16384];
		int status = run(rows[i].script, out);

		if (status != rows[i].status || strstr(out, rows[i].out) == NULL)
			fail_msg("%s: status %d, %s", rows[i].name, status, out);
	}
}

/* ---- the console */

static void
tenants_are_managed_by_the_console(void **state)
{
	static const struct row rows[] = {
		{ "no console", "$S tenant list", 1, "(does the console run?)" },
		{ "start", "$C --database settings.db --socket socket >log 2>&1 & echo $! >pid; "
		    "for i in $(seq 100); do grep -q answers log && break; sleep 0.05; done; cat log", 0, "answers at socket" },
		{ "a second one", "$C --database other.db --socket socket", 1, "another console answers at socket" },
		{ "a customer in one command", "$S tenant add example.com mx.internal", 0, "tenant example.com is added" },
		{ "another, with all there is", "$S partner add acme && $S tenant add two.example mx1 mx2:2525 --tls verify "
		    "--partner acme --note 'asked for'", 0, "tenant two.example is added" },
		{ "there already", "$S tenant add two.example mx1", 1, "sluicectl: there is a tenant two.example already" },
		{ "a policy changed, in one word", "$S policy set tenant:example.com spam.quarantine=0.9", 0, "tenant:example.com: version 2\n"
		    "spam: (inherited) -> {tag: 0.8, quarantine: 0.9, refuse: 0.9995}" },
		{ "shown as it is written", "$S policy show tenant:example.com --own", 0, "level: standard\nspam: {tag: 0.8" },
		{ "changed as a file", "$S policy show tenant:example.com --own | sed s/0.95/0.97/ | "
		    "$S policy set tenant:example.com --file - --note why && $S policy history tenant:example.com", 0, "1        20" },
		{ "compared", "$S policy diff tenant:example.com --from 1 --to 2", 0, "spam: (inherited) -> {tag" },
		{ "taken back", "$S policy take-back tenant:example.com", 0, "(inherited)" },
		{ "with a reason for each setting", "$S policy show domain:example.com", 0, "# tenant:example.com" },
		{ "as JSON, setting by setting", "$S policy show tenant:example.com --json", 0, "\"setting\":\"spam\",\"value\":\"{tag: 0.8" },
		{ "locked", "$S policy lock operator malware phish && $S policy show tenant:example.com", 0, "locked by operator" },
		{ "unlocked", "$S policy unlock operator malware phish", 0, "unlock malware\nunlock phish" },
		{ "a template", "$S template set gold level=maximum subject_tag='[G]' && $S policy set tenant:example.com template=gold && "
		    "$S template show", 0, "gold      1" },
		{ "is no more", "$S policy unset tenant:example.com template && $S template remove gold", 0, "template gold is removed" },
		{ "a setting that is not there", "$S policy set tenant:example.com spma.tag=0.5", 1, "there is no setting 'spma.tag'" },
		{ "nothing said", "$S policy set tenant:example.com", 1, "say what to change" },
		{ "no pair", "$S policy set tenant:example.com spam", 1, "write PATH=VALUE" },
		{ "nothing to unset", "$S policy unset tenant:example.com", 2, "usage:" },
		{ "a list", "$S tenant list", 0, "two.example  partner:acme  on     any" },
		{ "as JSON", "$S tenant list --json", 0, "\"tenant\":\"example.com\"" },
		{ "shown", "$S tenant show two.example", 0, "mx2:2525 tls verify" },
		{ "an alias", "$S domain add example.com alias.example --alias-of example.com && $S domain list example.com", 0,
		    "alias.example  domain:example.com" },
		{ "users from a file", "printf 'address;group\\nanna@example.com;Sales\\nbert@alias.example;\\n' > u.csv; "
		    "$S user import example.com u.csv && $S user list example.com", 0, "user:bert@example.com" },
		{ "users from standard input", "printf 'address\\ncarl@example.com\\n' | $S user import example.com - --replace; "
		    "$S user list example.com | grep -c user:", 0, "\n1\n" },
		{ "a wrong line", "printf 'address\\ncarl@example.com\\nrubbish\\n' | $S user import example.com -", 1,
		    "line 3: \"rubbish\" is no address" },
		{ "lists", "$S list add tenant:example.com deny 192.0.2.0/24 --note spam --days 3 && $S list show tenant:example.com", 0,
		    "deny  192.0.2.0/24" },
		{ "off the list", "$S list remove tenant:example.com 192.0.2.0/24; $S list remove tenant:example.com 192.0.2.0/24", 1,
		    "is not on the list" },
		{ "a role", "$S grant add otto tenant-administrator tenant:example.com && $S grant show tenant:example.com", 0, "otto" },
		{ "content is not an operator's to give", "$S grant add eve quarantine-manager tenant:example.com", 1, "may not give" },
		{ "out and in again", "$S tenant export example.com > t.json && $S tenant remove example.com && "
		    "$S tenant import t.json && $S tenant export example.com | cmp - t.json && echo same", 0, "same" },
		{ "the trail", "$S audit show two.example", 0, "asked for" },
		{ "is right", "$S audit verify && $S audit verify two.example", 0, "4 entries, every one as it was written" },
		{ "a copy", "$S backup create $PWD/copy.db && ls -l copy.db", 0, "-rw-------" },
		{ "help of all", "$S tenant --help", 0, "sluicectl tenant route TENANT ROUTE..." },
		{ "help of one", "$S list add --help", 0, "[--unauthenticated]" },
		{ "too few words", "$S tenant add example.net", 2, "usage:" },
		{ "too many words", "$S tenant show a b", 2, "usage:" },
		{ "an option of another", "$S tenant show a --tls off", 2, "usage:" },
		{ "no such word", "$S tenant dance", 2, "usage:" },
		{ "restarted", "kill $(cat pid); for i in $(seq 100); do [ -S socket ] || break; sleep 0.05; done; "
		    "$C --database settings.db --socket socket >log 2>&1 & echo $! >pid; "
		    "for i in $(seq 100); do [ -S socket ] && break; sleep 0.05; done; $S tenant list", 0, "two.example" },
		{ "stopped", "kill $(cat pid); for i in $(seq 100); do [ -S socket ] || break; sleep 0.05; done; ls", 0, "settings.db" },
		{ "tampered with, found", "python3 - <<'E'\nimport sqlite3\nc = sqlite3.connect('settings.db')\n"
		    "c.execute(\"update audit set account = 'eve' where number = 3\")\nc.commit()\nE\n"
		    "$C --database settings.db --socket socket >log 2>&1 & P=$!; for i in $(seq 100); do [ -S socket ] && break; "
		    "sleep 0.05; done; $S audit verify; R=$?; kill $P; wait $P; exit $R", 1,
		    "an entry was altered: number 3; the 2 before it are right" },
	};

	run_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* ---- traces */

#define LINE(id, minute, outcome, rest)										\
	"{\"time\":\"'$D'T00:0" minute ":00.000Z\",\"id\":\"" id "\",\"session\":\"S" id "\",\"outcome\":\"" outcome "\","	\
	"\"client\":\"192.0.2.1\",\"helo\":\"mx.sender.example\",\"mail_from\":\"anna@sender.example\","		\
	"\"rcpt_to\":[\"bert@one.example\"],\"rcpt_tried\":2,\"tenant\":\"one.example\",\"bytes\":12345" rest "}\\n"

#define MAKE	"printf '"											\
	LINE("T1", "1", "delivered", ",\"verdict\":\"clean\",\"action\":\"deliver\",\"enforced\":true,\"probability\":{\"spam\":0.01},"	\
	    "\"evidence\":[],\"reply\":{\"code\":250,\"status\":\"2.0.0\",\"text\":\"queued as Q7\",\"from\":\"next_hop\"},"		\
	    "\"next_hop\":{\"address\":\"10.0.0.1:25\",\"reused\":true,\"tls\":false,\"queue_id\":\"Q7\"},"			\
	    "\"ms\":{\"mail\":0,\"rcpt\":1.5,\"data\":2,\"dot\":3,\"verdict\":4,\"hop_data\":5,\"hop_dot\":6,\"reply\":7.25}")	\
	LINE("T2", "2", "refused", ",\"verdict\":\"spam\",\"action\":\"refuse\",\"enforced\":true,\"probability\":{\"spam\":0.999},"	\
	    "\"policy\":{\"spam\":{\"refuse\":0.995}},\"evidence\":[{\"name\":\"small\",\"log_odds\":{\"spam\":0.5}},"			\
	    "{\"name\":\"token\",\"log_odds\":{\"spam\":6.25,\"phish\":9}},{\"name\":\"hidden\",\"shadow\":true,\"log_odds\":{\"spam\":99}}],"	\
	    "\"auth\":{\"spf\":{\"result\":\"fail\",\"domain\":\"sender.example\"}},"							\
	    "\"reply\":{\"code\":550,\"status\":\"5.7.1\",\"text\":\"spam \\\\u001b[31m\",\"from\":\"sluice\"},\"ms\":{\"mail\":0,\"dot\":3}")	\
	"' > r; "

/* One for whom it is delivered, one for whom it is kept. */
#define CLASSES	"printf '"											\
	LINE("T3", "3", "delivered", ",\"verdict\":\"clean\",\"action\":\"deliver\",\"enforced\":true,\"record\":2,\"classes\":["	\
	    "{\"rcpt\":[0],\"policy\":{},\"lists\":[{\"by\":\"user\",\"says\":\"allow\"}],\"verdict\":\"clean\",\"action\":\"deliver\"},"	\
	    "{\"rcpt\":[],\"policy\":{\"spam\":{\"quarantine\":0.75}},\"demands\":[{\"action\":\"quarantine\",\"word\":\"content\"}],"		\
	    "\"groups\":[{\"name\":\"cards\",\"hits\":2}],\"rules\":[\"no-exe\"],\"verdict\":\"spam\",\"action\":\"quarantine\","		\
	    "\"outcome\":\"quarantined\"}]")	\
	"' > c; "

#define KEPT	"printf '" LINE("T4", "4", "quarantined", ",\"verdict\":\"spam\",\"action\":\"quarantine\",\"kept\":\"00ff\"") "' > k.lines; "

/* What ended before there was a message. */
#define EARLY_LINE(id, outcome, rest)										\
	"{\"time\":\"'$D'T00:04:00.000Z\",\"id\":\"" id "\",\"session\":\"S" id "\",\"outcome\":\"" outcome "\",\"client\":\"192.0.2.1\"" rest "}\\n"
#define EARLY	"printf '"										\
	EARLY_LINE("E1", "rcpt-refused", ",\"mail_from\":\"anna@sender.example\",\"rcpt_to\":[],\"rcpt_tried\":12,\"refused\":["	\
	    "{\"why\":\"shield\",\"rcpt\":\"who@one.example\",\"code\":550,\"status\":\"5.1.1\",\"text\":\"There is no such recipient here\"},"	\
	    "{\"why\":\"list\",\"rcpt\":\"bert@one.example\",\"code\":550,\"status\":\"5.7.1\",\"text\":\"No\",\"list\":\"user\"},"		\
	    "{\"why\":\"next-hop\",\"rcpt\":\"full@one.example\",\"code\":452,\"status\":\"4.2.2\",\"text\":\"full \\u001b[31m\"},"		\
	    "{\"why\":\"nobodys\",\"rcpt\":\"x@else.example\",\"code\":550,\"text\":\"Relaying denied\"}],\"refused_more\":8,"		\
	    "\"tenant\":\"one.example\",\"ended\":\"quit\",\"ms\":{\"mail\":0,\"reply\":9}")				\
	EARLY_LINE("E2", "mail-refused", ",\"helo\":\"mx.sender.example\",\"mail_from\":\"anna@sender.example\",\"why\":\"size\","	\
	    "\"reply\":{\"code\":552,\"status\":\"5.3.4\",\"text\":\"The message is larger\",\"from\":\"sluice\"}")		\
	EARLY_LINE("E3", "session-refused", ",\"why\":\"source\",\"reply\":{\"code\":421,\"status\":\"4.7.0\",\"text\":\"Too many\","	\
	    "\"from\":\"sluice\"}")										\
	EARLY_LINE("E4", "left-out", ",\"left_out\":12345")								\
	"' > early; "

static void
what_was_refused_before_there_was_a_message_is_told(void **state)
{
	static const struct row rows[] = {
		{ "recorded", EARLY "$S traffic record --records f early", 0, "4 written, 0 there already, 0 not" },
		{ "each recipient with the reason", "$S trace --to bert@one.example --records f", 0,
		    "RCPT to <who@one.example>: refused, 550 5.1.1 There is no such recipient here\n"
		    "                  nobody of that name is known here (recipients.shield)\n"
		    "                RCPT to <bert@one.example>: refused, 550 5.7.1 No\n"
		    "                  a list denies the sender: the user's\n"
		    "                RCPT to <full@one.example>: put off, 452 4.2.2 full ?[31m\n"
		    "                  the next hop said so\n"
		    "                RCPT to <x@else.example>: refused, 550 Relaying denied\n"
		    "                  the domain is nobody's here\n"
		    "                and 8 more recipients were not accepted\n"
		    "       +9.0 ms  the sender said QUIT\n" },
		{ "by the domain of nobody", "$S trace --to else.example --records f", 0, "E1  " },
		{ "the sender", "$S trace E2 --records f", 0, "MAIL: refused, 552 5.3.4 The message is larger\n"
		    "                  the message is larger than is taken here\n" },
		{ "the session", "$S trace SE3 --records f", 0, "the session: put off, 421 4.7.0 Too many\n"
		    "                  too many sessions from one address (limits.sessions_per_source)\n" },
		{ "what was left out", "$S trace E4 --records f", 0, "12,345 sessions and transactions without a message have no record" },
		{ "which is said of every answer", "$S trace E1 --records f", 0, "on these days 12345 sessions and transactions without" },
		{ "as recorded", "$S trace E1 --json --records f", 0, "\"why\":\"shield\",\"rcpt\":\"who@one.example\"" },
		{ "not a word to the terminal in it", "$S trace E1 --table --records f | grep -c '\033'", 1, "0\n" },
		{ "a line each", "$S trace E1 --table --records f | tr -s ' '", 0, "E1 rcpt-refused anna@sender.example who@one.example +3 550 5.1.1 There is no such "
		    "recipient here\n" },
		{ "no messages", "$S traffic report --csv --records f", 0, ",0,0,0,0,0,0,0,0,0,0,12348\r\n" },
		{ "nor of a tenant", "$S traffic report --json --by tenant --tenant one.example --records f", 0, "\"messages\":0,\"recipients\":0,"
		    "\"delivered\":0,\"quarantined\":0,\"refused\":0,\"deferred\":0,\"bytes\":0,\"bytes_quarantined\":0,\"bytes_refused\":0,"
		    "\"bytes_kept_away\":0,\"early\":1}" },
		{ "nor of any cause", "$S traffic report --csv --by cause --records f", 0, "bytes_kept_away,early\r\n" },
	};

	run_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
what_became_of_a_message_is_told_in_words(void **state)
{
	static const struct row rows[] = {
		{ "recorded", MAKE "$S traffic record --records d r", 0, "2 written, 0 there already" },
		{ "once only", MAKE "echo rubbish >> r; $S traffic record --records d < r", 0, "0 written, 2 there already, 1 not" },
		{ "by id", "$S trace T1 --records d", 0, "the message was there, 12,345 bytes" },
		{ "every step", "$S trace T1 --records d", 0, "     +6.0 ms  passed on to 10.0.0.1:25, a kept connection, without TLS; "
		    "it called the message Q7\n       +7.2 ms  the next hop answered: 250 2.0.0 queued as Q7\n" },
		{ "recipients that fared differently", CLASSES "$S traffic record --records e c; $S trace T3 --records e", 0,
		    "for bert@one.example: clean, deliver\n                user's list allows the sender\n                for all: spam, "
		    "quarantine: quarantined\n                the policy says quarantine from 75 % on\n                content: the policy "
		    "asks for quarantine\n                a file fits the attachment rule no-exe\n                the text hits the "
		    "content group cards, 2 times\n" },
		{ "recipients that were not accepted", "$S trace T1 --records d", 0, "1 of 2 recipients were not accepted" },
		{ "the weightiest reason first, of the category", "$S trace T2 --records d", 0,
		    "judged spam: spam 99.90 %\n                   +6.25 for spam: token\n                   +0.50 for spam: small\n"
		    "                the policy says refuse from 99.5 % on\n                to do: refuse\n" },
		{ "who it claimed to be", "$S trace T2 --records d", 0, "SPF: fail for sender.example" },
		{ "nothing that speaks to the terminal", "$S trace T2 --records d", 0, "we answered: 550 5.7.1 spam ?[31m\n" },
		{ "by recipient, newest first", "$S trace --to one.example --records d | grep ^T", 0, "T2  " },
		{ "by all at once", "$S trace --from anna@sender.example --to bert@one.example --client 192.0.2.1 --tenant one.example "
		    "--since 2d --records d --json | wc -l", 0, "2\n" },
		{ "nobody", "$S trace --to x@one.example --records d", 1, "nothing found; 1 days were searched" },
		{ "too many", "$S trace --limit 1 --records d", 0, "there are more" },
		{ "as recorded", "$S trace T1 --json --records d", 0, "\"queue_id\":\"Q7\"" },
		{ "another day", "$S trace T1 --until 2020-01-01 --records d", 1, "nothing found" },
		{ "as a table", "$S trace --table --records d | tr -s ' '", 0, "time id outcome from to why\n" },
		{ "a line each", "$S trace --table --records d | tr -s ' '", 0, "T2 refused anna@sender.example bert@one.example spam\n" },
		{ "where it is kept", KEPT "$S traffic record --records k k.lines; $S trace T4 --records k", 0, "kept in quarantine as 00ff\n" },
		{ "both files and the console", "$S trace --records d --at tenant:one.example", 2, "usage: sluicectl trace" },
		{ "no console there", "SLUICE_CONSOLE= $S trace --socket $PWD/none --domain one.example", 1, "does the console run?" },
		{ "sums", "$S traffic report --records d", 0, "          2          2          1           0          1          0          24690          12345          0\n" },
		{ "sums by verdict", "$S traffic report --by verdict --csv --records d", 0, "spam,1,1,0,0,1,0,12345,0,12345,12345,0\r\n" },
		{ "sums by cause", "$S traffic report --by cause --csv --records d", 0, "-,1,1,1,0,0,0,12345,0,0,0,0\r\nspam,1,1,0,0,1,0," },
		{ "sums by tenant", "$S traffic report --by tenant --json --records d", 0, "{\"tenant\":\"one.example\",\"messages\":2,"
		    "\"recipients\":2,\"delivered\":1,\"quarantined\":0,\"refused\":1,\"deferred\":0,\"bytes\":24690," },
		{ "sums of nobody", "$S traffic report --by tenant --tenant x.example --json --records d", 0, "[]\n" },
		{ "nothing is too old", "$S traffic expire --records d", 0, "0 days removed" },
		{ "no records", "$S trace --records nowhere", 1, "nowhere: there is no such directory" },
		{ "help", "$S trace --help; $S traffic --help", 0, "usage: sluicectl traffic record" },
		{ "a wrong time", "$S trace --since yesterday", 2, "\"yesterday\" is not understood" },
		{ "a wrong limit", "$S trace --limit 0", 2, "usage" },
		{ "a wrong day", "$S traffic report --from 2026-1-1", 2, "is not understood" },
		{ "a wrong verb", "$S traffic dance", 2, "usage" },
	};

	run_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tenants_are_managed_by_the_console),
		cmocka_unit_test(what_became_of_a_message_is_told_in_words),
		cmocka_unit_test(what_was_refused_before_there_was_a_message_is_told),
	};
	char out[16384];
	int failed;

	if (argc < 3 || mkdtemp(directory) == NULL)
		return 1;
	program = argv[1];
	console = argv[2];
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	run("[ -f pid ] && kill $(cat pid); rm -rf \"$PWD\"", out);
	return failed;
}
