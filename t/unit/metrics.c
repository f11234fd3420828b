/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the table of metrics, and the text that Prometheus reads. */
#include <ctype.h>
#include <string.h>

#include <apr_strings.h>

#include "base/counter.h"
#include "crl/crl.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/prometheus.h"
#include "metricset.h"
#include "suite.h"
#include "tables/table.h"

SUITE("metrics", .setup = metricset_setup, .teardown = metricset_teardown);

static const cc_metric_family_t *family(const char *name)
{
    for (int i = 0; i < cc_family_count; i++) {
        if (!strcmp(cc_families[i].name, name)) {
            return &cc_families[i];
        }
    }
    ck_abort_msg("no %s", name);
    return NULL;
}

/* The lines of one family, without HELP and TYPE. */
static const char *samples(const char *name)
{
    const char *type;

    metricset_clear();
    cc_prometheus_family(&metricset_sink, family(name), &metricset);
    type = strstr(metricset_text, "\n# TYPE ");
    ck_assert_ptr_nonnull(type);
    return strchr(type + 1, '\n') + 1;
}

static bool ends_with(const char *name, const char *end)
{
    return strlen(name) > strlen(end) && !strcmp(name + strlen(name) - strlen(end), end);
}

/* ---- the table --------------------------------------------------------------------------- */

TEST(names_are_valid_and_there_once)
{
    for (int i = 0; i < cc_family_count; i++) {
        const char *name = cc_families[i].name;

        ck_assert_int_eq(strncmp(name, "clientcert_", 11), 0);
        for (const char *c = name; *c; c++) {
            ck_assert_msg(islower((unsigned char)*c) || *c == '_', "%s", name);
        }
        ck_assert_ptr_eq(family(name), &cc_families[i]);
    }
}
END_TEST

TEST(a_counter_ends_in_total_and_a_time_in_seconds)
{
    for (int i = 0; i < cc_family_count; i++) {
        const cc_metric_family_t *f = &cc_families[i];
        bool is_time = f->form != CC_FORM_COUNTER && f->form != CC_FORM_NUMBER;

        ck_assert_msg(ends_with(f->name, "_total") == (f->type == CC_COUNTER), "%s", f->name);
        ck_assert_msg(ends_with(f->name, "_seconds") == is_time, "%s", f->name);
    }
}
END_TEST

TEST(help_is_a_sentence_that_needs_no_escape)
{
    for (int i = 0; i < cc_family_count; i++) {
        const char *help = cc_families[i].help;

        ck_assert_msg(isupper((unsigned char)help[0]) || isdigit((unsigned char)help[0]), "%s",
                      help);
        ck_assert_msg(ends_with(help, ".") && !strpbrk(help, "\\\n"), "%s", help);
    }
}
END_TEST

static int parts(const char *heading)
{
    int count = 1;

    for (; *heading; heading++) {
        count += *heading == '|';
    }
    return count;
}

TEST(mod_status_has_every_metric_and_a_column_for_each_of_its_samples)
{
    for (int i = 0; i < cc_family_count; i++) {
        const cc_metric_family_t *f = &cc_families[i];

        ck_assert_msg(f->line && isupper((unsigned char)f->line[0]), "%s", f->name);
        if (cc_kinds[f->kind].title) {
            ck_assert_msg(parts(f->heading) == cc_family_samples(f), "%s", f->name);
            ck_assert_int_eq(f->row, 0);
        } else {
            ck_assert_msg((f->heading != NULL) == (f->row > 0), "%s", f->name);
        }
        ck_assert_msg((f->words != NULL) == (f->label != NULL) &&
                          (f->words != NULL) == (f->stride > 0),
                      "%s", f->name);
    }
}
END_TEST

static int families_of_row(int row)
{
    int count = 0;

    for (int i = 0; i < cc_family_count; i++)
        count += cc_families[i].row == row;
    return count;
}

TEST(each_sum_has_a_place_of_its_own_on_the_page_and_none_is_empty)
{
    int sums = 0;

    for (int i = 0; i < cc_family_count; i++)
        sums += cc_families[i].row > 0;
    for (int row = 1; row <= sums; row++)
        ck_assert_msg(families_of_row(row) == 1, "row %d", row);
}
END_TEST

TEST(every_kind_that_mod_status_lists_says_what_its_texts_are)
{
    for (int kind = 0; kind < CC_KIND_COUNT; kind++) {
        const cc_kind_info_t *info = &cc_kinds[kind];

        ck_assert_int_eq(info->line == NULL, info->title == NULL);
        for (int i = 0; i < info->text_count; i++) {
            ck_assert(!info->line || (info->texts[i].line && info->texts[i].heading));
            ck_assert(info->line || info->texts[i].label);
        }
    }
}
END_TEST

