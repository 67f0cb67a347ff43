"""Secrets by their place among arguments: of functions in code and tracebacks, of `printf`, of prepared statements."""

import re
from collections.abc import Iterator

from tarsd.redaction.recognise import looks
from tarsd.redaction.recognise.keys import Worth, worth
from tarsd.redaction.spans import SECRET, Span

_ARGUMENT = re.compile(
    rb"\s*(?:(?P<name>\w+)\s*[=:]\s*)?[bruf]?(?:\\*'(?P<single>(?:[^'\\\n]|\\[^\n])*)'|"
    rb"\\*\"(?P<double>(?:[^\"\\\n]|\\[^\n])*)\"|[^\s,()'\"]+)\s*,?"
)
# What is called, and which of its arguments is the secret, from 0.
_CALLS = tuple(
    (re.compile(pattern), place)
    for pattern, place in (
        (rb"(?:\.login|HTTPBasicAuth|BasicAuth|SetBasicAuth|basic_auth|auth=)\(", 1),
        (rb"(?i)(?:mysqli(?:_connect)?|mysql_connect|PDO(?:->__construct)?)\(", 2),
        (rb"(?i)\bjwt\.(?:sign|encode|verify|decode)\(", 1),
        (rb"(?i)\bcreate(?:Hmac|Cipher(?:iv)?|Decipher(?:iv)?)\(", 1),
        (
            rb"(?i)(?:\bhmac\.new|\bFernet|hashpw|(?:set|check|verify|hash|generate)_?passw(?:or)?d(?:_hash)?)\(",
            0,
        ),
        (rb"(?i)ConvertTo-SecureString(?:\s+-String)?(?=\s)", 0),
    )
)
_PRINTED = re.compile(
    rb"printf[ \t]+(?:--[ \t]+)?(?:'(?P<single>[^'\n]*)'|\"(?P<double>[^\"\n]*)\")"
)
_PLACE = re.compile(rb"(?P<name>[\w.-]*)[=:]?[ \t]?%[-\d]*s")
_WORD = re.compile(
    rb"[ \t]+(?:'(?P<single>[^'\n]*)'|\"(?P<double>[^\"\n]*)\"|(?P<bare>[^\s'\"|<>;&]+))"
)
_PREPARED = re.compile(rb"(?P<name>[\w\"]+)\s*(?:=|<>|!=)\s*\$(?P<number>\d+)")
_COLUMNS = re.compile(rb"(?i)\((?P<columns>[^()$]*)\)\s*values\s*\((?P<numbers>[$\d,\s]*)\)")
_BOUND = re.compile(rb"\$(?P<number>\d+) = '(?P<value>(?:[^'\n]|'')*)'")
_STATEMENT = 4096


def find(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """What functions in a region were called with."""
    for pattern, place in _CALLS:
        for called in pattern.finditer(text, start, stop):
            yield from _argument(text, called.end(), stop, place)


def _argument(text: bytes, at: int, stop: int, place: int) -> Iterator[Span]:
    for _ in range(place):
        before = _ARGUMENT.match(text, at, stop)
        if before is None:
            return
        at = before.end()
    argument = _ARGUMENT.match(text, at, stop)
    if argument is None or argument["name"] is not None:
        return
    group = "double" if argument["single"] is None else "single"
    value = argument[group]
    if value is not None and len(value) >= 3 and not looks.says_nothing(value):
        yield Span(*argument.span(group), SECRET, "call/argument")


def find_printed(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """`printf 'password=%s' VALUE`: the names in the format say what the words behind it are."""
    for printed in _PRINTED.finditer(text, start, stop):
        at = printed.end()
        for place in _PLACE.finditer(text, *printed.span(printed.lastgroup or 0)):
            word = _WORD.match(text, at, stop)
            if word is None or word.lastgroup is None:
                break
            if _announces(place["name"]) and not looks.says_nothing(word[word.lastgroup]):
                yield Span(*word.span(word.lastgroup), SECRET, "call/printed")
            at = word.end()


def _announces(name: bytes) -> bool:
    """The n before a name may be the end of a \\n."""
    return max(worth(name), worth(name.removeprefix(b"n"))) >= Worth.SECRET


def find_bound(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """The parameters that PostgreSQL tells below a statement, of which its columns say what they are."""
    secret = set(_secret_numbers(text[max(0, start - _STATEMENT) : stop]))
    for bound in _BOUND.finditer(text, start, stop):
        if bound["number"] in secret and not looks.says_nothing(bound["value"]):
            yield Span(*bound.span("value"), SECRET, "sql/bound")


def _secret_numbers(statement: bytes) -> Iterator[bytes]:
    for prepared in _PREPARED.finditer(statement):
        if worth(prepared["name"].strip(b'"')) >= Worth.TOKEN:
            yield prepared["number"]
    for insert in _COLUMNS.finditer(statement):
        numbers = re.findall(rb"\d+", insert["numbers"])
        names = [name.strip(b' \t\n"') for name in insert["columns"].split(b",")]
        for name, number in zip(names, numbers, strict=False):
            if worth(name) >= Worth.TOKEN:
                yield number
