"""SCRAM-SHA-256 against the example of RFC 7677, section 3."""

import pytest

from tarsd.host.conversation import UnexpectedAnswer
from tarsd.host.postgres import scram
from tarsd.host.postgres.scram import MOST_KEYS, ClientFirst, SaltedKeys, new_nonce, verifier
from tests.unit.fake_postgres import SALT, kept

NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = (
    b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
)
FINAL = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


async def test_the_example_of_the_rfc() -> None:
    first = ClientFirst(NONCE, "user")
    assert first.message() == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    final = await first.answer(SERVER_FIRST, "pencil")
    assert final.message() == FINAL
    final.verify(SERVER_FINAL)


async def test_another_password_makes_another_proof_and_expects_another_signature() -> None:
    final = await ClientFirst(NONCE, "user").answer(SERVER_FIRST, "pen")
    assert final.message() != FINAL
    with pytest.raises(UnexpectedAnswer, match="does not know the password"):
        final.verify(SERVER_FINAL)


async def test_a_password_that_is_not_ascii_is_the_same_however_it_was_typed() -> None:
    """One letter, or a letter and its accent."""
    one, two = [
        await ClientFirst(NONCE).answer(SERVER_FIRST, typed)
        for typed in ("caf\u00e9", "cafe\u0301")
    ]
    assert one == two


def test_a_nonce_is_printable_without_a_comma_and_new_each_time() -> None:
    nonces = {new_nonce() for _ in range(100)}
    assert len(nonces) == 100
    assert all(nonce.isascii() and nonce.isprintable() and "," not in nonce for nonce in nonces)


def test_a_verifier_is_what_the_server_would_have_kept_itself() -> None:
    assert verifier("pencil", SALT) == kept("pencil")


def test_a_verifier_is_never_the_same_twice() -> None:
    assert verifier("a") != verifier("a")


async def test_a_key_is_derived_once_for_each_password_salt_and_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    derived: list[str] = []

    def salted(password: str, salt: bytes, count: int) -> bytes:
        derived.append(password)
        return f"{password} {salt!r} {count}".encode()

    monkeypatch.setattr(scram, "_salted", salted)
    keys = SaltedKeys()
    first = await keys.derive("pencil", b"salt", 4096)
    assert await keys.derive("pencil", b"salt", 4096) == first
    assert derived == ["pencil"]
    others = [("pen", b"salt", 4096), ("pencil", b"pepper", 4096), ("pencil", b"salt", 4097)]
    assert len({await keys.derive(*other) for other in others} | {first}) == 4
    assert len(derived) == 4


async def test_a_server_that_makes_up_salts_fills_no_memory() -> None:
    keys = SaltedKeys()
    for number in range(3 * MOST_KEYS):
        await keys.derive("pencil", str(number).encode(), 1)
    assert len(keys) == MOST_KEYS
    assert "pencil" not in repr(vars(keys))
