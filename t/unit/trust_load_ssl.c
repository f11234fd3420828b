/* SPDX-License-Identifier: Apache-2.0 */
/* Tests a trust of the files that mod_ssl's directives name, and verification against it. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "crlset.h"
#include "suite.h"

static crlset_t set;
static pki_t one, sub, alice, deep; /* one issues alice and sub, sub deep */
static cc_trust_t *trust;

/* A CA certificate that OpenSSL takes for a client's. */
static pki_extensions_t is_both = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                                   "critical,digitalSignature,keyCertSign", NULL};

static void setup(void)
{
    crlset_begin(&set);
    one = pki_ca("One", NULL);
    sub = pki_ca("Sub", &one);
    alice = pki_client("alice", &one);
    deep = pki_client("deep", &sub);
    crlset_add_cert(&set, "one.pem", &one);
    trust = NULL;
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&one);
    pki_free(&sub);
    pki_free(&alice);
    pki_free(&deep);
}

/* "" or the error. */
static const char *load(const cc_trust_files_t *files)
{
    apr_status_t status = cc_trust_load(&trust, files, set.pool, &set.err);

    ck_assert_uint_eq(ERR_peek_error(), 0);
    return status == APR_SUCCESS ? "" : cc_error_text(&set.err, set.pool);
}

static void folder_make(const char *name)
{
    ck_assert_int_eq(mkdir(crlset_path(&set, name), 0700), 0);
}

static bool verifies(const pki_t *client, STACK_OF(X509) * sent)
{
    cc_seal_t seal;

    cc_trust_reverify(&seal, trust, client->cert, sent, apr_time_now());
    ck_assert_uint_eq(ERR_peek_error(), 0);
    return seal.state == CC_TRUST_OK;
}

/* Uses the file name under which OpenSSL looks it up. */
static void hash_link(const char *folder, const pki_t *ca)
{
    const char *name =
        apr_psprintf(set.pool, "%s/%08lx.0", folder,
                     X509_NAME_hash_ex(X509_get_subject_name(ca->cert), NULL, NULL, NULL));

    crlset_add_cert(&set, name, ca);
}

TEST(a_folder_of_hashes_is_the_same_as_the_file)
{
    const cc_trust_t *file;

    folder_make("hashes");
    hash_link("hashes", &one);
    ck_assert_str_eq(load(&(cc_trust_files_t){.ca_file = crlset_path(&set, "one.pem"), .depth = 1}),
                     "");
    ck_assert(verifies(&alice, NULL));
    file = trust;
    ck_assert_str_eq(load(&(cc_trust_files_t){.ca_path = crlset_path(&set, "hashes"), .depth = 1}),
                     "");
    ck_assert(verifies(&alice, NULL));
    ck_assert_int_eq(cc_authorities_of_store(trust, set.pool)->nelts, 1);
    ck_assert(cc_trust_same(file, trust));
}

/* The order in which a folder is read is unspecified: some of these precede the certificate. */
TEST(a_link_that_leads_nowhere_hides_no_ca_of_its_folder)
{
    folder_make("links");
    for (int i = 0; i < 20; i++) {
        const char *link = apr_psprintf(set.pool, "links/%08d.0", i);

        ck_assert_int_eq(symlink("nowhere", crlset_path(&set, link)), 0);
    }
    hash_link("links", &one);
    ck_assert_str_eq(load(&(cc_trust_files_t){.ca_path = crlset_path(&set, "links"), .depth = 1}),
                     "");
    ck_assert_int_eq(cc_authorities_of_store(trust, set.pool)->nelts, 1);
}

TEST(each_of_its_settings_may_fail)
{
    const char *no_file = crlset_path(&set, "no-such-file");

    ck_assert_ptr_nonnull(strstr(load(&(cc_trust_files_t){.ca_file = no_file}), "no-such-file"));
    ck_assert_ptr_nonnull(strstr(load(&(cc_trust_files_t){.crl_file = no_file}), "no-such-file"));
    ck_assert_ptr_nonnull(strstr(load(&(cc_trust_files_t){.ciphers = "NO-SUCH"}), "NO-SUCH"));
}

