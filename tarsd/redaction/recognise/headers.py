"""HTTP headers that carry a secret in a form of their own: schemes and cookies."""

import re
from collections.abc import Iterator

from tarsd.redaction.recognise import looks
from tarsd.redaction.spans import SECRET, Span

_SCHEME = re.compile(
    rb"(?i)(?<![\w-])(?:bearer|basic|token|negotiate|apikey)(?:[ \t]+|%20|"
    rb"\\+u0020)(?:\\*[\"'])?(?P<key>[A-Za-z0-9+/_.~=%-]{6,})"
)
_DIGEST = re.compile(
    rb"(?i)\b(?:response|nonce|cnonce|opaque|signature|credential)=\\*\"?(?P<key>[^\s\",\\]{8,})"
)
_COOKIES = re.compile(
    rb"(?i)(?<![\w-])(?:set-)?cookies?[\"'\\)]*\s*(?:=>|[:=,])\s*[b\[(]*[\"'\\]*(?P<pairs>[^\r\n\"'\]]+)"
)
_COOKIE = re.compile(rb"(?:^|[;,&]\s*|\s)(?P<name>[\w.%-]+)=\\*\"?(?P<value>[^;,\s\"\\]+)")
_ATTRIBUTE = re.compile(
    rb"(?i)path|domain|expires|max-age|samesite|version|priority|lang|locale|theme|tz|timezone|consent"
)
_CURL_COOKIE = re.compile(rb"(?:\s-b|--cookie)[ =\"',]+(?P<pairs>[^\r\n\"']+=[^\r\n\"']+)")


def find(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """What authorization schemes and cookies in a region give away."""
    for found in _SCHEME.finditer(text, start, stop):
        value = found["key"].rstrip(b".,=%")
        if not looks.says_nothing(value) and _drawn(value):
            yield Span(found.start("key"), found.end("key"), SECRET, "header/scheme")
    if text.find(b"igest", start, stop) >= 0 or text.find(b"AWS4", start, stop) >= 0:
        for found in _DIGEST.finditer(text, start, stop):
            yield Span(found.start("key"), found.end("key"), SECRET, "header/digest")
    for pattern in (_COOKIES, _CURL_COOKIE):
        for found in pattern.finditer(text, start, stop):
            yield from _cookies(text, found.start("pairs"), found.end("pairs"))


def _drawn(value: bytes) -> bool:
    return looks.is_machine_made(value) and (
        re.search(rb"[0-9]", value) is not None
        or (looks.classes(value) >= 2 and not value.islower() and not value.istitle())
    )


def _cookies(text: bytes, start: int, stop: int) -> Iterator[Span]:
    for cookie in _COOKIE.finditer(text, start, stop):
        value = cookie["value"]
        if _ATTRIBUTE.fullmatch(cookie["name"]) or looks.says_nothing(value) or len(value) < 4:
            continue
        yield Span(cookie.start("value"), cookie.end("value"), SECRET, "header/cookie")
