/* SPDX-License-Identifier: Apache-2.0 */
/* Makes requests of a client, and documents about it, for tests of clientcert-status. */
#include "statusset.h"

#include <string.h>

#include "fakehttpd.h"
#include "fakejson.h"
#include "httpd/status/document.h"
#include "ruleset.h"

cc_client_t statusset_client;
request_rec *statusset_request;

void statusset_setup(void)
{
    cc_client_t *client = &statusset_client;

    fake_begin();
    memset(client, 0, sizeof(*client));
    client->cert = ruleset_certificate(ruleset_alice, fake.pool);
    client->facts = ruleset_facts;
    client->not_before = ruleset_facts.now - apr_time_from_sec(150 * 86400);
    client->not_after = ruleset_facts.now + apr_time_from_sec(150 * 86400);
    client->until = APR_INT64_MAX;
}

cc_request_t *statusset_asked(const char *lines, const char *rules)
{
    cc_request_t *kept;

    fake_configured(lines);
    statusset_request = fake_request(fake.main, "/who");
    statusset_request->request_time = ruleset_facts.now;
    atomic_store(&statusset_client.prompt, ruleset_facts.now);
    kept = cc_request_of(statusset_request);
    kept->served = statusset_request->per_dir_config;
    kept->settled = true;
    kept->client = &statusset_client;
    kept->answer = (cc_answer_t){.client = &statusset_client, .presented = true};
    kept->answer.verdict = rules ? ruleset_ask(rules, ruleset_alice, fake.pool) : NULL;
    return kept;
}

const char *statusset_at(const char *key)
{
    return fake_json(json_object_get(cc_status_document(statusset_request, false), key));
}
