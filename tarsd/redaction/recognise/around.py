"""What stands before a name and makes it one of a secret, or has its value: YAML, JSON, TOML."""

import re
from collections.abc import Iterator

from tarsd.redaction.recognise.keys import Worth, worth
from tarsd.redaction.recognise.names import Name, is_secret
from tarsd.redaction.spans import SECRET, Span

_NEAR = 300
_NAMES_IT = re.compile(rb"(?:name|key|label|k|id|type)[\"']?\s*[:=]\s*[\"']?\Z", re.IGNORECASE)
_VALUE = re.compile(
    rb"\b(?:value|val|v|content|result)[\"']?\s*[:=]\s*(?:\"(?P<double>(?:[^\"\\\n]|\\.)+)\"|'(?P<single>(?:[^'\n]|'')+)'|"
    rb"(?P<bare>[^\s,\"'{}\[\]]+))(?:\s*,\s*\"\w{1,20}\":\s?(?:\"[^\"\n]{0,40}\"|\w{1,20})){0,4}"
    rb"[\s,}]*[\"']?(?:name|key|label|k|id|type)[\"']?\s*[:=]\s*[\"']?\Z",
    re.IGNORECASE,
)
_PARENT = re.compile(
    rb"(?:(?P<indent>[ \t]*)(?:- )?[\"']?(?P<yaml>[A-Za-z][\w-]*)[\"']?[ \t]*:[ \t]*\{?|[ \t]*\[+(?P<toml>[\w.\"-]+)\]+)"
    rb"[ \t\r]*\n[ \t]*[\"']?\Z"
)
_FLOW = re.compile(rb"[\"']?(?P<flow>[A-Za-z][\w-]*)[\"']?[ \t]*:[ \t]*\{[ \t]*[\"']?\Z")
_ELSEWHERE = re.compile(rb"(?i)(?:ref|from|selector|items|map|schema|properties|definitions)\Z")


def value_before(text: bytes, name: Name) -> Iterator[Span]:
    """`value: X` right above or before `name: DB_PASSWORD`: its value came first."""
    head = text[max(0, name.start - _NEAR) : name.start]
    found = _VALUE.search(head) if _NAMES_IT.search(head[-16:]) else None
    if found and found.lastgroup and is_secret(name.worth, found[found.lastgroup]):
        start = max(0, name.start - _NEAR)
        first, last = found.span(found.lastgroup)
        yield Span(start + first, start + last, SECRET, "key/value-first")


def of_parent(text: bytes, name: Name) -> Name:
    """A bare `key` is worth what the name of the table or mapping that it opens makes of it: `encryption` and `key`."""
    head = text[max(0, name.start - _NEAR) : name.start]
    found = _PARENT.search(head) or _FLOW.search(head)
    if found is None or found.lastgroup is None:
        return name
    parent = found[found.lastgroup].rpartition(b".")[2].strip(b'"')
    if _ELSEWHERE.search(parent):
        return name
    it_is = worth(parent + b"_" + text[name.start : name.end])
    return name._replace(worth=it_is) if it_is >= Worth.KEY else name
