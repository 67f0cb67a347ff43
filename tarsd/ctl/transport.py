"""HTTP/1.1 over tarsd's Unix socket, by hand: http.client alone would double the start-up cost."""

from __future__ import annotations

import select
import socket
import time

from tarsd.ctl.errors import NotAllowedError, UnreachableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_BYTE_SECONDS = 2.0
NEXT_BYTES_SECONDS = 10.0
BEGIN_SECONDS = 60.0  # what tarsd may take to begin a change: three writes to a disk that may stall
LINE_LIMIT = 65536
BLOCK_BYTES = 65536
START_FIX = "sudo systemctl start tarsd"
RESTART_FIX = "sudo systemctl restart tarsd"


def request(method: str, target: str, body: bytes = b"") -> bytes:
    """A whole request with a JSON body, ready to send."""
    return request_head(method, target, len(body), "application/json") + body


def request_head(method: str, target: str, length: int, media: str) -> bytes:
    """The request line and the headers; a POST announces a body of `length` bytes."""
    lines = [f"{method} {target} HTTP/1.1", "Host: tarsd", "Connection: close"]
    if method == "POST":
        lines += [f"Content-Type: {media}", f"Content-Length: {length}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def connect(path: str, deadline: float) -> socket.socket:
    """Opens the socket before `deadline` (monotonic); its error says why it could not."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        while True:
            connection.settimeout(_seconds_until(deadline))
            try:
                connection.connect(path)
            except BlockingIOError:
                # the queue of waiting clients is full: a burst passes, a hung tarsd does not
                time.sleep(0.05)
            else:
                return connection
    except OSError as error:
        connection.close()
        raise _no_connection(path, error) from None


def exchange(
    path: str,
    whole_request: bytes,
    *,
    first_byte: float = FIRST_BYTE_SECONDS,
    next_bytes: float | None = NEXT_BYTES_SECONDS,
    patience: float | None = None,
) -> Response:
    """Sends a request and returns its answer, the body still unread.

    `first_byte` seconds cover connecting, sending and the first byte of the answer; `next_bytes`
    is the longest silence after that, None for a stream that may rest. With `patience` the first
    byte may take that many seconds, as long as tarsd proves alive: for what waits for a disk.
    """
    deadline = time.monotonic() + first_byte
    connection = connect(path, deadline)
    try:
        connection.settimeout(_seconds_until(deadline))
        connection.sendall(whole_request)
        if patience is not None:
            wait_for(path, connection, select.POLLIN, first_byte, patience)
            deadline = time.monotonic() + first_byte
        connection.settimeout(_seconds_until(deadline))
    except OSError as error:
        connection.close()
        raise _no_answer(path, error) from None
    except BaseException:
        connection.close()
        raise
    return Response(connection, path, next_bytes)


def wait_for(
    path: str,
    connection: socket.socket,
    events: int,
    silence: float,
    patience: float = float("inf"),
) -> int:
    """Waits until `connection` is ready for one of `events`, and returns for which.

    After every `silence` seconds tarsd is asked whether it is alive, so that a dead one is seen as
    dead however long a live one may take. Raises UnreachableError, also after `patience` seconds.
    """
    poller = select.poll()
    poller.register(connection, events)
    end = time.monotonic() + patience
    while not (ready := poller.poll(min(silence, max(end - time.monotonic(), 0)) * 1000)):
        exchange(path, request("GET", "/v1/version")).close()
        if time.monotonic() >= end:
            raise UnreachableError(
                f"cannot tell whether it began: tarsd is running and has not said for {patience:g} s",
                "tarsctl changes",
            )
    return ready[0][1]


class Response:
    """An answer whose head is read; the body comes from `chunks` or `read`, once."""

    def __init__(
        self, connection: socket.socket, path: str, next_bytes: float | None = NEXT_BYTES_SECONDS
    ) -> None:
        self._connection = connection
        self._path = path
        self._file = connection.makefile("rb")
        try:
            self.status = self._read_status()
            connection.settimeout(next_bytes)
            self._headers = self._read_headers()
        except (OSError, ValueError) as error:
            self.close()
            raise _no_answer(path, error) from None

    def read(self) -> bytes:
        """The whole body."""
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """The body as it arrives; raises UnreachableError when it ends early or goes silent."""
        try:
            if self._headers.get("transfer-encoding", "").lower() == "chunked":
                yield from self._chunked()
            elif "content-length" in self._headers:
                yield from self._counted(int(self._headers["content-length"]))
            else:
                while block := self._file.read1(BLOCK_BYTES):
                    yield block
        except (OSError, ValueError) as error:
            raise _no_answer(self._path, error) from None
        finally:
            self.close()

    def close(self) -> None:
        self._file.close()
        self._connection.close()

    def _read_status(self) -> int:
        line = self._line()
        version, _, rest = line.partition(b" ")
        if not version.startswith(b"HTTP/1."):
            raise ValueError("it is not HTTP")
        return int(rest[:3])

    def _read_headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while line := self._line().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        return headers

    def _line(self) -> bytes:
        line = self._file.readline(LINE_LIMIT)
        if not line.endswith(b"\n"):
            # as much as the limit without an end of line is no HTTP, less is a lost connection
            raise ValueError("it is not HTTP") if len(line) == LINE_LIMIT else ConnectionResetError
        return line

    def _chunked(self) -> Iterator[bytes]:
        while size := int(self._line().partition(b";")[0], 16):
            yield from self._counted(size)
            self._line()

    def _counted(self, missing: int) -> Iterator[bytes]:
        while missing > 0:
            block = self._file.read1(min(missing, BLOCK_BYTES))
            if not block:
                raise ConnectionResetError
            missing -= len(block)
            yield block


def _seconds_until(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _no_connection(path: str, error: OSError) -> NotAllowedError | UnreachableError:
    if isinstance(error, PermissionError):
        return NotAllowedError(f"cannot reach tarsd: {path} is open to root and group tars only")
    if isinstance(error, FileNotFoundError):
        return UnreachableError(f"cannot reach tarsd: it is not running (no {path})", START_FIX)
    if isinstance(error, ConnectionRefusedError):
        return UnreachableError(f"cannot reach tarsd: nothing listens on {path}", START_FIX)
    return _no_answer(path, error)


def _no_answer(path: str, error: OSError | ValueError) -> UnreachableError:
    if isinstance(error, ValueError):
        return UnreachableError(f"cannot understand the answer from {path}: {error}", RESTART_FIX)
    if isinstance(error, TimeoutError):
        return UnreachableError(
            "cannot reach tarsd: it is running but does not answer in time", RESTART_FIX
        )
    if isinstance(error, ConnectionError):
        return UnreachableError(
            "cannot reach tarsd: it closed the connection before its answer was complete",
            "systemctl status tarsd",
        )
    return UnreachableError(f"cannot reach tarsd: {path}: {error.strerror}", RESTART_FIX)
