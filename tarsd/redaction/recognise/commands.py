"""Passwords that commands take by short flags and by place, in a line, a list, or with NUL between."""

import re
from collections.abc import Iterator

from tarsd.redaction.recognise import looks
from tarsd.redaction.recognise.quoted import bare_word, quoted
from tarsd.redaction.spans import SECRET, USER, Span

# Between two arguments: blanks, or the borders of a list as JSON, Python, Go, audit and /proc write it.
_GAP = rb"(?:\\*[\"']?[ \t]+a\d+=|\\*[\"']?\s*,\s*(?=\\*[\"'])|\\*[\"']?\s*\\\r?\n\s*|[ \t]+|\x00|\\0|\\x00)"
_ANY = rb"(?:[^\n;|]{0,200}?" + _GAP + rb")"
_Q = rb"(?:\\*[\"'])?"


def _flag(commands: bytes, flags: bytes, glued: bytes = b"") -> re.Pattern[bytes]:
    """A command, anything, and a flag of it whose value follows; for some flags without a gap."""
    tail = _GAP if not glued else rb"(?:" + _GAP + rb"|" + glued + rb")"
    return re.compile(
        rb"(?<![\w.-])(?:" + commands + rb")" + _Q + _ANY + _Q + rb"(?:" + flags + rb")" + _Q + tail
    )


