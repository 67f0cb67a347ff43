"""Who and where: e-mail addresses, user names, home directories, the host that writes a log."""

import re
from collections.abc import Iterator

from tarsd.redaction.recognise.familiar import is_familiar_host, is_familiar_user
from tarsd.redaction.spans import EMAIL, HOST, SECRET, USER, Span

_EMAIL = re.compile(
    rb"(?<![\w.+%/:@-])[A-Za-z0-9][\w.+%-]{0,63}@(?P<domain>(?:[A-Za-z0-9][A-Za-z0-9-]*\.)+(?P<top>[A-Za-z]{2,18}))"
    rb"(?![\w@-]|\.\w)"
)
_NO_TOPS = frozenset(
    b"service socket mount slice target timer scope device path swap automount service: so py js sh json yaml yml".split()
)
_NO_MAIL = re.compile(rb"(?i)(?:.*\.)?(?:openssh\.com|libssh\.org|github\.com|gitlab\.com)")
_HOME = re.compile(rb"(?:/home/|/Users/|C:\\+Users\\+)(?P<user>[A-Za-z_][\w.-]{0,31})")
_USER = re.compile(
    rb"(?i)(?<![\w.<-])(?:(?:db|pg|postgres|mysql|smtp|http|admin|ssh|smb|cifs|web|remote|run|log|auth|sudo|client|"
    rb"login|effective)[_.-]?)?"
    rb"(?:user(?:[_-]?name)?|username|login|logname|uname|owner)(?:\\*[\"']\s*(?:=>|[:=])\s*[bu]?(?=\\*[\"'])|"
    rb"\s*(?:=>|[:=])\s*)(?P<quote>\\*[\"'])?(?P<user>[A-Za-z_][\w.@+-]{1,40})(?(quote)(?=\\*[\"'])|(?![\w(\[./]))"
)
_SAID = re.compile(
    rb"(?:(?:[Ff]ailed password|[Aa]ccepted \w+) for (?:invalid user )?|session (?:opened|closed) for user |"
    rb"for user |[Ii]nvalid user |[Uu]ser \"|user '|"
    rb"role \"|USER=|authenticating user |of user |"
    rb"New session \w+ of user )(?P<user>[A-Za-z_][\w.-]{0,31})(?=[\"'(\s:,.]|$)(?! is | was | not | has | name|"
    rb" agent| service| manager)"
)
_ID = re.compile(rb"\b[ug]id=\d+\((?P<user>[A-Za-z_][\w.-]*)\)")
_SUDO = re.compile(rb"sudo(?:\[\d+\])?:[ \t]+(?P<user>[\w.-]+) : ")
ACCOUNT = "people/account"
"""The rule of a user whom the system itself names: what is found so is a name, and no word beside `user`."""

_USERS = (
    (_HOME, ACCOUNT),
    (_ID, ACCOUNT),
    (_SUDO, ACCOUNT),
    (_USER, "people/user"),
    (_SAID, "people/user"),
)
_SYSLOG = re.compile(
    rb"\n(?:<\d+>\d? ?)?(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|"
    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d))"
    rb" (?P<host>[A-Za-z0-9][\w.-]*) (?=[\w./@()-]+(?:\[\d+\])?:)"
)
_JOINED = re.compile(rb"\b(?:user|username)=[\w.\\/-]+%(?![0-9a-fA-F]{2})(?P<pw>[^\s,\"']{2,})")
_HOST = re.compile(
    rb"(?i)(?<![\w.-])(?:_?hostname|host_?name|_HOSTNAME|nodename|server_?name|Static hostname|fqdn|"
    rb"computer(?:_?name)?|workgroup)\\*[\"']?\s*(?:=>|"
    rb"[:=])\s*(?P<quote>\\*[\"'])?(?P<host>[A-Za-z0-9][\w.-]{1,62})(?(quote)(?=\\*[\"'])|(?![\w(]))"
)
_CONTAINER = re.compile(
    rb"[0-9a-f]{12}"
)  # a container is its own host, and has its id's beginning for a name
_LOG_LEVELS = frozenset(b"info warning error debug level trace fatal critical".split())


def find_emails(text: bytes, start: int, stop: int) -> Iterator[Span]:
    for found in _EMAIL.finditer(text, start, stop):
        if found["top"].lower() not in _NO_TOPS and not _NO_MAIL.fullmatch(found["domain"]):
            yield Span(found.start(), found.end(), EMAIL, "people/email")


def find_users(text: bytes, start: int, stop: int) -> Iterator[Span]:
    for pattern, rule in _USERS:
        for found in pattern.finditer(text, start, stop):
            name = found["user"].rstrip(b".-")
            if b"@" not in name and not is_familiar_user(name):
                yield Span(found.start("user"), found.start("user") + len(name), USER, rule)


def find_joined(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """`user=NAME%PASSWORD`, as mount options of SMB shares have it."""
    for found in _JOINED.finditer(text, start, stop):
        yield Span(found.start("pw"), found.end("pw"), SECRET, "people/joined")


def find_named_hosts(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """`hostname=...` and the like in a region."""
    yield from _hosts(_HOST.finditer(text, start, stop))


def find_log_hosts(text: bytes) -> Iterator[Span]:
    """The host at the head of each line of a system log."""
    first = text.find(b"\n") + 1 or len(text)
    for span in _hosts(_SYSLOG.finditer(b"\n" + text[:first])):
        yield span._replace(start=span.start - 1, end=span.end - 1)
    yield from _hosts(_SYSLOG.finditer(text))


def _hosts(all_found: Iterator[re.Match[bytes]]) -> Iterator[Span]:
    for found in all_found:
        name = found["host"].rstrip(b".-")
        if (
            not is_familiar_host(name)
            and not _CONTAINER.fullmatch(name)
            and not name.replace(b".", b"").isdigit()
            and name.lower() not in _LOG_LEVELS
        ):
            yield Span(found.start("host"), found.start("host") + len(name), HOST, "people/host")
