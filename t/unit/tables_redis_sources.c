/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the sources and options of Redis tables that are refused, and that no password is shown. */
#include <string.h>

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

static const struct {
    const char *source, *tag, *word, *says;
} sources[] = {
    {"redis:host", "CC0630", "redis:host", "write redis:HOST:PORT or redis:HOST:PORT/PREFIX"},
    {"redis:6379", "CC0630", "redis:6379", "redis:HOST:PORT/PREFIX"},
    {"redis::6379", "CC0630", "redis::6379", "redis:HOST:PORT/PREFIX"},
    {"redis:host:x", "CC0630", "redis:host:x", "redis:HOST:PORT/PREFIX"},
    {"redis:/p", "CC0630", "redis:/p", "redis:HOST:PORT/PREFIX"},
    {"redis:host:0", "CC0630", "redis:host:0", "redis:HOST:PORT/PREFIX"},
    {"redis:host:66666", "CC0630", "redis:host:66666", "redis:HOST:PORT/PREFIX"},
    {"redis:[::1]", "CC0630", "redis:[::1]", "redis:HOST:PORT/PREFIX"},
    {"redis:host/6379", "CC0630", "redis:host/6379", "redis:HOST:PORT/PREFIX"},
    {"redis:me:secret@host:1", "CC0630", "t", "redis://[USER:PASSWORD@]HOST"},
    {"redis:unix:", "CC0630", "redis:unix:", "absolute path"},
    {"redis:unix:run/x", "CC0630", "redis:unix:run/x", "absolute path"},
    {"redis:unix:/run/x?db=1", "CC0630", "t", "db=, user= and password="},
    {"redis:unix:/run/x?password=secret", "CC0630", "t", "db=, user= and password="},
    {"redis:h:1?password=secret", "CC0630", "t", "redis:HOST:PORT/PREFIX"},
    {"redis:h:x/p:secret@", "CC0630", "t", "redis:HOST:PORT/PREFIX"},
    {"redis://", "CC0647", "t", "no host"},
    {"redis:///1", "CC0647", "t", "no host"},
    {"redis://:secret@", "CC0647", "t", "no host"},
    {"redis://:secret", "CC0647", "t", ""},
    {"redis://:sec/ret@h", "CC0647", "t", ""},
    {"redis://h:66666", "CC0647", "t", "a number from 1 to 65535"},
    {"redis://h:0", "CC0647", "t", "a number from 1 to 65535"},
    {"redis://h:1/p", "CC0647", "t", "prefix=PREFIX"},
    {"redis://h:1/1/2", "CC0647", "t", "prefix=PREFIX"},
    {"redis://h:1/-1", "CC0647", "t", "prefix=PREFIX"},
    {"redis://h:1/?db=2", "CC0647", "t", "after ? or #"},
    {"redis://h:1/1#x", "CC0647", "t", "after ? or #"},
    {"redis://:a%zz@h", "CC0647", "t", "%25"},
    {"redis://:a%00b@h", "CC0647", "t", "%25"},
    {"redis://h/1 db=1", "CC0647", "t", "both the URL and db="},
    {"rediss:h:1", "CC0647", "t", "rediss://HOST[:PORT][/DB]"},
    {"redis://me@h", "CC0648", "t", "a user and no password"},
    {"redis:h:1 user=me", "CC0648", "t", "a user and no password"},
    {"redis://:secret@h password=x", "CC0648", "t", "once"},
    {"redis://me:secret@h user=me", "CC0648", "t", "once"},
    {"redis:h:1/p prefix=q", "CC0648", "t", "both the source and prefix="},
    {"redis:h:1 cafile=x", "CC0648", "t", "for rediss:// only"},
    {"redis:h:1 keyfile=x", "CC0648", "t", "for rediss:// only"},
    {"rediss://h keyfile=x", "CC0648", "t", "needs certfile="},
    {"redis:h:1 password=file:nowhere", "CC0649", "t", "the file cannot be read: No such file"},
    {"redis:h:1 password=file:.", "CC0649", "t", "it is a directory"},
    {"redis:h:1 password=exec:nowhere", "CC0649", "t", "the program cannot be run: No such file"},
    {"redis:h:1 password=exec:", "CC0649", "t", "exec: names no program"},
    {"rediss://h cafile=/nowhere", "CC0650", "/nowhere", "No such file"},
    {"rediss://h cafile=/dev/null", "CC0650", "/dev/null", "no certificate"},
    {"rediss://h certfile=/nowhere", "CC0650", "/nowhere", "No such file"},
};

TEST_LOOP(a_bad_source_is_refused_without_its_password, 0, COUNT(sources))
{
    ck_assert_int_ne(tableset_try(&set, sources[_i].source, 0), APR_SUCCESS);
    ck_assert_str_eq(set.err.tag, sources[_i].tag);
    ck_assert_str_eq(set.err.word, sources[_i].word);
    ck_assert_msg(strstr(set.err.message, sources[_i].says) != NULL, "%s", set.err.message);
    ck_assert_ptr_null(strstr(tableset_error(&set), "sec"));
}

static const char *prepare(void)
{
    return cc_backend_redis.lookup_many ? NULL : "the module was built without hiredis";
}

SUITE("redis_sources", .setup = setup, .teardown = teardown, .prepare = prepare);
