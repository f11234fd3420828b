/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the lines and the page of mod_status. */
#include <string.h>

#include "base/counter.h"
#include "ca/ca.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/mod_status.h"
#include "metricset.h"
#include "suite.h"
#include "tables/table.h"

SUITE("mod_status", .setup = metricset_setup, .teardown = metricset_teardown);

static void two_hosts(void)
{
    static cc_vhost_counters_t hosts[2];

    atomic_store(&hosts[0].rejections[CC_REJECTED_NOT_YET], 1);
    atomic_store(&hosts[1].rejections[CC_REJECTED_NOT_YET], 2);
    atomic_store(&hosts[1].denied, 4);
    metricset_add(CC_KIND_VHOST, &hosts[0], "a:1", NULL, NULL);
    metricset_add(CC_KIND_VHOST, &hosts[1], "b:1", NULL, NULL);
}

TEST(lines_are_sums_of_virtual_hosts)
{
    two_hosts();
    cc_mod_status_lines(&metricset_sink, &metricset);
    ck_assert_ptr_nonnull(strstr(metricset_text, "\nClientCertRejectedNotYetValid: 3\n"));
    ck_assert_ptr_nonnull(strstr(metricset_text, "\nClientCertRequestsDenied: 4\n"));
    ck_assert_ptr_nonnull(strstr(metricset_text, "ClientCertDecisionsMapped: 0\n"));
    ck_assert_ptr_null(strstr(metricset_text, "Vhost"));
}
END_TEST

TEST(the_page_has_the_same_sums_in_words)
{
    two_hosts();
    metricset.server.since = apr_time_from_sec(86400);
    cc_mod_status_page(&metricset_sink, &metricset);
    ck_assert_ptr_nonnull(strstr(metricset_text,
                                 "<tr><td>Certificates rejected</td><td>not yet valid</td>"
                                 "<td align=\"right\">3</td></tr>\n"));
    ck_assert_ptr_nonnull(strstr(metricset_text, "<tr><td>Requests</td><td>denied</td>"
                                                 "<td align=\"right\">4</td></tr>\n</table>\n"
                                                 "<p>Counted since Fri, 02 Jan 1970 00:00:00 GMT."
                                                 "</p>\n"));
    ck_assert_ptr_null(strstr(metricset_text, "<td>expired</td>")); /* 0 */
}
END_TEST

TEST(the_page_has_every_counter_of_a_host)
{
    static cc_vhost_counters_t host;
    static const char *const rows[] = {
        "Identities</td><td>outside</td><td align=\"right\">5<",
        "Certificates</td><td>pinned</td><td align=\"right\">6<",
        "Accounts</td><td>refused</td><td align=\"right\">7<",
        "Shadow rules</td><td>different</td><td align=\"right\">8<",
        "Certificates from proxies</td><td>cached</td><td align=\"right\">9<",
    };

    atomic_store(&host.outside, 5);
    atomic_store(&host.pinned, 6);
    atomic_store(&host.wishes_refused, 7);
    atomic_store(&host.shadow[CC_SHADOW_DIFFERENT], 8);
    atomic_store(&host.forwarded[CC_FORWARDED_CACHED], 9);
    metricset_add(CC_KIND_VHOST, &host, "a:1", NULL, NULL);
    cc_mod_status_page(&metricset_sink, &metricset);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_msg(strstr(metricset_text, rows[i]) != NULL, "%s", rows[i]);
}
END_TEST

TEST(the_page_has_no_empty_tables)
{
    static cc_vhost_counters_t host;

    metricset_add(CC_KIND_VHOST, &host, "a:1", NULL, NULL);
    cc_mod_status_page(&metricset_sink, &metricset);
    ck_assert_str_eq(metricset_text, "<hr />\n<h2>mod_clientcert</h2>\n<p>Nothing has been counted "
                                     "since Thu, 01 Jan 1970 00:00:00 GMT.</p>\n");
}
END_TEST

TEST(a_table_is_a_group_of_lines_and_a_row)
{
    cc_table_counters_t counters = {.rows = 3, .loaded_at = 1000, .lookups = {0}};

    metricset.now = apr_time_from_sec(1060);
    metricset_add(CC_KIND_TABLE, &counters, "a\nb", "h:1", "file")->features =
        CC_HAS_ROWS | CC_HAS_LOADS;
    cc_mod_status_lines(&metricset_sink, &metricset);
    ck_assert_ptr_nonnull(strstr(metricset_text, "\nClientCertTable[0]Name: a\\x0Ab\n"
                                                 "ClientCertTable[0]Vhost: h:1\n"
                                                 "ClientCertTable[0]Type: file\n"
                                                 "ClientCertTable[0]Rows: 3\n"
                                                 "ClientCertTable[0]Age: 60\n"));
    ck_assert_ptr_nonnull(strstr(metricset_text, "\nClientCertTable[0]LookupsFound: 0\n"));
    ck_assert_ptr_null(strstr(metricset_text, "CacheHits"));
    metricset_clear();
    cc_mod_status_page(&metricset_sink, &metricset);
    ck_assert_ptr_nonnull(strstr(metricset_text,
                                 "<tr><td>a\\x0Ab</td><td>h:1</td><td>file</td>"
                                 "<td align=\"right\">3</td><td>-</td><td>-</td>"
                                 "<td align=\"right\">60</td>"));
    ck_assert_ptr_nonnull(
        strstr(metricset_text, "<td>-</td><td>-</td><td>-</td><td>-</td></tr>\n"));
}
END_TEST

