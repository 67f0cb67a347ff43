"""Values, the ways in which programs write them down, and what tears them apart; made by other means than the product's."""

import base64
import gzip
import html
import json
import shlex
import textwrap
import unicodedata
import zlib
from collections.abc import Callable
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from tarsd.redaction.known import WORDS

PRINTABLE = "".join(map(chr, range(33, 127)))

values = st.one_of(
    st.text(alphabet=PRINTABLE, min_size=8, max_size=64),
    st.text(alphabet="0123456789abcdef", min_size=48, max_size=48),
    st.text(alphabet=PRINTABLE + "äßéü€漢", min_size=8, max_size=24),
).filter(
    lambda value: (
        len(set(value)) > 4
        and sum(it.isalnum() for it in value) >= 8
        and value.lower() not in WORDS
    )
)
"""Passwords as people and programs make them: 8 characters of letters or digits, at least."""

around = st.binary(max_size=40).map(lambda it: base64.b64encode(it).rstrip(b"=").decode())


def _json(value: str) -> str:
    return json.dumps({"a": value})


def _inside_base64(value: str, before: str, coder: Callable[[bytes], bytes]) -> str:
    return coder(f"{before}:{value}:after".encode()).decode()


WRITERS: dict[str, Callable[[str, str], str]] = {
    "as it is": lambda value, _: value,
    "JSON": lambda value, _: _json(value),
    "JSON, not ASCII": lambda value, _: json.dumps([value], ensure_ascii=False),
    "JSON in JSON": lambda value, _: json.dumps(_json(value)),
    "JSON, slashes": lambda value, _: _json(value).replace("/", "\\/"),
    "unicode escapes": lambda value, _: "".join(f"\\u{ord(it):04X}" for it in value),
    "Python": lambda value, _: repr(value),
    "shell": lambda value, _: shlex.quote(value),
    "URL": lambda value, _: f"redis://:{quote(value, safe='')}@redis:6379/0",
    "URL, small": lambda value, _: "".join(f"%{it:02x}" for it in value.encode()),
    "URL, form": lambda value, _: f"password={quote_plus(value)}&x=1",
    "URL twice": lambda value, _: quote(quote(value, safe=""), safe=""),
    "XML": lambda value, _: f"<password>{escape(value)}</password>",
    "XML attribute": lambda value, _: f"<a password={quoteattr(value)}/>",
    "HTML": lambda value, _: html.escape(value),
    "entities": lambda value, _: "".join(f"&#{ord(it)};" for it in value),
    "base64": lambda value, _: base64.b64encode(value.encode()).decode(),
    "base64, larger": lambda value, near: _inside_base64(value, near, base64.b64encode),
    "base64, URLs": lambda value, near: _inside_base64(value, near, base64.urlsafe_b64encode),
    "base64, lines": lambda value, near: _inside_base64(value, near, base64.encodebytes),
    "base64 twice": lambda value, _: base64.b64encode(base64.b64encode(value.encode())).decode(),
    "base64 three times": lambda value, near: _in_base64(_in_base64(_in_base64(near + value))),
    "base64 of a URL": lambda value, near: _in_base64(f"{near}?p={quote(value, safe='')}"),
    "base64 of hex": lambda value, near: _in_base64(near + value.encode().hex()),
    "hex of base64": lambda value, near: _in_base64(near + value).encode().hex(),
    "base64 of gzip": lambda value, near: _coded(gzip.compress(f"{near} {value}".encode())),
    "base64 of zlib": lambda value, near: _coded(zlib.compress(f"{near} {value}".encode())),
    "base64 of gzip, lines": lambda value, near: "\n    ".join(
        textwrap.wrap(_coded(gzip.compress(f"{near * 9} {value}".encode(), 1)), 64)
    ),
    "hex": lambda value, _: value.encode().hex(),
    "HEX": lambda value, _: value.encode().hex().upper(),
    "hex, colons": lambda value, _: value.encode().hex(":"),
    "hex, pairs": lambda value, near: (near.encode() + value.encode()).hex(" ", -2),
    "bytes": lambda value, _: "".join(f"\\x{it:02x}" for it in value.encode()),
    "octal": lambda value, _: "".join(f"\\{it:03o}" for it in value.encode()),
    "octal where it is not ASCII": lambda value, _: "".join(
        chr(it) if 32 < it < 127 and it != 92 else f"\\{it:03o}" for it in value.encode()
    ),
    "code points": lambda value, _: "".join(f"\\u{{{ord(it):x}}}" for it in value),
    "long code points": lambda value, _: "".join(f"\\U{ord(it):08x}" for it in value),
    "code points of URLs": lambda value, _: "".join(f"%u{ord(it):04x}" for it in value),
    "ASCII of Python": lambda value, _: ascii(value),
    "numbers": lambda value, _: str([*value.encode()]),
    "numbers of Go": lambda value, _: f"[{' '.join(map(str, value.encode()))}]",
    "letters and their signs apart": lambda value, _: unicodedata.normalize("NFD", value),
    "Compose": lambda value, _: value.replace("$", "$$"),
}


def _coded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _in_base64(text: str) -> str:
    return _coded(text.encode())


SPLITTERS: dict[str, Callable[[str], str]] = {
    "colour in the middle": lambda value: f"{value[:4]}\x1b[1;31m{value[4:]}\x1b[0m",
    "colour everywhere": lambda value: "".join(
        f"\x1b[3{at % 8}m{it}" for at, it in enumerate(value)
    ),
    "wrapped": lambda value: "\n".join(_cut(value, 5)),
    "wrapped and indented": lambda value: textwrap.indent("\r\n".join(_cut(value, 7)), "    "),
    "continued": lambda value: "\\\n  ".join(_cut(value, 6)),
    "coloured and wrapped": lambda value: "\x1b[0m\n\x1b[32m".join(_cut(value, 9)),
    "signs without width": lambda value: "\u200b".join(_cut(value, 5)),
    "soft hyphens": lambda value: "\u00ad".join(_cut(value, 6)),
    "codes of one byte": lambda value: "\x9b1m".join(_cut(value, 7)),
    "lines in a string of JSON": lambda value: "\\n".join(_cut(value, 11)),
}


def _cut(value: str, size: int) -> list[str]:
    return [value[at : at + size] for at in range(0, len(value), size)]
