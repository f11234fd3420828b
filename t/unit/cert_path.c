/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the fields of the CAs above a certificate: ca.X, root.X and chain.X. */
#include <string.h>

#include <apr_strings.h>

#include "cert/cert.h"
#include "pki.h"
#include "suite.h"

static apr_pool_t *pool;
static pki_t root, sub, alice; /* `sub` and `root` are above alice */
static cc_cert_t *cert;
static cc_path_ca_t cas[2];
static cc_path_t path;
static cc_facts_t facts;

static cc_path_ca_t ca_of(const pki_t *pki)
{
    cc_path_ca_t ca = {.cert = cc_cert_wrap(pki->cert, pool)};

    cc_cert_digests(ca.cert, ca.sha256, ca.spki_sha256);
    return ca;
}

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    root = pki_ca("Root", NULL);
    sub = pki_ca("Sub", &root);
    alice = pki_client("alice", &sub);
    cert = cc_cert_wrap(alice.cert, pool);
    cas[0] = ca_of(&sub);
    cas[1] = ca_of(&root);
    path = (cc_path_t){2, true, cas};
    facts = (cc_facts_t){.now = apr_time_now()};
    cc_facts_take_path(&facts, &path);
}

static void teardown(void)
{
    pki_free(&root);
    pki_free(&sub);
    pki_free(&alice);
    apr_pool_destroy(pool);
}

static cc_fieldref_t ref_of(const char *name)
{
    cc_fieldref_t ref;
    cc_error_t err = {0};

    ck_assert_msg(cc_field_find(&ref, name, pool, &err) == APR_SUCCESS, "%s: %s", name,
                  err.message);
    return ref;
}

/* The values, separated by " | "; "!" and the reason for one that is unusable. */
static const char *text_of(const char *name)
{
    cc_fieldref_t ref = ref_of(name);
    cc_values_t values = cc_field_values(&ref, cert, &facts, pool);
    const char *text = "";

    ck_assert(cc_field_many(&ref) || values.count <= 1);
    for (int i = 0; i < values.count; i++) {
        const cc_value_t *value = &values.at[i];

        text = apr_pstrcat(pool, text, i ? " | " : "", value->unusable ? "!" : "",
                           value->unusable ? value->unusable : value->text, NULL);
    }
    return text;
}

