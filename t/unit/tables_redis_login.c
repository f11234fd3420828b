/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how tables reach a real redis-server: URLs, logins, databases, Unix sockets, TLS. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "redisset.h"
#include "suite.h"

static tableset_t set;
static redisset_t redis;

static const char *command(const char *words)
{
    return redisset_command(&redis, words);
}

static void setup(void)
{
    tableset_begin(&set);
    redisset_begin(&redis, &set);
}

static void teardown(void)
{
    redisset_stop(&redis);
    tableset_end(&set);
}

/* The answer for a key of the table with this source, in which @ is the place of the server. */
static const char *asked(const char *before, const char *after, const char *key)
{
    tableset_open(&set,
                  apr_psprintf(set.pool, "%s127.0.0.1:%d%s timeout=2 ttl=0 negative_ttl=0", before,
                               redis.port, after),
                  0);
    return tableset_ask(&set, key);
}

/* What follows "FAILED: Redis at PLACE: ". */
static const char *failed(const char *answer)
{
    const char *reason = strstr(answer, "FAILED: Redis at ");

    ck_assert_msg(reason == answer, "%s", answer);
    return strstr(answer + strlen("FAILED: Redis at "), ": ") + 2;
}

/* ---- logins ---------------------------------------------------------------------------- */

static void with_users(void)
{
    redisset_start(&redis);
    command("SET k u");
    command("SELECT 3");
    ck_assert_str_eq(command("ACL SETUSER web on >se:cr@t% ~cert:* +get +select"), "+OK\r\n");
    command("SET cert:k w");
    command("CONFIG SET requirepass \"pass word\"");
}

static const struct {
    const char *before, *after, *key, *answer; /* an answer with a colon: of a failure */
} logins[] = {
    {"redis:", " 'password=pass word'", "k", "u"},
    {"redis:", "/cert: 'password=pass word'", "k", "w"},
    {"redis://:pass%20word@", "", "k", "u"},
    {"redis://default:pass%20word@", "/0", "k", "u"},
    {"redis://", " 'password=pass word'", "k", "u"},
    {"redis://", " 'password=pass word' prefix=cert:", "k", "w"},
    {"redis://web:se%3Acr%40t%25@", " prefix=cert:", "k", "w"},
    {"redis://web@", " password=se:cr@t% prefix=cert:", "k", "w"},
    {"redis://", " user=web password=se:cr@t% prefix=cert:", "k", "w"},
    {"redis://", " user=web password=se:cr@t% prefix=cert:", "none", "MISSING"},
    {"redis:", "", "k", "NOAUTH Authentication required."},
    {"redis://", " user=web password=se:cr@t%", "k", ": NOPERM "},
    {"redis:", " password=wrong", "k",
     "it refused AUTH: WRONGPASS invalid username-password pair or user is disabled."},
    {"redis:", " password=wrong", "none",
     "it refused AUTH: WRONGPASS invalid username-password pair or user is disabled."},
    {"redis://", " user=nobody password=wrong", "k",
     "it refused AUTH: WRONGPASS invalid username-password pair or user is disabled."},
    {"redis:", " db=99 'password=pass word'", "k",
     "it refused SELECT: ERR DB index is out of range"},
    {"redis://:pass%20word@", "/99", "k", "it refused SELECT: ERR DB index is out of range"},
};

TEST_LOOP(a_login_is_that_of_the_url_or_of_the_options, 0, COUNT(logins))
{
    const char *answer;

    with_users();
    answer = asked(logins[_i].before, logins[_i].after, logins[_i].key);
    if (strncmp(answer, "FAILED", 6) == 0)
        ck_assert_msg(strstr(failed(answer),
                             strstr(logins[_i].answer, "NOPERM") ? "NOPERM " : logins[_i].answer) !=
                          NULL,
                      "%s", answer);
    else
        ck_assert_str_eq(answer, logins[_i].answer);
}

TEST(a_refused_login_asks_for_nothing)
{
    with_users();
    asked("redis:", " password=wrong", "k");
    redisset_stop(&redis);
    redisset_start(&redis);
    command("SET k u");
    ck_assert_str_eq(failed(asked("redis:", " password=x", "k")),
                     "it refused AUTH: ERR AUTH <password> called without any password configured "
                     "for the default user. Are you sure your configuration is correct?");
    ck_assert_ptr_null(strstr(command("INFO commandstats"), "cmdstat_get"));
}

