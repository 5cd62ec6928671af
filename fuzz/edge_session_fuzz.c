/*
 * edge_session_fuzz.c - a sender and a next hop that write anything at any time
 *
 * The sender hears 250 to a final dot only if the next hop has written a 2yz after it had the
 * complete message; every chunk comes back; every record is JSON; no session stands still with nothing that it waits for; no
 * assertion fails. With DNS in some settings, which answers at once, late or never; in some, sockets are full for a moment.
 *
 * Input: a byte of settings, then steps: a byte that says who does what, a byte of length, and
 * that many bytes. Abbreviations make whole dialogues likely; see step().
 */

#include "edge_dns_i.h"
#include "edge_test_i.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sl/json.h"
#include "sl/utf8.h"

#define RECORDS_MAX	((size_t)4 << 20)

struct watcher {
	struct rig	 rig;
	struct dns	 dns;
	bool		 has_dns;
	struct rig_end	*sender;
	struct rig_end	*hop;		/* the newest connection */
	size_t		 dots;		/* messages that a next hop has in full, and has not answered */
	size_t		 answered;	/* those that it has answered, with 2yz perhaps */
	int		 records;
};

/* What each side says when a step asks for words of a dialogue. */
static const char *const sender_words[] = {
	"EHLO client.example\r\n", "MAIL FROM:<a@client.example>\r\n", "RCPT TO:<u@example.com>\r\n",
	"DATA\r\n", "Subject: x\r\n\r\ntext\r\n", "\r\n.\r\n", "RSET\r\n", "QUIT\r\n",
	"MAIL FROM:<> BODY=8BITMIME\r\n", "MAIL FROM:<a@client.example> SMTPUTF8 SIZE=99999\r\n",
	"RCPT TO:<v@example.com>\r\n", "HELO x\r\n", "X-Sluice-Verdict: x\r\n", "bare\nline\r\n",
	"NOOP\r\n", "STARTTLS\r\n",
	"From: a@good.test\r\n", "MAIL FROM:<a@good.test>\r\n",
	"DKIM-Signature: v=1; a=rsa-sha256; d=good.test; s=s; h=from; bh=AA==; b=AA==\r\n",
	"Authentication-Results: mx.sluice.example; dmarc=pass\r\n",
};

static const char zone[] =
    "{ \"good.test\": [ {\"TXT\": \"v=spf1 include:more.test -all\"} ],"
    "  \"more.test\": [ {\"TXT\": \"v=spf1 ip4:192.0.2.7 -all\"} ],"
    "  \"_dmarc.good.test\": [ {\"TXT\": \"v=DMARC1; p=reject\"} ],"
    "  \"s._domainkey.good.test\": [ {\"TXT\": \"v=DKIM1; p=AAAA\"} ],"
    "  \"7.2.0.192.in-addr.arpa\": [ {\"PTR\": \"client.example\"} ],"
    "  \"client.example\": [ {\"A\": \"192.0.2.7\"} ],"
    "  \"2.0.0.127.list.test\": [ {\"A\": \"127.0.0.2\"} ] }";
static const char *const hop_words[] = {
	"220 inner.example\r\n", "250-inner.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n", "250 ok\r\n",
	"354 go\r\n", "250 2.0.0 queued as 1\r\n", "421 4.3.2 closing\r\n", "550 5.1.1 no\r\n",
	"451 4.3.0 later\r\n", "250 inner.example\r\n", "554 5.7.1 no\r\n", "354 a\r\n250 b\r\n", "200 \r\n",
	"250 ok\r\n250 ok\r\n", "25", "0 x\r\n", "\r\n",
};

/* How many messages the next hop has in full by what it was sent: a DATA line, then up to the dot. */
static void
count_dots(struct watcher *w)
{
	struct sl_buf *got;
	unsigned char *data, *dot;

	if (w->hop == NULL)
		return;
	end_read(w->hop);
	got = &w->hop->got;
	for (;;) {
		data = got->len == 0 ? NULL : memmem(got->data, got->len, "DATA\r\n", 6);
		dot = data == NULL ? NULL : memmem(data + 6, got->len - (size_t)(data + 6 - got->data),
		    "\r\n.\r\n", 5);
		if (dot == NULL)
			return;
		w->dots++;
		sl_buf_consume(got, (size_t)(dot + 5 - got->data));
	}
}

static void
sender_says(struct watcher *w, struct sl_slice bytes)
{
	if (w->sender->fd >= 0 && !w->sender->closed)
		end_tx_bytes(w->sender, bytes.ptr, bytes.len);
}

static bool
has_2yz(struct sl_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.ptr[i] == '2')
			return true;
	return false;
}

static void
hop_says(struct watcher *w, struct sl_slice bytes)
{
	if (w->hop == NULL || w->hop->fd < 0)
		return;
	count_dots(w);
	/* Any byte that could be part of a 2yz; coarse, but never too little. */
	if (w->dots > 0 && has_2yz(bytes)) {
		w->answered++;
		w->dots--;
	}
	end_tx_bytes(w->hop, bytes.ptr, bytes.len);
}

static void
hop_connected(struct watcher *w)
{
	struct rig_end *hop = rig_hop(&w->rig, 0);

	if (hop == NULL)
		return;
	w->hop = hop;
	w->dots = 0;		/* those on the old one nobody answers any more */
}

