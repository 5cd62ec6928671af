/*
 * evaluate_page.c - the report as a page; see evaluate.h
 *
 * One file, without script and without anything from elsewhere. Names and sentences come from hostile
 * mail: they pass page_text, and stand only between tags, never inside of one.
 */

#include "evaluate.h"

#include <math.h>
#include <stdio.h>

#define REASONS_SHOWN	6

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>How well mail is judged</title>\n<style>\n"
    ":root{--paper:#fbfaf7;--card:#fff;--ink:#1d2329;--soft:#667079;--rule:#e3e1da;--main:#0b6e75;"
    "--bad:#c2472f;--ham:#3d7dc4;--ghost:#b9b6ab}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#14181b;--card:#1c2226;--ink:#e6e4de;--soft:#98a2a8;"
    "--rule:#30383d;--main:#4fc3c9;--bad:#ef7d63;--ham:#7fb2ea;--ghost:#566067}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);"
    "font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
    "main{max-width:72rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}\n"
    "h1{font-size:2rem;line-height:1.2;margin:0 0 .5rem;letter-spacing:-.01em}"
    "h2{font-size:1.25rem;margin:3rem 0 .25rem}h3{font-size:1rem;margin:0 0 .1rem}\n"
    "p{max-width:46rem;margin:.4rem 0 1rem}.lead{font-size:1.15rem;margin-top:1rem}.soft,figcaption{color:var(--soft);font-size:.875rem}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.9rem;margin:1.6rem 0}\n"
    ".card,figure{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:1rem 1.1rem;margin:0}\n"
    ".card b{display:block;font-size:1.75rem;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums}\n"
    ".card span{color:var(--soft);font-size:.85rem;display:block}\n"
    ".wide{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:10px}\n"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.92rem;white-space:nowrap}\n"
    "th,td{text-align:right;padding:.45rem .8rem;border-top:1px solid var(--rule)}"
    "thead th{border-top:0;color:var(--soft);font-weight:500;font-size:.82rem;vertical-align:bottom}"
    "th:first-child,td:first-child{text-align:left}tbody th{font-weight:500}tr.all th,tr.all td{font-weight:650;"
    "border-top:2px solid var(--soft)}sup{color:var(--soft)}\n"
    ".pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));gap:.9rem;margin:.9rem 0}"
    ".many{grid-template-columns:repeat(auto-fill,minmax(19rem,1fr))}\n"
    "svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font-size:10.5px;"
    "font-variant-numeric:tabular-nums}svg .title{font-size:11px}svg .name{fill:var(--ink);font-size:12.5px}"
    "svg .note{fill:var(--ink);font-size:11px}\n"
    ".grid{stroke:var(--rule);stroke-width:1}.axis{stroke:var(--rule)}.mark{stroke:var(--ink);stroke-dasharray:3 3;"
    "stroke-width:1}.ideal{stroke:var(--ghost);stroke-width:1.5}.curve{fill:none;stroke-width:2;stroke-linejoin:round}"
    ".curve.main{stroke:var(--main)}.curve.ghost{stroke:var(--ghost);stroke-width:1.5}.dot{fill:var(--main)}"
    ".ring{fill:var(--card);stroke:var(--bad);stroke-width:2}.gap{stroke:var(--bad);stroke-width:3;opacity:.45}"
    ".whisker{stroke:var(--main);stroke-width:1.5;opacity:.6}rect.bad{fill:var(--bad)}rect.ham{fill:var(--ham)}\n"
    ".key i{display:inline-block;width:.7em;height:.7em;border-radius:50%;margin:0 .35em 0 1em}"
    ".key i:first-child{margin-left:0}i.k-bad{background:var(--bad)}i.k-ham{background:var(--ham)}"
    "i.k-main{background:var(--main)}i.k-ring{border:2px solid var(--bad)}\n"
    ".error{background:var(--card);border:1px solid var(--rule);border-radius:10px;margin:.6rem 0}"
    ".error summary{display:flex;gap:1rem;align-items:baseline;padding:.6rem 1rem;cursor:pointer}"
    ".error summary b{min-width:6.5rem;text-align:right;font-variant-numeric:tabular-nums}"
    ".error summary span{overflow-wrap:anywhere}.error table{white-space:normal;margin-bottom:.4rem}"
    ".error td{border:0;padding:.15rem 1rem;vertical-align:top;text-align:left}"
    ".error td.n{text-align:right;width:5.5rem}.error td.w{width:9rem}.error td.s{overflow-wrap:anywhere}"
    ".meter{display:flex;height:.7rem;margin-top:.4rem}.meter svg{height:.7rem;width:8rem}"
    ".raw{color:var(--bad);font-size:.8em;border:1px solid var(--rule);border-radius:3px;padding:0 .2em}"
    "code{font:.92em ui-monospace,'DejaVu Sans Mono',monospace}footer{margin-top:3rem;border-top:1px solid var(--rule);"
    "padding-top:1rem}\n@media print{.error{break-inside:avoid}body{background:#fff}}\n"
    "</style></head><body><main>\n";

