/* SPDX-License-Identifier: Apache-2.0 */
/* Tests conversions to tables: FakeBasicAuth files, grid-mapfiles, and maps for map_str. */
#include <string.h>

#include "convertset.h"
#include "suite.h"

SUITE(.name = "convert_tables");

#define RIGHT ":xxj31ZMTZzkVA\n"

TEST(a_fakebasicauth_file_becomes_a_list_of_its_subjects)
{
    static const convertset_t cases[] = {
        {"# users\n\n/C=DE/O=Example/CN=alice" RIGHT, "\"/C=DE/O=Example/CN=alice\"\n"},
        {"/O=x/CN=a:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\r\n", "\"/O=x/CN=a\"\n"},
        {"/O=x/CN=a:$apr1$abcdefgh$MlKO8kOdJ6HLcPjpXRoTZ.\n",
         "1! its password is not the word \"password\", so FakeBasicAuth admits no client by it\n"},
        {"/CN=say \"hi\", \\/ \\+" RIGHT, "\"/CN=say \\\"hi\\\", \\\\/ \\\\+\"\n"},
        {"/CN=CF\\/6120hash==" RIGHT, "\"/CN=CF\\\\/6120hash==\"\n"},
        {"/CN=J\\xC3\\xBCrgen" RIGHT, "\"/CN=J\\\\xC3\\\\xBCrgen\"\n"},
        {NULL, NULL}};

    convertset_check("fakebasicauth", NULL, cases);
}
END_TEST

TEST(a_subject_that_no_certificate_has_in_this_form_is_left_out)
{
    static const convertset_t cases[] = {
        {"/O=x/Email=a@b" RIGHT, "1! OpenSSL 3 writes this subject as \"/O=x/emailAddress=a@b\"\n"},
        {"/CN=host/srv.example.org" RIGHT,
         "1! OpenSSL 3 writes this subject as \"/CN=host\\\\/srv.example.org\"\n"},
        {"/CN=a\\" RIGHT, "1! another name has the same legacy form\n"},
        {"/CN=J\xc3\xbcrgen" RIGHT,
         "1! OpenSSL 3 writes this subject as \"/CN=J\\\\xC3\\\\xBCrgen\"\n"},
        {"/CN=a\\x00" RIGHT, "1! a value contains a NUL\n"},
        {"alice" RIGHT, "1! it is not a subject in the slash form, such as /O=Example/CN=alice\n"},
        {"/nothing" RIGHT,
         "1! it is not a subject in the slash form, such as /O=Example/CN=alice\n"},
        {"/XX=a" RIGHT, NULL},
        {NULL, NULL}};
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    for (const convertset_t *one = cases; one->input; one++) {
        const char *output = convertset_output("fakebasicauth", NULL, one->input, p);

        if (one->output) {
            ck_assert_str_eq(output, one->output);
        } else {
            ck_assert_ptr_nonnull(strstr(output, "1! CC0202: \"XX\": no such attribute"));
        }
    }
    apr_pool_destroy(p);
}
END_TEST

TEST(an_entry_by_which_httpd_admits_no_client_is_left_out)
{
    static const convertset_t cases[] = {
        {"/CN=a\n", "1! it has no password\n"},
        {"/CN=a:xxj31ZMTZzkVB\n",
         "1! its password is not the word \"password\", so FakeBasicAuth admits no client by it\n"},
        {"/CN=a:$2y$31$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyz01234\n",
         "1! this kind of hash is not checked; if it is of the word \"password\", write "
         "xxj31ZMTZzkVA instead\n"},
        {"/CN=a:other\n/CN=a" RIGHT,
         "1! this kind of hash is not checked; if it is of the word \"password\", write "
         "xxj31ZMTZzkVA instead\n2! line 1 has the same name, and httpd uses the first\n"},
        {"/CN=a\x01" RIGHT, "1! it contains a control character\n"},
        {"# nothing\n", "CC0554: the input contains no line with a subject and a password"},
        {NULL, NULL}};

    convertset_check("fakebasicauth", NULL, cases);
}
END_TEST

TEST(a_grid_mapfile_becomes_a_table_of_accounts)
{
    static const convertset_t cases[] = {
        {"\"/C=DE/CN=Jane Doe\" jdoe\n/CN=bob\tbob\n", "\"/C=DE/CN=Jane Doe\" \"jdoe\"\n"
                                                       "\"/CN=bob\" \"bob\"\n"},
        {"\"/CN=host/srv.example.org\" h\n", "\"/CN=host/srv.example.org\" \"h\"\n"},
        {"/CN=CF/6120hash== c\n", "\"/CN=CF/6120hash==\" \"c\"\n"},
        {"/O=x/Email=a@b/USERID=c c\n", "\"/O=x/emailAddress=a@b/UID=c\" \"c\"\n"},
        {"/CN=a x,y\n", "\"/CN=a\" \"x\"\n"
                        "1! a client has one user; only the first account is used\n"},
        {"/CN=a .pool\n", "1! its account is a pool, from which an account is chosen when the "
                          "client connects\n"},
        {"\"/CN=*\" a\n", "1! a subject with a wildcard is not a key of a table; write a rule\n"},
        {"/Email=a x\n/emailAddress=a y\n",
         "\"/emailAddress=a\" \"x\"\n2! line 1 has the same subject, and the first counts\n"},
        {"\"/CN=a\n/CN=b\n/CN=c c d\n", "1! a quote is not closed\n2! it has no account\n"
                                        "3! it has more than a subject and accounts\n"},
        {"", "CC0554: the input contains no line with a subject and an account"},
        {NULL, NULL}};

    convertset_check("gridmap", NULL, cases);
}
END_TEST

TEST(a_map_of_texts_becomes_a_table)
{
    static const convertset_t names[] = {
        {"  alice   alice smith \nbob,x\tb,c\n# no\n",
         "\"alice\" \"alice smith\"\n\"bob,x\" \"b\\,c\"\n"},
        {"alice a\nalice b\nbob\n",
         "\"alice\" \"a\"\n2! line 1 has the same key, and HAProxy uses the first\n"
         "3! it has no value\n"},
        {NULL, NULL}};
    static const convertset_t digests[] = {
        {"AB:cd x\nabcd y\n", "\"abcd\" \"x\"\n2! line 1 has the same key, and HAProxy uses the "
                              "first\n"},
        {NULL, NULL}};
    static const convertset_t subjects[] = {
        {"/O=x/CN=a/b a\n/O=x/E=b b\n",
         "\"/O=x/CN=a/b\" \"a\"\n2! the rule would compare it as \"/O=x/emailAddress=b\"\n"},
        {NULL, NULL}};

    convertset_check("haproxy-str", "subject.CN", names);
    convertset_check("haproxy-str", "ski", digests);
    convertset_check("haproxy-str", "subject", subjects);
}
END_TEST

TEST(a_field_that_cannot_be_a_key_is_an_error)
{
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    ck_assert_str_eq(convertset_output("haproxy-str", "not_after", "a b\n", p),
                     "CC0555: \"not_after\": a time cannot be the key of a table; name a "
                     "field of text, octets or numbers");
    ck_assert_int_eq(strncmp(convertset_output("haproxy-str", "subject.XX", "a b", p), "CC0202", 6),
                     0);
    apr_pool_destroy(p);
}
END_TEST
