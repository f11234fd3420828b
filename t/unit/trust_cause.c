/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which cause is found for each way in which a chain fails, and its words. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/x509v3.h>

#include "crlset.h"
#include "suite.h"
#include "trust/internal.h"

static crlset_t set;
static pki_t root, other; /* two roots with the same name; `root` alone is trusted */
static cc_trust_t *trust;
static pki_t made[8]; /* the certificates of a test */
static int count;

static void setup(void)
{
    crlset_begin(&set);
    root = pki_ca("Root", NULL);
    other = pki_ca("Root", NULL);
    crlset_add_cert(&set, "root.pem", &root);
    trust = NULL;
    count = 0;
}

static void teardown(void)
{
    for (int i = 0; i < count; i++) {
        pki_free(&made[i]);
    }
    pki_free(&root);
    pki_free(&other);
    crlset_end(&set);
}

static const pki_t *keep(pki_t pki)
{
    made[count] = pki;
    return &made[count++];
}

/* Trusts the certificates of a file. */
static void trusts(const char *file, int depth)
{
    cc_trust_files_t files = {.ca_file = crlset_path(&set, file), .depth = depth};

    ck_assert_int_eq(cc_trust_load(&trust, &files, set.pool, &set.err), APR_SUCCESS);
}

/* The fault of `who`, sent with `sent` (NULL: nothing), and its sentence in `reason`. */
static cc_fault_t fault(const pki_t *who, const pki_t *sent, const char **reason)
{
    cc_seal_t seal;
    bool admitted;

    if (!trust) {
        trusts("root.pem", 3);
    }
    crlset_add_cert(&set, "who.pem", who);
    if (sent) {
        crlset_add_cert(&set, "who.pem", sent);
    }
    *reason = cc_trust_check(&seal, &admitted, trust, crlset_path(&set, "who.pem"), apr_time_now(),
                             set.pool);
    ck_assert_ptr_nonnull(*reason);
    return seal.fault;
}

static void check(const pki_t *who, const pki_t *sent, cc_cause_t cause, int depth,
                  const char *text)
{
    const char *reason;
    cc_fault_t found = fault(who, sent, &reason);

    ck_assert_msg(found.cause == cause && found.depth == depth, "%d at %d: %s", (int)found.cause,
                  found.depth, reason);
    ck_assert_str_eq(reason, text);
}

/* ---- an issuer that is not trusted ----------------------------------------------------------- */

TEST(an_unknown_ca_is_named)
{
    const pki_t *far = keep(pki_ca("Far \"CA\"", NULL)), *bob = keep(pki_client("bob", far));

    check(bob, NULL, CC_CAUSE_NO_CA, 0,
          "it was issued by CN=Far \\\\\\\"CA\\\\\\\": no such CA is trusted here");
}

TEST(the_ca_that_the_client_sent_is_named_too)
{
    const pki_t *far = keep(pki_ca("Far", NULL)), *sub = keep(pki_ca("Sub", far));

    check(keep(pki_client("bob", sub)), sub, CC_CAUSE_NO_CA, 1,
          "the CA \"CN=Sub\" above it: it was issued by CN=Far: no such CA is trusted here");
}

TEST(a_root_that_the_client_sent_is_not_trusted)
{
    const pki_t *far = keep(pki_ca("Far", NULL));

    check(keep(pki_client("bob", far)), far, CC_CAUSE_UNTRUSTED_ROOT, 1,
          "the CA \"CN=Far\" above it: it is the root of the chain, and not trusted here");
}

TEST(a_self_signed_certificate_says_so)
{
    check(keep(pki_client("bob", NULL)), NULL, CC_CAUSE_SELF_SIGNED, 0,
          "it is self-signed, and not trusted here itself");
}

/* OpenSSL takes it for self-signed: its name is that of its issuer. */
TEST(a_certificate_with_the_name_of_its_issuer_is_not_self_signed)
{
    const pki_t *far = keep(pki_ca("Far", NULL));

    check(keep(pki_client("far", far)), NULL, CC_CAUSE_NO_CA, 0,
          "it was issued by CN=Far: no such CA is trusted here");
}

static pki_extensions_t with_key_id = {"extendedKeyUsage", "clientAuth", "authorityKeyIdentifier",
                                       "keyid:always", NULL};

