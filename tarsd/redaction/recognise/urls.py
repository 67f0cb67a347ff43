"""User, password and host in URLs and connection strings, and URLs that are a secret as a whole."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tarsd.redaction.recognise import looks
from tarsd.redaction.recognise.familiar import is_familiar_host, is_familiar_user
from tarsd.redaction.spans import HOST, SECRET, USER, Span

_URL = re.compile(
    rb"(?<![\w+.-])(?P<scheme>[A-Za-z][\w+.-]{1,30})(?P<mark>:(?:\\*/){2}|%(?:25)*3[aA]%(?:25)*2[fF]%(?:25)*2[fF]|"
    rb"&#58;//|:&#47;&#47;)"
    rb"(?P<rest>[^\s\"'<>`\x00\x1b|]+)"
)
_STOPS = re.compile(
    rb"\\+[\"'nrt](?!\w*@)|&quot;|&#3[49];|&lt;|\\+u00[23][27ceCE]|[)\]}]+[,;.]?$|,(?=[a-z]+://)"
)
_ENCODED_STOPS = re.compile(rb"%(?:25)*(?:2[267]|0[aA])")
_AUTHORITY_END = re.compile(rb"[/?#\\,;]|&#47;")
_PORT_FIRST = re.compile(rb"[^:@/]*:\d{1,5}(?:[/?#]|$)")
_COLON = re.compile(rb":")
_AT = re.compile(rb"@|&#64;")
_ENCODED_END = re.compile(rb"%(?:25)*(?:2[fF]|3[fF]|23)")
_ENCODED_COLON = re.compile(rb"%(?:25)*3[aA]|:")
_ENCODED_AT = re.compile(rb"%(?:25)*40|@")


class _Signs(NamedTuple):
    """What parts a URL, as it stands in the text or encoded once more."""

    colon: re.Pattern[bytes]
    at: re.Pattern[bytes]
    end: re.Pattern[bytes]


_PLAIN = _Signs(_COLON, _AT, _AUTHORITY_END)
_ENCODED = _Signs(_ENCODED_COLON, _ENCODED_AT, _ENCODED_END)
# Addresses of notification services as apprise writes them: all that follows is the key to somebody's inbox.
_ALL_SECRET = re.compile(
    rb"(?i)(?:tgram|discord|slack|pover|pushover|gotifys?|ntfys?|pbul|matrixs?|msteams|workflows?|prowl|join|ifttt|"
    rb"pushed|pushsafer|psafer|psafers|simplepush|spush|twilio|sendgrid|sinch|vonage|nexmo|zulip|rocketc|rockets?|"
    rb"mmosts?|mattermosts?|hassios?|hassio|boxcar|bark|barks|chantify|clicksend|d7sms|dingtalk|emby|embys|faast|"
    rb"feishu|flock|gchat|guilded|homeassistant|kumulos|lametric|line|mailgun|notica|notifico|o365|office365|onesignal|"
    rb"opsgenie|pagerduty|pagertree|parsep|popcorn|pushjet|pushme|pushy|reddit|revolt|ryver|serverchan|schan|ses|"
    rb"signals?|signl4|smseagle|smtp2go|sns|sparkpost|spontit|stride|streamlabs|synology|syslogs|technulus|"
    rb"tweet|twist|voipms|vapid|webexteams|wxteams|whatsapp|wxpusher|xbmc|kodi|lunasea|apprises?)"
)
_SECRET_PLACES = re.compile(
    rb"(?P<keep>hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/(?:v\d+/)?webhooks/|"
    rb"api\.telegram\.org/(?:file/)?bot|[\w.-]+\.webhook\.office\.com/|outlook\.office\.com/webhook/|"
    rb"hc-ping\.com/(?:ping/)?|"
    rb"healthchecks\.[\w.]+/ping/|hooks\.zapier\.com/hooks/catch/|maker\.ifttt\.com/trigger/\w+/with/key/|"
    rb"chat\.googleapis\.com/v1/spaces/|"
    rb"api\.day\.app/|uptime\.betterstack\.com/api/v1/heartbeat/|api\.pushover\.net/|hooks\.[\w.-]+/hooks/|"
    rb"[\w.-]+/api/webhook/|push\.statuspage\.\w+/|[\w.:-]+/api/push/)(?P<key>[\w./~:@?=&%+-]+)"
)
_GO_DSN = re.compile(rb"(?<![\w/.])(?P<user>[\w.-]{1,32}):(?P<pw>[^\s\"'`/]{1,128})@(?:tcp|unix)\(")
_USERINFO_ALONE = re.compile(
    rb"(?:(?<=//)|(?<=iscsi:)|(?<![\w/.:@%-]))(?P<user>[A-Za-z_][\w.-]{0,31}):(?P<pw>[^\s\"'`/@:<>|,]{3,128})@"
    rb"(?P<host>(?:[a-z][\w.-]*|\d{1,3}(?:\.\d{1,3}){3}(?=:))(?::\d{2,5})?)(?=[/\s\"',?]|::|$)"
)
_ORACLE = re.compile(
    rb"(?i)(?:\b(?:thin|oci8?):|\b(?:sqlplus|sqlldr|rman|expdp?|impdp?)[ \t]+(?:-\w+[ \t]+)*)(?P<user>[\w.]{1,32})/"
    rb"(?P<pw>[^\s\"'/@]{2,128})@"
)
_SSH = re.compile(
    rb"(?<![\w./:@+-])(?P<user>[a-z_][\w.-]{0,31})@(?P<host>[A-Za-z][\w-]*(?:\.[\w-]+)*)(?=:[~/\w]|\s|$|[\"',)])"
)
_IP = re.compile(rb"[\d.]+|\[.*")


def find(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """All URLs in a region."""
    for url in _URL.finditer(text, start, stop):
        yield from _url(text, url)
    for place in _SECRET_PLACES.finditer(text, start, stop):
        yield Span(place.start("key"), place.end("key"), SECRET, "url/webhook")


def find_at_signs(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """Connection strings without a scheme: `user:password@tcp(host)`, `user:password@host:5432`."""
    for begin, end in _near_at_signs(text, start, stop):
        for pattern, rule in _WITHOUT_SCHEME:
            for found in pattern.finditer(text, begin, end):
                if not looks.says_nothing(found["pw"]):
                    yield Span(found.start("pw"), found.end("pw"), SECRET, rule)
                    yield from _user(text, found.start("user"), found.end("user"))


def _near_at_signs(text: bytes, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Pieces of a region in which all that is around an at sign lies, each byte once."""
    sign = text.find(b"@", start, stop)
    while sign >= 0:
        begin, end = max(start, sign - _BEFORE), min(stop, sign + _BEHIND)
        sign = text.find(b"@", sign + 1, stop)
        while 0 <= sign < end + _BEFORE:
            end = min(stop, sign + _BEHIND)
            sign = text.find(b"@", sign + 1, stop)
        yield begin, end
        start = end


