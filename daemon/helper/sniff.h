/*
 * sniff.h - what an object is, by its first bytes
 *
 * helper_sniff is the one place that decides; the name of a type is what results say.
 */
#ifndef HELPER_SNIFF_H
#define HELPER_SNIFF_H

#include "sl/base.h"

/* What is done with an object. */
enum sniff_way {
	WAY_NONE,	/* hashed and listed */
	WAY_ARCHIVE,
	WAY_OLE,
	WAY_RTF,
	WAY_PDF,
	WAY_IMAGE,
	WAY_LNK,
	WAY_ONENOTE,
	WAY_TNEF,
	WAY_URL_FILE,
	WAY_TEXT,	/* searched for addresses, if something else held it: the asker reads its own text */
	WAY_UNREADABLE,	/* an archive that nothing here can open */
	WAY_PROGRAM,	/* a finding, and a look for an archive behind it */
};

#define SNIFFED(X)										\
	X(UNKNOWN, "application/octet-stream", NONE)						\
	X(EMPTY, "inode/x-empty", NONE)								\
	X(TEXT, "text/plain", NONE)								\
	X(HTML, "text/html", TEXT)								\
	X(XML, "text/xml", NONE)								\
	X(EML, "message/rfc822", TEXT)								\
	X(ICS, "text/calendar", TEXT)								\
	X(ZIP, "application/zip", ARCHIVE)							\
	X(OOXML, "application/vnd.openxmlformats", ARCHIVE)					\
	X(ODF, "application/vnd.oasis.opendocument", ARCHIVE)					\
	X(JAR, "application/java-archive", ARCHIVE)						\
	X(RAR, "application/vnd.rar", ARCHIVE)							\
	X(SEVENZIP, "application/x-7z-compressed", ARCHIVE)					\
	X(TAR, "application/x-tar", ARCHIVE)							\
	X(GZIP, "application/gzip", ARCHIVE)							\
	X(BZIP2, "application/x-bzip2", ARCHIVE)						\
	X(XZ, "application/x-xz", ARCHIVE)							\
	X(LZMA, "application/x-lzma", ARCHIVE)							\
	X(ZSTD, "application/zstd", ARCHIVE)							\
	X(LZ4, "application/x-lz4", ARCHIVE)							\
	X(LZIP, "application/x-lzip", ARCHIVE)							\
	X(COMPRESS, "application/x-compress", ARCHIVE)						\
	X(CAB, "application/vnd.ms-cab-compressed", ARCHIVE)					\
	X(LHA, "application/x-lzh-compressed", ARCHIVE)						\
	X(ISO, "application/x-iso9660-image", ARCHIVE)						\
	X(AR, "application/x-archive", ARCHIVE)							\
	X(CPIO, "application/x-cpio", ARCHIVE)							\
	X(XAR, "application/x-xar", UNREADABLE)							\
	X(ARJ, "application/x-arj", UNREADABLE)							\
	X(ACE, "application/x-ace", UNREADABLE)							\
	X(SZDD, "application/x-ms-compress-szdd", UNREADABLE)					\
	X(VHD, "application/x-virtual-disk", UNREADABLE)						\
	X(OLE, "application/x-ole-storage", OLE)						\
	X(RTF, "application/rtf", RTF)								\
	X(PDF, "application/pdf", PDF)								\
	X(PNG, "image/png", IMAGE)								\
	X(JPEG, "image/jpeg", IMAGE)								\
	X(GIF, "image/gif", IMAGE)								\
	X(BMP, "image/bmp", NONE)								\
	X(TIFF, "image/tiff", NONE)								\
	X(WEBP, "image/webp", NONE)								\
	X(LNK, "application/x-ms-shortcut", LNK)						\
	X(URL_FILE, "application/x-mswinurl", URL_FILE)						\
	X(ONENOTE, "application/onenote", ONENOTE)						\
	X(TNEF, "application/ms-tnef", TNEF)							\
	X(CHM, "application/vnd.ms-htmlhelp", NONE)						\
	X(SWF, "application/x-shockwave-flash", NONE)						\
	X(PE, "application/x-msdownload", PROGRAM)						\
	X(ELF, "application/x-executable", PROGRAM)						\
	X(MACHO, "application/x-mach-binary", PROGRAM)						\
	X(CLASS, "application/java-vm", PROGRAM)						\
	X(SCRIPT, "application/x-shellscript", PROGRAM)

enum sniffed {
#define SNIFF_ENUM(id, name, way) SNIFFED_##id,
	SNIFFED(SNIFF_ENUM)
#undef SNIFF_ENUM
	SNIFFED_COUNT,
};

/* By the first bytes (INNER_HEAD of them are enough for all but ISO images, which need 36 KiB). */
enum sniffed	 helper_sniff(struct sl_slice bytes);
const char	*sniffed_name(enum sniffed type);	/* static */
enum sniff_way	 sniffed_way(enum sniffed type);
/* Does a name end in what Windows runs on a click? `name` may have folders. */
bool		 name_is_program(struct sl_slice name);

#endif
