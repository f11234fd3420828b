/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the table of all metrics: names, help texts, labels, and where each value is stored. */
#ifndef CC_FAMILIES_H
#define CC_FAMILIES_H

#include <stdbool.h>
#include <stddef.h>

#include <apr.h>

/*
 * A metric (a "family", as Prometheus calls it) has samples. Each is about one instance of a kind:
 * a rule, a table, a CRL. collect.c lists the instances of the configuration in effect. This table
 * defines how the values of an instance are read and named. The text for Prometheus, the lines and
 * the page of mod_status are made from it alone.
 */

/** The subject of a sample, and the type of cc_instance_t.numbers. */
typedef enum {
    CC_KIND_SERVER,    /* the server as a whole: cc_server_numbers_t */
    CC_KIND_SHARED,    /* the same, but counted by all children: cc_shared_t */
    CC_KIND_VHOST,     /* a virtual host: cc_vhost_counters_t */
    CC_KIND_RULESET,   /* the rules of a ruleset: cc_counter_t by cc_result_t */
    CC_KIND_RULE,      /* a rule: one cc_counter_t */
    CC_KIND_TABLE,     /* cc_table_counters_t */
    CC_KIND_CRL,       /* a CRL that this process holds: cc_crl_info_t */
    CC_KIND_CRL_FILES, /* the files of a ClientCertCRL: cc_crl_counters_t */
    CC_KIND_OCSP,      /* a virtual host that asks responders: cc_ocsp_counters_t */
    CC_KIND_CA,        /* the CAs for a trust domain, or for all others: cc_ca_numbers_t */
    CC_KIND_CA_FILES,  /* the files of all ClientCertCA of a virtual host: cc_ca_counters_t */
    CC_KIND_LEDGER,    /* a virtual host with ClientCertLedger: cc_ledger_numbers_t */
    CC_KIND_COUNT
} cc_kind_t;

#define CC_KIND_TEXTS 5

/** A text that distinguishes an instance from the others. */
typedef struct cc_kind_text_t {
    const char *label;   /* of Prometheus; NULL: none */
    const char *line;    /* of mod_status's lines; NULL: none */
    const char *heading; /* of its column on mod_status's page; NULL: none */
} cc_kind_text_t;

typedef struct cc_kind_info_t {
    const char *line;  /* "Table" of ClientCertTable[0]Rows; NULL: mod_status has only sums */
    const char *title; /* of the table of this kind on mod_status's page; NULL: likewise */
    cc_kind_text_t texts[CC_KIND_TEXTS]; /* in the order of the page */
    int text_count;
    int first_label, first_line; /* the text that is first elsewhere */
} cc_kind_info_t;

/** By cc_kind_t. */
extern const cc_kind_info_t cc_kinds[CC_KIND_COUNT];

/**
 * The index of the text in the i-th place, if the text with the index `first` is moved before all
 * others.
 */
int cc_kind_text_at(int first, int i);

/** Features that not every instance has. */
typedef enum {
    CC_HAS_ALWAYS = 0,
    CC_HAS_ROWS = 1,    /* a table with rows of its own */
    CC_HAS_LOADS = 2,   /* one that is loaded */
    CC_HAS_CACHE = 4,   /* one with a cache */
    CC_HAS_WAITS = 8,   /* one with a remote source, for which lookups wait */
    CC_HAS_EXPIRY = 16, /* the server, if there is a certificate that expires soon */
    CC_HAS_CAS = 32,    /* a group of CAs that is not empty */
    CC_HAS_DATES = 64,  /* a table with rows of its own and valid= */
    CC_HAS_END = 128    /* one of which a row ends */
} cc_feature_t;

/** One counted object, at the time of one response. */
typedef struct cc_instance_t {
    const void *numbers;
    unsigned features; /* of cc_feature_t */
    const char *texts[CC_KIND_TEXTS];
} cc_instance_t;

/**
 * If two instances have the same labels, their counters are added up; of two gauges, the first one
 * is used.
 */
typedef enum { CC_COUNTER, CC_GAUGE } cc_metric_type_t;

/** How a value is stored, and what it means. */
typedef enum {
    CC_FORM_COUNTER, /* cc_counter_t */
    CC_FORM_SECONDS, /* cc_counter_t, seconds since 1970; on mod_status's page a date */
    CC_FORM_AGE,     /* the same; in mod_status, the seconds since then */
    CC_FORM_NUMBER,  /* apr_uint32_t */
    CC_FORM_TIME,    /* apr_time_t; given in seconds since 1970, on mod_status's page as a date */
    CC_FORM_UNTIL    /* the same; in mod_status's lines, the seconds until then, or negative */
} cc_form_t;

/** One metric. */
typedef struct cc_metric_family_t {
    const char *name; /* of Prometheus */
    const char *help;
    cc_metric_type_t type;
    cc_kind_t kind;
    cc_form_t form;
    cc_feature_t feature;       /* what an instance must have */
    size_t offset;              /* of the value in the data of cc_instance_t.numbers */
    size_t stride;              /* octets from the value of a word to that of the next */
    const char *label;          /* of the words */
    const char *const *words;   /* one sample for each; NULL: a single sample */
    const char *const *phrases; /* the words on mod_status's page; NULL: the words themselves */
    const char *line;           /* of mod_status: "Rows" of ClientCertTable[0]Rows; before a word */
    const char *heading;        /* on mod_status's page: of columns "Found|Missing|Failed", one for
                                   each word; of a row of sums "Requests|denied", or the text
                                   before the words. NULL: not shown */
    int row;                    /* the place of a sum on the page, from 1; its own */
} cc_metric_family_t;

/** All metrics, in the order of Prometheus's text and of mod_status's lines. */
extern const cc_metric_family_t cc_families[];
extern const int cc_family_count;

/**
 * The number of samples that a metric has for each instance: one for each word; without words, 1.
 */
int cc_family_samples(const cc_metric_family_t *family);

/** True if it has samples of this instance. */
static inline bool cc_family_has(const cc_metric_family_t *family, const cc_instance_t *instance)
{
    return (instance->features & family->feature) == (unsigned)family->feature;
}

/** The value of the i-th word for Prometheus. Any thread, while others count. */
apr_int64_t cc_family_value(const cc_metric_family_t *family, const cc_instance_t *instance, int i);

#endif
