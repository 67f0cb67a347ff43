"""What the corpora do not weigh: keys in PEM, hashes, kinds of people and places, and what it costs."""

import base64
import random
import time

import pytest

from tarsd.redaction.recognise.everything import Everything
from tarsd.redaction.recognise.formats import FORMATS
from tarsd.redaction.recognise.keys import Worth, worth
from tarsd.redaction.recognise.recogniser import FileContext
from tarsd.redaction.spans import ADDRESS, EMAIL, HOST, MAC, SECRET, USER

everything = Everything()
BODY = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"] * 12)


def found(text: str, name: str = "service.log") -> list[tuple[str, str]]:
    raw = text.encode()
    return [
        (span.kind, raw[span.start : span.end].decode())
        for span in everything.find(raw, FileContext(name))
    ]


def hidden(text: str) -> str:
    raw, kept, at = text.encode(), b"", 0
    for span in everything.find(raw, FileContext("service.log")):
        kept, at = kept + raw[at : span.start] + b"<>", span.end
    return (kept + raw[at:]).decode()


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
def test_a_private_key_is_hidden_whole(kind: str) -> None:
    text = f"a\n-----BEGIN {kind}PRIVATE KEY-----\n{BODY}\n-----END {kind}PRIVATE KEY-----\nb"
    assert "MIIEv" not in hidden(text)
    assert "MIIEv" not in hidden(text.replace("\n", "\\n"))


def test_a_private_key_cut_off_at_either_end_is_hidden() -> None:
    assert "MIIEv" not in hidden(f"-----BEGIN PRIVATE KEY-----\n{BODY}")
    assert "MIIEv" not in hidden(f"{BODY}\n-----END PRIVATE KEY-----\n")


def test_certificates_and_public_keys_stay() -> None:
    for kind in ("CERTIFICATE", "PUBLIC KEY", "PGP PUBLIC KEY BLOCK"):
        text = f"-----BEGIN {kind}-----\n{BODY}\n-----END {kind}-----\n"
        assert hidden(text) == text
    assert found("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq3nXyzQ1mXcO0P8u2l7Qb1n4w5e6r7t8y9") == []


@pytest.mark.parametrize(
    "value",
    [
        "$2y$05$abcdefghijklmnopqrstuuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY1",
        "$6$rounds=5000$saltsalt$abcdefghijklmnopqrstuvwxyz0123456789",
        "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b7dWRWJTmaaJObG",
        "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0$c3RvcmVka2V5c3RvcmVka2V5:c2VydmVya2V5c2VydmVya2V5",
        "md5a3556571e93b0d20722ba62be61e8c2d",
    ],
)
def test_hashes_of_passwords_are_hidden(value: str) -> None:
    assert (SECRET, value) in found(f"tars:{value}:19000:0\n")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("mail to anna.b@home-lab.org failed", EMAIL, "anna.b@home-lab.org"),
        ("inet 192.168.7.12/24 brd 192.168.7.255", ADDRESS, "192.168.7.12"),
        ("inet6 2a02:8071:22c1:1::17 scope global", ADDRESS, "2a02:8071:22c1:1::17"),
        ("link/ether 3c:7c:3f:1b:2a:99 brd ff:ff:ff:ff:ff:ff", MAC, "3c:7c:3f:1b:2a:99"),
        ("Accepted publickey for anna from 10.0.0.7 port 22", USER, "anna"),
        ("cannot open /home/anna/models/x.gguf", USER, "anna"),
        ("Nov 25 13:50:57 attic systemd[1]: Started x.", HOST, "attic"),
        ("GET http://nas.attic.lan:5000/x", HOST, "nas.attic.lan"),
        ("mysql://anna:geheim7@nas:3306/x", USER, "anna"),
    ],
)
def test_people_and_places_have_kinds_of_their_own(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "listening on 127.0.0.1:5432 and [::1]:5432, 0.0.0.0:11434",
        "172.18.0.4 is the container's",
        "Chrome/126.0.6478.127 Safari/537.36, version 10.0.19045.3",
        "http://ollama:11434/api/tags, https://registry-1.docker.io/v2/",
        "getty@tty1.service, user@1000.service, hmac-sha2-512-etm@openssh.com",
        "13:50:57 std::string 0000:01:00.0",
        "session opened for user root(uid=0), user=postgres",
    ],
)
def test_what_is_everybodys_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        'checks: ["secret.perms", "secret.missing", "secret.owner"]',
        '"Env": ["POSTGRES_PASSWORD_FILE=/run/secrets/postgres-password", "PATH=/usr/bin:/bin"]',
    ],
)
def test_the_next_in_a_list_is_no_value_where_it_is_a_name_of_its_own(text: str) -> None:
    assert hidden(text) == text


