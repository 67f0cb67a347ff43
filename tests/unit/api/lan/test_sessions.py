"""Sessions and tokens: only what was signed here, for this, and not long ago, is believed."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from tarsd.api.lan.refusals import NotSignedIn
from tarsd.api.lan.sessions import AUDIENCE, EPOCH, ISSUER, LIFE, LONGEST, Sessions
from tarsd.api.lan.tokens import Tokens
from tarsd.errors import BadRequest, NotFound
from tarsd.store import Database
from tarsd.store.tokens import TokenStore

NOW = 1_790_000_000.0


@pytest.fixture
def sessions() -> Sessions:
    made = Sessions()
    made.use("root", "password")
    return made


def encoded(it: object) -> str:
    raw = it if isinstance(it, bytes) else json.dumps(it, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    head, body, signature = token.split(".")
    head, body = (json.loads(base64.urlsafe_b64decode(it + "==")) for it in (head, body))
    return head, body, signature


def test_a_token_is_believed_for_its_time(sessions: Sessions) -> None:
    token, made = sessions.make(NOW)
    assert sessions.read(token, NOW + LIFE - 1) == made
    with pytest.raises(NotSignedIn, match="over"):
        sessions.read(token, NOW + LIFE)


def test_it_is_a_json_web_token_as_the_standard_has_it(sessions: Sessions) -> None:
    token, _ = sessions.make(NOW)
    head, body, _ = parts(token)
    assert (head["alg"], head["typ"]) == ("HS256", "JWT")
    assert (body["iss"], body["aud"], body["exp"] - body["iat"]) == (ISSUER, AUDIENCE, LIFE)


def forged(sessions: Sessions) -> dict[str, str]:
    """What somebody may send who has seen a token."""
    token, _ = sessions.make(NOW)
    head, body, signature = token.split(".")
    heads, claims, _ = parts(token)
    others = Sessions()
    others.use("another root", "password")
    longer = encoded({**claims, "exp": NOW + 10 * LIFE})
    none = encoded({**heads, "alg": "none"})
    own = hmac.digest(b"", f"{head}.{longer}".encode(), "sha256")
    return {
        "alg none": f"{none}.{body}.",
        "alg none, signed": f"{none}.{body}.{signature}",
        "alg None": f"{encoded({**heads, 'alg': 'None'})}.{body}.",
        "HS512": f"{encoded({**heads, 'alg': 'HS512'})}.{body}.{signature}",
        "another kid": f"{encoded({**heads, 'kid': '../../etc/passwd'})}.{body}.{signature}",
        "a key in its head": f"{encoded({**heads, 'jwk': {'k': 'AA'}})}.{body}.{signature}",
        "longer": f"{head}.{longer}.{signature}",
        "an empty key": f"{head}.{longer}.{encoded(own)}",
        "no signature": f"{head}.{body}.",
        "half of one": f"{head}.{body}.{signature[:20]}",
        "one more": f"{token}.",
        "padded": f"{token}=",
        "two parts": f"{head}.{body}",
        "another machine's": others.make(NOW)[0],
        "oversized": f"{head}.{'A' * 5000}.{signature}",
        "empty": "",
        "dots": "...",
        "no text": "\udcff\udcfe.x.y",
        "umlauts": f"{head}.{body}.ü",
    }


def test_a_forged_token(sessions: Sessions) -> None:
    for what, token in forged(sessions).items():
        with pytest.raises(NotSignedIn, match="not valid"):
            raise AssertionError(f"{what}: {sessions.read(token, NOW)}")


@pytest.mark.parametrize(
    "claim", [{"aud": "tars-backend"}, {"iss": "somebody"}, {"aud": [AUDIENCE]}]
)
def test_a_token_for_something_else(sessions: Sessions, claim: dict[str, Any]) -> None:
    """Signed with the right key, as a neighbour who shares the root might: the audience is another."""
    token, _ = sessions.make(NOW)
    head, claims = token.split(".")[0], parts(token)[1]
    _, key = sessions._key(int(NOW // EPOCH))  # pyright: ignore[reportPrivateUsage]  who shares the root has it, too
    said = f"{head}.{encoded({**claims, **claim})}"
    signed = f"{said}.{encoded(hmac.digest(key, said.encode(), hashlib.sha256))}"
    with pytest.raises(NotSignedIn, match="not valid"):
        sessions.read(signed, NOW)


def test_a_session_that_was_ended(sessions: Sessions) -> None:
    token, made = sessions.make(NOW)
    again, _ = sessions.make(NOW + 60, made)
    sessions.end(made.id, NOW + LONGEST, NOW)
    for each in (token, again):
        with pytest.raises(NotSignedIn, match="ended"):
            sessions.read(each, NOW + 61)


def test_a_page_that_is_used_goes_on_for_half_a_day(sessions: Sessions) -> None:
    token, made = sessions.make(NOW)
    now = NOW
    while now < NOW + LONGEST - LIFE:
        now += LIFE / 2 + 1
        assert sessions.due(sessions.read(token, now), now)
        token, made = sessions.make(now, made)
    assert made.expires <= NOW + LONGEST
    with pytest.raises(NotSignedIn, match="over"):
        sessions.read(token, NOW + LONGEST)


def test_a_new_key_each_day_and_the_one_before_still_lives(sessions: Sessions) -> None:
    midnight = (NOW // EPOCH + 1) * EPOCH
    token, _ = sessions.make(midnight - 60)
    assert sessions.read(token, midnight + 60)
    assert parts(sessions.make(midnight + 60)[0])[0]["kid"] != parts(token)[0]["kid"]


@pytest.mark.parametrize(
    "now", [("another root", "password"), ("root", "another password"), (None, None)]
)
def test_a_new_secret_or_password_ends_every_session(
    sessions: Sessions, now: tuple[str | None, str | None]
) -> None:
    token, _ = sessions.make(NOW)
    sessions.use(*now)
    with pytest.raises(NotSignedIn):
        sessions.read(token, NOW)


def test_a_clock_that_was_put_back(sessions: Sessions) -> None:
    token, _ = sessions.make(NOW)
    assert sessions.read(token, NOW - 200)
    with pytest.raises(NotSignedIn):
        sessions.read(token, NOW - 3600)


async def test_a_long_lived_token_is_shown_once_and_kept_as_a_hash(database: Database) -> None:
    tokens = Tokens(TokenStore(database), lambda: NOW)
    text, made = await tokens.create("grafana", "metrics", 60)
    assert tokens.who(text).role == "metrics"
    rows = await database.read(lambda c: [tuple(it) for it in c.execute("SELECT * FROM token")])
    assert text not in str(rows)
    assert made.hash == hashlib.sha256(text.encode()).digest()
    again = Tokens(TokenStore(database), lambda: NOW)
    await again.load()
    assert again.who(text).name == "grafana"


async def test_an_expired_and_a_revoked_token(database: Database) -> None:
    now = [NOW]
    tokens = Tokens(TokenStore(database), lambda: now[0])
    old, _ = await tokens.create("old", "viewer", 60)
    gone, _ = await tokens.create("gone", "viewer", 6000)
    await tokens.revoke("gone")
    now[0] += 61
    with pytest.raises(NotSignedIn, match="old has expired"):
        tokens.who(old)
    with pytest.raises(NotSignedIn, match="not known"):
        tokens.who(gone)
    with pytest.raises(NotFound):
        await tokens.revoke("gone")


@pytest.mark.parametrize(
    "text", ["", "tars_", "tars_" + "x" * 43, "tars_" + "x" * 9000, "tars_ü", "tars_../x"]
)
async def test_a_token_that_nobody_made(database: Database, text: str) -> None:
    with pytest.raises(NotSignedIn):
        Tokens(TokenStore(database), time.time).who(text)


@pytest.mark.parametrize(
    ("name", "role", "seconds"),
    [
        ("", "viewer", 60),
        ("a b", "viewer", 60),
        ("x" * 41, "viewer", 60),
        ("../x", "viewer", 60),
        ("a", "root", 60),
        ("a", "viewer", 0),
        ("a", "viewer", 1e12),
    ],
)
async def test_a_token_that_cannot_be(
    database: Database, name: str, role: str, seconds: float
) -> None:
    tokens = Tokens(TokenStore(database), time.time)
    with pytest.raises(BadRequest):
        await tokens.create(name, role, seconds)
    await tokens.create("taken", "viewer", 60)
    with pytest.raises(BadRequest, match="of that name"):
        await tokens.create("taken", "viewer", 60)
