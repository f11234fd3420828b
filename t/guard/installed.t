#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks an installation: links of its pages, and files that its manual pages name, lead to
# installed files.
. "$(dirname "$0")/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make -s -C "${CC_BUILD:-build}" install DESTDIR="$work" >"$work/log" 2>&1 || cat "$work/log" >&2
installed() { find "$work" -path "$1" | LC_ALL=C sort; } # PATTERN
docs=$(dirname "$(installed '*/README.md')")
pages=$(installed '*/man/man[0-9]/*')

dead_links() { t/lib/links.pl "$docs"; }

# Files of doc/ and conf/examples that a manual page names.
named() { # FILE ...
    cat "$@" | grep -oE '(^|[^A-Za-z0-9_/.-])(doc/[A-Za-z]+\.md|conf/examples[A-Za-z0-9_./-]*)' |
        grep -oE '(doc|conf)/.*[A-Za-z0-9]' | LC_ALL=C sort -u
}
dead_names() {
    # shellcheck disable=SC2086  # a list of files
    named $pages | while read -r name; do
        [ -e "$docs/$name" ] || echo "$name"
    done
}

# Manual pages of ours that others of ours name, as "NAME.SECTION".
references() {
    # shellcheck disable=SC2086  # a list of files
    sed -n 's/^\.Xr \([a-z_]*clientcert\) \([0-9]\).*/\1.\2/p' $pages | LC_ALL=C sort -u
}
dead_references() {
    references | while read -r name; do
        echo "$pages" | grep -q "/$name\$" || echo "$name"
    done
}

not_installed() {
    for not_file in README.md LICENSE $(find doc -name '*.md') $(find conf -type f); do
        cmp -s "$not_file" "$docs/$not_file" || echo "$not_file"
    done
    for not_file in mod_clientcert.so clientcert; do
        [ -n "$(find "$work" -type f -name "$not_file" -perm -u+x)" ] || echo "$not_file"
    done
}

# The folder that the manual page names, below the prefix of the installation.
elsewhere() {
    for elsewhere_folder in $(sed -n 's/^\.It Pa \(share\/doc\/.*\)/\1/p' man/mod_clientcert.5); do
        [ "${docs%"/$elsewhere_folder"}" != "$docs" ] || echo "$elsewhere_folder: it is $docs"
    done
}

# shellcheck disable=SC2046,SC2086  # lists
{
    look_at 'links of installed pages' $(seq "$(t/lib/links.pl --count "$docs")")
    look_at 'manual pages' $pages
    look_at 'files that manual pages name' $(named $pages)
    look_at 'manual pages that others name' $(references)
    claim 'the pages, the examples, the module and the tool are installed' not_installed
    claim 'every link of an installed page leads to a file, and to a heading of it' dead_links
    claim 'every file that a manual page names is installed beside the pages' dead_names
    claim 'every manual page of ours that another one names is installed' dead_references
    claim 'the pages are where the manual page says' elsewhere
}
done_claiming
