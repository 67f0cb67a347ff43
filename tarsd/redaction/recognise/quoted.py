"""Where a value begins and ends: in quotes of any depth, in a list, or bare in a line."""

import re

QUOTE = rb"(?:\\*[\"'`]|&quot;|&#3[49];|&#x2[27];|&apos;|%(?:25)*2[27]|\\+u002[27])"
_OPENING = re.compile(QUOTE)
_TRIPLE = re.compile(rb"\"\"\"|'''")
_INSIDE = {
    b'"': re.compile(rb'(?:[^"\\\n]|\\[^\n])*'),
    b"'": re.compile(rb"(?:[^'\\\n]|\\[^\n]|''(?=[^\n]*'))*"),
    b"`": re.compile(rb"[^`\n]*"),
}
# 'it'\''s' and 'it'"'"'s' are one word to a shell.
_GLUED = re.compile(rb"(?:\\'|\"'\")'((?:[^'\n])*)'")
_NEXT_PAIR = re.compile(
    rb"(?:\s*[,;&|]\s*|\s+)\\*[\"']?(?:[A-Za-z_][\w.-]*\\*[\"']?(?:=(?!=)|:\s)|--?[a-z][\w-]*(?:[= ]|$))"
)
_COMMENT = re.compile(rb"\s+(?:#|//)\s.*|\s+#.*")
_MOST = 16 * 1024
_NEAR = 512  # what ends a bare value early is looked for this far


def quoted(text: bytes, at: int, stop: int) -> tuple[int, int, int] | None:
    """The extent of what stands in quotes that open here, and where the closing ones end.

    Quotes that never close run to the end of the line: the line was cut off.
    """
    triple = _TRIPLE.match(text, at, stop)
    if triple:
        start = triple.end()
        end = text.find(triple[0], start, start + _MOST)
        return (start, end, end + 3) if end >= 0 else (start, start, start)
    opening = _OPENING.match(text, at, stop)
    if not opening:
        return None
    start, quote = opening.end(), opening[0]
    inside = _INSIDE.get(quote)
    if inside is None:
        end = _same_depth(text, start, stop, quote)
        return start, end, min(end + len(quote), stop)
    found = inside.match(text, start, stop)
    end = found.end() if found else start
    after = min(end + 1, stop)
    glued = _GLUED.match(text, after, stop) if quote == b"'" else None
    while glued:
        end, after = glued.end(1), glued.end()
        glued = _GLUED.match(text, after, stop)
    return start, end, after


def _same_depth(text: bytes, start: int, stop: int, quote: bytes) -> int:
    """Where quotes of the same escaping stand next; the end of the line if nowhere."""
    border = text.find(b"\n", start, stop)
    border = stop if border < 0 else border
    at = text.find(quote, start, border)
    while at > 0 and text[at - 3 : at].lower().endswith((b"\\", b"%5c")):
        at = text.find(quote, at + len(quote), border)
    return border if at < 0 else at


def bare_to_line_end(text: bytes, at: int, stop: int) -> int:
    """The end of a value that has the rest of its line, less a comment and what follows as a pair of its own."""
    border = text.find(b"\n", at, stop)
    border = stop if border < 0 else border
    comment = _COMMENT.search(text, at, min(border, at + _NEAR))
    if comment:
        border = comment.start()
    pair = _NEXT_PAIR.search(text, at, min(border, at + _NEAR))
    if pair:
        border = pair.start()
    return _trimmed(text, at, border)


_BARE = re.compile(rb"[^\s\"'`<>\x00\x1b]+")
_ENDS_EARLY = re.compile(
    rb"&quot;|&lt;|&#3[49];|&apos;|\\+[\"'nrt](?![\w])|\\+u00[0-7][0-9a-f]|\\+x1b|\\+0"
)
_ENCODED = re.compile(rb"%(?:25)*(?:2[267]|00|0[aA])")
_QUERY = re.compile(rb"[&#]")


def bare_word(text: bytes, at: int, stop: int, *, encoded: bool = False) -> int:
    """The end of a value that stands bare in the middle of a line. `encoded`: the signs around it are, as in a URL."""
    found = _BARE.match(text, at, stop)
    if not found:
        return at
    end = found.end()
    for pattern in (_NEXT_PAIR, _ENDS_EARLY, _ENCODED)[: 3 if encoded else 2]:
        early = pattern.search(text, at, min(end + 1, stop, at + _NEAR))
        if early and early.start() > at:
            end = min(end, early.start())
    return _trimmed(text, at, end)


def query_value(text: bytes, at: int, end: int) -> int:
    """The end of a value in the query of a URL."""
    found = _QUERY.search(text, at, end)
    return found.start() if found else end


_OPENERS = {b")": b"(", b"]": b"[", b"}": b"{"}


def _trimmed(text: bytes, at: int, end: int) -> int:
    """Without the comma, semicolon or bracket that belongs to the sentence."""
    while end > at:
        last = text[end - 1 : end]
        if last in b" \t\r,;\"'`" or (last in _OPENERS and _OPENERS[last] not in text[at:end]):
            end -= 1
        else:
            break
    return end
