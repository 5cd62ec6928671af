/* gather.c - see gather.h */

#include "gather.h"

#include <stdio.h>
#include <stdlib.h>

#include "digest/command.h"
#include "sl/log.h"
#include "store/deeds.h"

#define BUCKETS		1024u
#define RIGHTS_KNOWN	32u	/* distinct ones that are looked for among those before */

struct person {			/* a mailbox that mail was for */
	struct person		*chain;
	struct reader		*reader;
	const struct rights	*rights;
	bool			 is_his, is_user;
	char			 mailbox[];
};

struct gather {
	struct gather_options	 options;
	char			*name, *only, *filter;
	struct sl_arena		 arena;
	struct sl_policy_effective *effective;
	const struct rights	*known[RIGHTS_KNOWN];
	size_t			 known_len;
	struct person		*persons[BUCKETS];
	struct reader		*readers[BUCKETS], *first, **end;
	struct sl_timer		 timer;
	unsigned char		 after[SL_KEPT_ID_BYTES];
	bool			 has_after, full, goes_on;
	int			 failed;
	/* Messages of this page for more than their record has room for. */
	struct { unsigned char id[SL_KEPT_ID_BYTES]; uint32_t expiry_day; } big[GATHER_PAGE];
	size_t			 big_len;
};

static void	ask_page(void *ctx);

/* ---- who ---- */

/* Rights that are equal are kept once: users mostly have those of their domain. */
static const struct rights *
rights_keep(struct gather *g, const struct rights *rights)
{
	struct rights *copy;

	for (size_t i = 0; i < SL_MIN(g->known_len, (size_t)RIGHTS_KNOWN); i++)
		if (memcmp(g->known[i], rights, sizeof(*rights)) == 0)
			return g->known[i];
	copy = sl_arena_alloc(&g->arena, sizeof(*copy));
	if (copy == NULL)
		return NULL;
	*copy = *rights;
	g->known[g->known_len++ % RIGHTS_KNOWN] = copy;
	return copy;
}

/* Is he due, and for what? */
static void
reader_due(struct gather *g, struct reader *reader)
{
	const struct gather_options *o = &g->options;
	const struct sl_zone *zone = zones_get(o->zones, reader->rights->zone);
	int64_t served = 0;

	reader->is_due = true;
	if (o->now_s == 0)
		return;
	reader->due_s = rights_sends(reader->rights) ? sl_schedule_last(&reader->rights->schedule, zone, o->now_s) : INT64_MIN;
	reader->is_due = reader->due_s > o->after_s;
	if (!reader->is_due)
		return;
	reader->since_s = sl_schedule_last(&reader->rights->schedule, zone, o->after_s);
	if (sl_store_digest_served(o->console->store, o->tenant, sl_slice_str(reader->mailbox), &served) != 0)
		g->failed = SL_ERR_SYSTEM;
	reader->since_s = SL_MAX(reader->since_s, served);
	reader->is_due = reader->since_s < reader->due_s;
}

static struct reader *
reader_of(struct gather *g, const char *mailbox, const struct rights *rights)
{
	struct reader **at = &g->readers[sl_hash_lower(sl_slice_str(mailbox)) % BUCKETS], *reader;

	for (reader = *at; reader != NULL; reader = reader->chain)
		if (strcmp(reader->mailbox, mailbox) == 0)
			return reader;
	reader = sl_arena_alloc(&g->arena, sizeof(*reader));
	if (reader == NULL)
		return NULL;
	*reader = (struct reader){ .rights = rights, .chain = *at };
	snprintf(reader->mailbox, sizeof(reader->mailbox), "%s", mailbox);
	*at = reader;
	*g->end = reader;
	g->end = &reader->next;
	reader_due(g, reader);
	return reader;
}

