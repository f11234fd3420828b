/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the syntax of a table's file, the meaning of its lines, and the message for each bad
 * line.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "suite.h"
#include "tableset.h"

static tableset_t set;

static void setup(void)
{
    tableset_begin(&set);
}

static void teardown(void)
{
    tableset_end(&set);
}

static void open_text(const char *options, const char *text)
{
    tableset_write(&set, "f", text);
    tableset_open(&set, apr_pstrcat(set.pool, "file:f ", options, NULL), 0);
}

static const char *error_of(const char *options, int columns, const char *text)
{
    tableset_write(&set, "f", text);
    ck_assert_int_ne(tableset_try(&set, apr_pstrcat(set.pool, "file:f ", options, NULL), columns),
                     APR_SUCCESS);
    return tableset_error(&set);
}

typedef struct {
    const char *text;
    const char *key;
    const char *row;
} line_t;

static const line_t lines[] = {
    {"k a b c\n", "k", "a|b|c"},
    {"k\ta\t \tb", "k", "a|b"},
    {" k  a \n", "k", "a"},
    {"k a\r\nl b\r\n", "k", "a"},
    {"k a\r\nl b\r\n", "l", "b"},
    {"k a\r", "k", "a"},
    {"k", "k", ""},
    {"\n\n# k a\n  # k b\n\t\nk c\n", "k", "c"},
    {"k a # b\n", "k", "a"},
    {"k a#b #c", "k", "a#b"},
    {"\"#k\" \"#\"", "#k", "#"},
    {"k a,b,c d", "k", "a,b,c|d"},
    {"k \"a b,c d\" e", "k", "a b,c d|e"},
    {"k Smith\\,\" John\"", "k", "Smith, John"},
    {"k a\\\\,b\\\\", "k", "a\\,b\\"},
    {"k a\\b \\\"q\\\"", "k", "a\\b|\"q\""},
    {"k \"a \\\"b\\\" \\\\\"", "k", "a \"b\" \\"},
    {"k \"\" a \"\"", "k", "|a|"},
    {"k a\" \"b\"\" \"c\"d", "k", "a b|cd"},
    {"\"/C=DE/CN=A B\" u", "/C=DE/CN=A B", "u"},
    {"CN=a\\,b,O=c u", "CN=a\\,b,O=c", "u"},
    {"CN=a\\\\b u", "CN=a\\b", "u"},
    {"\"a\\\"b\" u", "a\"b", "u"},
    {"\xEF\xBB\xBFk a\n", "k", "a"},
    {"J\xC3\xBCrgen gr\xC3\xBCn\n", "J\xC3\xBCrgen", "gr\xC3\xBCn"},
    {"O'Brien o'b\n", "O'Brien", "o'b"},
    {"k a\n", "K", "MISSING"},
    {"k a\n", "kk", "MISSING"},
    {"k a\n", "", "MISSING"},
    {"", "k", "MISSING"},
    {"# nothing\n", "k", "MISSING"},
};

TEST_LOOP(a_line_means_its_key_and_its_columns, 0, COUNT(lines))
{
    open_text("", lines[_i].text);
    ck_assert_str_eq(tableset_ask(&set, lines[_i].key), lines[_i].row);
}

TEST(nocase_folds_ascii_letters_of_keys_alone)
{
    open_text("nocase", "Alice@Example.COM User\nJ\xC3\x9CRGEN x\n");
    ck_assert_str_eq(tableset_ask(&set, "aLICE@example.com"), "User");
    ck_assert_str_eq(tableset_ask(&set, "j\xC3\x9Crgen"), "x");
    ck_assert_str_eq(tableset_ask(&set, "j\xC3\xBCrgen"), "MISSING");
}

TEST(octets_are_the_same_in_every_way_to_write_hex)
{
    open_text("octets", "AB:cd:0f one\n\"01 02\" two\n0a1b2c3d4e five\n:f:f: ff\n");
    ck_assert_str_eq(tableset_ask(&set, "abcd0f"), "one");
    ck_assert_str_eq(tableset_ask(&set, "a:bC:d0F"), "one");
    ck_assert_str_eq(tableset_ask(&set, "01:02"), "two");
    ck_assert_str_eq(tableset_ask(&set, "0A1B2C3D4E"), "five");
    ck_assert_str_eq(tableset_ask(&set, "ff"), "ff");
    ck_assert_str_eq(tableset_ask(&set, "0"), "MISSING");
    ck_assert_str_eq(tableset_ask(&set, ""), "MISSING");
    ck_assert_str_eq(tableset_ask(&set, "-0a1b"), "MISSING");
    ck_assert_str_eq(tableset_ask(&set, "abcd0g"), "MISSING");
    ck_assert_str_eq(tableset_ask(&set, "0102 two"), "MISSING");
}

