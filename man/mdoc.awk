# SPDX-License-Identifier: Apache-2.0
# Turns a table of Markdown into a list of a manual page (mdoc).
#
# The first column is the name of the item. Columns with the heads Type, Values, For or Labels follow
# it in parentheses, one with the head Example is below it, and all others are its text. Literals are
# bold in a table without heads, and quoted in others. A bar inside a cell is written \|.
/^\|/ {
    line = $0
    gsub(/\\\|/, "\001", line)
    sub(/^\| */, "", line)
    sub(/ *\|$/, "", line)
    count = split(line, cell, / *\| */)
    if (++row == 1)
        for (i = 1; i <= count; i++) head[i] = cell[i]
    else if (row > 2)
        item(count)
}

function item(count,    i, beside) {
    for (i = 2; i <= count; i++)
        if (head[i] ~ /^(Type|Values|For|Labels)$/ && cell[i] != "")
            beside = beside (beside == "" ? "" : ", ") plain(cell[i])
    if (beside != "") beside = " Pq " beside
    printf ".It %s%s\n", term(cell[1]), beside
    for (i = 2; i <= count; i++)
        if (head[i] == "Example")
            printf ".Dl %s\n", code(unbroken(substr(cell[i], 2, length(cell[i]) - 2)))
        else if (head[i] !~ /^(Type|Values|For|Labels)$/ && cell[i] != "")
            paragraph(cell[i])
}

# `a`, `b` are two names; a word without backticks is plain text.
function term(cell,    parts, n, i, words) {
    n = split(cell, parts, "`")
    if (n == 1) return plain(cell)
    for (i = 2; i <= n; i += 2)
        words = words "Cm " code(parts[i]) (parts[i + 1] == "" ? "" : between(parts[i + 1]))
    return words
}

function between(text) {
    gsub(/^ +| +$/, "", text)
    return text == "," ? " , " : " No " plain(text) " "
}

# A text with `literals`, one sentence or literal a line.
function paragraph(cell,    parts, n, i, before, after) {
    n = split(unlinked(cell), parts, "`")
    for (i = 1; i <= n; i++)
        if (i % 2) {
            before = sub(/\($/, "", parts[i]) ? "( " : ""
            sentences(parts[i])
        } else {
            after = punctuation(parts[i + 1])
            parts[i + 1] = substr(parts[i + 1], length(after) + 1)
            gsub(/./, " &", after)
            printf ".%s %s%s%s\n", (head[1] == "" ? "Ic" : "Ql"), before, code(parts[i]), after
        }
}

# Replaces [name](link) by the name.
function unlinked(text,    link) {
    while (match(text, /\[[^][]*\]\([^)]*\)/)) {
        link = substr(text, RSTART + 1, RLENGTH - 1)
        sub(/\]\(.*/, "", link)
        text = substr(text, 1, RSTART - 1) link substr(text, RSTART + RLENGTH)
    }
    return text
}

function punctuation(text) {
    return match(text, /^[.,;:)]+/) ? substr(text, 1, RLENGTH) : ""
}

function sentences(text) {
    gsub(/^ +| +$/, "", text)
    if (text == "") return
    text = plain(text)
    gsub(/\. +/, ".\n", text)
    print text
}

function plain(text) {
    gsub(/`/, "", text)
    gsub(/\\/, "\\e", text)
    gsub(/\001/, "|", text)
    if (text ~ /^[.']/) text = "\\&" text
    return text
}

# A condition whose quoted operand stays on one line, and whose long digest may take two.
function unbroken(text,    at, operand) {
    if (match(text, /[0-9a-f]+$/) && RLENGTH > 64)
        return substr(text, 1, RSTART + 63) "\003" substr(text, RSTART + 64)
    at = index(text, "\"")
    if (at == 0) return text
    operand = substr(text, at)
    gsub(/ /, "\002", operand)
    return substr(text, 1, at - 1) operand
}

# One argument of a macro, which can be copied from the page literally.
function code(text) {
    gsub(/\\/, "\\e", text)
    gsub(/\001/, "|", text)
    gsub(/\002/, "\\ ", text)
    gsub(/\003/, "\\:", text)
    gsub(/-/, "\\-", text)
    gsub(/"/, "\\(dq", text)
    gsub(/'/, "\\(aq", text)
    gsub(/`/, "\\(ga", text)
    gsub(/\^/, "\\(ha", text)
    gsub(/~/, "\\(ti", text)
    if (text ~ /^[][().,:;?!|]$/ || text ~ /^[A-Z%][A-Za-z0-9]?[a-z]?$/) text = "\\&" text
    if (text ~ / /) return "\"" text "\""
    return text ~ /.[.,:;)]$/ ? text "\\&" : text
}
