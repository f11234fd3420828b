/* SPDX-License-Identifier: Apache-2.0 */
/* Tests tables in a real redis-server: its answers, and what happens when it does not answer. */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netinet/in.h>

#include <apr_strings.h>

#include "redisset.h"
#include "suite.h"

static tableset_t set;
static redisset_t redis;

static void start(void)
{
    redisset_start(&redis);
}

static void stop(void)
{
    redisset_stop(&redis);
}

static const char *command(const char *words)
{
    return redisset_command(&redis, words);
}

static void setup(void)
{
    tableset_begin(&set);
    redisset_begin(&redis, &set);
    start();
}

static void teardown(void)
{
    stop();
    tableset_end(&set);
}

static void open_at(const char *host, const char *rest)
{
    tableset_open(&set, apr_psprintf(set.pool, "redis:%s:%d%s", host, redis.port, rest), 0);
}

/* ---- answers --------------------------------------------------------------------------- */

TEST(the_value_of_a_key_is_a_line_of_columns)
{
    command("SET k \"u g1,g2\"");
    command("SET line \"u\\r\\n\"");
    command("SET empty \"\"");
    command("SET bad \"a,,b\"");
    command("RPUSH list x");
    open_at("127.0.0.1", "");
    ck_assert_str_eq(tableset_ask(&set, "k"), "u|g1,g2");
    ck_assert_str_eq(tableset_ask(&set, "line"), "u");
    ck_assert_str_eq(tableset_ask(&set, "empty"), "");
    ck_assert_str_eq(tableset_ask(&set, "none"), "MISSING");
    ck_assert_int_eq(strncmp(tableset_ask(&set, "bad"), "FAILED: the value is not a valid row", 36),
                     0);
    ck_assert_ptr_nonnull(strstr(tableset_ask(&set, "list"), ": WRONGTYPE Operation against"));
    ck_assert_str_eq(tableset_ask(&set, "empty"), "");
}

TEST(the_prefix_stands_before_the_key)
{
    command("SET a/b:k u");
    command("SET a/b:0a1b o");
    command("SET k w");
    open_at("127.0.0.1", "/a/b:");
    ck_assert_str_eq(tableset_ask(&set, "k"), "u");
    open_at("localhost", "/a/b: octets");
    ck_assert_str_eq(tableset_ask(&set, "0A:1B"), "o");
    open_at("127.0.0.1", "/ nocase");
    ck_assert_str_eq(tableset_ask(&set, "K"), "w");
}

TEST(a_key_is_never_read_as_a_command)
{
    static const char *const keys[] = {"x\r\nSET evil 1\r\n",
                                       "x\r\n*3\r\n$3\r\nSET\r\n$4\r\nevil\r\n$1\r\n1\r\n",
                                       "\r\n",
                                       " SET evil 1",
                                       "\"x\" \"y\"",
                                       "$-1\r\n",
                                       "\n",
                                       "x\nSET evil 1\n"};

    command("SET k u");
    open_at("127.0.0.1", " ttl=0 negative_ttl=0");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        ck_assert_str_eq(tableset_ask(&set, keys[i]), "MISSING");
        ck_assert_str_eq(tableset_ask(&set, "k"), "u");
        ck_assert_str_eq(tableset_ask(&set, "evil"), "MISSING");
    }
    ck_assert_str_eq(command("DBSIZE"), ":1\r\n");
}

TEST_LOOP(a_value_of_any_length_is_read_whole, 0, 7)
{
    apr_size_t sizes[] = {4000, 4090, 4096, 5000, 100000, 1024 * 1024, 1024 * 1024 + 1};
    apr_size_t len = sizes[_i];
    char *value = apr_pcalloc(set.pool, len + 1);

    memset(value, 'v', len);
    command(apr_psprintf(set.pool, "EVAL \"redis.call('SET','k',string.rep('v',%d)) return 1\" 0",
                         (int)len));
    open_at("127.0.0.1", "");
    ck_assert_str_eq(tableset_ask(&set, "k"),
                     len <= 1024 * 1024
                         ? value
                         : apr_psprintf(set.pool,
                                        "FAILED: Redis at 127.0.0.1:%d: its answer is not that of "
                                        "a Redis server, or is larger than 1 MiB",
                                        redis.port));
}

