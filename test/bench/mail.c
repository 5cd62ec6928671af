/* mail.c - see mail.h */

#include "mail.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LINE_MAX_BYTES	998	/* RFC 5321, 4.5.3.1.6, without CRLF */
#define LINE_BYTES	76	/* of synthetic text */

static const char header[] =
    "From: Sender <sender@example.net>\r\n"
    "To: User <user@example.com>\r\n"
    "Subject: a message to measure with\r\n"
    "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n"
    "Message-ID: <measure@example.net>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=us-ascii\r\n"
    "\r\n";
static const char final_dot[] = ".\r\n";

static void
mailbag_take(struct mailbag *bag, unsigned char *wire, size_t len)
{
	/* Grow by doubling: the length is a power of two when there is no room left. */
	if ((bag->len & (bag->len - 1)) == 0)
		bag->mails = sl_xrealloc(bag->mails, SL_MAX(1, bag->len * 2) * sizeof(bag->mails[0]));
	bag->mails[bag->len++] = (struct mail){ wire, len };
	bag->bytes += len;
}

static void
append(struct mail *mail, const void *data, size_t len)
{
	memcpy(mail->wire + mail->len, data, len);
	mail->len += len;
}

void
mailbag_add_synthetic(struct mailbag *bag, size_t size_bytes)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct mail mail = { sl_xmalloc(size_bytes + sizeof(header) + LINE_BYTES + 16), 0 };
	uint32_t seed = 2463534242u;

	append(&mail, header, sizeof(header) - 1);
	while (mail.len < size_bytes) {
		for (int i = 0; i < LINE_BYTES; i++) {
			seed ^= seed << 13;	/* xorshift: the same text in every run */
			seed ^= seed >> 17;
			seed ^= seed << 5;
			mail.wire[mail.len++] = (unsigned char)letters[seed & 63];
		}
		append(&mail, "\r\n", 2);
	}
	append(&mail, final_dot, sizeof(final_dot) - 1);
	mailbag_take(bag, mail.wire, mail.len);
}

/* Encode one line without its line end. Returns false if it must not go over the wire. */
static bool
encode_line(struct mail *mail, const unsigned char *line, size_t len)
{
	size_t start = mail->len;

	if (len > 0 && line[0] == '.')
		mail->wire[mail->len++] = '.';
	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\0')
			return false;
		if (line[i] != '\r')
			mail->wire[mail->len++] = line[i];
	}
	append(mail, "\r\n", 2);
	return mail->len - start <= LINE_MAX_BYTES + 2;
}

static bool
encode_text(struct mail *mail, const unsigned char *text, size_t len)
{
	const unsigned char *end = text + len, *line_end;
	bool first = true;

	while (text < end) {
		line_end = memchr(text, '\n', (size_t)(end - text));
		if (line_end == NULL)
			line_end = end;
		if (!(first && line_end - text >= 5 && memcmp(text, "From ", 5) == 0) &&
		    !encode_line(mail, text, (size_t)(line_end - text)))
			return false;
		first = false;
		text = line_end + 1;
	}
	append(mail, final_dot, sizeof(final_dot) - 1);
	return true;
}

static int
add_file(struct mailbag *bag, const char *path)
{
	FILE *file = fopen(path, "rb");
	struct mail mail = { NULL, 0 };
	unsigned char *text = NULL;
	struct stat status;
	size_t size, got;

	if (file == NULL || fstat(fileno(file), &status) != 0) {
		if (file != NULL)
			fclose(file);
		return SL_ERR_SYSTEM;
	}
	size = (size_t)status.st_size;
	text = sl_xmalloc(size + 1);
	got = fread(text, 1, size, file);
	fclose(file);
	mail.wire = sl_xmalloc(got * 3 + 16);	/* a lone LF or dot grows to three bytes */
	if (encode_text(&mail, text, got)) {
		mailbag_take(bag, sl_xrealloc(mail.wire, mail.len), mail.len);
	} else {
		bag->left_out++;
		sl_free(mail.wire);
	}
	sl_free(text);
	return 0;
}

int
mailbag_add_directory(struct mailbag *bag, const char *path, size_t max)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);
	size_t before = bag->len;
	int r = count < 0 ? SL_ERR_SYSTEM : 0;

	for (int i = 0; i < count; i++) {
		char full[4096];
		struct stat status;

		snprintf(full, sizeof(full), "%s/%s", path, entries[i]->d_name);
		if (r == 0 && entries[i]->d_name[0] != '.' && (max == 0 || bag->len - before < max) &&
		    stat(full, &status) == 0 && S_ISREG(status.st_mode))
			r = add_file(bag, full);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return r;
}

void
mailbag_fini(struct mailbag *bag)
{
	for (size_t i = 0; i < bag->len; i++)
		sl_free(bag->mails[i].wire);
	sl_free(bag->mails);
	*bag = (struct mailbag){ 0 };
}
