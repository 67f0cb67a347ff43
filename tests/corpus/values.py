"""Secrets of every sort, drawn anew from a seed: none of them is anybody's."""

import base64
import random
import string
import uuid
from dataclasses import dataclass
from hashlib import sha256

_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Value:
    """`sort` says what a shape must be able to carry: "plain" goes anywhere, "signs" needs quoting, "words" has blanks."""

    id: str
    text: str
    sort: str = "plain"
    short: bool = False


def values(seed: int) -> tuple[Value, ...]:
    """One of each sort."""
    dice = random.Random(seed)

    def drawn(size: int, letters: str = _LETTERS) -> str:
        return "".join(dice.choices(letters, k=size))

    raw = sha256(str(dice.random()).encode()).digest()
    word = dice.choice(["hunter", "dragon", "sommer", "qwerty", "letmein", "monkey", "shadow"])
    body = base64.urlsafe_b64encode(
        f'{{"sub":"{drawn(6)}","exp":{dice.randrange(10**9)}}}'.encode()
    )
    return (
        Value("word-digit", f"{word}{dice.randrange(1, 99)}", short=True),
        Value("word", word + dice.choice(["", "s"]), short=True),
        Value("human", f"{word.title()}{dice.randrange(1990, 2030)}!", short=True),
        Value("hex32", drawn(32, "0123456789abcdef")),
        Value("hex64", drawn(64, "0123456789abcdef")),
        Value("alnum24", drawn(24)),
        Value("base64", base64.b64encode(raw).decode(), "base64"),
        Value("urlsafe", base64.urlsafe_b64encode(raw).decode().rstrip("=")),
        Value("uuid", str(uuid.UUID(int=dice.getrandbits(128), version=4))),
        Value(
            "signs", f"{drawn(4)}@{drawn(3)}:{drawn(2)}/{drawn(3)}#{drawn(2)}&{drawn(2)}%", "signs"
        ),
        Value("quotes", f"{drawn(4)}'{drawn(3)}\"{drawn(2)}\\{drawn(4)}", "signs"),
        Value("unicode", f"pä{drawn(4)}ß{drawn(3)}€1", "signs"),
        Value("phrase", f"{word} battery {drawn(4).lower()} staple", "words"),
        Value("github", "ghp_" + drawn(36)),
        Value("model", "hf_" + drawn(34, string.ascii_letters) + "7"),
        Value("jwt", f"eyJhbGciOiJIUzI1NiJ9.{body.decode().rstrip('=')}.{drawn(43)}"),
    )


def more(seed: int) -> tuple[Value, ...]:
    """What people and generators also make: one of each."""
    dice = random.Random(f"more {seed}")

    def drawn(size: int, letters: str = _LETTERS) -> str:
        return "".join(dice.choices(letters, k=size))

    name = dice.choice(["mittens", "banane", "liverpool", "arsenal", "pumpkin", "sonne", "juliet"])
    year = dice.randrange(1960, 2020)
    return (
        Value("word", name, short=True),
        Value("name-year", f"{name}{year}", short=True),
        Value("leet", f"P4ssw0rd{dice.randrange(10, 99)}", short=True),
        Value("number", drawn(8, string.digits), short=True),
        Value("caps", f"{name.upper()}{dice.randrange(1, 9)}", short=True),
        Value("dotted", f"{name.title()}.{year}", short=True),
        Value("dashes", f"{drawn(5).lower()}-{name}-{drawn(4).lower()}"),
        Value("under", f"my_{name}_{dice.randrange(10, 99)}", short=True),
        Value("tail", f"{drawn(6)}!{drawn(3)}?", "signs", short=True),
        Value("dollar", f"{drawn(3)}$${drawn(4)}${drawn(1)}", "signs"),
        Value("angle", f"{drawn(4)}<{drawn(3)}>{drawn(3)}*", "signs"),
        Value("brackets", f"{drawn(3)}[{drawn(3)}]({drawn(2)}){{{drawn(3)}}}", "signs"),
        Value("comma", f"{drawn(5)},{drawn(4)};{drawn(4)}", "signs"),
        Value("phrase", f"the {name} of {drawn(4).lower()} street", "words"),
        Value("hex40", drawn(40, "0123456789abcdef")),
        Value("alnum16", drawn(16)),
        Value("alnum32", drawn(32)),
        Value("long", drawn(88)),
        Value("base32", drawn(32, string.ascii_uppercase + "234567")),
        Value("base64", base64.b64encode(dice.randbytes(24)).decode(), "base64"),
        Value("padded", base64.b64encode(dice.randbytes(20)).decode(), "base64"),
    )
