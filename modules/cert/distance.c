/* SPDX-License-Identifier: Apache-2.0 */
/* Computes the Levenshtein distance between two names, for error messages that suggest a name. */
#include "cert/distance.h"

#include <string.h>

#include <apr_lib.h>

#define LENGTH_MAX 64 /* of the part of a name that is compared */

static int min_of(int a, int b, int c)
{
    int ab = a < b ? a : b;

    return ab < c ? ab : c;
}

int cc_name_distance(const char *a, const char *b)
{
    int row[LENGTH_MAX + 1];
    int len = (int)strnlen(b, LENGTH_MAX);

    for (int j = 0; j <= len; j++) {
        row[j] = j;
    }
    for (int i = 1; i <= LENGTH_MAX && a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= len; j++) {
            int same = apr_tolower(a[i - 1]) == apr_tolower(b[j - 1]);
            int best = min_of(row[j] + 1, row[j - 1] + 1, diagonal + !same);
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[len];
}

int cc_name_tolerance(const char *name)
{
    return (int)strnlen(name, LENGTH_MAX) / 3;
}
