/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a real redis-server for unit tests of tables. */
#include "redisset.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <apr_strings.h>

#include "suite.h"

#define OPTIONS_MAX 40

static int connect_to(int to)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)to)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

const char *redisset_prepare(void)
{
    bool there =
        system("{ command -v redis-server || command -v redis-check-rdb; } >/dev/null") == 0;

    signal(SIGPIPE, SIG_IGN);
    if (!cc_backend_redis.lookup_many)
        return "the module was built without hiredis";
    return there || getenv("CI") ? NULL : "redis-server is not installed";
}

/* Debian's package redis-tools has the server under the second name, and does not start it. */
static const char *program(void)
{
    return system("command -v redis-server >/dev/null") == 0 ? "redis-server" : "redis-check-rdb";
}

void redisset_begin(redisset_t *redis, tableset_t *set)
{
    *redis = (redisset_t){.set = set, .port = free_port()};
}

static void execute(const redisset_t *redis)
{
    const char *words[OPTIONS_MAX] = {"redis-server",
                                      "--port",
                                      apr_itoa(redis->set->pool, redis->port),
                                      "--bind",
                                      "127.0.0.1",
                                      "-::1",
                                      "--save",
                                      "",
                                      "--appendonly",
                                      "no",
                                      "--dir",
                                      redis->set->folder,
                                      "--logfile",
                                      tableset_path(redis->set, "log")};
    int count = 0;

    while (words[count])
        count++;
    for (const char *const *option = redis->options; option && *option; option++)
        words[count++] = *option;
    execvp(program(), (char *const *)words);
    _exit(127);
}

/* Waits until the server accepts connections at this port. */
static void await(int port)
{
    for (int i = 0; i < 500; i++) {
        int fd = connect_to(port);
        if (fd >= 0) {
            close(fd);
            return;
        }
        apr_sleep(20000);
    }
    ck_abort_msg("redis-server does not come up");
}

void redisset_start(redisset_t *redis)
{
    redis->process = fork();
    if (redis->process == 0)
        execute(redis);
    await(redis->port);
    if (redis->tls_port)
        await(redis->tls_port);
}

void redisset_stop(redisset_t *redis)
{
    kill(redis->process, SIGKILL);
    waitpid(redis->process, NULL, 0);
}

const char *redisset_command(const redisset_t *redis, const char *words)
{
    int fd = connect_to(redis->port);
    apr_pool_t *p = redis->set->pool;
    char answer[20000];
    ssize_t len;

    ck_assert_int_ge(fd, 0);
    words = apr_pstrcat(p, words, "\r\n", NULL);
    ck_assert_int_eq(write(fd, words, strlen(words)), (ssize_t)strlen(words));
    len = read(fd, answer, sizeof(answer) - 1);
    ck_assert_int_gt(len, 0);
    close(fd);
    return apr_pstrmemdup(p, answer, (apr_size_t)len);
}
