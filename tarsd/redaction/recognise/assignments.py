"""A name that announces a secret, and its value: JSON, YAML, TOML, INI, env, XML, arguments, queries, sentences."""

import re
from collections.abc import Generator, Iterator

from tarsd.redaction.recognise import around as before
from tarsd.redaction.recognise import files, looks, sentences
from tarsd.redaction.recognise.keys import Worth
from tarsd.redaction.recognise.names import Name, around, is_secret, is_whole_line, line_end
from tarsd.redaction.recognise.quoted import (
    QUOTE,
    bare_to_line_end,
    bare_word,
    query_value,
    quoted,
)
from tarsd.redaction.spans import SECRET, Span

_EQUALS = re.compile(
    rb"("
    + QUOTE
    + rb")?[\])]?(?:[ \t]#?\d{1,2})?[ \t*]*(?:\.{2,}[ \t]*)?(=>|->|:=|={1,3}|::?|%(?:25)*3[dDaA]|\\+u003[dD]|&#61;)"
    rb"(?:</\w{1,9}>)?[ \t*]*(?:&\w+[ \t]+)?"
    rb"(?:(?:string\(\d+\)|Some\(|Secret(?:Str|Bytes)?\(|str\(|!\w+)\s*(?=[\"'])|[bruf](?=[\"'])|\$(?=')|\((?=[\"']))?"
)
_LISTED = re.compile(
    rb"("
    + QUOTE
    + rb")[)\]]?\s*,\s*(?:[bruf](?=[\"']))?(?="
    + QUOTE
    + rb")|(),\s*<<(?="
    + QUOTE
    + rb")"
)
_OTHER_PAIRS = rb"(?:\\*\"\w{1,20}\\*\":\s?(?:\\*\"[^\"\\\n]{0,40}\\*\"|\w{1,20}),\s*){0,6}"
_PAIR = re.compile(
    rb"(?:"
    + QUOTE
    + rb")?(?:[\s,;]*"
    + _OTHER_PAIRS
    + rb"|\s*[:=]?\s*\{[^{}]{0,200}?)(?:"
    + QUOTE
    + rb")?\b(?:value|val|v|content|default)(?:"
    + QUOTE
    + rb")?\s*(?:=>|[:=])\s*",
    re.IGNORECASE,
)
_ELEMENT = re.compile(rb"(?:\s[^<>\n]*)?(?:>|&gt;)\s*(?:<!\[CDATA\[)?")
_NEXT_ELEMENT = re.compile(rb"\s*</?\w+>\s*<\w+>")
_ATTRIBUTE_END = re.compile(rb"[\"'][^<>\n]*>\s*(?:<value>)?")
_WRAPPED = re.compile(rb"\((?=" + QUOTE + rb"[^\"'\n]+" + QUOTE + rb"\))")
_INPUT = re.compile(rb"[^\n]{0,80}\n?[^\n]{0,200}?\binput_value=")
_OTHERWISE = re.compile(rb"\s*(?:\?:|\|\||\?\?|\bor\b|,)\s*(?=[\"'])")
_TEMPLATE = re.compile(rb"\{\{\s*[\"']([^\"'\n]+)[\"']\s*\|")
_ELEMENT_END = re.compile(rb"\]\]>|<|&lt;")
_FLAG = re.compile(
    rb"(?:"
    + QUOTE
    + rb")?(?:\s*\\\r?\n\s*|\s*\n\s*-\s+|\x00|\\0|\\x00|,?[ \t]+a\d+=|\s*,\s*|[ \t]+)(?!-{1,2}[a-z])"
)
_OPEN = re.compile(rb"[\"']?[ \t]*:[ \t]*(?:!\w+[ \t]*)?(?:[|>][+-]?\d?)?[ \t\r]*$", re.MULTILINE)
_SCHEME = re.compile(
    rb"(?:Bearer|Basic|Token|Digest|Negotiate|NTLM|ApiKey|Api-Key|AWS4-HMAC-SHA256|Signature|Hawk|GenieKey|Bot|OAuth|"
    rb"SharedAccessSignature|SharedKey|SSWS|Splunk|key|Key)(?:\s+|%20|\+|=(?=\S))",
    re.IGNORECASE,
)
_ITEM = re.compile(rb"[ \t,]*(?=" + QUOTE + rb")")
_NEXT_NAME = re.compile(rb"[A-Za-z_]\w{2,40}=(?:[\w./:-]*\w)?")
_WORD_NEXT = re.compile(rb"[ \t]+[a-z]{2,}\b(?![=:])")


