/* SPDX-License-Identifier: Apache-2.0 */
/* Tests sets of CAs: their groups, the CAs that a verification needs, and their names. */
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "caset.h"
#include "suite.h"

static caset_t set;
static pki_t one, two, middle, alice;

static void setup(void)
{
    caset_begin(&set);
    one = pki_ca("one", NULL);
    two = pki_ca("two", NULL);
    middle = pki_ca("middle", &one);
    alice = pki_client("alice", &middle);
}

static void teardown(void)
{
    pki_free(&one);
    pki_free(&two);
    pki_free(&middle);
    pki_free(&alice);
    caset_end(&set);
}

/* A group of the current set, which stays: nothing polls. */
static const cc_ca_group_t *group(int number)
{
    unsigned side = 0;

    return cc_ca_group_at(cc_cas_enter(set.cas, &side), number);
}

static STACK_OF(X509) * stack_of(const pki_t *pki)
{
    STACK_OF(X509) *stack = sk_X509_new_null();

    sk_X509_push(stack, pki->cert);
    return stack;
}

/* ---- candidates ------------------------------------------------------------------------ */

TEST(candidates_are_the_issuers_and_those_above_them)
{
    CASET_PUT(&set, "a.pem", &one, &two, &middle);
    caset_open(&set, "a.pem");
    ck_assert_str_eq(caset_subjects(&set, cc_ca_group_candidates(group(0), alice.cert, NULL)),
                     "middle one");
    ck_assert_str_eq(caset_subjects(&set, cc_ca_group_candidates(group(0), one.cert, NULL)), "one");
}

TEST(candidates_are_those_of_the_certificates_that_the_client_sends_too)
{
    STACK_OF(X509) *sent = stack_of(&middle);

    CASET_PUT(&set, "a.pem", &one, &two);
    caset_open(&set, "a.pem");
    ck_assert_str_eq(caset_subjects(&set, cc_ca_group_candidates(group(0), alice.cert, NULL)), "");
    ck_assert_str_eq(caset_subjects(&set, cc_ca_group_candidates(group(0), alice.cert, sent)),
                     "one");
    sk_X509_free(sent);
}

/* True if the only candidate for the certificate is this CA. */
static bool only_candidate(X509 *leaf, const pki_t *ca)
{
    STACK_OF(X509) *found = cc_ca_group_candidates(group(0), leaf, NULL);
    bool only = sk_X509_num(found) == 1 && X509_cmp(sk_X509_value(found, 0), ca->cert) == 0;

    sk_X509_free(found);
    return only;
}

/* A CA without key identifiers, by which OpenSSL would distinguish it. */
static pki_t plain_ca(const char *cn)
{
    static pki_extensions_t extensions = {"basicConstraints", "critical,CA:TRUE", NULL};

    return pki_make(cn, NULL, extensions, -60, 86400);
}

TEST(of_cas_with_one_name_those_that_signed_are_taken)
{
    pki_t old = plain_ca("CA"), new = plain_ca("CA");
    pki_t of_old = pki_client("bob", &old), of_new = pki_client("bob", &new);

    CASET_PUT(&set, "a.pem", &old, &new, &two);
    caset_open(&set, "a.pem");
    ck_assert(only_candidate(of_old.cert, &old));
    ck_assert(only_candidate(of_new.cert, &new));
    pki_free(&old);
    pki_free(&new);
    pki_free(&of_old);
    pki_free(&of_new);
}

TEST(if_none_of_them_signed_all_are_taken)
{
    pki_t old = plain_ca("CA"), new = plain_ca("CA"), other = plain_ca("CA");
    pki_t of_other = pki_client("bob", &other);

    CASET_PUT(&set, "a.pem", &old, &new, &two);
    caset_open(&set, "a.pem");
    ck_assert_str_eq(caset_subjects(&set, cc_ca_group_candidates(group(0), of_other.cert, NULL)),
                     "CA CA");
    pki_free(&old);
    pki_free(&new);
    pki_free(&other);
    pki_free(&of_other);
}

TEST(the_candidates_verify_a_chain)
{
    STACK_OF(X509) * trusted;
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();

    CASET_PUT(&set, "a.pem", &two, &middle, &one);
    caset_open(&set, "a.pem");
    trusted = cc_ca_group_candidates(group(0), alice.cert, NULL);
    ck_assert(X509_STORE_CTX_init(ctx, NULL, alice.cert, NULL));
    X509_STORE_CTX_set0_trusted_stack(ctx, trusted);
    ck_assert_int_eq(X509_verify_cert(ctx), 1);
    ck_assert_ptr_nonnull(
        cc_ca_of_cert(group(0), sk_X509_value(X509_STORE_CTX_get0_chain(ctx), 1)));
    X509_STORE_CTX_free(ctx);
    sk_X509_free(trusted);
    ck_assert_int_eq((int)ERR_peek_error(), 0);
}

