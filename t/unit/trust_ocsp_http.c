/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests HTTP with an OCSP responder, and that no misbehaviour of it costs unbounded time or
 * memory.
 */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "cert/cert.h"
#include "ocspkit.h"
#include "suite.h"

static apr_pool_t *pool;
static pki_t ca, leaf;
static reply_t good;
static responder_t *responder;
static const char *why;          /* why the last question failed */
static apr_interval_time_t took; /* and its duration */

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    leaf = pki_client("leaf", &ca);
    good = ocsp_good(&leaf, &ca);
    responder = responder_start(ANSWERS, &good, pool);
}

static void teardown(void)
{
    responder_stop(responder);
    pki_free(&ca);
    pki_free(&leaf);
    apr_pool_destroy(pool);
}

static bool ask_url(const char *text, int msec)
{
    cc_ocsp_subject_t of = {leaf.cert, ca.cert};
    OCSP_REQUEST *request = cc_ocsp_request_make(&of, false);
    apr_time_t begin = apr_time_now();
    cc_url_t url;
    cc_http_exchange_t talk = {&url, begin + apr_time_from_msec(msec), NULL};
    cc_response_t response = {0};
    bool came = false;

    ck_assert_ptr_null(cc_url_read(&url, text, pool));
    came = cc_http_exchange(&response, &talk, request, pool);
    took = apr_time_now() - begin;
    why = talk.error;
    ck_assert(came == (why == NULL) && came == (response.len > 0));
    ck_assert_uint_eq(ERR_peek_error(), 0);
    OCSP_REQUEST_free(request);
    return came;
}

/* Whether a responder with this behaviour gives an answer. */
static bool ask(behaviour_t behaviour, int msec)
{
    responder->behaviour = behaviour;
    return ask_url(responder->url, msec);
}

static void fails_at_once(behaviour_t behaviour, const char *says)
{
    ck_assert(!ask(behaviour, 5000));
    ck_assert_msg(strstr(why, says) != NULL, "%s", why);
    ck_assert_int_lt(took, apr_time_from_sec(2));
}

static void fails_in_time(behaviour_t behaviour)
{
    ck_assert(!ask(behaviour, 300));
    ck_assert_str_eq(why, "no answer in time");
    ck_assert_int_ge(took, apr_time_from_msec(290));
    ck_assert_int_lt(took, apr_time_from_sec(5));
}

TEST(a_question_is_a_post_with_its_type_and_without_a_connection_kept)
{
    ck_assert(ask(ANSWERS, 2000));
    ck_assert_msg(strncmp(responder->head, "POST /ocsp?a=b HTTP/1.0\r\n", 25) == 0, "%s",
                  responder->head);
    ck_assert_ptr_nonnull(
        strstr(responder->head, "\r\nContent-Type: application/ocsp-request\r\n"));
    ck_assert_ptr_nonnull(
        strstr(responder->head, apr_psprintf(pool, "\r\nHost: 127.0.0.1:%d\r\n", responder->port)));
    ck_assert_ptr_null(strstr(responder->head, "keep-alive"));
}

TEST(an_answer_that_comes_in_pieces_is_an_answer)
{
    ck_assert(ask(ANSWERS_IN_PIECES, 3000));
}

TEST(an_answer_is_not_waited_for_beyond_its_end)
{
    ck_assert(ask(ANSWERS_AND_STAYS, 3000));
    ck_assert_int_lt(took, apr_time_from_sec(1));
}

TEST(a_proxy_of_the_environment_is_not_asked)
{
    setenv("http_proxy", "http://127.0.0.1:1/", 1);
    setenv("HTTP_PROXY", "http://127.0.0.1:1/", 1);
    ck_assert(ask(ANSWERS, 2000));
}

TEST(a_redirect_is_not_followed)
{
    fails_at_once(REDIRECTS, "redirection");
    apr_sleep(apr_time_from_msec(100));
    ck_assert_int_eq(responder->asked, 1);
    ck_assert_int_eq(responder->elsewhere, 0);
}

TEST(what_is_no_answer_fails_at_once)
{
    fails_at_once(FAILS, "HTTP status 500");
    fails_at_once(NAMES_NO_TYPE, "no Content-Type");
    fails_at_once(NAMES_ANOTHER_TYPE, "text/html");
    fails_at_once(SAYS_GARBAGE, "ASN.1");
    fails_at_once(SAYS_NOTHING, "closed the connection before the end");
    fails_at_once(SAYS_MORE, "closed the connection before the end");
}

TEST(what_a_responder_says_comes_into_no_log_as_it_is)
{
    fails_at_once(SAYS_NO_HTTP, "220 smtp.example.com");
    ck_assert_ptr_null(cc_text_unusable(why, strlen(why)));
}

TEST(ten_megabytes_are_not_read)
{
    fails_at_once(SAYS_TOO_MUCH, "too large");
}

TEST(headers_without_end_are_not_read)
{
    fails_at_once(SAYS_HEADERS, "too large");
}

TEST(a_dead_port_fails_at_once)
{
    ck_assert(!ask_url(responder_nobody(pool), 5000));
    ck_assert_msg(strstr(why, "refused") != NULL, "%s", why);
    ck_assert_int_lt(took, apr_time_from_sec(1));
}

TEST(a_host_that_does_not_exist_fails)
{
    ck_assert(!ask_url("http://nobody.invalid/", 5000));
}

TEST(a_responder_that_hangs_is_waited_for_no_longer_than_the_timeout)
{
    fails_in_time(HANGS);
}

TEST(a_responder_that_drips_is_waited_for_no_longer_than_the_timeout)
{
    fails_in_time(DRIPS);
}

TEST(a_deadline_that_has_passed_asks_nobody)
{
    ck_assert(!ask(ANSWERS, 0));
    ck_assert_str_eq(why, "no answer in time");
    ck_assert_int_eq(responder->asked, 0);
}

SUITE("talk", .setup = setup, .teardown = teardown, .timeout = 60);