def find(text: bytes, start: int, end: int) -> Generator[Span, None, int]:
    """The secrets that the name around this stem announces.

    Returns where name and value end: no stem in them counts again.
    """
    name = around(text, start, end)
    end = max(end, name.end)
    if name.worth == Worth.HINT and text[name.start : name.end].lower() in {b"key", b"keys"}:
        name = before.of_parent(text, name)
    if name.worth >= Worth.TOKEN:
        yield from before.value_before(text, name)
    if name.worth:
        for span in _values(text, name, min(len(text), name.end + _BELOW)):
            yield span
            end = max(end, span.end)
    return end


_BELOW = 16 * 1024


def _values(text: bytes, name: Name, stop: int) -> Iterator[Span]:
    border = line_end(text, name.end, stop)
    if text[name.start - 2 : name.start] == b"${":
        return _default(text, name, border)
    pair = _PAIR.match(text, name.end, stop)
    if pair and pair.end() < stop:
        return _taken(text, name, pair.end(), line_end(text, pair.end(), stop), "pair")
    question = _QUESTION.match(text, name.end, stop)
    if question and _ASKED.search(text, max(0, name.start - 40), name.start):
        return _taken(text, name, question.end(), line_end(text, question.end(), stop), "pair")
    dumped = _DUMPED.match(text, name.end, stop)
    if dumped:
        return _taken(text, name, dumped.end(), line_end(text, dumped.end(), stop), "pair")
    if _OPEN.match(text, name.end, border):
        return files.find_block(text, text.rfind(b"\n", 0, name.start) + 1, stop)
    equals = _EQUALS.match(text, name.end, border)
    if equals and equals.end() < border:
        return _after_equals(text, name, equals, border)
    listed = _LISTED.match(text, name.end, stop)
    is_flag = text[name.start : name.start + 1] == b"-"
    if listed and not is_flag and _SIBLING.match(text, listed.end(), stop):
        return iter(())
    if listed:
        return _taken(text, name, listed.end(), line_end(text, listed.end(), stop), "list")
    return _unsigned(text, name, border, stop)


_QUESTION = re.compile(rb"[\"']?[ \t]*\r?\n[ \t]*:[ \t]+")
_DUMPED = re.compile(rb"\\*[\"']\]=>\r?\n[ \t]*string\(\d+\)[ \t]+(?=\\*\")")
_ASKED = re.compile(rb"(?:\A|\n)[ \t]*\?[ \t]+[\"']?\Z")
_SIBLING = re.compile(
    QUOTE + rb"(?:[A-Za-z_][\w.-]*=|[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+" + QUOTE + rb")"
)
"""In a list, no value of the name before it: an assignment of its own, as in an environment, or an id like `nas.stale`."""


def _unsigned(text: bytes, name: Name, border: int, stop: int) -> Iterator[Span]:
    """The value of a name that is not assigned to: in markup, an argument, a sentence."""
    inside = _inside_markup(text, name, border, stop)
    if inside:
        return _element(text, name, inside.end(), stop)
    if text[name.start : name.start + 1] == b"-":
        return _argument(text, name, stop)
    wrapped = _WRAPPED.match(text, name.end, border)
    if wrapped and text[name.start : name.start + 1].isupper():
        return _taken(text, name, wrapped.end(), border, "wrapped")
    near = text.find(b"input_value=", name.end, name.end + 300)
    shown = _INPUT.match(text, name.end, stop) if near >= 0 else None
    if shown:
        return _taken(text, name, shown.end(), line_end(text, shown.end(), stop), "input")
    return sentences.find(text, name, stop)


