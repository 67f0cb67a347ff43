"""A name that announces a secret, and its value: JSON, YAML, TOML, INI, env, XML, arguments, queries, sentences."""

import re
from collections.abc import Generator, Iterator
from typing import NamedTuple

from tarsd.redaction.recognise import files, looks
from tarsd.redaction.recognise.keys import Worth, worth
from tarsd.redaction.recognise.quoted import (
    QUOTE,
    bare_to_line_end,
    bare_word,
    query_value,
    quoted,
)
from tarsd.redaction.spans import SECRET, Span

_NAME = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_REST = re.compile(rb"[\w.-]*")

_EQUALS = re.compile(
    rb"(" + QUOTE + rb")?[\])]?[ \t]*(=>|->|:=|={1,3}|::?|%(?:25)*3[dDaA]|\\+u003[dD]|&#61;)[ \t]*"
    rb"(?:(?:string\(\d+\)|Some\(|Secret(?:Str|Bytes)?\(|str\(|!\w+)\s*(?=[\"'])|[bruf](?=[\"'])|\$(?=')|\((?=[\"']))?"
)
_LISTED = re.compile(rb"(" + QUOTE + rb")[)\]]?\s*,\s*(?:[bruf](?=[\"']))?(?=" + QUOTE + rb")")
_PAIR = re.compile(
    rb"(?:"
    + QUOTE
    + rb")?[\s,;]*(?:"
    + QUOTE
    + rb")?\b(?:value|val|content|default)(?:"
    + QUOTE
    + rb")?\s*(?:=>|[:=])\s*",
    re.IGNORECASE,
)
_ELEMENT = re.compile(rb"(?:\s[^<>\n]*)?(?:>|&gt;)\s*(?:<!\[CDATA\[)?")
_NEXT_ELEMENT = re.compile(rb"\s*</?\w+>\s*<\w+>")
_ELEMENT_END = re.compile(rb"\]\]>|<|&lt;")
_FLAG = re.compile(
    rb"(?:"
    + QUOTE
    + rb")?(?:\s*\\\r?\n\s*|\s*\n\s*-\s+|\x00|\\0|\\x00|,?[ \t]+a\d+=|\s*,\s*|[ \t]+)(?!-{1,2}[a-z])"
)
_OPEN = re.compile(rb"[\"']?[ \t]*:[ \t]*(?:!\w+[ \t]*)?(?:[|>][+-]?\d?)?[ \t\r]*$", re.MULTILINE)
_SAID = re.compile(
    rb"[ \t]+(?:is|was|are|set to|changed to|reset to|now|will be|becomes|equals)(?:[ \t]+(?:now|"
    rb"set to))?[ \t]*:?[ \t]+",
    re.IGNORECASE,
)
_SPACE = re.compile(rb"[ \t]+(?:by[ \t]+)?")
_CELL = re.compile(rb"[ \t]*(?:\||\xe2\x94\x82|\t)[ \t]*")
_SCHEME = re.compile(
    rb"(?:Bearer|Basic|Token|Digest|Negotiate|NTLM|ApiKey|Api-Key|AWS4-HMAC-SHA256|Signature|Hawk|GenieKey|Bot|OAuth|"
    rb"SharedAccessSignature|SharedKey|SSWS|Splunk|key|Key)(?:\s+|%20|\+|=(?=\S))",
    re.IGNORECASE,
)
_LINE_HEAD = re.compile(
    rb"[ \t]*(?:(?:[#;]|//|REM)+[ \t]*)?(?:export|set|setenv|env|ENV|ARG|declare -x|typeset|local|-|\+|>|"
    rb"Environment=|-e|--env|\"|')?[ \t]*[\"']?"
)
_LOG_HEAD = re.compile(rb"[\w\])}\"'][:,]?[ \t]+\Z")
_ITEM = re.compile(rb"[ \t,]*(?=" + QUOTE + rb")")
_NEXT_NAME = re.compile(rb"[A-Za-z_]\w{2,40}=(?:[\w./:-]*\w)?")
_WORD_NEXT = re.compile(rb"[ \t]+[a-z]{2,}\b(?![=:])")
_CONFIG_WORDS = re.compile(
    rb"(?i)requirepass|masterauth|(?:primary|sentinel)?auth-?pass|proxy_?password|passwd|password|pass|secret|token|"
    rb"authtoken|preshared-key|psk|passphrase|secret-key|api-key"
)