static struct person *
person_new(struct gather *g, const struct sl_store_mailbox *mailbox)
{
	char bound[SL_DIGEST_MAILBOX_MAX + 1];
	struct person *person;
	struct rights rights;

	if (!sl_digest_mailbox(sl_slice_str(mailbox->text), bound))
		return NULL;
	if (rights_at(agenda_compile(g->options.agenda), mailbox->node, g->effective, &rights) != 0) {
		g->failed = SL_ERR_SYSTEM;
		return NULL;
	}
	person = sl_arena_alloc(&g->arena, sizeof(*person) + strlen(mailbox->text) + 1);
	if (person == NULL)
		return NULL;
	memset(person, 0, sizeof(*person));
	strcpy(person->mailbox, mailbox->text);
	person->is_user = mailbox->node.level == SL_LEVEL_USER;
	person->rights = rights_keep(g, &rights);
	person->is_his = rights.address[0] == '\0';
	person->reader = person->rights == NULL ? NULL : reader_of(g, person->is_his ? bound : rights.address, person->rights);
	return person->reader == NULL ? NULL : person;
}

static struct person *
person_of(struct gather *g, struct sl_slice recipient)
{
	struct sl_store_mailbox mailbox;
	struct person **at, *person;
	int r = sl_store_mailbox(g->options.console->store, recipient, &mailbox);

	if (r != 0 || mailbox.tenant != g->options.tenant) {
		if (r != 0 && r != SL_ERR_NOT_FOUND && r != SL_ERR_SYNTAX)
			g->failed = r;
		return NULL;
	}
	at = &g->persons[sl_hash_lower(sl_slice_str(mailbox.text)) % BUCKETS];
	for (person = *at; person != NULL; person = person->chain)
		if (strcmp(person->mailbox, mailbox.text) == 0)
			return person;
	person = person_new(g, &mailbox);
	if (person == NULL) {
		g->full = true;
		return NULL;
	}
	person->chain = *at;
	*at = person;
	return person;
}

/* ---- what ---- */

static int
on_deed(void *ctx, const struct sl_deed *deed)
{
	bool *over = ctx;

	*over |= (deed->verb == SL_DIGEST_RELEASE || deed->verb == SL_DIGEST_DELETE) &&
	    (deed->state == SL_DEED_OPEN || deed->outcome == SL_DIGEST_OUTCOME_DONE);
	return 0;
}

/* He had it released, or deleted what was his. */
static bool
is_over(struct gather *g, const struct reader *reader, const unsigned char *id)
{
	bool over = false;

	if (sl_store_deeds_of(g->options.console->store, g->options.tenant, id, sl_slice_str(reader->mailbox), on_deed, &over) < 0)
		g->failed = SL_ERR_SYSTEM;
	return over;
}

static struct sl_digest_row *
row_new(struct gather *g, struct reader *reader)
{
	if (reader->rows_len == reader->rows_size) {
		size_t size = SL_MIN(SL_MAX(reader->rows_size * 4, (size_t)8), (size_t)SL_DIGEST_ROWS_MAX);
		struct sl_digest_row *rows = sl_arena_alloc(&g->arena, size * sizeof(*rows));

		if (rows == NULL) {
			g->full = true;
			return NULL;
		}
		if (reader->rows_len > 0)
			memcpy(rows, reader->rows, reader->rows_len * sizeof(*rows));
		reader->rows = rows;
		reader->rows_size = size;
	}
	return &reader->rows[reader->rows_len++];
}

static struct sl_slice
keep_text(struct gather *g, struct sl_slice text, size_t max)
{
	struct sl_slice copy = sl_arena_copy(&g->arena, sl_slice(text.ptr, SL_MIN(text.len, max)));

	g->full |= copy.ptr == NULL && text.len > 0;
	return copy.ptr == NULL ? sl_slice("", 0) : copy;
}

static void
row_add(struct gather *g, struct reader *reader, const struct kept_mail *mail, unsigned verbs)
{
	struct sl_digest_row *row;

	if (reader->rows_len > 0 && memcmp(reader->rows[reader->rows_len - 1].message, mail->id, sizeof(mail->id)) == 0) {
		reader->rows[reader->rows_len - 1].verbs |= verbs;	/* for several of those he reads for */
		return;
	}
	if (is_over(g, reader, mail->id))
		return;
	if (reader->rows_len == SL_DIGEST_ROWS_MAX) {
		reader->unlisted++;
		return;
	}
	row = row_new(g, reader);
	if (row == NULL)
		return;
	*row = (struct sl_digest_row){ .group = mail->group, .received_us = mail->received_us, .bytes = mail->bytes,
		.probability = mail->probability, .expiry_day = mail->expiry_day, .verbs = verbs,
		.name = keep_text(g, mail->name, 256), .address = keep_text(g, mail->address, 320),
		.subject = keep_text(g, mail->subject, 512), .reason = keep_text(g, mail->reason, 300) };
	memcpy(row->message, mail->id, sizeof(row->message));
}

