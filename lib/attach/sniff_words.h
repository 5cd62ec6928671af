/*
 * sniff_words.h - the words by which kinds of text are known; used by sniff_text.c
 */
#ifndef SL_ATTACH_SNIFF_WORDS_H
#define SL_ATTACH_SNIFF_WORDS_H

#include "attach/sniff_i.h"

/* Text, in lower case, after a byte order mark and blanks. BREAK: a byte that ends a tag's name or a
 * word must follow. The first that fits counts. */
#define S(text, type, follow) { text, sizeof(text) - 1, SL_TYPE_##type, follow }
static const struct start starts[] = {
	S("<!doctype html", HTML, ANY), S("<html", HTML, BREAK), S("<head", HTML, BREAK),
	S("<body", HTML, BREAK), S("<script", HTML, BREAK), S("<iframe", HTML, BREAK),
	S("<h1", HTML, BREAK), S("<div", HTML, BREAK), S("<font", HTML, BREAK), S("<table", HTML, BREAK),
	S("<a", HTML, BREAK), S("<style", HTML, BREAK), S("<title", HTML, BREAK), S("<b", HTML, BREAK),
	S("<br", HTML, BREAK), S("<p", HTML, BREAK), S("<center", HTML, BREAK), S("<form", HTML, BREAK),
	S("<meta", HTML, BREAK), S("<img", HTML, BREAK), S("<span", HTML, BREAK), S("<base", HTML, BREAK),
	S("<link", HTML, BREAK), S("<object", HTML, BREAK), S("<embed", HTML, BREAK), S("<td", HTML, BREAK),
	S("<tr", HTML, BREAK), S("<ul", HTML, BREAK), S("<h2", HTML, BREAK), S("<h3", HTML, BREAK),
	S("<pre", HTML, BREAK), S("<!--", HTML, ANY),
	S("<hta:application", HTA, ANY),
	S("<svg", SVG, BREAK), S("<!doctype svg", SVG, ANY),
	S("<?php", PHP, ANY),
	S("<job", WSF, BREAK), S("<package>", WSF, ANY), S("<scriptlet", SCT, BREAK),
	S("<component", SCT, BREAK),
	S("<librarydescription", LIBRARY_MS, ANY), S("<searchconnectordescription", SEARCH_MS, ANY),
	S("<pcsettings", SETTINGS_MS, ANY), S("<?xml", XML, BREAK), S("<plist", XML, ANY),
	S("#!/bin/sh", SHELL, ANY), S("#! /bin/sh", SHELL, ANY), S("#!/bin/bash", SHELL, ANY),
	S("#!", SCRIPT, ANY),
	S("@echo off", BATCH, ANY), S("@echo on", BATCH, ANY), S("@setlocal", BATCH, ANY),
	S("[internetshortcut]", URL, ANY), S("[desktop entry]", DESKTOP, ANY), S("[shell]", SCF, ANY),
	S("[wfclient]", ICA, ANY), S("windows registry editor version 5.00", REG, ANY),
	S("regedit4", REG, BREAK), S("screen mode id:i:", RDP, ANY), S("full address:s:", RDP, ANY),
	S("web\r\n1\r\n", IQY, ANY), S("web\n1\n", IQY, ANY),
	S("begin:vcalendar", CALENDAR, ANY), S("begin:vcard", VCARD, ANY),
	S("-----begin pgp message", PGP_MESSAGE, ANY), S("-----begin pgp signature", PGP_SIG, ANY),
	S("-----begin pgp public", PGP_KEYS, ANY), S("-----begin pgp private", PGP_KEYS, ANY),
	S("-----begin pgp signed", TEXT, ANY), S("-----begin ", PEM, ANY),
	S("reporting-mta:", REPORT, ANY),
	S("diff ", PATCH, ANY), S("index: ", PATCH, ANY), S("--- a/", PATCH, ANY),
};
#undef S

/* Words that scripts are known by, in lower case. Weights add up for each kind. */
#define S(text, kind, weight) { text, sizeof(text) - 1, kind, weight }
static const struct word words[] = {
	S("activexobject(", JSCRIPT, 3), S("document.write(", JSCRIPT, 2), S("eval(", JSCRIPT, 1),
	S("fromcharcode(", JSCRIPT, 1), S("function ", JSCRIPT, 1), S("function(", JSCRIPT, 2),
	S("new array(", JSCRIPT, 1), S("parseint(", JSCRIPT, 1), S("try{", JSCRIPT, 1),
	S("unescape(", JSCRIPT, 1), S("use strict", JSCRIPT, 2), S("var ", JSCRIPT, 1),
	S("wscript.", JSCRIPT, 2),
	S("chr(", VBSCRIPT, 1), S("createobject(", VBSCRIPT, 2), S("dim ", VBSCRIPT, 1),
	S("end function", VBSCRIPT, 1), S("end sub", VBSCRIPT, 2), S("executeglobal", VBSCRIPT, 3),
	S("msgbox", VBSCRIPT, 1), S("on error resume next", VBSCRIPT, 3), S("option explicit", VBSCRIPT, 2),
	S("set ", VBSCRIPT, 0), S("sub ", VBSCRIPT, 1), S("wscript.", VBSCRIPT, 2),
	S("[convert]::", PSHELL, 3), S("[system.", PSHELL, 2), S("downloadstring(", PSHELL, 3),
	S("executionpolicy", PSHELL, 2), S("frombase64string(", PSHELL, 2), S("iex(", PSHELL, 2),
	S("iex (", PSHELL, 2), S("invoke-expression", PSHELL, 3), S("invoke-webrequest", PSHELL, 3),
	S("new-object ", PSHELL, 3), S("param(", PSHELL, 1), S("param (", PSHELL, 1),
	S("start-process", PSHELL, 3), S("write-host", PSHELL, 2), S("write-output", PSHELL, 2),
	S("$env:", PSHELL, 3),
	S("%~dp0", BATCHES, 3), S("%comspec%", BATCHES, 3), S("%temp%", BATCHES, 2),
	S("%appdata%", BATCHES, 2), S("cmd /c", BATCHES, 2), S("cmd.exe /c", BATCHES, 2), S("goto ", BATCHES, 1),
	S("if exist ", BATCHES, 2), S("if not exist ", BATCHES, 2), S("powershell -", BATCHES, 3),
	S("rem ", BATCHES, 1), S("set /a ", BATCHES, 2), S("setlocal", BATCHES, 3), S("@echo off", BATCHES, 4),
	S("<html", MARKUP, 8), S("<body", MARKUP, 8), S("<script", MARKUP, 8), S("<!doctype html", MARKUP, 8),
	S("<hta:application", HTAPP, 8), S("<svg", DRAWING, 8),
};
#undef S

/* Header fields by whose names a message is known, in lower case. */
static const char *const mail_fields[] = { "bcc", "cc", "content-transfer-encoding", "content-type", "date",
	"delivered-to", "dkim-signature", "from", "in-reply-to", "message-id", "mime-version", "received",
	"references", "reply-to", "return-path", "sender", "subject", "thread-topic", "to", "x-mailer",
	"x-original-to" };

#endif