_FLAGS = (
    _flag(
        rb"mysql\w*|mariadb(?:-\w+)?|mydumper", rb"-p(?=[^\s\"'=]{2}|[\"'][^\s\"',\]])", rb"(?=\S)"
    ),
    _flag(rb"redis-cli|valkey-cli|redis-benchmark", rb"-a|--pass"),
    _flag(rb"sshpass", rb"-p", rb"(?=\S)"),
    _flag(
        rb"(?:docker|podman|nerdctl|helm|crane|skopeo|buildah|az|oc)(?:\s+registry)?"
        + _GAP
        + _Q
        + rb"(?:login|registry)",
        rb"-p|--pass",
    ),
    _flag(rb"mongo\w*|rabbitmqadmin|influx|arangosh|couchbase-cli|ipmitool", rb"-p|-P|-t"),
    _flag(rb"ldap\w+", rb"-w"),
    _flag(rb"mosquitto_\w+|sqlcmd|bcp|ipmitool|zip|tsql|isql", rb"-P"),
    _flag(rb"(?:7z|7za|7zr|unrar|rar)" + _GAP + rb"[a-z]", rb"-h?p(?=\S)", rb"(?=\S)"),
    _flag(rb"snmp\w+", rb"-[cAX]"),
    _flag(rb"openssl|gpg2?", rb"-k|-K|-pass|-passin|-passout|--passphrase"),
    _flag(rb"useradd|usermod", rb"-p|--password"),
    _flag(rb"xfreerdp3?|rdesktop|wfreerdp", rb"/p:|-p", rb"(?=\S)"),
    _flag(rb"htpasswd", rb"-\w*b\w*" + _GAP + rb"(?:\S+" + _GAP + rb")?[\w.@-]+", rb""),
    _flag(rb"restic|kopia|duplicity|borg", rb"-p"),
    _flag(rb"pgcli|cqlsh|clickhouse-client|usql|impala-shell|beeline", rb"-p"),
    _flag(
        rb"n8n|ngrok|cloudflared|tailscale|netbird|vault|hf|huggingface-cli|npm|gh|wandb",
        rb"login|authtoken|add-authtoken|--token|-t|--auth-?key",
    ),
    _flag(rb"iwconfig", rb"key|enc"),
    _flag(rb"ssh-keygen", rb"-N|-P"),
    _flag(rb"openssl" + _GAP + rb"passwd", rb"-(?:1|5|6|apr1|salt" + _GAP + rb"\S+)"),
    _flag(rb"nmcli", rb"[\w.-]*(?:psk|password|secret|wep-key\d)"),
    _flag(rb"mosquitto_passwd", rb"-b" + _GAP + rb"\S+" + _GAP + rb"[\w.@-]+"),
    _flag(
        rb"rabbitmqctl", rb"(?:add_user|change_password|authenticate_user)" + _GAP + rb"[\w.@-]+"
    ),
    _flag(rb"wpa_passphrase", rb"\S+"),
    _flag(rb"ngrok" + _GAP + rb"config", rb"add-authtoken"),
    _flag(rb"aws" + _GAP + rb"configure" + _GAP + rb"set", rb"[\w.]*(?:secret|token|key)\w*"),
)
_PAIRS = re.compile(
    rb"(?<![\w.-])(?:curl|http|https|xh|wget|smbclient|rpcclient|net|smbget|winexe|wmic|mount\.cifs|crackmapexec|"
    rb"nxc|impacket-\w+)"
    + _Q
    + _ANY
    + _Q
    + rb"(?:-u|--user|-U|--proxy-user|-a|--auth)"
    + _Q
    + rb"(?:"
    + _GAP
    + rb"|=)"
    + _Q
    + rb"(?P<user>[^\s:%\"']*)(?P<mark>[:%])(?P<pw>[^\s\"'\x00]+)"
)
_SIMPLE = (
    (re.compile(rb"(?<![\w-])pass:(?P<pw>[^\s\"'\x00]+)"), "command/openssl"),
    (
        re.compile(
            rb"(?:chpasswd|passwd\s+--stdin\s+\S+|--(?:password|token)-stdin|--with-token|"
            rb"kinit[ \t]+\S+|sudo[ \t]+-S[^\n<]*)\s*<<<\s*[\"']?(?:[\w.-]+:)?(?P<pw>[^\s\"']+)"
        ),
        "command/here",
    ),
    (re.compile(rb"--from-literal[= ][\"']?[\w.-]+=(?P<pw>[^\s\"']+)"), "command/literal"),
    (
        re.compile(
            rb"(?i)\"?\bauth\"?[ \t]+(?:\"?(?:default|[\w-]+)\"?[ \t]+)?\"(?P<pw>(?:[^\"\\\n]|\\.)+)\"\s*$",
            re.MULTILINE,
        ),
        "command/redis",
    ),
    (
        re.compile(
            rb"(?<![\w/-])AUTH[ \t]+(?:default[ \t]+)?(?P<pw>[^\s\"':=]{4,})\s*$", re.MULTILINE
        ),
        "command/redis",
    ),
    (
        re.compile(
            rb"(?i)\bHELLO\"?[ \t]+\"?[23]\"?[ \t]+\"?AUTH\"?[ \t]+\"?[\w-]+\"?[ \t]+\"?(?P<pw>[^\s\"]+)"
        ),
        "command/redis",
    ),
    (
        re.compile(
            rb"(?i)\"(?:auth|requirepass|masterauth)\"\s*\n\s*\d+\)\s+\"(?P<pw>(?:[^\"\\\n]|\\.)+)\""
        ),
        "command/redis",
    ),
    (re.compile(rb"(?m)^\s*r[ow]community6?[ \t]+(?P<pw>\S+)"), "command/snmp"),
    (
        re.compile(
            rb"(?i)\bAUTH(?:ENTICATE)?[ \t]+(?:PLAIN|LOGIN|XOAUTH2|CRAM-MD5)[ \t]+(?P<pw>[A-Za-z0-9+/=]{8,})[ \t\r]*$",
            re.MULTILINE,
        ),
        "command/smtp",
    ),
    (
        re.compile(
            rb"(?i)(?:nickserv[ \t]+|:)identify[ \t]+(?:\S+[ \t]+)?(?P<pw>\S{3,})[ \t\r]*$",
            re.MULTILINE,
        ),
        "command/irc",
    ),
    (re.compile(rb"\bauth-pass[ \t]+\S+[ \t]+(?P<pw>\S+)"), "command/redis"),
    (
        re.compile(
            rb"(?m)^[ \t]*(?:acme_)?dns[ \t]+[a-z][\w-]+[ \t]+(?P<pw>(?=\S*\d)[\w-]{8,})[ \t\r]*$"
        ),
        "command/caddy",
    ),
    (re.compile(rb"\blftp\b[^\n]*?-u[ \t]+[\"']?[\w.-]+,(?P<pw>[^\s\"']+)"), "command/pair"),
    (
        re.compile(
            rb"(?:key|pass\w*|secret|token|file)[= \t]+<\((?:echo|printf)[ \t]+(?:-n[ \t]+)?(?:[\"']?%s[\"']?[ \t]+)?"
            rb"[\"']?(?P<pw>[^\s\"'()]+)"
        ),
        "command/substituted",
    ),
    (
        re.compile(
            rb"AUTH(?:\\r\\n|\r?\n)(?:\$\d+(?:\\r\\n|\r?\n)\w+(?:\\r\\n|\r?\n)(?=\$))?\$\d+(?:\\r\\n|\r?\n)"
            rb"(?P<pw>[^\r\n\\]+)"
        ),
        "command/redis",
    ),
    (
        re.compile(rb"(?m)\b[A-Za-z]*\d+ LOGIN[ \t]+\S+[ \t]+\"?(?P<pw>[^\s\"]+)\"?[ \t\r]*$"),
        "command/imap",
    ),
    (re.compile(rb"(?:>[ \t]|\")PASS[ \t]+(?P<pw>[^\s\"\\]+)"), "command/ftp"),
    (
        re.compile(rb":[ \t]*(?:XAUTH|EAP|NTLM|PSK|PIN)[ \t]+\"(?P<pw>(?:[^\"\\\n]|\\.)+)\""),
        "command/ipsec",
    ),
    (re.compile(rb"(?m)^\s*rootpw(?:[ \t]+--\w+)*[ \t]+(?P<pw>\S+)"), "command/rootpw"),
    (re.compile(rb"(?i)/user:\S+[ \t]+(?P<pw>[^\s/]\S*)"), "command/net-use"),
    (
        re.compile(
            rb"(?i)config\"?[ \t]+\"?set\"?[ \t]+\"?(?:requirepass|"
            rb"masterauth)\"?[ \t]+\"?(?P<pw>(?<=\")(?:[^\"\\\n]|\\.)+|[^\s\"]+)"
        ),
        "command/redis",
    ),
    (
        re.compile(rb"(?i)acl\"?[ \t]+\"?setuser\b[^\n]*?[ \t\"](?P<pw>[>#<!][^\s\"]+)"),
        "command/acl",
    ),
    (re.compile(rb"\buser[ \t]+\S+[ \t]+on\b[^\n]*?[ \t](?P<pw>[>#][^\s]+)"), "command/acl"),
    (
        re.compile(rb"send(?:_user)?(?:[ \t]+--)?[ \t]+\"(?P<pw>[^\"\\\n]{4,})\\[rn]"),
        "command/expect",
    ),
)
_ECHO = re.compile(
    rb"(?:echo|printf)"
    + _GAP
    + rb"(?:-[ne]+"
    + _GAP
    + rb")?(?:[\"']?(?:%s[\\n]*){1,4}[\"']?"
    + _GAP
    + rb")?"
)
_PIPE = re.compile(
    rb"\s*(?:;\s*(?:echo|printf)[^\n|;]{1,200})*\)?\s*\|\s*(?:/\S*/)?(?:sudo|chpasswd|passwd|docker|podman|helm|cryptsetup|"
    rb"gpg2?|openssl|smbpasswd|su|kinit|vault|gh|age|pass)\b"
)
_BLANKS = re.compile(rb"[ \t]+(?=[^ \t|])")
_MOST_WORDS = 4
_FARTHEST = 400
_NEXT_LINE = 200
_WORDS_OF_AUTH = re.compile(
    rb"(?i)failed|success\w*|enabled|disabled|required|error|login|plain|none|token|method|user|with|is"
)