/* A hop that behaves: the right answer to the last line it was sent. */
static void
hop_behaves(struct watcher *w)
{
	const char *answer = "250-inner.example\r\n250 PIPELINING\r\n";
	struct sl_buf *got;
	bool data;

	hop_connected(w);
	if (w->hop == NULL || w->hop->fd < 0)
		return;
	count_dots(w);
	got = &w->hop->got;
	data = got->len > 0 && memmem(got->data, got->len, "DATA\r\n", 6) != NULL;
	if (w->dots > 0)
		answer = "250 2.0.0 ok\r\n";
	else if (data)
		answer = "354 go\r\n";
	else if (got->len == 0)
		answer = "220 inner.example\r\n";
	else if (memmem(got->data, got->len, "RCPT", 4) != NULL)
		answer = "250 ok\r\n250 ok\r\n";
	if (!data)
		sl_buf_reset(got);
	hop_says(w, sl_slice_str(answer));
}

/* The fuzzer's words for what happens next. */
static void
step(struct watcher *w, unsigned what, unsigned number, struct sl_slice bytes)
{
	static const unsigned times_ms[] = { 1, 20, 1000, 5000, 10000, 30000, 180000, 700000 };

	switch (what % 8) {
	case 0:
		sender_says(w, bytes);
		break;
	case 1:
		hop_says(w, bytes);
		break;
	case 2:
		sender_says(w, sl_slice_str(sender_words[number % SL_COUNT(sender_words)]));
		break;
	case 3:
		hop_connected(w);
		hop_says(w, sl_slice_str(hop_words[number % SL_COUNT(hop_words)]));
		break;
	case 4:
		hop_behaves(w);
		break;
	case 5:
		rig_pass(&w->rig, times_ms[number % SL_COUNT(times_ms)]);
		break;
	case 6:
		if (w->sender->fd >= 0 && number % 4 == 0)
			end_close(w->sender);
		else if (w->sender->fd >= 0 && number % 4 == 1)
			end_tx_fill(w->sender, number & 32 ? 90000 : 20000);
		else if (number % 4 == 2)
			dns_release(&w->dns);
		else
			w->dns.hold = number >> 2;
		break;
	case 7:
		count_dots(w);
		if (w->hop != NULL && w->hop->fd >= 0 && number % 4 == 0)
			end_close(w->hop);
		else if (number % 8 == 1 && !w->rig.edge->stopping)
			rig_stop(&w->rig);
		break;
	}
	hop_connected(w);
	count_dots(w);
	if (w->sender->fd >= 0)
		end_read(w->sender);
	sl_buf_reset(&w->sender->got);
	SL_ASSERT(w->rig.stats.delivered <= w->answered);
}

static void
open_watcher(struct watcher *w, unsigned settings)
{
	static const char *const tenants[] = { NULL, "    window: 16KiB\n", "    mode: pass-through\n",
		"    line_endings: normalise\n    window: 16KiB\n" };
	const char *limits = settings & 4 ? "limits: {hop_connections: 1, hop_messages: 2}\n" : "";
	char top[300];
	const struct rig_options options = { .tenant = tenants[settings % SL_COUNT(tenants)], .top = top, .record_fd = dup(w->records) };

	snprintf(top, sizeof(top), "%s", limits);
	rig_full_by_turns = settings & 32;
	w->has_dns = settings & 8;
	if (w->has_dns) {
		dns_open(&w->dns, zone);
		w->dns.hold = settings & 16 ? DNS_KINDS : 0;
		snprintf(top, sizeof(top), "%sdns: {servers: [\"127.0.0.1:%u\"]}\n"
		    "dns_lists: [{zone: list.test}]\n", limits, w->dns.port);
	}
	rig_open(&w->rig, &options);
	if (w->has_dns)
		dns_serve(&w->dns, w->rig.loop);
	w->sender = rig_sender(&w->rig);
}

/* Whatever was said: a whole line of JSON for each. */
static void
check_records(int fd)
{
	char *text = sl_xmalloc(RECORDS_MAX);
	ssize_t n = pread(fd, text, RECORDS_MAX, 0);
	struct sl_slice rest = sl_slice(text, n > 0 ? (size_t)n : 0);

	SL_ASSERT(rest.len == 0 || rest.ptr[rest.len - 1] == '\n');
	while (rest.len > 0) {
		size_t len = (size_t)((const unsigned char *)memchr(rest.ptr, '\n', rest.len) - rest.ptr);
		struct sl_json json;

		sl_json_init(&json, sl_slice(rest.ptr, len));
		SL_ASSERT(sl_json_kind(&json) == '{');
		sl_json_skip(&json);
		SL_ASSERT(sl_json_end(&json) == 0 && sl_utf8_valid(sl_slice(rest.ptr, len)));
		rest = sl_slice_from(rest, len + 1);
	}
	sl_free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct watcher w = { .hop = NULL };
	struct sl_slice in = sl_slice(data, len);

	if (len == 0)
		return 0;
	sl_log_init("fuzz", SL_LOG_FATAL);
	w.records = memfd_create("records", MFD_CLOEXEC);
	open_watcher(&w, data[0]);
	in = sl_slice_from(in, 1);
	while (in.len >= 2 && w.rig.ends_len < RIG_ENDS - 1) {
		unsigned what = in.ptr[0], number = in.ptr[1];
		size_t n = what % 8 < 2 ? SL_MIN((size_t)number, in.len - 2) : 0;

		step(&w, what, number, sl_slice(in.ptr + 2, n));
		in = sl_slice_from(in, 2 + n);
	}
	if (w.has_dns)
		sl_watch_fini(&w.dns.watch);
	rig_close(&w.rig);		/* asserts that every chunk is back */
	check_records(w.records);
	close(w.records);
	w.dns.loop = NULL;
	if (w.has_dns)
		dns_close(&w.dns);
	return 0;
}
