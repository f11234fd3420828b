/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how alike two names are (Levenshtein), for error messages that suggest one. */
#include "cert/distance.h"

#include <string.h>

#include <apr_lib.h>

#define LONGEST 64 /* beyond it, names are as good as different */

static int least(int a, int b, int c)
{
    int ab = a < b ? a : b;

    return ab < c ? ab : c;
}

int cc_name_distance(const char *a, const char *b)
{
    int row[LONGEST + 1];
    int len = (int)strnlen(b, LONGEST);

    for (int j = 0; j <= len; j++) {
        row[j] = j;
    }
    for (int i = 1; i <= LONGEST && a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= len; j++) {
            int same = apr_tolower(a[i - 1]) == apr_tolower(b[j - 1]);
            int best = least(row[j] + 1, row[j - 1] + 1, diagonal + !same);
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[len];
}