TEST(rejections_and_denials_are_a_virtual_hosts)
{
    ck_assert_int_eq(family("clientcert_certificates_rejected_total")->kind, CC_KIND_VHOST);
    ck_assert_int_eq(family("clientcert_requests_denied_total")->kind, CC_KIND_VHOST);
}
END_TEST

TEST(every_reason_has_a_word_and_a_phrase)
{
    const cc_metric_family_t *f = family("clientcert_certificates_rejected_total");

    for (int i = 0; i < CC_REJECTED_COUNT; i++) {
        ck_assert_msg(f->words[i] && f->phrases[i], "reason %d", i);
    }
    ck_assert_ptr_null(f->words[CC_REJECTED_COUNT]);
}
END_TEST

TEST(reasons_of_certificates_through_proxies)
{
    cc_vhost_counters_t host = {.denied = 0};

    atomic_store(&host.rejections[CC_REJECTED_UNTRUSTED_PROXY], 2);
    atomic_store(&host.rejections[CC_REJECTED_BAD_HEADER], 3);
    metricset_add(CC_KIND_VHOST, &host, "a:1", NULL, NULL);
#define REJECTED "clientcert_certificates_rejected_total{vhost=\"a:1\",reason="
    ck_assert_ptr_nonnull(strstr(samples("clientcert_certificates_rejected_total"), REJECTED
                                 "\"untrusted_proxy\"} 2\n" REJECTED "\"bad_header\"} 3\n"));
}
END_TEST

/* ---- Prometheus -------------------------------------------------------------------------- */

TEST(a_family_without_samples_has_help_and_type)
{
    cc_prometheus_family(&metricset_sink, family("clientcert_rule_matches_total"), &metricset);
    ck_assert_str_eq(metricset_text,
                     "# HELP clientcert_rule_matches_total Decisions in which the rule "
                     "matched.\n# TYPE clientcert_rule_matches_total counter\n");
}
END_TEST

TEST(labels_stand_in_their_order_and_words_behind_them)
{
    cc_counter_t results[CC_RESULT_COUNT] = {4, 3, 2, 1, 5};

    metricset_add(CC_KIND_RULESET, results, "a.example:443", "<Location \"/x\">", NULL);
#define SAMPLE                                                                                     \
    "clientcert_decisions_total{vhost=\"a.example:443\",section=\"<Location \\\"/x\\\">\",result="
    ck_assert_str_eq(samples("clientcert_decisions_total"),
                     SAMPLE "\"mapped\"} 4\n" SAMPLE "\"unmapped\"} 3\n" SAMPLE
                            "\"denied\"} 2\n" SAMPLE "\"failed\"} 1\n" SAMPLE
                            "\"outside\"} 5\n");
}
END_TEST

TEST(the_virtual_host_comes_before_the_file_of_a_crl)
{
    cc_crl_info_t info = {.entries = 7};

    metricset_add(CC_KIND_CRL, &info, "a.crl", "h:1", "CN=CA")->texts[3] = "delta";
    ck_assert_str_eq(samples("clientcert_crl_entries"),
                     "clientcert_crl_entries{vhost=\"h:1\",file=\"a.crl\",issuer=\"CN=CA\","
                     "type=\"delta\"} 7\n");
}
END_TEST

static const struct {
    const char *raw, *label;
} values[] = {
    {"", ""},
    {"plain", "plain"},
    {"a\"b", "a\\\"b"},
    {"a\\b", "a\\\\b"},
    {"\xC3\xA4{},= ", "\xC3\xA4{},= "},
    {"a\nb", "a\\\\x0Ab"},         /* not usable: escaped for a line, then as a label */
    {"a\xFF", "a\\\\xFF"},         /* not UTF-8 */
    {"a\\\n", "a\\\\\\\\\\\\x0A"}, /* a backslash differs from that of an escape */
};

TEST_LOOP(a_label_is_escaped, 0, COUNT(values))
{
    cc_counter_t matches = 1;

    metricset_add(CC_KIND_RULE, &matches, "h:1", "", values[_i].raw);
    ck_assert_str_eq(samples("clientcert_rule_matches_total"),
                     apr_pstrcat(metricset_sink.pool,
                                 "clientcert_rule_matches_total{vhost=\"h:1\",section=\"\",rule=\"",
                                 values[_i].label, "\"} 1\n", NULL));
}
END_TEST