static const char *hex(const unsigned char digest[32])
{
    char *text = apr_palloc(pool, 65);

    for (int i = 0; i < 32; i++) {
        apr_snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    return text;
}

/* ---- names --------------------------------------------------------------------------------- */

static const struct {
    const char *written, *name;
    bool many;
    cc_path_need_t need;
} names[] = {
    {"subject", "subject", false, CC_PATH_UNUSED},
    {"ca.sha256", "ca.sha256", false, CC_PATH_UNUSED},
    {"ca.spki.sha256", "ca.spki.sha256", false, CC_PATH_UNUSED},
    {"ca.subject", "ca.subject", false, CC_PATH_UNUSED},
    {"CA.Subject.commonName", "ca.subject.CN", true, CC_PATH_UNUSED},
    {"ca.issuer", "ca.issuer", false, CC_PATH_CERTS},
    {"ca.sha1", "ca.sha1", false, CC_PATH_CERTS},
    {"ca.not_after", "ca.not_after", false, CC_PATH_CERTS},
    {"root.subject", "root.subject", false, CC_PATH_CERTS},
    {"Root.SHA256", "root.sha256", false, CC_PATH_DIGESTS},
    {"root.spki.sha256", "root.spki.sha256", false, CC_PATH_DIGESTS},
    {"root.ext.2.5.29.19", "root.ext.2.5.29.19", false, CC_PATH_CERTS},
    {"chain.sha256", "chain.sha256", true, CC_PATH_DIGESTS},
    {"chain.spki.sha256", "chain.spki.sha256", true, CC_PATH_DIGESTS},
    {"chain.subject", "chain.subject", true, CC_PATH_CERTS},
    {"chain.policy", "chain.policy", true, CC_PATH_CERTS},
    {"chain.pem", "chain.pem", true, CC_PATH_CERTS},
};

TEST_LOOP(a_field_of_a_ca_is_found_by_its_name, 0, COUNT(names))
{
    cc_fieldref_t ref = ref_of(names[_i].written), again = ref_of(names[_i].name);

    ck_assert_str_eq(cc_field_name(&ref, pool), names[_i].name);
    ck_assert(cc_field_same(&ref, &again));
    ck_assert_int_eq(cc_field_many(&ref), names[_i].many);
    ck_assert_int_eq(cc_field_path_need(&ref), names[_i].need);
    ck_assert(!cc_field_of_tls(&ref));
}

TEST(the_same_field_of_another_certificate_is_another_field)
{
    cc_fieldref_t own = ref_of("serial"), of_ca = ref_of("ca.serial"),
                  of_root = ref_of("root.serial"), of_chain = ref_of("chain.serial");

    ck_assert(!cc_field_same(&own, &of_ca) && !cc_field_same(&of_ca, &of_root));
    ck_assert(!cc_field_same(&of_root, &of_chain) && !cc_field_same(&own, &of_chain));
    ck_assert(cc_field_is(&own, "serial") && !cc_field_is(&of_ca, "serial"));
}

static const struct {
    const char *name, *tag, *message;
} refused[] = {
    {"root.tls.version", "CC0288", "a CA has no such field; behind root., write"},
    {"ca.revocation", "CC0288", "behind ca."},
    {"chain.via", "CC0288", "behind chain."},
    {"root.ca.sha256", "CC0288", "behind root."},
    {"ca.root.subject", "CC0288", "behind ca."},
    {"root", "CC0289", "such as root.subject, root.sha256 or root.pem"},
    {"chain", "CC0289", "such as chain.subject, chain.sha256 or chain.pem"},
    {"root.", "CC0201", "clientcert fields"},
    {"root.subjct", "CC0201", "the nearest is subject"},
    {"root.cn", "CC0201", "its name here is subject.CN"},
    {"chain.subject.CM", "CC0202", "CN"},
    {"rot.sha256", "CC0201", "the nearest is root.sha256"},
    {"chains.sha256", "CC0201", "the nearest is chain.sha256"},
};

TEST_LOOP(a_name_that_no_ca_has_is_an_error, 0, COUNT(refused))
{
    cc_fieldref_t ref;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_field_find(&ref, refused[_i].name, pool, &err), APR_EINVAL);
    ck_assert_msg(!strcmp(err.tag, refused[_i].tag), "%s: %s", refused[_i].name, err.tag);
    ck_assert_msg(strstr(err.message, refused[_i].message) != NULL, "%s: %s", refused[_i].name,
                  err.message);
    ck_assert_int_eq(cc_field_find(&ref, refused[_i].name, pool, NULL), APR_EINVAL);
}

/* All from the first row up to `der`, but for those of the issuer. */
TEST(every_field_of_a_certificate_is_one_of_a_ca)
{
    bool of_certificate = true;
    cc_fieldref_t ref;

    for (int i = 0; cc_field_at(i); i++) {
        const cc_field_t *field = cc_field_at(i);
        const char *argument = !field->argument                         ? ""
                               : !strncmp(field->argument, "an att", 6) ? "CN"
                                                                        : "1.2.3";
        const char *name = apr_pstrcat(pool, "root.", field->name, argument, NULL);
        bool found = cc_field_find(&ref, name, pool, NULL) == APR_SUCCESS;

        ck_assert_msg(found == (of_certificate && strncmp(field->name, "ca.", 3) != 0), "%s", name);
        of_certificate = of_certificate && strcmp(field->name, "der") != 0;
    }
}

TEST(the_prefixes_end)
{
    ck_assert_str_eq(cc_field_prefix_at(0)->name, "ca.");
    ck_assert_str_eq(cc_field_prefix_at(1)->name, "root.");
    ck_assert_str_eq(cc_field_prefix_at(2)->name, "chain.");
    ck_assert_ptr_null(cc_field_prefix_at(3));
    ck_assert_ptr_null(cc_field_prefix_at(-1));
    for (int i = 0; i < 3; i++) {
        char *word = apr_pstrdup(pool, cc_field_prefix_at(i)->example);
        cc_fieldref_t ref = ref_of(apr_strtok(word, " ", &word));

        ck_assert_int_eq(ref.of, CC_FIELD_OF_CA + i);
    }
}

/* ---- values -------------------------------------------------------------------------------- */