/* With and without the key identifier OpenSSL fails in different ways. */
TEST(a_ca_with_another_key_is_not_the_ca_of_that_name)
{
    const char *text =
        "it was issued by CN=Root: a CA of that name is trusted here, but with another key";

    check(keep(pki_make("bob", &other, with_key_id, -60, 3600)), NULL, CC_CAUSE_OTHER_KEY, 0, text);
    crlset_write(&set, "who.pem", "", 0);
    check(keep(pki_client("bob", &other)), NULL, CC_CAUSE_OTHER_KEY, 0, text);
}

TEST(a_key_of_another_kind_is_another_key)
{
    const pki_t *rsa = keep(pki_make_with("Root", NULL, pki_is_ca, NULL,
                                          EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)));

    check(keep(pki_client("bob", rsa)), NULL, CC_CAUSE_OTHER_KEY, 0,
          "it was issued by CN=Root: a CA of that name is trusted here, but with another key");
}

TEST(the_old_root_of_a_ca_that_has_a_new_key_is_named)
{
    check(keep(pki_make("bob", &other, with_key_id, -60, 3600)), &other, CC_CAUSE_OTHER_KEY, 1,
          "the CA \"CN=Root\" above it: it was issued by CN=Root: a CA of that name is trusted "
          "here, but with another key");
}

TEST(an_altered_certificate_is_not_one_of_another_key)
{
    pki_t bob = pki_make("bob", &root, with_key_id, -60, 3600);
    unsigned char *der = NULL;
    const unsigned char *from;
    int len = i2d_X509(bob.cert, &der);

    X509_free(bob.cert);
    der[len - 1] ^= 1;
    from = der;
    bob.cert = d2i_X509(NULL, &from, len);
    OPENSSL_free(der);
    check(keep(bob), NULL, CC_CAUSE_BAD_SIGNATURE, 0,
          "it was issued by CN=Root: the signature was not made with the key of this CA");
}

/* An algorithm that no OpenSSL knows, in the certificate and around it. */
TEST(an_unknown_signature_algorithm_is_named)
{
    static const unsigned char ecdsa[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    pki_t bob = pki_client("bob", &root);
    unsigned char *der = NULL;
    const unsigned char *from;
    int len = i2d_X509(bob.cert, &der), changed = 0;

    X509_free(bob.cert);
    for (int i = 0; i + (int)sizeof(ecdsa) < len; i++) {
        if (memcmp(der + i, ecdsa, sizeof(ecdsa)) == 0) {
            der[i + (int)sizeof(ecdsa) - 1] = 0x7f;
            changed++;
        }
    }
    ck_assert_int_eq(changed, 2);
    from = der;
    bob.cert = d2i_X509(NULL, &from, len);
    OPENSSL_free(der);
    check(keep(bob), NULL, CC_CAUSE_ALGORITHM, 0, cc_cause_text(CC_CAUSE_ALGORITHM));
}

/* The same name and key, but the CA's certificate was replaced, and the client's names the old one.
 */
TEST(an_authority_key_identifier_may_name_another_certificate)
{
    static pki_extensions_t names_issuer = {"extendedKeyUsage", "clientAuth",
                                            "authorityKeyIdentifier", "issuer:always", NULL};
    pki_t again;

    EVP_PKEY_up_ref(root.key);
    again = pki_make_with("Root", NULL, pki_is_ca, NULL, root.key);
    keep(again);
    check(keep(pki_make("bob", &again, names_issuer, -60, 3600)), NULL, CC_CAUSE_OTHER_KEY_ID, 0,
          "it was issued by CN=Root: a CA of that name and key is trusted here, but the authority "
          "key identifier names another certificate");
}

TEST(a_trusted_ca_that_must_not_sign_says_so)
{
    static pki_extensions_t signs_nothing = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                                             "critical,cRLSign", NULL};
    const pki_t *ca = keep(pki_make("Idle", NULL, signs_nothing, -60, 3600));

    crlset_add_cert(&set, "idle.pem", ca);
    trusts("idle.pem", 1);
    check(keep(pki_client("bob", ca)), NULL, CC_CAUSE_CA_KEY_USAGE, 0,
          "it was issued by CN=Idle: the key usage of this CA does not allow it to sign "
          "certificates");
}

/* ---- the certificate itself ------------------------------------------------------------------ */

static void check_extensions(pki_extensions_t extensions, const char *sections, cc_cause_t cause,
                             const char *text)
{
    crlset_write(&set, "who.pem", "", 0);
    check(keep(pki_make_with("bob", &root, extensions, sections, NULL)), NULL, cause, 0, text);
}