TEST(a_server_that_repeats_the_command_does_not_show_the_password)
{
    static const char *const options[] = {"--rename-command", "AUTH", "other", NULL};
    const char *answer;

    redis.options = options;
    redisset_start(&redis);
    answer = asked("redis:", " password=hunter2", "k");
    ck_assert_str_eq(failed(answer), "it refused AUTH: ERR unknown command ");
}

TEST(a_restarted_server_is_logged_in_to_again)
{
    static const char *const options[] = {"--requirepass", "secret", NULL};

    redis.options = options;
    redisset_start(&redis);
    ck_assert_str_eq(asked("redis:", " password=secret db=1", "none"), "MISSING");
    redisset_stop(&redis);
    ck_assert_str_eq(failed(tableset_ask(&set, "none")), "Connection refused");
    redisset_start(&redis);
    ck_assert_str_eq(tableset_ask(&set, "none"), "MISSING");
    redisset_stop(&redis);
    redisset_start(&redis);
    ck_assert_str_eq(tableset_ask(&set, "none"), "MISSING");
}

/* ---- databases and sockets ------------------------------------------------------------- */

static const struct {
    const char *before, *after, *answer;
} databases[] = {
    {"redis:", "", "zero"},          {"redis:", " db=0", "zero"}, {"redis:", " db=1", "one"},
    {"redis://", "", "zero"},        {"redis://", "/", "zero"},   {"redis://", "/1", "one"},
    {"redis:", "/p: db=1", "p-one"}, {"redis://", "/0", "zero"},  {"redis://", " db=1", "one"},
};

TEST_LOOP(a_database_is_chosen_by_its_number, 0, COUNT(databases))
{
    redisset_start(&redis);
    command("SET k zero");
    command("EVAL \"redis.call('SELECT',1) redis.call('SET','k','one') "
            "redis.call('SET','p:k','p-one')\" 0");
    ck_assert_str_eq(asked(databases[_i].before, databases[_i].after, "k"), databases[_i].answer);
}

TEST(a_unix_socket_is_connected_to)
{
    const char *path = tableset_path(&set, "redis.sock");
    const char *options[] = {"--unixsocket", path, NULL};

    redis.options = options;
    redisset_start(&redis);
    command("SET p:k u");
    tableset_open(&set, apr_pstrcat(set.pool, "redis:unix:", path, " prefix=p: ttl=0", NULL), 0);
    ck_assert_str_eq(tableset_ask(&set, "k"), "u");
    redisset_stop(&redis);
    ck_assert_str_eq(tableset_ask(&set, "k"), apr_pstrcat(set.pool, "FAILED: Redis at ", path,
                                                          ": Connection refused", NULL));
    redisset_start(&redis);
    command("SET p:k w");
    ck_assert_str_eq(tableset_ask(&set, "k"), "w");
    tableset_open(&set, apr_pstrcat(set.pool, "redis:unix://", path, " ttl=0", NULL), 0);
    ck_assert_str_eq(tableset_ask(&set, "p:k"), "w");
}

TEST(a_socket_whose_server_hangs_fails_within_the_timeout)
{
    const char *path = tableset_path(&set, "redis.sock");
    const char *options[] = {"--unixsocket", path, "--tcp-backlog", "1", NULL};

    redis.options = options;
    redisset_start(&redis);
    tableset_open(&set, apr_pstrcat(set.pool, "redis:unix:", path, " ttl=0 timeout=1", NULL), 0);
    kill(redis.process, SIGSTOP);
    for (int i = 0; i < 4; i++) { /* the first ones wait for an answer, the others to connect */
        ck_assert_str_eq(failed(tableset_ask(&set, "k")), "no answer within 1 s");
    }
    kill(redis.process, SIGCONT);
}

/* ---- passwords ------------------------------------------------------------------------- */

static const char *script(const char *text)
{
    tableset_write(&set, "program", text);
    ck_assert_int_eq(chmod(tableset_path(&set, "program"), 0700), 0);
    return "exec:program";
}

