"""Files whose lines say by their place what is a secret: .netrc, .pgpass, shadow, manifests, tables."""

import re
from collections.abc import Iterator

from tarsd.redaction.recognise import looks
from tarsd.redaction.recognise.keys import Worth, worth
from tarsd.redaction.recognise.quoted import quoted
from tarsd.redaction.spans import SECRET, USER, Span

_NETRC = re.compile(
    rb"(?:\bmachine\s+\S+|(?<![\w-])default)\s+(?:login\s+(?P<user>\S+)\s+)?(?:account\s+\S+\s+)?password\s+(?P<pw>\"[^\"\n]*\"|"
    rb"\S+)"
)
_PGPASS = re.compile(
    rb"(?m)^[ \t]*(?:[\w.*-]+|/[\w./-]+|\[[\da-f:]+\]):(?:\d{1,5}|"
    rb"\*):(?:[\w.$*-]+):(?P<user>[\w.$*@-]+):(?P<pw>(?:[^:\s\\]|\\.){2,}(?: (?!\S*:)\S+)*)[ \t]*$"
)
_USERLIST = re.compile(rb"(?m)^\"(?P<user>[^\"\n]+)\"[ \t]+\"(?P<pw>[^\"\n]+)\"[ \t]*$")
_CHAP = re.compile(
    rb"(?m)^[\"']?[\w.@*-]+[\"']?[ \t]+(?:\*|[\w.-]+)[ \t]+\"?(?P<pw>(?<=\")[^\"\n]+|[^\"\s]+)\"?[ \t]+(?:\*|[\d./]+)[ \t]*$"
)
_MANIFEST = re.compile(
    rb"(?m)^(?P<indent>[ \t]*)(?:data|stringData):[ \t]*\n(?P<body>(?:(?P=indent)[ \t]+[^\n]*\n?|[ \t]*\n)+)"
)
_MANIFEST_JSON = re.compile(rb"\"(?:data|stringData)\"\s*:\s*\{(?P<body>[^{}]*)\}")
_ENTRY = re.compile(rb"(?m)^[ \t]+[\w.-]+:[ \t]+(?P<pw>[^\s|>{][^\n]*?)[ \t]*$")
_ENTRY_JSON = re.compile(rb"\"[^\"\n]+\"\s*:\s*\"(?P<pw>[^\"\n]*)\"")
_BLOCK = re.compile(
    rb"(?m)(?P<indent>[ \t]*(?:- )?)[\"']?(?P<name>[\w.-]+)[\"']?:[ \t]*(?:!\w+[ \t]*)?(?P<mark>[|>][+-]?\d?)?[ \t]*\n"
    rb"(?P<body>(?:(?:[ \t]{1,40})[^\n]*(?:\n|\Z)){1,60})"
)
_RULE_LINE = re.compile(
    rb"[ \t]*(?P<head>[^\n]*\|[^\n]*)\n[ \t]*[|+]?-[-+|: ]{3,}[ \t]*\n(?P<rows>(?:[^\n]*\|[^\n]*\n?)+)"
)
_CSV = re.compile(
    rb"(?P<head>[\w\"' -]+(?:(?P<sep>[,;\t])[\w\"' -]+)+)\r?\n(?P<rows>(?:[^\n]*(?P=sep)[^\n]*\n?)+)"
)
_SASL = re.compile(rb"(?m)^\S+[ \t]+[^\s:]+:(?P<pw>\S+)[ \t]*$")
_CLIENT = re.compile(rb"(?m)^[^\s:]+:[^\s:]+:(?P<pw>\S+)[ \t]*$")
_DAV = re.compile(rb"(?m)^\S+[ \t]+\S+[ \t]+\"?(?P<pw>[^\s\"]+)\"?[ \t]*$")
_TWO_LINES = re.compile(rb"\A[^\s=:]+\r?\n(?P<pw>\S+)\r?\n?\Z")
_COLUMN = re.compile(rb"[\w.-]{1,32}(?: [\w.-]{1,16})?")
_TALK = re.compile(
    rb"\s\S+\s\S+\s\S+\s|^[a-z]+(?:[-_](?:password|key|root|token|secret)){1,2}$|^[a-z]+-secret-key$"
)
_BY_NAME = {
    "userlist.txt": _USERLIST,
    "chap-secrets": _CHAP,
    "pap-secrets": _CHAP,
    "pgpass": _PGPASS,
    "auth.txt": _TWO_LINES,
    "login.conf": _TWO_LINES,
    "sasl_passwd": _SASL,
    "passwd.client": _CLIENT,
    "davfs2/secrets": _DAV,
}
_ACCOUNTS = re.compile(
    rb"(?i)basic_?auth(?:_?users)?[^\n{:]{0,40}[:{][ \t]*\n(?P<row>(?:[ \t]+[^\s:]+:?[ \t]+\S+[ \t]*(?:\n|\Z)){1,60})"
)
_ROW = re.compile(rb"(?m)^[ \t]+[^\s:]+:?[ \t]+[\"']?(?P<pw>[^\s\"']+)")
_ACCOUNT = re.compile(
    rb"(?i)basic_?auth[._]?users[\"']?[ \t]*[=:][ \t]*[\"']?[^\s:\"']+:(?P<pw>[^\s\"',]+)"
)
_BELOW = 1024
_MULTIPART = re.compile(
    rb"name=\\*\"(?P<name>[\w.-]+)\\*\"(?:\\r\\n|\r?\n)(?:[A-Z][\w-]+:[^\n]*\r?\n)*(?:\\r\\n|\r?\n)(?P<pw>[^\r\n\\]+)"
)