/* ---- CAs ------------------------------------------------------------------------------- */

TEST(a_ca_is_found_by_certificate_and_by_mark)
{
    unsigned char sha256[EVP_MAX_MD_SIZE];
    const cc_ca_t *found;

    CASET_PUT(&set, "a.pem", &one, &two, &middle);
    caset_open(&set, "a.pem");
    ck_assert(X509_digest(two.cert, EVP_sha256(), sha256, NULL));
    found = cc_ca_of_mark(group(0), sha256);
    ck_assert_ptr_nonnull(found);
    ck_assert_mem_eq(found->sha256, sha256, 32);
    ck_assert_str_eq(found->path, caset_path(&set, "a.pem"));
    ck_assert_ptr_eq(cc_ca_of_cert(group(0), cc_ca_cert(found)), found);
    ck_assert_ptr_null(cc_ca_of_cert(group(0), two.cert));
    sha256[0]++;
    ck_assert_ptr_null(cc_ca_of_mark(group(0), sha256));
}

TEST(a_certificate_in_two_files_counts_once)
{
    CASET_PUT(&set, "a.pem", &one, &one);
    CASET_PUT(&set, "b.pem", &two, &one);
    caset_open(&set, "a.pem b.pem");
    ck_assert_str_eq(caset_names(&set, 0), "one two");
}

TEST(cas_are_found_by_name)
{
    STACK_OF(X509) * all;

    CASET_PUT(&set, "a.pem", &one, &two, &middle);
    caset_open(&set, "a.pem");
    ck_assert_str_eq(
        caset_subjects(&set, cc_ca_group_named(group(0), X509_get_subject_name(two.cert))), "two");
    ck_assert_str_eq(
        caset_subjects(&set, cc_ca_group_named(group(0), X509_get_subject_name(alice.cert))), "");
    all = cc_ca_group_certs(group(0));
    ck_assert_int_eq(sk_X509_num(all), 3);
    sk_X509_free(all);
}

/* ---- names ----------------------------------------------------------------------------- */

static apr_uint64_t names_digest(const char *line, int count)
{
    unsigned side = 0;
    const cc_ca_set_t *current;

    caset_open(&set, line);
    current = cc_cas_enter(set.cas, &side);
    ck_assert_int_eq(sk_X509_NAME_num(cc_ca_set_names(current)), count);
    return cc_ca_set_names_digest(current);
}

/* Which of four CAs with the name of `two` come first, by number. */
static const char *order_of(const pki_t same[4])
{
    unsigned side = 0;
    const cc_ca_set_t *now = cc_cas_enter(set.cas, &side);
    STACK_OF(X509) *found =
        cc_ca_group_named(cc_ca_group_at(now, 0), X509_get_subject_name(two.cert));
    static char text[5];
    int len = 0;

    for (int i = 0; i < sk_X509_num(found); i++) {
        for (int j = 0; j < 4; j++) {
            if (X509_cmp(sk_X509_value(found, i), same[j].cert) == 0) {
                text[len++] = (char)('0' + j);
            }
        }
    }
    text[len] = '\0';
    sk_X509_free(found);
    cc_cas_leave(set.cas, side);
    return text;
}

TEST(cas_with_one_name_are_in_the_order_of_paths_and_names_and_of_each_file)
{
    pki_t same[4];

    for (int i = 0; i < 4; i++) {
        same[i] = pki_ca("two", NULL);
    }
    ck_assert_int_eq(mkdir(caset_path(&set, "dir"), 0700), 0);
    CASET_PUT(&set, "dir/b.pem", &same[1]);
    CASET_PUT(&set, "z.pem", &same[3], &same[2]);
    caset_open(&set, "z.pem dir");
    ck_assert_str_eq(order_of(same), "321");
    CASET_PUT(&set, "dir/a.pem", &same[0]);
    ck_assert_str_ne(caset_poll(&set), ""); /* it comes last, and belongs before the other */
    ck_assert_str_eq(order_of(same), "3201");
    CASET_PUT(&set, "z.pem", &same[2], &same[3]);
    ck_assert_str_eq(caset_poll(&set), ""); /* the same CAs, in another order */
    ck_assert_str_eq(order_of(same), "2301");
    for (int i = 0; i < 4; i++) {
        pki_free(&same[i]);
    }
}

