/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses whether output is coloured. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

static const cc_style_t uncoloured = {"", "", "", "", ""};
static const cc_style_t coloured = {"\033[32m", "\033[31m", "\033[33m", "\033[1m", "\033[m"};

/* See https://no-color.org */
static bool is_wanted(void)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) && (!no_color || !*no_color) && terminal && *terminal &&
           strcmp(terminal, "dumb") != 0;
}

const cc_style_t *cc_style_choose(const char *when)
{
    if (!when || !strcmp(when, "auto")) {
        return is_wanted() ? &coloured : &uncoloured;
    }
    if (!strcmp(when, "always")) {
        return &coloured;
    }
    return strcmp(when, "never") ? NULL : &uncoloured;
}