TEST(many_keys_are_asked_for_at_once_and_each_gets_its_own_value)
{
    const cc_query_t *keys;

    open_at("127.0.0.1", "/p: ttl=0");
    for (int i = 0; i < 200; i += 3)
        command(apr_psprintf(set.pool, "set p:k%d v%d", i, i));
    command("lpush p:k100 x");
    keys = tableset_ask_many(&set, 200, "k%d");
    ck_assert_ptr_nonnull(strstr(keys[100].info.failure, "WRONGTYPE"));
    for (int i = 0; i < 200; i++) {
        if (i % 3 == 0)
            ck_assert_str_eq(keys[i].row.columns[0].values[0], apr_psprintf(set.pool, "v%d", i));
        else if (i != 100)
            ck_assert_int_eq(keys[i].result, CC_TABLE_MISSING);
    }
    ck_assert_str_eq(tableset_ask(&set, "k3"), "v3");
}

TEST(ipv6_is_spoken_too)
{
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool there = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

    close(fd);
    command("SET k u");
    open_at("[::1]", "/");
    ck_assert_int_eq(strcmp(tableset_ask(&set, "k"), "u") == 0, there);
}

TEST(a_server_that_asks_for_a_password_is_a_failure_with_its_words)
{
    open_at("127.0.0.1", "");
    command("CONFIG SET requirepass secret");
    ck_assert_ptr_nonnull(strstr(tableset_ask(&set, "k"), ": NOAUTH Authentication required"));
}

/* ---- failures and recoveries ----------------------------------------------------------- */

TEST(after_a_server_that_is_down_has_returned_the_next_lookup_works)
{
    command("SET k u");
    open_at("127.0.0.1", " ttl=0");
    ck_assert_str_eq(tableset_ask(&set, "k"), "u");
    stop();
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(tableset_ask(&set, "k"),
                         apr_psprintf(set.pool, "FAILED: Redis at 127.0.0.1:%d: Connection refused",
                                      redis.port));
    start();
    command("SET k w");
    ck_assert_str_eq(tableset_ask(&set, "k"), "w");
}

TEST(a_restart_between_two_lookups_is_not_noticed)
{
    command("SET k u");
    open_at("127.0.0.1", " ttl=0");
    ck_assert_str_eq(tableset_ask(&set, "k"), "u");
    stop();
    start();
    command("SET k w");
    ck_assert_str_eq(tableset_ask(&set, "k"), "w");
}

TEST(a_server_that_is_slow_fails_within_the_timeout_and_answers_nothing_late)
{
    apr_time_t before;

    command("SET a one");
    command("SET b two");
    open_at("127.0.0.1", " ttl=0 timeout=1");
    ck_assert_str_eq(tableset_ask(&set, "a"), "one");
    kill(redis.process, SIGSTOP);
    for (int i = 0; i < 2; i++) { /* on an open connection, and on a new one */
        before = apr_time_now();
        ck_assert_str_eq(tableset_ask(&set, "a"),
                         apr_psprintf(set.pool,
                                      "FAILED: Redis at 127.0.0.1:%d: no answer within 1 s",
                                      redis.port));
        ck_assert_int_lt(apr_time_now() - before, apr_time_from_sec(5));
    }
    kill(redis.process, SIGCONT);
    ck_assert_str_eq(tableset_ask(&set, "b"), "two");
    ck_assert_str_eq(tableset_ask(&set, "a"), "one");
}

/* ---- threads and children -------------------------------------------------------------- */

static int ask_much(const char *which)
{
    int wrong = 0;
    apr_pool_t *p;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    for (int i = 0; i < 2000; i++) {
        cc_answer_info_t info;
        const char *row = tableset_ask_in(set.table, which, strlen(which), &info, p);

        wrong += strcmp(row, which) != 0;
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return wrong;
}

static void *thread_ask(void *which)
{
    return ask_much(which) ? which : NULL;
}

TEST(threads_get_the_answers_to_their_own_questions)
{
    static char names[8][2] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    pthread_t threads[8];
    void *wrong;

    open_at("127.0.0.1", " ttl=0 timeout=30");
    for (int i = 0; i < 8; i++) {
        command(apr_psprintf(set.pool, "SET %s %s", names[i], names[i]));
        pthread_create(&threads[i], NULL, thread_ask, names[i]);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], &wrong);
        ck_assert_ptr_null(wrong);
    }
}

TEST(children_do_not_talk_into_a_conversation_of_their_parent)
{
    static const char *const names[] = {"a", "b", "c"};
    pid_t children[3];
    int status;

    for (int i = 0; i < 3; i++)
        command(apr_psprintf(set.pool, "SET %s %s", names[i], names[i]));
    open_at("127.0.0.1", " ttl=0 timeout=30");
    ck_assert_str_eq(tableset_ask(&set, "a"), "a");
    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(ask_much(names[i]) != 0);
    }
    ck_assert_int_eq(ask_much("a"), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert_int_eq(status, 0);
    }
}

SUITE("redis", .setup = setup, .teardown = teardown, .timeout = 60, .prepare = redisset_prepare);
