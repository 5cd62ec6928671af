/* evaluate_chart.c - the pictures of the page, as inline SVG; see evaluate.h */

#include "evaluate.h"

#include <math.h>

#include "sl/utf8.h"

/* Would not show, or would turn the line over. */
static bool
is_invisible(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	    (c >= 0xe0000 && c <= 0xe007f);
}

void
page_text(struct sl_buf *out, struct sl_slice s)
{
	while (s.len > 0) {
		uint32_t c = 0;
		size_t n = sl_utf8_decode(s, &c);

		if (n == 0)
			sl_buf_addf(out, "<span class=\"raw\">%02x</span>", s.ptr[0]);
		else if (is_invisible(c))
			sl_buf_addf(out, "<span class=\"raw\">U+%04X</span>", (unsigned)c);
		else if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
			sl_buf_addf(out, "&#%u;", (unsigned)c);
		else
			sl_buf_add(out, s.ptr, n);
		s = sl_slice_from(s, SL_MAX(n, (size_t)1));
	}
}

/* ---- a frame with two axes ---- */

struct frame {
	double	width, height, left, top, right, bottom;	/* pixels; margins */
	double	x_low, x_high, y_low, y_high;	/* what the edges stand for, on the scales that x_of ... have */
};

static double
px(const struct frame *f, double x)
{
	double share = (x - f->x_low) / (f->x_high - f->x_low);

	return f->left + fmin(1, fmax(0, share)) * (f->width - f->left - f->right);
}

static double
py(const struct frame *f, double y)
{
	double share = (y - f->y_low) / (f->y_high - f->y_low);

	return f->height - f->bottom - fmin(1, fmax(0, share)) * (f->height - f->top - f->bottom);
}

static void
svg_begin(struct sl_buf *out, const struct frame *f, const char *label)
{
	sl_buf_addf(out, "<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"%s\">", f->width, f->height, label);
}

static void
line(struct sl_buf *out, const char *class, double x1, double y1, double x2, double y2)
{
	sl_buf_addf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", class, x1, y1,
	    x2, y2);
}

struct tick {
	double		 at;
	const char	*text;
};

static void
x_axis(struct sl_buf *out, const struct frame *f, const struct tick *ticks, size_t n, const char *title)
{
	double base = f->height - f->bottom;

	for (size_t i = 0; i < n; i++) {
		double x = px(f, ticks[i].at);

		line(out, "grid", x, f->top, x, base);
		sl_buf_addf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>", x, base + 14,
		    ticks[i].text);
	}
	sl_buf_addf(out, "<text class=\"title\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>",
	    (f->left + f->width - f->right) / 2, f->height - 3, title);
}

static void
y_axis(struct sl_buf *out, const struct frame *f, const struct tick *ticks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double y = py(f, ticks[i].at);

		line(out, "grid", f->left, y, f->width - f->right, y);
		sl_buf_addf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>", f->left - 5, y + 3.5,
		    ticks[i].text);
	}
}

/* ---- ROC ---- */

#define RATE_LOW	(-4.0)	/* log10: 0.01 %; fewer stand at the edge */

static double
log_rate(const struct sl_roc_point *point, size_t wanted)
{
	return point->wanted == 0 ? RATE_LOW : fmax(RATE_LOW, log10((double)point->wanted / (double)wanted));
}

static void
curve(struct sl_buf *out, const struct frame *f, const struct sl_roc *roc, const char *class)
{
	size_t len, wanted = sl_roc_wanted(roc), unwanted = sl_roc_unwanted(roc);
	const struct sl_roc_point *points = sl_roc_points(roc, &len);
	double last_x = px(f, RATE_LOW), last_y = py(f, 0);

	if (wanted == 0 || unwanted == 0)
		return;
	sl_buf_addf(out, "<path class=\"curve %s\" d=\"M%.1f %.1f", class, last_x, last_y);
	for (size_t i = 1; i < len; i++) {
		double x = px(f, log_rate(&points[i], wanted));
		double y = py(f, (double)points[i].unwanted / (double)unwanted);

		if (i + 1 < len && fabs(x - last_x) < 0.4 && fabs(y - last_y) < 0.4)
			continue;
		sl_buf_addf(out, "H%.1fV%.1f", x, y);	/* steps: no threshold reaches what is between */
		last_x = x;
		last_y = y;
	}
	sl_buf_add_str(out, "\"/>");
}

