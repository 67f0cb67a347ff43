"""The redactor as a filter, for what is to be pasted somewhere: `tarsd redact`. Works without the daemon.

Nothing is given out before all of it was redacted and searched again; until then it lies in files without a name.
"""

import io
import os
import shutil
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from tarsd.errors import BadRequest
from tarsd.operations.bundle.forked import FAILED, PROCESSES, each
from tarsd.redaction.known import Inventory, Known
from tarsd.redaction.recognise.recogniser import Recogniser
from tarsd.redaction.search import Searcher
from tarsd.redaction.stream import Limits, Redactor
from tarsd.redaction.tokens import Tokens
from tarsd.redaction.windows import WHOLE, Part, parts

STDIN = "standard input"

WORTH_PARTS = 4 << 20
"""Bytes from which on a file is worked on by several processes."""

SECONDS, BYTES_A_SECOND = 60.0, 500_000
"""A part may take this long, and this much longer for its size: a fiftieth of the speed that is measured."""

MOST_SECONDS = 6 * 3600.0
"""For any part, however large."""

BORDER = 1 << 17
"""Bytes on each side of where two parts meet that are searched together."""

STILL = "something known was still in what was written"

COPIED = 1 << 20
KEY_BYTES = 32


@dataclass(frozen=True)
class Wants:
    """What was asked for. No `files` are standard input, no `output` is standard output."""

    files: Sequence[Path] = ()
    output: Path | None = None
    secrets: Path | None = None


@dataclass(frozen=True)
class Redacted:
    """What became of one file; `withheld` says why nothing of it was given out."""

    name: str
    lines: int = 0
    size: int = 0
    redactions: Mapping[str, int] = field(default_factory=dict[str, int])
    withheld: str | None = None


@dataclass(frozen=True)
class _Piece:
    """A part of an input, and where its redacted form is put."""

    name: str
    source: BinaryIO
    part: Part
    size: int
    target: BinaryIO


class Filter:
    """`knowns` gives what the machine itself knows."""

    def __init__(
        self,
        knowns: Callable[[], Sequence[Known]],
        recognisers: Sequence[Recogniser],
        stdin: BinaryIO,
        stdout: BinaryIO,
    ) -> None:
        self._knowns = knowns
        self._recognisers = recognisers
        self._stdin = stdin
        self._stdout = stdout

    def run(self, wants: Wants) -> list[Redacted]:
        """All that is asked for. Raises BadRequest before anything is done, OSError. Called without other threads."""
        _check(wants)
        given = [] if wants.secrets is None else _of_lines(wants.secrets)
        inventory = Inventory([*given, *self._knowns()])
        tokens, limits = Tokens(os.urandom(KEY_BYTES)), Limits(seconds=MOST_SECONDS)
        redactor = Redactor(inventory, self._recognisers, tokens, limits)
        with ExitStack() as stack:
            pieces = list(self._pieces(wants, stack))
            told = _worked_on(redactor, pieces)
            return list(self._given_out(wants, pieces, told))

    def _pieces(self, wants: Wants, stack: ExitStack) -> Iterator[_Piece]:
        sources = {str(path): stack.enter_context(path.open("rb")) for path in wants.files}
        for name, source in (sources or {STDIN: self._stdin}).items():
            whole = source if _is_file(source) else stack.enter_context(_copied(source))
            size = whole.seek(0, io.SEEK_END)
            found = parts(whole, PROCESSES) if size > WORTH_PARTS else [WHOLE]
            for part in found:
                target = stack.enter_context(TemporaryFile(dir=wants.output))  # noqa: SIM115  entered here
                yield _Piece(name, whole, part, size // len(found), cast("BinaryIO", target))

    def _given_out(
        self, wants: Wants, pieces: Sequence[_Piece], told: Sequence[Mapping[str, Any]]
    ) -> Iterator[Redacted]:
        for name in dict.fromkeys(piece.name for piece in pieces):
            own = [number for number, piece in enumerate(pieces) if piece.name == name]
            why = next((told[number][FAILED] for number in own if FAILED in told[number]), None)
            if why is None:
                self._put(wants, name, [pieces[number].target for number in own])
                yield _summed(name, [told[number] for number in own])
            else:
                yield Redacted(name, withheld=why)

    def _put(self, wants: Wants, name: str, written: Sequence[BinaryIO]) -> None:
        if wants.output is None:
            _copy(written, self._stdout)
            self._stdout.flush()
            return
        own = wants.output / Path(name).name
        partial = own.with_name(f".{own.name}.{os.getpid()}.partial")
        try:
            with partial.open("xb") as target:
                partial.chmod(0o600)
                _copy(written, target)
            partial.replace(own)
        finally:
            partial.unlink(missing_ok=True)


def _check(wants: Wants) -> None:
    """Raises BadRequest."""
    if wants.output is None and len(wants.files) > 1:
        raise BadRequest(
            "cannot redact several files to standard output", fix="tarsctl redact -o DIR FILE..."
        )
    if wants.output is None:
        return
    if not wants.output.is_dir():
        raise BadRequest(
            f"cannot redact into {wants.output}: it is no directory", fix=f"mkdir {wants.output}"
        )
    if not wants.files:
        raise BadRequest(f"cannot redact standard input into {wants.output}: it has no name")
    for path in wants.files:
        own = wants.output / path.name
        if sum(it.name == path.name for it in wants.files) > 1:
            raise BadRequest(f"cannot redact two files called {path.name} into one directory")
        if own.exists() and own.samefile(path):
            raise BadRequest(
                f"cannot redact {path} into its own directory: it would be replaced",
                fix="tarsctl redact -o ANOTHER-DIRECTORY FILE...",
            )


def _of_lines(path: Path) -> list[Known]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"cannot read secrets in {path}: it is not text in UTF-8") from error
    return [
        Known(line, f"line {at} of {path.name}") for at, line in enumerate(text.splitlines(), 1)
    ]