TEST(a_table_of_tomorrow_has_no_age)
{
    cc_table_counters_t counters = {.loaded_at = 1000};

    metricset.now = apr_time_from_sec(900);
    metricset_add(CC_KIND_TABLE, &counters, "t", "", "file")->features = CC_HAS_LOADS;
    cc_mod_status_lines(&metricset_sink, &metricset);
    ck_assert_ptr_nonnull(strstr(metricset_text, "\nClientCertTable[0]Age: 0\n"));
}
END_TEST

TEST(the_lines_of_a_rule_begin_with_where_it_stands)
{
    cc_counter_t matches = 1;

    metricset_add(CC_KIND_RULE, &matches, "h:1", "<Files x>", "f:1");
    cc_mod_status_lines(&metricset_sink, &metricset);
    ck_assert_ptr_nonnull(strstr(metricset_text,
                                 "\nClientCertRule[0]Where: f:1\nClientCertRule[0]Vhost: h:1\n"
                                 "ClientCertRule[0]Section: <Files x>\n"
                                 "ClientCertRule[0]Matches: 1\n"));
}
END_TEST

TEST(a_certificate_that_expires_is_html_in_ascii)
{
    cc_expiry_t expiry = {.not_after = apr_time_from_sec(86400)};

    strcpy(expiry.subject, "CN=<b>\xC3\xBC&\"'\xF0\x9F\x98\x80");
    metricset.expiries = &expiry;
    metricset.server.expiring = 1;
    cc_mod_status_page(&metricset_sink, &metricset);
    ck_assert_ptr_nonnull(strstr(
        metricset_text, "<tr><td>Fri, 02 Jan 1970 00:00:00 GMT</td>"
                        "<td>CN=&#60;b&#62;&#252;&#38;&#34;&#39;&#128512;</td><td></td><td>"
                        "0000000000000000000000000000000000000000000000000000000000000000</td>"));
}
END_TEST

TEST(a_ca_ends_in_seconds_and_on_the_page_on_a_day)
{
    cc_ca_numbers_t cas = {2, apr_time_from_sec(86400)};

    metricset.now = apr_time_from_sec(86390);
    metricset_add(CC_KIND_CA, &cas, "h:1", "", "CN=<old>")->features = CC_HAS_CAS;
    cc_mod_status_lines(&metricset_sink, &metricset);
    ck_assert_ptr_nonnull(strstr(metricset_text, "\nClientCertCA[0]Vhost: h:1\n"
                                                 "ClientCertCA[0]Domain: \n"
                                                 "ClientCertCA[0]FirstToEnd: CN=<old>\n"
                                                 "ClientCertCA[0]Certificates: 2\n"
                                                 "ClientCertCA[0]EndsIn: 10\n"));
    metricset_clear();
    cc_mod_status_page(&metricset_sink, &metricset);
    ck_assert_ptr_nonnull(strstr(metricset_text,
                                 "<tr><td>h:1</td><td></td><td>CN=&#60;old&#62;</td>"
                                 "<td align=\"right\">2</td>"
                                 "<td>Fri, 02 Jan 1970 00:00:00 GMT</td></tr>\n"));
}
END_TEST

TEST(a_ca_that_has_expired_ends_in_negative_seconds)
{
    cc_ca_numbers_t cas = {1, apr_time_from_sec(86400)};

    metricset.now = apr_time_from_sec(86400 + 3600);
    metricset_add(CC_KIND_CA, &cas, "h:1", "", "CN=old")->features = CC_HAS_CAS;
    cc_mod_status_lines(&metricset_sink, &metricset);
    ck_assert_ptr_nonnull(strstr(metricset_text, "\nClientCertCA[0]EndsIn: -3600\n"));
}
END_TEST

TEST(files_of_cas_have_an_age)
{
    static cc_ca_counters_t files = {.loads = 3, .refused = 1, .looked_at = 990, .changed_at = 400};

    metricset.now = apr_time_from_sec(1000);
    metricset_add(CC_KIND_CA_FILES, &files, "h:1", NULL, NULL);
    cc_mod_status_lines(&metricset_sink, &metricset);
    ck_assert_ptr_nonnull(strstr(metricset_text, "\nClientCertCAFiles[0]Vhost: h:1\n"
                                                 "ClientCertCAFiles[0]Loads: 3\n"
                                                 "ClientCertCAFiles[0]LoadFailures: 0\n"
                                                 "ClientCertCAFiles[0]Refused: 1\n"
                                                 "ClientCertCAFiles[0]Age: 600\n"
                                                 "ClientCertCAFiles[0]LastLook: 990\n"));
}
END_TEST

TEST(words_become_camel)
{
    ck_assert_str_eq(cc_mod_status_camel("not_yet_valid", metricset_sink.pool), "NotYetValid");
    ck_assert_str_eq(cc_mod_status_camel("CC0103", metricset_sink.pool), "CC0103");
    ck_assert_str_eq(cc_mod_status_camel("", metricset_sink.pool), "");
}
END_TEST
