"""A name and its value with nothing but blanks or words between: configuration, tables, sentences."""

import re
from collections.abc import Iterator

from tarsd.redaction.recognise import looks
from tarsd.redaction.recognise.keys import Worth
from tarsd.redaction.recognise.names import Name, is_secret, is_whole_line, line_end
from tarsd.redaction.recognise.quoted import bare_word, quoted
from tarsd.redaction.spans import SECRET, Span

_SAID = re.compile(
    rb"[ \t]+(?:is|was|are|set to|changed to|reset to|now|will be|becomes|equals|lautet|ist|est|es|to)(?:[ \t]+(?:now|"
    rb"set to))?[ \t]*:?[ \t]+",
    re.IGNORECASE,
)
_SPACE = re.compile(rb"[ \t]+(?:by[ \t]+)?")
_CELL = re.compile(rb"[ \t]*(?:\||\xe2\x94\x82|\t)[ \t]*")
_CELL_END = re.compile(rb"[ \t]*(?:\||\xe2\x94\x82|\t|$)")
_CHANGED = re.compile(rb"[ \t]+(?:changed |updated |rotated |set )?(?:from[ \t]+)?(?=[\"'])")
_TO = re.compile(rb"[ \t]*(?:->|=>|to)[ \t]*(?=[\"'])")
# `generated password for root@localhost: VALUE`, `API key provided: VALUE`: some words, of which one says that it comes.
_WORDS = re.compile(
    rb"[\"']?(?:[ \t]+[\w@.'()/-]+){1,8}?[ \t]*(?::|[ \t](?:is|was|(?:re)?set to|changed to)(?: now)?:?)[ \t]+"
)
_RESOLVED = re.compile(rb"[\"']?(?:[ \t]+\w+){0,4}[ \t]+to[ \t]+value[ \t]+\[([^\]\n]+)\]")
_COMES = re.compile(
    rb"(?i)\b(?:generated|provided|is|use|using|join|created|create|set|new|given|supplied|initial|temporary|"
    rb"default|proceed|found|resolved|value|"
    rb"following|your|login|log in|sign in|unlock|below|received)\b"
)
_FAILS = re.compile(
    rb"(?i)\b(?:fail\w*|error|invalid|expired|denied|rejected|cannot|unable|missing|wrong|refused|mismatch|not|insecure|warning)\b"
)
_BELOW = re.compile(
    rb"(?:[ \t]+[\w'.()-]+){1,10}[ \t]*:[ \t]*\n(?:[ \t]*\n)?[ \t]*(\S+)[ \t]*(?=\n|\Z)"
)
_BEFORE = 20


def find(text: bytes, name: Name, stop: int) -> Iterator[Span]:
    """The value of a name that no sign follows."""
    if name.worth < Worth.TOKEN or text[name.start - 1 : name.start] in (b"=", b"/"):
        return
    border = line_end(text, name.end, stop)
    resolved = _RESOLVED.match(text, name.end, border)
    if resolved and is_secret(name.worth, resolved[1]):
        yield Span(*resolved.span(1), SECRET, "key/announced")
        return
    announced = _announced(text, name, border, stop)
    if announced:
        yield announced
        return
    said = _SAID.match(text, name.end, border)
    cell = _CELL.match(text, name.end, border)
    gap = said or cell or _SPACE.match(text, name.end, border)
    if not gap:
        return
    changed = _CHANGED.match(text, name.end, border)
    at = changed.end() if changed else gap.end()
    extent = quoted(text, at, border)
    if extent:
        yield from _in_quotes(text, name, extent, border)
        return
    end = bare_word(text, at, border)
    if text[at : at + 1] == b"[":
        return
    if _is_value(text, name, at, end, border, said=said is not None, cell=cell is not None):
        yield Span(at, end, SECRET, "key/words")


def _in_quotes(
    text: bytes, name: Name, extent: tuple[int, int, int], border: int
) -> Iterator[Span]:
    """One in quotes, and the new one if it is said to have changed."""
    start, end, after = extent
    if (b" " not in text[start:end] or _is_phrase(name, text[start:end])) and is_secret(
        name.worth, text[start:end]
    ):
        yield Span(start, end, SECRET, "key/words")
    to = _TO.match(text, after, border)
    new = quoted(text, to.end(), border) if to else None
    if new and is_secret(name.worth, text[new[0] : new[1]]):
        yield Span(new[0], new[1], SECRET, "key/words")


def _is_phrase(name: Name, value: bytes) -> bool:
    """Some words in quotes right after a password's name are one, if they say nothing about it."""
    return name.worth == Worth.ALWAYS and value.count(b" ") < 6 and not looks.is_statement(value)


def _announced(text: bytes, name: Name, border: int, stop: int) -> Span | None:
    """A value that comes some words later, or on a line of its own below."""
    below = _BELOW.match(text, name.end, stop)
    words = None if below else _WORDS.match(text, name.end, border)
    found = below or words
    if found is None:
        return None
    begin = max(
        0, text.rfind(b"\n", max(0, name.start - _BEFORE), name.start) + 1, name.start - _BEFORE
    )
    sentence = text[begin : words.end() if words else text.find(b"\n", name.end)]
    if _FAILS.search(sentence) or not _COMES.search(sentence):
        return None
    start, end = below.span(1) if below else (found.end(), bare_word(text, found.end(), border))
    value = text[start:end].rstrip(b".")
    if text[end:border].strip(b" \t\r.!") and not below:
        return None
    if looks.is_innocent(value) and not value.isalpha():
        return None
    if looks.says_nothing(value) or (
        name.worth < Worth.ALWAYS and not looks.is_machine_made(value)
    ):
        return None
    return Span(start, start + len(value), SECRET, "key/announced")


def _is_value(
    text: bytes, name: Name, at: int, end: int, border: int, *, said: bool, cell: bool
) -> bool:
    value = text[at:end]
    lonely = not text[end:border].strip()
    if lonely and not said and is_whole_line(text, name):
        talks = text[name.start : name.end].istitle() and value.isalpha() and value.islower()
        return not talks and is_secret(name.worth, value)
    if cell:
        return is_secret(name.worth, value, sentence=not _CELL_END.match(text, end, border))
    if said and value.isdigit() and len(value) < 6 and not lonely:
        return False  # 400 days
    if said:
        return is_secret(name.worth, value, sentence=not lonely)
    return _says_itself(name.worth, value)


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