TEST(a_key_with_a_nul_is_in_no_table)
{
    cc_answer_info_t info;

    open_text("", "k a\n");
    ck_assert_str_eq(tableset_ask_in(set.table, "k\0", 2, &info, set.pool), "MISSING");
    ck_assert_str_eq(tableset_ask_in(set.table, "k", 1, &info, set.pool), "a");
    ck_assert(info.stale_at == APR_INT64_MAX && !info.failure);
}

/* ---- bad lines ------------------------------------------------------------------------- */

typedef struct {
    const char *options;
    const char *text;
    const char *says;
} bad_t;

static const bad_t bad[] = {
    {"", "a x\nk \"b\n", "f:2: \"\\\"b\": a quote is not closed"},
    {"", "\"k b\n", "f:1: \"\\\"k b\": a quote is not closed"},
    {"", "k \xFF\n", "f:1: \"\\xFF\": it is not valid UTF-8"},
    {"", "k\xC3\x28 a\n", "f:1: \"k\\xC3(\": it is not valid UTF-8"},
    {"",
     "k a\x01"
     "b\n",
     "f:1: \"a\\x01b\": it contains a control character"},
    {"", "k a\vb\n", "it contains a control character"},
    {"", "k a\rb\n", "it contains a control character"},
    {"", "k \"a\tb\"\n", "it contains a control character"},
    {"", "k a\xE2\x80\xAE\n", "it contains a bidirectional control"},
    {"", "k a,,b\n", "f:1: \"a,,b\": a value of the list is empty"},
    {"", "k ,b\n", "a value of the list is empty"},
    {"", "k a,\n", "a value of the list is empty"},
    {"", "k \",\"\n", "a value of the list is empty"},
    {"", "\"\" a\n", "f:1: \"\\\"\\\"\": the key is empty"},
    {"octets", "ab x\nzz b\n", "f:2: \"zz\": the key is not hex; write an even number"},
    {"octets", "abc b\n", "\"abc\": the key is not hex"},
    {"octets", ": b\n", "\":\": the key is not hex"},
    {"octets", "abcd\"\n", "a quote is not closed"},
    {"", "k a\n\nk b\n", "f:3: the same key as in line 1"},
    {"nocase", "k a\n#\nj a\nK b\n", "f:4: the same key as in line 1"},
    {"octets", "AB a\na:b b\n", "f:2: the same key as in line 1"},
};

TEST_LOOP(a_bad_line_fails_the_load_with_file_line_and_word, 0, COUNT(bad))
{
    const char *error = error_of(bad[_i].options, 0, bad[_i].text);

    ck_assert_msg(strstr(error, bad[_i].says) != NULL, "%s", error);
    ck_assert_msg(strncmp(error, "CC0611: site.conf:1: \"/tmp/tables.", 34) == 0, "%s", error);
    ck_assert_ptr_nonnull(strstr(error, "the file has 1 bad line: /tmp/tables."));
}

TEST(a_nul_is_refused)
{
    tableset_write_octets(&set, "f", "k a\0b\n", 6);
    ck_assert_int_ne(tableset_try(&set, "file:f", 0), APR_SUCCESS);
    ck_assert_ptr_nonnull(strstr(tableset_error(&set), "f:1: \"a\\x00b\": it contains a NUL"));
}

TEST(a_line_needs_the_columns_that_rules_take)
{
    const char *error = error_of("", 2, "a b c\nd e\nf g h i\nj\n");

    ck_assert_msg(strstr(error, "2 bad lines") != NULL, "%s", error);
    ck_assert_msg(strstr(error, "f:2: columns after the key: 1; rules use $2; ") != NULL, "%s",
                  error);
    ck_assert_msg(strstr(error, "f:4: columns after the key: 0; rules use $2") != NULL, "%s",
                  error);
}

TEST(every_bad_line_is_told_up_to_twenty)
{
    const char *text = "first a\n", *error;
    int told = 0;

    for (int i = 0; i < 23; i++) {
        text = apr_pstrcat(set.pool, text, i % 2 ? "k \xFF\n" : "first b\n", NULL);
    }
    error = error_of("", 0, text);
    ck_assert_msg(strstr(error, "the file has 23 bad lines: ") != NULL, "%s", error);
    ck_assert_msg(strstr(error, "; and 3 more") != NULL, "%s", error);
    for (const char *at = error; (at = strstr(at, "/f:")); at++) {
        told++;
    }
    ck_assert_int_eq(told, 20);
    ck_assert_ptr_null(strchr(error, '\n'));
    ck_assert_ptr_nonnull(strstr(error, "f:2: the same key as in line 1"));
}

