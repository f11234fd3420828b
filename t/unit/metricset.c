/* SPDX-License-Identifier: Apache-2.0 */
/* Invents metrics for tests of the renderers, and collects the text that these print. */
#include "metricset.h"

#include <string.h>

#include <apr_general.h>
#include <check.h>

static char text[64 * 1024];
static size_t length;

static void put(void *baton, const char *more)
{
    (void)baton;
    ck_assert_uint_lt(length + strlen(more), sizeof(text));
    memcpy(text + length, more, strlen(more) + 1);
    length += strlen(more);
}

cc_collected_t metricset;
const char *metricset_text = text;
cc_sink_t metricset_sink = {put, NULL, NULL};

void metricset_setup(void)
{
    apr_initialize();
    apr_pool_create(&metricset_sink.pool, NULL);
    memset(&metricset, 0, sizeof(metricset));
    for (int kind = 0; kind < CC_KIND_COUNT; kind++) {
        metricset.instances[kind] = apr_array_make(metricset_sink.pool, 4, sizeof(cc_instance_t));
    }
    metricset_clear();
}

void metricset_teardown(void)
{
    apr_pool_destroy(metricset_sink.pool);
}

void metricset_clear(void)
{
    length = 0;
    text[0] = '\0';
}

cc_instance_t *metricset_add(cc_kind_t kind, const void *numbers, const char *first,
                             const char *second, const char *third)
{
    cc_instance_t *instance = apr_array_push(metricset.instances[kind]);

    *instance = (cc_instance_t){numbers, CC_HAS_ALWAYS, {first, second, third, "", ""}};
    return instance;
}
