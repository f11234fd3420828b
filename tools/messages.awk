# SPDX-License-Identifier: Apache-2.0
# Converts the entries of doc/messages.md to rows of a table in C: {"CC0101", "BLOCK\nBLOCK ..."}.
#
# A block is a paragraph or an item of a list, on one line and without marks of Markdown.

function plain(text,    link) {
    gsub(/\*\*/, "", text)
    while (match(text, /\[[^][]*\]\([^()]*\)/)) {
        link = substr(text, RSTART + 1, RLENGTH)
        sub(/\].*/, "", link)
        text = substr(text, 1, RSTART - 1) link substr(text, RSTART + RLENGTH)
    }
    gsub(/`/, "", text)
    return text
}

function block_end() {
    if (block != "") blocks = blocks (blocks == "" ? "" : "\n") block
    block = ""
}

# Writes a text as a string of C, a line of the file for each block.
function entry_end() {
    block_end()
    if (tag != "") {
        blocks = plain(blocks)
        gsub(/[\\"?]/, "\\\\&", blocks)
        gsub(/\n/, "\\n\"\n \"", blocks)
        printf "{\"%s\",\n \"%s\"},\n", tag, blocks
    }
    tag = blocks = ""
}

/^##? / { entry_end() }
/^### CC[0-9][0-9][0-9][0-9]$/ { entry_end(); tag = $2; next }
tag == "" { next }
/^$/ { block_end(); next }
/^- / { block_end() }
{ sub(/^ +/, ""); block = block (block == "" ? "" : " ") $0 }
END { entry_end() }
