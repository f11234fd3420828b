/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests which certificates are for client authentication and until when, and that threads may
 * share them.
 */
#include <pthread.h>
#include <string.h>

#include "certs.h"
#include "suite.h"

#define DAY (APR_INT64_C(86400) * APR_USEC_PER_SEC)

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* ---- clients ----------------------------------------------------------------------------- */

/* Extensions as in openssl.cnf, and the objection to them: NULL for none. */
static const struct {
    const char *extensions[5];
    const char *reason;
} purposes[] = {
    {{NULL}, NULL},
    {{"extendedKeyUsage", "clientAuth"}, NULL},
    {{"extendedKeyUsage", "serverAuth,clientAuth"}, NULL},
    {{"keyUsage", "digitalSignature"}, NULL},
    {{"keyUsage", "keyAgreement"}, NULL},
    {{"basicConstraints", "CA:FALSE"}, NULL},
    {{"nsCertType", "client"}, NULL},
    {{"extendedKeyUsage", "serverAuth"}, "extended key usage"},
    {{"extendedKeyUsage", "anyExtendedKeyUsage"}, "extended key usage"},
    {{"extendedKeyUsage", "emailProtection"}, "extended key usage"},
    {{"keyUsage", "keyEncipherment"}, "neither signatures"},
    {{"keyUsage", "cRLSign"}, "neither signatures"},
    {{"nsCertType", "server"}, "Netscape"},
    {{"basicConstraints", "CA:TRUE"}, "CA certificate"},
    {{"basicConstraints", "CA:TRUE", "keyUsage", "digitalSignature"}, "CA certificate"},
    {{"keyUsage", "digitalSignature,keyCertSign"}, "that of a CA"},
};

TEST(only_client_certificates_speak_for_clients)
{
    for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++) {
        const char *const *e = purposes[i].extensions;
        certs_extension_t extensions[] = {{e[0], {NULL, 0}, e[1]},
                                          {e[2], {NULL, 0}, e[3]},
                                          {NULL, {NULL, 0}, NULL}};
        cc_cert_t *cert = certs_make(&(certs_spec_t){.extensions = extensions}, pool);
        const char *reason = cc_cert_not_client(cert);

        ck_assert_msg(!reason == !purposes[i].reason, "%s=%s: %s", e[0], e[1], reason);
        if (reason)
            ck_assert_msg(strstr(reason, purposes[i].reason) != NULL, "%s", reason);
    }
}

TEST(is_ca_follows_the_basic_constraints)
{
    certs_extension_t extensions[] = {{"basicConstraints", {NULL, 0}, "CA:TRUE"},
                                      {NULL, {NULL, 0}, NULL}};

    certs_has(certs_make(&(certs_spec_t){.extensions = extensions}, pool), "is_ca", "true");
    certs_has(certs_make(&(certs_spec_t){.version_1 = 1}, pool), "is_ca", "false");
    certs_has(certs_make(&(certs_spec_t){.version_1 = 1}, pool), "version", "1");
}

/* ---- time -------------------------------------------------------------------------------- */

TEST(the_validity_is_that_of_the_certificate)
{
    static const struct {
        const char *end;
        apr_int64_t seconds;
    } ends[] = {
        {"20261231235959Z", 1798761599}, {"261231235959Z", 1798761599}, {"19691231235959Z", -1},
        {"500101000000Z", -631152000}, {"99991231235959Z", APR_INT64_C(253402300799)},
        {"20240229000000Z", 1709164800},
    };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        apr_time_t begin = 0, end = 0;

        cc_cert_validity(certs_make(&(certs_spec_t){.end = ends[i].end}, pool), &begin, &end);
        ck_assert_int_eq(begin, apr_time_from_sec(1767225600));
        ck_assert_int_eq(end, apr_time_from_sec(ends[i].seconds));
    }
}

static apr_int64_t days_left(const cc_fieldref_t *ref, const cc_cert_t *cert, apr_time_t now)
{
    cc_facts_t facts = {.now = now};

    return cc_field_values(ref, cert, &facts, pool).at->number;
}

TEST(days_left_are_whole_days_and_change_when_they_say)
{
    cc_cert_t *cert = certs_make(&(certs_spec_t){.end = "20261231000000Z"}, pool);
    apr_time_t end = apr_time_from_sec(1798675200);
    static const struct {
        apr_int64_t before; /* microseconds before the end */
        apr_int64_t days;
    } moments[] = {
        {10 * DAY, 10}, {10 * DAY - 1, 9}, {9 * DAY + 1, 9}, {9 * DAY, 9}, {1, 0}, {0, 0},
        {-1, -1}, {-DAY, -1}, {-DAY - 1, -2},
    };
    cc_fieldref_t ref;

    ck_assert_int_eq(cc_field_find(&ref, "days_left", pool, NULL), APR_SUCCESS);
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        cc_facts_t facts = {.now = end - moments[i].before};
        apr_time_t stale = cc_field_stale_at(&ref, cert, &facts);

        ck_assert_int_eq(days_left(&ref, cert, facts.now), moments[i].days);
        ck_assert_int_gt(stale, facts.now);
        ck_assert_int_eq(days_left(&ref, cert, stale - 1), moments[i].days);
        ck_assert_int_eq(days_left(&ref, cert, stale), moments[i].days - 1);
    }
}

TEST(fields_that_do_not_change_are_never_stale)
{
    cc_cert_t *cert = certs_make(&certs_rich, pool);
    cc_cert_t *dateless = certs_make(&(certs_spec_t){.end = "20260230000000Z"}, pool);

    for (int i = 0; cc_field_at(i); i++) {
        cc_fieldref_t ref = {.field = cc_field_at(i)};
        apr_time_t stale = cc_field_stale_at(&ref, cert, &certs_facts);
        ck_assert((stale == APR_INT64_MAX) == !cc_field_at(i)->changes);
        ck_assert_int_eq(cc_field_stale_at(&ref, dateless, &certs_facts), APR_INT64_MAX);
    }
}

TEST(lifetimes_count_both_ends)
{
    static const char *const ends[][2] = {
        {"20260101000000Z", "0"}, {"20260101235958Z", "0"}, {"20260101235959Z", "1"},
        {"20270101000000Z", "365"}, {"20261231235959Z", "365"}, {"20251231000000Z", "-1"},
    };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        certs_has(certs_make(&(certs_spec_t){.end = ends[i][0]}, pool), "lifetime_days",
                  ends[i][1]);
}

/* ---- threads ----------------------------------------------------------------------------- */

typedef struct {
    const cc_cert_t *cert;
    int fields;
} reader_t;

static void count(const char *name, const cc_fieldref_t *ref, cc_values_t values, void *baton)
{
    (void)name, (void)ref, (void)values;
    ((reader_t *)baton)->fields++;
}

static void *read_all(void *data)
{
    reader_t *reader = data;

    for (int i = 0; i < 50; i++) {
        apr_pool_t *p;
        apr_pool_create(&p, NULL);
        cc_field_each(reader->cert, &certs_facts, count, reader, p);
        ck_assert_ptr_null(cc_cert_not_client(reader->cert));
        apr_pool_destroy(p);
    }
    return NULL;
}

TEST(threads_read_one_certificate_at_once)
{
    cc_cert_t *cert = certs_make(&certs_rich, pool);
    reader_t readers[4];
    pthread_t threads[4];

    for (int i = 0; i < 4; i++) {
        readers[i] = (reader_t){cert, 0};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_all, &readers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(readers[i].fields, readers[0].fields);
    }
    ck_assert_int_gt(readers[0].fields, 50 * 50);
}

SUITE("purpose", .setup = setup, .teardown = teardown);
