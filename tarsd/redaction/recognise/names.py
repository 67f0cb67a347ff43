"""Names in a text: where they begin and end, what they are worth, and whether a value beside them is a secret."""

import re
from typing import NamedTuple

from tarsd.redaction.recognise import looks
from tarsd.redaction.recognise.keys import Worth, worth

_NAME = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_REST = re.compile(rb"(?:[\w.-]|\xc3\xb1a)*")
_LONGEST = 120
_KIND_OF_KEY = re.compile(
    rb"(?i)(?<![\w-])(?:api|access|private|secret|pre-?shared|shared|encryption|signing|master|license|licence|"
    rb"recovery|"
    rb"unseal|root|network|auth|account|storage|admin|service|registration|activation|unlock|security|session|deploy)[ -]\Z"
)
_COUNT = re.compile(rb"[\"']?\s*[:=]\s*\d{1,6}\b(?![\w!@#$%^&*-])")
_LINE_HEAD = re.compile(
    rb"(?:[\w.-]+ +\| )?[ \t]*(?:(?:[#;]|//|REM)+[ \t]*)?"
    rb"(?:export|set(?: -\w+)?|setenv|SetEnv|env|ENV|ARG|declare -x|typeset|local|-|\+|>|"
    rb"Environment=|-e|--env|\"|'|[-*] \*\*|\*\*)?[ \t]*[\"']?"
)


class Name(NamedTuple):
    start: int
    end: int
    worth: Worth


def around(text: bytes, start: int, end: int) -> Name:
    """The name that this stem is in; nothing is worth the one of no secret."""
    while end > start and text[end - 1] not in _NAME:
        end -= 1
    first = max(0, start - _LONGEST)
    while start > first and text[start - 1] in _NAME:
        start -= 1
    if start and text[start - 1] == 0x5C and text[start] in b"nrt":
        start += 1  # the n of a \n before the name
    rest = _REST.match(text, end)
    whole = text[start : rest.end() if rest else end]
    if text[start - 2 : start] == b"${":
        whole = whole.partition(b"-")[0]
    bare = whole.rstrip(b".-")
    it_is = worth(bare)
    if bare.lower() == b"pass" and _COUNT.match(text, start + len(bare)):
        it_is = Worth.NOTHING  # passed tests are counted so
    if it_is == Worth.HINT and bare.lower() in {b"key", b"keys"}:
        kind = _KIND_OF_KEY.search(text, max(0, start - 16), start)
        if kind:
            return Name(kind.start(), start + len(bare), Worth.SECRET)
    return Name(start, start + len(bare), it_is)


def is_whole_line(text: bytes, name: Name) -> bool:
    """Nothing stands before the name that would make the line more than this one setting."""
    head = max(0, name.start - _LONGEST)
    border = text.rfind(b"\n", head, name.start)
    if border < 0 and head:
        return False
    return _LINE_HEAD.fullmatch(text, border + 1 if border >= 0 else 0, name.start) is not None


def line_end(text: bytes, at: int, stop: int) -> int:
    end = text.find(b"\n", at, stop)
    return stop if end < 0 else end


def is_secret(it_is: Worth, value: bytes, *, sentence: bool = False) -> bool:
    """Whether a value is one beside a name of this worth; in a sentence a plain word is none."""
    value = looks.TOKEN.sub(b"", value)
    if (
        len(value) < 2
        or looks.says_nothing(value)
        or (b"://" in value[:24] and it_is < Worth.SECRET)
    ):
        return False
    if it_is >= Worth.SECRET:
        word = value.rstrip(b".,!")
        return not (sentence and word.isalpha() and (word.islower() or word.istitle()))
    if it_is == Worth.TOKEN:
        return looks.is_machine_made(value) or (
            len(value) >= 6 and looks.classes(value) >= 3 and not looks.is_innocent(value)
        )
    if looks.is_hex(value):
        return it_is == Worth.KEY and len(value) >= 32
    return looks.is_random(value, 16 if it_is == Worth.KEY else 20) and not looks.is_uuid(value)
