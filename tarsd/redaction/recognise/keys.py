"""Which names announce a secret, and how much their word is worth."""

import re
from enum import IntEnum
from functools import lru_cache


class Worth(IntEnum):
    """What a value must look like before a name makes a secret of it."""

    NOTHING = 0
    HINT = 1  # may be random: only what looks machine-made is one
    KEY = 2  # a key to something: only what looks machine-made, hex too
    TOKEN = 3  # mostly machine-made: not a plain word, not a small number
    SECRET = 4  # whatever it is, but for what says that there is none
    ALWAYS = 5  # the same, and people say it in sentences


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ALWAYS = re.compile(
    r"passw(?:or)?ds?\d*$|passphrase$|passwort$|passcode$|(?:^|_)pwd$|(?:^|_)pswd$|(?:^|_)pass\d*$|(?:^|_)(?:bind|root|admin|user|db|smtp|auth|ldap|my|pg|new|old)?pw\d*$|"
    r"passw(?:or)?ds?(?:_|$)|passphrase(?:_|$)|[a-z]{2,}pass(?:wd|word)?$|(?:^|_)pass(?:wd|phrase)?(?:_|$)|"
    r"(?:^|_)(?:pwd|pswd)(?:_|$)|pgpass|contrase|(?:^|_)passe$|kennwort$|wachtwoord$|(?:^|_)(?:senha|heslo|parola|salasana)$"
)
_SECRET = re.compile(
    r"secret(?:_|$|key)|(?:redis|valkey|mqtt|smtp|ftp|http|amqp)_auth$|authtok$|cli_auth$|wep_?key_?\d*$|(?:^|_)psk(?:_|$)|api_?keys?(?:_|$)|"
    r"(?:access|secret|private|signing|encryption|encrypt|shared|preshared|master|account|storage|admin|hmac|jwt|crypt|"
    r"fernet|aes|auth|deploy|license|licence|service|session|root|host|webhook|cookie|client|app|application|widget|luks|subscription|"
    r"consumer|integration|ingest|publishable|write|read|license|wg|unseal|ssh|join|management)_?keys?(?:_|$)|"
    r"(?:auth|access|refresh|bearer|id|api|bot|csrf|xsrf|session|personal|secret|security|admin|deploy|service|user|"
    r"join|join|registration|runner|vault|push|app|device|web|hook|login|reset|verify|verification|bootstrap|"
    r"install|csrfmiddleware|identity|registry|hf|github|gitlab|slack|telegram|discord|npm|pypi|tunnel|claim|plex|"
    r"ha|hass|ingress|agent|cluster|k3s|node)_?token(?:_|$)|requirepass|masterauth|(?:^|_)authkey|"
    r"mnemonic|seed_phrase|recovery_(?:code|key|phrase)|(?:^|_)otp(?:_|$)|(?:^|_)totp|"
    r"(?:^|_)jwt(?:_|$)|authorization$|(?:^|_)bearer$|connection_?string|snmp_community|webhook_?url|(?:^|_)sas(?:_|$)|"
    r"(?:^|_)creds?(?:_|$)|credentials?(?:_|$)|secrets?_?access|_pin$|(?:^|_)pin_?code$|x_plex_token|"
    r"(?:^|_)hash_?salt|(?:^|_)salt$|(?:^|_)pepper$|(?:^|_)dsn$"
)
_TOKEN = re.compile(
    r"token\d*(?:_|$)|(?:^|_)auth(?:_|$)|(?:^|_)cookies?(?:_|$)|(?:^|_)sess(?:ion)?(?:_?id)?$|(?:^|_)sid$|(?:^|_)sig$|"
    r"signature$|hmac$|(?:^|_)seed$|(?:^|_)webhook|csrf|xsrf|(?:^|_)nonce$|secrets|phpsessid|jsessionid|"
    r"(?:^|_)phrase$|cipher_?text|credential|authtok|session_(?:data|value|string)|(?:^|_)code_verifier$|"
    r"auth_?data|recovery|access_code|device_code|auth_code"
)
_KEY = re.compile(r"[a-z]_?key$")
_HINT = re.compile(
    r"(?:^|_)keys?(?:_|$)|key$|(?:^|_)code$|(?:^|_)hash$|auth|cred|cookie|session|private|signing"
)
_ABOUT = re.compile(
    r"(?:_|^)(?:files?|paths?|dir|directory|names?|type|types|count|counts|len|length|size|policy|methods?|mode|"
    r"enabled?|disabled?|required?|requires|expir\w*|ttl|age|max_age|encryption|algorithm|alg|algo|fields?|hint|"
    r"prompt|placeholder|label|title|ref|refs|version|limits?|max|min|usage|used|index|rotation|timeout|interval|"
    r"endpoint|store|storage|manager|provider|plugin|command|cmd|env|source|status|state|valid|validity|set|"
    r"changed|class|module|format|strength|check|error|errors|failures?|failed|attempts?|id|ids|per_second|per_sec|"
    r"rate|scopes?|audience|issuer|lifetime|days|hours|seconds|secs|ms|bits|header|headers|param|prefix|suffix|"
    r"url|uri|domain|regex|pattern|rules?|exists?|present|missing|help|description|example|template|support|"
    r"supported|service|server|host|port|user|username|level|backend|database|db|table|column|space|ring|usages?|"
    r"map|board|word|words|press|down|up|code_challenge|note|comment|list|group|groups|owner|kind|at|on|by|"
    r"times?|timestamp|date|created|updated|modified|fingerprint|digest|thumbprint|warn|warning|"
    r"warnings|threshold|reuse|history|complexity|cache|lookup|budget|tokens|in|out|only|first|last|"
    r"authentication)$"
)
_KEEPS_KEYS = re.compile(r"(?:key|trust)_?store_?(?:pass|password|pwd|pw)$")
_WEBHOOK_URL = re.compile(r"webhook_?url|connection_?string|database_?url|redis_?url|dsn")
_FILE = re.compile(
    rb"(?i)\.(?:py|js|ts|go|rs|c|h|cc|cpp|java|rb|sh|json|ya?ml|toml|conf|log|txt|so|service|socket|"
    rb"path|target|mount|md)$"
)
_INNOCENT = re.compile(
    r"tokeniz|(?:^|_)(?:bos|eos|eot|eom|pad|unk|sep|cls|mask|special|prompt|completion|total|max|min|num|n|eval|input|output|"
    r"context|cached|generated|predicted|used|remaining|reasoning|first|next|stop|added|per)_tokens?(?:_|$)|token_embd|"
    r"(?:^|_)(?:public|primary|foreign|sort|partition|cache|hot|host|group|unique|composite|arrow|meta|alt|ctrl|config|"
    r"registry|row|object|message|routing|idempotency|dedup|map|index|translation|i18n|sub|json|dict|lookup|"
    r"pub|known|trust\w*|gpg|ca|sshpublic|ssh_public|authorized|foreign|range|shard|hash|col|leaf|bool)_?keys?(?:_|$)|"
    r"(?:^|_)keys?_?(?:s?pace|ring|words?|board|map|press|down|up|len|error|frame|store|type|usage|code|mgmt|word)|"
    r"author(?!i[sz]ation$)|authentic|passed|passing|passes|passive|passthrough|passage|compass|bypass|passenger|passwordless|"
    r"secretary|secrets_dir|access_?log|secret_?store|(?:exit|status|error|return|reason|response|http|zip|country|"
    r"lang|language|area|op|byte|source|event|scan|key|err|msg|http_status|disposition|currency|color|"
    r"unit|locale|qr|bar|machine|dis|tax|en|de|u|x)_?code|(?:^|_)codec|encode|decode|unicode|"
    r"pass_?(?:count|rate|through|es|ed|fail)|token_?(?:endpoint|bucket)|password_?(?:auth|prompt|check)|"
    r"(?:load|condition|import)_?credential|no_?pass|no_?auth|auth_?(?:method|type|mode|mech\w*|enabled|required|provider|db|source|config)"
)


