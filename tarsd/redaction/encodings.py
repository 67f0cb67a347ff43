"""Every way in which a diagnostic may write one value down."""

import base64
import html
import json
import string
from collections.abc import Iterator
from unicodedata import normalize
from urllib.parse import quote, quote_plus

WHOLE = 8
"""Bytes from which on a value is also searched within base64 of base64 and within dumps; below, chance would find it."""


RESOLVED = 16
"""Bytes from which on a value is not searched escaped sign by sign: views and gate resolve that, and memory is dear."""


def forms(value: str) -> frozenset[bytes]:
    """All of them, as they would stand in a file; the value itself is one."""
    found = _forms_of(value)
    for same in {normalize("NFC", value), normalize("NFD", value)} - {value}:
        found |= _forms_of(same)  # the same letters to a reader
    return found


def _forms_of(value: str) -> frozenset[bytes]:
    raw = value.encode()
    found = {raw, *_written(value), *_within_urls(value), *_within_markup(value)}
    found |= {form for text in (raw, *_quoted(value)) for form in base64_forms(text)}
    found |= {
        *_hex_forms(raw),
        *_numbers(raw),
        *_cases(value),
        "".join(f"\\{byte:03o}" for byte in raw).encode(),
    }
    found.add(base64.b32encode(raw).rstrip(b"=")[: len(raw) * 8 // 5])
    if len(raw) >= WHOLE:
        found |= {twice for once in base64_forms(raw) for twice in base64_forms(once)}
    if len(raw) < RESOLVED:
        found |= set(_sign_by_sign(value))
    return frozenset(form for form in found if form)


def usual_forms(value: str) -> frozenset[bytes]:
    """The likely ones, a quarter of the memory: of what was only recognised there may be many."""
    raw = value.encode()
    found = {raw, *_quoted(value), quote(value, safe="").encode(), *base64_forms(raw)}
    return frozenset({*found, raw.hex().encode(), raw.hex().upper().encode()} - {b""})


def plain_forms(value: str) -> frozenset[bytes]:
    """Those of what is no secret (a name, a host): within JSON and URLs, too, and in other cases."""
    cases = {value, value.lower(), value.upper(), value.capitalize()}
    return frozenset(
        form
        for it in cases
        for form in (it.encode(), *_quoted(it), quote(it, safe="").encode())
        if form
    )


def _quoted(value: str) -> Iterator[bytes]:
    """Within JSON, as Python and as Go write it."""
    escaped = json.dumps(value)[1:-1]
    yield escaped.encode()
    yield json.dumps(value, ensure_ascii=False)[1:-1].encode()


def _written(value: str) -> Iterator[bytes]:
    """Within quotes of programs and shells."""
    escaped = json.dumps(value)[1:-1]
    yield from _quoted(value)
    yield escaped.replace("/", r"\/").encode()
    for inner in (escaped, json.dumps(value, ensure_ascii=False)[1:-1]):
        yield json.dumps(inner)[1:-1].encode()  # JSON in a string of JSON
        yield _go(inner).encode()
    yield repr(value)[1:-1].encode()
    yield ascii(value)[1:-1].encode()
    yield value.replace("$", "$$").encode()  # Compose
    yield value.replace("$$", "$").encode()  # what Compose made of it
    yield value.replace("'", "'\\''").encode()
    yield value.replace("'", "'\"'\"'").encode()
    yield value.replace("'", "''").encode()  # SQL, YAML
    yield "".join(f"\\{it}" if it in '"$`\\' else it for it in value).encode()
    yield "".join(it if it.isalnum() or it in "_-./:=@%+," else f"\\{it}" for it in value).encode()


def _go(escaped: str) -> str:
    """Go's encoding/json, which hides what HTML could read."""
    return escaped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _units(value: str) -> Iterator[int]:
    """UTF-16, as `\\u` counts."""
    wide = value.encode("utf-16-be")
    yield from (wide[at] << 8 | wide[at + 1] for at in range(0, len(wide), 2))


def _within_urls(value: str) -> Iterator[bytes]:
    for safe in ("", "/", "!$&'()*+,;=:@", "-_.!~*'()"):
        once = quote(value, safe=safe)
        yield once.encode()
        yield _small(once).encode()
        yield quote(once, safe="").encode()
    yield quote_plus(value).encode()


def _small(quoted: str) -> str:
    """The same with `%2f` for `%2F`."""
    head, *rest = quoted.split("%")
    return "%".join([head, *(piece[:2].lower() + piece[2:] for piece in rest)])


def _within_markup(value: str) -> Iterator[bytes]:
    bare = html.escape(value, quote=False)
    yield bare.encode()
    for double in ('"', "&quot;", "&#34;", "&#x22;"):
        for single in ("'", "&apos;", "&#39;", "&#x27;"):
            yield bare.replace('"', double).replace("'", single).encode()


def base64_forms(raw: bytes) -> frozenset[bytes]:
    """What stands in base64 of any text that holds `raw`, wherever in it: only the characters that follow from it alone."""
    found: set[bytes] = set()
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw).rstrip(b"=")
        first = (0, 2, 3)[before]
        last = len(coded) - (1 if (before + len(raw)) % 3 else 0)
        inner = coded[first:last]
        if len(inner) >= SHORTEST:
            found |= {inner, inner.translate(_URL_SAFE), inner.replace(b"/", rb"\/")}
            found |= {inner.replace(b"+", b"%2B").replace(b"/", b"%2F")}
    return frozenset(found)


SHORTEST = 6
"""Of a needle that is searched everywhere."""

_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _numbers(raw: bytes) -> Iterator[bytes]:
    """As a list of numbers, by Go and others."""
    if len(raw) >= WHOLE:
        yield from (between.join(map(str, raw)).encode() for between in (" ", ",", ", "))


def _cases(value: str) -> Iterator[bytes]:
    """What is hex says the same in capitals."""
    if len(value) >= RESOLVED and all(it in string.hexdigits for it in value):
        yield from (value.lower().encode(), value.upper().encode())


def _hex_forms(raw: bytes) -> Iterator[bytes]:
    """Blanks between are dropped by views and gate."""
    for digits in (raw.hex(), raw.hex().upper()):
        pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
        for between in ("", ":", "-", ",0x", "0x"):
            yield between.join(pairs).encode()


def _sign_by_sign(value: str) -> Iterator[bytes]:
    raw = value.encode()
    for digits in ("{:02x}", "{:02X}"):
        pairs = [digits.format(byte) for byte in raw]
        yield from (f"%{'%'.join(pairs)}".encode(), ("\\x" + "\\x".join(pairs)).encode())
        yield " ".join(pairs).encode()
        for first in (0, 1):  # xxd, od -x: two bytes a group
            groups = ["".join(pairs[at : at + 2]) for at in range(first, len(pairs), 2)]
            yield " ".join([*pairs[:first], *groups]).encode()
    yield "".join(f"&#{ord(it)};" for it in value).encode()
    for wide in ("04x", "04X"):
        yield "".join(f"\\u{unit:{wide}}" for unit in _units(value)).encode()
        yield "".join(f"&#x{ord(it):{wide[2:]}};" for it in value).encode()