class Name(NamedTuple):
    start: int
    end: int
    worth: Worth


def find(text: bytes, start: int, end: int) -> Generator[Span, None, int]:
    """The secrets that the name around this stem announces. Returns where the name ends: no stem in it counts again."""
    first = max(0, start - _LONGEST_NAME)
    while start > first and text[start - 1] in _NAME:
        start -= 1
    if start and text[start - 1] == 0x5C and text[start] in b"nrt":
        start += 1  # the n of a \n before the name
    rest = _REST.match(text, end)
    end = rest.end() if rest else end
    whole = text[start:end]
    bare = whole.rstrip(b".-")
    it_is = worth(bare)
    if it_is:
        yield from _values(
            text, Name(start, start + len(bare), it_is), min(len(text), end + _BELOW)
        )
    return end


_LONGEST_NAME = 120
_BELOW = 16 * 1024


def _values(text: bytes, name: Name, stop: int) -> Iterator[Span]:
    line_end = text.find(b"\n", name.end, stop)
    line_end = stop if line_end < 0 else line_end
    if text[name.start - 2 : name.start] == b"${":
        yield from _default(text, name, line_end)
        return
    pair = _PAIR.match(text, name.end, stop)
    if pair and pair.end() < stop:
        yield from _taken(text, name, pair.end(), _line_end(text, pair.end(), stop), "pair")
        return
    equals = _EQUALS.match(text, name.end, line_end)
    if equals and equals.end() < line_end and not _OPEN.match(text, name.end, line_end):
        yield from _after_equals(text, name, equals, line_end)
        return
    if _OPEN.match(text, name.end, line_end):
        yield from files.find_block(text, text.rfind(b"\n", 0, name.start) + 1, stop)
        return
    listed = _LISTED.match(text, name.end, stop)
    if listed:
        yield from _taken(text, name, listed.end(), _line_end(text, listed.end(), stop), "list")
        return
    if text[max(0, name.start - 4) : name.start].endswith((b"<", b"&lt;", b":")):
        element = _ELEMENT.match(text, name.end, line_end)
        if element:
            yield from _element(text, name, element.end(), stop)
            return
    following = _NEXT_ELEMENT.match(text, name.end, stop)
    if following:
        yield from _element(text, name, following.end(), stop)
        return
    if text[name.start : name.start + 1] == b"-":
        yield from _argument(text, name, stop)
        return
    yield from _in_words(text, name, line_end)


def _default(text: bytes, name: Name, line_end: int) -> Iterator[Span]:
    """What a shell or Compose takes where a variable is not set: `${NAME:-value}`."""
    default = _DEFAULT.match(text, name.end, line_end)
    if default and _is_secret(name.worth, default[1], sentence=False):
        yield Span(default.start(1), default.end(1), SECRET, "key/default")


_DEFAULT = re.compile(rb":?[-=]([^}\n]+)")


def _line_end(text: bytes, at: int, stop: int) -> int:
    end = text.find(b"\n", at, stop)
    return stop if end < 0 else end