static void
cell(struct sl_buf *out, double share, int digits)
{
	if (isnan(share))
		sl_buf_add_str(out, "<td>&ndash;</td>");
	else
		sl_buf_addf(out, "<td>%.*f&#8239;%%</td>", digits, 100 * share);
}

/* ---- head ---- */

static void
card(struct sl_buf *out, const char *figure, const char *what, const char *more)
{
	sl_buf_addf(out, "<div class=\"card\"><b>%s</b><span>%s</span><span>%s</span></div>\n", figure, what, more);
}

static void
add_cards(const struct report *report, struct sl_buf *out)
{
	const struct figures *all = &report->all;
	char figure[64], more[128];

	sl_buf_add_str(out, "<div class=\"cards\">\n");
	snprintf(figure, sizeof(figure), "%zu", report->judged);
	snprintf(more, sizeof(more), "%zu ham, %zu unwanted", all->wanted, all->unwanted);
	card(out, figure, "messages judged", more);
	snprintf(figure, sizeof(figure), isnan(all->missed) ? "&ndash;" : "%.3f&#8239;%%", 100 * all->missed);
	snprintf(more, sizeof(more), isnan(all->missed) ? "one class only" : "95&#8239;%%: %.3f to %.3f",
	    100 * all->intervals.missed.low, 100 * all->intervals.missed.high);
	card(out, figure, "pairs in the wrong order (1 &minus; ROC area)", more);
	snprintf(figure, sizeof(figure), isnan(all->caught[0]) ? "&ndash;" : "%.1f&#8239;%%", 100 * all->caught[0]);
	snprintf(more, sizeof(more), isnan(all->intervals.caught.low) ? "one class only" : "95&#8239;%%: %.1f to %.1f",
	    100 * all->intervals.caught.low, 100 * all->intervals.caught.high);
	card(out, figure, "caught at 0.1&#8239;% false positives", more);
	snprintf(figure, sizeof(figure), "%.2f&#8239;%%", 100 * all->calibration.error_by_width);
	snprintf(more, sizeof(more), "Brier score %.4f", all->calibration.brier);
	card(out, figure, "calibration error (ECE)", more);
	snprintf(figure, sizeof(figure), "%.2f&#8239;ms", report->cpu_median_us / 1000);
	snprintf(more, sizeof(more), "95&#8239;%% below %.2f ms", report->cpu_p95_us / 1000);
	card(out, figure, "CPU time of a message, median", more);
	sl_buf_add_str(out, "</div>\n");
}

/* The outcome in a sentence. */
static void
add_lead(const struct report *report, struct sl_buf *out)
{
	const struct figures *all = &report->all;

	if (isnan(all->missed) || isinf(report->threshold))
		return;
	sl_buf_addf(out, "<p class=\"lead\">At one threshold for all, <b>%.1f&#8239;%%</b> of the unwanted mail is caught, and "
	    "<b>%zu</b> of %zu wanted messages %s taken for it.</p>\n",
	    100 * (double)all->unwanted_at / (double)all->unwanted, all->wanted_at, all->wanted,
	    all->wanted_at == 1 ? "is" : "are");
}

