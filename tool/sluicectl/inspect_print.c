/* inspect_print.c - what was understood of a message, for a person; see inspect.h */

#include "inspect.h"

#include "terminal.h"

#include <stdio.h>

#define LINE_MAX_SHOWN	100	/* characters of a value */

static struct sl_slice
slice(const struct text *text)
{
	return sl_slice(text->ptr, text->len);
}

static void
title(const char *words, size_t count, const struct colours *c)
{
	printf("\n%s%s%s", c->bold, words, c->plain);
	if (count > 0)
		printf(" (%zu)", count);
	putchar('\n');
}

static void
size_text(uint64_t bytes, char out[24])
{
	if (bytes < 10000)
		snprintf(out, 24, "%llu B", (unsigned long long)bytes);
	else if (bytes < 10000u << 10)
		snprintf(out, 24, "%llu KiB", (unsigned long long)(bytes >> 10));
	else
		snprintf(out, 24, "%llu MiB", (unsigned long long)(bytes >> 20));
}

static void
print_header(const struct inspect *inspect, const struct colours *c)
{
	title("Header", inspect->fields_len, c);
	for (size_t i = 0; i < inspect->fields_len; i++) {
		const struct inspect_field *field = &inspect->fields[i];

		fputs("  ", stdout);
		terminal_put(slice(&field->name), 40, false);
		fputs(": ", stdout);
		terminal_put(slice(&field->decoded), LINE_MAX_SHOWN, false);
		putchar('\n');
	}
	title("Authors", inspect->from_len, c);
	for (size_t i = 0; i < inspect->from_len; i++) {
		fputs("  ", stdout);
		terminal_put(slice(&inspect->from[i].address), LINE_MAX_SHOWN, false);
		fputs("  ", stdout);
		terminal_put(slice(&inspect->from[i].name), LINE_MAX_SHOWN, false);
		printf("%s\n", inspect->from[i].valid ? "" : "  (no valid address)");
	}
}

static void
print_part(const struct inspect_part *part)
{
	char size[24];
	int depth = 0;

	for (size_t i = 0; i < part->path.len; i++)
		depth += part->path.ptr[i] == '.';
	size_text(part->size_bytes, size);
	printf("  %*s%-*s %-28.28s ", 2 * depth, "", SL_MAX(10 - 2 * depth, 1),
	    part->path.len > 0 ? part->path.ptr : "-", part->type.ptr);
	if (part->role == SL_CONTENT_MULTIPART) {
		printf("%9s", "");
	} else {
		printf("%9s  ", size);
		for (int i = 0; i < 6; i++)
			printf("%02x", part->sha256[i]);
		printf("  %-28.28s ", part->role == SL_CONTENT_FILE ? sl_type_text(part->sniffed)
		    : part->role == SL_CONTENT_HTML ? "read as HTML" : "read as text");
		terminal_put(slice(&part->shown_name), LINE_MAX_SHOWN, false);
	}
	if (part->reading > 0)
		printf("  (reading %u)", part->reading);
	putchar('\n');
	for (size_t i = 0; i < part->entries_len; i++) {
		size_text(part->entries[i].bytes, size);
		printf("  %*s%50s  %s", 2 * depth, "", size, part->entries[i].encrypted ? "(password) " : "");
		terminal_put(slice(&part->entries[i].path), LINE_MAX_SHOWN, false);
		putchar('\n');
	}
}

static void
print_links(const struct inspect *inspect, const struct colours *c)
{
	title("Links", inspect->links_len, c);
	for (size_t i = 0; i < inspect->links_len; i++) {
		const struct inspect_link *link = &inspect->links[i];

		printf("  %-10s %-24.24s ", link->element, link->domain.len > 0 ? link->domain.ptr
		    : link->host.ptr);
		terminal_put(link->url.len > 0 ? slice(&link->url) : slice(&link->raw), LINE_MAX_SHOWN, false);
		if (link->anchor.len > 0) {
			fputs("  \"", stdout);
			terminal_put(slice(&link->anchor), 60, false);
			putchar('"');
		}
		printf("%s\n", link->hidden ? "  (hidden)" : "");
	}
}

static void
print_findings(const struct inspect *inspect, const struct colours *c)
{
	title("Findings", inspect->findings_len, c);
	for (size_t i = 0; i < inspect->findings_len; i++) {
		const struct inspect_finding *finding = &inspect->findings[i];
		bool bad = finding->weight == SL_CONTENT_DECEPTIVE ||
		    finding->weight == SL_CONTENT_AMBIGUOUS;

		printf("  %s%-10s%s %-8s %-24s %s", bad ? c->bad : "", sl_content_weight_name(finding->weight),
		    bad ? c->plain : "", finding->path.len > 0 ? finding->path.ptr : "-", finding->name,
		    finding->sentence);
		if (finding->detail.len > 0) {
			fputs(": ", stdout);
			terminal_put(slice(&finding->detail), LINE_MAX_SHOWN, false);
		}
		putchar('\n');
	}
}

static void
print_text(const char *words, const struct sl_buf *text, const struct colours *c)
{
	if (text->len == 0)
		return;
	title(words, 0, c);
	fputs("  ", stdout);
	terminal_put(sl_slice_trim(sl_buf_slice(text)), 20000, true);
	putchar('\n');
}

void
inspect_print(const struct inspect *inspect)
{
	const struct colours c = colours_for_stdout();

	print_header(inspect, &c);
	title("Parts", inspect->parts_len, &c);
	for (size_t i = 0; i < inspect->parts_len; i++)
		print_part(&inspect->parts[i]);
	print_text("Text", &inspect->text, &c);
	print_text("Hidden text", &inspect->hidden, &c);
	print_links(inspect, &c);
	print_findings(inspect, &c);
	if (inspect->has_fingerprint) {
		title("Fingerprint of the text", 0, &c);
		printf("  %016llx over %u shingles\n", (unsigned long long)inspect->fingerprint.simhash,
		    inspect->fingerprint.shingles);
	}
}
