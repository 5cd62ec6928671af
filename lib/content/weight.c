/* weight.c - how much the findings of other libraries say; see content.h */

#include "content/content_i.h"

enum sl_content_weight
content_weight_of_mime(enum sl_mime_finding_kind kind)
{
	switch (sl_mime_finding_weight(kind)) {
	case SL_MIME_ODD:
		return SL_CONTENT_ODD;
	case SL_MIME_AMBIGUOUS:
		return SL_CONTENT_AMBIGUOUS;
	case SL_MIME_LIMIT:
		return SL_CONTENT_LIMIT;
	}
	SL_UNREACHABLE("no such weight");
}

enum sl_content_weight
content_weight_of_view(enum sl_view_finding finding)
{
	switch (finding) {
	case SL_VIEW_FOUND_HAS_SCRIPT:
	case SL_VIEW_FOUND_HAS_HANDLER:
	case SL_VIEW_FOUND_HAS_SCRIPT_URL:
	case SL_VIEW_FOUND_HAS_DATA_URL:
	case SL_VIEW_FOUND_HAS_REFRESH:
	case SL_VIEW_FOUND_HAS_BASE:
	case SL_VIEW_FOUND_HAS_IFRAME:
	case SL_VIEW_FOUND_HAS_OBJECT:
	case SL_VIEW_FOUND_HAS_FORM:
	case SL_VIEW_FOUND_HAS_PASSWORD:
		return SL_CONTENT_FACT;
	case SL_VIEW_FOUND_BIDI_OVERRIDE:
	case SL_VIEW_FOUND_WORDS_SPLIT:
	case SL_VIEW_FOUND_TAG_CHARACTERS:
		return SL_CONTENT_DECEPTIVE;
	case SL_VIEW_FOUND_STYLE_LIMIT:
	case SL_VIEW_FOUND_DEPTH:
	case SL_VIEW_FOUND_WORK:
	case SL_VIEW_FOUND_NAME_LONG:
	case SL_VIEW_FOUND_VALUE_LONG:
	case SL_VIEW_FOUND_TAG_LONG:
		return SL_CONTENT_LIMIT;
	case SL_VIEW_FOUND_STYLE_LATE:
	case SL_VIEW_FOUND_ATTR_TWICE:
	case SL_VIEW_FOUND_NUL:
	case SL_VIEW_FOUND_TAG_UNENDED:
	case SL_VIEW_FOUND_COMMENT_UNENDED:
	case SL_VIEW_FOUND_RAW_UNENDED:
		return SL_CONTENT_ODD;
	case SL_VIEW_FINDING_COUNT:
		break;
	}
	SL_UNREACHABLE("no such finding");
}

enum sl_content_weight
content_weight_of_name(enum sl_name_finding finding)
{
	return finding < SL_NAME_TRAVERSAL ? SL_CONTENT_DECEPTIVE : SL_CONTENT_ODD;
}

enum sl_content_weight
content_weight_of_agree(enum sl_agree_finding finding)
{
	return finding <= SL_AGREE_POLYGLOT ? SL_CONTENT_DECEPTIVE : SL_CONTENT_ODD;
}

enum sl_content_weight
content_weight_of_zip(enum sl_zip_finding finding)
{
	switch (finding) {
	case SL_ZIP_ENDS:
	case SL_ZIP_CENTRAL_PLACE:
	case SL_ZIP_LOCAL_ONLY:
	case SL_ZIP_CENTRAL_ONLY:
	case SL_ZIP_NAMES_DIFFER:
	case SL_ZIP_HEADERS_DIFFER:
	case SL_ZIP_NAME_UNICODE:
		return SL_CONTENT_AMBIGUOUS;
	case SL_ZIP_OVERLAP:
		return SL_CONTENT_DECEPTIVE;
	case SL_ZIP_LIMIT:
	case SL_ZIP_NAME_CUT:
		return SL_CONTENT_LIMIT;
	case SL_ZIP_ENCRYPTED:
	case SL_ZIP_NESTED:
	case SL_ZIP_RATIO:
		return SL_CONTENT_FACT;
	case SL_ZIP_PREFIX:
	case SL_ZIP_SUFFIX:
	case SL_ZIP_GAP:
	case SL_ZIP_NO_END:
	case SL_ZIP_NO_CENTRAL:
	case SL_ZIP_COUNT:
	case SL_ZIP_SIZE:
	case SL_ZIP_NAME_TWICE:
	case SL_ZIP_NAME_EMPTY:
	case SL_ZIP_CENTRAL_ENCRYPTED:
	case SL_ZIP_DESCRIPTOR_LOST:
	case SL_ZIP_SPANNED:
		return SL_CONTENT_ODD;
	case SL_ZIP_FINDING_COUNT:
		break;
	}
	SL_UNREACHABLE("no such finding");
}