static void
add_summary(const struct evaluate *evaluate, const struct report *report, struct sl_buf *out)
{
	sl_buf_add_str(out, "<h1>How well mail is judged</h1>\n<p class=\"soft\">Labels <code>");
	page_text(out, sl_slice_str(evaluate->labels));
	sl_buf_add_str(out, "</code>, model <code>");
	page_text(out, sl_slice_str(stack_model_id(evaluate->stack)));
	sl_buf_addf(out, "</code>, sluicectl %s.", SL_VERSION);
	if (report->unreadable > 0)
		sl_buf_addf(out, " <b>%zu messages could not be judged.</b>", report->unreadable);
	sl_buf_add_str(out, "</p>\n");
	add_lead(report, out);
	add_cards(report, out);
}

/* ---- the table ---- */

static void
add_row(const struct figures *f, const char *class, struct sl_buf *out)
{
	sl_buf_addf(out, "<tr%s><th>", class);
	page_text(out, sl_slice_str(f->name));
	if (f->paired != NULL)
		sl_buf_add_str(out, *f->paired == 'h' ? "<sup>a</sup>" : "<sup>b</sup>");
	sl_buf_addf(out, "</th><td>%zu</td><td>%zu</td>", f->wanted, f->unwanted);
	cell(out, f->missed, 3);
	for (int r = 0; r < RATES; r++)
		cell(out, f->caught[r], 1);
	cell(out, f->unwanted > 0 ? (double)f->unwanted_at / (double)f->unwanted : NAN, 1);
	if (f->wanted > 0)
		sl_buf_addf(out, "<td>%zu</td>", f->wanted_at);
	else
		sl_buf_add_str(out, "<td>&ndash;</td>");
	sl_buf_addf(out, "<td>%.4f</td>", f->calibration.brier);
	cell(out, f->calibration.error_by_width, 2);
	sl_buf_add_str(out, "</tr>\n");
}

static void
add_threshold(const struct evaluate *evaluate, const struct report *report, struct sl_buf *out)
{
	if (isinf(report->threshold)) {
		sl_buf_addf(out, "No threshold keeps false positives within %g&#8239;%%.", 100 * evaluate->rate);
		return;
	}
	sl_buf_addf(out, "The one threshold is a probability of %.5f&#8239;%% (log-odds %+.2f), ",
	    100 * sl_probability(report->threshold), report->threshold);
	if (evaluate->threshold > 0) {
		sl_buf_add_str(out, "as given.");
		return;
	}
	sl_buf_addf(out, "chosen for at most %g&#8239;%% false positives on %zu ham", 100 * evaluate->rate,
	    report->threshold_wanted);
	if (evaluate->threshold_labels != NULL) {
		sl_buf_add_str(out, " of <code>");
		page_text(out, sl_slice_str(evaluate->threshold_labels));
		sl_buf_add_str(out, "</code>");
	}
	for (size_t i = 0; i < evaluate->without_len; i++) {
		sl_buf_add_str(out, i == 0 ? ", without " : ", ");
		page_text(out, sl_slice_str(evaluate->without[i]));
	}
	sl_buf_add_str(out, ".");
}

