#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that pages, messages and comments are free of words that readers stumble over.
. "$(dirname "$0")/lib.sh"

list=t/guard/words.list
pages="$(ls ./*.md) $(files doc '*.md') $(files man '*.[15]') $(files conf '*.conf')"
code="mod_clientcert.c $(files modules '*.[ch]') $(files tools '*.[ch]')"
tests="$(files t '*.[ch]') $(files t '*.t') $(files t '*.p[lm]') $(files t '*.sh')"
scripts="configure.ac Makefile.am .ci/run t/run t/elsewhere t/soak $(files t/bench '*') t/ca/make
    conf/install $(files conf/operations '*') doc/make-html doc/picture doc/refresh man/refresh man/mdoc.awk tools/messages.awk $(files demo '*') $(files completion '*')"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A line for each row of the list that words.pl does not find in its own sample.
blind() {
    # shellcheck disable=SC2016  # C, not shell
    printf '/* Whoever comes\n * to the begin\n * of this. */\nchar *blank = "this " "is told";\n' \
        >"$work/sample.c"
    printf 'It is *told*\n# At the **begin**.\n' >"$work/sample.md"
    printf 'x=stands \043 It stands.\n' >"$work/sample.sh"
    for blind_word in 'c:1: "Whoever"' 'c:2: "begin of"' 'c:4: "is told"' 'md:1: "is told"' \
        'md:2: "At the begin"' 'sh:1: "stands"'; do
        t/lib/words.pl $list "$work"/sample.* | grep -qF "$blind_word" || echo "$blind_word"
    done
    t/lib/words.pl $list "$work/sample.c" | grep -F '"blank"' || [ $? -eq 1 ]
    t/lib/words.pl $list "$work/sample.sh" | sed 1d # the value of x is not prose
}

# shellcheck disable=SC2046,SC2086  # lists
{
    look_at 'pages' $pages
    look_at 'files of the code' $code
    look_at 'files of the tests' $tests
    look_at 'scripts' $scripts
    claim 'the words of the list are found in prose alone, also across lines and marks' blind
    claim 'the pages have none of them' t/lib/words.pl $list $pages
    claim 'messages and comments have none of them' t/lib/words.pl $list $code
    claim 'comments of the tests have none of them' t/lib/words.pl $list $tests
    claim 'comments of scripts have none of them' t/lib/words.pl $list $scripts
}
done_claiming
