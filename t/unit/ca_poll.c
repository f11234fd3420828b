/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how files of CAs are followed: what is accepted, refused, waited for, and reported. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "caset.h"
#include "suite.h"

static caset_t set;
static pki_t a, b, c;

static void setup(void)
{
    caset_begin(&set);
    a = pki_ca("A", NULL);
    b = pki_ca("B", NULL);
    c = pki_ca("C", NULL);
}

static void teardown(void)
{
    pki_free(&a);
    pki_free(&b);
    pki_free(&c);
    caset_end(&set);
}

/* The error, or the change, contains both texts. */
static void expect_told(const char *told, const char *text, const char *other)
{
    if (!strstr(told, text) || !strstr(told, other)) {
        ck_abort_msg("\"%s\" has no \"%s\" or no \"%s\"", told, text, other);
    }
}

static void expect(const char *names)
{
    ck_assert_str_eq(caset_names(&set, 0), names);
}

static void open_a(void)
{
    CASET_PUT(&set, "a.pem", &a);
    caset_open(&set, "a.pem");
}

/* ---- files ----------------------------------------------------------------------------- */

TEST(a_changed_file_is_taken)
{
    apr_uint64_t before;

    open_a();
    before = cc_cas_generation(set.cas);
    CASET_PUT(&set, "a.pem", &a, &b);
    ck_assert_str_eq(caset_poll(&set), "a.pem +CN=B");
    expect("A B");
    ck_assert(cc_cas_generation(set.cas) > before);
    CASET_PUT(&set, "a.pem", &b);
    ck_assert_str_eq(caset_poll(&set), "a.pem -CN=A");
    expect("B");
}

TEST(certificates_that_were_written_again_are_no_change)
{
    apr_uint64_t before;

    CASET_PUT(&set, "a.pem", &a, &b);
    caset_open(&set, "a.pem");
    before = cc_cas_generation(set.cas);
    CASET_PUT(&set, "a.pem", &a, &b);
    ck_assert_str_eq(caset_poll(&set), "");
    CASET_PUT(&set, "a.pem", &b, &a);
    ck_assert_str_eq(caset_poll(&set), "");
    ck_assert_uint_eq(cc_cas_generation(set.cas), before);
}

TEST(a_ca_of_the_same_name_and_another_key_counts_as_both)
{
    pki_t twin = pki_ca("A", NULL);

    open_a();
    CASET_PUT(&set, "a.pem", &twin);
    ck_assert_str_eq(caset_poll(&set), "a.pem +CN=A -CN=A");
    pki_free(&twin);
}

TEST(a_bad_file_is_refused_once_and_its_cas_stay)
{
    pki_t client = pki_client("bob", &a);
    apr_uint64_t before;

    open_a();
    before = cc_cas_generation(set.cas);
    CASET_PUT(&set, "a.pem", &b, &client);
    expect_told(caset_poll(&set), "CC0465: site.conf:1: ", "certificate 2 of the file, \"CN=bob\"");
    expect("A");
    ck_assert_str_eq(caset_poll(&set), "");
    caset_write(&set, "a.pem", "");
    expect_told(caset_poll(&set), "CC0466", "contains no certificate");
    expect("A");
    ck_assert_uint_eq(cc_cas_generation(set.cas), before);
    CASET_PUT(&set, "a.pem", &a);
    ck_assert_str_eq(caset_poll(&set), "");
    pki_free(&client);
}

TEST(a_named_file_that_is_gone_is_refused_and_its_cas_stay)
{
    open_a();
    ck_assert_int_eq(unlink(caset_path(&set, "a.pem")), 0);
    ck_assert_str_eq(caset_poll(&set), "");
    expect_told(caset_poll(&set), "CC0463", "No such file");
    ck_assert_str_eq(caset_poll(&set), "");
    expect("A");
    CASET_PUT(&set, "a.pem", &b);
    ck_assert_str_eq(caset_poll(&set), "a.pem +CN=B -CN=A");
}

/* ---- folders --------------------------------------------------------------------------- */

static void open_folder(void)
{
    ck_assert_int_eq(mkdir(caset_path(&set, "cas"), 0755), 0);
    CASET_PUT(&set, "cas/a.pem", &a);
    CASET_PUT(&set, "cas/b.pem", &b);
    caset_write(&set, "cas/README", "Our CAs.\n");
    caset_open(&set, "cas");
}

TEST(files_of_a_folder_come_and_leave)
{
    open_folder();
    expect("A B");
    CASET_PUT(&set, "cas/c.pem", &c);
    ck_assert_str_eq(caset_poll(&set), "c.pem +CN=C");
    ck_assert_int_eq(unlink(caset_path(&set, "cas/a.pem")), 0);
    ck_assert_str_eq(caset_poll(&set), "a.pem -CN=A");
    expect("B C");
}

/* Sets the time of the folder to this many milliseconds before the next poll. */
static void age_folder(int msec)
{
    apr_time_t next = apr_time_now() + set.later + apr_time_from_sec(60);
    apr_time_t at = next - apr_time_from_msec(msec);
    struct timespec times[2] = {{apr_time_sec(at), 999000}, {apr_time_sec(at), 999000}};

    times[1].tv_nsec += apr_time_usec(at) / 1000 * 1000000;
    ck_assert_int_eq(utimensat(AT_FDCWD, caset_path(&set, "cas"), times, 0), 0);
}