TEST(only_a_certificate_for_servers_alone_gets_the_word_about_public_cas)
{
    static pki_extensions_t server = {"extendedKeyUsage", "serverAuth", NULL};
    static pki_extensions_t more = {"extendedKeyUsage", "serverAuth,1.2.3.4", NULL};
    static pki_extensions_t mail = {"extendedKeyUsage", "emailProtection", NULL};

    check_extensions(server, NULL, CC_CAUSE_SERVER_ONLY, cc_cause_text(CC_CAUSE_SERVER_ONLY));
    ck_assert_ptr_nonnull(strstr(cc_cause_text(CC_CAUSE_SERVER_ONLY), "If it comes from a public"));
    check_extensions(more, NULL, CC_CAUSE_PURPOSE,
                     "its extended key usage does not allow TLS client authentication");
    check_extensions(mail, NULL, CC_CAUSE_PURPOSE,
                     "its extended key usage does not allow TLS client authentication");
}

TEST(what_else_openssl_refuses_has_words)
{
    static pki_extensions_t proxy = {"proxyCertInfo", "critical,language:id-ppl-inheritAll", NULL};
    static pki_extensions_t strange = {"1.2.3.4", "critical,DER:0500", NULL};

    check_extensions(proxy, NULL, CC_CAUSE_PROXY, cc_cause_text(CC_CAUSE_PROXY));
    check_extensions(strange, NULL, CC_CAUSE_CRITICAL_EXTENSION,
                     "it has a critical extension that this server does not know");
}

TEST(a_ca_certificate_is_no_client)
{
    static pki_extensions_t both = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                                    "critical,digitalSignature,keyCertSign", NULL};

    check_extensions(both, NULL, CC_CAUSE_CA_CERTIFICATE, "it is a CA certificate");
    check_extensions(pki_is_ca, NULL, CC_CAUSE_CA_CERTIFICATE, "it is a CA certificate");
}

TEST(dates_are_told)
{
    const char *reason;
    cc_fault_t old =
        fault(keep(pki_make("bob", &root, pki_is_client, -7200, -3600)), NULL, &reason);

    ck_assert_int_eq(old.cause, CC_CAUSE_EXPIRED);
    ck_assert(strstr(reason, "it has expired: 20") == reason);
    crlset_write(&set, "who.pem", "", 0);
    ck_assert_int_eq(
        fault(keep(pki_make("bob", &root, pki_is_client, 3600, 7200)), NULL, &reason).cause,
        CC_CAUSE_NOT_YET_VALID);
    ck_assert(strstr(reason, "it is not yet valid: 20") == reason);
}

/* ---- the chain ------------------------------------------------------------------------------- */

TEST(a_chain_that_is_too_long_says_what_it_needs)
{
    const pki_t *sub = keep(pki_ca("Sub", &root)), *bob = keep(pki_client("bob", sub));

    trusts("root.pem", 1);
    check(bob, sub, CC_CAUSE_TOO_LONG, 2,
          "the chain is longer than SSLVerifyDepth allows: it needs SSLVerifyDepth 2");
    trusts("root.pem", 0);
    crlset_write(&set, "who.pem", "", 0);
    check(keep(pki_client("eve", &root)), NULL, CC_CAUSE_TOO_LONG, 1,
          "the chain is longer than SSLVerifyDepth allows: it needs SSLVerifyDepth 1");
}

TEST(a_ca_that_is_not_one_is_named)
{
    const pki_t *eve = keep(pki_client("eve", &root)), *bob = keep(pki_client("bob", eve));

    check(bob, eve, CC_CAUSE_NOT_A_CA, 1,
          "the CA \"CN=eve\" above it: it is not a CA certificate, but issued another certificate");
}

TEST(names_that_a_ca_must_not_certify)
{
    static pki_extensions_t limited = {"basicConstraints", "critical,CA:TRUE", "nameConstraints",
                                       "critical,permitted;email:example.com", NULL};
    static pki_extensions_t mail = {"extendedKeyUsage", "clientAuth", "subjectAltName",
                                    "email:bob@example.org", NULL};
    const pki_t *sub = keep(pki_make("Sub", &root, limited, -60, 3600));

    check(keep(pki_make("bob", sub, mail, -60, 3600)), sub, CC_CAUSE_NAME_CONSTRAINTS, 0,
          cc_cause_text(CC_CAUSE_NAME_CONSTRAINTS));
}

