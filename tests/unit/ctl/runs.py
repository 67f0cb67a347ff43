"""How tarsctl is run as a program of its own, on a terminal or not."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.tree import ROOT

PROGRAM = (sys.executable, "-m", "tarsd.ctl")
DEADLINE_SECONDS = 10.0
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Ran:
    """What one run left: exit status, data and messages."""

    status: int
    out: str
    err: str


Tarsctl = Callable[..., Ran]


class Terminal:
    """tarsctl on a terminal of its own: what it shows can be read, keys can be pressed."""

    def __init__(
        self, *words: str, columns: int = 80, rows: int = 24, ignored: Sequence[int] = ()
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._child = subprocess.Popen(
            [*PROGRAM, *words],
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: _take_terminal(ignored),
        )
        os.close(slave)
        self.raw = ""

    @property
    def text(self) -> str:
        """All that was shown so far, without colours and cursor movements."""
        return ESCAPES.sub("", self.raw).replace("\r", "")

    def wait_for(self, words: str) -> None:
        """Reads until these words are on the screen."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while words not in self.text:
            assert time.monotonic() < deadline, f"never showed {words!r}:\n{self.text}"
            if not self._read():
                assert words in self.text, f"ended without {words!r}:\n{self.text}"

    def press(self, keys: str) -> None:
        """Types; "\\x03" is Ctrl-C."""
        os.write(self._master, keys.encode())

    def finish(self) -> int:
        """Reads to the end and returns the exit status."""
        while self._read():
            pass
        os.close(self._master)
        return self._child.wait(DEADLINE_SECONDS)

    def hang_up(self) -> int:
        """Closes the terminal as a lost connection does; returns the exit status, negative for a signal."""
        os.close(self._master)
        return self._child.wait(DEADLINE_SECONDS)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], DEADLINE_SECONDS)
        assert ready, f"silent for {DEADLINE_SECONDS} s:\n{self.text}"
        try:
            block = os.read(self._master, 65536)
        except OSError:  # how Linux tells the end of a terminal
            return False
        self.raw += block.decode()
        return bool(block)


def _take_terminal(ignored: Sequence[int]) -> None:
    signal.signal(
        signal.SIGHUP, signal.SIG_DFL
    )  # whoever runs the tests may ignore it, as nohup does
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