@lru_cache(maxsize=4096)
def worth(name: bytes) -> Worth:
    """Of a name as it stands in the text: any case, camelCase, with dots, dashes or underscores."""
    words = _WORDS.findall(name.decode("ascii", "replace"))
    plain = "_".join(words).lower()
    if _FILE.search(name):
        return Worth.NOTHING
    if not plain or len(plain) > 120:
        return Worth.NOTHING
    if _INNOCENT.search(plain) and not _KEEPS_KEYS.search(plain):
        return Worth.NOTHING
    if _ABOUT.search(plain) and not _WEBHOOK_URL.search(plain) and not _ends_in_secret(plain):
        return Worth.NOTHING
    for pattern, is_worth in (
        (_ALWAYS, Worth.ALWAYS),
        (_SECRET, Worth.SECRET),
        (_TOKEN, Worth.TOKEN),
        (_KEY, Worth.KEY),
        (_HINT, Worth.HINT),
    ):
        if pattern.search(plain):
            return is_worth
    return Worth.NOTHING


def _ends_in_secret(plain: str) -> bool:
    """Names that end like what is about a secret, but are one."""
    return plain.endswith(
        ("basic_auth", "http_auth", "proxy_auth", "masterauth", "session_id")
    ) or (plain in {"auth", "authentication"})