void
chart_roc(struct sl_buf *out, const struct figures *one, const struct figures *all, double rate)
{
	static const struct tick xs[] = { { -4, "0.01%" }, { -3, "0.1%" }, { -2, "1%" }, { -1, "10%" }, { 0, "100%" } };
	static const struct tick ys[] = { { 0, "0%" }, { 0.25, "25%" }, { 0.5, "50%" }, { 0.75, "75%" }, { 1, "100%" } };
	const struct frame f = { 340, 240, 42, 10, 16, 36, RATE_LOW, 0, 0, 1 };
	const struct figures *of = one != NULL ? one : all;

	svg_begin(out, &f, "ROC curve: unwanted mail caught over false positives");
	x_axis(out, &f, xs, SL_COUNT(xs), "false positives");
	y_axis(out, &f, ys, SL_COUNT(ys));
	if (rate > 0)
		line(out, "mark", px(&f, log10(rate)), f.top, px(&f, log10(rate)), f.height - f.bottom);
	if (one != NULL)
		curve(out, &f, all->roc, "ghost");
	curve(out, &f, of->roc, "main");
	for (int r = 0; r < RATES && !isnan(of->caught[r]); r++)
		sl_buf_addf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>%.2f %% caught at %g %% "
		    "false positives</title></circle>", px(&f, log10(evaluate_rates[r])), py(&f, of->caught[r]),
		    100 * of->caught[r], 100 * evaluate_rates[r]);
	sl_buf_add_str(out, "</svg>");
}

/* ---- reliability ---- */

#define ODDS_EDGE	8.0

static double
log_odds(double share)
{
	return share <= 0 ? -ODDS_EDGE : share >= 1 ? ODDS_EDGE : fmin(ODDS_EDGE, fmax(-ODDS_EDGE,
	    log(share / (1 - share))));
}

static const struct tick odds_ticks[] = {
	{ -6.9067548, "0.1%" }, { -4.5951199, "1%" }, { -2.1972246, "10%" }, { 0, "50%" }, { 2.1972246, "90%" },
	{ 4.5951199, "99%" }, { 6.9067548, "99.9%" },
};

void
chart_reliability(struct sl_buf *out, const struct sl_calibration *c)
{
	const struct frame f = { 340, 240, 46, 10, 18, 36, -ODDS_EDGE, ODDS_EDGE, -ODDS_EDGE, ODDS_EDGE };

	svg_begin(out, &f, "Reliability: what came true over the probability that was said");
	x_axis(out, &f, odds_ticks, SL_COUNT(odds_ticks), "probability said");
	y_axis(out, &f, odds_ticks, SL_COUNT(odds_ticks));
	line(out, "ideal", px(&f, -ODDS_EDGE), py(&f, -ODDS_EDGE), px(&f, ODDS_EDGE), py(&f, ODDS_EDGE));
	for (size_t b = 0; b < c->bins_len; b++) {
		const struct sl_reliability *r = &c->bins[b];
		double x = px(&f, log_odds(r->said));

		line(out, "whisker", x, py(&f, log_odds(r->interval.low)), x, py(&f, log_odds(r->interval.high)));
		sl_buf_addf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>%zu messages: said "
		    "%.3f %%, came true %.3f %%</title></circle>", x, py(&f, log_odds(r->came_true)), r->count,
		    100 * r->said, 100 * r->came_true);
	}
	sl_buf_add_str(out, "</svg>");
}

/* ---- histogram ---- */

#define HISTOGRAM_EDGE	12.0
#define HISTOGRAM_BINS	48

static void
bar(struct sl_buf *out, const struct frame *f, size_t b, double signed_height, size_t count, const char *class)
{
	double step = 2 * HISTOGRAM_EDGE / HISTOGRAM_BINS, low = -HISTOGRAM_EDGE + (double)b * step;
	double x = px(f, low), y = py(f, fmax(0, signed_height));

	if (count == 0)
		return;
	sl_buf_addf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%zu %s, "
	    "log-odds %+.1f to %+.1f</title></rect>", class, x + 0.5, y, px(f, low + step) - x - 1,
	    fmax(1, py(f, fmin(0, signed_height)) - y), count, *class == 'h' ? "ham" : "unwanted", low,
	    low + step);
}