/* ---- every error of OpenSSL ------------------------------------------------------------------ */

/* Internal errors, and those of checks that no server asks for: there is no advice. */
static bool is_other(int error)
{
    return error == X509_V_ERR_UNSPECIFIED || error == X509_V_ERR_OUT_OF_MEM ||
           error == X509_V_ERR_PATH_LOOP || error == X509_V_ERR_SUITE_B_INVALID_VERSION ||
           (error >= X509_V_ERR_HOSTNAME_MISMATCH && error <= X509_V_ERR_DANE_NO_MATCH) ||
           (error >= X509_V_ERR_INVALID_CALL && error <= X509_V_ERR_NO_VALID_SCTS) || error == 95;
}

TEST_LOOP(every_error_of_openssl_has_words_of_ours, 1, 128)
{
    const char *own = X509_verify_cert_error_string(_i);
    cc_fault_t found = {cc_cause_of_error(_i), 0, _i};
    const char *text = cc_fault_text(&found, root.cert, NULL, set.pool);
    bool known = strncmp(own, "error number", 12) && strncmp(own, "unknown", 7);

    ck_assert_ptr_nonnull(text);
    ck_assert_int_ne(found.cause, CC_CAUSE_NONE);
    ck_assert_msg(!strstr(text, own), "%d: %s", _i, text);
    ck_assert_msg(!known || (found.cause == CC_CAUSE_OTHER) == is_other(_i), "%d: %s", _i, own);
    ck_assert(known || _i > X509_V_ERR_EC_KEY_EXPLICIT_PARAMS);
}

TEST(an_error_without_words_keeps_its_number)
{
    cc_fault_t at_ca = {CC_CAUSE_OTHER, 2, X509_V_ERR_OUT_OF_MEM};

    ck_assert_int_eq(cc_cause_of_error(-1), CC_CAUSE_OTHER);
    ck_assert_int_eq(cc_cause_of_error(100000), CC_CAUSE_OTHER);
    ck_assert_str_eq(cc_fault_text(&at_ca, root.cert, NULL, set.pool),
                     "the CA 2 levels above it: OpenSSL does not accept it (error 17)");
}

TEST_LOOP(every_cause_has_words_of_its_own, 0, CC_CAUSE_COUNT)
{
    ck_assert_ptr_nonnull(cc_cause_text((cc_cause_t)_i));
    for (int i = 0; i < _i; i++) {
        ck_assert_str_ne(cc_cause_text((cc_cause_t)i), cc_cause_text((cc_cause_t)_i));
    }
}

/* A resumed session has the leaf alone. */
TEST(without_the_ca_at_fault_its_name_is_that_of_the_issuer)
{
    cc_fault_t expired = {CC_CAUSE_EXPIRED, 1, 0}, far = {CC_CAUSE_NO_CA, 1, 0};
    const pki_t *bob = keep(pki_client("bob", &root));

    ck_assert_str_eq(cc_fault_text(&expired, bob->cert, NULL, set.pool),
                     "the CA \"CN=Root\" above it: it has expired");
    ck_assert_str_eq(cc_fault_text(&far, bob->cert, NULL, set.pool),
                     "the CA \"CN=Root\" above it: no CA with the name of its issuer is trusted "
                     "here");
}

/* What is wrong with a SPIFFE ID is in the certificate, also when its session is resumed. */
TEST(a_spiffe_id_that_is_wrong_is_described)
{
    static pki_extensions_t two = {"subjectAltName", "URI:spiffe://a/b,URI:https://c/", NULL};
    static pki_extensions_t good = {"subjectAltName", "URI:spiffe://a/b", "keyUsage",
                                    "digitalSignature", NULL};
    cc_fault_t bad = {CC_CAUSE_SPIFFE, 0, 0};

    ck_assert_str_eq(
        cc_fault_text(&bad, keep(pki_make("bob", &root, two, -60, 3600))->cert, NULL, set.pool),
        "it violates X509-SVID: it has more than one URI");
    ck_assert_str_eq(
        cc_fault_text(&bad, keep(pki_make("bob", &root, good, -60, 3600))->cert, NULL, set.pool),
        "it violates X509-SVID");
}

SUITE("cause", .setup = setup, .teardown = teardown);