static void
take_mail(struct gather *g, const struct kept_mail *mail)
{
	struct sl_slice items = mail->items, recipient;
	bool any = false;

	while (kept_mail_recipient(&items, &recipient) || (!any && g->filter != NULL)) {
		struct person *person;
		struct reader *reader;
		unsigned verbs;

		if (g->filter != NULL && !any)		/* he is one of them, whether the record has room to say so or not */
			recipient = sl_slice_str(g->filter);
		any = true;
		person = person_of(g, recipient);
		if (person == NULL)
			continue;
		reader = person->reader;
		if (!reader->is_due || (g->only != NULL && strcmp(g->only, reader->mailbox) != 0) || (g->options.now_s != 0 &&
		    (mail->received_us < reader->since_s * 1000000 || mail->received_us >= reader->due_s * 1000000)))
			continue;
		verbs = rights_verbs(person->rights, mail->cause, person->is_his, person->is_user);
		if (verbs != 0)
			row_add(g, reader, mail, verbs);
	}
}

static void
on_entry(void *ctx, const struct sl_kept_entry *entry)
{
	struct gather *g = ctx;
	struct kept_mail mail;

	if (g->full || !kept_mail_read(entry, &mail) || !mail.is_held)
		return;
	if (mail.more && g->filter == NULL && g->big_len < SL_COUNT(g->big)) {
		memcpy(g->big[g->big_len].id, mail.id, sizeof(mail.id));
		g->big[g->big_len++].expiry_day = mail.expiry_day;
	} else {
		take_mail(g, &mail);
	}
}

/* One of many recipients, again and again with others of them. */
static void
on_big(void *ctx, const struct sl_kept_entry *entry)
{
	struct gather *g = ctx;
	struct kept_mail mail;

	if (g->full || !kept_mail_read(entry, &mail) || !mail.is_held)
		return;
	mail.expiry_day = g->big[g->big_len - 1].expiry_day;
	take_mail(g, &mail);
}

/* Pages come newest first; what was asked for by itself came behind its page. */
static int
by_time(const void *a, const void *b)
{
	const struct sl_digest_row *x = a, *y = b;

	if (x->received_us != y->received_us)
		return x->received_us > y->received_us ? -1 : 1;
	return memcmp(x->message, y->message, sizeof(x->message));
}

static void
sort_rows(struct gather *g)
{
	for (struct reader *reader = g->first; reader != NULL; reader = reader->next)
		if (reader->rows_len > 1)
			qsort(reader->rows, reader->rows_len, sizeof(*reader->rows), by_time);
}

/* ---- page by page ---- */

static void
over(struct gather *g, int result)
{
	if (g->full)
		sl_log(SL_LOG_ERROR, "%s: so much is kept that digests list only the newest", g->name);
	if (result >= 0)
		sort_rows(g);
	g->options.done(g->options.ctx, SL_MIN(result, 0));
}

static void
on_big_over(void *ctx, const struct ways_end *end)
{
	struct gather *g = ctx;

	if (g->failed != 0 || end->result == SL_ERR_CLOSED) {
		over(g, g->failed != 0 ? g->failed : end->result);
		return;
	}
	/* Deleted meanwhile, or damaged: then it cannot be released either. */
	g->big_len--;
	if (g->big_len > 0 || g->goes_on)
		sl_timer_set(&g->timer, GATHER_PAUSE_MS);
	else
		over(g, 0);
}

