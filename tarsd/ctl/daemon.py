"""tarsd as tarsctl sees it: calls that return a result, start a change, or stream."""

from __future__ import annotations

import json
import os

from tarsd.ctl.errors import RefusedError, UnreachableError
from tarsd.ctl.transport import (
    BEGIN_SECONDS,
    FIRST_BYTE_SECONDS,
    NEXT_BYTES_SECONDS,
    RESTART_FIX,
    Response,
    exchange,
    request,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

DEFAULT_SOCKET = "/run/tarsd/tarsd.sock"


class Daemon:
    """Every call raises UnreachableError, NotAllowedError or RefusedError when it fails."""

    def __init__(self, path: str | None = None) -> None:
        self.path = path or os.environ.get("TARS_SOCKET") or DEFAULT_SOCKET

    def get(self, target: str, first_byte: float = FIRST_BYTE_SECONDS) -> Any:
        """The result of a GET; `first_byte` is how many seconds tarsd may take to begin."""
        answer = exchange(self.path, request("GET", target), first_byte=first_byte)
        return self.result(answer)

    def post(
        self,
        target: str,
        body: Mapping[str, object] | None = None,
        patience: float = BEGIN_SECONDS,
    ) -> Any:
        """The result of a POST; `patience` is how many seconds a live tarsd may take to begin."""
        return self.result(self._post(target, body or {}, patience))

    def start(self, target: str, body: Mapping[str, object]) -> str:
        """Starts a change and returns its id."""
        envelope = self._envelope(self._post(target, body, BEGIN_SECONDS))
        change = envelope.get("change")
        if not isinstance(change, str):
            raise self._senseless("it names no change")
        return change

    def stream(self, target: str, *, follow: bool) -> Iterator[bytes]:
        """The blocks of a text answer as they come; a followed one may rest for ever."""
        silence = None if follow else NEXT_BYTES_SECONDS
        answer = exchange(self.path, request("GET", target), next_bytes=silence)
        if answer.status != 200:
            self._envelope(answer)
            raise self._senseless(f"status {answer.status} without an error")
        return answer.chunks()

    def result(self, answer: Response) -> Any:
        """The result inside a synchronous answer."""
        envelope = self._envelope(answer)
        if "result" not in envelope:
            raise self._senseless("it holds no result")
        return envelope["result"]

    def _post(self, target: str, body: Mapping[str, object], patience: float) -> Response:
        # One that hangs is seen before it is given anything, in the 2 s of a look.
        exchange(self.path, request("GET", "/v1/version")).close()
        whole = request("POST", target, json.dumps(body).encode())
        return exchange(self.path, whole, patience=patience)

    def _envelope(self, answer: Response) -> dict[str, Any]:
        try:
            envelope: Any = json.loads(answer.read())
        except ValueError:
            raise self._senseless("it is not JSON") from None
        if not _is_object(envelope):
            raise self._senseless("it is no envelope")
        if envelope.get("type") == "error" and _is_object(envelope.get("error")):
            raise RefusedError(envelope["error"])
        return envelope

    def _senseless(self, reason: str) -> UnreachableError:
        return UnreachableError(
            f"cannot understand the answer from {self.path}: {reason}", RESTART_FIX
        )


def _is_object(value: object) -> bool:
    return isinstance(value, dict)