def find(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """What stands at the place of a secret in a region."""
    for pattern, rule in (
        (_NETRC, "file/netrc"),
        (_PGPASS, "file/pgpass"),
    ):
        for found in pattern.finditer(text, start, stop):
            begin, end = found.span("pw")
            if found["pw"].startswith(b'"') and end - begin > 2:
                begin, end = begin + 1, end - 1
            if not looks.says_nothing(text[begin:end]):
                yield Span(begin, end, SECRET, rule)
    below = min(len(text), stop + _BELOW)
    for pattern in (_ACCOUNTS, _ACCOUNT):
        for found in pattern.finditer(text, start, below):
            yield from _accounts(text, found)
    for part in _MULTIPART.finditer(text, start, below):
        if worth(part["name"]) >= Worth.SECRET and not looks.says_nothing(part["pw"]):
            yield Span(part.start("pw"), part.end("pw"), SECRET, "file/form")


def _accounts(text: bytes, found: re.Match[bytes]) -> Iterator[Span]:
    """The passwords of a list of accounts, with a name before each."""
    rows = _ROW.finditer(text, *found.span("row")) if "row" in found.groupdict() else (found,)
    for row in rows:
        if not looks.says_nothing(row["pw"]):
            yield Span(row.start("pw"), row.end("pw"), SECRET, "file/accounts")


def find_by_place(text: bytes, name: str) -> Iterator[Span]:
    """What only the name of the file tells: its lines have nothing else to know them by."""
    pattern = next((pattern for end, pattern in _BY_NAME.items() if name.endswith(end)), None)
    if pattern is None:
        return
    for found in pattern.finditer(text):
        if not looks.says_nothing(found["pw"]):
            yield Span(found.start("pw"), found.end("pw"), SECRET, "file/by-name")


def find_manifests(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """All values of a Kubernetes Secret."""
    for manifest, entry in ((_MANIFEST, _ENTRY), (_MANIFEST_JSON, _ENTRY_JSON)):
        for found in manifest.finditer(text, start, stop):
            for value in entry.finditer(text, found.start("body"), found.end("body")):
                yield Span(value.start("pw"), value.end("pw"), SECRET, "file/manifest")


def find_block(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """What stands below a name in YAML that begins on this line: a block scalar, a folded one, a list."""
    block = _BLOCK.match(text, start, stop)
    it_is = worth(block["name"]) if block else Worth.NOTHING
    if block and it_is >= Worth.TOKEN:
        yield from _below(text, block, it_is)


def _below(text: bytes, block: re.Match[bytes], it_is: Worth) -> Iterator[Span]:
    at = block.start("body")
    deeper = len(block["indent"].replace(b"- ", b"  "))
    for line in block["body"].split(b"\n"):
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        if bare and indent < deeper + (0 if bare.startswith(b"- ") else 1):
            return
        begin = at + indent
        at += len(line) + 1
        if not bare:
            continue
        if bare.startswith(b"- "):
            begin, bare = begin + 2, bare[2:].strip()
            it_is = min(it_is, Worth.TOKEN)
        elif not block["mark"] and re.match(rb"[\"']?[\w./-]+[\"']?:(?:\s|$)", bare):
            return
        extent = quoted(text, begin, begin + len(bare))
        first, last = extent[:2] if extent else (begin, begin + len(bare))
        value = text[first:last]
        if looks.says_nothing(value) or (it_is <= Worth.TOKEN and not looks.is_machine_made(value)):
            continue
        yield Span(first, last, SECRET, "file/block")


def find_table(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """Columns of a table whose head is this line, as psql and others draw it, and of comma-separated values."""
    table = _RULE_LINE.match(text, start, stop)
    if table:
        yield from _columns(table, b"|")
        return
    table = _CSV.match(text, start, stop)
    if table:
        yield from _columns(table, table["sep"])


def _columns(table: re.Match[bytes], separator: bytes) -> Iterator[Span]:
    names = [name.strip(b" \t\"'|") for name in table["head"].split(separator)]
    secret = {
        number
        for number, name in enumerate(names)
        if _COLUMN.fullmatch(name) and worth(name.replace(b" ", b"_")) >= Worth.TOKEN
    }
    if not secret:
        return
    at = table.start("rows")
    for line in table["rows"].split(b"\n"):
        cells = line.split(separator)
        begin = at
        at += len(line) + 1
        if len(cells) != len(names):
            if line.strip(b"+-| "):
                return
            continue
        for number, cell in enumerate(cells):
            bare = cell.strip(b" \t\r\"'`")
            if (
                number in secret
                and not looks.says_nothing(bare)
                and len(bare) >= 3
                and not (_TALK.search(bare) or bare.isdigit())
            ):
                offset = begin + cell.find(bare)
                yield Span(offset, offset + len(bare), SECRET, "file/column")
            begin += len(cell) + len(separator)


def find_users(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """The names beside the secrets of `find`."""
    for pattern in (_NETRC, _USERLIST):
        for found in pattern.finditer(text, start, stop):
            if found["user"]:
                yield Span(found.start("user"), found.end("user"), USER, "file/user")
