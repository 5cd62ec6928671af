/*
 * param.h - Content-Type and Content-Disposition: token and parameters (RFC 2045, RFC 2231)
 *
 * Never fails: a value is read as lenient mail programs read it, and whatever two programs could
 * read differently (comments, quotes that do not close, text after quotes, separators that are not ';',
 * a parameter given twice, RFC 2231 sections out of order or missing) is kept so that a
 * parameter can be asked for in all its readings, and is named in `odd`.
 *
 * Memory: a copy of the value, at most SL_PARAMS_MAX parameters. Time is linear.
 */
#ifndef SL_MIME_PARAM_H
#define SL_MIME_PARAM_H

#include "sl/buf.h"

#define SL_PARAMS_MAX		48	/* further ones are not kept: SL_PARAMS_ODD_MANY */
#define SL_PARAMS_READINGS_MAX	8

enum sl_params_odd {
	SL_PARAMS_ODD_COMMENT = 1,	/* a comment inside a name or value */
	SL_PARAMS_ODD_QUOTE = 2,	/* quotes that do not close, or text beside them */
	SL_PARAMS_ODD_SEPARATOR = 4,	/* parameters parted by something else than ';' */
	SL_PARAMS_ODD_JUNK = 8,		/* text that is no parameter */
	SL_PARAMS_ODD_ESCAPE = 16,	/* a backslash outside of quotes */
	SL_PARAMS_ODD_SPACE = 32,	/* white space inside an unquoted value */
	SL_PARAMS_ODD_MANY = 64,	/* more than SL_PARAMS_MAX */
	SL_PARAMS_ODD_TOKEN = 128,	/* the token is quoted, commented or missing */
	SL_PARAMS_ODD_CONTROL = 256,	/* a control character */
};

struct sl_param {
	struct sl_slice	name;		/* lower case, without the marks of RFC 2231 */
	struct sl_slice	value;		/* unquoted, not decoded */
	struct sl_slice	raw;		/* as written, quotes and all, trimmed */
	struct sl_slice	rest;		/* raw and, if what follows it is no parameter, that too */
	int		section;	/* RFC 2231: name*0, name*1, ...; -1: none */
	bool		extended;	/* RFC 2231: name* */
	unsigned	odd;
};

struct sl_params {
	struct sl_slice	token;		/* lower case: "text/plain", "attachment"; may be empty */
	struct sl_param	params[SL_PARAMS_MAX];
	size_t		count;
	unsigned	odd;		/* a sum, over all */
	unsigned char	*text;		/* what the slices point into */
};

/* Read a field's value (folds as sent). */
void	sl_params_init(struct sl_params *params, struct sl_slice value);
void	sl_params_fini(struct sl_params *params);

/* The first plain occurrence (not RFC 2231), unquoted, not decoded; {NULL, 0} if none. */
struct sl_slice sl_params_plain(const struct sl_params *params, const char *name);
/* What was odd about the occurrences of one parameter. */
unsigned sl_params_odd_of(const struct sl_params *params, const char *name);
bool	sl_params_has(const struct sl_params *params, const char *name);
/* Append the most plausible value of a parameter, as UTF-8, to `out`. Returns false if absent.
 * RFC 2231 forms come before plain ones, the first of equals before later ones. */
bool	sl_params_get(const struct sl_params *params, const char *name, struct sl_buf *out);
/* All readings of a parameter, distinct, the most plausible first. Its sections may stand in several
 * fields (name*0 in one, name*1 in another): all of `fields` are looked at, in their order. `out`
 * are buffers that the caller has initialised. Returns how many were set. */
size_t	sl_params_readings(const struct sl_params *fields, size_t count, const char *name,
	    struct sl_buf out[SL_PARAMS_READINGS_MAX]);

#endif