TEST(sets_with_the_same_names_have_the_same_digest)
{
    pki_t twin = pki_ca("one", NULL);
    apr_uint64_t first;

    CASET_PUT(&set, "a.pem", &one, &two);
    CASET_PUT(&set, "b.pem", &two, &twin, &one);
    CASET_PUT(&set, "c.pem", &two, &middle);
    first = names_digest("a.pem", 2);
    ck_assert(names_digest("b.pem", 2) == first);
    ck_assert(names_digest("c.pem", 2) != first);
    pki_free(&twin);
}

/* ---- groups ---------------------------------------------------------------------------- */

TEST(directives_of_one_domain_make_one_group)
{
    unsigned side = 0;
    const cc_ca_set_t *current;

    CASET_PUT(&set, "a.pem", &one);
    CASET_PUT(&set, "b.pem", &two);
    CASET_PUT(&set, "c.pem", &middle);
    caset_open(&set, "a.pem\nb.pem domain=example.org\nc.pem domain=example.org depth=2");
    current = cc_cas_enter(set.cas, &side);
    ck_assert_int_eq(cc_ca_groups(current), 2);
    ck_assert_str_eq(caset_names(&set, 0), "one");
    ck_assert_str_eq(caset_names(&set, 1), "middle two");
    ck_assert_int_eq(cc_ca_group_number(current, group(1)), 1);
    ck_assert_ptr_null(cc_ca_group_domain(group(0)));
    ck_assert_str_eq(cc_ca_group_domain(group(1)), "example.org");
    ck_assert_int_eq(cc_ca_group_depth(group(0)), -1);
    ck_assert_int_eq(cc_ca_group_depth(group(1)), 2);
    ck_assert(!cc_ca_group_anchors_all(group(0)) && cc_ca_group_anchors_all(group(1)));
    ck_assert_str_eq(cc_cas_groups_text(set.cas, set.pool), "- -1\nexample.org 2\n");
    cc_cas_leave(set.cas, side);
}

/* A client's certificate with these URIs; NULL: none. */
static pki_t with_uri(const char *uri)
{
    pki_extensions_t extensions = {"basicConstraints",
                                   "critical,CA:FALSE",
                                   "keyUsage",
                                   "critical,digitalSignature",
                                   uri ? "subjectAltName" : NULL,
                                   uri,
                                   NULL};

    return pki_make("client", &one, extensions, -60, 86400);
}

/* The number of the group for such a certificate; -1: none, -2: and it is why. */
static int group_for(const char *uri)
{
    unsigned side = 0;
    const cc_ca_set_t *current = cc_cas_enter(set.cas, &side);
    const char *problem = NULL;
    pki_t client = with_uri(uri);
    const cc_ca_group_t *found = cc_ca_group_of(current, client.cert, &problem);
    int number = found ? cc_ca_group_number(current, found) : problem ? -2 : -1;

    ck_assert(!(found && problem));
    pki_free(&client);
    cc_cas_leave(set.cas, side);
    return number;
}

TEST(the_group_is_that_of_the_domain_or_the_one_for_all_others)
{
    CASET_PUT(&set, "a.pem", &one);
    caset_open(&set, "a.pem domain=example.org\na.pem domain=example.net\na.pem");
    ck_assert_int_eq(group_for("URI:spiffe://example.org/a"), 0);
    ck_assert_int_eq(group_for("URI:spiffe://example.net/a"), 1);
    ck_assert_int_eq(group_for("URI:spiffe://example.com/a"), 2);
    ck_assert_int_eq(group_for("URI:https://example.org/a"), 2);
    ck_assert_int_eq(group_for(NULL), 2);
    ck_assert_int_eq(group_for("URI:spiffe://example.org/a,URI:spiffe://example.net/a"), -2);
    caset_open(&set, "a.pem domain=example.org");
    ck_assert_int_eq(group_for("URI:spiffe://example.com/a"), -1);
    ck_assert_int_eq(group_for(NULL), -1);
}

TEST(without_domains_no_certificate_is_examined)
{
    CASET_PUT(&set, "a.pem", &one);
    caset_open(&set, "a.pem");
    ck_assert_int_eq(group_for("URI:spiffe://example.org/a,URI:spiffe://example.net/a"), 0);
}

SUITE("sets of CAs", .setup = setup, .teardown = teardown);