def _inside_markup(text: bytes, name: Name, border: int, stop: int) -> re.Match[bytes] | None:
    """Where the value of a name in angle brackets begins."""
    if text[max(0, name.start - 4) : name.start].endswith((b"<", b"&lt;", b":")):
        element = _ELEMENT.match(text, name.end, border)
        if element:
            return element
    if text[name.start - 2 : name.start - 1] == b"=":
        attribute = _ATTRIBUTE_END.match(text, name.end, border)
        if attribute:
            return attribute
    return _NEXT_ELEMENT.match(text, name.end, stop)


def _default(text: bytes, name: Name, border: int) -> Iterator[Span]:
    """What a shell or Compose takes where a variable is not set: `${NAME:-value}`."""
    default = _DEFAULT.match(text, name.end, border)
    if default and is_secret(name.worth, default[1]):
        yield Span(default.start(1), default.end(1), SECRET, "key/default")


_DEFAULT = re.compile(rb"(?::?[-=]|:(?![?+]))([^}\n]+)")


def _after_equals(text: bytes, name: Name, equals: re.Match[bytes], border: int) -> Iterator[Span]:
    at = equals.end()
    if text[at : at + 1] in b"[{(":
        yield from _items(text, name, at + 1, border)
        return
    if is_whole_line(text, name) and not _is_quoted(text, at):
        scheme = _SCHEME.match(text, at, border)
        at = scheme.end() if scheme else at
        end = bare_to_line_end(text, at, border)
        first = bare_word(text, at, border)
        if looks.is_statement(text[at:end]):
            return
        otherwise = _otherwise(text, at, end, border)
        if otherwise:
            yield from _taken(text, name, otherwise.end(), border, "otherwise")
            return
        if equals[2] == b"=" and _runs_something(text[first:end]):
            end = first
        if is_secret(name.worth, text[at:end]):
            yield Span(at, end, SECRET, "key/line")
        return
    opening = None if equals[1] else _OPENED.search(text, max(0, name.start - 8), name.start)
    if opening and not _is_quoted(text, at):
        yield from _to_closing(text, name, opening.start(), at, border)
        return
    sentence = equals[2] == b":" and equals.end() > equals.end(2) and not equals[1]
    rule = "encoded" if equals[2][:1] == b"%" else "value"
    yield from _taken(text, name, at, border, rule, sentence=sentence)


def _otherwise(text: bytes, start: int, end: int, border: int) -> re.Match[bytes] | None:
    """Where the value begins that code falls back on."""
    if looks.is_code(text[start:end]) or text.startswith((b"<%", b"{{"), start):
        return _OTHERWISE.search(text, start, border)
    return None


def _to_closing(text: bytes, name: Name, opening: int, at: int, border: int) -> Iterator[Span]:
    """`"NAME=VALUE"`, `"Name: VALUE"`: the quotes before the name end the value."""
    extent = quoted(text, opening, border)
    if extent is None or extent[1] <= at:
        return
    scheme = _SCHEME.match(text, at, extent[1])
    start = scheme.end() if scheme else at
    end = bare_to_line_end(text, start, extent[1])
    worth = max(name.worth, Worth.SECRET) if scheme else name.worth
    if is_secret(worth, text[start:end]) and not looks.is_statement(text[start:end]):
        yield Span(start, end, SECRET, "key/in-quotes")


_OPENED = re.compile(QUOTE + rb"\Z")


def _is_quoted(text: bytes, at: int) -> bool:
    return re.match(QUOTE, text[at : at + 12]) is not None


_RUNS = re.compile(
    rb"\s+(?:[\w./-]+\s+-|(?:psql|pg_dump|mysql|redis-cli|docker|curl|restic|borg|sudo|python3?|exec)\b)"
)