def find(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """What commands in a region were given."""
    for pattern in _FLAGS:
        for found in pattern.finditer(text, start, stop):
            yield from _value(text, found.end(), stop)
    for pair in _PAIRS.finditer(text, start, stop):
        if not looks.says_nothing(pair["pw"]) and not (
            pair["mark"] == b":" and pair["pw"].startswith(b"//")
        ):
            yield Span(pair.start("pw"), pair.end("pw"), SECRET, "command/pair")
            if pair["user"] and pair.end("user") - pair.start("user") < 32:
                yield Span(pair.start("user"), pair.end("user"), USER, "command/user")
    for echo in _ECHO.finditer(text, start, stop):
        yield from _echoed(text, echo.end(), stop)
    for pattern, rule in _SIMPLE:
        for found in pattern.finditer(text, start, min(len(text), stop + _NEXT_LINE)):
            if not looks.says_nothing(found["pw"]) and not _WORDS_OF_AUTH.fullmatch(found["pw"]):
                yield Span(found.start("pw"), found.end("pw"), SECRET, rule)


def _echoed(text: bytes, at: int, stop: int) -> Iterator[Span]:
    """What is written into a program that reads its password, in one word or in some."""
    farthest = min(stop, at + _FARTHEST)
    pipe = _PIPE.search(text, at, farthest) if text.find(b"|", at, farthest) >= 0 else None
    if pipe is None:
        return
    for _ in range(_MOST_WORDS):
        extent = quoted(text, at, stop)
        end = extent[1] if extent else bare_word(text, at, pipe.start())
        start, after = (extent[0], extent[2]) if extent else (at, end)
        if end > start and not looks.says_nothing(text[start:end]):
            user, colon, _ = text[start:end].partition(b":")
            if colon and user.isalnum() and b"chpasswd" in text[after:stop]:
                start += len(user) + 1
            yield Span(start, end, SECRET, "command/echo")
        gap = _BLANKS.match(text, after, pipe.start())
        if gap is None:
            return
        at = gap.end()


def _value(text: bytes, at: int, stop: int) -> Iterator[Span]:
    extent = quoted(text, at, stop)
    start, end = extent[:2] if extent else (at, bare_word(text, at, stop))
    value = text[start:end]
    if end > start and not value.startswith(b"-") and not looks.says_nothing(value):
        yield Span(start, end, SECRET, "command/flag")
