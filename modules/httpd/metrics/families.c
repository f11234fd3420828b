/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the table of all metrics: names, help texts, labels, and where each value is stored. */
#include "base/counter.h"
#include "ca/ca.h"
#include "crl/crl.h"
#include "httpd/metrics/collect.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/families.h"
#include "httpd/metrics/quota.h"
#include "ocsp/ocsp.h"
#include "rules/rules.h"
#include "tables/table.h"

/* ---- words, in the order of their numbers ------------------------------------------------ */

static const char *const note_words[CC_NOTE_COUNT + 1] = {
    [CC_NOTE_UNUSABLE_VALUE] = "unusable_value",
    [CC_NOTE_PATTERN_LIMIT] = "pattern_limit",
    [CC_NOTE_AMBIGUOUS_USER] = "ambiguous_user",
    [CC_NOTE_TOO_MANY_RESULTS] = "too_many_results",
    [CC_NOTE_REFUSED_OUTPUT] = "refused_output",
    [CC_NOTE_OLD_ANSWER] = "old_answer",
    [CC_NOTE_UNUSABLE_COLUMN] = "unusable_column",
    [CC_NOTE_UNDECIDED_RULE] = "undecided_rule",
    [CC_NOTE_OUTSIDE] = "outside",
    [CC_NOTE_OUTSIDE_ROW] = "outside_row",
};

static const char *const lookup_words[] = {
    [CC_TABLE_FOUND] = "found",
    [CC_TABLE_MISSING] = "missing",
    [CC_TABLE_FAILED] = "failed",
    NULL,
};

static const char *const check_words[] = {
    [CC_OCSP_FAILED] = "failed",
    [CC_OCSP_GOOD] = "good",
    [CC_OCSP_REVOKED] = "revoked",
    [CC_OCSP_UNKNOWN] = "unknown",
    [CC_OCSP_NO_RESPONDER] = "no_responder",
    NULL,
};

static const char *const question_words[] = {
    [CC_OCSP_FAILED] = "failed",
    [CC_OCSP_GOOD] = "good",
    [CC_OCSP_REVOKED] = "revoked",
    [CC_OCSP_UNKNOWN] = "unknown",
    [CC_OCSP_LEFT_ALONE] = "left_alone",
    [CC_OCSP_NOT_ASKED] = "not_asked",
    NULL,
};

static const char *const rejection_words[CC_REJECTED_COUNT + 1] = {
    [CC_REJECTED_NO_RECORD] = "no_record",       [CC_REJECTED_BAD_RECORD] = "bad_record",
    [CC_REJECTED_NOT_VERIFIED] = "not_verified", [CC_REJECTED_OTHER_TRUST] = "other_trust",
    [CC_REJECTED_NOT_YET] = "not_yet_valid",     [CC_REJECTED_EXPIRED] = "expired",
    [CC_REJECTED_NOT_CLIENT] = "not_a_client",   [CC_REJECTED_NOT_REPORTED] = "not_reported",
    [CC_REJECTED_NO_TLS] = "no_tls_host",        [CC_REJECTED_REVOKED] = "revoked",
    [CC_REJECTED_NOT_KNOWN] = "not_known",       [CC_REJECTED_TOO_OLD] = "too_old",
    [CC_REJECTED_HANDSHAKE] = "handshake",       [CC_REJECTED_UNTRUSTED_PROXY] = "untrusted_proxy",
    [CC_REJECTED_BAD_HEADER] = "bad_header",     [CC_REJECTED_NOT_PINNED] = "not_pinned",
};

static const char *const forwarded_words[] = {
    [CC_FORWARDED_VERIFIED] = "verified",
    [CC_FORWARDED_CACHED] = "cached",
    NULL,
};

static const char *const shadow_words[] = {
    [CC_SHADOW_SAME] = "same",
    [CC_SHADOW_DIFFERENT] = "different",
    [CC_SHADOW_FAILED] = "failed",
    NULL,
};