def _runs_something(rest: bytes) -> bool:
    """`PGPASSWORD=... psql -h db`: the value is the first word."""
    return _RUNS.match(rest) is not None


def _items(text: bytes, name: Name, at: int, border: int) -> Iterator[Span]:
    """The values in a list; a bare one, as Go prints maps, to its bracket."""
    item = _ITEM.match(text, at, border)
    if not item:
        scheme = _SCHEME.match(text, at, border)
        begin = scheme.end() if scheme else at
        end = bare_word(text, begin, border)
        if is_secret(
            max(Worth.TOKEN, name.worth) if scheme else min(Worth.TOKEN, name.worth),
            text[begin:end],
            sentence=False,
        ):
            yield Span(begin, end, SECRET, "key/list")
        return
    while item:
        extent = quoted(text, item.end(), border)
        if extent is None or extent[2] <= item.end():
            return
        start, end, after = extent
        if text[after : after + 1] == b":":
            return  # a mapping, whose own names speak for themselves
        scheme = _SCHEME.match(text, start, end)
        start = scheme.end() if scheme else start
        if is_secret(min(Worth.TOKEN, name.worth), text[start:end]):
            yield Span(start, end, SECRET, "key/list")
        item = _ITEM.match(text, after, border)


def _taken(
    text: bytes, name: Name, at: int, border: int, rule: str, *, sentence: bool = False
) -> Iterator[Span]:
    """The value that begins here, in quotes or bare."""
    extent = quoted(text, at, border)
    if extent:
        start, end, after = extent
        if rule == "list" and text[after : after + 2].strip()[:1] == b":":
            return  # not a value: the name of the next one
        sentence = False
        start, end = _literal(text, start, end)
    else:
        start, end = at, bare_word(text, at, border, encoded=rule == "encoded")
        otherwise = _otherwise(text, start, end, border)
        if otherwise:
            yield from _taken(text, name, otherwise.end(), border, rule)
    scheme = _SCHEME.match(text, start, border)
    if scheme:
        start = scheme.end()
        if not extent:
            sentence = True
            end = bare_word(text, start, border)
            if (
                scheme[0][:6].lower() in {b"digest", b"aws4-h", b"signat", b"hawk "}
                and text.find(b"=", start, border) > 0
            ):
                end = border
    elif not extent and text[start:end].find(b"&") > 0:
        end = query_value(text, start, end)
    if not extent and text[at - 1 : at] in b" \t" and _NEXT_NAME.fullmatch(text[start:end]):
        return
    sentence = (
        text[start:end].isalpha()
        if sentence and end < border and _WORD_NEXT.match(text, end, border)
        else False
    )
    if is_secret(name.worth, text[start:end], sentence=sentence):
        yield Span(start, end, SECRET, f"key/{rule}")


def _literal(text: bytes, start: int, end: int) -> tuple[int, int]:
    """Of `{{ 'value' | filter }}` the value; else all of it."""
    literal = _TEMPLATE.match(text, start, end)
    return literal.span(1) if literal else (start, end)


def _element(text: bytes, name: Name, at: int, stop: int) -> Iterator[Span]:
    closing = _ELEMENT_END.search(text, at, stop)
    end = closing.start() if closing else line_end(text, at, stop)
    while end > at and text[end - 1 : end].isspace():
        end -= 1
    if is_secret(name.worth, text[at:end]):
        yield Span(at, end, SECRET, "key/element")


def _argument(text: bytes, name: Name, stop: int) -> Iterator[Span]:
    """`--password VALUE`, in a line, a list, over a continuation, or with NUL between."""
    gap = _FLAG.match(text, name.end, stop)
    if gap and gap[0].endswith(b"\0"):
        end = text.find(b"\0", gap.end(), stop)
        end = stop if end < 0 else end
        if is_secret(name.worth, text[gap.end() : end]):
            yield Span(gap.end(), end, SECRET, "key/argument")
    elif gap:
        yield from _taken(text, name, gap.end(), line_end(text, gap.end(), stop), "argument")