def _is_file(source: BinaryIO) -> bool:
    return stat.S_ISREG(os.fstat(source.fileno()).st_mode)


def _copied(source: BinaryIO) -> BinaryIO:
    """What comes through a pipe, twice to be read, in a file that has no name."""
    copy = cast("BinaryIO", TemporaryFile())  # noqa: SIM115  the caller closes it
    shutil.copyfileobj(source, copy, COPIED)
    copy.flush()
    return copy


def _copy(written: Sequence[BinaryIO], target: BinaryIO) -> None:
    for it in written:
        it.seek(0)
        shutil.copyfileobj(it, target, COPIED)


def _worked_on(redactor: Redactor, pieces: Sequence[_Piece]) -> list[Mapping[str, Any]]:
    """Both passes and the search, each in processes that may hang or die; the answers by piece."""
    numbers = range(len(pieces))

    def seconds(number: int) -> float:
        return SECONDS + pieces[number].size / BYTES_A_SECOND

    def discover(number: int) -> Mapping[str, Any]:
        piece = pieces[number]
        why = redactor.discover(piece.name, _own(piece.source), piece.part)
        if why is not None:
            return {FAILED: why}
        return {"known": [asdict(it) for it in redactor.discovered]}

    def redact(number: int) -> Mapping[str, Any]:
        piece = pieces[number]
        told = redactor.redact(piece.name, _own(piece.source), piece.target, piece.part)
        piece.target.flush()
        if told.withheld is not None:
            return {FAILED: told.withheld}
        piece.target.seek(0)
        if searcher.hits(piece.target):
            return {FAILED: STILL}
        return {"lines": told.lines, "size": told.size, "redactions": dict(told.redactions)}

    found = each(numbers, discover, seconds)
    redactor.learn([Known(**it) for answer in found.values() for it in answer.get("known", ())])
    redactor.ready()
    searcher = Searcher(redactor.inventory)
    told = each([it for it in numbers if FAILED not in found[it]], redact, seconds)
    answers = [told.get(number) or found[number] for number in numbers]
    for number in numbers[1:]:
        before, behind = pieces[number - 1], pieces[number]
        if before.name == behind.name and searcher.hits(_border(before.target, behind.target)):
            answers[number] = {FAILED: STILL}
    return answers


def _border(before: BinaryIO, behind: BinaryIO) -> BinaryIO:
    """What stands on both sides of where two parts meet."""
    before.seek(max(0, before.seek(0, io.SEEK_END) - BORDER))
    behind.seek(0)
    return io.BytesIO(before.read() + behind.read(BORDER))


class _Own(io.RawIOBase):
    """An open file with a place of one's own in it: a fork shares that of its parent."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = os.pread(self._file, len(buffer), self._at)
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = (0, self._at, os.fstat(self._file).st_size)[whence]
        self._at = base + offset
        return self._at


def _own(source: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_Own(source.fileno()), COPIED))


def _summed(name: str, told: Sequence[Mapping[str, Any]]) -> Redacted:
    counts: Counter[str] = Counter()
    for it in told:
        counts.update(cast("Mapping[str, int]", it["redactions"]))
    lines, size = (sum(int(it[key]) for it in told) for key in ("lines", "size"))
    return Redacted(name, lines, size, dict(counts))
