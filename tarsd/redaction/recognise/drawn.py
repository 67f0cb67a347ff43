"""What a machine has drawn, without a name that says so: random letters in a line that is not about digests and ids."""

import re
from collections.abc import Generator, Iterator

from tarsd.redaction.recognise import looks
from tarsd.redaction.spans import SECRET, Span

_RUN = re.compile(rb"[A-Za-z0-9+/_=-]{20,}")
# Before a run: what it is instead of a secret.
_NAMED = re.compile(
    rb"(?i)(?:sha\d*[-:=]\s*|sha\d{1,3}:|digest\W+|etag\W+|cursor\W+|boundary=|build[-_ ]?id\W*|integrity\W+|"
    rb"(?:container|image|layer|volume|network|node|commit|rev(?:ision)?|trace|span|request|boot|machine|invocation|"
    rb"hash|"
    rb"checksum|fingerprint|serial|uuid|guid|[_-]id|\bid|symbol|overlay2/l|overlay2|containers|sandboxes?|blobs|"
    rb"layers|store|model|cert|certificate)[\"'=:/ ]+)[\"']?\Z"
)
_DIGEST = re.compile(rb"(?i)sha(?:1|224|256|384|512)[-:=]|\bh1:\Z|\bh1:(?=[A-Za-z0-9+/])")
_CURSOR = re.compile(rb"s=[0-9a-f]{32};i=")
_PUBLIC_KEY = re.compile(rb"(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S+|sk-ssh-\S+)[ \t]+\Z")
_MANGLED = re.compile(rb"_?_?(?:ZN|ZK|Z\d|R[Nv]|\?)")
_EMBEDDED = re.compile(rb"(?:data:|base64,|;base64|image/)[^\s]{0,20}\Z")
_LONGEST_BLOCK = 64 * 1024
_CERTIFICATE = re.compile(
    rb"-----BEGIN (?:CERTIFICATE|PUBLIC KEY|X509|PGP (?:PUBLIC|SIGNATURE|SIGNED))"
)
_SENTENCE = re.compile(
    rb"(?i)(?:pass(?:word|wd|phrase)?|secret|token|api[ _-]?key|credential|bearer|private[ _-]?key|access[ _-]?key|"
    rb"auth(?:orization|[ _-]?key)?|login|key is|unlock)\b"
)
_ID_RUN = re.compile(rb"[0-9a-z]{25,26}|[A-Z2-7]{26}")


def may_be(run: bytes) -> bool:
    """At a glance: digits and letters, and no long word in small letters."""
    digits = len(run) - len(run.translate(None, b"0123456789"))
    return 2 <= digits < len(run)


def find(
    text: bytes, start: int, end: int, done: int, *, near_a_name: bool
) -> Generator[Span, None, int]:
    """What looks drawn in and around a run of letters and digits that begins behind `done`.

    Returns to where it has looked: one look takes LONGEST bytes at most, so that a line of base64 costs
    in proportion.
    """
    if not near_a_name and looks.is_hex(text[start:end]):
        return end
    first = max(0, done, start - 512)
    while start > first and text[start - 1] in _MORE:
        start -= 1
    rest = _RUN.match(text, start, start + LONGEST)
    if not rest or _DIGEST.search(text[max(0, start - 10) : start + 8]):
        return rest.end() if rest else end
    border = max(text.rfind(b"\n", max(0, start - 160), start) + 1, start - 160, 0)
    for begin, stop in _parts(text, start, rest.end()):
        if not _could_be(text[begin:stop]):
            continue
        sentence = near_a_name and _SENTENCE.search(text, border, stop + 40) is not None
        if _is_secret(text, border, begin, stop, sentence=sentence):
            yield Span(begin, stop, SECRET, "drawn/run")
    return rest.end()


LONGEST = 2048


_MORE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_=-")


def _parts(text: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """A run as a whole if it can be base64; else what stands between its slashes and equals signs."""
    value = text[begin:end]
    stripped = value.rstrip(b"=")
    if b"=" in stripped:
        cut = begin + stripped.rfind(b"=") + 1
        begin, value, stripped = cut, text[cut:end], text[cut:end].rstrip(b"=")
    if b"/" not in stripped or (not stripped.startswith(b"/") and _is_base64(stripped)):
        yield begin, end
        return
    at = begin
    for part in value.split(b"/"):
        if len(part) >= 24:
            yield at, at + len(part)
        at += len(part) + 1


def _is_base64(value: bytes) -> bool:
    """Slashes as often as chance has them, and the pieces between are no words."""
    pieces = value.split(b"/")
    if any(len(piece) >= 4 and piece.isalpha() and piece.islower() for piece in pieces):
        return False
    return (
        len(pieces) <= 2 + len(value) // 16
        and all(looks.is_random(piece, 6) for piece in pieces if len(piece) >= 10)
        and (b"-" not in value and b"_" not in value)
        and looks.classes(value.replace(b"/", b"")) >= 3
    )


def _could_be(value: bytes) -> bool:
    bare = value.strip(b"=-_")
    if len(bare) < 20 or looks.is_uuid(bare):
        return False
    return looks.is_random(bare, 20)


def _is_secret(text: bytes, start: int, begin: int, end: int, *, sentence: bool) -> bool:
    value = text[begin:end].strip(b"=-_")
    before = text[max(start, begin - 40) : begin]
    if (
        _NAMED.search(before)
        or _PUBLIC_KEY.search(before)
        or _EMBEDDED.search(before)
        or _MANGLED.match(value)
    ):
        return False
    if looks.is_hex(value) or _ID_RUN.fullmatch(value):
        return sentence and not _about_ids(before) and len(value) >= 32 and not looks.is_uuid(value)
    if b"-" in value or b"_" in value:
        longest = max(re.split(rb"[-_]", value), key=len)
        if looks.is_hex(longest) or _ID_RUN.fullmatch(longest):
            return False
        if not looks.is_random(longest, 16) and not (sentence and looks.is_random(value, 20)):
            return False
    if sentence:
        return True
    if looks.classes(value) < 3 or len(value) < 24 or looks.entropy(value) < 3.9:
        return False
    return not _in_block(text, begin, start)


def _about_ids(before: bytes) -> bool:
    return (
        re.search(rb"(?i)(?:sha\d+|id|digest|commit|container|image|layer|hash)\W*\Z", before)
        is not None
    )


def _in_block(text: bytes, begin: int, start: int) -> bool:
    """In a certificate, a public key, a journal cursor."""
    opened = text.rfind(b"-----BEGIN ", max(0, begin - _LONGEST_BLOCK), begin)
    if (
        opened >= 0
        and _CERTIFICATE.match(text, opened)
        and text.find(b"-----END", opened, begin) < 0
    ):
        return True
    return _CURSOR.search(text, max(start, begin - 200), begin) is not None
