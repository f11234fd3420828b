/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which fields of a pinned certificate are usable: what its key and its digests prove. */
#include <string.h>

#include <apr_strings.h>

#include "cert/cert.h"
#include "pki.h"
#include "suite.h"

static apr_pool_t *pool;
static pki_t ca, alice;
static cc_cert_t *cert;
static cc_facts_t facts;
static unsigned char digest[32];

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    alice = pki_client("alice", &ca);
    cert = cc_cert_wrap(alice.cert, pool);
    facts = (cc_facts_t){.now = apr_time_now(),
                         .tls_known = true,
                         .tls_version = "TLSv1.3",
                         .tls_cipher = "TLS_AES_256_GCM_SHA384",
                         .tls_sni = "localhost",
                         .ca_sha256 = digest,
                         .ca_spki_sha256 = digest,
                         .revocation = "unchecked",
                         .via = CC_VIA_TLS,
                         .pinned = true};
}

static void teardown(void)
{
    pki_free(&ca);
    pki_free(&alice);
    apr_pool_destroy(pool);
}

static const char *const proven[] = {
    "sha256",    "sha384",      "sha512",     "spki.sha256", "spki.sha384",       "spki.sha512",
    "spki.sha1", "not_before",  "not_after",  "days_left",   "lifetime_days",     "key.type",
    "key.bits",  "key.curve",   "revocation", "tls.version", "revocation.reason", "tls.cipher",
    "tls.sni",   "tls.resumed", "via",        "via.proxy",   "revocation.date",   "pinned",
};

static bool is_proven(const char *name)
{
    for (size_t i = 0; i < sizeof(proven) / sizeof(proven[0]); i++) {
        if (!strcmp(proven[i], name)) {
            return true;
        }
    }
    return false;
}

/* A field of the registry, with an argument where it needs one. */
static cc_values_t values_of(const cc_field_t *field, const char *before)
{
    const char *argument = !field->argument                       ? ""
                           : strstr(field->argument, "attribute") ? "CN"
                                                                  : "2.5.29.19";
    const char *name = apr_pstrcat(pool, before, field->name, argument, NULL);
    cc_fieldref_t ref;
    cc_error_t err = {0};

    ck_assert_msg(cc_field_find(&ref, name, pool, &err) == APR_SUCCESS, "%s: %s", name,
                  err.message);
    return cc_field_values(&ref, cert, &facts, pool);
}

static bool is_unusable(cc_values_t values)
{
    return values.count == 1 && values.at[0].unusable;
}

TEST(only_what_its_key_proves_is_usable)
{
    for (int i = 0; cc_field_at(i); i++) {
        const cc_field_t *field = cc_field_at(i);
        cc_values_t values = values_of(field, "");

        ck_assert_msg(is_unusable(values) != is_proven(field->name), "%s", field->name);
    }
}

TEST(nor_are_fields_of_a_ca)
{
    ck_assert(is_unusable(values_of(cc_field_at(0), "ca.")));
    ck_assert(is_unusable(values_of(cc_field_at(0), "root.")));
    ck_assert(is_unusable(values_of(cc_field_at(0), "chain.")));
}

static void count(const char *name, const cc_fieldref_t *ref, cc_values_t values, void *baton)
{
    (void)ref;
    ck_assert_msg(is_proven(name) && !values.at[0].unusable, "%s", name);
    ++*(int *)baton;
}

TEST(a_list_of_fields_has_no_others)
{
    int fields = 0;

    cc_field_each(cert, &facts, count, &fields, pool);
    ck_assert_int_gt(fields, 15);
}

TEST(a_certificate_that_verified_has_them_all)
{
    facts.pinned = false;
    for (int i = 0; cc_field_at(i); i++) {
        ck_assert_msg(!is_unusable(values_of(cc_field_at(i), "")) ||
                          !strncmp(cc_field_at(i)->name, "altsec.", 7),
                      "%s", cc_field_at(i)->name);
    }
}

SUITE("pinned fields", .setup = setup, .teardown = teardown);