/* The writer may be about to replace the file. */
TEST(a_file_that_may_have_left_just_now_stays_for_a_second)
{
    open_folder();
    ck_assert_int_eq(unlink(caset_path(&set, "cas/a.pem")), 0);
    age_folder(300);
    ck_assert_str_eq(caset_poll(&set), "");
    expect("A B");
    ck_assert_str_eq(caset_poll(&set), "a.pem -CN=A");
    expect("B");
}

/* The folder of a link does not change with its target. */
TEST(a_link_whose_target_is_missing_stays_for_a_second)
{
    open_folder();
    CASET_PUT(&set, "c.pem", &c);
    ck_assert_int_eq(symlink("../c.pem", caset_path(&set, "cas/c.pem")), 0);
    ck_assert_str_eq(caset_poll(&set), "c.pem +CN=C");
    ck_assert_int_eq(unlink(caset_path(&set, "c.pem")), 0);
    age_folder(5000);
    ck_assert_str_eq(caset_poll(&set), "");
    CASET_PUT(&set, "c.pem", &c);
    ck_assert_str_eq(caset_poll(&set), "");
    expect("A B C");
    ck_assert_int_eq(unlink(caset_path(&set, "c.pem")), 0);
    ck_assert_str_eq(caset_poll_gone(&set), "c.pem -CN=C");
}

TEST(a_file_of_a_folder_that_cannot_be_reached_is_refused_and_its_cas_stay)
{
    open_folder();
    ck_assert_int_eq(unlink(caset_path(&set, "cas/a.pem")), 0);
    ck_assert_int_eq(symlink("a.pem", caset_path(&set, "cas/a.pem")), 0); /* a loop */
    expect_told(caset_poll_gone(&set), "CC0463", "a.pem");
    expect("A B");
    ck_assert_str_eq(caset_poll(&set), "");
    CASET_PUT(&set, "cas/a.pem", &c);
    ck_assert_str_eq(caset_poll(&set), "a.pem +CN=C -CN=A");
}

TEST(a_file_that_comes_back_within_a_second_never_left)
{
    open_folder();
    ck_assert_int_eq(unlink(caset_path(&set, "cas/a.pem")), 0);
    age_folder(0);
    ck_assert_str_eq(caset_poll(&set), "");
    CASET_PUT(&set, "cas/a.pem", &a);
    ck_assert_str_eq(caset_poll_gone(&set), "");
    expect("A B");
}

TEST(a_ca_that_moves_between_files_never_left)
{
    open_folder();
    CASET_PUT(&set, "cas/c.pem", &a);
    ck_assert_int_eq(unlink(caset_path(&set, "cas/a.pem")), 0);
    ck_assert_str_eq(caset_poll_gone(&set), "");
    expect("A B");
}

TEST(a_folder_without_cas_is_refused_and_its_cas_stay)
{
    open_folder();
    ck_assert_int_eq(unlink(caset_path(&set, "cas/a.pem")), 0);
    ck_assert_int_eq(unlink(caset_path(&set, "cas/b.pem")), 0);
    ck_assert_str_eq(caset_poll(&set), "");
    expect_told(caset_poll(&set), "CC0466", "contains no file with a certificate");
    ck_assert_str_eq(caset_poll(&set), "");
    expect("A B");
    CASET_PUT(&set, "cas/b.pem", &b);
    ck_assert_str_eq(caset_poll_gone(&set), "a.pem -CN=A");
}

TEST(a_folder_that_is_gone_is_refused_and_its_cas_stay)
{
    open_folder();
    ck_assert_int_eq(rename(caset_path(&set, "cas"), caset_path(&set, "gone")), 0);
    expect_told(caset_poll_gone(&set), "CC0463", "No such file");
    expect("A B");
}

TEST(a_folder_with_a_bad_file_follows_the_others)
{
    open_folder();
    caset_write(&set, "cas/a.pem", "nothing");
    CASET_PUT(&set, "cas/b.pem", &c);
    expect_told(caset_poll(&set), "CC0466", "b.pem +CN=C -CN=B");
    expect("A C");
}

/* As Kubernetes does it: files are links into a folder that a link names, which is swapped. */
TEST(swapped_links_are_noticed)
{
    ck_assert_int_eq(mkdir(caset_path(&set, "v1"), 0755), 0);
    ck_assert_int_eq(mkdir(caset_path(&set, "v2"), 0755), 0);
    CASET_PUT(&set, "v1/ca.pem", &a);
    CASET_PUT(&set, "v2/ca.pem", &b);
    ck_assert_int_eq(symlink("v1", caset_path(&set, "..data")), 0);
    ck_assert_int_eq(symlink("..data/ca.pem", caset_path(&set, "ca.pem")), 0);
    caset_open(&set, "ca.pem");
    caset_poll(&set);
    ck_assert_int_eq(symlink("v2", caset_path(&set, "..new")), 0);
    ck_assert_int_eq(rename(caset_path(&set, "..new"), caset_path(&set, "..data")), 0);
    ck_assert_str_eq(caset_poll(&set), "ca.pem +CN=B -CN=A");
}

SUITE("following CAs", .setup = setup, .teardown = teardown);