static void
on_page(void *ctx, const struct ways_end *end)
{
	struct gather *g = ctx;
	int r = g->failed != 0 ? g->failed : end->result;

	g->goes_on = r == SL_MORE && end->last.len == SL_KEPT_ID_BYTES && !g->full;
	if (g->goes_on) {
		memcpy(g->after, end->last.ptr, sizeof(g->after));
		g->has_after = true;
	}
	/* A tenant that the vault has not heard of yet has nothing; behind a page, what comes next has been deleted. */
	if (r == SL_ERR_NOT_FOUND && !g->has_after)
		r = 0;
	if (r >= 0 && (g->goes_on || g->big_len > 0))
		sl_timer_set(&g->timer, GATHER_PAUSE_MS);
	else
		over(g, r);
}

static void
ask_big(struct gather *g)
{
	struct sl_kept_query query = { .tenant = sl_slice_str(g->name), .limit = 1, .everybody = true,
		.id = sl_slice(g->big[g->big_len - 1].id, SL_KEPT_ID_BYTES) };
	struct sl_buf payload;

	sl_buf_init(&payload, 4096);
	sl_kept_pack_query(&query, &payload);
	if (!ways_ask(g->options.ways, SL_IPC_KEPT_LIST, sl_buf_slice(&payload), on_big, on_big_over, g))
		sl_timer_set(&g->timer, WAYS_AGAIN_MS);
	sl_buf_fini(&payload);
}

static void
ask_page(void *ctx)
{
	struct gather *g = ctx;
	struct sl_kept_query query = { .tenant = sl_slice_str(g->name), .from_us = g->options.from_us, .to_us = g->options.to_us,
		.limit = GATHER_PAGE, .recipient = sl_slice_str(g->filter) };
	struct sl_buf payload;

	if (g->big_len > 0) {
		ask_big(g);
		return;
	}
	if (g->has_after)
		query.after = sl_slice(g->after, sizeof(g->after));
	sl_buf_init(&payload, 4096);
	sl_kept_pack_query(&query, &payload);
	if (!ways_ask(g->options.ways, SL_IPC_KEPT_LIST, sl_buf_slice(&payload), on_entry, on_page, g))
		sl_timer_set(&g->timer, WAYS_AGAIN_MS);
	sl_buf_fini(&payload);
}

/* ---- one mailbox ---- */

static int
count_name(void *ctx, struct sl_slice name)
{
	++*(size_t *)ctx;
	return 0;
}

/* Can the vault look for him? Only if his address has one spelling, and he reads for himself alone. */
static void
find_filter(struct gather *g)
{
	struct sl_store_mailbox mailbox;
	struct rights rights;
	size_t names = 0;

	if (g->only == NULL || sl_store_mailbox(g->options.console->store, sl_slice_str(g->only), &mailbox) != 0 ||
	    mailbox.node.level != SL_LEVEL_USER || sl_store_domain_names(g->options.console->store, mailbox.domain, count_name, &names) < 0 ||
	    names != 1 || rights_at(agenda_compile(g->options.agenda), mailbox.node, g->effective, &rights) != 0 || rights.address[0] != '\0')
		return;
	g->filter = sl_xstrdup(mailbox.text);
}

/* ---- life ---- */

struct gather *
gather_new(const struct gather_options *options)
{
	struct gather *g = sl_xzalloc(sizeof(*g));

	g->options = *options;
	g->name = sl_xmemdup(options->name.ptr, options->name.len);
	g->only = options->only != NULL ? sl_xstrdup(options->only) : NULL;
	g->end = &g->first;
	g->effective = sl_xzalloc(sizeof(*g->effective));
	sl_arena_init(&g->arena, GATHER_BYTES_MAX);
	sl_timer_init(&g->timer, options->loop, ask_page, g);
	find_filter(g);
	sl_timer_soon(&g->timer);
	return g;
}

void
gather_free(struct gather **at)
{
	struct gather *g = *at;

	*at = NULL;
	if (g == NULL)
		return;
	ways_forget(g->options.ways, g);
	sl_timer_clear(&g->timer);
	sl_free(g->effective);
	sl_arena_fini(&g->arena);
	sl_free(g->name);
	sl_free(g->only);
	sl_free(g->filter);
	sl_free(g);
}

struct reader *
gather_readers(const struct gather *gather)
{
	return gather->first;
}

struct sl_slice
gather_tenant(const struct gather *gather)
{
	return sl_slice_str(gather->name);
}
