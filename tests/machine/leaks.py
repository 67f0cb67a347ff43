"""Looks for planted secrets in an unpacked bundle, with means of its own: nothing here is the product's."""

import base64
import html
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

ANSI = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")


def forms(value: str) -> Iterator[bytes]:
    """Every way in which a diagnostic could write it."""
    raw = value.encode()
    yield raw
    yield raw[::-1]
    yield json.dumps(value)[1:-1].encode()
    yield "".join(f"\\u{ord(it):04x}" for it in value).encode()
    yield quote(value, safe="").encode()
    yield quote_plus(value).encode()
    yield html.escape(value).encode()
    yield value.replace("$", "$$").encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(b"\0" * shift + raw).rstrip(b"=")
            yield whole[{0: 0, 1: 2, 2: 3}[shift] : -1]


def unpacked(archive: Path) -> dict[str, bytes]:
    """What is in it, by name; MANIFEST.json and the other two of its own included."""
    with tarfile.open(archive) as tar:
        return {
            it.name: stream.read() for it in tar.getmembers() if (stream := tar.extractfile(it))
        }


def leaks(files: dict[str, bytes], planted: dict[str, str]) -> list[str]:
    """Which planted secret is where, as it is and without what may stand in between."""
    found: list[str] = []
    for name, content in files.items():
        text = name.encode() + b"\n" + content
        plain = ANSI.sub(b"", text)
        for shown in (text, plain.replace(b"\n", b""), b"".join(plain.split())):
            found += [
                f"{what} in {name}"
                for what, value in planted.items()
                if any(form in shown for form in forms(value))
            ]
    return sorted(set(found))
