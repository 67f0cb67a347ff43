"""A text as a reader puts it together again: escapes resolved, terminal codes gone, lines joined."""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence

DROPPED = bytes((*range(27), *range(28, 33), 127)) + b"\\\"'`$"
"""What breaks a value over lines, quotes it, escapes it or cannot be seen.

Dropped from text and needle alike, it cannot part them.
"""

_BLOCK = 4096

_CODES = re.compile(
    rb"""[\x1b\x08%\\&^#\xc2\xe2\xef] (?:  # first what each begins with: so the rest of the text is passed over at once
    (?<=\x1b) (?: \[ [0-?]* [ -/]* [@-~] | \] [^\x07\x1b\n]{0,256} (?: \x07 | \x1b\\ ) | [(-/] . | [0-Z\\^_] )
  | (?<=\x08) .                                                                         # struck over itself
  | (?<=\xc2) (?: \xad | \x9b [0-?]* [ -/]* [@-~] )                                     # soft hyphen; a code of one byte
  | (?<=\xe2) (?: \x80 [\x8b-\x8f\xa8-\xae] | \x81 [\xa0-\xa4] )                       # nothing to see, or a break
  | (?<=\xef) \xbb\xbf
  | (?P<wide> (?<=%) u [0-9A-Fa-f]{4} )
  | (?P<url> (?<=%) [0-9A-Fa-f]{2} (?: % [0-9A-Fa-f]{2} )* )
  | (?P<entity> (?<=&) (?: \# (?: [0-9]{1,7} | [xX][0-9A-Fa-f]{1,6} ) | amp | lt | gt | quot | apos ) ; )
  | (?P<utf16> (?<=\\) \\* u (?! 001[bB]\[ ) [0-9A-Fa-f]{4} (?: \\+ u [0-9A-Fa-f]{4} )* )
  | (?P<point> (?<=\\) \\* (?: u \{ [0-9A-Fa-f]{1,6} \} | U [0-9A-Fa-f]{8} ) )
  | (?P<octal> (?<=\\) \\* (?! 033\[ ) [0-3][0-7]{2} (?: \\+ [0-3][0-7]{2} )* )
  | (?P<bytes> (?<=\\) \\* x (?! 1[bB]\[ ) [0-9A-Fa-f]{2} (?: \\+ x [0-9A-Fa-f]{2} )* )
  | (?: (?<=\\) \\* (?: u001[bB] | x1[bB] | 0?33 | e ) | (?<=\^) \[ | (?<=\#) 033 ) \[ [0-9;:?]{0,32} [A-Za-z]
  | (?<=\\) \\* (?: r\\+n | [nrt] )
    )""",
    re.VERBOSE | re.DOTALL,
)
_NESTED = re.compile(rb"[%&\\]")
_NAMED: Mapping[bytes, bytes] = {
    b"amp": b"&",
    b"lt": b"<",
    b"gt": b">",
    b"quot": b'"',
    b"apos": b"'",
}

Edit = tuple[int, int, bytes]
"""From, to, and what stands there instead."""


class View:
    """`text` is what is read, and `origin` says where in the original that stands."""

    def __init__(self, text: bytes, origin: Callable[[int, int], tuple[int, int]]) -> None:
        self.text = text
        self.origin = origin


def squeezed(text: bytes) -> bytes:
    """The text without DROPPED."""
    return text.translate(None, DROPPED)


def resolved(text: bytes) -> bytes:
    """Without codes and escapes."""
    return _resolved(text).text


def reading(text: bytes) -> View:
    """The text resolved and squeezed."""
    inner = _resolved(text)
    places = _Squeezed(inner.text)

    def origin(start: int, end: int) -> tuple[int, int]:
        return inner.origin(*places.origin(start, end))

    return View(squeezed(inner.text), origin)


def _resolved(text: bytes) -> View:
    """As often as one escape hides another, three times at most."""
    view = View(text, lambda start, end: (start, end))
    for _ in range(3):
        found = [_edit(match) for match in _CODES.finditer(view.text)]
        if not found:
            break
        view = _edited(view, found)
        if not any(_NESTED.search(edit[2]) for edit in found):
            break
    return view


def _edit(match: "re.Match[bytes]") -> Edit:
    return match.start(), match.end(), _meaning(match)


def _meaning(match: "re.Match[bytes]") -> bytes:
    kind, found = match.lastgroup, match[0]
    if kind == "url":
        return bytes.fromhex(found.replace(b"%", b"").decode())
    if kind == "utf16":
        units = bytes.fromhex(re.sub(rb"\\+u", b"", found).decode())
        return units.decode("utf-16-be", errors="replace").encode("utf-8", errors="replace")
    if kind in {"wide", "point"}:
        return _letter(int(_DIGITS.findall(found)[-1], 16))
    if kind == "octal":
        return bytes(int(it, 8) for it in re.findall(rb"[0-3][0-7]{2}", found))
    if kind == "bytes":
        return bytes.fromhex(re.sub(rb"\\+x", b"", found).decode())
    if kind == "entity":
        return _entity(found[1:-1])
    return b""


def _entity(name: bytes) -> bytes:
    if not name.startswith(b"#"):
        return _NAMED[name]
    return _letter(int(name[2:], 16) if name[1:2] in b"xX" else int(name[1:]))


_DIGITS = re.compile(rb"[0-9A-Fa-f]+")


def _letter(number: int) -> bytes:
    fits = number <= 0x10FFFF and not 0xD800 <= number < 0xE000
    return chr(number).encode() if fits else b""


def _edited(view: View, edits: Sequence[Edit]) -> View:
    pieces: list[bytes] = []
    there: list[int] = []  # where in the new text an edit begins
    at = size = 0
    for start, end, instead in edits:
        pieces += (view.text[at:start], instead)
        size += start - at
        there.append(size)
        size += len(instead)
        at = end
    pieces.append(view.text[at:])

    def place(offset: int, *, ending: bool) -> int:
        number = bisect_right(there, offset) - 1
        if number < 0:
            return offset
        start, end, instead = edits[number]
        beyond = offset - there[number] - len(instead)
        if beyond >= 0:
            return end + beyond
        return end - 1 if ending else start

    def origin(start: int, end: int) -> tuple[int, int]:
        return view.origin(place(start, ending=False), place(end - 1, ending=True) + 1)

    return View(b"".join(pieces), origin)


class _Squeezed:
    """Where in the text the bytes of its squeezed form stand; counted in blocks, and only if somebody asks."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._kept: list[int] = []

    def origin(self, start: int, end: int) -> tuple[int, int]:
        return self._place(start), self._place(end - 1) + 1

    def _place(self, offset: int) -> int:
        if not self._kept:
            count = 0
            for at in range(0, len(self._text), _BLOCK):
                self._kept.append(count)
                count += len(squeezed(self._text[at : at + _BLOCK]))
        block = bisect_right(self._kept, offset) - 1
        low, high = block * _BLOCK, min((block + 1) * _BLOCK, len(self._text))
        wanted = offset - self._kept[block]
        while high - low > 1:  # the byte is in text[low:high], the `wanted`th that is kept
            middle = (low + high) // 2
            kept = len(squeezed(self._text[low:middle]))
            if kept > wanted:
                high = middle
            else:
                low, wanted = middle, wanted - kept
        return low
