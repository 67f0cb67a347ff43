"""The job that brings a message to a channel: what each answer means, and that no address is ever repeated."""

import email
import email.utils
import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from unittest.mock import MagicMock

import apprise
import pytest
import requests

from tarsd.host.in_job import deliver, deliver_apprise, deliver_http
from tarsd.host.in_job.deliver_answers import retry_after
from tests.unit.alerts.receiver import Receiver

pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr' is deprecated"
)  # a plugin of Apprise looks for it

TOKEN = "s3cr3t-t0ken"
KINDS = ("apprise", "alertmanager", "ping")


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """The job takes SIGTERM to itself; a test run does not."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def json_channel() -> Any:
    """The class of Apprise's that speaks to the receiver; a test gives it the limits of others."""
    return cast("Any", apprise.Apprise).instantiate("json://127.0.0.1").__class__


def address(kind: str, port: int) -> str:
    if kind == "apprise":
        return f"json://user:{TOKEN}@127.0.0.1:{port}/hook"
    return f"http://user:{TOKEN}@127.0.0.1:{port}/hook"


def tried(tmp_path: Path, kind: str, text: str, receipt: str | None = None) -> dict[str, Any]:
    file = tmp_path / "phone.url"
    file.write_text(text + "\n")
    given: dict[str, Any] = {"kind": kind, "address": str(file), "title": "tars: Problem",
                             "body": "redis: it hangs", "short": "", "level": "failure", "alerts": [{"labels": {}}],
                             "receipt": receipt}  # fmt: skip
    found = deliver.answer(given)
    assert TOKEN not in json.dumps(found)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_taken_leaves_a_receipt(tmp_path: Path, kind: str) -> None:
    receipt = tmp_path / "receipt"
    with Receiver() as receiver:
        found = tried(tmp_path, kind, address(kind, receiver.port), str(receipt))
    assert found == {"outcome": "sent", "why": None, "retry_after": None}
    assert receipt.exists()
    (line, body) = receiver.got[0]
    wanted = {
        "apprise": "POST /hook",
        "alertmanager": "POST /hook/api/v2/alerts",
        "ping": "GET /hook",
    }
    assert line.startswith(wanted[kind])
    assert kind != "apprise" or json.loads(body)["message"] == "redis: it hangs"
    assert len(receiver.got) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "outcome"),
    [(500, "later"), (503, "later"), (429, "later"), (408, "later"), (400, "refused"), (413, "refused"),
     (404, "wrong"), (401, "wrong"), (302, "wrong"), (307, "wrong")],
)  # fmt: skip
def test_what_an_answer_means(tmp_path: Path, kind: str, status: int, outcome: str) -> None:
    headers = {"Location": f"http://127.0.0.1:1/{TOKEN}", "Retry-After": "120"}
    receipt = tmp_path / "receipt"
    with Receiver(status=status, headers=headers) as receiver:
        found = tried(tmp_path, kind, address(kind, receiver.port), str(receipt))
    assert found["outcome"] == outcome
    assert str(status) in found["why"]
    assert found["retry_after"] == (120.0 if outcome == "later" else None)
    assert not receipt.exists()
    assert len(receiver.got) == 1, "nothing is followed or tried again here"


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_with_a_yes_is_no_yes(tmp_path: Path, kind: str) -> None:
    page = b"\n<!DOCTYPE html><html><body>Sign in to this network</body></html>"
    with Receiver(body=page, headers={"Content-Type": "text/html"}) as receiver:
        found = tried(tmp_path, kind, address(kind, receiver.port))
    assert found["outcome"] == "later"
    assert "web page" in found["why"]


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_there(tmp_path: Path, kind: str) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        found = tried(tmp_path, kind, address(kind, bound.getsockname()[1]))
    assert found["outcome"] == "later"
    assert found["why"] in ("nobody answers there", "connection refused")


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_may_mean_that_it_arrived(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver_http, "ANSWERING", 0.2)
    monkeypatch.setattr(deliver_apprise, "ANSWERING", 0.2)
    with Receiver(slow=0.6) as receiver:
        found = tried(tmp_path, kind, address(kind, receiver.port))
    assert found["outcome"] == "silent"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text", ["", "nonsense", "gopher://x", "a\nb", "http://", "://", "http://x:port/"]
)
def test_what_is_no_address(tmp_path: Path, kind: str, text: str) -> None:
    found = tried(tmp_path, kind, text)
    assert found["outcome"] == "wrong"


def test_there_is_no_file_and_one_that_is_no_text(tmp_path: Path) -> None:
    given = {"kind": "ping", "address": str(tmp_path / "phone.url")}
    assert deliver.answer(given)["why"] == "it has no address yet"
    (tmp_path / "phone.url").write_bytes(b"\xff\xfe")
    assert deliver.answer(given)["outcome"] == "wrong"


def test_a_name_that_does_not_resolve(tmp_path: Path) -> None:
    for kind, text in (("ping", "http://x.invalid/"), ("apprise", "json://x.invalid/")):
        found = tried(tmp_path, kind, text)
        assert (found["outcome"], found["why"]) == ("later", "its name cannot be resolved")


