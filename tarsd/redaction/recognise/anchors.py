"""Where it is worth looking at all: fixed strings, found in one go, so that innocent lines cost next to nothing."""

from collections.abc import Iterator
from enum import IntEnum

from ahocorasick_rs import BytesAhoCorasick, Implementation


class Family(IntEnum):
    """Who looks where an anchor is found."""

    NAME = 0
    URL = 1
    AT = 2
    COMMAND = 3
    HEADER = 4
    SQL = 5
    HASH = 6
    PEM = 7
    FILE = 8
    MANIFEST = 9
    USER = 10
    HOST = 11
    CALL = 12
    BOUND = 13


# All in lower case. A name's anchors are the stems of keys.py that stand at no fixed border.
ANCHORS: dict[Family, tuple[bytes, ...]] = {
    Family.NAME: tuple(
        b'pass pwd pswd passwort contrase secret token key auth cred cookie sess bearer psk jwt otp pw sig= '
        b'sig" signature hmac salt seed mnemonic recovery webhook dsn connectionstring connection_string csrf sid= sid" '
        b'kennwort wachtwoord senha heslo parola salasana '
        b'xsrf sid: nonce license licence community phrase signing pin= pin: pin" sas= _code code"'.split()
    ),
    Family.URL: (b"://", b":\\/\\/", b"%3a%2f%2f", b"%253a%252f%252f", b":&#47;&#47;", b"&#58;//"),
    Family.AT: (b"@", b"%40"),
    Family.COMMAND: (
        *(
            before + b"-" + flag
            for before in (b" ", b'"', b"'", b"\0", b"\\0", b"\\x00")
            for flag in (b"p", b"u", b"a", b"w", b"k", b"x", b"c ", b't"', b"t ", b"b", b"hp")
        ),
        b"chpasswd",
        b'auth"\n',
        b'requirepass"\n',
        b"community ",
        b"community6 ",
        b"rootpw ",
        b"/user:",
        b"pass:",
        b"/p:",
        b"login ",
        b"authtoken ",
        b"--stdin",
        b"-stdin",
        b"from-literal",
        b"echo ",
        b"printf ",
        b"auth ",
        b'"auth" ',
        b"setuser",
        b"wpa_passphrase",
        b"iwconfig",
        b"add_user",
        b"change_password",
        b"authenticate_user",
        b'send "',
        b'send -- "',
        b'requirepass" ',
        b" >",
        b"--user",
        b"--proxy-user",
        b"--auth",
        b"configure set",
        b"--token",
        b"identify ",
        b"auth-pass ",
        b"dns ",
        b"sqlplus ",
        b"nmcli ",
        b"ssh-keygen ",
        b"openssl ",
        b" -nb",
        b" -bn",
        b"<<<",
        b"<(echo",
        b"<(printf",
        b"auth\r\n",
        b"auth\n$",
        b"auth\\r\\n",
        b"> pass ",
        b'"pass ',
        b'xauth "',
        b': eap "',
        b': ntlm "',
    ),
    Family.HEADER: (
        b"bearer", b"basic ", b"token ", b"negotiate ", b"apikey ", b"cookie", b"digest ", b"aws4-hmac", b"basic%20",
        b"bearer%20", b" -b ",
    ),
    Family.SQL: (
        b"identified", b"password '", b"password '", b"password\t'", b"password e'", b"password $", b"crypt(",
        b"pgp_sym_", b"encrypt(", b"insert into", b"set password", b"copy ",
        b"replace into", b"password = '", b"password='", b"token = '",
        b"token='", b"secret='", b"secret = '", b"key = '", b"key='", b"password to '", b"md5('", b"hmac(", b"pragma ",
    ),
    Family.HASH: (
        b"scram-sha-256$", b"md5", b"$2a$", b"$2b$", b"$2x$", b"$2y$", b"$5$", b"$6$", b"$1$", b"$y$", b"$7$",
        b"$gy$", b"$apr1$", b"$argon2", b"pbkdf2", b"scrypt:", b"$scrypt$", b"{ssha", b"{sha", b"{smd5", b"{crypt",
        b"{pbkdf2", b"{plain", b"{clear",
    ),
    Family.PEM: (b"private key",),
    Family.FILE: (b"machine ", b"password ", b":*:", b":5432:", b"form-data",
                  b"auth_users", b"auth.users", b"authusers", b"basic_auth", b"basicauth"),
    Family.MANIFEST: (b"stringdata", b"kind: secret", b'"kind": "secret"', b'"kind":"secret"'),
    Family.USER: (
        b"user", b"login", b"logname", b"uname", b"owner", b"/home/", b"/users/", b"\\users\\", b"uid=", b"gid=",
        b'role "', b"sudo:", b"password for ", b"accepted ",
    ),
    Family.CALL: (
        b".login(", b"basicauth(", b"basic_auth(", b"auth=(", b"mysqli", b"mysql_connect(", b"pdo(", b"pdo->", b"jwt.",
        b"createhmac(", b"cipher(", b"cipheriv(", b"hmac.new(", b"fernet(", b"hashpw(", b"passwd(", b"password(",
        b"password_hash(", b"securestring",
    ),
    Family.BOUND: (b"parameters: $",),
    Family.HOST: (
        b"hostname", b"host_name", b"nodename", b"server_name", b"servername", b"fqdn", b"computer", b"workgroup",
    ),
}  # fmt: skip
_WORD = bytes.maketrans(
    bytes(range(256)),
    bytes(
        0x61 if chr(byte) in "_-+" or (byte < 128 and chr(byte).isalnum()) else 0x20
        for byte in range(256)
    ),
)
SHORTEST_RUN = 20
_RUN = b"a" * SHORTEST_RUN


class Anchors:
    """Made once; asked for each piece of text."""

    def __init__(self) -> None:
        pairs = [(anchor, family) for family, anchors in ANCHORS.items() for anchor in anchors]
        self._families = [family for _, family in pairs]
        self._finds = BytesAhoCorasick(
            [anchor for anchor, _ in pairs], implementation=Implementation.DFA
        )

    def found(self, text: bytes) -> Iterator[tuple[Family, int, int]]:
        """Family, start and end of each anchor, from left to right."""
        families = self._families
        for number, start, end in self._finds.find_matches_as_indexes(
            text.lower(), overlapping=True
        ):
            yield families[number], start, end


def runs(text: bytes) -> Iterator[tuple[int, int]]:
    """Where letters, digits and `_-+` stand side by side for so long that a machine may have drawn them."""
    plain = text.translate(_WORD)
    start = plain.find(_RUN)
    while start >= 0:
        end = plain.find(b" ", start + SHORTEST_RUN)
        if end < 0:
            end = len(plain)
        yield start, end
        start = plain.find(_RUN, end)
