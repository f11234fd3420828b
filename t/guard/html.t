#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks "make html" with each converter that is installed: all pages, their links, anchors and tables.
. "$(dirname "$0")/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build=${CC_BUILD:-build}
out=$build/html
pages="$(ls ./*.md) $(files doc '*.md')"
html_of() { echo "$out/${1%.md}.html"; }

missing() {
    for missing_page in $pages; do
        [ -s "$(html_of "$missing_page")" ] || echo "$missing_page"
    done
    for missing_file in index.html doc/status.png; do
        [ -s "$out/$missing_file" ] || echo "$missing_file"
    done
}

dead_links() { t/lib/links.pl "$out"; }
to_markdown() { grep -rnoE --include='*.html' 'href="[^":]*\.md[#"]' "$out" || [ $? -eq 1 ]; }

# Anchors of GitHub that a page lacks, and those that only the page has.
other_anchors() {
    for other_page in $pages; do
        t/lib/links.pl --anchors "$other_page" >"$work/github"
        t/lib/links.pl --anchors "$(html_of "$other_page")" | diff "$work/github" - |
            sed -n "s|^[<>]|$other_page:&|p"
    done
}

# Rows of tables in Markdown, outside of blocks of code and without the lines below the heads.
rows_of() { # PAGE
    awk '/^```/ { code = !code } !code && /^\|/ && !/^\|[-: |]*$/ { n++ } END { print n + 0 }' "$1"
}
lost_rows() {
    for lost_page in $pages; do
        lost_there=$(rows_of "$lost_page")
        lost_here=$(grep -oE '<tr[ >]' "$(html_of "$lost_page")" | wc -l)
        [ "$lost_there" -eq "$lost_here" ] || echo "$lost_page: $lost_here of $lost_there rows"
    done
}

# Lines of Markdown that no converter has understood.
left_over() {
    for left_page in $pages; do
        perl -0777 -ne 's/<pre>.*?<\/pre>|<code>.*?<\/code>//gs;
            print "$ARGV: $1\n" while /^(\||#+ |```|.*\]\().*$/mg' "$(html_of "$left_page")"
    done
}

# The text of an example as it is, whatever characters it has.
changed_example() {
    perl -0777 -ne 'print /<pre>(.*)<\/pre>/s' "$out/conf/examples/spiffe.conf.html" |
        perl -pe 's/&#(\d+);/chr $1/ge' | cmp - conf/examples/spiffe.conf 2>&1 || [ $? -eq 1 ]
}

equal_headings() { # CONVERTER
    mkdir -p "$work/equal"
    printf '# One `a_b`\n\n## More: `<x>`\n\n## More: `<x>`\n' >"$work/equal/page.md"
    doc/make-html --with "$1" "$work/equal" "$work/equal/html" page.md
    t/lib/links.pl --anchors "$work/equal/html/page.html" | tr '\n' ' ' | grep -vx 'more-x more-x-1 one-a_b ' ||
        [ $? -eq 1 ]
}

converted() { # CONVERTER
    claim "$1 makes every page, and the picture is there" missing
    # shellcheck disable=SC2046  # a list
    look_at "links of the pages of $1" $(seq "$(t/lib/links.pl --count "$out")")
    claim "$1: every link leads to a file, and to an anchor of it" dead_links
    claim "$1: the anchors are those that GitHub makes" other_anchors
    claim "$1: equal headings have different anchors" equal_headings "$1"
    claim "$1: no link leads to Markdown" to_markdown
    claim "$1: every row of a table is there" lost_rows
    claim "$1: nothing is left of the marks of Markdown" left_over
    claim "$1: an example is as it was" changed_example
}

converters=
for converter in pandoc cmark-gfm; do
    command -v $converter >/dev/null || continue
    converters="$converters $converter"
    make -s -C "$build" html HTMLFLAGS="--with $converter" >"$work/log" 2>&1 || cat "$work/log" >&2
    converted $converter
done
no_converter() {
    # shellcheck disable=SC2086  # a list of files
    PATH=/nowhere "$(command -v perl)" doc/make-html . "$work/none" README.md 2>&1 |
        grep -q 'install the package pandoc or cmark-gfm' || echo 'it does not name the packages'
}
# shellcheck disable=SC2086  # lists
look_at 'pages' $pages
claim 'without a converter, make-html names the packages' no_converter
[ -n "$converters" ] || report ok 'make html # SKIP there is neither pandoc nor cmark-gfm'
done_claiming