def test_formats_are_named_once() -> None:
    names = [name for name, _, _ in FORMATS]
    assert len(set(names)) == len(names) > 80


@pytest.mark.parametrize(
    ("beginning", "size", "end"),
    [
        ("AKIA", 16, ""),
        ("glpat-", 20, ""),
        ("xoxb-123456789012-", 24, ""),
        ("sk-ant-api03-", 40, ""),
        ("sk-proj-", 48, ""),
        ("tskey-auth-", 30, ""),
        ("123456789:AAE", 33, ""),
        ("SG.", 22, "." + "b3" * 21 + "c"),
        ("npm_", 36, ""),
        ("pypi-AgE", 60, ""),
        ("dckr_pat_", 27, ""),
        ("AIza", 35, ""),
        ("gsk_", 52, ""),
        ("hvs.", 90, ""),
        ("SWMTKN-1-", 50, "-" + "4k" * 12 + "x"),
    ],
)
def test_a_token_is_told_by_its_form_alone(beginning: str, size: int, end: str) -> None:
    letters = "3A7B2C5D4E6F" if beginning == "AKIA" else "a3b7c2d5e9f4"
    middle = (letters * 10)[:size].replace("9", "7")
    token = f"{beginning}{middle}{end}"
    assert (SECRET, token) in found(f"it said {token} and went on")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"POSTGRES_PASSWORD", Worth.ALWAYS),
        (b"dbPassword", Worth.ALWAYS),
        (b"session_token", Worth.SECRET),
        (b"x-api-key", Worth.SECRET),
        (b"POSTGRES_PASSWORD_FILE", Worth.NOTHING),
        (b"max_tokens", Worth.NOTHING),
        (b"token_type", Worth.NOTHING),
        (b"author", Worth.NOTHING),
        (b"passed", Worth.NOTHING),
    ],
)
def test_a_name_is_worth_what_it_says(name: bytes, expected: Worth) -> None:
    assert worth(name) == expected


@pytest.mark.parametrize(
    "unit", ["a", "aB3", "password=", '{"password":"x1y2z3"},', "http://a:b@", ":", '\\"', "1.1."]
)
def test_a_line_of_anything_costs_in_proportion(unit: str) -> None:
    """Whatever a line repeats, twice as much of it takes about twice as long."""

    def cost(size: int) -> float:
        raw = (unit * (size // len(unit) + 1))[:size].encode()
        before = time.process_time()
        everything.find(raw, FileContext("x"))
        return time.process_time() - before

    small, large = cost(32 << 10), cost(128 << 10)
    assert large < 8 * small + 0.2


@pytest.mark.parametrize("escape", ["\x1b", "\\u001b", "#033", "^["])
def test_colours_part_neither_name_nor_value(escape: str) -> None:
    text = f"{escape}[36mpassword{escape}[0m={escape}[1;35mhun{escape}[0mter2{escape}[0m user=x"
    assert "hun" not in hidden(text)
    assert "ter2" not in hidden(text)
    assert hidden(text).endswith(f"{escape}[0m user=x")


def test_what_compose_puts_before_a_line_is_no_part_of_it() -> None:
    assert (
        hidden("tars-redis-1  | password: correct horse battery") == "tars-redis-1  | password: <>"
    )


def test_a_line_of_base64_costs_in_proportion() -> None:
    def cost(size: int) -> float:
        raw = base64.b64encode(random.Random(3).randbytes(size))
        before = time.process_time()
        everything.find(raw, FileContext("x"))
        return time.process_time() - before

    assert cost(192 << 10) < 8 * cost(48 << 10) + 0.2
