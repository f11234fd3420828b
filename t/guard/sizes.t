#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks the length of functions, files and lines.
. "$(dirname "$0")/lib.sh"

sources="mod_clientcert.c $(files include '*.h') $(files modules '*.[ch]') $(files tools '*.[ch]')"
tests="$(files t/unit '*.[ch]') $(files t/fuzz '*.[ch]') $(files t/ca '*.c') $(files t/clients '*.c')
    $(files t/modules '*.[ch]')"

# A function begins with the { in the first column and ends with the } there.
functions() { # MOST FILE ...: the functions that are longer; all of them if MOST is -1
    functions_most=$1
    shift
    awk -v most="$functions_most" '
        FNR == 1 { begin = 0 }
        /^[A-Za-z_].*\(/ && !/;$/ { head = $0 }
        /^\{/ { begin = FNR }
        /^\}/ && begin {
            lines = FNR - begin - 1
            if (lines > most) print FILENAME ":" begin ": " lines " lines: " head
            begin = 0
        }' "$@"
}

longer_files() { # MOST FILE ...
    longer_most=$1
    shift
    wc -l "$@" | awk -v most="$longer_most" '
        $2 != "total" && $1 > most { print $2 ": " $1 " lines" }'
}

# Characters, not octets.
longer_lines() { # FILE ...
    perl -CSD -ne 'chomp; print "$ARGV:$.: ", length, " characters\n" if length > 100;
        close ARGV if eof' "$@"
}

# shellcheck disable=SC2046,SC2086  # lists of files
{
    look_at 'sources' $sources
    look_at 'functions' $(functions -1 $sources | cut -d: -f1,2)
    claim 'no function has more than 60 lines' functions 60 $sources $tests
    claim 'no file has more than 400 lines' longer_files 400 $sources $tests
    claim 'no line has more than 100 characters' longer_lines $sources $tests
}
done_claiming