TEST(a_whole_path_gives_the_fields_of_each_ca)
{
    ck_assert_str_eq(text_of("ca.subject"), "CN=Sub");
    ck_assert_str_eq(text_of("ca.subject.CN"), "Sub");
    ck_assert_str_eq(text_of("ca.issuer"), "CN=Root");
    ck_assert_str_eq(text_of("ca.is_ca"), "true");
    ck_assert_str_eq(text_of("root.subject"), "CN=Root");
    ck_assert_str_eq(text_of("root.self_issued"), "true");
    ck_assert_str_eq(text_of("root.sha256"), hex(cas[1].sha256));
    ck_assert_str_eq(text_of("root.spki.sha256"), hex(cas[1].spki_sha256));
    ck_assert_str_eq(text_of("chain.subject"), "CN=Sub | CN=Root");
    ck_assert_str_eq(text_of("chain.sha256"),
                     apr_pstrcat(pool, hex(cas[0].sha256), " | ", hex(cas[1].sha256), NULL));
    ck_assert_str_eq(text_of("chain.san.email"), "");
    ck_assert(strstr(text_of("chain.pem"), " | -----BEGIN%20CERTIFICATE") != NULL);
}

TEST(the_issuer_alone_is_its_own_root)
{
    path.count = 1;
    ck_assert_str_eq(text_of("root.subject"), "CN=Sub");
    ck_assert_str_eq(text_of("chain.subject"), "CN=Sub");
}

TEST(a_certificate_without_an_issuer_has_no_cas)
{
    cc_facts_take_path(&facts, NULL);
    ck_assert_str_eq(text_of("ca.subject"), "");
    ck_assert_str_eq(text_of("ca.serial"), "");
    ck_assert_str_eq(text_of("root.sha256"), "");
    ck_assert_str_eq(text_of("chain.subject"), "");
}

#define AWAY "!the certificate of this CA is not at hand"
#define UNKNOWN "!the CAs up to the root are not known"

TEST(a_certificate_that_is_not_at_hand_makes_its_fields_unusable)
{
    cas[0].cert = NULL;
    ck_assert_str_eq(text_of("ca.subject"), "CN=Sub");
    ck_assert_str_eq(text_of("ca.issuer"), AWAY);
    ck_assert_str_eq(text_of("root.subject"), "CN=Root");
    ck_assert_str_eq(text_of("chain.subject"), AWAY " | CN=Root");
    ck_assert_str_eq(text_of("chain.sha256"),
                     apr_pstrcat(pool, hex(cas[0].sha256), " | ", hex(cas[1].sha256), NULL));
}

TEST(a_path_that_is_not_whole_has_no_root)
{
    path = (cc_path_t){1, false, cas};
    ck_assert_str_eq(text_of("ca.issuer"), "CN=Root");
    ck_assert_str_eq(text_of("root.subject"), UNKNOWN);
    ck_assert_str_eq(text_of("root.sha256"), UNKNOWN);
    ck_assert_str_eq(text_of("chain.subject"), "CN=Sub | " UNKNOWN);
    ck_assert_str_eq(text_of("chain.sha256"),
                     apr_pstrcat(pool, hex(cas[0].sha256), " | " UNKNOWN, NULL));
}

TEST(without_a_path_the_issuer_alone_is_known)
{
    facts.path = NULL;
    ck_assert_str_eq(text_of("ca.subject"), "CN=Sub");
    ck_assert_str_eq(text_of("ca.sha256"), hex(cas[0].sha256));
    ck_assert_str_eq(text_of("ca.issuer"), AWAY);
    ck_assert_str_eq(text_of("root.sha256"), UNKNOWN);
    ck_assert_str_eq(text_of("chain.sha256"), UNKNOWN);
}

TEST(days_left_of_a_ca_change_with_time)
{
    cc_fieldref_t days = ref_of("chain.days_left"), subject = ref_of("chain.subject");
    apr_time_t at = cc_field_stale_at(&days, cert, &facts);
    const char *before = text_of("chain.days_left");

    ck_assert_int_eq(cc_field_stale_at(&subject, cert, &facts), APR_INT64_MAX);
    ck_assert(at > facts.now && at <= facts.now + apr_time_from_sec(24 * 3600));
    facts.now = at - apr_time_from_sec(1);
    ck_assert_str_eq(text_of("chain.days_left"), before);
    facts.now = at;
    ck_assert_str_ne(text_of("chain.days_left"), before);
    facts.path = NULL;
    ck_assert_int_eq(cc_field_stale_at(&days, cert, &facts), APR_INT64_MAX);
}

SUITE("path", .setup = setup, .teardown = teardown);