void
chart_histogram(struct sl_buf *out, const struct evaluate *evaluate, const struct report *report)
{
	size_t wanted[HISTOGRAM_BINS] = { 0 }, unwanted[HISTOGRAM_BINS] = { 0 };
	struct frame f = { 720, 260, 20, 10, 20, 36, -HISTOGRAM_EDGE, HISTOGRAM_EDGE, -1, 1 };

	for (size_t i = 0; i < evaluate->messages_len; i++) {
		const struct judged *m = &evaluate->messages[i];
		double share = (m->log_odds[SL_SPAM] + HISTOGRAM_EDGE) / (2 * HISTOGRAM_EDGE);
		size_t b = (size_t)(fmin(1, fmax(0, share)) * (HISTOGRAM_BINS - 1e-9));

		if (m->trouble == NULL && !m->for_threshold)
			(is_unwanted(m) ? unwanted : wanted)[b]++;
	}
	for (size_t b = 0; b < HISTOGRAM_BINS; b++) {
		f.y_high = fmax(f.y_high, sqrt((double)unwanted[b]));
		f.y_low = fmin(f.y_low, -sqrt((double)wanted[b]));
	}
	svg_begin(out, &f, "Messages by log-odds: unwanted upwards, ham downwards");
	x_axis(out, &f, odds_ticks, SL_COUNT(odds_ticks), "probability of being unwanted");
	for (size_t b = 0; b < HISTOGRAM_BINS; b++) {
		bar(out, &f, b, sqrt((double)unwanted[b]), unwanted[b], "bad");
		bar(out, &f, b, -sqrt((double)wanted[b]), wanted[b], "ham");
	}
	line(out, "axis", f.left, py(&f, 0), f.width - f.right, py(&f, 0));
	if (!isinf(report->threshold)) {
		double x = px(&f, report->threshold);

		line(out, "mark", x, f.top, x, f.height - f.bottom);
		sl_buf_addf(out, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">threshold</text>",
		    x - 5, f.top + 10);
	}
	sl_buf_add_str(out, "</svg>");
}

/* ---- ablation ---- */

#define MISSED_LOW	(-5.0)	/* log10: 0.001 % */

static double
log_missed(double missed)
{
	return missed > 0 ? fmin(0, fmax(MISSED_LOW, log10(missed))) : MISSED_LOW;
}

void
chart_ablation(struct sl_buf *out, const struct report *report)
{
	static const struct tick xs[] = { { -5, "0.001%" }, { -4, "0.01%" }, { -3, "0.1%" }, { -2, "1%" },
		{ -1, "10%" }, { 0, "100%" } };
	size_t n = report->ablations_len;
	struct frame f = { 720, 50 + 26 * (double)n, 130, 6, 20, 36, MISSED_LOW, 0, 0, (double)n };
	double whole = px(&f, log_missed(report->all.missed));

	svg_begin(out, &f, "Pairs in the wrong order: each classifier alone and left out");
	x_axis(out, &f, xs, SL_COUNT(xs), "pairs in the wrong order (less is better)");
	line(out, "mark", whole, f.top, whole, f.height - f.bottom);
	for (size_t i = 0; i < n; i++) {
		const struct ablation *a = &report->ablations[i];
		double y = py(&f, (double)(n - i) - 0.5);
		double alone = px(&f, log_missed(a->alone_missed)), without = px(&f, log_missed(a->without_missed));

		sl_buf_addf(out, "<text class=\"name\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", f.left - 10, y + 4);
		page_text(out, sl_slice_str(a->name));
		sl_buf_add_str(out, "</text>");
		line(out, "axis", f.left, y, f.width - f.right, y);
		line(out, "gap", whole, y, without, y);
		sl_buf_addf(out, "<circle class=\"ring\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"><title>left out: %.4f %%</title>"
		    "</circle><circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"><title>alone: %.4f %%</title></circle>",
		    without, y, 100 * a->without_missed, alone, y, 100 * a->alone_missed);
	}
	sl_buf_add_str(out, "</svg>");
}
