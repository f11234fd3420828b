/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the effect of a restart on CRL files that have become bad. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

#include "crlset.h"
#include "suite.h"

static crlset_t set;
static apr_pool_t *process; /* outlives configurations */
static cc_crl_kept_t *kept;
static apr_hash_t *ever;
static apr_pool_t *configuration;
static pki_t ca, other, alice, bob;

static void setup(void)
{
    crlset_begin(&set);
    apr_pool_create(&process, NULL);
    kept = cc_crls_kept_create(process);
    ever = apr_hash_make(process);
    ca = pki_ca("CA", NULL);
    other = pki_ca("other", NULL);
    alice = pki_client("alice", &ca);
    bob = pki_client("bob", &ca);
    crlset_trust(&set, &ca);
}

static void teardown(void)
{
    configuration = NULL;
    crlset_end(&set);
    apr_pool_destroy(process);
    pki_free(&ca);
    pki_free(&other);
    pki_free(&alice);
    pki_free(&bob);
}

/* A CRL that lists alice; its number identifies it. */
static crl_recipe_t recipe(const char *number)
{
    return (crl_recipe_t){.ca = &ca, .number = number, .entries = {{.cert = alice.cert}}};
}

static void put(const char *name, const char *number)
{
    crl_recipe_t made = recipe(number);
    crlset_put(&set, name, &made);
}

/* Cuts a file of CRLs in half. */
static void spoil(const char *name)
{
    apr_size_t len = 0;
    void *octets = crlset_read(&set, name, &len);

    crlset_write(&set, name, octets, len / 2);
}

typedef struct {
    const char *text;
    apr_pool_t *pool;
} told_t;

static void told(const cc_error_t *err, apr_time_t since, void *baton)
{
    told_t *to = baton;
    to->text =
        apr_pstrcat(to->pool, to->text,
                    since ? "stays: " : "nothing: ", cc_error_text(err, to->pool), "\n", NULL);
}

static cc_crl_spec_t *spec_of(const char *arguments, apr_pool_t *p)
{
    cc_crl_spec_t *spec = NULL;

    ck_assert_int_eq(cc_crls_parse(&spec, arguments, p, NULL), APR_SUCCESS);
    spec->root = set.folder;
    spec->where = "site.conf:1";
    spec->kept = kept;
    spec->highest = ever;
    spec->pass_foreign = true;
    return spec;
}

static cc_trust_t *trust_now(apr_pool_t *p)
{
    cc_trust_t *trust = NULL;

    ck_assert_int_eq(cc_trust_create(&trust, set.ctx, p, NULL), APR_SUCCESS);
    return trust;
}

/* Ends a configuration, with everything in it. */
static void end(void)
{
    if (configuration && set.crls) {
        cc_crls_highest_save(set.crls, ever);
        apr_pool_destroy(configuration);
    }
    apr_pool_create(&configuration, set.pool);
}

static void start(const char *arguments)
{
    cc_error_t err = {0};

    end();
    ck_assert_msg(cc_crls_open(&set.crls, spec_of(arguments, configuration),
                               trust_now(configuration), configuration, &err) == APR_SUCCESS,
                  "%s", err.message);
    cc_crls_kept_sweep(kept);
}

/* The messages of the restart. */
static const char *restart(const char *arguments)
{
    told_t to = {"", set.pool};

    end();
    cc_crls_reopen(&set.crls, spec_of(arguments, configuration), trust_now(configuration),
                   configuration, told, &to);
    cc_crls_kept_sweep(kept);
    return to.text;
}

static void expect_told(const char *text, const char *kind, const char *tag)
{
    ck_assert_msg(strncmp(text, kind, strlen(kind)) == 0 && strstr(text, tag) != NULL, "%s", text);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1); /* one line */
}

static void expect_alice_revoked(void)
{
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "good");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked unspecified");
}

static void expect_kept(const char *arguments, const char *tag)
{
    expect_told(restart(arguments), "stays: ", tag);
    expect_alice_revoked();
}

static void expect_shut(const char *arguments, const char *tag)
{
    expect_told(restart(arguments), "nothing: ", tag);
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca),
                     "unknown: a file of CRLs could not be read when the server restarted");
    ck_assert(set.answer.incomplete);
}

/* ---- CRLs that stay in use ------------------------------------------------------------- */

TEST(a_file_that_was_cut_off_damaged_or_emptied_gives_what_it_gave)
{
    pki_t twin = pki_ca("CA", NULL);

    put("a.crl", "1");
    start("a.crl");
    spoil("a.crl");
    expect_kept("a.crl", "CC0408");
    expect_kept("a.crl", "CC0408");
    crlset_write(&set, "a.crl", "", 0);
    expect_kept("a.crl", "CC0408");
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &twin, .no_akid = true});
    expect_kept("a.crl", "CC0411");
    pki_free(&twin);
    unlink(crlset_path(&set, "a.crl"));
    mkfifo(crlset_path(&set, "a.crl"), 0600);
    expect_kept("a.crl", "CC0406");
    unlink(crlset_path(&set, "a.crl"));
    expect_kept("a.crl", "CC0406");
    crlset_poll_gone(&set); /* it was not removed while the server ran */
    expect_alice_revoked();
    put("a.crl", "2");
    ck_assert_str_eq(restart("a.crl"), "");
}

TEST(what_a_poll_took_is_what_is_kept)
{
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &ca, .number = "1"});
    start("a.crl");
    put("a.crl", "2");
    ck_assert_ptr_nonnull(strstr(crlset_poll(&set), "changed"));
    spoil("a.crl");
    expect_kept("a.crl", "CC0408");
}