def _after_equals(
    text: bytes, name: Name, equals: re.Match[bytes], line_end: int
) -> Iterator[Span]:
    at = equals.end()
    if text[at : at + 1] in b"[{(":
        yield from _items(text, name, at + 1, line_end)
        return
    if _whole_line(text, name) and not _is_quoted(text, at):
        scheme = _SCHEME.match(text, at, line_end)
        at = scheme.end() if scheme else at
        end = bare_to_line_end(text, at, line_end)
        first = bare_word(text, at, line_end)
        if looks.is_statement(text[at:end]):
            return
        if equals[2] == b"=" and _runs_something(text[first:end]):
            end = first
        if _is_secret(name.worth, text[at:end], sentence=False):
            yield Span(at, end, SECRET, "key/line")
        return
    sentence = equals[2] == b":" and equals.end() > equals.end(2) and not equals[1]
    rule = "encoded" if equals[2][:1] == b"%" else "value"
    yield from _taken(text, name, at, line_end, rule, sentence=sentence)


def _is_quoted(text: bytes, at: int) -> bool:
    return re.match(QUOTE, text[at : at + 12]) is not None


_RUNS = re.compile(
    rb"\s+(?:[\w./-]+\s+-|(?:psql|pg_dump|mysql|redis-cli|docker|curl|restic|borg|sudo|python3?|exec)\b)"
)


def _runs_something(rest: bytes) -> bool:
    """`PGPASSWORD=... psql -h db`: the value is the first word."""
    return _RUNS.match(rest) is not None


def _whole_line(text: bytes, name: Name) -> bool:
    """Nothing stands before the name that would make the line more than this one setting."""
    head = max(0, name.start - 120)
    border = text.rfind(b"\n", head, name.start)
    if border < 0 and head:
        return False
    return _LINE_HEAD.fullmatch(text, border + 1 if border >= 0 else 0, name.start) is not None


def _items(text: bytes, name: Name, at: int, line_end: int) -> Iterator[Span]:
    """The values in a list; a bare one, as Go prints maps, to its bracket."""
    item = _ITEM.match(text, at, line_end)
    if not item:
        scheme = _SCHEME.match(text, at, line_end)
        begin = scheme.end() if scheme else at
        end = bare_word(text, begin, line_end)
        if _is_secret(
            max(Worth.TOKEN, name.worth) if scheme else min(Worth.TOKEN, name.worth),
            text[begin:end],
            sentence=False,
        ):
            yield Span(begin, end, SECRET, "key/list")
        return
    while item:
        extent = quoted(text, item.end(), line_end)
        if extent is None or extent[2] <= item.end():
            return
        start, end, after = extent
        if text[after : after + 1] == b":":
            return  # a mapping, whose own names speak for themselves
        scheme = _SCHEME.match(text, start, end)
        start = scheme.end() if scheme else start
        if _is_secret(min(Worth.TOKEN, name.worth), text[start:end], sentence=False):
            yield Span(start, end, SECRET, "key/list")
        item = _ITEM.match(text, after, line_end)


def _taken(
    text: bytes, name: Name, at: int, line_end: int, rule: str, *, sentence: bool = False
) -> Iterator[Span]:
    """The value that begins here, in quotes or bare."""
    extent = quoted(text, at, line_end)
    if extent:
        start, end, after = extent
        if rule == "list" and text[after : after + 2].strip()[:1] == b":":
            return  # not a value: the name of the next one
        sentence = False
    else:
        start, end = at, bare_word(text, at, line_end, encoded=rule == "encoded")
    scheme = _SCHEME.match(text, start, line_end)
    if scheme:
        start = scheme.end()
        if not extent:
            sentence = True
            end = bare_word(text, start, line_end)
            if (
                scheme[0][:6].lower() in {b"digest", b"aws4-h", b"signat", b"hawk "}
                and text.find(b"=", start, line_end) > 0
            ):
                end = line_end
    elif not extent and text[start:end].find(b"&") > 0:
        end = query_value(text, start, end)
    if not extent and text[at - 1 : at] in b" \t" and _NEXT_NAME.fullmatch(text[start:end]):
        return
    sentence = (
        text[start:end].isalpha()
        if sentence and end < line_end and _WORD_NEXT.match(text, end, line_end)
        else False
    )
    if _is_secret(name.worth, text[start:end], sentence=sentence):
        yield Span(start, end, SECRET, f"key/{rule}")