static const struct {
    const char *file, *program; /* one of them */
    const char *error;          /* NULL: it logs in */
} secrets[] = {
    {"secret\n", NULL, NULL},
    {"secret\r\nmore\n", NULL, NULL},
    {"secret", NULL, NULL},
    {"\nsecret", NULL, "the first line is empty"},
    {"", NULL, "the first line is empty"},
    {"secret\nmore\nlines", NULL, NULL},
    {NULL, "#!/bin/sh\nprintf 's\\0ecret'",
     "there is a NUL character in it; write text without one"},
    {NULL, "#!/bin/sh\nprintf secret; exec sleep 60", "the program has not ended after 10 s"},
    {NULL, "#!/bin/sh\necho secret; exec >&-; exec sleep 60",
     "the program has not ended after 10 s"},
    {NULL, "#!/bin/sh\ntrap '' PIPE; while :; do echo secret; done 2>/dev/null",
     "the program prints more than 8191 octets"},
    {NULL, "#!/bin/sh\necho secret; echo more", NULL},
    {NULL, "#!/bin/sh\nprintf %s $1", NULL},
    {NULL, "#!/bin/sh\n[ \"$PWD\" = \"$(dirname \"$0\")\" ] && echo secret", NULL},
    {NULL, "#!/bin/sh\n[ -z \"$HOME\" ] && echo secret", NULL},
    {NULL, "#!/bin/sh\n", "the first line is empty"},
    {NULL, "#!/bin/sh\necho secret; exit 3", "the program failed (exit status 3)"},
    {NULL, "#!/bin/sh\necho secret; kill -9 $$", "the program failed (signal 9)"},
    {NULL, "#!/bin/sh\nhead -c 9000 /dev/zero 2>/dev/null",
     "the program prints more than 8191 octets"},
};

TEST_LOOP(a_password_is_that_of_a_file_or_a_program, 0, COUNT(secrets))
{
    static const char *const options[] = {"--requirepass", "secret", NULL};
    const char *source = "file:pass";

    redis.options = options;
    redisset_start(&redis);
    if (secrets[_i].file)
        tableset_write(&set, "pass", secrets[_i].file);
    else
        source = script(secrets[_i].program);
    source =
        apr_psprintf(set.pool, "redis://127.0.0.1:%d 'password=%s secret'", redis.port, source);
    if (secrets[_i].file)
        source = apr_psprintf(set.pool, "redis://127.0.0.1:%d password=file:pass", redis.port);
    if (!secrets[_i].error) {
        tableset_open(&set, source, 0);
        ck_assert_str_eq(tableset_ask(&set, "none"), "MISSING");
    } else {
        ck_assert_int_ne(tableset_try(&set, source, 0), APR_SUCCESS);
        ck_assert_str_eq(tableset_error(&set),
                         apr_pstrcat(set.pool,
                                     "CC0649: site.conf:1: \"t\": password= gives no "
                                     "password: ",
                                     secrets[_i].error, NULL));
    }
}

/* ---- TLS ------------------------------------------------------------------------------- */

static const char *ca_file(const char *name)
{
    return apr_pstrcat(set.pool, getenv("CC_CA"), "/", name, NULL);
}

/* Starts a server with this certificate of t/ca; it asks clients for one, or not ("no"). */
static void start_tls(const char *name, const char *clients)
{
    redisset_t other;
    const char **options = apr_pcalloc(set.pool, 20 * sizeof(*options));
    const char *all[] = {"--tls-port",         NULL,   "--tls-cert-file",    NULL,
                         "--tls-key-file",     NULL,   "--tls-ca-cert-file", ca_file("root.pem"),
                         "--tls-auth-clients", clients};

    redisset_begin(&other, &set);
    redis.tls_port = other.port;
    all[1] = apr_itoa(set.pool, redis.tls_port);
    all[3] = ca_file(apr_pstrcat(set.pool, name, ".pem", NULL));
    all[5] = ca_file(apr_pstrcat(set.pool, name, ".key", NULL));
    memcpy(options, all, sizeof(all));
    redis.options = options;
    redisset_start(&redis);
    command("SET k u");
}

static const char *asked_tls(const char *host, const char *options)
{
    tableset_open(
        &set,
        apr_psprintf(set.pool, "rediss://%s:%d ttl=0 timeout=2 %s", host, redis.tls_port, options),
        0);
    return tableset_ask(&set, "k");
}

