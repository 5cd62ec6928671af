/*
 * check.h - cmocka, with what it wants included before it
 *
 * Unit tests are tables of rows and one short runner; test names are sentences.
 */
#ifndef SL_TEST_CHECK_H
#define SL_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#endif
