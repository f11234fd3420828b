/* SPDX-License-Identifier: Apache-2.0 */
/* Tests replies that no Redis gives: cut short, in pieces, late, or wrong. */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <apr_strings.h>

#include "suite.h"
#include "tableset.h"

/* ---- a server whose answers the test sets ---------------------------------------------- */

typedef struct {
    const char *text;
    bool bytewise; /* an octet at a time */
    bool closes;   /* then closes the connection */
} answer_t;

enum { ANSWERS_MOST = 2 }; /* copied, since its thread may still send when a test has ended */
static struct {
    int fd, port;
    answer_t answers[ANSWERS_MOST]; /* to each question in order; the last one repeats */
    int count;
    int connections;
    int questions;
    const char *later; /* sent once the test has taken the first answer; NULL: nothing */
    int taken;
    int added; /* the text has been sent */
} server;

static tableset_t set;

static void answer(int fd, const answer_t *what)
{
    for (const char *at = what->text; *at;) {
        size_t len = what->bytewise ? 1 : strlen(at);

        if (write(fd, at, len) != (ssize_t)len)
            return;
        at += len;
        if (what->bytewise)
            usleep(2000);
    }
}

static int count_of(const int *counter)
{
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static void add_later(int fd)
{
    while (count_of(&server.taken) == 0)
        usleep(1000);
    answer(fd, &(answer_t){server.later, false, false});
    __atomic_add_fetch(&server.added, 1, __ATOMIC_SEQ_CST);
}

static void *serve(void *unused)
{
    for (int fd; (fd = accept(server.fd, NULL, NULL)) >= 0; close(fd)) {
        char question[4000]; /* at least a ClientHello */

        __atomic_add_fetch(&server.connections, 1, __ATOMIC_SEQ_CST);
        while (read(fd, question, sizeof(question)) > 0) {
            int i = __atomic_fetch_add(&server.questions, 1, __ATOMIC_SEQ_CST);
            const answer_t *what = &server.answers[i < server.count ? i : server.count - 1];

            answer(fd, what);
            if (server.later && i == 0)
                add_later(fd);
            if (what->closes)
                break;
        }
    }
    return unused;
}

static void setup(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    tableset_begin(&set);
    memset(&server, 0, sizeof(server));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(server.fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(server.fd, 8), 0);
    ck_assert_int_eq(getsockname(server.fd, (struct sockaddr *)&address, &len), 0);
    server.port = ntohs(address.sin_port);
}

static void teardown(void)
{
    tableset_end(&set);
}

static void open_at(const answer_t *answers, int count, const char *format)
{
    pthread_t thread;

    ck_assert_int_le(count, ANSWERS_MOST);
    memcpy(server.answers, answers, (size_t)count * sizeof(*answers));
    server.count = count;
    pthread_create(&thread, NULL, serve, NULL);
    pthread_detach(thread);
    tableset_open(&set,
                  apr_pstrcat(set.pool, apr_psprintf(set.pool, format, server.port),
                              " ttl=0 negative_ttl=0 timeout=1", NULL),
                  0);
}

static void open_with(const answer_t *answers, int count)
{
    open_at(answers, count, "redis:127.0.0.1:%d");
}

/* The table's answer, without the common beginning of its failures. */
static const char *ask(void)
{
    const char *said = tableset_ask(&set, "k");
    const char *begin = apr_psprintf(set.pool, "FAILED: Redis at 127.0.0.1:%d: ", server.port);

    return strncmp(said, begin, strlen(begin)) == 0 ? said + strlen(begin) : said;
}

/* ---- one answer ------------------------------------------------------------------------ */

#define NO_REDIS "its answer is not that of a Redis server, or is larger than 1 MiB"
#define CLOSED "it closed the connection without an answer"
#define LATE "no answer within 1 s"

typedef struct {
    answer_t answer;
    const char *said;
    bool kept; /* the connection is used for the next question */
} case_t;

static const case_t cases[] = {
    {{"$1\r\na\r\n", false, false}, "a", true},
    {{"$1\r\na\r\n", true, false}, "a", true},
    {{"$0\r\n\r\n", true, false}, "", true},
    {{"$-1\r\n", true, false}, "MISSING", true},
    {{"$3\r\n\r\n\r\r\n", true, false}, NULL, true},
    {{"-ERR bad \x1b[2J\"\r\n", true, false}, "ERR bad \\x1B[2J\\\"", true},
    {{"-\r\n", false, false}, "", true},
    {{"$10\r\nabc", false, true}, CLOSED, false},
    {{"$10\r\n", false, true}, CLOSED, false},
    {{"$1", false, true}, CLOSED, false},
    {{"", false, true}, CLOSED, false},
    {{"$3\r\nabc\r", false, true}, CLOSED, false},
    {{"$10\r\nabc", false, false}, LATE, false},
    {{"", false, false}, LATE, false},
    {{"$1\r\nab\r\n", false, false}, NO_REDIS, false},
    {{"$1\r\na\r\n$1\r\nb\r\n", false, false}, NO_REDIS, false},
    {{"$-1\r\n$-1\r\n", false, false}, NO_REDIS, false},
    {{"-ERR\r\n-ERR\r\n", false, false}, NO_REDIS, false},
    {{"$1\r\naXX", false, false}, NO_REDIS, false},
    {{"$1\na\r\n", false, false}, NO_REDIS, false},
    {{"$\r\n\r\n", false, false}, NO_REDIS, false},
    {{"$-2\r\n", false, false}, NO_REDIS, false},
    {{"$-12\r\n", false, false}, NO_REDIS, false},
    {{"$+1\r\na\r\n", false, false}, NO_REDIS, false},
    {{"$1x\r\na\r\n", false, false}, NO_REDIS, false},
    {{"$1048577\r\n", false, false}, LATE, false}, /* refused when the value is this long */
    {{"$9223372036854775807\r\n", false, false}, LATE, false},
    {{"$9223372036854775808\r\n", false, false}, NO_REDIS, false},
    {{"$99999999999999999999\r\n", false, false}, NO_REDIS, false},
    {{"$18446744073709551617\r\na\r\n", false, false}, NO_REDIS, false},
    {{"+OK\r\n", false, false}, NO_REDIS, false},
    {{":1\r\n", false, false}, NO_REDIS, false},
    {{"*1\r\n$1\r\na\r\n", false, false}, NO_REDIS, false},
    {{"*0\r\n", false, false}, NO_REDIS, false},
    {{"*-1\r\n", false, false}, NO_REDIS, false},
    {{"*2147483647\r\n", false, false}, NO_REDIS, false}, /* nothing is allocated for it */
    {{"*9223372036854775807\r\n", false, false}, NO_REDIS, false},
    {{"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", false, false},
     NO_REDIS,
     false},
    {{"%1\r\n", false, false}, NO_REDIS, false},
    {{"~1\r\n", false, false}, NO_REDIS, false},
    {{">1\r\n", false, false}, NO_REDIS, false},
    {{"_\r\n", false, false}, NO_REDIS, false},
    {{"#t\r\n", false, false}, NO_REDIS, false},
    {{",1.5\r\n", false, false}, NO_REDIS, false},
    {{"(12\r\n", false, false}, NO_REDIS, false},
    {{"=5\r\ntxt:a\r\n", false, false}, NO_REDIS, false},
    {{"\r\n", false, false}, NO_REDIS, false},
    {{"\n", false, false}, NO_REDIS, false},
    {{"HTTP/1.1 400 Bad Request\r\n\r\n", false, false}, NO_REDIS, false},
};

TEST_LOOP(an_answer_is_taken_whole_or_not_at_all_and_never_for_a_missing_key, 0, COUNT(cases))
{
    const case_t *expected = &cases[_i];
    const char *said;

    open_with(&expected->answer, 1);
    said = ask();
    if (expected->said)
        ck_assert_str_eq(said, expected->said);
    else
        ck_assert_ptr_nonnull(strstr(said, "FAILED: the value is not a valid row"));
    ck_assert_int_eq(count_of(&server.connections), 1);
    ask();
    ck_assert_int_eq(count_of(&server.connections), expected->kept ? 1 : 2);
}

TEST(a_line_without_end_is_not_read_for_ever)
{
    static char line[100001]; /* the server still reads it after this test */
    static const answer_t endless = {line, false, false};

    memset(line, '-', 100000);
    open_with(&endless, 1);
    ck_assert_str_eq(ask(), NO_REDIS);
}

/* ---- the login --------------------------------------------------------------------------- */

static const case_t logins[] = {
    {{"+OK\r\n", true, false}, "a", true},
    {{"-ERR no\r\n", false, false}, "it refused AUTH: ERR no", false},
    {{"-WRONGPASS \x1b[2J\r\n", false, false}, "it refused AUTH: WRONGPASS \\x1B[2J", false},
    {{"-ERR unknown command `AUTH`, with args beginning with: `secret`\r\n", false, false},
     "it refused AUTH: ERR unknown command ",
     false},
    {{"-ERR not secret\r\n", false, false},
     "it refused AUTH: its answer repeats the password",
     false},
    {{"$1\r\na\r\n", false, false}, NO_REDIS, false},
    {{"$-1\r\n", false, false}, NO_REDIS, false},
    {{"+NO\r\n", false, false}, NO_REDIS, false},
    {{"+OK\r\n$1\r\na\r\n", false, false}, NO_REDIS, false},
    {{":1\r\n", false, false}, NO_REDIS, false},
    {{"", false, true}, CLOSED, false},
    {{"", false, false}, LATE, false},
};

TEST_LOOP(a_login_is_accepted_before_anything_is_asked, 0, COUNT(logins))
{
    const case_t *expected = &logins[_i];
    const answer_t answers[] = {expected->answer, {"$1\r\na\r\n", false, false}};

    open_at(answers, 2, "redis:127.0.0.1:%d password=secret");
    ck_assert_str_eq(ask(), expected->said);
    ck_assert_int_eq(count_of(&server.questions), expected->kept ? 2 : 1);
    if (expected->kept) {
        ck_assert_str_eq(ask(), "a"); /* it logs in once */
        ck_assert_int_eq(count_of(&server.questions), 3);
        ck_assert_int_eq(count_of(&server.connections), 1);
    }
}

TEST(a_server_that_does_not_speak_tls_is_a_failure)
{
    static const answer_t answer = {"HTTP/1.1 400 Bad Request\r\n\r\n", false, false};
    static const answer_t closes = {"", false, true};

    open_at(&answer, 1, "rediss://127.0.0.1:%d");
    ck_assert_str_eq(ask(), "TLS failed: wrong version number");
    open_at(&closes, 1, "rediss://127.0.0.1:%d");
    ck_assert_str_eq(ask(), CLOSED);
}

/* ---- several questions at once --------------------------------------------------------- */

TEST(several_answers_are_taken_in_their_order)
{
    static const answer_t answer = {"$1\r\na\r\n$-1\r\n-ERR x\r\n$1\r\nb\r\n", true, false};
    const cc_query_t *keys;

    open_with(&answer, 1);
    keys = tableset_ask_many(&set, 4, "k%d");
    ck_assert_str_eq(keys[0].row.columns[0].values[0], "a");
    ck_assert_int_eq(keys[1].result, CC_TABLE_MISSING);
    ck_assert_ptr_nonnull(strstr(keys[2].info.failure, "ERR x"));
    ck_assert_str_eq(keys[3].row.columns[0].values[0], "b");
}

TEST(what_is_no_answer_or_one_too_many_answers_nothing_that_follows)
{
    static const answer_t bad = {"$1\r\na\r\n+OK\r\n$1\r\nb\r\n", false, false};
    static const answer_t more = {"$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", false, false};
    const cc_query_t *keys;

    open_with(&bad, 1);
    keys = tableset_ask_many(&set, 3, "k%d");
    ck_assert_int_eq(keys[0].result, CC_TABLE_FOUND);
    ck_assert_int_eq(keys[1].result, CC_TABLE_FAILED);
    ck_assert_int_eq(keys[2].result, CC_TABLE_FAILED);
    open_with(&more, 1);
    keys = tableset_ask_many(&set, 2, "k%d");
    ck_assert_int_eq(keys[0].result, CC_TABLE_FAILED);
    ck_assert_int_eq(keys[1].result, CC_TABLE_FAILED);
}

TEST(a_reply_that_comes_between_two_questions_answers_neither)
{
    static const answer_t answers[] = {{"$1\r\na\r\n", false, false},
                                       {"$1\r\nb\r\n", false, false}};

    server.later = "$1\r\nx\r\n";
    open_with(answers, 2);
    ck_assert_str_eq(ask(), "a");
    __atomic_add_fetch(&server.taken, 1, __ATOMIC_SEQ_CST);
    while (count_of(&server.added) == 0)
        usleep(1000);
    ck_assert_str_eq(ask(), "b");
    ck_assert_int_eq(count_of(&server.connections), 2);
}

TEST(answers_that_are_too_large_together_are_a_failure)
{
    enum { SIZE = CC_ANSWER_MAX, REPLIES = 5 };
    static char text[REPLIES * (SIZE + 12) + 1]; /* the server reads it beyond this test's end */
    static const answer_t answer = {text, false, false};
    const cc_query_t *keys;

    memset(text, 'x', sizeof(text) - 1);
    for (int i = 0; i < REPLIES; i++) {
        memcpy(text + i * (SIZE + 12), "$1048576\r\n", 10);
        memcpy(text + (i + 1) * (SIZE + 12) - 2, "\r\n", 2);
    }
    open_with(&answer, 1);
    keys = tableset_ask_many(&set, REPLIES, "k%d");
    for (int i = 0; i < REPLIES; i++)
        ck_assert_ptr_nonnull(strstr(keys[i].info.failure, CC_ANSWERS_TOO_LARGE));
}

/* ---- one answer after the other -------------------------------------------------------- */

TEST(an_idle_connection_that_was_closed_is_replaced_by_a_new_one)
{
    static const answer_t answers[] = {{"$1\r\na\r\n", false, true}, {"$1\r\nb\r\n", false, false}};

    open_with(answers, 2);
    ck_assert_str_eq(ask(), "a");
    ck_assert_str_eq(ask(), "b");
    ck_assert_str_eq(ask(), "b");
    ck_assert_int_eq(count_of(&server.connections), 2);
}

TEST(a_server_that_closes_every_connection_is_asked_twice_at_most)
{
    static const answer_t answers[] = {{"$1\r\na\r\n", false, false}, {"", false, true}};

    open_with(answers, 2);
    ck_assert_str_eq(ask(), "a");
    ck_assert_str_eq(ask(), CLOSED);
    ck_assert_int_eq(count_of(&server.connections), 2);
    ck_assert_int_eq(count_of(&server.questions), 3);
}

TEST(an_answer_that_comes_late_answers_no_other_question)
{
    static const answer_t answers[] = {{"", false, false}, {"$1\r\nb\r\n", false, false}};

    open_with(answers, 2);
    ck_assert_str_eq(ask(), LATE);
    ck_assert_str_eq(ask(), "b");
    ck_assert_int_eq(count_of(&server.connections), 2);
}

TEST(an_answer_that_trickles_in_fails_within_the_timeout)
{
    static char text[2001]; /* the server still reads it after this test */
    static const answer_t slow = {text, true, false};
    apr_time_t before;

    memset(text, 'v', 2000);
    memcpy(text, "$3000\r\n", 7);
    open_with(&slow, 1);
    before = apr_time_now();
    ck_assert_str_eq(ask(), LATE);
    ck_assert_int_lt(apr_time_now() - before, apr_time_from_sec(5));
}

TEST(a_name_that_no_server_has_is_a_failure_with_the_reason)
{
    tableset_open(&set, "redis:no-such-host.invalid:1", 0);
    ck_assert_int_eq(
        strncmp(tableset_ask(&set, "k"), "FAILED: Redis at no-such-host.invalid:1: ", 40), 0);
}

static const char *prepare(void)
{
    signal(SIGPIPE, SIG_IGN); /* as httpd does */
    return cc_backend_redis.lookup_many ? NULL : "the module was built without hiredis";
}

SUITE("redis_replies", .own_process = true, .setup = setup, .teardown = teardown, .timeout = 60,
      .prepare = prepare);