TEST(counters_of_twin_labels_are_added_where_the_first_stands)
{
    cc_counter_t matches[] = {1, 10, 100};

    metricset_add(CC_KIND_RULE, &matches[0], "twin:1", "", "f:1");
    metricset_add(CC_KIND_RULE, &matches[1], "other:1", "", "f:1");
    metricset_add(CC_KIND_RULE, &matches[2], "twin:1", "", "f:1");
    ck_assert_str_eq(
        samples("clientcert_rule_matches_total"),
        "clientcert_rule_matches_total{vhost=\"twin:1\",section=\"\",rule=\"f:1\"} 101\n"
        "clientcert_rule_matches_total{vhost=\"other:1\",section=\"\",rule=\"f:1\"} "
        "10\n");
}
END_TEST

TEST(of_gauges_with_twin_labels_the_first_one_counts)
{
    cc_crl_info_t infos[] = {{.entries = 7}, {.entries = 9}};

    metricset_add(CC_KIND_CRL, &infos[0], "a.crl", "h:1", "CN=CA")->texts[3] = "complete";
    metricset_add(CC_KIND_CRL, &infos[1], "a.crl", "h:1", "CN=CA")->texts[3] = "complete";
    ck_assert_str_eq(samples("clientcert_crl_entries"),
                     "clientcert_crl_entries{vhost=\"h:1\",file=\"a.crl\",issuer=\"CN=CA\","
                     "type=\"complete\"} 7\n");
}
END_TEST

TEST(what_an_instance_has_not_is_left_out)
{
    cc_table_counters_t counters[2] = {{.rows = 3}, {.rows = 4}};

    metricset_add(CC_KIND_TABLE, &counters[0], "db", "", "sql");
    metricset_add(CC_KIND_TABLE, &counters[1], "t", "", "file")->features =
        CC_HAS_ROWS | CC_HAS_LOADS;
    ck_assert_str_eq(samples("clientcert_table_rows"),
                     "clientcert_table_rows{table=\"t\",vhost=\"\",type=\"file\"} 4\n");
    ck_assert_str_eq(samples("clientcert_table_cache_hits_total"), "");
}
END_TEST

TEST(times_are_seconds)
{
    cc_server_numbers_t server = {.since = apr_time_from_sec(1700000000) + 999999};

    metricset_add(CC_KIND_SERVER, &server, NULL, NULL, NULL);
    ck_assert_str_eq(samples("clientcert_start_time_seconds"),
                     "clientcert_start_time_seconds 1700000000\n");
    ck_assert_str_eq(samples("clientcert_certificates_earliest_end_timestamp_seconds"), "");
}
END_TEST

TEST(cas_have_the_label_of_their_trust_domain_and_no_name_of_a_certificate)
{
    cc_ca_numbers_t others = {3, apr_time_from_sec(1700000000)}, none = {0};

    metricset_add(CC_KIND_CA, &others, "h:1", "", "CN=old")->features = CC_HAS_CAS;
    metricset_add(CC_KIND_CA, &none, "h:1", "b.example", "");
    ck_assert_str_eq(samples("clientcert_ca_certificates"),
                     "clientcert_ca_certificates{vhost=\"h:1\",domain=\"\"} 3\n"
                     "clientcert_ca_certificates{vhost=\"h:1\",domain=\"b.example\"} 0\n");
    ck_assert_str_eq(samples("clientcert_ca_earliest_end_timestamp_seconds"),
                     "clientcert_ca_earliest_end_timestamp_seconds{vhost=\"h:1\",domain=\"\"} "
                     "1700000000\n");
}
END_TEST

TEST(the_number_of_a_word_is_found_by_its_stride)
{
    static cc_shared_t shared;

    atomic_store(&shared.quotas[CC_QUOTA_OUTGROWN].left_out, 5);
    atomic_store(&shared.quotas[CC_QUOTA_OUTGROWN].unreported, 9);
    metricset_add(CC_KIND_SHARED, &shared, NULL, NULL, NULL);
    ck_assert_ptr_nonnull(strstr(samples("clientcert_log_lines_left_out_total"),
                                 "\nclientcert_log_lines_left_out_total{tag=\"CC0189\"} 5\n"));
}
END_TEST

TEST(each_virtual_host_has_its_own_sample)
{
    static cc_vhost_counters_t hosts[200];

    for (int i = 0; i < COUNT(hosts); i++) {
        metricset_add(CC_KIND_VHOST, &hosts[i], apr_psprintf(metricset_sink.pool, "h%d:443", i),
                      NULL, NULL);
    }
    atomic_store(&hosts[199].denied, 1);
    ck_assert_ptr_nonnull(strstr(samples("clientcert_requests_denied_total"),
                                 "\nclientcert_requests_denied_total{vhost=\"h199:443\"} 1\n"));
}
END_TEST
