"""Messages that need nothing but HTTP: alerts for an Alertmanager, and the heartbeat."""

import base64
import http.client
import json
import socket
import ssl
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from tarsd.host.in_job.deliver_answers import ANSWERING, CONNECTING, SILENT, Ended, judged

BEGINNING = 512
"""Bytes of an answer that are read."""


def alertmanager(address: str, alerts: list[dict[str, Any]]) -> Ended:
    """POST them to its API, v2. An address without a path is its root."""
    found = _split(address)
    if found is None:
        return WRONG
    path = f"{found.path.rstrip('/')}/api/v2/alerts"
    ended = _ask(found, "POST", path, json.dumps(alerts).encode())
    if ended.outcome == "refused" and ended.why is not None:
        return Ended("refused", f"{ended.why}: is it an Alertmanager with API v2 (0.16 or later)?")
    return ended


def ping(address: str) -> Ended:
    """GET it."""
    found = _split(address)
    if found is None:
        return WRONG
    return _ask(
        found, "GET", (found.path or "/") + (f"?{found.query}" if found.query else ""), None
    )


WRONG = Ended("wrong", "its address must begin with http:// or https:// and name a host")


def _split(address: str) -> SplitResult | None:
    try:
        found = urlsplit(address)
        usable = found.scheme in ("http", "https") and bool(found.hostname)
        _ = found.port  # raises where it is none
    except ValueError:
        return None
    return found if usable and address.isascii() and " " not in address else None


def _ask(found: SplitResult, method: str, path: str, body: bytes | None) -> Ended:
    assert found.hostname is not None
    headers = {"User-Agent": "tarsd", "Accept": "*/*"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if found.username is not None:
        pair = f"{unquote(found.username)}:{unquote(found.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    kind = http.client.HTTPSConnection if found.scheme == "https" else http.client.HTTPConnection
    connection = kind(found.hostname, found.port, timeout=CONNECTING)
    sent = False
    try:
        connection.connect()
        assert connection.sock is not None
        connection.sock.settimeout(ANSWERING)
        connection.request(method, path, body, headers)
        sent = True
        response = connection.getresponse()
        told = {key.lower(): value for key, value in response.getheaders()}
        return judged(response.status, told, response.read(BEGINNING))
    except TimeoutError:
        return SILENT if sent else Ended("later", f"no connection within {CONNECTING:.0f} s")
    except ssl.SSLError as error:
        return Ended("later", f"its certificate or TLS is not right: {_reason(error)}")
    except (OSError, http.client.HTTPException) as error:
        return Ended("later", _reason(error))
    finally:
        connection.close()


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    if isinstance(error, ssl.SSLError):
        return str(getattr(error, "verify_message", "") or error.reason or "handshake failed")
    if isinstance(error, http.client.HTTPException):
        return "what it answers is no HTTP"
    return str(getattr(error, "strerror", None) or type(error).__name__).lower()
