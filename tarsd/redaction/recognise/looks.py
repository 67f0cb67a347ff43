"""What a value looks like by itself: a word, a number, a digest, or something a machine has drawn."""

import math
import re
from collections import Counter

TOKEN = re.compile(rb"<(?:(?:secret|user|host|email|mac|address):[0-9a-f]{6}|ip:[\w.]+)>")
"""What the redactor has put into a text."""

_PLACEHOLDER = re.compile(
    rb"(?i)(?:\*+|x{3,}|\.{2,}|-+|_+|#+|\?+|<.*>|\[.*\]|\{.*\}|\(.*\)|\$\{.*|\$\(.*|\$[A-Z_][A-Z0-9_]+|"
    rb"\$[a-z_]*(?:pass|token|secret|key|pw|dir|home|user)[a-z_]*(?:/.*|:+\w+)?|%\w|%\(.*|"
    rb"%[A-Z_]+%|\{\{.*|"
    rb"<[\w: -]*|\[(?:redacted|hidden|masked|filtered|protected|secret)\b.*|@\w+@|"
    rb"n/?a|nil|null|none|nothing|true|false|yes|no|on|off|ok|undefined|unset|empty|missing|redacted|hidden|masked|"
    rb"filtered|required|optional|invalid|valid|enabled|disabled|default|unknown|expired|changed|configured|"
    rb"set|not|is|was|are|for|of|the|a|an|in|to|and|or|with|from|must|has|have|cannot|could|does|did|failed|"
    rb"prompt|interactive|deny|allow|any|all|auto|string|str|int|bytes|bool|object|array|number|type|"
    rb"rotated|generated|created|loaded|accepted|rejected|denied|granted|provided|incorrect|wrong|"
    rb"scram-sha-256|md5|trust|peer|ident|basic|bearer|digest|negotiate|scram|plain|sha256|"
    rb"files(?:\s+[a-z]+)*|requisite|sufficient|include|substack|compat|bad|good|correct|old|expires|"
    rb"(?-i:(?:[A-Z]+_)*(?:PASSWORD|TOKEN|KEY|SECRET|PASS|VALUE|PASSPHRASE|CREDENTIALS?)(?:_FILE)?)\]?|https?/\d(?:\.\d)?|"
    rb"[\w.%+~-]+\.(?:deb|rpm|whl|tgz|gz|xz|zip|txt|pem|crt|cert)|insecure|(?:on|in) the .*|"
    rb"\d+/(?:tcp|udp)|true\|false|yes\|no|"
    rb"amd64|arm64|i386|armhf|const|let|var|function|return|self|this|\\[nrt]?|[\"'`]+|[,;:|/\\]+)"
)
_PATH = re.compile(
    rb"(?:/(?:run|etc|var|usr|home|root|opt|srv|mnt|media|tmp|dev|proc|sys|data|app|config|secrets|lib|bin|sbin)"
    rb"(?:/[\w.@+:%~-]*)+|(?:\./|\.\./|~/|[A-Z]:\\)[\w./\\@+~-]*|file://\S*|(?:/[a-z][a-z_.-]*){2,}|"
    rb"(?:[\w.-]+/)+[\w-]+\.[a-z]{2,5})"
)
_CODE = re.compile(
    rb"(?:self|cfg|conf|config|os|env|settings|args|request|req|process|ctx|options|opts|params|cls|app|"
    rb"this)\.[\w.\[\]\"'()]+|"
    rb"[A-Za-z_][\w.]*\(.*|[A-Za-z_]\w*\[.*\]|(?:await|new|yield|not)\s+[A-Za-z_][\w.]*\(.*|"
    rb"[a-z_][\w.]* (?:or|and|if) [A-Za-z_][\w.]*(?: .*)?"
)
_HEX = re.compile(rb"(?:0x)?[0-9a-fA-F]+")
_UUID = re.compile(rb"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_NUMBER = re.compile(rb"[-+]?[\d.,_:%]+(?:[kKmMgGtT]i?[bB]?|ms|us|ns|s|m|h|d|B|%|px|Hz)?")
_VERSION = re.compile(rb"v?\d+(?:\.\d+)+(?:[-+~.][\w.+~-]*)?")
_PLACE = re.compile(rb"[A-Za-z_][\w.]*:\d+")
_WORDS = re.compile(rb"[A-Za-z]?[a-z]+(?:[_./:=-][A-Za-z]?[a-z]+)+")
_DATE = re.compile(rb"\d{4}-?\d\d-?\d\d(?:[T _]?\d\d:?\d\d.*)?")


def says_nothing(value: bytes) -> bool:
    """A placeholder, a redaction made by others, a word that says there is no secret, a path to it, code."""
    bare = value.strip(b" \t\"'`,;")
    return (
        not bare
        or _PLACEHOLDER.fullmatch(bare) is not None
        or _PATH.fullmatch(bare) is not None
        or _CODE.fullmatch(bare) is not None
    )


_STATEMENT = re.compile(
    rb"(?i)(?:is|was|are|has|have|had|must|should|can|cannot|could|will|not|no|rotated|generated|created|loaded|"
    rb"found|read|"
    rb"missing|required|expired|changed|updated|password|passwords|invalid|incorrect|authentication|failed|denied|wrong|too)\s+\S+"
)


def is_code(value: bytes) -> bool:
    """A call, a subscript, an attribute: where the secret is, not what it is."""
    return _CODE.fullmatch(value) is not None


def is_statement(value: bytes) -> bool:
    """Words about a secret, not the secret."""
    return _STATEMENT.match(value) is not None


def is_innocent(value: bytes) -> bool:
    """A number, a version, a date, a UUID or one word."""
    return (
        _PLACE.fullmatch(value) is not None
        or (value.isalpha() and (value.islower() or value.isupper() or value.istitle()))
        or _NUMBER.fullmatch(value) is not None
        or _VERSION.fullmatch(value) is not None
        or _DATE.fullmatch(value) is not None
        or _WORDS.fullmatch(value) is not None
    )


def is_hex(value: bytes) -> bool:
    return _HEX.fullmatch(value) is not None


def is_uuid(value: bytes) -> bool:
    return _UUID.fullmatch(value) is not None


def entropy(value: bytes) -> float:
    """Bits per character, of the characters as they are spread in this value."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())


def classes(value: bytes) -> int:
    """Of lower case, upper case, digits and signs: how many it has."""
    return sum(pattern.search(value) is not None for pattern in _CLASSES)


_CLASSES = (
    re.compile(rb"[a-z]"),
    re.compile(rb"[A-Z]"),
    re.compile(rb"[0-9]"),
    re.compile(rb"[^A-Za-z0-9]"),
)
_JUMP = re.compile(rb"[a-z][0-9]|[0-9][a-z]|[0-9][A-Z]|[A-Z][0-9]|[a-z][A-Z]")
_SYLLABLES = re.compile(rb"[A-Z]?[a-z]{4,}|[A-Z]{4,}")


def is_random(value: bytes, least: int = 16) -> bool:
    """Looks drawn by a machine: letters and digits mixed without words. Hex counts from 32 on."""
    if len(value) < least:
        return False
    if is_hex(value):
        return len(value) >= max(least, 24) and entropy(value) > 2.8
    letters = _CLASSES[0].search(value) or _CLASSES[1].search(value)
    if not letters or not _CLASSES[2].search(value):
        return False
    words = sum(len(word) for word in _SYLLABLES.findall(value))
    if words > len(value) * 0.45:
        return False
    return entropy(value) >= min(3.0, math.log2(len(value)) - 0.9) and len(
        _JUMP.findall(value)
    ) >= max(3, len(value) // 9)


def is_machine_made(value: bytes) -> bool:
    """Not something one would say: digits or signs among the letters, long enough to be one."""
    if len(value) < 8 or is_innocent(value):
        return False
    return classes(value) >= 2 and entropy(value) > 2.2