static const char *load_crl(bool chain, bool may_miss)
{
    return load(&(cc_trust_files_t){.ca_file = crlset_path(&set, "one.pem"),
                                    .crl_file = crlset_path(&set, "one.crl"),
                                    .crl_leaf = !chain,
                                    .crl_chain = chain,
                                    .crl_may_miss = may_miss,
                                    .depth = 2});
}

TEST(crls_of_mod_ssl_are_looked_at)
{
    STACK_OF(X509) *sent = sk_X509_new_null();

    sk_X509_push(sent, sub.cert);
    crlset_put(&set, "one.crl",
               &(crl_recipe_t){.ca = &one, .entries = {{.cert = alice.cert, .reason = 1}}});
    ck_assert_str_eq(load_crl(false, false), "");
    ck_assert(!verifies(&alice, NULL));
    ck_assert(!verifies(&deep, sent)); /* there is no CRL of sub */
    ck_assert_str_eq(load_crl(true, true), "");
    ck_assert(!verifies(&alice, NULL));
    ck_assert(verifies(&deep, sent));
    sk_X509_free(sent);
}

TEST(ciphers_set_the_level_at_which_keys_are_too_short)
{
    cc_trust_files_t files = {.ca_file = crlset_path(&set, "one.pem"), .depth = 1};

    files.ciphers = "DEFAULT@SECLEVEL=5";
    ck_assert_str_eq(load(&files), "");
    ck_assert(!verifies(&alice, NULL));
}

/* ---- a file of certificates ------------------------------------------------------------ */

static const char *check(const char *name, cc_seal_t *seal)
{
    bool admitted;

    return cc_trust_check(seal, &admitted, trust, crlset_path(&set, name), apr_time_now(),
                          set.pool);
}

TEST(a_file_is_verified_with_what_else_stands_in_it)
{
    cc_seal_t seal;

    ck_assert_str_eq(load(&(cc_trust_files_t){.ca_file = crlset_path(&set, "one.pem"), .depth = 2}),
                     "");
    crlset_add_cert(&set, "deep.pem", &deep);
    ck_assert_str_eq(check("deep.pem", &seal),
                     "it was issued by CN=Sub: no such CA is trusted here");
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    crlset_add_cert(&set, "deep.pem", &sub);
    ck_assert_ptr_null(check("deep.pem", &seal));
    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    ck_assert_int_eq(sk_X509_num(cc_trust_certs(crlset_path(&set, "deep.pem"), set.pool)), 2);
}

TEST(a_file_says_why_it_would_not_verify)
{
    pki_t old = pki_make("Old", &one, pki_is_ca, -7200, -3600);
    pki_t of_old = pki_client("of-old", &old);
    pki_t both = pki_make("both", &one, is_both, -60, 3600);
    cc_seal_t seal;

    ck_assert_str_eq(load(&(cc_trust_files_t){.ca_file = crlset_path(&set, "one.pem"), .depth = 2}),
                     "");
    crlset_write(&set, "none.pem", "nothing", 7);
    ck_assert_str_eq(check("none.pem", &seal), "there is no certificate to verify");
    crlset_add_cert(&set, "both.pem", &both);
    ck_assert_ptr_nonnull(check("both.pem", &seal));
    ck_assert_int_eq(seal.state, CC_TRUST_NOT_CLIENT);
    crlset_add_cert(&set, "of-old.pem", &of_old);
    crlset_add_cert(&set, "of-old.pem", &old);
    ck_assert_ptr_nonnull(
        strstr(check("of-old.pem", &seal), "the CA \"CN=Old\" above it: it has expired"));
    ck_assert_uint_eq(ERR_peek_error(), 0);
    pki_free(&old);
    pki_free(&of_old);
    pki_free(&both);
}

SUITE("trust_load_ssl", .setup = setup, .teardown = teardown);