static void
add_table(const struct evaluate *evaluate, const struct report *report, struct sl_buf *out)
{
	sl_buf_add_str(out, "<h2>By corpus</h2>\n<p class=\"soft\">Each source of mail by itself: a figure over all of "
	    "them together flatters, where source and class go together. ");
	add_threshold(evaluate, report, out);
	sl_buf_add_str(out, "</p>\n<div class=\"wide\"><table><thead><tr><th>corpus</th><th>ham</th><th>unwanted</th>"
	    "<th>pairs<br>wrong</th><th>caught<br>at 0.1&#8239;%</th><th>caught<br>at 0.5&#8239;%</th><th>caught<br>"
	    "at 1&#8239;%</th><th>caught at the<br>one threshold</th><th>false<br>positives</th><th>Brier</th>"
	    "<th>ECE</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < report->corpora_len; i++)
		add_row(&report->corpora[i], "", out);
	add_row(&report->all, " class=\"all\"", out);
	sl_buf_add_str(out, "</tbody></table></div>\n<p class=\"soft\">&ldquo;Caught at 0.1&#8239;%&rdquo; is the best "
	    "that a threshold reaches which at most 0.1&#8239;% of the row's ham reaches; nothing is interpolated, so "
	    "with fewer than a thousand ham it is none of them. <sup>a</sup> has no ham, <sup>b</sup> no unwanted mail of "
	    "its own: pairs and rates take that class from all corpora.</p>\n");
}

/* ---- pictures ---- */

static void
add_pictures(const struct evaluate *evaluate, const struct report *report, struct sl_buf *out)
{
	sl_buf_add_str(out, "<h2>All together</h2>\n<div class=\"pair\">\n<figure><h3>What is caught, at what price</h3>");
	chart_roc(out, NULL, &report->all, evaluate->rate);
	sl_buf_add_str(out, "<figcaption>Share of unwanted mail caught over the share of ham that goes with it, on a "
	    "logarithmic scale. What has no false positive at all stands at the left edge.</figcaption></figure>\n"
	    "<figure><h3>Does a probability mean what it says?</h3>");
	chart_reliability(out, &report->all.calibration);
	sl_buf_add_str(out, "<figcaption>A tenth of the messages each: on the diagonal, what was said came true. Bars are "
	    "95&#8239;% intervals; the scale is stretched towards both ends, where decisions are made.</figcaption>"
	    "</figure>\n</div>\n<figure><h3>How far apart</h3>");
	chart_histogram(out, evaluate, report);
	sl_buf_add_str(out, "<figcaption class=\"key\"><i class=\"k-bad\"></i>unwanted, upwards<i class=\"k-ham\"></i>ham, "
	    "downwards. Heights are square roots of counts, so that a single message still shows.</figcaption></figure>\n");
}

static void
add_multiples(const struct evaluate *evaluate, const struct report *report, struct sl_buf *out)
{
	if (report->corpora_len < 2)
		return;
	sl_buf_add_str(out, "<h2>Each corpus</h2>\n<p class=\"soft\">The grey curve is that of all.</p>\n"
	    "<div class=\"pair many\">\n");
	for (size_t i = 0; i < report->corpora_len; i++) {
		const struct figures *f = &report->corpora[i];

		sl_buf_add_str(out, "<figure><h3>");
		page_text(out, sl_slice_str(f->name));
		sl_buf_addf(out, "</h3><span class=\"soft\">%zu ham, %zu unwanted", f->wanted, f->unwanted);
		if (f->paired != NULL)
			sl_buf_addf(out, ", against %s of all", f->paired);
		sl_buf_add_str(out, "</span>");
		chart_roc(out, f, &report->all, evaluate->rate);
		chart_reliability(out, &f->calibration);
		sl_buf_add_str(out, "</figure>\n");
	}
	sl_buf_add_str(out, "</div>\n");
}

static void
add_ablations(const struct report *report, struct sl_buf *out)
{
	if (report->ablations_len == 0 || isnan(report->all.missed))
		return;			/* nothing to compare without both classes */
	sl_buf_add_str(out, "<h2>Who contributes what</h2>\n<figure>");
	chart_ablation(out, report);
	sl_buf_add_str(out, "<figcaption class=\"key\"><i class=\"k-main\"></i>alone<i class=\"k-ring\"></i>all others, this "
	    "one left out. The dashed line is everything together: a ring to its right is missed when it is gone. "
	    "The weights of the others stay as they are.</figcaption></figure>\n<div class=\"wide\" style=\"margin-top:"
	    ".9rem\"><table><thead><tr><th>classifier</th><th>speaks of</th><th>alone:<br>pairs wrong</th><th>caught<br>at "
	    "0.1&#8239;%</th><th>left out:<br>pairs wrong</th><th>caught<br>at 0.1&#8239;%</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < report->ablations_len; i++) {
		const struct ablation *a = &report->ablations[i];

		sl_buf_add_str(out, "<tr><th>");
		page_text(out, sl_slice_str(a->name));
		sl_buf_addf(out, "</th><td>%zu</td>", a->messages);
		cell(out, a->alone_missed, 3);
		cell(out, a->alone_caught, 1);
		cell(out, a->without_missed, 3);
		cell(out, a->without_caught, 1);
		sl_buf_add_str(out, "</tr>\n");
	}
	sl_buf_add_str(out, "</tbody></table></div>\n");
}

/* ---- errors ---- */

/* A bar to the right for unwanted, to the left for ham; ten stands for the edge. */
static void
add_meter(double log_odds, struct sl_buf *out)
{
	double length = 50 * fmin(1, fabs(log_odds) / 10);

	sl_buf_addf(out, "<div class=\"meter\"><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
	    "<rect class=\"%s\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"8\"/>"
	    "<line class=\"grid\" x1=\"50\" y1=\"0\" x2=\"50\" y2=\"8\"/></svg></div>", log_odds > 0 ? "bad" : "ham",
	    log_odds > 0 ? 50 : 50 - length, length);
}

static void
add_reason(double log_odds, const char *name, const char *sentence, struct sl_buf *out)
{
	sl_buf_addf(out, "<tr><td class=\"n\">%+.2f</td><td class=\"w\">", log_odds);
	add_meter(log_odds, out);
	sl_buf_add_str(out, "</td><td class=\"s\"><code>");
	page_text(out, sl_slice_str(name));
	sl_buf_add_str(out, "</code> ");
	page_text(out, sl_slice_str(sentence));
	sl_buf_add_str(out, "</td></tr>\n");
}

static void
add_error(const struct judged *message, bool open, struct sl_buf *out)
{
	const struct reason *reasons[REASONS_SHOWN];
	size_t n = strongest_reasons(message, reasons, REASONS_SHOWN);
	double rest = message->log_odds[SL_SPAM] - message->prior;

	sl_buf_addf(out, "<details class=\"error\"%s><summary><b>%.3f&#8239;%%</b><span>", open ? " open" : "",
	    100 * sl_probability(message->log_odds[SL_SPAM]));
	page_text(out, sl_slice_str(message->path));
	sl_buf_addf(out, " <span class=\"soft\">%s</span></span></summary><table>\n", label_words[message->label]);
	for (size_t r = 0; r < n; r++) {
		add_reason(reasons[r]->log_odds, reasons[r]->name, reasons[r]->sentence, out);
		rest -= reasons[r]->log_odds;
	}
	if (fabs(rest) > 0.005)
		add_reason(rest, "others", "all weaker evidence together", out);
	if (fabs(message->prior) > 0.005)
		add_reason(message->prior, "prior", "before anything is known", out);
	sl_buf_addf(out, "<tr><td class=\"n\"><b>%+.2f</b></td><td></td><td>log-odds of being unwanted</td></tr></table>"
	    "</details>\n", message->log_odds[SL_SPAM]);
}

static void
add_errors(const char *title, const char *about, const struct judged *const *messages, size_t len,
    struct sl_buf *out)
{
	sl_buf_addf(out, "<h2>%s</h2>\n<p class=\"soft\">%s</p>\n", title, len > 0 ? about : "There is none.");
	for (size_t i = 0; i < len; i++)
		add_error(messages[i], i < 3, out);
}

void
evaluate_page(const struct evaluate *evaluate, const struct report *report, struct sl_buf *out)
{
	sl_buf_add_str(out, head);
	add_summary(evaluate, report, out);
	add_table(evaluate, report, out);
	add_pictures(evaluate, report, out);
	add_ablations(report, out);
	add_multiples(evaluate, report, out);
	add_errors("Wanted mail judged worst", "Ham with the highest probability of being unwanted, and what spoke for "
	    "that (red) and against it (blue), in log-odds.", report->false_positives, report->false_positives_len, out);
	add_errors("Unwanted mail judged best", "Spam and phish with the lowest probability.", report->false_negatives,
	    report->false_negatives_len, out);
	sl_buf_add_str(out, "<footer class=\"soft\">Reasons quote the mail that was judged: treat this page as you treat "
	    "mail. It loads nothing and runs nothing.</footer>\n</main></body></html>\n");
}
