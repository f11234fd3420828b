#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks how every source begins, and that some texts appear in none.
. "$(dirname "$0")/lib.sh"

code="mod_clientcert.c configure.ac Makefile.am .ci/run conf/install
    doc/make-html doc/page.css doc/picture .dockerignore Containerfile pkg/build
    rpm/mod_clientcert.spec debian/rules debian/tests/http debian/tests/server
    $(find include modules tools demo t -type f \
        \( -name '*.[ch]' -o -name '*.sh' -o -name '*.t' -o -name '*.pm' -o -name '*.pl' \
        -o -name run -o -name make -o -name coverage -o -name fuzz \) | sort)
    $(files man '*') $(files completion '*')"
requests=$(files t/ca '*.cnf')
prose="$(ls ./*.md) $(files doc '*.md')"

# Files without a match of the pattern in their first lines. One process reads all files.
without() { # LINES PATTERN FILE ...
    without_lines=$1
    PATTERN=$2
    export PATTERN
    shift 2
    awk -v lines="$without_lines" '
        FNR > lines { nextfile }
        $0 ~ ENVIRON["PATTERN"] { found[FILENAME] }
        END { for (i = 1; i < ARGC; i++) if (!(ARGV[i] in found)) print ARGV[i] }' "$@"
}

found() { # PATTERN FILE ...
    found_pattern=$1
    shift
    grep -HnE "$found_pattern" "$@" || [ $? -eq 1 ]
}

kept() {
    grep -rlE --exclude-dir=corpus 'BEGIN [A-Z ]*(PRIVATE KEY|CERTIFICATE)-' \
        modules tools conf demo t doc || [ $? -eq 1 ]
}

# shellcheck disable=SC2086  # lists of files
{
    look_at 'sources' $code
    look_at 'requests for certificates' $requests
    look_at 'pages' $prose
    claim 'every source names its licence in its first lines' \
        without 2 'SPDX-License-Identifier: Apache-2\.0' $code $requests
    claim 'every source begins with a sentence on what it does' \
        without 6 '^(/\*|#|.\\") [A-Z"].*[a-z]' $code
    claim 'every request for a certificate names its users' without 1 '^# Used by ' $requests
    claim 'no text contains a path of one machine' \
        found '(^|[^A-Za-z0-9_.@])/(home|root|work|mnt|Users)/' $code $requests $prose
    claim 'no text marks unfinished work' found 'TO[D]O|FIX[M]E' $code $prose
    claim 'no private key or certificate is kept' kept
}
done_claiming
