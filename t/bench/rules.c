/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluates the rules of a file again and again, so that t/bench/run can count it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include "rules/rules.h"

#define LINE_SIZE 1024

static void fail(const char *what, const cc_error_t *err, apr_pool_t *p)
{
    fprintf(stderr, "%s: %s\n", what, err ? cc_error_text(err, p) : "cannot be read");
    exit(1);
}

/* One rule on each line, as written after ClientCertMap. */
static cc_rules_t *rules_read(const char *path, apr_pool_t *p)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, p);
    cc_error_t err = { 0 };
    char line[LINE_SIZE];
    FILE *in = fopen(path, "r");

    if (!in) {
        fail(path, NULL, p);
    }
    while (fgets(line, sizeof(line), in)) {
        line[strcspn(line, "\n")] = '\0';
        if (cc_rules_add(rules, line, path, &err) != APR_SUCCESS) {
            fail(line, &err, p);
        }
    }
    fclose(in);
    return rules;
}

static void verdict_print(const cc_verdict_t *verdict)
{
    printf("user=%s groups=", verdict->user ? verdict->user : "");
    for (int i = 0; i < verdict->group_count; i++) {
        printf("%s%s", i ? "," : "", verdict->groups[i].name);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    cc_facts_t facts = { 0 };
    cc_error_t err = { 0 };
    apr_pool_t *p, *each;
    cc_rules_t *rules;
    cc_cert_t *cert;

    if (argc != 4 || apr_initialize() != APR_SUCCESS) {
        fprintf(stderr, "usage: rules FILE CERTIFICATE TIMES\n");
        return 2;
    }
    apr_pool_create(&p, NULL);
    apr_pool_create(&each, p);
    rules = rules_read(argv[1], p);
    if (cc_cert_read(&cert, NULL, argv[2], NULL, NULL, p, &err) != APR_SUCCESS) {
        fail(argv[2], &err, p);
    }
    facts.now = apr_time_now();
    for (int times = atoi(argv[3]); times > 1; times--) {
        cc_rules_evaluate(rules, cert, &facts, NULL, each, each);
        apr_pool_clear(each);
    }
    verdict_print(cc_rules_evaluate(rules, cert, &facts, NULL, each, each));
    apr_terminate();
    return 0;
}