@pytest.mark.parametrize(
    ("room", "titled", "sent"),
    [(400, True, "long"), (60, True, "short"), (50, False, None), (20, True, None)],
)
def test_of_several_things_none_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, json_channel: Any, room: int, titled: bool, sent: str | None
) -> None:
    """A channel without titles has less room, for Apprise puts the title before the text."""
    monkeypatch.setattr(json_channel, "body_maxlen", room)
    monkeypatch.setattr(json_channel, "title_maxlen", 250 if titled else 0)
    words = {"long": "redis: it hangs\n" * 10, "short": "redis: it hangs\nchromadb: it hangs"}
    with Receiver() as receiver:
        where = address("apprise", receiver.port)
        found = deliver_apprise.send(
            where, "tars: two problems", words["long"], words["short"], "failure"
        )
    told = [json.loads(body)["message"].strip() for _, body in receiver.got]
    if sent is None:
        assert (found.outcome, told) == ("refused", [])
        assert "characters at a time" in str(found.why)
    else:
        assert (found.outcome, told) == ("sent", [words[sent].strip()])


TELEGRAM = "tgram://123456789:abcdefghijklmnopqrstuvwxyz123456789/12345"


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that Telegram would get, which takes them as HTML."""
    texts: list[str] = []

    def send(_: object, request: Any, **options: object) -> requests.Response:
        texts.append(json.loads(request.body)["text"])
        answer = requests.Response()
        answer.status_code, answer._content = 200, b'{"ok":true,"result":[]}'  # pyright: ignore[reportPrivateUsage]  there is no other way
        return answer

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", send)
    return texts


def test_words_of_others_are_no_markup(telegram: list[str]) -> None:
    """A service's last words, such as an error page, would be refused by it, or put a link into the message."""
    body = 'redis: said "<a href=https://x.invalid>5 < 6 & more</a>"\nSince 03:12'
    assert deliver_apprise.send(TELEGRAM, "tars: <b>", body, "", "failure").outcome == "sent"
    (text,) = telegram
    assert text.startswith("<b>tars: &lt;b&gt;</b>")
    assert "&lt;a href=https://x.invalid&gt;5 &lt; 6 &amp; more&lt;/a&gt;" in text
    assert text.splitlines()[-1] == "Since 03:12"


def test_what_grows_on_its_way_is_measured_as_it_arrives(telegram: list[str]) -> None:
    """Of 4,096 characters that Telegram takes, 3,000 of ours are too many already."""
    body = "Problem: redis: was paused\n" * 110
    ended = deliver_apprise.send(TELEGRAM, "tars", f"{body}its end", "a line each", "failure")
    assert (ended.outcome, telegram[0].splitlines()[1]) == ("sent", "a line each")


def test_a_mail_keeps_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    server = MagicMock()
    server.return_value.sendmail.return_value = {}
    monkeypatch.setattr("smtplib.SMTP", server)
    monkeypatch.setattr("smtplib.SMTP_SSL", server)
    where = "mailto://user:password@example.org?smtp=127.0.0.1"
    body = "redis: said <b>no</b>\nSince 03:12"
    assert deliver_apprise.send(where, "tars", body, "", "failure").outcome == "sent"
    mail = email.message_from_string(server.return_value.sendmail.call_args.args[2])
    assert mail.get_content_type() == "text/plain"
    told = mail.get_payload(decode=True)
    assert isinstance(told, bytes)
    assert told.decode().split() == body.split()
    assert told.decode().strip().splitlines() == body.splitlines()


def test_one_thing_is_rather_cut_than_not_told(
    monkeypatch: pytest.MonkeyPatch, json_channel: Any
) -> None:
    monkeypatch.setattr(json_channel, "body_maxlen", 20)
    with Receiver() as receiver:
        where = address("apprise", receiver.port)
        found = deliver_apprise.send(where, "tars", "redis: it hangs, and on and on", "", "failure")
    assert found.outcome == "sent"
    assert json.loads(receiver.got[0][1])["message"].startswith("redis: it hangs")


def test_what_does_not_speak_http(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        found = tried(
            tmp_path, "apprise", f"mailto://user:{TOKEN}@example.org:{port}?smtp=127.0.0.1"
        )
    assert found["outcome"] == "later"


def test_a_library_that_fails_says_nothing_of_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(address: str, *_: object) -> None:
        raise ValueError(f"cannot parse {address}")

    monkeypatch.setattr(deliver_apprise, "send", fails)
    found = tried(tmp_path, "apprise", f"json://{TOKEN}@x")
    assert found["outcome"] == "refused"
    assert found["why"] == "it cannot be sent as it is (ValueError)"


@pytest.mark.parametrize(
    "text",
    ["json://host/x", "ntfys://topic", "slack://TokenA/TokenB/TokenC/#general", "discord://123/abc",
     "tgram://123456789:abcdefg_hijklmnop/12315544/", "mailto://user:pw@example.com", "gotify://host/token",
     "pover://user@token", "matrix://user:pw@host/#room", "signal://host/12345678901/12345678902"],
)  # fmt: skip
def test_addresses_of_the_usual_channels_are_understood(text: str) -> None:
    assert deliver.answer({"kind": "look", "text": text})["outcome"] == "sent"


def test_a_disk_that_takes_no_receipt_takes_nothing_back(tmp_path: Path) -> None:
    with Receiver() as receiver:
        found = tried(tmp_path, "ping", address("ping", receiver.port), str(tmp_path / "no" / "x"))
    assert found["outcome"] == "sent"


def test_both_forms_of_retry_after() -> None:
    assert retry_after("30") == 30.0
    assert retry_after("999999") == 3600.0
    soon = email.utils.formatdate(time.time() + 90, usegmt=True)
    assert 80 <= (retry_after(soon) or 0) <= 90
    assert retry_after(email.utils.formatdate(0)) == 0.0
    for nonsense in (None, "", "soon", "-5", "1e9", "Thu, 99 Foo"):
        assert retry_after(nonsense) is None