TEST(an_older_crl_does_not_take_the_place_of_what_is_kept)
{
    put("a.crl", "2");
    start("a.crl");
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &ca, .number = "1"});
    expect_kept("a.crl", "CC0412");
}

TEST(a_crl_of_others_does_not_take_the_place_of_what_is_kept)
{
    put("a.crl", "1");
    start("a.crl");
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &other});
    expect_kept("a.crl", "CC0410");
}

TEST(a_good_file_is_taken_by_the_next_poll)
{
    put("a.crl", "1");
    start("a.crl");
    spoil("a.crl");
    expect_kept("a.crl", "CC0408");
    ck_assert_str_eq(crlset_poll(&set), ""); /* messages of the restart are not repeated */
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &ca, .number = "2"});
    ck_assert_ptr_nonnull(strstr(crlset_poll(&set), "changed"));
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "good");
}

TEST(one_bad_file_of_a_folder_is_kept_and_the_others_are_taken)
{
    mkdir(crlset_path(&set, "f"), 0700);
    crlset_trust(&set, &other);
    put("f/a.crl", "1");
    crlset_put(&set, "f/b.crl", &(crl_recipe_t){.ca = &other, .number = "1"});
    start("f");
    spoil("f/b.crl");
    put("f/a.crl", "2");
    expect_kept("f", "CC0408");
    rename(crlset_path(&set, "f"), crlset_path(&set, "g"));
    expect_kept("f", "CC0406"); /* the folder and all its files are gone */
    rename(crlset_path(&set, "g"), crlset_path(&set, "f"));
    unlink(crlset_path(&set, "f/b.crl"));
    ck_assert_str_eq(restart("f"), "");
}

TEST(what_is_large_is_kept_too)
{
    crl_recipe_t large = recipe("1");
    char *text = apr_psprintf(set.pool, "%0400000d", 0);

    large.extensions[0] = "nsComment";
    large.extensions[1] = text;
    crlset_put(&set, "a.crl", &large);
    start("a.crl");
    spoil("a.crl");
    expect_kept("a.crl", "CC04");
}

TEST(with_other_cas_what_is_kept_is_verified_anew)
{
    put("a.crl", "1");
    start("a.crl");
    spoil("a.crl");
    crlset_trust(&set, &other);
    expect_kept("a.crl", "CC0408");
    SSL_CTX_set_cert_store(set.ctx, X509_STORE_new()); /* it does not cover other CAs */
    crlset_trust(&set, &other);
    expect_shut("a.crl missing=allow", "CC0408");
    expect_shut("a.crl missing=allow", "CC0408");
}

/* ---- no CRL loaded before -------------------------------------------------------------- */

TEST(a_new_directive_whose_file_is_bad_is_shut_until_it_is_good)
{
    put("a.crl", "1");
    start("a.crl");
    expect_shut("b.crl missing=allow", "CC0406");
    put("b.crl", "1");
    spoil("b.crl");
    expect_shut("b.crl missing=allow", "CC0408");
    put("b.crl", "1");
    ck_assert_ptr_nonnull(strstr(crlset_poll(&set), "changed"));
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "good");
    ck_assert_str_eq(restart("b.crl missing=allow"), "");
}

TEST(a_bad_file_in_a_folder_in_use_shuts_nothing_and_in_a_new_one_all)
{
    mkdir(crlset_path(&set, "f"), 0700);
    put("f/a.crl", "1");
    start("f missing=allow");
    put("f/b.crl", "1");
    spoil("f/b.crl");
    ck_assert_ptr_nonnull(strstr(restart("f missing=allow"), "nothing: "));
    ck_assert_str_eq(crlset_ask(&set, &bob, &other), "unknown: there is no CRL of its issuer");
    ck_assert(!set.answer.incomplete);
    mkdir(crlset_path(&set, "g"), 0700);
    put("g/b.crl", "1");
    spoil("g/b.crl");
    expect_shut("g missing=allow", "CC0408");
    crlset_write(&set, "g/b.crl", "no CRL at all", 13);
    crlset_poll(&set);
    crlset_poll(&set);
    crlset_ask(&set, &bob, &ca);
    ck_assert(!set.answer.incomplete);
}

TEST(what_is_removed_while_the_server_runs_is_not_kept)
{
    put("a.crl", "1");
    start("a.crl missing=allow");
    unlink(crlset_path(&set, "a.crl"));
    crlset_poll_gone(&set);
    expect_shut("a.crl missing=allow", "CC0406");
}

TEST(what_no_configuration_asks_for_is_forgotten)
{
    put("b.crl", "1");
    put("a.crl", "1");
    start("a.crl");
    restart("b.crl");
    restart("b.crl");
    spoil("a.crl");
    expect_shut("a.crl", "CC0408");
}

TEST(a_process_that_does_not_own_it_writes_nothing)
{
    pid_t child;
    int status = 0;

    put("a.crl", "1");
    start("a.crl");
    child = fork();
    if (child == 0) {
        crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &ca, .number = "2"});
        crlset_poll(&set);
        spoil("a.crl");
        restart("a.crl");
        _exit(strcmp(crlset_ask(&set, &alice, &ca), "good") == 0); /* as in number 2 */
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    spoil("a.crl");
    expect_kept("a.crl", "CC0408");
}

TEST(one_that_nobody_can_use_is_owed_from_a_restart_on)
{
    put("b.crl", "1");
    start("b.crl");
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &other});
    ck_assert_str_eq(restart("a.crl missing=allow"), "");
    cc_crls_mark_unread(set.crls, crlset_path(&set, "a.crl"));
    crlset_ask(&set, &bob, &ca);
    ck_assert(set.answer.incomplete);
    put("a.crl", "1");
    crlset_poll(&set);
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "good");
}

SUITE("restart", .setup = setup, .teardown = teardown, .timeout = 300);
