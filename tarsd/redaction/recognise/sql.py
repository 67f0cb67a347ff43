"""Passwords in SQL: of roles, of columns by their place, of parameters."""

import re
from collections.abc import Iterator

from tarsd.redaction.recognise import looks
from tarsd.redaction.recognise.keys import Worth, worth
from tarsd.redaction.spans import SECRET, Span

_STRING = rb"[EeNn]?(?:'(?P<pw>(?:[^'\n]|'')*)'|\$(?P<tag>\w*)\$(?P<dollar>[^$]*)\$(?P=tag)\$)"
_SIMPLE = tuple(
    re.compile(pattern)
    for pattern in (
        rb"(?i)\b(?:password|identified(?:\s+with\s+[\w']+)?\s+(?:by|as))(?:\s+password)?[\s(=]+"
        + _STRING,
        rb"(?i)\b(?:crypt|pgp_sym_(?:en|de)crypt|encrypt|decrypt|hmac|digest|md5|aes_encrypt|"
        rb"aes_decrypt)\s*\((?:[^,()\n]*,)?\s*" + _STRING,
        rb"(?i)\bset\s+password\s+(?:for\s+\S+\s*)?(?:=|to)\s*(?:password\s*\()?\s*" + _STRING,
        rb"(?i)\bset\s+(?:session\s+|local\s+)?[\w.]*(?:password|secret|token|key)[\w.]*\s*(?:=|to)\s*"
        + _STRING,
        rb"(?i)\b[\w.\"`]*(?:password|passwd|secret|token|api_?key)[\w\"`]*\s*(?:=|!=|<>|like)\s*"
        + _STRING,
        rb"(?i)\bpragma\s+(?:hex|re|hexre)?key\s*=\s*" + _STRING,
    )
)
_PLAIN = re.compile(rb"\{(?:PLAIN|CLEAR|CLEARTEXT)\}(?P<pw>[^\s:\"']+)")
_HASH = re.compile(
    rb"SCRAM-SHA-256\$\d+:[\w+/=]+\$[\w+/=]+:[\w+/=]+|(?<![\w])md5[0-9a-f]{32}\b|"
    rb"\$(?:2[abxy]?|5|6|1|apr1|y|7|gy|argon2\w*|pbkdf2[\w-]*|scrypt|sha1|md5)\$[\w./$=,+*-]{12,}|"
    rb"pbkdf2[:_]sha\d+[:$][\w:$/+=.-]{16,}|scrypt:\d+:\d+:\d+\$[\w$/+=.-]+|\{(?:SSHA|SHA|SMD5|CRYPT|"
    rb"PBKDF2)[\w-]*\}[\w./$+=-]{12,}"
)
_INSERT = re.compile(
    rb"(?i)\b(?:insert\s+into|replace\s+into|"
    rb"copy)\s+[\w.\"`\[\]]+\s*\((?P<columns>[^()]*)\)\s*(?:values\s*(?P<rows>\(.*)|from\s+stdin)",
    re.DOTALL,
)
_ROW = re.compile(rb"\(((?:[^()']|'(?:[^']|'')*'|\([^()]*\))*)\)")
_FIELD = re.compile(rb"\s*((?:[^,']|'(?:[^']|'')*')*?)\s*(?:,|$)")


def find(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """What statements in a region say."""
    for pattern in _SIMPLE:
        for found in pattern.finditer(text, start, stop):
            group = "pw" if found["pw"] is not None else "dollar"
            if found[group] and not looks.says_nothing(found[group]):
                yield Span(found.start(group), found.end(group), SECRET, "sql/string")
    for insert in _INSERT.finditer(text, start, stop):
        yield from _inserted(text, insert)


def find_hashes(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """Hashes of passwords, as databases, shadow and htpasswd keep them."""
    for found in _HASH.finditer(text, start, stop):
        yield Span(found.start(), found.end(), SECRET, "format/password-hash")
    for found in _PLAIN.finditer(text, start, stop):
        yield Span(found.start("pw"), found.end("pw"), SECRET, "format/password-plain")


def _copied(text: bytes, at: int, secret: set[int]) -> Iterator[Span]:
    """The rows below a COPY, with tabs between, to the line that ends them."""
    begin = text.find(b"\n", at) + 1
    while 0 < begin < len(text):
        end = text.find(b"\n", begin)
        end = len(text) if end < 0 else end
        row = text[begin:end]
        if row.startswith(b"\\."):
            return
        for number, field in enumerate(row.split(b"\t")):
            if number in secret and field != b"\\N" and not looks.says_nothing(field):
                start = begin + len(b"\t".join(row.split(b"\t")[:number])) + (number > 0)
                yield Span(start, start + len(field), SECRET, "sql/column")
        begin = end + 1


def _inserted(text: bytes, insert: re.Match[bytes]) -> Iterator[Span]:
    columns = [name.strip(b' \t\n"`[]') for name in insert["columns"].split(b",")]
    secret = {number for number, name in enumerate(columns) if worth(name) >= Worth.TOKEN}
    if not secret:
        return
    if insert["rows"] is None:
        yield from _copied(text, insert.end(), secret)
        return
    for row in _ROW.finditer(text, insert.start("rows"), insert.end("rows")):
        at, number = row.start(1), 0
        while at < row.end(1):
            field = _FIELD.match(text, at, row.end(1))
            if field is None or field.end() == at:
                break
            if number in secret and field[1]:
                begin, end = field.span(1)
                quote = field[1].startswith(b"'")
                if not looks.says_nothing(field[1].strip(b"'")):
                    yield Span(begin + quote, end - quote, SECRET, "sql/column")
            at, number = field.end(), number + 1