def _element(text: bytes, name: Name, at: int, stop: int) -> Iterator[Span]:
    closing = _ELEMENT_END.search(text, at, stop)
    end = closing.start() if closing else _line_end(text, at, stop)
    while end > at and text[end - 1 : end].isspace():
        end -= 1
    if _is_secret(name.worth, text[at:end], sentence=False):
        yield Span(at, end, SECRET, "key/element")


def _argument(text: bytes, name: Name, stop: int) -> Iterator[Span]:
    """`--password VALUE`, in a line, a list, over a continuation, or with NUL between."""
    gap = _FLAG.match(text, name.end, stop)
    if gap and gap[0].endswith(b"\0"):
        end = text.find(b"\0", gap.end(), stop)
        end = stop if end < 0 else end
        if _is_secret(name.worth, text[gap.end() : end], sentence=False):
            yield Span(gap.end(), end, SECRET, "key/argument")
    elif gap:
        yield from _taken(text, name, gap.end(), _line_end(text, gap.end(), stop), "argument")


def _in_words(text: bytes, name: Name, line_end: int) -> Iterator[Span]:
    """Configuration with blanks between, and what people and programs say in sentences."""
    said = _SAID.match(text, name.end, line_end)
    cell = _CELL.match(text, name.end, line_end)
    gap = said or cell or _SPACE.match(text, name.end, line_end)
    if not gap or name.worth < Worth.TOKEN or text[name.start - 1 : name.start] == b"=":
        return
    at = gap.end()
    extent = quoted(text, at, line_end)
    if extent:
        at, end, _ = extent
        if b" " not in text[at:end] and _is_secret(name.worth, text[at:end], sentence=False):
            yield Span(at, end, SECRET, "key/words")
        return
    end = bare_word(text, at, line_end)
    value = text[at:end]
    lonely = end >= len(text[:line_end].rstrip())
    if lonely and not said and _whole_line(text, name):
        if _CONFIG_WORDS.fullmatch(text[name.start : name.end]) and _is_secret(
            name.worth, value, sentence=False
        ):
            yield Span(at, end, SECRET, "key/config")
    elif said or cell:
        if _is_secret(name.worth, value, sentence=not lonely):
            yield Span(at, end, SECRET, "key/words")
    elif _says_itself(name.worth, value):
        yield Span(at, end, SECRET, "key/words")


def _says_itself(it_is: Worth, value: bytes) -> bool:
    """Nothing but a blank is between: the value must look like a secret by itself."""
    if looks.says_nothing(value) or (looks.is_hex(value) and it_is < Worth.SECRET):
        return False
    return looks.is_random(value, 12) or (it_is == Worth.ALWAYS and _mixed(value))


def _mixed(value: bytes) -> bool:
    """Letters with digits or signs, as a password that stands in a sentence has them."""
    return (
        len(value) >= 6
        and looks.classes(value) >= 2
        and re.search(rb"[0-9!$%^&*#@?]", value) is not None
        and value[-1:] not in b".,:"
        and (re.search(rb"[A-Za-z]", value) is not None)
        and not looks.is_innocent(value)
    )


def _is_secret(it_is: Worth, value: bytes, *, sentence: bool) -> bool:
    if looks.says_nothing(value) or (b"://" in value[:24] and it_is < Worth.SECRET):
        return False
    if it_is >= Worth.SECRET:
        return not (sentence and value.isalpha() and (value.islower() or value.istitle()))
    if it_is == Worth.TOKEN:
        return looks.is_machine_made(value) or (len(value) >= 6 and looks.classes(value) >= 3)
    return looks.is_random(value, 20) and not looks.is_hex(value) and not looks.is_uuid(value)
