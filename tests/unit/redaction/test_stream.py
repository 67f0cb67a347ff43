"""Whatever is known is in no output, however it was written and wherever a piece of the stream ended."""

import base64
import io
import random
import re
import secrets
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tarsd.redaction import windows
from tarsd.redaction.known import Inventory, Known
from tarsd.redaction.recognise.everything import Everything
from tarsd.redaction.recognise.recogniser import FileContext, Recogniser
from tarsd.redaction.search import Searcher
from tarsd.redaction.spans import EMAIL, HOST, SECRET, USER, Span
from tarsd.redaction.stream import Limits, Outcome, Redactor
from tarsd.redaction.tokens import Tokens
from tests.unit.redaction.written import SPLITTERS, WRITERS, around, values

KEY = b"a key of the tests"
quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def knowing(
    *known: str | Known, by: Sequence[Recogniser] = (), limits: Limits | None = None
) -> Redactor:
    made = [it if isinstance(it, Known) else Known(it, "a test") for it in known]
    return Redactor(Inventory(made), by, Tokens(KEY), limits)


def redacted(redactor: Redactor, text: str | bytes, name: str = "x.log") -> str:
    target = io.BytesIO()
    source = text.encode() if isinstance(text, str) else text
    outcome = redactor.redact(name, io.BytesIO(source), target)
    assert outcome.withheld is None
    assert outcome.size == len(target.getvalue())
    assert outcome.lines == target.getvalue().count(b"\n")
    return target.getvalue().decode()


def clean(value: str, text: str) -> bool:
    return Searcher(Inventory([Known(value, "a test")])).hits(io.BytesIO(text.encode())) == 0


@pytest.mark.parametrize("writer", WRITERS)
@given(value=values, near=around)
@quick
def test_known_in_every_encoding(writer: str, value: str, near: str) -> None:
    text = f"12:00 {WRITERS[writer](value, near)} done"
    shown = redacted(knowing(value), text)
    assert "<secret:" in shown
    assert shown.startswith("12:00 ")
    assert shown.endswith(" done")
    assert clean(value, shown)
    assert not clean(value, text), "the gate would not see it"


@pytest.mark.parametrize("splitter", SPLITTERS)
@given(value=values)
@quick
def test_known_where_something_parts_it(splitter: str, value: str) -> None:
    text = f"12:00 got {SPLITTERS[splitter](value)}\n12:01 done\n"
    shown = redacted(knowing(value), text)
    assert "<secret:" in shown
    assert shown.endswith("12:01 done\n")
    assert clean(value, shown)
    assert not clean(value, text), "the gate would not see it"


