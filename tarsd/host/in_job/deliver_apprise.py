"""Messages to whatever Apprise knows: its own answers are a bare yes or no, so what went over HTTP is listened to here."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import apprise
import requests
from requests.adapters import HTTPAdapter

from tarsd.host.in_job.deliver_answers import ANSWERING, CONNECTING, SENT, SILENT, Ended, judged

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
    room = _room(channel, title)
    fitting = body if len(body) <= room or not short else short
    if short and len(fitting) > room:
        return Ended("refused", f"it takes {room} characters at a time")
    heard = Heard()
    with heard.listening():
        taken = channel.notify(body=fitting, title=title, notify_type=apprise.NotifyType(level))
    if taken:
        return SENT
    return heard.worst or DEFERRED


def _room(channel: Any, title: str) -> int:
    """Characters for the text: where a channel knows no titles, Apprise puts them before it."""
    return int(channel.body_maxlen) - (0 if channel.title_maxlen else len(title) + 2)


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