/* The same for people. */
static const char *const note_phrases[] = {
    [CC_NOTE_UNUSABLE_VALUE] = "a value of the certificate cannot be used",
    [CC_NOTE_PATTERN_LIMIT] = "a pattern was abandoned at its limit",
    [CC_NOTE_AMBIGUOUS_USER] = "more than one user was possible",
    [CC_NOTE_TOO_MANY_RESULTS] = "too many results",
    [CC_NOTE_REFUSED_OUTPUT] = "a result cannot be a name",
    [CC_NOTE_OLD_ANSWER] = "an expired answer was used",
    [CC_NOTE_UNUSABLE_COLUMN] = "a value of a table cannot be used",
    [CC_NOTE_UNDECIDED_RULE] = "a rule could not be decided, so it denied",
    [CC_NOTE_OUTSIDE_ROW] = "a row of a table did not count at that time",
    [CC_NOTE_OUTSIDE] = "a name was outside the name space of its certificate",
};

static const char *const rejection_phrases[] = {
    [CC_REJECTED_NO_RECORD] = "no verdict in the TLS session",
    [CC_REJECTED_BAD_RECORD] = "damaged verdict in the TLS session",
    [CC_REJECTED_NOT_VERIFIED] = "not verified",
    [CC_REJECTED_OTHER_TRUST] = "verified for a virtual host with other CAs",
    [CC_REJECTED_NOT_YET] = "not yet valid",
    [CC_REJECTED_EXPIRED] = "expired",
    [CC_REJECTED_NOT_CLIENT] = "not for client authentication",
    [CC_REJECTED_NOT_REPORTED] = "mod_ssl does not report it as verified",
    [CC_REJECTED_NO_TLS] = "virtual host without TLS",
    [CC_REJECTED_REVOKED] = "revoked",
    [CC_REJECTED_NOT_KNOWN] = "revocation status unknown",
    [CC_REJECTED_TOO_OLD] = "handshake older than ClientCertMaxAge",
    [CC_REJECTED_HANDSHAKE] = "refused in the handshake",
    [CC_REJECTED_UNTRUSTED_PROXY] = "not from a trusted proxy",
    [CC_REJECTED_BAD_HEADER] = "not readable as passed on by a proxy",
    [CC_REJECTED_NOT_PINNED] = "key not pinned",
};

/* ---- kinds ------------------------------------------------------------------------------- */

#define VHOST                                                                                      \
    {                                                                                              \
        "vhost", "Vhost", "Virtual host"                                                           \
    }

const cc_kind_info_t cc_kinds[CC_KIND_COUNT] = {
    [CC_KIND_SERVER] = {.text_count = 0},
    [CC_KIND_SHARED] = {.text_count = 0},
    [CC_KIND_VHOST] = {.texts = {{"vhost", NULL, NULL}}, .text_count = 1},
    [CC_KIND_RULESET] = {.texts = {VHOST, {"section", NULL, NULL}}, .text_count = 2},
    [CC_KIND_RULE] = {"Rule",
                      "Rules",
                      {VHOST, {"section", "Section", "Section"}, {"rule", "Where", "Rule"}},
                      .text_count = 3,
                      .first_line = 2},
    [CC_KIND_TABLE] = {"Table",
                       "Tables",
                       {{"table", "Name", "Name"}, VHOST, {"type", "Type", "Type"}},
                       .text_count = 3},
    [CC_KIND_CRL] = {"CRL",
                     "CRLs",
                     {{"file", "File", "File"},
                      VHOST,
                      {"issuer", "Issuer", "Issuer"},
                      {"type", "Type", "Type"},
                      {NULL, "Number", "Number"}},
                     .text_count = 5,
                     .first_label = 1},
    [CC_KIND_CRL_FILES] = {"CRLFiles", "Files of CRLs", {VHOST}, .text_count = 1},
    [CC_KIND_OCSP] = {"OCSP", "OCSP", {VHOST}, .text_count = 1},
    [CC_KIND_CA] = {"CA",
                    "CAs",
                    {VHOST,
                     {"domain", "Domain", "Trust domain"},
                     {NULL, "FirstToEnd", "First to expire"}},
                    .text_count = 3},
    [CC_KIND_CA_FILES] = {"CAFiles", "Files of CAs", {VHOST}, .text_count = 1},
    [CC_KIND_LEDGER] = {"Ledger", "Ledgers", {VHOST}, .text_count = 1},
};