@given(writer=st.sampled_from(sorted(WRITERS)), value=values, at=st.integers(0, 3000))
@quick
def test_known_on_every_border_of_a_piece(
    writer: str, value: str, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BODY", "AHEAD", "BEHIND"):
        monkeypatch.setattr(windows, name, 64)
    written = WRITERS[writer](value, "")
    for filler in ("innocent words\n", "innocent words "):
        before = (filler * 300)[:at]
        shown = redacted(knowing(value), f"{before}{written} {filler * 50}")
        assert clean(value, shown)
        assert shown.count(filler) >= 50


@given(value=values, splitter=st.sampled_from(sorted(SPLITTERS)), at=st.integers(0, 900))
@quick
def test_parts_one_after_the_other_are_the_file(value: str, splitter: str, at: int) -> None:
    """Also where a value stands across their border: it is then two tokens."""
    innocent = "innocent wörds\n" * 80
    text = f"{innocent[:at]}{SPLITTERS[splitter](value)}\n{innocent}".encode()
    redactor, source, target = knowing(value), io.BytesIO(text), io.BytesIO()
    whole = redacted(redactor, text)
    for part in windows.parts(source, 3):
        assert redactor.redact("x", source, target, part).withheld is None
    shown = target.getvalue().decode()
    assert clean(value, shown)
    assert re.sub("(<[^>]*>)+", "<>", shown) == re.sub("(<[^>]*>)+", "<>", whole)


@given(st.lists(values, min_size=2, max_size=5), st.randoms())
@quick
def test_nothing_else_is_touched(known: list[str], chance: random.Random) -> None:
    words = ["sha256:" + secrets.token_hex(32), "v1.23.4", "2026-11-25T12:00:00Z", "0.0.0.0:8080"]
    text = " ".join(chance.choices(words, k=200))
    if not any(value in text for value in known):
        assert redacted(knowing(*known), text) == text


@pytest.mark.parametrize(
    "value",
    [secrets.token_hex(24), "459399149628dbab2ba0" + "0123456789abcdef01234567"],
    ids=["drawn", "kept"],
)
def test_a_cut_off_value_and_one_that_is_wrapped_behind_a_prefix(value: str) -> None:
    """Also where a piece of it has no letter."""
    assert value[:20] not in redacted(knowing(value), f"connecting with {value[:20]}...")
    shown = redacted(knowing(value), f"webui-1  | {value[:24]}\nwebui-1  | {value[24:]}\n")
    assert value[:12] not in shown
    assert value[-12:] not in shown


def test_the_same_value_is_the_same_token_however_it_is_written() -> None:
    shown = redacted(
        knowing('pa"ss/word+1'), 'a pa"ss/word+1 b pa\\"ss/word+1 c pa%22ss%2Fword%2B1'
    )
    a, b, c = (
        part.split()[0] for part in (shown[2:], shown.split(" b ")[1], shown.split(" c ")[1])
    )
    assert a == b == c


def test_a_token_in_a_url_leaves_it_one() -> None:
    shown = redacted(knowing("hunter2-hunter2"), "postgresql://tars:hunter2-hunter2@db:5432/webui")
    parts = urlsplit(shown)
    assert (parts.username, parts.hostname, parts.port, parts.path) == (
        "tars",
        "db",
        5432,
        "/webui",
    )


def test_a_short_one_beside_a_key_only() -> None:
    redactor = knowing("a1b")
    for text in (
        "password=a1b",
        '"db_password": "a1b"',
        "redis://:a1b@x",
        "--token a1b",
        "pw: a1b",
    ):
        assert "a1b" not in redacted(redactor, text), text
    assert redacted(redactor, "build a1b of a1bc") == "build a1b of a1bc"


def test_a_name_as_a_word_of_its_own_only() -> None:
    redactor = knowing(Known("anna", "passwd", USER), Known("nuc", "hostname", HOST))
    shown = redacted(redactor, "/home/anna/x anna@nuc annabel nuclear")
    assert "annabel nuclear" in shown
    assert "/anna/" not in shown
    assert "@nuc " not in shown


def test_a_name_that_is_in_every_other_line_is_no_name() -> None:
    redactor = knowing(
        Known("host", "hostname", HOST), Known("ai", "passwd", USER), "hunter2-hunter2"
    )
    shown = redacted(redactor, "host ai hunter2-hunter2")
    assert shown.startswith("host ai <secret:")
    assert Searcher(redactor.inventory).hits(io.BytesIO(shown.encode())) == 0


def test_a_name_in_other_cases() -> None:
    assert (
        "nuc"
        not in redacted(knowing(Known("anna-nuc", "hostname", HOST)), "ANNA-NUC anna-nuc").lower()
    )


def test_a_value_as_long_as_a_file() -> None:
    value = "\n".join(secrets.token_urlsafe(48) for _ in range(400))
    redactor = knowing(value)
    coded = base64.b64encode(value.encode()).decode()
    shown = redacted(redactor, f"a {value} b {coded} c {value!r} d")
    assert all(part not in shown for part in value.split("\n"))
    assert Searcher(redactor.inventory).hits(io.BytesIO(shown.encode())) == 0
    assert len(shown) < 2000


def test_half_a_letter_in_a_known_value_is_no_defect() -> None:
    assert "hunter2" not in redacted(knowing("hunter2\ud800-hunter2"), "x hunter2-hunter2")


def test_a_value_of_which_little_is_left_without_its_quotes_and_dollars() -> None:
    redactor = knowing("faZ$0('")
    assert "faZ" not in redacted(redactor, "12:00 faZ$\x1b[0m0('\n")
    assert redacted(redactor, "12:00 faZ 0( and on\n") == "12:00 faZ 0( and on\n"


def test_a_sign_that_cannot_be_seen_parts_nothing() -> None:
    text = "as it was said: hunter2\x01-hunt\x7fer2, and so on for a while" + " and on" * 20
    assert "hunt" not in redacted(knowing("hunter2-hunter2"), text)


class Finds:
    """Recognises what follows `found=`."""

    def find(self, text: bytes, context: FileContext) -> Iterable[Span]:
        at = text.find(b"found=")
        if at >= 0:
            end = text.find(b" ", at)
            yield Span(at + 6, len(text) if end < 0 else end, SECRET, "test/found")


def test_what_is_recognised_in_one_file_is_known_in_all() -> None:
    redactor = knowing(by=[Finds()])
    assert redactor.discover("env", io.BytesIO(b"found=r3cognised-once x")) is None
    coded = base64.b64encode(b"user:r3cognised-once").decode()
    shown = redacted(redactor, f"r3cognised-once and {coded}")
    assert shown.count("<secret:") == 2
    assert [known.value for known in redactor.inventory.knowns] == ["r3cognised-once"]


@pytest.mark.parametrize(
    ("seen", "elsewhere"),
    [
        ("uid=1000(karolina) gid=1000(karolina)", "asked by karolina (again)"),
        ("ls /home/karolina/models", "Karolina: no such model"),
        ("from: karolina.m@home.example.eu, to: x", "bounced KAROLINA.M@HOME.EXAMPLE.EU."),
        ("GET http://speicher.heim:5000/x", "no route to speicher.heim"),
    ],
)
def test_who_is_recognised_in_one_file_is_known_in_all(seen: str, elsewhere: str) -> None:
    redactor = knowing(by=[Everything()])
    name = re.search(r"karolina[.@\w]*|speicher\.heim", seen)
    assert name is not None
    assert redactor.discover("a.log", io.BytesIO(seen.encode())) is None
    first, second = redacted(redactor, seen), redacted(redactor, elsewhere)
    assert name[0] not in second.lower()
    token = re.search("<[a-z]+:[0-9a-f]{6}>", second)
    assert token is not None
    assert token[0] in first, "the same token"


def test_a_user_who_is_a_word_stays_where_he_was_found() -> None:
    redactor = knowing(by=[Everything()])
    redactor.discover("a.log", io.BytesIO(b"/home/will/x user=active http://nas/x"))
    text = "the active one will mount nas"
    assert redacted(redactor, text) == text


def test_a_plain_word_is_not_carried_to_other_files() -> None:
    redactor = knowing(by=[Finds()])
    redactor.discover("env", io.BytesIO(b"found=postgres x"))
    assert redacted(redactor, "postgres is up") == "postgres is up"


class Breaks:
    """Fails as a defect would."""

    def find(self, text: bytes, context: FileContext) -> Iterable[Span]:
        raise KeyError(text.decode())


def outcome(redactor: Redactor, text: bytes) -> Outcome:
    return redactor.redact("x", io.BytesIO(text), io.BytesIO())


def test_a_redactor_that_fails_withholds_the_file_and_says_nothing_of_it() -> None:
    redactor = knowing(by=[Breaks()])
    assert redactor.discover("x", io.BytesIO(b"hunter2")) == "the redactor failed on it (KeyError)"
    assert outcome(redactor, b"hunter2") == Outcome(withheld="the redactor failed on it (KeyError)")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x7fELF\x02\x01\x01\x00\x00", "binary"),
        ("word".encode("utf-16"), "binary"),
        (b"caf\xe9 closed\n", "not text in UTF-8"),
        (b"x" * 3000, "larger than"),
        ("cut in the middle: ä".encode()[:-1], "not text in UTF-8"),
    ],
)
def test_what_cannot_be_read_is_withheld(content: bytes, why: str) -> None:
    limited = knowing("hunter2", limits=Limits(size=2000))
    assert why in str(outcome(limited, content).withheld)


def test_a_line_and_a_time_beyond_the_limits() -> None:
    assert "a line" in str(outcome(knowing(limits=Limits(line=100)), b"x" * 101).withheld)
    assert outcome(knowing(limits=Limits(line=100)), b"x\n" * 101).withheld is None
    assert "took longer" in str(outcome(knowing(limits=Limits(seconds=-1)), b"x").withheld)


def test_a_letter_on_the_border_of_a_piece_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BODY", "AHEAD", "BEHIND"):
        monkeypatch.setattr(windows, name, 7)
    assert redacted(knowing("hunter2-hunter2"), "äöü€漢" * 50) == "äöü€漢" * 50


def test_kinds_are_counted() -> None:
    known = [Known("hunter2-hunter2", "a"), Known("anna@example.org", "b", EMAIL)]
    told = outcome(knowing(*known), b"hunter2-hunter2 anna@example.org hunter2-hunter2")
    assert told.redactions == {"secret": 2, "email": 1}