static const char *option(const char *name, const char *file)
{
    return apr_pstrcat(set.pool, " ", name, "=", ca_file(file), NULL);
}

TEST(a_server_with_tls_is_verified)
{
    start_tls("localhost", "no");
    ck_assert_str_eq(asked_tls("localhost", option("cafile", "root.pem")), "u");
    ck_assert_str_eq(asked_tls("127.0.0.1", option("cafile", "root.pem")), "u");
    ck_assert_str_eq(
        failed(asked_tls("localhost", option("cafile", "foreign-root.pem"))),
        "its certificate does not verify: self-signed certificate in certificate chain");
    ck_assert_str_eq(
        failed(asked_tls("localhost", "")),
        "its certificate does not verify: self-signed certificate in certificate chain");
}

TEST(a_server_with_another_name_is_refused)
{
    start_tls("a.example", "no");
    ck_assert_str_eq(failed(asked_tls("localhost", option("cafile", "root.pem"))),
                     "its certificate does not verify: hostname mismatch");
    ck_assert_str_eq(failed(asked_tls("127.0.0.1", option("cafile", "root.pem"))),
                     "its certificate does not verify: IP address mismatch");
}

TEST(values_of_any_length_come_over_tls)
{
    static const int sizes[] = {4000, 16384, 100000, 1024 * 1024};
    const char *answer;

    start_tls("localhost", "no");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        command(apr_psprintf(set.pool, "EVAL \"redis.call('SET','k',string.rep('v',%d))\" 0",
                             sizes[i]));
        answer = asked_tls("localhost", option("cafile", "root.pem"));
        ck_assert_int_eq((int)strlen(answer), sizes[i]);
    }
}

/* Files of t/ca as one file of the folder. */
static void join(const char *to, const char *const *names)
{
    const char *line = "cat";

    for (; *names; names++)
        line = apr_pstrcat(set.pool, line, " ", ca_file(*names), NULL);
    ck_assert_int_eq(system(apr_pstrcat(set.pool, line, " >", tableset_path(&set, to), NULL)), 0);
}

TEST(a_client_certificate_is_sent_if_it_is_given)
{
    static const char *const chain[] = {"proxy.pem", "services.pem", NULL};
    static const char *const all[] = {"proxy.pem", "services.pem", "proxy.key", NULL};
    const char *root = option("cafile", "root.pem");

    start_tls("localhost", "yes");
    join("chain.pem", chain);
    join("all.pem", all);
    failed(asked_tls("localhost", root)); /* the server's alert, or the end of the connection */
    ck_assert_str_eq(asked_tls("localhost", apr_pstrcat(set.pool, root, " certfile=all.pem", NULL)),
                     "u");
    ck_assert_str_eq(asked_tls("localhost", apr_pstrcat(set.pool, root, " certfile=chain.pem",
                                                        option("keyfile", "proxy.key"), NULL)),
                     "u");
}

TEST(a_restart_is_not_noticed_over_tls)
{
    start_tls("localhost", "no");
    ck_assert_str_eq(asked_tls("localhost", option("cafile", "root.pem")), "u");
    redisset_stop(&redis);
    ck_assert_str_eq(failed(tableset_ask(&set, "k")), "Connection refused");
    redisset_start(&redis);
    command("SET k w");
    ck_assert_str_eq(tableset_ask(&set, "k"), "w");
    redisset_stop(&redis);
    redisset_start(&redis);
    command("SET k v");
    ck_assert_str_eq(tableset_ask(&set, "k"), "v");
}

TEST(a_server_with_tls_that_hangs_fails_within_the_timeout)
{
    start_tls("localhost", "no");
    ck_assert_str_eq(asked_tls("localhost", option("cafile", "root.pem")), "u");
    kill(redis.process, SIGSTOP);
    for (int i = 0; i < 2; i++) { /* on an open connection, and in a handshake */
        ck_assert_str_eq(failed(tableset_ask(&set, "k")), "no answer within 2 s");
    }
    kill(redis.process, SIGCONT);
    ck_assert_str_eq(tableset_ask(&set, "k"), "u");
}

SUITE("redis_login", .setup = setup, .teardown = teardown, .timeout = 60,
      .prepare = redisset_prepare);