int cc_kind_text_at(int first, int i)
{
    if (i == 0) {
        return first;
    }
    return i <= first ? i - 1 : i;
}

/* ---- the metrics ------------------------------------------------------------------------- */

#define OF_SERVER(member) .kind = CC_KIND_SERVER, .offset = offsetof(cc_server_numbers_t, member)
#define OF_SHARED(member) .kind = CC_KIND_SHARED, .offset = offsetof(cc_shared_t, member)
#define OF_VHOST(member) .kind = CC_KIND_VHOST, .offset = offsetof(cc_vhost_counters_t, member)
#define OF_TABLE(member) .kind = CC_KIND_TABLE, .offset = offsetof(cc_table_counters_t, member)
#define OF_CRL(member) .kind = CC_KIND_CRL, .offset = offsetof(cc_crl_info_t, member)
#define OF_FILES(member) .kind = CC_KIND_CRL_FILES, .offset = offsetof(cc_crl_counters_t, member)
#define OF_OCSP(member) .kind = CC_KIND_OCSP, .offset = offsetof(cc_ocsp_counters_t, member)
#define OF_CA(member) .kind = CC_KIND_CA, .offset = offsetof(cc_ca_numbers_t, member)
#define OF_CA_FILES(member) .kind = CC_KIND_CA_FILES, .offset = offsetof(cc_ca_counters_t, member)
#define OF_LEDGER(member) .kind = CC_KIND_LEDGER, .offset = offsetof(cc_ledger_numbers_t, member)
#define BY(name, list) .label = (name), .words = (list), .stride = sizeof(cc_counter_t)

