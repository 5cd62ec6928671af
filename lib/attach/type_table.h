/*
 * type_table.h - the types of file that Sluice knows by name; expanded by type.h
 *
 * X(id, MIME type, family, flags, what people call it)
 */
#ifndef SL_ATTACH_TYPE_TABLE_H
#define SL_ATTACH_TYPE_TABLE_H

#define SL_TYPES(X)											\
	X(UNKNOWN, "application/octet-stream", UNKNOWN, 0, "data of an unknown kind")			\
	X(EMPTY, "application/x-empty", UNKNOWN, 0, "nothing")						\
	/* programs */											\
	X(PE, "application/vnd.microsoft.portable-executable", EXECUTABLE, RUNS, "a Windows program")	\
	X(DOS, "application/x-dosexec", EXECUTABLE, RUNS, "a DOS program")				\
	X(ELF, "application/x-executable", EXECUTABLE, RUNS, "a Unix program")				\
	X(MACHO, "application/x-mach-binary", EXECUTABLE, RUNS, "a macOS program")			\
	X(CLASS, "application/x-java-applet", EXECUTABLE, 0, "a Java class")				\
	X(DEX, "application/x-dex", EXECUTABLE, 0, "Android code")					\
	X(WASM, "application/wasm", EXECUTABLE, 0, "WebAssembly")					\
	X(PYC, "application/x-bytecode.python", EXECUTABLE, RUNS, "compiled Python")			\
	X(LUAC, "application/x-lua-bytecode", EXECUTABLE, 0, "compiled Lua")				\
	X(SWF, "application/vnd.adobe.flash.movie", EXECUTABLE, ACTIVE, "a Flash film")			\
	X(CHM, "application/vnd.ms-htmlhelp", EXECUTABLE, RUNS | HOLDS | ACTIVE, "a Windows help file")	\
	X(HLP, "application/winhlp", EXECUTABLE, RUNS, "an old Windows help file")			\
	X(MSI, "application/x-msi", EXECUTABLE, RUNS | HOLDS, "a Windows installer")			\
	X(JAR, "application/java-archive", EXECUTABLE, RUNS | HOLDS, "a Java program")			\
	X(APK, "application/vnd.android.package-archive", EXECUTABLE, RUNS | HOLDS, "an Android program") \
	X(MSIX, "application/msix", EXECUTABLE, RUNS | HOLDS, "a Windows app package")			\
	X(VSTO, "application/x-ms-application", EXECUTABLE, RUNS, "a Windows application manifest")	\
	X(DEB, "application/vnd.debian.binary-package", EXECUTABLE, HOLDS, "a Debian package")		\
	X(RPM, "application/x-rpm", EXECUTABLE, HOLDS, "an RPM package")				\
	/* scripts */											\
	X(SHELL, "text/x-shellscript", SCRIPT, RUNS, "a shell script")					\
	X(PYTHON, "text/x-script.python", SCRIPT, RUNS, "a Python script")				\
	X(PERL, "text/x-perl", SCRIPT, RUNS, "a Perl script")						\
	X(RUBY, "text/x-ruby", SCRIPT, RUNS, "a Ruby script")						\
	X(PHP, "text/x-php", SCRIPT, 0, "a PHP script")							\
	X(SCRIPT, "text/x-script", SCRIPT, RUNS, "a script")						\
	X(JS, "text/javascript", SCRIPT, RUNS, "a JavaScript program")					\
	X(JSE, "application/x-jscript-encoded", SCRIPT, RUNS, "an encoded JScript or VBScript program")	\
	X(VBS, "text/vbscript", SCRIPT, RUNS, "a Visual Basic script")					\
	X(POWERSHELL, "application/x-powershell", SCRIPT, RUNS, "a PowerShell script")			\
	X(BATCH, "text/x-msdos-batch", SCRIPT, RUNS, "a Windows batch file")				\
	X(HTA, "application/hta", SCRIPT, RUNS | ACTIVE, "an HTML application")				\
	X(WSF, "application/x-wsf", SCRIPT, RUNS, "a Windows script file")				\
	X(SCT, "text/scriptlet", SCRIPT, RUNS, "a Windows script component")				\
	X(REG, "text/x-ms-regedit", SCRIPT, RUNS, "Windows registry changes")				\
	X(INF, "application/x-setupscript", SCRIPT, RUNS, "a Windows setup script")			\
	X(APPLESCRIPT, "application/x-applescript", SCRIPT, RUNS, "an AppleScript")			\
	/* shortcuts: a double click goes elsewhere */							\
	X(LNK, "application/x-ms-shortcut", SHORTCUT, RUNS, "a Windows shortcut")			\
	X(URL, "application/x-mswinurl", SHORTCUT, RUNS, "a link to a page")				\
	X(WEBLOC, "application/x-webloc", SHORTCUT, RUNS, "a link to a page")				\
	X(DESKTOP, "application/x-desktop", SHORTCUT, RUNS, "a Linux desktop entry")			\
	X(SCF, "application/x-ms-scf", SHORTCUT, RUNS, "a Windows Explorer command")			\
	X(LIBRARY_MS, "application/windows-library+xml", SHORTCUT, RUNS, "a Windows library")		\
	X(SEARCH_MS, "application/windows-search-connector+xml", SHORTCUT, RUNS, "a Windows search")	\
	X(SETTINGS_MS, "application/windows-settingcontent+xml", SHORTCUT, RUNS, "a Windows settings link") \
	X(RDP, "application/x-rdp", SHORTCUT, RUNS, "a remote desktop connection")			\
	X(ICA, "application/x-ica", SHORTCUT, RUNS, "a Citrix connection")				\
	/* disk images: opened as a drive, their files lose the mark of the web */			\
	X(ISO, "application/x-iso9660-image", DISK_IMAGE, HOLDS, "a CD image")				\
	X(UDF, "application/x-udf-image", DISK_IMAGE, HOLDS, "a DVD image")				\
	X(VHD, "application/x-vhd", DISK_IMAGE, HOLDS, "a virtual disk")				\
	X(VHDX, "application/x-vhdx", DISK_IMAGE, HOLDS, "a virtual disk")				\
	X(VMDK, "application/x-vmdk", DISK_IMAGE, HOLDS, "a virtual disk")				\
	X(QCOW, "application/x-qemu-disk", DISK_IMAGE, HOLDS, "a virtual disk")				\
	X(RAW_DISK, "application/x-raw-disk-image", DISK_IMAGE, HOLDS, "a disk image")			\
	X(DMG, "application/x-apple-diskimage", DISK_IMAGE, HOLDS, "a macOS disk image")		\
	X(WIM, "application/x-ms-wim", DISK_IMAGE, HOLDS, "a Windows image")				\
	X(SQUASHFS, "application/vnd.squashfs", DISK_IMAGE, HOLDS, "a file system image")		\
	/* archives */											\
	X(ZIP, "application/zip", ARCHIVE, HOLDS, "a ZIP archive")					\
	X(RAR, "application/vnd.rar", ARCHIVE, HOLDS, "a RAR archive")					\
	X(7Z, "application/x-7z-compressed", ARCHIVE, HOLDS, "a 7-Zip archive")				\
	X(GZIP, "application/gzip", ARCHIVE, HOLDS, "gzip-compressed data")				\
	X(BZIP2, "application/x-bzip2", ARCHIVE, HOLDS, "bzip2-compressed data")			\
	X(XZ, "application/x-xz", ARCHIVE, HOLDS, "xz-compressed data")					\
	X(LZMA, "application/x-lzma", ARCHIVE, HOLDS, "LZMA-compressed data")				\
	X(LZIP, "application/lzip", ARCHIVE, HOLDS, "lzip-compressed data")				\
	X(ZSTD, "application/zstd", ARCHIVE, HOLDS, "zstd-compressed data")				\
	X(LZ4, "application/x-lz4", ARCHIVE, HOLDS, "LZ4-compressed data")				\
	X(LZOP, "application/x-lzop", ARCHIVE, HOLDS, "LZO-compressed data")				\
	X(COMPRESS, "application/x-compress", ARCHIVE, HOLDS, "compress-compressed data")		\
	X(SZDD, "application/x-ms-compress-szdd", ARCHIVE, HOLDS, "data compressed by Microsoft's COMPRESS") \
	X(TAR, "application/x-tar", ARCHIVE, HOLDS, "a tar archive")					\
	X(CAB, "application/vnd.ms-cab-compressed", ARCHIVE, HOLDS, "a Windows cabinet")		\
	X(ARJ, "application/x-arj", ARCHIVE, HOLDS, "an ARJ archive")					\
	X(ACE, "application/x-ace-compressed", ARCHIVE, HOLDS, "an ACE archive")			\
	X(LZH, "application/x-lzh-compressed", ARCHIVE, HOLDS, "an LZH archive")			\
	X(CPIO, "application/x-cpio", ARCHIVE, HOLDS, "a cpio archive")					\
	X(AR, "application/x-archive", ARCHIVE, HOLDS, "an ar archive")					\
	X(XAR, "application/x-xar", ARCHIVE, HOLDS | RUNS, "a macOS installer package")			\
	X(ZPAQ, "application/x-zpaq", ARCHIVE, HOLDS, "a ZPAQ archive")					\
	X(ALZ, "application/x-alz-compressed", ARCHIVE, HOLDS, "an ALZ archive")			\
	X(EGG, "application/x-egg-compressed", ARCHIVE, HOLDS, "an EGG archive")			\
	X(ARC, "application/x-arc", ARCHIVE, HOLDS, "an ARC archive")					\
	X(ZOO, "application/x-zoo", ARCHIVE, HOLDS, "a ZOO archive")					\
	/* documents */											\
	X(PDF, "application/pdf", DOCUMENT, ACTIVE | HOLDS, "a PDF document")				\
	X(RTF, "text/rtf", DOCUMENT, HOLDS, "an RTF document")						\
	X(PS, "application/postscript", DOCUMENT, ACTIVE, "a PostScript document")			\
	X(CFB, "application/x-ole-storage", DOCUMENT, MACROS | HOLDS, "an OLE2 document")		\
	X(DOC, "application/msword", DOCUMENT, MACROS | HOLDS, "a Word 97 document")			\
	X(XLS, "application/vnd.ms-excel", DOCUMENT, MACROS | HOLDS, "an Excel 97 workbook")		\
	X(PPT, "application/vnd.ms-powerpoint", DOCUMENT, MACROS | HOLDS, "a PowerPoint 97 presentation") \
	X(VSD, "application/vnd.visio", DOCUMENT, MACROS | HOLDS, "a Visio drawing")			\
	X(MPP, "application/vnd.ms-project", DOCUMENT, MACROS | HOLDS, "a Project plan")		\
	X(PUB, "application/vnd.ms-publisher", DOCUMENT, MACROS | HOLDS, "a Publisher document")	\
	X(OOXML_ENCRYPTED, "application/encrypted", DOCUMENT, MACROS | HOLDS, "an Office document under a password") \
	X(OOXML, "application/vnd.openxmlformats-officedocument", DOCUMENT, MACROS | HOLDS, "an Office document") \
	X(DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", DOCUMENT,	\
	    HOLDS, "a Word document")									\
	X(XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", DOCUMENT,		\
	    HOLDS, "an Excel workbook")									\
	X(PPTX, "application/vnd.openxmlformats-officedocument.presentationml.presentation", DOCUMENT,	\
	    HOLDS, "a PowerPoint presentation")								\
	X(VSDX, "application/vnd.ms-visio.drawing", DOCUMENT, HOLDS, "a Visio drawing")			\
	X(DOCM, "application/vnd.ms-word.document.macroenabled.12", DOCUMENT, MACROS | HOLDS,		\
	    "a Word document with macros")								\
	X(XLSM, "application/vnd.ms-excel.sheet.macroenabled.12", DOCUMENT, MACROS | HOLDS,		\
	    "an Excel workbook with macros")								\
	X(XLSB, "application/vnd.ms-excel.sheet.binary.macroenabled.12", DOCUMENT, MACROS | HOLDS,	\
	    "a binary Excel workbook")									\
	X(PPTM, "application/vnd.ms-powerpoint.presentation.macroenabled.12", DOCUMENT, MACROS | HOLDS,	\
	    "a PowerPoint presentation with macros")							\
	X(XLL, "application/x-excel-addin", EXECUTABLE, RUNS, "an Excel add-in that is a program")	\
	X(XPS, "application/vnd.ms-xpsdocument", DOCUMENT, HOLDS, "an XPS document")			\
	X(ONENOTE, "application/onenote", DOCUMENT, HOLDS | ACTIVE, "a OneNote section")		\
	X(ODT, "application/vnd.oasis.opendocument.text", DOCUMENT, MACROS | HOLDS, "an OpenDocument text") \
	X(ODS, "application/vnd.oasis.opendocument.spreadsheet", DOCUMENT, MACROS | HOLDS,		\
	    "an OpenDocument spreadsheet")								\
	X(ODP, "application/vnd.oasis.opendocument.presentation", DOCUMENT, MACROS | HOLDS,		\
	    "an OpenDocument presentation")								\
	X(ODF, "application/vnd.oasis.opendocument", DOCUMENT, MACROS | HOLDS, "an OpenDocument file")	\
	X(ODB, "application/vnd.oasis.opendocument.base", DOCUMENT, MACROS | HOLDS, "an OpenDocument database") \
	X(EPUB, "application/epub+zip", DOCUMENT, HOLDS, "an EPUB book")				\
	X(DJVU, "image/vnd.djvu", DOCUMENT, 0, "a DjVu document")					\
	X(MDB, "application/x-msaccess", DOCUMENT, RUNS | MACROS | HOLDS, "an Access database")		\
	X(SQLITE, "application/vnd.sqlite3", DOCUMENT, 0, "an SQLite database")				\
	X(DVI, "application/x-dvi", DOCUMENT, 0, "a TeX DVI document")					\
	X(HWP, "application/x-hwp", DOCUMENT, MACROS | HOLDS, "a Hangul document")			\
	X(IQY, "text/x-ms-iqy", DOCUMENT, ACTIVE, "an Excel web query")					\
	X(SLK, "application/x-sylk", DOCUMENT, MACROS, "a SYLK spreadsheet")				\
	X(CSV, "text/csv", TEXT, 0, "comma-separated values")						\
	X(WORDPERFECT, "application/vnd.wordperfect", DOCUMENT, MACROS, "a WordPerfect document")	\
	/* pictures, sound, film */									\
	X(PNG, "image/png", IMAGE, 0, "a PNG picture")							\
	X(JPEG, "image/jpeg", IMAGE, 0, "a JPEG picture")						\
	X(GIF, "image/gif", IMAGE, 0, "a GIF picture")							\
	X(BMP, "image/bmp", IMAGE, 0, "a BMP picture")							\
	X(WEBP, "image/webp", IMAGE, 0, "a WebP picture")						\
	X(TIFF, "image/tiff", IMAGE, 0, "a TIFF picture")						\
	X(ICO, "image/vnd.microsoft.icon", IMAGE, 0, "an icon")						\
	X(CUR, "image/x-win-cursor", IMAGE, 0, "a cursor")						\
	X(SVG, "image/svg+xml", IMAGE, ACTIVE, "an SVG drawing")					\
	X(HEIC, "image/heic", IMAGE, 0, "an HEIC picture")						\
	X(AVIF, "image/avif", IMAGE, 0, "an AVIF picture")						\
	X(PSD, "image/vnd.adobe.photoshop", IMAGE, 0, "a Photoshop picture")				\
	X(EMF, "image/emf", IMAGE, 0, "a Windows metafile")						\
	X(WMF, "image/wmf", IMAGE, 0, "a Windows metafile")						\
	X(JP2, "image/jp2", IMAGE, 0, "a JPEG 2000 picture")						\
	X(JXL, "image/jxl", IMAGE, 0, "a JPEG XL picture")						\
	X(PNM, "image/x-portable-anymap", IMAGE, 0, "a PNM picture")					\
	X(PCX, "image/vnd.zbrush.pcx", IMAGE, 0, "a PCX picture")					\
	X(XPM, "image/x-xpixmap", IMAGE, 0, "an X pixmap")						\
	X(XBM, "image/x-xbitmap", IMAGE, 0, "an X bitmap")						\
	X(XCF, "image/x-xcf", IMAGE, 0, "a GIMP picture")						\
	X(DWG, "image/vnd.dwg", IMAGE, MACROS, "an AutoCAD drawing")					\
	X(FITS, "image/fits", IMAGE, 0, "a FITS picture")						\
	X(MP3, "audio/mpeg", AUDIO, 0, "MP3 sound")							\
	X(WAV, "audio/wav", AUDIO, 0, "WAV sound")							\
	X(OGG, "audio/ogg", AUDIO, 0, "Ogg sound")							\
	X(FLAC, "audio/flac", AUDIO, 0, "FLAC sound")							\
	X(MIDI, "audio/midi", AUDIO, 0, "MIDI music")							\
	X(AIFF, "audio/aiff", AUDIO, 0, "AIFF sound")							\
	X(AU, "audio/basic", AUDIO, 0, "AU sound")							\
	X(AMR, "audio/amr", AUDIO, 0, "AMR sound")							\
	X(M4A, "audio/mp4", AUDIO, 0, "MPEG-4 sound")							\
	X(AAC, "audio/aac", AUDIO, 0, "AAC sound")							\
	X(AVI, "video/x-msvideo", VIDEO, 0, "an AVI film")						\
	X(MP4, "video/mp4", VIDEO, 0, "an MPEG-4 film")							\
	X(QUICKTIME, "video/quicktime", VIDEO, 0, "a QuickTime film")					\
	X(THREEGP, "video/3gpp", VIDEO, 0, "a 3GPP film")						\
	X(MATROSKA, "video/x-matroska", VIDEO, 0, "a Matroska film")					\
	X(WEBM, "video/webm", VIDEO, 0, "a WebM film")							\
	X(ASF, "video/x-ms-asf", VIDEO, 0, "a Windows Media film")					\
	X(FLV, "video/x-flv", VIDEO, 0, "a Flash video")						\
	X(MPEG, "video/mpeg", VIDEO, 0, "an MPEG film")							\
	X(OGV, "video/ogg", VIDEO, 0, "an Ogg film")							\
	/* fonts */											\
	X(TTF, "font/sfnt", FONT, 0, "a TrueType font")							\
	X(OTF, "font/otf", FONT, 0, "an OpenType font")							\
	X(WOFF, "font/woff", FONT, 0, "a web font")							\
	X(WOFF2, "font/woff2", FONT, 0, "a web font")							\
	X(EOT, "application/vnd.ms-fontobject", FONT, 0, "an embedded font")				\
	X(TYPE1, "application/x-font-type1", FONT, 0, "a Type 1 font")					\
	/* text and mail */										\
	X(HTML, "text/html", HTML, ACTIVE, "an HTML page")						\
	X(MHTML, "multipart/related", HTML, ACTIVE | HOLDS, "an HTML page with its files")		\
	X(XML, "text/xml", TEXT, 0, "XML")								\
	X(TEXT, "text/plain", TEXT, 0, "text")								\
	X(CSS, "text/css", TEXT, 0, "a style sheet")							\
	X(JSON, "application/json", TEXT, 0, "JSON")							\
	X(CALENDAR, "text/calendar", TEXT, 0, "a calendar entry")					\
	X(VCARD, "text/vcard", TEXT, 0, "a visiting card")						\
	X(PATCH, "text/x-diff", TEXT, 0, "a patch")							\
	X(SOURCE, "text/x-source", TEXT, 0, "source text of a program")					\
	X(MAIL, "message/rfc822", MAIL, HOLDS, "a message")						\
	X(MBOX, "application/mbox", MAIL, HOLDS, "a mailbox")						\
	X(OUTLOOK, "application/vnd.ms-outlook", MAIL, HOLDS, "an Outlook message")			\
	X(PST, "application/vnd.ms-outlook-pst", MAIL, HOLDS, "an Outlook mailbox")			\
	X(TNEF, "application/vnd.ms-tnef", MAIL, HOLDS, "winmail.dat")					\
	X(REPORT, "message/delivery-status", MAIL, 0, "a delivery report")				\
	/* keys, certificates, signatures */								\
	X(PKCS7, "application/pkcs7-mime", CERTIFICATE, HOLDS, "an S/MIME message or signature")	\
	X(PKCS7_SIG, "application/pkcs7-signature", CERTIFICATE, 0, "an S/MIME signature")		\
	X(PKCS12, "application/x-pkcs12", CERTIFICATE, 0, "a certificate with its key")			\
	X(CERT, "application/pkix-cert", CERTIFICATE, 0, "a certificate")				\
	X(PEM, "application/x-pem-file", CERTIFICATE, 0, "a certificate or key")			\
	X(PGP_MESSAGE, "application/pgp-encrypted", CERTIFICATE, HOLDS, "a PGP message")		\
	X(PGP_SIG, "application/pgp-signature", CERTIFICATE, 0, "a PGP signature")			\
	X(PGP_KEYS, "application/pgp-keys", CERTIFICATE, 0, "a PGP key")

#endif