_BEFORE, _BEHIND = 192, 128
_WITHOUT_SCHEME = ((_GO_DSN, "url/go"), (_USERINFO_ALONE, "url/bare"), (_ORACLE, "url/oracle"))


def _url(text: bytes, url: re.Match[bytes]) -> Iterator[Span]:
    start, end = url.span("rest")
    early = _STOPS.search(text, start, end)
    if early and early.start() > start:
        end = early.start()
    signs = _PLAIN
    if url["mark"][:1] == b"%":
        signs = _ENCODED
        early = _ENCODED_STOPS.search(text, start, end)
        end = early.start() if early else end
    rest = text[start:end]
    if _ALL_SECRET.fullmatch(url["scheme"]) and url["scheme"].lower() != b"line":
        yield Span(start, end, SECRET, "url/notification")
        return
    host = start
    at = None if _PORT_FIRST.match(rest) else _last_at(text, start, end, signs)
    if at:
        host = at.end()
        yield from _userinfo(text, start, at.start(), signs)
    if (
        text[end : end + 1] != b"<" or text[end - 1 : end] != b":"
    ):  # a token is there, and the host behind it
        yield from _host(text, host, end)


def _last_at(text: bytes, start: int, end: int, signs: _Signs) -> re.Match[bytes] | None:
    """The @ before the host. A password that was not encoded may hold any sign: of several @ before the first
    slash the last counts, and one behind it if a colon came before the slash."""
    border = signs.end.search(text, start, end)
    limit = border.start() if border else end
    found = _last(signs.at, text, start, limit)
    if border is None:
        return found
    if found is None:
        if not signs.colon.search(text, start, limit):
            return None
        query = text.find(b"=", start, end)
        return _last(signs.at, text, start, query if query >= 0 else end)
    if border[0] in b"#,;?":
        for later in signs.at.finditer(text, border.end(), end):
            if b"=" in text[limit : later.start()] or b"/" in text[limit : later.start()]:
                break
            found = later
    return found


def _last(sign: re.Pattern[bytes], text: bytes, start: int, end: int) -> re.Match[bytes] | None:
    found = None
    for found in sign.finditer(text, start, end):  # noqa: B007  the last one is what is asked
        pass
    return found


def _userinfo(text: bytes, start: int, end: int, signs: _Signs) -> Iterator[Span]:
    colon = signs.colon.search(text, start, end)
    if colon is None:
        if looks.is_random(text[start:end], 12) or end - start >= 20:
            yield Span(start, end, SECRET, "url/token")
        else:
            yield from _user(text, start, end)
        return
    if not looks.says_nothing(text[colon.end() : end]) or text[colon.end() : end] in _REAL_WORDS:
        yield Span(colon.end(), end, SECRET, "url/password")
    if looks.is_random(text[start : colon.start()], 16):
        yield Span(start, colon.start(), SECRET, "url/token")
    else:
        yield from _user(text, start, colon.start())


_REAL_WORDS = (b"default", b"secret", b"changeit", b"changeme", b"test")


def _user(text: bytes, start: int, end: int) -> Iterator[Span]:
    if (
        end > start
        and not is_familiar_user(text[start:end])
        and not looks.says_nothing(text[start:end])
    ):
        yield Span(start, end, USER, "url/user")


_HOST_NAME = re.compile(rb"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?")


def _host(text: bytes, start: int, end: int) -> Iterator[Span]:
    name = _HOST_NAME.match(text, start, end)
    if not name or _IP.fullmatch(name[0]) or is_familiar_host(name[0]):
        return
    yield Span(name.start(), name.end(), HOST, "url/host")


def find_ssh(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """`user@host` as arguments of ssh and its kin, and as prompts write it."""
    for found in _SSH.finditer(text, start, stop):
        before = text[max(start, found.start() - 80) : found.start()]
        if b"." in found["host"] or not (
            _SSH_BEFORE.search(before) or _PROMPT.match(text, found.end())
        ):
            continue
        yield from _user(text, found.start("user"), found.end("user"))
        if not is_familiar_host(found["host"]):
            yield Span(found.start("host"), found.end("host"), HOST, "url/ssh")


_SSH_BEFORE = re.compile(rb"(?<![\w.-])(?:ssh|scp|sftp|rsync|sshfs|autossh)\b[^\n|;]*\Z")
_PROMPT = re.compile(rb":[~/][^\s]*[$#]")
