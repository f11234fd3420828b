/* SPDX-License-Identifier: Apache-2.0 */
/* Tests options of directives: each type, its limits, and the word that errors name. */
#include <string.h>

#include "base/option.h"
#include "base/words.h"
#include "suite.h"

typedef struct {
    bool flag, choice;
    apr_interval_time_t wait;
    int number;
    const char *text;
    const char *custom;
    enum { NO_WORD, ONE, TWO, THREE } word;
} record_t;

static apr_status_t custom_set(void *record, const char *value, apr_pool_t *p, cc_error_t *err)
{
    ((record_t *)record)->custom = value;
    return *value ? APR_SUCCESS : cc_error_set(err, p, "T4", value, "custom");
}

static const char *const words[] = {"one", "two", "three", NULL};

static const cc_option_t options[] = {
    {.name = "word", .kind = CC_OPTION_WORD, .member = offsetof(record_t, word), .words = words},
    {.name = "flag", .kind = CC_OPTION_FLAG, .member = offsetof(record_t, flag)},
    {.name = "choice",
     .kind = CC_OPTION_CHOICE,
     .member = offsetof(record_t, choice),
     .no = "deny",
     .yes = "allow"},
    {.name = "wait",
     .kind = CC_OPTION_SECONDS,
     .member = offsetof(record_t, wait),
     .min = apr_time_from_msec(100),
     .max = apr_time_from_sec(60),
     .range = "0.1 to 60",
     .usual = apr_time_from_sec(3)},
    {.name = "number",
     .kind = CC_OPTION_NUMBER,
     .member = offsetof(record_t, number),
     .min = 1,
     .range = "1 to many",
     .usual = 7},
    {.name = "text", .kind = CC_OPTION_TEXT, .member = offsetof(record_t, text)},
    {.name = "custom", .kind = CC_OPTION_CUSTOM, .set = custom_set},
};

static apr_pool_t *pool;
static record_t record;
static cc_option_reader_t reader;
static cc_error_t err;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    record = (record_t){.flag = false};
    err = (cc_error_t){NULL, NULL, NULL, NULL};
    reader = (cc_option_reader_t){.options = options,
                                  .count = COUNT(options),
                                  .record = &record,
                                  .value_tag = "T1",
                                  .text_tag = "T2",
                                  .twice_tag = "T3",
                                  .pool = pool,
                                  .err = &err};
    cc_options_usual(&reader);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static bool reads(const char *word)
{
    const cc_option_t *option = cc_option_find(&reader, word);

    ck_assert_ptr_nonnull(option);
    return cc_option_read(&reader, option, word) == APR_SUCCESS;
}

TEST(what_does_not_stand_there_is_usual)
{
    ck_assert(!record.flag && !record.choice && !record.text && !record.custom);
    ck_assert_int_eq(record.word, NO_WORD);
    ck_assert_int_eq(record.wait, apr_time_from_sec(3));
    ck_assert_int_eq(record.number, 7);
}

TEST(each_kind_is_read_into_its_member)
{
    ck_assert(reads("flag") && reads("choice=allow") && reads("wait=0.25") && reads("number=1"));
    ck_assert(reads("text=a=b") && reads("custom=x"));
    ck_assert(record.flag && record.choice);
    ck_assert_int_eq(record.wait, 250000);
    ck_assert_int_eq(record.number, 1);
    ck_assert_str_eq(record.text, "a=b");
    ck_assert_str_eq(record.custom, "x");
}

TEST(a_word_gives_its_place_and_none_the_first)
{
    ck_assert(reads("word=three"));
    ck_assert_int_eq(record.word, THREE);
    reader.seen[0] = false;
    ck_assert(reads("word"));
    ck_assert_int_eq(record.word, ONE);
}

TEST(a_name_is_found_as_a_whole)
{
    ck_assert_ptr_null(cc_option_find(&reader, "fla"));
    ck_assert_ptr_null(cc_option_find(&reader, "flags"));
    ck_assert_ptr_null(cc_option_find(&reader, "=flag"));
    ck_assert_ptr_null(cc_option_find(&reader, ""));
}

static const struct {
    const char *word, *tag, *blamed, *says;
} errors[] = {
    {"flag=1", "T1", "flag=1", "flag takes no value; write it without one"},
    {"choice=maybe", "T1", "choice=maybe", "not a valid value; write choice=deny or choice=allow"},
    {"choice", "T1", "choice", "not a valid value; write choice=deny or choice=allow"},
    {"wait=0.05", "T1", "wait=0.05",
     "not a valid value; write wait=SECONDS, a number from 0.1 to 60"},
    {"wait=60.1", "T1", "wait=60.1",
     "not a valid value; write wait=SECONDS, a number from 0.1 to 60"},
    {"wait", "T1", "wait", "not a valid value; write wait=SECONDS, a number from 0.1 to 60"},
    {"number=0", "T1", "number=0",
     "not a valid value; write number=NUMBER, a number from 1 to many"},
    {"number=1000000001", "T1", "number=1000000001",
     "not a valid value; write number=NUMBER, a number from 1 to many"},
    {"word=four", "T1", "word=four",
     "not a valid value; write word, word=one, word=two or word=three"},
    {"word=", "T1", "word=", "not a valid value; write word, word=one, word=two or word=three"},
    {"text=", "T2", "text", "the value is missing; write text=TEXT"},
    {"text", "T2", "text", "the value is missing; write text=TEXT"},
    {"custom=", "T4", "", "custom"},
};

TEST_LOOP(an_error_says_what_would_be_legal, 0, COUNT(errors))
{
    ck_assert(!reads(errors[_i].word));
    ck_assert_str_eq(err.tag, errors[_i].tag);
    ck_assert_str_eq(err.word, errors[_i].blamed);
    ck_assert_str_eq(err.message, errors[_i].says);
}

TEST(what_stands_there_twice_is_an_error_that_shows_no_secret)
{
    ck_assert(reads("number=1") && !reads("number=2"));
    ck_assert_str_eq(err.tag, "T3");
    ck_assert_str_eq(err.word, "number=2");
    ck_assert_str_eq(err.message, "number is given twice; give it once");
    ck_assert(reads("text=secret") && !reads("text=secret"));
    ck_assert_str_eq(err.word, "text");
}

TEST(the_value_alone_may_be_blamed)
{
    reader.blames_value = true;
    ck_assert(!reads("wait=soon"));
    ck_assert_str_eq(err.word, "soon");
}

TEST(each_of_the_words_is_an_option_with_a_value)
{
    apr_array_header_t *all;

    ck_assert_int_eq(cc_words_split(&all, "first number=2 text=x", pool, NULL),
                     APR_SUCCESS);
    reader.unknown_tag = "T5";
    reader.unknown = "write number=NUMBER 100%";
    ck_assert_int_eq(cc_option_words(&reader, all, 1), APR_SUCCESS);
    ck_assert_int_eq(record.number, 2);
    ck_assert_str_eq(record.text, "x");
    ck_assert_int_ne(cc_option_words(&reader, all, 0), APR_SUCCESS);
    ck_assert_str_eq(err.tag, "T5");
    ck_assert_str_eq(err.word, "first");
    ck_assert_str_eq(err.message, "write number=NUMBER 100%");
}

SUITE("option", .setup = setup, .teardown = teardown);