const cc_metric_family_t cc_families[] = {
    {"clientcert_start_time_seconds",
     "When the configuration took effect and all counters were reset.", CC_GAUGE, OF_SERVER(since),
     .form = CC_FORM_TIME, .line = "StartTime"},
    {"clientcert_decisions_total", "Decisions of the rules of a scope, once per connection.",
     CC_COUNTER, CC_KIND_RULESET, BY("result", cc_result_words), .line = "Decisions",
     .heading = "Decisions", .row = 1},
    {"clientcert_rule_matches_total", "Decisions in which the rule matched.", CC_COUNTER,
     CC_KIND_RULE, .line = "Matches", .heading = "Matches"},
    {"clientcert_users_total",
     "Decisions that gave a user, by the strength of the rule that gave it, once per connection.",
     CC_COUNTER, OF_SHARED(users), BY("strength", cc_strength_words + CC_STRENGTH_WEAK),
     .line = "Users", .heading = "Users", .row = 2},
    {"clientcert_notes_total", "Notes made while rules were evaluated.", CC_COUNTER,
     OF_SHARED(notes), BY("note", note_words), .phrases = note_phrases, .line = "Notes",
     .heading = "Notes", .row = 10},
    {"clientcert_certificates_rejected_total",
     "Certificates that gave no identity before any rule was evaluated, once per connection.",
     CC_COUNTER, OF_VHOST(rejections), BY("reason", rejection_words), .phrases = rejection_phrases,
     .line = "Rejected", .heading = "Certificates rejected", .row = 4},
    {"clientcert_requests_denied_total",
     "Requests answered with 403 in which a certificate or its user played a part.", CC_COUNTER,
     OF_VHOST(denied), .line = "RequestsDenied", .heading = "Requests|denied", .row = 7},
    {"clientcert_identities_outside_total",
     "Identities not given because a name was outside the name space, once per connection.",
     CC_COUNTER, OF_VHOST(outside), .line = "Outside", .heading = "Identities|outside", .row = 3},
    {"clientcert_accounts_refused_total",
     "Requests refused because they asked for an account that the client does not have.",
     CC_COUNTER, OF_VHOST(wishes_refused), .line = "AccountsRefused", .heading = "Accounts|refused",
     .row = 8},
    {"clientcert_certificates_from_proxies_total",
     "Certificates from trusted proxies: verified, or found in the cache of the process.",
     CC_COUNTER, OF_VHOST(forwarded), BY("result", forwarded_words), .line = "FromProxies",
     .heading = "Certificates from proxies", .row = 6},
    {"clientcert_shadow_decisions_total",
     "Decisions of shadow rules, compared with those of the rules in effect.", CC_COUNTER,
     OF_VHOST(shadow), BY("result", shadow_words), .line = "Shadow", .heading = "Shadow rules",
     .row = 9},
    {"clientcert_certificates_pinned_total",
     "Certificates that counted because their key is pinned, once per connection.", CC_COUNTER,
     OF_VHOST(pinned), .line = "Pinned", .heading = "Certificates|pinned", .row = 5},
    {"clientcert_log_lines_left_out_total",
     "Lines omitted from the log because clients without an identity caused too many.", CC_COUNTER,
     OF_SHARED(quotas[0].left_out), .label = "tag", .words = cc_quota_tags,
     .stride = sizeof(cc_quota_t), .line = "LogLinesLeftOut", .heading = "Log lines left out",
     .row = 11},
    {"clientcert_table_rows", "Rows of the table.", CC_GAUGE, OF_TABLE(rows),
     .feature = CC_HAS_ROWS, .line = "Rows", .heading = "Rows"},
    {"clientcert_table_rows_outside",
     "Rows of a table with valid= that have ended, or begin later.", CC_GAUGE, OF_TABLE(outside),
     .feature = CC_HAS_DATES, .line = "RowsOutside", .heading = "Rows outside"},
    {"clientcert_table_earliest_end_timestamp_seconds",
     "When the first of the rows that have not ended ends (valid=).", CC_GAUGE,
     OF_TABLE(earliest_end), .form = CC_FORM_SECONDS, .feature = CC_HAS_END, .line = "EarliestEnd",
     .heading = "First end"},
    {"clientcert_table_last_load_timestamp_seconds", "When the table was last loaded successfully.",
     CC_GAUGE, OF_TABLE(loaded_at), .form = CC_FORM_AGE, .feature = CC_HAS_LOADS, .line = "Age",
     .heading = "Age (s)"},
    {"clientcert_table_last_load_successful",
     "0 if the source was bad when it last changed, otherwise 1.", CC_GAUGE, OF_TABLE(last_good),
     .feature = CC_HAS_LOADS, .line = "LastLoadSuccessful", .heading = "Last load good"},
    {"clientcert_table_loads_total", "Versions of the source that were loaded.", CC_COUNTER,
     OF_TABLE(loads), .feature = CC_HAS_LOADS, .line = "Loads", .heading = "Loads"},
    {"clientcert_table_load_failures_total", "Versions of the source that were bad.", CC_COUNTER,
     OF_TABLE(load_failures), .feature = CC_HAS_LOADS, .line = "LoadFailures",
     .heading = "Failed loads"},
    {"clientcert_table_lookups_total", "Lookups in the table.", CC_COUNTER, OF_TABLE(lookups),
     BY("result", lookup_words), .line = "Lookups", .heading = "Found|Missing|Failed"},
    {"clientcert_table_cache_hits_total", "Lookups answered from the cache.", CC_COUNTER,
     OF_TABLE(cache_hits), .feature = CC_HAS_CACHE, .line = "CacheHits", .heading = "Cache hits"},
    {"clientcert_table_cache_misses_total", "Lookups for which the source was asked.", CC_COUNTER,
     OF_TABLE(cache_misses), .feature = CC_HAS_CACHE, .line = "CacheMisses",
     .heading = "Cache misses"},
    {"clientcert_table_stale_answers_total",
     "Lookups answered with an expired answer because the source failed.", CC_COUNTER,
     OF_TABLE(cache_stale), .feature = CC_HAS_CACHE, .line = "StaleAnswers",
     .heading = "Stale answers"},
    {"clientcert_table_turned_away_total",
     "Waits that were cut short because the source was slow and enough others waited for it.",
     CC_COUNTER, OF_TABLE(turned_away), .feature = CC_HAS_WAITS, .line = "TurnedAway",
     .heading = "Turned away"},
    {"clientcert_certificates_expiring",
     "Certificates seen that expire within 30 days and have not expired yet; at most 256.",
     CC_GAUGE, OF_SERVER(expiring), .form = CC_FORM_NUMBER, .line = "Expiring"},
    {"clientcert_certificates_earliest_end_timestamp_seconds",
     "When the first of these certificates expires.", CC_GAUGE, OF_SERVER(earliest_end),
     .form = CC_FORM_TIME, .feature = CC_HAS_EXPIRY, .line = "EarliestEnd"},
    {"clientcert_crl_entries", "Certificates that the CRL lists.", CC_GAUGE, OF_CRL(entries),
     .form = CC_FORM_NUMBER, .line = "Entries", .heading = "Entries"},
    {"clientcert_crl_this_update_timestamp_seconds", "When the CRL was issued (thisUpdate).",
     CC_GAUGE, OF_CRL(this_update), .form = CC_FORM_TIME, .line = "ThisUpdate",
     .heading = "This update"},
    {"clientcert_crl_next_update_timestamp_seconds",
     "When the next CRL is due at the latest (nextUpdate).", CC_GAUGE, OF_CRL(next_update),
     .form = CC_FORM_TIME, .line = "NextUpdate", .heading = "Next update"},
    {"clientcert_crl_last_load_timestamp_seconds",
     "When this process, or the one before it, loaded the CRL.", CC_GAUGE, OF_CRL(loaded_at),
     .form = CC_FORM_TIME, .line = "LastLoad", .heading = "Last load"},
    {"clientcert_crl_loads_total", "Versions of files of CRLs that were loaded.", CC_COUNTER,
     OF_FILES(loads), .line = "Loads", .heading = "Loads"},
    {"clientcert_crl_load_failures_total",
     "Versions of files of CRLs that were refused or could not be read.", CC_COUNTER,
     OF_FILES(load_failures), .line = "LoadFailures", .heading = "Failed loads"},
    {"clientcert_crl_files_refused",
     "Files of CRLs whose current version is refused, so that older CRLs stay in use.", CC_GAUGE,
     OF_FILES(refused), .line = "Refused", .heading = "Refused now"},
    {"clientcert_crl_last_look_timestamp_seconds",
     "When a process last checked the files of CRLs for changes.", CC_GAUGE, OF_FILES(looked_at),
     .form = CC_FORM_SECONDS, .line = "LastLook", .heading = "Last look"},
    {"clientcert_ocsp_checks_total", "Checks of certificates by OCSP, by result.", CC_COUNTER,
     OF_OCSP(checks), BY("result", check_words), .line = "Checks",
     .heading = "Checks: failed|Good|Revoked|Unknown|No responder"},
    {"clientcert_ocsp_cache_hits_total", "Checks answered from the cache.", CC_COUNTER,
     OF_OCSP(cache_hits), .line = "CacheHits", .heading = "Cache hits"},
    {"clientcert_ocsp_stale_answers_total",
     "Checks answered with an expired answer because the responder gave no other.", CC_COUNTER,
     OF_OCSP(stale_answers), .line = "StaleAnswers", .heading = "Stale answers"},
    {"clientcert_ocsp_waits_total", "Checks that waited for a request that had already been sent.",
     CC_COUNTER, OF_OCSP(waits), .line = "Waits", .heading = "Waits"},
    {"clientcert_ocsp_turned_away_total",
     "Checks that failed because the responder was slow and enough others waited for it.",
     CC_COUNTER, OF_OCSP(turned_away), .line = "TurnedAway", .heading = "Turned away"},
    {"clientcert_ocsp_questions_total", "Requests to OCSP responders, by result.", CC_COUNTER,
     OF_OCSP(requests), BY("result", question_words), .line = "Questions",
     .heading = "Questions: failed|Good|Revoked|Unknown|Left alone|Not asked"},
    {"clientcert_ca_certificates", "CAs that the virtual host trusts for certificates of clients.",
     CC_GAUGE, OF_CA(count), .form = CC_FORM_NUMBER, .line = "Certificates", .heading = "CAs"},
    {"clientcert_ca_earliest_end_timestamp_seconds", "When the first of these CAs expires.",
     CC_GAUGE, OF_CA(earliest_end), .form = CC_FORM_UNTIL, .feature = CC_HAS_CAS, .line = "EndsIn",
     .heading = "First expiry"},
    {"clientcert_ca_loads_total", "Versions of files of CAs that were loaded.", CC_COUNTER,
     OF_CA_FILES(loads), .line = "Loads", .heading = "Loads"},
    {"clientcert_ca_load_failures_total",
     "Versions of files of CAs that were refused or could not be read.", CC_COUNTER,
     OF_CA_FILES(load_failures), .line = "LoadFailures", .heading = "Failed loads"},
    {"clientcert_ca_files_refused",
     "Files of CAs whose current version is refused, so that the CAs already loaded stay in use.",
     CC_GAUGE, OF_CA_FILES(refused), .line = "Refused", .heading = "Refused now"},
    {"clientcert_ca_last_change_timestamp_seconds", "When the CAs last changed.", CC_GAUGE,
     OF_CA_FILES(changed_at), .form = CC_FORM_AGE, .line = "Age", .heading = "Age (s)"},
    {"clientcert_ca_last_look_timestamp_seconds",
     "When a process last checked the files of CAs for changes.", CC_GAUGE, OF_CA_FILES(looked_at),
     .form = CC_FORM_SECONDS, .line = "LastLook", .heading = "Last look"},
    {"clientcert_ledger_entries", "Certificates in the ledger of the virtual host; at most 256.",
     CC_GAUGE, OF_LEDGER(entries), .form = CC_FORM_NUMBER, .line = "Entries", .heading = "Entries"},
    {"clientcert_ledger_replaced_total",
     "Entries of the ledger that were replaced because it was full.", CC_COUNTER,
     OF_LEDGER(replaced), .line = "Replaced", .heading = "Replaced"},
};

const int cc_family_count = sizeof(cc_families) / sizeof(cc_families[0]);

int cc_family_samples(const cc_metric_family_t *family)
{
    int count = 0;

    if (!family->words) {
        return 1;
    }
    while (family->words[count]) {
        count++;
    }
    return count;
}

apr_int64_t cc_family_value(const cc_metric_family_t *family, const cc_instance_t *instance, int i)
{
    const void *at = (const char *)instance->numbers + family->offset + family->stride * (size_t)i;

    switch (family->form) {
    case CC_FORM_TIME:
    case CC_FORM_UNTIL:
        return apr_time_sec(*(const apr_time_t *)at);
    case CC_FORM_NUMBER:
        return *(const apr_uint32_t *)at;
    default:
        return (apr_int64_t)atomic_load((const cc_counter_t *)at);
    }
}
