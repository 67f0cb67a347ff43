"""Messages to whatever Apprise knows: its own answers are a bare yes or no, so what went over HTTP is listened to here."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import apprise
import requests
from apprise import conversion
from requests.adapters import HTTPAdapter

from tarsd.host.in_job.deliver_answers import ANSWERING, CONNECTING, SENT, SILENT, Ended, judged

PLAIN = apprise.NotifyFormat.TEXT
"""What is told are words, many of them other programs': none of them may become markup, and lines stay lines.

Apprise sees to that where its channels are asked together; one that is asked by itself takes text for what it sends, be
that HTML.
"""

BLENDED = 16
"""Characters that Apprise puts around a title where a channel knows none and it goes before the text."""

WRONG = Ended("wrong", "its address is none that Apprise understands")

DEFERRED = Ended("later", "it could not be reached, or did not take the message")
"""Of what does not speak HTTP, such as mail, nothing more is known."""


class Heard:
    """What became of the requests that one message made; the first that went wrong counts."""

    def __init__(self) -> None:
        self.worst: Ended | None = None

    def note(self, ended: Ended) -> None:
        """One answer."""
        if self.worst is None and ended.outcome != "sent":
            self.worst = ended

    @contextmanager
    def listening(self) -> Generator[None, None, None]:
        """To every request meanwhile; none follows a redirection, none waits long."""
        send = HTTPAdapter.send

        def heard(adapter: HTTPAdapter, request: Any, **options: Any) -> requests.Response:
            options["timeout"] = (CONNECTING, ANSWERING)
            try:
                answer = send(adapter, request, **options)
            except requests.RequestException as error:
                silent = isinstance(error, requests.ReadTimeout)
                self.note(SILENT if silent else Ended("later", _reason(error)))
                raise
            told = {key.lower(): value for key, value in answer.headers.items()}
            ended = judged(answer.status_code, told, answer.content[:512])
            self.note(ended)
            if ended.outcome != "sent" and answer.status_code < 400:
                # Apprise would follow it, or take a portal's page for a yes
                raise requests.exceptions.InvalidURL(ended.why)
            return answer

        HTTPAdapter.send = heard  # pyright: ignore[reportAttributeAccessIssue]
        try:
            yield
        finally:
            HTTPAdapter.send = send


def look(address: str) -> Ended:
    """Whether Apprise understands the address; nobody is asked."""
    return WRONG if _channel(address) is None else SENT


def send(address: str, title: str, body: str, short: str, level: str) -> Ended:
    """One message; `level`: info, success, warning or failure. `short` is sent where the channel takes no more.

    Where there is a `short`, the message is of several things: it is refused rather than cut, for what is cut off is told
    to nobody.
    """
    channel = _channel(address)
    if channel is None:
        return WRONG
    form = channel.resolve_format(PLAIN)
    texts = [_formed(form, it) for it in (body, short)]
    room = int(channel.body_maxlen)
    if not channel.title_maxlen:
        title = _formed(form, title)
        room -= len(title) + BLENDED
    text = texts[0] if not short or len(texts[0]) <= room else texts[1]
    if short and len(text) > room:
        return Ended("refused", f"it takes {room} characters at a time")
    heard = Heard()
    with heard.listening():
        taken = channel.notify(
            body=text,
            title=title,
            notify_type=apprise.NotifyType(level),
            body_format=form,
            body_passthrough=False,
        )
    if taken:
        return SENT
    return heard.worst or DEFERRED


def _formed(form: Any, text: str) -> str:
    """The text as the channel sends it; in HTML it is longer."""
    return str(cast("Any", conversion).convert_between(PLAIN, form, text))


def _channel(address: str) -> Any:
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it would tell of addresses
    asset = apprise.AppriseAsset(app_id="tars-home", app_desc="tars-home", app_url="")
    found: Any = cast("Any", apprise.Apprise).instantiate(
        address, asset=asset, suppress_exceptions=True
    )
    if found is not None:
        found.overflow_mode = apprise.OverflowMode.TRUNCATE  # a message is one message
    return found


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate or TLS is not right"
    if isinstance(error, requests.Timeout):
        return f"no connection within {CONNECTING:.0f} s"
    said = str(error)
    if "NameResolution" in said or "getaddrinfo" in said:
        return "its name cannot be resolved"
    return "nobody answers there" if isinstance(error, requests.ConnectionError) else "no answer"