TEST_LOOP(a_million_bad_lines_are_counted_without_delay, 0, 2)
{
    static const char *const lines_of[] = {"k a\n", "k \xFF\n"};
    apr_size_t size = strlen(lines_of[_i]);
    char *text = apr_pcalloc(set.pool, 1000000 * size + 1);
    apr_time_t before;

    for (int i = 0; i < 1000000; i++)
        memcpy(text + (apr_size_t)i * size, lines_of[_i], size);
    before = apr_time_now();
    ck_assert_ptr_nonnull(strstr(error_of("", 0, text), _i ? "; and 999980 more" : "999979 more"));
    ck_assert_int_lt(apr_time_now() - before, apr_time_from_sec(30)); /* it takes 0.1 s, or hours */
}

TEST(a_long_word_is_cut_in_the_message)
{
    char *word = apr_pcalloc(set.pool, 100001);

    memset(word, 'z', 100000);
    ck_assert_int_lt(strlen(error_of("octets", 0, word)), 400);
}

TEST(a_file_that_cannot_be_read_is_an_error_with_the_reason)
{
    ck_assert_int_ne(tableset_try(&set, "file:none", 0), APR_SUCCESS);
    ck_assert_ptr_nonnull(strstr(tableset_error(&set), "CC0610: site.conf:1: \"/tmp/tables."));
    ck_assert_ptr_nonnull(strstr(tableset_error(&set), "/none\": the file cannot be read: No "));
    ck_assert_int_ne(tableset_try(&set, "file:.", 0), APR_SUCCESS);
    ck_assert_ptr_nonnull(strstr(tableset_error(&set), "Is a directory"));
    ck_assert_int_eq(mkfifo(tableset_path(&set, "fifo"), 0600), 0);
    ck_assert_int_ne(tableset_try(&set, "file:fifo", 0), APR_SUCCESS);
    ck_assert_int_eq(truncate(tableset_path(&set, "none"), 0), -1);
    tableset_write(&set, "huge", "");
    ck_assert_int_eq(truncate(tableset_path(&set, "huge"), (off_t)1400 << 20), 0);
    ck_assert_int_ne(tableset_try(&set, "file:huge", 0), APR_SUCCESS);
    ck_assert_ptr_nonnull(strstr(tableset_error(&set), "File too large"));
}

/* ---- sizes ----------------------------------------------------------------------------- */

TEST_LOOP(lines_of_any_length_are_read_whole, 0, 11)
{
    apr_size_t sizes[] = {1, 127, 128, 16383, 16384, 65533, 65534, 65535, 65536, 65537, 300000};
    apr_size_t len = sizes[_i];
    char *key = apr_pcalloc(set.pool, len + 1), *value = apr_pcalloc(set.pool, len + 1);

    memset(key, 'k', len);
    memset(value, 'v', len);
    value[len - 1] = 'e';
    open_text("", apr_psprintf(set.pool, "a b\n%s %s,x y\n\nz w", key, value));
    ck_assert_str_eq(tableset_ask(&set, key), apr_pstrcat(set.pool, value, ",x|y", NULL));
    ck_assert_str_eq(tableset_ask(&set, "a"), "b");
    ck_assert_str_eq(tableset_ask(&set, "z"), "w");
    key[len - 1] = 'x';
    ck_assert_str_eq(tableset_ask(&set, key), "MISSING");
}

TEST(the_smallest_rows_have_room_too)
{
    char text[2 * 200 + 1];

    for (int i = 0; i < 94; i++) {
        text[2 * i] = (char)('!' + i);
        text[2 * i + 1] = '\n';
    }
    text[2 * 94] = '\0';
    text[2 * ('"' - '!')] = text[2 * ('#' - '!')] = '\n';
    open_text("", text);
    for (const char *at = text; *at; at += 2) {
        ck_assert_str_eq(tableset_ask(&set, apr_pstrmemdup(set.pool, at, 1)),
                         *at == '\n' ? "MISSING" : "");
    }
}

TEST_LOOP(a_hundred_thousand_rows_are_all_found, 0, 2)
{
    char *text = apr_palloc(set.pool, 100000 * 32), *to = text;
    cc_answer_info_t info;
    apr_pool_t *p;

    for (int i = 0; i < 100000; i++) {
        to += sprintf(to, "%06x u%d g%d\n", i * 7, i, i % 10);
    }
    open_text(_i ? "octets" : "", text);
    apr_pool_create(&p, set.pool);
    for (int i = 0; i < 700000; i++) {
        const char *row;

        apr_pool_clear(p);
        row = tableset_ask_in(set.table, apr_psprintf(p, "%06x", i), 6, &info, p);
        ck_assert_str_eq(row, i % 7 ? "MISSING" : apr_psprintf(p, "u%d|g%d", i / 7, i / 7 % 10));
    }
}

SUITE("file", .setup = setup, .teardown = teardown, .timeout = 120);
